//! What stands in `<IfModule>` for a module that runs Python.
//!
//! httpd's configuration tree holds nothing of a section whose module is missing, nor of a file that
//! is only included there. So this reads the text of the configuration files, as httpd splits it
//! into lines, and follows every `Include`, whether or not it is in force. Other conditions
//! (`<IfDefine>`, `<IfVersion>`, `<If>`) are not looked at: what stands in them counts as said.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::policy::audit::facts::{Bytes, Conditional};
use crate::policy::handler::Python;

/// How deeply files may include each other, and how deep an included directory may be.
const DEEPEST: usize = 16;

/// How many files are read: one that is included in several places counts each time.
const MOST_FILES: usize = 10_000;

/// How many bytes are read of all files together.
const MOST_BYTES: u64 = 64 << 20;

/// The modules that run Python: by their source and by their structure, as `<IfModule>` may name
/// them, and whether it is as CGI.
const MODULES: [(&str, &str, bool); 4] = [
    ("mod_python.c", "python_module", false),
    ("mod_wsgi.c", "wsgi_module", false),
    ("mod_cgi.c", "cgi_module", true),
    ("mod_cgid.c", "cgid_module", true),
];

/// The directives inside `<IfModule>` for a Python module: mod_python's and mod_wsgi's, and those
/// that give files to a Python handler; for mod_cgi and mod_cgid only what gives them `.py`.
///
/// `main` is the main configuration file; `files` are those that the configuration tree names, for
/// what is included in a way that the text does not tell. What is included inside an `<IfModule>`
/// stands in it. `resolve` replaces each `${VAR}` of a line. Files that cannot be read are left out.
pub fn conditional(
    main: &Path,
    files: &[Bytes],
    server_root: &Path,
    resolve: &dyn Fn(&[u8]) -> Bytes,
) -> Vec<Conditional> {
    let mut reader = Reader {
        server_root,
        resolve,
        files: MOST_FILES,
        bytes: MOST_BYTES,
        read: BTreeSet::new(),
        seen: BTreeSet::new(),
        found: Vec::new(),
    };
    reader.file(main, &[], 0);
    for file in files {
        let path = Path::new(OsStr::from_bytes(file));
        if !reader.seen.contains(path) {
            reader.file(path, &[], 0);
        }
    }
    reader.found
}

/// A file and a line in it.
type Position = (Rc<Path>, u32);

/// A section that is open.
#[derive(Clone)]
struct Section {
    /// In lower case, without the bracket.
    name: Bytes,
    what: What,
    file: Rc<Path>,
    line: u32,
}

/// What a section is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// An `<IfModule>` that holds where this one of [`MODULES`] is loaded.
    Module {
        name: &'static str,
        cgi: bool,
    },
    /// `<Files>` or `<FilesMatch>` for `.py`.
    PythonFiles,
    Other,
}

struct Reader<'a> {
    server_root: &'a Path,
    resolve: &'a dyn Fn(&[u8]) -> Bytes,
    /// How many more files and bytes may be read.
    files: usize,
    bytes: u64,
    /// What has been read, with the sections around it that matter: a second time tells nothing new.
    read: BTreeSet<(PathBuf, Vec<Position>)>,
    seen: BTreeSet<PathBuf>,
    found: Vec<Conditional>,
}

