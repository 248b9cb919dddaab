//! Putting a backup back: everything is compared with its checksum before it is used.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use aws_lc_rs::digest;
use channels::SendState;
use model::WorkspaceId;
use store::{Db, Engine};
use tokio_util::io::ReaderStream;

use crate::backup::{
    ABOUT, About, FORMAT, MEDIA, Result, SUMS, Trouble, digest_of, hash_of, keys, open, system,
};
use crate::files::Files;

/// How many numbers of changes are left out: more than were given out between the backup and the end of what it
/// replaces, so that every browser sees that it has to read everything anew.
const LEAP: i64 = 1 << 32;

/// A backup whose description and list of checksums are sound; its files have not been looked at yet.
#[derive(Debug)]
pub struct Backup {
    folder: PathBuf,
    /// What it says of itself.
    pub about: About,
    database_sum: String,
    /// Keys of the media store.
    media: Vec<String>,
}

/// What was put back.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Messages that waited to be sent when the backup was made: nobody knows whether they were.
    pub doubted: u64,
    /// Media files that messages refer to and that are not there.
    pub missing: Vec<String>,
}

impl Backup {
    /// Opens the backup in a folder, for an engine.
    ///
    /// # Errors
    /// When it is none, is of another engine or a later form, or its list was changed.
    pub fn open(folder: &Path, engine: Engine) -> Result<Self> {
        let shown = folder.display();
        let path = folder.join(ABOUT);
        let text = fs::read(&path).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => Trouble::Refused(format!(
                "{shown} is not a finished backup: it has no {ABOUT}; name one of the folders that `bellhop backup` made"
            )),
            _ => system("read", &path, cause),
        })?;
        let about: About = serde_json::from_slice(&text)
            .map_err(|error| Trouble::Refused(format!("{} is not readable: {error}", path.display())))?;
        if about.format != FORMAT {
            return Err(Trouble::Refused(format!(
                "{shown} has the form {}, this program reads {FORMAT}: use the program that made it, {}",
                about.format, about.program
            )));
        }
        if about.engine != engine.as_str() {
            return Err(Trouble::Refused(format!(
                "{shown} is a backup of {}, and the configuration's database.url names {}",
                about.engine,
                engine.as_str()
            )));
        }
        let path = folder.join(SUMS);
        let list = fs::read_to_string(&path).map_err(|cause| system("read", &path, cause))?;
        if hex::encode(digest::digest(&digest::SHA256, list.as_bytes())) != about.sums {
            return Err(Trouble::Refused(format!("{} is not the list that was written", path.display())));
        }
        let (mut database_sum, mut media) = (None, Vec::new());
        for line in list.lines() {
            let (sum, name) = line.split_once("  ").unwrap_or_default();
            match name.strip_prefix(MEDIA).and_then(|rest| rest.strip_prefix('/')) {
                _ if name == about.database && is_plain(name) => database_sum = Some(sum.to_owned()),
                Some(key) if hash_of(key) == sum && is_plain(key) => media.push(key.to_owned()),
                _ => return Err(Trouble::Refused(format!("{} has a strange line: {line}", path.display()))),
            }
        }
        let database_sum = database_sum
            .ok_or_else(|| Trouble::Refused(format!("{} does not name the database", path.display())))?;
        Ok(Self { folder: folder.to_owned(), about, database_sum, media })
    }

    /// The database's file, as it is in the backup.
    pub fn database(&self) -> PathBuf {
        self.folder.join(&self.about.database)
    }

    /// Compares the database's file with its checksum.
    ///
    /// # Errors
    /// When they differ.
    pub fn check_database(&self) -> Result<()> {
        let path = self.database();
        self.compare(&path, &digest_of(&mut open(&path)?, &path)?)
    }

    /// Copies the database into a new file, which is on disk when this returns.
    ///
    /// # Errors
    /// When it differs from its checksum, or the file is there already.
    pub fn copy_database(&self, to: &Path) -> Result<()> {
        let path = self.database();
        let mut options = File::options();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(to).map_err(|cause| system("make", to, cause))?;
        io::copy(&mut open(&path)?, &mut file).map_err(|cause| system("copy the database to", to, cause))?;
        file.sync_all().map_err(|cause| system("bring to disk", to, cause))?;
        // What was written is what is compared.
        self.compare(&path, &digest_of(&mut open(to)?, to)?)
    }

    fn compare(&self, path: &Path, found: &str) -> Result<()> {
        if found == self.database_sum {
            return Ok(());
        }
        Err(Trouble::Refused(format!(
            "{} is damaged: its checksum is not the one written down",
            path.display()
        )))
    }

    /// Puts the media files into a media store; tells how many.
    ///
    /// # Errors
    /// When one is missing or damaged, or cannot be stored.
    pub async fn put_media(&self, files: &Files) -> Result<u64> {
        for key in &self.media {
            let path = self.folder.join(MEDIA).join(key);
            let cannot = |cause| system("restore", &path, cause);
            let workspace = key.split('/').next().and_then(|name| name.parse::<WorkspaceId>().ok());
            let workspace = workspace.ok_or_else(|| Trouble::Refused(format!("{key} is of no workspace")))?;
            let stream = ReaderStream::new(tokio::fs::File::from_std(open(&path)?));
            let incoming = files.receive(stream, u64::MAX).await.map_err(cannot)?;
            let incoming = incoming.filter(|incoming| hex::encode(incoming.sha256) == hash_of(key));
            let incoming = incoming.ok_or_else(|| {
                Trouble::Refused(format!("{} is damaged: its checksum is another", path.display()))
            })?;
            files.keep(workspace, &incoming).await.map_err(cannot)?;
        }
        Ok(self.media.len() as u64)
    }
}

/// After the files: makes a restored database ready to be served, and looks whether each media file is there that
/// a message refers to.
///
/// What waited to be sent when the backup was made may have been sent since. It is never sent again by itself: the
/// workers will mark it as uncertain, unless `moved` says that nothing ran since.
///
/// # Errors
/// When the database or the media store cannot be read.
pub async fn settle(db: &Db, files: &Files, moved: bool) -> Result<Settled> {
    let state = serde_json::to_string(&SendState::Posting { media: None });
    let state = state.map_err(|error| Trouble::Refused(error.to_string()))?;
    let doubted = db.write::<_, store::Error, _>(move |tx| {
        Box::pin(async move {
            store::event::leap(tx, LEAP).await?;
            if moved { Ok(0) } else { store::outbound::doubt(tx, &state).await }
        })
    });
    let doubted = doubted.await?;
    let mut missing = Vec::new();
    for (key, used) in keys(db).await? {
        if used && files.read(&key, None).await.is_err() {
            missing.push(key);
        }
    }
    Ok(Settled { doubted, missing })
}

/// Whether a path stays below the folder that it is joined to.
fn is_plain(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}
