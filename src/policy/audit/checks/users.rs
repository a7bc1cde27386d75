//! Who answers requests, for whom, and what the network sees of it.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use super::*;

/// R02: who answers requests. Servers without Python have other reasons, and other auditors.
pub(crate) fn runs_as_root(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let is_pythons = |said: &Said| is_python(&said.name, said.word(0)) || is_cgi_python(said);
    if is_loaded(facts, MOD_PYTHON)
        || is_loaded(facts, MOD_WSGI)
        || facts.said.iter().any(is_pythons)
    {
        findings.extend(children_of_root(check, facts));
        findings.extend(daemons_of_root(check, facts));
    }
}

/// The children, by what they run as, whatever the lines say.
fn children_of_root(check: &'static Check, facts: &Facts) -> Option<Finding> {
    let user = &facts.user;
    let (directive, how) = match (user.name.is_empty(), user.uid, user.gid) {
        (false, 0, _) => ("user", "by root"),
        (false, _, 0) => ("group", "with root's group"),
        _ => return None,
    };
    let said = facts.said.iter().rfind(|said| said.name == directive);
    let place = said.map_or_else(|| main_file(facts), Said::place);
    let what = format!("Requests are answered {how}: {}", lowered(check.risk));
    let lines = ["User www-data", "Group www-data"].map(str::to_owned);
    Some(Finding {
        fix: "Give httpd a user and a group of its own, such as www-data on Debian or apache on Fedora."
            .to_owned(),
        ..finding(check, check.severity.0, place, what, lines.to_vec())
    })
}

/// The processes of mod_wsgi. It refuses `user=root` itself.
fn daemons_of_root(check: &'static Check, facts: &Facts) -> impl Iterator<Item = Finding> {
    let of_root = |said: &&Said| {
        said.name == "wsgidaemonprocess"
            && matches!(option_of(said, "group"), Some(b"root" | b"#0"))
    };
    facts.said.iter().filter(of_root).map(move |said| {
        let what = format!(
            "The processes of WSGIDaemonProcess {} run with root's group: whoever gets the application \
             to do something does it with that group's rights.",
            escaped(said.word(0))
        );
        let words = said
            .words
            .iter()
            .map(|word| match word.starts_with(b"group=") {
                true => b"group=www-data",
                false => word.as_slice(),
            });
        let line = line("WSGIDaemonProcess", words);
        Finding {
            fix: "Give the processes a group of their own.".to_owned(),
            ..finding(check, check.severity.0, said.place(), what, vec![line])
        }
    })
}

/// A virtual host with Python of its own.
struct Site<'a> {
    host: &'a Host,
    /// Who runs its Python: empty for httpd's own user.
    users: BTreeSet<Bytes>,
    directives: Vec<(&'a str, &'a [u8])>,
}

/// Sites are told apart by their names and by what they configure. The same site, once for HTTP and
/// once for HTTPS, is one.
fn sites(facts: &Facts) -> Vec<Site<'_>> {
    let mut sites: Vec<Site<'_>> = Vec::new();
    for (index, host) in hosts(facts) {
        let own = facts.said.iter().filter(|said| said.host == index);
        let python = || {
            own.clone()
                .filter(|said| is_python(&said.name, said.word(0)))
        };
        let directives: Vec<_> = python()
            .map(|said| (said.name.as_str(), said.arguments.as_slice()))
            .collect();
        let is_same = |other: &Site<'_>| {
            other.host.name.eq_ignore_ascii_case(&host.name) || other.directives == directives
        };
        if !directives.is_empty() && !host.name.is_empty() && !sites.iter().any(is_same) {
            sites.push(Site {
                host,
                users: python().map(|said| user_of(facts, said)).collect(),
                directives,
            });
        }
    }
    sites
}

/// R02: one finding, for the first user of several.
pub(crate) fn hosts_share_user(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let sites = sites(facts);
    let users: BTreeSet<&Bytes> = sites.iter().flat_map(|site| &site.users).collect();
    for user in users {
        let sharing: Vec<&Host> = sites
            .iter()
            .filter(|site| site.users.contains(user))
            .map(|site| site.host)
            .collect();
        let Some(second) = sharing.get(1) else {
            continue;
        };
        let names: Vec<String> = sharing.iter().map(|host| called(host)).collect();
        let who = match user.is_empty() {
            true => "the user of httpd".to_owned(),
            false => format!("the user {}", escaped(user)),
        };
        let what = format!(
            "Python of {} virtual hosts runs as {who} ({}): {}",
            sharing.len(),
            listed(&names),
            lowered(check.risk)
        );
        let place = second.place.clone().unwrap_or_else(|| main_file(facts));
        findings.push(finding(check, check.severity.1, place, what, Vec::new()));
        return;
    }
}

