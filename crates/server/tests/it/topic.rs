//! What customers write about: counted, called when it is far more often than usual, shown to those who may read it, and
//! looked ahead from.

use model::{Millis, SurgeId, TopicKind, WorkspaceId};
use serde_json::{Value, json};
use sim::CustomerMessage;
use store::topic::{Counted, SurgeRow};

use crate::alarm::standing;
use crate::browser::Browser;
use crate::desk::{Desk, on_both};

pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) async fn workspace(owner: &Browser) -> WorkspaceId {
    let id = owner.get("/api/session").await.json()["workspace"]["id"].clone();
    id.as_str().expect("an id").parse().expect("an id")
}

/// A rise of everything that is there, for tests of who may see it.
pub(crate) async fn make(desk: &Desk, owner: &Browser) -> String {
    let (ws, id): (WorkspaceId, SurgeId) = (workspace(owner).await, desk.app.ids.next());
    let row = SurgeRow {
        id,
        kind: TopicKind::All,
        subject: 0,
        count: 9,
        hours: 1,
        usual: 100,
        began_at: desk.app.now(),
        ended_at: None,
        dismissed: false,
    };
    let made = desk.app.write(move |tx| Box::pin(async move { Ok(store::topic::rise(tx, ws, &row).await?) }));
    assert!(made.await.expect("the store answers"));
    id.to_string()
}

/// Four weeks of twenty messages an hour, none of which are kept.
async fn weeks(desk: &Desk, owner: &Browser) {
    let ws = workspace(owner).await;
    look(desk).await;
    let now = desk.app.now().0 / HOUR;
    let of = |hour| (Counted { kind: TopicKind::All, subject: 0, hour }, 20);
    let counts: Vec<(Counted, i64)> = (now - 27 * 24..now).map(of).collect();
    let made =
        desk.app.write(move |tx| Box::pin(async move { Ok(store::topic::count(tx, ws, &counts).await?) }));
    made.await.expect("the store answers");
}

async fn write(desk: &Desk, number: usize, text: &str) {
    let name = format!("Guest{number}");
    let customer = desk.sim.customer(&name, Some(&format!("+34 600 000 {number:03}")), None).await;
    desk.sim.send(&customer, CustomerMessage::text(text)).await;
    desk.settle().await;
}

pub(crate) async fn look(desk: &Desk) {
    desk.clock.advance(Millis::seconds(61));
    app::indexing::settle(&desk.app).await.expect("the store answers");
    app::topic::settle(&desk.app).await.expect("the store answers");
    app::alarm::look(&desk.app).await.expect("the store answers");
}

async fn surges(browser: &Browser) -> Vec<Value> {
    browser.get("/api/surges").await.expect_status(200).items()
}

