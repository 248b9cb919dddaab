//! Stored answers: is the right one found, how many questions can be answered with so much precision, and do
//! confidences hold.

use ai::answer::{self, Candidate, EVIDENCE, candidates, evidence};
use ai::calibrate::{Calibrator, at_precision, curve, error};
use ai::questions::{Likeness, Questions, shipped};
use ai::{Article, Bridge, Filter, KnowledgeIndex, Place};
use anyhow::Result;

use super::Setting;
use super::passages;
use crate::corpus::Corpus;
use crate::table::Row;
use crate::train::teacher::Teacher;

/// In how many parts examples are divided, of which each is judged by what was learned on the others.
const FOLDS: usize = 5;

/// Evidence, and whether the first candidate was right.
type Judged = Vec<(Vec<f32>, bool)>;

struct Desk<'a> {
    index: KnowledgeIndex,
    questions: Questions,
    teacher: Option<&'a Teacher>,
}

impl<'a> Desk<'a> {
    /// Stored answers by their questions; the sentence model, where there is one, says its word of them and of all that is
    /// asked.
    fn new(answers: &[Vec<String>], teacher: Option<&'a Teacher>) -> Result<Self> {
        let mut index = KnowledgeIndex::default().with_bridge(Bridge::shipped());
        for (id, questions) in answers.iter().enumerate() {
            index.upsert(&Article { id: id as u64, questions, public: true, ..Article::default() })?;
        }
        if let Some(teacher) = teacher {
            teacher.ask(answers.iter().flatten().map(String::as_str))?;
            index.direct(|article, place| match place {
                Place::Question(at) => Some(teacher.meaning(answers.get(article as usize)?.get(*at)?).into()),
                Place::Text(_) => None,
            });
        }
        let all = answers.iter().enumerate().map(|(id, questions)| (id as u64, questions.as_slice()));
        Ok(Self { index, questions: Questions::learn_shipped(all), teacher })
    }

    fn ask(&self, question: &str) -> Vec<Candidate> {
        let direction = self.teacher.map(|teacher| teacher.meaning(question));
        let filter = Filter::default();
        candidates(&self.index, &self.questions, shipped(), question, direction.as_deref(), &filter)
    }
}

/// Measures on questions with stored answers, and on passages whose answer may be missing.
pub(super) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let corpus = setting.corpus;
    let mut rows = Vec::new();
    let teacher = setting.encoder.map(Teacher::load).transpose()?;
    let teacher = teacher.as_ref();
    let bars = if teacher.is_some() { [70.8, 93.3, 29.0] } else { [62.0, 86.0, 20.0] };
    let (banking, first, five) = banking(corpus, teacher)?;
    rows.push(Row::at_least("faq_banking_en: the right answer comes first", first, bars[0], "%"));
    rows.push(Row::at_least("faq_banking_en: it is among the first five", five, bars[1], "%"));
    let by_questions = Likeness { sentence_model: teacher.is_some(), ..Likeness::default() };
    rows.extend(confidence("faq_banking_en", &banking, Some(&by_questions), Some(bars[2])));
    rows.extend(pairs(corpus, teacher)?);
    let mut all = Judged::new();
    for set in ["drcd_zhhant/dev", "cmrc2018_zh/dev", "xquad/en", "xquad/es", "xquad/ar"] {
        let judged = halved(corpus, set)?;
        rows.extend(confidence(set, &judged, None, None));
        all.extend(judged);
    }
    for (name, judged) in [("questions", &banking), ("passages", &all)] {
        let learned = Calibrator { bias: 0.0, weights: vec![0.0; EVIDENCE] }.learn(judged);
        println!("  learned on all {name}: {:?}, {:?}", learned.bias, learned.weights);
    }
    Ok(rows)
}

fn banking(corpus: &Corpus, teacher: Option<&Teacher>) -> Result<(Judged, f64, f64)> {
    let mut answers: Vec<Vec<String>> = Vec::new();
    for (text, label) in corpus.labelled("faq_banking_en/corpus.tsv")? {
        let label: usize = label.parse()?;
        answers.resize(answers.len().max(label + 1), Vec::new());
        answers[label].push(text);
    }
    let desk = Desk::new(&answers, teacher)?;
    let asked = corpus.labelled("faq_banking_en/dev.tsv")?;
    if let Some(teacher) = teacher {
        teacher.ask(asked.iter().map(|(text, _)| text.as_str()))?;
    }
    let mut judged = Judged::new();
    let (mut first, mut five, mut all) = (0, 0, 0);
    for (text, label) in asked {
        let found = desk.ask(&text);
        let label: i64 = label.parse()?;
        let place = found.iter().position(|candidate| candidate.hit.article as i64 == label);
        judged.push((evidence(&found).to_vec(), place == Some(0)));
        if label >= 0 {
            all += 1;
            first += usize::from(place == Some(0));
            five += usize::from(place.is_some_and(|place| place < 5));
        }
    }
    let share = |count: usize| 100.0 * count as f64 / all as f64;
    Ok((judged, share(first), share(five)))
}

