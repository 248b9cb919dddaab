//! What a monitoring system asks for, in the form of Prometheus (OpenMetrics).
//!
//! What is counted while requests are served stands in [`Meters`]; everything else is looked up when somebody asks.
//! No label holds anything of a person, and each has few values: operations, classes, inboxes.

use std::fs;

use app::App;
use model::{AlarmKind, Millis};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use store::Class;
use store::lag::{InboxLag, Waiting};

use crate::http::admission::Kind;
use crate::site::Site;

/// Most inboxes that get lines of their own: those that wait longest. The sums hold all of them.
const MOST_INBOXES: usize = 200;

/// Seconds at which durations are told apart.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

type Labels = Vec<(&'static str, String)>;
type Level = Gauge<f64, std::sync::atomic::AtomicU64>;

/// What is counted while requests are served.
#[derive(Debug)]
pub struct Meters {
    requests: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram>,
    accepted: Histogram,
    started: Millis,
}

impl Meters {
    /// Nothing counted yet, by a process that started at `now`.
    pub fn new(now: Millis) -> Self {
        Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            accepted: Histogram::new(SECONDS),
            started: now,
        }
    }

    /// A request was answered. `operation` is its method and its route's pattern.
    pub fn answered(&self, kind: Kind, operation: String, status: u16, seconds: f64) {
        let labels = vec![("operation", operation), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&vec![("class", kind.name().to_owned())]).observe(seconds);
        if kind == Kind::Inbound && status == 200 {
            self.accepted.observe(seconds);
        }
    }
}

/// Everything there is to say at this moment. What cannot be looked up is left out, and `bellhop_store_up` is 0.
pub async fn text(site: &Site) -> String {
    let mut registry = Registry::with_prefix("bellhop");
    let app = &site.app;
    served(&mut registry, site);
    store(&mut registry, app);
    provider(&mut registry, app);
    process(&mut registry, site.meters.started);
    let now = app.now();
    let found = app.read(move |tx| {
        Box::pin(async move {
            let lags = (store::lag::all_inboxes(tx).await?, store::lag::all_jobs(tx, now).await?);
            Ok((lags, store::alarm::all_standing(tx).await?))
        })
    });
    let found = found.await;
    level(&mut registry, "store_up", "Whether the database answers", f64::from(u8::from(found.is_ok())));
    match found {
        Ok(((inboxes, jobs), standing)) => {
            waiting(&mut registry, inboxes, jobs, now);
            alarms(&mut registry, standing.iter().map(|(_, alarm)| alarm.kind));
        }
        Err(error) => tracing::warn!(%error, "cannot look up what waits"),
    }
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = encode(&mut text, &registry);
    text
}

fn served(registry: &mut Registry, site: &Site) {
    let meters = &site.meters;
    registry.register("http_requests", "Requests that were answered", meters.requests.clone());
    registry.register_with_unit(
        "http_request",
        "How long requests took, by class",
        Unit::Seconds,
        meters.seconds.clone(),
    );
    registry.register_with_unit(
        "accept",
        "How long it took until a delivery was on disk and acknowledged",
        Unit::Seconds,
        meters.accepted.clone(),
    );
    let (running, waiting, refused): (Vec<_>, Vec<_>, Vec<_>) = (
        site.admission.each(|line| line.running()),
        site.admission.each(|line| line.waiting()),
        site.admission.each(|line| line.refused()),
    );
    levels(registry, "http_running", "Requests that are being served", by_class(running));
    levels(registry, "http_waiting", "Requests that wait to be served", by_class(waiting));
    counters(registry, "http_refused", "Requests that were told to come again later", by_class(refused));
    level(registry, "sockets", "Open event streams", site.hub.sockets() as f64);
    count(registry, "fan_out_frames", "Frames handed to event streams", site.hub.told());
}

fn by_class<T>(values: Vec<(&'static str, T)>) -> Vec<(Labels, T)> {
    values.into_iter().map(|(class, value)| (vec![("class", class.to_owned())], value)).collect()
}

fn store(registry: &mut Registry, app: &App) {
    let stats = app.db.stats();
    count(registry, "store_transactions", "Transactions that were kept", stats.transactions);
    count(registry, "store_commits", "Physical commits; each waits for the disk once", stats.commits);
    let failing = f64::from(u8::from(stats.failing));
    level(registry, "store_failing", "Whether the last commit failed, as on a full disk", failing);
    let loads = Class::ALL.map(|class| (class_name(class), app.db.load(class)));
    let waiting = loads.iter().map(|(class, load)| (*class, load.waiting as f64)).collect();
    let refused = loads.iter().map(|(class, load)| (*class, load.refused)).collect();
    levels(registry, "store_waiting", "Transactions that wait for their turn", by_class(waiting));
    counters(
        registry,
        "store_refused",
        "Transactions that were refused for want of a place",
        by_class(refused),
    );
    let engine = app.db.engine().as_str();
    let build = vec![("version", env!("CARGO_PKG_VERSION").to_owned()), ("engine", engine.to_owned())];
    levels(registry, "build_info", "Which program this is; always 1", vec![(build, 1.0)]);
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Inbound => "inbound",
        Class::Send => "send",
        Class::Change => "change",
        Class::Read => "read",
    }
}

