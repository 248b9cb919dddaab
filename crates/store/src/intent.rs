//! Intents of a workspace, and where its learning is.

use model::{Intent, IntentId, IntentLearning, WorkspaceId};

use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

macro_rules! columns {
    () => {
        "i.id, i.name, i.description, i.answer, i.enabled,
        (SELECT COUNT(*) FROM intent_example e WHERE e.workspace_id = $1 AND e.intent_id = i.id AND e.state = 'accepted'),
        (SELECT COUNT(*) FROM intent_example e WHERE e.workspace_id = $1 AND e.intent_id = i.id AND e.state = 'waiting'),
        i.created_at, i.updated_at"
    };
}

statements! {
    INSERT = "INSERT INTO intent (id, workspace_id, name, name_key, description, answer, enabled, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT DO NOTHING";
    /// A name that is taken by another one changes nothing.
    UPDATE = "UPDATE intent SET name = $3, name_key = $4, description = $5, answer = $6, enabled = $7, updated_at = $8
        WHERE workspace_id = $1 AND id = $2 AND NOT EXISTS (SELECT 1 FROM intent o
            WHERE o.workspace_id = $1 AND o.name_key = $4 AND o.id <> $2)";
    FORGET_EXAMPLES = "DELETE FROM intent_example WHERE workspace_id = $1 AND intent_id = $2";
    DELETE = "DELETE FROM intent WHERE workspace_id = $1 AND id = $2";
    GET = concat!("SELECT ", columns!(), " FROM intent i WHERE i.workspace_id = $1 AND i.id = $2");
    LIST = concat!("SELECT ", columns!(), " FROM intent i WHERE i.workspace_id = $1 ORDER BY i.name_key, i.id");
    LEARNING = "SELECT revision, changed, forgotten, learned, version, newest, automatic
        FROM intent_learning WHERE workspace_id = $1";
    ADVANCE = "INSERT INTO intent_learning
        (workspace_id, revision, changed, forgotten, learned, version, newest, automatic)
        VALUES ($1, 1, CASE WHEN $2 THEN 1 ELSE 0 END, CASE WHEN $3 THEN 1 ELSE 0 END, 0, NULL, 0, FALSE)
        ON CONFLICT (workspace_id) DO UPDATE SET revision = intent_learning.revision + 1,
            changed = CASE WHEN $2 THEN intent_learning.revision + 1 ELSE intent_learning.changed END,
            forgotten = CASE WHEN $3 THEN intent_learning.revision + 1 ELSE intent_learning.forgotten END
        RETURNING revision";
    SET_AUTOMATIC = "UPDATE intent_learning SET automatic = $2 WHERE workspace_id = $1 AND automatic <> $2";
}

/// What a change of a workspace's intents means to what was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Told,
    /// It has to be learned.
    Learn,
    /// Something has to be forgotten, also by whoever holds it.
    Forget,
}

fn read(row: &mut Row) -> Result<Intent> {
    Ok(Intent {
        id: row.take()?,
        name: row.take()?,
        description: row.take()?,
        answer: row.take_json()?,
        enabled: row.take()?,
        examples: row.take()?,
        waiting: row.take()?,
        created_at: row.take()?,
        updated_at: row.take()?,
    })
}

/// Makes an intent without examples. [`crate::Error::Unique`] when the name (any case) is taken.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, intent: &Intent) -> Result<()> {
    let i = intent;
    let key = i.name.to_lowercase();
    let answer = to_json(&i.answer)?;
    let values = values![i.id, ws, &i.name, key, &i.description, answer, i.enabled, i.created_at];
    tx.insert(INSERT, values, "the intent's name").await?;
    advance(tx, ws, Step::Told).await.map(drop)
}

/// Writes all fields but the counts; `false` when there is no such intent, or another one has the name.
pub async fn update(tx: &mut Tx, ws: WorkspaceId, intent: &Intent, step: Step) -> Result<bool> {
    let i = intent;
    let key = i.name.to_lowercase();
    let answer = to_json(&i.answer)?;
    let values = values![ws, i.id, &i.name, key, &i.description, answer, i.enabled, i.updated_at];
    let changed = tx.change(UPDATE, values).await?;
    if changed {
        advance(tx, ws, step).await?;
    }
    Ok(changed)
}

/// Removes an intent with its examples; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: IntentId) -> Result<bool> {
    tx.execute(FORGET_EXAMPLES, values![ws, id]).await?;
    let removed = tx.change(DELETE, values![ws, id]).await?;
    if removed {
        advance(tx, ws, Step::Forget).await?;
    }
    Ok(removed)
}

/// An intent.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: IntentId) -> Result<Option<Intent>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row)).transpose()
}

/// All intents by name.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<Intent>> {
    tx.query_map(LIST, values![ws], read).await
}

/// Where the learning is.
pub async fn learning(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<IntentLearning>> {
    let read = |mut row: Row| {
        Ok(IntentLearning {
            revision: row.take()?,
            changed: row.take()?,
            forgotten: row.take()?,
            learned: row.take()?,
            version: row.take()?,
            newest: row.take()?,
            automatic: row.take()?,
        })
    };
    tx.query_opt(LEARNING, values![ws]).await?.map(read).transpose()
}

/// The next revision. On PostgreSQL it holds the learning's row until the transaction ends.
pub(crate) async fn advance(tx: &mut Tx, ws: WorkspaceId, step: Step) -> Result<i64> {
    let values = values![ws, step != Step::Told, step == Step::Forget];
    tx.query_one(ADVANCE, values).await?.take()
}

/// Says whether corrections count without being accepted; `false` when it was said already.
pub async fn set_automatic(tx: &mut Tx, ws: WorkspaceId, automatic: bool) -> Result<bool> {
    advance(tx, ws, Step::Told).await?;
    tx.change(SET_AUTOMATIC, values![ws, automatic]).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{id, intent_row, sample, write};
    use crate::{Error, testing};

    #[tokio::test]
    async fn an_intent_has_a_name_of_its_own_and_every_change_a_revision() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    let one = intent_row("Late parcel");
                    assert_eq!(learning(tx, ws).await?, None);
                    insert(tx, ws, &one).await?;
                    let again = Intent { id: id(), name: "LATE parcel".into(), ..one.clone() };
                    assert!(matches!(insert(tx, ws, &again).await, Err(Error::Unique(_))));
                    let two = Intent { name: "Refund".into(), ..again };
                    insert(tx, ws, &two).await?;
                    let taken = Intent { name: "refund".into(), ..one.clone() };
                    assert!(!update(tx, ws, &taken, Step::Told).await?, "the name is another one's");
                    let off = Intent { enabled: false, ..one.clone() };
                    assert!(update(tx, ws, &off, Step::Learn).await?);
                    let now = learning(tx, ws).await?.expect("begun");
                    assert_eq!((now.revision, now.changed, now.forgotten), (3, 3, 0));
                    assert_eq!(list(tx, ws).await?, [off, two.clone()]);
                    assert!(delete(tx, ws, two.id).await? && !delete(tx, ws, two.id).await?);
                    assert!(set_automatic(tx, ws, true).await? && !set_automatic(tx, ws, true).await?);
                    let now = learning(tx, ws).await?.expect("begun");
                    assert_eq!((now.revision, now.changed, now.forgotten, now.automatic), (6, 4, 4, true));
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
