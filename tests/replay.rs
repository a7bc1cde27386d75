//! R04 and R19: captured error pages of real frameworks, replayed through every engine, cut and coded
//! in every way that could hide them from the filter.
//!
//! `make test` captures the pages; see `tests/frameworks`. The program that replays them is
//! `tests/site/replay/replay.py`, whose top says what the queries mean.

mod client;
mod h2;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::{Backends, Engine, Mpm, Options, Response, Server};
use crate::hazard::{brief, report};
use client::{Answer, Connection, decoded};

/// How every secret in a captured page begins.
const SECRET: &str = "Zx9Secret";

/// Under which host names a server is asked: `PyGuardDebugFrom` admits the client under the second.
const STRANGER: &str = "stranger.example";
const FRIEND: &str = "friend.example";

/// The tags of a withheld response.
const TAGS: [&str; 2] = ["PG004: ", "PG019: "];

/// Under worker and prefork, which differ from event in nothing that a filter sees, every so-manieth
/// row is run. A prime, so that every kind of row and every engine has its turn.
const THINNED: usize = 11;

/// A process for each request takes as long as all the other engines together: every so-manieth page.
const CGI_THINNED: usize = 4;

/// How many connections ask at once.
const CLIENTS: usize = 6;

/// After how many pages the logs are read.
const BATCH: usize = 10;

/// How many failures of a kind are printed.
const PRINTED: usize = 3;

/// One way from httpd to Python: the first component of the path below `/replay/`.
struct Way {
    name: &'static str,
    engine: Engine,
}

const fn way(name: &'static str, engine: Engine) -> Way {
    Way { name, engine }
}

const WAYS: [Way; 8] = [
    way("python", Engine::ModPython),
    way("cgi", Engine::ModPython),
    way("http", Engine::ModPython),
    way("fcgi", Engine::ModPython),
    way("scgi", Engine::ModPython),
    way("uwsgi", Engine::ModPython),
    way("embedded", Engine::ModWsgi),
    way("daemon", Engine::ModWsgi),
];

impl Way {
    fn target(&self, query: &str) -> String {
        format!("/replay/{}/page?{query}", self.name)
    }
}

/// A captured page.
struct Capture {
    /// As `flask-3/leak-1`.
    name: String,
    file: Vec<u8>,
    /// Where its body begins.
    body: usize,
}

impl Capture {
    fn body(&self) -> &[u8] {
        &self.file[self.body..]
    }

    fn find(&self, text: &str) -> Option<usize> {
        let mut windows = self.body().windows(text.len());
        windows.position(|window| window == text.as_bytes())
    }

    fn status(&self) -> u16 {
        Response::parse(&self.file, true).status
    }
}

/// Where the captured pages lie.
fn cache() -> PathBuf {
    let cache = match std::env::var_os("PYGUARD_FRAMEWORKS") {
        Some(path) => PathBuf::from(path),
        None => {
            let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into());
            PathBuf::from(target).join("frameworks")
        }
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join(cache)
}

/// The captures of a kind, `leak` or `harmless`, in the order of their names.
fn captures(kind: &str) -> Vec<Capture> {
    let directory = cache().join("captures");
    let mut found = Vec::new();
    for application in entries(&directory) {
        for path in entries(&application) {
            let file_name = path.file_name().unwrap().to_string_lossy().into_owned();
            let Some(name) = file_name.strip_suffix(".http") else {
                continue;
            };
            if !name.starts_with(kind) {
                continue;
            }
            let application = application.file_name().unwrap().to_string_lossy();
            let file = fs::read(&path).unwrap();
            let head = file.windows(4).position(|window| window == b"\r\n\r\n");
            found.push(Capture {
                name: format!("{application}/{name}"),
                body: head.unwrap_or_else(|| panic!("{} has no head", path.display())) + 4,
                file,
            });
        }
    }
    assert!(
        !found.is_empty(),
        "there are no captured pages in {}: `make test` makes them",
        directory.display()
    );
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(_) => Vec::new(),
    }
}

/// One server with mod_python and the proxies, and one with mod_wsgi.
struct Pair {
    python: Server,
    wsgi: Server,
}

impl Pair {
    fn start(guarded: bool, extra: &str, prepare: impl Fn(&Server)) -> Pair {
        let start = |engine| Server::start_with(&options(engine, guarded, extra), &prepare);
        Pair {
            python: start(Engine::ModPython),
            wsgi: start(Engine::ModWsgi),
        }
    }

    fn of(&self, way: &Way) -> &Server {
        match way.engine {
            Engine::ModWsgi => &self.wsgi,
            _ => &self.python,
        }
    }
}

fn options(engine: Engine, guarded: bool, extra: &str) -> Options {
    Options {
        guarded,
        engine,
        scenario: match engine {
            Engine::ModWsgi => "replay-wsgi",
            _ => "replay",
        },
        // With the module, `Incidents` reads the log.
        careless: true,
        extra: extra.to_owned(),
        ..Options::default()
    }
}

/// The pages for the engines inside httpd, which run as another user than the one who has the cache.
fn install(server: &Server, captures: &[&Capture]) {
    server.write("replay/python/page", b"");
    server.write("replay/gates/none", b"");
    for capture in captures {
        let name = format!("replay/captures/{}.http", capture.name);
        server.write(&name, &capture.file);
    }
}

/// Servers without the module and with it, and what stands behind their proxies.
struct Stand {
    guarded: Pair,
    open: Pair,
    // The last to be stopped.
    _backends: Backends,
}

impl Stand {
    fn start(captures: &[Capture]) -> Stand {
        Stand::start_with(&captures.iter().collect::<Vec<_>>())
    }

    fn start_with(captures: &[&Capture]) -> Stand {
        Stand::start_as(captures, "", |_| {})
    }

