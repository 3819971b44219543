//! One face for Fulgurite, wasmi and sf-nano: instantiate a module, call its exports, look at its state.

use std::fmt;

/// A value that crossed the border, reduced to what engines must agree on.
#[derive(Clone, Copy)]
pub enum Value {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// A 32-bit float, by its bits.
    F32(u32),
    /// A 64-bit float, by its bits.
    F64(u64),
    /// A vector, by its bits.
    V128(u128),
    /// A reference to a function; whether it is null.
    FuncRef(bool),
    /// A reference to a host value; whether it is null.
    ExternRef(bool),
}

impl PartialEq for Value {
    /// Bitwise, but any NaN equals any NaN: the standard leaves sign and payload open.
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::I32(a), Self::I32(b)) => a == b,
            (Self::I64(a), Self::I64(b)) => a == b,
            (Self::F32(a), Self::F32(b)) => a == b || (f32::from_bits(a).is_nan() && f32::from_bits(b).is_nan()),
            (Self::F64(a), Self::F64(b)) => a == b || (f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan()),
            (Self::V128(a), Self::V128(b)) => a == b,
            (Self::FuncRef(a), Self::FuncRef(b)) | (Self::ExternRef(a), Self::ExternRef(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::I32(value) => write!(f, "i32:{value:#x}"),
            Self::I64(value) => write!(f, "i64:{value:#x}"),
            Self::F32(bits) => write!(f, "f32:{} ({bits:#x})", f32::from_bits(bits)),
            Self::F64(bits) => write!(f, "f64:{} ({bits:#x})", f64::from_bits(bits)),
            Self::V128(bits) => write!(f, "v128:{bits:#x}"),
            Self::FuncRef(null) => f.write_str(if null { "func:null" } else { "func:some" }),
            Self::ExternRef(null) => f.write_str(if null { "extern:null" } else { "extern:some" }),
        }
    }
}

/// Why there is no result, as coarse as all engines tell it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The module was refused.
    Rejected(String),
    /// `unreachable`.
    Unreachable,
    /// A memory access out of bounds.
    Memory,
    /// A table access out of bounds, or a call through an index past the end.
    Table,
    /// A call through a null reference.
    NullCall,
    /// A call through a reference of another type.
    Signature,
    /// Division by zero.
    DivideByZero,
    /// A quotient or conversion out of range.
    Overflow,
    /// Conversion of NaN.
    Conversion,
    /// Out of stack: depends on an engine's limits, so nothing follows from it.
    Exhausted,
    /// Anything else; never equal to another.
    Other(String),
}

/// How Fulgurite is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// With superinstructions.
    pub fused: bool,
    /// When functions are validated and translated.
    pub mode: fulgurite::CompilationMode,
}

impl Setup {
    /// The configurations that every comparison runs.
    pub const ALL: [Setup; 4] = [
        Setup { fused: true, mode: fulgurite::CompilationMode::Eager },
        Setup { fused: false, mode: fulgurite::CompilationMode::Eager },
        Setup { fused: true, mode: fulgurite::CompilationMode::Lazy },
        Setup { fused: false, mode: fulgurite::CompilationMode::LazyValidation },
    ];
}

/// An instance in some engine.
pub trait Guest {
    /// Calls an exported function.
    ///
    /// # Errors
    /// When it traps.
    fn call(&mut self, name: &str, args: &[Value]) -> Result<Vec<Value>, Failure>;
    /// The bytes of an exported memory.
    fn memory(&self, name: &str) -> Option<Vec<u8>>;
    /// The values of all exported globals, by name.
    fn globals(&mut self) -> Vec<(String, Value)>;
    /// Sizes and null patterns of all exported tables, by name.
    fn tables(&mut self) -> Vec<(String, Vec<bool>)>;
}

/// Fulgurite's instance.
pub struct Fulgurite {
    store: fulgurite::Store<()>,
    instance: fulgurite::Instance,
}

