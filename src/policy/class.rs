//! What a file name says the file is.
//!
//! The names are data, in `names.rs`; here is how they are looked up. A name has layers, and each
//! says something: `dump.sql.gz.1` is a numbered state of something compressed that is a dump.
//! [`classify`] takes them off one by one, [`is_plain`] is the fast look that every request gets.
//! Both are made from the one table, when the module is compiled.

use std::num::NonZero;

use super::names::{
    ARCHIVES, CONFIGURATION, COPY_OF, COPY_WORDS, CVS_FILES, MERGE_WORDS, NO_LANGUAGE, OLD_WORDS,
    PLAIN, PROGRAMS, PUBLIC, ROWS, Row, Shape, TEXT, WRAPPERS,
};

/// What a file name says the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// What Python runs.
    Source,
    /// What an application fills in.
    Template,
    /// What Python made of source.
    Bytecode,
    /// An earlier or unfinished state of a file.
    Backup,
    /// What editors and desktops leave.
    Editor,
    /// Version control.
    Vcs,
    /// Settings, keys, credentials, histories.
    Secret,
    /// Data, and dumps of it.
    Database,
    /// What a Python project says of itself.
    Metadata,
    /// Logs and traces.
    Log,
    /// Caches and virtual environments.
    Cache,
}

impl Class {
    /// Every class, in their order.
    pub const ALL: [Class; 11] = [
        Class::Source,
        Class::Template,
        Class::Bytecode,
        Class::Backup,
        Class::Editor,
        Class::Vcs,
        Class::Secret,
        Class::Database,
        Class::Metadata,
        Class::Log,
        Class::Cache,
    ];

    /// Its word, for directives and log lines.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Source => "source",
            Class::Template => "template",
            Class::Bytecode => "bytecode",
            Class::Backup => "backup",
            Class::Editor => "editor",
            Class::Vcs => "vcs",
            Class::Secret => "secret",
            Class::Database => "database",
            Class::Metadata => "metadata",
            Class::Log => "log",
            Class::Cache => "cache",
        }
    }

    /// The class of this word, without case.
    pub fn from_name(word: &[u8]) -> Option<Class> {
        let mut all = Class::ALL.into_iter();
        all.find(|class| class.name().as_bytes().eq_ignore_ascii_case(word))
    }

    /// Whether it is denied everywhere, and not only in Python directories.
    pub const fn everywhere(self) -> bool {
        !matches!(
            self,
            Class::Template | Class::Metadata | Class::Log | Class::Cache
        )
    }

    /// Whether a handler may run it, so that only its bytes are denied.
    pub const fn executable(self) -> bool {
        matches!(self, Class::Source | Class::Template)
    }
}

/// A set of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ClassSet(u16);

impl ClassSet {
    /// No class.
    pub const EMPTY: ClassSet = ClassSet(0);
    /// Every class.
    pub const ALL: ClassSet = ClassSet((1 << Class::ALL.len()) - 1);

    /// The set of one class.
    pub const fn of(class: Class) -> ClassSet {
        ClassSet(1 << class as u8)
    }

    /// Whether the class is in it.
    pub const fn contains(self, class: Class) -> bool {
        self.0 & ClassSet::of(class).0 != 0
    }

    /// Whether no class is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Puts the class in.
    pub const fn insert(&mut self, class: Class) {
        self.0 |= ClassSet::of(class).0;
    }

    /// Takes the class out.
    pub const fn remove(&mut self, class: Class) {
        self.0 &= !ClassSet::of(class).0;
    }

    /// What is in either.
    pub const fn union(self, other: ClassSet) -> ClassSet {
        ClassSet(self.0 | other.0)
    }

    /// What is in both.
    pub const fn intersection(self, other: ClassSet) -> ClassSet {
        ClassSet(self.0 & other.0)
    }

    /// What is in this one and not in the other.
    pub const fn without(self, other: ClassSet) -> ClassSet {
        ClassSet(self.0 & !other.0)
    }

    /// Its classes, in their order.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        let all = Class::ALL.into_iter();
        all.filter(move |class| self.contains(*class))
    }

    /// Those of its classes that `keep` keeps.
    pub fn filtered(self, keep: impl Fn(Class) -> bool) -> ClassSet {
        let kept = self.iter().filter(|class| keep(*class));
        kept.fold(ClassSet::EMPTY, |set, class| set.union(ClassSet::of(class)))
    }
}

/// Which classes a path has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The most telling one: of the outermost component, and there of the outermost layer.
    pub class: Class,
    /// All of them: what `.env.bak` was is still a secret.
    pub all: ClassSet,
}

impl Found {
    /// The class to name if those of `set` are denied.
    pub fn within(self, set: ClassSet) -> Option<Class> {
        if set.contains(self.class) {
            Some(self.class)
        } else {
            self.all.intersection(set).iter().next()
        }
    }
}

/// What has been found so far.
#[derive(Default)]
struct Findings(Option<Found>);

impl Findings {
    fn add(&mut self, class: Class) {
        let found = self.0.get_or_insert(Found {
            class,
            all: ClassSet::EMPTY,
        });
        found.all.insert(class);
    }

    fn all(&self) -> ClassSet {
        self.0.map_or(ClassSet::EMPTY, |found| found.all)
    }

    fn append(&mut self, inner: Findings) {
        if let Some(inner) = inner.0 {
            let all = self.all().union(inner.all);
            let class = self.0.map_or(inner.class, |found| found.class);
            self.0 = Some(Found { class, all });
        }
    }
}

/// What is never judged, with all that is below it: RFC 8615. In this case only, as it is written
/// there; any other is a name with a dot in front.
const WELL_KNOWN: &[u8] = b".well-known";

/// How many layers are taken off a name. One that has more is denied for those anyway.
const LAYERS: usize = 8;

/// The classes of a path: the part of a file's name below the document root, its components
/// separated by `/`. All but the last are directories, and the last, too, if so it is said or a
/// slash follows. `None`: it says nothing.
pub fn classify(path: &[u8], last_is_directory: bool) -> Option<Found> {
    let last_is_directory = last_is_directory || path.ends_with(b"/");
    let mut components = path
        .split(|byte| *byte == b'/')
        .filter(|name| !matches!(*name, b"" | b"." | b".."))
        .peekable();
    if components.peek() == Some(&WELL_KNOWN) {
        return None;
    }
    let mut findings = Findings::default();
    let mut in_cvs = false;
    while let Some(name) = components.next() {
        if last_is_directory || components.peek().is_some() {
            findings.append(directory(name));
            in_cvs = same(name, "cvs");
        } else {
            findings.append(file(name));
            if in_cvs && is_one_of(name, CVS_FILES) {
                findings.add(Class::Vcs);
            }
        }
    }
    findings.0
}

fn directory(name: &[u8]) -> Findings {
    let mut findings = Findings::default();
    let mut rest = name;
    for _ in 0..LAYERS {
        // Of a directory only the plainest residue: x~, x.bak. More is in the names of versions.
        let residue = match rest {
            [stem @ .., b'~'] if !stem.is_empty() => Some((Class::Backup, stem)),
            _ => split_extension(rest).and_then(|(stem, extension)| {
                let mut rows = extension_rows(extension);
                let row = rows.find(|row| matches!(row.0, Shape::ExtDir(_)))?;
                Some((row.1, stem))
            }),
        };
        if let Some((class, _)) = residue {
            findings.add(class);
        }
        names(&mut findings, rest, b"", true);
        loose(&mut findings, rest, true);
        let Some((_, stem)) = residue else {
            break;
        };
        rest = stem;
    }
    hidden(&mut findings, name, rest);
    findings
}

fn file(name: &[u8]) -> Findings {
    let mut findings = Findings::default();
    let mut rest = name;
    let mut in_archive = false;
    for _ in 0..LAYERS {
        // Windows does not see these at all.
        let seen = rest.iter().rposition(|byte| !matches!(byte, b'.' | b' '));
        rest = rest.get(..seen.map_or(0, |at| at + 1)).unwrap_or_default();
        if PUBLIC.iter().any(|(public, _)| same(rest, public)) {
            break;
        }
        let layer = layer(rest, in_archive);
        if let Some(class) = layer.as_ref().and_then(|layer| layer.class) {
            findings.add(class);
        }
        whole(&mut findings, rest);
        let Some(layer) = layer else {
            break;
        };
        in_archive |= layer.is_archive;
        // vim's .env.local.swp: was the dot there before? If it is a name to know, it was.
        if layer.class == Some(Class::Editor) && rest.first() == Some(&b'.') {
            let end = memchr::memchr(b'.', rest.get(1..).unwrap_or_default());
            let first = end.and_then(|end| rest.get(..end + 1)).unwrap_or(rest);
            names(&mut findings, first, b"", false);
        }
        rest = layer.stem;
    }
    hidden(&mut findings, name, rest);
    findings
}

/// What begins with a dot was not meant to be seen, whatever it is; what an editor or version
/// control put there says so itself. `rest` is what is left of `name`.
fn hidden(findings: &mut Findings, name: &[u8], rest: &[u8]) {
    let all = findings.all();
    let is_known = all.contains(Class::Vcs)
        || (all.contains(Class::Editor) && (rest.first() != Some(&b'.') || rest == name));
    if (starts_with_dot(name) || starts_with_dot(rest)) && !is_known {
        findings.add(Class::Secret);
    }
}

fn starts_with_dot(name: &[u8]) -> bool {
    name.len() > 1 && name.first() == Some(&b'.')
}

/// What a name of a file says before a layer is taken off.
fn whole(findings: &mut Findings, name: &[u8]) {
    names(findings, name, b"", false);
    let split = split_extension(name);
    if split.is_none() || starts_with_dot(name) || without_ending(name, "_log").is_some() {
        loose(findings, name, false);
    }
    let Some((stem, extension)) = split else {
        // The session files of PHP, a name that others took over.
        let id = name.get(5..).unwrap_or_default();
        if starts_with(name, "sess_") && id.len() >= 16 && id.iter().all(u8::is_ascii_alphanumeric)
        {
            findings.add(Class::Database);
        }
        return;
    };
    // A copy by its name, before the extension: "x copy.py", x_old.py, and "credentials (1).json",
    // but not "photo (1).jpg" and scan_old.jpg.
    let is_code = is_code(extension);
    let old = || without_old_words(stem).filter(|_| is_code);
    if let Some(base) = without_copy_words(stem).or_else(old) {
        let mut original = Findings::default();
        names(&mut original, base, extension, false);
        configuration(&mut original, base, extension);
        if is_code || original.0.is_some() {
            findings.add(Class::Backup);
            findings.append(original);
        }
    }
    configuration(findings, stem, extension);
    for Row(shape, class, _) in rows(EXTENSION, extension, b"") {
        let is_hit = match *shape {
            Shape::Ext(text) | Shape::ExtDir(text) => same(extension, text),
            Shape::Only(text) => same(extension, text) && split_extension(stem).is_none(),
            Shape::Glob(head, tail) => is_glob(name, head, tail),
            Shape::Within(middle, tail) => is_within(name, middle, tail),
            _ => false,
        };
        if is_hit {
            findings.add(*class);
        }
    }
    if is_one_of(extension, ARCHIVES) {
        let stem = without_date(stem);
        for Row(shape, class, _) in rows(ARCHIVE, stem, b"") {
            if matches!(*shape, Shape::Archive(text) if same(stem, text)) {
                findings.add(*class);
            }
        }
    }
}

