//! What a message names: orders, phones, addresses of mail and of houses, days, amounts, and what a workspace looks for.

mod day;

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::{Regex, RegexBuilder};

/// Something that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub value: Value,
    /// Where it begins in the text, in bytes.
    pub from: usize,
    /// Where it ends in the text, in bytes.
    pub to: usize,
}

/// What is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The number of an order, parcel or ticket, without its sign.
    Order(String),
    /// A phone number: digits, with a plus in front where it was written.
    Phone(String),
    /// An address of mail, in small letters.
    Email(String),
    /// A day.
    Date(Date),
    /// A sum of money.
    Amount {
        /// In hundredths of the unit.
        hundredths: i64,
        /// The code of the currency, as in ISO 4217.
        currency: &'static str,
    },
    /// A postal address, as it was written.
    Address(String),
    /// What a workspace looks for.
    Own {
        /// The name of the pattern.
        name: String,
        /// What was found.
        text: String,
    },
}

/// The patterns of a workspace.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    all: Vec<(String, Regex)>,
}

/// The most patterns of a workspace.
const PATTERNS: usize = 50;
/// The longest pattern, in bytes.
const PATTERN: usize = 300;
/// The most memory that one pattern may take, in bytes.
const MEMORY: usize = 256 * 1024;
/// The most entities of one kind that are taken from a text.
const MOST: usize = 20;

/// Why patterns are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There are too many.
    #[error("a workspace has at most {PATTERNS} patterns")]
    Many,
    /// One cannot be read, is too long or would take too much memory.
    #[error("the pattern {0:?} cannot be used: {1}")]
    Pattern(String, String),
}

impl Patterns {
    /// Reads patterns with their names.
    ///
    /// # Errors
    /// When there are too many, or one cannot be used.
    pub fn new<'a>(patterns: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Refused> {
        let mut all = Vec::new();
        for (name, pattern) in patterns {
            if all.len() == PATTERNS {
                return Err(Refused::Many);
            }
            let refused = |why: String| Refused::Pattern(name.to_owned(), why);
            if pattern.len() > PATTERN {
                return Err(refused(format!("it is longer than {PATTERN} bytes")));
            }
            let built = RegexBuilder::new(pattern).size_limit(MEMORY).dfa_size_limit(MEMORY).build();
            let regex = built.map_err(|error| refused(error.to_string()))?;
            if regex.is_match("") {
                return Err(refused("it fits where nothing is".to_owned()));
            }
            all.push((name.to_owned(), regex));
        }
        Ok(Self { all })
    }
}

fn regex(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).case_insensitive(true).build().ok()
}

static EMAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}"));
static ORDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(concat!(
        r"(?:order|parcel|package|tracking|ticket|invoice|booking|reservation|case|ref(?:erence)?|pedido|orden|",
        r"commande|bestellung|ordine|pesanan|sipariş|заказ|commande|订单|訂單|单号|單號|快递|运单|طلب)",
        r"[^\p{L}\p{N}\n]{0,3}(?:number|num|no|nr|id|número|numero|numéro|nummer|nomor|号码|号|號|是|为)?",
        r"[^\p{L}\p{N}\n]{0,4}(?:is |es |est |ist )?#?([a-z]{0,4}-?[0-9][a-z0-9-]{3,24})"
    ))
});
static SIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| regex(r"#\s?([a-z]{0,4}-?[0-9][a-z0-9-]{2,24})"));
static PHONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"\+?\(?[0-9](?:[0-9]|[ .()\-/]{1,2}[0-9]){6,16}"));
static AMOUNT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(concat!(
        r"(r\$|us\$|hk\$|nt\$|rp\.?|rm|usd|eur|gbp|cny|rmb|inr|brl|idr|myr|jpy|krw|thb|vnd|rub|sar|aed|try|rs\.?|",
        r"[$€£¥￥₹₩฿₫₽₺])\s?([0-9]{1,12}(?:[.,' ][0-9]{1,3}){0,4})(\s?(?:k|ribu|juta|jt|万|萬)\b)?",
        r"|([0-9]{1,12}(?:[.,'][0-9]{1,3}){0,4})(\s?(?:k|ribu|juta|jt|万|萬)\s?)?\s?(dollars?|usd|euros?|eur|pounds?|gbp|yuan|rmb|cny|rupees?|",
        r"inr|reais|brl|rupiah|idr|ringgit|myr|yen|jpy|baht|thb|rubles?|lira|tl|try|riyals?|sar|dirhams?|aed|",
        r"块钱|块|塊|元|人民币|美元|美金|欧元|歐元|円|원|руб(?:лей|ля|\.)?|ريال|درهم|रुपये|đồng|[€£$₽₺₫₩])"
    ))
});
static STREET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(concat!(
        r"\b[0-9]{1,5}[a-z]? (?:[\p{L}.'-]+ ){1,4}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|",
        r"way|court|ct|place|pl|square|terrace|close)\b\.?(?:,? (?:apt|flat|unit|suite|#) ?[0-9a-z]+)?",
        r"(?:, ?[\p{L} .'-]{2,30}){0,3}(?:,? ?[a-z]{1,2}[0-9][0-9a-z]? [0-9][a-z]{2}|,? ?[a-z]{2} [0-9]{5})?",
        r"|\b(?:calle|avenida|av\.|rua|rue|via|viale|avenue|jalan|jl\.|paseo|plaza) [\p{L} .'-]{2,40},? ?(?:n[º°o]\.? ?)?[0-9]{1,5}\b",
        r"|\b[\p{L}-]{2,30}(?:straße|strasse|str\.|gasse|weg|platz|straat|laan) [0-9]{1,4}[a-z]?\b(?:, ?[0-9]{4,5} [\p{L}-]{2,30})?"
    ))
});
static CHINESE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(concat!(
        r"(?:[\p{Han}]{2,7}(?:省|自治区|市))?(?:[\p{Han}]{1,7}(?:市|州))?(?:[\p{Han}]{1,6}(?:区|區|县|縣|镇|鎮|乡|鄉))",
        r"(?:[\p{Han}0-9]{1,12}(?:路|街|道|巷|弄|村|大道|胡同|段))(?:[0-9０-９一二三四五六七八九十百甲乙-]{1,8}(?:号|號))?",
        r"(?:[\p{Han}0-9a-z]{0,12}(?:栋|棟|幢|座|楼|樓|单元|單元|室|层|層|号|號)){0,4}"
    ))
});

/// What a text names, in the order of the text; nothing overlaps. `today` is what days are counted from.
#[must_use]
pub fn find(text: &str, today: Date, patterns: Option<&Patterns>) -> Vec<Entity> {
    let mut found = Vec::new();
    for (name, regex) in patterns.iter().flat_map(|patterns| &patterns.all) {
        for hit in regex.find_iter(text).take(MOST) {
            let value = Value::Own { name: name.clone(), text: hit.as_str().to_owned() };
            add(&mut found, value, hit.start(), hit.end());
        }
    }
    let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
    if text.contains('@') {
        for hit in all(&EMAIL, text) {
            add(&mut found, Value::Email(hit.as_str().to_lowercase()), hit.start(), hit.end());
        }
    }
    if has_digits {
        for regex in [&ORDER, &SIGNED] {
            for hit in captures(regex, text).filter_map(|groups| groups.get(1)) {
                add(&mut found, Value::Order(hit.as_str().to_owned()), hit.start(), hit.end());
            }
        }
        amounts(text, &mut found);
    }
    for (date, from, to) in day::days(text, today, has_digits) {
        add(&mut found, Value::Date(date), from, to);
    }
    if has_digits {
        for hit in all(&STREET, text) {
            add(&mut found, Value::Address(hit.as_str().trim().to_owned()), hit.start(), hit.end());
        }
        phones(text, &mut found);
    }
    if text.contains(['区', '區', '县', '縣', '镇', '鎮', '乡', '鄉']) {
        for hit in all(&CHINESE, text) {
            add(&mut found, Value::Address(hit.as_str().to_owned()), hit.start(), hit.end());
        }
    }
    found.sort_by_key(|entity| entity.from);
    found
}

