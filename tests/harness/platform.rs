//! What differs between machines: where httpd is, which modules it has inside, under which user it runs.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{Engine, Options, fragment, has_ipv6};

/// Users that distributions give to httpd.
const USERS: &[&str] = &["www-data", "apache", "http", "_apache", "daemon", "nobody"];

/// What the base configuration needs; a scenario asks for more in its line `# modules: ...`.
const MODULES: &[&str] = &[
    "log_config",
    "unixd",
    "authn_core",
    "authz_core",
    "authz_host",
    "alias",
    "mime",
    "dir",
    "autoindex",
    "env",
    "setenvif",
];

/// The environment of httpd. Another Python that is first on PATH would change the embedded one.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mpm {
    Event,
    Worker,
    Prefork,
}

impl Mpm {
    /// The one that `PYGUARD_MPM` names.
    pub fn chosen() -> Mpm {
        match std::env::var("PYGUARD_MPM").as_deref() {
            Ok("event") | Err(_) => Mpm::Event,
            Ok("worker") => Mpm::Worker,
            Ok("prefork") => Mpm::Prefork,
            Ok(other) => panic!("PYGUARD_MPM is {other:?}, not event, worker or prefork"),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Mpm::Event => "event",
            Mpm::Worker => "worker",
            Mpm::Prefork => "prefork",
        }
    }

    pub fn threaded(self) -> bool {
        self != Mpm::Prefork
    }
}

/// What was found once, for every server of this program.
struct Installation {
    httpd: PathBuf,
    modules: PathBuf,
    built_in: Vec<String>,
    mime_types: PathBuf,
    owner: Option<Owner>,
}

#[derive(Clone)]
struct Owner {
    user: String,
    group: String,
    uid: u32,
    gid: u32,
}

pub struct Platform {
    installation: &'static Installation,
    pub mpm: Mpm,
}

impl Platform {
    pub fn find() -> Platform {
        static FOUND: OnceLock<Installation> = OnceLock::new();
        Platform {
            installation: FOUND.get_or_init(Installation::find),
            mpm: Mpm::chosen(),
        }
    }

    pub fn httpd(&self, root: &Path, configuration: &Path) -> Command {
        let mut command = Command::new(&self.installation.httpd);
        command
            .env_clear()
            .env("PATH", PATH)
            .env("LANG", "C")
            .arg("-d")
            .arg(root)
            .arg("-f")
            .arg(configuration);
        command
    }

    /// The base configuration and the scenario, without the values that only the server knows.
    pub fn configuration(&self, options: &Options) -> String {
        if let Some(whole) = &options.whole {
            return self.translated(whole);
        }
        let scenario = match options.scenario {
            "" => String::new(),
            name => fragment(&format!("{name}.conf")),
        };
        let asked = scenario
            .lines()
            .chain(options.extra.lines())
            .filter_map(|line| line.strip_prefix("# modules: "))
            .flat_map(str::split_whitespace);
        let mut modules: Vec<&str> = MODULES.to_vec();
        for module in asked {
            // The one name for what depends on the MPM.
            let module = match (module, self.mpm.threaded()) {
                ("cgi", true) => "cgid",
                (name, _) => name,
            };
            if !modules.contains(&module) {
                modules.push(module);
            }
        }
        modules.retain(|module| !options.after.contains(module));
        match options.engine {
            Engine::ModPython => modules.push("python"),
            Engine::ModWsgi => modules.push("wsgi"),
            Engine::Neither => {}
        }
        modules.extend(options.after);
        let mut load = self.load(&format!("mpm_{}", self.mpm.name()), "");
        for module in modules {
            load += &self.load(module, "");
        }
        if options.guarded {
            load += &self.load("pyguard", "@ROOT@/conf/mod_pyguard.so");
            if !options.audit {
                // Nearly every site of the tests is one that it has much to say about.
                load += "PyGuardAudit Off\n";
            }
        }
        let user = match options.identity {
            Some(other) => format!("{other}\n"),
            None => self.identity(),
        };
        let listen = match options.listen {
            Some(other) => &format!("{other}\n"),
            None if options.ipv6 && has_ipv6() => "Listen 127.0.0.1:@PORT@\nListen [::1]:@PORT@\n",
            None => "Listen 127.0.0.1:@PORT@\n",
        };
        fragment("base.conf")
            .replace("@MODULES@\n", &load)
            .replace("@USER@\n", &user)
            .replace("@LISTEN@\n", listen)
            .replace(
                "@MIME_TYPES@",
                &self.installation.mime_types.display().to_string(),
            )
            .replace("@SCENARIO@\n", &scenario)
            .replace("@EXTRA@\n", &(options.extra.clone() + "\n"))
            .replace(
                "@LIBEXEC@",
                &self.installation.modules.display().to_string(),
            )
    }

