//! The page of an export that people read: one file without scripts, which opens without any network.

use model::{Conversation, Direction, Locale, Media, Message, Millis};

use super::About;
use crate::breach::time;

/// What the page says in a language.
pub(super) struct Words {
    language: &'static str,
    title: &'static str,
    from: &'static str,
    names: &'static str,
    addresses: &'static str,
    consents: &'static str,
    given: &'static str,
    withdrawn: &'static str,
    none: &'static str,
    holds: &'static str,
    conversation: &'static str,
    note: &'static str,
    event: &'static str,
    unnamed: &'static str,
    revoked: &'static str,
}

static ENGLISH: Words = Words {
    language: "en",
    title: "Everything that is kept about you",
    from: "From",
    names: "Names",
    addresses: "Addresses",
    consents: "Consents",
    given: "given",
    withdrawn: "taken back",
    none: "nothing noted",
    holds: "Holds",
    conversation: "Conversation",
    note: "note",
    event: "event",
    unnamed: "unnamed",
    revoked: "withdrawn",
};

static CHINESE: Words = Words {
    language: "zh-CN",
    title: "我们保存的关于您的全部信息",
    from: "来自",
    names: "姓名",
    addresses: "联系方式",
    consents: "同意记录",
    given: "已同意",
    withdrawn: "已撤回",
    none: "无记录",
    holds: "保全",
    conversation: "会话",
    note: "备注",
    event: "事件",
    unnamed: "未命名",
    revoked: "已撤回的消息",
};

impl Words {
    /// The words of a language.
    pub(super) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &ENGLISH,
            Locale::ZhCn => &CHINESE,
        }
    }
}

/// What ends the page.
pub(super) const FOOT: &str = "</main></body></html>\n";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1a1a1a;background:#fff}\
main{max-width:46rem;margin:0 auto;padding:1.5rem}h2{margin-top:2.5rem;border-bottom:1px solid #ccc}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:#555}dd{margin:0;overflow-wrap:anywhere}\
article{margin:.6rem 0;padding:.4rem .8rem;border-inline-start:3px solid #999;overflow-wrap:anywhere}\
article.out{border-color:#2a6}article.note{border-color:#c90}header{font-size:.85rem;color:#555}\
p{margin:.2rem 0;white-space:pre-wrap}pre{white-space:pre-wrap}\
@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}dt,header{color:#aaa}}";

/// A text in which nothing is markup.
pub(super) fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

/// Where a file stands in the export.
pub(super) fn file_name(media: &Media) -> String {
    let name = media.name.as_deref().map(crate::upload::safe_name).unwrap_or_default();
    match name.as_str() {
        "" => format!("files/{}", media.id),
        name => format!("files/{}-{name}", media.id),
    }
}

fn line(name: &str, value: Option<&str>) -> String {
    value.map(|value| format!("<dt>{}</dt><dd>{}</dd>", text(name), text(value))).unwrap_or_default()
}

/// The page up to the conversations.
pub(super) fn head(words: &Words, workspace: &str, now: Millis, about: &About) -> String {
    let Words { language, title, from, names, addresses, consents, .. } = words;
    let mut page = format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"content-security-policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1><p>{from} {}, {}</p>",
        text(workspace),
        time(now)
    );
    page.push_str(&format!("<h2>{names}</h2><ul><li>{}</li>", text(&about.contact.name)));
    for former in &about.former {
        page.push_str(&format!("<li>{}</li>", text(&former.name)));
    }
    page.push_str(&format!("</ul><h2>{addresses}</h2>"));
    for one in &about.identities {
        page.push_str("<dl>");
        page.push_str(&line("Inbox", one.inbox.as_deref()));
        page.push_str(&line("ID", one.user_id.as_deref()));
        page.push_str(&line("Phone", one.phone.as_deref()));
        page.push_str(&line("User name", one.username.as_deref()));
        page.push_str(&line("Profile", one.profile_name.as_deref()));
        page.push_str("</dl>");
    }
    page.push_str(&format!("<h2>{consents}</h2><ul>"));
    if about.consents.entries.is_empty() {
        page.push_str(&format!("<li>{}</li>", words.none));
    }
    for entry in &about.consents.entries {
        let what = if entry.given { words.given } else { words.withdrawn };
        let proof = entry.evidence.as_deref().map(|proof| format!(": {}", text(proof))).unwrap_or_default();
        page.push_str(&format!(
            "<li>{} {} {what} ({} {}){proof}</li>",
            time(entry.at),
            entry.purpose.as_str(),
            entry.way.as_str(),
            text(&entry.text_version)
        ));
    }
    page.push_str("</ul>");
    if !about.holds.is_empty() {
        page.push_str(&format!("<h2>{}</h2><ul>", words.holds));
        for hold in &about.holds {
            page.push_str(&format!("<li>{} {}</li>", time(hold.placed_at), text(&hold.reason)));
        }
        page.push_str("</ul>");
    }
    page
}

/// The beginning of a conversation.
pub(super) fn conversation(words: &Words, one: &Conversation, labels: &[String]) -> String {
    let labels = labels.iter().map(|label| format!(" · {}", text(label))).collect::<String>();
    format!("<h2>{} {}{labels}</h2>", words.conversation, time(one.created_at))
}

/// A message.
pub(super) fn message(words: &Words, message: &Message) -> String {
    let (class, kind) = match message.direction {
        Direction::In => ("in", ""),
        Direction::Out => ("out", ""),
        Direction::Note => ("note", words.note),
        Direction::Activity => ("event", words.event),
    };
    let author = message.author.name.as_deref().unwrap_or_default();
    let said = match message.content.text() {
        Some(said) => format!("<p>{}</p>", text(said)),
        None if message.content.media().is_some() => String::new(),
        None => {
            let content = serde_json::to_string(&message.content).unwrap_or_default();
            format!("<pre>{}</pre>", text(&content))
        }
    };
    let file = message.content.media().map(|media| {
        let (place, name) = (file_name(media), media.name.as_deref().unwrap_or(words.unnamed));
        let address: String =
            percent_encoding::utf8_percent_encode(&place, percent_encoding::NON_ALPHANUMERIC).to_string();
        let address = address.replace("%2F", "/");
        format!("<p><a href=\"{address}\">{}</a></p>", text(name))
    });
    let reactions: String =
        message.reactions.iter().map(|reaction| format!(" {}", text(&reaction.emoji))).collect();
    let revoked = message.revoked_at.map(|_| format!(" · {}", words.revoked)).unwrap_or_default();
    format!(
        "<article class=\"{class}\"><header>{} {} {kind}{revoked}{reactions}</header>{said}{}</article>\n",
        time(message.at),
        text(author),
        file.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_wrote_is_markup() {
        assert_eq!(text("<b onclick='x'>&\"</b>"), "&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;&lt;/b&gt;");
    }
}
