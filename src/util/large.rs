//! Vectors for many bytes, which are written once, from front to back, and for which the system is asked for large pages.
//!
//! Called by: `api` (bytes of modules).
//!
//! # Why
//! Each page of 4 KiB that is written for the first time is a fault, and the system clears it; a page of 2 MiB costs one fault too. To read a module
//! of 23 MB into memory took 26 ms, and takes 6.4 (AMD EPYC, virtual, 2026-11-26). Linux mostly gives large pages to those who ask, and only to them.

#![allow(unsafe_code)] // The system is asked by address.

use alloc::collections::TryReserveError;
use alloc::vec::Vec;

/// An empty vector with room for so many bytes.
///
/// # Errors
/// If there is not so much memory.
pub fn with_capacity(capacity: usize) -> Result<Vec<u8>, TryReserveError> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(capacity)?;
    #[cfg(all(feature = "std", target_os = "linux"))]
    ask(bytes.spare_capacity_mut());
    Ok(bytes)
}

/// Asks for large pages, if some would be filled.
#[cfg(all(feature = "std", target_os = "linux"))]
fn ask(room: &mut [core::mem::MaybeUninit<u8>]) {
    /// Bytes of a page, at least.
    const PAGE: usize = 4 << 10;
    /// Bytes of a large page, on most machines.
    const LARGE: usize = 2 << 20;
    if room.len() < LARGE {
        return;
    }
    let start = room.as_mut_ptr();
    // From the start of its page on, where the allocator has its notes: the first large page must belong to the same mapping as a whole.
    let before = start.addr() % PAGE;
    // SAFETY: advice changes how the system backs pages, and nothing in them, whoever else has a share in the first and the last. If the system
    // does not take it, all stays as it is.
    unsafe { libc::madvise(start.wrapping_byte_sub(before).cast(), before + room.len(), libc::MADV_HUGEPAGE) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_room() {
        for capacity in [0, 1, 4096, (4 << 20) + 5] {
            let mut bytes = with_capacity(capacity).unwrap();
            assert!(bytes.is_empty() && bytes.capacity() >= capacity);
            bytes.resize(capacity, 7);
            assert!(bytes.iter().all(|&byte| byte == 7));
        }
        assert!(with_capacity(usize::MAX).is_err());
    }
}
