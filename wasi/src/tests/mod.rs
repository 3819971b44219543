//! Tests of the call bodies, without an engine: a guest is a byte array and a context.
//!
//! What a file system must do is tried on each [`World`]: the host's, one in memory, and one in memory over a folder of the host.
//!
//! - `memory`: addresses, counts and result cells
//! - `paths`: what a path may reach
//! - `files`: reading, writing, listing, descriptors
//! - `rights`: rights and read-only grants
//! - `misc`: arguments, random bytes, standard streams
//! - `pipes`: pipes of the host's file system
//! - `time`: clocks, polls, deadlines, interruption
//! - `net`: sockets
//! - `limits`: what a guest may use up
//! - `memory_fs`, `overlay`, `granted_files`: what only those file systems have
//! - `hostile`: what hostile guests try, by abuse

mod files;
mod granted_files;
mod hostile;
mod limits;
mod memory;
mod memory_fs;
mod misc;
mod net;
mod overlay;
mod paths;
#[cfg(target_os = "linux")]
mod pipes;
mod rights;
mod time;

use std::path::{Path, PathBuf};

use crate::abi::Errno;
use crate::abi::flags::{Fdflags, Lookupflags, Oflags, Rights};
use crate::abi::types::{Fd, Filetype};
use crate::calls;
use crate::guest::{GuestMemory, Ptr};
use crate::{Access, MemoryFs, Output, OutputPipe, WasiCtx, WasiCtxBuilder};

/// The first granted directory.
const ROOT: Fd = Fd(3);
/// Where test strings are put.
const STRINGS: u32 = 4096;
/// Where results are stored.
const RESULT: u32 = 64;
/// A buffer.
const BUFFER: u32 = 32768;
/// Rights of an ordinary file or directory.
const ALL: Rights = Rights::all();

/// What the folder of a guest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum World {
    /// A folder of the host.
    Host,
    /// A file system in memory.
    Memory,
    /// One over a folder of the host, which has what the test puts in.
    Overlay,
}

impl World {
    const ALL: [World; 3] = [World::Host, World::Memory, World::Overlay];
}

/// A guest in a fresh folder, which is granted as `/`.
struct Guest {
    ctx: WasiCtx,
    memory: Vec<u8>,
    world: World,
    /// Holds the granted folder and nothing else, so that an escape shows.
    outside: tempfile::TempDir,
    granted: PathBuf,
    /// The file system in memory, if the folder is one.
    fs: MemoryFs,
    stdout: OutputPipe,
}

/// A guest that may change its folder, which is one of the host.
fn guest() -> Guest {
    guest_with(Access::ReadWrite, |builder| builder)
}

