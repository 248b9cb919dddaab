//! Customers' addresses on inboxes.

use model::{ContactId, ConversationId, IdentityId, InboxId, Millis, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::sealed::{ERASED, Opened, place};
use crate::values::{Row, Value, from_json, statements, to_json, values};
use crate::{Result, Tx, contact, conversation, names, outbound};

/// An address' columns in the order of [`read`].
macro_rules! columns {
    () => {
        "id, inbox_id, contact_id, user_id, phone, username, profile_name, sealed, blocked, last_inbound_at, created_at"
    };
}
pub(crate) use columns;

/// An address with its customer and live conversation, in the order of [`read_known`].
macro_rules! known {
    () => {
        "SELECT i.id, i.inbox_id, i.contact_id, i.user_id, i.phone, i.username, i.profile_name, i.sealed, i.blocked,
        i.last_inbound_at, i.created_at, c.name, c.sealed, c.named_by_agent, v.id
        FROM identity i JOIN contact c ON c.id = i.contact_id AND c.merged_into IS NULL
        LEFT JOIN conversation v ON v.inbox_id = i.inbox_id AND v.identity_id = i.id AND v.state <> 'resolved'
        WHERE i.workspace_id = $1 AND i.inbox_id = $2"
    };
}

statements! {
    INSERT = "INSERT INTO identity (id, workspace_id, inbox_id, contact_id, sealed, user_index, phone_index,
        search_key, blocked, last_inbound_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
    GET = concat!("SELECT ", columns!(), " FROM identity WHERE workspace_id = $1 AND id = $2");
    BY_USER = concat!("SELECT ", columns!(), " FROM identity
        WHERE workspace_id = $1 AND inbox_id = $2 AND user_index = $3");
    BY_PHONE = concat!("SELECT ", columns!(), " FROM identity
        WHERE workspace_id = $1 AND inbox_id = $2 AND phone_index = $3");
    KNOWN_BY_USER = concat!(known!(), " AND i.user_index = $3");
    KNOWN_BY_PHONE = concat!(known!(), " AND i.phone_index = $3");
    UPDATE = "UPDATE identity SET contact_id = $3, user_id = NULL, phone = NULL, username = NULL, profile_name = NULL,
        sealed = $4, user_index = $5, phone_index = $6, search_key = $7 WHERE workspace_id = $1 AND id = $2";
    SET_BLOCKED = "UPDATE identity SET blocked = $3 WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM identity WHERE workspace_id = $1 AND id = $2";
    INBOUND_AT = "UPDATE identity SET last_inbound_at = $3
        WHERE workspace_id = $1 AND id = $2 AND (last_inbound_at IS NULL OR last_inbound_at < $3)";
}

/// A customer's address on one inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRow {
    /// Its id.
    pub id: IdentityId,
    /// The inbox it writes to.
    pub inbox_id: InboxId,
    /// The customer.
    pub contact_id: ContactId,
    /// The provider's id of the customer, unique in the inbox.
    pub user_id: Option<String>,
    /// The phone number with a leading `+`, unique in the inbox.
    pub phone: Option<String>,
    /// The user name.
    pub username: Option<String>,
    /// The name in the customer's profile.
    pub profile_name: Option<String>,
    /// Whether the business blocked this customer.
    pub blocked: bool,
    /// When the customer last wrote.
    pub last_inbound_at: Option<Millis>,
    /// When the record was made.
    pub created_at: Millis,
}

/// What one look tells of somebody who wrote before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The address.
    pub identity: IdentityRow,
    /// The customer's name.
    pub name: String,
    /// Whether an agent gave the name.
    pub named_by_agent: bool,
    /// The conversation with the inbox that is not resolved.
    pub conversation: Option<ConversationId>,
}

/// What a provider calls a customer: sealed as one.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Called {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) profile_name: Option<String>,
}

impl Called {
    fn of(row: &IdentityRow) -> Self {
        let (user_id, phone) = (row.user_id.clone(), row.phone.clone());
        Self { user_id, phone, username: row.username.clone(), profile_name: row.profile_name.clone() }
    }
}

/// Where what a provider calls a customer stands.
pub(crate) fn called_place(ws: WorkspaceId, id: IdentityId) -> vault::Place<'static> {
    place(ws, "identity", "called", id.0)
}

