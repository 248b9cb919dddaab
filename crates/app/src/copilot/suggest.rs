//! Replies that an agent may begin with: from the knowledge, from saved replies, and from what colleagues answered when
//! nearly the same was asked. What was written to somebody else is cleared of whom it was written to.

use ai::alike::{Seen, Terms, shared_words};
use ai::personal::{self, Kind};
use model::{
    AnswerKind, ConversationId, MessageId, Permission, QuickReply, Suggestion, SuggestionKind,
    SuggestionSource, SuggestionUse, Suggestions,
};

use store::verdict::Source;

use super::asked::asked;
use super::similar::{self, ANSWER, Past};
use super::{LINES, saved, thread_of};
use crate::embedding::Asker;
use crate::intent::recognise::percent;
use crate::knowledge::{self, Found};
use crate::{App, Caller, Error, Result, verdict};

/// How many suggestions there are at most, of all kinds together.
pub(super) const MOST: usize = 3;
/// How many sentences of a question are asked for by themselves.
const PARTS: usize = 4;
/// How alike two answers are that say the same.
const SAME: f32 = 0.8;
/// What each further colleague who answered the same leaves of the doubt.
const DOUBT: f32 = 0.8;
/// An answer that was given to somebody else is never more certain than this.
const SUREST: f32 = 0.9;
/// How many of the words in common are told.
const TOLD: usize = 6;
/// What stands for something that only the agent knows.
pub(crate) const BLANK: &str = "___";
/// What stands for the customer's name, as in saved replies.
pub(crate) const NAME: &str = "{{contact.name}}";

/// What is suggested for the customer's last words; nothing where the customer does not wait.
///
/// # Errors
/// [`Error::NotFound`] when there is no such conversation that the caller may see.
pub async fn suggest(app: &App, caller: &Caller, id: ConversationId) -> Result<Suggestions> {
    let thread = thread_of(app, caller, id, LINES).await?;
    let Some(asked) = asked(&thread).filter(|asked| asked.waits) else {
        return Ok(Suggestions { message_id: None, items: Vec::new() });
    };
    let question = asked.words;
    let (known, saved, past) = tokio::try_join!(
        from_knowledge(app, caller, id, &question),
        saved::find(app, caller, &question),
        similar::find(app, caller, id, &question),
    )?;
    let chosen = tokio::task::spawn_blocking(move || {
        let mut all: Vec<(f32, Suggestion)> = Vec::new();
        // What customers were told in other conversations comes masked; what the business wrote itself is shown as it is.
        all.extend(known.into_iter().map(|(found, sure)| (sure, of_found(&question, found, sure))));
        all.extend(saved.into_iter().map(|(reply, sure)| (sure, of_reply(&question, reply, sure))));
        all.extend(of_past(&question, past));
        choose(all)
    });
    let items = chosen.await.map_err(Error::internal)?;
    Ok(Suggestions { message_id: Some(asked.message), items })
}

async fn from_knowledge(
    app: &App,
    caller: &Caller,
    id: ConversationId,
    question: &str,
) -> Result<Vec<(Found, f32)>> {
    if !caller.may(Permission::KnowledgeRead) {
        return Ok(Vec::new());
    }
    let language = ai::language::identify(question, None).map(|guess| guess.language.tag());
    let workspace = caller.workspace;
    let facts =
        app.read(move |tx| Box::pin(async move { Ok(store::conversation::facts(tx, workspace, id).await?) }));
    let asker = facts.await?.map_or(Asker::Colleague, |facts| Asker::Contact(facts.contact_id));
    knowledge::suggest(app, workspace, asker, parts(question), language, MOST).await
}

/// A question as it was put, and where it asks several things also each of them.
pub(super) fn parts(question: &str) -> Vec<String> {
    let sentences = ai::passage::sentences(question);
    let mut all = vec![question.to_owned()];
    if sentences.len() > 1 {
        let each = sentences.into_iter().map(|range| question[range].to_owned());
        let says = |sentence: &String| !ai::alike::telling(sentence, 1).is_empty();
        all.extend(each.filter(says).take(PARTS));
    }
    all
}

