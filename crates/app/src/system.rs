//! The real clock and the real source of randomness: the only places that may touch them.

use std::time::{SystemTime, UNIX_EPOCH};

use model::{Clock, Entropy, Millis};

/// The system's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        #[expect(clippy::disallowed_methods, reason = "this is the one clock that others are given")]
        let now = SystemTime::now();
        // A clock before 1970 is a broken clock; ids stay ascending whatever it says.
        let now = Millis(
            now.duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_millis().try_into().unwrap_or(i64::MAX)),
        );
        #[cfg(feature = "failpoints")]
        let now = now + Millis(store::fail::clock_ahead());
        now
    }
}

/// The operating system's random numbers.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the one source that others are given")]
        let filled = aws_lc_rs::rand::fill(buffer);
        // Without randomness no token is safe: there is nothing sensible to go on with.
        assert!(filled.is_ok(), "the operating system gives no random numbers");
    }
}