/// The user that a directive's Python runs as; empty for that of httpd.
fn user_of(facts: &Facts, said: &Said) -> Bytes {
    if !is_wsgi_alias(&said.name) {
        return Bytes::new();
    }
    let named = facts
        .said
        .iter()
        .rfind(|other| other.name == "wsgiprocessgroup" && are_related(other.host, said.host));
    let group = option_of(said, "process-group").or(named.map(|said| said.word(0)));
    let daemon = facts
        .said
        .iter()
        .find(|other| other.name == "wsgidaemonprocess" && Some(other.word(0)) == group);
    let user = daemon.and_then(|daemon| option_of(daemon, "user"));
    user.unwrap_or_default().to_vec()
}

/// R04: only `Full` names mod_python and Python, but a version of httpd is enough to look up its holes.
pub(crate) fn server_tokens(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    if !is_loaded(facts, MOD_PYTHON) && !is_loaded(facts, MOD_WSGI) {
        return;
    }
    let said = facts.said.iter().rfind(|said| said.name == "servertokens");
    let value = said.map_or(&b"Full"[..], |said| said.word(0));
    let is = |word: &str| value.eq_ignore_ascii_case(word.as_bytes());
    let told = if is("Prod") || is("ProductOnly") {
        return;
    } else if is("Full") {
        "the versions of httpd and of what is loaded, Python's among them"
    } else {
        "the version of httpd"
    };
    let how = match said {
        Some(_) => format!("ServerTokens {} tells", escaped(value)),
        None => "ServerTokens is not set, and the default tells".to_owned(),
    };
    let place = said.map_or_else(|| main_file(facts), Said::place);
    let what = format!("{how} every visitor {told}, and so which holes are worth trying.");
    let lines = vec!["ServerTokens Prod".to_owned()];
    findings.push(finding(check, check.severity.0, place, what, lines));
}

/// A database: its port, its name, its file of settings, and what to write there.
type Database = (u16, &'static str, &'static str, &'static [&'static str]);

