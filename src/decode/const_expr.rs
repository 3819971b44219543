//! Constant expressions.
//!
//! Spec: Binary Format, Expressions; Validation, Constant Expressions. Called by: `decode::sections`. Calls: `decode::operators`.

use crate::wasm::{features::Proposal, limits::MAX_ARRAY_NEW_FIXED, opcodes::Opcode};

use super::{
    error::DecodeError,
    module::{ConstExpr, ConstOp},
    operators::{ReadError, Reader},
    sections::require,
    types::{Known, proposal_of_heap_type},
};

/// Decodes an expression that may hold constant operators only.
pub(super) fn read(reader: &mut Reader<'_>, known: Known<'_>) -> Result<ConstExpr, DecodeError> {
    let mut expr = ConstExpr::default();
    loop {
        let offset = reader.offset();
        match operator(reader) {
            Ok(Some(op)) => {
                require(known.features(), proposal(op), offset)?;
                let op = match op {
                    ConstOp::RefNull(heap) => match heap.as_indexed() {
                        Some(index) => ConstOp::RefNull(known.indexed(index, offset)?),
                        None => op,
                    },
                    ConstOp::ArrayNewFixed(_, count) if count > MAX_ARRAY_NEW_FIXED => {
                        return Err(DecodeError::limit("operands of array.new_fixed", MAX_ARRAY_NEW_FIXED.into(), offset));
                    }
                    op => op,
                };
                expr.ops.push((op, offset));
            }
            Ok(None) => {
                expr.end = offset;
                return Ok(expr);
            }
            Err(Stop::Read(error)) => return Err(DecodeError::read(error, offset)),
            Err(Stop::NotConstant(opcode)) => {
                let message = alloc::format!("constant expression required: {} is not constant", opcode.mnemonic());
                return Err(DecodeError::invalid(message, offset));
            }
        }
    }
}

/// Why there is no further operator.
enum Stop {
    Read(ReadError),
    NotConstant(Opcode),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// The next operator, or `None` for the `end`.
fn operator(reader: &mut Reader<'_>) -> Result<Option<ConstOp>, Stop> {
    Ok(Some(match reader.opcode()? {
        Opcode::End => return Ok(None),
        Opcode::I32Const => ConstOp::I32(reader.i32()?),
        Opcode::I64Const => ConstOp::I64(reader.i64()?),
        Opcode::F32Const => ConstOp::F32(reader.f32_bits()?),
        Opcode::F64Const => ConstOp::F64(reader.f64_bits()?),
        Opcode::V128Const => ConstOp::V128(reader.bytes_16()?),
        Opcode::GlobalGet => ConstOp::GlobalGet(reader.u32()?),
        Opcode::RefNull => ConstOp::RefNull(reader.heap_type()?),
        Opcode::RefFunc => ConstOp::RefFunc(reader.u32()?),
        Opcode::I32Add => ConstOp::I32Add,
        Opcode::I32Sub => ConstOp::I32Sub,
        Opcode::I32Mul => ConstOp::I32Mul,
        Opcode::I64Add => ConstOp::I64Add,
        Opcode::I64Sub => ConstOp::I64Sub,
        Opcode::I64Mul => ConstOp::I64Mul,
        Opcode::StructNew => ConstOp::StructNew(reader.u32()?),
        Opcode::StructNewDefault => ConstOp::StructNewDefault(reader.u32()?),
        Opcode::ArrayNew => ConstOp::ArrayNew(reader.u32()?),
        Opcode::ArrayNewDefault => ConstOp::ArrayNewDefault(reader.u32()?),
        Opcode::ArrayNewFixed => ConstOp::ArrayNewFixed(reader.u32()?, reader.u32()?),
        Opcode::RefI31 => ConstOp::RefI31,
        Opcode::AnyConvertExtern => ConstOp::AnyConvertExtern,
        Opcode::ExternConvertAny => ConstOp::ExternConvertAny,
        other => return Err(Stop::NotConstant(other)),
    }))
}

/// The proposal that made an operator constant.
fn proposal(op: ConstOp) -> Proposal {
    match op {
        ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul | ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => {
            Proposal::ExtendedConst
        }
        ConstOp::V128(_) => Proposal::Simd,
        ConstOp::RefNull(heap) if heap.as_indexed().is_none() => proposal_of_heap_type(heap),
        ConstOp::RefNull(_) | ConstOp::RefFunc(_) => Proposal::ReferenceTypes,
        ConstOp::RefI31 | ConstOp::AnyConvertExtern | ConstOp::ExternConvertAny => Proposal::Gc,
        op if op.allocates() => Proposal::Gc,
        _ => Proposal::Mvp,
    }
}
