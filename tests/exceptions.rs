//! Exceptions: what they find where they land, what they pass on the way, and how they come out of the store and back in.

use fulgurite::{
    Caller, CompilationMode, Config, Engine, Error, ErrorKind, ExnRef, Func, FuncType, Instance, Linker, Module, Store, Tag, TagType,
    TrapCode, Val, ValType,
};

const CORNERS: &str = include_str!("exceptions/corners.wat");
const LEGACY: &str = include_str!("exceptions/legacy.wat");

/// Engines with and without superinstructions.
fn engines() -> [Engine; 2] {
    [(true, CompilationMode::Lazy), (false, CompilationMode::Eager)].map(|(fused, mode)| {
        let mut config = Config::new();
        config.superinstructions(fused).compilation_mode(mode).wasm_legacy_exceptions(true).max_stack_bytes(1 << 18);
        Engine::new(&config)
    })
}

/// An instance without imports.
fn instance(engine: &Engine, text: &str) -> (Store<()>, Instance) {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &Module::new(engine, text).unwrap(), &[]).unwrap();
    (store, instance)
}

/// Calls an export.
fn call(store: &mut Store<()>, instance: Instance, name: &str, arguments: &[Val]) -> Result<Vec<Val>, Error> {
    let func = instance.get_func(&*store, name).unwrap();
    let mut results: Vec<Val> = func.ty(&*store).results().iter().map(|&ty| Val::default_for(ty)).collect();
    func.call(store, arguments, &mut results).map(|()| results)
}

/// Calls an export of a module with each engine, twice; expects one `i32` or `i64`.
fn expect(text: &str, cases: &[(&str, &[i32], i64)]) {
    for engine in engines() {
        let (mut store, instance) = instance(&engine, text);
        for (name, arguments, expected) in cases.iter().chain(cases) {
            let arguments: Vec<Val> = arguments.iter().map(|&x| Val::I32(x)).collect();
            let found = match call(&mut store, instance, name, &arguments).unwrap()[..] {
                [Val::I32(x)] => i64::from(x),
                [Val::I64(x)] => x,
                [Val::F64(bits)] => f64::from_bits(bits) as i64,
                ref other => panic!("{name}: {other:?}"),
            };
            assert_eq!(found, *expected, "{name} {arguments:?}");
        }
    }
}

#[test]
fn what_is_found_where_an_exception_lands() {
    expect(
        CORNERS,
        &[
            ("late", &[3], 6),
            // 5 calls that throw, 5 that do not: 10 + 5 × 1,000 + 5 × 100,000 + 10 × 0.5.
            ("hot", &[10], 505_015),
            ("hot_throw", &[10], 30 + 5_000 + 25),
            ("below", &[2], 6 + 100 + 2 + 7),
            ("to_block", &[3], 81),
            ("to_function_one", &[9], 9),
            ("to_loop", &[1], 21),
            ("to_loop_two", &[1], 21),
            ("head", &[], 1042),
            ("nested", &[8], 9),
            ("tail", &[4], 4),
            ("again", &[2], 12),
        ],
    );
    for engine in engines() {
        let (mut store, instance) = instance(&engine, CORNERS);
        let all = [Val::I32(3), Val::I64(3), Val::F32(3f32.to_bits()), Val::F64(3f64.to_bits())];
        assert_eq!(call(&mut store, instance, "to_function", &[Val::I32(3)]).unwrap(), all);
    }
}

