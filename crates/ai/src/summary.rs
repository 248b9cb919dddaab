//! The sentences of a long conversation that say what it is about: no sentence is made up.

use std::collections::HashMap;
use std::ops::Range;

use crate::lexeme::lexemes;
use crate::passage::sentences;

/// The most sentences that are compared with each other; of a longer conversation the first and the last ones.
const MOST: usize = 240;
/// How often importance is passed on between sentences.
const ROUNDS: usize = 20;
/// How much of a sentence's importance comes from those that are like it.
const SHARED: f32 = 0.85;

/// One message of a conversation.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// What was said.
    pub text: &'a str,
    /// Whether the customer said it.
    pub customer: bool,
}

/// A sentence of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// In which message.
    pub message: usize,
    /// Where in it, in bytes.
    pub range: Range<usize>,
    /// How much it says, against the others.
    pub weight: f32,
}

/// A sentence while it is judged.
struct Sentence {
    point: Point,
    terms: HashMap<u64, f32>,
    customer: bool,
}

/// The sentences that together say most of what a conversation is about, at most `most`, in their order.
///
/// Importance is passed on between sentences with the same rare words; what a customer asks, the first and the last
/// that is said, and what has a number in it count more; what says the same as a chosen one is left out.
pub fn summary(conversation: &[Said<'_>], most: usize) -> Vec<Point> {
    let mut all = read(conversation);
    let ranks = ranks(&all);
    let last = conversation.len().saturating_sub(1).max(1) as f32;
    let first = conversation.iter().position(|said| said.customer && said.text.chars().count() > 20);
    for (sentence, rank) in all.iter_mut().zip(ranks) {
        let text = &conversation[sentence.point.message].text[sentence.point.range.clone()];
        let place = sentence.point.message as f32 / last;
        let mut weight = rank * (1.0 + 0.4 * (2.0 * place - 1.0).powi(2));
        let cues = [
            (sentence.customer, 1.2),
            (Some(sentence.point.message) == first, 1.5),
            (text.ends_with(['?', '？', '؟']), 1.2),
            (text.chars().any(char::is_numeric), 1.25),
        ];
        for (holds, factor) in cues {
            weight *= if holds { factor } else { 1.0 };
        }
        // A greeting or thanks has too few words to say something.
        sentence.point.weight = weight * (sentence.terms.len() as f32 / 6.0).min(1.0);
    }
    choose(all, most)
}

fn choose(mut all: Vec<Sentence>, most: usize) -> Vec<Point> {
    let mut chosen: Vec<Sentence> = Vec::new();
    while chosen.len() < most {
        let news = |sentence: &Sentence| {
            let told = chosen.iter().map(|one| alike(&one.terms, &sentence.terms)).fold(0.0, f32::max);
            sentence.point.weight * (1.0 - told)
        };
        let best = all.iter().map(news).enumerate().filter(|(_, weight)| *weight > 0.0);
        let best = best.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)));
        let Some((place, _)) = best else { break };
        chosen.push(all.remove(place));
    }
    let mut points: Vec<Point> = chosen.into_iter().map(|sentence| sentence.point).collect();
    points.sort_by_key(|point| (point.message, point.range.start));
    points
}

fn read(conversation: &[Said<'_>]) -> Vec<Sentence> {
    let mut all = Vec::new();
    for (message, said) in conversation.iter().enumerate() {
        for range in sentences(said.text) {
            let mut terms: HashMap<u64, f32> = HashMap::new();
            for lexeme in lexemes(&said.text[range.clone()], None, None).all {
                let share = if lexeme.asks { 0.2 } else { 1.0 };
                *terms.entry(lexeme.stem.unwrap_or(lexeme.word)).or_default() += share;
            }
            all.push(Sentence {
                point: Point { message, range, weight: 0.0 },
                terms,
                customer: said.customer,
            });
        }
    }
    if all.len() > MOST {
        all.drain(MOST / 2..all.len() - MOST / 2);
    }
    let mut seen: HashMap<u64, f32> = HashMap::new();
    for term in all.iter().flat_map(|sentence| sentence.terms.keys()) {
        *seen.entry(*term).or_default() += 1.0;
    }
    let count = all.len() as f32;
    for sentence in &mut all {
        for (term, share) in &mut sentence.terms {
            *share *= (1.0 + count / seen[term]).ln();
        }
    }
    all
}

/// How important each sentence is: those count that are like others that count.
fn ranks(all: &[Sentence]) -> Vec<f32> {
    let mut ties: Vec<Vec<(usize, f32)>> = vec![Vec::new(); all.len()];
    for one in 0..all.len() {
        for other in one + 1..all.len() {
            let alike = alike(&all[one].terms, &all[other].terms);
            if alike > 0.0 {
                ties[one].push((other, alike));
                ties[other].push((one, alike));
            }
        }
    }
    let sums: Vec<f32> = ties.iter().map(|ties| ties.iter().map(|tie| tie.1).sum()).collect();
    let mut ranks = vec![1.0_f32; all.len()];
    for _ in 0..ROUNDS {
        let passed = |ties: &Vec<(usize, f32)>| -> f32 {
            ties.iter().map(|(other, alike)| ranks[*other] * alike / sums[*other]).sum()
        };
        ranks = ties.iter().map(|ties| 1.0 - SHARED + SHARED * passed(ties)).collect();
    }
    ranks
}

fn alike(one: &HashMap<u64, f32>, other: &HashMap<u64, f32>) -> f32 {
    let length = |terms: &HashMap<u64, f32>| terms.values().map(|share| share * share).sum::<f32>().sqrt();
    let shared: f32 = one.iter().filter_map(|(term, share)| other.get(term).map(|there| share * there)).sum();
    shared / (length(one) * length(other)).max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(conversation: &[(&'static str, bool)], most: usize) -> Vec<&'static str> {
        let said: Vec<Said<'_>> =
            conversation.iter().map(|(text, customer)| Said { text, customer: *customer }).collect();
        summary(&said, most).into_iter().map(|point| &conversation[point.message].0[point.range]).collect()
    }

    #[test]
    fn what_it_is_about_is_told_and_greetings_are_not() {
        let conversation = [
            ("Hi there!", true),
            ("My order BH-10422 arrived with a broken screen. The phone does not turn on.", true),
            ("Hello, thanks for writing.", false),
            ("I am sorry to hear that the screen is broken. Would you like a refund or a new phone?", false),
            ("Hm.", true),
            ("I would like a new phone for order BH-10422, not a refund.", true),
            ("Thanks!", false),
            ("The new phone will be sent on Monday.", false),
            ("Great, bye", true),
        ];
        let found = shown(&conversation, 3);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], "My order BH-10422 arrived with a broken screen.");
        assert!(found.iter().any(|sentence| sentence.contains("new phone")), "{found:?}");
        assert!(!found.iter().any(|sentence| sentence.starts_with('H') || sentence.starts_with("Thanks")));
    }

    #[test]
    fn chinese_is_cut_and_judged_as_well() {
        let conversation = [
            ("你好。", true),
            ("我的订单10422还没有收到。", true),
            ("好的。", false),
            ("订单10422明天送到。", false),
        ];
        assert_eq!(shown(&conversation, 2), ["我的订单10422还没有收到。", "订单10422明天送到。"]);
    }

    #[test]
    fn nothing_said_is_nothing_told() {
        assert!(summary(&[], 3).is_empty());
        assert!(summary(&[Said { text: "  ", customer: true }], 3).is_empty());
    }
}
