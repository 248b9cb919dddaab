//! What became of sendings, recorded in one transaction with their messages' status.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use channels::SendState;
use model::{DeliveryState, Failure, Millis, OutboundId, ReactionBy, Report, WorkspaceId};
use store::Class;
use store::event::NewChange;
use store::outbound::Sending;
use tokio::sync::{mpsc, watch};

use crate::deliver::Intent;
use crate::person::learn_user_id;
use crate::worker::rest;
use crate::{App, Error, Result};

/// How many are recorded in one transaction.
const BATCH: usize = 256;
/// How often the recording is tried once the process was asked to stop.
const LAST_TRIES: usize = 5;

/// What becomes of a sending.
#[derive(Debug, Clone)]
pub(crate) enum Conclusion {
    /// The provider took it.
    Sent {
        provider_id: Option<String>,
        user_id: Option<String>,
    },
    /// Not taken; it goes on `from` there later. `silence`: the provider wants none of the inbox before.
    Retry {
        at: Millis,
        counted: bool,
        from: SendState,
        silence: bool,
    },
    Failed(Failure),
    Uncertain(Failure),
    /// Another node holds it; what it finds out counts.
    Lost,
}

/// A sending with what became of it.
pub(crate) type Concluded = (Sending, Conclusion);

/// Records what comes until nobody can tell any more. What could not be recorded is kept and tried again: a database
/// that is away for a while costs no answer of a provider.
pub(crate) async fn serve(
    app: &App,
    mut told: mpsc::UnboundedReceiver<Concluded>,
    stopped: &mut watch::Receiver<bool>,
) {
    let mut waiting = Vec::new();
    let mut last_tries = 0;
    loop {
        if waiting.is_empty() && told.recv_many(&mut waiting, BATCH).await == 0 {
            return;
        }
        waiting = match conclude(app, waiting).await {
            Ok(()) => Vec::new(),
            Err((left, error)) => {
                last_tries += usize::from(*stopped.borrow());
                if last_tries >= LAST_TRIES {
                    tracing::error!(left = left.len(), %error, "stopped before all that was sent was recorded; it will be uncertain");
                    return;
                }
                rest(stopped, "recording what was sent", &error).await;
                left
            }
        };
    }
}

/// Records what became of sendings; hands back those for which the database failed.
pub(crate) async fn conclude(
    app: &App,
    concluded: Vec<Concluded>,
) -> std::result::Result<(), (Vec<Concluded>, Error)> {
    let mut workspaces: BTreeMap<WorkspaceId, Vec<Concluded>> = BTreeMap::new();
    for one in concluded {
        workspaces.entry(one.0.workspace).or_default().push(one);
    }
    // All workspaces at once: their transactions become one commit, where each by itself would wait for the disk.
    let recorded = workspaces.into_iter().map(|(workspace, group)| record_all(app, workspace, group));
    let mut left = Vec::new();
    let mut trouble = None;
    for (unrecorded, error) in futures_util::future::join_all(recorded).await.into_iter().flatten() {
        left.extend(unrecorded);
        trouble = Some(error);
    }
    // What waited behind them in their conversations is of the same inboxes.
    app.bell.outbound_here();
    match trouble {
        None => Ok(()),
        Some(error) => Err((left, error)),
    }
}

/// Records what became of a workspace's sendings; returns those for which the database failed.
async fn record_all(
    app: &App,
    workspace: WorkspaceId,
    mut group: Vec<Concluded>,
) -> Option<(Vec<Concluded>, Error)> {
    group.sort_by_key(|(sending, _)| (sending.conversation_id, sending.id));
    let group = Arc::new(group);
    let done = record_free(app, workspace, group.clone()).await.unwrap_or_default();
    let (mut left, mut trouble) = (Vec::new(), None);
    // One of them is at fault, or another transaction holds what it changes: each by itself.
    for one in group.iter().filter(|(sending, _)| !done.contains(&sending.id)) {
        if let Err(error) = record_waiting(app, workspace, one.clone()).await {
            left.push(one.clone());
            trouble = Some(error);
        }
    }
    trouble.map(|error| (left, error))
}

