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

    /// The condition on a conversation `c`, to be put behind ` AND `.
    pub(crate) fn condition(&self) -> &'static str {
        match self.0 {
            Sight::Everything => "TRUE",
        }
    }

    /// Every kind there is, for the test that prepares all statements.
    #[cfg(test)]
    pub(crate) fn every_kind() -> Vec<Self> {
        vec![Self::everything()]
    }
}
