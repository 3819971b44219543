//! Micro-ops for vector instructions. A vector is always in slots: its operands are never constants, and no local that is one is pinned.
//!
//! Called by: `translate::operators`.

use super::listing::Recorder;
use super::micro_op::Operand;
use super::{Body, class_of};
use crate::code::operands::{Class, Kind};
use crate::code::ops::{Op, Template};
use crate::decode::operators::{MemArg, ReadError, Reader};
use crate::wasm::opcodes::Opcode;
use crate::wasm::types::ValType;

impl<R: Recorder> Body<'_, R> {
    /// An op of two vectors.
    pub(super) fn vector_binary(&mut self, op: Op) {
        let (y, x) = (self.pop_vector(), self.pop_vector());
        let mut micro = self.op(op);
        micro.set_x(x);
        micro.set_y(y);
        self.define_vector(micro);
    }

    /// An op of one source, which is a vector or gives one.
    pub(super) fn vector_unary(&mut self, op: Op, operand: ValType, result: ValType) {
        let mut micro = self.op(op);
        if operand == ValType::V128 {
            let x = self.pop_vector();
            micro.set_x(x);
        } else {
            let (x, _, home) = self.pop_operand();
            let x = self.not_immediate(x, home, operand);
            micro.set_x(x);
        }
        if result == ValType::V128 { self.define_vector(micro) } else { self.define(micro, result) }
    }

    /// Ops of other shapes.
    #[inline(never)]
    pub(super) fn vector(
        &mut self,
        opcode: Opcode,
        op: Op,
        template: Template,
        operand: ValType,
        reader: &mut Reader<'_>,
    ) -> Result<(), ReadError> {
        match template {
            Template::VectorWithScalar => self.with_scalar(op, operand, None),
            Template::ReplaceLane => {
                let lane = reader.byte()?;
                self.with_scalar(op, operand, Some(lane));
            }
            Template::ExtractLane => {
                let lane = reader.byte()?;
                let x = self.pop_vector();
                self.extract(op, x, lane, result_of(op));
            }
            Template::Ternary => {
                let (z, y, x) = (self.pop_vector(), self.pop_vector(), self.pop_vector());
                let mut micro = self.op(op);
                micro.set_x(x);
                micro.set_y(y);
                micro.z = z.bits as i32;
                self.define_vector(micro);
            }
            Template::VectorLoad => self.vector_load(opcode, op, reader)?,
            Template::LoadLane | Template::StoreLane => self.lane_access(opcode, op, template == Template::LoadLane, reader)?,
            // The others are no vector ops (`operators::other`).
            _ => reader.skip(opcode.immediates())?,
        }
        Ok(())
    }

    /// A vector and a scalar, and perhaps the lane where it goes.
    fn with_scalar(&mut self, op: Op, scalar: ValType, lane: Option<u8>) {
        let (y, _, y_home) = self.pop_operand();
        let x = self.pop_vector();
        // Integers have forms for constants and pinned locals, others have not.
        let y = if class_of(scalar) == Class::Int {
            y
        } else {
            let y = self.not_immediate(y, y_home, scalar);
            self.readable(op, y, y_home, scalar)
        };
        let mut micro = self.op(op);
        micro.set_x(x);
        micro.set_y(y);
        if let Some(lane) = lane {
            micro.z = lane.into();
        }
        self.define_vector(micro);
    }

    /// A load that gives a vector.
    fn vector_load(&mut self, opcode: Opcode, op: Op, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let arg = reader.mem_arg()?;
        if !(self.plain_memory && arg.memory == 0) {
            self.other_vector_load(opcode, arg);
            return Ok(());
        }
        let x = self.pop_source(op.has_sources(Kind::I, Kind::N));
        match Self::access_end(op, arg.offset as u32) {
            Some(end) => {
                let mut micro = self.op(op);
                micro.set_x(x);
                micro.imm = end;
                self.define_vector(micro);
            }
            None => {
                self.push_op(Op::OutOfBounds);
                self.push_temporary(ValType::V128);
            }
        }
        Ok(())
    }

    /// The same from another memory than a plain memory 0: bytes are loaded as an integer, of which a vector is made.
    fn other_vector_load(&mut self, opcode: Opcode, arg: MemArg) {
        let (load, ty, ops) = match opcode {
            Opcode::V128Load8x8S => (Op::I64Load, ValType::I64, [Op::I64x2Splat, Op::I16x8ExtendLowI8x16S]),
            Opcode::V128Load8x8U => (Op::I64Load, ValType::I64, [Op::I64x2Splat, Op::I16x8ExtendLowI8x16U]),
            Opcode::V128Load16x4S => (Op::I64Load, ValType::I64, [Op::I64x2Splat, Op::I32x4ExtendLowI16x8S]),
            Opcode::V128Load16x4U => (Op::I64Load, ValType::I64, [Op::I64x2Splat, Op::I32x4ExtendLowI16x8U]),
            Opcode::V128Load32x2S => (Op::I64Load, ValType::I64, [Op::I64x2Splat, Op::I64x2ExtendLowI32x4S]),
            Opcode::V128Load32x2U => (Op::I64Load, ValType::I64, [Op::I64x2Splat, Op::I64x2ExtendLowI32x4U]),
            Opcode::V128Load8Splat => (Op::I32Load8U, ValType::I32, [Op::I8x16Splat; 2]),
            Opcode::V128Load16Splat => (Op::I32Load16U, ValType::I32, [Op::I16x8Splat; 2]),
            Opcode::V128Load32Splat => (Op::I32Load, ValType::I32, [Op::I32x4Splat; 2]),
            Opcode::V128Load64Splat => (Op::I64Load, ValType::I64, [Op::I64x2Splat; 2]),
            Opcode::V128Load32Zero => (Op::I32Load, ValType::I32, [Op::I32x4ReplaceLane; 2]),
            Opcode::V128Load64Zero => (Op::I64Load, ValType::I64, [Op::I64x2ReplaceLane; 2]),
            _ => {
                let (x, ty, home) = self.pop_operand();
                let x = self.in_slot(x, home, ty);
                let mut micro = self.op(Op::V128LoadAny);
                micro.set_x(Operand::slot(x));
                micro.set_y(Operand::immediate(arg.offset));
                micro.imm = self.place(arg.memory).bits();
                return self.define_vector(micro);
            }
        };
        self.other_load(load, ty, arg);
        let [first, second] = ops;
        if first.info().template == Template::ReplaceLane {
            // Behind the integer lies the zero into which it goes.
            self.constant([0; 2], Op::V128Const);
            let zero = self.pop_vector();
            self.replace_in(first, zero, 0);
            return;
        }
        self.vector_unary(first, ty, ValType::V128);
        if second != first {
            self.vector_unary(second, ValType::V128, ValType::V128);
        }
    }

    /// Replaces a lane of a vector by the integer on top.
    fn replace_in(&mut self, op: Op, vector: Operand, lane: u8) {
        let (y, ..) = self.pop_operand();
        let mut micro = self.op(op);
        micro.set_x(vector);
        micro.set_y(y);
        micro.z = lane.into();
        self.define_vector(micro);
    }

    /// A load into a lane, or a store of one.
    fn lane_access(&mut self, opcode: Opcode, op: Op, load: bool, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let arg = reader.mem_arg()?;
        let lane = reader.byte()?;
        if !(self.plain_memory && arg.memory == 0) {
            self.other_lane_access(opcode, arg, lane);
            return Ok(());
        }
        let y = self.pop_vector();
        let x = self.pop_source(op.has_sources(Kind::I, Kind::S));
        let Some(end) = Self::access_end(op, arg.offset as u32) else {
            self.push_op(Op::OutOfBounds);
            if load {
                self.push_temporary(ValType::V128);
            }
            return Ok(());
        };
        let mut micro = self.op(op);
        micro.set_x(x);
        micro.set_y(y);
        micro.imm = end;
        if load {
            micro.z = lane.into();
            self.define_vector(micro);
        } else {
            micro.z = i32::from(lane) * i32::from(op.info().access_bytes);
            self.push(micro);
        }
        Ok(())
    }

    /// The same with another memory than a plain memory 0.
    fn other_lane_access(&mut self, opcode: Opcode, arg: MemArg, lane: u8) {
        let (i32, i64) = (ValType::I32, ValType::I64);
        let (access, other, ty) = match opcode {
            Opcode::V128Load8Lane => (Op::I32Load8U, Op::I8x16ReplaceLane, i32),
            Opcode::V128Load16Lane => (Op::I32Load16U, Op::I16x8ReplaceLane, i32),
            Opcode::V128Load32Lane => (Op::I32Load, Op::I32x4ReplaceLane, i32),
            Opcode::V128Load64Lane => (Op::I64Load, Op::I64x2ReplaceLane, i64),
            Opcode::V128Store8Lane => (Op::I32Store8, Op::I8x16ExtractLaneU, i32),
            Opcode::V128Store16Lane => (Op::I32Store16, Op::I16x8ExtractLaneU, i32),
            Opcode::V128Store32Lane => (Op::I32Store, Op::I32x4ExtractLane, i32),
            _ => (Op::I64Store, Op::I64x2ExtractLane, i64),
        };
        let vector = self.pop_vector();
        if other.info().template == Template::ReplaceLane {
            // The vector stays where it is, behind the address.
            self.other_load(access, ty, arg);
            self.replace_in(other, vector, lane);
        } else {
            self.extract(other, vector, lane, ty);
            self.other_store(access, arg);
        }
    }

    /// Reads a lane of a vector.
    fn extract(&mut self, op: Op, vector: Operand, lane: u8, ty: ValType) {
        let mut micro = self.op(op);
        micro.set_x(vector);
        micro.z = i32::from(lane) * i32::from(op.info().access_bytes);
        self.define(micro, ty);
    }

    /// `v128.store`.
    fn vector_store(&mut self, arg: MemArg) {
        let y = self.pop_vector();
        let mut micro;
        if self.plain_memory && arg.memory == 0 {
            let x = self.pop_source(Op::V128Store.has_sources(Kind::I, Kind::S));
            let Some(end) = (arg.offset as u32).checked_add(16) else { return self.push_op(Op::OutOfBounds) };
            micro = self.op(Op::V128Store);
            micro.set_x(x);
            micro.set_y(y);
            micro.imm = end;
        } else {
            let (x, ty, home) = self.pop_operand();
            let x = self.in_slot(x, home, ty);
            micro = self.op(Op::V128StoreAny);
            micro.set_x(Operand::slot(x));
            micro.set_y(Operand::immediate(arg.offset));
            micro.imm = self.place(arg.memory).bits();
            micro.z = y.bits as i32;
        }
        self.push(micro);
    }

    /// An op with a vector behind its operands, which are on the stack.
    fn constant(&mut self, vector: [u64; 2], op: Op) {
        let number = self.b.vectors.len() as u32;
        self.b.vectors.push(vector);
        let mut micro = self.op(op);
        if op == Op::I8x16Shuffle {
            let (y, x) = (self.pop_vector(), self.pop_vector());
            micro.set_x(x);
            micro.set_y(y);
        }
        micro.imm = number;
        self.define_vector(micro);
    }

    /// `v128.const`, `i8x16.shuffle`, `v128.store`.
    #[inline(never)]
    pub(super) fn vector_rare(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        if opcode == Opcode::V128Store {
            let arg = reader.mem_arg()?;
            self.vector_store(arg);
        } else {
            let vector = bytemuck::cast(reader.bytes_16()?);
            self.constant(vector, if opcode == Opcode::V128Const { Op::V128Const } else { Op::I8x16Shuffle });
        }
        Ok(())
    }
}

/// The type of the lanes that an op reads.
fn result_of(op: Op) -> ValType {
    match op.info().layout.d {
        Class::F64 => ValType::F64,
        Class::F32 => ValType::F32,
        _ if op == Op::I64x2ExtractLane => ValType::I64,
        _ => ValType::I32,
    }
}
