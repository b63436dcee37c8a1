//! The options of `connect()`, checked.

use std::time::Duration;

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Url;

use super::error::UsageError;
use super::glue;
use crate::client::backoff::BackoffConfig;
use crate::client::catchup::CatchUpConfig;
use crate::client::connection::ConnectionConfig;
use crate::client::endpoint;
use crate::client::machine::ClientConfig;
use crate::client::outbox::OutboxConfig;
use crate::client::watchdog::WatchdogConfig;

/// What `connect()` was asked for.
#[derive(Debug)]
pub(super) struct Options {
    /// The address, absolute, `ws:` or `wss:`.
    pub(super) url: String,
    /// The base of the REST API, absolute.
    pub(super) rest_url: String,
    /// How the application logs in again.
    pub(super) on_unauthorized: Option<Function>,
    /// How the client behaves.
    pub(super) client: ClientConfig,
}

impl Options {
    /// Reads what JavaScript passed; `undefined` means all defaults.
    pub(super) fn read(options: &JsValue) -> Result<Self, UsageError> {
        let root = Section { object: options };
        root.check("options")?;
        let url = resolve(&root.value("url"))?;
        let rest_url = match root.value("restUrl") {
            none if none.is_undefined() => endpoint::rest_base(&url).unwrap_or_default(),
            given => text(&given, "restUrl")?.trim_end_matches('/').to_owned(),
        };
        let on_unauthorized = match root.value("onUnauthorized") {
            none if none.is_undefined() => None,
            hook => Some(hook.dyn_into().map_err(|cause| UsageError::InvalidOption {
                option: "onUnauthorized",
                expected: "a function",
                cause,
            })?),
        };
        Ok(Self {
            url,
            rest_url,
            on_unauthorized,
            client: read_client(&root)?,
        })
    }
}

fn read_client(root: &Section<'_>) -> Result<ClientConfig, UsageError> {
    let defaults = ClientConfig::default();
    let backoff = root.section("backoff", "backoff")?;
    let standard = defaults.connection.backoff;
    let ceiling = backoff
        .get()
        .millis("maxMs", "backoff.maxMs")?
        .unwrap_or(standard.ceiling);
    let initial = backoff
        .get()
        .millis("initialMs", "backoff.initialMs")?
        .unwrap_or(standard.initial.min(ceiling));
    if initial > ceiling {
        return Err(UsageError::InvalidOption {
            option: "backoff.initialMs",
            expected: "at most `backoff.maxMs`",
            cause: JsValue::UNDEFINED,
        });
    }
    let backoff = BackoffConfig { initial, ceiling };
    let connection = ConnectionConfig {
        backoff,
        connect_timeout: root
            .millis("connectTimeoutMs", "connectTimeoutMs")?
            .unwrap_or(defaults.connection.connect_timeout),
        stable_after: root
            .millis("stableAfterMs", "stableAfterMs")?
            .unwrap_or(defaults.connection.stable_after),
        max_attempts: root.count("maxAttempts", "maxAttempts")?,
    };
    let watching = root.section("watchdog", "watchdog")?;
    let watching = watching.get();
    let standard = defaults.watchdog;
    let watchdog = WatchdogConfig {
        silence: watching
            .millis("silenceMs", "watchdog.silenceMs")?
            .unwrap_or(standard.silence),
        answer_timeout: watching
            .millis("answerTimeoutMs", "watchdog.answerTimeoutMs")?
            .unwrap_or(standard.answer_timeout),
        compare_after: watching
            .millis("compareAfterMs", "watchdog.compareAfterMs")?
            .unwrap_or(standard.compare_after),
    };
    let queue = root.section("queue", "queue")?;
    let queue = queue.get();
    let standard = defaults.outbox;
    let outbox = OutboxConfig {
        max_frames: size(queue.count("maxFrames", "queue.maxFrames")?, standard.max_frames),
        max_bytes: size(queue.count("maxBytes", "queue.maxBytes")?, standard.max_bytes),
        turn: queue.millis("turnMs", "queue.turnMs")?.unwrap_or(standard.turn),
    };
    Ok(ClientConfig {
        connection,
        watchdog,
        catch_up: read_catch_up(root, backoff)?,
        outbox,
    })
}

