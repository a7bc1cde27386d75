//! The files that can be reached, and those that Python imports.
//!
//! A walk of directories, bounded in entries, in depth and in time. It follows no link out of
//! a directory that it was given, opens nothing but regular files, and waits for none. The time is
//! looked at between the calls of the system: one call that blocks, on a dead network file system for
//! example, cannot be interrupted. Whoever may write in these directories can swap them while the
//! walk runs, and have it list another directory; what is read of a file is of the one that was kept.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirEntry, File, Metadata, OpenOptions, ReadDir};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::policy::audit::facts::{Bytes, Conf, Entry, Extent, Kind, View};
use crate::policy::audit::interest::Interest;
use crate::policy::message::escaped;

/// How far a walk goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many entries of directories are looked at.
    pub entries: usize,
    /// How many directories deep; 0 is what stands in the given directories themselves.
    pub depth: usize,
    /// How long.
    pub time: Duration,
}

/// A directory to walk. It may also be a file, which an `Alias` can lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Its absolute path.
    pub directory: Bytes,
    /// The mounts that lead to it, by their indices; empty where it is only imported from. One that
    /// is both is two trees.
    pub mounts: Vec<usize>,
}

/// What is in force for a mount's directory (with a slash at its end), or for a file in it.
pub type ConfOf<'a> = dyn FnMut(usize, &[u8], Option<&[u8]>) -> Arc<Conf> + 'a;

/// Which entries matter: by the path, what it is, how its directory is reached, and whether Python
/// imports from there.
pub type InterestIn<'a> = dyn Fn(&[u8], Kind, &[View], bool) -> Interest + 'a;

/// How many bytes are read of all files together.
const MOST_CONTENT: usize = 16 << 20;

/// How many entries of one tree are looked at before it is the next one's turn.
const TURN: usize = 4096;

/// How many entries are looked at between two looks at the clock.
const BETWEEN_LOOKS: usize = 32;

/// How many of the things that cannot be read are named.
const MOST_NAMED: usize = 10;

/// How many links in a row are followed, as in Linux.
const MOST_LINKS: usize = 40;

/// `O_NONBLOCK | O_NOFOLLOW`, which the standard library does not name: no pipe is waited for, and
/// no link is followed. Whatever they do elsewhere, what was opened is looked at again.
const CAREFULLY: i32 = if cfg!(not(any(target_os = "linux", target_os = "android"))) {
    0x4 | 0x100
} else if cfg!(any(
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "m68k",
    target_arch = "powerpc",
    target_arch = "powerpc64"
)) {
    0x800 | 0x8000
} else if cfg!(any(target_arch = "mips", target_arch = "mips64")) {
    0x80 | 0x20000
} else if cfg!(any(target_arch = "sparc", target_arch = "sparc64")) {
    0x4000 | 0x20000
} else {
    0x800 | 0x20000
};

/// Walks the trees, one directory of each in turn, those that are nearer first. What `interest` wants
/// is put into `entries`, by its path; what was seen and what was left out into `extent`.
///
/// A link inside a tree counts as the file that it leads to, if that is inside the same tree; links
/// to directories, and out of the tree, are left alone, and so are devices, pipes and sockets.
/// A tree inside another one is walked once, with the views of both. Only what is kept is looked at
/// closer (one `lstat`), and only for it `conf` is asked with the name of a file.
pub fn walk(
    trees: &[Tree],
    limits: &Limits,
    conf: &mut ConfOf<'_>,
    interest: &InterestIn<'_>,
    entries: &mut BTreeMap<Bytes, Entry>,
    extent: &mut Extent,
) {
    let mut walk = Walk {
        trees: trees.iter().map(Root::of).collect(),
        roots: BTreeSet::new(),
        above_roots: BTreeSet::new(),
        limits,
        conf,
        interest,
        entries,
        extent,
        until: Instant::now().checked_add(limits.time),
        seen: 0,
        content_left: MOST_CONTENT,
        content_cut: false,
        too_deep: None,
        unreadable: 0,
        stopped: false,
    };
    walk.run();
}

/// A tree with what is found out about it once.
struct Root<'a> {
    /// Its path without a slash at its end: that of the root directory is empty.
    path: &'a [u8],
    /// Its path without links; `None` where there is nothing.
    real: Option<PathBuf>,
    mounts: &'a [usize],
}

