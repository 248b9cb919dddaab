//! Reads JSON values that may have any shape: Meta sends numbers as strings and strings as numbers, and a field
//! that is absent, null or empty means the same.

use model::Millis;
use serde_json::Value;

use crate::Malformed;

/// Numbers above this are milliseconds where seconds are expected (in seconds it would be the year 5138).
const SECONDS_LIMIT: i64 = 100_000_000_000;
/// The end of the year 9999 in milliseconds; what is later is no moment.
const MOMENT_LIMIT: i64 = 253_402_300_800_000;

/// The longest id, in bytes.
const ID_LIMIT: usize = 512;
/// The longest label, in characters.
const LABEL_LIMIT: usize = 100;

/// Parses a body. Escaped lone surrogates and bytes that are no UTF-8, which no strict reader takes, are read as
/// U+FFFD: a customer can put them into a message, and the other items of the batch must not be lost by it.
pub(super) fn parse(body: &[u8]) -> Result<Value, Malformed> {
    serde_json::from_slice(body)
        .or_else(|error| {
            let repaired = repair(body).ok_or(error)?;
            serde_json::from_str(&repaired)
        })
        .map_err(|error| Malformed(format!("it is no JSON: {error}")))
}

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

/// A string or a number as a string; `None` when empty or of another kind.
pub(super) fn string(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(clean(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The string at a key.
pub(super) fn text(node: &Value, key: &str) -> Option<String> {
    node.get(key).and_then(string)
}

/// The first of some keys that holds a string.
pub(super) fn first_text(node: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(node, key))
}

/// The id at the first of some keys that holds one. Ids are opaque ("up to about 128 characters"); one that no
/// index can hold is none.
pub(super) fn id(node: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(node, key).filter(|id| id.len() <= ID_LIMIT))
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

/// The items of a list; a lone object counts as a list of one.
pub(super) fn list<'a>(node: &'a Value, key: &str) -> &'a [Value] {
    match node.get(key) {
        Some(Value::Array(items)) => items,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
}

/// A whole number, also one written as a string.
pub(super) fn integer(node: &Value, key: &str) -> Option<i64> {
    let value = node.get(key)?;
    match value {
        // A number with a fraction loses it; one that is too large for its type is cut to it.
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|value| value as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A finite number, also one written as a string.
pub(super) fn decimal(node: &Value, key: &str) -> Option<f64> {
    let value = match node.get(key)? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    value.is_finite().then_some(value)
}

/// Whether a flag is set, also when written as a string or number.
pub(super) fn flag(node: &Value, key: &str) -> bool {
    match node.get(key) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true") || text == "1",
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    }
}

/// A moment, given in seconds since 1970.
pub(super) fn moment(node: &Value, key: &str) -> Option<Millis> {
    match integer(node, key)? {
        seconds @ 1..SECONDS_LIMIT => Some(Millis::seconds(seconds)),
        millis @ SECONDS_LIMIT..MOMENT_LIMIT => Some(Millis(millis)),
        _ => None,
    }
}

/// What kind of JSON value it is, for reasons.
pub(super) fn shape(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a flag",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_kept() {
        let read = |text: &str| parse(text.as_bytes()).expect("readable")["a"].as_str().map(str::to_owned);
        assert_eq!(read(r#"{"a":"x\ud83d!"}"#).as_deref(), Some("x\u{fffd}!"));
        assert_eq!(read(r#"{"a":"\uDC00\ud83d\ude00\uD83D"}"#).as_deref(), Some("\u{fffd}😀\u{fffd}"));
        assert_eq!(read(r#"{"a":"\\ud83d \ud83d\ud83d\ude00"}"#).as_deref(), Some("\\ud83d \u{fffd}😀"));
        assert_eq!(read(r#"{"a":"\ud83d\n\\"}"#).as_deref(), Some("\u{fffd}\n\\"));
    }

    #[test]
    fn broken_utf8_is_replaced() {
        assert_eq!(parse(b"{\"a\":\"x\xff\"}").expect("readable"), json!({"a": "x\u{fffd}"}));
    }

    #[test]
    fn what_is_no_json_stays_refused() {
        for body in [&b""[..], b"{", b"\\", b"{\"a\":\"\\ud83", b"\\u", b"\xff", b"[1,]", b"{\"a\":\"\\"] {
            assert!(parse(body).is_err(), "{body:?} was read");
        }
    }

    #[test]
    fn values_of_any_shape_are_read() {
        let node =
            json!({"n": 7, "s": "7", "e": "", "z": "a\u{0}b", "null": null, "f": "1.5", "big": "1e999"});
        assert_eq!((integer(&node, "n"), integer(&node, "s"), integer(&node, "e")), (Some(7), Some(7), None));
        assert_eq!(
            (text(&node, "n").as_deref(), text(&node, "e"), text(&node, "null")),
            (Some("7"), None, None)
        );
        assert_eq!(text(&node, "z").as_deref(), Some("a\u{fffd}b"));
        assert_eq!(
            (decimal(&node, "f"), decimal(&node, "big"), decimal(&node, "n")),
            (Some(1.5), None, Some(7.0))
        );
    }

    #[test]
    fn moments_may_be_strings_or_numbers() {
        let node = json!({"s": "1749416383", "n": 1_749_416_383, "ms": 1_749_416_383_000_i64, "bad": "soon"});
        let moment = |key| moment(&node, key);
        assert_eq!(moment("s"), Some(Millis(1_749_416_383_000)));
        assert_eq!((moment("n"), moment("ms")), (moment("s"), moment("s")));
        assert_eq!((moment("bad"), moment("none")), (None, None));
        let node = json!({"f": 1_749_416_383.7, "far": "9999999999999999", "neg": -5, "zero": "0"});
        let moment = |key| super::moment(&node, key);
        assert_eq!(moment("f"), Some(Millis(1_749_416_383_000)));
        assert_eq!((moment("far"), moment("neg"), moment("zero")), (None, None, None));
    }

    #[test]
    fn ids_and_labels_are_bounded() {
        let node = json!({"a": "x".repeat(513), "b": "wamid.1"});
        assert_eq!(id(&node, &["a"]), None);
        assert_eq!(id(&node, &["a", "b"]).as_deref(), Some("wamid.1"));
        assert_eq!(label(&"é".repeat(500)).chars().count(), LABEL_LIMIT + 1);
    }
}
