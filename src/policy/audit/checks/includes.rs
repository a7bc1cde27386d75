//! Pages with server-side includes.

use super::super::Finding;
use super::super::check::Check;
use super::super::facts::{Facts, Place};
use super::super::paths::name_of;
use super::{MOD_PYTHON, finding, is_loaded};
use crate::policy::handler::has_extension;

/// The extensions that are given to mod_include.
fn included_extensions(facts: &Facts) -> Vec<&[u8]> {
    let mut extensions = Vec::new();
    for said in &facts.said {
        let by = said.word(0);
        let is_meant = match said.name.as_str() {
            "addoutputfilter" => by
                .split(|byte| *byte == b';')
                .any(|name| name.eq_ignore_ascii_case(b"INCLUDES")),
            "addhandler" => by.eq_ignore_ascii_case(b"server-parsed"),
            "addtype" => by.eq_ignore_ascii_case(b"text/x-server-parsed-html"),
            _ => false,
        };
        if is_meant {
            let words = said.words.iter().skip(1);
            extensions.extend(words.map(|word| word.strip_prefix(b".").unwrap_or(word)));
        }
    }
    extensions
}

/// The line of the first `<!--#python`, from 1.
fn python_include(content: &[u8]) -> Option<u32> {
    const BEGIN: &[u8] = b"<!--#";
    let at = memchr::memmem::find_iter(content, BEGIN).find(|at| {
        let name = content.get(at + BEGIN.len()..).unwrap_or_default();
        let name = name.trim_ascii_start();
        name.get(..6)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"python"))
    })?;
    let before = content.get(..at)?;
    u32::try_from(1 + memchr::memchr_iter(b'\n', before).count()).ok()
}

/// R24: `#python`
pub(crate) fn ssi_python(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    if !is_loaded(facts, "mod_include.c") || !is_loaded(facts, MOD_PYTHON) {
        return;
    }
    let extensions = included_extensions(facts);
    for (path, entry) in &facts.entries {
        let is_parsed = match extensions.is_empty() {
            true => has_extension(path, b"shtml"),
            false => extensions
                .iter()
                .any(|known| has_extension(name_of(path), &known.to_ascii_lowercase())),
        };
        if !is_parsed || !entry.views.iter().any(|view| view.conf.options.includes) {
            continue;
        }
        let content = entry.content.as_deref().unwrap_or_default();
        if let Some(line) = python_include(content) {
            let what =
                "An exception in its #python element ends the child that serves it.".to_owned();
            let place = Place::Line(path.clone(), line);
            findings.push(finding(check, check.severity.0, place, what, Vec::new()));
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use std::sync::Arc;

    use crate::policy::audit::facts::Options;
    use crate::policy::audit::site::{NONE, plain};

    #[test]
    fn python_in_includes() {
        let with = |includes, modules: &[&str], path: &str, source: &str| {
            let mut site = plain();
            let mut conf = (*site.conf).clone();
            conf.options = Options {
                includes,
                ..Options::default()
            };
            site.conf = Arc::new(conf);
            site.facts.modules = modules.iter().map(|name| (*name).to_owned()).collect();
            site.page(path, source)
        };
        let both = ["mod_include.c", "mod_python.c"];
        let source = "<html>\n<!--#echo var=\"x\" -->\n<!--#python eval=\"1/0\" -->\n";
        let check = "ssi-python";
        let page = "/srv/www/x.shtml";
        assert_eq!(
            with(true, &both, page, source).places(check),
            ["/srv/www/x.shtml:3 medium"]
        );
        assert_eq!(with(false, &both, page, source).places(check), NONE);
        assert_eq!(with(true, &both[..1], page, source).places(check), NONE);
        assert_eq!(
            with(true, &both, "/srv/www/x.stm", source).places(check),
            NONE
        );
        assert_eq!(
            with(true, &both, page, "<!--#echo python-->").places(check),
            NONE
        );
        let stm = with(true, &both, "/srv/www/x.stm", source);
        let stm = stm.says(&[], "addoutputfilter", &["INCLUDES", ".stm"]);
        assert_eq!(stm.places(check).len(), 1);
    }
}
