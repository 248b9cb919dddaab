//! What the bot makes of a conversation, without holding anything: people may take over meanwhile.

use ai::language::{Language, identify};
use ai::saying::{self, Saying, say};
use model::{
    AnswerKind, ArticleId, AuthorKind, BotMemory, Content, ConversationId, ConversationState, Direction,
    HandOver, HandOverReason, IntentId, Message, MessageId, Millis, TeamId, Turn, WorkspaceId,
};
use store::Tx;
use store::inbox::InboxRow;
use store::message::Place;
use store::verdict::Source;

use super::choice::{Tap, Taps};
use super::decide::{self, First, Heard};
use super::intended::{Intended, intended};
use crate::intent::recognise::{percent, recognise};
use crate::knowledge::{self, Advice, Found};
use crate::language_model::Spender;
use crate::language_model::grounded::{self, Worded};
use crate::{App, Error, Result};

/// How many lines of a thread are read.
pub(super) const LINES: i64 = 40;
/// How sure the language of the newest words must be to count without the older ones.
const SURE: f32 = 0.5;
/// How likely an intent must be for people to be told of it.
const PERHAPS: f32 = 0.25;
/// How much room an answer leaves for its source and for what goes before it, in characters.
const ROOM: usize = 600;

/// What the bot would do about a customer's message.
#[derive(Debug)]
pub struct Plan {
    pub(super) conversation: ConversationId,
    /// The customer's newest message, which it answers.
    pub(super) message: MessageId,
    pub(super) language: Language,
    pub(super) deed: Deed,
}

impl Plan {
    /// To leave a message to people because something on the server fails.
    pub(super) fn broken(conversation: ConversationId, message: MessageId) -> Self {
        let language = Language::En;
        let note = super::act::unsaid(HandOverReason::Failed, language);
        Self {
            conversation,
            message,
            language,
            deed: Deed::HandOver { note: Box::new(note), tell: false, team: None },
        }
    }
}

/// What it does.
#[derive(Debug)]
pub(super) enum Deed {
    /// Writes this; `offered` are the pieces of knowledge that it lets the customer choose from, by a tap where there are
    /// `taps`, and `confidence` how likely what it tells of the knowledge is right, in percent. `from` is what it was taken
    /// from, where people can say whether that answers what was asked.
    Say {
        said: Said,
        offered: Vec<ArticleId>,
        taps: Option<Taps>,
        disclose: bool,
        confidence: Option<i64>,
        from: Option<Source>,
    },
    /// Leaves it to people, to those of a team where the intent says so, and tells the customer so unless that would feed a
    /// loop.
    HandOver { note: Box<HandOver>, tell: bool, team: Option<TeamId> },
}

/// What it says.
#[derive(Debug)]
pub(super) struct Said {
    /// The answer, the question or the greeting itself.
    pub(super) text: String,
    /// What names the place that it was taken from, where there is one.
    source: Option<String>,
}

impl Said {
    /// Something that has no source.
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), source: None }
    }

    /// All of it, as it is written.
    pub(super) fn whole(&self) -> String {
        match &self.source {
            Some(source) => format!("{}\n\n{source}", self.text),
            None => self.text.clone(),
        }
    }
}

/// That an answer was taken from the knowledge.
fn of_knowledge(found: &Found) -> Source {
    let place = i64::try_from(found.from).unwrap_or_default();
    Source { kind: AnswerKind::Article, id: found.article_id.0, place }
}

/// That it is what is said about an intent.
fn of_intent(intent: IntentId) -> Source {
    Source { kind: AnswerKind::Intent, id: intent.0, place: 0 }
}

impl Deed {
    /// Where it says something, with what that was taken from.
    fn taken(mut self, source: Option<Source>) -> Self {
        if let Self::Say { from, .. } = &mut self {
            *from = source;
        }
        self
    }

    /// Where it leaves something to people, to those of a team.
    fn to(mut self, to: Option<TeamId>) -> Self {
        if let Self::HandOver { team, .. } = &mut self {
            *team = to;
        }
        self
    }
}

