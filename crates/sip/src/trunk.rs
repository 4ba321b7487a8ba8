//! Trunks: whose address a request comes from.

use crate::leg::TrunkRef;
use crate::plan::TrunkPlan;
use std::net::IpAddr;

/// The trunk that an address belongs to: the first whose networks hold it.
pub(crate) fn of_address(trunks: &[TrunkPlan], address: IpAddr) -> Option<TrunkRef> {
    trunks
        .iter()
        .position(|trunk| trunk.networks.iter().any(|&(network, length)| holds(network, length, address)))
        .map(TrunkRef::at)
}

/// Whether a network (address, prefix length) holds an address.
fn holds(network: IpAddr, length: u8, address: IpAddr) -> bool {
    match (network, address.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32 - u32::from(length.min(32));
            let cut = |bits: u32| bits.checked_shr(shift).unwrap_or(0);
            cut(network.to_bits()) == cut(address.to_bits())
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128 - u32::from(length.min(128));
            let cut = |bits: u128| bits.checked_shr(shift).unwrap_or(0);
            cut(network.to_bits()) == cut(address.to_bits())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn networks_hold_their_addresses() {
        let in_it = |network: &str, length, address: &str| {
            holds(network.parse().unwrap(), length, address.parse().unwrap())
        };
        assert!(in_it("192.0.2.0", 24, "192.0.2.200") && !in_it("192.0.2.0", 25, "192.0.2.200"));
        assert!(in_it("0.0.0.0", 0, "203.0.113.1") && !in_it("0.0.0.0", 0, "::1"));
        assert!(in_it("2001:db8::", 32, "2001:db8:9::1") && in_it("192.0.2.1", 32, "::ffff:192.0.2.1"));
    }
}
