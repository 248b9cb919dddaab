//! WhatsApp through Meta's Cloud API.
//!
//! What comes in: [`verify`] decides whether a delivery is genuine, [`receive`] walks through it, [`message`] and
//! [`content`] read one message, [`sender`] finds out who wrote. What goes out: [`send`] for messages, [`choices`]
//! for those that offer answers to tap, [`fetch`] for the customer's files, [`check`] for the connection, [`request`] for how a call looks, [`errors`] for what
//! an error code means.

mod about;
mod check;
mod choices;
mod content;
mod errors;
mod fetch;
mod message;
mod receive;
mod request;
mod send;
mod sender;
#[cfg(test)]
mod tests;
mod verify;
mod wire;

use model::{Check, Millis};

use crate::{
    About, Account, Answer, Channel, Fetch, FieldError, Head, Inbound, Malformed, MediaRef, Outgoing, Pacing,
    Recipient, Request, SendState, Step, Verdict,
};

/// WhatsApp through Meta's Cloud API.
#[derive(Debug)]
pub struct WhatsApp;

impl Channel for WhatsApp {
    fn about(&self) -> &'static About {
        &about::ABOUT
    }

    fn validate(&self, account: &Account) -> Vec<FieldError> {
        about::validate(account)
    }

    fn address_key(&self, account: &Account) -> String {
        account.get(about::PHONE_NUMBER_ID).trim().to_owned()
    }

    fn verify(&self, head: &Head<'_>, body: &[u8], account: &Account) -> Verdict {
        verify::verify(head, body, account)
    }

    fn read(&self, body: &[u8]) -> Result<Vec<Inbound>, Malformed> {
        receive::read(body)
    }

    fn send(&self, account: &Account, outgoing: &Outgoing, state: &SendState, last: Option<&Answer>) -> Step {
        send::send(account, outgoing, state, last)
    }

    fn fetch(&self, account: &Account, media: &MediaRef, state: u8, last: Option<&Answer>) -> Fetch {
        fetch::fetch(account, media, state, last)
    }

    fn block(&self, account: &Account, to: &Recipient, block: bool) -> Option<Request> {
        request::block(account, to, block)
    }

    fn checks(&self, account: &Account) -> Vec<(&'static str, Request)> {
        check::checks(account)
    }

    fn judge(&self, account: &Account, check: &str, answer: &Answer) -> (Check, Option<String>) {
        check::judge(account, check, answer)
    }

    fn pacing(&self, account: &Account) -> Pacing {
        // "Pair rate limits": one message in six seconds to one customer, of which 45 may be sent ahead.
        Pacing {
            account_per_second: about::messages_per_second(account),
            pair_interval: Millis::seconds(6),
            pair_burst: 45,
        }
    }
}
