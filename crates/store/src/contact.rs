//! Customers.

use model::{ContactId, Millis, WorkspaceId};

use crate::identity::IdentityRow;
use crate::sealed::place;
use crate::values::{Row, statements, values};
use crate::{Result, Tx, identity, names};

statements! {
    INSERT = "INSERT INTO contact (id, workspace_id, name, name_key, named_by_agent, created_at, key_id, sealed)
        VALUES ($1, $2, '', $3, FALSE, $4, $5, $6)";
    GET = "SELECT id, name, sealed, named_by_agent, created_at FROM contact
        WHERE workspace_id = $1 AND id = $2 AND merged_into IS NULL";
    RENAME = "UPDATE contact SET name = '', sealed = $3, name_key = $4, named_by_agent = $5
        WHERE workspace_id = $1 AND id = $2 AND merged_into IS NULL AND ($5 OR NOT named_by_agent)";
    MERGED = "SELECT id, name, sealed, named_by_agent, created_at FROM contact
        WHERE workspace_id = $1 AND merged_into = $2 ORDER BY id";
    LOCK = "UPDATE contact SET created_at = created_at WHERE workspace_id = $1 AND id = $2 AND merged_into IS NULL";
    IDENTITIES = concat!("SELECT ", identity::columns!(), " FROM identity
        WHERE workspace_id = $1 AND contact_id = $2 ORDER BY id");
    MOVE_IDENTITIES = "UPDATE identity SET contact_id = $3 WHERE workspace_id = $1 AND contact_id = $2";
    MOVE_CONVERSATIONS = "UPDATE conversation SET contact_id = $3 WHERE workspace_id = $1 AND contact_id = $2";
    MERGE = "UPDATE contact SET merged_into = $3
        WHERE workspace_id = $1 AND (id = $2 OR merged_into = $2)";
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    /// Its id.
    pub id: ContactId,
    /// The name to show.
    pub name: String,
    /// Whether an agent gave the name.
    pub named_by_agent: bool,
    /// When the record was made.
    pub created_at: Millis,
}

/// Where a customer's sealed name stands.
pub(crate) fn name_place(ws: WorkspaceId, id: ContactId) -> vault::Place<'static> {
    place(ws, "contact", "name", id.0)
}

/// A customer's name, from the plain column and the sealed one behind it.
pub(crate) fn read_name(row: &mut Row, ws: WorkspaceId, id: ContactId) -> Result<String> {
    let plain = row.take()?;
    Ok(row.open(name_place(ws, id))?.text_or(plain)?.unwrap_or_default())
}

fn read(row: &mut Row, ws: WorkspaceId) -> Result<ContactRow> {
    let id = row.take()?;
    Ok(ContactRow { id, name: read_name(row, ws, id)?, named_by_agent: row.take()?, created_at: row.take()? })
}

/// Makes a customer, with the name that the channel told.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, id: ContactId, name: &str, now: Millis) -> Result<()> {
    let keys = tx.workspace_keys(ws).await?;
    let key = tx.keys()?.fresh(ws).await?;
    let sealed = tx.seal_with(&key, name_place(ws, id), name.as_bytes())?;
    tx.execute(INSERT, values![id, ws, names::of_name(&keys.words, name), now, key.id().0, sealed]).await?;
    Ok(())
}

/// The customer; one that was merged into another is gone.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: ContactId) -> Result<Option<ContactRow>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row, ws)).transpose()
}

/// Those who were merged into a customer, with the names that they had.
pub async fn merged(tx: &mut Tx, ws: WorkspaceId, id: ContactId) -> Result<Vec<ContactRow>> {
    tx.query_map(MERGED, values![ws, id], |row| read(row, ws)).await
}

/// Keeps others from holding or erasing a customer until the transaction ends; `false` when there is no such customer.
pub async fn lock(tx: &mut Tx, ws: WorkspaceId, id: ContactId) -> Result<bool> {
    tx.change(LOCK, values![ws, id]).await
}

/// Gives a name. A channel's name (`by_agent` false) never replaces an agent's. Tells whether anything changed.
pub async fn rename(tx: &mut Tx, ws: WorkspaceId, id: ContactId, name: &str, by_agent: bool) -> Result<bool> {
    let Some(known) = get(tx, ws, id).await? else { return Ok(false) };
    if (known.name == name && known.named_by_agent == by_agent) || (known.named_by_agent && !by_agent) {
        return Ok(false);
    }
    let keys = tx.workspace_keys(ws).await?;
    let key = tx.key_of_contact(ws, id).await?;
    let sealed = tx.seal_with(&key, name_place(ws, id), name.as_bytes())?;
    tx.change(RENAME, values![ws, id, sealed, names::of_name(&keys.words, name), by_agent]).await
}

/// The customer's addresses, the oldest first.
pub async fn identities(tx: &mut Tx, ws: WorkspaceId, contact: ContactId) -> Result<Vec<IdentityRow>> {
    tx.query_map(IDENTITIES, values![ws, contact], |row| identity::read(row, ws)).await
}

/// Moves all addresses and conversations of `from` to `into`; `from` is gone then. An agent's name of `from` is
/// kept when `into` has none. `false` when either does not exist or both are one.
pub async fn merge(tx: &mut Tx, ws: WorkspaceId, from: ContactId, into: ContactId) -> Result<bool> {
    let (Some(from_row), Some(into_row)) = (get(tx, ws, from).await?, get(tx, ws, into).await?) else {
        return Ok(false);
    };
    if from == into {
        return Ok(false);
    }
    tx.execute(MOVE_IDENTITIES, values![ws, from, into]).await?;
    tx.execute(MOVE_CONVERSATIONS, values![ws, from, into]).await?;
    tx.execute(MERGE, values![ws, from, into]).await?;
    if from_row.named_by_agent && !into_row.named_by_agent {
        rename(tx, ws, into, &from_row.name, true).await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{sample, write};
    use crate::testing;

    #[tokio::test]
    async fn a_profiles_name_never_replaces_an_agents() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            let (ws, one) = (some.ws, some.contact);
            write(&db, move |tx| {
                Box::pin(async move {
                    assert!(rename(tx, ws, one, "Profile", false).await?);
                    assert!(!rename(tx, ws, one, "Profile", false).await?, "the same name");
                    assert!(rename(tx, ws, one, "By hand", true).await?);
                    assert!(!rename(tx, ws, one, "Profile 2", false).await?);
                    let wanted = ContactRow {
                        id: one,
                        name: "By hand".into(),
                        named_by_agent: true,
                        created_at: Millis(1),
                    };
                    assert_eq!(get(tx, ws, one).await?, Some(wanted));
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
