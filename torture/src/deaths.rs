//! Who dies, when and how: at a fail point, at any moment, by a power cut; or stands still for longer than its leases.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use sim::Dice;

use crate::disk::mount::Mounted;
use crate::ledger::Ledger;
use crate::node::Node;
use crate::plan::{Breaks, Plan, Power};
use crate::points;

/// How long a process may live before it reaches its fail point.
const LIFE: Duration = Duration::from_secs(4);
/// The same at the last try.
const LONG_LIFE: Duration = Duration::from_secs(15);
/// On PostgreSQL everybody's clock jumps by this at each death, so that the leases of the dead are over and those of the
/// living are lost in the middle of their work. Longer than the longest lease.
const JUMP: Duration = Duration::from_secs(11 * 60);

/// What the killers of a run share.
pub(crate) struct Deaths {
    /// Fail points still to die at, with the tries so far.
    ahead: Mutex<Vec<(String, u8)>>,
    random: AtomicUsize,
    pauses: AtomicUsize,
    pub(crate) killed: AtomicUsize,
    pub(crate) paused: AtomicUsize,
    clock: Option<Clock>,
    /// Whether the clock jumps again while something waits.
    pub(crate) jumps_again: bool,
    pub(crate) disk: Option<Mutex<Mounted>>,
    ledger: Arc<Ledger>,
    power: Power,
    tries: u8,
    pub(crate) cuts: AtomicUsize,
    pub(crate) slowest: Mutex<Duration>,
}

/// The clock of the product and of the providers: the real one, and how far it has jumped.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    ahead: Arc<AtomicI64>,
    file: PathBuf,
}

impl Clock {
    /// One that has not jumped yet, and tells the processes by a file.
    pub(crate) fn new(file: &Path) -> Self {
        Self { ahead: Arc::default(), file: file.to_owned() }
    }

    /// Puts it ahead.
    pub(crate) fn jump(&self, by: Duration) -> anyhow::Result<()> {
        let by = i64::try_from(by.as_millis())?;
        let ahead = self.ahead.fetch_add(by, Ordering::Relaxed) + by;
        // Nobody may ever read half a number.
        let next = self.file.with_extension(format!("{ahead}"));
        std::fs::write(&next, ahead.to_string())?;
        std::fs::rename(next, &self.file)?;
        Ok(())
    }

    /// When something began that has lasted so long, as long as it has not jumped.
    pub(crate) fn began(&self, since: Duration) -> i64 {
        self.now() - self.ahead.load(Ordering::Relaxed) - i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "the world outside the product has a clock of its own")]
        let real = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let real = real.map_or(0, |passed| i64::try_from(passed.as_millis()).unwrap_or(i64::MAX));
        real + self.ahead.load(Ordering::Relaxed)
    }
}

impl Deaths {
    /// What the plan wants, in the order of the seed.
    pub(crate) fn plan(
        plan: &Plan,
        root: &Path,
        ledger: Arc<Ledger>,
        clock: Option<Clock>,
        disk: Option<Mounted>,
    ) -> anyhow::Result<Self> {
        let mut ahead = Vec::new();
        for point in points::all(root)?.into_iter().filter(|name| points::is_on(name, plan.postgres)) {
            if point == points::NIGHTLY {
                continue;
            }
            ahead.extend(std::iter::repeat_n((point, 0), plan.at_each));
        }
        Dice::new(plan.seed.wrapping_add(5)).shuffle(&mut ahead);
        ahead.truncate((ahead.len() * usize::from(plan.share)).div_ceil(100));
        Ok(Self {
            ahead: Mutex::new(ahead),
            random: AtomicUsize::new(plan.at_random),
            pauses: AtomicUsize::new(plan.pauses),
            killed: AtomicUsize::new(0),
            paused: AtomicUsize::new(0),
            clock,
            jumps_again: plan.breaks == Breaks::Provider,
            disk: disk.map(Mutex::new),
            ledger,
            power: plan.power,
            tries: plan.tries,
            cuts: AtomicUsize::new(0),
            slowest: Mutex::default(),
        })
    }

