//! Talks for a desk's screen: what the engine says of one, with keys and names in place of references.

use crate::deeds::Deeds;
use call::roster::RosterRef;
use call::view::{GuestView, TalkView};
use web::talk::{CaseRow, GuestRow, TalkRow};

impl Deeds {
    /// A talk with keys in place of references.
    pub(crate) fn talk_row(&self, view: TalkView) -> TalkRow {
        let key = |keys: &[String], at: usize| keys.get(at).cloned().unwrap_or_default();
        let roster = |at: RosterRef| self.rosters.get(at.index());
        let guest = |guest: GuestView| {
            let (kind, of, name) = match (guest.agent, guest.person) {
                (Some(agent), _) => ("agent", key(&self.agents, agent.index()), String::new()),
                (None, Some((at, person))) => {
                    let own = roster(at);
                    let name = own.map_or("", |own| own.person(Some(person)));
                    ("specialist", own.map(|own| own.key.clone()).unwrap_or_default(), name.to_owned())
                }
                (None, None) => ("number", String::new(), String::new()),
            };
            let supervises = guest.supervises.map(report::words::supervision);
            GuestRow { kind, key: of, name, supervises, there: guest.there, held: guest.held }
        };
        TalkRow {
            call: view.call.bits(),
            number: view.number.reveal().clone(),
            group: view.group.map(|group| key(&self.groups, group.index())),
            phase: report::words::phase(view.phase),
            held: view.held,
            guests: view.guests.into_iter().map(guest).collect(),
            wanted: view.hunts.and_then(|at| roster(at).map(|own| own.key.clone())),
            case: view.case.map(|case| CaseRow {
                id: case.id,
                place: case.place.reveal().clone(),
                text: case.text.reveal().clone(),
                url: case.url,
                reason: case.reason,
            }),
        }
    }
}
