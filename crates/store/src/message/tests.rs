use futures_util::future::join_all;
use model::{
    Activity, DeliveryState, Failure, FailureCode, Media, MediaKind, MediaState, Reaction, ReactionBy,
};
use proptest::prelude::*;

use super::*;
use crate::media::{MediaRow, Ready};
use crate::reaction;
use crate::sample::{Sample, id, keep, last, sample, write};
use crate::{Db, inbound, testing};

fn everything() -> Visibility {
    Visibility::everything()
}

fn report_of(state: DeliveryState, at: i64) -> Report {
    let failure = (state == DeliveryState::Failed).then(|| Failure {
        code: FailureCode::Undeliverable,
        provider_code: Some(131_026),
        detail: Some("no such number".into()),
        retryable: false,
    });
    Report { state, at: Millis(at), failure }
}

async fn shown(db: &Db, ws: WorkspaceId, id: MessageId) -> Option<Message> {
    write(db, move |tx| Box::pin(async move { get(tx, ws, &everything(), id).await })).await
}

#[tokio::test]
async fn a_message_comes_back_whole() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let file: model::MediaId = id();
        let media = Media { name: Some("bill.pdf".into()), ..Media::pending(file, "application/pdf") };
        let mut question = some.customer_writes("how   much\nis it?");
        question.forwarded = true;
        let mut answer = some.agent_writes("");
        answer.content = Content::of_media(MediaKind::Document, media.clone(), Some("the bill".into()));
        answer.reply_to_id = Some(question.id);
        answer.client_id = Some("browser-1".into());
        let (question_id, answer_id) = (question.id, answer.id);
        let stray = MediaRow {
            message_id: None,
            media: media.clone(),
            kind: MediaKind::Document,
            storage_key: None,
            thumbnail_key: None,
            source: None,
            key: None,
            thumbnail_file_key: None,
        };
        let got = write(&db, move |tx| {
            Box::pin(async move {
                keep(tx, ws, &question).await?;
                crate::media::insert(tx, ws, &stray, Millis(5), Some(some.agent)).await?;
                let got = keep(tx, ws, &answer).await?;
                assert!(crate::media::attach(tx, ws, file, answer.id).await?);
                assert!(!crate::media::attach(tx, ws, file, question.id).await?, "it has a message");
                Ok(got)
            })
        })
        .await;
        assert_eq!(got.content.media().map(|media| media.state), Some(MediaState::Pending));
        let ready = Ready {
            mime: "application/pdf".into(),
            size: 77,
            width: None,
            height: Some(4),
            duration_ms: None,
            waveform: Some(vec![0, 50, 100]),
            storage_key: "sha256/ab".into(),
            thumbnail_key: Some("sha256/cd".into()),
            key: None,
            thumbnail_file_key: None,
            unscanned: false,
        };
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(crate::media::ready(tx, ws, file, &ready).await?);
                assert!(
                    !crate::media::failed(tx, ws, file, model::MediaFailure::Expired).await?,
                    "it is there"
                );
                assert!(crate::media::key_in_use(tx, ws, "sha256/cd").await?);
                assert!(!crate::media::key_in_use(tx, ws, "sha256/ee").await?);
                assert!(
                    reaction::set(tx, ws, answer_id, ReactionBy::Contact, Some("👍"), None, Millis(7))
                        .await?
                );
                assert!(
                    !reaction::set(tx, ws, answer_id, ReactionBy::Contact, Some("👍"), None, Millis(8))
                        .await?
                );
                assert!(
                    reaction::set(
                        tx,
                        ws,
                        answer_id,
                        ReactionBy::Agent,
                        Some("🎉"),
                        Some(some.agent),
                        Millis(6)
                    )
                    .await?
                );
                assert!(
                    reaction::set(tx, ws, answer_id, ReactionBy::Contact, Some("❤️"), None, Millis(9))
                        .await?
                );
                Ok(())
            })
        })
        .await;
        let got = shown(&db, ws, answer_id).await.expect("the message");
        let media = Media {
            state: MediaState::Ready,
            size: Some(77),
            height: Some(4),
            waveform: Some(vec![0, 50, 100]),
            thumbnail_url: Some(format!("/api/media/{file}/thumbnail")),
            ..media
        };
        let wanted = Message {
            id: answer_id,
            conversation_id: some.conversation,
            direction: Direction::Out,
            at: Millis(1_000),
            author: Author { kind: AuthorKind::Agent, id: Some(some.agent), name: Some("olga".into()) },
            content: Content::Document { media, caption: Some("the bill".into()) },
            reply_to: Some(Quote {
                id: Some(question_id),
                author_name: Some("Änne Müller".into()),
                kind: Some("text".into()),
                preview: "how much is it?".into(),
            }),
            reactions: vec![
                Reaction { emoji: "🎉".into(), by: ReactionBy::Agent, at: Millis(6) },
                Reaction { emoji: "❤️".into(), by: ReactionBy::Contact, at: Millis(9) },
            ],
            status: Some(Status::queued(Millis(1_001))),
            forwarded: false,
            edited_at: None,
            revoked_at: None,
            client_id: Some("browser-1".into()),
            sensitive: Vec::new(),
        };
        assert_eq!(got, wanted);
        let question = shown(&db, ws, question_id).await.expect("the question");
        assert_eq!(
            question.author,
            Author { kind: AuthorKind::Contact, id: None, name: Some("Änne Müller".into()) }
        );
        assert!(question.forwarded && question.status.is_none() && question.reply_to.is_none());
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(reaction::set(tx, ws, answer_id, ReactionBy::Contact, None, None, Millis(9)).await?);
                assert!(!reaction::set(tx, ws, answer_id, ReactionBy::Contact, None, None, Millis(9)).await?);
                let sent = outgoing(tx, ws, answer_id).await?.expect("a message of ours");
                assert_eq!(sent.content.media().and_then(|media| media.size), Some(77));
                assert!(sent.reply_to_provider_id.is_some(), "the question's provider id");
                assert_eq!(outgoing(tx, ws, question_id).await?, None, "not ours");
                Ok(())
            })
        })
        .await;
        assert_eq!(shown(&db, ws, answer_id).await.expect("the message").reactions.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_quote_of_something_we_never_had_is_still_a_quote() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let mut new = some.customer_writes("this one");
        new.reply_to_provider_id = Some("wamid.unknown".into());
        let got = write(&db, move |tx| Box::pin(async move { keep(tx, some.ws, &new).await })).await;
        let quote = Quote { id: None, author_name: None, kind: None, preview: String::new() };
        assert_eq!(got.reply_to, Some(quote));
    })
    .await;
}

