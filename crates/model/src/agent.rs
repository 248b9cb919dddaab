//! People who work in a workspace.

use serde::{Deserialize, Serialize};

use crate::{AgentId, Millis, Permission};

/// A person who answers customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// The name that colleagues see.
    pub name: String,
    /// The address used to sign in, lower case.
    pub email: String,
    /// What the agent may do.
    pub role: Role,
    /// The interface's language.
    pub locale: Locale,
    /// Whether signing in is refused.
    pub disabled: bool,
    /// When the account was made.
    pub created_at: Millis,
}

/// A built-in role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything; the first agent of a workspace.
    Owner,
    /// May do everything but manage owners.
    Admin,
    /// Serves customers.
    Agent,
}

impl Role {
    /// The role's name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Agent => "agent",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Owner, Self::Admin, Self::Agent].into_iter().find(|role| role.as_str() == name)
    }

    /// What the role may do.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::Owner | Self::Admin => &P::ALL,
            Self::Agent => &[
                P::ConversationRead,
                P::ConversationReply,
                P::ConversationAssign,
                P::ContactRead,
                P::ContactWrite,
                P::InboxRead,
                P::AgentRead,
                P::KnowledgeRead,
            ],
        }
    }

    /// Whether the role includes a permission.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Locale {
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
    /// Chinese in simplified characters.
    #[serde(rename = "zh-CN")]
    ZhCn,
}

impl Locale {
    /// The language tag (BCP 47).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }

    /// The locale of a language tag.
    pub fn parse(tag: &str) -> Option<Self> {
        [Self::En, Self::ZhCn].into_iter().find(|locale| locale.as_str() == tag)
    }
}