/// `catchUp`: `true`, `false`, or an object that says more.
fn read_catch_up(root: &Section<'_>, backoff: BackoffConfig) -> Result<CatchUpConfig, UsageError> {
    let standard = CatchUpConfig {
        backoff,
        ..CatchUpConfig::default()
    };
    let given = root.value("catchUp");
    if let Some(enabled) = given.as_bool() {
        return Ok(CatchUpConfig { enabled, ..standard });
    }
    let section = root.section("catchUp", "catchUp")?;
    let section = section.get();
    let history = section.typed("history", "catchUp.history", "true or false", JsValue::as_bool)?;
    Ok(CatchUpConfig {
        history: history.unwrap_or(standard.history),
        window: size(section.count("window", "catchUp.window")?, standard.window),
        max_messages: size(
            section.count("maxMessages", "catchUp.maxMessages")?,
            standard.max_messages,
        ),
        ..standard
    })
}

fn size(given: Option<u32>, standard: usize) -> usize {
    given.map_or(standard, |given| given as usize)
}

/// An object of options that was found to be one.
struct Checked(JsValue);

impl Checked {
    fn get(&self) -> Section<'_> {
        Section { object: &self.0 }
    }
}

/// An object of options, or `undefined`.
struct Section<'a> {
    object: &'a JsValue,
}

impl Section<'_> {
    fn check(&self, option: &'static str) -> Result<(), UsageError> {
        if self.object.is_undefined() || self.object.is_object() {
            return Ok(());
        }
        Err(UsageError::InvalidOption {
            option,
            expected: "an object",
            cause: JsValue::UNDEFINED,
        })
    }

    fn section(&self, name: &str, option: &'static str) -> Result<Checked, UsageError> {
        let value = self.value(name);
        Section { object: &value }.check(option)?;
        Ok(Checked(value))
    }

    fn value(&self, name: &str) -> JsValue {
        if self.object.is_undefined() {
            return JsValue::UNDEFINED;
        }
        Reflect::get(self.object, &name.into()).unwrap_or(JsValue::UNDEFINED)
    }

    /// What JavaScript passed, if it is of the right type. Read here and not through serde, whose words for what it
    /// found instead (any value, printed) would weigh more than all the options.
    fn typed<T>(
        &self,
        name: &str,
        option: &'static str,
        expected: &'static str,
        read: fn(&JsValue) -> Option<T>,
    ) -> Result<Option<T>, UsageError> {
        let value = self.value(name);
        if value.is_undefined() {
            return Ok(None);
        }
        match read(&value) {
            Some(read) => Ok(Some(read)),
            None => Err(UsageError::InvalidOption {
                option,
                expected,
                cause: value,
            }),
        }
    }

    /// A number from 1 to 2^31 - 1.
    fn count(&self, name: &str, option: &'static str) -> Result<Option<u32>, UsageError> {
        self.typed(name, option, "a whole number from 1 to 2147483647", |value| {
            let count = within_limits(value)?;
            (count.fract() == 0.0).then_some(count as u32)
        })
    }

    /// A duration in milliseconds, from 1 to 2^31 - 1: what a browser's timer can wait.
    fn millis(&self, name: &str, option: &'static str) -> Result<Option<Duration>, UsageError> {
        self.typed(
            name,
            option,
            "a number of milliseconds from 1 to 2147483647",
            |value| Some(Duration::from_micros((within_limits(value)? * 1000.0) as u64)),
        )
    }
}

fn within_limits(value: &JsValue) -> Option<f64> {
    value
        .as_f64()
        .filter(|number| (1.0..=f64::from(i32::MAX)).contains(number))
}

/// A string or a `URL`, as text.
fn text(value: &JsValue, option: &'static str) -> Result<String, UsageError> {
    value
        .as_string()
        .or_else(|| value.dyn_ref::<Url>().map(Url::href))
        .ok_or(UsageError::InvalidOption {
            option,
            expected: "a string or a URL",
            cause: JsValue::UNDEFINED,
        })
}

/// The address: what was given (a string or a `URL`), resolved against the page, or the page's own Events API.
fn resolve(url: &JsValue) -> Result<String, UsageError> {
    let page = glue::page_url();
    if url.is_undefined() || url.is_null() {
        return Url::new(&page)
            .ok()
            .and_then(|page| endpoint::default_url(&page.protocol(), &page.host()))
            .ok_or(UsageError::NoUrl);
    }
    let text = text(url, "url")?;
    let parsed = if page.is_empty() {
        Url::new(&text)
    } else {
        Url::new_with_base(&text, &page)
    };
    match parsed {
        Ok(parsed) => match endpoint::web_socket_scheme(&parsed.protocol()) {
            Some(scheme) => {
                parsed.set_protocol(scheme);
                // A WebSocket refuses an address with a fragment, and no server ever sees one.
                parsed.set_hash("");
                Ok(parsed.href())
            }
            None => Err(UsageError::InvalidUrl {
                url: text,
                cause: JsValue::UNDEFINED,
            }),
        },
        Err(cause) => Err(UsageError::InvalidUrl { url: text, cause }),
    }
}
