//! An answer that is read piece by piece while it is made.

use std::time::Duration;

use bytes::Bytes;
use channels::Request;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use reqwest::header::CONTENT_TYPE;

use super::{Egress, MAX_DOCUMENT, Outcome, Silence, Unanswered, beginning, broken_off};
use crate::files::Files;

/// The most bytes of such an answer.
const MOST: usize = 4 << 20;

/// An answer of which nothing but the head was read.
pub(crate) struct Opened {
    /// Its status.
    pub(crate) status: u16,
    /// Whether it comes as a stream of events.
    pub(crate) is_events: bool,
    response: reqwest::Response,
}

impl Egress {
    /// Makes a call whose answer may take as long as `longest` altogether.
    ///
    /// # Errors
    /// Why there is no answer; an answer with any status is one.
    pub(crate) async fn open(
        &self,
        request: &Request,
        files: &Files,
        longest: Duration,
    ) -> Result<Opened, Unanswered> {
        let sent = match self.prepare(request, files, None, longest).await {
            Ok(prepared) => prepared.send().await.map_err(|error| Silence::of(&error)),
            Err(refused) => Err(Silence::NotSent(refused)),
        };
        self.count(match &sent {
            Ok(response) => Outcome::of_status(response.status().as_u16()),
            Err(silence) => silence.outcome(),
        });
        let response = sent.map_err(|silence| Unanswered(silence.why()))?;
        let mime = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_events = mime.is_some_and(|mime| mime.starts_with("text/event-stream"));
        Ok(Opened { status: response.status().as_u16(), is_events, response })
    }
}

impl Opened {
    /// The whole document, of at most 1 MiB.
    ///
    /// # Errors
    /// When it breaks off.
    pub(crate) async fn document(self) -> Result<Vec<u8>, Unanswered> {
        let body = beginning(self.response, MAX_DOCUMENT).await;
        body.map_err(|error| Unanswered(broken_off(&error).why()))
    }

    /// Its pieces as they come, of together at most 4 MiB.
    pub(crate) fn pieces(self) -> BoxStream<'static, Result<Bytes, Unanswered>> {
        let mut left = MOST;
        let pieces = self.response.bytes_stream();
        let pieces = pieces.map_err(|error| Unanswered(broken_off(&error).why()));
        let counted = pieces.map(move |piece| {
            let piece = piece?;
            left = left.checked_sub(piece.len()).ok_or_else(|| Unanswered("it does not end".to_owned()))?;
            Ok(piece)
        });
        counted.boxed()
    }
}
