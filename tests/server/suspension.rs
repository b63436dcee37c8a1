//! Suspended users.

use serde_json::json;

use crate::account::WRONG_CREDENTIALS;
use crate::support::{ADMIN, BOB, Closed, User, start};

const BOBS_STATUS: &str = "/reference/users/2/status";

#[tokio::test]
async fn suspending_a_user_ends_sessions_and_connections_at_once() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let mut admins = admin.events().await;
    let bob = User::log_in(&server, "bob").await;
    let by_token = bob.with_token().await;
    let mut connections = [bob.events().await, by_token.events().await];
    admin
        .put(BOBS_STATUS, json!({"status": "Suspended"}))
        .await
        .done();
    for user in [&bob, &by_token] {
        assert_eq!(user.get("/status").await.error(401), WRONG_CREDENTIALS);
    }
    for events in &mut connections {
        assert_eq!(
            events.closed().await,
            Closed::Frame(4004, "the user is suspended".to_owned())
        );
    }
    let login = json!({"userName": "bob", "password": "bob"});
    let refused = User::nobody(&server).post("/login", login).await;
    assert_eq!(refused.error(401), "The username or password is invalid.");
    let users = admin.get("/users").await.ok();
    assert_eq!(users["users"][1]["userId"], BOB);
    assert_eq!(users["users"][1]["status"], "Suspended");
    admins.expect_silence(&admin).await;
}

#[tokio::test]
async fn a_reactivated_user_can_log_in() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let before = User::log_in(&server, "bob").await;
    admin
        .put(BOBS_STATUS, json!({"status": "Suspended"}))
        .await
        .done();
    admin.put(BOBS_STATUS, json!({"status": "Active"})).await.done();
    // Ended sessions stay invalid.
    assert_eq!(before.get("/status").await.error(401), WRONG_CREDENTIALS);
    let bob = User::log_in(&server, "bob").await;
    bob.events().await.expect_silence(&bob).await;
}

#[tokio::test]
async fn a_user_being_deleted_is_suspended_too() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    admin
        .put(BOBS_STATUS, json!({"status": "DeletionInProgress"}))
        .await
        .done();
    assert_eq!(events.closed().await.code(), 4004);
    assert_eq!(bob.get("/status").await.error(401), WRONG_CREDENTIALS);
    let users = admin.get("/users").await.ok();
    assert_eq!(users["users"][1]["status"], "DeletionInProgress");
}

#[tokio::test]
async fn only_administrators_suspend_others() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let suspend = json!({"status": "Suspended"});
    let path = |user: u64| format!("/reference/users/{user}/status");
    assert_eq!(
        bob.put(&path(ADMIN), suspend.clone()).await.error(403),
        "Only administrators may suspend and reactivate users."
    );
    assert_eq!(
        admin.put(&path(ADMIN), suspend.clone()).await.error(403),
        "Nobody may suspend or reactivate themselves."
    );
    assert_eq!(admin.put(&path(99), suspend).await.error(404), "User not found");
    admin
        .put(&path(BOB), json!({"status": "Asleep"}))
        .await
        .error(400);
    bob.get("/status").await.ok();
}

#[tokio::test]
async fn a_new_token_closes_the_connections_of_the_previous_one() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let old = bob.with_token().await;
    let mut events = old.events().await;
    let new = bob.with_token().await;
    assert_eq!(old.get("/status").await.error(401), WRONG_CREDENTIALS);
    assert_eq!(
        events.closed().await,
        Closed::Frame(4001, "the session has ended".to_owned())
    );
    new.events().await.expect_silence(&bob).await;
}