#[tokio::test]
async fn a_provider_id_and_a_client_id_come_once() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let first = some.customer_writes("one");
        let mut ours = some.agent_writes("two");
        ours.client_id = Some("b-1".into());
        let provider_id = first.provider_id.clone().expect("the sample has one");
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(insert(tx, ws, &first).await?);
                assert!(!insert(tx, ws, &NewMessage { id: id(), ..first.clone() }).await?);
                assert!(insert(tx, ws, &ours).await?);
                assert!(!insert(tx, ws, &NewMessage { id: id(), ..ours.clone() }).await?);
                assert_eq!(by_client(tx, ws, some.conversation, "b-1").await?, Some(ours.id));
                let found = by_provider(tx, ws, some.inbox, &provider_id).await?.expect("the first");
                assert_eq!(
                    (found.id, found.direction, found.kind.as_str()),
                    (first.id, Direction::In, "text")
                );
                assert_eq!(reference(tx, ws, first.id).await?, Some(found));
                assert!(!set_provider_id(tx, ws, ours.id, &provider_id).await?, "another message has it");
                assert!(set_provider_id(tx, ws, ours.id, "wamid.ours").await?);
                assert!(set_provider_id(tx, ws, ours.id, "wamid.ours").await?, "again is harmless");
                Ok(())
            })
        })
        .await;
        // The same message from the provider on many workers at once.
        let again = some.customer_writes("again");
        let tries = (0..30).map(|_| {
            let (db, new) = (db.clone(), NewMessage { id: id(), ..again.clone() });
            tokio::spawn(async move {
                write(&db, move |tx| Box::pin(async move { insert(tx, ws, &new).await })).await
            })
        });
        let kept = join_all(tries.collect::<Vec<_>>()).await;
        assert_eq!(kept.into_iter().filter(|kept| *kept.as_ref().expect("the task ends")).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn reports_move_a_status_forward_only_even_at_once() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let ours = some.agent_writes("hi");
        let theirs = some.customer_writes("hi");
        let (ours_id, theirs_id) = (ours.id, theirs.id);
        write(&db, move |tx| {
            Box::pin(async move {
                insert(tx, ws, &theirs).await?;
                insert(tx, ws, &ours).await
            })
        })
        .await;
        let steps = [
            (DeliveryState::Read, 50),
            (DeliveryState::Accepted, 20),
            (DeliveryState::Failed, 45),
            (DeliveryState::Sent, 30),
            (DeliveryState::Delivered, 40),
        ];
        let reports = steps.iter().cycle().take(20).map(|(state, at)| {
            let (db, one) = (db.clone(), report_of(*state, *at));
            tokio::spawn(async move {
                write(&db, move |tx| Box::pin(async move { report(tx, ws, ours_id, &one).await })).await
            })
        });
        let outcomes = join_all(reports.collect::<Vec<_>>()).await;
        let changed = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Some(_)))).count();
        assert_eq!(changed, 5, "each report changes the status once");
        let status = shown(&db, ws, ours_id).await.expect("the message").status.expect("a status");
        let wanted = Status {
            state: DeliveryState::Read,
            queued_at: Some(Millis(1_001)),
            accepted_at: Some(Millis(20)),
            sent_at: Some(Millis(30)),
            delivered_at: Some(Millis(40)),
            read_at: Some(Millis(50)),
            played_at: None,
            failed_at: Some(Millis(45)),
            failure: None,
        };
        assert_eq!(status, wanted);
        write(&db, move |tx| {
            Box::pin(async move {
                assert_eq!(report(tx, ws, theirs_id, &report_of(DeliveryState::Read, 5)).await?, None);
                assert_eq!(report(tx, ws, MessageId(5), &report_of(DeliveryState::Read, 5)).await?, None);
                assert!(!requeue(tx, ws, theirs_id, Millis(60)).await?);
                assert!(set_provider_id(tx, ws, ours_id, "wamid.first").await?);
                assert!(requeue(tx, ws, ours_id, Millis(60)).await?);
                assert_eq!(reference(tx, ws, ours_id).await?.and_then(|found| found.provider_id), None);
                let failed =
                    report(tx, ws, ours_id, &report_of(DeliveryState::Failed, 70)).await?.expect("a change");
                assert_eq!(failed.failure.map(|failure| failure.code), Some(FailureCode::Undeliverable));
                Ok(())
            })
        })
        .await;
        let status = shown(&db, ws, ours_id).await.expect("the message").status.expect("a status");
        assert_eq!((status.state, status.queued_at), (DeliveryState::Failed, Some(Millis(60))));
        assert_eq!(status.failure, report_of(DeliveryState::Failed, 70).failure);
    })
    .await;
}

