//! Files at an origin of their own: it answers with files to who holds a link and with nothing else, and the console's
//! answers with links and never with files.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use model::Millis;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::json;
use server::http::content::Content;
use server::http::door::Door;
use server::serve::{self, Running};
use server::site::Site;
use sim::CustomerMessage;
use tokio::net::TcpListener;

use crate::browser::Browser;
use crate::desk::{Desk, on_both};
use crate::document::operations;

const DOT: &[u8] = include_bytes!("files/dot.png");
const HOST: &str = "files.example.net";
const ORIGIN: &str = "https://files.example.net";

/// The desk's house with an origin for files.
struct Apart {
    running: Running,
    /// A browser at the console.
    owner: Browser,
    http: reqwest::Client,
}

/// What the files' origin answered.
#[derive(Debug)]
struct Given {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Given {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Nothing is there, whatever the reason.
    fn is_nothing(&self) -> bool {
        let said: BTreeSet<&str> = self.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
        assert!(!said.contains("access-control-allow-origin"), "a refusal for other pages");
        self.status == 404 && self.body.is_empty()
    }
}

impl Apart {
    async fn start(desk: &Desk, owner: &Browser) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("an address");
        let door = Door {
            base_url: Some(format!("http://{address}")),
            content: Some(Content::at(ORIGIN).expect("an origin")),
            ..Door::default()
        };
        let site = Site { door: Arc::new(door), ..Site::new(desk.app.clone()) };
        let running = serve::start(site, listener);
        let http = reqwest::Client::builder().tls_certs_only([]).no_proxy();
        let http = http.redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { running, owner: Browser::new(address).with_cookie_of(owner), http }
    }

