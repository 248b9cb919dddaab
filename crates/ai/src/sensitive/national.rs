//! Numbers by which states know persons and firms, by form and check digits.

use super::check::mod_11_10;
use super::country::*;
use super::token::Row;

/// How sure a number is by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sure {
    /// Its form and check digits leave no doubt.
    Alone,
    /// It counts unless a word for an order stands right before it.
    UnlessOrder,
    /// Too many other numbers look like it: a word beside it has to say what it is.
    WithWord,
}

/// What a number of a country looks like.
struct Id {
    /// Its length without separators.
    length: usize,
    /// How sure it is in the form that its country writes it.
    sure: Sure,
    /// The same written without separators.
    bare: Sure,
    check: fn(&[u8]) -> bool,
    /// The lengths of its parts as written there; empty where any will do.
    parts: &'static [&'static [u8]],
}

const fn id(
    length: usize,
    sure: Sure,
    bare: Sure,
    check: fn(&[u8]) -> bool,
    parts: &'static [&'static [u8]],
) -> Id {
    Id { length, sure, bare, check, parts }
}

use Sure::{Alone, UnlessOrder, WithWord};

const IDS: &[Id] = &[
    // China: 18 characters (GB 11643), and Hong Kong, Taiwan.
    id(18, Alone, Alone, china, &[&[6, 8, 4], &[6, 4, 4, 4], &[3, 3, 4, 4, 4], &[6, 4, 8]]),
    id(15, WithWord, WithWord, china_old, &[]),
    id(8, UnlessOrder, UnlessOrder, hong_kong, &[&[7, 1]]),
    id(10, UnlessOrder, UnlessOrder, taiwan, &[]),
    // United States, Canada, Mexico.
    id(9, UnlessOrder, WithWord, united_states, &[&[3, 2, 4]]),
    id(9, WithWord, WithWord, canada, &[&[3, 3, 3]]),
    id(18, Alone, Alone, mexico, &[]),
    // United Kingdom, Ireland.
    id(9, UnlessOrder, UnlessOrder, britain, &[&[2, 2, 2, 2, 1], &[2, 6, 1], &[8, 1]]),
    id(10, WithWord, WithWord, british_health, &[&[3, 3, 4]]),
    id(8, UnlessOrder, WithWord, ireland, &[]),
    id(9, UnlessOrder, WithWord, ireland, &[]),
    // Spain, Portugal, Italy, France.
    id(9, UnlessOrder, UnlessOrder, spain, &[&[8, 1], &[1, 7, 1], &[2, 3, 3, 1]]),
    id(9, WithWord, WithWord, portugal, &[]),
    id(16, Alone, Alone, italy, &[&[6, 5, 5], &[3, 3, 5, 5]]),
    id(15, UnlessOrder, UnlessOrder, france, &[&[1, 2, 2, 2, 3, 3, 2], &[13, 2]]),
    // Germany, Austria, Switzerland, Netherlands, Belgium.
    id(11, WithWord, WithWord, germany, &[&[2, 3, 3, 3]]),
    id(10, WithWord, WithWord, austria, &[&[4, 6]]),
    id(13, Alone, UnlessOrder, switzerland, &[&[3, 4, 4, 2]]),
    id(9, WithWord, WithWord, netherlands, &[&[4, 2, 3]]),
    id(11, UnlessOrder, WithWord, belgium, &[&[2, 2, 2, 3, 2], &[6, 3, 2], &[6, 5]]),
    // Sweden, Norway, Denmark, Finland, Estonia and Lithuania.
    id(10, UnlessOrder, WithWord, sweden, &[&[6, 4]]),
    id(12, UnlessOrder, WithWord, sweden_long, &[&[8, 4]]),
    id(11, WithWord, WithWord, norway, &[&[6, 5]]),
    id(10, WithWord, WithWord, denmark, &[&[6, 4]]),
    id(10, UnlessOrder, WithWord, finland, &[&[6, 4]]),
    id(11, WithWord, WithWord, baltic, &[]),
    // Poland, Czechia, Romania, Bulgaria, Croatia, Greece, Russia, Kazakhstan.
    id(11, WithWord, WithWord, poland, &[]),
    id(10, WithWord, WithWord, czechia, &[&[6, 4]]),
    id(13, UnlessOrder, UnlessOrder, romania, &[]),
    id(10, WithWord, WithWord, bulgaria, &[]),
    id(11, WithWord, WithWord, mod_11_10, &[]),
    id(11, WithWord, WithWord, greece, &[]),
    id(11, UnlessOrder, WithWord, russia_insurance, &[&[3, 3, 3, 2]]),
    id(12, WithWord, WithWord, russia_tax, &[]),
    id(10, WithWord, WithWord, russia_passport, &[&[4, 6], &[2, 2, 6]]),
    id(12, WithWord, WithWord, kazakhstan, &[]),
    // Brazil, Argentina, Chile.
    id(11, Alone, WithWord, brazil, &[&[3, 3, 3, 2], &[9, 2]]),
    id(14, Alone, UnlessOrder, brazil_firm, &[&[2, 3, 3, 4, 2], &[8, 4, 2]]),
    id(11, UnlessOrder, WithWord, argentina, &[&[2, 8, 1]]),
    id(9, UnlessOrder, WithWord, chile, &[&[2, 3, 3, 1], &[8, 1]]),
    id(8, UnlessOrder, WithWord, chile, &[&[1, 3, 3, 1], &[7, 1]]),
    // India, Indonesia, Malaysia, Singapore, Thailand, Vietnam.
    id(12, UnlessOrder, WithWord, aadhaar, &[&[4, 4, 4]]),
    id(10, UnlessOrder, UnlessOrder, india_tax, &[]),
    id(16, WithWord, WithWord, indonesia, &[]),
    id(12, UnlessOrder, WithWord, malaysia, &[&[6, 2, 4]]),
    id(9, UnlessOrder, UnlessOrder, singapore, &[]),
    id(13, UnlessOrder, WithWord, thailand, &[&[1, 4, 5, 2, 1]]),
    id(12, WithWord, WithWord, vietnam, &[]),
    // Korea, Japan.
    id(13, UnlessOrder, WithWord, korea, &[&[6, 7]]),
    id(12, WithWord, WithWord, japan, &[&[4, 4, 4]]),
    // Turkey, Israel, Emirates, Saudi Arabia, South Africa, Australia.
    id(11, WithWord, WithWord, turkey, &[]),
    id(9, WithWord, WithWord, luhn_number, &[]),
    id(15, Alone, UnlessOrder, emirates, &[&[3, 4, 7, 1]]),
    id(10, WithWord, WithWord, saudi_arabia, &[]),
    id(13, UnlessOrder, WithWord, south_africa, &[&[6, 4, 2, 1], &[6, 4, 3]]),
    id(9, WithWord, WithWord, australia, &[&[3, 3, 3]]),
];

/// How sure it is that a row is somebody's number; `None` when it is nobody's.
pub(super) fn find(row: &Row<'_>) -> Option<Sure> {
    let fits = |id: &&Id| {
        let form = row.parts.len() == 1 || id.parts.contains(&row.parts);
        id.length == row.body.len() && form && (id.check)(row.body)
    };
    let grade = |id: &Id| if row.parts.len() == 1 { id.bare } else { id.sure };
    let order = |sure: &Sure| match sure {
        Alone => 0,
        UnlessOrder => 1,
        WithWord => 2,
    };
    IDS.iter().filter(fits).map(grade).min_by_key(order)
}
