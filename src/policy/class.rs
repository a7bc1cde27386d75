//! What a file name says the file is.
//!
//! The names are data, in `names.rs`; here is how they are applied. [`classify`] is the whole
//! judgement, [`is_plain`] the fast look that every request gets: both are made from the one table.

use super::names::{
    DIRECTORY_RESIDUE, Ending, NAMES, PAGES, RESIDUE, Residue, Row, Shape, TEXT, WRAPPERS,
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
    /// Every class.
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
        Class::ALL
            .into_iter()
            .filter(move |class| self.contains(*class))
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
    /// The most telling one: of the outermost component, and there of its ending.
    pub class: Class,
    /// All of them: what `.env.bak` was is still a secret.
    pub all: ClassSet,
}

impl Found {
    fn add(found: &mut Option<Found>, class: Class) {
        let found = found.get_or_insert(Found {
            class,
            all: ClassSet::EMPTY,
        });
        found.all = found.all.union(ClassSet::of(class));
    }

    /// The class to name if those of `set` are denied.
    pub fn within(self, set: ClassSet) -> Option<Class> {
        if set.contains(self.class) {
            Some(self.class)
        } else {
            self.all.intersection(set).iter().next()
        }
    }
}

/// What is never judged, with all that is below it: RFC 8615.
const WELL_KNOWN: &[u8] = b".well-known";

/// The classes of a path: the part of a file's name below the document root, its components
/// separated by `/`. All but the last are directories. `None`: it says nothing.
pub fn classify(path: &[u8], last_is_directory: bool) -> Option<Found> {
    let last_is_directory = last_is_directory || path.ends_with(b"/");
    let mut components = path
        .split(|byte| *byte == b'/')
        .filter(|name| !name.is_empty())
        .peekable();
    if components.peek() == Some(&WELL_KNOWN) {
        return None;
    }
    let mut found: Option<Found> = None;
    while let Some(name) = components.next() {
        let is_directory = last_is_directory || components.peek().is_some();
        if let Some(here) = classify_component(name, is_directory) {
            let class = found.map_or(here.class, |found| found.class);
            let all = found.map_or(here.all, |found| found.all.union(here.all));
            found = Some(Found { class, all });
        }
    }
    found
}

/// How many endings are taken off: `x.py.bak.orig~` has three. What has more is residue anyway.
const ENDINGS: usize = 6;

fn classify_component(name: &[u8], is_directory: bool) -> Option<Found> {
    let mut found = None;
    let mut stem = name;
    for _ in 0..ENDINGS {
        if let Some((class, rest)) = residue(stem, is_directory) {
            Found::add(&mut found, class);
            stem = rest;
        } else if let Some(rest) = wrapped(stem, is_directory) {
            classify_name(&mut found, stem, is_directory);
            stem = rest;
        } else {
            break;
        }
    }
    // A copy, by its name, of what is denied by its name: x_old.py, but not scan_old.jpg.
    if !is_directory && is_copy(stem) && says_something(stem) {
        Found::add(&mut found, Class::Backup);
    }
    classify_name(&mut found, stem, is_directory);
    // What begins with a dot was not meant to be seen, whatever it is.
    let hidden = name.len() > 1 && name.starts_with(b".") && name != b"..";
    if hidden && !found.is_some_and(|found| found.all.iter().any(Class::everywhere)) {
        Found::add(&mut found, Class::Secret);
    }
    found
}

/// The rows of [`NAMES`].
fn classify_name(found: &mut Option<Found>, name: &[u8], is_directory: bool) {
    let extension = extension(name).map(|(_, extension)| extension);
    for Row(shape, class, _) in NAMES {
        let same = |text: &str| name.eq_ignore_ascii_case(text.as_bytes());
        let hit = match *shape {
            Shape::Extension(text) => {
                !is_directory
                    && extension.is_some_and(|e| e.eq_ignore_ascii_case(text.as_bytes()))
                    && !is_translation(name)
            }
            Shape::Name(text) => same(text),
            Shape::File(text) => !is_directory && same(text),
            Shape::Directory(text) => is_directory && same(text),
            Shape::Exact(text) => name == text.as_bytes(),
            Shape::Between(head, tail) => {
                name.len() > head.len() + tail.len()
                    && starts_with(name, head)
                    && ends_with(name, tail)
                    && !(tail.is_empty() && is_page(name))
            }
        };
        if hit {
            Found::add(found, *class);
        }
    }
}

