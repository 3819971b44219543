//! Where exceptions land: the tables of functions that catch.
//!
//! A region is the code of one block that catches (`try_table`, legacy `try`), as byte offsets in the function's code; its clauses are tried in
//! order. Nothing runs at a region's entry or exit: the table is looked at when something is thrown, and functions that catch nothing have none.
//! Made by: `translate`. Kept with the function's code (`code::cell`). Read by: `exec::unwind`.
//!
//! # Invariants
//! U1. Regions are ordered by their start, outer ones first, and are nested or apart.
//! U2. The slots and the target of a clause are those of the function; at the target, payload and reference are expected in these slots, and
//!     pinned locals are loaded.

use alloc::vec::Vec;

/// The number of no region.
pub const NO_REGION: u32 = u32::MAX;
/// The tag index of clauses that catch all.
pub const ANY_TAG: u32 = u32::MAX;
/// The slot of clauses that want no reference to the exception.
pub const NO_REFERENCE: i32 = i32::MIN;

/// What catches one tag, or all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clause {
    /// The tag's index in the module, or [`ANY_TAG`], which takes no payload.
    pub tag: u32,
    /// Where the payload goes: the first slot, as a distance from the frame pointer in bytes.
    pub payload: i32,
    /// Where a reference to the exception goes, or [`NO_REFERENCE`].
    pub reference: i32,
    /// Where execution goes on: a byte offset in the function's code.
    pub target: u32,
}

/// The code of a block that catches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    /// Byte offset of its first instruction.
    pub start: u32,
    /// Byte offset behind its last instruction.
    pub end: u32,
    /// The innermost region around it, or [`NO_REGION`].
    pub parent: u32,
    /// The region whose clauses come next: the parent, but for legacy `delegate`.
    pub next: u32,
    /// Its first clause.
    pub first_clause: u32,
    /// How many it has.
    pub clauses: u32,
}

/// The table of a function.
#[derive(Debug)]
pub struct Handlers {
    /// Bytes of the function's frame, from the frame pointer on.
    frame: u32,
    regions: Vec<Region>,
    clauses: Vec<Clause>,
}

impl Handlers {
    /// A table of regions (U1), and of clauses with the numbers of their regions, in the order in which they are tried.
    pub fn new(frame: u32, mut regions: Vec<Region>, numbered: Vec<(u32, Clause)>) -> Self {
        for &(region, _) in &numbered {
            if let Some(region) = regions.get_mut(region as usize) {
                region.clauses += 1;
            }
        }
        let mut first = 0;
        for region in &mut regions {
            region.first_clause = first;
            first += region.clauses;
        }
        // Clauses of one region stay in order.
        let mut next: Vec<u32> = regions.iter().map(|region| region.first_clause).collect();
        let mut clauses: Vec<Clause> = numbered.iter().map(|&(_, clause)| clause).collect();
        for (region, clause) in numbered {
            if let Some(next) = next.get_mut(region as usize)
                && let Some(place) = clauses.get_mut(*next as usize)
            {
                *place = clause;
                *next += 1;
            }
        }
        Self { frame, regions, clauses }
    }

    /// Bytes of the function's frame, from the frame pointer on.
    pub fn frame(&self) -> u32 {
        self.frame
    }

    /// The regions, by number.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The clauses of a region.
    pub fn clauses(&self, region: &Region) -> &[Clause] {
        let first = region.first_clause as usize;
        self.clauses.get(first..first + region.clauses as usize).unwrap_or(&[])
    }

    /// The first clause that `catches` at a byte offset of the code, from the innermost region outwards.
    pub fn find(&self, offset: u32, mut catches: impl FnMut(&Clause) -> bool) -> Option<Clause> {
        let mut number = self.innermost(offset);
        while let Some(region) = self.regions.get(number as usize) {
            if let Some(clause) = self.clauses(region).iter().find(|clause| catches(clause)) {
                return Some(*clause);
            }
            number = region.next;
        }
        None
    }

    /// The number of the innermost region that holds a byte offset.
    fn innermost(&self, offset: u32) -> u32 {
        // The last that starts there or before, or one of those around it (U1).
        let behind = self.regions.partition_point(|region| region.start <= offset) as u32;
        let mut number = behind.checked_sub(1).unwrap_or(NO_REGION);
        while let Some(region) = self.regions.get(number as usize) {
            if offset < region.end {
                return number;
            }
            number = region.parent;
        }
        NO_REGION
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn region(start: u32, end: u32, parent: u32, next: u32) -> Region {
        Region { start, end, parent, next, first_clause: 0, clauses: 0 }
    }

    fn clause(tag: u32, target: u32) -> Clause {
        Clause { tag, payload: 0, reference: NO_REFERENCE, target }
    }

    #[test]
    fn inner_regions_come_first() {
        let regions = vec![region(8, 80, NO_REGION, NO_REGION), region(16, 24, 0, 0), region(32, 48, 0, 0)];
        let clauses = vec![(1, clause(5, 100)), (0, clause(5, 200)), (2, clause(7, 300)), (0, clause(ANY_TAG, 400))];
        let handlers = Handlers::new(0, regions, clauses);
        let target = |offset, tag| {
            let found = handlers.find(offset, |clause| clause.tag == tag || clause.tag == ANY_TAG);
            found.map(|clause| clause.target)
        };
        assert_eq!(target(20, 5), Some(100));
        assert_eq!(target(24, 5), Some(200));
        assert_eq!(target(40, 7), Some(300));
        assert_eq!(target(40, 9), Some(400));
        assert_eq!((target(7, 5), target(80, 5)), (None, None));
    }

    #[test]
    fn empty_regions_and_delegation() {
        // The innermost of three regions that start together is empty; what region 3 does not catch goes past region 0.
        let regions = vec![region(0, 64, NO_REGION, NO_REGION), region(0, 32, 0, 0), region(0, 0, 1, 1), region(40, 48, 0, NO_REGION)];
        let handlers = Handlers::new(0, regions, vec![(0, clause(ANY_TAG, 1)), (1, clause(ANY_TAG, 2)), (2, clause(ANY_TAG, 3))]);
        let target = |offset| handlers.find(offset, |_| true).map(|clause| clause.target);
        assert_eq!((target(0), target(36), target(44)), (Some(2), Some(1), None));
    }
}
