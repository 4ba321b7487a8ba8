//! Legs inside the endpoint: one value each, whose variant holds exactly what exists at that moment.
//!
//! ```text
//!   INVITE came ──▶ Ingress ──Answer──┐
//!                      │              ├──▶ Confirmed ──Release──▶ Ending (BYE under way) ──▶ gone
//!   Invite ───────▶ Egress ───2xx─────┘        │
//!                      │                       └──BYE came──▶ gone
//!                      └──CANCEL, refusal, time──▶ gone
//! ```
//!
//! Never knows: sockets, what a body means.

use crate::confirmed::Confirmed;
use crate::dialog::Dialog;
use crate::egress::Egress;
use crate::ending::Ending;
use crate::ingress::Ingress;
use crate::leg::{LegRef, Origin, TrunkRef};
use crate::message::Replaces;
use crate::pace::Pace;
use crate::received::Received;
use crate::transaction::{LegSlot, ingress_name, read_tag};
use base::{Arena, Table};

/// Who a leg is: what does not change during its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    /// How `call` names it.
    pub(crate) name: LegRef,
    /// Where it is kept; half of its tag.
    pub(crate) slot: LegSlot,
    /// The other half of its tag.
    pub(crate) guard: u64,
    /// Whose it is.
    pub(crate) of: Origin,
}

impl Id {
    /// Its trunk, if it is on one: whose digest answers challenges.
    pub(crate) fn trunk(self) -> Option<TrunkRef> {
        match self.of {
            Origin::Trunk(trunk) => Some(trunk),
            Origin::Aor(_) => None,
        }
    }
}

/// One leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leg {
    pub(crate) id: Id,
    /// How fast its peer asks for things.
    pub(crate) pace: Pace,
    pub(crate) state: State,
}

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It came and waits for our answer.
    Ingress(Box<Ingress>),
    /// It was sent and waits for theirs.
    Egress(Box<Egress>),
    /// Answered.
    Confirmed(Box<Confirmed>),
    /// `call` knows that it is over; the BYE is not answered yet, or waits for the ACK.
    Ending(Box<Ending>),
}

/// What becomes of a leg after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It stays as it is.
    Stay,
    /// It was answered.
    Confirm(Box<Confirmed>),
    /// It is over for `call`; the BYE goes on.
    End(Box<Ending>),
    /// Nothing of it is left.
    Gone,
}

impl Leg {
    /// How many timers it should have running.
    pub(crate) fn timers(&self) -> usize {
        match &self.state {
            State::Ingress(ingress) => ingress.timers(),
            State::Egress(egress) => egress.timers(),
            State::Confirmed(confirmed) => confirmed.timers(),
            State::Ending(ending) => ending.timers(),
        }
    }
}

impl Leg {
    fn dialog(&self) -> Option<&Dialog> {
        match &self.state {
            State::Ingress(ingress) => Some(&ingress.dialog),
            State::Egress(_) => None,
            State::Confirmed(confirmed) => Some(&confirmed.dialog),
            State::Ending(ending) => Some(&ending.dialog),
        }
    }

    /// Whether a request belongs to this leg's dialog. An egress leg looks among its early dialogs itself.
    fn is_of(&self, request: &Received<'_>) -> bool {
        match (self.dialog(), &self.state) {
            (Some(dialog), _) => {
                dialog.call_id() == request.call_id() && dialog.remote_tag() == request.tag_of_from()
            }
            (None, State::Egress(egress)) => egress.call_id() == request.call_id(),
            (None, _) => false,
        }
    }

    /// Whether a request comes in order (RFC 3261 12.2.2).
    pub(crate) fn admits(&mut self, seq: u32) -> bool {
        match &mut self.state {
            State::Ingress(ingress) => ingress.dialog.admits(seq),
            State::Egress(_) => true,
            State::Confirmed(confirmed) => confirmed.dialog.admits(seq),
            State::Ending(ending) => ending.dialog.admits(seq),
        }
    }
}

/// All legs.
#[derive(Debug)]
pub(crate) struct Legs {
    pub(crate) all: Arena<LegSlot, Leg>,
    /// Egress legs by the reference that `call` minted; ingress references name their slot.
    by_name: Table<LegRef, LegSlot>,
    /// Legs whose trunk's name is being looked up, by lookup.
    waiting: Vec<(u64, LegSlot)>,
    /// Initial INVITEs by Call-ID, From tag and CSeq, to notice merged requests (RFC 3261 8.2.2.2).
    merges: Table<u64, LegSlot>,
}

