//! [`Ranked`]: keys in order, each with its rank: "who is first", "who comes after", "how many are before".
//!
//! A treap: a search tree by key that is also a heap by random weight, each node knowing how many stand under
//! it. The weights come from a counter through a fixed mix, so the same keys in the same order give the same
//! tree everywhere. Insert, remove, rank and successor are O(log n); nodes are reused, so nothing is allocated
//! once a set has been as long as it gets.
//!
//! ```text
//!   insert(key) ─▶ ┌──────────┐ ─▶ first()       the head of a line, the longest idle agent
//!   remove(key) ─▶ │  Ranked  │ ─▶ after(key)    the next one, when the head cannot be taken
//!                  └──────────┘ ─▶ before(key)   a caller's position, less one
//! ```
//!
//! Never knows: what its keys mean.

use base::Random;

/// An ordered set of distinct keys that also answers "how many are before this one".
#[derive(Clone, Debug)]
pub(crate) struct Ranked<K> {
    nodes: Vec<Node<K>>,
    /// The first key, at hand: whoever is free looks at the heads of many sets at once.
    first: Option<K>,
    root: u32,
    /// The first node that is not in use; the next ones hang on each other's `left`.
    free: u32,
    weights: Random,
}

#[derive(Clone, Debug)]
struct Node<K> {
    key: K,
    /// Heavier nodes stand nearer the root.
    weight: u32,
    /// How many stand in this subtree, this one included.
    count: u32,
    left: u32,
    right: u32,
}

impl<K> Default for Ranked<K> {
    fn default() -> Self {
        Self { nodes: Vec::new(), first: None, root: NONE, free: NONE, weights: Random::seeded(0) }
    }
}

impl<K: Copy + Ord> Ranked<K> {
    /// Puts a key in that is not in yet.
    pub(crate) fn insert(&mut self, key: K) {
        debug_assert!(!self.contains(&key), "keys are distinct");
        let node = Node { key, weight: self.weights.bits() as u32, count: 1, left: NONE, right: NONE };
        let new = if self.free == NONE {
            self.nodes.push(node);
            (self.nodes.len() - 1) as u32
        } else {
            let new = self.free;
            self.free = self.node(new).left;
            self.nodes[new as usize] = node;
            new
        };
        self.root = self.grow(self.root, new);
        self.first = Some(self.first.map_or(key, |first| first.min(key)));
    }

    /// Takes a key out; `false` when it was not there.
    pub(crate) fn remove(&mut self, key: &K) -> bool {
        if !self.contains(key) {
            return false;
        }
        // Everybody on the way down loses one; then the node gives its place to its two subtrees, merged.
        let (mut at, mut parent) = (self.root, NONE);
        while self.node(at).key != *key {
            self.nodes[at as usize].count -= 1;
            parent = at;
            at = if *key < self.node(at).key { self.node(at).left } else { self.node(at).right };
        }
        let heir = self.merge(self.node(at).left, self.node(at).right);
        match parent {
            NONE => self.root = heir,
            _ if self.node(parent).left == at => self.nodes[parent as usize].left = heir,
            _ => self.nodes[parent as usize].right = heir,
        }
        self.nodes[at as usize].left = self.free;
        self.free = at;
        if self.first.as_ref() == Some(key) {
            self.first = self.leftmost();
        }
        true
    }

    /// Whether a key is in.
    pub(crate) fn contains(&self, key: &K) -> bool {
        let mut at = self.root;
        while at != NONE {
            let node = self.node(at);
            match key.cmp(&node.key) {
                std::cmp::Ordering::Less => at = node.left,
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Greater => at = node.right,
            }
        }
        false
    }

    /// The first key.
    pub(crate) const fn first(&self) -> Option<K> {
        self.first
    }

    /// The first key after `key`, which need not be in itself.
    pub(crate) fn after(&self, key: &K) -> Option<K> {
        let (mut at, mut found) = (self.root, None);
        while at != NONE {
            let node = self.node(at);
            if *key < node.key {
                found = Some(node.key);
                at = node.left;
            } else {
                at = node.right;
            }
        }
        found
    }

    /// How many keys are before `key`, which need not be in itself.
    pub(crate) fn before(&self, key: &K) -> usize {
        let (mut at, mut before) = (self.root, 0);
        while at != NONE {
            let node = self.node(at);
            if node.key < *key {
                before += 1 + self.count(node.left);
                at = node.right;
            } else {
                at = node.left;
            }
        }
        before as usize
    }

    /// How many keys are in.
    pub(crate) fn len(&self) -> usize {
        self.count(self.root) as usize
    }

    /// Whether no key is in.
    pub(crate) fn is_empty(&self) -> bool {
        self.root == NONE
    }

