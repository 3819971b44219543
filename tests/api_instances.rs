//! Instances: imports and exports between them, shared tables, memories and globals, start functions, segments, linking errors, misuse.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fulgurite::{
    Caller, Engine, Error, ErrorKind, Extern, ExternRef, ExternType, Func, Global, GlobalType, Instance, Linker, Memory, MemoryType,
    Module, Store, Table, TableType, TrapCode, Val, ValType,
};

fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, text).unwrap()
}

/// Calls an exported function of no parameters that gives an `i32`.
fn run(store: &mut Store<()>, instance: Instance, name: &str) -> Result<i32, Error> {
    instance.get_typed_func::<(), i32>(&*store, name)?.call(store, ())
}

/// A module that exports one of everything.
const LIBRARY: &str = r#"(module $library
    (memory (export "memory") 1 4)
    (table (export "table") 4 8 funcref)
    (global $count (export "count") (mut i32) (i32.const 5))
    (global (export "fixed") i64 (i64.const -1))
    (func $bump (export "bump") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (i32.store (i32.const 16) (global.get $count))
        (global.get $count))
    (func (export "load") (result i32) (i32.load (i32.const 16)))
    (func (export "trap") (result i32) unreachable)
    (elem (i32.const 1) $bump))"#;

/// A module that uses them.
const USER: &str = r#"(module $user
    (import "library" "memory" (memory 1))
    (import "library" "table" (table 2 funcref))
    (import "library" "count" (global $count (mut i32)))
    (import "library" "bump" (func $bump (result i32)))
    (import "library" "trap" (func $trap (result i32)))
    (func $mine (result i32) (i32.const 1234))
    (elem (i32.const 2) $mine)
    (export "bump again" (func $bump))
    (func (export "twice") (result i32) (drop (call $bump)) (call $bump))
    (func (export "indirect") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
    (func (export "read") (result i32) (i32.load (i32.const 16)))
    (func (export "write") (i32.store (i32.const 16) (i32.const 99)) (global.set $count (i32.const 50)))
    (func (export "grow") (result i32) (drop (memory.grow (i32.const 1))) (memory.size))
    (func $middle (result i32) (call $trap))
    (func (export "trap") (result i32) (call $middle)))"#;

#[test]
fn instances_share_what_they_import() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    let library = linker.instantiate(&mut store, &module(&engine, LIBRARY)).unwrap();
    linker.instance(&mut store, "library", library).unwrap();
    let user = linker.instantiate(&mut store, &module(&engine, USER)).unwrap();

    assert_eq!(run(&mut store, user, "twice").unwrap(), 7);
    assert_eq!(run(&mut store, user, "read").unwrap(), 7);
    let count = library.get_global(&store, "count").unwrap();
    assert_eq!(count.get(&store), Val::I32(7));
    user.get_typed_func::<(), ()>(&store, "write").unwrap().call(&mut store, ()).unwrap();
    assert_eq!(run(&mut store, library, "load").unwrap(), 99);
    assert_eq!(run(&mut store, library, "bump").unwrap(), 51);

    // Functions of both in one table, called across.
    let indirect = user.get_typed_func::<i32, i32>(&store, "indirect").unwrap();
    assert_eq!(indirect.call(&mut store, 1).unwrap(), 52);
    assert_eq!(indirect.call(&mut store, 2).unwrap(), 1234);
    assert_eq!(indirect.call(&mut store, 0).unwrap_err().trap_code(), Some(TrapCode::UninitializedElement));
    assert_eq!(indirect.call(&mut store, 4).unwrap_err().trap_code(), Some(TrapCode::UndefinedElement));

    // The same thing has the same handle.
    assert_eq!(user.get_func(&store, "bump again"), library.get_func(&store, "bump"));
    let table = library.get_table(&store, "table").unwrap();
    assert_eq!(table.get(&store, 1), Some(Val::FuncRef(library.get_func(&store, "bump"))));

    // Growth is seen by both, with stale pointers nowhere.
    assert_eq!(run(&mut store, user, "grow").unwrap(), 2);
    assert_eq!(library.get_memory(&store, "memory").unwrap().size(&store), 2);
    assert_eq!(run(&mut store, library, "bump").unwrap(), 53);
    assert_eq!(run(&mut store, user, "read").unwrap(), 53);

    // A trap across instances names functions of both.
    let error = run(&mut store, user, "trap").unwrap_err();
    let frames: Vec<_> = error.backtrace().iter().map(|f| (f.module_name.as_deref(), f.func_index, f.func_name.as_deref())).collect();
    assert_eq!(frames, [(Some("library"), 2, None), (Some("user"), 8, Some("middle")), (Some("user"), 9, None)]);
    assert_eq!(run(&mut store, user, "twice").unwrap(), 55);
}

