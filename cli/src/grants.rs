//! Options of `fulgurite run` that say what the guest gets of this machine, and within which limits; and explanations of what it does not get.
//!
//! Data in: the command line. Data out: a [`WasiCtx`]. Called by: `commands::run`.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fulgurite_wasi::{Access, Clock, Errno, Input, MemoryFs, Output, Random, Refusal, WasiCtx, WasiCtxBuilder};

use crate::error::CliError;
use crate::options::parse_bytes;
use crate::style;
use crate::time::{parse_clock, parse_duration};

/// Exit status of a guest that writes to a pipe which nobody reads: 128 and the number of the signal that ends a native program then.
const STATUS_BROKEN_PIPE: i32 = 141;

/// How many different refusals are explained.
const SHOWN_REFUSALS: usize = 100;

/// What the guest gets.
#[derive(clap::Args)]
#[command(next_help_heading = "What the guest gets of this machine")]
pub struct GrantOptions {
    /// A folder: path here, and path there if it differs; only for reading with :ro; with :overlay, what the guest changes stays in memory, at most
    /// 256 MiB, and is gone at its end
    #[arg(long = "dir", value_name = "HOST[::GUEST][:ro|:overlay]")]
    dirs: Vec<String>,

    /// The same with the guest's path first
    #[arg(long = "mapdir", value_name = "GUEST::HOST[:ro|:overlay]")]
    mapdirs: Vec<String>,

    /// A single file, alone in its folder as far as the guest can see: path here, and path there if it differs; only for reading with :ro
    #[arg(long = "file", value_name = "HOST[::GUEST][:ro]")]
    files: Vec<String>,

    /// An environment variable; with the name alone, its value here
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    env: Vec<String>,

    /// Environment variables from a file with one NAME=VALUE or NAME a line; # starts a comment line. --env comes after it
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,

    /// Standard input from a file, in place of that of this command
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,

    /// Standard output to a file, which is made or emptied
    #[arg(long, value_name = "FILE")]
    stdout: Option<PathBuf>,

    /// Standard error to a file; with the name of that of --stdout both go there
    #[arg(long, value_name = "FILE")]
    stderr: Option<PathBuf>,

    /// A socket that listens at an address such as 127.0.0.1:8080. Sockets have the numbers after those of the folders, which start at 3
    #[arg(long, value_name = "ADDRESS")]
    tcp_listen: Vec<String>,

    /// The listening sockets that systemd or a program like it passed (LISTEN_FDS)
    #[arg(long)]
    listenfd: bool,

    /// The time: real; offset:[-]DURATION; fixed:TIME stands still; step:DURATION[@TIME] goes forward when it is read. In the last two, sleeping takes no time
    #[arg(long, value_name = "CLOCK", value_parser = parse_clock, default_value = "real", hide_default_value = true)]
    clock: Clock,

    /// Random bytes that are the same in each run with this number, in place of secure ones
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

/// What the guest may use up.
#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitOptions {
    /// End the guest after this time, with status 124: 500ms, 10s, 1h30m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,

    /// End the guest when it has slept and waited for input this long in all
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    max_wait: Option<Duration>,

    /// Bound each memory of the guest: growth past it fails; a number of bytes, with K, M or G
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_memory: Option<usize>,

    /// Bound the stack of the guest: recursion past it traps; a number of bytes, with K, M or G
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_stack: Option<usize>,

    /// Bound each table of the guest: growth past it fails
    #[arg(long, value_name = "ELEMENTS")]
    pub max_table: Option<usize>,

    /// Bound how many threads the guest may have at a time besides its first; 0 for none
    #[arg(long, value_name = "NUMBER", default_value_t = 64)]
    pub max_threads: u32,

    /// Bound how many descriptors the guest may have open: standard streams, folders, sockets and files
    #[arg(long, value_name = "NUMBER")]
    max_open_files: Option<u32>,

    /// Bound what the guest may write in all, to files, standard output, standard error and sockets; a number of bytes, with K, M or G
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    max_written_bytes: Option<usize>,
}

