//! Origins that may use the server from a browser.

use reqwest::Method;
use room_events::server::{Config, Server};
use serde_json::json;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, handshake};

use crate::support::description::saw_upgrade;
use crate::support::{Answer, User, config, start_with};

const FRIEND: &str = "https://friend.example";
const LOCAL: &str = "http://localhost:5173";
const STRANGER: &str = "https://stranger.example";

async fn start() -> Server {
    let allowed_origins = [FRIEND, "http://localhost:*"].map(|origin| origin.parse().expect("an origin"));
    start_with(Config {
        allowed_origins: allowed_origins.into(),
        dev_origins: false,
        ..config()
    })
    .await
}

#[tokio::test]
async fn allows_local_origins_on_a_loopback_server() {
    let server = start_with(config()).await;
    let bob = User::log_in(&server, "bob").await;
    for (origin, status) in [
        (LOCAL, 200),
        ("http://127.0.0.1:3000", 200),
        ("https://[::1]:3000", 200),
        ("http://chat.localhost:3000", 200),
        (STRANGER, 403),
        ("http://localhost.evil.example", 403),
        ("null", 403),
    ] {
        let answer = Answer::to(
            bob.request(Method::POST, "/rooms/1/messages")
                .header("origin", origin)
                .json(&json!({"content": "from a page"})),
        )
        .await;
        assert_eq!(answer.status, status, "{origin}");
        assert_eq!(
            answer.headers.contains_key("access-control-allow-origin"),
            status == 200,
            "{origin}"
        );
    }
}

#[tokio::test]
async fn refuses_local_origins_on_a_public_server_or_if_configured() {
    for config in [
        Config {
            listen: "0.0.0.0:0".parse().expect("an address"),
            ..config()
        },
        Config {
            dev_origins: false,
            ..config()
        },
    ] {
        let server = start_with(config).await;
        let port = server.address().port();
        let login = reqwest::Client::new()
            .post(format!("http://127.0.0.1:{port}/api/v1/login"))
            .header("origin", LOCAL)
            .json(&json!({"userName": "bob", "password": "bob"}));
        let answer = Answer::to(login).await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        answer.error(403);
    }
}

#[tokio::test]
async fn refuses_host_names_that_anybody_can_point_at_it() {
    let server = start_with(Config {
        allowed_hosts: vec!["chat.test".to_owned()],
        allowed_origins: vec![FRIEND.parse().expect("an origin")],
        ..config()
    })
    .await;
    let port = server.url().rsplit(':').next().expect("a port").to_owned();
    for (host, status) in [
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("evil@localhost", 403),
        ("localhost", 200),
        ("chat.localhost", 200),
        ("127.0.0.1", 200),
        ("[::1]", 200),
        ("192.168.1.7", 200),
        ("chat", 200),
        ("Chat.Test", 200),
        ("friend.example", 200),
    ] {
        let request = reqwest::Client::new()
            .post(format!("{}/api/v1/login", server.url()))
            .header("host", format!("{host}:{port}"))
            .json(&json!({"userName": "admin", "password": "admin"}));
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, status, "{host}");
        if status == 403 {
            let text = answer.error(403);
            assert!(text.contains("--allow-host"), "{text}");
        }
    }
    // The same applies to pages, documents, figures and events.
    for path in [
        "/",
        "/index.html",
        "/metrics",
        "/api/v1/openapi.json",
        "/api/v1/rooms",
        "/api/v1/events",
    ] {
        let response = reqwest::Client::new()
            .get(format!("{}{path}", server.url()))
            .header("host", format!("evil.example:{port}"))
            .send()
            .await
            .expect("the server answers");
        assert_eq!(response.status(), 403, "{path}");
    }
}

#[tokio::test]
async fn allows_configured_origins_with_credentials() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    for (origin, allowed) in [(FRIEND, true), (LOCAL, true), (STRANGER, false), ("null", false)] {
        let answer = Answer::to(bob.request(Method::GET, "/rooms").header("origin", origin)).await;
        let allow_origin = answer.headers.get("access-control-allow-origin");
        assert_eq!(
            allow_origin.map(|value| value.to_str().expect("text")),
            allowed.then_some(origin)
        );
        assert_eq!(answer.headers["access-control-allow-credentials"], "true");
        let exposed = answer.headers["access-control-expose-headers"]
            .to_str()
            .expect("text");
        for header in [
            "content-disposition",
            "content-range",
            "date",
            "etag",
            "retry-after",
        ] {
            assert!(exposed.contains(header), "{exposed}");
        }
        assert!(
            answer.headers["vary"].to_str().expect("text").contains("origin"),
            "a cache must keep them apart"
        );
    }
}

#[tokio::test]
async fn answers_preflight_requests_of_allowed_origins() {
    let server = start().await;
    for (origin, allowed) in [(FRIEND, true), (STRANGER, false)] {
        for method in ["POST", "PUT", "DELETE"] {
            let response = reqwest::Client::new()
                .request(Method::OPTIONS, format!("{}/api/v1/rooms/1", server.url()))
                .header("origin", origin)
                .header("access-control-request-method", method)
                .header("access-control-request-headers", "content-type,authorization")
                .send()
                .await
                .expect("the server answers");
            assert_eq!(response.status(), 200);
            let headers = response.headers();
            assert_eq!(headers.contains_key("access-control-allow-origin"), allowed);
            assert!(
                headers["access-control-allow-methods"]
                    .to_str()
                    .expect("text")
                    .contains(method)
            );
        }
    }
}

#[tokio::test]
async fn refuses_changes_from_other_origins() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let from = |origin: &str| {
        let body = json!({"content": "from a page"});
        Answer::to(
            bob.request(Method::POST, "/rooms/1/messages")
                .header("origin", origin)
                .json(&body),
        )
    };
    for origin in [
        STRANGER,
        "null",
        "https://friend.example.evil",
        "http://friend.example",
        "",
    ] {
        let text = from(origin).await.error(403);
        assert!(text.contains("--allow-origin"), "{text}");
    }
    let forged = bob.request(Method::POST, "/logout").header("origin", STRANGER);
    Answer::to(forged).await.error(403);
    for origin in [FRIEND, LOCAL, &server.url()] {
        from(origin).await.done();
    }
}

#[tokio::test]
async fn refuses_event_connections_from_other_origins() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let connect = async |origin: Option<&str>| {
        let mut request = server.events_url().into_client_request().expect("a URL");
        let (name, value) = &bob.credential;
        request
            .headers_mut()
            .insert(*name, value.parse().expect("a value"));
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", origin.parse().expect("a value"));
        }
        tokio_tungstenite::connect_async(request)
            .await
            .map(|(_, response)| response)
    };
    for origin in [None, Some(FRIEND), Some(LOCAL), Some(&server.url())] {
        let accepted: Result<handshake::client::Response, _> = connect(origin).await;
        assert_eq!(accepted.expect("accepted").status(), 101, "{origin:?}");
    }
    for origin in [STRANGER, "null", "http://127.0.0.1:1"] {
        let Err(Error::Http(response)) = connect(Some(origin)).await else {
            panic!("{origin} was let in");
        };
        assert_eq!(response.status(), 403, "{origin}");
        saw_upgrade(403);
    }
}