#[test]
fn things_of_the_host_are_imported() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(3))).unwrap();
    let global = Global::new(&mut store, GlobalType::new(ValType::I64, true), Val::I64(40)).unwrap();
    let seven = Func::wrap(&mut store, || 7);
    let table = Table::new(&mut store, TableType::new(ValType::FUNCREF, 2, Some(4)), Val::from(seven)).unwrap();
    let fixed = Global::new(&mut store, GlobalType::new(ValType::I32, false), Val::I32(3)).unwrap();
    let module = module(
        &engine,
        r#"(module
            (import "" "m" (memory 1 3)) (import "" "g" (global $g (mut i64))) (import "" "t" (table $t 1 5 funcref))
            (import "" "fixed" (global $fixed i32))
            (global $copy (export "copy") i32 (i32.add (global.get $fixed) (i32.const 10)))
            (data (global.get $fixed) "xyz")
            (func (export "run") (result i32)
                (global.set $g (i64.add (global.get $g) (i64.const 2)))
                (call_indirect $t (result i32) (i32.const 1)))
            (func (export "table") (result i32) (drop (table.grow $t (ref.null func) (i32.const 1))) (table.size $t)))"#,
    );
    let imports: [Extern; 4] = [memory.into(), global.into(), table.into(), fixed.into()];
    let instance = Instance::new(&mut store, &module, &imports).unwrap();
    assert_eq!(&memory.data(&store)[3..6], b"xyz");
    assert_eq!(run(&mut store, instance, "run").unwrap(), 7);
    assert_eq!(global.get(&store), Val::I64(42));
    global.set(&mut store, Val::I64(1)).unwrap();
    assert_eq!(run(&mut store, instance, "run").unwrap(), 7);
    assert_eq!(global.get(&store), Val::I64(3));
    assert_eq!(instance.get_global(&store, "copy").unwrap().get(&store), Val::I32(13));
    assert_eq!(fixed.set(&mut store, Val::I32(1)).unwrap_err().kind(), ErrorKind::Api);
    assert_eq!(global.set(&mut store, Val::I32(1)).unwrap_err().kind(), ErrorKind::Api);

    assert_eq!(run(&mut store, instance, "table").unwrap(), 3);
    assert_eq!((table.size(&store), table.get(&store, 2), table.get(&store, 3)), (3, Some(Val::FuncRef(None)), None));
    assert_eq!(table.grow(&mut store, 1, Val::FuncRef(None)).unwrap(), 3);
    assert_eq!(table.grow(&mut store, 1, Val::FuncRef(None)).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(table.set(&mut store, 9, Val::FuncRef(None)).unwrap_err().trap_code(), Some(TrapCode::TableOutOfBounds));
    assert_eq!(table.set(&mut store, 0, Val::ExternRef(None)).unwrap_err().kind(), ErrorKind::Api);
    table.set(&mut store, 1, Val::FuncRef(None)).unwrap();
    assert_eq!(run(&mut store, instance, "run").unwrap_err().trap_code(), Some(TrapCode::UninitializedElement));
}

