//! Where a page of publisher says who may run it, and whether publisher reads that right.
//!
//! In a module or a class, `__auth__` and `__access__` are looked up by their names. In a function
//! they cannot be: publisher takes the constants that Python compiled into it, and goes by the place
//! of the name among the local variables. That is right for a definition that is the first thing in
//! the function, and else it may be any other value: a text that the function sends, for example,
//! which counts as consent.

use crate::policy::token::{Token, Tokens, text};

/// How publisher reads a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As it is meant.
    Right,
    /// Perhaps as another value.
    Wrong,
    /// Not at all: the function is decorated, and what the decorator returned is asked instead.
    Lost,
}

/// `__auth__` or `__access__`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    /// The line, from 1.
    pub(super) line: usize,
    /// It is `__auth__`, and not `__access__`.
    pub(super) is_auth: bool,
    /// The function that it stands in; `None`: the page itself, or a class.
    pub(super) function: Option<Vec<u8>>,
    /// How it is read.
    pub(super) reading: Reading,
    /// A dictionary, a text or a number, and not a function.
    pub(super) is_value: bool,
}

/// How many guards of a page are told.
const MOST: usize = 50;

/// How often lines are counted in one page.
const MOST_COUNTED: usize = 200;

/// The guards of a page, as far as its source can be followed.
pub(super) fn guards(source: &[u8]) -> Vec<Guard> {
    let Ok(text) = text(source) else {
        return Vec::new();
    };
    let mut tokens = Tokens::new(&text);
    let mut reader = Reader::default();
    let mut line = Vec::new();
    let mut number = None;
    let mut counted = 0;
    while reader.guards.len() < MOST {
        match tokens.next() {
            Err(_) | Ok(Token::End) => break,
            Ok(Token::Newline) => {
                reader.line(&line, number.take());
                line.clear();
            }
            Ok(Token::Indent) => reader.enter(),
            Ok(Token::Dedent) => reader.leave(),
            Ok(token) => {
                // Counting lines takes long, so only for the definitions.
                let is_begun = matches!(
                    line.as_slice(),
                    [] | [.., Token::Op(b';' | b':')] | [.., Token::Name(b"def")]
                );
                if is_begun
                    && number.is_none()
                    && counted < MOST_COUNTED
                    && is_guard(token).is_some()
                {
                    counted += 1;
                    number = Some(tokens.line());
                }
                line.push(token);
            }
        }
    }
    reader.guards
}

/// Whether the name is `__auth__` (`true`) or `__access__`.
fn is_guard(token: Token<'_>) -> Option<bool> {
    match token {
        Token::Name(b"__auth__") => Some(true),
        Token::Name(b"__access__") => Some(false),
        _ => None,
    }
}

/// What a block is the body of.
#[derive(Clone, Copy)]
enum Scope {
    /// A class that publisher can go through.
    Class,
    /// A function that it can run, by its number.
    Function(usize),
    /// `if` and the like.
    Block,
    /// What it does not ask.
    Hidden,
}

/// Where a line stands, whatever `if` is around it.
enum Here {
    Open,
    In(usize),
    Hidden,
}

struct Function {
    name: Vec<u8>,
    is_decorated: bool,
    /// `*` or `**` among the parameters moves every place by one.
    has_rest: bool,
    /// Something that takes a place stands before this line.
    has_begun: bool,
}

#[derive(Default)]
struct Reader {
    guards: Vec<Guard>,
    functions: Vec<Function>,
    scopes: Vec<Scope>,
    /// The block that has to begin now.
    body: Option<Scope>,
    is_decorated: bool,
}

impl Reader {
    fn enter(&mut self) {
        let scope = self.body.take().unwrap_or(Scope::Block);
        self.scopes.push(scope);
    }

    fn leave(&mut self) {
        self.scopes.pop();
    }

    fn here(&self) -> Here {
        for scope in self.scopes.iter().rev() {
            match scope {
                Scope::Block => {}
                Scope::Class => return Here::Open,
                Scope::Function(number) => return Here::In(*number),
                Scope::Hidden => return Here::Hidden,
            }
        }
        Here::Open
    }

