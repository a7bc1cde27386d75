//! Who is a trusted client: the one decision behind every exception for developers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A set of addresses, as one word of `PyGuardDebugFrom` names it.
///
/// IPv4 lives inside IPv6 (`::ffff:0:0/96`), so that an IPv4-mapped client is the IPv4 client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    address: u128,
    mask: u128,
}

/// Where IPv4 lives inside IPv6, and how many bits lead there.
const MAPPED: u128 = 0xffff_0000_0000;
const MAPPED_BITS: u32 = 96;

fn as_v6(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => MAPPED | u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// The mask that keeps the first `bits` of 128 bits.
fn mask(bits: u32) -> u128 {
    u128::MAX
        .checked_shl(128u32.saturating_sub(bits))
        .unwrap_or(0)
}

impl Subnet {
    /// Reads what `Require ip` takes: `192.0.2.7`, `192.0.2`, `192.0.2.0/24`,
    /// `192.0.2.0/255.255.255.0`, `2001:db8::/32`, `[::1]` is not taken. The error says why not.
    pub fn parse(word: &str) -> Result<Subnet, String> {
        let (address, width) = match word.split_once('/') {
            Some((address, width)) => (address, Some(width)),
            None => (word, None),
        };
        if let Ok(v6) = address.parse::<Ipv6Addr>() {
            let bits = match width {
                None => 128,
                Some(width) => prefix(width, 128)
                    .ok_or_else(|| bad(word, "the prefix length is not 0 to 128"))?,
            };
            return Ok(Subnet::masked(u128::from(v6), mask(bits)));
        }
        let (v4, given) = partial_v4(address)
            .ok_or_else(|| bad(word, "not an IPv4 or IPv6 address, a partial IPv4 address, or one of these with a /width; host names are not accepted"))?;
        let bits = match width {
            None => mask(MAPPED_BITS + given),
            Some(width) => {
                if let Some(bits) = prefix(width, 32) {
                    mask(MAPPED_BITS + bits)
                } else if let Ok(netmask) = width.parse::<Ipv4Addr>() {
                    let netmask = u32::from(netmask);
                    if netmask.leading_ones() + netmask.trailing_zeros() < 32 {
                        return Err(bad(word, "the netmask has a hole"));
                    }
                    mask(MAPPED_BITS + netmask.leading_ones())
                } else {
                    return Err(bad(word, "the width is neither 0 to 32 nor a netmask"));
                }
            }
        };
        Ok(Subnet::masked(MAPPED | u128::from(u32::from(v4)), bits))
    }

    /// As `Require ip` does, an address inside the network stands for the network.
    fn masked(address: u128, mask: u128) -> Subnet {
        Subnet {
            address: address & mask,
            mask,
        }
    }

    /// Whether this address is in the set.
    pub fn contains(self, address: IpAddr) -> bool {
        as_v6(address) & self.mask == self.address
    }
}

fn bad(word: &str, why: &str) -> String {
    format!("'{word}' is not an address: {why}")
}

/// A prefix length: digits only, at most `most`.
fn prefix(width: &str, most: u32) -> Option<u32> {
    let digits = !width.is_empty() && width.bytes().all(|b| b.is_ascii_digit());
    width.parse().ok().filter(|bits| digits && *bits <= most)
}

/// A whole or partial IPv4 address (`10.1`, `10.1.`), and how many bits were given.
fn partial_v4(text: &str) -> Option<(Ipv4Addr, u32)> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut octets = [0u8; 4];
    let mut given = 0u32;
    for part in text.split('.') {
        let octet = octets.get_mut(given as usize)?;
        if part.is_empty() || part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *octet = part.parse().ok()?;
        given += 1;
    }
    Some((Ipv4Addr::from(octets), given * 8))
}

/// What is known of a request's client.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// The other end of the connection; `None` where it is not an IP address.
    pub peer: Option<IpAddr>,
    /// The client that httpd works with: the peer, unless mod_remoteip put another in its place.
    pub client: Option<IpAddr>,
    /// mod_remoteip put the client in the peer's place, be it an equal one.
    pub replaced: bool,
    /// The request still carries `X-Forwarded-For` or `Forwarded`: somebody else is behind it.
    pub forwarded: bool,
}

