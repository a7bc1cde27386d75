//! The names of a page, held against CPython's own parser: `tests/pages.py` has it read its
//! libraries and thousands of made-up programs. `PYGUARD_PYTHON` names another Python, and
//! `PYGUARD_PAGES` gives the script other limits.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use mod_pyguard::policy::page::{Names, Page};

/// What CPython says of a source.
struct Answer {
    defined: Names,
    imported: Names,
    imports_all: bool,
    all: Option<Names>,
}

struct Record {
    name: String,
    source: Vec<u8>,
    /// Nothing if it is no Python.
    answer: Option<Answer>,
}

/// The next field: its length, a colon and its bytes.
fn field<'a>(output: &mut &'a [u8]) -> &'a [u8] {
    let colon = memchr::memchr(b':', output).unwrap();
    let length: usize = str::from_utf8(&output[..colon]).unwrap().parse().unwrap();
    let (value, rest) = output[colon + 1..].split_at(length);
    *output = rest;
    value
}

fn names(output: &mut &[u8]) -> Names {
    let count: usize = str::from_utf8(field(output)).unwrap().parse().unwrap();
    (0..count).map(|_| field(output).to_vec()).collect()
}

fn record(output: &mut &[u8]) -> Record {
    let name = String::from_utf8_lossy(field(output)).into_owned();
    let accepted = field(output) == b"1";
    let source = field(output).to_vec();
    let answer = accepted.then(|| {
        let imports_all = field(output) == b"1";
        let has_all = field(output) == b"1";
        let defined = names(output);
        let imported = names(output);
        let all = names(output);
        Answer {
            defined,
            imported,
            imports_all,
            all: has_all.then_some(all),
        }
    });
    Record {
        name,
        source,
        answer,
    }
}

fn output() -> Vec<u8> {
    let debian = "/usr/bin/python3";
    let found = if Path::new(debian).exists() {
        debian
    } else {
        "python3"
    };
    let python = env::var("PYGUARD_PYTHON").unwrap_or_else(|_| found.to_owned());
    let limits = env::var("PYGUARD_PAGES").unwrap_or_default();
    let output = Command::new(&python)
        .arg("-I")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages.py"))
        .args(limits.split_whitespace())
        .output()
        .unwrap_or_else(|error| panic!("{python}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{python}: {errors}");
    output.stdout
}

/// Where the two differ.
fn difference(record: &Record, page: &Page) -> Option<String> {
    let answer = record.answer.as_ref()?;
    let text = |names: &Names| {
        let names: Vec<_> = names.iter().map(|n| String::from_utf8_lossy(n)).collect();
        names.join(" ")
    };
    let differ = |what: &str, ours: &Names, theirs: &Names| {
        let only = |a: &Names, b: &Names| text(&a.difference(b).cloned().collect());
        (ours != theirs).then(|| {
            let (more, less) = (only(ours, theirs), only(theirs, ours));
            format!("{what}: not in CPython: {more}; only in CPython: {less}")
        })
    };
    let all = |names: Option<&Names>| names.map_or("none".to_owned(), text);
    differ("defined", page.defined(), &answer.defined)
        .or_else(|| differ("imported", page.imported(), &answer.imported))
        .or_else(|| {
            let same = page.all() == answer.all.as_ref();
            (!same).then(|| {
                let (ours, theirs) = (all(page.all()), all(answer.all.as_ref()));
                format!("__all__: {ours}; in CPython: {theirs}")
            })
        })
        .or_else(|| {
            let same = page.imports_all() == answer.imports_all;
            (!same).then(|| "import *".to_owned())
        })
}

#[test]
fn the_names_are_those_that_cpython_finds() {
    let output = output();
    let mut rest = output.as_slice();
    let (mut libraries, mut programs, mut mistakes, mut rejected, mut followed) = (0, 0, 0, 0, 0);
    let mut wrong = Vec::new();
    let mut time = Duration::ZERO;
    let mut bytes = 0;
    while !rest.is_empty() {
        let record = record(&mut rest);
        let start = Instant::now();
        let page = Page::parse(&record.source);
        time += start.elapsed();
        bytes += record.source.len();
        if record.answer.is_none() {
            rejected += 1;
            followed += usize::from(page.is_ok());
            continue;
        }
        match record.name.split(' ').collect::<Vec<_>>()[..] {
            [_, _, "with", "mistakes"] => mistakes += 1,
            ["program", _] => programs += 1,
            _ => libraries += 1,
        }
        let difference = match page {
            Ok(page) => difference(&record, &page),
            Err(why) => Some(why.to_string()),
        };
        if let Some(difference) = difference {
            let source = String::from_utf8_lossy(&record.source);
            let shown = if source.len() < 2000 { &source } else { "" };
            wrong.push(format!("{}: {difference}\n{shown}", record.name));
        }
    }
    println!(
        "{libraries} files of libraries, {programs} programs, {mistakes} sources with mistakes; \
         {rejected} are no Python, {followed} of them can be followed; {bytes} bytes in {time:?}"
    );
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n---\n")
    );
    assert!(libraries > 500, "only {libraries} files of libraries");
    assert!(programs > 2000, "only {programs} programs");
    assert!(mistakes > 500, "only {mistakes} sources with mistakes");
    assert!(
        rejected > 1000,
        "only {rejected} sources that are no Python"
    );
}
