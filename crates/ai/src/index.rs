//! The index of a workspace's knowledge: which passages and questions have which words, kept in memory and changed one
//! article at a time.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::bridge::Bridge;
use crate::lexeme::{Lexeme, Lexemes, lexemes};
use crate::passage::{passages, sentences};

/// Something that can answer: an article, or a stored answer with the questions that it answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Article<'a> {
    /// The name by which the caller knows it.
    pub id: u64,
    /// What it is called; may be empty.
    pub title: &'a str,
    /// What it says. Passages are pieces of this text.
    pub text: &'a str,
    /// Questions that it answers, as people put them.
    pub questions: &'a [String],
    /// The code of its language, where it is known.
    pub language: Option<&'a str>,
    /// The category that it is kept in.
    pub category: Option<u64>,
    /// Whether customers may see it.
    pub public: bool,
}

/// Which articles a search may find. What does not pass is never scored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what customers may see.
    pub public_only: bool,
    /// Only articles in these languages, by code; articles without a language pass. Empty means all.
    pub languages: Vec<String>,
    /// Only articles of these categories. Empty means all.
    pub categories: Vec<u64>,
}

/// What of an article was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A piece of its text, in bytes.
    Text(Range<usize>),
    /// One of its questions, by its place in the list.
    Question(usize),
}

/// The index has as much in it as it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the knowledge index would take {needed} bytes and may take {limit}")]
pub struct Full {
    /// What it would take, in bytes.
    pub needed: usize,
    /// What it may take, in bytes.
    pub limit: usize,
}

/// How strongly a word counts in its passage, in sixteenths.
pub(crate) const UNIT: u16 = 16;
/// How often a word of the title counts in each passage of the article.
const TITLE: u16 = UNIT;
/// Meanings that a text has less strongly do not stand in the index.
const FAINT: u16 = 3;
/// The kinds of terms.
pub(crate) const KINDS: usize = 4;
/// Whole words.
pub(crate) const WORD: usize = 0;
/// Stems, and pairs of characters.
pub(crate) const STEM: usize = 1;
/// Parts of words, and triples of characters.
pub(crate) const PART: usize = 2;
/// Meanings that do not depend on the language.
pub(crate) const SENSE: usize = 3;
/// The most terms that one passage is found under, for each kind.
const MOST: usize = 4_000;

/// An entry that has a term, and how strongly. There are very many of these: both share one number, the entry its upper
/// 24 bits and the strength, in sixteenths and at most 255 of them, its lower eight.
#[derive(Clone, Copy)]
pub(crate) struct Posting(u32);

impl Posting {
    fn new(entry: u32, times: u16) -> Self {
        Self(entry << 8 | u32::from(times.min(255)))
    }

    pub(crate) fn entry(self) -> u32 {
        self.0 >> 8
    }

    /// How strongly; 1 is once.
    pub(crate) fn times(self) -> f32 {
        (self.0 & 0xff) as f32 / f32::from(UNIT)
    }
}

/// A passage or a question.
pub(crate) struct Entry {
    pub(crate) article: u64,
    pub(crate) place: Place,
    /// The numbers of its terms.
    terms: Box<[u32]>,
    /// Its words in their order, each as the number of its stem, or of the word where it has none.
    pub(crate) order: Box<[u32]>,
    /// Where in the order its sentences end.
    pub(crate) ends: Box<[u16]>,
    /// How long it is, for each kind of terms.
    pub(crate) length: [f32; KINDS],
    pub(crate) language: Option<String>,
    category: Option<u64>,
    public: bool,
    /// Where a sentence model was asked, what it says of it; see [`KnowledgeIndex::direct`].
    pub(crate) direction: Option<Arc<[f32]>>,
}

/// An entry with its terms and how strongly it has each.
type Made = (Entry, Vec<(u32, u16)>);

/// All articles of one workspace that can be searched.
pub struct KnowledgeIndex {
    pub(crate) numbers: HashMap<u64, u32>,
    pub(crate) postings: Vec<Vec<Posting>>,
    pub(crate) entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    articles: HashMap<u64, Vec<u32>>,
    /// How long all entries are together, for each kind.
    pub(crate) total: [f64; KINDS],
    pub(crate) live: usize,
    languages: HashMap<String, usize>,
    pub(crate) bridge: Option<&'static Bridge>,
    bytes: usize,
    limit: usize,
}

