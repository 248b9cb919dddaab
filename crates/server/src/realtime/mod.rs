//! The event stream: a hub for each node, a task for each socket, and the frames they speak.

mod hub;
mod protocol;
mod socket;

pub use hub::Hub;
pub(crate) use protocol::{ClientFrame, ServerFrame};
pub(crate) use socket::serve;
