//! Sending messages: what is shown until a message exists, and how late, lost and refusing responses are handled.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use room_events::client::store::{Anchor, Item, ListKey, SendFailure, SendState, ViewId};
use room_events::client::{ClientConfig, Request};
use room_events::protocol::ids::{MessageId, RoomId};

use crate::chat::{Chat, Fault, Habits, room_deleted};
use crate::driver::Driver;
use crate::scenario::{MILLI, SECOND};
use crate::viewer::Viewer;

const VIEW: ViewId = ViewId(1);
const ME: u64 = 9;

/// What happens to a POST request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Taken,
    /// The message is accepted, and the response is lost.
    AnswerLost,
    /// The request is lost.
    Lost,
    Status(u16),
    /// The message is accepted, and a proxy responds with this status.
    TakenWith(u16),
    /// A page that is not a response of the API.
    LoginPage,
}

fn room() -> ListKey {
    ListKey {
        room_id: RoomId::from(1),
        parent: MessageId::ZERO,
    }
}

struct Stage {
    chat: Chat,
    driver: Driver,
    viewer: Viewer,
    /// The outcomes of the next posts. Later ones are accepted.
    fates: Rc<RefCell<Vec<Fate>>>,
    /// The ids of the accepted messages.
    taken: Rc<RefCell<Vec<u64>>>,
}

impl Stage {
    /// A view of a room with one message.
    fn new(fates: &[Fate]) -> Self {
        Self::with(ClientConfig::default(), 1, fates)
    }

    /// A view of a room with that many messages, from id 10 on.
    fn with(config: ClientConfig, count: u64, fates: &[Fate]) -> Self {
        let chat = Chat::default();
        chat.room(1, "lobby");
        for id in 10..10 + count {
            chat.post(1, id);
        }
        let fates = Rc::new(RefCell::new(fates.to_vec()));
        let taken = Rc::new(RefCell::new(Vec::new()));
        let mut stage = Self {
            driver: Driver::with(config, 1, chat.rest()),
            chat,
            viewer: Viewer::default(),
            fates,
            taken,
        };
        stage.connect_posts();
        stage.driver.open();
        stage
            .driver
            .happen(|client, now| client.open_timeline(VIEW, room(), Anchor::End, now));
        stage.driver.pass(10 * SECOND);
        stage.shown();
        stage
    }

