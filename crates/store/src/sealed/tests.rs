//! What is in the files shows nothing, opens only in its place, and is gone with its key.

use bytes::Bytes;
use model::{Content, InboundId, Media, MediaId, MediaKind, Millis, Secret};

use crate::conversation::Filter;
use crate::inbound::NewDelivery;
use crate::inbox::InboxRow;
use crate::media::MediaRow;
use crate::outbound::{NewOutbound, OutboundKind};
use crate::sample::{self, id, inbox_row, keep, last, sample, write};
use crate::values::{Sql, Value};
use crate::{
    Error, Result, Settings, Tx, Visibility, contact, conversation, identity, inbound, inbox, job, media,
    message, outbound, sealing, testing,
};

/// In everything that a person or a channel says here, and in nothing else.
const CANARY: &str = "Kanarienvogel";

async fn run(tx: &mut Tx, sql: String, values: Vec<Value>) -> Result<u64> {
    tx.execute(Sql::built(&sql), &values).await
}

/// Everything that holds something of a person or a secret, with canaries in all of it.
async fn fill(tx: &mut Tx, some: sample::Sample) -> Result<InboundId> {
    let ws = some.ws;
    contact::rename(tx, ws, some.contact, &format!("Jo {CANARY}"), true).await?;
    let mut address = identity::get(tx, ws, some.identity).await?.expect("the address");
    address.username = Some(format!("{CANARY}.user"));
    address.profile_name = Some(format!("{CANARY} profile"));
    address.user_id = Some(format!("{CANARY}-id"));
    address.phone = Some("+491709876543210".into());
    identity::update(tx, ws, &address).await?;
    let mut said = some.customer_writes(&format!("{CANARY} says hello"));
    let delivery = NewDelivery {
        id: id(),
        inbox: some.inbox,
        received_at: Millis(5),
        dedupe: vec![1],
        body: Bytes::from(format!("{{\"raw\":\"{CANARY}\"}}")),
    };
    inbound::accept(tx, ws, &delivery).await?;
    said.inbound_id = Some(delivery.id);
    keep(tx, ws, &said).await?;
    conversation::inbound(tx, ws, some.conversation, &last(&said), true, Millis(5)).await?;
    let answer = some.agent_writes(&format!("answer to {CANARY}"));
    keep(tx, ws, &answer).await?;
    let edited = Content::Text { text: format!("better answer to {CANARY}") };
    message::edit(tx, ws, answer.id, &edited, Millis(6)).await?;
    let file: MediaId = id();
    let mut about = Media::pending(file, "image/png");
    about.name = Some(format!("{CANARY}.png"));
    let row = MediaRow {
        message_id: Some(said.id),
        media: about,
        kind: MediaKind::Image,
        storage_key: None,
        thumbnail_key: None,
        source: Some(format!("{{\"url\":\"{CANARY}\"}}")),
        key: None,
        thumbnail_file_key: None,
    };
    media::insert(tx, ws, &row, Millis(1), None).await?;
    let sending = NewOutbound {
        message_id: Some(answer.id),
        kind: OutboundKind::Message,
        intent: format!("{{\"intent\":\"{CANARY}\"}}"),
        ..some.sends()
    };
    outbound::insert(tx, ws, &sending).await?;
    job::enqueue(tx, ws, id(), "amend", &format!("{{\"caption\":\"{CANARY}\"}}"), Millis(1)).await?;
    let secrets = [("access_token".to_owned(), Secret::new(format!("EAAG{CANARY}")))].into();
    let verify_token = Secret::new(format!("verify-{CANARY}"));
    inbox::insert(tx, ws, &InboxRow { secrets, verify_token, ..inbox_row() }).await?;
    Ok(delivery.id)
}

