//! Drives the server's real router for the fuzz targets, without sockets.
//!
//! Built by `cargo xtask fuzz`, and by this crate's own tests, which run the committed inputs. Each function checks
//! invariants for its input, and panics if one is violated.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a fuzz target reports what it has found"
)]

use axum::body::{self, Body};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode, header};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde::Deserialize;
use serde_json::Value;
use tokio::runtime::{self, Runtime};

use super::clock::Clock;
use super::http::{App, router};
use super::lifecycle::assemble;
use super::session::Passwords;
use super::{Config, LoginLimits, PasswordCost};

/// The placeholder in an input for a valid session id.
const SESSION: &str = "{session}";
/// The placeholder in an input for a valid bearer token.
const TOKEN: &str = "{token}";
/// An allowed origin. Inputs use its host as their `Host` if their `Origin` should be the server's own.
const ALLOWED_ORIGIN: &str = "https://pages.example";
/// More bytes than any response has.
const ANSWER_LIMIT: usize = 1 << 20;

/// A server that handles one input after the other. The effects of an input are undone before the next.
pub struct Target {
    runtime: Runtime,
    app: App,
    router: TowerToHyperService<axum::Router>,
    session: String,
    token: String,
}

/// The credentials in a body. Not a [`Value`], which rejects some content of unknown fields that the server ignores.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claim {
    user_name: String,
    password: String,
}

/// A complete response.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Default for Target {
    fn default() -> Self {
        Self::new()
    }
}

impl Target {
    /// Starts a server with a new database in memory and a logged-in user.
    ///
    /// # Panics
    /// Panics if that fails.
    #[must_use]
    pub fn new() -> Self {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let passwords = Passwords::new(PasswordCost::MINIMAL).expect("a valid cost");
        let config = Config {
            allowed_origins: vec![ALLOWED_ORIGIN.parse().expect("an origin")],
            allowed_hosts: vec!["chat.example".to_owned()],
            logins: LoginLimits::UNLIMITED,
            ..Config::default()
        };
        let app = runtime
            .block_on(assemble(config, passwords, Clock::default().into()))
            .expect("a server in memory");
        let router = TowerToHyperService::new(router(app.clone()));
        let mut target = Self {
            runtime,
            app,
            router,
            session: String::new(),
            token: String::new(),
        };
        target.session = target.begin_session();
        target.token = target.issue_token();
        target
    }

    /// Handles a `POST /login` with this body.
    ///
    /// # Panics
    /// Panics if the response violates the API.
    pub fn login(&mut self, body: &[u8]) {
        let request = Request::post("/api/v1/login")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_vec()))
            .expect("a request");
        let answer = self.answer(request);
        answer.check(&[200, 400, 401, 413]);
        if answer.status != StatusCode::OK {
            assert!(
                !answer.headers.contains_key(header::SET_COOKIE),
                "a cookie in vain"
            );
            return;
        }
        let text = std::str::from_utf8(body).expect("only UTF-8 logs in");
        let claim: Claim = serde_json::from_str(text).expect("only JSON logs in");
        assert!(
            ["admin", "bob", "alice"].iter().any(|name| {
                // The user name is case-insensitive, the password is not.
                claim.user_name.eq_ignore_ascii_case(name) && claim.password == **name
            }),
            "logged in with another password than the user's"
        );
        let cookie = answer.headers[header::SET_COOKIE].to_str().expect("text");
        let (cookie, attributes) = cookie.split_once("; ").expect("attributes");
        assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite"));
        let logout = Request::post("/api/v1/logout")
            .header(header::COOKIE, cookie)
            .body(Body::empty())
            .expect("a request");
        self.answer(logout).check(&[200]);
    }

    /// Handles a request with this head: a line `METHOD TARGET`, and lines `name: value`. Replaces `{session}` and
    /// `{token}` with a valid session and token. Returns the status of the response; `None` if the text is not a
    /// request head.
    ///
    /// # Panics
    /// Panics if the response violates the API.
    pub fn upgrade(&mut self, head: &[u8]) -> Option<u16> {
        let request = self.parse(head)?;
        let asks_for_events = request.uri().path() == "/api/v1/events";
        let headers = request.headers().clone();
        let answer = self.answer(request);
        if asks_for_events {
            // 405: a method other than GET.
            answer.check(&[101, 200, 400, 401, 403, 405, 426]);
        } else {
            answer.check(&[]);
        }
        if answer.status == StatusCode::SWITCHING_PROTOCOLS {
            assert!(asks_for_events, "something else than the events was upgraded");
            self.check_entitled(&headers);
        }
        // The upgrade never completes without a socket, so the connection has to leave the hub.
        self.runtime.block_on(async {
            while self.app.hub.connection_count() > 0 {
                tokio::task::yield_now().await;
            }
        });
        Some(answer.status.as_u16())
    }

    /// Checks that an upgraded request has a credential and does not come from a foreign page.
    fn check_entitled(&self, headers: &HeaderMap) {
        let shown = headers
            .get_all(header::AUTHORIZATION)
            .iter()
            .chain(headers.get_all(header::COOKIE))
            .any(|value| {
                [&self.token, &self.session]
                    .iter()
                    .any(|secret| contains(value.as_bytes(), secret.as_bytes()))
            });
        assert!(shown, "let in without a credential");
        let Some(origin) = headers.get(header::ORIGIN) else {
            return;
        };
        let host = headers.get(header::HOST).map_or(&b""[..], |host| host.as_bytes());
        let own = |origin: &[u8]| {
            let origin = origin.to_ascii_lowercase();
            let (authority, port) = match origin.strip_prefix(b"http://") {
                Some(authority) => (authority, &b":80"[..]),
                None => (origin.strip_prefix(b"https://").unwrap_or_default(), &b":443"[..]),
            };
            let host = host.to_ascii_lowercase();
            let bare = |authority: &[u8]| authority.strip_suffix(port).unwrap_or(authority).to_vec();
            !authority.is_empty() && without_zeros(&bare(authority)) == without_zeros(&bare(&host))
        };
        let allowed = |origin: &[u8]| {
            let origin = origin.to_ascii_lowercase();
            origin.strip_suffix(b":443").unwrap_or(&origin) == ALLOWED_ORIGIN.as_bytes()
        };
        assert!(
            own(origin.as_bytes()) || allowed(origin.as_bytes()),
            "a page of a foreign origin was let in"
        );
    }

    fn parse(&self, head: &[u8]) -> Option<Request<Body>> {
        let text = replace(head, SESSION, &self.session);
        let text = replace(&text, TOKEN, &self.token);
        let mut lines = text
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = lines.next()?;
        let space = first.iter().position(|byte| *byte == b' ')?;
        let request = Request::builder()
            .method(&first[..space])
            .uri(&first[space + 1..]);
        let request =
            lines
                .take_while(|line| !line.is_empty())
                .try_fold(request, |request: Builder, line| {
                    let colon = line.iter().position(|byte| *byte == b':')?;
                    Some(request.header(&line[..colon], line[colon + 1..].trim_ascii()))
                })?;
        request.body(Body::empty()).ok()
    }

    fn answer(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let response = match self.router.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let (parts, body) = response.into_parts();
            Answer {
                status: parts.status,
                headers: parts.headers,
                body: body::to_bytes(body, ANSWER_LIMIT)
                    .await
                    .expect("a body that ends")
                    .into(),
            }
        })
    }

    fn begin_session(&self) -> String {
        let login = Request::post("/api/v1/login")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(r#"{"userName":"bob","password":"bob"}"#))
            .expect("a request");
        self.answer(login).text("userSessionId")
    }

    fn issue_token(&self) -> String {
        let issue = Request::post("/api/v1/reference/token")
            .header(header::COOKIE, format!("VirolaUserSessionId={}", self.session))
            .body(Body::empty())
            .expect("a request");
        self.answer(issue).text("token")
    }
}

