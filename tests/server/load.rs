//! Generated load.

use std::future::pending;
use std::time::Duration;

use room_events::server::load::{Account, Deed, Load, LoadError, LoadReport, Mix};
use room_events::server::{Fault, RestBody, Scope, Server};
use serde_json::{Value, json};

use crate::support::{User, start};

/// As fast as the server responds.
const AT_ONCE: f64 = 1e9;

fn load(server: &Server, count: u64) -> Load {
    Load {
        url: server.url(),
        rooms: 2,
        users: 7,
        rate: AT_ONCE,
        count: Some(count),
        ..Load::default()
    }
}

async fn run(load: &Load) -> LoadReport {
    load.run(pending()).await.expect("the load runs")
}

/// Everything that bob sees of the rooms of the load, without the times.
async fn outcome(server: &Server) -> Vec<Value> {
    let bob = User::log_in(server, "bob").await;
    let rooms = bob.get("/rooms").await.ok();
    let mut outcome = Vec::new();
    for room in rooms["rooms"].as_array().expect("a list") {
        let name = room["name"].as_str().expect("a name");
        if name.starts_with("Load ") {
            let path = format!("/rooms/{}/messages", room["roomId"]);
            let mut messages = bob.get(&path).await.ok();
            without_times(&mut messages);
            outcome.push(json!([
                name,
                room["isPinned"],
                room["unreadMessageCount"],
                messages
            ]));
        }
    }
    outcome
}

fn without_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("Utc"));
            fields.values_mut().for_each(without_times);
        }
        Value::Array(values) => values.iter_mut().for_each(without_times),
        _ => {}
    }
}

#[tokio::test]
async fn continues_if_messages_are_not_answered_with_json() {
    for body in [RestBody::Html, RestBody::Truncated] {
        let server = start().await;
        // Only below `/rooms/`: rooms are created at `/rooms`.
        let fault = Fault::RestStatus {
            status: 200,
            body,
            retry_after_s: None,
            method: None,
            path: Some("/rooms/".to_owned()),
            exact: false,
            count: None,
            ms: None,
        };
        server.faults().inflict(Scope::All, fault).await.expect("a fault");
        let report = run(&load(&server, 50)).await;
        assert_eq!(report.messages + report.pins, 50, "{report:?}");
        assert!(report.refused.is_empty() && report.pins > 0, "{report:?}");
    }
}

#[tokio::test]
async fn the_same_seed_produces_the_same_load() {
    for mix in [Mix::Chat, Mix::Receipts, Mix::Mixed] {
        let (first, second, third) = (start().await, start().await, start().await);
        let of = |server, seed| Load {
            mix,
            seed,
            ..load(server, 150)
        };
        let report = run(&of(&first, 7)).await;
        let again = run(&of(&second, 7)).await;
        run(&of(&third, 8)).await;
        assert_eq!(
            LoadReport {
                elapsed: report.elapsed,
                ..again
            },
            report
        );
        assert_eq!(report.activities(), 150);
        assert_eq!(report.refused.len(), 0, "{report}");
        let left = outcome(&first).await;
        assert_eq!(left.len(), 2);
        assert_eq!(left, outcome(&second).await);
        assert_ne!(left, outcome(&third).await);

        // The server has what the report says.
        let messages = left
            .iter()
            .flat_map(|room| room[3]["messages"].as_array().expect("a list"));
        let (mut count, mut receipts, mut comments) = (0, 0, 0);
        for message in messages {
            count += 1;
            receipts += message["readTimestamps"].as_array().expect("a list").len() as u64;
            comments += message["commentCount"].as_u64().expect("a number");
        }
        assert_eq!(count + report.deletions, report.messages);
        assert!(comments <= report.comments && receipts <= report.receipts);
        if report.deletions == 0 {
            assert_eq!((comments, receipts), (report.comments, report.receipts));
        }
        match mix {
            Mix::Chat => assert!(report.comments > 0 && report.edits > 0 && report.deletions > 0),
            Mix::Receipts => assert!(report.receipts > 50),
            Mix::Mixed => assert!(report.receipts > 0 && report.comments > 0 && report.pins > 0),
        }
    }
}

#[test]
fn the_plan_keeps_its_bounds() {
    let load = Load {
        rooms: 3,
        users: 5,
        rate: 100.0,
        ..Load::default()
    };
    let activities: Vec<_> = load.activities().expect("it makes sense").take(5000).collect();
    assert!(activities.is_sorted_by_key(|activity| activity.at));
    for number in 0..5 {
        assert!(activities.iter().any(|activity| activity.user == number));
        assert_eq!(
            activities.iter().any(|activity| activity.room == number),
            number < 3
        );
    }
    assert!(activities.iter().all(|activity| activity.user < 5));
    // 5,000 at 100 a second: the sum of that many pauses is within a tenth of 50 s.
    let end = activities.last().expect("there are some").at;
    assert!((45..55).contains(&end.as_secs()), "{end:?}");
    let empty = |activity: &room_events::server::load::Activity| matches!(&activity.deed, Deed::Send { text } if text.is_empty());
    assert!(!activities.iter().any(empty));
}

#[tokio::test]
async fn stops_on_request() {
    let server = start().await;
    let endless = Load {
        count: None,
        ..load(&server, 0)
    };
    // It is stopped once its activity is visible.
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    // Requests are sequential: a second message means that the first one was answered.
    let seen = async {
        for _ in 0..2 {
            while events.next().await["type"] != "TextMessagesCreated" {}
        }
    };
    let report = endless.run(seen).await.expect("it runs");
    assert!(report.messages > 0, "{report}");

    let brief = Load {
        duration: Some(Duration::from_millis(50)),
        ..endless.clone()
    };
    assert!(run(&brief).await.elapsed >= Duration::from_millis(50));
}

#[tokio::test]
async fn refuses_invalid_options() {
    let server = start().await;
    let good = load(&server, 1);
    for (bad, code) in [
        (
            Load {
                rooms: 0,
                ..good.clone()
            },
            "load-config",
        ),
        (
            Load {
                users: 0,
                ..good.clone()
            },
            "load-config",
        ),
        (
            Load {
                accounts: Vec::new(),
                ..good.clone()
            },
            "load-config",
        ),
        (
            Load {
                rate: 0.0,
                ..good.clone()
            },
            "load-config",
        ),
        (
            Load {
                rate: f64::NAN,
                ..good.clone()
            },
            "load-config",
        ),
        (
            Load {
                url: "nowhere".to_owned(),
                ..good.clone()
            },
            "load-url",
        ),
        (
            Load {
                url: "ftp://127.0.0.1".to_owned(),
                ..good.clone()
            },
            "load-url",
        ),
        (
            Load {
                url: "http://192.0.2.1:7777".to_owned(),
                ..good.clone()
            },
            "load-remote",
        ),
        (
            Load {
                url: "http://127.0.0.1.example.org".to_owned(),
                ..good.clone()
            },
            "load-remote",
        ),
    ] {
        let error = bad.run(pending()).await.expect_err("it makes no sense");
        assert_eq!(error.code(), code, "{error}");
    }
    let stranger = Account {
        user_name: "mallory".to_owned(),
        password: "guess".to_owned(),
    };
    let error = Load {
        accounts: vec![stranger],
        ..good.clone()
    }
    .run(pending())
    .await
    .expect_err("nobody knows mallory");
    assert!(
        matches!(&error, LoadError::Refused { status: 401, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("log in mallory"), "{error}");
    server.shutdown().await;
    let error = good.run(pending()).await.expect_err("the server is gone");
    assert_eq!(error.code(), "load-unreachable", "{error}");
}
