"""A hundred changes, one right after the other: does each stream get each of them, once?"""

from bench.peers import OURS, OURS_UVICORN, STORING, Peer
from bench.results import Figure, at_most
from bench.streams import Streams
from bench.suite import Bench

CHANGES = 100
STREAMS, QUICK = 1000, 100
PATIENCE = 120  # seconds until what has not arrived counts as missing
AFTERWARDS = 1.0  # second in which nothing more may come
MISSING, SETTLED = "burst: deliveries missing", "burst: seconds to settle"
DOUBLED, CPU = "burst: deliveries too many", "burst: µs CPU per delivery"

_SAYS = f"{CHANGES} POSTs, each sent when the one before is answered, to {STREAMS:,} streams"
FIGURES = (
    Figure(MISSING, f"{_SAYS}: {CHANGES * STREAMS:,} deliveries are due (--quick: {QUICK} "
           "streams); who stores its events is left out, for it takes minutes.", at_most(0)),
    Figure(DOUBLED, "More than are due, until a second after the last.", at_most(0)),
    Figure(SETTLED, "From before the first POST until the last delivery; where some are missing, "
           "until no more came."),
    Figure(CPU, "The server's CPU for that, the hundred saves included."),
)  # fmt: skip


def measure(bench: Bench) -> None:
    for _ in range(bench.rounds):
        for peer in bench.peers:
            if peer is not STORING:
                _measure(bench, peer, QUICK if bench.quick else STREAMS)


def _measure(bench: Bench, peer: Peer, agents: int) -> None:
    with bench.streams(peer, agents) as streams:
        streams.open(agents)
        before = streams.cpu
        burst = streams.deliver(lambda: _post(streams), events=CHANGES, stamped=True,
                                patience=PATIENCE, may_lose=True)  # fmt: skip
        spent = streams.cpu - before
        later = streams.deliver(lambda: None, events=CHANGES, patience=AFTERWARDS, may_lose=True)
    delivered, due = burst.delivered + later.delivered, CHANGES * agents
    missing = burst.missing  # per stream: too many at one never make up for too few at another
    doubled = delivered - due + missing
    settled = max(burst.stamps) - burst.began
    for figure, value in (
        (MISSING, missing), (DOUBLED, doubled), (SETTLED, settled),
        (CPU, spent / burst.delivered * 1e6),
    ):  # fmt: skip
        bench.results.add(figure, peer.name, value)
    bench.say(f"{peer.name}: {delivered:,} of {due:,} deliveries within {settled:.1f} s")
    if peer in (OURS, OURS_UVICORN) and (missing or doubled):
        raise RuntimeError(f"{peer.name}: {missing} deliveries missing, {doubled} too many")


def _post(streams: Streams) -> None:
    for _ in range(CHANGES):
        streams.post()
