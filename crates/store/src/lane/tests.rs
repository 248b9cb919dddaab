//! Lanes against a model of them: whatever workers do, in whatever order, and however they vanish, a lane has one
//! holder, goes in order, suspects nobody for nothing, and in the end every delivery was taken off exactly once.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::inbound::{self, NewDelivery};
use crate::sample::{Sample, id, inbox_row, sample};
use crate::{Db, inbox, testing};

const LEASE: i64 = 100;

/// What happens.
#[derive(Clone, Debug)]
enum Step {
    Arrive(usize),
    Fresh,
    Suspect(i64),
    /// A worker applies what it holds and gives the lane back.
    Finish(usize),
    /// A worker applies the first and goes on.
    First(usize),
    Renew(usize),
    /// The first fails and waits.
    Retry(usize),
    /// The first waits for something that is not its fault.
    Delay(usize),
    Vanish(usize),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize).prop_map(Step::Arrive),
        4 => Just(Step::Fresh),
        3 => (1..4_i64).prop_map(Step::Suspect),
        3 => (0..4_usize).prop_map(Step::Finish),
        1 => (0..4_usize).prop_map(Step::First),
        1 => (0..4_usize).prop_map(Step::Renew),
        1 => (0..4_usize).prop_map(Step::Retry),
        1 => (0..4_usize).prop_map(Step::Delay),
        2 => (0..4_usize).prop_map(Step::Vanish),
        3 => (1..2 * LEASE).prop_map(Step::Pass),
    ]
}

#[derive(Clone, Debug)]
struct Item {
    id: InboundId,
    attempts: i64,
    next_at: i64,
}

#[derive(Clone, Debug, Default)]
struct Lane {
    queue: Vec<Item>,
    fence: i64,
    lease_until: i64,
}

impl Lane {
    fn is_ready(&self, now: i64) -> bool {
        self.lease_until <= now && self.queue.first().is_some_and(|item| item.next_at <= now)
    }

    /// How many of the oldest go together.
    fn together(&self, now: i64) -> usize {
        let good = |item: &&Item| item.attempts == 0 && item.next_at <= now;
        self.queue.iter().take_while(good).count()
    }

    /// Whoever looks takes the lane from a holder that vanished.
    fn take_over(&mut self, now: i64) {
        if self.is_ready(now) && self.lease_until > 0 {
            (self.lease_until, self.fence) = (0, self.fence + 1);
            let held = self.together(now).max(1);
            self.queue[..held].iter_mut().for_each(|item| item.attempts += 1);
        }
    }
}

struct World<'w> {
    db: &'w Db,
    some: Sample,
    now: i64,
    lanes: BTreeMap<InboxId, Lane>,
    held: Vec<Claim>,
    arrived: Vec<InboundId>,
    finished: Vec<InboundId>,
}

