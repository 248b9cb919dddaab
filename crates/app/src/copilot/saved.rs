//! Saved replies that may answer a question. Their index is kept while they stay as they are.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ai::{Filter, KnowledgeIndex};
use model::{QuickReply, WorkspaceId};
use moka::sync::Cache;

use super::suggest::{MOST, parts};
use crate::{App, Caller, Error, Result};

/// How likely a saved reply must be.
const LEAST: f32 = 0.3;
/// How many saved replies are looked through.
const REPLIES: usize = 500;
/// How much memory the index of one workspace may take, and all of them together, in bytes.
const INDEX: usize = 16 << 20;
const INDEXES: u64 = 128 << 20;
/// For how long an index is kept after its last use.
const IDLE: Duration = Duration::from_secs(3600);

/// The saved replies that were looked through lately.
#[derive(Clone)]
pub(crate) struct Indexes(Cache<WorkspaceId, Arc<Saved>>);

impl Default for Indexes {
    fn default() -> Self {
        let bytes = |_: &WorkspaceId, saved: &Arc<Saved>| u32::try_from(saved.bytes()).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(bytes).max_capacity(INDEXES).time_to_idle(IDLE).build())
    }
}

impl Indexes {
    /// The replies of a workspace with their index; it is made anew when they are others than before.
    fn of(&self, workspace: WorkspaceId, replies: Vec<QuickReply>) -> Arc<Saved> {
        if let Some(saved) = self.0.get(&workspace).filter(|saved| saved.replies == replies) {
            return saved;
        }
        let saved = Arc::new(Saved::new(replies));
        self.0.insert(workspace, saved.clone());
        saved
    }
}

/// Saved replies with an index of them.
struct Saved {
    replies: Vec<QuickReply>,
    index: KnowledgeIndex,
}

impl Saved {
    fn new(replies: Vec<QuickReply>) -> Self {
        let mut index = KnowledgeIndex::new(INDEX).with_bridge(ai::bridge::Bridge::shipped());
        for reply in &replies {
            let id = reply.id.0.cast_unsigned();
            let article =
                ai::Article { id, title: &reply.shortcut, text: &reply.body, ..ai::Article::default() };
            if index.upsert(&article).is_err() {
                break;
            }
        }
        Self { replies, index }
    }

    fn bytes(&self) -> usize {
        let texts = self.replies.iter().map(|reply| reply.shortcut.len() + reply.body.len());
        self.index.bytes() + texts.sum::<usize>()
    }

    /// The saved replies that may answer a question, each with how likely.
    fn fitting(&self, question: &str) -> Vec<(QuickReply, f32)> {
        let questions = ai::questions::Questions::default();
        let meaning = ai::questions::shipped();
        let mut likely: HashMap<u64, f32> = HashMap::new();
        for part in parts(question) {
            let found =
                ai::answer::candidates(&self.index, &questions, meaning, &part, None, &Filter::default());
            for (candidate, sure) in ai::answer::likely_ones(found, LEAST, MOST) {
                let best = likely.entry(candidate.hit.article).or_default();
                *best = best.max(sure);
            }
        }
        let found = self.replies.iter().filter_map(|reply| {
            let sure = likely.get(&reply.id.0.cast_unsigned()).copied()?;
            Some((reply.clone(), sure))
        });
        found.collect()
    }
}

/// The workspace's saved replies that may answer a question, each with how likely.
///
/// # Errors
/// When the store is away.
pub(super) async fn find(app: &App, caller: &Caller, question: &str) -> Result<Vec<(QuickReply, f32)>> {
    let mut replies = crate::quick_reply::list(app, caller).await?;
    replies.truncate(REPLIES);
    let (indexes, workspace, question) = (app.saved.clone(), caller.workspace, question.to_owned());
    let found = tokio::task::spawn_blocking(move || indexes.of(workspace, replies).fitting(&question));
    found.await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use model::{Millis, QuickReplyId};

    use super::*;

    fn reply(id: i64, shortcut: &str, body: &str) -> QuickReply {
        QuickReply {
            id: QuickReplyId(id),
            shortcut: shortcut.into(),
            body: body.into(),
            updated_at: Millis(1),
        }
    }

    #[test]
    fn saved_replies_are_found_by_what_they_say() {
        let all = Saved::new(vec![
            reply(1, "refund", "We send the money back within five working days of the refund."),
            reply(2, "hours", "We are open from nine to five."),
            reply(3, "bye", "Have a nice day"),
        ]);
        let found = all.fitting("when will my refund be sent back");
        assert_eq!(found.first().map(|(reply, _)| reply.id), Some(QuickReplyId(1)), "{found:?}");
        assert_eq!(
            all.fitting("when are you open?").first().map(|(reply, _)| reply.id),
            Some(QuickReplyId(2))
        );
        let both = all.fitting("I was charged twice, when is my refund sent back? And when are you open?");
        assert_eq!(both.len(), 2, "each thing that is asked is asked for: {both:?}");
        assert!(all.fitting("which football team won yesterday").is_empty());
    }

    #[test]
    fn an_index_is_kept_until_a_reply_changes() {
        let (indexes, workspace) = (Indexes::default(), WorkspaceId(1));
        let first = indexes.of(workspace, vec![reply(1, "hours", "We are open from nine to five.")]);
        let again = indexes.of(workspace, vec![reply(1, "hours", "We are open from nine to five.")]);
        assert!(Arc::ptr_eq(&first, &again));
        let changed = indexes.of(workspace, vec![reply(1, "hours", "We are open from nine to six.")]);
        assert!(!Arc::ptr_eq(&first, &changed));
        assert!(changed.fitting("when are you open?")[0].0.body.ends_with("six."));
    }
}
