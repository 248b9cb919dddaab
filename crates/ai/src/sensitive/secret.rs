//! Secrets of machines, and passwords that people tell or ask for.

use super::words::{Sense, Word};
use super::{Found, Kind};

/// What follows a secret's beginning.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tail {
    /// Letters and digits, and these, at least so many.
    Token(&'static [u8], usize),
    /// A block that a line `-----END` ends.
    Pem,
    /// A JSON web token: three parts, the second with the same beginning.
    Jwt,
    /// The rest of the line.
    Line,
    /// `=`, `:` or a quote, then a value of at least so many characters.
    Value(usize),
}

/// How a kind of secret begins.
pub(super) struct Beginning {
    pub(super) text: &'static str,
    pub(super) tail: Tail,
    /// Whether its case says what it is.
    pub(super) exact: bool,
}

const fn token(text: &'static str, least: usize) -> Beginning {
    Beginning { text, tail: Tail::Token(b"-_", least), exact: true }
}

const fn value(text: &'static str, least: usize) -> Beginning {
    Beginning { text, tail: Tail::Value(least), exact: false }
}

/// The beginnings that providers publish for their keys, and the names under which secrets travel.
pub(super) const BEGINNINGS: &[Beginning] = &[
    token("AKIA", 16),
    token("ASIA", 16),
    token("ABIA", 16),
    token("LTAI", 12),
    token("AKID", 28),
    token("AIza", 32),
    token("ya29.", 20),
    token("GOCSPX-", 20),
    token("ghp_", 30),
    token("gho_", 30),
    token("ghu_", 30),
    token("ghs_", 30),
    token("ghr_", 30),
    token("github_pat_", 22),
    token("glpat-", 18),
    token("glrt-", 18),
    token("gldt-", 18),
    token("xoxb-", 10),
    token("xoxp-", 10),
    token("xoxa-", 10),
    token("xoxr-", 10),
    token("xoxs-", 10),
    token("xoxe-", 10),
    token("xapp-", 10),
    token("sk_live_", 16),
    token("sk_test_", 16),
    token("rk_live_", 16),
    token("rk_test_", 16),
    token("whsec_", 20),
    token("sk-ant-", 20),
    token("sk-proj-", 20),
    token("sk-or-", 20),
    token("sk-", 32),
    token("gsk_", 32),
    token("xai-", 32),
    token("hf_", 30),
    token("r8_", 30),
    token("EAA", 60),
    token("npm_", 30),
    token("pypi-", 40),
    token("rubygems_", 40),
    token("dckr_pat_", 20),
    token("dop_v1_", 40),
    token("doo_v1_", 40),
    token("shpat_", 24),
    token("shpca_", 24),
    token("shpss_", 24),
    token("shppa_", 24),
    token("sq0atp-", 20),
    token("sq0csp-", 30),
    token("EAAA", 58),
    token("rzp_live_", 12),
    token("rzp_test_", 12),
    token("xkeysib-", 40),
    token("lin_api_", 30),
    token("PMAK-", 30),
    token("NRAK-", 20),
    token("glsa_", 30),
    token("dapi", 32),
    token("hvs.", 20),
    token("s.v1.", 20),
    token("tfp_", 30),
    token("sntrys_", 40),
    token("figd_", 30),
    token("ATATT3", 40),
    token("PRIVATE-TOKEN: ", 18),
    token("AGE-SECRET-KEY-1", 50),
    Beginning { text: "SG.", tail: Tail::Token(b"-_.", 40), exact: true },
    Beginning { text: "hooks.slack.com/services/", tail: Tail::Token(b"/", 20), exact: false },
    Beginning { text: "discord.com/api/webhooks/", tail: Tail::Token(b"/-_", 40), exact: false },
    Beginning { text: "-----BEGIN ", tail: Tail::Pem, exact: true },
    Beginning { text: "PuTTY-User-Key-File", tail: Tail::Line, exact: true },
    Beginning { text: "eyJ", tail: Tail::Jwt, exact: true },
    Beginning { text: "Authorization: ", tail: Tail::Line, exact: false },
    Beginning { text: "Authorization:Bearer", tail: Tail::Line, exact: false },
    Beginning { text: "Proxy-Authorization:", tail: Tail::Line, exact: false },
    Beginning { text: "Set-Cookie:", tail: Tail::Line, exact: false },
    Beginning { text: "Cookie: ", tail: Tail::Line, exact: false },
    Beginning { text: "X-Api-Key:", tail: Tail::Line, exact: false },
    Beginning { text: "X-Auth-Token:", tail: Tail::Line, exact: false },
    Beginning { text: "Bearer ", tail: Tail::Token(b"-_.=+/~", 20), exact: false },
    value("api_key", 12),
    value("api-key", 12),
    value("api key", 12),
    value("apikey", 12),
    value("api_secret", 12),
    value("secret_key", 12),
    value("secret key", 12),
    value("client_secret", 12),
    value("client secret", 12),
    value("app_secret", 12),
    value("app secret", 12),
    value("access_token", 12),
    value("access token", 12),
    value("refresh_token", 12),
    value("auth_token", 12),
    value("aws_secret_access_key", 20),
    value("secret access key", 20),
    value("accountkey", 20),
    value("sharedaccesskey", 20),
    value("private_key", 12),
    value("encryption_key", 12),
    value("webhook_secret", 12),
    value("signing_secret", 12),
    value("bot_token", 12),
    value("session_id", 16),
    value("sessionid", 16),
    value("session_token", 16),
    value("phpsessid", 16),
    value("jsessionid", 16),
    value("connect.sid", 16),
    value("asp.net_sessionid", 16),
    value("密钥", 12),
    value("令牌", 12),
];

