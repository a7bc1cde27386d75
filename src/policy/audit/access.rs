//! What the sections of httpd's configuration say about access: `Require` of mod_authz_core, and
//! `Order`, `Allow` and `Deny` of mod_access_compat.
//!
//! Which section holds for a path, and in which order, is for httpd to say: here is only what each of
//! them says, and what comes of it where one is merged over another.

use super::facts::{Access, Bytes, Said};

/// What kind of section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `<Directory>`, `<DirectoryMatch>`
    Directory,
    /// `<Files>`, `<FilesMatch>`
    Files,
    /// `<Location>`, `<LocationMatch>`
    Location,
}

/// By what httpd knows a section.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The index in [`super::facts::Facts::hosts`].
    pub host: usize,
    /// The section around one for files, by its number among those of [`sections`].
    pub inside: Option<usize>,
    /// What it is for.
    pub kind: Kind,
    /// The text is a regular expression.
    pub is_expression: bool,
    /// What core keeps of its first line: of a directory with a slash at its end.
    pub text: Bytes,
}

/// How what a section requires goes with what is required already: `AuthMerging`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Merging {
    #[default]
    Unsaid,
    Off,
    And,
    Or,
}

/// What one section, or several that are merged, say about access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// `Require`
    required: Option<Access>,
    merging: Merging,
    /// `Order`, `Allow` and `Deny`
    hosts: Option<Access>,
    /// `Satisfy Any`
    either: bool,
}

impl Rules {
    /// What is said by nobody knows whom.
    pub const UNKNOWN: Rules = Rules {
        required: Some(Access::Guarded),
        merging: Merging::Unsaid,
        hosts: None,
        either: false,
    };

    /// These, and after them others.
    pub fn merge(self, after: Rules) -> Rules {
        let required = match (self.required, after.required, after.merging) {
            // What was required before is forgotten, even where nothing takes its place.
            (_, last, Merging::Off) => last,
            (Some(first), Some(last), Merging::And) => Some(first.max(last)),
            (Some(first), Some(last), Merging::Or) => Some(first.min(last)),
            (first, last, _) => last.or(first),
        };
        // mod_access_compat merges nothing.
        let compat = if after.hosts.is_some() { after } else { self };
        Rules {
            required,
            merging: after.merging,
            hosts: compat.hosts,
            either: compat.either,
        }
    }

    /// What comes of it.
    pub fn access(self) -> Access {
        let required = self.required.unwrap_or_default();
        let hosts = self.hosts.unwrap_or_default();
        match self.either && required != hosts {
            true => Access::Guarded,
            false => required.max(hosts),
        }
    }
}

/// How the rules in a container go together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Together {
    All,
    Any,
    None,
}

/// What a directive opens; also one that is no section.
enum Opened {
    /// By its number.
    Section(usize),
    /// `<RequireAll>` and its like, with what is required in it so far.
    Container(Together, Option<Access>),
    /// `<Limit>`, `<LimitExcept>`: for some methods only.
    Limit,
    /// What httpd does not merge with the sections: `<If>`, `<Proxy>`.
    Apart,
    Nothing,
}

/// What stands in a section, as far as it was read.
#[derive(Default)]
struct Draft {
    required: Option<Access>,
    merging: Merging,
    compat: Option<Compat>,
}

/// The directives of mod_access_compat in one section.
#[derive(Default)]
struct Compat {
    /// `Order allow,deny`
    allows_first: bool,
    /// The first is whether anybody is named, the second whether that is `all`.
    allowed: (bool, bool),
    denied: (bool, bool),
    either: bool,
    /// Another order, or for some methods only.
    is_unsure: bool,
}

impl Compat {
    fn access(&self) -> Access {
        let ((allows, allows_all), (denies, denies_all)) = (self.allowed, self.denied);
        let (is_denied, is_open) = match self.allows_first {
            true => (denies_all || !allows, allows_all && !denies),
            false => (denies_all && !allows, allows_all || !denies),
        };
        match (is_denied, is_open) {
            _ if self.is_unsure => Access::Guarded,
            (true, _) => Access::Denied,
            (_, true) => Access::Open,
            _ => Access::Guarded,
        }
    }

