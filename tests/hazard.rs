//! One row, two servers: without the module the hazard must show, with it it must be closed.

use crate::harness::{Engine, Options, Response, Server};

/// A thing that an attacker does.
#[derive(Clone, Copy)]
pub struct Hazard<'a> {
    pub name: &'a str,
    pub ask: Ask<'a>,
    /// What the response of the unprotected server contains, in its head or body.
    pub shows: &'a str,
    /// The tags one of which the incident has in the log of the protected server; none where nothing is refused.
    pub tags: &'a [&'a str],
    /// The status with the module.
    pub status: u16,
    /// Parts of the lines that others write to the log of the protected server.
    pub also: &'a [&'a str],
}

#[derive(Clone, Copy, Debug)]
pub enum Ask<'a> {
    Get(&'a str),
    /// Method, target, header fields.
    Send(&'a str, &'a str, &'a [(&'a str, &'a str)]),
    /// Exactly these bytes, after `@HOST@` and `@PORT@` are filled in.
    Raw(&'a str),
    /// HTTP/2 with prior knowledge.
    Http2(&'a str),
}

/// The usual row: a GET that is answered with 404.
pub const fn get<'a>(target: &'a str, shows: &'a str, tags: &'a [&'a str]) -> Hazard<'a> {
    Hazard {
        name: target,
        ask: Ask::Get(target),
        shows,
        tags,
        status: 404,
        also: &[],
    }
}

/// Any other request.
pub const fn ask<'a>(
    name: &'a str,
    ask: Ask<'a>,
    shows: &'a str,
    tags: &'a [&'a str],
) -> Hazard<'a> {
    Hazard {
        name,
        ask,
        ..get("", shows, tags)
    }
}

impl Ask<'_> {
    pub fn of(self, server: &Server) -> Response {
        match self {
            Ask::Get(target) => server.get(target),
            Ask::Send(method, target, headers) => server.send(method, target, headers),
            Ask::Raw(text) => server.exchange(server.fill_in(text).as_bytes()),
            Ask::Http2(target) => server.get_http2(target),
        }
    }
}

/// Runs a table against both servers; `prepare` changes the site of each before its start.
pub fn check(options: &Options, rows: &[Hazard<'_>], prepare: impl Fn(&Server)) {
    let mut failures = Vec::new();
    let open = Options {
        guarded: false,
        careless: true,
        ..options.clone()
    };
    let server = Server::start_with(&open, &prepare);
    for row in rows {
        let answer = row.ask.of(&server);
        if !answer.contains(row.shows) {
            failures.push(format!(
                "without the module the hazard does not show: {}: no {:?} in {}",
                row.name,
                row.shows,
                brief(&answer)
            ));
        }
    }
    server.finish();
    let closed = Options {
        guarded: true,
        ..options.clone()
    };
    let mut server = Server::start_with(&closed, &prepare);
    if server.whole_log().contains("PG101: ") {
        // Said at the start, where a table is about a module that is not loaded.
        assert_eq!(options.engine, Engine::Neither);
        server.expect_log("PG101: ");
    }
    for row in rows {
        let answer = row.ask.of(&server);
        let lines = server.take_log();
        judge(row, &answer, &lines, &mut failures);
    }
    server.finish();
    report(&failures);
}

fn judge(row: &Hazard<'_>, answer: &Response, lines: &[String], failures: &mut Vec<String>) {
    let mut fail = |what: String| failures.push(format!("{}: {what}", row.name));
    if answer.contains(row.shows) || answer.contains("SECRET-") {
        fail(format!("still shows: {}", brief(answer)));
    } else if answer.status != row.status {
        fail(format!("status is not {}: {}", row.status, brief(answer)));
    }
    let (own, others): (Vec<&String>, Vec<&String>) =
        lines.iter().partition(|line| line.contains("[pyguard:"));
    let tagged = |line: &str| {
        row.tags
            .iter()
            .any(|tag| line.contains(&format!("{tag}: ")))
    };
    if row.tags.is_empty() != own.is_empty() || !own.iter().all(|line| tagged(line)) {
        fail(format!("log is not of {:?}: {own:?}", row.tags));
    } else if own.iter().filter(|line| !is_excerpt(line)).count() > 1 {
        fail(format!("logged more than once: {own:?}"));
    }
    for line in others {
        if !row.also.iter().any(|part| line.contains(part)) {
            fail(format!("unexpected line in the log: {line}"));
        }
    }
}

/// Whether the line is one of the text that was withheld, under the incident's own line.
pub fn is_excerpt(line: &str) -> bool {
    line.contains(": id=") && line.contains(" | ")
}

/// Fails with all that was found, not with the first.
pub fn report(failures: &[String]) {
    assert!(
        failures.is_empty(),
        "{} failures:\n  {}",
        failures.len(),
        failures.join("\n  ")
    );
}

/// A response for a message.
pub fn brief(answer: &Response) -> String {
    let mut text: String = answer.text().chars().take(300).collect();
    if let Some(location) = answer.header("Location") {
        text = format!("Location: {location}; {text}");
    }
    format!("{} {:?}", answer.status, text)
}
