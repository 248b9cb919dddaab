//! Our own table of what the API takes: shapes, lengths, counts, file types and sizes.
//!
//! It stands beside Meta's OpenAPI document, which knows few limits and is not always at hand. Lengths count
//! Unicode code points.

use serde_json::Value;

/// A file type that a message may carry: which message, MIME type, largest size in bytes.
struct FileRule {
    kind: &'static str,
    mimes: &'static [&'static str],
    largest: usize,
}

const MB: usize = 1024 * 1024;

const FILES: &[FileRule] = &[
    FileRule { kind: "image", mimes: &["image/jpeg", "image/png"], largest: 5 * MB },
    FileRule {
        kind: "audio",
        mimes: &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
        largest: 16 * MB,
    },
    FileRule { kind: "video", mimes: &["video/mp4", "video/3gpp"], largest: 16 * MB },
    FileRule {
        kind: "document",
        mimes: &[
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ],
        largest: 100 * MB,
    },
    FileRule { kind: "sticker", mimes: &["image/webp"], largest: 500 * 1024 },
];

/// The largest file that the API takes at all, in bytes.
pub(crate) const LARGEST_FILE: usize = 100 * MB;

/// `audio/ogg; codecs=opus` → `audio/ogg`.
fn essence(mime: &str) -> String {
    mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// What is wrong with an upload of this declared type and content.
pub(crate) fn upload(mime: &str, bytes: &[u8]) -> Vec<String> {
    let mut wrong = Vec::new();
    let declared = essence(mime);
    let rules: Vec<&FileRule> = FILES.iter().filter(|rule| rule.mimes.contains(&declared.as_str())).collect();
    if rules.is_empty() {
        let known: Vec<&str> = FILES.iter().flat_map(|rule| rule.mimes).copied().collect();
        wrong.push(format!("/file: type {declared} is not one of {}", known.join(", ")));
    }
    if let Some(largest) = rules.iter().map(|rule| rule.largest).max()
        && bytes.len() > largest
    {
        wrong.push(format!("/file: {} bytes are more than {largest} for {declared}", bytes.len()));
    }
    if bytes.is_empty() {
        wrong.push("/file: the file is empty".into());
    }
    if let Some(content) = sniff(bytes)
        && declared.starts_with("image/")
        && content != declared
    {
        wrong.push(format!("/file: declared as {declared}, but the content is {content}"));
    }
    if declared == "audio/ogg" && !bytes.starts_with(b"OggS") {
        wrong.push("/file: declared as audio/ogg, but it is not an Ogg file".into());
    }
    wrong
}

/// The type of a picture, by its first bytes.
fn sniff(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// What is wrong with sending this kept file as a message of `kind`. `voice` messages must be Ogg.
pub(crate) fn attachment(kind: &str, mime: &str, bytes: &[u8], voice: bool) -> Vec<String> {
    let Some(rule) = FILES.iter().find(|rule| rule.kind == kind) else { return Vec::new() };
    let declared = essence(mime);
    let mut wrong = Vec::new();
    // A document may be of any type that could be uploaded.
    if kind != "document" && !rule.mimes.contains(&declared.as_str()) {
        wrong.push(format!("/{kind}/id: {declared} cannot be sent as {kind}"));
    }
    if bytes.len() > rule.largest {
        wrong.push(format!("/{kind}/id: {} bytes are more than {} for {kind}", bytes.len(), rule.largest));
    }
    if voice && declared != "audio/ogg" {
        wrong.push(format!("/audio/voice: a voice message must be audio/ogg with Opus, not {declared}"));
    }
    if kind == "sticker" && bytes.len() > 100 * 1024 && !is_animated(bytes) {
        wrong.push(format!("/sticker/id: {} bytes are more than 102400 for a still sticker", bytes.len()));
    }
    wrong
}

/// An extended WebP says in its `VP8X` flags whether it moves.
fn is_animated(webp: &[u8]) -> bool {
    webp.get(12..16) == Some(b"VP8X") && webp.get(20).is_some_and(|flags| flags & 0x02 != 0)
}

/// Collects what is wrong with one body.
struct Check<'a> {
    body: &'a Value,
    wrong: Vec<String>,
}

impl Check<'_> {
    fn fail(&mut self, at: &str, what: impl Into<String>) {
        self.wrong.push(format!("{at}: {}", what.into()));
    }

    /// A text that must stand there, with 1 to `longest` characters.
    fn text(&mut self, at: &str, longest: usize) {
        match self.body.pointer(at) {
            Some(Value::String(text)) if text.is_empty() => self.fail(at, "is empty"),
            Some(Value::String(_)) => self.length(at, longest),
            Some(_) => self.fail(at, "is not a string"),
            None => self.fail(at, "is missing"),
        }
    }

    /// A text that may stand there, with at most `longest` characters.
    fn optional_text(&mut self, at: &str, longest: usize) {
        match self.body.pointer(at) {
            Some(Value::String(_)) => self.length(at, longest),
            Some(_) => self.fail(at, "is not a string"),
            None => {}
        }
    }

    fn length(&mut self, at: &str, longest: usize) {
        let count = self.body.pointer(at).and_then(Value::as_str).map_or(0, |text| text.chars().count());
        if count > longest {
            self.fail(at, format!("has {count} characters, at most {longest} are allowed"));
        }
    }

    fn one_of(&mut self, at: &str, allowed: &[&str]) {
        let found = self.body.pointer(at).and_then(Value::as_str);
        if !found.is_some_and(|found| allowed.contains(&found)) {
            self.fail(at, format!("must be one of {}", allowed.join(", ")));
        }
    }

    fn count(&mut self, at: &str, least: usize, most: usize) -> usize {
        let count = self.body.pointer(at).and_then(Value::as_array).map(Vec::len);
        match count {
            Some(count) if (least..=most).contains(&count) => {}
            Some(count) => self.fail(at, format!("has {count} entries, {least} to {most} are allowed")),
            None => self.fail(at, "is not a list"),
        }
        count.unwrap_or(0)
    }

    /// A file by exactly one of `id` and `link`.
    fn file(&mut self, at: &str) {
        let Some(file) = self.body.pointer(at).filter(|file| file.is_object()) else {
            return self.fail(at, "is missing");
        };
        match (file.get("id"), file.get("link")) {
            (Some(Value::String(_)), None) | (None, Some(Value::String(_))) => {}
            _ => self.fail(at, "needs exactly one of id and link, as a string"),
        }
    }

    /// Ids that must differ from each other: buttons or rows.
    fn unique(&mut self, at: &str, mut ids: Vec<&str>) {
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() < count {
            self.fail(at, "ids must differ from each other");
        }
    }
}

