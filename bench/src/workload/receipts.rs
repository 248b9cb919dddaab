//! The provider's reports about messages long ago: what one costs must not depend on the history.

use std::time::Duration;

use model::{DeliveryState, MessageId};

use crate::data;
use crate::delivery::{self, mixed};
use crate::figure::{Curve, Figure, Findings};
use crate::http;
use crate::load::{self, Plan};
use crate::place::{Desk, Now, Place};
use crate::stage::{Stage, each};

/// Reports a second.
const RATE: f64 = 500.0;

/// The same load on each history.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let mut points: Vec<(f64, f64)> = Vec::new();
    let reports = (RATE * stage.seconds(5.0, 20.0)).max(20.0) as u64;
    for size in stage.histories() {
        let data = stage.data(size).await?;
        let running = stage.start_on(&data).await?;
        let desk = running.desks[0].clone();
        let numbers = numbers(reports, size.messages);
        let request = |n: &u64| {
            let body = delivery::report(&desk.number, &data::provider_id(*n), "delivered", 0, Now.seconds());
            http::delivery(&running.program.address, &desk.hook, &body)
        };
        let plan = Plan::new(&running.program.address, numbers.iter().map(request).collect(), RATE);
        let before = running.program.rest(Duration::from_secs(60)).await?;
        let outcome = load::run(&plan).await?;
        anyhow::ensure!(outcome.count(200) == numbers.len() as u64, "not every report was accepted");
        let used = running.program.rest(Duration::from_secs(60)).await? - before;
        points.push((size.messages as f64, each(used, numbers.len() as u64)));
        findings.fault(outcome.fault());
        running.program.stop().await?;
        let wrong = unreported(&running.place, &desk, &numbers).await?;
        findings.add(
            Figure::new(format!("reports without effect, {} messages", size.messages), wrong as f64, "")
                .at_most(0.0),
        );
    }
    for (messages, cpu) in &points {
        findings.add(
            Figure::new(
                format!("processor of a report, accepted and applied, {messages} messages"),
                *cpu,
                "µs",
            )
            .at_most(100.0),
        );
    }
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        findings.add(
            Figure::new(
                "growth from the shortest to the longest history",
                last.1 / first.1.max(1.0),
                "times",
            )
            .at_most(1.3),
        );
    }
    findings.curves.push(Curve { plot: "receipts".to_owned(), name: "a report".to_owned(), points });
    Ok(findings)
}

/// Different messages of the business from all over the history.
fn numbers(count: u64, messages: u64) -> Vec<u64> {
    let mut numbers: Vec<u64> =
        (0..count * 4).map(|n| mixed(n) % messages).filter(|n| data::outgoing(*n)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    // In no order, as reports come.
    numbers.sort_by_key(|n| mixed(*n));
    numbers.truncate(count as usize);
    numbers
}

async fn unreported(place: &Place, desk: &Desk, numbers: &[u64]) -> anyhow::Result<u64> {
    let db = place.open().await?;
    let mut wrong = 0;
    for chunk in numbers.chunks(1_000) {
        let (workspace, inbox, chunk) = (desk.workspace, desk.inbox, chunk.to_vec());
        let asked = chunk.len() as u64;
        let read = db.read(move |tx| {
            Box::pin(async move {
                let mut ids: Vec<MessageId> = Vec::new();
                for n in chunk {
                    let found =
                        store::message::by_provider(tx, workspace, inbox, &data::provider_id(n)).await?;
                    ids.extend(found.map(|found| found.id));
                }
                store::message::many(tx, workspace, &ids).await
            })
        });
        let read: Vec<model::Message> = read.await?;
        let right = read.iter().filter(|message| {
            message.status.as_ref().is_some_and(|status| status.state == DeliveryState::Delivered)
        });
        wrong += asked - right.count() as u64;
    }
    db.stop().await;
    Ok(wrong)
}
