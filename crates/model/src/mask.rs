//! What of a person is hidden from a role, and how: the value goes, that there is one stays.

use crate::named::named;
use crate::{
    ActorKind, AuditEntry, AuthorKind, Contact, Content, Conversation, HandOver, Identity, LastMessage,
    Message, NamedKind, SearchHit,
};

named! {
    /// A kind of personal value that a role may not see.
    Mask {
        /// Phone numbers.
        Phone = "phone",
        /// E-mail addresses.
        Email = "email",
        /// Postal addresses and places.
        Address = "address",
        /// User names and whatever else the workspace or the channel knows of a person.
        Attributes = "attributes",
        /// The names of customers.
        Name = "name",
    }
}

/// What stands in the place of a hidden value.
pub const MASKED: &str = "•••";

/// A set of [`Mask`]s, small enough to be compared and copied for each socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Masks(u8);

impl Masks {
    /// Whether nothing is hidden.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a kind is hidden.
    pub fn hide(self, mask: Mask) -> bool {
        self.0 & bit(mask) != 0
    }

    /// What stands for a customer's name. A name that is a number is hidden where numbers are, for a customer without
    /// a name is called by it; the same holds for one that is an address of e-mail.
    pub fn name(self, name: &mut String) {
        if self.hide(Mask::Name) || self.hide_value(name) {
            MASKED.clone_into(name);
        }
    }

    /// What stands for words of a customer's: they stay, unless they are nothing but a number, or have an address of e-mail,
    /// where these are hidden.
    pub fn words(self, words: &mut String) {
        if self.hide_value(words) {
            MASKED.clone_into(words);
        }
    }

    fn hide_value(self, text: &str) -> bool {
        (self.hide(Mask::Phone) && is_number(text)) || (self.hide(Mask::Email) && text.contains('@'))
    }

    fn text(self, mask: Mask, text: &mut Option<String>) {
        if self.hide(mask)
            && let Some(text) = text
        {
            MASKED.clone_into(text);
        }
    }
}

impl FromIterator<Mask> for Masks {
    fn from_iter<T: IntoIterator<Item = Mask>>(masks: T) -> Self {
        Self(masks.into_iter().fold(0, |set, mask| set | bit(mask)))
    }
}

fn bit(mask: Mask) -> u8 {
    1 << mask as u8
}

/// Whether a text is a phone number and nothing else.
fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    digits >= 5 && !text.chars().any(char::is_alphabetic)
}

/// What has something of a person in it: it is shown to nobody before it was masked.
pub trait Personal {
    /// Hides what `masks` hide.
    fn mask(&mut self, masks: Masks);
}

impl<T: Personal> Personal for Vec<T> {
    fn mask(&mut self, masks: Masks) {
        self.iter_mut().for_each(|one| one.mask(masks));
    }
}

impl<T: Personal> Personal for Option<T> {
    fn mask(&mut self, masks: Masks) {
        self.iter_mut().for_each(|one| one.mask(masks));
    }
}

impl Personal for Contact {
    fn mask(&mut self, masks: Masks) {
        masks.name(&mut self.name);
    }
}

impl Personal for Identity {
    fn mask(&mut self, masks: Masks) {
        masks.text(Mask::Phone, &mut self.phone);
        masks.text(Mask::Attributes, &mut self.username);
    }
}

impl Personal for Conversation {
    fn mask(&mut self, masks: Masks) {
        masks.name(&mut self.contact.name);
        masks.text(Mask::Phone, &mut self.identity.phone);
        masks.text(Mask::Attributes, &mut self.identity.username);
        self.last_message.mask(masks);
    }
}

impl Personal for LastMessage {
    fn mask(&mut self, masks: Masks) {
        hide_preview(&self.kind, &mut self.preview, masks);
    }
}

/// The preview of content that is itself a name, a number or an address.
fn hide_preview(kind: &str, preview: &mut String, masks: Masks) {
    let hidden = match kind {
        "contacts" => masks.hide(Mask::Name) || (masks.hide(Mask::Phone) && is_number(preview)),
        "location" => masks.hide(Mask::Address),
        "system" => masks.hide(Mask::Phone) || masks.hide(Mask::Name),
        _ => false,
    };
    if hidden {
        preview.clear();
    }
}

impl Personal for SearchHit {
    fn mask(&mut self, masks: Masks) {
        masks.name(&mut self.contact.name);
        if self.author.kind == AuthorKind::Contact
            && let Some(name) = &mut self.author.name
        {
            masks.name(name);
        }
    }
}

impl Personal for Message {
    fn mask(&mut self, masks: Masks) {
        if masks.is_empty() {
            return;
        }
        if self.author.kind == AuthorKind::Contact
            && let Some(name) = &mut self.author.name
        {
            masks.name(name);
        }
        if let Some(quote) = &mut self.reply_to {
            // Whether an agent or the customer is quoted is not told here: the name goes where names are hidden.
            if let Some(name) = &mut quote.author_name {
                masks.name(name);
            }
            if let Some(kind) = &quote.kind {
                hide_preview(kind, &mut quote.preview, masks);
            }
        }
        self.content.mask(masks);
    }
}

