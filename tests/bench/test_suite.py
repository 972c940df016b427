"""The suite judges what it promises, and shows what it measured; nothing is measured here."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import bench
from bench import plots, readme
from bench.clients import Client, WebSocket
from bench.figures import MODULES
from bench.peers import FLOOR, OURS, PEERS, STORING
from bench.report import LATEST, Report
from bench.results import Figure, Goal, Results, at_least, at_most, times
from bench.suite import Bench
from bench.table import table
from tests.harness.processes import ROOT

ALL = [figure for module in MODULES for figure in module.FIGURES]


def results(*figures: Figure, full_size: bool = True) -> Results:
    return Results.of(figures, full_size=full_size)


def one(goal: Goal | tuple[Goal, ...] = ()) -> Figure:
    return Figure("ms of this", "What this costs.", goal)


@pytest.mark.parametrize(
    ("goal", "ours", "met"),
    [
        (at_most(5), 5, True),
        (at_most(5), 6, False),
        (at_least(5), 5, True),
        (at_least(5), 4, False),
        (times(1.5, FLOOR.name), 3, True),
        (times(1.5, FLOOR.name), 3.1, False),
        (times(1 / 30, STORING.name), 1, None),  # was not measured
        (at_most(1, who=FLOOR.name), 0, False),
    ],
)
def test_a_goal_is_held_against_medians(goal: Goal, ours: float, met: bool | None) -> None:
    figure = one(goal)
    found = results(figure)
    for value in (ours, ours - 100, ours + 100):
        found.add(figure.name, OURS.name, value)
    found.add(figure.name, FLOOR.name, 2)
    assert found.is_met(figure, goal) is met
    assert (found.missed() == []) is (met is not False)


def test_a_goal_may_look_at_another_figure() -> None:
    rest = Figure("ms at rest", "Before.")
    above, twice = at_most(50, above=rest.name), times(2, OURS.name, figure=rest.name)
    figure = one((above, twice))
    found = results(rest, figure)
    found.add(rest.name, OURS.name, 10)
    found.add(figure.name, OURS.name, 60)
    assert (found.is_met(figure, above), found.is_met(figure, twice)) == (True, False)


def test_what_holds_at_full_size_only_is_not_judged_in_a_quick_run() -> None:
    figure = one(at_most(1, full_size=True))
    found = results(figure, full_size=False)
    found.add(figure.name, OURS.name, 2)
    assert found.missed() == []
    assert "not judged" in table(found)


def test_an_unknown_figure_is_refused() -> None:
    with pytest.raises(ValueError, match="declares"):
        results(one()).add("ms of that", OURS.name, 1)


def test_the_table_shows_median_spread_runs_goals_and_ratios() -> None:
    figure = one((at_most(5), at_most(3)))
    found = results(figure)
    for value in (9, 4, 2):
        found.add(figure.name, OURS.name, value)
    found.add(figure.name, FLOOR.name, 16)
    shown = table(found)
    assert "4 (2–9)" in shown
    assert "≤ 5 met; ≤ 3 MISSED" in shown
    assert "1 : 4.0" in shown
    assert "ms of this: What this costs." in shown


def test_each_figure_says_what_it_is_and_has_a_name_of_its_own() -> None:
    assert [figure.name for figure in ALL if not figure.says.endswith(".")] == []
    assert len({figure.name for figure in ALL}) == len(ALL)


def test_each_goal_is_of_a_peer_and_a_figure_that_exist() -> None:
    named, peers = {figure.name for figure in ALL}, {peer.name for peer in PEERS}
    for figure in ALL:
        for goal in figure.goals:
            assert {goal.who, goal.peer or goal.who} <= peers, figure.name
            assert {goal.figure, goal.above} - {""} <= named, figure.name


def test_each_goal_is_judged_once_all_is_measured() -> None:
    found = results(*ALL)
    for figure in ALL:
        for peer in PEERS:
            found.add(figure.name, peer.name, 1)
    assert [
        figure.name for figure in ALL for goal in figure.goals if found.is_met(figure, goal) is None
    ] == []


class Failing:
    __name__ = "bench.figures.failing"
    FIGURES = (one(),)

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def measure(self, bench: Bench) -> None:
        bench.results.add(self.FIGURES[0].name, OURS.name, 7)
        raise self.error


@pytest.mark.parametrize(
    ("error", "goes_on"), [(RuntimeError("lost"), True), (KeyboardInterrupt(), False)]
)
def test_what_was_measured_before_a_failure_is_written(
    tmp_path: Path, error: BaseException, goes_on: bool
) -> None:
    options = argparse.Namespace(quick=True, rounds=1, json=tmp_path / "latest.json")
    found = results(one(), full_size=False)
    report = Report(found, options, skipped=[])
    bench = Bench(tmp_path, found, report.say, True, 1, PEERS)
    assert report.measure(Failing(error), bench) is goes_on
    report.write()
    written = json.loads(options.json.read_text())
    assert written["figures"]["ms of this"]["peers"]["ours"]["median"] == 7
    assert list(written["failures"]) == ["failing"]


def test_plots_are_well_formed_and_titled(tmp_path: Path) -> None:
    found = results(*ALL)
    for figure in ALL:
        for number, peer in enumerate(PEERS, 1):
            found.add(figure.name, peer.name, 10 * number)
    report = {"options": {"quick": False}, "figures": found.as_json()}
    plots.draw(report, tmp_path)
    drawn = [path.name for path in tmp_path.glob("*.svg")]
    assert set(drawn) == set(plots.PLOTS)
    for name in drawn:
        root = ElementTree.fromstring((tmp_path / name).read_text())
        tags = [child.tag.rpartition("}")[2] for child in root]
        assert tags[:3] == ["title", "desc", "style"], name


def test_a_plot_without_figures_does_not_stay(tmp_path: Path) -> None:
    (tmp_path / "latency.svg").write_text("of an earlier run")
    plots.draw({"options": {"quick": False}, "figures": {}}, tmp_path)
    assert not (tmp_path / "latency.svg").exists()


def test_the_readme_shows_the_committed_run_and_no_other() -> None:
    report: dict[str, Any] = json.loads(LATEST.read_text())
    assert readme.written() == readme.section(report)
    pictures = {path.name: path.read_text() for path in LATEST.parent.glob("*.svg")}
    assert pictures == {name: str(canvas) for name, canvas in plots.drawn(report).items()}


class Wire:
    """A socket that gives what a server sends, cut as told."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.sent = b""

    def recv(self, size: int) -> bytes:
        return self.pieces.pop(0)

    def sendall(self, data: bytes) -> None:
        self.sent += data


