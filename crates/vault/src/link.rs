//! Links that open something for a moment without a session: who holds one has what it says, and can make no other.

use aws_lc_rs::hmac;

use crate::Material;

/// Signs the links of one workspace (HMAC-SHA-256).
#[derive(Debug)]
pub struct LinkKey(hmac::Key);

impl LinkKey {
    pub(crate) fn new(material: &Material) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, material.expose()))
    }

    /// The signature of what a link says, 64 hexadecimal digits.
    pub fn sign(&self, said: &str) -> String {
        hex::encode(hmac::sign(&self.0, said.as_bytes()))
    }

    /// Whether a signature is that of what a link says; takes as long whatever is wrong with it.
    pub fn is_signed(&self, said: &str, signature: &str) -> bool {
        let bytes = hex::decode(signature).unwrap_or_default();
        hmac::verify(&self.0, said.as_bytes(), &bytes).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_words_and_key_alone() {
        let (ours, other) = (LinkKey::new(&Material::new([1; 32])), LinkKey::new(&Material::new([2; 32])));
        let signature = ours.sign("a file");
        assert!(ours.is_signed("a file", &signature));
        assert!(!ours.is_signed("a file.", &signature));
        assert!(!other.is_signed("a file", &signature));
        for wrong in ["", "00", &signature[2..], &format!("{signature}00"), &"0".repeat(64), "no digits"] {
            assert!(!ours.is_signed("a file", wrong), "{wrong}");
        }
    }
}
