//! The error log, read as it grows. Nothing at warn or above may be left over in the end.

use std::fs;
use std::path::{Path, PathBuf};

/// What httpd says at its start and its end without anything being wrong: parts of lines.
const NOISE: &[&str] = &[
    // A child that was inside a request or an interpreter when the parent told it to go.
    "AH00045: child process",
    // The event MPM, told to go while the last connection was being closed.
    "AH03092: process_lingering_close: apr_pollset_add failure",
    // prefork, where a test has room for one process and that one is busy.
    "AH00161: server reached MaxRequestWorkers",
];

pub struct ErrorLog {
    path: PathBuf,
    read: usize,
    pending: Vec<String>,
}

impl ErrorLog {
    pub fn new(path: PathBuf) -> ErrorLog {
        ErrorLog {
            path,
            read: 0,
            pending: Vec::new(),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn everything(&self) -> String {
        let bytes = fs::read(&self.path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub fn count(&self, text: &str) -> usize {
        self.everything().matches(text).count()
    }

    pub fn take(&mut self) -> Vec<String> {
        self.refresh();
        std::mem::take(&mut self.pending)
    }

    pub fn take_matching(&mut self, text: &str) -> Vec<String> {
        self.refresh();
        let (found, rest) = self.pending.drain(..).partition(|line| line.contains(text));
        self.pending = rest;
        found
    }

    fn refresh(&mut self) {
        let bytes = fs::read(&self.path).unwrap_or_default();
        let new = bytes.get(self.read..).unwrap_or_default();
        // The last line may still be on its way.
        let Some(end) = new.iter().rposition(|byte| *byte == b'\n') else {
            return;
        };
        self.read += end + 1;
        let text = String::from_utf8_lossy(&new[..end]).into_owned();
        for line in text.lines() {
            if matters(line) && !NOISE.iter().any(|part| line.contains(part)) {
                self.pending.push(line.to_owned());
            }
        }
    }
}

/// Whether a line is at warn or above. What has no level (the stderr of a script) matters.
fn matters(line: &str) -> bool {
    if line.is_empty() {
        return false;
    }
    let level = line
        .split('[')
        .nth(2)
        .and_then(|rest| rest.split(']').next())
        .and_then(|word| word.rsplit(':').next());
    match level {
        Some(level) => !matches!(level, "notice" | "info" | "debug") && !level.starts_with("trace"),
        None => true,
    }
}
