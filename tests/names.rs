//! R13, R14, R15, R17, R18: what a file is by its name, and that httpd does not send it.

use crate::harness::{Options, Server, token};
use crate::hazard::{Hazard, check, get};

/// Denied wherever they are.
const EVERYWHERE: &[(&str, &[&str])] = &[
    ("PG017", SOURCE),
    ("PG013", BYTECODE),
    ("PG014", OPTIMIZED),
    ("PG018", BACKUP),
    ("PG018", EDITOR),
    ("PG015", VCS),
    ("PG015", SECRET),
    ("PG015", DATABASE),
];

/// Denied in a directory of Python, served elsewhere.
const IN_PYTHON_DIRECTORIES: &[(&str, &[&str])] = &[
    ("PG015", TEMPLATE),
    ("PG015", METADATA),
    ("PG015", LOG),
    ("PG015", CACHE),
];

const SOURCE: &[&str] = &[
    "app.py",
    "APP.PY",
    "app.Py",
    "gui.pyw",
    "fast.pyx",
    "fast.pxd",
    "stubs.pyi",
    "page.psp",
    "site.wsgi",
    "analysis.ipynb",
    "jquery.min.py",
    "package/__init__.py",
    "package/deep/down/module.py",
    // Copies that keep the extension.
    "app.final.py",
];

const BYTECODE: &[&str] = &[
    "app.pyc",
    "app.PYC",
    "__pycache__/app.cpython-311.pyc",
    "__pycache__/app.cpython-311.opt-1.pyc",
    "__pycache__/app.cpython-311.opt-2.pyc",
    "__pycache__/app.pypy39.pyc",
    "__pycache__/notes.txt",
    "__PyCache__/app.bin",
    "app$py.class",
    "fast.pyd",
    "fast.cpython-311-x86_64-linux-gnu.so",
    "fast.abi3.so",
];

const OPTIMIZED: &[&str] = &["app.pyo", "__pycache__/app.pyo"];

const BACKUP: &[&str] = &[
    "Kopie von app.py",
    "app.BASE.1234.py",
    "app.LOCAL.1234.py",
    "app.REMOTE.1234.py",
    "app.py~",
    "index.html~",
    "logo.png~",
    "app.py.~1~",
    "app.py.bak",
    "index.html.bak",
    "index.html.BAK",
    "app.bak",
    "app.py.bak2",
    "app.py.backup",
    "app.py.old",
    "app.old",
    "app.py.orig",
    "app.py.orig.1",
    "app.py.save",
    "app.py.save.1",
    "app.py.copy",
    "app.py.tmp",
    "app.py.1",
    "app.py.2",
    "app.py.2024-01-01",
    "app.py.20240101",
    "app.py-20240101",
    "app.py.2024-01-01.gz",
    "app.py.bak.gz",
    "app.py-old",
    "app.py_old",
    "app.py_bak",
    "app.py_",
    "app_old.py",
    "app-old.py",
    "app_backup.py",
    "app-backup.py",
    "app.bak.py",
    "app.old.py",
    "app copy.py",
    "app copy 2.py",
    "app (copy).py",
    "app (1).py",
    "app - Copy.py",
    "app - Copy (2).py",
    "Copy of app.py",
    "copy_of_app.py",
    "app.py,v",
    "app.py.rej",
    "app.py.mine",
    "app.py.r1207",
    "app_BASE_1234.py",
    "app.conf.dpkg-old",
    "app.conf.dpkg-new",
    "app.conf.dpkg-dist",
    "app.conf.dpkg-tmp",
    "app.conf.ucf-old",
    "app.conf.ucf-dist",
    "app.conf.rpmnew",
    "app.conf.rpmsave",
    "app.conf.rpmorig",
    "app.conf.pacnew",
    "app.conf.pacsave",
    "app.py.swp",
    "app.py.zip.bak",
    "old.d/app.bak/readme.txt",
];

