//! What holds for every operation there is: headers that protect, bodies that are not what they should be, clients
//! that ask too often.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};
use server::http::content::Content;
use server::http::door::Door;
use server::http::pace::{Pace, Rates};
use server::http::security_text::SecurityText;
use server::serve;
use server::site::Site;
use tokio::net::TcpListener;

use crate::browser::{Browser, Reply};
use crate::desk::{METRICS_TOKEN, on_both};
use crate::document::{document, operations, resolve};
use crate::generated::odd;

/// Which headers an answer must carry, and nothing that opens the door to other origins.
fn look(reply: &Reply, what: &str) {
    let policy = reply.header("content-security-policy");
    let file = policy == "sandbox; default-src 'none'";
    for part in [
        "default-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ] {
        assert!(file || policy.contains(part), "{what}: {part} is not in {policy}");
    }
    for banned in ["unsafe", "*", "http:", "https:"] {
        assert!(!policy.contains(banned), "{what}: {banned} is in {policy}");
    }
    assert!(
        !policy
            .split("script-src")
            .nth(1)
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default()
            .contains("data:")
    );
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(reply.header(name), value, "{what}: {name}");
    }
    assert!(reply.header("permissions-policy").contains("camera=()"), "{what}");
    assert!(!reply.header("cache-control").is_empty(), "{what}");
    for absent in ["access-control-allow-origin", "server", "x-powered-by"] {
        assert_eq!(reply.header(absent), "", "{what}: {absent}");
    }
    // Over plain HTTP a promise about TLS would be ignored at best.
    assert_eq!(reply.header("strict-transport-security"), "", "{what}");
    if !reply.body.is_empty() {
        let kind = reply.header("content-type");
        assert!(!kind.is_empty(), "{what} does not say what it is");
        assert!(!kind.starts_with("text/") || kind.contains("charset=utf-8"), "{what}: {kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_protects_whoever_opens_it() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let anybody = desk.browser();
        let mut seen = BTreeSet::new();
        for operation in operations() {
            let path: String = operation
                .path
                .split('/')
                .map(|part| if part.starts_with('{') { "7/" } else { part }.to_owned() + "/")
                .collect();
            let path = path.trim_end_matches('/').replace("//", "/");
            for (who, browser) in [("anybody", &anybody), ("owner", &owner)] {
                // Signing out would end the walk.
                if who == "owner" && operation.method != "GET" && path.starts_with("/api/session") {
                    continue;
                }
                let reply = operation.send(browser, &path, None).await;
                look(&reply, &format!("{} {path} for {who}: {}", operation.method, reply.status));
                seen.insert(reply.status);
            }
        }
        for path in [
            "/",
            "/inbox/mine",
            "/assets/gone.js",
            "/api",
            "/api/nothing",
            "/hooks",
            "/metrics",
            "/livez",
            "/readyz",
            "/.well-known/security.txt",
            "/%00",
            "/..%2f..%2fetc/passwd",
            "/api/docs",
        ] {
            for method in
                [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::TRACE, Method::DELETE]
            {
                let reply = anybody.send(anybody.request(method.clone(), path)).await;
                look(&reply, &format!("{method} {path}: {}", reply.status));
                assert!(!String::from_utf8_lossy(&reply.body).contains("root:"), "{path}");
                if method == Method::TRACE {
                    assert!(matches!(reply.status, 403..=405), "{path} answers TRACE with {}", reply.status);
                }
                seen.insert(reply.status);
            }
        }
        let metrics = anybody.bare(Method::GET, "/metrics").bearer_auth(METRICS_TOKEN);
        look(&anybody.send(metrics).await.expect_status(200), "the metrics");
        for status in [200, 401, 404, 405, 415] {
            assert!(seen.contains(&status), "no answer was {status}: {seen:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_of_wrong_types_is_taken_or_breaks_anything() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let document = document();
        let (mut tried, mut read) = (0, 0);
        for operation in operations() {
            let schema = &operation.value["requestBody"]["content"]["application/json"]["schema"];
            let schema = resolve(&document, schema);
            let Some(properties) =
                schema["properties"].as_object().filter(|_| operation.path.starts_with("/api/"))
            else {
                continue;
            };
            read += 1;
            let path = operation
                .path
                .split('/')
                .map(|part| if part.starts_with('{') { "cv_0000000000007" } else { part });
            let path = path.collect::<Vec<_>>().join("/");
            let method = &operation.method;
            let ask = async |body: Value| {
                let reply = operation.send(&owner.twin(), &path, Some(&body)).await;
                let what = body.to_string().chars().take(200).collect::<String>();
                assert!(
                    reply.status < 500 || reply.status == 503,
                    "{method} {path} answered {} to {what}",
                    reply.status
                );
                reply.status
            };
            for name in properties.keys() {
                for value in odd() {
                    ask(Value::Object(Map::from_iter([(name.clone(), value)]))).await;
                    tried += 1;
                }
            }
            // A field that nobody asked for is never silently taken.
            let extra = ask(json!({"is_admin": true, "workspace_id": 1, "__proto__": {}})).await;
            assert!(
                (400..500).contains(&extra),
                "{method} {path} takes fields that it does not know: {extra}"
            );
        }
        assert!(read >= 15 && tried >= 1_000, "{read} operations, {tried} bodies");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_too_often_is_told_to_wait_and_nobody_else() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("an address");
        // The test plays a proxy that is known, so that it may say who asks.
        let door = Door {
            proxies: vec!["127.0.0.1/32".parse().expect("a network")],
            content: Content::at("https://files.example.net"),
            ..Door::default()
        };
        let pace = Pace::new(Rates { anonymous: 2, session: 3, token: 3 });
        let site = Site {
            pace: Arc::new(pace),
            door: Arc::new(door),
            security: Arc::new(SecurityText {
                contact: vec!["mailto:s@example.com".into()],
                ..SecurityText::default()
            }),
            ..Site::new(desk.app.clone())
        };
        let running = serve::start(site, listener);
        let client = Browser::new(address);
        let cookie = format!("bellhop_session={}", owner.cookie().expect("signed in"));
        let ask = async |from: &str, cookie: Option<&str>, path: &str| {
            let mut request = client.bare(Method::GET, path).header("x-forwarded-for", from);
            if let Some(cookie) = cookie {
                request = request.header("cookie", cookie.to_owned());
            }
            client.send(request).await
        };
        let many = async |from: &str, cookie: Option<&str>| {
            let mut statuses = Vec::new();
            for _ in 0..40 {
                statuses.push(ask(from, cookie, "/api/session").await.status);
            }
            statuses.iter().filter(|status| **status != 429).count()
        };
        assert_eq!(many("203.0.113.1", None).await, 20);
        assert_eq!(
            many("203.0.113.1, 203.0.113.2", None).await,
            20,
            "the last hop counts, what stands before is hearsay"
        );
        assert_eq!(many("203.0.113.3, 203.0.113.1", None).await, 0, "a made-up hop in front changes nothing");
        assert_eq!(many("2001:db8::1", None).await, 20);
        assert_eq!(many("2001:db8::ffff", None).await, 0, "one network is one client");
        assert_eq!(many("203.0.113.4", Some(&cookie)).await, 30);
        let told = ask("203.0.113.4", Some(&cookie), "/api/labels").await.expect_status(429);
        assert_eq!(told.code(), "rate_limited");
        assert!(told.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
        ask("203.0.113.1", None, "/livez").await.expect_status(200);
        let text = ask("203.0.113.1", None, "/.well-known/security.txt").await.expect_status(200);
        assert!(
            String::from_utf8_lossy(&text.body).starts_with("Contact: mailto:s@example.com\nExpires: 20")
        );
        // Links to files say nothing of who asks: an office has what ten sessions have.
        let mut files = Vec::new();
        for _ in 0..320 {
            let request = client.bare(Method::GET, "/a").header("host", "files.example.net");
            files.push(client.send(request.header("x-forwarded-for", "203.0.113.9")).await.status);
        }
        assert_eq!(files.iter().filter(|status| **status == 404).count(), 300);
        assert_eq!(files.iter().filter(|status| **status == 429).count(), 20);
        desk.clock.advance(model::Millis::seconds(1));
        assert_eq!(many("203.0.113.1", None).await, 2, "a second gives back a second's worth");
        running.stop(Duration::from_secs(5)).await;
        // Without a contact the address does not exist.
        desk.browser().get("/.well-known/security.txt").await.expect_status(404);
    })
    .await;
}
