//! Time, calendar, typed handles, timers, bounded rings and seeded random numbers: what every core stands on.
//!
//! Nothing here reads a clock or knows a telephone word. All of it is deterministic: the same calls in
//! the same order give the same results on every machine.
//!
//! Reading order: [`time`] → [`calendar`] → [`handle`] → [`table`] → [`wheel`] → [`ring`] → [`random`] → [`private`].

pub mod calendar;
pub mod handle;
pub mod private;
pub mod random;
pub mod ring;
pub mod table;
pub mod time;
pub mod wheel;

pub use calendar::{Calendar, Date, LocalTime, Offset};
pub use handle::{Arena, Handle};
pub use private::Private;
pub use random::Random;
pub use ring::Ring;
pub use table::Table;
pub use time::{Epoch, Timestamp};
pub use wheel::{TimerRef, Wheel};
