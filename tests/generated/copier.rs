//! `copier.js`: the WebAssembly of `src/browser/copy.wat`, which copies frames.

use std::path::Path;

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

pub(crate) fn file() -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/browser/copy.wat");
    let module = wat::parse_file(source).expect("the text is WebAssembly");
    let assembled = BASE64_STANDARD.encode(without_names(&module));
    format!(
        "// Generated from src/browser/copy.wat by `cargo xtask codegen`: do not edit.\n\n\
         /** The assembled module, in Base64. */\n\
         export const COPIER = \"{assembled}\";\n"
    )
}
