//! Branch hints at random, which must not change what a module does.

use super::random::Random;
use wasmparser::{Operator, Parser, Payload};

/// The module with a section of hints: half of its `if` and `br_if` have one, likely or not. Left as it is if it has no code.
///
/// # Errors
/// A malformed module.
pub fn add(wasm: &[u8], random: &mut Random) -> wasmparser::Result<Vec<u8>> {
    let (mut before, mut code, mut function) = (8, None, 0);
    let (mut functions, mut count) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    function += u64::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionStart { .. } => code = Some(before),
            Payload::CodeSectionEntry(body) => {
                let (mut hints, mut hinted) = (Vec::new(), 0);
                let start = body.range().start;
                for operator in body.get_operators_reader()?.into_iter_with_offsets() {
                    let (operator, offset) = operator?;
                    if matches!(operator, Operator::If { .. } | Operator::BrIf { .. }) && random.below(2) == 0 {
                        leb128(&mut hints, offset - start);
                        hints.extend([1, (random.next() >> 40 & 1) as u8]);
                        hinted += 1;
                    }
                }
                leb128(&mut functions, function);
                leb128(&mut functions, hinted);
                functions.extend(hints);
                function += 1;
                count += 1;
            }
            _ => {}
        }
        if let Some((_, range)) = payload.as_section() {
            before = range.end as usize;
        }
    }
    let Some(code) = code else { return Ok(wasm.to_vec()) };
    let mut contents = Vec::new();
    leb128(&mut contents, NAME.len() as u64);
    contents.extend(NAME);
    leb128(&mut contents, count);
    contents.extend(functions);
    let mut section = vec![0];
    leb128(&mut section, contents.len() as u64);
    section.extend(contents);
    Ok([&wasm[..code], &section, &wasm[code..]].concat())
}

const NAME: &[u8] = b"metadata.code.branch_hint";

/// Appends a number as the binary format writes it.
fn leb128(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
