//! The number of this process among those that share a database. It is part of every id that the process makes.
//!
//! A number is held by lease, and the lease is a stretch of time of which only its holder makes ids ([`Ids`]). The next
//! holder's stretch begins where the last one's ends. So neither a clock that is wrong nor a process that slept and goes
//! on can make an id a second time; the lease's end only says when a silent holder's number may go to another.

use std::sync::Arc;
use std::time::Duration;

use model::{Clock, Entropy, Ids, MAX_NODE, Millis};
use store::node::NodeRow;
use store::{Db, Engine};

use crate::{App, Error, Result};

/// How far the stretch reaches ahead of the clock, and how often it is lengthened.
const LEASE: Millis = Millis::seconds(20);
const RENEW: Duration = Duration::from_secs(5);
/// The same for the one process of an embedded database: nobody waits for its number, and an idle machine's disk is left
/// alone.
const LEASE_ALONE: Millis = Millis::minutes(5);
const RENEW_ALONE: Duration = Duration::from_secs(120);
/// The shortest stretch: when it begins ahead of the clock, because the last holder was killed a moment ago.
const SHORTEST: Millis = Millis::seconds(1);
/// Nobody makes an id that has a place in an order when the stretch is that near its end: its lengthening has failed
/// then, or the clock jumped.
const NEAR: Millis = Millis::seconds(10);
/// How long a holder must have been silent after its lease ended before its number is given to another.
const SILENCE: Millis = Millis::minutes(5);

/// What a node tells the others about itself.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Machine and address, for people.
    pub name: String,
    /// What it does.
    pub roles: String,
}

/// A number that this process holds, and the ids that it may make.
pub struct Lease {
    number: u16,
    /// Empty when the number is nobody else's for ever.
    instance: String,
    ids: Arc<Ids>,
    /// One lengthens the stretch for all who wait for it.
    lengthening: tokio::sync::Mutex<()>,
}

/// A node that runs, or did not say goodbye.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its number.
    pub number: i64,
    /// Machine and address.
    pub name: String,
    /// What it does.
    pub roles: String,
    /// The program's version.
    pub version: String,
    /// When it started.
    pub started_at: Millis,
    /// Whether its lease has run out: it was killed or cannot reach the database.
    pub silent: bool,
}

impl Lease {
    /// A number that nobody else ever holds; for tests.
    pub fn fixed(clock: Arc<dyn Clock>, number: u16) -> Self {
        Self {
            number,
            instance: String::new(),
            ids: Arc::new(Ids::new(clock, number)),
            lengthening: tokio::sync::Mutex::default(),
        }
    }

    /// Takes a number. The embedded database belongs to one process, which is always number 0; on a server it is one
    /// that nobody held yet, else the one that is free for longest.
    ///
    /// # Errors
    /// When the database does not answer, or all 1024 numbers are held.
    pub async fn take(db: &Db, clock: Arc<dyn Clock>, entropy: &dyn Entropy, about: &About) -> Result<Self> {
        let mut random = [0; 16];
        entropy.fill(&mut random);
        let instance = hex::encode(random);
        let alone = db.engine() == Engine::Sqlite;
        loop {
            let (now, about, instance) = (clock.now(), about.clone(), instance.clone());
            let taken: Option<(NodeRow, Millis)> = db
                .write(move |tx| {
                    Box::pin(async move {
                        let known = store::node::all(tx).await?;
                        let (number, seen) = choose(&known, now, alone).ok_or_else(all_held)?;
                        let begin = seen.map_or(Millis(0), |row| row.lease_until);
                        let lease_until = (now + lease(alone)).max(begin + SHORTEST);
                        let new = NodeRow {
                            number,
                            instance,
                            lease_until,
                            started_at: now,
                            name: about.name,
                            roles: about.roles,
                            version: env!("CARGO_PKG_VERSION").to_owned(),
                        };
                        let taken = store::node::take(tx, &new, seen).await?;
                        Ok::<_, Error>(taken.then_some((new, begin)))
                    })
                })
                .await?;
            // Somebody was faster: look again.
            let Some((row, begin)) = taken else { continue };
            store::fail_point!("node.taken");
            let number = u16::try_from(row.number).map_err(Error::internal)?;
            // Not before now, whenever the number's last stretch ended: what is made after a clock has jumped beyond the
            // stretch counts on from here, and must not look years old.
            let ids = Arc::new(Ids::between(clock, number, begin.max(row.started_at), row.lease_until));
            return Ok(Self {
                number,
                instance: row.instance,
                ids,
                lengthening: tokio::sync::Mutex::default(),
            });
        }
    }

    /// The number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Makes this node's ids.
    pub fn ids(&self) -> &Arc<Ids> {
        &self.ids
    }