impl Fulgurite {
    /// Loads and instantiates a binary module; imports are zeros, nulls and empty functions.
    ///
    /// # Errors
    /// When the module is refused or its start traps.
    pub fn new(wasm: &[u8], setup: Setup) -> Result<Self, Failure> {
        let mut config = fulgurite::Config::new();
        config.superinstructions(setup.fused);
        config.compilation_mode(setup.mode);
        let engine = fulgurite::Engine::new(&config);
        let module = fulgurite::Module::from_binary(&engine, wasm).map_err(|error| fulgurite_failure(&error))?;
        let mut store = fulgurite::Store::new(&engine, ());
        let mut imports = Vec::new();
        for import in module.imports() {
            imports.push(fulgurite_import(&mut store, import.ty()).map_err(|error| fulgurite_failure(&error))?);
        }
        let instance = fulgurite::Instance::new(&mut store, &module, &imports).map_err(|error| fulgurite_failure(&error))?;
        Ok(Self { store, instance })
    }

    /// All exports in the order of their names, since each engine has an order of its own.
    fn exports(&self) -> Vec<(String, fulgurite::Extern)> {
        let mut exports: Vec<_> = self.instance.exports(&self.store).map(|(name, item)| (name.to_string(), item)).collect();
        exports.sort_by(|(a, _), (b, _)| a.cmp(b));
        exports
    }
}

fn fulgurite_import(store: &mut fulgurite::Store<()>, ty: fulgurite::ExternType) -> Result<fulgurite::Extern, fulgurite::Error> {
    Ok(match ty {
        fulgurite::ExternType::Func(ty) => fulgurite::Extern::Func(fulgurite::Func::new(store, ty, |_, _, _| Ok(()))),
        fulgurite::ExternType::Table(ty) => {
            let null = fulgurite::Val::default_for(ty.element);
            fulgurite::Extern::Table(fulgurite::Table::new(store, ty, null)?)
        }
        fulgurite::ExternType::Memory(ty) => fulgurite::Extern::Memory(fulgurite::Memory::new(store, ty)?),
        fulgurite::ExternType::Global(ty) => {
            let zero = fulgurite::Val::default_for(ty.content);
            fulgurite::Extern::Global(fulgurite::Global::new(store, ty, zero)?)
        }
        other => return Err(fulgurite::Error::new(format!("an import of an unknown kind: {other:?}"))),
    })
}

impl Guest for Fulgurite {
    fn call(&mut self, name: &str, args: &[Value]) -> Result<Vec<Value>, Failure> {
        let func = self.instance.get_func(&self.store, name).ok_or_else(|| Failure::Other(format!("no function {name}")))?;
        let ty = func.ty(&self.store);
        let args: Vec<fulgurite::Val> = args.iter().zip(ty.params()).map(|(arg, ty)| fulgurite_value(*arg, *ty)).collect();
        let mut results: Vec<fulgurite::Val> = ty.results().iter().map(|ty| fulgurite::Val::default_for(*ty)).collect();
        func.call(&mut self.store, &args, &mut results).map_err(|error| fulgurite_failure(&error))?;
        Ok(results.iter().map(from_fulgurite).collect())
    }

    fn memory(&self, name: &str) -> Option<Vec<u8>> {
        Some(self.instance.get_memory(&self.store, name)?.data(&self.store).to_vec())
    }

    fn globals(&mut self) -> Vec<(String, Value)> {
        let globals = self.exports().into_iter().filter_map(|(name, item)| Some((name, item.into_global()?)));
        globals.map(|(name, global)| (name, from_fulgurite(&global.get(&self.store)))).collect()
    }

    fn tables(&mut self) -> Vec<(String, Vec<bool>)> {
        let tables: Vec<_> = self.exports().into_iter().filter_map(|(name, item)| Some((name, item.into_table()?))).collect();
        let null = |value| matches!(value, None | Some(fulgurite::Val::FuncRef(None) | fulgurite::Val::ExternRef(None)));
        tables
            .into_iter()
            .map(|(name, table)| (name, (0..table.size(&self.store)).map(|at| null(table.get(&self.store, at))).collect()))
            .collect()
    }
}

