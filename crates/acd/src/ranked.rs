//! [`Ranked`]: keys in order, each with its rank: "who is first", "who comes next", "how many are before".
//!
//! A sorted list in runs of at most [`RUN`] keys: lines are served near their head and joined near their tail,
//! so almost every change touches one run that is in the cache, and doubling the line adds a run or two to look
//! over and not a level of pointers to follow. Within a run keys are looked for one by one, from the end at which most
//! are: the processor guesses that way and reads ahead, where halving would wait for each key before it knows the next.
//!
//! ```text
//!   runs   [k k k k k]  [k k k k k k k]  [k k k]        each sorted, none empty, all in order
//!            ▲ first                          ▲ most keys join here
//!   insert(key) · remove(key)      find the run, then the place in it; a full run is cut in two
//!   first() · iter()               the head of a line; the next ones, when the head cannot be taken
//!   before(key)                    lengths of the runs before, and the place in its own
//! ```
//!
//! Emptied runs are kept for the next cut, so nothing is allocated once a set has been as long as it gets.
//!
//! Never knows: what its keys mean.

/// Keys in one run: a few cache lines to move at most.
const RUN: usize = 64;

/// An ordered set of distinct keys that also answers "how many are before this one".
#[derive(Clone, Debug)]
pub(crate) struct Ranked<K> {
    /// The first key, at hand: whoever is free looks at the heads of many sets at once.
    first: Option<K>,
    len: usize,
    runs: Vec<Run<K>>,
    spare: Vec<Vec<K>>,
}

/// Some keys in order; never empty.
#[derive(Clone, Debug)]
struct Run<K> {
    /// The first of them, so that looking for a run touches no other memory.
    first: K,
    keys: Vec<K>,
}

impl<K> Default for Ranked<K> {
    fn default() -> Self {
        Self { first: None, len: 0, runs: Vec::new(), spare: Vec::new() }
    }
}

impl<K: Copy + Ord> Ranked<K> {
    /// Puts a key in that is not in yet.
    pub(crate) fn insert(&mut self, key: K) {
        debug_assert!(!self.contains(&key), "keys are distinct");
        self.len += 1;
        self.first = Some(self.first.map_or(key, |first| first.min(key)));
        let Some(at) = self.run_of(&key) else { return self.begin_run(0, key) };
        if self.runs[at].keys.len() == RUN {
            let last = at + 1 == self.runs.len() && self.runs[at].keys[RUN - 1] < key;
            if last {
                // Whoever joins behind everybody begins a run of his own; else a full run is cut in the middle.
                return self.begin_run(at + 1, key);
            }
            let mut keys = self.spare_run();
            keys.extend(self.runs[at].keys.drain(RUN / 2..));
            self.runs.insert(at + 1, Run { first: keys[0], keys });
            return self.insert_into(at + usize::from(self.runs[at + 1].first < key), key);
        }
        self.insert_into(at, key);
    }

    fn begin_run(&mut self, at: usize, key: K) {
        let mut keys = self.spare_run();
        keys.push(key);
        self.runs.insert(at, Run { first: key, keys });
    }

    fn insert_into(&mut self, at: usize, key: K) {
        let run = &mut self.runs[at];
        let place = before_in(&run.keys, &key);
        run.keys.insert(place, key);
        run.first = run.keys[0];
    }

    /// Takes a key out; `false` when it was not there.
    pub(crate) fn remove(&mut self, key: &K) -> bool {
        let Some(at) = self.run_of(key) else { return false };
        let run = &mut self.runs[at];
        let Some(place) = run.keys.iter().position(|held| held == key) else { return false };
        run.keys.remove(place);
        self.len -= 1;
        if let Some(first) = run.keys.first() {
            run.first = *first;
            if run.keys.len() < RUN / 4 {
                self.join(at);
            }
        } else {
            let run = self.runs.remove(at);
            self.spare.push(run.keys);
        }
        if self.first.as_ref() == Some(key) {
            self.first = self.runs.first().map(|run| run.first);
        }
        true
    }

