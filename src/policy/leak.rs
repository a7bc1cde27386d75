//! Finds error text in a response that comes in pieces, and says which bytes may go.
//!
//! A [`Scanner`] takes the body piece by piece and holds back only what could be the beginning of a
//! marker ([`super::marker`]). How the body is cut into pieces makes no difference to what it finds:
//! what is held back is looked at again with more of the text, as if it had come at once.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use memchr::memmem::Finder;

use super::marker::{
    Known, LONGEST_HOLD, Lead, Marker, Match, TITLE_END_OVERLAP, TITLES, title_end,
};
use super::markers::{LEADS, MARKERS};

/// How much of a piece is added to what is held back, to decide about that. The rest of the piece
/// is scanned where it is.
const TASTE: usize = 1024;

/// How much of the text that is withheld from a client goes to the log, in bytes.
pub const EXCERPT: usize = 64 * 1024;

/// After so many bytes of a body, only what begins with this is looked for: who sends that much does
/// not begin a page of its own to show an error, and one word is found ten times as fast as all.
const LATE: usize = 1024 * 1024;
const LATE_ANCHOR: &[u8] = b"Traceback";

/// How much of an anchor is searched for, in bytes. The end of every piece is compared with all of
/// them, from so many bytes before it.
const LONGEST_ANCHOR: usize = 16;

/// From how many equal bytes on two anchors are searched for as one.
const ALIKE: usize = 5;

/// Scans one body.
#[derive(Default)]
pub struct Scanner {
    /// The bytes that are held back: the beginning of what may be a marker.
    held: Vec<u8>,
    /// The length of `held` from which on it is worth another look.
    look_at: usize,
    /// The beginning of the body was looked at.
    begun: bool,
    memory: Memory,
}

/// What earlier looks at the body have shown. The places are counted from the beginning of the body.
///
/// Without it, a page full of what looks like the beginning of error text would be read again for
/// each of them.
#[derive(Default)]
struct Memory {
    /// Where the text of the next look begins: what was before it is not held any more.
    gone: usize,
    /// For each marker, see [`Known`].
    known: Vec<Known>,
    /// No title ends between the last place where one began and this.
    no_title_end: usize,
    /// No title that begins before this is a marker.
    no_title: usize,
    /// No marker begins between the last lead and this.
    no_marker: usize,
}

/// What is to be done with one piece of a body, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What goes first: bytes held back before, and maybe the first of this piece.
    pub first: Vec<u8>,
    /// The bytes of this piece that go then, as they are. What follows them is held back, or
    /// belongs to the error text.
    pub pass: Range<usize>,
    /// Error text that begins here. Nothing may be scanned after it.
    pub found: Option<Found>,
}

/// Error text.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Which kind.
    pub marker: &'static Marker,
    /// Its bytes so far.
    pub text: Vec<u8>,
}

impl Scanner {
    /// For a body that is read while it comes, as a stream of events is: its beginning is not held
    /// back as that of a report of an error would be.
    pub fn of_stream() -> Scanner {
        Scanner {
            begun: true,
            ..Scanner::default()
        }
    }

