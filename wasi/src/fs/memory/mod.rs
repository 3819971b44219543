//! A file system in memory: hermetic tests, trees that an embedder ships, and changes that a host folder must not see.
//!
//! Data in: what the embedder puts in, and what guests do. Data out: [`MemoryDirectory`], granted to guests like a folder of the host. Called by:
//! embedders, `ctx`. Calls: the traits of `fs`, and no host but through a lower directory that the embedder lays it over.
//!
//! - `tree` is the table of nodes; `node`, `content` and `quota` are its parts, `lower` what it takes from a directory below.
//! - `walk` resolves paths. `handle`, `file` and `directory` are what guests hold.
//! - Each operation on paths has a file of its own, like those of the host.
//! - `exchange` copies trees in and out.
//!
//! # Why
//! One lock for a whole file system: an operation is some look-ups and a copy, and every one of them is atomic for everybody that way,
//! renames included. Locks for each node were rejected, since renames would need an order for them.

mod content;
mod create_directory;
mod directory;
mod exchange;
mod file;
mod handle;
mod link;
mod lower;
mod node;
mod open;
mod quota;
mod read_dir;
mod read_link;
mod remove_directory;
mod rename;
mod set_times;
mod stat;
mod symlink;
mod tree;
mod unlink_file;
mod walk;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use directory::MemoryDirectory;
pub use exchange::{Copied, CopyError};
pub use quota::Usage;

use super::host::{Access, HostDirectory};
use super::{Directory, NewTime, OpenOptions, Opened, SetTimes};
use crate::abi::{Errno, Fdflags, Filestat, Oflags};
use crate::clock::Clock;
use handle::{Handle, Shared};
use lower::Lower;
use tree::Tree;

/// What a file system may hold unless its embedder says otherwise.
const DEFAULT_QUOTA: Usage = Usage { bytes: 256 << 20, entries: 1 << 17 };

/// A file system in memory. Clones are the same file system, so that several stores and threads may share it and the embedder may look at it.
///
/// Everything that the host's file system does, it does in the same way: directories, symbolic and hard links, renames that replace, files
/// that live on while they are open, holes, times. No path leads out of the directory that is granted. What guests store is bounded by a
/// quota; a write beyond it fails with `ENOSPC`. Memory can be about twice what the quota counts.
///
/// ```
/// use fulgurite_wasi::{Access, MemoryFs, WasiCtx};
///
/// let fs = MemoryFs::builder().quota_bytes(1 << 20).quota_entries(100).build()?;
/// fs.create_directory("etc")?;
/// fs.write("etc/motd", "welcome\n")?;
/// let ctx = WasiCtx::builder().directory_in(&fs, "/", Access::ReadWrite).build()?;
/// // … a guest runs …
/// # drop(ctx);
/// assert_eq!(fs.read("etc/motd")?, b"welcome\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MemoryFs {
    shared: Arc<Shared>,
    clock: Clock,
}

impl fmt::Debug for MemoryFs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryFs").field("usage", &self.usage()).finish_non_exhaustive()
    }
}

impl Default for MemoryFs {
    fn default() -> MemoryFs {
        MemoryFs::new()
    }
}

/// Options of a new [`MemoryFs`].
#[must_use]
pub struct MemoryFsBuilder {
    quota: Usage,
    lower: Option<Box<dyn Directory>>,
    clock: Clock,
}

impl fmt::Debug for MemoryFsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryFsBuilder").field("quota", &self.quota).field("lower", &self.lower.is_some()).finish_non_exhaustive()
    }
}

impl MemoryFsBuilder {
    /// The most bytes of file contents, counted in blocks of 512, and of targets of symbolic links: 256 MiB unless set. Holes
    /// are free, as far as they cover whole pieces of 16 KiB.
    pub fn quota_bytes(mut self, bytes: u64) -> Self {
        self.quota.bytes = bytes;
        self
    }

    /// The most names in directories: 131,072 unless set.
    pub fn quota_entries(mut self, entries: u64) -> Self {
        self.quota.entries = entries;
        self
    }

