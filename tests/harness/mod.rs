//! A private httpd for each test: its own directory, port, configuration and error log.
//!
//! The whole life of a test is four lines:
//!
//! ```ignore
//! let mut server = Server::start(&Options { scenario: "names", ..Options::default() });
//! let answer = server.get("/shop/settings.py~");
//! assert_eq!(answer.status, 404);
//! server.expect_log("PG018");
//! ```
//!
//! When the server goes out of scope, it is stopped, and every line of its error log at warn or above
//! that the test did not expect fails the test. Three variables of the environment choose what is run:
//! `PYGUARD_MPM` (event, worker, prefork), `PYGUARD_SO` (the module) and `APXS`; `PYGUARD_KEEP` keeps
//! the directory of every server, as a failure does.
#![allow(
    // Each program that includes the harness uses a part of it.
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_imports,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod backend;
mod http;
mod log;
mod platform;
mod site;

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub use backend::Backends;
pub use http::{Response, request};
pub use platform::{Mpm, Platform, is_root};
pub use site::token;

use log::ErrorLog;

/// How long a server may take to start or to stop, and a response to arrive.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often a server is started again because somebody else was faster to take its port.
const PORT_ATTEMPTS: u32 = 5;

/// What runs Python in a server. mod_wsgi refuses to live beside mod_python.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    ModPython,
    ModWsgi,
    Neither,
}

/// One process, so that a request meets what another one has done to it.
pub const ONE_PROCESS: &str = "
<IfModule !mpm_prefork_module>
    ServerLimit 1
    MaxRequestWorkers 8
    MaxSpareThreads 8
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 1
    MinSpareServers 1
    MaxSpareServers 1
    MaxRequestWorkers 1
</IfModule>
";

/// What a server is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// With mod_pyguard, or as the hazards were found.
    pub guarded: bool,
    pub engine: Engine,
    /// The fragment `httpd-test-conf/<scenario>.conf`; none if empty.
    pub scenario: &'static str,
    /// More configuration, after the scenario.
    pub extra: String,
    /// Listen on `[::1]` too.
    pub ipv6: bool,
    /// Modules that are loaded after Python's, not before it as all others.
    pub after: &'static [&'static str],
    /// More variables of the environment of httpd, or other values of those that it has.
    pub environment: Vec<(String, String)>,
    /// Do not look at the error log in the end.
    pub careless: bool,
    /// Let the module audit the configuration at each start: its findings are in the error log.
    pub audit: bool,
    /// `Listen` and `User` with `Group` where they are not the usual ones.
    pub listen: Option<&'static str>,
    pub identity: Option<&'static str>,
    /// A whole configuration in place of the base, the scenario and `extra`.
    pub whole: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            guarded: true,
            engine: Engine::ModPython,
            scenario: "",
            extra: String::new(),
            ipv6: false,
            after: &[],
            environment: Vec::new(),
            careless: false,
            audit: false,
            listen: None,
            identity: None,
            whole: None,
        }
    }
}

/// Sends exactly these bytes and returns all that came back.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    http::exchange(address, bytes, PATIENCE)
}

/// Where the module should be.
pub fn module_file() -> PathBuf {
    match std::env::var_os("PYGUARD_SO") {
        Some(path) => PathBuf::from(path),
        None => {
            let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into());
            repository().join(target).join("release/libmod_pyguard.so")
        }
    }
}

/// The module as it was built.
pub fn module_path() -> PathBuf {
    let path = module_file();
    assert!(
        path.is_file(),
        "{} does not exist: run `cargo build --release`, or name the module in PYGUARD_SO",
        path.display()
    );
    fs::canonicalize(&path).expect("the path of the module")
}

/// Whether the machine has an IPv6 loopback address.
pub fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fragment(name: &str) -> String {
    let path = repository().join("httpd-test-conf").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The temporary directory of one server.
struct Home {
    path: PathBuf,
}

impl Home {
    fn new(platform: &Platform) -> Home {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let path = loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("pyguard-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match fs::create_dir(&path) {
                Ok(()) => break path,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => panic!("{}: {e}", path.display()),
            }
        };
        let path = fs::canonicalize(path).expect("the path of the server root");
        platform::open_to_all(&path, 0o755);
        for name in ["logs", "run", "conf", "outside"] {
            fs::create_dir(path.join(name)).expect("a directory of the server root");
            platform::open_to_all(&path.join(name), 0o755);
        }
        for name in ["cache", "dav"] {
            fs::create_dir(path.join(name)).expect("a directory of the server root");
            platform.give_to_httpd(&path.join(name));
        }
        site::install(&repository().join("tests/site"), &path.join("htdocs"));
        Home { path }
    }
}