    /// With more configuration, and more on the site.
    fn start_as(captures: &[&Capture], extra: &str, prepare: impl Fn(&Server)) -> Stand {
        let prepare = |server: &Server| {
            install(server, captures);
            prepare(server);
        };
        let open = Pair::start(false, extra, prepare);
        let backends = Backends::start(&open.python);
        let guarded = Pair::start(true, extra, |server| {
            prepare(server);
            backends.lend(server);
        });
        Stand {
            guarded,
            open,
            _backends: backends,
        }
    }
}

/// The connections of one client to the four servers.
struct Client {
    open: [Connection; 2],
    guarded: [Connection; 2],
}

impl Client {
    fn new(stand: &Stand) -> Client {
        let of = |pair: &Pair| {
            [&pair.python, &pair.wsgi].map(|server| Connection::new(server.address()))
        };
        Client {
            open: of(&stand.open),
            guarded: of(&stand.guarded),
        }
    }

    fn index(way: &Way) -> usize {
        usize::from(way.engine == Engine::ModWsgi)
    }

    fn open(&mut self, way: &Way) -> &mut Connection {
        &mut self.open[Client::index(way)]
    }

    fn guarded(&mut self, way: &Way) -> &mut Connection {
        &mut self.guarded[Client::index(way)]
    }
}

/// One request of the matrix, for one captured page.
struct Row {
    ways: Ways,
    kind: &'static str,
    query: String,
    /// Fields of the request.
    headers: Vec<(&'static str, String)>,
    /// httpd compresses it, with a boundary wherever a piece of it came.
    deflated: bool,
}

impl Row {
    fn new(ways: Ways, kind: &'static str, query: &str) -> Row {
        Row {
            ways,
            kind,
            query: query.to_owned(),
            headers: Vec::new(),
            deflated: false,
        }
    }

    fn deflated(mut self) -> Row {
        self.query += "&deflate-here";
        self.deflated = true;
        self.with("Accept-Encoding", "gzip")
    }

