//! Foreign bytes are read apart from the server, in a process of its own: what they make a reader take, in memory or time,
//! ends that process and costs nothing but the file. Both sides of it stand here.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use model::{ColumnRole, ImportProblem};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::piece::{Piece, Reading, UNPACKED_MAX};
use super::sitemap::{self, Sitemap};
use super::{crawl, file};
use crate::{App, Error, Result};

/// The argument with which the program does nothing but [`answer`].
pub const READ_DOCUMENT: &str = "read-document";
/// The most bytes of memory (address space) that the reading process may take.
pub const MEMORY_MAX: u64 = 1 << 30;
/// How long something may be read.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How many readers of this process work at once.
static READERS: Semaphore = Semaphore::const_new(2);
/// The most bytes of an answer: what can be unpacked, and what it takes to write it down.
const ANSWER_MAX: usize = UNPACKED_MAX + (28 << 20);
/// The most bytes of what a reader is told to do.
const TASK_MAX: u64 = 64 << 10;

/// What a reader is to read. Its bytes stand behind it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "read", rename_all = "snake_case")]
pub(super) enum Task {
    /// A file of a name; of a table, what its columns hold. Gives a [`Reading`].
    File { name: String, roles: Vec<ColumnRole> },
    /// A page that came from an address and is told to be of a kind. Gives a [`Piece`].
    Page { address: String, url: Url, mime: String },
    /// A sitemap. Gives a [`Sitemap`].
    Sitemap,
}

impl Task {
    /// Does it, and writes what comes of it.
    fn perform(&self, bytes: &[u8], to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::File { name, roles } => tell(|| file::read(name, bytes, roles), to),
            Self::Page { address, url, mime } => tell(|| crawl::words(address, url, mime, bytes), to),
            Self::Sitemap => tell(|| sitemap::read(bytes, crawl::PAGES_MAX), to),
        }
    }
}

/// Writes what a reader finds; one that fails on what it did not expect says that it is damaged.
fn tell<T: Serialize>(
    read: impl FnOnce() -> std::result::Result<T, ImportProblem>,
    to: &mut impl Write,
) -> io::Result<()> {
    let found = catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(ImportProblem::Damaged));
    serde_json::to_writer(to, &found).map_err(io::Error::from)
}

/// The side of the process that reads: takes what is to be read, and writes the answer.
///
/// # Errors
/// When nothing comes that can be understood, or nobody takes the answer.
pub fn answer(from: impl Read, to: impl Write) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut task = Vec::new();
    Read::by_ref(&mut from).take(TASK_MAX).read_until(b'\n', &mut task)?;
    let task: Task = serde_json::from_slice(&task)?;
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    let mut to = BufWriter::new(to);
    task.perform(&bytes, &mut to)?;
    to.flush()
}

/// Has a file read.
pub(super) async fn file(
    app: &App,
    name: &str,
    bytes: Vec<u8>,
    roles: Vec<ColumnRole>,
) -> Result<std::result::Result<Reading, ImportProblem>> {
    read(app, Task::File { name: name.to_owned(), roles }, bytes).await
}

/// Has a page read.
pub(super) async fn page(
    app: &App,
    address: &str,
    url: Url,
    mime: String,
    bytes: Vec<u8>,
) -> Result<std::result::Result<Piece, ImportProblem>> {
    read(app, Task::Page { address: address.to_owned(), url, mime }, bytes).await
}

/// Has a sitemap read.
pub(super) async fn sitemap(
    app: &App,
    bytes: Vec<u8>,
) -> Result<std::result::Result<Sitemap, ImportProblem>> {
    read(app, Task::Sitemap, bytes).await
}

async fn read<T: DeserializeOwned + Send + 'static>(
    app: &App,
    task: Task,
    bytes: Vec<u8>,
) -> Result<std::result::Result<T, ImportProblem>> {
    let place = READERS.acquire().await.map_err(Error::internal)?;
    let answer = match &app.settings.reader {
        Some(program) => in_process(program, &task, &bytes).await?,
        None => in_thread(place, task, bytes).await?,
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(problem) => return Ok(Err(problem)),
    };
    let parsed = tokio::task::spawn_blocking(move || serde_json::from_slice(&answer)).await;
    parsed.map_err(Error::internal)?.map_err(Error::internal)
}