impl Default for KnowledgeIndex {
    fn default() -> Self {
        Self::new(usize::MAX)
    }
}

impl KnowledgeIndex {
    /// An empty index that may take about `limit` bytes of memory.
    pub fn new(limit: usize) -> Self {
        Self {
            numbers: HashMap::new(),
            postings: Vec::new(),
            entries: Vec::new(),
            free: Vec::new(),
            articles: HashMap::new(),
            total: [0.0; KINDS],
            live: 0,
            languages: HashMap::new(),
            bridge: None,
            bytes: 0,
            limit,
        }
    }

    /// The same index with a bridge between languages. Articles that are already in it do not use it.
    #[must_use]
    pub fn with_bridge(mut self, bridge: &'static Bridge) -> Self {
        self.bridge = Some(bridge);
        self
    }

    /// Puts an article in, in place of what was known under its id. Searches find it at once.
    ///
    /// # Errors
    ///
    /// Fails when the index would take more memory than it may; what was known under the id stays.
    pub fn upsert(&mut self, article: &Article<'_>) -> Result<(), Full> {
        let mut made = Vec::new();
        let title = self.read(article.title, article.language);
        for range in passages(article.text) {
            made.push(self.entry(article, Place::Text(range.clone()), &article.text[range], &title));
        }
        for (place, question) in article.questions.iter().enumerate() {
            let none = Lexemes { all: Vec::new(), language: None };
            made.push(self.entry(article, Place::Question(place), question, &none));
        }
        let before: usize =
            self.articles.get(&article.id).into_iter().flatten().map(|slot| self.cost(*slot)).sum();
        let needed = self.bytes - before + made.iter().map(|(entry, _)| cost(entry)).sum::<usize>();
        if needed > self.limit {
            return Err(Full { needed, limit: self.limit });
        }
        self.remove(article.id);
        let slots = made.into_iter().map(|one| self.insert(one)).collect();
        self.articles.insert(article.id, slots);
        Ok(())
    }

    /// Takes an article out; says whether it was in.
    pub fn remove(&mut self, id: u64) -> bool {
        let Some(slots) = self.articles.remove(&id) else { return false };
        for slot in slots {
            self.take(slot);
        }
        true
    }

    /// Whether an article is in it and passes a filter.
    pub fn may_find(&self, id: u64, filter: &Filter) -> bool {
        let slot = self.articles.get(&id).and_then(|slots| slots.first());
        let entry = slot.and_then(|slot| self.entries[*slot as usize].as_ref());
        entry.is_some_and(|entry| Self::passes(entry, filter))
    }

    /// How many articles are in it.
    pub fn len(&self) -> usize {
        self.articles.len()
    }

    /// Whether no article is in it.
    pub fn is_empty(&self) -> bool {
        self.articles.is_empty()
    }

    /// About how much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The language that most entries have, for texts that do not say theirs.
    pub(crate) fn usual(&self) -> Option<&str> {
        self.languages
            .iter()
            .max_by_key(|(code, count)| (**count, code.as_str()))
            .map(|(code, _)| code.as_str())
    }

    /// Whether an entry passes a filter.
    pub(crate) fn passes(entry: &Entry, filter: &Filter) -> bool {
        let base = |code: &str| code.split(['-', '_']).next().unwrap_or_default().to_owned();
        (entry.public || !filter.public_only)
            && (filter.categories.is_empty()
                || entry.category.is_some_and(|one| filter.categories.contains(&one)))
            && (filter.languages.is_empty()
                || entry
                    .language
                    .as_ref()
                    .is_none_or(|one| filter.languages.iter().any(|code| base(code) == base(one))))
    }

    fn read(&self, text: &str, language: Option<&str>) -> Lexemes {
        lexemes(text, language, self.usual())
    }

    fn number(&mut self, term: u64) -> u32 {
        if let Some(number) = self.numbers.get(&term) {
            return *number;
        }
        let number = u32::try_from(self.postings.len()).unwrap_or(u32::MAX);
        self.postings.push(Vec::new());
        self.numbers.insert(term, number);
        number
    }

