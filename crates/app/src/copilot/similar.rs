//! Solved conversations in which nearly the same was asked, and what agents answered there. They are found by the index of
//! messages, within what the caller may see, so that nothing is kept for it.

use std::collections::HashSet;
use std::sync::Arc;

use ai::alike::{Seen, Terms, shared_words, telling};
use model::{
    AuthorKind, Content, ConversationId, ConversationState, Direction, Masks, Message, MessageId, Millis,
    Personal, SimilarConversation, WorkspaceId,
};
use store::message::Place;
use store::search::{Token, Wanted};
use store::{Tx, Visibility};

use super::asked::asked;
use super::{LINES, thread_of};
use crate::bot::words_of;
use crate::intent::recognise::percent;
use crate::sensitive::{self, Policy};
use crate::{App, Caller, Result, search};

/// By how many words of a question others are looked for.
const WORDS: usize = 8;
/// How many messages one look at the index gives, and how many entries it looks at.
const PAIR: (i64, i64) = (24, 300);
const ANY: (i64, i64) = (60, 600);
/// How many messages are compared at most.
const COMPARED: usize = 150;
/// How alike two questions must be.
const ALIKE: f32 = 0.35;
/// How many of the most alike are looked at closely.
const CLOSELY: usize = 10;
/// How many lines after a question are read, to see what was answered and whether that solved it.
const AFTER: i64 = 30;
/// The longest question and the longest answer, in characters.
const QUESTION: usize = 600;
pub(super) const ANSWER: usize = 1500;
/// How many are shown.
const SHOWN: usize = 5;
/// How many of the words in common are told.
const TOLD: usize = 6;

/// A question of another conversation with what was answered.
#[derive(Debug, Clone)]
pub(super) struct Past {
    pub(super) conversation: ConversationId,
    pub(super) message: MessageId,
    pub(super) at: Millis,
    pub(super) question: String,
    /// What an agent answered, masked and not yet cut: a number that is cut is none any more, and would stay.
    pub(super) answer: String,
    pub(super) answered_by: Option<String>,
    /// What the customer is called there.
    pub(super) customer: Option<String>,
    /// How alike the questions are, 0 to 1.
    pub(super) likeness: f32,
}

/// Solved conversations that are like one, the most alike first.
///
/// # Errors
/// [`crate::Error::NotFound`] when there is no such conversation that the caller may see.
pub async fn similar(app: &App, caller: &Caller, id: ConversationId) -> Result<Vec<SimilarConversation>> {
    let thread = thread_of(app, caller, id, LINES).await?;
    let Some(asked) = asked(&thread) else { return Ok(Vec::new()) };
    let mut found = find(app, caller, id, &asked.words).await?;
    found.truncate(SHOWN);
    let shown = |past: Past| SimilarConversation {
        words: shared_words(&asked.words, &past.question, TOLD),
        conversation_id: past.conversation,
        message_id: past.message,
        at: past.at,
        question: past.question,
        answer: past.answer.chars().take(ANSWER).collect(),
        answered_by: past.answered_by,
        likeness: percent(past.likeness),
    };
    Ok(found.into_iter().map(shown).collect())
}

/// What was asked and answered in other conversations that are solved, the most alike first; each conversation once.
pub(super) async fn find(
    app: &App,
    caller: &Caller,
    besides: ConversationId,
    question: &str,
) -> Result<Vec<Past>> {
    let workspace = caller.workspace;
    let keys = search::keys(app, workspace).await?;
    let sets: Vec<Vec<Token>> = telling(question, WORDS)
        .iter()
        .map(|terms| terms.iter().map(|term| search::token(&keys.words, term)).collect())
        .collect();
    if sets.is_empty() {
        return Ok(Vec::new());
    }
    let look = Look {
        workspace,
        visibility: caller.visibility(),
        masks: caller.masks(),
        policy: sensitive::policy(app, workspace).await?,
        question: question.to_owned(),
        besides,
    };
    let theirs = search::mark(&keys.words, "direction", Direction::In.as_str());
    app.read(move |tx| Box::pin(async move { look.find(tx, &sets, theirs).await })).await
}

/// A message that asks nearly the same.
struct Candidate {
    message: Message,
    /// What the customer is called, also where that is hidden from the caller.
    customer: Option<String>,
    likeness: f32,
}

/// One look for what was asked before.
struct Look {
    workspace: WorkspaceId,
    visibility: Visibility,
    masks: Masks,
    policy: Arc<Policy>,
    question: String,
    besides: ConversationId,
}