    /// What the answers of two servers have in common.
    fn body(&self, answer: &Answer) -> Vec<u8> {
        let body = &answer.response.body;
        match answer.response.header("Content-Encoding") {
            Some(_) if self.deflated => decoded(body),
            _ => body.clone(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Row {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn ask(&self, connection: &mut Connection, host: &str, target: &str) -> Answer {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        connection.ask("GET", host, target, &headers)
    }
}

/// By which engines a row is run.
#[derive(Clone, Copy)]
enum Ways {
    All,
    /// By a half of them for each page, the other half for the next.
    Half,
    /// By one for each page and row, by turns.
    One,
    /// By those that hand every piece to httpd themselves, which is fast and exact.
    Inside,
}

impl Ways {
    fn take(self, page: usize, row: usize, way: usize) -> bool {
        let turns = match self {
            Ways::All => 1,
            Ways::Half => 2,
            Ways::One => WAYS.len(),
            Ways::Inside => return matches!(WAYS[way].name, "python" | "embedded"),
        };
        let rare = if WAYS[way].name == "cgi" {
            CGI_THINNED
        } else {
            1
        };
        (page + row + way).is_multiple_of(turns) && ((page + row) / turns).is_multiple_of(rare)
    }
}

/// What went wrong, by kind of row and engine.
#[derive(Default)]
struct Failures(Mutex<BTreeMap<String, Vec<String>>>);

impl Failures {
    fn add(&self, kind: &str, way: &Way, text: String) {
        self.add_any(&format!("{kind} by {}", way.name), text);
    }

    fn add_any(&self, kind: &str, text: String) {
        let kind = kind.to_owned();
        self.0.lock().unwrap().entry(kind).or_default().push(text);
    }

    /// Fails with all the kinds, and a few examples of each.
    fn report(self) {
        let kinds = self.0.into_inner().unwrap();
        let mut lines = Vec::new();
        for (kind, mut texts) in kinds {
            let number = texts.len();
            texts.truncate(PRINTED);
            lines.push(format!("{kind}: {number}\n    {}", texts.join("\n    ")));
        }
        report(&lines);
    }
}

/// Runs every row of every page, on several connections at once; after every few pages, when nobody
/// asks any more, `pause` gets the number of requests so far. Returns their number in the end.
fn run<'a>(
    stand: &Stand,
    captures: &'a [Capture],
    rows: impl Fn(&Capture) -> Vec<Row>,
    one: impl Fn(&mut Client, &'a Capture, &Row, &'static Way) + Sync,
    mut pause: impl FnMut(usize),
) -> usize {
    let mut number = 0;
    let mut skipped = 0;
    for (batch, pages) in captures.chunks(BATCH).enumerate() {
        let mut jobs = Vec::new();
        for (index, capture) in pages.iter().enumerate() {
            for (position, row) in rows(capture).into_iter().enumerate() {
                let row = Arc::new(row);
                for (way_index, way) in WAYS.iter().enumerate() {
                    if row.ways.take(batch * BATCH + index, position, way_index) {
                        jobs.push((capture, row.clone(), way));
                    }
                }
            }
        }
        if Mpm::chosen() != Mpm::Event {
            jobs.retain(|_| {
                skipped += 1;
                skipped % THINNED == 0
            });
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut client = Client::new(stand);
            while let Some((page, row, way)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                one(&mut client, page, row, way);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(work);
            }
        });
        number += jobs.len();
        pause(number);
    }
    number
}

/// The error logs of the servers with the module: how many incidents they have, and what is wrong.
#[derive(Default)]
struct Incidents {
    number: usize,
    wrong: Vec<String>,
}

impl Incidents {
    /// Reads both logs and empties them: they have the text of every page.
    fn read(&mut self, pair: &Pair) {
        for server in [&pair.python, &pair.wsgi] {
            let path = server.path("logs/error_log");
            let text = settled(&path);
            fs::File::options()
                .write(true)
                .open(&path)
                .and_then(|file| file.set_len(0))
                .unwrap();
            self.judge(&text);
        }
    }

    fn judge(&mut self, text: &str) {
        // For each id, how many lines tell the incident and how many are of its text.
        let mut incidents: HashMap<&str, [usize; 2]> = HashMap::new();
        for line in text.lines() {
            // A machine that is busy lets the connections of prefork pile up.
            if line.contains(":notice]") || line.contains("AH00161: server reached") {
                continue;
            }
            let ours = line.contains("[pyguard:") && TAGS.iter().any(|tag| line.contains(tag));
            // `PG004: withheld ... id=X`, and then `PG004: id=X | a line of the text`.
            let quoted = TAGS.iter().find_map(|tag| {
                line.split_once(tag)?
                    .1
                    .strip_prefix("id=")?
                    .split_once(" | ")
            });
            match (quoted, line.rsplit_once(" id=")) {
                (Some((id, _)), _) if ours => incidents.entry(id).or_default()[1] += 1,
                (None, Some((_, id))) if ours => incidents.entry(id).or_default()[0] += 1,
                _ => self.wrong.push(line.to_owned()),
            }
        }
        for (id, [told, quoted]) in incidents {
            self.number += told;
            if told != 1 || quoted == 0 {
                let what = format!("{id}: told {told} times, {quoted} lines of its text");
                self.wrong.push(what);
            }
        }
    }

    fn finish(self, failures: &Failures, expected: usize) {
        for line in self.wrong {
            failures.add_any("unexpected in the log", line);
        }
        if self.number < expected {
            let text = format!("{} incidents of {expected}", self.number);
            failures.add_any("not every incident is in the log", text);
        }
    }
}

/// A log, when nothing is added to it any more.
fn settled(path: &Path) -> String {
    let mut size = 0;
    loop {
        let now = fs::metadata(path).unwrap().len();
        if now == size && size > 0 {
            break;
        }
        size = now;
        std::thread::sleep(Duration::from_millis(50));
        if now == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}

/// The text that nearly every traceback begins with.
const MARKER: &str = "Traceback (most recent call last";

/// Where buffers end.
const EDGES: [usize; 6] = [4095, 8190, 8191, 8192, 16_383, 65_535];

/// Every way to send one page that leaks.
fn leak_rows(page: &Capture) -> Vec<Row> {
    use Ways::{All, Half, Inside, One};
    let mut rows = vec![
        Row::new(All, "whole", ""),
        Row::new(All, "status 500", "status=500"),
        Row::new(All, "status 200", "status=200"),
        Row::new(All, "with its length", "length=1"),
        Row::new(Half, "200 with its length", "status=200&length=1"),
        Row::new(Half, "without a type", "type=none"),
        Row::new(Half, "200 without a type", "status=200&type=none"),
        Row::new(Half, "200 as text", "status=200&type=text/plain"),
        Row::new(Half, "blocks", "pieces=8000"),
        Row::new(Half, "200 blocks", "pieces=8000&status=200"),
        Row::new(Half, "late", "prefix=65536"),
        Row::new(Half, "200 late", "prefix=65536&status=200"),
        Row::new(One, "very late", "prefix=400000"),
        Row::new(
            One,
            "200 late with its length",
            "prefix=65536&status=200&length=1",
        ),
        Row::new(Inside, "sevens", "pieces=7"),
        Row::new(Inside, "200 sevens", "pieces=7&status=200"),
        // httpd's own compression comes after the filter.
        Row::new(Half, "deflated", "").deflated(),
        Row::new(Half, "200 deflated", "status=200").deflated(),
    ];
    let add = |rows: &mut Vec<Row>, ways, kind, query: String| {
        rows.push(Row::new(ways, kind, &query));
    };
    for coding in ["gzip", "deflate", "br"] {
        let query = format!("coding={coding}");
        add(&mut rows, Half, coding, query.clone());
        add(&mut rows, Half, "200 coded", format!("{query}&status=200"));
        add(
            &mut rows,
            One,
            "coded in pieces",
            format!("{query}&pieces=50"),
        );
        add(
            &mut rows,
            One,
            "200 coded in pieces",
            format!("{query}&pieces=100&status=200"),
        );
        add(
            &mut rows,
            One,
            "coded with its length",
            format!("{query}&length=1"),
        );
        add(
            &mut rows,
            One,
            "200 coded with its length",
            format!("{query}&length=1&status=200"),
        );
        add(
            &mut rows,
            One,
            "coded late",
            format!("{query}&prefix=300000&pieces=8000"),
        );
        add(
            &mut rows,
            One,
            "200 coded late",
            format!("{query}&prefix=300000&status=200"),
        );
    }
    // Django's text is a response of its own, and tells the message first: it is recognised where
    // it begins a body, and not behind a page of something else that was sent before.
    let alone = page.body().starts_with(b"ValueError at /");
    rows.retain(|row| !(alone && row.query.contains("prefix=") && row.query != "prefix=65536"));
    let Some(secret) = page.find(SECRET) else {
        // In the head alone.
        return rows;
    };
    let until = secret + 50;
    add(
        &mut rows,
        Inside,
        "bytes",
        format!("pieces=1&until={until}"),
    );
    add(
        &mut rows,
        Inside,
        "200 bytes",
        format!("pieces=1&until={until}&status=200"),
    );
    let (begin, end) = match page.find(MARKER) {
        Some(at) => (at, at + MARKER.len()),
        None => (secret.saturating_sub(64), secret),
    };
    for (kind, from, until) in [
        ("bytes before the secret", secret.saturating_sub(100), until),
        ("bytes of the marker", begin.saturating_sub(20), end + 50),
    ] {
        let query = format!("pieces=1&from={from}&until={until}");
        add(&mut rows, One, kind, query.clone());
        add(&mut rows, Half, kind, format!("{query}&status=200"));
    }
    for edge in EDGES.iter().filter(|_| !alone) {
        // The same place in a later buffer, where the page is too long before it.
        let prefix = (edge + begin.div_ceil(65_536) * 65_536 - begin) % 65_536;
        add(&mut rows, One, "at an edge", format!("prefix={prefix}"));
        add(
            &mut rows,
            One,
            "200 at an edge",
            format!("prefix={prefix}&status=200"),
        );
    }
    // What is held back as a whole may be cut anywhere.
    for at in (begin..=end).step_by(5) {
        add(&mut rows, One, "cut", format!("at={at}"));
    }
    for at in begin..=end {
        add(&mut rows, One, "200 cut", format!("at={at}&status=200"));
    }
    let range = format!("bytes={secret}-{until}");
    rows.push(Row::new(Half, "a range", "status=200&length=1").with("Range", &range));
    rows
}

/// Whether a response tells a secret, in its head, in its body or in what that is when it is unpacked.
fn shows(answer: &Answer) -> bool {
    let Response {
        head, raw, body, ..
    } = &answer.response;
    let has = |bytes: &[u8]| memchr::memmem::find(bytes, SECRET.as_bytes()).is_some();
    has(head) || has(raw) || has(body) || has(&decoded(body))
}

/// Nothing can be put in the place of compressed text of which a part was sent: the connection is
/// closed, without the end that a client would take for the end of the page.
fn is_coded(query: &str) -> bool {
    query.contains("coding=")
}

#[test]
fn pages_that_leak() {
    let pages = captures("leak");
    let stand = Stand::start(&pages);
    let failures = Failures::default();
    let mut incidents = Incidents::default();
    let one = |client: &mut Client, page: &Capture, row: &Row, way: &'static Way| {
        let target = way.target(&format!("file={}&{}", page.name, row.query));
        let fail = |what: &str, answer: &Answer| {
            let text = format!("{target}: {what}: {}", brief(&answer.response));
            failures.add(row.kind, way, text);
        };
        let open = row.ask(client.open(way), STRANGER, &target);
        if !open.whole || !shows(&open) {
            fail("does not leak without the module", &open);
        }
        let had = &open.response;
        // Where pieces end is nothing to a filter that is not there.
        if !matches!(row.ways, Ways::One) {
            let friend = row.ask(client.guarded(way), FRIEND, &target);
            let has = &friend.response;
            let ranges = [had.status, has.status].contains(&206);
            if !friend.whole
                || !ranges && (row.body(&friend) != row.body(&open) || has.status != had.status)
            {
                fail("the developer gets another page", &friend);
            }
        }
        let stranger = row.ask(client.guarded(way), STRANGER, &target);
        let status = stranger.response.status;
        if shows(&stranger) {
            fail("leaks", &stranger);
        } else if !(stranger.whole || is_coded(&row.query) && status < 500) {
            fail("is not whole", &stranger);
        } else if status != had.status && status != 500 && row.kind != "a range" {
            fail("has another status", &stranger);
        }
    };
    let number = run(&stand, &pages, leak_rows, one, |_| {
        incidents.read(&stand.guarded)
    });
    incidents.finish(&failures, number);
    failures.report();
}

/// A range of a page, as a request says it and as Rust does.
const RANGE: (&str, std::ops::Range<usize>) = ("bytes=1-20", 1..21);

/// Every way to send one page that does not.
fn harmless_rows(page: &Capture) -> Vec<Row> {
    use Ways::{All, Half, Inside, One};
    let validators = "length=1&header=ETag:%22x1%22&header=Last-Modified:Mon,%2001%20Jan%202024%2000:00:00%20GMT\
        &header=Content-MD5:Q2hlY2sgSW50ZWdyaXR5IQ==&header=Accept-Ranges:bytes&header=X-One:1&header=X-One:2";
    let mut rows = vec![
        Row::new(All, "whole", ""),
        Row::new(All, "with its length", "length=1"),
        Row::new(Half, "with validators", validators),
        Row::new(Half, "status 500", "status=500"),
        Row::new(Half, "status 200", "status=200"),
        Row::new(Half, "without a type", "type=none"),
        Row::new(Half, "pieces", "pieces=100"),
        Row::new(Half, "500 in pieces", "pieces=100&status=500"),
        Row::new(Inside, "bytes", "pieces=1"),
        Row::new(Half, "late", "prefix=65536"),
        Row::new(Half, "500 late", "prefix=65536&status=500"),
        Row::new(One, "500 very late", "prefix=400000&status=500&pieces=8000"),
        Row::new(Half, "deflated", "").deflated(),
    ];
    if page.body().len() >= RANGE.1.end {
        rows.push(Row::new(Half, "a range", validators).with("Range", RANGE.0));
    }
    for coding in ["gzip", "deflate", "br"] {
        let query = format!("coding={coding}");
        rows.push(Row::new(Half, coding, &query));
        rows.push(Row::new(Half, coding, &format!("{query}&length=1")));
        rows.push(Row::new(One, coding, &format!("{query}&status=500")));
        rows.push(Row::new(One, coding, &format!("{query}&pieces=20")));
        rows.push(Row::new(
            One,
            coding,
            &format!("{query}&prefix=65536&pieces=1000"),
        ));
    }
    rows
}

/// The head and the body of a response, and whether it was whole, but for its date, and for how it was
/// cut into pieces: how long a program takes decides whether httpd knows the length before it sends.
fn meaning(row: &Row, answer: &Answer) -> (Vec<String>, Vec<u8>, bool) {
    let response = &answer.response;
    let head = String::from_utf8_lossy(&response.timeless_head()).into_owned();
    let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
    if !row.query.contains("length=1") {
        lines.retain(|line| {
            !line.starts_with("Transfer-Encoding:") && !line.starts_with("Content-Length:")
        });
    }
    if row.deflated {
        // A body of a few bytes that came as a whole is not worth it.
        lines.retain(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("content-encoding:") && !line.starts_with("vary:")
        });
    }
    lines.sort();
    (lines, row.body(answer), answer.whole)
}

#[test]
fn harmless_pages() {
    let pages = captures("harmless");
    let stand = Stand::start(&pages);
    let failures = Failures::default();
    let mut incidents = Incidents::default();
    let one = |client: &mut Client, page: &Capture, row: &Row, way: &'static Way| {
        let target = way.target(&format!("file={}&{}", page.name, row.query));
        for method in ["GET", "HEAD"] {
            if method == "HEAD" && !matches!(row.ways, Ways::All) {
                continue;
            }
            let headers: Vec<_> = row.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let open = client.open(way).ask(method, STRANGER, &target, &headers);
            let guarded = client.guarded(way).ask(method, STRANGER, &target, &headers);
            let statuses = [open.response.status, guarded.response.status];
            if row.kind == "a range" && matches!(statuses, [200, 206] | [206, 200]) {
                // httpd sends a range only of what has come as a whole, which is a matter of time.
                let range = |answer: &Answer| match answer.response.status {
                    206 => answer.response.body.clone(),
                    _ => answer.response.body[RANGE.1].to_vec(),
                };
                if range(&open) != range(&guarded) {
                    failures.add(row.kind, way, target.clone());
                }
                continue;
            }
            let status = page.status();
            if row.kind == "whole" && open.response.status != status {
                let text = format!("{target}: {}, not {status}", brief(&open.response));
                failures.add("captured status", way, text);
            }
            let (had, has) = (meaning(row, &open), meaning(row, &guarded));
            if had != has {
                let text = format!(
                    "{method} {target}: {:?} {:?} became {:?} {:?}",
                    had.0,
                    brief(&open.response),
                    has.0,
                    brief(&guarded.response)
                );
                failures.add(row.kind, way, text);
            }
        }
    };
    run(&stand, &pages, harmless_rows, one, |_| {
        incidents.read(&stand.guarded)
    });
    assert_eq!(incidents.number, 0, "{:?}", incidents.wrong);
    incidents.finish(&failures, 0);
    failures.report();
}

/// Some pages that leak: one of each application, up to so many.
fn some(pages: &[Capture], most: usize) -> Vec<&Capture> {
    let first: Vec<&Capture> = pages
        .iter()
        .filter(|page| page.name.ends_with("/leak-1"))
        .collect();
    let step = first.len().div_ceil(most).max(1);
    first.into_iter().step_by(step).collect()
}

/// The cuts of the matrix are cuts for httpd: without the module, each piece is a chunk.
#[test]
fn pieces_arrive_as_pieces() {
    let pages = captures("leak");
    let pages = some(&pages, 1);
    let stand = Stand::start_with(&pages);
    let mut client = Client::new(&stand);
    let failures = Failures::default();
    for way in &WAYS {
        for (query, sizes) in [
            ("at=101&at=103", vec![101, 2]),
            ("pieces=1&until=40", vec![1; 39]),
            ("pieces=1&from=333&until=340", vec![333, 1, 1, 1, 1, 1, 1]),
        ] {
            let target = way.target(&format!("file={}&{query}", pages[0].name));
            // A process that has to wait for its turn may put two together again.
            let mut found = Vec::new();
            for _ in 0..10 {
                if !found.starts_with(&sizes) {
                    found = chunks(&client.open(way).get(STRANGER, &target).response.raw);
                }
            }
            if !found.starts_with(&sizes) {
                failures.add(query, way, format!("{found:?}"));
            }
        }
    }
    failures.report();
}

/// The sizes of the chunks of a response.
fn chunks(mut raw: &[u8]) -> Vec<usize> {
    let mut sizes = Vec::new();
    while let Some(end) = raw.windows(2).position(|pair| pair == b"\r\n") {
        let line = String::from_utf8_lossy(&raw[..end]).into_owned();
        let Ok(size) = usize::from_str_radix(&line, 16) else {
            break;
        };
        sizes.push(size);
        raw = raw.get(end + 2 + size + 2..).unwrap_or_default();
    }
    sizes
}

/// A response that is made while it is read: each line is sent only when the line before was seen.
/// A filter that holds a line back stops everything.
#[test]
fn a_stream_is_not_held_back() {
    const LINES: usize = 5;
    let stand = Stand::start(&[]);
    let mut failures = Vec::new();
    for (number, query) in [
        "",
        "&type=text/plain",
        "&type=text/event-stream",
        "&type=application/json",
        "&type=none",
        "&length=1",
        "&coding=gzip",
        "&coding=deflate",
        "&coding=br",
        "&deflate-here",
    ]
    .iter()
    .enumerate()
    {
        for way in &WAYS {
            // There, mod_deflate reads all before it says anything, with the module as without.
            if *query == "&deflate-here" && matches!(way.name, "cgi" | "scgi") {
                continue;
            }
            for (guarded, server) in [(false, stand.open.of(way)), (true, stand.guarded.of(way))] {
                let gate = format!("{}-{number}-{guarded}", way.name);
                let target = way.target(&format!("lines={LINES}&gate={gate}{query}"));
                // What is behind the proxies looks at its own site.
                let runs_in = match way.name {
                    "http" | "fcgi" | "scgi" | "uwsgi" => &stand.open.python,
                    _ => server,
                };
                let gate = runs_in.site(&format!("replay/gates/{gate}"));
                if let Err(what) = stream(server, &target, &gate, LINES) {
                    failures.push(format!("{target}, guarded {guarded}: {what}"));
                }
            }
        }
    }
    report(&failures);
}

/// Reads a response piece by piece, and opens the gate for each.
fn stream(server: &Server, target: &str, gate: &Path, lines: usize) -> Result<(), String> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let patience = Duration::from_secs(5);
    stream.set_read_timeout(Some(patience)).unwrap();
    let headers = [("Accept-Encoding", "gzip")];
    let ask = crate::harness::request("GET", target, STRANGER, &headers, b"");
    stream.write_all(&ask).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    for line in 0..lines {
        let text = format!("Line {line} of the news");
        loop {
            let body = body_so_far(&answer);
            let unpacked = decoded(&body);
            if [&body, &unpacked]
                .iter()
                .any(|body| memchr::memmem::find(body, text.as_bytes()).is_some())
            {
                break;
            }
            match stream.read(&mut buffer) {
                Ok(0) => return Err(format!("ended before line {line}")),
                Ok(read) => answer.extend_from_slice(&buffer[..read]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    fs::write(gate, "x".repeat(lines)).unwrap();
                    return Err(format!("{e} before line {line}, after {body:?}"));
                }
            }
        }
        let mut file = fs::File::options()
            .create(true)
            .append(true)
            .open(gate)
            .unwrap();
        file.write_all(b"x").unwrap();
    }
    stream.read_to_end(&mut answer).map_err(|e| e.to_string())?;
    Ok(())
}

