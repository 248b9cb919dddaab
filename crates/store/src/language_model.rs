//! The language model that a workspace has chosen, and how much of it was used.

use model::{ContactId, LanguageModel, Secret, WorkspaceId};

use crate::sealed::place;
use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

statements! {
    GET = "SELECT address, model, api_key IS NOT NULL, answers, assists, cross_border, tokens_a_day, tokens_a_contact,
        abilities, checked_at FROM language_model WHERE workspace_id = $1";
    PUT = "INSERT INTO language_model (workspace_id, address, model, answers, assists, cross_border, tokens_a_day,
        tokens_a_contact, abilities, checked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (workspace_id) DO UPDATE SET address = excluded.address, model = excluded.model,
        answers = excluded.answers, assists = excluded.assists, cross_border = excluded.cross_border,
        tokens_a_day = excluded.tokens_a_day, tokens_a_contact = excluded.tokens_a_contact,
        abilities = excluded.abilities, checked_at = excluded.checked_at";
    SET_KEY = "UPDATE language_model SET api_key = $2 WHERE workspace_id = $1";
    KEY = "SELECT api_key FROM language_model WHERE workspace_id = $1";
    CHECKED = "UPDATE language_model SET abilities = $4, checked_at = $5
        WHERE workspace_id = $1 AND address = $2 AND model = $3";
    DELETE = "DELETE FROM language_model WHERE workspace_id = $1";
    SPEND = "INSERT INTO language_model_use (workspace_id, day, spender, tokens) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace_id, day, spender) DO UPDATE SET tokens = language_model_use.tokens + excluded.tokens
        WHERE language_model_use.tokens + excluded.tokens <= $5";
    SETTLE = "UPDATE language_model_use SET tokens = tokens + $4
        WHERE workspace_id = $1 AND day = $2 AND spender = $3";
    USED = "SELECT tokens FROM language_model_use WHERE workspace_id = $1 AND day = $2 AND spender = 0";
    FORGET = "DELETE FROM language_model_use WHERE workspace_id = $1 AND day < $2";
}

/// Who stands for everything together.
const ALL: i64 = 0;

fn read(mut row: Row) -> Result<LanguageModel> {
    Ok(LanguageModel {
        address: row.take()?,
        model: row.take()?,
        has_key: row.take()?,
        answers: row.take()?,
        assists: row.take()?,
        cross_border: row.take()?,
        tokens_a_day: row.take()?,
        tokens_a_contact: row.take()?,
        abilities: row.take_json()?,
        checked_at: row.take()?,
    })
}

