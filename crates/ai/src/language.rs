//! Which language a text is written in. The script decides where it can; two small models of pieces of words tell
//! the languages of the Latin script and the writings with Chinese characters from each other.

mod model;
mod script;

use std::sync::LazyLock;

pub use model::{Pieces, Table, grams, han_grams, row_of};
use script::Letters;

/// A language that is told apart, with its script where one language has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// English
    En,
    /// Spanish
    Es,
    /// Portuguese
    Pt,
    /// French
    Fr,
    /// German
    De,
    /// Italian
    It,
    /// Dutch
    Nl,
    /// Indonesian
    Id,
    /// Malay
    Ms,
    /// Turkish
    Tr,
    /// Vietnamese
    Vi,
    /// Hindi in Latin letters
    HiLatn,
    /// Chinese in simplified characters
    ZhHans,
    /// Chinese in traditional characters
    ZhHant,
    /// Japanese
    Ja,
    /// Korean
    Ko,
    /// Thai
    Th,
    /// Arabic
    Ar,
    /// Hindi
    Hi,
    /// Russian
    Ru,
}

use Language::{Ar, De, En, Es, Fr, Hi, HiLatn, Id, It, Ja, Ko, Ms, Nl, Pt, Ru, Th, Tr, Vi, ZhHans, ZhHant};

/// The languages of the model of Latin letters, in the order of its columns.
pub const LATIN: [Language; 12] = [En, Es, Pt, Fr, De, It, Nl, Id, Ms, Tr, Vi, HiLatn];
/// The languages of the model of Chinese characters, in the order of its columns.
pub const HAN: [Language; 3] = [ZhHans, ZhHant, Ja];
/// All languages.
pub const ALL: [Language; 20] =
    [En, Es, Pt, Fr, De, It, Nl, Id, Ms, Tr, Vi, HiLatn, ZhHans, ZhHant, Ja, Ko, Th, Ar, Hi, Ru];

/// What it counts, as a logarithm of odds, that somebody is known to write in a language.
const HABIT: f32 = 4.0;
/// The letters of a text in which one word stands, or a greeting.
const BRIEF: usize = 5;
/// How much of a text another language must have to be named beside the first.
const BESIDE: f32 = 0.2;

impl Language {
    /// The tag of the language, as in BCP 47.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            En => "en",
            Es => "es",
            Pt => "pt",
            Fr => "fr",
            De => "de",
            It => "it",
            Nl => "nl",
            Id => "id",
            Ms => "ms",
            Tr => "tr",
            Vi => "vi",
            HiLatn => "hi-Latn",
            ZhHans => "zh-Hans",
            ZhHant => "zh-Hant",
            Ja => "ja",
            Ko => "ko",
            Th => "th",
            Ar => "ar",
            Hi => "hi",
            Ru => "ru",
        }
    }

    /// The language of a tag; regions are overlooked, and of Chinese ones the script follows from the region.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.replace('_', "-").to_lowercase();
        if let Some(rest) = tag.strip_prefix("zh").filter(|rest| rest.is_empty() || rest.starts_with('-')) {
            let traditional = ["hant", "tw", "hk", "mo"].iter().any(|part| rest.contains(part));
            return Some(if traditional { ZhHant } else { ZhHans });
        }
        if tag.starts_with("hi-latn") {
            return Some(HiLatn);
        }
        let first = tag.split('-').next().unwrap_or_default();
        ALL.into_iter().find(|language| language.tag() == first)
    }
}

/// What a text is probably written in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess {
    /// The language of most of it.
    pub language: Language,
    /// How probable it is, from 0 to 1: of texts with 0.9, nine in ten are in this language.
    pub confidence: f32,
    /// Another script's language where a good part of the text is in it, with that part.
    pub beside: Option<(Language, f32)>,
}

static LATIN_TABLE: LazyLock<Option<Table>> =
    LazyLock::new(|| Table::from_bytes(include_bytes!("../models/language/latin.bin")).ok());
static HAN_TABLE: LazyLock<Option<Table>> =
    LazyLock::new(|| Table::from_bytes(include_bytes!("../models/language/han.bin")).ok());

/// Guesses the language of a text. `habit` is the language that its writer is known to use: it decides where the text
/// leaves doubt. Nothing comes of a text without letters of a script that is known.
#[must_use]
pub fn identify(text: &str, habit: Option<Language>) -> Option<Guess> {
    let letters = Letters::of(text);
    let (first, second) = letters.largest()?;
    let (language, confidence) = of_script(first.script, text, &letters, habit)?;
    let beside = second
        .filter(|second| second.share >= BESIDE)
        .and_then(|second| Some((of_script(second.script, text, &letters, None)?.0, second.share)));
    // Where two scripts are mixed evenly either may be the one that is meant.
    let doubt = beside.map_or(0.0, |(_, share)| share * share);
    Some(Guess { language, confidence: confidence * (1.0 - doubt), beside })
}

