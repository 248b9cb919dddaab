//! What the provider delivers: signed documents with one message or one report each.

use aws_lc_rs::hmac;

/// The secret that signs deliveries of every inbox here.
pub(crate) const SECRET: &str = "bench-secret";

/// Sentences customers write; a fifth of them is not in Latin letters.
const SAID: [&str; 10] = [
    "Hello, is my parcel on its way? The page says it left on Monday.",
    "Can I still change the delivery address of my order?",
    "¿Tienen una habitación doble libre para el viernes? Somos dos.",
    "您好，我想改一下预订日期，可以改到下周三吗？谢谢！",
    "Thank you, that was quick!",
    "The invoice for March is missing the VAT number, please send it again.",
    "Wo finde ich die Rückgabeadresse? Der Karton ist schon gepackt.",
    "مساء الخير، هل الإفطار مشمول في السعر؟",
    "ok",
    "Je voudrais annuler ma commande, s'il vous plaît.",
];

/// The words of message `n`, which begin with its number so that it is recognised in the store.
pub(crate) fn words(n: u64) -> String {
    format!("#{n} {}", SAID[(mixed(n) % 10) as usize])
}

/// The number that [`words`] begins with.
pub(crate) fn number(text: &str) -> Option<u64> {
    text.strip_prefix('#')?.split(' ').next()?.parse().ok()
}

/// The phone number of a customer, without the plus sign.
pub(crate) fn phone(customer: u64) -> String {
    format!("1555{customer:08}")
}

/// A number that looks random, the same each time (SplitMix64).
pub(crate) fn mixed(n: u64) -> u64 {
    let mut mixed = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Customers by Zipf's law: the second writes half as often as the first, the third a third.
pub(crate) struct Zipf {
    sums: Vec<f64>,
}

impl Zipf {
    /// Among `count` customers.
    pub(crate) fn new(count: u64) -> Self {
        let mut sum = 0.0;
        let sums = (1..=count).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Self { sums: sums.collect() }
    }

    /// Who writes message `n`.
    pub(crate) fn of(&self, n: u64) -> u64 {
        let total = self.sums.last().copied().unwrap_or(1.0);
        let at = (mixed(n ^ 0x5eed) >> 11) as f64 / (1_u64 << 53) as f64 * total;
        self.sums.partition_point(|sum| *sum <= at) as u64
    }
}

fn envelope(number: &str, value: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"{number}"}},{value}}},"field":"messages"}}]}}]}}"#
    )
}

/// A delivery with text message `n` of a customer; `at` is in seconds since 1970.
pub(crate) fn message(number: &str, n: u64, customer: u64, at: u64) -> String {
    let (phone, text) = (phone(customer), words(n));
    envelope(
        number,
        &format!(
            r#""contacts":[{{"profile":{{"name":"Customer {customer}"}},"wa_id":"{phone}","user_id":"US.{customer}"}}],"messages":[{{"from":"{phone}","from_user_id":"US.{customer}","id":"wamid.{:016X}{n:012}","timestamp":"{at}","text":{{"body":"{text}"}},"type":"text"}}]"#,
            mixed(n)
        ),
    )
}

/// A delivery with a report (`sent`, `delivered`, `read`) about one of our messages.
pub(crate) fn report(number: &str, provider_id: &str, state: &str, customer: u64, at: u64) -> String {
    let phone = phone(customer);
    envelope(
        number,
        &format!(
            r#""statuses":[{{"id":"{provider_id}","status":"{state}","timestamp":"{at}","recipient_id":"{phone}","recipient_user_id":"US.{customer}"}}]"#
        ),
    )
}

/// The signature of a body, as the header carries it.
pub(crate) fn signature(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_recognised_by_its_words() {
        assert_eq!(number(&words(4711)), Some(4711));
        assert_eq!(number("hello"), None);
    }

    #[test]
    fn the_first_customer_writes_twice_as_often_as_the_second() {
        let zipf = Zipf::new(1000);
        let mut counts = vec![0_u32; 1000];
        for n in 0..100_000 {
            counts[usize::try_from(zipf.of(n)).expect("small")] += 1;
        }
        let ratio = f64::from(counts[0]) / f64::from(counts[1]);
        assert!((1.8..2.2).contains(&ratio), "{ratio}");
        assert!(counts.iter().filter(|count| **count > 0).count() > 900);
    }
}
