//! Second steps, passkeys, links, limits, and what administrators do about them.

use model::{Clock, Millis};
use serde_json::{Value, json};

use crate::authenticator::{Authenticator, code};
use crate::browser::Browser;
use crate::desk::{Desk, PASSWORD, on_both};
use crate::identity::instead;
use crate::nodes;
use crate::provider::{self, set_up};
use crate::wire::Wire;

fn credentials(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD})
}

/// Sets one-time codes up; returns their secret and the recovery codes.
async fn set_up_codes(desk: &Desk, browser: &Browser) -> (String, Vec<String>) {
    let begun = browser.post("/api/me/codes", &json!({})).await.expect_status(200).json();
    let secret = begun["secret"].as_str().expect("a secret").to_owned();
    assert!(begun["url"].as_str().expect("an address").starts_with("otpauth://totp/Bellhop"));
    let wrong = browser.post("/api/me/codes/confirm", &json!({"code": "000000"})).await;
    assert_eq!(wrong.expect_status(422).fields(), ["code"]);
    let right = json!({"code": code(&secret, desk.clock.now())});
    let codes = browser.post("/api/me/codes/confirm", &right).await.expect_status(200).json();
    let codes = codes["recovery_codes"].as_array().expect("codes").iter();
    (secret, codes.map(|code| code.as_str().expect("text").to_owned()).collect())
}

