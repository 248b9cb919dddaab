//! The authority that issues the certificate, as it is configured.

use std::net::IpAddr;
use std::path::PathBuf;

use model::Secret;
use serde::{Deserialize, Deserializer, de};

/// The authority that issues the certificate.
#[derive(Debug, Clone, Deserialize)]
pub struct Acme {
    /// The names that the certificate is for, in lower case.
    #[serde(deserialize_with = "names")]
    pub names: Vec<String>,
    /// The address that the authority may write to; or empty.
    #[serde(deserialize_with = "contact")]
    pub contact: String,
    /// The address of its directory.
    #[serde(deserialize_with = "directory")]
    pub directory: String,
    /// By what its server is trusted; or empty.
    pub root: PathBuf,
    /// What it calls us; or empty.
    pub key_id: String,
    /// The key that belongs to it; or empty.
    pub key: Secret<String>,
}

impl Acme {
    /// Whether a certificate is asked for.
    pub fn is_on(&self) -> bool {
        !self.names.is_empty()
    }
}

/// The most names of one certificate, as Let's Encrypt has it.
const MOST: usize = 100;

fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label) && name.parse::<IpAddr>().is_err()
}

fn names<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    let mut list = Vec::<String>::deserialize(value)?;
    list.iter_mut().for_each(|name| name.make_ascii_lowercase());
    list.sort();
    list.dedup();
    if list.len() > MOST {
        return Err(de::Error::custom(format!("a certificate is for at most {MOST} names")));
    }
    match list.iter().find(|name| !is_name(name)) {
        Some(wrong) => Err(de::Error::custom(format!(
            "{wrong:?} is no host name such as desk.example.com; names with * need a challenge that we do not answer"
        ))),
        None => Ok(list),
    }
}

fn contact<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    let plain = |text: &str| {
        text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && is_name(host))
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?,<>\"".contains(&byte))
    };
    if text.is_empty() || plain(&text) {
        return Ok(text);
    }
    Err(de::Error::custom(format!("{text:?} is no e-mail address")))
}

fn directory<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    match text.as_str() {
        "letsencrypt" => Ok(app::acme::LETS_ENCRYPT.to_owned()),
        "letsencrypt-staging" => Ok(app::acme::LETS_ENCRYPT_STAGING.to_owned()),
        other if url::Url::parse(other).is_ok_and(|url| url.scheme() == "https" && url.has_host()) => {
            Ok(text)
        }
        wrong => Err(de::Error::custom(format!(
            "{wrong:?} is neither \"letsencrypt\" nor \"letsencrypt-staging\" nor an https:// address"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_is_one_that_an_authority_certifies() {
        for fine in ["desk.example.com", "xn--bcher-kva.example", "a-b.c1.org"] {
            assert!(is_name(fine), "{fine}");
        }
        let long = format!("{}.com", "a".repeat(64));
        for wrong in [
            "localhost",
            "*.example.com",
            "192.0.2.1",
            "a..b",
            "-a.com",
            "a-.com",
            "a b.com",
            "https://a.com",
            "",
            &long,
        ] {
            assert!(!is_name(wrong), "{wrong}");
        }
    }
}
