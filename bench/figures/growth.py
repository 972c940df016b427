"""What one save costs as agents and log grow, and how much of that is live.

All servers are up together and take turns, for the machine's speed drifts.
"""

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from bench.peers import OURS, RECIPE, STORING, WEBSOCKET, Peer
from bench.results import Figure, at_most
from bench.servers import Site
from bench.streams import Streams
from bench.suite import Bench

AGENTS, QUICK_AGENTS = (10, 100, 500, 2_000, 5_000), (10, 100)
OTHERS: dict[Peer, tuple[int, ...]] = {
    WEBSOCKET: (10, 100, 500, 2_000),
    RECIPE: (10, 100, 500, 2_000),
    STORING: (10, 500),
}
ROWS, QUICK_ROWS = (1_000, 10_000, 100_000, 1_000_000), (1_000, 10_000)
READERS = 20  # streams open while the log is long
TURNS, QUICK_TURNS = {OURS: 30}, 3  # saves at each size; of the others as many as they can
ALONE = 50  # saves of a turn with nobody connected
PAIRS, QUICK_PAIRS = 11, 2  # of such turns
MUTED = replace(OURS, name="ours-muted", application="bench.muted:application")

ANSWERED = "ms until the save is answered, {} agents"
CPU_ANSWERED = "ms CPU until the save is answered, {} agents"
CPU_DELIVERED = "ms CPU until the save is delivered, {} agents"
FLATNESS = "the save's answer, most agents : fewest"
ALONE_ON = "ms CPU of a save, nobody connected"
ALONE_OFF = "ms CPU of a save, nobody connected, live off"
ADDED = "ms CPU that live adds to a save"
LOG_ANSWERED = "ms until the save is answered, {} events in the log"
LOG_CPU = "ms CPU until the save is delivered, {} events in the log"
LOG_FLATNESS = "the save's CPU, most events in the log : fewest"

FIGURES = (
    *(
        figure
        for agents in AGENTS
        for figure in (
            Figure(
                ANSWERED.format(agents),
                "POST of a ticket into a queue that so many agents serve, all of them connected.",
            ),
            Figure(
                CPU_ANSWERED.format(agents),
                "What the server has spent by then, on this save and on as much of its fan-out.",
            ),
            Figure(CPU_DELIVERED.format(agents), "What it has spent when the last agent has it."),
        )
    ),
    Figure(
        FLATNESS,
        f"The same servers in the same turns, {AGENTS[-1]:,} agents against {AGENTS[0]} (quick:"
        f" {QUICK_AGENTS[-1]}); of another peer the most it was given.",
        at_most(1.3, full_size=True),
    ),
    Figure(ALONE_ON, "One POST of a ticket after the other, no stream open, numbering included."),
    Figure(
        ALONE_OFF,
        "The same with live switched off: only the ticket and its history are written; no content"
        " of an event, no row of the log, no position, no bell.",
    ),
    Figure(ADDED, "The difference of these two, taken in turns.", at_most(2, full_size=True)),
    *(
        figure
        for rows in ROWS
        for figure in (
            Figure(
                LOG_ANSWERED.format(f"{rows:,}"),
                f"POST of a ticket, {READERS} agents connected, on a log of so many rows.",
            ),
            Figure(LOG_CPU.format(f"{rows:,}"), "What the server has spent when all have it."),
        )
    ),
    Figure(
        LOG_FLATNESS,
        f"{ROWS[-1]:,} rows against {ROWS[0]:,} (quick: {QUICK_ROWS[-1]:,}).",
        at_most(1.3, full_size=True),
    ),
)


@dataclass(frozen=True, slots=True)
class Save:
    """In milliseconds."""

    answered: float
    cpu_answered: float
    cpu_delivered: float


def measure(bench: Bench) -> None:
    for number in range(1, bench.rounds + 1):
        bench.say(f"growth: round {number} of {bench.rounds}")
        if OURS in bench.peers:
            _growing_agents(bench, OURS, QUICK_AGENTS if bench.quick else AGENTS)
            _live_switched_off(bench)
        for peer in bench.of(*OTHERS):
            sizes = [size for size in OTHERS[peer] if not bench.quick or size in QUICK_AGENTS]
            _growing_agents(bench, peer, sizes)
    if OURS in bench.peers:
        _growing_log(bench)


