//! By what intents are learned and recognised: the sentence model of this server, where it has one, and else the
//! representation that comes with the program. What was learned by the one means nothing to the other, so every version says
//! by which it was learned, and all that is held beside it is read by the same.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ai::feature::Features;
use ai::intent::Meaning;
use ai::{Broken, Intents, Representation};

use crate::App;
use crate::embedding::Model;

/// The beginning of a version that was learned by a sentence model; the model's mark follows.
const MARK: &[u8; 4] = b"BLM1";

/// By what something was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum By {
    /// What comes with the program.
    #[default]
    Shipped,
    /// The sentence model with this mark.
    Sentences([u8; 32]),
}

/// A version as it is kept.
pub(super) struct Version {
    pub(super) by: By,
    pub(super) model: Intents,
}

impl Version {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let model = self.model.to_bytes();
        match self.by {
            By::Shipped => model,
            By::Sentences(mark) => [MARK.as_slice(), &mark, &model].concat(),
        }
    }

    /// Reads a version.
    ///
    /// # Errors
    /// When the bytes are not those of one.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, Broken> {
        let (by, model) = parts(bytes);
        Ok(Self { by, model: Intents::from_bytes(model)? })
    }
}

/// By what a version was learned, and the rest of it.
fn parts(bytes: &[u8]) -> (By, &[u8]) {
    let marked = bytes.strip_prefix(MARK).and_then(|rest| rest.split_first_chunk::<32>());
    marked.map_or((By::Shipped, bytes), |(mark, model)| (By::Sentences(*mark), model))
}

/// By what a version was learned.
pub(super) fn learned_by(bytes: &[u8]) -> By {
    parts(bytes).0
}

/// What can be told the meaning of texts by here.
pub(super) struct Means(Option<Arc<Model>>);

impl Means {
    /// What there is on this server.
    pub(super) async fn here(app: &App) -> Self {
        Self(app.embeddings.local().await)
    }

    /// By what something is learned here.
    pub(super) fn own(&self) -> By {
        self.0.as_ref().map_or(By::Shipped, |model| By::Sentences(model.mark()))
    }

    /// Whether what was learned by something can be used here.
    pub(super) fn have(&self, by: By) -> bool {
        by == By::Shipped || by == self.own()
    }

    /// Reads texts ahead; what the sentence model does not say within the patience means nothing, and words alone tell.
    pub(super) async fn read(&self, by: By, texts: &[String], patience: Duration) -> Reading {
        match (&self.0, by) {
            (Some(model), By::Sentences(_)) if self.have(by) => {
                let said = model.meanings(texts, patience).await;
                Reading::Sentences { said, nothing: vec![0.0; model.dimension()] }
            }
            _ => Reading::Shipped,
        }
    }
}

/// The meaning of texts.
pub(super) enum Reading {
    /// What comes with the program says it on the spot.
    Shipped,
    /// What a sentence model has said of the texts that were read ahead.
    Sentences { said: HashMap<String, Arc<[f32]>>, nothing: Vec<f32> },
}

impl Reading {
    /// Whether all texts were read.
    pub(super) fn is_whole(&self, texts: &[String]) -> bool {
        match self {
            Self::Shipped => true,
            Self::Sentences { said, .. } => texts.iter().all(|text| said.contains_key(text)),
        }
    }
}

impl Meaning for Reading {
    fn direction(&self, text: &str, features: &Features) -> Vec<f32> {
        match self {
            Self::Shipped => Representation::shipped().of(features),
            Self::Sentences { said, nothing } => {
                said.get(text).map_or_else(|| nothing.clone(), |direction| direction.to_vec())
            }
        }
    }

    fn is_sentence_model(&self) -> bool {
        matches!(self, Self::Sentences { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_says_by_what_it_was_learned() {
        let model = ai::intent::train(&[], Representation::shipped());
        for by in [By::Shipped, By::Sentences([7; 32])] {
            let bytes = Version { by, model: model.clone() }.to_bytes();
            let read = Version::from_bytes(&bytes).expect("a version");
            assert!(read.by == by && read.model == model && learned_by(&bytes) == by);
            assert!(Version::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        }
        let before = model.to_bytes();
        assert_eq!(
            Version::from_bytes(&before).map(|read| read.by),
            Ok(By::Shipped),
            "as it was kept before"
        );
    }

    #[tokio::test]
    async fn without_a_sentence_model_what_another_one_taught_is_not_used() {
        let means = Means(None);
        assert!(means.have(By::Shipped) && !means.have(By::Sentences([7; 32])));
        assert_eq!(means.own(), By::Shipped);
        let reading = means.read(By::Sentences([7; 32]), &[], Duration::ZERO).await;
        assert!(matches!(reading, Reading::Shipped));
    }
}
