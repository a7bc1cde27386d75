//! What httpd knows of itself, as facts for the audit: its configuration tree, its merged sections,
//! its sockets and its user.

use std::collections::{HashMap, HashSet};
use std::ffi::{CStr, CString, OsStr, c_char, c_int};
use std::io::ErrorKind;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::time::Duration;

use crate::policy::audit::accept::Audit;
use crate::policy::audit::facts::{Account, Area, Bytes, Conditional, Facts, Host, Place, Said};
use crate::policy::audit::interest::interest;
use crate::policy::audit::paths::without_slash;
use crate::policy::audit::reach;
use crate::policy::audit::report::Server;
use crate::policy::observed::Section;
use crate::survey::files::{Limits, Tree, walk};
use crate::survey::{conditional, python, sockets};

use super::merged::Merged;
use super::sys;

/// Everything that the audit judges.
///
/// # Safety
/// `server` is the main server of a configuration that has been read; `pool` is a live pool. Called by
/// the only thread, before httpd serves requests.
pub(super) unsafe fn facts(
    pool: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
    audit: &Audit,
) -> Facts {
    // SAFETY: as promised by the caller.
    unsafe {
        let said = said(pool);
        let merged = Merged::new(pool, server, &said);
        let mut facts = Facts {
            said,
            modules: modules(),
            python: python::version(Path::new("/proc/self/maps")),
            user: user(),
            listen: listen(),
            sockets: sockets::listening(Path::new("/proc/net")),
            ..Facts::default()
        };
        facts.extent.directives = facts.said.len();
        facts.main_file = main_file(server, &facts.said);
        facts.conditional = conditional_directives(pool, &facts);
        facts.hosts = hosts(&merged, &facts);
        facts.areas = areas(&merged, &facts.said);
        let absolute = |path: &[u8]| absolute(pool, path);
        facts.mounts = reach::mounts(&facts, &absolute);
        facts.libraries = reach::libraries(&facts, &absolute, &|path| as_path(path).is_dir());
        look_at_files(&merged, audit, &mut facts);
        facts
    }
}

/// What a report says of the server.
///
/// # Safety
/// The configuration has been read, by the only thread.
pub(super) unsafe fn description(main_file: Bytes) -> Server {
    // SAFETY: as promised by the caller: both are null or strings.
    let (httpd, root) = unsafe {
        (
            bytes(sys::ap_get_server_description()),
            bytes(sys::ap_server_root),
        )
    };
    Server {
        httpd: String::from_utf8_lossy(&httpd).into_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        main_file,
        root,
    }
}

/// A string of httpd's; empty where it is null.
///
/// # Safety
/// `text` is null or a live string.
pub(super) unsafe fn bytes(text: *const c_char) -> Bytes {
    if text.is_null() {
        return Bytes::new();
    }
    // SAFETY: as promised by the caller.
    unsafe { CStr::from_ptr(text).to_bytes().to_vec() }
}

/// A path as httpd takes it: relative to ServerRoot, cleaned; without a slash at its end.
///
/// # Safety
/// `pool` is a live pool, and the configuration has been read.
unsafe fn absolute(pool: *mut sys::apr_pool_t, path: &[u8]) -> Bytes {
    let Ok(text) = CString::new(path) else {
        return Bytes::new();
    };
    // SAFETY: as promised by the caller; the result is null or a string of the pool.
    let path = unsafe { bytes(sys::ap_server_root_relative(pool, text.as_ptr())) };
    without_slash(&path).to_vec()
}

/// Every directive, in the order of the configuration.
///
/// # Safety
/// As `facts`.
unsafe fn said(pool: *mut sys::apr_pool_t) -> Vec<Said> {
    let mut all = Vec::new();
    let mut sections: Vec<(String, Bytes)> = Vec::new();
    // What follows each of the sections.
    let mut after: Vec<*const sys::ap_directive_t> = Vec::new();
    let (mut host, mut hosts) = (0, 0);
    // SAFETY: the tree lives as long as the configuration that is looked at.
    let mut next: *const sys::ap_directive_t = unsafe { sys::ap_conftree };
    loop {
        // SAFETY: as above; the texts of a directive are strings.
        while let Some(directive) = unsafe { next.as_ref() } {
            // SAFETY: as promised by the caller.
            let mut one = unsafe { one_said(pool, directive, &sections) };
            if one.name == "<virtualhost" {
                hosts += 1;
                host = hosts;
            }
            one.host = host;
            sections.push((one.name.clone(), one.arguments.clone()));
            all.push(one);
            after.push(directive.next);
            next = directive.first_child;
        }
        let Some(follows) = after.pop() else {
            return all;
        };
        if matches!(sections.pop(), Some((name, _)) if name == "<virtualhost") {
            host = 0;
        }
        next = follows;
    }
}