/// Whether this client is trusted: admitted by `debug_from`, and, where the client's address is a
/// proxy's word, the proxy itself admitted by `debug_proxy`. Anything unknown is not trusted.
pub fn is_trusted(client: Client, debug_from: &[Subnet], debug_proxy: &[Subnet]) -> bool {
    let admits =
        |list: &[Subnet], address: IpAddr| list.iter().any(|subnet| subnet.contains(address));
    match client {
        Client {
            forwarded: true, ..
        } => false,
        Client {
            peer: Some(peer),
            client: Some(client),
            replaced,
            ..
        } => admits(debug_from, client) && (!replaced || admits(debug_proxy, peer)),
        Client { .. } => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_require_ip_takes() {
        // word, inside, outside
        let table = [
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2", "192.0.2.200", "192.0.3.1"),
            ("192.0.2.", "192.0.2.200", "192.0.3.1"),
            ("10", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.0/25", "192.0.2.127", "192.0.2.128"),
            ("192.0.2.0/255.255.255.128", "192.0.2.127", "192.0.2.128"),
            ("10.0.0.1/8", "10.2.0.0", "11.0.0.1"),
            ("10.1/16", "10.1.2.3", "10.2.2.3"),
            ("0.0.0.0/0", "203.0.113.1", "2001:db8::1"),
            ("::1", "::1", "::2"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::/0", "10.0.0.1", ""),
            ("127.0.0.1", "::ffff:127.0.0.1", "::1"),
            ("::ffff:127.0.0.0/104", "127.9.9.9", "128.0.0.1"),
        ];
        for (word, inside, outside) in table {
            let subnet = Subnet::parse(word).unwrap();
            assert!(subnet.contains(ip(inside)), "{word} has {inside}");
            assert!(
                outside.is_empty() || !subnet.contains(ip(outside)),
                "{word} has not {outside}"
            );
        }
    }

    #[test]
    fn what_is_no_address() {
        for word in [
            "",
            "localhost",
            "192.0.2.256",
            "1.2.3.4.5",
            "192.0.2.0/33",
            "192.0.2.0/+8",
            "::1/129",
            "10.0.0.0/255.0.255.0",
            "[::1]",
            "10..1",
            "0x7f.0.0.1",
            "10.0.0.0/",
            "/8",
            "all",
            " 10",
        ] {
            assert!(Subnet::parse(word).is_err(), "{word}");
        }
    }

    #[test]
    fn who_is_trusted() {
        let from = [
            Subnet::parse("192.0.2.0/24").unwrap(),
            Subnet::parse("2001:db8::/32").unwrap(),
        ];
        let proxy = [Subnet::parse("127.0.0.1").unwrap()];
        // peer, client, forwarded, with the proxy list, trusted
        let table = [
            ("192.0.2.7", "192.0.2.7", false, false, true),
            ("192.0.2.7", "192.0.2.7", true, false, false),
            ("2001:db8::9", "2001:db8::9", false, false, true),
            ("::ffff:192.0.2.7", "192.0.2.7", false, false, true),
            ("198.51.100.1", "198.51.100.1", false, true, false),
            ("127.0.0.1", "192.0.2.7", false, true, true),
            ("127.0.0.1", "192.0.2.7", false, false, false),
            ("198.51.100.1", "192.0.2.7", false, true, false),
            ("127.0.0.1", "198.51.100.1", false, true, false),
            ("127.0.0.1", "127.0.0.1", false, true, false),
        ];
        for (peer, client, forwarded, with_proxy, trusted) in table {
            let client = Client {
                peer: Some(ip(peer)),
                client: Some(ip(client)),
                replaced: with_proxy || ip(peer).to_canonical() != ip(client),
                forwarded,
            };
            let list: &[Subnet] = if with_proxy { &proxy } else { &[] };
            assert_eq!(is_trusted(client, &from, list), trusted, "{client:?}");
        }
        let nobody = Client {
            peer: None,
            client: Some(ip("192.0.2.7")),
            replaced: false,
            forwarded: false,
        };
        assert!(!is_trusted(nobody, &from, &proxy));
        let default = Client {
            peer: Some(ip("127.0.0.1")),
            client: Some(ip("127.0.0.1")),
            replaced: false,
            forwarded: false,
        };
        assert!(!is_trusted(default, &[], &[]));
    }
}