fn provider(registry: &mut Registry, app: &App) {
    let outcomes = app.egress.outcomes().into_iter();
    let outcomes = outcomes.map(|(outcome, count)| (vec![("outcome", outcome.to_owned())], count)).collect();
    counters(registry, "provider_calls", "Calls to providers by what came of them", outcomes);
}

fn waiting(registry: &mut Registry, mut inboxes: Vec<InboxLag>, jobs: Waiting, now: Millis) {
    let seconds = |waiting: &Waiting| waiting.age(now).0 as f64 / 1000.0;
    type Part = (&'static str, fn(&InboxLag) -> &Waiting);
    let parts: [Part; 5] = [
        ("inbound", |lag| &lag.deliveries),
        ("outbound_queued", |lag| &lag.queued),
        ("outbound_sending", |lag| &lag.sending),
        ("outbound_uncertain", |lag| &lag.uncertain),
        ("parked", |lag| &lag.parked),
    ];
    let queue = |name: &str| vec![("queue", name.to_owned())];
    let mut counts = vec![(queue("jobs"), jobs.count as f64)];
    let mut ages = vec![(queue("jobs"), seconds(&jobs))];
    for (name, part) in parts {
        counts.push((queue(name), inboxes.iter().map(|lag| part(lag).count as f64).sum()));
        ages.push((queue(name), inboxes.iter().map(|lag| seconds(part(lag))).fold(0.0, f64::max)));
    }
    levels(registry, "queue_length", "How many things wait", counts);
    levels(registry, "queue_oldest_seconds", "For how long the oldest of them has waited", ages);
    inboxes.sort_by(|a, b| seconds(&b.deliveries).total_cmp(&seconds(&a.deliveries)));
    inboxes.truncate(MOST_INBOXES);
    let inbox = |lag: &InboxLag| vec![("inbox", lag.inbox.to_string())];
    let lags = inboxes.iter().map(|lag| (inbox(lag), seconds(&lag.deliveries))).collect();
    let lengths = inboxes.iter().map(|lag| (inbox(lag), lag.deliveries.count as f64)).collect();
    let help = "For how long the oldest delivery of an inbox has waited to be applied";
    levels(registry, "inbox_lag_seconds", help, lags);
    levels(registry, "inbox_waiting", "Deliveries of an inbox that wait to be applied", lengths);
}

/// The alarms that stand; a kind of which none stands is left out.
fn alarms(registry: &mut Registry, kinds: impl Iterator<Item = AlarmKind>) {
    let family = Family::<Labels, Level>::default();
    for kind in kinds {
        family.get_or_create(&vec![("kind", kind.as_str().to_owned())]).inc();
    }
    registry.register("alarms", "Alarms that stand, as the console shows them", family);
}

/// What the system says about this process; nothing where it says nothing.
fn process(registry: &mut Registry, started: Millis) {
    level(registry, "process_start_time_seconds", "When the process started", started.0 as f64 / 1000.0);
    if let Some(kilobytes) = status_field("VmRSS:") {
        level(registry, "process_resident_memory_bytes", "Memory in use", kilobytes * 1024.0);
    }
    if let Some(threads) = status_field("Threads:") {
        level(registry, "process_threads", "Threads", threads);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        level(registry, "process_open_fds", "Open files and connections", open.count() as f64);
    }
    if let Some(seconds) = cpu_seconds() {
        let counter = Counter::<f64, std::sync::atomic::AtomicU64>::default();
        counter.inc_by(seconds);
        registry.register("process_cpu_seconds", "Processor time used", counter);
    }
}

fn status_field(name: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// User and system time; Linux counts in hundredths of a second whatever its own clock does.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name, in brackets, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

fn level(registry: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge = Level::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

fn count(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let counter = Counter::<u64>::default();
    counter.inc_by(value);
    registry.register(name, help, counter);
}

fn levels(registry: &mut Registry, name: &str, help: &str, values: Vec<(Labels, f64)>) {
    let family = Family::<Labels, Level>::default();
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, help, family);
}

fn counters(registry: &mut Registry, name: &str, help: &str, values: Vec<(Labels, u64)>) {
    let family = Family::<Labels, Counter>::default();
    for (labels, value) in values {
        family.get_or_create(&labels).inc_by(value);
    }
    registry.register(name, help, family);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory_and_time() {
        if fs::metadata("/proc/self/stat").is_err() {
            return;
        }
        assert!(status_field("VmRSS:").expect("memory") > 100.0);
        assert!(cpu_seconds().expect("time") >= 0.0);
        let mut registry = Registry::default();
        process(&mut registry, Millis(5_000));
        let mut text = String::new();
        encode(&mut text, &registry).expect("text");
        assert!(
            text.contains("process_start_time_seconds 5.0") && text.contains("process_open_fds"),
            "{text}"
        );
    }
}
