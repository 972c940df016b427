"""The replay of a log, followed by agents with different rights through cuts and two servers.

The same on a whole help desk's log: `python -m bench.follow_replay LOG.csv`.
"""

import csv
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bench.follow_replay import AGENTS, follow_replay, judge, table
from tests.harness.follower import Follower
from tickets.replay import ACTIVITIES

CASES = 30
ROWS = 150


def test_what_each_agent_was_told_equals_the_database_and_nothing_came_twice(
    site_database: str, tmp_path: Path
) -> None:
    log = tmp_path / "invented.csv"
    write_log(log)
    verdicts = follow_replay(log, site_database, AGENTS, breaks_every=10)
    assert all(verdict.is_right for verdict in verdicts), f"\n{table(verdicts)}"
    # Else nothing was tried.
    assert all(verdict.began_with for verdict in verdicts), f"\n{table(verdicts)}"
    assert sum(verdict.events for verdict in verdicts) > ROWS, f"\n{table(verdicts)}"
    assert sum(verdict.breaks for verdict in verdicts) >= 10, f"\n{table(verdicts)}"
    assert len({verdict.events for verdict in verdicts}) > 1, "all were told the same"


def test_whatever_an_agent_has_wrong_is_found() -> None:
    truth = {"tickets": {"1": {"version": 3}, "2": {"version": 1}}, "positions": [7, 8, 9]}
    follower = Follower(["http://127.0.0.1:1"], "none", breaks_every=1, seed="")
    follower.tickets = {1: {"version": 3}, 2: {"version": 1}}
    follower.told = Counter([7, 8, 9])
    assert judge("alice", follower, truth).is_right

    follower.tickets = {1: {"version": 2}, 3: {"version": 1}}  # old; lacking; not theirs
    assert judge("alice", follower, truth).wrong == 3
    follower.told = Counter([8, 8, 9, 10])
    verdict = judge("alice", follower, truth)
    assert (verdict.missed, verdict.uncalled, verdict.twice) == (1, 1, 1)


def write_log(path: Path) -> None:
    dice, at = Random(5), datetime(2010, 1, 2, 8)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["case_id", "activity", "timestamp"])
        for _ in range(ROWS):
            at += timedelta(minutes=dice.randint(0, 90))
            rows.writerow([dice.randint(1, CASES), dice.choice(list(ACTIVITIES)), at])
