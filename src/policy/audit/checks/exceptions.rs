//! What an administrator opens with the module's own directives.

use super::super::paths::without_slash;
use super::*;
use crate::policy::class::Class;
use crate::policy::pattern::Pattern;

/// What is never meant to be served: its name, what it is, and whether that is so everywhere. The
/// others are secrets only where an application lies: among files for download they are examples,
/// public keys and old versions.
type Secret = (&'static str, &'static str, bool);

const SECRETS: [Secret; 9] = [
    (".env", "an application's passwords", true),
    (".htpasswd", "the hashes of passwords", true),
    (".git", "a repository, with all it ever had", true),
    ("id_rsa", "a private key", true),
    ("settings.py", "the settings of Django", false),
    ("local_settings.py", "what they leave to a machine", false),
    ("config.py", "the settings of Flask", false),
    ("server.key", "a private key", false),
    ("wp-config.php.bak", "a backup of settings", false),
];

/// The classes whose files are read for what is in them, and whether they matter everywhere.
const OPEN_CLASSES: [(Class, bool); 4] = [
    (Class::Source, false),
    (Class::Secret, true),
    (Class::Vcs, true),
    (Class::Backup, false),
];

/// R15: exceptions that open more than what was meant. A word that names one file only, or files that
/// nobody hides, opens none of the names above.
pub(crate) fn opened_secret(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    for said in &facts.said {
        let (what, line) = match said.name.as_str() {
            "pyguardexempt" => {
                let Some((opened, rest)) = exempted(facts, said) else {
                    continue;
                };
                let what = format!(
                    "This exempts {}: visitors can read them where such files lie.",
                    listed(&opened)
                );
                (what, line("PyGuardExempt", rest))
            }
            "pyguarddeny" => {
                let Some((classes, line)) = undenied(facts, said) else {
                    continue;
                };
                let what = format!(
                    "This no longer denies files of {}: visitors can read them.",
                    listed(&classes)
                );
                (what, line)
            }
            _ => continue,
        };
        let lines = in_sections(&said.sections, vec![line]);
        findings.push(finding(check, check.severity.0, said.place(), what, lines));
    }
}

/// Whether a word of `PyGuardExempt` is for a file of this name.
fn opens(word: &[u8], (name, _, everywhere): &Secret) -> bool {
    // A pattern for the whole path names its directories itself.
    let slash = memchr::memrchr(b'/', word).map_or(0, |slash| slash + 1);
    let directory = word.get(..slash).unwrap_or_default().iter();
    let directory: Bytes = directory
        .map(|byte| if *byte == b'*' { b'x' } else { *byte })
        .collect();
    let directory = directory.strip_prefix(b"/").unwrap_or(&directory);
    Pattern::parse(word).is_ok_and(|pattern| {
        let is_in = |directory: &[u8]| pattern.matches_path(&[directory, name.as_bytes()].concat());
        pattern.matches_component(name.as_bytes())
            || is_in(b"x/")
            || (*everywhere && is_in(directory))
    })
}

/// The secrets that the patterns of a `PyGuardExempt` open, and the words that open none.
fn exempted<'a>(facts: &Facts, said: &'a Said) -> Option<(Vec<String>, Vec<&'a [u8]>)> {
    let has_python = has_python_below(facts, said);
    let secrets = || {
        let all = SECRETS.iter();
        all.filter(|(.., everywhere)| *everywhere || has_python)
    };
    let opened: Vec<String> = secrets()
        .filter(|secret| said.words.iter().any(|word| opens(word, secret)))
        .map(|(name, what, _)| format!("{name} ({what})"))
        .collect();
    let mut rest: Vec<&[u8]> = said.words.iter().map(Vec::as_slice).collect();
    rest.retain(|word| !secrets().any(|secret| opens(word, secret)));
    if rest.is_empty() {
        rest.push(b"None");
    }
    (!opened.is_empty()).then_some((opened, rest))
}

/// The classes that a `PyGuardDeny` opens, by name, and the line that does not open them.
fn undenied(facts: &Facts, said: &Said) -> Option<(Vec<String>, String)> {
    let denied = conf_of(facts, said)?.settings.denied();
    let has_python = has_python_below(facts, said);
    let is = |word: &Bytes, name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    let is_list = !said.word(0).starts_with(b"+") && !said.word(0).starts_with(b"-");
    let takes_out = |class: Class| {
        let names = |word: &Bytes| is(word, class.name()) || is(word, "all");
        said.words
            .iter()
            .any(|word| is(word, &format!("-{}", class.name())))
            || (is_list && !said.words.iter().any(names))
    };
    let opened: Vec<Class> = OPEN_CLASSES
        .iter()
        .filter(|(class, everywhere)| {
            !denied.contains(*class) && takes_out(*class) && (*everywhere || has_python)
        })
        .map(|(class, _)| *class)
        .collect();
    if opened.is_empty() {
        return None;
    }
    let kept = said.words.iter().filter(|word| {
        let taken = |class: &Class| is(word, &format!("-{}", class.name()));
        !opened.iter().any(taken) && !is(word, "none")
    });
    let mut words: Vec<&[u8]> = kept.map(Vec::as_slice).collect();
    match is_list && !words.is_empty() {
        true => words.extend(opened.iter().map(|class| class.name().as_bytes())),
        false if words.is_empty() => words.push(b"All"),
        false => {}
    }
    let names = opened.iter().map(|class| format!("class {}", class.name()));
    Some((names.collect(), line("PyGuardDeny", words)))
}

