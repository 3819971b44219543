//! Branch hints: what a module does is the same with them and without, and where its code is found is too; sections that are malformed are ignored.
//!
//! Random programs with random hints run in `differential`; what the code looks like is in `tests/golden/hints.lst`.

use fulgurite::{Config, Engine, ErrorKind, Instance, Linker, Module, Store};

/// A binary whose code a hint changes; `hint` is the contents of the section, behind its name.
fn binary(hint: Option<&[u8]>) -> Vec<u8> {
    let text = r#"(module (func (export "run") (param i32) (result i32)
        (if (local.get 0) (then (return (i32.const 7))))
        (i32.const 8)))"#;
    let mut binary = wat::parse_str(text).unwrap();
    // The code section starts behind the export of "run".
    let code = binary.windows(3).position(|bytes| bytes == b"run").unwrap() + 5;
    assert_eq!(binary[code], 10);
    if let Some(hint) = hint {
        binary.splice(code..code, section(hint));
    }
    binary
}

fn module(engine: &Engine, hint: Option<&[u8]>) -> Module {
    Module::from_binary(engine, &binary(hint)).unwrap()
}

/// A section of hints.
fn section(contents: &[u8]) -> Vec<u8> {
    let name = b"metadata.code.branch_hint";
    let size = 1 + name.len() + contents.len();
    [&[0, size as u8, name.len() as u8], &name[..], contents].concat()
}

/// The code of the function, without the offsets in the module, which the section moves.
fn code(module: &Module) -> Vec<String> {
    let listing = module.disassemble(0).unwrap();
    listing.lines().map(|line| line.split("  ; ").next().unwrap_or_default().to_owned()).collect()
}

fn run(engine: &Engine, module: &Module, argument: i32) -> i32 {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    instance.get_typed_func::<i32, i32>(&store, "run").unwrap().call(&mut store, argument).unwrap()
}

/// The `if` stands 3 bytes behind the start of the body: one for the declarations of locals, two for `local.get`.
const UNLIKELY: &[u8] = &[1, 0, 1, 3, 1, 0];

#[test]
fn a_hint_changes_the_layout_and_nothing_else() {
    let engine = Engine::default();
    let (plain, hinted) = (module(&engine, None), module(&engine, Some(UNLIKELY)));
    assert_ne!(code(&plain), code(&hinted));
    for (argument, result) in [(0, 8), (1, 7)] {
        assert_eq!((run(&engine, &plain, argument), run(&engine, &hinted, argument)), (result, result));
    }
    // Likely is how an `if` without `else` is laid out anyway.
    assert_eq!(code(&plain), code(&module(&engine, Some(&[1, 0, 1, 3, 1, 1]))));
}

#[test]
fn sections_that_say_nothing_are_ignored() {
    let engine = Engine::default();
    let plain = code(&module(&engine, None));
    for (what, hint) in [
        ("nothing at all", &[][..]),
        ("no functions", &[0]),
        ("less than the number of functions", &[2, 0, 1, 3, 1, 0]),
        ("more than the number of functions", &[1, 0, 1, 3, 1, 0, 0]),
        ("less than the number of hints", &[1, 0, 2, 3, 1, 0]),
        ("a hint of two bytes", &[1, 0, 1, 3, 2, 0, 0]),
        ("a hint of no byte", &[1, 0, 1, 3, 0]),
        ("a hint that is neither", &[1, 0, 1, 3, 1, 2]),
        ("a number that is too long", &[1, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 3, 1, 0]),
        ("a number that does not end", &[1, 0, 1, 0x83]),
        ("a function that is not there", &[1, 9, 1, 3, 1, 0]),
        ("an instruction that is no branch", &[1, 0, 1, 1, 1, 0]),
        ("a place in the middle of an instruction", &[1, 0, 1, 4, 1, 0]),
        ("a place beyond the body", &[1, 0, 1, 100, 1, 0]),
        ("places that fall", &[1, 0, 2, 3, 1, 0, 1, 1, 0]),
        ("a place twice", &[1, 0, 2, 3, 1, 0, 3, 1, 1]),
        ("a function twice", &[2, 0, 1, 3, 1, 0, 0, 0]),
        ("functions that fall", &[2, 1, 0, 0, 1, 3, 1, 0]),
    ] {
        assert_eq!(plain, code(&module(&engine, Some(hint))), "{what}");
    }
    // Behind the code, and a second time with another hint.
    let binary = binary(None);
    let behind = Module::from_binary(&engine, &[&binary[..], &section(UNLIKELY)].concat()).unwrap();
    assert_eq!(plain, code(&behind));
    let empty = [&binary[..8], &section(&[0]), &section(UNLIKELY), &binary[8..]].concat();
    assert_eq!(plain, code(&Module::from_binary(&engine, &empty).unwrap()));
    // The first section counts, wherever it stands before the code.
    let twice = [&binary[..8], &section(UNLIKELY), &section(&[0]), &binary[8..]].concat();
    assert_eq!(code(&module(&engine, Some(UNLIKELY))), code(&Module::from_binary(&engine, &twice).unwrap()));
}

