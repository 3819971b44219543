//! What one guest is granted: arguments, environment, standard streams, directories, sockets, clocks, random bytes, and within which limits.
//!
//! Data in: the embedder's grants. Data out: [`WasiCtx`], the state behind the guest's calls. Called by: embedders, `calls`.
//!
//! # Invariants
//! C1 A new context grants nothing: no argument, no variable, no directory; the standard streams are empty.
//! C2 Descriptors 0, 1 and 2 are the standard streams; granted directories follow from 3 in the order of their grants, since guests
//!    look for them there until the first descriptor that is none. Sockets follow, in the order of their grants.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::abi::Rights;
use crate::clock::Clock;
use crate::descriptor::{Descriptor, DescriptorTable, Object};
use crate::fs::files::GrantedFiles;
use crate::fs::host::{Access, HostDirectory};
use crate::fs::memory::MemoryFs;
use crate::fs::stdio::{Input, Output};
use crate::fs::{Directory, File};
use crate::interrupt::InterruptHandle;
use crate::limits::Limits;
use crate::net::{Listener, Stream};
use crate::random::Random;
use crate::refusal::Refusal;
use crate::wait::Waiting;

/// The most descriptors a guest may have open unless the embedder says otherwise.
const DEFAULT_DESCRIPTOR_LIMIT: u32 = 1024;

/// The state behind one guest's WASI calls. Made by [`WasiCtx::builder`], kept in the store's data.
///
/// ```
/// use fulgurite_wasi::{Output, OutputPipe, WasiCtx};
///
/// let output = OutputPipe::new();
/// let ctx = WasiCtx::builder()
///     .args(["program", "--verbose"])
///     .env("LANG", "C.UTF-8")
///     .stdout(Output::pipe(&output))
///     .build()?;
/// # let _ = ctx;
/// # Ok::<(), fulgurite_wasi::BuildError>(())
/// ```
pub struct WasiCtx {
    /// Arguments, each without its final NUL.
    pub(crate) args: Vec<Vec<u8>>,
    /// Variables as `NAME=value`, each without its final NUL.
    pub(crate) environ: Vec<Vec<u8>>,
    pub(crate) table: DescriptorTable,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) limits: Limits,
    pub(crate) waiting: Waiting,
    /// The exit status of a guest that writes to a pipe which nobody reads; `None` to give it the error.
    pub(crate) broken_pipe_status: Option<i32>,
    /// Is told what the guest is refused.
    pub(crate) observer: Option<Observer>,
}

/// A function that is told what the guest is refused.
pub(crate) type Observer = Box<dyn FnMut(&Refusal) + Send>;

impl WasiCtx {
    /// Starts a context that grants nothing.
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }

    /// Sets or lifts the deadline; see [`WasiCtxBuilder::deadline`].
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.waiting.deadline = deadline;
    }
}

impl fmt::Debug for WasiCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiCtx").field("args", &self.args.len()).field("environ", &self.environ.len()).finish_non_exhaustive()
    }
}

/// A granted directory, before the context is made.
enum Grant {
    Any(Box<dyn Directory>),
    /// The root of a file system in memory, whose times are to come from the context's clock.
    Memory(MemoryFs, Access),
    Files(GrantedFiles),
}

impl Grant {
    /// The directory for the guest of a context with such a clock.
    fn directory(self, clock: &Clock) -> Box<dyn Directory> {
        match self {
            Grant::Any(directory) => directory,
            Grant::Memory(fs, access) => Box::new(fs.root_with(access, clock.clone())),
            Grant::Files(files) => Box::new(files),
        }
    }
}

/// Collects the grants for a [`WasiCtx`]. A grant that fails is reported by [`WasiCtxBuilder::build`].
#[must_use]
pub struct WasiCtxBuilder {
    args: Vec<Vec<u8>>,
    environ: Vec<Vec<u8>>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    directories: Vec<(Grant, Box<str>)>,
    sockets: Vec<Box<dyn File>>,
    clock: Option<Clock>,
    random: Random,
    descriptor_limit: u32,
    limits: Limits,
    waiting: Waiting,
    timeout: Option<Duration>,
    broken_pipe_status: Option<i32>,
    observer: Option<Observer>,
    error: Option<BuildError>,
}

