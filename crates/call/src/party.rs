//! Parties: whoever has one number, named by 64 bits that the distributor may know.
//!
//! ```text
//!   normalized number ──▶ PartyRef        nothing leads back
//! ```
//!
//! Two numbers share a name once in some four thousand million pairs of a million callers; then one of them may be
//! taken for the other in a surge or on a list. The function never changes, because lists and journals outlive
//! the process. Never knows: who has a number, what a carrier writes it like.

use acd::PartyRef;

/// The party of a normalized number; `None` for a withheld one.
#[must_use]
pub fn party(number: &str) -> Option<PartyRef> {
    if number.is_empty() {
        return None;
    }
    // FNV-1a, then a finalizer that spreads numbers that differ in the last digit (SplitMix64's).
    let fnv = number.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    let mixed = (fnv ^ (fnv >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    Some(PartyRef::from_bits(mixed ^ (mixed >> 31)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_name_for_good() {
        assert_eq!(party("13851234567").map(PartyRef::bits), party("13851234567").map(PartyRef::bits));
        assert_ne!(party("13851234567"), party("13851234568"));
        assert_eq!(party(""), None);
    }
}
