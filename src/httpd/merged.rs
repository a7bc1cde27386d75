//! The merged configuration of directories, files and URLs, made by httpd itself from the sections
//! that hold there, as for a request, but without one: no .htaccess is read.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::sync::Arc;

use crate::policy::audit::access::{self, Key, Kind, Rules};
use crate::policy::audit::facts::{Access, Conf, Options, Said};

use super::config::{CLOSED, DirConf};
use super::module::module_index;
use super::survey::bytes;
use super::sys;

/// The merged configuration, made by httpd itself.
pub(super) struct Merged {
    pool: *mut sys::apr_pool_t,
    /// The main server first, then the virtual hosts in the order of the configuration.
    pub(super) servers: Vec<*mut sys::server_rec>,
    /// What was merged, by the records that went into it.
    made: RefCell<HashMap<Vec<usize>, *mut sys::ap_conf_vector_t>>,
    /// What each section, and what was merged, says about access.
    rules: RefCell<HashMap<usize, Rules>>,
    /// What it says, once for all that say the same.
    confs: RefCell<HashMap<Same, Arc<Conf>>>,
}

/// What tells one merged configuration from another, as far as the audit is concerned.
type Same = (usize, Options, bool, Access);

impl Merged {
    /// # Safety
    /// `server` is the main server of a configuration that has been read; `pool` is a live pool. Called by
    /// the only thread, before httpd serves requests.
    pub(super) unsafe fn new(
        pool: *mut sys::apr_pool_t,
        server: *mut sys::server_rec,
        said: &[Said],
    ) -> Merged {
        let mut servers = Vec::new();
        let mut next = server;
        // SAFETY: the servers are a list that ends in null.
        unsafe {
            while let Some(host) = next.as_ref() {
                servers.push(next);
                next = host.next;
            }
        }
        // httpd puts each new one right behind the main server.
        if let Some(hosts) = servers.get_mut(1..) {
            hosts.reverse();
        }
        let merged = Merged {
            pool,
            servers,
            made: RefCell::default(),
            rules: RefCell::default(),
            confs: RefCell::default(),
        };
        // SAFETY: as promised by the caller.
        unsafe { merged.hear(said) };
        merged
    }

    /// Finds the vector of each section, by which its rules are known from now on. Of several with the
    /// same first line, core keeps the order of the configuration. A virtual host has those of the
    /// main server too, which are known by then.
    ///
    /// # Safety
    /// As `new`.
    unsafe fn hear(&self, said: &[Said]) {
        let sections = access::sections(said);
        let mut numbers: HashMap<&Key, VecDeque<usize>> = HashMap::new();
        for (number, (key, _)) in sections.iter().enumerate() {
            numbers.entry(key).or_default().push_back(number);
        }
        let mut rules = self.rules.borrow_mut();
        let mut find = |vector: *mut sys::ap_conf_vector_t, host, inside, kind| {
            if rules.contains_key(&vector.addr()) {
                return None;
            }
            // SAFETY: the vector is a section's.
            let core = unsafe { core_of(vector) }?;
            let key = Key {
                host,
                inside,
                kind,
                is_expression: !core.r.is_null(),
                // SAFETY: as above.
                text: unsafe { text(core.d) }.to_vec(),
            };
            let number = numbers.get_mut(&key)?.pop_front()?;
            let (_, of_section) = sections.get(number)?;
            rules.insert(vector.addr(), *of_section);
            Some((number, core))
        };
        for host in 0..self.servers.len() {
            // SAFETY: as promised by the caller; all are vectors of the configuration.
            unsafe {
                for vector in self.sections(host, false) {
                    if let Some((number, core)) = find(*vector, host, None, Kind::Directory) {
                        for file in vectors(core.sec_file) {
                            find(*file, host, Some(number), Kind::Files);
                        }
                    }
                }
                for vector in self.sections(host, true) {
                    find(*vector, host, None, Kind::Location);
                }
                if let Some(core) = core_of(self.of_server(host)) {
                    for vector in vectors(core.sec_file) {
                        find(*vector, host, None, Kind::Files);
                    }
                }
            }
        }
    }

