//! Files over HTTP: what a browser may do with them.

use reqwest::Method;
use serde_json::{Value, json};
use sim::CustomerMessage;

use crate::browser::{Browser, Reply};
use crate::desk::{Desk, on_both};

const DOT: &[u8] = include_bytes!("files/dot.png");

/// The address of the file that a customer sends.
async fn sent(desk: &Desk, owner: &Browser, what: CustomerMessage) -> Value {
    let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
    desk.sim.send(&maria, what).await;
    desk.settle().await;
    let conversation = desk.only_conversation(owner).await;
    desk.thread(owner, &conversation).await.pop().expect("a message")["content"]["media"].clone()
}

async fn range(browser: &Browser, url: &str, headers: &[(&'static str, &str)]) -> Reply {
    let mut request = browser.request(Method::GET, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_shown_and_can_do_nothing_else() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let media = sent(desk, &owner, CustomerMessage::image(DOT, "image/png")).await;
        assert_eq!((&media["state"], &media["width"]), (&json!("ready"), &json!(8)));
        let url = media["url"].as_str().expect("an address");
        let file = owner.get(url).await.expect_status(200);
        assert_eq!(file.body, DOT);
        assert_eq!(file.header("content-type"), "image/png");
        assert_eq!(file.header("content-security-policy"), "sandbox; default-src 'none'");
        assert_eq!(file.header("cross-origin-resource-policy"), "same-origin");
        assert!(file.header("content-disposition").starts_with("inline"));
        assert!(file.header("cache-control").starts_with("private"));
        let etag = file.header("etag").to_owned();
        let again = range(&owner, url, &[("if-none-match", &etag)]).await.expect_status(304);
        assert!(again.body.is_empty());
        let small = owner.get(media["thumbnail_url"].as_str().expect("a small one")).await.expect_status(200);
        assert!(small.header("content-type").starts_with("image/"));
        desk.browser().get(url).await.expect_status(401);
        desk.stranger().await.get(url).await.expect_status(404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_a_file_are_served() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let media = sent(desk, &owner, CustomerMessage::image(DOT, "image/png")).await;
        let url = media["url"].as_str().expect("an address");
        let whole = owner.get(url).await.expect_status(200);
        assert_eq!(whole.header("accept-ranges"), "bytes");
        let part = range(&owner, url, &[("range", "bytes=1-3")]).await.expect_status(206);
        assert_eq!(part.body, b"PNG");
        assert_eq!(part.header("content-range"), format!("bytes 1-3/{}", DOT.len()));
        assert_eq!(part.header("content-length"), "3");
        let tail = range(&owner, url, &[("range", "bytes=-4")]).await.expect_status(206);
        assert_eq!(tail.body, &DOT[DOT.len() - 4..]);
        let far = range(&owner, url, &[("range", "bytes=100000-")]).await.expect_status(416);
        assert_eq!(far.header("content-range"), format!("bytes */{}", DOT.len()));
        let several = range(&owner, url, &[("range", "bytes=0-1,3-4")]).await.expect_status(200);
        assert_eq!(several.body.len(), DOT.len());
        let other = range(&owner, url, &[("range", "bytes=1-3"), ("if-range", "\"other\"")]).await;
        assert_eq!(other.expect_status(200).body.len(), DOT.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_be_a_page_is_only_saved() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let page = b"<html><script>alert(1)</script></html>".to_vec();
        let drawing = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#.to_vec();
        for (bytes, mime, name) in [
            (page.clone(), "text/html", "a.html"),
            (drawing, "image/svg+xml", "b.svg"),
            (page, "application/pdf", "发票\".pdf"),
        ] {
            let what = CustomerMessage::Document {
                bytes: bytes.clone(),
                mime: mime.to_owned(),
                filename: name.to_owned(),
                caption: None,
            };
            let maria = desk.sim.customers().first().map(|one| one.id.clone());
            let maria = match maria {
                Some(maria) => maria,
                None => desk.sim.customer("Maria", Some("+34 600 111 222"), None).await,
            };
            desk.sim.send(&maria, what).await;
            desk.settle().await;
            let conversation = desk.only_conversation(&owner).await;
            let message = desk.thread(&owner, &conversation).await.pop().expect("a message");
            let url = message["content"]["media"]["url"].as_str().expect("an address");
            let file = owner.get(url).await.expect_status(200);
            assert_eq!(file.body, bytes);
            assert!(file.header("content-disposition").starts_with("attachment"), "{mime} is shown");
            assert_eq!(file.header("content-security-policy"), "sandbox; default-src 'none'", "{mime}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_bounded_and_must_be_a_form_with_a_file() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let upload = owner.upload("dot.png", "text/html", DOT.to_vec()).await.expect_status(201).json();
        assert_eq!((&upload["mime"], &upload["kind"]), (&json!("image/png"), &json!("image")));
        assert_eq!((&upload["size"], &upload["width"]), (&json!(DOT.len()), &json!(8)));
        let large = owner.upload("big.bin", "application/octet-stream", vec![7; (1 << 20) + 1]).await;
        assert_eq!(large.expect_status(413).code(), "too_large");
        let empty = owner.upload("nothing", "image/png", Vec::new()).await.expect_status(422);
        assert_eq!(empty.fields(), ["file"]);
        owner.post("/api/uploads", &json!({})).await.expect_status(415);
        let form = reqwest::multipart::Form::new().text("other", "x");
        let other = owner.send(owner.request(Method::POST, "/api/uploads").multipart(form)).await;
        assert_eq!(other.expect_status(422).fields(), ["file"]);
    })
    .await;
}