impl Personal for Content {
    fn mask(&mut self, masks: Masks) {
        match self {
            Self::Location { latitude, longitude, name, address, url } if masks.hide(Mask::Address) => {
                (*latitude, *longitude) = (0.0, 0.0);
                (*name, *url) = (None, None);
                *address = Some(MASKED.to_owned());
            }
            Self::Contacts { cards } => {
                for card in cards {
                    masks.name(&mut card.name);
                    if masks.hide(Mask::Phone) {
                        card.phones.iter_mut().for_each(|phone| MASKED.clone_into(&mut phone.number));
                    }
                    if masks.hide(Mask::Email) {
                        card.emails.iter_mut().for_each(|email| MASKED.clone_into(email));
                    }
                    masks.text(Mask::Attributes, &mut card.organization);
                }
            }
            // The provider's words name the old number and the new one.
            Self::System { text, .. } if masks.hide(Mask::Phone) || masks.hide(Mask::Name) => *text = None,
            Self::Activity(activity) => {
                // Such as the number that a customer had before, or the other record's name.
                let told = !activity.event.starts_with("team");
                if told && (masks.hide(Mask::Phone) || masks.hide(Mask::Name) || masks.hide(Mask::Email)) {
                    activity.text = None;
                }
                if let Some(hand_over) = &mut activity.hand_over {
                    hand_over.mask(masks);
                }
            }
            _ => {}
        }
    }
}

impl Personal for HandOver {
    fn mask(&mut self, masks: Masks) {
        for thing in &mut self.named {
            let mask = match thing.kind {
                NamedKind::Phone => Mask::Phone,
                NamedKind::Email => Mask::Email,
                NamedKind::Address => Mask::Address,
                NamedKind::Order | NamedKind::Date | NamedKind::Amount => continue,
            };
            if masks.hide(mask) {
                MASKED.clone_into(&mut thing.text);
            }
        }
    }
}

impl Personal for AuditEntry {
    fn mask(&mut self, masks: Masks) {
        // An entry holds ids alone; a customer's own address stands where the customer acted.
        if self.actor_kind == ActorKind::Customer && masks.hide(Mask::Address) {
            self.address.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContactCard, ContactPhone, HandOverReason, Haste, Mood, NamedThing, SystemEvent};

    fn only(mask: Mask) -> Masks {
        [mask].into_iter().collect()
    }

    #[test]
    fn a_name_that_is_a_number_is_hidden_as_a_number() {
        let shown = |masks: Masks, name: &str| {
            let mut name = name.to_owned();
            masks.name(&mut name);
            name
        };
        assert_eq!(shown(only(Mask::Phone), "+34 600 111 222"), MASKED);
        assert_eq!(shown(only(Mask::Phone), "Ann 007"), "Ann 007");
        assert_eq!(shown(only(Mask::Email), "ann@example.com"), MASKED);
        assert_eq!(shown(only(Mask::Name), "Ann"), MASKED);
        assert_eq!(shown(Masks::default(), "+34 600 111 222"), "+34 600 111 222");
    }

    #[test]
    fn of_words_a_number_is_hidden_and_whoever_sees_less_sees_no_more() {
        let shown = |masks: Masks, words: &str| {
            let mut words = words.to_owned();
            masks.words(&mut words);
            words
        };
        let both: Masks = [Mask::Phone, Mask::Name].into_iter().collect();
        for masks in [only(Mask::Phone), both] {
            assert_eq!(shown(masks, "+34 600 111 222"), MASKED);
            assert_eq!(shown(masks, "where is my parcel"), "where is my parcel");
        }
        assert_eq!(shown(only(Mask::Email), "ann@example.com"), MASKED);
        assert_eq!(shown(only(Mask::Name), "+34 600 111 222"), "+34 600 111 222");
    }

    #[test]
    fn what_the_bot_tells_of_a_customer_is_hidden_as_everywhere() {
        let thing = |kind, text: &str| NamedThing { kind, text: text.to_owned() };
        let mut note = HandOver {
            reason: HandOverReason::Asked,
            language: "en".to_owned(),
            mood: Mood::Neutral,
            haste: Haste::Normal,
            summary: Vec::new(),
            named: vec![thing(NamedKind::Phone, "+34 600 111 222"), thing(NamedKind::Order, "BH-10422")],
            content: None,
            closest: None,
            confidence: None,
            intent: None,
            intent_confidence: None,
        };
        note.mask(only(Mask::Phone));
        assert_eq!(note.named, [thing(NamedKind::Phone, MASKED), thing(NamedKind::Order, "BH-10422")]);
    }

    #[test]
    fn cards_and_places_keep_their_form() {
        let all: Masks = Mask::ALL.into_iter().collect();
        let card = ContactCard {
            name: "Ann".into(),
            phones: vec![ContactPhone { number: "+34 600".into(), label: Some("WORK".into()) }],
            emails: vec!["ann@example.com".into()],
            organization: Some("Firm".into()),
        };
        let mut contents = [
            Content::Contacts { cards: vec![card] },
            Content::Location {
                latitude: 1.5,
                longitude: 2.5,
                name: Some("Home".into()),
                address: Some("Street 5".into()),
                url: Some("https://example.com/x".into()),
            },
            Content::System {
                event: SystemEvent::NumberChanged,
                text: Some("from +34 600 to +34 700".into()),
            },
        ];
        contents.iter_mut().for_each(|content| content.mask(all));
        let json = serde_json::to_string(&contents).expect("text");
        for hidden in ["Ann", "600", "example", "Firm", "1.5", "2.5", "Home", "Street", "700"] {
            assert!(!json.contains(hidden), "{hidden} in {json}");
        }
        assert!(json.contains("WORK") && json.contains(MASKED));
    }

    #[test]
    fn a_set_is_what_it_was_made_of() {
        let two: Masks = [Mask::Phone, Mask::Name].into_iter().collect();
        assert!(two.hide(Mask::Phone) && two.hide(Mask::Name) && !two.hide(Mask::Email) && !two.is_empty());
    }
}
