//! The detector against texts that say what is in them.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

/// A text and the spans that stand in it, in characters.
#[derive(serde::Deserialize)]
struct Labelled {
    text: String,
    spans: Vec<(usize, usize, String)>,
}

/// Exact spans found, missed and wrongly found, for each class.
#[derive(Default, Debug, Clone, Copy)]
struct Score {
    right: usize,
    missed: usize,
    wrong: usize,
}

fn name(class: Class, text: &str) -> String {
    let name = match class {
        Class::NationalId => "CNID",
        Class::BankAccount if text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) => "IBAN",
        other => return other.as_str().to_uppercase(),
    };
    name.to_owned()
}

#[test]
fn ninety_nine_of_a_hundred_are_found_and_right_in_the_collection() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/ai/pii_own/dev.jsonl");
    let Ok(lines) = std::fs::read_to_string(&path) else {
        println!("SKIPPED: {} is not there", path.display());
        return;
    };
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for line in lines.lines() {
        let case: Labelled = serde_json::from_str(line).expect("a labelled text");
        let starts: Vec<usize> =
            case.text.char_indices().map(|(at, _)| at).chain([case.text.len()]).collect();
        let mut wanted: Vec<(usize, usize, String)> =
            case.spans.iter().map(|(from, to, class)| (starts[*from], starts[*to], class.clone())).collect();
        for one in find(&case.text) {
            let found = (one.start, one.end, name(one.class, &case.text[one.start..one.end]));
            let score = scores.entry(found.2.clone()).or_default();
            match wanted.iter().position(|other| *other == found) {
                Some(place) => {
                    wanted.remove(place);
                    score.right += 1;
                }
                None => {
                    score.wrong += 1;
                    println!("wrong {} {:?} in {}", found.2, &case.text[one.start..one.end], case.text);
                }
            }
        }
        for (from, to, class) in wanted {
            println!("missed {class} {:?} in {}", &case.text[from..to], case.text);
            scores.entry(class).or_default().missed += 1;
        }
    }
    println!("{scores:#?}");
    assert!(scores.len() >= 8, "classes are missing");
    for (class, Score { right, missed, wrong }) in scores {
        assert!(right * 100 >= (right + missed) * 99, "{class}: {missed} of {} missed", right + missed);
        assert!(right * 100 >= (right + wrong) * 99, "{class}: {wrong} of {} wrong", right + wrong);
    }
}

/// The text of a line of `chat.txt` and the spans in it.
fn labelled(line: &str) -> (String, Vec<(usize, usize, Class)>) {
    let mut text = String::new();
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('‹') {
        let (inside, behind) = after.split_once('›').expect("a mark is closed");
        let (class, value) = inside.split_once(':').expect("a mark names its class");
        text.push_str(before);
        let start = text.len();
        text.push_str(value);
        spans.push((start, text.len(), Class::parse(class).expect("a class")));
        rest = behind;
    }
    text.push_str(rest);
    (text, spans)
}

#[test]
fn ninety_nine_of_a_hundred_are_found_and_right_in_chats_of_many_languages() {
    let mut scores: BTreeMap<Class, Score> = BTreeMap::new();
    let lines: Vec<&str> =
        include_str!("chat.txt").lines().filter(|line| !line.starts_with('#') || line.len() < 30).collect();
    assert!(lines.len() > 600);
    for line in lines {
        if let Some(question) = line.strip_prefix('?') {
            let asks = find(question).iter().any(|one| one.class == Class::PasswordRequest);
            let score = scores.entry(Class::PasswordRequest).or_default();
            if asks {
                score.right += 1;
            } else {
                println!("missed the question {question}");
                score.missed += 1;
            }
            continue;
        }
        let (text, mut wanted) = labelled(line);
        for one in find(&text) {
            let score = scores.entry(one.class).or_default();
            match wanted.iter().position(|other| *other == (one.start, one.end, one.class)) {
                Some(place) => {
                    wanted.remove(place);
                    score.right += 1;
                }
                // Ways to reach somebody are shown, and cost nothing where they are taken for each other.
                None => {
                    score.wrong += 1;
                    println!("wrong {} {:?} in {text}", one.class.as_str(), &text[one.start..one.end]);
                }
            }
        }
        for (from, to, class) in wanted {
            println!("missed {} {:?} in {text}", class.as_str(), &text[from..to]);
            scores.entry(class).or_default().missed += 1;
        }
    }
    println!("{scores:?}");
    let sum = |part: fn(&Score) -> usize| scores.values().map(part).sum::<usize>();
    let (right, missed, wrong) = (sum(|one| one.right), sum(|one| one.missed), sum(|one| one.wrong));
    assert!(right * 100 >= (right + missed) * 99, "{missed} of {} missed", right + missed);
    assert!(right * 100 >= (right + wrong) * 99, "{wrong} of {} wrong", right + wrong);
}

