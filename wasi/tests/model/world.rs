//! A file system with a guest in it, and what the guest sees.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use fulgurite::{Engine, Instance, Linker, Memory, Module, Store, Val};
use fulgurite_wasi::{Access, MemoryFs, WasiCtx, add_to_linker};

/// Where results of a call go.
pub const RESULT: u32 = 64;
/// Where a path is put.
pub const PATH: u32 = 1024;
/// Where a second path is put.
pub const OTHER: u32 = 8192;
/// Where other results go, to the end of the page.
pub const BUFFER: u32 = 16_384;

/// What the files outside say; no guest may see it.
const CANARY: &str = "canary: outside of the grant";

/// Times after this are the present.
const PRESENT: u64 = 1_600_000_000_000_000_000;

/// The arguments of a call; needs [`Argument`] in scope.
macro_rules! args {
    ($($value:expr),*) => { [$(Argument::from($value).0),*] };
}
pub(super) use args;

/// A number as an argument.
pub struct Argument(pub Val);

impl From<i32> for Argument {
    fn from(value: i32) -> Argument {
        Argument(Val::I32(value))
    }
}

impl From<u32> for Argument {
    fn from(value: u32) -> Argument {
        Argument(Val::I32(value.cast_signed()))
    }
}

impl From<u64> for Argument {
    fn from(value: u64) -> Argument {
        Argument(Val::I64(value.cast_signed()))
    }
}

/// What the guest's folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Host,
    Memory,
    Overlay,
}

/// Descriptors that are open.
#[derive(Default)]
pub struct Open {
    pub files: Vec<u32>,
    pub directories: Vec<u32>,
}

/// A guest in a folder.
pub struct World {
    kind: Kind,
    /// Has the folder `granted` in it, and a canary.
    outside: tempfile::TempDir,
    fs: MemoryFs,
    store: Store<WasiCtx>,
    instance: Instance,
    memory: Memory,
    /// What lay in the folder of the host at the beginning.
    before: Vec<String>,
    descriptors: usize,
}

impl World {
    /// One of each kind, with the same tree.
    pub fn all() -> Vec<World> {
        let descriptors = open_descriptors();
        [Kind::Host, Kind::Memory, Kind::Overlay].map(|kind| World::new(kind, descriptors)).into()
    }

    /// A guest in a fresh folder.
    fn new(kind: Kind, descriptors: usize) -> World {
        let outside = tempfile::tempdir().expect("a folder for the test");
        fs::write(outside.path().join("canary"), CANARY).expect("the canary");
        let granted = outside.path().join("granted");
        let fs = match kind {
            Kind::Host | Kind::Overlay => {
                plant(&granted);
                MemoryFs::builder().over_host(&granted).expect("the folder is there").build().expect("an overlay")
            }
            Kind::Memory => plant_in_memory(outside.path()),
        };
        let before = snapshot(outside.path());
        let (store, instance) = guest(grant(kind, &granted, &fs));
        let memory = instance.get_memory(&store, "memory").expect("the guest has a memory");
        World { kind, outside, fs, store, instance, memory, before, descriptors }
    }

    /// The descriptors that are open, of the lower numbers.
    pub fn open(&mut self) -> Open {
        let mut open = Open::default();
        for fd in 3..16_u32 {
            match (self.errno("fd_fdstat_get", &args![fd, BUFFER]), self.bytes(BUFFER, 1)[0]) {
                (0, 3) => open.directories.push(fd),
                (0, _) => open.files.push(fd),
                _ => {}
            }
        }
        open
    }

    /// What it is called where a difference is reported.
    pub fn name(&self) -> String {
        format!("{:?}", self.kind)
    }

    /// Puts a string into memory, cut to what paths may have and a little more.
    pub fn put_path(&mut self, address: u32, path: &str) -> (u32, u32) {
        let bytes = &path.as_bytes()[..path.len().min(5000)];
        self.memory.write(&mut self.store, address as usize, bytes).expect("the path fits");
        (address, bytes.len() as u32)
    }

