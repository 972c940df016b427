"""`manage.py replay`: nothing from a bad log, each row of a good one once, whenever it stops."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from live.models import Event
from tests.harness.processes import ROOT
from tickets.bookkeeping import ReplayedCase
from tickets.management.commands import replay as command
from tickets.models import Change, Comment, Queue, Ticket
from tickets.replay import ACTIVITIES, Replay, read_log

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "case_id,activity,timestamp\n"
LOG = (
    HEADER
    + """\
7,Insert ticket,2010-01-02 08:00:00
7,Assign seriousness,2010-01-02 08:01:00
8,Take in charge ticket,2010-01-02 08:02:00
7,Take in charge ticket,2010-01-02 08:03:00
8,Wait,2010-01-02 08:04:00
9,Closed,2010-01-02 08:05:00
7,Resolve ticket,2010-01-02 08:06:00
8,Create SW anomaly,2010-01-02 08:07:00
7,Closed,2010-01-02 08:08:00
"""
)
ROWS = 9


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def billing(alice: User) -> Queue:
    queue = Queue.objects.create(name="Billing")
    queue.agents.add(alice)
    return queue


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


def replayed(case: str) -> Ticket:
    ticket = ReplayedCase.objects.get(case=case).ticket
    assert ticket is not None
    return ticket


def state() -> list[Any]:
    fields = ("queue__name", "assignee__username", "status", "priority", "version")
    ticket = (f"ticket__{field}" for field in fields)
    return list(ReplayedCase.objects.order_by("case").values_list("case", "rows", *ticket))


def stop_after(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while that row is under way."""
    perform = Replay.perform
    left = iter(range(rows - 1, -1, -1))

    def interrupted(self: Replay, row: Any) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGINT)
        perform(self, row)

    monkeypatch.setattr(Replay, "perform", interrupted)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "header and one row"),
        (HEADER.encode(), "has no rows"),
        (b"case,activity,timestamp\n", "row 1: the header must name the column case_id"),
        (b"case_id;activity;timestamp\n", "separated by commas"),
        (HEADER.encode() + b"1,Closed\n", "row 2 has 2 fields: it must have 3"),
        (HEADER.encode() + b",Closed,2010-01-02\n", "row 2, column case_id"),
        (HEADER.encode() + b"1\x00,Closed,2010-01-02\n", "row 2, column case_id"),
        (HEADER.encode() + b"1,Closed,yesterday\n", "row 2, column timestamp: 'yesterday'"),
        (HEADER.encode() + b"1,Closed,2010-01-02\n1,Explode,2010-01-02\n",
         "row 3, column activity: 'Explode' is not known; known are Insert ticket"),
        (HEADER.encode() + b'1,"Closed,2010-01-02\n', "row 2: unexpected end of data"),
        (HEADER.encode() + b"1,Closed,2010-01-02\n\xe9,Closed,2010-01-02\n", "is not UTF-8"),
    ],
)  # fmt: skip
def test_a_malformed_log_is_refused_by_row_and_column_and_nothing_is_written(
    content: bytes, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        call_command("replay", path)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)
    for model in (Queue, Ticket, ReplayedCase, Event):
        assert not model._default_manager.exists()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be read \(No such file"):
        call_command("replay", tmp_path / "none.csv")
    with pytest.raises(CommandError, match=r"cannot be read \(Is a directory"):
        call_command("replay", tmp_path)


def test_an_unknown_queue_is_refused(log: Path, billing: Queue) -> None:
    with pytest.raises(CommandError, match="no queue 'Nowhere': there are Billing"):
        call_command("replay", log, "--queues", "Billing", "Nowhere")
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "fast"])
def test_a_speed_is_a_number_above_0(log: Path, speed: str) -> None:
    with pytest.raises(CommandError, match="must be a number above 0"):
        call_command("replay", log, f"--speed={speed}")


def test_each_case_ends_as_its_last_row_says(log: Path, billing: Queue, alice: User) -> None:
    call_command("replay", log)
    by_case = {case: replayed(case) for case in "789"}
    assert {case: one.status for case, one in by_case.items()} == {
        "7": "closed", "8": "pending", "9": "closed",
    }  # fmt: skip
    assert by_case["7"].assignee == by_case["8"].assignee == alice
    assert by_case["9"].assignee is None  # nobody took it in charge
    assert Ticket.objects.count() == 3


def test_changes_appear_as_in_real_life(log: Path, billing: Queue) -> None:
    call_command("replay", log)
    case = replayed("8")
    steps = case.history.filter(field="status").values_list("old", "new", "actor_name")
    assert list(steps) == [("new", "open", "alice"), ("open", "pending", "alice")]
    note = case.comments.get()
    assert note.internal
    assert "defect" in note.body
    created = Event.objects.filter(name="ticket.created", audience__contains=f"queue:{billing.pk}")
    assert created.count() == 3


def test_every_known_activity_can_begin_a_case(tmp_path: Path, billing: Queue) -> None:
    path = tmp_path / "all.csv"
    path.write_text(HEADER + "".join(f"{one},{one},2010-01-02 08:00\n" for one in ACTIVITIES))
    call_command("replay", path)
    for name, activity in ACTIVITIES.items():
        ticket = replayed(name)
        assert ticket.status == (activity.status or "new")
        assert ticket.comments.count() == bool(activity.note or activity.heard)


