//! Guest memory: the only module that turns a guest's addresses into host slices.
//!
//! Data in: offsets and lengths that the guest chose. Data out: values, or slices proven to lie inside the memory. Called by: `calls`.
//! Calls: `abi::layout`.
//!
//! # Invariants
//! G1 No address of the guest is used before it is compared with the memory's length, in 64 bits, so that no sum wraps.
//! G2 A result cell ([`Out`]) is checked before the operation whose result it takes: a fault has no side effect. A memory never shrinks
//!    and cannot grow during a call, so the check still holds when the result is stored.
//! G3 No large buffer is copied: reads and writes of files work on slices of guest memory.

use std::collections::BTreeMap;
use std::io::{IoSlice, IoSliceMut};
use std::marker::PhantomData;
use std::ops::Range;

use smallvec::SmallVec;

use fulgurite::SharedMemory;

use crate::abi::Errno;
use crate::abi::layout::{Decode, Encode, Layout};
use crate::abi::types::Iovec;
use crate::bytes::Bytes;

/// The most regions that one call reads or writes; the rest is left to the guest's next call, as after any short read or write.
pub(crate) const IOV_MAX: usize = 1024;

/// The most bytes of a shared memory that one call reads or writes at a time; as above.
const COPIED_MAX: usize = 1 << 20;

/// The longest array of regions, empty ones included, that a call looks at.
const IOV_ARRAY_MAX: u32 = 1 << 16;

/// A list that needs no allocation in the usual case of one or two regions.
pub(crate) type Few<T> = SmallVec<[T; 4]>;

/// A guest address of a `T`; not checked yet.
pub(crate) struct Ptr<T> {
    offset: u32,
    target: PhantomData<fn() -> T>,
}

impl<T> Ptr<T> {
    /// The address `offset`.
    pub(crate) fn new(offset: u32) -> Ptr<T> {
        Ptr { offset, target: PhantomData }
    }

    /// The address as a number.
    pub(crate) fn offset(self) -> u32 {
        self.offset
    }
}

impl<T> Clone for Ptr<T> {
    fn clone(&self) -> Ptr<T> {
        *self
    }
}

impl<T> Copy for Ptr<T> {}

/// A cell for a result, checked to lie inside the memory (G2).
pub(crate) struct Out<T> {
    range: Range<usize>,
    target: PhantomData<fn(T)>,
}

/// The memory of the calling instance, for the time of one call.
pub(crate) struct GuestMemory<'a> {
    bytes: Bytes<'a>,
    /// The longest path, in bytes.
    path_max: u32,
}