/// Takes the first step; returns what the second is shown with.
async fn first_step(browser: &Browser, email: &str) -> Value {
    let answer = browser.post("/api/session", &credentials(email)).await.expect_status(202).json();
    assert_eq!(browser.cookie(), None, "one step is not in");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_step_is_asked_for_and_a_code_is_good_once() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let (secret, recovery) = set_up_codes(desk, &owner).await;
        assert_eq!(recovery.len(), 10);
        let browser = desk.browser();
        let step = first_step(&browser, "olga@example.com").await;
        assert_eq!(step["ways"], json!({"code": true, "passkey": false, "recovery": true, "enrol": false}));
        let take = |with: Value| {
            let mut body = json!({"token": step["token"]});
            body.as_object_mut().expect("fields").extend(with.as_object().expect("fields").clone());
            body
        };
        // The code that confirmed is used up, also within its half minute.
        let used = take(json!({"code": code(&secret, desk.clock.now())}));
        browser.post("/api/session/second_step", &used).await.expect_status(401);
        desk.clock.advance(Millis::seconds(30));
        let now = take(json!({"code": code(&secret, desk.clock.now())}));
        let me = browser.post("/api/session/second_step", &now).await.expect_status(200).json();
        assert_eq!(me["agent"]["email"], "olga@example.com");
        browser.get("/api/session").await.expect_status(200);
        // Neither the step nor the code is good again.
        browser.post("/api/session/second_step", &now).await.expect_status(401);
        let again = first_step(&desk.browser(), "olga@example.com").await;
        let replay = json!({"token": again["token"], "code": code(&secret, desk.clock.now())});
        browser.post("/api/session/second_step", &replay).await.expect_status(401);
        // A recovery code is good once, however it is typed.
        let spoken = recovery[3].replace('-', " ").to_uppercase();
        let by = |token: &Value| json!({"token": token, "recovery_code": spoken});
        desk.browser().post("/api/session/second_step", &by(&again["token"])).await.expect_status(200);
        let third = first_step(&desk.browser(), "olga@example.com").await;
        desk.browser().post("/api/session/second_step", &by(&third["token"])).await.expect_status(401);
        let factors = owner.get("/api/me/factors").await.expect_status(200).json();
        assert_eq!((&factors["code"], &factors["recovery_codes"]), (&json!(true), &json!(9)));
        desk.clock.advance(Millis::minutes(11));
        let late = json!({"token": third["token"], "code": code(&secret, desk.clock.now())});
        assert_eq!(
            browser.post("/api/session/second_step", &late).await.expect_status(401).code(),
            "unauthorized"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_cannot_be_guessed_side_by_side() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        set_up_codes(desk, &owner).await;
        let mut steps = Vec::new();
        for _ in 0..5 {
            steps.push(first_step(&desk.browser(), "olga@example.com").await["token"].clone());
        }
        let tries = (0..100).map(|n| {
            let (browser, token) = (desk.browser(), steps[n % 5].clone());
            async move {
                let body = json!({"token": token, "code": format!("{n:06}")});
                browser.post("/api/session/second_step", &body).await
            }
        });
        let answers = futures_util::future::join_all(tries).await;
        let looked_at =
            answers.iter().filter(|answer| answer.status == 401 && answer.code() == "bad_credentials");
        assert_eq!(looked_at.count(), 10, "ten guesses at an account's second step, and no more");
        assert!(answers.iter().all(|answer| matches!(answer.status, 401 | 429)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_cannot_be_guessed_side_by_side_on_two_nodes() {
    on_both(async |desk| {
        let known = desk.owner().await;
        let (other, running, _) = nodes::second(desk).await;
        let visit = |n: u8| app::session::Visit {
            address: Some(std::net::IpAddr::from([203, 0, 113, n])),
            ..app::session::Visit::default()
        };
        // From one address, at both nodes at once: five in all.
        let guess = |app: std::sync::Arc<app::App>, n: u8| async move {
            app::session::sign_in(&app, "olga@example.com", "a wrong guess", &visit(n)).await
        };
        let guesses = (0..100).map(|n| guess(if n % 2 == 0 { desk.app.clone() } else { other.clone() }, 7));
        let answers = futures_util::future::join_all(guesses).await;
        let looked_at =
            answers.iter().filter(|answer| matches!(answer, Err(app::Error::BadCredentials))).count();
        assert_eq!(looked_at, 5);
        // From everywhere: what is left of a hundred.
        let mut looked_at = 5;
        for n in 8..40 {
            for _ in 0..5 {
                let answer = guess(desk.app.clone(), n).await;
                looked_at += usize::from(matches!(answer, Err(app::Error::BadCredentials)));
            }
        }
        assert_eq!(looked_at, 100);
        desk.browser().post("/api/session", &credentials("olga@example.com")).await.expect_status(429);
        // The owner's own browser does not notice.
        known.delete("/api/session").await.expect_status(204);
        known.post("/api/session", &credentials("olga@example.com")).await.expect_status(200);
        running.stop(std::time::Duration::from_secs(1)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_asks_for_two_steps_lets_nobody_in_with_one() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let ben = desk.agent(&owner, "Ben", "agent").await;
        let mut wire = Wire::open(&ben, None).await;
        let ask = json!({"second_step_required": true});
        ben.put("/api/sign_in", &ask).await.expect_status(403);
        assert_eq!(owner.put("/api/sign_in", &ask).await.expect_status(409).code(), "conflict");
        let (secret, _) = set_up_codes(desk, &owner).await;
        owner.put("/api/sign_in", &ask).await.expect_status(200);
        owner.get("/api/session").await.expect_status(200);
        // One-step sessions end, and what they have open.
        ben.get("/api/session").await.expect_status(401);
        while let Some(frame) = wire.frame().await {
            if frame["type"] == "bye" {
                assert_eq!(frame["reason"], "revoked");
                break;
            }
        }
        assert!(Wire::try_open(&ben, None, &ben.origin()).await.is_err());
        // Whoever has no second step sets one up at the door.
        let step = first_step(&ben.fresh(), "ben@example.com").await;
        assert_eq!(step["ways"]["enrol"], true);
        let token = json!({"token": step["token"]});
        let begun = ben.post("/api/session/second_step/enrol", &token).await.expect_status(200).json();
        let theirs = begun["secret"].as_str().expect("a secret");
        let body = json!({"token": step["token"], "code": code(theirs, desk.clock.now())});
        ben.post("/api/session/second_step", &body).await.expect_status(200);
        ben.get("/api/session").await.expect_status(200);
        // The last second step stays.
        assert_eq!(ben.delete("/api/me/codes").await.expect_status(409).code(), "conflict");
        // Somebody with one cannot have another made at the door.
        let again = first_step(&desk.browser(), "olga@example.com").await;
        let token = json!({"token": again["token"]});
        desk.browser().post("/api/session/second_step/enrol", &token).await.expect_status(403);
        // An administrator helps somebody who lost theirs; that ends the sessions.
        let id = ben.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned();
        desk.clock.advance(Millis::minutes(11));
        let path = format!("/api/agents/{id}/factors");
        assert_eq!(owner.delete(&path).await.expect_status(403).code(), "proof_needed");
        let proof = json!({"code": code(&secret, desk.clock.now())});
        owner.post("/api/session/proof", &proof).await.expect_status(204);
        owner.delete(&path).await.expect_status(204);
        ben.get("/api/session").await.expect_status(401);
        let step = first_step(&ben.fresh(), "ben@example.com").await;
        assert_eq!(step["ways"]["enrol"], true);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_guards_an_account_is_changed_after_a_fresh_proof_alone() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.clock.advance(Millis::minutes(11));
        for path in ["/api/me/codes", "/api/me/recovery_codes", "/api/me/passkeys/begin"] {
            assert_eq!(
                owner.post(path, &json!({})).await.expect_status(403).code(),
                "proof_needed",
                "{path}"
            );
        }
        let wrong = owner.post("/api/session/proof", &json!({"password": "not it"})).await;
        assert_eq!(wrong.expect_status(422).fields(), ["password"]);
        owner.post("/api/session/proof", &json!({})).await.expect_status(422);
        owner.post("/api/session/proof", &json!({"password": PASSWORD})).await.expect_status(204);
        set_up_codes(desk, &owner).await;
        assert_eq!(owner.post("/api/me/codes", &json!({})).await.expect_status(409).code(), "conflict");
        owner.delete("/api/me/codes").await.expect_status(204);
        owner.delete("/api/me/codes").await.expect_status(404);
        let factors = owner.get("/api/me/factors").await.json();
        assert_eq!((&factors["code"], &factors["recovery_codes"]), (&json!(false), &json!(0)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_good_once_and_for_half_an_hour() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let draft = json!({"name": "Ivy", "email": "ivy@example.com", "role": "agent", "locale": "en"});
        let ivy = owner.post("/api/agents", &draft).await.expect_status(201).json();
        let path = format!("/api/agents/{}/link", ivy["id"].as_str().expect("an id"));
        // Without a password nobody signs in, whatever they say.
        for guess in ["", "!", PASSWORD] {
            let body = json!({"email": "ivy@example.com", "password": guess});
            desk.browser().post("/api/session", &body).await.expect_status(401);
        }
        let make = async || {
            // Somebody else's idea of where we are changes nothing.
            let request =
                owner.request(reqwest::Method::POST, &path).header("x-forwarded-host", "evil.example");
            let made = owner.send(request).await.expect_status(201).json();
            let url = made["url"].as_str().expect("an address").to_owned();
            let (page, token) = url.split_once("#token=").expect("a token");
            assert_eq!(page, format!("{}/welcome", owner.origin()));
            (made, token.to_owned())
        };
        let (first, old) = make().await;
        assert_eq!(first["kind"], "invitation");
        let (_, token) = make().await;
        let look = |token: &str| json!({"token": token});
        desk.browser().post("/api/links/look", &look(&old)).await.expect_status(404);
        let seen = desk.browser().post("/api/links/look", &look(&token)).await.expect_status(200).json();
        assert_eq!(
            (&seen["email"], &seen["workspace_name"]),
            (&json!("ivy@example.com"), &json!("Harbour Hotel"))
        );
        let choose = |token: &str, password: &str| json!({"token": token, "password": password});
        let short = desk.browser().post("/api/links/use", &choose(&token, "short")).await;
        assert_eq!(short.expect_status(422).fields(), ["password"]);
        // Of many at once one is let through.
        let uses = (0..8).map(|_| {
            let (browser, body) = (desk.browser(), choose(&token, PASSWORD));
            async move { browser.post("/api/links/use", &body).await.status }
        });
        let mut answers = futures_util::future::join_all(uses).await;
        answers.sort_unstable();
        assert_eq!(answers, [204, 404, 404, 404, 404, 404, 404, 404]);
        let ivys = desk.sign_in("ivy@example.com").await;
        // A reset ends sessions, and is too late after half an hour.
        let (reset, token) = make().await;
        assert_eq!(reset["kind"], "reset");
        desk.clock.advance(Millis::minutes(30));
        desk.browser()
            .post("/api/links/use", &choose(&token, "another long sentence"))
            .await
            .expect_status(404);
        owner.post("/api/session/proof", &json!({"password": PASSWORD})).await.expect_status(204);
        let (_, token) = make().await;
        ivys.get("/api/session").await.expect_status(200);
        desk.browser()
            .post("/api/links/use", &choose(&token, "another long sentence"))
            .await
            .expect_status(204);
        ivys.get("/api/session").await.expect_status(401);
        desk.stranger().await.post(&path, &json!({})).await.expect_status(404);
        // The database knows no token.
        let url = app::link::make_for(&desk.app, "Ivy@example.com").await.expect("a link").url;
        assert!(url.expose().contains("/welcome#token="));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_ends_a_colleagues_sessions() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let admin = desk.agent(&owner, "Ada", "admin").await;
        let id = async |browser: &Browser| {
            browser.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned()
        };
        let (boss, theirs) = (id(&owner).await, id(&admin).await);
        admin.delete(&format!("/api/agents/{boss}/sessions")).await.expect_status(403);
        desk.stranger().await.delete(&format!("/api/agents/{theirs}/sessions")).await.expect_status(404);
        owner.delete(&format!("/api/agents/{theirs}/sessions")).await.expect_status(204);
        admin.get("/api/session").await.expect_status(401);
    })
    .await;
}

/// Begins to add a passkey and lets a device make one.
async fn add_passkey(browser: &Browser, device: &mut Authenticator, name: &str) -> Value {
    let begun = browser.post("/api/me/passkeys/begin", &json!({})).await.expect_status(200).json();
    let credential = device.create(&begun["options"], &browser.origin());
    let body = json!({"token": begun["token"], "name": name, "credential": credential});
    browser.post("/api/me/passkeys", &body).await.expect_status(201).json()
}

async fn begin(browser: &Browser) -> Value {
    browser.post("/api/session/passkey/begin", &json!({})).await.expect_status(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_and_everything_that_is_not_one_does_not() {
    on_both(async |desk| {
        // Here people come by a bare address, where there are no passkeys.
        let bare = desk.owner().await;
        assert_eq!(
            bare.post("/api/me/passkeys/begin", &json!({})).await.expect_status(409).code(),
            "conflict"
        );
        let (_, running, elsewhere) = nodes::second(desk).await;
        let owner = elsewhere.by_name("localhost");
        owner.post("/api/session", &credentials("olga@example.com")).await.expect_status(200);
        let mut device = Authenticator::new(b"a device");
        let added = add_passkey(&owner, &mut device, "my phone").await;
        assert_eq!(added["name"], "my phone");
        let fresh = || owner.fresh();
        let show =
            |begun: &Value, credential: Value| json!({"token": begun["token"], "credential": credential});
        let refused = async |what: &str, body: &Value| {
            let answer = fresh().post("/api/session/passkey", body).await;
            assert_eq!(answer.status, 401, "{what} signed in");
        };
        let begun = begin(&owner).await;
        let good = show(&begun, device.get(&begun["options"], &owner.origin()));
        let browser = fresh();
        let me = browser.post("/api/session/passkey", &good).await.expect_status(200).json();
        assert_eq!(me["agent"]["email"], "olga@example.com");
        refused("a replay", &good).await;
        let begun = begin(&owner).await;
        let body = show(&begun, device.get(&begun["options"], "http://evil.example"));
        refused("another origin", &body).await;
        let (begun, other) = (begin(&owner).await, begin(&owner).await);
        let body = show(&begun, device.get(&other["options"], &owner.origin()));
        refused("another challenge", &body).await;
        let begun = begin(&owner).await;
        let mut options = begun["options"].clone();
        options["publicKey"]["rpId"] = json!("evil.example");
        let body = show(&begun, device.get(&options, &owner.origin()));
        refused("another party", &body).await;
        let begun = begin(&owner).await;
        device.verifies = false;
        let body = show(&begun, device.get(&begun["options"], &owner.origin()));
        refused("an unverified owner", &body).await;
        device.verifies = true;
        let begun = begin(&owner).await;
        let mut credential = device.get(&begun["options"], &owner.origin());
        credential["response"]["userHandle"] = json!("AAAAAAAAAAAAAAAAAAAAAQ");
        refused("somebody else's name", &show(&begun, credential)).await;
        let begun = begin(&owner).await;
        let mut impostor = Authenticator::new(b"a device");
        let body = show(&begun, impostor.get(&begun["options"], &owner.origin()));
        refused("another key", &body).await;
        let begun = begin(&owner).await;
        device.rewind();
        let body = show(&begun, device.get(&begun["options"], &owner.origin()));
        refused("a copy of the device", &body).await;
        refused("nothing", &json!({"token": "x", "credential": {}})).await;
        let begun = begin(&owner).await;
        refused("a text", &json!({"token": begun["token"], "credential": "x"})).await;
        running.stop(std::time::Duration::from_secs(1)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passkeys_are_listed_renamed_removed_and_prove() {
    on_both(async |desk| {
        desk.owner().await;
        let (_, running, elsewhere) = nodes::second(desk).await;
        let owner = elsewhere.by_name("localhost");
        owner.post("/api/session", &credentials("olga@example.com")).await.expect_status(200);
        let mut device = Authenticator::new(b"one");
        let added = add_passkey(&owner, &mut device, " laptop ").await;
        let path = format!("/api/me/passkeys/{}", added["id"].as_str().expect("an id"));
        // A device that is known is not taken again, and another's ceremony is not finished.
        let begun = owner.post("/api/me/passkeys/begin", &json!({})).await.json();
        let again = json!({"token": begun["token"], "name": "x", "credential": device.create(&begun["options"], &owner.origin())});
        assert!(matches!(owner.post("/api/me/passkeys", &again).await.status, 409 | 422));
        owner.post("/api/me/passkeys", &again).await.expect_status(401);
        owner.patch(&path, &json!({"name": "work laptop"})).await.expect_status(204);
        let items = owner.get("/api/me/passkeys").await.expect_status(200).items();
        assert_eq!((items.len(), &items[0]["name"]), (1, &json!("work laptop")));
        // A password alone is now the first of two steps.
        let step = first_step(&owner.fresh(), "olga@example.com").await;
        assert_eq!(step["ways"], json!({"code": false, "passkey": true, "recovery": false, "enrol": false}));
        // It proves its owner, and nobody else.
        desk.clock.advance(Millis::minutes(11));
        assert_eq!(owner.delete(&path).await.expect_status(403).code(), "proof_needed");
        desk.stranger().await;
        let stranger = owner.fresh();
        stranger.post("/api/session", &credentials("sven@example.net")).await.expect_status(200);
        let begun = begin(&owner).await;
        let proof = json!({"passkey": {"token": begun["token"], "credential": device.get(&begun["options"], &owner.origin())}});
        stranger.post("/api/session/proof", &proof).await.expect_status(401);
        let begun = begin(&owner).await;
        let proof = json!({"passkey": {"token": begun["token"], "credential": device.get(&begun["options"], &owner.origin())}});
        owner.post("/api/session/proof", &proof).await.expect_status(204);
        stranger.patch(&path, &json!({"name": "mine"})).await.expect_status(404);
        owner.delete(&path).await.expect_status(204);
        owner.delete(&path).await.expect_status(404);
        owner.fresh().post("/api/session", &credentials("olga@example.com")).await.expect_status(200);
        running.stop(std::time::Duration::from_secs(1)).await;
    })
    .await;
}

/// Signs in by a passkey alone.
async fn by_passkey(browser: &Browser, device: &mut Authenticator) {
    let begun = begin(browser).await;
    let shown =
        json!({"token": begun["token"], "credential": device.get(&begun["options"], &browser.origin())});
    browser.post("/api/session/passkey", &shown).await.expect_status(200);
}

/// Whoever came through a provider that is gone has nothing but passkeys, and keeps the last of them, also when two are
/// removed at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_way_in_is_not_removed() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let opens = json!({"creates_accounts": true, "default_role": "agent"});
        let (identity, id) = set_up(desk, &owner, opens).await;
        identity.behave(instead(json!({"sub": "u-7", "email": "dora@example.com"})));
        let (_, running, elsewhere) = nodes::second(desk).await;
        let here = desk.browser();
        provider::sign_in(&here, &identity, &id).await.expect_status(200);
        // The same session, at an address that has a name, as passkeys need it.
        let dora = elsewhere.by_name("localhost").with_cookie_of(&here);
        let (mut one, mut two) = (Authenticator::new(b"one"), Authenticator::new(b"two"));
        let mut paths = Vec::new();
        for device in [&mut one, &mut two] {
            let added = add_passkey(&dora, device, "key").await;
            paths.push(format!("/api/me/passkeys/{}", added["id"].as_str().expect("an id")));
        }
        owner.delete(&format!("/api/providers/{id}")).await.expect_status(204);
        dora.get("/api/session").await.expect_status(401);
        by_passkey(&dora, &mut one).await;
        let (first, second) = tokio::join!(dora.delete(&paths[0]), dora.delete(&paths[1]));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409], "one stays");
        let refused = if first.status == 409 { first } else { second };
        assert_eq!(refused.code(), "conflict");
        assert!(refused.json()["error"]["message"].as_str().expect("text").contains("only way"));
        assert_eq!(dora.get("/api/me/passkeys").await.items().len(), 1);
        // One that is somebody else's or none is no different from one that is absent.
        dora.delete("/api/me/passkeys/pk_0000000000001").await.expect_status(404);
        running.stop(std::time::Duration::from_secs(1)).await;
    })
    .await;
}
