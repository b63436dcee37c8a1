//! Whether the server accepts the user's session, and when the application is asked to renew it.

/// How the application's attempt to log in again ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorized {
    /// The user is logged in again.
    Yes,
    /// The user is not, and another attempt would not change that.
    No,
    /// It could not be found out, for example because the network failed.
    Failed,
}
