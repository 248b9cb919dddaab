//! What the bot does, in one transaction that looks first whether it still may: the turn is its own, the conversation is
//! open, the message is the newest and no agent has answered it, and the channel lets it write.

use ai::language::Language;
use ai::saying::{self, Saying, disclosure, say};
use jiff::Zoned;
use model::{
    Act, AuthorKind, BotMemory, Content, ConversationState, Direction, HandOver, HandOverReason, Millis,
    Purpose, Status, TeamId, Turn, Was, WorkspaceId,
};
use serde_json::json;
use store::Tx;
use store::conversation::Facts;
use store::event::NewChange;
use store::message::NewMessage;
use store::verdict::{Answer, Source};

use super::think::{Deed, Plan};
use crate::audit::{self, Actor, Note};
use crate::deliver::{self, Intent};
use crate::hours::{self, Now};
use crate::message::{NewReply, must_be_open};
use crate::person::Scope;
use crate::{App, Result, activity, consent, conversation, receive, sensitive};

/// Within so long a day is told by its name alone.
const WEEK: Millis = Millis::minutes(6 * 24 * 60);

/// Does what was thought, if it still may; tells whether it did.
///
/// # Errors
/// When the store is away.
pub async fn act(app: &App, workspace: WorkspaceId, plan: Plan) -> Result<bool> {
    let policy = sensitive::policy(app, workspace).await?;
    app.node.in_time(&app.db, app.now()).await?;
    let (ids, now) = (app.ids.clone(), app.now());
    let Plan { conversation: id, message, language, mut deed } = plan;
    if let Deed::Say { said, taps, .. } = &deed {
        // What was published is meant to be read; what may never be sent is not sent by a machine either.
        let titles = taps.iter().flat_map(|taps| taps.titles()).map(str::to_owned);
        let all: Vec<String> = [said.whole()].into_iter().chain(titles).collect();
        let reply = NewReply { text: Some(all.join("\n")), confirmed: true, ..NewReply::default() };
        if policy.check(&reply).is_err() {
            let note = Box::new(unsaid(HandOverReason::Withheld, language));
            deed = Deed::HandOver { note, tell: true, team: None };
        }
    }
    let seq = app
        .write(move |tx| {
            Box::pin(async move {
                // From here on nobody takes the turn until this transaction ends.
                if !store::conversation::hold(tx, workspace, id).await? {
                    return Ok(None);
                }
                let Some(facts) = store::conversation::facts(tx, workspace, id).await? else {
                    return Ok(None);
                };
                let inbox = store::inbox::get(tx, workspace, facts.inbox_id).await?;
                let newest = store::bot::newest(tx, workspace, id).await?;
                let mine = facts.turn == Turn::Bot && facts.state == ConversationState::Open;
                let Some(inbox) = inbox.filter(|_| mine && newest == Some((message, Direction::In))) else {
                    return Ok(None);
                };
                if super::first_turn(tx, workspace, facts.inbox_id, now).await? != Turn::Bot {
                    // It was switched off while the conversation became its own, and did not give it up.
                    store::conversation::assign(tx, workspace, id, None, Turn::Queue, now).await?;
                    let change = NewChange::conversation(id);
                    return Ok(Some(store::event::append(tx, workspace, &[change], now).await?));
                }
                let capabilities = &channels::channel(inbox.kind).about().capabilities;
                let open = must_be_open(capabilities, &facts, now).is_ok()
                    && consent::must_allow(tx, workspace, facts.contact_id, Purpose::Service, now)
                        .await
                        .is_ok();
                let scope = Scope { workspace, inbox: facts.inbox_id, ids: &ids, now };
                let voice = Voice { scope, facts: &facts, id, message, language };
                let mut changes = Vec::new();
                let done = match deed {
                    Deed::Say { said, offered, taps, disclose, confidence, from } if open => {
                        let memory = store::bot::memory(tx, workspace, id).await?.unwrap_or_default();
                        let text = match memory.disclosed && !disclose {
                            true => said.whole(),
                            false => format!("{}\n\n{}", disclosure(language), said.whole()),
                        };
                        let spoken = memory.spoken + 1;
                        let memory = BotMemory { disclosed: true, spoken, offered };
                        let content = match taps {
                            Some(taps) => taps.asked(message, text),
                            None => Content::Text { text },
                        };
                        voice.say(tx, content, (confidence, from), &memory, &mut changes).await?
                    }
                    Deed::Say { .. } => {
                        let note = unsaid(HandOverReason::WindowClosed, language);
                        voice.hand_over(tx, note, false, None, &mut changes).await?
                    }
                    Deed::HandOver { note, tell, team } => {
                        voice.hand_over(tx, *note, tell && open, team, &mut changes).await?
                    }
                };
                if !done {
                    return Ok(None);
                }
                Ok(Some(store::event::append(tx, workspace, &changes, now).await?))
            })
        })
        .await?;
    if let Some(seq) = seq {
        app.bell.outbound();
        app.bell.events(workspace, seq);
    }
    Ok(seq.is_some())
}

/// A hand-over of which nothing is told but why: there was an answer that could not be given, or no thought at all.
pub(super) fn unsaid(reason: HandOverReason, language: Language) -> HandOver {
    HandOver {
        reason,
        language: language.tag().to_owned(),
        mood: model::Mood::Neutral,
        haste: model::Haste::Normal,
        summary: Vec::new(),
        named: Vec::new(),
        content: None,
        closest: None,
        confidence: None,
        intent: None,
        intent_confidence: None,
    }
}

