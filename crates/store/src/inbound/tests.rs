use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;

use super::*;
use crate::lane::{Claim, Claimed, PORTION, Turn, Which, claim, next_ready, release, renew, vacate, weight};
use crate::sample::{Sample, id, inbox_row, sample, turn, write};
use crate::{Db, Error, inbox, testing};

const LEASE: Millis = Millis(1_000);

pub(super) fn delivery(inbox: InboxId, body: &str) -> NewDelivery {
    NewDelivery {
        id: id(),
        inbox,
        received_at: Millis(10),
        dedupe: body.as_bytes().to_vec(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

pub(super) async fn take(db: &Db, ws: WorkspaceId, delivery: NewDelivery) -> bool {
    write(db, move |tx| Box::pin(async move { accept(tx, ws, &delivery).await })).await
}

async fn fill(db: &Db, some: &Sample, count: usize) -> Vec<InboundId> {
    let mut ids = Vec::new();
    for place in 0..count {
        let delivery = delivery(some.inbox, &format!("body {place}"));
        ids.push(delivery.id);
        assert!(take(db, some.ws, delivery).await);
    }
    ids
}

/// Claims one lane with deliveries for a portion.
pub(super) async fn portion(db: &Db, now: i64, until: Millis, portion: i64) -> Option<Claim> {
    let turn = turn(now, until.0);
    let claimed = write(db, move |tx| Box::pin(claim(tx, turn, portion))).await;
    assert!(claimed.lanes.len() <= 1, "{claimed:?}");
    claimed.lanes.into_iter().next()
}

pub(super) async fn lease(db: &Db, now: i64) -> Option<Claim> {
    portion(db, now, Millis(now) + LEASE, PORTION).await
}

/// Claims what was tried before.
async fn suspect(db: &Db, now: i64, most_attempts: i64) -> Option<Claim> {
    let turn = Turn { which: Which::Suspect, most_attempts, ..turn(now, now + LEASE.0) };
    let claimed = write(db, move |tx| Box::pin(claim(tx, turn, PORTION))).await;
    assert!(claimed.lanes.len() <= 1, "{claimed:?}");
    claimed.lanes.into_iter().next()
}

fn ids(claim: &Claim) -> Vec<InboundId> {
    claim.items.iter().map(|item| item.id).collect()
}

#[tokio::test]
async fn a_delivery_is_taken_once() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let mut first = delivery(some.inbox, "a body");
        first.body = Bytes::from_static(b"\0\xff{}");
        assert!(take(&db, some.ws, first.clone()).await);
        assert!(!take(&db, some.ws, NewDelivery { id: id(), ..first.clone() }).await);
        let claim = lease(&db, 20).await.expect("the delivery waits");
        assert_eq!((claim.workspace, claim.inbox), (some.ws, some.inbox));
        assert_eq!(ids(&claim), [first.id]);
        assert_eq!(claim.items[0].body, b"\0\xff{}");
        assert_eq!(claim.items[0].received_at, Millis(10));
        let raw = write(&db, move |tx| Box::pin(body(tx, some.ws, first.id))).await;
        assert_eq!(raw.as_deref(), Some(&b"\0\xff{}"[..]));
    })
    .await;
}

#[tokio::test]
async fn same_bodies_at_once_are_taken_once() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let tasks = (0..40).map(|_| {
            let (db, delivery) = (db.clone(), delivery(some.inbox, "the same"));
            tokio::spawn(async move { take(&db, some.ws, delivery).await })
        });
        let taken = join_all(tasks.collect::<Vec<_>>()).await;
        assert_eq!(taken.into_iter().filter(|taken| *taken.as_ref().expect("the task ends")).count(), 1);
        assert_eq!(write(&db, |tx| Box::pin(backlog(tx))).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_lane_goes_in_order_and_waits_for_its_oldest() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let all = fill(&db, &some, 3).await;
        let claim = lease(&db, 20).await.expect("deliveries wait");
        assert_eq!(ids(&claim), all);
        let (ws, inbox, fence) = (some.ws, some.inbox, claim.fence);
        let first = all[0];
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(retry(tx, ws, inbox, fence, first, Millis(500)).await?);
                assert!(release(tx, ws, inbox, fence).await?);
                assert_eq!(next_ready(tx).await?, Some(Millis(500)));
                Ok(())
            })
        })
        .await;
        assert!(lease(&db, 499).await.is_none(), "the oldest must wait, and so the lane");
        assert!(lease(&db, 500).await.is_none(), "what failed is nothing for those who work side by side");
        let claim = suspect(&db, 500, 1).await.expect("the lane is ready");
        assert_eq!(ids(&claim), all[..1], "what failed comes alone");
        assert_eq!(claim.items[0].attempts, 1);
        let fence = claim.fence;
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(done(tx, ws, inbox, fence, &[first]).await?);
                release(tx, ws, inbox, fence).await
            })
        })
        .await;
        assert_eq!(ids(&lease(&db, 900).await.expect("the lane is ready")), all[1..]);
    })
    .await;
}

