"""This replays a help desk's log while agents with different rights follow the stream.

Each agent loads the list once and applies events to it, from two servers in turn, cut off and
resumed at random; meanwhile tickets are moved, assigned and deleted as well. In the end the tickets
that each agent has must equal those of the database, one by one, and no event may have come twice.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.worker import Worker
from tests.harness.databases import Postgres
from tests.harness.follower import Follower
from tests.harness.processes import ROOT
from tests.harness.servers import Daphne
from tests.harness.temporary import folder

AGENTS = ("alice", "bob", "carol", "dave", "admin")
PAUSE = 0.05  # seconds between two changes that the replay does not make
PATIENCE = 60  # seconds for the last event to arrive


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an agent was told, held against the database and its log."""

    agent: str
    began_with: int  # tickets on the page
    events: int
    breaks: int
    refused: int  # streams answered with an error, and opened again
    tickets: int  # in the database, for this agent
    wrong: int  # tickets that differ, lack, or should not be there
    missed: int  # events
    uncalled: int  # events that were not for this agent
    twice: int
    late: int
    resets: int
    error: str

    @property
    def is_right(self) -> bool:
        faults = (self.wrong, self.missed, self.uncalled, self.twice, self.late, self.resets)
        return not any(faults) and not self.error


def judge(agent: str, follower: Follower, truth: dict[str, Any]) -> Verdict:
    tickets = {int(number): ticket for number, ticket in truth["tickets"].items()}
    due = set(truth["positions"])
    numbers = tickets.keys() | follower.tickets.keys()
    return Verdict(
        agent=agent,
        began_with=follower.began_with,
        events=follower.told.total(),
        breaks=follower.breaks,
        refused=follower.refused,
        tickets=len(tickets),
        wrong=sum(tickets.get(number) != follower.tickets.get(number) for number in numbers),
        missed=len(due - follower.told.keys()),
        uncalled=len(follower.told.keys() - due),
        twice=sum(times - 1 for times in follower.told.values()),
        late=len(follower.late),
        resets=follower.resets,
        error=follower.error,
    )


def follow_replay(
    log: Path, database_url: str, agents: Sequence[str], *, breaks_every: int
) -> list[Verdict]:
    """Replay the log on that database, and judge what each of the agents was told."""
    environment = {
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "ticketsystem.settings",
    }
    with ExitStack() as stack:
        desk = stack.enter_context(Worker("bench.desk", environment))
        made = desk.ask("make", 120)
        urls = [stack.enter_context(Daphne(database_url)).url for _ in range(2)]
        followers = {
            agent: Follower(urls, made["sessions"][agent], breaks_every=breaks_every, seed=agent)
            for agent in agents
        }
        for follower in followers.values():
            follower.load_page()
        with _following(followers.values()):
            _replay(log, made["queues"], environment, desk)
            head, until = desk.ask("end"), time.monotonic() + PATIENCE
            for follower in followers.values():
                follower.wait_until_served(head, max(0, until - time.monotonic()))
        return [
            judge(agent, follower, desk.ask("truth", 120, agent=agent, after=follower.began_at))
            for agent, follower in followers.items()
        ]


@contextmanager
def _following(followers: Collection[Follower]) -> Iterator[None]:
    for follower in followers:
        follower.start()
    try:
        yield
    finally:
        for follower in followers:
            follower.stop()


def _replay(log: Path, queues: list[str], environment: dict[str, str], desk: Worker) -> None:
    """Replay in a process of its own, and stir the desk meanwhile."""
    command = [sys.executable, "manage.py", "replay", str(log.resolve()), "--queues", *queues]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}) as replay:
        try:
            status = _stir_until_it_ends(replay, desk)
        finally:
            replay.kill()
    if status != 0:
        raise RuntimeError(f"The replay ended with exit status {status}.")


def _stir_until_it_ends(replay: subprocess.Popen[bytes], desk: Worker) -> int:
    changes = 0
    while True:
        try:
            return replay.wait(PAUSE)
        except subprocess.TimeoutExpired:
            desk.ask("stir", seed=changes)
            changes += 1


def table(verdicts: list[Verdict]) -> str:
    columns = [name.replace("_", " ") for name in Verdict.__slots__]
    cells = ([str(getattr(verdict, name)) for name in Verdict.__slots__] for verdict in verdicts)
    rows = [columns, *cells]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.follow_replay", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status 1: an agent was told something wrong, twice, or not at all.",
    )  # fmt: skip
    parser.add_argument("log", type=Path, metavar="LOG.csv")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--agents", nargs="+", choices=AGENTS, default=AGENTS, metavar="NAME",
                        help="who follows: %(choices)s (all)")  # fmt: skip
    options = parser.parse_args()
    try:
        with _database(options.database) as url:
            verdicts = follow_replay(options.log, url, options.agents, breaks_every=500)
    except RuntimeError as error:
        sys.exit(f"{error}")
    print(table(verdicts))
    return 0 if all(verdict.is_right for verdict in verdicts) else 1


@contextmanager
def _database(kind: str) -> Iterator[str]:
    """The URL of a database that lasts as long as this run."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'followed.sqlite3'}"
    else:
        with Postgres(folder / "followed") as postgres:
            yield postgres.url


if __name__ == "__main__":
    sys.exit(main())
