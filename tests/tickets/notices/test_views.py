"""The pages of notices: who is refused, what is shown, and what is read by whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.harness.people import signed_in
from tests.harness.told import forget, told_of
from tickets.models import Queue, Ticket
from tickets.notices.models import Kind, Muted, Notice, in_microseconds
from tickets.notices.reading import COUNTED, IN_BELL

pytestmark = pytest.mark.django_db


def notice(user: User, ticket: Ticket, kind: str = "assigned", about: int = 1) -> Notice:
    return Notice.objects.create(
        user=user, ticket=ticket, kind=kind, about=about, actor_name="Carol"
    )


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


# --- Who is refused ------------------------------------------------------------------------------


def test_the_signed_out_log_in_first_and_scripts_are_told(client: Client) -> None:
    assert client.get("/notices/")["Location"] == "/accounts/login/?next=/notices/"
    answer = client.post("/notices/preferences/")
    assert answer["Location"] == "/accounts/login/?next=/accounts/preferences/"
    for path in ("/notices/bell/", "/notices/unread/", "/notices/away/?since=0&until=0"):
        assert client.get(path).status_code == 401
    assert client.post("/notices/read/")["Location"] == "/accounts/login/?next=/notices/"
    assert client.post("/notices/read/", headers={"X-Sent-For": "1"}).status_code == 401


def test_reading_is_a_post_with_its_token_and_pages_are_read(alice: User, ticket: Ticket) -> None:
    mine = notice(alice, ticket)
    for path in ("/notices/read/", "/notices/preferences/"):
        assert signed_in(alice).get(path).status_code == 405
    for path in ("/notices/", "/notices/bell/", "/notices/unread/", "/notices/away/"):
        assert signed_in(alice).post(path).status_code == 405
    assert signed_in(alice, enforce_csrf_checks=True).post("/notices/read/").status_code == 403
    mine.refresh_from_db()
    assert mine.read_at is None


def test_the_page_of_one_person_reads_nothing_for_another(
    alice: User, carol: User, ticket: Ticket
) -> None:
    mine = notice(alice, ticket)
    answer = signed_in(alice).post("/notices/read/", headers={"X-Sent-For": f"{carol.pk}"})
    assert answer.status_code == 403
    mine.refresh_from_db()
    assert mine.read_at is None


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "9" * 30, "１"])
def test_junk_is_refused_with_a_sentence(alice: User, value: str) -> None:
    for name in ("notice", "ticket"):
        answer = signed_in(alice).post("/notices/read/", {name: value})
        assert answer.status_code == 400
        assert "name it by its number" in answer.json()["error"]
    assert signed_in(alice).get(f"/notices/?page={value}").status_code == 400


def test_nobody_sees_or_reads_those_of_others(alice: User, carol: User, ticket: Ticket) -> None:
    theirs = notice(alice, ticket)
    client = signed_in(carol)
    assert "Printer" not in text(client, "/notices/")
    assert client.get("/notices/unread/").json()["notices"] == []
    for data in ({"notice": theirs.pk}, {"ticket": ticket.pk}, {}):
        client.post("/notices/read/", data)
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_a_notice_of_a_ticket_that_left_ones_sight_is_not_shown_until_it_is_back(
    alice: User, ticket: Ticket, billing: Queue, network: Queue
) -> None:
    notice(alice, ticket)
    Ticket.objects.filter(pk=ticket.pk).update(queue=network, subject="Secret")
    client = signed_in(alice)
    for path in ("/notices/", "/notices/bell/", "/", "/notices/unread/"):
        assert "Secret" not in text(client, path), path
        assert f"#{ticket.pk} " not in text(client, path), path
    assert "Bell <strong>" not in text(client, "/")
    Ticket.objects.filter(pk=ticket.pk).update(queue=billing)
    assert "Bell <strong>1</strong>" in text(client, "/")
    alice.is_active = False
    alice.save()


# --- What is shown -------------------------------------------------------------------------------


def test_the_bell_counts_shows_the_newest_and_costs_one_query(alice: User, ticket: Ticket) -> None:
    for number in range(IN_BELL + 3):
        other = Ticket.objects.create(subject=f"Number {number}", queue=ticket.queue)
        notice(alice, other)
    for number in range(5):
        notice(alice, ticket, "replied", number)
    client = signed_in(alice)
    bell = text(client, "/notices/bell/")
    assert f"<strong>{IN_BELL + 8}</strong>" in bell
    assert bell.count("<li") == IN_BELL
    assert f'href="/tickets/{ticket.pk}/#comment-4"' in bell
    assert "#comment-3" not in bell
    assert "5 times, " in bell
    assert "Number 4" in bell
    assert "Number 3" not in bell
    for page in ("/", f"/tickets/{ticket.pk}/", "/notices/bell/"):
        with CaptureQueriesContext(connection) as asked:
            text(client, page)
        assert sum("tickets_notice" in query["sql"] for query in asked) == 1, page


def test_very_many_are_counted_as_many(alice: User, ticket: Ticket) -> None:
    Notice.objects.bulk_create(
        Notice(user=alice, ticket=ticket, kind="replied", about=number)
        for number in range(COUNTED + 1)
    )
    assert "<strong>99+</strong>" in text(signed_in(alice), "/notices/bell/")


def test_each_kind_in_its_words(alice: User, ticket: Ticket) -> None:
    later, earlier = (timezone.now() + timedelta(minutes=minutes) for minutes in (30, -30))
    said = {}
    for kind, due_at in [
        *((kind, None) for kind in Kind),
        (Kind.DUE, later),
        (Kind.OVERDUE, earlier),
    ]:
        if due_at is None and kind in (Kind.DUE, Kind.OVERDUE):
            continue
        Notice.objects.all().delete()
        Ticket.objects.filter(pk=ticket.pk).update(due_at=due_at)
        notice(alice, ticket, kind, in_microseconds(due_at) if due_at else 7)
        (told,) = signed_in(alice).get("/notices/unread/").json()["notices"]
        said[kind.value] = told["words"]
    number = f"#{ticket.pk} Printer on fire"
    assert said == {
        "assigned": f"Carol assigned you {number}",
        "mentioned": f"Carol mentioned you on {number}",
        "replied": f"Carol wrote on {number}",
        "due": f"Due: {number}",
        "overdue": f"Overdue: {number}",
    }


def test_a_date_that_counts_no_more_is_nothing_to_be_told(alice: User, ticket: Ticket) -> None:
    """A ticket that is resolved, or was given more time, is not overdue."""
    due_at = timezone.now() - timedelta(hours=1)
    Ticket.objects.filter(pk=ticket.pk).update(due_at=due_at)
    notice(alice, ticket, "overdue", in_microseconds(due_at))
    client = signed_in(alice)
    assert "<strong>1</strong>" in text(client, "/notices/bell/")
    assert "Overdue since" in text(client, "/notices/")
    for change in ({"status": "resolved"}, {"status": "open", "due_at": timezone.now()}):
        Ticket.objects.filter(pk=ticket.pk).update(**change)
        assert "<strong>1</strong>" not in text(client, "/notices/bell/")
        assert "Overdue since" not in text(client, "/notices/")
        assert "Was due at" in text(client, "/notices/")


def test_a_hostile_subject_and_name_are_text(alice: User, ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(subject="<script>alert(1)</script>")
    Notice.objects.create(
        user=alice, ticket=ticket, kind="replied", about=1, actor_name="<img src=x>"
    )
    for path in ("/", "/notices/"):
        shown = text(signed_in(alice), path)
        assert "<script>alert" not in shown
        assert "<img" not in shown


def test_the_unread_come_first_and_fifty_stand_on_a_page(alice: User, ticket: Ticket) -> None:
    oldest = notice(alice, ticket, "replied", 1)
    for number in range(2, 53):
        notice(alice, ticket, "replied", number)
    Notice.objects.exclude(pk=oldest.pk).update(read_at=timezone.now())
    client = signed_in(alice)
    first = text(client, "/notices/")
    links = [part.partition('"')[0] for part in first.split("#comment-")[1:]]
    assert links[:3] == ["1", "1", "52"]  # in the bell, and at the top of the list
    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in text(client, "/notices/?page=2")


def test_who_has_none_reads_what_would_appear(alice: User) -> None:
    client = signed_in(alice)
    assert "as @alice" in text(client, "/notices/")
    assert "Nothing that you have not read." in text(client, "/")


# --- What is read --------------------------------------------------------------------------------


def unread(user: User) -> list[tuple[int, int]]:
    rows = Notice.objects.filter(user_id=user.pk, read_at=None).order_by("pk")
    return list(rows.values_list("ticket_id", "about"))


def test_one_those_of_a_ticket_or_all_are_read_and_all_tabs_hear_of_it(
    alice: User, carol: User, ticket: Ticket, billing: Queue
) -> None:
    other = Ticket.objects.create(subject="Other", queue=billing)
    first = notice(alice, ticket, "replied", 1)
    for about in (2, 3):
        notice(alice, ticket, "replied", about)
    for about in (4, 5):
        notice(alice, other, "replied", about)
    notice(carol, ticket, "replied", 1)
    client = signed_in(alice)
    forget()
    answer = client.post("/notices/read/", {"notice": first.pk})
    assert answer["Location"] == "/notices/"
    assert len(unread(alice)) == 4
    answer = client.post(
        "/notices/read/", {"ticket": ticket.pk}, headers={"X-Sent-For": f"{alice.pk}"}
    )
    assert answer.json() == {"leads_to": "/notices/"}
    assert unread(alice) == [(other.pk, 4), (other.pk, 5)]
    client.post("/notices/read/")
    assert unread(alice) == []
    client.post("/notices/read/")
    events = told_of("notice.read")
    assert [event.audience for event in events] == [{f"user:{alice.pk}"}] * 3
    assert len(unread(carol)) == 1


def test_who_has_seen_a_ticket_has_read_what_is_told_of_it(
    alice: User, carol: User, ticket: Ticket, billing: Queue
) -> None:
    other = Ticket.objects.create(subject="Other", queue=billing)
    for told in (ticket, other):
        notice(alice, told)
    notice(carol, ticket)
    seen = {"data": {"comment": 0}, "content_type": "application/json"}
    signed_in(alice).post(f"/tickets/{ticket.pk}/seen/", **seen)  # type: ignore[arg-type]
    assert unread(alice) == [(other.pk, 1)]
    assert len(unread(carol)) == 1


# --- What is wanted ------------------------------------------------------------------------------


def test_one_says_which_kinds_one_wants(alice: User) -> None:
    client = signed_in(alice)
    page = "/accounts/preferences/"
    ticked = 'name="kinds" value="{}" checked'
    assert all(ticked.format(kind) in text(client, page) for kind in Kind.values)
    answer = client.post("/notices/preferences/", {"kinds": ["assigned", "due"]})
    assert answer["Location"] == page
    muted = Muted.objects.order_by("kind").values_list("user", "kind")
    assert list(muted) == [(alice.pk, kind) for kind in ("mentioned", "overdue", "replied")]
    shown = text(client, page)
    assert [kind for kind in Kind.values if ticked.format(kind) in shown] == ["assigned", "due"]
    answer = client.post("/notices/preferences/", {"kinds": ["due", "junk"]})
    assert answer.status_code == 400
    assert "kinds are assigned, mentioned, replied, due, overdue" in answer.json()["error"]
    assert Muted.objects.count() == 3
    client.post("/notices/preferences/", {"kinds": Kind.values})
    assert not Muted.objects.exists()


# --- Being away ----------------------------------------------------------------------------------


def away(client: Client, since: Any, **query: Any) -> str:
    milliseconds = since.timestamp() * 1000
    now = timezone.now().timestamp() * 1000
    answer = client.get("/notices/away/", {"since": milliseconds, "until": now, **query})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_what_was_missed_is_counted_with_a_link_each(
    alice: User, bob: User, ticket: Ticket, billing: Queue, network: Queue
) -> None:
    old = timezone.now() - timedelta(hours=3)
    Ticket.update_without_telling(Ticket.objects.all(), created_at=old, updated_at=old)
    Ticket.objects.create(subject="Hidden", queue=network)
    since = timezone.now() - timedelta(minutes=42)
    assert away(signed_in(alice), since) == ""
    for number in range(2):
        Ticket.objects.create(subject=f"{number}", queue=billing)
    ticket.refresh_from_db()
    ticket.assignee = alice
    ticket.save()
    line = away(signed_in(alice), since)
    assert "You were away 42 min:" in line
    assert '<a href="/">2 new</a>, ' in line
    assert '<a href="/?status=all&amp;sort=-activity">1 changed</a>, ' in line
    assert '<a href="/notices/">1 assigned to you</a>.' in line
    assert ">1 new</a>" in away(signed_in(bob), since)
    assert away(signed_in(alice), timezone.now()) == ""


@pytest.mark.parametrize("value", ["", "x", "nan", "inf", "1e400", "-9e99"])
def test_away_since_no_time_is_refused(alice: User, value: str) -> None:
    answer = signed_in(alice).get("/notices/away/", {"since": value, "until": "0"})
    assert answer.status_code == 400
    assert "milliseconds since 1970" in answer.json()["error"]