#[tokio::test]
async fn who_lost_the_lease_can_do_nothing() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let all = fill(&db, &some, 2).await;
        let old = lease(&db, 20).await.expect("deliveries wait");
        assert!(lease(&db, 20 + LEASE.0 - 1).await.is_none(), "the lane is held");
        let new = suspect(&db, 20 + LEASE.0, 1).await.expect("the lease ran out");
        assert!(new.fence > old.fence);
        assert_eq!(new.items[0].attempts, 1, "the holder vanished over them");
        assert_eq!(ids(&new), all[..1], "so each comes alone now");
        let (ws, inbox, first) = (some.ws, some.inbox, all[0]);
        write(&db, move |tx| {
            Box::pin(async move {
                let fence = old.fence;
                assert!(!done(tx, ws, inbox, fence, &[first]).await?);
                assert!(!retry(tx, ws, inbox, fence, first, Millis(5)).await?);
                assert!(!park(tx, ws, inbox, fence, first, Millis(5), "no").await?);
                assert!(!renew(tx, ws, inbox, fence, Millis(99_999)).await?);
                assert!(!release(tx, ws, inbox, fence).await?);
                assert_eq!(backlog(tx).await?, 2);
                assert!(renew(tx, ws, inbox, new.fence, Millis(9_000)).await?);
                assert_eq!(next_ready(tx).await?, Some(Millis(9_000)));
                Ok(())
            })
        })
        .await;
        assert!(lease(&db, 8_999).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn what_a_dead_process_held_is_free_at_once() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let all = fill(&db, &some, 2).await;
        let old = lease(&db, 20).await.expect("deliveries wait");
        assert_eq!(write(&db, |tx| Box::pin(vacate(tx))).await, 1);
        let new = suspect(&db, 21, 1).await.expect("the lane is free");
        assert_eq!(ids(&new), all[..1]);
        assert_eq!(new.items[0].attempts, 1, "the dead process may have died of it");
        let first = all[0];
        assert!(
            !write(&db, move |tx| Box::pin(async move {
                done(tx, some.ws, some.inbox, old.fence, &[first]).await
            }))
            .await
        );
        write(&db, move |tx| Box::pin(release(tx, some.ws, some.inbox, new.fence))).await;
        assert_eq!(write(&db, |tx| Box::pin(vacate(tx))).await, 0, "a lane given back is not held");
    })
    .await;
}

#[tokio::test]
async fn what_a_vanished_worker_held_is_suspected_and_tried_one_by_one() {
    testing::on_both(|db| async move {
        let (some, other) = (sample(&db).await, sample(&db).await);
        let all = fill(&db, &some, 3).await;
        assert_eq!(ids(&lease(&db, 20).await.expect("deliveries wait")), all);
        let later = take_sized(&db, some.ws, some.inbox, PORTION as usize).await;
        let elsewhere = take_sized(&db, other.ws, other.inbox, 10).await;
        // The holder is gone; whoever works side by side goes on with other lanes.
        let claimed = claim_some(&db, 20 + LEASE.0, PORTION).await;
        assert!(claimed.suspects);
        assert_eq!(claimed.lanes.iter().flat_map(ids).collect::<Vec<_>>(), [elsewhere]);
        finish(&db, claimed).await;
        // A second death, of the first of them alone, makes no other more suspicious.
        assert_eq!(suspect(&db, 1_100, 1).await.expect("a suspect").items[0].attempts, 1);
        assert!(
            suspect(&db, 2_200, 1).await.is_none(),
            "tried twice: not for those who live for a moment only"
        );
        for (now, item, attempts) in [(2_201, all[0], 2), (2_202, all[1], 1), (2_203, all[2], 1)] {
            let claim = suspect(&db, now, 2).await.expect("a suspect");
            assert_eq!((ids(&claim), claim.items[0].attempts), (vec![item], attempts));
            finish(&db, Claimed { lanes: vec![claim], ..Claimed::default() }).await;
        }
        let rest = suspect(&db, 2_204, 1).await.expect("nobody can know that it came afterwards");
        assert_eq!(ids(&rest), [later]);
    })
    .await;
}

