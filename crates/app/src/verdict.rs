//! What colleagues say of the bot's answers and of suggestions: right, or wrong.
//!
//! What was taken from an intent becomes an example, as a correction does. Of what was taken from the knowledge the pair of
//! question and passage is kept, by ids alone: one that was found right waits to become a further question of the article,
//! one that was found wrong is told to whoever keeps the knowledge, and its question is one without an answer.

use model::{
    Act, AnswerKind, Article, ArticleId, ArticleState, BotAnswer, ConversationId, EventKind, IntentId,
    JudgedPair, Message, MessageId, WorkspaceId,
};
use serde_json::json;
use store::event::NewChange;
use store::verdict::{Answer, Pair, Said, Source};
use store::{Page, Tx};

use crate::article::{self, ArticleChange};
use crate::audit::{self, Note};
use crate::bot::words_of;
use crate::copilot::{BLANK, NAME, cleared};
use crate::intent::example;
use crate::unanswered::{must_see, question};
use crate::{App, Caller, Error, Result, knowledge, sensitive};

/// The newest answers of a conversation that can be judged.
const ANSWERS: i64 = 100;
/// The most pairs on one page.
const MAX_PAGE: i64 = 50;
/// The longest question of an article that is made of what a customer wrote, in characters.
const PHRASE: usize = 200;

/// An answer as somebody sees it.
async fn shown(tx: &mut Tx, caller: &Caller, answer: &Answer) -> Result<BotAnswer> {
    let said = store::verdict::said(tx, caller.workspace, answer.asked, answer.source).await?;
    let count = |good| said.iter().filter(|one| one.good == good).count() as i64;
    Ok(BotAnswer {
        message_id: answer.message,
        kind: answer.source.kind,
        mine: said.iter().find(|one| one.agent == caller.agent.id).map(|one| one.good),
        right: count(true),
        wrong: count(false),
    })
}

/// The answers of the bot in a conversation that can be judged, the newest first.
///
/// # Errors
/// [`Error::NotFound`] when there is no such conversation that the caller may see.
pub async fn answers(app: &App, caller: &Caller, id: ConversationId) -> Result<Vec<BotAnswer>> {
    let (workspace, visibility, caller) = (caller.workspace, caller.visibility(), caller.clone());
    let read = app.read(move |tx| {
        Box::pin(async move {
            if !store::conversation::visible(tx, workspace, &visibility, id).await? {
                return Err(Error::NotFound);
            }
            let mut items = Vec::new();
            for answer in store::verdict::answers(tx, workspace, id, ANSWERS).await? {
                items.push(shown(tx, &caller, &answer).await?);
            }
            Ok(items)
        })
    });
    read.await
}

/// Says whether an answer of the bot is right, in place of what the caller said before; with `None` that is taken back.
///
/// # Errors
/// [`Error::NotFound`] when the caller sees no such message, or it is no answer that can be judged.
pub async fn judge(app: &App, caller: &Caller, message: MessageId, good: Option<bool>) -> Result<BotAnswer> {
    let (workspace, visibility) = (caller.workspace, caller.visibility());
    let read = app.read(move |tx| {
        Box::pin(async move {
            let found = store::message::get(tx, workspace, &visibility, message).await?;
            let found = found.ok_or(Error::NotFound)?;
            let answer = store::verdict::answer(tx, workspace, message).await?.ok_or(Error::NotFound)?;
            let asked = store::message::many(tx, workspace, &[answer.asked]).await?.pop();
            Ok((found.conversation_id, answer, asked.ok_or(Error::NotFound)?))
        })
    });
    let (conversation, answer, asked) = read.await?;
    let meant = match answer.source.kind {
        AnswerKind::Intent => example::said(app, workspace, &asked).await?,
        AnswerKind::Article => None,
    };
    let locale = language_of(&asked);
    let (now, actor, ids, caller) = (app.now(), caller.actor(), app.ids.clone(), caller.clone());
    let judged = app.write(move |tx| {
        Box::pin(async move {
            let facts =
                store::conversation::facts(tx, workspace, conversation).await?.ok_or(Error::NotFound)?;
            let agent = caller.agent.id;
            if !put(tx, workspace, (answer.asked, Some(&locale)), (answer.source, agent), good, now).await? {
                return Ok((shown(tx, &caller, &answer).await?, None));
            }
            let mut changes = vec![NewChange::message(message, conversation)];
            if let Some(meant) = meant {
                let intent = IntentId(answer.source.id);
                let by = (agent, now);
                match good {
                    Some(good) => {
                        let intent = Some(intent).filter(|_| good);
                        example::put(tx, workspace, &ids, (&meant, facts.contact_id), intent, by).await?;
                    }
                    None => example::take_back(tx, workspace, &ids, answer.asked, by).await?,
                }
                changes.push(NewChange::of(EventKind::Intent, intent.0));
            }
            let note = Note::of(Act::AnswerJudged).on(message).within(conversation).about(facts.contact_id);
            audit::record(tx, &actor, note.with(&json!({ "right": good })), now).await?;
            let seq = store::event::append(tx, workspace, &changes, now).await?;
            Ok((shown(tx, &caller, &answer).await?, Some(seq)))
        })
    });
    let (judged, seq) = judged.await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(judged)
}