/// The body of a response of which maybe more is to come.
fn body_so_far(answer: &[u8]) -> Vec<u8> {
    Response::parse(answer, false).body
}

/// However long a body is, the memory of httpd's processes is not.
#[test]
fn memory_does_not_grow_with_the_body() {
    const MEGABYTES: usize = 500;
    /// In KiB: what a process loads with its first page. A body that is kept would be much more.
    const MAY_GROW: usize = 12 * 1024;
    let stand = Stand::start(&[]);
    let mut failures = Vec::new();
    for (query, megabytes) in [
        ("", MEGABYTES),
        ("&type=text/plain&length=1", 50),
        ("&status=500", 50),
        ("&coding=gzip", 50),
    ] {
        for way in &WAYS {
            let server = stand.guarded.of(way);
            let read = |megabytes: usize| {
                let begun = Instant::now();
                let target = way.target(&format!("big={megabytes}{query}"));
                let length = drain(server, &target);
                (length, begun.elapsed())
            };
            // Once before, for what is loaded with the first page.
            read(4);
            let before = peaks(server);
            let (length, took) = read(megabytes);
            let after = peaks(server);
            if query != "&coding=gzip" && length < megabytes * 1024 * 1024 {
                failures.push(format!("{} {query}: only {length} bytes", way.name));
            }
            let grown = after
                .iter()
                .map(|(pid, peak)| peak.saturating_sub(*before.get(pid).unwrap_or(peak)))
                .max()
                .unwrap();
            if grown > MAY_GROW {
                failures.push(format!(
                    "{} {query}: grew by {grown} KiB with {megabytes} MB",
                    way.name
                ));
            }
            if took > Duration::from_secs(60) {
                failures.push(format!("{} {query}: took {took:?}", way.name));
            }
        }
    }
    report(&failures);
}

