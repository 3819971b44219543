//! The bodies of the 46 functions of Preview 1, by group, and the one table that names them.
//!
//! Every body is a plain function of the context, the guest's memory and typed parameters; it returns an error number. So each can be
//! tested without an engine. Called by: `link`, through [`for_each_function`]. Calls: `ctx`, `descriptor`, `fs`, `guest`, `abi`.
//!
//! # Invariants
//! F1 Order of checks: result cells and buffers (`EFAULT`), then descriptor (`EBADF`), kind, rights (`ENOTCAPABLE`), then the operation.
//! F2 The result is stored last, in a cell checked first, so that a fault leaves no half-done operation behind.

pub(crate) mod args;
pub(crate) mod clock;
pub(crate) mod environ;
pub(crate) mod fd;
pub(crate) mod path;
pub(crate) mod poll;
pub(crate) mod proc;
pub(crate) mod random;
pub(crate) mod readdir;
pub(crate) mod sched;
pub(crate) mod sock;
mod transfer;

/// Calls `$action! { $($first)* name(parameter: Type, …) = path; … }` with the functions of each list:
///
/// - `common`: in `wasi_snapshot_preview1` and `wasi_unstable` alike;
/// - `preview1`, `unstable`: the functions whose layouts or numbers differ, and `sock_accept`, which `wasi_unstable` lacks.
///
/// `proc_exit` and `proc_raise` are not here: they do not return an error number, and `link` adds them by name.
macro_rules! for_each_function {
    (common, $action:ident, $($first:tt)*) => {
        $action! {
            $($first)*
            args_get(argv: Ptr<u32>, argv_buf: Ptr<u8>) = args::get;
            args_sizes_get(count: Ptr<u32>, size: Ptr<u32>) = args::sizes_get;
            environ_get(environ: Ptr<u32>, environ_buf: Ptr<u8>) = environ::get;
            environ_sizes_get(count: Ptr<u32>, size: Ptr<u32>) = environ::sizes_get;
            clock_res_get(id: Clockid, resolution: Ptr<u64>) = clock::res_get;
            clock_time_get(id: Clockid, precision: u64, time: Ptr<u64>) = clock::time_get;
            fd_advise(fd: Fd, offset: u64, len: u64, advice: Advice) = fd::advise;
            fd_allocate(fd: Fd, offset: u64, len: u64) = fd::allocate;
            fd_close(fd: Fd) = fd::close;
            fd_datasync(fd: Fd) = fd::datasync;
            fd_fdstat_get(fd: Fd, stat: Ptr<Fdstat>) = fd::fdstat_get;
            fd_fdstat_set_flags(fd: Fd, flags: Fdflags) = fd::fdstat_set_flags;
            fd_fdstat_set_rights(fd: Fd, base: Rights, inheriting: Rights) = fd::fdstat_set_rights;
            fd_filestat_set_size(fd: Fd, size: u64) = fd::filestat_set_size;
            fd_filestat_set_times(fd: Fd, atim: u64, mtim: u64, flags: Fstflags) = fd::filestat_set_times;
            fd_pread(fd: Fd, iovs: Ptr<Iovec>, iovs_len: u32, offset: u64, count: Ptr<u32>) = fd::pread;
            fd_prestat_get(fd: Fd, prestat: Ptr<Prestat>) = fd::prestat_get;
            fd_prestat_dir_name(fd: Fd, path: Ptr<u8>, path_len: u32) = fd::prestat_dir_name;
            fd_pwrite(fd: Fd, iovs: Ptr<Iovec>, iovs_len: u32, offset: u64, count: Ptr<u32>) = fd::pwrite;
            fd_read(fd: Fd, iovs: Ptr<Iovec>, iovs_len: u32, count: Ptr<u32>) = fd::read;
            fd_readdir(fd: Fd, buf: Ptr<u8>, buf_len: u32, cookie: u64, used: Ptr<u32>) = readdir::readdir;
            fd_renumber(from: Fd, to: Fd) = fd::renumber;
            fd_sync(fd: Fd) = fd::sync;
            fd_tell(fd: Fd, position: Ptr<u64>) = fd::tell;
            fd_write(fd: Fd, iovs: Ptr<Iovec>, iovs_len: u32, count: Ptr<u32>) = fd::write;
            path_create_directory(fd: Fd, path: Ptr<u8>, path_len: u32) = path::create_directory;
            path_filestat_set_times(
                fd: Fd, flags: Lookupflags, path: Ptr<u8>, path_len: u32, atim: u64, mtim: u64, fst_flags: Fstflags
            ) = path::filestat_set_times;
            path_link(
                old_fd: Fd, old_flags: Lookupflags, old_path: Ptr<u8>, old_path_len: u32, new_fd: Fd, new_path: Ptr<u8>, new_path_len: u32
            ) = path::link;
            path_open(
                fd: Fd, dirflags: Lookupflags, path: Ptr<u8>, path_len: u32, oflags: Oflags, base: Rights, inheriting: Rights,
                fdflags: Fdflags, opened: Ptr<Fd>
            ) = path::open;
            path_readlink(fd: Fd, path: Ptr<u8>, path_len: u32, buf: Ptr<u8>, buf_len: u32, used: Ptr<u32>) = path::readlink;
            path_remove_directory(fd: Fd, path: Ptr<u8>, path_len: u32) = path::remove_directory;
            path_rename(
                old_fd: Fd, old_path: Ptr<u8>, old_path_len: u32, new_fd: Fd, new_path: Ptr<u8>, new_path_len: u32
            ) = path::rename;
            path_symlink(old_path: Ptr<u8>, old_path_len: u32, fd: Fd, new_path: Ptr<u8>, new_path_len: u32) = path::symlink;
            path_unlink_file(fd: Fd, path: Ptr<u8>, path_len: u32) = path::unlink_file;
            random_get(buf: Ptr<u8>, buf_len: u32) = random::get;
            sched_yield() = sched::yield_now;
            sock_recv(
                fd: Fd, iovs: Ptr<Iovec>, iovs_len: u32, flags: Riflags, count: Ptr<u32>, out_flags: Ptr<u16>
            ) = sock::recv;
            sock_send(fd: Fd, iovs: Ptr<Iovec>, iovs_len: u32, flags: u32, count: Ptr<u32>) = sock::send;
            sock_shutdown(fd: Fd, how: Sdflags) = sock::shutdown;
        }
    };
    (preview1, $action:ident, $($first:tt)*) => {
        $action! {
            $($first)*
            fd_filestat_get(fd: Fd, stat: Ptr<Filestat>) = fd::filestat_get;
            fd_seek(fd: Fd, offset: i64, whence: Whence, position: Ptr<u64>) = fd::seek;
            path_filestat_get(fd: Fd, flags: Lookupflags, path: Ptr<u8>, path_len: u32, stat: Ptr<Filestat>) = path::filestat_get;
            poll_oneoff(subscriptions: Ptr<Subscription>, events: Ptr<Event>, count: u32, stored: Ptr<u32>) = poll::oneoff;
            sock_accept(fd: Fd, flags: Fdflags, accepted: Ptr<Fd>) = sock::accept;
        }
    };
    (unstable, $action:ident, $($first:tt)*) => {
        $action! {
            $($first)*
            fd_filestat_get(fd: Fd, stat: Ptr<FilestatUnstable>) = fd::filestat_get;
            fd_seek(fd: Fd, offset: i64, whence: WhenceUnstable, position: Ptr<u64>) = fd::seek;
            path_filestat_get(fd: Fd, flags: Lookupflags, path: Ptr<u8>, path_len: u32, stat: Ptr<FilestatUnstable>) = path::filestat_get;
            poll_oneoff(subscriptions: Ptr<SubscriptionUnstable>, events: Ptr<Event>, count: u32, stored: Ptr<u32>) = poll::oneoff;
        }
    };
}

pub(crate) use for_each_function;

#[cfg(test)]
mod tests {
    /// Names of one list.
    macro_rules! names {
        ($names:ident; $($name:ident($($arg:ident: $ty:ty),*) = $call:path;)*) => {
            $names.extend([$(stringify!($name)),*]);
        };
    }

    #[test]
    fn the_table_is_complete_and_documented() {
        let mut preview1 = vec!["proc_exit", "proc_raise"];
        let mut unstable = preview1.clone();
        for_each_function!(common, names, preview1;);
        for_each_function!(preview1, names, preview1;);
        for_each_function!(common, names, unstable;);
        for_each_function!(unstable, names, unstable;);
        for names in [&mut preview1, &mut unstable] {
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "a name stands twice");
        }
        assert_eq!((preview1.len(), unstable.len()), (46, 45));
        let readme = include_str!("../../README.md");
        for name in preview1 {
            assert!(readme.contains(&format!("`{name}`")), "README.md does not name {name}");
        }
    }
}
