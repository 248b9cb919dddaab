//! Taking knowledge in: files are read, somebody looks and consents, and nothing is doubled or overwritten.

use model::Permission;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::browser::{Browser, Reply};
use crate::desk::{Desk, on_both};

pub(crate) async fn hand_in(browser: &Browser, name: &str, bytes: &[u8]) -> Reply {
    let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    let form = Form::new().part("file", part);
    browser.send(browser.request(Method::POST, "/api/imports").multipart(form)).await
}

/// Hands a file in and waits until it is read.
async fn read(desk: &Desk, owner: &Browser, name: &str, bytes: &[u8]) -> Value {
    let import = hand_in(owner, name, bytes).await.expect_status(201).json();
    desk.settle().await;
    owner.get(&path(&import)).await.expect_status(200).json()
}

fn path(import: &Value) -> String {
    format!("/api/imports/{}", import["id"].as_str().expect("an id"))
}

async fn apply(desk: &Desk, owner: &Browser, import: &Value) -> Value {
    owner.post(&format!("{}/apply", path(import)), &json!({})).await.expect_status(200);
    desk.settle().await;
    let done = owner.get(&path(import)).await.json();
    assert_eq!(done["state"], "done", "{done}");
    done
}

fn choice(more: &Value) -> Value {
    let mut choice = json!({"audience": "public", "publish": false, "archive_gone": false});
    for (key, value) in more.as_object().expect("fields") {
        choice[key] = value.clone();
    }
    choice
}

async fn titled(owner: &Browser, title: &str) -> Value {
    let all = owner.get("/api/articles").await.items();
    all.into_iter().find(|one| one["title"] == title).unwrap_or_else(|| panic!("no article {title:?}"))
}

