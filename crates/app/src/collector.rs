//! The operator's own collector of traces, whose address stands in the configuration.

use std::time::Duration;

use crate::egress;

/// How long the collector may take. Traces are worth no longer wait: the next ones come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where traces go.
#[derive(Debug)]
pub struct Collector {
    client: reqwest::Client,
    url: String,
}

impl Collector {
    /// A collector that takes OTLP over HTTP at `address`, such as `http://127.0.0.1:4318`.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn at(address: &str) -> Result<Self, String> {
        let client = egress::trusted(PATIENCE).map_err(|error| format!("cannot make calls: {error}"))?;
        Ok(Self { client, url: format!("{}/v1/traces", address.trim_end_matches('/')) })
    }

    /// Hands a document over.
    ///
    /// # Errors
    /// Why it was not taken, in words.
    pub async fn take(&self, json: String) -> Result<(), String> {
        let request = self.client.post(&self.url).timeout(PATIENCE).body(json);
        let answer = request.header(reqwest::header::CONTENT_TYPE, "application/json").send().await;
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("it answers with status {}", answer.status().as_u16())),
            Err(error) => Err(error.without_url().to_string()),
        }
    }
}