#[test]
fn imports_that_do_not_fit_are_named() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.func_wrap("a", "f", |_: i32| {}).unwrap();
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(2))).unwrap();
    linker.define("a", "m", memory).unwrap();
    let global = Global::new(&mut store, GlobalType::new(ValType::I32, false), Val::I32(0)).unwrap();
    linker.define("a", "g", global).unwrap();
    for (import, message) in [
        (r#""a" "x" (func)"#, "unknown import: `a` `x` has not been defined"),
        (r#""b" "f" (func)"#, "unknown import: `b` `f` has not been defined"),
        (r#""a" "f" (func)"#, "incompatible import type: `a` `f` must be a function [] -> [], but is a function [i32] -> []"),
        (r#""a" "f" (memory 1)"#, "incompatible import type: `a` `f` must be a memory of 1.. pages, but is a function [i32] -> []"),
        (r#""a" "m" (memory 2)"#, "incompatible import type: `a` `m` must be a memory of 2.. pages, but is a memory of 1..=2 pages"),
        (r#""a" "m" (memory 1 1)"#, "incompatible import type: `a` `m` must be a memory of 1..=1 pages, but is a memory of 1..=2 pages"),
        (r#""a" "g" (global (mut i32))"#, "incompatible import type: `a` `g` must be a mutable global i32, but is a global i32"),
        (r#""a" "g" (global i64)"#, "incompatible import type: `a` `g` must be a global i64, but is a global i32"),
        (
            r#""a" "m" (table 1 funcref)"#,
            "incompatible import type: `a` `m` must be a table of 1.. funcref, but is a memory of 1..=2 pages",
        ),
    ] {
        let error = linker.instantiate(&mut store, &module(&engine, &format!("(module (import {import}))"))).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Unlinkable, message));
    }
    let needs_one = module(&engine, r#"(module (import "a" "m" (memory 1)))"#);
    assert_eq!(Instance::new(&mut store, &needs_one, &[]).unwrap_err().kind(), ErrorKind::Unlinkable);
    linker.instantiate(&mut store, &needs_one).unwrap();
    // The size counts, not the declared minimum.
    memory.grow(&mut store, 1).unwrap();
    linker.instantiate(&mut store, &module(&engine, r#"(module (import "a" "m" (memory 2 2)))"#)).unwrap();
}

#[test]
fn definitions_are_not_replaced_by_accident() {
    let engine = Engine::default();
    let mut linker: Linker<()> = Linker::new(&engine);
    linker.func_wrap("a", "f", || 1).unwrap();
    let error = linker.func_wrap("a", "f", || 2).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Api, "`a` `f` is defined already"));
    linker.allow_shadowing(true).func_wrap("a", "f", || 3).unwrap();
    let mut store = Store::new(&engine, ());
    let f = linker.get(&mut store, "a", "f").and_then(Extern::into_func).unwrap();
    assert_eq!(linker.get(&mut store, "a", "f"), Some(Extern::Func(f)));
    assert_eq!(f.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap(), 3);
    assert!(linker.get(&mut store, "a", "g").is_none() && linker.get(&mut store, "b", "f").is_none());
}

#[test]
fn start_functions_run_and_may_trap() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let table = Table::new(&mut store, TableType::new(ValType::FUNCREF, 1, None), Val::FuncRef(None)).unwrap();
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let good =
        module(&engine, r#"(module (global $g (export "g") (mut i32) (i32.const 0)) (func $s (global.set $g (i32.const 5))) (start $s))"#);
    let instance = Instance::new(&mut store, &good, &[]).unwrap();
    assert_eq!(instance.get_global(&store, "g").unwrap().get(&store), Val::I32(5));
    let bad = module(
        &engine,
        r#"(module $bad (import "" "t" (table 1 funcref)) (import "" "m" (memory 1))
            (func $f (result i32) (i32.const 6)) (elem (i32.const 0) $f) (data (i32.const 0) "kept")
            (func $start unreachable) (start $start))"#,
    );
    let error = Instance::new(&mut store, &bad, &[table.into(), memory.into()]).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::Unreachable));
    assert_eq!(error.backtrace()[0].func_name.as_deref(), Some("start"));
    // What the failed instance wrote stays, and its function works.
    assert_eq!(&memory.data(&store)[..4], b"kept");
    let Some(Val::FuncRef(Some(f))) = table.get(&store, 0) else { panic!() };
    assert_eq!(f.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap(), 6);
}

#[test]
fn a_host_function_can_be_the_start_function() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let start = Func::wrap(&mut store, |mut caller: Caller<'_, ()>| -> Result<(), Error> {
        let memory = caller.get_export("m").and_then(Extern::into_memory).ok_or_else(|| Error::new("no memory"))?;
        memory.write(&mut caller, 0, b"started")
    });
    let module = module(&engine, r#"(module (import "" "s" (func $s)) (memory (export "m") 1) (start $s))"#);
    let instance = Instance::new(&mut store, &module, &[start.into()]).unwrap();
    assert_eq!(&instance.get_memory(&store, "m").unwrap().data(&store)[..7], b"started");
}

#[test]
fn segments_that_do_not_fit_trap_after_those_that_do() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let table = Table::new(&mut store, TableType::new(ValType::FUNCREF, 2, None), Val::FuncRef(None)).unwrap();
    let data = module(
        &engine,
        r#"(module (import "" "m" (memory 1)) (data (i32.const 0) "first") (data (i32.const 65535) "no") (data (i32.const 8) "never"))"#,
    );
    let error = Instance::new(&mut store, &data, &[memory.into()]).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds));
    assert_eq!(&memory.data(&store)[..13], b"first\0\0\0\0\0\0\0\0");
    assert_eq!(memory.data(&store)[65535], 0);
    let elements =
        module(&engine, r#"(module (import "" "t" (table 1 funcref)) (func $f) (elem (i32.const 0) $f) (elem (i32.const 1) $f $f))"#);
    let error = Instance::new(&mut store, &elements, &[table.into()]).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::TableOutOfBounds));
    assert!(matches!(table.get(&store, 0), Some(Val::FuncRef(Some(_)))));
    assert_eq!(table.get(&store, 1), Some(Val::FuncRef(None)));
}