#[tokio::test]
async fn a_changed_or_withdrawn_message_says_so() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let text = some.customer_writes("helo");
        let mut picture = some.customer_writes("");
        picture.content = Content::of_media(MediaKind::Image, Media::pending(id(), "image/jpeg"), None);
        let (text_id, picture_id) = (text.id, picture.id);
        write(&db, move |tx| {
            Box::pin(async move {
                keep(tx, ws, &text).await?;
                keep(tx, ws, &picture).await?;
                conversation::inbound(tx, ws, some.conversation, &last(&picture), true, Millis(5)).await?;
                assert!(edit(tx, ws, text_id, &Content::Text { text: "hello".into() }, Millis(6)).await?);
                assert!(edit_caption(tx, ws, picture_id, Some("my cat"), Millis(7)).await?);
                assert!(!edit_caption(tx, ws, text_id, Some("no"), Millis(7)).await?, "text has no caption");
                assert!(revoke(tx, ws, text_id, Millis(8)).await?);
                Ok(())
            })
        })
        .await;
        let text = shown(&db, ws, text_id).await.expect("the text");
        assert_eq!(text.content, Content::Text { text: "hello".into() });
        assert_eq!((text.edited_at, text.revoked_at), (Some(Millis(6)), Some(Millis(8))));
        let picture = shown(&db, ws, picture_id).await.expect("the picture");
        assert_eq!((picture.content.text(), picture.edited_at), (Some("my cat"), Some(Millis(7))));
        let (id, windows) = (some.conversation, |_| None);
        let listed = write(&db, move |tx| {
            Box::pin(async move { conversation::get(tx, ws, &everything(), windows, id, Millis(9)).await })
        });
        let last = listed.await.and_then(|one| one.last_message).expect("a last message");
        assert_eq!(last.preview, "my cat");
    })
    .await;
}

#[tokio::test]
async fn the_raw_form_is_kept() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let delivery = inbound::NewDelivery {
            id: id(),
            inbox: some.inbox,
            received_at: Millis(1),
            dedupe: vec![1],
            body: bytes::Bytes::from_static(b"{\"raw\":1}"),
        };
        let mut new = some.customer_writes("x");
        new.inbound_id = Some(delivery.id);
        let raw_body = write(&db, move |tx| {
            Box::pin(async move {
                inbound::accept(tx, ws, &delivery).await?;
                insert(tx, ws, &new).await?;
                raw(tx, ws, new.id).await
            })
        });
        assert_eq!(raw_body.await.as_deref(), Some(&b"{\"raw\":1}"[..]));
    })
    .await;
}

#[tokio::test]
async fn unreadable_content_does_not_hide_the_thread() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let new = some.customer_writes("x");
        let one = new.id;
        let got = write(&db, move |tx| {
            Box::pin(async move {
                insert(tx, ws, &new).await?;
                let spoil =
                    "UPDATE message SET content = '{\"kind\":\"hologram\"}', sealed = NULL, kind = 'hologram' WHERE id = $1";
                tx.execute(crate::values::Sql::built(spoil), values![one]).await?;
                many(tx, ws, &[one]).await
            })
        })
        .await;
        assert_eq!(got[0].content, Content::Unsupported { kind: Some("hologram".into()), reason: None });
    })
    .await;
}

