//! The host's file system, one granted directory at a time.
//!
//! Called by: `ctx` (grants), `calls` through the traits. Calls: `cap-std`, which resolves every path inside its directory.
//!
//! # Invariants
//! H1 Every path goes through `cap-std`; no path is joined or resolved here.
//! H2 An operation that changes anything asks [`HostDirectory::writable`] first; a link or rename asks both directories, since a hard
//!    link to a read-only file in a writable directory would make the file writable.
//! H3 What is opened inherits the access of its directory.
//!
//! # Why
//! Each path operation has its own short file, so that the check of H2 and the single resolution are seen at once. A resolver of our
//! own was rejected: races and odd paths have broken such code for twenty years.

mod create_directory;
mod file;
mod link;
mod open;
mod read_dir;
mod read_link;
mod remove_directory;
mod rename;
mod set_times;
mod stat;
mod symlink;
mod sys;
mod unlink_file;

use std::any::Any;
use std::io;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

pub(crate) use file::HostFile;

use super::{Directory, File, Listing, OpenOptions, Opened, SetTimes};
use crate::abi::{Errno, Filestat};

/// Whether a grant lets the guest change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Files can be read, nothing can be changed.
    ReadOnly,
    /// Everything.
    ReadWrite,
}

/// A directory of the host.
pub(crate) struct HostDirectory {
    dir: Dir,
    access: Access,
}

impl HostDirectory {
    /// Opens a directory with the authority of the host process. This and nothing else makes a capability from a host path.
    pub(crate) fn open_ambient(path: &Path, access: Access) -> io::Result<HostDirectory> {
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        Ok(HostDirectory { dir, access })
    }

    /// H2: refuses a change in a read-only grant.
    fn writable(&self) -> Result<(), Errno> {
        match self.access {
            Access::ReadOnly => Err(Errno::Rofs),
            Access::ReadWrite => Ok(()),
        }
    }

    /// The other directory of an operation on two, if it is one of the host's too.
    fn peer(target: &dyn Directory) -> Result<&HostDirectory, Errno> {
        let target: &dyn Any = target;
        target.downcast_ref().ok_or(Errno::Xdev)
    }
}

/// Whether the last component is resolved through a symbolic link: on request, and where the spelling (`name/`, `name/.`) asks for a
/// directory. `cap-std` drops that spelling when it looks at a single name.
fn follows(path: &str, follow: bool) -> bool {
    follow || path.ends_with('/') || path.ends_with("/.")
}

impl Directory for HostDirectory {
    fn filestat(&self) -> Result<Filestat, Errno> {
        stat::directory(self)
    }

    fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        set_times::directory(self, times)
    }

    fn sync(&self, data_only: bool) -> Result<(), Errno> {
        open::reopen(self)?.sync(data_only)
    }

    fn read_dir(&self) -> Result<Listing, Errno> {
        read_dir::read_dir(self)
    }

    fn open(&self, path: &str, options: &OpenOptions) -> Result<Opened, Errno> {
        open::open(self, path, options)
    }

    fn create_directory(&self, path: &str) -> Result<(), Errno> {
        create_directory::create_directory(self, path)
    }

    fn filestat_at(&self, path: &str, follow: bool) -> Result<Filestat, Errno> {
        stat::at(self, path, follow)
    }

    fn set_times_at(&self, path: &str, follow: bool, times: SetTimes) -> Result<(), Errno> {
        set_times::at(self, path, follow, times)
    }

    fn link(&self, path: &str, target: &dyn Directory, target_path: &str) -> Result<(), Errno> {
        link::link(self, path, HostDirectory::peer(target)?, target_path)
    }

    fn read_link(&self, path: &str) -> Result<String, Errno> {
        read_link::read_link(self, path)
    }

    fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        remove_directory::remove_directory(self, path)
    }

    fn rename(&self, path: &str, target: &dyn Directory, target_path: &str) -> Result<(), Errno> {
        rename::rename(self, path, HostDirectory::peer(target)?, target_path)
    }

    fn symlink(&self, contents: &str, path: &str) -> Result<(), Errno> {
        symlink::symlink(self, contents, path)
    }

    fn unlink_file(&self, path: &str) -> Result<(), Errno> {
        unlink_file::unlink_file(self, path)
    }
}
