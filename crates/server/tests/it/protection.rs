//! What every answer and every request is held to: foreign pages, headers, sizes, unreadable input.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, ORIGIN};
use serde_json::json;

use crate::desk::{PASSWORD, on_both};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_changes_nothing() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let label = json!({"name": "x", "color": "red"});
        let ask = |headers: &[(&'static str, &'static str)]| {
            let cookie = format!("bellhop_session={}", owner.cookie().expect("signed in"));
            let mut request = owner.bare(Method::POST, "/api/labels").json(&label).header("cookie", cookie);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            owner.send(request)
        };
        assert_eq!(ask(&[]).await.expect_status(403).code(), "forbidden");
        ask(&[("origin", "http://evil.example")]).await.expect_status(403);
        ask(&[("origin", "null")]).await.expect_status(403);
        ask(&[("sec-fetch-site", "cross-site")]).await.expect_status(403);
        ask(&[("sec-fetch-site", "same-site")]).await.expect_status(403);
        ask(&[("sec-fetch-site", "cross-site"), ("host", "127.0.0.1")]).await.expect_status(403);
        assert!(owner.get("/api/labels").await.items().is_empty());
        ask(&[("sec-fetch-site", "same-origin")]).await.expect_status(201);
        // Signing in is protected too: nobody is to be signed in to an attacker's account unawares.
        let credentials = json!({"email": "olga@example.com", "password": PASSWORD});
        let forged =
            owner.bare(Method::POST, "/api/session").json(&credentials).header(ORIGIN, "http://evil.example");
        owner.send(forged).await.expect_status(403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_refused_in_the_one_shape() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        assert_eq!(owner.get("/api/nothing").await.expect_status(404).code(), "not_found");
        assert_eq!(owner.get("/api").await.expect_status(404).code(), "not_found");
        assert_eq!(owner.delete("/api/channels").await.expect_status(405).code(), "unsupported");
        assert_eq!(owner.get("/api/labels/xyz").await.expect_status(405).code(), "unsupported");
        assert_eq!(owner.get("/api/conversations/xyz").await.expect_status(404).code(), "not_found");
        assert_eq!(owner.get("/api/conversations/%ff").await.expect_status(404).code(), "not_found");
        assert_eq!(owner.get("/api/stream").await.expect_status(426).code(), "unsupported");
        assert_eq!(owner.get("/assets/gone.js").await.status, 404);
        assert_eq!(
            owner.get("/inbox/mine").await.expect_status(200).header("content-type"),
            "text/html; charset=utf-8"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_requests_are_refused_with_what_is_wrong() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let raw = |kind: &'static str, body: Vec<u8>| {
            owner.send(owner.request(Method::POST, "/api/labels").header(CONTENT_TYPE, kind).body(body))
        };
        let json = "application/json";
        raw("text/plain", b"{}".to_vec()).await.expect_status(415);
        assert_eq!(raw(json, b"{".to_vec()).await.expect_status(422).fields(), ["body"]);
        assert_eq!(raw(json, b"[1]".to_vec()).await.expect_status(422).fields(), ["body"]);
        assert_eq!(raw(json, b"\xff\xfe".to_vec()).await.expect_status(422).fields(), ["body"]);
        let typed = raw(json, br#"{"name": 7, "color": "red"}"#.to_vec()).await.expect_status(422);
        assert_eq!(typed.fields(), ["name"]);
        let unknown = raw(json, br#"{"name": "x", "color": "red", "colour": "red"}"#.to_vec()).await;
        assert_eq!(unknown.expect_status(422).fields(), ["colour"]);
        let tail = raw(json, br#"{"name": "x", "color": "red"} {}"#.to_vec()).await.expect_status(422);
        assert_eq!(tail.fields(), ["body"]);
        let listed = raw(json, br#"["x", "red"]"#.to_vec()).await.expect_status(422);
        assert_eq!(listed.fields(), ["body"], "fields have names");
        let large = raw(json, vec![b' '; (512 << 10) + 1]).await.expect_status(413);
        assert_eq!(large.code(), "too_large");
        let deep = raw(json, "[".repeat(100_000).into_bytes()).await.expect_status(422);
        assert_eq!(deep.fields(), ["body"]);
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=x", "limit"),
            ("state=gone", "state"),
            ("assignee=xyz", "assignee"),
            ("cursor=%00nonsense", "cursor"),
            ("sort=up", "sort"),
        ] {
            let refused = owner.get(&format!("/api/conversations?{query}")).await.expect_status(422);
            assert_eq!(refused.fields(), [field], "{query}");
        }
        assert!(owner.get("/api/labels").await.items().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_carry_a_nonce_of_their_own_and_files_are_kept() {
    on_both(async |desk| {
        let browser = desk.browser();
        let (one, two) = (browser.get("/").await, browser.get("/inbox/mine").await);
        let (one, two) = (one.header("content-security-policy"), two.header("content-security-policy"));
        assert!(one.contains("style-src 'self' 'nonce-") && one.contains("frame-ancestors 'none'"), "{one}");
        assert_ne!(one, two, "a nonce is used once");
        let page = browser.get("/api/docs").await.expect_status(200);
        assert!(String::from_utf8_lossy(&page.body).contains("/api/docs/docs.js"));
        assert!(
            browser
                .get("/api/docs/docs.js")
                .await
                .expect_status(200)
                .header("content-type")
                .contains("javascript")
        );
        browser.get("/api/docs/docs.css").await.expect_status(200);
        browser.get("/api/docs/else.js").await.expect_status(404);
        assert_eq!(browser.get("/livez").await.expect_status(200).body, b"ok");
        assert_eq!(browser.get("/readyz").await.expect_status(200).body, b"ok");
    })
    .await;
}
