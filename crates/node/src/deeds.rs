//! Deeds: what people ask of the centre, done in the one right order and noted.
//!
//! ```text
//!   web ─Deed, operator─▶ keys to places ─▶ kept in the register ─▶ asked of the engine ─▶ Answer or Refusal
//!                                                  └── taken back when the engine refuses      └─▶ audit: log, table
//! ```
//!
//! What must outlive a restart is on the disk before the engine hears of it. Files are touched on threads that may
//! wait, never on the rim's own. Never knows: HTTP, what a deed leads to.

use crate::centre::RunningPlan;
use crate::clock::Clock;
use crate::plans;
use crate::reporter::Status;
use crate::requests::{Answered, Requests, Unanswered};
use acd::{AgentRef, GroupRef, Listing, Prefer, SiteRef, SkillLevel};
use base::{Private, Timestamp};
use call::event::{CallRef, Why};
use call::plan::{DispositionRef, ListRef, StudioRef};
use call::request::Control;
use call::roster::{ReasonRef, RosterRef};
use call::show::StudioDo;
use call::{Request, RequestId, Resolver, Whose};
use media::session::Keeps;
use parking_lot::Mutex;
use report::plan::RosterNames;
use report::{Board, RecordId, UnixMs};
use sip::plan::NumberRules;
use std::path::PathBuf;
use std::sync::Arc;
use store::dispositions::{Entered, Late, Undisposed};
use store::register::{AuditRow, List, Listed};
use store::{RecordingFilter, Recordings, Register};
use web::board::Live;
use web::deed::{
    CallbackRow, ListedNumber, PlanAnswer, PlanRow, RecordingQuery, Talk, TalkDeed, Taping, UndisposedRow,
    Whom, Wish,
};
use web::{Answer, Deed, Refusal};

/// Talks without a disposition are shown for so long: an hour.
const UNDISPOSED_MS: u64 = 3_600_000;
/// Rows of the audit that are shown at once.
const AUDIT_SHOWN: u32 = 500;

/// The file in which people's settings are kept, shared by whoever may wait for it.
pub type SharedRegister = Arc<Mutex<Register>>;

/// All that deeds need.
pub struct Deeds {
    /// What is published.
    pub status: Arc<Status>,
    /// The way to the engine.
    pub requests: Requests,
    /// The clock.
    pub clock: Clock,
    /// What a change must carry.
    pub token: Option<Private>,
    /// How numbers are written here.
    pub numbers: NumberRules,
    /// The file of the records, with the index of recordings.
    pub database: PathBuf,
    /// What outlives a restart.
    pub register: SharedRegister,
    /// The configuration in force; one change at a time.
    pub plan: tokio::sync::Mutex<RunningPlan>,
    /// Keys in the order of the plan.
    pub groups: Vec<String>,
    /// The same of agents.
    pub agents: Vec<String>,
    /// The same of sites.
    pub sites: Vec<String>,
    /// The same of lists of numbers.
    pub lists: Vec<String>,
    /// Specialists and other platforms, with their reasons.
    pub rosters: Vec<RosterNames>,
    /// The same of dispositions, and whether each counts as answered on line.
    pub dispositions: Vec<(String, bool)>,
    /// Those of them that have whoever has called lately.
    pub repeats: Vec<ListRef>,
    /// The same of radio studios.
    pub studios: Vec<String>,
}

/// Deeds, as `web` asks for them.
#[derive(Clone)]
pub struct Counter(pub Arc<Deeds>);

impl web::Centre for Counter {
    fn board(&self) -> Arc<Board> {
        self.0.status.board()
    }

    fn unready(&self) -> Vec<String> {
        self.0.status.unready()
    }

    fn metrics(&self) -> String {
        self.0.status.metrics()
    }

    fn live(&self) -> Arc<Live> {
        self.0.status.live()
    }

    fn unix_ms(&self) -> u64 {
        self.0.unix_ms().0
    }

    fn token(&self) -> Option<&Private> {
        self.0.token.as_ref()
    }

