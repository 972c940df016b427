"""A merge: who is refused, where everything is afterwards, who is told, and two at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from time import monotonic
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.harness.moving import move_before_its_lock
from tests.harness.told import forget, names, told, told_of
from tickets import editing
from tickets.actor import acting_as
from tickets.bookkeeping import TicketTag
from tickets.editing import StaleVersion
from tickets.inbox.models import Letter, MailText
from tickets.mail.models import Heard
from tickets.merging import deeds
from tickets.merging.deeds import merge
from tickets.merging.refusals import Merged, NotMerged, TwoPeople
from tickets.models import Attachment, Change, Comment, Notice, Queue, Ticket
from tickets.notices.models import Kind
from tickets.notices.reading import Bell
from tickets.public import noted, said_by
from tickets.search import fold_all, mentioning
from tickets.timeline import AT_ONCE, timeline
from tickets.undo import NotUndoable, undo

pytestmark = pytest.mark.django_db
on_real_transactions = pytest.mark.django_db(transaction=True)

JONAS = {"requester_name": "Jonas Weber", "requester_email": "jonas@weber.example"}


def opened(queue: Queue, subject: str = "Smoke", **fields: Any) -> Ticket:
    return Ticket.objects.create(subject=subject, queue=queue, **{**JONAS, **fields})


def say(ticket: Ticket, author: User | None, body: str, **how: Any) -> Comment:
    return Comment.objects.create(ticket=ticket, author=author, body=body, **how)


@pytest.fixture
def fire(billing: Queue) -> Ticket:
    return opened(billing, "Printer on fire", description="It burns.")


@pytest.fixture
def smoke(billing: Queue) -> Ticket:
    return opened(billing, "Smoke", description="And it smells.")


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def numbered(ticket: Ticket) -> dict[str, Any]:
    """What events say of a ticket that one leads to: whoever hears it may not see that one."""
    return {"id": ticket.pk, "name": f"#{ticket.pk}"}


# --- What is refused ----------------------------------------------------------------------------


def is_untouched(*tickets: Ticket) -> bool:
    return all(
        (now.version, now.status, now.merged_into_id) == (1, "new", None)
        for now in map(fresh, tickets)
    )


def test_who_does_not_see_both_merges_nothing(
    smoke: Ticket, fire: Ticket, network: Queue, alice: User, bob: User, dave: User
) -> None:
    hidden = opened(network)
    for user, one, other in [
        (bob, smoke, fire), (dave, smoke, fire), (alice, smoke, hidden), (alice, hidden, fire),
        (bob, hidden, fire),
    ]:  # fmt: skip
        with pytest.raises(Ticket.DoesNotExist):
            merge(user, one.pk, other.pk, despite=True)
    assert is_untouched(smoke, fire, hidden)


@pytest.mark.parametrize("which", ["merged", "target"])
def test_one_that_moves_away_before_its_lock_is_not_there(
    which: str, smoke: Ticket, fire: Ticket, network: Queue, alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    move_before_its_lock(smoke if which == "merged" else fire, network, monkeypatch)
    with pytest.raises(Ticket.DoesNotExist):
        merge(alice, smoke.pk, fire.pk)
    assert is_untouched(smoke, fire)


def test_a_ticket_is_not_merged_into_itself(smoke: Ticket, alice: User) -> None:
    with pytest.raises(NotMerged, match="into itself"):
        merge(alice, smoke.pk, smoke.pk)
    assert is_untouched(smoke)


def test_an_older_version_is_refused(smoke: Ticket, fire: Ticket, alice: User) -> None:
    editing.edit_any(smoke.pk, {"priority": "urgent"})
    with pytest.raises(StaleVersion):
        merge(alice, smoke.pk, fire.pk, version=1)
    assert fresh(smoke).merged_into_id is None
    assert merge(alice, smoke.pk, fire.pk, version=2).pk == fire.pk


@pytest.mark.parametrize(
    ("address", "other"),
    [("jonas@weber.example", "marta@weber.example"), ("jonas@weber.example", ""), ("", "")],
)
def test_two_people_are_only_merged_despite_it(
    address: str, other: str, billing: Queue, alice: User
) -> None:
    one, another = (opened(billing, requester_email=from_) for from_ in (address, other))
    with pytest.raises(TwoPeople, match="two people's tickets"):
        merge(alice, one.pk, another.pk)
    assert is_untouched(one, another)
    assert merge(alice, one.pk, another.pk, despite=True) == another


def test_a_person_is_known_by_the_address_whatever_its_case(billing: Queue, alice: User) -> None:
    one, other = opened(billing), opened(billing, requester_email="Jonas@Weber.EXAMPLE")
    assert merge(alice, one.pk, other.pk) == other


def test_a_merged_ticket_is_not_merged_again_and_no_target(
    smoke: Ticket, fire: Ticket, billing: Queue, alice: User
) -> None:
    third = opened(billing)
    merge(alice, smoke.pk, fire.pk)
    for one, other in [(smoke, third), (third, smoke), (smoke, fire), (fire, smoke)]:
        with pytest.raises(Merged, match=f"#{smoke.pk} was merged into #{fire.pk}"):
            merge(alice, one.pk, other.pk)
    assert is_untouched(third)


def test_no_conversation_is_too_long_to_be_moved_in_time(
    smoke: Ticket, fire: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "MOST_COMMENTS", 1)
    for text in ("one", "two"):
        say(smoke, alice, text)
    with pytest.raises(NotMerged, match="2 comments, and at most 1"):
        merge(alice, smoke.pk, fire.pk)


def test_only_so_many_become_one(
    smoke: Ticket, fire: Ticket, billing: Queue, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "MOST_POINTERS", 1)
    merge(alice, smoke.pk, fire.pk)
    with pytest.raises(NotMerged, match="At most 1 tickets become one"):
        merge(alice, opened(billing).pk, fire.pk)


DOORS: dict[str, Callable[[User, Ticket], Any]] = {
    "create": lambda user, ticket: Comment.objects.create(ticket=ticket, author=user, body="x"),
    "save": lambda user, ticket: Comment(ticket=ticket, author=user, body="x").save(),
    "bulk": lambda user, ticket: Comment.objects.bulk_create([Comment(ticket=ticket, body="x")]),
    "command": lambda user, ticket: editing.comment(user, ticket.pk, "x"),
    "status": lambda user, ticket: editing.edit(user, ticket.pk, {"status": "open"}, version=None),
    "update": lambda user, ticket: Ticket.objects.filter(pk=ticket.pk).update(status="open"),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_nothing_is_added_to_a_merged_ticket_and_it_stays_closed(
    door: Callable[[User, Ticket], Any], smoke: Ticket, fire: Ticket, alice: User
) -> None:
    merge(alice, smoke.pk, fire.pk)
    before = Comment.objects.count()
    with pytest.raises(Merged, match="nothing is added to it"), transaction.atomic():
        door(alice, fresh(smoke))
    assert Comment.objects.count() == before
    assert fresh(smoke).status == "closed"


def test_its_queue_and_its_assignee_may_still_change(
    smoke: Ticket, fire: Ticket, network: Queue, alice: User, carol: User
) -> None:
    """Else no queue and no user that it names could ever be deleted."""
    editing.edit_any(smoke.pk, {"assignee": carol})
    merge(alice, smoke.pk, fire.pk)
    editing.edit_any(smoke.pk, {"queue": network})
    carol.delete()
    assert (fresh(smoke).queue, fresh(smoke).assignee) == (network, None)


def test_it_is_not_taken_back(smoke: Ticket, fire: Ticket, alice: User) -> None:
    with acting_as(alice):
        merge(alice, smoke.pk, fire.pk)
        for ticket in (smoke, fire):
            with pytest.raises(NotUndoable, match="were merged cannot be taken back"):
                undo(alice, ticket.pk, 2)
    for ticket in (smoke, fire):
        entry = timeline(fresh(ticket)).entries[-1]
        assert entry.is_merge or entry.comment


# --- Where everything is ------------------------------------------------------------------------


def test_comments_stay_what_they_are_in_the_order_of_time(
    smoke: Ticket, fire: Ticket, alice: User, carol: User
) -> None:
    now = timezone.now()
    moments = iter(now + timedelta(minutes=minute) for minute in range(1, 9))
    said = [
        say(smoke, None, "0", created_at=next(moments), requester=True, via="mail"),
        say(fire, alice, "1", created_at=next(moments)),
        say(smoke, carol, "2", created_at=next(moments), internal=True),
        say(fire, carol, "3", created_at=next(moments), requester=True),
        say(smoke, alice, "4", created_at=next(moments), via="api"),
    ]
    columns = ("pk", "author", "author_name", "requester", "via", "body", "internal", "created_at")
    before = list(Comment.objects.order_by("pk").values_list(*columns))
    merge(alice, smoke.pk, fire.pk)
    kept = Comment.objects.filter(pk__in=[comment.pk for comment in said])
    assert list(kept.order_by("pk").values_list(*columns)) == before
    assert not smoke.comments.exists()
    assert [c.body for c in fire.comments.all() if c in said] == ["0", "1", "2", "3", "4"]
    origins = {comment.body: comment.said_on for comment in kept}
    assert origins == {"0": smoke.pk, "1": None, "2": smoke.pk, "3": None, "4": smoke.pk}
    entries = timeline(fresh(fire)).entries
    assert [entry.comment.body for entry in entries if entry.comment in said] == [*"01234"]


def test_what_it_was_opened_with_becomes_the_requesters_words(
    smoke: Ticket, fire: Ticket, alice: User
) -> None:
    merge(alice, smoke.pk, fire.pk)
    opening = fire.comments.get()
    assert (opening.body, opening.requester, opening.internal) == (
        "Smoke\n\nAnd it smells.", True, False,
    )  # fmt: skip
    assert (opening.author, opening.author_name) == (None, "Jonas Weber")
    assert opening.created_at == smoke.created_at
    assert fresh(smoke).description == "And it smells."


def test_what_an_agent_opened_for_nobody_stays_among_agents(
    billing: Queue, fire: Ticket, alice: User, carol: User
) -> None:
    with acting_as(carol):
        own = Ticket.objects.create(subject="Buy paper", queue=billing)
    merge(alice, own.pk, fire.pk, despite=True)
    opening = fire.comments.get()
    assert (opening.author, opening.internal, opening.requester) == (carol, True, False)


def test_the_words_of_two_people_are_each_their_own(
    billing: Queue, fire: Ticket, alice: User
) -> None:
    marta = opened(billing, requester_name="Marta", requester_email="marta@else.example")
    say(marta, alice, "She called.", requester=True, via="phone")
    merge(alice, marta.pk, fire.pk, despite=True)
    assert {comment.asker for comment in fire.comments.all()} == {"Marta"}


def test_pointers_never_lead_to_pointers(
    smoke: Ticket, fire: Ticket, billing: Queue, alice: User
) -> None:
    third = opened(billing, requester_name="J. Weber")
    say(smoke, alice, "On the first")
    merge(alice, smoke.pk, fire.pk)
    forget()
    merge(alice, fire.pk, third.pk)
    assert {fresh(one).merged_into_id for one in (smoke, fire)} == {third.pk}
    moved = third.comments.get(body="On the first")
    assert (moved.said_on, moved.asker) == (smoke.pk, "Jonas Weber")
    changed = {event.data["ticket"]["id"]: event.data["changes"] for event in told()}
    assert changed[smoke.pk] == {"merged_into": [numbered(fire), numbered(third)]}


def test_both_histories_say_it(smoke: Ticket, fire: Ticket, alice: User) -> None:
    with acting_as(alice):
        merge(alice, smoke.pk, fire.pk)
    rows = Change.objects.filter(version=2).order_by("ticket", "pk")
    assert {(row.ticket_id, row.field, row.old, row.new, row.actor_name) for row in rows} == {
        (smoke.pk, "status", "new", "closed", "alice"),
        (smoke.pk, "merged_into", "", f"#{fire.pk}", "alice"),
        (fire.pk, "merged", "", f"#{smoke.pk} Smoke", "alice"),
    }
    assert Change.objects.filter(ticket=smoke, field="created").exists()


def test_the_conversation_has_the_tags_of_both(billing: Queue, alice: User) -> None:
    smoke, fire = opened(billing, tags="late, vip"), opened(billing, tags="fire, vip")
    with acting_as(alice):
        assert merge(alice, smoke.pk, fire.pk).tags == "fire, late, vip"
    assert fresh(smoke).tags == "late, vip"
    assert TicketTag.objects.filter(ticket=fire).count() == 3
    (row,) = Change.objects.filter(ticket=fire, field="tags")
    assert (row.old, row.new, row.version) == ("fire, vip", "fire, late, vip", 2)
    assert fresh(fire).version == 3


@pytest.mark.parametrize("by_requester", [True, False])
def test_the_last_activity_is_that_of_both(
    by_requester: bool, smoke: Ticket, fire: Ticket, alice: User
) -> None:
    say(fire, alice, "Answered")
    how = {"requester": True, "via": "mail"} if by_requester else {}
    last = say(smoke, None if by_requester else alice, "Newer", **how)
    merged = merge(alice, smoke.pk, fire.pk)
    assert merged.last_activity_at == last.created_at
    assert merged.last_activity_by == ("requester" if by_requester else "agent")
    assert merged.awaits_answer is by_requester


def test_an_opening_that_is_later_than_all_that_was_said_awaits_its_answer(
    billing: Queue, smoke: Ticket, alice: User
) -> None:
    say(smoke, alice, "Answered")
    later = opened(billing)
    assert merge(alice, smoke.pk, later.pk).awaits_answer


def test_the_search_finds_them_where_they_are(smoke: Ticket, fire: Ticket, alice: User) -> None:
    say(smoke, alice, "Extinguisher")
    merge(alice, smoke.pk, fire.pk)
    for word in ("extinguisher", "smells"):  # the pointer leads there
        assert set(mentioning(Ticket.objects.all(), [word])) == {smoke, fire}
    fresh(smoke).delete()
    for word in ("extinguisher", "smells"):
        assert set(mentioning(Ticket.objects.all(), [word])) == {fire}
    assert fold_all() == 0


def test_the_search_finds_what_was_moved_twice(
    smoke: Ticket, fire: Ticket, billing: Queue, alice: User
) -> None:
    say(smoke, alice, "Extinguisher")
    third = opened(billing)
    merge(alice, smoke.pk, fire.pk)
    merge(alice, fire.pk, third.pk)
    assert third in mentioning(Ticket.objects.all(), ["extinguisher"])


def test_a_notice_of_a_comment_leads_to_where_it_is(
    smoke: Ticket, fire: Ticket, alice: User, carol: User
) -> None:
    editing.edit_any(smoke.pk, {"assignee": carol})
    comment = say(smoke, alice, "For carol")
    forget()
    merge(alice, smoke.pk, fire.pk)
    notice = Notice.objects.get(kind=Kind.REPLIED)
    assert (notice.ticket, notice.about) == (fire, comment.pk)
    (read,) = told_of("notice.read")
    assert read.audience == {f"user:{carol.pk}"}
    assert any(told.url.startswith(f"/tickets/{fire.pk}/#") for told in Bell(carol).unread)
    assert not Notice.objects.filter(kind=Kind.REPLIED).exclude(pk=notice.pk).exists()


def test_it_is_news_to_who_writes_and_to_who_has_read_all(
    smoke: Ticket, fire: Ticket, alice: User, carol: User
) -> None:
    """Also where all comments of the merged one are older than those of the other."""
    say(smoke, alice, "Old")
    newest = say(fire, alice, "Newest")
    merge(alice, smoke.pk, fire.pk)
    assert editing.unseen(fire, carol, newest.pk).exists()


def test_a_page_loaded_since_has_seen_what_stands_among_the_earlier_entries(
    smoke: Ticket, fire: Ticket, alice: User, carol: User
) -> None:
    """Or a reply would be stopped for a comment that the page does not even show."""
    for _ in range(AT_ONCE):
        say(fire, alice, "Later than what the other one was opened with")
    merge(alice, smoke.pk, fire.pk)
    page = timeline(fresh(fire))
    assert page.earlier
    assert not editing.unseen(fire, carol, page.seen).exists()


def test_what_is_said_to_a_merged_ticket_by_others_than_agents_goes_where_it_leads(
    smoke: Ticket, fire: Ticket, alice: User
) -> None:
    merge(alice, smoke.pk, fire.pk)
    said = editing.comment_on_any(smoke.pk, None, "Any news?", requester=True)
    assert said.ticket == fire


def test_who_deletes_the_conversation_deletes_its_pointers(
    smoke: Ticket, fire: Ticket, alice: User
) -> None:
    merge(alice, smoke.pk, fire.pk)
    forget()
    editing.delete(alice, fire.pk)
    assert not Ticket.objects.exists()
    assert names() == ["ticket.removed"] * 2


# --- Who is told --------------------------------------------------------------------------------


def test_each_is_told_of_what_they_may_see_and_nobody_of_more(
    network: Queue, smoke: Ticket, carol: User, bob: User
) -> None:
    other = opened(network, "Noise")
    say(smoke, carol, "Only Billing knows", internal=True)
    forget()
    with acting_as(carol):
        merge(carol, smoke.pk, other.pk)
    closed, grown = told()
    billing = {"superusers", f"queue:{smoke.queue_id}"}
    assert (closed.name, grown.name) == ("ticket.updated", "ticket.updated")
    assert closed.audience == billing
    assert closed.data["changes"] == {
        "status": ["new", "closed"], "merged_into": [None, numbered(other)],
    }  # fmt: skip
    assert closed.data["ticket"]["merged_into"] == other.pk
    assert "Noise" not in str(closed.data)
    assert grown.audience == {"superusers", f"queue:{network.pk}"}
    assert grown.data["changes"] == {
        "merged": [None, {"id": smoke.pk, "name": f"#{smoke.pk} Smoke"}]
    }
    assert grown.data["ticket"]["version"] == fresh(other).version == 2
    assert grown.data["actor"]["name"] == "carol"
    assert "Only Billing knows" not in str(closed.data) + str(grown.data)


def test_it_is_one_event_for_each_ticket_however_much_was_said(
    smoke: Ticket, fire: Ticket, alice: User
) -> None:
    Comment.objects.bulk_create(
        Comment(ticket=smoke, author=alice, body=f"{number}") for number in range(200)
    )
    forget()
    with CaptureQueriesContext(connection) as queries:
        merge(alice, smoke.pk, fire.pk)
    assert names() == ["ticket.updated"] * 2
    assert len(queries) < 60
    assert fire.comments.count() == 201


def test_what_fails_leaves_nothing_behind(
    smoke: Ticket, fire: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(smoke, alice, "Hello")

    def fail(*arguments: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(deeds, "_grown", fail)
    forget()
    with pytest.raises(RuntimeError):
        merge(alice, smoke.pk, fire.pk)
    assert is_untouched(smoke, fire)
    assert names() == []
    assert (smoke.comments.count(), fire.comments.count()) == (1, 0)


# --- At once ------------------------------------------------------------------------------------


def together(*deeds: Callable[[], Any]) -> list[Any]:
    """What each of them returns or raises, all begun at once by threads of their own."""
    start = Barrier(len(deeds))

    def do(deed: Callable[[], Any]) -> Any:
        try:
            start.wait(20)
            return deed()
        except (Merged, NotMerged, Ticket.DoesNotExist) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(do, deeds, timeout=60))


@on_real_transactions
def test_two_merges_that_cross_never_wait_for_each_other(billing: Queue, alice: User) -> None:
    for _ in range(5):
        one, other = opened(billing, "One"), opened(billing, "Other")
        began = monotonic()
        results = together(
            partial(merge, alice, one.pk, other.pk), partial(merge, alice, other.pk, one.pk)
        )
        assert {type(result) for result in results} == {Merged, Ticket}
        assert monotonic() - began < 10
        pointers = [ticket.merged_into_id for ticket in (fresh(one), fresh(other))]
        assert sorted(pointer is None for pointer in pointers) == [False, True]


@on_real_transactions
def test_a_ring_of_merges_ends_in_one_conversation(billing: Queue, alice: User) -> None:
    ring = [opened(billing, f"{number}") for number in range(4)]
    for ticket in ring:
        say(ticket, alice, f"on {ticket.pk}")
    together(
        *(
            partial(merge, alice, one.pk, other.pk)
            for one, other in zip(ring, ring[1:] + ring[:1], strict=True)
        )
    )
    now = {ticket.pk: ticket for ticket in map(fresh, ring)}
    heads = {ticket.pk for ticket in now.values() if ticket.merged_into_id is None}
    assert heads
    assert {ticket.merged_into_id for ticket in now.values()} - {None} <= heads
    assert set(Comment.objects.values_list("ticket", flat=True)) <= heads
    assert Comment.objects.filter(body__startswith="on ").count() == 4


@on_real_transactions
def test_a_comment_that_races_a_merge_is_there_or_refused(billing: Queue, alice: User) -> None:
    for number in range(8):
        one, other = opened(billing, "One"), opened(billing, "Other")
        text = f"race {number}"
        said, _ = together(
            partial(editing.comment, alice, one.pk, text),
            partial(merge, alice, one.pk, other.pk),
        )
        found = Comment.objects.filter(body=text).values_list("ticket", flat=True)
        assert list(found) == ([] if isinstance(said, Merged) else [other.pk])
        assert isinstance(said, Merged | Comment)


def test_who_is_merged_in_at_the_last_moment_is_taken_along(
    smoke: Ticket, fire: Ticket, billing: Queue, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not locked in its order, so all is let go of and begun again."""
    late = opened(billing, "Late")
    locked = Ticket.locked

    def merged_and_locked(keys: Any) -> Any:
        monkeypatch.setattr(Ticket, "locked", locked)
        Ticket.update_without_telling(Ticket.objects.filter(pk=late.pk), merged_into=smoke)
        asked.append({*keys})
        return locked(keys)

    def counted(keys: Any) -> Any:
        asked.append({*keys})
        return locked(keys)

    asked: list[set[int]] = []
    monkeypatch.setattr(Ticket, "locked", merged_and_locked)
    monkeypatch.setattr(deeds, "_pointers", lambda pk: [late.pk] if asked else [])
    merge(alice, smoke.pk, fire.pk)
    assert fresh(smoke).merged_into_id == fire.pk


