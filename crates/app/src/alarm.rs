//! Alarms: what is wrong is looked for every few seconds, raised once, told to the consoles, and cleared when it is
//! over.
//!
//! Every node looks; the database sees to it that an alarm stands once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use model::{Alarm, AlarmKind, EventKind, HealthState, InboxId, Millis, WorkspaceId, made_at};
use serde::Serialize;
use store::event::NewChange;
use store::lag::InboxLag;
use tokio::sync::watch;

use crate::{App, Caller, Result, volume};

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(5);
/// How long a delivery may wait to be applied.
const DELIVERY_LAG: Millis = Millis::seconds(30);
/// How long a sending may wait for its turn.
const SENDING_LAG: Millis = Millis::minutes(2);
/// How long a sending may be uncertain; most are settled by a report before.
const UNCERTAIN: Millis = Millis::seconds(60);
/// How far our clock may stand before what was already written.
const CLOCK: Millis = Millis::seconds(5);
/// How old a delivery may be that the gap monitor has not looked at.
const UNAUDITED: Millis = Millis::minutes(15);
/// How long past alarms are kept.
const KEPT: Millis = Millis::days(30);
/// How many past alarms are shown.
const SHOWN: i64 = 20;

/// Alarms, as an operator sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Alarms {
    /// Those that stand, the newest first: at most one of each kind for each inbox.
    pub standing: Vec<Alarm>,
    /// The last that were cleared, the last first.
    pub past: Vec<Alarm>,
}

/// Looks until told to stop.
pub(crate) async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if let Err(error) = look(&app).await {
            tracing::warn!(%error, "cannot look for alarms; the next look tries again");
        }
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// The alarms of the workspace.
///
/// # Errors
/// When the store is away.
pub async fn list(app: &App, caller: &Caller) -> Result<Alarms> {
    let workspace = caller.workspace;
    app.read(move |tx| {
        Box::pin(async move {
            let standing = store::alarm::standing(tx, workspace).await?;
            Ok(Alarms { standing, past: store::alarm::past(tx, workspace, SHOWN).await? })
        })
    })
    .await
}

/// What an alarm is about.
type Subject = (AlarmKind, Option<InboxId>);

/// Everything that is looked at.
struct Facts {
    lags: Vec<InboxLag>,
    gaps: Vec<(WorkspaceId, InboxId, i64)>,
    refused: Vec<(WorkspaceId, InboxId)>,
    /// Where somebody reads unusually much.
    unusual: BTreeSet<WorkspaceId>,
    /// Where customers write about something far more often than usual, and nobody has seen to it.
    rising: Vec<WorkspaceId>,
    /// Where what customers write has moved.
    moved: Vec<WorkspaceId>,
    /// When the newest delivery came, and the oldest that the monitor has not looked at.
    newest: Option<Millis>,
    unseen: Option<Millis>,
    workspaces: Vec<WorkspaceId>,
    standing: Vec<(WorkspaceId, Alarm)>,
}

