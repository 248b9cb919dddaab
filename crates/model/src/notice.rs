//! Privacy notices: which of an inbox' languages somebody is told it in.

use serde::{Deserialize, Serialize};

use crate::{InboxId, Millis};

/// A privacy notice of an inbox in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notice {
    /// The inbox.
    pub inbox_id: InboxId,
    /// The language (BCP 47, the first part), such as `en`.
    pub language: String,
    /// Its version: 1, 2, 3 …; a changed text is a new one.
    pub version: i64,
    /// The text.
    pub text: String,
    /// When it was written.
    pub changed_at: Millis,
}

/// The languages that a notice can be chosen for by itself.
pub const LANGUAGES: [&str; 30] = [
    "en", "zh", "es", "pt", "fr", "de", "it", "nl", "pl", "tr", "ru", "uk", "ar", "he", "fa", "hi", "bn",
    "id", "ms", "vi", "th", "ja", "ko", "el", "sv", "da", "nb", "fi", "cs", "hu",
];

/// Countries by the beginning of their numbers, with their main language; longer beginnings first.
const COUNTRIES: &[(&str, &str)] = &[
    ("+1809", "es"),
    ("+1829", "es"),
    ("+1787", "es"),
    ("+351", "pt"),
    ("+352", "fr"),
    ("+358", "fi"),
    ("+380", "uk"),
    ("+357", "el"),
    ("+420", "cs"),
    ("+502", "es"),
    ("+503", "es"),
    ("+504", "es"),
    ("+505", "es"),
    ("+506", "es"),
    ("+507", "es"),
    ("+591", "es"),
    ("+593", "es"),
    ("+595", "es"),
    ("+598", "es"),
    ("+852", "zh"),
    ("+853", "zh"),
    ("+880", "bn"),
    ("+886", "zh"),
    ("+961", "ar"),
    ("+962", "ar"),
    ("+963", "ar"),
    ("+964", "ar"),
    ("+965", "ar"),
    ("+966", "ar"),
    ("+967", "ar"),
    ("+968", "ar"),
    ("+971", "ar"),
    ("+972", "he"),
    ("+973", "ar"),
    ("+974", "ar"),
    ("+212", "ar"),
    ("+213", "ar"),
    ("+216", "ar"),
    ("+218", "ar"),
    ("+7", "ru"),
    ("+20", "ar"),
    ("+30", "el"),
    ("+31", "nl"),
    ("+32", "nl"),
    ("+33", "fr"),
    ("+34", "es"),
    ("+36", "hu"),
    ("+39", "it"),
    ("+41", "de"),
    ("+43", "de"),
    ("+45", "da"),
    ("+46", "sv"),
    ("+47", "nb"),
    ("+48", "pl"),
    ("+49", "de"),
    ("+51", "es"),
    ("+52", "es"),
    ("+53", "es"),
    ("+54", "es"),
    ("+55", "pt"),
    ("+56", "es"),
    ("+57", "es"),
    ("+58", "es"),
    ("+60", "ms"),
    ("+62", "id"),
    ("+66", "th"),
    ("+81", "ja"),
    ("+82", "ko"),
    ("+84", "vi"),
    ("+86", "zh"),
    ("+90", "tr"),
    ("+91", "hi"),
    ("+98", "fa"),
    ("+1", "en"),
    ("+44", "en"),
    ("+61", "en"),
    ("+64", "en"),
    ("+65", "en"),
    ("+353", "en"),
    ("+27", "en"),
];

/// The language in which somebody is probably spoken to: by the script of what they wrote where only one language has
/// it, else by the country of their number. `None` when neither says anything. Only one of `known` is given.
pub fn language_for<'a>(text: Option<&str>, phone: Option<&str>, known: &[&'a str]) -> Option<&'a str> {
    let of_script = text.and_then(of_script);
    let of_country = || {
        let phone = phone?;
        let found = COUNTRIES.iter().filter(|(begin, _)| phone.starts_with(begin));
        found.max_by_key(|(begin, _)| begin.len()).map(|(_, language)| *language)
    };
    let pick = |wanted: &str| known.iter().copied().find(|one| *one == wanted);
    of_script.and_then(pick).or_else(|| of_country().and_then(pick))
}

fn of_script(text: &str) -> Option<&'static str> {
    let mut han = false;
    for letter in text.chars() {
        match letter {
            '\u{3040}'..='\u{30ff}' => return Some("ja"),
            '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => return Some("ko"),
            '\u{e00}'..='\u{e7f}' => return Some("th"),
            '\u{590}'..='\u{5ff}' => return Some("he"),
            '\u{900}'..='\u{97f}' => return Some("hi"),
            '\u{980}'..='\u{9ff}' => return Some("bn"),
            '\u{370}'..='\u{3ff}' => return Some("el"),
            'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' | 'Ґ' => return Some("uk"),
            'پ' | 'چ' | 'ژ' | 'گ' => return Some("fa"),
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => han = true,
            _ => {}
        }
    }
    if han {
        return Some("zh");
    }
    text.chars().find_map(|letter| match letter {
        '\u{600}'..='\u{6ff}' => Some("ar"),
        '\u{400}'..='\u{4ff}' => Some("ru"),
        'ß' => Some("de"),
        'ñ' | '¿' | '¡' => Some("es"),
        'ã' | 'õ' => Some("pt"),
        'ł' | 'ż' | 'ś' => Some("pl"),
        'ğ' | 'ı' | 'ş' => Some("tr"),
        'đ' | 'ơ' | 'ư' => Some("vi"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_follows_the_writing_and_else_the_number() {
        let chosen = |text, phone| language_for(Some(text), Some(phone), &LANGUAGES);
        for (text, phone, wanted) in [
            ("你好", "+34600111222", Some("zh")),
            ("こんにちは、予約", "+1", Some("ja")),
            ("hola", "+34600111222", Some("es")),
            ("ok", "+5511999", Some("pt")),
            ("Привет", "+49170", Some("ru")),
            ("Доброго дня, є питання", "+7", Some("uk")),
            ("مرحبا", "+49170", Some("ar")),
            ("hi", "+9999", None),
            ("hi", "+18095551234", Some("es")),
            ("¿hola?", "+49170", Some("es")),
        ] {
            assert_eq!(chosen(text, phone), wanted, "{text} {phone}");
        }
        assert_eq!(language_for(Some("你好"), Some("+49170"), &["de", "en"]), Some("de"), "what there is");
        assert_eq!(language_for(None, None, &LANGUAGES), None);
        assert!(COUNTRIES.iter().all(|(_, language)| LANGUAGES.contains(language)));
    }
}