    /// Whether bytes are held back.
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes the next piece of the body.
    pub fn feed(&mut self, piece: &[u8]) -> Step {
        let mut step = Step::default();
        let mut used = 0;
        while !self.held.is_empty() {
            let rest = piece.get(used..).unwrap_or_default();
            let taste = rest.get(..TASTE).unwrap_or(rest);
            if taste.is_empty() {
                step.pass = used..used;
                return step;
            }
            self.held.extend_from_slice(taste);
            used += taste.len();
            if self.held.len() < self.look_at {
                continue;
            }
            let mut text = std::mem::take(&mut self.held);
            match self.look(&text, false) {
                Seen::Clean => {
                    self.memory.gone += text.len();
                    step.first.append(&mut text);
                }
                Seen::Undecided(at) => {
                    step.first.extend(text.drain(..at));
                    self.hold(text, at);
                }
                Seen::Found(at, marker) => {
                    step.first.extend(text.drain(..at));
                    text.extend_from_slice(piece.get(used..).unwrap_or_default());
                    step.pass = used..used;
                    step.found = Some(Found { marker, text });
                    return step;
                }
            }
        }
        let rest = piece.get(used..).unwrap_or_default();
        let clean = match self.look(rest, false) {
            Seen::Clean => {
                self.memory.gone += rest.len();
                rest.len()
            }
            Seen::Undecided(at) => {
                self.hold(rest.get(at..).unwrap_or_default().to_vec(), at);
                at
            }
            Seen::Found(at, marker) => {
                let text = rest.get(at..).unwrap_or_default().to_vec();
                step.found = Some(Found { marker, text });
                at
            }
        };
        step.pass = used..used + clean;
        step
    }

    /// The body is complete: decides about what is held back.
    pub fn finish(&mut self) -> Step {
        let mut first = std::mem::take(&mut self.held);
        let found = match self.look(&first, true) {
            Seen::Found(at, marker) => {
                let text = first.split_off(at);
                Some(Found { marker, text })
            }
            Seen::Clean | Seen::Undecided(_) => None,
        };
        Step {
            first,
            pass: 0..0,
            found,
        }
    }

    /// Looks for the first error text in what is held back, or in what follows when nothing is.
    /// `whole`: nothing follows the text.
    fn look(&mut self, text: &[u8], whole: bool) -> Seen {
        let mut look = Look {
            search: Search::get(),
            text,
            whole,
            memory: &mut self.memory,
        };
        // White space may be sent to keep a client waiting.
        let start = text
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        if !self.begun && start < text.len() {
            match look.at_start(start) {
                Seen::Clean => self.begun = true,
                decided => return decided,
            }
        }
        look.scan(0, usize::MAX, true)
    }

    /// Holds back the end of a text, from `at` on.
    ///
    /// What could not be told from the bytes at hand cannot be told from a few more either, if they
    /// are many: a long title that comes byte by byte is not looked at for each of them.
    fn hold(&mut self, end: Vec<u8>, at: usize) {
        self.memory.gone += at;
        self.look_at = end.len() + end.len() / 16 + 1;
        self.held = end;
    }
}

/// Whether a header field carries error text: by its name, or in its value.
pub fn is_error_field(name: &[u8], value: &[u8]) -> bool {
    const NAMES: [&[u8]; 3] = [b"traceback", b"stacktrace", b"stack-trace"];
    let has = |word: &[u8]| {
        name.windows(word.len())
            .any(|part| part.eq_ignore_ascii_case(word))
    };
    NAMES.iter().any(|word| has(word))
        || has(b"-exception") && name.to_ascii_lowercase().ends_with(b"-exception")
        // The last line of a traceback, sent as it is, looks like a field.
        || (is_exception(name) && !name.contains(&b'-'))
        || is_error_text(value)
}

/// Whether a short text, such as the value of a header field, holds error text: a marker anywhere,
/// or an exception and its message at its beginning.
pub fn is_error_text(text: &[u8]) -> bool {
    let name = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
        .count();
    let (name, rest) = text.split_at_checked(name).unwrap_or_default();
    (is_exception(name) && matches!(rest, [b':' | b'(', ..]))
        || text.len() >= SHORTEST
            && matches!(Scanner::of_stream().look(text, true), Seen::Found(..))
}

/// The shortest text that error text can be recognised in: a frame with the shortest of names.
const SHORTEST: usize = r#"File "x", line 1, in f"#.len();

/// Whether this is the name of an exception's class, by Python's custom.
fn is_exception(name: &[u8]) -> bool {
    const KINDS: [&[u8]; 4] = [b"Error", b"Exception", b"Interrupt", b"Warning"];
    KINDS
        .iter()
        .any(|kind| name.len() > kind.len() && name.ends_with(kind))
}