    /// Reads a directive; the result is whether it is one of mod_access_compat.
    fn read(&mut self, said: &Said) -> bool {
        let is = |word: &[u8], text: &[u8]| word.eq_ignore_ascii_case(text);
        let mut named = said.words.iter().skip(1);
        let is_all = named.any(|word| is(word, b"all"));
        match said.name.as_str() {
            "allow" => self.allowed = (true, self.allowed.1 || is_all),
            "deny" => self.denied = (true, self.denied.1 || is_all),
            "order" if is(said.word(0), b"allow,deny") => self.allows_first = true,
            "order" if is(said.word(0), b"deny,allow") => self.allows_first = false,
            "order" => self.is_unsure = true,
            "satisfy" => self.either = is(said.word(0), b"any"),
            _ => return false,
        }
        true
    }
}

/// What one `Require` says.
fn required(said: &Said) -> Access {
    let is = |number: usize, text: &[u8]| said.word(number).eq_ignore_ascii_case(text);
    match () {
        () if !is(0, b"all") => Access::Guarded,
        () if is(1, b"denied") => Access::Denied,
        () if is(1, b"granted") => Access::Open,
        () => Access::Guarded,
    }
}

/// One more rule beside others.
fn put(value: &mut Option<Access>, together: Together, access: Access) {
    *value = Some(match (*value, together) {
        (None, _) => access,
        (Some(known), Together::Any) => known.min(access),
        (Some(known), _) => known.max(access),
    });
}

/// The sections that httpd merges for a path, in the order of the configuration, and what each says.
pub fn sections(said: &[Said]) -> Vec<(Key, Rules)> {
    let mut reading = Reading::default();
    for one in said {
        reading.close(one.sections.len());
        let opened = reading.read(one);
        reading.open.push(opened);
    }
    reading.close(0);
    let rules = |draft: &Draft| Rules {
        required: draft.required,
        merging: draft.merging,
        hosts: draft.compat.as_ref().map(Compat::access),
        either: draft.compat.as_ref().is_some_and(|compat| compat.either),
    };
    let all = reading.keys.into_iter().zip(&reading.drafts);
    all.map(|(key, draft)| (key, rules(draft))).collect()
}

#[derive(Default)]
struct Reading {
    keys: Vec<Key>,
    drafts: Vec<Draft>,
    /// What is open, the outermost first.
    open: Vec<Opened>,
}

