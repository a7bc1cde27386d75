//! Who may write the code that httpd runs, and who may read its secrets.

use std::collections::BTreeSet;

use super::super::Finding;
use super::super::check::Check;
use super::super::facts::{Entry, Facts, Kind, Place, View};
use super::super::interest::HTACCESS;
use super::super::paths::{around, name_of, parent, shell};
use super::code::{handler_modules, is_package_directory, wsgi_targets};
use super::finding;
use crate::policy::class::{Class, classify, is_plain};
use crate::policy::handler::has_extension;

// R02: who may write.

/// The directories that Python code is taken from, and the files of it that are `suspect`.
fn code(facts: &Facts, suspect: impl Fn(&Entry) -> bool) -> (BTreeSet<&[u8]>, BTreeSet<&[u8]>) {
    let libraries: BTreeSet<&[u8]> = (facts.libraries.iter())
        .map(|library| &*library.directory)
        .collect();
    let mut files = handler_modules(facts);
    files.extend(wsgi_targets(facts).map(|(_, target, _)| target));
    let mut directories = libraries.clone();
    directories.extend(files.iter().map(|file| parent(file)));
    for (path, entry) in &facts.entries {
        let mut views = entry.views.iter();
        if entry.kind == Kind::Directory {
            // Whatever is put there is run.
            if views.any(|view| view.conf.observed.publishes(b"module.py")) {
                directories.insert(path);
            }
            continue;
        }
        let directory = parent(path);
        if !suspect(entry) && directories.contains(directory) {
            continue;
        }
        let name = name_of(path);
        let is_source = !is_plain(name)
            && classify(name, false).is_some_and(|found| found.class == Class::Source);
        if !is_source && name != HTACCESS {
            continue;
        }
        let is_python = |view: &View| {
            let mount = facts.mounts.get(view.mount);
            let root = mount.map_or(&b""[..], |mount| &mount.directory);
            view.conf.observed.is_python_directory(path, root)
        };
        if views.any(is_python) || around(path).any(|path| libraries.contains(path)) {
            files.insert(path);
            if is_source {
                directories.insert(directory);
            }
        }
    }
    (directories, files)
}

/// Finds code that somebody may write: the outermost directories, and the files elsewhere.
fn writable(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
    who: &str,
    may_write: impl Fn(&Entry) -> bool,
    commands: impl Fn(&Entry) -> Vec<(&'static str, String)>,
) {
    let (directories, files) = code(facts, &may_write);
    let mut told: BTreeSet<&[u8]> = BTreeSet::new();
    for path in directories.into_iter().chain(files) {
        let Some(entry) = facts.entries.get(path).filter(|entry| may_write(entry)) else {
            continue;
        };
        if told.contains(path) || around(path).any(|path| told.contains(path)) {
            continue;
        }
        let (recursive, target) = match entry.kind {
            Kind::Directory => {
                told.insert(path);
                ("-R ", "put code there that httpd runs")
            }
            Kind::File => ("", "change it, and with it what httpd does"),
        };
        let what = format!(
            "{who} may {target}: its mode is {:04o}, its owner {}, its group {}.",
            entry.mode, entry.uid, entry.gid
        );
        let file = shell(path);
        let commands = commands(entry).into_iter();
        let lines = commands
            .map(|(command, change)| format!("{command} {recursive}{change} {file}"))
            .collect();
        let (severity, place) = (check.severity.0, Place::Path(path.to_vec()));
        findings.push(finding(check, severity, place, what, lines));
    }
}

pub(super) fn is_world_writable(entry: &Entry) -> bool {
    entry.mode & 0o002 != 0
}

/// R02: everybody.
pub(crate) fn world_writable(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let commands = |_: &Entry| vec![("chmod", "o-w".to_owned())];
    writable(
        check,
        facts,
        findings,
        "Every user",
        is_world_writable,
        commands,
    );
}

/// Whether httpd's user may write, as the owner or by a group, and not because everybody may.
pub(super) fn is_httpd_writable(facts: &Facts, entry: &Entry) -> bool {
    let user = &facts.user;
    if user.uid == 0 || is_world_writable(entry) {
        return false;
    }
    match entry.uid == user.uid {
        true => entry.mode & 0o200 != 0,
        false => in_group(facts, entry) && entry.mode & 0o020 != 0,
    }
}

fn in_group(facts: &Facts, entry: &Entry) -> bool {
    entry.gid == facts.user.gid || facts.user.groups.contains(&entry.gid)
}

/// R02: httpd itself.
pub(crate) fn writable_by_httpd(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let may_write = |entry: &Entry| is_httpd_writable(facts, entry);
    let commands = |entry: &Entry| match entry.uid == facts.user.uid {
        true => vec![
            ("chown", format!("root:{}", facts.user.gid)),
            ("chmod", "g=rX".to_owned()),
        ],
        false => vec![("chmod", "g-w".to_owned())],
    };
    writable(check, facts, findings, "httpd's user", may_write, commands);
}

// R02: who may read.

/// Names of files that hold passwords or keys, whatever else is said of them.
const SECRETS: [&[u8]; 19] = [
    b".env",
    b".flaskenv",
    b".git-credentials",
    b".htdigest",
    b".htpasswd",
    b".my.cnf",
    b".netrc",
    b".pgpass",
    b".pypirc",
    b"id_dsa",
    b"id_ecdsa",
    b"id_ecdsa_sk",
    b"id_ed25519",
    b"id_ed25519_sk",
    b"id_rsa",
    b"local_settings.py",
    b"secrets.py",
    b"secring.gpg",
    b"wp-config.php",
];

/// Extensions of such files.
const SECRET_EXTENSIONS: [&[u8]; 8] = [
    b"jks", b"kdb", b"kdbx", b"key", b"keytab", b"p12", b"pfx", b"ppk",
];

/// Extensions under which `secrets` and `credentials` are data, and not a page or a program.
const SECRET_DATA: [&[u8]; 11] = [
    b"cfg",
    b"conf",
    b"csv",
    b"env",
    b"ini",
    b"json",
    b"properties",
    b"toml",
    b"xml",
    b"yaml",
    b"yml",
];

/// Words in a name that say that it is an example, or that it is public.
const HARMLESS: [&[u8]; 9] = [
    b"defaults",
    b"dist",
    b"example",
    b"pub",
    b"public",
    b"sample",
    b"schema",
    b"template",
    b"test",
];

/// Whether the name is that of a secret, and nothing else.
fn is_secret(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|byte| matches!(byte, b'.' | b'-' | b'_'));
    if words.any(|word| HARMLESS.contains(&word)) {
        return false;
    }
    let stem = match memchr::memchr(b'.', &name) {
        Some(dot) => name.get(..dot).unwrap_or_default(),
        None => &name,
    };
    let is_data =
        stem.len() == name.len() || SECRET_DATA.iter().any(|end| has_extension(&name, end));
    SECRETS.contains(&&*name)
        || name.starts_with(b".env.")
        || SECRET_EXTENSIONS
            .iter()
            .any(|end| has_extension(&name, end))
            && classify(&name, false).is_some_and(|found| found.all.contains(Class::Secret))
        || is_data && matches!(stem, b"secrets" | b"credentials")
}