/// What a look at some text shows.
enum Seen {
    /// No marker, and no part of one.
    Clean,
    /// From here on, more of the text is needed.
    Undecided(usize),
    /// Here begins error text, of this kind.
    Found(usize, &'static Marker),
}

/// One look at a part of a body.
struct Look<'a> {
    search: &'static Search,
    text: &'a [u8],
    /// Nothing follows the text.
    whole: bool,
    memory: &'a mut Memory,
}

impl Look<'_> {
    /// The first error text that begins at or after `from` and before `until`. `leads`: also where
    /// a lead begins before it.
    fn scan(&mut self, mut from: usize, until: usize, leads: bool) -> Seen {
        // An anchor that begins before another one, and may end behind it, comes first.
        let late = LATE.saturating_sub(self.memory.gone);
        let open = match self.search.unfinished_anchor(self.text, from, late) {
            Some(open) if !self.whole => open,
            _ => usize::MAX,
        };
        while let Some((at, begun)) = self.search.next(self.text, from, until.min(open), late) {
            match self.candidate(at, begun, leads) {
                Seen::Clean => from = at + 1,
                decided => return decided,
            }
        }
        if open < until {
            Seen::Undecided(open)
        } else {
            Seen::Clean
        }
    }

    /// Whether error text begins at `at`, where an anchor does.
    fn candidate(&mut self, at: usize, begun: &Begun, leads: bool) -> Seen {
        let text = self.text.get(at..).unwrap_or_default();
        self.memory.known.resize(MARKERS.len(), [0; 2]);
        let here = self.memory.gone + at;
        for (index, marker) in &begun.markers {
            let mut known = [0; 2];
            let Some(memory) = self.memory.known.get_mut(*index) else {
                continue;
            };
            for (known, memory) in known.iter_mut().zip(memory.iter()) {
                *known = memory.saturating_sub(here);
            }
            let decided = marker.begins(text, self.whole, &mut known);
            for (known, memory) in known.iter().zip(memory.iter_mut()) {
                *memory = (*memory).max(here + known);
            }
            match decided {
                Match::Yes(_) => return Seen::Found(at, marker),
                Match::Unfinished => return Seen::Undecided(at),
                Match::No => {}
            }
        }
        if begun.title {
            match self.title(at) {
                Seen::Clean => {}
                decided => return decided,
            }
        }
        for lead in begun.leads.iter().filter(|_| leads) {
            match self.led(lead, at) {
                Seen::Clean => {}
                decided => return decided,
            }
        }
        Seen::Clean
    }

    /// Whether the title that begins at `at` is a marker.
    fn title(&mut self, at: usize) -> Seen {
        let gone = self.memory.gone;
        if gone + at < self.memory.no_title {
            return Seen::Clean;
        }
        let most = at + LONGEST_HOLD;
        let within = self.text.get(..most).unwrap_or(self.text);
        let from = self.memory.no_title_end.saturating_sub(gone).max(at);
        let Some(end) = title_end(within, from) else {
            let looked_at = within.len().saturating_sub(TITLE_END_OVERLAP);
            self.memory.no_title_end = self.memory.no_title_end.max(gone + looked_at);
            return if self.whole || self.text.len() >= most {
                Seen::Clean
            } else {
                Seen::Undecided(at)
            };
        };
        let title = within.get(at..end).unwrap_or_default();
        for (part, marker) in &self.search.titles {
            if title.trim_ascii_end().ends_with(part) {
                return Seen::Found(at, marker);
            }
        }
        self.memory.no_title = gone + end;
        Seen::Clean
    }

    /// Whether the body begins with a lead to error text, at `start`.
    fn at_start(&mut self, start: usize) -> Seen {
        let first = self.text.get(start).copied().unwrap_or(0);
        for lead in LEADS
            .iter()
            .filter(|lead| lead.at_start && lead.may_begin_with(first))
        {
            match self.led(lead, start) {
                Seen::Clean => {}
                decided => return decided,
            }
        }
        Seen::Clean
    }

    /// Whether there is a lead at `at`, and error text soon after it, which then begins there.
    fn led(&mut self, lead: &Lead, at: usize) -> Seen {
        let text = self.text.get(at..).unwrap_or_default();
        let length = match lead.begins(text, self.whole) {
            Match::Yes(length) => length,
            Match::Unfinished => return Seen::Undecided(at),
            Match::No => return Seen::Clean,
        };
        let gone = self.memory.gone;
        let until = at + LONGEST_HOLD;
        let from = self.memory.no_marker.saturating_sub(gone).max(at + length);
        let (seen, clean) = match self.scan(from, until, false) {
            Seen::Found(_, marker) => return Seen::Found(at, marker),
            Seen::Undecided(to) => (Seen::Undecided(at), to),
            Seen::Clean if self.whole || self.text.len() >= until => (Seen::Clean, until),
            Seen::Clean => (Seen::Undecided(at), self.text.len()),
        };
        self.memory.no_marker = self.memory.no_marker.max(gone + clean);
        seen
    }
}

