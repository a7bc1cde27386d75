//! What the audit prints for programs, held against the schemas: SARIF's own, and that of
//! docs/audit.schema.json; and what docs/audit.md says of both.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use mod_pyguard::policy::audit::check::{CHECKS, Check};
use mod_pyguard::policy::audit::facts::{Extent, Place};
use mod_pyguard::policy::audit::report::{Format, Report, Server};
use mod_pyguard::policy::audit::{Finding, Severity};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

fn document(name: &str) -> String {
    let path = Path::new(MANIFEST).with_file_name("docs").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The schema of the JSON.
fn schema() -> Value {
    serde_json::from_str(&document("audit.schema.json")).unwrap()
}

/// A schema, ready to validate with.
struct Validator {
    schemas: Schemas,
    root: SchemaIndex,
}

impl Validator {
    fn new(schema: Value) -> Validator {
        let mut compiler = Compiler::new();
        // A URI that is none is wrong, whichever draft the schema is of.
        compiler.enable_format_assertions();
        let mut schemas = Schemas::new();
        let name = "file:///schema.json";
        compiler.add_resource(name, schema).unwrap();
        let root = compiler.compile(name, &mut schemas).unwrap();
        Validator { schemas, root }
    }

    fn ours() -> Validator {
        Validator::new(schema())
    }

    /// SARIF's schema is in a package that is never compiled. Cargo.lock has its checksum, and cargo
    /// says where it is, or gets it.
    fn sarif() -> Validator {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version=1", "--locked"])
            .args(["--manifest-path", MANIFEST])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo metadata: {errors}");
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        let package = packages.iter().find(|one| one["name"] == "serde-sarif");
        let manifest = package.expect("cargo knows serde-sarif")["manifest_path"].as_str();
        let schema = Path::new(manifest.unwrap()).with_file_name("src/schema.json");
        let text = fs::read_to_string(schema).unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert!(
            schema["title"]
                .as_str()
                .unwrap()
                .contains("SARIF) Version 2.1.0")
        );
        Validator::new(schema)
    }

    fn validate(&self, document: &Value) -> Result<(), String> {
        let result = self.schemas.validate(document, self.root);
        result.map_err(|error| format!("{error:#}"))
    }
}

fn finding(check: &'static Check, severity: Severity, place: Place) -> Finding {
    Finding {
        check,
        severity,
        place,
        what: check.risk.to_owned(),
        fix: check.fix.to_owned(),
        lines: Vec::new(),
    }
}

fn named(name: &str, severity: Severity, place: Place) -> Finding {
    finding(Check::from_name(name.as_bytes()).unwrap(), severity, place)
}

fn line(file: &str, number: u32) -> Place {
    Place::Line(file.as_bytes().to_vec(), number)
}

fn path(path: impl AsRef<[u8]>) -> Place {
    Place::Path(path.as_ref().to_vec())
}

fn server() -> Server {
    Server {
        httpd: "Apache/2.4.65 (Debian)".to_owned(),
        version: "0.1.0".to_owned(),
        main_file: b"/etc/apache2/apache2.conf".to_vec(),
        root: b"/etc/apache2".to_vec(),
    }
}

fn extent(left_out: &[&str]) -> Extent {
    Extent {
        directives: 214,
        directories: 12,
        entries: 480,
        left_out: left_out
            .iter()
            .map(|&sentence| sentence.to_owned())
            .collect(),
    }
}

/// Every check, every severity, and every kind of place, with whatever a path can hold.
fn all() -> Vec<Finding> {
    let places = [
        line("/etc/apache2/sites-enabled/shop.conf", 21),
        // Where httpd does not know the line
        line("/etc/apache2/apache2.conf", 0),
        path("/srv/shop/a b%41#?&\"<\u{fc}>.py"),
        path(b"/srv/\xff\xfe\x01\n.py"),
        path("C:/Apache24/htdocs/x.py"),
        Place::Socket("[::]:5432".to_owned()),
    ];
    let mut all = Vec::new();
    for (number, place) in places.iter().enumerate() {
        for (row, check) in CHECKS.iter().enumerate() {
            let severity = Severity::ALL[(number + row) % 4];
            let mut finding = finding(check, severity, place.clone());
            if number % 2 == 0 {
                finding.lines = vec!["    Require ip \"10.0.0.0/8\" %{X}".to_owned(); 2];
            }
            all.push(finding);
        }
    }
    all
}

fn written(findings: &[Finding], accepted: &[Finding], extent: &Extent, format: Format) -> String {
    let report = Report {
        findings,
        accepted,
        extent,
        server: &server(),
    };
    report.write(format)
}

fn read(findings: &[Finding], accepted: &[Finding], extent: &Extent, format: Format) -> Value {
    let text = written(findings, accepted, extent, format);
    assert!(text.ends_with("}\n"));
    serde_json::from_str(&text).unwrap()
}

/// The reports to validate, from an empty one to a full one.
fn reports(format: Format) -> Vec<Value> {
    let left_out = extent(&["/srv/private cannot be read.", "\u{fc} \"x\""]);
    vec![
        read(&[], &[], &Extent::default(), format),
        read(&all()[..1], &[], &extent(&[]), format),
        read(&[], &all(), &left_out, format),
        read(&all(), &all()[3..60], &left_out, format),
    ]
}

/// The document with one value changed; `null` takes it away.
fn changed(document: &Value, pointer: &str, value: &Value) -> Value {
    let mut document = document.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).expect(pointer);
    match parent.as_object_mut().expect(pointer) {
        object if value.is_null() => drop(object.remove(name).expect(pointer)),
        object => drop(object.insert(name.to_owned(), value.clone())),
    }
    document
}

