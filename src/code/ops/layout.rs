//! How the operands of an op lie in the code stream; the order is that of `code::ops`, under "Layout".
//!
//! Read by: `code::ops`, and through it `translate` and `exec`. Calls: `code::operands`.

use crate::code::operands::{Class, Form, Kind};

/// What follows the operands of an op.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tail {
    /// Nothing.
    None,
    /// 8 bytes: address of the instruction to go on with.
    Label,
    /// 12 bytes and padding: distance to the callee's frame in bytes (4); and at the end of the instruction, aligned, where the callee's code is
    /// ([`CallTarget`](crate::code::cell::CallTarget), 8).
    Call,
    /// 12 bytes: distance as above (4); address of the callee's cell (8).
    ReturnCall,
    /// 10 bytes: import index (4), distance as above, padding (2).
    CallImport,
    /// 10 bytes: canonical type (4), distance as above, table index (2).
    CallIndirect,
    /// 2 bytes: a lane, as its number, or as its distance from the start of the vector in bytes.
    Lane,
    /// 16 bytes: a vector.
    Vector,
}

impl Tail {
    /// Its length in the code stream.
    pub const fn bytes(self) -> usize {
        match self {
            Tail::None => 0,
            Tail::Label => 8,
            Tail::Call | Tail::ReturnCall => 12,
            Tail::CallImport | Tail::CallIndirect => 10,
            Tail::Lane => 2,
            Tail::Vector => 16,
        }
    }
}

/// The operands of an op. A field of 0 bytes is absent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Class of source x.
    pub x: Class,
    /// Bytes of source x as an immediate.
    pub x_bytes: u8,
    /// Class of source y.
    pub y: Class,
    /// Bytes of source y as an immediate.
    pub y_bytes: u8,
    /// Whether there is a third source, always a slot (2 bytes).
    pub z: bool,
    /// Whether there is a fixed 4-byte immediate.
    pub imm: bool,
    /// Class of the destination.
    pub d: Class,
    /// Whether there is a destination.
    pub has_d: bool,
    /// What follows.
    pub tail: Tail,
}

impl Layout {
    /// Where the operands lie in one form.
    pub(super) const fn offsets(self, form: Form) -> Offsets {
        let y = source_bytes(self.x_bytes, form.x);
        let z = y + source_bytes(self.y_bytes, form.y);
        let imm = z + if self.z { 2 } else { 0 };
        let d = imm + if self.imm { 4 } else { 0 };
        let end = self.bytes(form) - self.tail.bytes();
        Offsets { y: y as u8, z: z as u8, imm: imm as u8, d: d as u8, end: end as u8, has_tail: self.tail.bytes() > 0 }
    }

    /// Bytes of the operands in one form.
    pub const fn bytes(self, form: Form) -> usize {
        source_bytes(self.x_bytes, form.x)
            + source_bytes(self.y_bytes, form.y)
            + if self.z { 2 } else { 0 }
            + if self.imm { 4 } else { 0 }
            + if self.has_d && matches!(form.d, Kind::W) { 2 } else { 0 }
            + self.tail.bytes()
    }
}

/// Bytes of one source operand.
pub const fn source_bytes(immediate: u8, kind: Kind) -> usize {
    match kind {
        Kind::S if immediate > 0 => 2,
        Kind::I => immediate as usize,
        _ => 0,
    }
}

/// The layout of an op whose operands have these `(class, bytes)`.
pub(super) const fn layout(x: (Class, u8), y: (Class, u8), z: bool, imm: bool, d: (Class, bool), tail: Tail) -> Layout {
    Layout { x: x.0, x_bytes: x.1, y: y.0, y_bytes: y.1, z, imm, d: d.0, has_d: d.1, tail }
}

/// Where the operands of an instruction lie, in bytes from its first operand; x is at 0.
#[derive(Clone, Copy, Debug)]
pub struct Offsets {
    /// Source y.
    pub y: u8,
    /// Source z.
    pub z: u8,
    /// Fixed immediate.
    pub imm: u8,
    /// Destination.
    pub d: u8,
    /// The end, where the tail begins.
    pub end: u8,
    /// Whether there is a tail.
    pub has_tail: bool,
}
