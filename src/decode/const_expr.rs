//! Constant expressions.
//!
//! Spec: Binary Format, Expressions; Validation, Constant Expressions. Called by: `decode::sections`. Calls: `decode::operators`.

use crate::wasm::{
    features::{Features, Proposal},
    opcodes::Opcode,
};

use super::{
    error::DecodeError,
    module::{ConstExpr, ConstOp},
    operators::{ReadError, Reader},
    sections::require,
};

/// Decodes an expression that may hold constant operators only.
pub(super) fn read(reader: &mut Reader<'_>, features: Features) -> Result<ConstExpr, DecodeError> {
    let mut expr = ConstExpr::default();
    loop {
        let offset = reader.offset();
        match operator(reader) {
            Ok(Some(op)) => {
                require(features, proposal(op), offset)?;
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
        Opcode::GlobalGet => ConstOp::GlobalGet(reader.u32()?),
        Opcode::RefNull => ConstOp::RefNull(reader.heap_type()?),
        Opcode::RefFunc => ConstOp::RefFunc(reader.u32()?),
        Opcode::I32Add => ConstOp::I32Add,
        Opcode::I32Sub => ConstOp::I32Sub,
        Opcode::I32Mul => ConstOp::I32Mul,
        Opcode::I64Add => ConstOp::I64Add,
        Opcode::I64Sub => ConstOp::I64Sub,
        Opcode::I64Mul => ConstOp::I64Mul,
        other => return Err(Stop::NotConstant(other)),
    }))
}

/// The proposal that made an operator constant.
const fn proposal(op: ConstOp) -> Proposal {
    match op {
        ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul | ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => {
            Proposal::ExtendedConst
        }
        ConstOp::RefNull(_) | ConstOp::RefFunc(_) => Proposal::ReferenceTypes,
        _ => Proposal::Mvp,
    }
}