def test_events_are_counted_however_the_bytes_are_cut() -> None:
    stream = (
        b"HTTP/1.1 200 OK\r\n\r\nid: 3\nevent: connected\ndata: {}\n\n"
        b"id: 4\nevent: ticket.created\ndata: {}\n\nid: 5\nevent: ticket.created\ndata: {}\n\n"
    )
    for cut in range(1, len(stream)):
        wire: Any = Wire(stream[:cut], stream[cut:])
        client = Client(wire, b"event: ticket.created", b"event:")
        assert (client.read() + client.read(), client.events) == (2, 2), cut
        assert client.last_id == "5", cut


def test_a_websocket_counts_frames_and_answers_pings() -> None:
    event = b'{"event": "ticket.created", "ticket": {"subject": "' + b"x" * 120 + b'"}}'
    frames = b"\x81~" + len(event).to_bytes(2, "big") + event
    stream = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + frames + b"\x89\x04ping" + frames
    for cut in range(1, len(stream)):
        wire: Any = Wire(stream[:cut], stream[cut:])
        client = WebSocket(wire, b'"event": "ticket.created"', b"HTTP/1.1 101")
        assert client.read() + client.read() == 2, cut
        assert wire.sent == b"\x8a\x84\0\0\0\0ping", cut


def test_a_stream_that_is_refused_fails() -> None:
    wire: Any = Wire(b'HTTP/1.1 401 Unauthorized\r\n\r\n{"error": "Sign in first"}')
    with pytest.raises(ConnectionError, match="refused"):
        Client(wire, b"event: ticket.created", b"event:").read()


def test_it_starts_with_the_packages_of_its_own_requirements_alone() -> None:
    """`make bench` installs no pytest and no httpx."""
    modules = sorted(path.stem for path in Path(bench.__file__).parent.glob("*.py"))
    code = "import sys\nsys.modules['pytest'] = sys.modules['httpx'] = None\n" + "\n".join(
        f"import bench.{module}" for module in modules if module != "__init__"
    )
    settings = {"DJANGO_SETTINGS_MODULE": "ticketsystem.settings"}
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **settings}, timeout=60,
        check=True,
    )  # fmt: skip
