//! `path_rename` on the host.

use std::borrow::Cow;

use super::HostDirectory;
use crate::abi::Errno;

/// Renames, within one granted directory or across two.
///
/// A slash after the new name says that a directory is renamed, and `cap-std` drops it. A slash after the old name says the same, and gets as far as
/// the host, which then looks at what it renames; a look of our own before could be out of date.
pub(super) fn rename(source: &HostDirectory, path: &str, target: &HostDirectory, target_path: &str) -> Result<(), Errno> {
    source.writable()?;
    target.writable()?;
    let directory = !path.is_empty() && target_path.ends_with('/');
    let path = if directory { Cow::Owned(format!("{path}/")) } else { Cow::Borrowed(path) };
    Ok(source.dir.rename(path.as_ref(), &target.dir, target_path)?)
}