impl<'a> GuestMemory<'a> {
    /// Wraps the bytes of a memory, with the usual limit for paths.
    #[cfg(test)]
    pub(crate) fn new(bytes: &'a mut [u8]) -> GuestMemory<'a> {
        GuestMemory::with_path_max(bytes, crate::limits::PATH_MAX)
    }

    /// Wraps the bytes of a memory; paths of more bytes than `path_max` are refused.
    pub(crate) fn with_path_max(bytes: &'a mut [u8], path_max: u32) -> GuestMemory<'a> {
        GuestMemory { bytes: Bytes::Own(bytes), path_max }
    }

    /// Stands for a shared memory until [`GuestMemory::finish`].
    pub(crate) fn shared(memory: &'a SharedMemory, path_max: u32) -> GuestMemory<'a> {
        GuestMemory { bytes: Bytes::shared(memory), path_max }
    }

    /// Ends the call: what it wrote is in the memory now.
    pub(crate) fn finish(&mut self) {
        self.bytes.finish();
    }

    /// The most bytes that one read or write moves: of a shared memory they are copied.
    fn most(&self) -> usize {
        match self.bytes {
            Bytes::Own(_) => usize::MAX,
            Bytes::Shared(_) => COPIED_MAX,
        }
    }

    /// Checks `len` bytes at `offset` (G1). An empty range must lie inside the memory too, or at its end.
    fn range(&self, offset: u32, len: u64) -> Result<Range<usize>, Errno> {
        let start = u64::from(offset);
        let end = start.checked_add(len).ok_or(Errno::Fault)?;
        let (start, end) = (usize::try_from(start), usize::try_from(end));
        match (start, end) {
            (Ok(start), Ok(end)) if end <= self.bytes.len() => Ok(start..end),
            _ => Err(Errno::Fault),
        }
    }

    /// `len` bytes at `offset`, to read.
    pub(crate) fn slice(&self, offset: u32, len: u32) -> Result<&[u8], Errno> {
        let range = self.range(offset, u64::from(len))?;
        Ok(self.bytes.read(range))
    }

    /// `len` bytes at `offset`, to write.
    pub(crate) fn slice_mut(&mut self, offset: u32, len: u32) -> Result<&mut [u8], Errno> {
        let range = self.range(offset, u64::from(len))?;
        Ok(self.bytes.write(range))
    }

    /// Checks a result cell before the operation (G2).
    pub(crate) fn out<T: Layout>(&self, ptr: Ptr<T>) -> Result<Out<T>, Errno> {
        let range = self.range(ptr.offset, u64::from(T::SIZE))?;
        Ok(Out { range, target: PhantomData })
    }

    /// Stores a result in its checked cell.
    pub(crate) fn store<T: Encode>(&mut self, out: Out<T>, value: &T) {
        value.encode(self.bytes.write(out.range));
    }

    /// The bytes of each element of an array of `len` values. No more than `max` of them, else `EINVAL`.
    fn elements<T: Layout>(&self, ptr: Ptr<T>, len: u32, max: u32) -> Result<impl Iterator<Item = &[u8]>, Errno> {
        let range = self.range(ptr.offset, u64::from(len) * u64::from(T::SIZE))?;
        if len > max {
            return Err(Errno::Inval);
        }
        Ok(self.bytes.read(range).chunks_exact(index(T::SIZE)))
    }

    /// An array of `len` values, decoded. No more than `max` of them, else `EINVAL`.
    pub(crate) fn array<T: Decode>(&self, ptr: Ptr<T>, len: u32, max: u32) -> Result<Vec<T>, Errno> {
        self.elements(ptr, len, max)?.map(T::decode).collect()
    }

    /// Checks room for an array of `len` values, to be filled by [`GuestMemory::store_element`].
    pub(crate) fn out_array<T: Layout>(&self, ptr: Ptr<T>, len: u32) -> Result<(), Errno> {
        self.range(ptr.offset, u64::from(len) * u64::from(T::SIZE)).map(drop)
    }

    /// Stores element `position` of an array.
    pub(crate) fn store_element<T: Encode>(&mut self, ptr: Ptr<T>, position: u32, value: &T) -> Result<(), Errno> {
        let offset = u64::from(ptr.offset) + u64::from(position) * u64::from(T::SIZE);
        let range = self.range(u32::try_from(offset).map_err(|_| Errno::Fault)?, u64::from(T::SIZE))?;
        value.encode(self.bytes.write(range));
        Ok(())
    }

    /// A string of `len` bytes: UTF-8 without NUL, else `EILSEQ`; longer than the limit is `ENAMETOOLONG`.
    pub(crate) fn string(&self, ptr: Ptr<u8>, len: u32) -> Result<&str, Errno> {
        let bytes = self.slice(ptr.offset, len)?;
        if len > self.path_max {
            return Err(Errno::Nametoolong);
        }
        if bytes.contains(&0) {
            return Err(Errno::Ilseq);
        }
        str::from_utf8(bytes).map_err(|_| Errno::Ilseq)
    }

    /// The regions of a scatter or gather array, checked one by one (G1) and without the empty ones.
    ///
    /// A sum of lengths that a 32-bit result cannot hold is `EINVAL`.
    fn regions(&self, iovs: Ptr<Iovec>, len: u32) -> Result<Few<Range<usize>>, Errno> {
        let mut regions = Few::new();
        let mut total: u32 = 0;
        for bytes in self.elements(iovs, len, IOV_ARRAY_MAX)? {
            let iovec = Iovec::decode(bytes)?;
            total = total.checked_add(iovec.len).ok_or(Errno::Inval)?;
            let range = self.range(iovec.offset, u64::from(iovec.len))?;
            if !range.is_empty() && regions.len() < IOV_MAX {
                regions.push(range);
            }
        }
        Ok(regions)
    }

    /// The buffers of a write, in order, at most [`IOV_MAX`] and at most `max` bytes; they may overlap.
    pub(crate) fn io_slices(&self, iovs: Ptr<Iovec>, len: u32, max: u64) -> Result<Few<IoSlice<'_>>, Errno> {
        let mut rest = usize::try_from(max).unwrap_or(usize::MAX).min(self.most());
        let cut = |range: Range<usize>| {
            let len = range.len().min(rest);
            rest -= len;
            range.start..range.start + len
        };
        let regions = self.regions(iovs, len)?.into_iter().map(cut).filter(|range| !range.is_empty());
        Ok(regions.map(|range| IoSlice::new(self.bytes.read(range))).collect())
    }

    /// The buffers of a read, in order, at most [`IOV_MAX`].
    ///
    /// A region that overlaps an earlier one ends the list, so the read becomes a short one: the bytes that arrive are those of
    /// successive reads, and no two mutable slices alias.
    pub(crate) fn io_slices_mut(&mut self, iovs: Ptr<Iovec>, len: u32) -> Result<Few<IoSliceMut<'_>>, Errno> {
        let mut regions = self.regions(iovs, len)?;
        regions.truncate(disjoint_prefix(&regions));
        let mut rest = self.most();
        for region in &mut regions {
            region.end = region.start + region.len().min(rest);
            rest -= region.len();
        }
        regions.retain(|region| region.start < region.end);
        Ok(self.bytes.write_all(&regions, |bytes| split_disjoint(bytes, &regions)))
    }
}

/// A 32-bit count as an index. Hosts have at least 32 bits, since an address space of a guest must fit.
pub(crate) fn index(count: u32) -> usize {
    count as usize
}

/// How many of the leading regions are pairwise disjoint. Comparing every pair is quicker for the few that C libraries pass.
fn disjoint_prefix(regions: &[Range<usize>]) -> usize {
    if regions.len() <= 8 { disjoint_prefix_by_pairs(regions) } else { disjoint_prefix_by_order(regions) }
}

/// [`disjoint_prefix`] in quadratic time.
fn disjoint_prefix_by_pairs(regions: &[Range<usize>]) -> usize {
    let overlaps = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let clash = (1..regions.len()).find(|&position| regions[..position].iter().any(|earlier| overlaps(earlier, &regions[position])));
    clash.unwrap_or(regions.len())
}

/// [`disjoint_prefix`] with a search tree. The regions in the tree are disjoint, so only the last one that starts before a region's end can
/// reach into it.
fn disjoint_prefix_by_order(regions: &[Range<usize>]) -> usize {
    let mut seen = BTreeMap::new();
    for (position, region) in regions.iter().enumerate() {
        let overlaps = seen.range(..region.end).next_back().is_some_and(|(_, end)| *end > region.start);
        if overlaps {
            return position;
        }
        seen.insert(region.start, region.end);
    }
    regions.len()
}

/// Splits `bytes` into the given disjoint, non-empty regions, keeping their order.
fn split_disjoint<'b>(bytes: &'b mut [u8], regions: &[Range<usize>]) -> Few<IoSliceMut<'b>> {
    let mut by_address: Few<usize> = (0..regions.len()).collect();
    by_address.sort_unstable_by_key(|&position| regions[position].start);
    let mut slices: Few<IoSliceMut<'b>> = regions.iter().map(|_| IoSliceMut::new(&mut [])).collect();
    let (mut rest, mut consumed) = (bytes, 0);
    for position in by_address {
        let region = &regions[position];
        let (_, from_start) = rest.split_at_mut(region.start - consumed);
        let (slice, after) = from_start.split_at_mut(region.len());
        slices[position] = IoSliceMut::new(slice);
        (rest, consumed) = (after, region.end);
    }
    slices
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lays out regions at address 0 as an array of iovecs.
    fn with_iovecs(bytes: &mut [u8], iovecs: &[(u32, u32)]) {
        for (position, (offset, len)) in iovecs.iter().enumerate() {
            bytes[position * 8..position * 8 + 4].copy_from_slice(&offset.to_le_bytes());
            bytes[position * 8 + 4..position * 8 + 8].copy_from_slice(&len.to_le_bytes());
        }
    }

    #[test]
    fn ranges_are_checked_without_wrapping() {
        let mut bytes = [0; 16];
        let guest = GuestMemory::new(&mut bytes);
        assert_eq!(guest.slice(0, 16).map(<[u8]>::len), Ok(16));
        assert_eq!(guest.slice(16, 0).map(<[u8]>::len), Ok(0));
        assert_eq!(guest.slice(17, 0), Err(Errno::Fault));
        assert_eq!(guest.slice(1, 16), Err(Errno::Fault));
        assert_eq!(guest.slice(u32::MAX, u32::MAX), Err(Errno::Fault));
        assert!(guest.out(Ptr::<u64>::new(8)).is_ok());
        assert!(guest.out(Ptr::<u64>::new(9)).is_err());
    }

    #[test]
    fn strings_are_utf8_without_nul_and_of_bounded_length() {
        let mut bytes = vec![b'a'; 5000];
        bytes[1] = 0xff;
        bytes[3] = 0;
        let guest = GuestMemory::new(&mut bytes);
        assert_eq!(guest.string(Ptr::new(0), 1), Ok("a"));
        assert_eq!(guest.string(Ptr::new(0), 2), Err(Errno::Ilseq));
        assert_eq!(guest.string(Ptr::new(2), 2), Err(Errno::Ilseq));
        assert_eq!(guest.string(Ptr::new(4), 4097), Err(Errno::Nametoolong));
        assert_eq!(guest.string(Ptr::new(4), 5000), Err(Errno::Fault));
    }

    #[test]
    fn iovecs_keep_their_order_and_are_disjoint() {
        let mut bytes = [0; 64];
        with_iovecs(&mut bytes, &[(40, 4), (0, 0), (32, 8), (44, 1)]);
        let mut guest = GuestMemory::new(&mut bytes);
        let slices = guest.io_slices_mut(Ptr::new(0), 4).unwrap();
        assert_eq!(slices.iter().map(|slice| slice.len()).collect::<Vec<_>>(), [4, 8, 1]);
    }

    #[test]
    fn an_overlap_shortens_a_read_and_not_a_write() {
        let mut bytes = [0; 64];
        with_iovecs(&mut bytes, &[(40, 8), (32, 9), (60, 1)]);
        let mut guest = GuestMemory::new(&mut bytes);
        assert_eq!(guest.io_slices(Ptr::new(0), 3, u64::MAX).unwrap().len(), 3);
        assert_eq!(guest.io_slices_mut(Ptr::new(0), 3).unwrap().len(), 1);
    }

    #[test]
    fn both_searches_for_overlaps_agree() {
        let mut state = 1_u64;
        let mut next = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from((state >> 33) % bound).unwrap()
        };
        for _ in 0..20_000 {
            let regions: Vec<Range<usize>> = (0..next(7))
                .map(|_| {
                    let start = next(30);
                    start..start + 1 + next(6)
                })
                .collect();
            assert_eq!(disjoint_prefix_by_pairs(&regions), disjoint_prefix_by_order(&regions), "{regions:?}");
        }
    }

    #[test]
    fn hostile_iovec_arrays_are_refused() {
        let mut bytes = vec![0; 65536];
        with_iovecs(&mut bytes, &[(0, u32::MAX), (0, u32::MAX)]);
        let guest = GuestMemory::new(&mut bytes);
        assert_eq!(guest.io_slices(Ptr::new(0), u32::MAX, u64::MAX).err(), Some(Errno::Fault));
        assert_eq!(guest.io_slices(Ptr::new(0), 2, u64::MAX).err(), Some(Errno::Fault));
        let mut bytes = vec![0; 1 << 20];
        with_iovecs(&mut bytes, &[(0, 1 << 20), (0, u32::MAX)]);
        let guest = GuestMemory::new(&mut bytes);
        assert_eq!(guest.io_slices(Ptr::new(0), 2, u64::MAX).err(), Some(Errno::Inval));
        assert_eq!(guest.io_slices(Ptr::new(8192), (1 << 16) + 1, u64::MAX).err(), Some(Errno::Inval));
        assert_eq!(guest.io_slices(Ptr::new(8192), 10_000, u64::MAX).unwrap().len(), 0);
    }
}
