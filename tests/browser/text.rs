//! Text in frames: any characters, at any position.

use js_sys::{JsString, Reflect};
use serde_json::json;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::harness::{Fakes, Listener, UNCHECKED, connect, frame_now, json as to_json, open, tick};

/// WebAssembly scans strings in blocks. Positions stay correct for any character at any offset of a block.
#[wasm_bindgen_test]
async fn reads_characters_at_any_offset_of_a_block() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let listener = Listener::on(&client, "RoomCreated");
    tick().await;
    let pieces = [
        "é",
        "日本",
        "👍",
        "я👍я",
        "\u{ffff}\u{10ffff}",
        "\\",
        "\"",
        "\n",
        "\u{7f}",
    ];
    for before in 0..34 {
        for piece in pieces {
            // The repeated pieces put every block after each state that the previous block can leave.
            let name = "a".repeat(before) + &piece.repeat(5) + &"b".repeat(before / 2) + piece;
            for ascii in ["", "behind"] {
                let room = json!({"roomId": 9_007_199_254_740_991_u64, "name": name, "displayName": ascii, "x": name});
                frame_now(
                    &json!({"type": "RoomCreated", "data": {"room": room}})
                        .to_string()
                        .into(),
                );
                let (data, _) = listener.last();
                let built = &to_json(&data)["room"];
                for key in ["roomId", "name", "displayName", "x"] {
                    assert_eq!(built[key], room[key], "{key} of {name:?}");
                }
            }
        }
    }
}

/// Most frames are copied to a buffer of 32 KiB; larger ones get a buffer of their own.
#[wasm_bindgen_test]
async fn delivers_frames_around_the_size_of_the_buffer() {
    const PLACE: usize = 32 << 10;
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let listener = Listener::on(&client, "RoomCreated");
    tick().await;
    for piece in ["a", "я", "日", "👍"] {
        let units = piece.encode_utf16().count();
        let room = |name: &str| {
            json!({"type": "RoomCreated", "data": {"room": {"roomId": 1, "name": name}}}).to_string()
        };
        // Frames around the size of the buffer, in bytes and in UTF-16 code units.
        for full in [PLACE / piece.len(), PLACE / units] {
            let most = full - room("").len() / piece.len();
            for count in most - 10..most + 10 {
                let name = piece.repeat(count) + "end";
                frame_now(&room(&name).into());
                assert_eq!(
                    to_json(&listener.last().0)["room"]["name"],
                    name,
                    "{count} times {piece}"
                );
            }
        }
    }
}

#[wasm_bindgen_test]
async fn a_lone_surrogate_does_not_shift_later_positions() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let listener = Listener::on(&client, "RoomCreated");
    tick().await;
    let pairs = [
        [0xd83d, 0x61],
        [0xdc4d, 0x61],
        [0xd83d, 0xd83d],
        [0xdc4d, 0xd83d],
        [0x61, 0xd83d],
    ];
    for [first, second] in pairs {
        let name = JsString::from_char_code2(first, second);
        let text = JsString::from(r#"{"type":"RoomCreated","data":{"room":{"roomId":1,"name":""#)
            .concat(&name)
            .concat(&r#"","displayName":"behind"}}}"#.into());
        frame_now(&text);
        let room = Reflect::get(&listener.last().0, &"room".into()).expect("an object");
        let member = |key: &str| Reflect::get(&room, &key.into()).expect("an object");
        assert_eq!(member("name"), JsValue::from(name));
        assert_eq!(member("displayName"), "behind");
    }
}
