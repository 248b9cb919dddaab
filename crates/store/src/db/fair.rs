//! Who comes next when more waits than can be done at once.
//!
//! Two levels, both by time really spent, charged afterwards because nobody knows it before. Between classes: the
//! first class that has credit left in the present round, so that a delivery goes before a sending and a sending
//! before the rest, and yet none starves. Within a class: deficit round robin over workspaces, so that one that
//! brings much, or little that takes long, delays itself.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use model::WorkspaceId;

/// What a piece of work is for. The order is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A provider delivers: whoever is kept waiting here comes again, or gives up.
    Inbound,
    /// A message is on its way out: written, claimed, sent, settled.
    Send,
    /// Any other change, such as applying deliveries.
    Change,
    /// Nothing is changed.
    Read,
}

impl Class {
    /// All classes, the first in precedence first.
    pub const ALL: [Self; 4] = [Self::Inbound, Self::Send, Self::Change, Self::Read];

    /// The time of one round.
    fn share(self) -> i64 {
        match self {
            Self::Inbound => 4_000_000,
            Self::Send | Self::Change => 2_000_000,
            Self::Read => 1_000_000,
        }
    }
}

/// The time of one turn of a workspace, in nanoseconds.
const TURN: i64 = 200_000;
/// How many pieces of work of a class may wait.
const PLACES: usize = 4096;

/// Whose turn a piece of work was; to be charged with what it took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    class: Class,
    key: i64,
}

/// What waits.
#[derive(Debug)]
pub(super) struct Fair<T> {
    lines: [Line<T>; 4],
    /// How many of each class were refused a place, or lost it.
    refused: [u64; 4],
}

#[derive(Debug)]
struct Line<T> {
    credit: i64,
    waiting: usize,
    flows: HashMap<i64, Flow<T>>,
    /// Those that have something waiting, the next first.
    round: VecDeque<i64>,
}

#[derive(Debug)]
struct Flow<T> {
    credit: i64,
    items: VecDeque<T>,
}

impl<T> Default for Fair<T> {
    fn default() -> Self {
        Self { lines: std::array::from_fn(|_| Line::default()), refused: [0; 4] }
    }
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { credit: 0, waiting: 0, flows: HashMap::new(), round: VecDeque::new() }
    }
}

impl<T> Fair<T> {
    /// Lets an item wait. When its class is full the workspace with most waiting loses: either this item is given
    /// back as refused, or another one's youngest is, in whose place this one waits.
    pub(super) fn push(&mut self, class: Class, workspace: Option<WorkspaceId>, item: T) -> Option<T> {
        let key = workspace.map_or(0, |workspace| workspace.0);
        let line = &mut self.lines[class as usize];
        let own = line.flows.get(&key).map_or(0, |flow| flow.items.len());
        let mut refused = None;
        if line.waiting >= PLACES {
            self.refused[class as usize] += 1;
            // Who has its fair part of the places already need not look for somebody with more.
            let longest = if own * line.round.len() >= PLACES { None } else { line.longest(own) };
            let Some(longest) = longest else { return Some(item) };
            refused = line.flows.get_mut(&longest).and_then(|flow| flow.items.pop_back());
            line.waiting -= usize::from(refused.is_some());
        }
        line.waiting += 1;
        let flow =
            line.flows.entry(key).or_insert_with(|| Flow { credit: TURN, items: VecDeque::with_capacity(1) });
        if flow.items.is_empty() {
            line.round.push_back(key);
        }
        flow.items.push_back(item);
        refused
    }

    /// The next item.
    pub(super) fn pop(&mut self) -> Option<(Turn, T)> {
        let class = self.next_class()?;
        let line = &mut self.lines[class as usize];
        loop {
            let key = *line.round.front()?;
            let alone = line.round.len() == 1;
            let flow = line.flows.get_mut(&key)?;
            if flow.credit <= 0 && !alone {
                flow.credit += TURN;
                line.round.rotate_left(1);
                continue;
            }
            if alone {
                // Nobody else waited, so nothing is owed to anybody.
                flow.credit = TURN;
            }
            let item = flow.items.pop_front()?;
            line.waiting -= 1;
            if flow.items.is_empty() {
                line.round.pop_front();
            }
            return Some((Turn { class, key }, item));
        }
    }

    fn next_class(&mut self) -> Option<Class> {
        let waits = |line: &Line<T>| line.waiting > 0;
        if !self.lines.iter().any(waits) {
            return None;
        }
        loop {
            let with_credit = |class: &Class| {
                let line = &self.lines[*class as usize];
                waits(line) && line.credit > 0
            };
            if let Some(class) = Class::ALL.into_iter().find(with_credit) {
                return Some(class);
            }
            for class in Class::ALL {
                let line = &mut self.lines[class as usize];
                // What is not used in a round is not saved for the next.
                line.credit = (line.credit + class.share()).min(class.share());
            }
        }
    }

    /// Charges a turn with the time that it took.
    pub(super) fn charge(&mut self, turn: Turn, took: Duration) {
        let took = i64::try_from(took.as_nanos()).unwrap_or(i64::MAX);
        let line = &mut self.lines[turn.class as usize];
        line.credit = line.credit.saturating_sub(took);
        if line.waiting == 0 {
            // Nobody was kept waiting by anybody: all are even.
            line.flows.clear();
        } else if let Some(flow) = line.flows.get_mut(&turn.key) {
            flow.credit = flow.credit.saturating_sub(took);
            // A debt is remembered beyond the moment when nothing waits, or who always brings one long piece of
            // work after another would never pay.
            if flow.items.is_empty() && flow.credit >= 0 {
                line.flows.remove(&turn.key);
            }
        }
    }