# --- Mail and files -----------------------------------------------------------------------------


def test_files_go_with_what_they_were_sent_with(smoke: Ticket, fire: Ticket, alice: User) -> None:
    """Those of the opening with the opening; what nobody has sent yet is no part of it."""
    comment = say(smoke, alice, "See there")
    of_opening, sent, waiting = (
        Attachment.objects.create(ticket=smoke, comment=said, pending=pending, name=name, size=1)
        for said, pending, name in (
            (None, False, "a.png"), (comment, False, "b.png"), (None, True, "c.png"),
        )
    )  # fmt: skip
    merge(alice, smoke.pk, fire.pk)
    opening = fire.comments.get(said_on=smoke.pk, requester=True)
    found = Attachment.objects.order_by("pk").values_list("pk", "ticket", "comment")
    assert list(found) == [
        (of_opening.pk, fire.pk, opening.pk), (sent.pk, fire.pk, comment.pk),
        (waiting.pk, smoke.pk, None),
    ]  # fmt: skip


def test_a_ticket_that_came_by_mail_was_opened_by_mail(
    smoke: Ticket, fire: Ticket, alice: User
) -> None:
    Letter.objects.create(name="x", ticket=smoke, outcome=Letter.Outcome.OPENED)
    MailText.objects.create(ticket=smoke, text="All of it\n> quoted")
    for ticket, name in ((smoke, "<1@x>"), (smoke, "<2@x>"), (fire, "<2@x>")):
        Heard.objects.create(ticket=ticket, message_id=name)
    merge(alice, smoke.pk, fire.pk)
    opening = fire.comments.get()
    assert said_by(opening, fire) == "Jonas Weber <jonas@weber.example>"
    assert noted(opening) == f"by mail, on #{smoke.pk}"
    assert MailText.objects.get(comment=opening).text == "All of it\n> quoted"
    assert set(Heard.objects.filter(ticket=fire).values_list("message_id", flat=True)) == {
        "<1@x>", "<2@x>",
    }  # fmt: skip
