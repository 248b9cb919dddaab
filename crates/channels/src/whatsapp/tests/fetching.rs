//! How files are fetched and what the checks of a connection say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{MediaFailure, MediaKind};
use serde::Deserialize;

use super::super::WhatsApp;
use super::{Reply, account};
use crate::{Account, Answer, Channel, Fetch, MediaRef, Recipient, Request, RequestBody, case};

fn media(sha256: Option<&str>) -> MediaRef {
    MediaRef {
        kind: MediaKind::Image,
        id: "1003383421387256".into(),
        url: Some("https://lookaside.fbsbx.com/stale".into()),
        mime: "image/jpeg".into(),
        sha256: sha256.map(str::to_owned),
        name: None,
        animated: false,
    }
}

fn http(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Answer::Http { status, retry_after: None, body: body.into() }
}

fn descriptor(url: &str) -> Answer {
    http(
        200,
        format!(
            r#"{{"messaging_product":"whatsapp","url":"{url}","id":"1003383421387256","file_size":"9"}}"#
        ),
    )
}

fn simulated() -> Account {
    let mut account = account();
    account.config.insert("graph_url".into(), "http://127.0.0.1:4010/".into());
    account
}

fn called(fetch: Fetch) -> Request {
    match fetch {
        Fetch::Call(request) => *request,
        other => panic!("no call: {other:?}"),
    }
}

/// What a fetch comes to when its last answer is this one.
fn outcome(state: u8, answer: &Answer) -> Result<Option<[u8; 32]>, Result<MediaFailure, ()>> {
    match WhatsApp.fetch(&account(), &media(None), state, Some(answer)) {
        Fetch::Done { sha256 } => Ok(sha256),
        Fetch::Failed(why, _) => Err(Ok(why)),
        Fetch::Retry(_) => Err(Err(())),
        Fetch::Call(request) => panic!("another call: {}", request.url),
    }
}

#[test]
fn a_file_is_resolved_freshly_and_downloaded_with_the_token() {
    let resolve = called(WhatsApp.fetch(&account(), &media(None), 0, None));
    assert_eq!(
        resolve.url,
        "https://graph.facebook.com/v26.0/1003383421387256?phone_number_id=106540352242922"
    );
    assert!(resolve.bearer.is_some() && !resolve.file);
    let url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&ext=2";
    let download = called(WhatsApp.fetch(&account(), &media(None), 1, Some(&descriptor(url))));
    assert_eq!((download.url.as_str(), download.file), (url, true));
    assert_eq!(download.bearer.expect("a token").expose(), "EAAGtoken");
    assert_eq!(outcome(2, &http(200, "bytes")), Ok(None));
}

#[test]
fn the_token_goes_to_the_provider_only() {
    for url in [
        "https://evil.example/file",
        "http://lookaside.fbsbx.com/file",
        "https://lookaside.fbsbx.com.evil.example/file",
        "https://lookaside.fbsbx.com@evil.example/file",
        "https://lookaside.fbsbx.com:444/file",
        "https://lookaside.fbsbx.com",
        "//lookaside.fbsbx.com/file",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "http://127.0.0.1:4010/file",
    ] {
        assert_eq!(outcome(1, &descriptor(url)), Err(Ok(MediaFailure::Blocked)), "{url}");
    }
    let ours = descriptor("http://127.0.0.1:4010/media/1");
    let download = called(WhatsApp.fetch(&simulated(), &media(None), 1, Some(&ours)));
    assert!(download.bearer.is_some());
    let other = descriptor("http://127.0.0.1:40100/media/1");
    let step = WhatsApp.fetch(&simulated(), &media(None), 1, Some(&other));
    assert!(matches!(step, Fetch::Failed(MediaFailure::Blocked, _)), "{step:?}");
}

#[test]
fn an_address_that_is_gone_is_resolved_once_more() {
    let gone = http(404, "");
    let again = called(WhatsApp.fetch(&account(), &media(None), 2, Some(&gone)));
    assert!(again.url.contains("/1003383421387256?"), "{}", again.url);
    let url = "https://lookaside.fbsbx.com/file";
    assert_eq!(called(WhatsApp.fetch(&account(), &media(None), 3, Some(&descriptor(url)))).url, url);
    assert_eq!(outcome(4, &gone), Err(Ok(MediaFailure::NotFound)));
    assert_eq!(outcome(4, &http(200, "bytes")), Ok(None));
}

#[test]
fn a_hostile_id_stays_within_its_segment() {
    let hostile = MediaRef { id: "../me?x=".into(), ..media(None) };
    let call = called(WhatsApp.fetch(&account(), &hostile, 0, None));
    assert!(call.url.starts_with("https://graph.facebook.com/v26.0/%2E%2E%2Fme%3Fx%3D?"), "{}", call.url);
}

