//! Fuzzes the upgrade to the events with request heads.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::{Corpus, fuzz_target};
use room_events::server::fuzz::Target;

thread_local! {
    static SERVER: RefCell<Target> = RefCell::new(Target::new());
}

fuzz_target!(|head: &[u8]| -> Corpus {
    match SERVER.with_borrow_mut(|server| server.upgrade(head)) {
        Some(_) => Corpus::Keep,
        // The input is not a request.
        None => Corpus::Reject,
    }
});
