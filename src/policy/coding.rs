//! Reads a body that is compressed, to look for error text in it. The bytes that the client gets
//! stay as they are: what is decoded here is only looked at.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::leak::{EXCERPT, Scanner, Step};
use super::marker::Marker;
use super::response::Coding;

/// A compressed body on its way.
pub struct Reader {
    decoder: Decoder,
    unreadable: bool,
}

enum Decoder {
    Gzip(Box<MultiGzDecoder<Sink>>),
    Zlib(Box<ZlibDecoder<Sink>>),
    Bare(Box<DeflateDecoder<Sink>>),
    Brotli(Box<DecompressorWriter<Sink>>),
    /// `deflate` before its first two bytes, which tell zlib's from the bare one.
    Deflate {
        start: Vec<u8>,
        sink: Sink,
    },
}

/// Where the decoded text goes: to the scanner, and no farther.
#[derive(Default)]
struct Sink {
    scanner: Scanner,
    found: Option<&'static Marker>,
    /// The text that is withheld, from its beginning on.
    withheld: Option<Vec<u8>>,
}

/// What is known of the body so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// All that was decoded is clean.
    Clean,
    /// The last of it could be the beginning of error text.
    Undecided,
    /// It has error text.
    Found(&'static Marker),
    /// It is not what its coding promises.
    Unreadable,
}

/// The decoder's output buffer, in bytes.
const BUFFER: usize = 8 * 1024;

impl Reader {
    /// A reader for a coding; `None` for `identity`, which needs none.
    pub fn new(coding: Coding) -> Option<Reader> {
        Reader::with(coding, Sink::default())
    }

    /// The same for a body that is withheld from its first byte on.
    pub fn of_withheld(coding: Coding) -> Option<Reader> {
        let sink = Sink {
            withheld: Some(Vec::new()),
            ..Sink::default()
        };
        Reader::with(coding, sink)
    }

    fn with(coding: Coding, sink: Sink) -> Option<Reader> {
        let decoder = match coding {
            Coding::Identity => return None,
            Coding::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(sink))),
            Coding::Deflate => Decoder::Deflate {
                start: Vec::new(),
                sink,
            },
            Coding::Brotli => Decoder::Brotli(Box::new(DecompressorWriter::new(sink, BUFFER))),
        };
        Some(Reader {
            decoder,
            unreadable: false,
        })
    }

    /// Takes the next piece of the compressed body.
    pub fn feed(&mut self, piece: &[u8]) -> Seen {
        if let Decoder::Deflate { start, sink } = &mut self.decoder {
            start.extend_from_slice(piece);
            if start.len() < 2 {
                return Seen::Clean;
            }
            let start = std::mem::take(start);
            self.decoder = deflate(&start, std::mem::take(sink));
            return self.decode(&start);
        }
        self.decode(piece)
    }

    /// The body is complete.
    pub fn finish(&mut self) -> Seen {
        let sink = self.sink();
        if sink.withheld.is_none() {
            let last = sink.scanner.finish();
            sink.keep(last);
        }
        self.seen()
    }

    /// The text that is withheld, as far as it was decoded since the last call.
    pub fn take_withheld(&mut self) -> Vec<u8> {
        let withheld = self.sink().withheld.as_mut();
        withheld.map(std::mem::take).unwrap_or_default()
    }

    fn decode(&mut self, piece: &[u8]) -> Seen {
        let decoder: &mut dyn Write = match &mut self.decoder {
            Decoder::Gzip(decoder) => decoder,
            Decoder::Zlib(decoder) => decoder,
            Decoder::Bare(decoder) => decoder,
            Decoder::Brotli(decoder) => decoder,
            Decoder::Deflate { .. } => return Seen::Unreadable,
        };
        // The flush has everything decoded that the bytes so far allow.
        let decoded = decoder.write_all(piece).and_then(|()| decoder.flush());
        // More bytes than the data are no part of it, for a browser either.
        self.unreadable |= decoded.is_err_and(|error| error.kind() != io::ErrorKind::WriteZero);
        self.seen()
    }

    fn seen(&mut self) -> Seen {
        let unreadable = self.unreadable;
        let sink = self.sink();
        match sink.found {
            Some(marker) => Seen::Found(marker),
            None if unreadable => Seen::Unreadable,
            None if sink.scanner.is_holding() => Seen::Undecided,
            None => Seen::Clean,
        }
    }

    fn sink(&mut self) -> &mut Sink {
        match &mut self.decoder {
            Decoder::Gzip(decoder) => decoder.get_mut(),
            Decoder::Zlib(decoder) => decoder.get_mut(),
            Decoder::Bare(decoder) => decoder.get_mut(),
            Decoder::Brotli(decoder) => decoder.get_mut(),
            Decoder::Deflate { sink, .. } => sink,
        }
    }
}

/// A decoder for a body that is called `deflate` and begins like this: zlib's header is a method and
/// a check; the bare data that some servers send has neither.
fn deflate(start: &[u8], sink: Sink) -> Decoder {
    let is_zlib = match start {
        [method, check, ..] => {
            method & 0x0F == 8 && (u16::from(*method) << 8 | u16::from(*check)) % 31 == 0
        }
        _ => true,
    };
    if is_zlib {
        Decoder::Zlib(Box::new(ZlibDecoder::new(sink)))
    } else {
        Decoder::Bare(Box::new(DeflateDecoder::new(sink)))
    }
}

impl Sink {
    fn keep(&mut self, step: Step) {
        if let Some(found) = step.found {
            self.found = Some(found.marker);
            self.withheld = Some(found.text);
        }
    }
}

impl Write for Sink {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match &mut self.withheld {
            // One piece may decode to very much.
            Some(withheld) => {
                let room = EXCERPT.saturating_sub(withheld.len());
                withheld.extend(text.iter().take(room));
            }
            None => {
                let step = self.scanner.feed(text);
                self.keep(step);
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
