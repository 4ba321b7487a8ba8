//! The process.

pub mod cli;
pub mod config;
