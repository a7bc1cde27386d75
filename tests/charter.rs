//! What the house rules and the documents claim of the code, held against the code.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

use std::fs;
use std::path::{Path, PathBuf};

use mod_pyguard::policy::class::Class;
use mod_pyguard::policy::directive::DIRECTIVES;
use mod_pyguard::policy::rule::Rule;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The Rust files directly in a folder.
fn sources(folder: &str) -> Vec<PathBuf> {
    let files: Vec<PathBuf> = fs::read_dir(repository().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    assert!(!files.is_empty(), "{folder} has no Rust files");
    files
}

#[test]
fn every_callback_of_httpd_is_one_guard() {
    let mut callbacks = 0;
    for path in sources("src/httpd") {
        let text = read(&path);
        for (start, _) in text.match_indices("extern \"C\" fn ") {
            let rest = &text[start..];
            let body = &rest[rest.find("{\n").unwrap() + 2..rest.find("\n}\n").unwrap()];
            let code: Vec<&str> = body
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            let name = rest.lines().next().unwrap();
            let place = format!("{}: {name}", path.display());
            callbacks += 1;
            // register_hooks cannot answer, so what follows its guard is the abort.
            if name.contains("register_hooks") {
                assert!(code[0].contains("guard(false, || {"), "{place}");
                assert!(body.contains("std::process::abort()"), "{place}");
                continue;
            }
            assert!(
                code[0].starts_with("    guard("),
                "{place} does not begin with its guard"
            );
            assert_eq!(
                *code.last().unwrap(),
                "    })",
                "{place} does something after its guard"
            );
            let statements = code
                .iter()
                .filter(|line| line.starts_with("    ") && !line.starts_with("     "));
            assert_eq!(statements.count(), 2, "{place} is more than its guard");
        }
    }
    assert!(callbacks >= 10, "only {callbacks} callbacks were found");
}

#[test]
fn the_decisions_know_neither_httpd_nor_unsafe_code() {
    let charter = read(&repository().join("src/policy/mod.rs"));
    assert!(charter.contains("#![forbid(unsafe_code)]"));
    for path in sources("src/policy") {
        for word in [
            "crate::httpd",
            "extern \"C\"",
            "std::fs",
            "std::env",
            "std::time",
        ] {
            let text = read(&path);
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn the_readme_has_every_directive_class_and_rule() {
    let readme = read(&repository().join("README.md"));
    let cell = |text: &str| text.replace('|', "\\|");
    for directive in &DIRECTIVES {
        let row = format!(
            "| `{} {}` | `{}` | {} |",
            directive.name(),
            cell(directive.takes),
            directive.default,
            directive.help.to_string_lossy()
        );
        assert!(readme.contains(&row), "README.md lacks the row\n{row}");
    }
    for class in Class::ALL {
        let scope = if class.everywhere() {
            "everywhere"
        } else {
            "Python directories"
        };
        let row = format!("| `{}` | {scope}", class.name());
        assert!(readme.contains(&row), "README.md lacks the row {row}");
    }
    for rule in Rule::ALL {
        let row = format!("| R{:02} | {} |", rule.number(), rule.title());
        assert!(readme.contains(&row), "README.md lacks the row {row}");
    }
}