/// The rows of whole names. The extension, if there is one, follows `stem` and a dot.
fn names(findings: &mut Findings, stem: &[u8], extension: &[u8], is_directory: bool) {
    for Row(shape, class, _) in rows(WHOLE, stem, extension) {
        let is_hit = match *shape {
            Shape::Name(text) => !is_directory && is_joined(text, stem, extension),
            Shape::Dir(text) => is_joined(text, stem, extension),
            Shape::Case(text) => extension.is_empty() && stem == text.as_bytes(),
            _ => false,
        };
        if is_hit {
            findings.add(*class);
        }
    }
}

/// The rows that no extension leads to.
fn loose(findings: &mut Findings, name: &[u8], is_directory: bool) {
    for Row(shape, class, _) in rows(EXTENSION, b"", b"") {
        if let Shape::Glob(head, tail) = *shape {
            let is_meant = !is_directory || head.starts_with('.');
            if is_meant && is_glob(name, head, tail) {
                findings.add(*class);
            }
        }
    }
}

/// The rows of settings: the whole stem, or its first or last word.
fn configuration(findings: &mut Findings, stem: &[u8], extension: &[u8]) {
    if !is_one_of(extension, CONFIGURATION) {
        return;
    }
    let is_separator = |byte: &u8| matches!(byte, b'.' | b'-' | b'_');
    let first = stem.split(is_separator).next().unwrap_or_default();
    let last = stem.rsplit(is_separator).next().unwrap_or_default();
    for word in [stem, first, last] {
        for Row(shape, class, _) in rows(SETTINGS, word, b"") {
            let is_hit = match *shape {
                Shape::Config(text) => same(stem, text),
                Shape::Word(text) => same(word, text),
                _ => false,
            };
            if is_hit {
                findings.add(*class);
            }
        }
    }
}

/// One layer of a name: what it says, if it does, and what is below it.
struct Layer<'a> {
    class: Option<Class>,
    stem: &'a [u8],
    is_archive: bool,
}

impl<'a> Layer<'a> {
    const fn new(class: Class, stem: &'a [u8]) -> Self {
        let class = Some(class);
        Layer {
            class,
            stem,
            is_archive: false,
        }
    }

    const fn wrapper(stem: &'a [u8], is_archive: bool) -> Self {
        Layer {
            class: None,
            stem,
            is_archive,
        }
    }
}

/// The outermost layer of the name of a file, if there is one.
fn layer(name: &[u8], in_archive: bool) -> Option<Layer<'_>> {
    mark(name)
        .or_else(|| extension_layer(name, in_archive))
        .or_else(|| number_layer(name, in_archive))
        .or_else(|| copy_layer(name))
        .or_else(|| tail_layer(name, in_archive))
        .filter(|layer| !layer.stem.is_empty())
}

/// Marks before and behind a name that editors and tools leave.
fn mark(name: &[u8]) -> Option<Layer<'_>> {
    let editor = |stem| Some(Layer::new(Class::Editor, stem));
    let backup = |stem| Some(Layer::new(Class::Backup, stem));
    match name {
        // emacs: who edits it, and its unsaved state.
        [b'.', b'#', stem @ ..] | [b'#', stem @ .., b'#'] => return editor(stem),
        // Microsoft Office: who edits it.
        [b'~', b'$', stem @ ..] => return editor(stem),
        // RCS: every version of it.
        [stem @ .., b',', b'v' | b'V'] => return backup(stem),
        _ => {}
    }
    // LibreOffice: who edits it.
    if starts_with(name, ".~lock.") && name.ends_with(b"#") {
        return editor(name.get(7..name.len() - 1)?);
    }
    // Gentoo: the new state of a file of settings, ._cfg0000_x.
    if let (true, Some([digits @ .., b'_'])) = (starts_with(name, "._cfg"), name.get(5..10))
        && digits.iter().all(u8::is_ascii_digit)
    {
        return backup(name.get(10..)?);
    }
    // macOS: the other half of a file, on a file system that has only one.
    if let Some(stem) = name.strip_prefix(b"._") {
        return editor(stem);
    }
    // JetBrains: while it saves.
    for ending in ["___jb_tmp___", "___jb_old___", "___jb_bak___"] {
        if let Some(stem) = without_ending(name, ending) {
            return editor(stem);
        }
    }
    // vim: what can be undone.
    if let Some(stem) = without_ending(name, ".un~") {
        return editor(undotted(stem));
    }
    // Everybody: x~. Not a user's directory, ~x. emacs, numbered: x.~1~.
    if let Some(stem) = name.strip_suffix(b"~").filter(|stem| !stem.is_empty()) {
        let opening = memchr::memrchr(b'~', stem).unwrap_or_default();
        let number = stem.get(opening + 1..).unwrap_or_default();
        let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
        if let Some([before @ .., b'.']) = stem.get(..opening)
            && !number.is_empty()
            && number.iter().all(is_number)
        {
            return backup(before);
        }
        return backup(stem);
    }
    // Uploads, and PSP's own view of a source: x.psp_. Without an extension it is a name: x_.
    let stem = name.strip_suffix(b"_")?;
    let end = stem.iter().rposition(|byte| *byte != b'_')? + 1;
    let stem = stem.get(..end)?;
    split_extension(stem).and_then(|_| backup(stem))
}

/// A last extension that is no type: residue, compression, an archive, a language, a character set.
fn extension_layer(name: &[u8], in_archive: bool) -> Option<Layer<'_>> {
    let (stem, extension) = split_extension(name)?;
    for Row(shape, class, _) in extension_rows(extension) {
        let is_residue = matches!(class, Class::Backup | Class::Editor | Class::Template);
        let is_hit = match shape {
            Shape::Ext(_) | Shape::ExtDir(_) => is_residue,
            Shape::Only(_) => is_residue && split_extension(stem).is_none(),
            // But .env.local is what .env is.
            Shape::After(_) => is_text(stem) && undotted(stem).first() != Some(&b'.'),
            _ => false,
        };
        if is_hit {
            let stem = match class {
                Class::Editor => undotted(stem),
                _ => stem,
            };
            return Some(Layer::new(*class, stem));
        }
    }
    let word = without_digits(extension);
    if word.len() < extension.len() {
        for Row(shape, class, _) in rows(EXTENSION, word, b"") {
            let is_hit = match *shape {
                Shape::Number(text) => same(word, text),
                Shape::AfterNumber(text) => same(word, text) && is_text(stem),
                _ => false,
            };
            if is_hit {
                return Some(Layer::new(*class, stem));
            }
        }
    }
    if is_wrapper(extension) || is_language(stem, extension) {
        return Some(Layer::wrapper(stem, false));
    }
    if is_one_of(extension, ARCHIVES) {
        return Some(Layer::wrapper(stem, true));
    }
    // SQLite: what is not yet in the database.
    for ending in ["-journal", "-wal", "-shm"] {
        if let Some(stem) = without_ending(name, ending) {
            let (_, extension) = split_extension(stem)?;
            let is_database = extension_rows(extension).any(|row| row.1 == Class::Database);
            return is_database.then_some(Layer::new(Class::Database, stem));
        }
    }
    // rsync: half transferred, .x.py.AbC123.
    let is_random = extension.len() == 6
        && extension.iter().all(u8::is_ascii_alphanumeric)
        && extension.iter().any(|byte| !byte.is_ascii_lowercase());
    if is_random && !in_archive && starts_with_dot(stem) && is_text(undotted(stem)) {
        return Some(Layer::new(Class::Backup, undotted(stem)));
    }
    None
}

/// A number or a date behind an extension: `x.py.1`, `x.html.2024-01-01_12-00`, `x.sql-20240101`;
/// and what rotated logs have: `error_log.1`.
fn number_layer(name: &[u8], in_archive: bool) -> Option<Layer<'_>> {
    let (stem, tail) = split_number(name)?;
    let mut below = Findings::default();
    whole(&mut below, stem);
    if below.all() == ClassSet::of(Class::Log) {
        return Some(Layer::wrapper(stem, false));
    }
    let is_old = match split_extension(stem) {
        // Pages of the manual have one digit: htpasswd.1.
        None => {
            let is_section = tail.len() == 2 && tail.first() == Some(&b'.');
            starts_with_dot(stem) || (below.0.is_some() && !is_section)
        }
        // Releases have a version: web.py-0.62.tar.gz.
        Some(_) if in_archive => is_date(tail) && is_text(stem),
        // three.js-0.160 is a release, too.
        Some((_, extension)) if is_one_of(extension, TEXT) => {
            tail.first() == Some(&b'.') || is_date(tail)
        }
        Some(_) => is_text(stem),
    };
    is_old.then_some(Layer::new(Class::Backup, stem))
}

/// What desktops call a copy, where it is not before the extension: `Copy of x.py`, `x.py (1)`.
fn copy_layer(name: &[u8]) -> Option<Layer<'_>> {
    let stem = match COPY_OF.iter().find(|head| starts_with(name, head)) {
        Some(head) => {
            let stem = name.get(head.len()..)?;
            let extension = split_extension(stem).map(|(_, extension)| extension);
            let is_copy = match head.ends_with(' ') {
                true => extension.is_none_or(is_code) || says_something(stem),
                // copy-of-a-letter is a page.
                false => extension.is_some_and(is_code),
            };
            Some(stem).filter(|_| is_copy)?
        }
        None => without_copy_words(name).filter(|stem| is_text(stem))?,
    };
    Some(Layer::new(Class::Backup, stem))
}

/// Anything that is tied to an extension of a program, of settings or of what is denied:
/// `x.py-john`, `x.ini_prod`; to another text only a word of residue: `x.html-old`.
fn tail_layer(name: &[u8], in_archive: bool) -> Option<Layer<'_>> {
    let (stem, extension) = split_extension(name)?;
    let tie = extension
        .iter()
        .position(|byte| matches!(byte, b'-' | b'_'))?;
    let (extension, tail) = (extension.get(..tie)?, extension.get(tie + 1..)?);
    let (true, false) = (tie > 0, tail.is_empty()) else {
        return None;
    };
    let is_residue = |word| {
        extension_rows(word).any(|row| {
            row.1 == Class::Backup && !matches!(row.0, Shape::Number(_) | Shape::AfterNumber(_))
        })
    };
    let is_old = is_code(extension)
        || (is_one_of(extension, TEXT) && (is_residue(tail) || is_residue(without_digits(tail))));
    let stem = name.get(..stem.len() + 1 + tie)?;
    (is_old && !in_archive).then_some(Layer::new(Class::Backup, stem))
}

fn says_something(name: &[u8]) -> bool {
    let mut findings = Findings::default();
    whole(&mut findings, name);
    findings.0.is_some()
}

