//! By which part of an address somebody is known.

use std::net::IpAddr;

/// What one customer of an internet provider is given: an IPv4 address, or a /64 of IPv6.
// Its `Debug` is part of what attempts are kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// The whole address.
    V4([u8; 4]),
    /// The first half of it.
    V6([u8; 8]),
    /// Of an address that nobody knows.
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

impl Network {
    /// Its bytes; none of an unknown one.
    pub fn octets(&self) -> &[u8] {
        match self {
            Self::V4(octets) => octets,
            Self::V6(octets) => octets,
            Self::Unknown => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        Network::from(Some(address.parse().expect("an address")))
    }

    #[test]
    fn a_customer_has_an_address_or_half_of_one() {
        assert_eq!(network("203.0.113.9"), network("::ffff:203.0.113.9"));
        assert_ne!(network("203.0.113.9"), network("203.0.113.10"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("203.0.113.9").octets(), [203, 0, 113, 9]);
        assert_eq!(network("2001:db8::1").octets(), [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0]);
        assert!(Network::from(None).octets().is_empty());
        // What is kept of attempts must be found again by the next version.
        assert_eq!(format!("{:?}", network("203.0.113.9")), "V4([203, 0, 113, 9])");
    }
}
