//! Logging in and out, tokens, users.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::SET_COOKIE;
use room_events::server::Config;
use serde_json::{Value, json};

use crate::support::{ADMIN, ALICE, Answer, BOB, User, config, start, start_with};

pub(crate) const NO_CREDENTIALS: &str =
    "The Authorization HTTP-header or VirolaUserSessionId cookie expected";
pub(crate) const WRONG_CREDENTIALS: &str = "Wrong Bearer, please renew Web API Access Token";

fn login(name: &str, password: &str) -> Value {
    json!({"userName": name, "password": password})
}

#[tokio::test]
async fn a_login_returns_a_session_and_its_cookie() {
    let server = start().await;
    let answer = User::nobody(&server).post("/login", login("bob", "bob")).await;
    let cookie = answer.headers[SET_COOKIE].to_str().expect("text").to_owned();
    let body = answer.ok();
    let id = body["userSessionId"].as_str().expect("an id").to_owned();
    assert_eq!(
        body,
        json!({"httpStatusCode": 200, "userId": BOB, "userSessionId": id})
    );
    assert_eq!(
        cookie,
        format!("VirolaUserSessionId={id}; HttpOnly; SameSite=Lax; Path=/")
    );

    let bob = User::nobody(&server).with_credential("cookie", format!("VirolaUserSessionId={id}"));
    assert_eq!(bob.get("/status").await.ok(), body);
}

#[tokio::test]
async fn the_cookie_is_secure_if_configured() {
    let server = start_with(Config {
        secure_cookie: true,
        ..config()
    })
    .await;
    let answer = User::nobody(&server).post("/login", login("bob", "bob")).await;
    assert!(
        answer.headers[SET_COOKIE]
            .to_str()
            .expect("text")
            .contains("; Secure")
    );
}

#[tokio::test]
async fn names_are_case_insensitive_and_passwords_are_not() {
    let server = start().await;
    let nobody = User::nobody(&server);
    assert_eq!(
        nobody.post("/login", login("BOB", "bob")).await.ok()["userId"],
        BOB
    );
    nobody.post("/login", login("bob", "BOB")).await.error(401);
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_get_the_same_error() {
    let server = start().await;
    for (name, password) in [("bob", "alice"), ("bob", ""), ("nobody", "nobody"), ("", "")] {
        let answer = User::nobody(&server).post("/login", login(name, password)).await;
        assert!(!answer.headers.contains_key(SET_COOKIE));
        assert_eq!(answer.error(401), "The username or password is invalid.");
    }
}

#[tokio::test]
async fn missing_credentials_are_refused_like_wrong_ones() {
    let server = start().await;
    let nobody = User::nobody(&server);
    for body in [
        json!({}),
        json!(null),
        json!({"userName": "bob"}),
        json!({"password": "bob"}),
        json!({"userName": "bob", "password": null}),
    ] {
        let text = nobody.post("/login", body).await.error(401);
        assert_eq!(text, "The username or password is invalid.");
    }
    nobody.post_nothing("/login").await.error(401);
}

#[tokio::test]
async fn a_logout_clears_the_cookie_even_without_a_session() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    bob.post_nothing("/logout").await.done();
    for user in [bob, User::nobody(&server)] {
        let answer = user.post_nothing("/logout").await;
        let cookie = answer.headers[SET_COOKIE].to_str().expect("text");
        assert!(
            cookie.starts_with("VirolaUserSessionId=; ") && cookie.contains("Max-Age=0"),
            "{cookie}"
        );
        answer.error(401);
    }
}