    fn act(&self, deed: Deed, operator: String) -> web::Acting {
        let deeds = Arc::clone(&self.0);
        Box::pin(async move { deeds.act(deed, operator).await })
    }
}

impl Deeds {
    /// Does what is asked, and notes it when it changes something.
    ///
    /// # Errors
    /// Why it was not done, or may not have been.
    pub async fn act(&self, deed: Deed, operator: String) -> Result<Answer, Refusal> {
        if !deed.changes() {
            return self.done(deed, &operator).await;
        }
        let what = self.words(&deed);
        let done = self.done(deed, &operator).await;
        let outcome = match &done {
            Ok(_) => "done".to_owned(),
            Err(refusal) => refused(refusal),
        };
        tracing::info!(target: "audit", operator, deed = what, outcome, "deed");
        let row = AuditRow { at: self.unix_ms(), operator, deed: what, outcome };
        if let Err(refusal) = self.keep(move |register| Ok(register.audit(&row)?)).await {
            tracing::error!(why = refused(&refusal), "a deed could not be noted in the records");
        }
        done
    }

    async fn done(&self, deed: Deed, operator: &str) -> Result<Answer, Refusal> {
        match deed {
            Deed::WhyCaller(call) => self.why(Request::WhyCaller(CallRef::from_bits(call))).await,
            Deed::WhyAgent(agent) => self.why(Request::WhyAgent(self.agent(&agent)?)).await,
            Deed::ViewTalk(agent) => self.why(Request::ViewTalk(self.agent(&agent)?)).await,
            Deed::Agent(agent, wish) => {
                let agent = self.agent(&agent)?;
                self.ask(match wish {
                    Wish::SignIn => Request::SignIn(agent),
                    Wish::SignOut => Request::SignOut(agent),
                    Wish::Ready => Request::Ready(agent),
                    Wish::NotReady(reason) => Request::NotReady(agent, reason),
                })
                .await
            }
            Deed::ExtendWrapUp(agent, by) => self.ask(Request::ExtendWrapUp(self.agent(&agent)?, by)).await,
            Deed::EndWrapUp(agent) => self.ask(Request::EndWrapUp(self.agent(&agent)?)).await,
            Deed::Dial(agent, whom) => {
                let agent = self.agent(&agent)?;
                self.ask(Request::Dial { agent, whom: self.whom(&whom)? }).await
            }
            Deed::Skill { agent, group, level } => {
                let (agent, group) = (self.agent(&agent)?, self.group(&group)?);
                self.ask(Request::Skill(agent, group, level.map(SkillLevel))).await
            }
            Deed::Talk(agent, deed) => {
                let agent = self.agent(&agent)?;
                let deed = match deed {
                    TalkDeed::WithCase(case, deed) => {
                        let deed = self.control(*deed)?;
                        self.ask(Request::Control(agent, Control::Case(Box::new(case)))).await?;
                        deed
                    }
                    deed => self.control(deed)?,
                };
                self.ask(Request::Control(agent, deed)).await
            }
            Deed::Supervise { supervisor, agent, how } => {
                let (supervisor, agent) = (self.agent(&supervisor)?, self.agent(&agent)?);
                self.ask(Request::Supervise { supervisor, agent, how }).await
            }
            Deed::TakeOver { supervisor, agent } => {
                let (supervisor, agent) = (self.agent(&supervisor)?, self.agent(&agent)?);
                self.ask(Request::TakeOver { supervisor, agent }).await
            }
            Deed::Screen { agent, studio, note } => {
                let (agent, studio) = (self.agent(&agent)?, self.studio(&studio)?);
                self.ask(Request::Screen { agent, studio, note }).await
            }
            Deed::Studio(studio, what) => self.ask(Request::Studio(self.studio(&studio)?, what)).await,
            Deed::Prioritize(call, priority) => {
                self.ask(Request::Prioritize(CallRef::from_bits(call), priority)).await
            }
            Deed::CallBack(call) => self.ask(Request::CallBack(CallRef::from_bits(call))).await,
            Deed::CancelCallback(call) => self.ask(Request::CancelCallback(CallRef::from_bits(call))).await,
            Deed::CallBackNumber { number, group, site, priority, after } => {
                let site = site.map_or(Ok(SiteRef(0)), |site| self.site(&site))?;
                self.ask(Request::CallBackNumber {
                    number: self.normal(&number),
                    group: self.group(&group)?,
                    priority,
                    site,
                    since: None,
                    after: self.clock.now() + after,
                    missed: false,
                })
                .await
            }
            Deed::Recording(talk, taping) => {
                let whose = match talk {
                    Talk::OfAgent(agent) => Whose::Agent(self.agent(&agent)?),
                    Talk::OfCaller(call) => Whose::Call(CallRef::from_bits(call)),
                };
                let keeps = match taping {
                    Taping::Resume => Keeps::Speech,
                    Taping::Pause => Keeps::Silence,
                    Taping::Mask => Keeps::Tone,
                };
                self.ask(Request::Recording(whose, keeps)).await
            }
            Deed::Dispose { agent, result, by } => {
                let (agent, disposition) = (self.agent(&agent)?, self.disposition(&result)?);
                let disposition = DispositionRef::at(disposition);
                self.ask(Request::Dispose { agent, disposition, by }).await
            }
            Deed::DisposeRecord { call, result, by } => self.dispose(call, result, by, operator).await,
            Deed::Undisposed(agent) => self.undisposed(agent).await,
            Deed::Recordings(query) => self.recordings(query).await,
            Deed::Hold(id, why) => self.hold(id, why, operator).await,
            Deed::Surge(group, mode) => self.ask(Request::Surge(self.group(&group)?, mode)).await,
            Deed::Help(site, on) => self.ask(Request::Help(self.site(&site)?, on)).await,
            Deed::Callbacks => {
                let rows = self.keep(|register| Ok(register.callbacks()?)).await?;
                let row = |callback: store::register::OpenCallback| CallbackRow {
                    call: callback.name,
                    number: callback.number.reveal().clone(),
                    group: callback.group,
                    missed: callback.missed,
                    since_unix_ms: callback.since.0,
                    not_before_unix_ms: callback.due.0,
                };
                Ok(Answer::Callbacks(rows.into_iter().map(row).collect()))
            }
            Deed::Lists => self.lists().await,
            Deed::List { number, black, reason, approver, expires_unix_ms } => {
                let number = self.normal(&number);
                self.list(Listed {
                    number,
                    list: if black { List::Black } else { List::Grey },
                    reason,
                    approver,
                    operator: operator.to_owned(),
                    since: self.unix_ms(),
                    expires: UnixMs(expires_unix_ms),
                })
                .await
            }
            Deed::Unlist(number) => self.unlist(self.normal(&number)).await,
            Deed::Urgent(number, open) => self.urgent(self.normal(&number), open, operator.to_owned()).await,
            Deed::Enlist { list, number, on: true } => {
                self.enlist(list, self.normal(&number), operator.to_owned()).await
            }
            Deed::Enlist { list, number, on: false } => self.delist(list, self.normal(&number)).await,
            Deed::Prefer(number, agent, alone) => {
                let agent = Some(Prefer { agent: self.agent(&agent)?, alone });
                self.ask(Request::Prefer { number: self.normal(&number), agent }).await
            }
            Deed::PreferNobody(number) => {
                self.ask(Request::Prefer { number: self.normal(&number), agent: None }).await
            }
            Deed::Plan { text, dry_run } => plans::change(self, text, dry_run, operator).await,
            Deed::Rollback => plans::roll_back(self, operator).await,
            Deed::PlanHistory => {
                let plans = self.keep(|register| Ok(register.plans()?)).await?;
                let row = |plan: store::register::PlanVersion| PlanRow {
                    version: plan.version,
                    origin: plan.origin,
                    since_unix_ms: plan.at.0,
                    operator: plan.operator,
                    text: plans::blotted(&plan.text),
                };
                Ok(Answer::History(plans.into_iter().map(row).collect()))
            }
            Deed::Audit => {
                let rows = self.keep(|register| Ok(register.deeds(AUDIT_SHOWN)?)).await?;
                let row = |row: AuditRow| web::deed::AuditRow {
                    unix_ms: row.at.0,
                    operator: row.operator,
                    deed: row.deed,
                    outcome: row.outcome,
                };
                Ok(Answer::Audit(rows.into_iter().map(row).collect()))
            }
        }
    }

    // ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────

    async fn lists(&self) -> Result<Answer, Refusal> {
        let now = self.unix_ms();
        let (listed, urgent) =
            self.keep(move |register| Ok((register.listed(now)?, register.urgent()?))).await?;
        let shown = |listed: Listed| ListedNumber {
            number: listed.number.reveal().clone(),
            list: listed.list.key(),
            reason: listed.reason,
            approver: listed.approver,
            operator: listed.operator,
            since_unix_ms: listed.since.0,
            expires_unix_ms: listed.expires.0,
        };
        let urgent = urgent.into_iter().map(|urgent| urgent.number.reveal().clone()).collect();
        Ok(Answer::Lists(listed.into_iter().map(shown).collect(), urgent))
    }

    async fn list(&self, listed: Listed) -> Result<Answer, Refusal> {
        let request = list_request(&listed, self.clock);
        let kept = listed.clone();
        let blocked = self
            .keep(move |register| {
                if kept.list == List::Black && register.is_urgent(&kept.number)? {
                    return Ok(true);
                }
                register.list(&kept)?;
                Ok(false)
            })
            .await?;
        if blocked {
            return Err(Refusal::Cannot(
                "the number has an open urgent case, and nobody with one is put on the black list".into(),
                vec!["close the case first: DELETE /api/v1/urgent/{number}".into()],
            ));
        }
        let done = self.ask(request).await;
        if matches!(done, Err(Refusal::Cannot(..) | Refusal::Full)) {
            self.keep(move |register| Ok(register.unlist(&listed.number).map(|_| ())?)).await?;
        }
        done
    }

