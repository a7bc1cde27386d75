//! A live request of httpd, as far as the module looks at it.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr::{self, NonNull};

use crate::policy::handler::{Answer, PYTHON_PREFIXES};
use crate::policy::interpreter::Host;
use crate::policy::judge::{Facts, Method, Target};
use crate::policy::path;
use crate::policy::trust::Client;

use super::config::{CLOSED, DirConf};
use super::location::{Before, Naming};
use super::module::module_index;
use super::sys;

/// A request that lives at least as long as `'r`, the callback that was handed it.
#[derive(Clone, Copy)]
pub(super) struct Request<'r> {
    raw: NonNull<sys::request_rec>,
    /// Invariant, so that nothing of a shorter life can be put into the request.
    live: PhantomData<Cell<&'r ()>>,
}

/// What the module remembers of a request that something happened to: in the request's pool.
#[derive(Default)]
pub(super) struct State {
    /// What the PythonDebug gate did last.
    gate: Cell<Option<Gate>>,
    /// That debugging is off was said.
    pub(super) told: Cell<bool>,
    /// An incident was logged.
    pub(super) reported: Cell<bool>,
    /// The request is for a directory, and in its handler phase.
    pub(super) answers_directory: Cell<bool>,
    /// `r->content_type` and `r->content_encoding` before the request's handler: httpd's guesses.
    pub(super) guessed_type: Cell<*const c_char>,
    pub(super) guessed_encoding: Cell<*const c_char>,
    /// Something of the response went through the output filter.
    pub(super) sent: Cell<bool>,
    /// The output filter, as long as nothing went through it.
    pub(super) filter: Cell<Option<NonNull<sys::ap_filter_t>>>,
    /// What [`Request::is_looked_up`] said before the output filter was in place.
    pub(super) looked_up: Cell<Option<bool>>,
    /// Whose the file name is.
    pub(super) naming: Cell<Naming>,
    /// What there was before the file name was borrowed.
    pub(super) before: Cell<Option<Before>>,
    /// The directory of the file that the request was mapped to; null where that does not matter.
    pub(super) directory: Cell<*const c_char>,
}

/// A per-directory configuration before and after the PythonDebug gate.
#[derive(Clone, Copy)]
struct Gate {
    from: *mut sys::ap_conf_vector_t,
    to: *mut sys::ap_conf_vector_t,
    /// The pool that `to` was made in: that of this request, or of one that it was made for.
    pool: *mut sys::apr_pool_t,
}

/// The notes that httpd's modules leave about how a URL was mapped.
const MAPPING_NOTES: [&CStr; 2] = [c"alias-forced-type", c"mod_userdir_user"];

/// Marks a [`State`] in the module's slot of a request. Without it, the slot holds null or the
/// even address of the file name that the request was settled for, which is compared and never
/// followed: most requests need nothing else, and an allocation for each would cost more than all
/// of their judging.
const IS_STATE: usize = 1;

impl<'r> Request<'r> {
    /// Has `look` look at the request that httpd handed to a callback; `none` where it is null.
    ///
    /// # Safety
    /// `raw` is null or a live request that this thread alone works on until the callback returns.
    pub(super) unsafe fn with<T>(
        raw: *mut sys::request_rec,
        none: T,
        look: impl FnOnce(Request<'_>) -> T,
    ) -> T {
        match NonNull::new(raw) {
            Some(raw) => look(Request {
                raw,
                live: PhantomData,
            }),
            None => none,
        }
    }

    /// A request that lives as long as this one.
    fn relative(self, raw: *mut sys::request_rec) -> Option<Request<'r>> {
        NonNull::new(raw).map(|raw| Request {
            raw,
            live: PhantomData,
        })
    }

    pub(super) const fn as_ptr(self) -> *mut sys::request_rec {
        self.raw.as_ptr()
    }

