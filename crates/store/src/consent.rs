//! The ledger of consents: entries are added and never changed, each bound to the one before it.

use model::{AgentId, Consent, ConsentWay, ContactId, MessageId, Millis, Purpose, WorkspaceId};

use crate::sealed::{Opened, place, text};
use crate::values::{Row, Value, statements, values};
use crate::{Error, Result, Tx};

/// An entry's columns in the order of [`read`].
macro_rules! columns {
    () => {
        "seq, contact_id, purpose, given, text_version, way, message_id, agent_id, at, expires_at, hash, sealed"
    };
}

statements! {
    ADVANCE = "UPDATE workspace SET consent_seq = consent_seq + 1 WHERE id = $1
        RETURNING consent_seq, consent_hash";
    SEAL_HEAD = "UPDATE workspace SET consent_hash = $2 WHERE id = $1";
    HEAD = "SELECT consent_seq, consent_hash FROM workspace WHERE id = $1";
    INSERT = "INSERT INTO consent (workspace_id, seq, contact_id, purpose, given, text_version, way, message_id,
        agent_id, at, expires_at, sealed, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    LATEST = concat!("SELECT ", columns!(), " FROM consent WHERE workspace_id = $1 AND purpose = $3
        AND (contact_id = $2 OR contact_id IN (SELECT id FROM contact WHERE workspace_id = $1 AND merged_into = $2))
        ORDER BY seq DESC LIMIT 1");
    OF_CONTACT = concat!("SELECT ", columns!(), " FROM consent WHERE workspace_id = $1
        AND (contact_id = $2 OR contact_id IN (SELECT id FROM contact WHERE workspace_id = $1 AND merged_into = $2))
        ORDER BY seq DESC LIMIT $3");
    SET_PURPOSE = "UPDATE message SET purpose = $3 WHERE workspace_id = $1 AND id = $2 AND direction = 'out'";
    PURPOSE = "SELECT purpose FROM message WHERE workspace_id = $1 AND id = $2";
    AFTER = concat!("SELECT ", columns!(), " FROM consent WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
}

/// A consent or its end, to be noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConsent {
    /// The customer.
    pub contact: ContactId,
    /// What for.
    pub purpose: Purpose,
    /// Whether it is given.
    pub given: bool,
    /// Which version of the text.
    pub text_version: String,
    /// How it came.
    pub way: ConsentWay,
    /// What proves it; sealed with the customer's key.
    pub evidence: Option<String>,
    /// The message that says it.
    pub message: Option<MessageId>,
    /// Who notes it.
    pub agent: Option<AgentId>,
    /// When it was given or taken back.
    pub at: Millis,
    /// When it ends by itself.
    pub expires_at: Option<Millis>,
}

/// The end of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the last entry.
    pub seq: i64,
    /// Its hash; empty before the first.
    pub hash: Vec<u8>,
}

/// An entry with what its hash is made of.
struct Entry {
    consent: Consent,
    sealed: Option<Vec<u8>>,
    hash: Vec<u8>,
}

fn evidence_place(ws: WorkspaceId, seq: i64) -> vault::Place<'static> {
    place(ws, "consent", "evidence", seq)
}

fn read(row: &mut Row, ws: WorkspaceId) -> Result<Entry> {
    let seq = row.take()?;
    let (contact_id, purpose, given, text_version) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let (way, message_id, agent_id) = (row.take()?, row.take()?, row.take()?);
    let (at, expires_at, hash): (_, _, Vec<u8>) = (row.take()?, row.take()?, row.take()?);
    let sealed: Option<Vec<u8>> = row.take()?;
    let opened = match &sealed {
        Some(sealed) => row.open_bytes(evidence_place(ws, seq), sealed),
        None => Ok(Opened::Absent),
    };
    // A ledger that was tampered with is still read: what is wrong with it is told by its chain.
    let evidence = match opened {
        Ok(Opened::Plain(bytes)) => Some(text(bytes)?),
        Ok(Opened::Absent | Opened::Erased) | Err(Error::Corrupt(_)) => None,
        Err(error) => return Err(error),
    };
    let consent = Consent {
        seq,
        contact_id,
        purpose,
        given,
        text_version,
        way,
        evidence,
        message_id,
        agent_id,
        at,
        expires_at,
        hash: hex::encode(&hash),
    };
    Ok(Entry { consent, sealed, hash })
}

fn link(ws: WorkspaceId, before: &[u8], entry: &Consent, sealed: Option<&[u8]>) -> [u8; 32] {
    let number = |number: i64| number.to_be_bytes();
    let some = |id: Option<i64>| id.map(number);
    let (message, agent) = (some(entry.message_id.map(|id| id.0)), some(entry.agent_id.map(|id| id.0)));
    let expires = some(entry.expires_at.map(|at| at.0));
    vault::link(
        "bellhop consent 1",
        before,
        &[
            Some(&number(ws.0)),
            Some(&number(entry.seq)),
            Some(&number(entry.contact_id.0)),
            Some(entry.purpose.as_str().as_bytes()),
            Some(&[u8::from(entry.given)]),
            Some(entry.text_version.as_bytes()),
            Some(entry.way.as_str().as_bytes()),
            message.as_ref().map(<[u8; 8]>::as_slice),
            agent.as_ref().map(<[u8; 8]>::as_slice),
            Some(&number(entry.at.0)),
            expires.as_ref().map(<[u8; 8]>::as_slice),
            sealed,
        ],
    )
}

