//! Properties of faults, and their validation.

use std::str::FromStr;
use std::time::Duration;

use super::{Fault, FaultError, LONGEST, LONGEST_REASON, RestBody};

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        serde_json::from_str(text).map_err(|error| FaultError::Unreadable(error.to_string()))
    }
}

impl Fault {
    /// The name on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Frame { .. } => "frame",
            Self::Garbage { .. } => "garbage",
            Self::Close { .. } => "close",
            Self::Drop { .. } => "drop",
            Self::ExpireSessions {} => "expireSessions",
            Self::Restart { .. } => "restart",
            Self::RefuseUpgrades { .. } => "refuseUpgrades",
            Self::Stall { .. } => "stall",
            Self::Delay { .. } => "delay",
            Self::Lose { .. } => "lose",
            Self::RestStatus { .. } => "restStatus",
            Self::RestLag { .. } => "restLag",
            Self::RestCap { .. } => "restCap",
            Self::RestSlow { .. } => "restSlow",
            Self::RestHang { .. } => "restHang",
        }
    }

    /// Whether it is active for a time or until it is cleared.
    #[must_use]
    pub const fn lasts(&self) -> bool {
        matches!(
            self,
            Self::RefuseUpgrades { .. }
                | Self::Stall { .. }
                | Self::Delay { .. }
                | Self::Lose { .. }
                | Self::RestStatus { .. }
                | Self::RestLag { .. }
                | Self::RestCap { .. }
                | Self::RestSlow { .. }
                | Self::RestHang { .. }
        )
    }

    pub(super) fn check(&self) -> Result<(), FaultError> {
        match self {
            Self::Close { code, reason } => {
                if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                    return Err(FaultError::CloseCode(*code));
                }
                let length = reason.as_ref().map_or(0, String::len);
                if length > LONGEST_REASON {
                    return Err(FaultError::Reason(length));
                }
            }
            Self::RefuseUpgrades { status, .. } if !matches!(status, 400..=599) => {
                return Err(FaultError::Status(*status));
            }
            Self::RestStatus { status, body, .. }
                if !matches!(
                    (status, body),
                    (400..=599, _) | (200, RestBody::Html | RestBody::Truncated)
                ) =>
            {
                return Err(FaultError::Status(*status));
            }
            Self::RestLag { lag_ms: 0, .. } => return Err(FaultError::Zero("lagMs")),
            Self::RestCap { limit: 0, .. } => return Err(FaultError::Zero("limit")),
            Self::RestSlow {
                bytes_per_second: 0, ..
            } => return Err(FaultError::Zero("bytesPerSecond")),
            Self::Lose { count, share, .. } => match (count, share) {
                (Some(_), None) => {}
                (None, Some(share)) if (0.0..=1.0).contains(share) => {}
                _ => return Err(FaultError::Share),
            },
            _ => {}
        }
        self.check_path()?;
        self.times().into_iter().try_for_each(|ms| {
            if Duration::from_millis(ms) > LONGEST {
                Err(FaultError::Time(ms))
            } else {
                Ok(())
            }
        })
    }

    fn check_path(&self) -> Result<(), FaultError> {
        match self {
            Self::RestStatus { path, exact, .. }
            | Self::RestSlow { path, exact, .. }
            | Self::RestHang { path, exact, .. } => match path {
                Some(path)
                    if !path.starts_with('/') || path.contains(['?', '#']) || path.starts_with("/api/") =>
                {
                    Err(FaultError::Path(path.clone()))
                }
                None if *exact => Err(FaultError::Exact),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn times(&self) -> [u64; 3] {
        match self {
            Self::Delay {
                delay_ms, jitter_ms, ..
            } => [*delay_ms, *jitter_ms, self.ms().unwrap_or(0)],
            Self::Restart { ms } => [*ms, 0, 0],
            Self::RestLag { lag_ms, ms } => [*lag_ms, ms.unwrap_or(0), 0],
            Self::RestStatus {
                retry_after_s, ms, ..
            } => [
                retry_after_s.unwrap_or(0).saturating_mul(1000),
                ms.unwrap_or(0),
                0,
            ],
            _ => [self.ms().unwrap_or(0), 0, 0],
        }
    }

    /// The duration in milliseconds, if limited.
    pub(super) const fn ms(&self) -> Option<u64> {
        match self {
            Self::RefuseUpgrades { ms, .. }
            | Self::Stall { ms, .. }
            | Self::Delay { ms, .. }
            | Self::Lose { ms, .. }
            | Self::RestStatus { ms, .. }
            | Self::RestLag { ms, .. }
            | Self::RestCap { ms, .. }
            | Self::RestSlow { ms, .. }
            | Self::RestHang { ms, .. } => *ms,
            _ => None,
        }
    }

    /// The number of times it applies, if limited.
    pub(super) const fn count(&self) -> Option<u32> {
        match self {
            Self::RefuseUpgrades { count, .. }
            | Self::Lose { count, .. }
            | Self::RestStatus { count, .. }
            | Self::RestHang { count, .. } => *count,
            _ => None,
        }
    }
}
