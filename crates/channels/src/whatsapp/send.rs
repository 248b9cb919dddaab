//! Sends one thing: a message, a reaction, a read receipt. A file is uploaded first and sent by its id.

use model::{Failure, FailureCode, MediaKind, Millis};
use serde_json::{Value, json};

use super::about::{CAPTION_LIMIT, TEXT_LIMIT};
use super::errors::{self, Disposition};
use super::wire::Node;
use super::{choices, request, sender};
use crate::{Account, Answer, Outgoing, Request, RequestBody, SendState, Step, What};

/// The longest `biz_opaque_callback_data`.
const CALLBACK_LIMIT: usize = 512;
/// The longest wait that we take from a `Retry-After`, in seconds.
const LONGEST_WAIT: u32 = 24 * 3600;

/// The next step of a sending.
pub(super) fn send(account: &Account, outgoing: &Outgoing, state: &SendState, last: Option<&Answer>) -> Step {
    let step = match (state, last) {
        (SendState::Start, _) | (SendState::Uploading, None) => begin(account, outgoing),
        (SendState::Uploading, Some(answer)) => match uploaded(account, answer) {
            Ok(media) => post(account, outgoing, Some(&media)),
            Err(step) => Err(step),
        },
        (SendState::Uploaded { media }, _) => post(account, outgoing, Some(media)),
        (SendState::Posting { .. }, None) => Err(unclear(outgoing, timeout("sending was interrupted"))),
        (SendState::Posting { .. }, Some(answer)) => Err(posted(account, outgoing, answer)),
    };
    match step {
        Ok((request, next)) => Step::Call { request: Box::new(request), next },
        Err(Step::Retry { after, pair, failure, .. }) => {
            let from = match state {
                SendState::Posting { media: Some(media) } => SendState::Uploaded { media: media.clone() },
                _ => SendState::Start,
            };
            Step::Retry { after, pair, from, failure }
        }
        Err(end) => end,
    }
}

fn begin(account: &Account, outgoing: &Outgoing) -> Result<(Request, SendState), Step> {
    let What::Media { kind, key, mime, name, .. } = &outgoing.what else {
        return post(account, outgoing, None);
    };
    // What cannot be sent need not be uploaded.
    message(outgoing, Some("")).map_err(refusal)?;
    let mime = canonical(mime);
    let form = RequestBody::Form {
        fields: vec![("messaging_product", "whatsapp".into()), ("type", mime.to_owned())],
        file_field: "file",
        key: key.clone(),
        name: name.clone().unwrap_or_else(|| kind.as_str().to_owned()),
        mime: mime.to_owned(),
    };
    let mut request = request::get(account, request::number_url(account, "media"));
    request.method = "POST";
    request.body = form;
    Ok((request, SendState::Uploading))
}

/// The names that Meta lists for types with several.
fn canonical(mime: &str) -> &str {
    match mime {
        "audio/m4a" | "audio/x-m4a" => "audio/mp4",
        "audio/mp3" => "audio/mpeg",
        "audio/opus" | "application/ogg" => "audio/ogg",
        "image/jpg" => "image/jpeg",
        other => other,
    }
}

fn post(account: &Account, outgoing: &Outgoing, media: Option<&str>) -> Result<(Request, SendState), Step> {
    let body = message(outgoing, media).map_err(refusal)?;
    let url = request::number_url(account, "messages");
    Ok((request::json(account, "POST", url, &body), SendState::Posting { media: media.map(str::to_owned) }))
}

