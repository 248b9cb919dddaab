//! What customers do.

use serde_json::{Value, json};

use crate::Sim;
use crate::chat::{SentMessage, Side, State, Status};
use crate::config::digits;
use crate::customer::{Customer, CustomerId, CustomerMessage, Parts};
use crate::graph::{media, messages};
use crate::webhook::payload;
use crate::world::INBOUND_KEPT;

impl Sim {
    /// Somebody new. A person has a phone number or a username or both; with a username the phone is hidden.
    pub async fn customer(&self, name: &str, phone: Option<&str>, username: Option<&str>) -> CustomerId {
        let id = self.world().add_customer(name, phone, username);
        self.changed();
        id
    }

    /// The four who live in a demo.
    pub(crate) fn people_move_in(&self) {
        let mut world = self.world();
        world.add_customer("Maria García", Some("+34 612 345 678"), None);
        world.add_customer("李伟", Some("+86 138 0013 8000"), None);
        world.add_customer("عمر الخطيب", Some("+966 50 123 4567"), None);
        world.add_customer("Priya Sharma", None, Some("priya.sharma"));
    }

    /// The customer writes. Returns the message's id once the webhook was tried (or at once, if the switches
    /// hold webhooks back or there is no address yet).
    ///
    /// # Panics
    ///
    /// If the customer is of another provider.
    pub async fn send(&self, from: &CustomerId, what: CustomerMessage) -> String {
        self.write(from, what, None).await
    }

    /// The customer writes, quoting a message of either side.
    ///
    /// # Panics
    ///
    /// If the customer is of another provider.
    pub async fn send_quoting(&self, from: &CustomerId, quoted: &str, what: CustomerMessage) -> String {
        self.write(from, what, Some(quoted.to_owned())).await
    }

    async fn write(&self, from: &CustomerId, what: CustomerMessage, quoted: Option<String>) -> String {
        let now = self.now();
        let quoted = quoted.or_else(|| self.world().offering(from, what.chosen()?));
        let Parts { kind, mut body, text, file } = what.into_parts();
        let media = file.map(|file| self.world().keep_media(file, now + INBOUND_KEPT));
        if let Some(media) = &media {
            body["id"] = media.id.as_str().into();
            body["sha256"] = media::sha256(&media.bytes).into();
            body["url"] = media::address(self, media).into();
        }
        self.say(from, &kind, now, |customer, raw| {
            if let Some(code) = messages::magic(text.as_deref(), "!fail") {
                customer.fail_next.push(code);
            }
            raw[&kind] = body;
            if kind == "unsupported" {
                raw["errors"] = json!([crate::graph::codes::webhook_error(131051)]);
            }
            Said { text, media: media.map(|media| media.id), quoted, in_chat: true }
        })
        .await
    }

    /// The customer puts an emoji on a message of either side, or takes it off.
    ///
    /// # Panics
    ///
    /// If the customer is of another provider.
    pub async fn react(&self, from: &CustomerId, wamid: &str, emoji: Option<&str>) -> String {
        if let Some(target) = self.world().message_mut(wamid) {
            target.reaction = emoji.map(str::to_owned);
        }
        self.say(from, "reaction", self.now(), |_, raw| {
            raw["reaction"] = json!({ "message_id": wamid });
            if let Some(emoji) = emoji {
                raw["reaction"]["emoji"] = emoji.into();
            }
            Said::aside()
        })
        .await
    }

    /// The customer changes the text of a message.
    ///
    /// # Panics
    ///
    /// If the customer is of another provider.
    pub async fn edit(&self, from: &CustomerId, wamid: &str, text: &str) -> String {
        if let Some(target) = self.world().message_mut(wamid) {
            target.text = Some(text.to_owned());
            target.edited = true;
        }
        self.say(from, "edit", self.now(), |_, raw| {
            let message = json!({ "type": "text", "text": { "body": text } });
            raw["edit"] = json!({ "original_message_id": wamid, "message": message });
            Said::aside()
        })
        .await
    }

    /// The customer takes a message back.
    ///
    /// # Panics
    ///
    /// If the customer is of another provider.
    pub async fn revoke(&self, from: &CustomerId, wamid: &str) -> String {
        if let Some(target) = self.world().message_mut(wamid) {
            target.revoked = true;
        }
        self.say(from, "revoke", self.now(), |_, raw| {
            raw["revoke"] = json!({ "original_message_id": wamid });
            Said::aside()
        })
        .await
    }

