//! What the audit found, written for eyes, for programs, for code scanning and for the error log.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::check::{CHECKS, Check};
use super::facts::{Bytes, Extent, Place};
use super::{Finding, Severity};

/// The tag of the log lines that belong to no rule.
const TAG: &str = "PG105";

/// Where a sentence is wrapped: only between words, so that paths stay whole.
const COLUMNS: usize = 100;

/// Places shown of a group, groups of a check, and things left out. A site with a thousand of one kind must not push
/// everything else off the screen; the JSON has more.
const SHOWN: usize = 10;

/// Places in a line of the error log.
const LOGGED: usize = 3;

/// What stands beside a place begins in this column at the latest.
const WIDEST_PLACE: usize = 44;

/// The server that was looked at.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// What httpd calls itself: `Apache/2.4.65 (Debian)`.
    pub httpd: String,
    /// This module's version.
    pub version: String,
    /// The main configuration file.
    pub main_file: Bytes,
    /// `ServerRoot`
    pub root: Bytes,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For eyes.
    Text {
        /// With a terminal's colours.
        colour: bool,
    },
    /// For programs: docs/audit.schema.json.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
}

/// All that an audit has to say.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What is wrong.
    pub findings: &'a [Finding],
    /// What is wrong, and accepted with `PyGuardAuditAccept`.
    pub accepted: &'a [Finding],
    /// How far the audit looked.
    pub extent: &'a Extent,
    /// Where it looked.
    pub server: &'a Server,
}