impl Root<'_> {
    fn of(tree: &Tree) -> Root<'_> {
        let path = bare(&tree.directory);
        Root {
            path,
            real: fs::canonicalize(as_path(path)).ok(),
            mounts: &tree.mounts,
        }
    }

    /// Whether what stands in this directory belongs to it.
    fn has(&self, directory: &[u8]) -> bool {
        match directory.strip_prefix(self.path) {
            Some(rest) => rest.is_empty() || rest.starts_with(b"/"),
            None => false,
        }
    }
}

/// A directory that waits for its turn.
struct Directory {
    path: Bytes,
    /// The trees that it is in.
    trees: Rc<[usize]>,
    depth: usize,
    views: Arc<[View]>,
}

/// The directories of one tree, the nearest first, and one that is not read to its end.
#[derive(Default)]
struct Line {
    waiting: VecDeque<Directory>,
    open: Option<(Directory, ReadDir)>,
}

struct Walk<'a, 'b> {
    trees: Vec<Root<'a>>,
    /// The paths of the trees, which are not walked again from above, and the directories that
    /// they stand in.
    roots: BTreeSet<Bytes>,
    above_roots: BTreeSet<Bytes>,
    limits: &'a Limits,
    conf: &'a mut ConfOf<'b>,
    interest: &'a InterestIn<'b>,
    entries: &'a mut BTreeMap<Bytes, Entry>,
    extent: &'a mut Extent,
    /// `None`: the end of time.
    until: Option<Instant>,
    seen: usize,
    content_left: usize,
    content_cut: bool,
    /// The first directory that is too deep, and how many are.
    too_deep: Option<(Bytes, usize)>,
    unreadable: usize,
    stopped: bool,
}

impl Walk<'_, '_> {
    fn run(&mut self) {
        for number in 0..self.trees.len() {
            if let Some(root) = self.trees.get(number) {
                self.roots.insert(root.path.to_vec());
                self.above_roots.insert(parent(root.path).0.to_vec());
            }
        }
        let mut lines: Vec<Line> = Vec::new();
        for root in self.roots.clone() {
            lines.extend(self.start(root).map(|first| Line {
                waiting: VecDeque::from([first]),
                open: None,
            }));
        }
        while !lines.is_empty() && !self.stopped {
            for line in &mut lines {
                self.turn(line);
                if self.stopped {
                    break;
                }
            }
            lines.retain(|line| line.open.is_some() || !line.waiting.is_empty());
        }
        self.tell();
    }

    /// The trees that have this directory.
    fn trees_of(&self, directory: &[u8]) -> Rc<[usize]> {
        let trees = self.trees.iter().enumerate();
        let trees = trees.filter(|(_, root)| root.has(directory));
        trees.map(|(number, _)| number).collect()
    }

    /// Looks at the root of a tree.
    fn start(&mut self, path: Bytes) -> Option<Directory> {
        if !path.starts_with(b"/") && !path.is_empty() {
            self.cannot_read(&path, &"it is not an absolute path");
            return None;
        }
        // A root may be a link.
        let metadata = match fs::metadata(as_path(&path)) {
            Ok(metadata) => metadata,
            Err(error) => {
                self.cannot_read(&path, &error);
                return None;
            }
        };
        let own = self.trees_of(&path);
        let (above, name) = parent(&path);
        let around = match path.is_empty() {
            true => Rc::from([]),
            false => self.trees_of(above),
        };
        let mut both: Vec<usize> = own.iter().chain(around.iter()).copied().collect();
        both.sort_unstable();
        both.dedup();
        if metadata.is_file() {
            let real = fs::canonicalize(as_path(&path)).ok()?;
            let views = self.views(&both, above);
            let interest = self.interest_in(&path, Kind::File, &views, &both);
            if interest.keep {
                let own = self.views_of_file(views.clone(), above, name);
                let most = match Arc::ptr_eq(&own, &views) {
                    true => interest.read,
                    false => self.read_of_file(&path, &own, &both),
                };
                let content = most.and_then(|most| self.content(&path, &real, &metadata, most));
                self.keep(&path, Kind::File, &metadata, own, content);
            }
            return None;
        }
        if !metadata.is_dir() {
            self.cannot_read(&path, &"it is no directory");
            return None;
        }
        let views = self.views(&both, &path);
        let key: &[u8] = if path.is_empty() { b"/" } else { &path };
        if self.interest_in(key, Kind::Directory, &views, &both).keep {
            self.keep(key, Kind::Directory, &metadata, views, None);
        }
        let views = self.views(&own, &path);
        Some(Directory {
            path,
            trees: own,
            depth: 0,
            views,
        })
    }