    /// A logical line; `number` is that of the first guard in it.
    fn line(&mut self, line: &[Token<'_>], number: Option<usize>) {
        let line = match line {
            [Token::Name(b"async"), rest @ ..] => rest,
            _ => line,
        };
        match line {
            [Token::Op(b'@'), decorator @ ..] => {
                let is_harmless =
                    matches!(decorator, [Token::Name(b"staticmethod" | b"classmethod")]);
                self.is_decorated |= !is_harmless;
            }
            [Token::Name(b"def"), name @ Token::Name(_), rest @ ..] => {
                self.function(*name, rest, number);
                self.is_decorated = false;
            }
            [Token::Name(b"class"), Token::Name(name), ..] => {
                self.begin();
                let is_open = matches!(self.here(), Here::Open) && !name.starts_with(b"_");
                self.body = Some(match is_open {
                    true => Scope::Class,
                    false => Scope::Hidden,
                });
                self.is_decorated = false;
            }
            [.., Token::Op(b':')] => self.begin(),
            _ => self.statements(line, number),
        }
    }

    /// Something in a function that is no guard.
    fn begin(&mut self) {
        if let Here::In(function) = self.here()
            && let Some(function) = self.functions.get_mut(function)
        {
            function.has_begun = true;
        }
    }

    /// `def`, from its name on.
    fn function(&mut self, token: Token<'_>, rest: &[Token<'_>], number: Option<usize>) {
        let colon = colon(rest);
        let (parameters, body) = rest.split_at_checked(colon).unwrap_or((rest, &[]));
        let body = body.get(1..).unwrap_or_default();
        let scope = match (is_guard(token), self.here(), token) {
            (Some(is_auth), ..) => {
                self.guard(is_auth, number, is_plain(parameters), false);
                Scope::Hidden
            }
            (None, Here::Open, Token::Name(name)) if !name.starts_with(b"_") => {
                self.functions.push(Function {
                    name: name.to_vec(),
                    is_decorated: self.is_decorated,
                    has_rest: has_rest(parameters),
                    has_begun: false,
                });
                Scope::Function(self.functions.len() - 1)
            }
            _ => {
                self.begin();
                Scope::Hidden
            }
        };
        if body.is_empty() {
            self.body = Some(scope);
        } else {
            self.scopes.push(scope);
            self.statements(body, number);
            self.scopes.pop();
        }
    }

