//! Lines in a thread that tell what happened to the conversation.

use model::{
    Activity, AgentId, AuthorKind, Content, ConversationId, Direction, Ids, InboxId, Millis, WorkspaceId,
};
use store::Tx;
use store::event::NewChange;
use store::message::NewMessage;

use crate::Result;

/// A line about an event; see [`Activity::event`] for the names.
pub(crate) fn line(event: &str) -> Activity {
    Activity {
        event: event.to_owned(),
        agent_id: None,
        by_agent_id: None,
        until: None,
        text: None,
        hand_over: None,
    }
}

/// A line about something that an agent did.
pub(crate) fn by(event: &str, agent: AgentId) -> Activity {
    Activity { by_agent_id: Some(agent), ..line(event) }
}

/// Writes a line into a thread.
#[expect(
    clippy::too_many_arguments,
    reason = "a line has this many parts, and a struct would only rename them"
)]
pub(crate) async fn write(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &Ids,
    inbox: InboxId,
    conversation: ConversationId,
    activity: Activity,
    now: Millis,
    changes: &mut Vec<NewChange>,
) -> Result<()> {
    let kind = if activity.by_agent_id.is_some() { AuthorKind::Agent } else { AuthorKind::System };
    let (place, author) = ((conversation, inbox), (kind, activity.by_agent_id));
    let content = Content::Activity(activity);
    let row = NewMessage::written(ids.next(), place, Direction::Activity, author, content, now);
    store::message::insert(tx, workspace, &row).await?;
    changes.push(NewChange::message(row.id, conversation));
    Ok(())
}
