//! Twice the module takes at most twice the memory, and a little: code, what translation keeps, and what it needs meanwhile. Bodies of 2 MB, tables of
//! 200,000 entries, 50,000 locals, 20,000 nested blocks, recursion 100,000 deep. Nothing is timed; a test that hangs is the failure.

mod counting;
#[path = "scaling/shapes.rs"]
mod shapes;

use counting::{live, peak, restart_peak};
use fulgurite::{CompilationMode, Config, Engine, Instance, Module, Store};
use shapes::{SHAPES, Shape};

/// Bytes of code, bytes kept, and most bytes held at once, of a module that is loaded and run.
fn measure(shape: &Shape, number: usize, fused: bool) -> [f64; 3] {
    let wasm = (shape.module)(number);
    let mut config = Config::new();
    config.compilation_mode(CompilationMode::Eager).superinstructions(fused);
    // Each thread that took part leaves an idle translator, and how many do is chance.
    #[cfg(feature = "parallel")]
    config.compilation_threads(1);
    let engine = Engine::new(&config);
    let before = live();
    restart_peak();
    let module = Module::from_binary(&engine, &wasm).unwrap();
    let (kept, peak) = (live() - before, peak() - before);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, (shape.argument)(number)).unwrap(), (shape.result)(number), "{} {number}", shape.name);
    [module.code_bytes() as f64, kept as f64, peak as f64]
}

#[test]
fn twice_the_module_is_at_most_twice_the_memory() {
    for shape in SHAPES {
        for fused in [true, false] {
            let [once, twice] = [1, 2].map(|times| measure(shape, times * shape.number, fused));
            for (what, (once, twice)) in ["code", "kept", "peak"].into_iter().zip(once.into_iter().zip(twice)) {
                // Locals beyond the reach of an operand take another instruction, and vectors double.
                let most = if what == "peak" { 3.0 } else { 2.2 };
                assert!(twice <= most * once + 4096.0, "{}: {what}: {once} and {twice} bytes", shape.name);
            }
        }
    }
}

/// Buffers do not grow with the longest block: one expression of 200,000 operands needs less than 100 bytes at a time for each of its bytes.
#[test]
fn what_translation_needs_meanwhile_is_bounded_by_the_bytes_of_the_body() {
    for shape in SHAPES {
        let number = 2 * shape.number;
        let wasm = (shape.module)(number);
        let [.., peak] = measure(shape, number, true);
        let each = peak / wasm.len() as f64;
        assert!(each <= 100.0 || wasm.len() < 4096, "{}: {each} bytes at a time for a byte of WebAssembly", shape.name);
    }
}

/// Of each instruction remain at most its handler, its operands, and a copy of a slot.
#[test]
fn code_is_bounded_by_the_bytes_of_the_body() {
    for shape in SHAPES {
        let wasm = (shape.module)(shape.number);
        let [code, ..] = measure(shape, shape.number, false);
        let each = code / wasm.len() as f64;
        assert!(each <= 16.0 || wasm.len() < 4096, "{}: {each} bytes of code for a byte of WebAssembly", shape.name);
    }
}
