//! [`Flow`]: the way of a call before and beside the agent, as a graph of steps.
//!
//! ```text
//!   first step ─▶ Hours ─open──▶ Listed ─listed─▶ Queue(enterprise)
//!                   │               └─others─▶ Menu ─key 8─▶ Speak(en) ─▶ Queue(general) ─way out─▶ CallBack
//!                   └─closed─▶ Say ─▶ HangUp     └─nothing pressed─▶ Queue(general)
//! ```
//!
//! A step that takes no time ([`Act::Hours`], [`Act::Listed`], [`Act::Speak`]) is passed in the same instant. Where a
//! flow can go round without the caller's doing ([`Flow::round`]), he would never reach anybody: a configuration
//! refuses that, and the engine lets go of a caller whom a flow keeps going round.
//!
//! Never knows: how a step is carried out ([`steps`](crate::steps)), files, languages' words.

use crate::roster::RosterRef;
use acd::{Abilities, GroupRef, HoursRef, Priority};
use media::session::ClipRef;
use std::time::Duration;

base::index!(StepRef, "step", "A step, by its place in its flow.");
base::index!(
    LanguageRef,
    "language",
    "A language, by its place in the plan; the first is spoken unless a flow says otherwise."
);
base::index!(ListRef, "list", "A list of numbers, by its place in the plan.");

impl StepRef {
    /// Where a flow begins.
    pub const FIRST: Self = Self(0);
}

impl Default for StepRef {
    fn default() -> Self {
        Self::FIRST
    }
}

impl Default for LanguageRef {
    /// The usual one.
    fn default() -> Self {
        Self(0)
    }
}

/// The way of a call from answer to waiting line, and the ways out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Key in configuration and records.
    pub name: String,
    /// Greet before answering (183 with early media), so that the caller pays only for a person.
    pub early_media: bool,
    /// Ring-back instead of music until an agent answers.
    pub ring_back: Option<ClipRef>,
    /// Priority in the line.
    pub priority: Priority,
    /// What an agent must be able to do beside the group's work.
    pub requires: Abilities,
    /// The language in which it begins.
    pub language: LanguageRef,
    /// The caller hears the agent's number when he is connected (工号播报).
    pub tells_agent: bool,
    /// Its calls are sent to us by this other platform.
    pub liaison: Option<RosterRef>,
    /// The steps; a call begins with the first. A step that is not there is a hang-up.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Key in the configuration.
    pub name: String,
    /// What it does.
    pub act: Act,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The caller hears clips, one after the other.
    Say {
        /// Which.
        clips: Vec<ClipRef>,
        /// And then.
        then: StepRef,
    },
    /// He presses a key.
    Menu(Menu),
    /// By opening hours.
    Hours {
        /// Which.
        hours: HoursRef,
        /// Within them.
        open: StepRef,
        /// Outside them.
        closed: StepRef,
    },
    /// By his number.
    Listed {
        /// On this list …
        list: ListRef,
        /// … or not.
        listed: StepRef,
        /// Whoever is not on it, and who withholds his number.
        others: StepRef,
    },
    /// Another language for what he hears from now on, or an agent who speaks it.
    Speak {
        /// `None`: as before.
        language: Option<LanguageRef>,
        /// What an agent must be able to do, beside what the flow asks for.
        requires: Abilities,
        /// And then.
        then: StepRef,
    },
    /// He waits in a group's line for an agent.
    Queue(Queue),
    /// He is called back, and need not wait on the phone.
    CallBack {
        /// By whom, with the group's [`CallbackFlow`](crate::plan::CallbackFlow). Who stands in a line already is
        /// called back by that line's group, and keeps his place.
        group: GroupRef,
        /// Where he goes who cannot be: his number is withheld, the group calls nobody back.
        otherwise: StepRef,
    },
    /// The call is over.
    HangUp,
    /// Whoever has talked with an agent rates the service; anybody else goes on at once.
    Survey(Survey),
}

/// A menu of one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// What there is to choose; at least one clip, so that no two silent waits follow each other.
    pub clips: Vec<ClipRef>,
    /// Keys and where they lead; each may be pressed while the clips are still heard.
    pub keys: Vec<(char, StepRef)>,
    /// How long he may think when the clips are over.
    pub wait: Duration,
    /// What he hears meanwhile; `None` is silence, and then `wait` should be short.
    pub music: Option<ClipRef>,
    /// How often the menu is heard; at least once.
    pub tries: u8,
    /// When nothing was pressed the last time: to a person.
    pub on_timeout: StepRef,
    /// Heard after a key that is none.
    pub wrong: Option<ClipRef>,
    /// When such a key was pressed the last time.
    pub on_wrong: StepRef,
}

