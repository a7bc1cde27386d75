//! What shows visitors a site from inside, and whom that is for.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;
use crate::policy::trust::Subnet;

/// What stands before the extensions that a directive gives to mod_python, and these.
fn extensions(said: &Said) -> Option<(&[Bytes], &[Bytes])> {
    let start = match said.name.as_str() {
        "addhandler" | "addtype"
            if gives_to(&said.name, said.word(0)) == Some(Python::ModPython) =>
        {
            1
        }
        "pythonhandler" => said.words.iter().position(|word| word == b"|")? + 1,
        _ => return None,
    };
    said.words.split_at_checked(start)
}

/// R11: the source of a page is shown by a name with an underscore at its end.
pub(crate) fn psp_source_mapping(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    for said in &facts.said {
        let Some((kept, extensions)) = extensions(said) else {
            continue;
        };
        let shows_source = |word: &&Bytes| word.len() > 1 && word.ends_with(b"_");
        let Some(shown) = extensions.iter().find(shows_source) else {
            continue;
        };
        let dot = if shown.starts_with(b".") { "" } else { "." };
        let page = [b"page", dot.as_bytes(), shown].concat();
        // AddHandler for the whole server leaves it to the areas that PSP runs.
        let is_for_all = said.name != "pythonhandler" && section(said) == Section::Server;
        let mut confs: Vec<&Conf> = match is_for_all {
            true => confs_of(facts, said.host).collect(),
            false => conf_of(facts, said).into_iter().collect(),
        };
        confs.retain(|conf| conf.observed.runs(b"mod_python.psp", &page));
        if confs.is_empty() {
            continue;
        }
        confs.retain(|conf| !guards_python(conf));
        let severity = match confs.is_empty() {
            true => check.severity.1,
            false if confs.iter().any(|conf| conf.observed.debugs()) => check.severity.0,
            // PythonDebug is still missing, which a .htaccess may add.
            false => Severity::Medium,
        };
        let what = format!(
            "Names in {} are given to PSP: {}",
            escaped(shown),
            lowered(check.risk)
        );
        let mut rest = extensions
            .iter()
            .filter(|word| !shows_source(word))
            .peekable();
        let lines = match (rest.peek(), official(&said.name)) {
            (Some(_), Some(name)) => {
                let words = kept.iter().chain(rest).map(Vec::as_slice);
                in_sections(&said.sections, vec![line(name, words)])
            }
            _ => Vec::new(),
        };
        findings.push(finding(check, severity, said.place(), what, lines));
    }
}

/// R12: with the module, for trusted clients only; without, for everybody.
pub(crate) fn debug_without_client(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    if !is_loaded(facts, MOD_PYTHON) {
        return;
    }
    for said in &facts.said {
        if said.name != "pythondebug" || !said.is_on() {
            continue;
        }
        let Some(conf) = conf_of(facts, said) else {
            continue;
        };
        // A later line may have switched it off. A section inside may admit somebody, whom a line for
        // the whole server is for.
        let is_off = !is_in_files(said) && !conf.observed.debugs();
        let admits = |conf: &Conf| !conf.settings.debug_from().is_empty();
        let is_of_use =
            admits(conf) || (said.is_of_server() && confs_of(facts, said.host).any(admits));
        if is_off || (is_enforced(conf) && is_of_use) {
            continue;
        }
        let what = match is_enforced(conf) {
            true => {
                "PythonDebug is On here, and PyGuardDebugFrom admits nobody: only the module keeps \
                     tracebacks from visitors, and nobody else sees them either."
            }
            false => {
                "PythonDebug is On here, and the module is not in force: every visitor gets \
                      tracebacks."
            }
        };
        let lines = in_sections(&said.sections, vec!["PythonDebug Off".to_owned()]);
        findings.push(Finding {
            fix: "Switch it off, or name the developers' addresses in PyGuardDebugFrom.".to_owned(),
            ..finding(
                check,
                severity(check, is_enforced(conf)),
                said.place(),
                what.to_owned(),
                lines,
            )
        });
    }
}

/// Names an address: `None` takes all away.
fn names_addresses(said: &Said, name: &str) -> bool {
    said.name == name && !said.word(0).is_empty() && !said.word(0).eq_ignore_ascii_case(b"none")
}

/// The directives by which mod_remoteip is told whom to believe.
const REMOTEIP_PROXIES: [&str; 4] = [
    "remoteipinternalproxy",
    "remoteipinternalproxylist",
    "remoteiptrustedproxy",
    "remoteiptrustedproxylist",
];

