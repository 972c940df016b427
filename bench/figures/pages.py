"""Other pages while an event goes out to thousands: does the fan-out let them through?"""

import time
from collections import defaultdict

from bench.peers import OURS
from bench.percentiles import percentile
from bench.results import Figure, at_most
from bench.streams import Streams
from bench.suite import Bench
from bench.worker import Worker

STREAMS, QUICK_STREAMS = 4_000, 200
CHANGES, QUICK_CHANGES = 80, 10  # fan-outs
REST = 0.5  # seconds between two of them
SETTLED = 0.1  # seconds until the rest begins
TICKETS = 60  # so that the board and the list are as long as they get

AT_REST = "pages: ms until {} is answered, p99 at rest"
MEANWHILE = "pages: ms until {} is answered, p99 during fan-outs"
PAGES = {
    "the board": "/",
    "a ticket": "/tickets/{ticket}/",
    "the list": "/api/tickets/",
    "/healthz": "/healthz",
}

FIGURES = tuple(
    figure
    for page in PAGES
    for figure in (
        Figure(
            AT_REST.format(page),
            f"One visitor, page after page without a pause, with {STREAMS:,} streams open (quick:"
            f" {QUICK_STREAMS}) and nothing to tell them.",
        ),
        Figure(
            MEANWHILE.format(page),
            "The same visitor; only what was under way while an event went out to all streams,"
            " from the POST by another process to the last client.",
            at_most(50, above=AT_REST.format(page)),
        ),
    )
)

Span = tuple[float, float]


def measure(bench: Bench) -> None:
    if OURS not in bench.peers:
        return
    for _ in range(bench.rounds):
        for figure, waits in _one_round(bench).items():
            bench.results.add(figure, OURS.name, percentile(waits, 99))


def _one_round(bench: Bench) -> dict[str, list[float]]:
    """Milliseconds of each visit, by figure."""
    site = bench.site(OURS, QUICK_STREAMS if bench.quick else STREAMS)
    with Streams(site) as streams, Worker("bench.visitor") as visitor:
        ticket = [streams.post()["id"] for _ in range(TICKETS)][-1]
        paths = {path.format(ticket=ticket): page for page, path in PAGES.items()}
        streams.open(len(site.sessions))
        streams.settle()
        visitor.ask("start", port=streams.server.port, sessions=site.sessions[:1],
                    pages=list(paths))  # fmt: skip
        resting, busy = _fan_out(streams, QUICK_CHANGES if bench.quick else CHANGES)
        visits = visitor.ask("stop", 60)
    found = defaultdict(list)
    for path, began, seconds, status in visits:
        if status != 200:
            raise RuntimeError(f"{path} was answered {status}")
        if any(start <= began and began + seconds <= end for start, end in resting):
            found[AT_REST.format(paths[path])].append(seconds * 1000)
        if any(start <= began + seconds and began <= end for start, end in busy):
            found[MEANWHILE.format(paths[path])].append(seconds * 1000)
    counts = sorted(map(len, found.values()))
    bench.say(f"pages: {counts[0]} to {counts[-1]} visits of each page, at rest and meanwhile")
    return found


def _fan_out(streams: Streams, changes: int) -> tuple[list[Span], list[Span]]:
    """When nothing went on, and when an event was on its way."""
    resting, busy = [], []
    for _ in range(changes):
        rest_from = time.monotonic() + SETTLED
        time.sleep(SETTLED + REST)
        delivery = streams.deliver(streams.post)
        resting.append((rest_from, delivery.began))
        busy.append((delivery.began, delivery.began + delivery.last))
    return resting[1:], busy[1:]  # the first turn warms up
