//! What a file system in memory consists of: files, directories and symbolic links.
//!
//! Called by: `tree` and the operations. Calls: `content`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::content::Content;
use crate::abi::{Errno, Filestat, Filetype};
use crate::fs::File;

/// The number of a node in its table; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NodeId(pub(super) u64);

/// A file, directory or symbolic link. Its names are in directories.
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Names that lead to it; for a directory also its own `.` and the `..` of those in it.
    pub(super) nlink: u64,
    /// Open descriptors.
    pub(super) handles: u64,
    pub(super) times: Times,
    /// Device and serial number that the guest is told.
    pub(super) identity: (u64, u64),
    /// Where it comes from: its path in the lower directory of an overlay.
    pub(super) origin: Option<Arc<str>>,
}

/// What a node is.
pub(super) enum Kind {
    /// A regular file with its bytes here.
    File(Content),
    /// A regular file with its bytes still in the lower directory.
    Lower(LowerFile),
    /// A directory.
    Directory(Entries),
    /// A symbolic link with its target, or the target's length and why it cannot be said.
    Symlink(Result<Arc<str>, (u64, Errno)>),
    /// A device, pipe or socket of the lower directory.
    Special(Filetype),
}

/// A file of the lower directory that nobody has written to.
pub(super) struct LowerFile {
    pub(super) size: u64,
    /// Open while a descriptor is.
    pub(super) file: Option<Box<dyn File>>,
}

/// The names in a directory.
pub(super) struct Entries {
    pub(super) names: BTreeMap<Box<str>, Entry>,
    /// Where it lies; the root lies in itself.
    pub(super) parent: NodeId,
}

/// What a name leads to.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    /// A node. `counted` says that the name was taken from the quota; names of the lower directory are not.
    Node { id: NodeId, counted: bool },
    /// Nothing, whatever the lower directory says.
    Whiteout,
}

/// The times of a node, in nanoseconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) accessed: u64,
    pub(super) modified: u64,
    pub(super) changed: u64,
}

impl Times {
    /// All three at one moment.
    pub(super) fn at(now: u64) -> Times {
        Times { accessed: now, modified: now, changed: now }
    }

    /// The data has changed.
    pub(super) fn touch(&mut self, now: u64) {
        (self.modified, self.changed) = (now, now);
    }

    /// The data was read. As on most hosts that is noted only if the data is newer than the last time noted.
    pub(super) fn access(&mut self, now: u64) {
        if self.accessed <= self.modified {
            self.accessed = now;
        }
    }
}

impl Node {
    /// What it is, for the guest.
    pub(super) fn filetype(&self) -> Filetype {
        match &self.kind {
            Kind::File(_) | Kind::Lower(_) => Filetype::RegularFile,
            Kind::Directory(_) => Filetype::Directory,
            Kind::Symlink(_) => Filetype::SymbolicLink,
            Kind::Special(filetype) => *filetype,
        }
    }

    /// Whether it is a directory.
    pub(super) fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory(_))
    }

    /// Its attributes.
    pub(super) fn filestat(&self) -> Filestat {
        let size = match &self.kind {
            Kind::File(content) => content.size(),
            Kind::Lower(lower) => lower.size,
            Kind::Symlink(Ok(target)) => target.len() as u64,
            Kind::Symlink(Err((len, _))) => *len,
            Kind::Directory(_) | Kind::Special(_) => 0,
        };
        Filestat {
            dev: self.identity.0,
            ino: self.identity.1,
            filetype: self.filetype(),
            nlink: self.nlink,
            size,
            atim: self.times.accessed,
            mtim: self.times.modified,
            ctim: self.times.changed,
        }
    }
}
