//! One run: a store, its processes, the world around them, many deaths, and the verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use sim::Dice;

use crate::agents;
use crate::bus::{Bus, Line};
use crate::carrier::Carrier;
use crate::check::{self, Finding, Seen, Wrong};
use crate::crossing::{Called, Delays};
use crate::customers;
use crate::deaths::{Clock, Deaths, kill_again_and_again};
use crate::disk::mount::Mounted;
use crate::forget;
use crate::image::Source;
use crate::knowledge;
use crate::node::{self, Place};
use crate::outage::{self, Outages};
use crate::plan::{Breaks, Plan, Power};
use crate::points;
use crate::postgres::Postgres;
use crate::watch::Watchers;
use crate::wire::Wire;
use crate::world::{World, left, received};

/// How long everything may take to come to rest in the end.
const REST: Duration = Duration::from_secs(240);
/// Where a provider was in trouble, what waits for its next try waits so long for the clock to jump.
const JUMP_AGAIN: Duration = Duration::from_secs(5);

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
    /// How long those who came back took to be told what they had missed.
    pub(crate) caught_up: Delays,
    /// From the acknowledgement of a reply until a provider that is well had it, while another one was in trouble and
    /// while none was.
    pub(crate) left: Option<(Delays, Delays)>,
    /// From the acknowledgement at one node until it was seen at the other, with calls over the bus and without.
    pub(crate) crossed: Option<(Delays, Delays)>,
    /// The longest time from a start to listening.
    pub(crate) slowest_start: Duration,
    pub(crate) took: Duration,
}

/// Does it. `root` is the checkout, `scratch` a folder that is not needed afterwards.
pub(crate) async fn run(plan: &Plan, root: &Path, program: &Path, scratch: &Path) -> anyhow::Result<Outcome> {
    let began = Instant::now();
    let folder = scratch.join(plan.name);
    std::fs::create_dir_all(&folder)?;
    let disk = plan.has_disk().then(|| Mounted::new(&folder.join("data"))).transpose()?;
    let mut server = match plan.postgres {
        true => Some(Postgres::start(&folder.join("postgres")).await?),
        false => None,
    };
    let wire = match &server {
        Some(server) => Some(Wire::start(server.port()).await?),
        None => None,
    };
    let mut bus = match plan.breaks {
        Breaks::Bus => Some(Bus::start(&folder).await?),
        _ => None,
    };
    let mut lines = Vec::new();
    if let Some(bus) = &bus {
        for _ in 0..2 {
            lines.push(Line::start(bus).await?);
        }
    }
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
        buses: lines.iter().map(Line::url).collect(),
    };
    let clock = Clock::new(&place.clock);
    let mut world = World::begin(plan, place, &clock).await?;
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
        let seed = plan.seed.wrapping_mul(31).wrapping_add(agent);
        replying.push(tokio::spawn(agents::reply(
            world.carrier.clone(),
            world.sims.clone(),
            world.door.inbox.clone(),
            plan.pause,
            seed,
            stop.clone(),
        )));
    }
    replying.push(tokio::spawn(forget::erase(world.carrier.clone(), world.door.clone(), stop.clone())));
    let tables = if plan.long { 60 } else { 8 };
    replying.push(tokio::spawn(knowledge::take_in(world.carrier.clone(), tables, stop.clone())));
    let watchers = Watchers::new(world.carrier.clone()).await?;
    let watching: Vec<_> = (0..plan.watchers.max(world.nodes.len()))
        .map(|at| tokio::spawn(watchers.clone().watch(at)))
        .collect();

    let mut killing = Vec::new();
    let mut dice = Dice::new(plan.seed.wrapping_add(9));
    let mut outcome = Outcome::default();
    let deaths = Arc::new(Deaths::plan(
        plan,
        root,
        world.ledger.clone(),
        plan.has_jumps().then(|| clock.clone()),
        disk,
    )?);
    let mut troubles = Vec::new();
    outcome.outages = match (plan.breaks, &mut server, &wire, &deaths.disk, &mut bus) {
        (Breaks::Server, Some(server), Some(wire), ..) => {
            outage::of_database(server, wire, &world.ledger, &mut dice, plan.outages).await?
        }
        (Breaks::Disk, .., Some(disk), _) => {
            outage::disk::for_a_while(disk, &world.carrier, &mut dice, plan.outages).await?
        }
        (Breaks::EachWrite, .., Some(disk), _) => {
            let mut done = outage::disk::once_each(disk, &world.carrier, plan.outages).await?;
            let node = world.nodes.first_mut().context("a node")?;
            ensure!(!node.is_dead()?, "a process ended because a write failed");
            let (step, places) = if plan.long { (1, 500) } else { (7, 8) };
            let places = (0..places).map(|place| place * step);
            outage::disk::at_starts(disk, &world.carrier, node, places, &mut done).await?;
            done
        }
        (Breaks::Provider, ..) => {
            let front = world.front.as_ref().context("a front")?;
            let node = world.nodes.first().context("a node")?;
            let (done, when) = outage::provider::trouble(front, node, &world.ledger, plan).await?;
            troubles = when;
            done
        }
        (Breaks::Bus, .., Some(bus)) => {
            let crossing = world.carrier.crossing.as_ref().context("a measure")?;
            let away = Duration::from_secs(if plan.long { 60 } else { 4 });
            let how = (plan.outages, away);
            outage::bus::fail(bus, &lines, crossing, &world.ledger, &mut dice, how).await?
        }
        _ => Outages::default(),
    };
    for (number, node) in std::mem::take(&mut world.nodes).into_iter().enumerate() {
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
    for task in replying {
        task.await??;
    }
    if plan.breaks == Breaks::Provider {
        outcome.left = Some(left(&world, &clock, &troubles));
    }
    let mut source = rest(&world.place, &world.carrier, &deaths, server.as_ref()).await?;
    watchers.stop.store(true, Ordering::Relaxed);
    for watcher in watching {
        watcher.await??;
    }
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
        outcome.caught_up = book.caught_up.iter().copied().collect();
        if plan.watchers > 1 && book.resets > 0 {
            let what =
                format!("{} of {} watchers were told to read everything anew", book.resets, plan.watchers);
            outcome.found.push(Finding { wrong: Wrong::Trouble, what });
        }
    }
    if let Some(crossing) = &world.carrier.crossing {
        outcome.crossed = Some((crossing.delays(Called::Yes), crossing.delays(Called::No)));
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

/// Waits until nothing is left to do anywhere, and opens the store.
async fn rest(
    place: &Place,
    carrier: &Carrier,
    deaths: &Deaths,
    server: Option<&Postgres>,
) -> anyhow::Result<Source> {
    // What the dead held is free when their leases are over; nobody waits for that here.
    deaths.jump()?;
    let mut source = match server {
        Some(server) => Source::postgres(&server.url()).await?,
        None => Source::sqlite(&PathBuf::from(&place.database))?,
    };
    let began = Instant::now();
    let mut quiet = Instant::now();
    let (mut known, mut jumps) = (0, 0);
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let acked = carrier.ledger.book().acked.len();
        let left = source.left().await?;
        if left > 0 && (began.elapsed() > JUMP_AGAIN * (jumps + 1)) && deaths.jumps_again {
            deaths.jump()?;
            jumps += 1;
        }
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
