//! Graph errors: the envelope in which every refusal comes.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::codes;
use crate::Sim;

/// A refusal on its way to becoming an answer.
pub(crate) struct GraphError {
    code: u32,
    subcode: Option<u32>,
    details: Option<String>,
    trace: String,
}

impl GraphError {
    /// The error of a code, with its usual words.
    pub(crate) fn new(sim: &Sim, code: u32) -> Self {
        GraphError { code, subcode: None, details: None, trace: sim.world().dice.trace() }
    }

    /// What exactly was wrong.
    pub(crate) fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// An id that names nothing, or nothing that this token may see: HTTP 400, code 100, subcode 33.
    pub(crate) fn unknown_object(sim: &Sim, method: &str, id: &str) -> Self {
        let mut error = GraphError::new(sim, 100);
        error.subcode = Some(33);
        error.details = Some(format!(
            "Unsupported {} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation",
            method.to_ascii_lowercase()
        ));
        error
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let details = self.details.unwrap_or_else(|| codes::details(self.code).into());
        let message = match (self.subcode, self.code) {
            (Some(33), _) => details.clone(),
            (_, 190) => "Error validating access token: The session is invalid.".into(),
            (_, code) => format!("(#{code}) {}", codes::title(code)),
        };
        let mut error = json!({
            "message": message,
            "type": if self.subcode == Some(33) { "GraphMethodException" } else { "OAuthException" },
            "code": self.code,
            "fbtrace_id": self.trace,
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        } else if self.code != 190 {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        if codes::is_transient(self.code) {
            error["is_transient"] = true.into();
        }
        let status = StatusCode::from_u16(codes::http_status(self.code)).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(json!({ "error": error }))).into_response()
    }
}
