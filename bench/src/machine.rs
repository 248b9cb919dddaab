//! What the figures were measured on, and how noisy it was.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde::{Deserialize, Serialize};

/// What the figures were measured on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) processor: String,
    /// How many processors there are.
    pub(crate) processors: usize,
    /// Memory in GiB.
    pub(crate) memory: f64,
    /// The kernel's version.
    pub(crate) kernel: String,
    /// How long one `fdatasync` of a 4 KiB write took, the median in milliseconds.
    pub(crate) sync: f64,
    /// The load of the last minute before and after the run.
    pub(crate) load: (f64, f64),
    /// How much a fixed piece of work took at most against its median, over the whole run; 1 is a quiet machine.
    pub(crate) noise: f64,
}

impl Machine {
    /// Looks around; `scratch` is where the runs take place.
    pub(crate) fn look(scratch: &Path) -> anyhow::Result<Self> {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
            line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let memory = after(&text("/proc/meminfo"), "MemTotal");
        let memory: f64 = memory.trim_end_matches(" kB").parse().unwrap_or(0.0);
        Ok(Self {
            processor: after(&text("/proc/cpuinfo"), "model name"),
            processors: std::thread::available_parallelism()?.get(),
            memory: memory / 1024.0 / 1024.0,
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            sync: sync(scratch)?,
            load: (load(), load()),
            noise: noise(),
        })
    }

    /// Notes the load at the end.
    pub(crate) fn end(&mut self) {
        self.load.1 = load();
        self.noise = self.noise.max(noise());
    }
}

/// The load of the last minute.
fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

fn sync(scratch: &Path) -> anyhow::Result<f64> {
    std::fs::create_dir_all(scratch)?;
    let mut file = tempfile::tempfile_in(scratch)?;
    let mut times = Vec::new();
    for _ in 0..50 {
        file.write_all(&[7; 4096])?;
        let begun = Instant::now();
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(crate::figure::median(&times))
}

/// Does the same small work many times: what others on the machine take from us shows.
fn noise() -> f64 {
    let times: Vec<f64> = (0..40)
        .map(|_| {
            let begun = Instant::now();
            std::hint::black_box((0..2_000_000_u64).fold(0, |sum, n| sum ^ crate::delivery::mixed(n)));
            begun.elapsed().as_secs_f64()
        })
        .collect();
    times.iter().copied().fold(0.0, f64::max) / crate::figure::median(&times)
}

/// The commit of the checkout, with a mark when something is not committed.
pub(crate) fn commit(root: &Path) -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(root).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_default();
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|text| !text.is_empty());
    if changed { format!("{commit} with changes") } else { commit }
}
