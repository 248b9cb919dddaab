//! Business hours: of the workspace, and of inboxes that keep their own.

use std::sync::Arc;

use app::App;
use app::hours::Kept;
use axum::Json;
use axum::extract::State;
use model::{Hours, InboxId, Millis};
use serde::Serialize;

use super::caller::{Caller, CanManageInboxes, CanReadInboxes};
use super::error::Answer;
use super::request::{Body, Id};

/// The hours that hold somewhere, and what they say about this moment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"hours": {"zone": "Europe/Berlin", "week": [{"day": "monday", "from": "09:00", "until": "17:30"}], "closed": []}, "own": true, "open": false, "opens_at": 1_796_025_600_000_i64}))]
pub(super) struct HoursState {
    /// The hours; absent where none are written.
    hours: Option<Hours>,
    /// Whether they are the place's own: an inbox without its own has the workspace's.
    own: bool,
    /// Whether people are there now; absent without hours.
    open: Option<bool>,
    /// When people come next, where they are not there and come within a year.
    opens_at: Option<Millis>,
}

impl From<Kept> for HoursState {
    fn from(Kept { hours, own, open, opens_at }: Kept) -> Self {
        Self { hours, own, open, opens_at }
    }
}

/// Read the workspace's business hours
#[utoipa::path(get, path = "/hours", tag = "inboxes", security(("session" = ["inbox.read"])), responses((status = 200, body = HoursState)))]
pub(super) async fn of_workspace(
    caller: Caller<CanReadInboxes>,
    State(app): State<Arc<App>>,
) -> Answer<Json<HoursState>> {
    Ok(Json(app::hours::get(&app, &caller, None).await?.into()))
}

/// Write the workspace's business hours, which hold for every inbox without its own
#[utoipa::path(put, path = "/hours", tag = "inboxes", security(("session" = ["inbox.manage"])), request_body = Hours, responses((status = 200, body = HoursState)))]
pub(super) async fn set_of_workspace(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Body(body): Body<Hours>,
) -> Answer<Json<HoursState>> {
    Ok(Json(app::hours::set(&app, &caller, None, body).await?.into()))
}

/// Remove the workspace's business hours
#[utoipa::path(delete, path = "/hours", tag = "inboxes", security(("session" = ["inbox.manage"])), responses((status = 200, body = HoursState)))]
pub(super) async fn remove_of_workspace(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
) -> Answer<Json<HoursState>> {
    Ok(Json(app::hours::remove(&app, &caller, None).await?.into()))
}

/// Read the business hours that hold in an inbox: its own, else the workspace's
#[utoipa::path(get, path = "/inboxes/{id}/hours", tag = "inboxes", security(("session" = ["inbox.read"])), params(("id" = InboxId, Path)), responses((status = 200, body = HoursState)))]
pub(super) async fn of_inbox(
    caller: Caller<CanReadInboxes>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboxId>,
) -> Answer<Json<HoursState>> {
    Ok(Json(app::hours::get(&app, &caller, Some(id)).await?.into()))
}

/// Write business hours of an inbox's own
#[utoipa::path(put, path = "/inboxes/{id}/hours", tag = "inboxes", security(("session" = ["inbox.manage"])), params(("id" = InboxId, Path)), request_body = Hours, responses((status = 200, body = HoursState)))]
pub(super) async fn set_of_inbox(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboxId>,
    Body(body): Body<Hours>,
) -> Answer<Json<HoursState>> {
    Ok(Json(app::hours::set(&app, &caller, Some(id), body).await?.into()))
}

/// Remove an inbox's own business hours; it has the workspace's from then on
#[utoipa::path(delete, path = "/inboxes/{id}/hours", tag = "inboxes", security(("session" = ["inbox.manage"])), params(("id" = InboxId, Path)), responses((status = 200, body = HoursState)))]
pub(super) async fn remove_of_inbox(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboxId>,
) -> Answer<Json<HoursState>> {
    Ok(Json(app::hours::remove(&app, &caller, Some(id)).await?.into()))
}
