//! Sealed values. Form: two bytes that say so and which version, the key's name (8), a random nonce (12), the
//! ciphertext, the tag (16). Bound to it: workspace, table, column, row and key.

use model::{Entropy, WorkspaceId};

use crate::key::{Key, KeyId, NONCE, TAG};
use crate::{Error, Result};

/// Sealed, version 1. The first byte begins no UTF-8 text, so that old plain values can be told from sealed ones.
const MAGIC: [u8; 2] = [0xb5, 0x01];
/// What stands before the ciphertext.
const HEAD: usize = MAGIC.len() + 8 + NONCE;

/// By how many bytes a sealed value is longer than the plain one.
pub const OVERHEAD: usize = HEAD + TAG;

/// Where a sealed value stands: it opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The table.
    pub table: &'a str,
    /// The column, or the name of a value that has a row of its own.
    pub column: &'a str,
    /// The row's id.
    pub row: i64,
}

impl Place<'_> {
    fn bind(&self, key: KeyId) -> Vec<u8> {
        let mut bound = Vec::with_capacity(26 + self.table.len() + self.column.len());
        for number in [self.workspace.0, key.0, self.row] {
            bound.extend_from_slice(&number.to_be_bytes());
        }
        bound.extend_from_slice(self.table.as_bytes());
        bound.push(0);
        bound.extend_from_slice(self.column.as_bytes());
        bound
    }
}

/// Whether a value begins as sealed ones do.
pub fn looks_sealed(value: &[u8]) -> bool {
    value.len() >= OVERHEAD && value.starts_with(&MAGIC)
}

/// The name of the key that a value was sealed with; `None` when it is not sealed.
pub fn key_of(value: &[u8]) -> Option<KeyId> {
    if !looks_sealed(value) {
        return None;
    }
    let id = value.get(MAGIC.len()..MAGIC.len() + 8)?;
    id.try_into().ok().map(|id| KeyId(i64::from_be_bytes(id)))
}

impl Key {
    /// Seals a value for a place, with a fresh random nonce.
    ///
    /// # Errors
    /// Only for values beyond 64 GiB.
    pub fn seal(&self, entropy: &dyn Entropy, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let mut out = Vec::with_capacity(OVERHEAD + plain.len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&self.id().0.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let tag = self.seal_part(nonce, &place.bind(self.id()), &mut out[HEAD..])?;
        out.extend_from_slice(&tag);
        Ok(out)
    }

    /// Opens a value of a place.
    ///
    /// # Errors
    /// [`Error::Refused`] when it was changed, moved or sealed with another key.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>> {
        if key_of(sealed).ok_or(Error::Malformed)? != self.id() {
            return Err(Error::Refused);
        }
        let (nonce, body) = sealed[MAGIC.len() + 8..].split_first_chunk::<NONCE>().ok_or(Error::Malformed)?;
        let mut body = body.to_vec();
        let length = self.open_part(*nonce, &place.bind(self.id()), &mut body)?.len();
        body.truncate(length);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::Material;
    use crate::testing::Counted;

    const PLACE: Place<'static> =
        Place { workspace: WorkspaceId(3), table: "message", column: "content", row: 9 };

    fn key(id: i64, entropy: &Counted) -> Key {
        Key::new(KeyId(id), &Material::fresh(entropy)).unwrap()
    }

    #[test]
    fn a_value_opens_in_its_place_alone() {
        let entropy = Counted::default();
        let one = key(5, &entropy);
        let sealed = one.seal(&entropy, PLACE, b"canary").unwrap();
        assert_eq!(sealed.len(), OVERHEAD + 6);
        assert!(!sealed.windows(6).any(|part| part == b"canary"));
        assert_eq!(one.open(PLACE, &sealed).unwrap(), b"canary");
        for moved in [
            Place { workspace: WorkspaceId(4), ..PLACE },
            Place { table: "contact", ..PLACE },
            Place { column: "preview", ..PLACE },
            Place { row: 10, ..PLACE },
            // The border between table and column is part of it.
            Place { table: "messagec", column: "ontent", ..PLACE },
        ] {
            assert_eq!(one.open(moved, &sealed), Err(Error::Refused), "{moved:?}");
        }
        // Another key of the same name, as of another workspace, and another name.
        assert_eq!(key(5, &entropy).open(PLACE, &sealed), Err(Error::Refused));
        assert_eq!(key(6, &entropy).open(PLACE, &sealed), Err(Error::Refused));
    }

    #[test]
    fn every_changed_bit_is_found() {
        let entropy = Counted::default();
        let one = key(5, &entropy);
        let sealed = one.seal(&entropy, PLACE, b"canary").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(one.open(PLACE, &changed).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_same_value_never_looks_the_same() {
        let entropy = Counted::default();
        let one = key(5, &entropy);
        let sealed: HashSet<Vec<u8>> =
            (0..1000).map(|_| one.seal(&entropy, PLACE, b"").unwrap()[10..22].to_vec()).collect();
        assert_eq!(sealed.len(), 1000);
    }

    proptest! {
        #[test]
        fn what_is_not_sealed_is_refused_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let one = key(5, &Counted::default());
            prop_assert!(one.open(PLACE, &bytes).is_err());
            prop_assert!(!looks_sealed(&bytes) || key_of(&bytes).is_some());
        }

        #[test]
        fn no_text_looks_sealed(text in ".{0,100}") {
            prop_assert!(!looks_sealed(text.as_bytes()));
        }
    }
}
