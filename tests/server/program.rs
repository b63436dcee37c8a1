//! The program `reference-server`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use futures_util::StreamExt;
use serde_json::json;
use tempfile::TempDir;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::patiently;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_reference-server"))
}

/// The output and exit status of the program. Panics if it starts to listen.
fn run(arguments: &[&str]) -> Output {
    let mut child = program()
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut said = Vec::new();
    while stdout.read_until(b'\n', &mut said).expect("bytes") > 0 {
        if said.starts_with(b"listening") {
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
            panic!("it listens despite {arguments:?}");
        }
    }
    let output = child.wait_with_output().expect("it ends");
    Output {
        stdout: said,
        ..output
    }
}

/// A running program. It ends with the test.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = program()
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let url = line
            .trim_end()
            .strip_prefix("listening on ")
            .expect("the address")
            .to_owned();
        Self { child, stdout, url }
    }

    /// Kills it without a chance to shut down, as `kill -9` does.
    #[cfg(unix)]
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Its peak memory in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self) -> usize {
        self.status("VmHWM:")
    }

    /// Its current memory in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident(&self) -> usize {
        self.status("VmRSS:")
    }

    #[cfg(target_os = "linux")]
    fn status(&self, name: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.expect("a line").trim().trim_end_matches(" kB");
        kib.parse::<usize>().expect("a number") << 10
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .expect("kill runs")
                .success()
        );
    }

    /// The rest of its stdout and stderr, and whether it succeeded.
    fn end(&mut self) -> (String, String, bool) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).expect("text");
        self.child
            .stderr
            .take()
            .expect("a pipe")
            .read_to_string(&mut stderr)
            .expect("text");
        (stdout, stderr, self.child.wait().expect("it ends").success())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn log_in(url: &str) -> String {
    let response = reqwest::Client::new()
        .post(format!("{url}/api/v1/login"))
        .json(&json!({"userName": "bob", "password": "bob"}))
        .send()
        .await
        .expect("the server answers");
    let cookie = response.headers()["set-cookie"].to_str().expect("text");
    cookie.split(';').next().expect("a cookie").to_owned()
}

#[cfg(unix)]
#[tokio::test]
async fn shuts_down_cleanly_on_signals() {
    for signal in ["INT", "TERM"] {
        let mut running = Running::start(&[]);
        assert!(running.url.starts_with("http://127.0.0.1:") && !running.url.ends_with(":0"));
        let cookie = log_in(&running.url).await;
        let url = format!("{}/api/v1/events", running.url.replace("http", "ws"));
        let mut request = url.into_client_request().expect("a URL");
        request
            .headers_mut()
            .insert("cookie", cookie.parse().expect("a value"));
        let (mut socket, _) = connect_async(request).await.expect("the upgrade is accepted");
        running.signal(signal);
        match patiently("the close frame", socket.next()).await {
            Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1001),
            other => panic!("{other:?} instead of a close frame"),
        }
        while patiently("the end", socket.next())
            .await
            .is_some_and(|last| last.is_ok())
        {}
        let (stdout, stderr, success) = running.end();
        assert!(success, "{stderr}");
        assert_eq!(stdout, "", "nothing but the address goes to stdout");
        assert!(stderr.contains("shutting down"), "{stderr}");
    }
}

#[tokio::test]
async fn options_take_effect() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("index.html"), "a page").expect("written");
    let database = folder.path().join("rooms.db");
    let running = Running::start(&[
        "--www",
        folder.path().to_str().expect("text"),
        "--database",
        database.to_str().expect("text"),
        "--allow-origin",
        "https://friend.example",
        "--allow-origin",
        "http://127.0.0.1:*",
        "--secure-cookie",
        "--faults",
        "--fault",
        r#"{"fault":"refuseUpgrades","count":1,"status":418}"#,
        "--log",
        "off",
    ]);
    let client = reqwest::Client::new();
    let page = client
        .get(&running.url)
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text");
    assert_eq!(page, "a page");
    assert!(database.exists());
    for origin in ["https://friend.example", "http://127.0.0.1:1"] {
        let login = client
            .post(format!("{}/api/v1/login", running.url))
            .header("origin", origin)
            .json(&json!({"userName": "bob", "password": "bob"}));
        let response = login.send().await.expect("an answer");
        assert_eq!(response.headers()["access-control-allow-origin"], origin);
        assert!(
            response.headers()["set-cookie"]
                .to_str()
                .expect("text")
                .contains("; Secure")
        );
    }
    let cookie = log_in(&running.url).await;
    let fault = client
        .post(format!("{}/api/v1/reference/faults", running.url))
        .header("cookie", cookie)
        .json(&json!({"fault": "drop"}));
    assert_eq!(fault.send().await.expect("an answer").status(), 200);
    let upgrade = client.get(format!("{}/api/v1/events", running.url));
    assert_eq!(upgrade.send().await.expect("an answer").status(), 418);
}

#[test]
fn serves_tls_and_writes_its_certificate() {
    let folder = TempDir::new().expect("a folder");
    let certificate = folder.path().join("server.pem");
    let path = certificate.to_str().expect("text");
    let running = Running::start(&["--tls", "--tls-cert-out", path, "--log", "off"]);
    assert!(running.url.starts_with("https://127.0.0.1:"), "{}", running.url);
    let certificate = std::fs::read_to_string(certificate).expect("the certificate");
    assert!(
        certificate.starts_with("-----BEGIN CERTIFICATE-----"),
        "{certificate}"
    );
    assert!(!certificate.contains("PRIVATE"));
}