#[tokio::test]
async fn a_lane_that_was_given_back_meanwhile_is_nobody_elses_fault() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let all = fill(&db, &some, 2).await;
        let held = lease(&db, 20).await.expect("deliveries wait");
        // Its holder prolongs the lease that another already saw run out.
        let (ws, inbox, fence) = (some.ws, some.inbox, held.fence);
        assert!(write(&db, move |tx| Box::pin(renew(tx, ws, inbox, fence, Millis(5_000)))).await);
        assert!(lease(&db, 20 + LEASE.0).await.is_none());
        assert!(write(&db, move |tx| Box::pin(release(tx, ws, inbox, fence))).await);
        let again = lease(&db, 20 + LEASE.0).await.expect("free");
        assert_eq!(ids(&again), all);
        assert!(again.items.iter().all(|item| item.attempts == 0));
    })
    .await;
}

#[tokio::test]
async fn a_lane_never_has_two_holders_and_all_lanes_get_their_turn() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let mut inboxes = vec![some.inbox];
        for _ in 0..4 {
            let row = inbox_row();
            inboxes.push(row.id);
            write(&db, move |tx| Box::pin(async move { inbox::insert(tx, some.ws, &row).await })).await;
        }
        for inbox in &inboxes {
            for place in 0..6 {
                assert!(take(&db, some.ws, delivery(*inbox, &format!("body {place}"))).await);
            }
        }
        // Each inbox holds the name of its holder while it is leased, and what was applied of it.
        let holders = Arc::new(Mutex::new(BTreeSet::new()));
        let applied = Arc::new(Mutex::new(BTreeMap::<InboxId, Vec<InboundId>>::new()));
        let workers = (0..12).map(|_| {
            let (db, holders, applied) = (db.clone(), Arc::clone(&holders), Arc::clone(&applied));
            tokio::spawn(async move {
                let mut idle = 0;
                while idle < 20 {
                    let claim = portion(&db, 20, Millis(10_000), 600).await;
                    let Some(claim) = claim else {
                        idle += 1;
                        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                        continue;
                    };
                    assert!(holders.lock().unwrap().insert(claim.inbox), "two hold {}", claim.inbox);
                    for item in &claim.items {
                        applied.lock().unwrap().entry(claim.inbox).or_default().push(item.id);
                        let (ws, inbox, fence, id) = (claim.workspace, claim.inbox, claim.fence, item.id);
                        let done = write(&db, move |tx| {
                            Box::pin(async move { done(tx, ws, inbox, fence, &[id]).await })
                        });
                        assert!(done.await);
                    }
                    holders.lock().unwrap().remove(&claim.inbox);
                    let (ws, inbox, fence) = (claim.workspace, claim.inbox, claim.fence);
                    assert!(write(&db, move |tx| Box::pin(release(tx, ws, inbox, fence))).await);
                }
            })
        });
        for worker in join_all(workers.collect::<Vec<_>>()).await {
            worker.expect("a worker ends well");
        }
        let applied = applied.lock().unwrap();
        assert_eq!(applied.keys().copied().collect::<Vec<_>>(), inboxes);
        for ids in applied.values() {
            assert_eq!(ids.len(), 6);
            assert!(ids.is_sorted(), "out of order: {ids:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_least_recently_served_lane_comes_first() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let row = inbox_row();
        let other = row.id;
        write(&db, move |tx| Box::pin(async move { inbox::insert(tx, some.ws, &row).await })).await;
        for (inbox, count) in [(some.inbox, 3), (other, 3)] {
            for place in 0..count {
                take(&db, some.ws, delivery(inbox, &format!("body {place}"))).await;
            }
        }
        let mut served = Vec::new();
        for now in 20..26 {
            let claim = portion(&db, now, Millis(now) + LEASE, 1).await.expect("a lane is ready");
            served.push(claim.inbox);
            let item = claim.items[0].id;
            write(&db, move |tx| {
                Box::pin(async move {
                    done(tx, claim.workspace, claim.inbox, claim.fence, &[item]).await?;
                    release(tx, claim.workspace, claim.inbox, claim.fence).await
                })
            })
            .await;
        }
        assert_eq!(served, [some.inbox, other, some.inbox, other, some.inbox, other]);
    })
    .await;
}

