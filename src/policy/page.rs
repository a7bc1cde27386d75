//! Which names a page defines, and which it imports.
//!
//! mod_python's publisher calls whatever a URL names in a module, also what the module imported:
//! `from subprocess import getoutput` is a shell for everybody. So the source is read for the names
//! that it binds at module level, and how.
//!
//! It is read as tokens and statements, not parsed. A parser of the whole language is a large
//! dependency, it is of another version than the Python that runs the page, and it recurses: a page
//! of brackets would overflow the stack, and take the server with it. Names need none of that. A
//! statement is known by its first words, by its colon and by its equal signs; nothing in here
//! recurses, and the time is that of reading the source.
//!
//! What cannot be followed is an error, and the page is to be refused. CPython refuses it too, but
//! for 4 MiB of source, or a thousand brackets in each other. A declared encoding does not matter:
//! publisher hands Python text, and no bytes.

use std::collections::BTreeSet;
use std::fmt;

use super::token::{self, Token, Tokens, What, text};

/// Names, in their order.
pub type Names = BTreeSet<Vec<u8>>;

/// The longest source that is read, in bytes.
pub const LONGEST: usize = token::LONGEST;

const ALL: &[u8] = b"__all__";

/// What the source of a page says of its names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    defined: Names,
    imported: Names,
    imports_all: bool,
    all: Option<Names>,
}

/// What a name is to a page, as the first name of a publisher's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The page defines it, and does not hide it.
    Published,
    /// The page imports it, whatever else it does with it.
    Imported,
    /// The page defines it, and leaves it out of its `__all__`.
    NotInAll,
    /// The page does not define it: it does not exist, it is a loop's variable or the like, or an
    /// `import *` brought it.
    Undefined,
}

/// A source that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: &'static str,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl Page {
    /// Reads the source of a page.
    pub fn parse(source: &[u8]) -> Result<Page, Unreadable> {
        let text = text(source).map_err(|(line, what)| Unreadable { line, what })?;
        let mut tokens = Tokens::new(&text);
        let mut reader = Reader::default();
        let mut line = Vec::new();
        loop {
            let token = tokens.next().map_err(|what| Unreadable {
                line: tokens.line(),
                what,
            })?;
            let read = match token {
                Token::Newline => {
                    let read = reader.line(&line);
                    line.clear();
                    read
                }
                Token::Indent => reader.indent(),
                Token::Dedent => reader.dedent(),
                Token::End if reader.body.is_none() => return Ok(reader.finish()),
                Token::End => Err(NO_BODY),
                _ => {
                    line.push(token);
                    Ok(())
                }
            };
            if let Err(what) = read {
                let line = tokens.line();
                return Err(Unreadable { line, what });
            }
        }
    }

    /// Counts as imported what an earlier version of the page imported, or could have: that one may
    /// be what still runs.
    pub fn remember(&mut self, before: &Page) {
        self.imported.extend(before.imported.iter().cloned());
        if before.imports_all {
            let doubtful = |name: &&Vec<u8>| before.access(name) == Name::Undefined;
            let doubtful: Vec<Vec<u8>> = self.defined.iter().filter(doubtful).cloned().collect();
            self.imported.extend(doubtful);
        }
    }

    /// What this name is.
    pub fn access(&self, name: &[u8]) -> Name {
        if self.imported.contains(name) {
            Name::Imported
        } else if !self.defined.contains(name) {
            Name::Undefined
        } else if self.all.as_ref().is_some_and(|all| !all.contains(name)) {
            Name::NotInAll
        } else {
            Name::Published
        }
    }

    /// The names that are [`Name::Published`].
    pub fn published(&self) -> impl Iterator<Item = &[u8]> {
        let names = self.defined.iter().map(Vec::as_slice);
        names.filter(|name| self.access(name) == Name::Published)
    }

    /// The names that a definition, a class or an assignment binds.
    pub fn defined(&self) -> &Names {
        &self.defined
    }

    /// The names that an import binds, also one in a function that declares its name global. Where there
    /// is an `import *`, also those that it could bind over the page's own.
    pub fn imported(&self) -> &Names {
        &self.imported
    }

    /// Whether there is an `import *`.
    pub fn imports_all(&self) -> bool {
        self.imports_all
    }

    /// What `__all__` lists, if it is written out as plain strings.
    pub fn all(&self) -> Option<&Names> {
        self.all.as_ref()
    }
}

