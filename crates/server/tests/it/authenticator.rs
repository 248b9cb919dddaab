//! A device with a passkey, and an app with one-time codes: what people hold in their hands.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use model::Millis;
use serde_json::{Value, json};

/// The one-time code of a moment (RFC 6238, six digits, 30 seconds, SHA-1).
pub(crate) fn code(secret: &str, at: Millis) -> String {
    let mut bits = String::new();
    for letter in secret.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|one| *one == letter);
        bits.push_str(&format!("{:05b}", value.expect("base 32")));
    }
    let key: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |all, bit| all << 1 | (bit - b'0')))
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &(at.0 / 30_000).to_be_bytes());
    let tag = tag.as_ref();
    let from = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[from..from + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// A device with one passkey.
pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    user: Vec<u8>,
    counter: u32,
    /// Whether it verifies its owner, by a finger or a PIN.
    pub(crate) verifies: bool,
}

impl Authenticator {
    pub(crate) fn new(id: &[u8]) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self { key, id: id.to_vec(), user: Vec::new(), counter: 0, verifies: true }
    }

    fn data(&mut self, party: &str, attested: bool) -> Vec<u8> {
        self.counter += 1;
        let mut data = digest(&SHA256, party.as_bytes()).as_ref().to_vec();
        data.push(1 | if self.verifies { 4 } else { 0 } | if attested { 0x40 } else { 0 });
        data.extend(self.counter.to_be_bytes());
        if attested {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
            data.extend(&self.id);
            // The public key (COSE): EC2, ES256, P-256, x, y.
            let point = self.key.public_key().as_ref();
            data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
            data.extend(&point[1..33]);
            data.extend([0x22, 0x58, 0x20]);
            data.extend(&point[33..65]);
        }
        data
    }

    fn said(kind: &str, options: &Value, origin: &str) -> Vec<u8> {
        let challenge = &options["publicKey"]["challenge"];
        json!({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    /// Answers `navigator.credentials.create`.
    pub(crate) fn create(&mut self, options: &Value, origin: &str) -> Value {
        let user = options["publicKey"]["user"]["id"].as_str().expect("a user");
        self.user = B64.decode(user).expect("base 64");
        let data = self.data(options["publicKey"]["rp"]["id"].as_str().expect("a party"), true);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData");
        object.push(0x59);
        object.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        object.extend(data);
        let said = Self::said("webauthn.create", options, origin);
        json!({
            "id": B64.encode(&self.id), "rawId": B64.encode(&self.id), "type": "public-key",
            "clientExtensionResults": {},
            "response": {"attestationObject": B64.encode(object), "clientDataJSON": B64.encode(said)},
        })
    }

    /// Answers `navigator.credentials.get`.
    pub(crate) fn get(&mut self, options: &Value, origin: &str) -> Value {
        let data = self.data(options["publicKey"]["rpId"].as_str().expect("a party"), false);
        let said = Self::said("webauthn.get", options, origin);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, &said).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({
            "id": B64.encode(&self.id), "rawId": B64.encode(&self.id), "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "authenticatorData": B64.encode(data), "clientDataJSON": B64.encode(said),
                "signature": B64.encode(signature), "userHandle": B64.encode(&self.user),
            },
        })
    }

    /// Sets the counter back, as a copy of the device would.
    pub(crate) fn rewind(&mut self) {
        self.counter = 0;
    }
}