#[tokio::test]
async fn a_parked_delivery_lets_its_lane_go_on_and_can_be_replayed() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let all = fill(&db, &some, 3).await;
        let (ws, inbox) = (some.ws, some.inbox);
        let claim = lease(&db, 20).await.expect("deliveries wait");
        let first = all[0];
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(park(tx, ws, inbox, claim.fence, first, Millis(30), "not JSON").await?);
                release(tx, ws, inbox, claim.fence).await
            })
        })
        .await;
        let page = write(&db, move |tx| Box::pin(parked(tx, ws, None, 10))).await;
        let wanted = Parked {
            id: first,
            inbox_id: inbox,
            received_at: Millis(10),
            parked_at: Millis(30),
            reason: "not JSON".into(),
            attempts: 1,
            size: 6,
        };
        assert_eq!(page, Page { items: vec![wanted.clone()], next_cursor: None });
        let whole = write(&db, move |tx| Box::pin(parked_body(tx, ws, first))).await;
        assert_eq!(whole, Some((wanted, b"body 0".to_vec())));
        let claim = lease(&db, 40).await.expect("the lane went on");
        assert_eq!(ids(&claim), all[1..]);
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(replay(tx, ws, first, Millis(50)).await?);
                assert!(!replay(tx, ws, first, Millis(50)).await?, "it is parked no more");
                release(tx, ws, inbox, claim.fence).await
            })
        })
        .await;
        let claim = lease(&db, 60).await.expect("it waits again");
        assert_eq!(ids(&claim), all, "at its old place");
        assert_eq!(claim.items[0].attempts, 0);
    })
    .await;
}

#[tokio::test]
async fn parked_deliveries_page_without_gap() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let all = fill(&db, &some, 7).await;
        let claim = lease(&db, 20).await.expect("deliveries wait");
        let (ws, ids) = (some.ws, all.clone());
        write(&db, move |tx| {
            Box::pin(async move {
                for id in ids {
                    park(tx, ws, claim.inbox, claim.fence, id, Millis(30), "no").await?;
                }
                Ok(())
            })
        })
        .await;
        let mut seen = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let at = cursor.take();
            let page =
                write(&db, move |tx| Box::pin(async move { parked(tx, ws, at.as_deref(), 3).await })).await;
            seen.extend(page.items.iter().map(|row| row.id));
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        seen.reverse();
        assert_eq!(seen, all);
        for bad in ["", "x", "1-2-3", "zz-1", "-", "1-ffffffffffffffffff"] {
            let outcome =
                db.read(move |tx| Box::pin(async move { parked(tx, ws, Some(bad), 3).await })).await;
            assert!(matches!(outcome, Err(Error::BadCursor)), "{bad:?}: {outcome:?}");
        }
    })
    .await;
}

/// A delivery of a size.
async fn take_sized(db: &Db, ws: WorkspaceId, inbox: InboxId, size: usize) -> InboundId {
    let id: InboundId = id();
    let body = Bytes::from(vec![b'x'; size]);
    let new = NewDelivery { id, inbox, received_at: Millis(10), dedupe: id.0.to_le_bytes().to_vec(), body };
    assert!(take(db, ws, new).await);
    id
}

async fn more_inboxes(db: &Db, ws: WorkspaceId, count: usize) -> Vec<InboxId> {
    let mut inboxes = Vec::new();
    for _ in 0..count {
        let row = inbox_row();
        inboxes.push(row.id);
        write(db, move |tx| Box::pin(async move { inbox::insert(tx, ws, &row).await })).await;
    }
    inboxes
}

