//! Avatars of users and rooms.

use reqwest::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use reqwest::{Method, Response};
use room_events::server::{Config, HttpLimits, Quirk};
use serde_json::json;

use crate::support::description::check_response;
use crate::support::{ADMIN, ALICE, Answer, BOB, BOB_AND_ALICE, COMET, LOBBY, OPERATIONS, User};
use crate::support::{config, patiently, start, start_with};

/// A JPEG image of one white pixel.
const PIXEL: &[u8] = include_bytes!("../fixtures/pixel.jpg");

async fn picture(user: &User, path: &str) -> Response {
    let response = patiently("a picture", user.request(Method::GET, path).send())
        .await
        .expect("the server answers");
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()[CONTENT_TYPE], "image/jpeg");
    assert_eq!(
        response.headers()[CONTENT_DISPOSITION],
        "inline; filename=\"avatar.jpg\""
    );
    assert!(response.headers().contains_key(CONTENT_LENGTH));
    check_response(&response).await;
    response
}

async fn bytes(user: &User, path: &str) -> Vec<u8> {
    picture(user, path).await.bytes().await.expect("a body").into()
}

async fn put(user: &User, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = user
        .request(Method::PUT, path)
        .header(CONTENT_TYPE, content_type)
        .body(body);
    Answer::to(request).await
}

#[tokio::test]
async fn some_users_and_rooms_have_an_avatar_and_others_have_none() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let mut pictures = Vec::new();
    for path in [
        format!("/users/{ADMIN}/avatar.jpg"),
        format!("/users/{BOB}/avatar.jpg"),
        format!("/rooms/{LOBBY}/avatar.jpg"),
    ] {
        let jpeg = bytes(&bob, &path).await;
        // A complete JPEG: from its first marker to its last.
        assert!(jpeg.starts_with(&[0xff, 0xd8, 0xff]) && jpeg.ends_with(&[0xff, 0xd9]));
        assert_eq!(bytes(&bob.with_token().await, &path).await, jpeg);
        assert!(!pictures.contains(&jpeg), "{path} looks like another one");
        pictures.push(jpeg);
    }
    for path in [
        format!("/users/{ALICE}/avatar.jpg"),
        format!("/rooms/{COMET}/avatar.jpg"),
    ] {
        assert_eq!(bob.get(&path).await.error(404), "Avatar not found");
    }
}

#[tokio::test]
async fn initials_follow_the_current_name() {
    let quirks = [Quirk::InitialsAvatars].into_iter().collect();
    let server = start_with(Config { quirks, ..config() }).await;
    let admin = User::log_in(&server, "admin").await;
    let path = format!("/rooms/{OPERATIONS}/avatar.jpg");
    let before = bytes(&admin, &path).await;
    assert_ne!(bytes(&admin, &format!("/rooms/{COMET}/avatar.jpg")).await, before);
    admin
        .put(&format!("/rooms/{OPERATIONS}"), json!({"name": "Entrance"}))
        .await
        .done();
    assert_ne!(bytes(&admin, &path).await, before);
}

#[tokio::test]
async fn an_unchanged_avatar_is_not_sent_again() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    for path in [
        format!("/users/{ADMIN}/avatar.jpg"),
        format!("/rooms/{LOBBY}/avatar.jpg"),
    ] {
        let first = picture(&admin, &path).await;
        assert_eq!(first.headers()[CACHE_CONTROL], "private, no-cache");
        let tag = first.headers()[ETAG].clone();
        let again = async |tags: &str| {
            let request = admin.request(Method::GET, &path).header(IF_NONE_MATCH, tags);
            let response = patiently("an answer", request.send()).await.expect("it answers");
            check_response(&response).await;
            response
        };
        let text = tag.to_str().expect("text");
        for tags in [text.to_owned(), format!("\"other\", W/{text}")] {
            let known = again(&tags).await;
            assert_eq!(known.status(), 304);
            assert_eq!(known.headers()[ETAG], tag);
        }
        assert_eq!(again("\"other\"").await.status(), 200);
        put(&admin, &path, "image/jpeg", PIXEL).await.done();
        assert_eq!(again(text).await.status(), 200);
    }
}

