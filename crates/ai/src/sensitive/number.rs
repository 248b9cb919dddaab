//! Cards, accounts and the states' numbers of persons.

use super::check::{iban, luhn, number};
use super::national::{self, Sure};
use super::token::{Row, Token, rows};
use super::words::{Sense, Word};
use super::{Found, Kind};

/// How far a word may stand before the number that it speaks of, in bytes.
const BEFORE: usize = 90;
/// And how far behind it.
const BEHIND: usize = 40;
/// How long the filling between "order number" and the number may be, in bytes.
const FILLING: usize = 26;

/// Adds the numbers of cards, accounts and persons.
pub(super) fn find(text: &str, tokens: &[Token], words: &[Word], found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    for (first, token) in tokens.iter().enumerate() {
        // A row begins with digits, or with a few letters before digits: IBAN and many ids do.
        let begins = token.digits > 0
            || (token.len() <= 6
                && tokens.get(first + 1).is_some_and(|next| next.digits > 0 && next.start - token.end == 1));
        if !begins {
            continue;
        }
        let before = token.start.checked_sub(1).map(|at| bytes[at]);
        // The rest of a number that began earlier, such as decimals.
        if matches!(before, Some(b'.' | b'-' | b'/' | b',' | b':'))
            && token.start >= 2
            && bytes[token.start - 2].is_ascii_digit()
        {
            continue;
        }
        let place = Place::of(text, words, token.start);
        rows(text, tokens, first, |row| {
            let next = bytes.get(row.end).copied();
            if matches!(next, Some(b'-' | b'/' | b'.' | b',' | b':'))
                && bytes.get(row.end + 1).is_some_and(u8::is_ascii_alphanumeric)
                && row.number
                && !matches!(row.body.len(), 12..=19)
            {
                // The number goes on behind a separator; only cards with a date behind them are whole here.
                return;
            }
            if let Some(kind) = judge(text, row, words, &place) {
                found.push(Found { kind, start: row.start, end: row.end });
            }
        });
        glued_card(text, token, &place, found);
    }
    told(text, tokens, words, found);
}

/// What stands around the beginning of a number.
struct Place {
    /// The nearest word before it, when only filling is between.
    adjacent: Option<Sense>,
    /// A sign before it says that it is a price or an order.
    priced: bool,
}

impl Place {
    fn of(text: &str, words: &[Word], at: usize) -> Self {
        let before = text[..at].trim_end_matches(' ').chars().next_back();
        let priced = matches!(before, Some('$' | '€' | '£' | '¥' | '₹' | '₩' | '#' | '№'));
        let speaks = |word: &&Word| !matches!(word.sense, Sense::Ask | Sense::Version | Sense::Secret(_));
        let nearest = words.iter().rev().filter(speaks).find(|word| word.end <= at);
        let adjacent = nearest.filter(|word| fills(&text[word.end..at])).map(|word| word.sense);
        Self { adjacent, priced: priced && adjacent != Some(Sense::Card) }
    }
}

/// Whether a gap between a word and a number only joins the two: "number is", "：", "no.", but not "paid to".
fn fills(gap: &str) -> bool {
    if gap.len() > FILLING || gap.contains(['\n', '?', '!', '。', '？', '！', ';', '；', ',']) {
        return false;
    }
    if gap.bytes().any(|byte| byte.is_ascii_digit()) || gap.trim_end().ends_with(". ") {
        return false;
    }
    let last = gap.trim_end().rsplit(' ').next().unwrap_or_default().to_ascii_lowercase();
    let to = [
        "to", "into", "onto", "on", "with", "by", "using", "via", "from", "auf", "zu", "al", "na", "ke",
        "para", "à", "sur",
    ];
    let turns = ["到", "给", "用", "至", "往", "退", "退款到", "退款退到"];
    !to.contains(&last.as_str()) && !turns.iter().any(|word| gap.ends_with(word))
}

/// Whether a word of that sense stands near enough.
fn near(words: &[Word], sense: Sense, start: usize, end: usize) -> bool {
    words.iter().any(|word| {
        word.sense == sense
            && ((word.end <= start && start - word.end <= BEFORE)
                || (word.start >= end && word.start - end <= BEHIND))
    })
}