    /// Asks at the files' origin, as somebody with the owner's cookie: it must not matter.
    async fn ask(&self, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Given {
        let cookie = format!("bellhop_session={}", self.owner.cookie().expect("signed in"));
        let request = self.http.request(method, format!("{}{path}", self.owner.origin()));
        let mut request = request.header("host", HOST).header("cookie", cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.http.execute(request.build().expect("a request")).await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        assert!(!headers.contains_key("set-cookie"), "{path} sets a cookie");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        Given { status, headers, body: answer.bytes().await.expect("a body").to_vec() }
    }

    async fn get(&self, path: &str) -> Given {
        self.ask(Method::GET, path, &[]).await
    }

    /// The path of the link that a browser is sent to.
    async fn link(&self, browser: &Browser, url: &str) -> String {
        let sent = browser.get(url).await.expect_status(307);
        assert!(sent.body.is_empty(), "the console's host gives bytes");
        let caching = sent.header("cache-control").strip_prefix("private, max-age=").expect("a time");
        assert!(caching.parse::<i64>().expect("seconds") <= 150, "{caching}");
        sent.header("location").strip_prefix(ORIGIN).expect("the files' origin").to_owned()
    }
}

/// A picture that a customer has sent: its address, and that of the small one.
async fn picture(desk: &Desk, owner: &Browser) -> (String, String) {
    let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
    desk.sim.send(&maria, CustomerMessage::image(DOT, "image/png")).await;
    desk.settle().await;
    let conversation = desk.only_conversation(owner).await;
    let media = desk.thread(owner, &conversation).await.pop().expect("a message")["content"]["media"].clone();
    let url = |name: &str| media[name].as_str().expect("an address").to_owned();
    (url("url"), url("thumbnail_url"))
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_from_their_own_origin_and_nothing_else_does() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let (url, small) = picture(desk, &owner).await;
        let apart = Apart::start(desk, &owner).await;
        // The page may load files from there; everything else is as it was.
        let page = apart.owner.get("/").await.expect_status(200);
        let policy = page.header("content-security-policy").to_owned();
        for part in ["img-src", "media-src", "connect-src"] {
            let part = policy.split(';').find(|one| one.trim().starts_with(part)).expect("it is there");
            assert!(part.ends_with(ORIGIN), "{part}");
        }
        apart.owner.get("/api/session").await.expect_status(200);
        let link = apart.link(&apart.owner, &url).await;
        let file = apart.get(&link).await;
        assert_eq!((file.status, &file.body[..]), (200, DOT));
        assert_eq!(file.header("content-type"), "image/png");
        assert_eq!(file.header("content-security-policy"), "sandbox; default-src 'none'");
        assert_eq!(file.header("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(file.header("access-control-allow-origin"), apart.owner.origin());
        assert!(file.header("content-disposition").starts_with("inline"));
        let lasts = file.header("cache-control").strip_prefix("private, max-age=").expect("a time");
        let lasts: i64 = lasts.split(',').next().and_then(|text| text.parse().ok()).expect("seconds");
        assert!((150..=300).contains(&lasts), "{lasts}");
        // Parts, what a browser has already, and the head alone.
        let part = apart.ask(Method::GET, &link, &[("range", "bytes=1-3")]).await;
        assert_eq!((part.status, &part.body[..]), (206, &b"PNG"[..]));
        assert_eq!(part.header("content-range"), format!("bytes 1-3/{}", DOT.len()));
        let etag = file.header("etag").to_owned();
        assert_eq!(apart.ask(Method::GET, &link, &[("if-none-match", &etag)]).await.status, 304);
        assert_eq!(apart.ask(Method::GET, &link, &[("range", "bytes=100000-")]).await.status, 416);
        let head = apart.ask(Method::HEAD, &link, &[]).await;
        assert_eq!((head.status, head.header("content-length")), (200, DOT.len().to_string().as_str()));
        // To be saved, and a small one.
        let saved = apart.get(&apart.link(&apart.owner, &format!("{url}?save=true")).await).await;
        assert!(saved.status == 200 && saved.header("content-disposition").starts_with("attachment"));
        let small = apart.get(&apart.link(&apart.owner, &small).await).await;
        assert!(small.status == 200 && small.header("content-type").starts_with("image/"));
        // Nothing else is there, whoever asks.
        for operation in operations() {
            let method: Method = operation.method.parse().expect("a method");
            let path = operation.path.replace(['{', '}'], "");
            assert!(apart.ask(method, &path, &[]).await.is_nothing(), "{path} is at the files' origin");
        }
        for path in
            ["/", "/index.html", "/metrics", "/help/x", "/.well-known/security.txt", &url, "/a/b/c/d/e/f"]
        {
            assert!(apart.get(path).await.is_nothing(), "{path} is at the files' origin");
        }
        assert!(apart.ask(Method::POST, &link, &[]).await.is_nothing());
        // At the console's host the link leads to no bytes.
        let page = apart.owner.get(&link).await;
        assert!(!page.body.windows(4).any(|part| part == b"\x89PNG"));
        assert!(page.header("content-type").starts_with("text/html"));
        apart.running.stop(Duration::from_secs(5)).await;
        // Without such an origin files come from the console's host, also to be saved.
        assert_eq!(owner.get(&url).await.expect_status(200).body, DOT);
        let saved = owner.get(&format!("{url}?save=true")).await.expect_status(200);
        assert!(saved.header("content-disposition").starts_with("attachment"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_holds_for_its_file_its_workspace_and_minutes() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let (url, _) = picture(desk, &owner).await;
        let apart = Apart::start(desk, &owner).await;
        let link = apart.link(&apart.owner, &url).await;
        assert_eq!(apart.link(&apart.owner, &url).await, link, "a browser finds what it has fetched");
        assert_eq!(apart.get(&link).await.status, 200);
        // Who may not see the file gets no link.
        let stranger = apart.owner.fresh().with_cookie_of(&desk.stranger().await);
        stranger.get(&url).await.expect_status(404);
        apart.owner.fresh().get(&url).await.expect_status(401);
        // Nobody makes another link of one, and no other workspace's keys open it.
        let words: Vec<&str> = link[1..].split('/').collect();
        let heads = app::event::heads(&desk.app).await.expect("the workspaces");
        let foreign = heads.iter().map(|(id, _)| id.to_string()).find(|id| id != words[0]);
        let foreign = foreign.expect("the stranger's");
        let later = (words[4].parse::<i64>().expect("a time") + 1).to_string();
        let forged = "0".repeat(64);
        let changes: [(usize, &str); 12] = [
            (0, &foreign),
            (0, "ws_0000000000007"),
            (0, "nonsense"),
            (1, "md_0000000000007"),
            (1, words[0]),
            (2, "small"),
            (2, "half"),
            (3, "saved"),
            (4, &later),
            (4, "9223372036854775807"),
            (5, &forged),
            (5, "short"),
        ];
        for (place, word) in changes {
            let mut words = words.clone();
            words[place] = word;
            let path = format!("/{}", words.join("/"));
            assert!(apart.get(&path).await.is_nothing(), "{path} opens something");
        }
        for path in
            [format!("{link}/"), format!("/{link}"), format!("{link}00"), link[..link.len() - 2].to_owned()]
        {
            assert!(apart.get(&path).await.is_nothing(), "{path} opens something");
        }
        desk.clock.advance(Millis::seconds(149));
        assert_eq!(apart.get(&link).await.status, 200, "for two minutes and a half at least");
        desk.clock.advance(Millis::seconds(152));
        assert!(apart.get(&link).await.is_nothing(), "for five minutes at most");
        assert_ne!(apart.link(&apart.owner, &url).await, link);
        apart.running.stop(Duration::from_secs(5)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_no_conversation_gets_no_link_to_its_files_and_every_link_is_noted() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let (url, small) = picture(desk, &owner).await;
        let draft = json!({"name": "own", "permissions": ["conversation.read"], "scope": "own"});
        let role = owner.post("/api/roles", &draft).await.expect_status(201).json()["role"].clone();
        let narrow = desk.agent(&owner, "Nina", role.as_str().expect("an id")).await;
        let apart = Apart::start(desk, &owner).await;
        let there = apart.owner.fresh().with_cookie_of(&narrow);
        for path in [&url, &small] {
            narrow.get(path).await.expect_status(404);
            there.get(path).await.expect_status(404);
        }
        let opened = async || {
            app::audit::flush(&desk.app).await.expect("written");
            owner.get("/api/audit?act=file.opened").await.expect_status(200).items().len()
        };
        let before = opened().await;
        let link = apart.link(&apart.owner, &url).await;
        apart.get(&link).await;
        assert_eq!(opened().await, before + 1, "reading a file beyond one's own work is noted");
        apart.running.stop(Duration::from_secs(5)).await;
    })
    .await;
}
