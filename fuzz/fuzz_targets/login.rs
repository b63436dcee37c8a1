//! Fuzzes `POST /login` with request bodies.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use room_events::server::fuzz::Target;

thread_local! {
    static SERVER: RefCell<Target> = RefCell::new(Target::new());
}

fuzz_target!(|body: &[u8]| SERVER.with_borrow_mut(|server| server.login(body)));
