//! Structures and arrays while garbage is collected: each program must give the same on every configuration, with a collection before each
//! allocation too.

#[path = "../fuzz/src/hints.rs"]
mod hints;
#[allow(dead_code, reason = "others use all of it")]
#[path = "../fuzz/src/random.rs"]
mod random;

use fulgurite::{
    AnyRef, ArrayRef, ArrayType, Caller, Config, Engine, ErrorKind, FieldType, I31, Instance, Linker, Module, RootScope, StorageType,
    Store, StoreLimits, StoreLimitsBuilder, StructRef, StructType, TrapCode, Val, ValType,
};

/// Programs whose exports take an i32 and give an i32.
const PROGRAMS: &str = include_str!("gc/programs.wat");

fn configurations() -> impl Iterator<Item = (String, Config)> {
    [(true, false), (false, false), (true, true), (false, true)].into_iter().map(|(fuse, stress)| {
        let mut config = Config::new();
        config.superinstructions(fuse).gc_stress(stress);
        (format!("fused {fuse}, stress {stress}"), config)
    })
}

fn linker(engine: &Engine) -> Linker<u32> {
    let mut linker = Linker::new(engine);
    // Allocates, so that a collection happens while its callers wait.
    let allocate = |mut caller: Caller<'_, u32>, x: i32| {
        *caller.data_mut() += 1;
        let field = FieldType { storage: StorageType::Val(ValType::I32), mutable: true };
        let ty = StructType::new(&caller.engine().clone(), [field, field, field]).unwrap();
        let made = StructRef::new(&mut caller, &ty, &[Val::I32(x), Val::I32(1), Val::I32(2)]).unwrap();
        made.field(&caller, 0).unwrap().i32().unwrap()
    };
    linker.func_wrap("host", "allocate", allocate).unwrap();
    // Calls back into the instance that called.
    let again = |mut caller: Caller<'_, u32>, x: i32| -> Result<i32, fulgurite::Error> {
        let f = caller.instance().unwrap().get_typed_func::<i32, i32>(&caller, "list")?;
        f.call(&mut caller, x)
    };
    linker.func_wrap("host", "again", again).unwrap();
    linker
}

fn instance(config: &Config) -> (Store<u32>, Instance) {
    instance_of(config, PROGRAMS.as_bytes())
}

fn instance_of(config: &Config, programs: &[u8]) -> (Store<u32>, Instance) {
    let engine = Engine::new(config);
    let module = Module::new(&engine, programs).unwrap();
    let mut store = Store::new(&engine, 0);
    let instance = linker(&engine).instantiate(&mut store, &module).unwrap();
    (store, instance)
}

#[test]
fn programs_give_the_same_whenever_garbage_is_collected() {
    // Sum of 1..=n; nodes of a tree of depth n; and so on: what the programs say they compute.
    let expected = [
        ("list", 20, 210),
        ("list_by_loop_parameter", 20, 210),
        ("reversed", 20, 210),
        ("tree", 5, 63),
        ("array_of_lists", 6, 21),
        ("through_host", 9, 45),
        ("reentrant", 7, 28 + 28),
        ("across_calls", 10, 55),
        ("casts", 12, 6 + 100 * 6),
        ("globals_and_tables", 8, 36 + 36),
        ("packed", 300, 44 + 44),
        ("segments", 3, 6 + 15),
        ("floats", 4, 10),
        ("functions", 5, 25),
        ("external", 11, 11),
        ("exceptions", 6, 21),
        ("vectors", 10, (10 + 10 + 8) + 3 + 6),
    ];
    // Roots are found in arms that branch hints have moved, too.
    let plain = wat::parse_str(PROGRAMS).unwrap();
    let hinted = |seed| hints::add(&plain, &mut random::Random::new(seed)).unwrap();
    let binaries: Vec<_> = (0..6).map(|seed| if seed == 0 { plain.clone() } else { hinted(seed) }).collect();
    for ((name, config), (seed, binary)) in
        configurations().flat_map(|config| binaries.iter().enumerate().map(move |item| (config.clone(), item)))
    {
        let (mut store, instance) = instance_of(&config, binary);
        for (function, argument, result) in expected {
            let found = instance.get_typed_func::<i32, i32>(&store, function).unwrap().call(&mut store, argument);
            assert_eq!(found.as_ref().ok(), Some(&result), "{function}({argument}), {name}, hints {seed}: {found:?}");
        }
    }
}

