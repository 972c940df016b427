"""The pages on which superusers manage queues and the people who serve them."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.harness.filled import filled
from tests.harness.people import signed_in
from tests.harness.told import forget, names, told_of
from tickets.models import Membership, Queue, Ticket
from tickets.queues.lists import AT_ONCE

pytestmark = pytest.mark.django_db

PEOPLE = "/queues/people/"
ADD = "/queues/people/add/"
GIVEN = {"username": "zoe", "password1": "not a simple word", "password2": "not a simple word"}


@pytest.fixture
def at_queues(admin: User) -> Client:
    return signed_in(admin)


def url(queue: Queue, deed: str = "") -> str:
    return f"/queues/{queue.pk}/{deed}"


def said(answer: Any) -> str:
    """What the page that follows says of the deed."""
    return " ".join(str(message) for message in answer.context["messages"])


def every_deed(queue: Queue, person: User) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("/queues/", {"name": "Third"}),
        (url(queue, "rename/"), {"name": "Bills", "shown": queue.name}),
        (url(queue, "agents/add/"), {"person": person.pk}),
        (url(queue, "agents/remove/"), {"person": queue.agents.get().pk}),
        (url(queue, "delete/"), {}),
        (ADD, GIVEN),
        (f"{PEOPLE}{person.pk}/active/", {"active": "0"}),
    ]


def as_before(queue: Queue, agent: User, person: User) -> bool:
    person.refresh_from_db()
    return (
        [(found.pk, found.name) for found in Queue.objects.all()] == [(queue.pk, queue.name)]
        and [*queue.agents.all()] == [agent]
        and person.is_active
        and not User.objects.filter(username="zoe").exists()
    )


# --- Who may ------------------------------------------------------------------------------------


def test_nobody_but_a_superuser_looks_or_does_anything(
    billing: Queue, alice: User, dave: User
) -> None:
    """Neither an agent nor staff with each permission there is: those have the admin."""
    dave.is_staff = True
    dave.save()
    dave.user_permissions.set(Permission.objects.all())
    for user in (alice, dave):
        client = signed_in(user)
        for page in ("/queues/", url(billing), PEOPLE, ADD):
            assert client.get(page).status_code == 403
        for address, form in every_deed(billing, dave):
            assert client.post(address, form).status_code == 403
    assert as_before(billing, alice, dave)
    assert "Only superusers manage queues" in signed_in(alice).get("/queues/").content.decode()


def test_a_stranger_is_led_to_the_log_in_and_then_to_the_list(
    billing: Queue, alice: User, dave: User, client: Client
) -> None:
    for address, form in every_deed(billing, dave):
        assert client.post(address, form).headers["Location"] == "/accounts/login/?next=/queues/"
    assert as_before(billing, alice, dave)


def test_without_the_token_nothing_is_done(
    billing: Queue, alice: User, dave: User, admin: User
) -> None:
    client = signed_in(admin, enforce_csrf_checks=True)
    for address, form in every_deed(billing, dave):
        assert client.post(address, form).status_code == 403
    assert as_before(billing, alice, dave)


def test_a_deed_is_done_by_post_only(
    billing: Queue, alice: User, dave: User, at_queues: Client
) -> None:
    for address, _ in every_deed(billing, dave):
        if address not in ("/queues/", ADD):
            assert at_queues.get(address).status_code == 405


def test_only_superusers_see_the_way_there(alice: User, at_queues: Client) -> None:
    assert 'href="/queues/"' in at_queues.get("/").content.decode()
    assert 'href="/queues/"' not in signed_in(alice).get("/").content.decode()


# --- Queues ---------------------------------------------------------------------------------------


def test_the_list_counts_agents_who_may_sign_in_and_open_tickets(
    billing: Queue, network: Queue, alice: User, carol: User, bob: User, at_queues: Client
) -> None:
    bob.is_active = False
    bob.save()
    for status in ("new", "pending", "closed"):
        Ticket.objects.create(subject=status, queue=billing, status=status)
    listed = at_queues.get("/queues/").context["listed"]
    numbers = [(queue.name, queue.agent_count, queue.open_count) for queue in listed]
    assert numbers == [("Billing", 2, 2), ("Network", 1, 0)]


def test_a_queue_that_nobody_serves_is_marked(network: Queue, at_queues: Client) -> None:
    assert "nobody" in at_queues.get("/queues/").content.decode()


def test_the_lists_cost_the_same_however_much_there_is(
    billing: Queue, alice: User, at_queues: Client
) -> None:
    def cost(page: str) -> int:
        at_queues.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert at_queues.get(page).status_code == 200
        return len(queries)

    pages = ("/queues/", url(billing), PEOPLE)
    few = [cost(page) for page in pages]
    users = User.objects.bulk_create(User(username=f"agent{n:03}") for n in range(AT_ONCE + 9))
    for user in users:
        billing.agents.add(user)
        Queue.objects.create(name=f"Queue {user.username}")
    assert [cost(page) for page in pages] == few
    assert all(number <= 16 for number in few)
    for page in pages:
        assert len(at_queues.get(page).context["listed"]) == AT_ONCE
        assert "Page 1 of 2" in at_queues.get(page).content.decode()
        assert at_queues.get(page, {"page": "junk"}).status_code == 200


def test_a_queue_is_added_and_told(at_queues: Client) -> None:
    forget()
    answer = at_queues.post("/queues/", {"name": "Third"}, follow=True)
    made = Queue.objects.get(name="Third")
    assert answer.redirect_chain == [(url(made), 302)]
    assert "give it somebody who serves it" in said(answer)
    assert len(told_of("queues.changed")) == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [("Billing", "There is a queue of this name already."), ("", "required"), ("x" * 101, "100"),
     ("a\0b", "Null characters")],
)  # fmt: skip
def test_a_bad_name_is_refused_beside_the_field(
    name: str, reason: str, billing: Queue, network: Queue, at_queues: Client
) -> None:
    for address, form in [("/queues/", {}), (url(network, "rename/"), {"shown": "Network"})]:
        answer = at_queues.post(address, {**form, "name": name})
        assert answer.status_code == 422
        assert reason in " ".join(answer.context["form"].errors["name"])
    assert {queue.name for queue in Queue.objects.all()} == {"Billing", "Network"}


def test_a_queue_is_renamed_and_all_who_show_it_load_afresh(
    billing: Queue, at_queues: Client
) -> None:
    form = filled(at_queues.get(url(billing)).content.decode(), "rename")
    forget()
    answer = at_queues.post(url(billing, "rename/"), {**form, "name": "Bills"}, follow=True)
    assert "<h1>" in answer.content.decode()
    assert Queue.objects.get().name == "Bills"
    assert names() == ["reset"]
    assert len(told_of("queues.changed")) == 1


def test_an_old_form_renames_nothing_and_shows_the_name_that_the_queue_has(
    billing: Queue, at_queues: Client
) -> None:
    form = filled(at_queues.get(url(billing)).content.decode(), "rename")
    Queue.objects.filter(pk=billing.pk).update(name="Invoices")
    answer = at_queues.post(url(billing, "rename/"), {**form, "name": "Bills"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "somebody has named this queue Invoices meanwhile" in html
    assert Queue.objects.get().name == "Invoices"
    again = filled(html, "rename")
    assert (again["shown"], again["name"]) == (["Invoices"], ["Bills"])
    assert at_queues.post(url(billing, "rename/"), again).status_code == 302
    assert Queue.objects.get().name == "Bills"


def test_a_queue_with_tickets_is_not_deleted_and_says_how_many(
    billing: Queue, alice: User, ticket: Ticket, at_queues: Client
) -> None:
    answer = at_queues.post(url(billing, "delete/"), follow=True)
    assert "Billing was not deleted: it has 1 ticket" in said(answer)
    assert Queue.objects.filter(pk=billing.pk).exists()
    assert [*billing.agents.all()] == [alice]


def test_an_empty_queue_is_deleted_and_its_agents_lose_it(
    billing: Queue, alice: User, at_queues: Client
) -> None:
    forget()
    answer = at_queues.post(url(billing, "delete/"), follow=True)
    assert "Billing is deleted." in said(answer)
    assert not Queue.objects.exists()
    assert [event.data["user"] for event in told_of("live.access")] == [alice.pk]
    assert at_queues.post(url(billing, "delete/")).status_code == 404


# --- Agents ---------------------------------------------------------------------------------------


def test_an_agent_is_added_and_removed_and_told_each_time(
    billing: Queue, dave: User, at_queues: Client
) -> None:
    forget()
    answer = at_queues.post(url(billing, "agents/add/"), {"person": dave.pk}, follow=True)
    assert "dave serves Billing now." in said(answer)
    assert [*billing.agents.all()] == [dave]
    answer = at_queues.post(url(billing, "agents/remove/"), {"person": dave.pk}, follow=True)
    assert "dave does not serve Billing any more" in said(answer)
    assert not billing.agents.exists()
    assert [event.data["user"] for event in told_of("live.access")] == [dave.pk, dave.pk]
    assert len(told_of("queues.changed")) == 2


def test_who_serves_a_queue_already_is_not_offered_and_not_added_twice(
    billing: Queue, alice: User, dave: User, at_queues: Client
) -> None:
    html = at_queues.get(url(billing)).content.decode()
    offered = re.findall(r'<option value="(\d+)"', html)
    assert str(dave.pk) in offered
    assert str(alice.pk) not in offered
    at_queues.post(url(billing, "agents/add/"), {"person": alice.pk})
    assert Membership.objects.count() == 1


@pytest.mark.parametrize("person", ["", "999999", "junk", "-1", "9" * 30])
def test_whom_nobody_knows_is_not_added(person: str, billing: Queue, at_queues: Client) -> None:
    answer = at_queues.post(url(billing, "agents/add/"), {"person": person})
    assert answer.status_code == 422
    assert answer.context["agent_form"].errors["person"]
    assert at_queues.post(url(billing, "agents/remove/"), {"person": person}).status_code == 404
    assert not billing.agents.exists()


def test_who_cannot_sign_in_is_not_added(billing: Queue, dave: User, at_queues: Client) -> None:
    dave.is_active = False
    dave.save()
    html = at_queues.post(url(billing, "agents/add/"), {"person": dave.pk}).content.decode()
    assert "Only an active user can serve a queue" in html


def test_an_agent_among_many_is_found_by_name(
    billing: Queue, alice: User, carol: User, at_queues: Client
) -> None:
    alice.first_name, alice.last_name = "Alice", "Árva"
    alice.save()
    listed = at_queues.get(url(billing), {"agent": "ali Árv"}).context["listed"]
    assert [*listed] == [alice]


def test_what_is_sent_twice_is_done_once(billing: Queue, dave: User, at_queues: Client) -> None:
    """The second press comes after somebody else has taken it back."""
    form = filled(at_queues.get(url(billing)).content.decode(), "add-agent")
    form |= {"person": [str(dave.pk)]}
    assert form["idempotency_key"]
    at_queues.post(url(billing, "agents/add/"), form)
    billing.agents.clear()
    answer = at_queues.post(url(billing, "agents/add/"), form, follow=True)
    assert "sent twice" in said(answer)
    assert not billing.agents.exists()
    new = filled(at_queues.get("/queues/").content.decode(), "new-queue") | {"name": ["Third"]}
    for _ in range(2):
        at_queues.post("/queues/", new)
    assert Queue.objects.filter(name="Third").count() == 1


# --- People ---------------------------------------------------------------------------------------


def test_a_person_is_added_by_djangos_rules_and_serves_a_queue_at_once(
    billing: Queue, at_queues: Client, client: Client
) -> None:
    answer = at_queues.post(ADD, {**GIVEN, "first_name": "Zoe", "queue": billing.pk}, follow=True)
    assert "They can sign in now." in said(answer)
    zoe = User.objects.get(username="zoe")
    assert (zoe.first_name, zoe.is_staff, zoe.is_superuser) == ("Zoe", False, False)
    assert [*billing.agents.all()] == [zoe]
    assert client.login(username="zoe", password=GIVEN["password1"])


@pytest.mark.parametrize(
    ("given", "field"),
    [({"username": "Alice"}, "username"), ({"password2": "another"}, "password2"),
     ({"password1": "password", "password2": "password"}, "password2"),
     ({"username": ""}, "username"), ({"queue": "999"}, "queue")],
)  # fmt: skip
def test_a_person_is_refused_beside_the_field(
    given: dict[str, str], field: str, alice: User, at_queues: Client
) -> None:
    answer = at_queues.post(ADD, {**GIVEN, **given})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not User.objects.filter(username="zoe").exists()


def test_nobody_becomes_a_superuser_by_this_form(at_queues: Client) -> None:
    at_queues.post(ADD, {**GIVEN, "is_superuser": "on", "is_staff": "on"})
    zoe = User.objects.get(username="zoe")
    assert (zoe.is_staff, zoe.is_superuser) == (True, False)


def test_what_staff_status_needs_is_said(at_queues: Client) -> None:
    assert "permissions besides" in at_queues.get(ADD).content.decode()
    assert "permissions besides" in at_queues.get(PEOPLE).content.decode()


def test_who_is_deactivated_cannot_sign_in_until_they_are_active_again(
    alice: User, ticket: Ticket, at_queues: Client
) -> None:
    ticket.assignee = alice
    ticket.save()
    client, forms = signed_in(alice), (("0", False), ("1", True))
    for wanted, is_active in forms:
        forget()
        answer = at_queues.post(f"{PEOPLE}{alice.pk}/active/", {"active": wanted}, follow=True)
        alice.refresh_from_db()
        assert alice.is_active == is_active
        assert client.get("/").status_code == (200 if is_active else 302)
        assert ("1 open ticket is still assigned" in said(answer)) != is_active
        assert told_of("queues.changed")


def test_nobody_deactivates_themselves(admin: User, at_queues: Client) -> None:
    answer = at_queues.post(f"{PEOPLE}{admin.pk}/active/", {"active": "0"}, follow=True)
    assert "You cannot deactivate yourself" in said(answer)
    admin.refresh_from_db()
    assert admin.is_active


def test_people_are_found_by_name_and_named_safely(alice: User, at_queues: Client) -> None:
    alice.first_name = "<script>alert(1)</script>"
    alice.save()
    html = at_queues.get(PEOPLE, {"name": "<SCRIPT>"}).content.decode()
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "Nobody is called" in at_queues.get(PEOPLE, {"name": "nobody at all"}).content.decode()


# --- The first hour -------------------------------------------------------------------------------


def steps(client: Client) -> list[bool] | None:
    """Which of the three steps are done; None where none are shown."""
    html = client.get("/").content.decode()
    if "Three steps" not in html:
        return None
    return ["data-done" in step for step in re.findall("<li[^>]*>(?=\\s*<h3>)", html)]


def test_a_fresh_help_desk_leads_its_superuser_in_three_steps(
    dave: User, at_queues: Client
) -> None:
    assert steps(at_queues) == [False, False, False]
    form = filled(at_queues.get("/").content.decode(), "first-queue") | {"name": ["Billing"]}
    assert at_queues.post("/queues/", form).headers["Location"] == "/"
    assert steps(at_queues) == [True, False, False]
    billing = Queue.objects.get()
    billing.agents.add(dave)
    assert steps(at_queues) == [True, True, False]
    Ticket.objects.create(subject="First", queue=billing)
    assert steps(at_queues) is None


def test_a_ticket_without_any_agent_leaves_the_second_step(
    ticket: Ticket, at_queues: Client
) -> None:
    assert steps(at_queues) == [True, False, True]


def test_nobody_else_sees_the_steps(dave: User) -> None:
    assert steps(signed_in(dave)) is None
