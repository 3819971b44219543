//! `proc_*`: how a guest ends.
//!
//! Unlike the other calls these need no memory, and what they return is how the program goes on.

use crate::abi::Errno;

/// What happens after `proc_raise`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Raised {
    /// The signal is ignored by default.
    Continue,
    /// The guest ends with this status.
    Exit(i32),
}

/// The greatest signal number of Preview 1 (`SIGSYS`).
const LAST_SIGNAL: u32 = 30;

/// The signals whose default is to be ignored: `CHLD`, `CONT`, `URG`, `WINCH`.
const IGNORED: [u32; 4] = [16, 17, 22, 27];

/// The signals whose default is to stop the process, which a host that runs the guest inside itself cannot do.
const STOPPING: [u32; 4] = [18, 19, 20, 21];

/// The status of `proc_exit`, as the host sees it.
pub(crate) fn exit(status: u32) -> i32 {
    status.cast_signed()
}

/// `proc_raise`: the default action of the signal. A guest has no handlers, and the host process is never signalled; ending by a signal
/// gives the status that a shell would show.
pub(crate) fn raise(signal: u32) -> Result<Raised, Errno> {
    match signal {
        0 => Ok(Raised::Continue),
        _ if signal > LAST_SIGNAL => Err(Errno::Inval),
        _ if IGNORED.contains(&signal) => Ok(Raised::Continue),
        _ if STOPPING.contains(&signal) => Err(Errno::Notsup),
        _ => Ok(Raised::Exit(128 + signal.cast_signed())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_take_their_default_action() {
        assert_eq!(raise(0), Ok(Raised::Continue));
        assert_eq!(raise(6), Ok(Raised::Exit(134)));
        assert_eq!(raise(16), Ok(Raised::Continue));
        assert_eq!(raise(18), Err(Errno::Notsup));
        assert_eq!(raise(31), Err(Errno::Inval));
        assert_eq!(exit(u32::MAX), -1);
    }
}
