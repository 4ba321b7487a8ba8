//! The machine and the process under test, as `/proc` shows them.

use anyhow::{Context, Result, bail};
use std::fs::{File, read_to_string};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Ticks a second in `/proc/<pid>/stat`: USER_HZ, 100 on every architecture that Linux and Rust share today.
const TICKS: u64 = 100;

/// What the figures were measured on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Processor model.
    pub processor: String,
    /// Logical processors.
    pub processors: usize,
    /// Kernel release.
    pub kernel: String,
    /// Memory in GiB.
    pub memory_gib: u64,
    /// One-minute load average when the run began: above 0.3 somebody else was working here too.
    pub load_average: String,
}

impl Machine {
    /// Reads it.
    #[must_use]
    pub fn read() -> Self {
        let info = read_to_string("/proc/cpuinfo").unwrap_or_default();
        let models: Vec<&str> = info.lines().filter_map(|line| field(line, "model name")).collect();
        let memory = read_to_string("/proc/meminfo").unwrap_or_default();
        let kib = memory.lines().find_map(|line| field(line, "MemTotal")).and_then(first_number).unwrap_or(0);
        let load = read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            processor: models.first().map_or("unknown".to_owned(), |&model| model.to_owned()),
            processors: models.len().max(1),
            kernel: read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            memory_gib: kib >> 20,
            load_average: load.split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}

/// Puts this process on one processor. Does nothing on a machine with only one.
///
/// # Errors
/// When `taskset` (util-linux) cannot be run.
pub fn stay_on(processor: usize) -> Result<()> {
    if Machine::read().processors <= processor {
        return Ok(());
    }
    let done = Command::new("taskset")
        .args(["-a", "-p", "-c", &processor.to_string(), &std::process::id().to_string()])
        .stdout(Stdio::null())
        .status()
        .context("running taskset (Debian: util-linux)")?;
    if !done.success() {
        bail!("taskset refused processor {processor}");
    }
    Ok(())
}

/// Lets a process with all its threads go before everybody else's work, and what it starts from now on.
///
/// # Errors
/// When `chrt` (util-linux) cannot be run or is not permitted.
pub fn before_others(pid: u32) -> Result<()> {
    let done = Command::new("chrt")
        .args(["-a", "-f", "-p", "10", &pid.to_string()])
        .stdout(Stdio::null())
        .status()
        .context("running chrt (Debian: util-linux)")?;
    if !done.success() {
        bail!("chrt may not raise process {pid}; it takes root or RLIMIT_RTPRIO");
    }
    Ok(())
}

/// A command that will run on one processor.
#[must_use]
pub fn command_on(processor: usize, program: &std::path::Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &processor.to_string()]).arg(program);
    command
}

/// Waits until no other load runs on this machine: two would measure each other. Ends with the process.
///
/// # Errors
/// When the lock cannot be taken.
pub fn alone() -> Result<File> {
    let path = std::env::temp_dir().join("sujie-load.lock");
    let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("another load is running; waiting for its end");
        file.lock().with_context(|| format!("waiting for {}", path.display()))?;
    }
    Ok(file)
}

/// A program of the same build.
///
/// # Errors
/// When this one cannot say where it lies.
pub fn beside(name: &str) -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}

/// CPU time that a process has used, user and system, all its threads.
///
/// # Errors
/// When it has ended.
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).context("the process under test has ended")?;
    // The second field is the name in parentheses and may hold anything; 14 and 15 are utime and stime.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let mut fields = after.split_ascii_whitespace().skip(11);
    let mut next = || fields.next().and_then(|field| field.parse::<u64>().ok());
    let (user, system) = next().zip(next()).context("reading /proc/<pid>/stat")?;
    Ok(Duration::from_millis((user + system) * 1000 / TICKS))
}

/// Resident memory of a process in bytes.
///
/// # Errors
/// When it has ended.
pub fn memory(pid: u32) -> Result<u64> {
    let status = read_to_string(format!("/proc/{pid}/status")).context("the process under test has ended")?;
    let kib = status.lines().find_map(|line| field(line, "VmRSS")).and_then(first_number);
    Ok(kib.context("reading VmRSS")? << 10)
}

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    (key.trim() == name).then_some(value.trim())
}

fn first_number(text: &str) -> Option<u64> {
    text.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_figures_can_be_read() {
        let pid = std::process::id();
        let started = std::time::Instant::now();
        let mut sum = 0u64;
        while started.elapsed() < Duration::from_millis(100) {
            sum = sum.wrapping_add(std::hint::black_box(sum ^ 1));
        }
        assert!(cpu_time(pid).unwrap() >= Duration::from_millis(20));
        assert!(memory(pid).unwrap() > 100_000);
        assert!(cpu_time(u32::MAX).is_err() && memory(u32::MAX).is_err());
        assert!(Machine::read().processors > 0);
    }
}