#[tokio::test]
async fn a_stolen_file_shows_no_canary() {
    let test = testing::sqlite().await;
    let Settings::Sqlite { path, .. } = &test.settings else { panic!("SQLite") };
    let some = sample(&test.db).await;
    let delivery = write(&test.db, move |tx| Box::pin(fill(tx, some))).await;
    // All of it is there for those who have the keys.
    let (found, body, jobs) = write(&test.db, move |tx| {
        Box::pin(async move {
            let filter = Filter { q: Some(CANARY.to_lowercase()), ..Filter::default() };
            let everything = Visibility::everything();
            let page =
                conversation::list(tx, some.ws, &everything, |_| None, &filter, None, 9, Millis(9)).await?;
            let body = inbound::body(tx, some.ws, delivery).await?;
            Ok((page.items, body.unwrap_or_default(), job::claim(tx, Millis(9), Millis(99), 9).await?))
        })
    })
    .await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].contact.name, format!("Jo {CANARY}"));
    assert_eq!(found[0].identity.phone.as_deref(), Some("+491709876543210"));
    assert!(found[0].last_message.as_ref().is_some_and(|message| message.preview.contains(CANARY)));
    assert!(String::from_utf8_lossy(&body).contains(CANARY) && jobs[0].payload.contains(CANARY));
    let mut looked = 0;
    for file in std::fs::read_dir(path.parent().expect("a folder")).expect("listed") {
        let bytes = std::fs::read(file.expect("an entry").path()).expect("read").to_ascii_lowercase();
        looked += bytes.len();
        for canary in [CANARY.to_lowercase(), "9876543210".to_owned()] {
            let found = bytes.windows(canary.len()).position(|part| part == canary.as_bytes());
            assert_eq!(found, None, "{canary}");
        }
    }
    assert!(looked > 100_000, "the database and its log were read");
}

#[tokio::test]
async fn what_is_moved_is_refused_and_what_is_erased_shows_so() {
    testing::on_both(|db| async move {
        let (one, other) = (sample(&db).await, sample(&db).await);
        let (first, second, foreign) = write(&db, move |tx| {
            Box::pin(async move {
                fill(tx, one).await?;
                let first = keep(tx, one.ws, &one.customer_writes("first")).await?.id;
                let second = keep(tx, one.ws, &one.customer_writes("second")).await?.id;
                let foreign = keep(tx, other.ws, &other.customer_writes("foreign")).await?.id;
                Ok((first, second, foreign))
            })
        })
        .await;
        let shown = |of: sample::Sample, message| {
            let db = db.clone();
            async move {
                let many = write(&db, move |tx| {
                    Box::pin(async move { message::many(tx, of.ws, &[message]).await })
                });
                many.await.pop().expect("a message").content
            }
        };
        assert_eq!(shown(one, second).await, Content::Text { text: "second".into() });
        let unreadable = Content::Unsupported { kind: Some("text".into()), reason: None };
        // Another row's, then another workspace's.
        for from in [first, foreign] {
            write(&db, move |tx| {
                let sql = "UPDATE message SET sealed = (SELECT f.sealed FROM message f WHERE f.id = $1) WHERE id = $2";
                Box::pin(run(tx, sql.to_owned(), vec![from.into(), second.into()]))
            })
            .await;
            assert_eq!(shown(one, second).await, unreadable);
        }
        // A name in another's place is an error and not a name.
        write(&db, move |tx| {
            let sql = "UPDATE contact SET sealed = (SELECT f.sealed FROM contact f WHERE f.id = $1) WHERE id = $2";
            Box::pin(run(tx, sql.to_owned(), vec![one.contact.into(), other.contact.into()]))
        })
        .await;
        let moved = db.read(move |tx| Box::pin(async move { contact::get(tx, other.ws, other.contact).await }));
        let moved: Result<_> = moved.await;
        assert!(matches!(moved, Err(Error::Corrupt(_))), "{moved:?}");
        // Erased.
        let keys = write(&db, move |tx| Box::pin(crate::erasing::keys_of_person(tx, one.ws, one.contact))).await;
        assert_eq!(keys.len(), 1);
        assert_eq!(db.keys().expect("keys").destroy(one.ws, keys).await.expect("destroyed"), 1);
        let erased = Content::Unsupported { kind: Some("text".into()), reason: Some(super::ERASED.into()) };
        assert_eq!(shown(one, first).await, erased);
        let (name, page) = write(&db, move |tx| {
            Box::pin(async move {
                let name = contact::get(tx, one.ws, one.contact).await?.expect("a row").name;
                let (everything, filter) = (Visibility::everything(), Filter::default());
                let page =
                    conversation::list(tx, one.ws, &everything, |_| None, &filter, None, 9, Millis(9)).await?;
                Ok((name, page.items))
            })
        })
        .await;
        assert_eq!(name, super::ERASED);
        let theirs = page.iter().find(|found| found.id == one.conversation).expect("the page is shown");
        assert_eq!(theirs.contact.name, super::ERASED);
        assert_eq!(theirs.identity.phone, None);
        assert_eq!(shown(other, foreign).await, Content::Text { text: "foreign".into() });
    })
    .await;
}