/// That nobody is there, and when people are back, as the clock shows it where they are.
fn away(language: Language, opens: Option<&Zoned>, now: Millis) -> String {
    let Some(opens) = opens else { return saying::away(language, None) };
    let day = hours::place_in_week(opens.date());
    let wait = Millis(opens.timestamp().as_millisecond()) - now;
    // The day of the week says enough within one.
    let date = if wait < WEEK { String::new() } else { format!("{} ", opens.date()) };
    let zone = opens.time_zone().iana_name().unwrap_or("UTC");
    let city = zone.rsplit('/').next().unwrap_or(zone).replace('_', " ");
    saying::away(language, Some((day, &format!("{date}{} ({city})", opens.strftime("%H:%M")))))
}

/// The bot in one conversation, with the turn in its hand.
struct Voice<'a> {
    scope: Scope<'a>,
    facts: &'a Facts,
    id: model::ConversationId,
    message: model::MessageId,
    language: Language,
}

impl Voice<'_> {
    /// Writes an answer or a question of its own, and remembers that it did. `false` when it wrote it before.
    async fn say(
        &self,
        tx: &mut Tx,
        content: Content,
        (confidence, from): (Option<i64>, Option<Source>),
        memory: &BotMemory,
        changes: &mut Vec<NewChange>,
    ) -> Result<bool> {
        let Scope { workspace, now, .. } = self.scope;
        let detail = json!({ "bot": true, "confidence": confidence });
        let Some(row) = self.write(tx, content, &detail, changes).await? else { return Ok(false) };
        store::conversation::outbound(tx, workspace, self.id, &receive::last_message(&row), now).await?;
        store::bot::remember(tx, workspace, self.id, memory).await?;
        if let Some(source) = from {
            let answer = Answer { message: row.id, asked: self.message, source };
            store::verdict::answered(tx, workspace, &answer).await?;
        }
        Ok(true)
    }

    /// Leaves the conversation to people, of a team where there is one, with a note for them, and tells the customer. The customer goes on waiting.
    async fn hand_over(
        &self,
        tx: &mut Tx,
        note: HandOver,
        tell: bool,
        team: Option<TeamId>,
        changes: &mut Vec<NewChange>,
    ) -> Result<bool> {
        let Scope { workspace, inbox, ids, now } = self.scope;
        if tell {
            let memory = store::bot::memory(tx, workspace, self.id).await?.unwrap_or_default();
            let passed = match hours::now(tx, workspace, inbox, now).await? {
                Now::Closed(opens) => away(self.language, opens.as_ref(), now),
                Now::Open | Now::Unknown => say(self.language, Saying::Passed).to_owned(),
            };
            let text = match memory.disclosed {
                true => passed,
                false => format!("{}\n\n{passed}", say(self.language, Saying::Machine)),
            };
            let detail = json!({ "bot": true });
            let Some(row) = self.write(tx, Content::Text { text }, &detail, changes).await? else {
                return Ok(false);
            };
            store::conversation::note(tx, workspace, self.id, &receive::last_message(&row), now).await?;
        }
        store::conversation::assign(tx, workspace, self.id, None, Turn::Queue, now).await?;
        if team.is_some() {
            store::conversation::give_to_team(tx, workspace, self.id, team, now).await?;
        }
        store::bot::forget(tx, workspace, self.id).await?;
        let detail = json!({ "reason": note.reason });
        let mut line = activity::line("handed_over");
        line.hand_over = Some(Box::new(note));
        activity::write(tx, workspace, ids, inbox, self.id, line, now, changes).await?;
        // Whoever saw it where it was is told if they see it no more.
        let was = Was { assignee_id: self.facts.assignee_id, team_id: self.facts.team_id };
        changes.push(NewChange { was, ..NewChange::conversation(self.id) });
        let note = Note::of(Act::ConversationHandedOver).on(self.id).within(self.id);
        let note = note.about(self.facts.contact_id).with(&detail);
        audit::record(tx, &Actor::system(workspace), note, now).await?;
        Ok(true)
    }

    /// Writes one message with its sending; `None` when it is there already. The audit keeps `detail` of it.
    async fn write(
        &self,
        tx: &mut Tx,
        content: Content,
        detail: &serde_json::Value,
        changes: &mut Vec<NewChange>,
    ) -> Result<Option<NewMessage>> {
        let Scope { workspace, inbox, ids, now } = self.scope;
        let (place, author) = ((self.id, inbox), (AuthorKind::Bot, None));
        let row = NewMessage {
            client_id: Some(super::client_id(self.message)),
            status: Some(Status::queued(now)),
            ..NewMessage::written(ids.next(), place, Direction::Out, author, content, now)
        };
        if !store::message::insert(tx, workspace, &row).await? {
            return Ok(None);
        }
        let to = conversation::destination(self.id, self.facts);
        let intent = Intent::Message { message: row.id, purpose: Purpose::Service };
        deliver::enqueue(tx, workspace, ids, to, &intent, now).await?;
        changes.push(NewChange::message(row.id, self.id));
        let note = Note::of(Act::MessageWritten).on(row.id).within(self.id);
        let note = note.about(self.facts.contact_id).with(detail);
        audit::record(tx, &Actor::system(workspace), note, now).await?;
        Ok(Some(row))
    }
}
