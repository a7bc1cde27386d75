//! `make cost`: what the module adds to a request, in instructions.
//!
//! httpd runs as one process under valgrind, and serves a short and a long run of requests over one
//! connection. What the long run needs more, divided by the number of requests more, is the cost of
//! one; start and end cancel out. Unlike a time, that number is the same tomorrow.
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
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use harness::{Mpm, Platform};

/// The two lengths of a run.
const SHORT: u64 = 200;
const LONG: u64 = 2200;

/// How often everything is measured, each time in a directory whose name is some bytes longer: where
/// the strings of a request lie in memory decides how many steps it takes to copy and to compare them.
const ROUNDS: usize = 4;

/// The goal: how many instructions the module may add to a static file.
const GOAL: u32 = 350;

/// How long httpd may take to start, to answer and to stop, at a fiftieth of its speed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What every configuration has.
const MODULES: [&str; 7] = [
    "mpm_prefork",
    "unixd",
    "log_config",
    "authz_core",
    "alias",
    "mime",
    "dir",
];

const BASE: &str = r#"
ServerRoot "@ROOT@"
ServerName 127.0.0.1
Listen 127.0.0.1:@PORT@
DefaultRuntimeDir "@ROOT@"
PidFile "@ROOT@/pid"
Mutex "file:@ROOT@" default
@MODULES@
LogLevel warn
ErrorLog "@ROOT@/error_log"
CustomLog "@ROOT@/access_log" "%h %l %u %t \"%r\" %>s %b"
TypesConfig /dev/null
AddType text/html .html
DocumentRoot "@ROOT@/www"
<Directory />
    AllowOverride None
    Require all denied
</Directory>
<Directory "@ROOT@/www">
    Require all granted
</Directory>
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
@MORE@
"#;

/// What one does without the module: the names that the security notes tell to deny.
const FILES_MATCH: &str = r##"
<FilesMatch "\.(py|pyc|pyo|psp|bak|orig|swp|log|sql|ini|conf)$|~$|^#|^\.">
    Require all denied
</FilesMatch>
"##;

const MOD_PYTHON: &str = "PythonOption mod_python.mutex_directory \"@ROOT@\"\n";

/// One line of the table.
struct Setup {
    name: &'static str,
    /// Modules beside those that every configuration has.
    modules: &'static [&'static str],
    more: &'static str,
    /// The status of the file that is to be denied; 0 where that is not measured.
    denied: u16,
    /// The line that this one is compared with.
    plain: usize,
}

const SETUPS: [Setup; 5] = [
    Setup {
        name: "httpd",
        modules: &[],
        more: "",
        denied: 200,
        plain: 0,
    },
    Setup {
        name: "httpd, FilesMatch",
        modules: &[],
        more: FILES_MATCH,
        denied: 403,
        plain: 0,
    },
    Setup {
        name: "httpd, mod_pyguard",
        modules: &["pyguard"],
        more: "",
        denied: 404,
        plain: 0,
    },
    Setup {
        name: "httpd, mod_python",
        modules: &["python"],
        more: MOD_PYTHON,
        denied: 0,
        plain: 3,
    },
    Setup {
        name: "httpd, mod_python, mod_pyguard",
        modules: &["python", "pyguard"],
        more: MOD_PYTHON,
        denied: 0,
        plain: 3,
    },
];

/// The line that the goal is about.
const GUARDED: usize = 2;

const STATIC: &str = "/page.html";
const DENIED: &str = "/settings.py~";

/// The temporary directory of the measurements.
struct Home {
    path: PathBuf,
}

impl Home {
    fn new(round: usize) -> io::Result<Home> {
        // As long as the path of a real site, and of one length whatever the process.
        let name = format!("cost-{:07}{}", std::process::id(), "x".repeat(3 * round));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)?;
        let home = Home {
            path: fs::canonicalize(path)?,
        };
        let site = home.path.join("www");
        fs::create_dir(&site)?;
        for directory in [&home.path, &site] {
            fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
        }
        for target in [STATIC, DENIED] {
            let file = site.join(target.trim_start_matches('/'));
            fs::write(&file, [b'x'; 1024])?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644))?;
        }
        Ok(home)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(e) = fs::remove_dir_all(&self.path) {
            eprintln!("{}: {e}", self.path.display());
        }
    }
}

/// httpd as one process under valgrind.
struct Counted<'a> {
    child: Child,
    address: SocketAddr,
    home: &'a Home,
}

