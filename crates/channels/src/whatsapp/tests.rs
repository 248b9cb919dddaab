//! Cases, the corpus of recorded deliveries, and properties.

mod corpus;
mod properties;
mod sending;

use model::Secret;

use super::WhatsApp;
use crate::{Account, Channel, case};

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