/// A guest with other grants.
fn guest_with(access: Access, more: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> Guest {
    guest_in(World::Host, access, more)
}

/// A guest in one of the worlds.
fn guest_in(world: World, access: Access, more: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> Guest {
    let outside = tempfile::tempdir().unwrap();
    let granted = outside.path().join("granted");
    std::fs::create_dir(&granted).unwrap();
    let fs = match world {
        World::Overlay => MemoryFs::builder().over_host(&granted).unwrap().build().unwrap(),
        World::Host | World::Memory => MemoryFs::new(),
    };
    let stdout = OutputPipe::new();
    let builder = WasiCtx::builder().stdout(Output::pipe(&stdout));
    let builder = match world {
        World::Host => builder.directory(&granted, "/", access),
        World::Memory | World::Overlay => builder.directory_in(&fs, "/", access),
    };
    Guest { ctx: more(builder).build().unwrap(), memory: vec![0; 65536], world, outside, granted, fs, stdout }
}

/// Runs a test in each world.
fn each(test: impl FnMut(Guest)) {
    each_with(Access::ReadWrite, |builder| builder, test);
}

/// Runs a test in each world, with other grants.
fn each_with(access: Access, more: impl Fn(WasiCtxBuilder) -> WasiCtxBuilder, mut test: impl FnMut(Guest)) {
    for world in World::ALL {
        println!("in the world {world:?}");
        test(guest_in(world, access, &more));
    }
}

impl Guest {
    /// Runs a call body.
    fn call<R>(&mut self, call: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>) -> R) -> R {
        call(&mut self.ctx, &mut GuestMemory::new(&mut self.memory))
    }

    /// Puts bytes into memory.
    fn put(&mut self, address: u32, bytes: &[u8]) {
        self.memory[address as usize..address as usize + bytes.len()].copy_from_slice(bytes);
    }

    /// Puts a string where the paths of calls are read from.
    fn string(&mut self, offset: u32, string: &str) -> (Ptr<u8>, u32) {
        self.put(STRINGS + offset, string.as_bytes());
        (Ptr::new(STRINGS + offset), string.len() as u32)
    }

    /// Bytes of memory.
    fn bytes(&self, address: u32, len: u32) -> &[u8] {
        &self.memory[address as usize..(address + len) as usize]
    }

    /// A number in memory.
    fn u32(&self, address: u32) -> u32 {
        u32::from_le_bytes(self.bytes(address, 4).try_into().unwrap())
    }

    /// A number in memory.
    fn u64(&self, address: u32) -> u64 {
        u64::from_le_bytes(self.bytes(address, 8).try_into().unwrap())
    }

    /// Puts an array of regions at address 0.
    fn iovecs(&mut self, regions: &[(u32, u32)]) {
        for (position, (address, len)) in regions.iter().enumerate() {
            self.put(position as u32 * 8, &address.to_le_bytes());
            self.put(position as u32 * 8 + 4, &len.to_le_bytes());
        }
    }

    /// The host's path of the granted folder.
    fn path(&self) -> &Path {
        &self.granted
    }

    /// Puts a file into the guest's folder; in an overlay, below.
    fn put_file(&self, path: &str, bytes: impl AsRef<[u8]>) {
        match self.world {
            World::Memory => self.fs.write(path, bytes).unwrap(),
            World::Host | World::Overlay => std::fs::write(self.granted.join(path), bytes).unwrap(),
        }
    }

    /// Makes a directory, and those above, in the guest's folder; in an overlay, below.
    fn make_directory(&self, path: &str) {
        match self.world {
            World::Memory => self.fs.create_directory(path).unwrap(),
            World::Host | World::Overlay => std::fs::create_dir_all(self.granted.join(path)).unwrap(),
        }
    }

    /// Makes a symbolic link with any contents in the guest's folder; in an overlay, below.
    #[cfg(unix)]
    fn make_symlink(&self, contents: impl AsRef<Path>, path: &str) {
        let contents = contents.as_ref();
        match self.world {
            World::Memory => self.fs.symlink(contents.to_str().unwrap(), path).unwrap(),
            World::Host | World::Overlay => std::os::unix::fs::symlink(contents, self.granted.join(path)).unwrap(),
        }
    }

    /// The bytes of a file that the guest sees.
    fn get_file(&self, path: &str) -> Vec<u8> {
        match self.world {
            World::Host => std::fs::read(self.granted.join(path)).unwrap(),
            World::Memory | World::Overlay => self.fs.read(path).unwrap(),
        }
    }

    /// Whether the guest sees something of that name.
    fn exists(&self, path: &str) -> bool {
        match self.world {
            World::Host => self.granted.join(path).symlink_metadata().is_ok(),
            World::Memory | World::Overlay => self.fs.filestat(path).is_ok(),
        }
    }

    /// How many names the guest sees in its folder.
    fn count_names(&self) -> usize {
        match self.world {
            World::Host => std::fs::read_dir(&self.granted).unwrap().count(),
            World::Memory | World::Overlay => self.fs.list("").unwrap().len(),
        }
    }

    /// Fails if anything was made beside the granted folder.
    fn check_outside(&self) {
        let names: Vec<_> = std::fs::read_dir(self.outside.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["granted"]);
    }

    fn open_with(&mut self, path: &str, oflags: Oflags, rights: Rights, follow: bool) -> Result<Fd, Errno> {
        self.open_in(ROOT, path, oflags, rights, follow)
    }

    fn open_in(&mut self, fd: Fd, path: &str, oflags: Oflags, rights: Rights, follow: bool) -> Result<Fd, Errno> {
        let (path, len) = self.string(0, path);
        let flags = if follow { Lookupflags::SYMLINK_FOLLOW } else { Lookupflags::empty() };
        self.call(|ctx, guest| {
            calls::path::open(ctx, guest, fd, flags, path, len, oflags, rights, ALL, Fdflags::empty(), Ptr::new(RESULT))
        })?;
        Ok(Fd(self.u32(RESULT)))
    }

    /// Opens for reading and writing, following links.
    fn open(&mut self, path: &str, oflags: Oflags) -> Result<Fd, Errno> {
        self.open_with(path, oflags, Rights::FILE, true)
    }

    /// Opens for reading only.
    fn open_to_read(&mut self, path: &str) -> Result<Fd, Errno> {
        self.open_with(path, Oflags::empty(), Rights::FD_READ | Rights::FD_SEEK | Rights::FD_TELL | Rights::FD_FILESTAT_GET, true)
    }

    fn close(&mut self, fd: Fd) -> Result<(), Errno> {
        self.call(|ctx, guest| calls::fd::close(ctx, guest, fd))
    }

    fn write(&mut self, fd: Fd, bytes: &[u8]) -> Result<u32, Errno> {
        self.put(BUFFER, bytes);
        self.iovecs(&[(BUFFER, bytes.len() as u32)]);
        self.call(|ctx, guest| calls::fd::write(ctx, guest, fd, Ptr::new(0), 1, Ptr::new(RESULT)))?;
        Ok(self.u32(RESULT))
    }

    fn read(&mut self, fd: Fd, len: u32) -> Result<Vec<u8>, Errno> {
        self.iovecs(&[(BUFFER, len)]);
        self.call(|ctx, guest| calls::fd::read(ctx, guest, fd, Ptr::new(0), 1, Ptr::new(RESULT)))?;
        Ok(self.bytes(BUFFER, self.u32(RESULT)).to_vec())
    }

    /// A call with one path.
    fn with_path(
        &mut self,
        path: &str,
        call: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>, Fd, Ptr<u8>, u32) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let (path, len) = self.string(0, path);
        self.call(|ctx, guest| call(ctx, guest, ROOT, path, len))
    }

    /// The type of what a path names.
    fn filetype(&mut self, path: &str, follow: bool) -> Result<u8, Errno> {
        use crate::abi::types::Filestat;
        let flags = if follow { Lookupflags::SYMLINK_FOLLOW } else { Lookupflags::empty() };
        self.with_path(path, |ctx, guest, fd, path, len| {
            calls::path::filestat_get::<Filestat>(ctx, guest, fd, flags, path, len, Ptr::new(RESULT))
        })?;
        Ok(self.memory[RESULT as usize + 16])
    }
}

#[test]
fn a_guest_writes_a_file_and_reads_it_back() {
    let mut guest = guest();
    let fd = guest.open("a", Oflags::CREAT).unwrap();
    assert_eq!(fd, Fd(4));
    assert_eq!(guest.write(fd, b"hello"), Ok(5));
    assert_eq!(std::fs::read(guest.path().join("a")).unwrap(), b"hello");
    let again = guest.open_to_read("a").unwrap();
    assert_eq!(guest.read(again, 100).unwrap(), b"hello");
    assert_eq!(guest.read(again, 100).unwrap(), b"");
    assert_eq!(guest.filetype("a", true), Ok(Filetype::RegularFile as u8));
}