    /// Reads a directory of a tree, or as much of it as its turn allows.
    fn turn(&mut self, line: &mut Line) {
        let (directory, mut listing) = match line.open.take() {
            Some(open) => open,
            None => {
                let Some(directory) = line.waiting.pop_front() else {
                    return;
                };
                if self.is_late(&directory.path) {
                    return;
                }
                match fs::read_dir(as_path(&directory.path)) {
                    Ok(listing) => {
                        self.extent.directories += 1;
                        (directory, listing)
                    }
                    Err(error) => return self.cannot_read(&directory.path, &error),
                }
            }
        };
        let holds_roots = self.above_roots.contains(&directory.path);
        let mut path = directory.path.clone();
        path.push(b'/');
        let stem = path.len();
        for _ in 0..TURN {
            let entry = match listing.next() {
                None => return,
                Some(Ok(entry)) => entry,
                Some(Err(error)) => return self.cannot_read(&directory.path, &error),
            };
            if self.seen >= self.limits.entries {
                let bound = format!("{} entries", self.limits.entries);
                return self.stop(&directory.path, &bound, "PyGuardAuditEntries");
            }
            if self.seen.is_multiple_of(BETWEEN_LOOKS) && self.is_late(&directory.path) {
                return;
            }
            self.seen += 1;
            path.truncate(stem);
            path.extend_from_slice(entry.file_name().as_bytes());
            if holds_roots && self.roots.contains(&path) {
                continue;
            }
            // The listing tells it; on file systems where it does not, this is an lstat.
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                if let Some(child) = self.directory(&path, &entry, &directory) {
                    line.waiting.push_back(child);
                }
            } else if kind.is_file() {
                self.file(&path, Some(&entry), &directory);
            } else if kind.is_symlink() {
                if self.is_late(&directory.path) {
                    return;
                }
                self.file(&path, None, &directory);
            }
        }
        line.open = Some((directory, listing));
    }

    /// A directory in another one; what is to be walked of it.
    fn directory(
        &mut self,
        path: &[u8],
        entry: &DirEntry,
        directory: &Directory,
    ) -> Option<Directory> {
        let trees = &directory.trees;
        let views = self.views(trees, path);
        if self
            .interest_in(path, Kind::Directory, &views, trees)
            .keep
            // It may be gone by now.
            && let Ok(metadata) = entry.metadata()
        {
            self.keep(path, Kind::Directory, &metadata, views.clone(), None);
        }
        if directory.depth >= self.limits.depth {
            let first = self.too_deep.get_or_insert_with(|| (path.to_vec(), 0));
            first.1 += 1;
            return None;
        }
        Some(Directory {
            path: path.to_vec(),
            trees: trees.clone(),
            depth: directory.depth + 1,
            views,
        })
    }

    /// A file in a directory, or a link (without an entry), which counts if it leads to a file.
    fn file(&mut self, path: &[u8], entry: Option<&DirEntry>, directory: &Directory) {
        let interest = self.interest_in(path, Kind::File, &directory.views, &directory.trees);
        if !interest.keep {
            return;
        }
        let found = match entry {
            Some(entry) => entry.metadata().ok().map(|metadata| (None, metadata)),
            None => self.target(path, &directory.trees),
        };
        let Some((real, metadata)) = found else {
            return;
        };
        let views = self.views_of_file(directory.views.clone(), &directory.path, parent(path).1);
        let most = match Arc::ptr_eq(&views, &directory.views) {
            true => interest.read,
            false => self.read_of_file(path, &views, &directory.trees),
        };
        let content = most.and_then(|most| {
            let real = real.as_deref().unwrap_or(as_path(path));
            self.content(path, real, &metadata, most)
        });
        self.keep(path, Kind::File, &metadata, views, content);
    }

    /// The file that a link leads to, if that is inside one of the trees that have the link.
    fn target(&self, path: &[u8], trees: &[usize]) -> Option<(Option<PathBuf>, Metadata)> {
        trees.iter().find_map(|&number| {
            let root = self.trees.get(number)?;
            let relative = path.strip_prefix(root.path)?.strip_prefix(b"/")?;
            let (path, metadata) =
                follow(root.real.as_deref()?, as_path(root.path), as_path(relative))?;
            Some((Some(path), metadata))
        })
    }

    fn interest_in(&self, path: &[u8], kind: Kind, views: &[View], trees: &[usize]) -> Interest {
        let mut trees = trees.iter().filter_map(|&number| self.trees.get(number));
        let imported = trees.any(|root| root.mounts.is_empty());
        (self.interest)(path, kind, views, imported)
    }

    /// How much is wanted of a file with views of its own: a `<Files>` may have given it to another
    /// handler than its directory's.
    fn read_of_file(&self, path: &[u8], views: &[View], trees: &[usize]) -> Option<usize> {
        self.interest_in(path, Kind::File, views, trees).read
    }

    /// How a directory is reached.
    fn views(&mut self, trees: &[usize], directory: &[u8]) -> Arc<[View]> {
        let trees = trees.iter().filter_map(|&number| self.trees.get(number));
        let mut mounts: Vec<usize> = trees.flat_map(|root| root.mounts).copied().collect();
        mounts.sort_unstable();
        mounts.dedup();
        let directory = with_slash(directory);
        let views = mounts.into_iter().map(|mount| View {
            mount,
            conf: (self.conf)(mount, &directory, None),
        });
        views.collect()
    }

    /// How a file is reached: as its directory, if nothing else is in force for it.
    fn views_of_file(&mut self, views: Arc<[View]>, directory: &[u8], name: &[u8]) -> Arc<[View]> {
        let directory = with_slash(directory);
        let own = views.iter().map(|view| View {
            mount: view.mount,
            conf: (self.conf)(view.mount, &directory, Some(name)),
        });
        let own: Vec<View> = own.collect();
        let mut pairs = own.iter().zip(views.iter());
        match pairs.all(|(own, view)| Arc::ptr_eq(&own.conf, &view.conf)) {
            true => views,
            false => own.into(),
        }
    }

    /// What stands in a file, up to a number of bytes. `real` is where it lies.
    fn content(
        &mut self,
        path: &[u8],
        real: &Path,
        metadata: &Metadata,
        most: usize,
    ) -> Option<Bytes> {
        let size = usize::try_from(metadata.size()).unwrap_or(usize::MAX);
        self.content_cut |= most.min(size) > self.content_left;
        let most = most.min(self.content_left);
        if most == 0 && self.content_cut {
            return None;
        }
        match read(real, metadata, most) {
            Ok(content) => {
                self.content_left -= content.len();
                Some(content)
            }
            Err(error) => {
                self.cannot_read(path, &error);
                None
            }
        }
    }

    /// Adds an entry, or the views of one that is known.
    fn keep(
        &mut self,
        path: &[u8],
        kind: Kind,
        metadata: &Metadata,
        views: Arc<[View]>,
        content: Option<Bytes>,
    ) {
        let Some(known) = self.entries.get_mut(path) else {
            let entry = Entry {
                kind,
                mode: metadata.mode() & 0o7777,
                uid: metadata.uid(),
                gid: metadata.gid(),
                views,
                content,
            };
            self.entries.insert(path.to_vec(), entry);
            return;
        };
        let mut joined = known.views.to_vec();
        for view in views.iter() {
            if joined.iter().all(|other| other.mount != view.mount) {
                joined.push(view.clone());
            }
        }
        if joined.len() > known.views.len() {
            known.views = joined.into();
        }
        known.content = known.content.take().or(content);
    }

    fn is_late(&mut self, path: &[u8]) -> bool {
        let is_late = self.until.is_some_and(|until| Instant::now() >= until);
        if is_late {
            let bound = format!("{} seconds", self.limits.time.as_secs_f64());
            self.stop(path, &bound, "PyGuardAuditTime");
        }
        is_late
    }

    fn stop(&mut self, path: &[u8], bound: &str, directive: &str) {
        self.stopped = true;
        let place = name_of(path);
        let sentence = format!(
            "The walk of the files stopped in {place} after {bound}: raise {directive} to see more."
        );
        self.extent.left_out.push(sentence);
    }

    fn cannot_read(&mut self, path: &[u8], why: &dyn std::fmt::Display) {
        self.unreadable += 1;
        if self.unreadable <= MOST_NAMED {
            let sentence = format!("{} cannot be read: {why}.", name_of(path));
            self.extent.left_out.push(sentence);
        }
    }

    /// What is known at the end only.
    fn tell(&mut self) {
        self.extent.entries += self.seen;
        let left_out = &mut self.extent.left_out;
        if let Some((first, number)) = &self.too_deep {
            let others = match number {
                1 => String::new(),
                _ => format!(" and {} more directories", number - 1),
            };
            left_out.push(format!(
                "{}{others}: not walked, more than {} deep; raise PyGuardAuditDepth to see more.",
                name_of(first),
                self.limits.depth
            ));
        }
        if self.content_cut {
            left_out.push(format!(
                "Of some files nothing was read, or not all: {} MiB of all together were.",
                MOST_CONTENT >> 20
            ));
        }
        if self.unreadable > MOST_NAMED {
            let others = self.unreadable - MOST_NAMED;
            left_out.push(format!("{others} more cannot be read."));
        }
    }
}

