//! Passwords, hashed with Argon2id.

use std::sync::Arc;

use argon2::password_hash::Error;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;

use super::SessionError;
use crate::server::config::PasswordCost;
use crate::server::store::StoreError;

/// The maximum number of concurrent password checks. Each one takes a core, and memory.
const CONCURRENT_CHECKS: usize = 4;

/// From this size on, in bytes, glibc gives an allocation its own mapping, which returns to the system when freed.
/// Smaller blocks stay with the process once a block of their size was freed: 19 MiB for each thread that has checked a
/// password.
const OWN_MAPPING: usize = (32 << 20) + 1;

/// Smaller allocations, in bytes, need no mapping of their own.
const SMALL: usize = 128 << 10;

/// Hashes and verifies passwords. Clones share the limit of concurrent checks.
#[derive(Clone)]
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    checks: Arc<Semaphore>,
    /// A hash that no password matches, as expensive to verify as the others.
    decoy: Arc<str>,
}

impl Passwords {
    /// `None` if the algorithm rejects the cost.
    pub(crate) fn new(cost: PasswordCost) -> Option<Self> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        // The output of the decoy is zeros, which no password hashes to and which need no computation.
        let decoy = format!(
            "$argon2id$v=19$m={},t={},p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            cost.memory_kib, cost.passes
        );
        Some(Self {
            argon2,
            checks: Arc::new(Semaphore::new(CONCURRENT_CHECKS)),
            decoy: decoy.into(),
        })
    }

    /// Hashes a password in the PHC string format. This blocks, so do not call it from a task.
    pub(crate) fn hash(&self, password: &str) -> Result<String, StoreError> {
        hash(&self.argon2, password).map_err(|error| StoreError::Password(error.to_string()))
    }

    /// Waits for a turn to check a password.
    pub(super) async fn turn(&self) -> Result<Turn, SessionError> {
        let permit = Arc::clone(&self.checks).acquire_owned().await;
        permit.map(Turn).map_err(|error| failed(&error))
    }

    /// Verifies a password. Without a hash, the result is `false` after the same time. Also returns the turn, which
    /// ends when dropped.
    pub(super) async fn verify(
        &self,
        turn: Turn,
        password: String,
        hash: Option<String>,
    ) -> Result<(bool, Turn), SessionError> {
        let hash = hash.unwrap_or_else(|| self.decoy.as_ref().to_owned());
        let verified = task::spawn_blocking(move || (fits(&password, &hash), turn));
        let (verified, turn) = verified.await.map_err(|error| failed(&error))?;
        verified.map(|fits| (fits, turn)).map_err(|error| failed(&error))
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, Error> {
    let salt = Salt::generate();
    let output = compute(argon2, password, &salt)?;
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params())?,
        salt: Some(salt),
        hash: Some(output),
    }
    .to_string())
}

/// Whether a password matches a hash, at the cost of that hash.
fn fits(password: &str, hash: &str) -> Result<bool, Error> {
    let hash = PasswordHash::new(hash)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::try_from(&hash)?);
    match (&hash.salt, &hash.hash) {
        // Outputs are compared in constant time.
        (Some(salt), Some(expected)) => Ok(compute(&argon2, password, salt)? == *expected),
        _ => Ok(false),
    }
}

fn compute(argon2: &Argon2<'_>, password: &str, salt: &Salt) -> Result<Output, Error> {
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let memory = memory(argon2.params().block_count());
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut output, memory)?;
    Ok(Output::new(&output)?)
}

/// Memory for one computation, which returns to the system afterwards.
fn memory(blocks: usize) -> Vec<Block> {
    let room = if blocks * Block::SIZE < SMALL {
        blocks
    } else {
        // Untouched pages take no memory.
        blocks.max(OWN_MAPPING.div_ceil(Block::SIZE))
    };
    let mut memory = Vec::with_capacity(room);
    memory.resize(blocks, Block::default());
    memory
}

/// Permission to check a password now.
pub(super) struct Turn(
    #[expect(dead_code, reason = "it is held, and given back when dropped")] OwnedSemaphorePermit,
);

fn failed(error: &dyn std::fmt::Display) -> SessionError {
    SessionError::Password(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_that_was_hashed_fits() {
        let passwords = Passwords::new(PasswordCost::MINIMAL).expect("a cost that is accepted");
        let hash = passwords.hash("correct horse").expect("hashes");
        assert!(hash.starts_with("$argon2id$"));
        assert_ne!(
            hash,
            passwords.hash("correct horse").expect("hashes"),
            "the salt is missing"
        );
        let verify = async |password: &str, hash: Option<&String>| {
            let turn = passwords.turn().await.expect("a turn");
            passwords
                .verify(turn, password.to_owned(), hash.cloned())
                .await
                .expect("verifies")
                .0
        };
        assert!(verify("correct horse", Some(&hash)).await);
        assert!(!verify("correct horsf", Some(&hash)).await);
        assert!(!verify("", Some(&hash)).await);
        assert!(!verify("correct horse", None).await);
    }

    #[test]
    fn a_cost_that_makes_no_sense_is_refused() {
        assert!(
            Passwords::new(PasswordCost {
                memory_kib: 0,
                passes: 1
            })
            .is_none()
        );
        assert!(
            Passwords::new(PasswordCost {
                memory_kib: 8,
                passes: 0
            })
            .is_none()
        );
    }
}