    fn connect_posts(&mut self) {
        let (fates, taken, chat) = (self.fates.clone(), self.taken.clone(), self.chat.clone());
        self.driver.post = Box::new(move |request, body| {
            let fate = if fates.borrow().is_empty() {
                Fate::Taken
            } else {
                fates.borrow_mut().remove(0)
            };
            if let Fate::Taken | Fate::AnswerLost | Fate::TakenWith(_) = fate {
                let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
                let text = body["content"].as_str().expect("a text");
                let Request::Send { room_id, parent } = request else {
                    panic!("{request:?} posts");
                };
                let id = chat.write(ME, room_id.get(), parent.get(), text);
                taken.borrow_mut().push(id);
            }
            match fate {
                Fate::Taken => Some((200, r#"{"httpStatusCode":200}"#.to_owned())),
                Fate::AnswerLost | Fate::Lost => None,
                Fate::Status(status) | Fate::TakenWith(status) => Some((status, "{}".to_owned())),
                Fate::LoginPage => Some((200, "<!doctype html>".to_owned())),
            }
        });
    }

    fn send(&mut self, key: u64, text: &str) -> bool {
        let now = self.driver.now;
        let is_taken = self.driver.client.send_message(room(), key, text, now);
        self.driver.drain();
        is_taken
    }

    fn shown(&mut self) -> String {
        self.viewer.update(&mut self.driver.client);
        self.viewer.short(VIEW)
    }

    fn pass(&mut self, time: Duration) -> String {
        self.driver.pass(time);
        self.shown()
    }

    /// Delivers the event of an accepted message.
    fn arrives(&mut self, place: usize) -> String {
        let id = self.taken.borrow()[place];
        let frame = self.chat.created(id);
        self.driver.frame(&frame);
        self.shown()
    }

    fn posts(&self) -> usize {
        let posts = self
            .driver
            .asked
            .iter()
            .filter(|request| request.method() == "POST");
        posts.count()
    }

    fn states(&self) -> Vec<SendState> {
        self.driver
            .client
            .outgoing()
            .iter()
            .map(|outgoing| outgoing.state)
            .collect()
    }
}

#[test]
fn shows_an_outgoing_message_at_once_and_replaces_it() {
    let mut stage = Stage::new(&[]);
    assert!(stage.send(7, "hello"));
    assert_eq!(stage.shown(), "10 7:Sending");
    let text = stage.viewer.items(VIEW).iter().find_map(|item| match item {
        Item::Outgoing { text, .. } => Some(text.clone()),
        _ => None,
    });
    assert_eq!(text.as_deref(), Some("hello"));
    let ops = stage.viewer.ops;
    assert_eq!(stage.arrives(0), "10 11");
    assert_eq!(stage.viewer.ops, ops + 2);
    assert_eq!(stage.pass(100 * SECOND), "10 11");
    assert_eq!(stage.posts(), 1);
}

#[test]
fn accepts_an_event_that_precedes_the_response() {
    let mut stage = Stage::new(&[]);
    stage.driver.latency = SECOND;
    stage.send(7, "hello");
    stage.driver.latency = Duration::ZERO;
    let id = stage.chat.write(ME, 1, 0, "hello");
    let frame = stage.chat.created(id);
    stage.driver.frame(&frame);
    assert_eq!(stage.shown(), "10 11");
}

#[test]
fn matches_a_message_with_one_in_flight_before_a_failed_one() {
    let mut stage = Stage::new(&[Fate::Lost]);
    stage.send(7, "hello");
    stage.pass(11 * SECOND);
    stage.driver.frame(&room_deleted(1));
    let frame = stage.chat.room_frame("RoomCreated", 1);
    stage.driver.frame(&frame);
    stage.pass(10 * SECOND);
    stage.driver.latency = SECOND;
    stage.send(8, "hello");
    assert_eq!(
        stage.states(),
        [SendState::Failed(SendFailure::Gone), SendState::Sending]
    );
    let id = stage.chat.write(ME, 1, 0, "hello");
    let frame = stage.chat.created(id);
    stage.driver.frame(&frame);
    assert_eq!(stage.states(), [SendState::Failed(SendFailure::Gone)]);
}

#[test]
fn finds_a_message_whose_response_was_lost_without_posting_again() {
    for fate in [Fate::AnswerLost, Fate::TakenWith(502), Fate::TakenWith(504)] {
        let mut stage = Stage::new(&[fate]);
        stage.send(7, "hello");
        let shown = stage.pass(12 * SECOND);
        assert!(shown == "10 7:Unconfirmed" || shown == "10 11", "{shown}");
        assert_eq!(stage.pass(10 * SECOND), "10 11", "{fate:?}");
        assert_eq!(stage.posts(), 1, "{fate:?}");
    }
}

#[test]
fn posts_again_if_two_readings_do_not_find_the_message() {
    for fate in [Fate::Lost, Fate::Status(500), Fate::LoginPage] {
        let mut stage = Stage::new(&[fate]);
        stage.send(7, "hello");
        stage.pass(30 * SECOND);
        assert_eq!(stage.posts(), 2, "{fate:?}");
        assert_eq!(stage.taken.borrow().len(), 1);
        assert_eq!(stage.arrives(0), "10 11");
    }
}

#[test]
fn gives_up_after_three_attempts_and_sends_again_when_asked() {
    let mut stage = Stage::new(&[Fate::Status(500); 3]);
    stage.send(7, "hello");
    stage.pass(60 * SECOND);
    assert_eq!(stage.states(), [SendState::Failed(SendFailure::Unreachable)]);
    assert_eq!(stage.posts(), 3);
    let now = stage.driver.now;
    assert!(stage.driver.client.resend_message(7, now));
    assert!(!stage.driver.client.resend_message(7, now), "a second click");
    stage.driver.drain();
    assert_eq!(stage.arrives(0), "10 11");
    assert_eq!(stage.posts(), 4);
}

#[test]
fn does_not_repeat_a_refused_post() {
    let mut stage = Stage::new(&[Fate::Status(403)]);
    stage.send(7, "hello");
    let failure = SendFailure::Refused(403);
    assert_eq!(stage.states(), [SendState::Failed(failure)]);
    assert!(!failure.may_be_resent());
    stage.send(8, "next");
    assert_eq!(
        stage.arrives(0),
        "10 11 7:Failed(Refused(403))",
        "it does not hold up the next"
    );
    let now = stage.driver.now;
    assert!(stage.driver.client.discard_message(7, now));
    assert_eq!(stage.shown(), "10 11");
    assert_eq!(stage.posts(), 2);
}

#[test]
fn a_second_click_sends_no_second_message() {
    let mut stage = Stage::new(&[]);
    assert!(stage.send(7, "hello"));
    assert!(!stage.send(7, "hello"));
    stage.arrives(0);
    assert!(!stage.send(7, "hello"), "nor after the message is there");
    stage.pass(30 * SECOND);
    assert_eq!(stage.posts(), 1);
}

#[test]
fn sends_the_same_text_twice_if_asked_to() {
    let mut stage = Stage::new(&[Fate::AnswerLost]);
    stage.send(7, "ok");
    stage.send(8, "ok");
    assert_eq!(stage.shown(), "10 7:Sending 8:Queued");
    stage.pass(60 * SECOND);
    stage.arrives(1);
    assert_eq!(stage.shown(), "10 11 12");
    assert_eq!(stage.posts(), 2);
}

#[test]
fn does_not_match_an_older_message_with_the_same_text() {
    let mut stage = Stage::new(&[Fate::Lost]);
    let id = stage.chat.write(ME, 1, 0, "ok");
    let frame = stage.chat.created(id);
    stage.driver.frame(&frame);
    stage.send(7, "ok");
    stage.pass(40 * SECOND);
    assert_eq!(stage.posts(), 2);
    assert_eq!(stage.arrives(0), "10 11 12");
}

#[test]
fn does_not_match_a_message_of_another_user() {
    let mut stage = Stage::new(&[]);
    stage.driver.latency = SECOND;
    stage.send(7, "ok");
    let id = stage.chat.write(5, 1, 0, "ok");
    let frame = stage.chat.created(id);
    stage.driver.frame(&frame);
    assert_eq!(stage.shown(), "10 11 7:Sending");
}

#[test]
fn sends_soon_after_a_failed_status_request() {
    let mut stage = Stage::new(&[]);
    stage.driver.lose_and_reconnect();
    stage.chat.answer_with(Some(503));
    stage.driver.open();
    stage.send(7, "hello");
    stage.pass(2 * SECOND);
    assert_eq!(stage.posts(), 0);
    stage.chat.answer_with(None);
    stage.pass(8 * SECOND);
    assert_eq!(stage.posts(), 1);
}

#[test]
fn sends_while_a_jump_is_refused() {
    let mut stage = Stage::new(&[Fate::Status(500)]);
    stage.chat.set_habits(Habits {
        unknown_cursor: Some(404),
        ..Habits::default()
    });
    for id in [3, 4, 5] {
        stage
            .driver
            .happen(|client, now| client.jump_to(VIEW, MessageId::from(id), now));
    }
    stage.send(7, "hello");
    stage.pass(SECOND);
    assert_eq!(stage.posts(), 1);
    // At the same time, the client checks whether the server has the message.
    stage.pass(12 * SECOND);
    assert_eq!(stage.posts(), 2);
    stage.pass(30 * SECOND);
    assert_eq!(stage.states(), []);
}

#[test]
fn sends_soon_after_an_unreadable_room_is_readable() {
    let mut stage = Stage::new(&[]);
    stage.driver.lose_and_reconnect();
    stage.chat.break_room(1, Fault::Status(503));
    stage.driver.open();
    stage.send(7, "hello");
    stage.pass(120 * SECOND);
    assert_eq!(stage.posts(), 0);
    stage.chat.repair();
    stage.pass(10 * SECOND);
    assert_eq!(stage.posts(), 1);
}

#[test]
fn sends_one_message_at_a_time_in_order() {
    let mut stage = Stage::new(&[]);
    stage.driver.latency = SECOND;
    for key in 1..=3 {
        stage.send(key, &format!("text {key}"));
    }
    assert_eq!(stage.shown(), "10 1:Sending 2:Queued 3:Queued");
    stage.pass(SECOND);
    assert_eq!(stage.posts(), 2);
    stage.pass(5 * SECOND);
    let texts: Vec<_> = stage.taken.borrow().clone();
    assert_eq!(texts, [11, 12, 13]);
}

#[test]
fn keeps_a_message_while_offline() {
    let mut stage = Stage::new(&[]);
    stage.driver.lose(1006);
    stage.send(7, "later");
    assert_eq!(stage.shown(), "10 7:Queued");
    assert_eq!(stage.posts(), 0);
    while stage.driver.socket.is_none() {
        stage.driver.pass_until_timer();
    }
    stage.driver.open();
    stage.driver.pass(SECOND);
    assert_eq!(stage.arrives(0), "10 11");
}

#[test]
fn continues_after_a_restart_without_posting_twice() {
    for fate in [Fate::AnswerLost, Fate::Lost] {
        let mut stage = Stage::new(&[fate]);
        stage.send(7, "hello");
        let kept = stage.driver.client.outgoing();
        assert!(kept[0].posted_above.is_some());
        let was_taken = stage.taken.borrow().len();
        stage.driver = Driver::with(ClientConfig::default(), 2, stage.chat.rest());
        stage.connect_posts();
        stage.driver.open();
        let now = stage.driver.now;
        assert!(stage.driver.client.restore_message(&kept[0], now));
        stage.driver.drain();
        stage.driver.pass(30 * SECOND);
        assert_eq!(stage.posts(), 1 - was_taken, "{fate:?}");
        assert_eq!(stage.taken.borrow().len(), 1);
    }
}

#[test]
fn does_not_resend_failed_messages_after_a_restart() {
    let mut stage = Stage::new(&[Fate::Status(403)]);
    stage.send(7, "hello");
    let kept = stage.driver.client.outgoing();
    assert_eq!(kept[0].state, SendState::Failed(SendFailure::Refused(403)));
    stage.driver = Driver::with(ClientConfig::default(), 2, stage.chat.rest());
    stage.connect_posts();
    stage.driver.open();
    let now = stage.driver.now;
    assert!(stage.driver.client.restore_message(&kept[0], now));
    stage.driver.drain();
    stage.driver.pass(30 * SECOND);
    assert_eq!(stage.posts(), 0);
    assert_eq!(stage.driver.client.outgoing()[0].state, kept[0].state);
    stage.driver.happen(|client, now| {
        client.resend_message(7, now);
    });
    stage.driver.pass(SECOND);
    assert_eq!(stage.posts(), 1);
}

#[test]
fn failures_survive_conversion_to_numbers() {
    for failure in [
        SendFailure::Refused(403),
        SendFailure::Unreachable,
        SendFailure::Unclear,
        SendFailure::Gone,
        SendFailure::OtherUser,
    ] {
        let number = SendFailure::NAMES
            .iter()
            .position(|name| *name == failure.as_str());
        let number = number.expect("a name") as f64;
        assert_eq!(SendFailure::numbered(number, failure.status()), Some(failure));
    }
    for number in [f64::NAN, -1.0, 5.0] {
        assert_eq!(SendFailure::numbered(number, 0), None);
    }
}

#[test]
fn fails_if_the_room_is_deleted() {
    let mut stage = Stage::new(&[]);
    stage.driver.latency = SECOND;
    stage.send(7, "first");
    stage.send(8, "second");
    stage.driver.frame(&room_deleted(1));
    assert!(stage.states().contains(&SendState::Failed(SendFailure::Gone)));
    stage.pass(5 * SECOND);
    assert_eq!(stage.posts(), 1);
}

#[test]
fn looks_for_an_unconfirmed_message_before_resending_it() {
    let mut stage = Stage::new(&[Fate::AnswerLost]);
    stage.send(7, "hello");
    stage.pass(11 * SECOND);
    assert_eq!(stage.states(), [SendState::Unconfirmed]);
    stage.driver.frame(&room_deleted(1));
    assert_eq!(stage.states(), [SendState::Failed(SendFailure::Gone)]);
    let frame = stage.chat.room_frame("RoomCreated", 1);
    stage.driver.frame(&frame);
    let now = stage.driver.now;
    stage.driver.client.resend_message(7, now);
    stage.driver.drain();
    assert_eq!(stage.pass(30 * SECOND), "10 11");
    assert_eq!(stage.posts(), 1);
}

#[test]
fn sends_to_a_room_without_a_view_and_to_a_thread() {
    let mut stage = Stage::new(&[]);
    let now = stage.driver.now;
    stage.driver.client.close_view(VIEW, now);
    let thread = ListKey {
        parent: MessageId::from(10),
        ..room()
    };
    assert!(stage.driver.client.send_message(thread, 7, "a comment", now));
    assert!(stage.driver.client.send_message(room(), 8, "a message", now));
    stage.driver.drain();
    stage.pass(20 * SECOND);
    assert_eq!(stage.posts(), 2);
    assert!(stage.driver.client.outgoing().is_empty(), "a look has found them");
}

/// A timeline of at most 16 messages, in pages of 8, of a room with 60.
fn small_timeline(fates: &[Fate]) -> Stage {
    let mut config = ClientConfig::default();
    config.store.items = 16;
    config.store.page = 8;
    Stage::with(config, 60, fates)
}

#[test]
fn looks_for_an_unconfirmed_message_before_it_reads_older_ones() {
    let mut stage = small_timeline(&[Fate::Status(503)]);
    stage.send(1, "hello");
    stage.driver.pass(3 * SECOND - MILLI);
    let requests = Rc::new(RefCell::new(Vec::new()));
    let (log, mut rest) = (requests.clone(), stage.chat.rest());
    stage.driver.rest = Box::new(move |request| {
        log.borrow_mut().push(request);
        rest(request)
    });
    stage
        .driver
        .happen(|client, now| client.load_older(VIEW, now + MILLI));
    let has_cursor = |request: &Request| matches!(request, Request::Messages { cursor: Some(_), .. });
    let has_cursors: Vec<_> = requests.borrow().iter().map(has_cursor).collect();
    assert_eq!(has_cursors, [false, true]);
}

#[test]
fn shows_older_messages_to_a_reader_while_one_is_unconfirmed() {
    let mut stage = small_timeline(&[Fate::Status(503)]);
    stage.send(1, "hello");
    for _ in 0..3 {
        stage.driver.happen(|client, now| client.load_older(VIEW, now));
        stage.shown();
    }
    let oldest = |stage: &Stage| match &stage.viewer.items(VIEW)[0] {
        Item::Message { id, .. } => id.get(),
        item => panic!("{item:?}"),
    };
    assert_eq!(oldest(&stage), 41, "four pages, each with its cursor");
    stage.driver.pass(60 * SECOND);
    stage.shown();
    assert!(stage.viewer.items(VIEW).len() <= 16);
}
