//! The one real clock. It is read here and nowhere else; the cores are told what time it is.

use base::{Epoch, Timestamp};
use std::time::{Duration, Instant, SystemTime};

/// Engine time and the wall time at its start.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    epoch: Epoch,
}

impl Clock {
    /// Starts engine time now.
    #[must_use]
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self {
            start: Instant::now(),
            epoch: Epoch::from_unix_nanos(u64::try_from(wall.as_nanos()).unwrap_or(0)),
        }
    }

    /// Now, in engine time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_nanos(u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// The wall time at which engine time began.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// How long ago a moment of Unix time was: for the kernel's time stamps of datagrams.
    #[must_use]
    pub fn since_unix(stamp: Duration) -> Duration {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        wall.saturating_sub(stamp)
    }
}
