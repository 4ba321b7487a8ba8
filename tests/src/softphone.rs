//! A softphone.