    /// Puts two regions at address 0, of `len` bytes in all, and bytes to write there.
    pub fn put_regions(&mut self, len: u32) {
        let first = len / 3;
        let regions = [BUFFER, first, BUFFER + first, len - first];
        let bytes: Vec<u8> = regions.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.memory.write(&mut self.store, 0, &bytes).expect("the regions fit");
        let data: Vec<u8> = (0..len).map(|position| (position % 251) as u8).collect();
        self.memory.write(&mut self.store, BUFFER as usize, &data).expect("the bytes fit");
    }

    /// Calls a function of the guest; tells the error number, and on success what `results` reads from memory.
    pub fn call(&mut self, function: &str, args: &[Val], results: impl Fn(&mut World) -> String) -> String {
        match self.errno(function, args) {
            0 => results(self),
            errno => format!("errno {errno}"),
        }
    }

    /// Calls a function of the guest. A call that traps is a mistake of ours.
    fn errno(&mut self, function: &str, args: &[Val]) -> i32 {
        let called = self.instance.get_func(&self.store, function).expect("the guest has the function");
        let mut results = [Val::I32(-1)];
        called.call(&mut self.store, args, &mut results).unwrap_or_else(|error| panic!("{function}: {error}"));
        match results {
            [Val::I32(errno)] => errno,
            [other] => panic!("{function} returned {other:?}"),
        }
    }

    /// Bytes of memory.
    fn bytes(&self, address: u32, len: u32) -> Vec<u8> {
        let mut bytes = vec![0; len as usize];
        self.memory.read(&self.store, address as usize, &mut bytes).expect("the results fit");
        bytes
    }

    /// A number in memory.
    fn u32(&self, address: u32) -> u32 {
        u32::from_le_bytes(self.bytes(address, 4).try_into().expect("4 bytes"))
    }

    /// A number in memory.
    fn u64(&self, address: u32) -> u64 {
        u64::from_le_bytes(self.bytes(address, 8).try_into().expect("8 bytes"))
    }

    /// A call without results.
    pub fn nothing(&mut self) -> String {
        "done".into()
    }

    /// A 32-bit result.
    pub fn result32(&mut self) -> String {
        self.u32(RESULT).to_string()
    }

    /// A 64-bit result.
    pub fn result64(&mut self) -> String {
        self.u64(RESULT).to_string()
    }

