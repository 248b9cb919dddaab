//! Messages are found by what they say, by those who may see them, and a stolen file does not tell what they say.

use model::Millis;
use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

/// An owner, a connected inbox and a customer who has written these texts.
async fn written(desk: &Desk, texts: &[&str]) -> (Browser, CustomerId) {
    let owner = desk.owner().await;
    desk.connect(&owner).await;
    let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
    for text in texts {
        desk.clock.advance(Millis::seconds(60));
        desk.sim.send(&maria, CustomerMessage::text(*text)).await;
        desk.settle().await;
    }
    index(desk).await;
    (owner, maria)
}

async fn index(desk: &Desk) {
    app::indexing::settle(&desk.app).await.expect("the index follows");
}

async fn search(browser: &Browser, query: &[(&str, &str)]) -> Value {
    let query: Vec<String> = query
        .iter()
        .map(|(name, value)| {
            format!(
                "{name}={}",
                percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC)
            )
        })
        .collect();
    browser.get(&format!("/api/search?{}", query.join("&"))).await.expect_status(200).json()
}

/// The texts of what was found, what was looked for in brackets.
fn shown(page: &Value) -> Vec<String> {
    let hits = page["items"].as_array().expect("a list");
    hits.iter()
        .map(|hit| {
            let pieces = hit["snippet"].as_array().expect("pieces");
            pieces
                .iter()
                .map(|piece| {
                    let text = piece["text"].as_str().expect("a text");
                    if piece["hit"] == true { format!("[{text}]") } else { text.to_owned() }
                })
                .collect()
        })
        .collect()
}

