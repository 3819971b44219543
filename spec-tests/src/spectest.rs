//! The module `spectest`, which scripts of the testsuite import from.
//!
//! Spec: the reference interpreter's host module of that name. Imported by `script`.

use fulgurite::{AsContextMut, Error, Global, GlobalType, Linker, Memory, MemoryType, SharedMemory, Store, Table, TableType, Val, ValType};

/// Defines all of `spectest` in `linker`. The print functions take their arguments and print nothing.
pub(crate) fn define(linker: &mut Linker<()>, store: &mut Store<()>) -> Result<(), Error> {
    linker.func_wrap("spectest", "print", || {})?;
    linker.func_wrap("spectest", "print_i32", |_: i32| {})?;
    linker.func_wrap("spectest", "print_i64", |_: i64| {})?;
    linker.func_wrap("spectest", "print_f32", |_: f32| {})?;
    linker.func_wrap("spectest", "print_f64", |_: f64| {})?;
    linker.func_wrap("spectest", "print_i32_f32", |_: i32, _: f32| {})?;
    linker.func_wrap("spectest", "print_f64_f64", |_: f64, _: f64| {})?;

    for (name, value) in [
        ("global_i32", Val::I32(666)),
        ("global_i64", Val::I64(666)),
        ("global_f32", Val::F32(666.6_f32.to_bits())),
        ("global_f64", Val::F64(666.6_f64.to_bits())),
    ] {
        let ty = GlobalType::new(value.ty(), false);
        let global = Global::new(store.as_context_mut(), ty, value)?;
        linker.define("spectest", name, global)?;
    }
    let table = Table::new(store.as_context_mut(), TableType::new(ValType::FUNCREF, 10, Some(20)), Val::FuncRef(None))?;
    linker.define("spectest", "table", table)?;
    let table = Table::new(store.as_context_mut(), TableType::new64(ValType::FUNCREF, 10, Some(20)), Val::FuncRef(None))?;
    linker.define("spectest", "table64", table)?;
    let memory = SharedMemory::new(linker.engine(), MemoryType::new(1, Some(2)).shared())?;
    linker.define("spectest", "shared_memory", memory)?;
    let memory = Memory::new(store.as_context_mut(), MemoryType::new(1, Some(2)))?;
    linker.define("spectest", "memory", memory)?;
    Ok(())
}
