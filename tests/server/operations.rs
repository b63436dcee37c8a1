//! Properties of all operations in the OpenAPI document.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use room_events::server::{Config, HttpLimits, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::description::{METHODS, check, openapi};
use crate::support::{Answer, User, config, patiently, start_with};

/// A server with all features, and one of its users.
async fn everything() -> (Server, User) {
    let server = start_with(Config {
        faults: true,
        http: HttpLimits {
            max_body: 1000,
            max_upload: 1000,
            ..HttpLimits::default()
        },
        ..config()
    })
    .await;
    let admin = User::log_in(&server, "admin").await;
    (server, admin)
}

/// Replaces each id in a path.
fn with_ids(path: &str, id: &str) -> String {
    path.split('/')
        .map(|segment| match segment {
            "{fileName}" => "name",
            segment if segment.starts_with('{') => id,
            segment => segment,
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn method(name: &str) -> Method {
    name.to_ascii_uppercase().parse().expect("a method")
}

/// A valid body of an operation, with its content type.
fn good_body(operation: &Value) -> Option<(&'static str, String)> {
    let content = operation["requestBody"]["content"].as_object()?;
    let content_type = content.keys().next().expect("a content type");
    Some(match content_type.as_str() {
        "image/jpeg" => ("image/jpeg", String::new()),
        "multipart/form-data" => ("multipart/form-data; boundary=b", "--b--".to_owned()),
        _ => (
            "application/json",
            json!({
                "userName": "nobody", "password": "x", "content": "x", "name": "x", "messages": [{"content": "x"}],
                "status": "Active", "permissions": {}, "fault": "expireSessions", "memberIds": [99],
            })
            .to_string(),
        ),
    })
}

#[tokio::test]
async fn each_path_accepts_only_the_described_methods() {
    let (_server, admin) = everything().await;
    let paths = openapi().await.document["paths"].as_object().expect("paths");
    for (path, item) in paths {
        let answer = Answer::to(admin.request(Method::PATCH, &with_ids(path, "1"))).await;
        let allowed: BTreeSet<_> = answer.headers["allow"]
            .to_str()
            .expect("text")
            .split(',')
            // HEAD is allowed wherever GET is.
            .filter(|method| *method != "HEAD")
            .map(str::to_ascii_lowercase)
            .collect();
        let described: BTreeSet<_> = METHODS
            .into_iter()
            .filter(|method| item.get(method).is_some())
            .map(str::to_owned)
            .collect();
        assert_eq!(allowed, described, "{path}");
        answer.error(405);
    }
}

#[tokio::test]
async fn every_operation_requires_credentials_unless_described_otherwise() {
    let (server, _) = everything().await;
    let nobody = User::nobody(&server);
    let mut public = Vec::new();
    for (path, name, operation) in openapi().await.operations() {
        if operation["security"] == json!([{}]) {
            public.push(path);
            continue;
        }
        let request = nobody.request(method(name), &with_ids(path, "1"));
        assert_eq!(
            Answer::to(request).await.error(401),
            "The Authorization HTTP-header or VirolaUserSessionId cookie expected",
            "{name} {path}"
        );
        let wrong = [
            ("cookie", "VirolaUserSessionId=none"),
            ("authorization", "Bearer none"),
        ];
        // Operations that require a session do not refuse the token as wrong.
        let kinds = operation["security"].as_array().map_or(wrong.len(), Vec::len);
        for (header, value) in wrong.into_iter().take(kinds) {
            let stranger = nobody.with_credential(header, value);
            let request = stranger.request(method(name), &with_ids(path, "1"));
            assert_eq!(
                Answer::to(request).await.error(401),
                "Wrong Bearer, please renew Web API Access Token",
                "{name} {path}"
            );
        }
    }
    public.sort_unstable();
    assert_eq!(public, ["/asyncapi.json", "/login", "/openapi.json"]);
}

#[tokio::test]
async fn every_operation_refuses_invalid_ids() {
    let (_server, admin) = everything().await;
    let mut tried = 0;
    for (path, name, operation) in openapi().await.operations() {
        if !path.contains('{') {
            continue;
        }
        for id in ["x", "-1", "9007199254740992"] {
            let mut request = admin.request(method(name), &with_ids(path, id));
            if let Some((content_type, body)) = good_body(operation) {
                request = request.header("content-type", content_type).body(body);
            }
            let text = Answer::to(request).await.error(400);
            assert!(text.starts_with("An id in the path"), "{name} {path}: {text}");
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

#[tokio::test]
async fn every_operation_reports_missing_items() {
    let (_server, admin) = everything().await;
    for (path, name, operation) in openapi().await.operations() {
        let is_missing = path.contains('{') || path == "/rooms" && name == "post";
        if !is_missing {
            continue;
        }
        let mut request = admin.request(method(name), &with_ids(path, "9007199254740991"));
        match good_body(operation) {
            Some(("image/jpeg", _)) => {
                let jpeg: &[u8] = include_bytes!("../fixtures/pixel.jpg");
                request = request.header("content-type", "image/jpeg").body(jpeg);
            }
            Some((content_type, body)) => request = request.header("content-type", content_type).body(body),
            None => {}
        }
        let text = Answer::to(request).await.error(404);
        assert!(text.ends_with(" not found"), "{name} {path}: {text}");
    }
}

#[tokio::test]
async fn every_operation_with_a_body_refuses_an_invalid_one() {
    let (_server, admin) = everything().await;
    let message = admin.send(1, "files").await;
    let mut tried = 0;
    for (path, name, operation) in openapi().await.operations() {
        let Some((content_type, _)) = good_body(operation) else {
            continue;
        };
        // Uploads require a message of the caller's own.
        let path = path.replace("{messageId}/attachments", &format!("{message}/attachments"));
        let path = with_ids(&path, "1");
        let send = async |content_type: &'static str, body: String| {
            let request = admin.request(method(name), &path);
            Answer::to(request.header("content-type", content_type).body(body)).await
        };
        for wrong in ["text/plain", "application/xml"] {
            send(wrong, "{}".to_owned()).await.error(415);
        }
        send(content_type, "[".to_owned()).await.error(400);
        let long = "x".repeat(3000);
        let too_large = match content_type {
            "application/json" => json!({"content": long}).to_string(),
            "image/jpeg" => long,
            _ => format!(
                "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n{long}\r\n--b--\r\n"
            ),
        };
        send(content_type, too_large).await.error(413);
        tried += 1;
    }
    assert!(tried >= 15, "{tried}");
}

#[tokio::test]
async fn every_operation_times_out_a_body_that_stops() {
    let server = start_with(Config {
        faults: true,
        http: HttpLimits {
            body_timeout: Duration::from_millis(100),
            ..HttpLimits::default()
        },
        ..config()
    })
    .await;
    let admin = User::log_in(&server, "admin").await;
    let message = admin.send(1, "files").await;
    let mut tried = 0;
    for (path, name, operation) in openapi().await.operations() {
        let Some((content_type, _)) = good_body(operation) else {
            continue;
        };
        let path = path.replace("{messageId}/attachments", &format!("{message}/attachments"));
        let (method, path) = (method(name), with_ids(&path, "1"));
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: a\r\nCookie: {}\r\nContent-Type: {content_type}\r\n\
             Content-Length: 1000\r\nConnection: close\r\n\r\n-",
            admin.credential.1
        );
        let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
        stream.write_all(request.as_bytes()).await.expect("it is sent");
        let mut answer = Vec::new();
        // The rest of the body never comes, so the connection may be reset after the response.
        let _ = patiently("an answer", stream.read_to_end(&mut answer)).await;
        let answer = String::from_utf8(answer).expect("text");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{method} {path}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let body = serde_json::from_str(body).expect("JSON");
        let url = format!("{}/api/v1{path}", server.url()).parse().expect("a URL");
        check(&method, &url, 408, Some(&body)).await;
        tried += 1;
    }
    assert!(tried >= 15, "{tried}");
}

#[tokio::test]
async fn every_operation_with_side_effects_refuses_other_origins() {
    let (_server, admin) = everything().await;
    let mut tried = 0;
    for (path, name, operation) in openapi().await.operations() {
        if name == "get" {
            continue;
        }
        let mut request = admin
            .request(method(name), &with_ids(path, "1"))
            .header("origin", "https://stranger.example");
        if let Some((content_type, body)) = good_body(operation) {
            request = request.header("content-type", content_type).body(body);
        }
        let text = Answer::to(request).await.error(403);
        assert!(text.contains("https://stranger.example"), "{name} {path}: {text}");
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
}
