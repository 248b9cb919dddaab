//! Every order in which callers, threads and the end of it all can meet at [`Waiting`]: the very text of `waiting.rs`,
//! compiled over the locks of `loom`, which stands still and tells when somebody waits for ever.

mod locks {
    pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};
}
use super::fair;
#[path = "waiting.rs"]
#[expect(dead_code, reason = "what only reads the counts is not on trial")]
#[expect(clippy::duplicate_mod, reason = "it is the text that is on trial, over other locks")]
mod waiting;

use std::time::Duration;

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use model::WorkspaceId;

use fair::Class;
use waiting::{Next, Waiting};

const TOOK: Duration = Duration::from_micros(20);

/// A thread of the store: takes one, then what waits behind it, as a group that is committed at once, and tells all of
/// it only afterwards.
fn work(waiting: &Waiting<u32>, told: &Mutex<Vec<u32>>) {
    loop {
        let Next::One(turn, first) = waiting.take(None) else { return };
        waiting.charge(turn, TOOK);
        let mut group = vec![first];
        while let Some((turn, next)) = waiting.try_take() {
            waiting.charge(turn, TOOK);
            group.push(next);
        }
        told.lock().expect("a lock").extend(group);
    }
}

/// Callers put in what they have, of one workspace each, and tell what was taken in.
fn call(waiting: &Arc<Waiting<u32>>, workspace: i64, items: &'static [u32]) -> thread::JoinHandle<Vec<u32>> {
    let waiting = waiting.clone();
    thread::spawn(move || {
        let put =
            |item: &u32| matches!(waiting.put(Class::Inbound, Some(WorkspaceId(workspace)), *item), Ok(None));
        items.iter().copied().filter(put).collect()
    })
}

fn sorted(mut items: Vec<u32>) -> Vec<u32> {
    items.sort_unstable();
    items
}

/// Nobody sleeps for ever and nothing is left when it is closed at any moment: what was taken in is told once, and
/// nothing else.
#[test]
fn what_was_taken_in_is_done_once_and_everybody_goes_home() {
    loom::model(|| {
        let waiting = Arc::new(Waiting::default());
        let told = Arc::new(Mutex::new(Vec::new()));
        let thread = {
            let (waiting, told) = (waiting.clone(), told.clone());
            thread::spawn(move || work(&waiting, &told))
        };
        let caller = call(&waiting, 1, &[1, 2]);
        waiting.close();
        let taken_in = caller.join().expect("a caller");
        thread.join().expect("a thread");
        assert_eq!(sorted(told.lock().expect("a lock").clone()), taken_in);
    });
}

/// Callers who wait until they are told, as those of the store do, before anything is closed: nobody is left asleep beside
/// what waits for them.
#[test]
fn whoever_waits_for_an_outcome_is_told_it() {
    loom::model(|| {
        let waiting = Arc::new(Waiting::default());
        let told = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let thread = {
            let (waiting, told) = (waiting.clone(), told.clone());
            thread::spawn(move || {
                while let Next::One(turn, item) = waiting.take(None) {
                    waiting.charge(turn, TOOK);
                    told.0.lock().expect("a lock").push(item);
                    told.1.notify_all();
                }
            })
        };
        for item in [1, 2] {
            assert!(matches!(waiting.put(Class::Inbound, Some(WorkspaceId(1)), item), Ok(None)));
            let mut so_far = told.0.lock().expect("a lock");
            while !so_far.contains(&item) {
                so_far = told.1.wait(so_far).expect("a lock");
            }
        }
        waiting.close();
        thread.join().expect("a thread");
        assert_eq!(*told.0.lock().expect("a lock"), [1, 2]);
    });
}

/// Two callers and two threads, and it is closed when both callers are gone: all of it is done, by whichever thread.
#[test]
fn two_threads_miss_nothing_that_two_callers_bring() {
    let mut model = loom::model::Builder::new();
    // More changes of threads than that find nothing new in programs so small, and take hours.
    model.preemption_bound = Some(3);
    model.check(|| {
        let waiting = Arc::new(Waiting::default());
        let told = Arc::new(Mutex::new(Vec::new()));
        let thread = {
            let (waiting, told) = (waiting.clone(), told.clone());
            thread::spawn(move || work(&waiting, &told))
        };
        let caller = call(&waiting, 1, &[1]);
        let other = call(&waiting, 2, &[2]);
        assert_eq!((caller.join().expect("a caller"), other.join().expect("a caller")), (vec![1], vec![2]));
        waiting.close();
        work(&waiting, &told);
        thread.join().expect("a thread");
        assert_eq!(sorted(told.lock().expect("a lock").clone()), [1, 2]);
    });
}
