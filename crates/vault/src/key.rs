//! Keys: their bytes, and what seals with them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use model::Entropy;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{Error, Result};

/// The length of a nonce in bytes.
pub(crate) const NONCE: usize = 12;
/// The length of what shows that a value was not changed, in bytes.
pub(crate) const TAG: usize = 16;

/// The name of a key that seals values: a random number, the same in no two workspaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub i64);

impl KeyId {
    /// A new name; never 0, and never negative.
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 8];
        entropy.fill(&mut bytes);
        Self((i64::from_le_bytes(bytes) & i64::MAX).max(1))
    }
}

/// The 32 bytes of a key, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Material([u8; 32]);

impl Material {
    /// A key out of randomness that is fit for secrets.
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// The key that these bytes are. [`Error::Malformed`] when they are not 32.
    pub fn from_slice(bytes: &[u8]) -> Result<Self> {
        bytes.try_into().map(Self).map_err(|_| Error::Malformed)
    }

    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes; every call is a place to look at in a review.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Material(…)")
    }
}

/// A key that is ready to seal and open.
pub struct Key {
    id: KeyId,
    cipher: LessSafeKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id.0)
    }
}

impl Key {
    /// Prepares a key. [`Error::Malformed`] never comes of 32 bytes.
    pub fn new(id: KeyId, material: &Material) -> Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, material.expose()).map_err(|_| Error::Malformed)?;
        Ok(Self { id, cipher: LessSafeKey::new(key) })
    }

    /// Its name.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Wraps another key for keeping; `purpose` and `owner` bind it to its place.
    pub fn wrap(
        &self,
        entropy: &dyn Entropy,
        purpose: &str,
        owner: &[i64],
        key: &Material,
    ) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let mut out = Vec::with_capacity(NONCE + 32 + TAG);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(key.expose());
        let tag = self.seal_part(nonce, &wrapped_for(purpose, owner), &mut out[NONCE..])?;
        out.extend_from_slice(&tag);
        Ok(out)
    }

    /// Opens a key that [`Key::wrap`] wrapped for the same purpose and owner.
    pub fn unwrap(&self, purpose: &str, owner: &[i64], wrapped: &[u8]) -> Result<Material> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE>().ok_or(Error::Malformed)?;
        let mut sealed = sealed.to_vec();
        let opened =
            self.open_part(*nonce, &wrapped_for(purpose, owner), &mut sealed).map(|plain| plain.len());
        let material = opened.and_then(|length| Material::from_slice(&sealed[..length]));
        sealed.zeroize();
        material
    }

    /// Seals bytes where they stand; gives the tag.
    pub(crate) fn seal_part(&self, nonce: [u8; NONCE], bound: &[u8], bytes: &mut [u8]) -> Result<[u8; TAG]> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.cipher.seal_in_place_separate_tag(nonce, Aad::from(bound), bytes);
        tag.map_err(|_| Error::Malformed)?.as_ref().try_into().map_err(|_| Error::Malformed)
    }

    /// Opens bytes and their tag where they stand.
    pub(crate) fn open_part<'b>(
        &self,
        nonce: [u8; NONCE],
        bound: &[u8],
        bytes: &'b mut [u8],
    ) -> Result<&'b mut [u8]> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.cipher.open_in_place(nonce, Aad::from(bound), bytes).map_err(|_| Error::Refused)
    }
}

fn wrapped_for(purpose: &str, owner: &[i64]) -> Vec<u8> {
    let mut bound = purpose.as_bytes().to_vec();
    bound.push(0);
    for one in owner {
        bound.extend_from_slice(&one.to_be_bytes());
    }
    bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counted;

    #[test]
    fn a_wrapped_key_opens_for_its_owner_and_purpose_alone() {
        let entropy = Counted::default();
        let outer = Key::new(KeyId(1), &Material::fresh(&entropy)).expect("a key");
        let other = Key::new(KeyId(1), &Material::fresh(&entropy)).expect("a key");
        let inner = Material::fresh(&entropy);
        let wrapped = outer.wrap(&entropy, "person", &[7, 8], &inner).expect("wrapped");
        assert_eq!(outer.unwrap("person", &[7, 8], &wrapped).expect("opened").expose(), inner.expose());
        for (key, purpose, owner) in
            [(&other, "person", [7, 8]), (&outer, "workspace", [7, 8]), (&outer, "person", [7, 9])]
        {
            assert_eq!(key.unwrap(purpose, &owner, &wrapped).map(|_| ()), Err(Error::Refused));
        }
        assert_eq!(outer.unwrap("person", &[7, 8], b"short").map(|_| ()), Err(Error::Malformed));
    }
}
