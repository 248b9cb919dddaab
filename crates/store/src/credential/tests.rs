use model::Role;

use super::*;
use crate::agent::AgentChange;
use crate::sample::{agent_named, id, inbox_row, sample, write};
use crate::session::NewSession;
use crate::{Error, inbox, testing, workspace};

fn new_session(agent_id: model::AgentId, token: &[u8]) -> NewSession {
    NewSession {
        id: id(),
        agent_id,
        token_hash: token.to_vec(),
        created_at: Millis(1_000),
        expires_at: Millis(900_000),
        user_agent: "Firefox".into(),
        address: "192.0.2.1".into(),
        two_steps: false,
        provider_id: None,
        provider_sid: None,
    }
}

#[tokio::test]
async fn a_rotated_token_works_for_a_minute_more() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let new = new_session(some.agent, b"one");
        let session_id = new.id;
        write(&db, move |tx| {
            Box::pin(async move {
                session::insert(tx, ws, &new).await?;
                let found = session_by_token(tx, b"one", Millis(2_000)).await?.expect("signed in");
                assert_eq!((found.workspace, found.workspace_name.as_str()), (ws, "Shop"));
                assert_eq!((found.agent.id, found.by_previous), (some.agent, false));
                assert_eq!(found.session.user_agent, "Firefox");
                assert!(session_by_token(tx, b"two", Millis(2_000)).await?.is_none());
                assert!(session::rotate(tx, ws, session_id, b"one", b"two", Millis(5_000)).await?);
                assert!(
                    !session::rotate(tx, ws, session_id, b"one", b"three", Millis(5_000)).await?,
                    "too late"
                );
                assert!(
                    !session_by_token(tx, b"two", Millis(6_000)).await?.expect("the new one").by_previous
                );
                let end = Millis(5_000) + ROTATION_GRACE;
                assert!(
                    session_by_token(tx, b"one", end - Millis(1)).await?.expect("for a minute").by_previous
                );
                assert!(session_by_token(tx, b"one", end).await?.is_none());
                assert!(session_by_token(tx, b"two", Millis(899_999)).await?.is_some());
                assert!(session_by_token(tx, b"two", Millis(900_000)).await?.is_none(), "it ran out");
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn sessions_end_one_by_one_or_all() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        write(&db, move |tx| {
            Box::pin(async move {
                let news = [b"a", b"b", b"c"].map(|token| new_session(some.agent, token));
                for new in &news {
                    session::insert(tx, ws, new).await?;
                }
                let (second, until, address) = (news[1].id, news[1].expires_at, "192.0.2.9");
                let longest = Millis(1_000_000_000);
                assert!(session::touch(tx, ws, second, Millis(7_000), until, longest, address).await?);
                let listed = session::list(tx, ws, some.agent, Millis(8_000)).await?;
                let ids: Vec<_> = listed.iter().map(|session| session.id).collect();
                assert_eq!(ids, [news[1].id, news[2].id, news[0].id]);
                assert_eq!((listed[0].seen_at, listed[0].address.as_str()), (Millis(7_000), "192.0.2.9"));
                assert!(session::delete(tx, ws, some.agent, news[0].id).await?);
                assert!(!session::delete(tx, ws, some.agent, news[0].id).await?);
                assert!(session_by_token(tx, b"a", Millis(8_000)).await?.is_none());
                let mut gone = session::delete_all(tx, ws, some.agent).await?;
                gone.sort();
                assert_eq!(gone, [news[1].id, news[2].id]);
                session::insert(tx, ws, &new_session(some.agent, b"d")).await?;
                assert_eq!(session::delete_expired(tx, Millis(899_999)).await?, 0);
                assert_eq!(session::delete_expired(tx, Millis(900_000)).await?, 1);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_address_signs_one_agent_in_whatever_its_case() {
    testing::on_both(|db| async move {
        write(&db, |tx| {
            Box::pin(async move {
                assert!(!has_agents(tx).await?);
                let (ws, other) = (id(), id());
                workspace::insert(tx, ws, "Shop", Millis(1)).await?;
                workspace::insert(tx, other, "Other", Millis(1)).await?;
                let mut agent = agent_named("Olga");
                agent.email = "Olga@Example.com".into();
                agent::insert(tx, ws, &agent, "hash").await?;
                assert!(has_agents(tx).await?);
                let (found_ws, found, hash) =
                    agent_by_email(tx, "OLGA@example.COM").await?.expect("the agent");
                assert_eq!((found_ws, hash.as_str()), (ws, "hash"));
                assert_eq!(found, Agent { email: "olga@example.com".into(), ..agent.clone() });
                assert!(agent_by_email(tx, "olga@example.co").await?.is_none());
                // Another workspace cannot take the address, and its transaction goes on.
                let twin = Agent { id: id(), ..agent.clone() };
                assert!(matches!(agent::insert(tx, other, &twin, "h").await, Err(Error::Unique(_))));
                assert_eq!(agent::owners(tx, ws).await?, 1);
                let change =
                    AgentChange { name: Some("Olya".into()), disabled: Some(true), ..AgentChange::default() };
                assert!(agent::update(tx, ws, agent.id, &change).await?);
                let changed = agent::get(tx, ws, agent.id).await?.expect("the agent");
                assert_eq!(
                    (changed.name.as_str(), changed.disabled, changed.role),
                    ("Olya", true, Role::Owner)
                );
                assert_eq!(agent::owners(tx, ws).await?, 0, "a disabled owner is none");
                assert!(agent::set_password(tx, ws, agent.id, "new").await?);
                assert_eq!(agent::password_hash(tx, ws, agent.id).await?.as_deref(), Some("new"));
                assert_eq!(agent::list(tx, ws).await?, [changed]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_disabled_agent_is_signed_out() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                session::insert(tx, some.ws, &new_session(some.agent, b"one")).await?;
                let change = AgentChange { disabled: Some(true), ..AgentChange::default() };
                agent::update(tx, some.ws, some.agent, &change).await?;
                assert!(session_by_token(tx, b"one", Millis(2_000)).await?.is_none());
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn where_providers_are_the_only_way_a_session_without_one_stands_for_owners_alone() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        write(&db, move |tx| {
            Box::pin(async move {
                let ben = Agent { role: Role::Admin, ..agent_named("ben") };
                agent::insert(tx, ws, &ben, "hash").await?;
                let (own, bare) = (new_session(some.agent, b"own"), new_session(ben.id, b"old"));
                let vouched = NewSession { provider_id: Some(id()), ..new_session(ben.id, b"vouched") };
                for new in [&own, &bare, &vouched] {
                    session::insert(tx, ws, new).await?;
                }
                assert!(session::rotate(tx, ws, bare.id, b"old", b"new", Millis(1_500)).await?);
                let now = Millis(2_000);
                for providers_only in [false, true] {
                    let asked = workspace::SignIn { providers_only, ..workspace::SignIn::default() };
                    assert!(workspace::set_sign_in(tx, ws, asked).await?);
                    let cases: [(&[u8], _, _, _); 4] = [
                        (b"own", some.agent, own.id, true),
                        (b"vouched", ben.id, vouched.id, true),
                        (b"new", ben.id, bare.id, !providers_only),
                        (b"old", ben.id, bare.id, !providers_only),
                    ];
                    for (token, agent, id, stands) in cases {
                        assert_eq!(session_by_token(tx, token, now).await?.is_some(), stands, "{token:?}");
                        let found = session::get(tx, ws, agent, id, now).await?;
                        assert_eq!(found.is_some(), stands, "{token:?}");
                    }
                }
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_setup_token_works_once_and_for_a_day() {
    testing::on_both(|db| async move {
        write(&db, |tx| {
            Box::pin(async move {
                put_setup_token(tx, b"first", Millis(1)).await?;
                put_setup_token(tx, b"second", Millis(2)).await?;
                assert!(!take_setup_token(tx, b"first", Millis(3)).await?, "replaced");
                assert!(!take_setup_token(tx, b"second", Millis(2) + SETUP_LIFE).await?, "too old");
                assert!(take_setup_token(tx, b"second", Millis(1) + SETUP_LIFE).await?);
                assert!(!take_setup_token(tx, b"second", Millis(4)).await?, "used");
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_webhook_address_finds_its_inbox_until_it_is_removed() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let row = inbox_row();
                inbox::insert(tx, some.ws, &row).await?;
                assert_eq!(inbox_by_hook(tx, &row.hook_key).await?, Some((some.ws, row.id)));
                assert_eq!(inbox_by_hook(tx, "hook-0").await?, None);
                assert!(inbox::remove(tx, some.ws, row.id, Millis(5)).await?);
                assert_eq!(inbox_by_hook(tx, &row.hook_key).await?, None);
                Ok(())
            })
        })
        .await;
    })
    .await;
}