/// Numbers that come one after the other but look like chance, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from_digit(u32::try_from(self.roll(10)).unwrap_or(0), 10).unwrap_or('0'))
            .collect()
    }
}

#[test]
fn order_numbers_are_not_taken_for_people_or_cards() {
    let mut dice = Dice(22);
    let frames = [
        "order {} has not arrived",
        "Where is order {}?",
        "my order number is {}",
        "tracking no. {}",
        "订单号{}还没到",
        "快递单号：{}",
        "pedido {} no llega",
        "Bestellung {} fehlt",
        "commande n° {} perdue",
        "注文番号{}",
        "{} 这个订单",
        "заказ № {} не пришёл",
        "sipariş no {} nerede",
        "invoice #{} is wrong",
        "ticket {}",
        "ref: {}",
    ];
    let (mut total, mut alarms) = (0, 0);
    for turn in 0..6_000_usize {
        let length = 6 + turn % 14;
        let number = match turn % 5 {
            0 => dice.digits(length),
            1 => format!("2026{}", dice.digits(length)),
            2 => format!("{}-{}-{}", dice.digits(3), dice.digits(7), dice.digits(7)),
            3 => format!("{}{}", ["4", "51", "62", "37", "35"][turn % 5], dice.digits(14)),
            _ => format!("{}{}", ["JD", "SF", "YT", "WB-", "LX"][turn % 5], dice.digits(length)),
        };
        let text = frames[turn % frames.len()].replace("{}", &number);
        total += 1;
        let alarm = find(&text).into_iter().any(|one| one.class.usual().masked);
        if alarm {
            println!("alarm at {text}");
        }
        alarms += usize::from(alarm);
    }
    assert!(alarms * 1000 <= total * 2, "{alarms} of {total}");
}

#[test]
fn what_is_masked_cannot_be_read_and_the_rest_stays() {
    let masked =
        mask_where("Karte 4111 1111 1111 1111 und Passwort: geheim12, Tel. +49 151 23456789", |class| {
            class.usual().masked
        });
    assert_eq!(masked.text, "Karte •••• 1111 und Passwort: ••••••, Tel. +49 151 23456789");
    let shown: Vec<&str> = masked.findings.iter().map(|one| &masked.text[one.start..one.end]).collect();
    assert_eq!(shown, ["•••• 1111", "••••••", "+49 151 23456789"]);
    assert_eq!(mask("你好，订单 12345 到哪了？"), "你好，订单 12345 到哪了？");
    assert_eq!(mask("卡号４１１１１１１１１１１１１１１１"), "卡号•••• 1111");
}

#[test]
fn a_number_that_was_cut_off_is_hidden_too() {
    let hidden = |class: Class| class.usual().masked;
    assert_eq!(mask_cut("please refund it to 4111 1111 11", hidden), "please refund it to ••••••");
    assert_eq!(mask_cut("key sk_live_4eC39HqLyj", hidden), "key ••••••");
    assert_eq!(mask_cut("see you at 14:30 then", hidden), "see you at 14:30 then");
}

#[test]
fn recordings_cookies_and_keys_are_found_in_files() {
    let har = br#"{"log":{"version":"1.2","creator":{"name":"WebInspector"},"entries":[{"request":{"method":"GET"}}]}}"#;
    assert!(in_file(har).contains(&Class::Secret));
    assert!(
        in_file(b"# Netscape HTTP Cookie File\n.example.com\tTRUE\t/\tTRUE\t0\tid\tx\n")
            .contains(&Class::Secret)
    );
    let mut long = "line without anything\n".repeat(2_000);
    long.push_str("card,4111 1111 1111 1111\n");
    assert!(in_file(long.as_bytes()).contains(&Class::Card));
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("Passwort: geheim12".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert!(in_file(&wide).contains(&Class::Password));
    assert!(in_file(b"name,amount\nAna,12.50\n").is_empty());
    assert!(in_file(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR 4111111111111111").is_empty());
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_and_every_finding_stands_in_it(text in "\\PC{0,80}|[0-9 .+()@:/=#-]{0,60}|[a-zA-Z0-9 密码卡号是:٤५-]{0,60}") {
        let mut last = 0;
        for one in find(&text) {
            proptest::prop_assert!(one.start >= last && one.end > one.start);
            proptest::prop_assert!(text.get(one.start..one.end).is_some());
            last = one.end;
        }
        let masked = mask_where(&text, |_| true);
        for one in &masked.findings {
            proptest::prop_assert!(masked.text.get(one.start..one.end).is_some());
        }
        mask_cut(&text, |_| true);
        in_file(text.as_bytes());
    }
}
