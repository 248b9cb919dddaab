//! Other programs, measured the same way in the same run: what they take, and what they tell browsers.
//!
//! Only what a package registry has: two from PyPI and one from npm are installed below `target/bench-peers`, with the
//! versions of `bench/peers`; brokers are those on this machine. What cannot be had is said on the page.

mod accept;
mod fan_out;
mod helpdesk;
mod process;
mod setup;
mod synapse;
mod wire;

pub(crate) use accept::run as accept;
pub(crate) use fan_out::run as fan_out;

use std::str::FromStr;

use anyhow::{Context, bail};

/// A program that somebody started by hand: `name,url,pid[+pid…]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// How the page calls it.
    name: String,
    /// Its `host:port`.
    address: String,
    /// The path that takes deliveries.
    path: String,
    /// Its processes.
    pids: Vec<u32>,
}

impl FromStr for Foreign {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let [name, url, pids] = text.split(',').collect::<Vec<_>>()[..] else {
            bail!("a peer is written as name,url,pid or name,url,pid+pid, not as {text:?}");
        };
        let rest = url.strip_prefix("http://").context("a peer's address begins with http://")?;
        let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
        let pids = pids.split('+').map(str::parse).collect::<Result<_, _>>();
        Ok(Self {
            name: name.to_owned(),
            address: if address.contains(':') { address.to_owned() } else { format!("{address}:80") },
            path: format!("/{path}"),
            pids: pids.context("a peer's processes are numbers with + between them")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_named_by_address_and_processes() {
        let peer: Foreign = "gate,http://127.0.0.1:9000/hook/1,12+13".parse().expect("a peer");
        let expected = Foreign {
            name: "gate".to_owned(),
            address: "127.0.0.1:9000".to_owned(),
            path: "/hook/1".to_owned(),
            pids: vec![12, 13],
        };
        assert_eq!(peer, expected);
        for wrong in ["gate", "gate,http://x,y", "gate,https://x/,1", ",,"] {
            assert!(wrong.parse::<Foreign>().is_err(), "{wrong}");
        }
    }
}
