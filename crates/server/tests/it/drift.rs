//! Whether what customers write has moved: told when it has, begun anew by whoever holds it for right and by what is learned.

use std::ops::Range;

use model::{IntentId, Millis, TopicKind};
use serde_json::{Value, json};
use sim::CustomerMessage;
use store::topic::Counted;

use crate::alarm::standing;
use crate::browser::Browser;
use crate::desk::{Desk, on_both};
use crate::topic::{HOUR, look, workspace};

const DAY: i64 = 24;

/// How often each subject of a kind is said in an hour.
type Shares = Vec<(TopicKind, i64, i64)>;

/// Counts in hours from now on, or back.
async fn count(desk: &Desk, owner: &Browser, hours: Range<i64>, shares: impl Fn(i64) -> Shares) {
    let ws = workspace(owner).await;
    let now = desk.app.now().0.div_euclid(HOUR);
    let mut counts = Vec::new();
    for hour in hours.map(|hour| now + hour) {
        let of = |(kind, subject, count)| (Counted { kind, subject, hour }, count);
        counts.extend(shares(hour).into_iter().map(of));
    }
    let made =
        desk.app.write(move |tx| Box::pin(async move { Ok(store::topic::count(tx, ws, &counts).await?) }));
    made.await.expect("the store answers");
}

/// One message, so that there is something to be looked at.
async fn one_writes(desk: &Desk) {
    let customer = desk.sim.customer("Maria", Some("+34 600 000 001"), None).await;
    desk.sim.send(&customer, CustomerMessage::text("where can I park my car")).await;
    desk.settle().await;
    look(desk).await;
}

async fn intent(desk: &Desk, owner: &Browser, name: &str, texts: &[&str]) -> IntentId {
    let draft = json!({"name": name, "answer": {"do": "hand_over", "team_id": null}});
    let made = owner.post("/api/intents", &draft).await.expect_status(201).json();
    let id = made["id"].as_str().expect("an id").to_owned();
    owner.post(&format!("/api/intents/{id}/examples"), &json!({"texts": texts})).await.expect_status(200);
    desk.settle().await;
    id.parse().expect("an id")
}

async fn drift(owner: &Browser) -> Value {
    owner.get("/api/drift").await.expect_status(200).json()
}

fn part<'a>(drift: &'a Value, kind: &str) -> &'a Value {
    let parts = drift["parts"].as_array().expect("parts");
    parts.iter().find(|part| part["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {drift}"))
}

