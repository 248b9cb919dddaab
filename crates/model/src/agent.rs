//! People who work in a workspace.

use serde::{Deserialize, Serialize};

use crate::{AgentId, Millis, Role};

/// A person who answers customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// The name that colleagues see.
    pub name: String,
    /// The address used to sign in, lower case.
    pub email: String,
    /// What the agent may do: the name of a built-in role, or the id of one that the workspace made.
    pub role: Role,
    /// The interface's language.
    pub locale: Locale,
    /// Whether signing in is refused.
    pub disabled: bool,
    /// When the account was made.
    pub created_at: Millis,
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
