//! The tokens of a Python source, for [`super::page`].
//!
//! Only as much as it takes to say where a statement begins and ends: names, plain strings, the
//! operators that assign, brackets, line ends and indentation. What is nested (brackets, and since
//! Python 3.12 strings in the fields of f-strings) is on a stack of limited depth, not on ours.

use std::borrow::Cow;

/// The longest source that is read, in bytes.
pub(super) const LONGEST: usize = 4 << 20;

/// How deeply brackets and the fields of f-strings may nest. CPython stops at 200 in a source, and
/// until 3.11 at 200 in each of the four f-strings that could nest.
const DEEPEST: usize = 1000;

/// How deeply blocks may nest, as in CPython.
const MOST_INDENTS: usize = 100;

/// What cannot be followed.
pub(super) type What = &'static str;

/// A part of a logical line, or what stands between two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name or a keyword.
    Name(&'a [u8]),
    /// What stands between the quotes, if it means just that: no bytes, no fields, no backslash.
    Text(Option<&'a [u8]>),
    /// A bracket, or an operator of one character.
    Op(u8),
    /// `+=` and the like, by the first character.
    Augmented(u8),
    /// A number, or a longer operator that assigns nothing here.
    Other,
    /// The end of a logical line that is not blank.
    Newline,
    /// The next line is deeper.
    Indent,
    /// The next line is less deep: one for each block that ends.
    Dedent,
    /// The end of the source, and of all blocks.
    End,
}

/// How a string ends, and what a backslash in it does.
#[derive(Clone, Copy)]
struct Quote {
    byte: u8,
    triple: bool,
    raw: bool,
}

/// What is open.
#[derive(Clone, Copy)]
enum Open {
    /// A bracket, by the one that closes it.
    Bracket(u8),
    /// The text of an f-string.
    Literal(Quote),
    /// The expression in a field of an f-string.
    Field(Quote),
    /// The format after the expression, which is text again.
    Format(Quote),
}

/// Reads one source.
pub(super) struct Tokens<'a> {
    source: &'a [u8],
    at: usize,
    /// Where the last token began.
    mark: usize,
    /// The indentation of this line is not read yet.
    line_start: bool,
    /// The columns of the blocks.
    columns: Vec<usize>,
    /// Blocks whose end is not told yet.
    dedents: usize,
    open: Vec<Open>,
    /// How many f-strings are open. What is in them is no token.
    literals: usize,
}

