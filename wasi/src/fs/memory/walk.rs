//! Resolving a guest's path in a file system in memory.
//!
//! Called by: the operations, with the lock held. Calls: `tree`.
//!
//! # Invariants
//! W1 The walk keeps the directories that it came through, from the one it started in. `..` goes back along them and never past the first
//!    (`EPERM`), so no spelling and no symbolic link leads out. Absolute paths and links are refused as well.
//! W2 At most [`LINKS_MAX`] symbolic links are followed, all together, so loops end (`ELOOP`).
//! W3 The errors are those that `openat2` gives with `RESOLVE_BENEATH`, in the same order: the host's file system is the model.

use std::sync::Arc;

use super::node::{Kind, NodeId};
use super::tree::Tree;
use crate::abi::Errno;

/// The most symbolic links that one path may lead through.
const LINKS_MAX: u32 = 40;

/// A walk through directories.
pub(super) struct Walk<'t> {
    pub(super) tree: &'t mut Tree,
    /// The way from the start to here (W1); never empty.
    way: Vec<NodeId>,
    links: u32,
}

/// Where [`Walk::place`] ends.
pub(super) enum Place {
    /// At something.
    Node(NodeId),
    /// At a name that leads nowhere, in a directory.
    Free(NodeId, Box<str>),
}

/// The last component of a path.
struct Last<'p> {
    /// What comes before it.
    before: &'p str,
    /// Its name; none for `.`, `..` and `/`, which name a directory that the walk is in then.
    name: Option<&'p str>,
    /// Whether a slash follows it.
    slash: bool,
}

/// Takes the last component off a path.
fn last(path: &str) -> Last<'_> {
    let trimmed = path.trim_end_matches('/');
    let start = trimmed.rfind('/').map_or(0, |slash| slash + 1);
    match &trimmed[start..] {
        "" | "." | ".." => Last { before: path, name: None, slash: false },
        name => Last { before: &trimmed[..start], name: Some(name), slash: trimmed.len() < path.len() },
    }
}

impl<'t> Walk<'t> {
    /// A walk that starts in a directory.
    pub(super) fn new(tree: &'t mut Tree, start: NodeId) -> Walk<'t> {
        Walk { tree, way: vec![start], links: 0 }
    }

    /// The directory that the walk is in.
    fn here(&self) -> Result<NodeId, Errno> {
        self.way.last().copied().ok_or(Errno::Stale)
    }

    /// Counts a symbolic link that is about to be followed (W2).
    fn count_link(&mut self) -> Result<(), Errno> {
        self.links += 1;
        if self.links > LINKS_MAX { Err(Errno::Loop) } else { Ok(()) }
    }

    /// The target of a node if it is a symbolic link.
    fn target(&self, id: NodeId) -> Result<Option<Arc<str>>, Errno> {
        match &self.tree.node(id)?.kind {
            Kind::Symlink(Ok(target)) => Ok(Some(Arc::clone(target))),
            Kind::Symlink(Err((_, error))) => Err(*error),
            _ => Ok(None),
        }
    }

    /// Goes through every component of a path; each must be a directory or lead to one.
    fn enter(&mut self, path: &str) -> Result<(), Errno> {
        path.split('/').try_for_each(|component| self.step(component))
    }

    /// Goes through one component.
    fn step(&mut self, component: &str) -> Result<(), Errno> {
        match component {
            "" | "." => return Ok(()),
            ".." if self.way.len() > 1 => {
                self.way.pop();
                return Ok(());
            }
            ".." => return Err(Errno::Perm),
            _ => {}
        }
        let here = self.here()?;
        let id = self.tree.lookup(here, component)?;
        if self.tree.node(id)?.is_directory() {
            self.way.push(id);
            return Ok(());
        }
        let target = self.target(id)?.ok_or(Errno::Notdir)?;
        self.count_link()?;
        check_start(&target)?;
        self.enter(&target)
    }

    /// The directory and name of what an operation removes, makes or moves, whose last component is not followed. No name means the directory
    /// itself: the path ends in `.` or `..`, or, unless `slashes` are ignored, in a slash.
    pub(super) fn parent<'p>(&mut self, path: &'p str, slashes: Slashes) -> Result<(NodeId, Option<&'p str>), Errno> {
        check_start(path)?;
        let last = last(path);
        match last.name {
            Some(name) if !last.slash || slashes == Slashes::Ignored => {
                self.enter(last.before)?;
                Ok((self.here()?, Some(name)))
            }
            _ => {
                self.enter(path)?;
                Ok((self.here()?, None))
            }
        }
    }

    /// What a path names. A slash after the last component follows a symbolic link and asks for a directory.
    pub(super) fn node(&mut self, path: &str, follow: bool) -> Result<NodeId, Errno> {
        match self.place(path, follow, false)? {
            Place::Node(id) => Ok(id),
            Place::Free(..) => Err(Errno::Noent),
        }
    }

    /// What a path names; with `creates`, also the place where a file would be made, at the end of a symbolic link if need be.
    pub(super) fn place(&mut self, path: &str, follow: bool, creates: bool) -> Result<Place, Errno> {
        check_start(path)?;
        let last = last(path);
        let Some(name) = last.name else {
            self.enter(path)?;
            return Ok(Place::Node(self.here()?));
        };
        self.enter(last.before)?;
        if last.slash && creates {
            return Err(Errno::Isdir);
        }
        let here = self.here()?;
        let id = match self.tree.lookup(here, name) {
            Err(Errno::Noent) if creates => return Ok(Place::Free(here, name.into())),
            found => found?,
        };
        if (follow || last.slash)
            && let Some(target) = self.target(id)?
        {
            self.count_link()?;
            return match self.place(&target, true, creates)? {
                Place::Node(id) if last.slash && !self.tree.node(id)?.is_directory() => Err(Errno::Notdir),
                place => Ok(place),
            };
        }
        if last.slash && !self.tree.node(id)?.is_directory() {
            return Err(Errno::Notdir);
        }
        Ok(Place::Node(id))
    }
}

/// What slashes after the last component mean to [`Walk::parent`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slashes {
    /// Nothing.
    Ignored,
    /// The path means the directory itself.
    Directory,
}

/// Refuses empty and absolute paths.
fn check_start(path: &str) -> Result<(), Errno> {
    match path.as_bytes().first() {
        None => Err(Errno::Noent),
        Some(b'/') => Err(Errno::Perm),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_component_is_taken_off() {
        let parts = |path| {
            let last = last(path);
            (last.before, last.name, last.slash)
        };
        assert_eq!(parts("a"), ("", Some("a"), false));
        assert_eq!(parts("a//"), ("", Some("a"), true));
        assert_eq!(parts("a/./b"), ("a/./", Some("b"), false));
        assert_eq!(parts("a/b/"), ("a/", Some("b"), true));
        assert_eq!(parts("a/.."), ("a/..", None, false));
        assert_eq!(parts("a/./"), ("a/./", None, false));
        assert_eq!(parts("/"), ("/", None, false));
    }
}