fn of_found(question: &str, found: Found, sure: f32) -> Suggestion {
    let all = [found.title.as_str(), &found.text, found.question.as_deref().unwrap_or_default()].join("\n");
    Suggestion {
        words: shared_words(question, &all, TOLD),
        text: found.text.trim().to_owned(),
        confidence: percent(sure),
        question: found.question,
        source: SuggestionSource::Article {
            id: found.article_id,
            title: found.title,
            locale: found.locale,
            internal: !found.public,
        },
    }
}

fn of_reply(question: &str, reply: QuickReply, sure: f32) -> Suggestion {
    Suggestion {
        words: shared_words(question, &format!("{}\n{}", reply.shortcut, reply.body), TOLD),
        text: reply.body,
        confidence: percent(sure),
        question: None,
        source: SuggestionSource::QuickReply { id: reply.id, shortcut: reply.shortcut },
    }
}

/// Suggestions from other conversations: what several colleagues answered alike is one, and the likelier.
fn of_past(question: &str, past: Vec<Past>) -> Vec<(f32, Suggestion)> {
    let mut groups: Vec<(Terms, Vec<Past>)> = Vec::new();
    for one in past {
        let terms = Terms::of(&one.answer);
        match groups.iter_mut().find(|(other, _)| Seen::default().alike(other, &terms) >= SAME) {
            Some((_, group)) => group.push(one),
            None => groups.push((terms, vec![one])),
        }
    }
    groups.into_iter().filter_map(|(_, group)| of_group(question, &group)).collect()
}

fn of_group(question: &str, group: &[Past]) -> Option<(f32, Suggestion)> {
    // They come the most alike first; the words are those of the newest.
    let (nearest, newest) = (group.first()?, group.iter().max_by_key(|one| one.at)?);
    let doubt = (1.0 - nearest.likeness) * DOUBT.powi(i32::try_from(group.len()).unwrap_or(1) - 1);
    let sure = (1.0 - doubt).min(SUREST);
    let text = cleared(&newest.answer, newest.customer.as_deref()).chars().take(ANSWER).collect();
    let suggestion = Suggestion {
        text,
        confidence: percent(sure),
        words: shared_words(question, &nearest.question, TOLD),
        question: Some(nearest.question.clone()),
        source: SuggestionSource::Conversation {
            id: newest.conversation,
            message_id: newest.message,
            times: group.len() as i64,
        },
    };
    Some((sure, suggestion))
}

/// An answer without whom it was given to: the name is that of whoever is answered now, and numbers of orders, telephones
/// and addresses are left open.
pub(crate) fn cleared(answer: &str, customer: Option<&str>) -> String {
    let names: Vec<&str> = customer.into_iter().collect();
    personal::replace(answer, personal::find(answer, &names), |kind, _| {
        let shown = if kind == Kind::Name { NAME } else { BLANK };
        shown.to_owned()
    })
}

/// The likeliest, each saying something else than those before it.
fn choose(mut all: Vec<(f32, Suggestion)>) -> Vec<Suggestion> {
    all.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut chosen: Vec<(Terms, Suggestion)> = Vec::new();
    for (_, suggestion) in all {
        let terms = Terms::of(&suggestion.text);
        let told = |(other, _): &(Terms, Suggestion)| Seen::default().alike(other, &terms) >= SAME;
        if chosen.len() < MOST && !suggestion.text.trim().is_empty() && !chosen.iter().any(told) {
            chosen.push((terms, suggestion));
        }
    }
    chosen.into_iter().map(|(_, suggestion)| suggestion).collect()
}

/// What an agent did with a suggestion.
#[derive(Debug, Clone)]
pub struct Fate {
    /// Where it came from.
    pub kind: SuggestionKind,
    /// The id of the article, of the saved reply or of the conversation.
    pub source: String,
    /// What was done with it.
    pub used: Option<SuggestionUse>,
    /// Whether it helped.
    pub helpful: Option<bool>,
    /// Whether what was said of that is taken back.
    pub taken_back: bool,
}

