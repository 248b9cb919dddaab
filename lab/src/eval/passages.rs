//! Passages that answer a question, in the language of the question and across languages.

use std::collections::HashMap;
use std::time::Instant;

use ai::{Article, Bridge, Filter, KnowledgeIndex};
use anyhow::{Context, Result};

use super::Setting;
use crate::corpus::Corpus;
use crate::table::Row;

/// Sets in one language with the share of questions whose passage must come first.
const SETS: &[(&str, Option<f64>)] = &[
    ("drcd_zhhant/dev", Some(95.0)),
    ("cmrc2018_zh/dev", Some(97.0)),
    ("xquad/en", Some(95.0)),
    ("xquad/es", Some(94.0)),
    ("xquad/ar", Some(93.0)),
    ("xquad/zh", None),
];
/// The language of the question, that of the passages, and the share whose passage must be among the first five.
const ACROSS: &[(&str, &str, Option<f64>)] = &[
    ("zh", "en", Some(55.0)),
    ("es", "en", Some(85.0)),
    ("ar", "en", Some(45.0)),
    ("en", "zh", None),
    ("en", "es", None),
    ("en", "ar", None),
    ("zh", "es", None),
];
/// How many passages an index has whose speed is measured.
const MANY: usize = 10_000;

/// Questions with the number of the passage that answers each.
pub(super) type Questions = Vec<(String, u64)>;

/// Measures retrieval in one language.
pub(super) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (set, bar) in SETS {
        let (passages, questions) = load(setting.corpus, set)?;
        let index = index(&passages)?;
        let (first, five) = recall(&index, &questions);
        let name = format!("{set}: the right passage comes first");
        rows.push(match bar {
            Some(bar) => Row::at_least(name, first, *bar, "%"),
            None => Row::plain(name, first, "%"),
        });
        rows.push(Row::plain(format!("{set}: it is among the first five"), five, "%"));
    }
    rows.extend(speed(setting.corpus)?);
    Ok(rows)
}

/// Measures retrieval across languages.
pub(super) fn across(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (asked, answered, bar) in ACROSS {
        let (passages, _) = load(setting.corpus, &format!("xquad/{answered}"))?;
        let (_, questions) = load(setting.corpus, &format!("xquad/{asked}"))?;
        let (first, five) = recall(&index(&passages)?, &questions);
        let name = format!("{asked} → {answered}: the right passage is among the first five");
        rows.push(match bar {
            Some(bar) => Row::at_least(name, five, *bar, "%"),
            None => Row::plain(name, five, "%"),
        });
        rows.push(Row::plain(format!("{asked} → {answered}: it comes first"), first, "%"));
    }
    rows.push(Row::at_most("the bridge", Bridge::shipped().to_bytes().len() as f64 / 1e6, 6.0, "MB"));
    Ok(rows)
}

/// How long a question and a change take when there are many passages.
fn speed(corpus: &Corpus) -> Result<Vec<Row>> {
    let (passages, questions) = load(corpus, "drcd_zhhant/dev")?;
    let (english, asked) = load(corpus, "xquad/en")?;
    let mut many = Vec::new();
    // Other texts from the same sentences, so that words are as frequent as they are.
    for round in 0.. {
        let source = if round % 2 == 0 { &passages } else { &english };
        for place in 0..source.len() {
            let other = &source[(place * 7 + round * 13 + 1) % source.len()];
            let cut = |text: &str, part: usize| text.chars().skip(part * 120).take(240).collect::<String>();
            many.push(cut(&source[place], round % 3) + &cut(other, (round + 1) % 3));
        }
        if many.len() >= MANY {
            break;
        }
    }
    many.truncate(MANY);
    let mut index = index(&many)?;
    let mut times = Vec::new();
    for (question, _) in questions.iter().take(500).chain(asked.iter().take(500)) {
        let start = Instant::now();
        std::hint::black_box(index.search(question, &Filter::default(), 5));
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let start = Instant::now();
    let news = "The blue lighthouse opens on Fridays.";
    index.upsert(&Article { id: 1, text: news, public: true, ..Article::default() })?;
    let found = index.search("when does the lighthouse open", &Filter::default(), 1);
    let seen = start.elapsed().as_secs_f64() * 1e3;
    anyhow::ensure!(found.first().is_some_and(|hit| hit.article == 1), "what was changed is not found");
    Ok(vec![
        Row::plain(format!("a question at {MANY} passages, half of them"), times[times.len() / 2], "µs"),
        Row::plain("the same, 99 of 100", times[times.len() * 99 / 100], "µs"),
        Row::at_most("a change and the search that sees it", seen, 1000.0, "ms"),
        Row::plain("memory of the index", index.bytes() as f64 / 1e6, "MB"),
    ])
}

pub(super) fn load(corpus: &Corpus, set: &str) -> Result<(Vec<String>, Questions)> {
    let mut numbers = HashMap::new();
    let mut passages = Vec::new();
    for row in corpus.rows(&format!("{set}.passages.tsv"))? {
        numbers.insert(row.get(1).context("a passage without a number")?.clone(), passages.len() as u64);
        passages.push(row[0].clone());
    }
    let mut questions = Vec::new();
    for row in corpus.rows(&format!("{set}.questions.tsv"))? {
        let passage =
            row.get(1).and_then(|number| numbers.get(number)).context("a question without a passage")?;
        questions.push((row[0].clone(), *passage));
    }
    Ok((passages, questions))
}

fn index(passages: &[String]) -> Result<KnowledgeIndex> {
    let mut index = KnowledgeIndex::default().with_bridge(Bridge::shipped());
    for (id, text) in passages.iter().enumerate() {
        index.upsert(&Article { id: id as u64, text, public: true, ..Article::default() })?;
    }
    Ok(index)
}

/// The shares of questions whose passage comes first, and is among the first five.
fn recall(index: &KnowledgeIndex, questions: &Questions) -> (f64, f64) {
    let (mut first, mut five) = (0, 0);
    for (question, passage) in questions {
        let place =
            index.search(question, &Filter::default(), 5).iter().position(|hit| hit.article == *passage);
        first += usize::from(place == Some(0));
        five += usize::from(place.is_some());
    }
    let share = |count: usize| 100.0 * count as f64 / questions.len().max(1) as f64;
    (share(first), share(five))
}