/// The language of a message, as questions without an answer are noted; empty where it is not known.
fn language_of(message: &Message) -> String {
    let guess = words_of(&message.content).and_then(|words| ai::language::identify(words, None));
    guess.map_or_else(String::new, |guess| guess.language.tag().to_owned())
}

/// Keeps what a colleague says of what answers a message; `false` when that was said before. With the question's language, a
/// wrong answer from the knowledge makes it one without an answer.
pub(crate) async fn put(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (asked, locale): (MessageId, Option<&str>),
    (source, agent): (Source, model::AgentId),
    good: Option<bool>,
    now: model::Millis,
) -> Result<bool> {
    let said = store::verdict::said(tx, workspace, asked, source).await?;
    let before = said.into_iter().find(|one| one.agent == agent);
    if before.map(|one| one.good) == good {
        return Ok(false);
    }
    let was_noted = before.is_some_and(|one| one.noted);
    match good {
        Some(good) => {
            let wrong = !good && source.kind == AnswerKind::Article;
            let noted = match locale.filter(|_| wrong) {
                Some(locale) if !store::unanswered::has(tx, workspace, asked).await? => {
                    store::unanswered::note(tx, workspace, asked, None, locale, true, now).await?
                }
                _ => false,
            };
            store::verdict::put(tx, workspace, asked, source, Said { agent, good, noted }, now).await?;
        }
        None => drop(store::verdict::take_back(tx, workspace, asked, source, agent).await?),
    }
    // Another colleague's word may stand for it as well.
    if was_noted && !store::verdict::pass_on(tx, workspace, asked).await? {
        store::unanswered::take_back(tx, workspace, asked).await?;
    }
    Ok(true)
}

