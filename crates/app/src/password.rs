//! Passwords: argon2id, a few at a time and away from the threads that serve requests.

pub mod guessable;

use std::sync::OnceLock;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use model::{Entropy, Secret};
use tokio::sync::Semaphore;

use crate::{Error, Result};

/// How many hashes are computed at the same time: each takes 19 MiB and a whole core.
const AT_ONCE: usize = 2;

/// How long a request waits for its turn before it is told that the server is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// What stands in place of a hash where nobody has chosen a password yet.
pub const NONE: &str = "!";

/// Whether a stored hash is one that some password matches.
pub fn is_usable(hash: &str) -> bool {
    hash.starts_with('$')
}

/// Hashes and compares passwords with the parameters that OWASP recommends for argon2id (19 MiB, 2 passes,
/// 1 lane), which are the crate's defaults.
pub struct Passwords {
    turns: Semaphore,
    /// A hash that no password matches: unknown accounts cost the same work as known ones.
    nobody: std::sync::Arc<OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), nobody: std::sync::Arc::default() }
    }
}

impl Passwords {
    /// The hash of a new password, in PHC form.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many others wait.
    pub async fn hash(&self, entropy: &dyn Entropy, password: &str) -> Result<String> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        let password = Secret::new(password.to_owned());
        self.work(move || hash(password.expose(), &salt)).await?
    }

    /// Whether a password is the one that was hashed. Takes as long when there is no such account.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many others wait.
    pub async fn verify(&self, password: &str, stored: Option<String>) -> Result<bool> {
        let password = Secret::new(password.to_owned());
        let nobody = self.nobody.clone();
        self.work(move || {
            let nobody = nobody.get_or_init(|| hash("nobody", &[0; 16]).unwrap_or_default());
            let stored = stored.filter(|hash| is_usable(hash));
            let against = stored.as_deref().unwrap_or(nobody);
            let matches = Argon2::default().verify_password(password.expose().as_bytes(), against).is_ok();
            matches && stored.is_some()
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| Error::Unavailable)?.map_err(Error::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

fn hash(password: &str, salt: &[u8]) -> Result<String> {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    hash.map(|hash| hash.to_string()).map_err(|error| Error::internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemEntropy;

    #[tokio::test]
    async fn a_password_matches_only_its_own_hash() {
        let passwords = Passwords::default();
        let hash = passwords.hash(&SystemEntropy, "correct horse").await.expect("hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse", Some(hash.clone())).await.expect("verify"));
        assert!(!passwords.verify("correct horsf", Some(hash.clone())).await.expect("verify"));
        let again = passwords.hash(&SystemEntropy, "correct horse").await.expect("hash");
        assert_ne!(hash, again, "salts differ");
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let passwords = Passwords::default();
        assert!(!passwords.verify("nobody", None).await.expect("verify"));
        assert!(!passwords.verify("nobody", Some("not a hash".into())).await.expect("verify"));
    }
}