#[test]
fn passive_segments_are_used_until_dropped() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = module(
        &engine,
        r#"(module
            (memory (export "m") 1) (table $t (export "t") 3 funcref)
            (func $f) (data $d "abc") (elem $e func $f $f) (elem $x funcref (ref.null func) (ref.func $f))
            (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
            (func (export "drop") (data.drop $d))
            (func (export "elem") (param i32 i32 i32) (table.init $t $x (local.get 0) (local.get 1) (local.get 2)))
            (func (export "elem.drop") (elem.drop $x)))"#,
    );
    let first = Instance::new(&mut store, &module, &[]).unwrap();
    let second = Instance::new(&mut store, &module, &[]).unwrap();
    type Three = (u32, u32, u32);
    let init = first.get_typed_func::<Three, ()>(&store, "init").unwrap();
    init.call(&mut store, (0, 1, 2)).unwrap();
    assert_eq!(&first.get_memory(&store, "m").unwrap().data(&store)[..3], b"bc\0");
    assert_eq!(init.call(&mut store, (0, 2, 2)).unwrap_err().trap_code(), Some(TrapCode::MemoryOutOfBounds));
    first.get_typed_func::<(), ()>(&store, "drop").unwrap().call(&mut store, ()).unwrap();
    assert_eq!(init.call(&mut store, (0, 0, 1)).unwrap_err().trap_code(), Some(TrapCode::MemoryOutOfBounds));
    init.call(&mut store, (0, 0, 0)).unwrap();
    // Dropping is a matter of the instance.
    second.get_typed_func::<Three, ()>(&store, "init").unwrap().call(&mut store, (0, 0, 3)).unwrap();

    let elem = first.get_typed_func::<Three, ()>(&store, "elem").unwrap();
    elem.call(&mut store, (1, 0, 2)).unwrap();
    let table = first.get_table(&store, "t").unwrap();
    assert_eq!(table.get(&store, 1), Some(Val::FuncRef(None)));
    assert!(matches!(table.get(&store, 2), Some(Val::FuncRef(Some(_)))));
    assert_eq!(elem.call(&mut store, (2, 0, 2)).unwrap_err().trap_code(), Some(TrapCode::TableOutOfBounds));
    first.get_typed_func::<(), ()>(&store, "elem.drop").unwrap().call(&mut store, ()).unwrap();
    assert_eq!(elem.call(&mut store, (0, 0, 1)).unwrap_err().trap_code(), Some(TrapCode::TableOutOfBounds));
}

#[test]
fn types_and_exports_are_listed() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let library = module(&engine, LIBRARY);
    let instance = Instance::new(&mut store, &library, &[]).unwrap();
    let names: Vec<_> = library.exports().map(|export| export.name()).collect();
    assert_eq!(names, ["memory", "table", "count", "fixed", "bump", "load", "trap"]);
    assert_eq!(instance.exports(&store).map(|(name, _)| name).collect::<Vec<_>>(), names);
    for (export, (_, item)) in library.exports().zip(instance.exports(&store)) {
        assert_eq!(export.ty(), item.ty(&store));
    }
    assert_eq!(library.get_export("fixed"), Some(ExternType::Global(GlobalType::new(ValType::I64, false))));
    assert_eq!((library.get_export("nothing"), library.name()), (None, Some("library")));
    let user = module(&engine, USER);
    let imports: Vec<_> = user.imports().map(|import| format!("{} {} {:?}", import.module(), import.name(), import.ty())).collect();
    assert_eq!(imports.len(), 5);
    assert!(imports[3].starts_with("library bump Func([] -> [i32])"), "{}", imports[3]);
}

