//! When people are there to answer.

use serde::{Deserialize, Serialize};

use crate::named::named;

named! {
    /// A day of the week.
    Weekday {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
        Sunday = "sunday",
    }
}

/// The same hours each week, in the place's own time, but for days on which it is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"zone": "Europe/Berlin", "week": [{"day": "monday", "from": "09:00", "until": "17:30"}], "closed": [{"date": "2026-12-25", "name": "Christmas"}]}))]
pub struct Hours {
    /// The time zone by its IANA name.
    pub zone: String,
    /// When people are there; one at least, 50 at most.
    pub week: Vec<Opening>,
    /// Days on which nobody comes, 400 at most.
    #[serde(default)]
    pub closed: Vec<ClosedDay>,
}

/// A time of each week in which people are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The day on which it begins.
    pub day: Weekday,
    /// From this time of the day on, as `09:00`.
    pub from: String,
    /// Until this time, as `17:30`. Where that is not later than `from` it is the next day's: from `22:00` until `02:00`, or
    /// from `00:00` until `00:00` for the whole day.
    pub until: String,
}

/// A day on which nobody comes. What begins the day before goes on until its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosedDay {
    /// The date, as `2026-12-25`.
    pub date: String,
    /// What the day is; may be empty.
    #[serde(default)]
    pub name: String,
}
