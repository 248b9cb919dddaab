//! What can go wrong with keys and sealed values.

/// What a function of this room returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something was not opened or made. Says nothing of keys or contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The value was changed, stands in another place than it was sealed for, or was sealed with another key.
    #[error("a sealed value does not open: it was changed, moved, or sealed with another key")]
    Refused,
    /// The value is not in the form that sealed values have.
    #[error("a value is not in the form of sealed ones")]
    Malformed,
    /// A wrapped key does not open with the root key that is configured.
    #[error("a wrapped key does not open: the root key is not the one that wrapped it")]
    WrongRoot,
    /// The text of a root key is not 32 bytes in hexadecimal digits.
    #[error("a root key is written as 64 hexadecimal digits")]
    RootForm,
}
