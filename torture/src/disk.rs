//! A disk that forgets at a power cut what was not synced. It stands in memory; what a cut leaves is what was moved by
//! fsync or fdatasync, and, where the dice want it, some of the rest, also in torn pieces. A name is kept only when its
//! folder was synced, which is all that POSIX promises.

pub(crate) mod mount;

use std::collections::{BTreeMap, BTreeSet};

use sim::Dice;

/// The number of the folder at the top.
pub(crate) const TOP: u64 = 1;
/// What a disk writes at once: a write can be torn between two of these.
const SECTOR: usize = 512;

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    NoEntry,
    Exists,
    NotEmpty,
    NotAFolder,
    /// The disk is full.
    Full,
    /// The disk is broken.
    Broken,
}

type Done<T> = Result<T, Refused>;

/// A change of a file that no sync has moved yet.
#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[*at..end].copy_from_slice(bytes);
            }
            Self::Length(length) => file.resize(*length, 0),
        }
    }
}

#[derive(Clone, Debug)]
enum Thing {
    File { now: Vec<u8>, synced: Vec<u8>, changes: Vec<Change> },
    Folder { now: BTreeMap<String, u64>, synced: BTreeMap<String, u64> },
}

/// What is wrong with the disk at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No room for another byte.
    Full,
    /// Every write fails.
    BrokenWrites,
    /// Every sync fails.
    BrokenSyncs,
}

/// The disk.
#[derive(Debug)]
pub(crate) struct Disk {
    things: BTreeMap<u64, Thing>,
    next: u64,
    fault: Option<Fault>,
    /// What happens once, after so many more writes or syncs.
    trap: Option<(Fault, u64)>,
    /// How many syncs there were.
    pub(crate) syncs: u64,
    /// How many changes cuts have thrown away.
    pub(crate) forgotten: u64,
}

