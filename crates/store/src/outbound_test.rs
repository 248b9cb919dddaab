//! Sending against what must never happen: whatever nodes do, in whatever order, and however they vanish, nothing is
//! handed to the provider twice, everything is handed over once in the end, and in the order of its conversation.

use std::collections::BTreeMap;

use model::{ConversationId, IdentityId, Millis, OutboundId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::outbound::{self, NewOutbound, OutboundKind};
use crate::sample::{Sample, customer, sample, write};
use crate::{Db, send_lane, testing};

const LEASE: i64 = 100;
/// What stands in the row before the call that could put a message on the customer's screen.
const POSTING: &str = "posting";

/// What happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    Queue(usize),
    /// A node takes the lane, if it is free, and with it what the last holder left.
    Take(usize),
    Claim(usize),
    /// A node notes that it calls, and calls.
    Post(usize),
    /// The provider answered.
    Answer(usize),
    /// A node puts back what it has not called for.
    Retry(usize),
    Release(usize),
    Vanish(usize),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..2_usize).prop_map(Step::Queue),
        4 => (0..3_usize).prop_map(Step::Take),
        4 => (0..3_usize).prop_map(Step::Claim),
        4 => (0..3_usize).prop_map(Step::Post),
        3 => (0..3_usize).prop_map(Step::Answer),
        1 => (0..3_usize).prop_map(Step::Retry),
        1 => (0..3_usize).prop_map(Step::Release),
        2 => (0..3_usize).prop_map(Step::Vanish),
        3 => (1..2 * LEASE).prop_map(Step::Pass),
    ]
}

/// What a node believes.
#[derive(Debug, Default)]
struct Node {
    fence: Option<i64>,
    /// Claimed sendings with the fence of their claim, and whether the provider was called.
    hands: Vec<(OutboundId, i64, bool)>,
}

struct World<'w> {
    db: &'w Db,
    some: Sample,
    now: i64,
    customers: [(IdentityId, ConversationId); 2],
    nodes: [Node; 3],
    queued: BTreeMap<OutboundId, usize>,
    /// What the provider got, in order.
    posted: Vec<OutboundId>,
}

