"""The admin's form of a ticket: nobody's change is overwritten unseen, and a refusal is no dead
end."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.harness.filled import filled
from tests.harness.people import signed_in
from tests.harness.told import forget, names
from tickets.actor import acting_as
from tickets.models import Comment, Queue, Ticket

pytestmark = pytest.mark.django_db

Form = dict[str, list[str]]


@pytest.fixture
def at_admin(admin: User) -> Client:
    return signed_in(admin)


def url(ticket: Ticket) -> str:
    return f"/admin/tickets/ticket/{ticket.pk}/change/"


def form_in(answer: Any) -> Form:
    return filled(answer.content.decode(), "ticket_form")


def opened(client: Client, ticket: Ticket) -> Form:
    return form_in(client.get(url(ticket)))


def press_save(client: Client, ticket: Ticket, form: Form, **own: Any) -> Any:
    return client.post(url(ticket), {**form, **own})


def change_as(user: User, ticket: Ticket, **fields: Any) -> None:
    with acting_as(user):
        stored = Ticket.objects.get(pk=ticket.pk)
        for name, value in fields.items():
            setattr(stored, name, value)
        stored.save()


def stored(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


# --- Refusals -------------------------------------------------------------------------------------


def test_a_refused_form_shows_what_changed_and_its_second_save_keeps_both(
    ticket: Ticket, carol: User, network: Queue, at_admin: Client
) -> None:
    form = opened(at_admin, ticket)
    change_as(
        carol, ticket, status="pending", queue=network, due_at=datetime(2027, 1, 2, tzinfo=UTC)
    )
    forget()

    refused = press_save(at_admin, ticket, form, priority="high", subject="Still on fire")
    html = refused.content.decode()
    assert refused.status_code == 200
    assert "carol set status new → pending" in html
    assert "carol set queue Billing → Network" in html
    assert names() == []

    again = form_in(refused)
    assert again["priority"] == ["high"]
    assert again["subject"] == ["Still on fire"]
    assert again["status"] == ["pending"]
    assert again["queue"] == [str(network.pk)]
    assert again["due_at_0"] == ["2027-01-02"]
    assert again["seen_version"] == [str(stored(ticket).version)]

    assert press_save(at_admin, ticket, again).status_code == 302
    saved = stored(ticket)
    assert (saved.priority, saved.subject) == ("high", "Still on fire")
    assert (saved.status, saved.queue, saved.due_at) == (
        "pending",
        network,
        datetime(2027, 1, 2, tzinfo=UTC),
    )


def test_what_both_changed_keeps_the_readers_value_and_says_what_it_is_now(
    ticket: Ticket, carol: User, at_admin: Client
) -> None:
    form = opened(at_admin, ticket)
    change_as(carol, ticket, description="The fire is out", status="pending")
    refused = press_save(at_admin, ticket, form, description="Bring water", status="open")
    errors = refused.context["adminform"].errors
    assert errors["description"] == ["Somebody else changed this too. It is now: The fire is out"]
    assert errors["status"] == ["Somebody else changed this too. It is now: pending"]
    again = form_in(refused)
    assert (again["description"], again["status"]) == (["Bring water"], ["open"])
    assert press_save(at_admin, ticket, again).status_code == 302
    assert (stored(ticket).description, stored(ticket).status) == ("Bring water", "open")


def test_a_change_after_the_refusal_is_refused_again(
    ticket: Ticket, carol: User, at_admin: Client
) -> None:
    form = opened(at_admin, ticket)
    change_as(carol, ticket, status="pending")
    again = form_in(press_save(at_admin, ticket, form, priority="high"))
    change_as(carol, ticket, priority="urgent")
    refused = press_save(at_admin, ticket, again)
    assert refused.status_code == 200
    assert "carol set priority normal → urgent" in refused.content.decode()
    assert form_in(refused)["priority"] == ["high"]  # still the reader's own
    assert stored(ticket).priority == "urgent"


def test_the_same_change_by_both_is_no_loss(ticket: Ticket, carol: User, at_admin: Client) -> None:
    form = opened(at_admin, ticket)
    change_as(carol, ticket, status="open")
    again = form_in(press_save(at_admin, ticket, form, status="open"))
    version = stored(ticket).version
    assert press_save(at_admin, ticket, again).status_code == 302
    assert (stored(ticket).status, stored(ticket).version) == ("open", version)


def test_what_was_changed_and_put_back_is_not_the_readers_change(
    ticket: Ticket, carol: User, at_admin: Client
) -> None:
    """Else the reader's untouched "new" would be taken for a wish."""
    form = opened(at_admin, ticket)
    change_as(carol, ticket, status="pending")
    change_as(carol, ticket, status="new")
    change_as(carol, ticket, status="resolved")
    again = form_in(press_save(at_admin, ticket, form, priority="low"))
    assert (again["status"], again["priority"]) == (["resolved"], ["low"])