/// The body for `messages`, or why there is none.
fn message(outgoing: &Outgoing, media: Option<&str>) -> Result<Value, String> {
    if let What::Read { target, typing } = &outgoing.what {
        let mut body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": target});
        if *typing {
            body["typing_indicator"] = json!({"type": "text"});
        }
        return Ok(body);
    }
    let (kind, content) = content(&outgoing.what, media)?;
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "type": kind,
        kind: content,
    });
    // Without the plus, Meta would prepend the business's own country code.
    match (outgoing.to.phone.as_deref().and_then(sender::phone), &outgoing.to.user_id) {
        (Some(phone), _) => body["to"] = phone.into(),
        (None, Some(id)) if !id.is_empty() => body["recipient"] = id.as_str().into(),
        _ => return Err("the customer has neither a phone number nor a user id".into()),
    }
    if let Some(quoted) = outgoing.reply_to.as_deref().filter(|_| kind != "reaction") {
        body["context"] = json!({"message_id": quoted});
    }
    if let Some(callback) = outgoing.callback.as_deref().filter(|callback| callback.len() <= CALLBACK_LIMIT) {
        body["biz_opaque_callback_data"] = callback.into();
    }
    Ok(body)
}

/// The type of a message and what stands under it.
fn content(what: &What, media: Option<&str>) -> Result<(&'static str, Value), String> {
    Ok(match what {
        What::Text { text } => {
            if text.trim().is_empty() {
                return Err("the text is empty".into());
            }
            limit("text", text, TEXT_LIMIT)?;
            let link = text.contains("https://") || text.contains("http://");
            ("text", json!({"body": text, "preview_url": link}))
        }
        What::Choices { text, label, choices } => {
            ("interactive", choices::interactive(text, label, choices)?)
        }
        What::Media { kind, mime, name, caption, .. } => {
            let mut content = json!({"id": media.unwrap_or_default()});
            let captioned = matches!(kind, MediaKind::Image | MediaKind::Video | MediaKind::Document);
            if let Some(caption) = caption.as_deref().filter(|caption| captioned && !caption.is_empty()) {
                limit("caption", caption, CAPTION_LIMIT)?;
                content["caption"] = caption.into();
            }
            let kind = match kind {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Sticker => "sticker",
                MediaKind::Document => {
                    if let Some(name) = name {
                        content["filename"] = name.as_str().into();
                    }
                    "document"
                }
                MediaKind::Audio => "audio",
                MediaKind::Voice => {
                    // A recording in another format arrives as a sound file rather than not at all.
                    if canonical(mime).starts_with("audio/ogg") {
                        content["voice"] = true.into();
                    }
                    "audio"
                }
            };
            (kind, content)
        }
        What::Location { latitude, longitude, name, address } => {
            let on_earth = (-90.0..=90.0).contains(latitude) && (-180.0..=180.0).contains(longitude);
            if !on_earth {
                return Err(format!("{latitude}, {longitude} is no place on earth"));
            }
            // Meta's OpenAPI document has coordinates as strings.
            let mut content = json!({"latitude": latitude.to_string(), "longitude": longitude.to_string()});
            for (key, value) in [("name", name), ("address", address)] {
                if let Some(value) = value {
                    content[key] = value.as_str().into();
                }
            }
            ("location", content)
        }
        What::Reaction { target, emoji } => ("reaction", json!({"message_id": target, "emoji": emoji})),
        What::Read { .. } => return Err("a read receipt is no message".into()),
    })
}

pub(super) fn limit(what: &str, text: &str, most: u32) -> Result<(), String> {
    let length = text.chars().count();
    if length > most as usize {
        return Err(format!("the {what} has {length} characters, WhatsApp takes at most {most}"));
    }
    Ok(())
}

fn refusal(reason: String) -> Step {
    let detail = Some(reason);
    Step::Failed(Failure { code: FailureCode::BadRequest, provider_code: None, detail, retryable: false })
}

fn timeout(why: &str) -> Failure {
    let detail = Some(errors::shorten(why));
    Failure { code: FailureCode::Timeout, provider_code: None, detail, retryable: true }
}

fn unreached(why: &str) -> Failure {
    Failure { code: FailureCode::ProviderError, ..timeout(why) }
}

fn retry(failure: Failure) -> Step {
    Step::Retry { after: None, pair: false, from: SendState::Start, failure }
}

