//! Validation: Fulgurite's verdict beside that of wasmparser's validator.

use super::{random::Random, smith};
use wasmparser::{Validator, WasmFeatures};

/// The proposals that the engine implements.
pub const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::FUNCTION_REFERENCES)
    .union(WasmFeatures::GC)
    .union(WasmFeatures::EXCEPTIONS)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::CUSTOM_PAGE_SIZES)
    .union(WasmFeatures::WIDE_ARITHMETIC)
    .union(WasmFeatures::COMPACT_IMPORTS)
    .union(WasmFeatures::THREADS);

/// Checks that both give the same verdict.
///
/// # Errors
/// A text that shows both verdicts, if they differ.
pub fn agree(wasm: &[u8]) -> Result<(), String> {
    let ours = fulgurite::Module::validate(&fulgurite::Engine::default(), wasm);
    let theirs = Validator::new_with_features(FEATURES).validate_all(wasm);
    match (&ours, &theirs) {
        (Ok(()), Ok(_)) | (Err(_), Err(_)) => Ok(()),
        // Limits are each implementation's own.
        (Err(error), Ok(_)) if error.kind() == fulgurite::ErrorKind::Limit => Ok(()),
        (Ok(()), Err(error)) if is_limit(&error.to_string()) => Ok(()),
        (Err(error), Ok(_)) => Err(format!("fulgurite refuses what wasmparser accepts: {error}")),
        (Ok(()), Err(error)) => Err(format!("fulgurite accepts what wasmparser refuses: {error}")),
    }
}

/// Whether wasmparser refused for the size of something.
fn is_limit(message: &str) -> bool {
    ["exceed", "too large", "limit", "too many", "too big"].iter().any(|word| message.contains(word))
}

/// A module to judge, from a fuzzer's bytes: those bytes, or a generated module with some bytes changed.
pub fn candidate(bytes: &[u8]) -> Option<Vec<u8>> {
    let (kind, rest) = bytes.split_first()?;
    match kind % 4 {
        0 => Some(rest.to_vec()),
        1 => smith::dubious_module(rest),
        _ => {
            let (seed, rest) = rest.split_at_checked(2)?;
            let mut wasm = smith::module(rest)?;
            mutate(&mut wasm, u64::from(u16::from_le_bytes([*seed.first()?, *seed.get(1)?])));
            Some(wasm)
        }
    }
}

/// Changes one to three places of a module: a bit, a byte, a byte lost or doubled.
pub fn mutate(wasm: &mut Vec<u8>, seed: u64) {
    let mut random = Random::new(seed);
    for _ in 0..=random.below(3) {
        // The eight bytes of magic and version stay.
        let at = 8 + random.below(wasm.len().saturating_sub(8));
        if at >= wasm.len() {
            return;
        }
        match random.below(4) {
            0 => wasm[at] ^= 1 << random.below(8),
            1 => wasm[at] = random.next().to_le_bytes()[0],
            2 => drop(wasm.remove(at)),
            _ => wasm.insert(at, wasm[at]),
        }
    }
}
