//! Seeded randomness: the same seed gives the same ids, duplicates and orders.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A SplitMix64 generator. Not for secrets: nothing here needs to be hard to guess.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// A generator that gives the same row of numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// The next number.
    #[expect(
        clippy::should_implement_trait,
        reason = "the row never ends, so there is nothing to iterate to"
    )]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// True in `percent` of 100 throws.
    pub fn chance(&mut self, percent: u8) -> bool {
        self.next() % 100 < u64::from(percent)
    }

    /// Puts `things` into a random order (Fisher–Yates).
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let other = (self.next() % (last as u64 + 1)) as usize;
            things.swap(last, other);
        }
    }

    /// `count` random digits, the first not zero: the form of media, user and object ids.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|at| {
                let digit = if at == 0 { 1 + self.next() % 9 } else { self.next() % 10 };
                char::from(b'0' + digit as u8)
            })
            .collect()
    }

    /// A message id. Real ones are base64 too, about this long, and mean nothing to us.
    pub(crate) fn wamid(&mut self) -> String {
        let mut bytes = vec![0x1c, 0x18, 0x0b];
        for _ in 0..5 {
            bytes.extend(self.next().to_be_bytes());
        }
        format!("wamid.{}", STANDARD.encode(bytes))
    }

    /// The trace id that stands in every Graph error.
    pub(crate) fn trace(&mut self) -> String {
        let bytes = [self.next().to_be_bytes(), self.next().to_be_bytes()].concat();
        format!("A{}", STANDARD.encode(bytes).trim_end_matches('='))
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_seed_gives_the_same_ids_and_another_seed_others() {
        assert_eq!(Dice::new(7).wamid(), Dice::new(7).wamid());
        assert_ne!(Dice::new(7).wamid(), Dice::new(8).wamid());
    }

    #[test]
    fn chance_follows_its_percentage() {
        let mut dice = Dice::new(3);
        let hits = (0..10_000).filter(|_| dice.chance(20)).count();
        assert!((1_800..2_200).contains(&hits), "{hits} of 10,000 at 20 %");
        assert!((0..1_000).all(|_| !dice.chance(0)) && (0..1_000).all(|_| dice.chance(100)));
    }
}