    /// Bytes in the buffer, with their count as the result.
    pub fn buffer(&mut self) -> String {
        let bytes = self.bytes(BUFFER, self.u32(RESULT));
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(CANARY), "{} let the guest read what lies outside", self.name());
        format!("{} bytes, {:x}: {:?}", bytes.len(), checksum(&bytes), text.chars().take(20).collect::<String>())
    }

    /// The attributes that are the same everywhere. Sizes and links of directories are each file system's own.
    pub fn filestat(&mut self) -> String {
        let kind = self.bytes(BUFFER + 16, 1)[0];
        let [nlink, size, _, modified] = [24, 32, 40, 48].map(|offset| self.u64(BUFFER + offset));
        let modified = if modified > PRESENT { "now".into() } else { modified.to_string() };
        match kind {
            3 => format!("a directory of {modified}"),
            _ => format!("kind {kind}, {nlink} links, {size} bytes, of {modified}"),
        }
    }

    /// Type, flags and rights.
    pub fn fdstat(&mut self) -> String {
        format!("{:?}", self.bytes(BUFFER, 24))
    }

    /// Lists a directory through a buffer of some size, in steps, as C libraries do.
    pub fn list(&mut self, fd: u32, room: u32) -> String {
        let (mut names, mut cookie) = (Vec::new(), 0_u64);
        loop {
            let errno = self.errno("fd_readdir", &args![fd, BUFFER, room, cookie, RESULT]);
            if errno != 0 {
                return format!("errno {errno}");
            }
            let used = self.u32(RESULT);
            let mut start = 0;
            while start + 24 <= used {
                let len = self.u32(BUFFER + start + 16);
                if start + 24 + len > used {
                    break;
                }
                let name = String::from_utf8(self.bytes(BUFFER + start + 24, len)).expect("names are UTF-8");
                names.push((name, self.bytes(BUFFER + start + 20, 1)[0]));
                cookie = self.u64(BUFFER + start);
                start += 24 + len;
            }
            // A buffer too small for one entry gets no further.
            if used < room || start == 0 {
                break;
            }
        }
        names.sort();
        // The order is each file system's own, so that a walk that gets stuck has seen other names.
        if room < 300 { "listed".into() } else { format!("{names:?}") }
    }

    /// Everything in the granted folder, through a guest of its own: names, attributes, targets of links, contents.
    pub fn tree(&mut self) -> String {
        let (store, instance) = guest(grant(self.kind, &self.outside.path().join("granted"), &self.fs));
        let memory = instance.get_memory(&store, "memory").expect("the guest has a memory");
        let (store, instance, memory) = (
            std::mem::replace(&mut self.store, store),
            std::mem::replace(&mut self.instance, instance),
            std::mem::replace(&mut self.memory, memory),
        );
        let (mut lines, mut left) = (Vec::new(), vec![String::from(".")]);
        while let Some(path) = left.pop() {
            lines.push(format!("{path}: {}", self.describe(&path, &mut left)));
        }
        lines.sort();
        (self.store, self.instance, self.memory) = (store, instance, memory);
        lines.join("\n")
    }

    /// What the path names, with its contents; the names in a directory are put on the list.
    fn describe(&mut self, path: &str, left: &mut Vec<String>) -> String {
        let (address, len) = self.put_path(PATH, path);
        let stat = self.call("path_filestat_get", &args![3, 0, address, len, BUFFER], World::filestat);
        let link = self.call("path_readlink", &args![3, address, len, BUFFER, 4096, RESULT], World::buffer);
        let rights: u64 = 1 << 1 | 1 << 2 | 1 << 14;
        let fd = match self.errno("path_open", &args![3, 0, address, len, 0, rights, 0_u64, 0, RESULT]) {
            0 => self.u32(RESULT),
            errno => return format!("{stat}, to {link}, errno {errno}"),
        };
        let listed = self.list(fd, 16_384);
        if listed.starts_with('[') {
            let names = listed.split("(\"").skip(1).filter_map(|part| part.split('"').next()).filter(|name| !matches!(*name, "." | ".."));
            left.extend(names.map(|name| format!("{path}/{name}")));
        }
        self.put_regions(40_000);
        let contents = self.call("fd_read", &args![fd, 0, 2, RESULT], World::buffer);
        self.call("fd_close", &args![fd], World::nothing);
        format!("{stat}, to {link}, {contents}")
    }

    /// Checks what must hold when the guest is gone.
    pub fn finish(self, trace: &[String]) {
        let World { kind, outside, fs, store, before, descriptors, .. } = self;
        let trace = trace.join("\n");
        drop(store);
        let after = snapshot(outside.path());
        match kind {
            // The granted folder may have changed, and nothing else.
            Kind::Host => {
                let strip = |lines: Vec<String>| lines.into_iter().filter(|line| !line.starts_with("granted/")).collect::<Vec<_>>();
                assert_eq!(strip(after), strip(before), "something outside has changed after\n{trace}");
            }
            Kind::Memory | Kind::Overlay => assert_eq!(after, before, "{kind:?} has changed the host after\n{trace}"),
        }
        clear(&fs, "");
        let usage = fs.usage();
        assert_eq!((usage.bytes, usage.entries), (0, 0), "{kind:?} counts what is gone after\n{trace}");
        drop((fs, outside));
        if kind == Kind::Overlay {
            // The last of them.
            assert!(open_descriptors() <= descriptors, "descriptors are left open after\n{trace}");
        }
    }
}

/// Makes the tree of the beginning in a new folder of the host.
fn plant(granted: &Path) {
    for folder in ["a/b/c", "d"] {
        fs::create_dir_all(granted.join(folder)).expect("a folder");
    }
    for (name, contents) in FILES {
        fs::write(granted.join(name), contents).expect("a file");
    }
    fs::hard_link(granted.join("f"), granted.join("g")).expect("a hard link");
    let canary = granted.with_file_name("canary");
    for (contents, name) in links(&canary) {
        #[cfg(unix)]
        std::os::unix::fs::symlink(contents, granted.join(name)).expect("a symbolic link");
        #[cfg(not(unix))]
        let _ = (contents, name);
    }
}

