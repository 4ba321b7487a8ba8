//! Scheduling of threads: the engine's thread comes before the others when they share a core.
//!
//! ```text
//! engine  short slice, nice 5 lower where permitted    media  short slice    report  nice 5 higher
//! background  nice 19: only what nobody else wants
//! ```
//!
//! A short slice (Linux 6.12 and later) lets a thread that wakes run at once, for less time; it is asked for
//! without any privilege, and an older kernel ignores it. A lower nice value needs a limit that allows it
//! (RLIMIT_NICE, which the systemd unit sets). All of it is best effort: without it calls wait a few
//! milliseconds longer when the core is busy with audio.

#![allow(unsafe_code, reason = "sched_setattr has no safe form")]

/// Which thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Decides.
    Engine,
    /// Carries audio.
    Media,
    /// Counts and writes.
    Report,
    /// Works on what can wait for hours.
    Background,
}

/// Slice of threads that must answer at once, in nanoseconds: the shortest that the kernel takes.
const SHORT_SLICE: u64 = 100_000;

/// `struct sched_attr` of sched_setattr(2), first version.
#[repr(C)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

/// Sets the calling thread's scheduling.
pub fn set(role: Role) {
    // SAFETY: reads the calling thread's nice value; there is no pointer in it.
    let now = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    let (nice, slice) = match role {
        Role::Engine => (now - 5, SHORT_SLICE),
        Role::Media => (now, SHORT_SLICE),
        Role::Report => (now + 5, 0),
        Role::Background => (19, 0),
    };
    if !ask(nice.clamp(-20, 19), slice) {
        ask(now, slice);
    }
}

fn ask(nice: i32, slice: u64) -> bool {
    let attributes = Attributes {
        size: size_of::<Attributes>() as u32,
        policy: libc::SCHED_OTHER as u32,
        flags: 0,
        nice,
        priority: 0,
        runtime: slice,
        deadline: 0,
        period: 0,
    };
    // SAFETY: the call reads `size` bytes of a struct that lives past it; thread 0 is the calling one.
    unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) == 0 }
}