/// What is read before thinking.
pub(super) struct Scene {
    /// How likely an answer must be right, in percent.
    pub(super) threshold: i64,
    pub(super) memory: BotMemory,
    /// The end of the thread, up to the message that waits for an answer.
    pub(super) thread: Vec<Message>,
    /// What was tapped among what waits, where the bot offered that in this conversation.
    pub(super) tap: Option<Tap>,
    pub(super) phone: Option<String>,
    pub(super) setting: Setting,
    /// For whom a language model may be asked.
    pub(super) spender: Spender,
}

/// What it needs of the place where it answers.
#[derive(Clone)]
pub(super) struct Setting {
    /// How much the channel lets say in one message, in characters.
    text_limit: usize,
    /// How many choices it lets offer to tap.
    choices: usize,
    help: Option<model::HelpCentre>,
}

impl Setting {
    /// The same where nothing can be tapped.
    pub(super) fn untapped(self) -> Self {
        Self { choices: 0, ..self }
    }
}

/// The setting of an inbox.
pub(super) async fn setting(tx: &mut Tx, workspace: WorkspaceId, inbox: &InboxRow) -> Result<Setting> {
    let capabilities = &channels::channel(inbox.kind).about().capabilities;
    let (text_limit, choices) = (capabilities.text_limit as usize, capabilities.choices as usize);
    let help = store::help_centre::get(tx, workspace).await?.filter(|help| help.enabled);
    Ok(Setting { text_limit, choices, help })
}

