//! The naive site: what is committed under `tests/site`, and the files that a repository would not keep.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::platform::open_to_all;

/// Files of the site that git would ignore, refuse or take for its own. Each holds the token of its
/// path, so that a leak is recognised wherever it appears.
const BAIT: &[&str] = &[
    ".env",
    ".git/HEAD",
    ".git/config",
    ".git/logs/HEAD",
    ".git/objects/pack/pack-1f.pack",
    ".hg/hgrc",
    ".svn/wc.db",
    "settings.py~",
    "settings.py.bak",
    ".settings.py.swp",
    "#settings.py#",
    "settings.py.1",
    "settings.pyc",
    "__pycache__/settings.cpython-311.pyc",
    "backup.sql",
    "backup.sql.gz",
    "backup.tar.gz.bak",
    "shop.db",
    "shop.sqlite3",
    "id_rsa",
    "server.key",
    ".htpasswd_old",
    ".bash_history",
    "shop/.env",
    "shop/prices.py~",
    "shop/prices.py.orig",
    "shop/prices.py,v",
    "shop/prices copy.py",
    "shop/Copy of prices.py",
    "shop/#prices.py#",
    "shop/.#prices.py",
    "shop/prices.py_",
    "shop/__pycache__/prices.cpython-311.pyc",
    "shop/stock.db",
    "shop/errors.log",
    "shop/requirements.txt",
    "shop/templates/invoice.tmpl",
    "shop/templates/letter.jinja2",
    "files/price-list.txt~",
    "files/notes.txt.bak",
    "files/.env",
    "files/dump.sql",
];

/// The token of a bait file: no other file of the site has it.
pub fn token(path: &str) -> String {
    let word: String = path
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    format!("SECRET-{word}-{:x}", path.bytes().fold(7u32, mix))
}

/// Paths that differ in punctuation only have tokens that differ.
fn mix(sum: u32, byte: u8) -> u32 {
    (sum.wrapping_mul(31) ^ u32::from(byte)) & 0xffff
}

pub fn install(from: &Path, to: &Path) {
    copy(from, to);
    for path in BAIT {
        write(&to.join(path), format!("{}\n", token(path)).as_bytes());
    }
}

pub fn write(path: &Path, content: &[u8]) {
    if let Some(parent) = path.parent() {
        directory(parent);
    }
    fs::write(path, content).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    open_to_all(path, 0o644);
    age(path);
}

/// Gives a file a past: for the first second, httpd calls the ETag of a new file weak.
fn age(path: &Path) {
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_705_312_800);
    fs::File::options()
        .write(true)
        .open(path)
        .and_then(|file| file.set_modified(date))
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

/// Makes a directory, and those that lead to it, readable for the user of httpd.
fn directory(path: &Path) {
    if path.is_dir() {
        return;
    }
    if let Some(parent) = path.parent() {
        directory(parent);
    }
    fs::create_dir(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    open_to_all(path, 0o755);
}

/// Copies a directory so that the user of httpd can read it, whatever the umask of the checkout was.
fn copy(from: &Path, to: &Path) {
    directory(to);
    let entries = fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
    for entry in entries {
        let entry = entry.expect("an entry of the site");
        let target = to.join(entry.file_name());
        let kind = entry.file_type().expect("the type of an entry");
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target)
                .unwrap_or_else(|e| panic!("{}: {e}", entry.path().display()));
            let mode = fs::metadata(&target).expect("a copy").permissions().mode();
            let mode = if mode & 0o100 != 0 { 0o755 } else { 0o644 };
            open_to_all(&target, mode);
            age(&target);
        }
    }
}