    fn entry(&mut self, article: &Article<'_>, place: Place, text: &str, title: &Lexemes) -> Made {
        let read = self.read(text, article.language);
        let mut times: [HashMap<u32, u16>; KINDS] = Default::default();
        let mut length = [0.0; KINDS];
        for (lexemes, weight) in [(&read.all, UNIT), (&title.all, TITLE)] {
            for lexeme in lexemes {
                self.count(lexeme, weight, &mut times, &mut length);
            }
        }
        if let Some(bridge) = self.bridge {
            for sense in bridge.senses(text, article.language.or(read.language.as_deref())) {
                let weight = (sense.weight * f32::from(UNIT)) as u16;
                if weight < FAINT {
                    continue;
                }
                add(&mut times[SENSE], self.number(sense.key), weight);
                length[SENSE] += sense.weight;
            }
        }
        let order: Vec<u32> =
            read.all.iter().map(|lexeme| self.number(lexeme.stem.unwrap_or(lexeme.word))).collect();
        let mut ends = Vec::new();
        for sentence in sentences(text) {
            let end = read.all.partition_point(|lexeme| lexeme.from < sentence.end);
            ends.push(u16::try_from(end).unwrap_or(u16::MAX));
        }
        ends.dedup();
        let terms: Vec<(u32, u16)> = times.into_iter().flatten().collect();
        let entry = Entry {
            article: article.id,
            place,
            terms: terms.iter().map(|(number, _)| *number).collect(),
            order: order.into(),
            ends: ends.into(),
            length,
            language: article.language.map(str::to_owned).or(read.language),
            category: article.category,
            public: article.public,
            direction: None,
        };
        (entry, terms)
    }

    fn count(
        &mut self,
        lexeme: &Lexeme,
        weight: u16,
        times: &mut [HashMap<u32, u16>; KINDS],
        length: &mut [f32; KINDS],
    ) {
        let share = f32::from(weight) / f32::from(UNIT);
        add(&mut times[WORD], self.number(lexeme.word), weight);
        length[WORD] += share;
        if let Some(stem) = lexeme.stem {
            add(&mut times[STEM], self.number(stem), weight);
            length[STEM] += share;
        }
        for part in &lexeme.parts {
            add(&mut times[PART], self.number(*part), weight);
            length[PART] += share;
        }
    }

    fn insert(&mut self, (entry, terms): Made) -> u32 {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.entries.push(None);
                u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
            }
        };
        for (number, times) in terms {
            let list = &mut self.postings[number as usize];
            let at = list.partition_point(|posting| posting.entry() < slot);
            list.insert(at, Posting::new(slot, times));
        }
        for (total, length) in self.total.iter_mut().zip(entry.length) {
            *total += f64::from(length);
        }
        self.live += 1;
        self.bytes += cost(&entry);
        if let Some(language) = &entry.language {
            *self.languages.entry(language.clone()).or_default() += 1;
        }
        self.entries[slot as usize] = Some(entry);
        slot
    }

    fn take(&mut self, slot: u32) {
        let Some(entry) = self.entries[slot as usize].take() else { return };
        for number in &entry.terms {
            let list = &mut self.postings[*number as usize];
            if let Ok(at) = list.binary_search_by_key(&slot, |posting| posting.entry()) {
                list.remove(at);
            }
        }
        for (total, length) in self.total.iter_mut().zip(entry.length) {
            *total -= f64::from(length);
        }
        self.live -= 1;
        self.bytes -= cost(&entry);
        if let Some(count) = entry.language.as_ref().and_then(|language| self.languages.get_mut(language)) {
            *count -= 1;
        }
        self.free.push(slot);
    }

    fn cost(&self, slot: u32) -> usize {
        self.entries[slot as usize].as_ref().map_or(0, cost)
    }
}

/// About how many bytes an entry takes: itself, its terms and their postings, and its share of the terms' names.
fn cost(entry: &Entry) -> usize {
    let term = size_of::<u32>() + size_of::<Posting>() * 3 / 2 + 8;
    size_of::<Entry>() + entry.terms.len() * term + entry.order.len() * 4 + entry.ends.len() * 2
}