def _growing_agents(bench: Bench, peer: Peer, sizes: Collection[int]) -> None:
    sites = [bench.site(peer, agents) for agents in sizes]
    with ExitStack() as stack:
        servers = [_serving(stack, site) for site in sites]
        turns = QUICK_TURNS if bench.quick else TURNS.get(peer, peer.posts)
        by_turn = [[_save(streams) for streams in servers] for _ in range(turns)]
    medians = [_median(saves) for saves in zip(*by_turn, strict=True)]
    for agents, save in zip(sizes, medians, strict=True):
        bench.results.add(ANSWERED.format(agents), peer.name, save.answered)
        bench.results.add(CPU_ANSWERED.format(agents), peer.name, save.cpu_answered)
        bench.results.add(CPU_DELIVERED.format(agents), peer.name, save.cpu_delivered)
        bench.say(f"{peer.name}: a save is answered after {save.answered:.1f} ms, {agents} agents")
    if len(sizes) > 1:
        bench.results.add(FLATNESS, peer.name, medians[-1].answered / medians[0].answered)


def _live_switched_off(bench: Bench) -> None:
    """Pairs of turns: what differs within a pair is live, what differs between pairs the day."""
    with Streams(bench.site(OURS, READERS)) as on, Streams(bench.site(MUTED, READERS)) as off:
        pairs = [(_alone(on), _alone(off)) for _ in range(QUICK_PAIRS if bench.quick else PAIRS)]
    with_live, without = zip(*pairs[1:], strict=True)  # the first one warms up
    bench.results.add(ALONE_ON, OURS.name, median(with_live))
    bench.results.add(ALONE_OFF, OURS.name, median(without))
    bench.results.add(ADDED, OURS.name, median(on - off for on, off in pairs[1:]))


def _alone(streams: Streams) -> float:
    """Milliseconds of CPU for a save, with all that follows it."""
    before = streams.cpu
    for _ in range(ALONE):
        streams.post()
    streams.settle()
    return (streams.cpu - before) / ALONE * 1000


def _growing_log(bench: Bench) -> None:
    """Apart from all other sites, whose logs are short. Fresh servers, for each reads the log."""
    folder = bench.folder / "growing-log"
    folder.mkdir()
    site = Site(OURS, folder, READERS, READERS)
    with site.worker("bench.changes") as changes:
        changes.ask("create", queue=site.wide, changes=1, pause=0)
    sizes, costs = QUICK_ROWS if bench.quick else ROWS, []
    for rows in sizes:
        with site.worker("bench.past") as past:
            past.ask("fill", 300, rows=rows)
        rounds = [_on_that_log(site, bench) for _ in range(bench.rounds)]
        for save in rounds:
            bench.results.add(LOG_ANSWERED.format(f"{rows:,}"), OURS.name, save.answered)
            bench.results.add(LOG_CPU.format(f"{rows:,}"), OURS.name, save.cpu_delivered)
        costs.append(median(save.cpu_delivered for save in rounds))
        bench.say(f"growth: {costs[-1]:.1f} ms CPU for a save, {rows:,} events in the log")
    bench.results.add(LOG_FLATNESS, OURS.name, costs[-1] / costs[0])


def _on_that_log(site: Site, bench: Bench) -> Save:
    with ExitStack() as stack:
        streams = _serving(stack, site)
        turns = QUICK_TURNS if bench.quick else TURNS[OURS]
        return _median([_save(streams) for _ in range(turns)])


def _serving(stack: ExitStack, site: Site) -> Streams:
    """A server of the site with all of its agents connected."""
    streams = stack.enter_context(Streams(site))
    streams.warm_up()
    streams.open(len(site.sessions))
    streams.settle()
    return streams


def _save(streams: Streams) -> Save:
    before, answered = streams.cpu, []

    def post() -> Any:
        answer = streams.post()
        answered.append(streams.cpu)
        return answer

    delivery = streams.deliver(post)
    delivered = streams.cpu
    return Save(
        delivery.answered * 1000, (answered[0] - before) * 1000, (delivered - before) * 1000
    )


def _median(saves: Sequence[Save]) -> Save:
    return Save(
        median(save.answered for save in saves),
        median(save.cpu_answered for save in saves),
        median(save.cpu_delivered for save in saves),
    )
