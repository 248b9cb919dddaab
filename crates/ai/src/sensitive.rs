//! Finds what in a text should not be seen by everybody: cards, state's numbers of persons, bank accounts,
//! passports, secrets of machines, passwords told or asked for, and ways to reach somebody.
//!
//! A number counts when its check digits, length and form say so; where these alone would take order numbers for
//! persons, a word beside it has to say what it is ([`words`]), and a word for an order right before it says that
//! it is none. Everything runs in one or few passes over the text, in time linear in its length.

use std::borrow::Cow;

use model::SensitiveClass as Class;

mod check;
mod contact;
mod country;
mod file;
mod fold;
mod national;
mod number;
mod secret;
mod token;
mod words;

pub use file::{MAX_FILE, in_file};

/// Something found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub class: Class,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
}

/// What was found, in more detail than its class, the surest first where two claim the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Secret,
    Password,
    CardCode,
    Iban,
    Card,
    /// A telephone with a plus before it, which no other number has.
    Dialled,
    NationalId,
    Passport,
    BankAccount,
    Email,
    Ip,
    Phone,
    Plate,
    PasswordRequest,
}

impl Kind {
    fn class(self) -> Class {
        match self {
            Self::Secret => Class::Secret,
            Self::Password => Class::Password,
            Self::CardCode | Self::Card => Class::Card,
            Self::Iban | Self::BankAccount => Class::BankAccount,
            Self::NationalId => Class::NationalId,
            Self::Passport => Class::Passport,
            Self::Email => Class::Email,
            Self::Ip => Class::Ip,
            Self::Phone | Self::Dialled => Class::Phone,
            Self::Plate => Class::Plate,
            Self::PasswordRequest => Class::PasswordRequest,
        }
    }
}

/// Something found in the folded text.
#[derive(Clone, Copy, Debug)]
struct Found {
    kind: Kind,
    start: usize,
    end: usize,
}

/// Everything sensitive in a text, in its order and without overlaps.
pub fn find(text: &str) -> Vec<Finding> {
    // Without a digit, an at sign or a word of ours there is nothing; words alone are looked for once.
    let folded = fold::Folded::of(text);
    let read: &str = &folded.text;
    let mut words = Vec::new();
    words::find(read, &mut words);
    let numbers = read.bytes().any(|byte| byte.is_ascii_digit());
    let mut found = Vec::new();
    if !words.is_empty() || numbers {
        secret::machine(read, &words, &mut found);
        secret::people(read, &words, &mut found);
    }
    let tokens = if numbers || !read.is_ascii() { token::split(read) } else { Vec::new() };
    if numbers {
        number::find(read, &tokens, &words, &mut found);
        contact::numbers(read, &tokens, &words, &mut found);
    }
    contact::plates(read, &tokens, &mut found);
    contact::addresses(read, &mut found);
    settle(&mut found);
    found
        .into_iter()
        .map(|one| {
            let (start, end) = folded.span(one.start, one.end);
            Finding { class: one.kind.class(), start, end }
        })
        .collect()
}

/// Leaves the surest of what overlaps, in the order of the text.
fn settle(found: &mut Vec<Found>) {
    if found.len() > 1 {
        found.sort_by_key(|one| (one.kind, std::cmp::Reverse(one.end - one.start), one.start));
        let mut kept: Vec<Found> = Vec::with_capacity(found.len());
        for one in found.drain(..) {
            if kept.iter().all(|other| one.end <= other.start || other.end <= one.start) {
                kept.push(one);
            }
        }
        *found = kept;
        found.sort_by_key(|one| one.start);
    }
}

/// A text with what may not be seen replaced, and where things stand in it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked<'a> {
    /// The text to show.
    pub text: Cow<'a, str>,
    /// What was found, with places in the text to show.
    pub findings: Vec<Finding>,
}

/// The text with every class replaced that is masked where nobody has said otherwise: for logs, notifications,
/// snippets and whatever a model is asked.
pub fn mask(text: &str) -> Cow<'_, str> {
    mask_where(text, |class| class.usual().masked).text
}

/// The text with the classes replaced that `hidden` names. The last four digits of a card stay, as on a receipt.
pub fn mask_where(text: &str, hidden: impl Fn(Class) -> bool) -> Masked<'_> {
    let mut findings = find(text);
    if !findings.iter().any(|one| hidden(one.class)) {
        return Masked { text: Cow::Borrowed(text), findings };
    }
    let mut shown = String::with_capacity(text.len());
    let mut read = 0;
    for one in &mut findings {
        shown.push_str(&text[read..one.start]);
        let begin = shown.len();
        let whole = &text[one.start..one.end];
        if hidden(one.class) {
            shown.push_str(&veil(one.class, whole));
        } else {
            shown.push_str(whole);
        }
        read = one.end;
        (one.start, one.end) = (begin, shown.len());
    }
    shown.push_str(&text[read..]);
    Masked { text: Cow::Owned(shown), findings }
}

/// What stands in the place of something hidden; nothing of it tells how long it was.
fn veil(class: Class, whole: &str) -> String {
    if class == Class::Card {
        let folded = fold::Folded::of(whole);
        let digits: Vec<char> = folded.text.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= 12 {
            return format!("•••• {}", digits[digits.len() - 4..].iter().collect::<String>());
        }
    }
    "••••••".to_owned()
}

/// The beginning of a text that was cut off at some length, masked, and without the part of a number or key that
/// the cut has left at its end: such a rest is no longer recognised by its check digits.
pub fn mask_cut(text: &str, hidden: impl Fn(Class) -> bool) -> String {
    let masked = mask_where(text, hidden);
    let shown = masked.text;
    let rest = shown.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "-_./+= ".contains(c));
    let tail = &shown[rest.len()..];
    let folded = fold::Folded::of(tail);
    let run =
        folded.text.bytes().rev().take_while(|byte| byte.is_ascii_digit() || b" -.".contains(byte)).count();
    let digits = folded.text.bytes().rev().take(run).filter(u8::is_ascii_digit).count();
    let word = tail.rsplit(' ').next().unwrap_or_default();
    let keyish = word.len() >= 12 && word.bytes().any(|byte| byte.is_ascii_digit());
    let from = if digits >= 5 {
        let begin = shown.len().saturating_sub(run);
        begin + folded.text[folded.text.len() - run..].bytes().take_while(|byte| *byte == b' ').count()
    } else if keyish {
        shown.len() - word.len()
    } else {
        return shown.into_owned();
    };
    format!("{}••••••", shown.get(..from).unwrap_or(rest))
}

#[cfg(test)]
mod tests;
