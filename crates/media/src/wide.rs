//! Loops over samples, compiled for the widest vectors that the processor may have.
//!
//! ```text
//!   Loop ─▶ has the processor AVX2? ─▶ yes: sixteen samples at once
//!                                     no: what every x86-64 has, eight at once
//! ```
//!
//! One binary must run on every x86-64, and nearly all that are in service can do more than that asks. So a loop is
//! compiled twice, and the processor is asked at each run. Both give the same samples to the last bit. Elsewhere
//! (AArch64) there is one kind only. Never knows: what the loops do.

#![allow(unsafe_code, reason = "calling code for instructions that not every processor has cannot be safe")]

/// A loop over samples. `run` must be `#[inline(always)]`, and all that it calls be inlined: only what becomes part
/// of [`widest`] is compiled for wide vectors.
pub(crate) trait Loop {
    fn run(self);
}

/// Whether this processor has vectors wider than its kind must have, with shifts of their own for each lane.
#[inline]
pub(crate) fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    return true;
}

/// Runs a loop in the widest vectors there are.
#[inline]
pub(crate) fn widest(work: impl Loop) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn with_avx2(work: impl Loop) {
            work.run();
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has said that it has these instructions.
            return unsafe { with_avx2(work) };
        }
    }
    work.run();
}
