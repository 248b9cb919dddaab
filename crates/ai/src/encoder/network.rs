//! The network of the BERT family: layers of attention and of two products, each added to what went in.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};
use serde::Deserialize;

use super::tensors::Tensors;
use super::{Unfit, json};

/// More than any sentence model has; what a folder asks for beyond is a mistake or malice.
const MOST_LAYERS: usize = 48;

#[derive(Deserialize)]
struct Config {
    model_type: Option<String>,
    hidden_size: usize,
    intermediate_size: usize,
    num_attention_heads: usize,
    num_hidden_layers: usize,
    hidden_act: Option<String>,
    layer_norm_eps: Option<f32>,
    position_embedding_type: Option<String>,
}

/// A loaded network.
pub(super) struct Network {
    pieces: Array2<f32>,
    /// What each position adds, with what every piece of a first text adds.
    positions: Array2<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
}

struct Layer {
    /// What asks, what answers, and what is said, one after the other.
    asking: Product,
    attended: Product,
    attended_norm: Norm,
    wide: Product,
    narrow: Product,
    norm: Norm,
}

struct Product {
    /// A row for each number that comes out.
    weights: Array2<f32>,
    bias: Vec<f32>,
}

struct Norm {
    weights: Vec<f32>,
    bias: Vec<f32>,
    least: f32,
}

impl Network {
    pub(super) fn load(config: &[u8], tensors: &Tensors<'_>) -> Result<Self, Unfit> {
        let config: Config = json("config.json", config)?;
        let of_family = config.model_type.as_deref().is_none_or(|kind| kind == "bert");
        let placed = config.position_embedding_type.as_deref().is_none_or(|kind| kind == "absolute");
        let bent = config.hidden_act.as_deref().is_none_or(|kind| kind == "gelu");
        if !(of_family && placed && bent) {
            return Err(Unfit::new("the network is not of the BERT family with absolute positions and gelu"));
        }
        let (width, wide) = (config.hidden_size, config.intermediate_size);
        let heads = config.num_attention_heads;
        if heads == 0 || width == 0 || !width.is_multiple_of(heads) || config.num_hidden_layers > MOST_LAYERS
        {
            return Err(Unfit::new("config.json describes no network that can be"));
        }
        let least = config.layer_norm_eps.unwrap_or(1e-12);
        let load = Loading { tensors, least };
        let rows =
            |name: &str| tensors.rows(name).ok_or_else(|| Unfit::new(format!("the network has no {name}")));
        let (piece, position) =
            ("embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight");
        let pieces = load.table(piece, rows(piece)?, width)?;
        let mut positions = load.table(position, rows(position)?, width)?;
        let kind = "embeddings.token_type_embeddings.weight";
        let kinds = load.table(kind, rows(kind)?, width)?;
        if kinds.nrows() > 0 {
            positions += &kinds.row(0);
        }
        let mut layers = Vec::with_capacity(config.num_hidden_layers);
        for number in 0..config.num_hidden_layers {
            layers.push(load.layer(&format!("encoder.layer.{number}"), width, wide)?);
        }
        let norm = load.norm("embeddings.LayerNorm", width)?;
        Ok(Self { pieces, positions, norm, layers, heads })
    }

    pub(super) fn width(&self) -> usize {
        self.pieces.ncols()
    }

    pub(super) fn vocabulary(&self) -> usize {
        self.pieces.nrows()
    }

    pub(super) fn positions(&self) -> usize {
        self.positions.nrows()
    }

    /// The directions of texts that are given as pieces. All are worked on at once and only look at themselves.
    pub(super) fn directions(&self, texts: &[Vec<u32>], first_only: bool) -> Vec<Vec<f32>> {
        let total = texts.iter().map(Vec::len).sum();
        let mut state = Array2::zeros((total, self.width()));
        let places = texts.iter().flat_map(|text| text.iter().enumerate());
        for (mut row, (position, piece)) in state.rows_mut().into_iter().zip(places) {
            row += &self.pieces.row(*piece as usize);
            row += &self.positions.row(position);
        }
        self.norm.apply(&mut state);
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        for layer in &self.layers {
            layer.apply(&mut state, &lengths, self.heads);
        }
        let mut from = 0;
        let mut directions = Vec::with_capacity(texts.len());
        for length in lengths {
            let taken = if first_only { 1 } else { length };
            let sum = state.slice(s![from..from + taken, ..]).sum_axis(ndarray::Axis(0));
            directions.push(crate::vector::unit(sum.to_vec()));
            from += length;
        }
        directions
    }
}

impl Layer {
    fn apply(&self, state: &mut Array2<f32>, lengths: &[usize], heads: usize) {
        let width = state.ncols();
        let asked = self.asking.of(&state.view());
        let mut heard = Array2::zeros(state.raw_dim());
        let mut from = 0;
        for length in lengths {
            let part = asked.slice(s![from..from + length, ..]);
            attend(&part, &mut heard.slice_mut(s![from..from + length, ..]), heads, width / heads);
            from += length;
        }
        *state += &self.attended.of(&heard.view());
        self.attended_norm.apply(state);
        let mut wide = self.wide.of(&state.view());
        wide.mapv_inplace(gelu);
        *state += &self.narrow.of(&wide.view());
        self.norm.apply(state);
    }
}

