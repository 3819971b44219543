//! Archives: what is loaded from one is the module that was put in, and nothing but what was put in is loaded.
#![allow(unsafe_code, reason = "loading an archive is unsafe: here they come from `serialize`, or are refused")]

use std::sync::Arc;
use std::{env, fs, process};

use fulgurite::{CompilationMode, Config, Engine, Error, ErrorKind, Linker, Module, Store};
use proptest::prelude::*;

const MODULE: &str = r#"(module $sums
    (import "h" "add" (func $add (param i64)))
    (memory (export "memory") 1)
    (data (i32.const 3) "archived")
    (func $sum (export "sum") (param $n i64) (result i64) (local $sum i64)
        (loop (local.set $sum (i64.add (local.get $sum) (local.get $n)))
            (@metadata.code.branch_hint "\00")
            (if (i64.eqz (local.get $n)) (then unreachable))
            (call $add (local.get $n))
            (br_if 0 (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
        (local.get $sum))
    (func (export "fail") (unreachable)))"#;

fn engine(mode: CompilationMode) -> Engine {
    let mut config = Config::new();
    config.compilation_mode(mode);
    Engine::new(&config)
}

fn archive(text: &str) -> Vec<u8> {
    Module::new(&Engine::default(), text).unwrap().serialize().unwrap()
}

fn load(engine: &Engine, archive: &[u8]) -> Result<Module, Error> {
    // SAFETY: it comes from `serialize`, or differs from that in a way that is refused.
    unsafe { Module::deserialize(engine, archive) }
}

/// Everything that the interface tells of two modules is the same, their code included.
fn assert_same(a: &Module, b: &Module) {
    assert_eq!((a.name(), a.function_count()), (b.name(), b.function_count()));
    assert_eq!(format!("{:?}", a.custom_sections().collect::<Vec<_>>()), format!("{:?}", b.custom_sections().collect::<Vec<_>>()));
    let exports = |module: &Module| module.exports().map(|export| (export.name().to_owned(), export.ty())).collect::<Vec<_>>();
    assert_eq!(exports(a), exports(b));
    for function in 0..a.function_count() {
        assert_eq!(a.function_name(function), b.function_name(function));
        assert_eq!(a.disassemble(function).ok(), b.disassemble(function).ok());
    }
    assert_eq!(a.serialize().unwrap(), b.serialize().unwrap());
}

/// Calls `sum` and then `fail`.
fn run(engine: &Engine, module: &Module) {
    let mut linker = Linker::new(engine);
    linker.func_wrap("h", "add", |mut caller: fulgurite::Caller<'_, i64>, n: i64| *caller.data_mut() += n).unwrap();
    let mut store = Store::new(engine, 0);
    let instance = linker.instantiate(&mut store, module).unwrap();
    let sum = instance.get_typed_func::<i64, i64>(&store, "sum").unwrap();
    assert_eq!(sum.call(&mut store, 1000).unwrap(), 500_500);
    assert_eq!(*store.data(), 500_500);
    let memory = instance.get_memory(&store, "memory").unwrap();
    assert_eq!(&memory.data(&store)[..12], b"\0\0\0archived\0");
    let error = instance.get_typed_func::<(), ()>(&store, "fail").unwrap().call(&mut store, ()).unwrap_err();
    assert!(error.backtrace()[0].module_offset.is_some());
}

#[test]
fn a_module_comes_back_in_every_mode() {
    let modes = [CompilationMode::Lazy, CompilationMode::Eager, CompilationMode::LazyValidation];
    for from in modes {
        let source = engine(from);
        let module = Module::new(&source, MODULE).unwrap();
        let archive = module.serialize().unwrap();
        for to in modes {
            let target = engine(to);
            let loaded = load(&target, &archive).unwrap();
            assert_eq!(loaded.code_bytes() > 0, to == CompilationMode::Eager);
            run(&target, &loaded);
            assert_same(&module, &loaded);
        }
    }
}

#[test]
fn bytes_are_kept_or_copied() {
    let engine = Engine::default();
    let binary = wat::parse_str(MODULE).unwrap();
    let module = Module::from_owned(&engine, binary.clone()).unwrap();
    run(&engine, &module);
    assert_same(&module, &Module::from_binary(&engine, &binary).unwrap());
    assert_same(&module, &Module::from_owned(&engine, Arc::<[u8]>::from(binary)).unwrap());

    let archive = module.serialize().unwrap();
    // SAFETY: it comes from `serialize`.
    let owned = unsafe { Module::deserialize_owned(&engine, archive.clone()) }.unwrap();
    drop(module);
    run(&engine, &owned);
    let path = env::temp_dir().join(format!("fulgurite-archive-{}", process::id()));
    fs::write(&path, &archive).unwrap();
    // SAFETY: it comes from `serialize`.
    let loaded = unsafe { Module::deserialize_file(&engine, &path) };
    fs::remove_file(&path).unwrap();
    assert_same(&owned, &loaded.unwrap());
    // SAFETY: there is no such file.
    let error = unsafe { Module::deserialize_file(&engine, &path) }.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host);
    assert!(error.downcast_ref::<std::io::Error>().is_some());
}

#[test]
fn modules_are_no_archives_and_archives_no_modules() {
    let engine = Engine::default();
    let (archive, binary) = (archive(MODULE), wat::parse_str(MODULE).unwrap());
    assert!(Module::is_serialized(&archive) && !Module::is_serialized(&binary) && !Module::is_serialized(b""));
    assert_eq!(load(&engine, &binary).unwrap_err().kind(), ErrorKind::Archive);
    let error = Module::new(&engine, &archive).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Archive);
    assert!(error.message().contains("Module::deserialize"));
    assert_eq!(Module::from_binary(&engine, &archive).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn what_was_not_validated_is_before_it_is_archived() {
    let engine = engine(CompilationMode::LazyValidation);
    let module = Module::new(&engine, "(module (func) (func (result i32) (i64.const 1)))").unwrap();
    let error = module.serialize().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

/// Each bit counts.
#[test]
fn a_flipped_bit_is_refused() {
    let engine = Engine::default();
    let mut archive = archive(MODULE);
    for at in 0..archive.len() {
        for bit in 0..8 {
            archive[at] ^= 1 << bit;
            let error = load(&engine, &archive).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Archive, "byte {at}, bit {bit}: {error}");
            archive[at] ^= 1 << bit;
        }
    }
    assert!(load(&engine, &archive).is_ok());
}

#[test]
fn an_archive_of_another_length_is_refused() {
    let engine = Engine::default();
    let archive = archive(MODULE);
    for length in 0..archive.len() {
        assert_eq!(load(&engine, &archive[..length]).unwrap_err().kind(), ErrorKind::Archive, "{length} bytes");
    }
    for more in [&[0][..], &archive] {
        assert_eq!(load(&engine, &[&archive, more].concat()).unwrap_err().kind(), ErrorKind::Archive);
    }
}

/// A module that wasm-smith makes of these bytes, if it makes one.
fn generated(seed: &[u8]) -> Option<Module> {
    let config = wasm_smith::Config {
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        tail_call_enabled: true,
        simd_enabled: false,
        gc_enabled: false,
        exceptions_enabled: false,
        relaxed_simd_enabled: false,
        max_memories: 1,
        ..wasm_smith::Config::default()
    };
    let module = wasm_smith::Module::new(config, &mut arbitrary::Unstructured::new(seed)).ok()?;
    Module::from_binary(&Engine::default(), &module.to_bytes()).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_modules_come_back(seed in proptest::collection::vec(any::<u8>(), 200..4000)) {
        if let Some(module) = generated(&seed) {
            let loaded = load(&Engine::default(), &module.serialize().unwrap()).unwrap();
            assert_same(&module, &loaded);
        }
    }

    #[test]
    fn damage_is_refused(
        seed in proptest::collection::vec(any::<u8>(), 500..1000),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 1..=u8::MAX), 1..20),
        length in any::<prop::sample::Index>(),
    ) {
        let archive = generated(&seed).map_or_else(|| archive(MODULE), |module| module.serialize().unwrap());
        let mut damaged = archive.clone();
        for (at, bits) in &changes {
            damaged[at.index(archive.len())] ^= bits;
        }
        if damaged != archive {
            prop_assert_eq!(load(&Engine::default(), &damaged).unwrap_err().kind(), ErrorKind::Archive);
            // And a part of it.
            damaged.truncate(length.index(archive.len()));
            prop_assert_eq!(load(&Engine::default(), &damaged).unwrap_err().kind(), ErrorKind::Archive);
        }
    }

    #[test]
    fn bytes_that_start_like_an_archive_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut archive = archive("(module)")[..24].to_vec();
        archive.extend(bytes);
        prop_assert_eq!(load(&Engine::default(), &archive).unwrap_err().kind(), ErrorKind::Archive);
    }
}

/// Bodies in an archive are not judged again, so that the proposals of the engine that made it count.
#[test]
fn an_archive_needs_its_proposals() {
    let archive = Module::new(&Engine::default(), "(module)").unwrap().serialize().unwrap();
    let mut config = Config::new();
    config.wasm_tail_call(false);
    // SAFETY: `Module::serialize` made the archive.
    let error = unsafe { Module::deserialize(&Engine::new(&config), &archive) }.unwrap_err();
    assert!(error.to_string().contains("a proposal that is disabled here: tail calls"), "{error}");
}
