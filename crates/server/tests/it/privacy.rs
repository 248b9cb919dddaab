//! The life of a person's data: what they allow, what they may take along, how it ends, and what proves it.

use std::path::Path;

use model::{Clock as _, ContactId, Millis};
use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage};
use store::{Db, Settings, testing};

use crate::backup::{bellhop, said};
use crate::browser::Browser;
use crate::desk::{Desk, on_both};

/// What stands in everything of the person that a test is about.
const CANARY: &str = "Zeisig";
const PHONE: &str = "+34 600 111 222";
/// What stands in everything of somebody else.
const OTHER: &str = "Wiedehopf";

/// Somebody who writes `words`, and their conversation.
async fn writes(desk: &Desk, owner: &Browser, name: &str, phone: &str, words: &str) -> (CustomerId, Value) {
    let customer = desk.sim.customer(name, Some(phone), None).await;
    desk.sim.send(&customer, CustomerMessage::text(words)).await;
    desk.settle().await;
    let found = owner.get("/api/conversations?state=all").await.expect_status(200).items();
    let theirs = found.into_iter().find(|one| one["contact"]["name"] == name).expect("their conversation");
    (customer, theirs)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().expect("a text")
}

fn contact_of(conversation: &Value) -> String {
    text(&conversation["contact"], "id").to_owned()
}

/// Every byte of the files in a folder and below it.
fn bytes_below(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path().is_dir() {
            true => all.extend(bytes_below(&entry.path())),
            false => all.extend(std::fs::read(entry.path()).unwrap_or_default()),
        }
    }
    all
}

fn has(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

/// Fills a person's data: name, number, messages, a file, a note, a consent; answers their conversation.
async fn fill(desk: &Desk, owner: &Browser) -> Value {
    let name = format!("{CANARY} Maria");
    let (customer, conversation) = writes(desk, owner, &name, PHONE, &format!("{CANARY} writes")).await;
    let document = CustomerMessage::Document {
        bytes: format!("{CANARY} in the file").into_bytes(),
        mime: "text/plain".into(),
        filename: format!("{CANARY}.txt"),
        caption: None,
    };
    desk.sim.send(&customer, document).await;
    desk.settle().await;
    let at = |rest: &str| format!("/api/conversations/{}/{rest}", text(&conversation, "id"));
    let note = json!({"client_id": "n", "text": format!("{CANARY} asked twice")});
    owner.post(&at("notes"), &note).await.expect_status(201);
    let reply = json!({"client_id": "r", "text": format!("{CANARY}, your room is ready")});
    owner.post(&at("messages"), &reply).await.expect_status(201);
    desk.settle().await;
    let consent = json!({
        "purpose": "third_party", "given": true, "text_version": "partners 2", "way": "paper",
        "evidence": format!("signed by {CANARY}"),
    });
    let path = format!("/api/contacts/{}/consents", contact_of(&conversation));
    owner.post(&path, &consent).await.expect_status(200);
    conversation
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_taken_out_whole_and_nobody_else() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let conversation = fill(desk, &owner).await;
        let contact = contact_of(&conversation);
        writes(desk, &owner, OTHER, "+34 600 333 444", &format!("{OTHER} writes")).await;
        let label = json!({"name": "waxwing", "color": "red"});
        let label = owner.post("/api/labels", &label).await.expect_status(201).json();
        let labels = format!("/api/conversations/{}/labels", text(&conversation, "id"));
        owner.put(&labels, &json!({"label_ids": [label["id"]]})).await.expect_status(200);
        let renamed = json!({"name": format!("{CANARY} by hand")});
        let path = format!("/api/contacts/{contact}");
        owner.send(owner.request(reqwest::Method::PATCH, &path).json(&renamed)).await.expect_status(200);
        let hold = json!({"reason": format!("{CANARY} against us")});
        owner.post(&format!("{path}/hold"), &hold).await.expect_status(201);

        let taken = owner.get(&format!("{path}/export")).await.expect_status(200);
        assert_eq!(taken.headers["content-type"], "application/zip");
        assert!(taken.headers["content-disposition"].to_str().expect("text").contains(&contact));
        // Files are stored in it as they are, so its bytes can be looked through.
        let zip = taken.body;
        for wanted in [
            format!("{CANARY} by hand"),
            format!("{CANARY} Maria"),
            "+34600111222".to_owned(),
            format!("{CANARY} writes"),
            format!("{CANARY} in the file"),
            format!("{CANARY} asked twice"),
            format!("{CANARY}, your room is ready"),
            format!("signed by {CANARY}"),
            format!("{CANARY} against us"),
            "waxwing".to_owned(),
            "partners 2".to_owned(),
            "contact.renamed".to_owned(),
            "person.json".to_owned(),
            "index.html".to_owned(),
        ] {
            assert!(has(&zip, &wanted), "{wanted:?} is not in the export");
        }
        let profile = desk.sim.customers().into_iter().find(|one| one.name.contains(CANARY)).expect("known");
        assert!(has(&zip, &profile.user_id), "the provider's id of them");
        assert!(!has(&zip, OTHER), "somebody else is in it");
        // Every column of a customer's that is exported says where, and that is there.
        for (table, column) in store::personal::of_customers() {
            if let store::personal::Export::In(place) = column.export {
                let field = format!("\"{}\"", place.rsplit('.').next().unwrap_or(place));
                assert!(has(&zip, &field), "{table}.{} should be at {place}", column.name);
            }
        }
        let begin = zip.windows(9).position(|part| part == b"{\"format\"").expect("the document");
        let mut documents = serde_json::Deserializer::from_slice(&zip[begin..]).into_iter::<Value>();
        let document = documents.next().expect("a document").expect("JSON");
        assert_eq!(document["conversations"][0]["messages"].as_array().map(Vec::len), Some(4));
        assert_eq!(document["identities"][0]["phone"], "+34600111222");
        let taken = document["audit"].as_array().expect("a list").iter();
        assert!(taken.clone().any(|entry| entry["act"] == "export.taken"), "that it was taken is in it");
    })
    .await;
}