/// Adds the secrets that begin at the words found.
pub(super) fn machine(text: &str, words: &[Word], found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    for word in words {
        let Sense::Secret(place) = word.sense else { continue };
        let beginning = &BEGINNINGS[place];
        if beginning.exact && text[word.start..word.end] != *beginning.text {
            continue;
        }
        let before = word.start.checked_sub(1).map(|at| bytes[at]);
        let in_word = before.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let Some((start, end)) = tail(text, word, beginning.tail) else { continue };
        // Keys glued behind letters are words; names like `aws_api_key` are not.
        if in_word && matches!(beginning.tail, Tail::Token(..) | Tail::Jwt) {
            continue;
        }
        found.push(Found { kind: Kind::Secret, start, end });
    }
    if text.contains("://") {
        addresses(text, found);
    }
    if words.is_empty() && bytes.iter().filter(|byte| **byte == b':').count() == 0 {
        return;
    }
    telegram(text, found);
}

fn tail(text: &str, word: &Word, tail: Tail) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let run = |from: usize, also: &[u8]| {
        from + bytes[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || also.contains(byte))
            .count()
    };
    match tail {
        Tail::Token(also, least) => {
            let end = run(word.end, also);
            let value = &bytes[word.end..end];
            // A sentence that happens to begin so has neither digits nor changing case.
            let mixed = value.iter().any(u8::is_ascii_digit)
                || (value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase));
            (value.len() >= least && mixed).then_some((word.start, end))
        }
        Tail::Pem => {
            let rest = &text[word.end..];
            let line = rest.lines().next().unwrap_or_default();
            if !line.contains("PRIVATE KEY") && !line.contains("OPENSSH") {
                return None;
            }
            let end = rest.find("-----END ").map_or(rest.len(), |at| {
                let closing = &rest[at..];
                at + closing.find('\n').unwrap_or(closing.len())
            });
            Some((word.start, word.end + end))
        }
        Tail::Jwt => {
            let end = run(word.start, b"-_.=");
            let token = text[word.start..end].trim_end_matches('.');
            let mut parts = token.split('.');
            let (head, body, seal) = (parts.next()?, parts.next()?, parts.next()?);
            let whole = head.len() >= 10 && body.len() >= 4 && (seal.is_empty() || seal.len() >= 10);
            whole.then_some((word.start, word.start + token.len()))
        }
        Tail::Line => {
            let line = text[word.end..].split(['\n', '\r']).next().unwrap_or_default();
            let value = line.trim();
            (value.len() >= 8 && value.bytes().any(|byte| byte.is_ascii_digit() || b"=-_+/".contains(&byte)))
                .then_some((word.start, word.end + line.trim_end().len()))
        }
        Tail::Value(least) => {
            let from = after_connector(text, word.end)?;
            let end = from
                + bytes[from..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.+/=%!@#$^*~".contains(byte))
                    .count();
            let value = &bytes[from..end];
            let strange = value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
            (value.len() >= least && strange).then_some((from, end))
        }
    }
}

