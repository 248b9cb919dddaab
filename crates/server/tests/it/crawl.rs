//! Pages of the web as knowledge: only where the site allows it, only on its host, and again when they change.

use model::Millis;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

async fn name(desk: &Desk, owner: &Browser, kind: &str, path: &str) -> Value {
    let draft = json!({"kind": kind, "addresses": [desk.web.at(path)]});
    let import = owner.post("/api/knowledge_sources", &draft).await.expect_status(201).json();
    desk.settle().await;
    read(owner, &import).await
}

fn path(import: &Value) -> String {
    format!("/api/imports/{}", import["id"].as_str().expect("an id"))
}

async fn read(owner: &Browser, import: &Value) -> Value {
    owner.get(&path(import)).await.expect_status(200).json()
}

async fn apply(desk: &Desk, owner: &Browser, import: &Value, choice: &Value) -> Value {
    let mut chosen = json!({"audience": "public", "publish": true, "archive_gone": false});
    for (key, value) in choice.as_object().expect("fields") {
        chosen[key] = value.clone();
    }
    owner.put(&path(import), &chosen).await.expect_status(200);
    owner.post(&format!("{}/apply", path(import)), &json!({})).await.expect_status(200);
    desk.settle().await;
    read(owner, import).await
}

fn source(import: &Value) -> String {
    format!("/api/knowledge_sources/{}", import["source_id"].as_str().expect("an id"))
}

