//! LEB128 integers: the rare case of more than one byte.
//!
//! Spec: Binary Format, Values, Integers. Called by: `decode::operators`, which reads integers of one byte itself.
//!
//! # Why
//! Nine of ten integers in function bodies have one byte. The loops here stay out of line so that the validator's loop stays small, and their
//! result fits two registers.

use super::operators::ReadError;

/// An integer of `used` bytes; or, if `used` is 0, the reason why there is none.
#[derive(Clone, Copy)]
pub(super) struct Long {
    value: u64,
    used: usize,
}

impl Long {
    /// What was read from the start of `bytes`, and the bytes behind it.
    pub(super) fn of(read: Result<(u64, &[u8]), ReadError>, bytes: &[u8]) -> Self {
        match read {
            Ok((value, rest)) => Self { value, used: bytes.len() - rest.len() },
            Err(error) => Self::error(error),
        }
    }

    const fn error(error: ReadError) -> Self {
        let value = match error {
            ReadError::IntegerTooLong => 0,
            ReadError::IntegerTooLarge => 1,
            ReadError::MalformedMemArg => 2,
            _ => 3,
        };
        Self { value, used: 0 }
    }

    /// The value, and the bytes behind it.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn split(self, bytes: &[u8]) -> Result<(u64, &[u8]), ReadError> {
        if self.used == 0 {
            return Err(match self.value {
                0 => ReadError::IntegerTooLong,
                1 => ReadError::IntegerTooLarge,
                2 => ReadError::MalformedMemArg,
                _ => ReadError::UnexpectedEnd,
            });
        }
        match bytes.get(self.used..) {
            Some(rest) => Ok((self.value, rest)),
            None => Err(ReadError::UnexpectedEnd),
        }
    }
}

/// An unsigned integer of `BITS` bits.
#[inline(never)]
pub(super) fn unsigned<const BITS: u32>(bytes: &[u8]) -> Long {
    let mut value = 0;
    let mut shift = 0;
    for (i, &byte) in bytes.iter().enumerate() {
        value |= u64::from(byte & 0x7f) << shift;
        if shift + 7 >= BITS {
            return if byte >= 0x80 {
                Long::error(ReadError::IntegerTooLong)
            } else if byte >> (BITS - shift) != 0 {
                Long::error(ReadError::IntegerTooLarge)
            } else {
                Long { value, used: i + 1 }
            };
        }
        if byte < 0x80 {
            return Long { value, used: i + 1 };
        }
        shift += 7;
    }
    Long::error(ReadError::UnexpectedEnd)
}

/// A signed integer of `BITS` bits, sign-extended to 64.
#[inline(never)]
pub(super) fn signed<const BITS: u32>(bytes: &[u8]) -> Long {
    let mut value = 0;
    let mut shift = 0;
    for (i, &byte) in bytes.iter().enumerate() {
        value |= u64::from(byte & 0x7f) << shift;
        if shift + 7 >= BITS {
            if byte >= 0x80 {
                return Long::error(ReadError::IntegerTooLong);
            }
            // The bits above the last must all be copies of it.
            let sign = ((byte << 1) as i8) >> (BITS - shift);
            if sign != 0 && sign != -1 {
                return Long::error(ReadError::IntegerTooLarge);
            }
        }
        shift += 7;
        if byte < 0x80 {
            let value = if shift < 64 { ((value << (64 - shift)) as i64 >> (64 - shift)) as u64 } else { value };
            return Long { value, used: i + 1 };
        }
    }
    Long::error(ReadError::UnexpectedEnd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const BITS: u32>(bytes: &[u8]) -> Result<u64, ReadError> {
        unsigned::<BITS>(bytes).split(bytes).map(|(value, _)| value)
    }

    fn read_signed<const BITS: u32>(bytes: &[u8]) -> Result<i64, ReadError> {
        signed::<BITS>(bytes).split(bytes).map(|(value, _)| value as i64)
    }

    #[test]
    fn unsigned_bounds() {
        assert_eq!(read::<32>(&[0x05]), Ok(5));
        assert_eq!(read::<32>(&[0x85, 0x00]), Ok(5));
        assert_eq!(read::<32>(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Ok(u64::from(u32::MAX)));
        assert_eq!(read::<32>(&[0xff, 0xff, 0xff, 0xff, 0x1f]), Err(ReadError::IntegerTooLarge));
        assert_eq!(read::<32>(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]), Err(ReadError::IntegerTooLong));
        assert_eq!(read::<32>(&[0x80, 0x80]), Err(ReadError::UnexpectedEnd));
        assert_eq!(read::<32>(&[]), Err(ReadError::UnexpectedEnd));
    }

    #[test]
    fn signed_bounds() {
        assert_eq!(read_signed::<32>(&[0x7f]), Ok(-1));
        assert_eq!(read_signed::<32>(&[0xff, 0x7f]), Ok(-1));
        assert_eq!(read_signed::<32>(&[0x80, 0x80, 0x80, 0x80, 0x78]), Ok(i64::from(i32::MIN)));
        assert_eq!(read_signed::<32>(&[0xff, 0xff, 0xff, 0xff, 0x07]), Ok(i64::from(i32::MAX)));
        assert_eq!(read_signed::<32>(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Err(ReadError::IntegerTooLarge));
        assert_eq!(read_signed::<33>(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Ok(i64::from(u32::MAX)));
        assert_eq!(read_signed::<33>(&[0xff, 0xff, 0xff, 0xff, 0x1f]), Err(ReadError::IntegerTooLarge));
        assert_eq!(read_signed::<64>(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]), Ok(i64::MIN));
        assert_eq!(read_signed::<64>(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x41]), Err(ReadError::IntegerTooLarge));
        assert_eq!(read_signed::<64>(&[0x80; 10]), Err(ReadError::IntegerTooLong));
    }
}
