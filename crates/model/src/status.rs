//! How far one of our messages got: a lattice that never goes backwards.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// How far a message of the business got. The order of the variants is the order of the lattice: reports come
/// doubled and out of order, and the state is the greatest that was ever reported.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its turn.
    Queued,
    /// Being handed to the provider.
    Sending,
    /// The provider may have it: the answer was lost. Resolved by a later report, never resent by itself.
    Uncertain,
    /// The provider took it.
    Accepted,
    /// The provider sent it.
    Sent,
    /// It will not arrive. Above `Sent`, because the provider fails a message after sending it; below
    /// `Delivered`, because a message that arrived did not fail.
    Failed,
    /// It is on the customer's device.
    Delivered,
    /// The customer saw it.
    Read,
    /// The customer played it (voice notes).
    Played,
}

impl DeliveryState {
    const ALL: [Self; 9] = [
        Self::Queued,
        Self::Sending,
        Self::Uncertain,
        Self::Accepted,
        Self::Sent,
        Self::Failed,
        Self::Delivered,
        Self::Read,
        Self::Played,
    ];

    /// The state's name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Uncertain => "uncertain",
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// The status of a message of the business, with the time of each step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Status {
    /// The greatest state reported so far.
    pub state: DeliveryState,
    /// When we took it.
    pub queued_at: Option<Millis>,
    /// When the provider took it.
    pub accepted_at: Option<Millis>,
    /// When the provider sent it.
    pub sent_at: Option<Millis>,
    /// When it reached the device.
    pub delivered_at: Option<Millis>,
    /// When the customer saw it.
    pub read_at: Option<Millis>,
    /// When the customer played it.
    pub played_at: Option<Millis>,
    /// When it failed.
    pub failed_at: Option<Millis>,
    /// Why it failed; kept while the state is `failed`.
    pub failure: Option<Failure>,
}

/// One report about a message, from the provider or from our own sending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What is reported.
    pub state: DeliveryState,
    /// When it happened.
    pub at: Millis,
    /// Why, for `Failed`.
    pub failure: Option<Failure>,
}

impl Status {
    /// The status of a message that waits to be sent.
    pub fn queued(at: Millis) -> Self {
        Self {
            state: DeliveryState::Queued,
            queued_at: Some(at),
            accepted_at: None,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            played_at: None,
            failed_at: None,
            failure: None,
        }
    }

    /// Takes a report into account. The result does not depend on the order of reports, and a report that
    /// comes twice changes nothing. Returns whether anything changed.
    pub fn apply(&mut self, report: &Report) -> bool {
        let before = self.clone();
        let time = match report.state {
            DeliveryState::Queued => Some(&mut self.queued_at),
            DeliveryState::Sending | DeliveryState::Uncertain => None,
            DeliveryState::Accepted => Some(&mut self.accepted_at),
            DeliveryState::Sent => Some(&mut self.sent_at),
            DeliveryState::Failed => Some(&mut self.failed_at),
            DeliveryState::Delivered => Some(&mut self.delivered_at),
            DeliveryState::Read => Some(&mut self.read_at),
            DeliveryState::Played => Some(&mut self.played_at),
        };
        let earliest = time.is_none_or(|slot| {
            let earlier = slot.is_none_or(|seen| report.at < seen);
            if earlier {
                *slot = Some(report.at);
            }
            earlier
        });
        if report.state == DeliveryState::Failed && (earliest || self.failure.is_none()) {
            self.failure.clone_from(&report.failure);
        }
        self.state = self.state.max(report.state);
        if self.state > DeliveryState::Failed {
            self.failure = None;
        }
        *self != before
    }
}

/// Why a message failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Failure {
    /// The reason, which the interface puts into plain words.
    pub code: FailureCode,
    /// The provider's own code, where it gave one.
    pub provider_code: Option<i64>,
    /// The provider's own words, where it gave some.
    pub detail: Option<String>,
    /// Whether an agent may try again with a chance of success.
    pub retryable: bool,
}

