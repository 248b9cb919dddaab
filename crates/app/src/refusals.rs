//! Who asked for what they may not have or what is not there: noted in the audit, so that whoever tries doors is seen.
//!
//! Each try would be a row that anybody with an account can make. So tries are counted by who, from which network, at what and
//! with which answer; the first is noted at once, then the tenth, the hundredth and so on, and the rest when the interval ends.
//! How many sorts of tries of one somebody are told apart in an interval is bounded, and so is how many are remembered at all.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::{Act, ActorKind, WorkspaceId};
use serde_json::json;
use tokio::time::Instant;

use crate::App;
use crate::audit::{self, Actor, Note};
use crate::network::Network;

/// For how long tries are counted together.
const INTERVAL: Duration = Duration::from_secs(600);
/// How many sorts of tries of one somebody are told apart in it.
const SORTS: usize = 20;
/// How many sorts of tries of everybody are remembered; further ones are not told apart by who tried.
const MOST: usize = 10_000;
/// What further sorts of tries are called.
const OTHERS: &str = "others";
/// From how many tries in an interval of whom nobody knows the log says so.
const MANY: i64 = 100;

/// Who tries; `None` for whom nobody knows.
type Who = Option<(WorkspaceId, ActorKind, String, Network)>;
/// What, and with which answer.
type Sort = (String, &'static str);

/// What was tried in this interval.
#[derive(Debug, Default)]
struct Counted {
    began: Option<Instant>,
    tries: HashMap<(Who, Sort), Count>,
    sorts: HashMap<Who, usize>,
}

/// How often something was tried, and how much of it is noted.
#[derive(Debug)]
struct Count {
    actor: Option<Actor>,
    times: i64,
    noted: i64,
}

/// Counts refusals.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Counted>);

/// Something to be noted: by whom, at what, how often since the last time.
type Due = (Option<Actor>, Sort, i64);

impl Refusals {
    /// Counts one; tells what is to be noted now, and whether the interval has begun with it.
    fn count(
        &self,
        now: Instant,
        actor: Option<Actor>,
        operation: &str,
        code: &'static str,
    ) -> (Vec<Due>, bool) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = counted.began.is_some_and(|began| now.duration_since(began) >= INTERVAL);
        let mut due = if over { counted.end() } else { Vec::new() };
        let begins = counted.began.is_none();
        counted.began.get_or_insert(now);
        let who: Who = actor.as_ref().map(|actor| {
            let network = Network::from(actor.address.parse().ok());
            (actor.workspace, actor.kind, actor.id.clone().unwrap_or_default(), network)
        });
        let (known, full) = (counted.sorts.get(&who).copied().unwrap_or(0), counted.tries.len() >= MOST);
        let mut key = (who, (operation.to_owned(), code));
        if !counted.tries.contains_key(&key) {
            if full {
                key.0 = None;
            }
            if known >= SORTS || full {
                key.1.0 = OTHERS.to_owned();
            }
            *counted.sorts.entry(key.0.clone()).or_default() += 1;
        }
        let sort = key.1.clone();
        let actor = actor.filter(|_| key.0.is_some());
        let one = counted.tries.entry(key).or_insert(Count { actor, times: 0, noted: 0 });
        one.times += 1;
        if one.actor.is_some() && is_power_of_ten(one.times) {
            due.push((one.actor.clone(), sort, one.times - one.noted));
            one.noted = one.times;
        }
        (due, begins)
    }
}

impl Counted {
    /// Ends the interval; tells what is not noted yet.
    fn end(&mut self) -> Vec<Due> {
        let Self { tries, .. } = std::mem::take(self);
        let rest = tries.into_iter().map(|((_, sort), one)| (one.actor, sort, one.times - one.noted));
        rest.filter(|(_, _, times)| *times > 0).collect()
    }
}

fn is_power_of_ten(mut number: i64) -> bool {
    while number > 9 && number % 10 == 0 {
        number /= 10;
    }
    number == 1
}

