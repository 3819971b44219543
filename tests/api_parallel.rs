//! Validation and translation on several threads: the outcome is that of one.
#![cfg(feature = "parallel")]

use fulgurite::{CompilationMode, Config, Engine, Error, Linker, Module, Store};

/// Functions of the module: enough of them for several threads.
const FUNCTIONS: u32 = 4000;

/// An integer of the binary format.
fn leb128(mut value: u32, bytes: &mut Vec<u8>) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn section(id: u8, contents: &[u8], module: &mut Vec<u8>) {
    module.push(id);
    leb128(contents.len() as u32, module);
    module.extend_from_slice(contents);
}

/// A module whose i-th function `[i32] -> [i32]` adds its index to what the one before it gives; each of `bad` has an i64 among its operands.
/// The last one is exported as `f`.
fn module(bad: &[u32]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    section(1, b"\x01\x60\x01\x7f\x01\x7f", &mut module);
    let mut functions = Vec::new();
    leb128(FUNCTIONS, &mut functions);
    functions.resize(functions.len() + FUNCTIONS as usize, 0);
    section(3, &functions, &mut module);
    let mut export = b"\x01\x01f\0".to_vec();
    leb128(FUNCTIONS - 1, &mut export);
    section(7, &export, &mut module);
    let mut code = Vec::new();
    leb128(FUNCTIONS, &mut code);
    for index in 0..FUNCTIONS {
        let mut body = vec![0, 0x20, 0];
        if index > 0 {
            body.push(0x10);
            leb128(index - 1, &mut body);
        }
        // Something to chew on.
        for _ in 0..20 {
            body.extend([0x41, 1, 0x6a, 0x41, 1, 0x6b]);
        }
        body.push(if bad.contains(&index) { 0x42 } else { 0x41 });
        // It has six bits, and so one byte.
        body.extend([(index & 0x3f) as u8, 0x6a, 0x0b]);
        leb128(body.len() as u32, &mut code);
        code.extend(body);
    }
    section(10, &code, &mut module);
    module
}

fn engine(mode: CompilationMode, threads: usize) -> Engine {
    let mut config = Config::new();
    config.compilation_mode(mode).compilation_threads(threads);
    Engine::new(&config)
}

#[test]
fn the_first_error_is_reported() {
    let describe = |error: Error| format!("{:?} {error}", error.kind());
    for bad in [&[3999][..], &[0], &[1234, 1235], &[3000, 10, 2000, 3999], &[500, 501, 502, 503, 504, 505, 2000]] {
        let binary = module(bad);
        let expected = describe(Module::from_binary(&engine(CompilationMode::Lazy, 1), &binary).unwrap_err());
        assert!(expected.contains("i32.add expects i32, found i64"), "{expected}");
        for threads in [0, 2, 3, 8] {
            for mode in [CompilationMode::Lazy, CompilationMode::Eager] {
                let engine = engine(mode, threads);
                assert_eq!(describe(Module::from_binary(&engine, &binary).unwrap_err()), expected, "{threads} threads");
                assert_eq!(describe(Module::validate(&engine, &binary).unwrap_err()), expected, "{threads} threads");
            }
        }
    }
}

#[test]
fn the_module_is_the_same() {
    let binary = module(&[]);
    let one = Module::from_binary(&engine(CompilationMode::Eager, 1), &binary).unwrap();
    let archive = one.serialize().unwrap();
    for threads in [0, 2, 3, 8] {
        let engine = engine(CompilationMode::Eager, threads);
        Module::validate(&engine, &binary).unwrap();
        let module = Module::from_binary(&engine, &binary).unwrap();
        assert_eq!(module.code_bytes(), one.code_bytes());
        assert_eq!(module.serialize().unwrap(), archive);
        for function in (0..FUNCTIONS).step_by(97) {
            assert_eq!(module.disassemble(function).unwrap(), one.disassemble(function).unwrap());
        }
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module).unwrap();
        let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
        // The second call finds its callees linked.
        let sum: i32 = (0..FUNCTIONS as i32).map(|index| index & 0x3f).sum();
        for start in [7, 8] {
            assert_eq!(f.call(&mut store, start).unwrap(), start.wrapping_add(sum));
        }
    }
}
