//! How a WebAssembly parameter becomes the typed value that a call body takes.
//!
//! Called by: `link`. The `Wire` type is what the function's WebAssembly signature says; the conversion refuses what the type does not
//! hold, so call bodies never see an invalid flag or number.

use super::errno::Errno;
use super::flags::{Fdflags, Fstflags, Lookupflags, Oflags, Riflags, Rights, Sdflags};
use super::types::{Advice, Clockid, Fd, Whence, WhenceUnstable};
use crate::guest::Ptr;

/// A value that arrives as one WebAssembly parameter.
pub(crate) trait Param: Sized {
    /// `u32` for `i32`, `u64` or `i64` for `i64`.
    type Wire;
    /// Checks and converts the parameter.
    fn from_wire(wire: Self::Wire) -> Result<Self, Errno>;
}

/// Numbers are what they are.
macro_rules! plain {
    ($($ty:ty),*) => {
        $(impl Param for $ty {
            type Wire = $ty;
            fn from_wire(wire: $ty) -> Result<$ty, Errno> {
                Ok(wire)
            }
        })*
    };
}

plain!(u32, u64, i64);

/// Flag words: an unknown bit is `EINVAL`.
macro_rules! flags {
    ($($ty:ty: $bits:ty),*) => {
        $(impl Param for $ty {
            type Wire = u32;
            fn from_wire(wire: u32) -> Result<$ty, Errno> {
                <$bits>::try_from(wire).ok().and_then(<$ty>::from_bits).ok_or(Errno::Inval)
            }
        })*
    };
}

flags!(Fdflags: u16, Oflags: u16, Lookupflags: u32, Fstflags: u16, Riflags: u16, Sdflags: u8);

impl Param for Rights {
    type Wire = u64;
    fn from_wire(wire: u64) -> Result<Rights, Errno> {
        Ok(Rights::from_bits_truncate(wire))
    }
}

impl Param for Fd {
    type Wire = u32;
    fn from_wire(wire: u32) -> Result<Fd, Errno> {
        Ok(Fd(wire))
    }
}

impl<T> Param for Ptr<T> {
    type Wire = u32;
    fn from_wire(wire: u32) -> Result<Ptr<T>, Errno> {
        Ok(Ptr::new(wire))
    }
}

impl Param for Clockid {
    type Wire = u32;
    fn from_wire(wire: u32) -> Result<Clockid, Errno> {
        Clockid::from_raw(wire)
    }
}

impl Param for Whence {
    type Wire = u32;
    fn from_wire(wire: u32) -> Result<Whence, Errno> {
        match wire {
            0 => Ok(Whence::Set),
            1 => Ok(Whence::Cur),
            2 => Ok(Whence::End),
            _ => Err(Errno::Inval),
        }
    }
}

impl Param for WhenceUnstable {
    type Wire = u32;
    fn from_wire(wire: u32) -> Result<WhenceUnstable, Errno> {
        match wire {
            0 => Ok(WhenceUnstable(Whence::Cur)),
            1 => Ok(WhenceUnstable(Whence::End)),
            2 => Ok(WhenceUnstable(Whence::Set)),
            _ => Err(Errno::Inval),
        }
    }
}

impl Param for Advice {
    type Wire = u32;
    fn from_wire(wire: u32) -> Result<Advice, Errno> {
        Ok(match wire {
            0 => Advice::Normal,
            1 => Advice::Sequential,
            2 => Advice::Random,
            3 => Advice::Willneed,
            4 => Advice::Dontneed,
            5 => Advice::Noreuse,
            _ => return Err(Errno::Inval),
        })
    }
}
