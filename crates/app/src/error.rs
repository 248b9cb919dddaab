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
    /// A provider of identity does not vouch for somebody, or not in a way that counts.
    #[error("{0}")]
    Vouching(Vouching),
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

/// Why a provider of identity does not get somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Vouching {
    /// It cannot be reached or used.
    #[error("the provider cannot be reached or used now; an administrator sees why under Settings, Sign-in")]
    Unreachable,
    /// It says no.
    #[error("the provider did not let you in")]
    Refused,
    /// Nothing was begun in this browser, or too long ago.
    #[error("this took too long or began in another browser; start again")]
    Late,
    /// What it says cannot be believed.
    #[error("the provider's answer cannot be trusted; start again, and tell an administrator if it stays so")]
    Untrusted,
    /// It knows somebody who has no account here.
    #[error("the provider knows you, but there is no account for you here; ask an administrator")]
    NoAccount,
    /// None of somebody's groups has a role.
    #[error("none of your groups at the provider gives access here; ask an administrator")]
    NoRole,
    /// The account here or there belongs to somebody else.
    #[error("the account there or here belongs to somebody else already; ask an administrator")]
    SomebodyElse,
    /// It let somebody in whom it knew, without asking who it is.
    #[error("the provider did not ask again who you are; sign out and in again instead")]
    NotAsked,
    /// It asked somebody for less than the workspace wants.
    #[error(
        "the provider did not ask you for as much as this workspace wants; sign in there anew, with a stronger means"
    )]
    Weak,
    /// The workspace wants people to come through a provider.
    #[error("sign in through your company's provider; this workspace asks everybody to")]
    Needed,
}

impl Vouching {
    /// The code for machines.
    fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "provider_unreachable",
            Self::Refused => "provider_denied",
            Self::Late => "provider_late",
            Self::Untrusted => "provider_untrusted",
            Self::NoAccount => "provider_no_account",
            Self::NoRole => "provider_no_role",
            Self::SomebodyElse => "provider_somebody_else",
            Self::NotAsked => "provider_not_asked",
            Self::Weak => "provider_weak",
            Self::Needed => "provider_needed",
        }
    }
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
            Self::Vouching(why) => why.code(),
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
