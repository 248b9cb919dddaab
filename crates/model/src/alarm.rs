//! What calls for an operator.

use serde::Serialize;

use crate::named::named;
use crate::{AlarmId, InboxId, Millis};

named! {
    /// What is wrong.
    AlarmKind {
        /// An inbox's deliveries or sendings wait too long.
        Lag = "lag",
        /// Deliveries of an inbox could not be applied and wait for a person.
        Parked = "parked",
        /// Something that was accepted for an inbox is not shown.
        Gap = "gap",
        /// The provider refused an inbox's connection when it was last checked.
        Refused = "refused",
        /// Nobody knows whether the provider has a message, and no report has come about it for a while.
        Uncertain = "uncertain",
        /// The machine's clock stands before times that were already written.
        Clock = "clock",
        /// The gap monitor is far behind: what came lately has not been looked at.
        Unaudited = "unaudited",
        /// Somebody reads or takes out far more of people than they do on other days.
        Volume = "volume",
        /// Customers ask about something far more often than is usual.
        Surge = "surge",
        /// What customers write has moved since somebody held what is understood of it for right.
        Drift = "drift",
    }
}

named! {
    /// What of a delivery is not as it must be.
    GapReason {
        /// A message is not in the store.
        MessageMissing = "message_missing",
        /// A message stands in a conversation of another inbox.
        OtherInbox = "other_inbox",
        /// A message stands in a conversation of somebody else.
        OtherPerson = "other_person",
        /// A report about a message was neither applied nor kept.
        ReportMissing = "report_missing",
        /// A message's status is less than was reported.
        StatusBehind = "status_behind",
        /// The delivery cannot be read, and yet it was applied.
        Unreadable = "unreadable",
    }
}

/// An alarm, standing or past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Alarm {
    /// Its id.
    pub id: AlarmId,
    /// What is wrong.
    pub kind: AlarmKind,
    /// With which inbox; `null` when it is the whole machine.
    pub inbox_id: Option<InboxId>,
    /// When it was raised.
    pub raised_at: Millis,
    /// When it was over; `null` while it stands.
    pub cleared_at: Option<Millis>,
}
