//! What stands behind mod_proxy: `tests/site/replay/replay.py` as an HTTP/1.1 server of its own, and
//! as a WSGI application under uWSGI, which speaks FastCGI, SCGI and its own protocol.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::platform::open_to_all;
use super::{PATIENCE, Server, signal};

/// The program of uWSGI and its plugin, as Debian names them.
const UWSGI: &str = "uwsgi_python3";

/// As httpd has it: another Python that is first on PATH would not have the same modules.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Two processes that listen on sockets in `run/backends` below the root of a server.
pub struct Backends {
    directory: PathBuf,
    children: Vec<Child>,
}

impl Backends {
    /// Starts them with the pages that the site of this server has.
    pub fn start(server: &Server) -> Backends {
        let program = server.site("replay/replay.py");
        let directory = server.path("run/backends");
        std::fs::create_dir(&directory).expect("a directory for the sockets");
        open_to_all(&directory, 0o755);
        let mut backends = Backends {
            directory: directory.clone(),
            children: Vec::new(),
        };
        let log = |name: &str| File::create(server.path(&format!("logs/{name}"))).expect("a log");
        let mut http = command(&program, log("backend"));
        http.arg(directory.join("http.sock"));
        backends.spawn(http);
        let mut uwsgi = command(Path::new(UWSGI), log("uwsgi"));
        for (option, socket) in [
            ("--fastcgi-socket", "fcgi.sock"),
            ("--scgi-socket", "scgi.sock"),
            ("--uwsgi-socket", "uwsgi.sock"),
        ] {
            uwsgi.arg(option).arg(directory.join(socket));
        }
        uwsgi
            .arg("--wsgi-file")
            .arg(&program)
            .args(["--threads", "8", "--listen", "64", "--buffer-size", "16384"])
            .args(["--chmod-socket=666", "--need-app", "--die-on-term"])
            .arg("--disable-logging");
        backends.spawn(uwsgi);
        backends.wait(server);
        backends
    }

    fn spawn(&mut self, mut command: Command) {
        let child = command.spawn().unwrap_or_else(|e| {
            panic!(
                "{}: {e} (Debian: uwsgi-core, uwsgi-plugin-python3)",
                command.get_program().display()
            )
        });
        self.children.push(child);
    }

    fn wait(&mut self, server: &Server) {
        let deadline = Instant::now() + PATIENCE;
        for name in ["http", "fcgi", "scgi", "uwsgi"] {
            let socket = self.directory.join(format!("{name}.sock"));
            while std::os::unix::net::UnixStream::connect(&socket).is_err() {
                let ended = |child: &mut Child| !matches!(child.try_wait(), Ok(None));
                if self.children.iter_mut().any(ended) || Instant::now() > deadline {
                    let said = ["logs/backend", "logs/uwsgi"]
                        .map(|log| std::fs::read_to_string(server.path(log)).unwrap_or_default());
                    panic!("no backend listens on {name}.sock:\n{}", said.concat());
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// Lets another server, before its start, use them too.
    pub fn lend(&self, server: &Server) {
        std::os::unix::fs::symlink(&self.directory, server.path("run/backends"))
            .expect("a link to the sockets");
    }
}

impl Drop for Backends {
    fn drop(&mut self) {
        for child in &mut self.children {
            if matches!(child.try_wait(), Ok(None)) {
                signal(child.id(), "TERM");
            }
        }
        for child in &mut self.children {
            let deadline = Instant::now() + PATIENCE;
            while matches!(child.try_wait(), Ok(None)) {
                if Instant::now() > deadline {
                    child.kill().ok();
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// Clean as the environment of httpd is.
fn command(program: &Path, log: File) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", PATH)
        .env("LANG", "C")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log"))
        .stderr(log);
    command
}
