//! HTTPS and WSS.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use room_events::server::{Config, DropKind, Fault, HttpLimits, Scope, Server, ServerError, Tls, TlsError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{LOBBY, config, patiently, start_with};

const SELF_SIGNED: Tls = Tls::SelfSigned { write_to: None };

async fn start(tls: Tls) -> Server {
    start_with(Config {
        tls: Some(tls),
        ..config()
    })
    .await
}

/// Connects as a client that trusts only this certificate.
async fn connect(server: &Server, certificate: &str, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(certificate.as_bytes()) {
        roots.add(certificate.expect("PEM")).expect("a certificate");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address())
        .await
        .expect("the server listens");
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    patiently(
        "the handshake",
        TlsConnector::from(Arc::new(config)).connect(name, stream),
    )
    .await
}

/// Connects as a client that trusts the server's own certificate.
async fn connect_trusting(server: &Server) -> TlsStream<TcpStream> {
    let certificate = server.certificate().expect("it speaks TLS");
    connect(server, certificate, "127.0.0.1")
        .await
        .expect("the certificate is trusted")
}

/// Sends a POST request. Returns the head and the body of the response.
async fn post(server: &Server, path: &str, headers: &str, body: &Value) -> (String, Value) {
    let mut stream = connect_trusting(server).await;
    let body = body.to_string();
    let request = format!(
        "POST /api/v1{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n{headers}\r\n{body}",
        server.address(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    patiently("an answer", stream.read_to_string(&mut answer))
        .await
        .expect("an answer that ends in order");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), serde_json::from_str(body).expect("JSON"))
}

async fn log_in(server: &Server) -> String {
    let (head, body) = post(
        server,
        "/login",
        "",
        &json!({"userName": "bob", "password": "bob"}),
    )
    .await;
    assert_eq!(body["httpStatusCode"], 200, "{body}");
    let cookie = head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .expect("a cookie");
    assert!(cookie.contains("; Secure"), "{cookie}");
    cookie.split(';').next().expect("a cookie").to_owned()
}

async fn events(server: &Server, cookie: &str) -> WebSocketStream<TlsStream<TcpStream>> {
    assert!(server.events_url().starts_with("wss://127.0.0.1:"));
    let mut request = server.events_url().into_client_request().expect("a URL");
    request
        .headers_mut()
        .insert("cookie", cookie.parse().expect("a header"));
    let stream = connect_trusting(server).await;
    let (socket, _) = patiently("the upgrade", client_async(request, stream))
        .await
        .expect("the upgrade is accepted");
    socket
}

/// Logs in, connects, and receives a message.
async fn converse(server: &Server) {
    assert!(server.url().starts_with("https://127.0.0.1:"));
    let cookie = log_in(server).await;
    let mut socket = events(server, &cookie).await;
    let path = format!("/rooms/{LOBBY}/messages");
    let headers = format!("Cookie: {cookie}\r\nOrigin: {}\r\n", server.url());
    let (_, body) = post(server, &path, &headers, &json!({"content": "between us"})).await;
    assert_eq!(body, json!({"httpStatusCode": 200}));
    match patiently("an event", socket.next()).await {
        Some(Ok(Message::Text(text))) => {
            let event: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(event["data"]["messages"][0]["text"], "between us");
        }
        other => panic!("{other:?} instead of an event"),
    }
}

#[tokio::test]
async fn serves_clients_that_trust_its_self_signed_certificate() {
    let server = start(SELF_SIGNED).await;
    converse(&server).await;
    let certificate = server.certificate().expect("it speaks TLS");
    assert!(connect(&server, certificate, "localhost").await.is_ok());
    assert!(connect(&server, certificate, "chat.example").await.is_err());
    let other = start(SELF_SIGNED).await;
    assert!(
        connect(&other, certificate, "localhost").await.is_err(),
        "each has a key of its own"
    );
}

#[tokio::test]
async fn keeps_the_certificate_after_a_restart() {
    let server = start(SELF_SIGNED).await;
    let certificate = server.certificate().expect("it speaks TLS").to_owned();
    let server = server.restart().await.expect("it starts again");
    assert_eq!(server.certificate(), Some(&*certificate));
    converse(&server).await;
}

#[tokio::test]
async fn uses_a_certificate_from_files() {
    let folder = TempDir::new().expect("a folder");
    let files = write_pair(folder.path());
    let server = start(files.clone()).await;
    let Tls::Files { certificate, .. } = files else {
        unreachable!("it is of files");
    };
    let text = std::fs::read_to_string(certificate).expect("the certificate");
    assert_eq!(server.certificate(), Some(&*text));
    converse(&server).await;
}

/// Writes a certificate and its key to files.
fn write_pair(folder: &Path) -> Tls {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let (certificate, key) = (folder.join("server.pem"), folder.join("server.key"));
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    Tls::Files { certificate, key }
}

#[tokio::test]
async fn distinguishes_unusable_certificate_files() {
    let [folder, other] = [(); 2].map(|()| TempDir::new().expect("a folder"));
    for folder in [&folder, &other] {
        write_pair(folder.path());
    }
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("empty.pem"), "").expect("written");
    std::fs::write(
        file("broken.pem"),
        "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n",
    )
    .expect("written");
    let try_with = async |certificate: &Path, key: &Path| {
        let tls = Tls::Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        let config = Config {
            tls: Some(tls),
            ..config()
        };
        match Server::start(config).await {
            Err(ServerError::Tls(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let (good, key) = (file("server.pem"), file("server.key"));
    for (certificate, key, code, mention) in [
        (&file("none.pem"), &key, "tls-file", "none.pem"),
        (&good, &file("none.key"), "tls-file", "none.key"),
        (&file("empty.pem"), &key, "tls-no-certificate", "empty.pem"),
        (&key, &key, "tls-no-certificate", "server.key"),
        (&good, &good, "tls-no-key", "server.pem"),
        (&file("broken.pem"), &key, "tls-pem", "broken.pem"),
        (&good, &other.path().join("server.key"), "tls-unusable", "key"),
    ] {
        let error: TlsError = try_with(certificate, key).await;
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(mention), "{error}");
    }
}

#[tokio::test]
async fn disconnects_clients_without_tls() {
    let server = start_with(Config {
        tls: Some(SELF_SIGNED),
        http: HttpLimits {
            head_timeout: Duration::from_millis(100),
            ..HttpLimits::default()
        },
        ..config()
    })
    .await;
    for said in [&b""[..], b"\x16\x03", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.address())
            .await
            .expect("the server listens");
        stream.write_all(said).await.expect("sent");
        let mut answer = Vec::new();
        // Ended or reset, perhaps after an alert.
        let _ = patiently("the end", stream.read_to_end(&mut answer)).await;
        assert!(!answer.starts_with(b"HTTP"), "{said:?}");
    }
    converse(&server).await;
}

#[tokio::test]
async fn drops_connections_with_tls() {
    let server = start(SELF_SIGNED).await;
    let cookie = log_in(&server).await;
    for how in [DropKind::Clean, DropKind::Abrupt, DropKind::MidFrame] {
        let mut socket = events(&server, &cookie).await;
        let drop = Fault::Drop { how };
        server.faults().inflict(Scope::All, drop).await.expect("a fault");
        match patiently("the end", socket.next()).await {
            None | Some(Err(_)) => {}
            Some(Ok(message)) => panic!("{how:?}: {message:?} instead of the end"),
        }
    }
}
