//! `args_*`: the guest's arguments.
//!
//! `environ` shares the layout: an array of addresses, and a buffer of strings that each end in NUL.

use crate::abi::Errno;
use crate::ctx::WasiCtx;
use crate::guest::{GuestMemory, Ptr};

/// `args_get`: stores the address of each argument in `argv` and the strings in `argv_buf`.
pub(crate) fn get(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, argv: Ptr<u32>, argv_buf: Ptr<u8>) -> Result<(), Errno> {
    store_strings(&ctx.args, guest, argv, argv_buf)
}

/// `args_sizes_get`: how many arguments there are, and the size of their strings.
pub(crate) fn sizes_get(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, count: Ptr<u32>, size: Ptr<u32>) -> Result<(), Errno> {
    store_sizes(&ctx.args, guest, count, size)
}

/// Number and size of strings, each with its NUL.
fn sizes(strings: &[Vec<u8>]) -> Result<(u32, u32), Errno> {
    let count = u32::try_from(strings.len()).map_err(|_| Errno::Overflow)?;
    let size = strings.iter().map(|string| string.len() + 1).sum::<usize>();
    Ok((count, u32::try_from(size).map_err(|_| Errno::Overflow)?))
}

/// Stores number and size of strings.
pub(super) fn store_sizes(strings: &[Vec<u8>], guest: &mut GuestMemory<'_>, count: Ptr<u32>, size: Ptr<u32>) -> Result<(), Errno> {
    let (count_out, size_out) = (guest.out(count)?, guest.out(size)?);
    let (count, size) = sizes(strings)?;
    guest.store(count_out, &count);
    guest.store(size_out, &size);
    Ok(())
}

/// Stores strings, each with its NUL, and their addresses.
pub(super) fn store_strings(strings: &[Vec<u8>], guest: &mut GuestMemory<'_>, addresses: Ptr<u32>, buffer: Ptr<u8>) -> Result<(), Errno> {
    let (count, size) = sizes(strings)?;
    guest.out_array(addresses, count)?;
    guest.slice(buffer.offset(), size)?;
    let mut address = buffer.offset();
    for (position, string) in (0..count).zip(strings) {
        let len = u32::try_from(string.len()).map_err(|_| Errno::Overflow)?;
        let bytes = guest.slice_mut(address, len + 1)?;
        bytes[..string.len()].copy_from_slice(string);
        bytes[string.len()] = 0;
        guest.store_element(addresses, position, &address)?;
        // The end of the last string may be the end of a full 32-bit address space.
        address = address.wrapping_add(len + 1);
    }
    Ok(())
}
