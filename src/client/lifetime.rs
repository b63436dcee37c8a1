//! How long a client lives: as long as anyone can notice it.

/// What becomes of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on, held by its handle.
    Held,
    /// It goes on for its callbacks: whoever drives it has to keep it.
    Kept,
    /// Nobody can notice it any more: it is to be closed.
    Over,
}

/// Whether the application still has its handle on the client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lifetime {
    handle_gone: bool,
}

impl Lifetime {
    /// The application has let go of the handle. Events still go to its callbacks, if there are any.
    pub const fn drop_handle(&mut self, has_callbacks: bool) -> Fate {
        self.handle_gone = true;
        self.fate(has_callbacks)
    }

    /// What becomes of a client with or without callbacks.
    #[must_use]
    pub const fn fate(self, has_callbacks: bool) -> Fate {
        match (self.handle_gone, has_callbacks) {
            (false, _) => Fate::Held,
            (true, true) => Fate::Kept,
            (true, false) => Fate::Over,
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn a_client_ends_with_its_handle_and_its_last_callback_whichever_goes_later() {
        let mut handle_last = Lifetime::default();
        assert_eq!(handle_last.fate(true), Fate::Held);
        assert_eq!(handle_last.fate(false), Fate::Held);
        assert_eq!(handle_last.drop_handle(false), Fate::Over);

        let mut callback_last = Lifetime::default();
        assert_eq!(callback_last.drop_handle(true), Fate::Kept);
        assert_eq!(callback_last.fate(true), Fate::Kept);
        assert_eq!(callback_last.fate(false), Fate::Over);
    }
}
