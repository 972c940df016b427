"""Ten thousand streams with nothing to say, for ten minutes: what they are told, and what grows."""

import time
from statistics import median
from typing import Any

from bench import machine
from bench.peers import OURS
from bench.percentiles import percentile
from bench.results import Figure, at_most
from bench.servers import Server, Site
from bench.suite import Bench
from bench.worker import Worker

STREAMS = 10_000
MINUTES = 10.0
HEARTBEAT = 15.0  # seconds of silence, as LIVE_HEARTBEAT_SECONDS is by default
SETTLING = 2 * HEARTBEAT  # seconds until each has had its first heartbeat, and so has what it needs
LOOKS = 5  # at the memory, a second apart; the median counts

AT_START = "endurance: kB per stream at the start"
AT_END = "endurance: kB per stream at the end"
GROWN = "endurance: memory at the end : at the start"
LATE = "endurance: s that a heartbeat is late, p99"
LATEST = "endurance: s that a heartbeat is late, most"
CPU = "endurance: % of one core"
ENDED = "endurance: streams that did not stay"
OTHERS = "endurance: frames but heartbeats"

FIGURES = (
    Figure(
        AT_START,
        f"All the memory of a server with {STREAMS:,} idle streams, by streams, {SETTLING:.0f} s"
        " after the last was opened, when each has had a heartbeat.",
    ),
    Figure(AT_END, f"The same {MINUTES:.0f} minutes later."),
    Figure(GROWN, "How these two compare.", at_most(1.02)),
    Figure(
        LATE,
        f"How much longer than LIVE_HEARTBEAT_SECONDS ({HEARTBEAT:.0f}) a client waited, of all"
        " heartbeats of these minutes but the first of each stream.",
        at_most(2),
    ),
    Figure(LATEST, "The same of the latest one."),
    Figure(CPU, "What the server needs to do nothing but say that all is well."),
    Figure(ENDED, "Ended by the server, which none has a reason for in that time.", at_most(0)),
    Figure(OTHERS, "Whatever came although nothing happened: `degraded`, `reset`.", at_most(0)),
)


def measure(bench: Bench) -> None:
    """One run, for it takes its time; none in a quick one."""
    if OURS in bench.peers and not bench.quick:
        Endurance(bench.site(OURS, STREAMS), bench).run()


class Endurance:
    def __init__(self, site: Site, bench: Bench) -> None:
        self.site = site
        self.bench = bench

    def run(self) -> None:
        environment = {"LIVE_HEARTBEAT_SECONDS": str(HEARTBEAT)}
        with Server(self.site, **environment) as server, Worker("bench.crowd") as crowd:
            streams = [(server.port, session) for session in self.site.sessions]
            crowd.ask("open", 310, streams=streams, witnesses=0, seconds=300)
            self.bench.say(f"endurance: {STREAMS:,} streams are open for {MINUTES:g} minutes")
            crowd.ask("stay", SETTLING + 30, seconds=SETTLING)
            seconds = MINUTES * 60 + 2 * LOOKS
            crowd.tell("stay", seconds=seconds, comes_back=True)
            before, spent = _memory(server.pid), machine.cpu_seconds(server.pid)
            time.sleep(MINUTES * 60)
            spent = machine.cpu_seconds(server.pid) - spent
            after = _memory(server.pid)
            stayed = crowd.answer(60)
        self._record(AT_START, before / STREAMS)
        self._record(AT_END, after / STREAMS)
        self._record(GROWN, after / before)
        self._record(CPU, spent / MINUTES / 60 * 100)
        self._record_heartbeats(stayed)

    def _record_heartbeats(self, stayed: dict[str, Any]) -> None:
        late = [silence - HEARTBEAT for silence in stayed["silences"]]
        others = sum(stayed["frames"].values()) - stayed["frames"]["heartbeat"]
        self._record(LATE, percentile(late, 99))
        self._record(LATEST, max(late))
        self._record(ENDED, stayed["ended"])
        self._record(OTHERS, others)
        self.bench.say(
            f"endurance: {len(late):,} heartbeats, the latest {max(late):.2f} s late,"
            f" {stayed['ended']} streams ended, {others} other frames"
        )

    def _record(self, figure: str, value: float) -> None:
        self.bench.results.add(figure, OURS.name, value)


def _memory(pid: int) -> float:
    """In kilobytes."""
    looks = []
    for _ in range(LOOKS):
        looks.append(machine.memory(pid))
        time.sleep(1)
    return median(looks)