    /// A configuration as an administrator writes it, with this machine's modules, user and MPM.
    fn translated(&self, whole: &str) -> String {
        let mut text = String::new();
        let mime_types = self.installation.mime_types.display().to_string();
        let whole = whole.replace("/etc/mime.types", &mime_types);
        for line in whole.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["LoadModule", name, _] => {
                    let name = name.trim_end_matches("_module");
                    text += &match name {
                        "pyguard" => self.load(name, "@ROOT@/conf/mod_pyguard.so"),
                        mpm if mpm.starts_with("mpm_") => {
                            self.load(&format!("mpm_{}", self.mpm.name()), "")
                        }
                        name => self.load(name, ""),
                    };
                }
                ["User", _] => text += &self.identity(),
                ["Group", _] => {}
                _ => {
                    text += line;
                    text.push('\n');
                }
            }
        }
        text
    }

    /// The directives that name the user of httpd, who is not root.
    pub fn identity(&self) -> String {
        match &self.installation.owner {
            Some(owner) => format!("User {}\nGroup {}\n", owner.user, owner.group),
            None => String::new(),
        }
    }

    /// The directive that loads a module, unless httpd has it inside; `file` where it is not httpd's own.
    pub fn load(&self, name: &str, file: &str) -> String {
        if self
            .installation
            .built_in
            .contains(&format!("mod_{name}.c"))
        {
            return String::new();
        }
        let file = match file {
            "" => self.installation.modules.join(format!("mod_{name}.so")),
            file => PathBuf::from(file),
        };
        format!("LoadModule {name}_module \"{}\"\n", file.display())
    }

    /// Lets the user under which httpd runs write there.
    pub fn give_to_httpd(&self, path: &Path) {
        if let Some(owner) = &self.installation.owner {
            std::os::unix::fs::chown(path, Some(owner.uid), Some(owner.gid))
                .unwrap_or_else(|e| panic!("chown {}: {e}", path.display()));
        }
    }

    /// Gives a file to the group under which httpd runs.
    pub fn give_to_group_of_httpd(&self, path: &Path) {
        if let Some(owner) = &self.installation.owner {
            std::os::unix::fs::chown(path, None, Some(owner.gid))
                .unwrap_or_else(|e| panic!("chown {}: {e}", path.display()));
        }
    }
}

impl Installation {
    fn find() -> Installation {
        let sbin = apxs("SBINDIR");
        let program = apxs("PROGNAME");
        let httpd = Path::new(&sbin).join(program);
        let listing = Command::new(&httpd)
            .arg("-l")
            .output()
            .unwrap_or_else(|e| panic!("{}: {e}", httpd.display()));
        let built_in = String::from_utf8_lossy(&listing.stdout)
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| line.ends_with(".c"))
            .collect();
        let own = Path::new(&apxs("SYSCONFDIR")).join("mime.types");
        let mime_types = match own.is_file() {
            true => own,
            false => PathBuf::from("/etc/mime.types"),
        };
        Installation {
            httpd,
            modules: PathBuf::from(apxs("LIBEXECDIR")),
            built_in,
            mime_types,
            owner: if is_root() { Some(Owner::find()) } else { None },
        }
    }
}

impl Owner {
    fn find() -> Owner {
        let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd");
        let groups = fs::read_to_string("/etc/group").expect("/etc/group");
        for wanted in USERS {
            for line in users.lines() {
                let field: Vec<&str> = line.split(':').collect();
                if field.len() < 4 || field[0] != *wanted {
                    continue;
                }
                let group = groups
                    .lines()
                    .find(|line| line.split(':').nth(2) == Some(field[3]))
                    .and_then(|line| line.split(':').next());
                if let (Some(group), Ok(uid), Ok(gid)) = (group, field[2].parse(), field[3].parse())
                {
                    return Owner {
                        user: (*wanted).to_owned(),
                        group: group.to_owned(),
                        uid,
                        gid,
                    };
                }
            }
        }
        panic!("none of {USERS:?} is in /etc/passwd, and httpd does not serve as root")
    }
}

/// Whether the tests run as root, and httpd takes another user for its children.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn apxs(name: &str) -> String {
    let program = std::env::var("APXS").unwrap_or_else(|_| "apxs".to_owned());
    let output = Command::new(&program)
        .args(["-q", name])
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e} (Debian: apache2-dev, Fedora: httpd-devel)"));
    assert!(output.status.success(), "{program} -q {name} failed");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .unwrap_or_else(|e| panic!("chmod {}: {e}", path.display()));
}
