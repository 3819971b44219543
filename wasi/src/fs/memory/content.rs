//! The bytes of a regular file in memory.
//!
//! Called by: `tree`, `file`. Calls: `quota`.
//!
//! # Invariants
//! B1 Piece `n` holds bytes from offset `n * PIECE` on, at most `PIECE` of them; what no piece holds is zero. No piece holds anything past
//!    the size.
//! B2 Each piece has been taken from the ledger by its length (Q1). A vector's capacity is at most about twice its length.
//!
//! # Why
//! Pieces instead of one vector: a hole costs nothing, so that a guest may set any size, and growth never copies more than a piece.

use std::collections::BTreeMap;
use std::io::{IoSlice, IoSliceMut};

use super::quota::{Ledger, affordable, charge};
use crate::abi::Errno;

/// The most bytes of a piece.
const PIECE: u64 = 1 << 14;

/// The largest file, that of hosts with signed 64-bit offsets.
const SIZE_MAX: u64 = i64::MAX as u64;

/// The bytes of a file.
#[derive(Default)]
pub(super) struct Content {
    size: u64,
    pieces: BTreeMap<u64, Vec<u8>>,
}

impl Content {
    /// How long the file is.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// What the file counts for.
    fn charged(&self) -> u64 {
        self.pieces.values().map(|piece| charge(piece.len())).sum()
    }

    /// Gives everything back to the ledger, before the file is dropped.
    pub(super) fn give_back(&self, ledger: &mut Ledger) {
        ledger.give_bytes(self.charged());
    }

