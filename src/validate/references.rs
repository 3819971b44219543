//! Operators on references to functions of declared types, structures and arrays, out of the way of others.
//!
//! Spec: Validation, Reference Instructions, Aggregate Reference Instructions, and the branches and calls through references.
//! Called by: `validate::body`, which lends reader and operand stack.

use crate::{
    decode::operators::{PREFIX_FB, ReadError, Reader},
    wasm::{
        limits::MAX_ARRAY_NEW_FIXED,
        matching::Matching,
        opcodes::Opcode,
        types::{FieldType, HeapType, StorageType, TypeId, ValType},
    },
};

use super::{
    BodySink,
    body::Body,
    error::Fault,
    operands::{BOTTOM, MAX_OPERANDS, Operands},
    rare::known_type,
};

/// What a reference in unreachable code may be: any that is not null.
const BOTTOM_REFERENCE: ValType = ValType::reference(HeapType::BOTTOM, false);
const EQREF: ValType = ValType::reference(HeapType::EQ, true);
const I31REF: ValType = ValType::reference(HeapType::I31, true);
const ARRAYREF: ValType = ValType::reference(HeapType::ARRAY, true);

/// A reference to a defined type.
const fn reference_to(id: TypeId, nullable: bool) -> ValType {
    ValType::reference(HeapType::defined(id), nullable)
}

impl<'a, S: BodySink> Body<'a, S> {
    /// Reads and judges an operator whose first byte has been read.
    #[inline(never)]
    pub(super) fn reference(&mut self, reader: &mut Reader<'a>, stack: &mut Operands, byte: u8) -> Result<(), Fault> {
        let opcode = if byte == PREFIX_FB { reader.sub_opcode(byte)? } else { Reader::one_byte_opcode(byte)? };
        self.require(opcode.proposal())?;
        match opcode {
            Opcode::CallRef | Opcode::ReturnCallRef => self.call_ref(opcode, reader.u32()?, stack)?,
            Opcode::RefAsNonNull => {
                let found = self.pop_reference(stack)?;
                stack.push(found.non_null());
            }
            Opcode::BrOnNull | Opcode::BrOnNonNull => self.branch_on_null(opcode, reader.u32()?, stack)?,
            Opcode::RefEq => {
                self.pop_expected(stack, &[EQREF, EQREF])?;
                stack.push(ValType::I32);
            }
            Opcode::RefTest | Opcode::RefTestNull | Opcode::RefCast | Opcode::RefCastNull => {
                let nullable = matches!(opcode, Opcode::RefTestNull | Opcode::RefCastNull);
                let target = known_type(self.module, ValType::reference(reader.heap_type()?, nullable))?;
                self.pop_expected(stack, &[self.top_of(target)])?;
                let is_test = matches!(opcode, Opcode::RefTest | Opcode::RefTestNull);
                stack.push(if is_test { ValType::I32 } else { target });
            }
            Opcode::BrOnCast | Opcode::BrOnCastFail => {
                let (from_null, to_null) = reader.cast_flags()?;
                let label = reader.u32()?;
                let from = known_type(self.module, ValType::reference(reader.heap_type()?, from_null))?;
                let to = known_type(self.module, ValType::reference(reader.heap_type()?, to_null))?;
                self.branch_on_cast(opcode, label, from, to, stack)?;
            }
            Opcode::AnyConvertExtern => self.convert(ValType::EXTERNREF, ValType::ANYREF, stack)?,
            Opcode::ExternConvertAny => self.convert(ValType::ANYREF, ValType::EXTERNREF, stack)?,
            Opcode::RefI31 => {
                self.pop_expected(stack, &[ValType::I32])?;
                stack.push(I31REF.non_null());
            }
            Opcode::I31GetS | Opcode::I31GetU => {
                self.pop_expected(stack, &[I31REF])?;
                stack.push(ValType::I32);
            }
            Opcode::StructNew | Opcode::StructNewDefault => {
                let (id, fields) = self.struct_type(reader.u32()?)?;
                for field in fields.iter().rev() {
                    let ty = field.storage.unpacked();
                    match opcode {
                        Opcode::StructNew => self.pop_expected(stack, &[ty])?,
                        _ if ty.is_defaultable() => {}
                        _ => return Err(Fault::NoDefault(ty)),
                    }
                }
                stack.push(reference_to(id, false));
            }
            Opcode::StructGet | Opcode::StructGetS | Opcode::StructGetU | Opcode::StructSet => {
                let (type_index, index) = (reader.u32()?, reader.u32()?);
                let (id, fields) = self.struct_type(type_index)?;
                let field = *fields.get(index as usize).ok_or(Fault::Unknown("field", index))?;
                if opcode == Opcode::StructSet {
                    if !field.mutable {
                        return Err(Fault::ImmutableField("field", index));
                    }
                    return self.pop_expected(stack, &[reference_to(id, true), field.storage.unpacked()]);
                }
                check_packing(field.storage, opcode != Opcode::StructGet)?;
                self.pop_expected(stack, &[reference_to(id, true)])?;
                stack.push(field.storage.unpacked());
            }
            _ => self.array(opcode, reader, stack)?,
        }
        self.note_vector(stack.last() == ValType::V128);
        Ok(())
    }

