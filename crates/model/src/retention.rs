//! How long data lives.

use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::{InboxId, Millis, Purpose, RetentionId};

named! {
    /// What kind of data a rule is about.
    DataClass {
        /// Files of messages; the messages stay.
        Files = "files",
        /// Messages and notes with their files, of conversations that are resolved.
        Messages = "messages",
        /// Deliveries in the raw form in which providers sent them.
        Deliveries = "deliveries",
        /// People who have not been in touch, with everything of them.
        People = "people",
    }
}

impl DataClass {
    /// The shortest time that a rule may give, in days: a provider delivers again for up to a week, and what it
    /// delivered has to be known by then.
    pub fn least_days(self) -> i64 {
        match self {
            Self::Deliveries => 8,
            Self::Files | Self::Messages | Self::People => 1,
        }
    }
}

/// How long data of one class lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RetentionRule {
    /// Its id.
    pub id: RetentionId,
    /// The inbox; `null` for all that have no rule of their own for the class.
    pub inbox_id: Option<InboxId>,
    /// What it is about.
    pub class: DataClass,
    /// Only for people who agreed to this purpose, whose data then lives at least so long; `null` for everybody.
    pub purpose: Option<Purpose>,
    /// How many days.
    pub days: i64,
    /// When it was written.
    pub changed_at: Millis,
}

impl RetentionRule {
    /// For how many days data of a class lives that came through an inbox, for somebody who agreed to `agreed`;
    /// `None` when it stays. Rules of the inbox come before those for all; of several the longest time counts.
    pub fn days(rules: &[Self], class: DataClass, inbox: Option<InboxId>, agreed: &[Purpose]) -> Option<i64> {
        let own = inbox.is_some() && rules.iter().any(|rule| rule.class == class && rule.inbox_id == inbox);
        let meant = if own { inbox } else { None };
        let of = || rules.iter().filter(move |rule| rule.class == class && rule.inbox_id == meant);
        let base = of().find(|rule| rule.purpose.is_none())?.days;
        let longer = of().filter(|rule| rule.purpose.is_some_and(|purpose| agreed.contains(&purpose)));
        longer.map(|rule| rule.days).chain([base]).max()
    }
}

/// How much of a class was or would be removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RetentionCount {
    /// Files.
    pub files: i64,
    /// Messages.
    pub messages: i64,
    /// Deliveries.
    pub deliveries: i64,
    /// People.
    pub people: i64,
    /// People whose time had come and who are held.
    pub held: i64,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RetentionReport {
    /// The day, in days since 1970 UTC.
    pub day: i64,
    /// When it began.
    pub began_at: Millis,
    /// When it ended; `null` while it runs or when it broke off.
    pub finished_at: Option<Millis>,
    /// What was removed.
    pub removed: RetentionCount,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inbox_comes_before_the_house_and_the_longest_purpose_counts() {
        let rule = |inbox, class, purpose, days| RetentionRule {
            id: RetentionId(days),
            inbox_id: inbox,
            class,
            purpose,
            days,
            changed_at: Millis(1),
        };
        let (one, two) = (Some(InboxId(1)), Some(InboxId(2)));
        let rules = [
            rule(None, DataClass::Messages, None, 100),
            rule(None, DataClass::Messages, Some(Purpose::Marketing), 400),
            rule(one, DataClass::Messages, None, 30),
            rule(one, DataClass::Messages, Some(Purpose::Sensitive), 10),
            rule(two, DataClass::Files, Some(Purpose::Marketing), 10),
        ];
        let days = |class, inbox, agreed: &[Purpose]| RetentionRule::days(&rules, class, inbox, agreed);
        assert_eq!(days(DataClass::Messages, two, &[]), Some(100));
        assert_eq!(days(DataClass::Messages, two, &[Purpose::Marketing]), Some(400));
        assert_eq!(days(DataClass::Messages, one, &[Purpose::Marketing]), Some(30));
        assert_eq!(
            days(DataClass::Messages, one, &[Purpose::Sensitive]),
            Some(30),
            "never shorter by a purpose"
        );
        assert_eq!(days(DataClass::Files, two, &[Purpose::Marketing]), None, "no rule for everybody");
        assert_eq!(days(DataClass::People, one, &[]), None);
    }
}
