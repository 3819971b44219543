//! The embedding example of README.md: a module that calls the host, and is called by it.

use fulgurite::{Caller, Engine, Linker, Module, Store};

fn main() -> Result<(), fulgurite::Error> {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (import "host" "add" (func $add (param i64)))
            (func (export "sum") (param $n i64)
                (loop (call $add (local.get $n))
                    (br_if 0 (i64.gt_s (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))))"#,
    )?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "add", |mut caller: Caller<'_, i64>, n: i64| *caller.data_mut() += n)?;
    let mut store = Store::new(&engine, 0);
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<i64, ()>(&store, "sum")?.call(&mut store, 10)?;
    assert_eq!(*store.data(), 55);
    Ok(())
}