#[tokio::test]
async fn refuses_requests_without_credentials() {
    let server = start().await;
    let nobody = User::nobody(&server);
    for (method, path) in [
        (Method::GET, "/status"),
        (Method::POST, "/logout"),
        (Method::GET, "/users"),
        (Method::GET, "/rooms"),
        (Method::POST, "/rooms"),
        (Method::PUT, "/rooms/1"),
        (Method::DELETE, "/rooms/1"),
        (Method::GET, "/rooms/1/members"),
        (Method::PUT, "/rooms/1/members/1"),
        (Method::DELETE, "/rooms/1/members/1"),
        (Method::GET, "/rooms/1/messages"),
        (Method::POST, "/rooms/1/messages"),
        (Method::PUT, "/messages/1"),
        (Method::DELETE, "/messages/1"),
        (Method::POST, "/messages/1/read"),
        (Method::GET, "/messages/1/comments"),
        (Method::POST, "/messages/1/comments"),
        (Method::POST, "/reference/token"),
        (Method::POST, "/reference/rooms/1/messages"),
        (Method::PUT, "/reference/messages/1/issue"),
        (Method::POST, "/messages/1/attachments"),
        (Method::GET, "/attachments/1"),
        (Method::DELETE, "/attachments/1"),
        (Method::GET, "/attachments/1/a.txt"),
        (Method::GET, "/room-permissions/1"),
        (Method::PUT, "/reference/room-permissions/1"),
        (Method::PUT, "/reference/users/1/status"),
        (Method::GET, "/events"),
    ] {
        let ask = async |name: &'static str, value: &str| {
            let asker = nobody.with_credential(name, value);
            Answer::to(asker.request(method.clone(), path)).await.error(401)
        };
        assert_eq!(ask("x-nobody", "").await, NO_CREDENTIALS, "{method} {path}");
        assert_eq!(
            ask("cookie", "another=1").await,
            NO_CREDENTIALS,
            "{method} {path}"
        );
        assert_eq!(
            ask("cookie", "VirolaUserSessionId=0123").await,
            WRONG_CREDENTIALS,
            "{method} {path}"
        );
        // `/logout` does not accept tokens, so the session is missing.
        let expected = if path == "/logout" {
            NO_CREDENTIALS
        } else {
            WRONG_CREDENTIALS
        };
        for value in ["Bearer 0123", "Bearer ", "Bearer", "Basic Ym9iOmJvYg=="] {
            assert_eq!(ask("authorization", value).await, expected, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_logout_ends_the_session_and_clears_the_cookie() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let elsewhere = User::log_in(&server, "bob").await;
    let answer = bob.post_nothing("/logout").await;
    let cookie = answer.headers[SET_COOKIE].to_str().expect("text");
    assert!(
        cookie.starts_with("VirolaUserSessionId=; ") && cookie.contains("Max-Age=0"),
        "{cookie}"
    );
    answer.done();

    assert_eq!(bob.get("/status").await.error(401), WRONG_CREDENTIALS);
    assert_eq!(bob.post_nothing("/logout").await.error(401), WRONG_CREDENTIALS);
    elsewhere.get("/status").await.ok();
}

#[tokio::test]
async fn sessions_expire() {
    let server = start_with(Config {
        session_lifetime: Duration::ZERO,
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    assert_eq!(bob.get("/status").await.error(401), WRONG_CREDENTIALS);
}

#[tokio::test]
async fn a_token_is_valid_until_the_next_one() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let first = bob.with_token().await;
    let status = first.get("/status").await.ok();
    assert_eq!(
        status,
        json!({"httpStatusCode": 200, "userId": BOB, "userSessionId": null})
    );

    let second = first.with_token().await;
    assert_eq!(first.get("/status").await.error(401), WRONG_CREDENTIALS);
    second.get("/status").await.ok();
    // Sessions, and tokens of other users, stay valid.
    bob.get("/status").await.ok();
    let alice = User::log_in(&server, "alice").await.with_token().await;
    second.get("/rooms").await.ok();
    alice.get("/rooms").await.ok();
}

#[tokio::test]
async fn a_token_takes_precedence_over_a_cookie() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await.with_token().await;
    let (name, value) = &bob.credential;
    let both = alice.request(Method::GET, "/status").header(*name, value);
    assert_eq!(Answer::to(both).await.ok()["userId"], ALICE);
}

#[tokio::test]
async fn tokens_expire() {
    let server = start_with(Config {
        token_lifetime: Duration::ZERO,
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await.with_token().await;
    assert_eq!(bob.get("/status").await.error(401), WRONG_CREDENTIALS);
}

#[tokio::test]
async fn users_are_listed() {
    let server = start().await;
    let users = User::log_in(&server, "bob").await.get("/users").await.ok();
    let users = users["users"].as_array().expect("a list");
    let names: Vec<_> = users
        .iter()
        .map(|user| {
            (
                user["userId"].as_u64(),
                user["userName"].as_str(),
                user["isAdmin"].as_bool(),
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            (Some(ADMIN), Some("admin"), Some(true)),
            (Some(BOB), Some("bob"), Some(false)),
            (Some(ALICE), Some("alice"), Some(false))
        ]
    );
    let bob = users[1].as_object().expect("an object");
    let mut fields: Vec<_> = bob.keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "createdUtc",
            "displayName",
            "isAdmin",
            "lastModifiedUtc",
            "status",
            "userId",
            "userName"
        ]
    );
    assert_eq!(
        (&bob["displayName"], &bob["status"]),
        (&json!("Bob"), &json!("Active"))
    );
}
