//! Function bodies: set-up, buffers, and errors around the loop of `validate::body`.
//!
//! Spec: Validation, Modules, Functions. Called by: `validate`, `api`. Calls: `decode::operators`.

use alloc::vec::Vec;

use crate::{
    decode::{
        module::Module,
        operators::{ReadError, Reader},
    },
    wasm::{limits::MAX_LOCALS, opcodes::Opcode, types::ValType},
};

use super::{
    BodySink, Locals, ValidateError,
    body::{Body, Label},
    error::Fault,
    operands::Operands,
    rare::known_type,
};

/// Validates function bodies, one after the other, with the same buffers.
#[derive(Default)]
pub struct FuncValidator {
    locals: Locals,
    operands: Operands,
    labels: Vec<Label>,
}

impl FuncValidator {
    /// A validator with empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Validates the body of a defined function of a module that [`super::module()`] accepted, and tells `sink` what it holds. `bytes` are what the
    /// module was decoded from.
    ///
    /// Takes time linear in the body's size, times the parameters and results of the types that it names; and memory linear in its size.
    ///
    /// # Errors
    /// The first rule that the body breaks.
    ///
    /// # Panics
    /// If the module defines no such function, or was decoded from other bytes.
    pub fn body<S: BodySink>(&mut self, module: &Module, bytes: &[u8], defined_index: u32, sink: &mut S) -> Result<(), ValidateError> {
        let reader = Reader::of_range(bytes, &module.bodies[defined_index as usize]);
        let mut at = reader.remaining();
        self.judge(module, defined_index, sink, reader.clone(), &mut at).map_err(|fault| {
            let (fault, at) = malformed(reader.clone()).filter(|_| fault.is_invalid()).unwrap_or((fault, reader.end() - at as u32));
            ValidateError::in_body(fault, module, bytes, defined_index, at)
        })
    }

    /// Declarations, then operators; `at` is how many bytes were left at what is being read.
    fn judge<S: BodySink>(
        &mut self,
        module: &Module,
        defined_index: u32,
        sink: &mut S,
        mut reader: Reader<'_>,
        at: &mut usize,
    ) -> Result<(), Fault> {
        let type_index = module.functions[(module.imported_functions + defined_index) as usize];
        let Some((_, ty)) = module.func_type(type_index) else { return Err(Fault::Unknown("type", type_index)) };
        self.declare(module, ty.params(), &mut reader, at)?;
        if S::ACTIVE {
            sink.begin(&self.locals);
        }
        self.labels.clear();
        self.operands.reset();
        let mut body = Body::new(module, &self.locals, ty.params().len() as u32, &mut self.labels, sink, at);
        body.run(&reader, &mut self.operands, type_index)
    }

    /// Reads the local declarations.
    fn declare(&mut self, module: &Module, params: &[ValType], reader: &mut Reader<'_>, at: &mut usize) -> Result<(), Fault> {
        let direct = params.len() + reader.remaining();
        self.locals.begin(params);
        let mut total = params.len() as u64;
        for _ in 0..reader.u32()? {
            *at = reader.remaining();
            let count = reader.u32()?;
            let ty = known_type(module, reader.val_type()?)?;
            total += u64::from(count);
            self.locals.declare(count, ty, direct);
        }
        if total > u64::from(MAX_LOCALS) { Err(Fault::TooManyLocals(total)) } else { Ok(()) }
    }
}

/// Why a body is not even well-formed, and where; what is invalid and malformed is called malformed, as if it had been decoded first.
#[cold]
fn malformed(mut reader: Reader<'_>) -> Option<(Fault, u32)> {
    let mut at = reader.offset();
    match decode(&mut reader, &mut at) {
        Ok(()) if reader.is_at_end() => None,
        Ok(()) => Some((Fault::TrailingBytes, reader.offset())),
        Err(ReadError::Unsupported(_)) => None,
        Err(_) if at == reader.end() => Some((Fault::EndExpected, at)),
        Err(error) => Some((Fault::Read(error), at)),
    }
}

/// Reads a body up to its `end`.
fn decode(reader: &mut Reader<'_>, at: &mut u32) -> Result<(), ReadError> {
    reader.locals(|_, _| Ok(()))?;
    let mut labels = 1u32;
    while labels > 0 {
        *at = reader.offset();
        let opcode = reader.opcode()?;
        reader.skip(opcode.immediates())?;
        match opcode {
            Opcode::Block | Opcode::Loop | Opcode::If | Opcode::TryTable | Opcode::Try => labels += 1,
            Opcode::End | Opcode::Delegate => labels -= 1,
            _ => {}
        }
    }
    Ok(())
}
