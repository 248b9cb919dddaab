//! What in a text is one person's own: their name, and the numbers and addresses that it has.

use std::collections::HashSet;
use std::sync::LazyLock;

use jiff::civil::Date;

use crate::entity::{self, Value};
use crate::fold::fold;
use crate::word::{Word, words};

/// With fewer letters a name is no name: it would stand everywhere.
const SHORTEST: usize = 2;

/// Names that are words of every day as well.
static EVERYDAY: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let (_, list) = include_str!("../lexica/given.txt").split_once("\n\n").unwrap_or_default();
    list.split_whitespace().map(fold).collect()
});

/// What something of a person's own is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The number of an order, parcel or ticket.
    Order,
    /// A phone number.
    Phone,
    /// An address of mail.
    Email,
    /// A postal address.
    Address,
    /// A name.
    Name,
}

/// A place in a text, in bytes from and to, with what stands there.
pub type Placed<K> = (usize, usize, K);

/// What of a text is a person's own. Each of `names` is found whole and by its first part, as words of their own
/// and however they are written; in scripts without spaces wherever their characters stand together.
pub fn find(text: &str, names: &[&str]) -> Vec<Placed<Kind>> {
    let named = entity::find(text, Date::default(), None).into_iter().filter_map(|one| {
        let kind = match one.value {
            Value::Order(_) => Kind::Order,
            Value::Phone(_) => Kind::Phone,
            Value::Email(_) => Kind::Email,
            Value::Address(_) => Kind::Address,
            Value::Date(_) | Value::Amount { .. } | Value::Own { .. } => return None,
        };
        Some((one.from, one.to, kind))
    });
    let mut found: Vec<Placed<Kind>> = named.collect();
    if !names.is_empty() {
        let said = words(text);
        let places = names.iter().flat_map(|name| named_in(text, &said, name));
        found.extend(places.map(|(from, to)| (from, to, Kind::Name)));
    }
    found
}

/// A text with something else at some of its places. Of what overlaps, what begins first and is longer goes first, and the
/// rest of the other is a place of its own.
pub fn replace<K: Copy>(
    text: &str,
    mut places: Vec<Placed<K>>,
    mut instead: impl FnMut(K, &str) -> String,
) -> String {
    places.sort_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
    let mut replaced = String::with_capacity(text.len());
    let mut at = 0;
    for (from, to, kind) in places {
        if to <= at || !text.is_char_boundary(from) || !text.is_char_boundary(to) {
            continue;
        }
        let from = from.max(at);
        replaced.push_str(&text[at..from]);
        replaced.push_str(&instead(kind, &text[from..to]));
        at = to;
    }
    replaced.push_str(&text[at..]);
    replaced
}

/// Where a name stands among the words of a text, whole or its first part.
fn named_in(text: &str, said: &[Word], name: &str) -> Vec<(usize, usize)> {
    let is_name = |part: &&str| part.chars().filter(|letter| letter.is_alphabetic()).count() >= SHORTEST;
    let whole = Some(name.trim()).filter(is_name);
    let first = name.split_whitespace().find(is_name);
    let parts = whole.into_iter().chain(first);
    parts.flat_map(|part| places_of(text, said, part)).collect()
}

fn places_of(text: &str, said: &[Word], part: &str) -> Vec<(usize, usize)> {
    let wanted = words(part);
    let [first, ..] = wanted.as_slice() else { return Vec::new() };
    let everyday = wanted.len() == 1 && EVERYDAY.contains(&first.key);
    let places = said.windows(wanted.len()).filter_map(|here| {
        let same = here.iter().zip(&wanted).all(|(one, other)| one.key == other.key);
        let whole = same && here.windows(2).all(|pair| is_joined(&text[pair[0].to..pair[1].from]));
        let (from, to) = (here.first()?.from, here.last()?.to);
        let named = !everyday || is_named(&text[from..to], &part[first.from..first.to]);
        (whole && named).then_some((from, to))
    });
    places.collect()
}

