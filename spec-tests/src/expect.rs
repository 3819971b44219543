//! Values of a script: arguments turned into the engine's, results compared with patterns, and both printed as the text format writes them.
//!
//! Spec: the script grammar of the reference interpreter (constants, result patterns). Imported by `directive`.

use fulgurite::{AnyRef, AsContext, AsContextMut, Error, ExternRef, V128, Val};
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// The host value behind `(ref.extern N)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct HostNumber(u32);

/// Turns an argument of a script into a value of `store`.
pub(crate) fn argument(mut store: impl AsContextMut, arg: &WastArg<'_>) -> Result<Val, Error> {
    let WastArg::Core(arg) = arg else {
        return Err(Error::new("arguments of components are not supported"));
    };
    Ok(match arg {
        WastArgCore::I32(x) => Val::I32(*x),
        WastArgCore::I64(x) => Val::I64(*x),
        WastArgCore::F32(x) => Val::F32(x.bits),
        WastArgCore::F64(x) => Val::F64(x.bits),
        WastArgCore::V128(x) => Val::V128(V128::from_bytes(x.to_le_bytes())),
        WastArgCore::RefNull(heap) if is_func(heap) => Val::FuncRef(None),
        WastArgCore::RefNull(heap) if is_extern(heap) => Val::ExternRef(None),
        WastArgCore::RefNull(heap) if is_exn(heap) => Val::ExnRef(None),
        WastArgCore::RefNull(heap) if is_any(heap) => Val::AnyRef(None),
        WastArgCore::RefExtern(n) => Val::ExternRef(Some(ExternRef::new(store.as_context_mut(), HostNumber(*n)))),
        WastArgCore::RefHost(n) => {
            let host = ExternRef::new(store.as_context_mut(), HostNumber(*n));
            Val::AnyRef(Some(host.as_any(store)?))
        }
        other => return Err(Error::new(format!("arguments like {other:?} are not supported"))),
    })
}

fn is_func(heap: &HeapType<'_>) -> bool {
    matches!(heap, HeapType::Abstract { ty: AbstractHeapType::Func | AbstractHeapType::NoFunc, .. })
}

fn is_extern(heap: &HeapType<'_>) -> bool {
    matches!(heap, HeapType::Abstract { ty: AbstractHeapType::Extern | AbstractHeapType::NoExtern, .. })
}

fn is_exn(heap: &HeapType<'_>) -> bool {
    matches!(heap, HeapType::Abstract { ty: AbstractHeapType::Exn | AbstractHeapType::NoExn, .. })
}

fn is_any(heap: &HeapType<'_>) -> bool {
    use AbstractHeapType::{Any, Array, Eq, I31, None, Struct};
    matches!(heap, HeapType::Abstract { ty: Any | Eq | I31 | Struct | Array | None, .. })
}

/// The host value behind a reference of the hierarchy of `any`.
fn host_number(any: &AnyRef, store: &impl AsContext) -> Option<HostNumber> {
    let host = any.to_extern(store.as_context()).ok()?;
    host.data(store.as_context()).downcast_ref().copied()
}

