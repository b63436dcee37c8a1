//! The checker detects the violations it is made for.

use serde_json::{Value, json};

use super::check::{Fault, Summary, check};
use super::history::{Deed, History, NEVER, Outcome, Recording, Span, Stay};

const ROOM: u64 = 7;
const MEMBER: u64 = 1;
const VISITOR: u64 = 2;

fn created(id: u64) -> Value {
    json!({"type": "TextMessagesCreated", "data": {"messages": [
        {"messageId": id, "roomId": ROOM, "text": format!("text {id}")}
    ]}})
}

fn joined(last: u64) -> Value {
    json!({"type": "RoomCreated", "data": {"room": {"roomId": ROOM, "lastMessage": {"messageId": last}}}})
}

fn left() -> Value {
    json!({"type": "RoomDeleted", "data": {"roomId": ROOM}})
}

fn changed() -> Value {
    json!({"type": "RoomUpdated", "data": {"room": {"roomId": ROOM}}})
}

fn recording(name: &str, user: u64, events: Vec<Value>) -> Recording {
    Recording {
        name: name.to_owned(),
        user,
        opened: 0,
        events,
    }
}

/// Ten messages, one every ten ticks, and a visitor who receives the fourth to the seventh.
fn history() -> History {
    let deeds = (1..=10)
        .map(|number| Deed {
            room: ROOM,
            text: format!("text {number}"),
            span: Span {
                asked: number * 10,
                answered: number * 10 + 5,
            },
            outcome: Outcome::Done,
        })
        .collect();
    let all = || (1..=10).map(created).collect();
    let mut visit = vec![joined(3)];
    visit.extend((4..=7).flat_map(|number| [created(number), changed()]));
    visit.push(left());
    let mut late = recording("late", MEMBER, (6..=10).map(created).collect());
    late.opened = 57;
    History {
        rooms: [(ROOM, [MEMBER].into())].into(),
        deeds,
        stays: vec![Stay {
            user: VISITOR,
            room: ROOM,
            join: Span {
                asked: 36,
                answered: 38,
            },
            leave: Span {
                asked: 76,
                answered: 78,
            },
        }],
        recordings: vec![
            recording("member", MEMBER, all()),
            recording("member again", MEMBER, all()),
            late,
            recording("visitor", VISITOR, visit.clone()),
            recording("visitor again", VISITOR, visit),
        ],
        is_cut: false,
    }
}

fn events<'a>(history: &'a mut History, name: &str) -> &'a mut Vec<Value> {
    let recording = history
        .recordings
        .iter_mut()
        .find(|recording| recording.name == name);
    &mut recording.expect("a recording").events
}

/// The violation that the checker finds in a modified history.
fn fault(change: impl FnOnce(&mut History)) -> Fault {
    let mut history = history();
    change(&mut history);
    check(&history).expect_err("something is wrong").fault
}

/// The same if both connections of the visitor received it.
fn fault_of_visitor(change: impl Fn(&mut Vec<Value>)) -> Fault {
    fault(|history| {
        for name in ["visitor", "visitor again"] {
            change(events(history, name));
        }
    })
}

#[test]
fn accepts_a_correct_history() {
    let summary = check(&history()).expect("nothing is wrong");
    let expected = Summary {
        entries: 10,
        deliveries: 33,
        stays: 2,
    };
    assert_eq!(summary, expected);
}

#[test]
fn detects_events_lost_by_a_member() {
    for index in 0..10 {
        assert_eq!(
            fault(|history| drop(events(history, "member").remove(index))),
            Fault::Lost
        );
    }
    assert_eq!(
        fault(|history| drop(events(history, "late").remove(0))),
        Fault::Lost
    );
    assert_eq!(fault(|history| drop(events(history, "late").pop())), Fault::Lost);
}

#[test]
fn detects_events_lost_by_everybody() {
    let lost = fault(|history| {
        let heard = |event: &Value| *event != created(9);
        for recording in &mut history.recordings {
            recording.events.retain(heard);
        }
    });
    assert_eq!(lost, Fault::Lost);
}

