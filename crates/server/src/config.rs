//! What can be configured: built-in defaults, then a file, then environment variables.
//!
//! `config.default.toml` is the defaults, the documentation and the list of known keys at once. Whoever adds a
//! key adds it there with a comment that says what is allowed: the comment is shown when a value is wrong.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use app::scan::Place;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use ipnet::IpNet;
use model::Secret;
use serde::{Deserialize, Deserializer, de};
use toml::Table;

use crate::http::content::Content;
use crate::http::pace::Rates;

mod acme;
mod content;
mod security;

pub use acme::Acme;
pub use security::Security;

/// The defaults with their documentation.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// The file that is read when none is named and it is there.
pub const FILE: &str = "bellhop.toml";

const PREFIX: &str = "BELLHOP_";

/// Variables that begin like ours and are for other programs of the project.
const OTHERS: [&str; 4] = ["BELLHOP_CONFIG", "BELLHOP_ADDRESS", "BELLHOP_BIN", "BELLHOP_CHROMIUM"];

/// What all variables begin with that are for the tests.
const TESTS: &str = "BELLHOP_TEST_";

/// Everything that can be configured; see `config.default.toml` for what each key means.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The public address, without a slash at its end.
    #[serde(deserialize_with = "base_url")]
    pub base_url: Option<String>,
    /// The origin that files have of their own.
    #[serde(deserialize_with = "content::origin")]
    pub content_origin: Option<Content>,
    /// Whose forwarding headers are believed.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// What this process does.
    #[serde(deserialize_with = "roles")]
    pub roles: Vec<Role>,
    /// The certificate.
    pub tls: Tls,
    /// Where everything is stored.
    pub database: Database,
    /// What wraps the keys that seal, and where they are.
    pub keys: Keys,
    /// Where files are stored.
    pub media: Media,
    /// What understands texts beside what comes with the program.
    pub ai: Ai,
    /// The wake-up calls between nodes.
    pub bus: Bus,
    /// How long sessions last.
    pub sessions: Sessions,
    /// Where connections may go.
    pub egress: Egress,
    /// How much is taken at once.
    pub limits: Limits,
    /// Whom to tell about a weakness.
    pub security: Security,
    /// What is logged.
    pub log: Log,
    /// What a monitoring system may ask.
    pub metrics: Metrics,
    /// Where traces go.
    pub telemetry: Telemetry,
    /// The demonstration.
    pub demo: Demo,
}

/// The certificate.
#[derive(Debug, Clone, Deserialize)]
pub struct Tls {
    /// The chain; or empty.
    pub certificate: PathBuf,
    /// The private key; or empty.
    pub key: PathBuf,
    /// Where plain HTTP leads to the public address.
    #[serde(deserialize_with = "optional_address")]
    pub redirect_from: Option<SocketAddr>,
    /// The authority that issues the certificate instead.
    pub acme: Acme,
}

impl Tls {
    /// Whether the server speaks TLS itself.
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty() || self.acme.is_on()
    }
}

/// Where everything is stored.
#[derive(Debug, Clone, Deserialize)]
pub struct Database {
    /// A path or the address of a PostgreSQL server; the address may hold a password.
    pub url: Secret<String>,
    /// Connections or reading threads.
    #[serde(deserialize_with = "within::<_, 1, 256>")]
    pub connections: u64,
}

/// What wraps the keys that seal, and where they are.
#[derive(Debug, Clone, Deserialize)]
pub struct Keys {
    /// The root key's file; or empty.
    pub file: PathBuf,
    /// The file of the age identity that the root key's file is encrypted to; or empty.
    pub age_identity: PathBuf,
    /// The root key; or empty.
    pub root: Secret<String>,
    /// A path or the address of a PostgreSQL server, which may hold a password; or empty.
    pub url: Secret<String>,
}

/// Where files are stored.
#[derive(Debug, Clone, Deserialize)]
pub struct Media {
    /// The folder.
    pub path: PathBuf,
    /// The bucket that is used instead, `s3://bucket/prefix`; or empty.
    #[serde(deserialize_with = "bucket")]
    pub url: String,
    /// The storage's address; or empty.
    #[serde(deserialize_with = "endpoint")]
    pub endpoint: String,
    /// The storage's region.
    pub region: String,
    /// The key's name; or empty.
    pub access_key_id: String,
    /// The key; or empty.
    pub secret_access_key: Secret<String>,
    /// The largest upload in megabytes.
    #[serde(deserialize_with = "within::<_, 1, 1000>")]
    pub max_upload_mb: u64,
    /// The largest file of a customer in megabytes.
    #[serde(deserialize_with = "within::<_, 1, 1000>")]
    pub max_fetch_mb: u64,
    /// What looks whether files are malware.
    #[serde(deserialize_with = "content::scanner")]
    pub scan_address: Option<Place>,
    /// Whether files wait while it does not answer.
    pub scan_required: bool,
}

