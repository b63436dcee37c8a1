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
    (!host.is_empty()).then(|| format!("{scheme}//{host}{PATH}"))
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
    let (scheme, rest) = match url.split_once("://")? {
        ("ws" | "http", rest) => ("http", rest),
        ("wss" | "https", rest) => ("https", rest),
        _ => return None,
    };
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let parent = path
        .trim_end_matches('/')
        .rsplit_once('/')
        .map_or("", |(parent, _)| parent);
    let slash = if parent.is_empty() { "" } else { "/" };
    Some(format!("{scheme}://{host}{slash}{parent}"))
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
