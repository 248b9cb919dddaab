//! What another version of a model says differently.

use super::{Example, Intents, Meaning, Memory};
use crate::feature::Features;

/// A text that two versions see differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What somebody wrote.
    pub text: String,
    /// What it is an example of, where that is known.
    pub intent: Option<String>,
    /// What the older version says; `None` for out of scope.
    pub before: Option<String>,
    /// What the newer version says.
    pub after: Option<String>,
}

/// The texts that two versions see differently, in their order. Both were trained with `meaning`.
#[must_use]
pub fn compare(before: &Intents, after: &Intents, texts: &[Example], meaning: &dyn Meaning) -> Vec<Change> {
    let memory = Memory::default();
    let mut changes = Vec::new();
    for example in texts {
        let features = Features::of(&example.text);
        let direction = meaning.direction(&example.text, &features);
        let say = |model: &Intents| {
            let guess = model.classify_read(&features, &direction, &memory);
            let (intent, _) = guess.best().filter(|_| guess.out_of_scope < 0.5)?;
            model.names().get(intent).cloned()
        };
        let (old, new) = (say(before), say(after));
        if old != new {
            let (text, intent) = (example.text.clone(), example.intent.clone());
            changes.push(Change { text, intent, before: old, after: new });
        }
    }
    changes
}
