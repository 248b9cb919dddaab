//! What is sent and what the answers mean.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::super::WhatsApp;
use super::{Reply, account};
use crate::{Answer, Channel, Outgoing, Recipient, SendState, Step, What, case};

/// A sending: the intent and the answers to its calls, one after the other.
#[derive(Deserialize)]
struct Sending {
    outgoing: Outgoing,
    #[serde(default)]
    answers: Vec<Reply>,
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

fn hello() -> Outgoing {
    let to = Recipient { user_id: None, phone: Some("+2348012345678".into()) };
    Outgoing { to, what: What::Text { text: "hello".into() }, reply_to: None, callback: None }
}

#[test]
fn an_interrupted_message_is_never_sent_again_by_itself() {
    let state = SendState::Posting { media: None };
    let step = WhatsApp.send(&account(), &hello(), &state, None);
    assert!(matches!(step, Step::Uncertain(_)), "{step:?}");
    let read = Outgoing { what: What::Read { target: "wamid.1".into(), typing: false }, ..hello() };
    let step = WhatsApp.send(&account(), &read, &state, None);
    assert!(matches!(step, Step::Retry { .. }), "{step:?}");
}

#[test]
fn an_uploaded_file_is_not_uploaded_again() {
    let photo = What::Media {
        kind: model::MediaKind::Image,
        key: "ab/cd".into(),
        mime: "image/png".into(),
        name: None,
        caption: None,
    };
    let outgoing = Outgoing { what: photo, ..hello() };
    let state = SendState::Uploaded { media: "555".into() };
    let Step::Call { request, next } = WhatsApp.send(&account(), &outgoing, &state, None) else {
        panic!("an uploaded file was not sent");
    };
    assert!(request.url.ends_with("/messages"), "{}", request.url);
    assert_eq!(next, SendState::Posting { media: Some("555".into()) });
}

proptest! {
    /// A message is sent again by itself only if the provider surely did not take it.
    #[test]
    fn nothing_is_doubled(
        status in 100..600_u16,
        code in prop_oneof![any::<i64>(), 0..400_i64, 130_000..134_000_i64],
        body in ".{0,40}",
        coded in any::<bool>(),
    ) {
        let body = if coded { json!({"error": {"code": code, "message": body}}).to_string() } else { body };
        let answer = Answer::Http { status, retry_after: None, body: body.into_bytes() };
        let state = SendState::Posting { media: None };
        let step = WhatsApp.send(&account(), &hello(), &state, Some(&answer));
        let limited = coded && [4, 80_007, 130_429, 131_056].contains(&code);
        if matches!(step, Step::Retry { .. }) {
            prop_assert!(limited || status == 429, "{} {}: {:?}", status, code, step);
        }
        if status >= 500 && !coded {
            prop_assert!(matches!(step, Step::Uncertain(_)), "{}: {:?}", status, step);
        }
        let ended = !matches!(step, Step::Call { .. } | Step::Sent { .. });
        prop_assert!(ended, "{} {}: {:?}", status, code, step);
    }
}