impl<'a> Counted<'a> {
    fn start(home: &'a Home, platform: &Platform, setup: &Setup) -> Result<Counted<'a>, String> {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|e| format!("no free port: {e}"))?
            .port();
        let mut modules: String = MODULES.map(|name| platform.load(name, "")).concat();
        for name in setup.modules {
            let file = match *name {
                "pyguard" => harness::module_path().display().to_string(),
                _ => String::new(),
            };
            modules += &platform.load(name, &file);
        }
        let text = BASE
            .replace("@MODULES@", &(modules + &platform.identity()))
            .replace("@MORE@", setup.more)
            .replace("@PORT@", &port.to_string())
            .replace("@ROOT@", &home.path.display().to_string());
        let configuration = home.file("httpd.conf");
        fs::write(&configuration, text).map_err(|e| format!("httpd.conf: {e}"))?;

        let stderr = fs::File::create(home.file("stderr")).map_err(|e| format!("stderr: {e}"))?;
        let httpd = platform.httpd(&home.path, &configuration);
        let child = Command::new("valgrind")
            // The profile could not be written by the user that httpd becomes, and is not wanted.
            .args([
                "--tool=callgrind",
                "--callgrind-out-file=/dev/null",
                "--vgdb=no",
            ])
            .arg(httpd.get_program())
            .args(httpd.get_args())
            .arg("-X")
            .env_clear()
            .envs(
                httpd
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            // Or the order of Python's sets would differ from one start to the next.
            .env("PYTHONHASHSEED", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .map_err(|e| format!("valgrind: {e} (Debian, Fedora: package valgrind)"))?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Ok(Counted {
            child,
            address,
            home,
        })
    }

    /// The first connection that httpd takes; it is the only one that a run needs.
    fn connect(&mut self) -> Result<TcpStream, String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok(stream) = TcpStream::connect(self.address) {
                return Ok(stream);
            }
            if !matches!(self.child.try_wait(), Ok(None)) || Instant::now() > deadline {
                return Err(format!("httpd does not start:\n{}", self.said()));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops httpd, and returns the number of instructions that it took.
    fn stop(&mut self) -> Result<u64, String> {
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                return Err("httpd does not stop".to_owned());
            }
            self.terminate();
            let again = Instant::now() + Duration::from_secs(1);
            while Instant::now() < again && matches!(self.child.try_wait(), Ok(None)) {
                thread::sleep(Duration::from_millis(5));
            }
        }
        collected(&self.said()).ok_or_else(|| format!("valgrind has no result:\n{}", self.said()))
    }

    /// More than once where httpd was between looking for the signal and waiting for a connection.
    fn terminate(&self) {
        let pid = self.child.id().to_string();
        let kill = format!("kill -TERM {pid}");
        Command::new("sh").args(["-c", &kill]).status().ok();
    }

    fn said(&self) -> String {
        let read = |name| fs::read(self.home.file(name)).unwrap_or_default();
        let bytes = [read("stderr"), read("error_log")].concat();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        // What is left of the log would be the beginning of the next one.
        for name in ["error_log", "access_log", "pid"] {
            fs::remove_file(self.home.file(name)).ok();
        }
    }
}

/// The number in valgrind's line `==123== Collected : 456`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find(|line| line.contains("Collected : "))?;
    line.rsplit(' ').next()?.replace(',', "").parse().ok()
}

/// Asks for one target again and again, over one connection.
fn ask(stream: TcpStream, target: &str, count: u64, expected: u16) -> Result<(), String> {
    let fail = |e: io::Error| format!("{target}: {e}");
    stream.set_nodelay(true).map_err(fail)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(fail)?;
    let mut reader = BufReader::new(stream);
    let request = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    for _ in 0..count {
        reader
            .get_mut()
            .write_all(request.as_bytes())
            .map_err(fail)?;
        let status = read_response(&mut reader).map_err(fail)?;
        if status != expected {
            return Err(format!(
                "{target} is answered with {status}, not with {expected}"
            ));
        }
    }
    Ok(())
}

/// Reads one response with a Content-Length, and returns its status.
fn read_response(reader: &mut impl BufRead) -> io::Result<u16> {
    let mut status = 0;
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        if let Some(rest) = text.strip_prefix("HTTP/1.1 ") {
            status = rest
                .get(..3)
                .and_then(|word| word.parse().ok())
                .unwrap_or(0);
        }
        if let Some(rest) = text.strip_prefix("Content-Length: ") {
            length = rest.parse().unwrap_or(0);
        }
    }
    io::copy(&mut reader.take(length), &mut io::sink())?;
    Ok(status)
}