    /// Where times come from where no guest's context says otherwise; the host's clock unless set.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Lays the file system over a directory, which is only read.
    ///
    /// Everything in it is seen until it is changed here. A file is copied, and counted, when it is first written to; a name that is removed
    /// here is hidden. Devices, pipes and sockets are seen and cannot be opened (`ENXIO`). The directory should not change
    /// meanwhile; if it does, that may be seen or not, and nothing worse.
    ///
    /// ```
    /// use fulgurite_wasi::MemoryFs;
    /// use fulgurite_wasi::{Access, fs::Directory};
    ///
    /// let base = MemoryFs::new();
    /// base.write("config", "original")?;
    /// let overlay = MemoryFs::builder().over(base.root(Access::ReadOnly)).build()?;
    /// overlay.write("config", "changed")?;
    /// assert_eq!(base.read("config")?, b"original");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn over(mut self, lower: impl Directory) -> Self {
        self.lower = Some(Box::new(lower));
        self
    }

    /// Lays the file system over a folder of the host, which is only read; see [`MemoryFsBuilder::over`].
    ///
    /// # Errors
    /// If the folder does not open.
    pub fn over_host(self, path: impl AsRef<Path>) -> std::io::Result<Self> {
        Ok(self.over(HostDirectory::open_ambient(path.as_ref(), Access::ReadOnly)?))
    }

    /// Makes the file system.
    ///
    /// # Errors
    /// If the directory below does not tell its attributes.
    pub fn build(self) -> Result<MemoryFs, Errno> {
        let tree = Tree::new(self.quota, self.lower.map(Lower::new), self.clock.time_of_day())?;
        Ok(MemoryFs { shared: Arc::new(Shared::new(tree)), clock: self.clock })
    }
}

/// Paths of these methods are relative to the root; slashes in front are ignored. Symbolic links are followed, and nothing leads out.
impl MemoryFs {
    /// An empty file system with the default quota.
    pub fn new() -> MemoryFs {
        let clock = Clock::real();
        let tree = Tree::empty(DEFAULT_QUOTA, clock.time_of_day());
        MemoryFs { shared: Arc::new(Shared::new(tree)), clock }
    }

    /// Chooses quota, clock, and a directory to lie over.
    pub fn builder() -> MemoryFsBuilder {
        MemoryFsBuilder { quota: DEFAULT_QUOTA, lower: None, clock: Clock::real() }
    }

    /// A file system with a copy of a folder of the host and the default quota.
    ///
    /// # Errors
    /// See [`MemoryFs::copy_in`].
    pub fn from_host(path: impl AsRef<Path>) -> Result<MemoryFs, CopyError> {
        let fs = MemoryFs::new();
        fs.copy_in(path, "")?;
        Ok(fs)
    }

    /// The root, to be granted with [`custom_directory`](crate::WasiCtxBuilder::custom_directory) or laid something over. For a grant
    /// [`directory_in`](crate::WasiCtxBuilder::directory_in) is simpler, and uses the clock of the context.
    pub fn root(&self, access: Access) -> MemoryDirectory {
        self.root_with(access, self.clock.clone())
    }

    /// The root for a guest with such a clock.
    pub(crate) fn root_with(&self, access: Access, clock: Clock) -> MemoryDirectory {
        self.shared.lock().hold_root();
        MemoryDirectory { handle: Handle { shared: Arc::clone(&self.shared), id: tree::ROOT }, access, clock }
    }

    /// A directory, to be granted.
    ///
    /// # Errors
    /// If it does not exist, or is no directory.
    pub fn directory(&self, path: &str, access: Access) -> Result<MemoryDirectory, Errno> {
        let root = self.root(access);
        open::directory(&root, relative(path))
    }

    /// What is stored.
    pub fn usage(&self) -> Usage {
        self.shared.lock().ledger.used()
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// If it cannot be opened or read.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Errno> {
        let options = options(true, Oflags::empty());
        let Opened::File(mut file) = self.root(Access::ReadOnly).open(relative(path), &options)? else { return Err(Errno::Isdir) };
        exchange::read_all(file.as_mut())
    }