    /// Operators on arrays.
    fn array(&mut self, opcode: Opcode, reader: &mut Reader<'a>, stack: &mut Operands) -> Result<(), Fault> {
        const INDEX: ValType = ValType::I32;
        if opcode == Opcode::ArrayLen {
            self.pop_expected(stack, &[ARRAYREF])?;
            stack.push(ValType::I32);
            return Ok(());
        }
        let type_index = reader.u32()?;
        let (id, element) = self.array_type(type_index)?;
        let (array, ty) = (reference_to(id, true), element.storage.unpacked());
        let pops: &[ValType] = match opcode {
            Opcode::ArrayNew => &[ty, INDEX],
            Opcode::ArrayNewDefault if ty.is_defaultable() => &[INDEX],
            Opcode::ArrayNewDefault => return Err(Fault::NoDefault(ty)),
            Opcode::ArrayNewFixed => {
                let count = reader.u32()?;
                if count > MAX_ARRAY_NEW_FIXED {
                    return Err(Fault::TooManyElements(count));
                }
                for _ in 0..count {
                    self.pop_expected(stack, &[ty])?;
                }
                &[]
            }
            Opcode::ArrayNewData | Opcode::ArrayInitData => {
                if opcode == Opcode::ArrayInitData {
                    check_mutable(element, type_index)?;
                }
                if ty.is_ref() {
                    return Err(Fault::ElementClass("numbers or vectors"));
                }
                self.check_data(reader.u32()?)?;
                if opcode == Opcode::ArrayNewData { &[INDEX, INDEX] } else { &[array, INDEX, INDEX, INDEX] }
            }
            Opcode::ArrayNewElem | Opcode::ArrayInitElem => {
                if opcode == Opcode::ArrayInitElem {
                    check_mutable(element, type_index)?;
                }
                let found = self.element_segment(reader.u32()?)?;
                self.check_elements(found, ty)?;
                if opcode == Opcode::ArrayNewElem { &[INDEX, INDEX] } else { &[array, INDEX, INDEX, INDEX] }
            }
            Opcode::ArrayGet | Opcode::ArrayGetS | Opcode::ArrayGetU => {
                check_packing(element.storage, opcode != Opcode::ArrayGet)?;
                self.pop_expected(stack, &[array, INDEX])?;
                stack.push(ty);
                return Ok(());
            }
            Opcode::ArraySet => {
                check_mutable(element, type_index)?;
                &[array, INDEX, ty]
            }
            Opcode::ArrayFill => {
                check_mutable(element, type_index)?;
                &[array, INDEX, ty, INDEX]
            }
            Opcode::ArrayCopy => {
                check_mutable(element, type_index)?;
                let (source, found) = self.array_type(reader.u32()?)?;
                self.check_storage(found.storage, element.storage)?;
                &[array, INDEX, reference_to(source, true), INDEX, INDEX]
            }
            _ => return Err(ReadError::IllegalOpcode.into()),
        };
        self.pop_expected(stack, pops)?;
        if matches!(
            opcode,
            Opcode::ArrayNew | Opcode::ArrayNewDefault | Opcode::ArrayNewFixed | Opcode::ArrayNewData | Opcode::ArrayNewElem
        ) {
            stack.push(reference_to(id, false));
        }
        Ok(())
    }

    /// `call_ref` and `return_call_ref`.
    fn call_ref(&mut self, opcode: Opcode, type_index: u32, stack: &mut Operands) -> Result<(), Fault> {
        let ty = self.called(type_index)?;
        let (id, _) = self.module.func_type(type_index).ok_or(Fault::Unknown("type", type_index))?;
        self.pop_expected(stack, &[reference_to(id, true)])?;
        if opcode == Opcode::CallRef {
            self.pop_expected(stack, ty.params())?;
            return push_all(stack, ty.results());
        }
        self.check_results(ty)?;
        self.pop_expected(stack, ty.params())?;
        let mark = self.set_unreachable();
        stack.truncate(mark);
        Ok(())
    }

    /// `br_on_null` and `br_on_non_null`.
    fn branch_on_null(&mut self, opcode: Opcode, label: u32, stack: &mut Operands) -> Result<(), Fault> {
        let types = self.label_types(label)?;
        let found = self.pop_reference(stack)?;
        if opcode == Opcode::BrOnNull {
            self.pop_expected(stack, types.as_slice())?;
            push_all(stack, types.as_slice())?;
            stack.push(found.non_null());
            return Ok(());
        }
        self.carry_reference(types.as_slice(), found.non_null(), stack)
    }