const EDITOR: &[&str] = &[
    ".app.py.swp",
    ".app.py.swo",
    ".app.py.swn",
    ".app.py.un~",
    "#app.py#",
    ".#app.py",
    "#index.html#",
    ".app.py.kate-swp",
    ".~lock.prices.ods#",
    ".idea/workspace.xml",
    ".vscode/settings.json",
];

const VCS: &[&str] = &[
    ".git/config",
    ".git/HEAD",
    ".git/objects/pack/pack-0a.pack",
    ".GIT/config",
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
    ".hg/hgrc",
    ".hgignore",
    ".svn/entries",
    ".svn/wc.db",
    ".bzr/branch-format",
    "CVS/Entries",
    "CVS/Root",
    "_darcs/format",
    "module/.git/index",
];

const SECRET: &[&str] = &[
    ".env",
    ".ENV",
    // Whatever it is: it begins with a dot.
    ".swp",
    ".unheard-of",
    ".config/x.txt",
    ".env.local",
    ".env.production",
    "production.env",
    ".envrc",
    ".flaskenv",
    ".htpasswd",
    ".htaccess.txt",
    ".netrc",
    ".pgpass",
    ".my.cnf",
    ".pypirc",
    ".npmrc",
    ".git-credentials",
    ".aws/credentials",
    ".ssh/id_rsa",
    ".ssh/authorized_keys",
    ".docker/config.json",
    ".kube/config",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".psql_history",
    ".mysql_history",
    ".sqlite_history",
    ".viminfo",
    ".lesshst",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "server.key",
    "private.pem",
    "store.p12",
    "store.pfx",
    "store.jks",
    "passwords.kdbx",
    "putty.ppk",
    "secrets.yml",
    "secrets.json",
    ".secrets.toml",
    "local_settings.ini",
    "terraform.tfstate",
    "web.config",
];

const DATABASE: &[&str] = &[
    "shop.sqlite",
    "shop.sqlite3",
    "shop.db",
    "shop.db3",
    "db.sqlite3-journal",
    "db.sqlite3-wal",
    "db.sqlite3-shm",
    "shop.sql",
    "shop.sql.gz",
    "shop.sql.bz2",
    "shop.sql.xz",
    "shop.sql.zst",
    "shop.sql.zip",
    "shop.SQL.GZ",
    "shop.dump",
    "shop.mdb",
    "shop.dbm",
    "dump.rdb",
    "Data.fs",
];

const TEMPLATE: &[&str] = &[
    "page.tmpl",
    "page.mako",
    "page.jinja",
    "page.jinja2",
    "page.j2",
    "page.html.j2",
    "page.pt",
    "page.tal",
    "page.kid",
    "page.genshi",
];

const METADATA: &[&str] = &[
    "requirements.txt",
    "requirements-dev.txt",
    "setup.cfg",
    "pyproject.toml",
    "Pipfile",
    "Pipfile.lock",
    "poetry.lock",
    "uv.lock",
    "tox.ini",
    "pytest.ini",
    "MANIFEST.in",
    "Dockerfile",
    "docker-compose.yml",
    "Makefile",
    ".coverage",
    ".travis.yml",
    ".gitlab-ci.yml",
    "shop.egg-info/PKG-INFO",
    "shop-1.0.dist-info/RECORD",
];

const LOG: &[&str] = &[
    "shop.log",
    "shop.log.1",
    "shop.log.gz",
    "shop.log.2.gz",
    "shop.LOG",
    "nohup.out",
    "error_log",
    "access_log",
];

const CACHE: &[&str] = &[
    ".pytest_cache/README.md",
    ".mypy_cache/3.11/app.data.json",
    ".ruff_cache/x",
    ".tox/log/x",
    ".cache/x",
    ".venv/pyvenv.cfg",
    "venv/pyvenv.cfg",
];

fn options() -> Options {
    Options {
        scenario: "names",
        ..Options::default()
    }
}

