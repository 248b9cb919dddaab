//! How fast one inbox may send, exactly.
//!
//! A provider counts a message when it arrives, which is some time between the start of our call and its answer. So a
//! message takes a place from the start of its call until one second after the answer, and there are as many places as
//! the provider allows messages a second. Then no second of the provider's clock holds more, whatever the network
//! does: when the last message of such a second was started, each other of that second had not been answered for a
//! second yet, and held a place. The price is a rate below the allowed one by the share that a call's time has in a
//! second.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use channels::Pacing;
use model::IdentityId;
use tokio::time::Instant;

/// The length of a provider's window.
pub(crate) const WINDOW: Duration = Duration::from_secs(1);
/// How many customers are remembered before those that no longer matter are forgotten.
const MAX_PAIRS: usize = 50_000;
/// After so many calls in a row without a usable answer the provider counts as down.
const TROUBLES: u32 = 5;
/// The first and the longest rest while a provider is down; each rest is twice the last.
const REST: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// The pace of one inbox, as known to the node that sends for it.
pub(crate) struct Pace {
    /// What the provider asks for; `None` before the inbox was looked at.
    pacing: Option<Pacing>,
    /// How many messages are under way.
    calling: usize,
    /// When those of the last second were answered.
    answered: VecDeque<Instant>,
    /// The provider asked for silence, or the last holder of the lane may have called until just before.
    silent_until: Instant,
    /// The theoretical arrival time of the next message to a customer (generic cell rate algorithm).
    pairs: HashMap<IdentityId, Instant>,
    /// Since when `pairs` knows everything that was sent.
    since: Instant,
    /// Calls in a row without a usable answer.
    troubles: u32,
    /// How long the provider is left alone after the next trouble.
    rest: Duration,
    /// Until when it is left alone.
    resting_until: Instant,
}

