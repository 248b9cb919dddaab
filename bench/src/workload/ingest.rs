//! Deliveries as a provider sends them: signed, one text message each, from customers by Zipf's law.

use std::time::Duration;

use crate::figure::{Figure, Findings};
use crate::load;
use crate::stage::{Stage, each, sent};

/// Deliveries a second.
const RATE: f64 = 10_000.0;

/// Several rounds on fresh stores.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let (mut rate, mut p50, mut p99, mut cpu, mut disk) = (vec![], vec![], vec![], vec![], vec![]);
    for round in 0..stage.count(3, 7) {
        let running = stage.start(1).await?;
        let count = (RATE * stage.seconds(4.0, 20.0)) as usize;
        let (customers, plan) = running.messages(0, 0, count, RATE);
        let before = running.program.usage()?.seconds;
        let outcome = load::run(&plan).await?;
        anyhow::ensure!(outcome.count(200) == count as u64, "not every delivery was accepted");
        rate.push(count as f64 / outcome.seconds);
        p50.push(outcome.milliseconds(0.5));
        p99.push(outcome.milliseconds(0.99));
        let rested = running.program.rest(Duration::from_secs(60 + count as u64 / 500)).await?;
        cpu.push(each(rested - before, count as u64));
        findings.fault(outcome.fault());
        if round == 0 {
            findings.latency("accepted, 10,000/s", &outcome.latency);
        }
        let (place, held) = running.finish(&[(0, sent(0, &customers, &outcome))]).await?;
        disk.push(place.bytes() as f64 / count as f64);
        if round == 0 || !held.sound() {
            findings.held(held);
        }
    }
    findings.add(
        Figure::of_rounds("accepted durably, of 10,000/s offered", &rate, "/s")
            .at_least(9_900.0)
            .note("a hundredth is left for the time until the last answer"),
    );
    findings.add(Figure::of_rounds("latency from the due time, p50", &p50, "ms"));
    findings.add(Figure::of_rounds("latency from the due time, p99", &p99, "ms").at_most(50.0));
    findings.add(Figure::of_rounds("processor, accepted and filed", &cpu, "µs/message").at_most(150.0));
    if stage.postgres.is_none() {
        findings.add(
            Figure::of_rounds("disk, with the raw delivery", &disk, "B/message")
                .at_most(450.0)
                .note("with the index of messages; conversations and customers of the run counted in"),
        );
    }
    Ok(findings)
}
