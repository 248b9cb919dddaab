//! How often somebody may try to sign in.
//!
//! Attempts are counted by address, by account and address together, and, far more generously, by account alone, so
//! that whoever guesses from thousands of addresses gains nothing by it. A browser that has signed the account in before
//! is counted by itself: nobody who guesses elsewhere can keep its owner out. A process looks at what it remembers
//! first, so that a flood costs no writes; what all nodes count together is in the store and exact.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::Millis;

use crate::network::Network;
use crate::session::Visit;
use crate::{App, Error, Result, token};

/// A pace: so many at once, then one each `interval`.
#[derive(Debug, Clone, Copy)]
struct Pace {
    burst: i64,
    interval: Millis,
}

/// For one account from one address: five tries, then three a minute.
const ACCOUNT: Pace = Pace { burst: 5, interval: Millis::seconds(20) };

/// For one address, which may be a whole office: thirty tries, then one every two seconds.
const ADDRESS: Pace = Pace { burst: 30, interval: Millis::seconds(2) };

/// For one account from everywhere, but for browsers that it knows: a hundred tries, then one a minute.
const EVERYWHERE: Pace = Pace { burst: 100, interval: Millis::minutes(1) };

/// For the second step of one account: whoever gets here knows the password already. Ten tries, then twelve an hour.
const CODE: Pace = Pace { burst: 10, interval: Millis::minutes(5) };

/// Past this many remembered keys those that have recovered are forgotten.
const REMEMBERED: usize = 4096;

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// A password.
    Password,
    /// A code of a second step.
    Code,
    /// What nobody can guess and no account is named for: a link, a passkey.
    Link,
    /// Something that a passer-by may do now and then; the thing stands in place of an account.
    Opinion,
}

/// Who tries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(Network),
    Account(Network, String),
    Everywhere(String),
    Browser(Vec<u8>, String),
    Code(String),
    CodeInBrowser(Vec<u8>, String),
}

impl Key {
    /// What stands for it in the store.
    fn hash(&self) -> Vec<u8> {
        token::hash(&format!("{self:?}"))
    }
}

/// By what an attempt is counted. `known` is a browser that has signed the account in.
fn keys(address: Option<IpAddr>, account: &str, known: Option<Vec<u8>>, tried: Tried) -> Vec<(Key, Pace)> {
    let (network, account) = (Network::from(address), account.to_owned());
    let address = (Key::Address(network), ADDRESS);
    match (tried, known) {
        (Tried::Link, _) => vec![address],
        (Tried::Opinion, _) => vec![address, (Key::Account(network, account), ACCOUNT)],
        (Tried::Password, Some(browser)) => vec![(Key::Browser(browser, account), ACCOUNT)],
        (Tried::Code, Some(browser)) => vec![(Key::CodeInBrowser(browser, account), CODE)],
        (Tried::Code, None) => vec![address, (Key::Code(account), CODE)],
        (Tried::Password, None) => vec![
            address,
            (Key::Account(network, account.clone()), ACCOUNT),
            (Key::Everywhere(account), EVERYWHERE),
        ],
    }
}

/// An attempt that was counted.
#[derive(Debug)]
pub struct Counted(Vec<(Key, Pace)>);

/// Counts an attempt at an account, by its e-mail address in lower case.
///
/// # Errors
/// [`Error::RateLimited`] when there were too many; the attempt must not be made then.
pub async fn count(app: &App, visit: &Visit, account: &str, tried: Tried) -> Result<Counted> {
    // Only a password and a code are an account's.
    let known = match tried {
        Tried::Password | Tried::Code => known_browser(app, visit, account).await?,
        Tried::Link | Tried::Opinion => None,
    };
    let keys = keys(visit.address, account, known, tried);
    let now = app.now();
    app.attempts.count(now, &keys)?;
    let shared = keys.clone();
    let counted = app.write(move |tx| {
        Box::pin(async move {
            for (key, pace) in &shared {
                let (hash, most) = (key.hash(), Millis(pace.interval.0 * pace.burst));
                if !store::attempt::count(tx, &hash, now, pace.interval, most).await? {
                    let recovered = store::attempt::recovered_at(tx, &hash).await?.unwrap_or(now);
                    return Err(Error::RateLimited { retry_after: recovered + pace.interval - now - most });
                }
            }
            Ok(())
        })
    });
    match counted.await {
        Ok(()) => Ok(Counted(keys)),
        Err(refused @ Error::RateLimited { .. }) => Err(refused),
        Err(away) => {
            app.attempts.take_back(&keys);
            Err(away)
        }
    }
}

/// The hash of a browser that has signed the account in.
async fn known_browser(app: &App, visit: &Visit, account: &str) -> Result<Option<Vec<u8>>> {
    let Some(shown) = &visit.browser else { return Ok(None) };
    let (hash, account) = (token::hash(shown.expose()), account.to_owned());
    let wanted = hash.clone();
    let known = app.read(move |tx| {
        Box::pin(async move { Ok(store::credential::known_browser(tx, &wanted, &account).await?) })
    });
    Ok(known.await?.then_some(hash))
}

