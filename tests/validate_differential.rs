//! Our verdict on modules against wasmparser's validator: generated modules, and mutations of them and of hand-written ones.
//!
//! Both must accept or both must reject; why they reject may differ. Seeds are fixed, so that a failure can be run again.

use arbitrary::Unstructured;
use fulgurite::{Config, Engine, Module};
use wasmparser::{Validator, WasmFeatures};

/// Modules that use every kind of section, segment and instruction that the engine has.
const SEEDS: &[&str] = &[
    include_str!("validate/control.wat"),
    include_str!("validate/segments.wat"),
    include_str!("validate/numeric.wat"),
    include_str!("validate/vectors.wat"),
    include_str!("validate/constants.wat"),
    include_str!("validate/exceptions.wat"),
    include_str!("validate/memories.wat"),
    include_str!("exceptions/legacy.wat"),
    include_str!("validate/references.wat"),
    include_str!("gc/programs.wat"),
];

/// Numbers that look random (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

/// The proposals that the engine implements.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::EXCEPTIONS
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::MEMORY64
        | WasmFeatures::CUSTOM_PAGE_SIZES
        | WasmFeatures::WIDE_ARITHMETIC
        | WasmFeatures::COMPACT_IMPORTS
        | WasmFeatures::LEGACY_EXCEPTIONS
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::THREADS
        | WasmFeatures::GC
}

/// An engine with all of them.
fn engine() -> Engine {
    let mut config = Config::new();
    config.wasm_legacy_exceptions(true);
    Engine::new(&config)
}

/// Compares the verdicts; gives whether the module was accepted.
fn compare(engine: &Engine, bytes: &[u8], what: &str) -> bool {
    let ours = Module::validate(engine, bytes);
    let theirs = Validator::new_with_features(features()).validate_all(bytes);
    if ours.is_ok() != theirs.is_ok() {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        panic!("{what}: we say {:?}, wasmparser {:?}\n{hex}", ours.map_err(|e| e.to_string()), theirs.map(drop).map_err(|e| e.to_string()));
    }
    ours.is_ok()
}

fn seeds() -> impl Iterator<Item = Vec<u8>> {
    SEEDS.iter().map(|text| wat::parse_str(text).unwrap())
}

/// A module that wasm-smith makes of a seed; with `broken` bodies, if wanted, which are bytes that mean nothing.
fn generated(seed: u64, broken: bool) -> Option<Vec<u8>> {
    let mut random = Random(seed);
    let entropy = random.bytes(2_000);
    let mut unstructured = Unstructured::new(&entropy);
    let config = wasm_smith::Config {
        allow_invalid_funcs: broken,
        compact_imports_enabled: true,
        custom_page_sizes_enabled: true,
        exceptions_enabled: true,
        gc_enabled: true,
        max_data_segments: 5,
        max_element_segments: 5,
        max_funcs: 8,
        max_imports: 8,
        max_memories: 3,
        max_tables: 3,
        max_type_size: 100,
        memory64_enabled: true,
        relaxed_simd_enabled: true,
        simd_enabled: true,
        tail_call_enabled: true,
        threads_enabled: true,
        wide_arithmetic_enabled: true,
        ..wasm_smith::Config::default()
    };
    wasm_smith::Module::new(config, &mut unstructured).ok().map(|module| module.to_bytes())
}

/// Changes 1 to 4 bytes.
fn mutate(bytes: &mut [u8], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        bytes[at] = match random.below(4) {
            0 => bytes[at] ^ 1 << random.below(8),
            1 => bytes[random.below(bytes.len())],
            2 => bytes[at].wrapping_add(1),
            _ => random.next() as u8,
        };
    }
}

/// Compares mutations of a module; gives how many were accepted.
fn mutations(engine: &Engine, original: &[u8], count: usize, random: &mut Random) -> usize {
    let mut bytes = original.to_vec();
    let mut accepted = 0;
    for _ in 0..count {
        bytes.copy_from_slice(original);
        mutate(&mut bytes[8..], random);
        accepted += usize::from(compare(engine, &bytes, "mutation"));
    }
    accepted
}

#[test]
fn seeds_are_valid() {
    for bytes in seeds() {
        Module::validate(&engine(), &bytes).unwrap();
        compare(&engine(), &bytes, "seed");
    }
}

#[test]
fn generated_modules() {
    let engine = engine();
    let mut accepted = 0;
    for seed in 0..300 {
        if let Some(bytes) = generated(seed, false) {
            accepted += usize::from(compare(&engine, &bytes, &format!("generated from {seed}")));
        }
    }
    assert!(accepted > 200, "only {accepted} modules were accepted");
}

#[test]
fn generated_modules_with_broken_bodies() {
    let engine = engine();
    for seed in 0..200 {
        if let Some(bytes) = generated(seed, true) {
            compare(&engine, &bytes, &format!("generated with broken bodies from {seed}"));
        }
    }
}

#[test]
fn mutations_of_generated_modules() {
    let engine = engine();
    let mut random = Random(2);
    for seed in 0..60 {
        if let Some(bytes) = generated(seed, false) {
            mutations(&engine, &bytes, 60, &mut random);
        }
    }
}

#[test]
fn mutations_of_seeds() {
    let engine = engine();
    let mut random = Random(1);
    for bytes in seeds() {
        let accepted = mutations(&engine, &bytes, 12_000, &mut random);
        assert!(accepted > 100, "only {accepted} mutations were accepted");
    }
}

#[test]
fn every_truncation_and_every_bit() {
    let engine = engine();
    for mut bytes in seeds() {
        for len in 0..bytes.len() {
            compare(&engine, &bytes[..len], "truncation");
        }
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            compare(&engine, &bytes, "flipped bit");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
