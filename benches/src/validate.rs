//! Validation: throughput in bytes of function bodies, beside wasmparser's validator and its bare decoding of operators.
//!
//! Our public interface has no validation of a body, so that the time of all bodies is a difference: of a module, and of its sections.

use crate::{
    Result,
    report::{Cell, Row, Table},
};
use std::time::{Duration, Instant};
use wasmparser::{FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator, WasmFeatures};

/// What Fulgurite supports: WebAssembly 2.0 without vectors, with extended constant expressions.
const FEATURES: WasmFeatures = WasmFeatures::WASM2.difference(WasmFeatures::SIMD).union(WasmFeatures::EXTENDED_CONST);

/// Rounds made even if they exceed the budget.
const MIN_ROUNDS: u32 = 5;

/// What is timed of a module, an index of [`Best`].
#[derive(Clone, Copy)]
enum Part {
    /// `Module::validate`.
    Whole,
    /// The same, of the module with a first body that is refused at once: reads the sections and checks the module's rules.
    Sections,
    /// Loading, which also counts what the translator wants to know of bodies.
    Load,
    /// Loading without looking at bodies.
    LoadSections,
    /// wasmparser's validator.
    Theirs,
    /// wasmparser's validation of bodies, alone.
    TheirBodies,
    /// wasmparser's decoding of bodies.
    TheirDecoding,
}

/// The shortest times, in seconds.
struct Best([f64; 7]);

impl Best {
    fn note(&mut self, part: Part, seconds: f64) {
        let best = &mut self.0[part as usize];
        *best = best.min(seconds);
    }

    fn get(&self, part: Part) -> f64 {
        self.0[part as usize]
    }
}

/// Measures all modules: whole modules, and bodies alone.
///
/// # Errors
/// When one of the validators refuses a module.
pub fn run(modules: &[(String, Vec<u8>)], budget: Duration, mut done: impl FnMut(&Row)) -> Result<Vec<Table>> {
    let (mut whole, mut bodies) = (Vec::new(), Vec::new());
    for (name, wasm) in modules {
        let bytes = body_bytes(wasm)?;
        let (best, rounds) = measure(wasm, budget)?;
        let row = |seconds: &[f64]| {
            let cells = seconds.iter().map(|seconds| Some(Cell(bytes / seconds / 1e6))).collect();
            Row { name: name.clone(), cells, rounds: Some(rounds), notes: Vec::new() }
        };
        let of_bodies = [best.get(Part::Whole) - best.get(Part::Sections), best.get(Part::Load) - best.get(Part::LoadSections)];
        whole.push(row(&[best.get(Part::Whole), best.get(Part::Theirs), best.get(Part::TheirDecoding)]));
        bodies.push(row(&[of_bodies[0], of_bodies[1], best.get(Part::TheirBodies)]));
        done(&whole[whole.len() - 1]);
        done(&bodies[bodies.len() - 1]);
    }
    let table = |title: &str, columns: [&str; 3], rows| Table {
        title: title.into(),
        unit: "MB/s".into(),
        lower_is_better: false,
        columns: columns.map(String::from).to_vec(),
        rows,
    };
    Ok(vec![
        table("Validation of whole modules (MB of function bodies per second)", ["fulgurite", "wasmparser", "wasmparser-decode"], whole),
        table(
            "Validation of function bodies alone (MB per second); ours: whole modules, or loading them, less reading their sections",
            ["fulgurite", "fulgurite-load", "wasmparser"],
            bodies,
        ),
    ])
}

/// The shortest times of a module, and of how many rounds.
fn measure(wasm: &[u8], budget: Duration) -> Result<(Best, u32)> {
    let engine = fulgurite::Engine::default();
    let mut config = fulgurite::Config::new();
    config.compilation_mode(fulgurite::CompilationMode::LazyValidation);
    let lazy_engine = fulgurite::Engine::new(&config);
    let refused = with_refused_body(wasm)?;
    let mut best = Best([f64::INFINITY; 7]);
    let start = Instant::now();
    let mut round = 0;
    while round < MIN_ROUNDS || start.elapsed() < budget {
        best.note(Part::Whole, timed(|| Ok(fulgurite::Module::validate(&engine, wasm)?))?);
        best.note(Part::Theirs, timed(|| Validator::new_with_features(FEATURES).validate_all(wasm).map(drop).map_err(Into::into))?);
        best.note(Part::TheirDecoding, timed(|| decode(wasm))?);
        best.note(Part::Sections, timed(|| fulgurite::Module::validate(&engine, &refused).or(Ok(())))?);
        best.note(Part::TheirBodies, their_bodies(wasm)?);
        best.note(Part::Load, timed(|| fulgurite::Module::from_binary(&engine, wasm).map(drop).map_err(Into::into))?);
        best.note(Part::LoadSections, timed(|| fulgurite::Module::from_binary(&lazy_engine, wasm).map(drop).map_err(Into::into))?);
        round += 1;
    }
    Ok((best, round))
}

/// The module with a first body of bytes that are none: the first that is looked at behind the sections.
fn with_refused_body(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut refused = wasm.to_vec();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload? {
            let range = body.range();
            refused[usize::try_from(range.start)?..usize::try_from(range.end)?].fill(0xff);
            break;
        }
    }
    match fulgurite::Module::validate(&fulgurite::Engine::default(), &refused) {
        Err(error) if error.kind() == fulgurite::ErrorKind::Malformed => Ok(refused),
        _ => Err("a module without bodies tells nothing of validation".into()),
    }
}

/// Validates all bodies with wasmparser, each with the buffers of the one before; gives the seconds of that alone.
fn their_bodies(wasm: &[u8]) -> Result<f64> {
    let mut validator = Validator::new_with_features(FEATURES);
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            functions.push((function, body));
        }
    }
    timed(|| {
        let mut allocations = FuncValidatorAllocations::default();
        for (function, body) in functions {
            let mut validator = function.into_validator(allocations);
            validator.validate(&body)?;
            allocations = validator.into_allocations();
        }
        Ok(())
    })
}

fn timed(action: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    action()?;
    Ok(start.elapsed().as_secs_f64())
}

/// The size of all function bodies.
fn body_bytes(wasm: &[u8]) -> Result<f64> {
    let mut bytes: u32 = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionStart { size, .. } = payload? {
            bytes += size;
        }
    }
    Ok(f64::from(bytes))
}

/// Reads every operator and its immediates and judges nothing.
fn decode(wasm: &[u8]) -> Result<()> {
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload? {
            let mut operators = body.get_operators_reader()?;
            while !operators.eof() {
                operators.visit_operator(&mut Ignore)?;
            }
        }
    }
    Ok(())
}

/// A visitor that looks at nothing.
struct Ignore;

macro_rules! ignore {
    ($( @$proposal:ident $operator:ident $({ $($argument:ident: $ty:ty),* })? => $visit:ident ($($signature:tt)*) )*) => {
        $(
            fn $visit(&mut self $($(, $argument: $ty)*)?) {
                $($(std::hint::black_box(&$argument);)*)?
            }
        )*
    };
}

impl<'a> wasmparser::VisitOperator<'a> for Ignore {
    type Output = ();

    wasmparser::for_each_visit_operator!(ignore);
}