/// A place to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// For whom.
    pub group: GroupRef,
    /// Heard every now and then.
    pub comfort: Vec<ClipRef>,
    /// How often; zero: never.
    pub comfort_every: Duration,
    /// How often he is told his place and the expected wait; zero: never.
    pub place_every: Duration,
    /// The way out.
    pub exit: Option<Exit>,
    /// Where a caller goes when whoever answers for his talk hangs up first; `None`: his call is over then.
    pub after: Option<StepRef>,
}

/// The caller rates the service (满意度评价).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The question; at least one clip, so that no two silent waits follow each other.
    pub clips: Vec<ClipRef>,
    /// Keys that rate, digits from 1 to 9: each is the rating. Pressed while the question is heard it counts, too.
    pub keys: Vec<char>,
    /// How long he may think when the clips are over.
    pub wait: Duration,
    /// What he hears meanwhile; `None` is silence, and then `wait` should be short.
    pub music: Option<ClipRef>,
    /// How often the question is heard; at least once.
    pub tries: u8,
    /// Heard after a key that rates nothing.
    pub wrong: Option<ClipRef>,
    /// Heard after a rating.
    pub thanks: Option<ClipRef>,
    /// And then, whatever came of it.
    pub then: StepRef,
}

/// A way out of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// By this key.
    pub key: char,
    /// To this step.
    pub to: StepRef,
}

/// Why a flow goes from one step to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// It is done.
    Then,
    /// This key was pressed.
    Key(char),
    /// Nothing was pressed.
    Timeout,
    /// A key was pressed that is none.
    Wrong,
    /// Within the hours.
    Open,
    /// Outside them.
    Closed,
    /// His number is on the list.
    Listed,
    /// It is not.
    Unlisted,
    /// He cannot be called back.
    Otherwise,
    /// Whoever answered for his talk has hung up.
    After,
}

impl Because {
    /// Whether it takes a key of the caller's choice: whoever goes round by it does so himself.
    #[must_use]
    pub const fn is_chosen(self) -> bool {
        matches!(self, Self::Key(_))
    }
}

impl Queue {
    /// A group's line, to its music.
    #[must_use]
    pub const fn of(group: GroupRef) -> Self {
        Self {
            group,
            comfort: Vec::new(),
            comfort_every: Duration::ZERO,
            place_every: Duration::ZERO,
            exit: None,
            after: None,
        }
    }
}

impl Flow {
    /// Clips one after the other, then a group's line: the flow of most hotlines (GB/T 33358 advises no menu).
    #[must_use]
    pub fn plain(name: &str, greeting: Vec<ClipRef>, queue: Queue) -> Self {
        let queue = |name: &str| Step { name: name.into(), act: Act::Queue(queue) };
        let steps = if greeting.is_empty() {
            vec![queue("queue")]
        } else {
            let act = Act::Say { clips: greeting, then: StepRef(1) };
            vec![Step { name: "greeting".into(), act }, queue("queue")]
        };
        Self {
            name: name.into(),
            early_media: false,
            ring_back: None,
            priority: Priority::default(),
            requires: Abilities::NONE,
            language: LanguageRef(0),
            tells_agent: false,
            liaison: None,
            steps,
        }
    }

    /// What a step does.
    #[must_use]
    pub fn act(&self, step: StepRef) -> &Act {
        self.steps.get(step.index()).map_or(&Act::HangUp, |step| &step.act)
    }

    /// Where a step can lead, and why.
    #[must_use]
    pub fn ways(&self, step: StepRef) -> Vec<(Because, StepRef)> {
        match self.act(step) {
            Act::Say { then, .. } | Act::Speak { then, .. } => vec![(Because::Then, *then)],
            Act::Menu(menu) => {
                let keys = menu.keys.iter().map(|(key, to)| (Because::Key(*key), *to));
                keys.chain([(Because::Timeout, menu.on_timeout), (Because::Wrong, menu.on_wrong)]).collect()
            }
            Act::Hours { open, closed, .. } => vec![(Because::Open, *open), (Because::Closed, *closed)],
            Act::Listed { listed, others, .. } => {
                vec![(Because::Listed, *listed), (Because::Unlisted, *others)]
            }
            Act::Queue(queue) => {
                let exit = queue.exit.map(|exit| (Because::Key(exit.key), exit.to));
                exit.into_iter().chain(queue.after.map(|after| (Because::After, after))).collect()
            }
            // No rating is a choice of where to go.
            Act::Survey(survey) => vec![(Because::Then, survey.then)],
            Act::CallBack { otherwise, .. } => vec![(Because::Otherwise, *otherwise)],
            Act::HangUp => Vec::new(),
        }
    }