/// Forgets the attempts at the account, after a success; those of the address stay.
pub async fn forgive(app: &App, counted: Counted) -> Result<()> {
    let keys: Vec<Key> =
        counted.0.into_iter().map(|(key, _)| key).filter(|key| !matches!(key, Key::Address(_))).collect();
    app.attempts.forgive(&keys);
    let forgiven = app.write(move |tx| {
        Box::pin(async move {
            for key in &keys {
                store::attempt::forgive(tx, &key.hash()).await?;
            }
            Ok(())
        })
    });
    forgiven.await
}

/// Remembers attempts of this process. For each key it keeps the time at which the key has recovered.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<Key, Millis>>);

impl Attempts {
    /// Counts an attempt, unless one of its keys had too many.
    fn count(&self, now: Millis, keys: &[(Key, Pace)]) -> Result<()> {
        let mut recovered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recovered.len() >= REMEMBERED {
            recovered.retain(|_, at| *at > now);
        }
        for (key, pace) in keys {
            let next = recovered.get(key).copied().unwrap_or(now).max(now) + pace.interval;
            let over = next - now - Millis(pace.interval.0 * pace.burst);
            if over > Millis(0) {
                return Err(Error::RateLimited { retry_after: over });
            }
        }
        for (key, pace) in keys {
            let at = recovered.entry(key.clone()).or_insert(now);
            *at = (*at).max(now) + pace.interval;
        }
        Ok(())
    }

    /// Takes back an attempt that was not made: while the store is away nobody guesses, and whoever comes back with it
    /// is not to wait for that.
    fn take_back(&self, keys: &[(Key, Pace)]) {
        let mut recovered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, pace) in keys {
            if let Some(at) = recovered.get_mut(key) {
                *at = *at - pace.interval;
            }
        }
    }

    fn forgive(&self, keys: &[Key]) {
        let mut recovered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            recovered.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Attempts {
        fn password(&self, now: Millis, address: Option<IpAddr>, account: &str) -> Result<()> {
            self.count(now, &keys(address, account, None, Tried::Password))
        }
    }

    const NOW: Millis = Millis(1_790_000_000_000);

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([203, 0, 113, last]))
    }

    #[test]
    fn five_guesses_then_three_a_minute() {
        let attempts = Attempts::default();
        let guess = |at| attempts.password(at, address(1), "ana@example.com").is_ok();
        assert_eq!((0..9).filter(|_| guess(NOW)).count(), 5);
        let minute = (1..=60).filter(|second| guess(NOW + Millis::seconds(*second))).count();
        assert_eq!(minute, 3);
    }

    #[test]
    fn a_guesser_does_not_keep_the_owner_out() {
        let attempts = Attempts::default();
        for _ in 0..20 {
            let _ = attempts.password(NOW, address(1), "ana@example.com");
        }
        assert!(attempts.password(NOW, address(2), "ana@example.com").is_ok());
    }

    #[test]
    fn one_address_cannot_try_many_accounts() {
        let attempts = Attempts::default();
        let tried =
            (0..100).filter(|n| attempts.password(NOW, address(1), &format!("{n}@example.com")).is_ok());
        assert_eq!(tried.count(), 30);
    }

    #[test]
    fn a_whole_ipv6_network_is_one_guesser() {
        let attempts = Attempts::default();
        let from = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        let tried = (0..50).filter(|n| attempts.password(NOW, from(*n), "ana@example.com").is_ok()).count();
        assert_eq!(tried, 5);
    }

    #[test]
    fn a_success_forgives_and_time_forgets() {
        let attempts = Attempts::default();
        for _ in 0..5 {
            attempts.password(NOW, address(1), "ana@example.com").expect("within the burst");
        }
        let keys = keys(address(1), "ana@example.com", None, Tried::Password);
        attempts.forgive(&[keys[1].0.clone(), keys[2].0.clone()]);
        attempts.password(NOW, address(1), "ana@example.com").expect("forgiven");
        for n in 0..REMEMBERED {
            let address = Some(IpAddr::from(u32::try_from(n).expect("small").to_be_bytes()));
            attempts.password(NOW, address, &n.to_string()).expect("first");
        }
        attempts.password(NOW + Millis::hours(1), address(9), "y").expect("first");
        assert_eq!(attempts.0.lock().expect("lock").len(), 3);
    }

    #[test]
    fn what_the_store_could_not_count_is_not_counted() {
        let attempts = Attempts::default();
        let keys = keys(address(1), "ana@example.com", None, Tried::Password);
        for _ in 0..200 {
            attempts.count(NOW, &keys).expect("nothing stands against it");
            attempts.take_back(&keys);
        }
        assert_eq!((0..9).filter(|_| attempts.count(NOW, &keys).is_ok()).count(), 5, "then as ever");
    }

    #[test]
    fn a_thousand_addresses_gain_nothing_and_a_known_browser_loses_nothing() {
        let attempts = Attempts::default();
        let from = |n: u32| Some(IpAddr::from(n.to_be_bytes()));
        let tried = (0..1000).filter(|n| attempts.password(NOW, from(*n), "ana@example.com").is_ok());
        assert_eq!(tried.count(), 100);
        let known = keys(from(1), "ana@example.com", Some(vec![1]), Tried::Password);
        attempts.count(NOW, &known).expect("a browser that is known");
        attempts.password(NOW, from(9999), "ben@example.com").expect("another account");
    }
}
