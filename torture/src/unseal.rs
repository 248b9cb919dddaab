//! Opens what the store holds sealed, as whoever has the root key can: with the keys' own code and statements of ours.

use std::collections::HashMap;

use anyhow::Context;
use model::WorkspaceId;
use vault::{Key, KeyId, Place, Roots};

/// The root key of all processes on trial.
pub(crate) const ROOT: &str = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";

/// A persons' key as the key store has it, with what wraps it.
pub(crate) struct Wrapped {
    pub(crate) id: i64,
    pub(crate) workspace: i64,
    pub(crate) version: i64,
    pub(crate) wrapped: Vec<u8>,
    pub(crate) root: String,
    pub(crate) chain: Vec<u8>,
}

/// All persons' keys.
#[derive(Default)]
pub(crate) struct Ring(HashMap<KeyId, Key>);

impl Ring {
    /// Opens the keys of a key store.
    pub(crate) fn open(keys: Vec<Wrapped>) -> anyhow::Result<Self> {
        let roots = Roots::parse(ROOT)?;
        let mut ring = Self::default();
        for one in keys {
            let root = roots.find(&one.root).context("a key is wrapped by a strange root key")?;
            let chain = root.unwrap(WorkspaceId(one.workspace), one.version, &one.chain)?;
            let chain = Key::new(KeyId(one.version), &chain)?;
            let owner = [one.workspace, one.id, one.version];
            let material = chain.unwrap("person", &owner, &one.wrapped)?;
            ring.0.insert(KeyId(one.id), Key::new(KeyId(one.id), &material)?);
        }
        Ok(ring)
    }

    /// A sealed column of JSON; `None` where the key is not there.
    pub(crate) fn json(
        &self,
        workspace: i64,
        table: &str,
        column: &str,
        row: i64,
        sealed: &[u8],
    ) -> anyhow::Result<Option<serde_json::Value>> {
        let place = Place { workspace: WorkspaceId(workspace), table, column, row };
        let id = vault::key_of(sealed).with_context(|| format!("{table} {row} is not sealed"))?;
        let Some(key) = self.0.get(&id) else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&key.open(place, sealed)?)?))
    }
}