impl Answer {
    /// Checks that the status is one of these (any below 500 if there are none), and that the body matches it.
    fn check(&self, statuses: &[u16]) {
        let status = self.status.as_u16();
        assert!(status < 500, "the server failed: {self:?}");
        assert!(
            statuses.is_empty() || statuses.contains(&status),
            "unexpected: {self:?}"
        );
        if self.body.is_empty() {
            return;
        }
        if self
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|content| content == "application/json")
        {
            let body: Value = serde_json::from_slice(&self.body).expect("JSON");
            assert_eq!(body["httpStatusCode"], status, "{self:?}");
            let said = body["errorText"].as_str().is_some_and(|text| !text.is_empty());
            assert_eq!(said, status != 200, "{self:?}");
        }
    }

    fn text(&self, field: &str) -> String {
        let body: Value = serde_json::from_slice(&self.body).expect("JSON");
        body[field].as_str().expect(field).to_owned()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {:?} {}",
            self.status,
            self.headers,
            String::from_utf8_lossy(&self.body)
        )
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn replace(text: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest
        .windows(from.len())
        .position(|window| window == from.as_bytes())
    {
        replaced.extend_from_slice(&rest[..start]);
        replaced.extend_from_slice(to.as_bytes());
        rest = &rest[start + from.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// An authority without leading zeros in its port.
fn without_zeros(authority: &[u8]) -> Vec<u8> {
    let Some(colon) = authority.iter().rposition(|byte| *byte == b':') else {
        return authority.to_vec();
    };
    let (host, port) = authority.split_at(colon + 1);
    let zeros = port.iter().take_while(|byte| **byte == b'0').count();
    [host, &port[zeros..]].concat()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The committed inputs of a fuzz target, by name.
    fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(target);
        let entries = dir.read_dir().expect("a corpus");
        let mut inputs: Vec<_> = entries
            .map(|entry| {
                let path = entry.expect("an entry").path();
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                (name, std::fs::read(path).expect("an input"))
            })
            .collect();
        inputs.sort();
        assert!(!inputs.is_empty());
        inputs
    }

    #[test]
    fn the_inputs_of_login_pass() {
        let mut target = Target::new();
        for (name, body) in corpus("login") {
            println!("{name}");
            target.login(&body);
        }
    }

    #[test]
    fn the_inputs_of_the_upgrade_pass_and_are_answered_as_their_names_say() {
        let mut target = Target::new();
        for (name, head) in corpus("upgrade") {
            let status = target
                .upgrade(&head)
                .unwrap_or_else(|| panic!("{name} is no request"));
            let expected = name.split('-').next().and_then(|number| number.parse().ok());
            assert_eq!(Some(status), expected, "{name}");
        }
    }

    #[test]
    #[should_panic(expected = "let in without a credential")]
    fn whoever_is_let_in_without_a_credential_is_found() {
        let target = Target::new();
        target.check_entitled(&HeaderMap::new());
    }

    #[test]
    #[should_panic(expected = "a page of a foreign origin was let in")]
    fn a_foreign_page_that_is_let_in_is_found() {
        let target = Target::new();
        let request = target
            .parse(
                b"GET /\nHost: chat.example\nOrigin: https://evil.example\nAuthorization: Bearer {token}\n",
            )
            .expect("a head");
        target.check_entitled(request.headers());
    }
}