fn fulgurite_value(value: Value, ty: fulgurite::ValType) -> fulgurite::Val {
    match value {
        Value::I32(value) => fulgurite::Val::I32(value),
        Value::I64(value) => fulgurite::Val::I64(value),
        Value::F32(bits) => fulgurite::Val::F32(bits),
        Value::F64(bits) => fulgurite::Val::F64(bits),
        Value::V128(bits) => fulgurite::Val::V128(bits.into()),
        Value::FuncRef(_) | Value::ExternRef(_) => fulgurite::Val::default_for(ty),
    }
}

fn from_fulgurite(value: &fulgurite::Val) -> Value {
    match value {
        fulgurite::Val::I32(value) => Value::I32(*value),
        fulgurite::Val::I64(value) => Value::I64(*value),
        fulgurite::Val::F32(bits) => Value::F32(*bits),
        fulgurite::Val::F64(bits) => Value::F64(*bits),
        fulgurite::Val::V128(vector) => Value::V128(vector.bits()),
        fulgurite::Val::FuncRef(func) => Value::FuncRef(func.is_none()),
        fulgurite::Val::ExternRef(value) => Value::ExternRef(value.is_none()),
        other => panic!("a value of an unknown kind: {other:?}"),
    }
}

fn fulgurite_failure(error: &fulgurite::Error) -> Failure {
    use fulgurite::{ErrorKind, TrapCode};
    match (error.trap_code(), error.kind()) {
        (Some(TrapCode::Unreachable), _) => Failure::Unreachable,
        (Some(TrapCode::MemoryOutOfBounds), _) => Failure::Memory,
        (Some(TrapCode::TableOutOfBounds | TrapCode::UndefinedElement), _) => Failure::Table,
        (Some(TrapCode::UninitializedElement), _) => Failure::NullCall,
        (Some(TrapCode::IndirectCallTypeMismatch), _) => Failure::Signature,
        (Some(TrapCode::IntegerDivideByZero), _) => Failure::DivideByZero,
        (Some(TrapCode::IntegerOverflow), _) => Failure::Overflow,
        (Some(TrapCode::InvalidConversionToInteger), _) => Failure::Conversion,
        (Some(TrapCode::StackOverflow), _) => Failure::Exhausted,
        (_, ErrorKind::Malformed | ErrorKind::Invalid | ErrorKind::Unsupported) => Failure::Rejected(error.to_string()),
        _ => Failure::Other(error.to_string()),
    }
}

/// wasmi's instance.
pub struct Wasmi {
    store: wasmi::Store<()>,
    instance: wasmi::Instance,
}

impl Wasmi {
    /// Loads and instantiates a binary module; imports are zeros, nulls and empty functions.
    ///
    /// # Errors
    /// When the module is refused or its start traps.
    pub fn new(wasm: &[u8]) -> Result<Self, Failure> {
        let mut config = wasmi::Config::default();
        config.compilation_mode(wasmi::CompilationMode::Eager);
        config.wasm_tail_call(true);
        config.wasm_multi_memory(true).wasm_memory64(true).wasm_custom_page_sizes(true).wasm_wide_arithmetic(true);
        config.set_max_recursion_depth(10_000);
        let engine = wasmi::Engine::new(&config);
        let module = wasmi::Module::new(&engine, wasm).map_err(|error| Failure::Rejected(error.to_string()))?;
        let mut store = wasmi::Store::new(&engine, ());
        let mut imports = Vec::new();
        for import in module.imports() {
            imports.push(wasmi_import(&mut store, import.ty()).map_err(|error| wasmi_failure(&error))?);
        }
        let instance = wasmi::Instance::new(&mut store, &module, &imports).map_err(|error| wasmi_failure(&error))?;
        Ok(Self { store, instance })
    }

