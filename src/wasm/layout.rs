//! Where the fields of structures and the elements of arrays lie in the garbage-collected heap.
//!
//! Called by: `translate` (offsets in code), `runtime::gc` (the same offsets, to trace and copy). Calls: `wasm::types`.
//!
//! An object starts with the canonical id of its type, 4 bytes. A structure's fields follow in their order, those of 4 bytes and more at multiples of
//! 4; so a subtype, which has the fields of its supertype first, has them where the supertype has them. An array's length follows, 4
//! bytes, and then its elements without gaps. References take 4 bytes. Objects start, and so end, at multiples of 8.

use super::types::{FieldType, StorageType};

/// Bytes of a structure in front of its fields.
pub const STRUCT_HEADER: u32 = 4;
/// Where the length of an array lies.
pub const ARRAY_LENGTH: u32 = 4;
/// Bytes of an array in front of its elements.
pub const ARRAY_HEADER: u32 = 8;
/// The bit of references that are integers; no other reference has it.
pub const I31_TAG: u32 = 1;
/// Types that a test finds at once: a type and its supertypes, outermost first.
pub const DISPLAYED: usize = 8;
/// Objects start at multiples of this.
pub const OBJECT_ALIGN: u32 = 8;

/// Where the next field of this type lies, if `end` bytes are taken.
const fn place(storage: StorageType, end: u32) -> u32 {
    let bytes = storage.bytes();
    end.next_multiple_of(if bytes < 4 { bytes } else { 4 })
}

/// The offsets of the fields of a structure, in bytes from its start; then that of its end.
pub fn field_offsets(fields: &[FieldType]) -> impl Iterator<Item = u32> + '_ {
    let mut end = STRUCT_HEADER;
    let mut fields = fields.iter();
    let mut open = true;
    core::iter::from_fn(move || match fields.next() {
        Some(field) => {
            let offset = place(field.storage, end);
            end = offset + field.storage.bytes();
            Some(offset)
        }
        None if core::mem::take(&mut open) => Some(end),
        None => None,
    })
}

/// The offset of a field of a structure.
pub fn field_offset(fields: &[FieldType], index: u32) -> u32 {
    field_offsets(fields).nth(index as usize).unwrap_or(STRUCT_HEADER)
}

/// The size of a structure.
pub fn struct_size(fields: &[FieldType]) -> u32 {
    field_offsets(fields).last().unwrap_or(STRUCT_HEADER).next_multiple_of(OBJECT_ALIGN)
}

/// The size of an array of `length` elements of `bytes` bytes, if it has one.
pub const fn array_size(length: u32, bytes: u32) -> Option<u32> {
    let size = length as u64 * bytes as u64 + ARRAY_HEADER as u64 + (OBJECT_ALIGN as u64 - 1);
    if size > u32::MAX as u64 { None } else { Some(size as u32 & !(OBJECT_ALIGN - 1)) }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::wasm::types::ValType;

    #[test]
    fn fields_of_a_supertype_lie_where_it_has_them() {
        let field = |storage| FieldType { storage, mutable: true };
        let fields =
            [StorageType::I8, StorageType::I16, StorageType::Val(ValType::I64), StorageType::I8, StorageType::Val(ValType::FUNCREF)];
        let fields = fields.map(field);
        assert_eq!(field_offsets(&fields).collect::<Vec<_>>(), [4, 6, 8, 16, 20, 24]);
        assert_eq!((struct_size(&fields), struct_size(&fields[..1]), struct_size(&[])), (24, 8, 8));
        for count in 0..fields.len() {
            assert!(field_offsets(&fields).zip(field_offsets(&fields[..count])).take(count).all(|(a, b)| a == b));
        }
    }

    #[test]
    fn sizes_of_arrays_do_not_overflow() {
        assert_eq!((array_size(0, 8), array_size(3, 1), array_size(1, 16)), (Some(8), Some(16), Some(24)));
        assert_eq!((array_size(u32::MAX, 1), array_size(u32::MAX, 16)), (None, None));
    }
}