#[tokio::test]
async fn many_messages_come_in_order_whatever_is_asked() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let all = thread(&db, &some, 150).await;
        let mut asked = all.clone();
        asked.reverse();
        asked.extend([MessageId(3), all[7], all[7]]);
        let got = write(&db, move |tx| Box::pin(async move { many(tx, ws, &asked).await })).await;
        assert_eq!(got.iter().map(|message| message.id).collect::<Vec<_>>(), all);
        let none = write(&db, move |tx| Box::pin(async move { many(tx, ws, &[]).await })).await;
        assert!(none.is_empty());
    })
    .await;
}

async fn thread(db: &Db, some: &Sample, count: usize) -> Vec<MessageId> {
    let some = *some;
    write(db, move |tx| {
        Box::pin(async move {
            let mut ids = Vec::new();
            for place in 0..count {
                let mut new = some.customer_writes(&format!("message {place}"));
                if place % 5 == 0 {
                    new.direction = Direction::Activity;
                    new.author_kind = AuthorKind::System;
                    new.provider_id = None;
                    new.content = Content::Activity(Activity {
                        event: "assigned".into(),
                        agent_id: Some(some.agent),
                        by_agent_id: None,
                        until: None,
                        text: None,
                        hand_over: None,
                    });
                }
                insert(tx, some.ws, &new).await?;
                ids.push(new.id);
            }
            Ok(ids)
        })
    })
    .await
}

async fn look(db: &Db, some: &Sample, place: Place, limit: i64) -> MessagePage {
    let some = *some;
    write(db, move |tx| Box::pin(page(tx, some.ws, some.conversation, place, limit))).await
}

/// Each page is the right cut out of the whole thread.
async fn cuts(db: &Db, some: &Sample, all: &[MessageId], middle: MessageId, limit: i64) {
    let count = limit as usize;
    let at = all.iter().filter(|id| **id < middle).count();
    let from = all.iter().filter(|id| **id <= middle).count();
    let around = (at.saturating_sub(count / 2), (at + count - count / 2).min(all.len()));
    for (place, from, to) in [
        (Place::Newest, all.len().saturating_sub(count), all.len()),
        (Place::Before(middle), at.saturating_sub(count), at),
        (Place::After(middle), from, (from + count).min(all.len())),
        (Place::Around(middle), around.0, around.1),
    ] {
        let page = look(db, some, place, limit).await;
        let ids: Vec<MessageId> = page.items.iter().map(|message| message.id).collect();
        assert_eq!(ids, all[from..to], "{place:?} of {all:?}");
        assert_eq!((page.has_before, page.has_after), (from > 0, to < all.len()), "{place:?} of {all:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn pages_are_cuts_of_the_thread(count in 0..20_usize, places in prop::collection::vec((0..25_usize, 1..9_i64), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let test = testing::sqlite().await;
            let some = sample(&test.db).await;
            let all = thread(&test.db, &some, count).await;
            for (place, limit) in places {
                let middle = all.get(place).copied().unwrap_or(MessageId(place as i64));
                cuts(&test.db, &some, &all, middle, limit).await;
            }
        });
    }
}

#[tokio::test]
async fn pages_are_cuts_of_the_thread_on_both() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let all = thread(&db, &some, 12).await;
        for place in [0, 5, 11] {
            cuts(&db, &some, &all, all[place], 4).await;
        }
        cuts(&db, &some, &all, MessageId(i64::MAX), 50).await;
    })
    .await;
}

#[tokio::test]
async fn early_reports_wait_for_their_message() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let (ws, inbox) = (some.ws, some.inbox);
        write(&db, move |tx| {
            Box::pin(async move {
                for (at, id) in [(30, "wamid.a"), (20, "wamid.a"), (40, "wamid.b")] {
                    let one = report_of(DeliveryState::Failed, at);
                    crate::report::put(tx, ws, inbox, id, &one, Millis(at)).await?;
                }
                let taken = crate::report::take(tx, ws, inbox, "wamid.a").await?;
                assert_eq!(
                    taken,
                    [report_of(DeliveryState::Failed, 20), report_of(DeliveryState::Failed, 30)]
                );
                assert_eq!(crate::report::take(tx, ws, inbox, "wamid.a").await?, []);
                assert_eq!(crate::report::delete_old(tx, Millis(40)).await?, 0);
                assert_eq!(crate::report::delete_old(tx, Millis(41)).await?, 1);
                Ok(())
            })
        })
        .await;
    })
    .await;
}