/// Notes that somebody was refused. `operation` is the method and the pattern of the address, without ids; `code` that of the
/// refusal.
pub fn note(app: &std::sync::Arc<App>, actor: Option<Actor>, operation: &str, code: &'static str) {
    let (due, begins) = app.refusals.count(Instant::now(), actor, operation, code);
    write(app, due);
    if begins {
        // What is left at the end is noted even when nobody tries again. A server that stops writes it down then.
        let app = std::sync::Arc::downgrade(app);
        tokio::spawn(async move {
            tokio::time::sleep(INTERVAL).await;
            if let Some(app) = app.upgrade() {
                settle(&app);
            }
        });
    }
}

/// Notes what is counted and not noted yet.
pub(crate) fn settle(app: &App) {
    let due = app.refusals.0.lock().unwrap_or_else(PoisonError::into_inner).end();
    write(app, due);
}

fn write(app: &App, due: Vec<Due>) {
    for (actor, (operation, code), times) in due {
        match actor {
            Some(actor) => {
                let note = Note::of(Act::AccessRefused).on(&operation).with(&json!({ "code": code }));
                audit::later_times(app, actor, note, times);
            }
            // From where they come the log does not say.
            None if times >= MANY => {
                tracing::warn!(operation, code, times, "many requests of nobody known were refused");
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(id: usize, address: &str) -> Option<Actor> {
        let actor = Actor::system(WorkspaceId(1));
        Some(Actor {
            kind: ActorKind::Agent,
            id: Some(format!("ag_{id}")),
            address: address.to_owned(),
            ..actor
        })
    }

    /// Tries something so often; returns how often something was noted, and how much in all.
    fn tried(
        refusals: &Refusals,
        now: Instant,
        who: &Option<Actor>,
        operation: &str,
        times: usize,
    ) -> (usize, i64) {
        let mut noted = (0, 0);
        for _ in 0..times {
            for (_, _, more) in refusals.count(now, who.clone(), operation, "forbidden").0 {
                noted = (noted.0 + 1, noted.1 + more);
            }
        }
        noted
    }

    #[tokio::test]
    async fn the_first_is_noted_at_once_and_many_make_few_notes() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        let ada = actor(1, "203.0.113.9");
        assert_eq!(tried(&refusals, now, &ada, "GET /api/roles", 1), (1, 1));
        assert_eq!(tried(&refusals, now, &ada, "GET /api/roles", 99_999), (5, 99_999));
        assert_eq!(tried(&refusals, now, &ada, "GET /api/roles", 500), (0, 0));
        // What is left comes with the next try after the interval.
        let later = now + INTERVAL;
        assert_eq!(tried(&refusals, later, &ada, "GET /api/teams", 1), (2, 501));
        // Another network is another somebody; the same of IPv6 is not.
        assert_eq!(tried(&refusals, later, &actor(1, "203.0.113.10"), "GET /api/teams", 1), (1, 1));
        assert_eq!(tried(&refusals, later, &actor(1, "2001:db8::1"), "GET /api/teams", 1), (1, 1));
        assert_eq!(tried(&refusals, later, &actor(1, "2001:db8::2"), "GET /api/teams", 1), (0, 0));
    }

    #[tokio::test]
    async fn neither_many_doors_nor_many_people_make_many_notes() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        let (ada, mut notes, mut all) = (actor(1, "203.0.113.9"), 0, 0);
        for door in 0..1_000 {
            let (noted, times) = tried(&refusals, now, &ada, &format!("GET /api/{door}"), 1);
            (notes, all) = (notes + noted, all + times);
        }
        let left: i64 = {
            let mut counted = refusals.0.lock().expect("no panic");
            counted.end().iter().map(|(_, _, times)| times).sum()
        };
        assert!(notes <= SORTS + 3, "{notes}");
        assert_eq!(all + left, 1_000, "nothing is lost");
        for id in 0..50_000 {
            tried(&refusals, now, &actor(id, "203.0.113.9"), "GET /api/roles", 1);
        }
        assert!(refusals.0.lock().expect("no panic").tries.len() <= MOST + 1);
        // Whom nobody knows makes no note, however often.
        assert_eq!(tried(&refusals, now, &None, "GET /api/roles", 1_000), (0, 0));
    }
}
