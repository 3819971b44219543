//! One face for every engine under test: load, instantiate, call, read and write memory.
//!
//! The measuring code (`exec`, `startup`) sees only the traits here; each adapter lives in a file of its own.
//! Adapters give host functions that the cases need: `env.clock_ms`, and a stub returning zeros for any other import.

mod alike;
pub mod fulgurite;
pub mod sf_nano;
#[cfg(feature = "wasm3")]
pub mod wasm3;
pub mod wasmi;
#[cfg(feature = "wasmtime")]
pub mod wasmtime;

use crate::Result;
use std::{
    fmt,
    str::FromStr,
    sync::{
        LazyLock,
        atomic::{AtomicU8, AtomicU32, Ordering},
    },
    time::Instant,
};

/// A number passed to or returned by a guest; written `i32:7` in case files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// A 32-bit float.
    F32(f32),
    /// A 64-bit float.
    F64(f64),
}

/// The type of a [`Value`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
}

impl Value {
    /// The value's type.
    pub fn ty(self) -> ValueType {
        match self {
            Self::I32(_) => ValueType::I32,
            Self::I64(_) => ValueType::I64,
            Self::F32(_) => ValueType::F32,
            Self::F64(_) => ValueType::F64,
        }
    }

    /// The value's bits, zero-extended.
    pub fn bits(self) -> u64 {
        match self {
            Self::I32(value) => u64::from(value.cast_unsigned()),
            Self::I64(value) => value.cast_unsigned(),
            Self::F32(value) => u64::from(value.to_bits()),
            Self::F64(value) => value.to_bits(),
        }
    }

    /// The value as a memory address or a length.
    ///
    /// # Errors
    /// When it is not an integer.
    pub fn as_address(self) -> Result<usize> {
        match self {
            Self::I32(value) => Ok(value.cast_unsigned() as usize),
            Self::I64(value) => Ok(usize::try_from(value)?),
            other => Err(format!("{other} is not an address").into()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32(value) => write!(f, "i32:{value}"),
            Self::I64(value) => write!(f, "i64:{value}"),
            Self::F32(value) => write!(f, "f32:{value}"),
            Self::F64(value) => write!(f, "f64:{value}"),
        }
    }
}

impl FromStr for Value {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = |_| format!("`{text}` is not a value such as i32:7 or i64:0xff");
        let (ty, digits) = text.split_once(':').ok_or_else(|| wrong(()))?;
        Ok(match (ty, digits.strip_prefix("0x")) {
            ("i32", Some(hex)) => Self::I32(u32::from_str_radix(hex, 16).map_err(|_| wrong(()))?.cast_signed()),
            ("i32", None) => Self::I32(digits.parse().map_err(|_| wrong(()))?),
            ("i64", Some(hex)) => Self::I64(u64::from_str_radix(hex, 16).map_err(|_| wrong(()))?.cast_signed()),
            ("i64", None) => Self::I64(digits.parse().map_err(|_| wrong(()))?),
            ("f32", _) => Self::F32(digits.parse().map_err(|_| wrong(()))?),
            ("f64", _) => Self::F64(digits.parse().map_err(|_| wrong(()))?),
            _ => return Err(wrong(())),
        })
    }
}

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// How much an engine does when a module is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Validate and translate every function.
    Eager,
    /// Validate every function, translate on first call.
    LazyTranslation,
    /// Validate and translate on first call.
    LazyValidation,
}

/// An engine under test.
pub trait Engine {
    /// The name used on the command line and in reports.
    fn name(&self) -> &'static str;
    /// The version of the crate.
    fn version(&self) -> &'static str;
    /// The modes the engine has, the one for execution tests first.
    fn modes(&self) -> &'static [Mode];
    /// Decodes, validates and (depending on `mode`) translates a module.
    ///
    /// # Errors
    /// When the engine refuses the module.
    fn load(&self, mode: Mode, wasm: &[u8]) -> Result<Box<dyn Module>>;
}

