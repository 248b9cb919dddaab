//! `bellhop read-document`: reads one document that the server hands over, in a process that may do nothing else.

use std::io;

use super::Failure;

/// Takes what it does not need from this process, and reads.
pub(super) fn command() -> Result<(), Failure> {
    #[cfg(unix)]
    limit().map_err(|error| Failure::Other(format!("cannot limit a reader of documents: {error}")))?;
    let read = app::import::apart::answer(io::stdin().lock(), io::stdout().lock());
    read.map_err(|error| Failure::Other(format!("cannot read a document: {error}")))
}

/// Bounds what this process may take: memory, time, and no file or connection beside those it has.
#[cfg(unix)]
fn limit() -> rustix::io::Result<()> {
    use app::import::apart::{MEMORY_MAX, PATIENCE};
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    // Where memory is short, this process is to end and not the server.
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    for (resource, most) in [
        // Apple's systems do not bound it.
        #[cfg(not(target_vendor = "apple"))]
        (Resource::As, MEMORY_MAX),
        // Whoever started it waits no longer; this is for one whose server is gone.
        (Resource::Cpu, PATIENCE.as_secs() + 5),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, 3),
    ] {
        let most = getrlimit(resource).maximum.map_or(most, |maximum| maximum.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}
