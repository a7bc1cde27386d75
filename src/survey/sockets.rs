//! What accepts connections on this host.

use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// The longest table that is read, in bytes. The kernel lists what listens before what is connected.
const LONGEST: u64 = 16 << 20;

/// `TCP_LISTEN`
const LISTENS: &[u8] = b"0A";

/// The addresses and ports that TCP sockets listen on, sorted, by the kernel's tables `tcp` and
/// `tcp6` in this directory (`/proc/net`). A table that cannot be read counts as empty.
pub fn listening(directory: &Path) -> Vec<(IpAddr, u16)> {
    let mut sockets = Vec::new();
    for table in ["tcp", "tcp6"] {
        let mut text = Vec::new();
        if let Ok(file) = File::open(directory.join(table))
            && file.take(LONGEST).read_to_end(&mut text).is_ok()
        {
            sockets.extend(text.split(|&byte| byte == b'\n').filter_map(of_line));
        }
    }
    sockets.sort_unstable();
    sockets.dedup();
    sockets
}

/// `  0: 0100007F:1538 00000000:0000 0A ...`: number, own address, the other's, state.
fn of_line(line: &[u8]) -> Option<(IpAddr, u16)> {
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let own = words.nth(1)?;
    if words.nth(1)? != LISTENS {
        return None;
    }
    let colon = memchr::memchr(b':', own)?;
    let (address, port) = own.split_at_checked(colon)?;
    let port = u16::from_str_radix(str::from_utf8(port.get(1..)?).ok()?, 16).ok()?;
    let mut bytes = Vec::with_capacity(16);
    for word in address.chunks(8) {
        if word.len() != 8 {
            return None;
        }
        // The kernel prints the four bytes of an address as a number of this machine.
        let word = u32::from_str_radix(str::from_utf8(word).ok()?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let address = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::V4(Ipv4Addr::from(four)),
        // What is bound to `::ffff:127.0.0.1` is bound to 127.0.0.1.
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical(),
    };
    Some((address, port))
}