/// Opens what was restored with the keys that stand today.
async fn restored(desk: &Desk, backup: &Path, folder: &Path) -> (Desk, Box<dyn Send>) {
    let (database, held): (Settings, Box<dyn Send>) = match desk.database {
        Settings::Sqlite { .. } => {
            (Settings::Sqlite { path: folder.join("bellhop.db"), readers: 1 }, Box::new(()))
        }
        Settings::Postgres { .. } => {
            let (settings, held) = testing::empty_postgres().await.expect("the server of this test");
            (settings, Box::new(held))
        }
    };
    let media = folder.join("media");
    let output = bellhop(&database, &media, &["restore", &backup.display().to_string()]).await;
    assert!(output.status.success(), "{}", said(&output));
    let db = Db::open(&database).await.expect("what was restored opens");
    db.migrate(Millis(0)).await.expect("of this version");
    db.unlock(desk.app.db.keys().expect("the keys of today"));
    (Desk::start(db, &database, Some(&media)).await, held)
}

/// What the restored desk shows of the person.
async fn shown(desk: &Desk, conversation: &Value) -> String {
    let browser = desk.sign_in("olga@example.com").await;
    let id = text(conversation, "id");
    let mut all = String::new();
    for path in [
        "/api/conversations?state=all".to_owned(),
        format!("/api/conversations/{id}/messages"),
        format!("/api/contacts/{}", contact_of(conversation)),
        format!("/api/contacts/{}/consents", contact_of(conversation)),
    ] {
        all.push_str(&String::from_utf8_lossy(&browser.get(&path).await.expect_status(200).body));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_erased_is_gone_here_and_in_older_backups() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let conversation = fill(desk, &owner).await;
        let contact = contact_of(&conversation);
        app::indexing::settle(&desk.app).await.expect("indexed");
        writes(desk, &owner, OTHER, "+34 600 333 444", &format!("{OTHER} stays")).await;

        let scratch = tempfile::tempdir().expect("a folder");
        let place = scratch.path().join("backups");
        let output = bellhop(&desk.database, &desk.media, &["backup", &place.display().to_string()]).await;
        assert!(output.status.success(), "{}", said(&output));
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let backup = Path::new(told.split_once(": ").expect("a folder's name").0).to_owned();
        // Before: the backup shows everything, so that what comes after proves something.
        let before = scratch.path().join("before");
        std::fs::create_dir(&before).expect("a folder");
        let (other, held) = restored(desk, &backup, &before).await;
        assert!(shown(&other, &conversation).await.contains(CANARY));
        other.close().await;
        drop(held);

        let path = format!("/api/contacts/{contact}");
        let erased = owner.post(&format!("{path}/erase"), &json!({"reason": "by letter"})).await;
        let receipt = erased.expect_status(200).json();
        assert_eq!(receipt["seq"], 1);
        assert_eq!(receipt["erased"]["messages"], 4);
        assert!(
            receipt["erased"]["files"].as_i64() >= Some(1) && receipt["erased"]["keys"].as_i64() >= Some(1)
        );
        for gone in [path.clone(), format!("{path}/consents"), format!("{path}/export")] {
            owner.get(&gone).await.expect_status(404);
        }
        let list = owner.get("/api/conversations?state=all").await.expect_status(200);
        let list = String::from_utf8(list.body).expect("text");
        assert!(!list.contains(CANARY) && list.contains(OTHER));
        let found = owner.get(&format!("/api/search?q={CANARY}")).await.expect_status(200).items();
        assert!(found.is_empty(), "the index still finds them");

        // The receipt holds, and says so only as long as nobody touches it.
        let chains = owner.get("/api/privacy/chains").await.expect_status(200).json();
        assert_eq!(
            (&chains["receipts"]["entries"], &chains["receipts"]["broken_at"]),
            (&json!(1), &Value::Null)
        );
        assert_eq!(
            (&chains["consents"]["entries"], &chains["consents"]["broken_at"]),
            (&json!(1), &Value::Null)
        );
        assert_eq!(chains["receipts"]["hash"], receipt["hash"]);
        assert_eq!(text(&receipt, "signature").len(), 128);

        // On the disk: database, log, freed pages, files, and the backup.
        if let Settings::Sqlite { path, .. } = &desk.database {
            let all = bytes_below(path.parent().expect("a folder"));
            assert!(!has(&all, CANARY) && !has(&all, "600111222"), "plain in the database's folder");
        }
        assert!(!has(&bytes_below(&desk.media), CANARY), "plain among the files");
        assert!(!has(&bytes_below(&place), CANARY), "plain in the backup");

        // Where several nodes may share the database, the keys of the last hours follow later.
        desk.clock.advance(Millis::hours(3));
        app::erase::go_on(&desk.app).await.expect("the rest goes");

        // The older backup with the keys of today: nothing opens any more, and the rest is whole.
        let after = scratch.path().join("after");
        std::fs::create_dir(&after).expect("a folder");
        let (other, held) = restored(desk, &backup, &after).await;
        let seen = shown(&other, &conversation).await;
        assert!(!seen.contains(CANARY) && !seen.contains("600111222"), "{seen}");
        assert!(seen.contains("(erased)"));
        let workspace = owner.get("/api/session").await.json()["workspace"]["id"].clone();
        let workspace: model::WorkspaceId = text(&json!({"id": workspace}), "id").parse().expect("an id");
        let bodies = other
            .app
            .read(move |tx| Box::pin(async move { Ok(testing::bodies(tx, workspace).await?) }))
            .await
            .expect("read");
        let raw: Vec<u8> = bodies.into_iter().flatten().collect();
        assert!(!has(&raw, CANARY), "a delivery as it came still opens");
        other.close().await;
        drop(held);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_keeps_what_somebody_wants_gone() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let (_, conversation) = writes(desk, &owner, "Maria", PHONE, "hi").await;
        let path = format!("/api/contacts/{}", contact_of(&conversation));
        let reason = json!({"reason": "a suit"});
        let hold = owner.post(&format!("{path}/hold"), &reason).await.expect_status(201).json();
        assert_eq!(owner.post(&format!("{path}/hold"), &reason).await.expect_status(409).code(), "held");
        assert_eq!(owner.post(&format!("{path}/erase"), &reason).await.expect_status(409).code(), "held");
        owner.get(&path).await.expect_status(200);
        let lift = format!("/api/holds/{}/lift", text(&hold, "id"));
        assert_ne!(owner.post(&lift, &json!({})).await.expect_status(200).json()["lifted_at"], Value::Null);
        owner.post(&format!("{path}/erase"), &json!({"reason": ""})).await.expect_status(422);
        owner.post(&format!("{path}/erase"), &reason).await.expect_status(200);
        owner.get(&path).await.expect_status(404);
        assert_eq!(owner.get("/api/holds").await.items().len(), 1, "why it was kept stays known");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_for_a_purpose_without_consent() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let (maria, conversation) = writes(desk, &owner, "Maria", PHONE, "hi").await;
        let id = text(&conversation, "id").to_owned();
        let contact = contact_of(&conversation);
        let consents = format!("/api/contacts/{contact}/consents");
        let advertise = async |name: &str| {
            let body = json!({"client_id": name, "text": "20 % off", "purpose": "marketing"});
            owner.post(&format!("/api/conversations/{id}/messages"), &body).await
        };
        let consent = |extra: Value| {
            let mut body = json!({"purpose": "marketing", "given": true, "text_version": "3", "way": "form"});
            body.as_object_mut().expect("fields").extend(extra.as_object().expect("fields").clone());
            body
        };
        assert_eq!(advertise("none").await.expect_status(409).code(), "no_consent");
        let other = consent(json!({"purpose": "third_party"}));
        owner.post(&consents, &other).await.expect_status(200);
        assert_eq!(advertise("other").await.expect_status(409).code(), "no_consent", "for something else");
        owner.post(&consents, &consent(json!({"text_version": " "}))).await.expect_status(422);
        let ends = desk.clock.now() + Millis::hours(1);
        owner.post(&consents, &consent(json!({"expires_at": ends}))).await.expect_status(200);
        advertise("given").await.expect_status(201);
        desk.settle().await;
        assert_eq!(desk.sim.received(&maria).len(), 1);
        desk.clock.advance(Millis::hours(1));
        assert_eq!(advertise("expired").await.expect_status(409).code(), "no_consent");

        // What waits when the customer takes it back is not sent either, and neither is it on a second try.
        owner.post(&consents, &consent(json!({}))).await.expect_status(200);
        let waiting = advertise("waiting").await.expect_status(201).json();
        desk.sim.send(&maria, CustomerMessage::text("退订")).await;
        let worked = app::worker::settle(&desk.app).await;
        worked.expect("settles");
        let states = owner.get(&consents).await.expect_status(200).json();
        let marketing = states["states"].as_array().expect("a list").iter();
        let marketing = marketing.clone().find(|one| one["purpose"] == "marketing").expect("a state").clone();
        assert_eq!(marketing["allowed"], false);
        assert_eq!(marketing["entry"]["evidence"], "退订");
        assert_eq!(marketing["entry"]["way"], "message");
        assert_eq!(advertise("stopped").await.expect_status(409).code(), "no_consent");
        let shown = desk.thread(&owner, &conversation).await;
        assert!(shown.iter().any(|line| line["content"]["event"] == "consent_withdrawn"), "{shown:?}");
        let status = shown.iter().find(|one| one["id"] == waiting["id"]).expect("the message");
        if status["status"]["state"] == "failed" {
            let retry = format!("/api/messages/{}/retry", text(&waiting, "id"));
            assert_eq!(owner.post(&retry, &json!({})).await.expect_status(409).code(), "no_consent");
        }
        let answer = json!({"client_id": "answer", "text": "as you wish"});
        owner.post(&format!("/api/conversations/{id}/messages"), &answer).await.expect_status(201);
        desk.settle().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_tells_its_notice_once_and_in_the_right_language() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        for (language, words) in [("en", "We keep what you write."), ("zh", "我们会保存您写的内容。")]
        {
            let body = json!({"inbox_id": inbox["id"], "language": language, "text": words});
            owner.put("/api/notices", &body).await.expect_status(200);
        }
        let nonsense = json!({"inbox_id": inbox["id"], "language": "xx", "text": "?"});
        owner.put("/api/notices", &nonsense).await.expect_status(422);
        let (maria, conversation) = writes(desk, &owner, "Maria", PHONE, "hi").await;
        let (wang, _) = writes(desk, &owner, "王", "+86 138 0013 8000", "你好").await;
        desk.settle().await;
        let got = |customer: &CustomerId| desk.sim.received(customer).len();
        assert_eq!((got(&maria), got(&wang)), (1, 1));
        let told = format!("{:?}", desk.sim.received(&wang));
        assert!(told.contains("我们会保存"), "{told}");
        assert!(!conversation["waiting_since"].is_null(), "a notice is no answer");
        let path = format!("/api/conversations/{}/resolve", text(&conversation, "id"));
        owner.post(&path, &json!({})).await.expect_status(200);
        desk.sim.send(&maria, CustomerMessage::text("again")).await;
        desk.settle().await;
        assert_eq!(got(&maria), 1, "told once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_goes_when_its_time_has_come_and_not_before() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let rule = |class: &str, days: i64| json!({"class": class, "days": days});
        owner.post("/api/retention", &rule("deliveries", 3)).await.expect_status(422);
        for (class, days) in [("messages", 365), ("deliveries", 30), ("people", 730)] {
            owner.post("/api/retention", &rule(class, days)).await.expect_status(201);
        }
        owner.post("/api/retention", &rule("messages", 10)).await.expect_status(422);
        let (_, held) = writes(desk, &owner, "Held", "+34 600 000 001", "keep this").await;
        let (_, open) = writes(desk, &owner, "Open", "+34 600 000 002", "still open").await;
        let (_, done) = writes(desk, &owner, "Done", "+34 600 000 003", "over").await;
        for one in [&held, &done] {
            let path = format!("/api/conversations/{}/resolve", text(one, "id"));
            owner.post(&path, &json!({})).await.expect_status(200);
        }
        let path = format!("/api/contacts/{}/hold", contact_of(&held));
        owner.post(&path, &json!({"reason": "a suit"})).await.expect_status(201);
        let me = owner.get("/api/session").await.json();
        let workspace: model::WorkspaceId = text(&me["workspace"], "id").parse().expect("an id");
        let contacts = [&held, &open, &done].map(|one| {
            let id: ContactId = contact_of(one).parse().expect("an id");
            id
        });
        let conversations = [&held, &open, &done].map(|one| {
            let id: model::ConversationId = text(one, "id").parse().expect("an id");
            id
        });
        // How many messages each has, whether each person is there, and how many deliveries open.
        let look = async || {
            desk.app
                .read(move |tx| {
                    Box::pin(async move {
                        let mut left = Vec::new();
                        for (contact, conversation) in contacts.into_iter().zip(conversations) {
                            let newest = store::message::Place::Newest;
                            let page = store::message::page(tx, workspace, conversation, newest, 50).await?;
                            let said = page.items.iter().filter(|one| one.direction == model::Direction::In);
                            let there = store::contact::get(tx, workspace, contact).await?.is_some();
                            left.push((said.count(), there));
                        }
                        let raw = testing::bodies(tx, workspace).await?;
                        Ok((left, raw.iter().filter(|body| !body.is_empty()).count()))
                    })
                })
                .await
                .expect("read")
        };
        let there = (1, true);
        for day in 0..1100_i64 {
            desk.clock.advance(Millis::days(i64::from(day > 0)));
            app::retention::nightly(&desk.app).await.expect("a night");
            if ![0, 29, 31, 364, 366, 729, 731, 1099].contains(&day) {
                continue;
            }
            let (left, raw) = look().await;
            assert_eq!(left[0], there, "held, on day {day}");
            assert_eq!(left[1], there, "open, on day {day}");
            assert_eq!(left[2], (usize::from(day < 366), day < 731), "done, on day {day}");
            assert_eq!(
                raw,
                if day < 31 { 3 } else { 1 },
                "deliveries on day {day}; that of the held one stays"
            );
        }
        let owner = desk.sign_in("olga@example.com").await;
        let runs = owner.get("/api/retention/runs").await.expect_status(200).items();
        assert_eq!(runs.len(), 60);
        assert!(runs.iter().all(|run| !run["finished_at"].is_null()));
        assert_eq!(runs[0]["removed"]["held"], 1);
        // A rehearsal tells what a run would do and does nothing.
        let (_, late) = writes(desk, &owner, "Late", "+34 600 000 004", "late").await;
        let path = format!("/api/conversations/{}/resolve", text(&late, "id"));
        owner.post(&path, &json!({})).await.expect_status(200);
        desk.clock.advance(Millis::days(20));
        let count = owner.get("/api/retention/preview").await.expect_status(200).json();
        assert_eq!((&count["messages"], &count["people"], &count["held"]), (&json!(0), &json!(0), &json!(1)));
        assert_eq!(owner.get(&format!("/api/contacts/{}", contact_of(&late))).await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn breaches_have_clocks_and_name_whom_they_concern() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        writes(desk, &owner, "=cmd|' /C calc'!A0", PHONE, "hi").await;
        let now = desk.clock.now();
        let draft = json!({
            "title": "a laptop was lost", "account": "with a copy", "noticed_at": now, "began_at": now - Millis::hours(2),
            "inbox_id": inbox["id"], "high_risk": true, "china": true,
        });
        let breach = owner.post("/api/breaches", &draft).await.expect_status(201).json();
        let duties = breach["duties"].as_array().expect("a list");
        assert_eq!(duties[0]["kind"], "china_incident");
        assert_eq!(duties[0]["due_at"].as_i64(), Some(now.0 + 4 * 3_600_000));
        assert_eq!(duties[1]["due_at"].as_i64(), Some(now.0 + 72 * 3_600_000));
        let path = format!("/api/breaches/{}", text(&breach, "id"));
        let csv = owner.get(&format!("{path}/concerned")).await.expect_status(200);
        let csv = String::from_utf8(csv.body).expect("text");
        assert!(csv.contains("34600111222") && csv.contains("\"'=cmd"), "{csv}");
        let mut told = draft.clone();
        told["authority_told_at"] = json!(now);
        let told = owner.put(&path, &told).await.expect_status(200).json();
        assert_eq!(told["duties"][0]["done_at"].as_i64(), Some(now.0));
        let mut wrong = draft;
        wrong["noticed_at"] = json!(now + Millis::hours(1));
        owner.post("/api/breaches", &wrong).await.expect_status(422);
        assert_eq!(owner.get("/api/breaches").await.items().len(), 1);

        let controller = json!({"name": "Harbour Hotel", "contact": "x", "officer": "", "location": "Spain"});
        owner.put("/api/processing/controller", &controller).await.expect_status(200);
        let record = owner.get("/api/processing").await.expect_status(200).json();
        assert_eq!(record["controller"]["location"], "Spain");
        let recipients = record["recipients"].to_string();
        assert!(recipients.contains("Meta") && recipients.contains("Reception"), "{recipients}");
        assert_eq!(record["unlimited"].as_array().map(Vec::len), Some(4), "no rule yet");
    })
    .await;
}
