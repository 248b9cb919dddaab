//! A language model that a workspace has chosen, and what it may be used for.

use serde::{Deserialize, Serialize};

use crate::Millis;
use crate::named::named;

/// What a model's server was seen to understand beyond what every one does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModelAbilities {
    /// It answers piece by piece (`stream`).
    pub streams: bool,
    /// It keeps to JSON when it is told to (`response_format`).
    pub json: bool,
    /// It takes a temperature.
    pub temperature: bool,
    /// It wants its limit under the newer name (`max_completion_tokens`).
    pub newer_limit: bool,
}

/// A language model behind an address that speaks as OpenAI's API does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LanguageModel {
    /// The address that the paths of the API are below, such as `http://localhost:11434/v1`.
    pub address: String,
    /// The name of the model there.
    pub model: String,
    /// Whether a key is kept to show there.
    pub has_key: bool,
    /// Whether the bot words its answers with it.
    pub answers: bool,
    /// Whether agents may have texts rewritten and translated by it.
    pub assists: bool,
    /// Whether data that it is given leaves the country.
    pub cross_border: bool,
    /// How many tokens it may use in a day (UTC) altogether.
    #[schema(minimum = 1000, maximum = 1_000_000_000)]
    pub tokens_a_day: i64,
    /// How many of them for one customer.
    #[schema(minimum = 1000, maximum = 1_000_000_000)]
    pub tokens_a_contact: i64,
    /// What its server understands.
    pub abilities: ModelAbilities,
    /// When it was last seen to work; it is used only since then. `null` after a change of address or name.
    pub checked_at: Option<Millis>,
}

impl LanguageModel {
    /// The bounds of a budget, in tokens.
    pub const LEAST: i64 = 1_000;
    /// See [`LanguageModel::LEAST`].
    pub const MOST: i64 = 1_000_000_000;

    /// Whether the bot may word its answers with it: it was chosen for that, and seen to work.
    pub fn may_answer(&self) -> bool {
        self.answers && self.checked_at.is_some()
    }

    /// Whether agents may have texts rewritten and translated by it.
    pub fn may_assist(&self) -> bool {
        self.assists && self.checked_at.is_some()
    }
}

named! {
    /// How a text is to sound.
    Tone {
        /// Warmer.
        Friendlier = "friendlier",
        /// More formal.
        Formal = "formal",
        /// In fewer words.
        Shorter = "shorter",
        /// Plain, without mistakes.
        Clearer = "clearer",
    }
}