/// Reads a response and forgets it; returns its length.
fn drain(server: &Server, target: &str) -> usize {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let ask = crate::harness::request("GET", target, STRANGER, &[], b"");
    stream.write_all(&ask).unwrap();
    let mut buffer = vec![0; 256 * 1024];
    let mut length = 0;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return length,
            Ok(read) => length += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => panic!("{target}: {e} after {length} bytes"),
        }
    }
}

/// The peak of the resident memory of each child of a server, in KiB.
fn peaks(server: &Server) -> HashMap<u32, usize> {
    let parent = fs::read_to_string(server.path("run/httpd.pid")).unwrap();
    let mut found = HashMap::new();
    for entry in fs::read_dir("/proc").unwrap() {
        let path = entry.unwrap().path();
        let Ok(pid) = path.file_name().unwrap().to_string_lossy().parse() else {
            continue;
        };
        // A process may end meanwhile.
        let status = fs::read_to_string(path.join("status")).unwrap_or_default();
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next().map(str::to_owned)
        };
        if value("PPid:").as_deref() == Some(parent.trim()) {
            let peak = value("VmHWM:").and_then(|peak| peak.parse().ok());
            found.insert(pid, peak.unwrap_or(0));
        }
    }
    assert!(!found.is_empty());
    found
}

