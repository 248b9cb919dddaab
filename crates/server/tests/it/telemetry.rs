//! Traces, as a collector gets them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::{Value, json};
use server::config::{Log, LogFormat};
use server::telemetry::{self, Exporting};
use sim::CustomerMessage;
use store::testing;
use tokio::net::TcpListener;

use crate::desk::{Desk, missing};

type Taken = Arc<Mutex<Vec<Value>>>;

async fn take(State(taken): State<Taken>, headers: HeaderMap, body: String) {
    assert_eq!(headers["content-type"], "application/json");
    let document: Value = serde_json::from_str(&body).expect("JSON");
    let resource = &document["resourceSpans"][0];
    assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "bellhop");
    let spans = resource["scopeSpans"][0]["spans"].as_array().expect("spans").clone();
    taken.lock().expect("no panic").extend(spans);
}

/// The names of a span and of those around it, the outermost first.
fn path(spans: &BTreeMap<&str, &Value>, span: &Value) -> String {
    let own = span["name"].as_str().expect("a name");
    match span["parentSpanId"].as_str().and_then(|parent| spans.get(parent)) {
        Some(parent) => {
            assert_eq!(parent["traceId"], span["traceId"], "one trace");
            format!("{} {own}", path(spans, parent))
        }
        None => own.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_the_way_of_a_message() {
    let taken = Taken::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().route("/v1/traces", post(take)).with_state(taken.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });

    let (clock, entropy) = (app::system::SystemClock, app::system::SystemEntropy);
    let (spans, exporter) = telemetry::prepare(&address, &clock, &entropy).expect("a client");
    // The log itself stays as terse as it is.
    let log = Log { format: LogFormat::Text, level: "warn".to_owned() };
    if !server::log::start_into(&log, std::io::stderr, Some(spans)) {
        return missing("a process of its own, as cargo-nextest gives each test");
    }
    let exporting = Exporting::start(exporter);
    let test = testing::sqlite().await;
    let desk = Desk::start(test.db.clone(), &test.settings, None).await;
    let owner = desk.owner().await;
    desk.connect(&owner).await;
    let maria = desk.sim.customer("Zephyrine", Some("+34 600 111 222"), None).await;
    desk.sim.send(&maria, CustomerMessage::text("a secret")).await;
    desk.settle().await;
    let conversation = desk.only_conversation(&owner).await;
    let draft = json!({"client_id": "1", "text": "another secret"});
    let thread = format!("/api/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
    owner.post(&thread, &draft).await.expect_status(201);
    desk.settle().await;
    desk.close().await;
    tokio::time::timeout(Duration::from_secs(30), exporting.stop()).await.expect("it sends what is left");

    let taken = taken.lock().expect("no panic");
    let by_id: BTreeMap<&str, &Value> =
        taken.iter().map(|span| (span["spanId"].as_str().expect("an id"), span)).collect();
    assert_eq!(by_id.len(), taken.len(), "ids are unique");
    let paths: Vec<String> = taken.iter().map(|span| path(&by_id, span)).collect();
    for wanted in ["request store", "receive store", "send provider"] {
        assert!(paths.iter().any(|path| path == wanted), "no {wanted} in {paths:?}");
    }
    let hook = taken
        .iter()
        .find(|span| span["name"] == "request" && span["attributes"].to_string().contains("/hooks/{inbox}"));
    let hook = hook.expect("the delivery's request");
    let nanos = |key: &str| hook[key].as_str().and_then(|text| text.parse::<u128>().ok()).expect("a time");
    assert!(nanos("startTimeUnixNano") > 1_700_000_000_000_000_000, "since 1970");
    assert!(nanos("endTimeUnixNano") >= nanos("startTimeUnixNano"));
    assert_eq!((hook["traceId"].as_str().map(str::len), hook["kind"].as_i64()), (Some(32), Some(2)));
    let all = Value::Array(taken.clone()).to_string();
    for said in ["Zephyrine", "34600111222", "secret", "olga"] {
        assert!(!all.contains(said), "{said} is in a trace");
    }
}
