//! Who may do what: a walk over every operation of the API document.

use model::{Permission, Role};
use serde_json::{Value, json};

use crate::browser::{Browser, Reply};
use crate::desk::{Desk, on_both};
use crate::document::{Operation, operations};

/// Ids of things that exist in the first workspace, by the beginning of a path.
pub(crate) struct Things(pub(crate) Vec<(&'static str, String)>);

impl Things {
    async fn make(desk: &Desk, owner: &Browser) -> Self {
        Self::of(desk, owner, "Maria", "+34 600 111 222", None).await
    }

    /// Those of a workspace whose customer has this name and number, and wrote this.
    pub(crate) async fn of(
        desk: &Desk,
        owner: &Browser,
        name: &str,
        phone: &str,
        wrote: Option<&str>,
    ) -> Self {
        let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
        let inbox = desk.connect(owner).await;
        let maria = desk.sim.customer(name, Some(phone), None).await;
        let picture = include_bytes!("files/dot.png").to_vec();
        desk.sim.send(&maria, sim::CustomerMessage::image(picture, "image/png")).await;
        desk.settle().await;
        let conversation = desk.only_conversation(owner).await;
        let message = desk.thread(owner, &conversation).await.remove(0);
        if let Some(text) = wrote {
            desk.sim.send(&maria, sim::CustomerMessage::text(text)).await;
            desk.settle().await;
        }
        let label = owner.post("/api/labels", &json!({"name": "x", "color": "red"})).await.json();
        let reply = owner.post("/api/quick_replies", &json!({"shortcut": "x", "body": "x"})).await.json();
        let category = owner.post("/api/categories", &json!({"name": "x"})).await.json();
        let article = json!({"kind": "article", "locale": "en", "title": "x", "body": "x", "publish": true});
        let article = owner.post("/api/articles", &article).await.json();
        let intent = json!({"name": "x", "answer": {"do": "hand_over", "team_id": null}});
        let intent = owner.post("/api/intents", &intent).await.expect_status(201).json();
        let written = json!({"texts": ["x marks the spot"]});
        owner.post(&format!("/api/intents/{}/examples", id(&intent)), &written).await.expect_status(200);
        let example = owner.get("/api/examples").await.items().remove(0);
        let import = crate::import::hand_in(owner, "x.md", b"# x\n\nx").await.expect_status(201).json();
        desk.settle().await;
        let session = owner.get("/api/sessions").await.items().remove(0);
        let agent = owner.get("/api/agents").await.items().remove(0);
        let token = crate::api_token::make(owner, &["conversation.read"]).await["token"].clone();
        let role = json!({"name": "x", "permissions": [], "scope": "own"});
        let role = owner.post("/api/roles", &role).await.expect_status(201).json()["role"].clone();
        let team = owner.post("/api/teams", &json!({"name": "x"})).await.expect_status(201).json();
        let provider = crate::provider::draft("https://id.example.com");
        let provider = owner.post("/api/providers", &provider).await.expect_status(201).json();
        let hook = inbox["callback_url"].as_str().expect("an address").to_owned();
        crate::hooks::deliver(&desk.browser(), &hook, b"not json", &desk.sim.config().app_secret).await;
        desk.settle().await;
        let parked = owner.get("/api/parked").await.items().remove(0);
        crate::gap::open(desk, &parked).await;
        let contact = conversation["contact"]["id"].as_str().expect("an id").to_owned();
        let draft = json!({"title": "a laptop was lost", "noticed_at": 1_700_000_000_000_i64});
        let breach = owner.post("/api/breaches", &draft).await.expect_status(201).json();
        let rule = json!({"class": "messages", "days": 9000});
        let rule = owner.post("/api/retention", &rule).await.expect_status(201).json();
        let erasure = erasure(desk, owner).await;
        let hold = owner.post(&format!("/api/contacts/{contact}/hold"), &json!({"reason": "a suit"})).await;
        let hold = hold.expect_status(201).json();
        let trial = crate::bot_trial::make(desk, owner, &inbox, &conversation).await;
        Self(vec![
            ("/api/bot_trials/", id(&trial)),
            ("/api/breaches/", id(&breach)),
            ("/api/erasures/", id(&erasure)),
            ("/api/holds/", id(&hold)),
            ("/api/retention/", id(&rule)),
            ("/api/agents/", id(&agent)),
            ("/api/articles/", id(&article)),
            ("/api/categories/", id(&category)),
            ("/api/contacts/", conversation["contact"]["id"].as_str().expect("an id").to_owned()),
            ("/api/conversations/", id(&conversation)),
            ("/api/gaps/", id(&parked)),
            ("/api/imports/", id(&import)),
            ("/api/inboxes/", id(&inbox)),
            ("/api/intents/", id(&intent)),
            ("/api/examples/", id(&example)),
            ("/api/knowledge_sources/", import["source_id"].as_str().expect("an id").to_owned()),
            ("/api/labels/", id(&label)),
            ("/api/media/", message["content"]["media"]["id"].as_str().expect("an id").to_owned()),
            ("/api/providers/", id(&provider)),
            ("/api/me/providers/", id(&provider)),
            ("/api/session/providers/", "pv_0000000000007".to_owned()),
            ("/api/me/passkeys/", "pk_0000000000000".to_owned()),
            ("/api/messages/", id(&message)),
            ("/api/parked/", id(&parked)),
            ("/api/quick_replies/", id(&reply)),
            ("/api/roles/", role.as_str().expect("an id").to_owned()),
            ("/api/sessions/", id(&session)),
            ("/api/teams/", id(&team)),
            ("/api/tokens/", id(&token)),
            ("/api/unanswered/", id(&message)),
            ("/api/asked/", id(&message)),
            ("/api/surges/", crate::topic::make(desk, owner).await),
            ("/api/docs/", "docs.js".to_owned()),
            ("/hooks/", "x".to_owned()),
        ])
    }

    /// An operation's address with an id in it: one that exists, or one that does not.
    pub(crate) fn address(&self, operation: &Operation, exists: bool) -> String {
        let Some(start) = operation.path.find('{') else { return operation.path.clone() };
        let end = operation.path.find('}').expect("a closing brace") + 1;
        let (_, id) = self.0.iter().find(|(path, _)| operation.path.starts_with(path)).unwrap_or_else(|| {
            panic!("{} names a thing that this test does not make", operation.path);
        });
        let absent = format!("{}{}", &id[..id.len().min(3)], "0000000000007");
        let id = if exists { id } else { &absent };
        operation.path.replace(&operation.path[start..end], id)
    }
}

/// The receipt of somebody who was erased.
async fn erasure(desk: &Desk, owner: &Browser) -> Value {
    let gone = desk.sim.customer("Gone", Some("+34 600 999 999"), None).await;
    desk.sim.send(&gone, sim::CustomerMessage::text("bye")).await;
    desk.settle().await;
    let found = owner.get("/api/conversations?state=all&q=Gone").await.items().remove(0);
    let contact = found["contact"]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/contacts/{contact}/erase");
    owner.post(&path, &json!({"reason": "asked for"})).await.expect_status(200).json()
}

/// A body that the operation can read, so that nothing but rights and ids decides.
pub(crate) fn body(operation: &Operation, agent: &str) -> Option<Value> {
    let schema = operation.value["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()?;
    Some(match schema.rsplit('/').next().unwrap_or_default() {
        "Assignment" => json!({"agent_id": agent}),
        "Snooze" => json!({"until": 1_790_000_900_000_i64}),
        "LabelChoice" => json!({"label_ids": []}),
        "MessageDraft" | "NoteDraft" => json!({"client_id": "c", "text": "t"}),
        "Rewriting" => json!({"text": "t", "tone": "formal"}),
        "Translating" => json!({"to": "en"}),
        "ReactionChoice" => json!({"emoji": "👍"}),
        "BotSetting" => json!({"enabled": true, "threshold": 75}),
        "Hours" => {
            json!({"zone": "UTC", "week": [{"day": "monday", "from": "09:00", "until": "17:00"}]})
        }
        "ReplayDraft" => json!({"conversations": 10}),
        "VerdictDraft" => json!({"verdict": "right"}),
        "AnswerVerdict" => json!({"right": true}),
        "Retry" => json!({"confirm": true}),
        "SuggestionFate" => json!({"kind": "article", "source": "ar_0000000000007", "used": "dismissed"}),
        "ContactChange" | "PasskeyChange" | "InboxChange" | "AgentChange" | "LabelChange" | "TeamChange" => {
            json!({"name": "n"})
        }
        "QuickReplyChange" => json!({"body": "b"}),
        "LabelDraft" => json!({"name": "n", "color": "red"}),
        "QuickReplyDraft" => json!({"shortcut": "s", "body": "b"}),
        "RoleDraft" => json!({"name": "r", "permissions": [], "scope": "own", "masks": []}),
        "TeamDraft" => json!({"name": "t"}),
        "MeChange" | "ArticleEdit" | "CategoryChange" | "IntentPatch" | "SourceEdit" => json!({}),
        "ExampleDraft" => json!({"texts": ["t"]}),
        "Meaning" => json!({"intent_id": null}),
        "ProviderDraft" => crate::provider::draft("https://id.example.com"),
        "Callback" => json!({"state": "s"}),
        "ImportChoiceDraft" => json!({"audience": "public", "publish": false, "archive_gone": false}),
        "VersionChoice" => json!({"version": 1}),
        "ConsentNote" => {
            json!({"purpose": "marketing", "given": true, "text_version": "n", "way": "form", "evidence": "e"})
        }
        "Reason" => json!({"reason": "r"}),
        "RetentionDraft" => json!({"class": "messages", "days": 9000}),
        "RetentionChange" => json!({"days": 9000}),
        "BreachDraft" => json!({"title": "t", "noticed_at": 1_700_000_000_000_i64}),
        other => json!({"a": format!("{other} is refused before it is read")}),
    })
}

pub(crate) async fn call(browser: &Browser, operation: &Operation, address: &str, agent: &str) -> Reply {
    operation.send(browser, address, body(operation, agent).as_ref()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_signing_in() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let things = Things::make(desk, &owner).await;
        let nobody = desk.browser();
        let mut guarded = 0;
        for operation in operations().iter().filter(|operation| operation.needs().is_some()) {
            for exists in [true, false] {
                let reply = call(&nobody, operation, &things.address(operation, exists), "ag_x").await;
                assert_eq!(reply.expect_status(401).code(), "unauthorized");
            }
            guarded += 1;
        }
        assert!(guarded > 40, "only {guarded} operations are guarded");
        let open: Vec<String> = operations()
            .iter()
            .filter(|operation| operation.needs().is_none())
            .map(|operation| format!("{} {}", operation.method, operation.path))
            .collect();
        // Whoever opens another one to everybody writes it down here.
        let expected = [
            "GET /api/docs",
            "GET /api/docs/{file}",
            "POST /api/links/look",
            "POST /api/links/use",
            "GET /api/openapi.json",
            "POST /api/session",
            "POST /api/session/passkey",
            "POST /api/session/passkey/begin",
            "POST /api/session/provider",
            "GET /api/session/providers",
            "POST /api/session/providers/{id}",
            "POST /api/session/second_step",
            "POST /api/session/second_step/enrol",
            "GET /api/setup",
            "POST /api/setup",
            "POST /hooks/providers/{id}/sign-out",
            "GET /hooks/{inbox}",
            "POST /hooks/{inbox}",
            "GET /livez",
            "GET /readyz",
        ];
        assert_eq!(open, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_does_what_its_permissions_say_and_nothing_else() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let agent = desk.agent(&owner, "Ben", "agent").await;
        let things = Things::make(desk, &owner).await;
        let id = agent.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned();
        let held = Role::Agent.rights().expect("built in").permissions;
        let mut refused = 0;
        for operation in operations() {
            let Some(needed) = operation.needs() else { continue };
            let allowed = needed.is_empty() || held.iter().any(|one| one.as_str() == needed);
            if !needed.is_empty() {
                assert!(
                    Permission::ALL.iter().any(|one| one.as_str() == needed),
                    "{needed} is no permission"
                );
            }
            // What ends one's own session would end this walk.
            if allowed && operation.path.starts_with("/api/session") && operation.method == "DELETE" {
                continue;
            }
            let what = format!("{} {}", operation.method, operation.path);
            // With an id that exists nowhere: what is allowed is not found, what is not is forbidden before.
            let reply = call(&agent, &operation, &things.address(&operation, false), &id).await;
            assert_eq!(reply.status == 403, !allowed, "{what} as an agent answered {}", reply.status);
            if operation.path.contains('{') && allowed {
                assert_eq!(reply.status, 404, "{what}");
            }
            refused += usize::from(!allowed);
            assert!(reply.status < 500, "{what} answered {}", reply.status);
        }
        assert!(refused > 12, "only {refused} operations are above an agent");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_workspace_is_not_there() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let things = Things::make(desk, &owner).await;
        let stranger = desk.stranger().await;
        let own =
            stranger.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned();
        let mut walked = 0;
        for operation in operations() {
            if operation.needs().is_none() || !operation.path.contains('{') {
                continue;
            }
            let what = format!("{} {}", operation.method, operation.path);
            let foreign = call(&stranger, &operation, &things.address(&operation, true), &own).await;
            let absent = call(&stranger, &operation, &things.address(&operation, false), &own).await;
            assert_eq!(foreign.status, 404, "{what}");
            assert_eq!(foreign.body, absent.body, "{what} tells a foreign object from an absent one");
            walked += 1;
        }
        assert!(walked > 25, "only {walked} operations name an object");
        for list in [
            "agents",
            "articles",
            "categories",
            "knowledge_sources",
            "conversations?state=all",
            "gaps",
            "inboxes",
            "labels",
            "parked",
            "quick_replies",
        ] {
            let text = stranger.get(&format!("/api/{list}")).await.expect_status(200).body;
            let text = String::from_utf8(text).expect("text");
            for (_, id) in things.0.iter().filter(|(_, id)| id.len() > 10) {
                assert!(!text.contains(id), "{list} shows {id}");
            }
        }
        // Nothing was changed either.
        let conversation = desk.only_conversation(&owner).await;
        assert_eq!((&conversation["state"], &conversation["assignee_id"]), (&json!("open"), &Value::Null));
        assert_eq!(owner.get("/api/labels").await.items()[0]["name"], "x");
        for list in ["parked", "gaps"] {
            assert_eq!(owner.get(&format!("/api/{list}")).await.items().len(), 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn references_to_another_workspace_are_refused() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
        desk.sim.send(&maria, sim::CustomerMessage::text("hi")).await;
        desk.settle().await;
        let id = desk.only_conversation(&owner).await["id"].as_str().expect("an id").to_owned();
        let stranger = desk.stranger().await;
        let theirs = stranger.get("/api/session").await.json()["agent"]["id"].clone();
        let label =
            stranger.post("/api/labels", &json!({"name": "y", "color": "red"})).await.json()["id"].clone();
        let upload = stranger.upload("dot.png", "image/png", include_bytes!("files/dot.png").to_vec()).await;
        let upload = upload.expect_status(201).json()["id"].clone();
        let at = |rest: &str| format!("/api/conversations/{id}/{rest}");
        let assigned = owner.post(&at("assign"), &json!({"agent_id": theirs})).await;
        assert!((400..500).contains(&assigned.status), "a foreign agent was assigned");
        let labelled = owner.put(&at("labels"), &json!({"label_ids": [label]})).await;
        assert!((400..500).contains(&labelled.status), "a foreign label was put on");
        let sent = owner.post(&at("messages"), &json!({"client_id": "c", "upload_id": upload})).await;
        assert!((400..500).contains(&sent.status), "a foreign file was sent");
        assert_eq!(desk.thread(&owner, &desk.only_conversation(&owner).await).await.len(), 1);
    })
    .await;
}