    /// All exports in the order of their names.
    fn exports(&self) -> Vec<(String, wasmi::Extern)> {
        let mut exports: Vec<_> =
            self.instance.exports(&self.store).map(|export| (export.name().to_string(), export.into_extern())).collect();
        exports.sort_by(|(a, _), (b, _)| a.cmp(b));
        exports
    }
}

fn wasmi_import(store: &mut wasmi::Store<()>, ty: &wasmi::ExternType) -> Result<wasmi::Extern, wasmi::Error> {
    Ok(match ty {
        wasmi::ExternType::Func(ty) => wasmi::Extern::Func(wasmi::Func::new(store, ty.clone(), |_, _, _| Ok(()))),
        wasmi::ExternType::Table(ty) => wasmi::Extern::Table(wasmi::Table::new(store, *ty, wasmi::Ref::default_for_ty(ty.element()))?),
        wasmi::ExternType::Memory(ty) => wasmi::Extern::Memory(wasmi::Memory::new(store, *ty)?),
        wasmi::ExternType::Global(ty) => {
            wasmi::Extern::Global(wasmi::Global::new(store, wasmi::Val::default_for_ty(ty.content()), ty.mutability()))
        }
    })
}

impl Guest for Wasmi {
    fn call(&mut self, name: &str, args: &[Value]) -> Result<Vec<Value>, Failure> {
        let func = self.instance.get_func(&self.store, name).ok_or_else(|| Failure::Other(format!("no function {name}")))?;
        let ty = func.ty(&self.store);
        let args: Vec<wasmi::Val> = args.iter().zip(ty.params()).map(|(arg, ty)| wasmi_value(*arg, *ty)).collect();
        let mut results: Vec<wasmi::Val> = ty.results().iter().map(|ty| wasmi::Val::default_for_ty(*ty)).collect();
        func.call(&mut self.store, &args, &mut results).map_err(|error| wasmi_failure(&error))?;
        Ok(results.iter().map(from_wasmi).collect())
    }

    fn memory(&self, name: &str) -> Option<Vec<u8>> {
        Some(self.instance.get_memory(&self.store, name)?.data(&self.store).to_vec())
    }

    fn globals(&mut self) -> Vec<(String, Value)> {
        let globals = self.exports().into_iter().filter_map(|(name, item)| Some((name, item.into_global()?)));
        globals.map(|(name, global)| (name, from_wasmi(&global.get(&self.store)))).collect()
    }

    fn tables(&mut self) -> Vec<(String, Vec<bool>)> {
        let tables = self.exports().into_iter().filter_map(|(name, item)| Some((name, item.into_table()?)));
        let null = |value: Option<wasmi::Ref>| value.is_none_or(|value| value.is_null());
        tables.map(|(name, table)| (name, (0..table.size(&self.store)).map(|at| null(table.get(&self.store, at))).collect())).collect()
    }
}

fn wasmi_value(value: Value, ty: wasmi::ValType) -> wasmi::Val {
    match value {
        Value::I32(value) => wasmi::Val::I32(value),
        Value::I64(value) => wasmi::Val::I64(value),
        Value::F32(bits) => wasmi::Val::F32(wasmi::F32::from_bits(bits)),
        Value::F64(bits) => wasmi::Val::F64(wasmi::F64::from_bits(bits)),
        Value::V128(bits) => wasmi::Val::V128(bits.into()),
        Value::FuncRef(_) | Value::ExternRef(_) => wasmi::Val::default_for_ty(ty),
    }
}

