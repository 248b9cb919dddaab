//! Sealed files: chunks of 64 KiB, each sealed by itself, so that a part can be read without the rest. A chunk knows
//! its number and whether it is the last: none can be left out, moved or cut off.

use aws_lc_rs::hmac;

use crate::key::{Key, KeyId, NONCE, TAG};
use crate::{Error, Material, Result};

/// How many plain bytes a chunk has, except the last, which has fewer or as many.
pub const CHUNK: usize = 64 << 10;
const SEALED: u64 = (CHUNK + TAG) as u64;

/// How long a file is once it is sealed. An empty one is a tag alone.
pub fn sealed_size(plain: u64) -> u64 {
    plain + plain.div_ceil(CHUNK as u64).max(1) * TAG as u64
}

/// How long a sealed file is once it is opened.
pub fn plain_size(sealed: u64) -> u64 {
    sealed.saturating_sub(sealed.div_ceil(SEALED) * TAG as u64)
}

/// What files' keys are derived from.
#[derive(Debug)]
pub(crate) struct FileSecret(hmac::Key);

impl FileSecret {
    pub(crate) fn new(material: &Material) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, material.expose()))
    }

    pub(crate) fn key(&self, row: i64, part: &str, sha256: &[u8; 32]) -> FileKey {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&row.to_be_bytes());
        context.update(sha256);
        context.update(part.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        FileKey(Material::new(bytes))
    }
}

/// The key of one file. It is kept sealed with the person's key, so that it goes when that goes.
#[derive(Clone, Debug)]
pub struct FileKey(Material);

impl PartialEq for FileKey {
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.expose(), other.expose()).is_ok()
    }
}

impl Eq for FileKey {}

impl FileKey {
    /// The key of these bytes. [`Error::Malformed`] when they are not 32.
    pub fn from_slice(bytes: &[u8]) -> Result<Self> {
        Material::from_slice(bytes).map(Self)
    }

    /// The bytes, to be kept sealed.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// Prepares the key for the chunks of its file.
    ///
    /// # Errors
    /// Never for 32 bytes.
    pub fn prepare(&self) -> Result<FileCipher> {
        Key::new(KeyId(0), &self.0).map(FileCipher)
    }
}

/// Seals and opens the chunks of one file. Each file has a key of its own, so a chunk's number is its nonce.
#[derive(Debug)]
pub struct FileCipher(Key);

fn nonce(number: u64, last: bool) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[0] = u8::from(last);
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    nonce
}

impl FileCipher {
    /// Seals a chunk where it stands.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a chunk that is too long, or not full and not the last.
    pub fn seal(&self, number: u64, last: bool, chunk: &mut Vec<u8>) -> Result<()> {
        if chunk.len() > CHUNK || (!last && chunk.len() < CHUNK) {
            return Err(Error::Malformed);
        }
        let tag = self.0.seal_part(nonce(number, last), b"file", chunk)?;
        chunk.extend_from_slice(&tag);
        Ok(())
    }

    /// Opens a chunk where it stands.
    ///
    /// # Errors
    /// [`Error::Refused`] when it was changed, is another, or is not the last as said.
    pub fn open(&self, number: u64, last: bool, chunk: &mut Vec<u8>) -> Result<()> {
        let length = self.0.open_part(nonce(number, last), b"file", chunk)?.len();
        chunk.truncate(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_known_both_ways() {
        let chunk = CHUNK as u64;
        for plain in [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3 * chunk + 7] {
            assert_eq!(plain_size(sealed_size(plain)), plain);
        }
        assert_eq!((sealed_size(0), sealed_size(chunk + 1)), (16, chunk + 1 + 32));
    }

    #[test]
    fn chunks_open_in_their_order_and_the_end_cannot_be_cut_off() {
        let secret = FileSecret::new(&Material::new([7; 32]));
        let key = secret.key(1, "file", &[1; 32]);
        assert_eq!(key.expose(), secret.key(1, "file", &[1; 32]).expose());
        for other in
            [secret.key(2, "file", &[1; 32]), secret.key(1, "file", &[2; 32]), secret.key(1, "x", &[1; 32])]
        {
            assert_ne!(key.expose(), other.expose());
        }
        let cipher = key.prepare().unwrap();
        let mut first = vec![1; CHUNK];
        cipher.seal(0, false, &mut first).unwrap();
        assert_eq!(first.len() as u64, SEALED);
        let opens = |number, last| cipher.open(number, last, &mut first.clone());
        assert_eq!(opens(0, false), Ok(()));
        assert_eq!(opens(1, false), Err(Error::Refused));
        assert_eq!(opens(0, true), Err(Error::Refused), "the rest was cut off");
        assert_eq!(cipher.seal(0, false, &mut vec![1]), Err(Error::Malformed));
    }
}
