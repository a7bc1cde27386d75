//! A client that asks again and again on one connection, and knows whether an answer was whole.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::harness::{Response, request};

/// How long a piece of a response may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Connection {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

/// A response, and how it ended.
pub struct Answer {
    pub response: Response,
    /// Not where the connection ended before its promised end.
    pub whole: bool,
}

impl Connection {
    pub fn new(address: SocketAddr) -> Connection {
        Connection {
            address,
            stream: None,
        }
    }

    pub fn get(&mut self, host: &str, target: &str) -> Answer {
        self.ask("GET", host, target, &[])
    }

    /// Asks on the connection that there is, or on a new one where the server has closed it.
    pub fn ask(
        &mut self,
        method: &str,
        host: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut all = vec![("Connection", "keep-alive")];
        all.extend_from_slice(headers);
        let bytes = request(method, target, host, &all, b"");
        for _ in 0..2 {
            let used = self.stream.is_some();
            match self.try_ask(&bytes, method == "HEAD") {
                Ok(Some(answer)) => return answer,
                // Closed since the last answer, which the server may.
                Ok(None) if used => {}
                Ok(None) => panic!("closed without an answer: {target}"),
                Err(e) => panic!("{e}: {target}"),
            }
        }
        panic!("closed twice without an answer: {target}")
    }

    /// None where the server had closed the connection before anything came.
    fn try_ask(&mut self, bytes: &[u8], to_head: bool) -> io::Result<Option<Answer>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                BufReader::new(stream)
            }
        };
        let answer = match stream.get_mut().write_all(bytes) {
            Ok(()) => read_answer(&mut stream, to_head),
            Err(e) => Err(e),
        };
        match answer {
            Ok(Some((answer, goes_on))) => {
                if goes_on {
                    self.stream = Some(stream);
                }
                Ok(Some(answer))
            }
            Ok(None) => Ok(None),
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
                ) =>
            {
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }

    /// Whether the connection is there for another request.
    pub fn is_open(&self) -> bool {
        self.stream.is_some()
    }
}

/// The next response, and whether the connection goes on after it.
fn read_answer(stream: &mut impl BufRead, to_head: bool) -> io::Result<Option<(Answer, bool)>> {
    let mut head = Vec::new();
    loop {
        let before = head.len();
        stream.read_until(b'\n', &mut head)?;
        match &head[before..] {
            b"" if before == 0 => return Ok(None),
            b"\r\n" => break,
            line if line.ends_with(b"\n") => {}
            _ => return Err(io::Error::other("the head is cut off")),
        }
    }
    let mut response = Response::parse(&head, true);
    if response.status < 200 {
        return Err(io::Error::other(format!("status {}", response.status)));
    }
    let is = |name: &str, value: &str| {
        response
            .header(name)
            .is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    let mut goes_on = !is("Connection", "close");
    let chunked = is("Transfer-Encoding", "chunked");
    let length = response.header("Content-Length");
    let mut whole = true;
    if to_head || matches!(response.status, 204 | 304) {
    } else if chunked {
        whole = read_chunks(stream, &mut response)?;
    } else if let Some(length) = length {
        let length: u64 = length.parse().map_err(io::Error::other)?;
        whole = read_body(stream, length, &mut response.body)?;
        response.raw.clone_from(&response.body);
    } else {
        read_body(stream, u64::MAX, &mut response.body)?;
        response.raw.clone_from(&response.body);
        goes_on = false;
    }
    goes_on &= whole;
    Ok(Some((Answer { response, whole }, goes_on)))
}

/// Reads so many bytes, or fewer where the connection ends; says whether it was all.
fn read_body(stream: &mut impl BufRead, size: u64, body: &mut Vec<u8>) -> io::Result<bool> {
    let before = body.len();
    match stream.take(size).read_to_end(body) {
        Err(e) if e.kind() != io::ErrorKind::ConnectionReset => Err(e),
        _ => Ok((body.len() - before) as u64 == size),
    }
}

/// Whether the last chunk came.
fn read_chunks(stream: &mut impl BufRead, response: &mut Response) -> io::Result<bool> {
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line)?;
        response.raw.extend_from_slice(&line);
        if !line.ends_with(b"\r\n") {
            return Ok(false);
        }
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        let size = u64::from_str_radix(&text, 16).map_err(io::Error::other)?;
        if size == 0 {
            break;
        }
        let begin = response.body.len();
        let whole = read_body(stream, size, &mut response.body)?;
        response.raw.extend_from_slice(&response.body[begin..]);
        let mut end = [0; 2];
        if !whole || stream.read_exact(&mut end).is_err() {
            return Ok(false);
        }
        if end != *b"\r\n" {
            return Err(io::Error::other("a chunk is longer than it says"));
        }
        response.raw.extend_from_slice(&end);
    }
    // Trailer fields, and the empty line.
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line)?;
        response.raw.extend_from_slice(&line);
        if line == b"\r\n" {
            return Ok(true);
        }
        if line.is_empty() {
            return Ok(false);
        }
    }
}

/// What can be read of a body that is compressed, whatever its head says of it.
pub fn decoded(body: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    // An error leaves what came before it.
    let _ = flate2::read::MultiGzDecoder::new(body).read_to_end(&mut text);
    let _ = flate2::read::ZlibDecoder::new(body).read_to_end(&mut text);
    let _ = brotli_decompressor::Decompressor::new(body, 4096).read_to_end(&mut text);
    text
}