impl Reading {
    /// Closes what is open deeper than that.
    fn close(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some(Opened::Container(together, Some(access))) = self.open.pop() {
                self.require(match together {
                    Together::None => Access::Guarded,
                    _ => access,
                });
            }
        }
    }

    fn inside(&self) -> Option<usize> {
        self.open.iter().rev().find_map(|opened| match opened {
            Opened::Section(number) => Some(*number),
            _ => None,
        })
    }

    /// Nothing, where it has no effect on what the sections say.
    fn draft(&mut self) -> Option<&mut Draft> {
        let is_apart = |opened: &Opened| matches!(opened, Opened::Apart);
        if self.open.iter().any(is_apart) {
            return None;
        }
        let number = self.inside()?;
        self.drafts.get_mut(number)
    }

    fn is_limited(&self) -> bool {
        let is_limit = |opened: &Opened| matches!(opened, Opened::Limit);
        self.open.iter().any(is_limit)
    }

    fn require(&mut self, access: Access) {
        let access = match self.is_limited() {
            true => Access::Guarded,
            false => access,
        };
        let inner = self.open.iter_mut().rev().find_map(|opened| match opened {
            Opened::Container(together, value) => Some((*together, value)),
            _ => None,
        });
        if let Some((together, value)) = inner {
            put(value, together, access);
        } else if let Some(draft) = self.draft() {
            put(&mut draft.required, Together::Any, access);
        }
    }

    fn read(&mut self, said: &Said) -> Opened {
        match said.name.as_str() {
            "require" => self.require(required(said)),
            "authmerging" => {
                let merging = match said.word(0).to_ascii_lowercase().as_slice() {
                    b"and" => Merging::And,
                    b"or" => Merging::Or,
                    _ => Merging::Off,
                };
                if let Some(draft) = self.draft() {
                    draft.merging = merging;
                }
            }
            "order" | "allow" | "deny" | "satisfy" => {
                let is_limited = self.is_limited();
                if let Some(draft) = self.draft() {
                    let compat = draft.compat.get_or_insert_default();
                    compat.is_unsure |= compat.read(said) && is_limited;
                }
            }
            "<requireall" => return Opened::Container(Together::All, None),
            "<requireany" => return Opened::Container(Together::Any, None),
            "<requirenone" => return Opened::Container(Together::None, None),
            "<limit" | "<limitexcept" => return Opened::Limit,
            "<if" | "<elseif" | "<else" | "<proxy" | "<proxymatch" => return Opened::Apart,
            _ => return self.section(said).unwrap_or(Opened::Nothing),
        }
        Opened::Nothing
    }

    fn section(&mut self, said: &Said) -> Option<Opened> {
        let (kind, is_match) = match said.name.as_str() {
            "<directory" => (Kind::Directory, false),
            "<directorymatch" => (Kind::Directory, true),
            "<files" => (Kind::Files, false),
            "<filesmatch" => (Kind::Files, true),
            "<location" => (Kind::Location, false),
            "<locationmatch" => (Kind::Location, true),
            _ => return None,
        };
        let is_tilde = !is_match && said.word(0) == b"~";
        let is_expression = is_match || is_tilde;
        let mut text = said.word(usize::from(is_tilde)).to_vec();
        if kind == Kind::Directory && !is_expression && !text.ends_with(b"/") {
            text.push(b'/');
        }
        self.keys.push(Key {
            host: said.host,
            inside: self.inside(),
            kind,
            is_expression,
            text,
        });
        self.drafts.push(Draft::default());
        Some(Opened::Section(self.drafts.len() - 1))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use Access::{Denied, Guarded, Open};

    /// A configuration, with the sections around each line.
    fn read(text: &str) -> Vec<Said> {
        let (mut all, mut sections) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let line = line.trim_end_matches('>');
            if line.starts_with("</") {
                sections.pop();
                continue;
            }
            let mut words = line.split(' ');
            let name = words.next().unwrap().to_lowercase();
            let words: Vec<Bytes> = words.map(|word| word.as_bytes().to_vec()).collect();
            all.push(Said {
                name: name.clone(),
                words: words.clone(),
                sections: sections.clone(),
                ..Said::default()
            });
            if name.starts_with('<') {
                sections.push((name, words.concat()));
            }
        }
        all
    }

    #[test]
    fn what_a_section_says() {
        let (granted, denied) = ("Require all granted", "Require all denied");
        let within = |name: &str, lines: &[&str]| format!("<{name}>\n{}\n</x>", lines.join("\n"));
        let table = [
            (String::new(), Open),
            ("Options None".to_owned(), Open),
            (granted.to_owned(), Open),
            (denied.to_owned(), Denied),
            ("Require All Denied".to_owned(), Denied),
            ("Require valid-user".to_owned(), Guarded),
            ("Require ip 192.0.2.1".to_owned(), Guarded),
            ("Require not ip 192.0.2.1".to_owned(), Guarded),
            (format!("{denied}\n{granted}"), Open),
            (format!("{denied}\nRequire local"), Guarded),
            (within("RequireAll", &[denied]), Denied),
            (within("RequireAny", &[denied]), Denied),
            (within("RequireNone", &[denied]), Guarded),
            (within("RequireAll", &[denied, "Require local"]), Denied),
            (within("RequireAll", &[granted, "Require local"]), Guarded),
            (within("RequireAny", &[granted, "Require local"]), Open),
            (within("RequireAll", &[]), Open),
            (
                within("RequireAll", &[granted, &within("RequireAny", &[denied])]),
                Denied,
            ),
            (
                format!("{}\n{granted}", within("RequireAll", &[denied])),
                Open,
            ),
            (within("IfModule x", &[denied]), Denied),
            (within("Limit POST", &[denied]), Guarded),
            (within("LimitExcept GET", &[denied]), Guarded),
            (within("Limit POST", &["Deny from all"]), Guarded),
            (within("If x", &[denied]), Open),
            (within("If x", &[&within("RequireAll", &[denied])]), Open),
            ("Deny from all".to_owned(), Denied),
            ("Allow from all".to_owned(), Open),
            ("Order allow,deny".to_owned(), Denied),
            ("Order deny,allow".to_owned(), Open),
            ("Order mutual-failure".to_owned(), Guarded),
            ("Deny from 192.0.2.1".to_owned(), Guarded),
            ("Deny from all\nAllow from env=x".to_owned(), Guarded),
            ("Deny from all\nAllow from all".to_owned(), Open),
            ("Order Allow,Deny\nAllow from all".to_owned(), Open),
            ("Order Allow,Deny\nAllow from 192.0.2".to_owned(), Guarded),
            (
                "Order allow,deny\nAllow from all\nDeny from all".to_owned(),
                Denied,
            ),
            (format!("{denied}\nAllow from all"), Denied),
            (format!("{granted}\nDeny from all"), Denied),
            (format!("Satisfy Any\nAllow from all\n{denied}"), Guarded),
            (format!("Satisfy All\nAllow from all\n{denied}"), Denied),
        ];
        for (text, expected) in table {
            let text = format!("<Directory /srv>\n{text}\n</Directory>");
            let all = sections(&read(&text));
            assert_eq!(all.len(), 1, "{text}");
            assert_eq!(all.first().unwrap().1.access(), expected, "{text}");
        }
    }

    #[test]
    fn what_comes_last() {
        // before, after, what comes of it
        let table = [
            ("Require all denied", "", Denied),
            ("", "Require all denied", Denied),
            ("Require all denied", "Require all granted", Open),
            ("Require all granted", "Require local", Guarded),
            (
                "Require all denied",
                "AuthMerging And\nRequire local",
                Denied,
            ),
            (
                "Require all denied",
                "AuthMerging Or\nRequire local",
                Guarded,
            ),
            ("Require all denied", "AuthMerging Or", Denied),
            ("Require all denied", "AuthMerging Off", Open),
            ("Require all denied", "Allow from all", Denied),
            ("Deny from all", "Require all granted", Denied),
            ("Deny from all", "Allow from all", Open),
            ("Deny from all", "Satisfy All", Open),
        ];
        for (before, after, expected) in table {
            let section = |text: &str| format!("<Location /x>\n{text}\n</Location>");
            let all = sections(&read(&format!("{}\n{}", section(before), section(after))));
            let merged = all
                .iter()
                .fold(Rules::default(), |merged, (_, rules)| merged.merge(*rules));
            assert_eq!(merged.access(), expected, "{before}, then {after}");
        }
        assert_eq!(Rules::default().merge(Rules::UNKNOWN).access(), Guarded);
    }

    #[test]
    fn by_what_they_are_known() {
        let text = "<VirtualHost *:80>\n<Directory /srv>\n<Files x>\n<RequireAny>\nRequire all denied\n\
                    </RequireAny>\n</Files>\n</Directory>\n</VirtualHost>\n<Directory ~ /srv>\n</Directory>\n\
                    <DirectoryMatch /srv>\n</DirectoryMatch>\n<FilesMatch x>\n</FilesMatch>\n<Location /y>\n\
                    </Location>\n<LocationMatch y>\n</LocationMatch>\n<Proxy *>\nRequire all denied\n</Proxy>\n\
                    Require all denied";
        let all = sections(&read(text));
        let shown: Vec<String> = all
            .iter()
            .map(|(key, rules)| {
                let (kind, text) = (key.kind, key.text.escape_ascii());
                let (inside, access) = (key.inside, rules.access());
                format!(
                    "{kind:?} {text} {} {inside:?} {access:?}",
                    key.is_expression
                )
            })
            .collect();
        let expected = [
            "Directory /srv/ false None Open",
            "Files x false Some(0) Denied",
            "Directory /srv true None Open",
            "Directory /srv true None Open",
            "Files x true None Open",
            "Location /y false None Open",
            "Location y true None Open",
        ];
        assert_eq!(shown, expected);
    }
}
