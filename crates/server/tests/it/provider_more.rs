//! What a provider says beyond who somebody is: that they have signed out there, more of them than an id token holds, and how
//! they showed who they are.

use std::time::Instant;

use model::Millis;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::desk::{Desk, on_both, with};
use crate::identity::{CLIENT, Identity, Manner, Sign, instead};
use crate::nodes;
use crate::provider::{begin, draft, finish, set_up, sign_in};
use crate::wire::Wire;

/// Says at a desk that somebody has signed out.
async fn say(browser: &Browser, provider: &str, word: &str) -> u16 {
    let form: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("logout_token", word)
        .append_pair("other", "thing")
        .finish();
    let request = browser
        .bare(Method::POST, &format!("/hooks/providers/{provider}/sign-out"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let reply = browser.send(request).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    reply.status
}

async fn signed_in(desk: &Desk, identity: &Identity, id: &str, claims: Value) -> Browser {
    identity.behave(instead(claims));
    let browser = desk.browser();
    sign_in(&browser, identity, id).await.expect_status(200);
    browser
}

/// Which of some browsers are still signed in.
async fn inside(browsers: &[&Browser]) -> Vec<bool> {
    let mut all = Vec::new();
    for browser in browsers {
        all.push(browser.get("/api/session").await.status == 200);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_at_the_provider_ends_what_began_through_it_on_all_nodes() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let by_password = desk.agent(&owner, "Ben", "agent").await;
        desk.agent(&owner, "Cleo", "agent").await;
        let (identity, id) = set_up(desk, &owner, json!({})).await;
        let one = signed_in(desk, &identity, &id, json!({"sid": "s-1"})).await;
        let two = signed_in(desk, &identity, &id, json!({"sid": "s-2"})).await;
        let nameless = signed_in(desk, &identity, &id, json!({})).await;
        let cleo = json!({"sub": "u-2", "sid": "s-3", "email": "cleo@example.com"});
        let cleo = signed_in(desk, &identity, &id, cleo).await;
        let (_, running, elsewhere) = nodes::second(desk).await;
        let there = elsewhere.with_cookie_of(&one);
        let me = there.get("/api/session").await.expect_status(200).json();
        let mut wire = Wire::open(&there, me["seq"].as_i64()).await;
        let anybody = desk.browser();
        // By the sign-in alone.
        let began = Instant::now();
        let word = identity.signed_out(Sign::Rsa(0), "logout+jwt", &json!({"sub": null, "sid": "s-1"}));
        assert_eq!(say(&anybody, &id, &word).await, 200);
        let reason = loop {
            // That something about the agent changed may come first.
            let frame = wire.frame().await.expect("a goodbye");
            if frame["type"] == "bye" {
                break frame["reason"].clone();
            }
        };
        assert_eq!(reason, "revoked");
        let took = began.elapsed();
        assert!(took < std::time::Duration::from_secs(5), "the other node's socket was open for {took:?}");
        assert_eq!(
            inside(&[&one, &two, &nameless, &cleo, &by_password]).await,
            [false, true, true, true, true]
        );
        // The same word counts once.
        assert_eq!(say(&anybody, &id, &word).await, 400);
        // By the person and the sign-in: also what has no name.
        let both = identity.signed_out(Sign::Ec, "logout+jwt", &json!({"sid": "s-9"}));
        assert_eq!(say(&anybody, &id, &both).await, 200);
        assert_eq!(inside(&[&two, &nameless, &cleo]).await, [true, false, true]);
        // By the person: everything of theirs, and what began otherwise stays.
        let word = identity.signed_out(Sign::Rsa(0), "JWT", &json!({}));
        assert_eq!(say(&anybody, &id, &word).await, 200);
        assert_eq!(inside(&[&two, &cleo, &by_password, &owner]).await, [false, true, true, true]);
        // Somebody who was never here.
        let word = identity.signed_out(Sign::Rsa(0), "JWT", &json!({"sub": "u-9"}));
        assert_eq!(say(&anybody, &id, &word).await, 200);
        let acts = owner.get("/api/audit").await.expect_status(200).items();
        let ended = acts.iter().filter(|entry| entry["act"] == "session.ended").count();
        assert_eq!(ended, 3);
        running.stop(std::time::Duration::from_secs(1)).await;
    })
    .await;
}

/// A sign-in that is over before its second step was taken, or before the browser came back, begins nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_over_already_begins_nothing() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let (identity, id) = set_up(desk, &owner, json!({})).await;
        identity.behave(instead(json!({"sid": "s-1"})));
        let browser = desk.browser();
        let callback = identity.let_in(&begin(&browser, &id).await);
        let word = identity.signed_out(Sign::Rsa(0), "logout+jwt", &json!({"sub": null, "sid": "s-1"}));
        assert_eq!(say(&desk.browser(), &id, &word).await, 200);
        assert_eq!(finish(&browser, &callback).await.expect_status(401).code(), "provider_late");
        signed_in(desk, &identity, &id, json!({"sid": "s-2"})).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_is_not_exactly_right_ends_nothing() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let (identity, id) = set_up(desk, &owner, json!({})).await;
        let ben = signed_in(desk, &identity, &id, json!({"sid": "s-1"})).await;
        let anybody = desk.browser();
        let now = model::Clock::now(&*desk.clock).0 / 1000;
        let event = "http://schemas.openid.net/event/backchannel-logout";
        let good = |over: Value| identity.signed_out(Sign::Rsa(0), "logout+jwt", &over);
        let mut words = vec![
            ("not a token", "rubbish".to_owned()),
            ("an empty word", String::new()),
            ("unsigned", identity.signed_out(Sign::None, "logout+jwt", &json!({}))),
            ("our own secret", identity.signed_out(Sign::ClientSecret, "logout+jwt", &json!({}))),
            ("the public key as a secret", identity.signed_out(Sign::PublicKey, "logout+jwt", &json!({}))),
            ("a key that is not shown", identity.signed_out(Sign::Rsa(1), "logout+jwt", &json!({}))),
            ("another kind of token", identity.signed_out(Sign::Rsa(0), "at+jwt", &json!({}))),
        ];
        for (what, over) in [
            ("another issuer", json!({"iss": "https://elsewhere.example"})),
            ("for another", json!({"aud": "other"})),
            ("for us and another", json!({"aud": [CLIENT, "other"]})),
            ("for nobody", json!({"aud": []})),
            ("no event", json!({"events": null})),
            ("another event", json!({"events": {"http://schemas.openid.net/event/other": {}}})),
            ("an event that is no object", json!({"events": {event: "yes"}})),
            ("a nonce", json!({"nonce": "n"})),
            ("no name of its own", json!({"jti": null})),
            ("an empty name", json!({"jti": ""})),
            ("about nobody", json!({"sub": null})),
            ("about nobody, in two ways", json!({"sub": "", "sid": ""})),
            ("of long ago", json!({"iat": now - 3600, "exp": now + 3600})),
            ("of the future", json!({"iat": now + 3600, "exp": now + 7200})),
            ("expired", json!({"iat": now - 500, "exp": now - 400})),
            ("without an end", json!({"exp": null})),
            ("of no time", json!({"iat": i64::MAX})),
        ] {
            words.push((what, good(over)));
        }
        let right = good(json!({}));
        let (message, signature) = right.rsplit_once('.').expect("parts");
        let head = right.split('.').next().expect("a head");
        let other = good(json!({"sub": "u-2"}));
        let claims = other.split('.').nth(1).expect("claims");
        words.push(("claims of another word", format!("{head}.{claims}.{signature}")));
        words.push(("no signature", format!("{message}.")));
        words.push(("too long", format!("{right}{}", "A".repeat(20_000))));
        for (what, word) in &words {
            assert_eq!(say(&anybody, &id, word).await, 400, "{what}");
        }
        for nobody in ["idp_0000000000001", "rubbish"] {
            assert_eq!(say(&anybody, nobody, &right).await, 400);
        }
        assert_eq!(inside(&[&ben]).await, [true]);
        // However often somebody says what is wrong, the provider is asked for its keys seldom.
        identity.calls();
        for _ in 0..20 {
            say(&anybody, &id, &words[5].1).await;
        }
        assert!(identity.calls().len() <= 4);
        assert_eq!(say(&anybody, &id, &right).await, 200);
        assert_eq!(inside(&[&ben]).await, [false]);
    })
    .await;
}