/// Whether what stands between two words leaves them parts of one name.
fn is_joined(between: &str) -> bool {
    between.chars().all(|sign| {
        matches!(sign, ' ' | '\u{a0}' | '\u{3000}' | '-' | '‐' | '.' | '\'' | '’' | '·' | '・' | '_')
    })
}

/// Whether a word of every day is meant as a name: it has the capital of one, or in scripts without capitals it is written as
/// the name is.
fn is_named(written: &str, name: &str) -> bool {
    let mut letters = written.chars();
    let Some(first) = letters.next() else { return false };
    let as_name = first.is_uppercase() && !letters.any(char::is_uppercase);
    as_name || (!first.is_lowercase() && written == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
        let names = find(text, &[name]).into_iter().filter(|(.., kind)| *kind == Kind::Name);
        let mut places: Vec<(usize, usize)> = names.map(|(from, to, _)| (from, to)).collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|(from, to)| &text[from..to]).collect()
    }

    #[test]
    fn a_name_is_a_word_of_its_own_in_every_script() {
        for (text, name) in [
            ("السلام عليكم، نرد عليك قريبا", "علي"),
            ("سنرد على رسالتك", "علي"),
            ("Левый ящик", "Лев"),
            ("Évaluation", "Éva"),
            ("Marianne and Annemari", "Mari"),
            ("王。芳草", "王芳"),
            ("5 x", "5"),
            ("a b", "a"),
        ] {
            assert_eq!(named(text, name), Vec::<&str>::new(), "{text}");
        }
        for (text, name, expected) in [
            ("مرحبا علي، طلبك في الطريق", "علي", "علي"),
            ("Здравствуйте, Лев!", "Лев Толстой", "Лев"),
            ("王芳您好", "王芳", "王芳"),
            ("김민수님 안녕하세요", "김민수", "김민수"),
            ("คุณสมชายครับ", "สมชาย", "สมชาย"),
            ("订单给Maria了", "Maria", "Maria"),
            ("Ali'ye gönderildi", "Ali", "Ali"),
            ("नमस्ते आशा जी", "आशा", "आशा"),
        ] {
            assert_eq!(named(text, name), [expected], "{text}");
        }
    }

    #[test]
    fn a_name_is_known_however_it_is_written() {
        for (text, name, expected) in [
            ("Hello Maria", "MARIA LOPEZ", "Maria"),
            ("hello maria", "Maria Lopez", "maria"),
            ("HELLO MARIA", "maria", "MARIA"),
            ("Dear Jose", "José Ruiz", "Jose"),
            ("Hi Maria", "🌸 Maria", "Maria"),
            ("Hi Ｍaria", "Maria", "Ｍaria"),
        ] {
            assert_eq!(named(text, name), [expected], "{text}");
        }
        assert_eq!(named("Anna-Lena and anna lena", "Anna Lena").len(), 4, "whole and by the first part");
    }

    #[test]
    fn words_of_every_day_are_no_names() {
        for name in ["Will", "WILL", "will", "Will Smith"] {
            assert_eq!(named("Hello Will, it will arrive", name), ["Will"], "{name}");
        }
        assert_eq!(named("it is will smith", "Will Smith"), ["will smith"]);
    }

    #[test]
    fn what_touches_and_what_overlaps_is_replaced() {
        let mark = |kind, _: &str| format!("<{kind:?}>");
        let text = "寄到北京市朝阳区建国路88号13800138000";
        let replaced = replace(text, find(text, &[]), mark);
        assert!(replaced.ends_with("<Address><Phone>"), "{replaced}");
        let places = vec![(0, 3, Kind::Name), (2, 5, Kind::Phone), (2, 4, Kind::Email)];
        assert_eq!(replace("abcdef", places, |kind, of| format!("{kind:?}{of}")), "NameabcPhonedef");
    }
}
