//! What a workspace does about sensitive content: masks it wherever texts of customers and notes are shown (threads,
//! lists, search, what browsers are told), shows it to those who may and say why, and warns of it or blocks it in replies.
//!
//! Texts are stored whole and masked when they are read, so that what a workspace decides holds at once for everything.

use std::sync::Arc;
use std::time::Duration;

use model::{
    Act, Content, Conversation, Direction, Message, MessageId, Outbound, Permission, SensitiveClass,
    SensitiveRule, SensitiveSpan, WorkspaceId,
};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::message::NewReply;
use crate::{App, Caller, Error, Result};

/// Under which name the decision is kept.
const NAME: &str = "sensitive";
/// For how long at most a node goes on with an older decision.
const FRESH: Duration = Duration::from_secs(2);
/// The most characters of a reason.
const REASON_MAX: usize = 500;
/// How long the previews of lists are before they are cut off, in characters.
const PREVIEW: usize = 140;

/// The decisions that were read lately.
pub(crate) struct Policies(Cache<WorkspaceId, Arc<Policy>>);

impl Default for Policies {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(FRESH).build())
    }
}

/// What a workspace does about each class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Policy(Vec<SensitiveRule>);

impl Default for Policy {
    fn default() -> Self {
        Self(SensitiveClass::ALL.map(SensitiveClass::usual).to_vec())
    }
}

impl Policy {
    fn rule(&self, class: SensitiveClass) -> SensitiveRule {
        self.0.iter().find(|rule| rule.class == class).copied().unwrap_or_else(|| class.usual())
    }

    fn hides(&self, class: SensitiveClass) -> bool {
        self.rule(class).masked
    }

    /// The rules, one for each class.
    pub fn rules(&self) -> Vec<SensitiveRule> {
        SensitiveClass::ALL.into_iter().map(|class| self.rule(class)).collect()
    }

    /// A text as it is shown.
    pub fn text(&self, text: &str) -> String {
        ai::sensitive::mask_where(text, |class| self.hides(class)).text.into_owned()
    }

    /// The message as it is shown.
    pub(crate) fn shown(&self, mut message: Message) -> Message {
        self.mask(&mut message);
        message
    }

    /// Masks what customers and colleagues wrote among themselves. What the business sends is guarded when it is written.
    pub(crate) fn mask(&self, message: &mut Message) {
        if let Some(quote) = &mut message.reply_to {
            self.mask_line(&mut quote.preview);
        }
        let handed_over =
            matches!(&message.content, Content::Activity(activity) if activity.hand_over.is_some());
        if !matches!(message.direction, Direction::In | Direction::Note) && !handed_over {
            return;
        }
        let spans = &mut message.sensitive;
        each_text(&mut message.content, &mut |field, text| {
            let masked = ai::sensitive::mask_where(text, |class| self.hides(class));
            if masked.findings.is_empty() {
                return;
            }
            let shown = masked.text.into_owned();
            spans.extend(masked.findings.iter().map(|one| SensitiveSpan {
                field: field.to_owned(),
                start: units(&shown[..one.start]),
                end: units(&shown[..one.end]),
                class: one.class,
                masked: self.hides(one.class),
            }));
            *text = shown;
        });
    }

    /// Masks what a list shows of the newest message.
    pub(crate) fn mask_preview(&self, conversation: &mut Conversation) {
        if let Some(last) = &mut conversation.last_message
            && last.direction != Direction::Out
        {
            self.mask_line(&mut last.preview);
        }
    }

    /// Masks the beginning of a text; where it was cut off, also the rest of a number at its end.
    fn mask_line(&self, line: &mut String) {
        *line = match line.chars().count() < PREVIEW {
            true => self.text(line),
            false => ai::sensitive::mask_cut(line, |class| self.hides(class)),
        };
    }

