"""The search finds each word in whatever a ticket and its comments say, by whichever way they were
written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from django.contrib.auth.models import User
from django.core.checks import CheckMessage
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from tests.harness.people import signed_in
from tickets import checks
from tickets.board import Filters, TooManyWords
from tickets.bookkeeping import SearchText
from tickets.models import Comment, Queue, Ticket
from tickets.search import NEWEST, fold_all
from tickets.visibility import visible_tickets

pytestmark = pytest.mark.django_db


def found(user: User, text: str) -> list[str]:
    params = QueryDict(mutable=True)
    params["q"] = text
    return [ticket.subject for ticket in Filters.parse(params, user).apply(visible_tickets(user))]


def write_past(ticket: Ticket, subject: str) -> None:
    """As a statement of SQL does, which nobody hears of."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET subject = %s WHERE id = %s", [subject, ticket.pk])


# --- What is found ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("word", ["Éva", "eva", "ÉVA", "eVA", "Łódź", "lodz", "STRASSE", "straße"])
def test_case_accents_and_normal_form_are_the_same(
    word: str, form: Any, alice: User, ticket: Ticket
) -> None:
    texts = "Éva Nagy, Straße 3, Łódź"
    for text in (normalize("NFC", texts), normalize("NFD", texts)):
        ticket.description = text
        ticket.save()
        assert found(alice, normalize(form, word)) == [ticket.subject]


def test_each_word_may_stand_elsewhere(alice: User, ticket: Ticket, billing: Queue) -> None:
    Ticket.objects.create(subject="Another printer", queue=billing)
    Comment.objects.create(ticket=ticket, body="Have you tried water?")
    Comment.objects.create(ticket=ticket, body="The customer is furious.", internal=True)
    assert found(alice, "printer") == ["Another printer", "Printer on fire"]
    for text in ("water printer", "WATER furious", "uriou wat", f"#{ticket.pk} water"):
        assert found(alice, text) == ["Printer on fire"]
    assert found(alice, "water absent") == []
    assert found(alice, "fireHave") == []  # no word stretches over two texts


@pytest.mark.parametrize("sign", ["%", "_", "\\", "[", "*", "'", '"'])
def test_every_sign_stands_for_itself(sign: str, alice: User, ticket: Ticket) -> None:
    assert found(alice, f"r{sign}nter") == found(alice, sign) == []
    Comment.objects.create(ticket=ticket, body=f"100{sign}sure")
    assert found(alice, f"00{sign}su") == found(alice, sign) == [ticket.subject]


def test_nothing_is_found_out_of_sight(bob: User, ticket: Ticket) -> None:
    Comment.objects.create(ticket=ticket, body="Secret of billing")
    assert found(bob, "secret") == []


def test_eleven_words_are_refused_with_a_sentence(alice: User, ticket: Ticket) -> None:
    ten = " ".join(["printer"] * 10)
    assert found(alice, ten) == [ticket.subject]
    with pytest.raises(TooManyWords, match="at most 10 words"):
        found(alice, f"{ten} fire")
    for path in ("/", "/api/tickets/", "/counters/"):
        answer = signed_in(alice).get(path, {"q": f"{ten} fire"})
        assert answer.status_code == 400
        assert "at most 10 words" in answer.content.decode()


def test_the_admin_finds_the_same(admin: User, alice: User, ticket: Ticket) -> None:
    Comment.objects.create(ticket=ticket, body="Łódź")
    client = signed_in(admin)

    def listed(text: str) -> str:
        return client.get("/admin/tickets/ticket/", {"q": text}).content.decode()

    assert "1 ticket" in listed("lodz printer")
    assert "0 tickets" in listed("lodz absent")
    Ticket.objects.update(assignee=alice)
    assert "1 ticket" in listed("alice")
    for words in ("a " * 11, "a\u00a8b " * 8):  # eight that are sixteen once they are folded
        assert client.get("/admin/tickets/ticket/", {"q": words}).status_code == 400


# --- By whichever way it was written ------------------------------------------------------------

WAYS: dict[str, Callable[[Ticket], Any]] = {
    "save": lambda ticket: _save(ticket, "needle"),
    "update": lambda ticket: Ticket.objects.filter(pk=ticket.pk).update(description="needle"),
    "bulk_update": lambda ticket: Ticket.objects.bulk_update(
        [_set(ticket, "needle")], ["description"]
    ),
    "comment": lambda ticket: Comment.objects.create(ticket=ticket, body="needle"),
    "bulk_create": lambda ticket: Comment.objects.bulk_create(
        [Comment(ticket=ticket, body="needle")]
    ),
}


def _set(ticket: Ticket, text: str) -> Ticket:
    ticket.description = text
    return ticket


def _save(ticket: Ticket, text: str) -> None:
    _set(ticket, text).save()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_what_is_written_is_found_and_what_is_gone_is_not(
    way: Callable[[Ticket], Any], alice: User, ticket: Ticket
) -> None:
    way(ticket)
    assert found(alice, "needle") == [ticket.subject]
    assert SearchText.objects.filter(folded__contains="needle").count() == 1
    Ticket.objects.get().delete()
    assert not SearchText.objects.exists()


