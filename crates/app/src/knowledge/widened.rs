//! Questions with what their words also mean to a business.

use super::Shelf;

/// A word that means the same as others, as it is written and as it is compared.
struct Synonym {
    text: String,
    keys: Vec<String>,
}

/// Words that mean the same, for questions in one language or, where that is empty, in every.
pub(super) struct Group {
    locale: String,
    words: Vec<Synonym>,
}

impl From<store::category::Group> for Group {
    fn from(group: store::category::Group) -> Self {
        let word = |text: String| Synonym { keys: ai::keys(&text), text };
        Self { locale: group.locale, words: group.words.into_iter().map(word).collect() }
    }
}

impl Group {
    /// Whether it is for a question in a language; one that is not known may be in any.
    fn is_for(&self, language: Option<&str>) -> bool {
        let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
        self.locale.is_empty() || language.is_none_or(|language| base(language) == base(&self.locale))
    }
}

impl Shelf {
    /// The question with what its words also mean to this business in its language.
    pub(super) fn widened(&self, mut question: String, language: Option<&str>) -> String {
        let words = ai::keys(&question);
        let has = |word: &&Synonym| {
            !word.keys.is_empty() && words.windows(word.keys.len()).any(|run| run == word.keys)
        };
        let groups = self.synonyms.iter().filter(|group| group.is_for(language));
        let groups = groups.map(|group| &group.words).filter(|words| words.iter().any(|word| has(&word)));
        for word in groups.flatten().filter(|word| !has(word)) {
            question.push(' ');
            question.push_str(&word.text);
        }
        question
    }
}
