//! What a file system in memory takes from the directory that it is laid over.
//!
//! Called by: `tree`. Calls: the lower directory, any object of the trait [`Directory`].
//!
//! # Invariants
//! O1 The lower directory is only looked at: its attributes, its listings, its files for reading, its links.
//! O2 It is asked for paths of plain names that were found in it, never for one that a guest spelled, and its links are not followed in it.
//!    What it is, is resolved here; that it stays inside is its own promise too.
//! O3 A name of the lower directory becomes a node when it is first looked up, and stays one. So everything that is kept of it is bounded
//!    by what it holds, and is not counted against the quota.
//!
//! # Why
//! An overlay as a file system in memory whose names may lie in a directory below: then there is one implementation of paths, links, renames
//! and open files, and hard links of the lower directory stay what they are when one of their names is written to.

use std::collections::HashMap;
use std::io::IoSliceMut;
use std::sync::Arc;

use super::content::Content;
use super::node::{Entries, Kind, LowerFile, Node, NodeId, Times};
use super::quota::Ledger;
use crate::abi::{Errno, Fdflags, Filestat, Filetype, Oflags};
use crate::fs::{Directory, File, Listing, OpenOptions, Opened};

/// The lower directory, with the files of several names that were found in it.
pub(super) struct Lower {
    root: Box<dyn Directory>,
    linked: HashMap<(u64, u64), NodeId>,
}

impl Lower {
    /// Wraps a directory.
    pub(super) fn new(root: Box<dyn Directory>) -> Lower {
        Lower { root, linked: HashMap::new() }
    }

    /// Attributes of the whole.
    pub(super) fn root_stat(&self) -> Result<Filestat, Errno> {
        self.root.filestat()
    }

    /// Attributes of a path, a link not followed.
    pub(super) fn stat(&self, path: &str) -> Result<Filestat, Errno> {
        self.root.filestat_at(path, false)
    }

    /// The node of a file that was found under another name before.
    pub(super) fn known(&self, stat: &Filestat) -> Option<NodeId> {
        self.linked.get(&(stat.dev, stat.ino)).copied()
    }

    /// Remembers the node of a file that may have other names.
    pub(super) fn remember(&mut self, stat: &Filestat, id: NodeId) {
        if stat.filetype == Filetype::RegularFile && stat.nlink > 1 {
            self.linked.insert((stat.dev, stat.ino), id);
        }
    }

    /// The node for what a path names.
    pub(super) fn node(&self, path: Arc<str>, stat: &Filestat, parent: NodeId) -> Node {
        let kind = match stat.filetype {
            Filetype::RegularFile => Kind::Lower(LowerFile { size: stat.size, file: None }),
            Filetype::Directory => Kind::Directory(Entries { names: std::collections::BTreeMap::new(), parent }),
            Filetype::SymbolicLink => Kind::Symlink(self.root.read_link(&path).map(Arc::from).map_err(|error| (stat.size, error))),
            other => Kind::Special(other),
        };
        Node {
            kind,
            nlink: stat.nlink,
            handles: 0,
            times: Times { accessed: stat.atim, modified: stat.mtim, changed: stat.ctim },
            identity: (stat.dev, stat.ino),
            origin: Some(path),
        }
    }

    /// Lists a directory.
    pub(super) fn list(&self, path: &str) -> Result<Listing, Errno> {
        match self.root.open(path, &options(Oflags::DIRECTORY))? {
            Opened::Directory(directory) => directory.read_dir(),
            Opened::File(_) => Err(Errno::Notdir),
        }
    }

    /// Opens a file to read.
    pub(super) fn open(&self, path: &str) -> Result<Box<dyn File>, Errno> {
        match self.root.open(path, &options(Oflags::empty()))? {
            // Something else has taken the place of the file since it was found.
            Opened::File(file) if file.filetype() == Filetype::RegularFile => Ok(file),
            _ => Err(Errno::Stale),
        }
    }
}

/// How anything is opened in the lower directory.
fn options(oflags: Oflags) -> OpenOptions {
    // A pipe that takes a file's place must not make us wait for its other end.
    OpenOptions { read: true, write: false, oflags, fdflags: Fdflags::NONBLOCK, follow: false }
}

/// The path of a name in a directory of the lower one.
pub(super) fn join(directory: &str, name: &str) -> Arc<str> {
    if directory == "." { Arc::from(name) } else { Arc::from(format!("{directory}/{name}")) }
}

/// Reads a file of the lower directory into memory.
pub(super) fn copy(file: &mut dyn File, size: u64, ledger: &mut Ledger) -> Result<Content, Errno> {
    let mut content = Content::default();
    let result = copy_into(&mut content, file, size, ledger);
    if result.is_err() {
        content.give_back(ledger);
    }
    result.map(|()| content)
}

/// The loop of [`copy`].
fn copy_into(content: &mut Content, file: &mut dyn File, size: u64, ledger: &mut Ledger) -> Result<(), Errno> {
    // A file that cannot fit is not read in vain.
    if size > ledger.room() {
        return Err(Errno::Nospc);
    }
    let (mut buffer, mut at) = (vec![0; 1 << 16], 0);
    while at < size {
        let wanted = buffer.len().min(usize::try_from(size - at).unwrap_or(usize::MAX));
        let count = file.read_at(&mut [IoSliceMut::new(&mut buffer[..wanted])], at)?;
        if count == 0 {
            break;
        }
        let written = content.write(&[std::io::IoSlice::new(&buffer[..count])], at, ledger)?;
        if written < count {
            return Err(Errno::Nospc);
        }
        at += count as u64;
    }
    content.set_size(size, ledger)
}