/// The search for all anchors at once.
struct Search {
    anchors: AhoCorasick,
    /// What begins with each anchor.
    begun: Vec<Begun>,
    /// The anchors by their first byte.
    by_first: Vec<Vec<&'static [u8]>>,
    /// The length of the longest anchor.
    longest: usize,
    /// The search for the late anchor alone, and its place among the others.
    late: Finder<'static>,
    late_begun: usize,
    /// What the title of a marker ends with.
    titles: Vec<(&'static [u8], &'static Marker)>,
}

/// What begins with an anchor.
struct Begun {
    /// With their places in the table.
    markers: Vec<(usize, &'static Marker)>,
    leads: Vec<&'static Lead>,
    /// A title.
    title: bool,
}

impl Search {
    /// Made once a process, at the first response that is scanned.
    fn get() -> &'static Search {
        static SEARCH: OnceLock<Search> = OnceLock::new();
        SEARCH.get_or_init(Search::new)
    }

    #[expect(clippy::expect_used)]
    fn new() -> Search {
        let leads = || LEADS.iter().filter(|lead| !lead.at_start);
        let mut all: Vec<&'static [u8]> = MARKERS.iter().filter_map(Marker::anchor).collect();
        all.extend(leads().map(Lead::anchor));
        all.extend(TITLES);
        for anchor in &mut all {
            *anchor = anchor.get(..LONGEST_ANCHOR).unwrap_or(anchor);
        }
        let anchors = beginnings(all);
        let begun = anchors.iter().map(|anchor| Begun {
            markers: MARKERS
                .iter()
                .enumerate()
                .filter(|(_, marker)| marker.anchor().is_some_and(|own| own.starts_with(anchor)))
                .collect(),
            leads: leads()
                .filter(|lead| lead.anchor().starts_with(anchor))
                .collect(),
            title: TITLES.iter().any(|title| title.starts_with(anchor)),
        });
        let mut by_first = vec![Vec::new(); 256];
        for anchor in &anchors {
            let first = anchor.first().copied().map(usize::from);
            if let Some(list) = first.and_then(|first| by_first.get_mut(first)) {
                list.push(*anchor);
            }
        }
        Search {
            // A panic here refuses the response, and is seen by the first test: the texts are ours.
            anchors: AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .build(&anchors)
                .expect("few and short texts make a small automaton"),
            begun: begun.collect(),
            by_first,
            late: Finder::new(LATE_ANCHOR),
            late_begun: anchors
                .iter()
                .position(|anchor| *anchor == LATE_ANCHOR)
                .expect("the table has it"),
            longest: anchors.iter().map(|anchor| anchor.len()).max().unwrap_or(0),
            titles: MARKERS
                .iter()
                .filter_map(|marker| Some((marker.title()?.as_bytes(), marker)))
                .collect(),
        }
    }