const NO_BODY: What = "a block has no body";

/// A block: where its lines are.
#[derive(Clone, Copy)]
struct Block {
    /// At module level, so not in a function or a class.
    module: bool,
    /// Always run, so not in an `if` or the like.
    always: bool,
    /// Directly in a `match`, where every line is a `case`.
    cases: bool,
}

const TOP: Block = Block {
    module: true,
    always: true,
    cases: false,
};

/// What is known of `__all__`.
#[derive(Default)]
enum All {
    #[default]
    Absent,
    Names(Names),
    /// It is not written out. It stays so.
    Unknown,
}

/// What the first words of a line begin.
enum Header<'a> {
    /// A function or a class of this name.
    Definition(&'a [u8]),
    Match,
    /// `if`, `else`, `for`, `case` and the like.
    Other,
}

/// Reads logical lines.
#[derive(Default)]
struct Reader {
    page: Page,
    all: All,
    /// The blocks around this line.
    blocks: Vec<Block>,
    /// The block that has to begin now.
    body: Option<Block>,
    /// What functions and classes declare to be global.
    globals: Names,
    /// What imports in functions and classes bind.
    inner: Names,
    /// What is defined in any case, after the last `import *`: that one could have bound the others.
    certain: Names,
}

impl Reader {
    fn indent(&mut self) -> Result<(), What> {
        let body = self.body.take().ok_or("the line is indented too far")?;
        self.blocks.push(body);
        Ok(())
    }

    fn dedent(&mut self) -> Result<(), What> {
        self.blocks.pop();
        self.body.map_or(Ok(()), |_| Err(NO_BODY))
    }

    fn finish(mut self) -> Page {
        let smuggled = self.globals.intersection(&self.inner).cloned();
        self.page.imported.extend(smuggled);
        if self.page.imports_all {
            let doubtful = self.page.defined.difference(&self.certain).cloned();
            self.page.imported.extend(doubtful);
        }
        self.page.all = match self.all {
            All::Names(names) => Some(names),
            All::Absent | All::Unknown => None,
        };
        self.page
    }

