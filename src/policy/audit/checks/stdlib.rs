//! The names of the modules that come with Python.

/// The modules of the standard library that can be imported at top level, those of Python 3.8 to 3.13
/// together, as far as they exist on Unix. Left out is what begins with an underscore, and what
/// nobody imports: `test`, `site`, `this`, `idlelib` and their like. Sorted by bytes.
#[rustfmt::skip]
const STANDARD: [&[u8]; 210] = [
    b"abc", b"aifc", b"argparse", b"array", b"ast", b"asynchat", b"asyncio", b"asyncore", b"atexit",
    b"audioop", b"base64", b"bdb", b"binascii", b"binhex", b"bisect", b"builtins", b"bz2",
    b"cProfile", b"calendar", b"cgi", b"cgitb", b"chunk", b"cmath", b"cmd", b"code", b"codecs",
    b"codeop", b"collections", b"colorsys", b"compileall", b"concurrent", b"configparser",
    b"contextlib", b"contextvars", b"copy", b"copyreg", b"crypt", b"csv", b"ctypes", b"curses",
    b"dataclasses", b"datetime", b"dbm", b"decimal", b"difflib", b"dis", b"distutils", b"doctest",
    b"dummy_threading", b"email", b"encodings", b"enum", b"errno", b"faulthandler", b"fcntl",
    b"filecmp", b"fileinput", b"fnmatch", b"formatter", b"fractions", b"ftplib", b"functools",
    b"gc", b"genericpath", b"getopt", b"getpass", b"gettext", b"glob", b"graphlib", b"grp", b"gzip",
    b"hashlib", b"heapq", b"hmac", b"html", b"http", b"imaplib", b"imghdr", b"imp", b"importlib",
    b"inspect", b"io", b"ipaddress", b"itertools", b"json", b"keyword", b"lib2to3", b"linecache",
    b"locale", b"logging", b"lzma", b"mailbox", b"mailcap", b"marshal", b"math", b"mimetypes",
    b"mmap", b"modulefinder", b"multiprocessing", b"netrc", b"nis", b"nntplib", b"ntpath",
    b"nturl2path", b"numbers", b"opcode", b"operator", b"optparse", b"os", b"ossaudiodev",
    b"parser", b"pathlib", b"pdb", b"pickle", b"pickletools", b"pipes", b"pkgutil", b"platform",
    b"plistlib", b"poplib", b"posix", b"posixpath", b"pprint", b"profile", b"pstats", b"pty",
    b"pwd", b"py_compile", b"pyclbr", b"pydoc", b"pyexpat", b"queue", b"quopri", b"random", b"re",
    b"readline", b"reprlib", b"resource", b"rlcompleter", b"runpy", b"sched", b"secrets", b"select",
    b"selectors", b"shelve", b"shlex", b"shutil", b"signal", b"smtpd", b"smtplib", b"sndhdr",
    b"socket", b"socketserver", b"spwd", b"sqlite3", b"sre_compile", b"sre_constants", b"sre_parse",
    b"ssl", b"stat", b"statistics", b"string", b"stringprep", b"struct", b"subprocess", b"sunau",
    b"symbol", b"symtable", b"sys", b"sysconfig", b"syslog", b"tabnanny", b"tarfile", b"telnetlib",
    b"tempfile", b"termios", b"textwrap", b"threading", b"time", b"timeit", b"tkinter", b"token",
    b"tokenize", b"tomllib", b"trace", b"traceback", b"tracemalloc", b"tty", b"turtle", b"types",
    b"typing", b"unicodedata", b"unittest", b"urllib", b"uu", b"uuid", b"venv", b"warnings",
    b"wave", b"weakref", b"webbrowser", b"wsgiref", b"xdrlib", b"xml", b"xmlrpc", b"zipapp",
    b"zipfile", b"zipimport", b"zlib", b"zoneinfo",
];

/// Those that are in Python's own program, or that Python and mod_python import before they know of
/// any directory of a site, whatever their version: no file of the same name ever takes their place.
#[rustfmt::skip]
const FIRST: [&[u8]; 50] = [
    b"abc", b"atexit", b"bdb", b"builtins", b"cmd", b"code", b"codecs", b"codeop", b"collections",
    b"copyreg", b"dis", b"encodings", b"enum", b"errno", b"faulthandler", b"fnmatch", b"functools",
    b"gc", b"genericpath", b"glob", b"html", b"importlib", b"inspect", b"io", b"itertools",
    b"keyword", b"linecache", b"marshal", b"opcode", b"operator", b"os", b"pdb", b"posix",
    b"posixpath", b"pprint", b"pwd", b"re", b"reprlib", b"signal", b"stat", b"string", b"sys",
    b"threading", b"time", b"token", b"tokenize", b"traceback", b"types", b"warnings", b"zipimport",
];

/// Whether Python has a module of this name.
pub(super) fn is_standard(name: &[u8]) -> bool {
    STANDARD.binary_search(&name).is_ok()
}

/// Whether a file of this name, in a directory that comes first, is what an import of it gets.
pub(super) fn can_be_shadowed(name: &[u8]) -> bool {
    is_standard(name) && FIRST.binary_search(&name).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(STANDARD.is_sorted());
        assert!(FIRST.is_sorted());
        let mut first = FIRST.iter();
        assert!(first.all(|name| is_standard(name)));
    }

    #[test]
    fn what_python_has_itself() {
        // name, in the library, can be shadowed
        let table: [(&[u8], bool, bool); 10] = [
            (b"random", true, true),
            (b"calendar", true, true),
            (b"imp", true, true),
            (b"tomllib", true, true),
            (b"sys", true, false),
            (b"os", true, false),
            (b"index", false, false),
            (b"user", false, false),
            (b"Random", false, false),
            (b"", false, false),
        ];
        for (name, standard, shadowed) in table {
            let text = name.escape_ascii();
            assert_eq!(is_standard(name), standard, "{text}");
            assert_eq!(can_be_shadowed(name), shadowed, "{text}");
        }
    }
}
