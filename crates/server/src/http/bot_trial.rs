//! Trials of the bot: what it would have said to questions that people answered.

use std::sync::Arc;

use app::App;
use app::bot::trial::{self, Report, Told};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{
    Agreement, ConversationId, HandOverReason, InboxId, MessageId, Millis, Replay, TrialDeed, TrialId,
    TrialSource, Verdict,
};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageInboxes};
use super::error::Answer;
use super::request::{Body, Id, Params, page_limit};

/// On what the bot is to be tried.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayDraft {
    /// On how many of the newest conversations of the inbox.
    #[schema(minimum = 10, maximum = 2000)]
    conversations: i64,
}

/// Try the bot on past conversations, in place of the trial before; nobody is written to
#[utoipa::path(post, path = "/inboxes/{id}/bot/replay", tag = "inboxes", security(("session" = ["inbox.manage"])), params(("id" = InboxId, Path)), request_body = ReplayDraft, responses((status = 202, body = Replay)))]
pub(super) async fn replay(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboxId>,
    Body(body): Body<ReplayDraft>,
) -> Answer<(StatusCode, Json<Replay>)> {
    Ok((StatusCode::ACCEPTED, Json(trial::replay(&app, &caller, id, body.conversations).await?)))
}

/// Of which trials to report.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// Those on past conversations or those of the day; on past conversations when absent.
    source: Option<TrialSource>,
}

/// Read what came of the trials: how much the bot would have answered at each threshold, and how much of it right
#[utoipa::path(get, path = "/inboxes/{id}/bot/report", tag = "inboxes", security(("session" = ["inbox.manage"])), params(("id" = InboxId, Path), ReportQuery), responses((status = 200, body = Report)))]
pub(super) async fn report(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboxId>,
    Params(query): Params<ReportQuery>,
) -> Answer<Json<Report>> {
    Ok(Json(trial::report(&app, &caller, id, query.source.unwrap_or(TrialSource::Replay)).await?))
}

/// Which trials to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TrialsQuery {
    /// Those on past conversations or those of the day; on past conversations when absent.
    source: Option<TrialSource>,
    /// Only those of this deed.
    deed: Option<TrialDeed>,
    /// Only those that compare so with what a person said.
    agreement: Option<Agreement>,
    /// Where the page begins: the `next_cursor` of an earlier answer.
    cursor: Option<String>,
    /// How many items, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// One question that a person answered, with what the bot would have said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TrialRow {
    /// Its id.
    id: TrialId,
    /// The conversation.
    conversation_id: ConversationId,
    /// The message that asks.
    message_id: MessageId,
    /// What the customer wrote.
    question: Option<String>,
    /// What a person answered, the first message of it; `null` when it has no words or is gone.
    reply: Option<String>,
    /// What the bot would have done at the lowest threshold.
    deed: TrialDeed,
    /// What it would have said.
    said: Option<String>,
    /// How likely that is right, in percent.
    confidence: Option<i64>,
    /// Why it would have left it to people.
    reason: Option<HandOverReason>,
    /// How an answer compares with the person's.
    agreement: Option<Agreement>,
    /// What a person makes of it.
    verdict: Option<Verdict>,
    /// When it was tried.
    at: Millis,
}

impl From<Told> for TrialRow {
    fn from(told: Told) -> Self {
        let trial = told.trial;
        Self {
            id: trial.id,
            conversation_id: trial.conversation_id,
            message_id: trial.message_id,
            question: told.question.content.text().map(str::to_owned),
            reply: told.reply.and_then(|reply| reply.content.text().map(str::to_owned)),
            deed: trial.deed,
            said: trial.said,
            confidence: trial.confidence,
            reason: trial.reason,
            agreement: trial.agreement,
            verdict: trial.verdict,
            at: trial.at,
        }
    }
}

/// A page of trials.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TrialPage {
    /// The trials, the newest first; those in conversations that the caller may not see are left out.
    items: Vec<TrialRow>,
    /// Where the next page begins.
    next_cursor: Option<String>,
}

/// List trials of the bot
#[utoipa::path(get, path = "/inboxes/{id}/bot/trials", tag = "inboxes", security(("session" = ["inbox.manage"])), params(("id" = InboxId, Path), TrialsQuery), responses((status = 200, body = TrialPage)))]
pub(super) async fn list(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboxId>,
    Params(query): Params<TrialsQuery>,
) -> Answer<Json<TrialPage>> {
    let limit = page_limit(query.limit)?;
    let filter = store::trial::Filter { deed: query.deed, agreement: query.agreement };
    let source = query.source.unwrap_or(TrialSource::Replay);
    let page = trial::list(&app, &caller, id, source, filter, query.cursor, limit).await?;
    let items = caller.show(page.items).0.into_iter().map(TrialRow::from).collect();
    Ok(Json(TrialPage { items, next_cursor: page.next_cursor }))
}

/// What somebody makes of what the bot would have said.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerdictDraft {
    /// Right or wrong; `null` takes it back.
    #[schema(required)]
    verdict: Option<Verdict>,
}

/// Judge what the bot would have said
#[utoipa::path(put, path = "/bot_trials/{id}/verdict", tag = "inboxes", security(("session" = ["inbox.manage"])), params(("id" = TrialId, Path)), request_body = VerdictDraft, responses((status = 204)))]
pub(super) async fn judge(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Id(id): Id<TrialId>,
    Body(body): Body<VerdictDraft>,
) -> Answer<StatusCode> {
    trial::judge(&app, &caller, id, body.verdict).await?;
    Ok(StatusCode::NO_CONTENT)
}
