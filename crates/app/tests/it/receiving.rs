//! Deliveries become messages, once, in the right place.

use app::receive::Hooked;
use app::worker::Duties;
use model::{Clock, ConversationState, Millis, WindowState};
use serde_json::json;
use store::lane::{Turn, Which};

use crate::desk::{Customer, Desk, MARIA, NUMBER, delivery, on_both, on_sqlite, sign};

#[tokio::test]
async fn a_text_opens_a_conversation() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("wamid.1", "Hola 你好 👋🏽")).await;
        let conversation = desk.only_conversation().await;
        assert_eq!(conversation.contact.name, "María");
        assert_eq!(conversation.identity.phone.as_deref(), Some("+5215550002222"));
        assert_eq!((conversation.unread, conversation.window.state), (1, WindowState::Open));
        assert_eq!(desk.texts(&conversation).await, ["Hola 你好 👋🏽"]);
    })
    .await;
}

#[tokio::test]
async fn a_message_that_comes_twice_is_one_message() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("wamid.1", "one")).await;
        let head = desk.head().await;
        // The same message in another delivery: other bytes, same id.
        let mut again = MARIA.text("wamid.1", "one");
        again["extra"] = json!(1);
        desk.deliver(again).await;
        let conversation = desk.only_conversation().await;
        assert_eq!((desk.texts(&conversation).await.len(), conversation.unread), (1, 1));
        assert_eq!(desk.head().await, head, "nothing changed, so nothing is told");
    })
    .await;
}