/// R12: without proxies, mod_remoteip believes the header of any client.
pub(crate) fn remoteip_believes_all(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    for said in facts
        .said
        .iter()
        .filter(|said| said.name == "remoteipheader")
    {
        let related = || {
            let all = facts.said.iter();
            all.filter(|other| are_related(other.host, said.host))
        };
        let names_proxy = |other: &Said| {
            // A list may be that of a virtual host; the main server's holds for all.
            REMOTEIP_PROXIES.contains(&other.name.as_str())
                && (other.host == said.host || other.host == 0)
        };
        let is_trusting = related().any(|other| names_addresses(other, "pyguarddebugfrom"));
        if !is_trusting || related().any(names_proxy) {
            continue;
        }
        let proxy = related().find(|other| names_addresses(other, "pyguarddebugproxy"));
        let what = match proxy {
            Some(_) => {
                "mod_remoteip knows no proxy and believes the header of every client: whoever comes \
                 through a proxy of PyGuardDebugProxy can claim the address of a trusted client."
            }
            None => {
                "mod_remoteip knows no proxy and believes the header of every client: logs and Require \
                 ip go by what the visitor claims, and PyGuardDebugFrom will where PyGuardDebugProxy is said."
            }
        };
        let loopback = [b"127.0.0.1".to_vec()];
        let proxies = proxy.map_or(&loopback[..], |said| &said.words);
        let proxies = proxies.iter().map(Vec::as_slice);
        let lines = vec![line("RemoteIPInternalProxy", proxies)];
        let severity = severity(check, proxy.is_none());
        findings.push(Finding {
            fix: "Name the addresses of the proxies that mod_remoteip may believe.".to_owned(),
            ..finding(check, severity, said.place(), what.to_owned(), lines)
        });
    }
}

/// Whether a word is an address, or a subnet with one, of this host alone.
fn admits_loopback(word: &[u8]) -> bool {
    let subnet = str::from_utf8(word)
        .ok()
        .and_then(|word| Subnet::parse(word).ok());
    subnet.is_some_and(|subnet| {
        subnet.contains(Ipv4Addr::LOCALHOST.into()) || subnet.contains(Ipv6Addr::LOCALHOST.into())
    })
}

/// R12: half of all addresses is nobody's office.
pub(crate) fn everybody_trusted(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let admits = |said: &Said, addresses: [IpAddr; 2]| {
        let words = said.words.iter().map(|word| String::from_utf8_lossy(word));
        let subnets: Vec<Subnet> = words.filter_map(|word| Subnet::parse(&word).ok()).collect();
        let is_admitted = |address: &IpAddr| subnets.iter().any(|subnet| subnet.contains(*address));
        addresses.iter().all(is_admitted)
    };
    // One in each half, and none that belongs to anybody.
    let v4 = [[100u8, 64, 0, 1], [203, 0, 113, 1]].map(IpAddr::from);
    let v6 = [
        [0x2001u16, 0xdb8, 0, 0, 0, 0, 0, 1],
        [0xfd00, 0, 0, 0, 0, 0, 0, 1],
    ]
    .map(IpAddr::from);
    let is_it =
        |said: &&Said| said.name == "pyguarddebugfrom" && (admits(said, v4) || admits(said, v6));
    for said in facts.said.iter().filter(is_it) {
        let what = format!(
            "{} admits everybody: {}",
            text(&said.arguments),
            lowered(check.risk)
        );
        let lines = vec![line("PyGuardDebugFrom", [&b"None"[..]])];
        let lines = in_sections(&said.sections, lines);
        findings.push(finding(check, check.severity.0, said.place(), what, lines));
    }
}