    /// Lengthens the lease once; `false` when somebody else holds the number.
    async fn renew(&self, db: &Db, now: Millis) -> Result<bool> {
        let (number, instance) = (i64::from(self.number), self.instance.clone());
        let until = (now + lease(db.engine() == Engine::Sqlite)).max(self.ids.used_until() + SHORTEST);
        let held = db
            .write(move |tx| {
                Box::pin(
                    async move { Ok::<_, Error>(store::node::renew(tx, number, &instance, until).await?) },
                )
            })
            .await?;
        if held {
            self.ids.extend(until);
        }
        Ok(held)
    }

    /// Sees to it that the next ids stand after those that any node made before. A stretch that is over gives ids
    /// still, so that nothing stops; but they belong to its end, and after some time without the database a message
    /// with such an id would be shown above one that another node kept meanwhile.
    pub(crate) async fn in_time(&self, db: &Db, now: Millis) -> Result<()> {
        let is_near = || self.ids.ends_before(now + NEAR);
        if !is_near() {
            return Ok(());
        }
        let _one = self.lengthening.lock().await;
        if is_near() && !self.renew(db, now).await? {
            return Err(Error::Unavailable);
        }
        Ok(())
    }

    /// The next id that stands after those that any node made before ([`Self::in_time`]), also when the clock jumps
    /// between the look at it and the id.
    pub(crate) async fn next_in_time<I: From<i64>>(&self, db: &Db, now: impl Fn() -> Millis) -> Result<I> {
        loop {
            self.in_time(db, now()).await?;
            let id = self.ids.next_raw();
            if !self.ids.ends_before(now()) {
                return Ok(I::from(id));
            }
        }
    }
}

fn lease(alone: bool) -> Millis {
    if alone { LEASE_ALONE } else { LEASE }
}

/// The number to take, and its row where it has one.
fn choose(known: &[NodeRow], now: Millis, alone: bool) -> Option<(i64, Option<&NodeRow>)> {
    if alone {
        return Some((0, known.iter().find(|row| row.number == 0)));
    }
    let unused = (0..=i64::from(MAX_NODE)).find(|number| known.iter().all(|row| row.number != *number));
    if let Some(number) = unused {
        return Some((number, None));
    }
    let free = |row: &&NodeRow| row.instance.is_empty() || row.lease_until + SILENCE < now;
    known.iter().filter(free).min_by_key(|row| row.lease_until).map(|row| (row.number, Some(row)))
}

fn all_held() -> Error {
    Error::internal("all 1024 node numbers are held by processes that share this database")
}

/// Lengthens the lease until it is lost, which is the moment this returns: somebody else holds the number, so the
/// process must end. While the database is away the number stays ours, as nobody can take it.
pub async fn keep(app: Arc<App>) {
    if app.node.instance.is_empty() {
        return std::future::pending().await;
    }
    let pause = if app.db.engine() == Engine::Sqlite { RENEW_ALONE } else { RENEW };
    loop {
        tokio::time::sleep(pause).await;
        match app.node.renew(&app.db, app.now()).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::error!(node = app.node.number, "another process holds this node's number");
                return;
            }
            Err(error) => tracing::warn!(%error, "cannot lengthen the lease of this node's number"),
        }
    }
}

/// Gives the number back; nothing may make ids afterwards.
pub async fn give_back(app: &App) {
    let (number, instance) = (i64::from(app.node.number), app.node.instance.clone());
    if instance.is_empty() {
        return;
    }
    let until = app.ids.used_until();
    let given = app.write(move |tx| {
        Box::pin(async move { Ok(store::node::give_back(tx, number, &instance, until).await?) })
    });
    let given = given.await;
    store::fail_point!("handover.number");
    if let Err(error) = given {
        // It runs out by itself.
        tracing::warn!(%error, "cannot give this node's number back");
    }
}

/// The nodes that hold a number, ascending. Those that ended without a goodbye are among them for a day.
pub async fn list(app: &App) -> Result<Vec<Node>> {
    let now = app.now();
    let rows = app.read(|tx| Box::pin(async { Ok(store::node::all(tx).await?) })).await?;
    let held = |row: &NodeRow| !row.instance.is_empty() && row.lease_until + Millis::days(1) > now;
    let node = |row: NodeRow| Node {
        number: row.number,
        name: row.name,
        roles: row.roles,
        version: row.version,
        started_at: row.started_at,
        silent: row.lease_until < now,
    };
    Ok(rows.into_iter().filter(held).map(node).collect())
}

#[cfg(test)]
mod tests {
    use model::ManualClock;

    use super::*;
    use crate::system::SystemEntropy;

    const NOW: Millis = Millis(1_790_000_000_000);

