//! The types of a function's locals.
//!
//! Called by: `validate::{func, body}`, and sinks.
//!
//! # Why
//! Three bytes declare 50,000 locals, so that a module of a megabyte could make us write gigabytes if each local got an entry. Only as many have
//! one as the body has bytes; the rest, which only hostile bodies reach, is searched for in the declarations.

use alloc::vec::Vec;

use crate::wasm::types::ValType;

/// The types of a function's parameters and declared locals.
#[derive(Debug, Default)]
pub struct Locals {
    /// The first locals, parameters before all.
    direct: Vec<ValType>,
    /// The declarations: index after the group's last local, and type.
    groups: Vec<(u32, ValType)>,
    /// How many there are, parameters included.
    len: u32,
    /// Whether one of them is a vector.
    vectors: bool,
}

impl Locals {
    /// Starts over with the parameters alone.
    pub(super) fn begin(&mut self, params: &[ValType]) {
        self.direct.clear();
        self.direct.extend_from_slice(params);
        self.groups.clear();
        self.len = params.len() as u32;
        self.vectors = params.contains(&ValType::V128);
    }

    /// Adds a declaration; at most `direct` locals get an entry of their own.
    pub(super) fn declare(&mut self, count: u32, ty: ValType, direct: usize) {
        self.len = self.len.saturating_add(count);
        self.vectors |= ty == ValType::V128;
        self.groups.push((self.len, ty));
        let end = (self.len as usize).min(direct);
        if end > self.direct.len() {
            self.direct.resize(end, ty);
        }
    }

    /// The types of the first locals: as many as there are, but no more than the parameters and one for each byte of the body.
    pub fn direct(&self) -> &[ValType] {
        &self.direct
    }

    /// How many locals there are.
    pub fn count(&self) -> usize {
        self.len as usize
    }

    /// Whether one of them is a vector.
    pub fn has_vectors(&self) -> bool {
        self.vectors
    }

    /// The type of a local without an entry.
    #[cold]
    #[inline(never)]
    pub(super) fn search(&self, index: u32) -> Option<ValType> {
        let group = self.groups.partition_point(|&(end, _)| end <= index);
        self.groups.get(group).map(|&(_, ty)| ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locals_behind_the_direct_ones_are_found() {
        let mut locals = Locals::default();
        locals.begin(&[ValType::F32]);
        locals.declare(0, ValType::F64, 2);
        locals.declare(3, ValType::I32, 2);
        locals.declare(2, ValType::I64, 2);
        let get = |i| locals.direct().get(i as usize).copied().or_else(|| locals.search(i));
        let all: Vec<_> = (0..7).map(get).collect();
        let (f, i, l) = (Some(ValType::F32), Some(ValType::I32), Some(ValType::I64));
        assert_eq!(all, [f, i, i, i, l, l, None]);
        assert_eq!(locals.direct(), [ValType::F32, ValType::I32]);
        assert_eq!(locals.len, 6);
    }
}