/// Pairs of a question and a piece of knowledge that nobody has decided about, the newest question first: those that more
/// found right than wrong, or those that not more did.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation.
pub async fn waiting(
    app: &App,
    caller: &Caller,
    good: bool,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<JudgedPair>> {
    must_see(caller)?;
    let (workspace, limit) = (caller.workspace, limit.clamp(1, MAX_PAGE));
    let read = app.read(move |tx| {
        Box::pin(async move {
            let page = store::verdict::waiting(tx, workspace, good, cursor.as_deref(), limit).await?;
            let mut found = Vec::with_capacity(page.items.len());
            for pair in page.items {
                found.extend(of_pair(tx, workspace, pair).await?);
            }
            Ok((found, page.next_cursor))
        })
    });
    let (found, next_cursor) = read.await?;
    let (policy, masks) = (sensitive::policy(app, workspace).await?, caller.masks());
    let items = found.into_iter().map(|(pair, article, message, name)| {
        let question = question(&policy, masks, message);
        JudgedPair {
            phrase: phrase(&question.text, &name),
            question,
            article_id: article.id,
            passage: knowledge::passage_at(&article.body, usize::try_from(pair.place).unwrap_or_default()),
            title: article.title,
            right: pair.right,
            wrong: pair.wrong,
            at: pair.at,
        }
    });
    Ok(Page { items: items.collect(), next_cursor })
}

/// A pair with its article, its message and the customer's name; `None` where one of them is gone.
async fn of_pair(
    tx: &mut Tx,
    workspace: WorkspaceId,
    pair: Pair,
) -> Result<Option<(Pair, Article, Message, String)>> {
    let article = store::article::get(tx, workspace, pair.article).await?;
    let message = store::message::many(tx, workspace, &[pair.asked]).await?.pop();
    let (Some(article), Some(message)) = (article, message) else { return Ok(None) };
    let facts = store::conversation::facts(tx, workspace, message.conversation_id).await?;
    let contact = match facts {
        Some(facts) => store::contact::get(tx, workspace, facts.contact_id).await?,
        None => None,
    };
    Ok(Some((pair, article, message, contact.map(|contact| contact.name).unwrap_or_default())))
}

/// What a customer asked as a question that anybody may ask.
fn phrase(text: &str, name: &str) -> String {
    let cleared =
        cleared(text, Some(name).filter(|name| !name.is_empty())).replace(NAME, " ").replace(BLANK, " ");
    let words = cleared.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric));
    words.collect::<Vec<_>>().join(" ").chars().take(PHRASE).collect()
}

/// Decides about a pair: what was found right becomes a further question of the article where it is accepted, and that is
/// published where the article's newest words were; anything else is put away.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation, [`Error::NotFound`] when there is no such pair,
/// [`Error::Invalid`] for accepting what was not found right, or when the article has no room for more questions.
pub async fn decide(app: &App, caller: &Caller, asked: MessageId, id: ArticleId, accept: bool) -> Result<()> {
    must_see(caller)?;
    let workspace = caller.workspace;
    let source = Source { kind: AnswerKind::Article, id: id.0, place: 0 };
    let read = app.read(move |tx| {
        Box::pin(async move {
            let said = store::verdict::said(tx, workspace, asked, source).await?;
            let right = said.iter().filter(|one| one.good).count();
            let wrong = said.len() - right;
            let (right, wrong) = (right as i64, wrong as i64);
            let pair = Pair { asked, article: id, place: 0, right, wrong, at: model::Millis(0) };
            let found = if said.is_empty() { None } else { of_pair(tx, workspace, pair).await? };
            found.ok_or(Error::NotFound)
        })
    });
    let (pair, article, message, name) = read.await?;
    if accept {
        if pair.right <= pair.wrong {
            return Err(Error::field("accept", "invalid", "only what was found right becomes a question"));
        }
        let policy = sensitive::policy(app, workspace).await?;
        let phrase = phrase(&question(&policy, caller.masks(), message).text, &name);
        let known = |one: &String| ai::keys(one) == ai::keys(&phrase);
        if !phrase.is_empty() && !known(&article.title) && !article.questions.iter().any(known) {
            let was_in_use = article.state == ArticleState::Published
                && article.published_version == Some(article.version);
            let questions = article.questions.into_iter().chain([phrase]).collect();
            let change = ArticleChange { questions: Some(questions), ..ArticleChange::default() };
            article::update(app, caller, id, change).await?;
            if was_in_use {
                article::publish(app, caller, id).await?;
            }
        }
    }
    let (now, actor) = (app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            if !store::verdict::decide(tx, workspace, asked, id, accept).await? {
                return Ok(());
            }
            let note = Note::of(Act::VerdictDecided).on(id).with(&json!({ "accepted": accept }));
            audit::record(tx, &actor, note, now).await
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_anybodys() {
        let text = "Hi, Maria Lopez here:\n when does order #48151 come?";
        assert_eq!(phrase(text, "Maria Lopez"), "Hi, here: when does order come?");
        assert_eq!(phrase("where  is it", ""), "where is it");
    }
}