/// The class of an ending that [`RESIDUE`] knows, and what stands before it.
fn residue(name: &[u8], is_directory: bool) -> Option<(Class, &[u8])> {
    if is_directory {
        let ending = DIRECTORY_RESIDUE
            .iter()
            .find(|ending| has_ending(name, ending))?;
        return Some((Class::Backup, cut(name, ending.len())));
    }
    // emacs: an auto-save #x#, a lock .#x. macOS: the other half of a file, ._x.
    let prefixed = name
        .strip_prefix(b".#")
        .or_else(|| name.strip_prefix(b"._"));
    if let Some(inner) = prefixed.or_else(|| between_hashes(name)) {
        return Some((Class::Editor, inner));
    }
    for Residue(ending, class, _) in RESIDUE {
        let (text, needs_extension) = match *ending {
            Ending::Always(text) => (text, false),
            Ending::AfterExtension(text) => (text, true),
        };
        // .bak2, .save.1, .merge-left.r123
        let plain = if text.starts_with('.') {
            without_number(name)
        } else {
            name
        };
        if has_ending(plain, text) {
            let stem = cut(plain, text.len());
            if !needs_extension || extension(stem).is_some() {
                return Some((*class, stem));
            }
        }
    }
    // Uploads and old editors: x_ after an extension.
    if let Some(stem) = name
        .strip_suffix(b"_")
        .filter(|stem| extension(stem).is_some())
    {
        return Some((Class::Backup, stem));
    }
    worded(name).or_else(|| numbered(name))
}

/// The words that people put behind a name for a copy of it.
const SAYS_COPY: [&str; 12] = [
    "old", "bak", "backup", "copy", "orig", "original", "save", "saved", "prev", "base", "local",
    "remote",
];

/// Copies by a word after an extension: `x.py_old`, `x.py-bak`.
fn worded(name: &[u8]) -> Option<(Class, &[u8])> {
    let word = SAYS_COPY.iter().find(|word| has_ending(name, word))?;
    let stem = cut(name, word.len());
    let stem = stem
        .strip_suffix(b"_")
        .or_else(|| stem.strip_suffix(b"-"))?;
    is_old_of(stem).then_some((Class::Backup, stem))
}

/// Whether an old state of this file is worth denying: text, and all that is denied by itself.
fn is_old_of(stem: &[u8]) -> bool {
    let stem = wrapped(stem, false).unwrap_or(stem);
    extension(stem).is_some_and(|(_, last)| is_one_of(last, TEXT) || says_something(stem))
}

/// Old states by a number or a date after an extension: `x.py.1`, `x.html.2024-01-01`, `x.sql-2024`,
/// `x.py.r12`.
fn numbered(name: &[u8]) -> Option<(Class, &[u8])> {
    let number = |byte: &u8| {
        byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'T' | b'Z')
    };
    let length = name.iter().rev().take_while(|byte| number(byte)).count();
    let mut stem = cut(name, length);
    let digits = name
        .get(stem.len()..)?
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .count();
    let separated = matches!(name.get(stem.len()), Some(b'.' | b'-' | b'_'))
        && name.get(stem.len() + 1).is_some_and(u8::is_ascii_digit);
    // Subversion's revision.
    if let Some(without) = stem
        .strip_suffix(b".r")
        .or_else(|| stem.strip_suffix(b".R"))
    {
        stem = without;
    } else if !separated {
        return None;
    }
    // A log that was rotated is a log.
    let class = if has_ending(stem, ".log") {
        Class::Log
    } else {
        Class::Backup
    };
    (digits > 0 && is_old_of(stem)).then_some((class, stem))
}

/// What stands before an extension that hides nothing: compression, encryption, a character set, a
/// language.
fn wrapped(name: &[u8], is_directory: bool) -> Option<&[u8]> {
    let (stem, last) = extension(name)?;
    let region = last.split(|byte| *byte == b'-').next().unwrap_or_default();
    let language = region.len() == 2
        && region.iter().all(u8::is_ascii_alphabetic)
        && (last.len() == 2 || last.len() == 5)
        && !is_one_of(last, &["py", "js"]);
    (!is_directory && (language || is_one_of(last, WRAPPERS)) && extension(stem).is_some())
        .then_some(stem)
}

