//! Errors of faults.

/// Why a fault is invalid or could not be injected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The code is not allowed in a close frame.
    #[error("{0} cannot stand in a close frame: codes are 1000 to 1003, 1007 to 1014 and 3000 to 4999")]
    CloseCode(u16),
    /// The reason does not fit into a close frame.
    #[error("the reason has {0} bytes, and a close frame has room for 123")]
    Reason(usize),
    /// The status is not that of a failure.
    #[error("{0} is no status of a failure: those are 400 to 599")]
    Status(u16),
    /// The path is not below `/api/v1`.
    #[error("`{0}` is no path below /api/v1: it begins with `/` and has no query, as in `/rooms/3/messages`")]
    Path(String),
    /// `exact` without a `path`.
    #[error("`exact` goes with a `path`")]
    Exact,
    /// The field with this name is 0.
    #[error("`{0}` is at least 1")]
    Zero(&'static str),
    /// The time is too long.
    #[error("{0} ms is longer than a day")]
    Time(u64),
    /// A share outside of 0 to 1, or both a count and a share, or neither.
    #[error("`lose` takes either a count, or a share from 0 to 1")]
    Share,
    /// The fault is instantaneous, and nobody is connected when the server starts.
    #[error(
        "this fault happens at once, and nobody is connected when the server starts: say when with `afterMs` or \
         `everyMs`"
    )]
    AtStart,
    /// An interval of 0.
    #[error("`everyMs` is at least 1")]
    Every,
    /// The JSON is not a fault.
    #[error("this is no fault: {0}")]
    Unreadable(String),
    /// The sessions could not be ended, as another process has locked the database.
    #[error("the sessions could not be ended: another process has locked the database")]
    Locked,
    /// The sessions could not be ended.
    #[error("the sessions could not be ended: {0}")]
    Failed(String),
}

impl FaultError {
    /// A stable name of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CloseCode(_) => "fault-close-code",
            Self::Reason(_) => "fault-reason",
            Self::Status(_) => "fault-status",
            Self::Path(_) => "fault-path",
            Self::Exact => "fault-exact",
            Self::Zero(_) => "fault-zero",
            Self::Time(_) => "fault-time",
            Self::Share => "fault-share",
            Self::AtStart => "fault-at-start",
            Self::Every => "fault-every",
            Self::Unreadable(_) => "fault-unreadable",
            Self::Locked => "fault-locked",
            Self::Failed(_) => "fault-failed",
        }
    }
}