    async fn unlist(&self, number: Private) -> Result<Answer, Refusal> {
        let kept = number.clone();
        let was = self.keep(move |register| Ok(register.unlist(&kept)?)).await?;
        match self.ask(Request::List { number, listing: None }).await {
            Err(Refusal::Cannot(..)) if was => Ok(Answer::Done),
            Err(Refusal::Cannot(why, _)) => Err(Refusal::Unknown(why)),
            other => other,
        }
    }

    /// A number on a list that flows look into.
    async fn enlist(&self, list: String, number: Private, operator: String) -> Result<Answer, Refusal> {
        let place = self.list_by_people(&list)?;
        let (kept, key, now) = (number.clone(), list.clone(), self.unix_ms());
        let added = self.keep(move |register| Ok(register.enlist(&key, &kept, &operator, now)?)).await?;
        let done = self.ask(Request::Enlist { list: place, numbers: vec![number.clone()], on: true }).await;
        if added && matches!(done, Err(Refusal::Cannot(..) | Refusal::Full)) {
            self.keep(move |register| Ok(register.delist(&list, &number).map(|_| ())?)).await?;
        }
        done
    }

    async fn delist(&self, list: String, number: Private) -> Result<Answer, Refusal> {
        let place = self.list_by_people(&list)?;
        let kept = number.clone();
        self.keep(move |register| Ok(register.delist(&list, &kept).map(|_| ())?)).await?;
        self.ask(Request::Enlist { list: place, numbers: vec![number], on: false }).await
    }

    fn list_by_people(&self, key: &str) -> Result<ListRef, Refusal> {
        let list = place(&self.lists, key, "list").map(ListRef::at)?;
        if self.repeats.contains(&list) {
            return Err(Refusal::Cannot(
                format!("list {key} has whoever has called lately, and nobody else"),
                vec!["make another list in the configuration, and let the flow look into both".into()],
            ));
        }
        Ok(list)
    }