#[tokio::test]
async fn an_album_within_one_delivery_is_one_conversation_in_order() {
    on_both(async |desk| {
        let mut album = MARIA.text("wamid.0", "0");
        let messages: Vec<_> = (0..30)
            .map(|n| MARIA.text(&format!("wamid.{n}"), &n.to_string())["messages"][0].clone())
            .collect();
        album["messages"] = json!(messages);
        desk.deliver(album).await;
        let texts = desk.texts(&desk.only_conversation().await).await;
        assert_eq!(texts, (0..30).map(|n| n.to_string()).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_wrong_signature_stores_nothing() {
    on_both(async |desk| {
        let body = delivery(NUMBER, MARIA.text("wamid.1", "forged")).to_string().into_bytes();
        for signature in ["", "sha256=", &sign("another secret", &body), &sign("", &body)] {
            assert_eq!(desk.post_raw(body.clone(), signature).await, Hooked::Rejected);
        }
        app::worker::settle(&desk.app).await.expect("settles");
        assert!(desk.conversations().await.is_empty() && desk.parked().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn garbage_with_a_right_signature_is_parked_and_holds_nobody_up() {
    on_both(async |desk| {
        for body in ["{\"object\":", "[]", "null", "\u{feff}"] {
            let signature = sign("app-secret", body.as_bytes());
            assert_eq!(desk.post_raw(body.as_bytes().to_vec(), &signature).await, Hooked::Accepted);
        }
        desk.deliver(MARIA.text("wamid.1", "after the garbage")).await;
        assert_eq!(desk.parked().await.len(), 4);
        assert_eq!(desk.texts(&desk.only_conversation().await).await, ["after the garbage"]);
    })
    .await;
}

#[tokio::test]
async fn a_delivery_for_another_number_goes_to_its_own_inbox_or_is_parked() {
    on_both(async |desk| {
        desk.post(&delivery("999", MARIA.text("wamid.1", "whose?"))).await;
        app::worker::settle(&desk.app).await.expect("settles");
        assert!(desk.conversations().await.is_empty());
        assert!(desk.parked().await[0].contains("999"), "{:?}", desk.parked().await);
        let other = desk.connect("777").await;
        desk.post(&delivery("777", MARIA.text("wamid.2", "for the other"))).await;
        app::worker::settle(&desk.app).await.expect("settles");
        assert_eq!(desk.only_conversation().await.inbox_id, other.row.id);
    })
    .await;
}

#[tokio::test]
async fn a_resolved_conversation_opens_again() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("wamid.1", "first")).await;
        let conversation = desk.only_conversation().await;
        app::conversation::resolve(&desk.app, &desk.caller, conversation.id).await.expect("resolved");
        desk.clock.advance(Millis::days(3));
        desk.deliver(MARIA.text("wamid.2", "second")).await;
        let again = desk.only_conversation().await;
        assert_eq!((again.id, again.state), (conversation.id, ConversationState::Open));
        assert_eq!(desk.texts(&again).await, ["first", "(resolved)", "(reopened)", "second"]);
    })
    .await;
}

#[tokio::test]
async fn a_change_that_comes_before_its_message_is_applied_later() {
    on_both(async |desk| {
        let reaction = MARIA.says(
            "wamid.r",
            json!({"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "❤️"}}),
        );
        desk.deliver(reaction).await;
        desk.deliver(MARIA.text("wamid.1", "late")).await;
        let conversation = desk.only_conversation().await;
        assert!(desk.thread(&conversation).await[0].reactions.is_empty());
        desk.clock.advance(Millis::seconds(2));
        app::worker::settle(&desk.app).await.expect("settles");
        assert_eq!(desk.thread(&conversation).await[0].reactions[0].emoji, "❤️");
    })
    .await;
}

#[tokio::test]
async fn a_reaction_is_exchanged_and_taken_back() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("wamid.1", "hi")).await;
        let conversation = desk.only_conversation().await;
        for (id, emoji, expected) in [("a", Some("👍"), 1), ("b", Some("🎉"), 1), ("c", None, 0)] {
            let mut reaction = json!({"message_id": "wamid.1"});
            if let Some(emoji) = emoji {
                reaction["emoji"] = json!(emoji);
            }
            desk.deliver(MARIA.says(id, json!({"type": "reaction", "reaction": reaction}))).await;
            let reactions = desk.thread(&conversation).await[0].reactions.clone();
            assert_eq!(reactions.len(), expected);
            assert_eq!(reactions.first().map(|one| one.emoji.as_str()), emoji);
        }
        assert_eq!(desk.only_conversation().await.unread, 1, "a reaction is not a message to answer");
    })
    .await;
}

#[tokio::test]
async fn nobody_amends_the_message_of_another() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("wamid.1", "mine")).await;
        let mallory = crate::desk::Customer { user: Some("MX.mallory"), phone: None, name: "Mallory" };
        desk.deliver(
            mallory
                .says("x", json!({"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "💩"}})),
        )
        .await;
        let conversation = desk.conversations().await.into_iter().find(|one| one.contact.name == "María");
        let thread = desk.thread(&conversation.expect("María's conversation")).await;
        assert!(thread[0].reactions.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_clock_ahead_of_ours_does_not_hold_the_window_open() {
    on_both(async |desk| {
        desk.deliver(MARIA.says(
            "wamid.1",
            json!({"type": "text", "timestamp": "1990000000", "text": {"body": "from the future"}}),
        ))
        .await;
        desk.clock.advance(Millis::hours(24));
        assert_eq!(desk.only_conversation().await.window.state, WindowState::Closed);
    })
    .await;
}

#[tokio::test]
async fn a_delivery_over_which_workers_die_is_parked_and_its_lane_goes_on() {
    on_both(async |desk| {
        desk.post(&delivery(NUMBER, MARIA.text("wamid.1", "deadly"))).await;
        desk.post(&delivery(NUMBER, MARIA.text("wamid.2", "after it"))).await;
        assert_eq!(vanish(&desk, 1, Which::Fresh).await, 2, "both are in one portion");
        for turn in 2..6 {
            assert_eq!(vanish(&desk, turn, Which::Suspect).await, 1, "what was tried comes alone");
        }
        app::worker::settle(&desk.app).await.expect("settles");
        let parked = desk.parked().await;
        assert!(parked.len() == 1 && parked[0].contains("workers ended over it"), "{parked:?}");
        assert_eq!(desk.texts(&desk.only_conversation().await).await, ["after it"]);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_given_up_because_workers_that_held_much_died_often() {
    on_both(async |desk| {
        for turn in 0..8 {
            desk.post(&delivery(NUMBER, MARIA.text(&format!("wamid.{turn}"), "innocent"))).await;
            vanish(&desk, turn, Which::Fresh).await;
        }
        app::worker::settle(&desk.app).await.expect("settles");
        assert_eq!(desk.parked().await, Vec::<String>::new());
        assert_eq!(desk.texts(&desk.only_conversation().await).await, ["innocent"; 8]);
    })
    .await;
}

#[tokio::test]
async fn who_is_erased_between_two_tries_of_their_delivery_stays_erased() {
    on_sqlite(async |desk, db| {
        let stick = async |stuck| {
            let outcome = db.write(move |tx| Box::pin(store::testing::stick_lanes(tx, stuck))).await;
            outcome.expect("a lane sticks or does not");
        };
        let shown = async |name: &str| {
            for _ in 0..400 {
                if let Some(found) =
                    desk.conversations().await.into_iter().find(|one| one.contact.name == name)
                {
                    return found.contact.id;
                }
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
            panic!("{name} is not shown");
        };
        let duties = Duties { receive: true, send: false, jobs: false };
        let workers = app::worker::start(&desk.app, duties).await.expect("workers");
        // The message is kept, and the worker cannot end what it does: it tries again until it can.
        stick(true).await;
        desk.post(&delivery(NUMBER, MARIA.text("wamid.1", "forget me"))).await;
        let maria = shown("María").await;
        app::erase::erase(&desk.app, &desk.caller, maria, "asked").await.expect("erased");
        stick(false).await;
        let other = Customer { user: Some("MX.juan1"), phone: Some("5215550003333"), name: "Juan" };
        desk.post(&delivery(NUMBER, other.text("wamid.2", "hello"))).await;
        shown("Juan").await;
        workers.stop().await;
        let names: Vec<String> = desk.conversations().await.into_iter().map(|one| one.contact.name).collect();
        assert_eq!(names, ["Juan"]);
    })
    .await;
}

/// Somebody claims deliveries and is not heard of again; tells how many.
async fn vanish(desk: &Desk, number: i64, which: Which) -> usize {
    let now = desk.clock.now();
    let turn = Turn { number, now, lease_until: now + Millis::seconds(30), which, most_attempts: 99 };
    let claimed = desk.app.write(move |tx| {
        Box::pin(async move { Ok(store::lane::claim(tx, turn, store::lane::PORTION).await?) })
    });
    let lanes = claimed.await.expect("a claim").lanes;
    desk.clock.advance(Millis::seconds(31));
    lanes.iter().map(|lane| lane.items.len()).sum()
}
