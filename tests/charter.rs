//! What the house rules and the documents claim of the code, held against the code.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use mod_pyguard::policy::audit::check::CHECKS;
use mod_pyguard::policy::audit::document;
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

/// Every callback of httpd, and what it answers on a panic, word for word. Zero would be `OK`, null
/// would be "accepted" or "no configuration".
const CALLBACKS: [(&str, &str); 22] = [
    ("after_walk", "HTTP_INTERNAL_SERVER_ERROR"),
    ("before_python", "HTTP_INTERNAL_SERVER_ERROR"),
    ("before_walk", "HTTP_INTERNAL_SERVER_ERROR"),
    ("check_audit", "HTTP_INTERNAL_SERVER_ERROR"),
    ("check_config", "HTTP_INTERNAL_SERVER_ERROR"),
    ("create", "closed()"),
    ("drop_memory", "0"),
    ("drop_record", "0"),
    ("fall_through", "HTTP_INTERNAL_SERVER_ERROR"),
    ("fixups", "HTTP_INTERNAL_SERVER_ERROR"),
    ("handler", "HTTP_INTERNAL_SERVER_ERROR"),
    ("insert_filter", "()"),
    ("merge", "closed()"),
    ("new_configuration", "HTTP_INTERNAL_SERVER_ERROR"),
    ("observe", "SETTER_FAILED.as_ptr()"),
    ("output", "GONE"),
    ("post_config", "HTTP_INTERNAL_SERVER_ERROR"),
    ("pre_config", "HTTP_INTERNAL_SERVER_ERROR"),
    ("quick_handler", "HTTP_INTERNAL_SERVER_ERROR"),
    ("set", "SETTER_FAILED.as_ptr()"),
    ("test_config", "()"),
    ("unmap", "0"),
];

#[test]
fn every_callback_of_httpd_is_one_guard() {
    let mut found = Vec::new();
    for path in sources("src/httpd") {
        let text = read(&path);
        for (start, _) in text.match_indices("extern \"") {
            let line = text[..start].lines().last().unwrap_or_default();
            if line.trim_start().starts_with("//") {
                continue;
            }
            let rest = &text[start..];
            let signature = &rest[..rest.find('{').unwrap()];
            let name = signature
                .strip_prefix("extern \"C\" fn ")
                .unwrap_or_else(|| panic!("{}: {signature}", path.display()));
            let name = &name[..name.find('(').unwrap()];
            let end = rest.find("\n}\n").unwrap_or(rest.len());
            let body = &rest[signature.len() + 1..end];
            let code: Vec<&str> = body
                .lines()
                .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"))
                .collect();
            if name == "register_hooks" {
                // It cannot answer, so what follows its guard is the abort.
                assert!(
                    code[0].ends_with("guard(false, || {"),
                    "{name}: {}",
                    code[0]
                );
                let end = &code[code.len() - 3..];
                assert_eq!(
                    end.join("\n"),
                    "    if !registered {\n        std::process::abort();\n    }"
                );
                continue;
            }
            let opening = code[0].trim_start();
            let closed = opening
                .strip_prefix("guard(")
                .and_then(|rest| rest.strip_suffix(", || {"))
                .unwrap_or_else(|| panic!("{name} does not begin with its guard: {opening}"));
            assert_eq!(
                *code.last().unwrap(),
                "    })",
                "{name} goes on after its guard"
            );
            let statements = code.iter().filter(|line| !line.starts_with("     "));
            assert_eq!(statements.count(), 2, "{name} is more than its guard");
            found.push((name.to_owned(), closed.to_owned()));
        }
    }
    found.sort();
    let expected = CALLBACKS.map(|(name, closed)| (name.to_owned(), closed.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn the_decisions_know_neither_httpd_nor_unsafe_code() {
    let io = ["std::fs", "std::env", "std::time", "crate::survey"];
    let folders: [(&str, &[&str]); 4] = [
        ("src/policy", &io),
        ("src/policy/audit", &io),
        ("src/policy/audit/checks", &io),
        // It reads the machine, and knows httpd no better.
        ("src/survey", &[]),
    ];
    for (folder, words) in folders {
        if !folder.starts_with("src/policy/audit") {
            let charter = read(&repository().join(folder).join("mod.rs"));
            assert!(charter.contains("#![forbid(unsafe_code)]"), "{folder}");
        }
        for path in sources(folder) {
            let text = read(&path);
            for word in ["crate::httpd", "extern \"C\""].iter().chain(words) {
                assert!(!text.contains(word), "{} has {word}", path.display());
            }
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

/// To write the file anew, set PYGUARD_WRITE_DOCS.
#[test]
fn the_rule_reference_is_what_the_tables_say() {
    let path = repository().join("docs/rules.md");
    let made = document::rules();
    if env::var_os("PYGUARD_WRITE_DOCS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    if text == made {
        return;
    }
    let mut lines = text.lines().zip(made.lines());
    let same = lines.by_ref().take_while(|(is, want)| is == want).count();
    panic!(
        "docs/rules.md differs from the tables in line {}:\n  it has  {}\n  made is {}\nTo write it anew: \
         PYGUARD_WRITE_DOCS=1 cargo test --no-default-features --test charter",
        same + 1,
        text.lines().nth(same).unwrap_or("(its end)"),
        made.lines().nth(same).unwrap_or("(its end)"),
    );
}

#[test]
fn the_checks_are_named_and_ordered_by_rule() {
    let mut names = BTreeSet::new();
    for check in &CHECKS {
        let name = check.name;
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        assert!(name.split('-').all(is_word), "{name}");
        assert!(names.insert(name), "{name} is there twice");
        for text in [check.title, check.risk, check.fix] {
            assert!(!text.is_empty() && !text.contains('`'), "{name}: {text}");
        }
        assert!(!check.title.ends_with('.'), "{name}: {}", check.title);
        for sentence in [check.risk, check.fix] {
            assert!(sentence.ends_with('.'), "{name}: {sentence}");
        }
    }
    assert!(
        CHECKS.is_sorted_by_key(|check| check.rule),
        "a check stands before one of an earlier rule"
    );
    for number in [1, 2, 5, 6, 8, 10, 11, 13, 14, 16, 22, 23, 24] {
        assert!(
            CHECKS.iter().any(|check| check.rule.number() == number),
            "R{number:02} is to be audited, and no check is its own"
        );
    }
}
