//! What is to go goes, and nothing else.

use model::{ConversationState, Media, MediaId, MediaKind, Turn};

use super::*;
use crate::inbound::{self, NewDelivery};
use crate::media::MediaRow;
use crate::sample::{Sample, customer, id, last, sample, write};
use crate::{conversation, lane, media, message, outbound, reaction, report, search, testing};

const LATE: Millis = Millis(3_000_000_000_000);

/// A customer of the sample's inbox who wrote a message with a file, which was answered, quoted and reacted to.
async fn talk(tx: &mut Tx, some: Sample, place: &str) -> Result<(Sample, MessageId)> {
    let ws = some.ws;
    let (contact, identity, conversation) = customer(tx, ws, some.inbox, "Jo").await?;
    let some = Sample { contact, identity, conversation, ..some };
    let delivery = NewDelivery {
        id: id(),
        inbox: some.inbox,
        received_at: Millis(1),
        dedupe: place.as_bytes().to_vec(),
        body: bytes::Bytes::from_static(b"{}"),
    };
    inbound::accept(tx, ws, &delivery).await?;
    let claimed = lane::claim(tx, crate::sample::turn(5, 500), lane::PORTION).await?;
    for held in claimed.lanes {
        let ids: Vec<_> = held.items.iter().map(|item| item.id).collect();
        inbound::done(tx, ws, held.inbox, held.fence, &ids).await?;
        lane::release(tx, ws, held.inbox, held.fence).await?;
    }
    let mut theirs = some.customer_writes("hello");
    theirs.inbound_id = Some(delivery.id);
    message::insert(tx, ws, &theirs).await?;
    conversation::inbound(tx, ws, some.conversation, &last(&theirs), true, Millis(5)).await?;
    let mut ours = some.agent_writes("hi");
    ours.reply_to_id = Some(theirs.id);
    message::insert(tx, ws, &ours).await?;
    reaction::set(tx, ws, ours.id, model::ReactionBy::Contact, Some("👍"), None, Millis(5)).await?;
    let file = MediaRow {
        message_id: Some(theirs.id),
        media: Media::pending(id::<MediaId>(), "text/plain"),
        kind: MediaKind::Document,
        storage_key: Some(place.into()),
        thumbnail_key: Some("shared".into()),
        source: None,
        key: None,
        thumbnail_file_key: None,
    };
    media::insert(tx, ws, &file, Millis(1), None).await?;
    media::failed(tx, ws, file.media.id, model::MediaFailure::Blocked).await?;
    search::begin(tx, ws).await?;
    search::put(tx, ws, &[search::Entry { message: theirs.id, tokens: vec![search::Token(7)] }]).await?;
    Ok((some, theirs.id))
}

#[tokio::test]
async fn a_person_goes_whole_and_nobody_else() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        write(&db, move |tx| {
            Box::pin(async move {
                let (one, theirs) = talk(tx, some, "one").await?;
                let (other, kept) = talk(tx, some, "two").await?;
                let sending = outbound::NewOutbound {
                    id: id(),
                    message_id: None,
                    inbox_id: one.inbox,
                    conversation_id: one.conversation,
                    identity_id: one.identity,
                    kind: outbound::OutboundKind::Read,
                    intent: "{}".into(),
                    next_at: Millis(1),
                    deadline: Millis(9),
                    created_at: Millis(1),
                };
                outbound::insert(tx, ws, &sending).await?;
                let removed = person(tx, ws, one.contact).await?;
                let wanted = Erased {
                    identities: 1,
                    conversations: 1,
                    messages: 2,
                    files: 1,
                    sendings: 1,
                    deliveries: 1,
                    indexed: 1,
                    keys: 0,
                };
                assert_eq!(removed.counts, wanted);
                assert_eq!(removed.conversations, [one.conversation]);
                assert_eq!(removed.files, ["one"], "what another message uses stays");
                assert!(message::many(tx, ws, &[theirs]).await?.is_empty());
                assert_eq!(crate::contact::get(tx, ws, one.contact).await?, None);
                assert_eq!(message::many(tx, ws, &[kept]).await?.len(), 1);
                assert!(crate::contact::get(tx, ws, other.contact).await?.is_some());
                let raw = message::raw(tx, ws, kept).await?;
                assert_eq!(raw, Some(b"{}".to_vec()));
                assert_eq!(person(tx, ws, one.contact).await?, Removed::default(), "again is nothing");
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn old_messages_files_and_deliveries_are_found_and_go_alone() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        write(&db, move |tx| {
            Box::pin(async move {
                let (one, theirs) = talk(tx, some, "one").await?;
                let olds = |before| Olds { inbox: one.inbox, before, after: MessageId(0) };
                assert_eq!(old_messages(tx, ws, olds(LATE), 9).await?, [], "the conversation is open");
                assert!(idle_people(tx, ws, LATE, ContactId(0), 9).await?.is_empty());
                assert_eq!(old_files(tx, ws, olds(LATE), 9).await?.len(), 1);
                assert_eq!(old_files(tx, ws, olds(Millis(1_000)), 9).await?, [], "not old yet");
                conversation::set_state(
                    tx,
                    ws,
                    one.conversation,
                    ConversationState::Resolved,
                    None,
                    Millis(6),
                )
                .await?;
                conversation::assign(tx, ws, one.conversation, None, Turn::Queue, Millis(6)).await?;
                let idle = idle_people(tx, ws, LATE, ContactId(0), 9).await?;
                assert!(idle.iter().any(|(contact, _)| *contact == one.contact));
                assert_eq!(idle_people(tx, ws, Millis(2), ContactId(0), 9).await?, [], "too early");
                assert_eq!(old_messages(tx, ws, olds(LATE), 9).await?.len(), 2);
                assert_eq!(inboxes_of(tx, ws, one.contact).await?, [one.inbox]);

                let removed = files(tx, ws, &[theirs]).await?;
                assert_eq!(removed.files, ["one", "shared"]);
                let found = message::many(tx, ws, &[theirs]).await?;
                assert_eq!(found.len(), 1, "the message stays");
                assert_eq!(old_files(tx, ws, olds(LATE), 9).await?, []);

                assert_eq!(old_deliveries(tx, ws, one.inbox, LATE).await?, 1);
                assert_eq!(empty_deliveries(tx, ws, one.inbox, LATE, 9).await?, 1);
                assert_eq!(old_deliveries(tx, ws, one.inbox, LATE).await?, 0);
                assert_eq!(message::raw(tx, ws, theirs).await?, None);

                let removed = messages(tx, ws, &[theirs]).await?;
                assert_eq!((removed.counts.messages, removed.counts.indexed), (1, 1));
                let left = old_messages(tx, ws, olds(LATE), 9).await?;
                assert_eq!(left.len(), 1, "the answer that quoted it stays");
                assert_eq!(report::about(tx, ws, one.inbox, "x").await?, Vec::new());
                Ok(())
            })
        })
        .await;
    })
    .await;
}
