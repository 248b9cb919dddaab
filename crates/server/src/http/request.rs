//! What a request carries, with refusals in the one shape: ids in the path, the query, a JSON body.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::error::Problem;
use crate::site::Site;

/// The id in the path. One that cannot exist is answered like one that does not.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(text)| text.parse().ok());
        id.map(Self).ok_or_else(|| app::Error::NotFound.into())
    }
}

/// The query.
#[derive(Debug, Clone, Copy)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        params(&parts.uri).map(Self)
    }
}

fn params<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    // An empty parameter is an absent one, as forms and address builders write it.
    let pairs =
        uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !pair.ends_with('='));
    let query = pairs.collect::<Vec<_>>().join("&");
    let uri = Uri::try_from(format!("/?{query}"));
    let uri = uri.map_err(|_| Problem::field("query", "invalid", "the query is not readable"))?;
    match Query::try_from_uri(&uri) {
        Ok(Query(params)) => Ok(params),
        Err(error) => {
            // The rejection's text ends with the parameter's name and what is wrong with it.
            let text = error.body_text();
            let said = text.split_once("query string: ").map_or(text.as_str(), |(_, said)| said);
            let (path, message) = said.split_once(": ").unwrap_or(("query", said));
            Err(Problem::field(path, "invalid", message))
        }
    }
}

/// Which page of a list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Where the page begins: the `next_cursor` of an earlier answer.
    pub cursor: Option<String>,
    /// How many items, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

impl PageQuery {
    /// How many items.
    ///
    /// # Errors
    /// When the number is out of range.
    pub fn limit(&self) -> Result<i64, Problem> {
        page_limit(self.limit)
    }
}

/// The length of a page: 50 when absent.
///
/// # Errors
/// When the number is out of range.
pub fn page_limit(asked: Option<i64>) -> Result<i64, Problem> {
    match asked.unwrap_or(50) {
        limit @ 1..=100 => Ok(limit),
        _ => Err(Problem::field("limit", "invalid", "use a number from 1 to 100")),
    }
}

/// A JSON body. Fields that the operation does not know are refused, so that a misspelt one is noticed.
#[derive(Debug, Clone, Copy)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Site> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let message = "send a JSON document with the header content-type: application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported", message));
        }
        let bytes = whole(request.into_body(), site.limits.body).await?;
        // A list would be read as a document's fields in their order.
        if bytes.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
            return Err(Problem::field("body", "invalid", "send one JSON object"));
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            // Where the document itself is broken there is no path.
            let path = if matches!(path.as_str(), "." | "?") { "body".to_owned() } else { path };
            Problem::field(path, "invalid", error.inner().to_string())
        })?;
        json.end().map_err(|_| Problem::field("body", "invalid", "there is more after the JSON document"))?;
        Ok(Self(value))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// 413 when it is larger, 400 when the client stopped in the middle.
pub async fn whole(body: axum::body::Body, limit: usize) -> Result<Bytes, Problem> {
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        let over = std::iter::successors(std::error::Error::source(&error), |cause| cause.source())
            .any(|cause| cause.is::<http_body_util::LengthLimitError>());
        if over {
            Problem::too_large(limit)
        } else {
            let problem = Problem::field("body", "invalid", "the request broke off; send it again");
            problem.with_status(StatusCode::BAD_REQUEST)
        }
    })
}

/// A field that may be absent, `null` or a value, told apart: for changes in which absent means that it stays.
///
/// # Errors
/// When it is there and no such value.
pub(super) fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        limit: Option<i64>,
        q: Option<String>,
    }

    fn read(query: &str) -> Result<Wanted, Problem> {
        params(&Uri::try_from(format!("/api/x?{query}")).expect("an address"))
    }

    #[test]
    fn empty_parameters_are_absent_and_wrong_ones_are_named() {
        assert_eq!(read("limit=&q=a%20b&").expect("fine"), Wanted { limit: None, q: Some("a b".into()) });
        assert_eq!(read("").expect("fine"), Wanted { limit: None, q: None });
        let said = format!("{:?}", read("limit=many").expect_err("wrong"));
        assert!(said.contains("\"limit\"") && said.contains("invalid digit"), "{said}");
        let said = format!("{:?}", read("limt=1").expect_err("wrong"));
        assert!(said.contains("limt"), "{said}");
    }
}
