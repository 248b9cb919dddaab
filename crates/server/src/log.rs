//! The log: on standard error, without personal data.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::{Log, LogFormat};
use crate::telemetry::{self, Spans};

/// Starts logging. Called once; a second call changes nothing.
pub fn start(config: &Log, spans: Option<Spans>) {
    // Fails only when a log was started before, as tests in one process do.
    let _ = start_into(config, std::io::stderr, spans);
}

/// Starts logging into a writer, and noting spans where they are wanted; `false` when a log was started before.
pub fn start_into<W>(config: &Log, writer: W, spans: Option<Spans>) -> bool
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter: Targets = config.level.parse().unwrap_or_else(|_| Targets::new());
    let lines = fmt::layer().with_writer(writer);
    let lines = match config.format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).boxed(),
    };
    let spans = spans.map(|spans| spans.with_filter(telemetry::wanted()));
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).try_init().is_ok()
}