#[test]
fn garbage_goes() {
    let (mut store, instance) = instance(&Config::new());
    let list = instance.get_typed_func::<i32, i32>(&store, "list").unwrap();
    for _ in 0..200 {
        assert_eq!(list.call(&mut store, 10_000).unwrap(), 50_005_000);
    }
    // Lists of 160 KB each, one alive at a time.
    assert!(store.gc_heap_used() < 8 << 20, "{}", store.gc_heap_used());
    store.gc().unwrap();
    assert!(store.gc_heap_used() < 64 << 10, "{}", store.gc_heap_used());
}

#[test]
fn the_heap_keeps_to_its_limit() {
    let engine = Engine::default();
    let module = Module::new(&engine, PROGRAMS).unwrap();
    let limits = StoreLimitsBuilder::new().gc_heap_size(1 << 20).build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits: &mut StoreLimits| limits);
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "allocate", |x: i32| x).unwrap();
    linker.func_wrap("host", "again", |x: i32| x).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let list = instance.get_typed_func::<i32, i32>(&store, "list").unwrap();
    assert_eq!(list.call(&mut store, 20_000).unwrap(), 200_010_000);
    let error = list.call(&mut store, 1_000_000).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::HeapExhausted));
    // What was too much is garbage now.
    assert_eq!(list.call(&mut store, 20_000).unwrap(), 200_010_000);
    let huge = instance.get_typed_func::<i32, i32>(&store, "huge").unwrap();
    assert_eq!(huge.call(&mut store, -1).unwrap_err().trap_code(), Some(TrapCode::HeapExhausted));
    assert_eq!(huge.call(&mut store, 1000).unwrap(), 1000);
}

#[test]
fn references_of_the_host_survive_collections_and_end_with_their_scope() {
    for (name, config) in configurations() {
        let (mut store, instance) = instance(&config);
        let cons = instance.get_func(&store, "cons").unwrap();
        let head = instance.get_func(&store, "head").unwrap();
        let mut result = [Val::AnyRef(None)];
        let mut list = Val::AnyRef(None);
        for x in 1..=5 {
            cons.call(&mut store, &[Val::I32(x), list], &mut result).unwrap();
            [list] = result;
        }
        store.gc().unwrap();
        let cell = list.any_ref().unwrap().unwrap().as_struct(&store).unwrap().unwrap();
        assert_eq!(cell.field(&store, 0).unwrap(), Val::I32(5), "{name}");
        let next = cell.field(&store, 1).unwrap().any_ref().unwrap().unwrap();
        assert_eq!(next.as_struct(&store).unwrap().unwrap().field(&store, 0).unwrap(), Val::I32(4), "{name}");
        head.call(&mut store, &[list], &mut result).unwrap();
        assert_eq!(result, [Val::I32(5)], "{name}");
        let ended = {
            let mut scope = RootScope::new(&mut store);
            let mut inner = [Val::AnyRef(None)];
            cons.call(&mut scope, &[Val::I32(9), list], &mut inner).unwrap();
            inner[0]
        };
        assert_eq!(head.call(&mut store, &[ended], &mut result).unwrap_err().kind(), ErrorKind::Api, "{name}");
        head.call(&mut store, &[list], &mut result).unwrap();
    }
}

#[test]
fn handles_of_other_stores_and_wrong_types_are_refused() {
    let (mut store, instance) = instance(&Config::new());
    let (mut other, _) = self::instance(&Config::new());
    let cons = instance.get_func(&store, "cons").unwrap();
    let foreign = AnyRef::from_i31(&mut other, I31::wrapping(1));
    let mut result = [Val::AnyRef(None)];
    assert_eq!(cons.call(&mut store, &[Val::I32(1), Val::AnyRef(Some(foreign))], &mut result).unwrap_err().kind(), ErrorKind::Api);
    let integer = AnyRef::from_i31(&mut store, I31::wrapping(1));
    assert_eq!(cons.call(&mut store, &[Val::I32(1), Val::AnyRef(Some(integer))], &mut result).unwrap_err().kind(), ErrorKind::Api);
    let ty = StructType::new(&Engine::default(), []).unwrap();
    assert_eq!(StructRef::new(&mut store, &ty, &[]).unwrap_err().kind(), ErrorKind::Api);
}