/// Questions that were put in other words: each stored question is an answer of its own.
fn pairs(corpus: &Corpus, teacher: Option<&Teacher>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for language in ["en", "de"] {
        let same: Vec<Vec<String>> = corpus
            .rows(&format!("covid_qsim/{language}.tsv"))?
            .into_iter()
            .filter(|row| row.get(2).is_some_and(|label| label == "1"))
            .collect();
        let mut stored: Vec<String> = same.iter().map(|row| row[0].clone()).collect();
        stored.sort();
        stored.dedup();
        let answers: Vec<Vec<String>> = stored.iter().map(|question| vec![question.clone()]).collect();
        let desk = Desk::new(&answers, teacher)?;
        let right = same.iter().filter(|row| {
            desk.ask(&row[1])
                .first()
                .is_some_and(|candidate| stored[candidate.hit.article as usize] == row[0])
        });
        let share = 100.0 * right.count() as f64 / same.len().max(1) as f64;
        rows.push(Row::plain(
            format!("covid_qsim {language}: the same question comes first, of {}", stored.len()),
            share,
            "%",
        ));
    }
    // A forum's answers, found by their own text.
    let forum = corpus.labelled("egret_wenda_zh/qa.tsv")?;
    let mut index = KnowledgeIndex::default();
    for (id, (_, text)) in forum.iter().enumerate() {
        index.upsert(&Article { id: id as u64, text, public: true, ..Article::default() })?;
    }
    let right = forum.iter().enumerate().filter(|(id, (question, _))| {
        index.search(question, &Filter::default(), 5).iter().any(|hit| hit.article == *id as u64)
    });
    let share = 100.0 * right.count() as f64 / forum.len().max(1) as f64;
    rows.push(Row::plain("egret_wenda_zh: the answer's text is among the first five", share, "%"));
    Ok(rows)
}

/// Passages as answers; every other question is asked where its passage is not there.
fn halved(corpus: &Corpus, set: &str) -> Result<Judged> {
    let (texts, asked) = passages::load(corpus, set)?;
    let mut index = KnowledgeIndex::default();
    for (id, text) in texts.iter().enumerate().filter(|(id, _)| id % 2 == 0) {
        index.upsert(&Article { id: id as u64, text, public: true, ..Article::default() })?;
    }
    let none = Questions::default();
    let judged = asked.iter().map(|(question, passage)| {
        let found = candidates(&index, &none, shipped(), question, None, &Filter::default());
        let right = found.first().is_some_and(|candidate| candidate.hit.article == *passage);
        (evidence(&found).to_vec(), right)
    });
    Ok(judged.collect())
}

/// How confidences do, each learned on other examples than it is judged on; and those of the shipped calibrator.
fn confidence(name: &str, judged: &Judged, likeness: Option<&Likeness>, bar: Option<f64>) -> Vec<Row> {
    let mut held = Vec::new();
    for fold in 0..FOLDS {
        let of = |inside: bool| {
            judged
                .iter()
                .enumerate()
                .filter(move |(at, _)| (at % FOLDS == fold) == inside)
                .map(|(_, one)| one.clone())
        };
        let others: Judged = of(false).collect();
        let learned = Calibrator { bias: 0.0, weights: vec![0.0; EVIDENCE] }.learn(&others);
        held.extend(of(true).map(|(evidence, right)| (learned.confidence(&evidence), right)));
    }
    let usual = answer::shipped_calibrator(likeness);
    let usual: Vec<(f32, bool)> =
        judged.iter().map(|(evidence, right)| (usual.confidence(evidence), *right)).collect();
    let answered = |judged: &[(f32, bool)]| {
        at_precision(&curve(judged), 0.9).map_or(0.0, |point| 100.0 * f64::from(point.answered))
    };
    let share = format!("{name}: answered with 90 % precision");
    vec![
        match bar {
            Some(bar) => Row::at_least(share, answered(&held), bar, "%"),
            None => Row::plain(share, answered(&held), "%"),
        },
        Row::at_most(format!("{name}: calibration error"), 100.0 * f64::from(error(&held)), 3.0, "%"),
        Row::plain(format!("{name}: calibration error as shipped"), 100.0 * f64::from(error(&usual)), "%"),
    ]
}
