//! What is to happen in a run, and which runs there are.

use std::time::Duration;

use crate::bus::Bus;
use crate::customers::Load;
use crate::disk::mount::Mounted;
use crate::postgres::Postgres;

/// What is to happen.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) postgres: bool,
    pub(crate) seed: u64,
    /// Whether everything is tried, and not what fits into a few minutes.
    pub(crate) long: bool,
    /// The run lasts until so many deliveries were acknowledged.
    pub(crate) deliveries: usize,
    pub(crate) load: Load,
    /// How long an agent rests between two replies.
    pub(crate) pause: Duration,
    /// How many numbers there are.
    pub(crate) numbers: usize,
    /// How many browsers watch the stream of events.
    pub(crate) watchers: usize,
    /// How often a process dies at each fail point.
    pub(crate) at_each: usize,
    /// At which share of the fail points, in percent; the seed chooses.
    pub(crate) share: u8,
    /// How often a fail point is tried again that a process did not reach in its time.
    pub(crate) tries: u8,
    /// Whether it is wrong when a process died at a point less often than planned. Whether somebody came by at all is
    /// looked at in any case.
    pub(crate) strict: bool,
    /// How many deaths at any moment.
    pub(crate) at_random: usize,
    /// How often, on PostgreSQL, a process stands still for longer than its leases.
    pub(crate) pauses: usize,
    /// Every death is a power cut: the disk forgets what was not synced.
    pub(crate) power: Power,
    /// What fails while the processes live on.
    pub(crate) breaks: Breaks,
    /// How often.
    pub(crate) outages: usize,
    /// Whether times are compared, so that nothing else is to be done beside it.
    pub(crate) measures: bool,
}

/// What a death does to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    /// Nothing: the system goes on.
    Stays,
    /// What was not synced is forgotten.
    Cut,
    /// The same, and the store does not wait for the disk: this run has to find losses.
    CutUnsynced,
}

/// What fails while the processes live on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breaks {
    Nothing,
    /// The database server is stopped or killed, and commits are cut.
    Server,
    /// For a while the disk takes nothing.
    Disk,
    /// A single write or sync fails, one after the other.
    EachWrite,
    /// The provider of one number answers nothing, nonsense, or without end.
    Provider,
    /// The bus between the nodes is gone, cut, or says everything twice.
    Bus,
}

impl Plan {
    /// Whether the data folder is on a disk of our own.
    pub(crate) fn has_disk(&self) -> bool {
        self.power != Power::Stays || matches!(self.breaks, Breaks::Disk | Breaks::EachWrite)
    }

    /// Whether the clock jumps.
    pub(crate) fn has_jumps(&self) -> bool {
        self.postgres || self.breaks == Breaks::Provider
    }

    /// What this machine lacks for it.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        if self.postgres && !Postgres::is_installed() {
            return Some("PostgreSQL is not installed");
        }
        if self.breaks == Breaks::Bus && !Bus::is_installed() {
            return Some("nats-server is not installed");
        }
        (self.has_disk() && !Mounted::is_possible())
            .then_some("/dev/fuse is missing, so no disk can be made to forget")
    }
}

/// All runs.
pub(crate) fn plans(seed: u64, long: bool) -> Vec<Plan> {
    let of = |long_form, short| if long { long_form } else { short };
    let plan = |name, postgres| Plan {
        name,
        postgres,
        seed,
        long,
        deliveries: of(100_000, 1_500),
        load: Load { customers: of(500, 60), rate: if long { 300 } else { 40 } },
        pause: Duration::from_millis(60),
        numbers: 6,
        watchers: 1,
        at_each: of(5, 1),
        share: if long || !postgres { 100 } else { 40 },
        tries: if long { 6 } else { 1 },
        strict: long,
        at_random: of(100, 8),
        pauses: of(5, 1),
        power: Power::Stays,
        breaks: Breaks::Nothing,
        outages: 0,
        measures: false,
    };
    let power = Plan {
        deliveries: of(20_000, 500),
        at_each: 0,
        at_random: of(100, 8),
        power: Power::Cut,
        ..plan("power", false)
    };
    let unsynced =
        Plan { name: "unsynced", deliveries: 200, at_random: 3, power: Power::CutUnsynced, ..power };
    let outage = |name, postgres, breaks, outages| Plan {
        deliveries: of(10_000, 500),
        at_each: 0,
        at_random: 0,
        pauses: 0,
        breaks,
        outages,
        ..plan(name, postgres)
    };
    // The cuts at its end show whether something was acknowledged that only a failed sync had moved.
    let writes = Plan {
        at_random: 2,
        power: Power::Cut,
        ..outage("outage-writes", false, Breaks::EachWrite, of(1500, 36))
    };
    let sockets = Plan {
        name: "sockets",
        watchers: of(2_000, 100),
        load: Load { customers: 60, rate: 10 },
        deliveries: of(5_000, 200),
        at_each: 0,
        at_random: of(40, 4),
        measures: true,
        pauses: 0,
        ..plan("sockets", true)
    };
    vec![
        plan("sqlite", false),
        plan("postgres", true),
        power,
        unsynced,
        outage("outage-postgres", true, Breaks::Server, of(150, 6)),
        outage("outage-disk", false, Breaks::Disk, of(150, 6)),
        writes,
        Plan {
            measures: true,
            load: Load { customers: 60, rate: 20 },
            ..outage("outage-provider", false, Breaks::Provider, of(90, 5))
        },
        Plan {
            measures: true,
            // Who does much looks often, and hears of everything by itself.
            load: Load { customers: 20, rate: 3 },
            pause: Duration::from_millis(400),
            deliveries: of(3_000, 100),
            ..outage("outage-nats", true, Breaks::Bus, of(30, 3))
        },
        sockets,
    ]
}
