//! How time and memory grow with size: families of modules at doubling sizes, and what translation keeps for real modules.

use crate::{
    Result, allocator,
    report::{Cell, Row, Table},
};
use fulgurite::{CompilationMode, Config, Engine, Instance, Module, Store};
use std::time::Instant;

#[path = "../../tests/scaling/shapes.rs"]
mod shapes;

use shapes::{SHAPES, Shape};

/// Sizes: a quarter of the number that the test uses, and this many doublings of it.
const DOUBLINGS: u32 = 3;

/// Loads of each; the minimum counts.
const ROUNDS: u32 = 5;

fn engine(mode: CompilationMode) -> Engine {
    let mut config = Config::new();
    config.compilation_mode(mode).max_stack_bytes(64 << 20);
    Engine::new(&config)
}

/// Seconds to load and run, bytes of code, and of the module.
fn measure(shape: &Shape, number: usize) -> Result<(f64, f64, f64)> {
    let wasm = (shape.module)(number);
    let (mut best, mut code) = (f64::INFINITY, 0);
    for _ in 0..ROUNDS {
        let engine = engine(CompilationMode::Eager);
        let start = Instant::now();
        let module = Module::from_binary(&engine, &wasm)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let result = instance.get_typed_func::<i32, i32>(&store, "run")?.call(&mut store, (shape.argument)(number))?;
        best = best.min(start.elapsed().as_secs_f64());
        code = module.code_bytes();
        if result != (shape.result)(number) {
            return Err(format!("{}: {result} is wrong", shape.name).into());
        }
    }
    Ok((best, code as f64, wasm.len() as f64))
}

/// Two tables: the families, and the given modules.
///
/// # Errors
/// When a module is refused, or a result is wrong.
pub fn run(modules: &[(String, Vec<u8>)], mut done: impl FnMut(&Row)) -> Result<Vec<Table>> {
    let mut times = Vec::new();
    let mut codes = Vec::new();
    for shape in SHAPES {
        let mut found = Vec::new();
        for doubling in 0..=DOUBLINGS {
            found.push(measure(shape, (shape.number / 4) << doubling)?);
        }
        let row = |cells: Vec<Option<Cell>>| Row { name: shape.name.into(), cells, rounds: Some(ROUNDS), notes: Vec::new() };
        times.push(row(found.iter().map(|found| Some(Cell(found.0 * 1e3))).collect()));
        codes.push(row(found.iter().map(|found| Some(Cell(found.1 / found.2))).collect()));
        if let Some(row) = times.last() {
            done(row);
        }
    }
    let columns = |what: &str| (0..=DOUBLINGS).map(|doubling| format!("{what} x{}", 1 << doubling)).collect();
    Ok(vec![
        Table {
            title: "Load eagerly and run, at doubling sizes (ms; ratios 2, 4, 8 are linear)".into(),
            unit: "ms".into(),
            lower_is_better: true,
            columns: columns("size"),
            rows: times,
        },
        Table {
            title: "Bytes of code for a byte of the module".into(),
            unit: "bytes".into(),
            lower_is_better: true,
            columns: columns("size"),
            rows: codes,
        },
        real_modules(modules)?,
    ])
}

/// What translation of all functions makes and keeps, for each byte of function bodies.
fn real_modules(modules: &[(String, Vec<u8>)]) -> Result<Table> {
    allocator::count();
    let mut rows = Vec::new();
    for (name, wasm) in modules {
        let bodies = body_bytes(wasm)? as f64;
        let kept = |mode| -> Result<(f64, f64)> {
            let engine = engine(mode);
            let before = allocator::bytes();
            let module = Module::from_binary(&engine, wasm)?;
            Ok((allocator::bytes().wrapping_sub(before) as f64, module.code_bytes() as f64))
        };
        let ((eager, code), (lazy, _)) = (kept(CompilationMode::Eager)?, kept(CompilationMode::Lazy)?);
        let cells = [bodies / 1024.0, code / bodies, (eager - lazy) / bodies];
        rows.push(Row { name: name.clone(), cells: cells.map(|cell| Some(Cell(cell))).to_vec(), rounds: None, notes: Vec::new() });
    }
    Ok(Table {
        title: "Translation of all functions: bytes for each byte of function bodies".into(),
        unit: "bytes".into(),
        lower_is_better: true,
        columns: vec!["bodies, KiB".into(), "code".into(), "all that is kept".into()],
        rows,
    })
}

/// Bytes of all function bodies.
fn body_bytes(wasm: &[u8]) -> Result<u64> {
    let mut bytes = 0;
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::CodeSectionEntry(body) = payload? {
            let range = body.range();
            bytes += range.end - range.start;
        }
    }
    Ok(bytes)
}
