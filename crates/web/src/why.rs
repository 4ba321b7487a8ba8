//! Why not now, in numbers and in sentences: Chinese for the supervisor's screen, English beside it.
//!
//! ```text
//!   acd::explain::{WhyCaller, WhyAgent} + names ─▶ { numbers …, "zh": "…", "en": "…" }
//! ```

use acd::explain::{Obstacles, Waits, WhyAgent, WhyCaller};
use acd::{AgentRef, AgentState, GroupRef};
use base::Timestamp;
use report::{Board, words};
use serde_json::{Value, json};

pub(crate) fn caller(why: &WhyCaller, now: Timestamp, board: &Board) -> Value {
    let next = why.next_stage.map(|(stage, at)| json!({ "stage": stage + 1, "in_s": left(now, at) }));
    json!({
        "group": group_key(board, why.group),
        "position": why.position,
        "waited_s": now.since(why.since).as_secs(),
        "waits": match why.waits {
            Waits::Open => "open",
            Waits::Ringing(_) => "ringing",
            Waits::InTurn => "callback_in_turn",
            Waits::Paused(_) => "callback_paused",
            Waits::Dialing => "dialing",
        },
        "stages_open": why.stages_open.iter().map(|stage| stage + 1).collect::<Vec<_>>(),
        "next_stage": next,
        "only_agent": why.alone.map(|(agent, until)| json!({
            "agent": agent_key(board, agent),
            "for_s": left(now, until),
        })),
        "agents": obstacles(&why.agents, now),
        "refused_by": why.refused_by.iter().map(|agent| agent_key(board, *agent)).collect::<Vec<_>>(),
        "en": caller_en(why, now, board),
        "zh": caller_zh(why, now, board),
    })
}

/// Agents by what keeps them.
pub(crate) fn obstacles(of: &Obstacles, now: Timestamp) -> Value {
    json!({
        "talking": of.talking,
        "ringing": of.ringing,
        "wrap_up": of.wrap_up,
        "wrap_up_ends_in_s": of.wrap_up_ends.map(|at| left(now, at)),
        "not_ready": of.not_ready,
        "refused_just_now": of.cooling,
        "ready": of.ready,
        "not_asked_yet": of.not_yet,
        "lack_abilities": of.lack_abilities,
        "signed_out": of.signed_out,
    })
}

pub(crate) fn agent(why: &WhyAgent, now: Timestamp) -> Value {
    json!({
        "state": words::state(&why.state),
        "reason": match why.state {
            AgentState::NotReady(reason) => Some(words::reason(reason)),
            _ => None,
        },
        "for_s": now.since(why.since).as_secs(),
        "ends_in_s": why.until.map(|at| left(now, at)),
        "callers_for_him": why.waiting_for_him,
        "refused": why.refused.iter().map(|caller| caller.bits()).collect::<Vec<_>>(),
        "callers_not_yet": why.not_yet,
        "callers_ringing_elsewhere": why.ringing_elsewhere,
        "en": agent_en(why, now),
        "zh": agent_zh(why, now),
    })
}

/// Whole seconds until then, rounded up: "0" is now.
fn left(now: Timestamp, at: Timestamp) -> u64 {
    at.since(now).as_millis().div_ceil(1_000) as u64
}

fn group_key(board: &Board, group: GroupRef) -> String {
    board.groups.get(group.index()).map(|group| group.key.clone()).unwrap_or_default()
}

fn group_title(board: &Board, group: GroupRef) -> String {
    board.groups.get(group.index()).map(|group| group.title.clone()).unwrap_or_default()
}

fn agent_key(board: &Board, agent: AgentRef) -> String {
    board.agents.get(agent.index()).map(|agent| agent.key.clone()).unwrap_or_default()
}

/// Each obstacle that somebody has.
fn parts(of: &Obstacles, now: Timestamp, words: &[&str; 9], until: impl Fn(u64) -> String) -> Vec<String> {
    let counts = [
        of.talking,
        of.ringing,
        of.wrap_up,
        of.not_ready,
        of.cooling,
        of.not_yet,
        of.lack_abilities,
        of.signed_out,
        of.ready,
    ];
    counts
        .into_iter()
        .zip(words)
        .enumerate()
        .filter(|(_, (count, _))| *count > 0)
        .map(|(at, (count, word))| {
            let ends =
                of.wrap_up_ends.filter(|_| at == 2).map(|ends| until(left(now, ends))).unwrap_or_default();
            word.replace('#', &count.to_string()) + &ends
        })
        .collect()
}

