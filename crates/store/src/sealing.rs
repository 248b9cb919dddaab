//! Seals rows that older versions wrote in the clear: table by table, in portions of which each is a transaction like any
//! other, so that it can be interrupted at any time. People and their addresses come first, before anything is served,
//! because they are found by entries that older rows lack.

use model::{ContactId, ConversationId, IdentityId, InboundId, InboxId, MessageId, WorkspaceId};

use crate::identity::{Called, seal_called};
use crate::sealed::place;
use crate::values::{Row, statements, values};
use crate::{Result, Tx, contact, conversation, inbound, message, names};

/// How many rows a transaction seals.
const PORTION: i64 = 200;

statements! {
    UPTO = "SELECT upto, done FROM sealing WHERE name = $1";
    NOTE = "INSERT INTO sealing (name, upto, done) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET upto = excluded.upto, done = excluded.done";
    CONTACTS = "SELECT id, workspace_id, name FROM contact WHERE id > $1 AND sealed IS NULL ORDER BY id LIMIT $2";
    SEAL_CONTACT = "UPDATE contact SET name = '', sealed = $3, name_key = $4
        WHERE workspace_id = $1 AND id = $2 AND sealed IS NULL";
    IDENTITIES = "SELECT id, workspace_id, contact_id, user_id, phone, username, profile_name FROM identity
        WHERE id > $1 AND sealed IS NULL ORDER BY id LIMIT $2";
    SEAL_IDENTITY = "UPDATE identity SET user_id = NULL, phone = NULL, username = NULL, profile_name = NULL,
        sealed = $3, user_index = $4, phone_index = $5, search_key = $6
        WHERE workspace_id = $1 AND id = $2 AND sealed IS NULL";
    CONVERSATIONS = "SELECT id, workspace_id, last_message_preview FROM conversation
        WHERE id > $1 AND last_message_preview IS NOT NULL ORDER BY id LIMIT $2";
    SEAL_CONVERSATION = "UPDATE conversation SET last_message_preview = NULL, last_message_sealed = $3
        WHERE workspace_id = $1 AND id = $2 AND last_message_preview IS NOT NULL";
    MESSAGES = "SELECT id, workspace_id, conversation_id, content FROM message
        WHERE id > $1 AND sealed IS NULL ORDER BY id LIMIT $2";
    SEAL_MESSAGE = "UPDATE message SET text = NULL, content = '', sealed = $3
        WHERE workspace_id = $1 AND id = $2 AND sealed IS NULL";
    DELIVERIES = "SELECT id, workspace_id, body FROM inbound WHERE id > $1 ORDER BY id LIMIT $2";
    SEAL_DELIVERY = "UPDATE inbound SET body = $3, size = $4 WHERE workspace_id = $1 AND id = $2";
    INBOXES = "SELECT id, workspace_id, verify_token FROM inbox
        WHERE id > $1 AND sealed IS NULL AND verify_token <> '' ORDER BY id LIMIT $2";
    SEAL_INBOX = "UPDATE inbox SET verify_token = '', sealed = $3
        WHERE workspace_id = $1 AND id = $2 AND sealed IS NULL";
    SECRETS = "SELECT inbox_id, workspace_id, name, value FROM inbox_secret
        WHERE inbox_id > $1 AND sealed IS NULL ORDER BY inbox_id, name LIMIT $2";
    SEAL_SECRET = "UPDATE inbox_secret SET value = '', sealed = $4
        WHERE workspace_id = $1 AND inbox_id = $2 AND name = $3 AND sealed IS NULL";
}

/// What is sealed, in order; the first two before anything is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Contact,
    Identity,
    Inbox,
    Secret,
    Conversation,
    Message,
    Delivery,
}

const FIRST: [Table; 4] = [Table::Contact, Table::Identity, Table::Inbox, Table::Secret];
const LATER: [Table; 3] = [Table::Conversation, Table::Message, Table::Delivery];

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Identity => "identity",
            Self::Inbox => "inbox",
            Self::Secret => "inbox_secret",
            Self::Conversation => "conversation",
            Self::Message => "message",
            Self::Delivery => "inbound",
        }
    }
}

/// Seals a portion of what has to be sealed before anything is served; `false` when nothing is left.
pub async fn first(tx: &mut Tx) -> Result<bool> {
    portion(tx, &FIRST).await
}

