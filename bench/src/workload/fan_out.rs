//! One event to many browsers: many of one workspace, and few of many workspaces.

use std::time::Duration;

use crate::figure::{Figure, Findings};
use crate::load;
use crate::socket::Watch;
use crate::stage::{Running, Stage, sent};

/// Many browsers of one workspace. What a delivery costs is the difference between many browsers and one.
pub(crate) async fn hot(stage: &Stage) -> anyhow::Result<Findings> {
    let (sockets, rate) = (stage.count(500, 1_000), 100.0);
    let mut findings = Findings::default();
    let running = stage.start(1).await?;
    let count = (rate * stage.seconds(5.0, 20.0)).max(20.0) as usize;
    let one = phase(&running, 1, 0, count, rate).await?;
    let many = phase(&running, sockets, count as u64, count, rate).await?;
    let deliveries = many.told - one.told;
    findings.fault(many.outcome.fault());
    findings.add(
        Figure::new(
            format!("processor of a delivery, {sockets} browsers of one workspace"),
            (many.cpu - one.cpu).max(0.0) * 1e6 / deliveries as f64,
            "µs",
        )
        .at_most(2.5)
        .note(format!("{deliveries} deliveries more than with one browser")),
    );
    findings.add(Figure::new("delivered", many.told as f64 / many.outcome.seconds.max(0.1), "/s"));
    let expected = (sockets * count) as f64;
    findings.add(Figure::new("deliveries missing", (expected - many.told as f64).max(0.0), "").at_most(0.0));
    let mut all = sent(0, &one.customers, &one.outcome);
    all.extend(sent(count as u64, &many.customers, &many.outcome));
    let (_, held) = running.finish(&[(0, all)]).await?;
    findings.held(held);
    Ok(findings)
}

/// One load with a number of browsers.
pub(crate) struct Phase {
    customers: Vec<u64>,
    outcome: load::Outcome,
    /// Deliveries to all browsers together.
    pub(crate) told: u64,
    /// The bytes of one delivery, on average.
    pub(crate) size: usize,
    /// Processor seconds.
    pub(crate) cpu: f64,
}

/// Messages at a pace while so many browsers watch.
pub(crate) async fn phase(
    running: &Running,
    sockets: usize,
    from: u64,
    count: usize,
    rate: f64,
) -> anyhow::Result<Phase> {
    let (customers, mut plan) = running.messages(0, from, count, rate);
    let (address, token) = (&running.program.address, &running.desks[0].token);
    let watch = Watch::open(address, token, sockets, count + usize::try_from(from)?, plan.start).await?;
    let before = running.program.rest(Duration::from_secs(30)).await?;
    // Opening the browsers took its time.
    plan.start = std::time::Instant::now() + Duration::from_millis(200);
    let outcome = load::run(&plan).await?;
    running.shown(&watch, count).await?;
    let rested = running.program.rest(Duration::from_secs(30)).await?;
    let (told, size) = (watch.told(), watch.size());
    watch.close();
    // The program notices that they have gone.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(Phase { customers, outcome, told, size, cpu: rested - before })
}

/// Two browsers in each of many workspaces.
pub(crate) async fn wide(stage: &Stage) -> anyhow::Result<Findings> {
    let (workspaces, rate) = (stage.count(100, 400), 400.0);
    let mut findings = Findings::default();
    let running = stage.start(workspaces).await?;
    let count = (rate * stage.seconds(5.0, 20.0)).max(20.0) as usize;
    let (_, silent) = running.spread(&running.desks, 0, count, rate);
    let before = running.program.usage()?.seconds;
    load::run(&silent).await?;
    let unheard = running.program.rest(Duration::from_secs(60)).await? - before;
    let (_, mut heard) = running.spread(&running.desks, count as u64, count, rate);
    let mut watches = Vec::new();
    for desk in &running.desks {
        let address = &running.program.address;
        watches.push(Watch::open(address, &desk.token, 2, 2 * count, heard.start).await?);
    }
    let before = running.program.rest(Duration::from_secs(60)).await?;
    heard.start = std::time::Instant::now() + Duration::from_millis(200);
    let outcome = load::run(&heard).await?;
    let used = running.program.rest(Duration::from_secs(60)).await? - before;
    let told: u64 = watches.iter().map(Watch::told).sum();
    findings.fault(outcome.fault());
    findings.add(
        Figure::new(
            format!("processor of a delivery, 2 browsers in each of {workspaces} workspaces"),
            (used - unheard).max(0.0) * 1e6 / told as f64,
            "µs",
        )
        .note("reading the event and encoding it is shared by two deliveries only"),
    );
    findings.add(Figure::new("deliveries missing", (2 * count) as f64 - told as f64, "").at_most(0.0));
    running.program.stop().await?;
    Ok(findings)
}
