//! The blind index: finds an exact value without showing it. It tells who holds the file which rows have the same
//! value, and nothing else; its key is never in the database in the clear.

use aws_lc_rs::hmac;

use crate::Material;

/// Makes the entries of one workspace's blind index.
#[derive(Debug)]
pub struct BlindIndex(hmac::Key);

impl BlindIndex {
    pub(crate) fn new(material: &Material) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, material.expose()))
    }

    /// The entry of a value, 16 bytes. `purpose` keeps equal values of different columns apart; the value is to be in
    /// its one normal form, such as E.164 for phone numbers.
    pub fn entry(&self, purpose: &str, value: &str) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(value.as_bytes());
        let mut entry = [0; 16];
        entry.copy_from_slice(&context.sign().as_ref()[..16]);
        entry
    }
}