def test_a_queue_that_is_gone_is_no_dead_end_for_who_did_not_touch_it(
    network: Queue, billing: Queue, carol: User, at_admin: Client
) -> None:
    ticket = Ticket.objects.create(subject="Cable cut", queue=network)
    form = opened(at_admin, ticket)
    change_as(carol, ticket, queue=billing)
    network.delete()
    again = form_in(press_save(at_admin, ticket, form, priority="high"))
    assert again["queue"] == [str(billing.pk)]
    assert press_save(at_admin, ticket, again).status_code == 302


def test_after_a_restore_a_version_that_came_again_is_not_taken_for_the_one_seen(
    ticket: Ticket, carol: User, at_admin: Client
) -> None:
    change_as(carol, ticket, status="open")
    form = opened(at_admin, ticket)  # version 2, open
    rows = Ticket.objects.filter(pk=ticket.pk)
    Ticket.update_without_telling(rows, status="new", version=1)  # the database of yesterday
    change_as(carol, ticket, status="pending")  # version 2 again
    refused = press_save(at_admin, ticket, form, priority="high")
    assert refused.status_code == 200
    again = form_in(refused)
    assert (again["status"], again["priority"]) == (["pending"], ["high"])
    assert press_save(at_admin, ticket, again).status_code == 302
    assert (stored(ticket).status, stored(ticket).priority) == ("pending", "high")


@pytest.mark.parametrize("seen_values", ["", "{", "[]", '{"status": 5}', '{"status": null}'])
def test_without_fingerprints_the_history_knows_what_was_seen(
    seen_values: str, ticket: Ticket, carol: User, at_admin: Client
) -> None:
    form = opened(at_admin, ticket)
    change_as(carol, ticket, queue=Queue.objects.create(name="Third"), description="One\nTwo")
    own = {"seen_values": seen_values, "priority": "high"}
    refused = press_save(at_admin, ticket, form, **own)
    assert refused.status_code == 200
    again = form_in(refused)
    assert again["description"] == ["One\r\nTwo"]
    assert again["priority"] == ["high"]
    assert press_save(at_admin, ticket, again).status_code == 302
    assert stored(ticket).queue.name == "Third"


def test_a_comment_after_what_others_wrote_unseen_stops_shows_it_and_goes_with_the_next_save(
    ticket: Ticket, carol: User, admin: User, at_admin: Client
) -> None:
    Comment.objects.create(ticket=ticket, author=carol, body="Seen")
    form = opened(at_admin, ticket)
    own = {"comments-TOTAL_FORMS": "1", "comments-0-body": "My answer", "status": "pending"}
    Comment.objects.create(ticket=ticket, author=carol, body="<b>Not</b> seen")
    Comment.objects.create(ticket=ticket, author=admin, body="The reader's own")
    answer = press_save(at_admin, ticket, form, **own)
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "Others have written since you looked" in shown
    assert "carol wrote: &lt;b&gt;Not&lt;/b&gt; seen" in shown
    assert "own</li>" not in shown
    assert Comment.objects.count() == 3
    assert stored(ticket).version == 1

    assert form_in(answer)["comments-0-body"] == ["My answer"]
    assert press_save(at_admin, ticket, form_in(answer)).status_code == 302
    assert Comment.objects.filter(body="My answer", author=admin).count() == 1
    assert stored(ticket).status == "pending"


def test_who_adds_no_comment_is_not_stopped_by_one(
    ticket: Ticket, carol: User, at_admin: Client
) -> None:
    form = opened(at_admin, ticket)
    Comment.objects.create(ticket=ticket, author=carol, body="Not seen")
    assert press_save(at_admin, ticket, form, status="pending").status_code == 302
    assert stored(ticket).status == "pending"


@pytest.mark.parametrize("version", ["0", "-1", "x", "1.5", "9" * 40])
def test_junk_for_a_version_is_refused(version: str, ticket: Ticket, at_admin: Client) -> None:
    form = opened(at_admin, ticket)
    answer = press_save(at_admin, ticket, form, seen_version=version, status="open")
    assert answer.status_code == 200
    assert stored(ticket).status == "new"


