//! Limits per client of shared resources: login attempts, connections, messages.

mod logins;
mod places;
mod rate;

pub(crate) use logins::LoginLimiter;
pub(crate) use places::{Place, Places};
pub(crate) use rate::Bucket;
pub use rate::Rate;