/// The model; `None` where none was chosen.
pub async fn get(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<LanguageModel>> {
    tx.query_opt(GET, values![ws]).await?.map(read).transpose()
}

/// Chooses a model; what it says of having a key does not count.
pub async fn put(tx: &mut Tx, ws: WorkspaceId, one: &LanguageModel) -> Result<()> {
    let values = values![
        ws,
        &one.address,
        &one.model,
        one.answers,
        one.assists,
        one.cross_border,
        one.tokens_a_day,
        one.tokens_a_contact,
        to_json(&one.abilities)?,
        one.checked_at
    ];
    tx.execute(PUT, values).await.map(drop)
}

/// Keeps another key, or none; `false` where no model was chosen.
pub async fn set_key(tx: &mut Tx, ws: WorkspaceId, key: Option<&Secret<String>>) -> Result<bool> {
    let sealed = tx.seal_secret(place(ws, "language_model", "api_key", ws.0), key).await?;
    tx.change(SET_KEY, values![ws, sealed]).await
}

/// The key to show; `None` where none is kept.
pub async fn key(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<Secret<String>>> {
    let Some(mut row) = tx.query_opt(KEY, values![ws]).await? else { return Ok(None) };
    row.open(place(ws, "language_model", "api_key", ws.0))?.secret()
}

/// Notes that the model was seen to work, and what its server understands; `false` when another was chosen meanwhile.
pub async fn checked(tx: &mut Tx, ws: WorkspaceId, one: &LanguageModel) -> Result<bool> {
    let values = values![ws, &one.address, &one.model, to_json(&one.abilities)?, one.checked_at];
    tx.change(CHECKED, values).await
}

/// Removes the model, its key and what was noted of its use.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId) -> Result<bool> {
    tx.execute(FORGET, values![ws, i64::MAX]).await?;
    tx.change(DELETE, values![ws]).await
}

/// Spends tokens of a day's budget of `most`, of one customer or of all together; `false` when so many are not left, and then
/// none are spent.
pub async fn spend(
    tx: &mut Tx,
    ws: WorkspaceId,
    day: i64,
    contact: Option<ContactId>,
    tokens: i64,
    most: i64,
) -> Result<bool> {
    if tokens > most {
        return Ok(false);
    }
    let spender = contact.map_or(ALL, |contact| contact.0);
    tx.change(SPEND, values![ws, day, spender, tokens, most]).await
}

/// Corrects what was spent by what was used in fact; `false` when nothing was spent.
pub async fn settle(
    tx: &mut Tx,
    ws: WorkspaceId,
    day: i64,
    contact: Option<ContactId>,
    more: i64,
) -> Result<bool> {
    let spender = contact.map_or(ALL, |contact| contact.0);
    tx.change(SETTLE, values![ws, day, spender, more]).await
}

/// How many tokens were used on a day altogether.
pub async fn used(tx: &mut Tx, ws: WorkspaceId, day: i64) -> Result<i64> {
    let row = tx.query_opt(USED, values![ws, day]).await?;
    Ok(row.map(|mut row| row.take()).transpose()?.unwrap_or(0))
}

/// Forgets what was used before a day; tells of how many spenders.
pub async fn forget(tx: &mut Tx, ws: WorkspaceId, day: i64) -> Result<u64> {
    tx.execute(FORGET, values![ws, day]).await
}

#[cfg(test)]
pub(crate) fn some() -> LanguageModel {
    LanguageModel {
        address: "https://models.example/v1".to_owned(),
        model: "small".to_owned(),
        has_key: false,
        answers: true,
        assists: false,
        cross_border: true,
        tokens_a_day: 5_000,
        tokens_a_contact: 1_000,
        abilities: model::ModelAbilities { streams: true, ..model::ModelAbilities::default() },
        checked_at: Some(model::Millis(7)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{id, sample, write};
    use crate::testing;

    #[tokio::test]
    async fn a_model_is_kept_with_its_key_until_it_is_removed() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    assert!(!set_key(tx, ws, Some(&Secret::new("k".into()))).await?);
                    assert_eq!(get(tx, ws).await?, None);
                    put(tx, ws, &LanguageModel { answers: false, ..some() }).await?;
                    put(tx, ws, &some()).await?;
                    assert!(key(tx, ws).await?.is_none());
                    assert!(set_key(tx, ws, Some(&Secret::new("k".into()))).await?);
                    put(tx, ws, &LanguageModel { checked_at: None, ..some() }).await?;
                    assert_eq!(key(tx, ws).await?.map(|key| key.expose().clone()), Some("k".to_owned()));
                    assert!(!checked(tx, ws, &LanguageModel { model: "other".into(), ..some() }).await?);
                    assert!(checked(tx, ws, &some()).await?);
                    assert_eq!(get(tx, ws).await?, Some(LanguageModel { has_key: true, ..some() }));
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
    async fn no_more_is_spent_than_there_is() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    let contact: ContactId = id();
                    assert!(!spend(tx, ws, 1, None, 11, 10).await?, "more than a whole day has");
                    assert!(spend(tx, ws, 1, None, 6, 10).await?);
                    assert!(!spend(tx, ws, 1, None, 5, 10).await?);
                    assert!(spend(tx, ws, 1, Some(contact), 5, 10).await?, "of one's own budget");
                    assert!(settle(tx, ws, 1, None, -2).await?);
                    assert!(spend(tx, ws, 1, None, 6, 10).await?);
                    assert_eq!((used(tx, ws, 1).await?, used(tx, ws, 2).await?), (10, 0));
                    assert!(spend(tx, ws, 2, None, 10, 10).await?, "the next day");
                    assert!(!settle(tx, ws, 3, None, 1).await?);
                    assert_eq!(forget(tx, ws, 2).await?, 2);
                    assert_eq!((used(tx, ws, 1).await?, used(tx, ws, 2).await?), (0, 10));
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