const TABLE: &str = "question,answer,category,language\n\
    Where is my parcel?,Open the link in our e-mail.,Orders,en\n\
    什么时候退款？,五个工作日内退款。,Orders,\n\
    Where is my parcel?,Again.,Orders,en\n\
    ,Nobody asked.,,\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_shown_then_written_and_written_again_without_doubles() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let import = read(desk, &owner, "faq.csv", TABLE.as_bytes()).await;
        assert_eq!(import["state"], "ready");
        let roles: Vec<_> =
            import["columns"].as_array().expect("columns").iter().map(|one| &one["role"]).collect();
        assert_eq!(roles, ["question", "answer", "category", "language"]);
        assert_eq!((&import["counts"]["new"], &import["counts"]["refused"]), (&json!(2), &json!(2)));
        let items = owner.get(&format!("{}/items", path(&import))).await.items();
        assert_eq!((&items[0]["locale"], &items[1]["locale"]), (&json!("en"), &json!("zh-Hans")));
        assert_eq!((&items[2]["problem"], &items[3]["problem"]), (&json!("twice"), &json!("no_title")));
        assert!(owner.get("/api/articles").await.items().is_empty(), "nobody consented");
        let done = apply(desk, &owner, &import).await;
        assert_eq!((&done["counts"]["new"], &done["counts"]["applied"]), (&json!(2), &json!(4)));
        let parcel = titled(&owner, "Where is my parcel?").await;
        assert_eq!((&parcel["state"], &parcel["kind"]), (&json!("draft"), &json!("answer")));
        assert_eq!(parcel["source"], "faq.csv#en: Where is my parcel?");
        let categories = owner.get("/api/categories").await.items();
        assert_eq!((categories.len(), &categories[0]["id"]), (1, &parcel["category_id"]));
        let noted = owner.get("/api/audit?act=knowledge.imported").await.items();
        assert_eq!(noted.len(), 1, "one import is one entry");
        // Applying it again is refused, and reading the same file again changes nothing.
        owner.post(&format!("{}/apply", path(&import)), &json!({})).await.expect_status(409);
        let again = read(desk, &owner, "FAQ.csv", TABLE.as_bytes()).await;
        assert_eq!((&again["counts"]["same"], &again["counts"]["new"]), (&json!(2), &json!(0)));
        assert_eq!(again["source_id"], import["source_id"]);
        apply(desk, &owner, &again).await;
        assert_eq!(owner.get("/api/articles").await.items().len(), 2);
        assert_eq!(titled(&owner, "Where is my parcel?").await["version"], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_by_hand_is_not_overwritten_and_what_is_gone_is_taken_out_of_use() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let first = "title,body\nRefunds,Within five days.\nShipping,By post.\nHours,9 to 5.\n";
        let import = read(desk, &owner, "help.csv", first.as_bytes()).await;
        let chosen = choice(&json!({"publish": true, "locale": "en_us"}));
        owner.put(&path(&import), &chosen).await.expect_status(200);
        apply(desk, &owner, &import).await;
        let refunds = titled(&owner, "Refunds").await;
        assert_eq!((&refunds["state"], &refunds["locale"]), (&json!("published"), &json!("en-US")));
        let edit = json!({"body": "Within a week, we promise."});
        let article = format!("/api/articles/{}", refunds["id"].as_str().expect("an id"));
        owner.patch(&article, &edit).await.expect_status(200);
        owner.post(&format!("{article}/publish"), &json!({})).await.expect_status(200);
        let second = "title,body\nRefunds,Within ten days.\nShipping,By drone.\nReturns,Send it back.\n";
        let import = read(desk, &owner, "help.csv", second.as_bytes()).await;
        let counts = &import["counts"];
        let seen: Vec<_> =
            ["new", "changed", "edited", "same", "gone"].iter().map(|one| &counts[*one]).collect();
        assert_eq!(seen, [&json!(1), &json!(1), &json!(1), &json!(0), &json!(1)]);
        let gone = owner.get(&format!("{}/items?verdict=gone", path(&import))).await.items();
        assert_eq!((gone.len(), &gone[0]["title"]), (1, &json!("Hours")));
        owner
            .put(&path(&import), &choice(&json!({"publish": true, "archive_gone": true})))
            .await
            .expect_status(200);
        apply(desk, &owner, &import).await;
        let refunds = owner.get(&article).await.json();
        assert_eq!((&refunds["version"], &refunds["published_version"]), (&json!(3), &json!(2)));
        assert_eq!(refunds["body"], "Within ten days.");
        let told = owner.get("/api/knowledge?q=refunds").await.items();
        assert!(told[0]["text"].as_str().expect("text").contains("we promise"), "{told:?}");
        let shipping = titled(&owner, "Shipping").await;
        assert_eq!((&shipping["version"], &shipping["published_version"]), (&json!(2), &json!(2)));
        assert_eq!(titled(&owner, "Hours").await["state"], "archived");
        assert_eq!(titled(&owner, "Returns").await["state"], "published");
        let sources = owner.get("/api/knowledge_sources").await.items();
        assert_eq!((sources.len(), &sources[0]["name"]), (1, &json!("help.csv")));
        assert!(sources[0]["taken_at"].is_i64() && sources[0]["choice"]["archive_gone"] == true);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_columns_are_shown_and_somebody_says_what_they_hold() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let table = "Frage,Antwort\nWo ist mein Paket?,Im Lager.\n";
        let import = read(desk, &owner, "fragen.csv", table.as_bytes()).await;
        assert_eq!((&import["state"], &import["problem"]), (&json!("failed"), &json!("no_columns")));
        assert_eq!(import["columns"][0]["example"], "Wo ist mein Paket?");
        owner.post(&format!("{}/apply", path(&import)), &json!({})).await.expect_status(409);
        let wrong = choice(&json!({"locale": "x", "columns": []}));
        assert_eq!(owner.put(&path(&import), &wrong).await.expect_status(422).fields(), ["locale"]);
        let absent = choice(&json!({"category_id": "ca_0000000000007"}));
        assert_eq!(owner.put(&path(&import), &absent).await.expect_status(422).fields(), ["category_id"]);
        let roles = choice(&json!({"columns": ["question", "answer"]}));
        owner.put(&path(&import), &roles).await.expect_status(200);
        desk.settle().await;
        let import = owner.get(&path(&import)).await.json();
        assert_eq!((&import["state"], &import["counts"]["new"]), (&json!("ready"), &json!(1)));
        apply(desk, &owner, &import).await;
        assert_eq!(titled(&owner, "Wo ist mein Paket?").await["locale"], "de");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_taken_say_why_and_can_be_thrown_away() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        hand_in(&owner, "virus.exe", b"MZ").await.expect_status(415);
        assert_eq!(hand_in(&owner, "empty.md", b"").await.expect_status(422).fields(), ["file"]);
        hand_in(&owner, "large.md", &vec![b'x'; (20 << 20) + 1]).await.expect_status(413);
        for (name, bytes, problem) in [
            ("broken.xlsx", b"PK\x03\x04".as_slice(), "damaged"),
            ("broken.zip", b"nothing".as_slice(), "damaged"),
            ("binary.md", b"a\0b".as_slice(), "damaged"),
            ("deep.html", "<div>".repeat(3_000).as_bytes(), "too_deep"),
        ] {
            let import = read(desk, &owner, name, bytes).await;
            assert_eq!((&import["state"], &import["problem"]), (&json!("failed"), &json!(problem)), "{name}");
            owner.delete(&path(&import)).await.expect_status(204);
        }
        assert!(owner.get("/api/knowledge_sources").await.items().is_empty(), "nothing was taken from them");
        // What is read anew takes the place of what waited.
        let first = read(desk, &owner, "a.md", b"# A\n\nOne.").await;
        let second = read(desk, &owner, "a.md", b"# A\n\nTwo.").await;
        owner.get(&path(&first)).await.expect_status(404);
        let reader = desk.agent(&owner, "Ben", "agent").await;
        assert!(
            !model::Role::Agent
                .rights()
                .expect("built in")
                .permissions
                .contains(&Permission::KnowledgeManage)
        );
        hand_in(&reader, "a.md", b"# A").await.expect_status(403);
        apply(desk, &owner, &second).await;
        let source = format!("/api/knowledge_sources/{}", second["source_id"].as_str().expect("an id"));
        assert_eq!(
            owner.patch(&source, &json!({"every": "day"})).await.expect_status(422).fields(),
            ["every"]
        );
        owner.delete(&source).await.expect_status(204);
        assert_eq!(titled(&owner, "A").await["body"], "Two.", "the article stays");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pieces_are_written_and_a_restart_goes_on_with_them() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let mut table = String::from("question,answer\n");
        for n in 0..420 {
            table += &format!("Question number {n}?,Answer number {n}.\n");
        }
        let import = hand_in(&owner, "many.csv", table.as_bytes()).await.expect_status(201).json();
        desk.restart().await;
        desk.settle().await;
        let ready = owner.get(&path(&import)).await.json();
        assert_eq!((&ready["state"], &ready["counts"]["new"]), (&json!("ready"), &json!(420)));
        owner.post(&format!("{}/apply", path(&import)), &json!({})).await.expect_status(200);
        desk.restart().await;
        desk.settle().await;
        let done = owner.get(&path(&import)).await.json();
        assert_eq!((&done["state"], &done["counts"]["applied"]), (&json!("done"), &json!(420)));
        assert!(
            owner.get(&format!("{}/items", path(&import))).await.items().is_empty(),
            "what is written is gone"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_this_time_stays_in_use() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let first = "question,answer,language\nRefunds?,Within five days.,en\nHours?,9 to 5.,en\nParking?,Behind.,en\n";
        let import = read(desk, &owner, "faq.csv", first.as_bytes()).await;
        let chosen = choice(&json!({"publish": true, "archive_gone": true}));
        owner.put(&path(&import), &chosen).await.expect_status(200);
        apply(desk, &owner, &import).await;
        // An answer is missing, a language is misspelt, a question is gone.
        let second = "question,answer,language\nRefunds?,,en\nHours?,9 to 5.,klingon\n";
        let import = read(desk, &owner, "faq.csv", second.as_bytes()).await;
        assert_eq!((&import["counts"]["gone"], &import["counts"]["refused"]), (&json!(1), &json!(2)), "{import}");
        apply(desk, &owner, &import).await;
        for (title, state) in [("Refunds?", "published"), ("Hours?", "published"), ("Parking?", "archived")] {
            assert_eq!(titled(&owner, title).await["state"], state, "{title}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_that_is_removed_meanwhile_holds_up_nothing() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let category =
            owner.post("/api/categories", &json!({"name": "Orders"})).await.expect_status(201).json();
        let import = read(desk, &owner, "a.md", b"# A\n\nOne.").await;
        let chosen = choice(&json!({"category_id": category["id"]}));
        owner.put(&path(&import), &chosen).await.expect_status(200);
        let removed = format!("/api/categories/{}", category["id"].as_str().expect("an id"));
        owner.delete(&removed).await.expect_status(204);
        apply(desk, &owner, &import).await;
        assert_eq!(titled(&owner, "A").await["category_id"], Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_stays_when_somebody_wrote_it_anew_before_it_was_applied() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let import = read(desk, &owner, "help.csv", b"title,body\nRefunds,Five days.\nHours,9 to 5.\n").await;
        let chosen = choice(&json!({"publish": true, "archive_gone": true}));
        owner.put(&path(&import), &chosen).await.expect_status(200);
        apply(desk, &owner, &import).await;
        let import = read(desk, &owner, "help.csv", b"title,body\nReturns,Send it back.\n").await;
        assert_eq!(import["counts"]["gone"], 2);
        let hours = titled(&owner, "Hours").await;
        let article = format!("/api/articles/{}", hours["id"].as_str().expect("an id"));
        owner.patch(&article, &json!({"body": "10 to 6, we promise."})).await.expect_status(200);
        owner.post(&format!("{article}/publish"), &json!({})).await.expect_status(200);
        let done = apply(desk, &owner, &import).await;
        assert_eq!((&done["counts"]["gone"], &done["counts"]["edited"]), (&json!(1), &json!(1)), "{done}");
        assert_eq!(titled(&owner, "Hours").await["state"], "published");
        assert_eq!(titled(&owner, "Refunds").await["state"], "archived");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_refused_leaves_nothing_in_the_media_store() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let kept = || {
            let mut folders = vec![desk.media.clone()];
            let mut files = 0;
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                    match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                        true => folders.push(entry.path()),
                        false => files += 1,
                    }
                }
            }
            files
        };
        let long = format!("{}.md", "x".repeat(130));
        let import = hand_in(&owner, &long, b"# A\n\nOne.").await.expect_status(201).json();
        let before = kept();
        hand_in(&owner, &long, b"# A\n\nTwo.").await.expect_status(409);
        assert_eq!(kept(), before);
        desk.settle().await;
        apply(desk, &owner, &import).await;
        let source = owner.get("/api/knowledge_sources").await.items().remove(0);
        assert_eq!(source["name"], long);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_hand_in_the_same_one_is_read() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        read(desk, &owner, "a.md", b"# A\n\nOne.").await;
        let all =
            futures_util::future::join_all((0..6).map(|_| hand_in(&owner, "a.md", b"# A\n\nTwo."))).await;
        let taken: Vec<Value> =
            all.into_iter().filter(|reply| reply.status == 201).map(|reply| reply.json()).collect();
        assert_eq!(taken.len(), 1, "{taken:?}");
        owner.get(&path(&taken[0])).await.expect_status(200);
        desk.settle().await;
        apply(desk, &owner, &taken[0]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_again_and_again_is_given_up_and_holds_up_nothing() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let import = read(desk, &owner, "a.md", b"# A\n\nOne.").await;
        owner.post(&format!("{}/apply", path(&import)), &json!({})).await.expect_status(200);
        // Workers that vanish over it.
        let now = desk.app.now();
        for _ in 0..5 {
            let claimed = desk.app.write(move |tx| {
                Box::pin(async move { Ok(store::job::claim_import(tx, now, now, 2).await?) })
            });
            assert!(claimed.await.expect("the store answers").is_some());
        }
        desk.settle().await;
        let given_up = owner.get(&path(&import)).await.json();
        assert_eq!(
            (&given_up["state"], &given_up["problem"]),
            (&json!("failed"), &json!("interrupted")),
            "{given_up}"
        );
        let again = read(desk, &owner, "a.md", b"# A\n\nOne.").await;
        apply(desk, &owner, &again).await;
        assert_eq!(titled(&owner, "A").await["body"], "One.");
    })
    .await;
}
