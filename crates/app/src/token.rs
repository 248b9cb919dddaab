//! Tokens: random strings that grant access by being known. Only their hash is stored.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Entropy, Secret};

/// A new token of 256 bits, in 43 characters that need no escaping in addresses and cookies.
pub fn fresh(entropy: &dyn Entropy) -> Secret<String> {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// A name of 128 random bits, in 22 characters: unguessable, but shown and not kept as a hash.
pub fn name(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A new password for people to read and type: 80 bits in four groups of four letters and digits, without those
/// that look alike.
pub fn spoken(entropy: &dyn Entropy) -> Secret<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    let mut text = String::with_capacity(19);
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    Secret::new(text)
}

/// What is stored of a token. A fast hash suffices, because nobody can guess 256 bits.
pub fn hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemEntropy;

    #[test]
    fn tokens_are_long_and_differ() {
        let (one, two) = (fresh(&SystemEntropy), fresh(&SystemEntropy));
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one.expose(), two.expose());
        assert_ne!(hash(one.expose()), hash(two.expose()));
    }
}
