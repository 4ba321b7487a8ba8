//! The catalogue: every figure that there is, in the order in which they are shown.
//!
//! A further figure is one line here; every format, `--list` and the help find it by themselves.

use super::figure::Of::{Count, Mean, Quantile, Share, Span};
use super::figure::{Figure, Of, Rows, Topic, key_of, span_of};
use crate::counters::Limits;
use crate::service_level::Formula;
use crate::surveys::Ratings;
use std::time::Duration;

const fn ms(span: Duration) -> u64 {
    span.as_millis() as u64
}

/// All figures for these limits, in the order in which they are shown.
#[must_use]
pub fn all(limits: &Limits) -> Vec<Figure> {
    let mut list = List { figures: Vec::new(), topic: Topic::Calls };
    calls(&mut list, limits);
    service(&mut list, limits);
    waits(&mut list);
    talks(&mut list, limits);
    agents(&mut list);
    after(&mut list, limits);
    outgoing(&mut list);
    list.figures
}

struct List {
    figures: Vec<Figure>,
    topic: Topic,
}

impl List {
    fn add(&mut self, rows: Rows, key: &str, zh: &str, en: &str, formula: &str, of: Of) {
        self.figures.push(Figure {
            key: key.to_owned(),
            zh: zh.to_owned(),
            en: en.to_owned(),
            formula: formula.to_owned(),
            topic: self.topic,
            rows,
            of,
        });
    }
}

#[rustfmt::skip] // a table: one figure a line
fn calls(list: &mut List, limits: &Limits) {
    use Rows::{All, Arrivals, Groups, Lines};
    let short = key_of(limits.short_abandon);
    list.add(Arrivals, "arrived", "呼入总量", "Arrived", "INVITEs admitted or refused", Count(|c| c.counters().arrived));
    list.add(Arrivals, "abandoned_before_line", "导航放弃", "Left in greeting", "hung up before any line", Count(|c| c.counters().abandoned_before_line));
    list.add(Arrivals, "refused", "拒绝", "Refused", "never admitted", Count(|c| c.counters().refused));
    list.add(Arrivals, "service", "特服码", "Service codes", "agents' service codes", Count(|c| c.counters().service));
    list.add(Arrivals, "lost_before_line", "导航呼损", "Lost in greeting", "lost to us before any line", Count(|c| c.counters().lost_before_line));
    list.add(Arrivals, "calls_out", "呼出总量", "Calls out", "calls that agents made to numbers outside; not offered", Count(|c| c.counters().outgoings));
    list.add(Arrivals, "internal", "内部通话", "Internal", "calls that agents made to each other; not offered", Count(|c| c.counters().internal));
    list.add(Arrivals, "in_progress", "进行中", "In progress", "arrived and not yet over", Count(|c| c.counters().greeting));
    list.add(Lines, "offered", "人工请求量", "Offered", "OFF = entered a line", Count(|c| c.counters().offered));
    list.add(Groups, "overflowed_in", "溢入", "Overflowed in", "of OFF, from another group's line", Count(|c| c.counters().overflowed_in));
    list.add(Groups, "transferred_in", "转入", "Transferred in", "of OFF, answered before", Count(|c| c.counters().transferred_in));
    list.add(All, "answered", "人工接听话务量", "Answered", "ANS = an agent talked with the caller; each call once", Count(|c| c.counters().answered));
    list.add(Lines, "abandoned", "放弃量", "Abandoned", "AB = hung up in line or ringing", Count(|c| c.counters().abandoned()));
    list.add(Lines, "abandoned_in_line", "排队放弃", "Abandoned in line", "AB_queue = hung up waiting", Count(|c| c.counters().abandoned_in_line));
    list.add(Lines, "abandoned_ringing", "振铃放弃", "Abandoned ringing", "AB_ring = hung up while a phone rang", Count(|c| c.counters().abandoned_ringing));
    list.add(Lines, "short_abandoned", "短放弃", "Short abandoned", &format!("SHORT = of AB, waited < {short}"), Count(|c| c.counters().short_abandoned));
    list.add(Lines, "turned_away", "未能受理", "Turned away", "line full, waited too long, nobody there", Count(|c| c.counters().turned_away.total()));
    list.add(Groups, "overflowed_out", "溢出", "Overflowed out", "OVF_OUT = on to another group's line", Count(|c| c.counters().overflowed_out));
    list.add(Lines, "called_back", "转回拨", "Called back", "CB = left the line for a call back", Count(|c| c.counters().called_back));
    list.add(Lines, "lost", "系统呼损", "Lost", "SYS = lost to us while waiting", Count(|c| c.counters().lost));
    list.add(Lines, "connect_rate", "接通率", "Connect rate", "ANS / OFF", Share(|c| (c.counters().answered, c.counters().offered)));
    list.add(Lines, "abandon_rate", "放弃率", "Abandon rate", "AB / OFF", Share(|c| (c.counters().abandoned(), c.counters().offered)));
    list.add(Lines, "abandon_rate_in_line", "排队放弃率", "Abandon rate in line", "AB_queue / OFF", Share(|c| (c.counters().abandoned_in_line, c.counters().offered)));
    list.add(Lines, "abandon_rate_ringing", "振铃放弃率", "Abandon rate ringing", "AB_ring / OFF", Share(|c| (c.counters().abandoned_ringing, c.counters().offered)));
    list.add(Lines, "abandon_rate_short", "短放弃率", "Short abandon rate", "SHORT / OFF", Share(|c| (c.counters().short_abandoned, c.counters().offered)));
    list.add(Lines, "loss_rate", "呼损率", "Loss rate", "(OFF - ANS) / OFF", Share(|c| (c.counters().offered.saturating_sub(c.counters().answered), c.counters().offered)));
    list.add(Lines, "redial_rate", "重拨率", "Redial rate", "abandoned calls whose number called again <= 30 min / abandoned calls with a number", Share(|c| (c.more.redialled, c.more.could_redial)));
    list.add(Lines, "repeat_rate", "重复来电率", "Repeat rate", "offered calls whose number had called <= 24 h before / offered calls with a number", Share(|c| (c.more.repeats, c.more.could_repeat)));
}

