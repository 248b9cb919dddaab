//! What the doctor says about a healthy server, and about one that is not.

use std::process::Output;

use serde_json::Value;
use store::testing;

use crate::backup::said;
use crate::desk::{Desk, on_both};

async fn doctor(desk: &Desk, options: &[&str]) -> Output {
    let url = match &desk.database {
        store::Settings::Sqlite { path, .. } => path.display().to_string(),
        store::Settings::Postgres { url, .. } => url.expose().clone(),
    };
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_bellhop"));
    command.args(["doctor", "--json"]).args(options).env_clear();
    command.current_dir(desk.media.parent().expect("a folder"));
    command.env("BELLHOP_DATABASE__URL", url).env("BELLHOP_MEDIA__PATH", &desk.media);
    command.env("BELLHOP_BASE_URL", format!("http://{}", desk.address));
    command.env("BELLHOP_KEYS__ROOT", testing::ROOT);
    let allowed = format!("['{}', '{}']", desk.address, desk.sim.address());
    command.env("BELLHOP_EGRESS__ALLOW", allowed);
    command.output().await.expect("the program runs")
}

/// The state of one check, and what was said about it.
fn finding(output: &Output, check: &str) -> (String, String) {
    let found: Vec<Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)));
    let one = found.iter().find(|one| one["check"].as_str().is_some_and(|name| name.starts_with(check)));
    let one = one.unwrap_or_else(|| panic!("no {check}: {}", said(output)));
    (one["state"].as_str().expect("text").to_owned(), one["said"].as_str().expect("text").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_server_is_found_healthy_while_it_runs() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        desk.sim.subscribe();
        let output = doctor(desk, &[]).await;
        for check in ["database", "schema", "keys", "media sync", "own address", "inbox "] {
            let (state, said) = finding(&output, check);
            assert_eq!(state, "ok", "{check}: {said}");
        }
        assert_eq!(output.status.code() == Some(0), !said(&output).contains("\"fail\""), "{}", said(&output));
        assert!(!said(&output).contains(&desk.sim.config().access_token), "a token is printed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_with_what_to_do() {
    let test = testing::sqlite().await;
    let mut desk = Desk::start(test.db.clone(), &test.settings, None).await;
    let owner = desk.owner().await;
    let inbox = desk.connect(&owner).await;
    let path = format!("/api/inboxes/{}", inbox["id"].as_str().expect("an id"));
    let config = serde_json::json!({"config": {"access_token": "expired"}});
    owner.patch(&path, &config).await.expect_status(200);
    let output = doctor(&desk, &[]).await;
    assert_eq!(output.status.code(), Some(1));
    let (state, why) = finding(&output, "inbox ");
    assert_eq!(state, "fail", "{why}");
    assert!(why.contains("token"), "{why}");
    desk.stop_database().await;
    let store::Settings::Sqlite { path, .. } = &test.settings else { panic!("SQLite") };
    let mut bytes = std::fs::read(path).expect("read");
    let half = bytes.len() / 2;
    bytes[half..].fill(0x5a);
    std::fs::write(path, bytes).expect("written");
    let output = doctor(&desk, &["--offline"]).await;
    assert_eq!(output.status.code(), Some(1));
    let found = said(&output);
    assert!(found.contains("restore a backup"), "{found}");
    std::fs::remove_file(path).expect("removed");
    let output = doctor(&desk, &["--offline"]).await;
    assert_eq!(
        (finding(&output, "database").0.as_str(), output.status.code()),
        ("ok", Some(0)),
        "{}",
        said(&output)
    );
    assert!(said(&output).contains("is not there yet"), "{}", said(&output));
}
