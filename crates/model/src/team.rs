//! Teams: people who share conversations, and the inboxes that they serve.

use serde::{Deserialize, Serialize};

use crate::{AgentId, InboxId, TeamId};

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// What people call it.
    pub name: String,
    /// Who is in it.
    pub member_ids: Vec<AgentId>,
    /// The inboxes that it serves.
    pub inbox_ids: Vec<InboxId>,
}