#[rustfmt::skip] // a table: one figure a line
fn service(list: &mut List, limits: &Limits) {
    list.topic = Topic::Service;
    for (at, threshold) in limits.thresholds.iter().enumerate() {
        let t = key_of(*threshold);
        list.add(Rows::All, &format!("answered_within_{t}"), &format!("{t}内接听"), &format!("Answered within {t}"), &format!("W = of ANS, waited <= {t}"), Of::AnsweredWithin(at));
        list.add(Rows::Lines, &format!("abandoned_within_{t}"), &format!("{t}内放弃"), &format!("Abandoned within {t}"), &format!("AB<=T = of AB, waited <= {t}"), Of::AbandonedWithin(at));
        for formula in Formula::ALL {
            // Nobody waits in an agent's row: only the formula over the answered says something there.
            let rows = if formula == Formula::Sl2 { Rows::All } else { Rows::Lines };
            let (zh, en) = match formula {
                Formula::Sl1 => ("请求基数", "of offered"),
                Formula::Sl2 => ("接听基数", "of answered"),
                Formula::Sl3 => ("除短放弃", "without short"),
                Formula::Sl4 => ("放弃计入", "abandons count"),
                Formula::Sl5 => ("放弃不计", "abandons left out"),
            };
            let name = formula.key().to_uppercase();
            list.add(rows, &format!("{}_{t}", formula.key()), &format!("{t}人工接通率·{zh}"), &format!("{name} {t} {en}"), &format!("{} with T = {t}", formula.printed()), Of::Level(formula, at));
        }
    }
}

