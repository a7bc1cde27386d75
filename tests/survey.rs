//! What the audit reads of the machine, on real directories.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mod_pyguard::policy::audit::facts::{Bytes, Conditional, Conf, Entry, Extent, Kind, View};
use mod_pyguard::policy::audit::interest::Interest;
use mod_pyguard::survey::conditional::conditional;
use mod_pyguard::survey::files::{InterestIn, Limits, Tree, walk};
use mod_pyguard::survey::{python, sockets};

/// A directory that goes away.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Temporary {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("pyguard-survey-{}-{number}", std::process::id());
        let path = std::env::temp_dir().canonicalize().unwrap().join(name);
        fs::create_dir(&path).unwrap();
        Temporary(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn key(&self, name: &str) -> Bytes {
        bytes(&self.path(name))
    }

    fn tree(&self, name: &str, mounts: &[usize]) -> Tree {
        Tree {
            directory: self.key(name),
            mounts: mounts.to_vec(),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn bytes(path: &Path) -> Bytes {
    path.as_os_str().as_bytes().to_vec()
}

const FAR: Limits = Limits {
    entries: 1_000_000,
    depth: 100,
    time: Duration::from_secs(600),
};

/// Everything, with what stands in it.
fn everything(_: &[u8], _: Kind, _: &[View], _: bool) -> Interest {
    Interest {
        keep: true,
        read: Some(100),
    }
}

fn only_python(path: &[u8], kind: Kind, _: &[View], _: bool) -> Interest {
    Interest {
        keep: kind == Kind::File && path.ends_with(b".py"),
        read: Some(100),
    }
}

struct Found {
    entries: BTreeMap<Bytes, Entry>,
    extent: Extent,
}

fn walked(trees: &[Tree], limits: &Limits, interest: &InterestIn<'_>) -> Found {
    let conf = Arc::new(Conf::default());
    let mut found = Found {
        entries: BTreeMap::new(),
        extent: Extent::default(),
    };
    walk(
        trees,
        limits,
        &mut |_, directory, _| {
            assert!(directory.ends_with(b"/"));
            conf.clone()
        },
        interest,
        &mut found.entries,
        &mut found.extent,
    );
    found
}

impl Found {
    /// The paths below a directory.
    fn names(&self, temporary: &Temporary) -> Vec<String> {
        let below = bytes(&temporary.0);
        let names = self.entries.keys().map(|path| {
            let name = path.strip_prefix(below.as_slice()).unwrap();
            String::from_utf8_lossy(name.strip_prefix(b"/").unwrap_or(name)).into_owned()
        });
        names.collect()
    }

    fn mounts(&self, path: &[u8]) -> Vec<usize> {
        let mounts = self.entries[path].views.iter().map(|view| view.mount);
        mounts.collect()
    }

    fn left_out(&self) -> String {
        self.extent.left_out.join("\n")
    }
}

#[test]
fn what_is_there() {
    let site = Temporary::new();
    site.write("a.py", "print(1)");
    site.write("below/b.py", vec![b'x'; 1000]);
    fs::set_permissions(site.path("a.py"), fs::Permissions::from_mode(0o4642)).unwrap();
    let found = walked(&[site.tree("", &[3])], &FAR, &everything);
    assert_eq!(found.names(&site), ["", "a.py", "below", "below/b.py"]);
    let a = &found.entries[&site.key("a.py")];
    let metadata = fs::metadata(site.path("a.py")).unwrap();
    assert_eq!(a.kind, Kind::File);
    assert_eq!(a.mode, 0o4642);
    assert_eq!((a.uid, a.gid), (metadata.uid(), metadata.gid()));
    assert_eq!(a.content.as_deref(), Some(&b"print(1)"[..]));
    let b = &found.entries[&site.key("below/b.py")];
    assert_eq!(b.content.as_ref().unwrap().len(), 100);
    let below = &found.entries[&site.key("below")];
    assert_eq!(
        (below.kind, below.content.is_none()),
        (Kind::Directory, true)
    );
    assert_eq!(found.mounts(&site.key("below/b.py")), [3]);
    assert_eq!(found.extent.directories, 2);
    assert_eq!(found.extent.entries, 3);
    assert_eq!(found.left_out(), "");
}

#[test]
fn links() {
    let all = Temporary::new();
    all.write("site/real.py", "real");
    all.write("site/deep/down.py", "down");
    all.write("outside/secret.py", "secret");
    let site = all.path("site");
    let link = |target: &str, name: &str| symlink(target, site.join(name)).unwrap();
    link("real.py", "relative.py");
    link(site.join("deep/down.py").to_str().unwrap(), "absolute.py");
    link("relative.py", "twice.py");
    link("deep/../deep/down.py", "winding.py");
    link("../real.py", "deep/up.py");
    link("../outside/secret.py", "out.py");
    link("../site/real.py", "out-and-in.py");
    link("/etc/passwd", "passwd.py");
    link("loop.py", "loop.py");
    link("nothing.py", "dangling.py");
    link("deep", "directory.py");
    link(".", "itself");
    link("..", "parent");
    link("../outside", "way-out");
    link("way-out/secret.py", "through-way-out.py");
    link("itself/itself/real.py", "round.py");
    let found = walked(&[all.tree("site", &[0])], &FAR, &only_python);
    assert_eq!(
        found.names(&all),
        [
            "site/absolute.py",
            "site/deep/down.py",
            "site/deep/up.py",
            "site/real.py",
            "site/relative.py",
            "site/round.py",
            "site/twice.py",
            "site/winding.py",
        ]
    );
    let content = |name: &str| found.entries[&all.key(name)].content.clone().unwrap();
    assert_eq!(content("site/absolute.py"), b"down");
    assert_eq!(content("site/round.py"), b"real");
    assert_eq!(found.extent.directories, 2, "no link is gone into");
    assert_eq!(found.left_out(), "");
}

#[test]
fn a_root_may_be_a_link() {
    let all = Temporary::new();
    all.write("real/a.py", "a");
    symlink("real", all.path("www")).unwrap();
    symlink("a.py", all.path("real/b.py")).unwrap();
    symlink(all.path("www/a.py"), all.path("real/written.py")).unwrap();
    symlink(all.path("real/a.py"), all.path("real/straight.py")).unwrap();
    let mut tree = all.tree("www", &[0]);
    tree.directory.push(b'/');
    let found = walked(&[tree], &FAR, &everything);
    assert_eq!(
        found.names(&all),
        [
            "www",
            "www/a.py",
            "www/b.py",
            "www/straight.py",
            "www/written.py"
        ]
    );
    assert_eq!(found.entries[&all.key("www")].kind, Kind::Directory);
    assert_eq!(found.left_out(), "");
}

#[test]
fn what_is_no_file_is_not_opened() {
    let site = Temporary::new();
    let pipe = site.path("pipe.py");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let _socket = UnixListener::bind(site.path("socket.py")).unwrap();
    symlink("pipe.py", site.path("link.py")).unwrap();
    symlink("/dev/zero", site.path("device.py")).unwrap();
    let trees = [site.tree("", &[0]), site.tree("pipe.py", &[1])];
    let found = walked(&trees, &FAR, &only_python);
    assert_eq!(found.names(&site), Vec::<String>::new());
    assert_eq!(found.extent.entries, 4);
    assert!(
        found
            .left_out()
            .ends_with("/pipe.py cannot be read: it is no directory.")
    );
}

/// Between the listing and the opening, somebody else is at work.
#[test]
fn what_is_swapped_is_not_read() {
    let site = Temporary::new();
    site.write("gone.py", "x");
    site.write("pipe.py", "x");
    site.write("link.py", "x");
    site.write("secret", "secret");
    let done = RefCell::new(0);
    let found = walked(
        &[site.tree("", &[0])],
        &FAR,
        &|path, kind, views, library| {
            let name = Path::new(OsStr::from_bytes(path));
            if kind == Kind::File && path.ends_with(b".py") {
                fs::remove_file(name).unwrap();
                *done.borrow_mut() += 1;
            }
            if path.ends_with(b"pipe.py") {
                assert!(Command::new("mkfifo").arg(name).status().unwrap().success());
            }
            if path.ends_with(b"link.py") {
                symlink("secret", name).unwrap();
            }
            only_python(path, kind, views, library)
        },
    );
    assert_eq!(*done.borrow(), 3);
    assert!(!found.entries.contains_key(&site.key("gone.py")));
    for entry in found.entries.values() {
        assert_eq!(entry.content, None);
    }
}

#[test]
fn unreadable() {
    let all = Temporary::new();
    all.write("site/a.py", "a");
    fs::create_dir(all.path("site/closed")).unwrap();
    let mut trees: Vec<Tree> = (0..13)
        .map(|n| all.tree(&format!("none{n}"), &[n]))
        .collect();
    trees.push(all.tree("site", &[20]));
    trees.push(Tree {
        directory: b"relative".to_vec(),
        mounts: vec![],
    });
    let found = walked(&trees, &FAR, &only_python);
    assert_eq!(found.names(&all), ["site/a.py"]);
    let left_out = found.left_out();
    assert_eq!(left_out.matches("No such file").count(), 10);
    assert!(left_out.ends_with("4 more cannot be read."), "{left_out}");

    fs::set_permissions(all.path("site/closed"), fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads it all the same.
    if fs::read_dir(all.path("site/closed")).is_err() {
        let found = walked(&[all.tree("site", &[0])], &FAR, &only_python);
        assert_eq!(found.names(&all), ["site/a.py"]);
        assert!(
            found
                .left_out()
                .contains("site/closed cannot be read: Perm")
        );
    }
    // One that goes away before its turn.
    let found = walked(
        &[all.tree("site", &[0])],
        &FAR,
        &|path, kind, views, library| {
            if path.ends_with(b"/closed") {
                fs::remove_dir(all.path("site/closed")).unwrap();
            }
            only_python(path, kind, views, library)
        },
    );
    assert_eq!(found.names(&all), ["site/a.py"]);
    assert!(
        found
            .left_out()
            .contains("site/closed cannot be read: No such")
    );
}

#[test]
fn each_bound_is_said() {
    let site = Temporary::new();
    for directory in 0..3 {
        for file in 0..10 {
            site.write(&format!("d{directory}/e/f/{file}.py"), "x");
        }
    }
    let tree = [site.tree("", &[0])];
    let all = walked(&tree, &FAR, &only_python);
    assert_eq!((all.extent.entries, all.entries.len()), (39, 30));

    let exact = Limits { entries: 39, ..FAR };
    assert_eq!(walked(&tree, &exact, &only_python).left_out(), "");
    let fewer = Limits { entries: 20, ..FAR };
    let found = walked(&tree, &fewer, &only_python);
    assert_eq!(found.extent.entries, 20);
    assert_eq!(found.entries.len(), 11);
    let left_out = found.left_out();
    assert!(
        left_out.contains("/e/f after 20 entries: raise PyGuardAuditEntries"),
        "{left_out}"
    );

    let exact = Limits { depth: 3, ..FAR };
    assert_eq!(walked(&tree, &exact, &only_python).left_out(), "");
    let flat = Limits { depth: 2, ..FAR };
    let found = walked(&tree, &flat, &only_python);
    assert_eq!((found.extent.entries, found.entries.len()), (9, 0));
    let left_out = found.left_out();
    assert!(
        left_out.contains("/e/f and 2 more directories: not walked"),
        "{left_out}"
    );
    assert!(
        left_out.contains("more than 2 deep; raise PyGuardAuditDepth"),
        "{left_out}"
    );
    let none = Limits { depth: 0, ..FAR };
    assert_eq!(walked(&tree, &none, &only_python).extent.entries, 3);

    let short = Limits {
        time: Duration::ZERO,
        ..FAR
    };
    let found = walked(&tree, &short, &only_python);
    assert_eq!(found.extent.entries, 0);
    assert!(
        found
            .left_out()
            .contains("after 0 seconds: raise PyGuardAuditTime")
    );
    let endless = Limits {
        time: Duration::MAX,
        ..FAR
    };
    assert_eq!(walked(&tree, &endless, &only_python).left_out(), "");

    // Time passes while it walks.
    let short = Limits {
        time: Duration::from_millis(50),
        ..FAR
    };
    let found = walked(&tree, &short, &|path, kind, views, library| {
        if kind == Kind::Directory && path.ends_with(b"/e") {
            std::thread::sleep(Duration::from_millis(60));
        }
        only_python(path, kind, views, library)
    });
    assert!(
        found
            .left_out()
            .contains("after 0.05 seconds: raise PyGuardAuditTime")
    );
    assert!(found.entries.is_empty());
}

#[test]
fn the_contents_are_bounded_together() {
    let site = Temporary::new();
    for file in 0..5 {
        site.write(&format!("{file}.py"), vec![b'x'; 4 << 20]);
    }
    let found = walked(&[site.tree("", &[0])], &FAR, &|_, kind, _, _| Interest {
        keep: kind == Kind::File,
        read: Some(usize::MAX),
    });
    let contents = found
        .entries
        .values()
        .filter_map(|entry| entry.content.as_ref());
    assert_eq!(contents.map(Vec::len).sum::<usize>(), 16 << 20);
    assert_eq!(found.entries.len(), 5);
    assert!(found.left_out().contains("16 MiB"));
}

#[test]
fn a_huge_tree_leaves_the_others_their_turn() {
    let all = Temporary::new();
    for file in 0..9000 {
        all.write(&format!("a/{file}"), "");
    }
    all.write("b/below/b.py", "");
    all.write("c/below/c.py", "");
    let trees = ["a", "b", "c"].map(|name| all.tree(name, &[0]));
    let few = Limits {
        entries: 9000,
        ..FAR
    };
    let found = walked(&trees, &few, &only_python);
    assert_eq!(found.names(&all), ["b/below/b.py", "c/below/c.py"]);
    assert!(found.left_out().contains("PyGuardAuditEntries"));
    let found = walked(&trees, &FAR, &only_python);
    assert_eq!((found.extent.entries, found.extent.directories), (9004, 5));
}

#[test]
fn deep_trees_and_names_that_are_no_text() {
    let site = Temporary::new();
    let mut path = site.0.clone();
    for _ in 0..150 {
        path.push("d");
    }
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("x.py"), "x").unwrap();
    let name = OsStr::from_bytes(b"\xff\xfe.py");
    fs::write(site.0.join(name), "y").unwrap();
    let deep = Limits { depth: 150, ..FAR };
    let found = walked(&[site.tree("", &[0])], &deep, &only_python);
    assert_eq!(found.entries.len(), 2);
    assert!(found.entries.contains_key(&bytes(&site.0.join(name))));
    assert_eq!(found.left_out(), "");
    let found = walked(&[site.tree("", &[0])], &FAR, &only_python);
    assert_eq!(found.entries.len(), 1);
}

#[test]
fn trees_in_trees() {
    let all = Temporary::new();
    all.write("site/a.py", "a");
    all.write("site/app/b.py", "b");
    all.write("site/app/package/c.py", "c");
    all.write("site/one.wsgi", "w");
    let trees = [
        all.tree("site", &[0]),
        all.tree("site/app", &[]),
        all.tree("site/app/package/", &[1, 2]),
        all.tree("site", &[4]),
        all.tree("site/one.wsgi", &[3]),
    ];
    let asked = RefCell::new(Vec::new());
    let found = walked(&trees, &FAR, &|path, kind, views, library| {
        let name = Path::new(OsStr::from_bytes(path))
            .strip_prefix(&all.0)
            .unwrap();
        asked
            .borrow_mut()
            .push((name.to_str().unwrap().to_owned(), library));
        everything(path, kind, views, library)
    });
    let mut asked = asked.into_inner();
    asked.sort();
    let expected = [
        ("site", false),
        ("site/a.py", false),
        ("site/app", true),
        ("site/app/b.py", true),
        ("site/app/package", true),
        ("site/app/package/c.py", true),
        ("site/one.wsgi", false),
    ];
    let expected: Vec<_> = expected
        .map(|(name, library)| (name.to_owned(), library))
        .into();
    assert_eq!(asked, expected, "each once");
    assert_eq!(found.mounts(&all.key("site/a.py")), [0, 4]);
    assert_eq!(found.mounts(&all.key("site/app/b.py")), [0, 4]);
    assert_eq!(found.mounts(&all.key("site/app/package")), [0, 1, 2, 4]);
    assert_eq!(
        found.mounts(&all.key("site/app/package/c.py")),
        [0, 1, 2, 4]
    );
    assert_eq!(found.mounts(&all.key("site/one.wsgi")), [0, 3, 4]);
    assert_eq!(found.entries[&all.key("site/one.wsgi")].kind, Kind::File);
}

/// A second walk adds what it knows to the entries of the first.
#[test]
fn walks_are_joined() {
    let site = Temporary::new();
    site.write("a.py", "a");
    let conf = Arc::new(Conf::default());
    let (mut entries, mut extent) = (BTreeMap::new(), Extent::default());
    for mount in [1, 0, 1] {
        let tree = [site.tree("", &[mount])];
        let mut of = |_: usize, _: &[u8], _: Option<&[u8]>| conf.clone();
        walk(
            &tree,
            &FAR,
            &mut of,
            &only_python,
            &mut entries,
            &mut extent,
        );
    }
    let entry = &entries[&site.key("a.py")];
    let mounts: Vec<usize> = entry.views.iter().map(|view| view.mount).collect();
    assert_eq!(mounts, [1, 0]);
    assert_eq!((extent.entries, extent.directories), (3, 3));
}

#[test]
fn what_is_in_force() {
    let site = Temporary::new();
    for name in ["a.py", "b.py", "special.py", "below/c.py", "x.txt"] {
        site.write(name, "");
    }
    let one = Arc::new(Conf::default());
    let two = Arc::new(Conf::default());
    let special = Arc::new(Conf::default());
    let asked = RefCell::new(Vec::new());
    let mut conf = |mount: usize, directory: &[u8], name: Option<&[u8]>| {
        let path = [directory, name.unwrap_or_default()].concat();
        asked.borrow_mut().push((mount, path));
        match (mount, name) {
            (1, Some(b"special.py")) => special.clone(),
            (0, _) => one.clone(),
            _ => two.clone(),
        }
    };
    let (mut entries, mut extent) = (BTreeMap::new(), Extent::default());
    let tree = [site.tree("", &[0, 1])];
    walk(
        &tree,
        &FAR,
        &mut conf,
        &only_python,
        &mut entries,
        &mut extent,
    );
    let views = |name: &str| entries[&site.key(name)].views.clone();
    assert!(Arc::ptr_eq(&views("a.py"), &views("b.py")));
    assert!(Arc::ptr_eq(&views("a.py")[0].conf, &one));
    assert!(Arc::ptr_eq(&views("a.py")[1].conf, &two));
    assert!(Arc::ptr_eq(&views("special.py")[0].conf, &one));
    assert!(Arc::ptr_eq(&views("special.py")[1].conf, &special));
    assert!(Arc::ptr_eq(&views("below/c.py")[1].conf, &two));
    let asked = asked.into_inner();
    assert!(!asked.contains(&(0, site.key("x.txt"))), "it is not kept");
    let mut below = site.key("below");
    below.push(b'/');
    assert_eq!(
        asked
            .iter()
            .filter(|ask| **ask == (1, below.clone()))
            .count(),
        1
    );
}

/// What a large document root costs. The time is printed, not asserted: it is the machine's.
#[test]
fn a_hundred_thousand_files() {
    let site = Temporary::new();
    for directory in 0..1000 {
        let path = site.path(&format!("d{directory}"));
        fs::create_dir(&path).unwrap();
        for file in 0..100 {
            let extension = if file < 3 { "py" } else { "html" };
            let name = path.join(format!("f{file}.{extension}"));
            // Names are what is walked, and some file systems are slow to make files.
            match file {
                0 => fs::write(&name, b"x").unwrap(),
                _ => fs::hard_link(path.join("f0.py"), &name).unwrap(),
            }
        }
    }
    let tree = [site.tree("", &[0])];
    for _ in 0..3 {
        let start = Instant::now();
        let found = walked(&tree, &FAR, &only_python);
        println!("{} entries in {:?}", found.extent.entries, start.elapsed());
        assert_eq!(found.extent.entries, 101_000);
        assert_eq!(found.extent.directories, 1001);
        assert_eq!(found.entries.len(), 3000);
        assert_eq!(found.left_out(), "");
    }
    let start = Instant::now();
    let found = walked(&tree, &FAR, &|_, _, _, _| Interest {
        keep: true,
        read: None,
    });
    println!("all kept, nothing read: {:?}", start.elapsed());
    assert_eq!(found.entries.len(), 101_001);
}

#[test]
fn listening_sockets() {
    let directory = Temporary::new();
    assert_eq!(sockets::listening(&directory.0), []);
    // The kernel prints addresses as numbers of the machine.
    let v4 = |address: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(address));
    let v6 = |address: [u8; 16]| -> String {
        address
            .chunks(4)
            .map(|four| v4(four.try_into().unwrap()))
            .collect()
    };
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1];
    let mut documentation = [0; 16];
    documentation[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    documentation[15] = 7;
    let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n";
    let line = |own: String, port: u16, state: &str| {
        format!("   0: {own}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000\n")
    };
    let tcp = [
        header.to_owned(),
        line(v4([127, 0, 0, 1]), 5432, "0A"),
        line(v4([0, 0, 0, 0]), 3306, "0A"),
        line(v4([10, 0, 0, 5]), 80, "01"),
        line(v4([127, 0, 0, 1]), 5432, "0A"),
        "   9: nonsense 0A\n   9: 01:zz x 0A\n   9: 010203:0016 x 0A\n\n".to_owned(),
    ];
    directory.write("tcp", tcp.concat());
    let expected = |text: &[&str]| -> Vec<String> { text.iter().map(|s| s.to_string()).collect() };
    let listening = || -> Vec<String> {
        let sockets = sockets::listening(&directory.0);
        sockets
            .iter()
            .map(|(address, port)| format!("{address} {port}"))
            .collect()
    };
    assert_eq!(listening(), expected(&["0.0.0.0 3306", "127.0.0.1 5432"]));
    let tcp6 = [
        header.to_owned(),
        line(v6([0; 16]), 6379, "0A"),
        line(v6(documentation), 27017, "0A"),
        line(v6(mapped), 5432, "0A"),
    ];
    directory.write("tcp6", tcp6.concat());
    assert_eq!(
        listening(),
        expected(&[
            "0.0.0.0 3306",
            "127.0.0.1 5432",
            ":: 6379",
            "2001:db8::7 27017"
        ])
    );

    let here = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let real = Path::new("/proc/net");
    if real.join("tcp").exists() {
        let sockets = sockets::listening(real);
        assert!(sockets.contains(&(address.ip(), address.port())));
        let gone = here.unwrap();
        assert!(!sockets.contains(&(gone.ip(), gone.port())));
    }
}

#[test]
fn the_python_that_is_mapped() {
    let directory = Temporary::new();
    let line = |name: &str| format!("7f1c-7f1d r-xp 00000000 08:01 1234      {name}\n");
    let table = [
        (&["/usr/lib/libpython3.11.so.1.0"][..], Some((3, 11))),
        (&["/usr/lib/libpython3.11.so.1.0 (deleted)"], Some((3, 11))),
        (&["/opt/a b/libpython2.7.so"], Some((2, 7))),
        (&["/usr/lib/libpython3.13t.so.1.0"], Some((3, 13))),
        (
            &[
                "/lib/libc.so.6",
                "/l/libpython3.9.so.1.0",
                "/l/libpython3.9.so.1.0",
            ],
            Some((3, 9)),
        ),
        (&["/l/libpython3.9.so.1.0", "/l/libpython3.10.so.1.0"], None),
        (&["/usr/lib/libpython3.so"], None),
        (&["/usr/lib/libpython3.11/x.so"], None),
        (&["/usr/lib/libpythonista.so", "[heap]", ""], None),
        (&["/usr/lib/libpython3.99999999999.so"], None),
    ];
    for (names, expected) in table {
        let text: String = names.iter().map(|name| line(name)).collect();
        directory.write("maps", text);
        assert_eq!(
            python::version(&directory.path("maps")),
            expected,
            "{names:?}"
        );
    }
    assert_eq!(python::version(&directory.path("none")), None);
    assert_eq!(python::version(Path::new("/proc/self/maps")), None);
}

/// What is found in a main file with this text, as `module line: directive`, where the line is that
/// of the `<IfModule>`.
fn conditions(directory: &Temporary, text: &str) -> Vec<String> {
    directory.write("httpd.conf", text);
    let found = conditional(&directory.path("httpd.conf"), &[], &directory.0, &|_| {
        panic!("nothing is to be resolved")
    });
    shown(directory, &found)
}

fn shown(directory: &Temporary, found: &[Conditional]) -> Vec<String> {
    let found = found.iter().map(|conditional| {
        let file = Path::new(OsStr::from_bytes(&conditional.file));
        format!(
            "{} {}:{}: {} {}",
            conditional.module,
            file.strip_prefix(&directory.0).unwrap().display(),
            conditional.line,
            conditional.name,
            String::from_utf8_lossy(&conditional.arguments)
        )
    });
    found.collect()
}

#[test]
fn what_stands_in_a_condition() {
    let directory = Temporary::new();
    let table: [(&str, &[&str]); 19] = [
        (
            "PythonHandler a\n<IfModule mod_python.c>\n  PythonHandler  b | .py\n</IfModule>\nPythonHandler c\n",
            &["mod_python.c httpd.conf:2: PythonHandler b | .py"],
        ),
        (
            "<ifmodule PYTHON_MODULE>\nsethandler mod_python\nSetHandler x\nRequire all granted\n</IFMODULE>\n",
            &["mod_python.c httpd.conf:1: sethandler mod_python"],
        ),
        (
            "<IfModule \"mod_wsgi.c\" >\nWSGIScriptAlias / /srv/a.wsgi\n</IfModule>",
            &["mod_wsgi.c httpd.conf:1: WSGIScriptAlias / /srv/a.wsgi"],
        ),
        (
            "<IfModule !mod_python.c>\nPythonHandler a\n</IfModule>",
            &[],
        ),
        ("<IfModule mod_ssl.c>\nPythonHandler a\n</IfModule>", &[]),
        (
            "<IfModule mod_python.c>\n# PythonHandler a\n</IfModule>",
            &[],
        ),
        (
            "<IfModule mod_python.c>\n#x \\\nPythonHandler a\n</IfModule>",
            &[],
        ),
        (
            "#<IfModule mod_python.c>\nPythonHandler a\n#</IfModule>",
            &[],
        ),
        (
            "\n<IfModule \\\nmod_python.c>\nPython\\\nHandler \\\r\n  a\n</IfModule>\n",
            &["mod_python.c httpd.conf:3: PythonHandler a"],
        ),
        (
            "<IfModule wsgi_module>\n<Directory /a>\n<IfModule mod_x.c>\nAddHandler wsgi-script .wsgi\n</IfModule>\n</Directory>\nWSGIPythonHome /x\n</IfModule>\nWSGIPythonPath y\n",
            &[
                "mod_wsgi.c httpd.conf:1: AddHandler wsgi-script .wsgi",
                "mod_wsgi.c httpd.conf:1: WSGIPythonHome /x",
            ],
        ),
        (
            "<IfModule mod_python.c>\n<IfModule mod_cgi.c>\nPythonHandler a\nAddHandler cgi-script .py\n</IfModule>\nPythonDebug On\n</IfModule>",
            &[
                "mod_python.c httpd.conf:1: PythonHandler a",
                "mod_cgi.c httpd.conf:2: AddHandler cgi-script .py",
                "mod_python.c httpd.conf:1: PythonDebug On",
            ],
        ),
        (
            "<IfModule cgid_module>\nAddHandler cgi-script .cgi .pl\n</IfModule>",
            &[],
        ),
        (
            "<IfModule mod_cgid.c>\nAddHandler cgi-script .cgi .PY\nAddHandler cgi-script py\n</IfModule>",
            &[
                "mod_cgid.c httpd.conf:1: AddHandler cgi-script .cgi .PY",
                "mod_cgid.c httpd.conf:1: AddHandler cgi-script py",
            ],
        ),
        (
            "<IfModule mod_cgi.c>\nSetHandler cgi-script\nScriptAlias /cgi-bin/ /x/\nPythonHandler a\n</IfModule>",
            &[],
        ),
        (
            "<Files *.py>\n<IfModule mod_cgi.c>\nSetHandler cgi-script\n</IfModule>\n</Files>\n<IfModule mod_cgi.c>\n<FilesMatch \"\\.py$\">\nSetHandler cgi-script\n</FilesMatch>\nSetHandler cgi-script\n</IfModule>",
            &[
                "mod_cgi.c httpd.conf:2: SetHandler cgi-script",
                "mod_cgi.c httpd.conf:6: SetHandler cgi-script",
            ],
        ),
        (
            "<IfModule mod_python.c>\nAddType application/x-httpd-wsgi .py\nAddType text/x-python .py\nAddHandler \"python-program\" .py\n</IfModule>",
            &[
                "mod_python.c httpd.conf:1: AddType application/x-httpd-wsgi .py",
                "mod_python.c httpd.conf:1: AddHandler \"python-program\" .py",
            ],
        ),
        // What httpd would not start with must not confuse it either.
        (
            "</IfModule>\n<IfModule mod_python.c\n</Directory>\nPythonHandler a\n<IfModule>\n<>\n</>\n<\n</",
            &["mod_python.c httpd.conf:2: PythonHandler a"],
        ),
        (
            "<IfModule mod_python.c>\nPythonHandler \\",
            &["mod_python.c httpd.conf:1: PythonHandler \\"],
        ),
        ("", &[]),
    ];
    for (text, expected) in table {
        assert_eq!(conditions(&directory, text), expected, "{text}");
    }
}

#[test]
fn what_is_included_in_a_condition() {
    let directory = Temporary::new();
    let line = |name: &str| format!("PythonOption {name} 1\n");
    for name in [
        "sites/b.conf",
        "sites/a.conf",
        "sites/.hidden.conf",
        "sites/a.txt",
        "all/z",
        "all/sub/y",
        "deep/one/x.conf",
        "deep/two/x.conf",
        "{odd}.conf",
        "plain.conf",
    ] {
        directory.write(name, line(name));
    }
    let main = |include: &str| {
        let text =
            format!("<IfModule mod_python.c>\nInclude {include}\n</IfModule>\nInclude plain.conf");
        conditions(&directory, &text)
    };
    let expected = |names: &[&str]| -> Vec<String> {
        let names = names.iter();
        names
            .map(|name| format!("mod_python.c httpd.conf:1: PythonOption {name} 1"))
            .collect()
    };
    assert_eq!(
        main("sites/*.conf"),
        expected(&["sites/a.conf", "sites/b.conf"])
    );
    assert_eq!(main("sites/.h*"), expected(&["sites/.hidden.conf"]));
    assert_eq!(main("sites/[!b].conf"), expected(&["sites/a.conf"]));
    assert_eq!(main("\"sites/?.txt\""), expected(&["sites/a.txt"]));
    assert_eq!(main("./x/../all/"), expected(&["all/sub/y", "all/z"]));
    assert_eq!(
        main("deep/*/x.conf"),
        expected(&["deep/one/x.conf", "deep/two/x.conf"])
    );
    assert_eq!(
        main("deep/*"),
        expected(&["deep/one/x.conf", "deep/two/x.conf"])
    );
    assert_eq!(main("sites/a.conf/*"), expected(&[]));
    assert_eq!(main("{o*}.conf"), expected(&["{odd}.conf"]));
    assert_eq!(main("{plain,x}.*"), expected(&[]));
    assert_eq!(main("sites/[^b].conf"), expected(&["sites/a.conf"]));
    assert_eq!(main("sites/\\a.c*"), expected(&["sites/a.conf"]));
    assert_eq!(main("none.conf"), expected(&[]));
    assert_eq!(main("!*"), expected(&[]));
    let absolute = format!("{}/pl*.conf", directory.0.display());
    assert_eq!(main(&absolute), expected(&["plain.conf"]));

    // A file that is wholly in a condition, and one that the text does not lead to.
    directory.write("httpd.conf", "Include ${WHERE}/in.conf\n");
    directory.write(
        "sub/in.conf",
        "<IfModule mod_wsgi.c>\nWSGIScriptAlias / ${APP}\nIncludeOptional none/*.conf sub/no.conf\n</IfModule>\nWSGIX a\n",
    );
    directory.write(
        "lost.conf",
        "<IfModule mod_python.c>\nPythonHandler a\n</IfModule>\n",
    );
    let files =
        ["httpd.conf", "sub/in.conf", "lost.conf", "gone.conf"].map(|name| directory.key(name));
    let found = conditional(
        &directory.path("httpd.conf"),
        &files,
        &directory.0,
        &|text| {
            let text = String::from_utf8(text.to_vec()).unwrap();
            text.replace("${WHERE}", "sub").into_bytes()
        },
    );
    assert_eq!(
        shown(&directory, &found),
        [
            "mod_wsgi.c sub/in.conf:1: WSGIScriptAlias / ${APP}",
            "mod_python.c lost.conf:1: PythonHandler a",
        ]
    );
}

#[test]
fn includes_end() {
    let directory = Temporary::new();
    // Itself, in ever deeper conditions, twice each time.
    let text = "PythonOption a b\n<IfModule mod_python.c>\nInclude httpd.conf\n</IfModule>\n<IfModule mod_python.c>\nInclude httpd.conf\n</IfModule>\n";
    let start = Instant::now();
    let found = conditions(&directory, text);
    println!("{} in {:?}", found.len(), start.elapsed());
    assert!(found.len() < 10_000);
    // Directories that contain themselves.
    fs::create_dir(directory.path("loop")).unwrap();
    directory.write("loop/x.conf", "PythonOption x 1\n");
    symlink(".", directory.path("loop/loop")).unwrap();
    symlink(".", directory.path("loop/another")).unwrap();
    let start = Instant::now();
    let found = conditions(
        &directory,
        "<IfModule mod_python.c>\nInclude loop\n</IfModule>\n",
    );
    println!("{} in {:?}", found.len(), start.elapsed());
    assert!(found.len() < 10_000);
    // A pipe is not waited for.
    let pipe = directory.path("pipe.conf");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(conditions(&directory, "Include pipe.conf"), [""; 0]);
}
