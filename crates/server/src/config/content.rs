//! What protects people from the files of others, as it is configured: an origin of their own, and a scanner.

use app::scan::Place;
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

pub(super) fn scanner<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Place>, D::Error> {
    let text = String::deserialize(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with('/') {
        return Ok(Some(Place::Unix(text.into())));
    }
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty() && !host.contains('/'));
    match port.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(1..)) => Ok(Some(Place::Tcp(text))),
        _ => Err(de::Error::custom("use host:port, or the path of a socket such as /run/clamav/clamd.ctl")),
    }
}