/// The request that follows a withheld response on its connection is answered as ever, also where it
/// was sent before the response came.
#[test]
fn the_connection_goes_on() {
    let pages = captures("leak");
    let pages = some(&pages, 8);
    let stand = Stand::start_with(&pages);
    let failures = Failures::default();
    let mut incidents = Incidents::default();
    let mut number = 0;
    let file = fs::read(stand.guarded.python.site("index.html")).unwrap();
    for page in &pages {
        for query in [
            "",
            "&length=1",
            "&status=200",
            "&status=200&length=1",
            "&status=200&length=1&pieces=500",
            "&status=200&length=1&prefix=100000",
            "&status=200&coding=gzip&length=1",
            "&coding=gzip",
            "&prefix=400000",
            "&prefix=400000&length=1",
        ] {
            for way in &WAYS {
                let server = stand.guarded.of(way);
                let target = way.target(&format!("file={}{query}", page.name));
                let fail = |what: &str, answer: &Response| {
                    failures.add(what, way, format!("{target}: {}", brief(answer)));
                };
                let mut connection = Connection::new(server.address());
                let withheld = connection.get(STRANGER, &target);
                if shows(&withheld) {
                    fail("leaks", &withheld.response);
                }
                // When the first bytes of a compressed body come is a matter of time; after them, the
                // connection is closed.
                let breaks = |answer: &Response| is_coded(query) && answer.status < 500;
                if !withheld.whole && breaks(&withheld.response) {
                    continue;
                }
                if !withheld.whole {
                    fail("is not whole", &withheld.response);
                }
                number += 3;
                let told = withheld.response.header("Connection");
                if !connection.is_open() && told.as_deref() != Some("close") {
                    fail("closed without a word", &withheld.response);
                }
                let next = connection.get(STRANGER, "/index.html").response;
                if next.status != 200 || next.body != file {
                    fail("the next is wrong", &next);
                }
                let post = connection.ask(
                    "POST",
                    STRANGER,
                    &target,
                    &[("Content-Type", "text/plain"), ("Content-Length", "0")],
                );
                if shows(&post) || !(post.whole || breaks(&post.response)) {
                    fail("POST leaks or is not whole", &post.response);
                }
                let both = format!(
                    "GET {target} HTTP/1.1\r\nHost: {STRANGER}\r\n\r\n\
                     GET /index.html HTTP/1.1\r\nHost: {STRANGER}\r\nConnection: close\r\n\r\n"
                );
                let both = server.exchange(both.as_bytes());
                let cleanly =
                    both.header("Connection").as_deref() == Some("close") || breaks(&both);
                if both.contains(SECRET) || !both.raw.ends_with(&file) && !cleanly {
                    fail("two at once", &both);
                }
            }
        }
    }
    incidents.read(&stand.guarded);
    incidents.finish(&failures, number);
    failures.report();
}

