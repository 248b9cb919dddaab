//! Who wrote a message: the message names a person, `contacts` describes them.
//!
//! A person with a user name may have no phone number here, and a batch may describe fewer people than write
//! ("Business-scoped user IDs"). They are matched by user id, then by phone, never by position.

use std::collections::HashMap;

use super::wire::Node;
use crate::Sender;

/// The people that a change describes.
pub(super) struct People {
    people: Vec<Sender>,
    /// Where each address is found, if there are more than [`FEW`] people.
    places: HashMap<String, usize>,
}

/// So many people are found faster by looking at each.
const FEW: usize = 16;

impl People {
    /// Reads a change's `contacts`.
    pub(super) fn of(change: &Node<'_>) -> Self {
        let people: Vec<Sender> = change.list("contacts").iter().map(contact).collect();
        let mut places = HashMap::new();
        let crowd = if people.len() > FEW { people.as_slice() } else { &[] };
        for (place, person) in crowd.iter().enumerate() {
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
        let Some(known) = self.at(named.user_id.as_ref()).or_else(|| self.at(named.phone.as_ref())) else {
            // A message that names nobody can only be by the one person described.
            return self.people.first().filter(|_| !named.is_reachable() && self.people.len() == 1);
        };
        // One number, two user ids: the number went to somebody else in between.
        let same = known.user_id.is_none() || named.user_id.is_none() || known.user_id == named.user_id;
        same.then_some(known)
    }

    /// The first person with an address.
    fn at(&self, address: Option<&String>) -> Option<&Sender> {
        let address = address?;
        if self.people.len() > FEW {
            return self.people.get(*self.places.get(address)?);
        }
        self.people
            .iter()
            .find(|one| one.user_id.as_ref() == Some(address) || one.phone.as_ref() == Some(address))
    }
}

fn contact(node: &Node<'_>) -> Sender {
    let profile = node.at("profile");
    Sender {
        username: profile.text("username"),
        name: profile.text("name"),
        ..named(node.id(&["user_id", "parent_user_id"]), node.id(&["wa_id"]))
    }
}

/// The person that a user id and an address name. An address that is no phone number is an id.
pub(super) fn named(user_id: Option<String>, address: Option<String>) -> Sender {
    let phone = address.as_deref().and_then(phone);
    let user_id = user_id.or_else(|| address.filter(|_| phone.is_none()));
    Sender { user_id, phone, username: None, name: None }
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
    use super::*;

    fn people(contacts: &str) -> People {
        let body = format!(r#"{{"contacts":[{contacts}]}}"#);
        People::of(&Node::parse(body.as_bytes()).expect("JSON"))
    }

    #[test]
    fn phones_are_digits_with_a_plus() {
        assert_eq!(phone("16505551234").as_deref(), Some("+16505551234"));
        assert_eq!(phone("+1 (650) 555-1234").as_deref(), Some("+16505551234"));
        assert_eq!((phone("US.13491208655302741918"), phone(""), phone("+")), (None, None, None));
    }

    #[test]
    fn a_number_that_went_to_somebody_else_lends_no_name() {
        let people = people(r#"{"profile":{"name":"Ada"},"wa_id":"111","user_id":"DE.1"}"#);
        let other = people.complete(named(Some("DE.2".into()), Some("111".into())));
        assert_eq!(
            other,
            Sender { user_id: Some("DE.2".into()), phone: Some("+111".into()), ..Sender::default() }
        );
    }

    #[test]
    fn people_are_never_matched_by_position() {
        let people = people(r#"{"profile":{"name":"Ada"},"wa_id":"111"}"#);
        assert_eq!(people.complete(named(None, Some("222".into()))).name, None);
        assert_eq!(people.complete(named(None, Some("111".into()))).name.as_deref(), Some("Ada"));
        assert_eq!(people.complete(Sender::default()).name.as_deref(), Some("Ada"));
    }

    #[test]
    fn a_crowd_is_matched_like_a_few() {
        let crowd: Vec<String> = (0..200)
            .map(|one| {
                format!(r#"{{"profile":{{"name":"{one}"}},"wa_id":"{}","user_id":"DE.{one}"}}"#, 900 + one)
            })
            .collect();
        for size in [FEW, FEW + 1, 200] {
            let people = people(&crowd[..size].join(","));
            for one in [0, size - 1] {
                let name = Some(one.to_string());
                assert_eq!(people.complete(named(Some(format!("DE.{one}")), None)).name, name);
                assert_eq!(people.complete(named(None, Some(format!("{}", 900 + one)))).name, name);
            }
            assert_eq!(people.complete(named(Some("DE.999".into()), None)).name, None);
        }
    }
}