impl World<'_> {
    async fn begin(db: &Db) -> World<'_> {
        let some = sample(db).await;
        let (_, identity, conversation) =
            write(db, move |tx| Box::pin(customer(tx, some.ws, some.inbox, "Jo"))).await;
        let customers = [(some.identity, some.conversation), (identity, conversation)];
        let (queued, posted) = (BTreeMap::new(), Vec::new());
        World { db, some, now: 1_000, customers, nodes: Default::default(), queued, posted }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Queue(which) => self.queue(which).await,
            Step::Take(node) => self.take(node).await,
            Step::Claim(node) => self.claim(node).await,
            Step::Post(node) => self.post(node).await,
            Step::Answer(node) => self.answer(node).await,
            Step::Retry(node) => self.retry(node).await,
            Step::Release(node) => self.release(node).await,
            Step::Vanish(node) => self.nodes[node] = Node::default(),
            Step::Pass(time) => self.now += time,
        }
    }

    async fn queue(&mut self, which: usize) {
        let (identity_id, conversation_id) = self.customers[which];
        let now = Millis(self.now);
        let new = NewOutbound {
            conversation_id,
            identity_id,
            kind: OutboundKind::Message,
            next_at: now,
            deadline: Millis(i64::MAX),
            created_at: now,
            ..self.some.sends()
        };
        self.queued.insert(new.id, which);
        let ws = self.some.ws;
        write(self.db, move |tx| Box::pin(async move { outbound::insert(tx, ws, &new).await })).await;
    }

    async fn take(&mut self, node: usize) {
        let (ws, inbox, now) = (self.some.ws, self.some.inbox, Millis(self.now));
        let taken = write(self.db, move |tx| {
            Box::pin(async move {
                let mut lanes = send_lane::waiting(tx, now).await?;
                lanes.extend(send_lane::lapsed(tx, now).await?);
                let free = lanes.into_iter().find(|lane| lane.inbox == inbox && lane.is_free(now));
                let Some(lane) = free else { return Ok(None) };
                let until = now + Millis(LEASE);
                let Some(taken) = send_lane::take(tx, ws, inbox, &lane, until).await? else {
                    return Ok(None);
                };
                for orphan in outbound::orphans(tx, ws, inbox, taken.fence).await? {
                    assert!(!taken.quiet, "who gives a lane back in peace leaves nothing in its hands");
                    match orphan.send_state.as_deref() {
                        Some(POSTING) => {
                            assert!(outbound::uncertain(tx, ws, orphan.id, taken.fence).await?);
                        }
                        _ => {
                            let again = outbound::retry(tx, ws, orphan.id, taken.fence, now, false, None);
                            assert!(again.await?);
                        }
                    }
                }
                Ok(Some(taken.fence))
            })
        });
        if let Some(fence) = taken.await {
            let last = self.nodes.iter().filter_map(|node| node.fence).max();
            assert!(last.is_none_or(|last| fence > last), "each holder has a greater fence");
            self.nodes[node].fence = Some(fence);
        }
    }

    async fn claim(&mut self, node: usize) {
        let Some(fence) = self.nodes[node].fence else { return };
        let (ws, inbox, now) = (self.some.ws, self.some.inbox, Millis(self.now));
        let newest = self.nodes.iter().filter_map(|node| node.fence).max() == Some(fence);
        let claimed = write(self.db, move |tx| {
            Box::pin(async move {
                if !send_lane::hold(tx, ws, inbox, fence, now + Millis(LEASE)).await? {
                    return Ok(None);
                }
                outbound::claim(tx, ws, inbox, fence, now, 2).await.map(Some)
            })
        });
        let Some(claimed) = claimed.await else {
            self.nodes[node].fence = None;
            return;
        };
        assert!(newest, "an older holder cannot claim");
        let held: Vec<usize> = claimed.iter().map(|sending| self.queued[&sending.id]).collect();
        assert!(held.len() < 2 || held[0] != held[1], "one of a conversation at a time");
        let hands = claimed.into_iter().map(|sending| (sending.id, sending.fence, false));
        self.nodes[node].hands.extend(hands);
    }

    async fn post(&mut self, node: usize) {
        let hands = &mut self.nodes[node].hands;
        let Some(place) = hands.iter().position(|(_, _, posted)| !posted) else { return };
        let (ws, (id, fence, _)) = (self.some.ws, hands[place]);
        let noted = write(self.db, move |tx| Box::pin(outbound::advance(tx, ws, id, fence, POSTING)));
        if noted.await {
            self.nodes[node].hands[place].2 = true;
            self.posted.push(id);
        } else {
            self.nodes[node].hands.remove(place);
        }
    }

    async fn answer(&mut self, node: usize) {
        let hands = &mut self.nodes[node].hands;
        let Some(place) = hands.iter().position(|(_, _, posted)| *posted) else { return };
        let (ws, (id, fence, _)) = (self.some.ws, hands.remove(place));
        // Also when another node holds it for uncertain meanwhile.
        let told = write(self.db, move |tx| Box::pin(outbound::sent(tx, ws, id, fence)));
        assert!(told.await, "the provider's answer settles it, whoever holds the lane");
    }

    async fn retry(&mut self, node: usize) {
        let hands = &mut self.nodes[node].hands;
        let Some(place) = hands.iter().position(|(_, _, posted)| !posted) else { return };
        let (ws, now, (id, fence, _)) = (self.some.ws, Millis(self.now), hands.remove(place));
        write(self.db, move |tx| Box::pin(outbound::retry(tx, ws, id, fence, now, true, None))).await;
    }

    /// A node gives its lane back when nothing is in its hands.
    async fn release(&mut self, node: usize) {
        if !self.nodes[node].hands.is_empty() {
            return;
        }
        let Some(fence) = self.nodes[node].fence.take() else { return };
        let (ws, inbox) = (self.some.ws, self.some.inbox);
        write(self.db, move |tx| Box::pin(send_lane::release(tx, ws, inbox, fence, true))).await;
    }

    fn look(&self) {
        for (place, id) in self.posted.iter().enumerate() {
            assert!(!self.posted[..place].contains(id), "{id} was handed over twice");
        }
        for which in 0..2 {
            let of_one = self.posted.iter().filter(|id| self.queued[*id] == which);
            assert!(of_one.is_sorted(), "out of order: {:?}", self.posted);
        }
    }

    /// All nodes are gone; another sends the rest.
    async fn end(mut self) {
        self.nodes = Default::default();
        for _ in 0..self.queued.len() * 3 + 3 {
            self.now += 2 * LEASE;
            for step in [
                Step::Take(0),
                Step::Claim(0),
                Step::Post(0),
                Step::Post(0),
                Step::Answer(0),
                Step::Answer(0),
            ] {
                self.step(step).await;
            }
        }
        self.look();
        let mut posted = self.posted.clone();
        posted.sort();
        assert_eq!(posted, self.queued.keys().copied().collect::<Vec<_>>(), "each was handed over once");
    }
}

#[test]
fn nothing_is_sent_twice_or_forgotten_whatever_nodes_do() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let steps = proptest::collection::vec(step(), 1..60);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        runtime.block_on(async {
            let database = testing::sqlite().await;
            let mut world = World::begin(&database.db).await;
            for step in steps {
                world.step(step).await;
                world.look();
            }
            world.end().await;
        });
        Ok(())
    });
    outcome.expect("no order of steps breaks it");
}