    /// Refuses a reply with what may not be sent, or not without being confirmed.
    pub(crate) fn check(&self, reply: &NewReply) -> Result<()> {
        let place = reply.location.as_ref();
        let texts = [
            reply.text.as_deref(),
            place.and_then(|place| place.name.as_deref()),
            place.and_then(|place| place.address.as_deref()),
        ];
        let found: Vec<SensitiveClass> = texts
            .into_iter()
            .flatten()
            .flat_map(|text| ai::sensitive::find(text).into_iter().map(|one| one.class))
            .collect();
        for (outbound, blocked) in [(Outbound::Block, true), (Outbound::Warn, false)] {
            let mut classes: Vec<SensitiveClass> =
                found.iter().copied().filter(|class| self.rule(*class).outbound == outbound).collect();
            classes.sort_unstable();
            classes.dedup();
            if !classes.is_empty() && (blocked || !reply.confirmed) {
                return Err(Error::Sensitive { classes, blocked });
            }
        }
        Ok(())
    }
}

/// How long a text is for JavaScript.
fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

/// Every text in a content that somebody wrote, with its field's name.
fn each_text(content: &mut Content, see: &mut impl FnMut(&str, &mut String)) {
    match content {
        Content::Text { text } => see("text", text),
        Content::Choices { text, choices, .. } => {
            see("text", text);
            choices.iter_mut().for_each(|choice| see("choices.title", &mut choice.title));
        }
        Content::Image { media, caption }
        | Content::Video { media, caption }
        | Content::Document { media, caption }
        | Content::Sticker { media, caption } => {
            each_of([("caption", caption), ("media.name", &mut media.name)], see);
        }
        Content::Audio { media } => each_of([("media.name", &mut media.name)], see),
        Content::Location { name, address, .. } => each_of([("name", name), ("address", address)], see),
        Content::Contacts { cards } => cards.iter_mut().for_each(|card| see("cards.name", &mut card.name)),
        Content::Reply { title, description, payload, .. } => {
            see("title", title);
            each_of([("description", description), ("payload", payload)], see);
        }
        Content::Order { text, .. } | Content::System { text, .. } => each_of([("text", text)], see),
        Content::Activity(activity) => {
            let Some(told) = &mut activity.hand_over else { return };
            told.summary.iter_mut().for_each(|text| see("hand_over.summary", text));
            told.named.iter_mut().for_each(|one| see("hand_over.named", &mut one.text));
        }
        Content::Unsupported { .. } => {}
    }
}

/// Those of the texts that are there.
fn each_of<const N: usize>(texts: [(&str, &mut Option<String>); N], see: &mut impl FnMut(&str, &mut String)) {
    for (field, text) in texts {
        if let Some(text) = text {
            see(field, text);
        }
    }
}

/// What a workspace has decided, at most two seconds old.
///
/// # Errors
/// When the store is away.
pub(crate) async fn policy(app: &App, workspace: WorkspaceId) -> Result<Arc<Policy>> {
    if let Some(policy) = app.policies.0.get(&workspace) {
        return Ok(policy);
    }
    let kept = app
        .read(move |tx| Box::pin(async move { Ok(store::privacy_setting::get(tx, workspace, NAME).await?) }));
    let policy = match kept.await? {
        Some(json) => serde_json::from_str(&json).map_err(Error::internal)?,
        None => Policy::default(),
    };
    let policy = Arc::new(policy);
    app.policies.0.insert(workspace, policy.clone());
    Ok(policy)
}

/// The rules of the workspace.
///
/// # Errors
/// When the store is away.
pub async fn rules(app: &App, caller: &Caller) -> Result<Vec<SensitiveRule>> {
    Ok(policy(app, caller.workspace).await?.rules())
}