    /// Whether a key is in.
    pub(crate) fn contains(&self, key: &K) -> bool {
        self.run_of(key).is_some_and(|at| {
            let keys = &self.runs[at].keys;
            keys.get(before_in(keys, key)) == Some(key)
        })
    }

    /// The first key.
    pub(crate) const fn first(&self) -> Option<K> {
        self.first
    }

    /// How many keys are before `key`, which need not be in itself.
    pub(crate) fn before(&self, key: &K) -> usize {
        let Some(at) = self.run_of(key) else { return 0 };
        let runs: usize = self.runs[..at].iter().map(|run| run.keys.len()).sum();
        runs + before_in(&self.runs[at].keys, key)
    }

    /// How many keys are in.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether no key is in.
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All keys in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = K> {
        self.runs.iter().flat_map(|run| &run.keys).copied()
    }

    /// The run in which a key is or would be: the last that begins at or before it.
    fn run_of(&self, key: &K) -> Option<usize> {
        let last = self.runs.len().checked_sub(1)?;
        // Most keys join behind the others, or leave from before them.
        if self.runs[last].first <= *key {
            return Some(last);
        }
        let begun = self.runs[..last].partition_point(|run| run.first <= *key);
        Some(begun.saturating_sub(1))
    }

    /// A short run goes into its neighbor, if both fit well into one.
    fn join(&mut self, at: usize) {
        let fits = |left: usize| {
            let (left, right) = (self.runs.get(left)?, self.runs.get(left + 1)?);
            (left.keys.len() + right.keys.len() <= RUN / 2).then_some(())
        };
        let left = match at.checked_sub(1) {
            Some(before) if fits(before).is_some() => before,
            _ if fits(at).is_some() => at,
            _ => return,
        };
        let mut right = self.runs.remove(left + 1);
        self.runs[left].keys.append(&mut right.keys);
        self.spare.push(right.keys);
    }

    /// Room for a run. When none is spare, half as many again are made at once: a set whose length goes up and down
    /// soon has all it will ever need.
    fn spare_run(&mut self) -> Vec<K> {
        if self.spare.is_empty() {
            let more = 1 + self.runs.len() / 2;
            self.spare.reserve(more + self.runs.len());
            self.runs.reserve(more);
            self.spare.extend((0..more).map(|_| Vec::with_capacity(RUN)));
        }
        self.spare.pop().unwrap_or_default()
    }
}

/// How many keys of a run are before `key`; from the tail, where most join.
fn before_in<K: Ord>(keys: &[K], key: &K) -> usize {
    keys.iter().rposition(|held| held < key).map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;
    use std::collections::BTreeSet;

    #[test]
    fn it_keeps_order_and_rank_like_a_plain_set() {
        for seed in 0..20 {
            let mut random = Random::seeded(seed);
            let (mut ranked, mut plain) = (Ranked::default(), BTreeSet::new());
            for step in 0..4_000_u64 {
                // Joined near the tail mostly, left near the head mostly, as lines are.
                let key = if random.chance(0.7) { step + random.below(8) } else { random.below(4_000) };
                if random.chance(0.55) {
                    if plain.insert(key) {
                        ranked.insert(key);
                    }
                } else {
                    let gone = if random.chance(0.5) { plain.first().copied().unwrap_or(key) } else { key };
                    assert_eq!(ranked.remove(&gone), plain.remove(&gone));
                }
                let asked = random.below(4_000);
                assert_eq!(ranked.len(), plain.len());
                assert_eq!(ranked.is_empty(), plain.is_empty());
                assert_eq!(ranked.first(), plain.first().copied());
                assert_eq!(ranked.contains(&asked), plain.contains(&asked));
                assert_eq!(ranked.before(&asked), plain.range(..asked).count());
            }
            assert!(ranked.iter().eq(plain));
        }
    }

    #[test]
    fn runs_are_used_again() {
        let mut ranked = Ranked::default();
        (0..1_000_u64).for_each(|key| ranked.insert(key));
        let held = ranked.runs.len();
        for key in 1_000..20_000_u64 {
            ranked.insert(key);
            ranked.remove(&(key - 1_000));
        }
        assert!(ranked.runs.len() + ranked.spare.len() <= 2 * held, "a moving window needs no more runs");
    }
}
