//! Static files.

use std::fs;

use reqwest::{Client, Response};
use room_events::server::{Config, Server, ServerError};
use tempfile::TempDir;

use crate::support::{Answer, User, config, start_with};

async fn site() -> (Server, TempDir) {
    let folder = TempDir::new().expect("a folder");
    for (name, content) in [
        ("index.html", "<!doctype html><title>Rooms</title>"),
        ("main.js", "export {};"),
        ("style.css", "body {}"),
        ("picture.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("package.wasm", "\0asm"),
    ] {
        fs::write(folder.path().join(name), content).expect("the file is written");
    }
    let server = start_with(Config {
        www: Some(folder.path().to_owned()),
        ..config()
    })
    .await;
    (server, folder)
}

async fn get(server: &Server, path: &str) -> Response {
    Client::new()
        .get(format!("{}{path}", server.url()))
        .send()
        .await
        .expect("the server answers")
}

#[tokio::test]
async fn files_have_their_content_types() {
    let (server, _folder) = site().await;
    for (path, content_type) in [
        ("/", "text/html"),
        ("/index.html", "text/html"),
        ("/main.js", "text/javascript"),
        ("/style.css", "text/css"),
        ("/picture.svg", "image/svg+xml"),
        // Without this type, a browser does not compile during the download.
        ("/package.wasm", "application/wasm"),
    ] {
        let response = get(&server, path).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &content_type.parse().expect("a value")),
            "{path}"
        );
    }
    assert_eq!(
        get(&server, "/").await.text().await.expect("text"),
        "<!doctype html><title>Rooms</title>"
    );
}

#[tokio::test]
async fn pages_have_a_minimal_content_security_policy() {
    let (server, _folder) = site().await;
    for path in ["/", "/main.js", "/nothing"] {
        let response = get(&server, path).await;
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().expect("text");
        for directive in [
            "default-src 'self'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "connect-src 'self' ws: wss:",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(
                policy.split("; ").any(|part| part == directive),
                "{directive} is not in {policy}"
            );
        }
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-cache");
    }
}

#[tokio::test]
async fn a_file_that_has_not_changed_is_not_sent_again() {
    let (server, _folder) = site().await;
    let first = get(&server, "/main.js").await;
    let modified = first.headers()["last-modified"].clone();
    let again = Client::new()
        .get(format!("{}/main.js", server.url()))
        .header("if-modified-since", modified)
        .send()
        .await
        .expect("the server answers");
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn reports_missing_files_as_the_apis_error() {
    let (server, folder) = site().await;
    fs::write(
        folder.path().parent().expect("a parent").join("outside.txt"),
        "outside",
    )
    .expect("written");
    let client = Client::new();
    for path in [
        "/nothing",
        "/api/v2/rooms",
        "/..%2foutside.txt",
        "/%2e%2e/outside.txt",
        "/main.js/",
    ] {
        let text = Answer::to(client.get(format!("{}{path}", server.url())))
            .await
            .error(404);
        assert!(text.contains('/'), "{text}");
    }
    Answer::to(client.post(format!("{}/main.js", server.url())))
        .await
        .error(405);
    // The API is still available.
    User::log_in(&server, "bob").await.get("/rooms").await.ok();
    User::nobody(&server).get("/nothing").await.error(404);
}

#[tokio::test]
async fn serves_the_application_for_its_own_addresses() {
    let (server, _folder) = site().await;
    let client = Client::new();
    let visit = |path: &str| {
        client
            .get(format!("{}{path}", server.url()))
            .header("accept", "text/html,*/*;q=0.8")
    };
    for path in ["/rooms/7", "/rooms/7/", "/settings?tab=1"] {
        let response = visit(path).send().await.expect("the server answers");
        assert_eq!(response.status(), 200, "{path}");
        assert!(
            response.headers().contains_key("content-security-policy"),
            "{path}"
        );
        assert!(
            response.text().await.expect("text").contains("<title>Rooms"),
            "{path}"
        );
    }
    // A missing script is an error, and so is an unknown operation.
    for path in ["/missing.js", "/api/v1/nothing", "/api/nothing"] {
        Answer::to(visit(path)).await.error(404);
    }
    Answer::to(client.get(format!("{}/rooms/7", server.url())))
        .await
        .error(404);
}

#[cfg(unix)]
#[tokio::test]
async fn follows_no_link_out_of_the_folder() {
    let (server, folder) = site().await;
    let outside = TempDir::new().expect("a folder");
    fs::write(outside.path().join("secret.txt"), "secret").expect("written");
    let link = |to: &std::path::Path, name: &str| {
        std::os::unix::fs::symlink(to, folder.path().join(name)).expect("linked");
    };
    link(&outside.path().join("secret.txt"), "file.txt");
    link(outside.path(), "folder");
    link(&folder.path().join("main.js"), "inside.js");
    for path in ["/file.txt", "/folder/secret.txt", "/fol%64er/secret.txt"] {
        Answer::to(Client::new().get(format!("{}{path}", server.url())))
            .await
            .error(404);
    }
    assert_eq!(get(&server, "/inside.js").await.status(), 200);
}

#[tokio::test]
async fn reports_a_missing_folder_at_the_start() {
    let folder = TempDir::new().expect("a folder");
    let missing = folder.path().join("missing");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    for path in [missing, file] {
        let error = Server::start(Config {
            www: Some(path.clone()),
            ..config()
        })
        .await
        .expect_err("no folder");
        assert!(matches!(error, ServerError::Www { .. }));
        assert_eq!(error.code(), "www-missing");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}
