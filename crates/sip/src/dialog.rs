//! A dialog (RFC 3261 12) as a plain value: what a request inside it needs, and nothing that runs.
//!
//! ```text
//!   INVITE that came  ──┐                        ┌──▶ request line, Route, From, To, Call-ID, CSeq
//!   2xx or 18x we got ──┴──▶ Dialog ── request ──┤
//!   re-INVITE, UPDATE ─────▶ (new target)        └──▶ where it goes (path)
//! ```
//!
//! All texts lie in one allocation, so that a leg costs two or three allocations, not ten. It can be cloned,
//! compared, written out and read back.
//!
//! Never knows: transactions, timers, bodies.

use crate::endpoint::Path;

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dialog {
    texts: Box<[u8]>,
    ends: [u16; 5],
    /// CSeq of our last request.
    pub(crate) local_seq: u32,
    /// CSeq of the peer's last request, once there was one (RFC 3261 12.2.2: it may be empty).
    pub(crate) remote_seq: Option<u32>,
    /// Where requests go.
    pub(crate) path: Path,
    /// Requests go back where the peer's came from, whatever its Contact says: it sits behind a NAT, or on a
    /// stream that it opened.
    pub(crate) pinned: bool,
    /// We began the dialog: the Call-ID is ours (RFC 3261 14.1 makes a difference of it).
    pub(crate) ours: bool,
}

/// What a dialog is made of, borrowed from a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts<'a> {
    /// Call-ID.
    pub(crate) call_id: &'a [u8],
    /// Our From (or To) with our tag.
    pub(crate) local: &'a [u8],
    /// The peer's To (or From) with its tag.
    pub(crate) remote: &'a [u8],
    /// The peer's tag.
    pub(crate) remote_tag: &'a [u8],
    /// URI of the peer's Contact.
    pub(crate) target: &'a [u8],
}

impl Dialog {
    /// A dialog; `routes` are the elements of the route set in the order in which requests visit them.
    pub(crate) fn new<'a>(texts: &Texts<'_>, routes: impl Iterator<Item = &'a [u8]>, path: Path) -> Self {
        let mut all = Vec::with_capacity(
            texts.call_id.len() + texts.local.len() + texts.remote.len() + texts.target.len() + 64,
        );
        let mut ends = [0; 5];
        for (at, text) in [texts.call_id, texts.local, texts.remote, texts.remote_tag].into_iter().enumerate()
        {
            all.extend_from_slice(text);
            ends[at] = end(&all);
        }
        let begin = all.len();
        for route in routes {
            if all.len() > begin {
                all.extend_from_slice(b", ");
            }
            all.extend_from_slice(route);
        }
        ends[4] = 0;
        let routes_end = end(&all);
        all.extend_from_slice(texts.target);
        ends[4] = routes_end;
        all.truncate(usize::from(u16::MAX));
        Self {
            texts: all.into_boxed_slice(),
            ends,
            local_seq: 0,
            remote_seq: None,
            path,
            pinned: false,
            ours: false,
        }
    }

    fn text(&self, at: usize) -> &[u8] {
        let from = if at == 0 { 0 } else { usize::from(self.ends[at - 1]) };
        let to = self.ends.get(at).map_or(self.texts.len(), |&end| usize::from(end));
        self.texts.get(from..to).unwrap_or_default()
    }

    /// Call-ID.
    pub(crate) fn call_id(&self) -> &[u8] {
        self.text(0)
    }

    /// Our side of From and To.
    pub(crate) fn local(&self) -> &[u8] {
        self.text(1)
    }

    /// The peer's side of From and To.
    pub(crate) fn remote(&self) -> &[u8] {
        self.text(2)
    }

    /// The peer's tag.
    pub(crate) fn remote_tag(&self) -> &[u8] {
        self.text(3)
    }

    /// The route set as one Route value; empty when there is none.
    pub(crate) fn routes(&self) -> &[u8] {
        self.text(4)
    }

    /// Remote target.
    pub(crate) fn target(&self) -> &[u8] {
        self.text(5)
    }

    /// Request-URI and Route of a request inside the dialog (RFC 3261 12.2.1.1): the target behind a loose
    /// route set; a strict router (no `lr`) takes the place of the target, which then ends the route set.
    pub(crate) fn way(&self) -> (&[u8], std::borrow::Cow<'_, [u8]>) {
        let routes = self.routes();
        let first_end = routes.iter().position(|&byte| byte == b'>').unwrap_or(routes.len());
        let first = &routes[..first_end];
        if routes.is_empty() || is_loose(first) {
            return (self.target(), routes.into());
        }
        let uri = first.iter().position(|&byte| byte == b'<').map_or(first, |at| &first[at + 1..]);
        let after = routes[first_end..].iter().position(|&byte| byte == b',').map(|at| first_end + at + 1);
        let mut rest = after.map_or(Vec::new(), |at| routes[at..].trim_ascii_start().to_vec());
        if !rest.is_empty() {
            rest.extend_from_slice(b", ");
        }
        rest.push(b'<');
        rest.extend_from_slice(self.target());
        rest.push(b'>');
        (uri, rest.into())
    }

    /// URI of the next hop: the first route, or the target.
    pub(crate) fn next_hop(&self) -> &[u8] {
        let routes = self.routes();
        if routes.is_empty() {
            return self.target();
        }
        let first = routes.split(|&byte| byte == b'>').next().unwrap_or_default();
        first.iter().position(|&byte| byte == b'<').map_or(first, |at| &first[at + 1..])
    }

    /// Target refresh (RFC 3261 12.2.1.2, 12.2.2): the peer has a new Contact.
    pub(crate) fn retarget(&mut self, target: &[u8]) {
        if self.target() == target {
            return;
        }
        let keep = usize::from(self.ends[4]).min(self.texts.len());
        let mut all = Vec::with_capacity(keep + target.len());
        all.extend_from_slice(&self.texts[..keep]);
        all.extend_from_slice(target);
        all.truncate(usize::from(u16::MAX));
        self.texts = all.into_boxed_slice();
    }

    /// Whether a request with this CSeq comes in order (RFC 3261 12.2.2); remembers it when it does.
    pub(crate) fn admits(&mut self, seq: u32) -> bool {
        if self.remote_seq.is_some_and(|last| seq < last) {
            return false;
        }
        self.remote_seq = Some(seq);
        true
    }

    /// CSeq of our next request.
    pub(crate) fn next_seq(&mut self) -> u32 {
        self.local_seq = self.local_seq.wrapping_add(1) & 0x7fff_ffff; // RFC 3261 8.1.1.5: below 2^31
        self.local_seq
    }
}

