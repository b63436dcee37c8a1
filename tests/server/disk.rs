//! A full disk: a small one, in a namespace of its own. Some Linux systems do not let users create one.

#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Answer, LOBBY, User};

/// Runs a program twice on a disk of 24 MiB. A line ends the first run, another line or the end of the input the
/// second.
const TWICE: &str = r#"
mount -t tmpfs -o size=24m tmpfs "$1" || exit 1
shift
run() { "$@" & server=$!; read -r _; kill -TERM $server; wait $server; }
run "$@"
run "$@"
"#;

/// Servers on one small disk, one after the other.
struct OnSmallDisk {
    shell: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl OnSmallDisk {
    fn start(folder: &Path) -> Self {
        let mut shell = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", TWICE, "sh"])
            .arg(folder)
            .arg(env!("CARGO_BIN_EXE_reference-server"))
            .args(["--listen", "127.0.0.1:0", "--log", "off", "--database"])
            .arg(folder.join("chat.db"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let stdin = shell.stdin.take();
        let stdout = BufReader::new(shell.stdout.take().expect("a pipe"));
        Self { shell, stdin, stdout }
    }

    /// The address of the next server.
    fn url(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line.trim_end()
            .strip_prefix("listening on ")
            .expect("it listens")
            .to_owned()
    }

    fn restart(&mut self) -> String {
        writeln!(self.stdin.as_mut().expect("a pipe")).expect("a line");
        self.url()
    }
}

impl Drop for OnSmallDisk {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.shell.wait();
    }
}

async fn attach(user: &User, message: u64, bytes: usize) -> Answer {
    let file = Part::bytes(vec![0; bytes]).file_name("a.bin");
    let form = Form::new().part("files", file);
    let path = format!("/messages/{message}/attachments");
    Answer::to(user.request(Method::POST, &path).multipart(form)).await
}

#[tokio::test]
async fn a_full_disk_allows_reading_deleting_and_restarting() {
    let folder = TempDir::new().expect("a folder");
    let mounted = Command::new("unshare")
        .args(["--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs"])
        .arg(folder.path())
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("no disk can be mounted here");
        return;
    }
    let mut disk = OnSmallDisk::start(folder.path());
    let url = disk.url();
    let admin = User::log_in_at(&url, "admin").await;
    let room = admin.create_room(json!({"name": "Large"})).await;
    let message = admin.send(room, "the first").await;
    attach(&admin, message, 1000).await.done();
    let list = format!("/rooms/{room}/messages");
    let mut sent = 0;
    let refused = loop {
        let answer = admin.post(&list, json!({"content": "x".repeat(50_000)})).await;
        if answer.status != 200 {
            break answer;
        }
        sent += 1;
        assert!(sent < 1000, "the disk is never full");
    };
    refused.error(507);
    attach(&admin, message, 20 << 20).await.error(507);
    let before = admin.get(&list).await.ok();
    assert_eq!(before["messages"].as_array().map(Vec::len), Some(sent + 1));

    let url = disk.restart();
    let admin = User::log_in_at(&url, "admin").await;
    assert_eq!(admin.get(&list).await.ok(), before);
    let content = json!({"content": "x".repeat(50_000)});
    admin.post(&list, content).await.error(507);
    let attachment = &before["messages"][0]["attachments"][0]["attachmentId"];
    admin.delete(&format!("/attachments/{attachment}")).await.done();
    admin.delete(&format!("/messages/{message}")).await.done();
    admin.delete(&format!("/rooms/{room}")).await.done();
    admin.send(LOBBY, "room again").await;
}
