//! Rooms and messages as the server writes them.

use std::fmt::Write;
use std::rc::Rc;

use crate::options::{LastMessage, Options, Times};
use crate::random::Random;
use crate::truth::{Id, Message, Quirk, Room, Time, Truth, Version};

/// The server's clock at the beginning of a history.
const BEGIN: u64 = 1_750_000_000_000;

/// A time as the server writes it; `None` if it writes none.
pub(crate) fn stamp(times: Times, now: Time, random: &mut Random) -> Option<u64> {
    let exact = BEGIN + now;
    match times {
        Times::Exact => Some(exact),
        Times::Seconds => Some(exact / 1_000 * 1_000),
        Times::Zero => Some(0),
        Times::Absent => None,
        Times::Equal => Some(BEGIN),
        Times::SetBack(at) if now >= at => Some(exact - 600_000),
        Times::SetBack(_) => Some(exact),
        Times::Skewed => Some(if random.one_in(2) { exact - 3_000 } else { exact }),
    }
}

fn time(json: &mut String, name: &str, value: Option<u64>) {
    if let Some(value) = value {
        let _infallible = write!(json, r#","{name}":{value}"#);
    }
}

pub(crate) fn message(message: &Message, room: Id, parent: Id) -> Rc<str> {
    let Message { id, body, quirk, .. } = message;
    let mut json = String::with_capacity(360 + body.size);
    let _infallible = match quirk {
        Quirk::Poison(0) => write!(json, r#"{{"roomId":{room}"#),
        Quirk::Poison(1) => write!(json, r#"{{"messageId":"{id}","roomId":{room}"#),
        Quirk::Poison(_) => write!(json, r#"{{"messageId":{id},"roomId":null"#),
        Quirk::Odd(0) => write!(json, r#"{{"messageId":{id}.0,"roomId":{room}"#),
        _ => write!(json, r#"{{"messageId":{id},"roomId":{room}"#),
    };
    let _infallible = match quirk {
        Quirk::Odd(1) => write!(json, r#","userId":-1"#),
        Quirk::Odd(2) => Ok(()),
        _ => write!(json, r#","userId":{}"#, body.author),
    };
    let _infallible = write!(json, r#","parentMessageId":{parent},"text":""#);
    let _infallible = write!(json, "{}", body.text);
    json.extend(std::iter::repeat_n('x', body.size));
    json.push_str(r#"","messageType":"Regular","markupType":"TextPlain","priority":"Normal""#);
    time(&mut json, "createdUtc", body.created);
    time(&mut json, "lastEditedUtc", body.edited);
    time(&mut json, "lastModifiedUtc", body.modified);
    let _infallible = match quirk {
        Quirk::Odd(3) if body.comments == 0 => write!(json, r#","commentCount":null"#),
        Quirk::Odd(0) => write!(json, r#","commentCount":{}.0"#, body.comments),
        _ => write!(json, r#","commentCount":{}"#, body.comments),
    };
    json.push_str(match quirk {
        Quirk::Odd(4) => r#","attachments":"none""#,
        Quirk::Odd(5) => "",
        _ => r#","attachments":[]"#,
    });
    json.push_str(r#","readTimestamps":["#);
    let mut comma = "";
    for user in (0..8).filter(|user| body.readers & (1 << user) != 0) {
        let _infallible = write!(json, r#"{comma}{{"userId":{user},"readUtc":{BEGIN}}}"#);
        comma = ",";
    }
    json.push_str("]}");
    json.into()
}

/// The current version of a room, with the times that order it.
pub(crate) fn room(truth: &Truth, number: usize, options: &Options, at: Time) -> Version {
    let room: &Room = &truth.rooms[number];
    let mut json = String::with_capacity(360);
    let _infallible = write!(json, r#"{{"roomId":{}"#, room.id);
    if options.both_names {
        let _infallible = write!(json, r#","name":"name {}""#, room.name);
    }
    let _infallible = write!(
        json,
        r#","displayName":"name {}","roomType":"Private""#,
        room.name
    );
    time(&mut json, "createdUtc", room.created);
    time(&mut json, "lastModifiedUtc", room.modified);
    let _infallible = write!(
        json,
        r#","unreadMessageCount":{},"isModerator":false,"isArchived":false,"isPinned":{}"#,
        room.unread, room.pinned
    );
    let in_time = |number: &&usize| truth.messages[**number].exists();
    let list = if options.last_is_comment {
        &room.all
    } else {
        &room.top
    };
    let last = list
        .iter()
        .rev()
        .find(in_time)
        .map(|number| &truth.messages[*number]);
    let is_written = options.last_message != LastMessage::Never;
    match last.filter(|_| is_written) {
        Some(last) => {
            let _infallible = write!(json, r#","lastMessage":{{"messageId":{}"#, last.id);
            if options.last_message == LastMessage::Full {
                let _infallible = write!(json, r#","userId":{}"#, last.body.author);
            }
            time(&mut json, "createdUtc", last.body.created);
            json.push('}');
        }
        None if options.last_message == LastMessage::ShortOrAbsent => {}
        None => json.push_str(r#","lastMessage":null"#),
    }
    json.push('}');
    let said = last.filter(|_| is_written).and_then(|last| last.body.created);
    Version {
        at,
        text: json.into(),
        activity: (said.unwrap_or(0), room.modified.unwrap_or(0)),
    }
}
