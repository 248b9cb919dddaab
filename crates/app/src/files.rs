//! The media store: content-addressed files behind one door, on the local disk or in S3-compatible storage.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use model::WorkspaceId;

pub use crate::bucket::Bucket;

/// How many bytes of a file are looked at to find out what it is.
const HEAD: usize = 8192;

/// The size of the pieces in which a file goes to its place, in bytes; storage takes no smaller ones.
const PIECE: usize = 5 << 20;

/// The media store. A file's key is its workspace and the SHA-256 of its bytes, so that storing twice is
/// harmless and no name from outside reaches the disk.
pub struct Files {
    store: Arc<dyn ObjectStore>,
    scratch: PathBuf,
    /// The folder of objects, where they are on the local disk.
    objects: Option<PathBuf>,
}

/// A file that has arrived whole but has no place yet; dropped unless kept.
#[derive(Debug)]
pub struct Incoming {
    /// Where it lies for the moment.
    pub file: tempfile::NamedTempFile,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its first bytes.
    pub head: Vec<u8>,
}

/// What sends a file broke off, and nothing here is at fault.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BrokenOff(#[source] io::Error);

impl BrokenOff {
    /// Whether that is what an error of [`Files::receive`] says.
    pub fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

/// A file to be read: its size or the size of the part, and its bytes.
pub type Reading = (u64, BoxStream<'static, io::Result<Bytes>>);

impl Files {
    /// The store in a folder, which is made when absent.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let (objects, scratch) = (folder.join("objects"), folder.join("incoming"));
        std::fs::create_dir_all(&objects)?;
        std::fs::create_dir_all(&scratch)?;
        // A stored file is part of an acknowledged message: it must survive a power cut.
        let store = LocalFileSystem::new_with_prefix(&objects)?.with_fsync(true);
        // So must the way to it: a folder that was made and never synced is gone with everything in it.
        sync_folder(&objects)?;
        sync_folder(folder)?;
        if let Some(parent) = std::path::absolute(folder)?.parent() {
            sync_folder(parent)?;
        }
        Ok(Self { store: Arc::new(store), scratch, objects: Some(objects) })
    }

    /// The store in a bucket; `folder`, which is made when absent, holds what is on its way.
    pub fn open_bucket(folder: &Path, bucket: &Bucket) -> io::Result<Self> {
        let scratch = folder.join("incoming");
        std::fs::create_dir_all(&scratch)?;
        Ok(Self { store: crate::bucket::open(bucket)?, scratch, objects: None })
    }

    /// Whether files are in a bucket and not on this machine's disk.
    pub fn are_elsewhere(&self) -> bool {
        self.objects.is_none()
    }

    /// A store in a scratch folder that outlives the test process only as garbage of the system's.
    #[cfg(test)]
    pub(crate) fn scratch() -> Self {
        Self::open(&tempfile::tempdir().expect("a scratch folder").keep()).expect("a store opens")
    }

    /// Takes a stream in, up to `limit` bytes; `None` when it is longer.
    ///
    /// # Errors
    /// [`BrokenOff`] when the stream fails, anything else when the disk does.
    pub async fn receive(
        &self,
        stream: impl Stream<Item = io::Result<Bytes>> + Send,
        limit: u64,
    ) -> io::Result<Option<Incoming>> {
        let file = tempfile::NamedTempFile::new_in(&self.scratch)?;
        let mut out = tokio::fs::File::from_std(file.reopen()?);
        let mut hash = digest::Context::new(&digest::SHA256);
        let (mut size, mut head) = (0_u64, Vec::new());
        let mut stream = std::pin::pin!(stream);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| io::Error::other(BrokenOff(error)))?;
            size += chunk.len() as u64;
            if size > limit {
                return Ok(None);
            }
            hash.update(&chunk);
            let wanted = HEAD.saturating_sub(head.len()).min(chunk.len());
            head.extend_from_slice(&chunk[..wanted]);
            out.write_all(&chunk).await?;
        }
        out.flush().await?;
        store::fail_point!("media.received");
        Ok(Some(Incoming { file, size, sha256: sha256_of(hash), head }))
    }

    /// Takes bytes in that are in memory already.
    pub async fn receive_bytes(&self, bytes: Vec<u8>) -> io::Result<Incoming> {
        let stream = futures_util::stream::iter([Ok(Bytes::from(bytes))]);
        let incoming = self.receive(stream, u64::MAX).await?;
        incoming.ok_or_else(|| io::Error::other("a file without a limit was too large"))
    }

    /// Gives an incoming file its place and returns its key.
    pub async fn keep(&self, workspace: WorkspaceId, incoming: &Incoming) -> io::Result<String> {
        let digest = hex::encode(incoming.sha256);
        let key = format!("{workspace}/{}/{digest}", &digest[..2]);
        let path = object_store::path::Path::from(key.as_str());
        if self.store.head(&path).await.is_ok() {
            // Somebody else may have put it there this very moment, and not have synced its name yet.
            self.sync_names(&key).await?;
            return Ok(key);
        }
        let mut reader = tokio::fs::File::from_std(incoming.file.reopen()?);
        let mut writer = BufWriter::with_capacity(self.store.clone(), path, PIECE).with_max_concurrency(2);
        let mut buffer = vec![0; 256 << 10];
        loop {
            let read = reader.read(&mut buffer).await?;
            if read == 0 {
                break;
            }
            writer.write_all(&buffer[..read]).await?;
        }
        store::fail_point!("media.written");
        writer.shutdown().await?;
        store::fail_point!("media.placed");
        self.sync_names(&key).await?;
        store::fail_point!("media.kept");
        Ok(key)
    }

    /// Syncs the folders on the way to a key. Storing syncs the folders that it makes, but not those that somebody who
    /// stores at the same time has made and not synced yet.
    async fn sync_names(&self, key: &str) -> io::Result<()> {
        let Some(objects) = self.objects.clone() else { return Ok(()) };
        let place = objects.join(key);
        let sync = move || {
            let mut folders = place.ancestors().skip(1).take_while(|folder| folder.starts_with(&objects));
            folders.try_for_each(sync_folder)
        };
        tokio::task::spawn_blocking(sync).await.map_err(io::Error::other)?
    }

    /// Reads a file, or a part of it.
    pub async fn read(&self, key: &str, part: Option<Range<u64>>) -> io::Result<Reading> {
        let options = GetOptions { range: part.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.store.get_opts(&object_store::path::Path::from(key), options).await?;
        let size = found.range.end - found.range.start;
        Ok((size, found.into_stream().map(|chunk| chunk.map_err(io::Error::from)).boxed()))
    }

    /// How long a file is.
    pub(crate) async fn size(&self, key: &str) -> io::Result<u64> {
        Ok(self.store.head(&object_store::path::Path::from(key)).await?.size)
    }

    /// A file for what is on its way.
    pub(crate) fn scratch_file(&self) -> io::Result<tempfile::NamedTempFile> {
        tempfile::NamedTempFile::new_in(&self.scratch)
    }

    /// Removes a file; one that is gone already is no error.
    pub async fn remove(&self, key: &str) -> io::Result<()> {
        match self.store.delete(&object_store::path::Path::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Makes the names in a folder outlive a power cut. Only Unix lets a folder be synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { std::fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

fn sha256_of(hash: digest::Context) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(hash.finish().as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn whole(reading: Reading) -> Vec<u8> {
        reading.1.map(|chunk| chunk.expect("a chunk").to_vec()).concat().await
    }

    #[tokio::test]
    async fn a_file_comes_back_whole_and_in_parts() {
        let files = Files::scratch();
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let incoming = files.receive_bytes(bytes.clone()).await.expect("received");
        let key = files.keep(WorkspaceId(1), &incoming).await.expect("kept");
        assert_eq!(files.keep(WorkspaceId(1), &incoming).await.expect("kept again"), key);
        assert_eq!(whole(files.read(&key, None).await.expect("read")).await, bytes);
        assert_eq!(whole(files.read(&key, Some(10..20)).await.expect("read")).await, &bytes[10..20]);
        files.remove(&key).await.expect("removed");
        files.remove(&key).await.expect("removing again is harmless");
        assert!(files.read(&key, None).await.is_err());
    }

    #[tokio::test]
    async fn a_file_over_the_limit_is_refused_and_leaves_nothing() {
        let files = Files::scratch();
        let endless = futures_util::stream::repeat_with(|| Ok(Bytes::from_static(&[7; 1000])));
        assert!(files.receive(endless, 10_000).await.expect("no fault").is_none());
        assert_eq!(std::fs::read_dir(&files.scratch).expect("a folder").count(), 0);
    }

    #[tokio::test]
    async fn whose_fault_it_is_that_a_file_did_not_arrive_is_told() {
        let files = Files::scratch();
        let gone = || futures_util::stream::iter([Err(io::Error::other("the browser was closed"))]);
        let theirs = files.receive(gone(), 10_000).await.expect_err("a broken stream");
        assert!(BrokenOff::is(&theirs), "{theirs}");
        std::fs::remove_dir_all(&files.scratch).expect("a folder");
        let ours = files.receive(gone(), 10_000).await.expect_err("a disk that takes nothing");
        assert!(!BrokenOff::is(&ours), "{ours}");
    }
}
