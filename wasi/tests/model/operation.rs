//! One call of the guest, drawn by choices, and what it tells.

use super::source::Source;
use super::world::{Argument, BUFFER, OTHER, Open, PATH, RESULT, World, args};

/// Names that paths are made of. The tree of the beginning has most of them.
const NAMES: [&str; 24] = [
    "a", "b", "f", "g", "c", "d", "a", "b", "f", "g", "c", "d", "e", "to-a", "to-a", "..", "..", ".", "self", "up", "out", "abs", "loop",
    "dangling",
];

const CREAT: u16 = 1;
const DIRECTORY: u16 = 2;
const EXCL: u16 = 4;
const TRUNC: u16 = 8;

const FD_READ: u64 = 1 << 1;
const FD_WRITE: u64 = 1 << 6;
/// Everything, as C libraries ask for it.
const ALL: u64 = (1 << 29) - 1;
/// Everything but to write, to allocate and to set the size.
const READING: u64 = ALL & !(FD_WRITE | 1 << 8 | 1 << 22);

/// A call.
#[derive(Debug)]
pub enum Operation {
    Open { fd: u32, follow: u32, path: String, oflags: u16, rights: u64, fdflags: u16 },
    Close(u32),
    Renumber(u32, u32),
    CreateDirectory(u32, String),
    RemoveDirectory(u32, String),
    Unlink(u32, String),
    Rename(u32, String, u32, String),
    Link(u32, u32, String, u32, String),
    Symlink(String, u32, String),
    ReadLink(u32, String, u32),
    Stat(u32, u32, String),
    SetTimes(u32, u32, String, u64, u16),
    FdStat(u32),
    FdSetTimes(u32, u64, u16),
    SetFlags(u32, u16),
    SetSize(u32, u64),
    Allocate(u32, u64, u64),
    Write(u32, u32),
    WriteAt(u32, u32, u64),
    Read(u32, u32),
    ReadAt(u32, u32, u64),
    Seek(u32, i64, u32),
    Tell(u32),
    List(u32, u32),
    Sync(u32),
}

impl Operation {
    /// The next operation, mostly on descriptors that are open.
    pub fn draw(source: &mut Source<'_>, open: &Open) -> Operation {
        use Operation as O;
        let directory = |source: &mut Source<'_>| pick(source, &open.directories, &open.files);
        let descriptor = |source: &mut Source<'_>| pick(source, &open.files, &open.directories);
        match source.below(32) {
            0..=5 => O::Open {
                fd: directory(source),
                follow: source.below(2) as u32,
                path: path(source),
                oflags: oflags(source),
                rights: source.choose(&[ALL, ALL, ALL, READING, READING, FD_READ, FD_READ | FD_WRITE, FD_WRITE, 0]),
                fdflags: source.choose(&[0, 0, 0, 1]),
            },
            6 => O::Close(descriptor(source)),
            7 => O::Renumber(descriptor(source), descriptor(source)),
            8 | 9 => O::CreateDirectory(directory(source), path(source)),
            10 => O::RemoveDirectory(directory(source), path(source)),
            11 => O::Unlink(directory(source), path(source)),
            12..=14 => O::Rename(directory(source), path(source), directory(source), path(source)),
            15 => O::Link(directory(source), u32::from(source.rarely(8)), path(source), directory(source), path(source)),
            16 => O::Symlink(contents(source), directory(source), path(source)),
            17 => O::ReadLink(directory(source), path(source), source.choose(&[100, 100, 3, 0])),
            18 | 19 => O::Stat(directory(source), source.below(2) as u32, path(source)),
            20 => O::SetTimes(directory(source), source.below(2) as u32, path(source), time(source), source.below(16) as u16),
            21 => O::FdStat(descriptor(source)),
            22 => O::FdSetTimes(descriptor(source), time(source), source.below(16) as u16),
            23 => O::SetFlags(descriptor(source), source.below(2) as u16),
            24 => O::SetSize(descriptor(source), size(source)),
            25 if source.rarely(2) => O::Allocate(descriptor(source), size(source).min(1 << 20), size(source).min(1 << 20)),
            25 => O::Sync(descriptor(source)),
            26 => O::Write(descriptor(source), length(source)),
            27 => O::WriteAt(descriptor(source), length(source), size(source)),
            28 => O::Read(descriptor(source), length(source)),
            29 => O::ReadAt(descriptor(source), length(source), size(source)),
            30 if source.rarely(2) => O::Tell(descriptor(source)),
            // Not far past the end: how far a position may go is a matter of the host's file system.
            30 => O::Seek(descriptor(source), size(source).cast_signed().saturating_sub(50), source.below(4) as u32),
            _ => O::List(directory(source), source.choose(&[4096, 4096, 300, 50, 25, 1])),
        }
    }

