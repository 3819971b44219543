//! Host functions: all shapes, re-entrancy, failures, panics; and calls into WebAssembly with right and wrong types.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fulgurite::{
    Caller, Config, Engine, Error, ErrorKind, Extern, ExternRef, Func, FuncType, Instance, Linker, Memory, MemoryType, Module, Store,
    TrapCode, Val, ValType,
};

/// An instance of a text module with the imports of a linker.
fn instantiate<T>(linker: &Linker<T>, store: &mut Store<T>, text: &str) -> Instance {
    let module = Module::new(linker.engine(), text).unwrap();
    linker.instantiate(store, &module).unwrap()
}

#[test]
fn every_scalar_type_goes_in_and_out() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("h", "i32", |x: i32| x.wrapping_neg()).unwrap();
    linker.func_wrap("h", "u32", |x: u32| x.leading_zeros()).unwrap();
    linker.func_wrap("h", "i64", |x: i64| x.wrapping_neg()).unwrap();
    linker.func_wrap("h", "u64", |x: u64| x.rotate_left(1)).unwrap();
    linker.func_wrap("h", "f32", |x: f32| -x).unwrap();
    linker.func_wrap("h", "f64", |x: f64| -x).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = instantiate(
        &linker,
        &mut store,
        r#"(module
            (import "h" "i32" (func $i32 (param i32) (result i32)))
            (import "h" "u32" (func $u32 (param i32) (result i32)))
            (import "h" "i64" (func $i64 (param i64) (result i64)))
            (import "h" "u64" (func $u64 (param i64) (result i64)))
            (import "h" "f32" (func $f32 (param f32) (result f32)))
            (import "h" "f64" (func $f64 (param f64) (result f64)))
            (func (export "i32") (param i32) (result i32) (call $i32 (local.get 0)))
            (func (export "u32") (param i32) (result i32) (call $u32 (local.get 0)))
            (func (export "i64") (param i64) (result i64) (call $i64 (local.get 0)))
            (func (export "u64") (param i64) (result i64) (call $u64 (local.get 0)))
            (func (export "f32") (param f32) (result f32) (call $f32 (local.get 0)))
            (func (export "f64") (param f64) (result f64) (call $f64 (local.get 0))))"#,
    );
    macro_rules! check {
        ($name:literal $ty:ty: $($from:expr => $to:expr),*) => {
            let func = instance.get_typed_func::<$ty, $ty>(&store, $name).unwrap();
            $(assert_eq!(func.call(&mut store, $from).unwrap(), $to);)*
        };
    }
    check!("i32" i32: 5 => -5, i32::MIN => i32::MIN, -1 => 1);
    check!("u32" u32: 0 => 32, u32::MAX => 0);
    check!("i64" i64: i64::MAX => -i64::MAX, i64::MIN => i64::MIN);
    check!("u64" u64: 1 << 63 => 1, u64::MAX => u64::MAX);
    check!("f32" f32: 1.5 => -1.5, f32::INFINITY => f32::NEG_INFINITY);
    check!("f64" f64: -0.1 => 0.1);
}