/// A running httpd.
pub struct Server {
    options: Options,
    platform: Platform,
    home: Home,
    port: u16,
    child: Option<Child>,
    log: ErrorLog,
    keep: bool,
}

impl Server {
    /// Starts a server; a failure is a panic that shows what httpd said.
    pub fn start(options: &Options) -> Server {
        Server::start_with(options, |_| {})
    }

    /// As `start`, with the site as `prepare` leaves it.
    pub fn start_with(options: &Options, prepare: impl FnOnce(&Server)) -> Server {
        match Server::try_start_with(options, prepare) {
            Ok(server) => server,
            Err(message) => panic!("{message}"),
        }
    }

    pub fn try_start(options: &Options) -> Result<Server, String> {
        Server::try_start_with(options, |_| {})
    }

    pub fn try_start_with(
        options: &Options,
        prepare: impl FnOnce(&Server),
    ) -> Result<Server, String> {
        let platform = Platform::find();
        let home = Home::new(&platform);
        let log = ErrorLog::new(home.path.join("logs/error_log"));
        let mut server = Server {
            options: options.clone(),
            platform,
            home,
            port: 0,
            child: None,
            log,
            keep: std::env::var_os("PYGUARD_KEEP").is_some(),
        };
        prepare(&server);
        for attempt in 1.. {
            server.port = free_port();
            match server.launch() {
                Ok(()) => break,
                Err(said) if attempt < PORT_ATTEMPTS && said.contains("could not bind") => {
                    fs::remove_file(server.log.path()).ok();
                }
                Err(said) => {
                    server.keep = true;
                    server.options.careless = true;
                    return Err(said);
                }
            }
        }
        Ok(server)
    }

    /// Stops the server, if it runs, and starts it with other options on the same port, directory and logs.
    pub fn start_again(&mut self, options: &Options) {
        if let Err(said) = self.try_again(options) {
            panic!("{said}");
        }
    }

    /// As `start_again`; the error is what httpd said.
    pub fn try_again(&mut self, options: &Options) -> Result<(), String> {
        self.stop();
        self.options = options.clone();
        self.launch()
    }

    /// Writes the configuration anew, as an administrator does before a graceful restart.
    pub fn configure(&mut self, options: &Options) {
        self.options = options.clone();
        self.write_configuration();
    }