    /// The first anchor between `from` and `until`, and what begins with it. From `late` on, the
    /// late one alone.
    fn next(&self, text: &[u8], from: usize, until: usize, late: usize) -> Option<(usize, &Begun)> {
        if from < late.min(until) {
            let end = until.min(late).saturating_add(self.longest);
            let end = end.min(text.len());
            let within = Input::new(text).range(from.min(end)..end);
            if let Some(found) = self.anchors.find(within)
                && found.start() < until.min(late)
            {
                let begun = self.begun.get(found.pattern().as_usize())?;
                return Some((found.start(), begun));
            }
        }
        let from = from.max(late);
        let end = until.saturating_add(LATE_ANCHOR.len()).min(text.len());
        let at = self.late.find(text.get(from..end)?)? + from;
        let begun = self.begun.get(self.late_begun)?;
        (at < until).then_some((at, begun))
    }

    /// Where the text ends with the beginning of an anchor.
    fn unfinished_anchor(&self, text: &[u8], from: usize, late: usize) -> Option<usize> {
        let most = if from >= late {
            LATE_ANCHOR.len()
        } else {
            self.longest
        };
        let earliest = text.len().saturating_sub(most.saturating_sub(1)).max(from);
        let end = text.get(earliest..)?;
        end.iter().enumerate().find_map(|(index, byte)| {
            let tail = end.get(index..)?;
            let is_late = earliest + index >= late;
            let is_begun = |anchor: &&[u8]| {
                anchor.len() > tail.len()
                    && tail.iter().eq(anchor.iter().take(tail.len()))
                    && (!is_late || *anchor == LATE_ANCHOR)
            };
            let anchors = self.by_first.get(usize::from(*byte))?;
            anchors.iter().any(is_begun).then_some(earliest + index)
        })
    }
}