#[rustfmt::skip] // a table: one figure a line
fn waits(list: &mut List) {
    use Rows::{All, Lines};
    list.topic = Topic::Waits;
    list.add(All, "wait_mean", "平均等待时长", "Mean wait", "sum of (t4 - t2) of answered / ANS, in s", Mean(|c| (ms(c.tally.sums.waited), c.counters().answered)));
    list.add(All, "queue_mean", "平均排队", "Mean in queue", "of that without a ringing phone, in s", Mean(|c| (ms(c.tally.sums.waited).saturating_sub(ms(c.tally.sums.rang)), c.counters().answered)));
    list.add(All, "ring_mean", "平均振铃", "Mean ringing", "of that while a phone rang, in s", Mean(|c| (ms(c.tally.sums.rang), c.counters().answered)));
    list.add(All, "greeting_mean", "平均导航", "Mean greeting", "sum of (t2 - t0) of answered / ANS, in s; not in the wait", Mean(|c| (ms(c.tally.sums.greeted), c.counters().answered)));
    list.add(All, "wait_p50", "等待中位数", "Wait p50", "half of the answered waited at most so long, in s, to 1 %", Quantile(|s| &s.wait, 500));
    list.add(All, "wait_p90", "等待90分位", "Wait p90", "90 % of the answered waited at most so long, in s, to 1 %", Quantile(|s| &s.wait, 900));
    list.add(All, "wait_p95", "等待95分位", "Wait p95", "95 % of the answered waited at most so long, in s, to 1 %", Quantile(|s| &s.wait, 950));
    list.add(All, "wait_max", "最长等待", "Longest wait", "of the answered, in s, to 1 %", Quantile(|s| &s.wait, 1000));
    list.add(Lines, "wait_abandoned_mean", "放弃前平均等待", "Mean wait of abandoned", "sum of waits of AB / AB, in s", Mean(|c| (ms(c.tally.sums.waited_abandoned), c.counters().abandoned())));
    list.add(Lines, "wait_abandoned_p50", "放弃前等待中位数", "Abandoned p50", "half of the abandoned waited at most so long, in s, to 1 %", Quantile(|s| &s.wait_abandoned, 500));
}

#[rustfmt::skip] // a table: one figure a line
fn talks(list: &mut List, limits: &Limits) {
    use Rows::{All, People};
    list.topic = Topic::Talks;
    let (zh, long) = span_of(limits.long_talk);
    list.add(All, "handled", "通话量", "Handled", "calls in which an agent of this row talked; each call once", Count(|c| c.more.handled));
    list.add(All, "talk_mean", "平均通话时长", "Mean talk", "sum of talk, hold included, wrap-up not / talks, in s; of agents their own legs", Mean(|c| (ms(c.tally.sums.talked), c.counters().talks)));
    list.add(All, "talk_p50", "通话中位数", "Talk p50", "half of the talks took at most so long, in s, to 1 %", Quantile(|s| &s.talk, 500));
    list.add(All, "talk_p95", "通话95分位", "Talk p95", "95 % of the talks took at most so long, in s, to 1 %", Quantile(|s| &s.talk, 950));
    list.add(All, "long_talks", &format!("超{zh}通话"), &format!("Talks over {long}"), &format!("talks > {long}"), Count(|c| c.counters().long_talks));
    list.add(All, "long_share", &format!("超{zh}占比"), &format!("Share over {long}"), &format!("talks > {long} / talks"), Share(|c| (c.counters().long_talks, c.counters().talks)));
    list.add(All, "held", "保持量", "Held", "calls on hold at some time", Count(|c| c.more.held));
    list.add(All, "hold_mean", "平均保持", "Mean hold", "sum of hold / calls held, in s", Mean(|c| (c.more.held_ms, c.more.held)));
    list.add(All, "consulted", "求助量", "Consulted", "calls in which the agent asked somebody", Count(|c| c.more.consulted));
    list.add(All, "consult_mean", "平均求助", "Mean consult", "sum of consults / calls with one, in s", Mean(|c| (c.more.consulted_ms, c.more.consulted)));
    list.add(All, "transfers", "转接次数", "Transfers", "another agent took over, counted where the call came from", Count(|c| c.more.transfers));
    list.add(All, "three_way", "三方通话数", "Three-way", "calls with two agents at once", Count(|c| c.more.three_way));
    list.add(People, "wrap_ups", "整理次数", "Wrap-ups", "wrap-ups that ended", Count(|c| c.counters().wrap_ups));
    list.add(People, "wrap_up_mean", "平均话后处理", "Mean wrap-up", "sum of (t6 - t5) / wrap-ups, in s", Mean(|c| (ms(c.tally.sums.wrapped_up), c.counters().wrap_ups)));
}

