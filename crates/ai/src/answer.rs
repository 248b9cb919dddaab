//! Decides what to do with a question: answer it, ask which of two or three was meant, or hand over to a person.

use std::cmp::Ordering;
use std::ops::Range;

use crate::calibrate::Calibrator;
use crate::index::{Filter, KnowledgeIndex, Place};
use crate::intent::Meaning;
use crate::lexeme::lexemes;
use crate::passage::sentences;
use crate::questions::{Likeness, Questions};
use crate::retrieve::{Hit, Weights};

/// How many candidates are looked at.
const CANDIDATES: usize = 20;
/// How many choices a clarifying question has at most.
const CHOICES: usize = 3;
/// What the head of the questions is worth beside the search.
const HEAD: f32 = 0.5;
/// What the nearest question's direction is worth.
const NEAREST: f32 = 1.2;
/// How much of a question an answer must say, by what its words are worth, where its own questions are not as near as this.
const COVERED: f32 = 0.5;
const NEAR: f32 = 0.7;
/// What the mean direction of an answer's questions is worth.
const MEAN: f32 = 1.2;
/// How many pieces of evidence there are.
pub const EVIDENCE: usize = 8;

/// Something that may be the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// What the search found.
    pub hit: Hit,
    /// What its questions say, where it has some.
    pub likeness: Option<Likeness>,
    /// How well it fits, all together; candidates come in descending order of it.
    pub score: f32,
}

/// From which confidence on something is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// An answer is given.
    pub answer: f32,
    /// The closest are offered.
    pub offer: f32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { answer: 0.8, offer: 0.3 }
    }
}

/// What to do with a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Give this answer.
    Answer {
        /// The answer.
        candidate: Candidate,
        /// How likely it is right.
        confidence: f32,
    },
    /// Ask which of these is meant: two or three.
    Offer {
        /// The closest, the likeliest first.
        candidates: Vec<Candidate>,
        /// How likely the first is right.
        confidence: f32,
    },
    /// Leave it to a person.
    HandOver {
        /// How likely the first candidate would have been right.
        confidence: f32,
    },
}

/// What may be the answer to a question: what the index finds and what the questions of stored answers are like, the
/// best first. Where a sentence model said the `direction` of the question, it says how near stored questions are in the
/// place of `meaning`, and passages are found by it too.
pub fn candidates(
    index: &KnowledgeIndex,
    questions: &Questions,
    meaning: &dyn Meaning,
    question: &str,
    direction: Option<&[f32]>,
    filter: &Filter,
) -> Vec<Candidate> {
    let mut likeness = questions.likeness(question, meaning);
    if let Some(direction) = direction {
        index.liken(direction, &mut likeness);
    }
    let mut found: Vec<Candidate> = index
        .search_weighed(question, direction, filter, CANDIDATES, &Weights::default())
        .into_iter()
        .map(|hit| Candidate { likeness: likeness.remove(&hit.article), score: 0.0, hit })
        .collect();
    // Those that share no word with the question but mean the same.
    let mut others: Vec<(u64, Likeness)> = likeness.into_iter().collect();
    others.sort_by(|one, other| likely(&other.1).total_cmp(&likely(&one.1)).then(one.0.cmp(&other.0)));
    for (article, likeness) in
        others.into_iter().filter(|(article, _)| index.may_find(*article, filter)).take(CHOICES * 2)
    {
        let hit = Hit { article, place: Place::Question(0), score: 0.0, signals: crate::Signals::default() };
        found.push(Candidate { hit, likeness: Some(likeness), score: 0.0 });
    }
    for candidate in &mut found {
        candidate.score = candidate.hit.score + candidate.likeness.as_ref().map_or(0.0, likely);
    }
    found.sort_by(|one, other| other.score.partial_cmp(&one.score).unwrap_or(Ordering::Equal));
    found.truncate(CANDIDATES);
    found
}

/// How well something fits by its questions. Where a sentence model speaks, words count as what the search finds by them and
/// not again: the head says of all that they are none of it, so that what has nothing in common with the questions gains
/// nothing by having some.
fn likely(likeness: &Likeness) -> f32 {
    let head = if likeness.sentence_model { -1.0 } else { likeness.head };
    HEAD * head + NEAREST * likeness.nearest + MEAN * likeness.mean
}

/// What speaks for the first candidate: its score and its distance to the next, how much of the question stands in it,
/// and whether all that ranks candidates agrees. For [`Calibrator`].
pub fn evidence(candidates: &[Candidate]) -> [f32; EVIDENCE] {
    let Some(first) = candidates.first() else { return [0.0; EVIDENCE] };
    let next = candidates.get(1).map_or(0.0, |second| second.score);
    let third = candidates.get(2).map_or(0.0, |third| third.score);
    let best = |value: fn(&Candidate) -> f32| {
        let most = candidates.iter().map(value).fold(f32::NEG_INFINITY, f32::max);
        f32::from(u8::from(value(first) >= most))
    };
    let nearest = |candidate: &Candidate| candidate.likeness.map_or(0.0, |likeness| likeness.nearest);
    let mut rivals: Vec<f32> = candidates.iter().skip(1).map(|one| one.hit.score).collect();
    rivals.sort_by(|one, other| other.total_cmp(one));
    [
        first.score,
        first.score - next,
        first.score - third,
        first.hit.signals.coverage,
        first.hit.signals.sentence,
        first.hit.score - rivals.first().copied().unwrap_or(0.0),
        nearest(first),
        best(|candidate| candidate.hit.score) + best(nearest),
    ]
}

