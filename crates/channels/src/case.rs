//! Runs cases: a folder of inputs, each with what is expected of it in a text file beside it.

use std::fmt::Write as _;
use std::path::Path;

use model::{Content, Failure};

use crate::{Body, Event, Inbound, MediaRef, NewMessage, Request, RequestBody, Sender, Step};

/// Checks every `*.json` below `src/{folder}` against the `*.txt` of the same name. `UPDATE=1` writes what was
/// found; look at the difference before committing it.
pub(crate) fn check_folder(folder: &str, render: impl Fn(&[u8]) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let mut inputs: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{} holds no case", folder.display());
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = String::new();
    for input in &inputs {
        let found = render(&std::fs::read(input).expect("a readable case"));
        let expectation = input.with_extension("txt");
        let expected = std::fs::read_to_string(&expectation).unwrap_or_default();
        if found == expected {
            continue;
        }
        if update {
            std::fs::write(&expectation, found).expect("a writable expectation");
        } else {
            let _infallible =
                write!(wrong, "\n{}\n--- expected\n{expected}--- found\n{found}", input.display());
        }
    }
    assert!(wrong.is_empty(), "cases differ (UPDATE=1 writes what was found):\n{wrong}");
}

/// One line for each event.
pub(crate) fn events(inbound: &[Inbound]) -> String {
    inbound.iter().fold(String::new(), |mut lines, one| {
        let account = one.account.as_deref().unwrap_or("-");
        let _infallible = writeln!(lines, "[{account}] {}", event(&one.event));
        lines
    })
}

fn event(event: &Event) -> String {
    let at = |at: &Option<model::Millis>| at.map_or("-".to_owned(), |at| at.0.to_string());
    match event {
        Event::Message(one) => format!("message {}", message(one)),
        Event::Reaction { sender, target, emoji, at: when } => format!(
            "reaction {} by {} to {target} at {}",
            emoji.as_deref().unwrap_or("taken back"),
            person(sender),
            at(when)
        ),
        Event::Edit { sender, target, body: changed, at: when } => {
            format!("edit of {target} by {} at {}: {}", person(sender), at(when), body(changed))
        }
        Event::Revoke { sender, target, at: when } => {
            format!("revocation of {target} by {} at {}", person(sender), at(when))
        }
        Event::Receipt { provider_id, callback, report, recipient } => {
            let mut line = format!("{} {provider_id} at {}", report.state.as_str(), report.at.0);
            if let Some(callback) = callback {
                line += &format!(" callback {callback}");
            }
            line += &format!(" to {}", person(recipient));
            if let Some(why) = &report.failure {
                line += &format!(": {}", failure(why));
            }
            line
        }
        Event::Moved { from, to, notice } => {
            format!("moved from {} to {}: {}", person(from), person(to), message(notice))
        }
        Event::Trouble(why) => format!("trouble: {}", failure(why)),
        Event::Other { name } => format!("other {name}"),
        Event::Unreadable { reason } => format!("unreadable: {reason}"),
    }
}

fn message(one: &NewMessage) -> String {
    let at = one.at.map_or("-".to_owned(), |at| at.0.to_string());
    let mut line = format!("{} from {} at {at}: {}", one.provider_id, person(&one.sender), body(&one.body));
    if let Some(quoted) = &one.reply_to {
        line += &format!("; quotes {quoted}");
    }
    if one.forwarded {
        line += "; forwarded";
    }
    if let Some(group) = &one.group {
        line += &format!("; in group {group}");
    }
    line
}

fn person(sender: &Sender) -> String {
    let mut parts: Vec<String> = sender.phone.iter().chain(&sender.user_id).cloned().collect();
    parts.extend(sender.username.iter().map(|name| format!("@{name}")));
    parts.extend(sender.name.iter().map(|name| format!("{name:?}")));
    if parts.is_empty() { "nobody".to_owned() } else { parts.join("/") }
}

fn body(body: &Body) -> String {
    match body {
        Body::Whole(content) => whole(content),
        Body::Media { media, caption } => {
            let MediaRef { kind, id, url, mime, sha256, name, animated } = media;
            let mut line = format!("{} {id} {mime}", kind.as_str());
            for (label, value) in [("named", name), ("caption", caption), ("hash", sha256), ("url", url)] {
                if let Some(value) = value {
                    line += &format!(" {label} {value:?}");
                }
            }
            if *animated {
                line += " animated";
            }
            line
        }
    }
}

fn whole(content: &Content) -> String {
    let json = serde_json::to_value(content).expect("content serialises");
    let fields = json.as_object().expect("content is an object");
    let mut line = content.kind().to_owned();
    for (key, value) in fields.iter().filter(|(key, value)| *key != "kind" && !value.is_null()) {
        line += &format!(" {key}={value}");
    }
    line
}

fn failure(why: &Failure) -> String {
    let code = why.provider_code.map_or("-".to_owned(), |code| code.to_string());
    let again = if why.retryable { "may be tried again" } else { "not to be tried again" };
    format!("{} {code} {:?}, {again}", why.code.as_str(), why.detail.as_deref().unwrap_or_default())
}

/// A call in a few lines.
pub(crate) fn request(request: &Request) -> String {
    let Request { method, url, bearer, body, file } = request;
    let mut lines = format!("{method} {url}");
    lines += if bearer.is_some() { " with token" } else { " without token" };
    lines += if *file { ", a file\n" } else { "\n" };
    match body {
        RequestBody::Empty => {}
        RequestBody::Json(json) => lines += &format!("  {json}\n"),
        RequestBody::Form { fields, file_field, key, name, mime } => {
            lines += &format!("  form {fields:?} {file_field}={key} {name:?} {mime}\n");
        }
    }
    lines
}

/// A step in a few lines.
pub(crate) fn step(step: &Step) -> String {
    match step {
        Step::Call { request: call, next } => format!("{}  then {next:?}\n", request(call)),
        Step::Sent { provider_id, user_id } => format!(
            "sent {} to {}\n",
            provider_id.as_deref().unwrap_or("-"),
            user_id.as_deref().unwrap_or("-")
        ),
        Step::Retry { after, pair, from, failure: why } => {
            let after = after.map_or(String::new(), |after| format!(" after {} ms", after.0));
            let whom = if *pair { " this customer" } else { "" };
            format!("retry{after}{whom} from {from:?}: {}\n", failure(why))
        }
        Step::Failed(why) => format!("failed: {}\n", failure(why)),
        Step::Uncertain(why) => format!("uncertain: {}\n", failure(why)),
    }
}