/// The answer of a process of its own, which is ended when it takes too much.
async fn in_process(
    program: &Path,
    task: &Task,
    bytes: &[u8],
) -> Result<std::result::Result<Vec<u8>, ImportProblem>> {
    let task = line(task)?;
    // It needs to know nothing of what this process knows.
    let spawned = Command::new(program)
        .arg(READ_DOCUMENT)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = spawned.map_err(Error::internal)?;
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Error::internal(io::Error::other("a reader has no pipes")));
    };
    let told = async move {
        // One that ended hears no more, and how it ended says why.
        let _ = to.write_all(&task).await;
        let _ = to.write_all(bytes).await;
    };
    let exchanged = tokio::time::timeout(PATIENCE, async {
        let mut answer = Vec::new();
        let mut from = from.take(ANSWER_MAX as u64 + 1);
        let ((), heard) = tokio::join!(told, from.read_to_end(&mut answer));
        heard?;
        let ended = if answer.len() > ANSWER_MAX { None } else { Some(child.wait().await?) };
        Ok::<_, io::Error>((answer, ended))
    })
    .await;
    match exchanged {
        Ok(Ok((answer, Some(ended)))) if ended.success() => Ok(Ok(answer)),
        Ok(Ok((_, Some(ended)))) => told_by(ended),
        Ok(Ok((_, None))) => Ok(Err(ImportProblem::TooLarge)),
        Ok(Err(error)) => Err(Error::internal(error)),
        Err(_) => Ok(Err(ImportProblem::TooSlow)),
    }
}

/// What the end of a process says of what it was to read.
fn told_by<T>(ended: ExitStatus) -> Result<std::result::Result<T, ImportProblem>> {
    match ended.code() {
        // It never began: that is none of the file's fault.
        Some(_) => Err(Error::internal(io::Error::other(format!("a reader ended with {ended}")))),
        // It was ended because it took more than it may.
        None => {
            tracing::warn!(%ended, "a reader of files took too much");
            Ok(Err(ImportProblem::TooLarge))
        }
    }
}

/// The answer of a thread of this process, where no program is known that could be started; one that takes too long keeps
/// its place until it is done.
async fn in_thread(
    place: SemaphorePermit<'static>,
    task: Task,
    bytes: Vec<u8>,
) -> Result<std::result::Result<Vec<u8>, ImportProblem>> {
    let reading = tokio::task::spawn_blocking(move || {
        let _place = place;
        let mut answer = Vec::new();
        task.perform(&bytes, &mut answer).map(|()| answer)
    });
    match tokio::time::timeout(PATIENCE, reading).await {
        Ok(done) => done.map_err(Error::internal)?.map(Ok).map_err(Error::internal),
        Err(_) => Ok(Err(ImportProblem::TooSlow)),
    }
}

/// What a reader is to do, as it is told.
fn line(task: &Task) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(task).map_err(Error::internal)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(task: &Task, bytes: &[u8]) -> Vec<u8> {
        let mut answered = Vec::new();
        let asked = [line(task).expect("a task").as_slice(), bytes].concat();
        answer(asked.as_slice(), &mut answered).expect("an answer");
        answered
    }

    #[test]
    fn both_sides_understand_each_other() {
        let task = Task::File { name: "a\nb.md".into(), roles: vec![ColumnRole::Question] };
        let read: std::result::Result<Reading, ImportProblem> =
            serde_json::from_slice(&asked(&task, b"# One\n\nTwo.\n")).expect("understood");
        let piece = &read.expect("a text").pieces[0];
        assert_eq!((piece.title.as_str(), piece.body.as_str()), ("One", "Two."));
        let url = Url::parse("https://shop.example/help").expect("an address");
        let task = Task::Page { address: url.to_string(), url, mime: "video/mp4".into() };
        let read: std::result::Result<Piece, ImportProblem> =
            serde_json::from_slice(&asked(&task, b"x")).expect("understood");
        assert_eq!(read, Err(ImportProblem::UnknownFormat));
        let read: std::result::Result<Sitemap, ImportProblem> =
            serde_json::from_slice(&asked(&Task::Sitemap, b"https://shop.example/a\n")).expect("understood");
        assert_eq!(read.expect("a list").pages, ["https://shop.example/a"]);
        assert!(answer(b"nonsense\n".as_slice(), Vec::new()).is_err());
    }
}
