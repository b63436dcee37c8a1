//! Accepting connections and speaking HTTP on them.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time;

use super::{App, router};
use crate::server::config::HttpLimits;
use crate::server::tasks::Tasks;

/// What the bytes of a connection go through.
pub(super) type Transport = TcpStream;

/// How long to wait where the system has no room for one more connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until the server stops.
pub(in crate::server) async fn serve(listener: TcpListener, app: App) {
    let tasks = app.tasks.clone();
    let limits = app.config.http;
    let router = router(app);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = tasks.stopping() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Events are small and wanted at once.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%peer, %error, "a connection was gone before it began");
                    continue;
                }
                tasks.spawn(speak(stream, router.clone(), tasks.clone(), limits));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections, trying again");
                time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether only the connection that was being accepted is concerned.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

/// Answers the requests on a connection until it ends or becomes a WebSocket.
async fn speak(stream: Transport, router: Router, tasks: Tasks, limits: HttpLimits) {
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
            .with_upgrades()
    );
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = tasks.stopping() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke");
    }
}
