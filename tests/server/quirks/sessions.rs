//! Quirks of sessions and tokens, each compared with the default.

use room_events::server::Quirk;
use serde_json::json;

use super::{World, both, say};
use crate::support::{Closed, User};

#[tokio::test]
async fn an_upgrade_accepts_a_token() {
    for World { bob, has_quirk, .. } in both(Quirk::CookieUpgrades).await {
        let phone = bob.with_token().await;
        assert_eq!(
            phone.try_events().await.map(drop),
            if has_quirk { Err(401) } else { Ok(()) }
        );
        bob.events().await;
        phone.get("/rooms").await.ok();
    }
}

#[tokio::test]
async fn a_logout_closes_connections() {
    let ended = "the session has ended".to_owned();
    for World { bob, has_quirk, .. } in both(Quirk::LogoutCode1008).await {
        let mut events = bob.events().await;
        bob.post_nothing("/logout").await.done();
        let code = if has_quirk { 1008 } else { 4001 };
        assert_eq!(events.closed().await, Closed::Frame(code, ended.clone()));
    }
    for World {
        bob,
        alice,
        has_quirk,
        ..
    } in both(Quirk::OpenAfterLogout).await
    {
        let mut events = bob.events().await;
        bob.post_nothing("/logout").await.done();
        bob.get("/status").await.error(401);
        if has_quirk {
            say(&alice, "a").await;
            events.expect("TextMessagesCreated").await;
        } else {
            assert_eq!(events.closed().await, Closed::Frame(4001, ended.clone()));
        }
    }
}

#[tokio::test]
async fn texts_of_401_distinguish_missing_from_expired_credentials() {
    let texts = [
        "The Authorization HTTP-header or VirolaUserSessionId cookie expected",
        "Wrong Bearer, please renew Web API Access Token",
    ];
    for World {
        server,
        bob,
        has_quirk,
        ..
    } in both(Quirk::SwappedUnauthorized).await
    {
        let expected = if has_quirk { [texts[1], texts[0]] } else { texts };
        assert_eq!(User::nobody(&server).get("/status").await.error(401), expected[0]);
        bob.post_nothing("/logout").await.done();
        assert_eq!(bob.get("/status").await.error(401), expected[1]);
        let login = json!({"userName": "bob", "password": "wrong"});
        let wrong = User::nobody(&server).post("/login", login).await;
        assert_eq!(wrong.error(401), "The username or password is invalid.");
    }
}
