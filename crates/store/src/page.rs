//! Lists as cursor pages: the place is the last row's sort key, so a page costs the same wherever it stands.

use model::Millis;

use crate::error::{Error, Result};

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The page's rows.
    pub items: Vec<T>,
    /// What to pass to get the next page; `None` on the last one. Opaque to callers.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page from up to `limit + 1` rows; the row beyond the limit only tells that there is a next page.
    pub(crate) fn cut(mut items: Vec<T>, limit: i64, place: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| place(last).to_string());
        Self { items, next_cursor }
    }
}

/// A place in a list that is ordered by a time and an id, both descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) at: Millis,
    pub(crate) id: i64,
}

impl Cursor {
    /// Before the first row.
    pub(crate) const START: Self = Self { at: Millis(i64::MAX), id: i64::MAX };

    /// The place that a caller gave back.
    pub(crate) fn parse(text: Option<&str>) -> Result<Option<Self>> {
        let Some(text) = text else { return Ok(None) };
        let number = |digits: &str| i64::from_str_radix(digits, 16).map_err(|_| Error::BadCursor);
        let (at, id) = text.split_once('-').ok_or(Error::BadCursor)?;
        Ok(Some(Self { at: Millis(number(at)?), id: number(id)? }))
    }
}

/// Whether a text reads as a place in a list.
pub fn is_cursor(text: &str) -> bool {
    Cursor::parse(Some(text)).is_ok()
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-{:x}", self.at.0, self.id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back(at in 0..i64::MAX, id in 0..i64::MAX) {
            let cursor = Cursor { at: Millis(at), id };
            prop_assert_eq!(Cursor::parse(Some(&cursor.to_string())).expect("our own cursor"), Some(cursor));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Cursor::parse(Some(&text));
        }
    }
}
