//! What connects a WhatsApp number and what it can carry.

use model::{Capabilities, ChannelKind, MediaKind, MediaRule};

use crate::{About, Account, Field, FieldError, Words};

pub(super) const PHONE_NUMBER_ID: &str = "phone_number_id";
pub(super) const WABA_ID: &str = "waba_id";
pub(super) const ACCESS_TOKEN: &str = "access_token";
pub(super) const APP_SECRET: &str = "app_secret";
pub(super) const GRAPH_URL: &str = "graph_url";
pub(super) const API_VERSION: &str = "api_version";
pub(super) const MESSAGES_PER_SECOND: &str = "messages_per_second";

const DEFAULT_GRAPH_URL: &str = "https://graph.facebook.com";
/// The newest version when this was written (2026-07-29).
const DEFAULT_API_VERSION: &str = "v26.0";

/// Messages a second for a number ("Throughput"): 80, 1,000 for an upgraded one, 20 for one that is also used with
/// the app on a phone ("Coexistence").
const DEFAULT_PER_SECOND: u32 = 80;
const MOST_PER_SECOND: u32 = 1_000;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// The longest text and the longest caption, in characters ("Text messages", "Image messages").
pub(super) const TEXT_LIMIT: u32 = 4096;
pub(super) const CAPTION_LIMIT: u32 = 1024;

/// Sizes and types after "Media", "Supported media types".
const MEDIA: &[MediaRule] = &[
    MediaRule { kind: MediaKind::Image, mimes: &["image/jpeg", "image/png"], max_bytes: 5 * MIB },
    MediaRule {
        kind: MediaKind::Audio,
        mimes: &[
            "audio/aac",
            "audio/amr",
            "audio/mpeg",
            "audio/mp4",
            "audio/m4a",
            "audio/x-m4a",
            "audio/ogg",
        ],
        max_bytes: 16 * MIB,
    },
    // Opus in Ogg. Above 512 KB the customer sees a download arrow in place of the play button.
    MediaRule { kind: MediaKind::Voice, mimes: &["audio/ogg"], max_bytes: 16 * MIB },
    MediaRule { kind: MediaKind::Video, mimes: &["video/mp4", "video/3gpp"], max_bytes: 16 * MIB },
    MediaRule { kind: MediaKind::Document, mimes: &[], max_bytes: 100 * MIB },
    // 500 KB if it moves, else 100 KB.
    MediaRule { kind: MediaKind::Sticker, mimes: &["image/webp"], max_bytes: 500 * KIB },
];

