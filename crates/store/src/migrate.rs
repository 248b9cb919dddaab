//! The numbered list of migrations, applied forward only.

use model::Millis;

use crate::Tx;
use crate::error::{Error, Result};
use crate::values::{statements, values};

/// Every migration, in order. To add one: write the next numbered file, add its line, never touch a landed one.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "start", include_str!("../migrations/0001_start.sql")),
    (2, "nodes", include_str!("../migrations/0002_nodes.sql")),
    (3, "watch", include_str!("../migrations/0003_watch.sql")),
    (4, "send_lane", include_str!("../migrations/0004_send_lane.sql")),
    (5, "lane_debt", include_str!("../migrations/0005_lane_debt.sql")),
    (6, "search", include_str!("../migrations/0006_search.sql")),
    (7, "audit", include_str!("../migrations/0007_audit.sql")),
    (8, "sign_in", include_str!("../migrations/0008_sign_in.sql")),
    (9, "sealed", include_str!("../migrations/0009_sealed.sql")),
    (10, "knowledge", include_str!("../migrations/0010_knowledge.sql")),
    (11, "passkey", include_str!("../migrations/0011_passkey.sql")),
    (12, "privacy", include_str!("../migrations/0012_privacy.sql")),
    (13, "translation", include_str!("../migrations/0013_translation.sql")),
    (14, "rights", include_str!("../migrations/0014_rights.sql")),
    (15, "bot", include_str!("../migrations/0015_bot.sql")),
    (16, "provider", include_str!("../migrations/0016_provider.sql")),
    (17, "import", include_str!("../migrations/0017_import.sql")),
    (18, "intent", include_str!("../migrations/0018_intent.sql")),
    (19, "copilot", include_str!("../migrations/0019_copilot.sql")),
    (20, "trial", include_str!("../migrations/0020_trial.sql")),
    (21, "intent_list", include_str!("../migrations/0021_intent_list.sql")),
    (22, "language_model", include_str!("../migrations/0022_language_model.sql")),
    (23, "import_job", include_str!("../migrations/0023_import_job.sql")),
    (24, "suggestion_count", include_str!("../migrations/0024_suggestion_count.sql")),
    (25, "hours", include_str!("../migrations/0025_hours.sql")),
    (26, "topic", include_str!("../migrations/0026_topic.sql")),
    (27, "acme", include_str!("../migrations/0027_acme.sql")),
    (28, "sign_out", include_str!("../migrations/0028_sign_out.sql")),
    (29, "refusal", include_str!("../migrations/0029_refusal.sql")),
    (30, "drift", include_str!("../migrations/0030_drift.sql")),
    (31, "embedding_model", include_str!("../migrations/0031_embedding_model.sql")),
    (32, "taught", include_str!("../migrations/0032_taught.sql")),
    (33, "packed", include_str!("../migrations/0033_packed.sql")),
];

/// The key store's own list.
const KEYS: &[(i64, &str, &str)] = &[(1, "keys", include_str!("../migrations/keys/0001_keys.sql"))];

/// The text of every migration, in order.
#[cfg(test)]
pub(crate) fn texts() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().map(|(_, _, text)| *text)
}

/// The record of what was applied; its text is kept whole, so that a change is seen.
const RECORD: &str = "CREATE TABLE IF NOT EXISTS migration (
    id {id} PRIMARY KEY,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    applied_at BIGINT NOT NULL
)";

statements! {
    APPLIED = "SELECT id, text FROM migration ORDER BY id";
    APPLY = "INSERT INTO migration (id, name, text, applied_at) VALUES ($1, $2, $3, $4)";
}

/// Applies what is missing.
pub(crate) async fn run(tx: &mut Tx, now: Millis) -> Result<()> {
    run_list(tx, now, MIGRATIONS).await?;
    // The parts of the schema that are the engine's own.
    crate::search::prepare(tx).await?;
    crate::names::index::prepare(tx).await
}

/// Applies what is missing in a key store.
pub(crate) async fn run_keys(tx: &mut Tx, now: Millis) -> Result<()> {
    run_list(tx, now, KEYS).await
}

/// The last migration that was applied (0 when none was), and the last that this program knows.
pub(crate) async fn state(tx: &mut Tx) -> Result<(i64, i64)> {
    let applied = tx.query_map(APPLIED, &[], |row| row.take::<i64>()).await?;
    Ok((applied.last().copied().unwrap_or(0), MIGRATIONS.last().map_or(0, |(id, ..)| *id)))
}

/// Leaves a database as a later version of this program would.
#[cfg(any(test, feature = "testing"))]
pub(crate) async fn pretend_newer(tx: &mut Tx) -> Result<()> {
    tx.execute(APPLY, values![i64::MAX, "later", "", Millis(0)]).await.map(drop)
}

async fn run_list(tx: &mut Tx, now: Millis, list: &[(i64, &str, &str)]) -> Result<()> {
    tx.migration_lock().await?;
    tx.migration(RECORD).await?;
    let applied = tx.query_map(APPLIED, &[], |row| Ok((row.take::<i64>()?, row.take::<String>()?))).await?;
    let known = list.last().map_or(0, |(id, ..)| *id);
    if let Some((found, _)) = applied.last().filter(|(found, _)| *found > known) {
        return Err(Error::NewerDatabase { found: *found, known });
    }
    for (id, name, text) in list {
        match applied.iter().find(|(found, _)| found == id) {
            Some((_, before)) if before == text => {}
            Some(_) => return Err(Error::ChangedMigration { id: *id, name: (*name).to_owned() }),
            None => {
                tx.migration(text).await?;
                tx.execute(APPLY, values![*id, *name, *text, now]).await?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
