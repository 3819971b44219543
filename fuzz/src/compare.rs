//! Execution: the same calls in every configuration of Fulgurite, with random branch hints, and in wasmi; results, traps, memory, globals and tables must agree.
//!
//! Peers have mistakes of their own (wasmi 2.0.0 takes the wrong operand of a `select` whose condition is an `i32.eqz`; sf-nano 0.6.0
//! drops some traps; seen 2026-11-22). So a difference from wasmi counts if sf-nano differs at the same place.

use super::{
    guest::{Failure, Fulgurite, Guest, Setup, SfNano, Value, Wasmi},
    hints, program,
    random::Random,
};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef, ValType};

/// How memories are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Byte for byte.
    Bytes,
    /// As [`program`] lays it out: floats in regions of their own, where NaNs are equal.
    Program,
}

/// Rounds over all exports; state carries over.
const ROUNDS: usize = 3;

/// Runs a module everywhere: every exported function, some calls each. Says whether it could be instantiated.
///
/// # Errors
/// A text that shows the first disagreement.
pub fn run(wasm: &[u8], memory: Memory) -> Result<bool, String> {
    let exports = exports(wasm).map_err(|error| format!("the module cannot be read: {error}"))?;
    let ours = all_setups(wasm, &exports, memory)?;
    if let Some((at, wasmi)) = difference(&ours, &Trace::of(Wasmi::new(wasm), &exports), memory) {
        let mut referee = Trace::of(SfNano::new(wasm, &exports.globals), &exports);
        referee.tables.clone_from(&ours.tables);
        // It has no vectors.
        if referee.failure.is_some() && ours.failure.is_none() {
            return Err(format!("beside wasmi: {wasmi}"));
        }
        if let Some((_, sf_nano)) = difference(&ours, &referee, memory).filter(|(referee_at, _)| *referee_at == at) {
            return Err(format!("beside wasmi: {wasmi}\nbeside sf-nano: {sf_nano}"));
        }
    }
    Ok(ours.failure.is_none())
}

/// The same in Fulgurite only, where no other engine's allocations or mistakes are wanted.
///
/// # Errors
/// A text that shows the first disagreement of two configurations.
#[allow(dead_code, reason = "of those that include this file, only tests/guarded_allocator.rs wants it")]
pub fn run_alone(wasm: &[u8], memory: Memory) -> Result<bool, String> {
    let exports = exports(wasm).map_err(|error| format!("the module cannot be read: {error}"))?;
    Ok(all_setups(wasm, &exports, memory)?.failure.is_none())
}

/// What the first configuration of Fulgurite did, if all others did the same.
fn all_setups(wasm: &[u8], exports: &Exports, memory: Memory) -> Result<Trace, String> {
    let [first, others @ ..] = Setup::ALL;
    let ours = Trace::of(Fulgurite::new(wasm, first), exports);
    for setup in others {
        let other = Trace::of(Fulgurite::new(wasm, setup), exports);
        if let Some((_, error)) = difference(&other, &ours, memory) {
            return Err(format!("{setup:?} beside {first:?}: {error}"));
        }
    }
    if let Ok(hinted) = hints::add(wasm, &mut Random::new(wasm.len() as u64)) {
        let other = Trace::of(Fulgurite::new(&hinted, first), exports);
        if let Some((_, error)) = difference(&other, &ours, memory) {
            return Err(format!("with branch hints: {error}\n{}", super::show(&hinted)));
        }
    }
    Ok(ours)
}

/// What a module exports, as far as this needs it.
#[derive(Default)]
struct Exports {
    functions: Vec<(String, Vec<ValType>)>,
    globals: Vec<String>,
    memories: Vec<String>,
}

