//! Search in what messages say.

use std::sync::Arc;

use app::App;
use app::search::Filter;
use axum::Json;
use axum::extract::State;
use model::{AgentId, ContactId, Direction, InboxId, Masks, Millis, Personal, SearchHit};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanRead};
use super::error::{Answer, Problem};
use super::request::Params;

/// What to look for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// Words that the message must have, in any order; a phrase in quotation marks. The last word may be the
    /// beginning of one, from three letters on. Capitals and accents do not matter.
    #[serde(default)]
    q: String,
    /// In one inbox.
    inbox: Option<InboxId>,
    /// In conversations with one customer.
    contact: Option<ContactId>,
    /// Written by one agent.
    agent: Option<AgentId>,
    /// `in` from the customer, `out` to the customer, `note` among colleagues.
    direction: Option<Direction>,
    /// Written at this moment or later, in milliseconds since 1970 UTC.
    from: Option<Millis>,
    /// Written before this moment, in milliseconds since 1970 UTC.
    until: Option<Millis>,
    /// Where the page begins: the `next_cursor` of an earlier answer.
    cursor: Option<String>,
    /// How many, 1 to 50; 20 when absent.
    limit: Option<i64>,
}

/// A page of messages that were found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SearchPage {
    /// The messages, the newest first. A page may be short, or empty, although another one follows.
    items: Vec<SearchHit>,
    /// Where the next page begins; absent when everything was looked at.
    next_cursor: Option<String>,
}

impl Personal for SearchPage {
    fn mask(&mut self, masks: Masks) {
        self.items.mask(masks);
    }
}

/// Find messages by what they say
#[utoipa::path(get, path = "/search", tag = "messages", security(("session" = ["conversation.read"])), params(SearchQuery), responses((status = 200, body = SearchPage)))]
pub(super) async fn messages(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Params(query): Params<SearchQuery>,
) -> Answer<Json<SearchPage>> {
    let SearchQuery { q, inbox, contact, agent, direction, from, until, cursor, limit } = query;
    let limit = match limit.unwrap_or(20) {
        limit @ 1..=app::search::MAX_PAGE => limit,
        _ => return Err(Problem::field("limit", "invalid", "use a number from 1 to 50")),
    };
    let filter = Filter { q, inbox, contact, agent, direction, from, until };
    let page = app::search::messages(&app, &caller, filter, cursor, limit).await?;
    Ok(caller.show(SearchPage { items: page.items, next_cursor: page.next_cursor }))
}