const POOL: [&str; 9] = [
    "Is the pool heated today?",
    "my key card does not open the pool",
    "when does the pool close tonight",
    "The pool looks green, is that safe",
    "are towels at the pool free",
    "can children swim in the pool alone",
    "pool closed??",
    "why is nobody at the pool bar",
    "we wanted to use the pool but the gate is locked",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_suddenly_written_by_many_calls_until_somebody_has_seen_to_it() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        weeks(desk, &owner).await;
        // One who repeats a word is no topic.
        let noisy = desk.sim.customer("Noisy", Some("+34 600 000 999"), None).await;
        for _ in 0..8 {
            desk.sim.send(&noisy, CustomerMessage::text("bicycle bicycle bicycle")).await;
            desk.clock.advance(Millis(HOUR));
        }
        desk.settle().await;
        look(desk).await;
        assert!(surges(&owner).await.is_empty(), "{:?}", surges(&owner).await);
        for (number, text) in POOL.iter().enumerate() {
            write(desk, number, text).await;
        }
        look(desk).await;
        let found = surges(&owner).await;
        assert_eq!(found.len(), 1, "{found:?}");
        let surge = &found[0];
        assert_eq!(
            (&surge["kind"], &surge["word"], &surge["count"]),
            (&json!("word"), &json!("pool"), &json!(9))
        );
        assert!(surge["usual"].as_f64().is_some_and(|usual| usual < 1.0), "{surge}");
        assert_eq!(surge["examples"].as_array().map(Vec::len), Some(5));
        let series = surge["series"].as_array().expect("hours");
        let sum: f64 = series.iter().filter_map(|one| one["count"].as_f64()).sum();
        assert_eq!((series.len(), sum), (168, 9.0));
        assert!(standing(&owner).await.contains(&json!("surge")));
        // A look later it is the same one.
        write(desk, 20, "and the pool again").await;
        look(desk).await;
        let again = surges(&owner).await;
        assert_eq!((again.len(), &again[0]["id"], &again[0]["count"]), (1, &surge["id"], &json!(10)));
        // An answer is begun with what was asked.
        let message = surge["examples"][0]["message_id"].as_str().expect("an id");
        let made = owner.get(&format!("/api/asked/{message}/article")).await.expect_status(200).json();
        assert!(made["title"].as_str().is_some_and(|title| title.contains("pool")), "{made}");
        assert!(!made.to_string().contains("Guest") && made["locale"] == "en", "{made}");
        owner.get("/api/asked/ms_0000000000007/article").await.expect_status(404);
        // Who does not see everything sees nothing of it.
        let all = ["knowledge.read", "knowledge.manage", "conversation.read"];
        for (name, permissions, scope) in [("narrow", &all[..], "own"), ("blind", &all[..2], "all")] {
            let draft = json!({"name": name, "permissions": permissions, "scope": scope});
            let role = owner.post("/api/roles", &draft).await.expect_status(201).json()["role"].clone();
            let writer = desk.agent(&owner, name, role.as_str().expect("an id")).await;
            for path in ["/api/surges", "/api/outlook", &format!("/api/asked/{message}/article")] {
                writer.get(path).await.expect_status(403);
            }
        }
        let id = surge["id"].as_str().expect("an id");
        owner.post(&format!("/api/surges/{id}/dismiss"), &json!({})).await.expect_status(204);
        owner.post("/api/surges/su_0000000000007/dismiss", &json!({})).await.expect_status(404);
        app::alarm::look(&desk.app).await.expect("the store answers");
        assert!(!standing(&owner).await.contains(&json!("surge")), "somebody has seen to it");
        // The words go with whoever wrote them; a number stays.
        for number in (0..POOL.len()).chain([20]) {
            let path = format!("/api/conversations?state=all&q=Guest{number}");
            let mut mine = owner.get(&path).await.items();
            mine.retain(|one| one["contact"]["name"] == format!("Guest{number}"));
            let contact = mine[0]["contact"]["id"].as_str().expect("an id").to_owned();
            let reason = json!({"reason": "asked for"});
            owner.post(&format!("/api/contacts/{contact}/erase"), &reason).await.expect_status(200);
        }
        let left = &surges(&owner).await[0];
        assert_eq!(
            (&left["word"], &left["examples"], &left["count"]),
            (&Value::Null, &json!([]), &json!(10))
        );
        owner.get(&format!("/api/asked/{message}/article")).await.expect_status(404);
        desk.clock.advance(Millis::days(2));
        look(desk).await;
        assert!(surges(&owner).await[0]["ended_at"].is_i64(), "it is over by itself");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_coming_days_are_told_from_what_was() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let early = owner.get("/api/outlook").await.expect_status(200).json();
        assert_eq!(
            (&early["ready"], &early["since"], &early["next"]),
            (&json!(false), &Value::Null, &json!([]))
        );
        let intent = json!({"name": "Parking", "answer": {"do": "hand_over", "team_id": null}});
        let intent = owner.post("/api/intents", &intent).await.expect_status(201).json();
        let texts = json!({"texts": ["where can I park my car", "is parking free", "do you have a garage"]});
        let path = format!("/api/intents/{}/examples", intent["id"].as_str().expect("an id"));
        owner.post(&path, &texts).await.expect_status(200);
        desk.settle().await;
        weeks(desk, &owner).await;
        for (number, text) in [
            "where can I park my car",
            "Where can I park my car?",
            "where can I park the car",
            "is breakfast included",
        ]
        .iter()
        .enumerate()
        {
            write(desk, number, text).await;
        }
        write(desk, 9, "thank you!").await;
        look(desk).await;
        let told = owner.get("/api/outlook").await.expect_status(200).json();
        assert_eq!(told["ready"], true);
        let (past, next) = (told["past"].as_array().expect("hours"), told["next"].as_array().expect("hours"));
        assert_eq!((past.len(), next.len()), (168, 48));
        assert_eq!(told["past_week"], json!(167 * 20 + 4), "thanks are no topic");
        let week = told["next_week"].as_f64().expect("a number");
        assert!((week / 3360.0 - 1.0).abs() < 0.1, "{week}");
        assert_eq!(next[0]["at"].as_i64(), past[167]["at"].as_i64().map(|at| at + HOUR));
        assert_eq!(
            (&told["intents"][0]["name"], &told["intents"][0]["past"]),
            (&json!("Parking"), &json!(3))
        );
        let question = &told["questions"][0];
        assert_eq!((&question["count"], told["questions"].as_array().map(Vec::len)), (&json!(3), Some(1)));
        let id = question["id"].as_str().expect("an id");
        let made = owner.get(&format!("/api/asked/{id}/article")).await.expect_status(200).json();
        assert_eq!(made["sources"].as_array().map(Vec::len), Some(3), "{made}");
        assert!(surges(&owner).await.is_empty());
        // Nothing is counted twice, whoever looks.
        let (one, other) = tokio::join!(app::topic::settle(&desk.app), app::topic::settle(&desk.app));
        assert!(one.is_ok() && other.is_ok());
        let same = owner.get("/api/outlook").await.expect_status(200).json();
        assert_eq!(same["past_week"], told["past_week"]);
    })
    .await;
}
