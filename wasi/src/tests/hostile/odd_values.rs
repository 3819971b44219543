//! Every call with every combination of odd values: nothing may panic, hang or reach out of the folder.

use super::super::*;
use crate::abi::flags::{Fstflags, Riflags, Sdflags};
use crate::abi::param::Param;
use crate::abi::types::{
    Advice, Clockid, Event, Fdstat, Filestat, FilestatUnstable, Iovec, Prestat, Subscription, SubscriptionUnstable, Whence, WhenceUnstable,
};
use calls::{args, clock, environ, fd, for_each_function, path, poll, random, readdir, sched, sock};

/// Odd values, drawn by a small generator with a fixed start, so that a failure repeats.
struct Odd(u64);

impl Odd {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// A parameter's raw form, drawn from values that break things.
trait Draw {
    fn draw(odd: &mut Odd) -> Self;
}

impl Draw for u32 {
    fn draw(odd: &mut Odd) -> u32 {
        // Descriptors, small flags and lengths, the places of strings and buffers, ends of memory, signs.
        const VALUES: [u32; 24] = [
            0,
            1,
            2,
            3,
            4,
            5,
            6,
            8,
            16,
            24,
            64,
            1024,
            4096,
            4097,
            32768,
            65528,
            65532,
            65535,
            65536,
            65537,
            1 << 28,
            1 << 31,
            u32::MAX - 7,
            u32::MAX,
        ];
        VALUES[(odd.next() % VALUES.len() as u64) as usize]
    }
}

impl Draw for u64 {
    fn draw(odd: &mut Odd) -> u64 {
        // No size between: it would really be allocated.
        const VALUES: [u64; 9] = [0, 1, 2, 100, 1 << 62, i64::MAX as u64, 1 << 63, u64::MAX - 1, u64::MAX];
        VALUES[(odd.next() % VALUES.len() as u64) as usize]
    }
}

impl Draw for i64 {
    fn draw(odd: &mut Odd) -> i64 {
        u64::draw(odd).cast_signed()
    }
}

/// Calls each function once with drawn values.
macro_rules! draw_and_call {
    ($ctx:ident, $memory:ident, $odd:ident; $($name:ident($($arg:ident: $ty:ty),*) = $call:path;)*) => {
        $({
            $(let $arg = <$ty as Param>::from_wire(Draw::draw(&mut $odd));)*
            let mut run = || $call(&mut $ctx, &mut GuestMemory::new(&mut $memory), $($arg?),*);
            let _: Result<(), Errno> = run();
        })*
    };
}

#[test]
fn odd_values_never_panic() {
    for world in World::ALL {
        call_everything(world, 1500);
    }
}

/// Calls every function with odd values, many times.
fn call_everything(world: World, rounds: u32) {
    let mut guest = guest_in(world, Access::ReadWrite, |builder| builder);
    guest.put_file("f", "contents");
    guest.make_directory("d");
    let mut odd = Odd(0x9e37_79b9_7f4a_7c15);
    for round in 0..rounds {
        // Fresh grants now and then, since the calls close them.
        if round % 50 == 0 {
            let builder = WasiCtx::builder().args(["a", "b"]).env("A", "b").descriptor_limit(16);
            let builder = match world {
                World::Host => builder.directory(&guest.granted, "/", Access::ReadWrite).directory(&guest.granted, "/ro", Access::ReadOnly),
                World::Memory | World::Overlay => {
                    builder.directory_in(&guest.fs, "/", Access::ReadWrite).directory_in(&guest.fs, "/ro", Access::ReadOnly)
                }
            };
            guest.ctx = builder.build().unwrap();
        }
        guest.memory[..].fill(0);
        for (address, string) in [(4096, "f"), (32768, "d"), (1024, ".."), (64, "d/../f")] {
            guest.put(address, string.as_bytes());
        }
        guest.iovecs(&[(32768, 16), (0, 0), (4096, 65536), (32770, 4)]);
        let Guest { mut ctx, mut memory, .. } = guest;
        for_each_function!(common, draw_and_call, ctx, memory, odd;);
        for_each_function!(preview1, draw_and_call, ctx, memory, odd;);
        for_each_function!(unstable, draw_and_call, ctx, memory, odd;);
        (guest.ctx, guest.memory) = (ctx, memory);
    }
    guest.check_outside();
}