    /// Makes the call; tells the error number and the results that must be the same everywhere.
    pub fn run(&self, world: &mut World) -> String {
        use Operation as O;
        match self {
            O::Open { fd, follow, path, oflags, rights, fdflags } => {
                let (address, len) = world.put_path(PATH, path);
                let oflags = u32::from(*oflags);
                world.call(
                    "path_open",
                    &args![*fd, *follow, address, len, oflags, *rights, ALL, u32::from(*fdflags), RESULT],
                    World::result32,
                )
            }
            O::Close(fd) => world.call("fd_close", &args![*fd], World::nothing),
            O::Renumber(from, to) => world.call("fd_renumber", &args![*from, *to], World::nothing),
            O::CreateDirectory(fd, path) => of_a_path(world, "path_create_directory", *fd, path),
            O::RemoveDirectory(fd, path) => of_a_path(world, "path_remove_directory", *fd, path),
            O::Unlink(fd, path) => of_a_path(world, "path_unlink_file", *fd, path),
            O::Rename(fd, path, new_fd, new_path) => {
                let ((old, old_len), (new, new_len)) = (world.put_path(PATH, path), world.put_path(OTHER, new_path));
                world.call("path_rename", &args![*fd, old, old_len, *new_fd, new, new_len], World::nothing)
            }
            O::Link(fd, follow, path, new_fd, new_path) => {
                let ((old, old_len), (new, new_len)) = (world.put_path(PATH, path), world.put_path(OTHER, new_path));
                world.call("path_link", &args![*fd, *follow, old, old_len, *new_fd, new, new_len], World::nothing)
            }
            O::Symlink(contents, fd, path) => {
                let ((old, old_len), (new, new_len)) = (world.put_path(PATH, contents), world.put_path(OTHER, path));
                world.call("path_symlink", &args![old, old_len, *fd, new, new_len], World::nothing)
            }
            O::ReadLink(fd, path, room) => {
                let (address, len) = world.put_path(PATH, path);
                world.call("path_readlink", &args![*fd, address, len, BUFFER, *room, RESULT], World::buffer)
            }
            O::Stat(fd, follow, path) => {
                let (address, len) = world.put_path(PATH, path);
                world.call("path_filestat_get", &args![*fd, *follow, address, len, BUFFER], World::filestat)
            }
            O::SetTimes(fd, follow, path, time, flags) => {
                let (address, len) = world.put_path(PATH, path);
                let values = args![*fd, *follow, address, len, *time, *time, u32::from(*flags)];
                world.call("path_filestat_set_times", &values, World::nothing)
            }
            O::FdSetTimes(fd, time, flags) => {
                world.call("fd_filestat_set_times", &args![*fd, *time, *time, u32::from(*flags)], World::nothing)
            }
            O::FdStat(fd) => {
                let stat = world.call("fd_filestat_get", &args![*fd, BUFFER], World::filestat);
                stat + &world.call("fd_fdstat_get", &args![*fd, BUFFER], World::fdstat)
            }
            O::SetFlags(fd, flags) => world.call("fd_fdstat_set_flags", &args![*fd, u32::from(*flags)], World::nothing),
            O::SetSize(fd, size) => world.call("fd_filestat_set_size", &args![*fd, *size], World::nothing),
            O::Allocate(fd, offset, len) => world.call("fd_allocate", &args![*fd, *offset, *len], World::nothing),
            O::Sync(fd) => world.call("fd_datasync", &args![*fd], World::nothing),
            O::Write(fd, len) => {
                world.put_regions(*len);
                world.call("fd_write", &args![*fd, 0, 2, RESULT], World::result32)
            }
            O::WriteAt(fd, len, offset) => {
                world.put_regions(*len);
                world.call("fd_pwrite", &args![*fd, 0, 2, *offset, RESULT], World::result32)
            }
            O::Read(fd, len) => {
                world.put_regions(*len);
                world.call("fd_read", &args![*fd, 0, 2, RESULT], World::buffer)
            }
            O::ReadAt(fd, len, offset) => {
                world.put_regions(*len);
                world.call("fd_pread", &args![*fd, 0, 2, *offset, RESULT], World::buffer)
            }
            O::Seek(fd, offset, whence) => world.call("fd_seek", &args![*fd, offset.cast_unsigned(), *whence, RESULT], World::result64),
            O::Tell(fd) => world.call("fd_tell", &args![*fd, RESULT], World::result64),
            O::List(fd, room) => world.list(*fd, *room),
        }
    }
}

