//! The descriptor table: which number stands for which object, with which rights.
//!
//! Called by: `calls`, `ctx`. Calls: `abi`, `fs` traits.
//!
//! # Invariants
//! D1 A descriptor number is looked up with the rights that the call needs; there is no way to an object around that check.
//! D2 The lowest free number is given out, in logarithmic time, and never more than `limit` are open.
//! D3 Rights only shrink: from directory to what is opened through it, and by `fd_fdstat_set_rights`.
//! D4 The listings that are kept take at most [`LISTINGS_MAX`] bytes, or are one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::abi::types::{Fd, Fdstat};
use crate::abi::{Errno, Fdflags, Filetype, Rights};
use crate::fs::{Directory, File, Listing, Opened};

/// How many bytes of listings are kept; a guest could open a large directory many times.
const LISTINGS_MAX: usize = 64 << 20;

/// What a descriptor stands for.
pub(crate) enum Object {
    /// A file, stream or device.
    File(Box<dyn File>),
    /// A directory, with the listing that `fd_readdir` is going through.
    Directory { directory: Box<dyn Directory>, listing: Option<Listing> },
}

impl Object {
    /// The listing that is kept, if it is a directory with one.
    fn listing(&self) -> Option<&Listing> {
        match self {
            Object::Directory { listing, .. } => listing.as_ref(),
            Object::File(_) => None,
        }
    }
}

impl From<Opened> for Object {
    fn from(opened: Opened) -> Object {
        match opened {
            Opened::File(file) => Object::File(file),
            Opened::Directory(directory) => Object::Directory { directory, listing: None },
        }
    }
}

/// An open descriptor.
pub(crate) struct Descriptor {
    pub(crate) object: Object,
    base: Rights,
    inheriting: Rights,
    /// The guest's name of a granted directory.
    preopen: Option<Box<str>>,
}

impl Descriptor {
    /// A descriptor with the given rights, less those that its object has no use for.
    pub(crate) fn new(object: Object, base: Rights, inheriting: Rights) -> Descriptor {
        let (useful, inheriting) = match &object {
            Object::File(file) => (file.rights(), Rights::empty()),
            Object::Directory { .. } => (Rights::DIRECTORY, inheriting),
        };
        Descriptor { object, base: base & useful, inheriting, preopen: None }
    }

    /// A granted directory under the guest's name for it.
    pub(crate) fn preopen(directory: Box<dyn Directory>, name: Box<str>) -> Descriptor {
        let object = Object::Directory { directory, listing: None };
        Descriptor { object, base: Rights::DIRECTORY, inheriting: Rights::DIRECTORY | Rights::FILE, preopen: Some(name) }
    }

    /// The guest's name of a granted directory.
    pub(crate) fn preopen_name(&self) -> Option<&str> {
        self.preopen.as_deref()
    }

    /// The rights that are handed on to what is opened through it.
    pub(crate) fn inheriting(&self) -> Rights {
        self.inheriting
    }

    /// D1: fails unless the descriptor has all of `rights`.
    pub(crate) fn require(&self, rights: Rights) -> Result<(), Errno> {
        if self.base.contains(rights) { Ok(()) } else { Err(Errno::Notcapable) }
    }

    /// Like [`Descriptor::require`], without the rights that its kind of file has no use for: the operation itself says best why it is
    /// impossible (`ESPIPE` for a seek in a pipe).
    fn require_useful(&self, rights: Rights) -> Result<(), Errno> {
        match &self.object {
            Object::File(file) => self.require(rights & file.rights()),
            Object::Directory { .. } => self.require(rights),
        }
    }

    /// D3: replaces the rights by a subset.
    pub(crate) fn restrict(&mut self, base: Rights, inheriting: Rights) -> Result<(), Errno> {
        if !self.base.contains(base) || !self.inheriting.contains(inheriting) {
            return Err(Errno::Notcapable);
        }
        (self.base, self.inheriting) = (base, inheriting);
        Ok(())
    }

    /// Type, flags and rights.
    pub(crate) fn fdstat(&self) -> Fdstat {
        let (filetype, flags) = match &self.object {
            Object::File(file) => (file.filetype(), file.flags()),
            Object::Directory { .. } => (Filetype::Directory, Fdflags::empty()),
        };
        Fdstat { filetype, flags, base: self.base, inheriting: self.inheriting }
    }
}

/// The descriptors of a guest.
pub(crate) struct DescriptorTable {
    slots: Vec<Option<Descriptor>>,
    free: BinaryHeap<Reverse<u32>>,
    limit: u32,
}

impl DescriptorTable {
    /// An empty table for at most `limit` descriptors.
    pub(crate) fn new(limit: u32) -> DescriptorTable {
        DescriptorTable { slots: Vec::new(), free: BinaryHeap::new(), limit }
    }

    /// Fails if [`DescriptorTable::insert`] would; to be asked before an operation that creates something.
    pub(crate) fn check_room(&self) -> Result<(), Errno> {
        if self.free.is_empty() && self.slots.len() >= crate::guest::index(self.limit) { Err(Errno::Mfile) } else { Ok(()) }
    }

    /// Gives the descriptor the lowest free number (D2).
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<Fd, Errno> {
        self.check_room()?;
        if let Some(Reverse(number)) = self.free.pop() {
            self.slots[crate::guest::index(number)] = Some(descriptor);
            return Ok(Fd(number));
        }
        let number = u32::try_from(self.slots.len()).map_err(|_| Errno::Mfile)?;
        self.slots.push(Some(descriptor));
        Ok(Fd(number))
    }

