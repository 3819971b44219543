//! Choices, made by bytes.

/// Bytes that are used up by choices; when they are gone every choice is the first.
pub struct Source<'b> {
    bytes: &'b [u8],
}

impl<'b> Source<'b> {
    /// Choices by these bytes.
    pub fn new(bytes: &'b [u8]) -> Source<'b> {
        Source { bytes }
    }

    /// Whether the bytes are used up.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A number below `bound`, which is at most 256.
    pub fn below(&mut self, bound: usize) -> usize {
        match self.bytes.split_first() {
            Some((byte, rest)) => {
                self.bytes = rest;
                usize::from(*byte) % bound
            }
            None => 0,
        }
    }

    /// Whether, once in `times`, something rare happens.
    pub fn rarely(&mut self, times: usize) -> bool {
        self.below(times) == 1
    }

    /// One of several.
    pub fn choose<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}
