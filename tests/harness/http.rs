//! A client that sends exactly the bytes it is given and keeps exactly the bytes it gets.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

/// One response, whole.
#[derive(Clone, Debug)]
pub struct Response {
    /// 0 where the answer had no status line (HTTP/0.9).
    pub status: u16,
    /// The status line and the header fields, in the order in which they came.
    pub head: Vec<u8>,
    /// What follows the head, as it came.
    pub raw: Vec<u8>,
    /// The same without its chunks.
    pub body: Vec<u8>,
}

impl Response {
    pub fn parse(answer: &[u8], to_head: bool) -> Response {
        let mut rest = answer;
        loop {
            let Some((head, after)) = split_head(rest) else {
                return Response {
                    status: 0,
                    head: Vec::new(),
                    raw: rest.to_vec(),
                    body: rest.to_vec(),
                };
            };
            let status = status_of(head);
            if (100..200).contains(&status) && status != 101 {
                rest = after;
                continue;
            }
            let mut response = Response {
                status,
                head: head.to_vec(),
                raw: after.to_vec(),
                body: after.to_vec(),
            };
            let chunked = response
                .header("Transfer-Encoding")
                .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
            if chunked && !to_head {
                response.body = without_chunks(after);
            }
            return response;
        }
    }

    /// The first header field of this name.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers()
            .into_iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub fn headers(&self) -> Vec<(String, String)> {
        let head = String::from_utf8_lossy(&self.head).into_owned();
        head.lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether `text` is anywhere in the response, header fields included.
    pub fn contains(&self, text: &str) -> bool {
        [&self.head, &self.raw, &self.body]
            .iter()
            .any(|part| contains(part, text.as_bytes()))
    }

    /// The bytes of the response without what differs between two moments and two processes: the
    /// date, and the order in which httpd's hash table has the methods of `Allow`.
    pub fn timeless(&self) -> Vec<u8> {
        [self.timeless_head(), self.raw.clone()].concat()
    }

    pub fn timeless_head(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for line in self.head.split_inclusive(|byte| *byte == b'\n') {
            let lower = line.to_ascii_lowercase();
            if lower.starts_with(b"allow:") {
                let mut methods: Vec<&[u8]> =
                    line[6..].trim_ascii().split(|b| *b == b',').collect();
                methods.sort_unstable();
                bytes.extend_from_slice(b"Allow: ");
                bytes.extend_from_slice(&methods.join(&b','));
                bytes.extend_from_slice(b"\r\n");
            } else if !lower.starts_with(b"date:") {
                bytes.extend_from_slice(line);
            }
        }
        bytes
    }
}

/// A request with `Host` and `Connection: close`, unless `headers` has its own.
pub fn request(
    method: &str,
    target: &str,
    host: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let has = |name: &str| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    let mut text = format!("{method} {target} HTTP/1.1\r\n");
    if !has("Host") {
        text += &format!("Host: {host}\r\n");
    }
    if !has("Connection") {
        text += "Connection: close\r\n";
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += &format!("Content-Length: {}\r\n", body.len());
    }
    text += "\r\n";
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub fn exchange(address: SocketAddr, bytes: &[u8], patience: Duration) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(bytes)?;
    let deadline = Instant::now() + patience;
    let mut answer = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(answer),
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            // The server may close before it has read all that was sent.
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset && !answer.is_empty() => {
                return Ok(answer);
            }
            Err(e) => return Err(e),
        }
        if Instant::now() > deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

pub fn curl_http2(
    address: SocketAddr,
    target: &str,
    patience: Duration,
) -> Result<Vec<u8>, String> {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--include", "--path-as-is"])
        .args(["--noproxy", "*", "--http2-prior-knowledge"])
        .args(["--max-time", &patience.as_secs().to_string()])
        .arg(format!("http://{address}{target}"))
        .output()
        .map_err(|e| format!("curl: {e}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(output.stdout)
}

fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if !bytes.starts_with(b"HTTP/") {
        return None;
    }
    let end = find(bytes, b"\r\n\r\n")? + 4;
    Some(bytes.split_at(end))
}

fn status_of(head: &[u8]) -> u16 {
    let line = String::from_utf8_lossy(head);
    let word = line.split_whitespace().nth(1);
    word.and_then(|word| word.parse().ok()).unwrap_or(0)
}

fn without_chunks(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = find(rest, b"\r\n") {
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size = line.split(';').next().unwrap_or("").trim();
        let Ok(size) = usize::from_str_radix(size, 16) else {
            break;
        };
        rest = &rest[end + 2..];
        if size == 0 || rest.len() < size {
            body.extend_from_slice(&rest[..rest.len().min(size)]);
            break;
        }
        body.extend_from_slice(&rest[..size]);
        rest = rest.get(size + 2..).unwrap_or_default();
    }
    body
}

pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    find(haystack, needle).is_some()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
