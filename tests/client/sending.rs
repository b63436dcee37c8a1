//! Sending: what is shown until a message is there, and what becomes of answers that are late, lost or refusals.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use room_events::client::store::{Anchor, Item, ListKey, SendFailure, SendState, ViewId};
use room_events::client::{ClientConfig, Request};
use room_events::protocol::ids::{MessageId, RoomId};

use crate::chat::{Chat, Fault, Habits, room_deleted};
use crate::driver::Driver;
use crate::scenario::SECOND;
use crate::viewer::Viewer;

const VIEW: ViewId = ViewId(1);
const ME: u64 = 9;

/// What the server makes of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Taken,
    /// It is taken, and the answer is lost.
    AnswerLost,
    /// Neither.
    Lost,
    Status(u16),
    /// It is taken, and a proxy answers with that status.
    TakenWith(u16),
    /// A page that is none of the API's.
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
    /// What becomes of the next posts; after them, each is taken.
    fates: Rc<RefCell<Vec<Fate>>>,
    /// The ids of the messages that were taken.
    taken: Rc<RefCell<Vec<u64>>>,
}

impl Stage {
    /// A view of a room with one message.
    fn new(fates: &[Fate]) -> Self {
        let chat = Chat::default();
        chat.room(1, "lobby");
        chat.post(1, 10);
        let fates = Rc::new(RefCell::new(fates.to_vec()));
        let taken = Rc::new(RefCell::new(Vec::new()));
        let mut stage = Self {
            driver: Driver::with(ClientConfig::default(), 1, chat.rest()),
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

    /// The event of a message that was taken arrives.
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
fn shows_a_message_at_once_until_the_message_itself_is_there() {
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
fn takes_the_event_that_comes_before_the_answer() {
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
fn takes_a_message_for_the_one_that_is_on_its_way_rather_than_for_one_that_has_failed() {
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
fn finds_a_message_whose_answer_was_lost_and_does_not_post_it_again() {
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
fn posts_again_what_two_looks_have_not_found() {
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
fn does_not_post_again_what_was_refused() {
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
fn a_second_click_is_no_second_message() {
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
fn an_older_message_with_the_same_text_is_another() {
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
fn a_message_of_someone_else_is_none_of_ours() {
    let mut stage = Stage::new(&[]);
    stage.driver.latency = SECOND;
    stage.send(7, "ok");
    let id = stage.chat.write(5, 1, 0, "ok");
    let frame = stage.chat.created(id);
    stage.driver.frame(&frame);
    assert_eq!(stage.shown(), "10 11 7:Sending");
}

#[test]
fn sends_soon_after_the_server_failed_to_say_who_the_user_is() {
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
fn sends_while_a_place_that_was_jumped_to_is_refused() {
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
    // The client finds out whether the server has it at the same time.
    stage.pass(12 * SECOND);
    assert_eq!(stage.posts(), 2);
    stage.pass(30 * SECOND);
    assert_eq!(stage.states(), []);
}

#[test]
fn sends_soon_after_a_room_that_could_not_be_read_is_read() {
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
fn sends_one_after_the_other_and_in_order() {
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
fn goes_on_after_a_restart_without_posting_twice() {
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
fn does_not_send_again_by_itself_what_had_failed_before_a_restart() {
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
fn numbers_of_failures_lead_back_to_them() {
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
fn fails_with_the_room_that_is_gone() {
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
fn looks_for_a_doubtful_message_before_it_is_sent_again() {
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
fn sends_to_a_room_that_nothing_shows_and_to_a_thread() {
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
