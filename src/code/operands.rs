//! Operand kinds: where an instruction's sources come from and where its result goes.
//!
//! | source | reads | in the code stream |
//! |---|---|---|
//! | `S` | a slot of the frame | 2 bytes: offset of the slot in bytes |
//! | `A` | the accumulator of the value's class | nothing |
//! | `I` | an immediate | 4 or 8 bytes, as wide as the type |
//! | `P0`…`P3` | a local that is pinned to a machine register | nothing |
//!
//! | destination | writes | in the code stream |
//! |---|---|---|
//! | `W` | a slot, and the accumulator (a copy from a pinned local leaves that alone) | 2 bytes |
//! | `R` | the accumulator only | nothing |
//! | `U` | the slot that source x came from, and the accumulator | nothing |
//! | `P0`…`P3` | a pinned local | nothing |
//!
//! `N` stands where an instruction has no such operand. There are four classes of values, each with an accumulator of its own: integers and
//! references (two pins), f64 (four pins), f32 and vectors (no pins).
//!
//! # Not here
//! The types of the same names, by which `exec` selects a handler.

/// An operand kind, source or destination; the values of both share one numbering.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Source: slot. (Destination `W` has the same number.)
    S = 0,
    /// Source: accumulator. (Destination `R`.)
    A = 1,
    /// Source: immediate. (Destination `U`.)
    I = 2,
    /// Pinned local 0.
    P0 = 3,
    /// Pinned local 1.
    P1 = 4,
    /// Pinned local 2.
    P2 = 5,
    /// Pinned local 3.
    P3 = 6,
    /// No operand.
    N = 7,
}

impl Kind {
    /// Destination: slot and accumulator.
    pub const W: Kind = Kind::S;
    /// Destination: accumulator only.
    pub const R: Kind = Kind::A;
    /// Destination: the slot of source x, and the accumulator.
    pub const U: Kind = Kind::I;

    /// The kind of pinned local `index`.
    pub const fn pin(index: u8) -> Kind {
        match index {
            0 => Kind::P0,
            1 => Kind::P1,
            2 => Kind::P2,
            _ => Kind::P3,
        }
    }

    /// Whether it is a pinned local.
    pub const fn is_pin(self) -> bool {
        matches!(self, Kind::P0 | Kind::P1 | Kind::P2 | Kind::P3)
    }

    /// The name of a source.
    pub const fn source_name(self) -> &'static str {
        ["S", "A", "I", "P0", "P1", "P2", "P3", ""][self as usize]
    }

    /// The name of a destination.
    pub const fn destination_name(self) -> &'static str {
        ["W", "R", "U", "P0", "P1", "P2", "P3", ""][self as usize]
    }
}

/// The class of a value: which accumulator and which pins it can use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Class {
    /// i32, i64 and references.
    Int = 0,
    /// f64.
    F64 = 1,
    /// f32.
    F32 = 2,
    /// Vectors, which take two slots.
    Vector = 3,
    /// Read or written in its slot only, whatever it is.
    None = 4,
}

/// Pinned locals of each class ([`Class::Int`], [`Class::F64`], [`Class::F32`], [`Class::Vector`]).
pub const PINS: [usize; 4] = [2, 4, 0, 0];

/// Whether locals are pinned at all: their forms are four fifths of all handlers, which the feature `compact` goes without (`code::compact`).
pub const PINNING: bool = !cfg!(feature = "compact");

/// One operand form of an instruction: the kinds of source x, source y, and destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Form {
    /// Source x.
    pub x: Kind,
    /// Source y.
    pub y: Kind,
    /// Destination.
    pub d: Kind,
}

impl Form {
    /// Bits of a kind in a code. Without pinned locals there are four kinds, which differ in the lower two.
    const CODE_BITS: usize = if PINNING { 3 } else { 2 };

    /// How many codes there are.
    pub const CODES: usize = 1 << (3 * Self::CODE_BITS);

    /// A number below [`Form::CODES`], different for each form.
    pub const fn code(self) -> usize {
        let mask = (1 << Self::CODE_BITS) - 1;
        self.x as usize & mask | (self.y as usize & mask) << Self::CODE_BITS | (self.d as usize & mask) << (2 * Self::CODE_BITS)
    }
}
