//! Who wrote a message: the message names a person, `contacts` describes them.
//!
//! A person with a user name may have no phone number here, and a batch may describe fewer people than write
//! ("Business-scoped user IDs"). They are matched by user id, then by phone, never by position.

use std::collections::HashMap;

use serde_json::Value;

use super::wire;
use crate::Sender;

/// The people that a change describes.
pub(super) struct People {
    people: Vec<Sender>,
    places: HashMap<String, usize>,
}

impl People {
    /// Reads a change's `contacts`.
    pub(super) fn of(change: &Value) -> Self {
        let people: Vec<Sender> = wire::list(change, "contacts").iter().map(contact).collect();
        let mut places = HashMap::with_capacity(people.len());
        for (place, person) in people.iter().enumerate() {
            for address in person.user_id.iter().chain(&person.phone) {
                places.entry(address.clone()).or_insert(place);
            }
        }
        Self { people, places }
    }

    /// Completes what a message or status itself says about a person.
    pub(super) fn complete(&self, mut named: Sender) -> Sender {
        if let Some(known) = self.find(&named) {
            named.user_id = named.user_id.or_else(|| known.user_id.clone());
            named.phone = named.phone.or_else(|| known.phone.clone());
            named.username = named.username.or_else(|| known.username.clone());
            named.name = named.name.or_else(|| known.name.clone());
        }
        named
    }

    fn find(&self, named: &Sender) -> Option<&Sender> {
        let at = |address: &Option<String>| address.as_ref().and_then(|address| self.places.get(address));
        let Some(&place) = at(&named.user_id).or_else(|| at(&named.phone)) else {
            // A message that names nobody can only be by the one person described.
            let nameless = named.user_id.is_none() && named.phone.is_none();
            return self.people.first().filter(|_| nameless && self.people.len() == 1);
        };
        self.people.get(place).filter(|known| {
            // One number, two user ids: the number went to somebody else in between.
            known.user_id.is_none() || named.user_id.is_none() || known.user_id == named.user_id
        })
    }
}

fn contact(node: &Value) -> Sender {
    let profile = node.get("profile").unwrap_or(&Value::Null);
    Sender {
        username: wire::text(profile, "username"),
        name: wire::text(profile, "name"),
        ..named(wire::id(node, &["user_id", "parent_user_id"]), wire::id(node, &["wa_id"]))
    }
}

/// The person that a user id and an address name. An address that is no phone number is an id.
pub(super) fn named(user_id: Option<String>, address: Option<String>) -> Sender {
    let phone = address.as_deref().and_then(phone);
    let user_id = user_id.or_else(|| address.filter(|_| phone.is_none()));
    Sender { user_id, phone, username: None, name: None }
}

/// Whether a person can be written to.
pub(super) fn reachable(sender: &Sender) -> bool {
    sender.user_id.is_some() || sender.phone.is_some()
}

/// A phone number as digits with a leading `+`; `None` if it is none.
pub(super) fn phone(written: &str) -> Option<String> {
    let mut phone = String::with_capacity(16);
    phone.push('+');
    for letter in written.chars() {
        match letter {
            '0'..='9' => phone.push(letter),
            '+' | ' ' | '-' | '(' | ')' | '.' => {}
            _ => return None,
        }
    }
    // E.164 allows 15 digits; test numbers are short.
    (2..=21).contains(&phone.len()).then_some(phone)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn phones_are_digits_with_a_plus() {
        assert_eq!(phone("16505551234").as_deref(), Some("+16505551234"));
        assert_eq!(phone("+1 (650) 555-1234").as_deref(), Some("+16505551234"));
        assert_eq!((phone("US.13491208655302741918"), phone(""), phone("+")), (None, None, None));
    }

    #[test]
    fn a_number_that_went_to_somebody_else_lends_no_name() {
        let people = People::of(&json!({"contacts": [
            {"profile": {"name": "Ada"}, "wa_id": "111", "user_id": "DE.1"},
        ]}));
        let other = people.complete(named(Some("DE.2".into()), Some("111".into())));
        assert_eq!(
            other,
            Sender { user_id: Some("DE.2".into()), phone: Some("+111".into()), ..Sender::default() }
        );
    }

    #[test]
    fn people_are_never_matched_by_position() {
        let people = People::of(&json!({"contacts": [{"profile": {"name": "Ada"}, "wa_id": "111"}]}));
        assert_eq!(people.complete(named(None, Some("222".into()))).name, None);
        assert_eq!(people.complete(named(None, Some("111".into()))).name.as_deref(), Some("Ada"));
        assert_eq!(people.complete(Sender::default()).name.as_deref(), Some("Ada"));
    }
}