/// The instructions of a whole run.
fn run(
    home: &Home,
    platform: &Platform,
    setup: &Setup,
    (target, status): (&str, u16),
    count: u64,
) -> Result<u64, String> {
    let mut server = Counted::start(home, platform, setup)?;
    let stream = server.connect()?;
    ask(stream, target, count, status)
        .map_err(|said| format!("{}: {said}\n{}", setup.name, server.said()))?;
    server.stop()
}

/// The instructions of one request.
fn per_request(
    home: &Home,
    platform: &Platform,
    setup: &Setup,
    asked: (&str, u16),
) -> Result<u64, String> {
    let short = run(home, platform, setup, asked, SHORT)?;
    let long = run(home, platform, setup, asked, LONG)?;
    let more = long
        .checked_sub(short)
        .ok_or("a long run costs less than a short one")?;
    Ok(more / (LONG - SHORT))
}

/// What one request costs in each round.
type Cost = [u64; ROUNDS];

/// A line of the table: the static file, and the one that is to be denied.
#[derive(Clone, Copy, Default)]
struct Measured {
    allowed: Cost,
    denied: Cost,
}

fn measure(platform: &Platform) -> Result<[Measured; SETUPS.len()], String> {
    let mut lines = [Measured::default(); SETUPS.len()];
    for round in 0..ROUNDS {
        eprintln!("round {} of {ROUNDS}", round + 1);
        let home = Home::new(round).map_err(|e| format!("a temporary directory: {e}"))?;
        for (setup, line) in SETUPS.iter().zip(&mut lines) {
            line.allowed[round] = per_request(&home, platform, setup, (STATIC, 200))?;
            if setup.denied != 0 {
                line.denied[round] = per_request(&home, platform, setup, (DENIED, setup.denied))?;
            }
        }
    }
    Ok(lines)
}

fn mean(cost: &Cost) -> u64 {
    cost.iter().sum::<u64>() / ROUNDS as u64
}

/// How much more a configuration costs than the plain one, round by round.
fn more(cost: &Cost, plain: &Cost) -> [i64; ROUNDS] {
    std::array::from_fn(|round| cost[round] as i64 - plain[round] as i64)
}

/// Three numbers of a difference: the mean, the least and the most.
fn summary(more: [i64; ROUNDS]) -> String {
    let mean = more.iter().sum::<i64>() / ROUNDS as i64;
    let least = more.iter().min().unwrap_or(&mean);
    let most = more.iter().max().unwrap_or(&mean);
    format!("{mean} ({least} to {most})")
}

/// A number with its thousands apart.
fn thousands(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1000), number % 1000),
    }
}

fn print_table(lines: &[Measured]) {
    println!(
        "{:32}{:>11}  {:24}{:>19}  more",
        "configuration", "static 1 KB", "more", DENIED
    );
    for (number, (setup, line)) in SETUPS.iter().zip(lines).enumerate() {
        let plain = &lines[setup.plain];
        let more = |cost: &Cost, plain: &Cost| match setup.plain == number {
            true => String::new(),
            false => summary(more(cost, plain)),
        };
        let allowed = thousands(mean(&line.allowed));
        let mut text = format!(
            "{:32}{allowed:>11}  {:24}",
            setup.name,
            more(&line.allowed, &plain.allowed)
        );
        if setup.denied != 0 {
            let denied = format!("{}, {}", setup.denied, thousands(mean(&line.denied)));
            text += &format!("{denied:>19}  {}", more(&line.denied, &plain.denied));
        }
        println!("{}", text.trim_end());
    }
}

fn main() -> ExitCode {
    let module = harness::module_file();
    if !module.is_file() {
        eprintln!(
            "cost: {} does not exist: run `make build`",
            module.display()
        );
        return ExitCode::FAILURE;
    }
    let mut platform = Platform::find();
    platform.mpm = Mpm::Prefork;
    let lines = match measure(&platform) {
        Ok(lines) => lines,
        Err(said) => {
            eprintln!("cost: {said}");
            return ExitCode::FAILURE;
        }
    };
    println!(
        "Instructions a request, counted by callgrind: what {LONG} requests take beyond {SHORT}.\n"
    );
    print_table(&lines);
    println!("\n{NOTES}\n");
    let more = more(&lines[GUARDED].allowed, &lines[0].allowed);
    println!(
        "goal: under {GOAL} more on the static file: {}",
        summary(more)
    );
    ExitCode::SUCCESS
}

const NOTES: &str = "\
Every request includes its line in the access log, and a denied one (with its status before the number)
its line in the error log. Means of four rounds, and in brackets the least and the most of them; the
rounds differ in the length of a path. Each number repeats to within a few instructions.";
