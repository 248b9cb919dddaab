//! Cases, the corpus of recorded deliveries, and properties.

mod corpus;
mod fetching;
mod properties;
mod sending;

use model::Secret;
use serde::Deserialize;
use serde_json::Value;

use super::WhatsApp;
use crate::{Account, Answer, Channel, case};

/// A connected number.
fn account() -> Account {
    let config = [("phone_number_id", "106540352242922"), ("waba_id", "102290129340398")];
    let secrets = [("access_token", "EAAGtoken"), ("app_secret", "0123456789abcdef0123456789abcdef")];
    Account {
        config: config.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        secrets: secrets.map(|(key, value)| (key.to_owned(), Secret::new(value.to_owned()))).into(),
        verify_token: Some(Secret::new("verify".to_owned())),
    }
}

#[test]
fn deliveries_read_as_their_cases_say() {
    case::check_folder("whatsapp/cases/receive", |body| match WhatsApp.read(body) {
        Ok(inbound) => case::events(&inbound),
        Err(error) => format!("{error}\n"),
    });
}

/// An answer of the provider in a case.
#[derive(Deserialize)]
struct Reply {
    /// The HTTP status; absent if there was none.
    status: Option<u16>,
    retry_after: Option<u32>,
    /// A string stands for itself, anything else for its JSON.
    #[serde(default)]
    body: Value,
    /// The connection failed before anything was sent.
    not_sent: Option<String>,
    /// There was no answer.
    lost: Option<String>,
}

impl Reply {
    fn answer(self) -> Answer {
        let body = match self.body {
            Value::String(text) => text.into_bytes(),
            other => other.to_string().into_bytes(),
        };
        match (self.status, self.not_sent, self.lost) {
            (Some(status), None, None) => Answer::Http { status, retry_after: self.retry_after, body },
            (None, Some(why), None) => Answer::NotSent(why),
            (None, None, Some(why)) => Answer::Unknown(why),
            _ => panic!("an answer has a status, or says not_sent, or says lost"),
        }
    }
}
