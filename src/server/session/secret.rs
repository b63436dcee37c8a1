//! Secrets: session ids and tokens.

use sha2::{Digest as _, Sha256};

use crate::server::store::sessions::Digest;

/// 256 random bits in hexadecimal.
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)?;
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Ok(Self(
            digits
                .map(|digit| char::from(DIGITS[usize::from(digit)]))
                .collect(),
        ))
    }

    pub(super) fn digest(&self) -> Digest {
        digest(&self.0)
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// The digest under which a secret is stored. Secrets have enough entropy to need neither salt nor work factor.
pub(super) fn digest(secret: &str) -> Digest {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_differ() {
        let [one, other] = [(); 2].map(|()| Secret::new().expect("random bytes").into_text());
        assert_eq!(one.len(), 64);
        assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one, other);
    }
}