/// Decides by the confidence of the first candidate.
pub fn decide(candidates: Vec<Candidate>, calibrator: &Calibrator, thresholds: &Thresholds) -> Outcome {
    let confidence = if candidates.is_empty() { 0.0 } else { calibrator.confidence(&evidence(&candidates)) };
    let mut candidates = candidates;
    if candidates.is_empty() || confidence < thresholds.offer.min(thresholds.answer) {
        return Outcome::HandOver { confidence };
    }
    if confidence >= thresholds.answer {
        return Outcome::Answer { candidate: candidates.remove(0), confidence };
    }
    // Who is far behind is no choice; and one alone is no question.
    let best = candidates[0].score;
    let close = candidates.iter().take_while(|candidate| candidate.score > 0.5 * best).count();
    candidates.truncate(close.clamp(2, CHOICES));
    if candidates.len() < 2 {
        Outcome::HandOver { confidence }
    } else {
        Outcome::Offer { candidates, confidence }
    }
}

/// Whether a candidate says enough of what was asked, or one of its own questions means nearly the same. What says little
/// and means something else is no answer, however far behind the others are.
pub fn fits(candidate: &Candidate) -> bool {
    fit(candidate) >= 1.0
}

/// How much of what it must say a candidate says, at most 1.
fn fit(candidate: &Candidate) -> f32 {
    match candidate.likeness {
        Some(likeness) if likeness.nearest >= NEAR => 1.0,
        _ if candidate.hit.signals.near >= NEAR => 1.0,
        _ => (candidate.hit.signals.coverage / COVERED).clamp(0.0, 1.0),
    }
}

/// The candidates that may be right, the likeliest first, each with how likely it is: at least `least`, at most `most` of
/// them, for somebody who reads them first. What says little of what was asked is the less likely for it, and as only one
/// is right, together they are at most certain.
pub fn likely_ones(mut candidates: Vec<Candidate>, least: f32, most: usize) -> Vec<(Candidate, f32)> {
    let mut left = 1.0_f32;
    let mut found = Vec::new();
    while !candidates.is_empty() && found.len() < most && left >= least {
        let calibrator = shipped_calibrator(candidates[0].likeness.as_ref());
        let confidence = calibrator.confidence(&evidence(&candidates));
        let first = candidates.remove(0);
        let confidence = (confidence * fit(&first)).min(left);
        if confidence >= least {
            left -= confidence;
            found.push((first, confidence));
        }
    }
    found.sort_by(|one, other| other.1.total_cmp(&one.1));
    found
}

/// The sentence of a passage that says most about a question, in bytes of the passage: what is quoted of a long one.
/// The whole passage when it has no sentence with a word of the question.
pub fn best_sentence(question: &str, passage: &str) -> Range<usize> {
    let asked: Vec<u64> = lexemes(question, None, None)
        .all
        .into_iter()
        .filter(|lexeme| !lexeme.asks)
        .flat_map(|lexeme| lexeme.stem.into_iter().chain(lexeme.parts))
        .collect();
    let shared = |range: &Range<usize>| {
        let words = lexemes(&passage[range.clone()], None, None).all;
        let all: Vec<u64> =
            words.iter().flat_map(|lexeme| lexeme.stem.into_iter().chain(lexeme.parts.clone())).collect();
        let found = asked.iter().filter(|term| all.contains(term)).count();
        found as f32 / (8.0 + words.len() as f32).sqrt()
    };
    let ranked =
        sentences(passage).into_iter().map(|range| (shared(&range), range)).filter(|(share, _)| *share > 0.0);
    let best = ranked.reduce(|one, other| if other.0 > one.0 { other } else { one });
    best.map_or(0..passage.len(), |(_, range)| range)
}

/// The calibrator that comes with the program, until a workspace has feedback of its own, for a first candidate with this
/// likeness. What has questions of its own is judged by them, also where its text was found; on passages of articles, and
/// where a sentence model speaks, other evidence counts.
pub fn shipped_calibrator(likeness: Option<&Likeness>) -> Calibrator {
    let (bias, weights) = match likeness {
        Some(Likeness { sentence_model: true, .. }) => BY_MEANT_QUESTIONS,
        Some(_) => BY_QUESTIONS,
        None => BY_PASSAGES,
    };
    Calibrator { bias, weights: weights.to_vec() }
}

/// Learned on `faq_banking_en` by `cargo xtask eval answers`, which prints them.
const BY_QUESTIONS: (f32, [f32; EVIDENCE]) =
    (-3.168, [0.753, 2.193, -0.032, -0.643, -0.938, -1.118, 0.976, 0.619]);
