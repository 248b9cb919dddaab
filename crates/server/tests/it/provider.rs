//! Signing in through a provider of identity: everything that is not exactly as it should be is refused.

use model::Millis;
use serde_json::{Value, json};

use crate::browser::{Browser, Reply};
use crate::desk::{Desk, on_both, with};
use crate::identity::{CLIENT, Identity, Manner, SECRET, Sign, instead, seconds};

/// A provider as an administrator sets it up.
pub(crate) fn draft(issuer: &str) -> Value {
    json!({
        "name": "Company", "issuer": issuer, "client_id": CLIENT, "client_secret": SECRET, "enabled": true,
        "scopes": ["email", "profile"], "creates_accounts": false, "links_by_email": true,
        "vouches_for_emails": false, "second_step": "own", "group_claim": "groups", "group_roles": [],
        "default_role": null,
    })
}

/// A provider of identity that the workspace of `owner` knows, with its id there.
pub(crate) async fn set_up(desk: &mut Desk, owner: &Browser, fields: Value) -> (Identity, String) {
    let identity = Identity::start(desk.spare.take().expect("one provider"), desk.clock.clone());
    let made = owner.post("/api/providers", &with(draft(identity.issuer()), fields)).await;
    let made = made.expect_status(201).json();
    (identity, made["id"].as_str().expect("an id").to_owned())
}

/// Begins to sign in; returns where the browser goes.
pub(crate) async fn begin(browser: &Browser, provider: &str) -> String {
    let answer = browser.post(&format!("/api/session/providers/{provider}"), &json!({})).await;
    answer.expect_status(200).json()["url"].as_str().expect("an address").to_owned()
}

pub(crate) async fn finish(browser: &Browser, callback: &Value) -> Reply {
    browser.post("/api/session/provider", callback).await
}

/// Goes there and back.
pub(crate) async fn sign_in(browser: &Browser, identity: &Identity, provider: &str) -> Reply {
    let url = begin(browser, provider).await;
    finish(browser, &identity.let_in(&url)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_lets_in_whom_it_vouches_for() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let (identity, id) = set_up(desk, &owner, json!({})).await;
        let choices = desk.browser().get("/api/session/providers").await.expect_status(200);
        assert_eq!(choices.items(), [json!({"id": id, "name": "Company"})], "no more than a name");
        let browser = desk.browser();
        let url = begin(&browser, &id).await;
        assert!(browser.away().is_some() && browser.cookie().is_none());
        let me = finish(&browser, &identity.let_in(&url)).await.expect_status(200).json();
        assert_eq!(me["agent"]["email"], "ben@example.com");
        assert_eq!(browser.away(), None, "what was begun is over");
        browser.get("/api/session").await.expect_status(200);
        // Known from now on by the provider's name for them, whatever address it says.
        identity.behave(instead(json!({"email": "other@example.com"})));
        let again = sign_in(&desk.browser(), &identity, &id).await.expect_status(200).json();
        assert_eq!(again["agent"]["id"], me["agent"]["id"]);
        // Another kind of key, a new key, and the secret in the form.
        for manner in [
            Manner { sign: Sign::Ec, ..Manner::default() },
            Manner { sign: Sign::Rsa(1), shown: vec![Sign::Rsa(0), Sign::Rsa(1)], ..Manner::default() },
            Manner { sign: Sign::Rsa(1), shown: vec![Sign::Rsa(1)], ..Manner::default() },
            Manner {
                description: json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]}),
                ..Manner::default()
            },
            instead(json!({"aud": [CLIENT], "azp": CLIENT})),
        ] {
            let told = format!("{manner:?}");
            identity.behave(manner);
            assert_eq!(sign_in(&desk.browser(), &identity, &id).await.status, 200, "{told}");
        }
        // One that promises to name itself does.
        let names_itself = json!({"authorization_response_iss_parameter_supported": true});
        identity.behave(Manner { description: names_itself, ..Manner::default() });
        let browser = desk.browser();
        let callback = identity.let_in(&begin(&browser, &id).await);
        let named = with(callback, json!({"iss": identity.issuer()}));
        finish(&browser, &named).await.expect_status(200);
        let acts = owner.get("/api/audit").await.expect_status(200).items();
        let of = |act: &str| acts.iter().filter(|entry| entry["act"] == act).count();
        assert_eq!((of("provider.created"), of("factor.added")), (1, 1));
    })
    .await;
}

