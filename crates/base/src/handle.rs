//! Typed handles: small copyable names of things, made by one macro, and the [`Arena`] that mints them.
//!
//! A handle is 64 bits: an index and the generation of its slot, so a name of something that has ended
//! never reaches its successor. It is kept as one more than these bits, so that an `Option` of it takes no more room
//! (the very last of them all is one with the one before). It prints as `call#12`. Whoever starts a thing mints its
//! handle; the other side only carries it.

use std::marker::PhantomData;

/// A generational handle. Made by [`handle!`](crate::handle!), never by hand.
pub trait Handle: Copy + Eq + Ord {
    /// Puts a handle together.
    fn from_parts(index: u32, generation: u32) -> Self;
    /// The slot.
    fn index(self) -> u32;
    /// Which tenant of the slot.
    fn generation(self) -> u32;
}

/// Declares a generational handle type: `handle!(CallRef, "call", "One call, from INVITE to the last BYE.")`.
#[macro_export]
macro_rules! handle {
    ($name:ident, $shown:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(::std::num::NonZeroU64);

        impl $name {
            /// From the 64 bits that [`bits`](Self::bits) gave.
            #[must_use]
            pub const fn from_bits(bits: u64) -> Self {
                Self(::std::num::NonZeroU64::MIN.saturating_add(bits))
            }
            /// All 64 bits, for journals and tables.
            #[must_use]
            pub const fn bits(self) -> u64 {
                self.0.get() - 1
            }
        }

        impl $crate::Handle for $name {
            fn from_parts(index: u32, generation: u32) -> Self {
                Self::from_bits(u64::from(generation) << 32 | u64::from(index))
            }
            fn index(self) -> u32 {
                self.bits() as u32
            }
            fn generation(self) -> u32 {
                (self.bits() >> 32) as u32
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let (index, generation) = (self.bits() as u32, (self.bits() >> 32) as u32);
                write!(f, concat!($shown, "#{}"), index)?;
                if generation > 0 { write!(f, ".{generation}") } else { Ok(()) }
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(self, f)
            }
        }
    };
}

/// Declares an index type for things that come from the configuration: `index!(GroupRef, "group", "…")`.
/// Unlike a handle it has no generation: its numbering is that of the plan it belongs to.
#[macro_export]
macro_rules! index {
    ($name:ident, $shown:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the plan's list.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
            /// From a position in the plan's list.
            #[must_use]
            pub const fn at(index: usize) -> Self {
                Self(index as u32)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!($shown, "#{}"), self.0)
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(self, f)
            }
        }
    };
}

/// A store that mints its own handles; freed slots are reused with the next generation.
#[derive(Clone, Debug)]
pub struct Arena<H, T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    minted: PhantomData<fn() -> H>,
}

/// Begins a cache line, so that a value whose first fields are those most used is found with one.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

impl<H: Handle, T> Default for Arena<H, T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), minted: PhantomData }
    }
}

impl<H: Handle, T> Arena<H, T> {
    /// Keeps a value and names it.
    pub fn insert(&mut self, value: T) -> H {
        self.insert_with(|_| value)
    }

    /// Keeps a value that wants to know its own name.
    pub fn insert_with(&mut self, make: impl FnOnce(H) -> T) -> H {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, value: None });
            // Room for all to be free at once, so that ending a value never allocates.
            self.free.reserve(self.slots.len());
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[index as usize];
        let handle = H::from_parts(index, slot.generation);
        slot.value = Some(make(handle));
        handle
    }

    /// The value, unless it has ended.
    #[must_use]
    pub fn get(&self, handle: H) -> Option<&T> {
        let slot = self.slots.get(handle.index() as usize)?;
        if slot.generation == handle.generation() { slot.value.as_ref() } else { None }
    }

    /// The value, to change, unless it has ended.
    pub fn get_mut(&mut self, handle: H) -> Option<&mut T> {
        let slot = self.slots.get_mut(handle.index() as usize)?;
        if slot.generation == handle.generation() { slot.value.as_mut() } else { None }
    }

    /// Ends a value and returns it; its handle is never valid again.
    pub fn remove(&mut self, handle: H) -> Option<T> {
        let slot = self.slots.get_mut(handle.index() as usize)?;
        if slot.generation != handle.generation() {
            return None;
        }
        let value = slot.value.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(handle.index());
        Some(value)
    }

    /// Ends a value where it lies, for one that is too large to be moved about for nothing.
    pub fn forget(&mut self, handle: H) -> bool {
        let Some(slot) = self.slots.get_mut(handle.index() as usize) else { return false };
        if slot.generation != handle.generation() || slot.value.is_none() {
            return false;
        }
        slot.value = None;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(handle.index());
        true
    }

    /// How many values are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All values in slot order.
    pub fn iter(&self) -> impl Iterator<Item = (H, &T)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| {
            slot.value.as_ref().map(|value| (H::from_parts(index as u32, slot.generation), value))
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(unreachable_pub, reason = "the macro declares what a crate shows to others")]

    use super::*;

    handle!(CallRef, "call", "A call, for the test.");

    #[test]
    fn a_stale_handle_never_reaches_the_next_tenant() {
        let mut calls: Arena<CallRef, &str> = Arena::default();
        let first = calls.insert("first");
        assert_eq!(calls.remove(first), Some("first"));
        let second = calls.insert("second");
        assert_eq!(first.index(), second.index());
        assert_eq!(calls.get(first), None);
        assert_eq!(calls.get(second), Some(&"second"));
        assert_eq!(second.to_string(), "call#0.1");
        assert_eq!(CallRef::from_bits(second.bits()), second, "written down and read again");
        assert_eq!(calls.len(), 1);
    }
}
