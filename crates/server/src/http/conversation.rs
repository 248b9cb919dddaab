//! Conversations.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{
    AgentId, Conversation, ConversationId, ConversationState, InboxId, LabelId, Masks, Millis, Personal,
    TeamId,
};
use serde::{Deserialize, Serialize};
use store::conversation::{Count, Filter};

use super::caller::{Caller, CanAssign, CanRead, CanReply};
use super::error::Answer;
use super::request::{Body, Id, Params, page_limit};

/// Which conversations.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ConversationQuery {
    /// In which state; `open` when absent.
    #[serde(default)]
    state: StateFilter,
    /// Whose: `me`, `none`, `any` or an agent's id; `any` when absent.
    assignee: Option<String>,
    /// Of one inbox.
    inbox: Option<InboxId>,
    /// Of one team.
    team: Option<TeamId>,
    /// With one label.
    label: Option<LabelId>,
    /// Whose customer has this in their name, number or user name.
    q: Option<String>,
    /// Where the page begins: the `next_cursor` of an earlier answer.
    cursor: Option<String>,
    /// How many, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// In which state.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateFilter {
    /// Work is due.
    #[default]
    Open,
    /// Set aside.
    Snoozed,
    /// Done.
    Resolved,
    /// Any.
    All,
}

impl StateFilter {
    fn wanted(self) -> Option<ConversationState> {
        match self {
            Self::Open => Some(ConversationState::Open),
            Self::Snoozed => Some(ConversationState::Snoozed),
            Self::Resolved => Some(ConversationState::Resolved),
            Self::All => None,
        }
    }
}

/// A page of conversations.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ConversationPage {
    /// The conversations, the newest activity first.
    items: Vec<Conversation>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

impl Personal for ConversationPage {
    fn mask(&mut self, masks: Masks) {
        self.items.mask(masks);
    }
}

/// How many conversations are open.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ConversationCounts {
    /// The caller's own.
    mine: CountPair,
    /// Nobody's.
    unassigned: CountPair,
    /// All.
    all: CountPair,
}

/// How many.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CountPair {
    /// Open conversations.
    open: i64,
    /// Open conversations with a message that no agent has seen.
    unread: i64,
}

impl From<Count> for CountPair {
    fn from(count: Count) -> Self {
        Self { open: count.open, unread: count.unread }
    }
}

/// Whom to give a conversation to.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"agent_id": "ag_0f5s3v9k2m0a1"}))]
pub(super) struct Assignment {
    /// The agent; `null` gives it back to the queue.
    agent_id: Option<AgentId>,
    /// The team; `null` takes it from its team, absent leaves it there.
    #[serde(default, deserialize_with = "super::request::present")]
    #[schema(value_type = Option<TeamId>)]
    team_id: Option<Option<TeamId>>,
}

/// Until when to set a conversation aside.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Snooze {
    /// When it wakes: in the future, within a year.
    until: Millis,
}

/// The labels of a conversation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"label_ids": ["lb_0f5s3v9k2m0a1"]}))]
pub(super) struct LabelChoice {
    /// All labels that it is to have, at most 50.
    label_ids: Vec<LabelId>,
}

/// List conversations, the newest activity first
#[utoipa::path(get, path = "/conversations", tag = "conversations", security(("session" = ["conversation.read"])), params(ConversationQuery), responses((status = 200, body = ConversationPage)))]
pub(super) async fn list(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Params(query): Params<ConversationQuery>,
) -> Answer<Json<ConversationPage>> {
    let limit = page_limit(query.limit)?;
    let filter = Filter {
        state: query.state.wanted(),
        assignee: app::conversation::assignee_filter(query.assignee.as_deref(), &caller)?,
        inbox: query.inbox,
        team: query.team,
        label: query.label,
        q: query.q,
        ..Filter::default()
    };
    let page = app::conversation::list(&app, &caller, filter, query.cursor, limit).await?;
    Ok(caller.show(ConversationPage { items: page.items, next_cursor: page.next_cursor }))
}

