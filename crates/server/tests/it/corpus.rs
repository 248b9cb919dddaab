//! Every real delivery that was collected: posted to the running server, acknowledged, kept as it came, and read.
//!
//! What must be in the store is worked out here from the delivery itself, by its own reading of the provider's
//! documents and not by the product's. Collected examples share their ids with each other, which real deliveries
//! never do: those that share one go to different workspaces.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::{ChannelKind, DeliveryState, Health, InboundId, InboxId, Millis, Secret, WorkspaceId};
use serde_json::Value;
use store::inbound::Body;
use store::inbox::InboxRow;

use crate::desk::{Desk, missing, on_both};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/whatsapp/webhooks");

/// A delivery with what its index says of it.
struct Delivery {
    file: String,
    body: Vec<u8>,
    json: Value,
    /// Nothing in it is a placeholder such as `<PHONE>`, and it is not meant to be wrong.
    well_formed: bool,
}

fn deliveries() -> Option<Vec<Delivery>> {
    let folder = Path::new(FOLDER);
    let Ok(index) = std::fs::read(folder.join("index.json")) else {
        missing("the collected deliveries");
        return None;
    };
    let index: Vec<Value> = serde_json::from_slice(&index).expect("an index");
    let read = |entry: &Value| {
        let file = entry["file"].as_str().expect("a file").to_owned();
        let body = std::fs::read(folder.join(&file)).expect("listed and there");
        let well_formed = entry["placeholders"] == false && entry["negative"] == false;
        Delivery { json: serde_json::from_slice(&body).unwrap_or_default(), file, body, well_formed }
    };
    Some(index.iter().map(read).collect())
}

/// The values of a delivery's changes in one field.
fn values<'a>(json: &'a Value, field: &str) -> Vec<&'a Value> {
    let entries = json["entry"].as_array().into_iter().flatten();
    let changes = entries.flat_map(|entry| entry["changes"].as_array().into_iter().flatten());
    changes.filter(|change| change["field"] == field).map(|change| &change["value"]).collect()
}

