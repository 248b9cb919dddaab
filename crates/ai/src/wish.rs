//! What somebody wants of whoever answers, beside what they ask: a person, nothing but to greet or to thank, or to know
//! whether a machine answers. By lists of words in all languages that are known; the language is not asked for.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::language::{self, Language};
use crate::word::keys;

/// The most words of a text that are looked at.
const WORDS: usize = 400;

/// What a text wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To be answered by a person.
    Person,
    /// To know whether a machine answers.
    WhetherMachine,
    /// To greet, and nothing else.
    Greet,
    /// To thank or to agree, and nothing else.
    Thank,
}

/// An entry as words in their order, with the language under which it stands.
type Entry = (Vec<String>, Language);

/// The lists by their letter.
struct Lists(HashMap<char, Vec<Entry>>);

static LISTS: LazyLock<Lists> = LazyLock::new(|| Lists::read(include_str!("../lexica/wish.txt")));

impl Lists {
    /// Reads lists: a letter, a colon, and entries divided by commas. A line with the tag of a language stands over its
    /// lists.
    fn read(text: &str) -> Self {
        let mut lists: HashMap<char, Vec<Entry>> = HashMap::new();
        let mut language = Language::En;
        for line in text.lines() {
            let Some((letter, entries)) = line.split_once(": ") else {
                language = Language::from_tag(line).unwrap_or(language);
                continue;
            };
            let mut letters = letter.chars();
            let (Some(letter), None) = (letters.next(), letters.next()) else { continue };
            let entries = entries.split(", ").map(said).filter(|entry| !entry.is_empty());
            lists.entry(letter).or_default().extend(entries.map(|entry| (entry, language)));
        }
        // The longest is looked for first.
        lists.values_mut().for_each(|all| all.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.len())));
        Self(lists)
    }

    /// The entries of a list, in all languages or in one.
    fn of(&self, letter: char, only: Option<Language>) -> impl Iterator<Item = &[String]> {
        let all = self.0.get(&letter).into_iter().flatten();
        all.filter(move |(_, language)| only.is_none_or(|only| only == *language))
            .map(|(entry, _)| &entry[..])
    }

    /// Whether an entry of a list stands anywhere.
    fn anywhere(&self, letter: char, said: &[String], only: Option<Language>) -> bool {
        self.of(letter, only).any(|entry| said.windows(entry.len()).any(|run| run == entry))
    }

    /// Whether an entry of a list stands there and nothing else but courtesy.
    fn alone(&self, letter: char, said: &[String], only: Option<Language>) -> bool {
        let mut rest = said;
        let mut found = false;
        while !rest.is_empty() {
            let begins =
                |letter| self.of(letter, only).find(|entry| rest.starts_with(entry)).map(<[String]>::len);
            let (wanted, courtesy) = (begins(letter), begins('o'));
            let Some(longest) = wanted.max(courtesy) else { return false };
            found |= wanted == Some(longest);
            rest = &rest[longest..];
        }
        found
    }
}

/// The words that are looked at.
fn said(text: &str) -> Vec<String> {
    let mut said = keys(text);
    said.truncate(WORDS);
    said
}

/// What a text wants beside what it asks, if anything.
#[must_use]
pub fn wish(text: &str) -> Option<Wish> {
    let said = said(text);
    if LISTS.anywhere('p', &said, None) || LISTS.alone('w', &said, None) {
        Some(Wish::Person)
    } else if LISTS.anywhere('m', &said, None) {
        Some(Wish::WhetherMachine)
    } else if LISTS.alone('g', &said, None) {
        Some(Wish::Greet)
    } else if LISTS.alone('t', &said, None) {
        Some(Wish::Thank)
    } else {
        None
    }
}

/// The languages in which a text asks for a person or after a machine, or is nothing but a greeting or thanks. Such short
/// texts tell their language better by these than by their letters.
#[must_use]
pub fn languages(text: &str) -> Vec<Language> {
    let said = said(text);
    let of = |language: &Language| {
        let only = Some(*language);
        "gtw".chars().any(|letter| LISTS.alone(letter, &said, only))
            || "pm".chars().any(|letter| LISTS.anywhere(letter, &said, only))
    };
    language::ALL.into_iter().filter(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saying::{Saying, say};

    #[test]
    fn who_wants_a_person_is_understood_in_every_language() {
        for text in [
            "I want to talk to a human",
            "AGENT!!",
            "agent please",
            "Can I speak with someone?",
            "转人工",
            "我要人工客服",
            "請轉真人",
            "人工",
            "Quiero hablar con una persona",
            "agente por favor",
            "quero falar com um atendente",
            "Je voudrais parler à quelqu’un",
            "Ich möchte mit einem Menschen sprechen",
            "vorrei parlare con un operatore",
            "ik wil met een medewerker praten",
            "mau bicara dengan admin",
            "saya nak bercakap dengan pegawai",
            "Bir insanla görüşmek istiyorum",
            "cho tôi gặp nhân viên",
            "ขอคุยกับเจ้าหน้าที่หน่อยค่ะ",
            "オペレーターと話したいです",
            "担当者をお願いします",
            "상담원 연결해 주세요",
            "Хочу поговорить с человеком",
            "أريد التحدث مع شخص",
            "موظف من فضلك",
            "मुझे किसी व्यक्ति से बात करनी है",
            "mujhe kisi se baat karni hai",
        ] {
            assert_eq!(wish(text), Some(Wish::Person), "{text}");
        }
    }

    #[test]
    fn what_the_bot_tells_to_write_is_what_brings_a_person() {
        for language in language::ALL {
            for saying in [Saying::Word, Saying::Person] {
                assert_eq!(wish(say(language, saying)), Some(Wish::Person), "{}", language.tag());
            }
            assert!(say(language, Saying::Way).contains("{word}"), "{}", language.tag());
        }
    }

    #[test]
    fn a_greeting_tells_its_language() {
        assert_eq!(languages("Hello"), [Language::En]);
        assert_eq!(languages("buenos días"), [Language::Es]);
        assert_eq!(languages("let me talk to a person"), [Language::En]);
        assert_eq!(languages("Hallo!"), [Language::De, Language::Nl]);
        assert!(languages("hello, where is my parcel").is_empty() && languages("").is_empty());
    }

    #[test]
    fn a_word_inside_of_something_else_is_no_wish() {
        for text in [
            "Your agent was very kind yesterday",
            "a room for one person",
            "how much is it per person?",
            "is the travel agent open on Sundays",
            "你们有几个人工费用",
            "Wie viele Personen passen in das Zimmer?",
            "",
            "👍",
        ] {
            assert_ne!(wish(text), Some(Wish::Person), "{text}");
        }
    }

    #[test]
    fn greetings_thanks_and_doubts_are_told_from_questions() {
        for text in ["Hi", "hello there", "你好", "Guten Tag!", "السلام عليكم", "नमस्ते", "こんにちは"]
        {
            assert_eq!(wish(text), Some(Wish::Greet), "{text}");
        }
        for text in ["Thanks!", "ok thank you very much", "好的，谢谢", "Vielen Dank", "شكرا"] {
            assert_eq!(wish(text), Some(Wish::Thank), "{text}");
        }
        for text in ["are you a bot?", "你是机器人吗", "Sind Sie ein Bot?"] {
            assert_eq!(wish(text), Some(Wish::WhetherMachine), "{text}");
        }
        for text in ["hi, where is my parcel", "你好，什么时候发货", "thanks, but when?"] {
            assert_eq!(wish(text), None, "{text}");
        }
    }
}
