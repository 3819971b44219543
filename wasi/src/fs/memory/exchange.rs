//! Copying trees between a file system in memory and the host.
//!
//! Called by: `MemoryFs`. Calls: the traits of `fs`, on both sides.
//!
//! # Why
//! Both sides are directories of the trait, so that one copy serves both ways, and the host's side is confined as a guest's would be: what a guest
//! has put here cannot lead a copy out of the folder it goes to.

use std::fmt;
use std::io::{IoSlice, IoSliceMut};
use std::path::Path;

use super::MemoryFs;
use crate::abi::{Errno, Fdflags, Filetype, Oflags};
use crate::fs::host::{Access, HostDirectory};
use crate::fs::{Directory, File, NewTime, OpenOptions, Opened, SetTimes};

/// What a copy has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// Files that were copied.
    pub files: u64,
    /// Directories that were made or found.
    pub directories: u64,
    /// Symbolic links that were made.
    pub links: u64,
    /// What was left out: devices, pipes, sockets and symbolic links that lead out, by path.
    pub left_out: Vec<String>,
}

/// A copy that failed: at what path, and why.
#[derive(Debug)]
pub struct CopyError {
    path: String,
    cause: Errno,
}

impl CopyError {
    #[cold]
    fn new(path: &str, cause: Errno) -> CopyError {
        CopyError { path: path.to_owned(), cause }
    }

    /// Why it failed.
    pub fn errno(&self) -> Errno {
        self.cause
    }
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot copy {:?}: {}", self.path, self.cause)
    }
}

impl std::error::Error for CopyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// Copies a folder or file of the host.
pub(super) fn copy_in(fs: &MemoryFs, host: &Path, path: &str) -> Result<Copied, CopyError> {
    let shown = host.to_string_lossy();
    let fail = |cause: Errno| CopyError::new(&shown, cause);
    let metadata = std::fs::metadata(host).map_err(|error| fail(error.into()))?;
    let mut copied = Copied::default();
    if metadata.is_dir() {
        let from = HostDirectory::open_ambient(host, Access::ReadOnly).map_err(|error| fail(error.into()))?;
        fs.create_directory(path).map_err(|error| CopyError::new(path, error))?;
        let to = fs.directory(path, Access::ReadWrite).map_err(|error| CopyError::new(path, error))?;
        copy(&from, &to, &mut copied)?;
    } else {
        let bytes = std::fs::read(host).map_err(|error| fail(error.into()))?;
        fs.write(path, bytes).map_err(|error| CopyError::new(path, error))?;
        copied.files = 1;
    }
    Ok(copied)
}

/// Copies a directory into a folder of the host.
pub(super) fn copy_out(fs: &MemoryFs, path: &str, host: &Path) -> Result<Copied, CopyError> {
    let from = fs.directory(path, Access::ReadOnly).map_err(|error| CopyError::new(path, error))?;
    let to = HostDirectory::open_ambient(host, Access::ReadWrite).map_err(|error| CopyError::new(&host.to_string_lossy(), error.into()))?;
    let mut copied = Copied::default();
    copy(&from, &to, &mut copied)?;
    Ok(copied)
}

/// Copies everything in a directory into another. A list of what is left to do instead of recursion: trees may be deep.
fn copy(from: &dyn Directory, to: &dyn Directory, copied: &mut Copied) -> Result<(), CopyError> {
    let mut left = vec![String::from(".")];
    while let Some(path) = left.pop() {
        let fail = |cause| CopyError::new(&path, cause);
        copied.directories += 1;
        let opened = from.open(&path, &options(true, Oflags::DIRECTORY)).map_err(fail)?;
        let Opened::Directory(directory) = opened else { return Err(fail(Errno::Notdir)) };
        let listing = directory.read_dir().map_err(fail)?;
        for (name, _, filetype) in (0..listing.len()).filter_map(|position| listing.get(position)) {
            let inner = if path == "." { name.to_owned() } else { format!("{path}/{name}") };
            match copy_one(from, to, &inner, filetype) {
                Ok(true) => match filetype {
                    Filetype::Directory => left.push(inner),
                    Filetype::SymbolicLink => copied.links += 1,
                    _ => copied.files += 1,
                },
                Ok(false) => copied.left_out.push(inner),
                Err(cause) => return Err(CopyError::new(&inner, cause)),
            }
        }
    }
    Ok(())
}

/// Copies one name; whether there was something to copy.
fn copy_one(from: &dyn Directory, to: &dyn Directory, path: &str, filetype: Filetype) -> Result<bool, Errno> {
    match filetype {
        Filetype::Directory => match to.create_directory(path) {
            Ok(()) | Err(Errno::Exist) => Ok(true),
            Err(error) => Err(error),
        },
        Filetype::SymbolicLink => match from.read_link(path) {
            Ok(target) => to.symlink(&target, path).map(|()| true),
            Err(Errno::Perm | Errno::Ilseq) => Ok(false),
            Err(error) => Err(error),
        },
        Filetype::RegularFile => copy_file(from, to, path).map(|()| true),
        _ => Ok(false),
    }
}

/// Copies the bytes and the modification time of a file.
fn copy_file(from: &dyn Directory, to: &dyn Directory, path: &str) -> Result<(), Errno> {
    let Opened::File(mut source) = from.open(path, &options(true, Oflags::empty()))? else { return Err(Errno::Isdir) };
    let Opened::File(mut target) = to.open(path, &options(false, Oflags::CREAT | Oflags::TRUNC))? else { return Err(Errno::Isdir) };
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = source.read(&mut [IoSliceMut::new(&mut buffer)])?;
        if count == 0 {
            break;
        }
        write_all(target.as_mut(), &buffer[..count])?;
    }
    target.set_times(SetTimes { accessed: None, modified: Some(NewTime::At(source.filestat()?.mtim)) })
}

/// How files are opened for a copy: a symbolic link is never followed, and nothing is waited for.
fn options(read: bool, oflags: Oflags) -> OpenOptions {
    OpenOptions { read, write: !read, oflags, fdflags: Fdflags::NONBLOCK, follow: false }
}

/// Writes all bytes.
pub(super) fn write_all(file: &mut dyn File, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match file.write(&[IoSlice::new(bytes)])? {
            0 => return Err(Errno::Nospc),
            count => bytes = &bytes[count..],
        }
    }
    Ok(())
}

/// Reads all bytes.
pub(super) fn read_all(file: &mut dyn File) -> Result<Vec<u8>, Errno> {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut [IoSliceMut::new(&mut buffer)])? {
            0 => return Ok(bytes),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