/// Whether what has a key's name is a slide show, or a key for everybody.
fn is_public(content: &[u8]) -> bool {
    let has = |text: &[u8]| memchr::memmem::find(content, text).is_some();
    content.starts_with(b"PK\x03\x04") || (has(b"PUBLIC KEY") && !has(b"PRIVATE KEY"))
}

/// R02: secrets that every user may read.
pub(crate) fn readable_secret(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    for (path, entry) in &facts.entries {
        if entry.kind != Kind::File || entry.mode & 0o004 == 0 || !is_secret(name_of(path)) {
            continue;
        }
        if entry.content.as_deref().is_some_and(is_public) {
            continue;
        }
        // Code and tests of what is installed.
        if around(path).any(is_package_directory) {
            continue;
        }
        let is_entered = |path: &[u8]| {
            let directory = facts.entries.get(path);
            directory.is_none_or(|entry| entry.mode & 0o001 != 0)
        };
        if !around(path).all(is_entered) {
            continue;
        }
        let what = format!(
            "Every user of this machine may read it: its name is that of a secret, its mode is {:04o}.",
            entry.mode
        );
        let file = shell(path);
        let mut lines = Vec::new();
        // httpd may have been one of those others.
        let user = &facts.user;
        if user.uid != 0 && entry.uid != user.uid && !in_group(facts, entry) {
            lines.push(format!("chgrp {} {file}", user.gid));
        }
        lines.push(match entry.uid == user.uid || user.uid == 0 {
            true => format!("chmod o= {file}"),
            false => format!("chmod g=r,o= {file}"),
        });
        let (severity, place) = (check.severity.0, Place::Path(path.clone()));
        findings.push(finding(check, severity, place, what, lines));
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::is_public;
    use crate::policy::audit::facts::LibraryKind;
    use crate::policy::audit::site::{HTTPD, NONE, OWNER, Site, plain, python};
    use crate::policy::observed::Observed;
    use crate::policy::settings::Settings;

    #[test]
    fn who_may_write() {
        let places = |path: &str, mode, owner| {
            let site = Site::new(Settings::EMPTY, python("mod_python.publisher"))
                .library("/srv/app", LibraryKind::PythonPath, "")
                .owned(path, mode, owner);
            (
                site.places("world-writable"),
                site.places("writable-by-httpd"),
            )
        };
        let none: Vec<String> = Vec::new();
        // path, mode, owner, group; everybody, httpd
        let table = [
            ("/srv/app/", 0o777, OWNER, OWNER, true, false),
            ("/srv/app/", 0o1777, 0, 0, true, false),
            ("/srv/app/", 0o755, HTTPD, OWNER, false, true),
            ("/srv/app/", 0o555, HTTPD, HTTPD, false, false),
            ("/srv/app/", 0o775, OWNER, HTTPD, false, true),
            ("/srv/app/", 0o775, OWNER, 44, false, true),
            ("/srv/app/", 0o775, OWNER, 45, false, false),
            ("/srv/app/", 0o755, OWNER, HTTPD, false, false),
            ("/srv/app/x.py", 0o666, OWNER, OWNER, true, false),
            ("/srv/app/x.py", 0o664, OWNER, HTTPD, false, true),
            ("/srv/app/x.css", 0o666, OWNER, OWNER, false, false),
            ("/srv/www/x.py", 0o644, HTTPD, OWNER, false, true),
            ("/srv/www/.htaccess", 0o644, HTTPD, OWNER, false, true),
            ("/srv/www/x.css", 0o644, HTTPD, OWNER, false, false),
            ("/srv/www/uploads/", 0o755, HTTPD, OWNER, false, true),
            ("/srv/other/x.py", 0o666, HTTPD, OWNER, false, false),
        ];
        for (path, mode, uid, gid, everybody, httpd) in table {
            let place = |severity| vec![format!("{} {severity}", path.trim_end_matches('/'))];
            let (world, own) = places(path, mode, (uid, gid));
            let expected = if everybody {
                place("high")
            } else {
                none.clone()
            };
            assert_eq!(world, expected, "{path} {mode:o}");
            let expected = if httpd { place("medium") } else { none.clone() };
            assert_eq!(own, expected, "{path} {mode:o} {uid} {gid}");
        }

        // The directory, and nothing of what is in it.
        let mut site = plain().library("/srv/app", LibraryKind::Handler, "");
        for path in [
            "/srv/app/",
            "/srv/app/x.py",
            "/srv/app/in/",
            "/srv/app/in/y.py",
        ] {
            site = site.owned(path, 0o775, (HTTPD, HTTPD));
        }
        let findings = site.findings("writable-by-httpd");
        assert_eq!(findings.len(), 1);
        assert_eq!(
            findings[0].lines,
            ["chown -R root:33 '/srv/app'", "chmod -R g=rX '/srv/app'"]
        );
        site.facts.user.uid = 0;
        assert_eq!(site.places("writable-by-httpd"), NONE);
        // An upload directory that no code is taken from.
        let mut observed = Observed::EMPTY;
        observed.wsgi_script_alias(b"/app /srv/www/app.wsgi");
        let site = Site::new(Settings::EMPTY, observed)
            .with(&["/srv/www/app.wsgi"])
            .owned("/srv/www/media/", 0o775, (HTTPD, HTTPD));
        assert_eq!(site.places("writable-by-httpd"), NONE);
    }

    #[test]
    fn secrets_that_are_read() {
        let names = |names: &[&str], mode| {
            let mut site = plain();
            for name in names {
                site = site.owned(name, mode, (OWNER, OWNER));
            }
            site.places("readable-secret").len()
        };
        let secrets = [
            "/srv/app/.env",
            "/srv/app/.env.production",
            "/srv/app/.htpasswd",
            "/srv/app/.pgpass",
            "/srv/app/id_rsa",
            "/srv/app/server.key",
            "/srv/app/secrets.json",
            "/srv/app/credentials",
            "/srv/app/local_settings.py",
            "/srv/app/x.kdbx",
            "/srv/www/.my.cnf",
        ];
        assert_eq!(names(&secrets, 0o644), secrets.len());
        assert_eq!(names(&secrets, 0o640), 0);
        let others = [
            "/srv/app/.env.example",
            "/srv/app/.htaccess",
            "/srv/app/id_rsa.pub",
            "/srv/app/server.pem",
            "/srv/app/public.key",
            "/srv/app/settings.py",
            "/srv/app/credentials.html",
            "/srv/app/credentials.py",
            "/srv/app/test_secrets.json",
            "/srv/app/site-packages/x/secrets.json",
            "/srv/app/lib/python3.11/secrets.py",
        ];
        assert_eq!(names(&others, 0o644), 0);
        assert!(is_public(b"PK\x03\x04slides") && is_public(b"-----BEGIN PGP PUBLIC KEY BLOCK"));
        assert!(!is_public(b"-----BEGIN PRIVATE KEY-----\n") && !is_public(b"\x30\x82"));
        let lines = |mode, owner| {
            let site = plain().owned("/srv/app/.env", mode, owner);
            site.findings("readable-secret").remove(0).lines
        };
        assert_eq!(
            lines(0o644, (OWNER, OWNER)),
            ["chgrp 33 '/srv/app/.env'", "chmod g=r,o= '/srv/app/.env'"]
        );
        assert_eq!(lines(0o644, (HTTPD, OWNER)), ["chmod o= '/srv/app/.env'"]);
        let hidden = plain().owned("/srv/app/", 0o750, (OWNER, HTTPD)).owned(
            "/srv/app/.env",
            0o644,
            (OWNER, OWNER),
        );
        assert_eq!(hidden.places("readable-secret"), NONE);
    }
}
