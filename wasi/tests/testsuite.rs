//! The official Preview 1 tests, on the host's file system, in memory, and on an overlay; only if the folder of the tests lies beside the
//! repository, in `../shared/wasi-testsuite`, or where `FULGURITE_WASI_TESTSUITE` says.

#[path = "../examples/testsuite/runner.rs"]
mod runner;

use std::path::Path;

use runner::FileSystem;

/// Runs every case of the three collections on one kind of file system.
fn run(file_system: FileSystem) {
    let suite = match std::env::var_os("FULGURITE_WASI_TESTSUITE") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/wasi-testsuite"),
    };
    if !suite.is_dir() {
        println!("note: nothing was run, since there is no {}", suite.display());
        return;
    }
    for (collection, count) in [("assemblyscript", 12), ("c", 14), ("rust", 46)] {
        let outcome = runner::run_folder(&suite.join(collection), file_system).expect("the folder can be listed");
        assert!(outcome.failures.is_empty(), "{} failures\n{}", outcome.failures.len(), outcome.failures.join("\n"));
        assert!(outcome.passed >= count, "only {} cases of {collection}", outcome.passed);
    }
}

#[test]
fn every_case_on_every_file_system() {
    FileSystem::ALL.into_iter().for_each(run);
}
