//! The event stream: a hub for each node, a task for each socket, and the frames they speak.

mod hub;
mod protocol;
mod socket;
mod told;

pub use hub::Hub;
pub(crate) use protocol::{ClientFrame, ServerFrame};
pub(crate) use socket::serve;

/// Whether a text reads as something that a client may say.
pub fn is_client_frame(text: &str) -> bool {
    serde_json::from_str::<ClientFrame>(text).is_ok()
}