/// Adds to the ledger, and tells the entry. On PostgreSQL it holds the workspace's row until the transaction ends: call
/// it late. [`Error::Missing`] when there is no such customer.
pub async fn append(tx: &mut Tx, ws: WorkspaceId, new: &NewConsent) -> Result<Consent> {
    let key = tx.key_of_contact(ws, new.contact).await?;
    let mut row = tx.query_opt(ADVANCE, values![ws]).await?.ok_or(Error::Missing)?;
    let (seq, before): (i64, Option<Vec<u8>>) = (row.take()?, row.take()?);
    let sealed = match &new.evidence {
        Some(evidence) => Some(tx.seal_with(&key, evidence_place(ws, seq), evidence.as_bytes())?),
        None => None,
    };
    let mut consent = Consent {
        seq,
        contact_id: new.contact,
        purpose: new.purpose,
        given: new.given,
        // The store keeps no U+0000, and what is hashed must be what is kept.
        text_version: new.text_version.replace('\0', "\u{fffd}"),
        way: new.way,
        evidence: new.evidence.clone(),
        message_id: new.message,
        agent_id: new.agent,
        at: new.at,
        expires_at: new.expires_at,
        hash: String::new(),
    };
    let bytes = match &sealed {
        Some(Value::Bytes(bytes)) => Some(bytes.as_ref()),
        _ => None,
    };
    let hash = link(ws, &before.unwrap_or_default(), &consent, bytes).to_vec();
    consent.hash = hex::encode(&hash);
    let values = values![
        ws,
        seq,
        new.contact,
        new.purpose,
        new.given,
        &consent.text_version,
        new.way,
        new.message,
        new.agent,
        new.at,
        new.expires_at,
        sealed,
        &hash
    ];
    tx.execute(INSERT, values).await?;
    tx.execute(SEAL_HEAD, values![ws, &hash]).await?;
    Ok(consent)
}

/// The newest entry about a purpose for a customer, also from before others were merged into them.
pub async fn latest(
    tx: &mut Tx,
    ws: WorkspaceId,
    contact: ContactId,
    purpose: Purpose,
) -> Result<Option<Consent>> {
    let row = tx.query_opt(LATEST, values![ws, contact, purpose]).await?;
    row.map(|mut row| Ok(read(&mut row, ws)?.consent)).transpose()
}

/// A customer's entries, the newest first.
pub async fn of_contact(
    tx: &mut Tx,
    ws: WorkspaceId,
    contact: ContactId,
    limit: i64,
) -> Result<Vec<Consent>> {
    tx.query_map(OF_CONTACT, values![ws, contact, limit], |row| Ok(read(row, ws)?.consent)).await
}

/// Notes what a message to a customer is for; `false` when there is no such message.
pub async fn set_purpose(tx: &mut Tx, ws: WorkspaceId, id: MessageId, purpose: Purpose) -> Result<bool> {
    tx.change(SET_PURPOSE, values![ws, id, purpose]).await
}

/// What a message to a customer is for, where it is not an answer to what they asked.
pub async fn purpose(tx: &mut Tx, ws: WorkspaceId, id: MessageId) -> Result<Option<Purpose>> {
    match tx.query_opt(PURPOSE, values![ws, id]).await? {
        Some(mut row) => row.take(),
        None => Ok(None),
    }
}

/// The end of the ledger.
pub async fn head(tx: &mut Tx, ws: WorkspaceId) -> Result<Head> {
    let Some(mut row) = tx.query_opt(HEAD, values![ws]).await? else { return Ok(Head::default()) };
    Ok(Head { seq: row.take()?, hash: row.take::<Option<Vec<u8>>>()?.unwrap_or_default() })
}

/// Looks through a portion of the ledger behind a place that was found whole. `Ok` is the next place, or the number of
/// the first entry that is missing or changed.
pub async fn walk(
    tx: &mut Tx,
    ws: WorkspaceId,
    from: &Head,
    limit: i64,
) -> Result<std::result::Result<Head, i64>> {
    let mut place = from.clone();
    for mut row in tx.query(AFTER, values![ws, from.seq, limit]).await? {
        let next = place.seq + 1;
        // What cannot even be read was changed.
        let Ok(entry) = read(&mut row, ws) else { return Ok(Err(next)) };
        let wanted = link(ws, &place.hash, &entry.consent, entry.sealed.as_deref());
        if entry.consent.seq != next || entry.hash != wanted {
            return Ok(Err(next));
        }
        place = Head { seq: next, hash: entry.hash };
    }
    Ok(Ok(place))
}

#[cfg(test)]
mod tests;