async fn claim_some(db: &Db, now: i64, portion: i64) -> Claimed {
    let turn = turn(now, now + LEASE.0);
    write(db, move |tx| Box::pin(claim(tx, turn, portion))).await
}

/// Applies what was claimed.
async fn finish(db: &Db, claimed: Claimed) {
    write(db, move |tx| {
        Box::pin(async move {
            for lane in claimed.lanes {
                let ids: Vec<InboundId> = lane.items.iter().map(|item| item.id).collect();
                assert!(done(tx, lane.workspace, lane.inbox, lane.fence, &ids).await?);
                assert!(release(tx, lane.workspace, lane.inbox, lane.fence).await?);
            }
            Ok(())
        })
    })
    .await;
}

fn workspaces(claimed: &Claimed) -> Vec<WorkspaceId> {
    claimed.lanes.iter().map(|lane| lane.workspace).collect()
}

#[tokio::test]
async fn a_flood_over_many_inboxes_does_not_keep_another_workspace_waiting() {
    testing::on_both(|db| async move {
        let noisy = sample(&db).await;
        let mut flooded = vec![noisy.inbox];
        flooded.extend(more_inboxes(&db, noisy.ws, 9).await);
        let quiet = sample(&db).await;
        for inbox in &flooded {
            for _ in 0..20 {
                take_sized(&db, noisy.ws, *inbox, 500).await;
            }
        }
        let single = take_sized(&db, quiet.ws, quiet.inbox, 500).await;
        // Four workers at once, as the noisy one's lanes are free for each of them.
        let mut claims = Vec::new();
        for _ in 0..4 {
            claims.push(claim_some(&db, 20, 4_000).await);
        }
        let served: Vec<InboundId> = claims.iter().flat_map(|claimed| &claimed.lanes).flat_map(ids).collect();
        assert!(served.contains(&single), "the only one of the quiet workspace waits: {claims:?}");
        let portion = claims[0].lanes.iter().map(|lane| lane.items.len()).sum::<usize>();
        assert!(portion <= 5, "a portion is a portion: {portion}");
    })
    .await;
}

#[tokio::test]
async fn who_takes_more_than_a_portion_passes_turns() {
    testing::on_both(|db| async move {
        let (heavy, light) = (sample(&db).await, sample(&db).await);
        for _ in 0..10 {
            take_sized(&db, heavy.ws, heavy.inbox, 40_000).await;
        }
        for _ in 0..200 {
            take_sized(&db, light.ws, light.inbox, 500).await;
        }
        let mut taken = BTreeMap::from([(heavy.ws, 0), (light.ws, 0)]);
        for now in 20..120 {
            let claimed = claim_some(&db, now, 8_000).await;
            for lane in &claimed.lanes {
                let weight = lane.items.iter().map(|item| weight(item.body.len() as i64)).sum::<i64>();
                *taken.get_mut(&lane.workspace).expect("one of the two") += weight;
            }
            finish(&db, claimed).await;
            if taken[&light.ws] > 150_000 {
                break;
            }
        }
        let (heavy, light) = (taken[&heavy.ws], taken[&light.ws]);
        assert!(light > 150_000, "both have work for as long: {taken:?}");
        assert!(heavy <= light + 60_000 && light <= heavy + 60_000, "{taken:?}");
    })
    .await;
}

#[tokio::test]
async fn debts_do_not_count_when_nobody_else_waits() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        for _ in 0..3 {
            take_sized(&db, some.ws, some.inbox, 100_000).await;
        }
        for now in 20..23 {
            let claimed = claim_some(&db, now, 8_000).await;
            assert_eq!(claimed.lanes.len(), 1, "nothing is gained by waiting");
            finish(&db, claimed).await;
        }
    })
    .await;
}

#[tokio::test]
async fn many_small_lanes_are_claimed_together() {
    testing::on_both(|db| async move {
        let mut all = Vec::new();
        for _ in 0..5 {
            let some = sample(&db).await;
            take_sized(&db, some.ws, some.inbox, 100).await;
            all.push(some.ws);
        }
        let claimed = claim_some(&db, 20, PORTION).await;
        assert_eq!(workspaces(&claimed), all);
        assert!(!claimed.more);
        finish(&db, claimed).await;
        assert_eq!(write(&db, |tx| Box::pin(backlog(tx))).await, 0);
    })
    .await;
}