/// The same with all-MiniLM-L6-v2 as the sentence model.
const BY_MEANT_QUESTIONS: (f32, [f32; EVIDENCE]) =
    (-3.215, [1.333, 2.32, 0.24, -0.458, -1.49, 0.4, 0.649, -0.01]);
/// Learned on passages of three languages, half of the questions without their passage.
const BY_PASSAGES: (f32, [f32; EVIDENCE]) = (-0.95, [0.63, 3.89, 2.62, 2.0, 2.77, 3.89, 0.0, -1.9]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Article;
    use crate::questions::shipped;

    fn desk() -> (KnowledgeIndex, Questions) {
        let mut index = KnowledgeIndex::default();
        let all = [
            (1, ["How do I get my money back?", "I want a refund"]),
            (2, ["How do I change my address?", "I have moved"]),
            (3, ["I forgot my password", "How can I reset the password"]),
        ];
        let all = all.map(|(id, questions)| (id, questions.map(str::to_owned)));
        for (id, questions) in &all {
            let article =
                Article { id: *id, text: "Some text.", questions, public: *id != 3, ..Article::default() };
            index.upsert(&article).expect("there is room");
        }
        (index, Questions::learn_shipped(all.iter().map(|(id, questions)| (*id, questions.as_slice()))))
    }

    fn asked(question: &str, filter: &Filter) -> Vec<Candidate> {
        let (index, questions) = desk();
        candidates(&index, &questions, shipped(), question, None, filter)
    }

    #[test]
    fn the_right_answer_comes_first_and_nothing_hidden_is_offered() {
        assert_eq!(asked("please pay the money back", &Filter::default())[0].hit.article, 1);
        assert_eq!(asked("reset password", &Filter::default())[0].hit.article, 3);
        let public = Filter { public_only: true, ..Filter::default() };
        assert!(asked("reset password", &public).iter().all(|candidate| candidate.hit.article != 3));
    }

    #[test]
    fn three_outcomes_by_confidence() {
        let sure = Calibrator { bias: 9.0, weights: vec![0.0; EVIDENCE] };
        let unsure = Calibrator { bias: 0.0, ..sure.clone() };
        let doubting = Calibrator { bias: -9.0, ..sure.clone() };
        let found = || asked("reset password", &Filter::default());
        let thresholds = Thresholds::default();
        assert!(
            matches!(decide(found(), &sure, &thresholds), Outcome::Answer { candidate, .. } if candidate.hit.article == 3)
        );
        assert!(
            matches!(decide(found(), &unsure, &thresholds), Outcome::Offer { candidates, .. } if (2..=3).contains(&candidates.len()))
        );
        assert!(matches!(decide(found(), &doubting, &thresholds), Outcome::HandOver { .. }));
        assert_eq!(decide(Vec::new(), &sure, &thresholds), Outcome::HandOver { confidence: 0.0 });
    }

    #[test]
    fn a_clear_question_is_answered_out_of_the_box_and_another_is_not() {
        let confidence = |question: &str| {
            shipped_calibrator(Some(&Likeness::default()))
                .confidence(&evidence(&asked(question, &Filter::default())))
        };
        assert!(confidence("I forgot my password") > 0.7, "{}", confidence("I forgot my password"));
        assert!(confidence("which football team won yesterday") < 0.4);
    }

    #[test]
    fn beside_a_sentence_model_the_words_of_questions_count_once_and_other_evidence_counts() {
        let words = Likeness { head: 0.8, nearest: 0.5, mean: 0.4, sentence_model: false };
        let meant = Likeness { sentence_model: true, ..words };
        assert_eq!(likely(&meant), likely(&Likeness { head: -1.0, ..words }));
        assert_eq!(likely(&meant), likely(&Likeness { head: 0.3, ..meant }));
        let shipped = [Some(&words), Some(&meant), None].map(shipped_calibrator);
        assert!(shipped[0] != shipped[1] && shipped[1] != shipped[2] && shipped[0] != shipped[2]);
    }

    #[test]
    fn those_that_may_be_right_are_together_at_most_certain() {
        let likely = likely_ones(asked("I forgot my password", &Filter::default()), 0.1, 3);
        assert_eq!(likely[0].0.hit.article, 3);
        let sum: f32 = likely.iter().map(|one| one.1).sum();
        assert!(likely[0].1 > 0.7 && sum <= 1.0 + 1e-6, "{likely:?}");
        assert!(likely_ones(asked("which football team won", &Filter::default()), 0.3, 3).is_empty());
    }

    #[test]
    fn the_sentence_that_answers_is_quoted() {
        let passage = "We sell shoes. Refunds are paid within five days. Our shop is in Bremen.";
        assert_eq!(
            &passage[best_sentence("when is a refund paid?", passage)],
            "Refunds are paid within five days."
        );
        assert_eq!(best_sentence("xyz", passage), 0..passage.len());
    }
}
