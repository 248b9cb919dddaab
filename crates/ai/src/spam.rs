//! Whether a message is an unwanted advertisement or a trap.

use std::sync::LazyLock;

use crate::feature::Features;
use crate::head::Head;

/// The probability from which a text is treated as spam.
pub const SPAM: f32 = 0.12;

static HEAD: LazyLock<Option<Head>> =
    LazyLock::new(|| Head::from_bytes(include_bytes!("../models/spam/spam.bin")).ok());

/// How probable it is that a text is spam, from 0 to 1.
#[must_use]
pub fn spam(text: &str) -> f32 {
    HEAD.as_ref().map_or(0.0, |head| head.shares(&features(text))[1])
}

/// What the model sees: the features of the text, with words for what the text contains of numbers, addresses and
/// money, because which ones they are says nothing.
#[must_use]
pub fn features(text: &str) -> Features {
    let mut seen = String::with_capacity(text.len() + 64);
    let (mut capitals, mut words) = (0, 0);
    for token in text.split_whitespace() {
        words += 1;
        let digits = token.chars().filter(char::is_ascii_digit).count();
        let letters = token.chars().filter(|letter| letter.is_alphabetic()).count();
        capitals += usize::from(letters >= 3 && !token.chars().any(char::is_lowercase));
        let mark = if token.contains("://") || token.contains("www.") || token.contains(".com") {
            "xxaddress"
        } else if digits > 0 && token.contains(['£', '$', '€', '¥', '￥', '₹', '元']) {
            "xxmoney"
        } else if digits >= 10 {
            "xxlong"
        } else if digits >= 5 && letters == 0 {
            "xxshort"
        } else if digits >= 2 && letters >= 2 {
            "xxcode"
        } else if digits > 0 {
            "xxnumber"
        } else {
            ""
        };
        if !mark.is_empty() {
            seen.push_str(mark);
            seen.push(' ');
        }
        seen.push_str(token);
        seen.push(' ');
    }
    if capitals * 5 > words {
        seen.push_str("xxloud ");
    }
    if text.contains('!') {
        seen.push_str("xxcry ");
    }
    seen.push_str(match text.chars().count() {
        0..40 => "xxbrief",
        40..100 => "xxmiddle",
        100..180 => "xxfull",
        _ => "xxwide",
    });
    Features::of(&seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advertisements_and_traps_are_spam() {
        for text in [
            "URGENT! You have won a £900 prize GUARANTEED. Call 09061790121 now to claim. T&Cs apply",
            "Free entry in our weekly draw! Text WIN to 80086 now, 18+ only",
            "恭喜您中奖了！请点击 http://a.example/x 领取奖金",
            "低息贷款，无需抵押，当天放款，加微信 abc12345",
            "Gana dinero desde casa, 500€ al día, escribe ya a este WhatsApp",
        ] {
            assert!(spam(text) >= SPAM, "{text}: {}", spam(text));
        }
    }

    #[test]
    fn what_customers_write_is_none() {
        for text in [
            "Hi, my order 48213 has not arrived. Can you check?",
            "ok see you at 5 then",
            "我的快递什么时候到？单号 SF1234567890",
            "¿Puedo pagar con tarjeta?",
            "",
        ] {
            assert!(spam(text) < SPAM, "{text}: {}", spam(text));
        }
    }
}
