//! A sentence model behind an address, by which the knowledge is found by what is meant.

use serde::Serialize;

use crate::Millis;

/// A sentence model behind an address that speaks as OpenAI's API does (`POST {address}/embeddings`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EmbeddingModel {
    /// The address that the paths of the API are below, such as `http://localhost:11434/v1`.
    pub address: String,
    /// The name of the model there.
    pub model: String,
    /// Whether a key is kept to show there.
    pub has_key: bool,
    /// Whether data that it is given leaves the country.
    pub cross_border: bool,
    /// How many tokens it may use in a day (UTC).
    #[schema(minimum = 1000, maximum = 1_000_000_000)]
    pub tokens_a_day: i64,
    /// How many numbers a direction of its has; `null` until it was seen to work.
    pub dimension: Option<i64>,
    /// When it was last seen to work; it is used only since then. `null` after a change of address or name.
    pub checked_at: Option<Millis>,
}
