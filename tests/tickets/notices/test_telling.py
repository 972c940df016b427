"""Who is told what: in the transaction of the change, once, and never of one's own deeds."""

import re
from time import process_time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.harness.people import agent, signed_in
from tests.harness.told import forget, told_of
from tickets.actor import acting_as
from tickets.models import Comment, Queue, Ticket
from tickets.notices import telling
from tickets.notices.mentions import MOST, names_in
from tickets.notices.models import Kind, Muted, Notice

pytestmark = pytest.mark.django_db


def told(user: User) -> list[tuple[str, int, str]]:
    rows = Notice.objects.filter(user_id=user.pk).order_by("pk")
    return [(notice.kind, notice.ticket_id, notice.actor_name) for notice in rows]


def say(ticket: Ticket, author: User | None, body: str, **options: Any) -> Comment:
    with acting_as(author):
        return Comment.objects.create(ticket=ticket, author=author, body=body, **options)


# --- Assigned ------------------------------------------------------------------------------------


def test_who_is_given_a_ticket_is_told_by_whom(ticket: Ticket, alice: User, carol: User) -> None:
    with acting_as(carol):
        ticket.assignee = alice
        ticket.save()
    assert told(alice) == [("assigned", ticket.pk, "carol")]
    assert told(carol) == []
    with acting_as(carol):
        ticket.priority = "urgent"
        ticket.save()
    assert len(told(alice)) == 1
    (event,) = told_of("notice.created")
    assert event.audience == {f"user:{alice.pk}"}
    (notice,) = Notice.objects.all()
    assert event.data["notice"] == {"id": notice.pk, "kind": "assigned", "ticket": ticket.pk}
    assert "Printer" not in str(event.data)


def test_who_takes_a_ticket_or_opens_one_for_themselves_is_not_told(
    ticket: Ticket, alice: User
) -> None:
    with acting_as(alice):
        ticket.assignee = alice
        ticket.save()
        Ticket.objects.create(subject="Mine", queue=ticket.queue, assignee=alice)
    assert told(alice) == []


def test_a_ticket_opened_for_somebody_and_many_given_at_once_are_told(
    billing: Queue, alice: User, carol: User
) -> None:
    with acting_as(carol):
        Ticket.objects.create(subject="Yours", queue=billing, assignee=alice)
        Ticket.objects.bulk_create(Ticket(subject=f"{n}", queue=billing) for n in range(3))
        Ticket.objects.filter(assignee=None).update(assignee=alice)
    assert [kind for kind, _, _ in told(alice)] == ["assigned"] * 4


def test_where_nobody_acts_the_assignee_is_told_all_the_same(ticket: Ticket, alice: User) -> None:
    ticket.assignee = alice
    ticket.save()
    assert told(alice) == [("assigned", ticket.pk, "")]


def test_what_is_rolled_back_was_never_told(ticket: Ticket, alice: User) -> None:
    forget()
    with pytest.raises(RuntimeError), transaction.atomic():
        ticket.assignee = alice
        ticket.save()
        raise RuntimeError
    assert told(alice) == []
    assert told_of("notice.created") == []


# --- Said ----------------------------------------------------------------------------------------


