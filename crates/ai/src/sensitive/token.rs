//! The words of letters and digits in a text, and rows of them that may be one number.

/// A run of ASCII letters and digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) digits: usize,
}

impl Token {
    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    pub(super) fn is_number(&self) -> bool {
        self.digits == self.len()
    }
}

/// All of them.
pub(super) fn split(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let start = at;
        let mut digits = 0;
        while at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
            digits += usize::from(bytes[at].is_ascii_digit());
            at += 1;
        }
        tokens.push(Token { start, end: at, digits });
    }
    tokens
}

/// The longest number that is looked at, in characters without separators.
const LONGEST: usize = 34;
/// The most parts a number is written in: a digit each for the longest card.
const MOST_PARTS: usize = 19;

/// Neighbouring tokens, read as one.
pub(super) struct Row<'a> {
    /// The characters without separators, letters in upper case.
    pub(super) body: &'a [u8],
    /// The lengths of the parts.
    pub(super) parts: &'a [u8],
    /// What separates the parts, where all separators are the same; 0 where there is none or they differ.
    pub(super) separator: u8,
    /// Whether separators differ.
    pub(super) mixed: bool,
    /// Whether all are digits.
    pub(super) number: bool,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Calls `look` with every row that begins at a token, the shortest first.
pub(super) fn rows(text: &str, tokens: &[Token], first: usize, mut look: impl FnMut(&Row<'_>)) {
    let bytes = text.as_bytes();
    let mut body = [0_u8; LONGEST];
    let mut parts = [0_u8; MOST_PARTS];
    let (mut length, mut separator, mut mixed, mut number) = (0, 0, false, true);
    for (count, token) in tokens[first..].iter().take(MOST_PARTS).enumerate() {
        if count > 0 {
            let before = &tokens[first + count - 1];
            let gap = &bytes[before.end..token.start];
            let sign = match gap {
                [sign @ (b' ' | b'-' | b'.' | b'/')] => *sign,
                // Also `4111 - 1111` and two spaces.
                b" - " => b'-',
                b"  " => b' ',
                _ => return,
            };
            if count == 1 {
                separator = sign;
            } else if separator != sign {
                mixed = true;
            }
        }
        if length + token.len() > LONGEST {
            return;
        }
        for byte in &bytes[token.start..token.end] {
            body[length] = byte.to_ascii_uppercase();
            length += 1;
        }
        parts[count] = u8::try_from(token.len()).unwrap_or(u8::MAX);
        number &= token.is_number();
        look(&Row {
            body: &body[..length],
            parts: &parts[..=count],
            separator,
            mixed,
            number,
            start: tokens[first].start,
            end: token.end,
        });
    }
}
