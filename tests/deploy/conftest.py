"""Everything in this folder runs the files of deploy/ on real servers."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.deploy.fronts import Apache, Caddy, Front, Haproxy, Nginx
from tests.deploy.production import Installation, Process
from tests.harness.temporary import folder


@pytest.fixture(scope="package")
def place() -> Path:
    """A folder that the servers' own users may read; gone at the end of the run."""
    place = folder / "deploy"
    place.mkdir()
    return place


@pytest.fixture(scope="package")
def installation(place: Path, site_database: str) -> Installation:
    return Installation(place, site_database, LIVE_HEARTBEAT_SECONDS="1", LIVE_POLL_SECONDS="0.5")


@pytest.fixture(scope="package")
def processes(installation: Installation) -> Iterator[list[Process]]:
    """Two of them, running."""
    with ExitStack() as stack:
        yield [stack.enter_context(Process(installation)) for _ in range(2)]


@pytest.fixture(scope="package")
def fronts(
    place: Path, processes: list[Process], installation: Installation
) -> Iterator[dict[type[Front], Front]]:
    """All of them at once, in front of the same two processes."""
    ports = [process.port for process in processes]
    with ExitStack() as stack:
        yield {
            kind: stack.enter_context(kind(place / kind.__name__, ports, installation.static))
            for kind in (Nginx, Caddy, Haproxy, Apache)
        }
