//! The time in which a channel lets the business write freely.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// Whether a free-form message can reach the customer, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Window {
    /// Open, closed, or not a thing on this channel.
    pub state: WindowState,
    /// When an open window closes, or when a closed one closed; `None` if it never opened or there is none.
    pub expires_at: Option<Millis>,
}

/// The state of a [`Window`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WindowState {
    /// Free-form messages arrive.
    Open,
    /// Free-form messages are refused by the provider.
    Closed,
    /// The channel has no window.
    None,
}

impl Window {
    /// The window at `now` of a channel that lets the business write for `hours` after the customer's last
    /// message or call (WhatsApp: 24). `None` for `hours` means that the channel has no window.
    pub fn at(now: Millis, last_inbound_at: Option<Millis>, hours: Option<u32>) -> Self {
        let Some(hours) = hours else {
            return Self { state: WindowState::None, expires_at: None };
        };
        let expires_at = last_inbound_at.map(|last| last + Millis::hours(i64::from(hours)));
        let state =
            if expires_at.is_some_and(|end| now < end) { WindowState::Open } else { WindowState::Closed };
        Self { state, expires_at }
    }

    /// Whether a free-form message may be sent.
    pub fn allows_free_form(self) -> bool {
        self.state != WindowState::Closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_closes_to_the_millisecond() {
        let last = Millis(1_000);
        let end = last + Millis::hours(24);
        assert_eq!(Window::at(end - Millis(1), Some(last), Some(24)).state, WindowState::Open);
        assert_eq!(
            Window::at(end, Some(last), Some(24)),
            Window { state: WindowState::Closed, expires_at: Some(end) }
        );
    }

    #[test]
    fn a_customer_who_never_wrote_has_a_closed_window() {
        assert!(!Window::at(Millis(0), None, Some(24)).allows_free_form());
        assert!(Window::at(Millis(0), None, None).allows_free_form());
    }
}