/// Whether this is the name of a text, or of something that is denied: then what follows it is an
/// earlier state, and not a version.
fn is_text(name: &[u8]) -> bool {
    let mut rest = name;
    for _ in 0..3 {
        if says_something(rest) || starts_with_dot(rest) {
            return true;
        }
        let Some((stem, extension)) = split_extension(rest) else {
            return false;
        };
        let is_residue = |row: &Row| matches!(row.0, Shape::After(_)) && row.1 == Class::Backup;
        if is_one_of(extension, TEXT)
            || is_code(extension)
            || extension_rows(extension).any(is_residue)
        {
            return true;
        }
        if !is_wrapper(extension) && !is_one_of(extension, ARCHIVES) {
            return false;
        }
        rest = stem;
    }
    false
}

/// Whether a copy of what has this extension shows what nobody should see.
fn is_code(extension: &[u8]) -> bool {
    let is_denied = |row: &Row| {
        matches!(row.0, Shape::Ext(_) | Shape::Only(_))
            && matches!(
                row.1,
                Class::Source | Class::Template | Class::Secret | Class::Database
            )
    };
    is_one_of(extension, PROGRAMS)
        || is_one_of(extension, CONFIGURATION)
        || extension_rows(extension).any(is_denied)
}

fn is_wrapper(extension: &[u8]) -> bool {
    WRAPPERS.iter().any(|(wrapper, _)| same(extension, wrapper))
}

/// `en` or `pt-br` behind another extension.
fn is_language(stem: &[u8], extension: &[u8]) -> bool {
    let is_tied = match extension {
        [_, _] => true,
        [_, _, b'-' | b'_', region @ ..] => {
            (2..=4).contains(&region.len()) && region.iter().all(u8::is_ascii_alphanumeric)
        }
        _ => false,
    };
    let letters = extension.get(..2).unwrap_or_default();
    is_tied
        && letters.iter().all(u8::is_ascii_alphabetic)
        && !is_one_of(extension, NO_LANGUAGE)
        && split_extension(stem).is_some()
}

/// `x` of `x copy`, `x - Copy (2)`, `x (another copy)`, `x (1)`, `x (conflicted copy of Ann)`.
fn without_copy_words(name: &[u8]) -> Option<&[u8]> {
    let without_word = |name| {
        let mut words = COPY_WORDS.iter();
        let stem = words.find_map(|word| without_ending(name, word))?;
        let stem = stem.strip_suffix(b" ")?;
        Some(stem.strip_suffix(b" -").unwrap_or(stem))
    };
    let stem = if let Some(inner) = name.strip_suffix(b")") {
        let open = memchr::memrchr(b'(', inner)?;
        let (stem, inner) = (inner.get(..open)?.trim_ascii_end(), inner.get(open + 1..)?);
        if !inner.is_empty() && inner.iter().all(u8::is_ascii_digit) {
            without_word(stem).unwrap_or(stem)
        } else {
            let mut words = inner.split(|byte| *byte == b' ');
            words.find(|word| is_one_of(word, COPY_WORDS))?;
            stem
        }
    } else {
        let without_number = without_digits(name).strip_suffix(b" ");
        without_word(name).or_else(|| without_word(without_number?))?
    };
    (!stem.is_empty()).then_some(stem)
}

/// `x` of `x_old`, `x-bak2`, `x.orig`, `x_BACKUP_123`.
fn without_old_words(name: &[u8]) -> Option<&[u8]> {
    let is_separator = |byte: &u8| matches!(byte, b'.' | b'-' | b'_' | b' ');
    let without = |name, words: &[&str]| {
        let mut words = words.iter();
        let stem: &[u8] = words.find_map(|word| without_ending(name, word))?;
        let (separator, stem) = stem.split_last()?;
        is_separator(separator)
            .then_some(stem)
            .filter(|stem| !stem.is_empty())
    };
    let word = without_digits(name);
    if word.len() < name.len()
        && let Some((separator, word)) = word.split_last()
        && is_separator(separator)
    {
        return without(word, MERGE_WORDS).or_else(|| without(word, OLD_WORDS));
    }
    without(word, OLD_WORDS)
}

/// The name without a number or date at its end, and that, which begins with what separates them.
fn split_number(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let (number, is_utc) = match name {
        [number @ .., b'Z' | b'z'] => (number, true),
        _ => (name, false),
    };
    number.last().filter(|byte| byte.is_ascii_digit())?;
    let (stem, tail) = name.split_at_checked(counter(number))?;
    let begin = tail
        .iter()
        .position(|byte| matches!(byte, b'.' | b'-' | b'_'))?;
    let (_, tail) = tail.split_at_checked(begin)?;
    let stem = name.get(..stem.len() + begin)?;
    let is_number = !is_utc || (is_date(tail) && split_extension(stem).is_some());
    (!stem.is_empty() && is_number).then_some((stem, tail))
}

/// Where the digits at the end of a name begin, and what stands between the parts of a date.
fn counter(name: &[u8]) -> usize {
    let mut rest = name;
    let mut digits_follow = false;
    while let Some((byte, before)) = rest.split_last() {
        let is_part = match byte {
            b'0'..=b'9' | b'-' | b'_' | b'.' | b':' => true,
            b'T' | b't' => digits_follow && before.last().is_some_and(u8::is_ascii_digit),
            _ => false,
        };
        if !is_part {
            break;
        }
        digits_follow = byte.is_ascii_digit();
        rest = before;
    }
    rest.len()
}

/// Whether it is a date and not a version: a year first, or many digits.
fn is_date(tail: &[u8]) -> bool {
    let digits = tail.iter().filter(|byte| byte.is_ascii_digit()).count();
    let year = tail.get(1..5).unwrap_or_default();
    digits >= 6
        || (matches!(year, [b'1', b'9', ..] | [b'2', b'0', ..])
            && year.iter().all(u8::is_ascii_digit)
            && !tail.get(5).is_some_and(u8::is_ascii_digit))
}

/// `backup` of `backup-2024-01-01` and `backup20240101`; of `backup-1.2` it is the whole.
fn without_date(name: &[u8]) -> &[u8] {
    let (stem, tail) = name.split_at_checked(counter(name)).unwrap_or((name, b""));
    let digits = tail.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits >= 6 { stem } else { name }
}

fn without_digits(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|byte| !byte.is_ascii_digit());
    name.get(..end.map_or(0, |end| end + 1)).unwrap_or_default()
}

/// What editors put a dot before to hide it. Without an extension it had one already: `.bashrc`.
fn undotted(name: &[u8]) -> &[u8] {
    match name {
        [b'.', inner @ ..] if split_extension(inner).is_some() => inner,
        _ => name,
    }
}

/// What stands before the last dot and what behind it, if both are something.
fn split_extension(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = memchr::memrchr(b'.', name)?;
    let (stem, extension) = (name.get(..dot)?, name.get(dot + 1..)?);
    (!stem.is_empty() && !extension.is_empty()).then_some((stem, extension))
}

fn same(name: &[u8], text: &str) -> bool {
    name.eq_ignore_ascii_case(text.as_bytes())
}

fn is_one_of(name: &[u8], list: &[&str]) -> bool {
    list.iter().any(|text| same(name, text))
}

fn starts_with(name: &[u8], head: &str) -> bool {
    name.get(..head.len()).is_some_and(|name| same(name, head))
}

/// What stands before an ending that is not all.
fn without_ending<'a>(name: &'a [u8], ending: &str) -> Option<&'a [u8]> {
    let length = name.len().checked_sub(ending.len())?;
    let (stem, tail) = name.split_at_checked(length)?;
    (same(tail, ending) && !stem.is_empty()).then_some(stem)
}

fn is_glob(name: &[u8], head: &str, tail: &str) -> bool {
    name.len() > head.len() + tail.len()
        && starts_with(name, head)
        && without_ending(name, tail).is_some()
}

fn is_within(name: &[u8], middle: &str, tail: &str) -> bool {
    without_ending(name, tail).is_some_and(|stem| {
        let mut windows = stem.windows(middle.len());
        windows.any(|window| same(window, middle))
    })
}

fn is_joined(text: &str, stem: &[u8], extension: &[u8]) -> bool {
    if extension.is_empty() {
        return same(stem, text);
    }
    let joined = text.as_bytes().split_at_checked(stem.len());
    joined.is_some_and(|(head, tail)| {
        head.eq_ignore_ascii_case(stem)
            && tail
                .strip_prefix(b".")
                .is_some_and(|tail| tail.eq_ignore_ascii_case(extension))
    })
}

// The index of the rows: a hash table with open addressing, made when the module is compiled.

/// What a key is.
const EXTENSION: u32 = 1;
const WHOLE: u32 = 2;
const SETTINGS: u32 = 3;
const ARCHIVE: u32 = 4;

/// At least twice as many as there are rows, and a power of two.
const SLOTS: usize = 2048;
const _: () = assert!(ROWS.len() * 2 < SLOTS && ROWS.len() < u16::MAX as usize);

/// The number of a row, from one; zero where there is none.
static INDEX: [u16; SLOTS] = index();

/// The rows that may have this key: all that have it, and some that do not.
fn rows(kind: u32, key: &[u8], extension: &[u8]) -> impl Iterator<Item = &'static Row> {
    let mut hash = hash(kind, key);
    if !extension.is_empty() {
        hash = self::hash(step(hash, b'.'), extension);
    }
    let mut slot = slot(hash);
    std::iter::from_fn(move || {
        let number = usize::from(INDEX.get(slot).copied()?);
        slot = (slot + 1) % SLOTS;
        ROWS.get(number.checked_sub(1)?)
    })
}

/// The rows of this last extension, whatever they ask of what stands before it.
fn extension_rows(extension: &[u8]) -> impl Iterator<Item = &'static Row> {
    rows(EXTENSION, extension, b"").filter(move |row| match row.0 {
        Shape::Ext(text) | Shape::ExtDir(text) | Shape::After(text) | Shape::Only(text) => {
            same(extension, text)
        }
        _ => false,
    })
}

const fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ byte.to_ascii_lowercase() as u32).wrapping_mul(0x0100_0193)
}

const fn hash(seed: u32, mut key: &[u8]) -> u32 {
    let mut hash = seed;
    while let [byte, rest @ ..] = key {
        hash = step(hash, *byte);
        key = rest;
    }
    hash
}

const fn slot(hash: u32) -> usize {
    (hash.wrapping_mul(0x9e37_79b1) >> 16) as usize % SLOTS
}

const fn index() -> [u16; SLOTS] {
    let mut index = [0; SLOTS];
    let mut rows = ROWS;
    let mut number = 0;
    while let [Row(shape, _, why), rest @ ..] = rows {
        assert!(!why.is_empty(), "every row says why it is there");
        number += 1;
        rows = rest;
        let hash = match *shape {
            Shape::Ext(text)
            | Shape::ExtDir(text)
            | Shape::After(text)
            | Shape::Number(text)
            | Shape::AfterNumber(text)
            | Shape::Only(text) => hash(EXTENSION, text.as_bytes()),
            Shape::Name(text) | Shape::Dir(text) | Shape::Case(text) => {
                hash(WHOLE, text.as_bytes())
            }
            Shape::Config(text) | Shape::Word(text) => hash(SETTINGS, text.as_bytes()),
            Shape::Archive(text) => hash(ARCHIVE, text.as_bytes()),
            Shape::Glob(head, tail) => hash(EXTENSION, leading(head, tail)),
            Shape::Within(_, tail) => hash(EXTENSION, last_extension(tail.as_bytes())),
        };
        let mut slot = slot(hash);
        while get(&index, slot) != 0 {
            slot = (slot + 1) % SLOTS;
        }
        put(&mut index, slot, number);
    }
    index
}