/// What understands texts beside what comes with the program.
#[derive(Debug, Clone, Deserialize)]
pub struct Ai {
    /// The folder of a sentence model; or empty.
    pub sentence_model: PathBuf,
}

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The console, the API, the webhooks.
    Web,
    /// Apply what came in, send replies, and all jobs.
    Worker,
    /// Apply what came in.
    Receive,
    /// Send replies.
    Send,
    /// Fetch files, wake conversations, tidy up.
    Jobs,
}

/// The wake-up calls between nodes.
#[derive(Debug, Clone, Deserialize)]
pub struct Bus {
    /// The servers; may hold a password.
    pub url: Secret<String>,
    /// What the subjects begin with.
    #[serde(deserialize_with = "subject")]
    pub prefix: String,
}

/// How long sessions last.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Sessions {
    /// Days without use until a sign-in ends.
    #[serde(deserialize_with = "within::<_, 1, 365>")]
    pub life_days: u64,
    /// Days until a session ends however much it is used.
    #[serde(deserialize_with = "within::<_, 1, 365>")]
    pub longest_days: u64,
    /// Minutes until a token is replaced.
    #[serde(deserialize_with = "within::<_, 5, 1440>")]
    pub rotation_minutes: u64,
}

/// Where connections may go.
#[derive(Debug, Clone, Deserialize)]
pub struct Egress {
    /// Private `host:port` pairs that are allowed.
    #[serde(deserialize_with = "authorities")]
    pub allow: Vec<String>,
}

/// How much is taken at once.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Limits {
    /// The largest webhook delivery in kilobytes.
    #[serde(deserialize_with = "within::<_, 16, 65536>")]
    pub hook_kb: u64,
    /// The largest other request in kilobytes.
    #[serde(deserialize_with = "within::<_, 16, 16384>")]
    pub body_kb: u64,
    /// Seconds that a stop waits.
    #[serde(deserialize_with = "within::<_, 0, 300>")]
    pub stop_seconds: u64,
    /// Seconds that a stop waits for load balancers before it begins.
    #[serde(deserialize_with = "within::<_, 0, 300>")]
    pub drain_seconds: u64,
    /// Requests a second of an address that shows nothing.
    #[serde(deserialize_with = "within::<_, 0, 10000>")]
    pub anonymous_per_second: u64,
    /// Requests a second of a session.
    #[serde(deserialize_with = "within::<_, 0, 10000>")]
    pub session_per_second: u64,
    /// Requests a second of a program's token.
    #[serde(deserialize_with = "within::<_, 0, 10000>")]
    pub token_per_second: u64,
}

impl Limits {
    /// How many requests a second each class of clients may make.
    pub fn rates(&self) -> Rates {
        let rate = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Rates {
            anonymous: rate(self.anonymous_per_second),
            session: rate(self.session_per_second),
            token: rate(self.token_per_second),
        }
    }
}

/// What a monitoring system may ask.
#[derive(Debug, Clone, Deserialize)]
pub struct Metrics {
    /// An address that is only for this.
    #[serde(deserialize_with = "optional_address")]
    pub listen: Option<SocketAddr>,
    /// Who knows it may ask at the common address; empty when nobody may.
    #[serde(deserialize_with = "token")]
    pub token: Secret<String>,
}

/// Where traces go.
#[derive(Debug, Clone, Deserialize)]
pub struct Telemetry {
    /// The collector's address, without a slash at its end.
    #[serde(deserialize_with = "collector")]
    pub otlp: Option<String>,
}

/// What is logged.
#[derive(Debug, Clone, Deserialize)]
pub struct Log {
    /// For whom.
    pub format: LogFormat,
    /// How much.
    #[serde(deserialize_with = "level")]
    pub level: String,
}

/// For whom the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON document a line.
    Json,
}

/// The demonstration.
#[derive(Debug, Clone, Deserialize)]
pub struct Demo {
    /// Where its console listens.
    #[serde(deserialize_with = "loopback")]
    pub listen: SocketAddr,
    /// Where its phones listen.
    #[serde(deserialize_with = "loopback")]
    pub phone: SocketAddr,
    /// Where it keeps everything.
    pub folder: PathBuf,
}

