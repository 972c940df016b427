"""Linux tells through /proc, and by system calls, what a process takes and where it may run."""

import os
import resource
import time
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))


def pin(pid: int, core: int) -> None:
    """Keep a process on one core. The server gets core 0 and the load core -1, the last one, so
    that neither takes the other's time."""
    os.sched_setaffinity(pid, {CORES[core]})


def unpin(pid: int) -> None:
    """Let all threads of a process run on any core, where the question is what the whole machine
    can do."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), CORES)


def raise_file_limit() -> int:
    """Raise the limit of open files as far as it goes, for this process and those it starts; return
    it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process, also of those that have ended.

    It is read by clock_getcpuclockid(3), of which Python has no name: the ticks of /proc/<pid>/stat
    are guessed by sampling, and on a busy machine were 40 % too high.
    """
    clock = (~pid << 3) | 2  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
    return time.clock_gettime(clock)


def memory(pid: int) -> float:
    """The resident kilobytes of a process; shared pages count by their share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1])
    raise ValueError(f"no Pss in /proc/{pid}/smaps_rollup")


def most_memory(pid: int) -> float:
    """The resident kilobytes that a process has held at most, since it began or since that was
    forgotten; shared pages count in full."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return float(line.split()[1])
    raise ValueError(f"no VmHWM in /proc/{pid}/status")


def forget_most_memory(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def open_files(pid: int, name: str) -> int:
    """How often the process has the file of that name open."""
    return sum(_target(link) == name for link in Path(f"/proc/{pid}/fd").iterdir())


def workers(pid: int) -> list[int]:
    """The ids of the processes that the process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def description() -> dict[str, object]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        os.uname().machine,
    )
    return {"cpu": model, "cores": os.cpu_count(), "load_at_start": round(os.getloadavg()[0], 2)}


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed meanwhile
        return ""
