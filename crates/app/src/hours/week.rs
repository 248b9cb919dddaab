//! A week of hours on the calendar: whether a moment lies within them, and when they begin next. Pure.
//!
//! Hours are kept as the clock on the wall shows them and become moments only here, day by day, so that they stay what they
//! are when the clock is changed. A time that the clock leaps over is the one it leaps to; one that it shows twice is the
//! first of the two.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use model::{ClosedDay, Hours, Millis, Opening, Weekday};

use crate::Result;
use crate::field::Fields;

/// How many times of a week there may be, and how many closed days.
const OPENINGS: usize = 50;
const CLOSED: usize = 400;
/// The longest name of a closed day, in characters.
const NAME: usize = 80;
/// How many days ahead is looked for the next opening.
const AHEAD: i32 = 370;

/// Hours that can be asked.
#[derive(Debug)]
pub(crate) struct Week {
    zone: TimeZone,
    openings: Vec<(Weekday, Time, Time)>,
    closed: HashSet<Date>,
}

impl Week {
    /// Reads stored hours; `None` where they cannot be read, as when a zone was given up since.
    pub(crate) fn read(hours: &Hours) -> Option<Self> {
        let opening = |one: &Opening| Some((one.day, time(&one.from)?, time(&one.until)?));
        Some(Self {
            zone: TimeZone::get(&hours.zone).ok()?,
            openings: hours.week.iter().map(opening).collect::<Option<_>>()?,
            closed: hours.closed.iter().filter_map(|day| date(&day.date)).collect(),
        })
    }

    /// Whether people are there at a moment.
    pub(crate) fn is_open(&self, at: Millis) -> bool {
        let at = moment(at);
        let today = self.day(at);
        // What began yesterday may go on past midnight.
        [today.yesterday(), Ok(today)]
            .into_iter()
            .flatten()
            .any(|day| self.of_day(day).any(|(from, until)| from.timestamp() <= at && at < until.timestamp()))
    }

    /// When people come next after a moment, by the clock of the place.
    pub(crate) fn opens(&self, after: Millis) -> Option<Zoned> {
        let after = moment(after);
        let today = self.day(after);
        (0..=AHEAD).find_map(|days| {
            let day = today.checked_add(Span::new().days(days)).ok()?;
            self.of_day(day).map(|(from, _)| from).filter(|from| from.timestamp() > after).min()
        })
    }

    fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// What begins on a day.
    fn of_day(&self, day: Date) -> impl Iterator<Item = (Zoned, Zoned)> {
        let open = !self.closed.contains(&day);
        let weekday = Weekday::ALL[place_in_week(day)];
        self.openings.iter().filter(move |(of, ..)| open && *of == weekday).filter_map(
            move |(_, from, until)| {
                let ends = if until > from { day } else { day.tomorrow().ok()? };
                let moment = |day: Date, time: &Time| day.to_datetime(*time).to_zoned(self.zone.clone()).ok();
                let (from, until) = (moment(day, from)?, moment(ends, until)?);
                // What lies in an hour that the clock leaps over is over before it begins.
                (from < until).then_some((from, until))
            },
        )
    }
}

fn moment(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or_default()
}

/// How many days after a Monday a date is.
pub(crate) fn place_in_week(day: Date) -> usize {
    usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())
}

fn time(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}

fn date(text: &str) -> Option<Date> {
    Date::strptime("%Y-%m-%d", text).ok()
}

/// Hours as they are kept, or what is wrong with them.
pub(super) fn check(hours: &Hours) -> Result<Hours> {
    let mut fields = Fields::new();
    let zone = TimeZone::get(hours.zone.trim()).ok();
    let zone = zone.as_ref().and_then(TimeZone::iana_name).map(str::to_owned);
    if zone.is_none() {
        fields.wrong("zone", "unknown", "use a time zone's IANA name, such as Europe/Berlin");
    }
    if !(1..=OPENINGS).contains(&hours.week.len()) {
        fields.wrong("week", "out_of_range", format!("write 1 to {OPENINGS} times of the week"));
    }
    if hours.closed.len() > CLOSED {
        fields.wrong("closed", "out_of_range", format!("write at most {CLOSED} closed days"));
    }
    let mut week = Vec::new();
    for (place, opening) in hours.week.iter().take(OPENINGS).enumerate() {
        let mut read = |name: &str, text: &str| {
            let time = time(text.trim());
            if time.is_none() {
                let path = format!("week.{place}.{name}");
                fields.wrong(&path, "invalid", "use a time of the day from 00:00 to 23:59, such as 09:30");
            }
            time.map(|time| time.strftime("%H:%M").to_string())
        };
        if let (Some(from), Some(until)) = (read("from", &opening.from), read("until", &opening.until)) {
            week.push(Opening { day: opening.day, from, until });
        }
    }
    week.sort_by(|one, other| (one.day, &one.from, &one.until).cmp(&(other.day, &other.from, &other.until)));
    week.dedup();
    let mut closed = BTreeMap::new();
    for (place, day) in hours.closed.iter().take(CLOSED).enumerate() {
        let name = day.name.trim();
        if name.chars().count() > NAME || name.chars().any(char::is_control) {
            let message = format!("use one line of at most {NAME} characters");
            fields.wrong(&format!("closed.{place}.name"), "invalid", message);
        }
        match date(day.date.trim()) {
            Some(date) => {
                closed.insert(date, name.to_owned());
            }
            None => {
                fields.wrong(&format!("closed.{place}.date"), "invalid", "use a date such as 2026-12-25");
            }
        }
    }
    fields.finish()?;
    let closed = closed.into_iter().map(|(date, name)| ClosedDay { date: date.to_string(), name });
    Ok(Hours { zone: zone.unwrap_or_default(), week, closed: closed.collect() })
}

#[cfg(test)]
mod tests;
