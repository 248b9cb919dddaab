//! `bellhop backup`: beside a running server, or without one.

use std::path::PathBuf;
use std::time::Duration;

use app::backup::{self, Taken};
use app::system::SystemClock;
use model::Clock;
use store::{Db, Engine, Settings};

use super::{Failure, say};
use crate::cli::{key_copies, postgres};
use crate::config::Config;
use crate::serve;

/// Where to, and how often.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder that holds the backups, one beside the other; made when absent
    place: PathBuf,
    /// Remove all but the newest N afterwards
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    keep: Option<u64>,
    /// Make one every so many seconds until stopped; the first at once
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
}

/// Makes a backup, or one after the other.
///
/// # Errors
/// When there is no database, a backup cannot be made, or a file that a message refers to is missing (the backup
/// is made even so). With `--every` what goes wrong is logged and tried again.
pub(super) async fn command(config: &Config, args: &Args) -> Result<(), Failure> {
    let Some(seconds) = args.every else { return once(config, args).await };
    let mut due = tokio::time::interval(Duration::from_secs(seconds));
    due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut told_to_stop = std::pin::pin!(serve::told_to_stop());
    loop {
        tokio::select! {
            () = &mut told_to_stop => return Ok(()),
            _ = due.tick() => {}
        }
        if let Err(failure) = once(config, args).await {
            tracing::error!(%failure, "a backup was not made as it should be");
        }
    }
}

async fn once(config: &Config, args: &Args) -> Result<(), Failure> {
    let taken = take(config, args).await?;
    if let Some(keep) = args.keep {
        backup::prune(&args.place, usize::try_from(keep).unwrap_or(usize::MAX))?;
    }
    let (path, about) = (taken.path.display(), &taken.about);
    say(&format!(
        "{path}: the database and {} media files ({} new, {} MB together)",
        about.files,
        taken.copied,
        about.bytes >> 20
    ))?;
    if about.missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Other(format!(
        "{path} is finished, but the media store lacks {} files that messages refer to, or has them damaged; {} lists them",
        about.missing.len(),
        taken.path.join("backup.json").display()
    )))
}

async fn take(config: &Config, args: &Args) -> Result<Taken, Failure> {
    let settings = serve::database(config)?;
    let engine = match &settings {
        Settings::Sqlite { .. } => Engine::Sqlite,
        Settings::Postgres { .. } => Engine::Postgres,
    };
    let files = serve::files(config)?;
    let begun = backup::begin(&args.place, engine, SystemClock.now())?;
    let source = match settings {
        Settings::Sqlite { path, readers } => {
            store::copy(&path, &begun.database()).await?;
            Settings::Sqlite { path: begun.database(), readers }
        }
        Settings::Postgres { ref url, .. } => {
            postgres::dump(url, &begun.database()).await?;
            settings
        }
    };
    let db = Db::look(&source).await?;
    let taken = begun.finish(&db, &files).await;
    db.stop().await;
    let taken = taken?;
    // After the data: every key that the data needs is on disk before the data is.
    key_copies::make(config, &args.place, SystemClock.now()).await?;
    Ok(taken)
}
