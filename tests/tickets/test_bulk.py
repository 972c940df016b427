"""Bulk jobs of the admin: thousands of tickets, one confirmation, bounded steps, nothing twice."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.harness.people import signed_in
from tests.harness.told import forget, names
from tickets import bulk, editing
from tickets.bookkeeping import BulkItem, BulkJob
from tickets.models import Change, Comment, Queue, Ticket
from tickets.visibility import NO_SUCH_TICKET, NOT_ASSIGNABLE

pytestmark = pytest.mark.django_db

TICKETS = "/admin/tickets/ticket/"


@pytest.fixture
def at_admin(admin: User) -> Client:
    return signed_in(admin)


@pytest.fixture
def at_bobs(bob: User) -> Client:
    """Staff with every permission on tickets, yet no superuser."""
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(content_type__app_label="tickets"))
    return signed_in(bob)


def tickets(queue: Queue, count: int) -> list[Ticket]:
    return Ticket.objects.bulk_create(Ticket(subject=f"No. {n}", queue=queue) for n in range(count))


def select_all(client: Client, action: str) -> Any:
    """All tickets of the list, over all of its pages."""
    some = Ticket.objects.values_list("pk", flat=True)[:1]
    chosen = {"action": action, "_selected_action": [*some], "select_across": 1, "index": 0}
    return client.post(TICKETS, chosen)


def confirm(client: Client, action: str, page: Any, **value: Any) -> Any:
    numbers = page.context["form"].initial["numbers"]
    given = {"action": action, "_selected_action": 0, "select_across": 1, "numbers": numbers}
    return client.post(TICKETS, {**given, **value})


def start(user: User, chosen: list[Ticket], field: str = "", value: str = "") -> BulkJob:
    return bulk.start(user, [ticket.pk for ticket in chosen], field, value)


def url(job: BulkJob) -> str:
    return f"{TICKETS}bulk/{job.pk}/"


def finish(client: Client, job: BulkJob) -> str:
    """Press Continue as long as there is one; the last page."""
    for _ in range(100):
        page = client.get(url(job)).content.decode()
        if 'value="Continue"' not in page:
            return str(page)
        assert client.post(url(job)).status_code == 302
    raise AssertionError("the job has no end")


# --- Refusals -------------------------------------------------------------------------------------


def test_a_job_is_seen_and_continued_only_by_who_confirmed_it(
    admin: User, ticket: Ticket, at_bobs: Client
) -> None:
    job = start(admin, [ticket])
    assert at_bobs.get(url(job)).status_code == 404
    assert at_bobs.post(url(job)).status_code == 404
    assert "delete" not in at_bobs.get("/admin/tickets/bulkjob/").context["cl"].result_list
    assert Ticket.objects.filter(pk=ticket.pk).exists()


def test_a_ticket_out_of_sight_is_refused_and_the_others_are_deleted(
    billing: Queue, network: Queue, bob: User, at_bobs: Client
) -> None:
    hidden, seen = tickets(billing, 1) + tickets(network, 1)
    page = finish(at_bobs, start(bob, [hidden, seen]))
    assert f"#{hidden.pk} refused: {NO_SUCH_TICKET}" in page
    assert f"#{seen.pk} deleted" in page
    assert [*Ticket.objects.all()] == [hidden]


def test_a_permission_that_was_taken_away_ends_the_job(
    network: Queue, bob: User, at_bobs: Client
) -> None:
    job = start(bob, tickets(network, 1))
    bob.user_permissions.set(Permission.objects.filter(codename="change_ticket"))
    assert at_bobs.post(url(job)).status_code == 403
    assert Ticket.objects.count() == 1


def test_staff_without_the_permission_to_delete_get_no_such_action(
    network: Queue, bob: User, at_bobs: Client
) -> None:
    tickets(network, 1)
    bob.user_permissions.set(Permission.objects.filter(codename="change_ticket"))
    answer = select_all(at_bobs, "delete_selected")
    assert answer.context is None or "numbers" not in answer.content.decode()


def test_an_assignee_who_was_deactivated_meanwhile_is_given_no_more_tickets(
    billing: Queue, admin: User, alice: User, at_admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "STEP_ITEMS", 1)
    first, second = tickets(billing, 2)
    job = start(admin, [first, second], "assignee", str(alice.pk))
    at_admin.post(url(job))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    page = finish(at_admin, job)
    assert f"#{first.pk} now alice" in page
    assert f"#{second.pk} refused: {NOT_ASSIGNABLE}" in page


def test_too_many_are_refused_with_a_sentence(
    ticket: Ticket, at_admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST", 3)
    given = {"action": "delete_selected", "_selected_action": 0, "select_across": 1}
    answer = at_admin.post(TICKETS, {**given, "numbers": "1,2,3,4"})
    assert "Choose at most 3 tickets at once, not 4." in answer.content.decode()
    assert not BulkJob.objects.exists()


# --- What it does ---------------------------------------------------------------------------------


def test_more_than_a_form_may_have_fields_are_deleted_with_one_confirmation_in_bounded_steps(
    billing: Queue, at_admin: Client, settings: Any
) -> None:
    """Django's own page posts a field for each, which ends in 400 at a thousand."""
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
    tickets(billing, 300)
    page = select_all(at_admin, "delete_selected")
    assert Ticket.objects.count() == 300  # asked first
    answer = confirm(at_admin, "delete_selected", page)
    assert answer.status_code == 200
    done = 300 - Ticket.objects.count()
    assert 0 < done <= bulk.STEP_ITEMS
    assert f"{done} of 300 are done" in answer.content.decode()
    last = finish(at_admin, BulkJob.objects.get())
    assert "All 300 are done" in last
    assert not Ticket.objects.exists()
    assert Change.objects.filter(field="deleted", actor_name="admin").count() == 300
    assert LogEntry.objects.filter(action_flag=3).count() == 300