    /// What a section says about access; one that is not in the configuration's tree may say anything.
    fn rules_of(&self, section: *mut sys::ap_conf_vector_t) -> Rules {
        let rules = self.rules.borrow();
        rules
            .get(&section.addr())
            .copied()
            .unwrap_or(Rules::UNKNOWN)
    }

    fn server(&self, host: usize) -> *mut sys::server_rec {
        let first = self.servers.first().copied().unwrap_or(ptr::null_mut());
        self.servers.get(host).copied().unwrap_or(first)
    }

    /// What holds for a server where no section says more.
    ///
    /// # Safety
    /// As `new`, for all that follow.
    pub(super) unsafe fn of_server(&self, host: usize) -> *mut sys::ap_conf_vector_t {
        // SAFETY: the server is live.
        unsafe { (*self.server(host)).lookup_defaults }
    }

    /// The sections that a server has for directories, or for URLs.
    unsafe fn sections(&self, host: usize, of_urls: bool) -> &[*mut sys::ap_conf_vector_t] {
        // SAFETY: core has a record for each server, with both lists, which may be null.
        unsafe {
            let record = sys::ap_get_core_module_config((*self.server(host)).module_config);
            let Some(core) = record.cast::<sys::core_server_config>().as_ref() else {
                return &[];
            };
            vectors(if of_urls { core.sec_url } else { core.sec_dir })
        }
    }

    /// What holds about access in what was merged; a server by itself says nothing.
    fn rules_of_merged(&self, vector: *mut sys::ap_conf_vector_t) -> Rules {
        let rules = self.rules.borrow();
        rules.get(&vector.addr()).copied().unwrap_or_default()
    }

    /// These sections over what is merged so far.
    unsafe fn over(
        &self,
        base: *mut sys::ap_conf_vector_t,
        sections: &[*mut sys::ap_conf_vector_t],
    ) -> *mut sys::ap_conf_vector_t {
        if sections.is_empty() {
            return base;
        }
        let key: Vec<usize> = [base]
            .iter()
            .chain(sections)
            .map(|vector| vector.addr())
            .collect();
        if let Some(made) = self.made.borrow().get(&key) {
            return *made;
        }
        let mut merged = base;
        let mut rules = self.rules_of_merged(base);
        for section in sections {
            // SAFETY: both are vectors of the configuration, merged as for a request.
            merged = unsafe { sys::ap_merge_per_dir_configs(self.pool, merged, *section) };
            rules = rules.merge(self.rules_of(*section));
        }
        self.rules.borrow_mut().insert(merged.addr(), rules);
        self.made.borrow_mut().insert(key, merged);
        merged
    }

    /// What holds in a directory, whose path ends in a slash, for the file of this name, at this URL.
    pub(super) unsafe fn of(
        &self,
        host: usize,
        directory: Option<&[u8]>,
        name: Option<&[u8]>,
        url: Option<&[u8]>,
    ) -> *mut sys::ap_conf_vector_t {
        // SAFETY: as promised by the caller.
        unsafe {
            let mut vector = self.of_server(host);
            if let Some(path) = directory {
                let all = self.sections(host, false).iter();
                let covers =
                    |v: &*mut sys::ap_conf_vector_t| covers(*v, path, name.unwrap_or_default());
                let matching: Vec<_> = all.copied().filter(covers).collect();
                vector = self.over(vector, &matching);
            }
            if let (Some(name), Some(core)) = (name, core_of(vector)) {
                let all = vectors(core.sec_file).iter();
                let matching: Vec<_> = all.copied().filter(|v| names(*v, name)).collect();
                vector = self.over(vector, &matching);
            }
            if let Some(url) = url {
                let all = self.sections(host, true).iter();
                let matching: Vec<_> = all.copied().filter(|v| leads_to(*v, url)).collect();
                vector = self.over(vector, &matching);
            }
            vector
        }
    }

