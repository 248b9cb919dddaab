//! Which conversations a caller may see: built here and used by every list, search, count and export.

/// The conversations that a caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visibility(Sight);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Sight {
    Everything,
}

impl Visibility {
    /// Every conversation of the workspace.
    pub fn everything() -> Self {
        Self(Sight::Everything)
    }
}