impl<'a> Tokens<'a> {
    /// For a text that [`text`] made.
    pub(super) fn new(source: &'a [u8]) -> Tokens<'a> {
        Tokens {
            source,
            at: 0,
            mark: 0,
            line_start: true,
            columns: Vec::new(),
            dedents: 0,
            open: Vec::new(),
            literals: 0,
        }
    }

    /// The number of the line of the last token, or of what is none. Counted anew.
    pub(super) fn line(&self) -> usize {
        let read = self.source.get(..self.mark).unwrap_or(self.source);
        1 + memchr::memchr_iter(b'\n', read).count()
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, What> {
        loop {
            if self.dedents > 0 {
                self.dedents -= 1;
                return Ok(Token::Dedent);
            }
            if self.line_start {
                let Some(column) = self.indentation()? else {
                    self.dedents = self.columns.len();
                    self.columns.clear();
                    if self.dedents > 0 {
                        continue;
                    }
                    return Ok(Token::End);
                };
                self.line_start = false;
                self.mark = self.at;
                if self.indent(column)? {
                    return Ok(Token::Indent);
                }
                continue;
            }
            match self.open.last() {
                Some(&Open::Literal(quote)) => self.literal(quote, false)?,
                Some(&Open::Format(quote)) => self.literal(quote, true)?,
                _ => {
                    self.mark = self.at;
                    let outside = self.literals == 0;
                    if let Some(token) = self.token()?
                        && outside
                    {
                        return Ok(token);
                    }
                }
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at.saturating_add(ahead)).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn skip_while(&mut self, accepted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest
            .iter()
            .position(|byte| !accepted(*byte))
            .unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Goes over blank lines; the column of the next one, or nothing at the end.
    fn indentation(&mut self) -> Result<Option<usize>, What> {
        let mut column = 0;
        // A backslash ends the line, not its indentation: the first column other than 0 counts, as
        // since Python 3.10. Older ones differ, from each other too.
        let mut continued = 0;
        loop {
            match self.peek(0) {
                None => return Ok(None),
                Some(b' ') => column += 1,
                Some(b'\t') => column = (column / 8 + 1) * 8,
                Some(b'\x0c') => column = 0,
                Some(b'\n') => (column, continued) = (0, 0),
                Some(b'#') => {
                    self.skip_while(|byte| byte != b'\n');
                    continue;
                }
                Some(b'\\') => {
                    self.mark = self.at;
                    if continued == 0 {
                        continued = column;
                    }
                    self.continuation()?;
                    continue;
                }
                Some(_) if continued > 0 => return Ok(Some(continued)),
                Some(_) => return Ok(Some(column)),
            }
            self.at += 1;
        }
    }

    /// Enters or leaves the blocks that a line at this column does; whether it is one deeper.
    fn indent(&mut self, column: usize) -> Result<bool, What> {
        if column > self.columns.last().copied().unwrap_or(0) {
            if self.columns.len() >= MOST_INDENTS {
                return Err("blocks are nested too deeply");
            }
            self.columns.push(column);
            return Ok(true);
        }
        while column < self.columns.last().copied().unwrap_or(0) {
            self.columns.pop();
            self.dedents += 1;
        }
        if column != self.columns.last().copied().unwrap_or(0) {
            return Err("the indentation is that of no block");
        }
        Ok(false)
    }

    fn continuation(&mut self) -> Result<(), What> {
        if !self.rest().starts_with(b"\\\n") {
            return Err("something follows a backslash");
        }
        self.at += 2;
        Ok(())
    }

    fn open(&mut self, open: Open) -> Result<(), What> {
        if self.open.len() >= DEEPEST {
            return Err("brackets are nested too deeply");
        }
        self.open.push(open);
        Ok(())
    }

    /// What stands here, outside of the text of strings; nothing for what is no token.
    fn token(&mut self) -> Result<Option<Token<'a>>, What> {
        let Some(byte) = self.peek(0) else {
            if !self.open.is_empty() {
                return Err("a bracket or a string has no end");
            }
            self.line_start = true;
            return Ok(Some(Token::Newline));
        };
        match byte {
            b' ' | b'\t' | b'\x0c' => self.at += 1,
            b'#' => {
                self.skip_while(|byte| byte != b'\n');
            }
            b'\\' => self.continuation()?,
            b'\n' => {
                self.at += 1;
                if self.open.is_empty() {
                    self.line_start = true;
                    return Ok(Some(Token::Newline));
                }
            }
            b'\'' | b'"' => return self.string(b""),
            b'0'..=b'9' => {
                // With a keyword that follows at once, as in `1if x else y`: none that matters can.
                self.skip_while(in_name);
                return Ok(Some(Token::Other));
            }
            _ if in_name(byte) => {
                let name = self.skip_while(in_name);
                if matches!(self.peek(0), Some(b'\'' | b'"')) && is_prefix(name) {
                    return self.string(name);
                }
                return Ok(Some(Token::Name(name)));
            }
            _ => return self.operator(byte),
        }
        Ok(None)
    }

    fn operator(&mut self, byte: u8) -> Result<Option<Token<'a>>, What> {
        if byte == b':'
            && let Some(&Open::Field(quote)) = self.open.last()
        {
            self.open.pop();
            self.open.push(Open::Format(quote));
            self.at += 1;
            return Ok(None);
        }
        let (token, length) = match self.rest() {
            [b'<', b'<', b'=', ..]
            | [b'>', b'>', b'=', ..]
            | [b'*', b'*', b'=', ..]
            | [b'/', b'/', b'=', ..] => (Token::Augmented(byte), 3),
            [b'=' | b'<' | b'>' | b'!' | b':', b'=', ..] => (Token::Other, 2),
            [
                b'+' | b'-' | b'*' | b'/' | b'%' | b'@' | b'&' | b'|' | b'^',
                b'=',
                ..,
            ] => (Token::Augmented(byte), 2),
            _ => (Token::Op(byte), 1),
        };
        match byte {
            b'(' => self.open(Open::Bracket(b')'))?,
            b'[' => self.open(Open::Bracket(b']'))?,
            b'{' => self.open(Open::Bracket(b'}'))?,
            b')' | b']' | b'}' => match self.open.pop() {
                Some(Open::Bracket(closing)) if closing == byte => {}
                Some(Open::Field(_)) if byte == b'}' => {}
                _ => return Err("a bracket closes what is not open"),
            },
            _ => {}
        }
        self.at += length;
        Ok(Some(token))
    }

    /// A string, at its first quote.
    fn string(&mut self, prefix: &[u8]) -> Result<Option<Token<'a>>, What> {
        let byte = self.peek(0).unwrap_or(b'"');
        let has = |letter: u8| prefix.iter().any(|byte| byte.eq_ignore_ascii_case(&letter));
        let mut quote = Quote {
            byte,
            triple: true,
            raw: has(b'r'),
        };
        quote.triple = self.at_quote(quote);
        let width = if quote.triple { 3 } else { 1 };
        self.at += width;
        if has(b'f') || has(b't') {
            self.open(Open::Literal(quote))?;
            self.literals += 1;
            return Ok(Some(Token::Text(None)));
        }
        let start = self.at;
        let mut plain = !has(b'b');
        while !self.at_quote(quote) {
            match self.peek(0) {
                None => return Err("a string has no end"),
                Some(b'\n') if !quote.triple => return Err("a string has no end on its line"),
                Some(b'\\') => {
                    plain = false;
                    self.at += 2;
                }
                Some(_) => self.at += 1,
            }
        }
        let text = self.source.get(start..self.at);
        self.at += width;
        Ok(Some(Token::Text(text.filter(|_| plain))))
    }

    fn at_quote(&self, quote: Quote) -> bool {
        let run = [quote.byte; 3];
        let width = if quote.triple { 3 } else { 1 };
        run.get(..width)
            .is_some_and(|end| self.rest().starts_with(end))
    }

    /// The text of an f-string, or the format of one of its fields, up to the next field or the end
    /// of this one.
    fn literal(&mut self, quote: Quote, format: bool) -> Result<(), What> {
        loop {
            if self.at_quote(quote) {
                if format {
                    return Err("a string ends in one of its fields");
                }
                self.at += if quote.triple { 3 } else { 1 };
                self.open.pop();
                self.literals -= 1;
                return Ok(());
            }
            match (self.peek(0), self.peek(1)) {
                (None, _) => return Err("a string has no end"),
                // No escape of the brace, which begins or ends a field.
                (Some(b'\\'), Some(b'{' | b'}')) => self.at += 1,
                (Some(b'\\'), Some(b'N')) if !quote.raw && self.peek(2) == Some(b'{') => {
                    self.at += 3;
                    self.skip_while(|byte| byte.is_ascii_alphanumeric() || b" -_".contains(&byte));
                    self.at += usize::from(self.peek(0) == Some(b'}'));
                }
                (Some(b'\\'), _) => self.at += 2,
                (Some(b'\n'), _) if !quote.triple => {
                    if !format {
                        return Err("a string has no end on its line");
                    }
                    self.open.pop();
                    self.open.push(Open::Field(quote));
                    return Ok(());
                }
                (Some(b'{'), Some(b'{')) if !format => self.at += 2,
                (Some(b'{'), _) => {
                    self.at += 1;
                    return self.open(Open::Field(quote));
                }
                (Some(b'}'), _) if format => {
                    self.at += 1;
                    self.open.pop();
                    return Ok(());
                }
                _ => self.at += 1,
            }
        }
    }
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn is_prefix(name: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 11] = [
        b"r", b"b", b"u", b"f", b"t", b"br", b"rb", b"fr", b"rf", b"tr", b"rt",
    ];
    PREFIXES
        .iter()
        .any(|prefix| name.eq_ignore_ascii_case(prefix))
}

/// The source as publisher reads it: with plain line ends, and here without the mark that some
/// editors put in front of UTF-8. The error says on which line what is wrong.
pub(super) fn text(source: &[u8]) -> Result<Cow<'_, [u8]>, (usize, What)> {
    if source.len() > LONGEST {
        return Err((1, "the file is too long"));
    }
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    if memchr::memchr2(b'\r', 0, source).is_none() {
        return Ok(Cow::Borrowed(source));
    }
    let mut text = Vec::with_capacity(source.len());
    let mut bytes = source.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            0 => {
                let line = 1 + memchr::memchr_iter(b'\n', &text).count();
                return Err((line, "there is a NUL byte"));
            }
            b'\r' => {
                text.push(b'\n');
                bytes.next_if_eq(&b'\n');
            }
            _ => text.push(byte),
        }
    }
    Ok(Cow::Owned(text))
}
