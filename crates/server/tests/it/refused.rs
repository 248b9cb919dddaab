//! Whoever tries doors is seen.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};
use crate::metrics::metrics;

/// How often the audit has what of refusals: by whom, at what, with which answer.
async fn refusals(owner: &Browser) -> BTreeMap<(String, String, String), i64> {
    let all = owner.get("/api/audit?act=access.refused&limit=100").await.expect_status(200).items();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: BTreeMap<(String, String, String), i64> = BTreeMap::new();
    for entry in &all {
        let detail: Value = serde_json::from_str(entry["detail"].as_str().expect("detail")).expect("JSON");
        let sort = (text(&entry["actor"]), text(&entry["subject"]), text(&detail["code"]));
        *found.entry(sort).or_default() += entry["times"].as_i64().expect("a number");
    }
    found
}

async fn id_of(browser: &Browser) -> String {
    let me = browser.get("/api/session").await.expect_status(200).json();
    me["agent"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_what_they_may_not_have_is_noted() {
    on_both(async |desk: &mut Desk| {
        let owner = desk.owner().await;
        let ben = desk.agent(&owner, "Ben", "agent").await;
        let (olga, me) = (id_of(&owner).await, id_of(&ben).await);
        ben.get("/api/audit").await.expect_status(403);
        for _ in 0..12 {
            ben.get("/api/conversations/cv_0000000000001").await.expect_status(404);
        }
        owner.get("/api/conversations/cv_0000000000001").await.expect_status(404);
        // What is no try: a wrong field, and an address that is open to everybody.
        ben.post("/api/labels", &json!({})).await;
        desk.browser().get("/api/session").await.expect_status(401);
        let token = crate::api_token::make(&owner, &["label.manage"]).await;
        let program = owner.program(token["secret"].as_str().expect("a secret"));
        program.get("/api/conversations").await.expect_status(403);
        // The stranger's refusals stand in the stranger's own audit alone.
        let stranger = desk.stranger().await;
        stranger.get("/api/conversations/cv_0000000000001").await.expect_status(404);
        let found = refusals(&owner).await;
        let program_id = token["token"]["id"].as_str().expect("an id").to_owned();
        let conversation = "GET /api/conversations/{id}".to_owned();
        for (who, what, code, times) in [
            (&me, "GET /api/audit", "forbidden", 1),
            // Of twelve tries the tenth is noted; the rest comes when the interval ends.
            (&me, &conversation, "not_found", 10),
            (&olga, &conversation, "not_found", 1),
            (&program_id, "GET /api/conversations", "forbidden", 1),
        ] {
            let sort = (who.clone(), what.to_owned(), code.to_owned());
            assert_eq!(found.get(&sort), Some(&times), "{sort:?} in {found:?}");
        }
        assert_eq!(refusals(&stranger).await.len(), 1);
        let chain = owner.get("/api/audit/verification").await.expect_status(200).json();
        assert_eq!(chain["trouble"], Value::Null, "{chain}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_many_doors_raises_an_alarm_and_fills_no_disk() {
    on_both(async |desk: &mut Desk| {
        let owner = desk.owner().await;
        let ben = desk.agent(&owner, "Ben", "agent").await;
        let before = owner.get("/api/audit?limit=100").await.expect_status(200).items().len();
        for number in 0..1_000 {
            ben.get(&format!("/api/conversations/cv_{number:013}")).await.expect_status(404);
        }
        let after = owner.get("/api/audit?limit=100").await.expect_status(200).items().len();
        assert!(after - before <= 6, "{}", after - before);
        app::alarm::look(&desk.app).await.expect("a look");
        let alarms = owner.get("/api/alarms").await.expect_status(200).json();
        assert!(
            alarms["standing"].as_array().expect("alarms").iter().any(|one| one["kind"] == "volume"),
            "{alarms}"
        );
        let unusual = owner.get("/api/audit?act=volume.unusual").await.expect_status(200).items();
        assert!(unusual[0]["detail"].as_str().expect("detail").contains("refused"), "{unusual:?}");
        // Whom nobody knows is counted in the metrics.
        for _ in 0..3 {
            desk.browser().get("/api/conversations").await.expect_status(401);
        }
        let text = metrics(&owner).await;
        let line = "bellhop_http_requests_total{operation=\"GET /api/conversations\",status=\"401\"} 3";
        assert!(text.contains(line), "{text}");
    })
    .await;
}
