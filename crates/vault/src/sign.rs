//! Signatures of a workspace's own: what it said once can be checked later, also by somebody who has only the public
//! key.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::{Error, Material, Result};

/// Signs for one workspace (Ed25519).
#[derive(Debug)]
pub struct Signer(Ed25519KeyPair);

impl Signer {
    pub(crate) fn new(material: &Material) -> Result<Self> {
        Ed25519KeyPair::from_seed_unchecked(material.expose()).map(Self).map_err(|_| Error::Malformed)
    }

    /// The signature of a message, 64 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }

    /// The public key, 32 bytes.
    pub fn public(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }
}

/// Whether a message was signed with the key behind a public key.
pub fn is_signed(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_message_and_key_alone() {
        let signer = |byte| Signer::new(&Material::new([byte; 32])).expect("a key");
        let (ours, other) = (signer(1), signer(2));
        let signature = ours.sign(b"receipt");
        assert!(is_signed(&ours.public(), b"receipt", &signature));
        assert!(!is_signed(&ours.public(), b"receipt.", &signature));
        assert!(!is_signed(&other.public(), b"receipt", &signature));
        assert!(!is_signed(&ours.public(), b"receipt", &other.sign(b"receipt")));
        assert!(!is_signed(b"short", b"receipt", &signature));
        assert_eq!(signature, ours.sign(b"receipt"), "the same key says the same");
    }
}