/// The end for a call that the provider may have taken. A read receipt or a reaction may be repeated: the second
/// says the same as the first.
fn unclear(outgoing: &Outgoing, failure: Failure) -> Step {
    match outgoing.what {
        What::Read { .. } | What::Reaction { .. } => retry(failure),
        _ => Step::Uncertain(failure),
    }
}

/// The id of an uploaded file. Uploading again is harmless, so nothing is uncertain here.
fn uploaded(account: &Account, answer: &Answer) -> Result<String, Step> {
    let refused = match answer {
        Answer::NotSent(why) => return Err(retry(unreached(&request::redact(account, why)))),
        Answer::Unknown(why) => return Err(retry(timeout(&request::redact(account, why)))),
        Answer::Http { status: 200..=299, body, .. } => {
            let document = Node::parse(body).unwrap_or_default();
            match document.text("id") {
                Some(media) => return Ok(media),
                None => refused(account, answer),
            }
        }
        Answer::Http { .. } => refused(account, answer),
    };
    Err(match refused {
        // Code 100 during an upload is about the file.
        Step::Failed(failure) if failure.code == FailureCode::BadRequest => {
            Step::Failed(Failure { code: FailureCode::Media, ..failure })
        }
        Step::Uncertain(failure) => retry(failure),
        other => other,
    })
}

/// What became of a message that was handed over.
fn posted(account: &Account, outgoing: &Outgoing, answer: &Answer) -> Step {
    let step = match answer {
        Answer::NotSent(why) => return retry(unreached(&request::redact(account, why))),
        Answer::Unknown(why) => Step::Uncertain(timeout(&request::redact(account, why))),
        Answer::Http { status: 200..=299, body, .. } => {
            let document = Node::parse(body).unwrap_or_default();
            let taken = document.list("messages").first().and_then(|message| message.text("id"));
            let receipt = matches!(outgoing.what, What::Read { .. });
            if taken.is_some() || (receipt && document.flag("success")) {
                let person = document.list("contacts").first();
                return Step::Sent {
                    provider_id: taken,
                    user_id: person.and_then(|person| person.text("user_id")),
                };
            }
            refused(account, answer)
        }
        Answer::Http { .. } => refused(account, answer),
    };
    match step {
        Step::Uncertain(failure) => unclear(outgoing, failure),
        other => other,
    }
}

/// What an answer without success means ("Error codes"): the code decides, without a known code the status.
fn refused(account: &Account, answer: &Answer) -> Step {
    let Answer::Http { status, retry_after, body } = answer else {
        return Step::Uncertain(timeout("there was no answer"));
    };
    let document = Node::parse(body).unwrap_or_default();
    let mut failure = errors::reported(document.at("error"));
    failure.detail = Some(match failure.detail {
        Some(words) => request::redact(account, &words),
        None => format!("the provider answered {status} with a body that cannot be read"),
    });
    let after = retry_after.map(|seconds| Millis::seconds(i64::from(seconds.min(LONGEST_WAIT))));
    if let Some((disposition, ..)) = failure.provider_code.and_then(errors::meaning) {
        return match disposition {
            Disposition::Retry { pair } => Step::Retry { after, pair, from: SendState::Start, failure },
            Disposition::Fail => Step::Failed(failure),
            Disposition::Uncertain => Step::Uncertain(failure),
        };
    }
    let (code, retryable) = match status {
        429 => (FailureCode::RateLimited, true),
        401 => (FailureCode::Auth, true),
        403 => (FailureCode::Permission, true),
        // A proxy gave up waiting, or a success that cannot be read: the provider may have taken it.
        200..=299 | 408 | 500.. => (FailureCode::ProviderError, true),
        _ => (FailureCode::Unknown, true),
    };
    failure = Failure { code, retryable, ..failure };
    match status {
        429 => Step::Retry { after, pair: false, from: SendState::Start, failure },
        200..=299 | 408 | 500.. => Step::Uncertain(failure),
        _ => Step::Failed(failure),
    }
}
