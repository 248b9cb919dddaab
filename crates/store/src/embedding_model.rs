//! The sentence model that a workspace has chosen, and how much of it was used.

use model::{EmbeddingModel, Secret, WorkspaceId};

use crate::sealed::place;
use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    GET = "SELECT address, model, api_key IS NOT NULL, cross_border, tokens_a_day, dimension, checked_at
        FROM embedding_model WHERE workspace_id = $1";
    PUT = "INSERT INTO embedding_model (workspace_id, address, model, cross_border, tokens_a_day, dimension, checked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (workspace_id) DO UPDATE SET address = excluded.address, model = excluded.model,
        cross_border = excluded.cross_border, tokens_a_day = excluded.tokens_a_day, dimension = excluded.dimension,
        checked_at = excluded.checked_at";
    SET_KEY = "UPDATE embedding_model SET api_key = $2 WHERE workspace_id = $1";
    KEY = "SELECT api_key FROM embedding_model WHERE workspace_id = $1";
    CHECKED = "UPDATE embedding_model SET dimension = $4, checked_at = $5
        WHERE workspace_id = $1 AND address = $2 AND model = $3";
    DELETE = "DELETE FROM embedding_model WHERE workspace_id = $1";
    SPEND = "UPDATE embedding_model SET used_day = $2,
        used_tokens = CASE WHEN used_day = $2 THEN used_tokens + $3 ELSE $3 END
        WHERE workspace_id = $1 AND $3 + CASE WHEN used_day = $2 THEN used_tokens ELSE 0 END <= $4";
    SETTLE = "UPDATE embedding_model SET used_tokens = used_tokens + $3 WHERE workspace_id = $1 AND used_day = $2";
    USED = "SELECT used_tokens FROM embedding_model WHERE workspace_id = $1 AND used_day = $2";
}

fn read(mut row: Row) -> Result<EmbeddingModel> {
    Ok(EmbeddingModel {
        address: row.take()?,
        model: row.take()?,
        has_key: row.take()?,
        cross_border: row.take()?,
        tokens_a_day: row.take()?,
        dimension: row.take()?,
        checked_at: row.take()?,
    })
}

/// The model; `None` where none was chosen.
pub async fn get(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<EmbeddingModel>> {
    tx.query_opt(GET, values![ws]).await?.map(read).transpose()
}

/// Chooses a model; what it says of having a key does not count.
pub async fn put(tx: &mut Tx, ws: WorkspaceId, one: &EmbeddingModel) -> Result<()> {
    let values = values![
        ws,
        &one.address,
        &one.model,
        one.cross_border,
        one.tokens_a_day,
        one.dimension,
        one.checked_at
    ];
    tx.execute(PUT, values).await.map(drop)
}

/// Keeps another key, or none; `false` where no model was chosen.
pub async fn set_key(tx: &mut Tx, ws: WorkspaceId, key: Option<&Secret<String>>) -> Result<bool> {
    let sealed = tx.seal_secret(place(ws, "embedding_model", "api_key", ws.0), key).await?;
    tx.change(SET_KEY, values![ws, sealed]).await
}

/// The key to show; `None` where none is kept.
pub async fn key(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<Secret<String>>> {
    let Some(mut row) = tx.query_opt(KEY, values![ws]).await? else { return Ok(None) };
    row.open(place(ws, "embedding_model", "api_key", ws.0))?.secret()
}

/// Notes that the model was seen to work, and its dimension; `false` when another was chosen meanwhile.
pub async fn checked(tx: &mut Tx, ws: WorkspaceId, one: &EmbeddingModel) -> Result<bool> {
    tx.change(CHECKED, values![ws, &one.address, &one.model, one.dimension, one.checked_at]).await
}

/// Removes the model, its key and what was noted of its use.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId) -> Result<bool> {
    tx.change(DELETE, values![ws]).await
}

/// Spends tokens of a day's budget of `most`; `false` when so many are not left, and then none are spent.
pub async fn spend(tx: &mut Tx, ws: WorkspaceId, day: i64, tokens: i64, most: i64) -> Result<bool> {
    tx.change(SPEND, values![ws, day, tokens, most]).await
}

/// Corrects what was spent on a day by what was used in fact; `false` when another day was counted meanwhile.
pub async fn settle(tx: &mut Tx, ws: WorkspaceId, day: i64, more: i64) -> Result<bool> {
    tx.change(SETTLE, values![ws, day, more]).await
}

/// How many tokens were used on a day.
pub async fn used(tx: &mut Tx, ws: WorkspaceId, day: i64) -> Result<i64> {
    let row = tx.query_opt(USED, values![ws, day]).await?;
    Ok(row.map(|mut row| row.take()).transpose()?.unwrap_or(0))
}

#[cfg(test)]
pub(crate) fn some() -> EmbeddingModel {
    EmbeddingModel {
        address: "https://models.example/v1".to_owned(),
        model: "small".to_owned(),
        has_key: false,
        cross_border: true,
        tokens_a_day: 5_000,
        dimension: Some(384),
        checked_at: Some(model::Millis(7)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{sample, write};
    use crate::testing;

    #[tokio::test]
    async fn a_model_is_kept_with_its_key_until_it_is_removed() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    assert!(!set_key(tx, ws, Some(&Secret::new("k".into()))).await?);
                    assert_eq!(get(tx, ws).await?, None);
                    put(tx, ws, &some()).await?;
                    assert!(key(tx, ws).await?.is_none());
                    assert!(set_key(tx, ws, Some(&Secret::new("k".into()))).await?);
                    put(tx, ws, &EmbeddingModel { dimension: None, checked_at: None, ..some() }).await?;
                    assert_eq!(key(tx, ws).await?.map(|key| key.expose().clone()), Some("k".to_owned()));
                    assert!(!checked(tx, ws, &EmbeddingModel { model: "other".into(), ..some() }).await?);
                    assert!(checked(tx, ws, &some()).await?);
                    assert_eq!(get(tx, ws).await?, Some(EmbeddingModel { has_key: true, ..some() }));
                    assert!(set_key(tx, ws, None).await?);
                    assert_eq!(get(tx, ws).await?, Some(some()));
                    assert!(delete(tx, ws).await? && !delete(tx, ws).await?);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }

    #[tokio::test]
    async fn no_more_is_spent_in_a_day_than_there_is() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    assert!(!spend(tx, ws, 1, 1, 10).await?, "none was chosen");
                    put(tx, ws, &some()).await?;
                    assert!(!spend(tx, ws, 1, 11, 10).await?, "more than a whole day has");
                    assert!(spend(tx, ws, 1, 6, 10).await?);
                    assert!(!spend(tx, ws, 1, 5, 10).await?);
                    assert!(settle(tx, ws, 1, -2).await?);
                    assert!(spend(tx, ws, 1, 6, 10).await?);
                    put(tx, ws, &some()).await?;
                    assert_eq!((used(tx, ws, 1).await?, used(tx, ws, 2).await?), (10, 0));
                    assert!(spend(tx, ws, 2, 10, 10).await?, "the next day");
                    assert!(!settle(tx, ws, 1, 5).await?, "a day that is over");
                    assert_eq!((used(tx, ws, 1).await?, used(tx, ws, 2).await?), (0, 10));
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
