//! Labels for conversations.

use model::{Label, LabelId, Millis, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    INSERT = "INSERT INTO label (id, workspace_id, name, name_key, color, created_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE label SET name = $3, name_key = $4, color = $5 WHERE workspace_id = $1 AND id = $2";
    UNUSE = "DELETE FROM conversation_label WHERE workspace_id = $1 AND label_id = $2";
    DELETE = "DELETE FROM label WHERE workspace_id = $1 AND id = $2";
    LIST = "SELECT id, name, color FROM label WHERE workspace_id = $1";
}

fn read(row: &mut Row) -> Result<Label> {
    Ok(Label { id: row.take()?, name: row.take()?, color: row.take()? })
}

/// Makes a label. [`crate::Error::Unique`] when the name (any case) is taken.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, label: &Label, now: Millis) -> Result<()> {
    let values = values![label.id, ws, &label.name, label.name.to_lowercase(), &label.color, now];
    tx.insert(INSERT, values, "the label's name").await
}

/// Writes name and colour; `false` when there is no such label. [`crate::Error::Unique`] as in [`insert`].
pub async fn update(tx: &mut Tx, ws: WorkspaceId, label: &Label) -> Result<bool> {
    let values = values![ws, label.id, &label.name, label.name.to_lowercase(), &label.color];
    tx.change(UPDATE, values).await
}

/// Removes a label, also from all conversations; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: LabelId) -> Result<bool> {
    tx.execute(UNUSE, values![ws, id]).await?;
    tx.change(DELETE, values![ws, id]).await
}

/// All labels, by name.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<Label>> {
    let mut labels = tx.query_map(LIST, values![ws], read).await?;
    labels.sort_by_cached_key(|label| label.name.to_lowercase());
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{id, sample, write};
    use crate::{Error, testing};

    #[tokio::test]
    async fn a_name_is_taken_once_in_any_case() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            let label = |name: &str| Label { id: id(), name: name.into(), color: "red".into() };
            let (zebra, apple, umlaut) = (label("zebra"), label("Apple"), label("ÄPFEL"));
            let one = apple.clone();
            write(&db, move |tx| {
                Box::pin(async move {
                    for label in [&zebra, &apple, &umlaut] {
                        insert(tx, ws, label, Millis(1)).await?;
                    }
                    let again = Label { id: id(), name: "äpfel".into(), color: "blue".into() };
                    assert!(matches!(insert(tx, ws, &again, Millis(1)).await, Err(Error::Unique(_))));
                    assert!(
                        update(tx, ws, &Label { name: "APPLE".into(), ..apple.clone() }).await?,
                        "its own name"
                    );
                    let names: Vec<String> =
                        list(tx, ws).await?.into_iter().map(|label| label.name).collect();
                    assert_eq!(names, ["APPLE", "zebra", "ÄPFEL"]);
                    assert!(delete(tx, ws, zebra.id).await?);
                    assert!(!delete(tx, ws, zebra.id).await?);
                    Ok(())
                })
            })
            .await;
            let taken = Label { name: "äpfel".into(), ..one };
            let outcome = db.write(move |tx| Box::pin(async move { update(tx, ws, &taken).await })).await;
            assert!(matches!(outcome, Err(Error::Unique(_))), "{outcome:?}");
        })
        .await;
    }
}
