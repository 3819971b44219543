//! The bytes of a guest's memory for the time of one call: the memory itself, or copies of what the call looks at.
//!
//! Of a memory that threads share there can be no slice, since another thread may write to it at any time. So a call gets copies: what it reads is copied
//! when it asks for it, what it writes goes to a buffer first, and to the memory when the call is over. Called by: `guest`. Calls: the engine.

use std::cell::OnceCell;
use std::io::IoSliceMut;
use std::ops::Range;

use fulgurite::SharedMemory;

use crate::guest::Few;

/// The bytes of a guest's memory.
pub(crate) enum Bytes<'a> {
    /// All of them.
    Own(&'a mut [u8]),
    /// Copies of those that were asked for.
    Shared(Copies<'a>),
}

/// Copies of parts of a shared memory.
pub(crate) struct Copies<'a> {
    memory: &'a SharedMemory,
    read: Copy,
    written: Vec<(usize, Vec<u8>)>,
}

/// A list of copies that grows at its end, while references to those before it are out.
#[derive(Default)]
struct Copy {
    bytes: Box<[u8]>,
    next: OnceCell<Box<Copy>>,
}

impl<'a> Bytes<'a> {
    /// Those of a shared memory.
    pub(crate) fn shared(memory: &'a SharedMemory) -> Self {
        Self::Shared(Copies { memory, read: Copy::default(), written: Vec::new() })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Own(bytes) => bytes.len(),
            Self::Shared(copies) => copies.memory.data_size(),
        }
    }

    /// A range that lies inside, to read.
    pub(crate) fn read(&self, range: Range<usize>) -> &[u8] {
        match self {
            Self::Own(bytes) => &bytes[range],
            Self::Shared(copies) => {
                let mut last = &copies.read;
                while let Some(next) = last.next.get() {
                    last = next;
                }
                &last.next.get_or_init(|| Box::new(Copy { bytes: copies.copy(&range).into(), next: OnceCell::new() })).bytes
            }
        }
    }

    /// A range that lies inside, to write.
    pub(crate) fn write(&mut self, range: Range<usize>) -> &mut [u8] {
        match self {
            Self::Own(bytes) => &mut bytes[range],
            Self::Shared(copies) => {
                let copy = copies.copy(&range);
                copies.written.push((range.start, copy));
                copies.written.last_mut().map_or(&mut [], |(_, copy)| copy)
            }
        }
    }

    /// Ranges that lie inside and do not overlap, to write.
    pub(crate) fn write_all(
        &mut self,
        ranges: &[Range<usize>],
        split: impl FnOnce(&mut [u8]) -> Few<IoSliceMut<'_>>,
    ) -> Few<IoSliceMut<'_>> {
        match self {
            Self::Own(bytes) => split(bytes),
            Self::Shared(copies) => {
                let first = copies.written.len();
                let parts: Vec<_> = ranges.iter().map(|range| (range.start, copies.copy(range))).collect();
                copies.written.extend(parts);
                copies.written[first..].iter_mut().map(|(_, copy)| IoSliceMut::new(copy)).collect()
            }
        }
    }

    /// Writes to a shared memory what was written to copies. Memories do not shrink, so that there is room.
    pub(crate) fn finish(&mut self) {
        if let Self::Shared(copies) = self {
            for (start, bytes) in copies.written.drain(..) {
                let written = copies.memory.write(start as u64, &bytes);
                debug_assert!(written.is_ok(), "a range was checked, and is outside");
            }
        }
    }
}

impl Copies<'_> {
    /// A copy of a range that lies inside, with what was written to it before.
    fn copy(&self, range: &Range<usize>) -> Vec<u8> {
        let mut bytes = vec![0; range.len()];
        let read = self.memory.read(range.start as u64, &mut bytes);
        debug_assert!(read.is_ok(), "a range was checked, and is outside");
        for (start, written) in &self.written {
            let (from, to) = (range.start.max(*start), range.end.min(start + written.len()));
            if from < to {
                bytes[from - range.start..to - range.start].copy_from_slice(&written[from - start..to - start]);
            }
        }
        bytes
    }
}
