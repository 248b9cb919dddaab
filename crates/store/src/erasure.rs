//! Erasures: what is left to do of each, and the receipts, which are a chain.

use model::{AgentId, ContactId, Erased, ErasureId, ErasureWhy, Millis, Receipt, WorkspaceId};
use serde::{Deserialize, Serialize};
use vault::KeyId;

use crate::page::{Cursor, Page};
use crate::values::{Row, statements, to_json, values};
use crate::{Error, Result, Tx};

macro_rules! columns {
    () => {
        "id, contact_id, why, agent_id, begun_at, finished_at, counts, seq, hash, signature"
    };
}

statements! {
    BEGIN = "INSERT INTO erasure (id, workspace_id, contact_id, why, agent_id, begun_at, rest, counts)
        VALUES ($2, $1, $3, $4, $5, $6, $7, $8)";
    UNFINISHED = "SELECT workspace_id, id, rest, finished_at IS NOT NULL FROM erasure
        WHERE rest <> '' AND (finished_at IS NULL OR begun_at <= $1) ORDER BY begun_at, id LIMIT $2";
    ADVANCE = "UPDATE workspace SET erasure_seq = erasure_seq + 1 WHERE id = $1
        RETURNING erasure_seq, erasure_hash";
    SEAL_HEAD = "UPDATE workspace SET erasure_hash = $2 WHERE id = $1";
    HEAD = "SELECT erasure_seq, erasure_hash FROM workspace WHERE id = $1";
    HOLD = "UPDATE erasure SET finished_at = finished_at
        WHERE workspace_id = $1 AND id = $2 AND rest <> '' RETURNING seq";
    REST = "UPDATE erasure SET rest = $3 WHERE workspace_id = $1 AND id = $2 AND rest <> ''";
    FINISH = "UPDATE erasure SET finished_at = $3, rest = $4, counts = $5, seq = $6, hash = $7, signature = $8
        WHERE workspace_id = $1 AND id = $2";
    GET = concat!("SELECT ", columns!(), " FROM erasure WHERE workspace_id = $1 AND id = $2");
    LIST = concat!("SELECT ", columns!(), " FROM erasure WHERE workspace_id = $1 AND (begun_at, id) < ($2, $3)
        ORDER BY begun_at DESC, id DESC LIMIT $4");
    AFTER = concat!("SELECT ", columns!(), " FROM erasure WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
}

/// What is left to do of an erasure whose rows are gone: it is done again until it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// The keys to destroy now.
    pub keys: Vec<i64>,
    /// Places in the media store.
    pub files: Vec<String>,
    /// Keys of hours that other nodes may still be using, to be destroyed [`crate::erasing::LATER`].
    pub later: Vec<i64>,
}

impl Rest {
    /// The names of keys.
    pub fn key_ids(keys: &[i64]) -> Vec<KeyId> {
        keys.iter().copied().map(KeyId).collect()
    }
}

/// An erasure under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The erasure.
    pub id: ErasureId,
    /// What is left.
    pub rest: Rest,
    /// Whether its receipt is written, so that only the keys for later are left.
    pub has_receipt: bool,
}

/// A new erasure.
#[derive(Clone, Copy, Debug)]
pub struct New {
    /// Its id.
    pub id: ErasureId,
    /// Who is erased.
    pub contact: ContactId,
    /// Why.
    pub why: ErasureWhy,
    /// Who asked for it.
    pub agent: Option<AgentId>,
    /// When.
    pub now: Millis,
}

fn read(row: &mut Row) -> Result<Receipt> {
    let (id, contact_id, why, agent_id) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let (begun_at, finished_at, erased) = (row.take()?, row.take()?, row.take_json()?);
    let (seq, hash, signature) =
        (row.take()?, row.take::<Option<Vec<u8>>>()?, row.take::<Option<Vec<u8>>>()?);
    Ok(Receipt {
        id,
        seq,
        contact_id,
        why,
        agent_id,
        begun_at,
        finished_at,
        erased,
        hash: hash.map(hex::encode),
        signature: signature.map(hex::encode),
    })
}

/// Notes an erasure in the transaction that removes the rows.
pub async fn begin(tx: &mut Tx, ws: WorkspaceId, new: New, rest: &Rest, erased: &Erased) -> Result<()> {
    let (rest, counts) = (to_json(rest)?, to_json(erased)?);
    let values = values![ws, new.id, new.contact, new.why, new.agent, new.now, rest, counts];
    tx.execute(BEGIN, values).await.map(drop)
}

/// Erasures of all workspaces of which something is left to do now, the oldest first: those without a receipt, and those
/// that began by `later` and left keys for later.
pub async fn unfinished(tx: &mut Tx, later: Millis, limit: i64) -> Result<Vec<Unfinished>> {
    tx.query_map(UNFINISHED, values![later, limit], |row| {
        Ok(Unfinished {
            workspace: row.take()?,
            id: row.take()?,
            rest: row.take_json()?,
            has_receipt: row.take()?,
        })
    })
    .await
}

