//! Buckets and brigades of httpd, as far as the output filter needs them.

use std::ffi::c_char;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use super::request::Request;
use super::sys;

/// A brigade that lives as long as `'b`.
pub(super) struct Brigade<'b> {
    raw: NonNull<sys::apr_bucket_brigade>,
    live: PhantomData<&'b ()>,
}

/// A bucket in a brigade, which is borrowed as long as somebody holds the bucket.
pub(super) struct Bucket<'b> {
    raw: NonNull<sys::apr_bucket>,
    live: PhantomData<&'b ()>,
}

/// What a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bytes of the body, or where they come from.
    Data,
    /// A part of a file.
    File,
    /// The end of the response.
    End,
    /// What came so far is to be sent now.
    Flush,
    /// An error, or the end of the connection: there is no more of the response.
    Error,
    /// Anything else that is no data.
    Metadata,
}

/// Why a bucket has no bytes to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// They have not come yet.
    NotYet,
    /// They will not come.
    Broken,
}

impl<'b> Brigade<'b> {
    /// The brigade that httpd hands to a filter.
    ///
    /// # Safety
    /// `raw` is a live brigade for as long as `'b`, which this thread alone works on.
    pub(super) unsafe fn of(raw: *mut sys::apr_bucket_brigade) -> Option<Brigade<'b>> {
        NonNull::new(raw).map(|raw| Brigade {
            raw,
            live: PhantomData,
        })
    }

    /// An empty brigade that lives as long as the request; `None` where httpd has no memory.
    pub(super) fn new(request: Request<'b>) -> Option<Brigade<'b>> {
        // SAFETY: live request with its pool and its connection's allocator; the brigade lives in
        // the pool.
        unsafe {
            let r = request.as_ptr();
            Brigade::of(sys::apr_brigade_create(
                (*r).pool,
                (*(*r).connection).bucket_alloc,
            ))
        }
    }

    pub(super) const fn as_ptr(&self) -> *mut sys::apr_bucket_brigade {
        self.raw.as_ptr()
    }

    /// The first bucket.
    pub(super) fn first(&mut self) -> Option<Bucket<'_>> {
        // SAFETY: live brigade; its buckets live as long as they are in it.
        NonNull::new(unsafe { sys::pyguard_brigade_first(self.as_ptr()) }).map(|raw| Bucket {
            raw,
            live: PhantomData,
        })
    }

    pub(super) fn is_empty(&mut self) -> bool {
        self.first().is_none()
    }

    /// Destroys every bucket.
    pub(super) fn clear(&mut self) {
        // SAFETY: live brigade.
        unsafe { sys::apr_brigade_cleanup(self.as_ptr().cast()) };
    }

    /// Moves a bucket from its brigade to the end of this one.
    pub(super) fn take(&mut self, bucket: Bucket<'_>) {
        // SAFETY: live brigade, and a bucket that is in another one.
        unsafe {
            sys::pyguard_bucket_remove(bucket.raw.as_ptr());
            sys::pyguard_brigade_append(self.as_ptr(), bucket.raw.as_ptr());
        }
    }

    /// Moves every bucket of another brigade to the end of this one.
    pub(super) fn take_all(&mut self, from: &mut Brigade<'_>) {
        // SAFETY: live brigades of the same connection, whose allocator both use.
        unsafe { sys::pyguard_brigade_concat(self.as_ptr(), from.as_ptr()) };
    }

    /// Adds a copy of these bytes. `Err`: httpd could not.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Unread> {
        if bytes.is_empty() {
            return Ok(());
        }
        // SAFETY: live brigade; the bytes are copied. Without a function to flush with, the rest
        // stays in the brigade.
        let status = unsafe {
            sys::apr_brigade_write(
                self.as_ptr(),
                None,
                ptr::null_mut(),
                bytes.as_ptr().cast::<c_char>(),
                bytes.len(),
            )
        };
        if status == 0 {
            Ok(())
        } else {
            Err(Unread::Broken)
        }
    }

    /// Adds bytes that live as long as the program.
    pub(super) fn write_static(&mut self, bytes: &'static [u8]) {
        // SAFETY: live brigade with its allocator; the bytes are static.
        unsafe {
            let allocator = (*self.as_ptr()).bucket_alloc;
            let bucket =
                sys::apr_bucket_immortal_create(bytes.as_ptr().cast(), bytes.len(), allocator);
            sys::pyguard_brigade_append(self.as_ptr(), bucket);
        }
    }

    /// Adds a flush.
    pub(super) fn flush(&mut self) {
        // SAFETY: live brigade with its allocator.
        unsafe {
            let bucket = sys::apr_bucket_flush_create((*self.as_ptr()).bucket_alloc);
            sys::pyguard_brigade_append(self.as_ptr(), bucket);
        }
    }

    /// Adds what tells httpd that the response ends here, unfinished: the connection is closed, and
    /// the client can see that something is missing.
    pub(super) fn break_off(&mut self, request: Request<'_>) {
        // SAFETY: live brigade with its allocator, live request with its pool.
        unsafe {
            let allocator = (*self.as_ptr()).bucket_alloc;
            let pool = (*request.as_ptr()).pool;
            let status = sys::HTTP_BAD_GATEWAY;
            let error = sys::ap_bucket_error_create(status, ptr::null(), pool, allocator);
            sys::pyguard_brigade_append(self.as_ptr(), error);
            let end = sys::ap_bucket_eoc_create(allocator);
            sys::pyguard_brigade_append(self.as_ptr(), end);
        }
    }
}

impl Bucket<'_> {
    pub(super) fn kind(&self) -> Kind {
        // SAFETY: live bucket.
        match unsafe { sys::pyguard_bucket_kind(self.raw.as_ptr()) } {
            sys::PYGUARD_BUCKET_DATA => Kind::Data,
            sys::PYGUARD_BUCKET_FILE => Kind::File,
            sys::PYGUARD_BUCKET_EOS => Kind::End,
            sys::PYGUARD_BUCKET_FLUSH => Kind::Flush,
            sys::PYGUARD_BUCKET_ERROR => Kind::Error,
            _ => Kind::Metadata,
        }
    }

    /// The number of its bytes; `None` where that is not known before they are read.
    pub(super) fn length(&self) -> Option<usize> {
        // SAFETY: live bucket.
        let length = unsafe { (*self.raw.as_ptr()).length };
        (length != usize::MAX).then_some(length)
    }

    /// Its bytes. What has no length yet becomes two buckets: these bytes, and the rest behind it.
    /// `wait`: until there are some.
    pub(super) fn read(&mut self, wait: bool) -> Result<&[u8], Unread> {
        let block = if wait {
            sys::apr_read_type_e_APR_BLOCK_READ
        } else {
            sys::apr_read_type_e_APR_NONBLOCK_READ
        };
        let (mut data, mut length) = (ptr::null(), 0);
        // SAFETY: live bucket; the bytes that are returned live until it is destroyed or moved,
        // which takes it by value.
        unsafe {
            let status =
                sys::pyguard_bucket_read(self.raw.as_ptr(), &raw mut data, &raw mut length, block);
            match status {
                0 if length == 0 || data.is_null() => Ok(&[]),
                0 => Ok(std::slice::from_raw_parts(data.cast(), length)),
                _ if sys::pyguard_is_eagain(status) != 0 => Err(Unread::NotYet),
                _ => Err(Unread::Broken),
            }
        }
    }

    /// Takes it out of its brigade and destroys it.
    pub(super) fn delete(self) {
        // SAFETY: live bucket in a brigade.
        unsafe { sys::pyguard_bucket_delete(self.raw.as_ptr()) };
    }
}