impl LimitOptions {
    /// When the guest has to end.
    pub fn deadline(&self) -> Option<Instant> {
        self.timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }
}

/// The guest's view of this machine: what was granted, within limits.
pub fn context(grants: &GrantOptions, limits: &LimitOptions, deadline: Option<Instant>, explain: bool) -> Result<WasiCtxBuilder, CliError> {
    let mut builder = WasiCtx::builder().clock(grants.clock.clone()).broken_pipe_status(STATUS_BROKEN_PIPE);
    builder = grants.streams(builder)?;
    builder = grants.directories(builder)?;
    builder = grants.sockets(builder)?;
    builder = grants.environment(builder)?;
    if let Some(seed) = grants.seed {
        builder = builder.random(Random::seeded(seed));
    }
    if let Some(deadline) = deadline {
        builder = builder.deadline(deadline);
    }
    if let Some(limit) = limits.max_wait {
        builder = builder.waiting_limit(limit);
    }
    if let Some(limit) = limits.max_open_files {
        builder = builder.descriptor_limit(limit);
    }
    if let Some(limit) = limits.max_written_bytes {
        builder = builder.written_limit(limit as u64);
    }
    if explain {
        let mut explainer = Explainer::default();
        builder = builder.on_refusal(move |refusal| explainer.explain(refusal));
    }
    Ok(builder)
}

impl GrantOptions {
    /// The guest's names of its folders and single files.
    fn folders(&self) -> Vec<String> {
        let files = self.files.iter().map(|value| Place::host_first(value));
        self.all_folders().map(|(_, folder)| folder).chain(files).map(|place| place.guest).collect()
    }

    /// All folders, in their order on the command line by flag, each with the flag and its value.
    fn all_folders(&self) -> impl Iterator<Item = (String, Place)> {
        let dirs = self.dirs.iter().map(|value| (format!("--dir {value}"), Place::host_first(value)));
        let mapdirs = self.mapdirs.iter().map(|value| (format!("--mapdir {value}"), Place::guest_first(value)));
        dirs.chain(mapdirs)
    }

    fn directories(&self, mut builder: WasiCtxBuilder) -> Result<WasiCtxBuilder, CliError> {
        for (flag, folder) in self.all_folders() {
            // The reason of the host, under the name of the flag.
            let metadata = fs::metadata(&folder.host).map_err(|error| CliError::failure(format!("{flag}: {error}")))?;
            if !metadata.is_dir() {
                return Err(CliError::failure(format!("{flag}: {} is no folder", folder.host.display())));
            }
            builder = match folder.changes {
                Changes::Kept => builder.directory(&folder.host, folder.guest, Access::ReadWrite),
                Changes::Refused => builder.directory(&folder.host, folder.guest, Access::ReadOnly),
                Changes::InMemory => {
                    let overlay =
                        MemoryFs::builder().over_host(&folder.host).map_err(|error| CliError::failure(format!("{flag}: {error}")))?;
                    let overlay = overlay.build().map_err(|errno| CliError::failure(format!("{flag}: {errno}")))?;
                    builder.directory_in(&overlay, folder.guest, Access::ReadWrite)
                }
            };
        }
        for value in &self.files {
            let file = Place::host_first(value);
            let metadata = fs::metadata(&file.host).map_err(|error| CliError::failure(format!("--file {value}: {error}")))?;
            if metadata.is_dir() {
                return Err(CliError::failure(format!("--file {value}: {} is a folder, which --dir grants", file.host.display())));
            }
            let access = match file.changes {
                Changes::Kept => Access::ReadWrite,
                Changes::Refused => Access::ReadOnly,
                Changes::InMemory => return Err(CliError::usage(format!("--file {value}: :overlay is for folders, which --dir grants"))),
            };
            builder = builder.file(&file.host, file.guest, access);
        }
        Ok(builder)
    }

