//! How pressing a message is.

use std::sync::LazyLock;

use crate::lexicon::{Lexicon, Reading};

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(&[include_str!("../lexica/urgency.txt")]));

/// How pressing something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It says that it may wait.
    Low,
    /// Nothing is said.
    Normal,
    /// It says that it is pressing.
    High,
    /// Somebody may be in danger.
    Danger,
}

/// How pressing a message is, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Urgency {
    /// How pressing.
    pub level: Level,
    /// How probable the level is, from 0 to 1.
    pub confidence: f32,
}

/// How pressing a text is by its words.
#[must_use]
pub fn urgency(text: &str) -> Urgency {
    by_words(&Reading::of(text))
}

pub(crate) fn by_words(reading: &Reading) -> Urgency {
    let mut calm = 1.0;
    let mut waits = 0.0_f32;
    let mut danger = 0.0_f32;
    for hit in LEXICON.find(reading) {
        match hit.group {
            'x' => danger = danger.max(hit.value),
            'r' => waits = waits.max(-hit.value),
            _ => calm *= 1.0 - hit.value,
        }
    }
    let loud = reading.tokens.iter().filter(|token| token.loud).count();
    if loud >= 3 {
        calm *= 0.85;
    }
    if reading.cries >= 2 {
        calm *= 0.8;
    }
    let pressing = (1.0 - calm) * (1.0 - waits);
    if danger > 0.0 && waits == 0.0 {
        Urgency { level: Level::Danger, confidence: danger * 0.8 }
    } else if pressing >= 0.6 {
        Urgency { level: Level::High, confidence: 0.5 + pressing * 0.45 }
    } else if waits > 0.0 && pressing < 0.3 {
        Urgency { level: Level::Low, confidence: 0.75 }
    } else {
        Urgency { level: Level::Normal, confidence: 0.9 - pressing * 0.6 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pressing_is_told_from_what_waits() {
        for (text, expected) in [
            ("URGENT: my card was stolen, block it now!!", Level::High),
            ("I need this by tomorrow, please respond asap", Level::High),
            ("很急，请马上处理", Level::High),
            ("Es ist dringend, bitte sofort melden", Level::High),
            ("Es urgente, lo necesito cuanto antes", Level::High),
            ("The charger exploded and there is smoke", Level::Danger),
            ("充电器冒烟了，差点着火", Level::Danger),
            ("No rush, whenever you can", Level::Low),
            ("不急，有空的时候看一下就行", Level::Low),
            ("Do you have this in blue?", Level::Normal),
            ("请问几点开门", Level::Normal),
            ("", Level::Normal),
        ] {
            assert_eq!(urgency(text).level, expected, "{text}");
        }
    }
}
