//! Numbers that look random and are the same each time: what is learned must not depend on chance.

/// A source of such numbers (xorshift).
pub struct Random(u64);

impl Random {
    /// A source; each seed gives other numbers.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// A number around 0 that is spread about 1 wide.
    pub fn normal(&mut self) -> f32 {
        let sum: f32 = (0..12).map(|_| (self.next() % (1 << 20)) as f32 / (1 << 20) as f32).sum();
        sum - 6.0
    }

    /// Puts items into another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_all_of_them() {
        let mut random = Random::new(5);
        let drawn: Vec<usize> = (0..200).map(|_| random.below(10)).collect();
        let mut again = Random::new(5);
        assert!(drawn.iter().all(|number| *number == again.below(10)));
        assert!((0..10).all(|number| drawn.contains(&number)));
        let mean = (0..1000).map(|_| random.normal()).sum::<f32>() / 1000.0;
        assert!(mean.abs() < 0.15, "{mean}");
        let mut items: Vec<usize> = (0..50).collect();
        random.shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
