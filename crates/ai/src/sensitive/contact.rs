//! Ways to reach somebody: telephones, e-mail addresses, computers' addresses, plates.

use core::net::Ipv6Addr;

use super::token::Token;
use super::words::{Sense, Word};
use super::{Found, Kind};

/// Adds telephones and computers' addresses.
pub(super) fn numbers(text: &str, tokens: &[Token], words: &[Word], found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut next = 0;
    for (first, token) in tokens.iter().enumerate() {
        if !token.is_number() || first < next {
            continue;
        }
        if let Some((last, end)) = dotted(bytes, tokens, first, words) {
            found.push(Found { kind: Kind::Ip, start: token.start, end });
            next = last + 1;
            continue;
        }
        if let Some((last, start, end)) = phone(text, tokens, first, words) {
            let kind = if bytes[start] == b'+' { Kind::Dialled } else { Kind::Phone };
            found.push(Found { kind, start, end });
            next = last + 1;
        }
    }
    if text.contains("::") || text.matches(':').count() >= 7 {
        for word in text.split(|c: char| !(c.is_ascii_hexdigit() || c == ':' || c == '.')) {
            let word = word.trim_end_matches('.');
            if word.len() >= 3 && word.matches(':').count() >= 2 && word.parse::<Ipv6Addr>().is_ok() {
                let start = word.as_ptr() as usize - text.as_ptr() as usize;
                found.push(Found { kind: Kind::Ip, start, end: start + word.len() });
            }
        }
    }
}

/// Adds plates; they need no digit.
pub(super) fn plates(text: &str, tokens: &[Token], found: &mut Vec<Found>) {
    for (first, token) in tokens.iter().enumerate() {
        if let Some(end) = plate(text, token, tokens.get(first + 1)) {
            // The province is one character of three bytes.
            found.push(Found { kind: Kind::Plate, start: token.start - 3, end });
        }
    }
}

/// Provinces as they stand on plates.
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// A plate: a province, a letter, five or six of letters and digits without I and O (GA 36).
fn plate(text: &str, token: &Token, next: Option<&Token>) -> Option<usize> {
    let bytes = text.as_bytes();
    let province = text[..token.start].chars().next_back()?;
    if province.is_ascii() || !PROVINCES.contains(province) || !bytes[token.start].is_ascii_uppercase() {
        return None;
    }
    let end = match (token.len(), next) {
        (6 | 7, _) => token.end,
        (1, Some(next)) if next.start - token.end == 1 && matches!(next.len(), 5 | 6) => next.end,
        _ => return None,
    };
    let body: Vec<u8> =
        bytes[token.start + 1..end].iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let plain =
        body.iter().all(|byte| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"IO".contains(byte)));
    // A special plate ends with a character for what it is, which five characters leave room for.
    (plain && (5..=6).contains(&body.len())).then_some(end)
}

/// Four numbers below 256 with dots between.
fn dotted(bytes: &[u8], tokens: &[Token], first: usize, words: &[Word]) -> Option<(usize, usize)> {
    let four = tokens.get(first..first + 4)?;
    let joined = four.windows(2).all(|pair| &bytes[pair[0].end..pair[1].start] == b".");
    let small = four.iter().all(|token| {
        token.is_number() && token.len() <= 3 && super::check::number(&bytes[token.start..token.end]) < 256
    });
    let (start, end) = (four[0].start, four[3].end);
    let alone = !(bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit))
        && (start == 0 || !matches!(bytes[start - 1], b'.' | b'-' | b'_'));
    let version =
        words.iter().any(|word| word.sense == Sense::Version && word.end <= start && start - word.end <= 4);
    (joined && small && alone && !version).then_some((first + 3, end))
}

/// Digits of one telephone number at most (E.164), with an exit code before them.
const MOST_DIGITS: usize = 17;

/// A telephone number that begins at a token: the last token of it, and where it begins and ends.
fn phone(text: &str, tokens: &[Token], first: usize, words: &[Word]) -> Option<(usize, usize, usize)> {
    let bytes = text.as_bytes();
    let start = tokens[first].start;
    let (begin, plus, bracket) = lead(bytes, start);
    // Behind a letter, a dot of decimals or a sign of price no telephone begins.
    let before = begin.checked_sub(1).map(|at| bytes[at]);
    if matches!(before, Some(b'$' | b'#' | b'.' | b'-' | b'/' | b':' | b'=' | b'_' | b'@'))
        && !(plus && before == Some(b':'))
    {
        let colon =
            before == Some(b':') && !begin.checked_sub(2).is_some_and(|at| bytes[at].is_ascii_digit());
        if !colon {
            return None;
        }
    }
    let mut parts: Vec<usize> = Vec::with_capacity(8);
    let mut body: Vec<u8> = Vec::with_capacity(MOST_DIGITS);
    let mut best = None;
    let mut dashes = false;
    for (offset, token) in tokens[first..].iter().enumerate().take(8) {
        if offset > 0 {
            let gap = &bytes[tokens[first + offset - 1].end..token.start];
            if gap.len() > 3 || gap.is_empty() || !gap.iter().all(|byte| b" -.()".contains(byte)) {
                break;
            }
            dashes |= gap.contains(&b'-');
        }
        if !token.is_number() || body.len() + token.len() > MOST_DIGITS {
            break;
        }
        parts.push(token.len());
        body.extend_from_slice(&bytes[token.start..token.end]);
        let whole = Dialled { body: &body, parts: &parts, plus, bracket, dashes };
        if whole.is_sure() || (whole.is_likely() && spoken(text, words, begin)) {
            best = Some((first + offset, token.end));
        }
    }
    let (last, end) = best?;
    // A longer number goes on behind it.
    let follows = tokens.get(last + 1).is_some_and(|next| {
        let gap = &bytes[tokens[last].end..next.start];
        matches!(gap, b"-" | b"." | b"/" | b":") && next.is_number()
    });
    let ordered = words.iter().rev().find(|word| word.end <= begin).is_some_and(|word| {
        word.sense == Sense::Order
            && begin - word.end <= 12
            && !text[word.end..begin].contains([',', '，', '.', '。', '\n'])
    });
    (!follows && (!ordered || plus)).then_some((last, begin, end))
}

