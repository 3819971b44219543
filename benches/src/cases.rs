//! What is measured: case lists (JSON) and the modules and inputs that they name.
//!
//! Two lists come with this package: `cases/cases.json` for the programs beside it, and `cases/bench-data.json` for a folder of
//! benchmark modules given by `--data`. A folder with a `cases.json` of its own is described by that.

use crate::{
    Result,
    engines::{Value, ValueType},
};
use serde::Deserialize;
use std::path::{Path, PathBuf};

const OWN_LIST: &str = include_str!("../cases/cases.json");
const DATA_LIST: &str = include_str!("../cases/bench-data.json");

/// A list of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Programs to run.
    pub exec: Vec<Case>,
    /// Modules to load and instantiate.
    #[serde(default)]
    pub startup: Vec<String>,
    /// Modules to validate, besides those of `startup`.
    #[serde(default)]
    pub validate: Vec<String>,
}

/// How a case is driven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `run(args)` is timed and returns the result.
    #[default]
    Direct,
    /// `handle = setup(args)`, input written at `input_ptr(handle)`; `run(handle)` is timed; then the checks, `teardown(handle)`.
    Session,
    /// `run()` returns a score: iterations per second of the guest's own clock.
    Score,
}

/// One program and how to run it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The name on the command line and in reports.
    pub name: String,
    /// The module, `.wasm` or `.wat`, relative to the folder of the list.
    pub file: String,
    /// How it is driven.
    #[serde(default)]
    pub kind: Kind,
    /// Arguments of `run` or `setup`.
    #[serde(default)]
    pub args: Vec<Value>,
    /// Arguments at the small problem size, if it has one.
    pub small_args: Option<Vec<Value>>,
    /// The type of what `run` returns.
    pub result_type: Option<ValueType>,
    /// What `run` must return.
    pub result: Option<Value>,
    /// What `run` must return at the small size.
    pub small_result: Option<Value>,
    /// A file written to the guest's memory after `setup`.
    pub input: Option<String>,
    /// A file that the memory at `output_ptr(handle)` must equal.
    pub output: Option<String>,
    /// Exports to call with the handle after a run.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// The folder that `file`, `input` and `output` are relative to.
    #[serde(skip)]
    folder: PathBuf,
}

/// An export to call after a run and what it must return.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The export.
    pub export: String,
    /// Its result.
    pub value: Value,
    /// Its result at the small size, if the case has one.
    pub small: Option<Value>,
}

impl Case {
    /// The arguments at one problem size.
    pub fn args(&self, small: bool) -> &[Value] {
        self.small_args.as_ref().filter(|_| small).unwrap_or(&self.args)
    }

    /// The expected result at one problem size, if it is known.
    pub fn result(&self, small: bool) -> Option<Value> {
        if self.is_smaller(small) { self.small_result } else { self.result }
    }

    /// The expected value of a check at one problem size, if it is known.
    pub fn expected(&self, check: &Check, small: bool) -> Option<Value> {
        if self.is_smaller(small) { check.small } else { Some(check.value) }
    }

    /// The type that `run` returns.
    pub fn result_type(&self) -> Option<ValueType> {
        self.result_type.or(self.result.map(Value::ty))
    }

    /// The module in binary form.
    ///
    /// # Errors
    /// When the file is missing or its text is malformed.
    pub fn wasm(&self) -> Result<Vec<u8>> {
        read_module(&self.folder.join(&self.file))
    }

    /// The input file, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn input(&self) -> Result<Option<Vec<u8>>> {
        self.input.as_ref().map(|file| read(&self.folder.join(file))).transpose()
    }

    /// The expected output, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn output(&self) -> Result<Option<Vec<u8>>> {
        self.output.as_ref().map(|file| read(&self.folder.join(file))).transpose()
    }

    fn is_smaller(&self, small: bool) -> bool {
        small && self.small_args.is_some()
    }
}

