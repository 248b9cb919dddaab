//! Changed examples: each try takes one and breaks it a little, the way transport, programs and people do.

/// What often breaks readers.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\r\n",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[[[[",
    b"%00",
    b"%2e%2e/",
    b"../",
    b"-1",
    b"99999999999999999999",
    b"1e999",
    b"=",
    b"&",
    b";",
    b",",
    b":",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\x98\x80",
    b"\xed\xa0\x80",
    b"null",
    b"true",
    b"<script>",
    b"' OR 1=1",
    b"(a+)+",
    b"\xcc\x81\xcc\x81\xcc\x81",
];

/// The longest that is made, in bytes.
const LONGEST: usize = 1 << 16;

/// Makes changed examples from a seed.
#[derive(Debug, Clone)]
pub struct Mutator(u64);

impl Mutator {
    /// From a seed; the same one makes the same.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn dice(&mut self, sides: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % (sides.max(1) as u64)).unwrap_or(0)
    }

    /// The next one.
    pub fn next(&mut self, examples: &[&[u8]]) -> Vec<u8> {
        let place = self.dice(examples.len());
        let mut bytes = examples.get(place).map(|example| example.to_vec()).unwrap_or_default();
        for _ in 0..=self.dice(6) {
            self.change(&mut bytes, examples);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, examples: &[&[u8]]) {
        let at = self.dice(bytes.len() + 1);
        let until = (at + self.dice(16)).min(bytes.len());
        match self.dice(9) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << self.dice(8),
            2 if at < bytes.len() => bytes[at] = u8::try_from(self.dice(256)).unwrap_or(0),
            3 => drop(bytes.drain(at..until)),
            4 => {
                let again = bytes[at..until].repeat(1 + self.dice(40));
                bytes.splice(at..at, again);
            }
            5 => {
                let other = examples.get(self.dice(examples.len())).copied().unwrap_or_default();
                let from = self.dice(other.len() + 1);
                bytes.truncate(at);
                bytes.extend(&other[from..]);
            }
            6 => {
                let piece = PIECES[self.dice(PIECES.len())].repeat(1 + self.dice(30));
                bytes.splice(at..at, piece);
            }
            _ => {
                let piece = PIECES[self.dice(PIECES.len())];
                bytes.splice(at..until, piece.iter().copied());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_makes_one_row_and_the_row_is_colourful() {
        let row = |seed| {
            let mut mutator = Mutator::new(seed);
            (0..500).map(|_| mutator.next(&[b"example", b"other"])).collect::<Vec<_>>()
        };
        assert_eq!(row(7), row(7));
        let different: std::collections::BTreeSet<Vec<u8>> = row(7).into_iter().collect();
        assert!(different.len() > 400, "{}", different.len());
    }
}
