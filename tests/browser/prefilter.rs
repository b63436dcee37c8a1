//! The prefilter with SIMD, which native tests run without.

use room_events::protocol::decode::prefilter::unwanted;
use room_events::protocol::ids::Id;
use wasm_bindgen_test::wasm_bindgen_test;

fn id<T>(id: u32) -> Id<T> {
    Id::from(id)
}

#[wasm_bindgen_test]
fn finds_a_room_at_any_position_in_a_frame() {
    for (before, behind) in (0..40).flat_map(|before| (0..20).map(move |behind| (before, behind))) {
        let frame = |key: &str| {
            let (before, behind) = ("x".repeat(before), "y".repeat(behind));
            let rest = if behind.is_empty() {
                String::new()
            } else {
                format!(r#","z":"{behind}""#)
            };
            format!(
                r#"{{"type":"TextMessagesCreated","data":{{"messages":[{{"text":"{before}","messageId":12,"{key}":7{rest}}}]}}}}"#
            )
        };
        let usual = frame("roomId");
        assert_eq!(unwanted(&usual, |room| room == id(7)), None, "{usual}");
        assert_eq!(unwanted(&usual, |room| room == id(8)), Some(id(12)), "{usual}");
        assert_eq!(unwanted(&frame("room\\u0049d"), |_| false), None, "{usual}");
    }
}