def test_rows_are_replayed_in_the_order_of_time(tmp_path: Path, billing: Queue) -> None:
    path = tmp_path / "by_case.csv"
    path.write_text(HEADER + "1,Closed,2010-01-03\n1,Wait,2010-01-02\n")
    call_command("replay", path)
    assert replayed("1").status == "closed"


def test_without_queues_three_are_made(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("replay", log)
    assert [queue.name for queue in Queue.objects.all()] == ["Replay 1", "Replay 2", "Replay 3"]
    assert "No active agent serves Replay 1" in capsys.readouterr().out
    assert replayed("7").assignee is None


def test_only_the_named_queues_get_tickets(log: Path, billing: Queue) -> None:
    Queue.objects.create(name="Network")
    call_command("replay", log, "--queues", "Billing")
    assert {ticket.queue for ticket in Ticket.objects.all()} == {billing}


def test_an_inactive_agent_takes_nothing(log: Path, billing: Queue, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    call_command("replay", log)
    assert not Ticket.objects.filter(assignee=alice).exists()


@pytest.mark.parametrize("rows", [1, 4, ROWS - 1])
def test_ctrl_c_finishes_the_row_and_the_next_run_goes_on_after_it(
    rows: int, log: Path, billing: Queue, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with monkeypatch.context() as patched:
        stop_after(rows, patched)
        with pytest.raises(SystemExit) as stopped:
            call_command("replay", log)
    assert stopped.value.code == command.STOPPED
    said = capsys.readouterr().out
    assert f"Stopped after {rows} of {ROWS} rows; the same command goes on" in said

    call_command("replay", log)
    at_two_goes = state(), Change.objects.count(), Comment.objects.count(), Event.objects.count()
    assert f"Going on after row {rows}" in capsys.readouterr().out
    replay_afresh(log)
    assert at_two_goes[0] == state()
    assert [2 * count for count in at_two_goes[1:3]] == [
        Change.objects.count(), Comment.objects.count(),
    ]  # fmt: skip


def replay_afresh(log: Path) -> None:
    """The same log again, as if it had never been."""
    ReplayedCase.objects.all().delete()
    call_command("replay", log)


def test_a_replayed_log_is_not_replayed_again_whatever_its_name(
    log: Path, billing: Queue, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("replay", log)
    events = Event.objects.count()
    call_command("replay", log.rename(log.with_name("renamed.csv")))
    assert Event.objects.count() == events
    assert f"all {ROWS} rows are replayed already" in capsys.readouterr().out


def test_a_row_that_fails_is_neither_done_nor_counted(
    log: Path, billing: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("tickets.replay.editing.edit_any", boom)  # after the ticket is created
        with pytest.raises(ZeroDivisionError):
            call_command("replay", log)
    assert not Ticket.objects.exists()
    assert not ReplayedCase.objects.exists()
    assert not Event.objects.filter(name__startswith="ticket").exists()


def boom(*args: Any, **kwargs: Any) -> None:
    raise ZeroDivisionError


def test_a_second_replay_at_the_same_time_is_refused(
    log: Path, billing: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = Replay.perform

    def twice(self: Replay, row: Any) -> None:
        perform(self, row)
        perform(self, row)

    monkeypatch.setattr(Replay, "perform", twice)
    with pytest.raises(CommandError, match="only one may at a time"):
        call_command("replay", log)
    assert Ticket.objects.count() == 1


def test_a_ticket_deleted_meanwhile_stays_deleted(
    log: Path, billing: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        stop_after(3, patched)
        with pytest.raises(SystemExit):
            call_command("replay", log)
    replayed("7").delete()
    call_command("replay", log)
    assert sorted(Ticket.objects.values_list("subject", flat=True)) == ["Case 8", "Case 9"]


def test_speed_keeps_the_distances_in_time(
    log: Path, billing: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        now = 1000.0

        def monotonic(self) -> float:
            return self.now

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            Clock.now += max(timeout, 0)
            return False

    monkeypatch.setattr(command, "time", Clock())
    rows = read_log(log).rows
    came = [Clock.now - 1000 for _ in command._paced(rows, 60, Stop())]
    assert came == pytest.approx([0, 1, 2, 3, 4, 5, 6, 7, 8])


def test_ctrl_c_while_waiting_stops_at_once(log: Path, billing: Queue, settings: Any) -> None:
    """A process of its own, for the signal to reach a sleeping main thread."""
    url = f"sqlite:///{settings.DATABASES['default']['NAME']}"
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
        pytest.skip("the signal handling is the same on every database")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "replay", str(log), "--speed", "0.001", "--skip-checks"],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": url, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for_first_row()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == command.STOPPED
    assert f"Stopped after 1 of {ROWS} rows" in said


def wait_for_first_row() -> None:
    deadline = time.monotonic() + 40
    while not ReplayedCase.objects.filter(rows=1).exists():
        assert time.monotonic() < deadline, "the replay does not begin"
        time.sleep(0.05)