#[test]
fn sixteen_parameters_and_results() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0u64);
    #[allow(clippy::too_many_arguments, reason = "that is the point")]
    let reverse = Func::wrap(
        &mut store,
        |mut caller: Caller<'_, u64>,
         a: i32,
         b: i64,
         c: f32,
         d: f64,
         e: i32,
         f: i64,
         g: f32,
         h: f64,
         i: i32,
         j: i64,
         k: f32,
         l: f64,
         m: i32,
         n: i64,
         o: f32,
         p: f64| {
            *caller.data_mut() += 1;
            (p, o, n, m, l, k, j, i, h, g, f, e, d, c, b, a)
        },
    );
    let module = Module::new(
        &engine,
        r#"(module (type $t (func (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64)
                         (result f64 f32 i64 i32 f64 f32 i64 i32 f64 f32 i64 i32 f64 f32 i64 i32)))
            (import "h" "reverse" (func $reverse (type $t)))
            (func (export "run") (type $t)
                (call $reverse (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7)
                    (local.get 8) (local.get 9) (local.get 10) (local.get 11) (local.get 12) (local.get 13) (local.get 14) (local.get 15))))"#,
    )
    .unwrap();
    let instance = Instance::new(&mut store, &module, &[reverse.into()]).unwrap();
    type P = (i32, i64, f32, f64, i32, i64, f32, f64, i32, i64, f32, f64, i32, i64, f32, f64);
    type R = (f64, f32, i64, i32, f64, f32, i64, i32, f64, f32, i64, i32, f64, f32, i64, i32);
    let run = instance.get_typed_func::<P, R>(&store, "run").unwrap();
    let params = (1, 2, 3.0, 4.0, 5, 6, 7.0, 8.0, 9, 10, 11.0, 12.0, 13, 14, 15.0, 16.0);
    let expected = (16.0, 15.0, 14, 13, 12.0, 11.0, 10, 9, 8.0, 7.0, 6, 5, 4.0, 3.0, 2, 1);
    // Tuples of 16 can't be compared as they are.
    let halves = |r: R| ((r.0, r.1, r.2, r.3, r.4, r.5, r.6, r.7), (r.8, r.9, r.10, r.11, r.12, r.13, r.14, r.15));
    assert_eq!(halves(run.call(&mut store, params).unwrap()), halves(expected));
    // The same without an instance in between.
    assert_eq!(halves(reverse.typed::<P, R>(&store).unwrap().call(&mut store, params).unwrap()), halves(expected));
    assert_eq!(*store.data(), 2);
}

#[test]
fn results_of_all_shapes() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let nothing = Func::wrap(&mut store, || {});
    let failing_nothing = Func::wrap(&mut store, |fail: i32| if fail == 0 { Ok(()) } else { Err(Error::new("asked to fail")) });
    let one = Func::wrap(&mut store, || -> Result<i64, Error> { Ok(7) });
    let pair = Func::wrap(&mut store, || -> Result<(i32, f64), Error> { Ok((1, 2.5)) });
    let single = Func::wrap(&mut store, || (3u32,));
    nothing.typed::<(), ()>(&store).unwrap().call(&mut store, ()).unwrap();
    let failing_nothing = failing_nothing.typed::<(i32,), ()>(&store).unwrap();
    failing_nothing.call(&mut store, (0,)).unwrap();
    assert_eq!(failing_nothing.call(&mut store, (1,)).unwrap_err().message(), "asked to fail");
    assert_eq!(one.typed::<(), i64>(&store).unwrap().call(&mut store, ()).unwrap(), 7);
    assert_eq!(pair.typed::<(), (i32, f64)>(&store).unwrap().call(&mut store, ()).unwrap(), (1, 2.5));
    assert_eq!(single.typed::<(), u32>(&store).unwrap().call(&mut store, ()).unwrap(), 3);
}

#[test]
fn functions_over_values_are_checked_both_ways() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = FuncType::new([ValType::I32, ValType::F64], [ValType::I64, ValType::F32]);
    let swap = Func::new(&mut store, ty.clone(), |_, params, results| {
        assert_eq!(results, [Val::I64(0), Val::F32(0)]);
        results[0] = Val::I64(params[0].i32().unwrap().into());
        results[1] = Val::from(params[1].f64().unwrap() as f32);
        Ok(())
    });
    assert_eq!(swap.ty(&store), ty);
    let mut results = [Val::I32(0), Val::I32(0)];
    swap.call(&mut store, &[Val::I32(-3), Val::from(0.5f64)], &mut results).unwrap();
    assert_eq!(results, [Val::I64(-3), Val::from(0.5f32)]);

    let lying = Func::new(&mut store, FuncType::new([], [ValType::I32]), |_, _, results| {
        results[0] = Val::I64(1);
        Ok(())
    });
    let error = lying.call(&mut store, &[], &mut [Val::I32(0)]).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Api, "type mismatch: expected i32, found i64"));

    for (params, results) in [
        (&[][..], &mut [Val::I32(0); 2][..]),
        (&[Val::I32(0), Val::I32(0)], &mut [Val::I32(0); 2]),
        (&[Val::I32(0), Val::F64(0)], &mut [Val::I32(0)]),
        (&[Val::I32(0), Val::F64(0), Val::F64(0)], &mut [Val::I32(0); 2]),
    ] {
        assert_eq!(swap.call(&mut store, params, results).unwrap_err().kind(), ErrorKind::Api);
    }
}

