//! What the adapters of fulgurite, wasmi and Wasmtime share: the three have `Store`, `Linker`, `Instance`, `Memory` and `Val` with the same methods.
//!
//! Macros, since no trait ties them: one over their types would repeat each method once more for each engine.

/// Defines `Loaded`, a module with its engine, and `Running`, an instance with its store and its exported memory, which is an
/// [`Instance`](super::Instance). `$engine` is the crate, and `$collect` what collects the garbage of a store, if something does.
macro_rules! loaded_and_running {
    ($engine:ident $(, |$store:ident| $collect:expr)?) => {
        struct Loaded {
            engine: $engine::Engine,
            module: $engine::Module,
        }

        struct Running {
            store: $engine::Store<()>,
            instance: $engine::Instance,
            memory: Option<$engine::Memory>,
        }

        impl Running {
            fn boxed(mut store: $engine::Store<()>, instance: $engine::Instance) -> Box<dyn super::Instance> {
                let memory = instance.get_memory(&mut store, "memory");
                Box::new(Self { store, instance, memory })
            }
        }

        impl super::Instance for Running {
            fn call(&mut self, name: &str, args: &[super::Value], result: Option<super::ValueType>) -> crate::Result<Option<super::Value>> {
                let function = self.instance.get_func(&mut self.store, name).ok_or_else(|| format!("no function `{name}`"))?;
                let args: Vec<$engine::Val> = args.iter().map(|arg| lower(*arg)).collect();
                let mut results = vec![$engine::Val::I32(0); usize::from(result.is_some())];
                function.call(&mut self.store, &args, &mut results).map_err(|error| format!("{error:#}"))?;
                super::single(results.first().map(lift).transpose()?, result)
            }

            fn read(&mut self, offset: usize, len: usize) -> crate::Result<Vec<u8>> {
                Ok(self.memory.map(|memory| super::clamp(memory.data(&self.store), offset, len)).unwrap_or_default())
            }

            fn write(&mut self, offset: usize, bytes: &[u8]) -> crate::Result<()> {
                super::copy_into(self.memory.ok_or("no memory")?.data_mut(&mut self.store), offset, bytes)
            }

            $(
                fn collect(&mut self) -> crate::Result<bool> {
                    let $store = &mut self.store;
                    $collect.map_err(|error| error.to_string())?;
                    Ok(true)
                }
            )?
        }

        fn lower(value: super::Value) -> $engine::Val {
            match value {
                super::Value::I32(value) => value.into(),
                super::Value::I64(value) => value.into(),
                super::Value::F32(value) => value.into(),
                super::Value::F64(value) => value.into(),
            }
        }

        fn lift(value: &$engine::Val) -> crate::Result<super::Value> {
            let integer = value.i32().map(super::Value::I32).or(value.i64().map(super::Value::I64));
            let single = value.f32().map(|value| super::Value::F32(value.into()));
            let double = value.f64().map(|value| super::Value::F64(value.into()));
            integer.or(single).or(double).ok_or_else(|| "neither integer nor float came back".into())
        }
    };
}

/// Makes `Loaded` a [`Module`](super::Module), for engines that hand zeros to host functions as results. `$instantiate` is the linker's method.
macro_rules! instantiation {
    ($engine:ident, $instantiate:ident) => {
        impl super::Module for Loaded {
            fn instantiate(&self) -> crate::Result<Box<dyn super::Instance>> {
                let mut store = $engine::Store::new(&self.engine, ());
                let mut linker = $engine::Linker::new(&self.engine);
                for import in self.module.imports() {
                    if (import.module(), import.name()) == ("env", "clock_ms") {
                        linker.func_wrap("env", "clock_ms", super::clock_ms)?;
                    } else if let $engine::ExternType::Func(ty) = import.ty() {
                        linker.func_new(import.module(), import.name(), ty.clone(), |_, _, _| Ok(()))?;
                    }
                }
                let instance = linker.$instantiate(&mut store, &self.module)?;
                Ok(Running::boxed(store, instance))
            }
        }
    };
}

pub(super) use {instantiation, loaded_and_running};
