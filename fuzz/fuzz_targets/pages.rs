//! Whatever a page's bytes are, it is read without a panic and in little time, and a name is
//! published only if the page defines it. `cargo fuzz run pages`, with a nightly Rust.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use mod_pyguard::policy::page::{Name, Page};

fuzz_target!(|source: &[u8]| {
    let start = Instant::now();
    let page = Page::parse(source);
    // Far more than a slow machine under a sanitizer takes, far less than a square of the length.
    let most = Duration::from_millis(500) + Duration::from_micros(10) * source.len() as u32;
    assert!(start.elapsed() < most, "{:?}", start.elapsed());
    if let Ok(page) = page {
        for name in page.published() {
            assert!(page.defined().contains(name) && !page.imported().contains(name));
        }
        for name in page.imported() {
            assert_eq!(page.access(name), Name::Imported);
        }
    }
});