async fn found(browser: &Browser, q: &str) -> Vec<String> {
    shown(&search(browser, &[("q", q)]).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_found_in_every_script_the_newest_first() {
    on_both(async |desk| {
        let texts = [
            "Where is my order BH-10422?",
            "订单还没有到，我要退款",
            "أين طلبي؟ أريد استرداد المبلغ",
            "ORDERS are late. Café Müller",
        ];
        let (owner, _) = written(desk, &texts).await;
        for (typed, expected) in [
            ("order", &["[ORDERS] are late. Café Müller", "Where is my [order] BH-10422?"][..]),
            ("bh-10422", &["Where is my order [BH-10422]?"]),
            ("where order", &["[Where] is my [order] BH-10422?"]),
            ("\"my order\"", &["Where is [my order] BH-10422?"]),
            ("\"order my\"", &[]),
            ("退款", &["订单还没有到，我要[退款]"]),
            ("款退", &[]),
            ("طلبي", &["أين [طلبي]؟ أريد استرداد المبلغ"]),
            ("cafe mull", &["ORDERS are late. [Café] [Müller]"]),
            ("nothing", &[]),
        ] {
            assert_eq!(found(&owner, typed).await, expected, "{typed}");
        }
        let hit = search(&owner, &[("q", "café")]).await["items"][0].clone();
        assert_eq!((&hit["contact"]["name"], &hit["direction"]), (&json!("Maria"), &json!("in")));
        let conversation = desk.only_conversation(&owner).await;
        assert_eq!(hit["conversation_id"], conversation["id"]);
        let last = desk.thread(&owner, &conversation).await.pop().expect("a message");
        assert_eq!((&hit["message_id"], &hit["at"]), (&last["id"], &last["at"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_narrowed_and_goes_on_page_by_page() {
    on_both(async |desk| {
        let (owner, maria) = written(desk, &["tea one", "tea two", "tea three"]).await;
        let conversation = desk.only_conversation(&owner).await;
        let id = conversation["id"].as_str().expect("an id");
        let reply = json!({"client_id": "1", "text": "tea is served"});
        owner.post(&format!("/api/conversations/{id}/messages"), &reply).await.expect_status(201);
        let note = json!({"client_id": "2", "text": "she likes tea"});
        owner.post(&format!("/api/conversations/{id}/notes"), &note).await.expect_status(201);
        desk.settle().await;
        let pedro = desk.sim.customer("Pedro", Some("+34 600 333 444"), None).await;
        desk.sim.send(&pedro, CustomerMessage::text("tea for Pedro")).await;
        desk.settle().await;
        index(desk).await;
        let mut all = Vec::new();
        let mut cursor = String::new();
        for _ in 0..9 {
            let page = search(&owner, &[("q", "tea"), ("limit", "2"), ("cursor", &cursor)]).await;
            all.extend(shown(&page));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = next.to_owned();
        }
        let expected = [
            "[tea] for Pedro",
            "she likes [tea]",
            "[tea] is served",
            "[tea] three",
            "[tea] two",
            "[tea] one",
        ];
        assert_eq!(all, expected);
        let me = owner.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned();
        let contact = conversation["contact"]["id"].as_str().expect("an id");
        let inbox = conversation["inbox_id"].as_str().expect("an id");
        let begin = desk.thread(&owner, &conversation).await[1]["at"].to_string();
        for (narrow, expected) in [
            ([("contact", contact), ("direction", "in")], &expected[3..]),
            ([("agent", &me), ("direction", "out")], &expected[2..3]),
            ([("direction", "note"), ("inbox", inbox)], &expected[1..2]),
            ([("until", &begin), ("inbox", inbox)], &expected[5..]),
            ([("from", &begin), ("contact", contact)], &expected[1..5]),
            ([("agent", "ag_0000000000007"), ("inbox", inbox)], &[]),
            ([("contact", "ct_0000000000007"), ("inbox", inbox)], &[]),
            ([("inbox", "ib_0000000000007"), ("contact", contact)], &[]),
        ] {
            let query = [&[("q", "tea")], &narrow[..]].concat();
            assert_eq!(shown(&search(&owner, &query).await), *expected, "{narrow:?}");
        }
        for (query, path) in
            [("q=", "q"), ("q=%3F", "q"), ("q=tea&limit=51", "limit"), ("q=tea&cursor=x", "cursor")]
        {
            let reply = owner.get(&format!("/api/search?{query}")).await;
            let said = reply.expect_status(422).json().to_string();
            assert!(said.contains(&format!("\"{path}\"")), "{query}: {said}");
        }
        let _ = maria;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_message_is_found_by_what_it_says_now_and_a_withdrawn_one_not() {
    on_both(async |desk| {
        let (owner, maria) = written(desk, &["the parcel is red"]).await;
        let wamid = desk.sim.send(&maria, CustomerMessage::text("the parcel is blue")).await;
        desk.settle().await;
        index(desk).await;
        assert_eq!(found(&owner, "parcel").await.len(), 2);
        desk.sim.edit(&maria, &wamid, "the parcel is green").await;
        desk.settle().await;
        // The text decides, so even before the index follows nothing is found by what is no longer said.
        assert_eq!(found(&owner, "blue").await, Vec::<String>::new());
        index(desk).await;
        assert_eq!(found(&owner, "green").await, ["the parcel is [green]"]);
        assert_eq!(found(&owner, "blue").await, Vec::<String>::new());
        desk.sim.revoke(&maria, &wamid).await;
        desk.settle().await;
        assert_eq!(found(&owner, "green").await, Vec::<String>::new());
        index(desk).await;
        assert_eq!(found(&owner, "parcel").await, ["the [parcel] is red"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_workspace_finds_nothing() {
    on_both(async |desk| {
        let (owner, _) = written(desk, &["a secret word"]).await;
        assert_eq!(found(&owner, "secret").await.len(), 1);
        let stranger = desk.stranger().await;
        index(desk).await;
        assert_eq!(found(&stranger, "secret").await, Vec::<String>::new());
        let conversation = desk.only_conversation(&owner).await;
        let contact = conversation["contact"]["id"].as_str().expect("an id");
        let page = search(&stranger, &[("q", "secret"), ("contact", contact)]).await;
        assert_eq!(page, json!({"items": [], "next_cursor": null}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_index_holds_no_word() {
    on_both(async |desk| {
        let texts =
            ["The zanzibarite invoice 4711998 is overdue", "我要退款，订单有问题", "أريد استرداد المبلغ"];
        let (owner, _) = written(desk, &texts).await;
        assert_eq!(found(&owner, "zanzibarite").await.len(), 1, "it is in the index");
        let read = desk.app.read(|tx| Box::pin(async move { Ok(store::search::raw(tx).await?) }));
        let raw = read.await.expect("the index's bytes");
        assert!(raw.len() > 100, "only {} bytes", raw.len());
        let lower = raw.to_ascii_lowercase();
        for text in texts {
            for word in ai::words(text).iter().filter(|word| word.key.len() >= 5 || !word.key.is_ascii()) {
                for form in [word.key.clone(), hex::encode(&word.key)] {
                    let shows = lower.windows(form.len()).any(|place| place == form.as_bytes());
                    assert!(!shows, "{form:?} stands in the index");
                }
            }
        }
    })
    .await;
}