/// What is wrong: `true` calls for an alarm, `false` only keeps one that stands, so that what wavers around a
/// threshold does not ring again and again.
fn judge(facts: &Facts, now: Millis) -> BTreeMap<(WorkspaceId, Subject), bool> {
    let mut wrong: BTreeMap<(WorkspaceId, Subject), bool> = BTreeMap::new();
    let mut add = |workspace, kind, inbox, measured: Millis, limit: Millis| {
        let half = Millis(limit.0 / 2);
        if measured > half {
            *wrong.entry((workspace, (kind, inbox))).or_default() |= measured > limit;
        }
    };
    for lag in &facts.lags {
        let (workspace, inbox) = (lag.workspace, Some(lag.inbox));
        add(workspace, AlarmKind::Lag, inbox, lag.deliveries.age(now), DELIVERY_LAG);
        add(workspace, AlarmKind::Lag, inbox, lag.queued.age(now), SENDING_LAG);
        add(workspace, AlarmKind::Uncertain, inbox, lag.uncertain.age(now), UNCERTAIN);
        add(workspace, AlarmKind::Parked, inbox, Millis(lag.parked.count), Millis(0));
    }
    for (workspace, inbox, count) in &facts.gaps {
        add(*workspace, AlarmKind::Gap, Some(*inbox), Millis(*count), Millis(0));
    }
    for (workspace, inbox) in &facts.refused {
        add(*workspace, AlarmKind::Refused, Some(*inbox), Millis(1), Millis(0));
    }
    for workspace in &facts.unusual {
        add(*workspace, AlarmKind::Volume, None, Millis(1), Millis(0));
    }
    for workspace in &facts.rising {
        add(*workspace, AlarmKind::Surge, None, Millis(1), Millis(0));
    }
    for workspace in &facts.moved {
        add(*workspace, AlarmKind::Drift, None, Millis(1), Millis(0));
    }
    // What is wrong with the machine is told to every workspace's operators.
    let behind = facts.newest.map_or(Millis(0), |newest| newest - now);
    let unseen = facts.unseen.map_or(Millis(0), |oldest| now - oldest);
    for workspace in &facts.workspaces {
        add(*workspace, AlarmKind::Clock, None, behind, CLOCK);
        add(*workspace, AlarmKind::Unaudited, None, unseen, UNAUDITED);
    }
    wrong
}

/// Looks once: raises what is wrong and clears what is over.
///
/// # Errors
/// When the store is away.
pub async fn look(app: &App) -> Result<()> {
    let now = app.now();
    let unusual = volume::look(app).await?;
    let facts = app.read(|tx| {
        Box::pin(async {
            Ok(Facts {
                lags: store::lag::all_inboxes(tx).await?,
                gaps: store::gap::counts(tx).await?,
                refused: store::inbox::all_health(tx)
                    .await?
                    .into_iter()
                    .filter(|(_, _, health)| health.state == HealthState::Error)
                    .map(|(workspace, inbox, _)| (workspace, inbox))
                    .collect(),
                unusual,
                rising: store::topic::calling(tx).await?,
                moved: store::drift::moved(tx).await?,
                newest: store::gap::newest(tx).await?.map(|id| made_at(id.0)),
                unseen: store::gap::oldest_unseen(tx).await?.map(|id| made_at(id.0)),
                workspaces: store::event::heads(tx).await?.into_iter().map(|(id, _)| id).collect(),
                standing: store::alarm::all_standing(tx).await?,
            })
        })
    });
    let facts = facts.await?;
    let wrong = judge(&facts, now);
    let subject = |workspace, alarm: &Alarm| (workspace, (alarm.kind, alarm.inbox_id));
    let stands: BTreeSet<(WorkspaceId, Subject)> =
        facts.standing.iter().map(|(workspace, alarm)| subject(*workspace, alarm)).collect();
    let mut turns: BTreeMap<WorkspaceId, Turn> = BTreeMap::new();
    for (key, _) in wrong.iter().filter(|(key, calls)| **calls && !stands.contains(*key)) {
        turns.entry(key.0).or_default().raise.push(key.1);
    }
    for (workspace, alarm) in facts.standing {
        if !wrong.contains_key(&subject(workspace, &alarm)) {
            turns.entry(workspace).or_default().clear.push(alarm);
        }
    }
    for (workspace, turn) in turns {
        apply(app, workspace, turn, now).await?;
    }
    Ok(())
}

/// What changes in a workspace.
#[derive(Default)]
struct Turn {
    raise: Vec<Subject>,
    clear: Vec<Alarm>,
}

