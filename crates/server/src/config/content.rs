//! The origin that files have of their own, as it is configured.

use serde::{Deserialize, Deserializer, de};

use super::Wrong;
use crate::http::content::Content;

pub(super) fn origin<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Content>, D::Error> {
    let text = String::deserialize(value)?.to_lowercase();
    let origin = text.trim_end_matches('/');
    if origin.is_empty() {
        return Ok(None);
    }
    let content = Content::at(origin).filter(|_| origin.starts_with("https://"));
    content.map(Some).ok_or_else(|| de::Error::custom("use https://host without a path"))
}

/// Cookies do not tell ports apart, so the names have to differ.
pub(super) fn check(content: Option<&Content>, base_url: Option<&str>) -> Result<(), Wrong> {
    let Some(content) = content else { return Ok(()) };
    let console = base_url.and_then(Content::at).ok_or_else(|| {
        Wrong(
            "`content_origin` needs `base_url`: files are shown by the console there and by nobody else"
                .to_owned(),
        )
    })?;
    if console.host == content.host {
        let host = &content.host;
        return Err(Wrong(format!(
            "`content_origin` names {host}, the host of `base_url`: files need a host of their own, another port is not enough"
        )));
    }
    Ok(())
}