/// A name that people give to a copy: `Copy of x`, `x copy`, `x (copy)`, `x - Copy (2)`, `x (1)`,
/// `x_old`, `x-bak`, `x.old`, `old_x`, merge's `x_BACKUP_123`.
fn is_copy(name: &[u8]) -> bool {
    if starts_with(name, "copy of ")
        || starts_with(name, "copy-of-")
        || starts_with(name, "copy_of_")
    {
        return true;
    }
    let Some((stem, _)) = extension(name) else {
        return false;
    };
    // "(1)", "(copy)", "(another copy)"
    let open = memchr::memrchr(b'(', stem);
    if let (Some(open), true) = (open, stem.ends_with(b")")) {
        let inner = stem
            .get(open + 1..stem.len().saturating_sub(1))
            .unwrap_or_default();
        let number = !inner.is_empty() && inner.iter().all(u8::is_ascii_digit);
        return number || ends_with(inner, "copy");
    }
    // The word at the end, before a number: x_old2, x copy 3, x_BACKUP_123.
    let is_number = |byte: &u8| byte.is_ascii_digit();
    let tail = stem.iter().rev().take_while(|byte| is_number(byte)).count();
    let mut word = cut(stem, tail);
    if tail > 0 {
        word = word
            .strip_suffix(b" ")
            .or_else(|| word.strip_suffix(b"_"))
            .unwrap_or(word);
    }
    SAYS_COPY.iter().any(|says| {
        ends_with(word, says)
            && matches!(
                cut(word, says.len()).last(),
                Some(b' ' | b'_' | b'-' | b'.')
            )
    })
}

fn is_page(name: &[u8]) -> bool {
    extension(name).is_some_and(|(_, last)| is_one_of(last, PAGES))
}

/// `index.html.pt`: the page in Portuguese, and not a page template.
fn is_translation(name: &[u8]) -> bool {
    extension(name).is_some_and(|(stem, last)| last.eq_ignore_ascii_case(b"pt") && is_page(stem))
}

/// Whether the name, whatever its endings, is in [`NAMES`].
fn says_something(name: &[u8]) -> bool {
    let mut found = None;
    classify_name(&mut found, name, false);
    found.is_some()
}

fn between_hashes(name: &[u8]) -> Option<&[u8]> {
    name.strip_prefix(b"#")?
        .strip_suffix(b"#")
        .filter(|inner| !inner.is_empty())
}

/// The name without `2` or `.2` or `.r2` at its end, where letters stand before.
fn without_number(name: &[u8]) -> &[u8] {
    let digits = name
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if digits == 0 {
        return name;
    }
    let name = cut(name, digits);
    name.strip_suffix(b".r")
        .or_else(|| name.strip_suffix(b"."))
        .unwrap_or(name)
}

/// What stands before the last dot and what behind it, if both are something.
fn extension(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = memchr::memrchr(b'.', name)?;
    let (stem, last) = (name.get(..dot)?, name.get(dot + 1..)?);
    (!stem.is_empty() && !last.is_empty()).then_some((stem, last))
}

fn cut(name: &[u8], from_end: usize) -> &[u8] {
    name.get(..name.len().saturating_sub(from_end))
        .unwrap_or_default()
}

fn is_one_of(text: &[u8], list: &[&str]) -> bool {
    list.iter()
        .any(|item| text.eq_ignore_ascii_case(item.as_bytes()))
}

fn starts_with(name: &[u8], head: &str) -> bool {
    name.get(..head.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(head.as_bytes()))
}

fn ends_with(name: &[u8], tail: &str) -> bool {
    name.get(name.len().wrapping_sub(tail.len())..)
        .is_some_and(|end| end.eq_ignore_ascii_case(tail.as_bytes()))
}

/// Whether the name ends so, and is not the ending alone.
fn has_ending(name: &[u8], ending: &str) -> bool {
    name.len() > ending.len() && ends_with(name, ending)
}

// The fast look: a few bits for each component, by tables made of the rows above when the module
// is compiled. It may take a harmless name for a telling one, never the other way round.

/// A byte that is telling anywhere in a name.
const ANYWHERE: u8 = 1;
/// At the end of a name.
const AT_END: u8 = 2;
/// Inside an extension.
const IN_EXTENSION: u8 = 4;
/// Ends an extension, seen from its end; at the beginning of a name, telling.
const DOT: u8 = 8;
/// Ends a name.
const SLASH: u8 = 16;
/// Does not count at the end of an extension.
const DIGIT: u8 = 32;

#[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
const fn byte_flags() -> [u8; 256] {
    let mut flags = [0u8; 256];
    // "x copy.py", "x (1).py", ",v", "$py.class", "{arch}"
    flags[b' ' as usize] = ANYWHERE;
    flags[b'(' as usize] = ANYWHERE;
    flags[b',' as usize] = ANYWHERE;
    flags[b'$' as usize] = ANYWHERE;
    flags[b'{' as usize] = ANYWHERE;
    flags[b'~' as usize] = AT_END;
    flags[b'_' as usize] = AT_END | IN_EXTENSION;
    flags[b'#' as usize] = AT_END;
    // x.sql-2024, x.kate-swp, x.sqlite3-wal; other numbers and dates begin with a digit.
    flags[b'-' as usize] = IN_EXTENSION;
    flags[b'.' as usize] = DOT;
    flags[b'/' as usize] = SLASH;
    let mut digit = b'0';
    while digit <= b'9' {
        flags[digit as usize] = DIGIT;
        digit += 1;
    }
    flags
}

