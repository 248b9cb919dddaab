//! What goes into a statement and what comes out: six kinds of values, the same on both engines.

use std::sync::Arc;

use bytes::Bytes;
use vault::{Key, KeyId};

use crate::error::{Error, Result};

/// A statement in the SQL that both engines understand, with `$1` placeholders. Made by [`statements!`] only, so
/// that a test can prepare every one of them on both engines, or by [`Sql::built`] where a list has filters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql<'a>(&'a str);

impl<'a> Sql<'a> {
    /// A statement of [`statements!`].
    pub(crate) const fn fixed(text: &'static str) -> Sql<'static> {
        Sql(text)
    }

    /// A statement put together at run time. Whoever builds one lists all its forms for the test.
    pub(crate) fn built(text: &'a str) -> Self {
        Self(text)
    }

    /// The statement's text.
    pub(crate) fn text(self) -> &'a str {
        self.0
    }
}

/// Declares the statements of a file as constants, and `STATEMENTS`, the list of them that the test prepares.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* const $name: crate::values::Sql<'static> = crate::values::Sql::fixed($text);)*

        /// Every statement of this file.
        #[cfg(test)]
        pub(crate) const STATEMENTS: &[(&str, crate::values::Sql<'static>)] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use statements;

/// The values of a statement's placeholders, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$(crate::values::Value::from($value)),*] };
}
pub(crate) use values;

/// `$from, $from+1, …` for a list of `count` values.
pub(crate) fn placeholders(from: usize, count: usize) -> String {
    (from..from + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Bytes),
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
        }
    }
}

/// PostgreSQL's text cannot hold U+0000, so it becomes U+FFFD on both engines.
fn text(text: String) -> Value {
    Value::Text(if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text })
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        text(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        text(value.to_owned())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        text(value.clone())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<Bytes> for Value {
    fn from(value: Bytes) -> Self {
        Self::Bytes(value)
    }
}

impl From<&Bytes> for Value {
    fn from(value: &Bytes) -> Self {
        Self::Bytes(value.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Bytes::copy_from_slice(value))
    }
}

impl From<&Vec<u8>> for Value {
    fn from(value: &Vec<u8>) -> Self {
        value.as_slice().into()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What a column's value can be read as.
pub(crate) trait FromValue: Sized {
    fn from_value(value: Value) -> Result<Self>;
}

fn unexpected<T>(wanted: &str, found: &Value) -> Result<T> {
    Err(Error::Corrupt(format!("a column holds {}, expected {wanted}", found.kind())))
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bool(value) => Ok(value),
            // SQLite keeps booleans as integers.
            Value::Integer(value @ (0 | 1)) => Ok(value == 1),
            other => unexpected("a boolean", &other),
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Integer(value) => Ok(value),
            other => unexpected("an integer", &other),
        }
    }
}

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Real(value) => Ok(value),
            other => unexpected("a real number", &other),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Text(value) => Ok(value),
            other => unexpected("text", &other),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bytes(value) => Ok(value.into()),
            other => unexpected("bytes", &other),
        }
    }
}