/// What is wrong with the body of `POST /{pnid}/messages`. Empty if nothing is.
pub(crate) fn message(body: &Value) -> Vec<String> {
    let mut check = Check { body, wrong: Vec::new() };
    check.one_of("/messaging_product", &["whatsapp"]);
    if body.get("status").is_some() {
        receipt(&mut check);
        return check.wrong;
    }
    check.one_of("/recipient_type", &["individual", "group"]);
    match (body.get("to"), body.get("recipient")) {
        (Some(Value::String(to)), _) if (5..=20).contains(&crate::config::digits(to).len()) => {}
        (Some(_), _) => check.fail("/to", "is not a phone number"),
        (None, Some(Value::String(id))) if is_user_id(id) => {}
        (None, Some(_)) => check.fail("/recipient", "is not a business-scoped user id"),
        (None, None) => check.fail("/to", "is missing, and so is /recipient"),
    }
    check.optional_text("/biz_opaque_callback_data", 512);
    if body.get("context").is_some() {
        check.text("/context/message_id", 512);
    }
    let kind = body["type"].as_str().unwrap_or("text");
    match kind {
        "text" => check.text("/text/body", 4096),
        "image" | "video" => {
            check.file(&format!("/{kind}"));
            check.optional_text(&format!("/{kind}/caption"), 1024);
        }
        "document" => {
            check.file("/document");
            check.optional_text("/document/caption", 1024);
            check.optional_text("/document/filename", 240);
        }
        "audio" | "sticker" => {
            check.file(&format!("/{kind}"));
            if body[kind].get("caption").is_some() {
                check.fail(&format!("/{kind}/caption"), "is not possible here");
            }
        }
        "location" => location(&mut check),
        "contacts" => contacts(&mut check),
        "reaction" => reaction(&mut check),
        "interactive" => interactive(&mut check),
        "template" => {
            check.text("/template/name", 512);
            check.text("/template/language/code", 20);
        }
        _ => check.fail("/type", format!("{kind:?} is not a type that can be sent")),
    }
    check.wrong
}

