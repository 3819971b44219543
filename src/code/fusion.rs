//! Which runs of instructions one handler can do at once: a trie over ids, built at compile time, and the handlers that the executor hands to
//! the translator.
//!
//! Made by: `exec::handlers`, from the list of superinstructions. Read by: `translate` (longest match), the disassembler.
//!
//! # Invariants
//! F1. Nodes below [`IDS`] are single instructions; the others are reached from them by [`Fusion::step`], one instruction each.
//! F2. A node's handler does the instructions on the path to it, in order, with their operands one after another.

use super::ops::{IDS, Id};

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

/// The address of a handler, its type erased.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Handler(pub fn());

impl Handler {
    /// The word that stands for it in code.
    #[inline(always)]
    pub fn word(self) -> u64 {
        (self.0 as *const ()).expose_provenance() as u64
    }
}

impl core::fmt::Debug for Handler {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:p}", self.0 as *const ())
    }
}

/// The handlers of one instruction or superinstruction.
#[derive(Clone, Copy, Debug)]
pub struct Handlers {
    /// Runs it once.
    pub once: Handler,
    /// Runs it again as long as it goes to its own start, if it can branch.
    pub repeated: Option<Handler>,
}

/// A node of the trie.
pub type Node = u16;

/// `from` followed by `id` is `to`; `from` is `EMPTY` in unused places.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    from: Node,
    id: Id,
    to: Node,
}

const EMPTY: Node = Node::MAX;

/// Places of the trie's hash table; a power of two.
pub const EDGES: usize = 1 << 14;

/// The trie, before it is split into what is read at run time; see [`build`].
pub struct Builder<const NODES: usize> {
    /// The edges, hashed.
    pub edges: [Edge; EDGES],
    /// For each node from [`IDS`] on: 1 + the index of the superinstruction that ends there, or 0.
    pub ends: [u16; NODES],
    /// How many nodes there are from [`IDS`] on.
    pub nodes: usize,
}

const fn place(from: Node, id: Id) -> usize {
    let key = (from as u32) << 16 | id as u32;
    (key.wrapping_mul(0x9e37_79b1) >> 18) as usize & (EDGES - 1)
}

/// Builds the trie of these superinstructions.
pub const fn build<const NODES: usize>(list: &[Parts]) -> Builder<NODES> {
    let mut trie = Builder { edges: [Edge { from: EMPTY, id: 0, to: 0 }; EDGES], ends: [0; NODES], nodes: 0 };
    let mut i = 0;
    while i < list.len() {
        let ids = list[i].ids();
        let mut node = ids[0];
        let mut k = 1;
        while k < ids.len() {
            let mut at = place(node, ids[k]);
            loop {
                let edge = trie.edges[at];
                if edge.from == EMPTY {
                    let to = (IDS + trie.nodes) as Node;
                    trie.nodes += 1;
                    assert!(trie.nodes <= NODES && trie.nodes < EDGES * 3 / 4);
                    trie.edges[at] = Edge { from: node, id: ids[k], to };
                    node = to;
                    break;
                }
                if edge.from == node && edge.id == ids[k] {
                    node = edge.to;
                    break;
                }
                at = (at + 1) & (EDGES - 1);
            }
            k += 1;
        }
        assert!(ids.len() > 1, "a superinstruction has at least two parts");
        assert!(trie.ends[node as usize - IDS] == 0, "a superinstruction is listed twice");
        trie.ends[node as usize - IDS] = i as u16 + 1;
        i += 1;
    }
    trie
}

/// All handlers, and the trie that says which instructions can be done at once.
#[derive(Clone, Copy)]
pub struct Fusion {
    /// By [`Id`].
    pub singles: &'static [Handlers],
    /// By place in the list of superinstructions.
    pub fused: &'static [Handlers],
    /// See [`Builder::edges`].
    pub edges: &'static [Edge; EDGES],
    /// See [`Builder::ends`].
    pub ends: &'static [u16],
    /// The parts of each superinstruction.
    pub list: &'static [Parts],
}

impl core::fmt::Debug for Fusion {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Fusion({} superinstructions)", self.list.len())
    }
}

impl Fusion {
    /// The node after `node` by one more instruction.
    #[inline(always)]
    pub fn step(&self, node: Node, id: Id) -> Option<Node> {
        let mut at = place(node, id);
        loop {
            let edge = self.edges[at & (EDGES - 1)];
            if edge.from == node && edge.id == id {
                return Some(edge.to);
            }
            if edge.from == EMPTY {
                return None;
            }
            at += 1;
        }
    }

    /// The handlers of a node, if a superinstruction ends there.
    #[inline(always)]
    pub fn handlers(&self, node: Node) -> Option<&Handlers> {
        let end = self.ends[usize::from(node) - IDS];
        self.fused.get(usize::from(end).wrapping_sub(1))
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
        static TRIE: Builder<8> = build(&LIST);
        fn nothing() {}
        static HANDLERS: [Handlers; 3] = [Handlers { once: Handler(nothing), repeated: None }; 3];
        let fusion = Fusion { singles: &HANDLERS, fused: &HANDLERS, edges: &TRIE.edges, ends: &TRIE.ends, list: &LIST };
        let pair = fusion.step(1, 2).unwrap();
        assert!(fusion.handlers(pair).is_some());
        let three = fusion.step(pair, 3).unwrap();
        assert!(fusion.handlers(three).is_none());
        assert!(fusion.step(three, 1).is_some_and(|node| fusion.handlers(node).is_some()));
        assert_eq!(fusion.step(2, 1), None);
        assert_eq!(fusion.step(three, 2), None);
    }
}
