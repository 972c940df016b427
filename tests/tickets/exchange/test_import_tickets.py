"""`manage.py import_tickets`: nothing from a bad table, each ticket of a good one once, whenever it
stops."""

import codecs
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult

from live.models import Event
from tests.harness.people import agent
from tests.harness.processes import ROOT
from tickets.exchange import importing, reading
from tickets.exchange.models import ImportedTicket
from tickets.models import Change, Notice, Queue, Ticket
from tickets.notices.due import tell_due
from tickets.search import mentioning, remember
from tickets.tagging import tagged
from tickets.webhooks.models import Delivery, Webhook

pytestmark = pytest.mark.django_db(transaction=True)

KILLED = 2000  # rows of an import that does not come to its end
URL = "https://example.com/"
HEADER = (
    "id,subject,queue,status,priority,assignee,description,requester_name,requester_email,"
    "created_at,due_at\n"
)
ROWS = (
    'A-1,Printer on fire,Billing,open,urgent,alice,"It burns, again.\nReally.",Rosa,'
    "rosa@example.com,2024-05-06 07:08:09,2024-06-01\n"
    'A-2,"Says ""no""",network,CLOSED,,,,,,2023-01-02T03:04:05+02:00,\n'
    "A-3,Just a subject,Billing,,,,,,,,\n"
)


@pytest.fixture
def alice(billing: Queue) -> User:
    return agent("alice", billing)


@pytest.fixture
def table(tmp_path: Path, billing: Queue, network: Queue, alice: User) -> Path:
    return written(tmp_path, HEADER + ROWS)