/// HTTP/1.0, where the end of the connection is the end of the body.
#[test]
fn old_clients() {
    let pages = captures("leak");
    let pages = some(&pages, 8);
    let stand = Stand::start_with(&pages);
    let failures = Failures::default();
    for page in &pages {
        for query in ["", "&status=200", "&status=200&pieces=100", "&length=1"] {
            for way in &WAYS {
                let target = way.target(&format!("file={}{query}", page.name));
                let ask = format!("GET {target} HTTP/1.0\r\nHost: {STRANGER}\r\n\r\n");
                let open = stand.open.of(way).exchange(ask.as_bytes());
                let guarded = stand.guarded.of(way).exchange(ask.as_bytes());
                if !open.contains(SECRET) {
                    failures.add("does not leak without the module", way, brief(&open));
                }
                if guarded.contains(SECRET) {
                    failures.add("leaks", way, format!("{target}: {}", brief(&guarded)));
                }
                let length = guarded.header("Content-Length");
                if length.is_some_and(|length| length != guarded.body.len().to_string()) {
                    failures.add("length", way, format!("{target}: {}", brief(&guarded)));
                }
            }
        }
    }
    failures.report();
}

/// A backend that ends the connection in the middle of its response.
#[test]
fn an_aborted_response() {
    let leaks = captures("leak");
    let harmless = captures("harmless");
    let leaks = some(&leaks, 8);
    let harmless: Vec<&Capture> = harmless
        .iter()
        .filter(|page| page.body().len() > 100)
        .take(8)
        .collect();
    let pages: Vec<&Capture> = leaks.iter().chain(&harmless).copied().collect();
    let stand = Stand::start_with(&pages);
    let way = WAYS.iter().find(|way| way.name == "http").unwrap();
    let mut client = Client::new(&stand);
    let failures = Failures::default();
    let ways_to_send = ["", "&length=1", "&status=200", "&status=200&length=1"];
    for page in &leaks {
        let secret = page.find(SECRET).unwrap_or(0);
        for at in [secret + 40, page.body().len() - 1] {
            for query in ways_to_send {
                let target = way.target(&format!("file={}{query}&broken={at}", page.name));
                let open = client.open(way).get(STRANGER, &target);
                if open.whole || !shows(&open) {
                    let text = format!("{target}: {}", brief(&open.response));
                    failures.add_any("is whole, or does not leak without the module", text);
                }
                let stranger = client.guarded(way).get(STRANGER, &target);
                if shows(&stranger) {
                    failures.add_any("leaks", format!("{target}: {}", brief(&stranger.response)));
                }
            }
        }
    }
    for page in &harmless {
        for query in ways_to_send {
            let target = way.target(&format!("file={}{query}&broken=50", page.name));
            let open = client.open(way).get(STRANGER, &target);
            let stranger = client.guarded(way).get(STRANGER, &target);
            // What is held until its end becomes the error page that the proxy asks for.
            let refused = stranger.response.status == 502;
            if open.whole || stranger.whole && !refused {
                let text = format!("{target}: {}", brief(&stranger.response));
                failures.add_any("is whole", text);
            }
            // The last bytes may be ones of which nobody can say any more what they begin.
            if !refused && !open.response.body.starts_with(&stranger.response.body) {
                let text = format!(
                    "{target}: {} became {}",
                    brief(&open.response),
                    brief(&stranger.response)
                );
                failures.add_any("what came of a harmless page", text);
            }
        }
    }
    failures.report();
}

/// Error text in a header field or a trailer field, and what a HEAD tells.
#[test]
fn heads_and_trailers() {
    const TRACEBACK: &str = "Traceback%20(most%20recent%20call%20last):%20%20%20File%20\
        %22/srv/shop.py%22,%20line%2012,%20in%20order%20ValueError:%20Zx9SecretMessage";
    const EXCEPTION: &str = "ValueError:%20Zx9SecretMessage";
    let pages = captures("leak");
    let harmless = captures("harmless");
    let mut pages = some(&pages, 6);
    let quiet = harmless.iter().find(|page| page.status() == 200).unwrap();
    pages.push(quiet);
    let stand = Stand::start_with(&pages);
    let mut client = Client::new(&stand);
    let failures = Failures::default();
    for page in &pages {
        for query in [
            format!("&header=X-Traceback:{TRACEBACK}"),
            format!("&header=X-Something:{TRACEBACK}&status=200"),
            format!("&header=X-Something:{TRACEBACK}&length=1"),
            format!("&header=X-Something:{TRACEBACK}&type=image/png"),
            format!("&header=X-Something:{EXCEPTION}"),
            format!("&header=X-Something:{EXCEPTION}&status=200"),
            format!("&trailer=X-Traceback:{TRACEBACK}"),
            format!("&trailer=X-Something:{EXCEPTION}"),
        ] {
            for way in &WAYS {
                let trailer = query.contains("trailer=");
                if trailer && way.name != "http" {
                    continue;
                }
                for method in ["GET", "HEAD"] {
                    let target = way.target(&format!("file={}{query}", page.name));
                    let open = client.open(way).ask(method, STRANGER, &target, &[]);
                    if !trailer && !shows(&open) {
                        let text = format!("{target}: {}", brief(&open.response));
                        failures.add("does not leak without the module", way, text);
                    }
                    let guarded = client.guarded(way).ask(method, STRANGER, &target, &[]);
                    // Pictures are not looked at.
                    let picture = query.contains("image/png");
                    let leaks = match picture {
                        true => String::from_utf8_lossy(&guarded.response.head).contains(SECRET),
                        false => shows(&guarded),
                    };
                    if leaks || !guarded.whole {
                        let head = String::from_utf8_lossy(&guarded.response.head).into_owned();
                        let text = format!("{method} {target}: {head}");
                        failures.add("leaks or is not whole", way, text);
                    }
                }
            }
        }
    }
    failures.report();
}