/// Count open conversations
#[utoipa::path(get, path = "/conversations/counts", tag = "conversations", security(("session" = ["conversation.read"])), responses((status = 200, body = ConversationCounts)))]
pub(super) async fn counts(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
) -> Answer<Json<ConversationCounts>> {
    let counts = app::conversation::counts(&app, &caller).await?;
    let (mine, unassigned, all) = (counts.mine.into(), counts.unassigned.into(), counts.all.into());
    Ok(Json(ConversationCounts { mine, unassigned, all }))
}

/// Read a conversation
#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations", security(("session" = ["conversation.read"])), params(("id" = ConversationId, Path)), responses((status = 200, body = Conversation)))]
pub(super) async fn get(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Answer<Json<Conversation>> {
    Ok(caller.show(app::conversation::get(&app, &caller, id).await?))
}

/// Give a conversation to an agent or back to the queue
#[utoipa::path(post, path = "/conversations/{id}/assign", tag = "conversations", security(("session" = ["conversation.assign"])), params(("id" = ConversationId, Path)), request_body = Assignment, responses((status = 200, body = Conversation)))]
pub(super) async fn assign(
    caller: Caller<CanAssign>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Body(body): Body<Assignment>,
) -> Answer<Json<Conversation>> {
    Ok(caller.show(app::conversation::assign(&app, &caller, id, body.agent_id, body.team_id).await?))
}

/// Mark a conversation as done
#[utoipa::path(post, path = "/conversations/{id}/resolve", tag = "conversations", security(("session" = ["conversation.reply"])), params(("id" = ConversationId, Path)), responses((status = 200, body = Conversation)))]
pub(super) async fn resolve(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Answer<Json<Conversation>> {
    Ok(caller.show(app::conversation::resolve(&app, &caller, id).await?))
}

/// Open a resolved or snoozed conversation again
#[utoipa::path(post, path = "/conversations/{id}/reopen", tag = "conversations", security(("session" = ["conversation.reply"])), params(("id" = ConversationId, Path)), responses((status = 200, body = Conversation)))]
pub(super) async fn reopen(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Answer<Json<Conversation>> {
    Ok(caller.show(app::conversation::reopen(&app, &caller, id).await?))
}

/// Set a conversation aside until a time or until the customer writes
#[utoipa::path(post, path = "/conversations/{id}/snooze", tag = "conversations", security(("session" = ["conversation.reply"])), params(("id" = ConversationId, Path)), request_body = Snooze, responses((status = 200, body = Conversation)))]
pub(super) async fn snooze(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Body(body): Body<Snooze>,
) -> Answer<Json<Conversation>> {
    Ok(caller.show(app::conversation::snooze(&app, &caller, id, body.until).await?))
}

/// Mark a conversation as seen; tells the customer where the channel can
#[utoipa::path(post, path = "/conversations/{id}/read", tag = "conversations", security(("session" = ["conversation.reply"])), params(("id" = ConversationId, Path)), responses((status = 200, body = Conversation)))]
pub(super) async fn read(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Answer<Json<Conversation>> {
    Ok(caller.show(app::conversation::read(&app, &caller, id).await?))
}

/// Show colleagues and, where the channel can, the customer that the caller types
#[utoipa::path(post, path = "/conversations/{id}/typing", tag = "conversations", security(("session" = ["conversation.reply"])), params(("id" = ConversationId, Path)), responses((status = 202)))]
pub(super) async fn typing(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Answer<StatusCode> {
    app::conversation::typing(&app, &caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Choose a conversation's labels
#[utoipa::path(put, path = "/conversations/{id}/labels", tag = "conversations", security(("session" = ["conversation.reply"])), params(("id" = ConversationId, Path)), request_body = LabelChoice, responses((status = 200, body = Conversation)))]
pub(super) async fn labels(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Body(body): Body<LabelChoice>,
) -> Answer<Json<Conversation>> {
    Ok(caller.show(app::conversation::set_labels(&app, &caller, id, body.label_ids).await?))
}
