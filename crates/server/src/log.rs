//! The log: on standard error, without personal data.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::{Log, LogFormat};

/// Starts logging. Called once; a second call changes nothing.
pub fn start(config: &Log) {
    let filter: Targets = config.level.parse().unwrap_or_else(|_| Targets::new());
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match config.format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).boxed(),
    };
    // Fails only when a log was started before, as tests in one process do.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
}