/// Where the value behind `name = "…"`, `name: …`, `"name":"…"`, `name is …` begins.
fn after_connector(text: &str, from: usize) -> Option<usize> {
    let rest = &text[from..];
    let mut at = 0;
    let mut connected = false;
    for c in rest.chars() {
        match c {
            '=' | ':' | '是' | '为' => connected = true,
            ' ' | '"' | '\'' | '`' | '>' | '<' => {}
            'i' if !connected && rest[at..].starts_with("is ") => {
                return Some(from + at + 3);
            }
            _ => break,
        }
        at += c.len_utf8();
        if at > 12 {
            return None;
        }
    }
    connected.then_some(from + at)
}

/// User name and password inside an address: `scheme://name:password@host`.
fn addresses(text: &str, found: &mut Vec<Found>) {
    for (at, _) in text.match_indices("://") {
        let rest = &text[at + 3..];
        let authority =
            rest.split(|c: char| c == '/' || c == '?' || c.is_whitespace()).next().unwrap_or_default();
        let Some((user, _)) = authority.rsplit_once('@') else { continue };
        if let Some((name, password)) = user.split_once(':')
            && !password.is_empty()
        {
            let start = at + 3 + name.len() + 1;
            found.push(Found { kind: Kind::Secret, start, end: start + password.len() });
        }
    }
}