/// Whether `values` are what `patterns` ask for.
pub(crate) fn results_match(store: impl AsContext, values: &[Val], patterns: &[WastRet<'_>]) -> bool {
    values.len() == patterns.len()
        && values.iter().zip(patterns).all(|(value, pattern)| match pattern {
            WastRet::Core(pattern) => matches(&store, value, pattern),
            _ => false,
        })
}

fn matches(store: &impl AsContext, value: &Val, pattern: &WastRetCore<'_>) -> bool {
    match (value, pattern) {
        (_, WastRetCore::Either(patterns)) => patterns.iter().any(|pattern| matches(store, value, pattern)),
        (Val::I32(x), WastRetCore::I32(y)) => x == y,
        (Val::I64(x), WastRetCore::I64(y)) => x == y,
        (Val::F32(x), WastRetCore::F32(pattern)) => f32_matches(*x, pattern),
        (Val::F64(x), WastRetCore::F64(pattern)) => f64_matches(*x, pattern),
        (Val::V128(x), WastRetCore::V128(pattern)) => lanes_match(*x, pattern),
        (Val::FuncRef(None) | Val::ExternRef(None) | Val::ExnRef(None), WastRetCore::RefNull(None)) => true,
        (Val::ExnRef(None), WastRetCore::RefNull(Some(heap))) => is_exn(heap),
        (Val::FuncRef(None), WastRetCore::RefNull(Some(heap))) => is_func(heap),
        (Val::ExternRef(None), WastRetCore::RefNull(Some(heap))) => is_extern(heap),
        (Val::AnyRef(None), WastRetCore::RefNull(None)) => true,
        (Val::AnyRef(None), WastRetCore::RefNull(Some(heap))) => is_any(heap),
        (Val::AnyRef(Some(any)), pattern) => {
            let store = store.as_context();
            match pattern {
                WastRetCore::RefAny => true,
                WastRetCore::RefEq => any.is_eq(store).unwrap_or(false),
                WastRetCore::RefI31 => any.as_i31(store).is_ok_and(|i31| i31.is_some()),
                WastRetCore::RefStruct => any.as_struct(store).is_ok_and(|found| found.is_some()),
                WastRetCore::RefArray => any.as_array(store).is_ok_and(|found| found.is_some()),
                WastRetCore::RefHost(n) => host_number(any, &store) == Some(HostNumber(*n)),
                _ => false,
            }
        }
        // The grammar allows an index here, but nothing that it could refer to: any function will do.
        (Val::FuncRef(Some(_)), WastRetCore::RefFunc(_)) => true,
        (Val::ExternRef(Some(_)), WastRetCore::RefExtern(None)) => true,
        (Val::ExternRef(Some(x)), WastRetCore::RefExtern(Some(n))) => {
            x.data(store.as_context()).downcast_ref::<HostNumber>() == Some(&HostNumber(*n))
        }
        _ => false,
    }
}

fn f32_matches(bits: u32, pattern: &NanPattern<F32>) -> bool {
    match pattern {
        NanPattern::Value(y) => bits == y.bits,
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => bits & 0x7fc0_0000 == 0x7fc0_0000,
    }
}

fn f64_matches(bits: u64, pattern: &NanPattern<F64>) -> bool {
    match pattern {
        NanPattern::Value(y) => bits == y.bits,
        NanPattern::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
    }
}

/// Whether each lane of a vector is what the pattern asks for.
fn lanes_match(vector: V128, pattern: &V128Pattern) -> bool {
    let bits = vector.bits();
    let lane = |index: usize, width: usize| (bits >> (index * width)) & (u128::MAX >> (128 - width));
    let is = |index: usize, width: usize, expected: i64| lane(index, width) == expected as u128 & (u128::MAX >> (128 - width));
    match pattern {
        V128Pattern::I8x16(lanes) => lanes.iter().enumerate().all(|(index, &x)| is(index, 8, x.into())),
        V128Pattern::I16x8(lanes) => lanes.iter().enumerate().all(|(index, &x)| is(index, 16, x.into())),
        V128Pattern::I32x4(lanes) => lanes.iter().enumerate().all(|(index, &x)| is(index, 32, x.into())),
        V128Pattern::I64x2(lanes) => lanes.iter().enumerate().all(|(index, &x)| is(index, 64, x)),
        V128Pattern::F32x4(lanes) => lanes.iter().enumerate().all(|(index, pattern)| f32_matches(lane(index, 32) as u32, pattern)),
        V128Pattern::F64x2(lanes) => lanes.iter().enumerate().all(|(index, pattern)| f64_matches(lane(index, 64) as u64, pattern)),
    }
}

/// Values as constants of the text format; `nothing` for none.
pub(crate) fn show_values(store: impl AsContext, values: &[Val]) -> String {
    join(values.iter().map(|value| match value {
        Val::I32(x) => format!("(i32.const {x})"),
        Val::I64(x) => format!("(i64.const {x})"),
        Val::F32(bits) => show_f32(*bits),
        Val::F64(bits) => show_f64(*bits),
        Val::V128(vector) => show_v128(*vector),
        Val::FuncRef(None) => "(ref.null func)".into(),
        Val::FuncRef(Some(_)) => "(ref.func)".into(),
        Val::ExternRef(None) => "(ref.null extern)".into(),
        Val::AnyRef(None) => "(ref.null any)".into(),
        Val::AnyRef(Some(any)) => match host_number(any, &store) {
            Some(HostNumber(n)) => format!("(ref.host {n})"),
            None => "(ref.any)".into(),
        },
        Val::ExnRef(None) => "(ref.null exn)".into(),
        Val::ExnRef(Some(_)) => "(ref.exn)".into(),
        Val::ExternRef(Some(x)) => match x.data(store.as_context()).downcast_ref::<HostNumber>() {
            Some(HostNumber(n)) => format!("(ref.extern {n})"),
            None => "(ref.extern)".into(),
        },
        other => format!("{other:?}"),
    }))
}

/// Patterns as the script writes them; `nothing` for none.
pub(crate) fn show_patterns(patterns: &[WastRet<'_>]) -> String {
    join(patterns.iter().map(|pattern| match pattern {
        WastRet::Core(pattern) => show_pattern(pattern),
        other => format!("{other:?}"),
    }))
}

fn show_pattern(pattern: &WastRetCore<'_>) -> String {
    match pattern {
        WastRetCore::I32(x) => format!("(i32.const {x})"),
        WastRetCore::I64(x) => format!("(i64.const {x})"),
        WastRetCore::F32(NanPattern::Value(F32 { bits, .. })) => show_f32(*bits),
        WastRetCore::F32(NanPattern::CanonicalNan) => "(f32.const nan:canonical)".into(),
        WastRetCore::F32(NanPattern::ArithmeticNan) => "(f32.const nan:arithmetic)".into(),
        WastRetCore::F64(NanPattern::Value(F64 { bits, .. })) => show_f64(*bits),
        WastRetCore::F64(NanPattern::CanonicalNan) => "(f64.const nan:canonical)".into(),
        WastRetCore::F64(NanPattern::ArithmeticNan) => "(f64.const nan:arithmetic)".into(),
        WastRetCore::RefNull(None) => "(ref.null)".into(),
        WastRetCore::RefNull(Some(heap)) if is_func(heap) => "(ref.null func)".into(),
        WastRetCore::RefNull(Some(heap)) if is_extern(heap) => "(ref.null extern)".into(),
        WastRetCore::RefExtern(None) => "(ref.extern)".into(),
        WastRetCore::RefExtern(Some(n)) => format!("(ref.extern {n})"),
        WastRetCore::RefFunc(_) => "(ref.func)".into(),
        WastRetCore::Either(patterns) => format!("(either {})", join(patterns.iter().map(show_pattern))),
        other => format!("{other:?}"),
    }
}

fn join(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "nothing".into() } else { items.join(" ") }
}

/// A float with its bits: two floats that print alike may differ in the payload of a NaN.
fn show_f32(bits: u32) -> String {
    format!("(f32.const {:?} = 0x{bits:08x})", f32::from_bits(bits))
}

fn show_v128(vector: V128) -> String {
    let lanes: Vec<String> =
        vector.to_bytes().chunks(4).map(|lane| format!("0x{:02x}{:02x}{:02x}{:02x}", lane[3], lane[2], lane[1], lane[0])).collect();
    format!("(v128.const i32x4 {})", lanes.join(" "))
}

fn show_f64(bits: u64) -> String {
    format!("(f64.const {:?} = 0x{bits:016x})", f64::from_bits(bits))
}
