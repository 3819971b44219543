//! The validator: module rules, constant expressions, and function bodies.
//!
//! Spec: Validation; Appendix, Validation Algorithm. Called by: `api`. Calls: `util`, `wasm`, `decode`.
//!
//! Everything that runs later trusts what was accepted here, so there is no unsafe code. Function bodies are decoded and judged in one go
//! over raw bytes ([`func`]); what is seen there can be reported to a [`BodySink`], and costs nothing where nobody listens.
//!
//! # Not here
//! Limits that depend on the host (memory that can't be had, tables that are too large): those are `runtime`'s.

mod body;
mod bytes;
mod common;
mod error;
mod exceptions;
mod func;
mod locals;
mod module;
mod operands;
mod rare;
mod references;
mod simple;
mod sink;

pub use error::ValidateError;
pub use func::FuncValidator;
pub use locals::Locals;
pub use module::module;
pub use sink::BodySink;

#[cfg(test)]
mod tests {
    use alloc::{string::ToString, vec, vec::Vec};

    use super::*;
    use crate::decode::module::Module;
    use crate::wasm::types::ValType;
    use crate::{
        decode,
        wasm::{
            features::Features,
            opcodes::{Immediates, Opcode},
            types::TypeRegistry,
        },
    };

    /// A module with a memory, a table, and a function `[] -> []` named "f" with this body.
    fn module_of(body: &[u8]) -> (Module, Vec<u8>) {
        let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x04\x04\x01\x70\0\0\x05\x03\x01\0\x01".to_vec();
        bytes.extend([10, body.len() as u8 + 2, 1, body.len() as u8]);
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(b"\0\x0b\x04name\x01\x04\x01\0\x01f");
        (decode::decode(&bytes, &TypeRegistry::default(), Features::default()).unwrap(), bytes)
    }

    /// Our loop matches bytes; the table of opcodes must hold nothing that it does not know.
    #[test]
    fn every_opcode_is_known() {
        for &opcode in Opcode::ALL {
            let mut body = vec![0, Opcode::Unreachable.code() as u8];
            body.extend(opcode.prefix());
            let sub = opcode.sub_opcode();
            if opcode.prefix().is_some() && sub > 0x7f {
                body.extend([sub as u8 | 0x80, (sub >> 7) as u8]);
            } else {
                body.push(sub as u8);
            }
            if opcode.immediates() == Immediates::HeapType {
                body.push(0x70);
            }
            body.extend([0; 17]);
            let (module, bytes) = module_of(&body);
            let result = FuncValidator::new().body(&module, &bytes, 0, &mut ());
            assert!(!result.unwrap_err().message().starts_with("illegal"), "{}", opcode.mnemonic());
        }
    }

    #[test]
    fn errors_name_offset_function_and_operator() {
        let (module, bytes) = module_of(&[0, 0x41, 1, 0x42, 2, 0x6a, 0x1a, 0x0b]);
        let error = FuncValidator::new().body(&module, &bytes, 0, &mut ()).unwrap_err();
        let offset = module.bodies[0].start + 5;
        let expected = alloc::format!("type mismatch: i32.add expects i32, found i64 (offset {offset:#x}, function 0 \"f\")");
        assert_eq!(error.to_string(), expected);
        assert_eq!((error.function(), error.function_name()), (Some(0), Some("f")));
    }

    /// A sink that writes down what it hears.
    #[derive(Default)]
    struct Log(Vec<(&'static str, u32)>);

    impl BodySink for Log {
        fn begin(&mut self, locals: &Locals) {
            self.0.push(("begin", locals.direct().len() as u32));
        }
        fn local(&mut self, index: u32, write: bool) {
            self.0.push((if write { "write" } else { "read" }, index));
        }
        fn call(&mut self) {
            self.0.push(("call", 0));
        }
        fn loop_begin(&mut self, _: &[ValType]) {
            self.0.push(("loop", 0));
        }
        fn loop_end(&mut self) {
            self.0.push(("end of loop", 0));
        }
        fn end(&mut self, _locals: &Locals, max_operands: u32) {
            self.0.push(("end", max_operands));
        }
    }

    #[test]
    fn sinks_hear_of_locals_calls_and_loops() {
        // (local i32 i32) loop local.get 1, local.get 1, i32.add, local.set 0, call 0, block, i32.const 1, drop, end, end
        let body = [1, 2, 0x7f, 3, 0x40, 0x20, 1, 0x20, 1, 0x6a, 0x21, 0, 0x10, 0, 2, 0x40, 0x41, 1, 0x1a, 0x0b, 0x0b, 0x0b];
        let mut log = Log::default();
        let (module, bytes) = module_of(&body);
        FuncValidator::new().body(&module, &bytes, 0, &mut log).unwrap();
        let expected = [("begin", 2), ("loop", 0), ("read", 1), ("read", 1), ("write", 0), ("call", 0), ("end of loop", 0), ("end", 2)];
        assert_eq!(log.0, expected);
    }

    /// The buffers of a validator survive a failure.
    #[test]
    fn a_validator_can_be_used_again() {
        let (good, bad) = (module_of(&[0, 0x41, 1, 0x1a, 0x0b]), module_of(&[0, 0x41, 1, 0x0b]));
        let mut validator = FuncValidator::new();
        for _ in 0..2 {
            assert!(validator.body(&bad.0, &bad.1, 0, &mut ()).is_err());
            assert!(validator.body(&good.0, &good.1, 0, &mut ()).is_ok());
        }
    }
}