/// Tokens of Telegram's bots: eight to ten digits, a colon, thirty-five characters.
fn telegram(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices(':') {
        let digits = bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let tail = bytes[at + 1..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-' || **byte == b'_')
            .count();
        if (8..=10).contains(&digits) && (34..=36).contains(&tail) {
            found.push(Found { kind: Kind::Secret, start: at - digits, end: at + 1 + tail });
        }
    }
}

/// What stands between "password" and the password itself.
const SAID: &[&str] = &[
    ":",
    "=",
    " is ",
    " is: ",
    " was ",
    "是",
    "为",
    "為",
    "就是",
    " es ",
    " es: ",
    " é ",
    " é: ",
    " eh ",
    " e ",
    " adalah ",
    " est ",
    " est: ",
    " ist ",
    " ist: ",
    " lautet ",
    " lautet: ",
    " è ",
    " to ",
    " jest ",
    " to: ",
    " is ingesteld op ",
    " — ",
    " - ",
    "は",
    "은 ",
    "는 ",
    "은",
    "는",
    " هي ",
    " هو ",
    " है ",
    " là ",
    " คือ ",
    "คือ",
];

/// Words that stand behind "password is" without being one, and that make a bare space no connector.
const PLAIN: &[&str] = &[
    "not",
    "wrong",
    "incorrect",
    "invalid",
    "expired",
    "correct",
    "weak",
    "strong",
    "the",
    "a",
    "an",
    "required",
    "reset",
    "locked",
    "changed",
    "lost",
    "forgotten",
    "safe",
    "in",
    "on",
    "at",
    "for",
    "no",
    "falsch",
    "nicht",
    "faux",
    "incorrecta",
    "errada",
    "salah",
];

/// Adds passwords that are told, and questions for one.
pub(super) fn people(text: &str, words: &[Word], found: &mut Vec<Found>) {
    for (place, word) in words.iter().enumerate() {
        let code = word.sense == Sense::CardCode;
        if word.sense != Sense::Password && !code {
            continue;
        }
        if let Some((start, end)) = told(text, word.end, code) {
            let kind = if code { Kind::CardCode } else { Kind::Password };
            found.push(Found { kind, start, end });
        } else if asked(text, words, place) {
            found.push(Found { kind: Kind::PasswordRequest, start: word.start, end: word.end });
        }
    }
}

fn told(text: &str, from: usize, code: bool) -> Option<(usize, usize)> {
    let rest = &text[from..];
    let lower = rest.chars().take(32).collect::<String>().to_lowercase();
    // "my password for the shop is …", "密码现在是…": a few words may stand between, but no end of a sentence.
    let mut best: Option<(usize, &str)> = None;
    for said in SAID {
        let at = match lower.find(said) {
            Some(0) => 0,
            Some(at) if said.trim().len() == said.len() && at <= 3 => at,
            Some(at) if said.len() > 2 && !lower[..at].contains(['.', '?', '!', ',', ';', '\n']) => at,
            _ => continue,
        };
        if best.is_none_or(|(known, was)| at < known || (at == known && said.len() > was.len())) {
            best = Some((at, said));
        }
    }
    // A space alone joins too: "pin 4711".
    let (at, said) = best.or_else(|| lower.starts_with(' ').then_some((0, " ")))?;
    // Lower case may be longer than what it came from; a place that is no boundary is no connector.
    let start = from + at + said.len();
    let tail = text.get(start..)?;
    let start =
        start + (tail.len() - tail.trim_start_matches([' ', '"', '\'', '“', '「', '`', ':', '=']).len());
    let value: &str = text
        .get(start..)?
        .split(|c: char| c.is_whitespace() || "\"'”」`,;，。；、！？)）".contains(c))
        .next()
        .unwrap_or_default();
    let value = if value.chars().next().is_some_and(|c| c.is_ascii()) {
        // In a text without spaces the password ends where the script changes.
        let end = value.find(|c: char| !c.is_ascii()).unwrap_or(value.len());
        value[..end].trim_end_matches(['.', '?'])
    } else {
        return None;
    };
    let length = value.len();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    if code {
        return (digits == length && (3..=4).contains(&length)).then_some((start, start + length));
    }
    let symbols = length - digits - letters;
    let inner_upper = value.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && value.bytes().any(|byte| byte.is_ascii_lowercase());
    let strange = (digits > 0 && letters > 0)
        || (digits >= 4 && digits == length)
        || inner_upper
        || (symbols > 0 && digits + letters > 3 && !value.contains(['/', '-', '.', '’']));
    let sure = said.contains(['=', ':'])
        || text.get(from..start).is_some_and(|gap| gap.contains([':', '=', '"', '“']));
    let word = length >= 4 && !PLAIN.contains(&value.to_ascii_lowercase().as_str());
    let address = value.contains("://") || (value.contains('@') && value.contains('.'));
    let told = length >= 4 && !address && (strange || (sure && word));
    (told && length <= 128).then_some((start, start + length))
}

/// Whether somebody asks for what the word names: a verb of asking stands before it, or behind it in languages
/// that put the verb last, within the same sentence.
fn asked(text: &str, words: &[Word], place: usize) -> bool {
    let word = words[place];
    let near = |from: usize, to: usize| {
        to.saturating_sub(from) <= 60
            && text
                .get(from..to)
                .is_some_and(|gap| !gap.contains(['.', '!', '?', '。', '！', '？', '\n', ';']))
    };
    let refused = |from: usize| {
        let begin = text[..from].char_indices().rev().take(20).last().map_or(0, |(at, _)| at);
        let before = text[begin..from].to_lowercase();
        [
            "never ", "not ", "n't ", "不要", "请勿", "勿", "别", "nunca ", "jamais ", "niemals ", "nie ",
            "não ",
        ]
        .iter()
        .any(|no| before.contains(no))
    };
    let before = words[..place].iter().rev().find(|other| other.sense == Sense::Ask);
    if let Some(ask) = before
        && near(ask.end, word.start)
    {
        return !refused(ask.start) && whose(text, ask.start, word.start);
    }
    let after = words[place + 1..].iter().find(|other| other.sense == Sense::Ask);
    after.is_some_and(|ask| {
        near(word.end, ask.start) && ask.start - word.end <= 24 && !text[ask.start..].is_ascii()
    }) && !refused(word.start)
}

/// Whether it is the other one's: "send me your password" asks, "send the password reset link" does not.
fn whose(text: &str, from: usize, to: usize) -> bool {
    const YOURS: &[&str] = &[
        "your",
        "ur ",
        "您",
        "你",
        "su ",
        "tu ",
        "sua",
        "seu",
        "anda",
        "kamu",
        "votre",
        "ton ",
        "ihr",
        "dein",
        "sie",
        "suo",
        "swoje",
        "twoje",
        "uw ",
        "je ",
        "şifrenizi",
        "ваш",
        "свой",
        "あなた",
        "お客様",
        "귀하",
        "고객님",
        "的",
        "me ",
        "código",
        "code",
        "验证码",
        "bạn",
        "คุณ",
        "आपका",
        "अपना",
    ];
    let gap = text.get(from..to).unwrap_or_default().to_lowercase();
    !text[from..].is_ascii() && !gap.is_ascii() || YOURS.iter().any(|word| gap.contains(word))
}