    async fn urgent(&self, number: Private, open: bool, operator: String) -> Result<Answer, Refusal> {
        let (kept, now) = (number.clone(), self.unix_ms());
        let changed =
            self.keep(move |register| Ok(register.set_urgent(&kept, now, &operator, open)?)).await?;
        match self.ask(Request::Urgent { number, open }).await {
            // Said twice is still so.
            Err(Refusal::Cannot(..)) if changed => Ok(Answer::Done),
            Err(Refusal::Cannot(why, _)) if !open => Err(Refusal::Unknown(why)),
            other => other,
        }
    }

    // ── Dispositions ─────────────────────────────────────────────────────────────────────────────────────────

    /// What came of a call is entered where its record is; the engine has forgotten it.
    async fn dispose(
        &self,
        call: u64,
        result: String,
        by: Resolver,
        operator: &str,
    ) -> Result<Answer, Refusal> {
        let online = self.dispositions[self.disposition(&result)?].1;
        let (operator, at, record) = (operator.to_owned(), self.unix_ms(), RecordId(call));
        let late = Late { call: record, result, online, by, operator, at };
        match self.keep(move |register| Ok(register.dispose(&late)?)).await? {
            Entered::Done => Ok(Answer::Done),
            Entered::NoCall => Err(Refusal::Unknown(format!("there is no record of a call {call}"))),
            Entered::InProgress => Err(Refusal::Cannot(
                format!("call {call} is in progress"),
                vec!["its agent says it: POST /api/v1/agents/{key}/disposition".into()],
            )),
            Entered::NoTalk => Err(Refusal::Cannot(format!("no agent talked in call {call}"), Vec::new())),
        }
    }

    async fn undisposed(&self, agent: String) -> Result<Answer, Refusal> {
        self.agent(&agent)?;
        let since = UnixMs(self.unix_ms().0.saturating_sub(UNDISPOSED_MS));
        let rows = self.keep(move |register| Ok(register.undisposed(&agent, since)?)).await?;
        let row = |talk: Undisposed| UndisposedRow {
            call: talk.call.0,
            arrived_unix_ms: talk.arrived.0,
            ended_unix_ms: talk.ended.0,
            number: talk.caller.reveal().clone(),
            group: talk.group,
            talked_ms: talk.talked_ms,
        };
        Ok(Answer::Undisposed(rows.into_iter().map(row).collect()))
    }

    // ── Recordings ───────────────────────────────────────────────────────────────────────────────────────────

    async fn recordings(&self, query: RecordingQuery) -> Result<Answer, Refusal> {
        let filter = RecordingFilter {
            call: query.call.map(RecordId),
            agent: query.agent,
            group: query.group,
            caller: query.number.map(|number| self.normal(&number)),
            from: query.from_unix_ms.map(UnixMs),
            to: query.to_unix_ms.map(UnixMs),
            held: query.held,
            on_air: query.on_air,
            ..RecordingFilter::default()
        };
        let rows = self.index(move |recordings| Ok(recordings.list(&filter)?)).await?;
        Ok(Answer::Recordings(rows.iter().map(crate::recordings::row).collect()))
    }

    async fn hold(&self, id: u64, why: Option<String>, operator: &str) -> Result<Answer, Refusal> {
        let by = operator.to_owned();
        let (at, held) = (self.unix_ms(), why.is_some());
        let done = self
            .index(move |recordings| {
                Ok(match why {
                    Some(why) => recordings.hold(RecordId(id), &store::recordings::Deed { by, why, at })?,
                    None => recordings.release(RecordId(id))?,
                })
            })
            .await?;
        match (done, held) {
            (true, _) => Ok(Answer::Done),
            (false, true) => Err(Refusal::Unknown(format!("there is no recording {id}, or it was deleted"))),
            (false, false) => Err(Refusal::Unknown(format!("recording {id} is not held"))),
        }
    }