    fn streams(&self, mut builder: WasiCtxBuilder) -> Result<WasiCtxBuilder, CliError> {
        let failure = |flag: &str, path: &Path, error| CliError::failure(format!("{flag} {}: {error}", path.display()));
        builder = builder.inherit_stdio();
        if let Some(path) = &self.stdin {
            builder = builder.stdin(Input::file(File::open(path).map_err(|error| failure("--stdin", path, error))?));
        }
        let mut output = None;
        if let Some(path) = &self.stdout {
            let file = File::create(path).map_err(|error| failure("--stdout", path, error))?;
            output = Some(file.try_clone().map_err(|error| failure("--stdout", path, error))?);
            builder = builder.stdout(Output::file(file));
        }
        if let Some(path) = &self.stderr {
            // One open file with one position, so that neither writes over the other.
            let file = match output {
                Some(output) if self.stdout.as_ref() == Some(path) => output,
                _ => File::create(path).map_err(|error| failure("--stderr", path, error))?,
            };
            builder = builder.stderr(Output::file(file));
        }
        Ok(builder)
    }

    fn sockets(&self, mut builder: WasiCtxBuilder) -> Result<WasiCtxBuilder, CliError> {
        let mut listeners = if self.listenfd { passed_listeners()? } else { Vec::new() };
        for address in &self.tcp_listen {
            listeners.push(TcpListener::bind(address).map_err(|error| CliError::failure(format!("--tcp-listen {address}: {error}")))?);
        }
        if !listeners.is_empty() {
            builder = builder.env("LISTEN_FDS", listeners.len().to_string());
            if let (true, Some(names)) = (self.listenfd, std::env::var_os("LISTEN_FDNAMES")) {
                builder = builder.env("LISTEN_FDNAMES", names.as_encoded_bytes());
            }
        }
        Ok(listeners.into_iter().fold(builder, WasiCtxBuilder::tcp_listener))
    }

    fn environment(&self, mut builder: WasiCtxBuilder) -> Result<WasiCtxBuilder, CliError> {
        for path in &self.env_file {
            let text = fs::read_to_string(path).map_err(|error| CliError::failure(format!("--env-file {}: {error}", path.display())))?;
            for (number, line) in text.lines().enumerate() {
                if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
                    builder = variable(builder, &format!("--env-file {}:{}", path.display(), number + 1), line)?;
                }
            }
        }
        for entry in &self.env {
            builder = variable(builder, &format!("--env {entry}"), entry)?;
        }
        Ok(builder)
    }

    /// Says what no call shows, when a guest has failed: paths that its own C library refuses.
    pub fn explain_end(&self) {
        let folders = self.folders();
        let seen = if folders.is_empty() { "neither folder nor file".to_owned() } else { folders.join(", ") };
        note(&format!(
            "the guest was given {seen}; a path that starts with none of them is refused by the guest's own library, so that no call shows it. \
             --dir HOST::GUEST grants a folder"
        ));
    }
}

/// Sets a variable, or passes on that of this process. `place` is where it was named.
fn variable(builder: WasiCtxBuilder, place: &str, entry: &str) -> Result<WasiCtxBuilder, CliError> {
    let (name, value) = match entry.split_once('=') {
        Some((name, value)) => (name, OsString::from(value)),
        None => match std::env::var_os(entry) {
            Some(value) => (entry, value),
            None => return Err(CliError::usage(format!("{place}: the variable {entry} is not set here; NAME=VALUE sets it"))),
        },
    };
    if name.is_empty() {
        return Err(CliError::usage(format!("{place}: a variable needs a name before the =")));
    }
    if name.contains('\0') || value.as_encoded_bytes().contains(&0) {
        return Err(CliError::usage(format!("{place}: a variable holds no NUL byte")));
    }
    Ok(builder.env(name, value.as_encoded_bytes()))
}

/// The sockets that were passed to this process.
#[cfg(unix)]
fn passed_listeners() -> Result<Vec<TcpListener>, CliError> {
    let mut passed = listenfd::ListenFd::from_env();
    if passed.len() == 0 {
        return Err(CliError::failure("--listenfd: no socket was passed to this process (LISTEN_FDS and LISTEN_PID)"));
    }
    let count = passed.len();
    let take = |index| match passed.take_tcp_listener(index) {
        Ok(Some(listener)) => Ok(listener),
        Ok(None) => Err(CliError::failure(format!("--listenfd: socket {index} is missing"))),
        Err(error) => Err(CliError::failure(format!("--listenfd: socket {index} is no listening TCP socket: {error}"))),
    };
    (0..count).map(take).collect()
}