/// Notes what became of a suggestion for a customer's message. No words of it are kept.
///
/// # Errors
/// [`Error::NotFound`] when there is no such message that the caller may see, [`Error::Invalid`] for a source that is not
/// there.
pub async fn note(app: &App, caller: &Caller, message: MessageId, fate: Fate) -> Result<()> {
    let (workspace, visibility, now, agent) =
        (caller.workspace, caller.visibility(), app.now(), caller.agent.id);
    app.write(move |tx| {
        Box::pin(async move {
            let about = store::message::get(tx, workspace, &visibility, message).await?;
            about.ok_or(Error::NotFound)?;
            let unknown = || Error::field("source", "unknown", "name what the suggestion was taken from");
            let source = match fate.kind {
                SuggestionKind::Article => {
                    let id: model::ArticleId = fate.source.parse().map_err(|_| unknown())?;
                    store::article::get(tx, workspace, id).await?.map(|_| id.0)
                }
                SuggestionKind::QuickReply => {
                    let id: model::QuickReplyId = fate.source.parse().map_err(|_| unknown())?;
                    let all = store::quick_reply::list(tx, workspace).await?;
                    all.iter().any(|reply| reply.id == id).then_some(id.0)
                }
                SuggestionKind::Conversation => {
                    let id: ConversationId = fate.source.parse().map_err(|_| unknown())?;
                    store::conversation::visible(tx, workspace, &visibility, id).await?.then_some(id.0)
                }
            };
            let row = store::suggestion::Fate {
                message,
                kind: fate.kind,
                source: source.ok_or_else(unknown)?,
                agent,
                used: fate.used,
                helpful: fate.helpful,
                taken_back: fate.taken_back,
            };
            store::suggestion::note(tx, workspace, &row, now).await?;
            if fate.kind == SuggestionKind::Article && (fate.helpful.is_some() || fate.taken_back) {
                let source = Source { kind: AnswerKind::Article, id: row.source, place: 0 };
                let good = fate.helpful.filter(|_| !fate.taken_back);
                verdict::put(tx, workspace, (message, None), (source, agent), good, now).await?;
            }
            Ok(())
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use model::Millis;

    use super::*;

    fn past(id: i64, answer: &str, likeness: f32) -> Past {
        Past {
            conversation: ConversationId(id),
            message: MessageId(id),
            at: Millis(id),
            question: "where is my parcel".into(),
            answer: answer.into(),
            answered_by: None,
            customer: Some("Maria Lopez".into()),
            likeness,
        }
    }

    #[test]
    fn an_answer_is_cleared_of_whom_it_was_given_to() {
        let text = "Hi Maria, order #48151 is at maria@example.com. Marianne agrees, Maria Lopez!";
        assert_eq!(
            cleared(text, Some("Maria Lopez")),
            "Hi {{contact.name}}, order #___ is at ___. Marianne agrees, {{contact.name}}!"
        );
        assert_eq!(cleared("王芳您好，订单已发出", Some("王芳")), "{{contact.name}}您好，订单已发出");
        assert_eq!(cleared("It costs 5 €.", None), "It costs 5 €.");
        assert_eq!(cleared("寄到北京市朝阳区建国路88号13800138000", None), "______");
        assert_eq!(cleared("السلام عليكم", Some("علي")), "السلام عليكم");
        assert_eq!(cleared("Hello Maria", Some("MARIA LOPEZ")), "Hello {{contact.name}}");
        assert_eq!(cleared("", Some("")), "");
    }

    #[test]
    fn a_long_answer_is_cleared_before_it_is_cut() {
        let answer = format!("{}+34 600 111 222", "word ".repeat(ANSWER / 5 - 2));
        let (_, suggestion) = of_past("x", vec![past(1, &answer, 1.0)]).remove(0);
        assert!(!suggestion.text.contains("600"), "{}", suggestion.text);
    }

    #[test]
    fn what_several_answered_alike_is_one_suggestion_and_likelier() {
        let all = of_past(
            "where is my parcel?",
            vec![
                past(1, "It comes on Monday.", 0.6),
                past(3, "it comes on monday!", 0.5),
                past(2, "Please ask DHL.", 0.5),
            ],
        );
        assert_eq!(all.len(), 2);
        let (sure, first) = &all[0];
        assert!((*sure - 0.68).abs() < 1e-4, "{sure}");
        assert_eq!((first.text.as_str(), first.words.join(" ")), ("it comes on monday!", "parcel".into()));
        assert!(matches!(
            first.source,
            SuggestionSource::Conversation { id: ConversationId(3), times: 2, .. }
        ));
        assert!(of_past("x", vec![past(1, "a", 1.0)])[0].0 <= SUREST);
    }
}