/// Why the configuration cannot be used: which key, where it stands, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(String);

impl Config {
    /// Reads the configuration of this process.
    ///
    /// # Errors
    /// When the file cannot be read, a key is unknown, or a value is not allowed.
    pub fn load(file: Option<&Path>) -> Result<Self, Wrong> {
        let default = Path::new(FILE);
        let file = file.or_else(|| default.exists().then_some(default));
        Self::read(file, std::env::vars())
    }

    /// Reads the configuration from a file and the given variables.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn read(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Wrong> {
        let known: Table = DEFAULTS.parse().map_err(|error| Wrong(format!("the defaults: {error}")))?;
        let mut figment = Figment::from(Part { whence: "the defaults".into(), table: known.clone() });
        if let Some(path) = file {
            let shown = path.display();
            let text = std::fs::read_to_string(path)
                .map_err(|error| Wrong(format!("cannot read the configuration file {shown}: {error}")))?;
            let table: Table =
                text.parse().map_err(|error| Wrong(format!("the file {shown} is not TOML: {error}")))?;
            check_keys(&table, &known, "", &format!("the file {shown}"))?;
            figment = figment.merge(Part { whence: format!("the file {shown}"), table });
        }
        for (name, value) in variables {
            if OTHERS.contains(&name.as_str()) || name.starts_with(TESTS) {
                continue;
            }
            let Some(key) = name.strip_prefix(PREFIX) else { continue };
            let whence = format!("the environment variable {name}");
            let table = nested(&key.to_lowercase().replace("__", "."), &value, &known);
            check_keys(&table, &known, "", &whence)?;
            figment = figment.merge(Part { whence, table });
        }
        let config: Self = figment.extract().map_err(|error| explain(&error))?;
        content::check(config.content_origin.as_ref(), config.base_url.as_deref())?;
        Ok(config)
    }
}

/// One source of keys.
struct Part {
    whence: String,
    table: Table,
}

