//! What the kernel counts for a process: CPU time and memory, from `/proc`; nothing is estimated.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// `USER_HZ`, the unit of times in `/proc/<pid>/stat`: 100 on every Linux that programs can see.
const TICKS_PER_SECOND: u64 = 100;

/// User and system time of all threads of a process since its start, to 10 ms.
///
/// # Errors
/// When the process is gone.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} is gone"))?;
    let ticks = cpu_ticks(&stat).context("/proc/<pid>/stat has another shape than expected")?;
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// What of a process is in memory now, in KiB.
///
/// # Errors
/// When the process is gone.
pub(crate) fn resident_kib(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("process {pid} is gone"))?;
    kib(&status, "VmRSS:").context("/proc/<pid>/status has no VmRSS")
}

/// Fields 14 and 15. The second field is a name in parentheses that may hold blanks.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_does_not_shift_its_times() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 90 0 0 0 12 30 1 1 20 0 1 0";
        assert_eq!(cpu_ticks(stat), Some(42));
    }

    #[test]
    fn memory_is_read_by_name() {
        let status = "VmHWM:\t  200 kB\nVmRSS:\t  100 kB\n";
        assert_eq!(kib(status, "VmRSS:"), Some(100));
        assert_eq!(kib(status, "VmSwap:"), None);
    }

    #[test]
    fn work_shows_as_time() {
        let (pid, mut sum) = (std::process::id(), 0_u64);
        let before = cpu(pid).unwrap();
        while cpu(pid).unwrap() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(cpu(pid).unwrap() > before && resident_kib(pid).unwrap() > 0);
    }
}