/// R12: where a proxy on this host passes on what visitors ask for, each of them is this host.
pub(crate) fn loopback_trusted(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let is_loopback = |(address, _): &(Option<IpAddr>, u16)| {
        address.is_some_and(|address| address.to_canonical().is_loopback())
    };
    let only_loopback = !facts.listen.is_empty() && facts.listen.iter().all(is_loopback);
    let names_this_host =
        |word: &Bytes| admits_loopback(word) || word.eq_ignore_ascii_case(b"localhost");
    for said in &facts.said {
        if said.name != "pyguarddebugfrom" || !said.words.iter().any(|word| admits_loopback(word)) {
            continue;
        }
        let proxy = facts.said.iter().find(|other| {
            REMOTEIP_PROXIES.contains(&other.name.as_str())
                && are_related(other.host, said.host)
                && other.words.iter().any(names_this_host)
        });
        let (severity, why) = match (only_loopback, proxy) {
            (_, Some(proxy)) => {
                let why = format!("a proxy runs on this host ({})", proxy.place());
                (check.severity.0, why)
            }
            // It may also be a developer's machine.
            (true, None) => {
                let why = "httpd listens on the loopback address only".to_owned();
                (check.severity.1, why)
            }
            (false, None) => continue,
        };
        let what = format!(
            "The loopback address is trusted, and {why}: every visitor that the proxy lets through \
             without saying whom it speaks for sees tracebacks."
        );
        let mut rest: Vec<&[u8]> = said.words.iter().map(Vec::as_slice).collect();
        rest.retain(|word| !admits_loopback(word));
        if rest.is_empty() {
            rest.push(b"None");
        }
        let lines = in_sections(&said.sections, vec![line("PyGuardDebugFrom", rest)]);
        findings.push(finding(check, severity, said.place(), what, lines));
    }
}

/// R23.
pub(crate) fn testhandler(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    if !is_loaded(facts, MOD_PYTHON) {
        return;
    }
    let is_it = |said: &&Said| {
        is_handler(&said.name) && modules(said).any(|module| module == b"mod_python.testhandler")
    };
    for said in facts.said.iter().filter(is_it) {
        let is_closed = conf_of(facts, said).is_some_and(guards_python);
        let to = match is_closed {
            true => "and only the module keeps it to trusted clients.",
            false => "to every visitor.",
        };
        let what = format!(
            "mod_python.testhandler shows the configuration, the environment and the end of the error \
             log, {to}"
        );
        let severity = severity(check, is_closed);
        findings.push(finding(check, severity, said.place(), what, Vec::new()));
    }
}