/// The extension by which the row is looked up; nothing for a row that [`loose`] has.
const fn leading(head: &'static str, tail: &'static str) -> &'static [u8] {
    match head.as_bytes() {
        [b'.', ..] => b"",
        _ => last_extension(tail.as_bytes()),
    }
}

/// What stands behind the last dot; nothing where there is none.
const fn last_extension(text: &[u8]) -> &[u8] {
    let mut extension: &[u8] = b"";
    let mut rest = text;
    while let [byte, behind @ ..] = rest {
        rest = behind;
        if *byte == b'.' {
            extension = behind;
        }
    }
    extension
}

/// Indexing, for what is computed when the module is compiled.
const fn get<T: Copy>(array: &[T], index: usize) -> T {
    let Some((_, [value, ..])) = array.split_at_checked(index) else {
        unreachable!()
    };
    *value
}

const fn put<T: Copy>(array: &mut [T], index: usize, value: T) {
    if let Some((_, [slot, ..])) = array.split_at_mut_checked(index) {
        *slot = value;
    }
}

// The fast look. It reads eight bytes at a time and stops at dots and slashes. An extension that it
// knows to be harmless it passes at once; else it looks the last eight bytes of extension and name
// up in two tables, which are made of the same rows. It may take a harmless name for a telling one,
// never the other way round.

/// One byte, in each of eight.
const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = EACH << 7;
const SLASHES: u64 = b'/' as u64 * EACH;
const DOTS: u64 = b'.' as u64 * EACH;
const HYPHENS: u64 = b'-' as u64 * EACH;
const UNDERSCORES: u64 = b'_' as u64 * EACH;
/// ASCII letters become lower case; what else becomes equal does no harm.
const LOWER: u64 = EACH << 5;

const BUCKETS: usize = 16384;
const NEVER: u8 = u8::MAX;

/// By the last bytes of an extension: how long a name must be to be telling.
static EXTENSIONS: [u8; BUCKETS] = extensions();

/// By the last bytes and the length of a name: whether it is telling. A bit each.
static NAMES: [u64; 1024] = whole_names();

/// The last bytes of the rows that begin anyhow and have no extension: error_log and the like.
const LOOSE_END: u64 = last_bytes(b"_log");

/// Whether a name that ends in this byte needs a second look: x_, x~, x1.
static TELLING_ENDS: [bool; 256] = {
    let mut table = [false; 256];
    let mut ends: &[u8] = b"_~0123456789";
    while let [end, rest @ ..] = ends {
        put(&mut table, *end as usize, true);
        ends = rest;
    }
    table
};

/// The extensions of [`PLAIN`] in their buckets.
static PASSED: [u64; 128] = passed();

/// The last eight bytes in lower case, the last one highest; of a shorter text all, the first one
/// lowest.
const fn last_bytes(text: &[u8]) -> u64 {
    let bytes = match text.last_chunk() {
        Some(last) => u64::from_le_bytes(*last),
        None => {
            let mut bytes = 0;
            let mut rest = text;
            while let [before @ .., byte] = rest {
                bytes = (bytes << 8) | *byte as u64;
                rest = before;
            }
            bytes
        }
    };
    bytes | LOWER
}

const fn extension_bucket(bytes: u64) -> usize {
    (bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50) as usize
}

/// Which bit of which of [`NAMES`].
const fn name_bit(bytes: u64, length: usize) -> (usize, u64) {
    let hash = (bytes ^ length as u64).wrapping_mul(0xd6e8_feb8_6659_fd93);
    ((hash >> 54) as usize, (hash >> 48) & 63)
}

const fn passed_bucket(bytes: u64) -> usize {
    (bytes.wrapping_mul(0x78e5_1061_7311_d8a3) >> 57) as usize
}

const fn extensions() -> [u8; BUCKETS] {
    const fn add(table: &mut [u8; BUCKETS], extension: &[u8], length: usize) {
        assert!(length < NEVER as usize);
        let bytes = last_bytes(extension);
        assert!(!is_passed(bytes), "a row has an extension of PLAIN");
        let bucket = extension_bucket(bytes);
        if length < get(table, bucket) as usize {
            put(table, bucket, length as u8);
        }
    }
    const fn add_all(table: &mut [u8; BUCKETS], mut extensions: &[&str]) {
        while let [extension, rest @ ..] = extensions {
            add(table, extension.as_bytes(), 0);
            extensions = rest;
        }
    }
    let mut table = [NEVER; BUCKETS];
    let mut rows = ROWS;
    while let [row, rest @ ..] = rows {
        rows = rest;
        match row.0 {
            Shape::Ext(text)
            | Shape::ExtDir(text)
            | Shape::After(text)
            | Shape::Number(text)
            | Shape::AfterNumber(text)
            | Shape::Only(text) => add(&mut table, text.as_bytes(), 0),
            Shape::Glob(head, tail) => match (leading(head, tail), head.as_bytes()) {
                (b"", [b'.', ..]) => {}
                (b"", _) => assert!(is_loose_end(last_bytes(tail.as_bytes()))),
                (extension, _) => add(&mut table, extension, head.len() + tail.len()),
            },
            Shape::Within(middle, tail) => {
                let extension = last_extension(tail.as_bytes());
                add(&mut table, extension, middle.len() + tail.len());
            }
            // Their extensions are added below.
            Shape::Config(_) | Shape::Word(_) | Shape::Archive(_) => {}
            // In the other table.
            Shape::Name(_) | Shape::Dir(_) | Shape::Case(_) => {}
        }
    }
    let mut wrappers = WRAPPERS;
    while let [(wrapper, _), rest @ ..] = wrappers {
        add(&mut table, wrapper.as_bytes(), 0);
        wrappers = rest;
    }
    add_all(&mut table, ARCHIVES);
    add_all(&mut table, CONFIGURATION);
    add_all(&mut table, PROGRAMS);
    table
}

const fn whole_names() -> [u64; 1024] {
    let mut table = [0; 1024];
    let mut rows = ROWS;
    while let [row, rest @ ..] = rows {
        rows = rest;
        if let Shape::Name(text) | Shape::Dir(text) | Shape::Case(text) = row.0 {
            let text = text.as_bytes();
            let extension = last_bytes(last_extension(text));
            assert!(!is_passed(extension), "a row has an extension of PLAIN");
            let (bucket, bit) = name_bit(last_bytes(text), text.len());
            let bits = get(&table, bucket) | (1 << bit);
            put(&mut table, bucket, bits);
        }
    }
    table
}

const fn passed() -> [u64; 128] {
    let mut table = [0; 128];
    let mut extensions = PLAIN;
    while let [extension, rest @ ..] = extensions {
        extensions = rest;
        let text = extension.as_bytes();
        assert!(text.len() < 8, "it must fit with a byte to spare");
        let bytes = last_bytes(text);
        assert!(
            get(&table, passed_bucket(bytes)) == 0,
            "two in one bucket: take another factor"
        );
        put(&mut table, passed_bucket(bytes), bytes);
    }
    table
}

/// Whether these are the bytes of one of [`PLAIN`].
const fn is_passed(extension: u64) -> bool {
    get(&PASSED, passed_bucket(extension)) == extension
}

/// Whether a path says nothing for certain: then [`classify`] finds nothing, whether its last
/// component is a file or a directory.
pub fn is_plain(path: &[u8]) -> bool {
    match above_common_page(path) {
        Some(directory) => directory.is_empty() || is_plain_path(directory),
        None => is_plain_path(path),
    }
}

/// The directory of a path whose last component ends like the most common pages and pictures: no
/// row is about such a name, unless it begins with a dot. A short cut for most of all requests.
fn above_common_page(path: &[u8]) -> Option<&[u8]> {
    const HTML: u64 = u64::from_be_bytes(*b"\0\0\0.html");
    const OTHERS: [u64; 6] = [
        u64::from_be_bytes(*b"\0\0\0\0.css"),
        u64::from_be_bytes(*b"\0\0\0\0.png"),
        u64::from_be_bytes(*b"\0\0\0\0.jpg"),
        u64::from_be_bytes(*b"\0\0\0\0.svg"),
        u64::from_be_bytes(*b"\0\0\0\0.gif"),
        u64::from_be_bytes(*b"\0\0\0\0.ico"),
    ];
    // The last eight bytes, without case.
    let end = u64::from_be_bytes(*path.last_chunk()?) | LOWER;
    let length = if end & 0xff_ffff_ffff == HTML {
        5
    } else if OTHERS.contains(&(end & 0xffff_ffff)) {
        4
    } else {
        return None;
    };
    let mut rest = path.get(..path.len() - length)?;
    let mut first = b'.';
    while let [before @ .., byte] = rest {
        if *byte == b'/' {
            break;
        }
        first = *byte;
        rest = before;
    }
    (first != b'.').then(|| rest.get(..rest.len().saturating_sub(1)).unwrap_or_default())
}

fn is_plain_path(path: &[u8]) -> bool {
    let (Some(first), Some(last)) = (path.first_chunk(), path.last_chunk()) else {
        if matches!(path, b"" | b"/") {
            return true;
        }
        // Slashes behind a short one do not change it.
        let mut longer = [b'/'; 8];
        longer
            .iter_mut()
            .zip(path)
            .for_each(|(to, from)| *to = *from);
        return is_plain_path(&longer);
    };
    let mut start = 0;
    let mut base = 0;
    let mut word = u64::from_le_bytes(*first);
    let mut rest = path.get(8..).unwrap_or_default();
    loop {
        // Slashes, and what is less than a hyphen: the high bit of each byte. The latter are
        // telling.
        let low = word & !HIGH;
        let no_slash = (low ^ SLASHES).wrapping_add(!HIGH);
        let no_less = low.wrapping_add((0x80 - b'-' as u64) * EACH);
        let mut stops = !((no_slash & no_less) | word) & HIGH;
        while stops != 0 {
            let end = base + stops.trailing_zeros() as usize / 8;
            if path.get(end) != Some(&b'/') || !is_plain_component(path, *first, start, end) {
                return false;
            }
            stops &= stops - 1;
            start = end + 1;
        }
        if let Some((next, behind)) = rest.split_first_chunk() {
            word = u64::from_le_bytes(*next);
            base += 8;
            rest = behind;
        } else if rest.is_empty() {
            break;
        } else {
            // The last eight bytes, those read before replaced by what is no ASCII.
            word = u64::from_le_bytes(*last) | (u64::MAX >> (8 * rest.len()));
            base += rest.len();
            rest = &[];
        }
    }
    is_plain_component(path, *first, start, path.len())
}

