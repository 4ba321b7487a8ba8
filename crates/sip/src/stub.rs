use crate::endpoint::*; use crate::leg::*; use crate::received::Received; use crate::transaction::ClientRef; use base::Timestamp;
impl Endpoint {
    pub(crate) fn registered(&mut self, _now: Timestamp, _path: &Path, _r: &Received<'_>, _key: u128, _out: &mut Out) {}
    pub(crate) fn phone_heard(&mut self, _now: Timestamp, _a: AorRef, _c: u64, _ok: bool, _out: &mut Out) {}
    pub(crate) fn registration_due(&mut self, _now: Timestamp, _a: AorRef, _out: &mut Out) {}
    pub(crate) fn phone_ping_due(&mut self, _now: Timestamp, _a: AorRef, _c: u64, _out: &mut Out) {}
    pub(crate) fn stream_lost(&mut self, _now: Timestamp, _p: &Path, _out: &mut Out) {}
    pub(crate) fn trunk_heard(&mut self, _now: Timestamp, _t: TrunkRef, _s: u16, _out: &mut Out) {}
    pub(crate) fn trunk_registered(&mut self, _now: Timestamp, _t: TrunkRef, _c: ClientRef, _r: &Received<'_>, _out: &mut Out) {}
    pub(crate) fn trunk_register_failed(&mut self, _now: Timestamp, _t: TrunkRef, _s: u16, _r: Option<u64>, _out: &mut Out) {}
    pub(crate) fn trunk_ping_due(&mut self, _now: Timestamp, _t: TrunkRef, _out: &mut Out) {}
    pub(crate) fn trunk_register_due(&mut self, _now: Timestamp, _t: TrunkRef, _out: &mut Out) {}
    pub(crate) fn challenged(&mut self, _now: Timestamp, _c: ClientRef, _r: &Received<'_>, _out: &mut Out) -> bool { false }
    pub(crate) fn keeping_timers(&self) -> usize { 0 }
}
