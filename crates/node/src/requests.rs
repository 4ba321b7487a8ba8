//! The way in for requests, and the way back for what answers them.
//!
//! ```text
//!   HTTP, operator ─ask─▶ ring ─▶ engine ─event with the same id─▶ report's thread ─answer─▶ who waits
//!                     └─ Waiting: id ─▶ oneshot, at most WAITING_MAX ──────────────────────────┘
//! ```
//!
//! Whoever waits is noted before his request is in the ring, so that no answer can come too early. Who gives up takes
//! himself off the list. The engine's thread touches none of this but the ring.

use crate::net::doorbell::Doorbell;
use base::{Handle, Ring};
use call::event::{Event, Why};
use call::{Request, RequestId};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// Requests whose answer is awaited at once; one more is refused.
const WAITING_MAX: usize = 256;
/// How long an answer is awaited.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the engine has answered.
#[derive(Debug)]
pub enum Answered {
    /// Met.
    Done,
    /// Refused, with the reason.
    Refused(&'static str),
    /// An explanation.
    Why(Box<Why>),
    /// What a plan would do.
    Preview(Box<acd::change::Preview>),
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// Too many wait, or the ring is full: it was not asked.
    Full,
    /// It was asked; no answer came in time.
    Late,
}

/// The way in for requests: HTTP and the operator mint their ids here.
#[derive(Clone)]
pub struct Requests {
    ring: Ring<(RequestId, Request)>,
    engine: Doorbell,
    minted: Arc<AtomicU32>,
    waiting: Waiting,
}

/// Who waits for which answer.
#[derive(Clone, Default)]
pub struct Waiting(Arc<Table>);

#[derive(Default)]
struct Table {
    waiting: Mutex<BTreeMap<RequestId, oneshot::Sender<Answered>>>,
    /// Who sees the events; woken when somebody begins to wait, so that it looks more often meanwhile.
    seer: OnceLock<Thread>,
}

impl Requests {
    /// Requests into a ring.
    #[must_use]
    pub fn new(ring: Ring<(RequestId, Request)>, engine: Doorbell) -> Self {
        Self { ring, engine, minted: Arc::default(), waiting: Waiting::default() }
    }

    /// Mints an id.
    #[must_use]
    pub fn mint(&self) -> RequestId {
        RequestId::from_parts(self.minted.fetch_add(1, Ordering::Relaxed), 0)
    }

    /// Asks for something; the event that answers carries the id. `None` when too many wait already.
    #[must_use]
    pub fn ask(&self, request: Request) -> Option<RequestId> {
        let id = self.mint();
        self.push(id, request).then_some(id)
    }

    fn push(&self, id: RequestId, request: Request) -> bool {
        let pushed = self.ring.push((id, request)).is_ok();
        if pushed {
            self.engine.ring();
        }
        pushed
    }

    /// Asks for something and waits for the answer.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn answer(&self, request: Request) -> Result<Answered, Unanswered> {
        let id = self.mint();
        let answer = self.waiting.begin(id).ok_or(Unanswered::Full)?;
        // Whatever ends this, the place is given back.
        let _place = Place { waiting: self.waiting.clone(), id };
        if !self.push(id, request) {
            return Err(Unanswered::Full);
        }
        if let Some(seer) = self.waiting.0.seer.get() {
            seer.unpark();
        }
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(answered)) => Ok(answered),
            _ => Err(Unanswered::Late),
        }
    }

    /// Who waits, for whoever sees the events.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        self.waiting.clone()
    }

    /// The ring, for its gauge and its reader.
    #[must_use]
    pub fn ring(&self) -> &Ring<(RequestId, Request)> {
        &self.ring
    }
}

struct Place {
    waiting: Waiting,
    id: RequestId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.0.waiting.lock().remove(&self.id);
    }
}

impl Waiting {
    /// This thread is the one that sees the events.
    pub fn seen_here(&self) {
        let _ = self.0.seer.set(std::thread::current());
    }

    /// Whether anybody waits.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.0.waiting.lock().is_empty()
    }

    fn begin(&self, id: RequestId) -> Option<oneshot::Receiver<Answered>> {
        let mut waiting = self.0.waiting.lock();
        if waiting.len() >= WAITING_MAX {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        waiting.insert(id, sender);
        Some(receiver)
    }

    /// Takes an event to whoever waits for it. Returns the reason of a refusal that nobody waits for.
    pub fn heard(&self, event: &Event) -> Option<&'static str> {
        let (id, answered) = match event {
            Event::RequestDone { id } => (id, Answered::Done),
            Event::RequestRefused { id, why } | Event::Unanswered { id, why } => (id, Answered::Refused(why)),
            Event::Explained { id, why } => (id, Answered::Why(why.clone())),
            Event::Previewed { id, preview } => (id, Answered::Preview(preview.clone())),
            _ => return None,
        };
        let waits = self.0.waiting.lock().remove(id);
        match (waits, answered) {
            (Some(waits), answered) => {
                // Gone by now: he has been told that it is late.
                let _ = waits.send(answered);
                None
            }
            (None, Answered::Refused(why)) => Some(why),
            (None, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(places: usize) -> Requests {
        Requests::new(Ring::bounded(places), Doorbell::new().expect("a doorbell"))
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_hears_his_own_answer_and_who_hears_none_is_told_so() {
        let requests = requests(4);
        let (waiting, ring) = (requests.waiting(), requests.ring().clone());
        let asked = requests.answer(Request::Drain);
        let engine = async {
            let (id, _) = ring.pop().expect("it was asked");
            assert_eq!(waiting.heard(&Event::RequestRefused { id, why: "not now" }), None);
            assert_eq!(waiting.heard(&Event::RequestRefused { id, why: "again" }), Some("again"));
        };
        let (answered, ()) = tokio::join!(asked, engine);
        assert!(matches!(answered, Ok(Answered::Refused("not now"))), "{answered:?}");
        assert_eq!(requests.answer(Request::Drain).await.expect_err("nobody answers"), Unanswered::Late);
        assert!(waiting.0.waiting.lock().is_empty(), "his place is free again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_ring_refuses_at_once() {
        let requests = requests(1);
        assert!(requests.ask(Request::Drain).is_some());
        assert_eq!(requests.answer(Request::Drain).await.expect_err("full"), Unanswered::Full);
    }
}
