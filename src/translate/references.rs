//! References: calls through them, null, casts, structures and arrays.

use alloc::vec::Vec;

use super::listing::Recorder;
use super::micro_op::Operand;
use super::stack::{Entry, EntryKind};
use super::{Body, SLOT};
use crate::code::ops::Op;
use crate::decode::operators::{ReadError, Reader};
use crate::wasm::layout::field_offset;
use crate::wasm::matching::Matching;
use crate::wasm::opcodes::Opcode;
use crate::wasm::types::{FieldType, HeapType, StorageType, TypeId, ValType};

const I31REF: ValType = ValType::reference(HeapType::I31, true);

/// The ops for fields and elements that are stored in the same way.
struct Access {
    field: Op,
    element: Op,
    set_field: Op,
    set_element: Op,
}

impl<R: Recorder> Body<'_, R> {
    /// Translates an operator on references.
    #[inline(never)]
    pub(super) fn reference(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        match opcode {
            Opcode::CallRef => {
                let ty = reader.u32()?;
                self.call_ref(ty);
            }
            Opcode::ReturnCallRef => {
                let ty = reader.u32()?;
                self.return_call_ref(ty);
            }
            Opcode::RefAsNonNull => {
                let ty = self.top_type().non_null();
                self.check(Op::CheckNonNull, 0, ty);
            }
            Opcode::BrOnNull => {
                let depth = reader.u32()?;
                self.branch_on_null(depth);
            }
            Opcode::BrOnNonNull => {
                let depth = reader.u32()?;
                self.branch_on_non_null(depth);
            }
            Opcode::RefEq => self.binary(Op::I64Eq, ValType::FUNCREF, ValType::I32),
            Opcode::RefI31 => self.unary(Op::RefI31, ValType::I32, I31REF.non_null()),
            Opcode::I31GetS => self.unary(Op::I31GetS, I31REF, ValType::I32),
            Opcode::I31GetU => self.unary(Op::I31GetU, I31REF, ValType::I32),
            Opcode::AnyConvertExtern => self.retype(HeapType::ANY),
            Opcode::ExternConvertAny => self.retype(HeapType::EXTERN),
            Opcode::RefTest | Opcode::RefTestNull => {
                let ty = self.target(reader, opcode == Opcode::RefTestNull)?;
                let op = if self.is_function(ty) { Op::RefTestFunction } else { Op::RefTest };
                self.raw(op, 1, ty.bits(), Some(ValType::I32));
            }
            Opcode::RefCast | Opcode::RefCastNull => {
                let ty = self.target(reader, opcode == Opcode::RefCastNull)?;
                let op = if self.is_function(ty) { Op::RefCastFunction } else { Op::RefCast };
                self.check(op, ty.bits(), ty);
            }
            Opcode::BrOnCast | Opcode::BrOnCastFail => {
                let (from_null, to_null) = reader.cast_flags()?;
                let depth = reader.u32()?;
                let from = self.target(reader, from_null)?;
                let to = self.target(reader, to_null)?;
                self.branch_on_cast(depth, from, to, opcode == Opcode::BrOnCast);
            }
            Opcode::StructNew
            | Opcode::StructNewDefault
            | Opcode::StructGet
            | Opcode::StructGetS
            | Opcode::StructGetU
            | Opcode::StructSet => self.structure(opcode, reader)?,
            _ => self.array(opcode, reader)?,
        }
        Ok(())
    }

    /// Operators on structures.
    fn structure(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let module = self.module;
        let (id, fields) = module.struct_type(reader.u32()?).unwrap_or((TypeId(0), &[]));
        let reference = ValType::reference(HeapType::defined(id), false);
        match opcode {
            Opcode::StructNew => {
                let slots = fields.iter().map(|field| field.storage.unpacked().slots()).sum();
                self.with_operands(Op::NewStruct, id, slots, 0, Some(reference));
            }
            Opcode::StructNewDefault => self.with_operands(Op::NewStructDefault, id, 0, 0, Some(reference)),
            _ => {
                let index = reader.u32()?;
                let offset = field_offset(fields, index);
                let Some(&FieldType { storage, .. }) = fields.get(index as usize) else { return Ok(()) };
                if storage == StorageType::Val(ValType::V128) {
                    self.vector_field(offset, opcode == Opcode::StructSet);
                    return Ok(());
                }
                let access = self.access(storage, opcode == Opcode::StructGetS);
                if opcode == Opcode::StructSet {
                    self.raw(access.set_field, 2, offset, None);
                } else {
                    self.raw(access.field, 1, offset, Some(storage.unpacked()));
                }
            }
        }
        Ok(())
    }

    /// Operators on arrays.
    fn array(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        if opcode == Opcode::ArrayLen {
            self.raw(Op::ArrayLen, 1, 0, Some(ValType::I32));
            return Ok(());
        }
        let module = self.module;
        let Some((id, element)) = module.array_type(reader.u32()?) else { return reader.skip(opcode.immediates()) };
        let reference = Some(ValType::reference(HeapType::defined(id), false));
        let width = element.storage.unpacked().slots();
        match opcode {
            Opcode::ArrayNew => self.with_operands(Op::NewArray, id, 1 + width, 0, reference),
            Opcode::ArrayNewDefault => self.with_operands(Op::NewArrayDefault, id, 1, 0, reference),
            Opcode::ArrayNewFixed => {
                let count = reader.u32()?;
                self.with_operands(Op::NewArrayFixed, id, count as usize * width, count, reference);
            }
            Opcode::ArrayNewData => self.with_operands(Op::NewArrayData, id, 2, reader.u32()?, reference),
            Opcode::ArrayNewElem => self.with_operands(Op::NewArrayElements, id, 2, reader.u32()?, reference),
            Opcode::ArrayFill => self.with_operands(Op::ArrayFill, id, 3 + width, 0, None),
            Opcode::ArrayCopy => {
                reader.u32()?;
                self.with_operands(Op::ArrayCopy, id, 5, 0, None);
            }
            Opcode::ArrayInitData => self.with_operands(Op::ArrayInitData, id, 4, reader.u32()?, None),
            Opcode::ArrayInitElem => self.with_operands(Op::ArrayInitElements, id, 4, reader.u32()?, None),
            Opcode::ArrayGet | Opcode::ArraySet if width > 1 => self.vector_element(opcode == Opcode::ArraySet),
            Opcode::ArraySet => {
                let access = self.access(element.storage, false);
                self.bulk(access.set_element, 0);
            }
            _ => {
                let access = self.access(element.storage, opcode == Opcode::ArrayGetS);
                self.raw(access.element, 2, 0, Some(element.storage.unpacked()));
            }
        }
        Ok(())
    }

    /// An access to a field that is a vector.
    fn vector_field(&mut self, offset: u32, set: bool) {
        let value = set.then(|| self.pop_vector());
        let (object, ty, home) = self.pop_operand();
        let object = self.in_slot(object, home, ty);
        let mut micro = self.op(if set { Op::SetFieldVector } else { Op::FieldVector });
        micro.set_x(Operand::Slot(object));
        micro.imm = offset;
        match value {
            Some(value) => {
                micro.set_y(value);
                self.push(micro);
            }
            None => self.define_vector(micro),
        }
    }

    /// An access to an element that is a vector.
    fn vector_element(&mut self, set: bool) {
        let value = set.then(|| self.pop_vector());
        let (index, index_ty, index_home) = self.pop_operand();
        let (array, array_ty, array_home) = self.pop_operand();
        let (array, index) = (self.in_slot(array, array_home, array_ty), self.in_slot(index, index_home, index_ty));
        let mut micro = self.op(if set { Op::SetElementVector } else { Op::ElementVector });
        micro.set_x(Operand::Slot(array));
        micro.set_y(Operand::Slot(index));
        match value {
            Some(Operand::Slot(value)) => {
                micro.z = value;
                self.push(micro);
            }
            // Vectors are in slots.
            Some(Operand::Immediate(_)) => {}
            None => self.define_vector(micro),
        }
    }

    /// The ops for values that are stored in a way.
    fn access(&self, storage: StorageType, signed: bool) -> Access {
        let access = |field, element, set_field, set_element| Access { field, element, set_field, set_element };
        match storage {
            StorageType::I8 if signed => access(Op::Field8S, Op::Element8S, Op::SetField8, Op::SetElement8),
            StorageType::I8 => access(Op::Field8U, Op::Element8U, Op::SetField8, Op::SetElement8),
            StorageType::I16 if signed => access(Op::Field16S, Op::Element16S, Op::SetField16, Op::SetElement16),
            StorageType::I16 => access(Op::Field16U, Op::Element16U, Op::SetField16, Op::SetElement16),
            StorageType::Val(ValType::I64) => access(Op::Field64, Op::Element64, Op::SetField64, Op::SetElement64),
            StorageType::Val(ValType::F64) => access(Op::Field64Raw, Op::Element64Raw, Op::SetField64, Op::SetElement64),
            StorageType::Val(ValType::F32) => access(Op::Field32Raw, Op::Element32Raw, Op::SetField32, Op::SetElement32),
            StorageType::Val(ty) if self.is_function(ty) => {
                access(Op::FieldFunction, Op::ElementFunction, Op::SetFieldFunction, Op::SetElementFunction)
            }
            StorageType::Val(_) => access(Op::Field32, Op::Element32, Op::SetField32, Op::SetElement32),
        }
    }

    /// Whether values of a type are references to functions.
    fn is_function(&self, ty: ValType) -> bool {
        ty.heap_type().is_some_and(|heap| self.module.known_types.top(heap) == HeapType::FUNC)
    }

    /// A reference type with the heap type that follows.
    fn target(&self, reader: &mut Reader<'_>, nullable: bool) -> Result<ValType, ReadError> {
        let ty = ValType::reference(reader.heap_type()?, nullable);
        Ok(self.module.val_type(ty).unwrap_or(ty))
    }

    /// Conversions between the hierarchies of `any` and `extern`: references stay as they are.
    fn retype(&mut self, heap: HeapType) {
        if let Some(entry) = self.b.stack.last_mut() {
            entry.ty = ValType::reference(heap, entry.ty.is_nullable());
        }
    }

    /// An op whose operands, the topmost of the stack, lie in their home slots, one after another; it may make an object.
    fn with_operands(&mut self, op: Op, id: TypeId, operands: usize, imm: u32, result: Option<ValType>) {
        self.materialize_top(operands);
        self.keep_top(operands);
        if op.allocates() {
            self.record_roots();
        }
        let height = self.height() - operands;
        self.b.stack.truncate(height);
        let first = self.home(height);
        let mut micro = self.op(op);
        micro.set_x(Operand::Immediate(u64::from(id.0) | u64::from(first as u32) << 32));
        micro.imm = imm;
        match result {
            Some(ty) => self.define(micro, ty),
            None => self.push(micro),
        }
    }

    /// Tells the recorder which slots hold references of the garbage-collected heap here: locals, what loops carry, and operands.
    #[inline(always)]
    pub(super) fn record_roots(&mut self) {
        if R::ACTIVE {
            let slots = self.live_references();
            self.recorder.roots(self.offset, slots);
        }
    }

    #[cold]
    fn live_references(&self) -> Vec<i32> {
        let traced = |ty: ValType| {
            let top = ty.heap_type().map(|heap| self.module.known_types.top(heap));
            matches!(top, Some(HeapType::ANY | HeapType::EXTERN))
        };
        let mut slots: Vec<i32> = self.b.locals.iter().filter(|local| traced(local.1)).map(|local| local.0).collect();
        for (first, types) in self.carried_by_loops() {
            let mut at = first;
            for &ty in types {
                slots.extend(traced(ty).then_some(at));
                at += ty.slots() as i32 * SLOT;
            }
        }
        for (height, entry) in self.b.stack.iter().enumerate() {
            if entry.kind == EntryKind::Temporary && traced(entry.ty) {
                slots.push(self.home(height));
            }
        }
        slots
    }

    /// The type of the topmost operand.
    fn top_type(&self) -> ValType {
        self.b.stack.last().map_or(ValType::FUNCREF, |entry| entry.ty)
    }

    /// Whether a function type may have subtypes, so that equality with it is not enough.
    pub(super) fn has_subtypes(&self, type_index: u32) -> bool {
        self.module.types.get(type_index as usize).is_some_and(|(_, ty)| !ty.is_final)
    }

    /// Replaces an index on the stack by the reference that a table holds there, if it is one to a function of this type or a subtype.
    pub(super) fn callee_of_type(&mut self, id: TypeId, table: u32) {
        let (index, ty, home) = self.pop_operand();
        let index = self.in_slot(index, home, ty);
        let mut micro = self.op(Op::CalleeOfType);
        micro.set_x(Operand::Slot(index));
        micro.set_y(Operand::Immediate(u64::from(id.0) | u64::from(table) << 32));
        self.define(micro, ValType::FUNCREF);
    }

    /// Lets the topmost operand be read more than once: it is in its home slot, and written there whoever reads it (X3).
    fn settle_top(&mut self) {
        let Some(height) = self.height().checked_sub(1) else { return };
        self.materialize(height);
        self.keep_top(1);
        // Whoever defines it, a `local.set` must not make it write elsewhere.
        self.b.stack[height].definition = 0;
    }

    /// Takes the topmost operand, which is read by what follows and stays: its slot, and what to push again.
    fn borrow_top(&mut self) -> (i32, Entry) {
        if self.b.stack.last().is_none_or(|entry| entry.kind != EntryKind::Local) {
            self.settle_top();
        }
        let entry = self.pop();
        let slot = match entry.kind {
            EntryKind::Local => entry.value as i32,
            _ => self.home(self.height()),
        };
        (slot, entry)
    }

    /// An op that traps unless the topmost operand is as it should be; the operand stays, with another type.
    fn check(&mut self, op: Op, imm: u32, ty: ValType) {
        let (slot, entry) = self.borrow_top();
        let mut micro = self.op(op);
        micro.set_x(Operand::Slot(slot));
        micro.imm = imm;
        self.push(micro);
        self.b.stack.push(Entry { ty, ..entry });
    }

    /// `br_on_null`: the reference stays if it is not null.
    fn branch_on_null(&mut self, depth: u32) {
        if self.is_carried(depth) {
            // What the branch carries may be what the local of the reference is.
            self.settle_top();
        }
        let (slot, entry) = self.borrow_top();
        let mut branch = self.op(Op::BranchI64Eq);
        branch.set_x(Operand::Slot(slot));
        branch.set_y(Operand::Immediate(0));
        self.branch_conditionally(branch, depth);
        self.b.stack.push(Entry { ty: entry.ty.non_null(), ..entry });
    }

    /// `br_on_non_null`: the reference is carried by the branch.
    fn branch_on_non_null(&mut self, depth: u32) {
        self.settle_top();
        let mut branch = self.op(Op::BranchI64Ne);
        branch.set_x(Operand::Slot(self.home(self.height() - 1)));
        branch.set_y(Operand::Immediate(0));
        self.branch_conditionally(branch, depth);
        self.pop();
    }

    /// `br_on_cast`, and `br_on_cast_fail` unless `taken_on_success`: the reference is carried by the branch, and stays if it is not taken.
    fn branch_on_cast(&mut self, depth: u32, from: ValType, to: ValType, taken_on_success: bool) {
        self.settle_top();
        let height = self.height();
        let mut test = self.op(if self.is_function(to) { Op::RefTestFunction } else { Op::RefTest });
        test.set_x(Operand::Slot(self.home(height - 1)));
        (test.imm, test.d) = (to.bits(), self.home(height));
        self.push(test);
        let mut branch = self.op(if taken_on_success { Op::BranchI32Ne } else { Op::BranchI32Eq });
        branch.set_x(Operand::Slot(self.home(height)));
        branch.set_y(Operand::Immediate(0));
        self.branch_conditionally(branch, depth);
        let rest = if to.is_nullable() { from.non_null() } else { from };
        if let Some(entry) = self.b.stack.last_mut() {
            entry.ty = if taken_on_success { rest } else { to };
        }
    }
}
