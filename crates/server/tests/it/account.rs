//! The first start, signing in and out, rotation and revocation.

use model::{Millis, Secret};
use reqwest::Method;
use serde_json::{Value, json};

use crate::desk::{PASSWORD, on_both, with};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_works_once() {
    on_both(async |desk| {
        let browser = desk.browser();
        assert_eq!(browser.get("/api/setup").await.json(), json!({"needed": true}));
        let token = app::session::setup_token(&desk.app).await.expect("a token").expect("needed");
        let setup = |token: &str| {
            json!({"token": token, "workspace_name": "Harbour Hotel", "name": "Olga",
                "email": "Olga@Example.com", "password": PASSWORD, "locale": "zh-CN"})
        };
        let wrong = browser.post("/api/setup", &setup("nonsense")).await.expect_status(422);
        assert_eq!(wrong.fields(), ["token"]);
        let me = browser.post("/api/setup", &setup(token.expose())).await.expect_status(201).json();
        assert_eq!(me["agent"]["role"], "owner");
        assert_eq!(me["agent"]["email"], "olga@example.com");
        assert_eq!(me["workspace"]["name"], "Harbour Hotel");
        assert_eq!(me["permissions"].as_array().map(Vec::len), Some(model::Permission::ALL.len()));
        assert_eq!(browser.get("/api/session").await.expect_status(200).json()["agent"], me["agent"]);
        assert_eq!(browser.get("/api/setup").await.json(), json!({"needed": false}));
        desk.browser().post("/api/setup", &setup(token.expose())).await.expect_status(409);
        assert!(app::session::setup_token(&desk.app).await.expect("asked").is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_link_ends_the_old_one_and_a_link_ends_by_itself() {
    on_both(async |desk| {
        let old = app::session::setup_token(&desk.app).await.expect("a token").expect("needed");
        let new = app::session::setup_token(&desk.app).await.expect("a token").expect("needed");
        let setup = |token: &str| {
            json!({"token": token, "workspace_name": "H", "name": "O", "email": "o@example.com",
                "password": PASSWORD, "locale": "en"})
        };
        desk.browser().post("/api/setup", &setup(old.expose())).await.expect_status(422);
        desk.clock.advance(Millis::hours(25));
        desk.browser().post("/api/setup", &setup(new.expose())).await.expect_status(422);
        let fresh = app::session::setup_token(&desk.app).await.expect("a token").expect("needed");
        desk.browser().post("/api/setup", &setup(fresh.expose())).await.expect_status(201);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_of_the_setup_is_named() {
    on_both(async |desk| {
        let body =
            json!({"token": "x", "workspace_name": " ", "name": "", "email": "nobody", "password": "short"});
        let refused = desk.browser().post("/api/setup", &body).await.expect_status(422);
        assert_eq!(refused.fields(), ["workspace_name", "name", "email", "password"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_address_wrong_password_and_disabled_account_look_alike() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let ben = desk.agent(&owner, "Ben", "agent").await;
        let id = ben.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned();
        owner.patch(&format!("/api/agents/{id}"), &json!({"disabled": true})).await.expect_status(200);
        ben.get("/api/session").await.expect_status(401);
        let mut answers = Vec::new();
        for (email, password) in [
            ("nobody@example.com", PASSWORD),
            ("olga@example.com", "wrong password"),
            ("ben@example.com", PASSWORD),
        ] {
            let refused =
                desk.browser().post("/api/session", &json!({"email": email, "password": password})).await;
            answers.push(refused.expect_status(401).json());
        }
        assert_eq!(answers[0]["error"]["code"], "bad_credentials");
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_counted_and_the_owner_is_not_kept_out() {
    on_both(async |desk| {
        desk.owner().await;
        let guess = json!({"email": "olga@example.com", "password": "guess"});
        let mut statuses = Vec::new();
        for _ in 0..7 {
            statuses.push(desk.browser().post("/api/session", &guess).await.status);
        }
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);
        let refused = desk.browser().post("/api/session", &guess).await.expect_status(429);
        assert!((1..=20).contains(&refused.header("retry-after").parse::<u64>().expect("seconds")));
        // The owner's own browser, from another address, is not concerned; here time stands for it.
        desk.clock.advance(Millis::seconds(20));
        desk.sign_in("olga@example.com").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_replaced_after_an_hour_and_the_old_one_ends_a_minute_later() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let old = owner.twin();
        let before = owner.cookie();
        owner.get("/api/session").await.expect_status(200);
        assert_eq!(owner.cookie(), before, "not yet");
        desk.clock.advance(Millis::minutes(61));
        let answer = owner.get("/api/agents").await.expect_status(200);
        assert!(answer.header("set-cookie").contains("HttpOnly; SameSite=Lax"));
        assert_ne!(owner.cookie(), before);
        let kept = old.twin();
        old.get("/api/session").await.expect_status(200);
        assert_eq!(old.cookie(), before, "what is under way with the old token gets no token of its own");
        desk.clock.advance(Millis::seconds(61));
        kept.get("/api/session").await.expect_status(401);
        owner.get("/api/session").await.expect_status(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_session_lives_on_and_an_unused_one_ends() {
    on_both(async |desk| {
        let (used, unused) = (desk.owner().await, desk.sign_in("olga@example.com").await);
        for _ in 0..5 {
            desk.clock.advance(Millis::days(9));
            used.get("/api/session").await.expect_status(200);
        }
        unused.get("/api/session").await.expect_status(401);
        assert_eq!(used.get("/api/sessions").await.items().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended() {
    on_both(async |desk| {
        let here = desk.owner().await;
        let there = desk.sign_in("olga@example.com").await;
        let sessions = here.get("/api/sessions").await.expect_status(200).items();
        assert_eq!(sessions.len(), 2);
        assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
        assert!(sessions.iter().all(|session| session["address"] == "127.0.0.1"));
        let other = sessions.iter().find(|session| session["current"] == false).expect("the other");
        let path = format!("/api/sessions/{}", other["id"].as_str().expect("an id"));
        desk.stranger().await.delete(&path).await.expect_status(404);
        here.delete(&path).await.expect_status(204);
        there.get("/api/session").await.expect_status(401);
        here.delete(&path).await.expect_status(404);
        let third = desk.sign_in("olga@example.com").await;
        here.delete("/api/sessions").await.expect_status(204);
        assert_eq!(here.cookie(), None, "the cookie is taken back");
        third.get("/api/session").await.expect_status(401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_token_and_not_only_the_cookie() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let thief = owner.twin();
        owner.delete("/api/session").await.expect_status(204);
        assert_eq!(owner.cookie(), None);
        thief.get("/api/session").await.expect_status(401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_other_sessions() {
    on_both(async |desk| {
        let (here, there) = (desk.owner().await, desk.sign_in("olga@example.com").await);
        let change = |current: &str| json!({"current": current, "new": "another long sentence"});
        let refused = here.post("/api/me/password", &change("not it")).await.expect_status(422);
        assert_eq!(refused.fields(), ["current"]);
        here.post("/api/me/password", &change(PASSWORD)).await.expect_status(204);
        here.get("/api/session").await.expect_status(200);
        there.get("/api/session").await.expect_status(401);
        let old = json!({"email": "olga@example.com", "password": PASSWORD});
        desk.browser().post("/api/session", &old).await.expect_status(401);
        let reset = model::Secret::new("a third long sentence".to_owned());
        app::agent::reset_password(&desk.app, "Olga@example.com", &reset).await.expect("reset");
        here.get("/api/session").await.expect_status(401);
        let new = json!({"email": "olga@example.com", "password": "a third long sentence"});
        desk.browser().post("/api/session", &new).await.expect_status(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_are_made_and_changed_and_an_owner_remains() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let admin = desk.agent(&owner, "Ada", "admin").await;
        let taken = json!({"name": "X", "email": "ADA@example.com", "password": PASSWORD, "role": "agent"});
        assert_eq!(owner.post("/api/agents", &taken).await.expect_status(422).fields(), ["email"]);
        let usurper = json!({"name": "X", "email": "x@example.com", "password": PASSWORD, "role": "owner"});
        admin.post("/api/agents", &usurper).await.expect_status(403);
        let agents = owner.get("/api/agents").await.items();
        let id = |name: &str| {
            let agent = agents.iter().find(|agent| agent["name"] == name).expect("the agent");
            format!("/api/agents/{}", agent["id"].as_str().expect("an id"))
        };
        admin.patch(&id("Olga"), &json!({"role": "agent"})).await.expect_status(403);
        admin.patch(&id("Ada"), &json!({"role": "owner"})).await.expect_status(403);
        let last = owner.patch(&id("Olga"), &json!({"role": "admin"})).await.expect_status(409);
        assert_eq!(last.code(), "conflict");
        owner.patch(&id("Olga"), &json!({"disabled": true})).await.expect_status(409);
        owner.patch(&id("Ada"), &json!({"role": "owner", "name": "Ada L."})).await.expect_status(200);
        let olga = admin.patch(&id("Olga"), &json!({"role": "agent"})).await.expect_status(200).json();
        assert_eq!(olga["role"], "agent");
        assert_eq!(
            owner.patch("/api/me", &json!({"locale": "zh-CN"})).await.json()["agent"]["locale"],
            "zh-CN"
        );
        owner.get("/api/parked").await.expect_status(403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_and_saved_replies_are_kept() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let label = owner.post("/api/labels", &json!({"name": " refund ", "color": "red"})).await;
        let label = label.expect_status(201).json();
        assert_eq!(label["name"], "refund");
        let path = format!("/api/labels/{}", label["id"].as_str().expect("an id"));
        let again = owner.post("/api/labels", &json!({"name": "Refund", "color": "red"})).await;
        assert_eq!(again.expect_status(422).fields(), ["name"]);
        let wrong = owner.patch(&path, &json!({"color": "mauve"})).await.expect_status(422);
        assert_eq!(wrong.fields(), ["color"]);
        assert_eq!(owner.patch(&path, &json!({"color": "blue"})).await.json()["color"], "blue");
        desk.stranger().await.patch(&path, &json!({"color": "red"})).await.expect_status(404);
        assert_eq!(owner.get("/api/labels").await.items().len(), 1);
        owner.delete(&path).await.expect_status(204);
        owner.delete(&path).await.expect_status(404);
        let reply = json!({"shortcut": "/hours", "body": "Open from 9\nto 18."});
        let reply = owner.post("/api/quick_replies", &reply).await.expect_status(201).json();
        assert_eq!((&reply["shortcut"], &reply["body"]), (&json!("hours"), &json!("Open from 9\nto 18.")));
        let spaced = json!({"shortcut": "two words", "body": ""});
        let wrong = owner.post("/api/quick_replies", &spaced).await.expect_status(422);
        assert_eq!(wrong.fields(), ["shortcut", "body"]);
        let path = format!("/api/quick_replies/{}", reply["id"].as_str().expect("an id"));
        assert_eq!(owner.patch(&path, &json!({"body": "New"})).await.json()["shortcut"], "hours");
        owner.delete(&path).await.expect_status(204);
        assert!(owner.get("/api/quick_replies").await.items().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_used_every_day_ends_all_the_same() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        for _ in 0..89 {
            desk.clock.advance(Millis::days(1));
            owner.get("/api/session").await.expect_status(200);
        }
        desk.clock.advance(Millis::days(1));
        assert_eq!(owner.get("/api/session").await.expect_status(401).code(), "unauthorized");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_more_than_a_name() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let body = json!({"name": "Ana Petrova", "email": "ana@example.com", "password": "AnaPetrova.2026", "role": "agent",
            "locale": "en"});
        let refused = owner.post("/api/agents", &body).await.expect_status(422);
        assert_eq!(refused.fields(), ["password"]);
        for known in ["olga-bellhop-1", "HarbourHotel.2026"] {
            let change = json!({"current": PASSWORD, "new": known});
            let refused = owner.post("/api/me/password", &change).await.expect_status(422);
            assert_eq!(refused.fields(), ["new"], "{known}");
        }
        let of_the_house = with(body, json!({"password": "HarbourHotel.2026"}));
        let refused = owner.post("/api/agents", &of_the_house).await.expect_status(422);
        assert_eq!(refused.fields(), ["password"]);
        let made = with(of_the_house, json!({"password": PASSWORD}));
        owner.post("/api/agents", &made).await.expect_status(201);
        for known in ["AnaPetrova.2026", "HarbourHotel.2026", "ana.example.com"] {
            let known = Secret::new(known.to_owned());
            let refused = app::agent::reset_password(&desk.app, "Ana@example.com", &known).await;
            assert!(matches!(refused, Err(app::Error::Invalid(_))), "{refused:?}");
        }
        // What is wrong with a password is said first, whoever it is for.
        let short = Secret::new("short".to_owned());
        for (email, password) in [("ana@example.com", &short), ("nobody@example.com", &short)] {
            let refused = app::agent::reset_password(&desk.app, email, password).await;
            assert!(matches!(refused, Err(app::Error::Invalid(_))), "{refused:?}");
        }
        let good = Secret::new("another long sentence".to_owned());
        let unknown = app::agent::reset_password(&desk.app, "nobody@example.com", &good).await;
        assert!(matches!(unknown, Err(app::Error::NotFound)), "{unknown:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_secure_the_cookie_is_this_hosts_alone_and_the_one_from_before_still_counts() {
    on_both(async |desk| {
        const HOST: &str = "desk.example.com";
        let (owner, client) = (desk.owner().await, desk.browser());
        let ask = async |method: Method, path: &str, cookie: &str, body: Option<Value>| {
            let request = client.bare(method, path).header("host", HOST).header("cookie", cookie);
            let request = request.header("origin", format!("http://{HOST}"));
            let reply = client.send(body.iter().fold(request, reqwest::RequestBuilder::json)).await;
            let lines = reply.headers.get_all("set-cookie").iter();
            let lines: Vec<String> = lines.map(|line| line.to_str().expect("text").to_owned()).collect();
            (reply.status, lines)
        };
        let credentials = json!({"email": "olga@example.com", "password": PASSWORD});
        let (status, lines) = ask(Method::POST, "/api/session", "a=1", Some(credentials)).await;
        assert_eq!(status, 200, "{lines:?}");
        let (first, rest) = lines[0].split_once("; ").expect("a cookie");
        assert!(first.starts_with("__Host-bellhop_session=") && first.len() > 60, "{first}");
        assert!(rest.starts_with("Path=/; HttpOnly;") && rest.ends_with("; Secure"), "{rest}");
        assert!(!rest.contains("Domain"), "{rest}");
        assert!(lines[1].starts_with("bellhop_session=; ") && lines[1].contains("Max-Age=0"), "{lines:?}");
        // A session from before there was the name, and what another host makes the browser send beside the right one.
        let before = format!("bellhop_session={}", owner.cookie().expect("signed in"));
        let both = format!("bellhop_session=another; {first}");
        desk.clock.advance(Millis::minutes(61));
        for (shown, name) in [(&before, "bellhop_session="), (&both, "__Host-bellhop_session=")] {
            let (status, lines) = ask(Method::GET, "/api/session", shown, None).await;
            assert_eq!(status, 200, "{shown}");
            assert!(
                lines.len() == 1 && lines[0].starts_with(name) && lines[0].ends_with("; Secure"),
                "{lines:?}"
            );
        }
        let (status, lines) = ask(Method::DELETE, "/api/session", first, None).await;
        assert_eq!((status, lines.len()), (204, 2), "{lines:?}");
        assert!(
            lines.iter().all(|line| line.contains("session=; ") && line.contains("Max-Age=0")),
            "{lines:?}"
        );
        assert_eq!(ask(Method::GET, "/api/session", first, None).await.0, 401);
    })
    .await;
}