    /// The groups in whose lines its callers may stand.
    pub fn groups(&self) -> impl Iterator<Item = GroupRef> {
        self.steps.iter().filter_map(|step| match &step.act {
            Act::Queue(queue) => Some(queue.group),
            _ => None,
        })
    }

    /// Whether its callers hear a clip of its own.
    #[must_use]
    pub fn speaks(&self) -> bool {
        self.tells_agent
            || self.ring_back.is_some()
            || self.steps.iter().any(|step| match &step.act {
                Act::Say { clips, .. } => !clips.is_empty(),
                Act::Menu(_) | Act::Survey(_) => true,
                Act::Queue(queue) => !queue.comfort.is_empty() || queue.place_every > Duration::ZERO,
                _ => false,
            })
    }

    /// Steps that no call reaches, in order.
    #[must_use]
    pub fn unreached(&self) -> Vec<StepRef> {
        let reached = self.reached(StepRef::FIRST, |_| true);
        (0..self.steps.len()).filter(|at| !reached[*at]).map(StepRef::at).collect()
    }

    /// Whether a caller who presses no key may come to a line, or be called back, from a step.
    #[must_use]
    pub fn leads_to_somebody(&self, from: StepRef) -> bool {
        let reached = self.reached(from, |why| !why.is_chosen());
        let somebody = |act: &Act| matches!(act, Act::Queue(_) | Act::CallBack { .. });
        self.steps.iter().zip(reached).any(|(step, reached)| reached && somebody(&step.act))
    }

    /// Queues after whose talks a caller who presses no key would stand in a line again, or be called back: nobody who
    /// is through with his agent asked for that.
    #[must_use]
    pub fn returns(&self) -> Vec<StepRef> {
        let after = |act: &Act| match act {
            Act::Queue(queue) => queue.after,
            _ => None,
        };
        let returns = |step: &Step| after(&step.act).is_some_and(|after| self.leads_to_somebody(after));
        (0..self.steps.len()).filter(|at| returns(&self.steps[*at])).map(StepRef::at).collect()
    }

    /// Surveys that a caller meets who has talked with nobody yet: they are passed over.
    #[must_use]
    pub fn asked_too_early(&self) -> Vec<StepRef> {
        let reached = self.reached(StepRef::FIRST, |why| why != Because::After);
        let early = |at: &usize| reached[*at] && matches!(self.steps[*at].act, Act::Survey(_));
        (0..self.steps.len()).filter(early).map(StepRef::at).collect()
    }

    /// Which steps are reached from one by such ways, itself included.
    fn reached(&self, from: StepRef, by: impl Fn(Because) -> bool) -> Vec<bool> {
        let mut reached = vec![false; self.steps.len()];
        let mut next = vec![from];
        while let Some(step) = next.pop() {
            if let Some(known) = reached.get_mut(step.index())
                && !std::mem::replace(known, true)
            {
                next.extend(self.ways(step).into_iter().filter(|(why, _)| by(*why)).map(|(_, to)| to));
            }
        }
        reached
    }

