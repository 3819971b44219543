//! `fd_filestat_set_times` on a directory, and `path_filestat_set_times`, on the host.

use std::time::{Duration, SystemTime};

use cap_fs_ext::{DirExt, SystemTimeSpec};

use super::{HostDirectory, follows, stat};
use crate::abi::Errno;
use crate::fs::{NewTime, SetTimes};

/// Sets the times of the directory itself.
pub(super) fn directory(directory: &HostDirectory, times: SetTimes) -> Result<(), Errno> {
    at(directory, ".", true, times)
}

/// Sets the times of what the path names; without `follow`, of a symbolic link itself.
pub(super) fn at(directory: &HostDirectory, path: &str, follow: bool, times: SetTimes) -> Result<(), Errno> {
    directory.writable()?;
    if times == SetTimes::default() {
        // Some hosts succeed then without a look at the path.
        return stat::at(directory, path, follow).map(drop);
    }
    let accessed = times.accessed.map(spec).transpose()?;
    let modified = times.modified.map(spec).transpose()?;
    if follows(path, follow) {
        directory.dir.set_times(path, accessed, modified)?;
    } else {
        directory.dir.set_symlink_times(path, accessed, modified)?;
    }
    Ok(())
}

/// A time in the form of `cap-std`.
fn spec(time: NewTime) -> Result<SystemTimeSpec, Errno> {
    Ok(match time {
        NewTime::Now => SystemTimeSpec::SymbolicNow,
        NewTime::At(nanoseconds) => SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(system_time(nanoseconds)?)),
    })
}

/// Nanoseconds since 1970 as a host time.
pub(super) fn system_time(nanoseconds: u64) -> Result<SystemTime, Errno> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(nanoseconds)).ok_or(Errno::Inval)
}
