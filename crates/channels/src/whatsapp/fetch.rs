//! Fetches a customer's file: the id is resolved to an address that lives five minutes, the address to bytes.
//!
//! Odd calls resolve, even calls download. An address that is gone is resolved once more.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::MediaFailure;

use super::errors::{self, Disposition};
use super::wire::Node;
use super::{about, request};
use crate::{Account, Answer, Fetch, MediaRef};

/// The host that serves files; nothing else gets the token.
const MEDIA_ORIGIN: &str = "https://lookaside.fbsbx.com";
/// The largest file that WhatsApp carries.
const LARGEST: i64 = 100 * 1024 * 1024;

/// The next step; `state` calls were made, `last` is what came of the last one.
pub(super) fn fetch(account: &Account, media: &MediaRef, state: u8, last: Option<&Answer>) -> Fetch {
    let (Some(last), 1..) = (last, state) else {
        return resolve(account, media);
    };
    let (status, body) = match last {
        Answer::Http { status, body, .. } => (*status, body),
        Answer::NotSent(why) | Answer::Unknown(why) => {
            return Fetch::Retry(errors::shorten(&request::redact(account, why)));
        }
    };
    match (state % 2 == 1, status) {
        (true, 200..=299) => download(account, body),
        (true, _) => refused(account, status, body),
        (false, 200..=299) if body.is_empty() => Fetch::Retry("the provider sent an empty file".into()),
        (false, 200..=299) => Fetch::Done { sha256: media.sha256.as_deref().and_then(hash) },
        (false, 404 | 410) if state == 2 => resolve(account, media),
        (false, _) => refused(account, status, body),
    }
}

fn resolve(account: &Account, media: &MediaRef) -> Fetch {
    let number = request::segment(account.get(about::PHONE_NUMBER_ID).trim());
    let path = format!("{}?phone_number_id={number}", request::segment(&media.id));
    Fetch::Call(Box::new(request::get(account, request::url(account, &path))))
}

fn download(account: &Account, descriptor: &[u8]) -> Fetch {
    let descriptor = Node::parse(descriptor).unwrap_or_default();
    let Some(url) = descriptor.text("url") else {
        return Fetch::Retry("the provider's description of the file has no address".into());
    };
    if descriptor.integer("file_size").is_some_and(|size| size > LARGEST) {
        return Fetch::Failed(MediaFailure::TooLarge, format!("the file is larger than {LARGEST} bytes"));
    }
    // The slash ends the host's name: nothing that follows can make it another host.
    let within = |origin: &str| url.strip_prefix(origin).is_some_and(|rest| rest.starts_with('/'));
    if !within(MEDIA_ORIGIN) && !within(about::origin(about::graph_url(account))) {
        let host: String = url.chars().take(80).collect();
        return Fetch::Failed(
            MediaFailure::Blocked,
            format!("the file is at {host}, which is not the provider's"),
        );
    }
    let mut call = request::get(account, url);
    call.file = true;
    Fetch::Call(Box::new(call))
}

/// What an answer other than success means for a file.
fn refused(account: &Account, status: u16, body: &[u8]) -> Fetch {
    let document = Node::parse(body).unwrap_or_default();
    let error = document.at("error");
    let failure = errors::reported(error);
    let words = match &failure.detail {
        Some(detail) => format!("the provider answered {status}: {}", request::redact(account, detail)),
        None => format!("the provider answered {status}"),
    };
    let code = failure.provider_code;
    let passing = error.flag("is_transient")
        || code.and_then(errors::meaning).is_some_and(|(disposition, ..)| disposition != Disposition::Fail);
    match (code, status) {
        _ if passing => Fetch::Retry(words),
        // An operator may repair the token while the file is still kept.
        (Some(0 | 3 | 10 | 190 | 200..=299 | 131_005), _) => Fetch::Retry(words),
        // The provider failed to fetch it from the customer's device: later it may succeed.
        (Some(131_052), _) => Fetch::Retry(words),
        // An unknown object is answered with 400, code 100, subcode 33; an id lives seven days.
        (Some(33 | 100), _) | (None, 404 | 410) => Fetch::Failed(MediaFailure::NotFound, words),
        (None, 401 | 403 | 408 | 429) | (_, 500..) => Fetch::Retry(words),
        _ => Fetch::Failed(MediaFailure::ProviderError, words),
    }
}

/// A SHA-256 in base64 (as documented) or in hexadecimal (as in older samples).
fn hash(written: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if hex::decode_to_slice(written, &mut hash).is_ok() {
        return Some(hash);
    }
    STANDARD.decode(written).ok()?.try_into().ok()
}
