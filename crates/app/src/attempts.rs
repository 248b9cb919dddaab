//! How often somebody may try to sign in.
//!
//! Attempts are counted by address and by account and address together, never by account alone: whoever
//! guesses at somebody's password uses up their own attempts and cannot keep the owner out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::Millis;

use crate::{Error, Result};

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

/// Past this many remembered keys those that have recovered are forgotten.
const REMEMBERED: usize = 4096;

/// Who tries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(Network),
    Account(Network, String),
}

/// What one customer of an internet provider is given: an IPv4 address, or a /64 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Network {
    V4([u8; 4]),
    V6([u8; 8]),
    Unknown,
}

impl From<Option<IpAddr>> for Network {
    fn from(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => Self::V4(address.octets()),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
            None => Self::Unknown,
        }
    }
}

/// Remembers attempts of this process. For each key it keeps the time at which the key has recovered.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<Key, Millis>>);

impl Attempts {
    /// Counts an attempt.
    ///
    /// # Errors
    /// [`Error::RateLimited`] when there were too many; the attempt must not be made then.
    pub fn count(&self, now: Millis, address: Option<IpAddr>, account: &str) -> Result<()> {
        let network = Network::from(address);
        let keys = [(Key::Address(network), ADDRESS), (Key::Account(network, account.to_owned()), ACCOUNT)];
        let mut recovered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recovered.len() >= REMEMBERED {
            recovered.retain(|_, at| *at > now);
        }
        for (key, pace) in &keys {
            let next = recovered.get(key).copied().unwrap_or(now).max(now) + pace.interval;
            let over = next - now - Millis(pace.interval.0 * pace.burst);
            if over > Millis(0) {
                return Err(Error::RateLimited { retry_after: over });
            }
        }
        for (key, pace) in keys {
            let at = recovered.entry(key).or_insert(now);
            *at = (*at).max(now) + pace.interval;
        }
        Ok(())
    }

    /// Forgets the attempts at one account from one address, after a success.
    pub fn forgive(&self, address: Option<IpAddr>, account: &str) {
        let key = Key::Account(Network::from(address), account.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_790_000_000_000);

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([203, 0, 113, last]))
    }

    #[test]
    fn five_guesses_then_three_a_minute() {
        let attempts = Attempts::default();
        let guess = |at| attempts.count(at, address(1), "ana@example.com").is_ok();
        assert_eq!((0..9).filter(|_| guess(NOW)).count(), 5);
        let minute = (1..=60).filter(|second| guess(NOW + Millis::seconds(*second))).count();
        assert_eq!(minute, 3);
    }

    #[test]
    fn a_guesser_does_not_keep_the_owner_out() {
        let attempts = Attempts::default();
        for _ in 0..20 {
            let _ = attempts.count(NOW, address(1), "ana@example.com");
        }
        assert!(attempts.count(NOW, address(2), "ana@example.com").is_ok());
    }

    #[test]
    fn one_address_cannot_try_many_accounts() {
        let attempts = Attempts::default();
        let tried = (0..100).filter(|n| attempts.count(NOW, address(1), &format!("{n}@example.com")).is_ok());
        assert_eq!(tried.count(), 30);
    }

    #[test]
    fn a_whole_ipv6_network_is_one_guesser() {
        let attempts = Attempts::default();
        let from = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        let tried = (0..50).filter(|n| attempts.count(NOW, from(*n), "ana@example.com").is_ok()).count();
        assert_eq!(tried, 5);
    }

    #[test]
    fn a_success_forgives_and_time_forgets() {
        let attempts = Attempts::default();
        for _ in 0..5 {
            attempts.count(NOW, address(1), "ana@example.com").expect("within the burst");
        }
        attempts.forgive(address(1), "ana@example.com");
        attempts.count(NOW, address(1), "ana@example.com").expect("forgiven");
        for n in 0..REMEMBERED {
            let address = Some(IpAddr::from(u32::try_from(n).expect("small").to_be_bytes()));
            attempts.count(NOW, address, "x").expect("first");
        }
        attempts.count(NOW + Millis::hours(1), address(9), "y").expect("first");
        assert_eq!(attempts.0.lock().expect("lock").len(), 2);
    }
}
