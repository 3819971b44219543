//! Differential tests with fixed seeds: fused, unfused, eager and lazy configurations beside wasmi, and validation beside wasmparser.
//! Where wasmi differs, sf-nano decides: see `fuzz/src/compare.rs`.
//!
//! `forms` and `memory` are directed at handler families; the rest runs the generators of the fuzz targets for a short while.
//! On a failure the message holds the module. Longer runs: `FULGURITE_DIFFERENTIAL_SEEDS=100000 cargo test --release --test differential`.

#[path = "differential/forms.rs"]
mod forms;
#[path = "../fuzz/src/lib.rs"]
mod fuzz;
#[path = "differential/memories.rs"]
mod memories;
#[path = "differential/memory.rs"]
mod memory;

use fuzz::{
    compare::{self, Memory},
    guest::{Failure, Fulgurite, Guest, Setup, SfNano, Value, Wasmi},
    program,
    random::Random,
    smith, verdict,
};

/// One instance and who runs it.
struct Side {
    label: String,
    guest: Box<dyn Guest>,
}

/// Instances of one module: Fulgurite fused and unfused, wasmi, and sf-nano where it has what the module needs.
struct Sides(Vec<Side>);

impl Sides {
    /// Instantiates a module given as text everywhere.
    fn new(text: &str) -> Self {
        let mut sides = Self::beside_wasmi(text);
        let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let guest = SfNano::new(&wasm, &[]).unwrap_or_else(|failure| panic!("sf-nano: {failure:?}\n{text}"));
        sides.0.push(Side { label: "sf-nano".into(), guest: Box::new(guest) });
        sides
    }

    /// The same, without sf-nano.
    fn beside_wasmi(text: &str) -> Self {
        let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut sides = Vec::new();
        for setup in Setup::ALL.into_iter().take(2) {
            let guest = Fulgurite::new(&wasm, setup).unwrap_or_else(|failure| panic!("{setup:?}: {failure:?}\n{text}"));
            sides.push(Side { label: format!("{setup:?}"), guest: Box::new(guest) });
        }
        let guest = Wasmi::new(&wasm).unwrap_or_else(|failure| panic!("wasmi: {failure:?}\n{text}"));
        sides.push(Side { label: "wasmi".into(), guest: Box::new(guest) });
        Self(sides)
    }

    /// Calls an export everywhere and returns what Fulgurite gave, or a text about who differs.
    /// One of the other engines has to agree with it.
    fn call(&mut self, name: &str, args: &[Value]) -> Result<Result<Vec<Value>, Failure>, String> {
        let outcomes: Vec<_> = self.0.iter_mut().map(|side| side.guest.call(name, args)).collect();
        let [fused, unfused, others @ ..] = outcomes.as_slice() else { return Err("an engine is missing".into()) };
        if fused == unfused && others.contains(fused) {
            return Ok(fused.clone());
        }
        let shown: Vec<String> = self.0.iter().zip(&outcomes).map(|(side, outcome)| format!("  {}: {outcome:?}", side.label)).collect();
        Err(format!("{name}{args:?} gives\n{}", shown.join("\n")))
    }

    /// The first `len` bytes of every side's memory.
    fn memories(&self, len: usize) -> Vec<(&str, Vec<u8>)> {
        let memory = |side: &Side| side.guest.memory("memory").and_then(|memory| memory.get(..len).map(<[u8]>::to_vec)).unwrap_or_default();
        self.0.iter().map(|side| (side.label.as_str(), memory(side))).collect()
    }
}

/// Collects failures, so that one run shows all of them; panics at the end.
#[derive(Default)]
struct Failures(Vec<String>);

/// More would not help a reader.
const MAX_SHOWN: usize = 20;

impl Failures {
    fn add(&mut self, text: String) {
        self.0.push(text);
    }

    fn finish(self) {
        let shown: Vec<String> = self.0.iter().take(MAX_SHOWN).cloned().collect();
        assert!(self.0.is_empty(), "{} differences:\n{}", self.0.len(), shown.join("\n\n"));
    }
}

/// How many seeds a test tries.
fn seeds(default: u64) -> u64 {
    std::env::var("FULGURITE_DIFFERENTIAL_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(default)
}

#[test]
fn programs_agree() {
    let mut failures = Failures::default();
    for seed in 0..seeds(200) {
        let length = 150 + usize::try_from(seed).unwrap_or(0) * 37 % 5000;
        let text = program::text(&Random::new(seed).bytes(length));
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        match compare::run(&wasm, Memory::Program) {
            Ok(ran) => assert!(ran, "seed {seed}: wasmi refuses\n{text}"),
            Err(error) => failures.add(format!("seed {seed}, {length} bytes: {error}\n{text}")),
        }
    }
    failures.finish();
}

#[test]
fn smith_modules_agree() {
    let mut failures = Failures::default();
    let mut made = 0;
    let count = seeds(300);
    for seed in 0..count {
        let Some(wasm) = smith::module(&Random::new(seed).bytes(3000)) else { continue };
        made += 1;
        if let Err(error) = compare::run(&wasm, Memory::Bytes) {
            failures.add(format!("seed {seed}: {error}\n{}", fuzz::show(&wasm)));
        }
    }
    failures.finish();
    assert!(made * 2 > count, "the generator makes few modules: {made} of {count}");
}

#[test]
fn verdicts_agree() {
    let mut failures = Failures::default();
    let mut judge = |what: String, wasm: &[u8]| {
        if let Err(error) = verdict::agree(wasm) {
            failures.add(format!("{what}: {error}\n{}", fuzz::show(wasm)));
        }
    };
    for seed in 0..seeds(150) {
        let bytes = Random::new(seed).bytes(2000);
        if let Some(wasm) = smith::dubious_module(&bytes) {
            judge(format!("dubious, seed {seed}"), &wasm);
        }
        let Some(wasm) = smith::module(&bytes) else { continue };
        for mutation in 0..20 {
            let mut mutant = wasm.clone();
            verdict::mutate(&mut mutant, seed * 1000 + mutation);
            judge(format!("mutant, seed {seed}, mutation {mutation}"), &mutant);
        }
    }
    failures.finish();
}

/// The inputs that are checked in for the fuzz targets, and some noise for `validate`.
#[test]
fn seeds_agree() {
    let seeds = |target: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let inputs: Vec<_> = files.map(|file| std::fs::read(file.expect("a file").path()).expect("its bytes")).collect();
        assert!(!inputs.is_empty(), "{} is empty", folder.display());
        inputs
    };
    let noise = (0..40).map(|seed| Random::new(seed).bytes(600));
    for wasm in seeds("validate").into_iter().chain(noise).filter_map(|bytes| verdict::candidate(&bytes)) {
        verdict::agree(&wasm).unwrap_or_else(|error| panic!("{error}\n{}", fuzz::show(&wasm)));
    }
    for wasm in seeds("exec").iter().filter_map(|bytes| smith::module(bytes)) {
        compare::run(&wasm, Memory::Bytes).unwrap_or_else(|error| panic!("{error}\n{}", fuzz::show(&wasm)));
    }
    for bytes in seeds("program") {
        let text = program::text(&bytes);
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        compare::run(&wasm, Memory::Program).unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
}
