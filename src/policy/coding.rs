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
    /// How many bytes have come.
    length: u64,
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
        self.drain();
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
        // The flush has everything decoded that the bytes so far allow; but Brotli's decoder keeps
        // some back until it is written to again.
        let decoded = decoder.write_all(piece).and_then(|()| decoder.flush());
        self.drain();
        self.unreadable |= decoded.is_err();
        self.seen()
    }

    /// Has Brotli's decoder hand out all that it has decoded.
    fn drain(&mut self) {
        while let Decoder::Brotli(decoder) = &mut self.decoder {
            let before = decoder.get_ref().length;
            // What is wrong with the data was seen when it was written.
            let more = decoder.write(&[]);
            if more.is_err() || decoder.get_ref().length == before {
                return;
            }
        }
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
        self.length = self
            .length
            .saturating_add(text.len().try_into().unwrap_or(u64::MAX));
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TRACEBACK: &[u8] =
        b"Traceback (most recent call last):\n  File \"x.py\", line 3, in pay\n    charge(card)\n";

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// Text in Brotli's blocks that are not compressed.
    fn brotli(text: &[u8]) -> Vec<u8> {
        let mut coded = Vec::new();
        for (index, block) in text.chunks(60_000).enumerate() {
            let length = u32::try_from(block.len() - 1).unwrap();
            // The first has the window's size before it, one bit.
            let shift = if index == 0 { 4 } else { 3 };
            let header = length << shift | 1 << (16 + shift);
            coded.extend(&header.to_le_bytes()[..3]);
            coded.extend(block);
        }
        coded.push(3);
        coded
    }

    fn codings(text: &[u8]) -> Vec<(Coding, Vec<u8>)> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(text).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::none());
        bare.write_all(text).unwrap();
        let (start, end) = text.split_at(text.len() / 2);
        vec![
            (Coding::Gzip, gzip(text)),
            (Coding::Gzip, [gzip(start), gzip(end)].concat()),
            (Coding::Deflate, zlib.finish().unwrap()),
            (Coding::Deflate, bare.finish().unwrap()),
            (Coding::Brotli, brotli(text)),
        ]
    }

    /// How a body is seen, and how much of it before that was clean.
    fn read(coding: Coding, body: &[u8], size: usize) -> (Seen, usize, Vec<u8>) {
        let mut reader = Reader::new(coding).unwrap();
        let mut clean = 0;
        for piece in body.chunks(size) {
            match reader.feed(piece) {
                Seen::Clean => clean += piece.len(),
                Seen::Undecided => {}
                decided => return (decided, clean, reader.take_withheld()),
            }
        }
        (reader.finish(), clean, reader.take_withheld())
    }

    #[test]
    fn error_text_is_found_before_it_can_be_read() {
        for length in [0, 100, 70_000] {
            let text = [
                &b"three orders, and no end of them. ".repeat(length / 34)[..],
                TRACEBACK,
            ]
            .concat();
            for (coding, body) in codings(&text) {
                for size in [1, 7, 8000, body.len()] {
                    let (seen, clean, withheld) = read(coding, &body, size);
                    let Seen::Found(marker) = seen else {
                        panic!("{coding:?} {length} by {size}: {seen:?}")
                    };
                    assert_eq!(marker.name, "Python traceback");
                    assert!(
                        withheld.starts_with(b"Traceback (most"),
                        "{}",
                        withheld.escape_ascii()
                    );
                    // What was given out before does not tell the frame.
                    let mut reader = Reader::of_withheld(coding).unwrap();
                    reader.feed(&body[..clean]);
                    let told = reader.take_withheld();
                    assert!(
                        !told.ends_with(b"pay") && memchr::memmem::find(&told, b"line 3").is_none()
                    );
                }
            }
        }
    }

    #[test]
    fn clean_bodies_are_clean() {
        for length in [1, 1000, 300_000] {
            let text = b"three orders, and no end of them. ".repeat(length / 34 + 1);
            for (coding, body) in codings(&text) {
                for size in [1, 7, 8000, body.len()] {
                    assert_eq!(
                        read(coding, &body, size).0,
                        Seen::Clean,
                        "{coding:?} {length} by {size}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_no_such_coding() {
        assert_eq!(
            read(Coding::Gzip, b"no gzip at all", 100).0,
            Seen::Unreadable
        );
        assert_eq!(
            read(Coding::Deflate, b"\x07\xff\xff\xff\xff", 100).0,
            Seen::Unreadable
        );
        assert_eq!(
            read(Coding::Brotli, b"\xff\xff\xff\xff\xff\xff", 100).0,
            Seen::Unreadable
        );
        let mut broken = gzip(&b"three orders. ".repeat(500));
        let middle = broken.len() / 2;
        broken[middle..].fill(0xFF);
        assert_eq!(read(Coding::Gzip, &broken, 10).0, Seen::Unreadable);
    }

    #[test]
    fn a_bomb_takes_no_memory() {
        let bomb = gzip(&vec![b' '; 50_000_000]);
        let mut reader = Reader::new(Coding::Gzip).unwrap();
        assert_eq!(reader.feed(&bomb), Seen::Clean);
        let mut reader = Reader::of_withheld(Coding::Gzip).unwrap();
        reader.feed(&bomb);
        assert_eq!(reader.take_withheld().len(), EXCERPT);
    }
}
