//! Whether what customers write has moved since somebody held what is understood of it for right.

use serde::Serialize;

use crate::named::named;
use crate::{IntentId, Millis, TopicKind};

named! {
    /// How the last seven days stand beside the weeks before.
    DriftState {
        /// A whole week to compare with is not over yet.
        Learning = "learning",
        /// There are too few messages to tell.
        Few = "few",
        /// Nothing has moved.
        Steady = "steady",
        /// It has moved further than by chance.
        Moved = "moved",
    }
}

/// The share of one category, before and now.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct DriftShare {
    /// The intent, where intents are compared; absent for what none of them was understood in.
    pub intent_id: Option<IntentId>,
    /// The tag of the language, where languages are compared; absent for what is in none that is known.
    pub language: Option<String>,
    /// From how many percent on it is so sure, where that is compared.
    pub confidence: Option<i64>,
    /// In the weeks that are compared with, from 0 to 1.
    pub before: f64,
    /// In the last seven days.
    pub now: f64,
}

/// One thing that is watched.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct DriftPart {
    /// What: intents, confidence or languages.
    pub kind: TopicKind,
    /// How it stands.
    pub state: DriftState,
    /// When the weeks begin that are compared with.
    pub since: Millis,
    /// How many they are: at most four.
    pub weeks: i64,
    /// When it can be compared at the earliest, while it cannot yet.
    pub ready_at: Option<Millis>,
    /// How many messages they had.
    pub before: i64,
    /// How many the last seven days had.
    pub now: i64,
    /// How many both must have so that anything is told.
    pub least: i64,
    /// The population stability index: 0.1 is a moderate change and 0.25 a large one. 0 where nothing is told.
    pub index: f64,
    /// The shares that moved most, those first; none where nothing is told.
    pub shares: Vec<DriftShare>,
}

/// Whether what customers write has moved.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Drift {
    /// When somebody last said that what is seen is right.
    pub accepted_at: Option<Millis>,
    /// Since when it is held for moved; absent while it is not.
    pub moved_at: Option<Millis>,
    /// What is watched, so far as anything of it was counted.
    pub parts: Vec<DriftPart>,
}