fn from_wasmi(value: &wasmi::Val) -> Value {
    match value {
        wasmi::Val::I32(value) => Value::I32(*value),
        wasmi::Val::I64(value) => Value::I64(*value),
        wasmi::Val::F32(value) => Value::F32(value.to_bits()),
        wasmi::Val::F64(value) => Value::F64(value.to_bits()),
        wasmi::Val::FuncRef(func) => Value::FuncRef(func.is_null()),
        wasmi::Val::ExternRef(value) => Value::ExternRef(value.is_null()),
        wasmi::Val::V128(value) => Value::V128(value.as_u128()),
    }
}

fn wasmi_failure(error: &wasmi::Error) -> Failure {
    use wasmi::TrapCode;
    match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Failure::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Failure::Memory,
        Some(TrapCode::TableOutOfBounds) => Failure::Table,
        Some(TrapCode::IndirectCallToNull) => Failure::NullCall,
        Some(TrapCode::BadSignature) => Failure::Signature,
        Some(TrapCode::IntegerDivisionByZero) => Failure::DivideByZero,
        Some(TrapCode::IntegerOverflow) => Failure::Overflow,
        Some(TrapCode::BadConversionToInteger) => Failure::Conversion,
        Some(TrapCode::StackOverflow) => Failure::Exhausted,
        // Element segments that do not fit come without a code.
        _ if error.to_string().starts_with("out of bounds table access") => Failure::Table,
        _ => Failure::Other(error.to_string()),
    }
}

/// sf-nano's instance: a third opinion where the other two differ. It shows no tables.
pub struct SfNano {
    instance: sf_nano_core::Instance,
    globals: Vec<String>,
}

impl SfNano {
    /// Loads and instantiates a binary module; imports are zeros, nulls and empty functions. `globals` are the exported ones.
    ///
    /// # Errors
    /// When the module is refused or its start traps.
    pub fn new(wasm: &[u8], globals: &[String]) -> Result<Self, Failure> {
        let config = sf_nano_core::Config::new().tier(sf_nano_core::Tier::Interp).parallel_compilation(false);
        let engine = sf_nano_core::Engine::new(config).map_err(|error| Failure::Other(error.to_string()))?;
        let imports = sf_nano_imports(wasm).map_err(|error| Failure::Rejected(error.to_string()))?;
        let instance = sf_nano_core::Instance::new(&engine, wasm, &imports).map_err(|error| sf_nano_failure(&error))?;
        Ok(Self { instance, globals: globals.to_vec() })
    }
}

/// Imports for every import of a module, which that engine's interface does not list.
fn sf_nano_imports(wasm: &[u8]) -> wasmparser::Result<Vec<sf_nano_core::Import>> {
    let (mut types, mut imports) = (Vec::new(), Vec::new());
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload? {
            wasmparser::Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty?);
                }
            }
            wasmparser::Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imports.extend(sf_nano_import(&import?, &types));
                }
            }
            _ => {}
        }
    }
    Ok(imports)
}

fn sf_nano_import(import: &wasmparser::Import<'_>, types: &[wasmparser::FuncType]) -> Option<sf_nano_core::Import> {
    let (module, name) = (import.module, import.name);
    let size = |size: u64| usize::try_from(size).ok();
    Some(match import.ty {
        wasmparser::TypeRef::Func(index) => {
            let zeros: Vec<_> = types.get(index as usize)?.results().iter().map(|ty| sf_nano_zero(*ty)).collect();
            sf_nano_core::Import::func(module, name, move |_, _, results| {
                results.copy_from_slice(&zeros);
                Ok(())
            })
        }
        wasmparser::TypeRef::Global(ty) => sf_nano_core::Import::global(module, name, sf_nano_zero(ty.content_type), ty.mutable),
        wasmparser::TypeRef::Memory(ty) => sf_nano_core::Import::memory(module, name, size(ty.initial)?, ty.maximum.and_then(size)),
        wasmparser::TypeRef::Table(ty) => sf_nano_core::Import::table(module, name, size(ty.initial)?, ty.maximum.and_then(size)),
        _ => return None,
    })
}

