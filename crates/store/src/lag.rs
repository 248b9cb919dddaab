//! How far behind the work is: what waits, per inbox, and since when.
//!
//! Every question is one statement over the queues alone, whose rows go when the work is done: what it costs
//! depends on what waits now and never on the history.

use std::collections::BTreeMap;

use model::{InboxId, Millis, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

/// Deliveries by inbox: how many wait, and when the oldest of them came or was put back.
macro_rules! deliveries {
    ($which:literal) => {
        concat!(
            "SELECT o.workspace_id, w.inbox_id, w.waiting,
            CASE WHEN o.attempts = 0 THEN o.next_at ELSE r.received_at END
            FROM (SELECT q.inbox_id, COUNT(*) AS waiting, MIN(q.id) AS oldest FROM inbound_queue q",
            $which,
            " GROUP BY q.inbox_id) w
            JOIN inbound_queue o ON o.id = w.oldest JOIN inbound r ON r.id = w.oldest"
        )
    };
}

/// Sendings by inbox and state.
macro_rules! sendings {
    ($which:literal) => {
        concat!(
            "SELECT workspace_id, inbox_id, COUNT(*), MIN(created_at), state FROM outbound",
            $which,
            " GROUP BY workspace_id, inbox_id, state"
        )
    };
}

/// Parked deliveries by inbox.
macro_rules! parked {
    ($which:literal) => {
        concat!(
            "SELECT workspace_id, inbox_id, COUNT(*), MIN(parked_at) FROM inbound_parked",
            $which,
            " GROUP BY workspace_id, inbox_id"
        )
    };
}

statements! {
    DELIVERIES = deliveries!(" WHERE q.inbox_id IN (SELECT i.id FROM inbox i WHERE i.workspace_id = $1)");
    SENDINGS = sendings!(" WHERE workspace_id = $1");
    PARKED = parked!(" WHERE workspace_id = $1");
    JOBS = "SELECT COUNT(*), MIN(run_at) FROM job WHERE workspace_id = $1 AND run_at <= $2";
    ALL_DELIVERIES = deliveries!("");
    ALL_SENDINGS = sendings!("");
    ALL_PARKED = parked!("");
    ALL_JOBS = "SELECT COUNT(*), MIN(run_at) FROM job WHERE run_at <= $1";
}

/// A number of things that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub count: i64,
    /// Since when the oldest of them; `None` when there are none.
    pub since: Option<Millis>,
}

impl Waiting {
    /// How long the oldest has waited; 0 when none waits.
    pub fn age(&self, now: Millis) -> Millis {
        self.since.map_or(Millis(0), |since| (now - since).max(Millis(0)))
    }

    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.since = [self.since, other.since].into_iter().flatten().min();
    }
}

/// What waits in an inbox, connected or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxLag {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The inbox.
    pub inbox: InboxId,
    /// Deliveries that wait to be applied, since they came or were put back.
    pub deliveries: Waiting,
    /// Sendings that wait for their turn, since they were queued.
    pub queued: Waiting,
    /// Sendings that are being handed to the provider, since they were queued.
    pub sending: Waiting,
    /// Sendings of which nobody knows whether the provider has them, since they were queued.
    pub uncertain: Waiting,
    /// Deliveries that were given up, since then.
    pub parked: Waiting,
}

impl InboxLag {
    fn none(workspace: WorkspaceId, inbox: InboxId) -> Self {
        let none = Waiting::default();
        Self {
            workspace,
            inbox,
            deliveries: none,
            queued: none,
            sending: none,
            uncertain: none,
            parked: none,
        }
    }
}

type Count = (WorkspaceId, InboxId, Waiting);

fn read_waiting(row: &mut Row) -> Result<Waiting> {
    Ok(Waiting { count: row.take()?, since: row.take()? })
}

fn read(row: &mut Row) -> Result<Count> {
    Ok((row.take()?, row.take()?, read_waiting(row)?))
}

fn read_sendings(row: &mut Row) -> Result<(Count, String)> {
    Ok((read(row)?, row.take()?))
}

fn merge(deliveries: Vec<Count>, sendings: Vec<(Count, String)>, parked: Vec<Count>) -> Vec<InboxLag> {
    let mut lags: BTreeMap<(WorkspaceId, InboxId), InboxLag> = BTreeMap::new();
    let mut add = |(workspace, inbox, waiting): Count, which: fn(&mut InboxLag) -> &mut Waiting| {
        let lag = lags.entry((workspace, inbox)).or_insert_with(|| InboxLag::none(workspace, inbox));
        which(lag).add(waiting);
    };
    for count in deliveries {
        add(count, |lag| &mut lag.deliveries);
    }
    for (count, state) in sendings {
        match state.as_str() {
            "sending" => add(count, |lag| &mut lag.sending),
            "uncertain" => add(count, |lag| &mut lag.uncertain),
            _ => add(count, |lag| &mut lag.queued),
        }
    }
    for count in parked {
        add(count, |lag| &mut lag.parked);
    }
    lags.into_values().collect()
}