/// Where cases come from.
#[derive(Clone, Debug)]
pub struct Sources {
    /// A folder with benchmark modules.
    pub data: Option<PathBuf>,
    /// This package's own programs too.
    pub own: bool,
}

/// The folder that `--data` means when it is not given.
pub fn default_data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/bench-data")
}

/// This package's folder of programs.
pub fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// The cases of the chosen sources, those named in `only` if given.
///
/// # Errors
/// When a list is malformed or a name in `only` is unknown.
pub fn exec_cases(sources: &Sources, only: Option<&str>) -> Result<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    for (folder, list) in lists(sources)? {
        cases.extend(list.exec.into_iter().map(|case| Case { folder: folder.clone(), ..case }));
    }
    if let Some(only) = only {
        for name in only.split(',') {
            if !cases.iter().any(|case| case.name == name) {
                return Err(format!("no case `{name}`; the cases are {}", names(&cases)).into());
            }
        }
        cases.retain(|case| only.split(',').any(|name| name == case.name));
    }
    Ok(cases)
}

/// Modules for the start-up test: name and binary.
///
/// # Errors
/// When a file is missing or malformed.
pub fn startup_modules(sources: &Sources) -> Result<Vec<(String, Vec<u8>)>> {
    let mut modules = Vec::new();
    for (folder, list) in lists(sources)? {
        for file in list.startup {
            modules.push((stem(&file), read_module(&folder.join(file))?));
        }
    }
    Ok(modules)
}

/// Modules for the validation test: name and binary.
///
/// # Errors
/// When a file is missing or malformed.
pub fn validate_modules(sources: &Sources) -> Result<Vec<(String, Vec<u8>)>> {
    let mut modules = Vec::new();
    for (folder, list) in lists(sources)? {
        for file in list.startup.into_iter().chain(list.validate) {
            modules.push((stem(&file), read_module(&folder.join(file))?));
        }
    }
    Ok(modules)
}

/// Whether a module exports its memory as `memory`. Some engines lend memories that are not exported, others do not.
///
/// # Errors
/// When the module is malformed.
pub fn exports_memory(wasm: &[u8]) -> Result<bool> {
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::ExportSection(section) = payload? {
            for export in section {
                let export = export?;
                if export.name == "memory" && export.kind == wasmparser::ExternalKind::Memory {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

fn lists(sources: &Sources) -> Result<Vec<(PathBuf, List)>> {
    let mut lists = Vec::new();
    if let Some(folder) = &sources.data {
        let list = match std::fs::read_to_string(folder.join("cases.json")) {
            Ok(text) => serde_json::from_str(&text)?,
            Err(_) => serde_json::from_str(DATA_LIST)?,
        };
        lists.push((folder.clone(), list));
    }
    if sources.own {
        lists.push((own_folder(), serde_json::from_str(OWN_LIST)?));
    }
    Ok(lists)
}

fn names(cases: &[Case]) -> String {
    cases.iter().map(|case| case.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn stem(file: &str) -> String {
    Path::new(file).file_stem().map_or_else(|| file.to_string(), |stem| stem.to_string_lossy().into_owned())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// A module in binary form, from a file of either format.
///
/// # Errors
/// When it is missing or malformed.
pub fn read_module(path: &Path) -> Result<Vec<u8>> {
    if path.extension().is_some_and(|extension| extension == "wat") { Ok(wat::parse_file(path)?) } else { read(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_well_formed() {
        let own: List = serde_json::from_str(OWN_LIST).expect("cases.json");
        let data: List = serde_json::from_str(DATA_LIST).expect("bench-data.json");
        assert!(own.exec.iter().all(|case| case.result.is_some()), "each own case states its result");
        let mut names: Vec<_> = own.exec.iter().chain(&data.exec).map(|case| &case.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "names are unique");
    }

    #[test]
    fn own_modules_are_valid() {
        let sources = Sources { data: None, own: true };
        for case in exec_cases(&sources, None).expect("list") {
            let wasm = case.wasm().expect("module");
            wasmparser::Validator::new().validate_all(&wasm).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        }
    }
}