/// What a provider calls a customer, from the four plain columns and the sealed one behind them.
pub(crate) fn read_called(row: &mut Row, ws: WorkspaceId, id: IdentityId) -> Result<Called> {
    let plain =
        Called { user_id: row.take()?, phone: row.take()?, username: row.take()?, profile_name: row.take()? };
    open_called(row, ws, id, plain)
}

/// What the next column says that a provider calls a customer, or what stands in older, plain columns.
pub(crate) fn open_called(row: &mut Row, ws: WorkspaceId, id: IdentityId, plain: Called) -> Result<Called> {
    Ok(match row.open(called_place(ws, id))? {
        Opened::Absent => plain,
        Opened::Erased => Called { profile_name: Some(ERASED.to_owned()), ..Called::default() },
        Opened::Plain(json) => from_json(&crate::sealed::text(json)?)?,
    })
}

/// The values of the sealed columns: what the customer is called, the two entries of the blind index, the tokens that
/// searches look for.
pub(crate) async fn seal_called(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: IdentityId,
    contact: ContactId,
    called: &Called,
) -> Result<[Value; 4]> {
    let keys = tx.workspace_keys(ws).await?;
    let key = tx.key_of_contact(ws, contact).await?;
    let entry = |purpose, value: &Option<String>| -> Value {
        value.as_deref().map(|value| keys.index.entry(purpose, value).to_vec()).as_ref().into()
    };
    Ok([
        tx.seal_with(&key, called_place(ws, id), to_json(called)?.as_bytes())?,
        entry(USER, &called.user_id),
        entry(PHONE, &called.phone),
        names::of_called(&keys.words, called).into(),
    ])
}

/// What entries of the blind index are of.
const USER: &str = "user";
const PHONE: &str = "phone";

/// The entry of the blind index to look for.
async fn wanted(tx: &mut Tx, ws: WorkspaceId, purpose: &str, value: &str) -> Result<Value> {
    Ok(tx.workspace_keys(ws).await?.index.entry(purpose, value).as_slice().into())
}

fn read_known(row: &mut Row, ws: WorkspaceId) -> Result<Known> {
    let identity = read(row, ws)?;
    let name = contact::read_name(row, ws, identity.contact_id)?;
    Ok(Known { identity, name, named_by_agent: row.take()?, conversation: row.take()? })
}

pub(crate) fn read(row: &mut Row, ws: WorkspaceId) -> Result<IdentityRow> {
    let (id, inbox_id, contact_id) = (row.take()?, row.take()?, row.take()?);
    let Called { user_id, phone, username, profile_name } = read_called(row, ws, id)?;
    Ok(IdentityRow {
        id,
        inbox_id,
        contact_id,
        user_id,
        phone,
        username,
        profile_name,
        blocked: row.take()?,
        last_inbound_at: row.take()?,
        created_at: row.take()?,
    })
}

/// Makes an address. [`crate::Error::Unique`] when the inbox has one with the same user id or phone; the
/// transaction can go on then.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, identity: &IdentityRow) -> Result<()> {
    let called = Called::of(identity);
    let [sealed, user, phone, tokens] =
        seal_called(tx, ws, identity.id, identity.contact_id, &called).await?;
    let values = values![
        identity.id,
        ws,
        identity.inbox_id,
        identity.contact_id,
        sealed,
        user,
        phone,
        tokens,
        identity.blocked,
        identity.last_inbound_at,
        identity.created_at
    ];
    tx.insert(INSERT, values, "the customer's id or phone number").await
}

/// The address.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: IdentityId) -> Result<Option<IdentityRow>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row, ws)).transpose()
}

/// The address of a provider's user id.
pub async fn by_user(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    user_id: &str,
) -> Result<Option<IdentityRow>> {
    let entry = wanted(tx, ws, USER, user_id).await?;
    tx.query_opt(BY_USER, values![ws, inbox, entry]).await?.map(|mut row| read(&mut row, ws)).transpose()
}

/// The address of a phone number.
pub async fn by_phone(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    phone: &str,
) -> Result<Option<IdentityRow>> {
    let entry = wanted(tx, ws, PHONE, phone).await?;
    tx.query_opt(BY_PHONE, values![ws, inbox, entry]).await?.map(|mut row| read(&mut row, ws)).transpose()
}

