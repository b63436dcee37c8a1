//! Limits failed logins.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::rate::{Bucket, Rate};
use crate::server::config::LoginLimits;

/// The number of keys above which full buckets are dropped.
const REMEMBERED: usize = 4096;

/// Counts failed logins, per address and per address and user. This slows down password guessing, but does not lock out
/// users who log in from elsewhere. Clones share the counts.
#[derive(Clone)]
pub(crate) struct LoginLimiter {
    limits: LoginLimits,
    failed: Arc<Mutex<HashMap<Key, Bucket>>>,
    // Hashes user names, so that input is not kept.
    names: RandomState,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    User(IpAddr, u64),
}

impl LoginLimiter {
    pub(crate) fn new(limits: LoginLimits) -> Self {
        Self {
            limits,
            failed: Arc::default(),
            names: RandomState::new(),
        }
    }

    /// The time until a login from this address as this user is allowed; zero if it is now.
    pub(crate) fn wait(&self, address: IpAddr, user_name: &str, now: Instant) -> Duration {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = self.keys(address, user_name).map(|(key, rate)| {
            failed
                .get(&key)
                .map_or(Duration::ZERO, |bucket| bucket.wait(rate, now))
        });
        waits.into_iter().max().unwrap_or_default()
    }

    /// Counts a failed login.
    pub(crate) fn failed(&self, address: IpAddr, user_name: &str, now: Instant) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= REMEMBERED {
            failed.retain(|_, bucket| !bucket.is_full(now));
        }
        for (key, rate) in self.keys(address, user_name) {
            // Attempts that began before the last token was taken are not counted.
            failed.entry(key).or_insert(Bucket::full(now)).take(rate, now);
        }
    }

    fn keys(&self, address: IpAddr, user_name: &str) -> [(Key, Rate); 2] {
        // User names are case-insensitive.
        let name = self.names.hash_one(user_name.to_ascii_lowercase());
        [
            (Key::Address(address), self.limits.per_address),
            (Key::User(address, name), self.limits.per_user),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    fn limiter(per_user: u32, per_address: u32) -> LoginLimiter {
        let every = Duration::from_secs(3600);
        LoginLimiter::new(LoginLimits {
            per_user: Rate {
                burst: per_user,
                every,
            },
            per_address: Rate {
                burst: per_address,
                every,
            },
        })
    }

    #[test]
    fn a_user_is_limited_at_one_address_alone() {
        let now = Instant::now();
        let limiter = limiter(2, 100);
        for _ in 0..2 {
            assert!(limiter.wait(HERE, "bob", now).is_zero());
            limiter.failed(HERE, "bob", now);
        }
        assert!(!limiter.wait(HERE, "bob", now).is_zero());
        assert!(!limiter.wait(HERE, "Bob", now).is_zero());
        assert!(limiter.wait(HERE, "alice", now).is_zero());
        assert!(limiter.wait(THERE, "bob", now).is_zero());
    }

    #[test]
    fn an_address_is_limited_whatever_names_it_tries() {
        let now = Instant::now();
        let limiter = limiter(100, 3);
        for name in ["a", "b", "c"] {
            assert!(limiter.wait(HERE, "d", now).is_zero());
            limiter.failed(HERE, name, now);
        }
        assert!(!limiter.wait(HERE, "d", now).is_zero());
        assert!(limiter.wait(THERE, "d", now).is_zero());
    }

    #[test]
    fn what_is_full_again_is_forgotten() {
        let now = Instant::now();
        let limiter = limiter(1, 1_000_000);
        let count = || limiter.failed.lock().expect("not poisoned").len();
        for number in 0..REMEMBERED {
            limiter.failed(HERE, &number.to_string(), now);
        }
        assert!(count() > REMEMBERED);
        // The bucket of the address lacks one token per attempt.
        let later = now + Duration::from_secs(3600);
        limiter.failed(THERE, "bob", later);
        assert_eq!(count(), 3);
        assert!(!limiter.wait(THERE, "bob", later).is_zero());
    }
}
