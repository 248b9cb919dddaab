//! Traces for an OpenTelemetry collector: OTLP over HTTP in its JSON form (opentelemetry-proto 1.x).
//!
//! A layer of the log's subscriber notes when each span begins and ends, and a task sends them in batches. What the
//! collector does not take in time is dropped: nobody waits for it. Without a configured collector there is no
//! layer, and a span that no layer wants costs a comparison.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use app::collector::Collector;
use model::{Clock, Entropy};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// How many spans wait at most; further ones are dropped.
const WAITING: usize = 8192;
/// How many spans are sent at once.
const BATCH: usize = 512;
/// How long a span waits for others to be sent with.
const PAUSE: Duration = Duration::from_secs(2);

/// Notes spans.
pub struct Spans {
    sender: mpsc::Sender<Value>,
    /// Milliseconds since 1970 when the process started, and the same moment by the clock that never jumps.
    started: (i64, Instant),
    /// Where ids come from: a random beginning, then one step each.
    ids: AtomicU64,
    trace: u64,
}

/// Sends what was noted.
#[derive(Debug)]
pub struct Exporter {
    collector: Collector,
    spans: mpsc::Receiver<Value>,
    /// Which process this is, for the collector.
    instance: String,
}

/// A span that has not ended.
struct Noted {
    trace: String,
    id: String,
    parent: Option<String>,
    began: u128,
    fields: Fields,
}

#[derive(Default)]
struct Fields(Vec<Value>);

impl Fields {
    fn add(&mut self, field: &Field, value: &Value) {
        self.0.push(json!({"key": field.name(), "value": value}));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, &json!({"stringValue": format!("{value:?}")}));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, &json!({"stringValue": value}));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, &json!({"intValue": value.to_string()}));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, &json!({"intValue": value.to_string()}));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, &json!({"boolValue": value}));
    }
}

/// The two halves for a collector at an address: a layer for the log, and what has to run.
///
/// # Errors
/// When no client can be made.
pub fn prepare(address: &str, clock: &dyn Clock, entropy: &dyn Entropy) -> Result<(Spans, Exporter), String> {
    let collector = Collector::at(address)?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let mut random = [0; 16];
    entropy.fill(&mut random);
    let (trace, ids) = random.split_at(8);
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number: u64, byte| (number << 8) | u64::from(*byte));
    let spans = Spans {
        sender,
        started: (clock.now().0, Instant::now()),
        ids: AtomicU64::new(number(ids)),
        trace: number(trace),
    };
    Ok((spans, Exporter { collector, spans: receiver, instance: hex::encode(random) }))
}

/// Which spans are sent: those of this program, and none of its libraries.
pub fn wanted() -> Targets {
    Targets::new().with_targets([("app", Level::DEBUG), ("server", Level::DEBUG), ("store", Level::DEBUG)])
}

impl Spans {
    fn now(&self) -> u128 {
        let (millis, moment) = self.started;
        u128::from(millis.max(0).unsigned_abs()) * 1_000_000 + moment.elapsed().as_nanos()
    }

    /// A number that no other span of this process has; 0 is none.
    fn id(&self) -> u64 {
        // SplitMix64 gives each step another number.
        let mut mixed = self.ids.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).max(1)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let own = self.id();
        let parent = span.parent().and_then(|parent| {
            let extensions = parent.extensions();
            extensions.get::<Noted>().map(|noted| (noted.trace.clone(), noted.id.clone()))
        });
        let (trace, parent) = match parent {
            Some((trace, parent)) => (trace, Some(parent)),
            None => (format!("{:016x}{own:016x}", self.trace), None),
        };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let noted = Noted { trace, id: format!("{own:016x}"), parent, began: self.now(), fields };
        span.extensions_mut().insert(noted);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(noted) = span.extensions_mut().get_mut::<Noted>()
        {
            values.record(&mut noted.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(noted) = span.extensions_mut().remove::<Noted>() else { return };
        let Noted { trace, id, parent, began, fields } = noted;
        // As OTLP numbers them: 2 is a server's, 3 a client's, 1 stays inside.
        let kind = match span.name() {
            "request" => 2,
            "provider" => 3,
            _ => 1,
        };
        let mut document = json!({
            "traceId": trace, "spanId": id, "name": span.name(), "kind": kind,
            "startTimeUnixNano": began.to_string(), "endTimeUnixNano": self.now().to_string(),
            "attributes": fields.0,
        });
        if let Some(parent) = parent {
            document["parentSpanId"] = parent.into();
        }
        // Full means that the collector is slow: this one is dropped.
        let _ = self.sender.try_send(document);
    }
}

impl Exporter {
    /// Sends until told to stop, and then what is left.
    pub async fn run(mut self, mut stop: tokio::sync::oneshot::Receiver<()>) {
        let (mut batch, mut failing) = (Vec::new(), false);
        loop {
            let ended = tokio::select! {
                () = fill(&mut self.spans, &mut batch) => false,
                _ = &mut stop => {
                    while let Ok(span) = self.spans.try_recv() {
                        batch.push(span);
                    }
                    true
                }
            };
            if !batch.is_empty() {
                let sent = self.collector.take(self.document(&batch)).await;
                batch.clear();
                // Said once, not with each batch.
                if let Err(why) = &sent
                    && !failing
                {
                    tracing::warn!(why, "the collector does not take traces");
                }
                failing = sent.is_err();
            }
            if ended {
                return;
            }
        }
    }

    fn document(&self, spans: &[Value]) -> String {
        let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        let resource = json!({"attributes": [
            text("service.name", "bellhop"),
            text("service.version", env!("CARGO_PKG_VERSION")),
            text("service.instance.id", &self.instance),
        ]});
        let scope = json!({"name": "bellhop", "version": env!("CARGO_PKG_VERSION")});
        let spans = json!([{"scope": scope, "spans": spans}]);
        json!({"resourceSpans": [{"resource": resource, "scopeSpans": spans}]}).to_string()
    }
}

/// Adds what comes within a moment, at most what is sent at once.
async fn fill(spans: &mut mpsc::Receiver<Value>, batch: &mut Vec<Value>) {
    let end = tokio::time::sleep(PAUSE);
    let mut end = std::pin::pin!(end);
    while batch.len() < BATCH {
        let room = BATCH - batch.len();
        tokio::select! {
            got = spans.recv_many(batch, room) => if got == 0 {
                // Nobody notes spans any more.
                return end.as_mut().await;
            },
            () = end.as_mut() => return,
        }
    }
}

/// A running exporter.
pub struct Exporting {
    stop: tokio::sync::oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Exporting {
    /// Lets an exporter run; needs a runtime.
    pub fn start(exporter: Exporter) -> Self {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        Self { stop, task: tokio::spawn(exporter.run(stopped)) }
    }

    /// Sends what is left.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}
