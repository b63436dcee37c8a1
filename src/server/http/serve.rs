//! Accepts connections and speaks HTTP, with or without TLS.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::pace::Paced;
use super::{App, router};
use crate::server::config::HttpLimits;
use crate::server::limit::{Place, Places};
use crate::server::tasks::Tasks;

/// The stream of a connection.
pub(super) type Transport = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The delay before accepting again when the system has no resources for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listening socket.
pub(in crate::server) struct Listening {
    pub(in crate::server) listener: TcpListener,
    /// The TLS of its connections, if any.
    pub(in crate::server) tls: Option<TlsAcceptor>,
}

/// The origin of a request. Holds the connection's place, also after an upgrade to a WebSocket.
#[derive(Clone)]
pub(super) struct Peer(Arc<Place>);

impl Peer {
    pub(super) fn address(&self) -> IpAddr {
        self.0.address()
    }
}

/// The shared state of all connections.
#[derive(Clone)]
struct Speaker {
    service: TowerToHyperService<axum::Router>,
    tls: Option<TlsAcceptor>,
    tasks: Tasks,
    limits: HttpLimits,
}

/// Accepts connections until the server stops.
pub(in crate::server) async fn serve(Listening { listener, tls }: Listening, app: App) {
    let tasks = app.tasks.clone();
    let places = Places::new(app.config.http.connections_per_address);
    let speaker = Speaker {
        limits: app.config.http,
        service: TowerToHyperService::new(router(app)),
        tls,
        tasks: tasks.clone(),
    };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = tasks.stopping() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(place) = places.take(peer.ip().to_canonical()) else {
                    tracing::warn!(%peer, "an address has too many connections");
                    continue;
                };
                // Events are small and should arrive at once.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%peer, %error, "a connection was gone before it began");
                    continue;
                }
                tasks.spawn(speaker.clone().speak(stream, Peer(Arc::new(place))));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections, trying again");
                time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether an error concerns only the connection being accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

impl Speaker {
    /// Handles the requests on a connection until it ends or becomes a WebSocket.
    async fn speak(self, stream: TcpStream, peer: Peer) {
        let handshake = tokio::select! {
            handshake = time::timeout(self.limits.head_timeout, shake_hands(self.tls, stream)) => handshake,
            () = self.tasks.stopping() => return,
        };
        let stream = match handshake {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => return tracing::debug!("a TLS handshake took too long"),
        };
        let limits = self.limits;
        let service = self.service;
        let answer = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer.clone());
            service.call(request.map(|body| Body::new(Paced::new(body, limits))))
        });
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(self.limits.head_timeout)
                .serve_connection(TokioIo::new(stream), answer)
                .with_upgrades()
        );
        let result = tokio::select! {
            result = connection.as_mut() => result,
            () = self.tasks.stopping() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

async fn shake_hands(tls: Option<TlsAcceptor>, stream: TcpStream) -> io::Result<Transport> {
    Ok(match tls {
        Some(tls) => Either::Right(Box::new(tls.accept(stream).await?)),
        None => Either::Left(stream),
    })
}
