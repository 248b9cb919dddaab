//! Privacy notices: written for each inbox and language, and sent once to everybody who writes to the inbox for the
//! first time.

use channels::channel;
use model::{
    Act, AuthorKind, ContactId, Content, ConversationId, Direction, InboxId, LANGUAGES, Notice, Status,
    language_for,
};
use store::Tx;
use store::event::NewChange;
use store::message::NewMessage;

use crate::audit::{self, Actor, Note};
use crate::deliver::{self, Destination, Intent};
use crate::field::Fields;
use crate::person::{Person, Scope};
use crate::{App, Caller, Error, Result};

/// The most characters of a notice: what every channel takes as one message.
const TEXT_MAX: usize = 1500;

/// All notices of the workspace.
///
/// # Errors
/// When the store is away.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Notice>> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { Ok(store::notice::list(tx, workspace).await?) })).await
}

/// Writes a notice, or removes it when the text is empty. Returns all notices.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields and an unknown inbox.
pub async fn write(
    app: &App,
    caller: &Caller,
    inbox: InboxId,
    language: &str,
    text: &str,
) -> Result<Vec<Notice>> {
    let mut fields = Fields::new();
    if !LANGUAGES.contains(&language) {
        fields.wrong("language", "unknown", "use a language's code, such as en or zh");
    }
    let text = text.trim().to_owned();
    if text.chars().count() > TEXT_MAX {
        fields.wrong("text", "too_long", format!("at most {TEXT_MAX} characters"));
    }
    fields.finish()?;
    let (workspace, now, actor, language) =
        (caller.workspace, app.now(), caller.actor(), language.to_owned());
    app.write(move |tx| {
        Box::pin(async move {
            if store::inbox::get(tx, workspace, inbox).await?.is_none() {
                return Err(Error::field("inbox_id", "unknown", "choose an inbox of this workspace"));
            }
            let changed = match text.is_empty() {
                true => store::notice::delete(tx, workspace, inbox, &language).await?,
                false => store::notice::put(tx, workspace, inbox, &language, &text, now).await?,
            };
            if changed {
                let detail = serde_json::json!({ "language": language, "removed": text.is_empty() });
                let note = Note::of(Act::NoticeChanged).on(inbox).with(&detail);
                audit::record(tx, &actor, note, now).await?;
            }
            Ok(store::notice::list(tx, workspace).await?)
        })
    })
    .await
}

/// The notice for somebody: in their language where there is one, else in English, else the first.
fn pick<'a>(notices: &'a [Notice], text: Option<&str>, phone: Option<&str>) -> Option<&'a Notice> {
    let known: Vec<&str> = notices.iter().map(|notice| notice.language.as_str()).collect();
    let language = language_for(text, phone, &known).unwrap_or("en");
    notices.iter().find(|notice| notice.language == language).or(notices.first())
}

/// Sends the inbox' notice to somebody who opens a conversation with it and was not told before. `true` when something is
/// to be sent.
pub(crate) async fn tell(
    tx: &mut Tx,
    scope: Scope<'_>,
    person: &Person,
    conversation: ConversationId,
    text: Option<&str>,
    changes: &mut Vec<NewChange>,
) -> Result<bool> {
    let Scope { workspace, inbox, ids, now } = scope;
    let notices = store::notice::of_inbox(tx, workspace, inbox).await?;
    if notices.is_empty() {
        return Ok(false);
    }
    let identity = store::identity::get(tx, workspace, person.identity).await?;
    let phone = identity.as_ref().and_then(|identity| identity.phone.as_deref());
    let Some(notice) = pick(&notices, text, phone) else { return Ok(false) };
    if !store::notice::tell(tx, workspace, person.contact, notice, now).await? {
        return Ok(false);
    }
    let Some(row) = store::inbox::get(tx, workspace, inbox).await? else { return Ok(false) };
    let limit = channel(row.kind).about().capabilities.text_limit as usize;
    let (place, author) = ((conversation, inbox), (AuthorKind::System, None));
    let content = Content::Text { text: notice.text.chars().take(limit).collect() };
    let row = NewMessage {
        status: Some(Status::queued(now)),
        ..NewMessage::written(ids.next(), place, Direction::Out, author, content, now)
    };
    store::message::insert(tx, workspace, &row).await?;
    let to = Destination { inbox, conversation, identity: person.identity };
    let intent = Intent::Message { message: row.id, purpose: model::Purpose::Service };
    deliver::enqueue(tx, workspace, ids, to, &intent, now).await?;
    changes.push(NewChange::message(row.id, conversation));
    note(tx, workspace, person.contact, conversation, notice, now).await?;
    Ok(true)
}

async fn note(
    tx: &mut Tx,
    workspace: model::WorkspaceId,
    contact: ContactId,
    conversation: ConversationId,
    notice: &Notice,
    now: model::Millis,
) -> Result<()> {
    let detail = serde_json::json!({ "language": notice.language, "version": notice.version });
    let note = Note::of(Act::NoticeSent).within(conversation).about(contact).with(&detail);
    audit::record(tx, &Actor::system(workspace), note, now).await
}

#[cfg(test)]
mod tests {
    use model::Millis;

    use super::*;

    #[test]
    fn somebody_is_told_in_their_language_or_the_best_there_is() {
        let notice = |language: &str| Notice {
            inbox_id: InboxId(1),
            language: language.into(),
            version: 1,
            text: language.into(),
            changed_at: Millis(1),
        };
        let picked = |languages: &[&str], text, phone| {
            let notices: Vec<Notice> = languages.iter().map(|language| notice(language)).collect();
            pick(&notices, Some(text), Some(phone)).map(|notice| notice.language.clone())
        };
        assert_eq!(picked(&["de", "en", "zh"], "你好", "+49170").as_deref(), Some("zh"));
        assert_eq!(picked(&["de", "en", "zh"], "hallo", "+49170").as_deref(), Some("de"));
        assert_eq!(picked(&["de", "en"], "hola", "+34600").as_deref(), Some("en"));
        assert_eq!(picked(&["de", "fr"], "hola", "+34600").as_deref(), Some("de"));
        assert_eq!(picked(&[], "hola", "+34600"), None);
    }
}
