//! Error numbers of Preview 1, and the mapping of host errors to them.
//!
//! Data in: a host `io::Error`. Data out: the number a guest sees. Everyone in this crate may import it.

use core::fmt;
use std::io;

/// Declares [`Errno`] with its numbers and messages from one list.
macro_rules! errno {
    ($($name:ident = $code:literal, $message:literal;)*) => {
        /// An error number of WASI Preview 1, named after the specification.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum Errno {
            $(#[doc = $message] $name = $code,)*
        }

        impl Errno {
            /// Every error number, in order of its code.
            pub const ALL: &'static [Errno] = &[$(Errno::$name),*];

            /// What the number means, in a few words.
            pub fn message(self) -> &'static str {
                match self {
                    $(Errno::$name => $message,)*
                }
            }
        }
    };
}

errno! {
    Success = 0, "no error";
    TooBig = 1, "argument list too long";
    Acces = 2, "permission denied";
    Addrinuse = 3, "address in use";
    Addrnotavail = 4, "address not available";
    Afnosupport = 5, "address family not supported";
    Again = 6, "resource unavailable, or operation would block";
    Already = 7, "connection already in progress";
    Badf = 8, "bad file descriptor";
    Badmsg = 9, "bad message";
    Busy = 10, "device or resource busy";
    Canceled = 11, "operation cancelled";
    Child = 12, "no child processes";
    Connaborted = 13, "connection aborted";
    Connrefused = 14, "connection refused";
    Connreset = 15, "connection reset";
    Deadlk = 16, "resource deadlock would occur";
    Destaddrreq = 17, "destination address required";
    Dom = 18, "argument out of the function's domain";
    Dquot = 19, "disk quota exceeded";
    Exist = 20, "file exists";
    Fault = 21, "bad address";
    Fbig = 22, "file too large";
    Hostunreach = 23, "host is unreachable";
    Idrm = 24, "identifier removed";
    Ilseq = 25, "illegal byte sequence";
    Inprogress = 26, "operation in progress";
    Intr = 27, "interrupted function";
    Inval = 28, "invalid argument";
    Io = 29, "input or output error";
    Isconn = 30, "socket is connected";
    Isdir = 31, "is a directory";
    Loop = 32, "too many levels of symbolic links";
    Mfile = 33, "too many open descriptors";
    Mlink = 34, "too many links";
    Msgsize = 35, "message too large";
    Multihop = 36, "multihop attempted";
    Nametoolong = 37, "file name too long";
    Netdown = 38, "network is down";
    Netreset = 39, "connection aborted by network";
    Netunreach = 40, "network unreachable";
    Nfile = 41, "too many files open in system";
    Nobufs = 42, "no buffer space available";
    Nodev = 43, "no such device";
    Noent = 44, "no such file or directory";
    Noexec = 45, "executable file format error";
    Nolck = 46, "no locks available";
    Nolink = 47, "link has been severed";
    Nomem = 48, "not enough space in memory";
    Nomsg = 49, "no message of the desired type";
    Noprotoopt = 50, "protocol not available";
    Nospc = 51, "no space left on device";
    Nosys = 52, "function not supported";
    Notconn = 53, "socket is not connected";
    Notdir = 54, "not a directory";
    Notempty = 55, "directory not empty";
    Notrecoverable = 56, "state not recoverable";
    Notsock = 57, "not a socket";
    Notsup = 58, "not supported";
    Notty = 59, "inappropriate control operation";
    Nxio = 60, "no such device or address";
    Overflow = 61, "value too large for its type";
    Ownerdead = 62, "previous owner died";
    Perm = 63, "operation not permitted";
    Pipe = 64, "broken pipe";
    Proto = 65, "protocol error";
    Protonosupport = 66, "protocol not supported";
    Prototype = 67, "protocol of the wrong type for the socket";
    Range = 68, "result too large";
    Rofs = 69, "read-only file system";
    Spipe = 70, "invalid seek";
    Srch = 71, "no such process";
    Stale = 72, "stale file handle";
    Timedout = 73, "operation timed out";
    Txtbsy = 74, "text file busy";
    Xdev = 75, "link across file systems";
    Notcapable = 76, "capabilities insufficient";
}

