//! The door: a listener with bounds. One connection more than [`CONNECTIONS`] waits in the kernel until one ends, and
//! one that says nothing for [`SILENCE_MAX`] is ended, so that places come free.

use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Connections at once: some scrapers, probes and wallboards, and no way to take all files of the process.
pub(crate) const CONNECTIONS: usize = 256;

/// Longer than the usual interval of scrapes, so that a scraper keeps its connection.
const SILENCE_MAX: Duration = Duration::from_secs(90);

pub(crate) struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

/// A connection, which holds its place until it ends.
pub(crate) struct Guest {
    stream: TcpStream,
    silence: Pin<Box<Sleep>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Door {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(CONNECTIONS)) }
    }
}

impl Listener for Door {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        // The semaphore is never closed, so there always is a place in the end.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        (Guest { stream, silence: Box::pin(sleep(SILENCE_MAX)), _place: place }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let guest = self.get_mut();
        if let Poll::Ready(done) = Pin::new(&mut guest.stream).poll_read(context, buffer) {
            guest.silence.as_mut().reset(Instant::now() + SILENCE_MAX);
            return Poll::Ready(done);
        }
        guest.silence.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Guest {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_shown_out_and_who_speaks_may_stay() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let mut door = Door::new(listener);
        let mut outside = TcpStream::connect(address).await.expect("a connection");
        let (mut guest, _) = Listener::accept(&mut door).await;
        let began = Instant::now();
        outside.write_all(b"GET").await.expect("sent");
        let mut word = [0; 3];
        guest.read_exact(&mut word).await.expect("he speaks");
        let silence = guest.read(&mut word).await.expect_err("then he is silent");
        assert_eq!(silence.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= SILENCE_MAX, "{:?}", began.elapsed());
        assert_eq!(door.places.available_permits(), CONNECTIONS - 1);
        drop(guest);
        assert_eq!(door.places.available_permits(), CONNECTIONS, "his place is free again");
    }
}
