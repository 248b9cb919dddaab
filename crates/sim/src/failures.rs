//! The switches with which the provider misbehaves on purpose.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// Which requests a [`Fault`] meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A message.
    Send,
    /// A read receipt, with or without typing indicator.
    Receipt,
    /// A media upload.
    Upload,
    /// Looking up a media id, or fetching its bytes.
    Media,
    /// Any other Graph request: number, templates, subscription, block list.
    Account,
    /// Every request.
    Any,
}

/// What happens to a request that meets a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Effect {
    /// Answers this error code at once.
    Refuse {
        /// A Graph error code, for example 131056.
        code: u32,
    },
    /// Accepts, then reports `failed` with this code by webhook. Only for messages.
    FailLater {
        /// A Graph error code, for example 131026.
        code: u32,
    },
    /// HTTP 500 with a page that is not JSON.
    ServerError,
    /// Never answers; the connection stays open.
    Hang,
    /// Cuts the connection before doing anything.
    Cut,
    /// Does the work, then cuts the connection instead of answering.
    LoseResponse,
    /// Delivers the `sent` status before answering. Only for messages.
    StatusFirst,
}

/// An effect for the next `times` requests of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which requests.
    pub on: Target,
    /// What happens to them.
    pub effect: Effect,
    /// How many of them are left.
    pub times: u32,
}

/// All switches. The default misbehaves in nothing, and keeps the rule of 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Faults waiting for their requests; the first that fits is used.
    pub faults: Vec<Fault>,
    /// Every Graph answer comes this many milliseconds late.
    pub latency_ms: u64,
    /// Free messages more than 24 hours after the customer's last fail with 131047.
    pub window: bool,
    /// More than one message in 6 s to one customer, after a burst of 45, is refused with 131056.
    pub pair_rate: bool,
    /// More than 80 messages a second from the number are refused with 130429.
    pub throughput: bool,
    /// This share of webhook deliveries, 0–100, comes twice.
    pub duplicate_percent: u8,
    /// Webhooks leave this many milliseconds late.
    pub delay_ms: u64,
    /// Webhook updates that are waiting together leave in random order.
    pub reorder: bool,
    /// Up to this many updates travel in one delivery; 0 and 1 mean each alone.
    pub batch: usize,
    /// The next so many deliveries are first sent with a wrong signature.
    pub wrong_signatures: u32,
}

impl Default for Switches {
    fn default() -> Self {
        Switches {
            faults: Vec::new(),
            latency_ms: 0,
            window: true,
            pair_rate: false,
            throughput: false,
            duplicate_percent: 0,
            delay_ms: 0,
            reorder: false,
            batch: 1,
            wrong_signatures: 0,
        }
    }
}

/// The switches of one running provider; every change counts from the next request or webhook.
#[derive(Default)]
pub struct Failures(Mutex<Switches>);

impl Failures {
    /// The switches as they stand.
    pub fn get(&self) -> Switches {
        self.with(|switches| switches.clone())
    }

    /// Replaces all switches.
    pub fn set(&self, new: Switches) {
        self.with(|switches| *switches = new);
    }

    /// Changes some switches: `failures.update(|s| s.duplicate_percent = 50)`.
    pub fn update(&self, change: impl FnOnce(&mut Switches)) {
        self.with(change);
    }

    /// Misbehaves in nothing any more.
    pub fn clear(&self) {
        self.set(Switches::default());
    }

    /// The next `times` messages suffer `effect`.
    pub fn next_sends(&self, times: u32, effect: Effect) {
        self.next(Target::Send, times, effect);
    }

    /// The next `times` requests of `on` suffer `effect`.
    pub fn next(&self, on: Target, times: u32, effect: Effect) {
        self.with(|switches| switches.faults.push(Fault { on, effect, times }));
    }

    /// Takes the effect that a request of `target` meets, counting it down.
    pub(crate) fn take(&self, target: Target) -> Option<Effect> {
        self.with(|switches| {
            let fault =
                switches.faults.iter_mut().find(|fault| fault.on == target || fault.on == Target::Any)?;
            let effect = fault.effect;
            fault.times = fault.times.saturating_sub(1);
            switches.faults.retain(|fault| fault.times > 0);
            Some(effect)
        })
    }

    /// True if the delivery that asks must carry a wrong signature.
    pub(crate) fn take_wrong_signature(&self) -> bool {
        self.with(|switches| {
            let wrong = switches.wrong_signatures > 0;
            switches.wrong_signatures = switches.wrong_signatures.saturating_sub(1);
            wrong
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Switches) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::{Effect, Failures, Target};

    #[test]
    fn a_fault_meets_only_its_target_and_only_so_often() {
        let failures = Failures::default();
        failures.next(Target::Upload, 1, Effect::Cut);
        failures.next_sends(2, Effect::Refuse { code: 131056 });
        assert_eq!(failures.take(Target::Receipt), None);
        assert_eq!(failures.take(Target::Send), Some(Effect::Refuse { code: 131056 }));
        assert_eq!(failures.take(Target::Upload), Some(Effect::Cut));
        assert_eq!(failures.take(Target::Upload), None);
        assert_eq!(failures.take(Target::Send), Some(Effect::Refuse { code: 131056 }));
        assert_eq!(failures.take(Target::Send), None);
    }

    #[test]
    fn a_fault_for_any_request_meets_the_next() {
        let failures = Failures::default();
        failures.next(Target::Any, 1, Effect::ServerError);
        assert_eq!(failures.take(Target::Media), Some(Effect::ServerError));
        assert_eq!(failures.take(Target::Media), None);
    }
}
