//! Backups: a folder with a copy of the database, every file that it refers to, and their checksums.
//!
//! The database is copied first and the files afterwards. Files are added and never changed, and a file that a
//! message uses is never removed, so each one that the copy refers to is there. A backup is written under a name
//! that begins with a dot, brought to disk and only then given its name: what has a name is whole.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::digest;
use futures_util::StreamExt;
use model::{MediaId, Millis};
use serde::{Deserialize, Serialize};
use store::{Db, Engine};

use crate::files::{Files, sync_folder};

/// The file that describes a backup; a folder without it is none.
pub(crate) const ABOUT: &str = "backup.json";
/// The checksums, in the form that `sha256sum --check` reads.
pub(crate) const SUMS: &str = "SHA256SUMS";
/// The folder of a backup's media files.
pub(crate) const MEDIA: &str = "media";
/// What the description's form is called.
pub(crate) const FORMAT: u32 = 1;
/// How many rows are read at once.
const PAGE: i64 = 1000;
/// How a backup is called until it is whole.
const UNFINISHED: &str = ".unfinished-";

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The database did not do its part.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// The system did not do its part.
    #[error("cannot {what}: {cause}")]
    System {
        /// What was tried with what.
        what: String,
        /// What the system said.
        cause: io::Error,
    },
    /// Something is not as it must be; says what.
    #[error("{0}")]
    Refused(String),
}

/// What a use case of this file returns.
pub type Result<T> = std::result::Result<T, Trouble>;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The form of the backup; this program makes and reads 1.
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    /// When it was begun, in UTC.
    pub made_at: String,
    /// `sqlite` or `postgres`.
    pub engine: String,
    /// The database's file.
    pub database: String,
    /// How many media files are in it.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Files that messages refer to and that the media store did not have, or not as they once were.
    pub missing: Vec<String>,
    /// The SHA-256 of the list of checksums.
    pub sums: String,
}

/// A finished backup.
#[derive(Debug)]
pub struct Taken {
    /// Its folder.
    pub path: PathBuf,
    /// What it says of itself.
    pub about: About,
    /// How many media files had to be copied; the others are shared with the backup before.
    pub copied: u64,
}

/// A backup that is being made. Whatever it left when it is dropped unfinished is removed by the next one.
#[derive(Debug)]
pub struct Begun {
    place: PathBuf,
    folder: PathBuf,
    name: String,
    engine: Engine,
    _lock: File,
}

/// Begins a backup in `place`, a folder that is made when absent and holds one backup beside the other. What an
/// interrupted backup left there is removed.
///
/// # Errors
/// When another process is making one there, or the folder cannot be written.
pub fn begin(place: &Path, engine: Engine, now: Millis) -> Result<Begun> {
    make_private(place)?;
    let lock_path = place.join(".lock");
    let lock = File::create(&lock_path).map_err(|cause| system("write", &lock_path, cause))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let shown = place.display();
            return Err(Trouble::Refused(format!("another process is making a backup in {shown}")));
        }
        Err(TryLockError::Error(cause)) => return Err(system("lock", &lock_path, cause)),
    }
    for left in entries(place)?.into_iter().filter(|name| name.starts_with(UNFINISHED)) {
        let left = place.join(left);
        fs::remove_dir_all(&left).map_err(|cause| system("remove", &left, cause))?;
    }
    let time = UNIX_EPOCH + Duration::from_millis(now.0.max(0).unsigned_abs());
    let name = humantime::format_rfc3339_millis(time).to_string().replace(':', "");
    let folder = place.join(format!("{UNFINISHED}{name}"));
    make_private(&folder)?;
    Ok(Begun { place: place.to_owned(), folder, name, engine, _lock: lock })
}

impl Begun {
    /// Where the copy of the database has to be before [`Begun::finish`].
    pub fn database(&self) -> PathBuf {
        self.folder.join(database_file(self.engine))
    }

    /// Adds the media files that `db` refers to, the checksums and the description, brings everything to disk and
    /// gives the backup its name. `db` is the copy, or the original that was copied: it may refer to more.
    ///
    /// # Errors
    /// When anything cannot be read or written. A media file that is missing is no error: see [`About::missing`].
    pub async fn finish(self, db: &Db, files: &Files) -> Result<Taken> {
        let mut sums = BTreeMap::from([(
            database_file(self.engine).to_owned(),
            digest_of(&mut open(&self.database())?, &self.database())?,
        )]);
        let before = finished(&self.place)?.pop();
        let (mut bytes, mut copied, mut missing) = (0, 0, Vec::new());
        for (key, used) in keys(db).await? {
            let path = self.folder.join(MEDIA).join(&key);
            make_private(path.parent().unwrap_or(&self.folder))?;
            let shared = before.as_ref().map(|before| before.join(MEDIA).join(&key));
            let linked = shared.is_some_and(|shared| fs::hard_link(shared, &path).is_ok());
            if !linked && !fetch(files, &key, &path).await? {
                // An upload that no message used was removed meanwhile.
                if used {
                    missing.push(key);
                }
                continue;
            }
            copied += u64::from(!linked);
            bytes += fs::metadata(&path).map_err(|cause| system("look at", &path, cause))?.len();
            sums.insert(format!("{MEDIA}/{key}"), hash_of(&key).to_owned());
        }
        let list: String = sums.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
        let about = About {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: self.name.clone(),
            engine: self.engine.as_str().to_owned(),
            database: database_file(self.engine).to_owned(),
            files: sums.len() as u64 - 1,
            bytes,
            missing,
            sums: hex::encode(digest::digest(&digest::SHA256, list.as_bytes())),
        };
        write(&self.folder.join(SUMS), list.as_bytes())?;
        let json = serde_json::to_vec_pretty(&about).map_err(|error| Trouble::Refused(error.to_string()))?;
        write(&self.folder.join(ABOUT), &json)?;
        sync_folders(&self.folder)?;
        let path = self.place.join(&self.name);
        fs::rename(&self.folder, &path).map_err(|cause| system("give its name to", &self.folder, cause))?;
        sync(&self.place)?;
        Ok(Taken { path, about, copied })
    }
}

