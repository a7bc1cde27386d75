//! Which Python is in this process.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The longest list of mappings that is read, in bytes.
const LONGEST: u64 = 16 << 20;

/// The version of the `libpythonX.Y` that is mapped, by the list of mappings (`/proc/self/maps`).
/// `None` where there is none, as with a Python that is linked in statically, or more than one.
pub fn version(maps: &Path) -> Option<(u32, u32)> {
    let mut text = Vec::new();
    let file = File::open(maps).ok()?;
    file.take(LONGEST).read_to_end(&mut text).ok()?;
    let mut versions = text.split(|&byte| byte == b'\n').filter_map(of_line);
    let first = versions.next()?;
    versions.all(|other| other == first).then_some(first)
}

fn of_line(line: &[u8]) -> Option<(u32, u32)> {
    let name = line.rsplit(|&byte| byte == b'/').next()?;
    let rest = name.strip_prefix(b"libpython")?;
    let (major, rest) = number(rest)?;
    let (minor, _) = number(rest.strip_prefix(b".")?)?;
    Some((major, minor))
}

/// The number that it begins with, and what follows.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    Some((str::from_utf8(digits).ok()?.parse().ok()?, rest))
}