impl Legs {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            all: Arena::default(),
            by_name: Table::seeded(seed),
            waiting: Vec::new(),
            merges: Table::seeded(seed ^ 1),
        }
    }

    /// Where the leg of this reference is kept.
    pub(crate) fn slot(&self, name: LegRef) -> Option<LegSlot> {
        if name.is_ingress() {
            let slot = LegSlot::from_bits(name.0 & !LegRef::INGRESS);
            self.all.get(slot).map(|_| slot)
        } else {
            self.by_name.get(&name).copied()
        }
    }

    /// Whether an INVITE with this merge key is already here.
    pub(crate) fn is_merged(&self, key: u64) -> bool {
        self.merges.contains(&key)
    }

    /// Keeps a leg that came.
    pub(crate) fn arrive(&mut self, guard: u64, of: Origin, make: impl FnOnce(Id) -> Ingress) -> Id {
        let mut made = None;
        let slot = self.all.insert_with(|slot| {
            let id = Id { name: ingress_name(slot), slot, guard, of };
            made = Some(id);
            Leg { id, pace: Pace::default(), state: State::Ingress(Box::new(make(id))) }
        });
        if let Some(Leg { state: State::Ingress(ingress), .. }) = self.all.get(slot) {
            self.merges.insert(ingress.merge_key, slot);
        }
        made.unwrap_or(Id { name: ingress_name(slot), slot, guard, of })
    }

    /// Keeps a leg that leaves; `None` when its reference is in use.
    pub(crate) fn depart(
        &mut self,
        name: LegRef,
        guard: u64,
        of: Origin,
        make: impl FnOnce(Id) -> Egress,
    ) -> Option<Id> {
        if name.is_ingress() || self.by_name.contains(&name) {
            return None;
        }
        let slot = self.all.insert_with(|slot| {
            let id = Id { name, slot, guard, of };
            Leg { id, pace: Pace::default(), state: State::Egress(Box::new(make(id))) }
        });
        self.by_name.insert(name, slot);
        Some(Id { name, slot, guard, of })
    }

    /// A leg waits for a lookup.
    pub(crate) fn wait(&mut self, slot: LegSlot, lookup: u64) {
        self.waiting.push((lookup, slot));
    }

    /// Takes the legs that wait for a lookup.
    pub(crate) fn waiting_for(&mut self, lookup: u64) -> Vec<LegSlot> {
        let (mine, others) = std::mem::take(&mut self.waiting).into_iter().partition(|(id, _)| *id == lookup);
        self.waiting = others;
        let mine: Vec<(u64, LegSlot)> = mine;
        mine.into_iter().map(|(_, slot)| slot).collect()
    }

    /// The leg that a request inside a dialog is for: its tag names it, and Call-ID and the peer's tag must fit.
    pub(crate) fn of_dialog(&mut self, request: &Received<'_>) -> Option<&mut Leg> {
        let (slot, guard) = read_tag(request.tag_of_to())?;
        let leg = self.all.get_mut(slot).filter(|leg| leg.id.guard == guard)?;
        leg.is_of(request).then_some(leg)
    }

    /// The leg whose dialog a Replaces names. Its tags stand as the one who is asked sees them (RFC 3891 3); phones
    /// that write them as they see them themselves mean the same dialog, which our tag cannot but name.
    ///
    /// A leg of ours that rings is none. RFC 3891 3 lets an early dialog that we began be replaced, so that a phone picks
    /// up what rings elsewhere. Here the distributor decides who gets a caller, and no phone takes one that is offered to
    /// another; all phones of the account ring already; and what rings is told to nobody else (there is no dialog
    /// package, RFC 4235, to learn its tags from). So whoever asks gets 481, as if there were no such dialog.
    pub(crate) fn named(&self, replaces: &Replaces<'_>) -> Option<&Leg> {
        let of_tags = |ours: &[u8], theirs: &[u8]| {
            let (slot, guard) = read_tag(ours)?;
            let leg = self.all.get(slot).filter(|leg| leg.id.guard == guard)?;
            let dialog = leg.dialog()?;
            (dialog.call_id() == replaces.call_id && dialog.remote_tag() == theirs).then_some(leg)
        };
        of_tags(replaces.to_tag, replaces.from_tag).or_else(|| of_tags(replaces.from_tag, replaces.to_tag))
    }

    /// # Panics
    /// When a table and the legs disagree: for tests.
    pub(crate) fn check(&self) {
        let (mut named, mut arriving) = (0, 0);
        for (slot, leg) in self.all.iter() {
            assert_eq!(leg.id.slot, slot);
            let ending = matches!(leg.state, State::Ending(_));
            if !leg.id.name.is_ingress() && !ending {
                named += 1;
                assert_eq!(self.by_name.get(&leg.id.name), Some(&slot), "an egress leg is found by its name");
            }
            if let State::Ingress(ingress) = &leg.state {
                arriving += 1;
                assert_eq!(self.merges.get(&ingress.merge_key), Some(&slot));
            }
        }
        assert_eq!(self.by_name.len(), named, "a name leads to a living leg");
        assert_eq!(self.merges.len(), arriving, "a merge key leads to an arriving leg");
    }

    /// Does what a step said about its leg.
    pub(crate) fn follow(&mut self, slot: LegSlot, next: Next) {
        match next {
            Next::Stay => {}
            Next::Confirm(confirmed) => {
                let Some(leg) = self.all.get_mut(slot) else { return };
                let before = std::mem::replace(&mut leg.state, State::Confirmed(confirmed));
                if let State::Ingress(ingress) = before {
                    self.merges.remove(&ingress.merge_key);
                }
            }
            Next::End(ending) => {
                let Some(leg) = self.all.get_mut(slot) else { return };
                leg.state = State::Ending(ending);
                self.by_name.remove(&leg.id.name);
            }
            Next::Gone => {
                let Some(leg) = self.all.remove(slot) else { return };
                if !matches!(leg.state, State::Ending(_)) {
                    self.by_name.remove(&leg.id.name);
                }
                self.waiting.retain(|(_, waits)| *waits != slot);
                if let State::Ingress(ingress) = leg.state {
                    self.merges.remove(&ingress.merge_key);
                }
            }
        }
    }
}