/// Records in one transaction what became of those sendings whose rows nobody else holds; returns which.
async fn record_free(
    app: &App,
    workspace: WorkspaceId,
    group: Arc<Vec<Concluded>>,
) -> Result<HashSet<OutboundId>> {
    let now = app.now();
    let (seq, free) = app
        .write_as(Class::Send, workspace, move |tx| {
            Box::pin(async move {
                let sendings: Vec<&Sending> = group.iter().map(|(sending, _)| sending).collect();
                let free = store::outbound::hold_free(tx, workspace, &sendings).await?;
                let group: Vec<_> = group.iter().filter(|(sending, _)| free.contains(&sending.id)).collect();
                Ok((record(tx, workspace, &group, now).await?, free))
            })
        })
        .await?;
    tell(app, workspace, seq);
    Ok(free)
}

/// Records what became of one sending as soon as nobody else holds its rows.
async fn record_waiting(app: &App, workspace: WorkspaceId, one: Concluded) -> Result<()> {
    let now = app.now();
    let seq = app
        .write_as(Class::Send, workspace, move |tx| {
            Box::pin(async move { record(tx, workspace, &[&one], now).await })
        })
        .await?;
    tell(app, workspace, seq);
    Ok(())
}

/// Records what became of sendings; returns the number of the last change that browsers are to be told of.
async fn record(
    tx: &mut store::Tx,
    workspace: WorkspaceId,
    group: &[&Concluded],
    now: Millis,
) -> Result<Option<i64>> {
    let mut changes = Vec::new();
    for (sending, conclusion) in group {
        changes.extend(record_one(tx, sending, conclusion, now).await?);
    }
    store::fail_point!("conclude.recorded");
    if changes.is_empty() {
        return Ok(None);
    }
    Ok(Some(store::event::append(tx, workspace, &changes, now).await?))
}

fn tell(app: &App, workspace: WorkspaceId, seq: Option<i64>) {
    store::fail_point!("conclude.committed");
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
}

/// Records what became of one sending. A report of the provider may have settled it already, or another node may have
/// taken it over: then the queue does not change, but that the provider took it counts nevertheless.
pub(crate) async fn record_one(
    tx: &mut store::Tx,
    sending: &Sending,
    conclusion: &Conclusion,
    now: Millis,
) -> Result<Option<NewChange>> {
    let Sending { workspace, id, fence, message_id, inbox_id, conversation_id, identity_id, .. } = *sending;
    let mut reports = Vec::new();
    match conclusion {
        Conclusion::Lost => {}
        Conclusion::Sent { provider_id, user_id } => {
            store::outbound::sent(tx, workspace, id, fence).await?;
            reports.push(Report { state: DeliveryState::Accepted, at: now, failure: None });
            if let (Some(message), Some(provider_id)) = (message_id, provider_id) {
                store::message::set_provider_id(tx, workspace, message, provider_id).await?;
                // Reports may have been faster than the answer.
                reports.extend(store::report::take(tx, workspace, inbox_id, provider_id).await?);
            }
            learn_user_id(tx, workspace, inbox_id, identity_id, user_id.as_deref()).await?;
        }
        Conclusion::Retry { at, counted, from, silence } => {
            let from = serde_json::to_string(from).map_err(Error::internal)?;
            store::outbound::retry(tx, workspace, id, fence, *at, *counted, Some(&from)).await?;
            if *silence {
                store::send_lane::silence(tx, workspace, inbox_id, *at).await?;
            }
        }
        Conclusion::Failed(failure) => {
            if store::outbound::failed(tx, workspace, id, fence).await? {
                if let Ok(Intent::Reaction { target, .. }) = serde_json::from_str(&sending.intent) {
                    // A reaction that the provider refused must not look as if the customer saw it.
                    store::reaction::set(tx, workspace, target, ReactionBy::Agent, None, None, now).await?;
                    return Ok(Some(NewChange::message(target, conversation_id)));
                }
                reports.push(Report {
                    state: DeliveryState::Failed,
                    at: now,
                    failure: Some(failure.clone()),
                });
            }
        }
        Conclusion::Uncertain(failure) => {
            if store::outbound::uncertain(tx, workspace, id, fence).await? {
                reports.push(Report {
                    state: DeliveryState::Uncertain,
                    at: now,
                    failure: Some(failure.clone()),
                });
            }
        }
    }
    let Some(message) = message_id else { return Ok(None) };
    let mut changed = None;
    for report in &reports {
        changed = store::message::report(tx, workspace, message, report).await?.or(changed);
    }
    let Some(status) = changed else { return Ok(None) };
    store::conversation::last_status(tx, workspace, conversation_id, message, status.state).await?;
    Ok(Some(NewChange::message(message, conversation_id)))
}