    /// Does something with the index of recordings, on a thread that may wait.
    async fn index<T: Send + 'static>(
        &self,
        deed: impl FnOnce(&mut Recordings) -> Result<T, Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    ) -> Result<T, Refusal> {
        let database = self.database.clone();
        let done = tokio::task::spawn_blocking(move || deed(&mut Recordings::open(database)?)).await;
        match done {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(Refusal::NotKept(error.to_string())),
            Err(error) => Err(Refusal::NotKept(error.to_string())),
        }
    }

    // ── The engine and the disk ──────────────────────────────────────────────────────────────────────────────

    /// Asks the engine for something.
    pub(crate) async fn ask(&self, request: Request) -> Result<Answer, Refusal> {
        match self.requests.answer(request).await {
            Ok(Answered::Refused(why)) => Err(Refusal::Cannot(why.to_owned(), Vec::new())),
            Ok(_) => Ok(Answer::Done),
            Err(unanswered) => Err(late(unanswered)),
        }
    }

    async fn why(&self, request: Request) -> Result<Answer, Refusal> {
        match self.requests.answer(request).await {
            Ok(Answered::Why(why)) => Ok(match *why {
                Why::Caller(why) => Answer::WhyCaller(Box::new(why), self.clock.now()),
                Why::Agent(why) => Answer::WhyAgent(Box::new(why), self.clock.now()),
                Why::Talk(view) => Answer::Talk(Box::new(self.talk_row(view))),
            }),
            Ok(Answered::Refused(why)) => Err(Refusal::Unknown(why.to_owned())),
            Ok(_) => Err(Refusal::Late),
            Err(unanswered) => Err(late(unanswered)),
        }
    }

    /// Does something with the register, on a thread that may wait.
    pub(crate) async fn keep<T: Send + 'static>(
        &self,
        deed: impl FnOnce(&Register) -> Result<T, Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    ) -> Result<T, Refusal> {
        let register = Arc::clone(&self.register);
        let done = tokio::task::spawn_blocking(move || deed(&register.lock())).await;
        match done {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(Refusal::NotKept(error.to_string())),
            Err(error) => Err(Refusal::NotKept(error.to_string())),
        }
    }

    pub(crate) fn unix_ms(&self) -> UnixMs {
        UnixMs(self.clock.epoch().unix_millis(self.clock.now()))
    }

    // ── Keys ─────────────────────────────────────────────────────────────────────────────────────────────────

    fn agent(&self, key: &str) -> Result<AgentRef, Refusal> {
        place(&self.agents, key, "agent").map(AgentRef::at)
    }

    fn group(&self, key: &str) -> Result<GroupRef, Refusal> {
        place(&self.groups, key, "group").map(GroupRef::at)
    }

    fn studio(&self, key: &str) -> Result<StudioRef, Refusal> {
        place(&self.studios, key, "studio").map(StudioRef::at)
    }

    fn site(&self, key: &str) -> Result<SiteRef, Refusal> {
        place(&self.sites, key, "site").map(SiteRef::at)
    }

    fn disposition(&self, key: &str) -> Result<usize, Refusal> {
        let found = self.dispositions.iter().position(|(known, _)| known == key);
        let all = || self.dispositions.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| {
            Refusal::Unknown(match self.dispositions.is_empty() {
                true => "the configuration has no [dispositions]".to_owned(),
                false => format!("there is no disposition {key}; there are {}", all()),
            })
        })
    }

    fn control(&self, deed: TalkDeed) -> Result<Control, Refusal> {
        Ok(match deed {
            TalkDeed::Hold => Control::Hold,
            TalkDeed::Retrieve => Control::Retrieve,
            TalkDeed::Consult(whom) => Control::Consult(self.whom(&whom)?),
            TalkDeed::Alternate => Control::Alternate,
            TalkDeed::Conference => Control::Conference,
            TalkDeed::Reconnect => Control::Reconnect,
            TalkDeed::Transfer => Control::Transfer,
            TalkDeed::TransferTo(whom) => Control::TransferTo(self.whom(&whom)?),
            TalkDeed::Case(case) | TalkDeed::WithCase(case, _) => Control::Case(Box::new(case)),
            TalkDeed::Survey => Control::Survey,
        })
    }

    fn whom(&self, whom: &Whom) -> Result<call::request::Whom, Refusal> {
        Ok(match whom {
            Whom::Agent(agent) => call::request::Whom::Agent(self.agent(agent)?),
            Whom::Group(group) => call::request::Whom::Group(self.group(group)?),
            Whom::Number(number) => call::request::Whom::Number(self.normal(number)),
            Whom::Roster(key, reason) => {
                let at = self.rosters.iter().position(|roster| roster.key == *key);
                let at = at.ok_or_else(|| Refusal::Unknown(format!("there is no roster {key}")))?;
                let of =
                    |reason: &String| place(&self.rosters[at].reasons, reason, "reason").map(ReasonRef::at);
                let reason = reason.as_ref().map(of).transpose()?;
                call::request::Whom::Roster(RosterRef::at(at), reason)
            }
        })
    }

    fn normal(&self, number: &Private) -> Private {
        Private::new(self.numbers.normalize(number.reveal()))
    }

    /// A deed for the audit: numbers are masked there as in every log.
    fn words(&self, deed: &Deed) -> String {
        match deed {
            Deed::Agent(agent, wish) => format!("agent {agent}: {wish:?}"),
            Deed::ExtendWrapUp(agent, by) => format!("agent {agent}: wrap-up {} s longer", by.as_secs()),
            Deed::EndWrapUp(agent) => format!("agent {agent}: wrap-up is over"),
            Deed::Dial(agent, Whom::Number(number)) => format!("agent {agent}: calls {number}"),
            Deed::Dial(agent, Whom::Agent(whom) | Whom::Group(whom)) => {
                format!("agent {agent}: calls {whom}")
            }
            Deed::Skill { agent, group, level: Some(level) } => format!("agent {agent}: {group} {level}"),
            Deed::Skill { agent, group, level: None } => format!("agent {agent}: {group} no longer"),
            Deed::Talk(agent, deed) => format!("agent {agent}: {deed:?}"),
            Deed::Supervise { supervisor, agent, how } => {
                let how = how.map_or("supervises no longer", report::words::supervision);
                format!("{supervisor} in the talk of {agent}: {how}")
            }
            Deed::TakeOver { supervisor, agent } => format!("{supervisor} takes over from {agent}"),
            // The note is about a caller: it is for the studio, and not for the audit.
            Deed::Screen { agent, studio, .. } => {
                format!("agent {agent}: sends his caller to studio {studio}")
            }
            Deed::Studio(studio, what) => match what {
                StudioDo::Open => format!("studio {studio}: a show begins"),
                StudioDo::Close => format!("studio {studio}: the show is over"),
                StudioDo::Pick(call) => format!("studio {studio}: call {} picked", call.bits()),
                StudioDo::Air => format!("studio {studio}: on air"),
                StudioDo::OffAir => format!("studio {studio}: off air"),
                StudioDo::Return => format!("studio {studio}: the caller is held again"),
                StudioDo::Back(call) => format!("studio {studio}: call {} back into its line", call.bits()),
            },
            Deed::Prioritize(call, priority) => format!("call {call}: priority {}", priority.0),
            Deed::CallBack(call) => format!("call {call}: called back"),
            Deed::CancelCallback(call) => format!("call {call}: not called back"),
            Deed::CallBackNumber { number, group, .. } => format!("callback to {number} for {group}"),
            Deed::Dispose { agent, result, by } => {
                format!("agent {agent}: disposition {result}, by {}", report::words::resolver(*by))
            }
            Deed::DisposeRecord { call, result, by } => {
                format!("record {call}: disposition {result}, by {}", report::words::resolver(*by))
            }
            Deed::Recording(Talk::OfAgent(agent), taping) => {
                format!("recording of agent {agent}: {taping:?}")
            }
            Deed::Recording(Talk::OfCaller(call), taping) => format!("recording of call {call}: {taping:?}"),
            Deed::Hold(id, Some(why)) => format!("recording {id}: held, {why}"),
            Deed::Hold(id, None) => format!("recording {id}: no longer held"),
            Deed::Surge(group, mode) => format!("group {group}: surge {mode:?}"),
            Deed::Help(site, on) => format!("site {site}: help {}", if *on { "on" } else { "off" }),
            Deed::List { number, black, reason, approver, expires_unix_ms } => format!(
                "{number} on the {} list until {expires_unix_ms}: {reason} (approved by {approver})",
                if *black { "black" } else { "grey" }
            ),
            Deed::Unlist(number) => format!("{number} on no list"),
            Deed::Urgent(number, open) => {
                format!("{number}: urgent case {}", if *open { "open" } else { "closed" })
            }
            Deed::Enlist { list, number, on } => {
                format!("{number} {} list {list}", if *on { "on" } else { "no longer on" })
            }
            Deed::Prefer(number, agent, _) => format!("{number}: agent {agent} of an open case"),
            Deed::PreferNobody(number) => format!("{number}: no agent of an open case"),
            Deed::Plan { text, .. } => {
                format!("plan from {}", if text.is_some() { "the request" } else { "the file" })
            }
            Deed::Rollback => "plan rolled back".into(),
            other => format!("{other:?}"),
        }
    }
}

