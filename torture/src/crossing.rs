//! How long it takes until what one node has acknowledged is seen at the others.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Whether nodes were called over the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Called {
    Yes,
    No,
}

/// Texts on their way from node to node. No two texts are the same.
#[derive(Debug, Default)]
pub(crate) struct Crossing(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    /// By text: the node that answered for it first, and when.
    acked: BTreeMap<String, (usize, Duration)>,
    /// By text: where and when it was seen first.
    seen: BTreeMap<String, BTreeMap<usize, Duration>>,
    /// From when to when it is known whether there were calls.
    stretches: Vec<(Called, Duration, Duration)>,
}

/// Times that were measured, the shortest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delays(Vec<Duration>);

impl Crossing {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A node has answered for a text.
    pub(crate) fn acked(&self, text: &str, node: usize, now: Duration) {
        self.notes().acked.entry(text.to_owned()).or_insert((node, now));
    }

    /// A text was seen on the stream of a node.
    pub(crate) fn seen(&self, text: &str, node: usize, now: Duration) {
        self.notes().seen.entry(text.to_owned()).or_default().entry(node).or_insert(now);
    }

    /// In this stretch of time nodes were called, or were not.
    pub(crate) fn stretch(&self, called: Called, from: Duration, to: Duration) {
        self.notes().stretches.push((called, from, to));
    }

    /// From the answer at one node until it was seen at another, of what was answered in such stretches.
    pub(crate) fn delays(&self, called: Called) -> Delays {
        let notes = self.notes();
        let within = |at: Duration| {
            notes.stretches.iter().any(|(which, from, to)| *which == called && (*from..*to).contains(&at))
        };
        let mut all = Vec::new();
        for (text, (node, at)) in notes.acked.iter().filter(|(_, (_, at))| within(*at)) {
            let seen = notes.seen.get(text).into_iter().flatten();
            all.extend(seen.filter(|(other, _)| *other != node).map(|(_, seen)| seen.saturating_sub(*at)));
        }
        all.sort_unstable();
        Delays(all)
    }
}

impl FromIterator<Duration> for Delays {
    fn from_iter<I: IntoIterator<Item = Duration>>(all: I) -> Self {
        let mut all: Vec<Duration> = all.into_iter().collect();
        all.sort_unstable();
        Self(all)
    }
}

impl Delays {
    /// How many were measured.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// So many of a hundred were not longer.
    pub(crate) fn percentile(&self, of_hundred: usize) -> Duration {
        let at = (self.0.len() * of_hundred).div_ceil(100).saturating_sub(1);
        self.0.get(at).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Delays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [half, many, most, longest] = [50, 90, 99, 100].map(|part| self.percentile(part).as_millis());
        write!(
            f,
            "p50 {half} ms, p90 {many} ms, p99 {most} ms, longest {longest} ms ({} measured)",
            self.count()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_crosses_in_its_stretch_counts() {
        let crossing = Crossing::default();
        let at = Duration::from_millis;
        crossing.stretch(Called::Yes, at(0), at(100));
        crossing.stretch(Called::No, at(100), at(200));
        for (text, node, acked, here, there) in [("a", 0, 10, 12, 15), ("b", 1, 150, 160, 950)] {
            crossing.acked(text, node, at(acked));
            crossing.acked(text, 1 - node, at(acked + 1));
            crossing.seen(text, node, at(here));
            crossing.seen(text, 1 - node, at(there));
        }
        crossing.acked("never seen", 0, at(20));
        assert_eq!(crossing.delays(Called::Yes).0, [at(5)]);
        assert_eq!(crossing.delays(Called::No).0, [at(800)]);
        let many: Delays = (1..=200).map(at).collect();
        assert_eq!(
            (many.percentile(50), many.percentile(99), many.percentile(100)),
            (at(100), at(198), at(200))
        );
    }
}