/// The file that a path below a directory leads to, without leaving the directory. Each part of it
/// is looked at by itself, so that nothing outside is touched on the way. `written` is another path
/// of the directory, for links that name it.
fn follow(directory: &Path, written: &Path, relative: &Path) -> Option<(PathBuf, Metadata)> {
    let mut to_go = Vec::new();
    go(relative, &mut to_go)?;
    let mut at = directory.to_owned();
    let (mut depth, mut links) = (0usize, 0);
    while let Some(name) = to_go.pop() {
        if name == ".." {
            depth = depth.checked_sub(1)?;
            at.pop();
            continue;
        }
        at.push(&name);
        let metadata = fs::symlink_metadata(&at).ok()?;
        if metadata.is_symlink() {
            links += 1;
            if links > MOST_LINKS {
                return None;
            }
            let target = fs::read_link(&at).ok()?;
            if target.is_absolute() {
                let inside = target.strip_prefix(directory);
                go(inside.or(target.strip_prefix(written)).ok()?, &mut to_go)?;
                at = directory.to_owned();
                depth = 0;
            } else {
                go(&target, &mut to_go)?;
                at.pop();
            }
        } else if to_go.is_empty() {
            return metadata.is_file().then_some((at, metadata));
        } else if metadata.is_dir() {
            depth += 1;
        } else {
            return None;
        }
    }
    None
}