    /// The clock jumps, where it is to.
    pub(crate) fn jump(&self) -> anyhow::Result<()> {
        self.clock.as_ref().map_or(Ok(()), |clock| clock.jump(JUMP))
    }

    /// The power goes, where it is to go. Half of the time the disk has written nothing on its own account.
    fn cut(&self, dice: &mut Dice) -> anyhow::Result<()> {
        let Some(disk) = &self.disk else { return Ok(()) };
        let luck = if self.power == Power::CutUnsynced || dice.chance(50) { 0 } else { 30 };
        disk.lock().unwrap_or_else(PoisonError::into_inner).cut(dice, luck)?;
        self.cuts.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Waits until something was acknowledged that a cut could take away.
    async fn something_to_lose(&self) {
        let (begun, before) = (Instant::now(), self.ledger.book().acked.len());
        while self.ledger.book().acked.len() < before + 5 && begun.elapsed() < LONG_LIFE * 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn next(&self) -> Option<(String, u8)> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn again(&self, point: String, tries: u8) {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner).insert(0, (point, tries));
    }
}

fn take_one(count: &AtomicUsize) -> bool {
    count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

/// One node's lives. Returns it running and unarmed.
pub(crate) async fn kill_again_and_again(
    mut node: Node,
    mut dice: Dice,
    deaths: Arc<Deaths>,
    pauses: bool,
) -> anyhow::Result<Node> {
    let mut lives = 0;
    loop {
        let random = dice.chance(25) && take_one(&deaths.random);
        let point = if random { None } else { deaths.next() };
        if point.is_none() && !random && !take_one(&deaths.random) {
            break;
        }
        lives += 1;
        node.kill().await?;
        deaths.jump()?;
        deaths.cut(&mut dice)?;
        let (armed, life) = match &point {
            Some((name, 0)) => (format!("{name}:{}", 1 + dice.next() % 4), LIFE),
            Some((name, 1)) => (format!("{name}:1"), LIFE),
            Some((name, _)) => (format!("{name}:1"), LONG_LIFE),
            // A cut is worth more when something was written before it.
            None if deaths.disk.is_some() => (String::new(), Duration::from_millis(500 + dice.next() % 3000)),
            None => (String::new(), Duration::from_millis(20 + dice.next() % 1500)),
        };
        let unsynced = ("FAIL_UNSYNCED", "1".to_owned());
        let variables = if deaths.power == Power::CutUnsynced { vec![unsynced] } else { Vec::new() };
        let begun = Instant::now();
        node.spawn(&armed, &variables)?;
        if node.listens().await? {
            let mut slowest = deaths.slowest.lock().unwrap_or_else(PoisonError::into_inner);
            *slowest = (*slowest).max(begun.elapsed());
        }
        if pauses && point.is_none() && take_one(&deaths.pauses) {
            tokio::time::sleep(Duration::from_secs(1)).await;
            node.signal(Signal::SIGSTOP)?;
            tokio::time::sleep(Duration::from_secs(35)).await;
            node.signal(Signal::SIGCONT)?;
            deaths.paused.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        if deaths.disk.is_some() {
            deaths.something_to_lose().await;
        }
        if point.as_ref().is_some_and(|(name, _)| name.starts_with("handover.")) {
            node.signal(Signal::SIGTERM)?;
        }
        if !node.ends_within(life).await? {
            node.kill().await?;
            deaths.killed.fetch_add(1, Ordering::Relaxed);
            if let Some((name, tries)) = point.filter(|(_, tries)| *tries < deaths.tries) {
                deaths.again(name, tries + 1);
            }
        }
    }
    if lives == 0 {
        anyhow::ensure!(!node.is_dead()?, "a process ended, and nobody had told it to");
        return Ok(node);
    }
    node.kill().await?;
    deaths.cut(&mut dice)?;
    node.spawn("", &[])?;
    node.listens().await?;
    Ok(node)
}
