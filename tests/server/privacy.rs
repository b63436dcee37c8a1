//! Users who are not members of a private room learn nothing about it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{ADMIN, BOB, Events, LOBBY, OPERATIONS, User, start};

const EVENT_TYPES: [&str; 6] = [
    "RoomCreated",
    "RoomDeleted",
    "RoomUpdated",
    "TextMessageDeleted",
    "TextMessagesCreated",
    "TextMessagesUpdated",
];

/// Causes each of the six events in private rooms without alice, then sends a message that everybody receives.
async fn make_every_event(bob: &User, last_word: &str) {
    let room = bob
        .create_room(json!({"name": "Secret", "memberIds": [ADMIN]}))
        .await;
    for room in [room, OPERATIONS] {
        let message = bob.send(room, "secret").await;
        let comment = bob.comment(message, "secret").await;
        bob.put(&format!("/messages/{message}"), json!({"content": "top secret"}))
            .await
            .done();
        bob.delete(&format!("/messages/{comment}")).await.done();
        bob.put(&format!("/rooms/{room}"), json!({"isPinned": true}))
            .await
            .done();
        bob.delete(&format!("/messages/{message}")).await.done();
    }
    bob.put(&format!("/rooms/{room}"), json!({"name": "Top secret"}))
        .await
        .done();
    bob.delete(&format!("/rooms/{room}/members/{ADMIN}")).await.done();
    bob.put(&format!("/rooms/{room}/members/{ADMIN}"), json!({}))
        .await
        .done();
    bob.delete(&format!("/rooms/{room}")).await.done();
    bob.post(&format!("/rooms/{LOBBY}/messages"), json!({"content": last_word}))
        .await
        .done();
}

fn types(events: &[Value]) -> BTreeSet<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().expect("a type"))
        .collect()
}

#[tokio::test]
async fn sends_events_of_a_private_room_only_to_its_members() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let admin = User::log_in(&server, "admin").await;
    let alice = User::log_in(&server, "alice").await;
    let [bob_by_token, alice_by_token] = [bob.with_token().await, alice.with_token().await];
    let members = [
        bob.events().await,
        bob_by_token.events().await,
        admin.events().await,
    ];
    let strangers = [alice.events().await, alice_by_token.events().await];
    assert!(bob.credential.0 == "cookie" && alice_by_token.credential.0 == "authorization");

    make_every_event(&bob, "That was all").await;
    for mut events in members {
        let heard = events.until("That was all").await;
        // Without this, the silence below would prove nothing.
        assert_eq!(types(&heard), BTreeSet::from(EVENT_TYPES));
    }
    for mut events in strangers {
        assert_eq!(events.until("That was all").await, [] as [Value; 0]);
    }
}

#[tokio::test]
async fn sends_no_more_events_of_a_room_to_users_who_left() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let admin = User::log_in(&server, "admin").await;
    let mut by_cookie = bob.events().await;
    let mut by_token = bob.with_token().await.events().await;
    bob.delete(&format!("/rooms/{OPERATIONS}/members/{BOB}"))
        .await
        .done();
    admin.send(OPERATIONS, "Now we are alone").await;
    admin
        .put(&format!("/rooms/{OPERATIONS}"), json!({"name": "Without bob"}))
        .await
        .done();
    admin.delete(&format!("/rooms/{OPERATIONS}")).await.done();
    admin
        .post(
            &format!("/rooms/{LOBBY}/messages"),
            json!({"content": "That was all"}),
        )
        .await
        .done();
    for events in [&mut by_cookie, &mut by_token] {
        let heard = events.until("That was all").await;
        assert_eq!(
            heard,
            [json!({"type": "RoomDeleted", "data": {"roomId": OPERATIONS}})]
        );
    }
}

#[tokio::test]
async fn refuses_an_upgrade_without_valid_credentials_with_401() {
    use crate::account::{NO_CREDENTIALS, WRONG_CREDENTIALS};
    use tokio_tungstenite::tungstenite::Error;

    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let over = User::log_in(&server, "bob").await;
    let stale = over.with_token().await;
    let token = over.with_token().await;
    over.post_nothing("/logout").await.done();
    for (header, expected) in [
        (("x-nobody", String::new()), NO_CREDENTIALS),
        (("cookie", "theme=dark".to_owned()), NO_CREDENTIALS),
        (("cookie", "VirolaUserSessionId=".to_owned()), WRONG_CREDENTIALS),
        (
            ("cookie", "VirolaUserSessionId=0123".to_owned()),
            WRONG_CREDENTIALS,
        ),
        (("authorization", "Bearer 0123".to_owned()), WRONG_CREDENTIALS),
        // Nor is either credential accepted in place of the other.
        (
            (
                "cookie",
                token.credential.1.replace("Bearer ", "VirolaUserSessionId="),
            ),
            WRONG_CREDENTIALS,
        ),
        (
            (
                "authorization",
                bob.credential.1.replace("VirolaUserSessionId=", "Bearer "),
            ),
            WRONG_CREDENTIALS,
        ),
        (over.credential.clone(), WRONG_CREDENTIALS),
        (stale.credential.clone(), WRONG_CREDENTIALS),
    ] {
        let Err(Error::Http(response)) = Events::connect(&server.events_url(), &header).await else {
            panic!("{header:?} was accepted");
        };
        assert_eq!(response.status(), 401, "{header:?}");
        let body: Value = serde_json::from_slice(response.body().as_deref().expect("a body")).expect("JSON");
        assert_eq!(
            body,
            json!({"errorText": expected, "httpStatusCode": 401}),
            "{header:?}"
        );
    }
    assert_eq!(server.connection_count(), 0);
    for user in [&bob, &token] {
        user.events().await.expect_silence(&bob).await;
    }
}
