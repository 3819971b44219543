//! The table of nodes, and what keeps names, links, open files and the quota consistent.
//!
//! Called by: the operations, with the lock held. Calls: `node`, `content`, `quota`, `lower`.
//!
//! # Invariants
//! M1 Every number in a directory or in a handle has a node in the table. A node goes when it has neither a name nor a handle.
//! M2 A directory lies in one other, `parent`, which is the one that names it; so there is no cycle, and `..` is well defined.
//! M3 A directory without a name takes no new names.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::lower::{self, Lower};
use super::node::{Entries, Entry, Kind, Node, NodeId, Times};
use super::quota::{Ledger, Usage};
use crate::abi::{Errno, Filetype};
use crate::fs::Listing;

/// The longest name, in bytes; that of common hosts.
const NAME_MAX: usize = 255;

/// The root of every tree.
pub(super) const ROOT: NodeId = NodeId(1);

/// A file system in memory, behind the lock of its [`MemoryFs`](super::MemoryFs).
pub(super) struct Tree {
    nodes: HashMap<NodeId, Node>,
    next: u64,
    device: u64,
    pub(super) ledger: Ledger,
    lower: Option<Lower>,
}

impl Tree {
    /// An empty tree, or one over a lower directory.
    pub(super) fn new(quota: Usage, lower: Option<Lower>, now: u64) -> Result<Tree, Errno> {
        let mut tree = Tree::empty(quota, now);
        if let Some(lower) = lower {
            tree.nodes.insert(ROOT, lower.node(Arc::from("."), &lower.root_stat()?, ROOT));
            tree.lower = Some(lower);
        }
        Ok(tree)
    }

    /// An empty tree.
    pub(super) fn empty(quota: Usage, now: u64) -> Tree {
        /// Devices are told apart by number. Those of hosts are small.
        static NEXT_DEVICE: AtomicU64 = AtomicU64::new(1 << 40);
        let device = NEXT_DEVICE.fetch_add(1, Ordering::Relaxed);
        let root = Node {
            kind: Kind::Directory(Entries { names: BTreeMap::new(), parent: ROOT }),
            nlink: 2,
            handles: 0,
            times: Times::at(now),
            identity: (device, ROOT.0),
            origin: None,
        };
        Tree { nodes: HashMap::from([(ROOT, root)]), next: ROOT.0 + 1, device, ledger: Ledger::new(quota), lower: None }
    }

    /// A node (M1).
    pub(super) fn node(&self, id: NodeId) -> Result<&Node, Errno> {
        self.nodes.get(&id).ok_or(Errno::Stale)
    }

