//! `sujie`: parses the command line, builds, runs, reports.

fn main() {}