/// # Safety
/// As `facts`; `directive` is of the tree.
unsafe fn one_said(
    pool: *mut sys::apr_pool_t,
    directive: &sys::ap_directive_t,
    sections: &[(String, Bytes)],
) -> Said {
    // SAFETY: as promised by the caller.
    let (name, mut arguments, file) = unsafe {
        (
            bytes(directive.directive),
            bytes(directive.args),
            bytes(directive.filename),
        )
    };
    let name = String::from_utf8_lossy(&name).to_ascii_lowercase();
    if name.starts_with('<')
        && let Some(bracket) = memchr::memrchr(b'>', &arguments)
    {
        arguments.truncate(bracket);
    }
    // SAFETY: as promised by the caller.
    let mut words = unsafe { words(pool, &arguments) };
    if name == "<directory"
        && let [path] = &mut words[..]
    {
        // SAFETY: as promised by the caller.
        *path = unsafe { canonical(pool, path) };
        arguments = quoted(path);
    }
    let (file, line) = match used_at(&file) {
        Some(place) => place,
        None => (file, u32::try_from(directive.line_num).unwrap_or(0)),
    };
    Said {
        name,
        words,
        arguments,
        file,
        line,
        sections: sections.to_vec(),
        host: 0,
    }
}

/// Where mod_macro's macro was used, from what it gives as the name of a file: `macro 'x' (defined on
/// line 3 of "file") used on line 9 of "file"`.
fn used_at(file: &[u8]) -> Option<(Bytes, u32)> {
    const USED: &[u8] = b"used on line ";
    let start = memchr::memmem::rfind(file, USED)?;
    if !file.starts_with(b"macro '") {
        return None;
    }
    let rest = file.get(start + USED.len()..)?;
    let space = memchr::memchr(b' ', rest)?;
    let line = String::from_utf8_lossy(rest.get(..space)?).parse().ok()?;
    let name = rest.get(space..)?.strip_prefix(b" of \"")?;
    Some((name.strip_suffix(b"\"").unwrap_or(name).to_vec(), line))
}

/// The path of a `<Directory>` as httpd takes it: without `//` and `..`.
///
/// # Safety
/// `pool` is a live pool.
unsafe fn canonical(pool: *mut sys::apr_pool_t, path: &[u8]) -> Bytes {
    let mut merged = ptr::null_mut();
    let flags = sys::APR_FILEPATH_TRUENAME;
    let Ok(text) = CString::new(path) else {
        return path.to_vec();
    };
    // SAFETY: live pool; what comes back is a string of it, unless there is an error.
    unsafe {
        match sys::apr_filepath_merge(&raw mut merged, ptr::null(), text.as_ptr(), flags, pool) {
            0 => bytes(merged),
            _ => path.to_vec(),
        }
    }
}

/// A word as it can stand in the configuration.
fn quoted(word: &[u8]) -> Bytes {
    let mut text = vec![b'"'];
    for byte in word {
        if matches!(byte, b'"' | b'\\') {
            text.push(b'\\');
        }
        text.push(*byte);
    }
    text.push(b'"');
    text
}

/// The words of arguments, by httpd's own reading of quotes and backslashes.
///
/// # Safety
/// `pool` is a live pool.
unsafe fn words(pool: *mut sys::apr_pool_t, arguments: &[u8]) -> Vec<Bytes> {
    let mut words = Vec::new();
    let Ok(text) = CString::new(arguments) else {
        return words;
    };
    let mut rest = text.as_ptr();
    // SAFETY: `rest` stays within the text, at whose end ap_getword_conf stops; what it returns is a
    // string of the pool.
    unsafe {
        while *rest != 0 {
            let word = bytes(sys::ap_getword_conf(pool, &raw mut rest));
            if word.is_empty() && *rest == 0 {
                break;
            }
            words.push(word);
        }
    }
    words
}

