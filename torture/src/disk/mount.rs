//! The disk as a file system of the kernel's, through /dev/fuse. It is unmounted at a cut and mounted anew, so that
//! nothing survives in the kernel's memory.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, MountOption, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use sim::Dice;

use super::{Disk, Refused};

/// The kernel may believe an answer for so long; nobody else changes the disk.
const TTL: Duration = Duration::from_secs(60);

/// A mounted disk.
pub(crate) struct Mounted {
    disk: Arc<Mutex<Disk>>,
    folder: PathBuf,
    session: Option<BackgroundSession>,
}

impl Mounted {
    /// Whether this machine can mount one.
    pub(crate) fn is_possible() -> bool {
        Path::new("/dev/fuse").exists()
    }

    /// Mounts an empty disk.
    pub(crate) fn new(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut mounted =
            Self { disk: Arc::new(Mutex::new(Disk::new())), folder: folder.to_owned(), session: None };
        mounted.mount()?;
        Ok(mounted)
    }

    fn mount(&mut self) -> anyhow::Result<()> {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("torture".to_owned()), MountOption::NoAtime];
        let session = fuser::spawn_mount(Server(self.disk.clone()), &self.folder, &config);
        self.session = Some(session.with_context(|| format!("cannot mount on {}", self.folder.display()))?);
        Ok(())
    }

    fn unmount(&mut self) -> anyhow::Result<()> {
        let Some(session) = self.session.take() else { return Ok(()) };
        session.umount_and_join().with_context(|| format!("cannot unmount {}", self.folder.display()))
    }

    /// The power goes and comes back. Nobody may hold a file.
    pub(crate) fn cut(&mut self, dice: &mut Dice, luck: u8) -> anyhow::Result<()> {
        self.unmount()?;
        self.disk().cut(dice, luck);
        self.mount()
    }

    /// The disk itself.
    pub(crate) fn disk(&self) -> MutexGuard<'_, Disk> {
        lock(&self.disk)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Without the process the mount is dead anyway; the folder stays busy until somebody unmounts it.
        let _ = self.unmount();
    }
}

fn lock(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers the kernel.
struct Server(Arc<Mutex<Disk>>);

impl From<Refused> for Errno {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoEntry => Self::ENOENT,
            Refused::Exists => Self::EEXIST,
            Refused::NotEmpty => Self::ENOTEMPTY,
            Refused::NotAFolder => Self::ENOTDIR,
            Refused::Full => Self::ENOSPC,
            Refused::Broken => Self::EIO,
        }
    }
}

fn name(name: &OsStr) -> Result<&str, Refused> {
    name.to_str().ok_or(Refused::NoEntry)
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn attributes(disk: &Disk, number: u64) -> Result<FileAttr, Refused> {
    let size = disk.size(number)?;
    let kind = if size.is_some() { FileType::RegularFile } else { FileType::Directory };
    let size = size.unwrap_or(0) as u64;
    let time: SystemTime = UNIX_EPOCH;
    Ok(FileAttr {
        ino: INodeNo(number),
        size,
        blocks: size.div_ceil(512),
        atime: time,
        mtime: time,
        ctime: time,
        crtime: time,
        kind,
        perm: if kind == FileType::Directory { 0o755 } else { 0o644 },
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: 4096,
        flags: 0,
    })
}

impl Server {
    fn entry(&self, found: impl FnOnce(&mut Disk) -> Result<u64, Refused>, reply: ReplyEntry) {
        let mut disk = lock(&self.0);
        match found(&mut disk).and_then(|number| attributes(&disk, number)) {
            Ok(attributes) => reply.entry(&TTL, &attributes, Generation(0)),
            Err(refused) => reply.error(refused.into()),
        }
    }

    fn empty(&self, act: impl FnOnce(&mut Disk) -> Result<(), Refused>, reply: ReplyEmpty) {
        match act(&mut lock(&self.0)) {
            Ok(()) => reply.ok(),
            Err(refused) => reply.error(refused.into()),
        }
    }
}

impl Filesystem for Server {
    fn lookup(&self, _: &Request, parent: INodeNo, called: &OsStr, reply: ReplyEntry) {
        self.entry(|disk| disk.find(parent.0, name(called)?), reply);
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match attributes(&lock(&self.0), ino.0) {
            Ok(attributes) => reply.attr(&TTL, &attributes),
            Err(refused) => reply.error(refused.into()),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut disk = lock(&self.0);
        let resized = size.map_or(Ok(()), |size| disk.resize(ino.0, place(size)));
        match resized.and_then(|()| attributes(&disk, ino.0)) {
            Ok(attributes) => reply.attr(&TTL, &attributes),
            Err(refused) => reply.error(refused.into()),
        }
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, called: &OsStr, _: u32, _: u32, reply: ReplyEntry) {
        self.entry(|disk| disk.make(parent.0, name(called)?, true), reply);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, called: &OsStr, reply: ReplyEmpty) {
        self.empty(|disk| disk.remove(parent.0, name(called)?), reply);
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, called: &OsStr, reply: ReplyEmpty) {
        self.empty(|disk| disk.remove(parent.0, name(called)?), reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        old: &OsStr,
        into: INodeNo,
        new: &OsStr,
        _: RenameFlags,
        reply: ReplyEmpty,
    ) {
        self.empty(|disk| disk.rename(parent.0, name(old)?, into.0, name(new)?), reply);
    }

    fn link(&self, _: &Request, ino: INodeNo, parent: INodeNo, called: &OsStr, reply: ReplyEntry) {
        self.entry(|disk| disk.link(ino.0, parent.0, name(called)?).map(|()| ino.0), reply);
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        called: &OsStr,
        _: u32,
        _: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let mut disk = lock(&self.0);
        let made = name(called).and_then(|called| disk.make(parent.0, called, false));
        match made.and_then(|number| attributes(&disk, number)) {
            Ok(attributes) => {
                reply.created(&TTL, &attributes, Generation(0), FileHandle(0), FopenFlags::empty());
            }
            Err(refused) => reply.error(refused.into()),
        }
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match lock(&self.0).read(ino.0, place(offset), size as usize) {
            Ok(bytes) => reply.data(bytes),
            Err(refused) => reply.error(refused.into()),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match lock(&self.0).write(ino.0, place(offset), data) {
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(refused) => reply.error(refused.into()),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.empty(|disk| disk.sync(ino.0), reply);
    }

    fn fsyncdir(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.empty(|disk| disk.sync(ino.0), reply);
    }

    fn readdir(&self, _: &Request, ino: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let disk = lock(&self.0);
        let list = match disk.list(ino.0) {
            Ok(list) => list,
            Err(refused) => return reply.error(refused.into()),
        };
        for (at, (called, number)) in list.into_iter().enumerate().skip(place(offset)) {
            let is_file = disk.size(number).is_ok_and(|size| size.is_some());
            let kind = if is_file { FileType::RegularFile } else { FileType::Directory };
            if reply.add(INodeNo(number), at as u64 + 1, kind, called) {
                break;
            }
        }
        reply.ok();
    }
}
