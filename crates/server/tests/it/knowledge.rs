//! What a business knows: written, put into use, found, shown to everybody in its help centre, and taken back.

use model::{Millis, Permission};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

async fn write(owner: &Browser, more: &Value) -> Value {
    let mut article = json!({"kind": "article", "locale": "en", "title": "Refunds", "publish": true,
        "body": "# When\n\nWe send the money back within **five** working days.\n\n# How\n\nTo the card you paid with."});
    for (key, value) in more.as_object().expect("fields") {
        article[key] = value.clone();
    }
    owner.post("/api/articles", &article).await.expect_status(201).json()
}

async fn ask(browser: &Browser, query: &str) -> Vec<Value> {
    browser.get(&format!("/api/knowledge?{query}")).await.expect_status(200).items()
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_found_at_once_and_a_draft_is_not() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let article = write(&owner, &json!({})).await;
        let found = ask(&owner, "q=when+do+I+get+my+money").await;
        assert_eq!(found[0]["article_id"], article["id"]);
        assert!(found[0]["text"].as_str().expect("text").contains("within five working days"), "{found:?}");
        let path = format!("/api/articles/{}", id(&article));
        let changed = json!({"body": "We send it back within two weeks."});
        let draft = owner.patch(&path, &changed).await.expect_status(200).json();
        assert_eq!((&draft["version"], &draft["published_version"]), (&json!(2), &json!(1)));
        assert!(ask(&owner, "q=money").await[0]["text"].as_str().expect("text").contains("five"));
        owner.post(&format!("{path}/publish"), &json!({})).await.expect_status(200);
        assert!(ask(&owner, "q=two+weeks").await[0]["text"].as_str().expect("text").contains("two weeks"));
        let versions = owner.get(&format!("{path}/versions")).await.items();
        assert_eq!(versions.len(), 2);
        let back = owner.post(&format!("{path}/restore"), &json!({"version": 1})).await.expect_status(200);
        assert_eq!(back.json()["version"], 3);
        owner.post(&format!("{path}/archive"), &json!({})).await.expect_status(200);
        assert!(ask(&owner, "q=money").await.is_empty(), "it was taken out of use");
        owner.delete(&path).await.expect_status(204);
        owner.get(&path).await.expect_status(404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_given_whole_and_synonyms_and_languages_count() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let answer = json!({"kind": "answer", "title": "Where is my parcel?", "questions": ["track my order"],
            "body": "Open the link in our e-mail."});
        write(&owner, &answer).await;
        let chinese = json!({"kind": "answer", "locale": "zh_cn", "title": "什么时候退款？", "body": "五个工作日内退款。"});
        write(&owner, &chinese).await;
        let found = ask(&owner, "q=how+can+I+track+an+order").await;
        assert_eq!(found[0]["text"], "Open the link in our e-mail.");
        assert_eq!(found[0]["question"], "track my order");
        assert_eq!(ask(&owner, "q=%E9%80%80%E6%AC%BE").await[0]["locale"], "zh-CN");
        assert!(ask(&owner, "q=%E9%80%80%E6%AC%BE&locale=en").await.is_empty());
        let found = ask(&owner, "q=when+is+the+refund").await;
        assert!(found.iter().any(|one| one["locale"] == "zh-CN"), "asked in another language: {found:?}");
        assert!(ask(&owner, "q=consignment").await.is_empty());
        let groups = json!({"groups": [["parcel", "consignment"]]});
        owner.put("/api/synonyms", &groups).await.expect_status(200);
        assert_eq!(ask(&owner, "q=consignment").await[0]["text"], "Open the link in our e-mail.");
        let refused = owner.put("/api/synonyms", &json!({"groups": [["alone"]]})).await.expect_status(422);
        assert_eq!(refused.fields(), ["groups[0]"]);
        let wrong = json!({"groups": [["car", "Cár"], ["park", "…"], ["lot", "garage"], ["Garage", "box"]]});
        let refused = owner.put("/api/synonyms", &wrong).await.expect_status(422);
        assert_eq!(refused.fields(), ["groups[0]", "groups[1]", "groups[3]"]);
        assert!(refused.json().to_string().contains("stands in group 3 too"), "{}", refused.json());
        let many: Vec<[String; 2]> = (0..1001).map(|n| [format!("a{n}"), format!("b{n}")]).collect();
        let refused = owner.put("/api/synonyms", &json!({"groups": many})).await.expect_status(422);
        assert_eq!(refused.fields(), ["groups"]);
        assert_eq!(owner.get("/api/synonyms").await.json(), groups, "what was wrong changed nothing");
        // Several words, without case and accents, and in any script; what is taken away means nothing at once.
        let groups = json!({"groups": [["parcel", "Éxpress bag"], ["退款", "退钱"]]});
        owner.put("/api/synonyms", &groups).await.expect_status(200);
        let found = ask(&owner, "q=my+EXPRESS+bag").await;
        assert_eq!(found[0]["text"], "Open the link in our e-mail.");
        let found = ask(&owner, "q=%E9%80%80%E9%92%B1").await;
        assert!(found.iter().any(|one| one["locale"] == "zh-CN"), "{found:?}");
        assert!(ask(&owner, "q=consignment").await.is_empty());
        // What is for one language does not widen the questions of another, and stays where it is not named.
        let gift = json!({"kind": "answer", "title": "Which substances are dangerous?", "body": "Those with a skull."});
        write(&owner, &gift).await;
        let english = async || ask(&owner, "q=I+would+like+to+buy+a+gift+for+my+mother+please").await;
        let before = english().await;
        let german = json!({"groups": [], "languages": {"de": [["gift", "substances"]], "en": [["present", "voucher"]]}});
        assert_eq!(owner.put("/api/synonyms", &german).await.expect_status(200).json(), german);
        assert_eq!(ask(&owner, "q=gift&locale=de").await.len(), 0, "there is nothing in German");
        assert_eq!(english().await, before, "it widens no English question");
        let found = ask(&owner, "q=Wo+finde+ich+bitte+etwas+%C3%BCber+das+Gift+in+der+Flasche").await;
        assert!(found.iter().any(|one| one["text"] == "Those with a skull."), "{found:?}");
        let more = json!({"groups": [["parcel", "bag"]]});
        let kept = owner.put("/api/synonyms", &more).await.expect_status(200).json();
        assert_eq!(kept["languages"], german["languages"]);
        let wrong = json!({"groups": [["a", "b"]], "languages": {"de": [["b", "c"]], "?": [["d", "e"]]}});
        let refused = owner.put("/api/synonyms", &wrong).await.expect_status(422);
        assert_eq!(refused.fields(), ["languages.?", "languages.de[0]"]);
        let stranger = desk.stranger().await;
        assert_eq!(stranger.get("/api/synonyms").await.json(), json!({"groups": []}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_what_is_internal_stays_inside() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let wrong = json!({"kind": "article", "locale": "x", "title": " ", "body": ""});
        let refused = owner.post("/api/articles", &wrong).await.expect_status(422);
        assert_eq!(refused.fields(), ["title", "body", "locale"]);
        let lost = json!({"kind": "article", "locale": "en", "title": "x", "body": "x",
            "category_id": "ca_0000000000007", "owner_id": "ag_0000000000007"});
        let refused = owner.post("/api/articles", &lost).await.expect_status(422);
        assert_eq!(refused.fields(), ["category_id", "owner_id"]);
        write(&owner, &json!({"audience": "internal", "title": "Discounts for regulars"})).await;
        assert_eq!(ask(&owner, "q=discounts").await.len(), 1);
        assert!(ask(&owner, "q=discounts&public_only=true").await.is_empty());
        let agent = desk.agent(&owner, "Ben", "agent").await;
        assert!(model::Role::Agent.rights().is_some_and(|rights| rights.may(Permission::KnowledgeRead)));
        assert_eq!(ask(&agent, "q=discounts").await.len(), 1, "agents read what is internal");
        let by_agent = json!({"kind": "article", "locale": "en", "title": "x", "body": "x"});
        agent.post("/api/articles", &by_agent).await.expect_status(403);
    })
    .await;
}

async fn open(owner: &Browser) {
    let centre = json!({"enabled": true, "slug": "harbour", "title": "Harbour <Help>", "intro": "Ask us",
        "color": "#0b6e4f", "locales": ["en", "zh-CN"]});
    owner.put("/api/help_centre", &centre).await.expect_status(200);
}

/// A form as a page without scripts sends it.
fn form(request: reqwest::RequestBuilder, helpful: &str) -> reqwest::RequestBuilder {
    request.header("content-type", "application/x-www-form-urlencoded").body(format!("helpful={helpful}"))
}

async fn page(desk: &Desk, path: &str, status: u16) -> String {
    let reply = desk.browser().get(path).await.expect_status(status);
    assert!(reply.header("content-type").starts_with("text/html"), "{path}");
    String::from_utf8(reply.body).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reads_the_help_centre_and_nothing_but_what_is_published() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        page(desk, "/help/harbour/en", 404).await;
        let category = owner.post("/api/categories", &json!({"name": "Orders"})).await.expect_status(201).json();
        let hostile = json!({"title": "Refunds <b>", "category_id": category["id"],
            "body": "Hello <script>alert(1)</script> [x](javascript:alert(1))\n\n**Five days**"});
        let article = write(&owner, &hostile).await;
        let hidden = write(&owner, &json!({"title": "Secret", "audience": "internal"})).await;
        let draft = write(&owner, &json!({"title": "Later", "publish": false})).await;
        let chinese = json!({"locale": "zh-CN", "title": "退款", "body": "五天内退款", "translation_of": article["id"]});
        write(&owner, &chinese).await;
        open(&owner).await;
        let front = page(desk, "/help/harbour/en", 200).await;
        assert!(front.contains("Harbour &lt;Help&gt;") && front.contains("Refunds &lt;b&gt;"), "{front}");
        assert!(front.contains(">Search</button>"), "{front}");
        assert!(page(desk, "/help/harbour/zh-CN", 200).await.contains(">搜索</button>"));
        assert!(front.contains("<h2>Orders</h2>") && !front.contains("Secret") && !front.contains("Later"));
        let text = page(desk, &format!("/help/harbour/en/{}", id(&article)), 200).await;
        assert!(text.contains("<strong>Five days</strong>") && text.contains("退款"), "{text}");
        assert!(!text.contains("<script>") && !text.contains("href=\"javascript"), "{text}");
        for absent in [id(&hidden), id(&draft), "ar_0000000000007", "x"] {
            page(desk, &format!("/help/harbour/en/{absent}"), 404).await;
        }
        page(desk, "/help/harbour/fr", 404).await;
        assert!(text.contains(">Yes</button>"), "{text}");
        let found = page(desk, "/help/harbour/en?q=refunds", 200).await;
        assert!(found.contains("Refunds &lt;b&gt;"), "{found}");
        assert!(!page(desk, "/help/harbour/en?q=secret", 200).await.contains("Secret</a>"));
        let style = desk.browser().get("/help/harbour/style.css").await.expect_status(200);
        assert!(String::from_utf8_lossy(&style.body).contains("--accent: #0b6e4f"));
        let usual = desk.browser().get("/help/harbour").await.expect_status(307);
        assert_eq!(usual.header("location"), "/help/harbour/en");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_say_what_helped_and_not_too_often() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let article = write(&owner, &json!({})).await;
        open(&owner).await;
        let path = format!("/help/harbour/en/{}", id(&article));
        let visitor = desk.browser();
        let say = async |helpful: &str| {
            let request = visitor.request(reqwest::Method::POST, &format!("{path}/verdict"));
            visitor.send(form(request, helpful)).await.status
        };
        assert_eq!(say("true").await, 303);
        assert_eq!(say("false").await, 303);
        let foreign = visitor.bare(reqwest::Method::POST, &format!("{path}/verdict"));
        let foreign = form(foreign.header("origin", "https://elsewhere.example"), "true");
        assert_eq!(visitor.send(foreign).await.status, 403);
        let counted = owner.get(&format!("/api/articles/{}", id(&article))).await.json();
        assert_eq!((&counted["helpful"], &counted["unhelpful"]), (&json!(1), &json!(1)));
        let mut refused = 0;
        for _ in 0..10 {
            refused += u32::from(say("true").await == 429);
        }
        assert!(refused > 4, "{refused} of ten were refused");
        desk.clock.advance(Millis::hours(1));
        assert_eq!(say("true").await, 303);
    })
    .await;
}
