//! The memory that Argon2 fills, kept by a worker from one password to the next and given back when there is nothing to do.

use argon2::Block;
use zeroize::Zeroize;

/// Room that is asked for at least, in blocks of 1 KiB. Beyond 32 MiB, glibc's allocator always maps memory afresh and unmaps it when it
/// is freed; below, it would learn to keep it, and an idle server would stay that much larger. Room that is not filled costs nothing.
const ROOM: usize = 33 * 1024;

#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// `count` blocks with any content: Argon2 writes each before it reads it.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.capacity() < count {
            self.0 = Vec::with_capacity(count.max(ROOM));
        }
        self.0.resize(count, Block::new());
        &mut self.0
    }

    pub(super) const fn is_held(&self) -> bool {
        self.0.capacity() > 0
    }

    /// Gives the memory back, wiped: its first blocks lead to the password faster than the hash does.
    pub(super) fn release(&mut self) {
        self.0.iter_mut().zeroize();
        self.0 = Vec::new();
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.release();
    }
}
