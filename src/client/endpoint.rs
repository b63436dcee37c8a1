//! Which address to connect to.

/// The path of the Events API (specification, "Endpoints").
pub const PATH: &str = "/api/v1/events";

/// The default address for a page: the Events API of the page's own origin, `wss` where the page came over `https`.
///
/// `protocol` is as `location.protocol` has it (`https:`), `host` with its port as `location.host` has it. `None` for a
/// page that has no host (`file:`, `about:`, `data:`).
#[must_use]
pub fn default_url(protocol: &str, host: &str) -> Option<String> {
    let scheme = web_socket_scheme(protocol)?;
    let mut url = String::from(scheme);
    for part in ["//", host, PATH] {
        url.push_str(part);
    }
    (!host.is_empty()).then_some(url)
}

/// The WebSocket scheme, with its colon, that goes with a scheme; `None` where none does.
#[must_use]
pub fn web_socket_scheme(protocol: &str) -> Option<&'static str> {
    match protocol {
        "http:" | "ws:" => Some("ws:"),
        "https:" | "wss:" => Some("wss:"),
        _ => None,
    }
}

/// The base of the REST API that goes with the address of its events: the same path without its last part.
///
/// `url` is absolute, `ws:` or `wss:`, as a URL parser writes it. `None` where it is not.
#[must_use]
pub fn rest_base(url: &str) -> Option<String> {
    let secure = url.strip_prefix("wss:").or_else(|| url.strip_prefix("https:"));
    let (scheme, rest) = match secure {
        Some(rest) => ("https:", rest),
        None => (
            "http:",
            url.strip_prefix("ws:").or_else(|| url.strip_prefix("http:"))?,
        ),
    };
    let bytes = rest.strip_prefix("//")?.as_bytes();
    // Where the host ends, and where the last part of the path begins; slashes at its end are no part.
    let (mut host, mut parent, mut end) = (None, 0, bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'?' | b'#' => {
                end = index;
                break;
            }
            b'/' => {
                host.get_or_insert(index);
                if bytes
                    .get(index + 1)
                    .is_some_and(|next| !matches!(next, b'/' | b'?' | b'#'))
                {
                    parent = index;
                }
            }
            _ => {}
        }
    }
    let parent = parent.max(host.unwrap_or(end));
    let mut base = String::from(scheme);
    base.push_str(rest.get(..2 + parent)?);
    Some(base)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn the_rest_api_is_where_the_events_are() {
        for (url, base) in [
            (
                "ws://127.0.0.1:7777/api/v1/events",
                "http://127.0.0.1:7777/api/v1",
            ),
            (
                "wss://chat.example/api/v1/events?x=1",
                "https://chat.example/api/v1",
            ),
            (
                "wss://chat.example/proxy/api/v1/events/",
                "https://chat.example/proxy/api/v1",
            ),
            ("ws://chat.example/events", "http://chat.example"),
            ("ws://chat.example/", "http://chat.example"),
        ] {
            assert_eq!(rest_base(url).as_deref(), Some(base), "{url}");
        }
        assert_eq!(rest_base("mailto:someone"), None);
    }

    #[test]
    fn the_default_matches_the_page() {
        let url = |protocol, host| default_url(protocol, host);
        assert_eq!(
            url("http:", "127.0.0.1:7777").as_deref(),
            Some("ws://127.0.0.1:7777/api/v1/events")
        );
        assert_eq!(
            url("https:", "chat.example").as_deref(),
            Some("wss://chat.example/api/v1/events")
        );
        assert_eq!(url("file:", ""), None);
        assert_eq!(url("about:", "blank"), None);
        assert_eq!(url("https:", ""), None);
    }
}