#[rustfmt::skip] // a table: one figure a line
fn agents(list: &mut List) {
    use Rows::{Agents, All, People};
    list.topic = Topic::Agents;
    list.add(All, "offers", "振铃次数", "Offers", "an agent's phone was rung", Count(|c| c.counters().offers.made));
    list.add(All, "offers_accepted", "应答次数", "Accepted", "of these, taken", Count(|c| c.counters().offers.accepted));
    list.add(All, "offers_rang_out", "振铃未接", "Rang out", "of these, not taken in time", Count(|c| c.counters().offers.rang_out));
    list.add(All, "offers_declined", "拒接", "Declined", "of these, declined, busy or failed", Count(|c| c.counters().offers.declined));
    list.add(All, "accept_rate", "应答率", "Accept rate", "accepted / offers", Share(|c| (c.counters().offers.accepted, c.counters().offers.made)));
    list.add(People, "ring_time", "振铃时长", "Ringing", "their phones rang, h:mm:ss", Span(|c| c.time.ring));
    list.add(People, "talk_time", "通话时长", "Talking", "TALK = own legs, cut at borders of intervals, h:mm:ss", Span(|c| c.time.talk));
    list.add(People, "wrap_up_time", "整理时长", "Wrap-up", "ACW, cut at borders of intervals, h:mm:ss", Span(|c| c.time.wrap_up));
    list.add(Agents, "signed_in_time", "签入时长", "Signed in", "SIGNED_IN = sign-in to sign-out, h:mm:ss", Span(|c| c.time.signed_in));
    list.add(Agents, "not_ready_time", "示忙时长", "Not ready", "BREAK = not ready for any reason, h:mm:ss", Span(|c| c.time.not_ready));
    list.add(Agents, "occupancy", "占用率", "Occupancy", "(TALK + OUT + ACW) / (SIGNED_IN - BREAK)", Share(|c| (c.time.busy(), c.time.available())));
    list.add(Agents, "utilisation", "工时利用率", "Utilisation", "(TALK + OUT + ACW) / SIGNED_IN", Share(|c| (c.time.busy(), c.time.signed_in)));
}

#[rustfmt::skip] // a table: one figure a line
fn outgoing(list: &mut List) {
    use Rows::{All, People};
    list.topic = Topic::Outgoing;
    list.add(All, "outgoing", "呼出量", "Outgoing", "agents' calls to numbers outside; never among OFF", Count(|c| c.counters().outgoing.made));
    list.add(All, "outgoing_reached", "呼出接通量", "Reached", "of these, answered there", Count(|c| c.counters().outgoing.reached));
    list.add(All, "outgoing_rate", "呼出接通率", "Reach rate", "reached / outgoing", Share(|c| (c.counters().outgoing.reached, c.counters().outgoing.made)));
    list.add(All, "outgoing_ring_mean", "呼出平均振铃", "Mean ringing out", "sum of ringing there of the reached / reached, in s", Mean(|c| (ms(c.tally.sums.rang_out), c.counters().outgoing.reached)));
    list.add(All, "outgoing_talk_mean", "呼出平均通话", "Mean talk out", "sum of talks / reached whose call is over, in s", Mean(|c| (ms(c.tally.sums.talked_out), c.counters().outgoing.talks)));
    list.add(All, "outgoing_talk_max", "最长呼出通话", "Longest talk out", "of these, in s, to 1 %", Quantile(|s| &s.talk_out, 1000));
    list.add(People, "outgoing_time", "呼出时长", "Calling out", "OUT = in calls that they made, from dialing on, h:mm:ss", Span(|c| c.time.outgoing));
}