/// The loaded modules.
///
/// # Safety
/// As `facts`.
unsafe fn modules() -> Vec<String> {
    let mut modules = Vec::new();
    // SAFETY: the modules are a list that ends in null, and their names are strings.
    unsafe {
        let mut next = sys::ap_top_module;
        while let Some(module) = next.as_ref() {
            modules.push(String::from_utf8_lossy(&bytes(module.name)).into_owned());
            next = module.next;
        }
    }
    modules
}

/// What Linux allows.
const MOST_GROUPS: usize = 65_536;

/// Who the children are: httpd changes to its configured user only where it may.
///
/// # Safety
/// As `facts`.
unsafe fn user() -> Account {
    // SAFETY: geteuid and getegid only read.
    let (euid, egid) = unsafe { (libc::geteuid(), libc::getegid()) };
    if euid != 0 {
        return Account {
            uid: euid,
            gid: egid,
            ..Account::default()
        };
    }
    // SAFETY: the configuration has been read, by the only thread; the name is null or a string.
    let (name, uid, gid) = unsafe {
        let config = &raw const sys::ap_unixd_config;
        (
            bytes((*config).user_name),
            (*config).user_id,
            (*config).group_id,
        )
    };
    let name = if name.starts_with(b"#") {
        // SAFETY: no other thread looks up users now; the record and its name live until the next
        // look-up.
        unsafe { libc::getpwuid(uid).as_ref().map(|user| bytes(user.pw_name)) }.unwrap_or_default()
    } else {
        name
    };
    let mut groups: Vec<libc::gid_t> = Vec::new();
    if let Ok(text) = CString::new(name.clone()) {
        groups.resize(MOST_GROUPS, gid);
        let mut number = c_int::try_from(groups.len()).unwrap_or(0);
        // SAFETY: the list has room for as many as `number` says.
        let found =
            unsafe { libc::getgrouplist(text.as_ptr(), gid, groups.as_mut_ptr(), &raw mut number) };
        let number = if found < 0 { 0 } else { number };
        groups.truncate(usize::try_from(number).unwrap_or(0));
    }
    Account {
        name: String::from_utf8_lossy(&name).into_owned(),
        uid,
        gid,
        groups,
    }
}

/// What httpd listens on.
///
/// # Safety
/// As `facts`.
unsafe fn listen() -> Vec<(Option<IpAddr>, u16)> {
    let mut all = Vec::new();
    // SAFETY: the listeners are a list that ends in null, each with its address or null.
    unsafe {
        let mut next = sys::ap_listeners;
        while let Some(listener) = next.as_ref() {
            next = listener.next;
            let Some(address) = listener.bind_addr.as_ref() else {
                continue;
            };
            let mut buffer = [0; 64];
            let length = buffer.len() as sys::apr_size_t;
            let status =
                sys::apr_sockaddr_ip_getbuf(buffer.as_mut_ptr(), length, listener.bind_addr);
            let text = if status == 0 {
                bytes(buffer.as_ptr())
            } else {
                Bytes::new()
            };
            // A zone may follow: fe80::1%eth0.
            let text = text.split(|byte| *byte == b'%').next().unwrap_or_default();
            if let Ok(ip) = String::from_utf8_lossy(text).parse::<IpAddr>() {
                all.push((Some(ip).filter(|ip| !ip.is_unspecified()), address.port));
            }
        }
    }
    all
}

