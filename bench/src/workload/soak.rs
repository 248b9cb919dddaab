//! The same load for a long time: neither memory nor the cost of a message may creep up.

use std::time::Duration;

use crate::figure::{Figure, Findings, median};
use crate::load;
use crate::socket::Watch;
use crate::stage::{Stage, sent};

/// Messages a second.
const RATE: f64 = 500.0;
/// Parts whose memory and processor time are looked at.
const PARTS: usize = 8;

/// One run with some browsers that see everything.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let running = stage.start(1).await?;
    let seconds = stage.seconds(24.0, 1_800.0);
    let count = (RATE * seconds) as usize / PARTS;
    let (address, token) = (running.program.address.clone(), running.desks[0].token.clone());
    let start = std::time::Instant::now();
    let watch = Watch::open(&address, &token, 10, count * PARTS, start).await?;
    let (mut cpu, mut resident, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for part in 0..PARTS {
        let from = (part * count) as u64;
        let (customers, plan) = running.messages(0, from, count, RATE);
        let before = running.program.usage()?.seconds;
        let outcome = load::run(&plan).await?;
        let usage = running.program.usage()?;
        cpu.push((usage.seconds - before) * 1e6 / count as f64);
        resident.push(usage.resident);
        findings.fault(outcome.fault());
        all.extend(sent(from, &customers, &outcome));
    }
    running.shown(&watch, count * PARTS).await?;
    watch.close();
    running.program.rest(Duration::from_secs(60)).await?;
    // The first part fills caches.
    let (early, late) = (median(&cpu[1..PARTS / 2]), median(&cpu[PARTS / 2..]));
    let thousands = (count * (PARTS - 1)) as f64 / 1000.0;
    findings.add(
        Figure::new(
            format!("processor of a message, second half against first, {seconds:.0} s"),
            late / early,
            "times",
        )
        .at_most(1.2),
    );
    findings.add(Figure::new("memory after the first part", resident[0], "MiB"));
    findings.add(Figure::new(
        "memory gained in 1,000 messages after the first part",
        (resident[PARTS - 1] - resident[0]) * 1024.0 / thousands,
        "KiB",
    ));
    let (_, held) = running.finish(&[(0, all)]).await?;
    findings.held(held);
    Ok(findings)
}