#[rustfmt::skip] // a table: one figure a line
fn after(list: &mut List, limits: &Limits) {
    use Rows::All;
    list.topic = Topic::After;
    let (satisfied, low) = (limits.satisfied, limits.low);
    list.add(All, "survey_offered", "评价邀请量", "Asked to rate", "answered callers who came to the survey", Count(|c| c.counters().surveys.offered()));
    list.add(All, "survey_rated", "参评量", "Rated", "of these, pressed a key of the scale", Count(|c| c.counters().surveys.ratings()));
    for (rating, zh, en) in [(1, "评1 非常满意", "Rated 1"), (2, "评2 满意", "Rated 2"), (3, "评3 一般", "Rated 3"), (4, "评4 不满意", "Rated 4"), (5, "评5 很不满意", "Rated 5")] {
        list.add(All, &format!("rated_{rating}"), zh, en, &format!("pressed {rating}"), Of::Rated(Ratings::of([rating])));
    }
    list.add(All, "rated_over_5", "评6-9", "Rated 6 to 9", "pressed 6 to 9, where the scale is longer", Of::Rated(Ratings::of(6..=9)));
    list.add(All, "rated_satisfied", "满意量", "Rated satisfied", &format!("pressed {satisfied}"), Of::Rated(satisfied));
    list.add(All, "rated_low", "不满意量", "Rated low", &format!("pressed {low}"), Of::Rated(low));
    list.add(All, "survey_timeout", "未评价", "Survey timeout", "of the asked, pressed nothing", Count(|c| c.counters().surveys.timeout));
    list.add(All, "survey_invalid", "按键无效", "Survey invalid", "of the asked, pressed wrong keys only", Count(|c| c.counters().surveys.invalid));
    list.add(All, "survey_hung_up", "评价中挂机", "Survey hung up", "of the asked, the call ended meanwhile", Count(|c| c.counters().surveys.hung_up));
    list.add(All, "survey_not_offered", "未邀请评价", "Not asked", "answered and came to no survey: the caller hung up first, or there is none", Count(|c| c.counters().surveys.not_offered));
    list.add(All, "survey_rate", "参评率", "Survey rate", "rated / answered calls that are over (rated + timeout + invalid + hung up + not asked)", Share(|c| (c.counters().surveys.ratings(), c.counters().surveys.total())));
    list.add(All, "satisfaction", "满意率", "Satisfaction", &format!("rated {satisfied} / rated"), Of::Satisfaction(satisfied));
    list.add(All, "disposed", "已小结", "Disposed", "talks of which an agent said what came of it, the last word of each call; callbacks' included", Count(|c| c.counters().disposals.given()));
    list.add(All, "undisposed", "未小结", "Undisposed", "talks of which nobody did", Count(|c| c.counters().disposals.none));
    list.add(All, "disposition_rate", "小结率", "Disposition rate", "disposed / (disposed + undisposed)", Share(|c| (c.counters().disposals.given(), c.counters().disposals.total())));
    list.add(All, "online_agent", "在线解答·接听员", "Answered on line, agent", "disposed as answered on line by an agent", Count(|c| c.counters().disposals.online[0]));
    list.add(All, "online_specialist", "在线解答·政策专员", "Answered on line, specialist", "disposed as answered on line by a specialist", Count(|c| c.counters().disposals.online[1]));
    list.add(All, "online_rate", "在线解答率", "Answered on line", "(online_agent + online_specialist) / disposed", Share(|c| (c.counters().disposals.online.iter().sum(), c.counters().disposals.given())));
}
