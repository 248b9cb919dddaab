//! What a simulated provider is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// The wall clock of the simulated world: milliseconds since the Unix epoch, UTC.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The settings of one simulated provider with one business number.
///
/// Start from [`Config::demo`] or [`Config::test`] and change what matters.
#[derive(Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Signs every webhook (`X-Hub-Signature-256`).
    pub app_secret: String,
    /// The one Bearer token that the Graph API takes.
    pub access_token: String,
    /// Sent in the webhook's verification handshake.
    pub verify_token: String,
    /// The id of the business number: digits.
    pub phone_number_id: String,
    /// The id of the WhatsApp Business Account: digits.
    pub waba_id: String,
    /// The business number as people write it, for example `+1 555-010-0199`.
    pub display_phone_number: String,
    /// The verified name that customers see.
    pub business_name: String,
    /// Where webhooks go. Without one, updates wait until [`crate::Sim::set_webhook`].
    pub webhook_url: Option<String>,
    /// Decides every random choice: ids, duplicates, reordering.
    pub seed: u64,
    /// Statuses happen by themselves on timers. Without it they happen when told
    /// ([`crate::Sim::status`]); only failures that the provider alone knows of still come by themselves.
    pub automatic: bool,
    /// Four people live here from the start (Maria, 李伟, عمر, and Priya, who has a username and no phone).
    pub people: bool,
    /// The product may remember an earlier start: message ids differ from those of that start, and the people
    /// who live here count as having just written, so that the product's replies to them are taken.
    pub remembered: bool,
    /// Meta's published OpenAPI document (JSON, v23.0). Without one only our own table of limits is checked.
    pub contract: Option<PathBuf>,
    /// The clock, to which [`crate::Sim::advance`] adds.
    pub now: Now,
}

impl Config {
    /// A provider to look at: real time, four people, statuses by themselves.
    pub fn demo(listen: SocketAddr) -> Self {
        Config {
            listen,
            app_secret: "simulated-app-secret".into(),
            access_token: "simulated-access-token".into(),
            verify_token: "simulated-verify-token".into(),
            phone_number_id: "105550100199001".into(),
            waba_id: "205550100199001".into(),
            display_phone_number: "+1 555-010-0199".into(),
            business_name: "Bellhop Demo".into(),
            webhook_url: None,
            seed: 1,
            automatic: true,
            people: true,
            remembered: true,
            contract: None,
            now: Arc::new(real_time),
        }
    }

    /// A provider to test against: a free loopback port, nobody there, nothing happens by itself.
    pub fn test() -> Self {
        Config {
            automatic: false,
            people: false,
            remembered: false,
            ..Config::demo(SocketAddr::from(([127, 0, 0, 1], 0)))
        }
    }

    /// The business number as webhooks write it: digits only.
    pub(crate) fn business_digits(&self) -> String {
        digits(&self.display_phone_number)
    }
}

/// The digits of a phone number, which is the form of a `wa_id`.
pub(crate) fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the provider is a world of its own beside the product and may not depend on its clock"
)]
fn real_time() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.map_or(0, |passed| i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
}