impl Reader<'_> {
    /// Reads a file that stands in these sections.
    fn file(&mut self, path: &Path, around: &[Section], depth: usize) {
        let matters = around.iter().filter(|section| section.what != What::Other);
        let places = matters.map(|section| (section.file.clone(), section.line));
        if !self.read.insert((path.to_owned(), places.collect())) {
            return;
        }
        self.seen.insert(path.to_owned());
        let Some(text) = self.text(path) else {
            return;
        };
        let file: Rc<Path> = path.into();
        let mut sections = around.to_vec();
        for (line, number) in Lines::of(&text) {
            self.line(&line, number, &file, &mut sections, around.len(), depth);
        }
    }

    fn text(&mut self, path: &Path) -> Option<Bytes> {
        self.files = self.files.checked_sub(1)?;
        // A configuration file that is a pipe would be waited for.
        if !fs::metadata(path).ok()?.is_file() {
            return None;
        }
        let mut text = Vec::new();
        let file = File::open(path).ok()?;
        file.take(self.bytes).read_to_end(&mut text).ok()?;
        self.bytes -= text.len() as u64;
        Some(text)
    }

    /// `inherited`: so many sections were open before this file.
    fn line(
        &mut self,
        raw: &[u8],
        number: u32,
        file: &Rc<Path>,
        sections: &mut Vec<Section>,
        inherited: usize,
        depth: usize,
    ) {
        let (name, arguments) = directive(raw);
        let resolved;
        let meant = if memchr::memmem::find(arguments, b"${").is_some() {
            resolved = (self.resolve)(arguments);
            resolved.trim_ascii()
        } else {
            arguments
        };
        let lower = name.to_ascii_lowercase();
        if let Some(closed) = lower.strip_prefix(b"</") {
            let closed = closed.strip_suffix(b">").unwrap_or(closed);
            let open = sections.iter().rposition(|section| section.name == closed);
            if let Some(open) = open.filter(|&open| open >= inherited) {
                sections.truncate(open);
            }
        } else if let Some(opened) = lower.strip_prefix(b"<") {
            let opened = opened.strip_suffix(b">").unwrap_or(opened);
            sections.push(Section {
                name: opened.to_vec(),
                what: What::of(opened, meant),
                file: file.clone(),
                line: number,
            });
        } else if lower == b"include" || lower == b"includeoptional" {
            if depth < DEEPEST
                && let Some(word) = words(meant).next()
            {
                for path in self.included(&word) {
                    self.file(&path, sections, depth + 1);
                }
            }
        } else if let Some((module, section)) = needed(&lower, meant, sections) {
            self.found.push(Conditional {
                name: String::from_utf8_lossy(name).into_owned(),
                arguments: arguments.to_vec(),
                module: module.to_owned(),
                file: section.file.as_os_str().as_bytes().to_vec(),
                line: section.line,
            });
        }
    }

    /// The files that `Include` with this argument reads, in their order.
    fn included(&self, argument: &[u8]) -> Vec<PathBuf> {
        let path = normal(&self.server_root.join(OsStr::from_bytes(argument)));
        let mut files = Vec::new();
        if is_pattern(path.as_os_str().as_bytes()) {
            let parts: Vec<&OsStr> = path.iter().skip(1).collect();
            matching(Path::new("/"), &parts, self.files, &mut files);
        } else {
            all_below(&path, 0, self.files, &mut files);
        }
        files
    }
}

impl What {
    /// `name` in lower case, with what stands between it and the closing bracket, and the bracket.
    fn of(name: &[u8], arguments: &[u8]) -> What {
        let end = memchr::memrchr(b'>', arguments).unwrap_or(arguments.len());
        let arguments = arguments.get(..end).unwrap_or(arguments);
        match name {
            b"ifmodule" if !arguments.starts_with(b"!") => {
                let word = words(arguments).next().unwrap_or_default();
                let named = |name: &str| name.as_bytes().eq_ignore_ascii_case(&word);
                let mut modules = MODULES.iter();
                match modules.find(|(source, structure, _)| named(source) || named(structure)) {
                    Some(&(name, _, cgi)) => What::Module { name, cgi },
                    None => What::Other,
                }
            }
            b"files" | b"filesmatch" => {
                let mut parts = arguments.windows(3);
                match parts.any(|part| part.eq_ignore_ascii_case(b".py")) {
                    true => What::PythonFiles,
                    false => What::Other,
                }
            }
            _ => What::Other,
        }
    }
}

/// The innermost module that this directive (`name` in lower case) is only in force with, and its
/// section; `None` for one that runs no Python.
fn needed<'a>(
    name: &[u8],
    arguments: &[u8],
    sections: &'a [Section],
) -> Option<(&'static str, &'a Section)> {
    let for_modules = name.starts_with(b"python") || name.starts_with(b"wsgi");
    let mut words = words(arguments).map(|word| word.to_ascii_lowercase());
    let python = match name {
        b"sethandler" | b"addhandler" | b"addtype" => {
            words.next().and_then(|word| Python::of(&word))
        }
        _ => None,
    };
    let is_cgi = python == Some(Python::Cgi)
        && match name {
            b"sethandler" => sections
                .iter()
                .any(|section| section.what == What::PythonFiles),
            _ => words.any(|word| word.strip_prefix(b".").unwrap_or(&word) == b"py"),
        };
    let for_modules = for_modules || python.is_some_and(|python| python != Python::Cgi);
    let mut sections = sections.iter().rev();
    sections.find_map(|section| match section.what {
        What::Module { name, cgi } if is_cgi || for_modules && !cgi => Some((name, section)),
        _ => None,
    })
}

/// The lines of a configuration file, as httpd puts them together: without the space around them,
/// with what a `\` at the end continues, without comments and empty ones. The number is that of
/// the last of its lines, as in httpd's own messages.
struct Lines<'a> {
    rest: &'a [u8],
    number: u32,
}