fn of_script(
    script: script::Script,
    text: &str,
    letters: &Letters,
    habit: Option<Language>,
) -> Option<(Language, f32)> {
    let certain = |language| Some((language, 0.995));
    match script {
        script::Script::Latin => by_model(LATIN_TABLE.as_ref()?, text, &LATIN, habit, |sum| grams(text, sum)),
        script::Script::Han if letters.is_japanese() => certain(Ja),
        script::Script::Han => by_model(HAN_TABLE.as_ref()?, text, &HAN, habit, |sum| han_grams(text, sum)),
        script::Script::Hangul => certain(Ko),
        script::Script::Thai => certain(Th),
        script::Script::Arabic => certain(Ar),
        script::Script::Devanagari => certain(Hi),
        script::Script::Cyrillic => certain(Ru),
    }
}

fn by_model(
    table: &Table,
    text: &str,
    languages: &[Language],
    habit: Option<Language>,
    grams: impl FnOnce(&mut model::Sum<'_>),
) -> Option<(Language, f32)> {
    let mut scores = table.scores(grams)?;
    if let Some(place) = languages.iter().position(|language| Some(*language) == habit) {
        // One word alone is the same in many languages: there the habit is nearly everything.
        scores[place] += if text.chars().count() <= BRIEF { 2.0 * HABIT } else { HABIT };
    }
    let shares = model::softmax(&scores[..languages.len()]);
    let best = (0..languages.len()).max_by(|one, other| shares[*one].total_cmp(&shares[*other]))?;
    Some((languages[best], shares[best]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(text: &str) -> Option<Language> {
        identify(text, None).map(|guess| guess.language)
    }

    #[test]
    fn sentences_of_customers_are_told_apart() {
        for (text, expected) in [
            ("Where is my order? It should have been here on Monday", En),
            ("¿Dónde está mi pedido? Llevo una semana esperando", Es),
            ("Cadê o meu pedido? Já faz uma semana que estou esperando", Pt),
            ("Où est ma commande ? J'attends depuis une semaine", Fr),
            ("Wo bleibt meine Bestellung? Ich warte seit einer Woche", De),
            ("Dov'è il mio ordine? Aspetto da una settimana", It),
            ("Waar blijft mijn bestelling? Ik wacht al een week", Nl),
            ("Pesanan saya kok belum sampai ya? Sudah seminggu nih", Id),
            ("Siparişim nerede? Bir haftadır bekliyorum", Tr),
            ("Đơn hàng của tôi đâu rồi? Tôi đợi một tuần rồi", Vi),
            ("mera order kahan hai bhai, ek hafte se wait kar raha hoon", HiLatn),
            ("我的订单到哪里了？已经等了一个星期", ZhHans),
            ("我的訂單到哪裡了？已經等了一個星期", ZhHant),
            ("注文した商品がまだ届きません", Ja),
            ("주문한 상품이 아직 안 왔어요", Ko),
            ("ของที่สั่งยังไม่มาเลยค่ะ", Th),
            ("أين طلبي؟ أنتظر منذ أسبوع", Ar),
            ("मेरा ऑर्डर कहाँ है?", Hi),
            ("Где мой заказ? Жду уже неделю", Ru),
        ] {
            assert_eq!(language(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn two_scripts_are_both_seen() {
        let guess = identify("我的 iPhone 坏了", None).unwrap();
        assert_eq!(guess.language, ZhHans);
        let guess = identify("शुक्रिया for the quick help today", None).unwrap();
        assert_eq!(guess.language, En);
        assert_eq!(guess.beside.map(|(language, _)| language), Some(Hi));
        assert_eq!(language("この駅はどこですか"), Some(Ja));
    }

    #[test]
    fn habit_decides_where_the_text_does_not() {
        assert_eq!(identify("ok", Some(Id)).map(|guess| guess.language), Some(Id));
        assert_eq!(identify("你好", Some(ZhHant)).map(|guess| guess.language), Some(ZhHant));
        let sentence = "Where is my order? It should have been here on Monday";
        assert_eq!(identify(sentence, Some(De)).map(|guess| guess.language), Some(En));
    }

    #[test]
    fn doubt_is_said() {
        let sure = identify("I would like to know where my parcel is", None).unwrap();
        let unsure = identify("ok no", None).unwrap();
        assert!(sure.confidence > 0.95, "{sure:?}");
        assert!(unsure.confidence < 0.9, "{unsure:?}");
    }

    #[test]
    fn what_has_no_letters_has_no_language() {
        for text in ["", "12345", "👍👍", "https://example.com/a-b", "?!"] {
            assert_eq!(identify(text, None), None, "{text}");
        }
    }

    #[test]
    fn tags_lead_there_and_back() {
        for language in ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
        }
        assert_eq!(Language::from_tag("zh_TW"), Some(ZhHant));
        assert_eq!(Language::from_tag("zh-CN"), Some(ZhHans));
        assert_eq!(Language::from_tag("pt-BR"), Some(Pt));
        assert_eq!(Language::from_tag("xx"), None);
    }
}
