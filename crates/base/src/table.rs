//! [`Table`]: a hash table without iteration order, because nothing in a core may depend on hash order.
//!
//! The hash is keyed from a seed, so that peers who choose the keys (a Call-ID, a branch) cannot aim at one
//! bucket; runs with the same seed stay identical. What must be listed is listed by key ([`Table::sorted`]).

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};

/// Keyed hashing: SipHash prefixed with a seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keyed(u64);

impl BuildHasher for Keyed {
    type Hasher = DefaultHasher;
    fn build_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.0);
        hasher
    }
}

/// Plain hashing, a third of the price, for keys that nobody outside chooses: handles that we mint ourselves, and names
/// that are well mixed hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub struct Minted;

/// Folds what it is given by multiplication (as in the Firefox hasher), but with a factor that mixes the high half only
/// and leaves the low half as it is: handles minted one after the other lie side by side in the table, and those of one
/// time are found in a few cache lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Folding(u64);

impl BuildHasher for Minted {
    type Hasher = Folding;
    fn build_hasher(&self) -> Folding {
        Folding::default()
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517C_C1B7_0000_0001);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// A hash table that can be asked but not walked, except in key order.
#[derive(Clone, Debug)]
pub struct Table<K, V, H = Keyed>(HashMap<K, V, H>);

impl<K, V, H: Default> Default for Table<K, V, H> {
    fn default() -> Self {
        Self(HashMap::with_hasher(H::default()))
    }
}

impl<K: Hash + Eq, V> Table<K, V> {
    /// An empty table whose hash is keyed with `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(HashMap::with_hasher(Keyed(seed)))
    }
}

impl<K: Hash + Eq, V, H: BuildHasher> Table<K, V, H> {
    /// Puts a value under a key; returns what was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    /// The value under a key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    /// The value under a key, to change.
    pub fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.0.get_mut(key)
    }

    /// The value under a key, made when missing.
    pub fn or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        self.0.entry(key).or_insert_with(make)
    }

    /// Takes a value out.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.remove(key)
    }

    /// Whether a key is there.
    pub fn contains<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// How many entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets the entries that `keep` refuses. `keep` must not depend on the order it is asked in.
    pub fn retain(&mut self, keep: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain(keep);
    }

    /// All entries in key order: slow, for snapshots and tests.
    pub fn sorted(&self) -> Vec<(&K, &V)>
    where
        K: Ord,
    {
        let mut entries: Vec<_> = self.0.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        entries
    }
}
