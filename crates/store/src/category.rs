//! Categories of knowledge, and which words mean the same.

use model::{Category, CategoryId, WorkspaceId};

use crate::values::{Row, Value, statements, to_json, values};
use crate::{Result, Tx, article};

statements! {
    INSERT = "INSERT INTO category (id, workspace_id, name, name_key, position)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE category SET name = $3, name_key = $4, position = $5 WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM category WHERE workspace_id = $1 AND id = $2";
    LIST = "SELECT id, name, position FROM category WHERE workspace_id = $1 ORDER BY position, id";
    SYNONYMS = "SELECT locale, words FROM synonym WHERE workspace_id = $1 ORDER BY id";
    FORGET_SYNONYMS = "DELETE FROM synonym WHERE workspace_id = $1";
    PUT_SYNONYM = "INSERT INTO synonym (id, workspace_id, locale, words) VALUES ($1, $2, $3, $4)";
}

fn read(row: &mut Row) -> Result<Category> {
    Ok(Category { id: row.take()?, name: row.take()?, position: row.take()? })
}

/// Makes a category. [`crate::Error::Unique`] when the name (any case) is taken.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, category: &Category) -> Result<()> {
    let key = category.name.to_lowercase();
    let values = values![category.id, ws, &category.name, key, category.position];
    tx.insert(INSERT, values, "the category's name").await
}

/// Writes all fields; `false` when there is no such category. [`crate::Error::Unique`] as in [`insert`].
pub async fn update(tx: &mut Tx, ws: WorkspaceId, category: &Category) -> Result<bool> {
    let key = category.name.to_lowercase();
    tx.change(UPDATE, values![ws, category.id, &category.name, key, category.position]).await
}

/// Removes a category; its articles stay, in none. `false` when there is no such category.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: CategoryId) -> Result<bool> {
    article::unsort(tx, ws, id).await?;
    tx.change(DELETE, values![ws, id]).await
}

/// All categories in their order.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<Category>> {
    tx.query_map(LIST, values![ws], read).await
}

/// A group of words that mean the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The language of the questions that it is for; empty: every language.
    pub locale: String,
    /// The words.
    pub words: Vec<String>,
}

/// Groups of words that mean the same.
pub async fn synonyms(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<Group>> {
    tx.query_map(SYNONYMS, values![ws], |row| Ok(Group { locale: row.take()?, words: row.take_json()? }))
        .await
}

/// Replaces all groups; `ids` has one id for each.
pub async fn set_synonyms(tx: &mut Tx, ws: WorkspaceId, ids: &[i64], groups: &[Group]) -> Result<()> {
    article::advance(tx, ws).await?;
    tx.execute(FORGET_SYNONYMS, values![ws]).await?;
    let mut sets: Vec<Vec<Value>> = Vec::new();
    for (id, group) in ids.iter().zip(groups) {
        sets.push(values![*id, ws, &group.locale, to_json(&group.words)?].to_vec());
    }
    tx.execute_each(PUT_SYNONYM, &sets).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{id, sample, write};
    use crate::{Error, testing};

    #[tokio::test]
    async fn categories_have_names_of_their_own_and_synonyms_are_replaced_whole() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    let one = Category { id: id(), name: "Orders".into(), position: 2 };
                    let two = Category { id: id(), name: "Returns".into(), position: 1 };
                    insert(tx, ws, &one).await?;
                    insert(tx, ws, &two).await?;
                    let again = Category { id: id(), name: "ORDERS".into(), position: 3 };
                    assert!(matches!(insert(tx, ws, &again).await, Err(Error::Unique(_))));
                    assert_eq!(list(tx, ws).await?, [two.clone(), one.clone()]);
                    assert!(update(tx, ws, &Category { position: 0, ..one.clone() }).await?);
                    assert_eq!(list(tx, ws).await?[0].id, one.id);
                    assert!(delete(tx, ws, two.id).await?);
                    assert!(!delete(tx, ws, two.id).await?);
                    let words = vec!["parcel".to_owned(), "package".to_owned()];
                    let groups = vec![Group { locale: "en".to_owned(), words }];
                    set_synonyms(tx, ws, &[id()], &groups).await?;
                    assert_eq!(synonyms(tx, ws).await?, groups);
                    set_synonyms(tx, ws, &[], &[]).await?;
                    assert!(synonyms(tx, ws).await?.is_empty());
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