    /// Reads into the buffers in order; how many bytes there were.
    pub(super) fn read(&self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> usize {
        let mut total = 0;
        for buffer in buffers {
            let at = offset.saturating_add(total as u64);
            let count = usize::try_from(self.size.saturating_sub(at)).unwrap_or(usize::MAX).min(buffer.len());
            self.copy_to(&mut buffer[..count], at);
            total += count;
            if count < buffer.len() {
                break;
            }
        }
        total
    }

    /// Copies bytes that lie within the size.
    fn copy_to(&self, mut out: &mut [u8], mut at: u64) {
        while !out.is_empty() {
            let (number, start) = place(at);
            let (part, rest) = out.split_at_mut(out.len().min(PIECE as usize - start));
            let stored = self.pieces.get(&number).and_then(|piece| piece.get(start..)).unwrap_or_default();
            let count = stored.len().min(part.len());
            part[..count].copy_from_slice(&stored[..count]);
            part[count..].fill(0);
            at += part.len() as u64;
            out = rest;
        }
    }

    /// Writes the buffers in order; how many bytes went. A write that the quota cuts short is a short write, as on a full disk.
    pub(super) fn write(&mut self, buffers: &[IoSlice<'_>], offset: u64, ledger: &mut Ledger) -> Result<usize, Errno> {
        let mut total = 0;
        for buffer in buffers {
            let mut rest: &[u8] = buffer;
            while !rest.is_empty() {
                match self.write_part(rest, offset.saturating_add(total as u64), ledger) {
                    Ok(count) => {
                        rest = &rest[count..];
                        total += count;
                    }
                    Err(_) if total > 0 => return Ok(total),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(total)
    }

    /// Writes what goes into one piece and into the quota; at least one byte.
    fn write_part(&mut self, bytes: &[u8], at: u64, ledger: &mut Ledger) -> Result<usize, Errno> {
        if at >= SIZE_MAX {
            return Err(Errno::Fbig);
        }
        let (number, start) = place(at);
        let mut end = PIECE.min(start as u64 + (bytes.len() as u64).min(SIZE_MAX - at));
        let len = self.pieces.get(&number).map_or(0, Vec::len);
        if charge(end as usize) > charge(len) {
            end = end.min(affordable(charge(len).saturating_add(ledger.room())));
        }
        if end <= start as u64 {
            return Err(Errno::Nospc);
        }
        let end = end as usize;
        let piece = self.grow(number, end, ledger)?;
        piece[start..end].copy_from_slice(&bytes[..end - start]);
        self.size = self.size.max(at + (end - start) as u64);
        Ok(end - start)
    }

    /// Makes a piece at least `len` bytes long (B2).
    fn grow(&mut self, number: u64, len: usize, ledger: &mut Ledger) -> Result<&mut Vec<u8>, Errno> {
        let piece = self.pieces.entry(number).or_default();
        if len > piece.len() {
            piece.try_reserve(len - piece.len()).map_err(|_| Errno::Nospc)?;
            ledger.take_bytes(charge(len) - charge(piece.len()))?;
            piece.resize(len, 0);
        }
        Ok(piece)
    }

    /// Sets the size: cuts what lies behind it, or ends in a hole.
    pub(super) fn set_size(&mut self, size: u64, ledger: &mut Ledger) -> Result<(), Errno> {
        if size > SIZE_MAX {
            return Err(Errno::Inval);
        }
        if size < self.size {
            let (number, len) = place(size);
            let mut cut = self.pieces.split_off(&number);
            if let Some(mut piece) = cut.remove(&number) {
                ledger.give_bytes(charge(piece.len()));
                piece.truncate(len);
                // What is given back must also be free.
                piece.shrink_to_fit();
                if !piece.is_empty() {
                    ledger.take_bytes(charge(piece.len()))?;
                    self.pieces.insert(number, piece);
                }
            }
            ledger.give_bytes(cut.values().map(|piece| charge(piece.len())).sum());
        }
        self.size = size;
        Ok(())
    }

    /// Stores zeros for the holes of a range, so that writing there cannot fail, and extends the file to its end.
    pub(super) fn allocate(&mut self, offset: u64, len: u64, ledger: &mut Ledger) -> Result<(), Errno> {
        let end = offset.checked_add(len).filter(|end| *end <= SIZE_MAX).ok_or(Errno::Fbig)?;
        // Before anything is counted piece by piece: a range that could not fit at all.
        if len > ledger.room().saturating_add(self.charged()) {
            return Err(Errno::Nospc);
        }
        let pieces = || (offset / PIECE..end.div_ceil(PIECE)).map(|number| (number, (end - number * PIECE).min(PIECE) as usize));
        let stored = |number| self.pieces.get(&number).map_or(0, Vec::len);
        let missing: u64 = pieces().map(|(number, len)| charge(len.max(stored(number))) - charge(stored(number))).sum();
        if missing > ledger.room() {
            return Err(Errno::Nospc);
        }
        for (number, len) in pieces() {
            self.grow(number, len, ledger)?;
        }
        self.size = self.size.max(end);
        Ok(())
    }
}

/// The piece that holds an offset, and where in it.
fn place(offset: u64) -> (u64, usize) {
    (offset / PIECE, (offset % PIECE) as usize)
}

#[cfg(test)]
mod tests {
    use super::super::quota::Usage;
    use super::*;

    fn ledger(bytes: u64) -> Ledger {
        Ledger::new(Usage { bytes, entries: 0 })
    }

    fn read(content: &Content, offset: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0xaa; len];
        let count = content.read(&mut [IoSliceMut::new(&mut bytes)], offset);
        bytes.truncate(count);
        bytes
    }

    #[test]
    fn contents_are_those_of_one_long_array() {
        let (mut content, mut ledger, mut model) = (Content::default(), ledger(1 << 20), Vec::<u8>::new());
        let mut state = 7_u64;
        let mut next = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % bound
        };
        for round in 0..3000_u32 {
            let (offset, len) = (next(200_000), next(5000) as usize);
            match next(8) {
                0 => {
                    content.set_size(offset, &mut ledger).unwrap();
                    model.resize(offset as usize, 0);
                }
                1 => {
                    content.allocate(offset, len as u64 + 1, &mut ledger).unwrap();
                    model.resize(model.len().max(offset as usize + len + 1), 0);
                }
                2..5 => {
                    let bytes = vec![round as u8; len];
                    assert_eq!(content.write(&[IoSlice::new(&bytes), IoSlice::new(b"x")], offset, &mut ledger), Ok(len + 1));
                    model.resize(model.len().max(offset as usize + len + 1), 0);
                    model[offset as usize..][..len].fill(round as u8);
                    model[offset as usize + len] = b'x';
                }
                _ => {
                    let from = model.len().min(offset as usize);
                    let expected = &model[from..model.len().min(from + len)];
                    assert_eq!(read(&content, from as u64, len), expected);
                }
            }
            assert_eq!(content.size(), model.len() as u64);
            assert_eq!(ledger.used().bytes, content.charged());
        }
        content.give_back(&mut ledger);
        assert_eq!(ledger.used().bytes, 0);
    }

    #[test]
    fn holes_are_free_and_the_quota_cuts_writes_short() {
        let (mut content, mut ledger) = (Content::default(), ledger(1024));
        assert_eq!(content.set_size(1 << 60, &mut ledger), Ok(()));
        assert_eq!(read(&content, (1 << 60) - 3, 10), [0; 3]);
        assert_eq!(content.write(&[IoSlice::new(b"abc")], 1 << 50, &mut ledger), Ok(3));
        assert_eq!(ledger.used().bytes, 512);
        assert_eq!(content.write(&[IoSlice::new(&[1; 600])], 0, &mut ledger), Ok(512), "a short write");
        assert_eq!(content.write(&[IoSlice::new(&[1; 600])], 512, &mut ledger), Err(Errno::Nospc));
        assert_eq!(content.write(&[IoSlice::new(b"x")], 5, &mut ledger), Ok(1), "what is stored can be written again");
        assert_eq!(content.allocate(0, 513, &mut ledger), Err(Errno::Nospc));
        assert_eq!(content.allocate(1 << 40, 1 << 40, &mut ledger), Err(Errno::Nospc));
        assert_eq!(content.allocate(1 << 62, 1 << 62, &mut ledger), Err(Errno::Fbig));
        assert_eq!(content.set_size(0, &mut ledger), Ok(()));
        assert_eq!(ledger.used().bytes, 0);
        assert_eq!(content.set_size(u64::MAX, &mut ledger), Err(Errno::Inval));
        let mut ledger = self::ledger(PIECE);
        assert_eq!(content.write(&[IoSlice::new(b"abc")], SIZE_MAX - 2, &mut ledger), Ok(2));
        assert_eq!(content.write(&[IoSlice::new(b"abc")], SIZE_MAX, &mut ledger), Err(Errno::Fbig));
    }
}
