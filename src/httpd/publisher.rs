//! R05 and R07 for a live request: finds the page that publisher would run, and reads it.

use std::collections::HashMap;
use std::ffi::{OsStr, c_int};
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::policy::judge::{Denial, Facts, Method, Verdict};
use crate::policy::message::escaped;
use crate::policy::page::{self, Page};
use crate::policy::publish::{Asked, Object};
use crate::policy::rule::Rule;

use super::config::DirConf;
use super::incident;
use super::request::Request;
use super::stale;
use super::sys::{DECLINED, HTTP_INTERNAL_SERVER_ERROR};

/// The largest page that is read, in bytes.
const LARGEST: u64 = page::LONGEST as u64;

/// How many pages are remembered.
const MOST_PAGES: usize = 256;

/// The status that refuses what publisher would run, or `DECLINED`.
#[cold]
pub(super) fn check(request: Request<'_>, conf: &DirConf, facts: &Facts<'_>) -> c_int {
    if !matches!(facts.method, Method::Get | Method::Post) {
        // Publisher's own refusal.
        return DECLINED;
    }
    let settings = &conf.settings;
    let asked = Asked {
        filename: facts.filename,
        path_info: request.path_info(),
    };
    let extension = conf.observed.extension_of(facts.python_name());
    let suffixes = conf.observed.suffixes().chain(extension);
    let exists = |file: &[u8]| Path::new(OsStr::from_bytes(file)).exists();
    let Some(object) = Object::of(asked, suffixes, exists) else {
        // Publisher finds nothing.
        return DECLINED;
    };
    let why = match object.hidden() {
        Some(why) => Some(why),
        None => match object.unpublished(settings.publish(), read) {
            Ok(why) => why,
            Err(what) => {
                let page = escaped(&object.page);
                let what = format!("publisher page {page}: {what}");
                let status = HTTP_INTERNAL_SERVER_ERROR;
                let tag = Rule::PublisherExports.tag();
                return incident::refuse(request, settings, tag, &what, status);
            }
        },
    };
    match why {
        Some(why) => {
            let verdict = Verdict::Deny(Denial::Unpublished(why));
            incident::answer_for(request, settings, verdict, &object.page)
        }
        None => stale::check_page(request, conf, &object.page),
    }
}

/// What tells one version of a file from another.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Version {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The names of a page: read again when its file is another one, or has changed.
fn read(file: &[u8]) -> Result<Arc<Page>, String> {
    type Pages = HashMap<Vec<u8>, (Version, Arc<Page>)>;
    static PAGES: Mutex<Option<Pages>> = Mutex::new(None);
    let path = Path::new(OsStr::from_bytes(file));
    // It could be a pipe, and be waited for.
    let mut options = fs::OpenOptions::new();
    let opened = options.read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let opened = opened.map_err(|error| error.to_string())?;
    let found = opened.metadata().map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("not a file".to_owned());
    }
    if found.len() > LARGEST {
        return Err(format!("larger than {} MiB", LARGEST / 1024 / 1024));
    }
    let version = Version {
        device: found.dev(),
        inode: found.ino(),
        size: found.size(),
        modified: (found.mtime(), found.mtime_nsec()),
        changed: (found.ctime(), found.ctime_nsec()),
    };
    let before = {
        let pages = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
        match pages.as_ref().and_then(|pages| pages.get(file)) {
            Some((known, page)) if *known == version => return Ok(page.clone()),
            known => known.map(|(_, page)| page.clone()),
        }
    };
    let mut source = Vec::new();
    let read = opened.take(LARGEST).read_to_end(&mut source);
    read.map_err(|error| error.to_string())?;
    let mut page = Page::parse(&source).map_err(|why| why.to_string())?;
    if let Some(before) = before {
        // Publisher goes on with the old one where it cannot load the new one, or does not see it.
        page.remember(&before);
    }
    let page = Arc::new(page);
    let mut pages = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let pages = pages.get_or_insert_default();
    if pages.len() >= MOST_PAGES {
        pages.clear();
    }
    pages.insert(file.to_vec(), (version, page.clone()));
    Ok(page)
}