    /// Steps through which a call could go round without its caller's doing, in their order; empty when there is no
    /// such round, so that every call comes to a line, a callback, a hang-up or a menu that waits for a key.
    #[must_use]
    pub fn round(&self) -> Vec<StepRef> {
        // Steps are taken away that lead to none that is left; what stays goes round, or leads into what does.
        let unchosen = |step: StepRef| self.ways(step).into_iter().filter(|(why, _)| !why.is_chosen());
        let mut left = vec![true; self.steps.len()];
        let is_left = |left: &[bool], step: StepRef| left.get(step.index()).copied().unwrap_or(false);
        loop {
            let done: Vec<usize> = (0..left.len())
                .filter(|at| left[*at] && !unchosen(StepRef::at(*at)).any(|(_, to)| is_left(&left, to)))
                .collect();
            if done.is_empty() {
                break;
            }
            done.into_iter().for_each(|at| left[at] = false);
        }
        // Of those, whom none that is left leads to only leads in.
        loop {
            let led: Vec<StepRef> = (0..left.len())
                .filter(|at| left[*at])
                .flat_map(|at| unchosen(StepRef::at(at)).map(|(_, to)| to).collect::<Vec<_>>())
                .collect();
            let outside: Vec<usize> =
                (0..left.len()).filter(|at| left[*at] && !led.contains(&StepRef::at(*at))).collect();
            if outside.is_empty() {
                break;
            }
            outside.into_iter().for_each(|at| left[at] = false);
        }
        (0..left.len()).filter(|at| left[*at]).map(StepRef::at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(acts: Vec<Act>) -> Flow {
        let steps =
            acts.into_iter().enumerate().map(|(at, act)| Step { name: at.to_string(), act }).collect();
        Flow { steps, ..Flow::plain("f", vec![], Queue::of(GroupRef(0))) }
    }

    fn menu(keys: &[(char, u32)], on_timeout: u32, on_wrong: u32) -> Act {
        Act::Menu(Menu {
            clips: vec![ClipRef(0)],
            keys: keys.iter().map(|(key, to)| (*key, StepRef(*to))).collect(),
            wait: Duration::from_secs(3),
            music: None,
            tries: 2,
            on_timeout: StepRef(on_timeout),
            wrong: None,
            on_wrong: StepRef(on_wrong),
        })
    }

    fn say(then: u32) -> Act {
        Act::Say { clips: vec![ClipRef(0)], then: StepRef(then) }
    }

    fn survey(then: u32) -> Act {
        Act::Survey(Survey {
            clips: vec![ClipRef(0)],
            keys: vec!['1', '2'],
            wait: Duration::from_secs(3),
            music: None,
            tries: 1,
            wrong: None,
            thanks: None,
            then: StepRef(then),
        })
    }

    fn queue_then(after: u32) -> Act {
        Act::Queue(Queue { after: Some(StepRef(after)), ..Queue::of(GroupRef(0)) })
    }

    #[test]
    fn what_follows_a_talk_is_reached_and_never_leads_back_without_a_key() {
        let queue = || Act::Queue(Queue::of(GroupRef(0)));
        let of = flow(vec![say(1), queue_then(2), survey(9)]);
        assert_eq!((of.unreached(), of.round(), of.returns(), of.asked_too_early()), Default::default());
        assert!(of.speaks());
        let of = flow(vec![queue_then(1), survey(0)]);
        assert_eq!(of.round(), [StepRef(0), StepRef(1)], "from the agent back into the line, and so on");
        let of = flow(vec![queue_then(1), survey(2), queue()]);
        assert_eq!((of.round(), of.returns()), (vec![], vec![StepRef(0)]), "into another line, unasked");
        let of = flow(vec![queue_then(1), survey(2), menu(&[('0', 0)], 9, 9)]);
        assert_eq!((of.round(), of.returns()), (vec![], vec![]), "by his own key he may");
        let of = flow(vec![survey(1), queue_then(0)]);
        assert_eq!(of.asked_too_early(), [StepRef(0)], "nobody has talked with him yet");
    }

    #[test]
    fn steps_that_nothing_leads_to_are_found() {
        let queue = || Act::Queue(Queue::of(GroupRef(0)));
        let of = flow(vec![say(2), say(2), queue(), say(1)]);
        assert_eq!(of.unreached(), [StepRef(1), StepRef(3)]);
        assert_eq!(Flow::plain("f", vec![ClipRef(0)], Queue::of(GroupRef(0))).unreached(), []);
    }

    #[test]
    fn who_presses_nothing_comes_to_somebody_or_not() {
        let hours = |to: u32| Act::Hours { hours: HoursRef(0), open: StepRef(to), closed: StepRef(to) };
        // Each asks anew: as many ways as there are moments of the day, and more.
        let mut acts: Vec<Act> = (1..=100).map(hours).collect();
        assert!(!flow(acts.clone()).leads_to_somebody(StepRef::FIRST), "the last hangs up");
        acts.push(menu(&[('1', 101)], 102, 102));
        acts.push(Act::Queue(Queue::of(GroupRef(0))));
        assert!(!flow(acts.clone()).leads_to_somebody(StepRef::FIRST), "only by a key");
        acts[100] = menu(&[('1', 102)], 101, 102);
        assert!(flow(acts).leads_to_somebody(StepRef::FIRST));
    }

    #[test]
    fn a_round_needs_the_callers_own_key() {
        let queue = || Act::Queue(Queue::of(GroupRef(0)));
        assert_eq!(flow(vec![say(1), menu(&[('9', 0)], 2, 2), queue()]).round(), [], "9 to hear it again");
        assert_eq!(flow(vec![say(1), menu(&[('9', 2)], 0, 2), queue()]).round(), [StepRef(0), StepRef(1)]);
        assert_eq!(
            flow(vec![say(1), menu(&[('1', 2)], 2, 1), queue()]).round(),
            [StepRef(1)],
            "for ever wrong"
        );
        let hours = Act::Hours { hours: HoursRef(0), open: StepRef(1), closed: StepRef(0) };
        assert_eq!(flow(vec![hours, queue()]).round(), [StepRef(0)]);
        let mut out = Queue::of(GroupRef(0));
        out.exit = Some(Exit { key: '0', to: StepRef(0) });
        assert_eq!(
            flow(vec![say(1), Act::Queue(out)]).round(),
            [],
            "out of the line and back by his own key"
        );
    }
}
