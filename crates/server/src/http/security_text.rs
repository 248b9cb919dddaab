//! Whom to tell about a weakness of this installation: `/.well-known/security.txt` (RFC 9116).

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::Millis;

use super::error::Problem;
use crate::site::Site;

/// What is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityText {
    /// Addresses to write to, the preferred one first; nothing is said when there is none.
    pub contact: Vec<String>,
    /// Where it stands what whoever reports may expect.
    pub policy: Option<String>,
    /// Where the key stands with which to encrypt a report.
    pub encryption: Option<String>,
    /// In which languages one may write.
    pub languages: Vec<String>,
    /// For how long what is said is good, from when it is asked for.
    pub life: Millis,
    /// The public address of the installation.
    pub base_url: Option<String>,
}

impl SecurityText {
    /// The text, as asked for at a moment.
    fn at(&self, now: Millis) -> String {
        let mut text = String::new();
        for contact in &self.contact {
            let _ = writeln!(text, "Contact: {contact}");
        }
        let until = u64::try_from((now + self.life).0).unwrap_or(0);
        let until = SystemTime::UNIX_EPOCH + Duration::from_secs(until / 1000);
        let _ = writeln!(text, "Expires: {}", humantime::format_rfc3339_seconds(until));
        if let Some(encryption) = &self.encryption {
            let _ = writeln!(text, "Encryption: {encryption}");
        }
        if !self.languages.is_empty() {
            let _ = writeln!(text, "Preferred-Languages: {}", self.languages.join(", "));
        }
        if let Some(base) = &self.base_url {
            let _ = writeln!(text, "Canonical: {base}/.well-known/security.txt");
        }
        if let Some(policy) = &self.policy {
            let _ = writeln!(text, "Policy: {policy}");
        }
        text
    }
}

/// Answers with the text, where the operator has said whom to tell.
pub(super) async fn show(State(site): State<Site>) -> Response {
    if site.security.contact.is_empty() {
        return Problem::no_such_address().into_response();
    }
    let text = site.security.at(site.app.now());
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_as_the_standard_wants_it() {
        let said = SecurityText {
            contact: vec!["mailto:security@example.com".into(), "https://example.com/report".into()],
            policy: Some("https://example.com/policy".into()),
            encryption: None,
            languages: vec!["en".into(), "zh".into()],
            life: Millis::days(30),
            base_url: Some("https://desk.example.com".into()),
        };
        let expected = "Contact: mailto:security@example.com\nContact: https://example.com/report\n\
            Expires: 2026-10-21T14:13:20Z\nPreferred-Languages: en, zh\n\
            Canonical: https://desk.example.com/.well-known/security.txt\nPolicy: https://example.com/policy\n";
        assert_eq!(said.at(Millis(1_790_000_000_000)), expected);
    }
}
