//! Whether a function showed or did nothing.

use super::*;

/// Whether a function showed or did nothing. An error is one when it says that there is no such thing.
pub(super) trait Nothing {
    fn is_nothing(&self) -> bool;
}

impl Nothing for bool {
    fn is_nothing(&self) -> bool {
        !self
    }
}

impl Nothing for i64 {
    fn is_nothing(&self) -> bool {
        *self == 0
    }
}

/// Returned by functions that tell nothing; whether they did anything is seen by the rows.
impl Nothing for () {
    fn is_nothing(&self) -> bool {
        true
    }
}

impl<T> Nothing for Option<T> {
    fn is_nothing(&self) -> bool {
        self.is_none()
    }
}

impl<T> Nothing for Vec<T> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Nothing for std::collections::HashSet<T> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Nothing for crate::Page<T> {
    fn is_nothing(&self) -> bool {
        self.items.is_empty() && self.next_cursor.is_none()
    }
}

impl Nothing for message::MessagePage {
    fn is_nothing(&self) -> bool {
        self.items.is_empty() && !self.has_before && !self.has_after
    }
}

impl Nothing for audit::Head {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for consent::Head {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for std::result::Result<consent::Head, i64> {
    fn is_nothing(&self) -> bool {
        self.as_ref().is_ok_and(Nothing::is_nothing)
    }
}

impl Nothing for model::Consent {
    fn is_nothing(&self) -> bool {
        false
    }
}

impl Nothing for removal::Removed {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for conversation::Counts {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for suggestion::Counts {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for search::Found {
    fn is_nothing(&self) -> bool {
        self.messages.is_empty() && self.next.is_none()
    }
}

impl Nothing for model::ImportCounts {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for u64 {
    fn is_nothing(&self) -> bool {
        *self == 0
    }
}

impl Nothing for lag::Waiting {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl<T: Nothing> Nothing for Result<T> {
    fn is_nothing(&self) -> bool {
        match self {
            Ok(found) => found.is_nothing(),
            Err(error) => matches!(error, Error::Missing | Error::Unique(_)),
        }
    }
}