    /// Writes a file, replacing what it held.
    ///
    /// # Errors
    /// If it cannot be opened, or the quota does not hold all of it; then part of it is written.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> Result<(), Errno> {
        let options = options(false, Oflags::CREAT | Oflags::TRUNC);
        let Opened::File(mut file) = self.root(Access::ReadWrite).open(relative(path), &options)? else { return Err(Errno::Isdir) };
        exchange::write_all(file.as_mut(), bytes.as_ref())
    }

    /// Creates a directory, and those that it lies in.
    ///
    /// # Errors
    /// If a part of the path exists and is no directory, or the quota is used up.
    pub fn create_directory(&self, path: &str) -> Result<(), Errno> {
        let (root, path) = (self.root(Access::ReadWrite), relative(path));
        let ends = path.match_indices('/').map(|(slash, _)| slash).chain([path.len()]);
        for prefix in ends.map(|end| &path[..end]) {
            match root.create_directory(prefix) {
                Ok(()) | Err(Errno::Exist) => {}
                Err(error) => return Err(error),
            }
        }
        open::directory(&root, path).map(drop)
    }

    /// Creates a symbolic link. One that leads out of the file system can be made, and is not followed.
    ///
    /// # Errors
    /// If the name exists or has no directory, or the quota is used up.
    pub fn symlink(&self, contents: &str, path: &str) -> Result<(), Errno> {
        symlink::create(&self.root(Access::ReadWrite), contents, relative(path))
    }

    /// Creates a further name, `new`, for a file.
    ///
    /// # Errors
    /// If the file does not exist or is a directory, the new name exists or has no directory, or the quota is used up.
    pub fn hard_link(&self, path: &str, new: &str) -> Result<(), Errno> {
        let root = self.root(Access::ReadWrite);
        link::link(&root, relative(path), &root, relative(new))
    }

    /// Attributes of what a path names.
    ///
    /// # Errors
    /// If it names nothing.
    pub fn filestat(&self, path: &str) -> Result<Filestat, Errno> {
        self.root(Access::ReadOnly).filestat_at(relative(path), true)
    }

    /// Sets the modification time of what a path names, in nanoseconds since 1970.
    ///
    /// # Errors
    /// If it names nothing.
    pub fn set_modified(&self, path: &str, time: u64) -> Result<(), Errno> {
        let times = SetTimes { accessed: None, modified: Some(NewTime::At(time)) };
        self.root(Access::ReadWrite).set_times_at(relative(path), true, times)
    }

    /// The names in a directory, in order.
    ///
    /// # Errors
    /// If it is none.
    pub fn list(&self, path: &str) -> Result<Vec<String>, Errno> {
        let listing = self.directory(path, Access::ReadOnly)?.read_dir()?;
        Ok((0..listing.len()).filter_map(|position| listing.get(position)).map(|(name, ..)| name.to_owned()).collect())
    }

    /// Removes a file, a symbolic link or an empty directory.
    ///
    /// # Errors
    /// If it does not exist, or is a directory that is not empty.
    pub fn remove(&self, path: &str) -> Result<(), Errno> {
        let (root, path) = (self.root(Access::ReadWrite), relative(path));
        match root.unlink_file(path) {
            Err(Errno::Isdir) => root.remove_directory(path),
            result => result,
        }
    }

    /// Copies a folder of the host, or one file, to a path here. Existing files are replaced.
    ///
    /// Devices, pipes, sockets, absolute symbolic links and names that are not UTF-8 are left out and reported. Each name of a file becomes a
    /// file of its own.
    ///
    /// # Errors
    /// The first file that could not be read, or not be stored here, by name.
    pub fn copy_in(&self, host: impl AsRef<Path>, path: &str) -> Result<Copied, CopyError> {
        exchange::copy_in(self, host.as_ref(), relative(path))
    }

    /// Copies a directory from here into an existing folder of the host. Existing files are replaced; no symbolic link leads out of the
    /// folder.
    ///
    /// # Errors
    /// The first file that could not be copied, by name.
    pub fn copy_out(&self, path: &str, host: impl AsRef<Path>) -> Result<Copied, CopyError> {
        exchange::copy_out(self, relative(path), host.as_ref())
    }
}

/// A path without slashes in front; the root is `.`.
fn relative(path: &str) -> &str {
    match path.trim_start_matches('/') {
        "" => ".",
        path => path,
    }
}

/// How the embedder's files are opened.
fn options(read: bool, oflags: Oflags) -> OpenOptions {
    OpenOptions { read, write: !read, oflags, fdflags: Fdflags::empty(), follow: true }
}