    fn line(&mut self, line: &[Token<'_>]) -> Result<(), What> {
        if self.body.is_some() {
            return Err(NO_BODY);
        }
        let here = self.blocks.last().copied().unwrap_or(TOP);
        let Some(header) = header(line, here.cases) else {
            self.statements(line, here);
            return Ok(());
        };
        if let (Header::Definition(name), true) = (&header, here.module) {
            self.define(name, here);
        }
        let body = Block {
            module: here.module && !matches!(header, Header::Definition(_)),
            always: false,
            cases: matches!(header, Header::Match),
        };
        let colon = outermost(line).find(|(_, token)| *token == Token::Op(b':'));
        let (colon, _) = colon.ok_or("a block begins without a colon")?;
        match line.get(colon + 1..) {
            None | Some([]) => self.body = Some(body),
            Some(statements) => self.statements(statements, body),
        }
        Ok(())
    }

    fn statements(&mut self, line: &[Token<'_>], here: Block) {
        let mut start = 0;
        for (index, token) in outermost(line) {
            if token == Token::Op(b';') {
                self.statement(line.get(start..index).unwrap_or_default(), here);
                start = index + 1;
            }
        }
        self.statement(line.get(start..).unwrap_or_default(), here);
    }

    fn statement(&mut self, statement: &[Token<'_>], here: Block) {
        match statement {
            [Token::Name(b"import"), names @ ..] => self.import(names, here),
            [Token::Name(b"from"), rest @ ..] => {
                let import = |token: &Token<'_>| *token == Token::Name(b"import");
                let names = rest.splitn(2, import).nth(1).unwrap_or_default();
                match names {
                    [Token::Op(b'*')] if here.module => {
                        self.page.imports_all = true;
                        self.certain.clear();
                    }
                    [Token::Op(b'('), names @ .., Token::Op(b')')] => self.import(names, here),
                    _ => self.import(names, here),
                }
            }
            [Token::Name(b"global"), names @ ..] => {
                for token in names {
                    if let Token::Name(name) = token {
                        self.globals.insert(name.to_vec());
                    }
                }
            }
            _ if !here.module => {}
            [
                Token::Name(b"type"),
                Token::Name(name),
                Token::Op(b'=' | b'['),
                ..,
            ] if !matches!(*name, b"in" | b"is" | b"and" | b"or" | b"if") => {
                self.define(name, here)
            }
            _ => self.assignment(statement, here),
        }
    }

    fn import(&mut self, names: &[Token<'_>], here: Block) {
        for part in names.split(|token| *token == COMMA) {
            let name = match part {
                [.., Token::Name(b"as"), Token::Name(name)] => *name,
                [Token::Name(name), ..] => *name,
                _ => continue,
            };
            if !here.module {
                self.inner.insert(name.to_vec());
                continue;
            }
            self.page.imported.insert(name.to_vec());
            if name == ALL {
                self.all = All::Unknown;
            }
        }
    }

    /// Something else than an assignment defines this.
    fn define(&mut self, name: &[u8], here: Block) {
        self.bind(name, here);
        if name == ALL {
            self.all = All::Unknown;
        }
    }

    fn bind(&mut self, name: &[u8], here: Block) {
        self.page.defined.insert(name.to_vec());
        if here.always {
            self.certain.insert(name.to_vec());
        }
    }

    /// A statement that may assign.
    fn assignment(&mut self, statement: &[Token<'_>], here: Block) {
        let marks: Vec<_> = outermost(statement)
            .filter(|(_, token)| {
                matches!(
                    token,
                    Token::Op(b'=') | Token::Op(b':') | Token::Augmented(_)
                )
            })
            .collect();
        let between = |from: usize, to: usize| statement.get(from..to).unwrap_or_default();
        let after = |mark: usize| statement.get(mark + 1..).unwrap_or_default();
        match *marks.as_slice() {
            [] => {
                if let [Token::Name(ALL), Token::Op(b'.'), call @ ..] = statement {
                    self.list(added(call), false, here);
                }
            }
            // An annotation alone binds nothing.
            [(_, Token::Op(b':'))] => {}
            [(end, Token::Op(b':')), (equal, _), ..] => {
                self.assign(between(0, end), Some(after(equal)), true, here);
            }
            [(end, Token::Augmented(operator)), ..] => {
                let value = (operator == b'+').then_some(after(end));
                self.assign(between(0, end), value, false, here);
            }
            [(end, _)] => self.assign(between(0, end), Some(after(end)), true, here),
            _ => {
                let mut start = 0;
                for (equal, _) in marks {
                    self.assign(between(start, equal), None, true, here);
                    start = equal + 1;
                }
            }
        }
    }

    /// One target of an assignment, which may be a tuple, and the value if it is for this one only.
    fn assign(
        &mut self,
        target: &[Token<'_>],
        value: Option<&[Token<'_>]>,
        anew: bool,
        here: Block,
    ) {
        for name in targets(target) {
            self.bind(name, here);
            if name == ALL {
                let value = value.filter(|_| target.len() == 1);
                self.list(value.and_then(literal), anew, here);
            }
        }
    }

    /// `__all__` gets these names, anew or in addition. What only may run takes none away.
    fn list(&mut self, names: Option<Names>, anew: bool, here: Block) {
        self.all = match (std::mem::take(&mut self.all), names) {
            (All::Absent, Some(names)) if anew => All::Names(names),
            (All::Names(_), Some(names)) if anew && here.always => All::Names(names),
            (All::Names(mut all), Some(names)) => {
                all.extend(names);
                All::Names(all)
            }
            _ => All::Unknown,
        };
    }
}

const COMMA: Token<'static> = Token::Op(b',');

/// What the first words of a line begin, if it is no simple statement.
fn header<'a>(line: &[Token<'a>], in_match: bool) -> Option<Header<'a>> {
    match line {
        [
            Token::Name(b"async"),
            Token::Name(b"def"),
            Token::Name(name),
            ..,
        ]
        | [Token::Name(b"def" | b"class"), Token::Name(name), ..] => Some(Header::Definition(name)),
        [Token::Name(b"async"), Token::Name(b"for" | b"with"), ..] => Some(Header::Other),
        // No other line that begins so ends in a colon; and the line of a case is in a match.
        [Token::Name(b"match"), _, .., Token::Op(b':')] => Some(Header::Match),
        [Token::Name(b"case"), ..] if in_match => Some(Header::Other),
        [
            Token::Name(
                b"if" | b"elif" | b"else" | b"for" | b"while" | b"try" | b"except" | b"finally"
                | b"with",
            ),
            ..,
        ] => Some(Header::Other),
        _ => None,
    }
}

/// The tokens that are neither in brackets nor between a `lambda` and its colon, with their places.
fn outermost<'a>(line: &[Token<'a>]) -> impl Iterator<Item = (usize, Token<'a>)> {
    let mut depth = 0usize;
    let mut lambdas = 0usize;
    line.iter().copied().enumerate().filter(move |(_, token)| {
        match token {
            Token::Op(b'(' | b'[' | b'{') => depth += 1,
            Token::Op(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            Token::Name(b"lambda") => lambdas += 1,
            Token::Op(b':') if lambdas > 0 => lambdas -= 1,
            _ => return lambdas == 0,
        }
        false
    })
}

/// The names that a target binds: those that stand for themselves, in any tuple or list.
fn targets<'a>(target: &[Token<'a>]) -> Vec<&'a [u8]> {
    let mut names = Vec::new();
    // For each bracket how many names were found before it, or that it is no tuple or list.
    let mut brackets: Vec<Option<usize>> = Vec::new();
    let mut before = COMMA;
    for (index, token) in target.iter().enumerate() {
        let begins = matches!(before, Token::Op(b',' | b'(' | b'[' | b'*'))
            && !matches!(brackets.last(), Some(None));
        let after = target.get(index + 1).unwrap_or(&COMMA);
        match token {
            Token::Op(b'(' | b'[' | b'{') => brackets.push(begins.then_some(names.len())),
            Token::Op(b')' | b']' | b'}') => {
                if let Some(Some(count)) = brackets.pop()
                    && matches!(after, Token::Op(b'.' | b'(' | b'['))
                {
                    // An expression, of which a part is assigned to: `(a).b = 1`.
                    names.truncate(count);
                }
            }
            Token::Name(name) if begins && matches!(after, Token::Op(b',' | b')' | b']')) => {
                names.push(*name);
            }
            _ => {}
        }
        before = *token;
    }
    names
}