#[tokio::test]
async fn starts_a_scheduled_fault() {
    let running = Running::start(&[
        "--log",
        "off",
        "--fault",
        r#"{"fault":"close","code":4321,"reason":"time is up","everyMs":50}"#,
    ]);
    let cookie = log_in(&running.url).await;
    // Repeatedly.
    for _ in 0..3 {
        let url = format!("{}/api/v1/events", running.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("a URL");
        request
            .headers_mut()
            .insert("cookie", cookie.parse().expect("a header"));
        let (mut socket, _) = patiently("the upgrade", connect_async(request))
            .await
            .expect("the upgrade is accepted");
        match patiently("the end", socket.next()).await {
            Some(Ok(Message::Close(Some(frame)))) => {
                assert_eq!(
                    (u16::from(frame.code), frame.reason.as_str()),
                    (4321, "time is up")
                );
            }
            other => panic!("{other:?} instead of the end"),
        }
    }
}

#[test]
fn explains_how_to_avoid_a_port_in_use() {
    let first = Running::start(&["--log", "off"]);
    let address = first.url.trim_start_matches("http://");
    let output = run(&["--listen", address]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert!(
        stderr.contains(address) && stderr.contains("--listen"),
        "{stderr}"
    );
    assert_eq!(output.stdout, b"");
}

#[test]
fn explains_mistakes_in_sentences() {
    for (arguments, mention) in [
        (&["--listen", "nowhere"][..], "--listen"),
        (&["--allow-origin", "friend.example"], "is not an origin"),
        (&["--log", "room_events=loud"], "--log"),
        (&["--unknown"], "--unknown"),
        (&["--fault", "drop"], "is no fault"),
        (&["--quirk", "nothing"], "large-ids"),
        (&["--fault", r#"{"fault":"drop","everyMs":-1}"#], "everyMs"),
        (&["--tls-cert", "server.pem"], "--tls"),
        (&["--tls", "--tls-key", "server.key"], "--tls-cert"),
        (
            &["--tls", "--tls-cert", "no/such.pem", "--tls-key", "no/such.key"],
            "no/such.pem",
        ),
        (
            &["--tls", "--tls-cert-out", "no/such/folder/server.pem"],
            "no/such/folder",
        ),
        (
            &["--fault", r#"{"fault":"drop"}"#, "--listen", "127.0.0.1:0"],
            "at once",
        ),
        (
            &["--www", "no/such/folder", "--listen", "127.0.0.1:0"],
            "no/such/folder",
        ),
        (
            &["--database", "no/such/folder/rooms.db", "--listen", "127.0.0.1:0"],
            "no/such/folder/rooms.db",
        ),
    ] {
        let output = run(arguments);
        assert!(!output.status.success());
        let stderr = String::from_utf8(output.stderr).expect("text");
        assert!(
            stderr.starts_with("error: ") && stderr.contains(mention),
            "{stderr}"
        );
    }
}

#[test]
fn help_explains_the_first_steps() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).expect("text");
    for mention in [
        "admin, bob, alice",
        "/api/v1/login",
        "/api/v1/events",
        "--listen",
        "127.0.0.1:7777",
        "--allow-origin",
        "curl -c jar",
        "/api/v1/openapi.json",
        "/api/v1/asyncapi.json",
        "docs/reference-server.md",
    ] {
        assert!(help.contains(mention), "{mention} is not in:\n{help}");
    }
    assert!(run(&["--version"]).status.success());
}

#[test]
fn load_fills_a_server() {
    let server = Running::start(&["--log", "off"]);
    let output = run(&[
        "load",
        "--url",
        &server.url,
        "--rooms",
        "2",
        "--users",
        "4",
        "--rate",
        "1000",
        "--mix",
        "chat",
        "--seed",
        "5",
        "--count",
        "30",
        "--account",
        "bob:bob",
    ]);
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "{stderr}");
    let stdout = String::from_utf8(output.stdout).expect("text");
    assert!(stdout.starts_with("30 activities in "), "{stdout}");
    assert!(!stdout.contains("refused"), "{stdout}");

    for (arguments, mention) in [
        (&["load", "--url", "http://192.0.2.1:1"][..], "--allow-remote"),
        (&["load", "--account", "bob"], "NAME:PASSWORD"),
        (&["load", "--mix", "noise"], "receipts"),
        (&["load", "--rate", "0"], "rate"),
        (&["--faults", "load"], "load"),
    ] {
        let output = run(arguments);
        assert!(!output.status.success());
        let stderr = String::from_utf8(output.stderr).expect("text");
        assert!(
            stderr.starts_with("error: ") && stderr.contains(mention),
            "{stderr}"
        );
    }
}

#[test]
fn serve_is_the_default_command() {
    let output = run(&["serve", "--listen", "nowhere"]);
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert!(stderr.contains("--listen"), "{stderr}");
    let help = run(&["serve", "--help"]);
    assert!(
        String::from_utf8(help.stdout)
            .expect("text")
            .contains("127.0.0.1:7777")
    );
}
