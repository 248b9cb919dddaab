//! The first page of the inbox through the API, for every filter, on a short and on a long history.

use std::time::Instant;

use crate::data::Size;
use crate::figure::{Curve, Figure, Findings};
use crate::http::{self, Line};
use crate::load;
use crate::stage::{Running, Stage, each};

/// What is measured at one size.
struct Measured {
    name: String,
    p99: f64,
    cpu: f64,
}

/// Every filter at every size.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let mut by_size: Vec<(u64, Vec<Measured>)> = Vec::new();
    for size in stage.histories() {
        let Size { conversations, messages } = size;
        let data = stage.data(size).await?;
        let bytes = data.bytes as f64 / messages as f64;
        if stage.full {
            let name = format!("disk, {conversations} conversations of 10 messages");
            findings.add(
                Figure::new(name, bytes, "B/message").note("history and its index, without raw deliveries"),
            );
        }
        if let Some(seconds) = data.made_in {
            findings.add(Figure::new(format!("making the data set of {conversations}"), seconds, "s"));
        }
        let running = stage.start_on(&data).await?;
        by_size.push((conversations, pages(stage, &running).await?));
        running.program.stop().await?;
    }
    let (Some((small, first)), Some((large, last))) = (by_size.first(), by_size.last()) else {
        return Ok(findings);
    };
    for (few, many) in first.iter().zip(last) {
        findings.add(
            Figure::new(format!("{}, p99 at {large} conversations", many.name), many.p99, "ms").at_most(2.0),
        );
        let growth = many.cpu / few.cpu;
        findings.add(
            Figure::new(format!("{}, processor against {small} conversations", many.name), growth, "times")
                .at_most(1.3)
                .note(format!("{:.0} µs a page", many.cpu)),
        );
    }
    for (place, one) in first.iter().enumerate() {
        let points = by_size.iter().map(|(size, measured)| (*size as f64, measured[place].p99)).collect();
        findings.curves.push(Curve { plot: "list".to_owned(), name: one.name.clone(), points });
    }
    Ok(findings)
}

async fn pages(stage: &Stage, running: &Running) -> anyhow::Result<Vec<Measured>> {
    let (address, desk) = (&running.program.address, &running.desks[0]);
    let mut line = Line::open(address).await?;
    let labels = line.exchange(&http::get(address, "/api/labels", &desk.token)).await?.json()?;
    let label = |place: usize| labels["items"][place]["id"].as_str().unwrap_or_default().to_owned();
    let agents = line.exchange(&http::get(address, "/api/agents", &desk.token)).await?.json()?;
    let agent = agents["items"][1]["id"].as_str().unwrap_or_default().to_owned();
    let filters = [
        ("open", String::new()),
        ("open and mine", "?assignee=me".to_owned()),
        ("open and nobody's", "?assignee=none".to_owned()),
        ("open and an agent's", format!("?assignee={agent}")),
        ("open of an inbox", format!("?inbox={}", desk.inbox)),
        ("resolved", "?state=resolved".to_owned()),
        ("snoozed", "?state=snoozed".to_owned()),
        ("all", "?state=all".to_owned()),
        ("all with a label", format!("?state=all&label={}", label(0))),
        ("all with a rare label", format!("?state=all&label={}", label(4))),
        ("search by name", "?state=all&q=customer%2077".to_owned()),
        ("search by number", "?state=all&q=00007777".to_owned()),
        ("search for what nobody is called", "?state=all&q=zzyzx".to_owned()),
        ("counts", "counts".to_owned()),
    ];
    let mut measured = Vec::new();
    for (name, query) in filters {
        let path = match query.as_str() {
            "counts" => "/api/conversations/counts".to_owned(),
            query => format!("/api/conversations{query}"),
        };
        let request = http::get(address, &path, &desk.token);
        line.exchange(&request).await?.json()?;
        let (p99, cpu) = ask(stage, running, &mut line, &request).await?;
        measured.push(Measured { name: name.to_owned(), p99, cpu });
    }
    Ok(measured)
}

/// Asks the same again and again; tells the p99 in milliseconds and the microseconds of processor for each.
pub(super) async fn ask(
    stage: &Stage,
    running: &Running,
    line: &mut Line,
    request: &[u8],
) -> anyhow::Result<(f64, f64)> {
    let (before, begun) = (running.program.usage()?.seconds, Instant::now());
    let (mut latency, mut times) = (load::histogram(), 0);
    // Slow ones get fewer turns: a bar that is missed by far needs no decimals.
    let (least, most) = (stage.seconds(0.7, 3.0), stage.seconds(1.5, 10.0));
    let goes_on = |times: u64, seconds: f64| (times < 200 || seconds < least) && seconds < most;
    while goes_on(times, begun.elapsed().as_secs_f64()) {
        let asked = Instant::now();
        let answer = line.exchange(request).await?;
        anyhow::ensure!(answer.status == 200, "a question was answered with {}", answer.status);
        latency.saturating_record(asked.elapsed().as_micros() as u64);
        times += 1;
    }
    let cpu = each(running.program.usage()?.seconds - before, times);
    Ok((load::milliseconds(&latency, 0.99), cpu.max(1.0)))
}