impl World<'_> {
    async fn begin(db: &Db) -> World<'_> {
        let some = sample(db).await;
        let mut lanes = BTreeMap::from([(some.inbox, Lane::default())]);
        for _ in 0..2 {
            let row = inbox_row();
            lanes.insert(row.id, Lane::default());
            crate::sample::write(db, move |tx| {
                Box::pin(async move { inbox::insert(tx, some.ws, &row).await })
            })
            .await;
        }
        World { db, some, now: 1_000, lanes, held: Vec::new(), arrived: Vec::new(), finished: Vec::new() }
    }

    async fn write<T, F>(&self, work: F) -> T
    where
        F: for<'t> FnOnce(&'t mut Tx) -> futures_util::future::BoxFuture<'t, Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        crate::sample::write(self.db, work).await
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Arrive(place) => self.arrive(place).await,
            Step::Fresh => self.claim(Which::Fresh, i64::MAX).await,
            Step::Suspect(most) => self.claim(Which::Suspect, most).await,
            Step::Finish(place) => self.finish(place).await,
            Step::First(place) => self.first(place).await,
            Step::Renew(place) => self.renew(place).await,
            Step::Retry(place) => self.put_back(place, true).await,
            Step::Delay(place) => self.put_back(place, false).await,
            Step::Vanish(place) if place < self.held.len() => _ = self.held.remove(place),
            Step::Vanish(_) => {}
            Step::Pass(time) => self.now += time,
        }
    }

    async fn arrive(&mut self, place: usize) {
        let (ws, now) = (self.some.ws, self.now);
        let (inbox, lane) = self.lanes.iter_mut().nth(place).expect("three lanes");
        let id: InboundId = id();
        lane.queue.push(Item { id, attempts: 0, next_at: now });
        self.arrived.push(id);
        let (dedupe, body) = (id.0.to_le_bytes().to_vec(), Bytes::from_static(b"{}"));
        let new = NewDelivery { id, inbox: *inbox, received_at: Millis(now), dedupe, body };
        assert!(self.write(move |tx| Box::pin(async move { inbound::accept(tx, ws, &new).await })).await);
    }

    async fn claim(&mut self, which: Which, most_attempts: i64) {
        let now = self.now;
        let lease_until = Millis(now + LEASE);
        let turn = Turn { number: id(), now: Millis(now), lease_until, which, most_attempts };
        let claimed = self.write(move |tx| Box::pin(super::claim(tx, turn, PORTION))).await;
        self.lanes.values_mut().for_each(|lane| lane.take_over(now));
        let suspect =
            |lane: &Lane| lane.is_ready(now) && (1..=most_attempts).contains(&lane.queue[0].attempts);
        let suspects = self.lanes.values().filter(|lane| suspect(lane)).count();
        let fresh = self.lanes.values().filter(|lane| lane.is_ready(now) && lane.together(now) > 0).count();
        match which {
            Which::Fresh => {
                assert_eq!(claimed.lanes.len(), fresh, "every free lane is claimed");
                assert_eq!(claimed.suspects, suspects > 0);
            }
            Which::Suspect => {
                assert_eq!(claimed.lanes.len(), suspects.min(1), "one suspect at a time");
                assert_eq!(claimed.suspects, suspects > 1);
            }
        }
        for claim in claimed.lanes {
            let lane = self.lanes.get_mut(&claim.inbox).expect("a lane of this world");
            assert!(lane.is_ready(now), "{} is held by somebody, or waits", claim.inbox);
            let count = if which == Which::Fresh { lane.together(now) } else { 1 };
            let wanted: Vec<_> = lane.queue[..count].iter().map(|item| (item.id, item.attempts)).collect();
            let got: Vec<_> = claim.items.iter().map(|item| (item.id, item.attempts)).collect();
            assert_eq!(got, wanted, "the oldest, in order, with what was tried before");
            assert!(claim.fence > lane.fence, "each holder has a greater fence");
            (lane.fence, lane.lease_until) = (claim.fence, now + LEASE);
            self.held.push(claim);
        }
    }

    /// Whether a worker still holds its lane: it does until somebody took it over, however late it is.
    fn holds(&self, claim: &Claim) -> bool {
        let lane = &self.lanes[&claim.inbox];
        lane.fence == claim.fence && lane.lease_until > 0
    }

    async fn finish(&mut self, place: usize) {
        if place >= self.held.len() {
            return;
        }
        let claim = self.held.remove(place);
        let holds = self.holds(&claim);
        let ids: Vec<InboundId> = claim.items.iter().map(|item| item.id).collect();
        let (ws, inbox, fence, done) = (self.some.ws, claim.inbox, claim.fence, ids.clone());
        let kept = self.write(move |tx| {
            Box::pin(async move {
                let kept = inbound::done(tx, ws, inbox, fence, &done).await?;
                if kept {
                    release(tx, ws, inbox, fence).await?;
                }
                Ok(kept)
            })
        });
        assert_eq!(kept.await, holds, "who lost the lane changes nothing, who holds it does");
        if holds {
            let lane = self.lanes.get_mut(&inbox).expect("a lane");
            lane.queue.retain(|item| !ids.contains(&item.id));
            lane.lease_until = 0;
            self.finished.extend(ids);
        }
    }

    async fn first(&mut self, place: usize) {
        let Some(claim) = self.held.get(place).cloned() else { return };
        let Some(first) = claim.items.first().map(|item| item.id) else { return };
        let holds = self.holds(&claim);
        let (ws, inbox, fence) = (self.some.ws, claim.inbox, claim.fence);
        let kept = self
            .write(move |tx| Box::pin(async move { inbound::done(tx, ws, inbox, fence, &[first]).await }));
        assert_eq!(kept.await, holds);
        if holds {
            self.held[place].items.remove(0);
            self.lanes.get_mut(&inbox).expect("a lane").queue.remove(0);
            self.finished.push(first);
        }
    }

    async fn renew(&mut self, place: usize) {
        let Some(claim) = self.held.get(place) else { return };
        let holds = self.holds(claim);
        let (ws, inbox, fence, until) = (self.some.ws, claim.inbox, claim.fence, self.now + LEASE);
        let kept =
            self.write(move |tx| Box::pin(async move { renew(tx, ws, inbox, fence, Millis(until)).await }));
        assert_eq!(kept.await, holds);
        if holds {
            self.lanes.get_mut(&inbox).expect("a lane").lease_until = until;
        }
    }

    /// The first goes back to the queue, and the lane with it.
    async fn put_back(&mut self, place: usize, counted: bool) {
        if self.held.get(place).is_none_or(|claim| claim.items.is_empty()) {
            return;
        }
        let claim = self.held.remove(place);
        let holds = self.holds(&claim);
        let (ws, inbox, fence, first) = (self.some.ws, claim.inbox, claim.fence, claim.items[0].id);
        let at = self.now + 50;
        let kept = self.write(move |tx| {
            Box::pin(async move {
                let kept = match counted {
                    true => inbound::retry(tx, ws, inbox, fence, first, Millis(at)).await?,
                    false => inbound::delay(tx, ws, inbox, fence, first, Millis(at)).await?,
                };
                if kept {
                    release(tx, ws, inbox, fence).await?;
                }
                Ok(kept)
            })
        });
        assert_eq!(kept.await, holds);
        if holds {
            let lane = self.lanes.get_mut(&inbox).expect("a lane");
            lane.queue[0].attempts += i64::from(counted);
            (lane.queue[0].next_at, lane.lease_until) = (at, 0);
        }
    }

    /// Everybody who works is gone; what is left is worked off by those who come.
    async fn end(mut self) {
        self.held.clear();
        for _ in 0..self.arrived.len() * 2 + 2 {
            self.now += 2 * LEASE;
            self.claim(Which::Fresh, i64::MAX).await;
            self.claim(Which::Suspect, i64::MAX).await;
            while !self.held.is_empty() {
                self.finish(0).await;
            }
        }
        self.finished.sort();
        assert_eq!(self.finished, self.arrived, "each was taken off once");
        assert_eq!(self.write(|tx| Box::pin(inbound::backlog(tx))).await, 0);
    }
}

#[test]
fn lanes_are_as_their_model_whatever_workers_do() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let steps = proptest::collection::vec(step(), 1..60);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        runtime.block_on(async {
            // A fresh one each time: what a case that failed leaves behind must not be found by a shorter one.
            let database = testing::sqlite().await;
            let mut world = World::begin(&database.db).await;
            for step in steps {
                world.step(step).await;
            }
            world.end().await;
        });
        Ok(())
    });
    outcome.expect("no order of steps leaves the model");
}
