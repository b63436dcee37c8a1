//! The WebAssembly that copies frames, which JavaScript holds assembled.
//!
//! After a change of `src/browser/copy.wat`: `UPDATE_COPY=1 cargo test --test protocol copy`.

use std::path::Path;
use std::{env, fs};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// How many bytes the header of a module has.
const HEADER: usize = 8;

/// The section that a number of LEB128 begins: how many bytes the number has, and what it says.
fn leb128(bytes: &[u8]) -> (usize, usize) {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return (index + 1, value);
        }
    }
    panic!("the number has no end");
}

/// The module without its custom sections, in which the assembler keeps the names.
fn without_names(module: &[u8]) -> Vec<u8> {
    let (header, mut rest) = module.split_at(HEADER);
    let mut stripped = header.to_vec();
    while let Some(id) = rest.first() {
        let (digits, length) = leb128(&rest[1..]);
        let (section, behind) = rest.split_at(1 + digits + length);
        if *id != 0 {
            stripped.extend_from_slice(section);
        }
        rest = behind;
    }
    stripped
}

#[test]
fn the_copier_is_assembled_from_its_text() {
    let browser = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/browser");
    let module = wat::parse_file(browser.join("copy.wat")).expect("the text is WebAssembly");
    let assembled = BASE64_STANDARD.encode(without_names(&module));
    let file = browser.join("copy.js");
    let script = fs::read_to_string(&file).expect("the script is there");
    let (before, rest) = script
        .split_once("const MODULE = \"")
        .expect("the script holds the module");
    let (committed, behind) = rest.split_once('"').expect("the module ends");
    if env::var_os("UPDATE_COPY").is_some() {
        let script = format!("{before}const MODULE = \"{assembled}\"{behind}");
        fs::write(&file, script).expect("the script can be written");
    } else {
        assert_eq!(
            committed, assembled,
            "copy.wat has changed: run `UPDATE_COPY=1 cargo test --test protocol copy` and commit copy.js"
        );
    }
}
