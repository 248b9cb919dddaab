//! The named blocks of numbers of a network, as `model.safetensors` keeps them.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Unfit, json};

/// The blocks of a file, by name.
pub(super) struct Tensors<'a> {
    blocks: HashMap<String, Block>,
    data: &'a [u8],
}

#[derive(Deserialize)]
struct Block {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

impl<'a> Tensors<'a> {
    /// Reads the list of blocks at the beginning of the file.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Unfit> {
        let short = || Unfit::new("model.safetensors is cut off");
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(short)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| short())?;
        let (head, data) = rest.split_at_checked(length).ok_or_else(short)?;
        let head: HashMap<String, serde_json::Value> = json("model.safetensors", head)?;
        let mut blocks = HashMap::new();
        for (name, value) in head {
            if name == "__metadata__" {
                continue;
            }
            let block: Block = serde_json::from_value(value)
                .map_err(|error| Unfit::new(format!("cannot read model.safetensors: {name}: {error}")))?;
            // Some are published with the name of the whole network in front.
            let name = name.strip_prefix("bert.").map_or_else(|| name.clone(), str::to_owned);
            blocks.insert(name, block);
        }
        Ok(Self { blocks, data })
    }

    /// The numbers of a block that must have a shape.
    pub(super) fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Unfit> {
        let block = self.blocks.get(name).ok_or_else(|| Unfit::new(format!("the network has no {name}")))?;
        if block.shape != shape {
            return Err(Unfit::new(format!("{name} has the shape {:?} and not {shape:?}", block.shape)));
        }
        let (from, to) = block.data_offsets;
        let bytes = self.data.get(from..to).ok_or_else(|| Unfit::new(format!("{name} is cut off")))?;
        let numbers = match block.dtype.as_str() {
            "F32" => bytes
                .chunks_exact(4)
                .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
                .collect(),
            "BF16" => bytes.chunks_exact(2).map(|two| f32::from_bits(u32::from(pair(two)) << 16)).collect(),
            "F16" => bytes.chunks_exact(2).map(|two| half(pair(two))).collect(),
            other => return Err(Unfit::new(format!("{name} is kept as {other}"))),
        };
        let numbers: Vec<f32> = numbers;
        if Some(numbers.len()) != shape.iter().try_fold(1_usize, |all, side| all.checked_mul(*side)) {
            return Err(Unfit::new(format!("{name} is cut off")));
        }
        Ok(numbers)
    }

    /// The first side of a block, which the configuration need not tell.
    pub(super) fn rows(&self, name: &str) -> Option<usize> {
        self.blocks.get(name)?.shape.first().copied()
    }
}

fn pair(two: &[u8]) -> u16 {
    u16::from_le_bytes([two[0], two[1]])
}

/// A number of sixteen bits with five of them for the exponent.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, rest) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => rest * 2.0_f32.powi(-24),
        31 if rest == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + rest / 1024.0) * 2.0_f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read() {
        for (bits, number) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0x7bff, 65504.0),
        ] {
            assert_eq!(half(bits), number);
        }
    }
}
