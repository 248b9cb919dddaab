//! Notices questions among what changed.

use std::collections::BTreeSet;

use model::{
    AuthorKind, Content, ConversationId, Direction, EventKind, HandOverReason, Message, MessageId,
    WorkspaceId,
};
use store::message::Place;
use store::{Class, Tx};

use crate::copilot::{Asked, asked};
use crate::embedding::Asker;
use crate::{App, Result, knowledge};

/// How many changes are looked through at once.
const CHANGES: i64 = 128;
/// How many lines before an answer or a hand-over tell what was asked.
const LINES: i64 = 30;
/// From how likely on the knowledge has an answer.
const KNOWN: f32 = 0.6;

/// A question that may have no answer.
struct Heard {
    asked: Asked,
    conversation: ConversationId,
    /// The agent's message that answers it; `None` where the bot handed it over.
    answer: Option<MessageId>,
}

/// Looks through the next changes of a workspace for questions without an answer; tells whether there are more.
pub(super) async fn portion(app: &App, workspace: WorkspaceId, before: Option<i64>) -> Result<bool> {
    let Some(before) = before else {
        app.write_as(Class::Change, workspace, move |tx| {
            Box::pin(async move {
                store::unanswered::begin(tx, workspace).await?;
                Ok(())
            })
        })
        .await?;
        return Ok(true);
    };
    let Looked { after, heard, more } =
        app.read(move |tx| Box::pin(async move { read(tx, workspace, before).await })).await?;
    let mut noted: Vec<(Asked, Option<MessageId>, &str)> = Vec::new();
    for Heard { asked, conversation, answer } in heard {
        let guess = ai::language::identify(&asked.words, None);
        let language = guess.map(|guess| guess.language.tag());
        // What the bot hands over has no public answer; of others it is asked whether anything is written about it.
        if answer.is_some() {
            let facts = app.read(move |tx| {
                Box::pin(async move { Ok(store::conversation::facts(tx, workspace, conversation).await?) })
            });
            let Some(facts) = facts.await? else { continue };
            let (asker, all) = (Asker::Later(facts.contact_id), vec![asked.words.clone()]);
            let known = knowledge::suggest(app, workspace, asker, all, language, 1).await?;
            if known.first().is_some_and(|(_, sure)| *sure >= KNOWN) {
                continue;
            }
        }
        noted.push((asked, answer, language.unwrap_or_default()));
    }
    let now = app.now();
    app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            // First, because it also keeps other nodes from doing the same at this moment.
            if !store::unanswered::advance(tx, workspace, before, after).await? {
                return Ok(true);
            }
            for (asked, answer, locale) in &noted {
                let by_bot = answer.is_none();
                if !by_bot && store::suggestion::served(tx, workspace, asked.message).await? {
                    continue;
                }
                // Either may have been erased meanwhile.
                let answer = match answer {
                    Some(id) => store::message::reference(tx, workspace, *id).await?.map(|found| found.id),
                    None => None,
                };
                store::unanswered::note(tx, workspace, asked.about, answer, locale, by_bot, now).await?;
            }
            Ok(more)
        })
    })
    .await
}

/// What was asked among the next changes.
struct Looked {
    /// Up to where they go.
    after: i64,
    heard: Vec<Heard>,
    /// Whether it is surely not all.
    more: bool,
}

async fn read(tx: &mut Tx, workspace: WorkspaceId, before: i64) -> Result<Looked> {
    let changes = store::event::since(tx, workspace, before, CHANGES).await?;
    let head = store::event::head(tx, workspace).await?;
    let after = changes.last().map_or(head, |last| last.seq);
    let ids: BTreeSet<MessageId> = changes
        .iter()
        .filter(|change| change.kind == EventKind::Message && !change.deleted)
        .map(|change| MessageId(change.subject))
        .collect();
    let ids: Vec<MessageId> = ids.into_iter().collect();
    let mut heard = Vec::new();
    for message in store::message::many(tx, workspace, &ids).await? {
        let answer = match ends(&message) {
            Some(End::Answered) => Some(message.id),
            Some(End::HandedOver) => None,
            None => continue,
        };
        let place = Place::Before(message.id);
        let thread = store::message::page(tx, workspace, message.conversation_id, place, LINES).await?.items;
        let conversation = message.conversation_id;
        let asked = asked(&thread).filter(|asked| asked.waits);
        heard.extend(asked.map(|asked| Heard { asked, conversation, answer }));
    }
    Ok(Looked { after, heard, more: changes.len() as i64 == CHANGES })
}

/// How the waiting of a customer ends.
enum End {
    Answered,
    HandedOver,
}

fn ends(message: &Message) -> Option<End> {
    use HandOverReason as Why;
    match (&message.content, message.direction, message.author.kind) {
        (Content::Activity(line), ..) => {
            let reason = line.hand_over.as_ref()?.reason;
            let unknown =
                matches!(reason, Why::NotKnown | Why::NotUnderstood | Why::AskedAgain | Why::SameAnswer);
            unknown.then_some(End::HandedOver)
        }
        (_, Direction::Out, AuthorKind::Agent) if message.revoked_at.is_none() => Some(End::Answered),
        _ => None,
    }
}