const EN: [&str; 9] = [
    "# talking",
    "# ringing",
    "# in wrap-up",
    "# not ready",
    "# refused him just now",
    "# not asked yet (level, site or a stage to come)",
    "# without what he asks for",
    "# signed out",
    "# ready",
];
const ZH: [&str; 9] = [
    "#人通话中",
    "#人振铃中",
    "#人话后处理",
    "#人示忙",
    "#人刚拒接",
    "#人尚未到放宽条件",
    "#人不具备所需能力",
    "#人未签入",
    "#人就绪",
];

fn caller_en(why: &WhyCaller, now: Timestamp, board: &Board) -> String {
    let mut text = format!(
        "Place {} in the line of {}, waiting {} s",
        why.position,
        group_key(board, why.group),
        now.since(why.since).as_secs()
    );
    text += &match why.waits {
        Waits::Ringing(1) => ": an agent's phone rings for him.".to_owned(),
        Waits::Ringing(count) => format!(": {count} agents' phones ring for him."),
        Waits::Dialing => ": he is being called back now.".to_owned(),
        Waits::Paused(until) => format!(": to be called back, not before {} s from now.", left(now, until)),
        Waits::InTurn => ": to be called back in his turn.".to_owned(),
        Waits::Open => ".".to_owned(),
    };
    if let Some((agent, until)) = why.alone {
        text += &format!(" For {} s only agent {} is asked.", left(now, until), agent_key(board, agent));
    }
    if !matches!(why.waits, Waits::Ringing(_) | Waits::Dialing) {
        let parts = parts(&why.agents, now, &EN, |s| format!(" (the first until {s} s from now)"));
        text += &match parts.as_slice() {
            [] => " No agent does this work.".to_owned(),
            parts => format!(" No agent who may take him is ready: {}.", parts.join(", ")),
        };
        if let Some((stage, at)) = why.next_stage {
            text += &format!(" Stage {} of the timeline opens in {} s.", stage + 1, left(now, at));
        }
    }
    text
}

fn caller_zh(why: &WhyCaller, now: Timestamp, board: &Board) -> String {
    let mut text = format!(
        "在{}排队第{}位，已等待{}秒",
        group_title(board, why.group),
        why.position,
        now.since(why.since).as_secs()
    );
    text += &match why.waits {
        Waits::Ringing(count) => format!("，{count}名坐席的话机正在振铃。"),
        Waits::Dialing => "，正在回拨。".to_owned(),
        Waits::Paused(until) => format!("，等待回拨，{}秒后再拨。", left(now, until)),
        Waits::InTurn => "，等待回拨，按位次进行。".to_owned(),
        Waits::Open => "。".to_owned(),
    };
    if let Some((agent, until)) = why.alone {
        text += &format!("{}秒内只找坐席{}。", left(now, until), agent_key(board, agent));
    }
    if !matches!(why.waits, Waits::Ringing(_) | Waits::Dialing) {
        let parts = parts(&why.agents, now, &ZH, |s| format!("（最早{s}秒后结束）"));
        text += &match parts.as_slice() {
            [] => "没有坐席承接此类来电。".to_owned(),
            parts => format!("可接听的坐席均不空闲：{}。", parts.join("，")),
        };
        if let Some((stage, at)) = why.next_stage {
            text += &format!("{}秒后放宽到第{}级。", left(now, at), stage + 1);
        }
    }
    text
}

fn agent_en(why: &WhyAgent, now: Timestamp) -> String {
    let ends = why.until.map(|at| format!(", until {} s from now", left(now, at))).unwrap_or_default();
    let state = match why.state {
        AgentState::SignedOut => "He is signed out".to_owned(),
        AgentState::Ready => "He is ready".to_owned(),
        AgentState::NotReady(reason) => format!("He is not ready ({})", words::reason(reason)),
        AgentState::Offered(_) => "His phone rings".to_owned(),
        AgentState::Talking => "He talks".to_owned(),
        AgentState::WrapUp { .. } => "He is in wrap-up".to_owned(),
    };
    let waiting = match (why.waiting_for_him, why.refused.len()) {
        (0, _) => "Nobody waits whom he may take".to_owned(),
        (waiting, 0) => format!("{waiting} callers wait whom he may take"),
        (waiting, refused) => {
            format!("{waiting} callers wait whom he may take; he refused {refused} of them just now")
        }
    };
    let mut text = format!("{state}{ends}, for {} s. {waiting}", now.since(why.since).as_secs());
    if why.not_yet > 0 {
        text += &format!(
            "; {} of his groups may not be offered to him yet (level, site, a stage to come)",
            why.not_yet
        );
    }
    if why.ringing_elsewhere > 0 {
        text += &format!("; {} ring elsewhere", why.ringing_elsewhere);
    }
    text + "."
}