fn place(keys: &[String], key: &str, kind: &str) -> Result<usize, Refusal> {
    let found = keys.iter().position(|known| known == key);
    found.ok_or_else(|| {
        Refusal::Unknown(format!("there is no {kind} {key}; keys are those of the configuration"))
    })
}

pub(crate) fn late(unanswered: Unanswered) -> Refusal {
    match unanswered {
        Unanswered::Full => Refusal::Full,
        Unanswered::Late => Refusal::Late,
    }
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unknown(why) | Refusal::Wrong(why, _) | Refusal::Cannot(why, _) => format!("refused: {why}"),
        Refusal::Full => "refused: too many requests wait".into(),
        Refusal::Late => "not answered in time".into(),
        Refusal::NotKept(why) => format!("not kept: {why}"),
    }
}

/// A moment of Unix time on the engine's clock; what lies before the start is the start.
pub(crate) fn stamp(clock: Clock, at: UnixMs) -> Timestamp {
    Timestamp::from_millis(at.0.saturating_sub(clock.epoch().unix_millis(Timestamp::START)))
}

fn list_request(listed: &Listed, clock: Clock) -> Request {
    let listing = match listed.list {
        List::Grey => Listing::Grey,
        List::Black => Listing::Black,
    };
    Request::List { number: listed.number.clone(), listing: Some((listing, stamp(clock, listed.expires))) }
}