/// Makes the tree of the beginning in memory.
fn plant_in_memory(outside: &Path) -> MemoryFs {
    let fs = MemoryFs::builder().quota_bytes(64 << 20).build().expect("a file system");
    for folder in ["a/b/c", "d"] {
        fs.create_directory(folder).expect("a folder");
    }
    for (name, contents) in FILES {
        fs.write(name, contents).expect("a file");
    }
    fs.hard_link("f", "g").expect("a hard link");
    for (contents, name) in links(&outside.join("canary")) {
        #[cfg(unix)]
        fs.symlink(contents.to_str().expect("UTF-8"), name).expect("a symbolic link");
        #[cfg(not(unix))]
        let _ = (contents, name);
    }
    fs
}

/// Files of the beginning.
const FILES: [(&str, &str); 4] = [("f", "contents of f"), ("a/f", "contents of a/f"), ("a/b/g", ""), ("d/f", "contents of d/f")];

/// Symbolic links of the beginning.
fn links(canary: &Path) -> [(PathBuf, &'static str); 9] {
    [
        (PathBuf::from("."), "self"),
        ("..".into(), "up"),
        ("../canary".into(), "out"),
        (canary.into(), "abs"),
        ("loop".into(), "loop"),
        ("missing".into(), "dangling"),
        ("a".into(), "to-a"),
        ("../d/f".into(), "a/to-a"),
        ("../../canary".into(), "a/out"),
    ]
}

/// The context of a guest.
fn grant(kind: Kind, granted: &Path, fs: &MemoryFs) -> WasiCtx {
    let builder = WasiCtx::builder();
    let builder = match kind {
        Kind::Host => builder.directory(granted, "/", Access::ReadWrite),
        Kind::Memory | Kind::Overlay => builder.directory_in(fs, "/", Access::ReadWrite),
    };
    builder.build().expect("the grants")
}

/// The guest program, in a store with the context.
fn guest(ctx: WasiCtx) -> (Store<WasiCtx>, Instance) {
    static MODULE: OnceLock<(Engine, Module)> = OnceLock::new();
    let (engine, module) = MODULE.get_or_init(|| {
        let engine = Engine::default();
        let binary = wat::parse_str(include_str!("guest.wat")).expect("the guest is well-formed");
        let module = Module::new(&engine, binary).expect("the guest is valid");
        (engine, module)
    });
    let mut store = Store::new(engine, ctx);
    let mut linker = Linker::new(engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).expect("the functions");
    let instance = linker.instantiate(&mut store, module).expect("an instance");
    (store, instance)
}

/// Removes everything in a directory of a file system in memory.
fn clear(fs: &MemoryFs, path: &str) {
    for name in fs.list(path).expect("it can be listed") {
        let inner = format!("{path}/{name}");
        match fs.remove(&inner) {
            Ok(()) => {}
            Err(_) => {
                clear(fs, &inner);
                fs.remove(&inner).expect("an empty directory can be removed");
            }
        }
    }
}

/// Names, contents and targets below a folder of the host.
fn snapshot(folder: &Path) -> Vec<String> {
    let (mut lines, mut left) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).expect("a folder of the test") {
            let path = entry.expect("an entry").path();
            let shown = path.strip_prefix(folder).expect("it lies inside").display().to_string();
            let metadata = path.symlink_metadata().expect("attributes");
            let what = if metadata.is_symlink() {
                format!("to {}", fs::read_link(&path).expect("a link").display())
            } else if metadata.is_dir() {
                left.push(path);
                String::from("folder")
            } else if metadata.len() > 1 << 24 {
                format!("{} bytes", metadata.len())
            } else {
                format!("{:x}", checksum(&fs::read(&path).expect("a file")))
            };
            lines.push(format!("{shown} {what}"));
        }
    }
    lines.sort();
    lines
}

/// A number that two contents are unlikely to share.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// How many descriptors this process has open, where that can be seen.
fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