static FLAGS: [u8; 256] = byte_flags();

/// A set of hashes, by fourteen of their bits.
struct Bits([u64; 256]);

impl Bits {
    const EMPTY: Bits = Bits([0; 256]);

    const fn bit(hash: u64) -> usize {
        (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50) as usize
    }

    #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
    const fn insert(&mut self, hash: u64) {
        let bit = Bits::bit(hash);
        self.0[bit >> 6] |= 1 << (bit & 63);
    }

    fn contains(&self, hash: u64) -> bool {
        let bit = Bits::bit(hash);
        self.0
            .get(bit >> 6)
            .is_some_and(|word| word >> (bit & 63) & 1 != 0)
    }
}

/// One more byte of an extension, taken from its last to its first, without case. The result is
/// the extension itself as a number, its first eight bytes if it has more.
const fn step(key: u64, byte: u8) -> u64 {
    key << 8 | (byte | 0x20) as u64
}

/// A hash of a whole name by three of its bytes and its length.
const fn name_hash(first: u8, middle: u8, last: u8, length: usize) -> u64 {
    u32::from_le_bytes([first | 0x20, middle | 0x20, last | 0x20, length as u8]) as u64
}

/// A hash of the first four bytes of a name.
const fn head_hash(head: [u8; 4]) -> u64 {
    (u32::from_le_bytes(head) | 0x2020_2020) as u64
}

#[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
const fn extension_key(text: &[u8]) -> u64 {
    let mut key = 0;
    let mut index = text.len();
    // As in `is_plain`: .bak2 is .bak.
    while index > 0 && text[index - 1].is_ascii_digit() {
        index -= 1;
    }
    while index > 0 && text[index - 1] != b'.' {
        index -= 1;
        key = step(key, text[index]);
    }
    key
}

/// The path without its extension, where that is one of pages and pictures so common that the look
/// need not read it byte by byte: no row is about a name that ends so, but for its first byte.
fn without_common_extension(path: &[u8]) -> Option<&[u8]> {
    const HTML: u64 = u64::from_be_bytes(*b"\0\0\0.html");
    const COMMON: [u64; 6] = [
        u64::from_be_bytes(*b"\0\0\0\0.css"),
        u64::from_be_bytes(*b"\0\0\0\0.png"),
        u64::from_be_bytes(*b"\0\0\0\0.jpg"),
        u64::from_be_bytes(*b"\0\0\0\0.svg"),
        u64::from_be_bytes(*b"\0\0\0\0.gif"),
        u64::from_be_bytes(*b"\0\0\0\0.ico"),
    ];
    const JS: u64 = u64::from_be_bytes(*b"\0\0\0\0\0.js");
    // The last eight bytes, without case.
    let end = u64::from_be_bytes(*path.last_chunk()?) | 0x2020_2020_2020_2020;
    let length = if end & 0xff_ffff_ffff == HTML {
        5
    } else if COMMON.contains(&(end & 0xffff_ffff)) {
        4
    } else if end & 0xff_ffff == JS {
        3
    } else {
        return None;
    };
    path.get(..path.len() - length)
}

struct Tables {
    extensions: Bits,
    names: Bits,
    heads: Bits,
}

#[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
const fn tables() -> Tables {
    let mut tables = Tables {
        extensions: Bits::EMPTY,
        names: Bits::EMPTY,
        heads: Bits::EMPTY,
    };
    let mut index = 0;
    while index < NAMES.len() {
        match NAMES[index].0 {
            Shape::Extension(text) => tables.extensions.insert(extension_key(text.as_bytes())),
            Shape::Name(text) | Shape::File(text) | Shape::Directory(text) | Shape::Exact(text) => {
                let text = text.as_bytes();
                tables.names.insert(name_hash(
                    text[0],
                    text[text.len() / 2],
                    text[text.len() - 1],
                    text.len(),
                ));
            }
            Shape::Between(head, tail) => {
                let (head, tail) = (head.as_bytes(), tail.as_bytes());
                // A shorter head has a byte that is telling by itself: ".~", "~$".
                if head.len() >= 4 {
                    tables
                        .heads
                        .insert(head_hash([head[0], head[1], head[2], head[3]]));
                } else {
                    tables.extensions.insert(extension_key(tail));
                }
            }
        }
        index += 1;
    }
    // Subversion's revisions: x.py.r12
    tables.extensions.insert(extension_key(b"r"));
    let mut index = 0;
    while index < RESIDUE.len() {
        let (Ending::Always(text) | Ending::AfterExtension(text)) = RESIDUE[index].0;
        tables.extensions.insert(extension_key(text.as_bytes()));
        index += 1;
    }
    let mut index = 0;
    while index < WRAPPERS.len() {
        tables
            .extensions
            .insert(extension_key(WRAPPERS[index].as_bytes()));
        index += 1;
    }
    tables
}

