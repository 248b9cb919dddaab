//! Cuts a text into passages: pieces that are short enough to be an answer and long enough to be understood.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// How many characters of a script with spaces a passage has at most; of a script without spaces it has a third, which
/// says as much.
const LONGEST: usize = 1_200;
/// A paragraph that is shorter than this goes with its neighbour.
const SHORTEST: usize = 60;

/// The passages of a text, in bytes, in their order and apart. Paragraphs stay whole when they fit; longer ones are
/// cut between sentences, and a sentence that does not fit is cut between words. A heading goes with what follows it.
pub fn passages(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for paragraph in paragraphs(text) {
        let short = weight(&text[paragraph.clone()]) < SHORTEST;
        match found.last_mut() {
            Some(last)
                if fits(text, last, &paragraph) && (short || weight(&text[last.clone()]) < SHORTEST) =>
            {
                last.end = paragraph.end;
            }
            _ => found.push(paragraph),
        }
    }
    found.into_iter().flat_map(|paragraph| cut(text, paragraph)).collect()
}

/// The sentences of a text, in bytes, without the space around them.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (from, sentence) in text.split_sentence_bound_indices() {
        // The standard ends a sentence at a full stop before a capital, also after `Dr.` and `St.`.
        let goes_on = found.last().is_some_and(|last| ends_in_abbreviation(&text[last.clone()]));
        let Some(range) = trimmed(text, from..from + sentence.len()) else { continue };
        match found.last_mut() {
            Some(last) if goes_on => last.end = range.end,
            _ => found.push(range),
        }
    }
    found
}

/// Whether a sentence ends in what is rather a short form: one capital letter or a title, and a full stop.
fn ends_in_abbreviation(sentence: &str) -> bool {
    let Some(word) = sentence.strip_suffix('.') else { return false };
    let word = word.rsplit(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
    let mut letters = word.chars();
    let first_is_capital = letters.next().is_some_and(char::is_uppercase);
    first_is_capital
        && (word.chars().count() == 1
            || matches!(word, "Dr" | "Mr" | "Mrs" | "Ms" | "St" | "Sr" | "Sra" | "Nr" | "No" | "Prof" | "Jr"))
}

/// The paragraphs: what stands between empty lines; a line that begins a list item or a heading begins one too.
fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let range = from..from + line.len();
        from = range.end;
        let Some(range) = trimmed(text, range) else {
            open = false;
            continue;
        };
        let begins = text[range.clone()].starts_with('#');
        match found.last_mut() {
            Some(last) if open && !begins => last.end = range.end,
            _ => found.push(range),
        }
        open = true;
    }
    found
}

fn cut(text: &str, paragraph: Range<usize>) -> Vec<Range<usize>> {
    if weight(&text[paragraph.clone()]) <= LONGEST {
        return vec![paragraph];
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    for sentence in sentences(&text[paragraph.clone()]) {
        let sentence = paragraph.start + sentence.start..paragraph.start + sentence.end;
        for piece in pieces(text, sentence) {
            match found.last_mut() {
                Some(last) if fits(text, last, &piece) => last.end = piece.end,
                _ => found.push(piece),
            }
        }
    }
    found
}

/// A sentence that is too long for a passage, cut between words.
fn pieces(text: &str, sentence: Range<usize>) -> Vec<Range<usize>> {
    if weight(&text[sentence.clone()]) <= LONGEST {
        return vec![sentence];
    }
    let mut found = Vec::new();
    let mut from = sentence.start;
    let mut load = 0;
    for (at, word) in text[sentence.clone()].split_word_bound_indices() {
        let at = sentence.start + at;
        let more = weight(word);
        if load + more > LONGEST && at > from {
            found.extend(trimmed(text, from..at));
            from = at;
            load = 0;
        }
        load += more;
    }
    found.extend(trimmed(text, from..sentence.end));
    found
}

fn fits(text: &str, first: &Range<usize>, second: &Range<usize>) -> bool {
    weight(&text[first.start..second.end]) <= LONGEST
}

/// How much a text says, in characters of a script with spaces.
fn weight(text: &str) -> usize {
    text.chars().map(|letter| if crate::word::is_unspaced(letter) { 3 } else { 1 }).sum()
}

fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let piece = &text[range.clone()];
    let from = range.start + (piece.len() - piece.trim_start().len());
    let to = from + piece.trim().len();
    (from < to).then_some(from..to)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<&str> {
        passages(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn paragraphs_stay_whole_and_headings_go_with_what_follows() {
        let long = "We send the money back within five working days after the parcel has arrived with us.";
        let text = format!("# Refunds\n\n{long}\n\n{long}\n{long}\n");
        assert_eq!(shown(&text), [format!("# Refunds\n\n{long}"), format!("{long}\n{long}")]);
    }

    #[test]
    fn a_long_paragraph_is_cut_between_sentences() {
        let text = "The parcel is on its way to you. ".repeat(80);
        let found = shown(&text);
        assert!(found.len() > 1);
        assert!(found.iter().all(|passage| passage.ends_with("to you.") && passage.len() <= LONGEST));
    }

    #[test]
    fn a_sentence_without_end_is_cut_between_words() {
        let text = "word ".repeat(1_000);
        assert!(shown(&text).iter().all(|passage| passage.len() <= LONGEST && passage.ends_with("word")));
    }

    #[test]
    fn sentences_end_where_they_end() {
        let text = "Write to Dr. Smith. He answers! 你好。我们明天发货。";
        let found: Vec<_> = sentences(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["Write to Dr. Smith.", "He answers!", "你好。", "我们明天发货。"]);
    }

    proptest! {
        #[test]
        fn passages_hold_every_letter_once(text in "[a-z .\\n退款。#]{0,1800}") {
            let kept: String = shown(&text).concat().split_whitespace().collect();
            let all: String = text.split_whitespace().collect();
            prop_assert_eq!(kept, all);
        }
    }
}