/// What waits in the inboxes of the workspace; an inbox where nothing waits is left out.
pub async fn inboxes(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<InboxLag>> {
    let deliveries = tx.query_map(DELIVERIES, values![ws], read).await?;
    let sendings = tx.query_map(SENDINGS, values![ws], read_sendings).await?;
    let parked = tx.query_map(PARKED, values![ws], read).await?;
    Ok(merge(deliveries, sendings, parked))
}

/// The workspace's jobs that are due, those that are being done among them, since they became due.
pub async fn jobs(tx: &mut Tx, ws: WorkspaceId, now: Millis) -> Result<Waiting> {
    read_waiting(&mut tx.query_one(JOBS, values![ws, now]).await?)
}

/// What waits in the inboxes of all workspaces, for the operator of the machine.
pub async fn all_inboxes(tx: &mut Tx) -> Result<Vec<InboxLag>> {
    let deliveries = tx.query_map(ALL_DELIVERIES, &[], read).await?;
    let sendings = tx.query_map(ALL_SENDINGS, &[], read_sendings).await?;
    let parked = tx.query_map(ALL_PARKED, &[], read).await?;
    Ok(merge(deliveries, sendings, parked))
}

/// The jobs of all workspaces that are due, for the operator of the machine.
pub async fn all_jobs(tx: &mut Tx, now: Millis) -> Result<Waiting> {
    read_waiting(&mut tx.query_one(ALL_JOBS, values![now]).await?)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::inbound::{self, NewDelivery};
    use crate::outbound::{self, NewOutbound};
    use crate::sample::{Sample, id, sample, write};
    use crate::{job, lane, testing};

    async fn deliver(tx: &mut Tx, some: Sample, at: i64) -> Result<()> {
        let delivery = NewDelivery {
            id: id(),
            inbox: some.inbox,
            received_at: Millis(at),
            dedupe: at.to_le_bytes().to_vec(),
            body: Bytes::from_static(b"{}"),
        };
        inbound::accept(tx, some.ws, &delivery).await.map(drop)
    }

    async fn send(tx: &mut Tx, some: Sample, at: i64) -> Result<()> {
        let (_, identity_id, conversation_id) =
            crate::sample::customer(tx, some.ws, some.inbox, "Jo").await?;
        let (next_at, deadline) = (Millis(at), Millis(9_000));
        let new = NewOutbound {
            identity_id,
            conversation_id,
            next_at,
            deadline,
            created_at: next_at,
            ..some.sends()
        };
        outbound::insert(tx, some.ws, &new).await
    }

    async fn lane_of(tx: &mut Tx, some: Sample) -> Result<lane::Claim> {
        let claimed = lane::claim(tx, crate::sample::turn(80, 500), lane::PORTION).await?;
        Ok(claimed.lanes.into_iter().find(|lane| lane.inbox == some.inbox).expect("a lane"))
    }

    fn waiting(count: i64, since: i64) -> Waiting {
        Waiting { count, since: Some(Millis(since)) }
    }

    #[tokio::test]
    async fn what_waits_is_counted_per_inbox_with_its_oldest() {
        testing::on_both(|db| async move {
            let (some, other) = (sample(&db).await, sample(&db).await);
            write(&db, move |tx| {
                Box::pin(async move {
                    assert_eq!(all_inboxes(tx).await?, []);
                    assert_eq!(all_jobs(tx, Millis(99)).await?, Waiting::default());
                    for at in [40, 20, 30] {
                        deliver(tx, some, at).await?;
                        send(tx, some, at).await?;
                    }
                    deliver(tx, other, 10).await?;
                    for run_at in [5, 7, 500] {
                        job::enqueue(tx, some.ws, id(), "fetch", "{}", Millis(run_at)).await?;
                    }
                    job::enqueue(tx, other.ws, id(), "fetch", "{}", Millis(3)).await?;

                    let lags = inboxes(tx, some.ws).await?;
                    assert_eq!(lags.len(), 1);
                    // The oldest is the first in the lane's order, whatever the clock said when it came.
                    assert_eq!(lags[0].deliveries, waiting(3, 40));
                    assert_eq!(lags[0].queued, waiting(3, 20));
                    assert_eq!(lags[0].parked, Waiting::default());
                    assert_eq!(jobs(tx, some.ws, Millis(99)).await?, waiting(2, 5));
                    let all = all_inboxes(tx).await?;
                    assert_eq!(all.iter().map(|lag| lag.deliveries.count).sum::<i64>(), 4);
                    assert!(all.contains(&lags[0]));
                    assert_eq!(all_jobs(tx, Millis(99)).await?, waiting(3, 3));

                    let claimed = outbound::claim(tx, some.ws, some.inbox, 7, Millis(50), 2).await?;
                    outbound::uncertain(tx, some.ws, claimed[0].id, claimed[0].fence).await?;
                    let lane = lane_of(tx, some).await?;
                    let first = lane.items[0].id;
                    inbound::park(tx, some.ws, some.inbox, lane.fence, first, Millis(60), "no").await?;

                    let lag = inboxes(tx, some.ws).await?.remove(0);
                    assert_eq!((lag.queued.count, lag.sending.count, lag.uncertain.count), (1, 1, 1));
                    assert_eq!((lag.deliveries, lag.parked), (waiting(2, 20), waiting(1, 60)));
                    inbound::replay(tx, some.ws, first, Millis(70)).await?;
                    let lag = inboxes(tx, some.ws).await?.remove(0);
                    assert_eq!(lag.deliveries, waiting(3, 70), "what is put back waits since then");
                    lane::release(tx, some.ws, some.inbox, lane.fence).await?;
                    let lane = lane_of(tx, some).await?;
                    assert_eq!(lane.items[0].id, first);
                    inbound::park(tx, some.ws, some.inbox, lane.fence, first, Millis(60), "no").await?;
                    let lag = inboxes(tx, some.ws).await?.remove(0);
                    assert_eq!(lag.parked.age(Millis(75)), Millis(15));
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
