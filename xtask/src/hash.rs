//! SHA-256 of files, by the system's own program.

use crate::process;
use anyhow::{Context, Result, bail};
use std::path::Path;

/// The SHA-256 of a file in lower-case hexadecimal.
///
/// # Errors
/// When neither `sha256sum` nor `shasum` is here, or the file cannot be read.
pub(crate) fn sha256(file: &Path) -> Result<String> {
    let name = file.to_string_lossy();
    let here = Path::new("/");
    let said = process::read(&mut process::command(here, "sha256sum", &["--", &name])).or_else(|first| {
        // macOS has the Perl program instead.
        process::read(&mut process::command(here, "shasum", &["-a", "256", "--", &name])).map_err(|_| first)
    })?;
    let hash = said.split_whitespace().next().with_context(|| format!("no hash of {name} in {said:?}"))?;
    // GNU marks a line with a backslash when the name needs escaping.
    let hash = hash.trim_start_matches('\\');
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("{hash:?} is not a SHA-256 of {name}");
    }
    Ok(hash.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_empty_file_has_its_well_known_hash() {
        let hash = super::sha256(std::path::Path::new("/dev/null")).unwrap();
        assert_eq!(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