    /// A graceful restart; returns when the new generation has taken over.
    pub fn graceful(&mut self) {
        let before = self.log.count("resuming normal operations");
        self.signal("USR1");
        let deadline = Instant::now() + PATIENCE;
        while self.log.count("resuming normal operations") == before {
            if !self.alive() || Instant::now() > deadline {
                panic!("no graceful restart:\n{}", self.log.everything());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn launch(&mut self) -> Result<(), String> {
        self.write_configuration();
        let before = self.log.count("resuming normal operations");
        let stderr = fs::File::create(self.path("logs/stderr")).expect("a file for stderr");
        let child = self
            .platform
            .httpd(&self.home.path, &self.configuration())
            .envs(self.environment())
            .arg("-DFOREGROUND")
            // prefork ends its whole process group, which would be the test's.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .map_err(|e| format!("cannot start httpd: {e}"))?;
        self.child = Some(child);
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Only the log tells this server from another one that took the port a moment earlier.
            if self.log.count("resuming normal operations") > before
                && TcpStream::connect(self.address()).is_ok()
            {
                return Ok(());
            }
            if !self.alive() {
                self.child = None;
                return Err(format!("httpd ended at its start:\n{}", self.said()));
            }
            if Instant::now() > deadline {
                self.stop();
                return Err(format!("httpd was not ready in time:\n{}", self.said()));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// `httpd -t` with these arguments more, on the configuration of this server.
    pub fn test_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.platform.httpd(&self.home.path, &self.configuration());
        command
            .envs(self.environment())
            .arg("-t")
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    fn environment(&self) -> Vec<(&str, String)> {
        let given = self.options.environment.iter();
        given
            .map(|(name, value)| (name.as_str(), self.fill_in(value)))
            .collect()
    }

    fn said(&self) -> String {
        let stderr = fs::read(self.path("logs/stderr")).unwrap_or_default();
        let stderr = String::from_utf8_lossy(&stderr);
        format!("{stderr}{}", self.log.everything())
    }

    fn alive(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => false,
        }
    }

    fn configuration(&self) -> PathBuf {
        self.path("conf/httpd.conf")
    }

    fn write_configuration(&self) {
        let module = self.path("conf/mod_pyguard.so");
        if self.options.guarded && !module.exists() {
            // A build that goes on meanwhile must not change what a restart loads.
            let built = module_path();
            fs::hard_link(&built, &module)
                .or_else(|_| fs::copy(&built, &module).map(drop))
                .unwrap_or_else(|e| panic!("{}: {e}", module.display()));
        }
        let text = self.platform.configuration(&self.options);
        let text = self.fill_in(&text);
        fs::write(self.configuration(), text).expect("httpd.conf");
    }

    /// Puts the server's own values in the place of `@ROOT@`, `@SITE@`, `@PORT@` and `@HOST@`.
    pub fn fill_in(&self, text: &str) -> String {
        let root = self.home.path.display().to_string();
        text.replace("@SITE@", &format!("{root}/htdocs"))
            .replace("@ROOT@", &root)
            .replace("@PORT@", &self.port.to_string())
            .replace("@HOST@", &self.host())
    }

    // What a test asks.

    /// A file or directory below the server root.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.home.path.join(relative)
    }

    /// A file or directory of the site.
    pub fn site(&self, relative: &str) -> PathBuf {
        self.home.path.join("htdocs").join(relative)
    }

    /// Writes a file of the site, with its directories.
    pub fn write(&self, relative: &str, content: &[u8]) {
        site::write(&self.site(relative), content);
    }

    /// Gives a file or directory below the server root this mode.
    pub fn chmod(&self, relative: &str, mode: u32) {
        platform::open_to_all(&self.path(relative), mode);
    }

    /// Lets httpd write to a directory of the site.
    pub fn give_to_httpd(&self, relative: &str) {
        self.platform.give_to_httpd(&self.site(relative));
    }

    /// Lets httpd read a file of the site that others may not.
    pub fn give_to_group_of_httpd(&self, relative: &str) {
        self.platform.give_to_group_of_httpd(&self.site(relative));
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// `127.0.0.1:port`.
    pub fn host(&self) -> String {
        self.address().to_string()
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The address on `[::1]`, for a server with `ipv6`.
    pub fn address6(&self) -> SocketAddr {
        SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, self.port))
    }

    pub fn mpm(&self) -> Mpm {
        self.platform.mpm
    }

    pub fn get(&self, target: &str) -> Response {
        self.send("GET", target, &[])
    }

    pub fn send(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Response {
        let bytes = request(method, target, &self.host(), headers, b"");
        self.exchange(&bytes)
    }

    /// Sends exactly these bytes and reads until the server closes the connection.
    pub fn exchange(&self, bytes: &[u8]) -> Response {
        self.exchange_at(self.address(), bytes)
    }

    pub fn exchange_at(&self, address: SocketAddr, bytes: &[u8]) -> Response {
        match http::exchange(address, bytes, PATIENCE) {
            Ok(answer) => Response::parse(&answer, bytes.starts_with(b"HEAD ")),
            Err(e) => panic!(
                "{e} after {:?}\n{}",
                String::from_utf8_lossy(bytes),
                self.log.everything()
            ),
        }
    }

    /// HTTP/2 without TLS, by the `curl` command.
    pub fn get_http2(&self, target: &str) -> Response {
        match http::curl_http2(self.address(), target, PATIENCE) {
            Ok(answer) => Response::parse(&answer, false),
            Err(e) => panic!("HTTP/2 {target}: {e}\n{}", self.log.everything()),
        }
    }

    // The error log.

    /// The lines at warn or above that came since the last call, from now on no longer unexpected.
    pub fn take_log(&mut self) -> Vec<String> {
        self.log.take()
    }

    /// Takes the lines that contain `text` out of the log, and panics where there is none.
    pub fn expect_log(&mut self, text: &str) -> Vec<String> {
        let found = self.log.take_matching(text);
        assert!(
            !found.is_empty(),
            "no line of the error log contains {text:?}:\n{}",
            self.log.everything()
        );
        found
    }

    /// Takes the lines that contain `text` out of the log, if there are any.
    pub fn allow_log(&mut self, text: &str) -> Vec<String> {
        self.log.take_matching(text)
    }

    /// The whole error log, whatever the level.
    pub fn whole_log(&self) -> String {
        self.log.everything()
    }

    /// The access log.
    pub fn access_log(&self) -> String {
        let bytes = fs::read(self.path("logs/access_log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    // The end.

    /// Stops httpd; what it wrote stays.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        if matches!(child.try_wait(), Ok(None)) {
            signal(child.id(), "TERM");
        }
        let deadline = Instant::now() + PATIENCE;
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                self.keep = true;
                eprintln!("httpd {} does not stop, killed", child.id());
                child.kill().ok();
                child.wait().ok();
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops httpd and fails on a line of the error log that nobody expected.
    pub fn finish(self) {
        drop(self);
    }

    /// Lets httpd run when this program ends, and returns its process and its directory.
    pub fn leave_running(mut self) -> (u32, PathBuf) {
        self.keep = true;
        self.options.careless = true;
        let pid = self.child.take().map_or(0, |child| child.id());
        (pid, self.home.path.clone())
    }

    fn signal(&self, name: &str) {
        if let Some(child) = &self.child {
            signal(child.id(), name);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        let failed_before = thread::panicking();
        let unexpected = if self.options.careless || failed_before {
            Vec::new()
        } else {
            self.log.take()
        };
        let failed = failed_before || !unexpected.is_empty();
        if self.keep || failed {
            eprintln!("kept: {}", self.home.path.display());
        } else if let Err(e) = fs::remove_dir_all(&self.home.path) {
            eprintln!("{}: {e}", self.home.path.display());
        }
        if !unexpected.is_empty() {
            panic!(
                "unexpected lines in the error log:\n{}",
                unexpected.join("\n")
            );
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its number").port()
}

fn signal(pid: u32, name: &str) {
    // The shell has a kill of its own; the program is not on every machine.
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .status();
    if !matches!(sent, Ok(status) if status.success()) {
        eprintln!("kill -{name} {pid}: {sent:?}");
    }
}

/// `httpd -t` on the base configuration and `options`: whether it was content, and all that it said.
pub fn config_test(options: &Options) -> (bool, String) {
    let tested = test_with(options, &[], &[], |_| {});
    (
        tested.ok,
        format!("{}{}{}", tested.stdout, tested.stderr, tested.log),
    )
}

/// What `httpd -t` did.
#[derive(Debug)]
pub struct Tested {
    pub ok: bool,
    /// The exit status.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The error log.
    pub log: String,
    /// Its configuration.
    pub configuration: String,
    /// What stood for `@ROOT@`.
    pub root: String,
}

/// `httpd -t` with more arguments, on the site as `prepare` leaves it; `through` is a command, with
/// its arguments, that runs httpd, if there is one.
pub fn test_with(
    options: &Options,
    arguments: &[&str],
    through: &[&str],
    prepare: impl FnOnce(&Server),
) -> Tested {
    let platform = Platform::find();
    let home = Home::new(&platform);
    let log = ErrorLog::new(home.path.join("logs/error_log"));
    let server = Server {
        options: Options {
            careless: true,
            ..options.clone()
        },
        platform,
        home,
        port: 1,
        child: None,
        log,
        keep: std::env::var_os("PYGUARD_KEEP").is_some(),
    };
    prepare(&server);
    server.write_configuration();
    let httpd = server.test_command(arguments);
    let mut command = match through {
        [] => httpd,
        [program, rest @ ..] => {
            let mut command = Command::new(program);
            command.args(rest).arg(httpd.get_program());
            command.args(httpd.get_args()).env_clear();
            for (name, value) in httpd.get_envs() {
                command.env(name, value.unwrap_or_default());
            }
            command
        }
    };
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{:?}: {e}", command.get_program()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Tested {
        ok: output.status.success(),
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        log: server.log.everything(),
        configuration: fs::read_to_string(server.configuration()).expect("httpd.conf"),
        root: server.home.path.display().to_string(),
    }
}

/// A configuration that httpd must refuse.
pub struct BadConfiguration {
    pub name: String,
    /// What the message must contain.
    pub expected: Vec<String>,
    pub text: String,
}

/// Every `httpd-test-conf/bad-*.conf`; each leading line `# expect: ...` is a part of the message.
pub fn bad_configurations() -> Vec<BadConfiguration> {
    let directory = repository().join("httpd-test-conf");
    let mut found = Vec::new();
    for entry in fs::read_dir(&directory).expect("httpd-test-conf") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy().into_owned();
        if !name.starts_with("bad-") || !name.ends_with(".conf") {
            continue;
        }
        let text = fragment(&name);
        let expected: Vec<String> = text
            .lines()
            .map_while(|line| line.strip_prefix("# expect: "))
            .map(str::to_owned)
            .collect();
        assert!(!expected.is_empty(), "{name} begins without `# expect: `");
        found.push(BadConfiguration {
            name,
            expected,
            text,
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}