fn all<'t>(regex: &'static LazyLock<Option<Regex>>, text: &'t str) -> impl Iterator<Item = regex::Match<'t>> {
    regex.as_ref().into_iter().flat_map(move |regex| regex.find_iter(text).take(MOST))
}

fn captures<'t>(
    regex: &'static LazyLock<Option<Regex>>,
    text: &'t str,
) -> impl Iterator<Item = regex::Captures<'t>> {
    regex.as_ref().into_iter().flat_map(move |regex| regex.captures_iter(text).take(MOST))
}

/// What was found first at a place stays.
fn add(found: &mut Vec<Entity>, value: Value, from: usize, to: usize) {
    if found.iter().all(|other| to <= other.from || other.to <= from) {
        found.push(Entity { value, from, to });
    }
}

fn phones(text: &str, found: &mut Vec<Entity>) {
    for hit in all(&PHONE, text) {
        let beside =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() && letter.is_ascii());
        if beside(text[..hit.start()].chars().next_back()) || beside(text[hit.end()..].chars().next()) {
            continue;
        }
        let number: String = hit.as_str().chars().filter(|letter| letter.is_ascii_digit()).collect();
        let foreign = hit.as_str().starts_with('+');
        let spaced = hit.as_str().contains([' ', '-', '(', '.']);
        let fits = match number.len() {
            8..=15 if foreign => true,
            // Eleven digits from 13 to 19 are a Chinese mobile number; a zero in front is a trunk prefix.
            11 if number.starts_with('1') => true,
            9..=12 if number.starts_with('0') => true,
            9..=12 => spaced || number.starts_with(['6', '7', '8', '9']),
            _ => false,
        };
        if fits {
            let number = if foreign { format!("+{number}") } else { number };
            add(found, Value::Phone(number), hit.start(), hit.end());
        }
    }
}

fn amounts(text: &str, found: &mut Vec<Entity>) {
    for groups in captures(&AMOUNT, text) {
        let Some(whole) = groups.get(0) else { continue };
        let (sign, number, times) = match (groups.get(1), groups.get(4)) {
            (Some(sign), _) => (Some(sign), groups.get(2), groups.get(3)),
            (None, number) => (groups.get(6), number, groups.get(5)),
        };
        let (Some(sign), Some(number)) = (sign, number) else { continue };
        // `Rs` and the like are words of their own, and not the end of one.
        let before = text[..whole.start()].chars().next_back();
        let glued = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
        let ends_in_letter = sign.as_str().ends_with(|letter: char| letter.is_ascii_alphabetic());
        if glued(before) || (ends_in_letter && glued(text[whole.end()..].chars().next())) {
            continue;
        }
        let factor = match times.map(|times| times.as_str().trim().to_lowercase()).as_deref() {
            Some("k" | "ribu") => 1_000,
            Some("juta" | "jt") => 1_000_000,
            Some("万" | "萬") => 10_000,
            _ => 1,
        };
        let hundredths = hundredths(number.as_str()).and_then(|number| number.checked_mul(factor));
        if let (Some(hundredths), Some(currency)) = (hundredths, currency(&sign.as_str().to_lowercase())) {
            add(found, Value::Amount { hundredths, currency }, whole.start(), whole.end());
        }
    }
}

/// Reads a number with either comma or point as its decimal sign: the last sign is one when one or two digits follow.
fn hundredths(written: &str) -> Option<i64> {
    let written = written.trim();
    let cut = written.rfind(['.', ',']).filter(|at| matches!(written.len() - at - 1, 1 | 2));
    let (whole, part) = cut.map_or((written, ""), |at| (&written[..at], &written[at + 1..]));
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let whole: i64 = digits.parse().ok()?;
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(part)
}