/// Whether what follows says that the number is an order or a price.
fn followed_by_order(text: &str, end: usize) -> bool {
    let rest = &text[end..];
    let rest = rest.trim_start_matches(' ');
    [
        "元",
        "块",
        "下的单",
        "的订单",
        "号订单",
        "这个订单",
        "这单",
        "订单",
        "的快递",
        "的货",
        "件",
        "个",
        "円",
        "원",
        "€",
        "$",
    ]
    .iter()
    .any(|word| rest.starts_with(word))
}

fn judge(text: &str, row: &Row<'_>, words: &[Word], place: &Place) -> Option<Kind> {
    let body = row.body;
    if (15..=34).contains(&body.len()) && is_iban(row) {
        return Some(Kind::Iban);
    }
    let ordered = place.priced || place.adjacent == Some(Sense::Order) || followed_by_order(text, row.end);
    if row.number && !row.mixed && (12..=19).contains(&body.len()) {
        let spoken = place.adjacent == Some(Sense::Card) || near(words, Sense::Card, row.start, row.end);
        if !ordered && is_card(body, spoken) && is_card_grouping(row.parts) {
            return Some(Kind::Card);
        }
    }
    if (6..=20).contains(&body.len()) {
        let sure = national::find(row)?;
        let spoken = || near(words, Sense::Identity, row.start, row.end);
        let id = match sure {
            Sure::Alone => true,
            Sure::UnlessOrder => !ordered || spoken(),
            // The word beside it speaks for it; a nearer one for a telephone or an order speaks for that.
            Sure::WithWord => match place.adjacent {
                Some(Sense::Identity) => true,
                Some(_) => false,
                None => spoken() && !ordered,
            },
        };
        return id.then_some(Kind::NationalId);
    }
    None
}

/// `visa4111111111111111`: a card right behind its name.
fn glued_card(text: &str, token: &Token, place: &Place, found: &mut Vec<Found>) {
    let letters = token.len() - token.digits;
    if !(13..=19).contains(&token.digits) || letters == 0 || letters > 12 || place.priced {
        return;
    }
    let word = &text[token.start..token.end];
    let (name, digits) = word.split_at(letters);
    let names = [
        "visa",
        "mc",
        "mastercard",
        "amex",
        "card",
        "cc",
        "unionpay",
        "jcb",
        "discover",
        "karte",
        "carte",
        "tarjeta",
    ];
    if names.contains(&name.to_ascii_lowercase().as_str())
        && is_card(digits.as_bytes(), true)
        && number_only(digits)
    {
        found.push(Found { kind: Kind::Card, start: token.start + letters, end: token.end });
    }
}