impl fmt::Debug for WasiCtxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiCtxBuilder").field("args", &self.args.len()).field("environ", &self.environ.len()).finish_non_exhaustive()
    }
}

impl Default for WasiCtxBuilder {
    fn default() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}

impl WasiCtxBuilder {
    /// Grants nothing yet (C1).
    pub fn new() -> WasiCtxBuilder {
        WasiCtxBuilder {
            args: Vec::new(),
            environ: Vec::new(),
            stdin: Input::null(),
            stdout: Output::null(),
            stderr: Output::null(),
            directories: Vec::new(),
            sockets: Vec::new(),
            clock: None,
            random: Random::system(),
            descriptor_limit: DEFAULT_DESCRIPTOR_LIMIT,
            limits: Limits::default(),
            waiting: Waiting::default(),
            timeout: None,
            broken_pipe_status: None,
            observer: None,
            error: None,
        }
    }

    /// Keeps the first error.
    fn fail(&mut self, error: BuildError) {
        self.error.get_or_insert(error);
    }

    /// Adds an argument; the first is the program's name. It must not contain a NUL.
    pub fn arg(mut self, arg: impl AsRef<[u8]>) -> Self {
        let arg = arg.as_ref();
        if arg.contains(&0) {
            self.fail(BuildError::new(Problem::NulInArgument));
        } else {
            self.args.push(arg.to_vec());
        }
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<[u8]>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, WasiCtxBuilder::arg)
    }

    /// Sets an environment variable, replacing an earlier one of that name. A name is not empty and holds no `=`; neither part holds a
    /// NUL.
    pub fn env(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = (name.as_ref(), value.as_ref());
        if name.is_empty() || name.contains(&b'=') || name.contains(&0) || value.contains(&0) {
            self.fail(BuildError::new(Problem::BadVariable(String::from_utf8_lossy(name).into_owned())));
            return self;
        }
        let entry = [name, b"=", value].concat();
        let prefix = &entry[..=name.len()];
        match self.environ.iter().position(|other| other.starts_with(prefix)) {
            Some(position) => self.environ[position] = entry,
            None => self.environ.push(entry),
        }
        self
    }

    /// Sets environment variables.
    pub fn envs<N: AsRef<[u8]>, V: AsRef<[u8]>>(self, variables: impl IntoIterator<Item = (N, V)>) -> Self {
        variables.into_iter().fold(self, |builder, (name, value)| builder.env(name, value))
    }

    /// Grants all environment variables of the host process, except those that Preview 1 cannot express.
    pub fn inherit_env(self) -> Self {
        std::env::vars_os().fold(self, |builder, (name, value)| {
            let (name, value) = (bytes(name), bytes(value));
            // Windows has variables such as `=C:`, which are not meant to be seen.
            if name.is_empty() || name.contains(&b'=') { builder } else { builder.env(name, value) }
        })
    }

    /// Sets standard input.
    pub fn stdin(mut self, input: Input) -> Self {
        self.stdin = input;
        self
    }

    /// Sets standard output.
    pub fn stdout(mut self, output: Output) -> Self {
        self.stdout = output;
        self
    }

    /// Sets standard error.
    pub fn stderr(mut self, output: Output) -> Self {
        self.stderr = output;
        self
    }

    /// Grants the three standard streams of the host process.
    pub fn inherit_stdio(self) -> Self {
        self.stdin(Input::inherit()).stdout(Output::inherit_stdout()).stderr(Output::inherit_stderr())
    }

    /// Grants a directory of the host under a name of the guest's.
    ///
    /// The guest can name everything below the directory and nothing else, symbolic links that lead out of it included.
    pub fn directory(mut self, host: impl AsRef<Path>, guest: impl Into<String>, access: Access) -> Self {
        let (host, guest) = (host.as_ref(), guest.into());
        match HostDirectory::open_ambient(host, access) {
            Ok(directory) => self.custom_directory(directory, guest),
            Err(error) => {
                self.fail(BuildError::new(Problem::Directory(host.to_path_buf(), error)));
                self
            }
        }
    }

    /// Grants a directory of any file system under a name of the guest's.
    pub fn custom_directory(self, directory: impl Directory, guest: impl Into<String>) -> Self {
        self.grant(Grant::Any(Box::new(directory)), guest.into())
    }

    /// Grants the root of a file system in memory under a name of the guest's. Times in it are those of this context's clock.
    ///
    /// ```
    /// use fulgurite_wasi::{Access, MemoryFs, WasiCtx};
    ///
    /// let fs = MemoryFs::new();
    /// let ctx = WasiCtx::builder().directory_in(&fs, "/tmp", Access::ReadWrite).build()?;
    /// # Ok::<(), fulgurite_wasi::BuildError>(())
    /// ```
    pub fn directory_in(self, fs: &MemoryFs, guest: impl Into<String>, access: Access) -> Self {
        self.grant(Grant::Memory(fs.clone(), access), guest.into())
    }

    /// Grants one file of the host under a path of the guest's.
    ///
    /// The guest finds it in a directory that holds the files which are granted there and nothing else; that must not be a granted directory
    /// too. The file can be read and, as `access` says, written, but neither removed nor replaced. A symbolic link is followed now, and not
    /// again.
    pub fn file(mut self, host: impl AsRef<Path>, guest: impl Into<String>, access: Access) -> Self {
        let (host, guest) = (host.as_ref(), guest.into());
        let (folder, name) = match guest.rsplit_once('/') {
            Some(("", name)) => ("/", name),
            Some(parts) => parts,
            None => (".", guest.as_str()),
        };
        if matches!(name, "" | "." | "..") {
            self.fail(BuildError::new(Problem::FileName(guest)));
            return self;
        }
        let mut granted = self.directories.iter_mut().filter_map(|(grant, guest)| match grant {
            Grant::Files(files) if **guest == *folder => Some(files),
            _ => None,
        });
        let mut new = None;
        let files = match granted.next() {
            Some(files) => files,
            None => new.insert(GrantedFiles::default()),
        };
        if let Err(error) = files.add(host, name, access) {
            self.fail(BuildError::new(Problem::File(host.to_path_buf(), error)));
            return self;
        }
        match new {
            Some(files) => self.grant(Grant::Files(files), folder.to_owned()),
            None => self,
        }
    }

    /// Adds a grant.
    fn grant(mut self, grant: Grant, guest: String) -> Self {
        if guest.contains('\0') {
            self.fail(BuildError::new(Problem::NulInName));
        } else {
            self.directories.push((grant, guest.into_boxed_str()));
        }
        self
    }

    /// Fails if files are granted in a directory that is granted too: guests look for a path in one of them only.
    fn check_files(&self) -> Result<(), BuildError> {
        let files = self.directories.iter().filter(|(grant, _)| matches!(grant, Grant::Files(_)));
        for (_, guest) in files {
            if self.directories.iter().filter(|(_, other)| other == guest).count() > 1 {
                return Err(BuildError::new(Problem::FileInDirectory(guest.to_string())));
            }
        }
        Ok(())
    }

    /// Grants a listening socket of the host's; the guest can accept connections from it and do nothing else with it.
    ///
    /// Sockets get the numbers after those of the directories. A C program makes use of one with `accept(number, …)`, a Rust program with
    /// `TcpListener::from_raw_fd(number)`. The socket no longer waits for the host's own calls either.
    pub fn tcp_listener(self, listener: TcpListener) -> Self {
        let address = listener.local_addr().map_or_else(|_| "of unknown address".to_owned(), |address| address.to_string());
        self.socket(address, Listener::new(listener))
    }

    /// Grants a socket that listens at an address of the host's; see [`WasiCtxBuilder::tcp_listener`].
    pub fn tcp_listen(mut self, address: impl ToSocketAddrs + fmt::Display) -> Self {
        match TcpListener::bind(&address) {
            Ok(listener) => self.tcp_listener(listener),
            Err(error) => {
                self.fail(BuildError::new(Problem::Socket(address.to_string(), error)));
                self
            }
        }
    }

    /// Grants a connection; the guest can read, write and shut it down. Numbers are as for [`WasiCtxBuilder::tcp_listener`].
    pub fn tcp_stream(self, stream: TcpStream) -> Self {
        let address = stream.peer_addr().map_or_else(|_| "of unknown address".to_owned(), |address| address.to_string());
        self.socket(address, Stream::new(stream))
    }

    /// Adds a socket.
    fn socket(mut self, address: String, socket: io::Result<impl File + 'static>) -> Self {
        match socket {
            Ok(socket) => self.sockets.push(Box::new(socket)),
            Err(error) => self.fail(BuildError::new(Problem::Socket(address, error))),
        }
        self
    }

    /// Sets the clocks, in place of the host's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the source of random bytes, in place of the host's secure generator.
    pub fn random(mut self, random: Random) -> Self {
        self.random = random;
        self
    }

    /// Ends the guest at a time: a WASI call that waits then, or is made later, ends with an error that holds
    /// [`Interruption::Deadline`](crate::Interruption::Deadline).
    ///
    /// Reads and writes of pipes, terminals and sockets, `sock_accept` and `poll_oneoff` keep to it. Code that makes no WASI call is not reached.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.waiting.deadline = Some(deadline);
        self
    }

    /// Like [`WasiCtxBuilder::deadline`], counted from when the context is made.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets a handle end the guest's WASI calls from another thread.
    pub fn interrupt(mut self, handle: &InterruptHandle) -> Self {
        self.waiting.interrupt = Some(handle.clone());
        self
    }

    /// Limits how long the guest may wait in all, sleeping or for input. The call that would wait longer ends with an error that holds
    /// [`Interruption::WaitingLimit`](crate::Interruption::WaitingLimit).
    pub fn waiting_limit(mut self, limit: Duration) -> Self {
        self.waiting.budget = Some(limit);
        self
    }

    /// Limits how many descriptors may be open, standard streams and other grants included.
    pub fn descriptor_limit(mut self, limit: u32) -> Self {
        self.descriptor_limit = limit;
        self
    }

    /// Limits how many bytes the guest may write in all, to files, streams and sockets, storage that it reserves (`fd_allocate`) included.
    /// What would go beyond is `EDQUOT`.
    pub fn written_limit(mut self, bytes: u64) -> Self {
        self.limits.to_write = bytes;
        self
    }

    /// Limits the paths that the guest may pass, 4,096 bytes if not set. A longer one is `ENAMETOOLONG`.
    pub fn path_limit(mut self, bytes: u32) -> Self {
        self.limits.path = bytes;
        self
    }

    /// Limits the subscriptions of one `poll_oneoff`, 16,384 if not set. More of them are `EINVAL`.
    pub fn subscription_limit(mut self, subscriptions: u32) -> Self {
        self.limits.subscriptions = subscriptions;
        self
    }

    /// Ends a guest that writes to a pipe which nobody reads with an exit status: 141 is what a shell reports for a program that the signal
    /// of that case ended. Without this the write fails with `EPIPE`, as for a program that ignores the signal.
    pub fn broken_pipe_status(mut self, status: i32) -> Self {
        self.broken_pipe_status = Some(status);
        self
    }

    /// Sets a function that is told each call that fails because of what the guest was not granted.
    ///
    /// ```
    /// use fulgurite_wasi::WasiCtx;
    ///
    /// let ctx = WasiCtx::builder().on_refusal(|refusal| eprintln!("{}: {}", refusal.call, refusal.errno)).build()?;
    /// # let _ = ctx;
    /// # Ok::<(), fulgurite_wasi::BuildError>(())
    /// ```
    pub fn on_refusal(mut self, observer: impl FnMut(&Refusal) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Makes the context.
    ///
    /// # Errors
    /// The first grant that could not be made: a directory that does not open, an address that is taken, a NUL where none may be, or more
    /// grants than descriptors.
    pub fn build(self) -> Result<WasiCtx, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.check_files()?;
        let mut table = DescriptorTable::new(self.descriptor_limit);
        let (input, output) = (Rights::FILE.difference(WRITES), Rights::FILE.difference(Rights::FD_READ));
        let streams = [(self.stdin.0, input), (self.stdout.0, output), (self.stderr.0, output)]
            .map(|(file, rights)| Descriptor::new(Object::File(file), rights, Rights::empty()));
        let clock = self.clock.unwrap_or_default();
        let directories = self.directories.into_iter().map(|(grant, name)| Descriptor::preopen(grant.directory(&clock), name));
        let sockets = self.sockets.into_iter().map(|socket| Descriptor::new(Object::File(socket), Rights::all(), Rights::empty()));
        for descriptor in streams.into_iter().chain(directories).chain(sockets) {
            table.insert(descriptor).map_err(|_| BuildError::new(Problem::DescriptorLimit(self.descriptor_limit)))?;
        }
        let mut waiting = self.waiting;
        // A timeout that no clock can count to is none.
        let timeout = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        waiting.deadline = [waiting.deadline, timeout].into_iter().flatten().min();
        Ok(WasiCtx {
            args: self.args,
            environ: self.environ,
            table,
            clock,
            random: self.random,
            limits: self.limits,
            waiting,
            broken_pipe_status: self.broken_pipe_status,
            observer: self.observer,
        })
    }
}

