//! Labels and saved replies.

use serde::{Deserialize, Serialize};

use crate::{LabelId, Millis, QuickReplyId};

/// A label that agents put on conversations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Label {
    /// Its id.
    pub id: LabelId,
    /// Its name, unique in the workspace.
    pub name: String,
    /// One of the interface's colour names, such as `blue`.
    pub color: String,
}

/// A saved reply that the composer offers after `/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QuickReply {
    /// Its id.
    pub id: QuickReplyId,
    /// What is typed after `/`, unique in the workspace.
    pub shortcut: String,
    /// The text; `{{contact.name}}` is filled in by the composer.
    pub body: String,
    /// When it was last changed.
    pub updated_at: Millis,
}
