"""What a figure is given: a folder, the peers, their databases, and where its samples go."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.peers import Peer
from bench.results import Figure, Results
from bench.servers import Site

Said = Callable[[str], None]


@dataclass
class Bench:
    folder: Path  # gone after the run
    results: Results
    say: Said
    quick: bool
    rounds: int  # of fresh servers
    peers: tuple[Peer, ...]  # the chosen ones
    _sites: dict[tuple[str, int, int], Site] = field(default_factory=dict)

    def site(self, peer: Peer, agents: int, near: int | None = None) -> Site:
        """The peer's database with so many agents, `near` of them in a queue apart; made once."""
        key = (peer.name, agents, agents if near is None else near)
        if key not in self._sites:
            below = self.folder / "-".join(map(str, key))
            below.mkdir()
            self.say(f"{peer.name}: {agents:,} agents are made")
            self._sites[key] = Site(peer, below, agents, key[2])
        return self._sites[key]

    def fresh_site(self, peer: Peer, agents: int) -> Site:
        """One whose agents never had a stream."""
        below = Path(tempfile.mkdtemp(prefix=f"{peer.name}-", dir=self.folder))
        return Site(peer, below, agents, agents)

    def of(self, *wanted: Peer) -> tuple[Peer, ...]:
        """Those of them that were chosen."""
        return tuple(peer for peer in wanted if peer in self.peers)


class Measured(Protocol):
    """A module of bench/figures."""

    __name__: str

    @property
    def FIGURES(self) -> tuple[Figure, ...]: ...  # noqa: N802

    def measure(self, bench: Bench) -> None: ...