/// What a browser comes back with that is not what it was sent with.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_otherwise_than_they_went_is_refused() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let (identity, id) = set_up(desk, &owner, json!({})).await;
        let refused = async |what: &str, browser: &Browser, callback: &Value, code: &str| {
            let answer = finish(browser, callback).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, code), "{what}");
            assert_eq!(browser.cookie(), None, "{what}");
            desk.clock.advance(Millis::minutes(2));
        };
        let gone = async || {
            let browser = desk.browser();
            let url = begin(&browser, &id).await;
            let callback = identity.let_in(&url);
            (browser, callback)
        };
        let (browser, callback) = gone().await;
        refused("no state", &browser, &with(callback, json!({"state": null})), "provider_untrusted").await;
        let (browser, callback) = gone().await;
        refused("an empty state", &browser, &with(callback, json!({"state": ""})), "provider_untrusted")
            .await;
        let ((browser, callback), (_, other)) = (gone().await, gone().await);
        let mixed = with(callback, json!({"state": other["state"]}));
        refused("another state", &browser, &mixed, "provider_untrusted").await;
        // Whatever was wrong with it, what was begun is over.
        let (browser, callback) = gone().await;
        refused("no code", &browser, &json!({"state": callback["state"]}), "provider_untrusted").await;
        refused("a second try", &browser, &callback, "provider_late").await;
        let (_, callback) = gone().await;
        refused("another browser", &desk.browser(), &callback, "provider_late").await;
        let ((browser, _), (_, theirs)) = (gone().await, gone().await);
        refused("somebody else's answer", &browser, &theirs, "provider_untrusted").await;
        let ((browser, callback), (_, theirs)) = (gone().await, gone().await);
        let injected = with(callback, json!({"code": theirs["code"]}));
        refused("somebody else's code", &browser, &injected, "provider_untrusted").await;
        let (browser, callback) = gone().await;
        let unknown = with(callback, json!({"code": "code-77777"}));
        refused("an unknown code", &browser, &unknown, "provider_untrusted").await;
        let (browser, callback) = gone().await;
        let mixed = with(callback, json!({"iss": "https://evil.example"}));
        refused("another issuer", &browser, &mixed, "provider_untrusted").await;
        let (browser, callback) = gone().await;
        let mixed = with(callback, json!({"iss": format!("{}/", identity.issuer())}));
        refused("nearly the issuer", &browser, &mixed, "provider_untrusted").await;
        let names_itself = json!({"authorization_response_iss_parameter_supported": true});
        identity.behave(Manner { description: names_itself, ..Manner::default() });
        let (browser, callback) = gone().await;
        refused("no issuer although promised", &browser, &callback, "provider_untrusted").await;
        identity.behave(Manner::default());
        let (browser, callback) = gone().await;
        let denied = json!({"error": "access_denied", "state": callback["state"]});
        refused("a refusal", &browser, &denied, "provider_denied").await;
        let (browser, callback) = gone().await;
        desk.clock.advance(Millis::minutes(11));
        refused("too late", &browser, &callback, "provider_late").await;
        // A replay, by the same browser and with everything it ever knew.
        let (browser, callback) = gone().await;
        let kept = browser.away();
        finish(&browser, &callback).await.expect_status(200);
        let thief = desk.browser();
        thief.take_away(kept.clone());
        refused("a replay", &thief, &callback, "provider_late").await;
        let (thief, fresh) = gone().await;
        let replayed = with(fresh, json!({"code": callback["code"]}));
        refused("a code that was used", &thief, &replayed, "provider_untrusted").await;
        // Where a sign-in goes, nothing that is begun elsewhere comes out.
        let (browser, callback) = gone().await;
        let ben = desk.sign_in("ben@example.com").await;
        ben.take_away(browser.away());
        let answer = ben.post("/api/me/provider", &callback).await;
        assert_eq!(answer.expect_status(401).code(), "provider_late");
        app::audit::flush(&desk.app).await.expect("the audit");
        let acts = owner.get("/api/audit?act=session.refused").await.expect_status(200).items();
        assert!(
            acts.iter().any(|entry| entry["subject"] == id.as_str()),
            "what is refused is noted: {acts:?}"
        );
    })
    .await;
}

