//! Validation: throughput in bytes of function bodies, beside wasmparser's validator and its bare decoding of operators.

use crate::{
    Result,
    report::{Cell, Row, Table},
};
use std::time::{Duration, Instant};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

/// What Fulgurite supports: WebAssembly 2.0 without vectors, with extended constant expressions.
const FEATURES: WasmFeatures = WasmFeatures::WASM2.difference(WasmFeatures::SIMD).union(WasmFeatures::EXTENDED_CONST);

/// Rounds made even if they exceed the budget.
const MIN_ROUNDS: u32 = 5;

/// Measures all modules.
///
/// # Errors
/// When one of the validators refuses a module.
pub fn run(modules: &[(String, Vec<u8>)], budget: Duration, mut done: impl FnMut(&Row)) -> Result<Table> {
    let engine = fulgurite::Engine::default();
    let columns = ["fulgurite", "wasmparser", "wasmparser-decode"].map(String::from).to_vec();
    let mut rows = Vec::new();
    for (name, wasm) in modules {
        let bytes = body_bytes(wasm)?;
        let mut best = [f64::INFINITY; 3];
        let start = Instant::now();
        let mut round = 0;
        while round < MIN_ROUNDS || start.elapsed() < budget {
            let took = [
                timed(|| Ok(fulgurite::Module::validate(&engine, wasm)?))?,
                timed(|| Validator::new_with_features(FEATURES).validate_all(wasm).map(drop).map_err(Into::into))?,
                timed(|| decode(wasm))?,
            ];
            for (best, took) in best.iter_mut().zip(took) {
                *best = best.min(took);
            }
            round += 1;
        }
        let cells = best.iter().map(|seconds| Some(Cell(bytes / seconds / 1e6))).collect();
        let row = Row { name: name.clone(), cells, rounds: Some(round), notes: Vec::new() };
        done(&row);
        rows.push(row);
    }
    let title = "Validation of whole modules (MB of function bodies per second)";
    Ok(Table { title: title.into(), unit: "MB/s".into(), lower_is_better: false, columns, rows })
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