/// The texts to search for in place of these: what several begin with, once.
fn beginnings(mut texts: Vec<&'static [u8]>) -> Vec<&'static [u8]> {
    // Those that begin alike are next to each other.
    texts.sort_unstable();
    let mut beginnings: Vec<&'static [u8]> = Vec::new();
    for text in texts {
        if let Some(last) = beginnings.last_mut() {
            let alike = last.iter().zip(text).take_while(|(a, b)| a == b).count();
            if alike == last.len() || alike >= ALIKE {
                *last = last.get(..alike).unwrap_or_default();
                continue;
            }
        }
        beginnings.push(text);
    }
    beginnings
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What passes of a body in pieces, and where and with what error text begins.
    fn stream(pieces: &[&[u8]]) -> (Vec<u8>, Option<&'static str>) {
        let mut scanner = Scanner::default();
        let mut passed = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            let step = scanner.feed(piece);
            passed.extend(step.first);
            passed.extend(piece.get(step.pass.clone()).unwrap());
            if let Some(found) = step.found {
                // Nothing is lost: what was passed and what is withheld is the body.
                let mut all = passed.clone();
                all.extend(found.text);
                assert_eq!(all, pieces[..=index].concat());
                return (passed, Some(found.marker.name));
            }
        }
        let step = scanner.finish();
        passed.extend(step.first);
        (passed, step.found.map(|found| found.marker.name))
    }

    /// The same by looking at every place of the whole body, without a search and without state.
    fn oracle(body: &[u8]) -> (Vec<u8>, Option<&'static str>) {
        let start = body
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let marker_at = |at: usize| {
            let text = &body[at..];
            let begins = |marker: &&Marker| {
                marker
                    .anchor()
                    .is_some_and(|anchor| text.starts_with(anchor))
                    && matches!(
                        marker.begins(text, true, &mut Known::default()),
                        Match::Yes(_)
                    )
            };
            let is_title = TITLES.iter().any(|title| text.starts_with(title));
            let within = &text[..text.len().min(LONGEST_HOLD)];
            let title = title_end(within, 0)
                .filter(|_| is_title)
                .map(|end| &text[..end]);
            let titled = |marker: &&Marker| {
                let part = marker.title().map(str::as_bytes);
                part.zip(title)
                    .is_some_and(|(part, title)| title.trim_ascii_end().ends_with(part))
            };
            MARKERS
                .iter()
                .find(begins)
                .or_else(|| MARKERS.iter().find(titled))
        };
        let led_at = |at: usize| {
            let text = &body[at..];
            let leads = |lead: &Lead| match lead.begins(text, true) {
                Match::Yes(length) if at == start || !lead.at_start => {
                    (at + length..body.len().min(at + LONGEST_HOLD)).find_map(marker_at)
                }
                _ => None,
            };
            LEADS.iter().find_map(leads)
        };
        if start < body.len()
            && let Some(marker) = led_at(start)
        {
            return (body[..start].to_vec(), Some(marker.name));
        }
        for at in 0..body.len() {
            if at >= LATE && !body[at..].starts_with(LATE_ANCHOR) {
                continue;
            }
            if let Some(marker) = marker_at(at).or_else(|| led_at(at)) {
                return (body[..at].to_vec(), Some(marker.name));
            }
        }
        (body.to_vec(), None)
    }

    /// Numbers that look random and are the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
        }
    }

    /// Whether the body has the same outcome whole, by the oracle, and in many kinds of pieces.
    fn agrees(body: &[u8], numbers: &mut Numbers) {
        let wanted = oracle(body);
        assert_eq!(stream(&[body]), wanted, "whole: {}", body.escape_ascii());
        for size in [1, 7, 100] {
            let pieces: Vec<&[u8]> = body.chunks(size).collect();
            assert_eq!(
                stream(&pieces),
                wanted,
                "by {size}: {}",
                body.escape_ascii()
            );
        }
        for _ in 0..4 {
            let (mut pieces, mut rest) = (Vec::new(), body);
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(numbers.below(rest.len() + 1));
                pieces.push(piece);
                rest = more;
            }
            assert_eq!(stream(&pieces), wanted, "{pieces:?}");
        }
    }

    /// Spellings of a plain text, as pages have them.
    fn spellings(text: &str) -> Vec<String> {
        let html = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        let json = text
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let twice = json.replace('\\', "\\\\").replace('"', "\\\"");
        vec![
            text.to_owned(),
            text.replace('\n', "\r\n"),
            html.replace('\n', "<br>\n"),
            html.replace(' ', "&nbsp;"),
            html.replace('(', "&#40;").replace('"', "&#x22;"),
            text.replace(' ', "</b> <b class=\"x\">"),
            json.replace('<', "\\u003c"),
            json,
            twice,
        ]
    }

    const TRACEBACK: &str = "Traceback (most recent call last):\n  File \"/srv/shop/till.py\", line 3, in pay\n    \
        charge(card)\nKeyError: 'card'\n";

    #[test]
    fn a_traceback_in_every_spelling() {
        for text in spellings(TRACEBACK) {
            let body = format!("<p>Sorry.</p>{text}");
            let (passed, marker) = stream(&[body.as_bytes()]);
            assert_eq!(marker, Some("Python traceback"), "{body}");
            assert_eq!(passed, b"<p>Sorry.</p>", "{body}");
            for cut in 0..body.len() {
                let (start, end) = body.as_bytes().split_at(cut);
                assert_eq!(
                    stream(&[start, end]).0,
                    b"<p>Sorry.</p>",
                    "{body} cut at {cut}"
                );
            }
        }
    }

    #[test]
    fn every_marker_finds_its_own_text() {
        for marker in MARKERS {
            let sample = format!("before {} after", marker.sample());
            let bytes = sample.as_bytes();
            assert_eq!(stream(&[bytes]).0, b"before ", "{sample}");
            for cut in 0..bytes.len() {
                let (start, end) = bytes.split_at(cut);
                assert_eq!(stream(&[start, end]).0, b"before ", "{sample} cut at {cut}");
            }
        }
    }

    #[test]
    fn anchors_are_rare() {
        for anchor in Search::get().by_first.iter().flatten() {
            let text = anchor.escape_ascii();
            assert!(anchor.len() >= 4, "{text} is everywhere");
            // What programs print as signs of progress would come one late.
            assert!(
                !b".#=*-+|/ ".contains(&anchor[0]),
                "{text} begins as anything may"
            );
        }
    }

    #[test]
    fn splitting_does_not_matter() {
        let mut numbers = Numbers(0x5eed);
        let mut parts: Vec<String> = spellings(TRACEBACK);
        parts.extend(MARKERS.iter().map(Marker::sample));
        for word in [
            "Traceback",
            "File ",
            "File \"",
            "<title>",
            "</title>",
            "<p>",
            "&quot;",
            "&",
            "\\",
            "%",
            "\n",
            " ",
            "x",
            "{\"error\": ",
            "{\"detail\":\"",
            "\"errors\":[{",
            "Internal Server Error</h1><p>",
            "KeyError at /x\nno\n\n",
            "(most recent call last",
            "…",
        ] {
            parts.push(word.to_owned());
        }
        for round in 0..600 {
            let mut body = Vec::new();
            for _ in 0..=numbers.below(6) {
                let part = parts[numbers.below(parts.len())].as_bytes();
                // Often only a part of it, which looks like a marker up to its end.
                let end = if numbers.below(2) == 0 {
                    part.len()
                } else {
                    numbers.below(part.len() + 1)
                };
                body.extend(&part[..end]);
            }
            if round % 200 == 0 {
                body.splice(0..0, std::iter::repeat_n(b'.', LONGEST_HOLD));
                body.splice(0..0, *b"<title>");
            }
            agrees(&body, &mut numbers);
        }
    }

    #[test]
    fn late_in_a_long_body_only_tracebacks_count() {
        let django = "<pre class=\"exception_value\">";
        for before in [LATE - 100, LATE - 20, LATE - 10, LATE, LATE + 5000] {
            let body = |text: &str| [&vec![b'.'; before][..], text.as_bytes()].concat();
            for size in [8000, 8191, usize::MAX] {
                let found = |body: &[u8]| {
                    let pieces: Vec<&[u8]> = body.chunks(size).collect();
                    let (passed, marker) = stream(&pieces);
                    (passed.len(), marker)
                };
                assert_eq!(found(&body(TRACEBACK)), (before, Some("Python traceback")));
                // The text begins behind the tag.
                let (passed, marker) = found(&body(django));
                if before + 12 < LATE {
                    assert_eq!((passed, marker), (before + 12, Some("Django debug page")));
                } else {
                    assert_eq!((passed, marker), (before + django.len(), None));
                }
            }
        }
    }

    #[test]
    fn what_is_harmless_passes_and_nothing_is_kept() {
        for body in [
            "How to read a traceback: the line \"Traceback (most recent call last):\" comes first.",
            "<title>Traceback</title><h1>Traceback</h1><p>Tracebacks are read from below.",
            "see File \"report-1.txt\", line 10 of 900",
            "{\"error\": \"not found\"}",
            "{\"errors\":[{\"message\":\"no such field\"}]}",
            "ValueError at /shop\nis what it said",
            "<title>Error - no such page</title>",
            "if(x.match(/Traceback \\(most recent call last\\)/))t(\"File\",\"line\",3)",
            "<title>unfinished",
            "Traceback (most",
            "File \"",
        ] {
            let (passed, marker) = stream(&[body.as_bytes()]);
            assert_eq!((passed.as_slice(), marker), (body.as_bytes(), None));
        }
        // An ordinary page is held back at no place.
        let mut scanner = Scanner::default();
        for piece in [
            "<!DOCTYPE html>\n<html>",
            "<body><p>Fish and files.",
            "</body>",
        ] {
            let step = scanner.feed(piece.as_bytes());
            assert_eq!(step.pass, 0..piece.len());
            assert!(!scanner.is_holding());
        }
    }

    #[test]
    fn little_is_held_back() {
        // However long a title or a report is, what is held stays small, and the rest passes.
        for start in [
            "<title>",
            "{\"error\": \"",
            "\"errors\":[{",
            "Internal Server Error</h1><p>",
            "File \"",
        ] {
            let mut scanner = Scanner::default();
            let mut most = scanner.feed(start.as_bytes()).pass.len();
            for _ in 0..40_000 {
                assert!(scanner.feed(b"x").found.is_none());
                most = most.max(scanner.held.len());
            }
            assert!(
                most <= LONGEST_HOLD + LONGEST_HOLD / 8,
                "{start} holds {most}"
            );
            assert!(!scanner.is_holding(), "{start}");
        }
    }

    /// What visitors can write into a page must not make it expensive to read.
    #[test]
    fn the_work_is_linear() {
        use super::super::spelling::READS;
        for unit in [
            "<title",
            "<title>",
            "\"errors\":[{",
            "Internal Server Error</h1><p>",
            "Internal Server Error\n====",
            "File \"",
            "File <a>",
            "File <",
            "Traceback (most recent call last",
            "Traceback of ",
            "Traceback of <a> (most recent call ",
            "Traceback <",
            "Traceback ",
            "[SQL: ",
            "Request Method: GET\nRequest URL: ",
            "hread 0x",
            "Internal Server Error\n====[SQL: ",
            "errors\":[{[SQL: ",
            "errors\":[{Traceback (most recent call last ",
            "File \"\", line 3\n",
            "frames\":[{\"file",
            "&lt;title",
            "Traceback &lt;a",
            "\\",
            "&amp;",
            "%25",
            "{\"error\":",
            "{",
        ] {
            let body = unit.repeat(100_000 / unit.len());
            for size in [1, 8000, body.len()] {
                READS.set(0);
                let mut scanner = Scanner::default();
                for piece in body.as_bytes().chunks(size) {
                    assert!(scanner.feed(piece).found.is_none(), "{unit}");
                }
                scanner.finish();
                let each = READS.get() / body.len();
                assert!(
                    each <= 256,
                    "{unit} in pieces of {size}: each byte is read {each} times"
                );
            }
        }
    }

    #[test]
    fn header_fields() {
        for (name, value) in [
            ("X-Traceback", "see the log"),
            ("X-Debug-Exception", "x"),
            ("X-Status", "ValueError: no such card"),
            ("X-Status", "shop.errors.CardError('x')"),
            (
                "X-Message",
                "Traceback (most recent call last): File \"x.py\", line 3, in pay",
            ),
            (
                "Location",
                "/sorry?why=Traceback+%28most+recent+call+last%29%3A%0A++File+%22x.py%22%2C+line+3%2C+in+pay",
            ),
            ("ValueError", "no such card"),
        ] {
            assert!(
                is_error_field(name.as_bytes(), value.as_bytes()),
                "{name}: {value}"
            );
        }
        for (name, value) in [
            ("X-Error", "none"),
            ("X-Exception-Policy", "none"),
            ("WWW-Authenticate", "Bearer error=\"invalid_token\""),
            ("Warning", "199 - \"old\""),
            ("Location", "/errors/ValueError"),
            ("X-Status", "Error: none"),
            ("Set-Cookie", "session=TypeErrors; Path=/"),
        ] {
            assert!(
                !is_error_field(name.as_bytes(), value.as_bytes()),
                "{name}: {value}"
            );
        }
    }
}