/// How a provider behaves that says more of somebody elsewhere.
fn says_more(identity: &Identity, claims: Value, more: Option<Value>) -> Manner {
    let description = json!({"userinfo_endpoint": format!("{}/more", identity.issuer())});
    Manner { description, claims, more, ..Manner::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_id_token_lacks_is_asked_for() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let groups = json!({"creates_accounts": true, "group_roles": [{"group": "leads", "role": "lead"}]});
        let (identity, id) = set_up(desk, &owner, groups).await;
        let bare = json!({"email": null, "email_verified": null, "name": null});
        let all = json!({
            "sub": "u-1", "email": "Dora@example.com", "email_verified": true, "name": "Dora", "groups": ["leads"],
        });
        identity.behave(says_more(&identity, bare.clone(), Some(all.clone())));
        let me = sign_in(&desk.browser(), &identity, &id).await.expect_status(200).json();
        let agent = &me["agent"];
        assert_eq!(
            (agent["email"].as_str(), agent["name"].as_str(), agent["role"].as_str()),
            (Some("dora@example.com"), Some("Dora"), Some("lead"))
        );
        // Not asked where nothing is lacking.
        identity.calls();
        let whole = json!({"email": "dora@example.com", "groups": ["leads"]});
        identity.behave(says_more(&identity, whole, Some(all.clone())));
        sign_in(&desk.browser(), &identity, &id).await.expect_status(200);
        assert!(!identity.calls().contains(&"more".to_owned()));
        // About somebody else, or not to be had: without their groups nobody's role is known.
        for more in [Some(with(all.clone(), json!({"sub": "u-2"}))), Some(json!({"groups": ["leads"]})), None] {
            identity.behave(says_more(&identity, bare.clone(), more));
            let refused = sign_in(&desk.browser(), &identity, &id).await;
            assert_eq!((refused.status, refused.code().as_str()), (401, "provider_untrusted"));
            desk.clock.advance(Millis::minutes(1));
        }
        // An address that it has not verified is none.
        let unsure = with(all, json!({"sub": "u-8", "email_verified": false}));
        let manner = says_more(&identity, with(bare, json!({"sub": "u-8"})), Some(unsure));
        identity.behave(manner);
        assert_eq!(sign_in(&desk.browser(), &identity, &id).await.code(), "provider_no_account");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_has_to_ask_for_as_much_as_it_was_asked_to() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let (identity, id) =
            set_up(desk, &owner, json!({"acr_values": ["phrh", "phr"], "max_age": 60})).await;
        let browser = desk.browser();
        let url = begin(&browser, &id).await;
        let asked: std::collections::HashMap<String, String> =
            url::Url::parse(&url).expect("an address").query_pairs().into_owned().collect();
        assert_eq!((asked["acr_values"].as_str(), asked["max_age"].as_str()), ("phrh phr", "3600"));
        let now = model::Clock::now(&*desk.clock).0 / 1000;
        for (claims, code) in [
            (json!({"acr": null}), "provider_weak"),
            (json!({"acr": "pwd"}), "provider_weak"),
            (json!({"acr": "phr phrh"}), "provider_weak"),
            (json!({"acr": "phr", "auth_time": null}), "provider_weak"),
            (json!({"acr": "phr", "auth_time": now - 3600 - 400}), "provider_weak"),
        ] {
            identity.behave(instead(claims.clone()));
            let refused = sign_in(&desk.browser(), &identity, &id).await;
            assert_eq!((refused.status, refused.code().as_str()), (401, code), "{claims}");
        }
        for acr in ["phr", "phrh"] {
            identity.behave(instead(json!({"acr": acr, "auth_time": now - 3000})));
            sign_in(&desk.browser(), &identity, &id).await.expect_status(200);
        }
        for (field, wrong) in
            [("acr_values", json!(["a b"])), ("max_age", json!(0)), ("max_age", json!(43_201))]
        {
            let draft = with(draft(identity.issuer()), json!({field: wrong}));
            let refused = owner.put(&format!("/api/providers/{id}"), &draft).await.expect_status(422);
            assert_eq!(refused.fields(), [field]);
        }
        let all = owner.get("/api/providers").await.expect_status(200).json();
        assert_eq!(all["items"][0]["acr_values"], json!(["phrh", "phr"]));
        assert!(
            all["sign_out_url"].as_str().expect("an address").ends_with("/hooks/providers/{id}/sign-out")
        );
    })
    .await;
}
