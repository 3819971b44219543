//! Which runs of instructions one handler can do at once: a trie over ids, built at compile time.
//!
//! Made by: `exec::handlers`, from the list of superinstructions. Read by: `translate` (longest match), the disassembler.
//!
//! # Invariants
//! F1. Nodes below [`IDS`] are single instructions; the others are reached from them by [`Trie::step`], one instruction each.
//! F2. A node's handler does the instructions on the path to it, in order, with their operands one after another.

use super::handlers::{Group, Handlers};
use super::ops::{IDS, Id, op_of};

/// Longest superinstruction, in instructions.
pub const MAX_PARTS: usize = 8;

/// The instructions of a superinstruction.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    ids: [Id; MAX_PARTS],
    count: usize,
}

impl Parts {
    /// One instruction.
    pub const fn one(id: Id) -> Self {
        let mut ids = [0; MAX_PARTS];
        ids[0] = id;
        Self { ids, count: 1 }
    }

    /// These instructions, then those.
    pub const fn then(mut self, next: Self) -> Self {
        assert!(self.count + next.count <= MAX_PARTS, "a superinstruction is too long");
        let mut i = 0;
        while i < next.count {
            self.ids[self.count + i] = next.ids[i];
            i += 1;
        }
        self.count += next.count;
        self
    }

    /// The instructions.
    pub const fn ids(&self) -> &[Id] {
        self.ids.split_at(self.count).0
    }
}

/// A node of the trie.
pub type Node = u16;

/// One node followed by an instruction is another, in one word, so that a step reads memory once: from the low end, the instruction, the first
/// node, the second, and 1 + the index of the superinstruction that ends there, or 0; each 16 bits.
#[derive(Clone, Copy)]
pub struct Edge(u64);

impl Edge {
    /// What unused places hold; no node has this number.
    const EMPTY: Self = Self(0xffff_ffff);

    #[inline(always)]
    const fn key(self) -> u32 {
        self.0 as u32
    }

    #[inline(always)]
    const fn to(self) -> Node {
        (self.0 >> 32) as Node
    }
}

#[inline(always)]
const fn key(from: Node, id: Id) -> u32 {
    (from as u32) << 16 | id as u32
}

/// Places of the trie's hash table; a power of two.
pub const EDGES: usize = if cfg!(feature = "compact") { 1 << 9 } else { 1 << 15 };

/// Bits of the filter in front of the table: four for each place, so that most steps which lead nowhere are found out in a few KiB.
const FILTER_BITS: usize = EDGES * 4;

/// A trie over ids; see [`build`].
pub struct Trie {
    /// The edges, hashed.
    edges: [Edge; EDGES],
    /// Bit h: the hash of some edge is h.
    filter: [u32; FILTER_BITS / 32],
    /// How many nodes there are from [`IDS`] on.
    nodes: usize,
}

/// A number below [`FILTER_BITS`].
#[inline(always)]
const fn hash(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> (32 - FILTER_BITS.trailing_zeros())) as usize
}

/// Where the edge with this hash is, or further on.
#[inline(always)]
const fn place(hash: usize) -> usize {
    hash * EDGES / FILTER_BITS
}

/// Builds the trie of these superinstructions.
pub const fn build(list: &[Parts]) -> Trie {
    let mut trie = Trie { edges: [Edge::EMPTY; EDGES], filter: [0; FILTER_BITS / 32], nodes: 0 };
    let mut i = 0;
    while i < list.len() {
        let ids = list[i].ids();
        let (mut node, mut last) = (ids[0], 0);
        let mut k = 1;
        while k < ids.len() {
            assert!(!op_of(ids[k - 1]).ends_group(), "something follows what ends a group in a superinstruction (O2)");
            assert!(!op_of(ids[k]).allocates(), "something comes before what may be done again in a superinstruction");
            let key = key(node, ids[k]);
            let hash = hash(key);
            trie.filter[hash / 32] |= 1 << (hash % 32);
            let mut at = place(hash);
            while trie.edges[at].key() != key && trie.edges[at].key() != Edge::EMPTY.key() {
                at = (at + 1) & (EDGES - 1);
            }
            if trie.edges[at].key() != key {
                trie.edges[at] = Edge(((IDS + trie.nodes) as u64) << 32 | key as u64);
                trie.nodes += 1;
                assert!(IDS + trie.nodes < 0xffff && trie.nodes < EDGES * 3 / 4);
            }
            node = trie.edges[at].to();
            last = at;
            k += 1;
        }
        assert!(ids.len() > 1, "a superinstruction has at least two parts");
        assert!(trie.edges[last].0 >> 48 == 0, "a superinstruction is listed twice");
        trie.edges[last].0 |= (i as u64 + 1) << 48;
        i += 1;
    }
    trie
}

/// All handlers, and the trie that says which instructions can be done at once.
#[derive(Clone, Copy, Debug)]
pub struct Fusion {
    /// The handlers.
    pub handlers: Handlers,
    /// The trie.
    pub trie: &'static Trie,
}

impl core::fmt::Debug for Trie {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Trie")
    }
}

impl Trie {
    /// The node after `node` by one more instruction, and the superinstruction that ends there, if one does.
    #[inline(always)]
    pub fn step(&self, node: Node, id: Id) -> Option<(Node, Option<Group>)> {
        let key = key(node, id);
        let hash = hash(key);
        if self.filter[hash / 32] >> (hash % 32) & 1 == 0 {
            return None;
        }
        let mut at = place(hash);
        loop {
            let edge = self.edges[at & (EDGES - 1)];
            if edge.key() == key {
                let number = (edge.0 >> 48) as Group;
                return Some((edge.to(), number.checked_sub(1).map(|number| number + IDS as Group)));
            }
            if edge.key() == Edge::EMPTY.key() {
                return None;
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trie_finds_what_was_put_in() {
        const LIST: [Parts; 3] = [
            Parts::one(1).then(Parts::one(2)),
            Parts::one(1).then(Parts::one(2)).then(Parts::one(3)).then(Parts::one(1)),
            Parts::one(7).then(Parts::one(2)),
        ];
        static TRIE: Trie = build(&LIST);
        let trie = &TRIE;
        let (pair, group) = trie.step(1, 2).unwrap();
        assert_eq!(group, Some(IDS as Group));
        let (three, group) = trie.step(pair, 3).unwrap();
        assert_eq!(group, None);
        assert!(trie.step(three, 1).is_some_and(|(_, group)| group == Some(IDS as Group + 1)));
        assert!(trie.step(2, 1).is_none());
        assert!(trie.step(three, 2).is_none());
    }
}
