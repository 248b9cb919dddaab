//! The sentence model of the server itself, with a real one: all-MiniLM-L6-v2, which `cargo xtask test` fetches and names in
//! `BELLHOP_ENCODER`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::desk::{Desk, missing, on_both, on_both_with};
use crate::embedding_model::{MEANT, set_up, titles, write};
use crate::intent::LATE;

/// Questions that have no word in common with what answers them.
const MEANT_QUESTIONS: [(&str, &str); 3] = [
    ("where can I leave my automobile", "Parking"),
    ("eating early", "Meals"),
    ("bringing a dog along", "Animals"),
];

/// The folder of the model.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("BELLHOP_ENCODER").map(PathBuf::from);
    if folder.is_none() {
        missing("a sentence model in BELLHOP_ENCODER; `cargo xtask test` brings one");
    }
    folder
}

async fn knowledge(owner: &Browser) {
    write(owner, "Parking", "public", "Vehicles stand behind the house.").await;
    write(owner, "Meals", "public", "Breakfast is from seven to ten.").await;
    write(owner, "Animals", "public", "Pets stay for free.").await;
    write(owner, "Salaries", "internal", "Wages are transferred on the first.").await;
    let centre = json!({"enabled": true, "slug": "harbour", "title": "Help", "intro": "Ask us",
        "color": "#0b6e4f", "locales": ["en"]});
    owner.put("/api/help_centre", &centre).await.expect_status(200);
}