    /// The customer moves to another phone number, which gives them another user id, too. A customer behind a
    /// username shows only the new user id.
    ///
    /// # Panics
    ///
    /// If the customer is of another provider.
    pub async fn change_number(&self, who: &CustomerId, phone: &str) -> String {
        let now = self.now();
        let (value, wamid) = {
            let mut world = self.world();
            let (wamid, user_id) = (world.dice.wamid(), world.new_user_id(Some(phone)));
            let customer = world.customer_mut(who).expect("the customer is of this provider");
            let old = customer.clone();
            customer.user_id = user_id;
            customer.phone = Some(digits(phone));
            (payload::system(self.config(), &moved(&old, customer, &wamid, now)), wamid)
        };
        self.changed();
        self.post(value, None).await;
        wamid
    }

    /// The customer looks at the chat, or away. Looking reads everything that has arrived.
    ///
    /// # Panics
    ///
    /// If the customer is of another provider.
    pub async fn open_chat(&self, who: &CustomerId, open: bool) {
        let unread: Vec<SentMessage> = {
            let mut world = self.world();
            world.customer_mut(who).expect("the customer is of this provider").open = open;
            let waits =
                |message: &&SentMessage| message.side == Side::Business && message.state < State::Read;
            // What has not been sent yet is read when it comes.
            world
                .chat(who)
                .filter(waits)
                .filter(|message| open && message.state >= State::Sent)
                .cloned()
                .collect()
        };
        self.changed();
        for message in unread {
            if message.state < State::Delivered {
                self.status(&message.wamid, Status::Delivered).await;
            }
            self.status(&message.wamid, Status::Read).await;
        }
    }

    /// Everything that a customer says goes this way: into the chat, into the window, to the webhook.
    async fn say(
        &self,
        from: &CustomerId,
        kind: &str,
        now: i64,
        fill: impl FnOnce(&mut Customer, &mut Value) -> Said,
    ) -> String {
        let business = self.config().business_digits();
        let (value, wamid, blocked) = {
            let mut world = self.world();
            let wamid = world.dice.wamid();
            let customer = world.customer_mut(from).expect("the customer is of this provider");
            let mut raw = payload::message_head(customer, &wamid, now);
            raw["type"] = kind.into();
            let said = fill(customer, &mut raw);
            customer.last_wrote = Some(now);
            let customer = customer.clone();
            if let Some(quoted) = &said.quoted {
                let own = world.message(quoted).is_some_and(|message| message.side == Side::Customer);
                let author = if own { customer.wa_id().map(str::to_owned) } else { Some(business) };
                raw["context"] = json!({ "id": quoted });
                if let Some(author) = author {
                    raw["context"]["from"] = author.into();
                }
            }
            if said.in_chat {
                world.add_message(SentMessage {
                    wamid: wamid.clone(),
                    side: Side::Customer,
                    customer: Some(from.clone()),
                    at: now,
                    kind: kind.to_owned(),
                    text: said.text,
                    raw: raw.clone(),
                    media: said.media,
                    quoted: said.quoted,
                    state: State::Sent,
                    failure: None,
                    reaction: None,
                    edited: false,
                    revoked: false,
                });
            }
            (payload::message(self.config(), &customer, &raw), wamid, customer.blocked)
        };
        self.changed();
        // Whoever is blocked by the business writes into the void and keeps one tick.
        if !blocked {
            self.post(value, Some(wamid.clone())).await;
        }
        wamid
    }
}

/// What [`Sim::say`] needs to know beside the webhook's message.
struct Said {
    text: Option<String>,
    media: Option<String>,
    quoted: Option<String>,
    /// It is a message of its own, and not something done to another.
    in_chat: bool,
}

impl Said {
    fn aside() -> Self {
        Said { text: None, media: None, quoted: None, in_chat: false }
    }
}

/// The system message of a number change.
fn moved(old: &Customer, new: &Customer, wamid: &str, now: i64) -> Value {
    let mut system = json!({ "user_id": new.user_id, "previous_user_id": old.user_id });
    let mut message = json!({ "id": wamid, "timestamp": (now / 1000).to_string(), "type": "system" });
    match (old.wa_id(), new.wa_id()) {
        (Some(before), Some(after)) => {
            message["from"] = before.into();
            system["type"] = "user_changed_number".into();
            system["wa_id"] = after.into();
            system["body"] = format!("User {} changed from {before} to {after}", old.name).into();
        }
        _ => {
            system["type"] = "user_changed_user_id".into();
            system["body"] =
                format!("User {} changed from {} to {}", old.name, old.user_id, new.user_id).into();
        }
    }
    message["system"] = system;
    message
}
