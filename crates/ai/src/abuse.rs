//! Profanity, harassment and threats.

use std::sync::LazyLock;

use crate::lexicon::{Lexicon, Reading};

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(&[include_str!("../lexica/abuse.txt")]));

/// How probable each kind of abuse is in a text, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Abuse {
    /// Swearing, at whatever.
    pub profanity: f32,
    /// Insults or advances against a person.
    pub harassment: f32,
    /// Announced violence.
    pub threat: f32,
}

impl Abuse {
    /// The greatest of the three.
    #[must_use]
    pub fn most(&self) -> f32 {
        self.profanity.max(self.harassment).max(self.threat)
    }
}

/// The abuse in a text by its words.
#[must_use]
pub fn abuse(text: &str) -> Abuse {
    by_words(&Reading::of(text))
}

pub(crate) fn by_words(reading: &Reading) -> Abuse {
    let mut abuse = Abuse::default();
    for hit in LEXICON.find(reading) {
        let kind = match hit.group {
            't' => &mut abuse.threat,
            'h' => &mut abuse.harassment,
            _ => &mut abuse.profanity,
        };
        // Two that agree are surer than one.
        *kind = 1.0 - (1.0 - *kind) * (1.0 - hit.value);
    }
    abuse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found() {
        assert!(abuse("this is bullshit").profanity > 0.5);
        assert!(abuse("他妈的怎么还没到").profanity > 0.5);
        assert!(abuse("You are an idiot, fuck you").harassment > 0.5);
        assert!(abuse("你们客服都是废物，滚").harassment > 0.5);
        assert!(abuse("I know where you live, I will find you").threat > 0.5);
        assert!(abuse("你等着，我弄死你").threat > 0.5);
        assert!(abuse("te voy a matar, cabrón").threat > 0.5);
    }

    #[test]
    fn anger_without_abuse_is_none() {
        for text in [
            "This is unacceptable, I want my money back",
            "太差了，我要投诉你们",
            "Scunthorpe is where I live, can you deliver to Essex?",
            "My dog's name is Lucky, does the bath bombshell smell?",
            "老板，水滚了吗",
        ] {
            let found = abuse(text);
            assert!(found.most() < 0.9 && found.threat == 0.0, "{text}: {found:?}");
        }
        assert_eq!(abuse("This is unacceptable, I want my money back"), Abuse::default());
    }
}
