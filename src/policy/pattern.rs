//! File name patterns: the words of `PyGuardExempt` and `PyGuardStatic`.

use super::message::quoted;

/// One pattern: `*`, `?`, `[a-z]`, `{a,b}`; ASCII case-insensitive. With a `/` in it, it is held
/// against the whole path below the document root, else against one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    glob: Vec<u8>,
    whole_path: bool,
}

impl Pattern {
    /// Reads a pattern. The error says what is wrong with it.
    pub fn parse(word: &[u8]) -> Result<Pattern, String> {
        let no = |why: &str| Err(format!("{} is not a pattern: {why}", quoted(word)));
        if word.is_empty() {
            return no("it is empty");
        }
        if word.starts_with(b"!") {
            return no("a leading '!' would match everything else; name what is meant");
        }
        let (mut bracket, mut braces, mut escaped) = (false, 0u32, false);
        for byte in word {
            match (escaped, bracket, byte) {
                (true, _, _) => escaped = false,
                (_, _, b'\\') => escaped = true,
                (_, true, b']') => bracket = false,
                (_, true, _) => {}
                (_, _, b'[') => bracket = true,
                (_, _, b'{') => braces += 1,
                (_, _, b'}') => match braces.checked_sub(1) {
                    Some(left) => braces = left,
                    None => return no("a '}' without its '{'"),
                },
                _ => {}
            }
        }
        if bracket {
            return no("a '[' without its ']'");
        }
        if braces > 0 {
            return no("a '{' without its '}'");
        }
        if escaped {
            return no("it ends in a '\\' that escapes nothing");
        }
        let glob = word.strip_prefix(b"/").unwrap_or(word).to_ascii_lowercase();
        Ok(Pattern {
            whole_path: word.contains(&b'/'),
            glob,
        })
    }

    /// Whether it names this component of a path, by its name alone.
    pub fn matches_component(&self, name: &[u8]) -> bool {
        !self.whole_path && fast_glob::glob_match(&self.glob, name.to_ascii_lowercase())
    }

    /// Whether it names this path (no leading slash), by a pattern with a `/` in it.
    pub fn matches_path(&self, path: &[u8]) -> bool {
        self.whole_path && fast_glob::glob_match(&self.glob, path.to_ascii_lowercase())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn components_and_paths() {
        // pattern, text, as a component, as a path
        let table = [
            ("*.whl", "mod-1.0.whl", true, false),
            ("*.WHL", "MOD.whl", true, false),
            ("*.whl", "mod.whl.bak", false, false),
            ("example?.py", "example1.py", true, false),
            ("[ab].sql", "a.sql", true, false),
            ("*.{css,png}", "x.png", true, false),
            ("docs/*.py", "docs/x.py", false, true),
            ("/docs/*.py", "docs/x.py", false, true),
            ("docs/*.py", "docs/deep/x.py", false, false),
            ("docs/**/*.py", "docs/very/deep/x.py", false, true),
            ("*.py", "docs/x.py", false, false),
            ("\\*.py", "*.py", true, false),
            ("\\*.py", "x.py", false, false),
        ];
        for (pattern, text, component, path) in table {
            let parsed = Pattern::parse(pattern.as_bytes()).unwrap();
            assert_eq!(
                parsed.matches_component(text.as_bytes()),
                component,
                "{pattern} {text}"
            );
            assert_eq!(
                parsed.matches_path(text.as_bytes()),
                path,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern() {
        for word in ["", "!x", "a[b", "{a", "a}", "x\\"] {
            assert!(Pattern::parse(word.as_bytes()).is_err(), "{word}");
        }
    }
}
