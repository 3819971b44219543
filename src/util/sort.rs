//! Sorting of slices whose equal items may change places.
//!
//! # Why
//! The standard library's sorts are fast, and take 3 to 12 kB for each type and order. The feature `compact` has one function for all.

use core::cmp::Ordering;

/// Sorts a slice; equal items may change places.
#[cfg(not(feature = "compact"))]
pub fn sort_by<T>(items: &mut [T], compare: impl FnMut(&T, &T) -> Ordering) {
    items.sort_unstable_by(compare);
}

/// Sorts a slice; equal items may change places.
#[cfg(feature = "compact")]
pub fn sort_by<T>(items: &mut [T], compare: impl FnMut(&T, &T) -> Ordering) {
    heap_sort(items.len(), &mut Sorted { items, compare });
}

/// A slice and its order, behind a pointer.
#[cfg(feature = "compact")]
trait Items {
    fn is_less(&mut self, a: usize, b: usize) -> bool;
    fn swap(&mut self, a: usize, b: usize);
}

#[cfg(feature = "compact")]
struct Sorted<'a, T, F> {
    items: &'a mut [T],
    compare: F,
}

#[cfg(feature = "compact")]
impl<T, F: FnMut(&T, &T) -> Ordering> Items for Sorted<'_, T, F> {
    fn is_less(&mut self, a: usize, b: usize) -> bool {
        (self.compare)(&self.items[a], &self.items[b]).is_lt()
    }
    fn swap(&mut self, a: usize, b: usize) {
        self.items.swap(a, b);
    }
}

/// Makes a heap of the items, the largest first, and takes one after another from it to the end.
#[cfg(feature = "compact")]
fn heap_sort(count: usize, items: &mut dyn Items) {
    let (mut start, mut end) = (count / 2, count);
    while end > 1 {
        if start > 0 {
            start -= 1;
        } else {
            end -= 1;
            items.swap(0, end);
        }
        let mut parent = start;
        loop {
            let mut child = 2 * parent + 1;
            if child + 1 < end && items.is_less(child, child + 1) {
                child += 1;
            }
            if child >= end || !items.is_less(parent, child) {
                break;
            }
            items.swap(parent, child);
            parent = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn slices_of_all_lengths_are_sorted() {
        let mut state = 1u32;
        for length in 0..100 {
            let mut items: Vec<u32> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state >> 26
                })
                .collect();
            let mut expected = items.clone();
            expected.sort_unstable();
            sort_by(&mut items, Ord::cmp);
            assert_eq!(items, expected);
        }
    }
}