impl<'a> Lines<'a> {
    fn of(text: &'a [u8]) -> Lines<'a> {
        Lines {
            rest: text,
            number: 0,
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = (Bytes, u32);

    fn next(&mut self) -> Option<(Bytes, u32)> {
        while !self.rest.is_empty() {
            let mut line = Vec::new();
            loop {
                let (piece, rest, ended) = match memchr::memchr(b'\n', self.rest) {
                    Some(end) => {
                        let (piece, rest) = self.rest.split_at_checked(end)?;
                        (piece, rest.get(1..)?, true)
                    }
                    None => (self.rest, &b""[..], false),
                };
                self.rest = rest;
                self.number = self.number.saturating_add(1);
                let without_return = piece.strip_suffix(b"\r").unwrap_or(piece);
                match without_return.strip_suffix(b"\\") {
                    Some(continued) if ended && !rest.is_empty() => {
                        line.extend_from_slice(continued);
                    }
                    _ => {
                        line.extend_from_slice(piece);
                        break;
                    }
                }
            }
            let line = line.trim_ascii();
            if !line.is_empty() && !line.starts_with(b"#") {
                return Some((line.to_vec(), self.number));
            }
        }
        None
    }
}

/// The name of a directive, and the rest of its line.
fn directive(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(u8::is_ascii_whitespace);
    let (name, arguments) = line
        .split_at_checked(end.unwrap_or(line.len()))
        .unwrap_or((line, b""));
    (name, arguments.trim_ascii())
}

/// The words of a line, as httpd takes them apart: with quotes around them, and a `\` before
/// a quote or another `\` in these.
fn words(line: &[u8]) -> impl Iterator<Item = Bytes> {
    let mut rest = line.trim_ascii_start().iter().copied().peekable();
    std::iter::from_fn(move || {
        while rest.next_if(u8::is_ascii_whitespace).is_some() {}
        let quote = rest.next_if(|&byte| byte == b'"' || byte == b'\'');
        rest.peek().or(quote.as_ref())?;
        let mut word = Vec::new();
        while let Some(byte) = rest.next() {
            match (byte, quote) {
                (b'\\', _) => match rest.next_if(|&next| next == b'\\' || Some(next) == quote) {
                    Some(next) => word.push(next),
                    None => word.push(byte),
                },
                (_, Some(quote)) if byte == quote => break,
                (_, None) if byte.is_ascii_whitespace() => break,
                _ => word.push(byte),
            }
        }
        Some(word)
    })
}

/// Without `.` and `..`, by the text alone, as httpd makes paths absolute.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// Whether httpd looks for files that match it.
fn is_pattern(path: &[u8]) -> bool {
    let open = memchr::memchr(b'[', path);
    memchr::memchr2(b'*', b'?', path).is_some()
        || open.is_some_and(|open| path.iter().skip(open).any(|&byte| byte == b']'))
}

/// What matches these parts of a path below a directory, sorted.
fn matching(directory: &Path, parts: &[&OsStr], most: usize, files: &mut Vec<PathBuf>) {
    let Some((part, rest)) = parts.split_first() else {
        return all_below(directory, 0, most, files);
    };
    if !is_pattern(part.as_bytes()) {
        return matching(&directory.join(part), rest, most, files);
    }
    let pattern = glob(part.as_bytes());
    for (path, is_directory) in sorted(directory, most) {
        let name = path.file_name().unwrap_or_default().as_bytes();
        let hidden = name.starts_with(b".") && !pattern.starts_with(b".");
        // As httpd, which does not go through links here.
        let leads_on = rest.is_empty() || is_directory;
        if leads_on && !hidden && fast_glob::glob_match(&pattern, name) {
            matching(&path, rest, most, files);
        }
    }
}

/// A pattern of httpd's for the one that matches: braces, and a `!` at the beginning, are nothing
/// special to httpd.
fn glob(pattern: &[u8]) -> Bytes {
    let mut glob = Vec::with_capacity(pattern.len() + 1);
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => {
                glob.push(byte);
                glob.extend(bytes.next());
                continue;
            }
            b'{' | b'}' => glob.push(b'\\'),
            b'!' if glob.is_empty() => glob.push(b'\\'),
            _ => {}
        }
        glob.push(byte);
    }
    glob
}

/// The file, or all files in the directory and below.
fn all_below(path: &Path, depth: usize, most: usize, files: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        if files.len() < most {
            files.push(path.to_owned());
        }
    } else if depth < DEEPEST && files.len() < most {
        for (path, _) in sorted(path, most) {
            all_below(&path, depth + 1, most, files);
        }
    }
}

/// What stands in a directory, and whether it is one itself.
fn sorted(directory: &Path, most: usize) -> Vec<(PathBuf, bool)> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let entries = entries.flatten().take(most).map(|entry| {
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        (entry.path(), is_directory)
    });
    let mut entries: Vec<(PathBuf, bool)> = entries.collect();
    entries.sort_by_cached_key(|(path, _)| path.as_os_str().to_owned().into_vec());
    entries
}
