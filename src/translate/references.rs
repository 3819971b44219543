//! References: calls through them, null, casts, structures and arrays.

use alloc::vec::Vec;

use super::listing::Recorder;
use super::micro_op::{MicroOp, Operand};
use super::stack::{Entry, EntryKind};
use super::{Body, SLOT};
use crate::code::operands::Kind;
use crate::code::ops::Op;
use crate::decode::operators::{ReadError, Reader};
use crate::wasm::layout::{DISPLAYED, I31_TAG, field_offset, field_offsets, struct_size};
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
                self.check(Op::CheckNonNull, None, ty);
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
                let [test, _] = self.cast(ty);
                let (x, x_ty, home) = self.pop_operand();
                let x = self.not_immediate(x, home, x_ty);
                self.test(test, x, ty);
                self.push_result(ValType::I32, true);
            }
            Opcode::RefCast | Opcode::RefCastNull => {
                let ty = self.target(reader, opcode == Opcode::RefCastNull)?;
                let [_, (op, test)] = self.cast(ty);
                self.check(op, Some(Operand::immediate(test)), ty);
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
            Opcode::StructNew => self.new_struct(id, fields, reference),
            Opcode::StructNewDefault => self.with_operands(Op::NewStructDefault, id, 0, struct_size(fields), Some(reference)),
            _ => {
                let index = reader.u32()?;
                let Some(&FieldType { storage, .. }) = fields.get(index as usize) else { return Ok(()) };
                let end = field_offset(fields, index) + storage.bytes();
                let access = self.access(storage, opcode == Opcode::StructGetS);
                if opcode == Opcode::StructSet {
                    self.set_field(access.set_field, end)
                } else {
                    self.field(access.field, end, storage.unpacked())
                }
            }
        }
        Ok(())
    }

    /// `struct.new`: its operands are in their home slots.
    fn new_struct(&mut self, id: TypeId, fields: &[FieldType], reference: ValType) {
        let slots = fields.iter().map(|field| field.storage.unpacked().slots()).sum();
        let Some(steps) = steps(fields) else { return self.with_operands(Op::NewLargeStruct, id, slots, 0, Some(reference)) };
        self.materialize_top(slots);
        let mut height = self.height() - slots;
        for field in fields {
            let ty = field.storage.unpacked();
            if self.is_function(ty) {
                // It becomes a number, in its own slot, which nothing else reads.
                self.keep_top(self.height() - height);
                let mut micro = self.op(Op::FunctionNumber);
                micro.set_x(Operand::slot(self.home(height)));
                (micro.d, micro.keep) = (self.home(height), true);
                self.push(micro);
            }
            height += ty.slots();
        }
        let mut micro = self.op(Op::NewStruct);
        micro.set_y(Operand::immediate(steps));
        micro.imm = struct_size(fields);
        self.make(micro, id, slots, Some(reference));
    }

    /// Operators on arrays.
    fn array(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        if opcode == Opcode::ArrayLen {
            self.field(Op::ArrayLen, 0, ValType::I32);
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
            Opcode::ArraySet => {
                let access = self.access(element.storage, false);
                self.set_element(access.set_element);
            }
            _ => {
                let access = self.access(element.storage, opcode == Opcode::ArrayGetS);
                self.element(access.element, element.storage.unpacked());
            }
        }
        Ok(())
    }

    /// Takes the topmost operand, which ops read from a slot, a register or as an immediate, if they can.
    pub(super) fn pop_source(&mut self, immediate: bool) -> Operand {
        let entry = self.pop_value();
        let height = self.height();
        let x = self.operand(entry, height);
        if immediate { x } else { self.not_immediate(x, self.home(height), entry.ty) }
    }

    /// Appends an op that reads an object, and pushes its result.
    fn define_value(&mut self, micro: MicroOp, ty: ValType) {
        if ty == ValType::V128 { self.define_vector(micro) } else { self.define(micro, ty) }
    }

    /// `struct.get`, or `array.len`.
    fn field(&mut self, op: Op, end: u32, result: ValType) {
        let x = self.pop_source(false);
        let mut micro = self.op(op);
        micro.set_x(x);
        micro.imm = end;
        self.define_value(micro, result);
    }

    /// `struct.set`
    fn set_field(&mut self, op: Op, end: u32) {
        let y = self.pop_source(op.has_sources(Kind::S, Kind::I));
        let x = self.pop_source(false);
        let mut micro = self.op(op);
        micro.set_x(x);
        micro.set_y(y);
        micro.imm = end;
        self.push(micro);
    }

    /// `array.get`
    fn element(&mut self, op: Op, result: ValType) {
        let y = self.pop_source(op.has_sources(Kind::S, Kind::I));
        let x = self.pop_source(false);
        let mut micro = self.op(op);
        micro.set_x(x);
        micro.set_y(y);
        self.define_value(micro, result);
    }

    /// `array.set`
    fn set_element(&mut self, op: Op) {
        let x = self.pop_source(op.has_sources(Kind::I, Kind::S));
        let y = self.pop_source(op.has_sources(Kind::S, Kind::I));
        let (array, ty, home) = self.pop_operand();
        let array = self.in_slot(array, home, ty);
        let mut micro = self.op(op);
        micro.set_x(x);
        micro.set_y(y);
        micro.z = array;
        self.push(micro);
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
            StorageType::Val(ValType::F64) => access(Op::FieldF64, Op::ElementF64, Op::SetFieldF64, Op::SetElementF64),
            StorageType::Val(ValType::F32) => access(Op::FieldF32, Op::ElementF32, Op::SetFieldF32, Op::SetElementF32),
            StorageType::Val(ValType::V128) => access(Op::FieldVector, Op::ElementVector, Op::SetFieldVector, Op::SetElementVector),
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
        let mut micro = self.op(op);
        micro.imm = imm;
        self.make(micro, id, operands, result);
    }

    /// Appends such an op, whose operands are in their home slots.
    fn make(&mut self, mut micro: MicroOp, id: TypeId, operands: usize, result: Option<ValType>) {
        self.keep_top(operands);
        if micro.op.allocates() {
            self.record_roots();
        }
        let height = self.height() - operands;
        self.b.stack.truncate(height);
        micro.set_x(Operand::immediate(u64::from(id.0) | u64::from(self.home(height) as u32) << 32));
        match result {
            Some(ty) => self.define(micro, ty),
            None => self.push(micro),
        }
    }

    /// Tells the recorder which slots hold references of the garbage-collected heap here: locals, what loops carry, and operands.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn record_roots(&mut self) {
        if self.recorder.is_active() {
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
        let mut slots: Vec<i32> = self.b.locals.iter().filter(|local| traced(local.ty)).map(|local| local.slot).collect();
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
        micro.set_x(Operand::slot(index));
        micro.set_y(Operand::immediate(u64::from(id.0) | u64::from(table) << 32));
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

    /// Takes the topmost operand, which is read by what follows and stays: and what to push again.
    fn borrow_top(&mut self) -> (Operand, Entry) {
        if self.b.stack.last().is_none_or(|entry| entry.kind != EntryKind::Local) {
            self.settle_top();
        }
        let entry = self.pop();
        (self.operand(entry, self.height()), entry)
    }

    /// An op that traps unless the topmost operand is as it should be; the operand stays, with another type.
    fn check(&mut self, op: Op, test: Option<Operand>, ty: ValType) {
        let (operand, entry) = self.borrow_top();
        let mut micro = self.op(op);
        micro.set_x(operand);
        if let Some(test) = test {
            micro.set_y(test);
        }
        self.push(micro);
        self.b.stack.push(Entry { ty, ..entry });
    }

    /// `br_on_null`: the reference stays if it is not null.
    fn branch_on_null(&mut self, depth: u32) {
        if self.is_carried(depth) {
            // What the branch carries may be what the local of the reference is.
            self.settle_top();
        }
        let (operand, entry) = self.borrow_top();
        let mut branch = self.op(Op::BranchI64Eq);
        branch.set_x(operand);
        branch.set_y(Operand::immediate(0));
        self.branch_conditionally(branch, depth);
        self.b.stack.push(Entry { ty: entry.ty.non_null(), ..entry });
    }

    /// `br_on_non_null`: the reference is carried by the branch.
    fn branch_on_non_null(&mut self, depth: u32) {
        self.settle_top();
        let mut branch = self.op(Op::BranchI64Ne);
        branch.set_x(Operand::slot(self.home(self.height() - 1)));
        branch.set_y(Operand::immediate(0));
        self.branch_conditionally(branch, depth);
        self.pop();
    }

    /// The ops that test and check whether a reference is of a type, each with what it shall be.
    fn cast(&self, ty: ValType) -> [(Op, u64); 2] {
        let known = &self.module.known_types;
        let or_null = u64::from(ty.is_nullable()) << 63;
        if self.is_function(ty) {
            return [Op::RefTestFunction, Op::RefCastFunction].map(|op| (op, ty.bits().into()));
        }
        match ty.heap_type().and_then(HeapType::as_defined).and_then(|id| known.depth(id).map(|place| (id, place))) {
            Some((id, (_, true))) => [Op::RefTestFinal, Op::RefCastFinal].map(|op| (op, u64::from(id.0) | or_null)),
            Some((id, (depth, false))) if depth < DISPLAYED => {
                [Op::RefTestOpen, Op::RefCastOpen].map(|op| (op, u64::from(id.0) | (depth as u64) << 32 | or_null))
            }
            _ => [Op::RefTest, Op::RefCast].map(|op| (op, ty.bits().into())),
        }
    }

    /// Appends a test of a reference, whose result goes to the home slot of the current height.
    fn test(&mut self, test: (Op, u64), x: Operand, ty: ValType) {
        let mut micro;
        if ty == I31REF.non_null() {
            // Its tag is the bit that other references and null do not have.
            micro = self.op(Op::I32And);
            micro.set_y(Operand::immediate(I31_TAG.into()));
        } else {
            micro = self.op(test.0);
            micro.set_y(Operand::immediate(test.1));
        }
        micro.set_x(x);
        micro.d = self.home(self.height());
        self.push(micro);
    }

    /// `br_on_cast`, and `br_on_cast_fail` unless `taken_on_success`: the reference is carried by the branch, and stays if it is not taken.
    fn branch_on_cast(&mut self, depth: u32, from: ValType, to: ValType, taken_on_success: bool) {
        self.settle_top();
        let height = self.height();
        let [test, _] = self.cast(to);
        self.test(test, Operand::slot(self.home(height - 1)), to);
        let mut branch = self.op(if taken_on_success { Op::BranchI32Ne } else { Op::BranchI32Eq });
        branch.set_x(Operand::slot(self.home(height)));
        branch.set_y(Operand::immediate(0));
        self.branch_conditionally(branch, depth);
        let rest = if to.is_nullable() { from.non_null() } else { from };
        if let Some(entry) = self.b.stack.last_mut() {
            entry.ty = if taken_on_success { rest } else { to };
        }
    }
}

/// How far it is from each slot of a structure's fields to the next, in bytes, 4 bits each; `None` if there are too many.
fn steps(fields: &[FieldType]) -> Option<u64> {
    let mut steps = (0, 0);
    let offsets: Vec<u32> = field_offsets(fields).collect();
    for (field, place) in fields.iter().zip(offsets.windows(2)) {
        for _ in 0..field.storage.unpacked().slots() {
            let step = if field.storage.bytes() > 8 { 8 } else { place[1] - place[0] };
            steps = (steps.0 | u64::from(step).checked_shl(steps.1)?, steps.1 + 4);
        }
    }
    Some(steps.0)
}
