//! R09: which files hold the Python source that a request runs, as far as mod_python does not look
//! itself whether they changed.

use super::handler::has_extension;
use super::judge::{Facts, Target};
use super::observed::{Observed, Phase, Section};

/// Hands the files to `look` that may hold source, until it has found one to be newer than what runs:
/// then it returns `true`, and so does this.
pub fn of(
    phases: &[Phase],
    facts: &Facts<'_>,
    observed: &Observed,
    mut look: impl FnMut(&[u8]) -> bool,
) -> bool {
    let slash = memchr::memrchr(b'/', facts.filename).map_or(0, |slash| slash + 1);
    let (directory, name) = facts
        .filename
        .split_at_checked(slash)
        .unwrap_or((b"", facts.filename));
    for phase in phases {
        let Some(handlers) = observed.handlers_in(*phase, name) else {
            continue;
        };
        let own: &[&[u8]] = match handlers.section() {
            Section::Directory(path) | Section::Htaccess(path) => &[path],
            Section::Directories => &[directory],
            // mod_python looks where Python does.
            Section::Server | Section::Location(_) => &[],
        };
        let mut maps_to_file = false;
        for module in handlers.modules() {
            let module = match module.strip_prefix(b"mod_python.") {
                Some(b"wsgi") => match observed.application() {
                    Some(application) => application,
                    None => continue,
                },
                // The others load their pages anew themselves.
                Some(_) => continue,
                None => {
                    maps_to_file = *phase == Phase::Handler;
                    module
                }
            };
            let found = match observed.path() {
                Some(path) => path
                    .iter()
                    .any(|directory| in_directory(directory, module, &mut look)),
                None => own
                    .iter()
                    .any(|directory| in_directory(directory, module, &mut look)),
            };
            if found {
                return true;
            }
        }
        let is_source = facts.target == Target::File && has_extension(name, b"py");
        if maps_to_file && is_source && look(facts.filename) {
            return true;
        }
    }
    false
}

/// Looks at the files that a module of this name may have in a directory.
fn in_directory(directory: &[u8], module: &[u8], look: &mut impl FnMut(&[u8]) -> bool) -> bool {
    let mut path = [directory, module].concat();
    for byte in path.iter_mut().skip(directory.len()) {
        if *byte == b'.' {
            *byte = b'/';
        }
    }
    look(&[&path, &b".py"[..]].concat()) || look(&[&path, &b"/__init__.py"[..]].concat())
}

#[cfg(test)]
mod tests {
    use super::super::judge::Method;
    use super::*;

    fn looked_at(observed: &Observed, filename: &str, phases: &[Phase]) -> Vec<String> {
        let facts = Facts {
            filename: filename.as_bytes(),
            path: filename.as_bytes(),
            target: Target::File,
            handler: b"mod_python",
            method: Method::Get,
        };
        let mut files = Vec::new();
        of(phases, &facts, observed, |file| {
            files.push(String::from_utf8_lossy(file).into_owned());
            false
        });
        files
    }

    #[test]
    fn where_the_source_is() {
        let in_srv = Section::Directory(b"/srv/".to_vec());
        let with = |arguments: &str, section: &Section| {
            let mut observed = Observed::EMPTY;
            observed.python_handler(Phase::Handler, arguments.as_bytes(), section);
            observed
        };
        let handler = [Phase::Handler];
        let own = with("pkg.news::run", &in_srv);
        assert_eq!(
            looked_at(&own, "/srv/x.html", &handler),
            ["/srv/pkg/news.py", "/srv/pkg/news/__init__.py"]
        );
        assert_eq!(
            looked_at(&own, "/srv/x.py", &handler)
                .last()
                .map(String::as_str),
            Some("/srv/x.py")
        );
        assert!(looked_at(&own, "/srv/x.py", &[Phase::Access]).is_empty());
        let mut elsewhere = own.clone();
        elsewhere.python_path(b"['/lib']");
        assert_eq!(
            looked_at(&elsewhere, "/srv/x", &handler),
            ["/lib/pkg/news.py", "/lib/pkg/news/__init__.py"]
        );
        for reloaded in [
            "mod_python.publisher",
            "mod_python.psp",
            "mod_python.cgihandler",
        ] {
            let observed = with(reloaded, &in_srv);
            assert!(looked_at(&observed, "/srv/x.py", &handler).is_empty());
        }
        let mut wsgi = with("mod_python.wsgi", &in_srv);
        wsgi.python_option(b"mod_python.wsgi.application app::application");
        assert_eq!(
            looked_at(&wsgi, "/srv/x", &handler),
            ["/srv/app.py", "/srv/app/__init__.py"]
        );
        assert!(looked_at(&with("news", &Section::Server), "/srv/x", &handler).is_empty());
    }
}