/// A call with a descriptor and a path.
fn of_a_path(world: &mut World, function: &str, fd: u32, path: &str) -> String {
    let (address, len) = world.put_path(PATH, path);
    world.call(function, &args![fd, address, len], World::nothing)
}

/// A descriptor of the usual kind, or, rarely, of another kind or none.
fn pick(source: &mut Source<'_>, usual: &[u32], other: &[u32]) -> u32 {
    match source.below(16) {
        1 => source.choose(&[0, 1, 2, 10, 99, u32::MAX]),
        2 if !other.is_empty() => source.choose(other),
        _ if !usual.is_empty() => source.choose(usual),
        _ => 3,
    }
}

/// A path of some names, in many spellings.
fn path(source: &mut Source<'_>) -> String {
    let mut path = source.choose(&NAMES).to_owned();
    for _ in 0..source.choose(&[0, 0, 0, 1, 1, 2, 3]) {
        path.push_str(source.choose(&["/", "/", "/", "//", "/./"]));
        path.push_str(source.choose(&NAMES));
    }
    match source.below(64) {
        1..=3 => path.push('/'),
        4 => path.push_str("/."),
        5 => path.push_str("/.."),
        11 => path.insert(0, '/'),
        6 => path.insert_str(0, "./"),
        7 => path.clear(),
        8 => path.push_str(&"n".repeat(256)),
        9 => path.push_str(&"/n".repeat(2048)),
        10 => path.push('\\'),
        _ => {}
    }
    path
}

/// What a symbolic link says.
fn contents(source: &mut Source<'_>) -> String {
    if source.rarely(16) { "l".repeat(4096) } else { path(source) }
}

/// How a file is opened.
fn oflags(source: &mut Source<'_>) -> u16 {
    source.choose(&[
        0,
        0,
        0,
        CREAT,
        CREAT,
        CREAT,
        CREAT | TRUNC,
        CREAT | EXCL,
        DIRECTORY,
        DIRECTORY,
        TRUNC,
        TRUNC,
        EXCL,
        DIRECTORY | CREAT,
        15,
        0,
    ])
}

/// A time: some are set, which the file systems keep exactly.
fn time(source: &mut Source<'_>) -> u64 {
    source.choose(&[0, 1, 999_999_999, 1_000_000_000, 1_234_567_890_123_456_789])
}

/// A size or offset: small ones, ends of pieces and blocks, and such that make holes.
fn size(source: &mut Source<'_>) -> u64 {
    source.choose(&[0, 1, 5, 50, 0, 1, 5, 50, 100, 511, 4096, 16_383, 16_384, 16_385, 65_536, 100_000, 1 << 33, u64::MAX, 1 << 63])
}

/// How many bytes are moved.
fn length(source: &mut Source<'_>) -> u32 {
    source.choose(&[0, 1, 5, 60, 600, 5000, 20_000])
}