/// One file for each name below `directory`, and one row that asks for it.
fn run(directory: &str, table: &[(&str, &[&str])]) {
    let files: Vec<(String, &str)> = table
        .iter()
        .flat_map(|(tag, names)| names.iter().map(move |name| (*name, *tag)))
        .map(|(name, tag)| (format!("{directory}/{name}"), tag))
        .collect();
    let texts: Vec<(String, String, [&str; 1])> = files
        .iter()
        .map(|(path, tag)| (format!("/{}", encoded(path)), token(path), [*tag]))
        .collect();
    let rows: Vec<Hazard<'_>> = texts
        .iter()
        .map(|(target, token, tag)| get(target, token, tag))
        .collect();
    check(&options(), &rows, |server| {
        for (path, _) in &files {
            server.write(path, token(path).as_bytes());
        }
    });
}

/// What a browser makes of a path.
fn encoded(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' | b',' | b'$' | b'(' | b')' => {
                char::from(byte).to_string()
            }
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[test]
fn denied_in_an_ordinary_directory() {
    run("plain", EVERYWHERE);
}

#[test]
fn denied_in_a_python_directory() {
    run("python", EVERYWHERE);
    run("python", IN_PYTHON_DIRECTORIES);
}

/// Names that are no valid text, or that only look like another.
#[test]
fn odd_bytes_in_names() {
    let rows = [
        get("/plain/caf%E9.py", "SECRET-latin1", &["PG017"]),
        get("/plain/%D1%84.py~", "SECRET-cyrillic", &["PG018"]),
        get("/plain/a%0Ab.py", "SECRET-newline", &["PG017"]),
        get("/plain/%20.py", "SECRET-space", &["PG017"]),
        get("/plain/.py", "SECRET-only-extension", &["PG015", "PG017"]),
    ];
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    check(&options(), &rows, |server: &Server| {
        for (name, text) in [
            (&b"caf\xe9.py"[..], "SECRET-latin1"),
            ("ф.py~".as_bytes(), "SECRET-cyrillic"),
            (b"a\nb.py", "SECRET-newline"),
            (b" .py", "SECRET-space"),
            (b".py", "SECRET-only-extension"),
        ] {
            server.write("plain/here.txt", b"");
            let path = server.site("plain").join(OsStr::from_bytes(name));
            std::fs::write(path, text).unwrap();
        }
    });
}

/// What is static is denied and logged whether it exists or not.
#[test]
fn a_missing_file_is_logged_too() {
    let mut server = Server::start(&options());
    for (target, tag) in [
        ("/plain/nothing.py", "PG017: denied source file"),
        ("/plain/nothing.pyc", "PG013: denied bytecode file"),
        ("/plain/nothing.txt~", "PG018: denied backup file"),
        ("/plain/.nothing.swp", "PG018: denied"),
        ("/plain/.env", "PG015: denied secret file"),
        ("/plain/x.sql", "PG015: denied database file"),
        ("/plain/.git/config", "PG015: denied"),
    ] {
        assert_eq!(server.get(target).status, 404, "{target}");
        assert_eq!(server.expect_log(tag).len(), 1, "{target}");
    }
    server.finish();
}

/// A program may answer under any name where there is no such file; where there is one, it is
/// somebody's residue, and the program does not get it.
#[test]
fn a_program_under_a_denied_name() {
    let mut server = Server::start_with(&options(), |server| {
        server.write("dynamic/export.sql~", b"SECRET-dynamic");
        server.write("dynamic/there.sql", b"SECRET-dynamic");
        server.write("dynamic/there.py", b"SECRET-dynamic");
    });
    for target in [
        "/dynamic/backup.sql",
        "/dynamic/report.csv.bak",
        "/dynamic/.env",
        "/dynamic/there.py",
    ] {
        let answer = server.get(target);
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (200, "program"),
            "{target}"
        );
    }
    for (target, tag) in [
        ("/dynamic/there.sql", "PG015: denied database file"),
        ("/dynamic/export.sql~", "PG018: denied backup file"),
    ] {
        let answer = server.get(target);
        assert_eq!(answer.status, 404, "{target}");
        server.expect_log(tag);
    }
    server.finish();
}
