//! Bounded lock-free rings between threads: many producers, one consumer, never growing.
//!
//! A full ring refuses: the producer gets its value back and says what it does about it. How a sleeping
//! consumer is woken is the rim's business, so there is no waiting here.

use crossbeam::queue::ArrayQueue;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A bounded ring. Clones share it.
#[derive(Debug)]
pub struct Ring<T> {
    shared: Arc<Shared<T>>,
}

#[derive(Debug)]
struct Shared<T> {
    queue: ArrayQueue<T>,
    refused: AtomicU64,
}

impl<T> Clone for Ring<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Ring<T> {
    /// A ring with room for `capacity` values (at least one).
    #[must_use]
    pub fn bounded(capacity: usize) -> Self {
        Self {
            shared: Arc::new(Shared { queue: ArrayQueue::new(capacity.max(1)), refused: AtomicU64::new(0) }),
        }
    }

    /// Adds a value.
    ///
    /// # Errors
    /// Gives the value back when the ring is full, and counts that.
    pub fn push(&self, value: T) -> Result<(), T> {
        self.shared.queue.push(value).inspect_err(|_| {
            self.shared.refused.fetch_add(1, Ordering::Relaxed);
        })
    }

    /// Takes the oldest value.
    #[must_use]
    pub fn pop(&self) -> Option<T> {
        self.shared.queue.pop()
    }

    /// How many values wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.shared.queue.len()
    }

    /// How many it can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared.queue.capacity()
    }

    /// How many values were refused because it was full, since the start.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.shared.refused.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_ring_gives_the_value_back_and_counts_it() {
        let ring = Ring::bounded(2);
        assert_eq!((ring.push(1), ring.push(2), ring.push(3)), (Ok(()), Ok(()), Err(3)));
        assert_eq!((ring.depth(), ring.refused(), ring.pop()), (2, 1, Some(1)));
    }
}