/// Thinks about a customer's message; `None` when there is nothing to do: the turn is not the bot's, the message was
/// answered, or a newer one will be.
///
/// # Errors
/// When the store is away.
pub async fn think(
    app: &App,
    workspace: WorkspaceId,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<Plan>> {
    let read = app.read(move |tx| Box::pin(async move { scene(tx, workspace, conversation, message).await }));
    let Some(scene) = read.await? else { return Ok(None) };
    let considered = consider(app, workspace, &scene).await?;
    Ok(considered.map(|(language, deed)| Plan { conversation, message, language, deed }))
}

/// What the bot makes of a scene, in the customer's language; `None` when nothing is to be said.
pub(super) async fn consider(
    app: &App,
    workspace: WorkspaceId,
    scene: &Scene,
) -> Result<Option<(Language, Deed)>> {
    let heard = Heard::of(&scene.thread);
    let language = language(&heard, scene.phone.as_deref());
    let question = heard.question();
    let now = app.now();
    let text = question.clone();
    let understood = tokio::task::spawn_blocking(move || understand(&text, language, now));
    let understood = understood.await.map_err(Error::internal)?;
    let original = heard.before.clone().unwrap_or_default();
    let mut titles = Vec::new();
    let mut offered = Vec::new();
    for id in &scene.memory.offered {
        // What was taken out of use meanwhile keeps its number and cannot be chosen.
        let found = knowledge::told(app, workspace, *id, &original).await?;
        titles.push(found.as_ref().map(|found| found.title.clone()).unwrap_or_default());
        offered.push(found);
    }
    let recognised = recognise(app, workspace, &question).await?;
    let perhaps = recognised.clone().filter(|one| one.likely >= PERHAPS);
    let room = scene.setting.text_limit.saturating_sub(ROOM);
    let hand_over = |reason, closest: Option<&Found>, confidence: Option<f32>| {
        let note = HandOver {
            reason,
            language: language.tag().to_owned(),
            mood: decide::mood(&understood),
            haste: decide::haste(&understood),
            summary: decide::summary(&heard),
            named: decide::named(&question, &understood),
            content: heard.wordless.filter(|_| reason == HandOverReason::File).map(str::to_owned),
            closest: closest.map(|found| found.title.clone()),
            confidence: confidence.map(percent),
            intent: perhaps.as_ref().map(|one| one.intent.name.clone()),
            intent_confidence: perhaps.as_ref().map(|one| percent(one.likely)),
        };
        Deed::HandOver { note: Box::new(note), tell: reason != HandOverReason::Loop, team: None }
    };
    let say_once = |said: Said, of: Option<&Found>, confidence: Option<f32>| {
        let whole = said.whole();
        if heard.ours.iter().any(|(_, ours)| ours.ends_with(&whole)) {
            return hand_over(HandOverReason::SameAnswer, of, confidence);
        }
        let confidence = confidence.map(percent);
        let from = confidence.and(of).map(of_knowledge);
        Deed::Say { said, offered: Vec::new(), taps: None, disclose: false, confidence, from }
    };
    let give = |found: &Found, confidence| {
        let said = answer(found, language, room, source_link(app, scene.setting.help.as_ref(), found));
        say_once(said, Some(found), confidence)
    };
    let plain = |saying, disclose| Deed::Say {
        said: Said::plain(say(language, saying)),
        offered: Vec::new(),
        taps: None,
        disclose,
        confidence: None,
        from: None,
    };
    let deed = match decide::first(&heard, &scene.memory, scene.tap, &titles, &understood, now) {
        First::Quiet => return Ok(None),
        First::HandOver(reason) => hand_over(reason, None, None),
        First::Help => plain(Saying::Help, false),
        First::WhetherMachine => plain(Saying::Help, true),
        First::Chosen(place) => match offered.get(place).and_then(Option::as_ref) {
            Some(found) => give(found, None),
            None => hand_over(HandOverReason::NotKnown, None, None),
        },
        First::Tapped(article) => {
            // What was asked about an earlier question is not at hand: its title says enough.
            let about = if scene.memory.offered.contains(&article) { &original } else { &question };
            match knowledge::told(app, workspace, article, about).await? {
                Some(found) => give(&found, None),
                None => hand_over(HandOverReason::NotKnown, None, None),
            }
        }
        First::Ask => {
            let enough = scene.threshold as f32 / 100.0;
            let known = recognised.filter(|one| one.likely >= enough);
            let likely = known.as_ref().map(|one| one.likely);
            let meant = known.as_ref().map(|one| of_intent(one.intent.id));
            match intended(app, workspace, known, &question, language).await? {
                Some(Intended::Say(text)) => {
                    let said = Said::plain(text.chars().take(room).collect::<String>());
                    say_once(said, None, likely).taken(meant)
                }
                Some(Intended::Tell(found)) => give(&found, likely).taken(meant),
                Some(Intended::HandOver(to)) => hand_over(HandOverReason::ForPeople, None, None).to(to),
                None => {
                    let asker = scene.spender.into();
                    let advice =
                        knowledge::advise(app, workspace, asker, &question, language.tag(), enough).await?;
                    match worded(app, workspace, scene, &question, language, &advice).await? {
                        Some(worded) => {
                            let link = worded
                                .from
                                .first()
                                .and_then(|found| source_link(app, scene.setting.help.as_ref(), found));
                            say_once(
                                in_own_words(&worded, language, room, link),
                                worded.from.first(),
                                Some(worded.likely),
                            )
                        }
                        None => match advice {
                            Advice::Answer { found, confidence } => give(&found, Some(confidence)),
                            Advice::Offer { offered, confidence } if !scene.memory.offered.is_empty() => {
                                hand_over(HandOverReason::NotUnderstood, offered.first(), Some(confidence))
                            }
                            Advice::Offer { offered, confidence } => {
                                offer(&offered, scene.setting.choices, language, confidence)
                            }
                            Advice::Nothing { closest, confidence } => {
                                hand_over(HandOverReason::NotKnown, closest.as_deref(), Some(confidence))
                            }
                        },
                    }
                }
            }
        }
    };
    Ok(Some((language, deed)))
}

/// An answer in a language model's words, where that is worth asking for: not of what the business wrote as an answer itself,
/// and not where even an answer that its source supports would not be likely enough.
async fn worded(
    app: &App,
    workspace: WorkspaceId,
    scene: &Scene,
    question: &str,
    language: Language,
    advice: &Advice,
) -> Result<Option<Worded>> {
    let found = match advice {
        Advice::Answer { found, .. } if found.kind == model::ArticleKind::Answer => return Ok(None),
        Advice::Answer { confidence, .. }
        | Advice::Offer { confidence, .. }
        | Advice::Nothing { confidence, .. } => *confidence,
    };
    if grounded::likely(found) < scene.threshold as f32 / 100.0 {
        return Ok(None);
    }
    grounded::answer(app, workspace, scene.spender, question, language, found).await
}

async fn scene(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<Scene>> {
    let Some(facts) = store::conversation::facts(tx, workspace, conversation).await? else { return Ok(None) };
    if facts.turn != Turn::Bot || facts.state != ConversationState::Open {
        return Ok(None);
    }
    let setting = store::bot::setting(tx, workspace, facts.inbox_id).await?;
    let inbox = store::inbox::get(tx, workspace, facts.inbox_id).await?;
    let (Some(setting), Some(inbox)) = (setting, inbox) else { return Ok(None) };
    let identity = store::identity::get(tx, workspace, facts.identity_id).await?;
    let Some(identity) = identity.filter(|identity| !identity.blocked) else { return Ok(None) };
    let client_id = super::client_id(message);
    if store::message::by_client(tx, workspace, conversation, &client_id).await?.is_some() {
        return Ok(None);
    }
    let thread = store::message::page(tx, workspace, conversation, Place::Newest, LINES).await?.items;
    let newest =
        thread.iter().rfind(|one| one.direction == Direction::In && one.author.kind == AuthorKind::Contact);
    // Of a message that was withdrawn nothing is known any more; a newer one has a job of its own.
    let newest = newest.filter(|newest| newest.id == message && newest.revoked_at.is_none());
    let stops = |content: &Content| matches!(content, Content::Text { text } if model::is_stop_word(text));
    if newest.is_none_or(|newest| stops(&newest.content)) {
        return Ok(None);
    }
    let tap = tapped(tx, workspace, conversation, &thread).await?;
    Ok(Some(Scene {
        threshold: setting.threshold,
        memory: store::bot::memory(tx, workspace, conversation).await?.unwrap_or_default(),
        thread,
        tap,
        phone: identity.phone,
        setting: self::setting(tx, workspace, &inbox).await?,
        spender: Spender::Contact(facts.contact_id),
    }))
}

/// What was tapped among what waits for an answer, if that stands below a question of the bot's in this conversation.
async fn tapped(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    thread: &[Message],
) -> Result<Option<Tap>> {
    let Some((_, tap)) = Heard::of(thread).taps.pop() else { return Ok(None) };
    let name = super::client_id(tap.about);
    let Some(asked) = store::message::by_client(tx, workspace, conversation, &name).await? else {
        return Ok(None);
    };
    let asked = store::message::outgoing(tx, workspace, asked).await?.map(|asked| asked.content);
    let Some(Content::Choices { choices, .. }) = asked else { return Ok(None) };
    Ok(choices.iter().any(|one| Tap::read(&one.id) == Some(tap)).then_some(tap))
}

fn understand(text: &str, language: Language, now: Millis) -> ai::Understanding {
    // Days are named as seen from where the customer is, which is not known; a day more or less is told apart by people.
    let day = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    let today = day.to_zoned(jiff::tz::TimeZone::UTC).date();
    ai::understand(text, &ai::Context { habit: Some(language), today, patterns: None })
}

/// The customer's language: by the words that wait for an answer, else by what was said before, else by the country of the
/// number.
fn language(heard: &Heard, phone: Option<&str>) -> Language {
    let question = heard.question();
    let by_number = model::language_for(None, phone, &model::LANGUAGES).and_then(Language::from_tag);
    let mut courtesy = ai::wish::languages(&question);
    // Which of its two writings Chinese is in, its characters tell.
    courtesy.retain(|one| *one != Language::ZhHans);
    if let Some(first) = courtesy.first() {
        return by_number.filter(|one| courtesy.contains(one)).unwrap_or(*first);
    }
    let earlier = &heard.theirs[..heard.theirs.len().saturating_sub(heard.said.len())];
    let habit = identify(&earlier.join("\n"), None).filter(|guess| guess.confidence >= SURE);
    let habit = habit.map(|guess| guess.language);
    let newest = identify(&question, habit).filter(|guess| guess.confidence >= SURE);
    newest.map(|guess| guess.language).or(habit).or(by_number).unwrap_or(Language::En)
}

/// An answer with its source, cut where the channel would refuse it.
fn answer(found: &Found, language: Language, room: usize, link: Option<String>) -> Said {
    let mut text: String = found.text.trim().chars().take(room).collect();
    if text.chars().count() < found.text.trim().chars().count() {
        text.push('…');
    }
    // In the answer's own language: the whole is one text, also where a few words of the customer's were misjudged.
    let language = Language::from_tag(&found.locale).unwrap_or(language);
    let source = say(language, Saying::Source).replace("{title}", &found.title);
    with_source(text, source, link)
}

fn with_source(text: String, source: String, link: Option<String>) -> Said {
    let source = match link {
        Some(link) => format!("{source}\n{link}"),
        None => source,
    };
    Said { text, source: Some(source) }
}

/// A language model's answer, with the sign that it is one and what it was taken from.
fn in_own_words(worded: &Worded, language: Language, room: usize, link: Option<String>) -> Said {
    let text: String = worded.text.chars().take(room).collect();
    let titles: Vec<&str> = worded.from.iter().map(|found| found.title.as_str()).collect();
    with_source(text, say(language, Saying::Written).replace("{title}", &titles.join(" · ")), link)
}

/// Where everybody can read what an answer was taken from.
fn source_link(app: &App, help: Option<&model::HelpCentre>, found: &Found) -> Option<String> {
    let help = help.filter(|help| help.locales.contains(&found.locale))?;
    let base = app.own_address().ok()?;
    (found.kind == model::ArticleKind::Article)
        .then(|| format!("{base}/help/{}/{}/{}", help.slug, found.locale, found.article_id))
}

/// Asks which of several is meant; the last choice is a person. Where not so many can be tapped as there are, they are
/// numbered in the text.
fn offer(offered: &[Found], choices: usize, language: Language, confidence: f32) -> Deed {
    let taps =
        Taps { offered: offered.iter().map(|one| (one.article_id, one.title.clone())).collect(), language };
    let tapped = taps.offered.len() < choices;
    let mut text = if tapped { say(language, Saying::Offer).to_owned() } else { saying::offer(language) };
    if !tapped {
        for (place, title) in taps.titles().enumerate() {
            text.push_str(&format!("\n{}. {title}", place + 1));
        }
    }
    Deed::Say {
        said: Said::plain(text),
        offered: offered.iter().map(|one| one.article_id).collect(),
        taps: tapped.then_some(taps),
        disclose: false,
        confidence: Some(percent(confidence)),
        from: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_and_its_source_are_in_one_language() {
        let found = Found {
            article_id: ArticleId(1),
            kind: model::ArticleKind::Answer,
            title: "Are dogs allowed?".to_owned(),
            text: "Yes, for 12 euros a night.".to_owned(),
            from: 0,
            question: None,
            locale: "en".to_owned(),
            category_id: None,
            public: true,
            score: 1.0,
            signals: ai::Signals::default(),
        };
        let said = answer(&found, Language::Id, 500, None);
        assert_eq!(said.whole(), "Yes, for 12 euros a night.\n\nSource: Are dogs allowed?");
        assert_eq!(answer(&found, Language::Id, 3, None).whole(), "Yes…\n\nSource: Are dogs allowed?");
    }
}