#[test]
fn typed_functions_must_have_the_type() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module =
        Module::new(&engine, r#"(module (func (export "f") (param i32) (result i64) i64.const 0) (memory (export "m") 0))"#).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    instance.get_typed_func::<i32, i64>(&store, "f").unwrap();
    instance.get_typed_func::<u32, u64>(&store, "f").unwrap();
    let error = instance.get_typed_func::<i32, i32>(&store, "f").unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Api, "type mismatch: the function is [i32] -> [i64], not [i32] -> [i32]"));
    for name in ["g", "m"] {
        assert_eq!(instance.get_typed_func::<i32, i64>(&store, name).unwrap_err().kind(), ErrorKind::Api);
    }
}

#[test]
fn references_pass_through_host_and_guest() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Module::new(
        &engine,
        r#"(module
            (import "h" "same" (func $same (param externref) (result externref)))
            (table $t 1 funcref)
            (func $answer (export "answer") (result i32) i32.const 42)
            (func (export "get") (result funcref) (ref.func $answer))
            (func (export "call") (param funcref) (result i32)
                (table.set $t (i32.const 0) (local.get 0)) (call_indirect $t (result i32) (i32.const 0)))
            (func (export "same") (param externref) (result externref) (call $same (local.get 0)))
            (elem declare func $answer))"#,
    )
    .unwrap();
    let same = Func::wrap(&mut store, |value: Option<ExternRef>| value);
    let instance = Instance::new(&mut store, &module, &[same.into()]).unwrap();
    let answer = instance.get_typed_func::<(), Option<Func>>(&store, "get").unwrap().call(&mut store, ()).unwrap().unwrap();
    assert_eq!(Some(answer), instance.get_func(&store, "answer"));
    let call = instance.get_typed_func::<Option<Func>, i32>(&store, "call").unwrap();
    assert_eq!(call.call(&mut store, Some(answer)).unwrap(), 42);
    let host = Func::wrap(&mut store, || 43);
    assert_eq!(call.call(&mut store, Some(host)).unwrap(), 43);
    assert_eq!(call.call(&mut store, None).unwrap_err().trap_code(), Some(TrapCode::UninitializedElement));
    let other = Func::wrap(&mut store, || 43i64);
    assert_eq!(call.call(&mut store, Some(other)).unwrap_err().trap_code(), Some(TrapCode::IndirectCallTypeMismatch));

    let value = ExternRef::new(&mut store, String::from("inside"));
    let same = instance.get_typed_func::<Option<ExternRef>, Option<ExternRef>>(&store, "same").unwrap();
    let back = same.call(&mut store, Some(value)).unwrap().unwrap();
    assert_eq!(back, value);
    assert_eq!(back.data(&store).downcast_ref::<String>().unwrap(), "inside");
    assert_eq!(same.call(&mut store, None).unwrap(), None);
}

#[derive(Debug, PartialEq)]
struct Refused(u32);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused {}", self.0)
    }
}

impl std::error::Error for Refused {}

#[test]
fn failures_of_host_functions_reach_the_outermost_caller() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("h", "fail", |code: u32| -> Result<i32, Error> { Err(Error::host(Refused(code))) }).unwrap();
    linker.func_wrap("h", "exit", |code: i32| -> Result<(), Error> { Err(Error::exit(code)) }).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = instantiate(
        &linker,
        &mut store,
        r#"(module $m
            (import "h" "fail" (func $fail (param i32) (result i32)))
            (import "h" "exit" (func $exit (param i32)))
            (func $inner (param i32) (result i32) (call $fail (local.get 0)))
            (func (export "fail") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))
            (func (export "exit") (param i32) (call $exit (local.get 0)))
            (func (export "fine") (result i32) i32.const 1))"#,
    );
    let fail = instance.get_typed_func::<u32, i32>(&store, "fail").unwrap();
    let error = fail.call(&mut store, 9).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host);
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused(9)));
    assert_eq!(error.to_string(), "refused 9");
    let names: Vec<_> = error.backtrace().iter().map(|frame| (frame.func_index, frame.func_name.as_deref())).collect();
    assert_eq!(names, [(2, Some("inner")), (3, None)]);
    let exit = instance.get_typed_func::<i32, ()>(&store, "exit").unwrap();
    let error = exit.call(&mut store, 3).unwrap_err();
    assert_eq!((error.kind(), error.exit_status()), (ErrorKind::Exit, Some(3)));
    assert_eq!(instance.get_typed_func::<(), i32>(&store, "fine").unwrap().call(&mut store, ()).unwrap(), 1);
}

