//! Taking deliveries in, each durably, many at once.
//!
//! SQLite's writer commits what comes close together by itself. On PostgreSQL each transaction is four trips to the
//! server and a commit of its own, so there deliveries of a workspace that come while others of it are on their way
//! go together in the next transaction. A lone delivery waits for nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::WorkspaceId;
use tokio::sync::oneshot;

use crate::inbound::{self, NewDelivery};
use crate::{Class, Db, Engine, Error, Result};

/// How many transactions of one workspace are on their way at once.
const RUNS: usize = 4;
/// How many deliveries one transaction takes.
const TOGETHER: usize = 64;
/// How many deliveries of one workspace may wait; beyond it they are refused.
const PLACES: usize = 2048;

/// Where deliveries are taken in; cheap to clone.
#[derive(Clone, Debug)]
pub struct Intake {
    db: Db,
    waiting: Arc<Mutex<HashMap<WorkspaceId, Waiting>>>,
}

#[derive(Debug, Default)]
struct Waiting {
    items: Vec<Item>,
    runs: usize,
}

type Item = (NewDelivery, oneshot::Sender<Result<bool>>);

impl Intake {
    /// An intake of a database.
    pub fn new(db: Db) -> Self {
        Self { db, waiting: Arc::default() }
    }

    /// Keeps and queues a delivery; returns after the disk has it. `false` when the inbox has one with the same
    /// `dedupe`. [`Error::Overloaded`] at once when too many wait.
    pub async fn take(&self, ws: WorkspaceId, delivery: NewDelivery) -> Result<bool> {
        if self.db.engine() == Engine::Sqlite {
            let accepting = self.db.write_as(Class::Inbound, ws, move |tx| {
                Box::pin(async move { inbound::accept(tx, ws, &delivery).await })
            });
            return accepting.await;
        }
        let (tell, told) = oneshot::channel();
        if self.line_up(ws, (delivery, tell))? {
            let this = self.clone();
            // Not in the caller's own time: a caller that goes away must not take the others' deliveries with it.
            tokio::spawn(async move { this.run(ws).await });
        }
        told.await.unwrap_or(Err(Error::Stopped))
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a delivery wait; tells whether one more run is to be started.
    fn line_up(&self, ws: WorkspaceId, item: Item) -> Result<bool> {
        let mut all = self.waiting();
        let line = all.entry(ws).or_default();
        if line.items.len() >= PLACES {
            return Err(Error::Overloaded);
        }
        line.items.push(item);
        let start = line.runs < RUNS;
        line.runs += usize::from(start);
        Ok(start)
    }

    /// The next deliveries of a workspace for one transaction; none ends the run.
    fn next(&self, ws: WorkspaceId) -> Vec<Item> {
        let mut all = self.waiting();
        let Some(line) = all.get_mut(&ws) else { return Vec::new() };
        let count = line.items.len().min(TOGETHER);
        let items: Vec<Item> = line.items.drain(..count).collect();
        if items.is_empty() {
            line.runs -= 1;
            if line.runs == 0 {
                all.remove(&ws);
            }
        }
        items
    }

    async fn run(&self, ws: WorkspaceId) {
        loop {
            let items = self.next(ws);
            if items.is_empty() {
                return;
            }
            let (deliveries, waiters): (Vec<_>, Vec<_>) = items.into_iter().unzip();
            match self.keep(ws, deliveries.clone()).await {
                Ok(fresh) => {
                    crate::fail_point!("postgres.accept.committed");
                    for (waiter, fresh) in waiters.into_iter().zip(fresh) {
                        // Whoever asked may be gone; what was kept stays kept.
                        let _ = waiter.send(Ok(fresh));
                    }
                }
                // One that cannot be kept must not take the others with it.
                Err(error) if !error.is_temporary() && deliveries.len() > 1 => {
                    for (delivery, waiter) in deliveries.into_iter().zip(waiters) {
                        let alone = self.keep(ws, vec![delivery]).await;
                        let _ = waiter.send(alone.map(|fresh| fresh == [true]));
                    }
                }
                Err(error) => {
                    for waiter in waiters {
                        let _ = waiter.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    async fn keep(&self, ws: WorkspaceId, deliveries: Vec<NewDelivery>) -> Result<Vec<bool>> {
        let keeping = self.db.write_as(Class::Inbound, ws, move |tx| {
            Box::pin(async move { inbound::accept_all(tx, ws, &deliveries).await })
        });
        keeping.await
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::future::join_all;
    use model::{InboxId, Millis};

    use super::*;
    use crate::sample::{id, sample, write};
    use crate::testing;

    fn delivery(inbox: InboxId, body: &str) -> NewDelivery {
        let body = Bytes::copy_from_slice(body.as_bytes());
        NewDelivery { id: id(), inbox, received_at: Millis(10), dedupe: body.to_vec(), body }
    }

    #[tokio::test]
    async fn deliveries_that_come_at_once_are_kept_once_each() {
        testing::on_both(|db| async move {
            let (one, other) = (sample(&db).await, sample(&db).await);
            let intake = Intake::new(db.clone());
            let mut taking = Vec::new();
            for place in 0..600 {
                let some = if place % 3 == 0 { other } else { one };
                // Every body comes twice.
                let (intake, new) = (intake.clone(), delivery(some.inbox, &format!("body {}", place / 6)));
                taking.push(tokio::spawn(async move { intake.take(some.ws, new).await }));
            }
            let mut fresh = 0;
            for taken in join_all(taking).await {
                fresh += i64::from(taken.expect("the task ends").expect("there is room"));
            }
            assert_eq!(fresh, 200, "a hundred bodies in each of two inboxes");
            assert_eq!(write(&db, |tx| Box::pin(inbound::backlog(tx))).await, fresh);
        })
        .await;
    }

    #[tokio::test]
    async fn a_delivery_that_fails_is_told_so() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            let intake = Intake::new(db.clone());
            let outcome = intake.take(some.ws, delivery(InboxId(7), "whose?")).await;
            assert!(matches!(outcome, Err(Error::Missing)), "{outcome:?}");
            assert!(intake.take(some.ws, delivery(some.inbox, "ours")).await.expect("there is room"));
            db.stop().await;
            let outcome = intake.take(some.ws, delivery(some.inbox, "late")).await;
            assert!(matches!(outcome, Err(Error::Stopped)), "{outcome:?}");
        })
        .await;
    }
}