#[tokio::test]
async fn announces_the_uploaded_avatar_of_a_room_to_its_members() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let path = format!("/rooms/{OPERATIONS}/avatar.jpg");
    let mut members = bob.events().await;
    let mut stranger = alice.events().await;

    let before = bob.room(OPERATIONS).await;
    put(&admin, &path, "image/jpeg", PIXEL).await.done();
    let mut expected = before.clone();
    let data = members.expect("RoomUpdated").await;
    expected["lastModifiedUtc"] = data["room"]["lastModifiedUtc"].clone();
    assert_eq!(data["room"], expected);
    assert!(expected["lastModifiedUtc"].as_u64() > before["lastModifiedUtc"].as_u64());
    assert_eq!(bytes(&bob, &path).await, PIXEL);

    // The same image again changes nothing.
    put(&admin, &path, "image/jpeg", PIXEL).await.done();
    admin.delete(&path).await.done();
    let removed = members.expect("RoomUpdated").await;
    assert!(removed["room"]["lastModifiedUtc"].as_u64() > expected["lastModifiedUtc"].as_u64());
    admin.delete(&path).await.done();
    crate::support::expect_silence([&mut members, &mut stranger], &admin).await;
    bob.get(&path).await.error(404);
}

#[tokio::test]
async fn users_choose_their_own_avatar() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let path = format!("/users/{BOB}/avatar.jpg");
    put(&bob, &path, "image/jpeg", PIXEL).await.done();
    assert_eq!(bytes(&admin, &path).await, PIXEL);
    let users = admin.get("/users").await.ok();
    let user = &users["users"][1];
    assert!(user["lastModifiedUtc"].as_u64() > user["createdUtc"].as_u64());
    admin.delete(&path).await.done();
    bob.get(&path).await.error(404);
}

#[tokio::test]
async fn only_permitted_users_change_and_see_avatars() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let refused = "Only users themselves and administrators may change the picture of a user.";
    let other = format!("/users/{ALICE}/avatar.jpg");
    assert_eq!(put(&bob, &other, "image/jpeg", PIXEL).await.error(403), refused);
    assert_eq!(bob.delete(&other).await.error(403), refused);
    let refused = "Only the moderators of the room and administrators may do this.";
    let room = format!("/rooms/{LOBBY}/avatar.jpg");
    assert_eq!(put(&bob, &room, "image/jpeg", PIXEL).await.error(403), refused);
    assert_eq!(bob.delete(&room).await.error(403), refused);
    let hidden = format!("/rooms/{BOB_AND_ALICE}/avatar.jpg");
    for answer in [
        admin.get(&hidden).await,
        put(&admin, &hidden, "image/jpeg", PIXEL).await,
        admin.delete(&hidden).await,
    ] {
        assert_eq!(answer.error(404), "Room not found");
    }
    let nobody = "/users/99/avatar.jpg";
    for answer in [
        admin.get(nobody).await,
        put(&admin, nobody, "image/jpeg", PIXEL).await,
        admin.delete(nobody).await,
    ] {
        assert_eq!(answer.error(404), "User not found");
    }
    for path in [other, room] {
        User::nobody(&server).get(&path).await.error(401);
    }
}

#[tokio::test]
async fn refuses_avatars_that_are_not_jpeg_or_too_large() {
    let http = HttpLimits {
        max_body: 2000,
        ..HttpLimits::default()
    };
    let server = start_with(Config { http, ..config() }).await;
    let bob = User::log_in(&server, "bob").await;
    let path = format!("/users/{BOB}/avatar.jpg");
    let before = bytes(&bob, &path).await;
    let text = put(&bob, &path, "image/png", PIXEL).await.error(415);
    assert!(text.contains("image/jpeg"), "{text}");
    let not_a_jpeg: [&[u8]; 4] = [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", &PIXEL[..4]];
    for body in not_a_jpeg {
        let text = put(&bob, &path, "image/jpeg", body).await.error(400);
        assert!(text.starts_with("The body is no JPEG"), "{text}");
    }
    let text = put(&bob, &path, "image/jpeg", vec![0; 2001]).await.error(413);
    assert!(text.contains("2000 bytes"), "{text}");
    assert_eq!(bytes(&bob, &path).await, before);
}

#[tokio::test]
async fn avatars_survive_a_restart_and_are_deleted_with_their_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = || Config {
        database: Some(folder.path().join("chat.db")),
        ..config()
    };
    let server = start_with(config()).await;
    let admin = User::log_in(&server, "admin").await;
    let path = format!("/rooms/{OPERATIONS}/avatar.jpg");
    put(&admin, &path, "image/jpeg", PIXEL).await.done();
    server.shutdown().await;
    let server = start_with(config()).await;
    let admin = User::log_in(&server, "admin").await;
    assert_eq!(bytes(&admin, &path).await, PIXEL);
    admin.delete(&format!("/rooms/{OPERATIONS}")).await.done();
    assert_eq!(admin.get(&path).await.error(404), "Room not found");
}