impl Errno {
    /// The number as it is returned to the guest.
    pub fn code(self) -> u16 {
        self as u16
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for Errno {}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        #[cfg(unix)]
        if let Some(host) = rustix::io::Errno::from_io_error(&error) {
            return from_host(host);
        }
        from_kind(error.kind())
    }
}

#[cfg(unix)]
impl From<rustix::io::Errno> for Errno {
    fn from(error: rustix::io::Errno) -> Errno {
        from_host(error)
    }
}

/// Maps a Unix error number. What Preview 1 has no name for becomes [`Errno::Io`].
#[cfg(unix)]
fn from_host(error: rustix::io::Errno) -> Errno {
    use rustix::io::Errno as Host;
    /// Host numbers and ours. A list, not a `match`: on some systems two host names share one number.
    const MAP: &[(Host, Errno)] = &[
        (Host::ACCESS, Errno::Acces),
        (Host::ADDRINUSE, Errno::Addrinuse),
        (Host::ADDRNOTAVAIL, Errno::Addrnotavail),
        (Host::AFNOSUPPORT, Errno::Afnosupport),
        (Host::AGAIN, Errno::Again),
        (Host::ALREADY, Errno::Already),
        (Host::BADF, Errno::Badf),
        (Host::BUSY, Errno::Busy),
        (Host::CANCELED, Errno::Canceled),
        (Host::CONNABORTED, Errno::Connaborted),
        (Host::CONNREFUSED, Errno::Connrefused),
        (Host::CONNRESET, Errno::Connreset),
        (Host::DEADLK, Errno::Deadlk),
        (Host::DESTADDRREQ, Errno::Destaddrreq),
        (Host::DOM, Errno::Dom),
        (Host::DQUOT, Errno::Dquot),
        (Host::EXIST, Errno::Exist),
        (Host::FAULT, Errno::Fault),
        (Host::FBIG, Errno::Fbig),
        (Host::HOSTUNREACH, Errno::Hostunreach),
        (Host::ILSEQ, Errno::Ilseq),
        (Host::INPROGRESS, Errno::Inprogress),
        (Host::INTR, Errno::Intr),
        (Host::INVAL, Errno::Inval),
        (Host::IO, Errno::Io),
        (Host::ISCONN, Errno::Isconn),
        (Host::ISDIR, Errno::Isdir),
        (Host::LOOP, Errno::Loop),
        (Host::MFILE, Errno::Mfile),
        (Host::MLINK, Errno::Mlink),
        (Host::MSGSIZE, Errno::Msgsize),
        (Host::NAMETOOLONG, Errno::Nametoolong),
        (Host::NETDOWN, Errno::Netdown),
        (Host::NETRESET, Errno::Netreset),
        (Host::NETUNREACH, Errno::Netunreach),
        (Host::NFILE, Errno::Nfile),
        (Host::NOBUFS, Errno::Nobufs),
        (Host::NODEV, Errno::Nodev),
        (Host::NOENT, Errno::Noent),
        (Host::NOLCK, Errno::Nolck),
        (Host::NOMEM, Errno::Nomem),
        (Host::NOPROTOOPT, Errno::Noprotoopt),
        (Host::NOSPC, Errno::Nospc),
        (Host::NOSYS, Errno::Nosys),
        (Host::NOTCONN, Errno::Notconn),
        (Host::NOTDIR, Errno::Notdir),
        (Host::NOTEMPTY, Errno::Notempty),
        (Host::NOTSOCK, Errno::Notsock),
        (Host::NOTSUP, Errno::Notsup),
        (Host::OPNOTSUPP, Errno::Notsup),
        (Host::NOTTY, Errno::Notty),
        (Host::NXIO, Errno::Nxio),
        (Host::OVERFLOW, Errno::Overflow),
        (Host::PERM, Errno::Perm),
        (Host::PIPE, Errno::Pipe),
        (Host::PROTO, Errno::Proto),
        (Host::PROTONOSUPPORT, Errno::Protonosupport),
        (Host::PROTOTYPE, Errno::Prototype),
        (Host::RANGE, Errno::Range),
        (Host::ROFS, Errno::Rofs),
        (Host::SPIPE, Errno::Spipe),
        (Host::SRCH, Errno::Srch),
        (Host::STALE, Errno::Stale),
        (Host::TIMEDOUT, Errno::Timedout),
        (Host::TXTBSY, Errno::Txtbsy),
        (Host::XDEV, Errno::Xdev),
        (Host::TOOBIG, Errno::TooBig),
    ];
    MAP.iter().find(|(host, _)| *host == error).map_or(Errno::Io, |(_, errno)| *errno)
}