    fn statements(&mut self, line: &[Token<'_>], number: Option<usize>) {
        for statement in line.split(|token| *token == Token::Op(b';')) {
            match statement {
                // A text that stands for itself is the documentation, or nothing at all.
                [] | [Token::Text(_)] => {}
                [name, Token::Op(b'='), value @ ..] if is_guard(*name).is_some() => {
                    let is_auth = is_guard(*name) == Some(true);
                    let (is_plain, is_value) = match value {
                        [Token::Name(b"lambda"), rest @ ..] => {
                            (is_plain(rest.get(..colon(rest)).unwrap_or(rest)), false)
                        }
                        [Token::Name(b"True" | b"False" | b"None"), ..] => (false, true),
                        [Token::Name(_), ..] => (false, false),
                        _ => (false, true),
                    };
                    self.guard(is_auth, number, is_plain, is_value);
                }
                _ => self.begin(),
            }
        }
    }

    fn guard(&mut self, is_auth: bool, number: Option<usize>, is_plain: bool, is_value: bool) {
        let (function, reading) = match self.here() {
            Here::Hidden => return,
            Here::Open => (None, Reading::Right),
            Here::In(index) => {
                let is_direct = matches!(self.scopes.last(), Some(Scope::Function(_)));
                let Some(function) = self.functions.get_mut(index) else {
                    return;
                };
                let is_first = is_direct && !function.has_begun && !function.has_rest;
                let reading = if function.is_decorated {
                    Reading::Lost
                } else if is_first && is_plain {
                    Reading::Right
                } else {
                    Reading::Wrong
                };
                function.has_begun |= reading != Reading::Right;
                (Some(function.name.clone()), reading)
            }
        };
        if let Some(line) = number {
            self.guards.push(Guard {
                line,
                is_auth,
                function,
                reading,
                is_value,
            });
        }
    }
}

/// Where the colon stands that ends a header, outside of all brackets.
fn colon(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0usize;
    let end = tokens.iter().position(|token| {
        match token {
            Token::Op(b'(' | b'[' | b'{') => depth += 1,
            Token::Op(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == Token::Op(b':')
    });
    end.unwrap_or(tokens.len())
}

/// Names and no more: a default or an annotation is a value of the function around it.
fn is_plain(parameters: &[Token<'_>]) -> bool {
    parameters.iter().all(|token| {
        matches!(
            token,
            Token::Name(_) | Token::Op(b'(' | b')' | b',' | b'*' | b'/')
        )
    })
}

/// Whether there is a parameter with a star in front.
fn has_rest(parameters: &[Token<'_>]) -> bool {
    let mut pairs = parameters.windows(2);
    pairs.any(|pair| matches!(pair, [Token::Op(b'(' | b','), Token::Op(b'*')]))
}

#[cfg(test)]
mod tests {
    use super::Reading::*;
    use super::*;

    #[test]
    fn what_publisher_reads() {
        // source; line, __auth__, function, reading, value
        type Row<'a> = (&'a str, &'a [(usize, bool, &'a str, Reading, bool)]);
        let table: &[Row<'_>] = &[
            (
                "def __access__(req, user):\n  return 0\n",
                &[(1, false, "", Right, false)],
            ),
            ("__auth__ = {'a': 'b'}\n", &[(1, true, "", Right, true)]),
            ("__auth__ = check\n", &[(1, true, "", Right, false)]),
            (
                "def f(req):\n  'doc'\n  def __access__(r, u): return 0\n  return 'x'\n",
                &[(3, false, "f", Right, false)],
            ),
            (
                "def f(req):\n  __access__ = lambda r, u: 0\n",
                &[(2, false, "f", Right, false)],
            ),
            (
                "def f(req):\n  def __auth__(r, u, p): return 1\n  def __access__(r, u): return 0\n",
                &[(2, true, "f", Right, false), (3, false, "f", Right, false)],
            ),
            (
                "def f(req):\n  import os\n  def __access__(r, u): return 0\n",
                &[(3, false, "f", Wrong, false)],
            ),
            (
                "def f(req):\n  req.write('x')\n\n  def __access__(r, u): return 0\n",
                &[(4, false, "f", Wrong, false)],
            ),
            (
                "def f(req):\n  if req:\n    def __access__(r, u): return 0\n",
                &[(3, false, "f", Wrong, false)],
            ),
            (
                "def f(req, **kw):\n  def __access__(r, u): return 0\n",
                &[(2, false, "f", Wrong, false)],
            ),
            (
                "def f(req, a=2*3):\n  def __access__(r, u): return 0\n",
                &[(2, false, "f", Right, false)],
            ),
            (
                "def f(req):\n  def __access__(r, u=5): return 0\n",
                &[(2, false, "f", Wrong, false)],
            ),
            (
                "def f(req):\n  def __access__(r: int, u): return 0\n",
                &[(2, false, "f", Wrong, false)],
            ),
            (
                "def f(req):\n  __access__ = ['root']\n",
                &[(2, false, "f", Wrong, true)],
            ),
            (
                "def f(req): __access__ = ['root']; return 'x'\n",
                &[(1, false, "f", Wrong, true)],
            ),
            (
                "def f(req): x = 1; __access__ = ['root']\n",
                &[(1, false, "f", Wrong, true)],
            ),
            (
                "@d\ndef f(req):\n  def __access__(r, u): return 0\n",
                &[(3, false, "f", Lost, false)],
            ),
            (
                "@d\ndef g(req):\n  pass\ndef f(req):\n  def __access__(r, u): return 0\n",
                &[(5, false, "f", Right, false)],
            ),
            (
                "class A:\n  def f(self, req):\n    x = 1\n    __access__ = 0\n",
                &[(4, false, "f", Wrong, true)],
            ),
            ("class A:\n  __auth__ = 1\n", &[(2, true, "", Right, true)]),
            // Nobody asks these.
            ("def _f(req):\n  x = 1\n  __access__ = 0\n", &[]),
            (
                "def f(req):\n  def g():\n    x = 1\n    __access__ = 0\n",
                &[],
            ),
            (
                "class _A:\n  def f(self, req):\n    x = 1\n    __access__ = 0\n",
                &[],
            ),
            ("print(__access__)\n__all__ = ['__auth__']\n", &[]),
            ("def f(req):\n  return __auth__ == 1\n", &[]),
        ];
        for (source, expected) in table {
            let found = guards(source.as_bytes());
            let found: Vec<_> = found
                .iter()
                .map(|guard| {
                    let function = guard.function.clone().unwrap_or_default();
                    let function = String::from_utf8_lossy(&function).into_owned();
                    (
                        guard.line,
                        guard.is_auth,
                        function,
                        guard.reading,
                        guard.is_value,
                    )
                })
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(line, is_auth, function, reading, is_value)| {
                    (*line, *is_auth, (*function).to_owned(), *reading, *is_value)
                })
                .collect();
            assert_eq!(found, expected, "{source}");
        }
    }

    #[test]
    fn what_cannot_be_followed_ends_it() {
        assert!(guards(b"def f(:\n\0").is_empty());
        assert!(guards(&b"  x\n y\n".repeat(10)).is_empty());
        assert_eq!(guards(&b"__auth__ = 1\n".repeat(1000)).len(), MOST);
    }
}
