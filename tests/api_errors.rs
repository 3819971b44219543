//! Errors: kinds, backtraces with names and offsets, and their text.

use fulgurite::{CompilationMode, Config, Engine, Error, ErrorKind, Instance, Linker, Module, Store, TrapCode};

fn error_of(text: &str) -> Error {
    Module::new(&Engine::default(), text).unwrap_err()
}

#[test]
fn kinds_of_module_errors() {
    assert_eq!(error_of("(module (func (result i32)))").kind(), ErrorKind::Invalid);
    assert_eq!(error_of("(module (func").kind(), ErrorKind::Malformed);
    let engine = Engine::default();
    for bytes in [&b""[..], b"\0as", b"\0asm", b"\0asm\x02\0\0\0", b"\0asm\x01\0\0\0\x01", b"\xff\xfe"] {
        let error = Module::from_binary(&engine, bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
        assert_eq!(Module::validate(&engine, bytes).unwrap_err().kind(), ErrorKind::Malformed);
    }
    let error = error_of("(module (func (drop (i32.add (i32.const 0) (i64.const 0)))))");
    assert!(error.offset().is_some());
    assert!(error.to_string().starts_with("invalid module: type mismatch"), "{error}");
}

/// Traps in the third function.
const TRAPPING: &str = r#"(module $memory_hungry
    (memory 1)
    (func $load (param i32) (result i32) (i32.load offset=65532 (local.get 0)))
    (func $middle (param i32) (result i32) (i32.add (call $load (local.get 0)) (i32.const 1)))
    (func (export "run") (param i32) (result i32) (call $middle (local.get 0))))"#;

#[test]
fn backtraces_name_functions_and_offsets() {
    for fuse in [false, true] {
        let mut config = Config::new();
        config.superinstructions(fuse);
        let engine = Engine::new(&config);
        let binary = wat::parse_str(TRAPPING).unwrap();
        let module = Module::from_binary(&engine, &binary).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, 0).unwrap(), 1);
        let error = run.call(&mut store, 1).unwrap_err();
        assert_eq!((error.kind(), error.trap_code()), (ErrorKind::Trap, Some(TrapCode::MemoryOutOfBounds)));
        assert_eq!(error.to_string(), "trap: out of bounds memory access");
        let frames = error.backtrace();
        assert_eq!(frames.iter().map(|frame| frame.func_index).collect::<Vec<_>>(), [0, 1, 2]);
        // i32.load, call, call.
        let opcodes: Vec<_> = frames.iter().map(|frame| binary[frame.module_offset.unwrap()]).collect();
        assert_eq!(opcodes, [0x28, 0x10, 0x10], "fused: {fuse}");
        let offsets: Vec<_> = frames.iter().map(|frame| frame.module_offset.unwrap()).collect();
        let expected = format!(
            "trap: out of bounds memory access\n  wasm backtrace:\n    0: {:#06x} - memory_hungry!load (func 0)\n    \
             1: {:#06x} - memory_hungry!middle (func 1)\n    2: {:#06x} - memory_hungry!<unnamed> (func 2)",
            offsets[0], offsets[1], offsets[2]
        );
        assert_eq!(format!("{error:#}"), expected);
        assert!(format!("{error:?}").contains("middle"));
    }
}

#[test]
fn nested_calls_add_their_frames() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("h", "again", |mut caller: fulgurite::Caller<'_, ()>| -> Result<(), Error> {
            let inner = caller.get_export("inner").and_then(fulgurite::Extern::into_func).unwrap();
            inner.call(&mut caller, &[], &mut [])
        })
        .unwrap();
    let module = Module::new(
        &engine,
        r#"(module (import "h" "again" (func $again))
            (func $inner (export "inner") unreachable)
            (func $outer (export "outer") (call $again)))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let error = instance.get_func(&store, "outer").unwrap().call(&mut store, &[], &mut []).unwrap_err();
    let names: Vec<_> = error.backtrace().iter().map(|frame| frame.func_name.as_deref().unwrap()).collect();
    assert_eq!(names, ["inner", "outer"]);
}

#[test]
fn errors_outlive_their_store_and_cross_threads() {
    let engine = Engine::default();
    let module = Module::new(&engine, TRAPPING).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let error = instance.get_typed_func::<i32, i32>(&store, "run").unwrap().call(&mut store, 1).unwrap_err();
    drop((store, module, engine));
    let shared = std::sync::Arc::new(error);
    let other = shared.clone();
    let names = std::thread::spawn(move || other.backtrace().len()).join().unwrap();
    assert_eq!(names, shared.backtrace().len());
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(std::sync::Arc::into_inner(shared).unwrap());
    assert_eq!(boxed.downcast_ref::<Error>().unwrap().kind(), ErrorKind::Trap);
}

#[test]
fn invalid_functions_with_lazy_validation() {
    let mut config = Config::new();
    config.compilation_mode(CompilationMode::LazyValidation);
    let engine = Engine::new(&config);
    let module =
        Module::new(&engine, r#"(module (func $bad (result i32)) (func (export "bad") (result i32) (call $bad)) (func (export "good")))"#)
            .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    instance.get_typed_func::<(), ()>(&store, "good").unwrap().call(&mut store, ()).unwrap();
    let bad = instance.get_typed_func::<(), i32>(&store, "bad").unwrap();
    for _ in 0..2 {
        let error = bad.call(&mut store, ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.offset().is_some());
    }
    assert_eq!(module.disassemble(0).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(!module.disassemble(2).unwrap().is_empty());
    assert_eq!(module.disassemble(3).unwrap_err().kind(), ErrorKind::Api);
}
