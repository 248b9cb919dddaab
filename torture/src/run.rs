//! One run: a store, its processes, the world around them, many deaths, and the verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use sim::{Dice, Sim};
use tokio::io::AsyncWriteExt as _;

use crate::agents::{self, Browser, OWNER};
use crate::carrier::{Carrier, Weather};
use crate::check::{self, Finding, Received, Seen, Wrong};
use crate::customers::{self, Load};
use crate::disk::mount::Mounted;
use crate::forget::{self, Door};
use crate::image::Source;
use crate::ledger::Ledger;
use crate::node::{self, Node, Place};
use crate::outage::{self, Outages};
use crate::points;
use crate::postgres::Postgres;
use crate::wire::Wire;

/// Signs every delivery.
const SECRET: &str = "torture-app-secret";
/// How long a process may live before it reaches its fail point.
const LIFE: Duration = Duration::from_secs(4);
/// The same at the last try.
const LONG_LIFE: Duration = Duration::from_secs(15);
/// How long everything may take to come to rest in the end.
const REST: Duration = Duration::from_secs(180);
/// On PostgreSQL everybody's clock jumps by this at each death, so that the leases of the dead are over and those of the
/// living are lost in the middle of their work. Longer than the longest lease.
const JUMP: Duration = Duration::from_secs(11 * 60);

/// What is to happen.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) postgres: bool,
    pub(crate) seed: u64,
    /// The run lasts until so many deliveries were acknowledged.
    pub(crate) deliveries: usize,
    pub(crate) load: Load,
    /// How many numbers there are.
    pub(crate) numbers: usize,
    /// How often a process dies at each fail point.
    pub(crate) at_each: usize,
    /// At which share of the fail points, in percent; the seed chooses.
    pub(crate) share: u8,
    /// How often a fail point is tried again that a process did not reach in its time.
    pub(crate) tries: u8,
    /// Whether it is wrong when a process died at a point less often than planned. Whether somebody came by at all is
    /// looked at in any case.
    pub(crate) strict: bool,
    /// How many deaths at any moment.
    pub(crate) at_random: usize,
    /// How often, on PostgreSQL, a process stands still for longer than its leases.
    pub(crate) pauses: usize,
    /// Every death is a power cut: the disk forgets what was not synced.
    pub(crate) power: Power,
    /// How often the database server or the disk fails, while the processes live on.
    pub(crate) outages: usize,
}

/// What a death does to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    /// Nothing: the system goes on.
    Stays,
    /// What was not synced is forgotten.
    Cut,
    /// The same, and the store does not wait for the disk: this run has to find losses.
    CutUnsynced,
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) found: Vec<Finding>,
    pub(crate) seen: Seen,
    /// Deaths by fail point.
    pub(crate) died: BTreeMap<String, usize>,
    /// Fail points of this engine that nobody came to, or died at as often as planned.
    pub(crate) missed: BTreeSet<String>,
    /// Deaths from outside.
    pub(crate) killed: usize,
    pub(crate) pauses: usize,
    /// How often the power went, how many changes that threw away, and how many syncs there were.
    pub(crate) cuts: (usize, u64, u64),
    pub(crate) outages: Outages,
    pub(crate) deliveries: usize,
    pub(crate) attempts: u64,
    pub(crate) repeated: u64,
    pub(crate) delayed: u64,
    pub(crate) erased: usize,
    pub(crate) told: u64,
    pub(crate) resumed: u64,
    /// The longest time from a start to listening.
    pub(crate) slowest_start: Duration,
    pub(crate) took: Duration,
}

/// What the killers of a run share.
struct Deaths {
    /// Fail points still to die at, with the tries so far.
    ahead: Mutex<Vec<(String, u8)>>,
    random: AtomicUsize,
    pauses: AtomicUsize,
    killed: AtomicUsize,
    paused: AtomicUsize,
    clock: Option<Clock>,
    disk: Option<Mutex<Mounted>>,
    ledger: Arc<Ledger>,
    power: Power,
    tries: u8,
    cuts: AtomicUsize,
    slowest: Mutex<Duration>,
}

