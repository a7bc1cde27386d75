//! What is said once by all children of a server together: a table of hashes in shared memory.

use std::ffi::c_void;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::guard::guard;
use super::sys;

/// How many different things are remembered. Then the oldest are forgotten, and may be said again.
const SLOTS: usize = 4096;

/// How many places are tried for one.
const TRIES: usize = 8;

static TABLE: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());

/// Makes an empty table, for the children to inherit.
///
/// # Safety
/// Called from post_config with its pool, which lives as long as this configuration.
pub(super) unsafe fn prepare(pool: *mut sys::apr_pool_t) -> Result<(), String> {
    // SAFETY: a new mapping of zeros, which no one else has; zeros are valid for atomics.
    let table = unsafe {
        libc::mmap(
            ptr::null_mut(),
            SLOTS * size_of::<AtomicU64>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if table == libc::MAP_FAILED {
        return Err("PG103: no shared memory; not starting".to_owned());
    }
    TABLE.store(table.cast(), Ordering::Relaxed);
    // SAFETY: live pool; the cleanup gets the mapping back, once. A child that is about to run
    // another program needs none.
    unsafe {
        let child = sys::apr_pool_cleanup_null;
        sys::apr_pool_cleanup_register(pool, table, Some(unmap), Some(child));
    }
    Ok(())
}

unsafe extern "C" fn unmap(table: *mut c_void) -> sys::apr_status_t {
    // What stays mapped is 32 KiB.
    guard(0, || {
        TABLE.store(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: the mapping that `prepare` made; nobody looks at it any more: no request lives
        // longer than its configuration, and a child that ends has ended its threads.
        unsafe { libc::munmap(table, SLOTS * size_of::<AtomicU64>()) };
        0
    })
}

/// Whether this is said for the first time since the server read its configuration.
pub(super) fn first(what: impl Hash) -> bool {
    let table = TABLE.load(Ordering::Relaxed);
    if table.is_null() {
        return true;
    }
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    // Zero is an empty place.
    let hash = hasher.finish() | 1;
    let place = |index: usize| {
        // SAFETY: within the mapping, which is aligned to a page and lives as long as requests do.
        unsafe { &*table.add(index % SLOTS) }
    };
    let start = usize::try_from((hash >> 1) % SLOTS as u64).unwrap_or(0);
    for index in start..start + TRIES {
        match place(index).compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return true,
            Err(known) if known == hash => return false,
            Err(_) => {}
        }
    }
    place(start).store(hash, Ordering::Relaxed);
    true
}
