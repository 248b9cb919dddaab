//! Sees to it that whoever is refused is noted: the extractor of the caller says who asks, the answer on its way out says how it
//! went.

use std::sync::{Arc, OnceLock};

use app::audit::Actor;
use app::{App, refusals};
use axum::response::Response;

use super::error::Code;

/// Who asks, once that is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Asking(Arc<OnceLock<Actor>>);

impl Asking {
    /// Says who asks.
    pub(super) fn is(&self, actor: Actor) {
        // Whoever asks stays who they are: the first word counts.
        let _ = self.0.set(actor);
    }
}

/// The refusals that say that somebody tried what they may not: no right, not there for them, not who they say, not from a page
/// of ours. Being asked for a proof is none of them.
const TRIES: [&str; 3] = ["unauthorized", "forbidden", "not_found"];

/// Notes an answer that is a refusal. `operation` is the method and the pattern of the address.
pub(super) fn look(app: &Arc<App>, asking: &Asking, operation: &str, response: &Response) {
    if let Some(Code(code)) = response.extensions().get::<Code>()
        && TRIES.contains(code)
    {
        refusals::note(app, asking.0.get().cloned(), operation, code);
    }
}