    /// What a section for files says, over the directory that it stands in, whose path ends in a slash.
    pub(super) unsafe fn of_files(
        &self,
        host: usize,
        directory: &[u8],
        pattern: &[u8],
    ) -> *mut sys::ap_conf_vector_t {
        // SAFETY: as promised by the caller.
        unsafe {
            let vector = self.of(host, Some(directory), None, None);
            let Some(core) = core_of(vector) else {
                return vector;
            };
            let is_it = |vector: &*mut sys::ap_conf_vector_t| {
                core_of(*vector).is_some_and(|core| text(core.d) == pattern)
            };
            let all = vectors(core.sec_file).iter();
            let matching: Vec<_> = all.copied().filter(is_it).collect();
            self.over(vector, &matching)
        }
    }

    /// What a section with a pattern says, over what the server says.
    pub(super) unsafe fn of_pattern(
        &self,
        host: usize,
        pattern: &[u8],
    ) -> *mut sys::ap_conf_vector_t {
        // SAFETY: as promised by the caller.
        unsafe {
            let is_it = |vector: &*mut sys::ap_conf_vector_t| {
                core_of(*vector).is_some_and(|core| {
                    let written = text(core.d);
                    written == pattern || written.strip_suffix(b"/") == Some(pattern)
                })
            };
            let directories = self.sections(host, false).iter();
            let all = directories.chain(self.sections(host, true));
            let matching: Vec<_> = all.copied().filter(is_it).collect();
            self.over(self.of_server(host), &matching)
        }
    }

    /// What a merged vector says.
    pub(super) unsafe fn conf(&self, vector: *mut sys::ap_conf_vector_t) -> Arc<Conf> {
        // SAFETY: a vector of the configuration has a slot for each module.
        let (record, core) = unsafe {
            let slot = vector.cast::<*const DirConf>();
            (*slot.add(module_index()), core_of(vector))
        };
        let options = core.map_or(sys::OPT_UNSET, |core| c_int::from(core.opts));
        let has = |bit: c_int| options & bit != 0;
        let options = Options {
            indexes: has(sys::OPT_INDEXES),
            includes: has(sys::OPT_INCLUDES),
        };
        // SAFETY: as promised by the caller.
        let htaccess_may_run_python = core.is_some_and(|core| unsafe { may_run_python(core) });
        let access = self.rules_of_merged(vector).access();
        let key = (record.addr(), options, htaccess_may_run_python, access);
        if let Some(conf) = self.confs.borrow().get(&key) {
            return conf.clone();
        }
        // SAFETY: the record is null or one that `config` made.
        let own = unsafe { record.as_ref() }.unwrap_or(&CLOSED);
        let conf = Arc::new(Conf {
            settings: own.settings.clone(),
            observed: own.observed.clone(),
            options,
            htaccess_may_run_python,
            access,
        });
        self.confs.borrow_mut().insert(key, conf.clone());
        conf
    }
}

/// The vectors of one of core's lists.
///
/// # Safety
/// The list is null or one of the configuration's.
unsafe fn vectors<'a>(list: *mut sys::apr_array_header_t) -> &'a [*mut sys::ap_conf_vector_t] {
    // SAFETY: as promised by the caller: its elements are pointers to vectors.
    unsafe {
        match list.as_ref() {
            Some(list) if list.nelts > 0 && !list.elts.is_null() => std::slice::from_raw_parts(
                list.elts.cast(),
                usize::try_from(list.nelts).unwrap_or(0),
            ),
            _ => &[],
        }
    }
}

/// core's record in a vector.
///
/// # Safety
/// The vector is one of the configuration's.
unsafe fn core_of<'a>(vector: *mut sys::ap_conf_vector_t) -> Option<&'a sys::core_dir_config> {
    // SAFETY: as promised by the caller.
    unsafe {
        sys::ap_get_core_module_config(vector)
            .cast::<sys::core_dir_config>()
            .as_ref()
    }
}