impl Report<'_> {
    /// The whole report, with a newline at its end.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Text { colour } => self.text(colour),
            Format::Json => format!("{:#}\n", self.json()),
            Format::Sarif => format!("{:#}\n", self.sarif()),
        }
    }

    /// For the error log: a line for each check that found something worse than info, the worst
    /// first and `most` at most, then the summary. Each is one line of visible ASCII.
    pub fn log_lines(&self, most: usize) -> Vec<(Severity, String)> {
        let mut blocks = blocks(self.findings);
        blocks.retain(|block| block.severity != Severity::Info);
        let shown = blocks.iter().take(most);
        let mut lines: Vec<_> = shown.map(|b| (b.severity, b.log_line())).collect();
        if let Some(first) = blocks.get(most) {
            let left = counted(blocks.len() - most, "line is", "lines are");
            let line = format!(
                "{TAG}: audit: {left} left out here; `apachectl -t -D DUMP_PYGUARD` shows all"
            );
            lines.push((first.severity, line));
        }
        let worst = blocks.first().map_or(Severity::Info, |b| b.severity);
        let not_seen = match self.extent.left_out.len() {
            0 => String::new(),
            _ => ", not everything: `apachectl -t -D DUMP_PYGUARD` says what was left out".into(),
        };
        let summary = format!("{TAG}: audit: {}{not_seen}", self.summary(false));
        lines.push((worst, summary));
        for (_, line) in &mut lines {
            *line = percent(line.as_bytes(), |byte| matches!(byte, b' '..=b'~'));
        }
        lines
    }

    fn count(&self, severity: Severity) -> usize {
        let found = self.findings.iter();
        found.filter(|finding| finding.severity == severity).count()
    }

    /// `3 high, 1 info; 2 accepted; 214 directives, 12 directories, 480 entries looked at`
    fn summary(&self, colour: bool) -> String {
        let found: Vec<String> = Severity::ALL
            .into_iter()
            .map(|severity| (self.count(severity), severity))
            .filter(|(count, _)| *count > 0)
            .map(|(count, severity)| format!("{count} {}", word(severity, colour)))
            .collect();
        let found = match found.is_empty() {
            true => "nothing found".to_owned(),
            false => found.join(", "),
        };
        let accepted = match self.accepted.len() {
            0 => String::new(),
            number => format!("; {number} accepted"),
        };
        format!(
            "{found}{accepted}; {}, {}, {} looked at",
            counted(self.extent.directives, "directive", "directives"),
            counted(self.extent.directories, "directory", "directories"),
            counted(self.extent.entries, "entry", "entries"),
        )
    }

    fn text(&self, colour: bool) -> String {
        let server = self.server;
        let title = visible(&format!(
            "mod_pyguard {}: audit of {} ({})",
            server.version,
            path_text(&server.main_file).0,
            server.httpd
        ));
        let left_out = &self.extent.left_out;
        if self.findings.is_empty() && left_out.is_empty() {
            return format!("{title}: {}\n", self.summary(colour));
        }
        let mut out = Text::default();
        out.line(&title);
        for block in blocks(self.findings) {
            block.write(&mut out, colour);
        }
        out.line("");
        if !left_out.is_empty() {
            out.line("Left out:");
            for sentence in left_out.iter().take(SHOWN) {
                out.wrapped("  ", &visible(sentence));
            }
            if left_out.len() > SHOWN {
                let more = left_out.len() - SHOWN;
                out.line(&format!("  and {more} more, see -D DUMP_PYGUARD_JSON"));
            }
            out.line("");
        }
        out.line(&self.summary(colour));
        out.line("Each rule: docs/rules.md");
        out.0
    }

    fn json(&self) -> Value {
        let all = |findings: &[Finding]| findings.iter().map(finding_json).collect::<Vec<_>>();
        json!({
            "version": 1,
            "tool": { "name": "mod_pyguard", "version": self.server.version },
            "server": {
                "httpd": self.server.httpd,
                "main_file": path_text(&self.server.main_file).0,
                "root": path_text(&self.server.root).0,
            },
            "summary": {
                "high": self.count(Severity::High),
                "medium": self.count(Severity::Medium),
                "low": self.count(Severity::Low),
                "info": self.count(Severity::Info),
                "accepted": self.accepted.len(),
            },
            "findings": all(self.findings),
            "accepted": all(self.accepted),
            "left_out": self.extent.left_out,
            "checked": {
                "checks": CHECKS.len(),
                "directives": self.extent.directives,
                "directories": self.extent.directories,
                "entries": self.extent.entries,
            },
        })
    }

    fn sarif(&self) -> Value {
        // Where tools show one severity for all results of a rule, it is the worst of this report:
        // what is low because the module closes it is not to be shown as high.
        let mut worst: HashMap<&str, Severity> = HashMap::new();
        for finding in self.findings.iter().chain(self.accepted) {
            let severity = worst.entry(finding.check.name).or_insert(finding.severity);
            *severity = finding.severity.min(*severity);
        }
        let rules: Vec<Value> = CHECKS
            .iter()
            .map(|check| {
                let severity = worst.get(check.name).copied();
                rule_sarif(check, severity.unwrap_or(check.severity.0))
            })
            .collect();
        let mut seen = HashMap::new();
        let mut results = Vec::with_capacity(self.findings.len() + self.accepted.len());
        // An array for all, if for one: an empty one says "not suppressed".
        for (findings, suppressions) in [
            (self.findings, json!([])),
            (
                self.accepted,
                json!([{
                    "kind": "external",
                    "justification": "accepted with PyGuardAuditAccept",
                }]),
            ),
        ] {
            for finding in findings {
                results.push(self.result_sarif(finding, &suppressions, &mut seen));
            }
        }
        let notifications: Vec<Value> = self
            .extent
            .left_out
            .iter()
            .map(|sentence| json!({ "level": "warning", "message": { "text": sentence } }))
            .collect();
        json!({
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "mod_pyguard",
                    "version": self.server.version,
                    "rules": rules,
                } },
                "invocations": [{
                    "executionSuccessful": true,
                    "toolExecutionNotifications": notifications,
                }],
                "results": results,
                "properties": {
                    "httpd": self.server.httpd,
                    "mainFile": path_text(&self.server.main_file).0,
                    "serverRoot": path_text(&self.server.root).0,
                },
            }],
        })
    }

    /// One result. `seen` counts the fingerprints.
    fn result_sarif(
        &self,
        finding: &Finding,
        suppressions: &Value,
        seen: &mut HashMap<u64, usize>,
    ) -> Value {
        let check = finding.check;
        let mut text = format!("{}\n\n{}", finding.what, finding.fix);
        if !finding.lines.is_empty() {
            text.push_str("\n\n");
            text.push_str(&finding.lines.join("\n"));
        }
        let location = match &finding.place {
            Place::Line(file, line) => json!({ "physicalLocation": {
                "artifactLocation": { "uri": file_uri(file) },
                "region": { "startLine": (*line).max(1) },
            } }),
            // Some viewers show nothing that has no line.
            Place::Path(path) => json!({ "physicalLocation": {
                "artifactLocation": { "uri": file_uri(path) },
                "region": { "startLine": 1 },
            } }),
            // A socket has no file, and code scanning drops what has none.
            Place::Socket(address) => json!({
                "physicalLocation": {
                    "artifactLocation": { "uri": file_uri(&self.server.main_file) },
                },
                "logicalLocations": [{
                    "name": address,
                    "fullyQualifiedName": address,
                    "kind": "resource",
                }],
            }),
        };
        // What stays when lines move. The sentence is in it, so that a new mistake in the same file
        // does not inherit the dismissal of an old one.
        let place = match &finding.place {
            Place::Line(path, _) | Place::Path(path) => path.as_slice(),
            Place::Socket(address) => address.as_bytes(),
        };
        // Not by numbers: the sentence may name the line of another place.
        let is_number = |byte: &u8| byte.is_ascii_digit();
        let what: Vec<u8> = finding
            .what
            .bytes()
            .filter(|byte| !is_number(byte))
            .collect();
        let mark = digest(&[check.name.as_bytes(), place, &what]);
        let number = seen.entry(mark).or_insert(0);
        *number += 1;
        json!({
            "ruleId": check.name,
            "ruleIndex": position(check),
            "level": level(finding.severity),
            "message": { "text": text },
            "locations": [location],
            // The name that code scanning compares.
            "partialFingerprints": { "primaryLocationLineHash": format!("{mark:016x}:{number}") },
            "suppressions": suppressions,
            "properties": { "severity": finding.severity.name(), "lines": finding.lines },
        })
    }
}

