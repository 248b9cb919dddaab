//! The media store in S3-compatible storage, which all nodes share.

use std::sync::Arc;
use std::time::Duration;

use model::Secret;
use object_store::aws::AmazonS3Builder;
use object_store::client::{HttpClient, HttpConnector};
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use crate::egress;

/// Where the storage is. It is the operator's own, so its address may be a private one.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// `s3://bucket` or `s3://bucket/prefix`.
    pub url: String,
    /// The storage's address without a slash at its end; empty: Amazon's for the region.
    pub endpoint: String,
    /// The storage's region.
    pub region: String,
    /// The key's name; empty: what the environment or the machine's role says.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Secret<String>,
    /// How long the storage may be silent, and for how long a call that failed is tried again.
    pub patience: Duration,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            url: String::new(),
            endpoint: String::new(),
            region: "us-east-1".to_owned(),
            access_key_id: String::new(),
            secret_access_key: Secret::new(String::new()),
            patience: Duration::from_secs(20),
        }
    }
}

/// Opens the storage; it is not asked anything yet.
pub(crate) fn open(bucket: &Bucket) -> object_store::Result<Arc<dyn ObjectStore>> {
    let (name, prefix) = place(&bucket.url);
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(name)
        .with_region(&bucket.region)
        .with_allow_http(bucket.endpoint.starts_with("http://"))
        .with_http_connector(Connector { patience: bucket.patience })
        .with_retry(RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(2),
                base: 2.0,
            },
            max_retries: 3,
            retry_timeout: bucket.patience,
        });
    if !bucket.endpoint.is_empty() {
        builder = builder.with_endpoint(&bucket.endpoint);
    }
    if !bucket.access_key_id.is_empty() {
        builder = builder
            .with_access_key_id(&bucket.access_key_id)
            .with_secret_access_key(bucket.secret_access_key.expose());
    }
    let store = builder.build()?;
    Ok(if prefix.is_empty() { Arc::new(store) } else { Arc::new(PrefixStore::new(store, prefix)) })
}

/// The bucket's name and the prefix in it.
fn place(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("s3://").unwrap_or(url);
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    (name, prefix.trim_matches('/'))
}

/// Hands over the one way out.
#[derive(Debug)]
struct Connector {
    patience: Duration,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = egress::trusted(self.patience);
        let failed = |error| object_store::Error::Generic { store: "S3", source: Box::new(error) };
        client.map(HttpClient::new).map_err(failed)
    }
}