/// Puts the parts of a relative path before what is to go, which is kept the other way round.
fn go(path: &Path, to_go: &mut Vec<OsString>) -> Option<()> {
    for component in path.components().rev() {
        match component {
            Component::Normal(name) => to_go.push(name.to_owned()),
            Component::ParentDir => to_go.push("..".into()),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(())
}

/// The beginning of a regular file, which must still be the one that was looked at.
fn read(path: &Path, metadata: &Metadata, most: usize) -> io::Result<Bytes> {
    let mut options = OpenOptions::new();
    let file: File = options.read(true).custom_flags(CAREFULLY).open(path)?;
    let opened = file.metadata()?;
    let same = (opened.dev(), opened.ino()) == (metadata.dev(), metadata.ino());
    if !same || !opened.is_file() {
        return Err(io::Error::other("it was exchanged"));
    }
    let mut content = Vec::new();
    file.take(most as u64).read_to_end(&mut content)?;
    Ok(content)
}

/// A path without slashes at its end; of `/`, nothing.
fn bare(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte != b'/');
    path.get(..end.map_or(0, |end| end + 1)).unwrap_or(path)
}

fn with_slash(directory: &[u8]) -> Bytes {
    [directory, b"/"].concat()
}

/// The directory without a slash, and the name.
fn parent(path: &[u8]) -> (&[u8], &[u8]) {
    let slash = memchr::memrchr(b'/', path).unwrap_or(0);
    let (directory, name) = path.split_at_checked(slash).unwrap_or((path, b""));
    (directory, name.strip_prefix(b"/").unwrap_or(name))
}

/// As the system takes it: the empty one is the root directory.
fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(if path.is_empty() { b"/" } else { path }))
}

fn name_of(path: &[u8]) -> String {
    escaped(if path.is_empty() { b"/" } else { path })
}

#[cfg(all(test, feature = "httpd"))]
mod tests {
    #[test]
    fn the_flags_are_those_of_this_system() {
        assert_eq!(super::CAREFULLY, libc::O_NONBLOCK | libc::O_NOFOLLOW);
    }
}