def written(folder: Path, content: str | bytes, name: str = "old.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def run(path: Path, *options: str) -> str:
    said = StringIO()
    call_command("import_tickets", path, *options, stdout=said, stderr=said)
    return said.getvalue()


def refused(path: Path, *options: str) -> str:
    with pytest.raises(CommandError) as error:
        run(path, *options)
    return f"{error.value}"


def many(number: int, queue: str = "Billing") -> str:
    rows = (f"{n},Subject {n},{queue},Text of {n}\n" for n in range(number))
    return "id,subject,queue,description\n" + "".join(rows)


def nothing_written() -> bool:
    models: list[Any] = [Ticket, ImportedTicket, Change]
    return not any(model.objects.exists() for model in models)


# --- Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (HEADER.encode(), "has no rows below its header"),
        (b"id,subject\n1,x\n", "must name the column queue; it needs id, subject, queue"),
        (b"id,subject,queue,id\n", "names id twice"),
        (b"id,title,subject,queue\n", "names subject twice"),
        (b"id\tsubject\tqueue\n", "separated by commas or semicolons"),
        (HEADER.encode("utf-16"), "is UTF-16, and not UTF-8"),
        (HEADER.encode() + b"1,caf\xe9,Billing\n", "line 2: byte 0xe9 is not UTF-8"),
        (HEADER.encode() + b"1,caf\xc3", "ends within a letter"),
        (b'id,subject,queue\n1,"open,Billing\n2,x,Billing\n', "a quote is missing"),
        (b'id,subject,queue\n1,"a"b,Billing\n', "row 2:"),
        (b"id,subject,queue\n1," + b"x" * 10_000_000 + b",Billing\n",
         "a line of more than 1,000,000 characters"),
        (b'id,subject,queue\n1,"' + b"x\n" * 5_000_000 + b'",Billing\n',
         "row 2: a field of more than 131,072 characters"),
        (b"PK\x03\x04\x14\x00\x06\x00", "must name the column id"),
        (b"\0" * 1000, "must name the column id"),
    ],
    ids=lambda value: value[-40:] if isinstance(value, str) else f"{len(value)} bytes",
)  # fmt: skip
def test_what_is_no_table_is_refused_in_one_sentence(
    content: bytes, complaint: str, tmp_path: Path, billing: Queue
) -> None:
    said = refused(written(tmp_path, content))
    assert complaint in said
    assert "\n" not in said
    assert said.endswith("Nothing was written.")
    assert nothing_written()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read (No such file" in refused(tmp_path / "none.csv")
    assert "cannot be read (Is a directory" in refused(tmp_path)


@pytest.mark.parametrize("source", ["", "x" * 61, "a\nb"])
def test_a_source_is_a_short_name(source: str, table: Path) -> None:
    assert "1 to 60 printable characters" in refused(table, f"--source={source}")


BAD = [
    (",x,Billing", "column id: “” is no id"),
    ("1\x07,x,Billing", "column id: “1\x07” is no id"),
    (f"{'9' * 101},x,Billing", "column id:"),
    ("1,,Billing", "column subject: it is empty"),
    (f"1,{'x' * 201},Billing", "column subject: it has 201 characters, and at most 200 are kept."),
    ("1,x\0y,Billing", "column subject: it holds the character NUL"),
    ("1,x,Nowhere", "column queue: there is no queue “Nowhere”: there are Billing."),
    ("1,x,Billing,done", "column status: “done” is none of new, open, pending, resolved, closed."),
    ("1,x,Billing,,hot", "column priority: “hot” is none of low, normal, high, urgent."),
    ("1,x,Billing,,,zoe", "column assignee: “zoe” is not the user name of somebody active."),
    (f"1,x,Billing,,,,{'x' * 50_001}", "column description: it has 50,001 characters"),
    (f"1,x,Billing,,,,,{'x' * 101}", "column requester_name: it has 101"),
    ("1,x,Billing,,,,,,rosa@", "column requester_email: “rosa@” is no address of e-mail."),
    ("1,x,Billing,,,,,,,yesterday", "column created_at: “yesterday” is no time: write 2026-01-31"),
    ("1,x,Billing,,,,,,,1969-12-31", "column created_at: “1969-12-31” is not between 1970-01-01"),
    ("1,x,Billing,,,,,,,2199-01-01", "column created_at: “2199-01-01” is not between"),
    ("1,x,Billing,,,,,,,,0001-01-01T00:00+14:00", "column due_at: “0001-01-01T00:00+14:00” is no"),
    ("1,x,Billing,,,,,,,,9999-01-01", "column due_at: “9999-01-01” is not between"),
]


@pytest.mark.parametrize(("row", "complaint"), BAD, ids=[complaint[:40] for _, complaint in BAD])
def test_a_bad_row_is_named_with_its_column(
    row: str, complaint: str, tmp_path: Path, billing: Queue
) -> None:
    padded = row + "," * (10 - row.count(","))
    said = refused(written(tmp_path, HEADER + "0,Good,Billing,,,,,,,,\n" + padded + "\n"))
    assert f"row 3, {complaint}" in said
    assert "1 row is wrong" in said
    assert nothing_written()


def test_all_that_is_wrong_is_told_and_of_very_much_the_beginning(
    tmp_path: Path, billing: Queue
) -> None:
    rows = "1,x,Billing,,,,,,,,\n1,,Nowhere,,,,,,,,\n2,x,Billing\n"
    said = refused(written(tmp_path, HEADER + rows)).splitlines()
    assert said == [
        "old.csv: 2 rows are wrong.",
        "row 3, column subject: it is empty, and each ticket has a subject.",
        "row 3, column queue: there is no queue “Nowhere”: there are Billing.",
        "row 3, column id: “1” stands in row 2 already.",
        "row 4: it has 3 fields, and the header has 11.",
        "Nothing was written. --skip-bad imports the others.",
    ]
    said = refused(written(tmp_path, many(2000, "Nowhere"))).splitlines()
    assert said[0] == "old.csv: 2,000 rows are wrong."
    assert len(said) == 53
    assert nothing_written()


def test_an_inactive_person_is_given_nothing(table: Path, alice: User) -> None:
    User.objects.update(is_active=False)
    assert "“alice” is not the user name of somebody active" in refused(table)


# --- What is imported ---------------------------------------------------------------------------


def test_each_row_becomes_a_ticket_as_it_was(
    table: Path, alice: User, billing: Queue, network: Queue
) -> None:
    assert "3 tickets imported, 0 were there already, 0 rows left out." in run(table)
    fire, no, plain = Ticket.objects.order_by("id")
    assert (fire.subject, fire.queue, fire.status, fire.priority) == (
        "Printer on fire", billing, "open", "urgent",
    )  # fmt: skip
    assert (fire.assignee, fire.description) == (alice, "It burns, again.\nReally.")
    assert (fire.requester_name, fire.requester_email) == ("Rosa", "rosa@example.com")
    assert fire.created_at == fire.last_activity_at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert fire.due_at == datetime(2024, 6, 1, tzinfo=UTC)
    assert (fire.last_activity_by, fire.version) == ("requester", 1)
    assert (no.subject, no.queue, no.status) == ('Says "no"', network, "closed")
    assert no.created_at == datetime(2023, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert (plain.status, plain.priority, plain.assignee) == ("new", "normal", None)
    created = Change.objects.order_by("ticket_id").values_list("ticket_id", "field", "new", "at")
    assert created[0] == (fire.pk, "created", "Printer on fire", fire.created_at)
    assert [found.pk for found in mentioning(Ticket.objects.all(), ["burns"])] == [fire.pk]


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + 'id;Title;Queue;Body\r\n1;Café;Billing;"a;b"\r\n'.encode(),
        "External ID,Subject,queue,description,Colour\n1,Café,BILLING,a;b,red\n".encode(),
        "subject,id,description,queue\n\n  Café ,1,a;b, Billing \n,,,\n".encode(),
    ],
)
def test_tables_of_several_kinds_are_read(content: bytes, tmp_path: Path, billing: Queue) -> None:
    said = run(written(tmp_path, content))
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.description) == ("Café", "a;b")
    assert ("Not read: Colour." in said) == (b"Colour" in content)


