//! What in a text should not be seen by everybody.

use serde::{Deserialize, Serialize};

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident = $text:tt, $seen:literal, $outbound:ident;)*) => {
        /// A class of sensitive content.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum SensitiveClass {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl SensitiveClass {
            /// Every class there is.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$name),*];

            /// The name as stored and shown in the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The class of that name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|class| class.as_str() == name)
            }

            /// What holds where nobody has said otherwise.
            pub fn usual(self) -> SensitiveRule {
                match self {
                    $(Self::$name => SensitiveRule { class: self, masked: $seen, outbound: Outbound::$outbound },)*
                }
            }
        }
    };
}

classes! {
    /// The number of a payment card, or the code on its back.
    Card = "card", true, Block;
    /// A number by which a state knows a person.
    NationalId = "national_id", true, Warn;
    /// A passport's number.
    Passport = "passport", true, Warn;
    /// A bank account.
    BankAccount = "bank_account", true, Allow;
    /// A key, token, cookie or private key of a machine.
    Secret = "secret", true, Block;
    /// A password or one-time code that somebody tells.
    Password = "password", true, Block;
    /// Somebody asks for a password, one-time code or card code.
    PasswordRequest = "password_request", false, Warn;
    /// A telephone number.
    Phone = "phone", false, Allow;
    /// An e-mail address.
    Email = "email", false, Allow;
    /// A computer's address.
    Ip = "ip", false, Allow;
    /// A vehicle's plate.
    Plate = "plate", false, Allow;
}

/// What happens to a reply that carries sensitive content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outbound {
    /// It is sent.
    Allow,
    /// It is sent once the agent has confirmed it.
    Warn,
    /// It is not sent.
    Block,
}

impl Outbound {
    /// The name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }

    /// The choice of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Allow, Self::Warn, Self::Block].into_iter().find(|one| one.as_str() == name)
    }
}

/// What a workspace does about one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SensitiveRule {
    /// The class.
    pub class: SensitiveClass,
    /// Whether it is masked wherever texts are shown.
    pub masked: bool,
    /// What happens to a reply that carries it.
    pub outbound: Outbound,
}

/// A place in a masked text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SensitiveSpan {
    /// The field of the content that it stands in, such as `text`.
    pub field: String,
    /// Where it begins, in UTF-16 code units of the text as it is shown.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// What it is.
    pub class: SensitiveClass,
    /// Whether it is masked here.
    pub masked: bool,
}
