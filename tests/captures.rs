//! The scanner on the real pages of real frameworks, and how the cuts in a body do not matter.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

use std::path::{Path, PathBuf};
use std::{env, fs};

use mod_pyguard::policy::leak::{Scanner, is_error_field};

const SECRET: &[u8] = b"Zx9Secret";

struct Page {
    name: String,
    head: Vec<(String, String)>,
    body: Vec<u8>,
}

/// The captured pages of one kind, `leak` or `harmless`.
fn captures(kind: &str) -> Vec<Page> {
    let cache = env::var_os("PYGUARD_FRAMEWORKS").map_or_else(
        || {
            let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
            target
                .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"))
                .join("frameworks")
        },
        PathBuf::from,
    );
    let captures = cache.join("captures");
    let mut pages = Vec::new();
    for app in fs::read_dir(&captures).into_iter().flatten().flatten() {
        for file in fs::read_dir(app.path()).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.starts_with(kind) && name.ends_with(".http") {
                let bytes = fs::read(file.path()).unwrap();
                let end = memchr::memmem::find(&bytes, b"\r\n\r\n").unwrap();
                let head = String::from_utf8_lossy(&bytes[..end]);
                pages.push(Page {
                    name: format!("{}/{name}", app.file_name().to_string_lossy()),
                    head: head
                        .lines()
                        .skip(1)
                        .filter_map(|line| line.split_once(':'))
                        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                        .collect(),
                    body: bytes[end + 4..].to_vec(),
                });
            }
        }
    }
    assert!(
        !pages.is_empty(),
        "there are no captured pages in {}: `make test` makes them",
        captures.display()
    );
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    pages
}

/// What passes of a body in pieces, and which marker ended it.
fn stream<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, Option<&'static str>) {
    let mut scanner = Scanner::default();
    let mut passed = Vec::new();
    for piece in pieces {
        let step = scanner.feed(piece);
        passed.extend(step.first);
        passed.extend(&piece[step.pass]);
        if let Some(found) = step.found {
            return (passed, Some(found.marker.name));
        }
    }
    let step = scanner.finish();
    passed.extend(step.first);
    (passed, step.found.map(|found| found.marker.name))
}

fn has_secret(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, SECRET).is_some()
}

#[test]
fn no_secret_passes() {
    let mut wrong = Vec::new();
    for page in captures("leak") {
        let (passed, marker) = stream([&page.body[..]].into_iter());
        if has_secret(&passed) {
            wrong.push(format!(
                "{}: {marker:?} after {} of {}",
                page.name,
                passed.len(),
                page.body.len()
            ));
        }
        for (name, value) in &page.head {
            if has_secret(value.as_bytes()) && !is_error_field(name.as_bytes(), value.as_bytes()) {
                wrong.push(format!("{}: {name}: {value}", page.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} pages leak:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn harmless_pages_pass() {
    let mut wrong = Vec::new();
    for page in captures("harmless") {
        let (passed, marker) = stream([&page.body[..]].into_iter());
        if passed != page.body {
            wrong.push(format!("{}: {marker:?} at {}", page.name, passed.len()));
        }
        for (name, value) in &page.head {
            if is_error_field(name.as_bytes(), value.as_bytes()) {
                wrong.push(format!("{}: {name}: {value}", page.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} pages are harmed:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
