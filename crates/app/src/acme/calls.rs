//! How the protocol's library reaches an authority: through the one client that makes outgoing connections.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use openidconnect::HttpRequest;
use serde_json::Value;

use crate::egress::Egress;

/// [`Egress`] as the library wants it.
pub(super) struct Calls(pub(super) Arc<Egress>);

impl HttpClient for Calls {
    fn request(
        &self,
        request: http::Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let egress = Arc::clone(&self.0);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let Ok(body) = body.collect().await;
            let request = HttpRequest::from_parts(head, body.to_bytes().into());
            let host = request.uri().host().unwrap_or_default().to_owned();
            let answer = egress.exchange(request).await;
            let answer = answer.map_err(|error| Error::Other(format!("{host}: {error}").into()))?;
            let (parts, body) = answer.into_parts();
            Ok(BytesResponse { parts, body: Box::new(Bytes::from(body)) })
        })
    }
}

/// Asks for a directory.
pub(super) async fn describe(egress: Egress, directory: &str) -> Result<(), String> {
    let asked = http::Request::get(directory).body(Vec::new()).map_err(|error| error.to_string())?;
    let answer = egress.exchange(asked).await.map_err(|error| error.to_string())?;
    if !answer.status().is_success() {
        return Err(format!("it answers with status {}", answer.status().as_u16()));
    }
    let parsed: Option<Value> = serde_json::from_slice(answer.body()).ok();
    let complete = parsed.is_some_and(|said| {
        ["newNonce", "newAccount", "newOrder"].iter().all(|name| said.get(name).is_some_and(Value::is_string))
    });
    if complete { Ok(()) } else { Err("what answers is no ACME directory".to_owned()) }
}