fn currency(sign: &str) -> Option<&'static str> {
    Some(match sign.trim_end_matches(['.', 's']) {
        "$" | "us$" | "usd" | "dollar" | "美元" | "美金" => "USD",
        "€" | "eur" | "euro" | "欧元" | "歐元" => "EUR",
        "£" | "gbp" | "pound" => "GBP",
        "¥" | "￥" | "cny" | "rmb" | "yuan" | "元" | "块" | "塊" | "块钱" | "人民币" => "CNY",
        "₹" | "r" | "rs" | "inr" | "rupee" | "रुपये" => "INR",
        "r$" | "brl" | "reai" => "BRL",
        "rp" | "idr" | "rupiah" => "IDR",
        "rm" | "myr" | "ringgit" => "MYR",
        "hk$" => "HKD",
        "nt$" => "TWD",
        "円" | "jpy" | "yen" => "JPY",
        "₩" | "원" | "krw" => "KRW",
        "฿" | "baht" | "thb" => "THB",
        "₫" | "vnd" | "đồng" => "VND",
        "₽" | "rub" | "ruble" | "руб" | "рублей" | "рубля" => "RUB",
        "₺" | "tl" | "try" | "lira" => "TRY",
        "sar" | "riyal" | "ريال" => "SAR",
        "aed" | "dirham" | "درهم" => "AED",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Value> {
        find(text, jiff::civil::date(2026, 3, 4), None).into_iter().map(|entity| entity.value).collect()
    }

    #[test]
    fn orders_are_found_by_their_word_or_sign() {
        for (text, expected) in [
            ("Where is my order #48213?", "48213"),
            ("order number: AB-20391", "AB-20391"),
            ("订单号：202611290012 还没发货", "202611290012"),
            ("mi pedido 55012 no llega", "55012"),
            ("about #A1234", "A1234"),
        ] {
            assert_eq!(values(text), [Value::Order(expected.to_owned())], "{text}");
        }
        assert_eq!(values("I want to order 2 shirts"), []);
    }

    #[test]
    fn phones_and_mail_are_found() {
        assert_eq!(values("call +49 170 1234567"), [Value::Phone("+491701234567".to_owned())]);
        assert_eq!(values("我的电话13812345678"), [Value::Phone("13812345678".to_owned())]);
        assert_eq!(values("write to Jo.Doe@Example.com"), [Value::Email("jo.doe@example.com".to_owned())]);
        assert_eq!(values("the code is 123456"), []);
    }

    #[test]
    fn amounts_have_their_currency() {
        for (text, hundredths, currency) in [
            ("I paid $59.90", 5990, "USD"),
            ("1.234,50 € zurück", 123_450, "EUR"),
            ("£1,200 please", 120_000, "GBP"),
            ("退我200元", 20_000, "CNY"),
            ("Rp 150.000 kurang", 15_000_000, "IDR"),
            ("R$ 99,90", 9990, "BRL"),
            ("Rs. 500 only", 50_000, "INR"),
        ] {
            assert_eq!(values(text), [Value::Amount { hundredths, currency }], "{text}");
        }
    }

    #[test]
    fn postal_addresses_are_found() {
        for text in ["221B Baker Street, London", "北京市朝阳区建国路88号", "Calle Mayor 12", "Hauptstraße 5"]
        {
            let found = values(text);
            assert!(matches!(found.as_slice(), [Value::Address(_)]), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_workspace_has_patterns_of_its_own_within_limits() {
        let patterns = Patterns::new([("member", r"M-\d{6}")]).unwrap();
        let found = find("I am M-123456", jiff::civil::date(2026, 3, 4), Some(&patterns));
        let own = Value::Own { name: "member".to_owned(), text: "M-123456".to_owned() };
        assert_eq!(found.first().map(|entity| &entity.value), Some(&own));
        for bad in ["(", "a*", r"(\w{100}){100}", &"a".repeat(PATTERN + 1)] {
            assert!(Patterns::new([("bad", bad)]).is_err(), "{bad}");
        }
        assert_eq!(Patterns::new([("a", "b"); PATTERNS + 1]).err(), Some(Refused::Many));
    }
}
