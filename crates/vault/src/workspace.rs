//! The keys that a workspace works with, all derived from one secret of its own, which never changes: what was indexed
//! stays found when the keys above are replaced.

use std::sync::Arc;

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};

use crate::file::FileSecret;
use crate::{BlindIndex, FileKey, Key, KeyId, LinkKey, Material, Result, Signer, WordKey};

/// The keys of a workspace.
#[derive(Debug)]
pub struct WorkspaceKeys {
    /// Seals what belongs to the workspace and to no person, such as a channel's secrets.
    pub seal: Arc<Key>,
    /// Finds exact values.
    pub index: BlindIndex,
    /// Finds words.
    pub words: WordKey,
    /// Signs what is told outside, such as that somebody was erased.
    pub signer: Signer,
    /// Signs links to files.
    pub links: LinkKey,
    files: FileSecret,
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

impl WorkspaceKeys {
    /// Derives the keys from the workspace's secret, which has a name like any key.
    ///
    /// # Errors
    /// Never for keys of this length.
    pub fn derive(id: KeyId, secret: &Material) -> Result<Self> {
        let salt = Salt::new(HKDF_SHA256, b"bellhop workspace");
        let root = salt.extract(secret.expose());
        let one = |purpose: &str| -> Result<Material> {
            let mut bytes = [0; 32];
            root.expand(&[purpose.as_bytes()], Length)
                .and_then(|derived| derived.fill(&mut bytes))
                .map_err(|_| crate::Error::Malformed)?;
            Ok(Material::new(bytes))
        };
        Ok(Self {
            seal: Arc::new(Key::new(id, &one("seal")?)?),
            index: BlindIndex::new(&one("index")?),
            words: WordKey::new(&one("words")?),
            signer: Signer::new(&one("sign")?)?,
            links: LinkKey::new(&one("links")?),
            files: FileSecret::new(&one("files")?),
        })
    }

    /// The key of a file, from its row and the SHA-256 of what is in it: storing the same again gives the same bytes,
    /// so that a repeated fetch leaves nothing behind, and other contents get another key.
    pub fn file_key(&self, row: i64, part: &str, sha256: &[u8; 32]) -> FileKey {
        self.files.key(row, part, sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counted;

    #[test]
    fn each_workspace_and_purpose_has_entries_and_tokens_of_its_own() {
        let entropy = Counted::default();
        let secret = Material::fresh(&entropy);
        let derived = |secret: &Material| WorkspaceKeys::derive(KeyId(1), secret).unwrap();
        let (one, again) = (derived(&secret), derived(&secret));
        let other = derived(&Material::fresh(&entropy));
        let phone = one.index.entry("phone", "+491701234567");
        assert_eq!(phone, again.index.entry("phone", "+491701234567"));
        assert_ne!(phone, other.index.entry("phone", "+491701234567"));
        assert_ne!(phone, one.index.entry("user", "+491701234567"));
        assert_ne!(phone, one.index.entry("phone", "+491701234568"));
        let word = one.words.word("invoice");
        assert_eq!(word, again.words.word("invoice"));
        assert_ne!(word, other.words.word("invoice"));
        assert_ne!(word, one.words.beginning("invoice"));
        assert_eq!(word.to_string().len(), 16);
        assert_eq!(u64::from_str_radix(&word.to_string(), 16).unwrap().cast_signed(), word.number());
    }
}
