//! `names.d.ts`: unions of the names declared in Rust, with their documentation.

use std::fmt::Write as _;

use room_events::client::store::{SendFailure, SendState};
use room_events::client::{BINARY_FRAME, ConnectionStatus, Freshness, ResyncReason};
use room_events::protocol::attachment::AttachmentState;
use room_events::protocol::decode::DecodeErrorKind;
use room_events::protocol::message::{IssueStatus, IssueType, MarkupType, MessageType, Priority};
use room_events::protocol::room::RoomType;

const MALFORMED_CODE: &str = "\
What is wrong.

- `invalid-json`, `truncated`, `missing-type`, `binary-frame`: the frame is no event.
- `too-deep`: more than 128 levels of nesting.
- `too-large`: a frame of more than 16 MiB; or a message or a room that takes too much memory.
- `too-long`: more than 100,000 items in an array of a known field.
- `missing-field`: an object without its id.
- `duplicate-field`: a field is there twice; the first value counts.
- `wrong-type`, `out-of-range`: a value of the wrong kind.";

const CONNECTION_STATUS: &str = "\
What the connection does.

- `connecting`: a socket is being opened.
- `catching-up`: the socket is open, and the client reads what was missed. Events of the rooms that it reads wait, for
  at most 5 seconds each; all others are delivered.
- `open`: events flow.
- `waiting`: the connection broke or could not be made; the next attempt comes at `retryAt`.
- `offline`: there is no network, or the page is frozen or in the back/forward cache. The client reconnects once that
  ends.
- `unauthorized`: the server does not accept the session. Log in again and call `reconnectNow()`, or give
  `onUnauthorized`. When the page is shown again, the client asks `GET /status`, and reconnects if the user has logged
  in elsewhere.
- `closed`: `close()` was called, `reconnect.attempts` are used up, or the WebAssembly module has failed. Nothing
  follows.";

const RESYNC_REASON: &str = "\
Why the client could not recover missed events.

- `too-far-behind`: the room has more new messages than `catchUp.maxMessages`, or more than 32 MiB of them. Load the
  room again. With a `roomId` of null, more events waited for this page than its queue holds: load everything again.
- `nothing-known`: the connection broke before the client had read the room for the first time, or it cannot tell old
  comments from new ones. Load the room again, or everything if `roomId` is null.
- `unreadable`: the room, or the list of rooms, cannot be read, and its events can wait no longer. Do nothing: the
  client delivers them without comparing them with the REST API, keeps trying, and delivers the differences once it can
  read the room.";

const FRESHNESS: &str = "\
How current the client's knowledge of a room, or of the list of rooms, is.

- `loading`: the client reads it for the first time. Its events are delivered; with `catchUp.history` they wait.
- `live`: it is complete, and events keep it up to date.
- `catching-up`: there was a gap; the client reads what was missed. Its events wait, for at most 5 seconds.
- `stale`: there is no connection, or it cannot be read. Its events are delivered, and the client keeps trying.";

const SEND_STATE: &str = "\
How far a message has come that is being sent.

- `queued`: it waits for its turn, or for a connection.
- `sending`: the server has been asked to take it.
- `unconfirmed`: whether the server has it is not known. The client looks for it before it sends it again.
- `uploading`: the message itself is there, and its files are being uploaded.
- `failed`: it was not sent.";

const SEND_FAILURE: &str = "\
Why a message was not sent.

- `refused`: the server does not take it.
- `unreachable`: the server did not take it, several times.
- `unclear`: whether the server has taken it cannot be found out.
- `gone`: the room, or the message that it comments on, is gone.
- `other-user`: another user has logged in.";

pub(crate) fn file() -> String {
    let mut ts = String::from(
        "// Generated from the Rust sources by `cargo xtask codegen`: do not edit.\n\n\
         import type { OpenEnum } from \"../types.js\";\n",
    );
    for (name, documentation, known) in [
        ("MessageType", "What kind of message it is.", MessageType::KNOWN),
        (
            "MarkupType",
            "How a message's text is to be read. The text is untrusted in every case, `TextHtml` most of all.",
            MarkupType::KNOWN,
        ),
        ("Priority", "How urgent a message is.", Priority::KNOWN),
        ("IssueType", "What kind of work an issue is.", IssueType::KNOWN),
        ("IssueStatus", "How far an issue has come.", IssueStatus::KNOWN),
        (
            "RoomType",
            "Who may find a room: its members alone, or every user.",
            RoomType::KNOWN,
        ),
        (
            "AttachmentState",
            "How far an attachment has come on its way from one client to the others.",
            AttachmentState::KNOWN,
        ),
    ] {
        declare(
            &mut ts,
            name,
            documentation,
            &format!("OpenEnum<{}\n>", union(known)),
        );
    }
    let kinds = DecodeErrorKind::ALL.iter().map(|kind| kind.code());
    let codes: Vec<_> = kinds.chain([BINARY_FRAME]).collect();
    let statuses: Vec<_> = ConnectionStatus::ALL
        .iter()
        .map(|status| status.as_str())
        .collect();
    let reasons: Vec<_> = ResyncReason::ALL.iter().map(|reason| reason.as_str()).collect();
    let freshness: Vec<_> = Freshness::ALL
        .iter()
        .map(|freshness| freshness.as_str())
        .collect();
    for (name, documentation, names) in [
        ("MalformedCode", MALFORMED_CODE, codes),
        ("ConnectionStatus", CONNECTION_STATUS, statuses),
        ("ResyncReason", RESYNC_REASON, reasons),
        ("Freshness", FRESHNESS, freshness),
        (
            "SendState",
            SEND_STATE,
            // Added by the page: the engine does not handle files.
            [&SendState::NAMES[..], &["uploading"]].concat(),
        ),
        ("SendFailureReason", SEND_FAILURE, SendFailure::NAMES.to_vec()),
    ] {
        for value in &names {
            assert!(
                documentation.contains(&format!("`{value}`")),
                "the documentation of {name} lacks `{value}`"
            );
        }
        declare(&mut ts, name, documentation, &union(&names));
    }
    ts
}

fn declare(ts: &mut String, name: &str, documentation: &str, definition: &str) {
    let comment = if documentation.contains('\n') {
        let lines: String = documentation
            .lines()
            .map(|line| format!(" * {line}").trim_end().to_owned() + "\n")
            .collect();
        format!("/**\n{lines} */")
    } else {
        format!("/** {documentation} */")
    };
    write!(ts, "\n{comment}\nexport type {name} = {definition};\n").expect("a string takes it");
}

/// The members of a union, one a line.
fn union(names: &[&str]) -> String {
    names.iter().map(|name| format!("\n  | {name:?}")).collect()
}
