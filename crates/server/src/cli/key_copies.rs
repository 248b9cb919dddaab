//! Copies of the key store: beside the backups of the data and never in one of them, and kept for a short time, so that
//! a key that was destroyed is soon nowhere any more and what it sealed is unreadable in every older backup.

use std::path::{Path, PathBuf};
use std::time::Duration;

use model::Millis;
use store::KeySettings;

use super::Failure;
use crate::cli::postgres;
use crate::config::Config;
use crate::serve;

/// The folder among the backups.
const FOLDER: &str = "keys";
/// For how long a copy is kept.
const LIFE: Millis = Millis::days(30);
/// What a copy's name ends in.
const SQLITE: &str = "db";
const POSTGRES: &str = "pgdump";

/// Makes a copy of the key store beside the backups in `place`, and removes copies older than 30 days.
///
/// # Errors
/// When it cannot be made or an old one cannot be removed.
pub(super) async fn make(config: &Config, place: &Path, now: Millis) -> Result<(), Failure> {
    let settings = serve::key_settings(config)?;
    let folder = place.join(FOLDER);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|error| cannot("make the folder", &folder, &error))?;
    let unfinished = folder.join(".unfinished");
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(cannot("remove", &unfinished, &error));
        }
        _ => {}
    }
    let ending = match &settings {
        // Nothing was ever sealed here.
        KeySettings::Sqlite { path } if !path.exists() => return Ok(()),
        KeySettings::Sqlite { path } => {
            store::copy(path, &unfinished).await?;
            SQLITE
        }
        KeySettings::Postgres { url, .. } => {
            postgres::dump_keys(url, &unfinished).await?;
            POSTGRES
        }
    };
    let path = folder.join(format!("{}.{ending}", name_of(now)));
    std::fs::rename(&unfinished, &path).map_err(|error| cannot("give its name to", &unfinished, &error))?;
    app::files::sync_folder(&folder).map_err(|error| cannot("bring to disk", &folder, &error))?;
    let oldest = name_of(now - LIFE);
    for old in copies(&folder)? {
        let name = old.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if name < oldest {
            std::fs::remove_file(&old).map_err(|error| cannot("remove", &old, &error))?;
        }
    }
    Ok(())
}

/// Puts the newest copy of the key store beside a backup back where there is no key store; one that is there stays,
/// because it knows best which keys were destroyed. Tells which copy was taken.
///
/// # Errors
/// When the copy cannot be put back.
pub(super) async fn put_back(config: &Config, backup: &Path) -> Result<Option<PathBuf>, Failure> {
    let backup = std::path::absolute(backup).map_err(|error| cannot("find", backup, &error))?;
    let folder = backup.parent().unwrap_or(&backup).join(FOLDER);
    let settings = serve::key_settings(config)?;
    let ending = match &settings {
        KeySettings::Sqlite { .. } => SQLITE,
        KeySettings::Postgres { .. } => POSTGRES,
    };
    let all = if folder.is_dir() { copies(&folder)? } else { Vec::new() };
    let Some(newest) = all.into_iter().rfind(|path| path.extension().is_some_and(|found| found == ending))
    else {
        return Ok(None);
    };
    match &settings {
        KeySettings::Sqlite { path } if path.exists() => return Ok(None),
        KeySettings::Sqlite { path } => store::copy(&newest, path).await?,
        KeySettings::Postgres { url, .. } => {
            if store::keys::stand(&settings).await? {
                return Ok(None);
            }
            postgres::restore(url, &newest).await?;
        }
    }
    Ok(Some(newest))
}

/// The finished copies, the oldest first.
fn copies(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let listed = std::fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()
    });
    let mut all = listed.map_err(|error| cannot("list", folder, &error))?;
    all.retain(|path| path.extension().is_some_and(|ending| ending == SQLITE || ending == POSTGRES));
    all.sort();
    Ok(all)
}

fn name_of(at: Millis) -> String {
    let time = std::time::UNIX_EPOCH + Duration::from_millis(at.0.max(0).unsigned_abs());
    humantime::format_rfc3339_millis(time).to_string().replace([':', '.'], "")
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::Other(format!("cannot {what} {}: {error}", path.display()))
}