def test_staff_are_not_told_what_became_of_a_ticket_that_left_their_sight(
    bob: User, carol: User, network: Queue, billing: Queue
) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(content_type__app_label="tickets"))
    client = signed_in(bob)
    ticket = Ticket.objects.create(subject="Cable cut", queue=network)
    form = opened(client, ticket)
    change_as(carol, ticket, queue=billing, subject="For Billing only")
    answer = client.post(url(ticket), {**form, "priority": "high"}, follow=True)
    assert "For Billing only" not in answer.content.decode()
    assert "Billing" not in answer.content.decode()
    assert stored(ticket).priority == "normal"


# --- What it saves --------------------------------------------------------------------------------


def test_a_field_that_was_not_touched_is_not_saved(ticket: Ticket, at_admin: Client) -> None:
    """A browser sends lines and times otherwise than they are stored: CR LF, and no fractions."""
    due = datetime(2027, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    Ticket.objects.filter(pk=ticket.pk).update(description="\nOne\nTwo ", due_at=due)
    version = stored(ticket).version
    form = opened(at_admin, ticket)
    forget()
    assert press_save(at_admin, ticket, form).status_code == 302
    assert names() == []
    form = opened(at_admin, ticket)
    assert press_save(at_admin, ticket, form, status="open").status_code == 302
    saved = stored(ticket)
    assert (saved.description, saved.due_at, saved.version) == ("\nOne\nTwo ", due, version + 1)


def test_what_carries_what_was_seen_is_not_left_to_the_browsers_memory(
    ticket: Ticket, at_admin: Client
) -> None:
    form = at_admin.get(url(ticket)).context["adminform"].form
    for name in form.fields:
        for control in str(form[name]).split("<")[1:]:
            if control.startswith(("input", "select", "textarea")):
                assert 'autocomplete="off"' in control, control


def test_the_readers_own_values_are_marked_after_a_refusal(
    ticket: Ticket, carol: User, at_admin: Client
) -> None:
    form = opened(at_admin, ticket)
    change_as(carol, ticket, status="pending")
    refused = press_save(at_admin, ticket, form, priority="high").context["adminform"].form
    assert "data-unsaved" in str(refused["priority"])
    assert "data-unsaved" not in str(refused["status"])


def test_the_form_has_as_many_fields_for_many_comments_as_for_none(
    ticket: Ticket, admin: User, carol: User, at_admin: Client
) -> None:
    before = len(opened(at_admin, ticket))
    Comment.objects.bulk_create(
        Comment(ticket=ticket, author=carol, body=f"Comment {n}") for n in range(1200)
    )
    for n in range(30):
        change_as(carol, ticket, subject=f"Subject {n}")
    form = opened(at_admin, ticket)
    assert len(form) == before
    assert press_save(at_admin, ticket, form, status="open").status_code == 302
    html = at_admin.get(url(ticket)).content.decode()
    assert "Comment 1199" in html
    assert "The last 50 of 1200" in html
    added = {"comments-TOTAL_FORMS": "1", "comments-0-body": "One more"}
    assert press_save(at_admin, ticket, opened(at_admin, ticket), **added).status_code == 302
    assert Comment.objects.get(body="One more").author == admin


# --- The history ----------------------------------------------------------------------------------


def history(client: Client, ticket: Ticket, query: str = "") -> Any:
    return client.get(f"/admin/tickets/ticket/{ticket.pk}/history/{query}")


def test_the_history_page_tells_who_changed_what_wherever_it_was_done(
    ticket: Ticket, carol: User, at_admin: Client
) -> None:
    change_as(carol, ticket, status="open", assignee=carol)
    html = history(at_admin, ticket).content.decode()
    assert "opened the ticket" in html
    assert "set status new → open" in html
    assert "took the ticket" in html
    assert "carol" in html
    assert "doesn’t have a change history" not in html


def test_a_long_history_is_shown_in_pages(ticket: Ticket, carol: User, at_admin: Client) -> None:
    for n in range(120):
        change_as(carol, ticket, subject=f"Subject {n}")
    first, second = (history(at_admin, ticket, f"?p={n}").content.decode() for n in (1, 2))
    assert "→ Subject 5<" in first
    assert "→ Subject 119<" not in first
    assert "→ Subject 119<" in second
    assert "121 changes" in second


def test_the_history_of_a_queue_is_djangos(billing: Queue, at_admin: Client) -> None:
    page = f"/admin/tickets/queue/{billing.pk}"
    at_admin.post(f"{page}/change/", {"name": "Bills"})
    assert "Changed Name" in at_admin.get(f"{page}/history/").content.decode()