fn exports(wasm: &[u8]) -> wasmparser::Result<Exports> {
    let (mut types, mut functions, mut found) = (Vec::new(), Vec::new(), Exports::default());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Func(ty) = import?.ty {
                        functions.push(ty);
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    functions.push(ty?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    match export.kind {
                        ExternalKind::Func => {
                            let ty = functions.get(export.index as usize).and_then(|ty| types.get(*ty as usize));
                            let params = ty.map(|ty: &wasmparser::FuncType| ty.params().to_vec());
                            found.functions.push((export.name.to_string(), params.unwrap_or_default()));
                        }
                        ExternalKind::Global => found.globals.push(export.name.to_string()),
                        ExternalKind::Memory => found.memories.push(export.name.to_string()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// What one engine did, and what it left.
struct Trace {
    /// Why there is no instance.
    failure: Option<Failure>,
    calls: Vec<(String, Result<Vec<Value>, Failure>)>,
    globals: Vec<(String, Value)>,
    tables: Vec<(String, Vec<bool>)>,
    memories: Vec<(String, Vec<u8>)>,
}

impl Trace {
    fn of<G: Guest>(guest: Result<G, Failure>, exports: &Exports) -> Self {
        let mut trace = Self { failure: None, calls: Vec::new(), globals: Vec::new(), tables: Vec::new(), memories: Vec::new() };
        let mut guest = match guest {
            Ok(guest) => guest,
            Err(failure) => return Self { failure: Some(failure), ..trace },
        };
        for round in 0..ROUNDS {
            for (index, (name, params)) in exports.functions.iter().enumerate() {
                let args: Vec<Value> = params.iter().enumerate().map(|(at, ty)| argument(*ty, round * 7 + index + at * 3)).collect();
                let outcome = guest.call(name, &args);
                trace.calls.push((format!("{name}{args:?}"), outcome));
            }
        }
        trace.globals = guest.globals();
        trace.tables = guest.tables();
        let memory = |name: &String| (name.clone(), guest.memory(name).unwrap_or_default());
        trace.memories = exports.memories.iter().map(memory).collect();
        trace
    }
}

/// The `choice`-th interesting value of a type.
fn argument(ty: ValType, choice: usize) -> Value {
    const INTEGERS: [i64; 11] = [0, 1, -1, 7, i64::MIN, i64::MAX, 0x8000_0000, 0x7fff_ffff, 255, -128, 65536];
    const SHORT: [i32; 9] = [0, 1, -1, 7, i32::MIN, i32::MAX, 255, -128, 65536];
    const FLOATS: [f64; 10] = [0.0, -0.0, 1.5, -1.0, f64::INFINITY, f64::NEG_INFINITY, 1e300, 2_147_483_648.0, -9.3e18, 0.1];
    const SINGLES: [f32; 9] = [0.0, -0.0, 1.5, -1.0, f32::INFINITY, f32::NEG_INFINITY, 2_147_483_648.0, -1e30, 0.1];
    const VECTORS: [u128; 5] = [0, !0, 0x8000_0000_0000_0000_7fff_ffff_8000_7f80, 1.5f64.to_bits() as u128, 0x3f80_0000 << 96 | 0xff];
    match ty {
        ValType::I32 => Value::I32(SHORT[choice % SHORT.len()]),
        ValType::I64 => Value::I64(INTEGERS[choice % INTEGERS.len()]),
        ValType::F32 => Value::F32(SINGLES[choice % SINGLES.len()].to_bits()),
        ValType::F64 => Value::F64(FLOATS[choice % FLOATS.len()].to_bits()),
        ValType::V128 => Value::V128(VECTORS[choice % VECTORS.len()]),
        ValType::EXTERNREF => Value::ExternRef(true),
        _ => Value::FuncRef(true),
    }
}

/// The first difference between what two engines did: at which call (or past all calls, for the state that is left), and a text.
fn difference(ours: &Trace, reference: &Trace, memory: Memory) -> Option<(usize, String)> {
    match (&ours.failure, &reference.failure) {
        (None, None) => {}
        (Some(Failure::Exhausted), _) | (_, Some(Failure::Exhausted)) => return None,
        // Refusals are worded differently.
        (Some(Failure::Rejected(_)), Some(Failure::Rejected(_))) => return None,
        (Some(found), Some(expected)) if found == expected => return None,
        (found, expected) => return Some((0, format!("instantiation: {found:?}, not {expected:?}"))),
    }
    for (at, ((name, found), (_, expected))) in ours.calls.iter().zip(&reference.calls).enumerate() {
        if *found == Err(Failure::Exhausted) || *expected == Err(Failure::Exhausted) {
            // Where that happens is an engine's own affair, so what follows cannot be compared.
            return None;
        }
        if found != expected {
            return Some((at, format!("{name} gives {found:?}, not {expected:?}")));
        }
    }
    different_state(ours, reference, memory).map(|text| (usize::MAX, text))
}

fn different_state(ours: &Trace, reference: &Trace, memory: Memory) -> Option<String> {
    if ours.globals != reference.globals {
        return Some(format!("globals are {:?}, not {:?}", ours.globals, reference.globals));
    }
    if ours.tables != reference.tables {
        return Some(format!("null entries of tables are {:?}, not {:?}", ours.tables, reference.tables));
    }
    for ((name, found), (_, expected)) in ours.memories.iter().zip(&reference.memories) {
        if found.len() != expected.len() {
            return Some(format!("memory {name} has {} bytes, not {}", found.len(), expected.len()));
        }
        if let Some(at) = first_difference(found, expected, memory) {
            let show = |bytes: &[u8]| format!("{:02x?}", bytes.get(at..(at + 8).min(bytes.len())).unwrap_or_default());
            return Some(format!("memory {name} differs at {at:#x}: {}, not {}", show(found), show(expected)));
        }
    }
    None
}

/// Where two memories of equal size first differ.
fn first_difference(a: &[u8], b: &[u8], memory: Memory) -> Option<usize> {
    if a == b {
        return None;
    }
    let mut at = 0;
    while at < a.len() {
        let width = if memory == Memory::Program { program::element_width(at) } else { 1 };
        let (x, y) = (a.get(at..at + width)?, b.get(at..at + width)?);
        if x != y && !(is_nan(x) && is_nan(y)) {
            return Some(at);
        }
        at += width;
    }
    None
}

/// Whether these bytes are a NaN of their width.
fn is_nan(bytes: &[u8]) -> bool {
    match *bytes {
        [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).is_nan(),
        [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]).is_nan(),
        _ => false,
    }
}
