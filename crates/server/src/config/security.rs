//! Whom to tell about a weakness of an installation, as it is configured.

use model::Millis;
use serde::{Deserialize, Deserializer, de};

use super::within;
use crate::http::security_text::SecurityText;

/// Whom to tell about a weakness.
#[derive(Debug, Clone, Deserialize)]
pub struct Security {
    /// Addresses to write to.
    #[serde(deserialize_with = "links")]
    pub contact: Vec<String>,
    /// Where the policy stands; or empty.
    #[serde(deserialize_with = "link")]
    pub policy: Option<String>,
    /// Where the key for reports stands; or empty.
    #[serde(deserialize_with = "link")]
    pub encryption: Option<String>,
    /// Languages that are understood.
    #[serde(deserialize_with = "languages")]
    pub languages: Vec<String>,
    /// Days for which what is said is good.
    #[serde(deserialize_with = "within::<_, 1, 365>")]
    pub expires_days: u64,
}

impl Security {
    /// What is said of an installation at a public address.
    pub fn text(&self, base_url: Option<String>) -> SecurityText {
        let Self { contact, policy, encryption, languages, expires_days } = self.clone();
        let life = Millis::days(i64::try_from(expires_days).unwrap_or(1));
        SecurityText { contact, policy, encryption, languages, life, base_url }
    }
}

/// Something to follow from a text: no line may begin in it.
fn linked(text: &str) -> bool {
    let (begins, plain) = (["https://", "mailto:", "tel:"], |c: char| c.is_ascii_graphic());
    begins.iter().any(|begin| text.strip_prefix(begin).is_some_and(|rest| !rest.is_empty()))
        && text.chars().all(plain)
}

fn links<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    let list = Vec::<String>::deserialize(value)?;
    match list.iter().find(|text| !linked(text)) {
        Some(wrong) => {
            Err(de::Error::custom(format!("{wrong:?} begins with none of https://, mailto: and tel:")))
        }
        None => Ok(list),
    }
}

fn link<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(value)?;
    match text.as_str() {
        "" => Ok(None),
        given if linked(given) => Ok(Some(text)),
        wrong => Err(de::Error::custom(format!("{wrong:?} begins with none of https://, mailto: and tel:"))),
    }
}

fn languages<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    let list = Vec::<String>::deserialize(value)?;
    let tag = |text: &String| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match list.iter().find(|text| !tag(text)) {
        Some(wrong) => Err(de::Error::custom(format!("{wrong:?} is no language such as en or zh-CN"))),
        None => Ok(list),
    }
}

#[cfg(test)]
mod tests {
    use super::linked;

    #[test]
    fn a_contact_is_an_address_and_begins_no_line() {
        for fine in ["https://example.com/report", "mailto:security@example.com", "tel:+34600111222"] {
            assert!(linked(fine), "{fine}");
        }
        for wrong in [
            "security@example.com",
            "http://example.com",
            "mailto:",
            "javascript:alert(1)",
            "https://a\nPolicy: b",
            "https://a b",
        ] {
            assert!(!linked(wrong), "{wrong}");
        }
    }
}
