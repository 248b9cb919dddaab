//! Replacing the keys that wrap keys, while everything goes on: each workspace gets a new key under the current root
//! key, and its persons' keys are wrapped by that in portions. What is done is on disk, so whoever is interrupted
//! goes on where it stopped. The sealed data is not touched.

use model::WorkspaceId;
use vault::{Key, KeyId, Material};

use super::{Keys, read, sealing};
use crate::values::{statements, values};
use crate::{Error, Result, Tx};

/// How many keys are wrapped anew in one transaction.
const PORTION: i64 = 500;

statements! {
    CHAINS = "SELECT workspace_id, version, root, wrapped FROM workspace_key ORDER BY workspace_id, version";
    BEGIN = "INSERT INTO workspace_key (workspace_id, version, root, wrapped) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    OLD = "SELECT s.id, s.workspace_id, s.purpose, s.version, s.wrapped, w.root, w.wrapped
        FROM secret_key s JOIN workspace_key w ON w.workspace_id = s.workspace_id AND w.version = s.version
        WHERE s.workspace_id = $1 AND s.version < $2 ORDER BY s.version, s.id LIMIT $3";
    REWRAP = "UPDATE secret_key SET version = $3, wrapped = $4 WHERE id = $1 AND version = $2";
    END = "DELETE FROM workspace_key WHERE workspace_id = $1 AND version < $2
        AND NOT EXISTS (SELECT 1 FROM secret_key s WHERE s.workspace_id = workspace_key.workspace_id
            AND s.version = workspace_key.version)";
    COUNT = "SELECT COUNT(*) FROM secret_key";
    OUTDATED = "SELECT COUNT(*) FROM secret_key s WHERE EXISTS (SELECT 1 FROM workspace_key n
        WHERE n.workspace_id = s.workspace_id AND n.version > s.version)";
}

/// How far the keys are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// How many keys there are, of persons and workspaces.
    pub keys: i64,
    /// How many of them are still to be wrapped by their workspace's newest key.
    pub outdated: i64,
    /// The name of the root key that wraps.
    pub root: String,
    /// The names of root keys without which something would not open.
    pub needed: Vec<String>,
}

/// What wraps the keys of each workspace: workspace, version, root key's name, the wrapped key.
pub(super) async fn chains(tx: &mut Tx) -> Result<Vec<(WorkspaceId, i64, String, Vec<u8>)>> {
    tx.query_map(CHAINS, &[], |row| Ok((row.take()?, row.take()?, row.take()?, row.take()?))).await
}

impl Keys {
    /// Gives every workspace a new key under the current root key and wraps all keys by it. With `resume` only what an
    /// interrupted rotation left, and workspaces whose newest key another root key wraps. Afterwards no former root
    /// key and no former workspace key opens anything. Tells how many keys were wrapped.
    pub async fn rotate(&self, resume: bool) -> Result<u64> {
        self.reload()?;
        let chains = self.0.door.run(|tx| Box::pin(chains(tx))).await?;
        let current = self.roots().current().name();
        let mut newest: Vec<(WorkspaceId, i64, String)> = Vec::new();
        for (ws, version, root, _) in chains {
            match newest.last_mut().filter(|(last, ..)| *last == ws) {
                Some(last) => (last.1, last.2) = (version, root),
                None => newest.push((ws, version, root)),
            }
        }
        let mut wrapped = 0;
        for (ws, mut version, root) in newest {
            if !resume || root != current {
                version += 1;
                self.begin(ws, version).await?;
            }
            wrapped += self.finish(ws, version).await?;
        }
        self.0.door.scrub()?;
        Ok(wrapped)
    }

    /// Asks for the root keys again.
    pub(super) fn reload(&self) -> Result<()> {
        let roots = (self.0.source)().map_err(Error::Keys)?;
        *self.0.roots.write().unwrap_or_else(std::sync::PoisonError::into_inner) = roots;
        Ok(())
    }

    /// Gives a workspace a key of a version under the current root key; one that is there stays.
    pub(super) async fn begin(&self, ws: WorkspaceId, version: i64) -> Result<()> {
        let roots = self.roots();
        let key = Material::fresh(self.entropy());
        let wrapped = roots.current().wrap(self.entropy(), ws, version, &key).map_err(sealing)?;
        let name = roots.current().name();
        let begun = self.0.door.run(move |tx| {
            Box::pin(async move { tx.execute(BEGIN, values![ws, version, name, &wrapped]).await })
        });
        begun.await?;
        self.forget_newest(ws);
        Ok(())
    }

    /// Wraps all older keys of a workspace by its newest version, and ends the older versions.
    async fn finish(&self, ws: WorkspaceId, version: i64) -> Result<u64> {
        let mut count = 0;
        loop {
            let (newest, chain) = self.newest(ws).await?;
            debug_assert!(newest >= version, "what was begun is there");
            let old = self.0.door.run(move |tx| {
                Box::pin(async move { tx.query_map(OLD, values![ws, newest, PORTION], read).await })
            });
            let old = old.await?;
            if old.is_empty() {
                let ended = self
                    .0
                    .door
                    .run(move |tx| Box::pin(async move { tx.execute(END, values![ws, newest]).await }));
                match ended.await {
                    Ok(_) => return Ok(count),
                    // A node made keys with the older version this moment: they are wrapped in the next round.
                    Err(Error::Missing | Error::Unique(_)) => continue,
                    Err(error) => return Err(error),
                }
            }
            let mut changes = Vec::with_capacity(old.len());
            for one in &old {
                let material = self.material(one)?;
                let again = self.wrap_again(&chain, ws, &one.purpose, one.id, newest, &material)?;
                changes.push(values![one.id.0, one.version, newest, &again].to_vec());
            }
            let done =
                self.0.door.run(move |tx| Box::pin(async move { tx.execute_each(REWRAP, &changes).await }));
            count += done.await?.into_iter().sum::<u64>();
            tokio::task::yield_now().await;
        }
    }

    fn wrap_again(
        &self,
        chain: &Key,
        ws: WorkspaceId,
        purpose: &str,
        id: KeyId,
        version: i64,
        material: &Material,
    ) -> Result<Vec<u8>> {
        chain.wrap(self.entropy(), purpose, &[ws.0, id.0, version], material).map_err(sealing)
    }

    /// How far the keys are.
    pub async fn rotation(&self) -> Result<Rotation> {
        self.reload()?;
        let (keys, outdated, chains) = self
            .0
            .door
            .run(|tx| {
                Box::pin(async move {
                    let keys = tx.query_one(COUNT, &[]).await?.take()?;
                    let outdated = tx.query_one(OUTDATED, &[]).await?.take()?;
                    Ok((keys, outdated, chains(tx).await?))
                })
            })
            .await?;
        let mut needed: Vec<String> = chains.into_iter().map(|(_, _, root, _)| root).collect();
        needed.sort();
        needed.dedup();
        Ok(Rotation { keys, outdated, root: self.roots().current().name(), needed })
    }
}