#[test]
fn frames_that_are_too_large_for_short_slots() {
    let locals = "i64 ".repeat(5_000);
    let text = format!(
        "(module (tag $t (param i32 i64)) (func $throws (throw $t (i32.const 5) (i64.const 6)))
            (func (export \"f\") (result i64) (local {locals}) (local $e exnref)
                (local.set 4999 (i64.const 1000))
                (block $h (result i32 i64 exnref)
                    (try_table (catch_ref $t $h) (local.set 4998 (i64.const 10000)) (call $throws))
                    (unreachable))
                (local.set $e) (local.set 4997) (drop)
                (block $h (result i32 i64)
                    (try_table (catch $t $h) (throw_ref (local.get $e)))
                    (unreachable))
                (local.set 4996) (drop)
                (block $h (result i32 i64)
                    (try_table (catch $t $h) (throw $t (i32.const 1) (i64.const 70)))
                    (unreachable))
                (local.set 4995) (drop)
                (i64.add (local.get 4999) (i64.add (local.get 4998) (i64.add (local.get 4997) (i64.add (local.get 4996) (local.get 4995)))))))"
    );
    expect(&text, &[("f", &[], 1000 + 10_000 + 6 + 6 + 70)]);
}

#[test]
fn vectors_are_carried() {
    let text = r#"(module (tag $t (param i32 v128 i64)) (tag $v (param v128))
        (func $throws (param i32 v128 i64) (throw $t (local.get 0) (local.get 1) (local.get 2)))
        (func $again (param exnref) (throw_ref (local.get 0)))
        (func (export "f") (param i32) (result i64) (local $v v128) (local $i i64) (local $e exnref)
            (local.set $v (i64x2.splat (i64.const 1000)))
            (i64.const 5)
            (block $h (result i32 v128 i64 exnref)
                (try_table (catch_ref $t $h)
                    (call $throws (local.get 0) (i64x2.replace_lane 1 (local.get $v) (i64.const 20)) (i64.const 300)))
                (unreachable))
            (local.set $e) (local.set $i) (local.set $v) (drop)
            (block $h (result i32 v128 i64)
                (try_table (catch $t $h) (call $again (local.get $e)))
                (unreachable))
            (local.set $i (i64.add (local.get $i))) (local.set $v (i64x2.add (local.get $v))) (drop)
            (block $h (result v128)
                (try_table (catch $v $h) (throw $v (i64x2.add (local.get $v) (local.get $v))))
                (unreachable))
            (local.set $v)
            (i64.add (i64.add (i64x2.extract_lane 0 (local.get $v)) (i64x2.extract_lane 1 (local.get $v))) (local.get $i))
            (i64.add))
        (func (export "legacy") (param i32) (result i64) (local v128)
            (i64.const 5)
            try (result v128)
                local.get 0
                i64.const 7
                i64x2.splat
                i64.const 9
                call $throws
                unreachable
            catch $t
                drop
                i64.const 2
                i64x2.splat
                i64x2.add
                try (result v128)
                    i64.const 1
                    i64x2.splat
                    throw $v
                catch $v
                end
                i64x2.add
                local.set 1
                drop
                local.get 1
            end
            i64x2.extract_lane 1
            i64.add))"#;
    expect(text, &[("f", &[1], 2 * 2 * (1000 + 20) + 600 + 5), ("legacy", &[1], 15)]);
}

#[test]
fn traps_are_not_caught() {
    let traps = [
        ("trap", TrapCode::Unreachable),
        ("null", TrapCode::NullExceptionReference),
        ("overflow", TrapCode::StackOverflow),
        ("bounds", TrapCode::MemoryOutOfBounds),
    ];
    for engine in engines() {
        let (mut store, instance) = instance(&engine, CORNERS);
        for (name, code) in traps {
            let error = call(&mut store, instance, name, &[]).unwrap_err();
            assert_eq!((error.kind(), error.trap_code()), (ErrorKind::Trap, Some(code)), "{name}");
        }
    }
}

