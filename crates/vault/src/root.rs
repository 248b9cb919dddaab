//! The root key: the one secret that an operator keeps. It wraps the workspaces' keys and nothing else.

use std::sync::Arc;

use aws_lc_rs::hmac;
use model::{Entropy, Secret, WorkspaceId};
use zeroize::Zeroizing;

use crate::key::{Key, KeyId, Material};
use crate::{Error, Result};

/// What a workspace's key is wrapped for.
const PURPOSE: &str = "workspace key";

/// What wraps the workspaces' keys: a key of ours, or a key service that never shows its own. It is asked once for
/// each workspace after a start, and when keys change; an implementation over the network may block so long.
pub trait Root: Send + Sync {
    /// A name that tells one root key from another and nothing about it.
    fn name(&self) -> String;

    /// Wraps a version of a workspace's key.
    ///
    /// # Errors
    /// When the key service refuses or is away.
    fn wrap(&self, entropy: &dyn Entropy, ws: WorkspaceId, version: i64, key: &Material) -> Result<Vec<u8>>;

    /// Opens a wrapped key of the same workspace and version.
    ///
    /// # Errors
    /// [`Error::WrongRoot`] when another root key wrapped it.
    fn unwrap(&self, ws: WorkspaceId, version: i64, wrapped: &[u8]) -> Result<Material>;
}

/// The root keys that a process knows: the one that wraps, and former ones while keys wrapped by them remain.
#[derive(Clone)]
pub struct Roots(Vec<Arc<dyn Root>>);

impl Roots {
    /// The root keys of which the first wraps.
    pub fn new(first: Arc<dyn Root>, former: Vec<Arc<dyn Root>>) -> Self {
        Self([vec![first], former].concat())
    }

    /// The root keys that a text says: one in each line, or with commas between; the first wraps.
    ///
    /// # Errors
    /// [`Error::RootForm`] when there is none or one is not in the form of [`LocalRoot::parse`].
    pub fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let parts = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|part| !part.is_empty());
        let roots: Result<Vec<Arc<dyn Root>>> =
            parts.map(|part| LocalRoot::parse(part).map(|root| Arc::new(root) as _)).collect();
        let roots = roots?;
        if roots.is_empty() { Err(Error::RootForm) } else { Ok(Self(roots)) }
    }

    /// The root key that wraps.
    pub fn current(&self) -> &dyn Root {
        &*self.0[0]
    }

    /// The root key of a name.
    pub fn find(&self, name: &str) -> Option<&dyn Root> {
        self.0.iter().find(|root| root.name() == name).map(|root| &**root)
    }
}

impl std::fmt::Debug for Roots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|root| root.name())).finish()
    }
}

/// A root key that this process holds.
pub struct LocalRoot {
    name: String,
    key: Key,
}

impl LocalRoot {
    /// The root key of 32 bytes.
    ///
    /// # Errors
    /// Never for 32 bytes.
    pub fn new(material: &Material) -> Result<Self> {
        let named =
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, material.expose()), b"bellhop root key name");
        Ok(Self { name: hex::encode(&named.as_ref()[..8]), key: Key::new(KeyId(0), material)? })
    }

    /// The root key that a text says: 64 hexadecimal digits, with or without space around them.
    ///
    /// # Errors
    /// [`Error::RootForm`].
    pub fn parse(text: &str) -> Result<Self> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        hex::decode_to_slice(text.trim(), bytes.as_mut_slice()).map_err(|_| Error::RootForm)?;
        Self::new(&Material::from_slice(bytes.as_slice())?)
    }

    /// A new root key, as the text that [`LocalRoot::parse`] reads.
    pub fn generate(entropy: &dyn Entropy) -> Secret<String> {
        Secret::new(format!("{}\n", hex::encode(Material::fresh(entropy).expose())))
    }
}

impl Root for LocalRoot {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn wrap(&self, entropy: &dyn Entropy, ws: WorkspaceId, version: i64, key: &Material) -> Result<Vec<u8>> {
        self.key.wrap(entropy, PURPOSE, &[ws.0, version], key)
    }

    fn unwrap(&self, ws: WorkspaceId, version: i64, wrapped: &[u8]) -> Result<Material> {
        self.key.unwrap(PURPOSE, &[ws.0, version], wrapped).map_err(|_| Error::WrongRoot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counted;

    #[test]
    fn a_generated_root_key_is_read_again_and_no_other_opens_what_it_wrapped() {
        let entropy = Counted::default();
        let text = LocalRoot::generate(&entropy);
        let (root, again) =
            (LocalRoot::parse(text.expose()).unwrap(), LocalRoot::parse(text.expose()).unwrap());
        let other = LocalRoot::parse(LocalRoot::generate(&entropy).expose()).unwrap();
        assert_eq!(root.name(), again.name());
        assert_ne!(root.name(), other.name());
        let key = Material::fresh(&entropy);
        let wrapped = root.wrap(&entropy, WorkspaceId(1), 1, &key).unwrap();
        assert_eq!(again.unwrap(WorkspaceId(1), 1, &wrapped).unwrap().expose(), key.expose());
        for refused in [
            other.unwrap(WorkspaceId(1), 1, &wrapped),
            root.unwrap(WorkspaceId(2), 1, &wrapped),
            root.unwrap(WorkspaceId(1), 2, &wrapped),
        ] {
            assert_eq!(refused.map(|_| ()), Err(Error::WrongRoot));
        }
        let both = Roots::parse(&format!(
            "# new, old\n{}\n{}",
            text.expose(),
            LocalRoot::generate(&entropy).expose()
        ));
        let both = both.unwrap();
        assert_eq!(both.current().name(), root.name());
        assert!(both.find(&root.name()).is_some() && both.find(&other.name()).is_none());
        assert_eq!(Roots::parse("\n").map(|_| ()), Err(Error::RootForm));
        for wrong in ["", "abc", &"g".repeat(64), &"a".repeat(62)] {
            assert_eq!(LocalRoot::parse(wrong).map(|_| ()), Err(Error::RootForm));
        }
    }
}
