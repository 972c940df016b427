"""A figure is given a folder, the peers, their databases, and a place for its samples."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.peers import Peer
from bench.results import Figure, Results
from bench.servers import Site
from bench.streams import Streams

Said = Callable[[str], None]


@dataclass
class Bench:
    folder: Path  # gone after the run
    results: Results
    say: Said
    quick: bool
    rounds: int  # of fresh servers
    chosen: tuple[Peer, ...]  # those of the peers that are measured
    _kept: dict[tuple[str, int], tuple[Streams, ExitStack]] = field(default_factory=dict)
    _sites: dict[tuple[str, int, int], Site] = field(default_factory=dict)

    @property
    def peers(self) -> tuple[Peer, ...]:
        """The chosen ones that can be measured beside all others, on SQLite."""
        return tuple(peer for peer in self.chosen if peer.database == "SQLite")

    def site(self, peer: Peer, agents: int, near: int | None = None) -> Site:
        """The peer's database with so many agents, `near` of them in a queue apart; it is made
        once."""
        key = (peer.name, agents, agents if near is None else near)
        if key not in self._sites:
            below = self.folder / "-".join(map(str, key))
            below.mkdir()
            self.say(f"{peer.name}: {agents:,} agents are made")
            self._sites[key] = Site(peer, below, agents, key[2])
        return self._sites[key]

    def fresh_site(self, peer: Peer, agents: int) -> Site:
        """A site whose agents never had a stream."""
        below = Path(tempfile.mkdtemp(prefix=f"{peer.name}-", dir=self.folder))
        return Site(peer, below, agents, agents)

    @contextmanager
    def streams(self, peer: Peer, agents: int) -> Iterator[Streams]:
        """A fresh server, warm and without a stream; a quick run takes the server of the last
        figure."""
        with ExitStack() as stack:
            streams = self._running(peer, agents, stack)
            yield streams
            if self.quick:  # not reached by a figure that failed: who knows how it left the server
                streams.close()
                streams.settle()
                self._kept[peer.name, agents] = streams, stack.pop_all()

    def end(self) -> None:
        """Stop the servers that are kept between figures."""
        for _, up in self._kept.values():
            up.close()

    def _running(self, peer: Peer, agents: int, stack: ExitStack) -> Streams:
        if kept := self._kept.pop((peer.name, agents), None):
            streams, up = kept
            stack.enter_context(up)
        else:
            streams = stack.enter_context(Streams(self.site(peer, agents)))
            streams.warm_up()
        return streams

    def of(self, *wanted: Peer) -> tuple[Peer, ...]:
        """Those of the wanted peers that were chosen for this run."""
        return tuple(peer for peer in wanted if peer in self.chosen)


class Measured(Protocol):
    """A module of bench/figures."""

    __name__: str

    @property
    def FIGURES(self) -> tuple[Figure, ...]: ...  # noqa: N802

    def measure(self, bench: Bench) -> None: ...
