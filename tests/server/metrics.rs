//! Metrics for Prometheus.

use room_events::server::{Config, EventLimits, Server};
use serde_json::json;

use crate::support::{BOB_AND_ALICE, User, config, patiently, start, start_with};

/// The server's counters, one line for each name and its labels.
async fn metrics(server: &Server) -> String {
    let response = reqwest::get(format!("{}/metrics", server.url()))
        .await
        .expect("the server answers");
    assert_eq!(response.status(), 200);
    let kind = response.headers()["content-type"].to_str().expect("text");
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = response.text().await.expect("text");
    assert!(text.ends_with("# EOF\n"), "{text}");
    text
}

/// The value of a series, or zero if it does not exist.
fn value(metrics: &str, series: &str) -> f64 {
    let series = format!("reference_server_{series} ");
    metrics
        .lines()
        .find_map(|line| line.strip_prefix(&series))
        .map_or(0.0, |value| value.parse().expect("a number"))
}

async fn wait_for(server: &Server, series: &str, expected: f64) -> String {
    let reached = async {
        loop {
            let now = metrics(server).await;
            if value(&now, series) >= expected {
                return now;
            }
            tokio::task::yield_now().await;
        }
    };
    patiently(series, reached).await
}

#[tokio::test]
async fn counts_events_and_requests() {
    let server = start().await;
    let (bob, alice) = (
        User::log_in(&server, "bob").await,
        User::log_in(&server, "alice").await,
    );
    let mut events = [bob.events().await, alice.events().await, alice.events().await];
    let before = metrics(&server).await;
    assert_eq!(value(&before, "connections"), 3.0);
    assert_eq!(value(&before, "connections_opened_total"), 3.0);
    assert_eq!(value(&before, "events_published_total"), 0.0);

    bob.post(
        &format!("/rooms/{BOB_AND_ALICE}/messages"),
        json!({"content": "hello"}),
    )
    .await
    .done();
    for events in &mut events {
        events.expect("TextMessagesCreated").await;
        events.expect("RoomUpdated").await;
    }
    let after = metrics(&server).await;
    // One message event for both, and one room event for each: their unread counts differ.
    assert_eq!(value(&after, "events_published_total"), 3.0);
    assert_eq!(value(&after, "deliveries_total"), 6.0);
    assert!(value(&after, "delivered_bytes_total") > 600.0);
    let sent =
        "http_requests_total{method=\"POST\",route=\"/api/v1/rooms/{roomId}/messages\",status=\"200\"}";
    assert_eq!(value(&after, sent), 1.0, "{after}");
    let upgrades = "http_requests_total{method=\"GET\",route=\"/api/v1/events\",status=\"101\"}";
    assert_eq!(value(&after, upgrades), 3.0, "{after}");
    let duration =
        "http_request_duration_seconds_count{method=\"POST\",route=\"/api/v1/rooms/{roomId}/messages\"}";
    assert_eq!(value(&after, duration), 1.0, "{after}");
    // At least two logins, three upgrades and a message.
    for jobs in ["store_job_seconds_count", "store_wait_seconds_count"] {
        assert!(value(&after, jobs) >= 6.0, "{after}");
    }
    assert!(value(&after, "store_job_seconds_sum") > 0.0);
}

#[tokio::test]
async fn counts_closed_connections_by_reason() {
    let server = start().await;
    let (bob, alice) = (
        User::log_in(&server, "bob").await,
        User::log_in(&server, "alice").await,
    );
    let mut ended = bob.events().await;
    let mut leaving = alice.events().await;
    bob.post_nothing("/logout").await.done();
    assert_eq!(ended.closed().await.code(), 4001);
    leaving.close().await;
    let now = wait_for(
        &server,
        "connections_closed_total{reason=\"client\",code=\"1000\"}",
        1.0,
    )
    .await;
    let session = "connections_closed_total{reason=\"the session has ended\",code=\"4001\"}";
    assert_eq!(value(&now, session), 1.0, "{now}");
    drop(alice.events().await);
    let now = wait_for(
        &server,
        "connections_closed_total{reason=\"lost\",code=\"1006\"}",
        1.0,
    )
    .await;
    assert_eq!(value(&now, "connections"), 0.0, "{now}");
    assert_eq!(value(&now, "queue_overruns_total"), 0.0, "{now}");
}

#[tokio::test]
async fn counts_overruns() {
    let server = start_with(Config {
        events: EventLimits {
            queue_bytes: 1,
            queue_events: 1,
            ..EventLimits::default()
        },
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let _events = bob.events().await;
    // Two events at once do not fit into a queue of one, unless the first is taken at the very moment between them.
    let overrun = async {
        while value(&metrics(&server).await, "queue_overruns_total") == 0.0 {
            bob.post(
                &format!("/rooms/{BOB_AND_ALICE}/messages"),
                json!({"content": "hello"}),
            )
            .await
            .done();
        }
    };
    patiently("an overrun", overrun).await;
}

#[tokio::test]
async fn clients_cannot_invent_series() {
    let server = start().await;
    let nobody = User::nobody(&server);
    nobody.get("/invented/path").await.error(404);
    nobody
        .request("INVENTED".parse().expect("a method"), "/users")
        .send()
        .await
        .expect("an answer");
    let now = metrics(&server).await;
    assert!(!now.to_lowercase().contains("invented"), "{now}");
    let unknown = now
        .lines()
        .filter(|line| line.starts_with("reference_server_http_requests_total"))
        .count();
    assert_eq!(unknown, 2, "{now}");
}