/// Maps an error without a Unix number: those of other systems, and those that `cap-std` makes itself (an escape from a granted
/// directory has the kind `PermissionDenied`).
fn from_kind(kind: io::ErrorKind) -> Errno {
    use io::ErrorKind as Kind;
    match kind {
        Kind::NotFound => Errno::Noent,
        Kind::PermissionDenied => Errno::Perm,
        Kind::ConnectionRefused => Errno::Connrefused,
        Kind::ConnectionReset => Errno::Connreset,
        Kind::ConnectionAborted => Errno::Connaborted,
        Kind::NotConnected => Errno::Notconn,
        Kind::AddrInUse => Errno::Addrinuse,
        Kind::AddrNotAvailable => Errno::Addrnotavail,
        Kind::BrokenPipe => Errno::Pipe,
        Kind::AlreadyExists => Errno::Exist,
        Kind::WouldBlock => Errno::Again,
        Kind::NotADirectory => Errno::Notdir,
        Kind::IsADirectory => Errno::Isdir,
        Kind::DirectoryNotEmpty => Errno::Notempty,
        Kind::ReadOnlyFilesystem => Errno::Rofs,
        Kind::InvalidInput => Errno::Inval,
        Kind::InvalidData => Errno::Ilseq,
        Kind::InvalidFilename => Errno::Nametoolong,
        Kind::TimedOut => Errno::Timedout,
        Kind::StorageFull => Errno::Nospc,
        Kind::QuotaExceeded => Errno::Dquot,
        Kind::FileTooLarge => Errno::Fbig,
        Kind::ResourceBusy => Errno::Busy,
        Kind::ExecutableFileBusy => Errno::Txtbsy,
        Kind::Deadlock => Errno::Deadlk,
        Kind::CrossesDevices => Errno::Xdev,
        Kind::TooManyLinks => Errno::Mlink,
        Kind::Interrupted => Errno::Intr,
        Kind::Unsupported => Errno::Notsup,
        Kind::OutOfMemory => Errno::Nomem,
        Kind::NotSeekable => Errno::Spipe,
        Kind::StaleNetworkFileHandle => Errno::Stale,
        Kind::HostUnreachable => Errno::Hostunreach,
        Kind::NetworkUnreachable => Errno::Netunreach,
        Kind::NetworkDown => Errno::Netdown,
        Kind::ArgumentListTooLong => Errno::TooBig,
        _ => Errno::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_dense_and_in_order() {
        assert_eq!(Errno::ALL.len(), 77);
        for (position, errno) in Errno::ALL.iter().enumerate() {
            assert_eq!(usize::from(errno.code()), position);
        }
    }

    #[test]
    fn host_errors_map_by_number_and_by_kind() {
        #[cfg(unix)]
        assert_eq!(Errno::from(io::Error::from(rustix::io::Errno::NOTDIR)), Errno::Notdir);
        assert_eq!(Errno::from(io::Error::new(io::ErrorKind::PermissionDenied, "escape")), Errno::Perm);
        assert_eq!(Errno::from(io::Error::other("?")), Errno::Io);
    }
}
