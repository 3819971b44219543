//! Limits: growth through a limiter, counts, the stack, and what the system refuses.

use fulgurite::{
    Config, Engine, Error, ErrorKind, Instance, Memory, MemoryType, Module, ResourceLimiter, Store, StoreLimits, StoreLimitsBuilder, Table,
    TableType, TrapCode, Val, ValType,
};

/// Grows its memory and its table.
const GROWER: &str = r#"(module
    (memory (export "m") 1) (table $t (export "t") 1 externref)
    (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table") (param i32) (result i32) (table.grow $t (ref.null extern) (local.get 0)))
    (func (export "size") (result i32) (i32.add (i32.mul (memory.size) (i32.const 1000)) (table.size $t))))"#;

fn limited(limits: StoreLimits) -> (Store<StoreLimits>, Module) {
    let engine = Engine::default();
    let module = Module::new(&engine, GROWER).unwrap();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    (store, module)
}

#[test]
fn refused_growth_gives_minus_one() {
    let (mut store, module) = limited(StoreLimitsBuilder::new().memory_size(3 << 16).table_elements(5).build());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let memory = instance.get_typed_func::<i32, i32>(&store, "memory").unwrap();
    let table = instance.get_typed_func::<i32, i32>(&store, "table").unwrap();
    let size = instance.get_typed_func::<(), i32>(&store, "size").unwrap();
    assert_eq!([3, 2, 1, 0, -1].map(|n| memory.call(&mut store, n).unwrap()), [-1, 1, -1, 3, -1]);
    assert_eq!([5, 4, 1, 0, -1].map(|n| table.call(&mut store, n).unwrap()), [-1, 1, -1, 5, -1]);
    assert_eq!(size.call(&mut store, ()).unwrap(), 3005);
    let handle = instance.get_memory(&store, "m").unwrap();
    let error = handle.grow(&mut store, 1).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Limit, "the limiter refused to grow a memory"));
    let error = handle.grow(&mut store, u64::MAX).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Limit, "a memory can't grow beyond its maximum or what the system has"));
    let handle = instance.get_table(&store, "t").unwrap();
    assert_eq!(handle.grow(&mut store, 1, Val::ExternRef(None)).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn refused_growth_can_end_the_program() {
    let (mut store, module) = limited(StoreLimitsBuilder::new().memory_size(1 << 16).trap_on_grow_failure(true).build());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let memory = instance.get_typed_func::<i32, i32>(&store, "memory").unwrap();
    let error = memory.call(&mut store, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert_eq!(error.backtrace().len(), 1);
    assert_eq!(memory.call(&mut store, 0).unwrap(), 1);
}

#[test]
fn instances_and_their_parts_are_counted() {
    let (mut store, module) = limited(StoreLimitsBuilder::new().instances(2).memories(3).build());
    Instance::new(&mut store, &module, &[]).unwrap();
    Instance::new(&mut store, &module, &[]).unwrap();
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Limit, "the store is limited to 2 instances"));
    Memory::new(&mut store, MemoryType::new(0, None)).unwrap();
    assert_eq!(Memory::new(&mut store, MemoryType::new(0, None)).unwrap_err().kind(), ErrorKind::Limit);
    let (mut store, module) = limited(StoreLimitsBuilder::new().tables(0).build());
    assert_eq!(Instance::new(&mut store, &module, &[]).unwrap_err().message(), "the store is limited to 0 tables");
    let (mut store, module) = limited(StoreLimitsBuilder::new().memory_size(65535).build());
    assert_eq!(Instance::new(&mut store, &module, &[]).unwrap_err().message(), "a memory of 1 pages was refused by the limiter");
}

/// Says what it was asked, and fails on request.
#[derive(Default)]
struct Recorder {
    asked: Vec<(usize, usize, Option<usize>)>,
    fail: bool,
}

impl ResourceLimiter for Recorder {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        self.asked.push((current, desired, maximum));
        if self.fail { Err(Error::new("the budget is spent")) } else { Ok(true) }
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        self.asked.push((current, desired, maximum));
        Ok(true)
    }
}

#[test]
fn limiters_see_sizes_and_may_fail() {
    let engine = Engine::default();
    let module = Module::new(&engine, GROWER).unwrap();
    let mut store = Store::new(&engine, Recorder::default());
    store.limiter(|recorder| recorder);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let memory = instance.get_typed_func::<i32, i32>(&store, "memory").unwrap();
    let table = instance.get_typed_func::<i32, i32>(&store, "table").unwrap();
    assert_eq!(memory.call(&mut store, 2).unwrap(), 1);
    assert_eq!(table.call(&mut store, 7).unwrap(), 1);
    // What the type forbids is not asked for.
    assert_eq!(memory.call(&mut store, 65536).unwrap(), -1);
    let page = 1 << 16;
    assert_eq!(store.data().asked, [(0, page, None), (0, 1, None), (page, 3 * page, None), (1, 8, None)]);
    store.data_mut().fail = true;
    assert_eq!(memory.call(&mut store, 1).unwrap_err().message(), "the budget is spent");
    let handle = instance.get_memory(&store, "m").unwrap();
    assert_eq!(handle.grow(&mut store, 1).unwrap_err().message(), "the budget is spent");
    assert_eq!(handle.size(&store), 3);
}

#[test]
fn deep_recursion_traps() {
    let text = r#"(module (func $f (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))"#;
    for bytes in [0, 64 << 10, 1 << 20] {
        let mut config = Config::new();
        config.max_stack_bytes(bytes);
        let engine = Engine::new(&config);
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &Module::new(&engine, text).unwrap(), &[]).unwrap();
        let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
        for _ in 0..2 {
            let error = f.call(&mut store, -1).unwrap_err();
            assert_eq!(error.trap_code(), Some(TrapCode::StackOverflow));
            assert_eq!(error.backtrace().len(), 64);
            assert_eq!(f.call(&mut store, 50).unwrap(), 50);
        }
    }
}

#[test]
fn impossible_types_are_refused() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    for ty in [MemoryType::new(65537, None), MemoryType::new(2, Some(1)), MemoryType::new(0, Some(65537))] {
        assert_eq!(Memory::new(&mut store, ty).unwrap_err().kind(), ErrorKind::Api);
    }
    let huge = TableType::new(ValType::FUNCREF, u64::from(u32::MAX), None);
    assert_eq!(Table::new(&mut store, huge, Val::FuncRef(None)).unwrap_err().kind(), ErrorKind::Limit);
    for ty in [TableType::new(ValType::FUNCREF, 2, Some(1)), TableType::new(ValType::FUNCREF, 1 << 32, None)] {
        assert_eq!(Table::new(&mut store, ty, Val::FuncRef(None)).unwrap_err().kind(), ErrorKind::Api);
    }
    let module = Module::new(&engine, "(module (table 0xffffffff funcref))").unwrap();
    assert_eq!(Instance::new(&mut store, &module, &[]).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn untouched_pages_of_large_memories_cost_nothing() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memories: Vec<_> = (0..20).filter_map(|_| Memory::new(&mut store, MemoryType::new(65536, None)).ok()).collect();
    for memory in &memories {
        memory.write(&mut store, (1 << 32) - 4, b"end!").unwrap();
        assert_eq!(memory.data_size(&store), 1 << 32);
    }
}
