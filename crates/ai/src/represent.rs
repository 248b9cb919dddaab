//! What a text is about, as a direction of a few hundred numbers: texts that mean the same point the same way.
//!
//! Each word, pair of neighbours and piece of a word has a direction of its own that was learned from a large sentence
//! model (`crates/ai/models/representation.md` says how). A text's is their sum, in microseconds and without the model.

use std::sync::LazyLock;

use crate::bytes::{Broken, Reader, Writer};
use crate::feature::Features;
use crate::vector::unit;

/// The beginning of a stored table.
const MARK: u32 = 0x424c_5231;

/// How many numbers a direction of the shipped table has.
pub const DIMENSION: usize = 192;

static SHIPPED: LazyLock<Representation> = LazyLock::new(|| {
    // A table that cannot be read means nothing instead of failing; a test holds that it can.
    Representation::from_bytes(include_bytes!("../models/representation.bin")).unwrap_or_default()
});

/// The direction of a text, of length 1 and with [`DIMENSION`] numbers; zeros when it has nothing that is known. Knows
/// English above all.
#[must_use]
pub fn represent(text: &str) -> Vec<f32> {
    Representation::shipped().of(&Features::of(text))
}

/// A table of directions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Representation {
    dimension: usize,
    /// The features that are known, ascending.
    keys: Vec<u32>,
    /// What one step of a feature's row is worth.
    steps: Vec<f32>,
    rows: Vec<i8>,
}

impl Representation {
    /// The table that comes with the program, read when it is first needed.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// A table of rows that are given as numbers, in the order of their ascending keys.
    #[must_use]
    pub fn new(dimension: usize, keys: Vec<u32>, rows: &[f32]) -> Self {
        let mut table = Self { dimension, keys, steps: Vec::new(), rows: Vec::with_capacity(rows.len()) };
        for row in rows.chunks_exact(dimension) {
            let step = row.iter().fold(0.0_f32, |most, number| most.max(number.abs())) / 127.0;
            let factor = if step > 0.0 { 1.0 / step } else { 0.0 };
            table.steps.push(step);
            table.rows.extend(row.iter().map(|number| (number * factor).round() as i8));
        }
        table
    }

    /// How many numbers a direction has.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The direction of a text that was read, of length 1; zeros when nothing of it is known.
    #[must_use]
    pub fn of(&self, features: &Features) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimension];
        let mut from = 0;
        for (key, count) in &features.counts {
            // Both lists ascend, so each search begins where the last one ended.
            let at = match self.keys[from..].binary_search(key) {
                Ok(at) => from + at,
                Err(at) => {
                    from += at;
                    continue;
                }
            };
            from = at + 1;
            let factor = weight(*count) * self.steps[at];
            let row = &self.rows[at * self.dimension..from * self.dimension];
            for (sum, step) in sum.iter_mut().zip(row) {
                *sum += factor * f32::from(*step);
            }
        }
        unit(sum)
    }

    /// How many bytes it takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.rows.len() + 8 * self.keys.len()
    }

    /// The table as it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(MARK);
        out.number(self.dimension as u32);
        out.numbers(&self.keys);
        out.floats(&self.steps);
        out.steps(&self.rows);
        out.done()
    }

    /// Reads a stored table.
    ///
    /// # Errors
    /// When the bytes are not those of a table.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Broken> {
        let mut input = Reader::new(bytes);
        input.expect(MARK)?;
        let dimension = input.number()? as usize;
        let (keys, steps, rows) = (input.numbers()?, input.floats()?, input.steps()?);
        input.end()?;
        let fits = steps.len() == keys.len() && Some(rows.len()) == keys.len().checked_mul(dimension);
        if !fits || !keys.is_sorted() { Err(Broken) } else { Ok(Self { dimension, keys, steps, rows }) }
    }
}

/// How much a feature counts that occurs so often.
#[must_use]
pub fn weight(count: f32) -> f32 {
    if count == 1.0 { 1.0 } else { 1.0 + count.ln() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::dot;

    #[test]
    fn the_shipped_table_is_there() {
        assert_eq!(Representation::shipped().dimension(), DIMENSION);
        assert_eq!(represent("").len(), DIMENSION);
    }

    #[test]
    fn texts_that_mean_the_same_are_near() {
        let near = |one: &str, other: &str| dot(&represent(one), &represent(other));
        for (one, same, other) in [
            ("give me my money back", "i want a refund", "what is the weather"),
            ("my card has not arrived", "still waiting for the debit card", "how do i cook rice"),
            ("cancel the purchase", "i do not want this order any more", "play some music"),
        ] {
            assert!(
                near(one, same) > near(one, other) + 0.1,
                "{one}: {} {}",
                near(one, same),
                near(one, other)
            );
        }
        assert!(near("refund", "Refund!") > 0.999);
    }

    #[test]
    fn a_table_is_stored_and_read_again() {
        let table = Representation::new(2, vec![1, 5], &[1.0, -0.5, 0.0, 0.25]);
        let bytes = table.to_bytes();
        assert_eq!(Representation::from_bytes(&bytes).unwrap(), table);
        for cut in [0, 5, bytes.len() - 1] {
            assert!(Representation::from_bytes(&bytes[..cut]).is_err());
        }
        let features = Features { counts: vec![(1, 1.0), (3, 1.0), (5, 1.0)] };
        let direction = table.of(&features);
        assert!((direction[0] - 1.0 / 1.0625_f32.sqrt()).abs() < 0.02, "{direction:?}");
    }
}