/// What a stranger finds in the help centre.
async fn page(desk: &Desk, question: &str) -> String {
    let path = format!("/help/harbour/en?q={}", question.replace(' ', "+"));
    let page = desk.browser().get(&path).await.expect_status(200);
    String::from_utf8(page.body).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_words_alone_are_found() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        knowledge(&owner).await;
        for (question, title) in MEANT_QUESTIONS {
            titles(&owner, question).await;
            desk.settle().await;
            assert!(!titles(&owner, question).await.contains(&title.to_owned()), "{question}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_meant_is_found_in_every_workspace_and_by_everybody() {
    let Some(folder) = folder() else { return };
    on_both_with(
        |settings| settings.sentence_model = Some(folder.clone()),
        async |desk| {
            let owner = desk.owner().await;
            knowledge(&owner).await;
            let chosen = owner.get("/api/embedding_model").await.expect_status(200).json();
            let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
            assert_eq!(
                chosen,
                json!({"model": null, "used_today": 0, "local": {"name": name, "dimension": 384}})
            );
            titles(&owner, "anything").await;
            desk.settle().await;
            for (question, title) in MEANT_QUESTIONS {
                assert!(titles(&owner, question).await.contains(&title.to_owned()), "{question}");
                assert!(page(desk, question).await.contains(title), "{question}");
            }
            assert_eq!(titles(&owner, "when do I get paid").await[0], "Salaries");
            assert!(!page(desk, "when do I get paid").await.contains("Salaries"), "it is internal");
            let record = owner.get("/api/processing").await.expect_status(200).json();
            assert!(!record.to_string().contains("sentence"), "nothing leaves the house: {record}");

            // For the bot as well, and what is written later.
            let answer = json!({"kind": "answer", "locale": "en", "publish": true, "audience": "public",
                "title": "Do you have a car park?", "body": "Yes, for 18 euros a day."});
            owner.post("/api/articles", &answer).await.expect_status(201);
            let inbox = desk.connect(&owner).await;
            let path = format!("/api/inboxes/{}/bot", inbox["id"].as_str().expect("an id"));
            owner.put(&path, &json!({"enabled": true, "threshold": 50})).await.expect_status(200);
            titles(&owner, "anything").await;
            desk.settle().await;
            let maria = desk.sim.customer("Maria", Some("5215550002222"), None).await;
            desk.sim.send(&maria, sim::CustomerMessage::text("where can I leave my automobile?")).await;
            desk.settle().await;
            let said: Vec<_> =
                desk.sim.received(&maria).into_iter().filter_map(|message| message.text).collect();
            assert!(said.join("\n").contains("Which of these"), "two say it: {said:?}");
            let stranger = desk.stranger().await;
            write(&stranger, "Parking", "public", "Vehicles stand behind the house.").await;
            titles(&stranger, "anything").await;
            desk.settle().await;
            assert_eq!(titles(&stranger, MEANT_QUESTIONS[0].0).await, ["Parking"]);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_a_workspace_chose_comes_first_once_it_works() {
    let Some(folder) = folder() else { return };
    on_both_with(
        |settings| settings.sentence_model = Some(folder.clone()),
        async |desk| {
            let owner = desk.owner().await;
            let automobile = MEANT_QUESTIONS[0].0;
            let server = set_up(desk, &owner).await;
            assert_eq!(titles(&owner, MEANT).await, ["Parking"]);
            assert!(!titles(&owner, automobile).await.contains(&"Parking".to_owned()));
            assert!(server.asked().contains(&automobile.to_owned()), "it was asked, and nobody else");
            owner.delete("/api/embedding_model").await.expect_status(204);
            desk.settle().await;
            assert_eq!(titles(&owner, automobile).await[0], "Parking");
            assert!(server.asked().is_empty());
            // One that was not tested yet does not take its place.
            let untested = json!({"address": server.address, "model": "near", "cross_border": true,
                "tokens_a_day": 1_000_000});
            owner.put("/api/embedding_model", &untested).await.expect_status(200);
            assert_eq!(titles(&owner, automobile).await[0], "Parking");
            assert!(server.asked().is_empty());
        },
    )
    .await;
}

/// What others mean by [`LATE`], in words of their own.
const LATE_MEANT: [&str; 3] =
    ["no sign of what got shipped", "shipment still missing after two weeks", "I never received the goods"];

async fn intent(desk: &Desk, owner: &Browser) -> String {
    let draft = json!({"name": "Late", "answer": {"do": "say", "texts": {"en": "It comes."}}});
    let made = owner.post("/api/intents", &draft).await.expect_status(201).json();
    let id = made["id"].as_str().expect("an id").to_owned();
    owner.post(&format!("/api/intents/{id}/examples"), &json!({"texts": LATE})).await.expect_status(200);
    desk.settle().await;
    id
}

/// What is understood of a text: the intent, and how sure that is.
async fn understood(owner: &Browser, text: &str) -> (bool, i64) {
    let said = owner.post("/api/understand", &json!({"text": text})).await.expect_status(200).json();
    (said["none"] == false, said["confidence"].as_i64().expect("a number"))
}

async fn versions(owner: &Browser) -> usize {
    owner.get("/api/learning/versions").await.expect_status(200).items().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_used_by_what_taught_it_and_learned_anew_by_a_better_one() {
    let Some(folder) = folder() else { return };
    for database in store::testing::databases().await {
        let plain = Desk::start(database.db.clone(), &database.settings, None).await;
        let here = plain.owner().await;
        intent(&plain, &here).await;
        for text in LATE_MEANT {
            assert!(!understood(&here, text).await.0, "{text}: {:?}", understood(&here, text).await);
        }
        let configure = |settings: &mut app::Settings| settings.sentence_model = Some(folder.clone());
        let media = plain.media.clone();
        let desk = Desk::start_with(database.db.clone(), &database.settings, Some(&media), configure).await;
        let there = desk.sign_in("olga@example.com").await;
        assert!(understood(&there, LATE[0]).await.0, "what it was taught by comes with the program");
        assert_eq!(versions(&there).await, 1);
        desk.settle().await;
        assert_eq!(versions(&there).await, 2, "it was learned anew");
        for text in LATE_MEANT {
            assert!(understood(&there, text).await.0, "{text}: {:?}", understood(&there, text).await);
        }
        for text in ["what are your opening hours", "I want a refund", "do you have a pool?"] {
            assert!(!understood(&there, text).await.0, "{text}: {:?}", understood(&there, text).await);
        }
        // Where that model is not, the examples are learned without it, and no version of it is chosen.
        assert!(understood(&here, "my parcel is late!").await.0);
        assert!(!understood(&here, LATE_MEANT[0]).await.0);
        plain.settle().await;
        desk.settle().await;
        assert_eq!(versions(&there).await, 2);
        let changes = "/api/learning/changes?before=1&after=2";
        there.get(changes).await.expect_status(200);
        assert_eq!(here.get(changes).await.expect_status(422).fields(), ["after"]);
        there.post("/api/learning/use", &json!({"version": 1})).await.expect_status(204);
        let refused = here.post("/api/learning/use", &json!({"version": 2})).await.expect_status(422);
        assert_eq!(refused.fields(), ["version"]);
        desk.settle().await;
        assert!(!understood(&there, LATE_MEANT[0]).await.0, "the chosen one is used as it was taught");
        assert_eq!(versions(&there).await, 2, "what somebody chose stays");
        there.post("/api/learning/use", &json!({"version": 2})).await.expect_status(204);
        assert!(understood(&there, LATE_MEANT[0]).await.0);
        desk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_counts_at_once_with_a_model_too() {
    let Some(folder) = folder() else { return };
    on_both_with(
        |settings| settings.sentence_model = Some(folder.clone()),
        async |desk| {
            let owner = desk.owner().await;
            let late = intent(desk, &owner).await;
            assert!(understood(&owner, LATE_MEANT[0]).await.0);
            let odd = "the box with my lamp went astray";
            let path = format!("/api/intents/{late}/examples");
            owner.post(&path, &json!({"texts": [odd]})).await.expect_status(200);
            let now = owner.post("/api/understand", &json!({"text": odd})).await.expect_status(200).json();
            assert_eq!((&now["intent_id"], &now["corrected"]), (&json!(late), &json!(true)), "{now}");
            desk.settle().await;
            assert!(understood(&owner, "a box with a lamp is lost").await.0);
            assert_eq!(versions(&owner).await, 2);
        },
    )
    .await;
}

fn bellhop(folder: &Path, command: &[&str], model: &Path) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_bellhop"));
    program.args(command).current_dir(folder).env_clear();
    program.env("BELLHOP_LISTEN", "127.0.0.1:0").env("BELLHOP_AI__SENTENCE_MODEL", model);
    program.output().expect("the program runs")
}

/// What the doctor says of the model.
fn doctor(folder: &Path, model: &Path) -> (String, String) {
    let output = bellhop(folder, &["doctor", "--json", "--offline"], model);
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list");
    let one = found.iter().find(|one| one["check"] == "sentence model").expect("it was looked at");
    (one["state"].as_str().expect("text").to_owned(), one["said"].as_str().expect("text").to_owned())
}

#[test]
fn a_folder_that_cannot_be_used_is_refused_at_the_start() {
    let scratch = tempfile::tempdir().expect("a folder");
    let model = scratch.path().join("model");
    let refused = |why: &str| {
        let output = bellhop(scratch.path(), &["serve"], &model);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = said.lines().last().unwrap_or_default();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(last.contains("ai.sentence_model") && last.contains(why), "{why}: {said}");
        let (state, found) = doctor(scratch.path(), &model);
        assert!(state == "fail" && found.contains(why) && found.contains("leave it empty"), "{found}");
    };
    refused("it is no folder");
    std::fs::create_dir(&model).expect("a folder");
    refused("config.json is missing");
    std::fs::write(model.join("config.json"), "{\"model_type\": \"gpt2\"}").expect("written");
    refused("tokenizer.json or vocab.txt is missing");
    std::fs::write(model.join("vocab.txt"), "[CLS]\n[SEP]\n[UNK]").expect("written");
    refused("model.safetensors is missing");
    std::fs::create_dir(model.join("model.safetensors")).expect("a folder");
    refused("model.safetensors is no file");
    std::fs::remove_dir(model.join("model.safetensors")).expect("removed");
    std::fs::write(model.join("model.safetensors"), "PK").expect("written");
    refused("model.safetensors is cut off");
    let large = std::fs::File::create(model.join("vocab.txt")).expect("a file");
    large.set_len((64 << 20) + 1).expect("a hole");
    refused("vocab.txt is larger than 64 MB");
}

#[test]
fn the_doctor_says_what_a_model_has_and_how_long_it_takes() {
    let Some(folder) = folder() else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (state, said) = doctor(scratch.path(), &folder);
    assert!(state == "ok" && said.contains("384 numbers") && said.contains(" ms"), "{said}");
}
