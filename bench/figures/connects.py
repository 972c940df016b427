"""What it costs to open a stream, and to come back to it."""

from dataclasses import dataclass

from bench.peers import OURS, RECIPE, STORING
from bench.results import Figure, at_most, times
from bench.streams import WARM_UP, Streams
from bench.suite import Bench

STREAMS, QUICK = 1000, 100
MISSED = 20  # events
RATE, CPU, FIRST_CPU = "connects per second", "ms CPU per connect", "ms CPU per very first connect"
RESUME_RATE, RESUME_CPU = "resumes per second", "ms CPU per resume"

FIGURES = (
    Figure(RATE, "Streams of as many signed-in users opened by one client, 50 at a time; the last "
           "three peers know no users."),
    Figure(CPU, "The server's CPU for that, by users who had a stream before.",
           (at_most(0.6, full_size=True), times(1 / 5, RECIPE.name, full_size=True))),
    Figure(FIRST_CPU, "The same by users who never had one: that writes a row for each, once."),
    Figure(RESUME_RATE, f"The same with Last-Event-ID, until each has the {MISSED} events it "
           "missed; the recipe must store its events for that."),
    Figure(RESUME_CPU, "The server's CPU for that.", times(1 / 5, STORING.name, full_size=True)),
)  # fmt: skip


@dataclass(frozen=True)
class Opened:
    seconds: float
    cpu: float


def measure(bench: Bench) -> None:
    agents = QUICK if bench.quick else STREAMS
    for _ in range(bench.rounds):
        if OURS in bench.peers:
            _measure_first(bench, agents)
        for peer in bench.peers:
            with bench.streams(peer, agents) as streams:
                streams.open(agents)  # whatever a first connect writes is written now
                _leave(streams)
                _measure(bench, streams, agents)


def _measure_first(bench: Bench, agents: int) -> None:
    with Streams(bench.fresh_site(OURS, agents + WARM_UP)) as streams:
        streams.warm_up()  # by the first agents, who then have had theirs
        first = _open(streams, agents + WARM_UP, after=WARM_UP)
    bench.results.add(FIRST_CPU, OURS.name, first.cpu * 1000)


def _measure(bench: Bench, streams: Streams, agents: int) -> None:
    record, peer = bench.results.add, streams.peer
    again = _open(streams, agents)
    record(RATE, peer.name, agents / again.seconds)
    record(CPU, peer.name, again.cpu * 1000)
    bench.say(f"{peer.name}: {again.cpu * 1000:.2f} ms CPU per connect")
    if peer.resumes:
        resumed = _resume(streams, agents)
        record(RESUME_RATE, peer.name, agents / resumed.seconds)
        record(RESUME_CPU, peer.name, resumed.cpu * 1000)
        bench.say(f"{peer.name}: {resumed.cpu * 1000:.2f} ms CPU per resume")


def _open(streams: Streams, agents: int, after: int = 0) -> Opened:
    before = streams.cpu
    seconds = streams.open(upto=agents, after=after)
    return Opened(seconds, (streams.cpu - before) / (agents - after))


def _resume(streams: Streams, agents: int) -> Opened:
    streams.deliver(streams.post)  # an event for each to come back after
    last_ids = streams.last_ids()
    _leave(streams)
    for _ in range(MISSED):
        streams.post()
    streams.settle()
    before = streams.cpu
    seconds = streams.open(agents, last_ids=last_ids)
    replayed = streams.deliver(lambda: None, events=MISSED)
    seconds, cpu = seconds + replayed.last, (streams.cpu - before) / agents
    if replayed.delivered != MISSED * agents:
        raise RuntimeError(f"{streams.peer.name}: {replayed.delivered} events replayed")
    return Opened(seconds, cpu)


def _leave(streams: Streams) -> None:
    streams.close()
    streams.settle()