def test_tags_are_kept_as_tags_are_and_bad_ones_are_refused(tmp_path: Path, billing: Queue) -> None:
    head = "id,subject,queue,tags\n"
    run(written(tmp_path, f'{head}1,x,Billing,"VIP , refund"\n'))
    ticket = Ticket.objects.get()
    assert ticket.tags == "refund, vip"
    assert [found.pk for found in tagged(Ticket.objects.all(), "vip")] == [ticket.pk]
    said = refused(written(tmp_path, f"{head}2,x,Billing,{'x' * 31}\n"))
    assert "row 2, column tags: A tag has at most 30 characters" in said


def test_texts_of_people_stay_text(tmp_path: Path, billing: Queue) -> None:
    nasty = "<b>\u202e\x1b[31m \U0001f525" + "x" * 150
    run(written(tmp_path, f'id,subject,queue,description\n1,{nasty},Billing,"a\n\nevent: x\n"\n'))
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.description) == (nasty, "a\n\nevent: x\n")


def test_again_is_harmless_and_says_so(table: Path, tmp_path: Path) -> None:
    run(table)
    before = list(Ticket.objects.values())
    assert "0 tickets imported, 3 were there already" in run(table)
    assert list(Ticket.objects.values()) == before
    longer = written(tmp_path, HEADER + ROWS + "A-4,New,Billing,,,,,,,,\n", "renamed.csv")
    assert "1 tickets imported, 3 were there already" in run(longer)
    Ticket.objects.get(subject="New").delete()
    assert "0 tickets imported, 4 were there already" in run(longer)  # it was deleted on purpose
    assert "4 tickets imported, 0 were there already" in run(longer, "--source=another")


def test_a_dry_run_writes_nothing_and_says_what_would_be(table: Path, tmp_path: Path) -> None:
    assert "3 tickets would be imported, 0 are there already, 0 rows are wrong" in run(
        table, "--dry-run"
    )
    assert nothing_written()
    assert not Event.objects.filter(name="reset").exists()
    run(table)
    mixed = written(tmp_path, HEADER + ROWS + "A-5,,Billing,,,,,,,,\n", "mixed.csv")
    said = run(mixed, "--dry-run")
    assert "row 5, column subject" in said
    assert "0 tickets would be imported, 3 are there already, 1 rows are wrong" in said