#[test]
fn an_interrupted_fetch_begins_again() {
    let call = called(WhatsApp.fetch(&account(), &media(None), 2, None));
    assert!(call.url.contains("/1003383421387256?"), "{}", call.url);
}

#[test]
fn failures_say_whether_to_wait() {
    let error = |status, code: i64| http(status, format!(r#"{{"error":{{"code":{code},"message":"m"}}}}"#));
    let again = Err(Err(()));
    for (state, answer, expected) in [
        (1, error(400, 100), Err(Ok(MediaFailure::NotFound))),
        (1, http(404, ""), Err(Ok(MediaFailure::NotFound))),
        (1, http(200, "nonsense"), again),
        (
            1,
            http(200, r#"{"url":"https://lookaside.fbsbx.com/a","file_size":104857601}"#),
            Err(Ok(MediaFailure::TooLarge)),
        ),
        (1, error(401, 190), again),
        (1, error(403, 10), again),
        (1, error(400, 4), again),
        (1, error(500, 131_000), again),
        (1, error(400, 131_052), again),
        (1, error(400, 368), Err(Ok(MediaFailure::ProviderError))),
        (1, http(400, r#"{"error":{"code":777777,"is_transient":true}}"#), again),
        (1, http(500, ""), again),
        (2, http(500, ""), again),
        (2, http(429, ""), again),
        (2, http(401, ""), again),
        (2, http(400, ""), Err(Ok(MediaFailure::ProviderError))),
        (2, http(200, ""), again),
        (2, Answer::Unknown("timed out".into()), again),
        (1, Answer::NotSent("refused".into()), again),
    ] {
        assert_eq!(outcome(state, &answer), expected, "call {state}: {answer:?}");
    }
}

#[test]
fn the_announced_hash_is_read_in_both_spellings() {
    let hash: [u8; 32] = std::array::from_fn(|place| place as u8 ^ 0xa5);
    let done =
        |written: &str| match WhatsApp.fetch(&account(), &media(Some(written)), 2, Some(&http(200, "x"))) {
            Fetch::Done { sha256 } => sha256,
            other => panic!("not done: {other:?}"),
        };
    assert_eq!(done(&STANDARD.encode(hash)), Some(hash));
    assert_eq!(done(&hex::encode(hash)), Some(hash));
    assert_eq!(done("81d3bd8a"), None);
}

/// A check and the answer to its call.
#[derive(Deserialize)]
struct Checked {
    check: String,
    answer: Reply,
}

#[test]
fn checks_say_what_is_wrong() {
    case::check_folder("whatsapp/cases/check", |body| {
        let checked: Vec<Checked> = serde_json::from_slice(body).expect("a list of checks");
        let mut lines = String::new();
        for Checked { check, answer } in checked {
            let (result, address) = WhatsApp.judge(&account(), &check, &answer.answer());
            let mark = if result.ok { "ok" } else { "wrong" };
            let address = address.map(|address| format!(" [{address}]")).unwrap_or_default();
            lines += &format!("{} {mark}{address}: {}\n", result.code, result.detail);
        }
        lines
    });
}

#[test]
fn each_check_makes_one_call_to_read() {
    let calls: Vec<String> = WhatsApp
        .checks(&account())
        .iter()
        .map(|(name, request)| {
            assert!(
                request.method == "GET" && request.bearer.is_some() && request.body == RequestBody::Empty
            );
            format!("{name} {}", request.url.trim_start_matches("https://graph.facebook.com/v26.0/"))
        })
        .collect();
    assert_eq!(
        calls,
        [
            "token debug_token?input_token=EAAGtoken",
            "app_secret 106540352242922?fields=id&appsecret_proof=\
             0a14438fa9b64628a3dd6e4af430eb119c0cdb171db6d79e205c54816c52bb0d",
            "phone_number 106540352242922?fields=display_phone_number,verified_name,quality_rating,status",
            "waba 102290129340398/phone_numbers?fields=id,display_phone_number&limit=100",
            "subscription 102290129340398/subscribed_apps",
        ]
    );
}

#[test]
fn a_customer_is_blocked_by_phone_or_else_by_user_id() {
    let both = Recipient { user_id: Some("NG.1".into()), phone: Some("+234801".into()) };
    let block = WhatsApp.block(&account(), &both, true).expect("a call");
    assert_eq!(
        case::request(&block),
        "POST https://graph.facebook.com/v26.0/106540352242922/block_users with token\n  \
         {\"block_users\":[{\"user\":\"+234801\"}],\"messaging_product\":\"whatsapp\"}\n"
    );
    let unblock = WhatsApp.block(&account(), &Recipient { phone: None, ..both }, false).expect("a call");
    assert!(unblock.method == "DELETE" && case::request(&unblock).contains(r#"{"user_id":"NG.1"}"#));
    assert_eq!(WhatsApp.block(&account(), &Recipient::default(), true), None);
}
