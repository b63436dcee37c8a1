//! How much one client may take of what all share: attempts to log in, connections, messages.

mod logins;
mod places;
mod rate;

pub(crate) use logins::LoginLimiter;
pub(crate) use places::{Place, Places};
pub(crate) use rate::Bucket;
pub use rate::Rate;
