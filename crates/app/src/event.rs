//! What browsers are told: the present state of whatever changed, in the order of the workspace's sequence.

use std::collections::BTreeMap;

use model::{
    Agent, AgentId, Change, Conversation, ConversationId, EventKind, InboxId, Label, Message, MessageId,
    QuickReply, Team, TeamId, Was, WorkspaceId,
};

use crate::{App, Result, conversation, sensitive};

/// One numbered change with the present state of the thing; a thing that changed several times within one
/// reading is carried in full each time, so that a reader may drop any frame but the last about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The workspace's number: 1, 2, 3 … without a gap.
    pub seq: i64,
    /// What kind of thing changed.
    pub kind: EventKind,
    /// The raw id of the thing.
    pub subject: i64,
    /// Whether it is gone.
    pub deleted: bool,
    /// The message, for messages.
    pub message: Option<Message>,
    /// The conversation, for messages and conversations.
    pub conversation: Option<Conversation>,
    /// The label, for labels.
    pub label: Option<Label>,
    /// The saved reply, for saved replies.
    pub quick_reply: Option<QuickReply>,
    /// The agent, for agents.
    pub agent: Option<Agent>,
    /// The team, for teams.
    pub team: Option<Team>,
    /// Whether it is about a conversation, which decides who is told.
    pub within: bool,
    /// To whom the conversation belonged before, where that changed.
    pub was: Was,
}

/// What follows a number.
#[derive(Debug, Clone, PartialEq)]
pub enum Following {
    /// The next changes; empty when there are none.
    Frames(Vec<Frame>),
    /// The changes after the number are no longer kept: read everything again and go on from here.
    TooOld {
        /// The workspace's last number.
        head: i64,
    },
}

/// The workspace's last number.
pub async fn head(app: &App, workspace: WorkspaceId) -> Result<i64> {
    app.read(move |tx| Box::pin(async move { Ok(store::event::head(tx, workspace).await?) })).await
}

/// The last numbers of all workspaces.
pub async fn heads(app: &App) -> Result<Vec<(WorkspaceId, i64)>> {
    app.read(move |tx| Box::pin(async move { Ok(store::event::heads(tx).await?) })).await
}

/// What decides who may see a conversation: its owner, its team and its inbox.
pub type Whose = (Option<AgentId>, Option<TeamId>, InboxId);

/// What decides who may see a conversation; `None` when there is none.
pub async fn whose(app: &App, workspace: WorkspaceId, id: ConversationId) -> Result<Option<Whose>> {
    let facts =
        app.read(move |tx| Box::pin(async move { Ok(store::conversation::facts(tx, workspace, id).await?) }));
    Ok(facts.await?.map(|facts| (facts.assignee_id, facts.team_id, facts.inbox_id)))
}

/// Up to `limit` changes after a number.
pub async fn frames(app: &App, workspace: WorkspaceId, after: i64, limit: i64) -> Result<Following> {
    let now = app.now();
    // Masked once for all sockets, as each frame is encoded once.
    let policy = sensitive::policy(app, workspace).await?;
    app.read(move |tx| {
        Box::pin(async move {
            let changes = store::event::since(tx, workspace, after, limit).await?;
            if changes.first().is_none_or(|first| first.seq != after + 1) {
                let head = store::event::head(tx, workspace).await?;
                // A number beyond the last one is of another database, such as one before a restore.
                if head != after {
                    return Ok(Following::TooOld { head });
                }
            }
            let mut wanted: Vec<MessageId> = of_kind(&changes, EventKind::Message).map(MessageId).collect();
            wanted.sort_unstable();
            wanted.dedup();
            let messages: BTreeMap<MessageId, Message> = store::message::many(tx, workspace, &wanted)
                .await?
                .into_iter()
                .map(|message| (message.id, policy.shown(message)))
                .collect();
            let mut conversations: BTreeMap<ConversationId, Conversation> = BTreeMap::new();
            let everything = store::Visibility::everything();
            for change in &changes {
                let Some(id) = change.conversation.map(ConversationId) else { continue };
                if !conversations.contains_key(&id)
                    && let Some(mut found) =
                        store::conversation::get(tx, workspace, &everything, conversation::windows, id, now)
                            .await?
                {
                    policy.mask_preview(&mut found);
                    conversations.insert(id, found);
                }
            }
            // These lists are short; they are read whole, and only when one of them changed.
            let has = |kind| changes.iter().any(|change| change.kind == kind);
            let labels =
                if has(EventKind::Label) { store::label::list(tx, workspace).await? } else { vec![] };
            let replies = if has(EventKind::QuickReply) {
                store::quick_reply::list(tx, workspace).await?
            } else {
                vec![]
            };
            let agents =
                if has(EventKind::Agent) { store::agent::list(tx, workspace).await? } else { vec![] };
            let teams = if has(EventKind::Team) { store::team::list(tx, workspace).await? } else { vec![] };
            let frames = changes.iter().map(|change| Frame {
                seq: change.seq,
                kind: change.kind,
                subject: change.subject,
                deleted: change.deleted,
                message: match change.kind {
                    EventKind::Message => messages.get(&MessageId(change.subject)).cloned(),
                    _ => None,
                },
                conversation: change
                    .conversation
                    .and_then(|id| conversations.get(&ConversationId(id)).cloned()),
                label: labels.iter().find(|one| change.is(EventKind::Label, one.id.0)).cloned(),
                quick_reply: replies.iter().find(|one| change.is(EventKind::QuickReply, one.id.0)).cloned(),
                agent: agents.iter().find(|one| change.is(EventKind::Agent, one.id.0)).cloned(),
                team: teams.iter().find(|one| change.is(EventKind::Team, one.id.0)).cloned(),
                within: change.conversation.is_some(),
                was: change.was,
            });
            Ok(Following::Frames(frames.collect()))
        })
    })
    .await
}

fn of_kind(changes: &[Change], kind: EventKind) -> impl Iterator<Item = i64> {
    changes.iter().filter(move |change| change.kind == kind).map(|change| change.subject)
}
