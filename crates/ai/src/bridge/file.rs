//! How a bridge is stored: numbers in ascending order as the steps between them, so that most take three bytes.

use std::collections::BTreeMap;

use super::Bridge;
use crate::bytes::Broken;

/// The first bytes of a file of this version.
const MARK: &[u8] = b"bridge1\n";

impl Bridge {
    /// The bridge as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut keys: Vec<u64> = self.meanings.iter().map(|(key, _)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut bytes = MARK.to_vec();
        write(&mut bytes, keys.len() as u64);
        steps(&mut bytes, keys.iter().copied());
        let words: BTreeMap<u64, (u32, u8)> = self.words.iter().map(|(word, at)| (*word, *at)).collect();
        write(&mut bytes, words.len() as u64);
        steps(&mut bytes, words.keys().copied());
        for (from, count) in words.values() {
            bytes.push(*count);
            for (key, likely) in &self.meanings[*from as usize..*from as usize + usize::from(*count)] {
                write(&mut bytes, keys.partition_point(|one| one < key) as u64);
                bytes.push(*likely);
            }
        }
        bytes
    }

    /// Reads a bridge.
    ///
    /// # Errors
    ///
    /// Fails when the bytes are not those of a bridge of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Broken> {
        let mut rest = bytes.strip_prefix(MARK).ok_or(Broken)?;
        let keys = ascending(&mut rest)?;
        let words = ascending(&mut rest)?;
        let mut bridge = Self::default();
        bridge.words.reserve(words.len());
        for word in words {
            let count = byte(&mut rest)?;
            let from = u32::try_from(bridge.meanings.len()).map_err(|_| Broken)?;
            for _ in 0..count {
                let place = usize::try_from(read(&mut rest)?).map_err(|_| Broken)?;
                bridge.meanings.push((*keys.get(place).ok_or(Broken)?, byte(&mut rest)?));
            }
            bridge.words.insert(word, (from, count));
        }
        if rest.is_empty() { Ok(bridge) } else { Err(Broken) }
    }
}

fn steps(bytes: &mut Vec<u8>, numbers: impl Iterator<Item = u64>) {
    let mut before = 0;
    for number in numbers {
        write(bytes, number - before);
        before = number;
    }
}

fn ascending(rest: &mut &[u8]) -> Result<Vec<u64>, Broken> {
    let count = usize::try_from(read(rest)?).map_err(|_| Broken)?;
    // Each takes a byte at least, so that a wrong count cannot ask for more memory than there are bytes.
    if count > rest.len() {
        return Err(Broken);
    }
    let mut numbers = Vec::with_capacity(count);
    let mut before = 0_u64;
    for _ in 0..count {
        before = before.checked_add(read(rest)?).ok_or(Broken)?;
        numbers.push(before);
    }
    Ok(numbers)
}

fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read(rest: &mut &[u8]) -> Result<u64, Broken> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let one = byte(rest)?;
        number |= u64::from(one & 0x7f) << shift;
        if one & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Broken)
}

fn byte(rest: &mut &[u8]) -> Result<u8, Broken> {
    let (first, others) = rest.split_first().ok_or(Broken)?;
    *rest = others;
    Ok(*first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let bridge =
            Bridge::new([(7, vec![(1 << 39, 255), (3, 9)]), (1 << 38, vec![(3, 1)]), (9, Vec::new())]);
        let read = Bridge::from_bytes(&bridge.to_bytes()).expect("it was written");
        assert_eq!((read.len(), &read.words[&7].1, read.meanings.len()), (3, &2, 3));
        assert_eq!(Bridge::from_bytes(&read.to_bytes()), Ok(read));
    }

    proptest! {
        #[test]
        fn what_was_not_written_by_us_fails_and_does_not_panic(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [MARK, &tail].concat();
            let _ = Bridge::from_bytes(&bytes);
        }

        #[test]
        fn a_piece_of_a_bridge_is_none(length in 0_usize..20) {
            let bytes = Bridge::new([(7, vec![(1 << 39, 255), (3, 9)])]).to_bytes();
            prop_assert!(length >= bytes.len() || Bridge::from_bytes(&bytes[..length]).is_err());
        }
    }
}