    /// Checks that a label takes a reference of this type last; the operands below it are those that the label takes.
    fn carry_reference(&self, types: &[ValType], found: ValType, stack: &mut Operands) -> Result<(), Fault> {
        let Some((&expected, others)) = types.split_last() else { return Err(Fault::LabelWithoutReference) };
        if !self.matches(found, expected) {
            return Err(Fault::TypeMismatch { expected, found });
        }
        self.pop_expected(stack, others)?;
        push_all(stack, others)
    }

    /// `br_on_cast` and `br_on_cast_fail`.
    fn branch_on_cast(&mut self, opcode: Opcode, label: u32, from: ValType, to: ValType, stack: &mut Operands) -> Result<(), Fault> {
        if !self.matches(to, from) {
            return Err(Fault::TypeMismatch { expected: from, found: to });
        }
        let types = self.label_types(label)?;
        // What is not of the type that it is cast to: not null if that has null.
        let rest = if to.is_nullable() { from.non_null() } else { from };
        let (carried, kept) = if opcode == Opcode::BrOnCast { (to, rest) } else { (rest, to) };
        self.pop_expected(stack, &[from])?;
        self.carry_reference(types.as_slice(), carried, stack)?;
        stack.push(kept);
        Ok(())
    }

    /// `any.convert_extern` and `extern.convert_any`: null where the operand may be.
    fn convert(&self, from: ValType, to: ValType, stack: &mut Operands) -> Result<(), Fault> {
        let found = stack.last();
        self.pop_expected(stack, &[from])?;
        stack.push(if found.is_ref() && found.is_nullable() { to } else { to.non_null() });
        Ok(())
    }

    /// Pops operands of these types, the last on top.
    fn pop_expected(&self, stack: &mut Operands, types: &[ValType]) -> Result<(), Fault> {
        for &ty in types.iter().rev() {
            if !stack.pop_if(ty) {
                let top = self.pop_other(stack.slots(), ty)?;
                stack.truncate(top);
            }
        }
        Ok(())
    }

    /// Pops a reference of any type.
    fn pop_reference(&self, stack: &mut Operands) -> Result<ValType, Fault> {
        let found = stack.last();
        if !found.is_ref() {
            self.check_bottom("a reference", found)?;
            stack.truncate(stack.top() - usize::from(found == BOTTOM));
            return Ok(BOTTOM_REFERENCE);
        }
        stack.truncate(stack.top() - 1);
        Ok(found)
    }

    /// The topmost type of the hierarchy of a reference type, with null.
    fn top_of(&self, ty: ValType) -> ValType {
        let heap = ty.heap_type().map_or(HeapType::ANY, |heap| self.module.known_types.top(heap));
        ValType::reference(heap, true)
    }

    fn struct_type(&self, index: u32) -> Result<(TypeId, &'a [FieldType]), Fault> {
        self.module.struct_type(index).ok_or_else(|| self.other_kind("a structure type", index))
    }

    fn array_type(&self, index: u32) -> Result<(TypeId, FieldType), Fault> {
        self.module.array_type(index).ok_or_else(|| self.other_kind("an array type", index))
    }

    fn other_kind(&self, expected: &'static str, index: u32) -> Fault {
        if (index as usize) < self.module.types.len() { Fault::OtherKind { expected, index } } else { Fault::Unknown("type", index) }
    }

    /// Checks that what is stored in one way may go where it is stored in another.
    fn check_storage(&self, found: StorageType, expected: StorageType) -> Result<(), Fault> {
        match (found, expected) {
            (StorageType::Val(found), StorageType::Val(expected)) => self.check_elements(found, expected),
            _ if found == expected => Ok(()),
            _ => Err(Fault::ElementClass("the same packed elements")),
        }
    }
}

/// Pushes operands, as long as they are not too many.
fn push_all(stack: &mut Operands, types: &[ValType]) -> Result<(), Fault> {
    if stack.top() > MAX_OPERANDS {
        return Err(Fault::TooManyOperands);
    }
    stack.push_all(types);
    Ok(())
}

/// Checks that an access has an extension exactly if values are packed.
fn check_packing(storage: StorageType, extends: bool) -> Result<(), Fault> {
    if storage.is_packed() == extends { Ok(()) } else { Err(Fault::Packing { packed: storage.is_packed() }) }
}

fn check_mutable(element: FieldType, type_index: u32) -> Result<(), Fault> {
    if element.mutable { Ok(()) } else { Err(Fault::ImmutableField("array", type_index)) }
}
