//! Checks a text that a model wrote against the passages that it was given: each sentence must be supported by one of
//! them, and numbers and names must occur there as they are.

use std::collections::HashSet;
use std::ops::Range;

use crate::figure::figure;
use crate::lexeme::{Lexemes, lexemes};
use crate::passage::sentences;
use crate::word::{Word, keys, words};

/// How much of a sentence must stand in its passage.
const SUPPORTED: f32 = 0.55;
/// With so few words there is nothing to support: `Of course!`
const EMPTY: usize = 3;

/// One sentence of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    /// The passage that supports it most; `None` when no passage has anything of it.
    pub passage: Option<usize>,
    /// How much of it stands there, between 0 and 1.
    pub share: f32,
    /// Numbers and names of the sentence that stand in no passage, as they are written.
    pub unknown: Vec<String>,
    /// Whether it says anything that could stand in a passage; `Of course!` does not.
    pub says: bool,
    /// Whether the passages support it.
    pub supported: bool,
}

/// Checks a text sentence by sentence. `question` may say names and numbers that a sentence repeats.
pub fn check(text: &str, question: &str, passages: &[&str]) -> Vec<Checked> {
    let read: Vec<HashSet<u64>> =
        passages.iter().map(|passage| terms(&lexemes(passage, None, None))).collect();
    let mut known: HashSet<String> = keys(question).into_iter().collect();
    known.extend(passages.iter().flat_map(|passage| keys(passage)));
    // Five and 5 are the same number.
    let figures: Vec<String> = known.iter().filter_map(|key| figure(key)).collect();
    known.extend(figures);
    sentences(text).into_iter().map(|range| sentence(&text[range.clone()], range, &read, &known)).collect()
}

fn sentence(text: &str, range: Range<usize>, passages: &[HashSet<u64>], known: &HashSet<String>) -> Checked {
    let mut said = lexemes(text, None, None);
    said.all.retain(|lexeme| !lexeme.asks);
    let wanted = terms(&said);
    let share =
        |passage: &HashSet<u64>| wanted.intersection(passage).count() as f32 / wanted.len().max(1) as f32;
    let best = passages.iter().map(share).enumerate().filter(|(_, share)| *share > 0.0);
    let best = best.reduce(|one, other| if other.1 > one.1 { other } else { one });
    let spoken = words(text);
    let strict = |(place, word): &(usize, &Word)| is_strict(text, *place, word);
    let strict = spoken.iter().enumerate().filter(strict).map(|(_, word)| word);
    let unknown: Vec<String> = strict
        .filter(|word| !known.contains(&word.key))
        .filter(|word| !figure(&word.key).is_some_and(|value| known.contains(&value)))
        .map(|word| text[word.from..word.to].to_owned())
        .collect();
    let share = best.map_or(0.0, |(_, share)| share);
    let has_figure = spoken.iter().any(|word| figure(&word.key).is_some());
    let says = share >= SUPPORTED || !unknown.is_empty() || said.all.len() > EMPTY || has_figure;
    let supported = unknown.is_empty() && (share >= SUPPORTED || !says);
    Checked { range, passage: best.map(|(passage, _)| passage), share, unknown, says, supported }
}

/// What of a text must stand in its passage: stems and pairs of characters.
fn terms(read: &Lexemes) -> HashSet<u64> {
    read.all.iter().map(|lexeme| lexeme.stem.unwrap_or(lexeme.word)).collect()
}

/// Whether a word must occur as it is: a number, or a name, which is written with a capital inside of a sentence.
fn is_strict(text: &str, place: usize, word: &Word) -> bool {
    let written = &text[word.from..word.to];
    let capital = written.chars().next().is_some_and(char::is_uppercase);
    figure(&word.key).is_some() || (capital && place > 0 && written.chars().count() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSAGES: [&str; 2] = [
        "Refunds are paid within 14 days to the card that you used. Write to Bremen for vouchers.",
        "退款会在7天内退回原支付账户。",
    ];

    fn supported(text: &str) -> Vec<bool> {
        check(text, "When does Anna get her refund?", &PASSAGES)
            .into_iter()
            .map(|one| one.supported)
            .collect()
    }

    #[test]
    fn what_the_passages_say_is_supported() {
        assert_eq!(
            supported("Refunds are paid within 14 days. They go to the card that you used."),
            [true, true]
        );
        assert_eq!(supported("退款会在7天内退回原账户。"), [true]);
        assert_eq!(check(PASSAGES[1], "", &PASSAGES)[0].passage, Some(1));
        assert_eq!(supported("Of course!"), [true]);
    }

    #[test]
    fn another_number_or_name_is_not() {
        let checked = check("Refunds are paid within 30 days.", "", &PASSAGES);
        assert!(!checked[0].supported);
        assert_eq!(checked[0].unknown, ["30"]);
        assert_eq!(supported("Refunds are paid within two days."), [false]);
        assert_eq!(supported("Refunds are paid within fourteen days."), [true]);
        assert_eq!(supported("Refunds are paid by Hamburg within 14 days."), [false]);
        assert_eq!(supported("For Anna refunds are paid within 14 days."), [true]);
        assert_eq!(supported("退款会在3天内退回原账户。"), [false]);
    }

    #[test]
    fn what_is_made_up_is_not() {
        assert_eq!(supported("We also give every customer a free phone and a holiday."), [false]);
        assert_eq!(check("Anything.", "", &[])[0].passage, None);
    }
}