#[test]
fn detects_events_lost_by_a_visitor() {
    for number in 4..=7 {
        let without = |events: &mut Vec<Value>| events.retain(|event| *event != created(number));
        assert_eq!(fault_of_visitor(without), Fault::Lost, "{number}");
        // Missed by one connection only.
        assert_eq!(
            fault(|history| without(events(history, "visitor"))),
            Fault::Lost,
            "{number}"
        );
    }
    let without = |gone: Value| move |events: &mut Vec<Value>| events.retain(|event| *event != gone);
    assert_eq!(fault_of_visitor(without(left())), Fault::Lost);
    assert_eq!(fault_of_visitor(|events| events.clear()), Fault::Lost);
}

#[test]
fn detects_repeated_events() {
    for name in ["member", "visitor"] {
        let repeated = fault(|history| {
            let events = events(history, name);
            let again = events[3].clone();
            events.insert(4, again.clone());
            events.insert(6, again);
        });
        assert_eq!(repeated, Fault::Repeated, "{name}");
    }
    let everywhere = fault(|history| {
        for name in ["member", "member again"] {
            let events = events(history, name);
            events.push(created(10));
        }
    });
    assert_eq!(everywhere, Fault::Repeated);
    assert_eq!(
        fault_of_visitor(|events| events.insert(0, joined(3))),
        Fault::Repeated
    );
    assert_eq!(fault_of_visitor(|events| events.push(left())), Fault::Repeated);
}

#[test]
fn detects_events_out_of_order() {
    assert_eq!(
        fault(|history| events(history, "member").swap(4, 5)),
        Fault::Disordered
    );
    assert_eq!(
        fault(|history| events(history, "late").swap(1, 3)),
        Fault::Disordered
    );
    // The events about messages are at odd indices.
    assert_eq!(fault_of_visitor(|events| events.swap(3, 5)), Fault::Disordered);
    let everywhere = fault(|history| {
        for recording in &mut history.recordings {
            let find = |number| {
                recording
                    .events
                    .iter()
                    .position(|event| *event == created(number))
            };
            if let (Some(one), Some(other)) = (find(6), find(7)) {
                recording.events.swap(one, other);
            }
        }
    });
    assert_eq!(everywhere, Fault::Disordered);
}

#[test]
fn detects_events_leaked_to_a_visitor() {
    assert_eq!(fault_of_visitor(|events| events.push(created(8))), Fault::Leaked);
    assert_eq!(fault_of_visitor(|events| events.push(changed())), Fault::Leaked);
    assert_eq!(
        fault_of_visitor(|events| events.insert(0, created(3))),
        Fault::Leaked
    );
    // Within the stay according to the connection's events, but outside of its time.
    let late_end = fault_of_visitor(|events| events.insert(events.len() - 1, created(8)));
    assert_eq!(late_end, Fault::Leaked);
    let early_begin = fault_of_visitor(|events| {
        events[0] = joined(2);
        events.insert(1, created(3));
    });
    assert_eq!(early_begin, Fault::Leaked);
}

#[test]
fn detects_invented_events() {
    let unknown = fault(|history| {
        for name in ["member", "member again", "late"] {
            events(history, name).push(created(11));
        }
    });
    assert_eq!(unknown, Fault::Invented);
    assert_eq!(
        fault(|history| history.deeds[9].outcome = Outcome::Refused),
        Fault::Invented
    );
    let never = |history: &mut History| history.stays.clear();
    assert_eq!(fault(never), Fault::Invented);
}

#[test]
fn a_cut_may_remove_only_the_end() {
    let mut cut = history();
    cut.is_cut = true;
    cut.deeds[9].outcome = Outcome::Unknown;
    cut.deeds[9].span.answered = NEVER;
    events(&mut cut, "member").truncate(8);
    events(&mut cut, "visitor").truncate(4);
    check(&cut).expect("the ends may be missing");
    events(&mut cut, "member").remove(3);
    assert_eq!(check(&cut).expect_err("a hole").fault, Fault::Lost);
}

#[test]
fn accepts_a_visitor_that_was_cut_last() {
    let mut cut = history();
    cut.is_cut = true;
    for name in ["member", "member again"] {
        events(&mut cut, name).truncate(5);
    }
    events(&mut cut, "late").clear();
    for name in ["visitor", "visitor again"] {
        // Joined, then 4 to 6 with their changes: one more than any member has received.
        events(&mut cut, name).truncate(7);
    }
    check(&cut).expect("the members were cut before");
    // The members continue without the visitor's last events: that is not an end.
    *events(&mut cut, "visitor") = vec![joined(3), created(4), created(6)];
    assert_eq!(check(&cut).expect_err("a hole").fault, Fault::Lost);
}