def test_a_selection_of_five_thousand_fits_into_the_form(
    billing: Queue, at_admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "STEP_ITEMS", 2)
    tickets(billing, 5000)
    answer = confirm(at_admin, "set_status", select_all(at_admin, "set_status"), value="open")
    assert "2 of 5000 are done" in answer.content.decode()
    assert BulkItem.objects.count() == 5000
    assert Ticket.objects.filter(status="open").count() == 2


def test_deleting_asks_first_and_takes_the_comments_along(ticket: Ticket, at_admin: Client) -> None:
    Comment.objects.create(ticket=ticket, body="Hello")
    page = select_all(at_admin, "delete_selected")
    assert "This cannot be undone" in page.content.decode()
    forget()
    assert f"#{ticket.pk} deleted" in confirm(at_admin, "delete_selected", page).content.decode()
    assert not Comment.objects.exists()
    assert names() == ["ticket.removed"]


def test_a_job_whose_page_was_closed_is_found_and_goes_on(
    billing: Queue, admin: User, at_admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "STEP_ITEMS", 2)
    job = start(admin, tickets(billing, 5), "status", "open")
    bulk.step(job)
    page = at_admin.get("/admin/tickets/bulkjob/").content.decode()
    assert re.search(r'field-waiting">3<', page)
    opened = at_admin.get(f"/admin/tickets/bulkjob/{job.pk}/change/", follow=True)
    assert "2 of 5 are done" in opened.content.decode()
    assert "All 5 are done" in finish(at_admin, job)
    assert {*Ticket.objects.values_list("status", "version")} == {("open", 2)}


def test_a_step_that_breaks_off_keeps_what_is_done_and_does_nothing_twice(
    billing: Queue, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start(admin, tickets(billing, 3), "status", "open")
    edit_each, calls = editing.edit_each, []

    def break_at_second(*args: Any) -> Any:
        calls.append(args)
        yield from edit_each(*args)
        if len(calls) == 2:  # the ticket is written, its result not yet
            raise OSError("the server is stopped")

    monkeypatch.setattr(editing, "edit_each", break_at_second)
    with pytest.raises(OSError, match="stopped"):
        bulk.step(job)
    assert Ticket.objects.filter(status="open").count() == 1
    assert job.items.exclude(result="").count() == 1
    bulk.step(job)
    assert {*Ticket.objects.values_list("status", "version")} == {("open", 2)}
    assert [*job.items.values_list("result", flat=True)] == ["now open"] * 3


def test_refusals_stand_before_what_was_done(billing: Queue, admin: User, at_admin: Client) -> None:
    kept, gone = tickets(billing, 2)
    job = start(admin, [kept, gone], "priority", "high")
    number = gone.pk
    gone.delete()
    page = finish(at_admin, job)
    assert page.index(f"#{number} refused") < page.index(f"#{kept.pk} now high")
    assert "1 of them refused" in page


def test_a_step_on_a_slow_database_ends_early(
    billing: Queue, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "STEP_SECONDS", 0)
    job = start(admin, tickets(billing, 3), "status", "open")
    bulk.step(job)
    assert job.items.exclude(result="").count() == 1


def test_a_number_named_twice_is_done_once(ticket: Ticket, at_admin: Client) -> None:
    given = {"action": "set_status", "_selected_action": 0, "select_across": 1, "value": "open"}
    at_admin.post(TICKETS, {**given, "numbers": f"{ticket.pk},{ticket.pk}"})
    assert BulkItem.objects.count() == 1


def test_old_jobs_are_cleared_away(ticket: Ticket, admin: User) -> None:
    old = start(admin, [ticket])
    BulkJob.objects.update(created_at=old.created_at - bulk.KEPT)
    new = start(admin, [ticket])
    assert [*BulkJob.objects.all()] == [new]