/// What standard input, if it is a file, does not allow.
const WRITES: Rights = Rights::FD_WRITE
    .union(Rights::FD_ALLOCATE)
    .union(Rights::FD_FILESTAT_SET_SIZE)
    .union(Rights::FD_FILESTAT_SET_TIMES)
    .union(Rights::FD_DATASYNC)
    .union(Rights::FD_SYNC);

/// The bytes of a host string.
#[cfg(unix)]
fn bytes(string: OsString) -> Vec<u8> {
    std::os::unix::ffi::OsStringExt::into_vec(string)
}

/// The bytes of a host string.
#[cfg(not(unix))]
fn bytes(string: OsString) -> Vec<u8> {
    string.to_string_lossy().into_owned().into_bytes()
}

/// A grant that could not be made.
#[derive(Debug)]
pub struct BuildError {
    problem: Problem,
}

/// What was wrong.
#[derive(Debug)]
enum Problem {
    NulInArgument,
    NulInName,
    BadVariable(String),
    Directory(PathBuf, io::Error),
    Socket(String, io::Error),
    File(PathBuf, io::Error),
    FileName(String),
    FileInDirectory(String),
    DescriptorLimit(u32),
}

impl BuildError {
    #[cold]
    fn new(problem: Problem) -> BuildError {
        BuildError { problem }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::NulInArgument => f.write_str("an argument for the guest contains a NUL byte"),
            Problem::NulInName => f.write_str("the guest's name of a directory contains a NUL byte"),
            Problem::BadVariable(name) => {
                write!(f, "environment variable {name:?}: the name is empty or contains `=`, or a part contains a NUL byte")
            }
            Problem::Directory(path, error) => write!(f, "cannot grant the directory {}: {error}", path.display()),
            Problem::Socket(address, error) => write!(f, "cannot grant the socket {address}: {error}"),
            Problem::File(path, error) => write!(f, "cannot grant the file {}: {error}", path.display()),
            Problem::FileName(name) => write!(f, "the guest's name of a file, {name:?}, does not end in a name"),
            Problem::FileInDirectory(name) => {
                write!(f, "a file is granted in {name:?}, which is granted as a directory too: give the file another folder")
            }
            Problem::DescriptorLimit(limit) => {
                write!(f, "more streams, directories and sockets are granted than descriptors are allowed ({limit})")
            }
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Directory(_, error) | Problem::File(_, error) | Problem::Socket(_, error) => Some(error),
            _ => None,
        }
    }
}
