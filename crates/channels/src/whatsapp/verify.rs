//! Whether a request to the hook is Meta's: the handshake and the signature over the raw bytes.

use aws_lc_rs::{constant_time, digest, hmac};

use super::about;
use crate::{Account, Head, Verdict};

/// `sha256=` and 64 hexadecimal digits.
const SIGNATURE_LENGTH: usize = 71;
/// Meta's challenge has some ten digits; what we echo stays short.
const CHALLENGE_LIMIT: usize = 512;
/// How many bytes of its hash name a delivery: enough that no two are ever the same by chance, half as long as the whole.
/// It is kept twice for each delivery and for ever.
const NAME: usize = 16;

/// Decides about a request. Whatever is not surely Meta's is refused.
pub(super) fn verify(head: &Head<'_>, body: &[u8], account: &Account) -> Verdict {
    match head.method {
        "GET" => handshake(head.query, account),
        "POST" => delivery(head, body, account),
        _ => None,
    }
    .unwrap_or(Verdict::Reject)
}

fn handshake(query: &str, account: &Account) -> Option<Verdict> {
    let expected = account.verify_token.as_ref()?.expose().as_bytes();
    let shown = parameter(query, "hub.verify_token")?;
    if expected.is_empty()
        || parameter(query, "hub.mode")? != "subscribe"
        || constant_time::verify_slices_are_equal(expected, shown.as_bytes()).is_err()
    {
        return None;
    }
    let challenge = parameter(query, "hub.challenge")?;
    let sane = !challenge.is_empty()
        && challenge.len() <= CHALLENGE_LIMIT
        && challenge.bytes().all(|byte| byte.is_ascii_graphic());
    sane.then_some(Verdict::Answer { body: challenge })
}

fn delivery(head: &Head<'_>, body: &[u8], account: &Account) -> Option<Verdict> {
    let header = (head.header)("x-hub-signature-256")?;
    if header.len() != SIGNATURE_LENGTH {
        return None;
    }
    let mut signature = [0; 32];
    hex::decode_to_slice(header.strip_prefix(b"sha256=")?, &mut signature).ok()?;
    // Every secret is tried whatever the others say, so that time tells nothing about which one matched.
    let genuine = about::app_secrets(account)
        .map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
        .fold(false, |genuine, key| hmac::verify(&key, body, &signature).is_ok() | genuine);
    genuine
        .then(|| Verdict::Accept { dedupe: digest::digest(&digest::SHA256, body).as_ref()[..NAME].to_vec() })
}

/// The decoded value of a parameter that stands exactly once in a query.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut values = query.split('&').filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key)? == name).then_some(value)
    });
    let value = values.next()?;
    if values.next().is_some() { None } else { decode(value) }
}

