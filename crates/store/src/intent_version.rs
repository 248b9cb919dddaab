//! What was learned from a workspace's examples, in versions.

use model::{IntentVersion, Millis, WorkspaceId};

use crate::intent::{Step, advance};
use crate::sealed::{Opened, place};
use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

statements! {
    INSERT = "INSERT INTO intent_version
        (workspace_id, version, revision, examples, intents, figures, took_ms, trained_at, sealed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    TAKE = "UPDATE intent_learning SET version = $2, newest = $2, learned = $3 WHERE workspace_id = $1";
    CHOOSE = "UPDATE intent_learning SET version = $2, learned = revision + 1 WHERE workspace_id = $1
        AND (version IS NULL OR version <> $2) AND EXISTS (SELECT 1 FROM intent_version v WHERE v.workspace_id = $1 AND v.version = $2)";
    LIST = "SELECT v.version, v.examples, v.intents, v.figures, v.took_ms, v.trained_at,
        COALESCE(l.version = v.version, FALSE) FROM intent_version v
        JOIN intent_learning l ON l.workspace_id = v.workspace_id
        WHERE v.workspace_id = $1 AND v.version < $2 ORDER BY v.version DESC LIMIT $3";
    TRAINED = "SELECT MAX(revision) FROM intent_version WHERE workspace_id = $1";
    MODEL = "SELECT sealed FROM intent_version WHERE workspace_id = $1 AND version = $2";
    PRUNE = "DELETE FROM intent_version WHERE workspace_id = $1 AND version <= $2 AND version NOT IN (
        SELECT l.version FROM intent_learning l WHERE l.workspace_id = $1 AND l.version IS NOT NULL)";
    DELETE_STALE = "DELETE FROM intent_version WHERE workspace_id = $1
        AND revision < (SELECT l.forgotten FROM intent_learning l WHERE l.workspace_id = $1)";
    UNUSE = "UPDATE intent_learning SET version = NULL WHERE workspace_id = $1 AND version IS NOT NULL
        AND version NOT IN (SELECT v.version FROM intent_version v WHERE v.workspace_id = $1)";
}

/// A model to be kept.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// The revision of the examples that it was trained with.
    pub revision: i64,
    /// What it was trained with and how well it does; its number is found.
    pub about: IntentVersion,
    /// The model.
    pub model: Vec<u8>,
}

fn model_place(ws: WorkspaceId, version: i64) -> vault::Place<'static> {
    place(ws, "intent_version", "model", version)
}

/// Keeps a model and puts it into use, unless something was forgotten since its examples were read, or a newer one is there;
/// tells its number.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, new: &NewVersion) -> Result<Option<i64>> {
    // Holds the row: a version has a number of its own.
    advance(tx, ws, Step::Told).await?;
    let Some(now) = crate::intent::learning(tx, ws).await? else { return Ok(None) };
    let newer = trained(tx, ws).await?.is_some_and(|trained| trained >= new.revision);
    if now.forgotten > new.revision || newer {
        return Ok(None);
    }
    let version = now.newest + 1;
    let sealed = tx.seal(model_place(ws, version), &new.model).await?;
    let about = &new.about;
    let values = values![
        ws,
        version,
        new.revision,
        about.examples,
        about.intents,
        to_json(&about.figures)?,
        about.took_ms,
        about.trained_at,
        sealed
    ];
    tx.execute(INSERT, values).await?;
    tx.execute(TAKE, values![ws, version, new.revision]).await?;
    Ok(Some(version))
}

/// Puts a version into use; `false` when there is none, or it is in use. What was accepted until now is not remembered
/// beside it: it is chosen for what it does not know.
pub async fn choose(tx: &mut Tx, ws: WorkspaceId, version: i64) -> Result<bool> {
    let chosen = tx.change(CHOOSE, values![ws, version]).await?;
    if chosen {
        advance(tx, ws, Step::Told).await?;
    }
    Ok(chosen)
}

/// Versions before a number, the newest first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId, before: i64, limit: i64) -> Result<Vec<IntentVersion>> {
    let read = |row: &mut Row| {
        Ok(IntentVersion {
            version: row.take()?,
            examples: row.take()?,
            intents: row.take()?,
            figures: row.take_json()?,
            took_ms: row.take()?,
            trained_at: row.take::<Millis>()?,
            in_use: row.take()?,
        })
    };
    tx.query_map(LIST, values![ws, before, limit], read).await
}

/// The revision that the newest model was trained with.
pub async fn trained(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<i64>> {
    tx.query_one(TRAINED, values![ws]).await?.take()
}

/// A model; `None` when there is none of this number.
pub async fn model(tx: &mut Tx, ws: WorkspaceId, version: i64) -> Result<Option<Vec<u8>>> {
    let Some(mut row) = tx.query_opt(MODEL, values![ws, version]).await? else { return Ok(None) };
    Ok(match row.open(model_place(ws, version))? {
        Opened::Plain(bytes) => Some(bytes),
        Opened::Absent | Opened::Erased => None,
    })
}

/// Removes versions up to a number, but for the one in use; tells how many.
pub async fn prune(tx: &mut Tx, ws: WorkspaceId, upto: i64) -> Result<u64> {
    tx.execute(PRUNE, values![ws, upto]).await
}

/// Removes the versions that were trained before something was forgotten last: they may have learned it. `true` when the one
/// in use was among them, so that none is.
pub(crate) async fn forget_stale(tx: &mut Tx, ws: WorkspaceId) -> Result<bool> {
    tx.execute(DELETE_STALE, values![ws]).await?;
    tx.change(UNUSE, values![ws]).await
}