/// Counts down by calling itself through the host.
const PING_PONG: &str = r#"(module
    (import "h" "call" (func $call (param i32) (result i32)))
    (func (export "down") (param $n i32) (result i32) (local $keep i32)
        (local.set $keep (i32.mul (local.get $n) (i32.const 3)))
        (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
        (i32.add (local.get $keep) (call $call (i32.sub (local.get $n) (i32.const 1))))))"#;

#[test]
fn host_functions_call_back() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("h", "call", |mut caller: Caller<'_, u32>, n: i32| -> Result<i32, Error> {
            *caller.data_mut() += 1;
            let down = caller.get_export("down").and_then(Extern::into_func).ok_or_else(|| Error::new("no export"))?;
            let result = down.typed::<i32, i32>(&caller)?.call(&mut caller, n)?;
            // A second call, so that stale frames would show.
            if n == 1 {
                assert_eq!(down.typed::<i32, i32>(&caller)?.call(&mut caller, 0)?, 0);
            }
            Ok(result)
        })
        .unwrap();
    let mut store = Store::new(&engine, 0);
    let instance = instantiate(&linker, &mut store, PING_PONG);
    let down = instance.get_typed_func::<i32, i32>(&store, "down").unwrap();
    assert_eq!(down.call(&mut store, 10).unwrap(), 3 * 55);
    assert_eq!(*store.data(), 10);
}

#[test]
fn recursion_through_the_host_is_bounded() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("h", "call", |mut caller: Caller<'_, ()>, n: i32| -> Result<i32, Error> {
            let down = caller.get_export("down").and_then(Extern::into_func).unwrap();
            down.typed::<i32, i32>(&caller)?.call(&mut caller, n)
        })
        .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = instantiate(&linker, &mut store, PING_PONG);
    let down = instance.get_typed_func::<i32, i32>(&store, "down").unwrap();
    for _ in 0..3 {
        let error = down.call(&mut store, -1).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::StackOverflow));
        assert!(!error.backtrace().is_empty() && error.backtrace().len() <= 64);
        assert_eq!(down.call(&mut store, 20).unwrap(), 3 * 210);
    }
    // A host function that only calls itself.
    let module = Module::new(&engine, r#"(module (import "h" "loop" (func $f)) (export "f" (func $f)))"#).unwrap();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("h", "loop", |mut caller: Caller<'_, Option<Func>>| -> Result<(), Error> {
            let this = caller.data().unwrap();
            this.call(&mut caller, &[], &mut [])
        })
        .unwrap();
    let mut store = Store::new(&engine, None);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let this = instance.get_func(&store, "f").unwrap();
    *store.data_mut() = Some(this);
    assert_eq!(this.call(&mut store, &[], &mut []).unwrap_err().trap_code(), Some(TrapCode::StackOverflow));
}

#[test]
fn recursion_fits_small_native_stacks() {
    for (depth, kib) in [(8, 64), (100, 512)] {
        let run = move || {
            let mut config = Config::new();
            config.max_host_depth(depth);
            let engine = Engine::new(&config);
            let mut linker = Linker::new(&engine);
            linker
                .func_wrap("h", "call", |mut caller: Caller<'_, ()>, n: i32| -> Result<i32, Error> {
                    let down = caller.get_export("down").and_then(Extern::into_func).unwrap();
                    down.typed::<i32, i32>(&caller)?.call(&mut caller, n)
                })
                .unwrap();
            let mut store = Store::new(&engine, ());
            let instance = instantiate(&linker, &mut store, PING_PONG);
            let down = instance.get_typed_func::<i32, i32>(&store, "down").unwrap();
            assert_eq!(down.call(&mut store, -1).unwrap_err().trap_code(), Some(TrapCode::StackOverflow));
            assert_eq!(down.call(&mut store, depth as i32 - 1).unwrap(), 3 * (depth * (depth - 1) / 2) as i32);
        };
        std::thread::Builder::new().stack_size(kib << 10).spawn(run).unwrap().join().unwrap();
    }
}