/// Whether the component of a path that begins and ends there is plain. `first` is how the path
/// begins.
#[inline(always)]
fn is_plain_component(path: &[u8], first: [u8; 8], start: usize, end: usize) -> bool {
    if start >= end {
        return true;
    }
    let length = end - start;
    // The last one highest.
    let bytes = match path.get(..end).and_then(|path| path.last_chunk()) {
        Some(last) => u64::from_le_bytes(*last),
        None => u64::from_le_bytes(first) << ((64 - 8 * end) % 64),
    };
    let name = || path.get(start..end).unwrap_or_default();
    let dot = NonZero::new(each_is(bytes, DOTS)).map(|dots| dots.leading_zeros() / 8);
    if let Some(behind_dot) = dot.filter(|behind_dot| (*behind_dot as usize) < length) {
        // An extension of nothing has too many bytes, and is not found.
        let extension = (bytes >> ((64 - 8 * behind_dot) % 64)) | LOWER;
        let is_passed = PASSED.get(passed_bucket(extension)) == Some(&extension);
        return (is_passed && path.get(start) != Some(&b'.'))
            || is_plain_with_dot(name(), bytes, behind_dot);
    }
    if length > 8 {
        let head = name().first_chunk().map(|head| u64::from_le_bytes(*head));
        let has_no_dot = length <= 16 && head.is_some_and(|head| each_is(head, DOTS) == 0);
        if !has_no_dot {
            return is_plain_long(name());
        }
        if is_loose_end(bytes | LOWER) {
            return false;
        }
    }
    !is_telling(keep_last(bytes, length), length)
        && (TELLING_ENDS.get((bytes >> 56) as usize) == Some(&false) || is_plain_end(name()))
}

/// Which of eight bytes are this one: the high bit of each.
#[inline(always)]
fn each_is(bytes: u64, each: u64) -> u64 {
    !(((bytes & !HIGH) ^ each).wrapping_add(!HIGH) | bytes) & HIGH
}

/// The last bytes of eight as [`last_bytes`] has them.
#[inline(always)]
fn keep_last(bytes: u64, length: usize) -> u64 {
    (bytes >> ((64 - 8 * length.min(8)) % 64)) | LOWER
}

/// The same of a name with a dot before the last bytes, which are no extension of [`PLAIN`].
#[inline(never)]
fn is_plain_with_dot(name: &[u8], bytes: u64, behind_dot: u32) -> bool {
    let extension = keep_last(bytes, behind_dot as usize);
    let is_known = is_telling(keep_last(bytes, name.len()), name.len())
        || EXTENSIONS
            .get(extension_bucket(extension))
            .is_none_or(|least| usize::from(*least) <= name.len().min(254));
    // x.html.en, but not jquery.min.js and 2.4.71
    let is_language = behind_dot == 2
        && name.last().is_some_and(u8::is_ascii_alphabetic)
        && extension != const { last_bytes(b"js") }
        && name.iter().filter(|byte| **byte == b'.').count() > 1;
    // x.html-old, x.py_john
    let ties = each_is(bytes, HYPHENS) | each_is(bytes, UNDERSCORES);
    let is_tied = ties.leading_zeros() < 8 * behind_dot;
    !is_known
        && !is_language
        && !is_tied
        && behind_dot > 0
        && name.first() != Some(&b'.')
        && is_plain_end(name)
}

/// The same of a name with no dot before its last bytes.
#[inline(never)]
fn is_plain_long(name: &[u8]) -> bool {
    match memchr::memrchr(b'.', name) {
        // What is too long for the table, but for one.
        Some(dot) => {
            let extension = name.get(dot + 1..).unwrap_or_default();
            !starts_with_dot(name) && same(extension, "webmanifest")
        }
        None => {
            let bytes = last_bytes(name);
            !is_telling(bytes, name.len())
                && !is_loose_end(bytes)
                && !starts_with(name, "sess_")
                && is_plain_end(name)
        }
    }
}

/// Whether there is a row of this whole name.
#[inline(always)]
fn is_telling(bytes: u64, length: usize) -> bool {
    let (bucket, bit) = name_bit(bytes, length);
    NAMES.get(bucket).is_none_or(|bits| (bits >> bit) & 1 != 0)
}

const fn is_loose_end(bytes: u64) -> bool {
    bytes >> 32 == LOOSE_END & (u64::MAX >> 32)
}

/// Whether the last byte is not that of a backup: x~, x.py_, x.py.1, x.py.20240101T0000Z.
fn is_plain_end(name: &[u8]) -> bool {
    match name.last() {
        Some(b'_' | b'~') => false,
        Some(b'0'..=b'9') => is_plain_number(name),
        Some(b'Z' | b'z') => !matches!(name, [.., b'0'..=b'9', _]),
        _ => true,
    }
}