/// What an earlier run has left, as requests that the engine hears before any call. Urgent cases come first, so that
/// no list ever holds against one.
///
/// # Errors
/// When it cannot be read.
pub fn remembered(
    register: &Register,
    clock: Clock,
    groups: &[String],
    requests: &Requests,
) -> anyhow::Result<Vec<(RequestId, Request)>> {
    let now = UnixMs(clock.epoch().unix_millis(clock.now()));
    let mut all = Vec::new();
    for urgent in register.urgent()? {
        all.push(Request::Urgent { number: urgent.number, open: true });
    }
    for listed in register.listed(now)? {
        all.push(list_request(&listed, clock));
    }
    for callback in register.take_callbacks()? {
        let Some(group) = groups.iter().position(|group| *group == callback.group) else {
            tracing::warn!(group = callback.group, "a callback is dropped: its group is no longer there");
            continue;
        };
        all.push(Request::CallBackNumber {
            number: callback.number,
            group: GroupRef::at(group),
            priority: acd::Priority(callback.priority),
            site: SiteRef(0),
            since: Some(stamp(clock, callback.since)),
            after: stamp(clock, callback.due),
            missed: callback.missed,
        });
    }
    Ok(all.into_iter().map(|request| (requests.mint(), request)).collect())
}

/// A plan's answer for `web`.
pub(crate) fn plan_answer(answer: PlanAnswer) -> Answer {
    Answer::Plan(Box::new(answer))
}