/// The hash of a receipt: over all that it says.
pub fn link(ws: WorkspaceId, before: &[u8], receipt: &Receipt) -> Result<[u8; 32]> {
    let number = |number: i64| number.to_be_bytes();
    let erased = to_json(&receipt.erased)?;
    let agent = receipt.agent_id.map(|id| number(id.0));
    let finished = receipt.finished_at.map(|at| number(at.0));
    Ok(vault::link(
        "bellhop erasure 1",
        before,
        &[
            Some(&number(ws.0)),
            Some(&number(receipt.seq.unwrap_or(0))),
            Some(&number(receipt.id.0)),
            Some(&number(receipt.contact_id.0)),
            Some(receipt.why.as_str().as_bytes()),
            agent.as_ref().map(<[u8; 8]>::as_slice),
            Some(&number(receipt.begun_at.0)),
            finished.as_ref().map(<[u8; 8]>::as_slice),
            Some(erased.as_bytes()),
        ],
    ))
}

/// Writes the receipt of an erasure whose keys and files are gone, with `later` left to do; `None` when it has one
/// already. [`Error::Missing`] when there is no such erasure.
pub async fn finish(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ErasureId,
    destroyed: u64,
    later: &[i64],
    now: Millis,
) -> Result<Option<Receipt>> {
    // The row first: two nodes that finish the same one would else write two receipts.
    let Some(mut held) = tx.query_opt(HOLD, values![ws, id]).await? else { return Ok(None) };
    if held.take::<Option<i64>>()?.is_some() {
        return Ok(None);
    }
    let mut receipt = get(tx, ws, id).await?.ok_or(Error::Missing)?;
    let mut row = tx.query_opt(ADVANCE, values![ws]).await?.ok_or(Error::Missing)?;
    let (seq, before): (i64, Option<Vec<u8>>) = (row.take()?, row.take()?);
    receipt.seq = Some(seq);
    receipt.finished_at = Some(now);
    receipt.erased.keys = destroyed;
    let hash = link(ws, &before.unwrap_or_default(), &receipt)?.to_vec();
    let signature = tx.workspace_keys(ws).await?.signer.sign(&hash);
    let rest = match later.is_empty() {
        true => String::new(),
        false => to_json(&Rest { later: later.to_vec(), ..Rest::default() })?,
    };
    let counts = to_json(&receipt.erased)?;
    tx.execute(FINISH, values![ws, id, now, rest, counts, seq, &hash, &signature]).await?;
    tx.execute(SEAL_HEAD, values![ws, &hash]).await?;
    receipt.hash = Some(hex::encode(&hash));
    receipt.signature = Some(hex::encode(&signature));
    Ok(Some(receipt))
}

/// Notes that nothing is left to do.
pub async fn close(tx: &mut Tx, ws: WorkspaceId, id: ErasureId) -> Result<bool> {
    tx.change(REST, values![ws, id, ""]).await
}

/// A receipt.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: ErasureId) -> Result<Option<Receipt>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row)).transpose()
}

/// Receipts, the newest first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId, cursor: Option<&str>, limit: i64) -> Result<Page<Receipt>> {
    let from = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let rows = tx.query_map(LIST, values![ws, from.at, from.id, limit + 1], read).await?;
    Ok(Page::cut(rows, limit, |receipt| Cursor { at: receipt.begun_at, id: receipt.id.0 }))
}

/// Looks through a portion of the chain of receipts behind a place that was found whole; `Ok` is the next place, or the
/// number of the first receipt that is missing or changed.
pub async fn walk(
    tx: &mut Tx,
    ws: WorkspaceId,
    from: &crate::consent::Head,
    limit: i64,
) -> Result<std::result::Result<crate::consent::Head, i64>> {
    let public = tx.workspace_keys(ws).await?.signer.public();
    let mut place = from.clone();
    for mut row in tx.query(AFTER, values![ws, from.seq, limit]).await? {
        let next = place.seq + 1;
        let Ok(receipt) = read(&mut row) else { return Ok(Err(next)) };
        let wanted = link(ws, &place.hash, &receipt)?;
        let signature =
            receipt.signature.as_deref().and_then(|hex| hex::decode(hex).ok()).unwrap_or_default();
        let whole = receipt.seq == Some(next)
            && receipt.hash.as_deref() == Some(&hex::encode(wanted))
            && vault::is_signed(&public, &wanted, &signature);
        if !whole {
            return Ok(Err(next));
        }
        place = crate::consent::Head { seq: next, hash: wanted.to_vec() };
    }
    Ok(Ok(place))
}

/// The end of the chain of receipts.
pub async fn head(tx: &mut Tx, ws: WorkspaceId) -> Result<crate::consent::Head> {
    let Some(mut row) = tx.query_opt(HEAD, values![ws]).await? else { return Ok(Default::default()) };
    Ok(crate::consent::Head { seq: row.take()?, hash: row.take::<Option<Vec<u8>>>()?.unwrap_or_default() })
}
