//! How long data lives.

use std::sync::Arc;

use app::App;
use app::retention::About;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{DataClass, InboxId, Purpose, RetentionCount, RetentionId, RetentionReport, RetentionRule};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManagePrivacy};
use super::error::Answer;
use super::request::{Body, Id};

/// The rules of a workspace.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RetentionRules {
    /// The rules.
    items: Vec<RetentionRule>,
}

/// Past runs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RetentionRuns {
    /// The runs, the newest first.
    items: Vec<RetentionReport>,
}

/// A new rule.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"class": "messages", "days": 730}))]
pub(super) struct RetentionDraft {
    /// The inbox; absent for all that have no rule of their own for this data.
    inbox_id: Option<InboxId>,
    /// What it is about.
    class: DataClass,
    /// Only for people who agreed to this purpose, whose data then lives at least so long.
    purpose: Option<Purpose>,
    /// How many days.
    days: i64,
}

/// What to change of a rule.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"days": 365}))]
pub(super) struct RetentionChange {
    /// How many days.
    days: i64,
}

/// List the rules about how long data lives
#[utoipa::path(get, path = "/retention", tag = "privacy", security(("session" = ["privacy.manage"])), responses((status = 200, body = RetentionRules)))]
pub(super) async fn list(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
) -> Answer<Json<RetentionRules>> {
    Ok(Json(RetentionRules { items: app::retention::rules(&app, &caller).await? }))
}

/// Write a rule
#[utoipa::path(post, path = "/retention", tag = "privacy", security(("session" = ["privacy.manage"])), request_body = RetentionDraft, responses((status = 201, body = RetentionRule)))]
pub(super) async fn create(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Body(body): Body<RetentionDraft>,
) -> Answer<(StatusCode, Json<RetentionRule>)> {
    let about = About { inbox: body.inbox_id, class: body.class, purpose: body.purpose };
    Ok((StatusCode::CREATED, Json(app::retention::create(&app, &caller, about, body.days).await?)))
}

/// Count what would go if the nightly run began now; nothing is removed
#[utoipa::path(get, path = "/retention/preview", tag = "privacy", security(("session" = ["privacy.manage"])), responses((status = 200, body = RetentionCount)))]
pub(super) async fn preview(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
) -> Answer<Json<RetentionCount>> {
    Ok(Json(app::retention::preview(&app, &caller).await?))
}

/// List what the last runs removed
#[utoipa::path(get, path = "/retention/runs", tag = "privacy", security(("session" = ["privacy.manage"])), responses((status = 200, body = RetentionRuns)))]
pub(super) async fn runs(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
) -> Answer<Json<RetentionRuns>> {
    Ok(Json(RetentionRuns { items: app::retention::runs(&app, &caller).await? }))
}

/// Change how many days a rule gives
#[utoipa::path(patch, path = "/retention/{id}", tag = "privacy", security(("session" = ["privacy.manage"])), params(("id" = RetentionId, Path)), request_body = RetentionChange, responses((status = 200, body = RetentionRule)))]
pub(super) async fn change(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Id(id): Id<RetentionId>,
    Body(body): Body<RetentionChange>,
) -> Answer<Json<RetentionRule>> {
    Ok(Json(app::retention::change(&app, &caller, id, body.days).await?))
}

/// Remove a rule: what it was about stays from now on
#[utoipa::path(delete, path = "/retention/{id}", tag = "privacy", security(("session" = ["privacy.manage"])), params(("id" = RetentionId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Id(id): Id<RetentionId>,
) -> Answer<StatusCode> {
    app::retention::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
