//! Head to be written.