/// `^[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}$`
fn is_user_id(id: &str) -> bool {
    let Some((country, rest)) = id.split_once('.') else { return false };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=128).contains(&rest.len())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn receipt(check: &mut Check<'_>) {
    check.one_of("/status", &["read"]);
    check.text("/message_id", 512);
    if check.body.get("typing_indicator").is_some() {
        check.one_of("/typing_indicator/type", &["text"]);
    }
}

fn location(check: &mut Check<'_>) {
    for (at, most) in [("/location/latitude", 90.0), ("/location/longitude", 180.0)] {
        let degrees = match check.body.pointer(at) {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_f64(),
            None => None,
        };
        if !degrees.is_some_and(|degrees: f64| degrees.abs() <= most) {
            check.fail(at, format!("is not a number of degrees from -{most} to {most}"));
        }
    }
    check.optional_text("/location/name", 1000);
    check.optional_text("/location/address", 1000);
}

fn contacts(check: &mut Check<'_>) {
    let count = check.count("/contacts", 1, 257);
    for at in 0..count.min(257) {
        let name = format!("/contacts/{at}/name");
        check.text(&format!("{name}/formatted_name"), 1024);
        let parts = check.body.pointer(&name).and_then(Value::as_object).map_or(0, serde_json::Map::len);
        if parts < 2 {
            check.fail(&name, "needs one more part beside formatted_name, for example first_name");
        }
    }
}

fn reaction(check: &mut Check<'_>) {
    check.text("/reaction/message_id", 512);
    match check.body.pointer("/reaction/emoji") {
        // One emoji may be several code points, but never more than a family with skin tones.
        Some(Value::String(emoji)) if emoji.chars().count() <= 12 => {}
        Some(_) => check.fail("/reaction/emoji", "is not one emoji or empty"),
        None => check.fail("/reaction/emoji", "is missing (empty removes the reaction)"),
    }
    if check.body.get("context").is_some() {
        check.fail("/context", "a reaction cannot quote");
    }
}

fn interactive(check: &mut Check<'_>) {
    let kind = check.body["interactive"]["type"].as_str().unwrap_or_default();
    match kind {
        "button" => {
            check.text("/interactive/body/text", 1024);
            buttons(check);
        }
        "list" => {
            check.text("/interactive/body/text", 4096);
            if check.body["interactive"].get("header").is_some() {
                check.one_of("/interactive/header/type", &["text"]);
            }
            list(check);
        }
        "cta_url" => {
            check.text("/interactive/body/text", 1024);
            check.one_of("/interactive/action/name", &["cta_url"]);
            check.text("/interactive/action/parameters/display_text", 20);
            check.text("/interactive/action/parameters/url", 2000);
        }
        "location_request_message" => {
            check.text("/interactive/body/text", 1024);
            check.one_of("/interactive/action/name", &["send_location"]);
        }
        "flow"
        | "product"
        | "product_list"
        | "catalog_message"
        | "carousel"
        | "call_permission_request"
        | "request_contact_info"
        | "voice_call"
        | "address_message"
        | "order_details"
        | "order_status" => {
            if !check.body["interactive"]["action"].is_object() {
                check.fail("/interactive/action", "is missing");
            }
        }
        _ => check.fail("/interactive/type", format!("{kind:?} is not a type that can be sent")),
    }
    let header =
        check.body["interactive"].get("header").map(|header| header["type"].as_str().unwrap_or_default());
    match header {
        None => {}
        Some("text") => check.text("/interactive/header/text", 60),
        Some(media @ ("image" | "video" | "document")) => check.file(&format!("/interactive/header/{media}")),
        Some(other) => check.fail("/interactive/header/type", format!("{other:?} is not possible")),
    }
    check.optional_text("/interactive/footer/text", 60);
}

