//! What a request did that the real API would refuse, or that its documents forbid.

use serde::Serialize;
use serde_json::Value;

/// Who says that a request is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Meta's published OpenAPI document.
    Openapi,
    /// Our own table of message limits.
    Limits,
}

/// One broken rule in one request.
#[derive(Clone, Debug, Serialize)]
pub struct Violation {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Method and path.
    pub request: String,
    /// Who says so.
    pub source: Source,
    /// Where in the body (a JSON pointer) and what is wrong with it.
    pub detail: String,
    /// The body as it was; for an upload, what was declared.
    pub body: Value,
}