def test_bad_rows_are_left_out_where_that_is_asked(table: Path, tmp_path: Path) -> None:
    mixed = written(tmp_path, HEADER + "A-0,,Billing,,,,,,,,\n" + ROWS, "mixed.csv")
    said = run(mixed, "--skip-bad")
    assert "row 2, column subject" in said
    assert "3 tickets imported, 0 were there already, 1 rows left out." in said


def test_open_pages_load_afresh_and_nobody_is_flooded(
    tmp_path: Path, billing: Queue, network: Queue, alice: User
) -> None:
    """One word for each batch, to those who see a ticket of it; no mail, no notice, no webhook."""
    Webhook.objects.create(name="All", url=URL, secret="x", events="ticket.created")
    Event.objects.all().delete()
    now = datetime.now(UTC)
    rows = "".join(
        f"{n},Subject {n},Billing,open,,alice,,Rosa,rosa@example.com,,{now:%Y-%m-%dT00:00:00}\n"
        for n in range(importing.BATCH + 1)
    )
    run(written(tmp_path, HEADER + rows))
    events = list(Event.objects.order_by("id").values_list("name", "audience"))
    assert events == [("reset", f"queue:{billing.pk} superusers user:{alice.pk}")] * 2
    tell_due()
    assert not Notice.objects.exists()
    assert not Delivery.objects.exists()
    assert not DBTaskResult.objects.exists()
    assert mail.outbox == []


# --- Interruptions ------------------------------------------------------------------------------


def test_a_batch_that_fails_leaves_nothing_half_and_the_next_run_completes(
    tmp_path: Path, billing: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = importing.BATCH + 50
    path = written(tmp_path, many(number))
    calls = iter(range(10))

    def failing(tickets: Any) -> None:
        if next(calls) == 1:
            raise RuntimeError
        remember(tickets)

    monkeypatch.setattr(importing, "remember", failing)
    with pytest.raises(RuntimeError):
        run(path)
    for model in (Ticket, ImportedTicket, Change):
        assert model._default_manager.count() == importing.BATCH
    assert "50 tickets imported, 250 were there already" in run(path)
    assert Ticket.objects.values("subject").distinct().count() == number


def start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_tickets", path], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_is_killed_is_completed_by_the_next_one(
    number: signal.Signals, tmp_path: Path, billing: Queue
) -> None:
    path = written(tmp_path, many(KILLED))
    with start(path) as process:
        deadline = time.monotonic() + 30
        while not ImportedTicket.objects.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(process.pid, number)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == (-number if number == signal.SIGKILL else 130)
    assert number == signal.SIGKILL or "the same command does the rest" in said
    done = Ticket.objects.count()
    assert 0 < done < KILLED
    assert ImportedTicket.objects.count() == Change.objects.count() == done
    assert f"{KILLED - done:,} tickets imported, {done:,} were there already" in run(path)
    assert Ticket.objects.values("subject").distinct().count() == KILLED


def test_two_imports_of_the_same_at_once_import_each_ticket_once(
    tmp_path: Path, billing: Queue
) -> None:
    path = written(tmp_path, many(600))
    processes = [start(path) for _ in range(2)]
    for process in processes:
        with process:
            said, complaint = process.communicate(timeout=60)
            assert process.returncode == 0, complaint
            assert "0 rows left out" in said
    assert Ticket.objects.count() == ImportedTicket.objects.count() == 600


def test_a_table_has_at_most_so_many_rows(
    tmp_path: Path, billing: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 20)
    assert "has more than 20 rows: split it" in refused(written(tmp_path, many(21)))
    assert nothing_written()
    run(written(tmp_path, many(20)))