impl Look {
    async fn find(&self, tx: &mut Tx, sets: &[Vec<Token>], theirs: Token) -> Result<Vec<Past>> {
        // Messages with two neighbouring words first: one frequent word alone would bring nothing but the newest.
        let mut ids: Vec<MessageId> = Vec::new();
        for pair in sets.windows(2) {
            let tokens = vec![pair[0].clone(), pair[1].clone(), vec![theirs]];
            ids.extend(self.look(tx, tokens, PAIR).await?);
        }
        let any: Vec<Token> = sets.iter().flatten().copied().collect();
        ids.extend(self.look(tx, vec![any, vec![theirs]], ANY).await?);
        let mut known = HashSet::new();
        ids.retain(|id| known.insert(*id));
        ids.truncate(COMPARED);
        let messages = store::message::many(tx, self.workspace, &ids).await?;
        let mut found = Vec::new();
        let mut seen_conversations = HashSet::new();
        for candidate in self.ranked(messages) {
            if found.len() == CLOSELY {
                break;
            }
            if seen_conversations.insert(candidate.message.conversation_id) {
                found.extend(self.answered(tx, candidate).await?);
            }
        }
        Ok(found)
    }

    async fn look(
        &self,
        tx: &mut Tx,
        tokens: Vec<Vec<Token>>,
        (limit, depth): (i64, i64),
    ) -> Result<Vec<MessageId>> {
        let wanted = Wanted { tokens, ..Wanted::default() };
        let newest = MessageId(i64::MAX);
        let found =
            store::search::find(tx, self.workspace, &self.visibility, &wanted, newest, depth, limit).await?;
        Ok(found.messages)
    }

    /// The messages that ask nearly the same, as they may be shown, the most alike first.
    fn ranked(&self, messages: Vec<Message>) -> Vec<Candidate> {
        let asked = Terms::of(&self.question);
        let mut seen = Seen::default();
        seen.note(&asked);
        let mut read = Vec::with_capacity(messages.len());
        for message in messages {
            let customer = message.author.name.clone();
            let mut message = self.policy.shown(message);
            message.mask(self.masks);
            let theirs = message.author.kind == AuthorKind::Contact && message.revoked_at.is_none();
            let Some(words) = words_of(&message.content).filter(|_| theirs) else { continue };
            let terms = Terms::of(words);
            seen.note(&terms);
            if message.conversation_id != self.besides {
                read.push((message, customer, terms));
            }
        }
        let mut ranked: Vec<Candidate> = read
            .into_iter()
            .map(|(message, customer, terms)| {
                let likeness = seen.alike(&asked, &terms);
                Candidate { message, customer, likeness }
            })
            .filter(|candidate| candidate.likeness >= ALIKE)
            .collect();
        ranked.sort_by(|one, other| {
            other.likeness.total_cmp(&one.likeness).then(other.message.id.cmp(&one.message.id))
        });
        // Each that is looked at closely costs a look at its thread.
        ranked.truncate(2 * CLOSELY);
        ranked
    }

    /// What agents answered to a message, where that is known and the conversation was solved.
    async fn answered(&self, tx: &mut Tx, candidate: Candidate) -> Result<Option<Past>> {
        let Candidate { message: asked, customer, likeness } = candidate;
        let (workspace, conversation) = (self.workspace, asked.conversation_id);
        let Some(facts) = store::conversation::facts(tx, workspace, conversation).await? else {
            return Ok(None);
        };
        let after = Place::After(asked.id);
        let thread = store::message::page(tx, workspace, conversation, after, AFTER).await?.items;
        let over = |message: &Message| matches!(&message.content, Content::Activity(line) if line.event == "resolved");
        if facts.state != ConversationState::Resolved && !thread.iter().any(over) {
            return Ok(None);
        }
        let Some((answer, answered_by)) = answer(&thread) else { return Ok(None) };
        Ok(Some(Past {
            conversation,
            message: asked.id,
            at: asked.at,
            question: words_of(&asked.content).unwrap_or_default().chars().take(QUESTION).collect(),
            answer: self.policy.text(&answer),
            answered_by,
            customer,
            likeness,
        }))
    }
}

/// What an agent wrote before the customer wrote again, and who; `None` where nobody answered in words.
pub(crate) fn answer(thread: &[Message]) -> Option<(String, Option<String>)> {
    let mut said: Vec<&str> = Vec::new();
    let mut by = None;
    for message in thread {
        match (message.direction, message.author.kind) {
            (Direction::Out, AuthorKind::Agent) if message.revoked_at.is_none() => {
                if let Some(words) =
                    words_of(&message.content).filter(|words| !crate::bot::is_courtesy(words))
                {
                    said.push(words);
                    by = by.or_else(|| message.author.name.clone());
                }
            }
            // Whoever goes on before anybody answered still asks the same.
            (Direction::In, AuthorKind::Contact) if !said.is_empty() => break,
            _ => {}
        }
    }
    (!said.is_empty()).then(|| (said.join("\n"), by))
}
