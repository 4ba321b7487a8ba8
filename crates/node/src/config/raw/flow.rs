//! `[flows.KEY]`: the way of a call, in its short form or as steps; `[prompts]` and `[lists.KEY]` beside it.

use super::{LONG, S};
use crate::config::section::Section;
use crate::config::value::CallerPriority;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;

/// `[flows.KEY]`.
pub(in crate::config) struct Flow {
    pub(in crate::config) key: Spanned<String>,
    pub(in crate::config) early_media: Spanned<bool>,
    pub(in crate::config) ring_back: Option<Spanned<String>>,
    pub(in crate::config) priority: Spanned<CallerPriority>,
    pub(in crate::config) requires: Vec<Spanned<String>>,
    pub(in crate::config) language: Option<Spanned<String>>,
    pub(in crate::config) tell_agent: Spanned<bool>,
    pub(in crate::config) liaison: Option<Spanned<String>>,
    pub(in crate::config) way: Way,
}

/// What stands in it.
pub(in crate::config) enum Way {
    /// A greeting, then a group's line.
    Plain { greeting: Vec<Spanned<String>>, queue: Box<Queue> },
    /// Steps, in the order of the file; the first is where a call begins.
    Steps(Vec<Step>),
}

/// A step of a flow.
pub(in crate::config) struct Step {
    pub(in crate::config) key: Spanned<String>,
    pub(in crate::config) act: Act,
}

/// What it does. A step that is left out is a hang-up.
pub(in crate::config) enum Act {
    Say { clips: Vec<Spanned<String>>, then: Option<Spanned<String>> },
    Menu(Box<Menu>),
    Hours { hours: Spanned<String>, open: Option<Spanned<String>>, closed: Option<Spanned<String>> },
    List { list: Spanned<String>, listed: Option<Spanned<String>>, others: Option<Spanned<String>> },
    Speak { language: Option<Spanned<String>>, requires: Vec<Spanned<String>>, then: Option<Spanned<String>> },
    Queue(Box<Queue>),
    Callback { group: Spanned<String>, otherwise: Option<Spanned<String>> },
    HangUp,
    Survey(Box<Survey>),
}

/// A survey after a talk.
pub(in crate::config) struct Survey {
    pub(in crate::config) place: Range<usize>,
    pub(in crate::config) clips: Vec<Spanned<String>>,
    pub(in crate::config) keys: Spanned<String>,
    pub(in crate::config) wait: Spanned<Duration>,
    pub(in crate::config) music: Option<Spanned<String>>,
    pub(in crate::config) tries: Spanned<u8>,
    pub(in crate::config) wrong: Option<Spanned<String>>,
    pub(in crate::config) thanks: Option<Spanned<String>>,
    pub(in crate::config) then: Option<Spanned<String>>,
}

/// A menu.
pub(in crate::config) struct Menu {
    pub(in crate::config) place: Range<usize>,
    pub(in crate::config) clips: Vec<Spanned<String>>,
    pub(in crate::config) keys: Vec<(Spanned<String>, Spanned<String>)>,
    pub(in crate::config) wait: Spanned<Duration>,
    pub(in crate::config) music: Option<Spanned<String>>,
    pub(in crate::config) tries: Spanned<u8>,
    pub(in crate::config) timeout: Option<Spanned<String>>,
    pub(in crate::config) wrong: Option<Spanned<String>>,
    pub(in crate::config) on_wrong: Option<Spanned<String>>,
}

/// A line, and what is heard in it.
pub(in crate::config) struct Queue {
    pub(in crate::config) group: Spanned<String>,
    pub(in crate::config) comfort: Vec<Spanned<String>>,
    pub(in crate::config) comfort_every: Option<Spanned<Duration>>,
    pub(in crate::config) place_every: Option<Spanned<Duration>>,
    pub(in crate::config) exit: Option<Spanned<String>>,
    pub(in crate::config) exit_to: Option<Spanned<String>>,
    pub(in crate::config) after: Option<Spanned<String>>,
}

/// `[prompts]`: where prompts lie, and in which languages.
pub(in crate::config) struct Prompts {
    pub(in crate::config) directory: Spanned<String>,
    pub(in crate::config) languages: Vec<Spanned<String>>,
}

/// `[lists.KEY]`: numbers that flows look into.
pub(in crate::config) struct List {
    pub(in crate::config) key: Spanned<String>,
    pub(in crate::config) title: Spanned<String>,
    pub(in crate::config) file: Option<Spanned<String>>,
    /// Whoever has called within so long.
    pub(in crate::config) called_within: Option<Spanned<Duration>>,
}

/// What says which kind of step it is, and how each is written.
const KINDS: [(&str, &str); 9] = [
    ("say", "say = [\"clip\"], then = \"step\""),
    ("menu", "menu = [\"clip\"], keys = { 1 = \"step\" }, timeout = \"step\""),
    ("hours", "hours = \"desk\", open = \"step\", closed = \"step\""),
    ("list", "list = \"firms\", listed = \"step\", others = \"step\""),
    ("speak", "speak = \"en\", requires = [\"english\"], then = \"step\""),
    ("queue", "queue = \"group\""),
    ("callback", "callback = \"group\", otherwise = \"step\""),
    ("hang_up", "hang_up = true"),
    ("survey", "survey = [\"clip\"], thanks = \"clip\", then = \"step\""),
];

impl Flow {
    /// The lines in which its callers may stand.
    pub(in crate::config) fn queues(&self) -> impl Iterator<Item = &Queue> {
        let (plain, steps) = match &self.way {
            Way::Plain { queue, .. } => (Some(&**queue), &[][..]),
            Way::Steps(steps) => (None, &steps[..]),
        };
        let queues = steps.iter().filter_map(|step| match &step.act {
            Act::Queue(queue) => Some(&**queue),
            _ => None,
        });
        plain.into_iter().chain(queues)
    }

