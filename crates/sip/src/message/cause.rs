//! Release causes (ITU-T Q.850) and their relation to SIP statuses (RFC 3398 7.2.4.1 and 8.2.6.1, RFC 4497).

/// A Q.850 cause, 1 to 127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause(pub u8);

impl Cause {
    /// Unallocated number.
    pub const UNALLOCATED: Self = Self(1);
    /// Normal call clearing.
    pub const NORMAL: Self = Self(16);
    /// User busy.
    pub const BUSY: Self = Self(17);
    /// No user responding.
    pub const NO_RESPONSE: Self = Self(18);
    /// No answer from user.
    pub const NO_ANSWER: Self = Self(19);
    /// Call rejected.
    pub const REJECTED: Self = Self(21);
    /// Destination out of order.
    pub const OUT_OF_ORDER: Self = Self(27);
    /// Normal, unspecified.
    pub const UNSPECIFIED: Self = Self(31);
    /// No circuit available.
    pub const NO_CIRCUIT: Self = Self(34);
    /// Network out of order.
    pub const NETWORK: Self = Self(38);
    /// Temporary failure.
    pub const TEMPORARY: Self = Self(41);
    /// Switching equipment congestion.
    pub const CONGESTION: Self = Self(42);
    /// Resource unavailable.
    pub const NO_RESOURCE: Self = Self(47);
    /// Incompatible destination.
    pub const INCOMPATIBLE: Self = Self(88);
    /// Recovery on timer expiry.
    pub const TIMER: Self = Self(102);
    /// Interworking, unspecified.
    pub const INTERWORKING: Self = Self(127);

    /// What a final SIP refusal means (RFC 3398 8.2.6.1).
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::NORMAL,
            400 | 481 | 500 => Self::TEMPORARY,
            401 | 402 | 403 | 407 | 603 => Self::REJECTED,
            404 | 485 | 604 => Self::UNALLOCATED,
            405 => Self(63),
            406 | 415 | 488 | 606 => Self::INCOMPATIBLE,
            408 | 504 => Self::TIMER,
            410 => Self(22),
            480 => Self::NO_RESPONSE,
            482 | 483 => Self(25),
            484 => Self(28),
            486 | 600 => Self::BUSY,
            487 => Self::NORMAL,
            501 => Self(79),
            502 => Self::NETWORK,
            503 => Self::CONGESTION,
            _ => Self::INTERWORKING,
        }
    }

    /// The final SIP status that tells a caller of this cause (RFC 3398 7.2.4.1).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self.0 {
            1..=3 => 404,
            18 => 408,
            17 => 486,
            19 | 20 => 480,
            21 => 403,
            22 => 410,
            26 => 404,
            27 => 502,
            28 => 484,
            29 => 501,
            34 | 38 | 41 | 42 | 47 => 503,
            58 | 63 | 65 | 70 | 79 | 87 | 88 => 488,
            102 => 504,
            111 | 127 => 500,
            _ => 480,
        }
    }

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            1 => "unallocated number",
            16 => "normal clearing",
            17 => "user busy",
            18 => "no user responding",
            19 => "no answer",
            20 => "subscriber absent",
            21 => "call rejected",
            27 => "destination out of order",
            31 => "normal, unspecified",
            34 => "no circuit available",
            38 => "network out of order",
            41 => "temporary failure",
            42 => "congestion",
            47 => "resource unavailable",
            88 => "incompatible destination",
            102 => "timer expired",
            127 => "interworking",
            _ => "other cause",
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.0, self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_carrier_is_told_comes_back_as_the_same_cause() {
        for (cause, status) in [
            (Cause::UNALLOCATED, 404),
            (Cause::BUSY, 486),
            (Cause::REJECTED, 403),
            (Cause::INCOMPATIBLE, 488),
            (Cause::TIMER, 504),
            (Cause::CONGESTION, 503),
        ] {
            assert_eq!((cause.status(), Cause::of_status(status)), (status, cause), "{cause}");
        }
    }

    #[test]
    fn every_cause_refuses_and_every_status_has_a_cause() {
        assert!((0..=u8::MAX).all(|cause| (300..700).contains(&Cause(cause).status())));
        assert!((0..=u16::MAX).all(|status| (1..=127).contains(&Cause::of_status(status).0)));
    }
}