#[test]
fn what_is_not_caught_says_what_and_where() {
    for engine in engines() {
        let (mut store, instance) = instance(&engine, CORNERS);
        let error = call(&mut store, instance, "uncaught", &[Val::I32(11)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exception);
        assert_eq!(error.to_string(), "uncaught exception that carries i32");
        let names: Vec<_> = error.backtrace().iter().map(|frame| frame.func_name.as_deref().unwrap_or("?")).collect();
        assert_eq!(names, ["throws", "?"]);
        assert!(error.backtrace().iter().all(|frame| frame.module_offset.is_some()));
        let exception = error.exception(&mut store).unwrap();
        assert_eq!(exception.payload(&store), [Val::I32(11)]);
        assert_eq!(exception.tag(&store).ty(&store).ty().params(), [ValType::I32]);
        // Another store knows nothing of it.
        let mut other = Store::new(&engine, ());
        assert!(error.exception(&mut other).is_none());
        assert_eq!(Error::thrown(&mut other, exception).kind(), ErrorKind::Api);
        assert_eq!(call(&mut store, instance, "nested", &[Val::I32(1)]).unwrap(), [Val::I32(2)]);
    }
}

#[test]
fn a_start_function_throws() {
    for engine in engines() {
        let module = Module::new(&engine, "(module (tag $t) (func $start (throw $t)) (start $start))").unwrap();
        let mut store = Store::new(&engine, ());
        assert_eq!(Instance::new(&mut store, &module, &[]).unwrap_err().kind(), ErrorKind::Exception);
    }
}

/// An instance that throws, and one that calls it, through another one and back if it likes.
const LIBRARY: &str = r#"(module
    (import "main" "back" (func $back (param i32)))
    (import "main" "table" (table $table 2 funcref))
    (tag $t (export "t") (param i32))
    (memory 1) (data (i32.const 0) "\07")
    (func (export "throw") (param i32) (throw $t (i32.add (local.get 0) (i32.load8_u (i32.const 0)))))
    (func (export "call_back") (param i32) (call $back (local.get 0)))
    (func (export "call_table") (param i32) (call_indirect $table (param i32) (local.get 0) (i32.const 0)))
    (func (export "catch_all") (param i32) (block $h (try_table (catch_all $h) (call $back (local.get 0))))))"#;
const MAIN: &str = r#"(module
    (import "library" "t" (tag $t (param i32)))
    (tag $other (param i32))
    (import "library" "throw" (func $throw (param i32)))
    (import "library" "call_back" (func $call_back (param i32)))
    (import "library" "call_table" (func $call_table (param i32)))
    (import "library" "catch_all" (func $catch_all (param i32)))
    (memory 1) (data (i32.const 0) "\64")
    (func (export "back") (param i32) (call $throw (local.get 0)))
    (func (export "back_by_tail_call") (param i32) (return_call $throw (local.get 0)))
    (func (export "f") (param $x i32) (param $way i32) (result i32)
        (block $h (result i32)
            (block $wrong (result i32)
                (try_table (catch $other $wrong) (catch $t $h)
                    (if (i32.eq (local.get $way) (i32.const 0)) (then (call $throw (local.get $x))))
                    (if (i32.eq (local.get $way) (i32.const 1)) (then (call $call_back (local.get $x))))
                    (if (i32.eq (local.get $way) (i32.const 2)) (then (call $call_table (local.get $x))))
                    (call $catch_all (local.get $x)))
                (return (i32.load8_u (i32.const 0))))
            (return (i32.const -1)))
        ;; In the right instance: its memory, and a call that crosses again.
        (call $catch_all (local.get $x))
        (i32.add (i32.load8_u (i32.const 0)))))"#;