    /// A C string of the request.
    pub(super) fn bytes(self, text: *const c_char) -> Option<&'r [u8]> {
        // SAFETY: every string this is called with is null or NUL-terminated and in the request's
        // pool or longer-lived, so for 'r.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
    }

    /// The merged configuration of the directory; `None` before httpd has made one.
    pub(super) fn conf(self) -> Option<&'r DirConf> {
        // SAFETY: live request; the vector, where it is set, has a slot for each module, and ours
        // is null or a DirConf made by `config`, which is valid as long as its pool's memory.
        unsafe {
            let vector = (*self.as_ptr()).per_dir_config.cast::<*const DirConf>();
            if vector.is_null() {
                return None;
            }
            Some((*vector.add(module_index())).as_ref().unwrap_or(&CLOSED))
        }
    }

    /// The module's slot of this request, see [`IS_STATE`].
    fn slot(self) -> *mut *mut u8 {
        // SAFETY: live request; its vector has a slot for each module.
        unsafe {
            (*self.as_ptr())
                .request_config
                .cast::<*mut u8>()
                .add(module_index())
        }
    }

    /// What the module remembers of this request, if something happened to it.
    fn known_state(self) -> Option<&'r State> {
        // SAFETY: live request; a marked slot is the address of a State in the request's pool,
        // which only the request's thread touches.
        unsafe {
            let slot = *self.slot();
            (slot.addr() & IS_STATE != 0)
                .then(|| &*slot.map_addr(|address| address ^ IS_STATE).cast::<State>())
        }
    }

    /// What the module remembers of this request, made on first use.
    pub(super) fn state(self) -> &'r State {
        self.known_state().unwrap_or_else(|| {
            // SAFETY: live request. apr_palloc returns memory for it, aligned for any type and so
            // even, or ends the process.
            unsafe {
                let state =
                    sys::apr_palloc((*self.as_ptr()).pool, size_of::<State>()).cast::<State>();
                state.write(State::default());
                *self.slot() = state.cast::<u8>().map_addr(|address| address | IS_STATE);
                &*state
            }
        })
    }

    /// What the module remembers of a request of Python's whose file name is not as usual, and what
    /// there was before.
    pub(super) fn naming(self) -> Option<(&'r State, Before)> {
        let state = self.known_state()?;
        Some((state, state.before.get()?))
    }

    /// Whether the request was settled for the file name that it has now.
    pub(super) fn is_settled(self) -> bool {
        // SAFETY: live request.
        let (filename, slot) = unsafe { ((*self.as_ptr()).filename, *self.slot()) };
        !filename.is_null() && ptr::eq(slot, filename.cast())
    }

    /// Remembers that the name of the present file says nothing and that its directory is not
    /// Python's by decree: as long as the request keeps the name, only a Python handler matters.
    /// Where it cannot be remembered, the request is judged again.
    pub(super) fn settle(self) {
        // SAFETY: live request.
        unsafe {
            let filename = (*self.as_ptr()).filename.cast::<u8>();
            if (*self.slot()).is_null() && filename.addr() & IS_STATE == 0 {
                *self.slot() = filename;
            }
        }
    }

    /// `r->filename` where it is the name of a file, and not null or `proxy:...`.
    pub(super) fn filename(self) -> Option<&'r [u8]> {
        // SAFETY: live request.
        self.bytes(unsafe { (*self.as_ptr()).filename })
            .filter(|name| name.starts_with(b"/"))
    }

    /// Whether the file name is this very one, or null as this one.
    pub(super) fn has_filename(self, name: *const c_char) -> bool {
        // SAFETY: live request.
        unsafe { ptr::eq((*self.as_ptr()).filename, name) }
    }

    /// Takes the file name away, and what httpd found out about the file.
    pub(super) fn forget_filename(self) {
        // SAFETY: live request, whose fields are httpd's and its modules' to set; a file that was
        // looked up is described by zeros where there is none.
        unsafe {
            let r = self.as_ptr();
            (*r).filename = ptr::null_mut();
            (*r).canonical_filename = ptr::null_mut();
            (*r).path_info = ptr::null_mut();
            (*r).finfo = std::mem::zeroed();
        }
    }

    /// What [`Request::restore`] needs.
    pub(super) fn before_walk(self) -> Before {
        // SAFETY: live request, as httpd's functions want it; what they return lives as long.
        unsafe {
            let r = self.as_ptr();
            Before {
                prefix: sys::ap_context_prefix(r),
                root: sys::ap_context_document_root(r),
                uri: ptr::null_mut(),
                filename: (*r).filename,
                handler: (*r).handler,
                content_type: (*r).content_type,
                document_root: sys::ap_document_root(r),
                notes: MAPPING_NOTES.map(|name| sys::apr_table_get((*r).notes, name.as_ptr())),
            }
        }
    }

    /// Puts back what there was before, and a configuration as httpd makes it for a URL without a file:
    /// of the server and the `<Location>`s. But for the records of the modules at these places, and of the
    /// module's own record the settings, and what was observed if `keeps_observed`. The answer of
    /// httpd's walk.
    pub(super) fn restore(self, before: Before, places: &[usize], keeps_observed: bool) -> c_int {
        let r = self.as_ptr();
        // SAFETY: live request; what it had before lives as long. httpd makes the same two walks
        // from the same beginning. Each vector has a slot for every module; the one that is written
        // to is new.
        unsafe {
            self.forget_filename();
            sys::ap_set_context_info(r, before.prefix, before.root);
            sys::ap_set_document_root(r, before.document_root);
            (*r).handler = before.handler;
            (*r).content_type = before.content_type;
            for (name, note) in MAPPING_NOTES.iter().zip(before.notes) {
                match note.is_null() {
                    true => sys::apr_table_unset((*r).notes, name.as_ptr()),
                    false => sys::apr_table_setn((*r).notes, name.as_ptr(), note),
                }
            }
            let walked = (*r).per_dir_config;
            (*r).per_dir_config = (*(*r).server).lookup_defaults;
            let answer = match sys::ap_location_walk(r) {
                sys::OK => sys::ap_if_walk(r),
                refused => refused,
            };
            let nothing = sys::ap_create_request_config((*r).pool);
            let conf = sys::ap_merge_per_dir_configs((*r).pool, (*r).per_dir_config, nothing);
            for place in places {
                let record = *walked.cast::<*mut c_void>().add(*place);
                *conf.cast::<*mut c_void>().add(*place) = record;
            }
            let walked = *walked.cast::<*const DirConf>().add(module_index());
            let own = conf.cast::<*const DirConf>().add(module_index());
            let walked = walked.as_ref().unwrap_or(&CLOSED);
            let observed = match keeps_observed {
                true => walked,
                false => (*own).as_ref().unwrap_or(&CLOSED),
            };
            *own = DirConf::combined((*r).pool, walked, observed).cast();
            (*r).per_dir_config = conf;
            answer
        }
    }

    /// Has httpd find out what there is of this file name, and nothing about its configuration.
    pub(super) fn find(self, filename: *mut c_char) -> c_int {
        let r = self.as_ptr();
        // SAFETY: live request; the name is a string of its own.
        unsafe {
            self.forget_filename();
            let conf = (*r).per_dir_config;
            (*r).filename = filename;
            let found = sys::ap_directory_walk(r);
            (*r).per_dir_config = conf;
            if self.target() == Target::Missing {
                // httpd leaves what was on its stack in there, and mod_python shows it to handlers.
                (*r).finfo = std::mem::zeroed();
            }
            found
        }
    }

    /// Gives the request another file name.
    pub(super) fn rename(self, filename: &[u8]) {
        // SAFETY: live request; the copy lives in its pool.
        unsafe {
            let r = self.as_ptr();
            let copy = sys::apr_pstrmemdup((*r).pool, filename.as_ptr().cast(), filename.len());
            (*r).filename = copy;
            (*r).canonical_filename = copy;
        }
    }

    /// Puts another path in the place of the URL's, which is returned.
    pub(super) fn replace_uri(self, path: &[u8]) -> *mut c_char {
        // SAFETY: live request; the copy lives in its pool.
        unsafe {
            let r = self.as_ptr();
            let copy = sys::apr_pstrmemdup((*r).pool, path.as_ptr().cast(), path.len());
            std::mem::replace(&mut (*r).uri, copy)
        }
    }

    /// Puts the path back that [`Request::replace_uri`] returned.
    pub(super) fn restore_uri(self, uri: *mut c_char) {
        // SAFETY: live request; the string is what was in the same place before.
        unsafe { (*self.as_ptr()).uri = uri };
    }

    /// Remembers the directory of the file, with its slash, before a handler changes the name.
    pub(super) fn keep_directory(self) {
        let Some(filename) = self.filename() else {
            return;
        };
        let mut directory = filename.to_vec();
        if self.target() == Target::Directory {
            directory.push(b'/');
        }
        let end = memchr::memrchr(b'/', &directory).map_or(0, |slash| slash + 1);
        // A directory has one slash at its end, whether httpd's name of it has or not.
        let end = end - usize::from(directory.get(..end).is_some_and(|d| d.ends_with(b"//")));
        // SAFETY: live request; the copy, which ends in a NUL, lives in its pool.
        let copy =
            unsafe { sys::apr_pstrmemdup((*self.as_ptr()).pool, directory.as_ptr().cast(), end) };
        self.state().directory.set(copy);
    }

    /// The directory that [`Request::keep_directory`] remembered.
    pub(super) fn kept_directory(self) -> Option<&'r [u8]> {
        self.bytes(self.known_state()?.directory.get())
    }

    /// The document root or the alias that the request was mapped by.
    pub(super) fn context_root(self) -> &'r [u8] {
        // SAFETY: live request, as httpd's function wants it; what it returns lives as long.
        self.bytes(unsafe { sys::ap_context_document_root(self.as_ptr()) })
            .unwrap_or_default()
    }

    /// When the file's inode last changed, in microseconds since 1970, as far as httpd looked.
    pub(super) fn changed(self) -> i64 {
        // SAFETY: live request.
        unsafe { (*self.as_ptr()).finfo.ctime }
    }

    /// The name of the virtual host, which is that of its interpreter.
    pub(super) fn host_name(self) -> &'r [u8] {
        // SAFETY: live request of a live server.
        self.bytes(unsafe { (*(*self.as_ptr()).server).server_hostname })
            .unwrap_or_default()
    }

    /// The virtual host.
    pub(super) fn host(self) -> Host {
        // SAFETY: live request.
        unsafe { (*self.as_ptr()).server.addr() }
    }

    /// `r->uri`: the decoded path of the URL (not yet decoded in the quick handler).
    pub(super) fn uri(self) -> &'r [u8] {
        // SAFETY: live request.
        self.bytes(unsafe { (*self.as_ptr()).uri })
            .unwrap_or_default()
    }

    /// The query of the URL.
    fn query(self) -> &'r [u8] {
        // SAFETY: live request.
        self.bytes(unsafe { (*self.as_ptr()).args })
            .unwrap_or_default()
    }

    /// What the URL has beyond the file.
    pub(super) fn path_info(self) -> &'r [u8] {
        // SAFETY: live request.
        self.bytes(unsafe { (*self.as_ptr()).path_info })
            .unwrap_or_default()
    }

    /// The URL as the client sent it.
    pub(super) fn unparsed_uri(self) -> &'r [u8] {
        // SAFETY: live request.
        self.bytes(unsafe { (*self.as_ptr()).unparsed_uri })
            .unwrap_or_default()
    }

    /// The name of the method as the client sent it.
    pub(super) fn method_name(self) -> &'r [u8] {
        // SAFETY: live request.
        self.bytes(unsafe { (*self.as_ptr()).method })
            .unwrap_or_default()
    }

    /// `r->handler` or the content type that httpd would use in its place; null: neither.
    fn raw_handler(self) -> *const c_char {
        // SAFETY: live request.
        unsafe {
            let r = self.as_ptr();
            if (*r).handler.is_null() {
                (*r).content_type
            } else {
                (*r).handler
            }
        }
    }

    /// The handler's name, as [`Facts`] wants it.
    pub(super) fn handler(self) -> &'r [u8] {
        self.bytes(self.raw_handler()).unwrap_or_default()
    }

    /// The content type.
    pub(super) fn content_type(self) -> &'r [u8] {
        // SAFETY: live request.
        self.bytes(unsafe { (*self.as_ptr()).content_type })
            .unwrap_or_default()
    }

    /// Whether the handler can be one of Python's, without a look at more of its name than needed.
    #[inline(always)]
    pub(super) fn may_be_python(self) -> bool {
        let handler = self.raw_handler();
        if handler.is_null() {
            return false;
        }
        // SAFETY: live request; a string has at least its NUL.
        match unsafe { handler.cast::<u8>().read() } {
            b'm' | b'p' | b'w' | b'c' | b'a' => PYTHON_PREFIXES
                .iter()
                .any(|prefix| self.handler().starts_with(prefix)),
            _ => false,
        }
    }

    /// Whether only httpd's default handler can answer: there is no handler but the name of a
    /// content type, and no proxy. A look that is cheap enough for every request.
    #[inline(always)]
    pub(super) fn is_static(self) -> bool {
        if self.is_proxied() {
            return false;
        }
        let handler = self.raw_handler().cast::<u8>();
        if handler.is_null() {
            return true;
        }
        // SAFETY: live request; a string has at least its NUL, and is read no farther.
        unsafe {
            match (
                handler.read(),
                handler.add(usize::from(handler.read() != 0)).read(),
            ) {
                // text/..., image/...
                (b't', b'e') | (b'i', b'm') => true,
                _ => Answer::of(self.handler()) == Answer::Static,
            }
        }
    }

    /// Whether mod_proxy answers, whatever the handler is called.
    pub(super) fn is_proxied(self) -> bool {
        // SAFETY: live request.
        unsafe { (*self.as_ptr()).proxyreq != 0 }
    }

    pub(super) fn target(self) -> Target {
        // SAFETY: live request.
        match unsafe { (*self.as_ptr()).finfo.filetype } {
            sys::apr_filetype_e_APR_NOFILE => Target::Missing,
            sys::apr_filetype_e_APR_DIR => Target::Directory,
            _ => Target::File,
        }
    }

    pub(super) fn method(self) -> Method {
        // SAFETY: live request.
        match unsafe { (*self.as_ptr()).method_number } {
            sys::M_GET => Method::Get,
            sys::M_POST => Method::Post,
            sys::M_COPY | sys::M_MOVE => Method::CopyOrMove,
            _ => Method::Other,
        }
    }

    /// The part of the request's file name, or URL path, that is judged.
    #[inline(always)]
    pub(super) fn judged_path(self) -> &'r [u8] {
        if let Some(filename) = self.filename() {
            match path::below(filename, self.context_root()) {
                Some(below) if !below.is_empty() => return below,
                // The document root itself; but an alias may be for one file.
                Some(_) if self.target() == Target::Directory => return b"",
                _ => {}
            }
        }
        self.unusual_path()
    }

    /// The same where nothing of the file's name is below the document root or alias.
    #[cold]
    fn unusual_path(self) -> &'r [u8] {
        match self.filename() {
            Some(filename) => {
                let common = path::in_common(filename, self.uri(), self.path_info());
                path::from_named(filename, common, self.uri(), &path::decoded(self.query()))
            }
            None => self.uri(),
        }
    }

    /// The facts that the rules judge by.
    pub(super) fn facts(self) -> Facts<'r> {
        let filename = self.filename();
        Facts {
            filename: filename.unwrap_or_default(),
            path: self.judged_path(),
            target: if filename.is_some() {
                self.target()
            } else {
                Target::Missing
            },
            handler: self.handler(),
            method: self.method(),
        }
    }

    /// The request that this one was made for, as an include or a look-up.
    pub(super) fn main(self) -> Option<Request<'r>> {
        // SAFETY: live request; its parent lives as long as it.
        self.relative(unsafe { (*self.as_ptr()).main })
    }

    /// The request that was redirected internally to this one.
    pub(super) fn prev(self) -> Option<Request<'r>> {
        // SAFETY: live request; what it was redirected from lives as long as it.
        self.relative(unsafe { (*self.as_ptr()).prev })
    }

    /// Whether `Options Indexes` is in force.
    pub(super) fn allows_indexes(self) -> bool {
        // SAFETY: live request with its per-directory configuration.
        unsafe { sys::ap_allow_options(self.as_ptr()) & sys::OPT_INDEXES != 0 }
    }

    /// A request header.
    pub(super) fn has_header(self, name: &CStr) -> bool {
        // SAFETY: live request with its table of headers.
        unsafe { !sys::apr_table_get((*self.as_ptr()).headers_in, name.as_ptr()).is_null() }
    }

    /// A variable of the request's environment.
    pub(super) fn variable(self, name: &CStr) -> Option<&'r [u8]> {
        // SAFETY: live request with its table; the value lives in the request's pool.
        self.bytes(unsafe { sys::apr_table_get((*self.as_ptr()).subprocess_env, name.as_ptr()) })
    }

    /// Sets a note of the request, for `%{name}n` in a log format.
    pub(super) fn set_note(self, name: &'static CStr, value: &'static CStr) {
        // SAFETY: live request with its table, which keeps the pointers.
        unsafe { sys::apr_table_setn((*self.as_ptr()).notes, name.as_ptr(), value.as_ptr()) }
    }

    /// Sets a note to what it is for another request, if it is anything.
    pub(super) fn copy_note(self, from: Request<'_>, name: &CStr) {
        // SAFETY: live requests with their tables; apr_table_set copies both strings.
        unsafe {
            let value = sys::apr_table_get((*from.as_ptr()).notes, name.as_ptr());
            if !value.is_null() {
                sys::apr_table_set((*self.as_ptr()).notes, name.as_ptr(), value);
            }
        }
    }

    /// Keeps every cache from storing what only a trusted client may see: the response, and that of
    /// the request it is included in.
    pub(super) fn forbid_caching(self) {
        let mut response = Some(self);
        while let Some(request) = response {
            // SAFETY: live request with its table; both strings are static.
            unsafe {
                let r = request.as_ptr();
                (*r).no_cache = 1;
                let (name, value) = (c"Cache-Control", c"no-store");
                sys::apr_table_setn((*r).err_headers_out, name.as_ptr(), value.as_ptr());
            }
            response = request.main();
        }
    }

    /// Whether httpd only looks this subrequest up, and does not run it for a part of a response:
    /// then its filters are those that the main request's response goes through after all content.
    pub(super) fn is_looked_up(self) -> bool {
        if let Some(known) = self.known_state().and_then(|state| state.looked_up.get()) {
            return known;
        }
        // SAFETY: live requests.
        self.main().is_some_and(|main| unsafe {
            ptr::eq(
                (*self.as_ptr()).output_filters,
                (*main.as_ptr()).proto_output_filters,
            )
        })
    }

    /// When the request arrived, in microseconds since 1970.
    pub(super) fn time(self) -> i64 {
        // SAFETY: live request.
        unsafe { (*self.as_ptr()).request_time }
    }

    /// Who asks.
    pub(super) fn client(self) -> Client {
        // SAFETY: live request with its connection; both addresses are null or live as long.
        let (peer, client, replaced) = unsafe {
            let r = self.as_ptr();
            let (peer, client) = ((*(*r).connection).client_addr, (*r).useragent_addr);
            // httpd itself has the same address there, not an equal one.
            (address(peer), address(client), !ptr::eq(peer, client))
        };
        let forwarded = self.has_header(c"X-Forwarded-For") || self.has_header(c"Forwarded");
        Client {
            peer,
            client,
            replaced,
            forwarded,
        }
    }

    /// Has httpd go the whole way with this request, as it does when no quick handler answers.
    pub(super) fn process(self) -> c_int {
        // SAFETY: live main request at its quick handler, where httpd makes the same two calls.
        unsafe {
            match sys::ap_process_request_internal(self.as_ptr()) {
                sys::OK => sys::ap_invoke_handler(self.as_ptr()),
                refused => refused,
            }
        }
    }

    /// Puts a vector with a record of one module, whose place is `index`, on top of the request's own
    /// configuration. `make` makes it, or hands it out, for the pool that it has to live as long as.
    ///
    /// A vector that was made so before, for this request or one that it was made for, is not made
    /// again: httpd skips authentication for a subrequest whose vector is its parent's. But the
    /// module's record in it is: an application may have written to the one that is there.
    ///
    /// # Safety
    /// `make` returns a vector of httpd's for the modules loaded.
    pub(super) unsafe fn overlay(
        self,
        index: usize,
        make: impl FnOnce(*mut sys::apr_pool_t) -> Option<*mut sys::ap_conf_vector_t>,
    ) {
        let r = self.as_ptr();
        // SAFETY: live request; the vector is as promised by the caller. A gated vector and its pool
        // belong to this request, or to its parent or predecessor, which live as long; only the
        // thread of the request touches them.
        unsafe {
            let here = (*r).per_dir_config;
            let known = [Some(self), self.main(), self.prev()]
                .into_iter()
                .flatten()
                .filter_map(|request| request.known_state()?.gate.get())
                .find(|gate| ptr::eq(gate.from, here) || ptr::eq(gate.to, here));
            let pool = known.map_or((*r).pool, |gate| gate.pool);
            let Some(over) = make(pool) else { return };
            let gate = match known {
                Some(gate) => {
                    let renewed = sys::ap_merge_per_dir_configs(pool, gate.to, over);
                    let record = *renewed.cast::<*mut c_void>().add(index);
                    *gate.to.cast::<*mut c_void>().add(index) = record;
                    gate
                }
                None => Gate {
                    from: here,
                    to: sys::ap_merge_per_dir_configs(pool, here, over),
                    pool,
                },
            };
            (*r).per_dir_config = gate.to;
            self.state().gate.set(Some(gate));
        }
    }
}

/// The IP address in a socket address; `None` for any other kind.
///
/// # Safety
/// `address` is null or a live socket address.
unsafe fn address(address: *const sys::apr_sockaddr_t) -> Option<IpAddr> {
    if address.is_null() {
        return None;
    }
    // SAFETY: live address; `ipaddr_ptr` points to the `ipaddr_len` bytes of the IP address in
    // network byte order: 4 for IPv4, 16 for IPv6.
    unsafe {
        let bytes = (*address).ipaddr_ptr;
        if bytes.is_null() {
            return None;
        }
        match ((*address).family, (*address).ipaddr_len) {
            (libc::AF_INET, 4) => Some(Ipv4Addr::from(bytes.cast::<[u8; 4]>().read()).into()),
            (libc::AF_INET6, 16) => Some(Ipv6Addr::from(bytes.cast::<[u8; 16]>().read()).into()),
            _ => None,
        }
    }
}
