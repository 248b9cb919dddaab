//! What customers allowed, and took back.

use serde::Serialize;

use crate::named::named;
use crate::{AgentId, ContactId, MessageId, Millis};

named! {
    /// What data of a person is used for. Each is agreed to by itself.
    #[derive(Default)]
    Purpose {
        /// Answering what the customer asked for; needs no consent, and ends when the customer objects.
        #[default]
        Service = "service",
        /// Advertising.
        Marketing = "marketing",
        /// Passing data on to another country.
        CrossBorder = "cross_border",
        /// Sensitive data, such as about health.
        Sensitive = "sensitive",
        /// Passing data on to somebody else.
        ThirdParty = "third_party",
    }
}

named! {
    /// How a consent or its end came.
    ConsentWay {
        /// In a message of the customer.
        Message = "message",
        /// By telephone.
        Telephone = "telephone",
        /// On a page or form.
        Form = "form",
        /// On paper.
        Paper = "paper",
        /// In person.
        InPerson = "in_person",
        /// Taken over from another system.
        Import = "import",
    }
}

/// One entry of the ledger of consents, which is only ever added to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Consent {
    /// Its number in the workspace: 1, 2, 3 … without a gap.
    pub seq: i64,
    /// The customer.
    pub contact_id: ContactId,
    /// What for.
    pub purpose: Purpose,
    /// Whether it was given; else it was taken back, or never given.
    pub given: bool,
    /// Which version of the text was agreed to.
    pub text_version: String,
    /// How it came.
    pub way: ConsentWay,
    /// The words, place or document that prove it; `null` when there is none, or its person was erased.
    pub evidence: Option<String>,
    /// The message that says it.
    pub message_id: Option<MessageId>,
    /// Who noted it; `null` when it was read from a message.
    pub agent_id: Option<AgentId>,
    /// When it was given or taken back.
    pub at: Millis,
    /// When it ends by itself.
    pub expires_at: Option<Millis>,
    /// The entry's place in the chain: a hash over its content and over the hash of the entry before it, in
    /// hexadecimal.
    pub hash: String,
}

/// What holds of one purpose for a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ConsentState {
    /// The purpose.
    pub purpose: Purpose,
    /// Whether messages for it may be sent now.
    pub allowed: bool,
    /// The entry that decides; `null` when there is none.
    pub entry: Option<Consent>,
}

impl ConsentState {
    /// What the newest entry of a purpose means at a moment.
    pub fn of(purpose: Purpose, entry: Option<Consent>, now: Millis) -> Self {
        let allowed = match &entry {
            Some(entry) if entry.given => entry.expires_at.is_none_or(|end| now < end),
            Some(_) => false,
            None => purpose == Purpose::Service,
        };
        Self { purpose, allowed, entry }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(given: bool, expires_at: Option<Millis>) -> Consent {
        Consent {
            seq: 1,
            contact_id: ContactId(1),
            purpose: Purpose::Marketing,
            given,
            text_version: "2".into(),
            way: ConsentWay::Form,
            evidence: None,
            message_id: None,
            agent_id: None,
            at: Millis(10),
            expires_at,
            hash: String::new(),
        }
    }

    #[test]
    fn only_a_consent_that_stands_allows() {
        let allowed = |purpose, entry| ConsentState::of(purpose, entry, Millis(100)).allowed;
        for purpose in Purpose::ALL {
            assert_eq!(allowed(purpose, None), purpose == Purpose::Service);
            assert!(allowed(purpose, Some(entry(true, None))));
            assert!(allowed(purpose, Some(entry(true, Some(Millis(101))))));
            assert!(!allowed(purpose, Some(entry(true, Some(Millis(100))))));
            assert!(!allowed(purpose, Some(entry(false, None))));
        }
    }
}