#[test]
fn across_instances() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.allow_shadowing(true);
        // The two need each other; a trampoline in the host's table and function breaks the circle.
        let relay = Module::new(
            &engine,
            r#"(module (table (export "table") 2 funcref) (type $t (func (param i32)))
                (func (export "back") (param i32) (call_indirect (type $t) (local.get 0) (i32.const 1))))"#,
        )
        .unwrap();
        let relay = linker.instantiate(&mut store, &relay).unwrap();
        linker.instance(&mut store, "main", relay).unwrap();
        let library = linker.instantiate(&mut store, &Module::new(&engine, LIBRARY).unwrap()).unwrap();
        linker.instance(&mut store, "library", library).unwrap();
        let main = linker.instantiate(&mut store, &Module::new(&engine, MAIN).unwrap()).unwrap();
        let table = relay.get_table(&store, "table").unwrap();
        for (at, name) in ["back_by_tail_call", "back"].into_iter().enumerate() {
            let func = main.get_func(&store, name).unwrap();
            table.set(&mut store, at as u64, Val::FuncRef(Some(func))).unwrap();
        }
        let f = main.get_typed_func::<(i32, i32), i32>(&store, "f").unwrap();
        for round in 0..100 {
            for way in 0..3 {
                assert_eq!(f.call(&mut store, (round, way)).unwrap(), round + 7 + 100, "way {way}");
            }
            assert_eq!(f.call(&mut store, (round, 3)).unwrap(), 100);
        }
        // A second library has a tag of its own, which the first one's users do not catch.
        let second = linker.instantiate(&mut store, &Module::new(&engine, LIBRARY).unwrap()).unwrap();
        let throw = second.get_func(&store, "throw").unwrap();
        table.set(&mut store, 1, Val::FuncRef(Some(throw))).unwrap();
        let error = f.call(&mut store, (1, 1)).unwrap_err();
        let tag = error.exception(&mut store).unwrap().tag(&store);
        assert_eq!((error.kind(), Some(tag)), (ErrorKind::Exception, second.get_tag(&store, "t")));
        assert_ne!(Some(tag), library.get_tag(&store, "t"));
    }
}

#[test]
fn through_host_functions() {
    const GUEST: &str = r#"(module
        (import "host" "tag" (tag $t (param i32)))
        (import "host" "relay" (func $relay (param i32)))
        (func (export "throw") (param i32) (throw $t (local.get 0)))
        (func (export "catch") (param i32) (result i32)
            (block $h (result i32) (try_table (catch $t $h) (call $relay (local.get 0))) (i32.const 0)))
        (func $tail (export "tail") (param i32) (return_call $relay (local.get 0)))
        (func (export "catch_tail") (param i32) (result i32)
            (block $h (result i32) (try_table (catch $t $h) (call $tail (local.get 0))) (i32.const 0))))"#;
    for engine in engines() {
        let mut store = Store::new(&engine, 0);
        let ty = TagType::new(FuncType::new([ValType::I32], [])).unwrap();
        let tag = Tag::new(&mut store, &ty).unwrap();
        assert_eq!(tag.ty(&store), ty);
        let mut linker = Linker::new(&engine);
        linker.define("host", "tag", tag).unwrap();
        // What it calls throws; it lets even exceptions pass, stops multiples of 3, and adds one of its own.
        let relay = move |mut caller: Caller<'_, i32>, x: i32| -> Result<(), Error> {
            *caller.data_mut() += 1;
            if x == 100 {
                let exception = ExnRef::new(&mut caller, tag, &[Val::I32(-100)])?;
                return Err(Error::thrown(&mut caller, exception));
            }
            let throw = caller.get_export("throw").unwrap().into_func().unwrap();
            match throw.typed::<i32, ()>(&caller)?.call(&mut caller, x) {
                Err(error) if error.kind() == ErrorKind::Exception && x % 3 == 0 => Ok(()),
                Err(error) if error.kind() == ErrorKind::Exception && x % 5 == 0 => Err(Error::new("five")),
                other => other,
            }
        };
        linker.func_wrap("host", "relay", relay).unwrap();
        let module = Module::new(&engine, GUEST).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        for name in ["catch", "catch_tail"] {
            let catch = instance.get_typed_func::<i32, i32>(&store, name).unwrap();
            for (x, expected) in [(1, 1), (3, 0), (2, 2), (100, -100), (7, 7)] {
                assert_eq!(catch.call(&mut store, x).unwrap(), expected, "{name} {x}");
            }
            let error = catch.call(&mut store, 5).unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::Host, "five"));
        }
        assert_eq!(*store.data(), 12);
        let error = instance.get_typed_func::<i32, ()>(&store, "tail").unwrap().call(&mut store, 4).unwrap_err();
        assert_eq!(error.exception(&mut store).unwrap().payload(&store), [Val::I32(4)]);
        // Called by the host itself, there is nobody to catch.
        let host = Func::wrap(&mut store, move |mut caller: Caller<'_, i32>| -> Result<(), Error> {
            let exception = ExnRef::new(&mut caller, tag, &[Val::I32(1)])?;
            Err(Error::thrown(&mut caller, exception))
        });
        assert_eq!(host.call(&mut store, &[], &mut []).unwrap_err().kind(), ErrorKind::Exception);
    }
}