impl FromValue for Bytes {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bytes(value) => Ok(value),
            other => unexpected("bytes", &other),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// Ids and times are integers.
macro_rules! integers {
    ($($name:ident),*) => {$(
        impl From<model::$name> for Value {
            fn from(value: model::$name) -> Self {
                Self::Integer(value.0)
            }
        }

        impl FromValue for model::$name {
            fn from_value(value: Value) -> Result<Self> {
                i64::from_value(value).map(Self)
            }
        }
    )*};
}
integers!(
    WorkspaceId,
    AgentId,
    SessionId,
    InboxId,
    ContactId,
    IdentityId,
    ConversationId,
    MessageId,
    MediaId,
    LabelId,
    QuickReplyId,
    InboundId,
    OutboundId,
    JobId,
    AlarmId,
    SurgeId,
    TokenId,
    ProviderId,
    ArticleId,
    CategoryId,
    SourceId,
    ImportId,
    HoldId,
    ErasureId,
    RetentionId,
    BreachId,
    PasskeyId,
    RoleId,
    TeamId,
    TrialId,
    IntentId,
    ExampleId
);

impl From<model::Millis> for Value {
    fn from(value: model::Millis) -> Self {
        Self::Integer(value.0)
    }
}

impl FromValue for model::Millis {
    fn from_value(value: Value) -> Result<Self> {
        i64::from_value(value).map(Self)
    }
}

/// Enumerations are kept by name.
macro_rules! names {
    ($($path:path),* $(,)?) => {$(
        impl From<$path> for Value {
            fn from(value: $path) -> Self {
                Self::Text(value.as_str().to_owned())
            }
        }

        impl FromValue for $path {
            fn from_value(value: Value) -> Result<Self> {
                let name = String::from_value(value)?;
                <$path>::parse(&name)
                    .ok_or_else(|| Error::Corrupt(format!("{name:?} is not a {}", stringify!($path))))
            }
        }
    )*};
}
names!(
    model::Scope,
    model::Locale,
    model::ChannelKind,
    model::ConversationState,
    model::Turn,
    model::Direction,
    model::AuthorKind,
    model::ReactionBy,
    model::DeliveryState,
    model::MediaKind,
    model::MediaState,
    model::MediaFailure,
    model::EventKind,
    model::AlarmKind,
    model::Act,
    model::ActorKind,
    model::GapReason,
    model::ArticleKind,
    model::ArticleState,
    model::Audience,
    model::SourceKind,
    model::Every,
    model::ImportState,
    model::ImportVerdict,
    model::ImportProblem,
    model::Purpose,
    model::ConsentWay,
    model::ErasureWhy,
    model::DataClass,
    model::LinkKind,
    model::AnswerKind,
    model::SuggestionKind,
    model::SuggestionUse,
    model::HandOverReason,
    model::BotTimes,
    model::TrialDeed,
    model::Agreement,
    model::Verdict,
    model::ExampleState,
    model::ExampleOrigin,
    model::ProviderStep,
    model::TopicKind,
    crate::outbound::OutboundKind,
);

impl From<model::Role> for Value {
    fn from(value: model::Role) -> Self {
        Self::Text(value.name().into_owned())
    }
}

impl FromValue for model::Role {
    fn from_value(value: Value) -> Result<Self> {
        let name = String::from_value(value)?;
        Self::parse(&name).ok_or_else(|| Error::Corrupt(format!("{name:?} is no role")))
    }
}

/// A row of a result; its columns are taken from left to right.
#[derive(Debug)]
pub(crate) struct Row(std::vec::IntoIter<Value>, Ring);

/// The keys of a result's sealed values.
type Ring = Option<Arc<[(KeyId, Option<Arc<Key>>)]>>;

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter(), None)
    }

    /// The names of the keys that its values are sealed with.
    pub(crate) fn sealed_with(&self) -> impl Iterator<Item = KeyId> {
        self.0.as_slice().iter().filter_map(|value| match value {
            Value::Bytes(bytes) => vault::key_of(bytes),
            _ => None,
        })
    }

    /// Puts keys at hand.
    pub(crate) fn give_keys(&mut self, ring: Arc<[(KeyId, Option<Arc<Key>>)]>) {
        self.1 = Some(ring);
    }

    /// The key of a name that [`Row::sealed_with`] told; `None` when it was destroyed.
    pub(crate) fn key(&self, id: KeyId) -> Result<Option<&Key>> {
        let ring = self.1.as_deref().unwrap_or_default();
        match ring.iter().find(|(one, _)| *one == id) {
            Some((_, key)) => Ok(key.as_deref()),
            None => Err(Error::Other("the database was opened without its keys".into())),
        }
    }

    /// The next column.
    pub(crate) fn take<T: FromValue>(&mut self) -> Result<T> {
        let value = self.0.next().ok_or_else(|| Error::Corrupt("a row has too few columns".into()))?;
        T::from_value(value)
    }

    /// The next column, which holds JSON.
    pub(crate) fn take_json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T> {
        from_json(&self.take::<String>()?)
    }
}

/// The value of a JSON column.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::Corrupt(format!("a JSON column: {error}")))
}

/// A JSON column's text. Our own types always have one.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Other(format!("cannot write JSON: {error}")))
}