    /// Forgets everything that waits.
    pub(super) fn clear(&mut self) {
        self.lines = std::array::from_fn(|_| Line::default());
    }

    /// How many of a class wait.
    pub(super) fn waiting(&self, class: Class) -> usize {
        self.lines[class as usize].waiting
    }

    /// How many of a class were refused since the beginning.
    pub(super) fn refused(&self, class: Class) -> u64 {
        self.refused[class as usize]
    }
}

impl<T> Line<T> {
    /// Who has most waiting, if that is more than `own`.
    fn longest(&self, own: usize) -> Option<i64> {
        let longest = self.flows.iter().max_by_key(|(_, flow)| flow.items.len());
        longest.filter(|(_, flow)| flow.items.len() > own + 1).map(|(key, _)| *key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_micros(20);
    const NOISY: WorkspaceId = WorkspaceId(1);
    const QUIET: WorkspaceId = WorkspaceId(2);

    fn fill(fair: &mut Fair<WorkspaceId>, class: Class, workspace: WorkspaceId, count: usize) {
        for _ in 0..count {
            assert_eq!(fair.push(class, Some(workspace), workspace), None);
        }
    }

    #[test]
    fn one_who_brings_much_is_passed_by_one_who_brings_little() {
        let mut fair = Fair::default();
        fill(&mut fair, Class::Inbound, NOISY, 4000);
        fill(&mut fair, Class::Inbound, QUIET, 1);
        let mut before = 0;
        while let Some((turn, NOISY)) = fair.pop() {
            before += 1;
            fair.charge(turn, QUICK);
        }
        assert!(before <= 20, "{before} of the noisy one went before the quiet one's only one");
    }

    #[test]
    fn what_takes_long_costs_its_own_workspace_turns() {
        let mut fair = Fair::default();
        fill(&mut fair, Class::Change, QUIET, 4000);
        // Always one long piece of work, brought again as soon as the last is done.
        fill(&mut fair, Class::Change, NOISY, 1);
        let (mut noisy, mut quiet) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..3000 {
            let (turn, who) = fair.pop().expect("both wait");
            let took = if who == NOISY { QUICK * 300 } else { QUICK };
            fair.charge(turn, took);
            if who == NOISY {
                noisy += took;
                fill(&mut fair, Class::Change, NOISY, 1);
            } else {
                quiet += took;
            }
        }
        assert!(noisy <= quiet + QUICK * 600, "{noisy:?} for one, {quiet:?} for the other");
        assert!(noisy * 2 >= quiet, "it gets its half as well: {noisy:?} of {quiet:?}");
    }

    #[test]
    fn classes_go_in_order_and_none_starves() {
        let mut fair: Fair<WorkspaceId> = Fair::default();
        for class in Class::ALL {
            fill(&mut fair, class, NOISY, 3000);
        }
        let mut time = [Duration::ZERO; 4];
        let mut first = None;
        for _ in 0..2000 {
            let (turn, _) = fair.pop().expect("much waits");
            first.get_or_insert(turn.class);
            fair.charge(turn, QUICK);
            time[turn.class as usize] += QUICK;
        }
        assert_eq!(first, Some(Class::Inbound));
        assert!(time.is_sorted_by(|a, b| a >= b), "{time:?}");
        assert!(time.iter().all(|time| *time >= QUICK * 150), "{time:?}");
        assert!(time[0] >= time[1] * 3 / 2, "{time:?}");
    }

    #[test]
    fn when_it_is_full_whoever_has_most_loses() {
        let mut fair = Fair::default();
        fill(&mut fair, Class::Inbound, NOISY, PLACES);
        assert_eq!(fair.push(Class::Inbound, Some(NOISY), NOISY), Some(NOISY), "no place for more of it");
        for _ in 0..PLACES / 2 {
            assert_eq!(fair.push(Class::Inbound, Some(QUIET), QUIET), Some(NOISY), "a place is made");
        }
        assert_eq!(fair.push(Class::Inbound, Some(QUIET), QUIET), Some(QUIET), "it has its half");
        assert_eq!(fair.waiting(Class::Inbound), PLACES);
        assert_eq!(fair.refused(Class::Inbound), PLACES as u64 / 2 + 2);
        // Another class has places of its own.
        fill(&mut fair, Class::Send, NOISY, 1);
    }

    #[test]
    fn what_was_done_alone_is_not_held_against_anybody() {
        let mut fair = Fair::default();
        for _ in 0..100 {
            fill(&mut fair, Class::Change, NOISY, 1);
            let (turn, _) = fair.pop().expect("it waits");
            fair.charge(turn, Duration::from_secs(1));
        }
        fill(&mut fair, Class::Change, NOISY, 1);
        fill(&mut fair, Class::Change, QUIET, 2000);
        let place = std::iter::from_fn(|| {
            let (turn, who) = fair.pop()?;
            fair.charge(turn, QUICK);
            Some(who)
        });
        assert!(place.take(20).any(|who| who == NOISY));
    }
}