impl Pace {
    /// The pace of a lane that another process may have held until `now`.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            pacing: None,
            calling: 0,
            answered: VecDeque::new(),
            silent_until: now,
            pairs: HashMap::new(),
            since: now,
            troubles: 0,
            rest: REST.0,
            resting_until: now,
        }
    }

    /// Keeps to what the provider asks for now.
    pub(crate) fn keep_to(&mut self, pacing: Pacing) {
        self.pacing = Some(pacing);
    }

    /// How many messages may be started now.
    pub(crate) fn room(&mut self, now: Instant) -> usize {
        if now < self.silent_until {
            return 0;
        }
        if self.troubles >= TROUBLES {
            // One message at a time finds out whether the provider is back.
            return usize::from(now >= self.resting_until && self.calling == 0);
        }
        self.forget_answered(now);
        let places = self.pacing.map_or(1, |pacing| pacing.account_per_second as usize);
        places.saturating_sub(self.calling + self.answered.len())
    }

    /// When there may be room again, unless an answer makes some earlier.
    pub(crate) fn next_room(&self, now: Instant) -> Instant {
        let place = self.answered.front().map_or(now, |at| *at + WINDOW);
        let resting = if self.troubles >= TROUBLES { self.resting_until } else { now };
        place.max(self.silent_until).max(resting)
    }

    fn forget_answered(&mut self, now: Instant) {
        while self.answered.front().is_some_and(|at| *at + WINDOW <= now) {
            self.answered.pop_front();
        }
    }

    /// Takes places for messages that are started now.
    pub(crate) fn start(&mut self, messages: usize) {
        self.calling += messages;
    }

    /// A started message was answered, or given up; `called`: it may have reached the provider.
    pub(crate) fn end(&mut self, called: bool, now: Instant) {
        self.calling = self.calling.saturating_sub(1);
        if called {
            self.answered.push_back(now);
        }
    }

    /// Whether nothing reached the provider in the last second.
    pub(crate) fn is_quiet(&mut self, now: Instant) -> bool {
        self.forget_answered(now);
        self.calling == 0 && self.answered.is_empty() && now >= self.silent_until
    }

    /// Nothing is started before.
    pub(crate) fn silence(&mut self, until: Instant) {
        self.silent_until = self.silent_until.max(until);
    }

    /// Whether what was sent to a customer before this memory began still matters.
    pub(crate) fn must_ask(&self, customer: IdentityId, now: Instant) -> bool {
        now < self.since + self.ahead() + self.interval() && !self.pairs.contains_key(&customer)
    }

    /// Reminds of messages to a customer that were sent so long ago, in any order.
    pub(crate) fn remind(&mut self, customer: IdentityId, mut ages: Vec<Duration>, now: Instant) {
        ages.sort_unstable();
        // From the oldest on; `ahead` is how far beyond `now` the customer's next turn is after each.
        let mut due: Option<Duration> = None;
        let mut before = Duration::ZERO;
        for age in ages.into_iter().rev() {
            let waited = before.saturating_sub(age);
            due = Some(due.unwrap_or_default().saturating_sub(waited) + self.interval());
            before = age;
        }
        let due = due.unwrap_or_default().saturating_sub(before);
        self.pairs.insert(customer, now + due);
    }

    /// Takes a place for a message to a customer, or says how long to wait.
    pub(crate) fn turn_of(&mut self, customer: IdentityId, now: Instant) -> Result<(), Duration> {
        let due = self.pairs.get(&customer).copied().unwrap_or(now).max(now);
        if due - now > self.ahead() {
            return Err(due - now - self.ahead());
        }
        self.pairs.insert(customer, due + self.interval());
        if self.pairs.len() > MAX_PAIRS {
            // Whoever is forgotten is looked up again only in the first minutes; after that their time is over.
            self.pairs.retain(|_, due| *due > now);
        }
        Ok(())
    }

    /// The time that one message to a customer uses up.
    fn interval(&self) -> Duration {
        let interval = self.pacing.map_or(0, |pacing| pacing.pair_interval.0.max(0));
        Duration::from_millis(interval.cast_unsigned())
    }

    /// How far a customer's messages may run ahead of their time.
    fn ahead(&self) -> Duration {
        self.interval() * self.pacing.map_or(0, |pacing| pacing.pair_burst)
    }

    /// A call got a usable answer: the provider is there.
    pub(crate) fn fine(&mut self) {
        (self.troubles, self.rest) = (0, REST.0);
    }

    /// A call got no answer, or one that says nothing but that the provider is in trouble.
    pub(crate) fn trouble(&mut self, now: Instant) {
        self.troubles = self.troubles.saturating_add(1);
        // What was started before the rest began does not prolong it.
        if self.troubles >= TROUBLES && now >= self.resting_until {
            self.resting_until = now + self.rest;
            self.rest = (self.rest * 2).min(REST.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Millis;
    use proptest::prelude::*;

    use super::*;

    const WHATSAPP: Pacing =
        Pacing { account_per_second: 80, pair_interval: Millis::seconds(6), pair_burst: 45 };

    fn pace(pacing: Pacing, now: Instant) -> Pace {
        let mut pace = Pace::new(now);
        pace.keep_to(pacing);
        pace
    }

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// The most messages that arrived within one second.
    fn busiest(mut arrivals: Vec<Instant>) -> usize {
        arrivals.sort_unstable();
        let within = |place: usize| {
            let end = arrivals[place] + WINDOW;
            arrivals[place..].iter().take_while(|at| **at < end).count()
        };
        (0..arrivals.len()).map(within).max().unwrap_or(0)
    }

    proptest! {
        /// Each step: time passes, all that may start starts; a call takes up to three seconds and arrives somewhere
        /// in between, so that later ones overtake earlier ones.
        #[test]
        fn no_second_of_the_provider_holds_more_than_the_rate(
            rate in 1..50_u32,
            steps in prop::collection::vec((0..200_u64, 0..3_000_u64, 0..100_u64), 1..300),
        ) {
            let pacing = Pacing { account_per_second: rate, ..WHATSAPP };
            let begun = Instant::now();
            let (mut now, mut pace) = (begun, pace(pacing, begun));
            let (mut answers, mut arrivals): (Vec<Instant>, Vec<Instant>) = (Vec::new(), Vec::new());
            for (step, takes, share) in steps {
                now += ms(step);
                answers.sort_unstable();
                for answer in answers.extract_if(.., |answer| *answer <= now) {
                    pace.end(true, answer);
                }
                let room = pace.room(now);
                pace.start(room);
                answers.extend(std::iter::repeat_n(now + ms(takes), room));
                arrivals.extend(std::iter::repeat_n(now + ms(takes * share / 100), room));
            }
            prop_assert!(busiest(arrivals) <= rate as usize);
        }
    }

    #[test]
    fn the_rate_is_used() {
        let begun = Instant::now();
        let mut pace = pace(WHATSAPP, begun);
        let mut sent = 0;
        for tick in 0..10_000 {
            let now = begun + ms(tick);
            let room = pace.room(now);
            pace.start(room);
            (0..room).for_each(|_| pace.end(true, now));
            sent += room;
        }
        assert_eq!(sent, 800, "ten seconds of instant answers");
    }

    #[test]
    fn a_burst_to_one_customer_borrows_from_the_future() {
        let now = Instant::now();
        let mut pace = pace(WHATSAPP, now);
        let customer = IdentityId(1);
        let taken = (0..60).filter(|_| pace.turn_of(customer, now).is_ok()).count();
        assert_eq!(taken, 46, "one now and 45 ahead");
        let wait = pace.turn_of(customer, now).expect_err("the burst is used up");
        assert_eq!(wait, ms(6_000));
        assert!(pace.turn_of(customer, now + wait).is_ok());
        assert!(pace.turn_of(IdentityId(2), now).is_ok(), "another customer is not held up");
    }

    #[test]
    fn a_new_holder_knows_the_burst_from_what_was_sent() {
        let begun = Instant::now();
        let now = begun + ms(1_000);
        let mut old = pace(WHATSAPP, begun);
        let mut ages = Vec::new();
        for step in 0..40 {
            assert!(old.turn_of(IdentityId(1), begun + ms(step * 10)).is_ok());
            ages.push(ms(1_000 - step * 10));
        }
        let mut new = pace(WHATSAPP, now);
        assert!(new.must_ask(IdentityId(1), now));
        ages.reverse();
        new.remind(IdentityId(1), ages, now);
        assert!(!new.must_ask(IdentityId(1), now));
        let left = |pace: &mut Pace| (0..60).filter(|_| pace.turn_of(IdentityId(1), now).is_ok()).count();
        assert_eq!(left(&mut new), left(&mut old));
        new.remind(IdentityId(2), Vec::new(), now);
        assert!(new.turn_of(IdentityId(2), now).is_ok());
        assert!(!new.must_ask(IdentityId(3), now + ms(276_000)), "by then it knows everything");
    }

    #[test]
    fn silence_holds_until_its_end() {
        let now = Instant::now();
        let mut pace = pace(WHATSAPP, now);
        pace.silence(now + ms(5_000));
        pace.silence(now + ms(1_000));
        assert_eq!((pace.room(now + ms(4_999)), pace.next_room(now)), (0, now + ms(5_000)));
        assert_eq!(pace.room(now + ms(5_000)), 80);
    }

    #[test]
    fn a_provider_that_is_down_is_asked_by_one_message_at_a_time() {
        let now = Instant::now();
        let mut pace = pace(WHATSAPP, now);
        pace.start(80);
        (0..80).for_each(|_| {
            pace.trouble(now);
            pace.end(true, now);
        });
        assert_eq!(pace.room(now), 0);
        assert_eq!(pace.room(now + ms(1_000)), 1);
        pace.start(1);
        assert_eq!(pace.room(now + ms(1_500)), 0, "one is out");
        pace.trouble(now + ms(1_500));
        pace.end(true, now + ms(1_500));
        assert_eq!(pace.room(now + ms(3_400)), 0, "the second rest is longer");
        assert_eq!(pace.room(now + ms(3_500)), 1);
        pace.start(1);
        pace.fine();
        pace.end(true, now + ms(3_500));
        assert_eq!(pace.room(now + ms(3_500)), 79, "it is back");
    }
}
