"""A ticket's page is bounded, whatever was said and done on it, and leads to all of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from live.observed.wrapping import plain_bulk_create
from tests.harness.people import signed_in
from tickets.models import Change, Comment, Ticket
from tickets.texts import LONGEST_TEXT, SHOWN_AT_ONCE
from tickets.timeline import AT_ONCE, MOST_MISSED, Place, changes_since, timeline

pytestmark = pytest.mark.django_db

WIDE = "é<" * (LONGEST_TEXT // 2)  # 6 bytes for each two characters, as HTML writes them
MANY = 3_000  # of comments, and of changes
NOW = timezone.now()


def say(ticket: Ticket, bodies: list[str], **fields: Any) -> list[Comment]:
    """At one moment, and without telling anybody."""
    rows = [Comment(ticket=ticket, body=body, created_at=NOW, **fields) for body in bodies]
    return list(plain_bulk_create(Comment._base_manager.all(), rows, 500))


def change(ticket: Ticket, versions: range, words: str = "open") -> None:
    Change.objects.bulk_create(
        Change(
            ticket=ticket, version=version, field="description", old=words, new=words,
            at=NOW + timedelta(seconds=version), actor_name="somebody",
        )
        for version in versions
    )  # fmt: skip


def names_on(page: str) -> list[str]:
    return [
        f"comment-{comment}" if comment else f"version-{version}"
        for comment, version in re.findall(
            r'<li [^>]*data-(?:comment="(\d+)"|version="(\d+)")', page
        )
    ]


def read_all(client: Client, ticket: Ticket) -> list[str]:
    """Every entry, the oldest first, as somebody finds them who follows "earlier" to the end."""
    path, found = f"/tickets/{ticket.pk}/", list[str]()
    while path:
        page = client.get(path).content.decode()
        names = names_on(page)
        assert 0 < len(names) <= AT_ONCE
        found = names + found
        link = re.search(r'id="earlier"><a [^>]*href="([^"#]+)#earlier">(\d+) earlier', page)
        if link is None:
            return found
        path = link[1]
        assert int(link[2]) + len(found) == Comment.objects.count() + len(
            set(ticket.history.values_list("version", flat=True))
        )
    return found


# --- Bounds -------------------------------------------------------------------------------------


def test_a_page_is_small_whatever_was_said_and_done(ticket: Ticket, alice: User) -> None:
    """Also with texts from before there were limits. 197 long comments were 39 MB."""
    say(ticket, ["x"] * MANY)
    say(ticket, [WIDE] * 197, author=alice)
    say(ticket, ["é" * 2_000_000] * 3)
    change(ticket, range(2, MANY), words="x" * 300)
    change(ticket, range(MANY, MANY + 20), words=WIDE)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET description = %s", ["é" * 2_000_000])
        if connection.vendor == "sqlite":  # the other keeps the limits of its columns by itself
            cursor.execute("UPDATE tickets_ticket SET subject = %s", ["<" * 2_000_000])
    client = signed_in(alice)
    for path in (f"/tickets/{ticket.pk}/", f"/tickets/{ticket.pk}/?before=version-2"):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(path)
        assert page.status_code == 200
        assert len(page.content) < 1_000_000
        assert len(queries) < 25
        assert len(names_on(page.content.decode())) == AT_ONCE
    for path in ("/", "/api/tickets/", f"/api/tickets/{ticket.pk}/"):
        assert len(client.get(path).content) < 400_000


def test_nothing_is_read_but_what_is_shown(ticket: Ticket, alice: User) -> None:
    say(ticket, [WIDE] * (AT_ONCE + 5))
    change(ticket, range(2, 50), words=WIDE)
    with CaptureQueriesContext(connection) as queries:
        entries = timeline(ticket).entries
    assert len(entries) == AT_ONCE
    assert not [query for query in queries if re.search(r'"(body|old|new)", "', query["sql"])]
    assert [len(entry.comment.body) for entry in entries if entry.comment] in ([], [SHOWN_AT_ONCE])


def test_a_refusal_tells_the_newest_of_what_was_missed(ticket: Ticket, alice: User) -> None:
    change(ticket, range(2, 500), words=WIDE)
    missed = changes_since(ticket, 1)
    assert [entry.version for entry in missed] == list(range(500 - MOST_MISSED, 500))
    Ticket.update_without_telling(Ticket.objects.all(), version=500)
    answer = signed_in(alice).patch(
        f"/api/tickets/{ticket.pk}/", {"version": 1, "status": "open"}, "application/json"
    )
    assert answer.status_code == 409
    assert len(answer.content) < 10_000


# --- All of it is there -------------------------------------------------------------------------


def test_earlier_leads_to_everything_once_and_in_order(ticket: Ticket, alice: User) -> None:
    """Also where much was said at one moment."""
    for number in range(45):
        Comment.objects.create(ticket=ticket, author=alice, body=f"{number}")
        if number % 3 == 0:
            Ticket.objects.update(status=("open", "pending")[number % 2], priority="low")
    said = say(ticket, ["at once"] * 70)
    change(ticket, range(100, 170))
    found = read_all(signed_in(alice), ticket)
    entries = [
        *((c.created_at, c.pk, f"comment-{c.pk}") for c in Comment.objects.all()),
        *({(c.at, 0, f"version-{c.version}") for c in ticket.history.all()}),
    ]
    assert sorted(found) == sorted(name for *_, name in entries)
    assert len(set(found)) == len(found) > 4 * AT_ONCE
    assert found == [name for *_, name in sorted(entries, key=lambda entry: (entry[0], entry[1]))]
    assert f"comment-{said[0].pk}" in found


def test_a_short_ticket_has_nothing_earlier(ticket: Ticket, alice: User) -> None:
    say(ticket, ["Hello"] * (AT_ONCE - 1))  # beside "opened the ticket"
    page = signed_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'id="earlier"' not in page
    assert 'id="later"' not in page
    assert len(names_on(page)) == AT_ONCE


def test_a_page_can_end_with_an_entry(ticket: Ticket, alice: User) -> None:
    """Also where much was said at one moment."""
    said = say(ticket, ["Hello"] * (2 * AT_ONCE))
    for comment in (said[0], said[AT_ONCE]):
        asked = f"/tickets/{ticket.pk}/?until=comment-{comment.pk}"
        page = signed_in(alice).get(asked).content.decode()
        assert names_on(page)[-1] == f"comment-{comment.pk}"
        assert 'id="later"' in page
    page = signed_in(alice).get(f"/tickets/{ticket.pk}/?until=version-1").content.decode()
    assert names_on(page)[-1] == "version-1"


def test_the_past_leads_back_to_the_newest(ticket: Ticket, alice: User) -> None:
    first, *_ = say(ticket, ["Hello"] * (AT_ONCE + 5))
    page = signed_in(alice).get(f"/tickets/{ticket.pk}/?before=comment-{first.pk}").content.decode()
    assert f'id="later"><a class="button" href="/tickets/{ticket.pk}/#' in page
    assert "data-past" in page


@pytest.mark.parametrize(
    "name",
    ["comment-999", "version-9", "comment-0", "x", f"comment-{2**63}", "version-" + "9" * 19],
)
def test_an_entry_that_is_not_there_has_nothing_before_it(
    name: str, ticket: Ticket, alice: User
) -> None:
    assert Place.named(ticket, name) is None
    assert signed_in(alice).get(f"/tickets/{ticket.pk}/", {"before": name}).status_code == 404


def test_an_entry_of_another_ticket_is_not_there(ticket: Ticket) -> None:
    other = Ticket.objects.create(subject="Another", queue=ticket.queue)
    comment = Comment.objects.create(ticket=other, body="Hello")
    assert Place.named(ticket, f"comment-{comment.pk}") is None


def test_a_long_text_is_shortened_and_a_link_leads_to_the_whole(
    ticket: Ticket, alice: User, bob: User
) -> None:
    text = "a" * SHOWN_AT_ONCE + "THE END"
    Ticket.objects.update(description=text)
    short = Comment.objects.create(ticket=ticket, body="b" * SHOWN_AT_ONCE)
    long = Comment.objects.create(ticket=ticket, body=text)
    page = signed_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    assert "THE END" not in page
    links = re.findall(r'<p class="rest"><a class="link" href="([^"]+)" data-whole>([^<]+)<', page)
    assert links == [
        (f"/tickets/{ticket.pk}/description/", "Show all 4,007 characters"),
        (f"/tickets/{ticket.pk}/comments/{long.pk}/", "Show all 4,007 characters"),
    ]
    for path, _ in links:
        whole = signed_in(alice).get(path)
        assert text in whole.content.decode()
        assert "no-store" in whole["Cache-Control"]
        assert signed_in(bob).get(path).status_code == 404
        assert Client().get(path).status_code == 302
    elsewhere = Ticket.objects.create(subject="Another", queue=ticket.queue)
    for wrong in (f"{elsewhere.pk}/comments/{long.pk}", f"{ticket.pk}/comments/{short.pk + 99}"):
        assert signed_in(alice).get(f"/tickets/{wrong}/").status_code == 404


def test_a_text_from_before_there_were_limits_is_cut_at_them(ticket: Ticket, alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET description = %s", ["x" * (LONGEST_TEXT + 7)])
    client = signed_in(alice)
    page = client.get(f"/tickets/{ticket.pk}/description/").content.decode()
    assert "x" * LONGEST_TEXT in page
    assert "x" * (LONGEST_TEXT + 1) not in page
    assert "has 50,007 characters" in page
    answer = client.get(f"/api/tickets/{ticket.pk}/").json()
    assert answer["description"] == "x" * (LONGEST_TEXT - 1) + "…"


def test_the_admin_shows_beginnings_too(ticket: Ticket, admin: User) -> None:
    say(ticket, [WIDE] * 60)
    change(ticket, range(2, 150), words=WIDE)
    for path in (
        f"/admin/tickets/ticket/{ticket.pk}/change/",
        f"/admin/tickets/ticket/{ticket.pk}/history/",
        "/admin/tickets/change/",
    ):
        page = signed_in(admin).get(path)
        assert page.status_code == 200
        assert len(page.content) < 1_500_000, path
