//! Links that let their holder choose a password.

use crate::named::named;

named! {
    /// What a link is for.
    LinkKind {
        /// It asks somebody in who has no password yet.
        Invitation = "invitation",
        /// It lets somebody choose another password.
        Reset = "reset",
    }
}