#[test]
fn host_functions_grow_memory_under_the_guest() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("h", "grow", |mut caller: Caller<'_, Vec<u8>>| -> Result<(), Error> {
            let memory = caller.get_export("memory").and_then(Extern::into_memory).unwrap();
            memory.grow(&mut caller, 1)?;
            let (bytes, log) = memory.data_and_store_mut(&mut caller);
            log.push(bytes[0]);
            let last = bytes.len() - 4;
            bytes[last..].copy_from_slice(&77u32.to_le_bytes());
            Ok(())
        })
        .unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let instance = instantiate(
        &linker,
        &mut store,
        r#"(module
            (import "h" "grow" (func $grow))
            (memory (export "memory") 1)
            (func (export "run") (result i32)
                (i32.store8 (i32.const 0) (i32.const 9))
                (call $grow)
                (i32.add (i32.load (i32.const 131068)) (memory.size))))"#,
    );
    let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 77 + 2);
    assert_eq!(store.data(), &[9]);
    // Handles of memories that no instance has.
    let memory = Memory::new(&mut store, MemoryType::new(0, None)).unwrap();
    assert_eq!(memory.data(&store).len(), 0);
}

#[test]
fn a_panic_of_a_host_function_leaves_the_store_usable() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("h", "panic", |mut caller: Caller<'_, ()>, deep: i32| -> Result<(), Error> {
            if deep > 0 {
                let run = caller.get_export("run").and_then(Extern::into_func).unwrap();
                run.typed::<i32, i32>(&caller).unwrap().call(&mut caller, deep - 1).unwrap();
            }
            panic!("the host gives up");
        })
        .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = instantiate(
        &linker,
        &mut store,
        r#"(module
            (import "h" "panic" (func $panic (param i32)))
            (func (export "run") (param i32) (result i32) (call $panic (local.get 0)) i32.const 1)
            (func $sum (export "sum") (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (i32.add (local.get 0) (call $sum (i32.sub (local.get 0) (i32.const 1)))))
                    (else (i32.const 0)))))"#,
    );
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    let sum = instance.get_typed_func::<i32, i32>(&store, "sum").unwrap();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    for deep in [0, 5] {
        for _ in 0..300 {
            assert!(catch_unwind(AssertUnwindSafe(|| run.call(&mut store, deep))).is_err());
        }
    }
    std::panic::set_hook(hook);
    assert_eq!(sum.call(&mut store, 1000).unwrap(), 500_500);
}

#[test]
fn a_caller_is_the_instance_that_calls() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("h", "id", |caller: Caller<'_, ()>| -> i32 {
            let Some(id) = caller.get_export("id").and_then(Extern::into_global) else { return -1 };
            id.get(&caller).i32().unwrap()
        })
        .unwrap();
    let mut store = Store::new(&engine, ());
    let first = instantiate(
        &linker,
        &mut store,
        r#"(module (import "h" "id" (func $id (result i32))) (global (export "id") i32 (i32.const 1))
            (func (export "run") (result i32) (call $id)))"#,
    );
    linker.instance(&mut store, "first", first).unwrap();
    let second = instantiate(
        &linker,
        &mut store,
        r#"(module (import "h" "id" (func $id (result i32))) (import "first" "run" (func $run (result i32)))
            (global (export "id") i32 (i32.const 2))
            (func (export "run") (result i32)
                (i32.add (i32.mul (call $id) (i32.const 100)) (i32.add (i32.mul (call $run) (i32.const 10)) (call $id)))))"#,
    );
    assert_eq!(second.get_typed_func::<(), i32>(&store, "run").unwrap().call(&mut store, ()).unwrap(), 212);
    let id = linker.get(&mut store, "h", "id").and_then(Extern::into_func).unwrap();
    assert_eq!(id.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap(), -1);
}