impl Provider for Part {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.whence.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let dict = Value::serialize(&self.table)?.into_dict().unwrap_or_default();
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

/// A table with one key in it. A value is taken as text where the defaults have text there.
fn nested(key: &str, value: &str, known: &Table) -> Table {
    let mut default = Some(&toml::Value::Table(known.clone())).cloned();
    for part in key.split('.') {
        default = default.and_then(|value| value.get(part).cloned());
    }
    let text = toml::Value::String(value.to_owned());
    let value = match default {
        Some(toml::Value::String(_)) => text,
        // Written as in the file: a number, a list.
        _ => format!("it = {value}").parse::<Table>().ok().and_then(|mut it| it.remove("it")).unwrap_or(text),
    };
    let value = key
        .rsplit('.')
        .fold(value, |inner, part| toml::Value::Table(Table::from_iter([(part.to_owned(), inner)])));
    match value {
        toml::Value::Table(table) => table,
        _ => Table::new(),
    }
}

fn check_keys(given: &Table, known: &Table, under: &str, whence: &str) -> Result<(), Wrong> {
    for (key, value) in given {
        let path = format!("{under}{key}");
        match (value, known.get(key)) {
            (_, None) => return Err(unknown(&path, whence)),
            (toml::Value::Table(given), Some(toml::Value::Table(known))) => {
                check_keys(given, known, &format!("{path}."), whence)?;
            }
            (_, Some(toml::Value::Table(_))) => {
                return Err(Wrong(format!("`{path}` in {whence} is a section: write [{path}]")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn unknown(path: &str, whence: &str) -> Wrong {
    let keys = keys();
    let near = keys.iter().min_by_key(|key| distance(path, key)).map_or("listen", |key| key.as_str());
    Wrong(format!("`{path}` in {whence} is not a key that Bellhop knows; the nearest one is `{near}`"))
}

/// Every known key with its dots.
fn keys() -> Vec<String> {
    fn collect(table: &Table, under: &str, keys: &mut Vec<String>) {
        for (key, value) in table {
            match value {
                toml::Value::Table(inner) => collect(inner, &format!("{under}{key}."), keys),
                _ => keys.push(format!("{under}{key}")),
            }
        }
    }
    let mut all = Vec::new();
    collect(&DEFAULTS.parse().unwrap_or_default(), "", &mut all);
    all
}

/// How many letters must be added, taken away or replaced to get from one word to the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[other.len()]
}

fn explain(error: &figment::Error) -> Wrong {
    let path = error.path.join(".");
    let whence = error.metadata.as_ref().map_or("the configuration", |metadata| &metadata.name);
    let mut said = format!("`{path}` in {whence}: {}", error.kind);
    if let Some(allowed) = comment_of(&path) {
        let _ = write!(said, "\n  {path}: {allowed}");
    }
    Wrong(said)
}

/// The comment above a key in the defaults.
fn comment_of(path: &str) -> Option<String> {
    let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
    let (mut here, mut comment) = ("", Vec::new());
    for line in DEFAULTS.lines() {
        if let Some(words) = line.strip_prefix('#') {
            comment.push(words.trim());
        } else if let Some(name) = line.strip_prefix('[') {
            here = name.trim_end_matches(']');
            comment.clear();
        } else if here == section && line.split('=').next().is_some_and(|name| name.trim() == key) {
            return Some(comment.join(" "));
        } else {
            comment.clear();
        }
    }
    None
}

fn within<'de, D: Deserializer<'de>, const MIN: u64, const MAX: u64>(value: D) -> Result<u64, D::Error> {
    let number = i64::deserialize(value)?;
    let number = u64::try_from(number).ok().filter(|number| (MIN..=MAX).contains(number));
    number.ok_or_else(|| de::Error::custom(format!("use a number from {MIN} to {MAX}")))
}

fn roles<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<Role>, D::Error> {
    let roles = Vec::<Role>::deserialize(value)?;
    if roles.is_empty() { Err(de::Error::custom("name at least one role")) } else { Ok(roles) }
}

fn subject<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=32).contains(&text.len()) && text.chars().all(known) {
        Ok(text)
    } else {
        Err(de::Error::custom("use 1 to 32 letters, digits, - and _"))
    }
}

fn bucket<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    let name = text.strip_prefix("s3://").and_then(|rest| rest.split('/').next());
    if text.is_empty() || name.is_some_and(|name| !name.is_empty()) {
        Ok(text)
    } else {
        Err(de::Error::custom("use s3://bucket or s3://bucket/prefix"))
    }
}

fn endpoint<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    if text.is_empty() || text.starts_with("https://") || text.starts_with("http://") {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(de::Error::custom("use https://host or http://host:port"))
    }
}

fn base_url<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(value)?;
    let url = text.trim_end_matches('/');
    if url.is_empty() {
        return Ok(None);
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.filter(|rest| {
        rest.parse::<axum::http::uri::Authority>().is_ok_and(|authority| !authority.as_str().contains('@'))
    });
    match host {
        Some(_) => Ok(Some(url.to_lowercase())),
        None => Err(de::Error::custom("use https://host or http://host:port without a path")),
    }
}

fn networks<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<IpNet>, D::Error> {
    let network = |text: String| {
        let address = text.parse::<std::net::IpAddr>().map(IpNet::from);
        address.or_else(|_| text.parse()).map_err(|_| {
            de::Error::custom(format!("{text:?} is neither an address nor a network such as 10.0.0.0/8"))
        })
    };
    Vec::<String>::deserialize(value)?.into_iter().map(network).collect()
}

fn authorities<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    let pairs = Vec::<String>::deserialize(value)?;
    for pair in &pairs {
        let port = pair.rsplit_once(':').filter(|(host, _)| !host.is_empty() && !host.contains('/'));
        if !port.is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0)) {
            return Err(de::Error::custom(format!("{pair:?} is not host:port")));
        }
    }
    Ok(pairs)
}

fn level<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    match text.parse::<tracing_subscriber::filter::Targets>() {
        Ok(_) => Ok(text),
        Err(error) => Err(de::Error::custom(format!("{text:?} is not a level: {error}"))),
    }
}

fn collector<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return Ok(Some(text.trim_end_matches('/').to_owned()));
    }
    Err(de::Error::custom("use http://host:port or https://host"))
}

fn optional_address<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| de::Error::custom(format!("{text:?} is not an address and a port")))
}

fn token<'de, D: Deserializer<'de>>(value: D) -> Result<Secret<String>, D::Error> {
    let text = String::deserialize(value)?;
    if text.is_empty() || text.len() >= 16 {
        return Ok(Secret::new(text));
    }
    Err(de::Error::custom("use at least 16 characters"))
}

fn loopback<'de, D: Deserializer<'de>>(value: D) -> Result<SocketAddr, D::Error> {
    let address = SocketAddr::deserialize(value)?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(de::Error::custom("the demonstration listens on loopback alone; use 127.0.0.1 and a port"))
    }
}

#[cfg(test)]
mod tests;