/// Says what is done about each class; classes that are not named stay as they are.
///
/// # Errors
/// When the store refuses.
pub async fn decide(app: &App, caller: &Caller, rules: Vec<SensitiveRule>) -> Result<Vec<SensitiveRule>> {
    debug_assert!(caller.may(Permission::SensitiveManage), "the handler asks for the right");
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let decided = app
        .write(move |tx| {
            Box::pin(async move {
                let kept = store::privacy_setting::get(tx, workspace, NAME).await?;
                let before: Policy = match kept {
                    Some(json) => serde_json::from_str(&json).map_err(Error::internal)?,
                    None => Policy::default(),
                };
                let named = |class| rules.iter().rev().find(|rule| rule.class == class).copied();
                let all = SensitiveClass::ALL
                    .into_iter()
                    .map(|class| named(class).unwrap_or_else(|| before.rule(class)));
                let after = Policy(all.collect());
                let json = serde_json::to_string(&after).map_err(Error::internal)?;
                store::privacy_setting::put(tx, workspace, NAME, &json).await?;
                let detail = serde_json::json!({ "rules": after });
                audit::record(tx, &actor, Note::of(Act::SensitivePolicyChanged).with(&detail), now).await?;
                Ok(after)
            })
        })
        .await?;
    app.policies.0.insert(workspace, Arc::new(decided.clone()));
    Ok(decided.rules())
}

/// A message as it was written, for somebody who may see it and says why.
///
/// # Errors
/// [`Error::Invalid`] without a reason, [`Error::NotFound`] when there is no such message that the caller may see.
pub async fn reveal(app: &App, caller: &Caller, id: MessageId, reason: &str) -> Result<Message> {
    debug_assert!(caller.may(Permission::SensitiveReveal), "the handler asks for the right");
    let mut fields = Fields::new();
    let reason = fields.text("reason", reason, REASON_MAX);
    fields.finish()?;
    let policy = policy(app, caller.workspace).await?;
    let (workspace, visibility, now, actor) =
        (caller.workspace, caller.visibility(), app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            let whole = store::message::get(tx, workspace, &visibility, id).await?.ok_or(Error::NotFound)?;
            let facts = store::conversation::facts(tx, workspace, whole.conversation_id).await?;
            let facts = facts.ok_or(Error::NotFound)?;
            let mut classes: Vec<SensitiveClass> =
                policy.shown(whole.clone()).sensitive.iter().map(|span| span.class).collect();
            classes.sort_unstable();
            classes.dedup();
            let note = Note::of(Act::SensitiveRevealed).on(id).within(whole.conversation_id);
            let note = note.about(facts.contact_id).because(&reason);
            let detail = serde_json::json!({ "classes": classes });
            audit::record(tx, &actor, note.with(&detail), now).await?;
            Ok(whole)
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str, confirmed: bool) -> NewReply {
        NewReply { text: Some(text.to_owned()), confirmed, ..NewReply::default() }
    }

    #[test]
    fn a_reply_is_warned_of_or_blocked_as_decided() {
        let usual = Policy::default();
        let told = |policy: &Policy, text: &str, confirmed| match policy.check(&reply(text, confirmed)) {
            Ok(()) => "sent",
            Err(error) => error.code(),
        };
        let (card, id) = ("my card is 4111 1111 1111 1111", "身份证号 11010519491231002X");
        assert_eq!(told(&usual, "your order 4711 is ready", false), "sent");
        assert_eq!(told(&usual, card, false), "sensitive_blocked");
        assert_eq!(told(&usual, card, true), "sensitive_blocked", "confirming does not help");
        assert_eq!(told(&usual, id, false), "sensitive_unconfirmed");
        assert_eq!(told(&usual, id, true), "sent");
        let loose = SensitiveRule { outbound: Outbound::Allow, ..SensitiveClass::Card.usual() };
        let loose = Policy(vec![loose]);
        assert_eq!(told(&loose, card, false), "sent");
        assert_eq!(told(&loose, id, false), "sensitive_unconfirmed", "what is not named is as usual");
    }

    #[test]
    fn a_cut_off_preview_shows_no_part_of_a_number() {
        let policy = Policy::default();
        let text = format!("{}4111 1111 1111 1111", "word ".repeat(26));
        let mut line = Content::Text { text }.preview();
        assert!(line.contains("4111 1111"), "the cut goes through the number");
        policy.mask_line(&mut line);
        assert!(!line.contains("4111"), "{line}");
        let mut short = "order 48151623".to_owned();
        policy.mask_line(&mut short);
        assert_eq!(short, "order 48151623", "a whole text is not taken for a cut one");
    }
}
