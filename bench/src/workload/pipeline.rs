//! The whole way: accepted, filed in its conversation, numbered as an event and told to an agent's browser.

use std::time::Duration;

use crate::figure::{Figure, Findings};
use crate::load;
use crate::socket::Watch;
use crate::stage::{Stage, each, sent};

/// Messages a second.
const RATE: f64 = 5_000.0;

/// One run with one agent who sees everything.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let running = stage.start(1).await?;
    let count = (RATE * stage.seconds(6.0, 30.0)) as usize;
    let (customers, plan) = running.messages(0, 0, count, RATE);
    let (address, token) = (&running.program.address, &running.desks[0].token);
    let watch = Watch::open(address, token, 1, count, plan.start).await?;
    let before = running.program.usage()?.seconds;
    let outcome = load::run(&plan).await?;
    running.shown(&watch, count).await?;
    let rested = running.program.rest(Duration::from_secs(60)).await?;
    let last = watch.close().into_iter().max().unwrap_or_default() as f64 / 1e6;
    findings.fault(outcome.fault());
    findings.add(
        Figure::new("shown, of 5,000/s offered", count as f64 / last, "/s")
            .at_least(4_950.0)
            .note("from the first due time until the last was on the screen"),
    );
    findings.add(
        Figure::new("processor, accepted to shown", each(rested - before, count as u64), "µs/message")
            .at_most(150.0),
    );
    let (_, held) = running.finish(&[(0, sent(0, &customers, &outcome))]).await?;
    findings.held(held);
    Ok(findings)
}
