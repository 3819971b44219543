//! Listing a directory of the host for `fd_readdir`.

use super::{HostDirectory, stat};
use crate::abi::Errno;
use crate::fs::Listing;

/// Lists the directory at this moment.
///
/// A name that is not UTF-8 cannot be named in Preview 1 and is left out. An entry that disappears meanwhile is left out too.
pub(super) fn read_dir(directory: &HostDirectory) -> Result<Listing, Errno> {
    let mut listing = Listing::new();
    for entry in directory.dir.entries()? {
        let entry = entry?;
        let name = entry.file_name();
        let (Some(name), Ok(filetype)) = (name.to_str(), entry.file_type()) else { continue };
        listing.push(name, serial_number(&entry), stat::filetype(filetype));
    }
    Ok(listing)
}

/// The serial number that the directory itself records.
#[cfg(unix)]
fn serial_number(entry: &cap_std::fs::DirEntry) -> u64 {
    rustix::fs::DirEntryExt::ino(entry)
}

/// 0 means "ask for the attributes".
#[cfg(not(unix))]
fn serial_number(_: &cap_std::fs::DirEntry) -> u64 {
    0
}