fn assert_rejects(validator: &Validator, document: &Value, changes: &[(&str, Value)]) {
    validator.validate(document).unwrap();
    for (pointer, value) in changes {
        let broken = changed(document, pointer, value);
        let result = validator.validate(&broken);
        assert!(result.is_err(), "{pointer} may be {value}");
    }
}

#[test]
fn json_is_what_its_schema_says() {
    let validator = Validator::ours();
    for report in reports(Format::Json) {
        validator
            .validate(&report)
            .unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn the_schema_of_json_rejects_what_is_wrong() {
    let report = read(&all(), &all(), &extent(&["x"]), Format::Json);
    let changes = [
        ("/version", json!(2)),
        ("/version", Value::Null),
        ("/more", json!(1)),
        ("/tool/name", json!("other")),
        ("/server/root", Value::Null),
        ("/summary/high", json!(-1)),
        ("/summary/all", json!(1)),
        ("/left_out", json!([1])),
        ("/checked/entries", json!("480")),
        ("/findings/0/rule", json!("1")),
        ("/findings/0/severity", json!("High")),
        ("/findings/0/lines", json!("x")),
        ("/findings/0/fix", Value::Null),
        ("/findings/0/place/kind", json!("path")),
        ("/findings/0/place/line", json!("21")),
        ("/findings/0/place/address", json!("x")),
        ("/accepted/0/tag", json!("PG1")),
    ];
    assert_rejects(&Validator::ours(), &report, &changes);
}

#[test]
fn sarif_is_what_the_standard_says() {
    let validator = Validator::sarif();
    for report in reports(Format::Sarif) {
        validator
            .validate(&report)
            .unwrap_or_else(|e| panic!("{e}"));
    }
    // The same validator rejects what is wrong.
    let report = read(&all(), &all(), &extent(&["x"]), Format::Sarif);
    let location = "/runs/0/results/0/locations/0/physicalLocation";
    let changes = [
        ("/version", json!("2.0.0")),
        ("/runs", Value::Null),
        ("/runs/0/tool/driver/name", Value::Null),
        ("/runs/0/tool/driver/colour", json!("red")),
        ("/runs/0/tool/driver/rules/0/id", Value::Null),
        (
            "/runs/0/tool/driver/rules/0/helpUri",
            json!("docs/rules.md"),
        ),
        ("/runs/0/results/0/level", json!("high")),
        ("/runs/0/results/0/message", Value::Null),
        ("/runs/0/results/0/suppressions", json!([{}])),
        ("/runs/0/invocations/0/executionSuccessful", Value::Null),
        (&format!("{location}/artifactLocation"), Value::Null),
        (
            &format!("{location}/artifactLocation/uri"),
            json!("file:///a b"),
        ),
        (&format!("{location}/region/startLine"), json!(0)),
    ];
    assert_rejects(&validator, &report, &changes);
}

#[test]
fn json_tells_everything() {
    let mut findings = all();
    findings[0].what = "What.".to_owned();
    let report = read(&findings, &all()[..3], &extent(&["Left."]), Format::Json);
    assert_eq!(report["findings"].as_array().unwrap().len(), findings.len());
    assert_eq!(report["accepted"].as_array().unwrap().len(), 3);
    assert_eq!(report["summary"]["accepted"], 3);
    let numbers = ["high", "medium", "low", "info"].map(|name| report["summary"][name].as_u64());
    let sum: u64 = numbers.iter().flatten().sum();
    assert_eq!(sum, findings.len() as u64);
    assert_eq!(report["left_out"], json!(["Left."]));
    assert_eq!(report["checked"]["checks"], CHECKS.len());
    let check = &CHECKS[0];
    assert_eq!(
        report["findings"][0],
        json!({
            "rule": "R01",
            "tag": "PG001",
            "check": check.name,
            "severity": "high",
            "title": check.title,
            "place": {
                "kind": "line",
                "file": "/etc/apache2/sites-enabled/shop.conf",
                "line": 21,
                "escaped": false,
            },
            "what": "What.",
            "risk": check.risk,
            "fix": check.fix,
            "lines": findings[0].lines,
        })
    );
    let place = |number: usize| report["findings"][CHECKS.len() * number]["place"].clone();
    let odd = "/srv/shop/a b%41#?&\"<\u{fc}>.py";
    assert_eq!(
        place(2),
        json!({ "kind": "path", "path": odd, "escaped": false })
    );
    let bytes = "/srv/%FF%FE%01%0A.py";
    assert_eq!(
        place(3),
        json!({ "kind": "path", "path": bytes, "escaped": true })
    );
    assert_eq!(
        place(5),
        json!({ "kind": "socket", "address": "[::]:5432" })
    );
}

fn results(findings: &[Finding]) -> Vec<Value> {
    let report = read(findings, &[], &extent(&[]), Format::Sarif);
    report["runs"][0]["results"].as_array().unwrap().clone()
}

fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mark = |result: &Value| result["partialFingerprints"]["primaryLocationLineHash"].clone();
    let marks = results(findings);
    marks
        .iter()
        .map(|result| mark(result).as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn sarif_names_rules_places_and_what_was_accepted() {
    let accepted = [named(
        "server-tokens",
        Severity::Low,
        line("/etc/x.conf", 7),
    )];
    let report = read(&all(), &accepted, &extent(&["Left."]), Format::Sarif);
    let run = &report["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(
        (rules.len(), results.len()),
        (CHECKS.len(), all().len() + 1)
    );
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let place = |number: usize| results[CHECKS.len() * number]["locations"][0].clone();
    let uri = |number: usize| place(number)["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!(place(0)["physicalLocation"]["region"]["startLine"], 21);
    assert_eq!(uri(0), "file:///etc/apache2/sites-enabled/shop.conf");
    assert_eq!(
        uri(2),
        "file:///srv/shop/a%20b%2541%23%3F%26%22%3C%C3%BC%3E.py"
    );
    assert_eq!(uri(3), "file:///srv/%FF%FE%01%0A.py");
    assert_eq!(uri(5), "file:///etc/apache2/apache2.conf");
    assert_eq!(place(5)["logicalLocations"][0]["name"], "[::]:5432");
    let (last, first) = (&results[all().len()], &results[0]);
    assert_eq!(last["ruleId"], "server-tokens");
    assert_eq!(last["suppressions"][0]["kind"], "external");
    assert_eq!(first["suppressions"], json!([]));
    let notes = &run["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(notes[0]["message"]["text"], "Left.");
}

#[test]
fn a_severity_of_sarif_is_the_worst_of_the_report() {
    let level = |findings: &[Finding]| {
        let report = read(findings, &[], &extent(&[]), Format::Sarif);
        let rules = report["runs"][0]["tool"]["driver"]["rules"].clone();
        let mut rules = rules.as_array().unwrap().iter();
        let rule = rules.find(|rule| rule["id"] == "indexes").unwrap().clone();
        (
            rule["defaultConfiguration"]["level"].clone(),
            rule["properties"]["security-severity"].clone(),
        )
    };
    let low = named("indexes", Severity::Low, path("/srv/a"));
    let high = named("indexes", Severity::High, path("/srv/b"));
    assert_eq!(level(&[]), (json!("error"), json!("8.0")));
    assert_eq!(
        level(std::slice::from_ref(&low)),
        (json!("note"), json!("2.0"))
    );
    assert_eq!(
        level(&[high.clone(), low.clone()]),
        (json!("error"), json!("8.0"))
    );
    let levels: Vec<Value> = results(&[high, low])
        .iter()
        .map(|r| r["level"].clone())
        .collect();
    assert_eq!(levels, ["error", "note"]);
}

#[test]
fn a_fingerprint_stays_when_lines_move() {
    let at = |lines: [u32; 3]| {
        lines.map(|number| named("indexes", Severity::Low, line("/etc/x.conf", number)))
    };
    let marks = fingerprints(&at([3, 9, 12]));
    assert_eq!(marks, fingerprints(&at([5, 11, 40])));
    let all = fingerprints(&all());
    let unique: BTreeSet<&String> = all.iter().collect();
    assert_eq!(unique.len(), all.len());
    assert_eq!(marks.iter().collect::<BTreeSet<_>>().len(), 3);
    // Neither another file nor another sentence inherits what was dismissed.
    let mut other = at([3, 9, 12]);
    other[0].place = line("/etc/y.conf", 3);
    other[1].what.push('!');
    let others = fingerprints(&other);
    assert!(!marks.contains(&others[0]) && !marks.contains(&others[1]));
    // It is the same in every release: dismissals are kept by it.
    let mut known = named("indexes", Severity::Low, line("/etc/x.conf", 1));
    known.what = "What.".to_owned();
    assert_eq!(fingerprints(&[known]), ["f054b7311059cf03:1"]);
}

/// The example of docs/audit.md.
fn example() -> String {
    let shop = "/etc/apache2/sites-enabled/shop.conf";
    let bytecode = ["/srv/shop/cart.pyc", "/srv/shop/order.pyc"].map(|file| Finding {
        what: "Bytecode is as good as the source, and only the class `bytecode` keeps it back."
            .to_owned(),
        fix: "Delete it, and keep Python from writing it.".to_owned(),
        lines: vec!["PyGuardBytecode Off".to_owned()],
        ..named("bytecode-in-reach", Severity::Low, path(file))
    });
    let mut findings = bytecode.to_vec();
    findings.push(Finding {
        what: "Any user of this machine can put code there that httpd runs.".to_owned(),
        fix: "Take the right to write from others.".to_owned(),
        lines: vec!["chmod o-w /srv/shop/lib".to_owned()],
        ..named("world-writable", Severity::High, path("/srv/shop/lib"))
    });
    findings.push(Finding {
        what: "Whoever can write a file below /srv/shop runs code as www-data, in any interpreter \
               that is not reserved."
            .to_owned(),
        fix: "Read no .htaccess there.".to_owned(),
        lines: vec![
            "<Directory \"/srv/shop\">".to_owned(),
            "    AllowOverride None".to_owned(),
            "</Directory>".to_owned(),
        ],
        ..named("htaccess-python", Severity::Medium, line(shop, 21))
    });
    let accepted = [named("server-tokens", Severity::Low, line(shop, 1))];
    written(
        &findings,
        &accepted,
        &extent(&[]),
        Format::Text { colour: false },
    )
}

#[test]
fn the_document_shows_what_is_printed() {
    let document = document("audit.md");
    let example = example();
    assert!(
        document.contains(&example),
        "docs/audit.md lacks\n{example}"
    );
}

/// Every name of a field in a schema.
fn fields(schema: &Value, names: &mut BTreeSet<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        names.extend(properties.keys().cloned());
    }
    match schema {
        Value::Object(map) => map.values().for_each(|value| fields(value, names)),
        Value::Array(list) => list.iter().for_each(|value| fields(value, names)),
        _ => {}
    }
}

#[test]
fn the_document_names_every_field() {
    let document = document("audit.md");
    let mut names = BTreeSet::new();
    fields(&schema(), &mut names);
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        assert!(
            document.contains(&format!("`{name}`")),
            "docs/audit.md lacks `{name}`"
        );
    }
}