/// Decodes percent escapes and `+`; `None` if an escape is broken or the result is no UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high << 4 | low).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use model::Secret;
    use proptest::prelude::*;

    use super::*;

    fn account(secret: &str) -> Account {
        Account {
            secrets: [("app_secret".to_owned(), Secret::new(secret.to_owned()))].into(),
            verify_token: Some(Secret::new("to ken&1".to_owned())),
            ..Account::default()
        }
    }

    fn signed(secret: &str, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        format!("sha256={}", hex::encode(hmac::sign(&key, body)))
    }

    fn post(signature: Option<&[u8]>, body: &[u8], account: &Account) -> Verdict {
        let header = |name: &str| signature.filter(|_| name == "x-hub-signature-256");
        verify(&Head { method: "POST", query: "", header: &header }, body, account)
    }

    fn get(query: &str, account: &Account) -> Verdict {
        verify(&Head { method: "GET", query, header: &|_| None }, b"", account)
    }

    #[test]
    fn a_signed_delivery_is_accepted_under_its_hash() {
        let signature = signed("secret", b"body");
        let Verdict::Accept { dedupe } = post(Some(signature.as_bytes()), b"body", &account("secret")) else {
            panic!("a genuine delivery was refused");
        };
        assert_eq!(hex::encode(dedupe), "230d8358dc8e8890b4c58deeb62912ee");
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_signature_is_hmac_sha256() {
        let signature = b"sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let verdict = post(Some(signature), b"what do ya want for nothing?", &account("Jefe"));
        assert!(matches!(verdict, Verdict::Accept { .. }));
    }

    #[test]
    fn two_secrets_serve_while_one_replaces_the_other() {
        for secret in ["old", "new"] {
            let signature = signed(secret, b"body");
            for both in ["old new", "new,old", " new ,\nold "] {
                let verdict = post(Some(signature.as_bytes()), b"body", &account(both));
                assert!(matches!(verdict, Verdict::Accept { .. }), "{secret} in {both:?}");
            }
        }
    }

    #[test]
    fn what_is_not_surely_signed_is_refused() {
        let genuine = signed("secret", b"body");
        let digits = &genuine["sha256=".len()..];
        let cases = [
            genuine[..70].to_owned(),
            format!("{genuine}0"),
            digits.to_owned(),
            format!("sha1={digits}"),
            format!("SHA256={digits}"),
            format!("sha256={}zz", &digits[..62]),
            String::new(),
            signed("other", b"body"),
            signed("secret", b"other"),
        ];
        for signature in cases {
            assert_eq!(
                post(Some(signature.as_bytes()), b"body", &account("secret")),
                Verdict::Reject,
                "{signature}"
            );
        }
        assert_eq!(post(None, b"body", &account("secret")), Verdict::Reject);
    }

    #[test]
    fn without_a_secret_everything_is_refused() {
        for secret in ["", " ", " , "] {
            for used in ["", " ", secret] {
                let signature = signed(used, b"body");
                assert_eq!(post(Some(signature.as_bytes()), b"body", &account(secret)), Verdict::Reject);
            }
        }
        let signature = signed("", b"body");
        assert_eq!(post(Some(signature.as_bytes()), b"body", &Account::default()), Verdict::Reject);
    }

    #[test]
    fn the_handshake_answers_the_challenge() {
        let answer = |body: &str| Verdict::Answer { body: body.to_owned() };
        let account = account("secret");
        let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=to+ken%261";
        assert_eq!(get(query, &account), answer("1158201444"));
        let query = "hub%2Emode=subscribe&hub.verify_token=to%20ken%261&hub.challenge=a%2Bb";
        assert_eq!(get(query, &account), answer("a+b"));
    }

    #[test]
    fn a_handshake_that_is_not_ours_is_refused() {
        let token = "hub.verify_token=to+ken%261";
        let cases = [
            String::new(),
            format!("hub.mode=subscribe&{token}"),
            format!("hub.mode=subscribe&{token}&hub.challenge="),
            format!("hub.mode=subscribe&{token}&hub.challenge=%3Cscript%3E%20"),
            format!("hub.mode=subscribe&{token}&hub.challenge=1&hub.challenge=2"),
            format!("hub.mode=subscribe&{token}&hub.challenge={}", "1".repeat(513)),
            format!("hub.mode=unsubscribe&{token}&hub.challenge=1"),
            format!("{token}&hub.challenge=1"),
            "hub.mode=subscribe&hub.verify_token=&hub.challenge=1".to_owned(),
            "hub.mode=subscribe&hub.verify_token=token&hub.challenge=1".to_owned(),
            "hub.mode=subscribe&hub.verify_token=to+ken%26&hub.challenge=1".to_owned(),
            "hub.mode=subscribe&hub.verify_token=to+ken%2&hub.challenge=1".to_owned(),
        ];
        for query in cases {
            assert_eq!(get(&query, &account("secret")), Verdict::Reject, "{query}");
        }
        let tokenless = Account { verify_token: Some(Secret::new(String::new())), ..Account::default() };
        for account in [tokenless, Account::default()] {
            assert_eq!(
                get("hub.mode=subscribe&hub.verify_token=&hub.challenge=1", &account),
                Verdict::Reject
            );
        }
    }

    #[test]
    fn other_methods_are_refused() {
        let signature = signed("secret", b"body");
        let header = |_: &str| Some(signature.as_bytes());
        let head = Head { method: "PUT", query: "", header: &header };
        assert_eq!(verify(&head, b"body", &account("secret")), Verdict::Reject);
    }

    proptest! {
        #[test]
        fn any_changed_byte_is_noticed(
            body in prop::collection::vec(any::<u8>(), 1..200),
            secret in "[a-z0-9]{1,40}",
            place in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
        ) {
            let signature = signed(&secret, &body);
            let account = account(&secret);
            let verdict = post(Some(signature.as_bytes()), &body, &account);
            prop_assert!(verdict != Verdict::Reject);

            let mut changed = body.clone();
            changed[place.index(body.len())] ^= flip;
            prop_assert_eq!(post(Some(signature.as_bytes()), &changed, &account), Verdict::Reject);

            let mut forged = signature.clone().into_bytes();
            forged[place.index(signature.len())] ^= flip;
            // Only the case of a digit may change.
            let same = forged.eq_ignore_ascii_case(signature.as_bytes()) && forged.starts_with(b"sha256=");
            prop_assert_eq!(post(Some(&forged), &body, &account) == Verdict::Reject, !same);
        }

        #[test]
        fn no_query_makes_the_handshake_fail_otherwise(query in ".{0,80}") {
            prop_assert_eq!(get(&query, &account("secret")), Verdict::Reject);
        }
    }
}
