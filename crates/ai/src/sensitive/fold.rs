//! Text as the detector reads it: digits of every script, wide letters, dashes and spaces in one form, and
//! nothing that cannot be seen. Every folded byte knows the place that it came from.

use std::borrow::Cow;

/// The folded text and the way back.
pub(super) struct Folded<'a> {
    /// What the detector reads.
    pub(super) text: Cow<'a, str>,
    /// For each folded byte, where its character begins in the original; empty when nothing changed.
    origin: Vec<u32>,
    original: &'a str,
}

/// The zero of each script's decimal digits (Unicode general category Nd); the others follow it.
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0,
    0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50,
    0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140,
    0x1e2f0, 0x1e4f0, 0x1e950, 0x1fbf0,
];

/// Chinese numerals as people dictate numbers.
const NUMERALS: &str = "零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖";
/// How many numerals in a row are a number and not words.
const DICTATED: usize = 8;

enum Form {
    As(char),
    Gone,
    Same,
}

impl<'a> Folded<'a> {
    /// Folds a text.
    pub(super) fn of(original: &'a str) -> Self {
        if original.is_ascii() {
            return Self { text: Cow::Borrowed(original), origin: Vec::new(), original };
        }
        let mut text = String::with_capacity(original.len());
        let mut origin = Vec::with_capacity(original.len());
        let mut dictated_until = 0;
        for (at, c) in original.char_indices() {
            if c.is_ascii() {
                text.push(c);
                origin.push(place(at));
                continue;
            }
            if at >= dictated_until && numeral(c).is_some() {
                dictated_until = dictation(original, at);
            }
            let form = match numeral(c) {
                Some(digit) if at < dictated_until => Form::As(digit),
                _ => form(c),
            };
            let kept = match form {
                Form::As(other) => other,
                Form::Same => c,
                Form::Gone => continue,
            };
            text.push(kept);
            origin.extend(std::iter::repeat_n(place(at), kept.len_utf8()));
        }
        Self { text: Cow::Owned(text), origin, original }
    }

    /// Where folded bytes `start..end` stand in the original.
    pub(super) fn span(&self, start: usize, end: usize) -> (usize, usize) {
        if self.origin.is_empty() || end <= start {
            return (start, end);
        }
        let first = self.origin[start] as usize;
        let last = self.origin[end - 1] as usize;
        let width = self.original[last..].chars().next().map_or(0, char::len_utf8);
        (first, last + width)
    }
}

/// Places are kept in 32 bits; what stands beyond 4 GiB is no message.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn numeral(c: char) -> Option<char> {
    let digit = match c {
        '〇' | '零' => '0',
        '一' | '壹' => '1',
        '二' | '贰' => '2',
        '三' | '叁' => '3',
        '四' | '肆' => '4',
        '五' | '伍' => '5',
        '六' | '陆' => '6',
        '七' | '柒' => '7',
        '八' | '捌' => '8',
        '九' | '玖' => '9',
        _ => return None,
    };
    Some(digit)
}

/// Where the row of numerals that begins here ends; here, when it is too short for a number.
fn dictation(text: &str, at: usize) -> usize {
    let row = text[at..].chars().take_while(|c| NUMERALS.contains(*c));
    let (count, bytes) = row.fold((0, 0), |(count, bytes), c| (count + 1, bytes + c.len_utf8()));
    if count >= DICTATED { at + bytes } else { at }
}

fn form(c: char) -> Form {
    let code = u32::from(c);
    match c {
        '\u{ff01}'..='\u{ff5e}' => Form::As(char::from_u32(code - 0xfee0).unwrap_or(c)),
        // Wide space, and the others that are no line's end.
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Form::As(' ')
        }
        '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2212}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{2e3a}'
        | '\u{2e3b}' => Form::As('-'),
        '·' | '•' | '・' | '․' | '∙' => Form::As('.'),
        '⓪' | '⁰' | '₀' => Form::As('0'),
        '①'..='⑨' => Form::As(digit(code - 0x2460 + 1)),
        '❶'..='❾' => Form::As(digit(code - 0x2776 + 1)),
        '¹' => Form::As('1'),
        '²' => Form::As('2'),
        '³' => Form::As('3'),
        '⁴'..='⁹' => Form::As(digit(code - 0x2070)),
        '₁'..='₉' => Form::As(digit(code - 0x2080)),
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{20e3}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}' => Form::Gone,
        // The common scripts of our customers have no digits in these stretches.
        '\u{4e00}'..='\u{9fff}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{c0}'..='\u{65f}' => Form::Same,
        _ => match ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)) {
            Some(zero) => Form::As(digit(code - zero)),
            None => Form::Same,
        },
    }
}

fn digit(value: u32) -> char {
    char::from_digit(value, 10).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_are_read_and_found_again() {
        let text = "卡４１１１ ٤٥٦ ४५\u{200b}६ 𝟜①² ok";
        let folded = Folded::of(text);
        assert_eq!(folded.text, "卡4111 456 456 412 ok");
        let at = folded.text.find("456 412").expect("stands there");
        let (start, end) = folded.span(at, at + 3);
        assert_eq!(&text[start..end], "४५\u{200b}६");
    }

    #[test]
    fn numerals_are_digits_only_in_long_rows() {
        assert_eq!(Folded::of("一二三四五六七八九零").text, "1234567890");
        assert_eq!(Folded::of("等一下，二三天").text, "等一下,二三天");
    }
}
