//! `make cost`: by how much the audit delays the start of a server with a big document root.
//!
//! The same server starts without the audit and with it, in turn, on a document root of 100,000 files
//! in 1,000 directories, every 50th of them Python source.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)]

#[path = "../tests/harness/mod.rs"]
mod harness;

use std::fs;
use std::time::{Duration, Instant};

use harness::{Options, Server};

const DIRECTORIES: usize = 1000;
const FILES: usize = 100;
const PAIRS: usize = 5;

fn main() {
    let with = |audit: bool| Options {
        scenario: "site",
        audit,
        careless: true,
        ..Options::default()
    };
    let mut server = Server::start_with(&with(false), fill);
    println!("start to the first connection, in ms, on {DIRECTORIES} x {FILES} files:");
    println!("  without the audit   with it   delay");
    for _ in 0..PAIRS {
        let without = start(&mut server, &with(false)).as_millis();
        let with = start(&mut server, &with(true)).as_millis();
        let delay = with.saturating_sub(without);
        println!("  {without:17}   {with:7}   {delay:5}");
    }
    let log = server.whole_log();
    let summary = log.lines().rfind(|line| line.contains("PG105: "));
    println!("{}", summary.expect("the audit's summary in the log"));
}

fn fill(server: &Server) {
    for directory in 0..DIRECTORIES {
        let directory = server.site(&format!("archive/{directory}"));
        fs::create_dir_all(&directory).expect("a directory");
        for file in 0..FILES {
            let name = match file % 50 {
                0 => format!("page{file}.py"),
                _ => format!("page{file}.html"),
            };
            fs::write(directory.join(name), b"").expect("a file");
        }
    }
}

/// How long it takes. The harness looks every 10 ms.
fn start(server: &mut Server, options: &Options) -> Duration {
    server.stop();
    let before = Instant::now();
    server.start_again(options);
    before.elapsed()
}