    /// A node (M1), to change.
    pub(super) fn node_mut(&mut self, id: NodeId) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&id).ok_or(Errno::Stale)
    }

    /// The names of a directory.
    fn entries(&self, directory: NodeId) -> Result<&Entries, Errno> {
        match &self.node(directory)?.kind {
            Kind::Directory(entries) => Ok(entries),
            _ => Err(Errno::Notdir),
        }
    }

    /// The names of a directory, to change.
    fn entries_mut(&mut self, directory: NodeId) -> Result<&mut Entries, Errno> {
        match &mut self.node_mut(directory)?.kind {
            Kind::Directory(entries) => Ok(entries),
            _ => Err(Errno::Notdir),
        }
    }

    /// What a name in a directory leads to; `.` and `..` are none.
    pub(super) fn lookup(&mut self, directory: NodeId, name: &str) -> Result<NodeId, Errno> {
        if name.len() > NAME_MAX {
            return Err(Errno::Nametoolong);
        }
        match self.entries(directory)?.names.get(name) {
            Some(Entry::Node { id, .. }) => Ok(*id),
            Some(Entry::Whiteout) => Err(Errno::Noent),
            None => self.lookup_lower(directory, name),
        }
    }

    /// What a name in a directory leads to, if anything.
    pub(super) fn find(&mut self, directory: NodeId, name: &str) -> Result<Option<NodeId>, Errno> {
        match self.lookup(directory, name) {
            Err(Errno::Noent) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Takes a name over from the lower directory (O3).
    fn lookup_lower(&mut self, directory: NodeId, name: &str) -> Result<NodeId, Errno> {
        let Some(origin) = self.node(directory)?.origin.clone() else { return Err(Errno::Noent) };
        let Some(lower) = &mut self.lower else { return Err(Errno::Noent) };
        let path = lower::join(&origin, name);
        let stat = lower.stat(&path)?;
        let id = match lower.known(&stat).filter(|id| self.nodes.contains_key(id)) {
            Some(id) => id,
            None => {
                let id = NodeId(self.next);
                self.next += 1;
                lower.remember(&stat, id);
                self.nodes.insert(id, lower.node(path, &stat, directory));
                id
            }
        };
        self.entries_mut(directory)?.names.insert(name.into(), Entry::Node { id, counted: false });
        Ok(id)
    }

    /// Whether the lower directory has a name, or may have it, so that its removal must be remembered.
    fn lower_has(&self, directory: NodeId, name: &str) -> Result<bool, Errno> {
        let (Some(lower), Some(origin)) = (&self.lower, &self.node(directory)?.origin) else { return Ok(false) };
        Ok(!matches!(lower.stat(&lower::join(origin, name)), Err(Errno::Noent)))
    }

    /// Fails unless a new name may be made in a directory (M3).
    pub(super) fn check_alive(&self, directory: NodeId) -> Result<(), Errno> {
        if self.node(directory)?.nlink == 0 { Err(Errno::Noent) } else { Ok(()) }
    }

    /// Makes a node with one name in a directory, where that name leads nowhere yet.
    pub(super) fn create(&mut self, directory: NodeId, name: &str, kind: Kind, now: u64) -> Result<NodeId, Errno> {
        self.check_alive(directory)?;
        let target = if let Kind::Symlink(Ok(target)) = &kind { target.len() as u64 } else { 0 };
        self.ledger.take_entry()?;
        if let Err(error) = self.ledger.take_bytes(target) {
            self.ledger.give_entry();
            return Err(error);
        }
        let id = NodeId(self.next);
        self.next += 1;
        let directories = u64::from(matches!(kind, Kind::Directory(_)));
        let node = Node { kind, nlink: 1 + directories, handles: 0, times: Times::at(now), identity: (self.device, id.0), origin: None };
        self.nodes.insert(id, node);
        self.put(directory, name, Entry::Node { id, counted: true }, now)?;
        self.node_mut(directory)?.nlink += directories;
        Ok(id)
    }

    /// Makes a further name for a node that is no directory.
    pub(super) fn link(&mut self, directory: NodeId, name: &str, id: NodeId, now: u64) -> Result<(), Errno> {
        self.check_alive(directory)?;
        self.ledger.take_entry()?;
        self.put(directory, name, Entry::Node { id, counted: true }, now)?;
        let node = self.node_mut(id)?;
        node.nlink += 1;
        node.times.changed = now;
        Ok(())
    }

    /// Puts an entry into a directory.
    fn put(&mut self, directory: NodeId, name: &str, entry: Entry, now: u64) -> Result<(), Errno> {
        self.entries_mut(directory)?.names.insert(name.into(), entry);
        self.node_mut(directory)?.times.touch(now);
        Ok(())
    }

    /// Takes an entry out of a directory, and remembers that if the lower directory has the name.
    fn take(&mut self, directory: NodeId, name: &str, now: u64) -> Result<Entry, Errno> {
        let below = self.lower_has(directory, name)?;
        let names = &mut self.entries_mut(directory)?.names;
        let entry = names.remove(name).ok_or(Errno::Noent)?;
        if below {
            names.insert(name.into(), Entry::Whiteout);
        }
        self.node_mut(directory)?.times.touch(now);
        Ok(entry)
    }

    /// Removes a name; the node goes with its last name and handle (M1).
    pub(super) fn remove(&mut self, directory: NodeId, name: &str, now: u64) -> Result<(), Errno> {
        let Entry::Node { id, counted } = self.take(directory, name, now)? else { return Err(Errno::Noent) };
        if counted {
            self.ledger.give_entry();
        }
        let node = self.node_mut(id)?;
        let is_directory = node.is_directory();
        node.nlink = if is_directory { 0 } else { node.nlink.saturating_sub(1) };
        node.times.changed = now;
        if is_directory {
            let parent = self.node_mut(directory)?;
            parent.nlink = parent.nlink.saturating_sub(1).max(1);
        }
        self.collect(id);
        Ok(())
    }

    /// Moves a name; the new one leads nowhere.
    pub(super) fn rename(&mut self, from: (NodeId, &str), to: (NodeId, &str), now: u64) -> Result<(), Errno> {
        self.check_alive(to.0)?;
        let entry = self.take(from.0, from.1, now)?;
        self.put(to.0, to.1, entry, now)?;
        let Entry::Node { id, .. } = entry else { return Err(Errno::Noent) };
        self.node_mut(id)?.times.changed = now;
        if let Kind::Directory(entries) = &mut self.node_mut(id)?.kind {
            entries.parent = to.0;
            let old = self.node_mut(from.0)?;
            old.nlink = old.nlink.saturating_sub(1).max(1);
            self.node_mut(to.0)?.nlink += 1;
        }
        Ok(())
    }

    /// Whether `inner` is `outer` or lies somewhere in it (M2).
    pub(super) fn lies_in(&self, mut inner: NodeId, outer: NodeId) -> Result<bool, Errno> {
        loop {
            if inner == outer {
                return Ok(true);
            }
            let parent = self.entries(inner)?.parent;
            if parent == inner {
                return Ok(false);
            }
            inner = parent;
        }
    }

    /// The entries of a directory, by name.
    pub(super) fn list(&self, directory: NodeId) -> Result<Listing, Errno> {
        let names = &self.entries(directory)?.names;
        let mut found: BTreeMap<&str, (u64, Filetype)> = BTreeMap::new();
        let below = match (&self.lower, &self.node(directory)?.origin) {
            (Some(lower), Some(origin)) => lower.list(origin)?,
            _ => Listing::new(),
        };
        found.extend((0..below.len()).filter_map(|position| below.get(position)).map(|(name, ino, filetype)| (name, (ino, filetype))));
        for (name, entry) in names {
            match entry {
                Entry::Whiteout => {
                    found.remove(&**name);
                }
                Entry::Node { id, .. } => {
                    let node = self.node(*id)?;
                    found.insert(name, (node.identity.1, node.filetype()));
                }
            }
        }
        let mut listing = Listing::new();
        for (name, (ino, filetype)) in found {
            listing.push(name, ino, filetype);
        }
        Ok(listing)
    }

    /// Whether a directory has no entry.
    pub(super) fn is_empty(&self, directory: NodeId) -> Result<bool, Errno> {
        let names = &self.entries(directory)?.names;
        if names.values().any(|entry| matches!(entry, Entry::Node { .. })) {
            return Ok(false);
        }
        // Names of the lower directory that were not looked up are not here yet.
        if self.node(directory)?.origin.is_none() { Ok(true) } else { Ok(self.list(directory)?.is_empty()) }
    }

    /// Counts one handle more.
    pub(super) fn hold(&mut self, id: NodeId) -> Result<(), Errno> {
        self.node_mut(id)?.handles += 1;
        Ok(())
    }

    /// Counts one handle of the root more; it is always there.
    pub(super) fn hold_root(&mut self) {
        if let Some(root) = self.nodes.get_mut(&ROOT) {
            root.handles += 1;
        }
    }

    /// Counts one handle less.
    pub(super) fn release(&mut self, id: NodeId) {
        let Ok(node) = self.node_mut(id) else { return };
        node.handles = node.handles.saturating_sub(1);
        if let (0, Kind::Lower(lower)) = (node.handles, &mut node.kind) {
            lower.file = None;
        }
        self.collect(id);
    }

    /// Drops a node without names and handles (M1), and what it holds (Q2).
    fn collect(&mut self, id: NodeId) {
        if !self.nodes.get(&id).is_some_and(|node| node.nlink == 0 && node.handles == 0) {
            return;
        }
        let Some(node) = self.nodes.remove(&id) else { return };
        match &node.kind {
            Kind::File(content) => content.give_back(&mut self.ledger),
            Kind::Symlink(Ok(target)) if node.origin.is_none() => self.ledger.give_bytes(target.len() as u64),
            _ => {}
        }
    }

    /// A file's node and the ledger, with the bytes here: a file of the lower directory is copied first.
    pub(super) fn own(&mut self, id: NodeId) -> Result<(&mut Node, &mut Ledger), Errno> {
        self.open_lower(id)?;
        let node = self.nodes.get_mut(&id).ok_or(Errno::Stale)?;
        if let Kind::Lower(lower) = &mut node.kind {
            let file = lower.file.as_mut().ok_or(Errno::Stale)?;
            node.kind = Kind::File(lower::copy(file.as_mut(), lower.size, &mut self.ledger)?);
        }
        Ok((node, &mut self.ledger))
    }

    /// A file's node, ready to be read: a file of the lower directory is open.
    pub(super) fn open_lower(&mut self, id: NodeId) -> Result<&mut Node, Errno> {
        let node = self.nodes.get_mut(&id).ok_or(Errno::Stale)?;
        if let (Kind::Lower(file), Some(lower), Some(origin)) = (&mut node.kind, &self.lower, &node.origin)
            && file.file.is_none()
        {
            file.file = Some(lower.open(origin)?);
        }
        Ok(node)
    }
}
