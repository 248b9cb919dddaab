//! Reads JSON values that may have any shape: Meta sends numbers as strings and strings as numbers, and a field
//! that is absent, null or empty means the same.

use std::borrow::Cow;
use std::fmt;

use model::Millis;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Number;

use crate::Malformed;

/// Numbers above this are milliseconds where seconds are expected (in seconds it would be the year 5138).
const SECONDS_LIMIT: i64 = 100_000_000_000;
/// The end of the year 9999 in milliseconds; what is later is no moment.
const MOMENT_LIMIT: i64 = 253_402_300_800_000;

/// The longest id, in bytes.
const ID_LIMIT: usize = 512;
/// The longest label, in characters.
const LABEL_LIMIT: usize = 100;

/// A JSON value that borrows its strings from the body.
#[derive(Debug, Default)]
pub(super) enum Node<'a> {
    /// `null`, and whatever is absent.
    #[default]
    Null,
    Flag(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    /// In the order of the body; of a key given twice the last counts.
    Map(Vec<(Cow<'a, str>, Node<'a>)>),
}

static NULL: Node<'static> = Node::Null;

/// Reads a body. Escaped lone surrogates and bytes that are no UTF-8, which no strict reader takes, are read as
/// U+FFFD: a customer can put them into a message, and the other items of the batch must not be lost by it.
pub(super) fn parsed<T>(body: &[u8], read: impl FnOnce(&Node<'_>) -> T) -> Result<T, Malformed> {
    let malformed = |error| Malformed(format!("it is no JSON: {error}"));
    match Node::parse(body) {
        Ok(document) => Ok(read(&document)),
        Err(error) => {
            let repaired = repair(body).ok_or_else(|| malformed(error))?;
            Ok(read(&Node::parse(repaired.as_bytes()).map_err(malformed)?))
        }
    }
}

impl<'a> Node<'a> {
    /// Parses a document; nesting is limited by the parser (128 levels).
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }

    /// What stands under a key; null if nothing does or this is no object.
    pub(super) fn at(&self, key: &str) -> &Node<'a> {
        match self {
            Node::Map(fields) => {
                fields.iter().rev().find(|(name, _)| name == key).map_or(&NULL, |(_, value)| value)
            }
            _ => &NULL,
        }
    }

    /// The fields of an object, as they stand in the body.
    pub(super) fn fields(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        match self {
            Node::Map(fields) => fields,
            _ => &[],
        }
    }

    /// A plain string, which may be empty.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Node::Null)
    }

    pub(super) fn is_object(&self) -> bool {
        matches!(self, Node::Map(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self, Node::List(_))
    }

    /// The string or number at a key as a string; `None` when empty or of another kind.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match self.at(key) {
            Node::Text(text) if !text.is_empty() => Some(clean(text)),
            Node::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The first of some keys that holds a string.
    pub(super) fn first_text(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.text(key))
    }

    /// The id at the first of some keys that holds one. Ids are opaque ("up to about 128 characters"); one that
    /// no index can hold is none.
    pub(super) fn id(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.text(key).filter(|id| id.len() <= ID_LIMIT))
    }

    /// The items of the list at a key; a lone object counts as a list of one.
    pub(super) fn list(&self, key: &str) -> &[Node<'a>] {
        match self.at(key) {
            Node::List(items) => items,
            one @ Node::Map(_) => std::slice::from_ref(one),
            _ => &[],
        }
    }

    /// The whole number at a key, also one written as a string.
    pub(super) fn integer(&self, key: &str) -> Option<i64> {
        match self.at(key) {
            // A number with a fraction loses it; one that is too large for its type is cut to it.
            Node::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|value| value as i64)),
            Node::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The finite number at a key, also one written as a string.
    pub(super) fn decimal(&self, key: &str) -> Option<f64> {
        let value = match self.at(key) {
            Node::Number(number) => number.as_f64()?,
            Node::Text(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        value.is_finite().then_some(value)
    }

    /// Whether the flag at a key is set, also when written as a string or number.
    pub(super) fn flag(&self, key: &str) -> bool {
        match self.at(key) {
            Node::Flag(flag) => *flag,
            Node::Text(text) => text.eq_ignore_ascii_case("true") || text == "1",
            Node::Number(number) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// The moment at a key, given in seconds since 1970.
    pub(super) fn moment(&self, key: &str) -> Option<Millis> {
        match self.integer(key)? {
            seconds @ 1..SECONDS_LIMIT => Some(Millis::seconds(seconds)),
            millis @ SECONDS_LIMIT..MOMENT_LIMIT => Some(Millis(millis)),
            _ => None,
        }
    }

    /// What kind of value it is, for reasons.
    pub(super) fn shape(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Flag(_) => "a flag",
            Node::Number(_) => "a number",
            Node::Text(_) => "a string",
            Node::List(_) => "a list",
            Node::Map(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Makes a [`Node`] of whatever the parser finds.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node<'de>, E> {
        Ok(Node::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node<'de>, E> {
        Ok(Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Node<'de>, A::Error> {
        let mut map = Vec::new();
        while let Some(Key(key)) = fields.next_key()? {
            map.push((key, fields.next_value()?));
        }
        Ok(Node::Map(map))
    }
}

/// A key that borrows from the body where it can.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// The body with lone surrogates and broken UTF-8 replaced; `None` if there is nothing to replace.
fn repair(body: &[u8]) -> Option<String> {
    let mut bytes = body.to_vec();
    let mut place = 0;
    while let Some(found) = bytes[place..].iter().position(|&byte| byte == b'\\') {
        place += found;
        place += match (escaped(&bytes, place), escaped(&bytes, place + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                bytes[place + 2..place + 6].copy_from_slice(b"fffd");
                6
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        if place >= bytes.len() {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    (text.as_bytes() != body).then(|| text.into_owned())
}

/// The code unit that an escape such as `\u00e4` at `place` stands for.
fn escaped(bytes: &[u8], place: usize) -> Option<u16> {
    let digits = bytes.get(place..place + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, &digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(unit << 4 | value as u16)
    })
}

/// A text without the zero character, which a PostgreSQL column refuses.
pub(super) fn clean(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

/// A name from outside, short enough for logs and lists.
pub(super) fn label(name: &str) -> String {
    let mut name = clean(name);
    if let Some((end, _)) = name.char_indices().nth(LABEL_LIMIT) {
        name.truncate(end);
        name.push('…');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node<'_> {
        Node::parse(text.as_bytes()).expect("JSON")
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_kept() {
        let read = |text: &str| parsed(text.as_bytes(), |document| document.text("a")).expect("readable");
        assert_eq!(read(r#"{"a":"x\ud83d!"}"#).as_deref(), Some("x\u{fffd}!"));
        assert_eq!(read(r#"{"a":"\uDC00\ud83d\ude00\uD83D"}"#).as_deref(), Some("\u{fffd}😀\u{fffd}"));
        assert_eq!(read(r#"{"a":"\\ud83d \ud83d\ud83d\ude00"}"#).as_deref(), Some("\\ud83d \u{fffd}😀"));
        assert_eq!(read(r#"{"a":"\ud83d\n\\"}"#).as_deref(), Some("\u{fffd}\n\\"));
        assert_eq!(read(r#"{"\ud83d":1,"a":"key"}"#).as_deref(), Some("key"));
    }

    #[test]
    fn broken_utf8_is_replaced() {
        let read = parsed(b"{\"a\":\"x\xff\"}", |document| document.text("a"));
        assert_eq!(read.expect("readable").as_deref(), Some("x\u{fffd}"));
    }

    #[test]
    fn what_is_no_json_stays_refused() {
        for body in
            [&b""[..], b"{", b"\\", b"{\"a\":\"\\ud83", b"\\u", b"\xff", b"[1,]", b"{\"a\":\"\\", b"1 2"]
        {
            assert!(parsed(body, |_| ()).is_err(), "{body:?} was read");
        }
    }

    #[test]
    fn strings_are_borrowed_where_they_can_be() {
        let Node::Map(fields) = node(r#"{"plain":"text","escaped":"\u00e4"}"#) else { panic!("no object") };
        let borrowed: Vec<bool> =
            fields.iter().map(|(_, value)| matches!(value, Node::Text(Cow::Borrowed(_)))).collect();
        assert_eq!(borrowed, [true, false]);
        assert!(fields.iter().all(|(key, _)| matches!(key, Cow::Borrowed(_))));
    }

    #[test]
    fn values_of_any_shape_are_read() {
        let node = node(
            r#"{"n":7,"s":"7","e":"","z":"a\u0000b","null":null,"f":"1.5","big":"1e999","t":1,"t":2,
            "huge":18446744073709551615}"#,
        );
        assert_eq!((node.integer("n"), node.integer("s"), node.integer("e")), (Some(7), Some(7), None));
        assert_eq!((node.text("n").as_deref(), node.text("e"), node.text("null")), (Some("7"), None, None));
        assert_eq!(node.text("z").as_deref(), Some("a\u{fffd}b"));
        assert_eq!((node.decimal("f"), node.decimal("big"), node.decimal("n")), (Some(1.5), None, Some(7.0)));
        assert_eq!(node.integer("t"), Some(2));
        assert_eq!(node.text("huge").as_deref(), Some("18446744073709551615"));
    }

    #[test]
    fn moments_may_be_strings_or_numbers() {
        let node = node(
            r#"{"s":"1749416383","n":1749416383,"ms":1749416383000,"bad":"soon","f":1749416383.7,
            "far":"9999999999999999","neg":-5,"zero":"0"}"#,
        );
        let moment = |key| node.moment(key);
        assert_eq!(moment("s"), Some(Millis(1_749_416_383_000)));
        assert_eq!((moment("n"), moment("ms"), moment("f")), (moment("s"), moment("s"), moment("s")));
        assert_eq!((moment("bad"), moment("none"), moment("far")), (None, None, None));
        assert_eq!((moment("neg"), moment("zero")), (None, None));
    }

    #[test]
    fn ids_and_labels_are_bounded() {
        let body = format!(r#"{{"a":"{}","b":"wamid.1"}}"#, "x".repeat(513));
        let node = node(&body);
        assert_eq!(node.id(&["a"]), None);
        assert_eq!(node.id(&["a", "b"]).as_deref(), Some("wamid.1"));
        assert_eq!(label(&"é".repeat(500)).chars().count(), LABEL_LIMIT + 1);
    }
}
