//! Checks of a connection: what is wrong with it, and what to do.

use model::{Check, FailureCode};

use super::wire::Node;
use super::{about, errors, request};
use crate::{Account, Answer, Request};

const TOKEN: &str = "token";
const SECRET: &str = "app_secret";
const NUMBER: &str = "phone_number";
const WABA: &str = "waba";
const SUBSCRIPTION: &str = "subscription";

/// The rights that a token needs ("Permissions").
const SCOPES: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];

/// The calls to make, in the order in which their results are shown.
pub(super) fn checks(account: &Account) -> Vec<(&'static str, Request)> {
    let token = request::token(account);
    let number = request::segment(account.get(about::PHONE_NUMBER_ID).trim());
    let waba = request::segment(account.get(about::WABA_ID).trim());
    let get = |path: String| request::get(account, request::url(account, &path));
    let secret = about::app_secrets(account).next().unwrap_or_default();
    vec![
        (TOKEN, get(format!("debug_token?input_token={}", request::segment(token)))),
        (SECRET, get(format!("{number}?fields=id&appsecret_proof={}", request::proof(token, secret)))),
        (NUMBER, get(format!("{number}?fields=display_phone_number,verified_name,quality_rating,status"))),
        (WABA, get(format!("{waba}/phone_numbers?fields=id,display_phone_number&limit=100"))),
        (SUBSCRIPTION, get(format!("{waba}/subscribed_apps"))),
    ]
}

/// What came of a check's call; for the number also its display form.
pub(super) fn judge(account: &Account, check: &str, answer: &Answer) -> (Check, Option<String>) {
    let mut address = None;
    let result = document(answer).and_then(|document| match check {
        TOKEN => token(&document),
        SECRET => Ok("the app secret belongs to the token's app".to_owned()),
        NUMBER => number(&document, &mut address),
        WABA => waba(account, &document),
        SUBSCRIPTION => subscription(&document),
        _ => Err(Trouble::Found(format!("there is no check called {check}"))),
    });
    let (ok, detail) = match result {
        Ok(found) => (true, found),
        Err(Trouble::Found(wrong)) => (false, wrong),
        Err(Trouble::Refused(code, words)) => (false, refused(account, check, code, &words)),
        Err(Trouble::Unanswered(why)) => {
            let place = about::origin(about::graph_url(account));
            (false, format!("cannot reach {place}: {why}. Check this server's way to the internet."))
        }
    };
    let detail = errors::shorten(&request::redact(account, &detail));
    (Check { code: check.to_owned(), ok, detail }, address)
}

/// Why a check did not pass.
enum Trouble {
    /// The provider answered, and something is wrong with what it says.
    Found(String),
    /// The provider refused the call, with this code and these words.
    Refused(Option<i64>, String),
    /// There was no answer.
    Unanswered(String),
}

fn document(answer: &Answer) -> Result<Node<'_>, Trouble> {
    let (status, body) = match answer {
        Answer::Http { status, body, .. } => (*status, body),
        Answer::NotSent(why) | Answer::Unknown(why) => return Err(Trouble::Unanswered(why.clone())),
    };
    let document = Node::parse(body).unwrap_or_default();
    let error = document.at("error");
    if error.is_object() {
        let words = error.text("message").unwrap_or_else(|| format!("answer {status}"));
        return Err(Trouble::Refused(error.integer("code"), words));
    }
    if !(200..=299).contains(&status) || !document.is_object() {
        return Err(Trouble::Found(format!(
            "the provider answered {status} with something that is not a Graph API document"
        )));
    }
    Ok(document)
}

/// What a refused call tells about the field that the check is for.
fn refused(account: &Account, check: &str, code: Option<i64>, words: &str) -> String {
    let meaning = code.and_then(errors::meaning).map(|(_, reason, _)| reason);
    let advice = match (meaning, check) {
        (Some(FailureCode::Auth), _) => {
            "the access token is not valid (any more): generate a new one for the system user".to_owned()
        }
        (Some(FailureCode::Permission), _) => format!(
            "the access token lacks a right: it needs {} and {}, and the system user needs the WhatsApp account assigned",
            SCOPES[0], SCOPES[1]
        ),
        (_, SECRET) if words.contains("appsecret_proof") => {
            "the app secret is not that of the app which made the access token: copy it again from App settings → Basic".to_owned()
        }
        (_, NUMBER | SECRET) => format!(
            "Meta does not know the phone number ID {} or the token may not see it: compare it with WhatsApp → API Setup (it is not the phone number)",
            account.get(about::PHONE_NUMBER_ID)
        ),
        (_, WABA | SUBSCRIPTION) => format!(
            "Meta does not know the WhatsApp Business Account ID {} or the token may not see it: compare it with WhatsApp → API Setup",
            account.get(about::WABA_ID)
        ),
        _ => "Meta refused the call".to_owned(),
    };
    match code {
        Some(code) => format!("{advice} (Meta says: {words}, code {code})"),
        None => format!("{advice} (Meta says: {words})"),
    }
}