#[test]
fn handles_of_another_store_are_refused() {
    let engine = Engine::default();
    let (mut one, mut two) = (Store::new(&engine, ()), Store::new(&engine, ()));
    let library = module(&engine, LIBRARY);
    let instance = Instance::new(&mut one, &library, &[]).unwrap();
    Instance::new(&mut two, &library, &[]).unwrap();
    let bump = instance.get_func(&one, "bump").unwrap();
    let typed = bump.typed::<(), i32>(&one).unwrap();
    let memory = instance.get_memory(&one, "memory").unwrap();
    let table = instance.get_table(&one, "table").unwrap();
    let global = instance.get_global(&one, "count").unwrap();
    let value = ExternRef::new(&mut one, 1);

    let api = |error: Error| assert_eq!(error.kind(), ErrorKind::Api, "{error}");
    api(typed.call(&mut two, ()).unwrap_err());
    api(bump.call(&mut two, &[], &mut [Val::I32(0)]).unwrap_err());
    api(bump.typed::<(), i32>(&two).unwrap_err());
    api(memory.read(&two, 0, &mut []).unwrap_err());
    api(memory.write(&mut two, 0, &[]).unwrap_err());
    api(memory.grow(&mut two, 0).unwrap_err());
    api(table.set(&mut two, 0, Val::FuncRef(None)).unwrap_err());
    api(table.grow(&mut two, 0, Val::FuncRef(None)).unwrap_err());
    api(global.set(&mut two, Val::I32(0)).unwrap_err());
    api(instance.get_typed_func::<(), i32>(&two, "bump").unwrap_err());
    assert!(instance.get_export(&two, "bump").is_none());
    let needs_memory = module(&engine, r#"(module (import "" "m" (memory 1)))"#);
    api(Instance::new(&mut two, &needs_memory, &[memory.into()]).unwrap_err());
    api(Linker::new(&engine).instance(&mut two, "x", instance).map(|_| ()).unwrap_err());
    let mut linker = Linker::new(&engine);
    linker.define("", "m", memory).unwrap();
    api(linker.instantiate(&mut two, &needs_memory).unwrap_err());

    // Values that lead into another store.
    let funcs = TableType::new(ValType::FUNCREF, 1, None);
    api(Table::new(&mut two, funcs, Val::from(bump)).unwrap_err());
    api(Global::new(&mut two, GlobalType::new(ValType::EXTERNREF, true), Val::from(value)).unwrap_err());
    let mine = Table::new(&mut two, funcs, Val::FuncRef(None)).unwrap();
    api(mine.set(&mut two, 0, Val::from(bump)).unwrap_err());
    let foreign = Func::wrap(&mut two, move || -> Option<ExternRef> { Some(value) });
    api(foreign.call(&mut two, &[], &mut [Val::I32(0)]).unwrap_err());
    let takes = Func::wrap(&mut two, |_: Option<Func>| {});
    api(takes.typed::<Option<Func>, ()>(&two).unwrap().call(&mut two, Some(bump)).unwrap_err());

    // Where nothing can be returned, a panic says so.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let panics = |f: &mut dyn FnMut()| assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
    panics(&mut || _ = memory.data(&two).len());
    panics(&mut || _ = memory.data_mut(&mut two).len());
    panics(&mut || _ = memory.size(&two));
    panics(&mut || _ = table.get(&two, 0));
    panics(&mut || _ = global.get(&two));
    panics(&mut || _ = bump.ty(&two));
    panics(&mut || _ = value.data(&two).is::<i32>());
    std::panic::set_hook(hook);
    assert_eq!(typed.call(&mut one, ()).unwrap(), 6);
}

#[test]
fn modules_and_functions_of_another_engine_are_refused() {
    let (engine, other) = (Engine::default(), Engine::default());
    let mut store = Store::new(&engine, ());
    let error = Instance::new(&mut store, &module(&other, "(module)"), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    let mut linker: Linker<()> = Linker::new(&other);
    linker.func_wrap("", "f", || ()).unwrap();
    assert!(linker.get(&mut store, "", "f").is_none());
    let needs = module(&engine, r#"(module (import "" "f" (func)))"#);
    assert_eq!(linker.instantiate(&mut store, &needs).unwrap_err().kind(), ErrorKind::Api);
}