fn agent_zh(why: &WhyAgent, now: Timestamp) -> String {
    let ends = why.until.map(|at| format!("，{}秒后结束", left(now, at))).unwrap_or_default();
    let state = match why.state {
        AgentState::SignedOut => "未签入".to_owned(),
        AgentState::Ready => "空闲".to_owned(),
        AgentState::NotReady(reason) => format!("示忙（{}）", reason_zh(reason)),
        AgentState::Offered(_) => "振铃中".to_owned(),
        AgentState::Talking => "通话中".to_owned(),
        AgentState::WrapUp { .. } => "话后处理".to_owned(),
    };
    let mut text = format!("{state}，已{}秒{ends}。", now.since(why.since).as_secs());
    text += &match (why.waiting_for_him, why.refused.len()) {
        (0, _) => "没有可分配给他的来电".to_owned(),
        (waiting, 0) => format!("有{waiting}个来电可分配给他"),
        (waiting, refused) => format!("有{waiting}个来电可分配给他，其中{refused}个他刚拒接"),
    };
    if why.not_yet > 0 {
        text += &format!("；另有{}个尚未到放宽条件", why.not_yet);
    }
    if why.ringing_elsewhere > 0 {
        text += &format!("；{}个正在他处振铃", why.ringing_elsewhere);
    }
    text + "。"
}

fn reason_zh(reason: acd::input::Reason) -> &'static str {
    use acd::input::Reason;
    match reason {
        Reason::SignedIn => "刚签入",
        Reason::Rest => "小休",
        Reason::Meal => "用餐",
        Reason::Meeting => "会议",
        Reason::Coaching => "辅导",
        Reason::Training => "培训",
        Reason::Study => "学习",
        Reason::Busy => "示忙",
        Reason::RingNoAnswer => "振铃未接",
        Reason::Declined => "拒接",
        Reason::PhoneLost => "话机离线",
        Reason::Forced => "班长强制",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::{Plan, Report};

    fn board() -> Board {
        let plan = Plan {
            groups: vec!["general".into()],
            titles: vec!["民生".into()],
            agents: vec!["8001".into()],
            agent_sites: vec![0],
            agent_groups: vec![vec![GroupRef(0)]],
            ..Plan::default()
        };
        Report::new(plan).board(Timestamp::from_secs(100))
    }

    #[test]
    fn a_waiting_caller_is_told_of_in_whole_sentences() {
        let now = Timestamp::from_secs(100);
        let why = WhyCaller {
            group: GroupRef(0),
            position: 3,
            since: Timestamp::from_secs(70),
            waits: Waits::Open,
            stages_open: vec![0],
            next_stage: Some((1, Timestamp::from_millis(109_200))),
            alone: None,
            agents: Obstacles {
                talking: 3,
                wrap_up: 1,
                wrap_up_ends: Some(Timestamp::from_secs(112)),
                not_yet: 2,
                ..Obstacles::default()
            },
            refused_by: vec![AgentRef(0)],
        };
        let told = caller(&why, now, &board());
        assert_eq!(
            told["en"],
            "Place 3 in the line of general, waiting 30 s. No agent who may take him is ready: 3 talking, 1 in \
             wrap-up (the first until 12 s from now), 2 not asked yet (level, site or a stage to come). Stage 2 of \
             the timeline opens in 10 s."
        );
        assert_eq!(
            told["zh"],
            "在民生排队第3位，已等待30秒。可接听的坐席均不空闲：3人通话中，1人话后处理（最早12秒后结束），\
             2人尚未到放宽条件。10秒后放宽到第2级。"
        );
        assert_eq!((&told["refused_by"][0], &told["agents"]["talking"]), (&json!("8001"), &json!(3)));
    }
}
