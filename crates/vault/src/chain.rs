//! Chains of entries: each carries a hash over its content and over the hash of the entry before it, so that whoever
//! changes, removes or moves one breaks the chain.

use aws_lc_rs::digest::{Context, SHA256};

/// The hash of an entry: over the name of the chain, the hash of the entry before (empty for the first) and every
/// field with its length, so that no two different entries read the same.
pub fn link(chain: &str, before: &[u8], fields: &[Option<&[u8]>]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    let mut feed = |field: Option<&[u8]>| match field {
        None => context.update(&[0]),
        Some(bytes) => {
            context.update(&[1]);
            context.update(&(bytes.len() as u64).to_be_bytes());
            context.update(bytes);
        }
    };
    feed(Some(chain.as_bytes()));
    feed(Some(before));
    fields.iter().for_each(|field| feed(*field));
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_moved_between_fields_or_entries_is_seen() {
        let one = link("a", b"", &[Some(b"xy"), None, Some(b"z")]);
        assert_eq!(one, link("a", b"", &[Some(b"xy"), None, Some(b"z")]));
        for other in [
            link("b", b"", &[Some(b"xy"), None, Some(b"z")]),
            link("a", b"q", &[Some(b"xy"), None, Some(b"z")]),
            link("a", b"", &[Some(b"x"), None, Some(b"yz")]),
            link("a", b"", &[Some(b"xy"), Some(b""), Some(b"z")]),
            link("a", b"", &[Some(b"xy"), Some(b"z")]),
        ] {
            assert_ne!(one, other);
        }
    }
}
