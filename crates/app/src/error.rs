//! What can go wrong in a use case, in one shape.

use model::{Millis, SensitiveClass};

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in.
    #[error("sign in first")]
    Unauthorized,
    /// The name or password is wrong; never says which.
    #[error("the e-mail address or the password is wrong")]
    BadCredentials,
    /// What guards an account is changed only by somebody who proved just now to be there.
    #[error("show once more that it is you, then try again")]
    ProofNeeded,
    /// The caller lacks a right.
    #[error("your role does not allow this; ask an administrator")]
    Forbidden,
    /// The object does not exist in the caller's workspace or is not visible to the caller.
    #[error("there is no such object")]
    NotFound,
    /// Fields are wrong.
    #[error("some fields need a correction")]
    Invalid(Vec<FieldProblem>),
    /// The present state forbids it.
    #[error("{message}")]
    Conflict {
        /// For machines.
        code: &'static str,
        /// For people.
        message: String,
    },
    /// The channel would not deliver a free-form message now.
    #[error(
        "the customer wrote more than {hours} hours ago, so this channel does not deliver free-form messages now; wait until the customer writes again"
    )]
    WindowClosed {
        /// The window's length.
        hours: u32,
    },
    /// A reply carries what should not be sent, or not without thinking twice.
    #[error("the message carries sensitive content ({}); {}", names(classes), if *blocked { "take it out" } else { "confirm that it is meant to be sent" })]
    Sensitive {
        /// What it carries.
        classes: Vec<SensitiveClass>,
        /// Whether nothing but taking it out helps.
        blocked: bool,
    },
    /// Larger than allowed.
    #[error("the file is larger than {limit} bytes; send a smaller one")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Of a kind that is not taken.
    #[error("{0}")]
    Unsupported(String),
    /// Too often.
    #[error("too many attempts; try again in {} seconds", retry_after.0.div_euclid(1000) + 1)]
    RateLimited {
        /// When it makes sense to try again.
        retry_after: Millis,
    },
    /// The server is busy or its database is away for a moment.
    #[error("the server is busy; try again in a moment")]
    Unavailable,
    /// A fault of ours; the details are for the log alone.
    #[error("something went wrong on the server; the operator finds the cause in its log")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn names(classes: &[SensitiveClass]) -> String {
    classes.iter().map(|class| class.as_str()).collect::<Vec<_>>().join(", ")
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The path of the field in the request, such as `config.app_secret`.
    pub path: String,
    /// For machines, such as `too_long`.
    pub code: &'static str,
    /// What is allowed.
    pub message: String,
}

impl Error {
    /// The code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::BadCredentials => "bad_credentials",
            Self::ProofNeeded => "proof_needed",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Invalid(_) => "validation",
            Self::Conflict { code, .. } => code,
            Self::WindowClosed { .. } => "window_closed",
            Self::Sensitive { blocked: true, .. } => "sensitive_blocked",
            Self::Sensitive { blocked: false, .. } => "sensitive_unconfirmed",
            Self::TooLarge { .. } => "too_large",
            Self::Unsupported(_) => "unsupported",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// One wrong field.
    pub fn field(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem { path: path.into(), code, message: message.into() }])
    }

    /// A fault of ours.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            // Told so often, when it is told, that a line each would be one more load; it is counted instead.
            store::Error::Overloaded => Self::Unavailable,
            temporary if temporary.is_temporary() => {
                tracing::warn!(error = %temporary, "the store cannot serve for a moment");
                Self::Unavailable
            }
            store::Error::Stopped => Self::Unavailable,
            store::Error::BadCursor => {
                Self::field("cursor", "invalid", "use the next_cursor of an earlier answer")
            }
            store::Error::Missing => Self::NotFound,
            other => Self::internal(other),
        }
    }
}
