//! What a guest was refused, for embedders that explain it.
//!
//! Data in: a call's name, its parameters and its error. Data out: a [`Refusal`]. Called by: `link`.

use std::fmt;

use crate::abi::Errno;
use crate::abi::types::Fd;
use crate::ctx::WasiCtx;
use crate::guest::{GuestMemory, Ptr};

/// A call that failed because of what was not granted to the guest. See [`WasiCtxBuilder::on_refusal`](crate::WasiCtxBuilder::on_refusal).
///
/// What a guest's C library refuses by itself, since no granted directory has a name that the path starts with, is not seen here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The function's name, such as `path_open`.
    pub call: &'static str,
    /// What the guest was told.
    pub errno: Errno,
    /// The paths that it passed; two for links and renames.
    pub paths: Vec<RefusedPath>,
}

/// A path of a [`Refusal`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedPath {
    /// The guest's name of the granted directory that it was to be resolved in; `None` if that was a directory below one.
    pub directory: Option<String>,
    /// The path.
    pub path: String,
}

impl fmt::Display for RefusedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.directory {
            Some(directory) => write!(f, "{:?} in {directory:?}", self.path),
            None => write!(f, "{:?} in a folder below", self.path),
        }
    }
}

/// Whether an error comes of what is not granted: an escape from a directory, a change in one that is read-only, a right or a limit.
fn is_refusal(errno: Errno) -> bool {
    matches!(errno, Errno::Perm | Errno::Rofs | Errno::Notcapable | Errno::Mfile | Errno::Dquot)
}

/// Tells the embedder of an error, if it is a refusal and somebody listens. `parameters` are names and values as the guest passed them.
pub(crate) fn report(
    ctx: &mut WasiCtx,
    guest: &GuestMemory<'_>,
    call: &'static str,
    parameters: &[(&'static str, Option<u32>)],
    errno: Errno,
) {
    if !is_refusal(errno) || ctx.observer.is_none() {
        return;
    }
    let value = |wanted: &str| parameters.iter().find(|(name, _)| *name == wanted).and_then(|(_, value)| *value);
    let path = |fd: &str, path: &str, len: &str| {
        let path = guest.string(Ptr::new(value(path)?), value(len)?).ok()?.to_owned();
        let descriptor = ctx.table.get(Fd(value(fd)?)).ok();
        Some(RefusedPath { directory: descriptor.and_then(|descriptor| descriptor.preopen_name()).map(str::to_owned), path })
    };
    // The parameters' names are those of the table of functions; in `path_symlink` the old path is text and no place.
    let paths = [
        path("fd", "path", "path_len"),
        path("old_fd", "old_path", "old_path_len"),
        path("new_fd", "new_path", "new_path_len"),
        path("fd", "new_path", "new_path_len"),
    ];
    let refusal = Refusal { call, errno, paths: paths.into_iter().flatten().collect() };
    if let Some(observer) = &mut ctx.observer {
        observer(&refusal);
    }
}