/// The findings of one check and severity.
struct Block<'a> {
    check: &'static Check,
    severity: Severity,
    findings: Vec<&'a Finding>,
}

/// All findings, the worst first, then in the order of the checks.
fn blocks(findings: &[Finding]) -> Vec<Block<'_>> {
    let mut blocks: BTreeMap<(Severity, usize), Block> = BTreeMap::new();
    for finding in findings {
        blocks
            .entry((finding.severity, position(finding.check)))
            .or_insert_with(|| Block {
                check: finding.check,
                severity: finding.severity,
                findings: Vec::new(),
            })
            .findings
            .push(finding);
    }
    blocks.into_values().collect()
}

impl<'a> Block<'a> {
    /// Those with the same fix stand together, whatever command each file needs for it.
    fn groups(&self) -> Vec<Vec<&'a Finding>> {
        let mut groups: Vec<Vec<&Finding>> = Vec::new();
        let mut known = HashMap::new();
        for finding in &self.findings {
            let next = groups.len();
            let lines = match &finding.place {
                Place::Path(_) if finding.lines.len() == 1 => None,
                _ => Some(&finding.lines),
            };
            let index = *known.entry((&finding.fix, lines)).or_insert(next);
            match groups.get_mut(index) {
                Some(group) => group.push(finding),
                None => groups.push(vec![finding]),
            }
        }
        groups
    }

    /// `high    PG001 R01  module-in-reach`, its title, and the groups.
    fn write(&self, out: &mut Text, colour: bool) {
        let check = self.check;
        let space = " ".repeat(8_usize.saturating_sub(self.severity.name().len()));
        out.line("");
        out.line(&format!(
            "{}{space}{} R{:02}  {}",
            word(self.severity, colour),
            tag(check),
            check.rule.number(),
            check.name
        ));
        for line in wrap(check.title, COLUMNS - 2) {
            match colour {
                true => out.line(&format!("  \x1b[1m{line}\x1b[0m")),
                false => out.line(&format!("  {line}")),
            }
        }
        let groups = self.groups();
        let (shown, rest) = groups.split_at(groups.len().min(SHOWN));
        for group in shown {
            out.line("");
            write_group(check, group, out);
        }
        if !rest.is_empty() {
            let left = rest.iter().map(Vec::len).sum::<usize>();
            out.line("");
            out.line(&format!(
                "  and {left} more of {}, see -D DUMP_PYGUARD_JSON",
                check.name
            ));
        }
    }

    /// `PG013: audit: low: bytecode lies where a URL leads: /srv/www/x.pyc (bytecode-in-reach)`
    fn log_line(&self) -> String {
        let places = self
            .findings
            .iter()
            .map(|finding| finding.place.to_string());
        let mut shown = places.take(LOGGED).collect::<Vec<_>>().join(", ");
        if self.findings.len() > LOGGED {
            shown.push_str(&format!(" and {} more", self.findings.len() - LOGGED));
        }
        format!(
            "{}: audit: {}: {}: {shown} ({})",
            tag(self.check),
            self.severity.name(),
            self.check.title,
            self.check.name
        )
    }
}