fn buttons(check: &mut Check<'_>) {
    let count = check.count("/interactive/action/buttons", 1, 3);
    for at in 0..count.min(3) {
        let button = format!("/interactive/action/buttons/{at}");
        check.one_of(&format!("{button}/type"), &["reply"]);
        check.text(&format!("{button}/reply/id"), 256);
        check.text(&format!("{button}/reply/title"), 20);
    }
    let buttons = check.body.pointer("/interactive/action/buttons").and_then(Value::as_array);
    let ids = buttons.into_iter().flatten().filter_map(|button| button["reply"]["id"].as_str()).collect();
    check.unique("/interactive/action/buttons", ids);
}

fn list(check: &mut Check<'_>) {
    check.text("/interactive/action/button", 20);
    let sections = check.count("/interactive/action/sections", 1, 10);
    let mut rows = 0;
    for section in 0..sections.min(10) {
        let section = format!("/interactive/action/sections/{section}");
        match sections {
            1 => check.optional_text(&format!("{section}/title"), 24),
            _ => check.text(&format!("{section}/title"), 24),
        }
        let count = check.count(&format!("{section}/rows"), 1, 10);
        rows += count;
        for row in 0..count.min(10) {
            let row = format!("{section}/rows/{row}");
            check.text(&format!("{row}/id"), 200);
            check.text(&format!("{row}/title"), 24);
            check.optional_text(&format!("{row}/description"), 72);
        }
    }
    if rows > 10 {
        check.fail("/interactive/action/sections", format!("has {rows} rows in all, at most 10 are allowed"));
    }
    let sections = check.body.pointer("/interactive/action/sections").and_then(Value::as_array);
    let rows = sections.into_iter().flatten().filter_map(|section| section["rows"].as_array()).flatten();
    let ids = rows.filter_map(|row| row["id"].as_str()).collect();
    check.unique("/interactive/action/sections", ids);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{attachment, message, upload};

    fn send(kind: &str, body: Value) -> Vec<String> {
        let mut message_body = json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+34600111222", "type": kind,
        });
        message_body[kind] = body;
        message(&message_body)
    }

    fn row(id: &str) -> Value {
        json!({ "id": id, "title": "Row", "description": "d".repeat(72) })
    }

    #[test]
    fn each_limit_holds_to_the_last_character() {
        let at_limit: Vec<(&str, Value)> = vec![
            ("text", json!({ "body": "ü".repeat(4096) })),
            ("image", json!({ "id": "1", "caption": "c".repeat(1024) })),
            ("reaction", json!({ "message_id": "wamid.x", "emoji": "" })),
            ("location", json!({ "latitude": -90, "longitude": "180" })),
            ("contacts", json!([{ "name": { "formatted_name": "A B", "first_name": "A" } }])),
            (
                "interactive",
                json!({ "type": "button", "body": { "text": "b".repeat(1024) },
                "action": { "buttons": [{ "type": "reply", "reply": { "id": "i".repeat(256), "title": "t".repeat(20) } }] } }),
            ),
            (
                "interactive",
                json!({ "type": "list", "body": { "text": "b".repeat(4096) }, "action": { "button": "Open",
                "sections": [{ "rows": (0..10).map(|at| row(&at.to_string())).collect::<Vec<_>>() }] } }),
            ),
        ];
        for (kind, body) in at_limit {
            assert_eq!(send(kind, body), Vec::<String>::new(), "{kind}");
        }
    }

    #[test]
    fn each_limit_is_named_when_it_is_passed() {
        let button =
            |id: &str, title: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
        let buttons =
            |list: Value| json!({ "type": "button", "body": { "text": "?" }, "action": { "buttons": list } });
        let beyond: Vec<(&str, Value, &str)> = vec![
            ("text", json!({ "body": "x".repeat(4097) }), "/text/body"),
            ("text", json!({ "body": "" }), "/text/body"),
            ("image", json!({ "id": "1", "link": "https://x.test/a.png" }), "/image"),
            ("image", json!({ "id": "1", "caption": "c".repeat(1025) }), "/image/caption"),
            ("audio", json!({ "id": "1", "caption": "no" }), "/audio/caption"),
            ("reaction", json!({ "message_id": "wamid.x" }), "/reaction/emoji"),
            ("location", json!({ "latitude": 91, "longitude": 0 }), "/location/latitude"),
            ("contacts", json!([{ "name": { "formatted_name": "A" } }]), "/contacts/0/name"),
            ("interactive", buttons(json!([])), "/interactive/action/buttons"),
            (
                "interactive",
                buttons(json!([button("a", "A"), button("a", "B")])),
                "/interactive/action/buttons",
            ),
            (
                "interactive",
                buttons(json!([button("a", &"t".repeat(21))])),
                "/interactive/action/buttons/0/reply/title",
            ),
            (
                "interactive",
                json!({ "type": "list", "body": { "text": "?" }, "action": { "button": "Open", "sections": [
                { "title": "1", "rows": [row("1"), row("2"), row("3"), row("4"), row("5"), row("6")] },
                { "title": "2", "rows": [row("7"), row("8"), row("9"), row("10"), row("11")] } ] } }),
                "/interactive/action/sections",
            ),
            ("poll", json!({}), "/type"),
        ];
        for (kind, body, place) in beyond {
            let wrong = send(kind, body);
            assert!(
                wrong.iter().any(|one| one.starts_with(&format!("{place}:"))),
                "{kind} {place}: {wrong:?}"
            );
        }
    }

    #[test]
    fn the_address_is_a_phone_or_a_user_id() {
        let base = json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "type": "text", "text": { "body": "x" } });
        let with = |key: &str, value: &str| {
            let mut body = base.clone();
            body[key] = value.into();
            message(&body).len()
        };
        assert_eq!((message(&base).len(), with("to", "+34 600 111 222"), with("to", "nobody")), (1, 0, 1));
        assert_eq!(
            (with("recipient", "ES.1349"), with("recipient", "ES.ENT.1349"), with("recipient", "es.1349")),
            (0, 0, 1)
        );
    }

    #[test]
    fn files_must_be_what_they_say_and_fit() {
        let png = b"\x89PNG\r\n\x1a\nrest";
        assert!(upload("image/png", png).is_empty());
        assert_eq!(upload("image/jpeg", png).len(), 1, "content is another picture type");
        assert_eq!(upload("image/gif", b"GIF89a").len(), 1);
        assert_eq!(upload("audio/ogg; codecs=opus", b"webm").len(), 1);
        assert_eq!(upload("image/png", &vec![0; 5 * 1024 * 1024 + 1]).len(), 1);
        assert!(attachment("document", "image/png", png, false).is_empty());
        assert_eq!(attachment("video", "image/png", png, false).len(), 1);
        assert_eq!(attachment("audio", "audio/mpeg", b"mp3", true).len(), 1);
    }
}