fn number_only(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a number is a payment card's: an issuer's range (ISO/IEC 7812, as the networks publish theirs), its
/// length, and the check digit. `spoken` when a word says card: then ranges and lengths of old cards count too.
fn is_card(body: &[u8], spoken: bool) -> bool {
    let length = body.len();
    let head = |digits: usize| number(&body[..digits]);
    let (one, two, three, four) = (head(1), head(2), head(3), head(4));
    let issued = match (one, two) {
        (4, _) => length == 16 || (spoken && matches!(length, 13 | 18 | 19)),
        (_, 34 | 37) => length == 15,
        (_, 51..=55) => length == 16,
        (_, 22..=27) => length == 16 && ((2221..=2720).contains(&four) || (2200..=2205).contains(&four)),
        (_, 30 | 36 | 38 | 39) => {
            (two != 30 || matches!(three, 300..=305 | 309))
                && (length == 14 || (spoken && (15..=19).contains(&length)))
        }
        (_, 35) => (3528..=3589).contains(&four) && (length == 16 || (spoken && length <= 19)),
        (_, 60) => match four {
            6011 => matches!(length, 16 | 19),
            _ => length == 16 || (spoken && length >= 12),
        },
        (_, 62) => (16..=19).contains(&length),
        (_, 64) => (644..=649).contains(&three) && matches!(length, 16 | 19),
        (_, 65 | 81 | 82) => length == 16 || (spoken && (17..=19).contains(&length)),
        (_, 97) => four == 9792 && length == 16,
        (_, 50 | 56..=58 | 61 | 63 | 66..=69) => {
            (length == 16 && (spoken || two == 50)) || (spoken && (12..=19).contains(&length))
        }
        _ => false,
    };
    let repeated = body.iter().all(|byte| *byte == body[0]);
    issued && !repeated && luhn(body)
}

/// Whether the parts are such as people write cards in.
fn is_card_grouping(parts: &[u8]) -> bool {
    match parts {
        [_] | [4, 6, 4 | 5] | [6, 8..=13] | [4, 4, 4, 4, 1..=3] | [8, 8] => true,
        [first, middle @ .., last] => {
            (*first <= 5) && middle.iter().all(|part| part == first) && last <= first && parts.len() > 2
        }
        [] => false,
    }
}

/// The length of each country's IBAN (the registry of SWIFT).
const IBAN_LENGTHS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24\
    FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25\
    MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23\
    ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

fn is_iban(row: &Row<'_>) -> bool {
    let body = row.body;
    let shape = body[..2].iter().all(u8::is_ascii_uppercase) && body[2..4].iter().all(u8::is_ascii_digit);
    if !shape || row.mixed {
        return false;
    }
    let country = IBAN_LENGTHS.as_bytes().as_chunks::<4>().0.iter().find(|entry| entry[..2] == body[..2]);
    let length = country.map_or(0, |entry| number(&entry[2..]) as usize);
    length == body.len() && iban(body)
}

/// Adds accounts and passports: they have no form of their own, so the word stands right before them.
fn told(text: &str, tokens: &[Token], words: &[Word], found: &mut Vec<Found>) {
    for (place, word) in words.iter().enumerate() {
        let passport = match word.sense {
            Sense::Passport => true,
            Sense::Bank => false,
            _ => continue,
        };
        let first = tokens.partition_point(|token| token.start < word.end);
        let next_word = words[place + 1..].iter().find(|other| other.sense != word.sense);
        for (offset, token) in tokens[first..].iter().enumerate().take(8) {
            let gap = &text[word.end..token.start];
            if gap.len() > 40
                || gap.contains(['\n', '?', '。', '？'])
                || next_word.is_some_and(|next| next.start < token.start)
            {
                break;
            }
            if token.digits == 0 {
                continue;
            }
            if passport {
                // One to three letters and six to nine digits, or nine characters of both (ICAO 9303).
                let body = text[token.start..token.end].to_ascii_uppercase();
                let letters = token.len() - token.digits;
                let fits = (6..=10).contains(&token.len()) && token.digits >= 5 && letters <= 3
                    || (token.len() == 9 && token.digits >= 3 && letters > 0);
                let split = tokens.get(first + offset + 1).filter(|next| {
                    next.start - token.end == 1
                        && letters == 0
                        && next.is_number()
                        && token.len() == 4
                        && next.len() == 6
                });
                if let Some(next) = split {
                    found.push(Found { kind: Kind::Passport, start: token.start, end: next.end });
                } else if fits && body.is_ascii() && !is_year_month(token, text) {
                    found.push(Found { kind: Kind::Passport, start: token.start, end: token.end });
                }
                break;
            }
            account(text, tokens, first + offset, found);
            break;
        }
    }
}

/// `20261122` and the like stand behind "passport expires".
fn is_year_month(token: &Token, text: &str) -> bool {
    let body = &text.as_bytes()[token.start..token.end];
    token.is_number()
        && body.len() == 8
        && (1900..2100).contains(&number(&body[..4]))
        && super::check::is_day(number(&body[..4]), number(&body[4..6]), number(&body[6..]))
}

/// Adds the longest row of digits from here that an account may be.
fn account(text: &str, tokens: &[Token], first: usize, found: &mut Vec<Found>) {
    let mut best = None;
    rows(text, tokens, first, |row| {
        if row.number && !row.mixed && row.separator != b'.' && (6..=20).contains(&row.body.len()) {
            best = Some((row.start, row.end, row.body.len()));
        }
    });
    if let Some((start, end, length)) = best {
        // Dates and years are no accounts; a branch of six digits is, when a word names it.
        if length >= 6 && !matches!(text.as_bytes().get(end), Some(b':' | b'%')) {
            found.push(Found { kind: Kind::BankAccount, start, end });
        }
    }
}