    /// All keys in order; each step is O(log n).
    pub(crate) fn iter(&self) -> impl Iterator<Item = K> {
        let mut last: Option<K> = None;
        std::iter::from_fn(move || {
            last = last.as_ref().map_or_else(|| self.first(), |last| self.after(last));
            last
        })
    }

    /// `new` under `at`: below every heavier node, above the lighter ones, which it splits. The recursion is as
    /// deep as the tree, which random weights keep near 2·log2(n): under 60 for a million keys.
    fn grow(&mut self, at: u32, new: u32) -> u32 {
        if at == NONE {
            return new;
        }
        if self.node(at).weight < self.node(new).weight {
            let key = self.node(new).key;
            let (left, right) = self.split(at, &key);
            self.nodes[new as usize].left = left;
            self.nodes[new as usize].right = right;
            self.recount(new);
            return new;
        }
        if self.node(new).key < self.node(at).key {
            self.nodes[at as usize].left = self.grow(self.node(at).left, new);
        } else {
            self.nodes[at as usize].right = self.grow(self.node(at).right, new);
        }
        self.nodes[at as usize].count += 1;
        at
    }

    /// The subtree `at` in two: keys before `key` and keys after it.
    fn split(&mut self, at: u32, key: &K) -> (u32, u32) {
        if at == NONE {
            return (NONE, NONE);
        }
        if self.node(at).key < *key {
            let (left, right) = self.split(self.node(at).right, key);
            self.nodes[at as usize].right = left;
            self.recount(at);
            (at, right)
        } else {
            let (left, right) = self.split(self.node(at).left, key);
            self.nodes[at as usize].left = right;
            self.recount(at);
            (left, at)
        }
    }

    /// Two subtrees as one; all keys of `left` are before those of `right`.
    fn merge(&mut self, left: u32, right: u32) -> u32 {
        match (left, right) {
            (NONE, other) | (other, NONE) => other,
            _ if self.node(left).weight > self.node(right).weight => {
                self.nodes[left as usize].right = self.merge(self.node(left).right, right);
                self.recount(left);
                left
            }
            _ => {
                self.nodes[right as usize].left = self.merge(left, self.node(right).left);
                self.recount(right);
                right
            }
        }
    }

    fn leftmost(&self) -> Option<K> {
        let (mut at, mut found) = (self.root, None);
        while at != NONE {
            found = Some(self.node(at).key);
            at = self.node(at).left;
        }
        found
    }

    fn node(&self, at: u32) -> &Node<K> {
        &self.nodes[at as usize]
    }

    fn count(&self, at: u32) -> u32 {
        if at == NONE { 0 } else { self.node(at).count }
    }

    fn recount(&mut self, at: u32) {
        let count = 1 + self.count(self.node(at).left) + self.count(self.node(at).right);
        self.nodes[at as usize].count = count;
    }
}

/// No node.
const NONE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_answers_as_a_sorted_set_does() {
        for seed in 0..30 {
            let mut random = Random::seeded(seed);
            let (mut ranked, mut plain) = (Ranked::default(), BTreeSet::new());
            for step in 0..1_500 {
                let key = random.below(200);
                if random.below(5) < 3 {
                    if plain.insert(key) {
                        ranked.insert(key);
                    }
                } else {
                    assert_eq!(ranked.remove(&key), plain.remove(&key), "seed {seed} step {step}");
                }
                let probe = random.below(200);
                assert_eq!(ranked.contains(&probe), plain.contains(&probe), "seed {seed} step {step}");
                assert_eq!(ranked.before(&probe), plain.range(..probe).count(), "seed {seed} step {step}");
                assert_eq!(ranked.after(&probe), plain.range(probe + 1..).next().copied(), "seed {seed}");
                assert_eq!(ranked.first(), plain.first().copied(), "seed {seed} step {step}");
                assert_eq!(ranked.len(), plain.len(), "seed {seed} step {step}");
            }
            assert!(ranked.iter().eq(plain.iter().copied()), "seed {seed}");
        }
    }

    #[test]
    fn keys_that_arrive_in_order_do_not_make_a_list_of_it() {
        let mut ranked = Ranked::default();
        for key in 0..100_000u32 {
            ranked.insert(key);
        }
        assert!(depth(&ranked, ranked.root) < 60, "depth {}", depth(&ranked, ranked.root));
        assert_eq!(ranked.before(&70_000), 70_000);
    }

    fn depth(ranked: &Ranked<u32>, at: u32) -> u32 {
        if at == NONE {
            return 0;
        }
        1 + depth(ranked, ranked.node(at).left).max(depth(ranked, ranked.node(at).right))
    }
}
