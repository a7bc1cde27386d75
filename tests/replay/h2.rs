//! Several requests at once on one HTTP/2 connection, without TLS and with prior knowledge. `curl` of
//! Debian 12 cannot do that.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What a connection begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Types of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// More than any response of these tests.
const WINDOW: u32 = 1 << 30;

/// What came of one request.
#[derive(Default, Debug)]
pub struct Stream {
    pub body: Vec<u8>,
    /// The response came to its end.
    pub ended: bool,
    /// The server gave it up.
    pub reset: bool,
}

/// Asks for all targets at once; the streams are in their order.
pub fn ask(address: SocketAddr, host: &str, targets: &[&str]) -> io::Result<Vec<Stream>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut bytes = PREFACE.to_vec();
    // SETTINGS_INITIAL_WINDOW_SIZE
    let setting = [[0, 4].as_slice(), &WINDOW.to_be_bytes()].concat();
    bytes.extend(frame(SETTINGS, 0, 0, &setting));
    bytes.extend(frame(WINDOW_UPDATE, 0, 0, &WINDOW.to_be_bytes()));
    for (number, target) in (1..).step_by(2).zip(targets) {
        let mut block = Vec::new();
        for (name, value) in [
            (":method", "GET"),
            (":scheme", "http"),
            (":authority", host),
            (":path", target),
        ] {
            field(&mut block, name, value);
        }
        bytes.extend(frame(HEADERS, END_STREAM | END_HEADERS, number, &block));
    }
    stream.write_all(&bytes)?;
    let mut streams: BTreeMap<u32, Stream> = (1..)
        .step_by(2)
        .zip(targets)
        .map(|(number, _)| (number, Stream::default()))
        .collect();
    while !streams.values().all(|stream| stream.ended || stream.reset) {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let (kind, flags) = (head[3], head[4]);
        let number = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload)?;
        match kind {
            SETTINGS if flags & ACK == 0 => stream.write_all(&frame(SETTINGS, ACK, 0, &[]))?,
            PING if flags & ACK == 0 => stream.write_all(&frame(PING, ACK, 0, &payload))?,
            GOAWAY => return Err(io::Error::other("GOAWAY")),
            _ => {}
        }
        let Some(stream) = streams.get_mut(&number) else {
            continue;
        };
        match kind {
            DATA => stream.body.extend_from_slice(&payload),
            RST_STREAM => stream.reset = true,
            _ => {}
        }
        stream.ended |= matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0;
    }
    Ok(streams.into_values().collect())
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// A field that is neither looked up nor remembered (RFC 7541, section 6.2.2).
fn field(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    for text in [name, value] {
        let length = u8::try_from(text.len()).unwrap();
        assert!(length < 127, "{text} is too long");
        block.push(length);
        block.extend_from_slice(text.as_bytes());
    }
}
