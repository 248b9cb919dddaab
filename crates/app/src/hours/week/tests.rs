use super::*;

fn hours(zone: &str, week: &[(Weekday, &str, &str)], closed: &[&str]) -> Hours {
    let opening = |(day, from, until): &(Weekday, &str, &str)| Opening {
        day: *day,
        from: (*from).to_owned(),
        until: (*until).to_owned(),
    };
    let day = |date: &&str| ClosedDay { date: (*date).to_owned(), name: String::new() };
    Hours {
        zone: zone.to_owned(),
        week: week.iter().map(opening).collect(),
        closed: closed.iter().map(day).collect(),
    }
}

fn week(zone: &str, openings: &[(Weekday, &str, &str)], closed: &[&str]) -> Week {
    Week::read(&hours(zone, openings, closed)).expect("hours that can be kept")
}

fn at(text: &str) -> Millis {
    Millis(text.parse::<Timestamp>().expect("a moment").as_millisecond())
}

fn opens(week: &Week, after: &str) -> String {
    week.opens(at(after)).map_or("never".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

const OFFICE: [(Weekday, &str, &str); 3] = [
    (Weekday::Monday, "09:00", "12:00"),
    (Weekday::Monday, "13:00", "17:30"),
    (Weekday::Friday, "09:00", "15:00"),
];

#[test]
fn a_moment_is_within_the_hours_of_the_place() {
    let berlin = week("Europe/Berlin", &OFFICE, &[]);
    // In winter Berlin is one hour ahead.
    for (moment, open) in [
        ("2026-11-30T07:59:59Z", false),
        ("2026-11-30T08:00:00Z", true),
        ("2026-11-30T11:00:00Z", false),
        ("2026-11-30T12:00:00Z", true),
        ("2026-11-30T16:30:00Z", false),
        ("2026-12-01T10:00:00Z", false),
        // In summer two.
        ("2026-07-06T07:00:00Z", true),
        ("2026-07-06T15:30:00Z", false),
    ] {
        assert_eq!(berlin.is_open(at(moment)), open, "{moment}");
    }
    assert_eq!(opens(&berlin, "2026-11-30T06:00:00Z"), "2026-11-30 09:00");
    assert_eq!(opens(&berlin, "2026-11-30T11:30:00Z"), "2026-11-30 13:00");
    assert_eq!(opens(&berlin, "2026-11-30T17:00:00Z"), "2026-12-04 09:00");
    let auckland = week("Pacific/Auckland", &OFFICE, &[]);
    assert!(auckland.is_open(at("2026-11-29T20:00:00Z")), "there it is Monday already");
}

#[test]
fn what_crosses_midnight_goes_on_the_next_day() {
    let bar = week("America/New_York", &[(Weekday::Saturday, "22:00", "02:00")], &["2026-11-29"]);
    for (moment, open) in [
        ("2026-11-29T02:59:00Z", false),
        ("2026-11-29T03:00:00Z", true),
        // Sunday is closed, but what began on Saturday goes on.
        ("2026-11-29T06:59:00Z", true),
        ("2026-11-29T07:00:00Z", false),
    ] {
        assert_eq!(bar.is_open(at(moment)), open, "{moment}");
    }
    assert_eq!(opens(&bar, "2026-11-29T03:00:00Z"), "2026-12-05 22:00");
}

#[test]
fn a_whole_day_lasts_from_midnight_to_midnight_also_when_the_clock_is_changed() {
    let all: Vec<_> = Weekday::ALL.iter().map(|day| (*day, "00:00", "00:00")).collect();
    let always = week("Europe/Berlin", &all, &[]);
    let start = at("2026-10-24T20:00:00Z");
    for quarter in 0..200 {
        let moment = start + Millis::minutes(15 * quarter);
        assert!(always.is_open(moment), "{moment:?}");
    }
    let sunday = week("Europe/Berlin", &[(Weekday::Sunday, "00:00", "00:00")], &[]);
    // 2026-10-25 has 25 hours, 2026-03-29 has 23.
    for (from, until, length) in [
        ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 25),
        ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 23),
    ] {
        let (from, until) = (at(from), at(until));
        assert_eq!((until - from).0, Millis::minutes(60 * length).0);
        assert!(sunday.is_open(from) && !sunday.is_open(from - Millis(1)));
        assert!(sunday.is_open(until - Millis(1)) && !sunday.is_open(until));
    }
}

