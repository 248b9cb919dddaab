//! What is done while something else is under way that it depends on.

use std::time::Duration;

use futures_util::future::BoxFuture;
use model::{Agent, AgentId, Clock, ConversationId, Locale, Millis, Role, Turn, WorkspaceId};
use reqwest::Method;
use serde_json::{Value, json};
use store::session::NewSession;
use store::workspace::SignIn;
use store::{Engine, Tx};
use tokio::sync::oneshot;

use crate::bot::Scene;
use crate::desk::{Desk, PASSWORD, on_both};
use crate::identity::instead;
use crate::provider::{begin, finish, set_up};

pub(crate) fn workspace_of(me: &Value) -> WorkspaceId {
    me["workspace"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}

/// Acts while a change of the workspace is under way: it has done its work and holds the workspace, and is kept a moment
/// later. Where one writes at a time, it is kept before.
async fn meanwhile<T>(
    desk: &Desk,
    work: impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, app::Result<()>> + Send + 'static,
    act: impl Future<Output = T>,
) -> T {
    let several = desk.app.db.engine() == Engine::Postgres;
    let (app, (holds, held)) = (desk.app.clone(), oneshot::channel());
    let change = tokio::spawn(async move {
        let kept = app.write(move |tx| {
            Box::pin(async move {
                work(tx).await?;
                if several {
                    holds.send(()).expect("somebody waits");
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
                Ok(())
            })
        });
        kept.await.expect("the change is kept");
    });
    if !several {
        change.await.expect("the change ends");
        return act.await;
    }
    held.await.expect("the change is under way");
    let acted = act.await;
    change.await.expect("the change ends");
    acted
}

fn asked(providers_only: bool) -> SignIn {
    SignIn { second_step_required: false, providers_only }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_slips_in_while_the_way_is_closed() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let ws = workspace_of(&owner.get("/api/session").await.json());
        let (door, credentials) = (desk.browser(), json!({"email": "ben@example.com", "password": PASSWORD}));
        let answer = meanwhile(
            desk,
            move |tx| {
                Box::pin(async move {
                    store::workspace::set_sign_in(tx, ws, asked(true)).await?;
                    store::session::delete_without_provider(tx, ws).await?;
                    Ok(())
                })
            },
            door.post("/api/session", &credentials),
        )
        .await;
        assert_eq!(answer.expect_status(401).code(), "provider_needed");
        assert_eq!(door.cookie(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_begins_while_its_provider_is_removed_ends_with_it() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let (_identity, id) = set_up(desk, &owner, json!({})).await;
        let me = owner.get("/api/session").await.json();
        let ws = workspace_of(&me);
        let now = desk.clock.now();
        let session = NewSession {
            id: desk.app.ids.next(),
            agent_id: me["agent"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"),
            token_hash: app::token::hash("shown"),
            created_at: now,
            expires_at: now + Millis::hours(1),
            user_agent: String::new(),
            address: String::new(),
            two_steps: false,
            provider_id: id.parse().ok(),
            provider_sid: None,
        };
        let at = format!("/api/providers/{id}");
        meanwhile(
            desk,
            move |tx| {
                Box::pin(async move {
                    store::session::insert(tx, ws, &session).await?;
                    store::workspace::set_sign_in(tx, ws, asked(false)).await?;
                    Ok(())
                })
            },
            owner.delete(&at),
        )
        .await
        .expect_status(204);
        let thief = desk.browser();
        let shown = thief.bare(Method::GET, "/api/session").header("cookie", "bellhop_session=shown");
        thief.send(shown).await.expect_status(401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_first_sign_ins_at_once_are_one_account_and_two_sessions() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let opens = json!({"creates_accounts": true, "default_role": "agent"});
        let (identity, id) = set_up(desk, &owner, opens).await;
        let ws = workspace_of(&owner.get("/api/session").await.json());
        // Whose account is there already, and whose is made.
        for (name, email) in [("u-1", "ben@example.com"), ("u-2", "dora@example.com")] {
            identity.behave(instead(json!({"sub": name, "email": email})));
            let (one, two) = (desk.browser(), desk.browser());
            let back = (begin(&one, &id).await, begin(&two, &id).await);
            let back = (identity.let_in(&back.0), identity.let_in(&back.1));
            let both = async { tokio::join!(finish(&one, &back.0), finish(&two, &back.1)) };
            let (first, second) = meanwhile(
                desk,
                move |tx| {
                    Box::pin(async move {
                        store::workspace::set_sign_in(tx, ws, asked(false)).await?;
                        Ok(())
                    })
                },
                both,
            )
            .await;
            let (first, second) = (first.expect_status(200).json(), second.expect_status(200).json());
            assert_eq!(first["agent"]["id"], second["agent"]["id"], "{email}");
            assert_eq!(
                one.get("/api/sessions").await.expect_status(200).items().len(),
                2 + usize::from(name == "u-1")
            );
            two.get("/api/session").await.expect_status(200);
            let agents = owner.get("/api/agents").await.expect_status(200).items();
            assert_eq!(agents.iter().filter(|agent| agent["email"] == email).count(), 1);
            desk.clock.advance(Millis::minutes(1));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_a_colleague_makes_at_the_same_moment_is_not_the_providers() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let opens = json!({"creates_accounts": true, "default_role": "agent", "links_by_email": false});
        let (identity, id) = set_up(desk, &owner, opens).await;
        let ws = workspace_of(&owner.get("/api/session").await.json());
        let door = desk.browser();
        let back = identity.let_in(&begin(&door, &id).await);
        let ben = Agent {
            id: desk.app.ids.next(),
            name: "Ben".to_owned(),
            email: "ben@example.com".to_owned(),
            role: Role::Agent,
            locale: Locale::En,
            disabled: false,
            created_at: desk.clock.now(),
        };
        let answer = meanwhile(
            desk,
            move |tx| Box::pin(async move { Ok(store::agent::insert(tx, ws, &ben, "!").await?) }),
            finish(&door, &back),
        )
        .await;
        assert_eq!(answer.expect_status(401).code(), "provider_no_account");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_takes_while_its_customer_opens_it_again_stays_theirs() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        scene.says(desk, "hello").await;
        scene.act(desk, "resolve", &json!({})).await;
        let me = scene.owner.get("/api/session").await.json();
        let agent: AgentId = me["agent"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        let shown = desk.only_conversation(&scene.owner).await;
        let id: ConversationId = shown["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        let (ws, now) = (workspace_of(&me), desk.clock.now());
        meanwhile(
            desk,
            move |tx| {
                Box::pin(async move {
                    store::conversation::assign(tx, ws, id, Some(agent), Turn::Person, now).await?;
                    Ok(())
                })
            },
            scene.says(desk, "I want a refund"),
        )
        .await;
        let shown = desk.only_conversation(&scene.owner).await;
        assert_eq!(
            (&shown["state"], &shown["turn"], &shown["assignee_id"]),
            (&json!("open"), &json!("person"), &me["agent"]["id"])
        );
    })
    .await;
}