#[test]
fn wrong_uses_are_refused() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    assert_eq!(TagType::new(FuncType::new([], [ValType::I32])).unwrap_err().kind(), ErrorKind::Api);
    let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32], [])).unwrap()).unwrap();
    assert_eq!(ExnRef::new(&mut store, tag, &[]).unwrap_err().kind(), ErrorKind::Api);
    assert_eq!(ExnRef::new(&mut store, tag, &[Val::I64(1)]).unwrap_err().kind(), ErrorKind::Api);
    let mut other = Store::new(&engine, ());
    assert_eq!(ExnRef::new(&mut other, tag, &[Val::I32(1)]).unwrap_err().kind(), ErrorKind::Api);
    let module = Module::new(&engine, r#"(module (import "m" "t" (tag (param i64))))"#).unwrap();
    let error = Instance::new(&mut store, &module, &[tag.into()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unlinkable);
    assert_eq!(error.message(), "incompatible import type: `m` `t` must be a tag [i64] -> [], but is a tag [i32] -> []");
}

#[test]
fn references_to_exceptions_are_values() {
    for engine in engines() {
        let text = r#"(module (tag $t (export "t") (param i32))
            (global $g (export "g") (mut exnref) (ref.null exn))
            (table $table (export "table") 2 exnref)
            (func (export "f") (param exnref) (result exnref)
                (global.set $g (local.get 0)) (table.set $table (i32.const 1) (local.get 0)) (local.get 0))
            (func (export "throw") (param i32) (result i32)
                (block $h (result i32) (try_table (catch $t $h) (throw_ref (table.get $table (local.get 0)))) (i32.const 0))))"#;
        let (mut store, instance) = instance(&engine, text);
        let tag = instance.get_tag(&store, "t").unwrap();
        let exception = ExnRef::new(&mut store, tag, &[Val::I32(6)]).unwrap();
        let value = Val::from(exception);
        assert_eq!(call(&mut store, instance, "f", &[value]).unwrap(), [value]);
        assert_eq!(instance.get_global(&store, "g").unwrap().get(&store), value);
        assert_eq!(call(&mut store, instance, "throw", &[Val::I32(1)]).unwrap(), [Val::I32(6)]);
        let error = call(&mut store, instance, "throw", &[Val::I32(0)]).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::NullExceptionReference));
        assert_eq!(call(&mut store, instance, "f", &[Val::ExnRef(None)]).unwrap(), [Val::ExnRef(None)]);
    }
}

#[test]
fn legacy_exceptions() {
    expect(
        LEGACY,
        &[
            ("plain", &[1], 11),
            ("plain", &[2], 23),
            ("plain", &[3], 30),
            ("plain", &[4], 100),
            ("below", &[3], 1021),
            ("rethrow", &[1], 2),
            ("rethrow", &[0], 1),
            ("delegate", &[6], 6),
            ("delegate_to_caller", &[6], 11),
            ("delegate_in_catch", &[8], 8),
            ("branches", &[0], 12),
            ("catch_throws", &[], 11),
            ("without_catch", &[3], 3),
        ],
    );
}

#[test]
fn exceptions_that_nothing_holds_go_away() {
    for engine in engines() {
        let (mut store, instance) = instance(&engine, CORNERS);
        for name in ["swallow", "swallow_ref"] {
            let swallow = instance.get_typed_func::<i32, ()>(&store, name).unwrap();
            for x in 0..100_000 {
                swallow.call(&mut store, x).unwrap();
            }
        }
    }
}