/// The main configuration file.
///
/// # Safety
/// As `facts`.
unsafe fn main_file(server: *mut sys::server_rec, said: &[Said]) -> Bytes {
    // SAFETY: the main server has its process, whose arguments are strings.
    let arguments: Vec<Bytes> = unsafe {
        match (*server).process.as_ref() {
            Some(process) => (0..usize::try_from(process.argc).unwrap_or(0))
                .map(|index| bytes(*process.argv.add(index)))
                .collect(),
            None => Vec::new(),
        }
    };
    let option = |letter: &[u8]| {
        let mut rest = arguments.iter().skip(1);
        while let Some(argument) = rest.next() {
            match argument.strip_prefix(letter) {
                Some(b"") => return rest.next().cloned(),
                Some(value) => return Some(value.to_vec()),
                None => {}
            }
        }
        None
    };
    let default = |text: &[u8]| text.strip_suffix(b"\0").unwrap_or(text).to_vec();
    let root = option(b"-d").unwrap_or_else(|| default(sys::HTTPD_ROOT));
    let file = option(b"-f").unwrap_or_else(|| default(sys::SERVER_CONFIG_FILE));
    let file = as_path(&root).join(as_path(&file));
    let file = file.as_os_str().as_bytes().to_vec();
    match said.first() {
        Some(first) if !as_path(&file).is_file() => first.file.clone(),
        _ => file,
    }
}

fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

/// The names of the `${NAME}` in a word.
fn variables(word: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memmem::find_iter(word, b"${").filter_map(|start| {
        let rest = word.get(start + 2..)?;
        rest.get(..memchr::memchr(b'}', rest)?)
    })
}

/// Whether a `Define` or the environment has a variable.
fn is_defined(name: &[u8]) -> bool {
    let is_said = |text: &CString| {
        // SAFETY: it only reads, and the name is a string.
        unsafe { sys::ap_exists_config_define(text.as_ptr()) != 0 }
    };
    CString::new(name).is_ok_and(|text| is_said(&text))
        || std::env::var_os(OsStr::from_bytes(name)).is_some()
}

/// What stands in `<IfModule>` for Python, in force or not.
///
/// # Safety
/// As `facts`.
unsafe fn conditional_directives(pool: *mut sys::apr_pool_t, facts: &Facts) -> Vec<Conditional> {
    let mut files: Vec<Bytes> = facts.said.iter().map(|said| said.file.clone()).collect();
    files.sort();
    files.dedup();
    // SAFETY: as promised by the caller: the root of the server is null or a string.
    let root = unsafe { bytes(sys::ap_server_root) };
    let resolve = |word: &[u8]| match CString::new(word) {
        // httpd would complain of variables in what it does not read.
        // SAFETY: the pool is live; the result is a string.
        Ok(text) if variables(word).all(is_defined) => unsafe {
            bytes(sys::ap_resolve_env(pool, text.as_ptr()))
        },
        _ => word.to_vec(),
    };
    conditional::conditional(as_path(&facts.main_file), &files, as_path(&root), &resolve)
}

/// # Safety
/// As `facts`.
unsafe fn hosts(merged: &Merged, facts: &Facts) -> Vec<Host> {
    let named = facts.said.iter().filter(|said| said.name == "servername");
    let named: HashSet<usize> = named.map(|said| said.host).collect();
    let mut hosts = Vec::new();
    for (index, server) in merged.servers.iter().enumerate() {
        // SAFETY: the server is live, its names are null or strings; core has a record for it.
        let (name, file, line, root, conf) = unsafe {
            let server = &**server;
            let core = sys::ap_get_core_module_config(server.module_config);
            let core = core.cast::<sys::core_server_config>().as_ref();
            (
                bytes(server.server_hostname),
                bytes(server.defn_name),
                server.defn_line_number,
                core.map_or_else(Bytes::new, |core| bytes(core.ap_document_root)),
                merged.conf(merged.of_server(index)),
            )
        };
        hosts.push(Host {
            name: match named.contains(&index) {
                true => name,
                false => Bytes::new(),
            },
            place: (index > 0).then_some(Place::Line(file, line)),
            document_root: without_slash(&root).to_vec(),
            conf,
        });
    }
    hosts
}

/// The directory of a `<Files>` that names handlers, if it stands in a plain `<Directory>`.
fn directory_of_files(files: &Said, said: &[Said]) -> Option<Bytes> {
    let [.., (name, arguments)] = &files.sections[..] else {
        return None;
    };
    let is_in_it = |said: &Said| {
        said.file == files.file
            && said.line > files.line
            && said.name.starts_with("python")
            && said.name.ends_with("handler")
            && said.sections.len() == files.sections.len() + 1
            && said.sections.last() == Some(&(files.name.clone(), files.arguments.clone()))
    };
    match Section::directory(arguments) {
        Section::Directory(path) if name == "<directory" && said.iter().any(is_in_it) => Some(path),
        _ => None,
    }
}