/// A loaded module.
pub trait Module {
    /// Makes an instance and runs its start function.
    ///
    /// # Errors
    /// When linking or the start function fails.
    fn instantiate(&self) -> Result<Box<dyn Instance>>;
}

/// A running instance.
pub trait Instance {
    /// Calls an export that returns one value of the type `result`, or nothing.
    ///
    /// # Errors
    /// When there is no such export, its type differs, or it traps.
    fn call(&mut self, name: &str, args: &[Value], result: Option<ValueType>) -> Result<Option<Value>>;
    /// Up to `len` bytes of the exported memory, fewer at its end; nothing if it exports none.
    ///
    /// # Errors
    /// When the engine cannot lend its memory.
    fn read(&mut self, offset: usize, len: usize) -> Result<Vec<u8>>;
    /// Writes to the exported memory.
    ///
    /// # Errors
    /// When the range is out of bounds.
    fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<()>;
    /// Collects garbage; whether the engine does such a thing.
    ///
    /// # Errors
    /// When it fails.
    fn collect(&mut self) -> Result<bool> {
        Ok(false)
    }
}

/// The part of `memory` from `offset`, at most `len` bytes.
pub fn clamp(memory: &[u8], offset: usize, len: usize) -> Vec<u8> {
    let start = offset.min(memory.len());
    let end = start.saturating_add(len).min(memory.len());
    memory.get(start..end).unwrap_or_default().to_vec()
}

/// Writes `bytes` at `offset` of `memory`.
///
/// # Errors
/// When the range is out of bounds.
pub fn copy_into(memory: &mut [u8], offset: usize, bytes: &[u8]) -> Result<()> {
    let end = offset.checked_add(bytes.len()).ok_or("address overflow")?;
    memory.get_mut(offset..end).ok_or("out of bounds")?.copy_from_slice(bytes);
    Ok(())
}

/// The first of `results`, or an error when there should be one.
///
/// # Errors
/// When the number or the type of results differs from `expected`.
pub fn single(results: Option<Value>, expected: Option<ValueType>) -> Result<Option<Value>> {
    if results.map(Value::ty) == expected { Ok(results) } else { Err(format!("returned {results:?}, not {expected:?}").into()) }
}

/// An imported function: where it comes from and what it returns. For engines whose API does not list imports.
pub struct ImportedFunction {
    /// The module name.
    pub module: String,
    /// The field name.
    pub name: String,
    /// The results.
    pub results: Vec<ValueType>,
}

/// The functions that a module imports, all numeric.
///
/// # Errors
/// When the module is malformed or imports something else.
pub fn imported_functions(wasm: &[u8]) -> Result<Vec<ImportedFunction>> {
    let mut types = Vec::new();
    let mut functions = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload? {
            wasmparser::Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty?);
                }
            }
            wasmparser::Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let wasmparser::TypeRef::Func(index) = import.ty else { return Err("an import is not a function".into()) };
                    let ty = types.get(index as usize).ok_or("type index out of range")?;
                    functions.push(ImportedFunction {
                        module: import.module.into(),
                        name: import.name.into(),
                        results: ty.results().iter().map(|ty| numeric(*ty)).collect::<Result<_>>()?,
                    });
                }
            }
            _ => {}
        }
    }
    Ok(functions)
}

fn numeric(ty: wasmparser::ValType) -> Result<ValueType> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValueType::I32,
        wasmparser::ValType::I64 => ValueType::I64,
        wasmparser::ValType::F32 => ValueType::F32,
        wasmparser::ValType::F64 => ValueType::F64,
        other => return Err(format!("{other} is not numeric").into()),
    })
}