/// A list or a tuple of plain strings.
fn literal(value: &[Token<'_>]) -> Option<Names> {
    match without_brackets(value) {
        [Token::Op(b'['), inside @ .., Token::Op(b']')] => strings(inside),
        [Token::Op(b'('), inside @ .., Token::Op(b')')]
            if inside.is_empty() || inside.contains(&COMMA) =>
        {
            strings(inside)
        }
        value @ [Token::Text(_), ..] if value.contains(&COMMA) => strings(value),
        _ => None,
    }
}

/// The value without brackets around brackets: `(['a'])` is a list.
fn without_brackets<'t, 'a>(mut value: &'t [Token<'a>]) -> &'t [Token<'a>] {
    while let [Token::Op(b'('), inner @ .., Token::Op(b')')] = value {
        let mut depth = 0usize;
        let mut end = None;
        for (index, token) in inner.iter().enumerate() {
            match token {
                Token::Op(b'(' | b'[') => depth += 1,
                Token::Op(b')' | b']') => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                end = Some(index + 1);
                break;
            }
        }
        let is_one = matches!(inner, [Token::Op(_), _, ..]) && end == Some(inner.len());
        if !is_one {
            break;
        }
        value = inner;
    }
    value
}

/// Plain strings with commas between them. Some that only stand side by side are one.
fn strings(list: &[Token<'_>]) -> Option<Names> {
    let mut names = Names::new();
    let mut name: Option<Vec<u8>> = None;
    for token in list {
        match token {
            Token::Text(Some(text)) => name.get_or_insert_default().extend_from_slice(text),
            &COMMA => drop(names.insert(name.take()?)),
            _ => return None,
        }
    }
    names.extend(name);
    Some(names)
}

/// What a call adds to `__all__`, from the name of the method on.
fn added(call: &[Token<'_>]) -> Option<Names> {
    let [
        Token::Name(method),
        Token::Op(b'('),
        arguments @ ..,
        Token::Op(b')'),
    ] = call
    else {
        return None;
    };
    let argument = arguments.strip_suffix(&[COMMA]).unwrap_or(arguments);
    match (*method, argument) {
        (b"append", [_, ..]) if !argument.contains(&COMMA) => strings(argument),
        (b"extend", [Token::Op(_), ..]) => literal(argument),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used)]
mod tests {
    use super::*;

    fn words(names: &Names) -> String {
        let names: Vec<_> = names.iter().map(|n| String::from_utf8_lossy(n)).collect();
        names.join(" ")
    }

    /// What a source says: its defined and its imported names, and its `__all__`.
    fn read(source: &[u8]) -> (String, String, Option<String>) {
        let page = Page::parse(source)
            .unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(source)));
        (
            words(page.defined()),
            words(page.imported()),
            page.all().map(words),
        )
    }

    #[test]
    fn what_is_defined_and_what_is_imported() {
        let table = [
            // Definitions and scopes.
            ("def f(a=1): b = 2", "f", ""),
            (
                "async def f():\n  import os\nclass C(A):\n\tx = 1\ny = 1",
                "C f y",
                "",
            ),
            ("class A: x = 1; import os", "A", ""),
            ("if x: import os; y = 1\nelse: from a import b", "y", "b os"),
            (
                "try:\n import a\nexcept E as e:\n b = 1\nelse:\n c = 1\nfinally:\n d = 1",
                "b c d",
                "a",
            ),
            (
                "for x in y:\n with a as b, c as d:\n  while 1: e = 1",
                "e",
                "",
            ),
            (
                "async with a as b:\n c = 1\nasync for d in e: f = 1",
                "c f",
                "",
            ),
            (
                "if a:\n  if b:\n    def f():\n      g = 1\n    h = 1\nelse:\n  i = 1",
                "f h i",
                "",
            ),
            ("@deco(lambda x: x)\n@b\ndef f(): pass", "f", ""),
            (
                "def f[T: (int, str) = int](a: T) -> lambda: 0: b = 1",
                "f",
                "",
            ),
            ("if lambda a=1: b: c = 1", "c", ""),
            ("if (a := 1) or (lambda: 0): b = 1", "b", ""),
            ("if a := 1: b = 1", "b", ""),
            // Assignments.
            ("a = b = c, (d, [e, *f]) = g", "a b c d e f", ""),
            (
                "a.b = c[d] = (e).f = [g][0] = (h, i)[j] = k(l).m = n = 1",
                "n",
                "",
            ),
            (
                "(a) = 1; [b] = c; (d), e = f; *g, = h; ((i),) = j",
                "a b d e g i",
                "",
            ),
            (
                "a: int = 1; b: int; (c): int = 1; (d): int; e.f: int = 1",
                "a c",
                "",
            ),
            ("a: lambda b=1: c = 2; d: lambda e=1: f", "a", ""),
            (
                "a += 1; b **= 1; c //= 1; d >>= 1; (e) @= 1; f.g += 1; h[i] -= 1",
                "a b c d e",
                "",
            ),
            (
                "a == b; c <= d; e != f; g(h=1); {i: j}; k[l:m]; n if o else p",
                "",
                "",
            ),
            ("a = lambda b=1, *c, d=lambda e=2: 3: 4", "a", ""),
            ("a = yield b\nc = 1if d else 0x1for e", "a c", ""),
            (
                "del a; assert b, c; pass; global d; (e := 1); print(f)",
                "",
                "",
            ),
            // Imports.
            ("import a.b.c, d.e as f, g", "", "a f g"),
            ("from x import (a as b, # (\n c,\n)", "", "b c"),
            (
                "from . import a\nfrom .x import b\nfrom ... import c as d",
                "",
                "a b d",
            ),
            (
                "from.import a\nfrom x import(b)\nfrom x.y import*",
                "",
                "a b",
            ),
            ("import a\ndef a(): pass", "a", "a"),
            ("def f():\n global os\n import os, sys\n", "f", "os"),
            (
                "class C:\n def f(): import os as o; from x import p\n def g(): global o, p, q",
                "C",
                "o p",
            ),
            // Words that are keywords only where they can be.
            (
                "match = 1; case = 2; type = 3; _ = 4",
                "_ case match type",
                "",
            ),
            (
                "match(x)\nmatch[x] = 1\nmatch.y = 1\nprint(match)\ntype(x)\nmatch: int = 1",
                "match",
                "",
            ),
            (
                "match x:\n case [a, *b] if c: import d\n case {'k': e}:\n  f = 1\ng = 1",
                "f g",
                "d",
            ),
            (
                "match match:\n case case:\n  case = 1\n  match = 2",
                "case match",
                "",
            ),
            (
                "match a, lambda: 0:\n  case _: b = 1\ncase = 1",
                "b case",
                "",
            ),
            (
                "type X = int\ntype Y[T] = list[T]\ntype in [a]\ntype is [b]\ntype type = c",
                "X Y type",
                "",
            ),
            // Of Python 2.
            (
                "print 'a = 1', b\nexec 'c' in d\nprint >>e, `f`\nasync = 0777",
                "async",
                "",
            ),
            // Lines.
            ("a = (1,\nimport_\n# ) comment\n)\nb = \\\n 1", "a b", ""),
            (
                "if a:\n\n# comment\n      # comment\n  b = 1\n # comment\n  c = 1\nd = 1",
                "b c d",
                "",
            ),
            (
                "if a:\n        b = 1\n\tc = 1\n\x0c        d = 1",
                "b c d",
                "",
            ),
            (
                "\u{feff}import a\r\nb = 1\rc = '''\r\nd = 1'''\r\n  \r",
                "b c",
                "a",
            ),
            ("if a:\n  b = 1\\\n\n  c = 1", "b c", ""),
            ("if a:\n  \\\n     b = 1\n  c = 1", "b c", ""),
            ("a = 1;;b = 2\n;\n\\\n\n", "a b", ""),
            ("", "", ""),
            ("   # nothing", "", ""),
            ("café = 1\nimport naïve", "café", "naïve"),
            // Strings.
            ("a = '\\''; b = \"'\"; c = r'\\'; d = 1'", "a b c", ""),
            (
                "'''\nimport a\n''' ; b = '''\\''''; c = ''; d = \"\"\"\"x\"\"\"",
                "b c d",
                "",
            ),
            (
                "a = 'x\\\ny'; b = Rb'\\\\'; c = 'if'if'a'else'b'",
                "a b c",
                "",
            ),
            (
                "a = f'{{'; b = f'}}'; c = f'{x!r:>{y}}'; d = F'{x:=5}'; e = f'{x=}'",
                "a b c d e",
                "",
            ),
            (
                "a = f'{x['k']}'; b = f'{f'{f'{1}'}'}'; c = f'{'}'}'",
                "a b c",
                "",
            ),
            ("a = f'{x # ' }\n}'; b = f'{\n(y:=1,\nimport_)}'", "a b", ""),
            (
                "a = f'\\N{DIGIT ONE}\\{b}\\'{c}'; d = rf'\\{e}\\'' 'f'",
                "a d",
                "",
            ),
            (
                "a = f'{x:{{1:'}'}[1]}}'; b = rf'\\N{'}'}'; c = rf'\\'{'}'}'",
                "a b c",
                "",
            ),
            (
                "a = f'''\n{x:\n}{y:'{z}'}'''; b = f'{x!=y}{ {1: 2}[1]:a{b}c}'",
                "a b",
                "",
            ),
            (
                "a = f'{x:%H:%M{{y}}}'; b = t'{x}'; c = Rt'\\{x}'",
                "a b c",
                "",
            ),
            (
                "a = f'{lambda x: 1}'; b = f'{x:\\}'; c = f'{x:d\n}'",
                "a b c",
                "",
            ),
        ];
        for (source, defined, imported) in table {
            let expected = (defined.to_owned(), imported.to_owned(), None);
            assert_eq!(read(source.as_bytes()), expected, "{source}");
        }
    }

    #[test]
    fn what_all_lists() {
        let table = [
            ("__all__ = ['a', \"b\"]", Some("a b")),
            ("__all__ = ('a', 'b',)", Some("a b")),
            ("__all__ = 'a', u'''b''', r'c'", Some("a b c")),
            (
                "__all__ = [\n 'a' 'b', # c\n 'c' \\\n 'd'\n]",
                Some("ab cd"),
            ),
            ("__all__ = []", Some("")),
            ("__all__ = ()", Some("")),
            ("__all__: list[str] = ['a']", Some("a")),
            ("__all__ = ['a']; __all__ = ['b']", Some("b")),
            (
                "__all__ = ['a']\nif x: __all__ = ['b']\nelse:\n __all__ = ['c']",
                Some("a b c"),
            ),
            ("if x: __all__ = ['b']", Some("b")),
            ("__all__ = ['a']; __all__ += ('b',)", Some("a b")),
            (
                "__all__ = ['a']\n__all__.append('b' 'c',); __all__.extend(['d'])",
                Some("a bc d"),
            ),
            (
                "__all__ = ['a']\ndef f(): __all__ = 1\nprint(__all__)\n__all__[0] = 'b'",
                Some("a"),
            ),
            ("a = 1", None),
            ("__all__: list", None),
            ("__all__ = 'a'", None),
            ("__all__ = ('a')", None),
            ("__all__ = (['a'])", Some("a")),
            ("__all__ = ((('a', 'b')))", Some("a b")),
            ("__all__ = (('a'),)", None),
            ("__all__ = ([], [])", None),
            ("__all__ = [b'a']", None),
            ("__all__ = [f'a']", None),
            ("__all__ = ['\\x61']", None),
            ("__all__ = [a]", None),
            ("__all__ = ['a'] + b", None),
            ("__all__ = [*a, 'b']", None),
            ("__all__ = a = ['b']", None),
            ("__all__, a = ['b'], 1", None),
            ("(__all__) = ['a']", None),
            ("__all__ += ['a']", None),
            ("__all__ = ['a']; __all__ += a.__all__", None),
            ("__all__ = ['a']; __all__ *= 2", None),
            ("__all__ = ['a']; __all__ -= ['b']", None),
            ("__all__ = ['a']; __all__.remove('a')", None),
            ("__all__ = ['a']; __all__.append(a)", None),
            ("__all__ = ['a']; __all__.append('b', 'c')", None),
            ("__all__ = ['a']; __all__.extend('b')", None),
            ("__all__ = ['a']; __all__.extend('b', 'c')", None),
            ("from x import __all__\n__all__ = ['a']", None),
            ("def __all__(): pass\n__all__ = ['a']", None),
        ];
        for (source, all) in table {
            let expected = all.map(str::to_owned);
            assert_eq!(read(source.as_bytes()).2, expected, "{source}");
        }
    }

    #[test]
    fn what_a_name_is() {
        let source = b"from os import popen, path\nfrom x import *\n\
            __all__ = ['shown', 'popen', 'missing']\n\
            def shown(): pass\ndef hidden(): pass\ndef path(): pass\n";
        let page = Page::parse(source).unwrap();
        let table: [(&[u8], Name); 6] = [
            (b"shown", Name::Published),
            (b"hidden", Name::NotInAll),
            (b"popen", Name::Imported),
            (b"path", Name::Imported),
            (b"missing", Name::Undefined),
            (b"", Name::Undefined),
        ];
        for (name, expected) in table {
            assert_eq!(page.access(name), expected, "{name:?}");
        }
        assert!(page.imports_all());
        assert!(
            !Page::parse(b"def f(): from x import *")
                .unwrap()
                .imports_all()
        );
        assert_eq!(page.published().collect::<Vec<_>>(), [b"shown"]);
    }

    #[test]
    fn what_cannot_be_followed() {
        let table: [(&[u8], &str); 22] = [
            (
                b"a = 1\n\nb = 'c\n",
                "line 3: a string has no end on its line",
            ),
            (b"a = 1\n'''b\n\n", "line 2: a string has no end"),
            (b"f'{a", "line 1: a bracket or a string has no end"),
            (b"f'a\n'", "line 1: a string has no end on its line"),
            (
                b"f'''\n{a:'''}",
                "line 2: a string ends in one of its fields",
            ),
            (b"f'{a)}'", "line 1: a bracket closes what is not open"),
            (b"'a\\", "line 1: a string has no end"),
            (b"f'a\\", "line 1: a string has no end"),
            (b"a = (\nb\n", "line 3: a bracket or a string has no end"),
            (b"a\n)\n", "line 2: a bracket closes what is not open"),
            (b"(]", "line 1: a bracket closes what is not open"),
            (b"a\n  b\n", "line 2: the line is indented too far"),
            (
                b"if a:\n  b\n c\n",
                "line 3: the indentation is that of no block",
            ),
            (b"if a:\nb\n", "line 2: a block has no body"),
            (b"if a:\n  if b:\nc", "line 3: a block has no body"),
            (b"def f():", "line 1: a block has no body"),
            (b"if a\n  b", "line 1: a block begins without a colon"),
            (b"a \\ \nb", "line 1: something follows a backslash"),
            (b"\n  \\b", "line 2: something follows a backslash"),
            (b"a\nb \\", "line 2: something follows a backslash"),
            (b"a\n\0", "line 2: there is a NUL byte"),
            (b"a\r\nb\r'", "line 3: a string has no end"),
        ];
        for (source, expected) in table {
            let found = Page::parse(source).map_err(|why| why.to_string());
            let shown = String::from_utf8_lossy(source);
            assert_eq!(found.unwrap_err().as_str(), expected, "{shown}");
        }
    }

    #[test]
    fn what_nests_is_bounded_and_does_not_recurse() {
        let nested = |depth: usize, open: &str, close: &str| {
            Page::parse(
                [open.repeat(depth), close.repeat(depth)]
                    .concat()
                    .as_bytes(),
            )
        };
        for (open, close, least) in [("(", ")", 1000), ("f'{", "}'", 500), ("f'{a:{", "}}'", 300)] {
            assert!(nested(least, open, close).is_ok(), "{open}");
            let why = nested(100_000, open, close).unwrap_err();
            assert_eq!(why.what, "brackets are nested too deeply", "{open}");
        }
        let blocks = |depth: usize| {
            let lines = (0..depth).map(|depth| format!("{}if a:\n", " ".repeat(depth)));
            let text: String = lines.collect();
            Page::parse(format!("{text}{}b = 1", " ".repeat(depth)).as_bytes())
        };
        assert!(blocks(100).is_ok());
        assert_eq!(
            blocks(101).unwrap_err().what,
            "blocks are nested too deeply"
        );
        assert!(Page::parse(&vec![b'\n'; 5 << 20]).is_err());
        // Without brackets there is nothing to keep, however long it is.
        for long in [
            "lambda:", "a=", "a,", "-", ";", "__all__=", "a.", "'x'", "\\\n",
        ] {
            assert!(
                Page::parse(long.repeat(100_000).as_bytes()).is_ok(),
                "{long}"
            );
        }
    }

    #[test]
    fn what_a_star_may_have_bound() {
        let page = Page::parse(
            b"def early(): pass\nfrom store import *\ndef late(): pass\nif a:\n  perhaps = 1\nearly_too = 1\n",
        )
        .unwrap();
        assert_eq!(page.access(b"early"), Name::Imported);
        assert_eq!(page.access(b"perhaps"), Name::Imported);
        assert_eq!(page.access(b"late"), Name::Published);
        assert_eq!(page.access(b"early_too"), Name::Published);
    }

    #[test]
    fn an_earlier_version_is_remembered() {
        let parse = |source: &str| Page::parse(source.as_bytes()).unwrap();
        let mut page = parse("def run(): pass\ndef new(): pass");
        page.remember(&parse("from os import popen as run"));
        assert_eq!(page.access(b"run"), Name::Imported);
        assert_eq!(page.access(b"new"), Name::Published);
        let mut page = parse("def run(): pass\ndef old(): pass");
        page.remember(&parse("from os import *\ndef old(): pass"));
        assert_eq!(page.access(b"run"), Name::Imported);
        assert_eq!(page.access(b"old"), Name::Published);
    }
}