/// What stands before the first digit: where the number begins, and whether with a plus or a bracket.
fn lead(bytes: &[u8], start: usize) -> (usize, bool, bool) {
    let at = |back: usize| start.checked_sub(back).map(|place| bytes[place]);
    match (at(2), at(1)) {
        (Some(b'+'), Some(b'(')) | (Some(b'('), Some(b'+')) => (start - 2, true, true),
        (Some(b'+'), Some(b' ')) => (start - 2, true, false),
        (_, Some(b'+')) => (start - 1, true, false),
        (_, Some(b'(')) => (start - 1, false, true),
        _ => (start, false, false),
    }
}

/// Whether a word for a telephone stands shortly before.
fn spoken(text: &str, words: &[Word], begin: usize) -> bool {
    words
        .iter()
        .rev()
        .find(|word| word.end <= begin && !matches!(word.sense, Sense::Ask | Sense::Secret(_)))
        .is_some_and(|word| {
            word.sense == Sense::Phone
                && begin - word.end <= 40
                && !text[word.end..begin].contains(['\n', '?'])
        })
}

struct Dialled<'a> {
    body: &'a [u8],
    parts: &'a [usize],
    plus: bool,
    bracket: bool,
    dashes: bool,
}

impl Dialled<'_> {
    /// Whether its form alone says that it is a telephone.
    fn is_sure(&self) -> bool {
        let (body, parts, length) = (self.body, self.parts, self.body.len());
        if length < 8 {
            return false;
        }
        if self.plus {
            return (8..=15).contains(&length) && body[0] != b'0';
        }
        let mobile = |rest: &[u8]| rest.len() == 11 && rest[0] == b'1' && (b'3'..=b'9').contains(&rest[1]);
        let written = |shape: &[&[usize]]| shape.contains(&parts);
        // China.
        if mobile(body) && written(&[&[11], &[3, 4, 4]]) {
            return true;
        }
        if let Some(rest) = body.strip_prefix(b"0086").or_else(|| body.strip_prefix(b"86"))
            && mobile(rest)
            && parts.len() <= 4
        {
            return true;
        }
        if body[0] == b'0' && self.dashes && written(&[&[3, 8], &[4, 7], &[4, 8], &[3, 7]]) {
            return true;
        }
        // North America: neither area nor exchange begins with 0 or 1.
        let american = |rest: &[u8]| rest.len() == 10 && rest[0] >= b'2' && rest[3] >= b'2';
        if american(body) && written(&[&[3, 3, 4]]) {
            return true;
        }
        if body[0] == b'1' && american(&body[1..]) && written(&[&[1, 3, 3, 4]]) {
            return true;
        }
        // Brazil with its area in brackets.
        if self.bracket
            && written(&[
                &[2, 5, 4],
                &[2, 4, 4],
                &[2, 9],
                &[2, 8],
                &[3, 7],
                &[4, 7],
                &[3, 8],
                &[4, 8],
                &[3, 3, 4],
            ])
        {
            return true;
        }
        // Elsewhere a number in its country begins with 0 and is written in parts.
        body[0] == b'0'
            && body[1] != b'0'
            && (9..=11).contains(&length)
            && parts.len() >= 3
            && !written(&[&[2, 2, 4], &[2, 2, 2], &[4, 2, 2]])
    }

    /// Whether it may be one where a word says so.
    fn is_likely(&self) -> bool {
        (7..=15).contains(&self.body.len()) && self.parts.len() <= 6
    }
}

/// Adds e-mail addresses.
pub(super) fn addresses(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('@') {
        let local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-'".contains(byte);
        let before = bytes[..at].iter().rev().take(64).take_while(|byte| local(byte)).count();
        let start = at - before;
        let start = start + text[start..at].bytes().take_while(|byte| b".'-".contains(byte)).count();
        let host = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
        let behind = bytes[at + 1..].iter().take(253).take_while(host).count();
        let mut end = at + 1 + behind;
        while end > at + 1 && matches!(bytes[end - 1], b'.' | b'-') {
            end -= 1;
        }
        let domain = &text[at + 1..end];
        let Some((name, top)) = domain.rsplit_once('.') else { continue };
        let real = start < at
            && !name.is_empty()
            && !domain.contains("..")
            && !name.starts_with(['.', '-'])
            && top.len() >= 2
            && top.bytes().all(|byte| byte.is_ascii_alphabetic());
        if real {
            found.push(Found { kind: Kind::Email, start, end });
        }
    }
}