/// What ends in a digit: a version, a film, or `x.py.1`, `x.bak2`, `error_log-20240101`.
fn is_plain_number(name: &[u8]) -> bool {
    // 2024, 3.11
    if !name.iter().any(|byte| *byte > b'9') {
        return true;
    }
    // .bak2
    let word = without_digits(name);
    let extension = last_extension(word);
    let bucket = extension_bucket(last_bytes(extension));
    if !extension.is_empty() && EXTENSIONS.get(bucket) != Some(&NEVER) {
        return false;
    }
    let Some((stem, _)) = split_number(name) else {
        return true;
    };
    match split_extension(stem) {
        // Behind an extension that is no number itself: who knows.
        Some((_, extension)) => extension.iter().all(u8::is_ascii_digit),
        None => {
            !is_telling(last_bytes(stem), stem.len())
                && without_ending(stem, "_log").is_none()
                && !starts_with(stem, "sess_")
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
mod tests {
    use super::*;

    fn class(path: &str) -> Option<Class> {
        classify(path.as_bytes(), false).map(|found| found.class)
    }

    fn all(path: &str) -> ClassSet {
        classify(path.as_bytes(), false).map_or(ClassSet::EMPTY, |found| found.all)
    }

    use Class::*;

    /// What names say: the first class.
    #[rustfmt::skip]
    const DENIED: &[(Class, &[&str])] = &[
        (Source, &[
            "lib.py", "LIB.PY", "a/b/lib.Py", "app.asgi", "/lib.py", "a//lib.py", "x.pyw", "x.py2", "x.py3", "x.pyi", "x.pyx",
            "x.pxd", "x.pxi", "x.psp", "app.wsgi", "x.fcgi", "x.rpy", "x.tac", "x.ipynb", "x.pyz", "x.pyzw", "x.pth",
            "x.w2p", "settings.py", "local_settings.py", "setup.py", "manage.py", "gunicorn.conf.py", "__init__.py",
            "lib.py.en", "lib.py.pt-br", "lib.py.zh-Hant", "lib.py.utf8", "lib.py.fr.utf8", "lib.py.iso8859-1",
            "lib.py.gz", "lib.py.en.gz", "lib.py.bz2", "lib.py.xz", "lib.py.zst", "lib.py.Z", "lib.py.br",
            "settings.py.zip", "lib.py.dist", "settings.py.example", "settings.py.sample", "x.tar.py", "hold.py",
            "copy.py", "old.py", "backup.py", "make_copy.py", "new_x.py", "threshold.py", "lib.py.", "lib.py ",
            "SConstruct", "wscript", "_static/x.py", "x.html.py", "old/lib.py",
        ]),
        (Template, &[
            "x.tmpl", "x.tpl", "x.mako", "x.mak", "x.jinja", "x.jinja2", "x.J2", "index.html.j2", "x.kid", "x.genshi",
            "x.cheetah", "x.pt", "x.zpt", "x.tal", "x.chameleon", "x.dtl", "x.dtml", "x.ptl", "templates/index.mako",
            "index.mako.en", "settings.py.tmpl",
        ]),
        (Bytecode, &[
            "x.pyc", "x.pyo", "x.PYC", "x.pyd", "__pycache__/x", "__PyCache__/x", "a/__pycache__/lib.cpython-311.pyc",
            "x.cpython-311.pyc", "x.cpython-311.opt-1.pyc", "x.cpython-311.opt-2.pyc", "x$py.class",
            "x.cpython-311-x86_64-linux-gnu.so", "x.cpython-36m-darwin.so", "x.pypy39-pp73-x86_64-linux-gnu.so",
            "x.abi3.so", "x.cp311-win_amd64.pyd", "f.nbi", "f.nbc", "x.pyc.gz",
        ]),
        (Backup, &[
            "lib.py~", "index.html~", "x.jpg~", "x~", "site~/x", "x.py~~", "x.py.dev", "x.py.prod", "x.ini.staging", "x.py.removed", "x.py.~1~", "x.py.~1.2~", "db.py.bak",
            "db.bak", "x.BAK", "x.bak2", "x.bak~", "x.backup", "x.bkp", "x.bck", "x.bk", "x.py.orig", "x.original",
            "x.php.old", "x.old1", "x.py.save", "x.py.save.1", "x.sav", "x.rej", "x.prev", "x.previous", "x.tmp",
            "x.disabled", "x.py.off", "x.conf.new", "x.py.temp", "x.py.copy", "x.py.part", "x.py.deleted",
            "x.filepart", "film.mp4.crdownload",
            "x.py_", "x.psp_", "x.PY_", "x.jpg_", "x.py__", "index.html_", "x.py,v", "x.html,v",
            "x.py.1", "x.py.12", "x.py.001", "x.html.1", "x.php.2", "x.conf.3", "x.js.1", "x.txt.1", "x.ini.1",
            "x.sql.1", "x.py.2024-01-01", "x.html.20240101", "x.py.2024.01.01", "x.py-2024-01-01", "x.py_2024",
            "x.html.2024-01-01_12-00", "x.py.2024-01-01T12:00:00", "x.py.20240101T0000Z", "x.sql-2024", "x.sql-2024-01-01",
            "x.html-20240101", "x.conf-1", "dump.sql.gz.1", "dump.sql.1.gz", "x.bak.1", "x.old-2", "x.pyc.140234",
            "settings.ini.2", "local_settings.py.2",
            "x copy.py", "x copy 2.py", "x - Copy.py", "x - Copy (2).py", "x (copy).py", "x (another copy).py",
            "x (1).py", "x (12).php", "Copy of x.py", "copy of settings.ini", "copy of x", "Copy of .env", "copy_of_x.py", "copy-of-x.php",
            "Kopie von x.py", "x - Kopie.py", "x (Ann's conflicted copy 2024-01-01).py", "x.py copy", "x.py (1)",
            "x.py - Copy", "dump (1).sql", "credentials (1).json", "config copy.yml",
            "x_old.py", "x-old.py", "x.old.py", "x_bak.py", "x-backup.php", "x_OLD2.py", "x.orig.py", "x_bak_2.py",
            "config_old.yml", "docker-compose_old.yml", "x_BACKUP_123.py", "x_LOCAL_7.py",
            "x.REMOTE.42.py", "x_BASE_7.php",
            "x.py-old", "x.py_bak", "x.html-old", "x.html_bak2", "x.ini-prod", "settings.py-john", "x.py-1.2",
            "x.py.BASE", "x.py.LOCAL", "x.py.REMOTE", "x.py.LOCAL.bak", "x.py.mine", "x.py.theirs", "x.py.r123",
            "x.html.r7", "x.py.merge-left.r12", "x.py.merge-right.r13", "x.py.working",
            "x.conf.dpkg-old", "x.conf.dpkg-dist", "x.ucf-dist", "x.rpmsave", "x.rpmnew", "x.pacnew", "x.apk-new",
            "._cfg0000_x.conf", "Data.fs.tmp", ".x.py.AbC123", ".x.conf.9zKq2w",
            "backup.zip", "backup.tar.gz", "backup.gz", "backup-2024-01-01.tar.gz", "backup_20240101.zip",
            "backup20240101.zip", "backups.7z", "www.zip", "htdocs.tgz", "public_html.tar", "db_backup.rar",
            "site.bak/index.html", "www.old/x.css", "a/site.orig/b/c.png", "app.save/x", "site.backup/x",
            ".env.bak", ".env~", ".env.1", ".env.old", ".htaccess.bak", ".git.bak/x", "db.sqlite3.old",
            "x.py.bak.orig~", "id_rsa.bak", "Makefile.old", "Makefile.new", ".bashrc.save",
        ]),
        (Editor, &[
            ".x.py.swp", ".X.PY.SWP", "x.swp", "settings.py.swp", ".x.swo", ".x.swn", ".x.swx", ".env.swp", ".x.py.un~",
            ".x.py.kate-swp", "#x.py#", "#x#", ".#x.py", ".#x", "DEADJOE", ".netrwhist", "Session.vim",
            ".~lock.x.ods#", "~$x.docx", ".goutputstream-ABC123", "x.py___jb_tmp___", "x.py___jb_old___", ".idea/x.xml",
            ".vscode", ".vscode/sftp.json", ".project", ".pydevproject", ".ropeproject/config", "x.sublime-project",
            "x.sublime-workspace", ".spyderproject", ".vs/x", ".DS_Store", "a/.ds_store", "Thumbs.db", "desktop.ini",
            "._x.py", "._x", "__MACOSX/x.html", "x.code-workspace", "x.iml",
        ]),
        (Vcs, &[
            ".git", ".git/config", ".GIT/HEAD", "a/.git/x", ".git/hooks/x.py", ".gitignore", ".gitattributes",
            ".gitmodules", ".gitkeep", ".git-credentials", ".github/workflows/x.yml", ".gitlab-ci.yml",
            ".svn/entries", "_svn/x", ".hg/store", ".hgignore", ".hgtags", ".bzr/x", ".bzrignore", "CVS/Root",
            "CVS/x", "cvs/Entries", "cvs/root", "a/cvs/Repository", ".cvsignore", "RCS/x", "SCCS/x", "_darcs/x",
            ".fslckout", "_FOSSIL_", "x.fossil", ".jj/x", ".pijul/x", "{arch}/x", ".arch-ids/x", ".p4config",
        ]),
        (Secret, &[
            ".env", ".ENV", ".env.production", ".env.local", "prod.env", "env/.env", ".flaskenv", ".htpasswd",
            ".htaccess", ".htdigest", ".netrc", ".pgpass", ".my.cnf", ".pypirc", ".pip/x", ".ssh/x", ".aws/x",
            ".gnupg/x", ".kube/config", ".docker/config.json", ".bash_history", ".python_history", ".psql_history",
            ".mysql_history", ".sqlite_history", ".rediscli_history", ".lesshst", ".viminfo", ".anything",
            "a/.hidden/x.html", ".s3cfg", ".npmrc", ".boto", ".dockercfg", ".vault_pass", ".WELL-KNOWN/x",
            "a/.well-known/x", ".env.example",
            "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "x.key", "x.PEM", "privkey.pem", "x.p12", "x.pfx", "x.jks",
            "x.keystore", "x.kdbx", "x.ppk", "x.keytab", "authorized_keys", "known_hosts", "secring.gpg",
            "production.ini", "development.ini", "local.ini", "alembic.ini", "uwsgi.ini", "uwsgi.ini.en", "x.ini.gz",
            "supervisord.conf", "zope.conf", "httpd.conf", "my.cnf", "config.yml", "config.yaml", "config.toml",
            "config.ini", "config.cfg", "config-prod.yml", "config.prod.yml", "app_config.yaml", "settings.ini",
            "settings.yaml", "settings.toml", "settings.local.yml", "local_settings.yml", "local_settings.json",
            "application.yml", "application.properties", "application-prod.yml", "app.yaml", "database.yml",
            "secrets.json", "secrets.toml", "secrets.yml", "SECRETS.YML", "credentials", "credentials.json",
            "credentials.csv", "token.json", "client_secret.json", "client_secrets.json",
            "client_secret_123-abc.apps.googleusercontent.com.json", "service-account.json",
            "service-account-prod.json", "service_account_key.json", "serviceAccountKey.json",
            "my-app-firebase-adminsdk-fbsvc-0123456789.json", "docker-compose.yml", "docker-compose.prod.yml",
            "docker-compose-dev.yaml", "compose.yaml", "web.config", "terraform.tfstate", "x.tfvars", "x.htpasswd",
            "users.htdigest", "passwd", "secret_key.txt", "sftp-config.json", "sitemanager.xml", "vault_pass.txt",
            "nginx.conf.template", "nginx.conf.in", "config.ini.dist", "config.yml.sample", "x.kubeconfig",
        ]),
        (Database, &[
            "db.sqlite3", "x.sqlite", "x.db", "x.DB", "x.db3", "x.sdb", "x.s3db", "x.sl3", "x.dbm", "x.gdbm", "x.pag",
            "x.dir", "Data.fs", "Data.fs.index", "Data.fs.lock", "x.mdb", "x.accdb", "x.frm", "x.myd",
            "x.myi", "x.ibd", "dump.rdb", "x.sql", "x.dump", "x.dmp", "x.pgdump", "x.ldif", "dump.sql.gz",
            "dump.sql.bz2", "dump.sql.xz", "dump.sql.zst", "dump.sql.zip", "dump.sql.7z", "x.sql.tar.gz", "x.dump.gz",
            "x.sql.gpg", "db.sqlite3.gz", "db.sqlite3-journal", "x.db-wal", "x.db-shm", "x.pickle", "x.pkl",
            "sess_0a1b2c3d4e5f60718293a4b5c6", "mp_sess.dbm", "mp_sess.dbm.dir", "mp_sess/ab/x", "flask_session/x",
            "celerybeat-schedule", "celerybeat-schedule.db",
        ]),
        (Metadata, &[
            "requirements.txt", "REQUIREMENTS.TXT", "requirements-dev.txt", "dev-requirements.txt", "requirements.in",
            "constraints.txt", "setup.cfg", "buildout.cfg", "pyproject.toml", "Pipfile", "Pipfile.lock", "poetry.lock",
            "uv.lock", "pdm.lock", "MANIFEST.in", "tox.ini", "pytest.ini", "mypy.ini", ".coveragerc", ".pylintrc",
            "PKG-INFO", "x.egg-info", "x.egg-info/top_level.txt", "x-1.0.dist-info/RECORD", "x.egg-link", ".eggs/x",
            "Makefile", "Dockerfile", "x.dockerfile", "Jenkinsfile", "Vagrantfile", "Procfile", "environment.yml",
            "package-lock.json", "yarn.lock", "composer.lock", "configure.zcml",
        ]),
        (Log, &[
            "x.log", "X.LOG", "x.log.1", "x.log.gz", "x.log.2.gz", "x.log.2024-01-01", "x.log-20240101", "error_log",
            "access_log", "ssl_error_log", "example.org-access_log", "error_log.1", "error_log-20240101",
            "access_log-20240101.gz", "nohup.out", "x.pid", "x.err", "x.trace", "core", "core.1234", "x.prof",
            "x.pstats",
        ]),
        (Cache, &[
            "venv/bin/x", "VENV/x", "virtualenv/x", "lib/site-packages/x/y.js", "__pypackages__/x", "pyvenv.cfg",
            ".venv/x", ".tox/x", ".nox/x", ".mypy_cache/x", ".pytest_cache/x", ".ruff_cache/x",
            ".ipynb_checkpoints/x.html", ".hypothesis/x", ".coverage", ".coverage.host.1.x", ".sass-cache/x",
            ".cache/x", "__jinja2_0123.cache", "x.djcache",
        ]),
    ];

    /// What public sites serve.
    #[rustfmt::skip]
    const SERVED: &[&str] = &[
        "", "/", "~user/index.html", "~user", "~user/", ".well-known/security.txt", ".well-known",
        ".well-known/acme-challenge/abc_", ".well-known/acme-challenge/x~", ".well-known/.x/x.py",
        "/.well-known/openid-configuration", "a~b.html", "a~b/c.html", "~", "_", "-", "_/x",
        // scripts, styles, fonts, media
        "jquery-3.6.0.min.js", "jquery-ui-1.12.1.custom/jquery-ui.js", "app.3f2a9c.chunk.js", "app.3f2a9c.chunk.css",
        "assets/js/app.min.3f2a9c.js", "main.8a7b6c5d.js", "chunk-vendors.js", "runtime~main.js", "polyfills.js",
        "index-DxF3a_9Q.js", "_next/static/chunks/pages/_app-0a1b2c.js", "_nuxt/entry.js", "x.bundle.mjs", "x.cjs",
        "x.min.js", "x.js.map", "x.css.map", "x.min.js.br", "x.min.js.gz", "app.1.js", "x.tsx", "x.vue", "x.wasm",
        "service-worker.js", "services.html", "sw.js", "sql.js", "sql-wasm.wasm", "highlight.pack.js", "old.js",
        "config.js", "settings.js", "env.js", "core.js", "core/x.js", "core-js/x.js", "base.css", "local.css",
        "node_modules/x/index.js", "f.woff", "f.woff2", "f.ttf", "f.otf", "f.eot", "x.svgz", "movie.swf", "x.mp3",
        "x.mp4", "x.webm", "x.m3u8", "seg-001.ts", "x.avif", "x.webp", "x@2x.png", "x.glb", "x.stl", "bunny.off",
        "shader.fs", "shader.vs", "tile.pbf", "0/1/2.png", "map.geojson", "x.topojson",
        "photo (1).jpg", "photo copy.jpg", "photo copy 2.png", "Copy of sunset.jpg", "Copy of contract.pdf",
        "scan_old.jpg", "IMG_0001.JPG", "img.1.png", "a b.jpg", "x.GIF", "x_.png", "film.r12", "film.part1.rar",
        // pages
        "index.html", "INDEX.HTM", "index.html.en", "index.html.pt", "index.html.pt-br", "index.html.zh-cn",
        "index.html.fr.utf8", "index.html.ja.euc-jp", "index.html.de.gz", "page.en.html", "x.de.html", "en/",
        "the_old_man.html", "old.html", "how_old.html", "ten-year-old.html", "backup.html", "copy.html", "new.html",
        "whats_new.html", "threshold.html", "local.html", "base.html", "save.html", "tmp.html", "index_.html",
        "__init__.html", "logs.html", "config.html", "environment.html", "env.html", "key.html", "keys.html",
        "secrets.html", "credentials.html", "passwords.html", "password/reset/", "copyright.html", "git.html",
        "svn.html", "venv.html", "site-packages.html", "a.b.c.d.html", "2024-01-01-post.html", "sess.html",
        "session.html", "x..html", "x.", "about-us", "copy-of-a-letter", "copy_of_x.html", "index", "a-b-c", "a_b_c.html", "x.xhtml", "x.shtml", "x.php",
        "products.aspx", "x.jsp", "x.cgi", "x%20y.html", "caf\u{e9}.html", "caf\u{e9}-bar/x.html", "a,b.html",
        "x$1.html", "price {net}.html", "a (b)/c.html", "wp-content/themes/x/style.css", "wp-includes/js/jquery.js",
        // directories
        "catalog/", "database/", "secret/", "secrets/", "log/", "logs/x.html", "cache/", "old/x.html", "backup/x.zip",
        "tmp/", "cvs/", "cvs/index.html", "cvs/tags.html", "rcs/", "git/", "project.git/info/refs", "env/x.html",
        "tags/", "core/", "identity/", "credentials/", "passwords/", "config/", "settings/x", "example.com/index.html",
        "example.conf/index.html", "lib.py/index.html", "db.db/x", "blog/2024/01/02/", "3.11/library/os.html",
        "releases/2.4.71/", "v1.2.3/notes.html", "v1.2.3", "0.1/", "x.1/y", "bootstrap-5.3.0-dist/css/x.css",
        "name_/x", "x copy/y.html", "sphinx_rtd_theme/", "_/", "__/x",
        // documentation
        "example.py.html", "tutorial.py.txt", "x.py.md", "_static/x.css", "_static/", "_images/x.png",
        "_sources/index.rst.txt", "_modules/x.html", "genindex.html", "py-modindex.html", "search.html",
        "searchindex.js", "objects.inv", "x.rst", "README", "README.md", "LICENSE", "CHANGES", "CHANGELOG.md",
        "AUTHORS", "INSTALL", "NEWS", "TODO", "credits", "configure", "x.tex", "x.ps", "x.ps.gz", "x.dvi", "rfc2616.txt",
        "robots.txt", "humans.txt", "ads.txt", "security.txt", "notes.txt", "data.txt",
        // downloads
        "foo-1.0.2.tar.gz", "x.tar.gz", "x.tgz", "x.tar.bz2", "x.1.2.3.tar.xz", "pkg-1.0-py3-none-any.whl", "pkg.zip",
        "x.deb", "x.rpm", "x.exe", "x.msi", "x.dmg", "x.iso", "x.apk", "x.jar", "x.AppImage", "ls.1", "htpasswd.1",
        "passwd.5", "foo.3.gz", "libfoo.so", "libfoo.so.1", "libfoo.so.1.2.3", "foo-2.0.1", "file-1.2", "1.2",
        "python-3.11.2-docs-html.zip", "html.zip", "site.zip", "easy-backup-1.2.zip", "wp-db-backup.zip",
        "backup-1.2.tar.gz", "three.js-0.160.tar.gz", "web.py-0.62.tar.gz", "node.js-20.zip", "film.mp4.001",
        "x.zip.001", "x.7z.002", "data.csv.gz", "x.bin", "x.img.xz", "SHA256SUMS", "SHA256SUMS.gpg", "x.asc", "x.sig",
        "x.sha256", "x.md5", "KEYS", "archive-keyring.gpg", "gpg.key", "Release.key", "repodata/repomd.xml.key",
        "ca.crt", "x.cer", "x.crl", "x.der", "cacert.pem", "fullchain.pem", "id_rsa.pub", "x.ovpn", "x.patch", "x.diff",
        "Packages.gz", "InRelease", "x.torrent",
        // data
        "data.csv", "data.json", "data.1.json", "feed.atom", "feed.rss", "sitemap.xml", "sitemap.xml.gz",
        "sitemap-1.xml", "favicon.ico", "apple-touch-icon.png", "manifest.json", "site.webmanifest",
        "manifest.webmanifest", "cache.manifest", "x.appcache", "crossdomain.xml", "browserconfig.xml",
        "opensearch.xml", "config.json", "appsettings.json", "locales/en/auth.json", "package.json", "openapi.yaml",
        "swagger.yml", "swagger-config.yaml", "news.yml", "viewer.properties", "locale/en-US/viewer.properties",
        "messages.po", "x.mo", "x.ics", "x.vcf", "x.kml", "x.gpx", "x.dbf", "x.shp", "x.gpkg", "x.parquet", "x.npz",
        "x.docx", "x.xlsx", "x.odt", "x.epub", "x.mobi", "manual.pdf", "report.2024-01-01.pdf", "report-2024.pdf",
        "my-journal", "travel-journal.html", "tsunami-wal", "x.dat", "dialog", "blog", "catalog", "changelog",
    ];

    #[test]
    fn what_names_say() {
        let mut wrong = Vec::new();
        for (expected, paths) in DENIED {
            for path in *paths {
                for path in [(*path).to_owned(), format!("a/b-c/{path}")] {
                    let known = ["CVS/", "RCS/", "SCCS/", ".well-known"];
                    let upper = path.to_uppercase();
                    if class(&path) != Some(*expected) {
                        wrong.push(format!("{path}: {:?}, not {expected:?}", class(&path)));
                    }
                    if class(&upper) != Some(*expected) && !known.iter().any(|k| path.contains(k)) {
                        wrong.push(format!("{upper}: {:?}, not {expected:?}", class(&upper)));
                    }
                    if is_plain(path.as_bytes()) || is_plain(upper.as_bytes()) {
                        wrong.push(format!("{path} is not plain"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_stays_served() {
        let wrong: Vec<String> = SERVED
            .iter()
            .filter_map(|path| class(path).map(|class| format!("{path}: {class:?}")))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let public = PUBLIC.iter().filter(|(name, _)| class(name).is_some());
        assert_eq!(public.count(), 0);
    }

    #[test]
    fn public_names_would_be_denied() {
        for (name, _) in PUBLIC {
            let mut findings = Findings::default();
            whole(&mut findings, name.as_bytes());
            assert!(findings.0.is_some(), "{name} needs no exception");
        }
    }

    /// Switching one class off does not open what another protects.
    #[test]
    fn what_is_below_counts() {
        #[rustfmt::skip]
        let table: &[(&str, &[Class])] = &[
            ("lib.py", &[Source]),
            ("lib.py~", &[Backup, Source]),
            ("settings.py.swp", &[Editor, Source]),
            (".settings.py.swp", &[Editor, Source]),
            ("#settings.py#", &[Editor, Source]),
            (".#settings.py", &[Editor, Source]),
            ("._settings.py", &[Editor, Source]),
            ("lib.py.1", &[Backup, Source]),
            ("x_old.py", &[Backup, Source]),
            ("x copy.py", &[Backup, Source]),
            ("Copy of x.py", &[Backup, Source]),
            ("x.py-john", &[Backup, Source]),
            ("x.py,v", &[Backup, Source]),
            (".env", &[Secret]),
            (".env.bak", &[Backup, Secret]),
            (".env~", &[Backup, Secret]),
            (".env.swp", &[Editor, Secret]),
            (".env.local.swp", &[Editor, Secret]),
            (".bashrc.swp", &[Editor, Secret]),
            ("#.bashrc#", &[Editor, Secret]),
            ("#.env#", &[Editor, Secret]),
            (".#.env", &[Editor, Secret]),
            (".unknown.bak", &[Backup, Secret]),
            ("db.sqlite3.old", &[Backup, Database]),
            ("dump.sql.gz.1", &[Backup, Database]),
            ("dump (1).sql.gz", &[Backup, Database]),
            ("credentials (1).json", &[Backup, Secret]),
            ("config_old.yml", &[Backup, Secret]),
            ("id_rsa.bak", &[Backup, Secret]),
            (".git/hooks/x.py", &[Vcs, Source]),
            (".git/x", &[Vcs]),
            (".git.bak/x", &[Backup, Vcs]),
            (".idea/x", &[Editor]),
            (".venv/x", &[Cache, Secret]),
            (".hidden.py", &[Source, Secret]),
            ("tox.ini", &[Metadata, Secret]),
            ("x.log.1", &[Log]),
            ("x.log.bak", &[Backup, Log]),
            ("__pycache__/x.pyc", &[Bytecode]),
            ("x.pyc.140234", &[Backup, Bytecode]),
            ("Thumbs.db", &[Editor, Database]),
            ("settings.py.tmpl", &[Template, Source]),
            ("venv/lib.py~", &[Cache, Backup, Source]),
        ];
        for (path, classes) in table {
            let mut expected = ClassSet::EMPTY;
            classes.iter().for_each(|class| expected.insert(*class));
            assert_eq!(
                all(path),
                expected,
                "{path}: {:?}",
                classify(path.as_bytes(), false)
            );
            assert_eq!(class(path), classes.first().copied(), "{path}");
        }
    }

    #[test]
    fn directories() {
        let directory = |path: &str| classify(path.as_bytes(), true).map(|found| found.class);
        for (path, expected) in [
            (".git", Some(Vcs)),
            ("site.bak", Some(Backup)),
            ("site~", Some(Backup)),
            ("venv.old", Some(Backup)),
            ("venv", Some(Cache)),
            ("x.egg-info", Some(Metadata)),
            (".hidden", Some(Secret)),
            ("CVS", Some(Vcs)),
            ("cvs", None),
            ("cvs/entries", None),
            ("lib.py", None),
            ("v1.2", None),
            ("example.db", None),
            ("x.py.1", None),
            ("x copy", None),
            ("x.tmp", None),
            ("core", None),
            ("~user", None),
            (".", None),
            ("..", None),
            ("../..", None),
        ] {
            assert_eq!(directory(path), expected, "{path}");
            assert_eq!(class(&format!("{path}/")), expected, "{path}/");
            assert!(expected.is_none() || !is_plain(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn classes_and_sets() {
        for (number, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, number);
            assert_eq!(Class::from_name(class.name().as_bytes()), Some(class));
            assert_eq!(
                Class::from_name(class.name().to_uppercase().as_bytes()),
                Some(class)
            );
            let mut set = ClassSet::EMPTY;
            set.insert(class);
            assert_eq!(set, ClassSet::of(class));
            assert!(set.contains(class) && !set.is_empty());
            assert_eq!(set.iter().collect::<Vec<_>>(), [class]);
            set.remove(class);
            assert_eq!(set, ClassSet::EMPTY);
            assert!(ClassSet::ALL.contains(class));
        }
        assert_eq!(Class::from_name(b"backups"), None);
        assert_eq!(ClassSet::ALL.iter().count(), Class::ALL.len());
        assert_eq!(ClassSet::default(), ClassSet::EMPTY);
        let scoped = ClassSet::ALL.filtered(|class| !class.everywhere());
        let expected = [Template, Metadata, Log, Cache];
        assert_eq!(scoped.iter().collect::<Vec<_>>(), expected);
        let executable = ClassSet::ALL.filtered(Class::executable);
        assert_eq!(executable.iter().collect::<Vec<_>>(), [Source, Template]);
        assert_eq!(
            scoped.union(executable).intersection(executable),
            executable
        );
        assert_eq!(executable.without(scoped), ClassSet::of(Source));
        let found = classify(b"lib.py~", false).unwrap();
        assert_eq!(found.within(ClassSet::ALL), Some(Backup));
        assert_eq!(found.within(ClassSet::of(Source)), Some(Source));
        assert_eq!(found.within(ClassSet::of(Secret)), None);
        assert_eq!(found.within(ClassSet::EMPTY), None);
    }

    /// A name for each row.
    fn rows_as_names() -> Vec<String> {
        let row = |row: &Row| match row.0 {
            Shape::Ext(text) | Shape::ExtDir(text) | Shape::Only(text) => vec![format!("x.{text}")],
            Shape::After(text) => vec![format!("x.py.{text}"), format!("x.html.{text}")],
            Shape::Number(text) => vec![format!("x.{text}7")],
            Shape::AfterNumber(text) => vec![format!("x.html.{text}7")],
            Shape::Name(text) | Shape::Dir(text) | Shape::Case(text) => vec![text.to_owned()],
            Shape::Config(text) => vec![format!("{text}.yml"), format!("{text}.properties")],
            Shape::Word(text) => vec![
                format!("{text}.cfg"),
                format!("{text}-x.yaml"),
                format!("x_{text}.toml"),
            ],
            Shape::Archive(text) => vec![
                format!("{text}.zip"),
                format!("{text}.tar.gz"),
                format!("{text}-2024-01-01.7z"),
            ],
            Shape::Glob(head, tail) => vec![format!("{head}x{tail}")],
            Shape::Within(middle, tail) => vec![format!("x{middle}x{tail}")],
        };
        ROWS.iter().flat_map(row).collect()
    }

    #[test]
    fn every_row_has_its_class() {
        let mut names = rows_as_names().into_iter().peekable();
        for row in ROWS {
            let count = match row.0 {
                Shape::After(_) | Shape::Config(_) => 2,
                Shape::Word(_) | Shape::Archive(_) => 3,
                _ => 1,
            };
            for name in names.by_ref().take(count) {
                let found = classify(name.as_bytes(), false);
                let has = found.is_some_and(|found| found.all.contains(row.1));
                assert!(has, "{name} is {found:?}, not {:?}", row.1);
            }
        }
        assert!(names.next().is_none());
    }

    #[test]
    fn no_row_is_there_twice() {
        let mut rows: Vec<String> = ROWS
            .iter()
            .map(|row| match row.0 {
                Shape::Ext(text) | Shape::ExtDir(text) | Shape::After(text) | Shape::Only(text) => {
                    format!("*.{text}")
                }
                Shape::Number(text) | Shape::AfterNumber(text) => format!("*.{text}7"),
                Shape::Name(text) | Shape::Dir(text) => text.to_owned(),
                Shape::Case(text) => format!("={text}"),
                Shape::Config(text) | Shape::Word(text) => format!("{text}.yml"),
                Shape::Archive(text) => format!("{text}.zip"),
                Shape::Glob(head, tail) => format!("{head}*{tail}"),
                Shape::Within(middle, tail) => format!("*{middle}*{tail}"),
            })
            .collect();
        let is_lower = |text: &String| text.starts_with('=') || *text == text.to_lowercase();
        assert!(rows.iter().all(is_lower));
        rows.sort();
        let twice = rows.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None);
        let lists = [ARCHIVES, CONFIGURATION, PROGRAMS, TEXT, PLAIN];
        let of = |list: &[&str]| list.iter().any(|text| *text != text.to_lowercase());
        assert!(!lists.into_iter().any(of));
    }

    fn assert_the_fast_look_misses_nothing(path: &[u8]) {
        let said = classify(path, false).or(classify(path, true));
        assert!(
            said.is_none() || !is_plain(path),
            "{} is {said:?}, and the fast look missed it",
            path.escape_ascii()
        );
    }

    /// Every row, with everything that is done to names, twice.
    #[test]
    fn the_fast_look_misses_no_row() {
        #[rustfmt::skip]
        let done: &[(&str, &str)] = &[
            ("", ""), ("", "~"), ("", ".~3~"), ("", ".bak"), ("", ".bak2"), ("", ".old"), ("", ".off"), ("", ".r7"),
            ("", ".1"), ("", ".001"), ("", "-2"), ("", "_2"), ("", ".2024-01-01"), ("", "-20240101"),
            ("", "-20240101T1200"), ("", ".2024.01.01Z"), ("", "_"), ("", "__"), ("", ",v"), ("", ".gz"), ("", ".zip"), ("", ".en"),
            ("", ".pt-br"), ("", ".utf8"), ("", ".swp"), ("", ".un~"), ("", "-wal"), ("", "-old"), ("", "_john"),
            ("", " copy"), ("", " (1)"), ("", " - Copy (2)"), ("", "."), ("", " "), ("", ".dist"), ("", "/"),
            ("", "/x.html"), ("", ".AbC123"), ("", ".LOCAL"), ("", ".dpkg-old"), ("", "___jb_tmp___"),
            ("#", "#"), (".#", ""), ("._", ""), (".", ""), ("~$", ""), ("Copy of ", ""), ("copy_of_", ""), ("kopie von ", ""), ("._cfg0000_", ""),
            (".~lock.", "#"), ("a/", ""), ("a/b-c/", "/x"), ("x/", "/"), ("venv/", ""), ("x", ""), ("2024/", ""),
        ];
        let mut random = Random(0xbf58_476d_1ce4_e5b9);
        for name in rows_as_names() {
            for (before, behind) in done {
                let once = format!("{before}{name}{behind}");
                assert_the_fast_look_misses_nothing(once.as_bytes());
                for _ in 0..6 {
                    let (before, behind) = done[random.below(done.len())];
                    let twice = format!("{before}{once}{behind}");
                    assert_the_fast_look_misses_nothing(twice.as_bytes());
                }
                assert_the_fast_look_misses_nothing(once.to_uppercase().as_bytes());
                // What stands before the extension.
                if let Some((stem, extension)) = name.rsplit_once('.') {
                    for word in [
                        " copy",
                        " (1)",
                        "_old",
                        "-bak2",
                        ".orig",
                        "_BACKUP_12",
                        " - Copy",
                    ] {
                        let path = format!("{before}{stem}{word}.{extension}{behind}");
                        assert_the_fast_look_misses_nothing(path.as_bytes());
                    }
                }
            }
        }
        for (_, paths) in DENIED {
            for path in *paths {
                for (before, behind) in done {
                    let path = format!("{before}{path}{behind}");
                    assert_the_fast_look_misses_nothing(path.as_bytes());
                }
            }
        }
    }

    /// A generator that is the same every time.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % limit as u64) as usize
        }
    }

    #[test]
    fn the_fast_look_misses_nothing_at_random() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let names = rows_as_names();
        #[rustfmt::skip]
        let pieces = [
            "x", "y.", ".", "/", "~", "_", "-", "py", ".py", "2024", "1", "html", ".html", ".gz", "old", "copy", " ",
            "(", ")", "#", "$", ",v", "r12", ".r", "T", "Z", ":", "bak", ".en", "\u{e9}", "log", "_log", "sess_", "A",
            "git", "backup", ".tar", ".zip", "config", ".yml", "secrets", ".json", "env", ".db", "-wal", "cvs", "CVS",
            "entries", ".woff2", ".js", "webmanifest", ".well-known", "0123456789abcdef", ".-", "._", ".so",
            ".cpython-", ".fs", "index", "requirements", ".txt",
        ];
        for _ in 0..100_000 {
            let mut path = String::new();
            for _ in 0..random.below(9) {
                match random.below(8) {
                    0 => path += &names[random.below(names.len())],
                    _ => path += pieces[random.below(pieces.len())],
                }
            }
            assert_the_fast_look_misses_nothing(path.as_bytes());
        }
    }

    #[test]
    fn any_bytes_will_do() {
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        let some = b"./~_- #py01(),$\xe9AZ%";
        for _ in 0..100_000 {
            let path: Vec<u8> = (0..random.below(40))
                .map(|_| match random.below(3) {
                    0 => random.below(256) as u8,
                    _ => some[random.below(some.len())],
                })
                .collect();
            assert_the_fast_look_misses_nothing(&path);
        }
        let long = b"a.py.bak/.x~".repeat(2000);
        assert_the_fast_look_misses_nothing(&long);
        assert_the_fast_look_misses_nothing(&b".bak".repeat(5000));
        assert_the_fast_look_misses_nothing(&b"x".repeat(70_000));
        assert_the_fast_look_misses_nothing(&b"1".repeat(70_000));
    }

    /// The words that are read eight bytes at a time are read right at every place.
    #[test]
    fn the_fast_look_does_not_depend_on_the_place() {
        for before in 0..40 {
            for behind in 0..20 {
                let (before, behind) = ("a".repeat(before), "q".repeat(behind));
                for (name, is_ordinary) in [
                    ("logo.png", true),
                    ("en", true),
                    ("a-rather-long-name-of-a-page", true),
                    ("x.js", true),
                    ("caf\u{e9}.html", true),
                    ("\u{e9}-\u{e9}.html", true),
                    (".git", false),
                    ("x.py", false),
                    ("x~", false),
                    ("x.PY", false),
                    ("CVS", false),
                    ("a b.html", false),
                    ("x_", false),
                ] {
                    let path = format!("{before}/{name}/{behind}");
                    assert_eq!(is_plain_path(path.as_bytes()), is_ordinary, "{path}");
                    let path = format!("{before}/{name}");
                    assert_eq!(is_plain_path(path.as_bytes()), is_ordinary, "{path}");
                }
            }
        }
    }

    #[test]
    fn ordinary_names_are_plain() {
        for extension in PLAIN
            .iter()
            .chain(&["json", "xml", "txt", "csv", "webmanifest", "rss"])
        {
            for name in ["x", "index", "a-b_c", "x.min", "x.0123abcd", "jquery-3.6"] {
                let path = format!("assets/{name}.{extension}");
                assert!(is_plain(path.as_bytes()), "{path}");
            }
        }
        let slow: Vec<&str> = SERVED
            .iter()
            .copied()
            .filter(|path| !is_plain(path.as_bytes()))
            .collect();
        println!("{} of {}: {slow:?}", slow.len(), SERVED.len());
        assert!(slow.len() * 3 < SERVED.len(), "{slow:?}");
        for path in [
            "/1k.html",
            "1k.html",
            "/assets/js/app.min.3f2a9c.js",
            "blog/2024/01/05/a-post.html",
            "3.11/library/os.html",
            "wp-content/themes/twentytwenty/style.css",
            "_static/",
            "site.webmanifest",
            "favicon.ico",
            "manifest.json",
            "",
            "/",
        ] {
            assert!(is_plain(path.as_bytes()), "{path}");
        }
    }
}