/// Whether the word of a `<Location>` is no pattern.
fn is_plain(url: &[u8]) -> bool {
    url != b"~" && !url.iter().any(|byte| b"*?[\\".contains(byte))
}

/// # Safety
/// As `facts`.
unsafe fn areas(merged: &Merged, said: &[Said]) -> Vec<Area> {
    let mut areas = Vec::new();
    for one in said {
        let pattern = || match one.words.split_first() {
            Some((first, [second, ..])) if first == b"~" => second.clone(),
            _ => one.word(0).to_vec(),
        };
        let (host, arguments) = (one.host, one.arguments.as_slice());
        // SAFETY: as promised by the caller.
        let (section, vector) = unsafe {
            match one.name.as_str() {
                "<directory" => match Section::directory(arguments) {
                    Section::Directory(path) => {
                        let vector = merged.of(host, Some(&path), None, None);
                        (Section::Directory(path), vector)
                    }
                    other => (other, merged.of_pattern(host, &pattern())),
                },
                // With the handlers of some files the section is one of its own.
                "<files" | "<filesmatch" => match directory_of_files(one, said) {
                    Some(path) => {
                        let vector = merged.of_files(host, &path, &pattern());
                        (Section::Directory(path), vector)
                    }
                    None => continue,
                },
                "<directorymatch" => (Section::Directories, merged.of_pattern(host, &pattern())),
                "<location" if is_plain(one.word(0)) => {
                    let url = one.word(0).to_vec();
                    let vector = merged.of(host, None, None, Some(&url));
                    (Section::Location(url), vector)
                }
                "<location" | "<locationmatch" => {
                    let pattern = pattern();
                    let vector = merged.of_pattern(host, &pattern);
                    (Section::Location(pattern), vector)
                }
                _ => continue,
            }
        };
        areas.push(Area {
            host,
            section,
            place: one.place(),
            // SAFETY: as promised by the caller.
            conf: unsafe { merged.conf(vector) },
        });
    }
    areas
}

/// Walks through all that can be reached, and all that Python imports from.
///
/// # Safety
/// As `facts`.
unsafe fn look_at_files(merged: &Merged, audit: &Audit, facts: &mut Facts) {
    let mut trees: Vec<Tree> = Vec::new();
    let mut known: HashMap<&Bytes, usize> = HashMap::new();
    // httpd accepts a path that does not exist: there is nothing to look at.
    let exists = |path: &[u8]| match as_path(path).symlink_metadata() {
        Err(e) => e.kind() != ErrorKind::NotFound,
        Ok(_) => true,
    };
    for (index, mount) in facts.mounts.iter().enumerate() {
        if !exists(&mount.directory) {
            continue;
        }
        let next = trees.len();
        let number = *known.entry(&mount.directory).or_insert(next);
        match trees.get_mut(number) {
            Some(tree) => tree.mounts.push(index),
            None => trees.push(Tree {
                directory: mount.directory.clone(),
                mounts: vec![index],
            }),
        }
    }
    let mut directories: Vec<&Bytes> = facts.libraries.iter().map(|l| &l.directory).collect();
    directories.sort();
    directories.dedup();
    directories.retain(|directory| exists(directory));
    trees.extend(directories.into_iter().map(|directory| Tree {
        directory: directory.clone(),
        mounts: Vec::new(),
    }));
    let limits = Limits {
        entries: audit.entries,
        depth: audit.depth,
        time: Duration::from_millis(audit.time),
    };
    let mounts = &facts.mounts;
    let mut conf = |mount: usize, directory: &[u8], name: Option<&[u8]>| {
        let mount = mounts.get(mount);
        let host = mount.map_or(0, |mount| mount.host);
        let url = mount.and_then(|mount| mount.url_of(directory, name));
        // SAFETY: as promised by the caller.
        unsafe {
            // httpd asks the sections for files about a directory too, which has no name there.
            let name = Some(name.unwrap_or_default());
            merged.conf(merged.of(host, Some(directory), name, url.as_deref()))
        }
    };
    walk(
        &trees,
        &limits,
        &mut conf,
        &interest,
        &mut facts.entries,
        &mut facts.extent,
    );
}