static TABLES: Tables = tables();

/// Whether a path says nothing for certain: then [`classify`] finds nothing, whether its last
/// component is a file or a directory. Costs a few instructions a byte.
#[expect(clippy::indexing_slicing, reason = "a table of 256 has every byte")]
pub fn is_plain(path: &[u8]) -> bool {
    let mut is_last = true;
    let mut whole = path;
    let mut rest = path;
    if let Some(stem) = without_common_extension(path) {
        rest = stem;
        let mut first = b'/';
        while let [before @ .., byte] = rest
            && *byte != b'/'
        {
            first = *byte;
            rest = before;
        }
        if first == b'.' {
            return false;
        }
        is_last = false;
        whole = rest.get(..rest.len().saturating_sub(1)).unwrap_or_default();
        rest = whole;
    }
    loop {
        if rest.is_empty() {
            return true;
        }
        // Backwards, from the end of a component to the dot of its extension.
        while let [before @ .., byte] = rest
            && FLAGS[usize::from(*byte)] & DIGIT != 0
        {
            rest = before;
        }
        let mut key = 0;
        let mut flags = 0;
        let mut stopped = 0;
        while let [before @ .., byte] = rest {
            let flag = FLAGS[usize::from(*byte)];
            stopped = flag & (DOT | SLASH);
            if stopped != 0 {
                break;
            }
            flags |= flag;
            key = step(key, *byte);
            rest = before;
        }
        if stopped == DOT {
            let extension = whole.get(rest.len()..).unwrap_or_default();
            let odd = TABLES.extensions.contains(key)
                || flags & IN_EXTENSION != 0
                // A language, in MultiViews.
                || (extension.len() == 2 && !matches!(extension, b"js" | b"md"))
                || (is_last && matches!(extension.first(), Some(b'0'..=b'9')));
            if odd {
                return false;
            }
            // From there to its beginning.
            while let [before @ .., byte] = rest {
                let flag = FLAGS[usize::from(*byte)];
                if flag & SLASH != 0 {
                    break;
                }
                flags |= flag;
                rest = before;
            }
        }
        let name = whole.get(rest.len()..).unwrap_or_default();
        if let ([first, ..], [.., last]) = (name, name) {
            let odd = flags & ANYWHERE != 0
                || *first == b'.'
                || FLAGS[usize::from(*last)] & AT_END != 0
                || TABLES.names.contains(name_hash(
                    *first,
                    name[name.len() / 2],
                    *last,
                    name.len(),
                ))
                || name
                    .first_chunk()
                    .is_some_and(|head| TABLES.heads.contains(head_hash(*head)));
            if odd {
                return false;
            }
            is_last = false;
        }
        // The slash.
        whole = rest.get(..rest.len().saturating_sub(1)).unwrap_or_default();
        rest = whole;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn class(path: &str) -> Option<Class> {
        classify(path.as_bytes(), false).map(|found| found.class)
    }

    #[test]
    fn what_names_say() {
        use Class::*;
        #[rustfmt::skip]
        let table: &[(Class, &[&str])] = &[
            (Source, &[
                "lib.py", "LIB.PY", "a/b/lib.Py", "x.pyw", "x.pyi", "x.pyx", "x.psp", "app.wsgi", "x.ipynb",
                "settings.py", "setup.py", "manage.py", "__init__.py", "lib.py.en", "lib.py.gz", "lib.py.en.gz",
                "lib.py.utf8", "lib.py.pt-br", "x.tar.py", "hold.py",
            ]),
            (Template, &["x.tmpl", "x.mako", "index.html.j2", "x.jinja2", "x.pt", "x.zpt", "x.dtml", "x.tpl"]),
            (Bytecode, &[
                "x.pyc", "x.pyo", "x.PYC", "x.pyd", "__pycache__", "__pycache__/x", "x.cpython-311.pyc",
                "x.cpython-311.opt-1.pyc", "x.cpython-311.opt-2.pyc", "x$py.class", "x.abi3.so",
                "fast.cpython-311-x86_64-linux-gnu.so", "x.cpython-312-darwin.so", "x.cp311-win_amd64.pyd",
                "__pycache__/lib.cpython-311.pyc",
            ]),
            (Backup, &[
                "lib.py~", "index.html~", "x~", "db.py.bak", "db.bak", "x.BAK", "x.bak2", "x.py.orig", "x.php.old",
                "x.old1", "x.py.save", "x.py.save.1", "x.py_", "x.psp_", "x.py.1", "x.py.12", "x.html.1",
                "x.conf.3", "x.py.2024-01-01", "x.html.20240101", "x.sql-2024", "x.sql-2024-01-01",
                "x.py.2024-01-01_12-00", "x.py.2024-01-01T12:00:00Z", "x.html-20240101", "x copy.py", "x copy 2.py",
                "Copy of x.py", "copy of settings.ini", "x - Copy.py", "x - Copy (2).py", "x (copy).py",
                "x (1).py", "x (another copy).py", "x_old.py", "x-old.py", "x.old.py", "x_bak.py", "x_backup.py",
                "x_OLD2.py", "x_BACKUP_123.py", "x_LOCAL_7.py", "x.py.BASE", "x.py.LOCAL.bak", "x.py.mine",
                "x.py.r123", "x.py.merge-left.r12", "x.rej", "x.conf.dpkg-old", "x.conf.ucf-dist", "x.rpmsave",
                "x.pacnew", "x.py.part", "x.py.off", "x.py.disabled", "x.py-old", "x.py_old", "x.py_bak", "x.html-old", "x.py,v", "x.tmp", ".env.bak", ".env~",
                "db.sqlite3.old", "dump.sql.gz.1", "backup.zip", "backup.tar.gz", "backup-2024-01-01.tar.gz",
                "site.bak/index.html", "www.old/x.css", "x.py.bak.orig~", "x.py~~", "local_settings.py.2",
            ]),
            (Editor, &[
                ".x.py.swp", "x.swp", ".x.swo", ".x.swn", ".x.py.un~", "#x.py#", ".#x.py", "DEADJOE",
                ".x.kate-swp", ".~lock.x.ods#", "~$x.docx", ".goutputstream-ABC123", "x.py___jb_tmp___", ".idea/x",
                ".vscode", ".project", ".ropeproject/config.py", "x.sublime-workspace", ".DS_Store", "Thumbs.db",
                "desktop.ini", "._x.py", "sftp-config.json",
            ]),
            (Vcs, &[
                ".git", ".git/config", ".GIT/HEAD", "a/.git/x", ".gitignore", ".svn/entries", ".hg/store",
                ".bzr/x", "CVS/Root", "RCS", "_darcs/x", ".fslckout", "x.fossil", ".jj/x", "{arch}/x",
            ]),
            (Secret, &[
                ".env", ".env.production", "prod.env", ".flaskenv", ".htpasswd", ".htaccess", ".netrc", ".pgpass",
                ".my.cnf", ".pypirc", ".ssh/x", ".aws/x", ".bash_history", ".python_history", ".viminfo",
                "id_rsa", "id_ed25519", "x.key", "x.pem", "x.p12", "x.kdbx", "x.ppk", "production.ini",
                "alembic.ini", "config.cfg", "supervisord.conf", "config.yml", "settings.toml", "secrets.json",
                "credentials.json", "client_secret_123.json", "service-account-x.json", "docker-compose.yml",
                "docker-compose.prod.yml", "web.config", "terraform.tfstate", "x.htpasswd", ".anything",
                "a/.hidden/x.html", ".x.py.AbC123", "authorized_keys", ".s3cfg", ".npmrc", "x.keytab",
            ]),
            (Database, &[
                "db.sqlite3", "x.sqlite", "x.db", "x.DB", "x.dbm", "Data.fs", "Data.fs.index", "x.mdb", "x.frm",
                "x.myd", "dump.rdb", "x.sql", "x.dump", "dump.sql.gz", "dump.sql.bz2", "dump.sql.zip", "x.sql.gpg",
                "db.sqlite3-journal", "db.sqlite3-wal", "db.sqlite3.gz", "x.pickle", "x.pkl", "sess_0a1b2c",
                "mp_sess.dbm", "celerybeat-schedule", "x.pag",
            ]),
            (Metadata, &[
                "requirements.txt", "requirements-dev.txt", "constraints.txt", "Pipfile", "Pipfile.lock",
                "poetry.lock", "MANIFEST.in", "PKG-INFO", "x.egg-info/top_level.txt", "x-1.0.dist-info/RECORD",
                "Makefile", "Dockerfile", "Procfile", "package-lock.json",
            ]),
            (Log, &[
                "x.log", "x.log.gz", "x.log.1", "x.log.2.gz", "x.log.2024-01-01", "x.log-20240101", "error_log", "access_log", "nohup.out", "x.pid", "core", "x.prof",
            ]),
            (Cache, &["venv/bin/x", "site-packages/x/y", ".venv/x", ".tox/x", ".mypy_cache/x"]),
        ];
        let mut wrong = Vec::new();
        for (expected, paths) in table {
            for path in *paths {
                if class(path) != Some(*expected) {
                    wrong.push(format!("{path}: {:?}, not {expected:?}", class(path)));
                }
                if is_plain(path.as_bytes()) {
                    wrong.push(format!("{path}: the fast look lets it pass"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// What public sites serve.
    #[rustfmt::skip]
    const HARMLESS: &[&str] = &[
        "~user/index.html", "~user", "~user/", ".well-known/security.txt", ".well-known/acme-challenge/abc_",
        ".well-known/acme-challenge/x~", "a~b.html", "jquery-3.6.0.min.js", "app.3f2a9c.chunk.js",
        "app.3f2a9c.chunk.css", "v1.2.3/notes.html", "foo-1.0.2.tar.gz", "x.tar.gz", "x.tgz", "x.tar.bz2",
        "pkg-1.0-py3-none-any.whl", "pkg.zip", "x.deb", "x.rpm", "x.exe", "x.dmg", "x.iso", "x.apk", "ls.1",
        "libfoo.so.1", "libfoo.so", "index.html.en", "index.html.fr.utf8", "index.html.pt", "index.html.pt-br",
        "index.html.zh-cn", "index.html.gz", "page.en.html", "movie.swf", "x.js.map", "x.css.map", "x.min.js.br",
        "f.woff", "f.woff2", "f.ttf", "f.otf", "f.eot", "photo (1).jpg", "photo copy.jpg", "photo copy 2.png",
        "Copy of contract.pdf", "scan_old.jpg", "the_old_man.html", "old.html", "whats_old.html", "backup.html",
        "copy.html", "threshold.html", "new.html", "robots.txt", "humans.txt", "ads.txt", "sitemap.xml",
        "sitemap.xml.gz", "favicon.ico", "manifest.json", "site.webmanifest", "crossdomain.xml",
        "browserconfig.xml", "example.py.html", "tutorial.py.txt", "README", "README.md", "LICENSE", "CHANGES",
        "index_.html", "__init__.html", "_static/x.css", "_images/x.png", "_sources/index.rst.txt",
        "genindex.html", "search.html", "objects.inv", "searchindex.js", "x.svgz", "data.csv", "data.json",
        "feed.atom", "feed.rss", "2024-01-01-post.html", "report.2024-01-01.pdf", "report-2024.pdf", "img.1.png",
        "img_0001.jpg", "catalog/", "database/", "secret/", "log/", "logs/x.html", "cache/", "logs.html", "credits",
        "configure", "config.html", "config.js", "config.json", "environment.html", "key.html", "keys.html",
        "copyright.html", "cvs/index.html", "cvs/", "rcs/", "git/", "git.html", "svn.html", "x.asc", "x.sig",
        "x.sha256", "x.md5", "KEYS", "wp-content/themes/x/style.css", "wp-includes/js/jquery.js", "x.mp3", "x.mp4",
        "x.webm", "x.m3u8", "seg-001.ts", "x.wasm", "bunny.off", "shader.fs", "shader.vs", "x.glb", "x.stl",
        "viewer.properties", "locale/en-US/viewer.properties", "node_modules/x/index.js", "blog/2024/01/02/",
        "my-journal", "travel-journal.html", "a.b.c.d.html", "index", "about-us", "products.aspx", "x.php",
        "x.crt", "x.cer", "x.crl", "x.ics", "x.vcf", "x.epub", "x.mobi", "x.docx", "x.xlsx", "x.odt", "x.tex",
        "x.ps.gz", "rfc2616.txt", "python-3.11.2-docs-html.zip", "releases/2.4.71/", "3.11/library/os.html",
        "secrets.html", "credentials.html", "passwords.html", "env.html", "local.html", "base.html", "remote.css",
        "data.1.json", "map.geojson", "x.topojson", "tile.pbf", "0/1/2.png", "x.min.js", "x.bundle.mjs", "x.cjs",
        "x.tsx", "en/", "de/index.html", "x.de.html", "core/x.js", "core/", "identity/", "shadow.css", "core.js",
        "session.html", "sess.html", "manual.pdf", "a_b_c.html", "a-b-c", "x.1.2.3.tar.xz", "file-1.2", "1.2",
        "opensearch.xml", "apple-touch-icon.png", "x%20y.html", "caf\u{e9}.html", "x.GIF", "INDEX.HTM", "x.",
        "x..html", "...", "..x/..", "a,b.html", "a (b)/c.html", "x$1.html", "price {net}.html", "-", "_", "_/x",
    ];

    #[test]
    fn what_stays_served() {
        let wrong: Vec<String> = HARMLESS
            .iter()
            .filter(|path| !matches!(**path, "..." | "..x/.."))
            .filter_map(|path| class(path).map(|class| format!("{path}: {class:?}")))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_class_that_is_off_leaves_what_the_file_was() {
        let all = |path: &str| classify(path.as_bytes(), false).unwrap().all;
        assert!(all("lib.py~").contains(Class::Source));
        assert!(all("db.sqlite3.old").contains(Class::Database));
        assert!(all("settings.py.swp").contains(Class::Source));
        assert!(all(".x.py.swp").contains(Class::Source));
        assert!(all("dump.sql.gz.1").contains(Class::Database));
        assert!(all("x_old.py").contains(Class::Source));
        assert!(all(".git/hooks/x.py").contains(Class::Source));
        assert!(all(".venv/x").contains(Class::Secret));
        let found = classify(b"lib.py~", false).unwrap();
        let only = ClassSet::of(Class::Source);
        assert_eq!(found.within(ClassSet::ALL), Some(Class::Backup));
        assert_eq!(found.within(only), Some(Class::Source));
        assert_eq!(found.within(ClassSet::EMPTY), None);
    }

    #[test]
    fn directories() {
        let directory = |path: &str| classify(path.as_bytes(), true).map(|found| found.class);
        assert_eq!(directory(".git"), Some(Class::Vcs));
        assert_eq!(directory("site.bak"), Some(Class::Backup));
        assert_eq!(directory("lib.py"), None);
        assert_eq!(directory("v1.2"), None);
        assert_eq!(directory("example.db"), None);
        assert_eq!(class("example.com.conf/index.html"), None);
        assert_eq!(class("venv"), None);
        assert_eq!(directory("venv"), Some(Class::Cache));
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

    fn assert_the_fast_look_misses_nothing(path: &[u8]) {
        let said = classify(path, false).or(classify(path, true));
        let text = String::from_utf8_lossy(path);
        assert!(
            said.is_none() || !is_plain(path),
            "{text} is {said:?}, and the fast look missed it"
        );
    }

    #[test]
    fn the_fast_look_misses_no_row() {
        let words: Vec<String> = NAMES
            .iter()
            .map(|Row(shape, ..)| match *shape {
                Shape::Extension(text) => format!("x.{text}"),
                Shape::Name(text)
                | Shape::File(text)
                | Shape::Directory(text)
                | Shape::Exact(text) => text.to_owned(),
                Shape::Between(head, tail) => format!("{head}x{tail}"),
            })
            .chain(RESIDUE.iter().map(|Residue(ending, ..)| {
                let (Ending::Always(text) | Ending::AfterExtension(text)) = *ending;
                format!("x.html{text}")
            }))
            .collect();
        for word in &words {
            for path in [
                word.clone(),
                word.to_uppercase(),
                format!("a/{word}/b"),
                format!("a/{word}"),
                format!("{word}~"),
                format!("{word}.1"),
                format!("{word}2"),
                format!("{word}.2024-01-01"),
                format!("{word}.r7"),
                format!("{word}.gz"),
                format!("{word}.en"),
                format!("Copy of {word}"),
                format!("#{word}#"),
                format!(".{word}"),
                format!("{word}_"),
                format!("{word}.off"),
            ] {
                assert_the_fast_look_misses_nothing(path.as_bytes());
            }
            let said = classify(word.as_bytes(), false).or(classify(word.as_bytes(), true));
            assert!(said.is_some(), "{word} says nothing: the row is dead");
        }
    }

    #[test]
    fn the_fast_look_misses_nothing_at_random() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let pieces = [
            "x", "y.", ".", "/", "~", "_", "-", "py", ".py", "2024", "1", "html", ".gz", "old",
            "copy", " ", "(", ")", "#", "$", ",v", "r12", ".r", "T", "Z", ":", "bak", ".en",
            "\u{e9}", "log", "sess_", "A", "git",
        ];
        for _ in 0..200_000 {
            let path: String = (0..random.below(8))
                .map(|_| pieces[random.below(pieces.len())])
                .collect();
            assert_the_fast_look_misses_nothing(path.as_bytes());
        }
        for _ in 0..100_000 {
            let path: Vec<u8> = (0..random.below(24))
                .map(|_| random.below(256) as u8)
                .collect();
            assert_the_fast_look_misses_nothing(&path);
        }
    }

    #[test]
    fn ordinary_assets_are_plain() {
        let slow: Vec<&str> = HARMLESS
            .iter()
            .copied()
            .filter(|path| !is_plain(path.as_bytes()))
            .collect();
        assert!(
            slow.len() * 2 < HARMLESS.len(),
            "{} of {}: {slow:?}",
            slow.len(),
            HARMLESS.len()
        );
        for path in [
            "/1k.html",
            "/assets/js/app.min.3f2a9c.js",
            "/img/logo.png",
            "/css/site.css",
            "/",
        ] {
            assert!(is_plain(path.as_bytes()), "{path}");
        }
    }
}
