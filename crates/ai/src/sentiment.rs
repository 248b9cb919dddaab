//! The mood of a text: which of three, how strong, how sure. A list of words with their company — negation, degree,
//! contrast, signs — decides; for Indonesian a learned model.

use std::sync::LazyLock;

use crate::feature::Features;
use crate::head::Head;
use crate::language::Language;
use crate::lexicon::{Hit, Kind, Lexicon, Reading};

/// The mood of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mood {
    /// Dissatisfied, sad, angry.
    Negative,
    /// Neither.
    Neutral,
    /// Satisfied, glad, grateful.
    Positive,
}

/// The moods in the order of their numbers.
pub const MOODS: [Mood; 3] = [Mood::Negative, Mood::Neutral, Mood::Positive];

/// What a text sounds like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sentiment {
    /// Which mood.
    pub mood: Mood,
    /// From -1, furious, to 1, delighted.
    pub strength: f32,
    /// How probable the mood is, from 0 to 1.
    pub confidence: f32,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    Lexicon::read(&[
        include_str!("../lexica/mood_en.txt"),
        include_str!("../lexica/mood_zh.txt"),
        include_str!("../lexica/mood_more.txt"),
    ])
});
static INDONESIAN: LazyLock<Option<Head>> =
    LazyLock::new(|| Head::from_bytes(include_bytes!("../models/sentiment/indonesian.bin")).ok());

/// How far before a word what negates or strengthens it may stand, in words.
const WINDOW: usize = 3;
/// The same in characters of scripts without spaces.
const SIGN_WINDOW: usize = 4;
/// What a negated value is multiplied by.
const NEGATED: f32 = -0.7;
/// What values before a `but` are multiplied by, and those after.
const CONTRAST: (f32, f32) = (0.5, 1.3);
/// How large a sum must be to be a mood.
const LEAST: f32 = 0.65;

/// What a text sounds like. The language says which model reads it, where it is known.
#[must_use]
pub fn sentiment(text: &str, language: Option<Language>) -> Sentiment {
    if language == Some(Language::Id)
        && let Some(head) = INDONESIAN.as_ref()
    {
        return learned(head, &Features::of(text));
    }
    by_words(&Reading::of(text))
}

/// The mood by the words of a text.
pub(crate) fn by_words(reading: &Reading) -> Sentiment {
    let hits = LEXICON.find(reading);
    let last_contrast = hits.iter().filter(|hit| hit.group == 'c').map(|hit| hit.token).next_back();
    let mut sum = 0.0;
    let mut weight = 0.0;
    for (place, hit) in hits.iter().enumerate().filter(|(_, hit)| hit.group == 'v') {
        let mut value = hit.value * company(reading, &hits, place);
        if reading.tokens[hit.token].loud {
            value *= 1.3;
        }
        if let Some(contrast) = last_contrast {
            value *= if hit.token < contrast { CONTRAST.0 } else { CONTRAST.1 };
        }
        sum += value;
        weight += value.abs();
    }
    sum *= 1.0 + reading.cries.min(3) as f32 * 0.1;
    // Who asks often only names what could be: "is it good?"
    if reading.asks && reading.cries == 0 {
        sum *= 0.75;
    }
    let strength = sum / (sum * sum + 12.0).sqrt();
    let mood = if sum >= LEAST {
        Mood::Positive
    } else if sum <= -LEAST {
        Mood::Negative
    } else {
        Mood::Neutral
    };
    // Agreement of the words, and how many there are.
    let agreement = if weight > 0.0 { sum.abs() / weight } else { 1.0 };
    let confidence = match mood {
        Mood::Neutral => 0.62 - 0.1 * (sum.abs() / LEAST) - if weight > 2.0 { 0.1 } else { 0.0 },
        _ => 0.52 + 0.28 * strength.abs() + 0.15 * agreement.min(1.0),
    };
    Sentiment { mood, strength, confidence }
}