/// Whether a section for directories holds in this one, whose path ends in a slash, for the file of
/// this name in it, or for the directory itself.
///
/// # Safety
/// The vector is of a section for directories.
unsafe fn covers(vector: *mut sys::ap_conf_vector_t, path: &[u8], name: &[u8]) -> bool {
    // SAFETY: as promised by the caller.
    unsafe {
        let Some(core) = core_of(vector) else {
            return false;
        };
        let written = text(core.d);
        if !core.r.is_null() {
            return matches(core.r, &[path, name].concat());
        }
        if core.d_is_fnmatch() == 0 {
            return path.starts_with(written);
        }
        // Held against the part of the path that is as deep.
        let depth = usize::try_from(core.d_components).unwrap_or(0);
        let mut slashes = memchr::memchr_iter(b'/', path).skip(depth.saturating_sub(1));
        let end = slashes.next().map_or(path.len(), |slash| slash + 1);
        let part = path.get(..end).unwrap_or(path);
        fnmatch(core.d, part)
    }
}

/// Whether a section for files names this one.
///
/// # Safety
/// The vector is of a section for files.
unsafe fn names(vector: *mut sys::ap_conf_vector_t, name: &[u8]) -> bool {
    // SAFETY: as promised by the caller.
    unsafe {
        let Some(core) = core_of(vector) else {
            return false;
        };
        let written = text(core.d);
        if !core.r.is_null() {
            matches(core.r, name)
        } else if core.d_is_fnmatch() != 0 {
            fnmatch(core.d, name)
        } else {
            written == name
        }
    }
}

/// Whether a section for URLs holds for this one.
///
/// # Safety
/// The vector is of a section for URLs.
unsafe fn leads_to(vector: *mut sys::ap_conf_vector_t, url: &[u8]) -> bool {
    // SAFETY: as promised by the caller.
    unsafe {
        let Some(core) = core_of(vector) else {
            return false;
        };
        let written = text(core.d);
        if !core.r.is_null() {
            return matches(core.r, url);
        }
        if core.d_is_fnmatch() != 0 {
            return fnmatch(core.d, url);
        }
        let rest = url.strip_prefix(written);
        rest.is_some_and(|rest| {
            rest.is_empty() || written.ends_with(b"/") || rest.starts_with(b"/")
        })
    }
}

/// # Safety
/// The expression is a compiled one of the configuration's.
unsafe fn matches(expression: *mut sys::ap_regex_t, text: &[u8]) -> bool {
    let Ok(text) = CString::new(text) else {
        return false;
    };
    // SAFETY: as promised by the caller; no groups are asked for.
    unsafe { sys::ap_regexec(expression, text.as_ptr(), 0, ptr::null_mut(), 0) == 0 }
}

/// # Safety
/// The pattern is a string of the configuration's.
unsafe fn fnmatch(pattern: *const c_char, text: &[u8]) -> bool {
    match CString::new(text) {
        // SAFETY: as promised by the caller.
        Ok(text) => unsafe { sys::apr_fnmatch(pattern, text.as_ptr(), sys::APR_FNM_PATHNAME) == 0 },
        _ => false,
    }
}

/// What stands in a section's first line; empty where nothing does.
///
/// # Safety
/// The text is null or a string of the configuration's, which lives for `'a`.
unsafe fn text<'a>(text: *const c_char) -> &'a [u8] {
    match text.is_null() {
        true => b"",
        // SAFETY: as promised by the caller.
        false => unsafe { CStr::from_ptr(text).to_bytes() },
    }
}

/// Whether a .htaccess could name a handler of mod_python there.
///
/// # Safety
/// The record is core's, of a vector of the configuration.
unsafe fn may_run_python(core: &sys::core_dir_config) -> bool {
    let mut listed = false;
    if !core.override_list.is_null() {
        // SAFETY: the table is live, and its keys are strings.
        unsafe {
            let all = sys::apr_table_elts(core.override_list);
            let entries = (*all).elts.cast::<sys::apr_table_entry_t>();
            for index in 0..usize::try_from((*all).nelts).unwrap_or(0) {
                let name = bytes((*entries.add(index)).key).to_ascii_lowercase();
                listed |= name.starts_with(b"python");
            }
        }
    }
    listed || core.override_ & sys::OR_ALL as u32 != 0
}