async fn apply(app: &App, workspace: WorkspaceId, turn: Turn, now: Millis) -> Result<()> {
    let ids = app.ids.clone();
    let seq = app
        .write(move |tx| {
            Box::pin(async move {
                let mut changes = Vec::new();
                for (kind, inbox) in turn.raise {
                    let id = ids.next();
                    // Another node may have been faster.
                    if store::alarm::raise(tx, workspace, id, kind, inbox, now).await? {
                        tracing::warn!(alarm = kind.as_str(), inbox = ?inbox, %workspace, "an alarm was raised");
                        changes.push(NewChange::of(EventKind::Alarm, id.0));
                    }
                }
                for alarm in turn.clear {
                    if store::alarm::clear(tx, workspace, alarm.id, now).await? {
                        tracing::info!(alarm = alarm.kind.as_str(), inbox = ?alarm.inbox_id, %workspace, "an alarm was cleared");
                        changes.push(NewChange::of(EventKind::Alarm, alarm.id.0));
                    }
                }
                store::alarm::forget(tx, now - KEPT).await?;
                if changes.is_empty() {
                    return Ok(None);
                }
                Ok(Some(store::event::append(tx, workspace, &changes, now).await?))
            })
        })
        .await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::lag::Waiting;

    use super::*;

    const WS: WorkspaceId = WorkspaceId(1);
    const INBOX: InboxId = InboxId(2);

    fn quiet() -> Facts {
        Facts {
            lags: Vec::new(),
            gaps: Vec::new(),
            refused: Vec::new(),
            unusual: BTreeSet::new(),
            rising: Vec::new(),
            moved: Vec::new(),
            newest: None,
            unseen: None,
            workspaces: vec![WS],
            standing: Vec::new(),
        }
    }

    fn since(at: i64) -> Waiting {
        Waiting { count: 1, since: Some(Millis(at)) }
    }

    fn lag(change: impl FnOnce(&mut InboxLag)) -> Facts {
        let none = Waiting::default();
        let mut lag = InboxLag {
            workspace: WS,
            inbox: INBOX,
            deliveries: none,
            queued: none,
            sending: none,
            uncertain: none,
            parked: none,
        };
        change(&mut lag);
        Facts { lags: vec![lag], ..quiet() }
    }

    #[test]
    fn an_alarm_rings_past_its_limit_and_is_over_well_below_it() {
        let now = Millis(1_000_000);
        let of = |facts: &Facts, kind, inbox| judge(facts, now).get(&(WS, (kind, inbox))).copied();
        assert!(judge(&quiet(), now).is_empty());
        let waited = |ms: i64| lag(|lag| lag.deliveries = since(1_000_000 - ms));
        assert_eq!(of(&waited(30_001), AlarmKind::Lag, Some(INBOX)), Some(true));
        assert_eq!(of(&waited(30_000), AlarmKind::Lag, Some(INBOX)), Some(false), "only what stands stays");
        assert_eq!(of(&waited(15_000), AlarmKind::Lag, Some(INBOX)), None);
        let uncertain = lag(|lag| lag.uncertain = since(1_000_000 - 61_000));
        assert_eq!(of(&uncertain, AlarmKind::Uncertain, Some(INBOX)), Some(true));
        let both = lag(|lag| {
            lag.deliveries = since(1_000_000 - 20_000);
            lag.queued = since(1_000_000 - 121_000);
        });
        assert_eq!(of(&both, AlarmKind::Lag, Some(INBOX)), Some(true), "the worse of the two counts");
        assert_eq!(of(&lag(|lag| lag.parked = since(1)), AlarmKind::Parked, Some(INBOX)), Some(true));
        let gap = Facts { gaps: vec![(WS, INBOX, 1)], ..quiet() };
        assert_eq!(of(&gap, AlarmKind::Gap, Some(INBOX)), Some(true));
        let clock = |newest: i64| Facts { newest: Some(Millis(newest)), ..quiet() };
        assert_eq!(of(&clock(1_005_001), AlarmKind::Clock, None), Some(true));
        assert_eq!(of(&clock(1_000_000), AlarmKind::Clock, None), None);
        let unseen = Facts { unseen: Some(Millis(1_000_000 - 901_000)), ..quiet() };
        assert_eq!(of(&unseen, AlarmKind::Unaudited, None), Some(true));
        let refused = Facts { refused: vec![(WS, INBOX)], ..quiet() };
        assert_eq!(of(&refused, AlarmKind::Refused, Some(INBOX)), Some(true));
    }
}
