//! How often somebody tried to sign in, counted before anybody is known, for all nodes together.

use model::Millis;

use crate::values::{statements, values};
use crate::{Result, Tx};

statements! {
    COUNT = "INSERT INTO attempt (key, recovered_at) VALUES ($1, CAST($2 AS BIGINT) + CAST($3 AS BIGINT))
        ON CONFLICT (key) DO UPDATE SET recovered_at =
            CASE WHEN attempt.recovered_at > $2 THEN attempt.recovered_at ELSE $2 END + $3
        WHERE attempt.recovered_at + $3 - $2 <= $4";
    GET = "SELECT recovered_at FROM attempt WHERE key = $1";
    FORGIVE = "DELETE FROM attempt WHERE key = $1";
    DELETE_RECOVERED = "DELETE FROM attempt WHERE recovered_at <= $1";
}

/// Counts an attempt of a key that recovers from one in `interval` and bears `most` of that at once; `false` when it had
/// too many, and then it is not counted.
pub async fn count(tx: &mut Tx, key: &[u8], now: Millis, interval: Millis, most: Millis) -> Result<bool> {
    tx.change(COUNT, values![key, now, interval, most]).await
}

/// When a key has recovered from all its attempts.
pub async fn recovered_at(tx: &mut Tx, key: &[u8]) -> Result<Option<Millis>> {
    tx.query_opt(GET, values![key]).await?.map(|mut row| row.take()).transpose()
}

/// Forgets a key's attempts; `false` when there are none.
pub async fn forgive(tx: &mut Tx, key: &[u8]) -> Result<bool> {
    tx.change(FORGIVE, values![key]).await
}

/// Forgets keys that have recovered; tells how many.
pub async fn delete_recovered(tx: &mut Tx, now: Millis) -> Result<u64> {
    tx.execute(DELETE_RECOVERED, values![now]).await
}
