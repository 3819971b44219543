//! Values of the command line: arguments read by their type, results as text that can be read back.

use fulgurite::{Val, ValType};

/// Reads `text` as a value of type `ty`.
///
/// Integers may be signed or unsigned, and hexadecimal after `0x`; floats as usual, with `inf` and `nan`; references only `null`.
pub fn parse(ty: ValType, text: &str) -> Result<Val, String> {
    let value = match ty {
        ValType::I32 => parse_integer(text, i32::MIN.into(), u32::MAX.into()).map(|bits| Val::I32(low_32(bits).cast_signed())),
        ValType::I64 => parse_integer(text, i64::MIN.into(), u64::MAX.into()).map(|bits| Val::I64(low_64(bits).cast_signed())),
        ValType::F32 => text.parse().ok().map(|x: f32| Val::F32(x.to_bits())),
        ValType::F64 => text.parse().ok().map(|x: f64| Val::F64(x.to_bits())),
        ValType::V128 => parse_integer(text, 0, i128::MAX).map(|bits| Val::V128(bits.cast_unsigned().into())),
        ValType::FUNCREF if text == "null" => Some(Val::FuncRef(None)),
        ValType::EXTERNREF if text == "null" => Some(Val::ExternRef(None)),
        _ => None,
    };
    value.ok_or_else(|| format!("{text:?} is no {ty}"))
}

/// Reads an integer between `min` and `max`.
fn parse_integer(text: &str, min: i128, max: i128) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    // `from_str_radix` takes signs; there may be one only.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = match digits.strip_prefix("0x") {
        Some(hex) if !hex.starts_with(['+', '-']) => i128::from_str_radix(hex, 16).ok()?,
        Some(_) => return None,
        None => digits.parse().ok()?,
    };
    let value = if negative { -magnitude } else { magnitude };
    (min..=max).contains(&value).then_some(value)
}

/// The low 32 bits, in two's complement.
fn low_32(value: i128) -> u32 {
    let [a, b, c, d, ..] = value.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The low 64 bits, in two's complement.
fn low_64(value: i128) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = value.to_le_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// A value as text: integers signed, floats in the fewest digits that read back as the same number.
pub fn show(value: &Val) -> String {
    match value {
        Val::I32(x) => x.to_string(),
        Val::I64(x) => x.to_string(),
        Val::F32(bits) => f32::from_bits(*bits).to_string(),
        Val::F64(bits) => f64::from_bits(*bits).to_string(),
        Val::V128(vector) => format!("{:#034x}", vector.bits()),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::ExnRef(None) => "null".into(),
        Val::FuncRef(Some(_)) => "funcref".into(),
        Val::ExternRef(Some(_)) => "externref".into(),
        Val::ExnRef(Some(_)) => "exnref".into(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn i32(text: &str) -> Option<i32> {
        match parse(ValType::I32, text) {
            Ok(Val::I32(x)) => Some(x),
            _ => None,
        }
    }

    #[test]
    fn integers() {
        assert_eq!(i32("7"), Some(7));
        assert_eq!(i32("+7"), Some(7));
        assert_eq!(i32("-7"), Some(-7));
        assert_eq!(i32("4294967295"), Some(-1));
        assert_eq!(i32("0xffffffff"), Some(-1));
        assert_eq!(i32("-2147483648"), Some(i32::MIN));
        assert_eq!(i32("-0x80000000"), Some(i32::MIN));
        for bad in ["", "-", "+", "0x", "4294967296", "-2147483649", "1.0", "1e3", "--1", "0x-1", "0x+1", "+-1", " 1", "one"] {
            assert_eq!(i32(bad), None, "{bad:?}");
        }
        assert!(matches!(parse(ValType::I64, "18446744073709551615"), Ok(Val::I64(-1))));
        assert!(matches!(parse(ValType::I64, "-9223372036854775808"), Ok(Val::I64(i64::MIN))));
        assert!(parse(ValType::I64, "18446744073709551616").is_err());
    }

    #[test]
    fn floats_and_references() {
        for (text, shown) in [("1.5", "1.5"), ("-0", "-0"), ("inf", "inf"), ("nan", "NaN"), ("1e300", "inf")] {
            assert_eq!(show(&parse(ValType::F32, text).unwrap()), shown);
        }
        assert_eq!(show(&parse(ValType::F64, "0.1").unwrap()), "0.1");
        assert!(parse(ValType::F64, "half").is_err());
        assert_eq!(show(&parse(ValType::FUNCREF, "null").unwrap()), "null");
        assert_eq!(show(&parse(ValType::EXTERNREF, "null").unwrap()), "null");
        assert_eq!(parse(ValType::FUNCREF, "5").unwrap_err(), "\"5\" is no funcref");
    }
}