fn add(times: &mut HashMap<u32, u16>, number: u32, weight: u16) {
    if times.len() < MOST || times.contains_key(&number) {
        let count = times.entry(number).or_default();
        *count = count.saturating_add(weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn articles() -> KnowledgeIndex {
        let mut index = KnowledgeIndex::default();
        let questions = ["How do I reset my password?".to_owned(), "I cannot sign in".to_owned()];
        let all = [
            Article {
                id: 1,
                title: "Refunds",
                text: "We send the money back within five days.",
                public: true,
                ..Article::default()
            },
            Article {
                id: 2,
                title: "退货",
                text: "收到包裹后五天内退款。",
                category: Some(7),
                public: true,
                ..Article::default()
            },
            Article {
                id: 3,
                title: "Password",
                text: "Open the settings.",
                questions: &questions,
                public: true,
                ..Article::default()
            },
            Article {
                id: 4,
                title: "Fraud",
                text: "Refunds above 500 go to the second line.",
                ..Article::default()
            },
        ];
        for article in all {
            index.upsert(&article).expect("there is room");
        }
        index
    }

    fn found(index: &KnowledgeIndex, question: &str, filter: &Filter) -> Vec<u64> {
        index.search(question, filter, 5).into_iter().map(|hit| hit.article).collect()
    }

    #[test]
    fn an_article_is_found_until_it_is_gone() {
        let mut index = articles();
        let before = index.bytes();
        assert_eq!(found(&index, "when do you send my money", &Filter::default())[0], 1);
        let changed = Article { id: 1, text: "Vouchers are sent by mail.", ..Article::default() };
        index.upsert(&changed).expect("there is room");
        assert_ne!(found(&index, "money back", &Filter::default()).first(), Some(&1));
        assert_eq!(found(&index, "vouchers", &Filter::default()), [1]);
        assert!(index.remove(1) && !index.remove(1));
        assert!(found(&index, "vouchers", &Filter::default()).is_empty());
        assert!(index.bytes() < before);
    }

    #[test]
    fn what_customers_may_not_see_is_not_found_for_them() {
        let index = articles();
        let public = Filter { public_only: true, ..Filter::default() };
        assert_eq!(found(&index, "refunds second line", &Filter::default())[0], 4);
        assert!(!found(&index, "refunds second line", &public).contains(&4));
        let category = Filter { categories: vec![7], ..Filter::default() };
        assert_eq!(found(&index, "退款", &category), [2]);
        assert!(found(&index, "refunds", &category).is_empty());
    }

    #[test]
    fn a_question_is_found_with_its_place() {
        let hits = articles().search("cannot sign in", &Filter::default(), 1);
        assert_eq!((hits[0].article, &hits[0].place), (3, &Place::Question(1)));
    }

    #[test]
    fn a_passage_says_where_it_stands() {
        let text = "We ship every day.\n\n".to_owned()
            + &"Parcels can be followed on the page of the carrier at any time. ".repeat(3);
        let mut index = KnowledgeIndex::default();
        index.upsert(&Article { id: 1, text: &text, ..Article::default() }).expect("there is room");
        let hits = index.search("follow parcels", &Filter::default(), 1);
        let Place::Text(range) = &hits[0].place else { panic!("no text: {hits:?}") };
        assert!(text[range.clone()].ends_with("at any time."));
    }

    #[test]
    fn a_full_index_takes_no_more_and_keeps_what_it_has() {
        let mut index = KnowledgeIndex::new(20_000);
        index
            .upsert(&Article { id: 1, text: "Refunds take five days.", ..Article::default() })
            .expect("there is room");
        let long: String = (0..5_000).map(|number| format!("word{number} ")).collect();
        let full = index.upsert(&Article { id: 1, text: &long, ..Article::default() }).expect_err("no room");
        assert!(full.needed > full.limit);
        assert_eq!(found(&index, "refunds", &Filter::default()), [1]);
    }

    #[test]
    fn emptied_and_filled_again_nothing_is_left_over() {
        let mut index = articles();
        for id in 1..=4 {
            index.remove(id);
        }
        assert!(index.is_empty() && index.bytes() == 0 && index.live == 0);
        assert!(index.postings.iter().all(Vec::is_empty));
        assert!(index.total.iter().all(|total| total.abs() < 1e-6));
    }
}