/// The places of a group, what can happen, and what to do.
fn write_group(check: &Check, group: &[&Finding], out: &mut Text) {
    let Some(first) = group.first() else { return };
    let same = group.iter().all(|finding| finding.what == first.what);
    let shown = group.get(..SHOWN).unwrap_or(group);
    let places: Vec<String> = shown
        .iter()
        .map(|f| visible(&f.place.to_string()))
        .collect();
    // A long path does not push the sentences of the others to the right.
    let lengths = places.iter().map(|place| place.len());
    let widest = lengths.filter(|length| *length <= WIDEST_PLACE).max();
    let column = widest.unwrap_or(WIDEST_PLACE) + 2;
    for (place, finding) in places.iter().zip(shown) {
        if same {
            out.line(&format!("  {place}"));
        } else {
            out.beside(&format!("  {place}"), column + 2, &visible(&finding.what));
        }
    }
    if group.len() > shown.len() {
        out.line(&format!("  and {} more", group.len() - shown.len()));
    }
    // Where each place has its own sentence, the check's says what they have in common.
    let risk = if same { &first.what } else { check.risk };
    out.beside("  Risk:", 8, &visible(risk));
    out.beside("  Do:", 8, &visible(&first.fix));
    // Of a group, each has the same lines, or one of its own.
    let mut lines: Vec<&String> = first.lines.iter().collect();
    for line in shown.iter().flat_map(|finding| &finding.lines) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    for line in lines {
        out.line(&format!("            {}", visible(line)));
    }
}

/// Text in lines.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// A sentence with this indent.
    fn wrapped(&mut self, indent: &str, sentence: &str) {
        for line in wrap(sentence, COLUMNS - indent.len()) {
            self.line(&format!("{indent}{line}"));
        }
    }

    /// A sentence in its column beside a label, or below the label where that is too long.
    fn beside(&mut self, label: &str, column: usize, sentence: &str) {
        let indent = " ".repeat(column);
        let mut lines = wrap(sentence, COLUMNS - column).into_iter();
        if label.len() < column {
            let first = lines.next().unwrap_or_default();
            self.line(format!("{label:column$}{first}").trim_end());
        } else {
            self.line(label);
        }
        for line in lines {
            self.line(&format!("{indent}{line}"));
        }
    }
}

