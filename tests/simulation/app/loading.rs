//! What an application loads, and what it is told meanwhile.

use std::collections::BTreeMap;

use room_events::client::delivery::{Delivery, ResyncReason};
use room_events::client::knowledge::Knowledge;
use room_events::client::state::Phase;

use super::App;
use crate::page::Selection;
use crate::truth::View;

#[test]
fn an_answer_that_was_asked_for_earlier_does_not_undo_a_later_one() {
    let (room, message) = (
        r#"{"roomId":1,"lastModifiedUtc":1,"lastMessage":{"messageId":2}}"#,
        r#"{"messageId":2,"roomId":1,"parentMessageId":0,"lastModifiedUtc":1}"#,
    );
    let mut app = App::new(true, false);
    app.phase = Some(Phase::Open);
    app.want(None, true);
    let told = app.told(&format!(r#"{{"type":"RoomCreated","data":{{"room":{room}}}}}"#));
    assert_eq!(told, Ok(()));
    let [mut all, mut only] = app.wanted[..] else {
        panic!("{:?} is not both", app.wanted)
    };
    let view = View {
        rooms: BTreeMap::from([(1, room.to_owned())]),
        messages: BTreeMap::from([(2, message.to_owned())]),
    };
    (all.connection, only.connection) = (Some(1), Some(1));
    // The first answer is from before the user was let into the room, and comes last.
    assert_eq!(app.loaded(only, &view, Some(1)), Ok(()));
    assert_eq!(app.loaded(all, &View::default(), Some(1)), Ok(()));
    assert_eq!((app.rooms.len(), app.messages.len()), (1, 1));
}

#[test]
fn an_answer_that_was_overtaken_brings_nothing_back() {
    let room = r#"{"roomId":1,"lastModifiedUtc":1,"lastMessage":{"messageId":2}}"#;
    let message = r#"{"messageId":2,"roomId":1,"parentMessageId":0,"lastModifiedUtc":1}"#;
    let mut app = App::new(true, false);
    let load = |app: &mut App| {
        let told = app.told(&format!(r#"{{"type":"RoomUpdated","data":{{"room":{room}}}}}"#));
        assert_eq!(told, Ok(()));
        app.want(Some(1), true);
        app.wanted.pop().expect("it wants to")
    };
    let (earlier, later) = (load(&mut app), load(&mut app));
    let rooms = BTreeMap::from([(1, room.to_owned())]);
    let messages = BTreeMap::from([(2, message.to_owned())]);
    // Between the two the message was deleted.
    assert_eq!(
        app.loaded(
            later,
            &View {
                rooms: rooms.clone(),
                ..View::default()
            },
            None
        ),
        Ok(())
    );
    assert_eq!(app.loaded(earlier, &View { rooms, messages }, None), Ok(()));
    assert_eq!(app.messages.len(), 0);
}

#[test]
fn a_room_that_is_not_there_is_asked_for_again_until_its_client_says_that_it_is_gone() {
    let room = r#"{"roomId":1,"lastModifiedUtc":1,"lastMessage":{"messageId":2}}"#;
    let message = r#"{"messageId":2,"roomId":1,"parentMessageId":0,"lastModifiedUtc":1}"#;
    let mut app = App::new(true, false);
    for told in [
        format!(r#"{{"type":"RoomCreated","data":{{"room":{room}}}}}"#),
        format!(r#"{{"type":"TextMessagesCreated","data":{{"messages":[{message}]}}}}"#),
    ] {
        assert_eq!(app.told(&told), Ok(()));
    }
    app.wanted.clear();
    app.want(Some(1), true);
    for gone in [false, true] {
        let load = app.wanted.pop().expect("it wants to");
        if gone {
            let told = app.told(r#"{"type":"RoomDeleted","data":{"roomId":1}}"#);
            assert_eq!(told, Ok(()));
        }
        assert_eq!(app.loaded(load, &View::default(), None), Ok(()));
        assert_eq!(
            (app.messages.len(), app.wanted.len()),
            if gone { (0, 0) } else { (1, 1) }
        );
    }
}

#[test]
fn what_is_to_be_loaded_again_may_be_told_as_new_until_it_is() {
    let room = |revision| {
        format!(r#"{{"roomId":1,"lastModifiedUtc":1,"lastMessage":{{"messageId":2}},"revision":{revision}}}"#)
    };
    let created = |revision| format!(r#"{{"type":"RoomCreated","data":{{"room":{}}}}}"#, room(revision));
    let told_to_load = || {
        let mut app = App::new(true, false);
        assert_eq!(app.told(&created(1)), Ok(()));
        let resync = Delivery::ResyncRequired {
            room_id: None,
            reason: ResyncReason::NothingKnown,
        };
        assert_eq!(app.call(resync, &Knowledge::new(100)), Ok(()));
        app
    };
    // The user was put out of the room during the gap, and is let in again.
    assert_eq!(told_to_load().told(&created(3)), Ok(()));

    let mut app = told_to_load();
    let load = app.wanted.pop().expect("it wants to load");
    let view = View {
        rooms: BTreeMap::from([(1, room(1))]),
        ..View::default()
    };
    assert_eq!(app.loaded(load, &view, None), Ok(()));
    assert!(app.told(&created(3)).is_err());
}

#[test]
fn what_was_loaded_while_the_connection_broke_is_loaded_again() {
    let room = r#"{"roomId":1,"lastModifiedUtc":1,"lastMessage":null}"#;
    let view = View {
        rooms: BTreeMap::from([(1, room.to_owned())]),
        ..View::default()
    };
    // The application has not been told yet: events wait before the state.
    for (at_its_end, rooms, loads) in [(None, 0, 1), (Some(2), 0, 1), (Some(1), 1, 0)] {
        let mut app = App::new(true, false);
        app.phase = Some(Phase::Open);
        app.select(Selection::Odd);
        let mut load = app.wanted.pop().expect("it wants to load");
        load.connection = Some(1);
        assert_eq!(app.loaded(load, &view, at_its_end), Ok(()));
        assert_eq!(
            (app.rooms.len(), app.wanted.len()),
            (rooms, loads),
            "{at_its_end:?}"
        );
    }
}