def test_a_comment_on_ones_ticket_is_told_an_internal_one_and_the_requesters_too(
    ticket: Ticket, alice: User, carol: User
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(assignee=alice, requester_name="Marta")
    Notice.objects.all().delete()
    say(ticket, carol, "A reply")
    say(ticket, carol, "A note", internal=True)
    say(ticket, None, "It still burns", requester=True)
    say(ticket, alice, "I am on it")
    assert told(alice) == [
        ("replied", ticket.pk, "carol"), ("replied", ticket.pk, "carol"),
        ("replied", ticket.pk, "Marta"),
    ]  # fmt: skip
    say(ticket, carol, "Noted on the phone", requester=True)
    say(ticket, alice, "So did I", requester=True)
    assert told(alice)[3:] == [("replied", ticket.pk, "Marta")]
    assert told(carol) == []


def test_who_is_mentioned_is_told_once_whatever_the_case(
    ticket: Ticket, alice: User, carol: User
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(assignee=alice)
    Notice.objects.all().delete()
    comment = say(ticket, carol, "@ALICE, @alice: could you look? Yours, @carol")
    (notice,) = Notice.objects.all()
    assert (notice.kind, notice.user, notice.about) == ("mentioned", alice, comment.pk)
    assert told(carol) == []


def test_only_who_may_see_the_ticket_is_told_of_a_mention(
    ticket: Ticket, alice: User, bob: User, carol: User, dave: User, admin: User
) -> None:
    User.objects.create_user("gone", is_active=False).queues.add(ticket.queue)
    say(ticket, carol, "@alice @bob @dave @admin @gone @nobody")
    assert {notice.user for notice in Notice.objects.all()} == {alice, admin}
    Ticket.objects.filter(pk=ticket.pk).update(assignee=dave)
    say(ticket, carol, "And now, @dave?")
    assert [kind for kind, _, _ in told(dave)] == ["assigned", "mentioned"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ask @alice.", {"alice", "alice."}),
        ("(@alice) @bob: @carol's", {"alice", "bob", "carol"}),
        ("@a.b+c@d-e", {"a.b+c@d-e"}),
        ("@jörg", {"jörg"}),
        ("mail alice@example.org or x.@alice", set()),
        ("@ alone, @@alice, @", set()),
    ],
)
def test_what_counts_as_a_name(text: str, names: set[str]) -> None:
    assert {name for name in names_in(text) if not name.startswith("@")} == names


def test_a_comment_reaches_at_most_twenty_people(ticket: Ticket, carol: User) -> None:
    people = [agent(f"agent{number}", ticket.queue) for number in range(MOST + 5)]
    say(ticket, carol, " ".join(f"@{user.username}" for user in people))
    assert Notice.objects.count() == MOST


def test_a_comment_full_of_signs_takes_no_long_look(ticket: Ticket, carol: User) -> None:
    began = process_time()
    names_in("@" * 50_000)
    names_in("@a" * 25_000)
    names_in("a." * 25_000)
    assert process_time() - began < 1


# --- Bounds --------------------------------------------------------------------------------------


def test_what_is_muted_is_not_told(ticket: Ticket, alice: User, carol: User) -> None:
    Muted.objects.create(user=alice, kind=Kind.REPLIED)
    Ticket.objects.filter(pk=ticket.pk).update(assignee=alice)
    say(ticket, carol, "A reply")
    say(ticket, carol, "And @alice")
    assert [kind for kind, _, _ in told(alice)] == ["assigned", "mentioned"]


def test_only_the_newest_are_kept_and_others_keep_theirs(
    ticket: Ticket, alice: User, carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "KEPT", 5)
    say(ticket, alice, "@carol")
    comments = [say(ticket, carol, "@alice") for _ in range(9)]
    kept = Notice.objects.filter(user=alice).order_by("pk").values_list("about", flat=True)
    assert list(kept) == [comment.pk for comment in comments[-5:]]
    assert len(told(carol)) == 1


def test_room_is_made_in_one_order_so_that_nobody_waits_for_each_other(ticket: Ticket) -> None:
    """As Python keeps a set of these numbers, 16 stands first in the one, and last in the other."""
    for users in ([16, 1], [1, 2, 3, 4, 5, 16]):
        told = [
            Notice(ticket=ticket, user_id=user, kind=Kind.REPLIED, about=len(users))
            for user in users
        ]
        with CaptureQueriesContext(connection) as queries:
            telling.tell(told)
        rooms = [query["sql"] for query in queries if query["sql"].startswith("DELETE")]
        found = [int(re.findall(r'"user_id" = (\d+)', room)[0]) for room in rooms]
        assert found == sorted(users)


def test_the_same_is_never_told_twice(ticket: Ticket, alice: User) -> None:
    one = {"user": alice, "ticket": ticket, "kind": Kind.REPLIED, "about": 1}
    Notice.objects.create(**one)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(**one)


def test_a_deleted_ticket_or_user_takes_the_notices_along(
    ticket: Ticket, alice: User, carol: User, admin: User
) -> None:
    say(ticket, carol, "@alice @admin")
    signed_in(admin).post(f"/admin/auth/user/{alice.pk}/delete/", {"post": "yes"})
    assert {notice.user for notice in Notice.objects.all()} == {admin}
    ticket.delete()
    assert not Notice.objects.exists()