#[test]
fn hours_stay_what_the_clock_shows_when_it_is_changed() {
    // At 02:00 the clock leaps to 03:00.
    let early = week("Europe/Berlin", &[(Weekday::Sunday, "02:30", "09:00")], &[]);
    assert_eq!(opens(&early, "2026-03-28T12:00:00Z"), "2026-03-29 03:30");
    assert!(early.is_open(at("2026-03-29T06:59:00Z")) && !early.is_open(at("2026-03-29T07:00:00Z")));
    let gone = week("Europe/Berlin", &[(Weekday::Sunday, "02:10", "02:10")], &[]);
    assert!(gone.is_open(at("2026-03-29T01:10:00Z")), "from 03:10 to the next day's 02:10");
    // At 03:00 it goes back to 02:00: what is shown twice is meant the first time.
    let late = week("Europe/Berlin", &[(Weekday::Sunday, "02:30", "04:00")], &[]);
    assert!(!late.is_open(at("2026-10-25T00:29:00Z")) && late.is_open(at("2026-10-25T00:30:00Z")));
    assert!(late.is_open(at("2026-10-25T02:59:00Z")) && !late.is_open(at("2026-10-25T03:00:00Z")));
}

#[test]
fn what_never_opens_within_a_year_says_so() {
    let mut closed = Vec::new();
    let mut day = jiff::civil::date(2026, 11, 30);
    for _ in 0..60 {
        closed.push(day.to_string());
        day = day.checked_add(Span::new().weeks(1)).expect("a date");
    }
    let closed: Vec<&str> = closed.iter().map(String::as_str).collect();
    let monday = week("UTC", &[(Weekday::Monday, "09:00", "10:00")], &closed);
    assert_eq!(opens(&monday, "2026-11-29T00:00:00Z"), "never");
    let two = week("UTC", &[(Weekday::Monday, "09:00", "10:00")], &closed[..2]);
    assert_eq!(opens(&two, "2026-11-29T00:00:00Z"), "2026-12-14 09:00");
}

#[test]
fn hours_are_kept_in_order_and_what_is_wrong_is_told() {
    let mixed = hours(
        " europe/berlin ",
        &[
            (Weekday::Friday, "9:00", "15:00"),
            (Weekday::Monday, "13:00", "17:00"),
            (Weekday::Monday, "13:00", "17:00"),
        ],
        &["2026-12-26", "2026-12-25", "2026-12-25"],
    );
    let kept = check(&mixed).expect("fine");
    let sorted = [(Weekday::Monday, "13:00", "17:00"), (Weekday::Friday, "09:00", "15:00")];
    assert_eq!(kept, hours("Europe/Berlin", &sorted, &["2026-12-25", "2026-12-26"]));
    let told = |hours: Hours| match check(&hours) {
        Err(crate::Error::Invalid(problems)) => {
            problems.into_iter().map(|problem| problem.path).collect::<Vec<_>>().join(" ")
        }
        other => format!("{other:?}"),
    };
    assert_eq!(told(hours("Mars/Olympus", &[], &[])), "zone week");
    let wrong = hours("UTC", &[(Weekday::Monday, "25:00", "soon")], &["2026-02-30", "yesterday"]);
    assert_eq!(told(wrong), "week.0.from week.0.until closed.0.date closed.1.date");
    let many = vec![(Weekday::Monday, "09:00", "10:00"); 51];
    assert_eq!(told(hours("UTC", &many, &vec!["2026-12-25"; 401])), "week closed");
}
