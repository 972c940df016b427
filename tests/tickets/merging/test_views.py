"""The page on which a ticket is merged, and the page of one that was."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.harness.filled import filled
from tests.harness.people import signed_in
from tickets.merging.deeds import merge
from tickets.models import Comment, Queue, Ticket

pytestmark = pytest.mark.django_db

ADDRESS = "jonas@weber.example"


@pytest.fixture
def one(billing: Queue) -> Ticket:
    return Ticket.objects.create(subject="Smoke", queue=billing, requester_email=ADDRESS)


@pytest.fixture
def other(billing: Queue) -> Ticket:
    return Ticket.objects.create(subject="Fire", queue=billing, requester_email=ADDRESS)


def url(ticket: Ticket) -> str:
    return reverse("merge-ticket", args=[ticket.pk])


def is_merged(ticket: Ticket) -> bool:
    return Ticket.objects.get(pk=ticket.pk).merged_into_id is not None


def confirm(client: Client, ticket: Ticket, into: Ticket, **chosen: Any) -> Any:
    """Choose it, then send the form that the answer holds."""
    asked = client.post(url(ticket), {"into": into.pk})
    assert asked.status_code == 200
    assert not is_merged(ticket)
    return client.post(url(ticket), {**filled(asked.content.decode(), "merge"), **chosen})


def test_strangers_have_no_such_page(
    one: Ticket, other: Ticket, network: Queue, bob: User, dave: User
) -> None:
    sure = {"into": other.pk, "sure": other.pk, "version": 1}
    assert Client().post(url(one), sure)["Location"].startswith("/accounts/login/")
    for user in (bob, dave):
        assert signed_in(user).get(url(one)).status_code == 404
        assert signed_in(user).post(url(one), sure).status_code == 404
    assert not is_merged(one)


def test_a_page_of_somebody_else_and_one_without_token_merge_nothing(
    one: Ticket, other: Ticket, alice: User, carol: User
) -> None:
    sure = {"into": other.pk, "sure": other.pk, "version": 1}
    sent_for = {"X-Sent-For": f"{carol.pk}"}
    assert signed_in(alice).post(url(one), sure, headers=sent_for).status_code == 403
    assert signed_in(alice, enforce_csrf_checks=True).post(url(one), sure).status_code == 403
    assert signed_in(alice).put(url(one)).status_code == 405
    assert not is_merged(one)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({}, "Choose a ticket, or write its number."),
        ({"into": "x"}, "Choose a ticket, or write its number."),
        ({"number": "x"}, "There is no such ticket among those you may see."),
        ({"number": "9" * 400}, "There is no such ticket among those you may see."),
        ({"number": "999999"}, "There is no such ticket among those you may see."),
        ({"number": "own"}, "A ticket cannot be merged into itself"),
        ({"number": "hidden"}, "There is no such ticket among those you may see."),
    ],
)
def test_what_is_no_other_ticket_is_said(
    chosen: dict[str, str], sentence: str, one: Ticket, network: Queue, alice: User
) -> None:
    hidden = Ticket.objects.create(subject="Secret", queue=network)
    numbers = {"own": one.pk, "hidden": hidden.pk}
    sent = {name: numbers.get(value, value) for name, value in chosen.items()}
    answer = signed_in(alice).post(url(one), sent)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "Secret" not in answer.content.decode()


def test_their_other_tickets_are_offered_first(one: Ticket, other: Ticket, alice: User) -> None:
    shown = signed_in(alice).get(url(one)).content.decode()
    assert f'name="into" value="{other.pk}"' in shown
    assert f'name="into" value="{one.pk}"' not in shown


def test_it_says_what_it_will_do_before_it_does_it(
    one: Ticket, network: Queue, carol: User
) -> None:
    there = Ticket.objects.create(subject="Noise", queue=network, requester_email=ADDRESS)
    Comment.objects.create(ticket=one, author=carol, body="x")
    shown = signed_in(carol).post(url(one), {"number": f"#{there.pk}"}).content.decode()
    for words in [
        f"The 1 comment of #{one.pk}", "This cannot be taken back.",
        "such as the agents of Network, can then read all",
    ]:  # fmt: skip
        assert words in shown
    assert "two people" not in shown
    assert not is_merged(one)


def test_once_confirmed_it_leads_to_the_other_ticket(
    one: Ticket, other: Ticket, alice: User
) -> None:
    client = signed_in(alice)
    answer = confirm(client, one, other)
    assert answer["Location"] == reverse("ticket", args=[other.pk])
    shown = client.get(answer["Location"]).content.decode()
    assert f"#{one.pk} is merged into this ticket." in shown
    assert is_merged(one)


def test_two_people_are_asked_about_twice(one: Ticket, billing: Queue, alice: User) -> None:
    marta = Ticket.objects.create(subject="x", queue=billing, requester_email="m@else.example")
    client = signed_in(alice)
    answer = confirm(client, one, marta)
    assert answer.status_code == 409
    assert "These are two people" in answer.content.decode()
    assert not is_merged(one)
    assert confirm(client, one, marta, despite="1").status_code == 302
    assert is_merged(one)


def test_a_change_meanwhile_is_shown_before_it_is_merged(
    one: Ticket, other: Ticket, alice: User
) -> None:
    client = signed_in(alice)
    asked = client.post(url(one), {"into": other.pk})
    Ticket.objects.filter(pk=one.pk).update(priority="urgent")
    sent = filled(asked.content.decode(), "merge")
    answer = client.post(url(one), sent)
    assert answer.status_code == 409
    assert "set priority normal → urgent" in answer.content.decode()
    assert not is_merged(one)
    assert client.post(url(one), filled(answer.content.decode(), "merge")).status_code == 302


def test_pressed_twice_it_leads_there_all_the_same(one: Ticket, other: Ticket, alice: User) -> None:
    client = signed_in(alice)
    sent = filled(client.post(url(one), {"into": other.pk}).content.decode(), "merge")
    first, again = (client.post(url(one), sent) for _ in range(2))
    assert first["Location"] == again["Location"] == reverse("ticket", args=[other.pk])


# --- The page of a merged ticket ----------------------------------------------------------------


def test_a_merged_ticket_leads_on_and_offers_no_reply(
    one: Ticket, other: Ticket, alice: User
) -> None:
    Comment.objects.create(ticket=one, author=alice, body="Moved words")
    merge(alice, one.pk, other.pk)
    client = signed_in(alice)
    shown = client.get(reverse("ticket", args=[one.pk])).content.decode()
    assert f'Merged into <a href="/tickets/{other.pk}/">#{other.pk}</a>' in shown
    assert "Moved words" not in shown
    assert f'action="/tickets/{one.pk}/comment/" hidden' in shown
    assert client.get(url(one))["Location"] == reverse("ticket", args=[one.pk])
    there = client.get(reverse("ticket", args=[other.pk])).content.decode()
    assert "Moved words" in there
    assert f"on #{one.pk}" in there
    assert f"took in <strong>#{one.pk} Smoke</strong>" in there
    assert "Undo" not in there.partition('id="timeline"')[2].partition("</ol>")[0]


def test_what_was_written_to_a_merged_ticket_is_shown_and_not_lost(
    one: Ticket, other: Ticket, alice: User
) -> None:
    merge(alice, one.pk, other.pk)
    answer = signed_in(alice).post(reverse("add-comment", args=[one.pk]), {"body": "My <b>words"})
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert f"Ticket #{one.pk} was merged into #{other.pk}" in shown
    assert "My &lt;b&gt;words" in shown.partition("Not sent:")[2]


def test_its_status_stays_by_the_panel_too(one: Ticket, other: Ticket, alice: User) -> None:
    merge(alice, one.pk, other.pk)
    client = signed_in(alice)
    page = client.get(reverse("ticket", args=[one.pk])).content.decode()
    sent = {**filled(page, "panel"), "status": "open"}
    answer = client.post(reverse("edit-ticket", args=[one.pk]), sent)
    assert answer.status_code == 409
    assert "it stays closed" in answer.content.decode()


def test_the_admin_says_so_too(one: Ticket, other: Ticket, admin: User, alice: User) -> None:
    merge(alice, one.pk, other.pk)
    client = signed_in(admin)
    address = reverse("admin:tickets_ticket_change", args=[one.pk])
    sent = filled(client.get(address).content.decode(), "ticket_form")
    for changed in ({"status": "open"}, {"comments-TOTAL_FORMS": 1, "comments-0-body": "Hello"}):
        answer = client.post(address, {**sent, **changed})
        assert answer.status_code == 200
        assert f"Ticket #{one.pk} was merged into #{other.pk}" in answer.content.decode()
    assert Comment.objects.filter(ticket=one).count() == 0


def test_an_address_of_a_comment_leads_to_where_it_is_now(
    one: Ticket, other: Ticket, billing: Queue, alice: User
) -> None:
    """Also where that ticket was merged again."""
    said = Comment.objects.create(ticket=one, author=alice, body="Pull the plug.")
    third = Ticket.objects.create(subject="Ash", queue=billing, requester_email=ADDRESS)
    merge(alice, one.pk, other.pk)
    merge(alice, other.pk, third.pk)
    reader = signed_in(alice)
    for ticket in (one, other):
        answer = reader.get(f"/tickets/{ticket.pk}/?until=comment-{said.pk}")
        assert answer.headers["Location"] == f"/tickets/{third.pk}/#comment-{said.pk}"
        answer = reader.get(f"/tickets/{ticket.pk}/comments/{said.pk}/?quoted=1")
        assert answer.headers["Location"] == f"/tickets/{third.pk}/comments/{said.pk}/?quoted=1"
    assert reader.get(f"/tickets/{third.pk}/comments/{said.pk}/").status_code == 200


def test_it_leads_nobody_to_what_they_may_not_see(
    one: Ticket, other: Ticket, network: Queue, alice: User, bob: User, carol: User
) -> None:
    said = Comment.objects.create(ticket=one, author=alice, body="Pull the plug.")
    Ticket.objects.filter(pk=other.pk).update(queue=network)
    merge(carol, one.pk, other.pk)
    until, whole = (
        f"/tickets/{one.pk}/?until=comment-{said.pk}", f"/tickets/{one.pk}/comments/{said.pk}/",
    )  # fmt: skip
    reader = signed_in(alice)  # of the merged one alone
    assert reader.get(until).headers["Location"] == f"/tickets/{one.pk}/#timeline-end"
    assert reader.get(whole).status_code == 404
    reader = signed_in(bob)  # of the other one alone
    assert [reader.get(path).status_code for path in (until, whole)] == [404, 404]
    for path in (until, whole):
        assert Client().get(path).headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", ["comment-999999", "comment-1" + "0" * 30, "x", "version-77"])
def test_an_entry_that_is_nowhere_leads_to_the_newest(name: str, one: Ticket, alice: User) -> None:
    answer = signed_in(alice).get(f"/tickets/{one.pk}/", {"until": name})
    assert answer.headers["Location"] == f"/tickets/{one.pk}/#timeline-end"