#[test]
fn arrays_of_the_host() {
    let mut store = Store::new(&Engine::default(), ());
    let engine = store.engine().clone();
    let any = ValType::reference(fulgurite::HeapType::ANY, true);
    let ty = ArrayType::new(&engine, FieldType { storage: StorageType::Val(any), mutable: true }).unwrap();
    let one = AnyRef::from_i31(&mut store, I31::new(-1).unwrap());
    let array = ArrayRef::filled(&mut store, &ty, Val::AnyRef(Some(one)), 3).unwrap();
    array.set(&mut store, 1, Val::AnyRef(Some(array.to_any()))).unwrap();
    store.gc().unwrap();
    assert_eq!(array.len(&store).unwrap(), 3);
    let inner = array.get(&store, 1).unwrap().any_ref().unwrap().unwrap();
    assert!(inner.same(&array.to_any(), &store).unwrap());
    let last = array.get(&store, 2).unwrap().any_ref().unwrap().unwrap();
    assert_eq!(last.as_i31(&store).unwrap().unwrap().get(), -1);
    assert!(array.get(&store, 3).is_err() && array.set(&mut store, 0, Val::I32(1)).is_err());
    assert!(I31::new(1 << 30).is_none() && I31::wrapping(-1).get_u32() == 0x7fff_ffff);
    let bytes = ArrayType::new(&engine, FieldType { storage: StorageType::I8, mutable: false }).unwrap();
    let bytes = ArrayRef::new(&mut store, &bytes, &[Val::I32(0x1ff), Val::I32(2)]).unwrap();
    assert_eq!(bytes.get(&store, 0).unwrap(), Val::I32(255));
    assert!(bytes.set(&mut store, 0, Val::I32(1)).is_err());
}

#[test]
fn types_of_the_host_have_supertypes() {
    let engine = Engine::default();
    let int = FieldType { storage: StorageType::Val(ValType::I32), mutable: true };
    let base = StructType::open(&engine, None, [int]).unwrap();
    let derived = StructType::open(&engine, Some(&base), [int, int]).unwrap();
    let last = StructType::new(&engine, [int]).unwrap();
    assert!(StructType::open(&engine, Some(&last), [int]).is_err() && StructType::open(&engine, Some(&derived), [int]).is_err());
    assert!(StructType::open(&Engine::default(), Some(&base), [int]).is_err());
    let mut deep = base.clone();
    let error = loop {
        match StructType::open(&engine, Some(&deep), [int]) {
            Ok(ty) => deep = ty,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Limit);
    // A module that declares the same types means these.
    let text = r#"(module
        (type $base (sub (struct (field (mut i32)))))
        (type $derived (sub $base (struct (field (mut i32)) (field (mut i32)))))
        (func (export "identity") (param anyref) (result anyref) (local.get 0))
        (func (export "test") (param anyref) (result i32)
            (i32.add (ref.test (ref $base) (local.get 0)) (i32.shl (ref.test (ref null $derived) (local.get 0)) (i32.const 1)))))"#;
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let identity = instance.get_typed_func::<Option<AnyRef>, Option<AnyRef>>(&store, "identity").unwrap();
    let test = instance.get_typed_func::<Option<AnyRef>, i32>(&store, "test").unwrap();
    assert_eq!(identity.call(&mut store, None).unwrap(), None);
    for (ty, expected) in [(&base, 1), (&derived, 3), (&last, 0), (&deep, 1)] {
        let fields = vec![Val::I32(1); ty.fields().len()];
        let object = StructRef::new(&mut store, ty, &fields).unwrap().to_any();
        let same = identity.call(&mut store, Some(object)).unwrap().unwrap();
        assert!(same.same(&object, &store).unwrap());
        assert_eq!(test.call(&mut store, Some(same)).unwrap(), expected);
    }
    let integer = AnyRef::from_i31(&mut store, I31::wrapping(8));
    assert_eq!((test.call(&mut store, Some(integer)).unwrap(), test.call(&mut store, None).unwrap()), (0, 2));
}