macro_rules! failure_codes {
    ($($(#[$doc:meta])* $name:ident = $text:tt,)*) => {
        /// Why a message failed, independent of the channel.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum FailureCode {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl FailureCode {
            /// Every reason there is.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$name),*];

            /// The reason's name as stored and shown in the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The reason of that name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|code| code.as_str() == name)
            }
        }
    };
}

failure_codes! {
    /// The provider refused our credentials.
    Auth = "auth",
    /// Our credentials lack a right.
    Permission = "permission",
    /// The customer wrote too long ago.
    WindowClosed = "window_closed",
    /// Too many messages to this customer in a short time.
    PairRate = "pair_rate",
    /// Too many messages in a short time.
    RateLimited = "rate_limited",
    /// The provider slows the number down because of complaints.
    SpamLimited = "spam_limited",
    /// The provider locked the account.
    AccountBlocked = "account_blocked",
    /// The provider did not understand the message.
    BadRequest = "bad_request",
    /// The provider cannot reach the customer.
    Undeliverable = "undeliverable",
    /// A test number writes only to listed recipients.
    NotAllowedRecipient = "not_allowed_recipient",
    /// We blocked the customer.
    BlockedByUs = "blocked_by_us",
    /// The account cannot be billed.
    Payment = "payment",
    /// The number is not registered.
    Registration = "registration",
    /// The number's display name is not approved.
    DisplayName = "display_name",
    /// The template is missing, paused or wrongly filled.
    Template = "template",
    /// The provider refused the file.
    Media = "media",
    /// The customer takes part in a provider's experiment.
    Experiment = "experiment",
    /// The customer got too much marketing.
    MarketingLimit = "marketing_limit",
    /// The customer opted out of marketing.
    OptedOut = "opted_out",
    /// The customer's identity changed and must be confirmed.
    IdentityChanged = "identity_changed",
    /// The group does not take the message.
    Group = "group",
    /// The provider failed.
    ProviderError = "provider_error",
    /// It waited too long to be sent.
    Expired = "expired",
    /// The provider did not answer in time.
    Timeout = "timeout",
    /// A reason that we do not know.
    Unknown = "unknown",
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn report() -> impl Strategy<Value = Report> {
        (0..DeliveryState::ALL.len(), 0..50_i64).prop_map(|(state, at)| {
            let state = DeliveryState::ALL[state];
            let failure = (state == DeliveryState::Failed).then_some(Failure {
                code: FailureCode::Undeliverable,
                provider_code: Some(131_026),
                detail: None,
                retryable: false,
            });
            Report { state, at: Millis(at), failure }
        })
    }

    fn after(reports: &[Report]) -> Status {
        let mut status = Status::queued(Millis(0));
        for report in reports {
            let state = status.state;
            status.apply(report);
            assert!(status.state >= state, "a status went backwards");
        }
        status
    }

    proptest! {
        #[test]
        fn order_and_repetition_do_not_matter(reports in prop::collection::vec(report(), 0..12), seed in any::<u64>()) {
            let mut shuffled: Vec<Report> = reports.iter().chain(&reports).cloned().collect();
            let length = shuffled.len();
            for place in 0..length {
                shuffled.swap(place, (seed.wrapping_mul(place as u64 + 7) % length as u64) as usize);
            }
            prop_assert_eq!(after(&reports), after(&shuffled));
        }
    }

    #[test]
    fn a_delivered_message_did_not_fail() {
        let failure =
            Failure { code: FailureCode::Unknown, provider_code: None, detail: None, retryable: false };
        let failed = Report { state: DeliveryState::Failed, at: Millis(2), failure: Some(failure) };
        let delivered = Report { state: DeliveryState::Delivered, at: Millis(3), failure: None };
        let status = after(&[failed, delivered]);
        assert_eq!((status.state, status.failure), (DeliveryState::Delivered, None));
    }
}