/// R23.
pub(crate) fn pdb(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    if !is_loaded(facts, MOD_PYTHON) {
        return;
    }
    let is_it = |said: &&Said| said.name == "pythonenablepdb" && said.is_on();
    for said in facts.said.iter().filter(is_it) {
        let what = format!("PythonEnablePdb is On: {}", lowered(check.risk));
        let severity = check.severity.1;
        findings.push(finding(check, severity, said.place(), what, Vec::new()));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::reader::*;

    #[test]
    fn source_of_pages() {
        let psp = "PythonHandler mod_python.psp\n";
        holds(
            "psp-source-mapping",
            &[
                (&format!("{psp}AddHandler mod_python .psp .psp_"), "low:2"),
                (&format!("{psp}AddHandler mod_python .psp"), ""),
                (&format!("{psp}AddHandler cgi-script .psp_"), ""),
                (
                    "PythonHandler mod_python.publisher\nAddHandler mod_python .psp_",
                    "",
                ),
                ("PythonHandler mod_python.psp | .psp .psp_", "low:1"),
                ("PythonHandler mod_python.psp | .psp", ""),
                (
                    "PyGuard Off\nPythonHandler mod_python.psp | .psp .psp_",
                    "medium:2",
                ),
                (
                    "PyGuard Off\nPythonDebug On\nPythonHandler mod_python.psp | .psp_",
                    "high:3",
                ),
                (
                    &format!(
                        "AddType python-program psp_\n<Directory /srv>\n{psp}PyGuardProtect Off\n\
                              PythonDebug On\n</Directory>"
                    ),
                    "high:1",
                ),
                ("AddType python-program psp_", ""),
            ],
        );
        assert_eq!(
            advice(
                "psp-source-mapping",
                &server(
                    "<Directory /srv>\nPythonHandler mod_python.psp | .psp .psp_\n</Directory>"
                )
            ),
            [
                "<Directory /srv>",
                "    PythonHandler mod_python.psp | .psp",
                "</Directory>"
            ]
        );
    }

    #[test]
    fn debugging() {
        holds(
            "debug-without-client",
            &[
                ("PythonDebug On", "low:1"),
                ("PythonDebug Off", ""),
                ("PythonDebug On\nPythonDebug Off", ""),
                ("PythonDebug On\nPyGuardDebugFrom 192.0.2.7", ""),
                ("PythonDebug On\nPyGuardDebugFrom None", "low:1"),
                (
                    "PythonDebug On\nPyGuardDebugFrom 192.0.2.7\nPyGuard Detect",
                    "high:1",
                ),
                (
                    "<Directory /srv>\nPythonDebug On\nPyGuard Off\n</Directory>",
                    "high:2",
                ),
                (
                    "PyGuardDebugFrom 192.0.2.7\n<Location /x>\nPythonDebug On\n</Location>",
                    "",
                ),
                (
                    "PythonDebug On\n<Location /x>\nPyGuardDebugFrom 192.0.2.7\n</Location>",
                    "",
                ),
                ("<VirtualHost *>\nPythonDebug On\n</VirtualHost>", "low:2"),
            ],
        );
        holds(
            "pdb",
            &[
                ("PythonEnablePdb On", "low:1"),
                ("PythonEnablePdb Off", ""),
                ("", ""),
            ],
        );
    }

    #[test]
    fn addresses() {
        let header = "RemoteIPHeader X-Forwarded-For\n";
        holds(
            "remoteip-believes-all",
            &[
                (header, ""),
                (&format!("{header}PyGuardDebugFrom None"), ""),
                (&format!("{header}PyGuardDebugFrom 192.0.2.7"), "medium:1"),
                (
                    &format!("{header}PyGuardDebugFrom 192.0.2.7\nPyGuardDebugProxy 10.0.0.1"),
                    "high:1",
                ),
                (
                    &format!("{header}PyGuardDebugFrom 192.0.2.7\nRemoteIPTrustedProxy 10.0.0.1"),
                    "",
                ),
                (
                    &format!(
                        "PyGuardDebugFrom 192.0.2.7\nRemoteIPInternalProxy 10.0.0.1\n\
                         <VirtualHost *>\n{header}</VirtualHost>"
                    ),
                    "",
                ),
            ],
        );
        let advised = format!("{header}PyGuardDebugFrom 192.0.2.7\nPyGuardDebugProxy 10.0.0.1");
        assert_eq!(
            advice("remoteip-believes-all", &server(&advised)),
            ["RemoteIPInternalProxy 10.0.0.1"]
        );
        holds(
            "everybody-trusted",
            &[
                ("PyGuardDebugFrom 0.0.0.0/0", "high:1"),
                ("PyGuardDebugFrom 192.0.2.7 ::/0", "high:1"),
                ("PyGuardDebugFrom 0.0.0.0/1 128.0.0.0/1", "high:1"),
                ("PyGuardDebugFrom 10.0.0.0/8 192.168.0.0/16 127.0.0.1", ""),
                ("PyGuardDebugFrom None", ""),
            ],
        );
        let listening = |text: &str, listen: &[Option<&str>]| {
            let mut facts = server(text);
            let addresses = listen.iter().map(|one| one.map(|one| one.parse().unwrap()));
            facts.listen = addresses.map(|address| (address, 80)).collect();
            found("loopback-trusted", &facts)
        };
        let trusted = "PyGuardDebugFrom 192.0.2.7 127.0.0.1";
        assert_eq!(
            listening(trusted, &[Some("127.0.0.1"), Some("::1")]),
            "low:1"
        );
        assert_eq!(listening(trusted, &[Some("127.0.0.1"), None]), "");
        assert_eq!(listening(trusted, &[Some("192.0.2.1")]), "");
        assert_eq!(listening(trusted, &[]), "");
        assert_eq!(
            listening("PyGuardDebugFrom 192.0.2.7", &[Some("127.0.0.1")]),
            ""
        );
        assert_eq!(listening("PyGuardDebugFrom None", &[Some("127.0.0.1")]), "");
        assert_eq!(listening("PyGuardDebugFrom ::/0", &[Some("::1")]), "low:1");
        let proxied = format!("RemoteIPInternalProxy 127.0.0.0/8\n{trusted}");
        assert_eq!(listening(&proxied, &[None]), "medium:2");
        assert_eq!(
            advice("loopback-trusted", &server(&proxied)),
            ["PyGuardDebugFrom 192.0.2.7"]
        );
        let proxied = format!("RemoteIPInternalProxy 10.0.0.1\n{trusted}");
        assert_eq!(listening(&proxied, &[None]), "");
    }

    #[test]
    fn the_test_handler() {
        holds(
            "testhandler",
            &[
                ("PythonHandler mod_python.testhandler", "medium:1"),
                (
                    "PythonHandler mod_python.testhandler::handler | .x",
                    "medium:1",
                ),
                ("PythonHandler \"a mod_python.testhandler\"", "medium:1"),
                ("PythonHandler mytest | mod_python.testhandler", ""),
                (
                    "<Location /x>\nPythonHandler mod_python.testhandler\nPyGuard Off\n</Location>",
                    "high:2",
                ),
                ("PythonOption mod_python.testhandler x", ""),
            ],
        );
    }
}