pub(super) static ABOUT: About = About {
    kind: ChannelKind::Whatsapp,
    name: "WhatsApp",
    fields: &[
        Field {
            name: PHONE_NUMBER_ID,
            label: Words { en: "Phone number ID", zh_cn: "电话号码编号" },
            help: Words {
                en: "developers.facebook.com → My Apps → your app → WhatsApp → API Setup, below the number you chose under “From”. It is an id of about 15 digits, not the phone number.",
                zh_cn: "在 developers.facebook.com 打开“我的应用”→ 你的应用 → WhatsApp → API 设置,在“发件人”所选号码的下方。它是约 15 位的编号,不是电话号码本身。",
            },
            secret: false,
            required: true,
            placeholder: "106540352242922",
            pattern: "[0-9]{1,32}",
        },
        Field {
            name: WABA_ID,
            label: Words { en: "WhatsApp Business Account ID", zh_cn: "WhatsApp 商业账户编号" },
            help: Words {
                en: "On the same API Setup page, beside the phone number ID; also in business.facebook.com → Settings → Accounts → WhatsApp accounts.",
                zh_cn: "在同一个“API 设置”页面,紧邻电话号码编号;也可在 business.facebook.com → 设置 → 账户 → WhatsApp 账户中找到。",
            },
            secret: false,
            required: true,
            placeholder: "102290129340398",
            pattern: "[0-9]{1,32}",
        },
        Field {
            name: ACCESS_TOKEN,
            label: Words { en: "Access token", zh_cn: "访问令牌" },
            help: Words {
                en: "business.facebook.com → Settings → Users → System users → your system user → Generate token, for your app, never expiring, with whatsapp_business_messaging and whatsapp_business_management. Assign the app and the WhatsApp account to the system user first. The token shown on API Setup works too, but only for a day.",
                zh_cn: "在 business.facebook.com → 设置 → 用户 → 系统用户 → 选择系统用户 → 生成令牌:选择你的应用,有效期选“永不”,勾选 whatsapp_business_messaging 和 whatsapp_business_management。请先把应用和 WhatsApp 账户分配给该系统用户。“API 设置”页面上的临时令牌也能用,但一天后失效。",
            },
            secret: true,
            required: true,
            placeholder: "EAAG…",
            pattern: "",
        },
        Field {
            name: APP_SECRET,
            label: Words { en: "App secret", zh_cn: "应用密钥" },
            help: Words {
                en: "developers.facebook.com → your app → App settings → Basic → App secret → Show. It proves that deliveries come from Meta. While you replace it, give the new and the old one separated by a space.",
                zh_cn: "在 developers.facebook.com → 你的应用 → 应用设置 → 基本 → 应用密钥 → 显示。它用来证明消息确实来自 Meta。更换密钥期间,可同时填写新旧两个,用空格分隔。",
            },
            secret: true,
            required: true,
            placeholder: "0123456789abcdef0123456789abcdef",
            pattern: "",
        },
        Field {
            name: GRAPH_URL,
            label: Words { en: "Graph API address", zh_cn: "Graph API 地址" },
            help: Words {
                en: "Leave empty for Meta itself. Another address is for a simulated provider or a proxy of yours.",
                zh_cn: "使用 Meta 官方服务时留空。仅在使用模拟服务或自己的代理时填写。",
            },
            secret: false,
            required: false,
            placeholder: DEFAULT_GRAPH_URL,
            pattern: "https?://[^\\s?#@]+",
        },
        Field {
            name: API_VERSION,
            label: Words { en: "Graph API version", zh_cn: "Graph API 版本" },
            help: Words {
                en: "Leave empty for the version that Bellhop was tested with.",
                zh_cn: "留空则使用 Bellhop 测试过的版本。",
            },
            secret: false,
            required: false,
            placeholder: DEFAULT_API_VERSION,
            pattern: "v[0-9]{1,3}\\.0",
        },
        Field {
            name: MESSAGES_PER_SECOND,
            label: Words { en: "Messages per second", zh_cn: "每秒消息数" },
            help: Words {
                en: "Leave empty for 80, which every number may send. 1000 if Meta upgraded the number’s throughput; 20 if the number is also used with the WhatsApp Business app.",
                zh_cn: "留空表示 80,这是每个号码的默认速率。若 Meta 已提升该号码的吞吐量,填 1000;若该号码同时在 WhatsApp Business 应用中使用,填 20。",
            },
            secret: false,
            required: false,
            placeholder: "80",
            pattern: "[0-9]{1,4}",
        },
    ],
    capabilities: Capabilities {
        text_limit: TEXT_LIMIT,
        caption_limit: CAPTION_LIMIT,
        choices: super::choices::MOST,
        media: MEDIA,
        quote: true,
        reactions: true,
        typing: true,
        read_receipts: true,
        edit: false,
        delete: false,
        window_hours: Some(24),
    },
};

/// Where the Graph API is, without a slash at the end.
pub(super) fn graph_url(account: &Account) -> &str {
    let given = account.get(GRAPH_URL).trim().trim_end_matches('/');
    if given.is_empty() { DEFAULT_GRAPH_URL } else { given }
}

/// The version of the API to call.
pub(super) fn api_version(account: &Account) -> &str {
    let given = account.get(API_VERSION).trim();
    if given.is_empty() { DEFAULT_API_VERSION } else { given }
}

/// How many messages a second the number may send.
pub(super) fn messages_per_second(account: &Account) -> u32 {
    per_second(account).unwrap_or(DEFAULT_PER_SECOND)
}

/// The configured rate; `None` when there is none, or none that can be meant.
fn per_second(account: &Account) -> Option<u32> {
    account.get(MESSAGES_PER_SECOND).trim().parse().ok().filter(|rate| (1..=MOST_PER_SECOND).contains(rate))
}

/// The app secrets in use; two while one replaces the other.
pub(super) fn app_secrets(account: &Account) -> impl Iterator<Item = &str> {
    account
        .secret(APP_SECRET)
        .split(|letter: char| letter == ',' || letter.is_whitespace())
        .filter(|one| !one.is_empty())
}

/// Scheme, host and port of an address.
pub(super) fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |place| place + 3);
    let end = url[host..].find('/').map_or(url.len(), |place| host + place);
    &url[..end]
}