#[tokio::test]
async fn rows_of_older_versions_are_read_found_and_sealed() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let message = write(&db, move |tx| {
            Box::pin(async move {
                let message = keep(tx, ws, &some.customer_writes("an old message")).await?.id;
                // As version 0.1 left them.
                for (sql, row) in [
                    ("UPDATE contact SET key_id = NULL, sealed = NULL, name = 'Änne Alt', name_key = 'änne alt' WHERE id = $1", some.contact.0),
                    ("UPDATE identity SET sealed = NULL, user_index = NULL, phone_index = NULL, phone = '+4930123456', user_id = 'old-user' WHERE id = $1", some.identity.0),
                    ("UPDATE conversation SET last_message_id = 1, last_message_direction = 'in', last_message_kind = 'text', last_message_at = 1, last_message_preview = 'an old' WHERE id = $1", some.conversation.0),
                    ("UPDATE message SET sealed = NULL, text = 'an old message', content = '{\"kind\":\"text\",\"text\":\"an old message\"}' WHERE id = $1", message.0),
                    ("UPDATE inbox SET sealed = NULL, verify_token = 'old-token' WHERE id = $1", some.inbox.0),
                    ("UPDATE inbox_secret SET sealed = NULL, value = 'old-secret' WHERE inbox_id = $1", some.inbox.0),
                ] {
                    assert_eq!(run(tx, sql.to_owned(), vec![row.into()]).await?, 1, "{sql}");
                }
                Ok(message)
            })
        })
        .await;
        let see = || {
            write(&db, move |tx| {
                Box::pin(async move {
                    let everything = Visibility::everything();
                    let found =
                        conversation::get(tx, ws, &everything, |_| None, some.conversation, Millis(9)).await?;
                    let found = found.expect("the conversation");
                    assert_eq!(found.contact.name, "Änne Alt");
                    assert_eq!(found.identity.phone.as_deref(), Some("+4930123456"));
                    assert_eq!(found.last_message.expect("a message").preview, "an old");
                    let shown = message::many(tx, ws, &[message]).await?.pop().expect("the message");
                    assert_eq!(shown.content, Content::Text { text: "an old message".into() });
                    let inbox = inbox::get(tx, ws, some.inbox).await?.expect("the inbox");
                    assert_eq!(inbox.verify_token.expose(), "old-token");
                    assert_eq!(inbox.secrets["access_token"].expose(), "old-secret");
                    Ok(())
                })
            })
        };
        see().await;
        while write(&db, |tx| Box::pin(sealing::first(tx))).await {}
        see().await;
        while write(&db, |tx| Box::pin(sealing::later(tx))).await {}
        see().await;
        write(&db, move |tx| {
            Box::pin(async move {
                let known = identity::by_user(tx, ws, some.inbox, "old-user").await?;
                assert_eq!(known.map(|row| row.id), Some(some.identity));
                let filter = Filter { q: Some("alt".into()), ..Filter::default() };
                let everything = Visibility::everything();
                let page =
                    conversation::list(tx, ws, &everything, |_| None, &filter, None, 9, Millis(9)).await?;
                assert_eq!(page.items.len(), 1);
                for (table, plain) in [
                    ("contact", "name"),
                    ("identity", "phone"),
                    ("message", "text"),
                    ("inbox_secret", "value"),
                    ("inbox", "verify_token"),
                    ("conversation", "last_message_preview"),
                ] {
                    let sql = format!("SELECT COUNT(*) FROM {table} WHERE {plain} <> ''");
                    let left: i64 = tx.query_one(Sql::built(&sql), &[]).await?.take()?;
                    assert_eq!(left, 0, "{table}");
                }
                Ok(())
            })
        })
        .await;
    })
    .await;
}
