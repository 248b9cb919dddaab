//! The audit: entries are added and never changed, each chained to the one before it.

use model::{Act, AuditEntry, ContactId, Millis, Shown, WorkspaceId};

use crate::page::Cursor;
use crate::values::{Row, Sql, Value, statements, values};
use crate::{Error, Page, Result, Tx};

/// An entry's columns in the order of [`read`].
macro_rules! columns {
    () => {
        "seq, at, actor_kind, actor, seen_as, act, subject, conversation_id, contact_id, address, device, reason,
        detail, times, hash"
    };
}

statements! {
    ADVANCE = "UPDATE workspace SET audit_seq = audit_seq + $2 WHERE id = $1 RETURNING audit_seq, audit_hash";
    HEAD = "SELECT audit_seq, audit_hash FROM workspace WHERE id = $1";
    SET_HEAD = "UPDATE workspace SET audit_hash = $2 WHERE id = $1";
    INSERT = concat!("INSERT INTO audit_entry (workspace_id, ", columns!(), ")
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)");
    AFTER = concat!("SELECT ", columns!(), " FROM audit_entry WHERE workspace_id = $1 AND seq > $2
        ORDER BY seq LIMIT $3");
    COUNT = "INSERT INTO audit_volume (workspace_id, actor, day, listed, opened, taken_out, refused)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (workspace_id, actor, day) DO UPDATE SET listed = audit_volume.listed + $4,
        opened = audit_volume.opened + $5, taken_out = audit_volume.taken_out + $6,
        refused = audit_volume.refused + $7";
    VOLUMES = "SELECT workspace_id, actor, day, listed, opened, taken_out, refused FROM audit_volume WHERE day >= $1";
    FORGET = "DELETE FROM audit_volume WHERE day < $1";
}

/// What an entry's hash is of bytes, so that they come back as they were.
fn bytes(hash: &str) -> Result<Vec<u8>> {
    let digits = |place: usize| hash.get(place..place + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    let all: Option<Vec<u8>> = (0..hash.len()).step_by(2).map(digits).collect();
    all.ok_or_else(|| Error::Other("the hash of an audit entry is not hexadecimal".into()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(row: &mut Row) -> Result<AuditEntry> {
    Ok(AuditEntry {
        seq: row.take()?,
        at: row.take()?,
        actor_kind: row.take()?,
        actor: row.take()?,
        seen_as: row.take()?,
        act: row.take()?,
        subject: row.take()?,
        conversation_id: row.take()?,
        contact_id: row.take()?,
        address: row.take()?,
        device: row.take()?,
        reason: row.take()?,
        detail: row.take()?,
        times: row.take()?,
        hash: hexadecimal(&row.take::<Vec<u8>>()?),
    })
}

/// The end of a workspace's chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The last entry's number; 0 when there is none.
    pub seq: i64,
    /// The last entry's hash in hexadecimal; empty when there is none.
    pub hash: String,
}

fn read_head(row: Option<Row>) -> Result<Option<Head>> {
    let Some(mut row) = row else { return Ok(None) };
    let (seq, hash) = (row.take()?, row.take::<Option<Vec<u8>>>()?);
    Ok(Some(Head { seq, hash: hexadecimal(&hash.unwrap_or_default()) }))
}

/// Takes the next `count` numbers and tells the entry before them. On PostgreSQL it holds the workspace's row until
/// the transaction ends, so that the chain stays one whichever node writes.
pub async fn advance(tx: &mut Tx, ws: WorkspaceId, count: i64) -> Result<Head> {
    let head = read_head(tx.query_opt(ADVANCE, values![ws, count]).await?)?.ok_or(Error::Missing)?;
    Ok(Head { seq: head.seq - count, ..head })
}

/// Adds the entries whose numbers [`advance`] took, in their order.
pub async fn append(tx: &mut Tx, ws: WorkspaceId, entries: &[AuditEntry]) -> Result<()> {
    let Some(last) = entries.last() else { return Ok(()) };
    let mut sets = Vec::new();
    for entry in entries {
        sets.push(
            values![
                ws,
                entry.seq,
                entry.at,
                entry.actor_kind,
                entry.actor.as_deref(),
                entry.seen_as,
                entry.act,
                entry.subject.as_deref(),
                entry.conversation_id,
                entry.contact_id,
                &entry.address,
                &entry.device,
                entry.reason.as_deref(),
                entry.detail.as_deref(),
                entry.times,
                &bytes(&entry.hash)?
            ]
            .to_vec(),
        );
    }
    tx.execute_each(INSERT, &sets).await?;
    tx.execute(SET_HEAD, values![ws, &bytes(&last.hash)?]).await?;
    crate::fail_point!("audit.appended");
    Ok(())
}

/// The end of the chain.
pub async fn head(tx: &mut Tx, ws: WorkspaceId) -> Result<Head> {
    Ok(read_head(tx.query_opt(HEAD, values![ws]).await?)?.unwrap_or_default())
}

/// The entries after a number, ascending.
pub async fn after(tx: &mut Tx, ws: WorkspaceId, seq: i64, limit: i64) -> Result<Vec<AuditEntry>> {
    tx.query_map(AFTER, values![ws, seq, limit], read).await
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of somebody: an agent's or a token's id.
    pub actor: Option<String>,
    /// Of one kind.
    pub act: Option<Act>,
    /// About a customer.
    pub contact: Option<ContactId>,
    /// From this moment on.
    pub from: Option<Millis>,
    /// Before this moment.
    pub until: Option<Millis>,
}

/// The statement of a page, and its values.
pub(crate) fn page(
    ws: WorkspaceId,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> (String, Vec<Value>) {
    let mut sql = concat!("SELECT ", columns!(), " FROM audit_entry WHERE workspace_id = $1").to_owned();
    let mut values = values![ws].to_vec();
    let mut add = |condition: &str, value: Value| {
        values.push(value);
        sql.push_str(&format!(" AND {condition} ${}", values.len()));
    };
    if let Some(actor) = &filter.actor {
        add("actor =", actor.into());
    }
    if let Some(act) = filter.act {
        add("act =", act.into());
    }
    if let Some(contact) = filter.contact {
        add("contact_id =", contact.into());
    }
    if let Some(from) = filter.from {
        add("at >=", from.into());
    }
    if let Some(until) = filter.until {
        add("at <", until.into());
    }
    if let Some(Cursor { at, id }) = after {
        values.extend([at.into(), id.into()]);
        let last = values.len();
        sql.push_str(&format!(" AND (at, seq) < (${}, ${last})", last - 1));
    }
    values.push((limit + 1).into());
    sql.push_str(&format!(" ORDER BY at DESC, seq DESC LIMIT ${}", values.len()));
    (sql, values)
}

/// A page of entries, the newest first.
pub async fn list(
    tx: &mut Tx,
    ws: WorkspaceId,
    filter: &Filter,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<AuditEntry>> {
    let (sql, values) = page(ws, filter, Cursor::parse(cursor)?, limit);
    let entries = tx.query_map(Sql::built(&sql), &values, read).await?;
    Ok(Page::cut(entries, limit, |entry| Cursor { at: entry.at, id: entry.seq }))
}

/// How much of people somebody saw on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Who: an agent's or a token's id.
    pub actor: String,
    /// Days since 1970 UTC.
    pub day: i64,
    /// Rows of lists.
    pub listed: i64,
    /// Conversations, pages and files.
    pub opened: i64,
    /// What was taken out.
    pub taken_out: i64,
    /// What was refused.
    pub refused: i64,
}

impl Volume {
    /// The number of one sort.
    pub fn of(&self, shown: Shown) -> i64 {
        match shown {
            Shown::Listed => self.listed,
            Shown::Opened => self.opened,
            Shown::TakenOut => self.taken_out,
            Shown::Refused => self.refused,
        }
    }
}

/// Adds to what somebody saw on a day.
pub async fn count(tx: &mut Tx, ws: WorkspaceId, seen: &Volume) -> Result<()> {
    let values = values![ws, &seen.actor, seen.day, seen.listed, seen.opened, seen.taken_out, seen.refused];
    tx.execute(COUNT, values).await.map(drop)
}

/// What everybody in all workspaces saw since a day.
pub async fn volumes(tx: &mut Tx, since: i64) -> Result<Vec<(WorkspaceId, Volume)>> {
    let read = |row: &mut Row| {
        let ws = row.take()?;
        Ok((
            ws,
            Volume {
                actor: row.take()?,
                day: row.take()?,
                listed: row.take()?,
                opened: row.take()?,
                taken_out: row.take()?,
                refused: row.take()?,
            },
        ))
    };
    tx.query_map(VOLUMES, values![since], read).await
}

/// Forgets what was seen in all workspaces before a day.
pub async fn forget(tx: &mut Tx, before: i64) -> Result<u64> {
    tx.execute(FORGET, values![before]).await
}