/// Traps in what was moved, and behind it, name the instruction where they happened.
#[test]
fn backtraces_find_what_was_moved() {
    let text = r#"(module (memory 1) (func (export "run") (param i32) (result i32)
        (@metadata.code.branch_hint "\00")
        (if (i32.eq (local.get 0) (i32.const 1)) (then (drop (i32.div_s (local.get 0) (i32.const 0)))))
        (block $rest
            (@metadata.code.branch_hint "\01")
            (br_if $rest (i32.ne (local.get 0) (i32.const 2)))
            (drop (i32.load (i32.const -1))))
        (if (i32.eq (local.get 0) (i32.const 3)) (then unreachable))
        (local.get 0)))"#;
    let binary = wat::parse_str(text).unwrap();
    // The opcodes of what traps occur nowhere else in the module's code.
    let position =
        |bytes: &[u8]| binary.len() - bytes.len() - binary.windows(bytes.len()).rev().position(|window| window == bytes).unwrap();
    let traps = [position(&[0x41, 0, 0x6d]) + 2, position(&[0x41, 0x7f, 0x28]) + 2, position(&[0x04, 0x40, 0x00]) + 2];
    for fuse in [true, false] {
        let engine = Engine::new(Config::new().superinstructions(fuse));
        let module = Module::from_binary(&engine, &binary).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module).unwrap();
        let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
        for argument in [0, 4] {
            assert_eq!(run.call(&mut store, argument).unwrap(), argument);
        }
        for (argument, offset) in (1..).zip(traps) {
            let error = run.call(&mut store, argument).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Trap);
            let offsets: Vec<_> = error.backtrace().iter().map(|frame| frame.module_offset).collect();
            assert_eq!(offsets, [Some(offset)], "{argument}: {error}");
        }
    }
}

/// Deep nesting with a hint at each level takes neither time nor memory that grows faster than the module.
#[test]
fn many_hints_in_deep_code() {
    for depth in [10, 1000] {
        let open =
            r#"(@metadata.code.branch_hint "\00") (if (local.get 0) (then (@metadata.code.branch_hint "\01") (br_if 0 (local.get 0)) "#;
        let turn = r#"block local.get 0 (@metadata.code.branch_hint "\01") br_if 0 "#;
        let text = format!(
            r#"(module (func (export "run") (param i32) (result i32)
                {} {} {} {} (i32.const 5)))"#,
            open.repeat(depth),
            "))".repeat(depth),
            turn.repeat(depth),
            "end ".repeat(depth)
        );
        let engine = Engine::default();
        let module = Module::new(&engine, &text).unwrap();
        assert_eq!((run(&engine, &module, 0), run(&engine, &module, 1)), (5, 5));
    }
}