/// Lines of at most so many characters, if no word is longer.
fn wrap(sentence: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The severity's word, in its colour if there are colours.
fn word(severity: Severity, colour: bool) -> String {
    let name = severity.name();
    let code = match severity {
        Severity::High => 31,
        Severity::Medium => 33,
        Severity::Low => 36,
        Severity::Info => 34,
    };
    match colour {
        true => format!("\x1b[{code}m{name}\x1b[0m"),
        false => name.to_owned(),
    }
}

/// `1 file`, `2 files`
fn counted(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// The rule's tag.
fn tag(check: &Check) -> &'static str {
    // A tag is ASCII.
    check.rule.tag().to_str().unwrap_or_default()
}

/// The place of a check in the table.
fn position(check: &Check) -> usize {
    let mut all = CHECKS.iter();
    all.position(|other| other == check).unwrap_or(CHECKS.len())
}

/// Without what a terminal would obey: what stands in a configuration may be a stranger's.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            let mut bytes = [0; 4];
            shown.push_str(&percent(letter.encode_utf8(&mut bytes).as_bytes(), |_| {
                false
            }));
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// `%XX` for every byte that is not plain.
fn percent(bytes: &[u8], plain: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if plain(*byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// A path for programs: as it is where it is UTF-8; else as log lines have it, and `true`.
fn path_text(path: &[u8]) -> (String, bool) {
    match std::str::from_utf8(path) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => {
            let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'%' && byte != b'\\';
            (percent(path, plain), true)
        }
    }
}

/// `file:///etc/apache2/apache2.conf`
fn file_uri(path: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    // A drive letter has no slash before it.
    let slash = if path.starts_with(b"/") { "" } else { "/" };
    format!("file://{slash}{}", percent(path, plain))
}

/// FNV-1a, 64 bits: short, and the same in every release.
fn digest(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        // What ends a part is in none of them.
        for byte in part.iter().chain(b"\0") {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

fn finding_json(finding: &Finding) -> Value {
    let check = finding.check;
    let place = match &finding.place {
        Place::Line(file, line) => {
            let (file, escaped) = path_text(file);
            json!({ "kind": "line", "file": file, "line": line, "escaped": escaped })
        }
        Place::Path(path) => {
            let (path, escaped) = path_text(path);
            json!({ "kind": "path", "path": path, "escaped": escaped })
        }
        Place::Socket(address) => json!({ "kind": "socket", "address": address }),
    };
    json!({
        "rule": format!("R{:02}", check.rule.number()),
        "tag": tag(check),
        "check": check.name,
        "severity": finding.severity.name(),
        "title": check.title,
        "place": place,
        "what": finding.what,
        "risk": check.risk,
        "fix": finding.fix,
        "lines": finding.lines,
    })
}

/// SARIF's word. It has none for info.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn rule_sarif(check: &Check, severity: Severity) -> Value {
    let rule = format!("R{:02}", check.rule.number());
    let see = format!("See {rule} in docs/rules.md.");
    let mut properties = json!({
        "precision": "high",
        "rule": rule,
        "tags": ["security", tag(check)],
    });
    // Code scanning sorts by a number of CVSS; without one it goes by the level.
    let number = match severity {
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.0"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    };
    if let (Some(number), Some(map)) = (number, properties.as_object_mut()) {
        map.insert("security-severity".to_owned(), json!(number));
    }
    json!({
        "id": check.name,
        "shortDescription": { "text": check.title },
        "fullDescription": { "text": format!("{} (rule {rule}: {})", check.risk, check.rule.title()) },
        "help": {
            "text": format!("{}\n\n{}\n\n{see}", check.risk, check.fix),
            "markdown": format!("**Risk:** {}\n\n**Do:** {}\n\n{see}", check.risk, check.fix),
        },
        "defaultConfiguration": { "level": level(severity) },
        "properties": properties,
    })
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;

    const HOST: &[u8] = b"/etc/apache2/sites-enabled/shop.conf";

    fn finding(name: &str, severity: Severity, place: Place) -> Finding {
        Finding {
            check: Check::from_name(name.as_bytes()).unwrap(),
            severity,
            place,
            what: "Whoever gets a handler of this server to do something does it with more rights \
                   than the handler needs."
                .to_owned(),
            fix: "Take the rights away.".to_owned(),
            lines: Vec::new(),
        }
    }

    fn path(path: &str) -> Place {
        Place::Path(path.as_bytes().to_vec())
    }

    fn extent() -> Extent {
        Extent {
            directives: 214,
            directories: 12,
            entries: 480,
            left_out: Vec::new(),
        }
    }

    fn server() -> Server {
        Server {
            httpd: "Apache/2.4.65 (Debian)".to_owned(),
            version: "0.1.0".to_owned(),
            main_file: b"/etc/apache2/apache2.conf".to_vec(),
            root: b"/etc/apache2".to_vec(),
        }
    }

    fn text(findings: &[Finding], extent: &Extent, colour: bool) -> String {
        let report = Report {
            findings,
            accepted: &[],
            extent,
            server: &server(),
        };
        report.write(Format::Text { colour })
    }

    fn log(findings: &[Finding], extent: &Extent, most: usize) -> Vec<(Severity, String)> {
        let report = Report {
            findings,
            accepted: &[],
            extent,
            server: &server(),
        };
        report.log_lines(most)
    }

    /// A bit of everything, in no order.
    fn sample() -> Vec<Finding> {
        use Severity::*;
        let said = |what: &str, fix: &str, lines: &[&str], finding: Finding| Finding {
            what: what.to_owned(),
            fix: fix.to_owned(),
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
            ..finding
        };
        let published = |page: &str, names: u8| {
            said(
                &format!(
                    "Anybody may call {names} names of this page, among them `delete` and what it takes from elsewhere with `from shop import *`."
                ),
                "Put an underscore before the names that are not meant.",
                &[],
                finding("published-names", Info, path(page)),
            )
        };
        let bytecode = |file: &str| {
            said(
                "Bytecode is as good as the source.",
                "Delete it, and keep Python from writing it.",
                &["PyGuardBytecode Off"],
                finding("bytecode-in-reach", Low, path(file)),
            )
        };
        vec![
            published("/srv/shop/pages/order.py", 12),
            published("/srv/shop/pages/pay.py", 3),
            bytecode("/srv/shop/a.pyc"),
            bytecode("/srv/shop/b.pyc"),
            said(
                "Whoever can write a file below /srv/shop runs code as www-data, in any interpreter that is not reserved.",
                "Read no .htaccess there.",
                &[
                    "<Directory \"/srv/shop\">",
                    "    AllowOverride None",
                    "</Directory>",
                ],
                finding("htaccess-python", Medium, Place::Line(HOST.to_vec(), 21)),
            ),
            said(
                "Whoever reaches port 5432 (PostgreSQL) needs only a password.",
                "Let it listen on the loopback address only.",
                &["listen_addresses = 'localhost'"],
                finding(
                    "open-database",
                    Medium,
                    Place::Socket("0.0.0.0:5432".to_owned()),
                ),
            ),
            said(
                "Whoever gets a Python handler to do something does it with root's rights.",
                "Give httpd a user and a group of its own.",
                &["User www-data", "Group www-data"],
                finding("runs-as-root", High, Place::Line(HOST.to_vec(), 3)),
            ),
        ]
    }

    /// Its titles, and the last risk, are the table's.
    const GOLDEN: &str = "\
mod_pyguard 0.1.0: audit of /etc/apache2/apache2.conf (Apache/2.4.65 (Debian))

high    PG002 R02  runs-as-root
  requests are answered by root, or with root's group

  /etc/apache2/sites-enabled/shop.conf:3
  Risk: Whoever gets a Python handler to do something does it with root's rights.
  Do:   Give httpd a user and a group of its own.
            User www-data
            Group www-data

medium  PG006 R06  open-database
  a database listens on the network

  0.0.0.0:5432
  Risk: Whoever reaches port 5432 (PostgreSQL) needs only a password.
  Do:   Let it listen on the loopback address only.
            listen_addresses = 'localhost'

medium  PG021 R21  htaccess-python
  a .htaccess may run Python

  /etc/apache2/sites-enabled/shop.conf:21
  Risk: Whoever can write a file below /srv/shop runs code as www-data, in any interpreter that is
        not reserved.
  Do:   Read no .htaccess there.
            <Directory \"/srv/shop\">
                AllowOverride None
            </Directory>

low     PG013 R13  bytecode-in-reach
  bytecode lies where a URL leads

  /srv/shop/a.pyc
  /srv/shop/b.pyc
  Risk: Bytecode is as good as the source.
  Do:   Delete it, and keep Python from writing it.
            PyGuardBytecode Off

info    PG005 R05  published-names
  what publisher shows of a page

  /srv/shop/pages/order.py  Anybody may call 12 names of this page, among them `delete` and what it
                            takes from elsewhere with `from shop import *`.
  /srv/shop/pages/pay.py    Anybody may call 3 names of this page, among them `delete` and what it
                            takes from elsewhere with `from shop import *`.
  Risk: Each of these names is a URL that anybody may ask for, with any arguments; without the
        module, so is what the page imports.
  Do:   Put an underscore before the names that are not meant.

Left out:
  /srv/shop/private cannot be read.

1 high, 2 medium, 2 low, 2 info; 1 accepted; 214 directives, 12 directories, 480 entries looked at
Each rule: docs/rules.md
";

    #[test]
    fn a_report_for_eyes() {
        let extent = Extent {
            left_out: vec!["/srv/shop/private cannot be read.".to_owned()],
            ..extent()
        };
        let accepted = [finding("server-tokens", Severity::Low, path("/x"))];
        let report = Report {
            findings: &sample(),
            accepted: &accepted,
            extent: &extent,
            server: &server(),
        };
        let text = report.write(Format::Text { colour: false });
        assert_eq!(text, GOLDEN, "\n{text}");
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS));
    }

    #[test]
    fn a_clean_server_is_one_line() {
        let clean = "mod_pyguard 0.1.0: audit of /etc/apache2/apache2.conf (Apache/2.4.65 (Debian)): \
                     nothing found; 214 directives, 12 directories, 480 entries looked at\n";
        assert_eq!(text(&[], &extent(), false), clean);
        assert_eq!(text(&[], &extent(), true), clean);
        // One that was not seen as a whole is not clean.
        let extent = Extent {
            left_out: vec!["PyGuardAuditTime was over.".to_owned()],
            ..extent()
        };
        let text = text(&[], &extent, false);
        assert!(text.contains("\nLeft out:\n  PyGuardAuditTime was over.\n\nnothing found;"));
    }

    #[test]
    fn colour_is_for_severities_and_titles_only() {
        let plain = text(&sample(), &extent(), false);
        assert!(!plain.contains('\x1b'));
        let coloured = text(&sample(), &extent(), true);
        assert!(coloured.contains("\x1b[31mhigh\x1b[0m    PG002 R02  runs-as-root\n"));
        assert!(coloured.contains("  \x1b[1mrequests are answered by root"));
        let mut stripped = coloured;
        for code in ["[31m", "[33m", "[36m", "[34m", "[1m", "[0m"] {
            stripped = stripped.replace(&format!("\x1b{code}"), "");
        }
        assert_eq!(stripped, plain);
    }

    #[test]
    fn what_has_the_same_fix_stands_together() {
        let of = |number: usize, line: &str| Finding {
            lines: vec![line.to_owned()],
            ..finding("indexes", Severity::Low, path(&format!("/srv/{number}")))
        };
        let findings = [of(1, "a"), of(2, "b"), of(3, "a")];
        let blocks = blocks(&findings);
        assert_eq!((blocks.len(), blocks[0].groups().len()), (1, 1));
        let shown = text(&findings, &extent(), false);
        assert!(
            shown.contains("            a\n            b\n\n"),
            "{shown}"
        );
        // Not what is said of directives.
        let said = |number: usize, line: &str| Finding {
            place: Place::Line(b"/x.conf".to_vec(), 7),
            ..of(number, line)
        };
        let findings = [said(1, "a"), said(2, "b"), said(3, "a")];
        let blocks = self::blocks(&findings);
        let groups = blocks[0].groups();
        assert_eq!((blocks.len(), groups.len()), (1, 2));
        assert_eq!(groups[0], [&findings[0], &findings[2]]);
        // The same check of another severity stands elsewhere.
        let high = finding("indexes", Severity::High, path("/srv/4"));
        let findings = [of(1, "a"), high];
        let text = text(&findings, &extent(), false);
        assert!(text.find("high    PG016").unwrap() < text.find("low     PG016").unwrap());
    }

    #[test]
    fn a_big_site_does_not_fill_the_screen() {
        let of = |number: usize| finding("indexes", Severity::Low, path(&format!("/srv/{number}")));
        let many: Vec<Finding> = (0..47).map(of).collect();
        let shown = text(&many, &extent(), false);
        assert!(shown.contains("  /srv/9\n  and 37 more\n  Risk: "));
        let mut many = many;
        for (number, finding) in many.iter_mut().enumerate() {
            finding.lines = vec![format!("rm /srv/{number}")];
        }
        let shown = text(&many, &extent(), false);
        assert!(shown.contains("  /srv/9\n  and 37 more\n") && shown.contains("rm /srv/9\n\n"));
        assert!(!shown.contains("/srv/10"));
        let extent = Extent {
            left_out: (0..12)
                .map(|number| format!("/srv/{number} cannot be read."))
                .collect(),
            ..extent()
        };
        let shown = text(&[], &extent, false);
        assert!(
            shown.contains("  /srv/9 cannot be read.\n  and 2 more, see -D DUMP_PYGUARD_JSON\n\n")
        );
    }

    #[test]
    fn lines_to_write_and_paths_are_never_wrapped() {
        let line = format!("PythonPath \"{}\"", "['/srv/shop'] + ".repeat(12));
        let long = format!("/srv/{}", "deep/".repeat(30));
        let mut findings = sample()[..2].to_vec();
        findings[0].place = path(&long);
        for finding in &mut findings {
            finding.lines = vec![line.clone()];
        }
        let text = text(&findings, &extent(), false);
        assert!(text.contains(&format!("\n            {line}\n")), "{text}");
        // What belongs to a long path stands below it, in the same column.
        assert!(text.contains(&format!(
            "\n  {long}\n                          Anybody may call 12"
        )));
        assert!(text.contains("\n  /srv/shop/pages/pay.py  Anybody may call 3 names"));
    }

    #[test]
    fn no_text_of_others_reaches_the_terminal_as_it_is() {
        let mut findings = sample();
        for finding in &mut findings {
            finding.what = "a\x1b]0;x\x07\n\u{9b}b".to_owned();
            finding.lines = vec!["Alias /\u{fc} \"\x1b[2J\"".to_owned()];
        }
        let text = text(&findings, &extent(), false);
        assert!(text.contains("a%1B]0;x%07%0A%C2%9Bb"));
        assert!(text.contains("Alias /\u{fc} \"%1B[2J\""));
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn lines_of_the_error_log() {
        let lines = log(&sample(), &extent(), 10);
        let texts: Vec<&str> = lines.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "PG002: audit: high: requests are answered by root, or with root's group: \
                 /etc/apache2/sites-enabled/shop.conf:3 (runs-as-root)",
                "PG006: audit: medium: a database listens on the network: 0.0.0.0:5432 \
                 (open-database)",
                "PG021: audit: medium: a .htaccess may run Python: \
                 /etc/apache2/sites-enabled/shop.conf:21 (htaccess-python)",
                "PG013: audit: low: bytecode lies where a URL leads: /srv/shop/a.pyc, \
                 /srv/shop/b.pyc (bytecode-in-reach)",
                "PG105: audit: 1 high, 2 medium, 2 low, 2 info; 214 directives, 12 directories, \
                 480 entries looked at",
            ]
        );
        let severities: Vec<Severity> = lines.iter().map(|(severity, _)| *severity).collect();
        use Severity::*;
        assert_eq!(severities, [High, Medium, Medium, Low, High]);

        let lines = log(&sample(), &extent(), 1);
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[1].1,
            "PG105: audit: 3 lines are left out here; `apachectl -t -D DUMP_PYGUARD` shows all"
        );
        let lines = log(&sample()[..2], &extent(), 10);
        assert_eq!(lines.len(), 1, "info is not logged: {lines:?}");
        assert_eq!(lines[0].0, Severity::Info);
    }

    #[test]
    fn a_line_of_the_error_log_is_short_and_safe() {
        let of = |number: usize| {
            let name = format!("/srv/\n{}\x1b[2J{number}", "x".repeat(4000));
            finding("indexes", Severity::Low, path(&name))
        };
        let many: Vec<Finding> = (0..1000).map(of).collect();
        let lines = log(&many, &extent(), 10);
        assert_eq!(lines.len(), 2);
        let line = &lines[0].1;
        assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        assert!(line.ends_with(" and 997 more (indexes)") && line.len() < 4000);
        // Titles are the table's own words; only those of sockets are not escaped where they are made.
        let socket = Place::Socket("x\ny\u{e9}".to_owned());
        let lines = log(&[finding("indexes", Severity::Low, socket)], &extent(), 10);
        assert!(lines[0].1.contains("x%0Ay%C3%A9"));
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(
            file_uri(b"/srv/a b%\xff#?.py"),
            "file:///srv/a%20b%25%FF%23%3F.py"
        );
        assert_eq!(file_uri(b"C:/Apache24"), "file:///C%3A/Apache24");
        assert_eq!(
            path_text("/srv/\u{fc}%".as_bytes()),
            ("/srv/\u{fc}%".to_owned(), false)
        );
        assert_eq!(path_text(b"/srv/\xff%"), ("/srv/%FF%25".to_owned(), true));
    }
}
