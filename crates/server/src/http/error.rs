//! The one shape of every refusal.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Millis;
use serde::Serialize;

/// What a handler returns.
pub type Answer<T> = Result<T, Problem>;

/// A refusal: a status and the one shape.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    body: ErrorBody,
    retry_after: Option<Millis>,
}

/// The body of every answer that is no success.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Error, example = json!({"error": {
    "code": "validation",
    "message": "some fields need a correction",
    "fields": [{"path": "email", "code": "invalid", "message": "use an address such as name@example.com"}]
}}))]
pub struct ErrorBody {
    /// What went wrong.
    error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ErrorDetail {
    /// For machines.
    #[schema(value_type = ErrorCode)]
    code: &'static str,
    /// For people: says what to do.
    message: String,
    /// What is wrong with single fields; empty unless the code is `validation`, `sensitive_blocked` or
    /// `sensitive_unconfirmed`.
    fields: Vec<ErrorField>,
}

/// What is wrong with a field of the request.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ErrorField {
    /// The field's place in the body or its name in the query, such as `config.app_secret`.
    path: String,
    /// For machines: `required`, `too_short`, `too_long`, `invalid`, `taken`, `unknown` and others.
    #[schema(value_type = String)]
    code: &'static str,
    /// What is allowed.
    message: String,
}

/// The codes of refusals.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "the list for the API document; the use cases name their codes themselves")]
pub(super) enum ErrorCode {
    /// Fields are missing or wrong; see `fields` (422).
    Validation,
    /// Nobody is signed in (401).
    Unauthorized,
    /// The address or the password is wrong (401, only when signing in).
    BadCredentials,
    /// A provider of identity cannot be reached or used now (409).
    ProviderUnreachable,
    /// A provider did not let somebody in (401).
    ProviderDenied,
    /// What was begun at a provider was begun elsewhere, or took too long (401).
    ProviderLate,
    /// What a provider says cannot be believed (401).
    ProviderUntrusted,
    /// A provider knows somebody who has no account here (401).
    ProviderNoAccount,
    /// None of somebody's groups at a provider has a role here (401).
    ProviderNoRole,
    /// The account here or at the provider belongs to somebody else (409).
    ProviderSomebodyElse,
    /// A provider let somebody in without asking who it is, where that was the point (401).
    ProviderNotAsked,
    /// A provider asked somebody for less than the workspace wants (401).
    ProviderWeak,
    /// The workspace wants people to come through a provider (401).
    ProviderNeeded,
    /// The role does not allow it, or the request came from another site (403).
    Forbidden,
    /// Show once more that it is you, at `POST /api/session/proof`, then try again (403).
    ProofNeeded,
    /// There is no such object, or it is another workspace's (404).
    NotFound,
    /// The present state forbids it (409).
    Conflict,
    /// Larger than allowed (413).
    TooLarge,
    /// Too often; `Retry-After` says when to try again (429).
    RateLimited,
    /// The channel would not deliver a free-form message now (409).
    WindowClosed,
    /// The message carries sensitive content that may not be sent; `fields` names the classes (409).
    SensitiveBlocked,
    /// The message carries sensitive content; send it again with `confirmed` if it is meant so; `fields` names the
    /// classes (409).
    SensitiveUnconfirmed,
    /// The customer has not agreed to messages for this purpose (409).
    NoConsent,
    /// The customer's data is held, because the law wants it kept (409).
    Held,
    /// The inbox is no longer connected (409).
    InboxRemoved,
    /// The number or account is connected already, here or elsewhere (409).
    AlreadyConnected,
    /// The bot of the inbox is off (409).
    NoBot,
    /// No sentence model is chosen (409).
    NoEmbeddingModel,
    /// No language model may be used (409).
    NoLanguageModel,
    /// What the language model may use today is used (409).
    BudgetSpent,
    /// The language model does not answer, or what it wrote cannot be used (409).
    ModelFailed,
    /// Only a message that failed can be sent again (409).
    NotFailed,
    /// The message may have arrived; confirm that it is to be sent once more (409).
    Uncertain,
    /// There are as many as there may be; remove some first (409).
    TooMany,
    /// The provider refused (409).
    ProviderRefused,
    /// Of a kind that is not taken (405, 415 or 426).
    Unsupported,
    /// Busy for a moment; `Retry-After` says when to try again (503).
    Unavailable,
    /// A fault of the server; its log knows more (500).
    Internal,
}

impl Problem {
    /// A refusal without details about fields.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let error = ErrorDetail { code, message: message.into(), fields: Vec::new() };
        Self { status, body: ErrorBody { error }, retry_after: None }
    }

    /// One wrong field.
    pub fn field(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        app::Error::field(path, code, message).into()
    }

    /// The same refusal with another status.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// An address that the API does not have.
    pub fn no_such_address() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address; see /api/docs")
    }

    /// A body over its limit.
    pub fn too_large(limit: usize) -> Self {
        let message = format!("the request is larger than {limit} bytes; send less at once");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }
}

impl From<app::Error> for Problem {
    fn from(error: app::Error) -> Self {
        use app::Error as E;
        let status = match &error {
            E::Vouching(app::error::Vouching::Unreachable | app::error::Vouching::SomebodyElse) => {
                StatusCode::CONFLICT
            }
            E::Unauthorized | E::BadCredentials | E::Vouching(_) => StatusCode::UNAUTHORIZED,
            E::Forbidden | E::ProofNeeded => StatusCode::FORBIDDEN,
            E::NotFound => StatusCode::NOT_FOUND,
            E::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            E::Conflict { .. } | E::WindowClosed { .. } | E::Sensitive { .. } => StatusCode::CONFLICT,
            E::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            E::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            E::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            E::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            E::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut problem = Self::new(status, error.code(), error.to_string());
        match error {
            E::Invalid(fields) => {
                let field = |one: app::FieldProblem| ErrorField {
                    path: one.path,
                    code: one.code,
                    message: one.message,
                };
                problem.body.error.fields = fields.into_iter().map(field).collect();
            }
            E::Sensitive { classes, .. } => {
                let field = |class: model::SensitiveClass| ErrorField {
                    path: "text".to_owned(),
                    code: class.as_str(),
                    message: "sensitive content of this class".to_owned(),
                };
                problem.body.error.fields = classes.into_iter().map(field).collect();
            }
            E::RateLimited { retry_after } => problem.retry_after = Some(retry_after),
            E::Unavailable => problem.retry_after = Some(Millis::seconds(2)),
            E::Internal(source) => log(&*source),
            _ => {}
        }
        problem
    }
}

fn log(error: &(dyn std::error::Error + Send + Sync)) {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        said = format!("{said}: {cause}");
        source = cause.source();
    }
    tracing::error!(error = said, "a request failed for a fault of ours");
}

/// The code of a refusal, beside the answer for whoever looks at it on its way out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code(pub(super) &'static str);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let code = self.body.error.code;
        let mut response = (self.status, Json(self.body)).into_response();
        response.extensions_mut().insert(Code(code));
        if let Some(after) = self.retry_after {
            let seconds = (after.0.max(0) + 999) / 1000;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
