//! The days that a text names, counted from a day that is given.

use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use regex::Regex;

use super::{captures, regex};
use crate::lexicon::{Lexicon, Reading};

static ISO: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"\b(20[0-9]{2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})(?:日|号|號|\b)"));
static EUROPEAN: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"\b([0-9]{1,2})([./-])([0-9]{1,2})[./-](20[0-9]{2})\b"));
static CHINESE: LazyLock<Option<Regex>> = LazyLock::new(|| regex(r"([0-9]{1,2})月([0-9]{1,2})(?:日|号|號)"));
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(concat!(
        r"\b(?:([0-9]{1,2})(?:st|nd|rd|th)?\.? (?:of |de )?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?",
        r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)? ([0-9]{1,2})(?:st|nd|rd|th)?)\b(?:,? (20[0-9]{2}))?"
    ))
});
static AGO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"\b([0-9]{1,3}) (day|week|month)s? ago\b|\bin ([0-9]{1,3}) (day|week|month)s?\b|([0-9]{1,3})(天|周|个月)(前|后|之前|之后|以前|以后)",
    )
});
/// Words for a day: how many days it is from today (group d), or a day of the week (w, Monday is 1).
static WORDS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(&[include_str!("../../lexica/day.txt")]));

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The days with where they stand, in bytes.
pub(super) fn days(text: &str, today: Date, has_digits: bool) -> Vec<(Date, usize, usize)> {
    let mut found = Vec::new();
    if has_digits {
        written(text, today, &mut found);
    }
    let reading = Reading::of(text);
    for hit in WORDS.find(&reading) {
        let day = match hit.group {
            'w' => weekday(today, hit.value),
            _ => today.checked_add((hit.value as i64).days()).ok(),
        };
        let Some((from, to)) = place(text, reading.text(&hit)) else { continue };
        found.extend(day.map(|day| (day, from, to)));
    }
    found
}

/// Where a piece of the reading stands in the text.
fn place(text: &str, piece: &str) -> Option<(usize, usize)> {
    let from = text.to_lowercase();
    if from.len() != text.len() {
        return None;
    }
    from.find(piece).map(|at| (at, at + piece.len()))
}

/// The next day of the week that is named, counted from tomorrow.
fn weekday(today: Date, number: f32) -> Option<Date> {
    let weekday = Weekday::from_monday_one_offset(number as i8).ok()?;
    today.nth_weekday(1, weekday).ok()
}

fn written(text: &str, today: Date, found: &mut Vec<(Date, usize, usize)>) {
    let number = |groups: &regex::Captures<'_>, place: usize| -> Option<i16> {
        groups.get(place)?.as_str().parse().ok()
    };
    let day = |year: i16, month: i16, day: i16| {
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    let mut add = |groups: &regex::Captures<'_>, day: Option<Date>| {
        if let (Some(day), Some(whole)) = (day, groups.get(0)) {
            found.push((day, whole.start(), whole.end()));
        }
    };
    for groups in captures(&ISO, text) {
        let parts = (number(&groups, 1), number(&groups, 2), number(&groups, 3));
        if let (Some(year), Some(month), Some(of_month)) = parts {
            add(&groups, day(year, month, of_month));
        }
    }
    for groups in captures(&EUROPEAN, text) {
        let parts = (number(&groups, 1), number(&groups, 3), number(&groups, 4));
        if let (Some(first), Some(second), Some(year)) = parts {
            // The day comes first in most of the world; where it cannot, the month did.
            add(&groups, day(year, second, first).or_else(|| day(year, first, second)));
        }
    }
    for groups in captures(&CHINESE, text) {
        if let (Some(month), Some(of_month)) = (number(&groups, 1), number(&groups, 2)) {
            add(&groups, day(today.year(), month, of_month));
        }
    }
    for groups in captures(&NAMED, text) {
        let of_month = number(&groups, 1).or_else(|| number(&groups, 4));
        let name = groups.get(2).or_else(|| groups.get(3)).map(|name| name.as_str().to_lowercase());
        let month = name.and_then(|name| MONTHS.iter().position(|month| *month == name));
        let year = number(&groups, 5).unwrap_or_else(|| today.year());
        if let (Some(of_month), Some(month)) = (of_month, month) {
            add(&groups, day(year, month as i16 + 1, of_month));
        }
    }
    for groups in captures(&AGO, text) {
        let (count, unit, back) = if let Some(count) = number(&groups, 1) {
            (count, groups.get(2), true)
        } else if let Some(count) = number(&groups, 3) {
            (count, groups.get(4), false)
        } else {
            let back = groups.get(7).is_some_and(|word| word.as_str().ends_with('前'));
            (number(&groups, 5).unwrap_or_default(), groups.get(6), back)
        };
        let count = if back { -i64::from(count) } else { i64::from(count) };
        let span = match unit.map(|unit| unit.as_str().to_lowercase()).as_deref() {
            Some("week" | "周") => count.weeks(),
            Some("month" | "个月") => count.months(),
            _ => count.days(),
        };
        add(&groups, today.checked_add(span).ok());
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_found_as_they_are_written() {
        // A Wednesday.
        let today = date(2026, 3, 4);
        for (text, expected) in [
            ("on 2026-03-10 please", date(2026, 3, 10)),
            ("am 24.12.2026", date(2026, 12, 24)),
            ("on 12/24/2026", date(2026, 12, 24)),
            ("5月1日送到", date(2026, 5, 1)),
            ("by March 15th", date(2026, 3, 15)),
            ("15 March 2027", date(2027, 3, 15)),
            ("ordered 3 days ago", date(2026, 3, 1)),
            ("两天后不行，3天后可以", date(2026, 3, 7)),
            ("Tomorrow is fine", date(2026, 3, 5)),
            ("昨天下的单", date(2026, 3, 3)),
            ("mañana por favor", date(2026, 3, 5)),
            ("on Friday", date(2026, 3, 6)),
            ("下周一", date(2026, 3, 9)),
        ] {
            let found = days(text, today, text.bytes().any(|byte| byte.is_ascii_digit()));
            assert_eq!(found.first().map(|found| found.0), Some(expected), "{text}");
        }
        assert_eq!(days("31.02.2026", today, true), []);
        assert_eq!(days("maybe in march", today, false), []);
    }
}
