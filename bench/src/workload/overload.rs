//! Ten times more than can be taken: what is refused must be refused quickly, what is accepted must be kept, and
//! afterwards everything must be as before.

use std::time::Duration;

use crate::figure::{Figure, Findings};
use crate::load;
use crate::stage::{Stage, sent};

/// Deliveries a second: ten times what the full pipeline has to carry.
const RATE: f64 = 50_000.0;

/// A flood, and a trickle after it.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let running = stage.start(1).await?;
    let seconds = stage.seconds(3.0, 15.0);
    let count = (RATE * seconds) as usize;
    let (customers, mut plan) = running.messages(0, 0, count, RATE);
    plan.connections = 1_000;
    plan.start += Duration::from_millis(500);
    plan.until = Some(plan.start + Duration::from_secs_f64(seconds));
    let outcome = load::run(&plan).await?;
    let loaded = running.program.usage()?;
    let (accepted, refused) = (outcome.count(200), outcome.count(503));
    let tried = outcome.log.iter().filter(|entry| entry.answered > 0).count() as u64;
    let mut served = load::histogram();
    for entry in outcome.log.iter().filter(|entry| entry.status == 200) {
        served.saturating_record((entry.answered - entry.sent).max(1));
    }
    findings.add(
        Figure::new("accepted under ten times the load", accepted as f64 / outcome.seconds.max(0.1), "/s")
            .note("1,000 connections; what had no free connection by the end was not sent"),
    );
    findings.add(Figure::new("refused with 503", refused as f64 / outcome.seconds.max(0.1), "/s"));
    findings.add(
        Figure::new("answered with something else, or cut off", (tried - accepted - refused) as f64, "")
            .at_most(0.0),
    );
    findings.add(Figure::new(
        "an accepted delivery's answer, from its writing, p99",
        load::milliseconds(&served, 0.99),
        "ms",
    ));
    findings.add(Figure::new("memory under ten times the load", loaded.peak, "MiB"));
    running.program.rest(Duration::from_secs(60 + accepted / 300)).await?;
    let after = count as u64;
    let (later, plan) =
        running.messages(0, after, (200.0 * stage.seconds(2.0, 5.0)).max(20.0) as usize, 200.0);
    let recovered = load::run(&plan).await?;
    findings.fault(recovered.fault());
    findings.add(
        Figure::new("afterwards at 200/s, p99 from the due time", recovered.milliseconds(0.99), "ms")
            .at_most(50.0),
    );
    running.program.rest(Duration::from_secs(60)).await?;
    let mut all = sent(0, &customers, &outcome);
    all.extend(sent(after, &later, &recovered));
    let (_, held) = running.finish(&[(0, all)]).await?;
    findings.held(held);
    Ok(findings)
}