    pub(super) fn read(key: Spanned<String>, mut s: Section<'_>) -> Self {
        let steps = s.keyed("steps");
        let way = if steps.is_empty() {
            let greeting = s.list("greeting").unwrap_or_default();
            Way::Plain {
                greeting,
                queue: Queue::read(&mut s, "group", "\"the group that serves it\"").into(),
            }
        } else {
            for gone in ["group", "greeting", "comfort", "comfort_every", "place_every", "exit", "after"] {
                if s.has(gone) {
                    let (place, name) = (s.key_place(gone), key.get_ref());
                    s.findings().wrong(
                        place,
                        format!("flow {name} has steps, and {gone} beside them"),
                        format!("write {gone} in a step: say = [\"clip\"], queue = \"group\""),
                    );
                    s.know(gone);
                }
            }
            Way::Steps(steps.into_iter().map(|(key, section)| Step::read(key, section)).collect())
        };
        let flow = Self {
            early_media: s.or("early_media", false),
            ring_back: s.get("ring_back"),
            priority: s.or("priority", CallerPriority::default()),
            requires: s.list("requires").unwrap_or_default(),
            language: s.get("language"),
            tell_agent: s.or("tell_agent", false),
            liaison: s.get("liaison"),
            way,
            key,
        };
        s.close();
        flow
    }
}

impl Step {
    fn read(key: Spanned<String>, mut s: Section<'_>) -> Self {
        let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).filter(|kind| s.has(kind)).collect();
        let act = match kinds[..] {
            ["say"] => Act::Say { clips: s.list("say").unwrap_or_default(), then: s.get("then") },
            ["menu"] => Act::Menu(Menu::read(&mut s).into()),
            ["hours"] => Act::Hours {
                hours: s.must("hours", "\"desk\""),
                open: s.get("open"),
                closed: s.get("closed"),
            },
            ["list"] => Act::List {
                list: s.must("list", "\"firms\""),
                listed: s.get("listed"),
                others: s.get("others"),
            },
            ["speak"] => Act::Speak {
                language: s.get("speak"),
                requires: s.list("requires").unwrap_or_default(),
                then: s.get("then"),
            },
            ["queue"] => Act::Queue(Queue::read(&mut s, "queue", "\"group\"").into()),
            ["callback"] => {
                Act::Callback { group: s.must("callback", "\"group\""), otherwise: s.get("otherwise") }
            }
            ["survey"] => Act::Survey(Survey::read(&mut s).into()),
            ["hang_up"] => {
                let _: Option<Spanned<bool>> = s.get("hang_up");
                Act::HangUp
            }
            _ => {
                let what = match kinds[..] {
                    [] => format!("step {} does nothing", key.get_ref()),
                    _ => format!("step {} is {} at once", key.get_ref(), kinds.join(" and ")),
                };
                let ways: Vec<&str> = KINDS.iter().map(|(_, way)| *way).collect();
                s.findings().wrong(s.place(), what, format!("write one of: {}", ways.join(" · ")));
                return Self { key, act: Act::HangUp };
            }
        };
        s.close();
        Self { key, act }
    }
}

impl Menu {
    fn read(s: &mut Section<'_>) -> Self {
        Self {
            place: s.place(),
            clips: s.list("menu").unwrap_or_default(),
            keys: s.pairs("keys").unwrap_or_default(),
            wait: s.within("wait", S(3), S(0)..=S(30)),
            music: s.get("music"),
            tries: s.within("tries", 2, 1..=5),
            timeout: s.get("timeout"),
            wrong: s.get("wrong"),
            on_wrong: s.get("on_wrong"),
        }
    }
}

impl Survey {
    fn read(s: &mut Section<'_>) -> Self {
        Self {
            place: s.place(),
            clips: s.list("survey").unwrap_or_default(),
            keys: s.or("keys", "12345".into()),
            wait: s.within("wait", S(3), S(0)..=S(30)),
            music: s.get("music"),
            tries: s.within("tries", 2, 1..=5),
            wrong: s.get("wrong"),
            thanks: s.get("thanks"),
            then: s.get("then"),
        }
    }
}

impl Queue {
    fn read(s: &mut Section<'_>, group: &'static str, example: &str) -> Self {
        Self {
            group: s.must(group, example),
            comfort: s.list("comfort").unwrap_or_default(),
            comfort_every: s.get_within("comfort_every", S(5)..=S(3_600)),
            place_every: s.get_within("place_every", S(10)..=S(3_600)),
            exit: s.get("exit"),
            exit_to: s.get("exit_to"),
            after: s.get("after"),
        }
    }
}

impl Prompts {
    pub(super) fn read(mut s: Section<'_>) -> Self {
        let place = s.place();
        let usual = || ["zh", "en"].map(|language| Spanned::new(place.clone(), language.to_owned())).into();
        let prompts = Self {
            directory: s.or("directory", "prompts".into()),
            languages: s.list("languages").unwrap_or_else(usual),
        };
        s.close();
        prompts
    }
}

impl List {
    pub(super) fn read(key: Spanned<String>, mut s: Section<'_>) -> Self {
        let list = Self {
            title: s.or("title", String::new()),
            file: s.get("file"),
            called_within: s.get_within("called_within", S(60)..=LONG),
            key,
        };
        if let (Some(file), Some(_)) = (&list.file, &list.called_within) {
            s.findings().wrong(
                file.span(),
                format!("list {} has a file and called_within", list.key.get_ref()),
                "let one list have the numbers of the file, another one those who have called",
            );
        }
        s.close();
        list
    }
}
