//! Web origins that may use the API from a browser.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use axum::http::Uri;

/// An origin that may use the API with credentials: `scheme://host[:port]`, or `scheme://host:*` for any port. The
/// scheme is `http`, `https`, or that of browser extensions, with the extension's id as the host:
/// `chrome-extension://id`.
///
/// The server's own origin is always allowed.
///
/// ```
/// use room_events::server::AllowedOrigin;
///
/// let origin: AllowedOrigin = "http://127.0.0.1:*".parse()?;
/// assert!(origin.matches("http://127.0.0.1:5173"));
/// assert!(!origin.matches("http://localhost:5173"));
/// # Ok::<(), room_events::server::OriginError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigin {
    scheme: String,
    host: String,
    /// `None` allows any port.
    port: Option<u16>,
}

/// The error for an invalid origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an origin: write scheme and host, and the port where it is not the usual one, as in \
     `https://chat.example` or `http://127.0.0.1:5173` (`http://127.0.0.1:*` allows every port)"
)]
pub struct OriginError {
    text: String,
}

impl OriginError {
    /// A stable name of this error: `"origin-invalid"`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "origin-invalid"
    }
}

impl AllowedOrigin {
    /// Whether it matches the value of an `Origin` header.
    #[must_use]
    pub fn matches(&self, origin: &str) -> bool {
        Origin::parse(origin).is_some_and(|origin| {
            origin.scheme == self.scheme
                && origin.host == self.host
                && self.port.is_none_or(|port| port == origin.port)
        })
    }
}

impl AllowedOrigin {
    /// Whether its host has that name.
    pub(crate) fn is_of(&self, host: &str) -> bool {
        self.host == host
    }
}

impl FromStr for AllowedOrigin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, any_port) = match text.strip_suffix(":*") {
            Some(address) => (address, true),
            None => (text, false),
        };
        let origin = Origin::parse(address).ok_or_else(|| OriginError {
            text: text.to_owned(),
        })?;
        Ok(Self {
            scheme: origin.scheme,
            host: origin.host,
            port: (!any_port).then_some(origin.port),
        })
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match self.port {
            Some(NO_PORT) => Ok(()),
            Some(port) => write!(f, ":{port}"),
            None => f.write_str(":*"),
        }
    }
}

/// Whether the `Origin` and `Host` headers name the same host and port. The scheme is not compared, as a proxy may add
/// TLS.
pub(crate) fn is_same_origin(origin: &str, host: &str) -> bool {
    let Some(origin) = Origin::parse(origin) else {
        return false;
    };
    Origin::parse(&format!("{}://{host}", origin.scheme))
        .is_some_and(|own| own.host == origin.host && own.port == origin.port)
}

/// Whether an `Origin` header names a page on this machine.
pub(crate) fn is_loopback_origin(origin: &str) -> bool {
    Origin::parse(origin).is_some_and(|origin| is_loopback(&origin.host))
}

/// The host in a `Host` header without the port, in lower case.
pub(crate) fn host_name(host: &str) -> Option<String> {
    Origin::parse(&format!("http://{host}")).map(|origin| origin.host)
}

/// Whether a host name always means this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || address(host).is_some_and(|ip| ip.is_loopback())
}

/// The IP address in a host, if it is one.
pub(crate) fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// The port of origins without one: those of extensions.
const NO_PORT: u16 = 0;

/// The parts of an origin. The port defaults to that of the scheme.
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let authority = uri.authority()?.as_str();
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        // An origin has no user name and no path.
        if authority.contains('@') || text.len() != scheme.len() + "://".len() + authority.len() {
            return None;
        }
        let usual = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            "chrome-extension" | "moz-extension" | "safari-web-extension" => NO_PORT,
            _ => return None,
        };
        let host = uri.host()?.to_ascii_lowercase();
        // `Uri` reports a port that is out of range as no port.
        let port = match &authority[host.len()..] {
            "" => usual,
            port => port.strip_prefix(':')?.parse().ok()?,
        };
        (!host.is_empty()).then_some(Self { scheme, host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str) -> AllowedOrigin {
        text.parse().expect(text)
    }

    #[test]
    fn an_origin_matches_itself_alone() {
        let origin = allowed("https://chat.example");
        assert!(origin.matches("https://chat.example"));
        assert!(origin.matches("https://CHAT.example:443"));
        for other in [
            "http://chat.example",
            "https://chat.example:8443",
            "https://chat.example.evil",
            "https://evil.chat.example",
            "https://chat.example@evil",
            "https://chat.example/",
            "null",
            "",
        ] {
            assert!(!origin.matches(other), "{other}");
        }
    }

    #[test]
    fn a_star_allows_every_port_of_that_host() {
        for (pattern, origin) in [
            ("http://127.0.0.1:*", "http://127.0.0.1:1"),
            ("http://[::1]:*", "http://[::1]:65535"),
        ] {
            assert!(allowed(pattern).matches(origin));
            assert_eq!(allowed(pattern).to_string(), pattern);
        }
        assert!(allowed("http://127.0.0.1:*").matches("http://127.0.0.1"));
        assert!(!allowed("http://127.0.0.1:*").matches("http://127.0.0.2:80"));
    }

    #[test]
    fn an_extension_is_allowed_by_its_id() {
        let text = "chrome-extension://hifjhjgkgfnmjpkcjhhelhockdpmleam";
        let origin = allowed(text);
        assert!(origin.matches(text));
        assert!(!origin.matches("chrome-extension://aifjhjgkgfnmjpkcjhhelhockdpmleam"));
        assert!(!origin.matches("moz-extension://hifjhjgkgfnmjpkcjhhelhockdpmleam"));
        assert_eq!(origin.to_string(), text);
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "*",
            "chat.example",
            "https://",
            "https://a/b",
            "ftp://a",
            "http://a:99999",
            "http://a:b",
            "http://:80",
            "http://a:*:*",
        ] {
            assert!(text.parse::<AllowedOrigin>().is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn same_origin_compares_host_and_port() {
        assert!(is_same_origin("http://127.0.0.1:7777", "127.0.0.1:7777"));
        assert!(is_same_origin("https://chat.example", "chat.example"));
        assert!(is_same_origin("https://chat.example", "chat.example:443"));
        assert!(!is_same_origin("http://127.0.0.1:7778", "127.0.0.1:7777"));
        assert!(!is_same_origin("http://localhost:7777", "127.0.0.1:7777"));
        assert!(!is_same_origin("null", "127.0.0.1:7777"));
    }
}
