//! Work that may be split among threads: with the feature `parallel` on several, without it on the calling one, with one interface.
//!
//! Called by: `api`. Threads are scoped: none outlives the call that started it. Where the system refuses to start one, the others do its share.
//!
//! # Why
//! Plain threads of the standard library, not a pool: starting one takes some 10 µs (2026-11-23), which modules that are worth it pay back a
//! hundredfold, and a pool would be one more thing that lives as long as the process.

/// Hands the items, in chunks with the index of their first one, to `work`, on at most `threads` threads. On each thread chunks come in ascending
/// order.
///
/// # Errors
/// What `work` said of the first chunk, in the order of items, for which it failed. That is the same for any number of threads, if `work`
/// goes through its items in order and stops at the first failure.
#[cfg(not(feature = "parallel"))]
pub fn chunks<T: Send, E: Send>(items: &mut [T], _threads: usize, work: impl Fn(usize, &mut [T]) -> Result<(), E> + Sync) -> Result<(), E> {
    work(0, items)
}

/// Gives the results of both; the first runs on a thread of its own if it may be `parallel`.
#[cfg(not(feature = "parallel"))]
pub fn both<A: Send, B>(_parallel: bool, first: impl Fn() -> A + Sync, second: impl FnOnce() -> B) -> (A, B) {
    (first(), second())
}

#[cfg(feature = "parallel")]
pub use threaded::{available, both, chunks};

#[cfg(feature = "parallel")]
mod threaded {
    use std::panic::resume_unwind;
    use std::slice::ChunksMut;
    use std::sync::OnceLock;
    use std::thread::{self, Builder};

    use crate::util::sync::Mutex;

    /// Chunks for each thread, if all take equally long: more of them leave less to wait for at the end.
    const CHUNKS_PER_THREAD: usize = 64;

    /// How many threads this process can run at a time.
    pub fn available() -> usize {
        // The system's answer takes some 100 µs for the first time, with control groups to look up.
        static AVAILABLE: OnceLock<usize> = OnceLock::new();
        *AVAILABLE.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
    }

    /// What is left to do.
    struct Queue<'a, T, E> {
        chunks: core::iter::Enumerate<ChunksMut<'a, T>>,
        /// The first chunk that failed, of those that are done; once there is one, no further chunk is begun.
        failure: Option<(usize, E)>,
    }

    /// See the function of the same name without threads.
    pub fn chunks<T: Send, E: Send>(
        items: &mut [T],
        threads: usize,
        work: impl Fn(usize, &mut [T]) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        if threads < 2 || items.len() < 2 {
            return work(0, items);
        }
        let size = items.len().div_ceil(threads * CHUNKS_PER_THREAD);
        let queue = Mutex::new(Queue { chunks: items.chunks_mut(size).enumerate(), failure: None });
        let next = || {
            let mut queue = queue.lock();
            if queue.failure.is_some() { None } else { queue.chunks.next() }
        };
        let run = || {
            while let Some((index, chunk)) = next() {
                let Err(error) = work(index * size, chunk) else { continue };
                // Chunks are begun in order, so all before this one are done or being done, and will have their say.
                let mut queue = queue.lock();
                if queue.failure.as_ref().is_none_or(|(first, _)| index < *first) {
                    queue.failure = Some((index, error));
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads {
                if Builder::new().spawn_scoped(scope, run).is_err() {
                    break;
                }
            }
            run();
        });
        match queue.lock().failure.take() {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }

    /// See the function of the same name without threads.
    pub fn both<A: Send, B>(parallel: bool, first: impl Fn() -> A + Sync, second: impl FnOnce() -> B) -> (A, B) {
        if !parallel {
            return (first(), second());
        }
        thread::scope(|scope| match Builder::new().spawn_scoped(scope, &first) {
            Ok(thread) => {
                let second = second();
                (thread.join().unwrap_or_else(|panic| resume_unwind(panic)), second)
            }
            Err(_) => (first(), second()),
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use super::*;

    #[test]
    fn every_item_is_worked_on_once() {
        for (count, threads) in [(0, 4), (1, 4), (2, 4), (1000, 1), (1000, 2), (1001, 3), (100, 1000)] {
            let mut items: Vec<usize> = vec![0; count];
            let count_up = |first, chunk: &mut [usize]| {
                chunk.iter_mut().enumerate().for_each(|(index, item)| *item += first + index + 1);
                Ok::<_, ()>(())
            };
            assert_eq!(chunks(&mut items, threads, count_up), Ok(()));
            assert!(items.into_iter().eq(1..=count), "{count} items, {threads} threads");
        }
    }

    #[test]
    fn the_first_failure_counts() {
        for threads in [1, 2, 3, 8] {
            for _ in 0..50 {
                let mut items: Vec<usize> = (0..1000).collect();
                let judge = |_, chunk: &mut [usize]| chunk.iter().try_for_each(|&item| if item % 300 == 299 { Err(item) } else { Ok(()) });
                assert_eq!(chunks(&mut items, threads, judge), Err(299), "{threads} threads");
            }
        }
    }

    #[test]
    fn both_are_done() {
        for parallel in [false, true] {
            assert_eq!(both(parallel, || 1, || 2), (1, 2));
        }
    }
}
