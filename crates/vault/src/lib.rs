//! Keys and sealing: what makes a stolen database file worthless. No IO and no async; time does not matter here and
//! randomness is passed in.
//!
//! A root key, which is kept apart from the data, wraps each workspace's key; that wraps the keys of the workspace's
//! customers and its own. A sealed value names its key and is bound to its place, so that it opens nowhere else, and a
//! key that is destroyed takes everything with it that was sealed with it, in every copy.

mod chain;
mod error;
mod file;
mod index;
mod key;
mod link;
mod root;
mod seal;
mod sign;
mod words;
mod workspace;

pub use chain::link;
pub use error::{Error, Result};
pub use file::{CHUNK, FileCipher, FileKey, plain_size, sealed_size};
pub use index::BlindIndex;
pub use key::{Key, KeyId, Material};
pub use link::LinkKey;
pub use root::{LocalRoot, Root, Roots};
pub use seal::{OVERHEAD, Place, key_of, looks_sealed};
pub use sign::{Signer, is_signed};
pub use words::{Token, WordKey};
pub use workspace::WorkspaceKeys;

/// Randomness for tests.
#[cfg(test)]
mod testing {
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Different bytes at each call.
    #[derive(Default)]
    pub(crate) struct Counted(AtomicU64);

    impl model::Entropy for Counted {
        fn fill(&self, buffer: &mut [u8]) {
            for part in buffer.chunks_mut(8) {
                let count = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                part.copy_from_slice(&count.to_le_bytes()[..part.len()]);
            }
        }
    }
}
