//! `bellhop restore`: a backup into an empty place.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use app::files::Files;
use app::restore::{self, Backup};
use store::{Db, Engine, Settings};

use super::{Failure, say};
use crate::cli::{key_copies, postgres};
use crate::config::Config;
use crate::serve;

/// Which one.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One of the folders that `bellhop backup` made
    backup: PathBuf,
    /// Nothing has run since the backup was made, as when moving to another machine: send what waits to be sent,
    /// instead of marking it as uncertain
    #[arg(long)]
    moved: bool,
}

/// Puts a backup where the configuration says that the database and the media files are.
///
/// # Errors
/// When something is there already, or anything in the backup is missing or damaged. The database gets its name
/// last, so that what was interrupted cannot be served.
pub(super) async fn command(config: &Config, args: &Args) -> Result<(), Failure> {
    let settings = serve::database(config)?;
    let objects = config.media.path.join("objects");
    // In a bucket nothing can be overwritten: a file is named after its content.
    if config.media.url.is_empty() && has_files(&objects) {
        return Err(in_the_way(&objects));
    }
    let files = serve::files(config)?;
    let (settled, count) = match &settings {
        Settings::Sqlite { path, .. } => sqlite(path, &files, args).await?,
        Settings::Postgres { url, .. } => {
            let backup = Backup::open(&args.backup, Engine::Postgres)?;
            let db = Db::open(&settings).await?;
            if db.has_schema().await? {
                return Err(Failure::Other(
                    "the database holds data already; restore into an empty one".to_owned(),
                ));
            }
            backup.check_database()?;
            let count = backup.put_media(&files).await?;
            postgres::restore(url, &backup.database()).await?;
            let settled = restore::settle(&db, &files, args.moved).await?;
            db.stop().await;
            (settled, count)
        }
    };
    if let Some(copy) = key_copies::put_back(config, &args.backup).await? {
        say(&format!("the keys were put back from {}; the root key is not among them", copy.display()))?;
    }
    say(&format!(
        "the database and {count} media files were put back; start the server with `bellhop serve`"
    ))?;
    if settled.doubted > 0 {
        say(&format!(
            "{} messages waited to be sent when the backup was made: they will be shown as uncertain, because they may have been sent since",
            settled.doubted
        ))?;
    }
    if !settled.missing.is_empty() {
        say(&format!("{} media files were missing when the backup was made", settled.missing.len()))?;
    }
    Ok(())
}

async fn sqlite(path: &Path, files: &Files, args: &Args) -> Result<(restore::Settled, u64), Failure> {
    let beside = |suffix: &str| {
        let mut name = OsString::from(path);
        name.push(suffix);
        PathBuf::from(name)
    };
    for there in [path.to_owned(), beside("-wal"), beside("-journal")] {
        if there.exists() {
            return Err(in_the_way(&there));
        }
    }
    let backup = Backup::open(&args.backup, Engine::Sqlite)?;
    // Of a restore that was interrupted.
    for left in [".restoring", ".restoring-wal", ".restoring-shm", ".restoring.lock"].map(beside) {
        match std::fs::remove_file(&left) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(cannot("remove", &left, &error));
            }
            _ => {}
        }
    }
    let restoring = beside(".restoring");
    backup.copy_database(&restoring)?;
    store::verify(&restoring).await?;
    let count = backup.put_media(files).await?;
    let db = Db::open(&Settings::Sqlite { path: restoring.clone(), readers: 1 }).await?;
    let settled = restore::settle(&db, files, args.moved).await;
    db.stop().await;
    let settled = settled?;
    let lock = beside(".restoring.lock");
    std::fs::remove_file(&lock).map_err(|error| cannot("remove", &lock, &error))?;
    std::fs::rename(&restoring, path).map_err(|error| cannot("give its name to", &restoring, &error))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    app::files::sync_folder(folder).map_err(|error| cannot("bring to disk", folder, &error))?;
    Ok((settled, count))
}

fn in_the_way(path: &Path) -> Failure {
    Failure::Other(format!(
        "{} is there already and nothing is overwritten: move it away, or let the configuration name an empty place",
        path.display()
    ))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::Other(format!("cannot {what} {}: {error}", path.display()))
}

fn has_files(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}