async fn article(owner: &Browser, title: &str) -> Value {
    let all = owner.get("/api/articles").await.items();
    all.into_iter().find(|one| one["title"] == title).unwrap_or_else(|| panic!("no article {title:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sitemap_is_read_and_read_again_and_only_what_changed_is_fetched() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.web.page("/robots.txt", "text/plain", "User-agent: *\nDisallow: /secret\n");
        desk.web.sitemap(&["/returns", "/shipping", "/secret", "/old", "/moved", "/away", "/lured"]);
        desk.web.help("/returns", "Returns", "Within 30 days, see <a href=\"/form\">the form</a>.");
        desk.web.help("/shipping", "Shipping", "By post.");
        desk.web.help("/secret", "Secret", "Not for programs.");
        desk.web.help("/new", "New", "Moved here.");
        desk.web.status("/moved", 301, Some("/new"));
        desk.web.status("/away", 302, Some("http://10.0.0.1/"));
        desk.web.status("/lured", 302, Some("/secret"));
        let import = name(desk, &owner, "sitemap", "/sitemap.xml").await;
        assert_eq!((&import["state"], &import["counts"]["new"]), (&json!("ready"), &json!(3)), "{import}");
        let asked = desk.web.asked();
        assert!(!asked.iter().any(|one| one.starts_with("/secret")), "{asked:?}");
        let refused = owner.get(&format!("{}/items?verdict=refused", path(&import))).await.items();
        let problems: Vec<_> = refused.iter().map(|one| &one["problem"]).collect();
        assert_eq!(problems, ["unreachable", "moved", "robots"]);
        apply(desk, &owner, &import, &json!({})).await;
        let returns = article(&owner, "Returns").await;
        let body = returns["body"].as_str().expect("words");
        assert!(
            body.contains(&desk.web.at("/form")) && !body.contains("Imprint") && !body.contains("Home"),
            "{body}"
        );
        assert_eq!((&returns["source"], &returns["locale"]), (&json!(desk.web.at("/returns")), &json!("en")));
        // Again, by hand: nothing changed but one page, and one is gone.
        desk.web.asked();
        desk.web.help("/returns", "Returns", "Within 60 days, see the form.");
        desk.web.sitemap(&["/returns", "/shipping"]);
        let again =
            owner.post(&format!("{}/fetch", source(&import)), &json!({})).await.expect_status(200).json();
        desk.settle().await;
        let again = read(&owner, &again).await;
        let counts = &again["counts"];
        assert_eq!(
            (&counts["changed"], &counts["same"], &counts["gone"]),
            (&json!(1), &json!(1), &json!(1)),
            "{again}"
        );
        let asked = desk.web.asked();
        assert!(
            asked.contains(&"/shipping 304".to_owned()) && asked.contains(&"/returns 200".to_owned()),
            "{asked:?}"
        );
        // Nobody consented to that: what was fetched is not forgotten, so it is fetched again.
        owner.delete(&path(&again)).await.expect_status(204);
        let again =
            owner.post(&format!("{}/fetch", source(&import)), &json!({})).await.expect_status(200).json();
        desk.settle().await;
        let again = read(&owner, &again).await;
        assert_eq!(again["counts"]["changed"], 1);
        apply(desk, &owner, &again, &json!({"archive_gone": true})).await;
        assert_eq!(article(&owner, "New").await["state"], "archived");
        let returns = article(&owner, "Returns").await;
        assert_eq!((&returns["version"], &returns["published_version"]), (&json!(2), &json!(2)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_reads_pages_again_and_writes_them_by_itself() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.web.help("/returns", "Returns", "Within 30 days.");
        let import = name(desk, &owner, "pages", "/returns").await;
        apply(desk, &owner, &import, &json!({})).await;
        let set = owner.patch(&source(&import), &json!({"every": "day"})).await.expect_status(200).json();
        assert!(set["next_at"].is_i64());
        desk.web.help("/returns", "Returns", "Within 60 days.");
        desk.clock.advance(Millis::hours(23));
        desk.settle().await;
        assert_eq!(article(&owner, "Returns").await["version"], 1);
        desk.clock.advance(Millis::hours(2));
        desk.settle().await;
        let returns = article(&owner, "Returns").await;
        assert_eq!((&returns["version"], &returns["published_version"]), (&json!(2), &json!(2)));
        let noted = owner.get("/api/audit?act=knowledge.imported").await.items();
        let kinds: Vec<_> = noted.iter().map(|entry| &entry["actor_kind"]).collect();
        assert_eq!(kinds, ["system", "agent"]);
        // A site that lost its page is looked at by somebody, once what is gone would be taken out of use.
        let choice = json!({"audience": "public", "publish": true, "archive_gone": true});
        owner.patch(&source(&import), &json!({"choice": choice})).await.expect_status(200);
        desk.web.status("/returns", 404, None);
        desk.clock.advance(Millis::days(1));
        desk.settle().await;
        assert_eq!(article(&owner, "Returns").await["state"], "published");
        let last = owner.get(&source(&import)).await.json()["last"].clone();
        assert_eq!((&last["state"], &last["counts"]["gone"]), (&json!("ready"), &json!(1)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_must_not_be_called_are_refused() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let port = desk.address.port();
        for (kind, addresses, path) in [
            ("pages", json!(["http://10.0.0.1/"]), "addresses[0]"),
            ("sitemap", json!(["https://169.254.169.254/latest"]), "addresses[0]"),
            ("pages", json!([format!("http://127.0.0.1:{port}/")]), "addresses[0]"),
            ("pages", json!(["file:///etc/passwd"]), "addresses[0]"),
            ("pages", json!(["nonsense"]), "addresses[0]"),
            ("pages", json!([desk.web.at("/a"), "https://elsewhere.example/"]), "addresses[1]"),
            ("pages", json!([]), "addresses"),
            ("sitemap", json!([desk.web.at("/a"), desk.web.at("/b")]), "addresses"),
            ("file", json!([desk.web.at("/a")]), "kind"),
        ] {
            let draft = json!({"kind": kind, "addresses": addresses});
            let refused = owner.post("/api/knowledge_sources", &draft).await.expect_status(422);
            assert_eq!(refused.fields(), [path], "{draft}");
        }
        assert!(desk.web.asked().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_forbids_or_fails_says_so() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let import = name(desk, &owner, "sitemap", "/absent.xml").await;
        assert_eq!(import["problem"], "unreachable");
        desk.web.page(
            "/none.xml",
            "application/xml",
            "<urlset><url><loc>https://other.example/</loc></url></urlset>",
        );
        assert_eq!(name(desk, &owner, "sitemap", "/none.xml").await["problem"], "no_pages");
        desk.web.page("/broken.xml", "application/xml", "<urlset><");
        assert_eq!(name(desk, &owner, "sitemap", "/broken.xml").await["problem"], "damaged");
        desk.web.page("/film", "video/mp4", "x");
        let import = name(desk, &owner, "pages", "/film").await;
        let items = owner.get(&format!("{}/items", path(&import))).await.items();
        assert_eq!(items[0]["problem"], "unknown_format");
        desk.web.page("/robots.txt", "text/plain", "User-agent: bellhop\nDisallow: /\n");
        assert_eq!(name(desk, &owner, "pages", "/page").await["problem"], "robots");
        desk.web.status("/robots.txt", 503, None);
        assert_eq!(name(desk, &owner, "pages", "/other").await["problem"], "unreachable");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_site_is_read_in_turns_and_given_up_after_hours() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let paths: Vec<String> = (0..5).map(|n| format!("/page-{n}")).collect();
        for path in &paths {
            desk.web.help(path, path, "Words.");
        }
        desk.web.sitemap(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        let draft = json!({"kind": "sitemap", "addresses": [desk.web.at("/sitemap.xml")]});
        let turns = async |pace: Millis, begin: &str, draft: &Value| {
            let import = owner.post(begin, draft).await.json();
            let passing = async {
                loop {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    desk.clock.advance(pace);
                }
            };
            tokio::select! {
                () = desk.settle() => {}
                () = passing => {}
            }
            read(&owner, &import).await
        };
        let import = turns(Millis::seconds(30), "/api/knowledge_sources", &draft).await;
        assert_eq!((&import["state"], &import["counts"]["new"]), (&json!("ready"), &json!(5)), "{import}");
        let asked = desk.web.asked();
        let turned = asked.iter().filter(|one| one.starts_with("/robots.txt")).count();
        assert!(turned > 1, "{asked:?}");
        assert_eq!(asked.iter().filter(|one| one.starts_with("/page-")).count(), 5, "{asked:?}");
        let import = turns(Millis::hours(2), &format!("{}/fetch", source(&import)), &json!({})).await;
        assert_eq!(import["state"], "ready", "{import}");
        let refused = owner.get(&format!("{}/items?verdict=refused", path(&import))).await.items();
        assert!(!refused.is_empty() && refused.iter().all(|one| one["problem"] == "too_slow"), "{refused:?}");
    })
    .await;
}