/// What an id token must not be: what it is called, how the provider behaves, and the code of the refusal.
fn spoilt(desk: &Desk) -> Vec<(&'static str, Manner)> {
    let at = |moved: Millis| seconds(&desk.clock, moved);
    let hour = Millis::hours(1);
    vec![
        ("another nonce", instead(json!({"nonce": "x"}))),
        ("no nonce", instead(json!({"nonce": null}))),
        ("another issuer", instead(json!({"iss": "https://evil.example"}))),
        ("no issuer", instead(json!({"iss": null}))),
        ("for another client", instead(json!({"aud": "another"}))),
        ("for another client as well", instead(json!({"aud": [CLIENT, "another"], "azp": CLIENT}))),
        ("for nobody", instead(json!({"aud": null}))),
        ("made for another party", instead(json!({"azp": "another"}))),
        ("over", instead(json!({"exp": at(Millis(0) - Millis::seconds(1))}))),
        ("without an end", instead(json!({"exp": null}))),
        ("of the future", instead(json!({"iat": at(hour), "exp": at(hour + hour)}))),
        ("of long ago", instead(json!({"iat": at(Millis(0) - hour)}))),
        ("about nobody", instead(json!({"sub": null}))),
        ("about an empty name", instead(json!({"sub": ""}))),
        ("about an endless name", instead(json!({"sub": "u".repeat(300)}))),
        ("not there", instead(json!({"absent": true}))),
        ("not signed", Manner { sign: Sign::None, ..Manner::default() }),
        ("signed with the client's secret", Manner { sign: Sign::ClientSecret, ..Manner::default() }),
        ("signed with the public key", Manner { sign: Sign::PublicKey, ..Manner::default() }),
        ("signed by a key that is not shown", Manner { sign: Sign::Rsa(1), ..Manner::default() }),
        (
            "signed by another key under a name",
            Manner { sign: Sign::Rsa(1), kid: Some("first"), ..Manner::default() },
        ),
        (
            "signed by a key of another kind",
            Manner { sign: Sign::Ec, kid: Some("first"), ..Manner::default() },
        ),
        ("signed by a key that was withdrawn", Manner { shown: vec![Sign::Ec], ..Manner::default() }),
        ("signed by a key of an unknown name", Manner { kid: Some("third"), ..Manner::default() }),
        ("changed after it was signed", Manner { tampered: true, ..Manner::default() }),
        ("a fault", Manner { token: Some((500, "{}")), ..Manner::default() }),
        ("no document", Manner { token: Some((200, "<html>")), ..Manner::default() }),
        ("somewhere else", Manner { token: Some((302, "")), ..Manner::default() }),
        ("somewhere else, with the secret", Manner { token: Some((307, "")), ..Manner::default() }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_that_is_not_the_providers_for_us_now_counts_for_nothing() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let (identity, id) = set_up(desk, &owner, json!({})).await;
        // Ben is known, and would get in.
        sign_in(&desk.browser(), &identity, &id).await.expect_status(200);
        let count = spoilt(desk).len();
        assert!(count >= 25);
        for place in 0..count {
            desk.clock.advance(Millis::minutes(2));
            let (what, manner) = spoilt(desk).remove(place);
            let browser = desk.browser();
            let url = begin(&browser, &id).await;
            identity.behave(manner);
            let answer = finish(&browser, &identity.let_in(&url)).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "provider_untrusted"), "{what}");
            assert_eq!(browser.cookie(), None, "{what}");
            assert!(!identity.calls().contains(&"elsewhere".to_owned()), "{what}: a redirect was followed");
            identity.behave(Manner::default());
        }
        desk.clock.advance(Millis::minutes(2));
        sign_in(&desk.browser(), &identity, &id).await.expect_status(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_describes_itself_wrongly_is_not_used() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let (identity, id) = set_up(desk, &owner, json!({})).await;
        // A canary that may not be called, on this machine.
        let canary = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let private = format!("http://{}/x", canary.local_addr().expect("an address"));
        let description = |description: Value| Manner { description, ..Manner::default() };
        let cases = [
            ("another issuer", description(json!({"issuer": "https://evil.example"}))),
            ("nearly its issuer", description(json!({"issuer": format!("{}/", identity.issuer())}))),
            ("no issuer", description(json!({"issuer": null}))),
            ("keys at a private address", description(json!({"jwks_uri": private}))),
            ("keys at a metadata service", description(json!({"jwks_uri": "https://169.254.169.254/keys"}))),
            ("a script to sign in at", description(json!({"authorization_endpoint": "javascript:alert(1)"}))),
            ("no address for tokens", description(json!({"token_endpoint": null}))),
            ("a file for tokens", description(json!({"token_endpoint": "file:///etc/passwd"}))),
            ("no code flow", description(json!({"response_types_supported": ["id_token"]}))),
            ("a redirect", Manner { described: Some((302, String::new())), ..Manner::default() }),
            ("nothing", Manner { described: Some((404, String::new())), ..Manner::default() }),
            ("no document", Manner { described: Some((200, "<html>".into())), ..Manner::default() }),
            ("too much", Manner { described: Some((200, "[".repeat(3 << 20))), ..Manner::default() }),
            ("too many keys", Manner { padding: 3 << 20, ..Manner::default() }),
        ];
        let test = format!("/api/providers/{id}/test");
        for (what, manner) in cases {
            desk.clock.advance(Millis::minutes(2));
            identity.behave(manner);
            let browser = desk.browser();
            let answer = browser.post(&format!("/api/session/providers/{id}"), &json!({})).await;
            assert_eq!((answer.status, answer.code().as_str()), (409, "provider_unreachable"), "{what}");
            assert_eq!(browser.away(), None, "{what}");
            let told = owner.post(&test, &json!({})).await.expect_status(200).json();
            assert!(told["problem"].as_str().is_some_and(|words| words.len() > 10), "{what}: {told}");
            assert_eq!(told["keys"], Value::Null, "{what}");
            assert!(!identity.calls().contains(&"elsewhere".to_owned()), "{what}: a redirect was followed");
        }
        // The address for tokens is private: nothing is called, and nothing shown there.
        identity.behave(description(json!({"token_endpoint": private})));
        let browser = desk.browser();
        let url = begin(&browser, &id).await;
        let answer = finish(&browser, &identity.let_in(&url)).await;
        assert_eq!(answer.expect_status(401).code(), "provider_untrusted");
        let knock = tokio::time::timeout(std::time::Duration::from_millis(200), canary.accept()).await;
        assert!(knock.is_err(), "the canary was called");
        identity.behave(Manner::default());
        let told = owner.post(&test, &json!({})).await.expect_status(200).json();
        assert_eq!(told, json!({"keys": 2, "problem": null}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_at_a_private_address_is_not_set_up() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        for issuer in [
            "http://127.0.0.1:1",
            "https://127.0.0.1",
            "https://2130706433",
            "https://[::ffff:10.0.0.1]",
            "https://169.254.169.254/latest",
            "http://id.example.com",
            "https://user:secret@id.example.com",
            "https://id.example.com/?x=1",
            "https://id.example.com/#x",
            "ftp://id.example.com",
            "id.example.com",
            "javascript:alert(1)",
            "",
        ] {
            let answer = owner.post("/api/providers", &draft(issuer)).await.expect_status(422);
            assert_eq!(answer.fields(), ["issuer"], "{issuer}");
        }
        // A name may lead to this machine: it is found out when it is called.
        let made = owner.post("/api/providers", &draft("https://localhost/realm")).await.expect_status(201);
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        let told =
            owner.post(&format!("/api/providers/{id}/test"), &json!({})).await.expect_status(200).json();
        assert!(told["problem"].as_str().is_some_and(|words| words.contains("private")), "{told}");
        let answer = desk.browser().post(&format!("/api/session/providers/{id}"), &json!({})).await;
        assert_eq!(answer.expect_status(409).code(), "provider_unreachable");
        // Where people are sent back to is what is configured, whatever a request says of its host.
        let elsewhere = desk.browser();
        let begun = elsewhere
            .request(reqwest::Method::POST, &format!("/api/session/providers/{id}"))
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example");
        assert_eq!(elsewhere.send(begun).await.status, 409);
        let listed = owner.get("/api/providers").await.expect_status(200).json();
        let expected = format!("http://{}/sign-in/provider", desk.address);
        assert_eq!(listed["callback_url"], expected.as_str());
        assert!(!listed.to_string().contains(SECRET), "the secret is told nowhere");
    })
    .await;
}