/// The clock of the product and of the providers: the real one, and how far it has jumped.
#[derive(Clone, Debug)]
struct Clock {
    ahead: Arc<AtomicI64>,
    file: PathBuf,
}

impl Clock {
    fn jump(&self, by: Duration) -> anyhow::Result<()> {
        let by = i64::try_from(by.as_millis())?;
        let ahead = self.ahead.fetch_add(by, Ordering::Relaxed) + by;
        // Nobody may ever read half a number.
        let next = self.file.with_extension(format!("{ahead}"));
        std::fs::write(&next, ahead.to_string())?;
        std::fs::rename(next, &self.file)?;
        Ok(())
    }

    fn now(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "the world outside the product has a clock of its own")]
        let real = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let real = real.map_or(0, |passed| i64::try_from(passed.as_millis()).unwrap_or(i64::MAX));
        real + self.ahead.load(Ordering::Relaxed)
    }
}

/// Does it. `root` is the checkout, `scratch` a folder that is not needed afterwards.
pub(crate) async fn run(plan: &Plan, root: &Path, program: &Path, scratch: &Path) -> anyhow::Result<Outcome> {
    let began = Instant::now();
    let folder = scratch.join(plan.name);
    std::fs::create_dir_all(&folder)?;
    let disk = match plan.power {
        Power::Stays if plan.postgres || plan.outages == 0 => None,
        _ => Some(Mounted::new(&folder.join("data"))?),
    };
    let mut server = match plan.postgres {
        true => Some(Postgres::start(&folder.join("postgres")).await?),
        false => None,
    };
    let wire = match &server {
        Some(server) => Some(Wire::start(server.port()).await?),
        None => None,
    };
    let database = match &wire {
        Some(wire) => wire.url(),
        None => folder.join("data").join("bellhop.db").display().to_string(),
    };
    let place = Place {
        program: program.to_owned(),
        database,
        media: folder.join("data").join("media"),
        allowed: Vec::new(),
        log: folder.join("points"),
        said: folder.join("said"),
        clock: folder.join("clock"),
    };
    let clock = Clock { ahead: Arc::default(), file: place.clock.clone() };
    let world = World::begin(plan, place, &clock).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(customers::write(
        world.sims.clone(),
        world.carrier.clone(),
        plan.load,
        plan.seed,
        stop.clone(),
    ));
    let mut replying = Vec::new();
    for agent in 1..=2_u64 {
        let pause = Duration::from_millis(60);
        let seed = plan.seed.wrapping_mul(31).wrapping_add(agent);
        replying.push(tokio::spawn(agents::reply(
            world.carrier.clone(),
            world.sims.clone(),
            world.door.inbox.clone(),
            pause,
            seed,
            stop.clone(),
        )));
    }
    replying.push(tokio::spawn(forget::erase(world.carrier.clone(), world.door.clone(), stop.clone())));
    let watched = Arc::new(AtomicBool::new(false));
    replying.push(tokio::spawn(agents::watch(world.carrier.clone(), watched.clone())));

    let mut killing = Vec::new();
    let mut dice = Dice::new(plan.seed.wrapping_add(9));
    let mut outcome = Outcome::default();
    let deaths =
        Arc::new(Deaths::plan(plan, root, world.ledger.clone(), plan.postgres.then(|| clock.clone()), disk)?);
    if plan.outages > 0 {
        outcome.outages = match (&mut server, &wire, &deaths.disk) {
            (Some(server), Some(wire), _) => {
                outage::of_database(server, wire, &world.ledger, &mut dice, plan.outages).await?
            }
            (_, _, Some(disk)) => outage::of_disk(disk, &world.ledger, &mut dice, plan.outages).await?,
            _ => bail!("nothing can fail in this plan"),
        };
    }
    for (number, node) in world.nodes.into_iter().enumerate() {
        let dice = Dice::new(plan.seed.wrapping_add(1000 + number as u64));
        killing.push(tokio::spawn(kill_again_and_again(node, dice, deaths.clone(), number == 1)));
    }
    let mut nodes = Vec::new();
    for task in killing {
        nodes.push(task.await??);
    }
    while world.ledger.book().acked.len() < plan.deliveries {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let begun = Instant::now();
    // Where losses are wanted, whoever waits to be erased may have lost what they wait for.
    while plan.power != Power::CutUnsynced && !world.ledger.book().is_enough() && begun.elapsed() < REST {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.store(true, Ordering::Relaxed);
    writing.await?;
    let watching = replying.pop().context("a watcher")?;
    for task in replying {
        task.await??;
    }
    let mut source = rest(&world.place, &world.carrier, &deaths, server.as_ref()).await?;
    watched.store(true, Ordering::Relaxed);
    watching.await??;
    forget::look_at_receipts(&world.carrier).await?;
    if plan.at_each > 0 {
        forget::write_rule(&world.carrier, &world.door).await?;
        let (first, others) = nodes.split_first_mut().context("a node")?;
        for node in others {
            node.stop().await?;
        }
        let number = world.door.number();
        let files = source.files_of(&number).await?;
        forget::night(first, &mut source, &world.door, |by| clock.jump(by)).await?;
        let mut book = world.ledger.book();
        (book.expired, book.expired_files) = (Some(number), files);
    }
    for node in &mut nodes {
        node.stop().await?;
    }
    for damage in source.damage().await? {
        outcome.found.push(Finding { wrong: Wrong::Damaged, what: damage });
    }
    let image = source.read().await?;
    let received = received(&world.sims);
    {
        let book = world.ledger.book();
        let (found, seen) = check::check(&book, &image, &received, Some(&world.place.media));
        outcome.found.extend(found);
        outcome.seen = seen;
        (outcome.deliveries, outcome.attempts) = (book.acked.len(), book.attempts);
        (outcome.repeated, outcome.delayed) = (book.repeated, book.delayed);
        outcome.erased = book.erased.len();
        (outcome.told, outcome.resumed) = (book.events, book.resumed);
    }
    let reached = node::reached(&world.place.log)?;
    for point in points::all(root)?.into_iter().filter(|name| points::is_on(name, plan.postgres)) {
        let deaths = reached.get(&point).copied();
        let wanted = if point == points::NIGHTLY { 1 } else { plan.at_each };
        let too_few = plan.strict && deaths.is_some_and(|deaths| deaths < wanted);
        let never = deaths.is_none() && plan.at_each > 0 && (plan.strict || points::is_soon(&point));
        if never || too_few {
            outcome.missed.insert(point.clone());
        }
        outcome.died.insert(point, deaths.unwrap_or(0));
    }
    outcome.killed = deaths.killed.load(Ordering::Relaxed);
    outcome.pauses = deaths.paused.load(Ordering::Relaxed);
    outcome.slowest_start = *deaths.slowest.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(disk) = &deaths.disk {
        let mounted = disk.lock().unwrap_or_else(PoisonError::into_inner);
        let disk = mounted.disk();
        outcome.cuts = (deaths.cuts.load(Ordering::Relaxed), disk.forgotten, disk.syncs);
    }
    outcome.took = began.elapsed();
    for sim in world.sims.iter().chain([&world.door.sim]) {
        sim.stop().await;
    }
    if let Some(mut server) = server {
        server.stop("fast").await?;
    }
    Ok(outcome)
}

/// The product with its numbers connected, and the providers.
struct World {
    place: Place,
    ledger: Arc<Ledger>,
    carrier: Arc<Carrier>,
    /// The providers of the numbers that agents answer.
    sims: Vec<Sim>,
    door: Door,
    nodes: Vec<Node>,
}

impl World {
    async fn begin(plan: &Plan, mut place: Place, clock: &Clock) -> anyhow::Result<Self> {
        let mut sims = Vec::new();
        for number in 0..=plan.numbers {
            let clock = clock.clone();
            let config = sim::Config {
                app_secret: SECRET.to_owned(),
                phone_number_id: format!("1055501001{number:05}"),
                waba_id: format!("2055501001{number:05}"),
                display_phone_number: format!("+1 555-020-{number:04}"),
                seed: plan.seed.wrapping_add(number as u64),
                automatic: true,
                now: Arc::new(move || clock.now()),
                ..sim::Config::test()
            };
            sims.push(Sim::start(config).await?);
        }
        place.allowed = sims.iter().map(|sim| sim.address().to_string()).collect();
        make_owner(&place).await?;
        let mut nodes = Vec::new();
        for number in 0..if plan.postgres { 2 } else { 1 } {
            nodes.push(Node::new(place.clone(), number)?);
        }
        let ledger = Arc::new(Ledger::new());
        let addresses = nodes.iter().map(Node::address).collect();
        let weather = Weather { twice: 30, late: 20 };
        let carrier =
            Carrier::start(ledger.clone(), addresses, SECRET.to_owned(), plan.seed.wrapping_add(77), weather)
                .await?;
        for node in &mut nodes {
            node.spawn("", &[])?;
            node.listens().await?;
        }
        let mut owner = Browser::sign_in(&carrier).await?;
        let mut inboxes = Vec::new();
        for (number, sim) in sims.iter().enumerate() {
            let (inbox, hook) = owner.connect(sim).await?;
            inboxes.push(inbox);
            carrier.connect(hook);
            sim.set_webhook(&carrier.address(number));
        }
        let (sim, inbox) = sims.pop().zip(inboxes.pop()).context("a number")?;
        Ok(Self { place, ledger, carrier, sims, door: Door { sim, inbox }, nodes })
    }
}

async fn make_owner(place: &Place) -> anyhow::Result<()> {
    let mut command = place.command(1);
    command.args(["user", "create", "--email", OWNER.0, "--name", "Olga", "--password-stdin"]);
    command.stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", place.program.display()))?;
    let mut line = child.stdin.take().context("no input")?;
    line.write_all(format!("{}\n", OWNER.1).as_bytes()).await?;
    drop(line);
    let ended = child.wait_with_output().await?;
    if !ended.status.success() {
        bail!("cannot make the owner: {}", String::from_utf8_lossy(&ended.stderr));
    }
    Ok(())
}

/// What the providers hold of our replies.
fn received(sims: &[Sim]) -> Received {
    let mut all = Vec::new();
    for sim in sims {
        let mut by_customer: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for customer in sim.customers() {
            let texts = sim.received(&customer.id).into_iter().filter_map(|message| message.text);
            by_customer.insert(customer.user_id, texts.collect());
        }
        all.extend(by_customer.into_values());
    }
    all
}

impl Deaths {
    fn plan(
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
            disk: disk.map(Mutex::new),
            ledger,
            power: plan.power,
            tries: plan.tries,
            cuts: AtomicUsize::new(0),
            slowest: Mutex::default(),
        })
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
async fn kill_again_and_again(
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
        if let Some(clock) = &deaths.clock {
            clock.jump(JUMP)?;
        }
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

/// Waits until nothing is left to do anywhere, and opens the store.
async fn rest(
    place: &Place,
    carrier: &Carrier,
    deaths: &Deaths,
    server: Option<&Postgres>,
) -> anyhow::Result<Source> {
    if let Some(clock) = &deaths.clock {
        // What the dead held is free when their leases are over; nobody waits for that here.
        clock.jump(JUMP)?;
    }
    let mut source = match server {
        Some(server) => Source::postgres(&server.url()).await?,
        None => Source::sqlite(&PathBuf::from(&place.database))?,
    };
    let began = Instant::now();
    let mut quiet = Instant::now();
    let mut known = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let acked = carrier.ledger.book().acked.len();
        let left = source.left().await?;
        if acked != known || left > 0 || carrier.under_way() > 0 {
            (known, quiet) = (acked, Instant::now());
        }
        // A status comes within a second of what it is about.
        if quiet.elapsed() > Duration::from_secs(3) {
            return Ok(source);
        }
        if began.elapsed() > REST {
            // The checker says what is left.
            return Ok(source);
        }
    }
}
