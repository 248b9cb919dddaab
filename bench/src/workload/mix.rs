//! What Meta sends to a number that writes 1,000 messages a second: three reports about each, and 1,000 messages
//! of customers.

use std::sync::Arc;

use model::{DeliveryState, Ids, MessageId, Millis, WorkspaceId};

use crate::data;
use crate::delivery;
use crate::figure::{Figure, Findings};
use crate::held::Sent;
use crate::http;
use crate::load::{self, Plan};
use crate::place::{Desk, Now, Place};
use crate::program::Program;
use crate::stage::{CUSTOMERS, Running, Stage, each};

/// Messages a second in each direction.
const RATE: f64 = 1_000.0;
/// The numbers of our own messages begin here.
const OURS: u64 = 1_000_000_000;
/// Reports about a message come in the order of their kinds, this many messages apart.
const APART: u64 = 300;

/// One run.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let count = (RATE * stage.seconds(10.0, 60.0)) as u64;
    let place = Place::new(&stage.scratch, stage.postgres.as_deref()).await?;
    let desks = place.furnish(1, "127.0.0.1:9").await?;
    let written = write(&place, &desks[0], count).await?;
    let program = Program::start(&stage.program, &place, None).await?;
    let running = Running { place, program, desks };
    let (requests, incoming) = requests(&running, count);
    let total = requests.len() as u64;
    let plan = Plan::new(&running.program.address, requests, RATE * 4.0);
    let before = running.program.usage()?.seconds;
    let outcome = load::run(&plan).await?;
    anyhow::ensure!(outcome.count(200) == total, "not every delivery was accepted");
    let loaded = running.program.usage()?;
    let rested = running.program.rest(std::time::Duration::from_secs(120)).await?;
    findings.fault(outcome.fault());
    findings.latency("1,000-messages/s number", &outcome.latency);
    findings
        .add(Figure::new("latency from the due time, p50", outcome.milliseconds(0.5), "ms").at_most(10.0));
    findings
        .add(Figure::new("latency from the due time, p99", outcome.milliseconds(0.99), "ms").at_most(50.0));
    findings.add(Figure::new("processor", each(rested - before, total), "µs/delivery"));
    findings.add(Figure::new("memory at 4,000 a second", loaded.peak, "MiB").at_most(120.0));
    let workspace = running.desks[0].workspace;
    let sent: Vec<Sent> = incoming
        .into_iter()
        .map(|(place, n, customer)| Sent { n, customer, entry: outcome.log[place] })
        .collect();
    let (place, held) = running.finish(&[(0, sent)]).await?;
    findings.held(held);
    let wrong = misreported(&place, workspace, &written, count).await?;
    findings.add(Figure::new("messages with a wrong status afterwards", wrong as f64, "").at_most(0.0));
    Ok(findings)
}

/// The number's own messages, which the provider has taken already.
async fn write(place: &Place, desk: &Desk, count: u64) -> anyhow::Result<Vec<MessageId>> {
    let db = place.open().await?;
    let (workspace, inbox) = (desk.workspace, desk.inbox);
    let ids = Arc::new(Ids::new(Arc::new(Now), 1));
    let begun = model::Clock::now(&Now) - Millis::minutes(1);
    let mut all = Vec::new();
    for from in (0..count).step_by(2_000) {
        let ids = ids.clone();
        let made = db.write(move |tx| {
            Box::pin(async move {
                let mut made = Vec::new();
                for n in from..(from + 2_000).min(count) {
                    let customer = n + CUSTOMERS;
                    let at = data::customer(tx, &ids, workspace, inbox, customer, begun).await?;
                    made.push(data::message(tx, &ids, workspace, inbox, at, OURS + n, true, begun).await?);
                }
                Ok::<_, store::Error>(made)
            })
        });
        all.extend(made.await?);
    }
    db.stop().await;
    Ok(all)
}

/// A customer's message among the requests: its place, number and writer.
type Incoming = (usize, u64, u64);

/// The requests, and of the customers' messages among them the place, number and customer.
fn requests(running: &Running, count: u64) -> (Vec<Vec<u8>>, Vec<Incoming>) {
    let zipf = delivery::Zipf::new(CUSTOMERS);
    let (desk, at) = (&running.desks[0], Now.seconds());
    let address = &running.program.address;
    let mut incoming = Vec::new();
    let mut requests = Vec::new();
    for n in 0..count + 2 * APART {
        if n < count {
            let customer = zipf.of(n);
            incoming.push((requests.len(), n, customer));
            let body = delivery::message(&desk.number, n, customer, at);
            requests.push(http::delivery(address, &desk.hook, &body));
        }
        for (state, behind) in [("sent", 0), ("delivered", APART), ("read", 2 * APART)] {
            let Some(about) = n.checked_sub(behind).filter(|about| *about < count) else { continue };
            let provider_id = data::provider_id(OURS + about);
            let body = delivery::report(&desk.number, &provider_id, state, about + CUSTOMERS, at);
            requests.push(http::delivery(address, &desk.hook, &body));
        }
    }
    (requests, incoming)
}

/// How many of our messages do not stand at `read`.
async fn misreported(
    place: &Place,
    workspace: WorkspaceId,
    written: &[MessageId],
    count: u64,
) -> anyhow::Result<u64> {
    let db = place.open().await?;
    let mut right = 0;
    for chunk in written.chunks(2_000) {
        let chunk = chunk.to_vec();
        let read =
            db.read(move |tx| Box::pin(async move { store::message::many(tx, workspace, &chunk).await }));
        let read: Vec<model::Message> = read.await?;
        let read = read.iter().filter(|message| {
            let status = message.status.as_ref().map(|status| status.state);
            status == Some(DeliveryState::Read)
        });
        right += read.count() as u64;
    }
    db.stop().await;
    Ok(count - right)
}