fn sf_nano_zero(ty: wasmparser::ValType) -> sf_nano_core::Value {
    use sf_nano_core::{RefValue, Value, value_type::RefType};
    match ty {
        wasmparser::ValType::I32 => Value::I32(0),
        wasmparser::ValType::I64 => Value::I64(0),
        wasmparser::ValType::F32 => Value::F32(0.0),
        wasmparser::ValType::F64 => Value::F64(0.0),
        wasmparser::ValType::EXTERNREF => Value::Ref(RefValue::null(), RefType::externref()),
        _ => Value::Ref(RefValue::null(), RefType::funcref()),
    }
}

impl Guest for SfNano {
    fn call(&mut self, name: &str, args: &[Value]) -> Result<Vec<Value>, Failure> {
        let args: Vec<sf_nano_core::Value> = args.iter().map(|arg| sf_nano_value(*arg)).collect();
        let results = self.instance.invoke(name, &args).map_err(|error| sf_nano_failure(&error))?;
        Ok(results.iter().map(from_sf_nano).collect())
    }

    fn memory(&self, name: &str) -> Option<Vec<u8>> {
        self.instance.memory_pages(name)?;
        Some(self.instance.memory().ok()?.to_vec())
    }

    fn globals(&mut self) -> Vec<(String, Value)> {
        let mut globals: Vec<_> =
            self.globals.iter().filter_map(|name| Some((name.clone(), from_sf_nano(&self.instance.get_global(name).ok()??)))).collect();
        globals.sort_by(|(a, _), (b, _)| a.cmp(b));
        globals
    }

    fn tables(&mut self) -> Vec<(String, Vec<bool>)> {
        Vec::new()
    }
}

fn sf_nano_value(value: Value) -> sf_nano_core::Value {
    match value {
        Value::I32(value) => sf_nano_core::Value::I32(value),
        Value::I64(value) => sf_nano_core::Value::I64(value),
        Value::F32(bits) => sf_nano_core::Value::F32(f32::from_bits(bits)),
        Value::F64(bits) => sf_nano_core::Value::F64(f64::from_bits(bits)),
        // It refuses modules with vectors, so that it gets none.
        Value::V128(_) | Value::FuncRef(_) => sf_nano_zero(wasmparser::ValType::FUNCREF),
        Value::ExternRef(_) => sf_nano_zero(wasmparser::ValType::EXTERNREF),
    }
}

fn from_sf_nano(value: &sf_nano_core::Value) -> Value {
    match value {
        sf_nano_core::Value::I32(value) => Value::I32(*value),
        sf_nano_core::Value::I64(value) => Value::I64(*value),
        sf_nano_core::Value::F32(value) => Value::F32(value.to_bits()),
        sf_nano_core::Value::F64(value) => Value::F64(value.to_bits()),
        sf_nano_core::Value::Ref(value, ty) if *ty == sf_nano_core::value_type::RefType::externref() => Value::ExternRef(value.is_null()),
        sf_nano_core::Value::Ref(value, _) => Value::FuncRef(value.is_null()),
        other => panic!("a value of an unknown kind: {other:?}"),
    }
}

fn sf_nano_failure(error: &sf_nano_core::WasmError) -> Failure {
    let text = error.to_string();
    match text.strip_prefix("Trap: ") {
        Some("unreachable") => Failure::Unreachable,
        Some("out of bounds memory access") => Failure::Memory,
        Some("out of bounds table access" | "undefined element") => Failure::Table,
        Some("uninitialized element" | "null function reference" | "null reference") => Failure::NullCall,
        Some("indirect call type mismatch") => Failure::Signature,
        Some("integer divide by zero") => Failure::DivideByZero,
        Some("integer overflow") => Failure::Overflow,
        Some("invalid conversion to integer") => Failure::Conversion,
        Some("call stack exhausted") => Failure::Exhausted,
        _ if text.starts_with("Malformed") || text.starts_with("Invalid") => Failure::Rejected(text),
        _ => Failure::Other(text),
    }
}
