//! A linear model whose scores are made probabilities.

use crate::bytes::Broken;
use crate::feature::Features;
use crate::linear::Linear;

/// A model with what makes its scores probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    linear: Linear,
    sharpness: f32,
}

impl Head {
    /// Joins a model with the factor of its scores that fits texts it has not learned from.
    #[must_use]
    pub fn new(linear: Linear, sharpness: f32) -> Self {
        Self { linear, sharpness }
    }

    /// The probability of each class.
    #[must_use]
    pub fn shares(&self, features: &Features) -> Vec<f32> {
        let scores = self.linear.scores(features);
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let raised: Vec<f32> = scores.iter().map(|score| ((score - most) * self.sharpness).exp()).collect();
        let sum: f32 = raised.iter().sum();
        raised.into_iter().map(|value| value / sum).collect()
    }

    /// The model as it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.sharpness.to_le_bytes().to_vec();
        bytes.extend(self.linear.to_bytes());
        bytes
    }

    /// Reads a stored model.
    ///
    /// # Errors
    /// When the bytes are not those of a model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Broken> {
        let (sharpness, rest) = bytes.split_first_chunk().ok_or(Broken)?;
        Ok(Self { sharpness: f32::from_le_bytes(*sharpness), linear: Linear::from_bytes(rest)? })
    }
}