/// Removes all but the newest `keep` finished backups of a place; tells which.
///
/// # Errors
/// When one cannot be removed.
pub fn prune(place: &Path, keep: usize) -> Result<Vec<PathBuf>> {
    let mut old = finished(place)?;
    old.truncate(old.len().saturating_sub(keep));
    for path in &old {
        // Without its name first, so that what is left of it when we are interrupted does not look whole.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let hidden = place.join(format!("{UNFINISHED}{name}"));
        fs::rename(path, &hidden).map_err(|cause| system("rename", path, cause))?;
        fs::remove_dir_all(&hidden).map_err(|cause| system("remove", &hidden, cause))?;
    }
    Ok(old)
}

/// The finished backups of a place, the oldest first.
fn finished(place: &Path) -> Result<Vec<PathBuf>> {
    let named = entries(place)?.into_iter().filter(|name| !name.starts_with('.'));
    let mut paths: Vec<PathBuf> =
        named.map(|name| place.join(name)).filter(|path| path.join(ABOUT).is_file()).collect();
    paths.sort();
    Ok(paths)
}

/// Every key of the media store that the database refers to, and whether a message uses it.
pub(crate) async fn keys(db: &Db) -> Result<BTreeMap<String, bool>> {
    let (mut keys, mut after) = (BTreeMap::new(), MediaId(i64::MIN));
    loop {
        let page: Vec<store::media::Stored> =
            db.read(move |tx| Box::pin(async move { store::media::stored(tx, after, PAGE).await })).await?;
        let Some(last) = page.last() else { return Ok(keys) };
        after = last.id;
        for row in page {
            for key in [row.storage_key, row.thumbnail_key].into_iter().flatten() {
                // It becomes a path; ours are letters, digits, `_` and `/`.
                if !key.split('/').all(|part| {
                    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                }) {
                    return Err(Trouble::Refused(format!("the database names a media file {key:?}")));
                }
                *keys.entry(key).or_insert(false) |= row.used;
            }
        }
    }
}

/// Copies a file out of the media store; `false` when it is not there or not what it was.
async fn fetch(files: &Files, key: &str, to: &Path) -> Result<bool> {
    let Ok((_, mut stream)) = files.read(key, None).await else { return Ok(false) };
    let cannot = |cause| system("write", to, cause);
    let mut file = File::create_new(to).map_err(cannot)?;
    let mut digest = digest::Context::new(&digest::SHA256);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|cause| system("read the media file", Path::new(key), cause))?;
        digest.update(&chunk);
        file.write_all(&chunk).map_err(cannot)?;
    }
    if hex::encode(digest.finish()) != hash_of(key) {
        fs::remove_file(to).map_err(|cause| system("remove", to, cause))?;
        return Ok(false);
    }
    file.sync_all().map_err(cannot)?;
    Ok(true)
}

/// A key ends in the SHA-256 of the file.
pub(crate) fn hash_of(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or_default()
}

fn database_file(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "bellhop.db",
        Engine::Postgres => "bellhop.pgdump",
    }
}

/// The SHA-256 of what is left of a file.
pub(crate) fn digest_of(file: &mut File, path: &Path) -> Result<String> {
    let mut digest = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).map_err(|cause| system("read", path, cause))? {
            0 => return Ok(hex::encode(digest.finish())),
            read => digest.update(&buffer[..read]),
        }
    }
}

pub(crate) fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|cause| system("read", path, cause))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = File::create_new(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|cause| system("write", path, cause))
}

/// Makes a folder that only its owner can look into: a backup holds everything.
fn make_private(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|cause| system("make the folder", folder, cause))
}

fn entries(folder: &Path) -> Result<Vec<String>> {
    let listed = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    });
    listed.map_err(|cause| system("list", folder, cause))
}

/// Brings the names in a folder to disk, the innermost folders first.
fn sync_folders(folder: &Path) -> Result<()> {
    for name in entries(folder)? {
        let path = folder.join(name);
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    sync(folder)
}

/// Brings the names in one folder to disk.
pub(crate) fn sync(folder: &Path) -> Result<()> {
    sync_folder(folder).map_err(|cause| system("bring to disk", folder, cause))
}

pub(crate) fn system(what: &str, path: &Path, cause: io::Error) -> Trouble {
    Trouble::System { what: format!("{what} {}", path.display()), cause }
}
