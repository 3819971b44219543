//! Single files of the host, granted under names of the guest's.
//!
//! Called by: `ctx` (grants). Calls: `host`, for the file that a name stands for.
//!
//! A guest names paths below directories and nothing else, so that files are granted in a directory that holds them and no more.
//!
//! # Invariants
//! S1 The names are fixed. Nothing is created, removed, renamed or linked here (`EROFS`), whatever the access to the files.
//! S2 A name stands for one name in one folder of the host, which was opened when the file was granted. It is opened without following a
//!    symbolic link, and only if it is no directory; so neither guest nor anybody else can make it lead elsewhere in the host.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::host::{Access, HostDirectory};
use super::{Directory, Listing, OpenOptions, Opened, SetTimes};
use crate::abi::{Errno, Filestat, Filetype, Oflags};

/// A directory that consists of granted files. Clones are further handles of it.
#[derive(Clone, Default)]
pub(crate) struct GrantedFiles {
    files: Arc<BTreeMap<Box<str>, GrantedFile>>,
}

/// A granted file: its folder, opened with the access to the file, and its name there.
struct GrantedFile {
    folder: HostDirectory,
    name: String,
}

impl GrantedFiles {
    /// Adds a file of the host. The path is resolved now, symbolic links included.
    pub(crate) fn add(&mut self, host: &Path, name: &str, access: Access) -> io::Result<()> {
        let host = host.canonicalize()?;
        let (Some(folder), Some(file)) = (host.parent(), host.file_name()) else { return Err(io::ErrorKind::IsADirectory.into()) };
        let file = file.to_str().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        if host.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let folder = HostDirectory::open_ambient(folder, access)?;
        // Granting happens before there is a second handle.
        let files = Arc::get_mut(&mut self.files).ok_or(io::ErrorKind::ResourceBusy)?;
        match files.insert(name.into(), GrantedFile { folder, name: file }) {
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
            None => Ok(()),
        }
    }

    /// What a path names: a file, or, with `None`, the directory.
    fn find(&self, path: &str) -> Result<Option<&GrantedFile>, Errno> {
        match path.as_bytes().first() {
            None => return Err(Errno::Noent),
            Some(b'/') => return Err(Errno::Perm),
            Some(_) => {}
        }
        let mut components = path.split('/').filter(|component| !matches!(*component, "" | "."));
        let Some(name) = components.next() else { return Ok(None) };
        if name == ".." {
            return Err(Errno::Perm);
        }
        let file = self.files.get(name).ok_or(Errno::Noent)?;
        // Nothing lies in a file, and a slash asks for a directory.
        if components.next().is_some() || path.ends_with('/') || path.ends_with("/.") {
            return Err(Errno::Notdir);
        }
        Ok(Some(file))
    }

    /// S1, after the errors that a path has by itself.
    fn refuse(&self, path: &str) -> Result<(), Errno> {
        match self.find(path) {
            Err(error) if path.is_empty() || error != Errno::Noent => Err(error),
            _ => Err(Errno::Rofs),
        }
    }
}

impl Directory for GrantedFiles {
    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(Filestat { nlink: 2, ..Filestat::anonymous(Filetype::Directory) })
    }

    fn set_times(&self, _: SetTimes) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }

    fn sync(&self, _: bool) -> Result<(), Errno> {
        Ok(())
    }

    fn read_dir(&self) -> Result<Listing, Errno> {
        let mut listing = Listing::new();
        for (name, file) in self.files.iter() {
            // One that is gone meanwhile is left out.
            if let Ok(stat) = file.folder.filestat_at(&file.name, false) {
                listing.push(name, stat.ino, stat.filetype);
            }
        }
        Ok(listing)
    }

    fn open(&self, path: &str, options: &OpenOptions) -> Result<Opened, Errno> {
        let oflags = options.oflags;
        if oflags.contains(Oflags::DIRECTORY) && oflags.intersects(Oflags::CREAT | Oflags::EXCL | Oflags::TRUNC) {
            return Err(Errno::Inval);
        }
        match self.find(path) {
            Ok(None) if options.write || oflags.intersects(Oflags::CREAT | Oflags::TRUNC) => Err(Errno::Isdir),
            Ok(None) => Ok(Opened::Directory(Box::new(self.clone()))),
            Ok(Some(_)) if oflags.contains(Oflags::DIRECTORY) => Err(Errno::Notdir),
            Ok(Some(_)) if oflags.contains(Oflags::CREAT | Oflags::EXCL) => Err(Errno::Exist),
            Ok(Some(file)) => file.open(options),
            Err(Errno::Noent) if oflags.contains(Oflags::CREAT) && !path.is_empty() => Err(Errno::Rofs),
            Err(error) => Err(error),
        }
    }

    fn create_directory(&self, path: &str) -> Result<(), Errno> {
        match self.find(path) {
            Ok(_) => Err(Errno::Exist),
            Err(_) => self.refuse(path),
        }
    }

    fn filestat_at(&self, path: &str, _: bool) -> Result<Filestat, Errno> {
        match self.find(path)? {
            Some(file) => file.folder.filestat_at(&file.name, false),
            None => self.filestat(),
        }
    }

    fn set_times_at(&self, path: &str, _: bool, times: SetTimes) -> Result<(), Errno> {
        match self.find(path)? {
            Some(file) => file.folder.set_times_at(&file.name, false, times),
            None => Err(Errno::Rofs),
        }
    }

    fn link(&self, path: &str, _: &dyn Directory, _: &str) -> Result<(), Errno> {
        self.refuse(path)
    }

    fn read_link(&self, path: &str) -> Result<String, Errno> {
        self.find(path).and(Err(Errno::Inval))
    }

    fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        self.refuse(path)
    }

    fn rename(&self, path: &str, _: &dyn Directory, _: &str) -> Result<(), Errno> {
        self.refuse(path)
    }

    fn symlink(&self, _: &str, path: &str) -> Result<(), Errno> {
        self.refuse(path)
    }

    fn unlink_file(&self, path: &str) -> Result<(), Errno> {
        self.refuse(path)
    }
}

impl GrantedFile {
    /// Opens the file (S2).
    fn open(&self, options: &OpenOptions) -> Result<Opened, Errno> {
        // The folder is not the guest's: what is gone is not made again.
        let oflags = options.oflags.difference(Oflags::CREAT);
        match self.folder.open(&self.name, &OpenOptions { oflags, follow: false, ..*options })? {
            Opened::File(file) => Ok(Opened::File(file)),
            Opened::Directory(_) => Err(Errno::Isdir),
        }
    }
}
