//! The workloads, one file each, and the list of them.

mod end_to_end;
mod fairness;
mod fan_out;
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
use crate::stage::Stage;

/// Runs a workload.
type Run = for<'s> fn(&'s Stage) -> Pin<Box<dyn Future<Output = anyhow::Result<Findings>> + 's>>;

/// A workload.
pub(crate) struct Workload {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it is, as a heading.
    pub(crate) title: &'static str,
    /// Runs it.
    pub(crate) run: Run,
}

/// Every workload, in the order of the page.
pub(crate) const ALL: &[Workload] = &[
    Workload { name: "start", title: "Start, and memory at rest", run: |stage| Box::pin(idle::start(stage)) },
    Workload {
        name: "ingest",
        title: "Deliveries accepted durably",
        run: |stage| Box::pin(ingest::run(stage)),
    },
    Workload {
        name: "pipeline",
        title: "Accepted, filed and shown",
        run: |stage| Box::pin(pipeline::run(stage)),
    },
    Workload {
        name: "mix",
        title: "A number of 1,000 messages a second",
        run: |stage| Box::pin(mix::run(stage)),
    },
    Workload {
        name: "screen",
        title: "From the webhook to the agent's screen",
        run: |stage| Box::pin(end_to_end::run(stage)),
    },
    Workload {
        name: "fan-out-hot",
        title: "One event to many browsers of a workspace",
        run: |stage| Box::pin(fan_out::hot(stage)),
    },
    Workload {
        name: "fan-out-wide",
        title: "Events to browsers of many workspaces",
        run: |stage| Box::pin(fan_out::wide(stage)),
    },
    Workload { name: "outbound", title: "Replies sent", run: |stage| Box::pin(outbound::run(stage)) },
    Workload {
        name: "receipts",
        title: "Reports about old messages",
        run: |stage| Box::pin(receipts::run(stage)),
    },
    Workload {
        name: "list",
        title: "First page of the inbox, and search by name or number",
        run: |stage| Box::pin(list::run(stage)),
    },
    Workload {
        name: "search",
        title: "Search in what messages say",
        run: |stage| Box::pin(search::run(stage)),
    },
    Workload {
        name: "sockets",
        title: "Idle sockets, and all of them coming back",
        run: |stage| Box::pin(idle::sockets(stage)),
    },
    Workload {
        name: "fairness",
        title: "A quiet workspace beside a loud one",
        run: |stage| Box::pin(fairness::run(stage)),
    },
    Workload { name: "overload", title: "Ten times too much", run: |stage| Box::pin(overload::run(stage)) },
    Workload { name: "soak", title: "The same load for long", run: |stage| Box::pin(soak::run(stage)) },
];
