//! The table of names: what is denied, by the class it is given here, and why.
//!
//! A new name is a new row. Names are written in lower case and compared without case, but for
//! [`Shape::Exact`]. [`NAMES`] says what a whole name or its extension means, [`RESIDUE`] what an
//! ending says about a file that had another name before, and [`WRAPPERS`] which endings hide
//! nothing. A dot-led name that no row knows is a secret, see `class.rs`.

use super::class::Class::{self, *};

/// What a row of [`NAMES`] matches.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A file with this last extension.
    Extension(&'static str),
    /// A file or directory with this whole name.
    Name(&'static str),
    /// A file with this whole name.
    File(&'static str),
    /// A directory with this whole name.
    Directory(&'static str),
    /// A file or directory with this whole name, in this case only.
    Exact(&'static str),
    /// A file or directory whose name begins so, has more between, and ends so.
    Between(&'static str, &'static str),
}

/// For whoever reads the table.
pub(super) type Why = &'static str;

use Shape::{Between, Directory, Exact, Extension, File, Name};

/// A row: the shape, its class, and why it is there.
#[expect(dead_code, reason = "the last field is for people")]
pub(super) struct Row(pub(super) Shape, pub(super) Class, pub(super) Why);

/// Whole names and extensions.
#[rustfmt::skip]
pub(super) const NAMES: &[Row] = &[
    // Source: what a handler may run, and nobody may read.
    Row(Extension("py"), Source, "Python"),
    Row(Extension("pyw"), Source, "Python without a console, on Windows"),
    Row(Extension("py2"), Source, "Python, by hand"),
    Row(Extension("py3"), Source, "Python, by hand"),
    Row(Extension("pyi"), Source, "type stubs name every function"),
    Row(Extension("pyx"), Source, "Cython"),
    Row(Extension("pxd"), Source, "Cython declarations"),
    Row(Extension("pxi"), Source, "Cython includes"),
    Row(Extension("pyz"), Source, "zipapp"),
    Row(Extension("pyzw"), Source, "zipapp, on Windows"),
    Row(Extension("pyt"), Source, "Python toolbox"),
    Row(Extension("rpy"), Source, "Twisted's resource scripts, Ren'Py"),
    Row(Extension("psp"), Source, "Python Server Pages"),
    Row(Extension("pspc"), Source, "Python Server Pages, compiled"),
    Row(Extension("wsgi"), Source, "mod_wsgi's script"),
    Row(Extension("fcgi"), Source, "FastCGI script"),
    Row(Extension("ipynb"), Source, "notebook, with its results"),

    // Template: the text before the application filled it in.
    Row(Extension("tmpl"), Template, "Cheetah and others"),
    Row(Extension("tpl"), Template, "Bottle and others"),
    Row(Extension("mako"), Template, "Mako"),
    Row(Extension("mak"), Template, "Mako"),
    Row(Extension("myt"), Template, "Myghty"),
    Row(Extension("jinja"), Template, "Jinja"),
    Row(Extension("jinja2"), Template, "Jinja"),
    Row(Extension("j2"), Template, "Jinja"),
    Row(Extension("djhtml"), Template, "Django"),
    Row(Extension("dtl"), Template, "Django"),
    Row(Extension("kid"), Template, "Kid"),
    Row(Extension("genshi"), Template, "Genshi"),
    Row(Extension("cheetah"), Template, "Cheetah"),
    Row(Extension("pt"), Template, "Zope and Chameleon page templates; index.html.pt is Portuguese"),
    Row(Extension("cpt"), Template, "Zope controller page templates"),
    Row(Extension("zpt"), Template, "Zope page templates"),
    Row(Extension("dtml"), Template, "Zope document templates"),
    Row(Extension("zcml"), Template, "Zope configuration"),
    Row(Extension("chameleon"), Template, "Chameleon"),
    Row(Extension("evoque"), Template, "Evoque"),
    Row(Extension("stpl"), Template, "Bottle's simple templates"),

    // Bytecode: as good as the source.
    Row(Extension("pyc"), Bytecode, "compiled, also .cpython-311.pyc and .opt-1.pyc"),
    Row(Extension("pyo"), Bytecode, "compiled and optimised, Python 2"),
    Row(Extension("pyd"), Bytecode, "built extension, on Windows"),
    Row(Between("", "$py.class"), Bytecode, "compiled, Jython"),
    Row(Between("", ".abi3.so"), Bytecode, "built extension for every Python 3"),
    Row(Extension("nbi"), Bytecode, "Numba's index"),
    Row(Extension("nbc"), Bytecode, "Numba's code"),
    Row(Name("__pycache__"), Bytecode, "where Python 3 writes it"),
    Row(Name("__pypackages__"), Bytecode, "packages beside the code"),

    // Version control.
    Row(Name(".git"), Vcs, "a repository, or the file that leads to one"),
    Row(Name(".gitignore"), Vcs, "names what is not to be seen"),
    Row(Name(".gitattributes"), Vcs, "git"),
    Row(Name(".gitmodules"), Vcs, "addresses of other repositories"),
    Row(Name(".gitconfig"), Vcs, "may hold credentials"),
    Row(Name(".git-credentials"), Vcs, "holds passwords"),
    Row(Name(".github"), Vcs, "workflows"),
    Row(Name(".gitlab"), Vcs, "workflows"),
    Row(Name(".gitlab-ci.yml"), Vcs, "workflows"),
    Row(Name(".svn"), Vcs, "a working copy, with the pristine files"),
    Row(Name(".hg"), Vcs, "a repository"),
    Row(Name(".hgignore"), Vcs, "Mercurial"),
    Row(Name(".hgtags"), Vcs, "Mercurial"),
    Row(Name(".hgsub"), Vcs, "Mercurial"),
    Row(Name(".hgsubstate"), Vcs, "Mercurial"),
    Row(Name(".bzr"), Vcs, "a branch"),
    Row(Name(".bzrignore"), Vcs, "Bazaar"),
    Row(Name(".cvsignore"), Vcs, "CVS"),
    Row(Exact("CVS"), Vcs, "in capitals only: cvs/ may be a page about the other CVS"),
    Row(Exact("RCS"), Vcs, "in capitals only"),
    Row(Exact("SCCS"), Vcs, "in capitals only"),
    Row(Name("_darcs"), Vcs, "a repository"),
    Row(Name("_mtn"), Vcs, "monotone"),
    Row(Name(".fslckout"), Vcs, "Fossil"),
    Row(Name("_fossil_"), Vcs, "Fossil"),
    Row(Extension("fossil"), Vcs, "a repository in one file"),
    Row(Name(".fossil-settings"), Vcs, "Fossil"),
    Row(Name(".jj"), Vcs, "Jujutsu"),
    Row(Name(".pijul"), Vcs, "Pijul"),
    Row(Name(".sl"), Vcs, "Sapling"),
    Row(Name("{arch}"), Vcs, "GNU arch"),
    Row(Name(".arch-ids"), Vcs, "GNU arch"),
    Row(Name(".p4config"), Vcs, "Perforce"),
    Row(Name(".p4ignore"), Vcs, "Perforce"),

    // Editors and desktops.
    Row(Name("deadjoe"), Editor, "joe, when it was killed"),
    Row(Name(".netrwhist"), Editor, "vim's history of places"),
    Row(Name("session.vim"), Editor, "vim"),
    Row(Name(".vscode"), Editor, "settings, may hold addresses and names"),
    Row(Extension("code-workspace"), Editor, "Visual Studio Code"),
    Row(Name(".vs"), Editor, "Visual Studio"),
    Row(Name(".idea"), Editor, "JetBrains, with data sources"),
    Row(Extension("iml"), Editor, "JetBrains"),
    Row(Name(".project"), Editor, "Eclipse"),
    Row(Name(".pydevproject"), Editor, "PyDev"),
    Row(Name(".settings"), Editor, "Eclipse"),
    Row(Name(".ropeproject"), Editor, "rope"),
    Row(Name(".spyderproject"), Editor, "Spyder"),
    Row(Name(".spyproject"), Editor, "Spyder"),
    Row(Name("nbproject"), Editor, "NetBeans"),
    Row(Extension("sublime-project"), Editor, "Sublime Text"),
    Row(Extension("sublime-workspace"), Editor, "Sublime Text, with what was open"),
    Row(Name(".ftpconfig"), Editor, "Atom, with the password"),
    Row(Name("sftp-config.json"), Editor, "Sublime SFTP, with the password"),
    Row(Name("sftp.json"), Editor, "Visual Studio Code SFTP, with the password"),
    Row(Name("ws_ftp.ini"), Editor, "WS_FTP, with the password"),
    Row(Name(".ds_store"), Editor, "macOS, names every file of the directory"),
    Row(Name("thumbs.db"), Editor, "Windows, pictures of what was there"),
    Row(Name("desktop.ini"), Editor, "Windows"),
    Row(Between(".goutputstream-", ""), Editor, "GNOME, half a file"),
    Row(Between(".~lock.", "#"), Editor, "LibreOffice, with the user's name"),
    Row(Between("~$", ""), Editor, "Microsoft Office, with the user's name"),

    // Secret: settings, keys, credentials, histories.
    Row(Extension("env"), Secret, "dotenv: prod.env"),
    Row(Extension("envrc"), Secret, "direnv"),
    Row(Extension("ini"), Secret, "settings of Pyramid, uWSGI, alembic, supervisor; no browser needs one"),
    Row(Extension("cfg"), Secret, "settings; no browser needs one"),
    Row(Extension("conf"), Secret, "settings; no browser needs one"),
    Row(Extension("cnf"), Secret, "settings of MySQL and OpenSSL"),
    Row(File("application.properties"), Secret, "settings; others are left: pages load them as translations"),
    Row(File("database.properties"), Secret, "settings with the password"),
    Row(Extension("toml"), Secret, "settings"),
    Row(File("config.yml"), Secret, "settings"),
    Row(File("config.yaml"), Secret, "settings"),
    Row(File("settings.yml"), Secret, "settings"),
    Row(File("settings.yaml"), Secret, "settings"),
    Row(File("settings.json"), Secret, "settings; config.json is left: pages load it"),
    Row(File("local_settings.json"), Secret, "settings"),
    Row(File("application.yml"), Secret, "settings"),
    Row(File("application.yaml"), Secret, "settings"),
    Row(File("database.yml"), Secret, "settings with the password"),
    Row(File("parameters.yml"), Secret, "settings"),
    Row(File("web.config"), Secret, "settings of IIS, with connection strings"),
    Row(File("docker-compose.yml"), Secret, "passwords of the services"),
    Row(File("docker-compose.yaml"), Secret, "passwords of the services"),
    Row(Between("docker-compose.", ".yml"), Secret, "passwords of the services"),
    Row(File("compose.yaml"), Secret, "passwords of the services"),
    Row(Between("secrets.", ""), Secret, "says so"),
    Row(Between("credentials.", ""), Secret, "says so"),
    Row(File("credentials"), Secret, "of AWS and others"),
    Row(Between("client_secret", ".json"), Secret, "Google's OAuth secret"),
    Row(Between("service-account", ".json"), Secret, "Google's service key"),
    Row(Between("service_account", ".json"), Secret, "Google's service key"),
    Row(Extension("htpasswd"), Secret, "password hashes"),
    Row(Extension("htdigest"), Secret, "password hashes"),
    Row(File("htpasswd"), Secret, "password hashes"),
    Row(Extension("key"), Secret, "private key"),
    Row(Extension("pem"), Secret, "often a private key; a public certificate is .crt"),
    Row(Extension("p12"), Secret, "key store"),
    Row(Extension("pfx"), Secret, "key store"),
    Row(Extension("p8"), Secret, "private key"),
    Row(Extension("jks"), Secret, "key store"),
    Row(Extension("keystore"), Secret, "key store"),
    Row(Extension("keytab"), Secret, "Kerberos keys"),
    Row(Extension("ppk"), Secret, "PuTTY's private key"),
    Row(Extension("kdb"), Secret, "KeePass"),
    Row(Extension("kdbx"), Secret, "KeePass"),
    Row(Extension("agilekeychain"), Secret, "1Password"),
    Row(Extension("ovpn"), Secret, "OpenVPN, with keys inside"),
    Row(Extension("tfstate"), Secret, "Terraform, with every secret"),
    Row(Extension("tfvars"), Secret, "Terraform"),
    Row(Extension("vault"), Secret, "Ansible"),
    Row(File("id_rsa"), Secret, "ssh key"),
    Row(File("id_dsa"), Secret, "ssh key"),
    Row(File("id_ecdsa"), Secret, "ssh key"),
    Row(File("id_ed25519"), Secret, "ssh key"),
    Row(File("authorized_keys"), Secret, "who may log in"),
    Row(File("known_hosts"), Secret, "which hosts there are"),
    Row(File("passwd"), Secret, "of Subversion and others"),
    Row(File("shadow"), Secret, "password hashes"),
    Row(Extension("rdp"), Secret, "remote desktop, with the user"),

    // Database: the data itself, dumps of it, and what sessions and queues are kept in.
    Row(Extension("sqlite"), Database, "SQLite"),
    Row(Extension("sqlite2"), Database, "SQLite"),
    Row(Extension("sqlite3"), Database, "SQLite"),
    Row(Extension("sqlitedb"), Database, "SQLite"),
    Row(Extension("db"), Database, "SQLite and others"),
    Row(Extension("db2"), Database, "SQLite and others"),
    Row(Extension("db3"), Database, "SQLite"),
    Row(Extension("sdb"), Database, "SQLite and others"),
    Row(Extension("s3db"), Database, "SQLite"),
    Row(Extension("sl3"), Database, "SQLite"),
    Row(Extension("duckdb"), Database, "DuckDB"),
    Row(Extension("dbm"), Database, "dbm, mod_python's sessions"),
    Row(Extension("gdbm"), Database, "dbm"),
    Row(Extension("ndbm"), Database, "dbm"),
    Row(Extension("bdb"), Database, "Berkeley DB"),
    Row(Extension("pag"), Database, "dbm, the data"),
    Row(File("data.fs"), Database, "Zope; other .fs are shaders of pages"),
    Row(File("data.fs.index"), Database, "Zope"),
    Row(File("data.fs.lock"), Database, "Zope"),
    Row(File("data.fs.tmp"), Database, "Zope"),
    Row(Extension("mdb"), Database, "Access"),
    Row(Extension("accdb"), Database, "Access"),
    Row(Extension("mdf"), Database, "SQL Server"),
    Row(Extension("ldf"), Database, "SQL Server"),
    Row(Extension("fdb"), Database, "Firebird"),
    Row(Extension("frm"), Database, "MySQL"),
    Row(Extension("myd"), Database, "MySQL"),
    Row(Extension("myi"), Database, "MySQL"),
    Row(Extension("ibd"), Database, "MySQL"),
    Row(File("ibdata1"), Database, "MySQL"),
    Row(Extension("rdb"), Database, "Redis"),
    Row(Extension("aof"), Database, "Redis"),
    Row(Extension("sql"), Database, "a dump, or the schema"),
    Row(Extension("sqldump"), Database, "a dump"),
    Row(Extension("mysql"), Database, "a dump"),
    Row(Extension("pgsql"), Database, "a dump"),
    Row(Extension("psql"), Database, "a dump"),
    Row(Extension("pgdump"), Database, "a dump"),
    Row(Extension("dump"), Database, "a dump"),
    Row(Extension("dmp"), Database, "a dump"),
    Row(Extension("bson"), Database, "MongoDB's dump"),
    Row(Extension("pickle"), Database, "objects; whoever can write one runs code"),
    Row(Extension("pkl"), Database, "objects"),
    Row(Extension("shelve"), Database, "objects"),
    Row(Extension("shelf"), Database, "objects"),
    Row(Extension("joblib"), Database, "objects"),
    Row(Between("sess_", ""), Database, "a session, by the name that PHP began"),
    Row(Extension("sess"), Database, "a session"),
    Row(Between("mp_sess", ""), Database, "mod_python's sessions"),
    Row(File("celerybeat-schedule"), Database, "Celery"),
    Row(Extension("ldif"), Database, "a directory's dump"),

    // Backup: by the whole name.
    Row(Between("backup.", ""), Backup, "backup.zip, backup.tar.gz; not backup.html, see PAGES"),
    Row(Between("backup-20", ""), Backup, "dated"),
    Row(Between("backup_20", ""), Backup, "dated"),

    // Metadata: what a Python project says of itself.
    Row(Between("requirements", ".txt"), Metadata, "versions, to look up their holes"),
    Row(File("requirements.txt"), Metadata, "versions, to look up their holes"),
    Row(File("constraints.txt"), Metadata, "versions"),
    Row(File("pipfile"), Metadata, "pipenv"),
    Row(File("pipfile.lock"), Metadata, "pipenv"),
    Row(File("poetry.lock"), Metadata, "Poetry"),
    Row(File("pdm.lock"), Metadata, "PDM"),
    Row(File("uv.lock"), Metadata, "uv"),
    Row(File("pixi.lock"), Metadata, "pixi"),
    Row(File("environment.yml"), Metadata, "conda"),
    Row(File("environment.yaml"), Metadata, "conda"),
    Row(File("meta.yaml"), Metadata, "conda"),
    Row(File("runtime.txt"), Metadata, "Heroku"),
    Row(File("procfile"), Metadata, "Heroku"),
    Row(File("manifest.in"), Metadata, "distutils"),
    Row(File("pkg-info"), Metadata, "distutils"),
    Row(Extension("egg-info"), Metadata, "setuptools"),
    Row(Between("", ".egg-info"), Metadata, "setuptools, the directory"),
    Row(Between("", ".dist-info"), Metadata, "pip, the directory"),
    Row(Extension("egg-link"), Metadata, "setuptools, with the path of the source"),
    Row(File("makefile"), Metadata, "how it is built"),
    Row(File("dockerfile"), Metadata, "how it is built"),
    Row(Between("dockerfile.", ""), Metadata, "how it is built"),
    Row(File("jenkinsfile"), Metadata, "how it is built"),
    Row(File("vagrantfile"), Metadata, "how it is built"),
    Row(File("fabfile.yml"), Metadata, "how it is deployed"),
    Row(File("appveyor.yml"), Metadata, "how it is built"),
    Row(File("bitbucket-pipelines.yml"), Metadata, "how it is built"),
    Row(File("mkdocs.yml"), Metadata, "how it is built"),
    Row(File("package-lock.json"), Metadata, "versions"),
    Row(File("composer.lock"), Metadata, "versions"),
    Row(File("yarn.lock"), Metadata, "versions"),
    Row(File("gemfile.lock"), Metadata, "versions"),

    // Logs and traces.
    Row(Extension("log"), Log, "a log"),
    Row(Extension("err"), Log, "standard error of something"),
    Row(Extension("trace"), Log, "a trace"),
    Row(Extension("pid"), Log, "a process"),
    Row(Extension("prof"), Log, "a profile, with the paths of the source"),
    Row(Extension("pstats"), Log, "a profile"),
    Row(File("error_log"), Log, "httpd's"),
    Row(File("access_log"), Log, "httpd's"),
    Row(File("ssl_error_log"), Log, "httpd's"),
    Row(File("ssl_access_log"), Log, "httpd's"),
    Row(File("ssl_request_log"), Log, "httpd's"),
    Row(File("nohup.out"), Log, "what somebody left running"),
    Row(File("core"), Log, "the memory of a process"),

    // Caches and environments: third-party code and state.
    Row(Directory("venv"), Cache, "a virtual environment"),
    Row(Directory("virtualenv"), Cache, "a virtual environment"),
    Row(Directory("site-packages"), Cache, "installed packages"),
    Row(Directory("dist-packages"), Cache, "installed packages, on Debian"),
    Row(File("pyvenv.cfg"), Cache, "marks a virtual environment"),
    Row(Name(".venv"), Cache, "a virtual environment"),
    Row(Name(".tox"), Cache, "tox"),
    Row(Name(".nox"), Cache, "nox"),
    Row(Name(".eggs"), Cache, "setuptools"),
    Row(Name(".mypy_cache"), Cache, "mypy"),
    Row(Name(".pytest_cache"), Cache, "pytest"),
    Row(Name(".ruff_cache"), Cache, "ruff"),
    Row(Name(".hypothesis"), Cache, "hypothesis"),
    Row(Name(".ipynb_checkpoints"), Cache, "old states of notebooks"),
    Row(Name(".webassets-cache"), Cache, "webassets"),
    Row(Name(".sass-cache"), Cache, "Sass"),
    Row(Name(".cache"), Cache, "whose ever"),
];

/// An ending that says what a file was. A number may follow one that begins with a dot (`.bak2`).
#[derive(Clone, Copy)]
pub(super) enum Ending {
    /// After any name.
    Always(&'static str),
    /// After a name with an extension only: `x.py.off`, but `bunny.off` is a model of a bunny.
    AfterExtension(&'static str),
}

use Ending::{AfterExtension, Always};

/// A row: the ending, its class, and who leaves it.
#[expect(dead_code, reason = "the last field is for people")]
pub(super) struct Residue(pub(super) Ending, pub(super) Class, pub(super) Why);

/// What an ending says: the class, and what stands before it is judged again. Longer endings stand
/// before shorter ones that they end in.
#[rustfmt::skip]
pub(super) const RESIDUE: &[Residue] = &[
    Residue(Always(".swp"), Editor, "vim; .swo, .swn and so on are the next ones"),
    Residue(Always(".swo"), Editor, "vim"),
    Residue(Always(".swn"), Editor, "vim"),
    Residue(Always(".swm"), Editor, "vim"),
    Residue(Always(".swx"), Editor, "vim, for a moment"),
    Residue(Always(".swpx"), Editor, "vim, for a moment"),
    Residue(Always(".kate-swp"), Editor, "Kate"),
    Residue(Always(".un~"), Editor, "vim's undo"),
    Residue(Always("~"), Backup, "emacs, gedit, joe, nano"),
    Residue(Always(".bak"), Backup, "everybody"),
    Residue(Always(".bkp"), Backup, "everybody"),
    Residue(Always(".bk"), Backup, "everybody"),
    Residue(Always(".bck"), Backup, "everybody"),
    Residue(Always(".backup"), Backup, "everybody"),
    Residue(Always(".old"), Backup, "everybody"),
    Residue(Always(".orig"), Backup, "patch, git and others"),
    Residue(AfterExtension(".original"), Backup, "everybody"),
    Residue(AfterExtension(".save"), Backup, "nano, when it was killed; with a number also"),
    Residue(AfterExtension(".sav"), Backup, "everybody"),
    Residue(AfterExtension(".saved"), Backup, "everybody"),
    Residue(AfterExtension(".prev"), Backup, "everybody"),
    Residue(AfterExtension(".previous"), Backup, "everybody"),
    Residue(AfterExtension(".copy"), Backup, "everybody"),
    Residue(Always(".rej"), Backup, "patch"),
    Residue(Always(".tmp"), Backup, "half written"),
    Residue(AfterExtension(".temp"), Backup, "half written"),
    Residue(AfterExtension(".new"), Backup, "not yet in place"),
    Residue(AfterExtension(".off"), Backup, "switched off by its name"),
    Residue(AfterExtension(".disabled"), Backup, "switched off by its name"),
    Residue(AfterExtension(".inactive"), Backup, "switched off by its name"),
    Residue(AfterExtension(".deleted"), Backup, "switched off by its name"),
    Residue(AfterExtension(".unused"), Backup, "switched off by its name"),
    Residue(AfterExtension(".part"), Backup, "half downloaded"),
    Residue(AfterExtension(".partial"), Backup, "half downloaded"),
    Residue(Always(".filepart"), Backup, "half uploaded, WinSCP"),
    Residue(Always(".crdownload"), Backup, "half downloaded"),
    Residue(AfterExtension(".base"), Backup, "merge"),
    Residue(AfterExtension(".local"), Backup, "merge"),
    Residue(AfterExtension(".remote"), Backup, "merge"),
    Residue(AfterExtension(".mine"), Backup, "Subversion's merge"),
    Residue(AfterExtension(".theirs"), Backup, "Subversion's merge"),
    Residue(AfterExtension(".working"), Backup, "Subversion's merge"),
    Residue(AfterExtension(".merge-left"), Backup, "Subversion's merge; with a revision also"),
    Residue(AfterExtension(".merge-right"), Backup, "Subversion's merge; with a revision also"),
    Residue(Always(".dpkg-old"), Backup, "Debian"),
    Residue(Always(".dpkg-new"), Backup, "Debian"),
    Residue(Always(".dpkg-dist"), Backup, "Debian"),
    Residue(Always(".dpkg-bak"), Backup, "Debian"),
    Residue(Always(".dpkg-tmp"), Backup, "Debian"),
    Residue(Always(".dpkg-backup"), Backup, "Debian"),
    Residue(Always(".dpkg-remove"), Backup, "Debian"),
    Residue(Always(".ucf-old"), Backup, "Debian"),
    Residue(Always(".ucf-new"), Backup, "Debian"),
    Residue(Always(".ucf-dist"), Backup, "Debian"),
    Residue(Always(".rpmsave"), Backup, "Fedora"),
    Residue(Always(".rpmnew"), Backup, "Fedora"),
    Residue(Always(".rpmorig"), Backup, "Fedora"),
    Residue(Always(".pacnew"), Backup, "Arch"),
    Residue(Always(".pacsave"), Backup, "Arch"),
    Residue(Always(".pacorig"), Backup, "Arch"),
    Residue(Always(".apk-new"), Backup, "Alpine"),
    Residue(Always(",v"), Vcs, "RCS, with every version"),
    Residue(Always("___jb_tmp___"), Editor, "JetBrains"),
    Residue(Always("___jb_old___"), Editor, "JetBrains"),
    Residue(AfterExtension("-journal"), Database, "SQLite"),
    Residue(AfterExtension("-wal"), Database, "SQLite"),
    Residue(AfterExtension("-shm"), Database, "SQLite"),
];

/// Endings of a directory that say it is a copy: fewer than a file's.
pub(super) const DIRECTORY_RESIDUE: &[&str] =
    &["~", ".bak", ".backup", ".old", ".orig", ".save"];

/// Extensions that hide nothing: what stands before them is judged. Languages of two letters,
/// which MultiViews takes for the same file, count too.
pub(super) const WRAPPERS: &[&str] = &[
    "gz", "bz2", "xz", "zst", "z", "lz", "lz4", "lzma", "br", "zip", "7z", "rar", "gpg", "enc",
    "utf8", "utf-8", "iso-8859-1", "latin1",
];

/// Extensions of text whose numbered (`x.html.1`) and dated (`x.html.2024-01-01`) files are old
/// states, beside everything that is denied by itself. Others keep their numbers: `ls.1`.
pub(super) const TEXT: &[&str] = &[
    "html", "htm", "xhtml", "js", "css", "xml", "json", "txt", "csv", "php", "pl", "rb", "sh",
    "cgi", "jsp", "asp", "inc", "yml", "yaml", "sql", "md", "rst",
];

/// Extensions of pages and pictures: `backup.html` is about backups, `copy of sunset.jpg` a picture.
pub(super) const PAGES: &[&str] = &[
    "html", "htm", "xhtml", "css", "js", "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "pdf",
];
