"""Who is on a ticket: what a tab says, what is told of it, and how it ends."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from tests.harness.people import signed_in
from tests.harness.told import forget, told_of
from tickets import editing
from tickets.models import Queue, Ticket
from tickets.presence import deeds, pace
from tickets.presence.deeds import TooManyTabs, TooOften, look_round, say
from tickets.presence.models import Presence
from tickets.presence.people import GONE_AFTER, people_of, people_on

pytestmark = pytest.mark.django_db


def said() -> list[list[tuple[str, str]]]:
    """The lists that were told, each as (name, state)."""
    lists = [event.data["people"] for event in told_of("presence")]
    return [[(person["name"], person["state"]) for person in people] for people in lists]


def on(ticket: Ticket) -> list[tuple[str, str]]:
    return [(person["name"], person["state"]) for person in people_of(ticket)]


def silent_for(seconds: float, **of: Any) -> None:
    Presence.objects.filter(**of).update(seen_at=Now() - timedelta(seconds=seconds))


def test_who_opens_replies_and_leaves_is_told_once_each_to_who_may_see_it(
    alice: User, ticket: Ticket, billing: Queue
) -> None:
    forget()
    for state in ("viewing", "viewing", "replying", "replying", "viewing", "left", "left"):
        say(alice, ticket.pk, "a", state)
    assert said() == [[("alice", "viewing")], [("alice", "replying")], [("alice", "viewing")], []]
    (first, *_) = told_of("presence")
    assert first.data["ticket"] == {"id": ticket.pk}
    assert first.data["people"] == [{"id": alice.pk, "name": "alice", "state": "viewing"}]
    assert first.audience == {"superusers", f"queue:{billing.pk}"}


def test_two_tabs_of_one_person_are_one_and_the_one_that_replies_counts(
    alice: User, carol: User, ticket: Ticket
) -> None:
    forget()
    say(alice, ticket.pk, "a", "viewing")
    say(alice, ticket.pk, "b", "viewing")
    say(alice, ticket.pk, "b", "replying")
    say(carol, ticket.pk, "c", "viewing")
    say(alice, ticket.pk, "a", "left")
    say(alice, ticket.pk, "b", "left")
    assert said() == [
        [("alice", "viewing")],
        [("alice", "replying")],
        [("alice", "replying"), ("carol", "viewing")],
        [("carol", "viewing")],
    ]


def test_a_tab_that_says_the_same_again_costs_one_update_and_tells_nothing(
    alice: User, ticket: Ticket
) -> None:
    say(alice, ticket.pk, "a", "viewing")
    silent_for(20)
    forget()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        say(alice, ticket.pk, "a", "viewing")
    assert [query["sql"].split()[0] for query in queries] == ["UPDATE"]
    assert told_of("presence") == []
    silent_for(GONE_AFTER - 5, seen_at__lt=Now() - timedelta(seconds=10))
    assert on(ticket) == [("alice", "viewing")], "the tab was seen just now"


def test_a_tab_that_is_silent_is_gone_within_45_seconds_whoever_notices(
    alice: User, carol: User, ticket: Ticket
) -> None:
    say(alice, ticket.pk, "a", "replying")
    say(carol, ticket.pk, "c", "viewing")
    forget()
    silent_for(GONE_AFTER - 1, user=alice)
    look_round()
    assert said() == []
    silent_for(GONE_AFTER + 1, user=alice)
    assert on(ticket) == [("carol", "viewing")], "pages that are opened do not wait for the look"
    look_round()
    look_round()
    assert said() == [[("carol", "viewing")]]
    # One beat of 15 seconds may be lost on the way.
    assert 2 * 15 < GONE_AFTER < 45 - deeds.LOOK_EVERY


def test_who_comes_notices_too(alice: User, carol: User, ticket: Ticket) -> None:
    say(alice, ticket.pk, "a", "viewing")
    silent_for(GONE_AFTER + 1)
    forget()
    say(carol, ticket.pk, "c", "viewing")
    assert said() == [[("carol", "viewing")]]


def test_a_tab_that_was_taken_for_gone_comes_back(alice: User, ticket: Ticket) -> None:
    say(alice, ticket.pk, "a", "viewing")
    silent_for(GONE_AFTER + 1)
    look_round()
    assert on(ticket) == []
    say(alice, ticket.pk, "a", "viewing")
    assert on(ticket) == [("alice", "viewing")]


def test_a_ticket_that_moves_takes_away_who_no_longer_sees_it_and_tells_who_does(
    alice: User, carol: User, ticket: Ticket, network: Queue
) -> None:
    say(alice, ticket.pk, "a", "replying")
    say(carol, ticket.pk, "c", "viewing")
    forget()
    editing.edit(carol, ticket.pk, {"queue": network}, version=None)
    assert on(ticket) == said()[-1] == [("carol", "viewing")]
    (event,) = told_of("presence")
    assert event.audience == {"superusers", f"queue:{network.pk}"}
    with pytest.raises(Ticket.DoesNotExist):
        say(alice, ticket.pk, "a", "replying")
    assert on(ticket) == [("carol", "viewing")]


def test_a_ticket_that_moves_with_nobody_on_it_tells_nothing_more(
    carol: User, ticket: Ticket, network: Queue
) -> None:
    forget()
    editing.edit(carol, ticket.pk, {"queue": network}, version=None)
    assert told_of("presence") == []


@pytest.mark.parametrize("how", ["deactivated", "deleted", "left the queue"])
def test_whose_access_ends_is_not_there_any_more(
    how: str, alice: User, carol: User, ticket: Ticket, billing: Queue
) -> None:
    say(alice, ticket.pk, "a", "viewing")
    say(carol, ticket.pk, "c", "viewing")
    forget()
    if how == "deactivated":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    elif how == "deleted":
        alice.delete()
    else:
        billing.agents.remove(alice)
    look_round()
    assert on(ticket) == [("carol", "viewing")]
    assert said()[-1] == [("carol", "viewing")]


def test_who_signs_out_is_gone_at_once(alice: User, carol: User, ticket: Ticket) -> None:
    browser = signed_in(alice)
    say(alice, ticket.pk, "a", "replying")
    say(carol, ticket.pk, "c", "viewing")
    forget()
    browser.post("/accounts/logout/")
    assert said() == [[("carol", "viewing")]]


def test_a_deleted_ticket_leaves_nothing_behind(alice: User, ticket: Ticket) -> None:
    say(alice, ticket.pk, "a", "viewing")
    forget()
    ticket.delete()
    look_round()
    assert not Presence.objects.exists()
    assert told_of("presence") == []


def test_hidden_tickets_are_as_those_that_are_not(bob: User, dave: User, ticket: Ticket) -> None:
    for user in (bob, dave):
        for ticket_id in (ticket.pk, 0):
            with pytest.raises(Ticket.DoesNotExist):
                say(user, ticket_id, "x", "viewing")
    assert not Presence.objects.exists()


def test_one_user_cannot_fill_the_table(alice: User, carol: User, ticket: Ticket) -> None:
    for number in range(deeds.MOST_ON_ONE):
        say(alice, ticket.pk, f"{number}", "viewing")
    with pytest.raises(TooManyTabs):
        say(alice, ticket.pk, "more", "viewing")
    Presence.objects.bulk_create(
        Presence(ticket_id=ticket.pk + number, user=carol, client="c", state="viewing")
        for number in range(1, deeds.MOST_TABS + 1)
    )
    with pytest.raises(TooManyTabs):
        say(carol, ticket.pk, "c", "viewing")
    say(alice, ticket.pk, "0", "replying")  # one that is there may go on


def test_a_script_floods_nobody_with_what_it_says(
    alice: User, carol: User, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "MOST", 3)
    at = 60_000.0
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: at))
    forget()
    for state in ("viewing", "left", "viewing"):
        say(alice, ticket.pk, "a", state)
    for state in ("left", "replying"):
        with pytest.raises(TooOften):
            say(alice, ticket.pk, "a", state)
    say(alice, ticket.pk, "a", "viewing")  # that it is there still is no change
    say(carol, ticket.pk, "c", "viewing")
    assert len(told_of("presence")) == 4
    at += 60
    say(alice, ticket.pk, "a", "left")
    assert on(ticket) == [("carol", "viewing")]


def test_the_people_of_many_tickets_are_one_query(
    alice: User, carol: User, ticket: Ticket, billing: Queue
) -> None:
    other = Ticket.objects.create(subject="Other", queue=billing)
    say(alice, ticket.pk, "a", "viewing")
    say(carol, other.pk, "c", "replying")
    with CaptureQueriesContext(connection) as queries:
        found = people_on([ticket.pk, other.pk])
    assert len(queries) == 1
    assert {key: [person["name"] for person in people] for key, people in found.items()} == {
        ticket.pk: ["alice"],
        other.pk: ["carol"],
    }


def test_a_look_round_at_nobody_is_one_query(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        look_round()
    assert len(queries) == 1
