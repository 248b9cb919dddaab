//! The words with which people say that they want no more messages of their own accord.

/// Words and short phrases, lower case and without signs, of which a whole message consists. They are those that
/// carriers, platforms and national rules name, and the plain imperatives people use; words that also mean something
/// else in a service conversation ("no", "cancel my booking") are not among them.
const WORDS: &[&str] = &[
    // English
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "optout",
    "opt out",
    "stop promotions",
    "stop marketing",
    "remove me",
    "no more messages",
    "no more ads",
    // Chinese, simplified and traditional
    "退订",
    "退訂",
    "td",
    "t",
    "取消订阅",
    "取消訂閱",
    "拒收",
    "停止订阅",
    "停止訂閱",
    "不要再发",
    "不要再發",
    "停止推送",
    // Spanish
    "baja",
    "darse de baja",
    "dar de baja",
    "darme de baja",
    "alto",
    "no mas mensajes",
    "no más mensajes",
    "cancelar suscripcion",
    "cancelar suscripción",
    // Portuguese
    "sair",
    "parar",
    "descadastrar",
    "cancelar inscricao",
    "cancelar inscrição",
    "remover",
    "nao quero mais receber",
    "não quero mais receber",
    // French
    "arret",
    "arrêt",
    "arreter",
    "arrêter",
    "desabonner",
    "désabonner",
    "se desabonner",
    "se désabonner",
    "desinscription",
    "désinscription",
    // German
    "stopp",
    "abmelden",
    "abbestellen",
    "austragen",
    "keine werbung",
    "keine werbung mehr",
    // Italian
    "cancellami",
    "disiscrivimi",
    "cancella iscrizione",
    "basta messaggi",
    "disiscrizione",
    // Dutch
    "afmelden",
    "uitschrijven",
    "stoppen",
    // Polish
    "rezygnuje",
    "rezygnuję",
    "wypisz",
    "wypisz mnie",
    "koniec",
    // Turkish
    "iptal",
    "ret",
    "abonelikten cik",
    "abonelikten çık",
    "abonelik iptal",
    // Russian and Ukrainian
    "стоп",
    "отписаться",
    "отписка",
    "отпишите меня",
    "відписатися",
    "відписка",
    "не присылайте",
    // Arabic
    "توقف",
    "إيقاف",
    "ايقاف",
    "إلغاء الاشتراك",
    "الغاء الاشتراك",
    "قف",
    // Hebrew
    "הסר",
    "הסרה",
    "עצור",
    "הסירו אותי",
    // Persian
    "لغو",
    "لغو اشتراک",
    "لغو۱۱",
    // Hindi
    "बंद",
    "बंद करो",
    "बंद करें",
    "रोकें",
    "सदस्यता समाप्त",
    // Bengali
    "বন্ধ",
    "বন্ধ করুন",
    // Indonesian and Malay
    "berhenti",
    "henti",
    "batal langganan",
    "berhenti berlangganan",
    "stop langganan",
    // Vietnamese
    "dừng",
    "huy dang ky",
    "hủy đăng ký",
    "tu choi",
    "từ chối",
    "ngung nhan tin",
    "ngừng nhận tin",
    // Thai
    "ยกเลิก",
    "หยุด",
    "เลิกรับ",
    "ยกเลิกการรับข่าวสาร",
    // Japanese
    "停止",
    "配信停止",
    "解除",
    "登録解除",
    "ストップ",
    "購読解除",
    // Korean
    "수신거부",
    "수신 거부",
    "중지",
    "그만",
    "구독취소",
    "거부",
    // Greek
    "διακοπη",
    "διακοπή",
    "διαγραφη",
    "διαγραφή",
    // Swedish, Danish, Norwegian, Finnish
    "sluta",
    "avregistrera",
    "avsluta",
    "avmeld",
    "afmeld",
    "stans",
    "lopeta",
    "peruuta tilaus",
    // Czech, Slovak, Hungarian, Romanian
    "odhlasit",
    "odhlásit",
    "zrusit odber",
    "zrušit odběr",
    "odhlasit sa",
    "odhlásiť",
    "leiratkozas",
    "leiratkozás",
    "dezabonare",
    "dezabonez",
    // Swahili, Filipino
    "acha",
    "simama",
    "itigil",
    "tigil",
];

/// Whether a message says nothing but that its writer wants no more messages.
pub fn is_stop_word(text: &str) -> bool {
    // The longest phrase has 24 characters; whoever writes more says something else.
    if text.len() > 160 {
        return false;
    }
    let mut said = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            '\u{ff01}'..='\u{ff5e}' => {
                // Wide forms of Latin letters and signs.
                let narrow = char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter);
                said.push(if narrow.is_alphanumeric() { narrow.to_ascii_lowercase() } else { ' ' });
            }
            // The dot that a Turkish capital I leaves when it becomes small.
            '\u{307}' => {}
            _ if letter.is_alphanumeric() || is_mark(letter) => said.push(letter),
            _ => said.push(' '),
        }
    }
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    WORDS.contains(&words.as_str())
}

/// Vowel signs and the like of Indic, Thai, Arabic and Hebrew writing, which are no letters by themselves.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{dff}' | '\u{e30}'..='\u{e4f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_understood_in_many_languages_however_they_write_it() {
        for text in [
            "STOP",
            "Stop.",
            " stop! ",
            "ＳＴＯＰ",
            "Unsubscribe",
            "opt-out",
            "退订",
            "退訂",
            "TD",
            "td。",
            "【退订】",
            "BAJA",
            "Dar de baja",
            "no más mensajes",
            "SAIR",
            "Arrêt",
            "ARRET",
            "Stopp",
            "Abmelden",
            "Disiscrivimi",
            "afmelden",
            "REZYGNUJĘ",
            "İPTAL",
            "RET",
            "Стоп",
            "отписаться",
            "إلغاء الاشتراك",
            "توقف",
            "הסר",
            "لغو",
            "बंद करें",
            "বন্ধ",
            "Berhenti",
            "Từ chối",
            "ยกเลิก",
            "หยุด",
            "配信停止",
            "수신거부",
            "수신 거부",
            "ΔΙΑΚΟΠΉ",
            "avregistrera",
            "odhlásit",
        ] {
            assert!(is_stop_word(text), "{text}");
        }
    }

    #[test]
    fn what_asks_for_service_is_no_stop_word() {
        for text in [
            "",
            "no",
            "please stop the delivery to my old address",
            "cancel my booking",
            "Can you stop by at 5?",
            "退订单里的第二件",
            "T-shirt",
            "baja el volumen",
            "stop stop what is this",
            "ok",
            "👍",
            "123",
            "我要退货",
            "Ich möchte mich für den Kurs abmelden",
        ] {
            assert!(!is_stop_word(text), "{text}");
        }
        assert!(!is_stop_word(&"stop ".repeat(1000)));
    }

    #[test]
    fn the_list_is_in_the_form_that_is_looked_for() {
        for word in WORDS {
            assert!(is_stop_word(word), "{word} is never found");
        }
    }
}
