//! Keeps the index of messages true, behind the messages and never in their way.
//!
//! Each message, change and withdrawal is a change with a number of the workspace's, written in the same transaction.
//! The index follows these numbers: what it has not read yet is the queue, which costs nothing to fill and loses
//! nothing. What was there before it began, or before the changes that are still kept, is indexed from the newest to
//! the oldest.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{EventKind, InboxId, Message, MessageId, WorkspaceId};
use store::search::{Entry, Progress, Version};
use store::{Class, Tx};
use tokio::sync::watch;

use crate::worker::{pause, rest};
use crate::{App, Result, search};

/// How many changes are read at once: what comes of them holds up other writers for a few milliseconds.
const CHANGES: i64 = 256;
/// How many older messages are indexed at once.
const OLDER: i64 = 128;

/// Indexes until told to stop.
pub(crate) async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match round(&app).await {
            Ok(true) => {}
            Ok(false) => pause(&mut stopped, std::future::pending()).await,
            Err(error) => rest(&mut stopped, "the index of messages", &error).await,
        }
    }
}

/// Indexes until nothing is left. For tests and tools that drive a clock of their own.
///
/// # Errors
/// When the store fails.
pub async fn settle(app: &App) -> Result<()> {
    while round(app).await? {}
    Ok(())
}

/// A portion of each workspace that has something to be indexed; `false` when that was all. What comes meanwhile waits
/// for the next round: a few at a time would cost a commit each.
async fn round(app: &App) -> Result<bool> {
    let behind = app.read(|tx| Box::pin(async move { Ok(store::search::behind(tx).await?) })).await?;
    let mut more = false;
    for (workspace, progress) in behind {
        more |= match progress {
            None => {
                begin(app, workspace).await?;
                true
            }
            Some(progress) => portion(app, workspace, progress).await?,
        };
    }
    Ok(more)
}

async fn begin(app: &App, workspace: WorkspaceId) -> Result<()> {
    app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            store::search::begin(tx, workspace).await?;
            Ok(())
        })
    })
    .await
}

/// What one portion has to put into the index.
struct Portion {
    after: Progress,
    /// Each message with its inbox, ascending.
    messages: Vec<(Message, InboxId)>,
    versions: Vec<Version>,
    /// Whether it is surely not all.
    more: bool,
}

/// Indexes what changed, or if nothing did, some older messages; tells whether there is more.
async fn portion(app: &App, workspace: WorkspaceId, before: Progress) -> Result<bool> {
    let keys = search::keys(app, workspace).await?;
    let read = app.read(move |tx| Box::pin(async move { read(tx, workspace, before).await })).await?;
    let Portion { after, messages, versions, more } = read;
    let entries: Vec<Entry> = messages
        .iter()
        .map(|(message, inbox)| Entry {
            message: message.id,
            tokens: search::tokens(&keys.words, *inbox, message),
        })
        .collect();
    app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            // First, because it also keeps other nodes from doing the same at this moment.
            if !store::search::advance(tx, workspace, &before, &after).await? {
                return Ok(true);
            }
            let ids: Vec<MessageId> = versions.iter().map(|version| version.message).collect();
            if store::search::stand(tx, workspace, &ids, true).await? != versions {
                // A message was changed, or erased, since it was read: all of it again.
                store::search::advance(tx, workspace, &after, &before).await?;
                return Ok(true);
            }
            store::search::put(tx, workspace, &entries).await?;
            store::fail_point!("search.indexed");
            Ok(more)
        })
    })
    .await
}

async fn read(tx: &mut Tx, workspace: WorkspaceId, before: Progress) -> Result<Portion> {
    let changes = store::event::since(tx, workspace, before.seq, CHANGES).await?;
    let head = store::event::head(tx, workspace).await?;
    let mut after = Progress { seq: changes.last().map_or(head, |last| last.seq), ..before };
    if before.seq != head && changes.first().is_none_or(|first| first.seq != before.seq + 1) {
        // Changes are missing, as after a restore or a long rest: everything is looked at once more.
        after.older = MessageId(i64::MAX);
    }
    let mut ids: BTreeSet<MessageId> = changes
        .iter()
        .filter(|change| change.kind == EventKind::Message)
        .map(|change| MessageId(change.subject))
        .collect();
    if changes.is_empty() && after.older.0 > 0 {
        let older = store::search::older(tx, workspace, after.older, OLDER).await?;
        let last = older.last().copied().filter(|_| older.len() as i64 == OLDER);
        after.older = last.unwrap_or(MessageId(0));
        ids.extend(older);
    }
    let ids: Vec<MessageId> = ids.into_iter().collect();
    let ids = store::search::unindexed(tx, workspace, &ids).await?;
    let versions = store::search::stand(tx, workspace, &ids, false).await?;
    let mut messages = Vec::with_capacity(ids.len());
    for message in store::message::many(tx, workspace, &ids).await? {
        if let Some(place) = store::message::reference(tx, workspace, message.id).await? {
            messages.push((message, place.inbox_id));
        }
    }
    let more = changes.len() as i64 == CHANGES || after.older.0 > 0;
    Ok(Portion { after, messages, versions, more })
}