/// Whether a route says `lr` (RFC 3261 19.1.1).
fn is_loose(route: &[u8]) -> bool {
    route.split(|&byte| byte == b';').skip(1).any(|parameter| {
        parameter.eq_ignore_ascii_case(b"lr")
            || parameter.len() > 2 && parameter[..3].eq_ignore_ascii_case(b"lr=")
    })
}

/// Offsets fit: a message is shorter than 64 kB, and so are its parts together.
fn end(all: &[u8]) -> u16 {
    u16::try_from(all.len()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leg::Transport;

    fn dialog() -> Dialog {
        let texts = Texts {
            call_id: b"a84b4c76e66710",
            local: b"<sip:12345@city.example>;tag=us",
            remote: b"\"Li\" <sip:13851234567@carrier.example>;tag=them",
            remote_tag: b"them",
            target: b"sip:gw@192.0.2.9",
        };
        let routes: [&[u8]; 2] = [b"<sip:p1.example;lr>", b"<sip:p2.example;lr>"];
        let path = Path {
            transport: Transport::Udp,
            local: "192.0.2.1:5060".parse().unwrap(),
            peer: "192.0.2.9:5060".parse().unwrap(),
            connection: None,
        };
        Dialog::new(&texts, routes.into_iter(), path)
    }

    #[test]
    fn texts_survive_being_packed_and_retargeted() {
        let mut dialog = dialog();
        dialog.retarget(b"sip:gw@192.0.2.10:5080;transport=tcp");
        assert_eq!(dialog.call_id(), b"a84b4c76e66710");
        assert_eq!(dialog.local(), b"<sip:12345@city.example>;tag=us");
        assert!(dialog.remote().ends_with(b"tag=them"));
        assert_eq!(dialog.remote_tag(), b"them");
        assert_eq!(dialog.routes(), b"<sip:p1.example;lr>, <sip:p2.example;lr>");
        assert_eq!(dialog.target(), b"sip:gw@192.0.2.10:5080;transport=tcp");
    }

    #[test]
    fn a_strict_router_takes_the_place_of_the_target() {
        let loose = dialog();
        assert_eq!(loose.way(), (&b"sip:gw@192.0.2.9"[..], loose.routes().into()));
        assert_eq!(loose.next_hop(), b"sip:p1.example;lr");
        let texts =
            Texts { call_id: b"x", local: b"l", remote: b"r", remote_tag: b"t", target: b"sip:gw@192.0.2.9" };
        let routes: [&[u8]; 2] = [b"<sip:strict.example>", b"<sip:p2.example;lr>"];
        let strict = Dialog::new(&texts, routes.into_iter(), loose.path);
        let (uri, routes) = strict.way();
        assert_eq!(uri, b"sip:strict.example");
        assert_eq!(&*routes, b"<sip:p2.example;lr>, <sip:gw@192.0.2.9>");
    }

    #[test]
    fn requests_out_of_order_are_noticed() {
        let mut dialog = dialog();
        assert!(dialog.admits(7));
        assert!(dialog.admits(8));
        assert!(!dialog.admits(7));
        dialog.local_seq = 0x7fff_ffff;
        assert_eq!(dialog.next_seq(), 0);
    }
}