/// What the words before a word make of it.
fn company(reading: &Reading, hits: &[Hit], place: usize) -> f32 {
    let hit = hits[place];
    let window = if reading.tokens[hit.token].kind == Kind::Sign { SIGN_WINDOW } else { WINDOW };
    let mut factor = 1.0;
    for before in hits[..place].iter().rev() {
        let end = before.token + before.length;
        let between = &reading.tokens[end..hit.token];
        if between.len() > window || between.iter().any(|token| token.kind == Kind::Break) {
            break;
        }
        match before.group {
            'n' => factor *= NEGATED,
            'd' if between.len() < 2 => factor *= before.value,
            // A word of its own mood takes what stands before it.
            'v' if between.len() > 1 => break,
            'c' => break,
            _ => {}
        }
    }
    factor
}

fn learned(head: &Head, features: &Features) -> Sentiment {
    let shares = head.shares(features);
    let best = (0..3).max_by(|one, other| shares[*one].total_cmp(&shares[*other])).unwrap_or(1);
    Sentiment { mood: MOODS[best], strength: shares[2] - shares[0], confidence: shares[best] }
}

/// How a conversation goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// The strength now: later turns count more.
    pub now: f32,
    /// How it changed: above zero it gets better.
    pub trend: f32,
    /// The lowest strength of any turn.
    pub lowest: f32,
    /// Whether it became clearly worse and is bad now.
    pub souring: bool,
}

/// How much an older turn counts against the next one.
const FADING: f32 = 0.6;

/// The course of the moods of a person's turns, oldest first; nothing without turns.
#[must_use]
pub fn course(turns: &[Sentiment]) -> Option<Course> {
    let lowest = turns.iter().map(|turn| turn.strength).reduce(f32::min)?;
    let faded = |turns: &[Sentiment]| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for turn in turns {
            sum = sum * FADING + turn.strength;
            weights = weights * FADING + 1.0;
        }
        sum / f32::max(weights, 1.0)
    };
    let now = faded(turns);
    let before = faded(&turns[..turns.len().div_ceil(2)]);
    let trend = if turns.len() < 2 { 0.0 } else { now - before };
    Some(Course { now, trend, lowest, souring: trend < -0.2 && now < -0.2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mood(text: &str) -> Mood {
        sentiment(text, None).mood
    }

    #[test]
    fn words_tell_the_mood() {
        for text in [
            "Great service, thank you so much!",
            "The room was clean and the staff was friendly",
            "服务很好，非常满意",
            "東西很好，謝謝",
            "不错，推荐购买",
            "😍😍",
            "no problems at all, works perfectly",
            "I can't complain",
        ] {
            assert_eq!(mood(text), Mood::Positive, "{text}");
        }
        for text in [
            "This is the worst service I have ever had",
            "not good at all",
            "I am not happy with this",
            "质量太差了，退货",
            "一点都不好用",
            "等了三个小时，客服态度恶劣",
            "The food was good but the waiter was rude and it took forever",
            "包装不错，但是东西是坏的",
            "my order still hasn't arrived",
            "😡",
        ] {
            assert_eq!(mood(text), Mood::Negative, "{text}");
        }
        for text in ["Where is your shop?", "请问几点开门？", "I ordered two shirts on Monday", "好的", ""]
        {
            assert_eq!(mood(text), Mood::Neutral, "{text}");
        }
    }

    #[test]
    fn degree_counts() {
        let strength = |text| sentiment(text, None).strength;
        assert!(strength("very good") > strength("good"));
        assert!(strength("somewhat good") < strength("good"));
        assert!(strength("非常满意") > strength("满意"));
        assert!(strength("TERRIBLE!!!") < strength("terrible"));
        assert!(strength("not bad") > 0.0);
    }

    #[test]
    fn a_conversation_that_turns_sour_is_seen() {
        let turns = |texts: &[&str]| texts.iter().map(|text| sentiment(text, None)).collect::<Vec<_>>();
        let sour = course(&turns(&["Hello, thanks for your help", "it is still broken", "this is terrible"]))
            .unwrap();
        assert!(sour.souring && sour.trend < 0.0, "{sour:?}");
        let sweet = course(&turns(&["this is terrible", "ok", "wonderful, thank you"])).unwrap();
        assert!(!sweet.souring && sweet.trend > 0.0 && sweet.lowest < 0.0, "{sweet:?}");
        assert_eq!(course(&[]), None);
    }
}