/// Checks the fields' form; whether they work is for the checks.
pub(super) fn validate(account: &Account) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut wrong = |field, message: &str| errors.push(FieldError { field, message: message.to_owned() });
    for field in [PHONE_NUMBER_ID, WABA_ID] {
        let id = account.get(field).trim();
        if id.is_empty() {
            wrong(field, "is missing");
        } else if id.len() > 32 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            wrong(field, "must be the id from Meta's dashboard: digits only, without + or spaces");
        }
    }
    let token = account.secret(ACCESS_TOKEN).trim();
    if token.is_empty() {
        wrong(ACCESS_TOKEN, "is missing");
    } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        wrong(ACCESS_TOKEN, "must be one token without spaces or line breaks");
    }
    let secrets: Vec<&str> = app_secrets(account).collect();
    if secrets.is_empty() {
        wrong(APP_SECRET, "is missing");
    } else if secrets.len() > 2 {
        wrong(APP_SECRET, "must be one secret, or the new and the old one separated by a space");
    } else if secrets.iter().any(|secret| secret.len() < 8) {
        wrong(APP_SECRET, "is too short to be an app secret");
    }
    if let Err(message) = usable(graph_url(account)) {
        wrong(GRAPH_URL, message);
    }
    let version = api_version(account).as_bytes();
    let numbered = version
        .strip_prefix(b"v")
        .and_then(|rest| rest.strip_suffix(b".0"))
        .is_some_and(|number| (1..=3).contains(&number.len()) && number.iter().all(u8::is_ascii_digit));
    if !numbered {
        wrong(API_VERSION, "must look like v26.0");
    }
    if !account.get(MESSAGES_PER_SECOND).trim().is_empty() && per_second(account).is_none() {
        wrong(MESSAGES_PER_SECOND, "must be a number from 1 to 1000");
    }
    errors
}

/// Whether an address may get the token: encrypted, or on this machine.
fn usable(url: &str) -> Result<(), &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or("must start with https://")?;
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.is_empty()
        || url.chars().any(|letter| "?#@\\".contains(letter) || !letter.is_ascii_graphic())
    {
        return Err("must be an address such as https://graph.facebook.com, without a query or a sign-in");
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    match scheme {
        "https" => Ok(()),
        "http" if ["localhost", "127.0.0.1", "[::1]"].contains(&host) => Ok(()),
        "http" => Err("must start with https://; plain http is taken on this machine only"),
        _ => Err("must start with https://"),
    }
}

#[cfg(test)]
mod tests {
    use model::Secret;

    use super::*;

    fn account(changes: &[(&str, &str)]) -> Account {
        let mut account = Account::default();
        for (key, value) in
            [(PHONE_NUMBER_ID, "106540352242922"), (WABA_ID, "102290129340398")].iter().chain(changes)
        {
            account.config.insert((*key).to_owned(), (*value).to_owned());
        }
        for (key, value) in
            [(ACCESS_TOKEN, "EAAG"), (APP_SECRET, "0123456789abcdef0123456789abcdef")].iter().chain(changes)
        {
            account.secrets.insert((*key).to_owned(), Secret::new((*value).to_owned()));
        }
        account
    }

    #[test]
    fn a_complete_account_is_taken() {
        assert_eq!(validate(&account(&[])), []);
        for (field, value) in [
            (GRAPH_URL, "http://127.0.0.1:4010/"),
            (GRAPH_URL, "http://[::1]:4010"),
            (GRAPH_URL, "https://proxy.example/graph"),
            (API_VERSION, "v25.0"),
            (APP_SECRET, "0123456789abcdef fedcba9876543210"),
            (MESSAGES_PER_SECOND, "1000"),
        ] {
            assert_eq!(validate(&account(&[(field, value)])), [], "{field} = {value}");
        }
    }

    #[test]
    fn each_wrong_field_is_named() {
        for (field, value) in [
            (PHONE_NUMBER_ID, ""),
            (PHONE_NUMBER_ID, "+1 650 555 1234"),
            (PHONE_NUMBER_ID, "../me"),
            (WABA_ID, "abc"),
            (ACCESS_TOKEN, ""),
            (ACCESS_TOKEN, "EAA G"),
            (APP_SECRET, " , "),
            (APP_SECRET, "0123456789abcdef fedcba9876543210 third-secret"),
            (APP_SECRET, "short"),
            (GRAPH_URL, "graph.facebook.com"),
            (GRAPH_URL, "http://graph.facebook.com"),
            (GRAPH_URL, "http://localhost.evil.example"),
            (GRAPH_URL, "https://user@evil.example"),
            (GRAPH_URL, "https:///v26.0"),
            (API_VERSION, "26"),
            (API_VERSION, "v26.0/../x"),
            (MESSAGES_PER_SECOND, "0"),
            (MESSAGES_PER_SECOND, "1001"),
            (MESSAGES_PER_SECOND, "many"),
        ] {
            let errors = validate(&account(&[(field, value)]));
            assert_eq!(
                errors.iter().map(|error| error.field).collect::<Vec<_>>(),
                [field],
                "{field} = {value}"
            );
        }
    }

    #[test]
    fn a_number_sends_as_fast_as_configured() {
        for (given, rate) in [("", 80), ("20", 20), (" 1000 ", 1_000), ("9000", 80)] {
            assert_eq!(messages_per_second(&account(&[(MESSAGES_PER_SECOND, given)])), rate, "{given:?}");
        }
    }

    #[test]
    fn an_origin_ends_before_the_path() {
        assert_eq!(origin("https://a.example:81/b/c"), "https://a.example:81");
        assert_eq!(origin("http://127.0.0.1:4010"), "http://127.0.0.1:4010");
    }
}
