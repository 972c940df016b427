"""What Linux knows of a process: /proc, cores, limits."""

import os
import resource
import time
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))


def pin(pid: int, core: int) -> None:
    """The server to core 0 and the load to core -1, the last: neither takes the other's time."""
    os.sched_setaffinity(pid, {CORES[core]})


def unpin(pid: int) -> None:
    """All of its threads to any core, where the question is what the whole machine can do."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), CORES)


def raise_file_limit() -> int:
    """To the hard limit, for this process and those it starts; what that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads, also of those that have ended.

    By clock_getcpuclockid(3), of which Python has no name: the ticks of /proc/<pid>/stat are
    guessed by sampling, and on a busy machine were 40 % too high.
    """
    clock = (~pid << 3) | 2  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
    return time.clock_gettime(clock)


def memory(pid: int) -> float:
    """Resident kilobytes; pages shared with other processes count by their share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1])
    raise ValueError(f"no Pss in /proc/{pid}/smaps_rollup")


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def open_files(pid: int, name: str) -> int:
    """How often the process has the file of that name open."""
    return sum(_target(link) == name for link in Path(f"/proc/{pid}/fd").iterdir())


def workers(pid: int) -> list[int]:
    """What the process has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


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