impl Disk {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let top = Thing::Folder { now: BTreeMap::new(), synced: BTreeMap::new() };
        Self {
            things: BTreeMap::from([(TOP, top)]),
            next: TOP + 1,
            fault: None,
            trap: None,
            syncs: 0,
            forgotten: 0,
        }
    }

    /// Breaks or mends it.
    pub(crate) fn set_fault(&mut self, fault: Option<Fault>) {
        self.fault = fault;
    }

    /// After so many more of what a fault can meet, it meets one, once.
    pub(crate) fn set_trap(&mut self, fault: Fault, after: u64) {
        self.trap = Some((fault, after));
    }

    /// Whether the trap still waits.
    pub(crate) fn is_trapped(&self) -> bool {
        self.trap.is_some()
    }

    /// Takes the trap away; true when it had met something.
    pub(crate) fn disarm(&mut self) -> bool {
        self.trap.take().is_none()
    }

    /// Counts a write or sync, and says whether the trap meets it.
    fn is_met(&mut self, is_sync: bool) -> Option<Fault> {
        let (fault, left) = self.trap.as_mut()?;
        if (*fault == Fault::BrokenSyncs) != is_sync {
            return None;
        }
        if *left > 0 {
            *left -= 1;
            return None;
        }
        self.trap.take().map(|(fault, _)| fault)
    }

    fn folder(&self, number: u64) -> Done<&BTreeMap<String, u64>> {
        match self.things.get(&number) {
            Some(Thing::Folder { now, .. }) => Ok(now),
            Some(Thing::File { .. }) => Err(Refused::NotAFolder),
            None => Err(Refused::NoEntry),
        }
    }

    fn folder_mut(&mut self, number: u64) -> Done<&mut BTreeMap<String, u64>> {
        match self.things.get_mut(&number) {
            Some(Thing::Folder { now, .. }) => Ok(now),
            Some(Thing::File { .. }) => Err(Refused::NotAFolder),
            None => Err(Refused::NoEntry),
        }
    }

    /// The thing of that name.
    pub(crate) fn find(&self, folder: u64, name: &str) -> Done<u64> {
        self.folder(folder)?.get(name).copied().ok_or(Refused::NoEntry)
    }

    /// Its size, or `None` for a folder.
    pub(crate) fn size(&self, number: u64) -> Done<Option<usize>> {
        match self.things.get(&number).ok_or(Refused::NoEntry)? {
            Thing::File { now, .. } => Ok(Some(now.len())),
            Thing::Folder { .. } => Ok(None),
        }
    }

    /// What is in a folder.
    pub(crate) fn list(&self, folder: u64) -> Done<Vec<(String, u64)>> {
        Ok(self.folder(folder)?.iter().map(|(name, number)| (name.clone(), *number)).collect())
    }

    /// Makes an empty file or folder.
    pub(crate) fn make(&mut self, folder: u64, name: &str, is_folder: bool) -> Done<u64> {
        self.may_write()?;
        if self.folder(folder)?.contains_key(name) {
            return Err(Refused::Exists);
        }
        let number = self.next;
        self.next += 1;
        let thing = match is_folder {
            true => Thing::Folder { now: BTreeMap::new(), synced: BTreeMap::new() },
            false => Thing::File { now: Vec::new(), synced: Vec::new(), changes: Vec::new() },
        };
        self.things.insert(number, thing);
        self.folder_mut(folder)?.insert(name.to_owned(), number);
        Ok(number)
    }

    /// Gives a thing another name as well.
    pub(crate) fn link(&mut self, number: u64, folder: u64, name: &str) -> Done<()> {
        if self.folder(folder)?.contains_key(name) {
            return Err(Refused::Exists);
        }
        self.folder_mut(folder)?.insert(name.to_owned(), number);
        Ok(())
    }

    /// Takes a name away. The thing stays for those who hold it.
    pub(crate) fn remove(&mut self, folder: u64, name: &str) -> Done<()> {
        let number = self.find(folder, name)?;
        if self.folder(number).is_ok_and(|inside| !inside.is_empty()) {
            return Err(Refused::NotEmpty);
        }
        self.folder_mut(folder)?.remove(name);
        Ok(())
    }

    /// Moves a name, over another if there is one.
    pub(crate) fn rename(&mut self, from: u64, name: &str, to: u64, new: &str) -> Done<()> {
        let number = self.find(from, name)?;
        self.folder(to)?;
        self.folder_mut(from)?.remove(name);
        self.folder_mut(to)?.insert(new.to_owned(), number);
        Ok(())
    }

    /// Reads what is there.
    pub(crate) fn read(&self, number: u64, at: usize, length: usize) -> Done<&[u8]> {
        match self.things.get(&number).ok_or(Refused::NoEntry)? {
            Thing::File { now, .. } => Ok(&now[at.min(now.len())..(at + length).min(now.len())]),
            Thing::Folder { .. } => Err(Refused::NoEntry),
        }
    }

    fn may_write(&mut self) -> Done<()> {
        match self.is_met(false).or(self.fault) {
            Some(Fault::Full) => Err(Refused::Full),
            Some(Fault::BrokenWrites) => Err(Refused::Broken),
            Some(Fault::BrokenSyncs) | None => Ok(()),
        }
    }

    /// Writes.
    pub(crate) fn write(&mut self, number: u64, at: usize, bytes: &[u8]) -> Done<()> {
        // What has its place on a full disk already can be written over; where every write is a copy that fails, too.
        let has_place = at + bytes.len() <= self.size(number)?.unwrap_or(0);
        if self.trap.is_some() || self.fault != Some(Fault::Full) || !has_place {
            self.may_write()?;
        }
        self.change(number, Change::Write { at, bytes: bytes.to_vec() })
    }

    /// Cuts or lengthens a file.
    pub(crate) fn resize(&mut self, number: u64, length: usize) -> Done<()> {
        // Cutting a file needs no room.
        if self.trap.is_some() || self.fault == Some(Fault::BrokenWrites) {
            self.may_write()?;
        }
        self.change(number, Change::Length(length))
    }

    fn change(&mut self, number: u64, change: Change) -> Done<()> {
        match self.things.get_mut(&number).ok_or(Refused::NoEntry)? {
            Thing::File { now, changes, .. } => {
                change.apply(now);
                changes.push(change);
                Ok(())
            }
            Thing::Folder { .. } => Err(Refused::NoEntry),
        }
    }

    /// What was written up to now outlives a cut.
    pub(crate) fn sync(&mut self, number: u64) -> Done<()> {
        self.syncs += 1;
        if self.is_met(true).or(self.fault) == Some(Fault::BrokenSyncs) {
            // What was not on the disk by now never comes there, though it is still read, and a second sync does not say
            // so: a system takes what it could not write for written.
            if let Some(Thing::File { changes, .. }) = self.things.get_mut(&number) {
                changes.clear();
            }
            return Err(Refused::Broken);
        }
        match self.things.get_mut(&number).ok_or(Refused::NoEntry)? {
            Thing::File { synced, changes, .. } => {
                for change in changes.drain(..) {
                    change.apply(synced);
                }
            }
            Thing::Folder { now, synced } => synced.clone_from(now),
        }
        Ok(())
    }

    /// The power goes. `luck` is the share, in percent, of what was not synced and has reached the disk nevertheless.
    pub(crate) fn cut(&mut self, dice: &mut Dice, luck: u8) {
        for thing in self.things.values_mut() {
            match thing {
                Thing::File { now, synced, changes } => {
                    for change in changes.drain(..) {
                        if !dice.chance(luck) {
                            self.forgotten += 1;
                            continue;
                        }
                        match change {
                            Change::Write { at, bytes } if dice.chance(50) => {
                                let sectors = bytes.len().div_ceil(SECTOR).max(1) as u64;
                                let kept = usize::try_from(dice.next() % sectors).unwrap_or(0) * SECTOR;
                                Change::Write { at, bytes: bytes[..kept.min(bytes.len())].to_vec() }
                                    .apply(synced);
                            }
                            whole => whole.apply(synced),
                        }
                    }
                    now.clone_from(synced);
                }
                Thing::Folder { now, synced } => {
                    for name in now.keys().chain(synced.keys()).cloned().collect::<BTreeSet<String>>() {
                        if now.get(&name) == synced.get(&name) {
                            continue;
                        }
                        if !dice.chance(luck) {
                            self.forgotten += 1;
                            continue;
                        }
                        match now.get(&name) {
                            Some(number) => _ = synced.insert(name, *number),
                            None => _ = synced.remove(&name),
                        }
                    }
                    now.clone_from(synced);
                }
            }
        }
        self.sweep();
    }

    /// Forgets what no name leads to.
    fn sweep(&mut self) {
        let mut reached = BTreeSet::new();
        let mut ahead = vec![TOP];
        while let Some(number) = ahead.pop() {
            if reached.insert(number)
                && let Some(Thing::Folder { now, .. }) = self.things.get(&number)
            {
                ahead.extend(now.values());
            }
        }
        self.things.retain(|number, _| reached.contains(number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(disk: &Disk, name: &str) -> Option<String> {
        let number = disk.find(TOP, name).ok()?;
        Some(String::from_utf8_lossy(disk.read(number, 0, 1 << 20).ok()?).into_owned())
    }

    #[test]
    fn a_cut_keeps_what_was_synced_and_nothing_else() {
        let (mut disk, mut dice) = (Disk::new(), Dice::new(1));
        let file = disk.make(TOP, "a", false).expect("made");
        disk.write(file, 0, b"first").expect("written");
        disk.sync(file).expect("synced");
        disk.sync(TOP).expect("synced");
        disk.write(file, 0, b"FIRST and second").expect("written");
        disk.make(TOP, "b", false).expect("made");
        assert_eq!(text(&disk, "a").as_deref(), Some("FIRST and second"));
        disk.cut(&mut dice, 0);
        assert_eq!(text(&disk, "a").as_deref(), Some("first"));
        assert_eq!(text(&disk, "b"), None);
        assert_eq!(disk.forgotten, 2);
    }

    #[test]
    fn a_synced_file_without_a_synced_name_is_gone_and_a_removed_one_is_back() {
        let (mut disk, mut dice) = (Disk::new(), Dice::new(1));
        let old = disk.make(TOP, "old", false).expect("made");
        disk.sync(old).expect("synced");
        disk.sync(TOP).expect("synced");
        disk.remove(TOP, "old").expect("removed");
        let new = disk.make(TOP, "new", false).expect("made");
        disk.write(new, 0, b"x").expect("written");
        disk.sync(new).expect("synced");
        disk.cut(&mut dice, 0);
        assert_eq!((text(&disk, "old").as_deref(), text(&disk, "new")), (Some(""), None));
    }

    #[test]
    fn luck_keeps_some_writes_and_tears_others() {
        let (mut disk, mut dice) = (Disk::new(), Dice::new(3));
        let file = disk.make(TOP, "a", false).expect("made");
        disk.sync(TOP).expect("synced");
        for place in 0..50 {
            disk.write(file, place * 2048, &[7; 2048]).expect("written");
        }
        disk.cut(&mut dice, 50);
        let bytes = disk.read(file, 0, 1 << 20).expect("read").to_vec();
        let blocks: Vec<usize> =
            bytes.chunks(2048).map(|block| block.iter().filter(|byte| **byte == 7).count()).collect();
        assert!(blocks.contains(&2048), "some arrived");
        assert!(blocks.contains(&0), "some did not");
        assert!(blocks.iter().any(|count| *count > 0 && *count < 2048), "some are torn");
    }

    #[test]
    fn a_full_disk_takes_nothing_new_and_a_broken_one_says_so() {
        let mut disk = Disk::new();
        let file = disk.make(TOP, "a", false).expect("made");
        disk.write(file, 0, b"1234").expect("written");
        disk.set_fault(Some(Fault::Full));
        assert_eq!(disk.write(file, 2, b"567"), Err(Refused::Full));
        assert_eq!(disk.write(file, 0, b"x"), Ok(()));
        disk.set_fault(Some(Fault::BrokenSyncs));
        assert_eq!(disk.sync(file), Err(Refused::Broken));
        disk.set_fault(Some(Fault::BrokenWrites));
        assert_eq!(disk.write(file, 0, b"x"), Err(Refused::Broken));
        disk.set_fault(None);
        assert_eq!(disk.sync(file), Ok(()));
    }

    #[test]
    fn a_trap_meets_one_write_or_sync_and_what_was_not_synced_stays_lost() {
        let (mut disk, mut dice) = (Disk::new(), Dice::new(1));
        let file = disk.make(TOP, "a", false).expect("made");
        disk.write(file, 0, b"old!").expect("written");
        disk.sync(file).expect("synced");
        disk.sync(TOP).expect("synced");
        disk.set_trap(Fault::BrokenWrites, 1);
        assert_eq!(disk.sync(file), Ok(()), "it is not for syncs");
        assert_eq!(disk.write(file, 0, b"new!"), Ok(()));
        assert_eq!(disk.write(file, 4, b"more"), Err(Refused::Broken));
        assert_eq!(disk.write(file, 4, b"more"), Ok(()));
        assert!(disk.disarm());
        disk.set_trap(Fault::BrokenSyncs, 0);
        assert_eq!(disk.sync(file), Err(Refused::Broken));
        assert_eq!((disk.sync(file), text(&disk, "a").as_deref()), (Ok(()), Some("new!more")));
        disk.cut(&mut dice, 0);
        assert_eq!(text(&disk, "a").as_deref(), Some("old!"));
        disk.set_trap(Fault::Full, 9);
        assert!(!disk.disarm());
    }
}