    fn row(number: i64, instance: &str, lease_until: Millis) -> NodeRow {
        NodeRow {
            number,
            instance: instance.to_owned(),
            lease_until,
            started_at: NOW,
            name: String::new(),
            roles: String::new(),
            version: String::new(),
        }
    }

    #[test]
    fn a_number_nobody_held_comes_first_and_then_the_one_free_for_longest() {
        let mut known = vec![row(0, "a", NOW + LEASE), row(1, "", NOW)];
        assert_eq!(choose(&known, NOW, false).expect("free").0, 2);
        known.extend((2..=i64::from(MAX_NODE)).map(|number| row(number, "x", NOW + LEASE)));
        assert_eq!(choose(&known, NOW, false).expect("given back").0, 1);
        known[1].instance = "b".to_owned();
        known[7].lease_until = NOW - SILENCE - Millis(1);
        assert_eq!(choose(&known, NOW, false).expect("silent").0, 7);
        known[7].lease_until = NOW - SILENCE;
        assert_eq!(choose(&known, NOW, false), None, "a holder that was heard of lately keeps its number");
        assert_eq!(choose(&known, NOW, true).expect("alone").0, 0, "the embedded database has one holder");
    }

    #[tokio::test]
    async fn nodes_that_start_together_hold_different_numbers() {
        for database in store::testing::databases().await {
            let server = database.db.engine() == Engine::Postgres;
            let clock = Arc::new(ManualClock::at(NOW));
            let db = database.db.clone();
            let about = About { name: "here".to_owned(), roles: "web".to_owned() };
            let take = || Lease::take(&db, clock.clone(), &SystemEntropy, &about);
            let taken = futures_util::future::join_all((0..if server { 8 } else { 1 }).map(|_| take())).await;
            let leases: Vec<Lease> = taken.into_iter().map(|lease| lease.expect("a number")).collect();
            let numbers: std::collections::BTreeSet<u16> = leases.iter().map(Lease::number).collect();
            assert_eq!(numbers.len(), leases.len());
            assert!(numbers.contains(&0));
            for lease in &leases {
                assert!(lease.renew(&db, clock.now()).await.expect("the database answers"));
            }
        }
    }

    #[tokio::test]
    async fn ids_keep_up_with_a_clock_that_jumped() {
        for database in store::testing::databases().await {
            let db = database.db.clone();
            let clock = Arc::new(ManualClock::at(NOW));
            let about = About::default();
            let lease = Lease::take(&db, clock.clone(), &SystemEntropy, &about).await.expect("a number");
            clock.advance(Millis::hours(1));
            let stale = lease.ids().next_raw();
            assert!(model::made_at(stale) < clock.now(), "the stretch is over");
            assert!(model::made_at(stale) >= NOW, "what looks old is forgotten early");
            lease.in_time(&db, clock.now()).await.expect("the database answers");
            assert_eq!(model::made_at(lease.ids().next_raw()), clock.now());
            let begun = clock.now();
            let looks = std::sync::atomic::AtomicUsize::new(0);
            let jumping = || {
                if looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
                    // Just after the first look.
                    let seen = clock.now();
                    clock.advance(Millis::hours(1));
                    return seen;
                }
                clock.now()
            };
            let id: i64 = lease.next_in_time(&db, jumping).await.expect("the database answers");
            assert_eq!(
                model::made_at(id),
                begun + Millis::hours(1),
                "an id of before the jump is thrown away"
            );
        }
    }

    #[tokio::test]
    async fn whoever_loses_a_number_hears_of_it_and_its_successor_begins_after_it() {
        for database in store::testing::databases().await {
            let db = database.db.clone();
            let clock = Arc::new(ManualClock::at(NOW));
            let about = About::default();
            let first = Lease::take(&db, clock.clone(), &SystemEntropy, &about).await.expect("a number");
            let last: i64 = (0..1000).map(|_| first.ids().next_raw()).max().expect("made");
            // As if the first one had been silent for long and all other numbers were held.
            let thief = NodeRow { instance: "thief".to_owned(), ..row(0, "", NOW + Millis::days(1)) };
            let stolen: Result<bool> = db
                .write(move |tx| {
                    Box::pin(async move {
                        let seen = store::node::all(tx).await?.remove(0);
                        Ok(store::node::take(tx, &thief, Some(&seen)).await?)
                    })
                })
                .await;
            assert!(stolen.expect("taken"));
            assert!(!first.renew(&db, clock.now()).await.expect("the database answers"));
            if db.engine() == Engine::Sqlite {
                // A process that is killed and started again at once.
                let next = Lease::take(&db, clock.clone(), &SystemEntropy, &about).await.expect("a number");
                assert_eq!(next.number(), 0);
                let made = next.ids().next_raw();
                assert!(made > last && model::made_at(made) >= NOW + Millis::days(1));
            }
        }
    }
}
