//! Deliveries over which a worker may have died.
//!
//! A process that dies leaves several under lease, and at most one of them killed it; as likely it was killed by
//! something else: an operator, the system, a machine that lost its power. So a suspect is tried again with nothing else
//! under way in its process, and the more often it was, the longer a process must have lived before. Only what takes
//! process after process with it, each time alone and each time one that lived well before, is given up.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::InboundId;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How long a process must have lived before it tries what was tried so often.
const LIFE: &[(i64, Duration)] =
    &[(2, Duration::from_secs(2)), (3, Duration::from_secs(4)), (4, Duration::from_secs(8))];
/// How many deliveries are remembered that the database would not take.
const REMEMBERED: usize = 1024;

/// Who may apply deliveries in this process at this moment.
#[derive(Debug)]
pub(crate) struct Suspects {
    door: RwLock<()>,
    born: Instant,
    /// How often the database was too busy for a delivery.
    busy: Mutex<HashMap<InboundId, i64>>,
}

impl Default for Suspects {
    fn default() -> Self {
        Self { door: RwLock::default(), born: Instant::now(), busy: Mutex::default() }
    }
}

impl Suspects {
    /// Waits until no suspect is tried; none is while this is held.
    pub(crate) async fn beside_others(&self) -> RwLockReadGuard<'_, ()> {
        self.door.read().await
    }

    /// Waits until nobody else applies anything; nobody does while this is held.
    pub(crate) async fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.door.write().await
    }

    /// How often what is tried now may have been tried before.
    pub(crate) fn most_attempts(&self) -> i64 {
        most_attempts(self.born.elapsed())
    }

    /// The database was too busy for a delivery; tells how often it was.
    pub(crate) fn was_busy(&self, id: InboundId) -> i64 {
        let mut all = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            all.clear();
        }
        let times = all.entry(id).or_default();
        *times += 1;
        *times
    }

    /// A delivery waits no more.
    pub(crate) fn forget(&self, id: InboundId) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

fn most_attempts(age: Duration) -> i64 {
    LIFE.iter().find(|(_, life)| age < *life).map_or(i64::MAX, |(attempts, _)| attempts - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_process_leaves_alone_what_many_tried() {
        let ages = [(0, 1), (1999, 1), (2000, 2), (3999, 2), (4000, 3), (7999, 3), (8000, i64::MAX)];
        for (age, most) in ages {
            assert_eq!(most_attempts(Duration::from_millis(age)), most, "after {age} ms");
        }
    }

    #[tokio::test]
    async fn who_tries_a_suspect_is_alone() {
        let suspects = Suspects::default();
        let beside = suspects.beside_others().await;
        let _second = suspects.beside_others().await;
        let short = Duration::from_millis(20);
        assert!(tokio::time::timeout(short, suspects.alone()).await.is_err(), "others are at work");
        drop((beside, _second));
        let alone = suspects.alone().await;
        assert!(tokio::time::timeout(short, suspects.beside_others()).await.is_err());
        drop(alone);
        drop(suspects.beside_others().await);
    }

    #[test]
    fn busy_times_are_counted_until_it_goes_well() {
        let suspects = Suspects::default();
        assert_eq!([1, 1, 2].map(|id| suspects.was_busy(InboundId(id))), [1, 2, 1]);
        suspects.forget(InboundId(1));
        assert_eq!(suspects.was_busy(InboundId(1)), 1);
    }
}