/// Ports that are commonly something else (8086, 8123, 9000, 50000) are no evidence.
#[rustfmt::skip]
const DATABASES: [Database; 16] = [
    (1433, "Microsoft SQL Server", "a shell", &["/opt/mssql/bin/mssql-conf set network.ipaddress 127.0.0.1"]),
    (1521, "Oracle", "listener.ora", &["(ADDRESS = (PROTOCOL = TCP)(HOST = localhost)(PORT = 1521))"]),
    (3050, "Firebird", "firebird.conf", &["RemoteBindAddress = localhost"]),
    (3306, "MySQL or MariaDB", "my.cnf", &["[mysqld]", "bind-address = 127.0.0.1"]),
    (5432, "PostgreSQL", "postgresql.conf", &["listen_addresses = 'localhost'"]),
    (5433, "PostgreSQL", "postgresql.conf", &["listen_addresses = 'localhost'"]),
    (5984, "CouchDB", "local.ini", &["[chttpd]", "bind_address = 127.0.0.1"]),
    (6379, "Redis", "redis.conf", &["bind 127.0.0.1"]),
    (9042, "Cassandra", "cassandra.yaml", &["rpc_address: 127.0.0.1"]),
    (9200, "Elasticsearch", "elasticsearch.yml", &["network.host: 127.0.0.1"]),
    (9300, "Elasticsearch", "elasticsearch.yml", &["network.host: 127.0.0.1"]),
    (11211, "Memcached", "memcached.conf", &["-l 127.0.0.1"]),
    (27017, "MongoDB", "mongod.conf", &["net:", "  bindIp: 127.0.0.1"]),
    (27018, "MongoDB", "mongod.conf", &["net:", "  bindIp: 127.0.0.1"]),
    (27019, "MongoDB", "mongod.conf", &["net:", "  bindIp: 127.0.0.1"]),
    (33060, "MySQL", "my.cnf", &["[mysqld]", "mysqlx-bind-address = 127.0.0.1"]),
];

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// R06: one finding for each socket; all addresses of a port, in both families, are one.
pub(crate) fn open_database(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    for (port, name, file, lines) in DATABASES {
        // httpd may answer there itself.
        if facts.listen.iter().any(|(_, own)| *own == port) {
            continue;
        }
        let mut open: Vec<IpAddr> = facts
            .sockets
            .iter()
            .filter(|(address, of)| *of == port && !is_loopback(*address))
            .map(|(address, _)| address.to_canonical())
            .collect();
        open.sort();
        open.dedup();
        if let Some(all) = open.iter().find(|address| address.is_unspecified()) {
            open = vec![*all];
        }
        for address in open {
            let on = match address.is_unspecified() {
                true => "every address of this host".to_owned(),
                false => address.to_string(),
            };
            let what = format!(
                "{name}, by its port {port}, accepts connections on {on}: {}",
                lowered(check.risk)
            );
            let place = Place::Socket(SocketAddr::new(address, port).to_string());
            let lines = lines.iter().map(|line| (*line).to_owned()).collect();
            findings.push(Finding {
                fix: format!(
                    "Let it listen on the loopback address or on a Unix socket only (in {file})."
                ),
                ..finding(check, check.severity.0, place, what, lines)
            });
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::reader::*;
    use super::*;

    #[test]
    fn root() {
        let with = |uid: u32, gid: u32, text: &str| {
            let mut facts = server(text);
            (facts.user.uid, facts.user.gid) = (uid, gid);
            facts
        };
        assert_eq!(found("runs-as-root", &with(33, 33, "User www-data")), "");
        assert_eq!(
            found("runs-as-root", &with(0, 0, "Listen 80\nUser root")),
            "high:2"
        );
        assert_eq!(
            found("runs-as-root", &with(33, 0, "User x\nGroup root")),
            "high:2"
        );
        assert_eq!(
            found("runs-as-root", &with(0, 33, "")),
            "high:/etc/httpd.conf"
        );
        let mut bare = with(0, 0, "User root");
        bare.modules.clear();
        assert_eq!(found("runs-as-root", &bare), "");
        bare.said = read("AddHandler cgi-script .cgi .py");
        assert_eq!(found("runs-as-root", &bare), "high:/etc/httpd.conf");
        bare.user.name.clear();
        assert_eq!(found("runs-as-root", &bare), "");
        let daemons = server(
            "WSGIDaemonProcess a user=shop group=shop\nWSGIDaemonProcess b user=x group=root threads=2\n\
             WSGIDaemonProcess c user=x group=#0",
        );
        assert_eq!(found("runs-as-root", &daemons), "high:2 high:3");
        assert_eq!(
            advice("runs-as-root", &daemons),
            [
                "WSGIDaemonProcess b user=x group=www-data threads=2",
                "WSGIDaemonProcess c user=x group=www-data"
            ]
        );
    }

    #[test]
    fn one_user_for_several_hosts() {
        let holds_for = |one: &str, two: &str, expected: &str| {
            holds("hosts-share-user", &[(&two_hosts(one, two), expected)]);
        };
        holds_for("PythonHandler a", "PythonHandler b", "info:5");
        holds_for(
            "PythonHandler a",
            "WSGIScriptAlias / /srv/b/b.wsgi",
            "info:5",
        );
        holds_for("PythonHandler a", "", "");
        // Two names of one site.
        holds_for("PythonHandler a", "PythonHandler a", "");
        holds_for(
            "WSGIDaemonProcess a user=a\nWSGIScriptAlias / /srv/a/a.wsgi process-group=a",
            "WSGIDaemonProcess b user=b\nWSGIProcessGroup b\nWSGIScriptAlias / /srv/b/b.wsgi",
            "",
        );
        holds_for(
            "WSGIDaemonProcess a user=a\nWSGIScriptAlias / /srv/a/a.wsgi process-group=a",
            "WSGIDaemonProcess b user=a\nWSGIProcessGroup b\nWSGIScriptAlias / /srv/b/b.wsgi",
            "info:6",
        );
        let twins =
            two_hosts("PythonHandler a", "PythonHandler b").replace("b.example", "A.example");
        holds("hosts-share-user", &[(&twins, "")]);
    }

    #[test]
    fn versions() {
        holds(
            "server-tokens",
            &[
                ("", "low:/etc/httpd.conf"),
                ("ServerTokens OS", "low:1"),
                ("ServerTokens Prod\nServerTokens Full", "low:2"),
                ("ServerTokens Full\nServerTokens prod", ""),
                ("ServerTokens ProductOnly", ""),
            ],
        );
        assert_eq!(found("server-tokens", &Facts::default()), "");
    }

    #[test]
    fn databases() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        // sockets, what httpd listens on, findings
        type Row = (&'static [(&'static str, u16)], u16, &'static str);
        let table: [Row; 8] = [
            (
                &[("0.0.0.0", 5432), ("::", 5432)],
                80,
                "medium:0.0.0.0:5432",
            ),
            (&[("::", 3306)], 80, "medium:[::]:3306"),
            (
                &[("192.0.2.7", 6379), ("::1", 6379)],
                80,
                "medium:192.0.2.7:6379",
            ),
            (
                &[("192.0.2.7", 6379), ("0.0.0.0", 6379)],
                80,
                "medium:0.0.0.0:6379",
            ),
            (
                &[
                    ("127.0.0.1", 5432),
                    ("::ffff:127.0.0.1", 27017),
                    ("127.8.8.8", 3306),
                ],
                80,
                "",
            ),
            (
                &[("0.0.0.0", 9000), ("0.0.0.0", 8080), ("0.0.0.0", 22)],
                80,
                "",
            ),
            (&[("0.0.0.0", 9200)], 9200, ""),
            (
                &[("::ffff:192.0.2.7", 1433), ("2001:db8::1", 1433)],
                80,
                "medium:192.0.2.7:1433 medium:[2001:db8::1]:1433",
            ),
        ];
        for (sockets, listen, expected) in table {
            let facts = Facts {
                sockets: sockets
                    .iter()
                    .map(|(address, port)| (ip(address), *port))
                    .collect(),
                listen: vec![(None, listen)],
                ..Facts::default()
            };
            assert_eq!(found("open-database", &facts), expected, "{sockets:?}");
        }
        assert!(DATABASES.is_sorted_by_key(|(port, ..)| *port));
    }
}