/// How the guest's clock goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Clock {
    /// As the host's.
    Real,
    /// [`FAST_CLOCK_FACTOR`] times as fast, so that programs that run for a fixed time finish soon.
    Fast,
    /// [`CLOCK_STEP_MS`] further at each call, so that a program does the same on every machine.
    Stepping,
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
static CLOCK: AtomicU8 = AtomicU8::new(Clock::Real as u8);
static CALLS: AtomicU32 = AtomicU32::new(0);

/// How much faster the guest's clock is as [`Clock::Fast`].
pub const FAST_CLOCK_FACTOR: u32 = 40;

/// How far each call takes [`Clock::Stepping`]: CoreMark wants to have run for ten seconds.
const CLOCK_STEP_MS: u32 = 11_000;

/// Sets the guest's clock, for all engines.
pub fn set_clock(clock: Clock) {
    CLOCK.store(clock as u8, Ordering::Relaxed);
}

/// What `env.clock_ms` returns: milliseconds since the first call.
pub fn clock_ms() -> i32 {
    let clock = CLOCK.load(Ordering::Relaxed);
    if clock == Clock::Stepping as u8 {
        return (CALLS.fetch_add(1, Ordering::Relaxed).wrapping_mul(CLOCK_STEP_MS) & 0x7fff_ffff).cast_signed();
    }
    let factor = if clock == Clock::Fast as u8 { u128::from(FAST_CLOCK_FACTOR) } else { 1 };
    let micros = START.elapsed().as_micros();
    i32::try_from((micros * factor / 1000) & 0x7fff_ffff).unwrap_or(0)
}

/// Every engine this build has, in the order of report columns. Those that run only where they are named come last: another configuration of
/// fulgurite, and other collectors of Wasmtime than its own choice.
pub fn all() -> Vec<Box<dyn Engine>> {
    vec![
        Box::new(fulgurite::Fulgurite { fused: true }),
        Box::new(wasmi::Wasmi),
        Box::new(sf_nano::SfNano),
        #[cfg(feature = "wasm3")]
        Box::new(wasm3::Wasm3),
        #[cfg(feature = "wasmtime")]
        Box::new(wasmtime::Wasmtime { pulley: true, collector: ::wasmtime::Collector::Auto }),
        #[cfg(feature = "wasmtime")]
        Box::new(wasmtime::Wasmtime { pulley: false, collector: ::wasmtime::Collector::Auto }),
        Box::new(fulgurite::Fulgurite { fused: false }),
        #[cfg(feature = "wasmtime")]
        Box::new(wasmtime::Wasmtime { pulley: true, collector: ::wasmtime::Collector::DeferredReferenceCounting }),
        #[cfg(feature = "wasmtime")]
        Box::new(wasmtime::Wasmtime { pulley: true, collector: ::wasmtime::Collector::Null }),
        #[cfg(feature = "wasmtime")]
        Box::new(wasmtime::Wasmtime { pulley: false, collector: ::wasmtime::Collector::DeferredReferenceCounting }),
        #[cfg(feature = "wasmtime")]
        Box::new(wasmtime::Wasmtime { pulley: false, collector: ::wasmtime::Collector::Null }),
    ]
}

/// The engines named in `list`, in that order; without a list, all up to the first that must be named.
///
/// # Errors
/// When a name is unknown.
pub fn select(list: Option<&str>) -> Result<Vec<Box<dyn Engine>>> {
    let mut engines = all();
    let Some(list) = list else {
        let named_only = engines.iter().position(|engine| engine.name() == fulgurite::UNFUSED);
        engines.truncate(named_only.unwrap_or(engines.len()));
        return Ok(engines);
    };
    list.split(',')
        .map(|name| {
            let at = engines.iter().position(|engine| engine.name() == name);
            let at = at.ok_or_else(|| format!("no engine `{name}` in this build, or named twice; it has {}", names()))?;
            Ok(engines.remove(at))
        })
        .collect()
}

/// The names of all engines of this build.
pub fn names() -> String {
    all().iter().map(|engine| engine.name()).collect::<Vec<_>>().join(", ")
}
