//! Words that mean the same to a business.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Groups of words that mean the same to a business.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"groups": [["parcel", "package"]], "languages": {"de": [["Gift", "Schadstoff"]]}}))]
pub struct Synonyms {
    /// The groups for questions in every language, each of 2 to 20 words; at most 1000 with those below.
    pub groups: Vec<Vec<String>>,
    /// The groups for questions in one language alone, by its tag (BCP 47). Left out where there are none; where they are left
    /// out of a change, they stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub languages: Option<BTreeMap<String, Vec<Vec<String>>>>,
}
