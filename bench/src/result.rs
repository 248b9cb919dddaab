//! The result of a run as it is kept: JSON with everything needed to judge and to repeat it.

use std::path::{Path, PathBuf};

use model::Clock;
use serde::{Deserialize, Serialize};

use crate::figure::Findings;
use crate::machine::{self, Machine};
use crate::place::Now;
use crate::stage::{self, Stage};

/// A whole run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// When it began, in milliseconds since 1970.
    pub(crate) began: i64,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
    /// What was measured.
    pub(crate) commit: String,
    /// How it was built.
    pub(crate) profile: String,
    /// `embedded` or `PostgreSQL`.
    pub(crate) store: String,
    /// Whether everything had its full length.
    pub(crate) full: bool,
    /// What lengths were multiplied with; anything but 1 was a trial.
    pub(crate) scale: f64,
    /// What all pseudo-random choices come from: it is part of the program, not drawn.
    pub(crate) seed: String,
    /// Where.
    pub(crate) machine: Machine,
    /// The workloads.
    pub(crate) parts: Vec<Part>,
}

/// One workload's part of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Its name on the command line.
    pub(crate) name: String,
    /// Its heading.
    pub(crate) title: String,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
    /// Why it could not be measured.
    pub(crate) failed: Option<String>,
    /// What it found.
    pub(crate) findings: Findings,
}

impl Report {
    /// Begins a run.
    pub(crate) fn begin(stage: &Stage, profile: &str) -> anyhow::Result<Self> {
        Ok(Self {
            began: Now.now().0,
            seconds: 0.0,
            commit: machine::commit(stage::root()),
            profile: profile.to_owned(),
            store: if stage.postgres.is_some() { "PostgreSQL" } else { "embedded" }.to_owned(),
            full: stage.full,
            scale: stage.scale,
            seed: "SplitMix64 over the message's number".to_owned(),
            machine: Machine::look(&stage.scratch)?,
            parts: Vec::new(),
        })
    }

    /// Ends it.
    pub(crate) fn end(&mut self) {
        self.machine.end();
        self.seconds = (Now.now().0 - self.began) as f64 / 1000.0;
    }

    /// Writes it into `folder`, under its time.
    pub(crate) fn keep(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join(format!("{}.json", self.began));
        std::fs::write(&file, serde_json::to_vec_pretty(self)?)?;
        Ok(file)
    }
}
