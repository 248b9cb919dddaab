//! Lists as cursor pages.

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The page's rows.
    pub items: Vec<T>,
    /// What to pass to get the next page; `None` on the last one. Opaque to callers.
    pub next_cursor: Option<String>,
}