/// Days later, with whoever signs in again.
async fn later(desk: &Desk, days: i64) -> Browser {
    desk.clock.advance(Millis::days(days));
    desk.sign_in("olga@example.com").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_moved_calls_until_somebody_holds_it_for_right() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        assert_eq!(drift(&owner).await, json!({"accepted_at": null, "moved_at": null, "parts": []}));
        let parking =
            intent(desk, &owner, "Parking", &["where can I park my car", "is parking free", "a garage"])
                .await;
        let shipping =
            intent(desk, &owner, "Shipping", &["do you ship my bags", "send my suitcase", "parcel"]).await;
        look(desk).await;
        one_writes(desk).await;
        let early = drift(&owner).await;
        let (told, now) = (part(&early, "intent"), desk.app.now().0);
        assert_eq!(
            (&told["state"], &told["weeks"], &told["index"]),
            (&json!("learning"), &json!(0), &json!(0.0))
        );
        let ready = told["ready_at"].as_i64().expect("a moment");
        assert!((ready - now - 14 * DAY * HOUR).abs() <= 2 * HOUR, "{told}");
        assert_eq!(part(&early, "language")["now"], 0, "this hour is not over");

        // Five weeks of what is usual, which on weekends is something else; in the last one others ask for another thing.
        let owner = later(desk, 36).await;
        let english = i64::from(b'e') << 8 | i64::from(b'n');
        let said = |hour: i64, one: i64, other: i64| {
            let band = if hour.div_euclid(DAY) % 7 < 2 { 25 } else { 90 };
            vec![
                (TopicKind::Intent, 0, 1),
                (TopicKind::Intent, parking.0, one),
                (TopicKind::Intent, shipping.0, other),
                (TopicKind::Confidence, band, 5),
                (TopicKind::Language, english, 5),
            ]
        };
        count(desk, &owner, -36 * DAY..-7 * DAY, |hour| said(hour, 3, 1)).await;
        count(desk, &owner, -7 * DAY..0, |hour| said(hour, 1, 3)).await;
        one_writes(desk).await;
        let moved = drift(&owner).await;
        assert!(moved["moved_at"].is_i64() && moved["accepted_at"].is_null(), "{moved}");
        for kind in ["confidence", "language"] {
            assert_eq!(part(&moved, kind)["state"], "steady", "{moved}");
        }
        let told = part(&moved, "intent");
        assert_eq!((&told["state"], &told["weeks"], &told["now"]), (&json!("moved"), &json!(4), &json!(840)));
        let index = told["index"].as_f64().expect("a number");
        // 0.4 ln 3 twice over.
        assert!((index - 0.8789).abs() < 0.02, "{told}");
        let first = [&told["shares"][0], &told["shares"][1]];
        let share = |of: &Value, key: &str| (of[key].as_f64().expect("a share") * 10.0).round();
        let mut both: Vec<(String, f64, f64)> =
            first.map(|one| (one["intent_id"].to_string(), share(one, "before"), share(one, "now"))).to_vec();
        both.sort_by(|one, other| one.1.total_cmp(&other.1));
        assert_eq!(both, [(json!(shipping).to_string(), 2.0, 6.0), (json!(parking).to_string(), 6.0, 2.0)]);
        assert!(standing(&owner).await.contains(&json!("drift")));

        // Who does not see everything sees and decides nothing of it.
        let all = ["knowledge.read", "knowledge.manage", "conversation.read"];
        for (name, permissions, scope) in [("narrow", &all[..], "own"), ("blind", &all[..2], "all")] {
            let draft = json!({"name": name, "permissions": permissions, "scope": scope});
            let role = owner.post("/api/roles", &draft).await.expect_status(201).json()["role"].clone();
            let writer = desk.agent(&owner, name, role.as_str().expect("an id")).await;
            writer.get("/api/drift").await.expect_status(403);
            writer.post("/api/drift/accept", &json!({})).await.expect_status(403);
        }
        owner.post("/api/drift/accept", &json!({})).await.expect_status(204);
        let accepted = drift(&owner).await;
        assert!(accepted["moved_at"].is_null() && accepted["accepted_at"].is_i64(), "{accepted}");
        for kind in ["intent", "confidence", "language"] {
            assert_eq!(part(&accepted, kind)["state"], "learning", "{accepted}");
        }
        app::alarm::look(&desk.app).await.expect("the store answers");
        assert!(!standing(&owner).await.contains(&json!("drift")), "somebody has seen to it");
        let noted = owner.get("/api/audit?act=drift.accepted").await.items();
        assert_eq!((noted.len(), &noted[0]["detail"]), (1, &json!(r#"{"moved":["intent"]}"#)));

        // What was accepted is what the next week is compared with.
        let owner = later(desk, 7).await;
        count(desk, &owner, -7 * DAY..0, |hour| said(hour, 1, 3)).await;
        one_writes(desk).await;
        let calm = drift(&owner).await;
        assert_eq!(
            (&part(&calm, "intent")["state"], &part(&calm, "intent")["weeks"]),
            (&json!("steady"), &json!(1))
        );

        // What was learned since moves intents by itself, and languages not.
        intent(desk, &owner, "Breakfast", &["is breakfast included", "when is breakfast", "eggs"]).await;
        let owner = later(desk, 7).await;
        let spanish = i64::from(b'e') << 8 | i64::from(b's');
        count(desk, &owner, -7 * DAY..0, |_| {
            vec![(TopicKind::Language, english, 3), (TopicKind::Language, spanish, 2)]
        })
        .await;
        one_writes(desk).await;
        let learned = drift(&owner).await;
        for kind in ["intent", "confidence"] {
            assert_eq!(part(&learned, kind)["state"], "learning", "{learned}");
        }
        let told = part(&learned, "language");
        assert_eq!((&told["state"], &told["weeks"]), (&json!("moved"), &json!(2)), "{learned}");
        let languages: Vec<&Value> =
            told["shares"].as_array().into_iter().flatten().map(|one| &one["language"]).collect();
        assert_eq!(languages[0], "es");
        assert!(standing(&owner).await.contains(&json!("drift")));

        // Little tells nothing, and what is over is over.
        let owner = later(desk, 8).await;
        one_writes(desk).await;
        let quiet = drift(&owner).await;
        assert_eq!((&part(&quiet, "language")["state"], &quiet["moved_at"]), (&json!("few"), &Value::Null));
        assert!(!standing(&owner).await.contains(&json!("drift")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_learned_begins_the_weeks_anew_where_it_changes_what_is_understood() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let parking =
            intent(desk, &owner, "Parking", &["where can I park my car", "is parking free", "a garage"])
                .await;
        intent(desk, &owner, "Shipping", &["do you ship my bags", "send my suitcase", "parcel"]).await;
        look(desk).await;
        let customer = desk.sim.customer("Noisy", Some("+34 600 000 002"), None).await;
        for number in 0..110 {
            let text = ["where can I park my car", "do you ship my bags"][number % 2];
            desk.sim.send(&customer, CustomerMessage::text(text)).await;
        }
        one_writes(desk).await;
        let since = async || part(&drift(&owner).await, "intent")["since"].as_i64().expect("a moment");
        let first = since().await;
        desk.clock.advance(Millis(3 * HOUR));
        let more = json!({"texts": ["somewhere to leave the motorbike"]});
        owner.post(&format!("/api/intents/{parking}/examples"), &more).await.expect_status(200);
        desk.settle().await;
        one_writes(desk).await;
        assert_eq!(since().await, first, "nobody asked for that");
        desk.clock.advance(Millis(3 * HOUR));
        owner.delete(&format!("/api/intents/{parking}")).await.expect_status(204);
        desk.settle().await;
        one_writes(desk).await;
        let now = desk.app.now().0.div_euclid(HOUR);
        assert_eq!(since().await, (now + 1) * HOUR, "half of it is not understood any more");
    })
    .await;
}
