//! The state of the simulated world. Pure bookkeeping: no clock, no network.

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;
use serde_json::Value;

use crate::chat::{Media, SentMessage, Side, State};
use crate::config::digits;
use crate::customer::{Customer, CustomerId, File, country};
use crate::dice::Dice;
use crate::violation::Violation;

/// How long a customer's message allows free answers: 24 hours in milliseconds.
pub(crate) const WINDOW: i64 = 24 * 60 * 60 * 1000;
/// How long an uploaded file is kept: 30 days in milliseconds.
pub(crate) const UPLOAD_KEPT: i64 = 30 * WINDOW;
/// How long a customer's file is kept: 7 days in milliseconds.
pub(crate) const INBOUND_KEPT: i64 = 7 * WINDOW;
/// The newest violations that are kept; a broken sender must not fill the memory.
const VIOLATIONS_KEPT: usize = 1_000;

pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) customers: Vec<Customer>,
    /// All messages in the order in which they were written.
    pub(crate) messages: Vec<SentMessage>,
    by_wamid: HashMap<String, usize>,
    media: HashMap<String, Media>,
    violations: VecDeque<Violation>,
    pub(crate) requests: BTreeMap<String, u64>,
    pub(crate) subscribed: bool,
    /// Tokens of the pair rate by recipient: (messages available, when counted).
    pairs: HashMap<String, (f64, i64)>,
    /// Tokens of the number's throughput.
    throughput: (f64, i64),
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        World {
            dice: Dice::new(seed),
            customers: Vec::new(),
            messages: Vec::new(),
            by_wamid: HashMap::new(),
            media: HashMap::new(),
            violations: VecDeque::new(),
            requests: BTreeMap::new(),
            subscribed: false,
            pairs: HashMap::new(),
            throughput: (80.0, 0),
        }
    }

    pub(crate) fn add_customer(
        &mut self,
        name: &str,
        phone: Option<&str>,
        username: Option<&str>,
    ) -> CustomerId {
        let id = CustomerId(self.customers.len() + 1);
        let user_id = self.new_user_id(phone);
        self.customers.push(Customer {
            id: id.clone(),
            name: name.into(),
            phone: phone.map(digits),
            username: username.map(|name| name.trim_start_matches('@').to_owned()),
            user_id,
            last_wrote: None,
            open: false,
            typing_until: None,
            blocked: false,
            phone_known: false,
            fail_next: Vec::new(),
        });
        id
    }

    /// Takes up where an earlier start, of which nothing is known but that it was before `now`, left off.
    pub(crate) fn remember(&mut self, now: i64) {
        // Mixed with the next throw, so that the seed still matters.
        self.dice = Dice::new(self.dice.next() ^ now.cast_unsigned());
        for customer in &mut self.customers {
            customer.last_wrote = Some(now);
        }
    }

    pub(crate) fn new_user_id(&mut self, phone: Option<&str>) -> String {
        format!("{}.{}", country(phone), self.dice.digits(20))
    }

    pub(crate) fn customer(&self, id: &CustomerId) -> Option<&Customer> {
        self.customers.get(id.0.checked_sub(1)?)
    }

    pub(crate) fn customer_mut(&mut self, id: &CustomerId) -> Option<&mut Customer> {
        self.customers.get_mut(id.0.checked_sub(1)?)
    }

    /// Whom a request means by `to` (a phone, which wins) or by `recipient` (a user id).
    pub(crate) fn addressee(&mut self, to: Option<&str>, recipient: Option<&str>) -> Option<CustomerId> {
        if let Some(to) = to {
            let phone = digits(to);
            let customer = self.customers.iter_mut().find(|one| one.phone.as_deref() == Some(&phone))?;
            customer.phone_known = true;
            return Some(customer.id.clone());
        }
        let recipient = recipient?;
        self.customers.iter().find(|one| one.user_id == recipient).map(|one| one.id.clone())
    }

    pub(crate) fn add_message(&mut self, message: SentMessage) {
        self.by_wamid.insert(message.wamid.clone(), self.messages.len());
        self.messages.push(message);
    }

    pub(crate) fn message(&self, wamid: &str) -> Option<&SentMessage> {
        self.messages.get(*self.by_wamid.get(wamid)?)
    }

    pub(crate) fn message_mut(&mut self, wamid: &str) -> Option<&mut SentMessage> {
        self.messages.get_mut(*self.by_wamid.get(wamid)?)
    }

    pub(crate) fn chat(&self, customer: &CustomerId) -> impl DoubleEndedIterator<Item = &SentMessage> {
        self.messages.iter().filter(move |message| message.customer.as_ref() == Some(customer))
    }

    /// The business has read this customer's message and everything before it. Returns false for a message
    /// that is unknown or not a customer's.
    pub(crate) fn read_by_business(&mut self, wamid: &str) -> bool {
        let Some(last) = self.by_wamid.get(wamid).copied() else { return false };
        if self.messages[last].side != Side::Customer {
            return false;
        }
        let customer = self.messages[last].customer.clone();
        for message in &mut self.messages[..=last] {
            if message.side == Side::Customer && message.customer == customer {
                message.state = message.state.max(State::Read);
            }
        }
        true
    }

    pub(crate) fn keep_media(&mut self, file: File, expires: i64) -> Media {
        let id = self.dice.digits(15);
        let media =
            Media { id, bytes: Bytes::from(file.bytes), mime: file.mime, filename: file.filename, expires };
        self.media.insert(media.id.clone(), media.clone());
        media
    }

    pub(crate) fn media(&self, id: &str) -> Option<&Media> {
        self.media.get(id)
    }

    pub(crate) fn forget_media(&mut self, id: &str) -> bool {
        self.media.remove(id).is_some()
    }

    pub(crate) fn add_violation(&mut self, violation: Violation) {
        if self.violations.len() == VIOLATIONS_KEPT {
            self.violations.pop_front();
        }
        self.violations.push_back(violation);
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.violations.iter().cloned().collect()
    }

    pub(crate) fn clear_violations(&mut self) {
        self.violations.clear();
    }

    /// Takes one message from the pair's allowance: one each 6 s, with a burst of 45.
    pub(crate) fn pair_allows(&mut self, recipient: &str, now: i64) -> bool {
        let bucket = self.pairs.entry(recipient.into()).or_insert((45.0, now));
        take_token(bucket, now, 45.0, 1.0 / 6_000.0)
    }

    /// Takes one message from the number's allowance: 80 each second.
    pub(crate) fn number_allows(&mut self, now: i64) -> bool {
        take_token(&mut self.throughput, now, 80.0, 80.0 / 1_000.0)
    }

    /// True while the customer's last message allows free answers.
    pub(crate) fn window_open(&self, customer: &CustomerId, now: i64) -> bool {
        let last = self.customer(customer).and_then(|one| one.last_wrote);
        last.is_some_and(|last| now - last < WINDOW)
    }

    /// The message of the business that offers this button or row, newest first.
    pub(crate) fn offering(&self, customer: &CustomerId, choice: &str) -> Option<String> {
        let offers = |raw: &Value| contains_id(&raw["interactive"]["action"], choice);
        let mut chat = self.chat(customer).rev().filter(|message| message.side == Side::Business);
        chat.find(|message| message.kind == "template" || offers(&message.raw))
            .map(|message| message.wamid.clone())
    }
}

