//! However a body is cut into pieces, the scanner finds the same error text in the same place, and
//! nothing of the body is lost. `cargo fuzz run splits`, with a nightly Rust.
//!
//! The input is a body with its cuts: a byte 0xFE ends a piece, and is no part of the body. 0xFD
//! stands for a text that error text begins with, so that the fuzzer need not guess it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mod_pyguard::policy::leak::Scanner;

const CUT: u8 = 0xFE;
const TEXT: u8 = 0xFD;

const TEXTS: [&[u8]; 16] = [
    b"Traceback (most recent call last):\n",
    b"  File \"/srv/till.py\", line 3, in pay\n",
    b"File &quot;x.py&quot;, line 1\n",
    b"SyntaxError: ",
    b"<title>",
    b" // Werkzeug Debugger",
    b"</title>",
    b"{\"error\": \"",
    b"\"errors\":[{",
    b"\"frames\": [{\"file\": \"x\", ",
    b"\"line\": 3",
    b"KeyError at /x\n",
    b"\n\nRequest Method: GET\nRequest URL: /\n\nDjango Version: ",
    b"Internal Server Error</h1><p>",
    b"[SQL: ",
    b"(Background on this error at: ",
];

/// The pieces that the input says.
fn pieces(input: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    let mut bytes = input.iter();
    while let Some(byte) = bytes.next() {
        let Some(last) = pieces.last_mut() else { return pieces };
        match *byte {
            CUT => pieces.push(Vec::new()),
            TEXT => {
                let number = bytes.next().copied().unwrap_or(0);
                let text = TEXTS[usize::from(number % 16)];
                // A part of it, where the number is large.
                let most = if number < 128 { text.len() } else { usize::from(number) % text.len() };
                last.extend(&text[..most]);
            }
            byte => last.push(byte),
        }
    }
    pieces
}

/// What passes, and which kind of error text ended it.
fn stream(pieces: &[Vec<u8>]) -> (Vec<u8>, Option<&'static str>) {
    let mut scanner = Scanner::default();
    let mut passed = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let step = scanner.feed(piece);
        passed.extend(step.first);
        passed.extend(&piece[step.pass]);
        if let Some(found) = step.found {
            let all = [passed.as_slice(), &found.text].concat();
            assert_eq!(all, pieces[..=index].concat());
            return (passed, Some(found.marker.name));
        }
    }
    let step = scanner.finish();
    passed.extend(step.first);
    (passed, step.found.map(|found| found.marker.name))
}

fuzz_target!(|input: &[u8]| {
    let pieces = pieces(input);
    assert_eq!(stream(&pieces), stream(&[pieces.concat()]));
});
