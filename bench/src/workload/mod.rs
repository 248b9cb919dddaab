//! The workloads, one file each, and the list of them.

mod end_to_end;
mod fairness;
pub(crate) mod fan_out;
mod idle;
mod ingest;
mod list;
mod mix;
mod outbound;
mod overload;
mod pipeline;
mod receipts;
mod search;
mod soak;

use std::future::Future;
use std::pin::Pin;

use crate::figure::Findings;
use crate::peer;
use crate::stage::Stage;

/// Runs a workload.
type Run = for<'s> fn(&'s Stage) -> Pin<Box<dyn Future<Output = anyhow::Result<Findings>> + 's>>;

/// A workload.
pub(crate) struct Workload {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it is, as a heading.
    pub(crate) title: &'static str,
    /// Whether it measures other programs beside ours.
    pub(crate) beside: bool,
    /// Runs it.
    pub(crate) run: Run,
}

/// Every workload, in the order of the page.
pub(crate) const ALL: &[Workload] = &[
    alone("start", "Start, and memory at rest", |stage| Box::pin(idle::start(stage))),
    alone("ingest", "Deliveries accepted durably", |stage| Box::pin(ingest::run(stage))),
    alone("pipeline", "Accepted, filed and shown", |stage| Box::pin(pipeline::run(stage))),
    alone("mix", "A number of 1,000 messages a second", |stage| Box::pin(mix::run(stage))),
    alone("screen", "From the webhook to the agent's screen", |stage| Box::pin(end_to_end::run(stage))),
    alone("fan-out-hot", "One event to many browsers of a workspace", |stage| Box::pin(fan_out::hot(stage))),
    alone("fan-out-wide", "Events to browsers of many workspaces", |stage| Box::pin(fan_out::wide(stage))),
    alone("outbound", "Replies sent", |stage| Box::pin(outbound::run(stage))),
    alone("receipts", "Reports about old messages", |stage| Box::pin(receipts::run(stage))),
    alone("list", "First page of the inbox, and search by name or number", |stage| {
        Box::pin(list::run(stage))
    }),
    alone("search", "Search in what messages say", |stage| Box::pin(search::run(stage))),
    alone("sockets", "Idle sockets, and all of them coming back", |stage| Box::pin(idle::sockets(stage))),
    alone("fairness", "A quiet workspace beside a loud one", |stage| Box::pin(fairness::run(stage))),
    alone("overload", "Ten times too much", |stage| Box::pin(overload::run(stage))),
    alone("soak", "The same load for long", |stage| Box::pin(soak::run(stage))),
    beside("peers-accept", "Beside others: messages taken", |stage| Box::pin(peer::accept(stage))),
    beside("peers-fan-out", "Beside others: one message to many sockets", |stage| {
        Box::pin(peer::fan_out(stage))
    }),
];

/// One that measures our program.
const fn alone(name: &'static str, title: &'static str, run: Run) -> Workload {
    Workload { name, title, beside: false, run }
}

/// One that measures others in the same run.
const fn beside(name: &'static str, title: &'static str, run: Run) -> Workload {
    Workload { name, title, beside: true, run }
}