/// The address of a provider's user id, with its customer and live conversation.
pub async fn known_by_user(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    user_id: &str,
) -> Result<Option<Known>> {
    let entry = wanted(tx, ws, USER, user_id).await?;
    tx.query_opt(KNOWN_BY_USER, values![ws, inbox, entry])
        .await?
        .map(|mut row| read_known(&mut row, ws))
        .transpose()
}

/// The address of a phone number, with its customer and live conversation.
pub async fn known_by_phone(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    phone: &str,
) -> Result<Option<Known>> {
    let entry = wanted(tx, ws, PHONE, phone).await?;
    tx.query_opt(KNOWN_BY_PHONE, values![ws, inbox, entry])
        .await?
        .map(|mut row| read_known(&mut row, ws))
        .transpose()
}

/// Writes contact, user id, phone, user name and profile name; `false` when there is no such address.
/// [`crate::Error::Unique`] (which ends the transaction) when another has the user id or phone.
pub async fn update(tx: &mut Tx, ws: WorkspaceId, identity: &IdentityRow) -> Result<bool> {
    let called = Called::of(identity);
    let [sealed, user, phone, tokens] =
        match seal_called(tx, ws, identity.id, identity.contact_id, &called).await {
            Err(crate::Error::Missing) => return Ok(false),
            sealed => sealed?,
        };
    let values = values![ws, identity.id, identity.contact_id, sealed, user, phone, tokens];
    tx.change(UPDATE, values).await
}

/// Blocks or unblocks; `false` when there is no such address.
pub async fn set_blocked(tx: &mut Tx, ws: WorkspaceId, id: IdentityId, blocked: bool) -> Result<bool> {
    tx.change(SET_BLOCKED, values![ws, id, blocked]).await
}

/// Notes that the customer wrote at `at`; never goes back.
pub async fn inbound_at(tx: &mut Tx, ws: WorkspaceId, id: IdentityId, at: Millis) -> Result<()> {
    tx.execute(INBOUND_AT, values![ws, id, at]).await?;
    Ok(())
}

/// Makes one address of two: the conversations of `from` become those of `into` and its contact; where both have
/// one that is not resolved, that of `from` is resolved first. Then `from` is gone. Tells which conversations
/// changed.
pub async fn absorb(
    tx: &mut Tx,
    ws: WorkspaceId,
    from: IdentityId,
    into: IdentityId,
    now: Millis,
) -> Result<Vec<ConversationId>> {
    let (Some(absorbed), Some(kept)) = (get(tx, ws, from).await?, get(tx, ws, into).await?) else {
        return Ok(Vec::new());
    };
    if from == into {
        return Ok(Vec::new());
    }
    let changed = conversation::repoint(tx, ws, from, into, kept.contact_id, now).await?;
    outbound::repoint(tx, ws, from, into).await?;
    if let Some(at) = absorbed.last_inbound_at {
        inbound_at(tx, ws, into, at).await?;
    }
    tx.execute(DELETE, values![ws, from]).await?;
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{id, identity_row, sample, write};
    use crate::{Error, contact, testing};

    #[tokio::test]
    async fn an_address_is_found_by_id_and_number_and_stands_once() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            let ws = some.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    let row = identity_row(some.inbox, some.contact);
                    insert(tx, ws, &row).await?;
                    let (user, phone) = (row.user_id.clone().unwrap(), row.phone.clone().unwrap());
                    assert_eq!(by_user(tx, ws, some.inbox, &user).await?, Some(row.clone()));
                    assert_eq!(by_phone(tx, ws, some.inbox, &phone).await?, Some(row.clone()));
                    for twin in [
                        IdentityRow { id: id(), phone: None, ..row.clone() },
                        IdentityRow { id: id(), user_id: None, ..row.clone() },
                    ] {
                        assert!(matches!(insert(tx, ws, &twin).await, Err(Error::Unique(_))));
                    }
                    // Several may lack a number and an id.
                    for _ in 0..2 {
                        let bare = IdentityRow { id: id(), user_id: None, phone: None, ..row.clone() };
                        insert(tx, ws, &bare).await?;
                    }
                    let moved = IdentityRow { phone: None, username: Some("jo.m".into()), ..row.clone() };
                    assert!(update(tx, ws, &moved).await?);
                    assert!(set_blocked(tx, ws, row.id, true).await?);
                    let found = get(tx, ws, row.id).await?.expect("the address");
                    assert_eq!(found, IdentityRow { blocked: true, ..moved });
                    assert_eq!(contact::identities(tx, ws, some.contact).await?.len(), 4);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