def test_an_old_text_is_not_found_any_more(alice: User, ticket: Ticket) -> None:
    _save(ticket, "needle")
    _save(ticket, "haystack")
    assert found(alice, "needle") == []
    assert found(alice, "haystack") == [ticket.subject]


def test_a_change_of_status_folds_nothing(ticket: Ticket) -> None:
    ticket.status = "open"
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ticket.save()
    assert not [query for query in queries if "searchtext" in query["sql"]]


def test_what_is_loaded_from_a_dump_is_found(alice: User, ticket: Ticket, tmp_path: Path) -> None:
    _save(ticket, "needle")
    Comment.objects.create(ticket=ticket, body="thread")
    dump = tmp_path / "dump.json"
    with dump.open("w") as file:
        call_command("dumpdata", "tickets", exclude=["tickets.searchtext"], stdout=file)
    assert "searchtext" not in {row["model"] for row in json.loads(dump.read_text())}
    Ticket.objects.all().delete()
    call_command("loaddata", dump, verbosity=0)
    assert found(alice, "needle thread") == [ticket.subject]
    with dump.open("w") as file:
        call_command("dumpdata", "tickets", stdout=file)  # with it
    call_command("loaddata", dump, verbosity=0)
    assert found(alice, "needle thread") == [ticket.subject]


def test_what_a_process_of_the_release_before_writes_is_found_at_once(
    alice: User, ticket: Ticket
) -> None:
    """It keeps the history as ever, and no folded text."""
    _save(ticket, "needle")
    Comment.objects.create(ticket=ticket, body="thread")
    SearchText.objects.all().delete()
    assert found(alice, "needle") == found(alice, "thread printer") == [ticket.subject]
    assert not SearchText.objects.exists()  # a search writes nothing


def test_of_an_old_text_and_a_change_that_was_not_folded_the_change_counts(
    alice: User, ticket: Ticket
) -> None:
    [kept] = SearchText.objects.all()
    _save(ticket, "needle")
    SearchText.objects.filter(pk=kept.pk).update(folded=kept.folded, at=kept.at)
    assert found(alice, "needle") == [ticket.subject]


def test_a_search_looks_at_few_rows_by_itself(alice: User, ticket: Ticket) -> None:
    Comment.objects.bulk_create(Comment(ticket=ticket, body="thread") for _ in range(NEWEST + 5))
    SearchText.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        found(alice, "thread")
    assert len(queries) <= 6
    read = [query["sql"] for query in queries if '"tickets_comment"."body"' in query["sql"]]
    assert len(read) == 1
    assert read[0].count(",") < NEWEST + 20


def test_what_was_written_past_it_is_folded_by_the_command(
    alice: User, ticket: Ticket, capsys: pytest.CaptureFixture[str]
) -> None:
    Comment.objects.create(ticket=ticket, body="thread")
    write_past(ticket, "needle")
    gone = Ticket.objects.create(subject="Gone", queue=ticket.queue)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_change WHERE ticket_id = %s", [gone.pk])
        cursor.execute("DELETE FROM tickets_ticket WHERE id = %s", [gone.pk])
    assert found(alice, "needle") == []
    call_command("fold")
    assert capsys.readouterr().out == "1 text was folded anew.\n"
    assert found(alice, "needle thread") == ["needle"]
    assert SearchText.objects.count() == 2
    assert fold_all() == 0


# --- What `manage.py check --deploy` says -------------------------------------------------------


def said() -> list[str | None]:
    messages: list[CheckMessage] = checks.check_search(None)
    return [message.id for message in messages]


def test_a_check_says_what_the_search_does_not_see(ticket: Ticket) -> None:
    assert said() == []
    SearchText.objects.all().delete()
    assert said() == ["tickets.W002"]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has trigrams")
def test_a_check_says_that_the_search_is_slow(ticket: Ticket) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX search_text_trigrams")
    assert said() == ["tickets.W001"]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has trigrams")
def test_the_index_finds_a_word(ticket: Ticket) -> None:
    query = SearchText.objects.filter(folded__contains="printer").values("ticket")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "search_text_trigrams" in query.explain()


# --- Lists --------------------------------------------------------------------------------------


def test_no_list_reads_a_description(alice: User, admin: User, billing: Queue) -> None:
    """Fifty long ones made a list of 120 MB."""
    Ticket.objects.bulk_create(
        Ticket(subject=f"{n}", queue=billing, description="é" * 50_000) for n in range(50)
    )
    lists = [
        (alice, "/api/tickets/"),
        (alice, "/"),
        (alice, "/?q=ee"),
        (admin, "/admin/tickets/ticket/"),
        (admin, "/admin/tickets/change/"),
    ]
    for user, path in lists:
        client = signed_in(user)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
        assert answer.status_code == 200
        assert len(answer.content) < 300_000, path
        assert "é" * 100 not in answer.content.decode()
        assert not [query for query in queries if '"description"' in query["sql"]], path
