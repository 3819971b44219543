//! Tables: their elements and bulk operations.
//!
//! Spec: Execution, Table Instances. Called by: `runtime`, `exec` (through [`TableEntity::elements`]), `api`.

use alloc::vec::Vec;

use super::context::Slot;
use super::memory::range;
use crate::wasm::{limits::MAX_TABLE_ELEMENTS, trap::TrapCode, types::TableType};

/// A table.
#[derive(Debug)]
pub struct TableEntity {
    /// Its elements (R5).
    pub elements: Vec<Slot>,
    /// Its declared type.
    ty: TableType,
    /// Its number in the store.
    pub index: u32,
}

/// The largest size that a type allows, in elements.
fn max_elements(ty: &TableType) -> u64 {
    ty.limits.max.map_or(MAX_TABLE_ELEMENTS, |max| max.min(MAX_TABLE_ELEMENTS))
}

impl TableEntity {
    /// A table of its type's minimum size, filled with `value`; `None` if that is too large.
    pub fn new(ty: TableType, index: u32, value: Slot) -> Option<Self> {
        let mut table = Self { elements: Vec::new(), ty, index };
        table.grow(ty.limits.min, value)?;
        Some(table)
    }

    /// How many elements it has.
    #[inline]
    pub fn len(&self) -> u32 {
        self.elements.len() as u32
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Its declared type.
    pub fn declared_type(&self) -> &TableType {
        &self.ty
    }

    /// Its type with the present size as minimum, which imports are matched with.
    pub fn current_type(&self) -> TableType {
        let mut ty = self.ty;
        ty.limits.min = self.elements.len() as u64;
        ty
    }

    /// `table.get`
    ///
    /// # Traps
    /// [`TrapCode::TableOutOfBounds`]
    pub fn get(&self, index: u64) -> Result<Slot, TrapCode> {
        let element = usize::try_from(index).ok().and_then(|index| self.elements.get(index));
        element.copied().ok_or(TrapCode::TableOutOfBounds)
    }

    /// `table.set`
    ///
    /// # Traps
    /// [`TrapCode::TableOutOfBounds`]
    pub fn set(&mut self, index: u64, value: Slot) -> Result<(), TrapCode> {
        let element = usize::try_from(index).ok().and_then(|index| self.elements.get_mut(index));
        *element.ok_or(TrapCode::TableOutOfBounds)? = value;
        Ok(())
    }

    /// Elements that it could have after growing by `delta`, if its type allows that.
    pub fn grown_elements(&self, delta: u64) -> Option<u64> {
        let elements = (self.elements.len() as u64).checked_add(delta)?;
        (elements <= max_elements(&self.ty)).then_some(elements)
    }

    /// Grows by `delta` elements of `value` and gives the old size; `None`, with nothing changed, if type or allocator do not allow it.
    pub fn grow(&mut self, delta: u64, value: Slot) -> Option<u64> {
        let old = self.elements.len();
        let new = usize::try_from(self.grown_elements(delta)?).ok()?;
        if old == 0 {
            self.elements.try_reserve_exact(new).ok()?;
        } else {
            self.elements.try_reserve(new - old).ok()?;
        }
        self.elements.resize(new, value);
        Some(old as u64)
    }

    /// `table.init`, and active segments: sets elements from `to` on to `values`.
    ///
    /// # Traps
    /// [`TrapCode::TableOutOfBounds`] if the range is not inside; nothing is written then.
    pub fn init(&mut self, to: u64, values: &[Slot]) -> Result<(), TrapCode> {
        let to = range(to, values.len() as u64, self.elements.len()).ok_or(TrapCode::TableOutOfBounds)?;
        self.elements[to].copy_from_slice(values);
        Ok(())
    }

    /// `table.fill`
    ///
    /// # Traps
    /// [`TrapCode::TableOutOfBounds`] if the range is not inside; nothing is written then.
    pub fn fill(&mut self, to: u64, value: Slot, len: u64) -> Result<(), TrapCode> {
        let to = range(to, len, self.elements.len()).ok_or(TrapCode::TableOutOfBounds)?;
        self.elements[to].fill(value);
        Ok(())
    }

    /// `table.copy` inside of one table; the ranges may overlap.
    ///
    /// # Traps
    /// [`TrapCode::TableOutOfBounds`] if either range is not inside; nothing is written then.
    pub fn copy_within(&mut self, to: u64, from: u64, len: u64) -> Result<(), TrapCode> {
        let from = range(from, len, self.elements.len()).ok_or(TrapCode::TableOutOfBounds)?;
        let to = range(to, len, self.elements.len()).ok_or(TrapCode::TableOutOfBounds)?;
        self.elements.copy_within(from, to.start);
        Ok(())
    }

    /// `table.copy` from another table.
    ///
    /// # Traps
    /// [`TrapCode::TableOutOfBounds`] if either range is not inside; nothing is written then.
    pub fn copy_from(&mut self, source: &TableEntity, to: u64, from: u64, len: u64) -> Result<(), TrapCode> {
        let from = range(from, len, source.elements.len()).ok_or(TrapCode::TableOutOfBounds)?;
        self.init(to, &source.elements[from])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::types::ValType;

    fn table(min: u64, max: Option<u64>) -> TableEntity {
        TableEntity::new(TableType::new(ValType::EXTERNREF, min, max), 0, 0).unwrap()
    }

    #[test]
    fn grows_up_to_its_maximum() {
        let mut t = table(1, Some(3));
        assert_eq!(t.grow(2, 5), Some(1));
        assert_eq!(t.elements, [0, 5, 5]);
        assert_eq!(t.grow(1, 5), None);
        assert_eq!(table(0, None).grow(MAX_TABLE_ELEMENTS + 1, 0), None);
    }

    #[test]
    fn bulk_operations_check_before_they_write() {
        let mut t = table(3, None);
        assert_eq!(t.init(2, &[1, 2]), Err(TrapCode::TableOutOfBounds));
        assert_eq!(t.init(0, &[1, 2, 3]), Ok(()));
        assert_eq!(t.copy_within(1, 0, 2), Ok(()));
        assert_eq!(t.elements, [1, 1, 2]);
        assert_eq!(t.fill(3, 9, 0), Ok(()));
        assert_eq!(t.fill(4, 9, 0), Err(TrapCode::TableOutOfBounds));
        let mut other = table(1, None);
        assert_eq!(other.copy_from(&t, 0, 2, 1), Ok(()));
        assert_eq!(other.copy_from(&t, 0, 2, 2), Err(TrapCode::TableOutOfBounds));
        assert_eq!(
            (other.get(0), other.get(1), other.set(1, 0)),
            (Ok(2), Err(TrapCode::TableOutOfBounds), Err(TrapCode::TableOutOfBounds))
        );
    }
}
