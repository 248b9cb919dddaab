//! How calls to the Graph API look.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use model::Secret;
use serde_json::{Value, json};

use super::{about, sender};
use crate::{Account, Recipient, Request, RequestBody};

/// The address of a path below the API's version. Ids come from outside: see [`segment`].
pub(super) fn url(account: &Account, path: &str) -> String {
    format!("{}/{}/{path}", about::graph_url(account), about::api_version(account))
}

/// An id as one segment of a path.
pub(super) fn segment(id: &str) -> String {
    let mut segment = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'~' => segment.push(char::from(byte)),
            _ => {
                let _infallible = write!(segment, "%{byte:02X}");
            }
        }
    }
    segment
}

/// The number's own path and one of its edges, such as `messages`.
pub(super) fn number_url(account: &Account, edge: &str) -> String {
    url(account, &format!("{}/{edge}", segment(account.get(about::PHONE_NUMBER_ID).trim())))
}

/// The token that authorizes calls.
pub(super) fn token(account: &Account) -> &str {
    account.secret(about::ACCESS_TOKEN).trim()
}

/// A call to read something.
pub(super) fn get(account: &Account, url: String) -> Request {
    let bearer = Some(Secret::new(token(account).to_owned()));
    Request { method: "GET", url, bearer, body: RequestBody::Empty, file: false }
}

/// A call that sends a JSON document.
pub(super) fn json(account: &Account, method: &'static str, url: String, body: &Value) -> Request {
    Request { method, body: RequestBody::Json(body.to_string()), ..get(account, url) }
}

/// The call that blocks or unblocks a customer ("Block users"); only customers who wrote within 24 hours can be
/// blocked.
pub(super) fn block(account: &Account, to: &Recipient, block: bool) -> Option<Request> {
    let user = match (to.phone.as_deref().and_then(sender::phone), &to.user_id) {
        (Some(phone), _) => json!({"user": phone}),
        (None, Some(id)) if !id.is_empty() => json!({"user_id": id}),
        _ => return None,
    };
    let body = json!({"messaging_product": "whatsapp", "block_users": [user]});
    let method = if block { "POST" } else { "DELETE" };
    Some(json(account, method, number_url(account, "block_users"), &body))
}

/// Proves that we know the secret of the app that the token belongs to ("Secure Graph API calls").
pub(super) fn proof(token: &str, secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hex::encode(hmac::sign(&key, token.as_bytes()))
}

/// Words of the provider without our secrets: an error about a malformed token repeats the token.
pub(super) fn redact(account: &Account, words: &str) -> String {
    let mut words = words.to_owned();
    for secret in account.secrets.values() {
        for part in secret.expose().split([' ', ',', '\n', '\r', '\t']).filter(|part| part.len() >= 4) {
            words = words.replace(part, "[secret]");
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_within_its_segment() {
        assert_eq!(segment("1003383421387256"), "1003383421387256");
        assert_eq!(segment("../me?a=b#c"), "%2E%2E%2Fme%3Fa%3Db%23c");
        assert_eq!(segment("é\0"), "%C3%A9%00");
    }

    #[test]
    fn secrets_are_taken_out_of_words() {
        let secrets = [("access_token".to_owned(), Secret::new("EAABtoken".to_owned()))].into();
        let account = Account { secrets, ..Account::default() };
        assert_eq!(redact(&account, "Malformed access token EAABtoken!"), "Malformed access token [secret]!");
    }
}
