//! The garbage-collected heap of a store: structures and arrays as bytes, reached by 32-bit references.
//!
//! Spec: Execution, Structure and Array Instances. Called by: `runtime`, `exec` (instructions), `api` (collections, the embedder's references).
//! Calls: `wasm::{layout, matching, types}`.
//!
//! # References
//! | low bits | a reference to |
//! |---|---|
//! | all zero | nothing: null |
//! | `1` | an `i31`: the other bits are its value |
//! | `010` | a host value: the other bits are its number |
//! | `000` | an object: its offset in the heap, a multiple of 8 |
//!
//! References of the hierarchies of `any` and `extern` look the same, so that conversions between them do nothing. In slots they are
//! zero-extended. A reference to a function is kept in the heap as 1 + its number in the store, and in slots as an address (R5).
//!
//! # Safety
//! All of it but `space` is safe Rust over bytes: what is read from the heap is an index that is checked where it is used. Handlers reach objects by
//! address, and check each against the length of the space (`exec::handlers::accesses`). A reference that is wrong gives wrong values or a trap.
//!
//! # Why
//! Two spaces, of which one is used; a collection copies what is alive to the other (Cheney). Allocation is an addition and a compare, garbage
//! costs nothing, and what is alive lies together afterwards. The price is twice the memory; RATIONALE.md has figures.

mod collect;
mod heap;
mod instructions;
mod roots;
mod shapes;
mod space;

pub use heap::{Full, Heap};
pub use instructions::{Failure, Segment};
pub use roots::{RootId, Roots};
pub use shapes::Storage;

use crate::wasm::layout::I31_TAG;

/// The type of the garbage-collected heap's references.
pub type Reference = u32;

/// The low bits of references to host values.
const HOST_TAG: u32 = 2;
/// Bits that say what a reference refers to.
const TAG_BITS: u32 = 3;

/// Most host values, whose numbers fit into references.
pub const MAX_HOST_VALUES: u32 = u32::MAX >> TAG_BITS;

/// The reference to a host value, by its number below [`MAX_HOST_VALUES`].
pub const fn host_reference(number: u32) -> Reference {
    number << TAG_BITS | HOST_TAG
}

/// The number of the host value that a reference leads to, if it leads to one.
pub const fn host_number(reference: Reference) -> Option<u32> {
    if reference & ((1 << TAG_BITS) - 1) == HOST_TAG { Some(reference >> TAG_BITS) } else { None }
}

/// Whether a reference is an integer.
pub const fn is_i31(reference: Reference) -> bool {
    reference & I31_TAG != 0
}

/// Whether a reference leads to an object.
pub const fn is_object(reference: Reference) -> bool {
    reference != 0 && reference & ((1 << TAG_BITS) - 1) == 0
}
