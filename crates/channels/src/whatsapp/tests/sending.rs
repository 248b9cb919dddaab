//! What is sent, what answers mean, how files are fetched and connections are checked.

use serde::Deserialize;
use serde_json::Value;

use super::super::WhatsApp;
use super::account;
use crate::{Answer, Channel, Outgoing, SendState, Step, case};

/// A sending: the intent and the answers to its calls, one after the other.
#[derive(Deserialize)]
struct Sending {
    outgoing: Outgoing,
    #[serde(default)]
    answers: Vec<Reply>,
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

/// Plays a sending to its end, or until the answers run out.
fn play(sending: Sending) -> String {
    let mut lines = String::new();
    let (mut state, mut last) = (SendState::Start, None);
    let mut answers = sending.answers.into_iter();
    loop {
        let step = WhatsApp.send(&account(), &sending.outgoing, &state, last.as_ref());
        lines += &case::step(&step);
        match (step, answers.next()) {
            (Step::Call { next, .. }, Some(reply)) => (state, last) = (next, Some(reply.answer())),
            (_, None) => return lines,
            (_, Some(_)) => panic!("the sending ended before its answers:\n{lines}"),
        }
    }
}

#[test]
fn sendings_go_as_their_cases_say() {
    case::check_folder("whatsapp/cases/send", |body| {
        let sendings: Vec<Sending> = serde_json::from_slice(body).expect("a list of sendings");
        sendings.into_iter().map(play).collect::<Vec<_>>().join("\n")
    });
}
