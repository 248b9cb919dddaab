//! How fast we may send: never above the provider's rate for an account in any one-second window, and never
//! above its rate to one customer.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use channels::Pacing;
use model::{IdentityId, InboxId, Millis};

/// The pace of every account and customer that this node sends to.
#[derive(Default)]
pub(crate) struct Pace(Mutex<State>);

#[derive(Default)]
struct State {
    accounts: HashMap<InboxId, Account>,
    /// The theoretical arrival time of the next message to a customer (generic cell rate algorithm).
    pairs: HashMap<IdentityId, Millis>,
}

#[derive(Default)]
struct Account {
    /// The sendings of the last second.
    recent: VecDeque<Millis>,
    /// Until when the provider asked for silence.
    silent_until: Millis,
}

/// How many customers are remembered before those that no longer matter are forgotten.
const MAX_PAIRS: usize = 50_000;

impl Pace {
    /// Takes a place for a message to a customer, or says when to come back.
    pub(crate) fn reserve(
        &self,
        pacing: Pacing,
        inbox: InboxId,
        identity: IdentityId,
        now: Millis,
    ) -> Result<(), Millis> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        let account = state.accounts.entry(inbox).or_default();
        if account.silent_until > now {
            return Err(account.silent_until);
        }
        let due = state.pairs.get(&identity).copied().unwrap_or(now).max(now);
        let ahead = Millis(pacing.pair_interval.0 * i64::from(pacing.pair_burst));
        if due - now > ahead {
            return Err(due - ahead);
        }
        while account.recent.front().is_some_and(|sent| *sent + Millis::seconds(1) <= now) {
            account.recent.pop_front();
        }
        if account.recent.len() >= pacing.account_per_second as usize {
            let oldest = account.recent.front().copied().unwrap_or(now);
            return Err(oldest + Millis::seconds(1));
        }
        account.recent.push_back(now);
        state.pairs.insert(identity, due + pacing.pair_interval);
        if state.pairs.len() > MAX_PAIRS {
            state.pairs.retain(|_, due| *due > now);
        }
        Ok(())
    }

    /// The provider asked the whole account to be silent for a while.
    pub(crate) fn silence(&self, inbox: InboxId, until: Millis) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let account = state.accounts.entry(inbox).or_default();
        account.silent_until = account.silent_until.max(until);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHATSAPP: Pacing =
        Pacing { account_per_second: 80, pair_interval: Millis::seconds(6), pair_burst: 45 };

    proptest! {
        #[test]
        fn no_second_holds_more_than_the_rate(steps in prop::collection::vec(0..40_i64, 1..600)) {
            let pace = Pace::default();
            let (mut now, mut sent) = (Millis(0), Vec::new());
            for (number, step) in steps.into_iter().enumerate() {
                now = now + Millis(step);
                if pace.reserve(WHATSAPP, InboxId(1), IdentityId(number as i64), now).is_ok() {
                    sent.push(now);
                }
            }
            for (place, first) in sent.iter().enumerate() {
                let within = sent[place..].iter().take_while(|at| **at < *first + Millis::seconds(1)).count();
                prop_assert!(within <= 80, "{} in one second", within);
            }
        }
    }

    #[test]
    fn a_burst_to_one_customer_borrows_from_the_future() {
        let pace = Pace::default();
        let now = Millis(1_000);
        let taken =
            (0..60).filter(|_| pace.reserve(WHATSAPP, InboxId(1), IdentityId(1), now).is_ok()).count();
        assert_eq!(taken, 46, "one now and 45 ahead");
        let again = pace.reserve(WHATSAPP, InboxId(1), IdentityId(1), now).expect_err("the burst is used up");
        assert_eq!(again, now + Millis::seconds(6));
        assert!(pace.reserve(WHATSAPP, InboxId(1), IdentityId(1), again).is_ok());
        assert!(
            pace.reserve(WHATSAPP, InboxId(1), IdentityId(2), now).is_ok(),
            "another customer is not held up"
        );
    }

    #[test]
    fn silence_holds_the_account_only() {
        let pace = Pace::default();
        pace.silence(InboxId(1), Millis(5_000));
        assert_eq!(pace.reserve(WHATSAPP, InboxId(1), IdentityId(1), Millis(0)), Err(Millis(5_000)));
        assert_eq!(pace.reserve(WHATSAPP, InboxId(2), IdentityId(2), Millis(0)), Ok(()));
    }
}