fn token(document: &Node<'_>) -> Result<String, Trouble> {
    let data = document.at("data");
    if !data.flag("is_valid") {
        let error = data.at("error");
        let words = error.text("message").unwrap_or_else(|| "it is not valid".into());
        return Err(Trouble::Refused(Some(190), words));
    }
    let scopes: Vec<&str> = match data.at("scopes") {
        Node::List(scopes) => scopes.iter().filter_map(Node::as_str).collect(),
        _ => SCOPES.to_vec(),
    };
    let missing: Vec<&str> = SCOPES.into_iter().filter(|scope| !scopes.contains(scope)).collect();
    if !missing.is_empty() {
        return Err(Trouble::Found(format!(
            "the access token lacks {}: generate a new one with it ticked",
            missing.join(" and ")
        )));
    }
    let app = data.text("application").map(|app| format!(" of the app {app}")).unwrap_or_default();
    Ok(match data.integer("expires_at") {
        Some(0) | None => format!("the access token{app} is valid and does not expire"),
        Some(_) => format!(
            "the access token{app} is valid but expires: for lasting use generate one for a system user that never expires"
        ),
    })
}

fn number(document: &Node<'_>, address: &mut Option<String>) -> Result<String, Trouble> {
    let shown = document.text("display_phone_number").ok_or_else(|| {
        Trouble::Found("this id is not that of a phone number: compare it with WhatsApp → API Setup".into())
    })?;
    let shown = if shown.starts_with('+') { shown } else { format!("+{shown}") };
    *address = Some(shown.clone());
    let name = document.text("verified_name").map(|name| format!(" ({name})")).unwrap_or_default();
    let quality =
        document.text("quality_rating").map(|quality| format!(", quality {quality}")).unwrap_or_default();
    match document.text("status").as_deref() {
        None | Some("CONNECTED" | "FLAGGED" | "RATE_LIMITED") => {
            Ok(format!("{shown}{name} is connected{quality}"))
        }
        Some("PENDING" | "DISCONNECTED" | "UNVERIFIED" | "DELETED" | "MIGRATED" | "UNKNOWN") => {
            Err(Trouble::Found(format!(
                "{shown}{name} is not registered for the Cloud API: register it in WhatsApp Manager → Phone numbers"
            )))
        }
        Some(other) => Err(Trouble::Found(format!(
            "{shown}{name} has the state {other}: see WhatsApp Manager → Account overview for the reason"
        ))),
    }
}

fn waba(account: &Account, document: &Node<'_>) -> Result<String, Trouble> {
    let id = account.get(about::PHONE_NUMBER_ID).trim();
    let numbers = document.list("data");
    if numbers.iter().any(|number| number.text("id").as_deref() == Some(id)) {
        return Ok("the phone number belongs to the WhatsApp Business Account".into());
    }
    let others: Vec<String> =
        numbers.iter().filter_map(|number| number.text("display_phone_number")).take(5).collect();
    let others = if others.is_empty() { "no number".into() } else { others.join(", ") };
    Err(Trouble::Found(format!(
        "the phone number ID {id} is not in this WhatsApp Business Account, which has {others}: both ids must come from the same API Setup page"
    )))
}

fn subscription(document: &Node<'_>) -> Result<String, Trouble> {
    let apps = document.list("data");
    if apps.is_empty() {
        return Err(Trouble::Found(
            "no app receives this account's messages: in the app's WhatsApp → Configuration enter the callback address and verify token and subscribe to `messages`, then subscribe the app to the account (POST /{waba}/subscribed_apps)".into(),
        ));
    }
    let names: Vec<String> =
        apps.iter().filter_map(|app| app.at("whatsapp_business_api_data").text("name")).collect();
    Ok(if names.is_empty() {
        "an app receives this account's messages".into()
    } else {
        format!("this account's messages go to {}", names.join(", "))
    })
}
