//! Fail points: named places where a process that tests torture can be made to die, to fail, or to stand still. They
//! exist only with the feature `failpoints`; without it [`crate::fail_point`] is nothing at all.
//!
//! What is to happen stands in the environment when the process starts, `FAIL_POINTS=lane.applied:3,send.called:sleep=900`:
//!
//! - `name:3` – the process kills itself with SIGKILL when it comes to the place for the third time;
//! - `name:error` – the place gives its error every time, where it has one;
//! - `name:sleep=900` – whoever comes to the place stands still there for so many milliseconds.
//!
//! With `FAIL_POINTS_LOG=file` each name is appended to the file when it is first reached, and again with a `!` before
//! the process kills itself there. `FAIL_CLOCK=file` puts the clock ahead by the milliseconds that stand in the file.

/// A place where a process can be made to die (and, with a second argument, to return an error).
#[cfg(feature = "failpoints")]
#[macro_export]
macro_rules! fail_point {
    ($name:literal) => {
        $crate::fail::reach($name)
    };
    ($name:literal, $error:expr) => {
        if $crate::fail::reach($name) {
            return Err($error);
        }
    };
}

/// A place where a process can be made to die (and, with a second argument, to return an error); nothing without the
/// feature `failpoints`.
#[cfg(not(feature = "failpoints"))]
#[macro_export]
macro_rules! fail_point {
    ($name:literal) => {};
    ($name:literal, $error:expr) => {};
}

#[cfg(feature = "failpoints")]
pub use armed::{clock_ahead, reach, unsynced};

#[cfg(feature = "failpoints")]
mod armed {
    use std::collections::HashSet;
    use std::fs::File;
    use std::io::Write as _;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Mutex, OnceLock, PoisonError};
    use std::time::Duration;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    #[derive(Debug)]
    struct Armed {
        name: String,
        action: Action,
        hits: AtomicU64,
    }

    #[derive(Debug, PartialEq)]
    enum Action {
        Kill { at: u64 },
        Error,
        Sleep(Duration),
    }

    #[derive(Debug, Default)]
    struct Points {
        armed: Vec<Armed>,
        log: Option<File>,
        seen: Mutex<HashSet<String>>,
    }

    /// Does what is armed at `name`; true when an error is wanted there.
    pub fn reach(name: &str) -> bool {
        static POINTS: OnceLock<Points> = OnceLock::new();
        POINTS.get_or_init(Points::from_environment).reach(name)
    }

    /// How many milliseconds the clock is to be ahead: the number in the file that `FAIL_CLOCK` names, at this moment.
    pub fn clock_ahead() -> i64 {
        static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
        let file = FILE.get_or_init(|| std::env::var_os("FAIL_CLOCK").map(PathBuf::from));
        let text = file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        text.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// Whether `FAIL_UNSYNCED` is set: the embedded store then forgets to wait for the disk, so that a test of power cuts
    /// can show that it would notice.
    pub fn unsynced() -> bool {
        std::env::var_os("FAIL_UNSYNCED").is_some()
    }

    impl Points {
        fn from_environment() -> Self {
            let armed = std::env::var("FAIL_POINTS").unwrap_or_default();
            let log = std::env::var_os("FAIL_POINTS_LOG");
            let open = |path| File::options().create(true).append(true).open(path).ok();
            Self { armed: parse(&armed), log: log.and_then(open), seen: Mutex::default() }
        }

        fn reach(&self, name: &str) -> bool {
            let new = self.log.is_some()
                && self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
            if new {
                self.note(name);
            }
            let mut error = false;
            for armed in self.armed.iter().filter(|armed| armed.name == name) {
                match armed.action {
                    Action::Kill { at } if armed.hits.fetch_add(1, Ordering::Relaxed) + 1 == at => {
                        self.note(&format!("!{name}"));
                        // Nothing can be done if the system does not let a process kill itself.
                        let _ = kill(Pid::this(), Signal::SIGKILL);
                    }
                    Action::Kill { .. } => {}
                    Action::Error => error = true,
                    Action::Sleep(time) => std::thread::sleep(time),
                }
            }
            error
        }

        fn note(&self, line: &str) {
            if let Some(mut log) = self.log.as_ref() {
                // One write, so that lines of two processes do not mix. A lost line makes the run fail, not pass.
                let _ = log.write_all(format!("{line}\n").as_bytes());
            }
        }
    }

    fn parse(text: &str) -> Vec<Armed> {
        let one = |part: &str| {
            let (name, what) = part.trim().split_once(':')?;
            let action = match what.split_once('=') {
                Some(("sleep", time)) => Action::Sleep(Duration::from_millis(time.parse().ok()?)),
                None if what == "error" => Action::Error,
                _ => Action::Kill { at: what.parse().ok()? },
            };
            Some(Armed { name: name.to_owned(), action, hits: AtomicU64::new(0) })
        };
        text.split(',').filter_map(one).collect()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_is_armed_is_read_and_the_rest_is_left_alone() {
            let armed = parse("a.b:3, c:error,d:sleep=20,nonsense,e:soon");
            let found: Vec<(&str, &Action)> =
                armed.iter().map(|one| (one.name.as_str(), &one.action)).collect();
            let sleep = Action::Sleep(Duration::from_millis(20));
            assert_eq!(found, [("a.b", &Action::Kill { at: 3 }), ("c", &Action::Error), ("d", &sleep)]);
            let points = Points { armed, ..Points::default() };
            assert!(points.reach("c"), "an error is wanted");
            assert!(!points.reach("a.b"), "the first time is not the third");
            assert!(!points.reach("elsewhere"));
        }
    }
}