fn take_token((tokens, counted): &mut (f64, i64), now: i64, burst: f64, per_millisecond: f64) -> bool {
    let passed = (now - *counted).max(0) as f64;
    *tokens = (*tokens + passed * per_millisecond).min(burst);
    *counted = now;
    let allowed = *tokens >= 1.0;
    if allowed {
        *tokens -= 1.0;
    }
    allowed
}

fn contains_id(value: &Value, id: &str) -> bool {
    match value {
        Value::Object(map) => {
            map.get("id").is_some_and(|it| it == id) || map.values().any(|v| contains_id(v, id))
        }
        Value::Array(list) => list.iter().any(|v| contains_id(v, id)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::World;

    #[test]
    fn a_pair_may_burst_and_then_waits_six_seconds_for_each() {
        let mut world = World::new(1);
        assert!((0..45).all(|_| world.pair_allows("34600", 0)));
        assert!(!world.pair_allows("34600", 5_999));
        assert!(world.pair_allows("34601", 5_999), "another pair has its own allowance");
        assert!(world.pair_allows("34600", 6_001));
        assert!(!world.pair_allows("34600", 6_002));
    }

    #[test]
    fn the_number_sends_eighty_a_second() {
        let mut world = World::new(1);
        assert!((0..80).all(|_| world.number_allows(1_000)));
        assert!(!world.number_allows(1_000));
        assert!((0..40).all(|_| world.number_allows(1_501)));
        assert!(!world.number_allows(1_501));
    }

    #[test]
    fn a_username_hides_the_phone_until_the_business_writes_to_it() {
        let mut world = World::new(1);
        let id = world.add_customer("Priya", Some("+91 98450 12345"), Some("@priya"));
        assert_eq!(world.customer(&id).and_then(|one| one.wa_id()), None);
        assert_eq!(world.addressee(Some("+919845012345"), None), Some(id.clone()));
        assert_eq!(world.customer(&id).and_then(|one| one.wa_id()), Some("919845012345"));
    }
}