/// Seals a portion of the rest; `false` when nothing is left.
pub async fn later(tx: &mut Tx) -> Result<bool> {
    portion(tx, &LATER).await
}

async fn portion(tx: &mut Tx, tables: &[Table]) -> Result<bool> {
    for table in tables {
        let known = tx.query_opt(UPTO, values![table.name()]).await?;
        let (upto, done) = match known {
            Some(mut row) => (row.take()?, row.take()?),
            None => (i64::MIN, false),
        };
        if done {
            continue;
        }
        let (upto, count) = seal(tx, *table, upto).await?;
        tx.execute(NOTE, values![table.name(), upto, count < PORTION]).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Seals the rows of a table behind a place; tells the last one's id and how many there were.
async fn seal(tx: &mut Tx, table: Table, upto: i64) -> Result<(i64, i64)> {
    let sql = match table {
        Table::Contact => CONTACTS,
        Table::Identity => IDENTITIES,
        Table::Inbox => INBOXES,
        Table::Secret => SECRETS,
        Table::Conversation => CONVERSATIONS,
        Table::Message => MESSAGES,
        Table::Delivery => DELIVERIES,
    };
    // The secrets of one inbox may lie on both sides of a portion's border.
    let from = if table == Table::Secret { upto.saturating_sub(1) } else { upto };
    let rows = tx.query(sql, values![from, PORTION]).await?;
    let (count, mut last) = (rows.len() as i64, upto);
    for mut row in rows {
        let (id, ws) = (row.take()?, row.take()?);
        last = id;
        one(tx, table, ws, id, row).await?;
    }
    Ok((last, count))
}

async fn one(tx: &mut Tx, table: Table, ws: WorkspaceId, id: i64, mut row: Row) -> Result<()> {
    match table {
        Table::Contact => {
            let name: String = row.take()?;
            let tokens = names::of_name(&tx.workspace_keys(ws).await?.words, &name);
            let key = tx.key_of_contact(ws, ContactId(id)).await?;
            let sealed = tx.seal_with(&key, contact::name_place(ws, ContactId(id)), name.as_bytes())?;
            tx.execute(SEAL_CONTACT, values![ws, id, sealed, tokens]).await?;
        }
        Table::Identity => {
            let contact = row.take()?;
            let called = Called {
                user_id: row.take()?,
                phone: row.take()?,
                username: row.take()?,
                profile_name: row.take()?,
            };
            let [sealed, user, phone, tokens] = seal_called(tx, ws, IdentityId(id), contact, &called).await?;
            tx.execute(SEAL_IDENTITY, values![ws, id, sealed, user, phone, tokens]).await?;
        }
        Table::Inbox => {
            let token: String = row.take()?;
            let sealed = tx.seal(place(ws, "inbox", "verify_token", id), token.as_bytes()).await?;
            tx.execute(SEAL_INBOX, values![ws, id, sealed]).await?;
        }
        Table::Secret => {
            let (name, value): (String, String) = (row.take()?, row.take()?);
            let sealed = tx.seal(place(ws, "inbox_secret", &name, id), value.as_bytes()).await?;
            tx.execute(SEAL_SECRET, values![ws, InboxId(id), name, sealed]).await?;
        }
        Table::Conversation => {
            let preview: String = row.take()?;
            let of = ConversationId(id);
            let key = tx.key_of_conversation(ws, of).await?;
            let sealed = tx.seal_with(&key, conversation::preview_place(ws, of), preview.as_bytes())?;
            tx.execute(SEAL_CONVERSATION, values![ws, id, sealed]).await?;
        }
        Table::Message => {
            let (of, content): (ConversationId, String) = (row.take()?, row.take()?);
            let key = tx.key_of_conversation(ws, of).await?;
            let sealed = tx.seal_with(&key, message::content_place(ws, MessageId(id)), content.as_bytes())?;
            tx.execute(SEAL_MESSAGE, values![ws, id, sealed]).await?;
        }
        Table::Delivery => {
            let body: bytes::Bytes = row.take()?;
            if !vault::looks_sealed(&body) {
                let [sealed, size] = inbound::seal_old(tx, ws, InboundId(id), &body).await?;
                tx.execute(SEAL_DELIVERY, values![ws, id, sealed, size]).await?;
            }
        }
    }
    Ok(())
}