/// Whether an application lies in what a directive is for: Python is configured there, or Python
/// imports from there or from below. `PyGuardExempt *.py` in a directory of downloads, beside all
/// that, is what the exception is for; for a whole server it is so where that has no Python at all.
fn has_python_below(facts: &Facts, said: &Said) -> bool {
    let is_python_at = |directory: &[u8]| {
        conf_of(facts, said)
            .is_some_and(|conf| conf.observed.is_python_directory(directory, directory))
    };
    let is_python = |other: &&Said| is_python(&other.name, other.word(0));
    let mut python = facts.said.iter().filter(is_python);
    match section(said) {
        Section::Server => python.any(|other| are_related(other.host, said.host)),
        Section::Directory(path) => {
            let path = without_slash(&path);
            let mut libraries = facts.libraries.iter();
            is_python_at(path)
                || libraries.any(|library| covers(path, &library.directory))
                || python.any(|other| directory_of(other).is_some_and(|inner| covers(path, &inner)))
        }
        _ => is_python_at(b""),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::reader::*;
    use super::*;
    use crate::policy::audit::facts::{Library, LibraryKind};

    #[test]
    fn exceptions() {
        let python = "<Directory /srv/app>\nPythonHandler a\n</Directory>\n";
        let downloads =
            |line: &str| format!("{python}<Directory /srv/downloads>\n{line}\n</Directory>");
        holds(
            "opened-secret",
            &[
                ("PyGuardExempt *.py", ""),
                (&format!("{python}PyGuardExempt *.py"), "high:4"),
                (
                    &format!("{python}PyGuardExempt example.py *.whl *.ipynb *.css None.py"),
                    "",
                ),
                (&format!("{python}PyGuardExempt settings.p?"), "high:4"),
                (&format!("{python}PyGuardExempt docs/*.py"), ""),
                (&downloads("PyGuardExempt *.py"), ""),
                (&downloads("PyGuardExempt *.py .env"), "high:5"),
                (&downloads("PyGuardExempt *"), "high:5"),
                (&downloads("PyGuardExempt keys/id_*"), "high:5"),
                (&downloads("PyGuardExempt None"), ""),
                (
                    "<Directory /srv/app>\nPythonHandler a\nPyGuardExempt *.py\n</Directory>",
                    "high:3",
                ),
                (
                    &format!("{python}<Directory /srv>\nPyGuardExempt *.py\n</Directory>"),
                    "high:5",
                ),
                (
                    &format!("{python}<Directory /srv/ap>\nPyGuardExempt *.py\n</Directory>"),
                    "",
                ),
                (
                    "<Location /x>\nPythonHandler a\nPyGuardExempt *.py\n</Location>",
                    "high:3",
                ),
                (&format!("{python}PyGuardDeny -source"), "high:4"),
                (&format!("{python}PyGuardDeny -log -cache"), ""),
                (&format!("{python}PyGuardDeny source backup secret vcs"), ""),
                ("PyGuardDeny source backup", "high:1"),
                ("PyGuardDeny -source -backup", ""),
                ("PyGuardDeny None", "high:1"),
                (&downloads("PyGuardDeny -source -backup"), ""),
                (&downloads("PyGuardDeny -secret"), "high:5"),
                (
                    "PyGuardDeny -vcs\n<Directory /srv>\nPyGuardDeny -log\n</Directory>",
                    "high:1",
                ),
            ],
        );
        let mut facts = server("<Directory /srv/lib>\nPyGuardExempt a.py *.py\n</Directory>");
        assert_eq!(found("opened-secret", &facts), "");
        facts.libraries.push(Library {
            directory: b"/srv/lib/shop".to_vec(),
            host: 0,
            interpreter: Vec::new(),
            place: Place::Path(FILE.to_vec()),
            kind: LibraryKind::PythonPath,
        });
        assert_eq!(found("opened-secret", &facts), "high:2");
        assert_eq!(
            advice("opened-secret", &facts),
            [
                "<Directory /srv/lib>",
                "    PyGuardExempt a.py",
                "</Directory>"
            ]
        );
        let advice = |text: &str| advice("opened-secret", &server(text));
        assert_eq!(advice("PyGuardExempt *"), ["PyGuardExempt None"]);
        assert_eq!(advice("PyGuardDeny -secret -log"), ["PyGuardDeny -log"]);
        assert_eq!(advice("PyGuardDeny -vcs"), ["PyGuardDeny All"]);
        assert_eq!(advice("PyGuardDeny None"), ["PyGuardDeny All"]);
        assert_eq!(
            advice("PyGuardDeny log vcs"),
            ["PyGuardDeny log vcs secret"]
        );
    }
}
