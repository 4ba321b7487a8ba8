//! A doorbell wakes a thread that sleeps in `epoll_wait` because its rings were empty.
//!
//! ```text
//! producer: ring.push(x); bell.ring()          consumer: bell.arm(); rings empty? → epoll_wait → bell.quiet()
//! ```
//!
//! It rings only when the consumer has armed it, so a busy consumer costs its producers one atomic load.

use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::unix::AsyncFd;

/// A doorbell. Clones share it.
#[derive(Clone)]
pub struct Doorbell {
    shared: Arc<(EventFd, AtomicBool)>,
}

impl Doorbell {
    /// A doorbell that nobody waits for yet.
    ///
    /// # Errors
    /// What the kernel says when it has no descriptor left.
    pub fn new() -> io::Result<Self> {
        let event = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        Ok(Self { shared: Arc::new((event, AtomicBool::new(false))) })
    }

    /// Wakes the consumer if it sleeps or is about to.
    pub fn ring(&self) {
        if self.shared.1.load(Ordering::SeqCst) && self.shared.1.swap(false, Ordering::SeqCst) {
            // It can only fail when 2^64-1 rings wait unread, and then the consumer is awake anyway.
            let _ = self.shared.0.write(1);
        }
    }

    /// Wakes the consumer whatever it does: for the end of the process.
    pub fn wake(&self) {
        let _ = self.shared.0.write(1);
    }

    /// Says that the consumer is about to sleep; it must look at its rings once more after this.
    pub fn arm(&self) {
        self.shared.1.store(true, Ordering::SeqCst);
    }

    /// Says that the consumer is awake.
    pub fn quiet(&self) {
        if !self.shared.1.swap(false, Ordering::SeqCst) {
            let _ = self.shared.0.read();
        }
    }

    /// What to wait for.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.shared.0.as_fd()
    }

    /// For a consumer that is a tokio task: becomes readable when the bell rings.
    ///
    /// # Errors
    /// When called outside a tokio runtime with I/O.
    #[allow(unsafe_code, reason = "tokio asks for the promise that the descriptor stays ours")]
    pub fn for_tokio(&self) -> io::Result<AsyncFd<Self>> {
        // SAFETY: the descriptor belongs to the EventFd that `self` shares; the clone that AsyncFd keeps holds
        // it open, and `as_raw_fd` always gives the same one.
        unsafe { AsyncFd::register(self.clone()) }.map_err(io::Error::from)
    }
}

impl AsRawFd for Doorbell {
    fn as_raw_fd(&self) -> RawFd {
        self.shared.0.as_fd().as_raw_fd()
    }
}
