//! What the store holds: an acknowledgement is not a message. Reads every thread as an agent would and compares
//! it with what was sent.

use model::{ConversationId, Direction, MessageId, Millis, WorkspaceId};
use store::conversation::Filter;
use store::message::Place as Part;

use crate::delivery;
use crate::load::Entry;

/// The difference between what was accepted and what an agent sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Messages that the store holds.
    pub(crate) held: u64,
    /// Accepted and not there.
    pub(crate) lost: u64,
    /// There more than once.
    pub(crate) doubled: u64,
    /// In another customer's conversation.
    pub(crate) misfiled: u64,
    /// Shown before a message that was accepted before this one was sent.
    pub(crate) misordered: u64,
}

impl Held {
    /// Whether every accepted message is there once, in its place.
    pub(crate) fn sound(&self) -> bool {
        self.lost + self.doubled + self.misfiled + self.misordered == 0
    }

    /// Adds another workspace's.
    pub(crate) fn add(&mut self, other: Self) {
        self.held += other.held;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.misfiled += other.misfiled;
        self.misordered += other.misordered;
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { held, lost, doubled, misfiled, misordered } = self;
        write!(f, "{held} held, {lost} lost, {doubled} doubled, {misfiled} misfiled, {misordered} misordered")
    }
}

/// One message that was sent.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    /// Its number.
    pub(crate) n: u64,
    /// Who wrote it.
    pub(crate) customer: u64,
    /// What came of the request.
    pub(crate) entry: Entry,
}

/// Compares one workspace with what was sent to it; `sent` ascends by number.
pub(crate) async fn compare(db: &store::Db, workspace: WorkspaceId, sent: &[Sent]) -> anyhow::Result<Held> {
    let mut seen = vec![0_u32; sent.len()];
    let mut result = Held::default();
    let mut cursor: Option<String> = None;
    loop {
        let page = conversations(db, workspace, cursor.take()).await?;
        for (id, phone) in &page.0 {
            let mut before: Option<Entry> = None;
            for text in thread(db, workspace, *id).await? {
                let Some(n) = delivery::number(&text) else { continue };
                let Ok(place) = sent.binary_search_by_key(&n, |sent| sent.n) else { continue };
                let Sent { customer, entry, .. } = sent[place];
                result.held += 1;
                seen[place] += 1;
                result.misfiled +=
                    u64::from(phone.trim_start_matches('+') != delivery::phone(customer).as_str());
                // Only what did not overlap has an order that anybody could know.
                result.misordered += u64::from(before.is_some_and(|before| entry.answered < before.sent));
                before = Some(entry);
            }
        }
        cursor = page.1;
        if cursor.is_none() {
            break;
        }
    }
    for (sent, times) in sent.iter().zip(seen) {
        result.lost += u64::from(times == 0 && sent.entry.status == 200);
        result.doubled += u64::from(times > 1);
    }
    Ok(result)
}

type Conversations = (Vec<(ConversationId, String)>, Option<String>);

async fn conversations(
    db: &store::Db,
    workspace: WorkspaceId,
    cursor: Option<String>,
) -> anyhow::Result<Conversations> {
    let page = db.read(move |tx| {
        Box::pin(async move {
            let everything = store::Visibility::everything();
            let (filter, now) = (Filter::default(), Millis(0));
            store::conversation::list(
                tx,
                workspace,
                &everything,
                |_| None,
                &filter,
                cursor.as_deref(),
                100,
                now,
            )
            .await
        })
    });
    let page: store::Page<model::Conversation> = page.await?;
    let items = page.items.into_iter().map(|one| (one.id, one.identity.phone.unwrap_or_default()));
    Ok((items.collect(), page.next_cursor))
}

/// The texts of a conversation's customer in the order of the thread.
async fn thread(
    db: &store::Db,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> anyhow::Result<Vec<String>> {
    let mut texts = Vec::new();
    let mut after = MessageId(0);
    loop {
        let page = db.read(move |tx| {
            Box::pin(async move {
                store::message::page(tx, workspace, conversation, Part::After(after), 100).await
            })
        });
        let page: store::message::MessagePage = page.await?;
        let Some(last) = page.items.last() else { return Ok(texts) };
        after = last.id;
        let written = page.items.into_iter().filter(|message| message.direction == Direction::In);
        texts.extend(written.filter_map(|message| match message.content {
            model::Content::Text { text } => Some(text),
            _ => None,
        }));
        if !page.has_after {
            return Ok(texts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;

    /// Files a message by hand, as the program would.
    async fn file(db: &store::Db, desk: &crate::place::Desk, customer: u64, numbers: &'static [u64]) {
        let (workspace, inbox) = (desk.workspace, desk.inbox);
        let ids = model::Ids::new(std::sync::Arc::new(crate::place::Now), 1);
        let stored: store::Result<()> = db
            .write(move |tx| {
                Box::pin(async move {
                    let at = crate::data::customer(tx, &ids, workspace, inbox, customer, Millis(1)).await?;
                    for n in numbers {
                        crate::data::message(tx, &ids, workspace, inbox, at, *n, false, Millis(2)).await?;
                    }
                    Ok(())
                })
            })
            .await;
        stored.expect("a message is stored");
    }

    #[tokio::test]
    async fn what_is_missing_doubled_misplaced_or_out_of_order_is_seen() {
        let scratch = tempfile::tempdir().expect("a folder");
        let place = Place::new(scratch.path(), None).await.expect("a place");
        let desk = place.furnish(1, "127.0.0.1:9").await.expect("a desk").remove(0);
        let db = place.open().await.expect("a store");
        file(&db, &desk, 1, &[2, 1]).await;
        file(&db, &desk, 2, &[3]).await;
        let entry = |at: u64| Entry { sent: at, answered: at + 5, status: 200 };
        let sent = |n, customer, at| Sent { n, customer, entry: entry(at) };
        let all = [sent(1, 1, 10), sent(2, 1, 100), sent(3, 1, 200), sent(4, 1, 300)];
        let found = compare(&db, desk.workspace, &all).await.expect("a comparison");
        assert_eq!(found, Held { held: 3, lost: 1, doubled: 0, misfiled: 1, misordered: 1 });
        assert!(!found.sound());
        db.stop().await;
    }
}
