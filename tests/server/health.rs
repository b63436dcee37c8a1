//! The server's own figures.

use serde_json::json;

use crate::support::{LOBBY, User, start};

#[tokio::test]
async fn reports_the_figures_of_the_server() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let before = bob.get("/server-health").await.ok();
    assert_eq!(before["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&before["userCount"], &before["roomCount"]),
        (&json!(3), &json!(5))
    );
    assert_eq!(before["connectionCount"], 0);
    assert_eq!(before["attachmentBytes"], 0);

    let _events = bob.events().await;
    bob.create_room(json!({"name": "One more"})).await;
    let message = bob.send(LOBBY, "a message").await;
    bob.comment(message, "a comment").await;
    let mut expected = before.clone();
    expected["connectionCount"] = json!(1);
    expected["roomCount"] = json!(6);
    expected["messageCount"] = json!(before["messageCount"].as_u64().expect("a count") + 2);
    assert_eq!(bob.with_token().await.get("/server-health").await.ok(), expected);
}

#[tokio::test]
async fn hides_the_figures_from_strangers() {
    let server = start().await;
    User::nobody(&server).get("/server-health").await.error(401);
}
