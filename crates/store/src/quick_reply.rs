//! Saved replies.

use model::{QuickReply, QuickReplyId, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    INSERT = "INSERT INTO quick_reply (id, workspace_id, shortcut, shortcut_key, body, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE quick_reply SET shortcut = $3, shortcut_key = $4, body = $5, updated_at = $6
        WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM quick_reply WHERE workspace_id = $1 AND id = $2";
    LIST = "SELECT id, shortcut, body, updated_at FROM quick_reply WHERE workspace_id = $1";
}

fn read(row: &mut Row) -> Result<QuickReply> {
    Ok(QuickReply { id: row.take()?, shortcut: row.take()?, body: row.take()?, updated_at: row.take()? })
}

/// Makes a saved reply. [`crate::Error::Unique`] when the shortcut (any case) is taken.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, reply: &QuickReply) -> Result<()> {
    let key = reply.shortcut.to_lowercase();
    let values = values![reply.id, ws, &reply.shortcut, key, &reply.body, reply.updated_at];
    tx.insert(INSERT, values, "the shortcut").await
}

/// Writes all fields; `false` when there is no such reply. [`crate::Error::Unique`] as in [`insert`].
pub async fn update(tx: &mut Tx, ws: WorkspaceId, reply: &QuickReply) -> Result<bool> {
    let key = reply.shortcut.to_lowercase();
    tx.change(UPDATE, values![ws, reply.id, &reply.shortcut, key, &reply.body, reply.updated_at]).await
}

/// Removes a saved reply; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: QuickReplyId) -> Result<bool> {
    tx.change(DELETE, values![ws, id]).await
}

/// All saved replies, by shortcut.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<QuickReply>> {
    let mut replies = tx.query_map(LIST, values![ws], read).await?;
    replies.sort_by_cached_key(|reply| reply.shortcut.to_lowercase());
    Ok(replies)
}

#[cfg(test)]
mod tests {
    use model::Millis;

    use super::*;
    use crate::sample::{id, sample, write};
    use crate::{Error, testing};

    #[tokio::test]
    async fn a_shortcut_is_taken_once_in_any_case() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            let reply = |shortcut: &str| QuickReply {
                id: id(),
                shortcut: shortcut.into(),
                body: "Hello {{contact.name}}".into(),
                updated_at: Millis(1),
            };
            let (thanks, hello) = (reply("thanks"), reply("Hello"));
            write(&db, move |tx| {
                Box::pin(async move {
                    insert(tx, ws, &thanks).await?;
                    insert(tx, ws, &hello).await?;
                    let again = QuickReply { id: id(), shortcut: "THANKS".into(), ..thanks.clone() };
                    assert!(matches!(insert(tx, ws, &again).await, Err(Error::Unique(_))));
                    let changed = QuickReply { body: "Bye".into(), updated_at: Millis(2), ..thanks.clone() };
                    assert!(update(tx, ws, &changed).await?);
                    assert_eq!(list(tx, ws).await?, [hello.clone(), changed]);
                    assert!(delete(tx, ws, hello.id).await?);
                    assert!(!delete(tx, ws, hello.id).await?);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
