//! Modules from wasm-smith: any shape, little meaning. Good at sections, types, control flow and dead code.

use arbitrary::Unstructured;

/// Loop heads and calls that a function may pass before it traps.
const FUEL: u32 = 2_000;

/// A valid module of the supported proposals whose calls all end, or nothing if `bytes` do not make one.
pub fn module(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut input = Unstructured::new(bytes);
    let mut config = config();
    config.disallow_traps = input.arbitrary().ok()?;
    let mut module = wasm_smith::Module::new(config, &mut input).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes())
}

/// A module some of whose bodies may be nonsense, and which may use what wasmi does not have.
pub fn dubious_module(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut config = config();
    config.allow_invalid_funcs = true;
    config.exceptions_enabled = true;
    Some(wasm_smith::Module::new(config, &mut Unstructured::new(bytes)).ok()?.to_bytes())
}

/// The proposals that both this engine and wasmi implement; small and without NaN payloads.
fn config() -> wasm_smith::Config {
    wasm_smith::Config {
        acquire_release_atomics_enabled: false,
        bulk_memory_enabled: true,
        canonicalize_nans: true,
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: true,
        exceptions_enabled: false,
        export_everything: true,
        extended_const_enabled: true,
        gc_enabled: false,
        max_data_segments: 4,
        max_element_segments: 4,
        max_elements: 16,
        max_funcs: 12,
        max_globals: 8,
        max_imports: 4,
        max_instructions: 300,
        max_memories: 3,
        max_memory32_bytes: 4 << 16,
        max_memory64_bytes: 4 << 16,
        max_table_elements: 40,
        max_tables: 3,
        max_types: 12,
        memory64_enabled: true,
        memory_max_size_required: true,
        min_funcs: 1,
        multi_value_enabled: true,
        multibyte_array_access_enabled: false,
        reference_types_enabled: true,
        // What it gives is up to the machine.
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: true,
        shared_everything_threads_enabled: false,
        sign_extension_ops_enabled: true,
        simd_enabled: true,
        table_max_size_required: true,
        tail_call_enabled: true,
        threads_enabled: false,
        wide_arithmetic_enabled: true,
        ..wasm_smith::Config::default()
    }
}
