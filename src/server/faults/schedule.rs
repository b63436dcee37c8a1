//! Faults at given times.

use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time;

use super::{Fault, FaultError, Faults, LONGEST, Scope};

/// A fault that begins with the server, after a delay, or repeatedly.
///
/// In JSON it is a fault with two more optional fields, `afterMs` and `everyMs`:
///
/// ```
/// use room_events::server::ScheduledFault;
///
/// // Drops all connections after five seconds, and then every ten seconds.
/// let fault: ScheduledFault = r#"{"fault":"drop","afterMs":5000,"everyMs":10000}"#.parse()?;
/// # Ok::<(), room_events::server::FaultError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduledFault {
    /// The fault, for all users.
    pub fault: Fault,
    /// The delay of the first time. `None` means at the start for a lasting fault, and after one `every` for an
    /// instantaneous one, as nobody is connected when the server starts.
    pub after: Option<Duration>,
    /// The interval between further times. `None` means once.
    pub every: Option<Duration>,
}

impl From<Fault> for ScheduledFault {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            after: None,
            every: None,
        }
    }
}

impl FromStr for ScheduledFault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let unreadable = |error: serde_json::Error| FaultError::Unreadable(error.to_string());
        let mut fields: Map<String, Value> = serde_json::from_str(text).map_err(unreadable)?;
        let mut time = |name: &str| {
            fields
                .remove(name)
                .map(|value| {
                    let ms = value.as_u64().ok_or_else(|| {
                        FaultError::Unreadable(format!("`{name}` is a number of milliseconds, not {value}"))
                    })?;
                    Ok(Duration::from_millis(ms))
                })
                .transpose()
        };
        let (after, every) = (time("afterMs")?, time("everyMs")?);
        Ok(Self {
            fault: serde_json::from_value(Value::Object(fields)).map_err(unreadable)?,
            after,
            every,
        })
    }
}

impl ScheduledFault {
    /// Rejects faults that are invalid or can never occur.
    pub(in crate::server) fn check(&self) -> Result<(), FaultError> {
        self.fault.check()?;
        for time in [self.after, self.every].into_iter().flatten() {
            if time > LONGEST {
                return Err(FaultError::Time(
                    u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
                ));
            }
        }
        if self.every.is_some_and(|every| every.is_zero()) {
            return Err(FaultError::Every);
        }
        if self.first().is_none() {
            return Err(FaultError::AtStart);
        }
        Ok(())
    }

    /// Whether it begins before the first connection.
    pub(in crate::server) fn is_immediate(&self) -> bool {
        self.first().is_some_and(|first| first.is_zero()) && self.fault.lasts()
    }

    /// Injects the fault at its times.
    pub(in crate::server) async fn run(self, faults: Faults) {
        let mut next = if self.is_immediate() {
            self.every
        } else {
            self.first()
        };
        while let Some(wait) = next {
            time::sleep(wait).await;
            if let Err(error) = faults.inflict(Scope::All, self.fault.clone()).await {
                tracing::error!(code = error.code(), %error, "a fault could not be brought about");
            }
            next = self.every;
        }
    }

    fn first(&self) -> Option<Duration> {
        let at_start = self.fault.lasts().then_some(Duration::ZERO);
        self.after.or(at_start).or(self.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ScheduledFault, FaultError> {
        let fault: ScheduledFault = text.parse()?;
        fault.check()?;
        Ok(fault)
    }

    #[test]
    fn times_stand_beside_the_fields_of_the_fault() {
        let fault = parse(r#"{"fault":"drop","how":"abrupt","afterMs":5,"everyMs":10}"#).expect("a fault");
        assert_eq!(
            fault.fault,
            r#"{"fault":"drop","how":"abrupt"}"#.parse().expect("a fault")
        );
        assert_eq!(fault.after, Some(Duration::from_millis(5)));
        assert_eq!(fault.every, Some(Duration::from_millis(10)));
        assert!(!fault.is_immediate());
    }

    #[test]
    fn what_lasts_may_begin_at_once_and_what_does_not_needs_a_time() {
        assert!(parse(r#"{"fault":"stall"}"#).expect("a fault").is_immediate());
        assert!(
            !parse(r#"{"fault":"stall","afterMs":1}"#)
                .expect("a fault")
                .is_immediate()
        );
        assert_eq!(parse(r#"{"fault":"drop"}"#), Err(FaultError::AtStart));
        assert!(parse(r#"{"fault":"drop","everyMs":10}"#).is_ok());
        assert!(parse(r#"{"fault":"expireSessions","afterMs":0}"#).is_ok());
    }

    #[test]
    fn times_that_make_no_sense_are_refused() {
        assert_eq!(parse(r#"{"fault":"drop","everyMs":0}"#), Err(FaultError::Every));
        let day = 24 * 60 * 60 * 1000;
        let late = format!(r#"{{"fault":"drop","afterMs":{}}}"#, day + 1);
        assert_eq!(parse(&late), Err(FaultError::Time(day + 1)));
        for text in [
            r#"{"fault":"drop","afterMs":"soon"}"#,
            r#"{"fault":"drop","later":1}"#,
            "[]",
        ] {
            assert!(matches!(parse(text), Err(FaultError::Unreadable(_))), "{text}");
        }
    }
}