/// This host passes none.
#[cfg(not(unix))]
fn passed_listeners() -> Result<Vec<TcpListener>, CliError> {
    Err(CliError::failure("--listenfd: sockets are not passed on this system"))
}

/// A folder or file that was granted: where it is here, and there.
struct Place {
    host: PathBuf,
    guest: String,
    changes: Changes,
}

/// What becomes of a guest's changes.
#[derive(Clone, Copy)]
enum Changes {
    /// They are made here.
    Kept,
    /// There are none: `:ro`.
    Refused,
    /// The guest sees them until it ends: `:overlay`.
    InMemory,
}

impl Place {
    /// `HOST[::GUEST][:ro|:overlay]`
    fn host_first(value: &str) -> Place {
        let (paths, changes) = split_changes(value);
        let (host, guest) = paths.split_once("::").unwrap_or((paths, paths));
        Place { host: host.into(), guest: guest.into(), changes }
    }

    /// `GUEST::HOST[:ro|:overlay]`
    fn guest_first(value: &str) -> Place {
        let (paths, changes) = split_changes(value);
        let (guest, host) = paths.split_once("::").unwrap_or((paths, paths));
        Place { host: host.into(), guest: guest.into(), changes }
    }
}

/// Takes `:ro` or `:overlay` off the end.
fn split_changes(value: &str) -> (&str, Changes) {
    [(":ro", Changes::Refused), (":overlay", Changes::InMemory)]
        .into_iter()
        .find_map(|(end, changes)| Some((value.strip_suffix(end)?, changes)))
        .unwrap_or((value, Changes::Kept))
}

/// Prints what the guest was refused, each case once.
#[derive(Default)]
struct Explainer {
    seen: HashSet<String>,
}

impl Explainer {
    fn explain(&mut self, refusal: &Refusal) {
        let paths: Vec<String> = refusal.paths.iter().map(ToString::to_string).collect();
        let what = if paths.is_empty() { String::new() } else { format!(" {}", paths.join(" and ")) };
        let remedy = match refusal.errno {
            Errno::Perm => outside(refusal),
            Errno::Rofs => {
                "the folder is granted for reading only: --dir without :ro grants writing too, with :overlay in memory".to_owned()
            }
            Errno::Mfile => "too many descriptors are open: --max-open-files sets how many may be (1024 if it is not given)".to_owned(),
            Errno::Dquot => "the guest has written as much as it may: --max-written-bytes sets how much that is".to_owned(),
            _ => {
                "the descriptor does not have the right for it, and no flag gives it: the program or the kind of file forbids it".to_owned()
            }
        };
        let text = format!("denied: {}{what}: {}; {remedy}", refusal.call, refusal.errno);
        match self.seen.len() {
            SHOWN_REFUSALS => {}
            _ if !self.seen.insert(text.clone()) => {}
            count => {
                note(&text);
                if count + 1 == SHOWN_REFUSALS {
                    note("denied: more is not shown");
                }
            }
        }
    }
}

/// What would grant a path that leads out of its folder.
fn outside(refusal: &Refusal) -> String {
    let absolute = refusal.paths.iter().map(|named| Path::new(&named.path)).find(|path| path.is_absolute());
    match absolute.and_then(Path::parent) {
        Some(parent) => format!("the path leads out of the folder: --dir {} grants the folder that it is in", parent.display()),
        None => {
            "the path or a symbolic link on it leads out of the folder: --dir HOST::GUEST grants the folder that it leads to".to_owned()
        }
    }
}

/// A line on standard error that is no error.
fn note(text: &str) {
    let heading = style::HEADING;
    // If standard error is gone there is nobody to tell.
    let _ = writeln!(anstream::stderr(), "{heading}fulgurite:{heading:#} {text}");
}

/// The name that the guest's program has for itself.
pub fn program_name(file: &OsStr) -> &OsStr {
    Path::new(file).file_name().unwrap_or(file)
}