    /// The descriptor of a number, for what needs no right.
    pub(crate) fn get(&self, fd: Fd) -> Result<&Descriptor, Errno> {
        self.slots.get(crate::guest::index(fd.0)).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    /// The descriptor of a number, to change.
    pub(crate) fn get_mut(&mut self, fd: Fd) -> Result<&mut Descriptor, Errno> {
        self.slots.get_mut(crate::guest::index(fd.0)).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// The file of a number (D1). A directory is `wrong_kind`, whatever its rights.
    pub(crate) fn file(&mut self, fd: Fd, rights: Rights, wrong_kind: Errno) -> Result<&mut dyn File, Errno> {
        let descriptor = self.get_mut(fd)?;
        if matches!(descriptor.object, Object::Directory { .. }) {
            return Err(wrong_kind);
        }
        descriptor.require_useful(rights)?;
        match &mut descriptor.object {
            Object::File(file) => Ok(file.as_mut()),
            Object::Directory { .. } => Err(wrong_kind),
        }
    }

    /// The file of a number (D1), to look at. A directory is `EBADF`.
    pub(crate) fn shared_file(&self, fd: Fd, rights: Rights) -> Result<&dyn File, Errno> {
        let descriptor = self.get(fd)?;
        match &descriptor.object {
            Object::File(file) => {
                descriptor.require_useful(rights)?;
                Ok(file.as_ref())
            }
            Object::Directory { .. } => Err(Errno::Badf),
        }
    }

    /// The directory of a number (D1). Anything else is `ENOTDIR`.
    pub(crate) fn directory(&self, fd: Fd, rights: Rights) -> Result<&dyn Directory, Errno> {
        let descriptor = self.get(fd)?;
        match &descriptor.object {
            Object::Directory { directory, .. } => {
                descriptor.require(rights)?;
                Ok(directory.as_ref())
            }
            Object::File(_) => Err(Errno::Notdir),
        }
    }

    /// Drops the listings of all directories if they take too much memory with one more of `size` bytes (D4). A walk that loses its listing
    /// takes a new one, and goes on at its place there.
    pub(crate) fn make_room_for_listing(&mut self, size: usize) {
        if self.listing_bytes().saturating_add(size) > LISTINGS_MAX {
            for descriptor in self.slots.iter_mut().flatten() {
                if let Object::Directory { listing, .. } = &mut descriptor.object {
                    *listing = None;
                }
            }
        }
    }

    /// How many bytes the listings take that are kept.
    pub(crate) fn listing_bytes(&self) -> usize {
        self.slots.iter().flatten().filter_map(|descriptor| descriptor.object.listing()).map(Listing::size).sum()
    }

    /// Closes a number and returns what it stood for.
    pub(crate) fn remove(&mut self, fd: Fd) -> Result<Descriptor, Errno> {
        let slot = self.slots.get_mut(crate::guest::index(fd.0)).ok_or(Errno::Badf)?;
        let descriptor = slot.take().ok_or(Errno::Badf)?;
        self.free.push(Reverse(fd.0));
        Ok(descriptor)
    }

    /// Moves `from` to `to`, closing what `to` stood for. Both must be open; onto itself it does nothing.
    pub(crate) fn renumber(&mut self, from: Fd, to: Fd) -> Result<(), Errno> {
        self.get(to)?;
        self.get(from)?;
        if from != to {
            let descriptor = self.remove(from)?;
            *self.get_mut(to)? = descriptor;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::stdio::Input;

    fn descriptor() -> Descriptor {
        Descriptor::new(Object::File(Input::null().0), Rights::STREAM, Rights::empty())
    }

    #[test]
    fn the_lowest_free_number_is_given_out_up_to_the_limit() {
        let mut table = DescriptorTable::new(3);
        for expected in 0..3 {
            assert_eq!(table.insert(descriptor()), Ok(Fd(expected)));
        }
        assert_eq!(table.insert(descriptor()), Err(Errno::Mfile));
        table.remove(Fd(2)).unwrap();
        table.remove(Fd(0)).unwrap();
        assert_eq!(table.insert(descriptor()), Ok(Fd(0)));
        assert_eq!(table.insert(descriptor()), Ok(Fd(2)));
        assert!(table.remove(Fd(3)).is_err());
        assert!(table.remove(Fd(u32::MAX)).is_err());
    }

    #[test]
    fn renumber_keeps_the_table_dense() {
        let mut table = DescriptorTable::new(8);
        for _ in 0..3 {
            table.insert(descriptor()).unwrap();
        }
        assert_eq!(table.renumber(Fd(1), Fd(1)), Ok(()));
        assert_eq!(table.renumber(Fd(1), Fd(1 << 31)), Err(Errno::Badf));
        assert_eq!(table.renumber(Fd(7), Fd(1)), Err(Errno::Badf));
        assert_eq!(table.renumber(Fd(2), Fd(0)), Ok(()));
        assert!(table.get(Fd(2)).is_err());
        assert_eq!(table.insert(descriptor()), Ok(Fd(2)));
        assert_eq!(table.insert(descriptor()), Ok(Fd(3)));
    }
}
