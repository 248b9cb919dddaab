//! The door to the database: two engines behind one transaction type.

mod door;
mod fair;
mod gate;
mod key_door;
mod postgres;
mod queue;
mod sqlite;
mod sqlite_copy;
mod tls;
mod tx;
mod waiting;

/// The locks of [`waiting`].
mod locks {
    pub(super) use std::sync::{Condvar, Mutex, MutexGuard};
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod waiting_test;

pub use door::{Db, Engine, Load, Settings, Stats};
pub use fair::Class;
pub(crate) use key_door::KeyDoor;
pub use key_door::{KEY_SCHEMA, KeySettings};
pub use sqlite_copy::{copy, verify};
pub use tx::Tx;
#[cfg(test)]
pub(crate) use tx::{LONGEST_LIST, with_list};