/// What each piece of a text hears from the others: for each head the mean of what is said, by how well it answers.
fn attend(asked: &ArrayView2<'_, f32>, heard: &mut ArrayViewMut2<'_, f32>, heads: usize, size: usize) {
    let (length, width) = (asked.nrows(), heads * size);
    let mut shares = Array2::zeros((length, length));
    let factor = 1.0 / (size as f32).sqrt();
    for head in 0..heads {
        let part = |third: usize| {
            let from = third * width + head * size;
            asked.slice(s![.., from..from + size])
        };
        general_mat_mul(factor, &part(0), &part(1).t(), 0.0, &mut shares);
        for mut row in shares.rows_mut() {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            row.mapv_inplace(|share| (share - most).exp());
            let sum = row.sum();
            row /= sum;
        }
        let mut out = heard.slice_mut(s![.., head * size..(head + 1) * size]);
        general_mat_mul(1.0, &shares, &part(2), 0.0, &mut out);
    }
}

impl Product {
    fn of(&self, input: &ArrayView2<'_, f32>) -> Array2<f32> {
        let mut out = Array2::zeros((input.nrows(), self.weights.nrows()));
        for mut row in out.rows_mut() {
            row.iter_mut().zip(&self.bias).for_each(|(out, bias)| *out = *bias);
        }
        general_mat_mul(1.0, input, &self.weights.t(), 1.0, &mut out);
        out
    }
}

impl Norm {
    fn apply(&self, state: &mut Array2<f32>) {
        let width = state.ncols() as f32;
        for mut row in state.rows_mut() {
            let mean = row.sum() / width;
            let spread = row.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / width;
            let factor = 1.0 / (spread + self.least).sqrt();
            for ((value, weight), bias) in row.iter_mut().zip(&self.weights).zip(&self.bias) {
                *value = (*value - mean) * factor * weight + bias;
            }
        }
    }
}

/// Half of `x · (1 + erf(x / √2))`, with erf to seven digits (Abramowitz and Stegun 7.1.26).
fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let poly =
        t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_8 + t * (-1.453_152 + t * 1.061_405_4))));
    let erf = (1.0 - poly * (-z * z).exp()).copysign(x);
    0.5 * x * (1.0 + erf)
}

struct Loading<'a> {
    tensors: &'a Tensors<'a>,
    least: f32,
}

impl Loading<'_> {
    fn table(&self, name: &str, rows: usize, columns: usize) -> Result<Array2<f32>, Unfit> {
        let numbers = self.tensors.take(name, &[rows, columns])?;
        Array2::from_shape_vec((rows, columns), numbers)
            .map_err(|error| Unfit::new(format!("{name}: {error}")))
    }

    fn product(&self, name: &str, out: usize, into: usize) -> Result<Product, Unfit> {
        let weights = self.table(&format!("{name}.weight"), out, into)?;
        Ok(Product { weights, bias: self.tensors.take(&format!("{name}.bias"), &[out])? })
    }

    fn norm(&self, name: &str, width: usize) -> Result<Norm, Unfit> {
        let take = |part: &str| self.tensors.take(&format!("{name}.{part}"), &[width]);
        Ok(Norm { weights: take("weight")?, bias: take("bias")?, least: self.least })
    }

    fn layer(&self, name: &str, width: usize, wide: usize) -> Result<Layer, Unfit> {
        let mut weights = Vec::with_capacity(3 * width * width);
        let mut bias = Vec::with_capacity(3 * width);
        for part in ["query", "key", "value"] {
            let product = self.product(&format!("{name}.attention.self.{part}"), width, width)?;
            weights.extend(product.weights.iter());
            bias.extend(product.bias);
        }
        let weights = Array2::from_shape_vec((3 * width, width), weights)
            .map_err(|error| Unfit::new(format!("{name}: {error}")))?;
        Ok(Layer {
            asking: Product { weights, bias },
            attended: self.product(&format!("{name}.attention.output.dense"), width, width)?,
            attended_norm: self.norm(&format!("{name}.attention.output.LayerNorm"), width)?,
            wide: self.product(&format!("{name}.intermediate.dense"), wide, width)?,
            narrow: self.product(&format!("{name}.output.dense"), width, wide)?,
            norm: self.norm(&format!("{name}.output.LayerNorm"), width)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gelu_is_what_tables_say() {
        for (x, expected) in [(0.0, 0.0), (1.0, 0.841_344_7), (-1.0, -0.158_655_3), (3.0, 2.995_950_2)] {
            assert!((gelu(x) - expected).abs() < 1e-6, "{x}");
        }
    }
}