fn number(value: &Value) -> Option<&str> {
    value["metadata"]["phone_number_id"].as_str()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

/// A message that must be in the store.
struct Expected {
    number: String,
    id: String,
    kind: &'static str,
    from: String,
}

/// The messages of a delivery that stand by themselves: not reactions, edits and withdrawals, which change others.
fn messages(json: &Value) -> Vec<Expected> {
    let mut expected = Vec::new();
    for value in values(json, "messages") {
        for message in list(value, "messages") {
            let kind = match message["type"].as_str().unwrap_or_default() {
                "text" => "text",
                "image" => "image",
                "audio" | "voice" if message["audio"]["voice"] == true => "voice",
                "audio" | "voice" => "audio",
                "video" => "video",
                "document" => "document",
                "sticker" => "sticker",
                "location" => "location",
                "contacts" => "contacts",
                "button" | "interactive" => "reply",
                "order" => "order",
                "system" => "system",
                "reaction" | "edit" | "revoke" => continue,
                // Without a type it is what it carries.
                "" if message["location"].is_object() => "location",
                _ => "unsupported",
            };
            let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
            let number = number(value).unwrap_or_default().to_owned();
            expected.push(Expected { number, id: text("id"), kind, from: text("from") });
        }
    }
    expected
}

/// The reports of a delivery: number, message, state.
fn reports(json: &Value) -> Vec<(String, String, DeliveryState)> {
    let mut reports = Vec::new();
    for value in values(json, "messages") {
        for status in list(value, "statuses") {
            let state = status["status"].as_str().and_then(DeliveryState::parse);
            if let (Some(state), Some(id), Some(number)) = (state, status["id"].as_str(), number(value)) {
                reports.push((number.to_owned(), id.to_owned(), state));
            }
        }
    }
    reports
}

/// The ids of a delivery that no other delivery of its workspace may have.
fn ids(json: &Value) -> BTreeSet<String> {
    let values = values(json, "messages");
    let named = values.iter().flat_map(|value| list(value, "messages").chain(list(value, "statuses")));
    named.filter_map(|named| named["id"].as_str()).map(str::to_owned).collect()
}

/// A workspace in which every number is connected.
struct House {
    workspace: WorkspaceId,
    inboxes: BTreeMap<String, (InboxId, String)>,
    used: BTreeSet<String>,
    bodies: Vec<Vec<u8>>,
}

impl House {
    async fn build(desk: &Desk, numbers: &BTreeSet<String>) -> Self {
        let (workspace, now): (WorkspaceId, _) = (desk.app.ids.next(), desk.app.now());
        let row = |number: &String| InboxRow {
            id: desk.app.ids.next(),
            kind: ChannelKind::Whatsapp,
            name: number.clone(),
            hook_key: format!("hook{}", desk.app.ids.next_raw()),
            address_key: number.clone(),
            address: None,
            config: BTreeMap::from([
                ("phone_number_id".to_owned(), number.clone()),
                ("graph_url".to_owned(), desk.sim.graph_url()),
            ]),
            secrets: BTreeMap::from([
                ("app_secret".to_owned(), Secret::new(desk.sim.config().app_secret.clone())),
                ("access_token".to_owned(), Secret::new(desk.sim.config().access_token.clone())),
            ]),
            verify_token: Secret::new("token".to_owned()),
            health: Health::unchecked(),
            created_at: now,
        };
        let rows: Vec<InboxRow> = numbers.iter().map(row).collect();
        let inboxes =
            rows.iter().map(|row| (row.address_key.clone(), (row.id, row.hook_key.clone()))).collect();
        let built = desk.app.write(move |tx| {
            Box::pin(async move {
                store::workspace::insert(tx, workspace, "House", now).await?;
                for row in &rows {
                    store::inbox::insert(tx, workspace, row).await?;
                }
                Ok(())
            })
        });
        built.await.expect("a workspace");
        Self { workspace, inboxes, used: BTreeSet::new(), bodies: Vec::new() }
    }

    /// What is wrong with how a message stands in the store.
    async fn fault(&self, desk: &Desk, expected: &Expected, body: &[u8]) -> Option<String> {
        let (workspace, id) = (self.workspace, expected.id.clone());
        let (inbox, _) = self.inboxes[&expected.number];
        let found = desk.app.read(move |tx| {
            Box::pin(async move {
                let Some(message) = store::message::by_provider(tx, workspace, inbox, &id).await? else {
                    return Ok(None);
                };
                let raw = store::message::raw(tx, workspace, message.id).await?;
                let facts = store::conversation::facts(tx, workspace, message.conversation_id).await?;
                let identity = match &facts {
                    Some(facts) => store::identity::get(tx, workspace, facts.identity_id).await?,
                    None => None,
                };
                Ok(Some((message, raw, facts, identity)))
            })
        });
        let Some((message, raw, facts, identity)) = found.await.expect("the store answers") else {
            return Some(format!("{} is not in the store", expected.id));
        };
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let names_the_customer = identity.is_some_and(|identity| {
            let phone = identity.phone.as_deref().map(digits);
            expected.from.is_empty()
                || phone == Some(digits(&expected.from))
                || identity.user_id.as_deref() == Some(&expected.from)
        });
        if message.kind != expected.kind {
            Some(format!("{} was read as {} and is {}", expected.id, message.kind, expected.kind))
        } else if raw.as_deref() != Some(body) {
            Some(format!("the raw form of {} is not the delivery", expected.id))
        } else if facts.is_none_or(|facts| facts.inbox_id != inbox) {
            Some(format!("{} is in a conversation of another number", expected.id))
        } else if !names_the_customer && expected.kind != "system" {
            Some(format!("{} is in a conversation of somebody else", expected.id))
        } else {
            None
        }
    }

    async fn has_report(&self, desk: &Desk, number: &str, id: &str, state: DeliveryState) -> bool {
        let (workspace, (inbox, _), id) = (self.workspace, self.inboxes[number].clone(), id.to_owned());
        let now = desk.app.now();
        let found = desk.app.write(move |tx| {
            Box::pin(async move {
                let reports = store::report::take(tx, workspace, inbox, &id).await?;
                // Looked at and put back: another delivery may have reported on the same message.
                for report in &reports {
                    store::report::put(tx, workspace, inbox, &id, report, now).await?;
                }
                Ok(reports.iter().any(|report| report.state == state))
            })
        });
        found.await.expect("the store answers")
    }

    async fn parked(&self, desk: &Desk) -> Vec<(Vec<u8>, String)> {
        let workspace = self.workspace;
        let parked = desk.app.read(move |tx| {
            Box::pin(async move {
                let page = store::inbound::parked(tx, workspace, None, 100).await?;
                let mut parked = Vec::new();
                for item in page.items {
                    let body = store::inbound::body(tx, workspace, item.id).await?;
                    parked.push((body.unwrap_or_default(), item.reason));
                }
                Ok(parked)
            })
        });
        parked.await.expect("the store answers")
    }
}

/// Finds the workspace that has none of a delivery's ids yet, or builds one.
async fn place(desk: &Desk, one: &Delivery, numbers: &BTreeSet<String>, houses: &mut Vec<House>) -> usize {
    let ids = ids(&one.json);
    let fits = |house: &House| house.used.is_disjoint(&ids) && !house.bodies.contains(&one.body);
    let place = match houses.iter().position(fits) {
        Some(place) => place,
        None => {
            houses.push(House::build(desk, numbers).await);
            houses.len() - 1
        }
    };
    houses[place].used.extend(ids);
    houses[place].bodies.push(one.body.clone());
    place
}

/// Files that the provider does not have are asked for until they are given up.
async fn give_up_files(desk: &Desk) {
    for _ in 0..60 {
        desk.settle().await;
        let waiting = desk.app.read(|tx| Box::pin(async { Ok(store::job::next_ready(tx).await?) }));
        let Some(next) = waiting.await.expect("the store answers") else { return };
        desk.clock.advance(next - desk.app.now() + Millis(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_collected_delivery_is_taken_kept_and_read() {
    let Some(deliveries) = deliveries() else { return };
    on_both(async |desk| {
        let none = "no number".to_owned();
        let mut numbers: BTreeSet<String> = BTreeSet::from([none.clone()]);
        for one in &deliveries {
            numbers.extend(values(&one.json, "messages").into_iter().filter_map(number).map(str::to_owned));
        }
        let (browser, secret) = (desk.browser(), desk.sim.config().app_secret.clone());
        let mut houses = Vec::new();
        let mut faults = Vec::new();
        let (mut well_formed, mut read, mut reported) = (0, 0, 0);
        for one in &deliveries {
            let place = place(desk, one, &numbers, &mut houses).await;
            let house = &houses[place];
            let number = values(&one.json, "messages").into_iter().find_map(number);
            let (_, hook_key) = &house.inboxes[number.unwrap_or(&none)];
            let callback = format!("{}/hooks/{hook_key}", browser.origin());
            let reply = crate::hooks::deliver(&browser, &callback, &one.body, &secret).await;
            assert_eq!(reply.status, 200, "{} was not acknowledged", one.file);
            desk.settle().await;
            well_formed += usize::from(one.well_formed);
            for expected in messages(&one.json) {
                match house.fault(desk, &expected, &one.body).await {
                    Some(fault) if one.well_formed => faults.push(format!("{}: {fault}", one.file)),
                    Some(_) => {}
                    None => read += 1,
                }
            }
            for (number, id, state) in reports(&one.json) {
                if house.has_report(desk, &number, &id, state).await {
                    reported += 1;
                } else if one.well_formed {
                    faults.push(format!("{}: the report {state:?} on {id} is not in the store", one.file));
                }
            }
        }
        for house in &houses {
            let workspace = house.workspace;
            let kept = desk
                .app
                .read(move |tx| Box::pin(async move { Ok(store::testing::bodies(tx, workspace).await?) }));
            assert_eq!(kept.await.expect("the store answers"), house.bodies, "kept as they came");
        }
        let mut parked = 0;
        for house in &houses {
            for (body, reason) in house.parked(desk).await {
                let one = deliveries.iter().find(|one| one.body == body).expect("a delivery of ours");
                println!("parked: {}: {reason}", one.file);
                assert!(!reason.is_empty(), "{} was parked without a reason", one.file);
                if one.well_formed {
                    faults.push(format!("{} was parked: {reason}", one.file));
                }
                parked += 1;
            }
        }
        println!(
            "{} deliveries, {well_formed} of them well-formed, all acknowledged and kept as they came; \
             {read} messages and {reported} reports read, {parked} deliveries parked with a reason; \
             {} workspaces, because the examples share ids",
            deliveries.len(),
            houses.len(),
        );
        assert!(faults.is_empty(), "{faults:#?}");
        desk.clock.advance(Millis::minutes(2));
        app::gap::audit(&desk.app).await.expect("the monitor looks");
        let looked = desk.app.read(|tx| {
            Box::pin(async {
                Ok((store::gap::oldest_unseen(tx).await?, store::gap::watched(tx, InboundId(0), 100).await?))
            })
        });
        let (unseen, gaps) = looked.await.expect("the store answers");
        assert_eq!(unseen, None, "the monitor looked at every delivery");
        let alarmed: Vec<String> = gaps
            .iter()
            .map(|gap| {
                let one = deliveries
                    .iter()
                    .find(|one| Body::There(one.body.clone()) == gap.delivery.body)
                    .expect("ours");
                format!("{}: {:?}", one.file, gap.delivery.id)
            })
            .collect();
        assert!(alarmed.is_empty(), "false alarms: {alarmed:#?}");
        give_up_files(desk).await;
    })
    .await;
}