/// Pages that include a page that fails, and an error document that does.
#[test]
fn subrequests() {
    let pages = captures("leak");
    let pages = some(&pages, 8);
    let stand = Stand::start_as(&pages, "", |server| {
        for page in &pages {
            for way in &WAYS {
                for status in ["", "&status=200", "&status=200&pieces=100"] {
                    let target = way.target(&format!("file={}{status}", page.name));
                    let text =
                        format!("<p>before</p><!--#include virtual=\"{target}\" --><p>after</p>");
                    server.write(&included(page, way, status), text.as_bytes());
                }
                let target = way.target(&format!("file={}", page.name));
                let text = format!("ErrorDocument 404 \"{target}\"\n");
                server.write(
                    &format!("{}/.htaccess", missing(page, way)),
                    text.as_bytes(),
                );
            }
        }
    });
    let failures = Failures::default();
    for page in &pages {
        for way in &WAYS {
            for status in ["", "&status=200", "&status=200&pieces=100"] {
                if way.name == "uwsgi" {
                    // mod_proxy_uwsgi answers a subrequest with 502.
                    continue;
                }
                let target = format!("/{}", included(page, way, status));
                let open = ask_as(stand.open.of(way), &target);
                let guarded = ask_as(stand.guarded.of(way), &target);
                let fail = |what: &str, answer: &Response| {
                    failures.add(what, way, format!("{target}: {}", brief(answer)));
                };
                if !open.contains(SECRET) {
                    fail("does not leak without the module", &open);
                }
                if guarded.contains(SECRET) {
                    fail("leaks", &guarded);
                }
                if !guarded.text().starts_with("<p>before</p>")
                    || !guarded.text().ends_with("<p>after</p>")
                {
                    fail("the rest of the page", &guarded);
                }
            }
            let target = format!("/{}/nothing", missing(page, way));
            let open = ask_as(stand.open.of(way), &target);
            let guarded = ask_as(stand.guarded.of(way), &target);
            if !open.contains(SECRET) {
                let text = format!("{target}: {}", brief(&open));
                failures.add("error document does not leak without the module", way, text);
            }
            if guarded.contains(SECRET) {
                let text = format!("{target}: {}", brief(&guarded));
                failures.add("error document leaks", way, text);
            }
        }
    }
    failures.report();
}

fn included(page: &Capture, way: &Way, status: &str) -> String {
    let name = page.name.replace('/', "-");
    let number = status.len();
    format!("replay/pages/{name}-{}-{number}.shtml", way.name)
}

fn missing(page: &Capture, way: &Way) -> String {
    let name = page.name.replace('/', "-");
    format!("replay/missing/{name}-{}", way.name)
}

fn ask_as(server: &Server, target: &str) -> Response {
    server.send("GET", target, &[("Host", STRANGER)])
}

/// The other streams of an HTTP/2 connection on which a response is withheld.
#[test]
fn http2_streams_beside_it() {
    if Mpm::chosen() == Mpm::Prefork {
        // mod_http2 does not work there.
        return;
    }
    let pages = captures("leak");
    let pages = some(&pages, 4);
    let stand = Stand::start_as(&pages, "# modules: http2\nProtocols h2c http/1.1", |_| {});
    let failures = Failures::default();
    for page in &pages {
        for way in &WAYS {
            for query in [
                "",
                "&length=1",
                "&status=200&pieces=500&drip=1",
                "&status=200&length=1&prefix=100000",
                "&coding=gzip&status=200",
            ] {
                let bad = way.target(&format!("file={}{query}", page.name));
                let good = way.target("lines=20&drip=2");
                let targets = [good.as_str(), &bad, "/index.html", &good];
                let ask = |server: &Server| h2::ask(server.address(), STRANGER, &targets);
                let has = |stream: &h2::Stream, text: &str| {
                    let find = |bytes: &[u8]| memchr::memmem::find(bytes, text.as_bytes());
                    find(&stream.body)
                        .or(find(&decoded(&stream.body)))
                        .is_some()
                };
                let open = ask(stand.open.of(way)).unwrap();
                if !has(&open[1], SECRET) {
                    failures.add("does not leak without the module", way, bad.clone());
                }
                let streams = match ask(stand.guarded.of(way)) {
                    Ok(streams) => streams,
                    Err(e) => {
                        failures.add("the connection", way, format!("{bad}: {e}"));
                        continue;
                    }
                };
                if has(&streams[1], SECRET) {
                    failures.add("leaks", way, bad.clone());
                }
                for (index, text) in [(0, "Line 19 of"), (2, "</html>"), (3, "Line 19 of")] {
                    if !streams[index].ended || !has(&streams[index], text) {
                        failures.add("a stream beside it", way, format!("{index}: {bad}"));
                    }
                }
            }
        }
    }
    failures.report();
}
