//! Sealed columns: what is written sealed and how it is read. Callers of this room give and take plain values; what
//! stands in the database opens only with its person's or workspace's key, and only in its own place.

use std::sync::Arc;

use bytes::Bytes;
use model::{ContactId, ConversationId, Secret, WorkspaceId};
use vault::{Key, KeyId, Place, WorkspaceKeys};

use crate::keys::sealing;
use crate::values::{Row, Value, statements, values};
use crate::{Error, Result, Tx};

/// What stands in place of a text whose person was erased.
pub const ERASED: &str = "(erased)";

statements! {
    OF_CONVERSATION = "SELECT ct.id, ct.key_id FROM conversation c JOIN contact ct ON ct.id = c.contact_id
        WHERE c.workspace_id = $1 AND c.id = $2";
    OF_CONTACT = "SELECT id, key_id FROM contact WHERE workspace_id = $1 AND id = $2";
    GIVE_KEY = "UPDATE contact SET key_id = $3 WHERE workspace_id = $1 AND id = $2";
}

/// A column that may be sealed, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// There is nothing in it.
    Absent,
    /// Its key was destroyed.
    Erased,
    /// What it holds.
    Plain(Vec<u8>),
}

impl Opened {
    /// The text; `other`, the row's plain column, where nothing was sealed yet, and [`ERASED`] where it was erased.
    pub(crate) fn text_or(self, other: Option<String>) -> Result<Option<String>> {
        match self {
            Self::Absent => Ok(other),
            Self::Erased => Ok(Some(ERASED.to_owned())),
            Self::Plain(bytes) => text(bytes).map(Some),
        }
    }

    /// What the workspace's own key keeps; `None` where nothing is kept. [`Error::Keys`] when that key is gone.
    pub(crate) fn secret(self) -> Result<Option<Secret<String>>> {
        match self {
            Self::Absent => Ok(None),
            Self::Erased => Err(Error::Keys("the workspace's own key is gone".into())),
            Self::Plain(bytes) => text(bytes).map(Secret::new).map(Some),
        }
    }
}

/// The text of opened bytes.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| Error::Corrupt("a sealed text is not UTF-8".into()))
}

/// Where a row's sealed column stands.
pub(crate) fn place<'a>(ws: WorkspaceId, table: &'a str, column: &'a str, row: i64) -> Place<'a> {
    Place { workspace: ws, table, column, row }
}

impl Row {
    /// The next column, opened. [`Error::Corrupt`] when it was changed or stands in another place than it was sealed
    /// for.
    pub(crate) fn open(&mut self, place: Place<'_>) -> Result<Opened> {
        let Some(sealed) = self.take::<Option<Bytes>>()? else { return Ok(Opened::Absent) };
        self.open_bytes(place, &sealed)
    }

    /// Bytes of this row, opened.
    pub(crate) fn open_bytes(&self, place: Place<'_>, sealed: &[u8]) -> Result<Opened> {
        let id = vault::key_of(sealed).ok_or_else(|| sealing(vault::Error::Malformed))?;
        match self.key(id)? {
            Some(key) => key.open(place, sealed).map(Opened::Plain).map_err(sealing),
            None => Ok(Opened::Erased),
        }
    }
}

impl Tx {
    /// The keys that a workspace works with.
    pub(crate) async fn workspace_keys(&mut self, ws: WorkspaceId) -> Result<Arc<WorkspaceKeys>> {
        self.keys()?.workspace(ws).await
    }

    /// Seals with a key, as a value for a statement.
    pub(crate) fn seal_with(&self, key: &Key, place: Place<'_>, plain: &[u8]) -> Result<Value> {
        let sealed = key.seal(self.keys()?.entropy(), place, plain).map_err(sealing)?;
        Ok(Value::Bytes(sealed.into()))
    }

    /// Seals what belongs to the workspace and to no person, as a value for a column of bytes; [`Row::open`] with the
    /// same place reads it.
    pub(crate) async fn seal(&mut self, place: Place<'_>, plain: &[u8]) -> Result<Value> {
        let keys = self.workspace_keys(place.workspace).await?;
        self.seal_with(&keys.seal, place, plain)
    }

    /// [`Tx::seal`] for a secret, NULL where there is none; [`Opened::secret`] reads it.
    pub(crate) async fn seal_secret(
        &mut self,
        place: Place<'_>,
        secret: Option<&Secret<String>>,
    ) -> Result<Value> {
        match secret {
            Some(secret) => self.seal(place, secret.expose().as_bytes()).await,
            None => Ok(Value::Null),
        }
    }

    /// The key of a conversation's customer. [`Error::Missing`] when the workspace has no such conversation.
    pub(crate) async fn key_of_conversation(
        &mut self,
        ws: WorkspaceId,
        conversation: ConversationId,
    ) -> Result<Arc<Key>> {
        let keys = self.keys()?;
        if let Some(id) = keys.persons().get(&conversation)
            && let Some(key) = keys.get(id).await?
        {
            return Ok(key);
        }
        let row = self.query_opt(OF_CONVERSATION, values![ws, conversation]).await?;
        let key = self.key_of_row(ws, row).await?;
        keys.persons().insert(conversation, key.id());
        Ok(key)
    }

    /// The key of a customer. [`Error::Missing`] when the workspace has no such customer.
    pub(crate) async fn key_of_contact(&mut self, ws: WorkspaceId, contact: ContactId) -> Result<Arc<Key>> {
        let row = self.query_opt(OF_CONTACT, values![ws, contact]).await?;
        self.key_of_row(ws, row).await
    }

    /// The key in a row of a contact; a new one where there is none yet, or none any more.
    async fn key_of_row(&mut self, ws: WorkspaceId, row: Option<Row>) -> Result<Arc<Key>> {
        let Some(mut row) = row else { return Err(Error::Missing) };
        let (contact, id): (ContactId, Option<i64>) = (row.take()?, row.take()?);
        let keys = self.keys()?;
        if let Some(id) = id
            && let Some(key) = keys.get(KeyId(id)).await?
        {
            return Ok(key);
        }
        let key = keys.fresh(ws).await?;
        self.execute(GIVE_KEY, values![ws, contact, key.id().0]).await?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests;
