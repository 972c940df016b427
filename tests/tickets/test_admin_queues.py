"""Queues in the admin: one of any size can be edited, for its form posts who comes and goes."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.harness.filled import filled
from tests.harness.people import signed_in
from tests.harness.told import forget, told_of
from tickets.models import Membership, Queue, Ticket

pytestmark = pytest.mark.django_db

MANY = 1200


@pytest.fixture
def at_admin(admin: User) -> Client:
    return signed_in(admin)


@pytest.fixture
def crowd(billing: Queue) -> list[User]:
    """Agents of Billing, more than a form may have fields."""
    users = User.objects.bulk_create(User(username=f"agent{n}") for n in range(MANY))
    Membership.objects.bulk_create(Membership(queue=billing, user=user) for user in users)
    return users


def staff(user: User, *rights: str) -> Client:
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return signed_in(user)


def url(queue: Queue) -> str:
    return f"/admin/tickets/queue/{queue.pk}/change/"


def opened(client: Client, queue: Queue) -> dict[str, list[str]]:
    return filled(client.get(url(queue)).content.decode(), "queue_form")


def save(client: Client, queue: Queue, **own: Any) -> Any:
    return client.post(url(queue), {**opened(client, queue), **own})


# --- Refusals -------------------------------------------------------------------------------------


def test_who_may_not_add_or_delete_memberships_adds_and_removes_nobody(
    billing: Queue, alice: User, bob: User, dave: User
) -> None:
    client = staff(bob, "change_queue")
    answer = save(client, billing, name="Bills", add_agents=[dave.pk], remove_agents=[alice.pk])
    assert answer.status_code == 302
    assert Queue.objects.get(pk=billing.pk).name == "Bills"
    assert [*billing.agents.all()] == [alice]


def test_who_may_only_add_removes_nobody(
    billing: Queue, alice: User, bob: User, dave: User
) -> None:
    client = staff(bob, "change_queue", "add_membership")
    save(client, billing, add_agents=[dave.pk], remove_agents=[alice.pk])
    assert {*billing.agents.all()} == {alice, dave}


def test_who_may_only_look_sees_the_queue_and_no_field(billing: Queue, bob: User) -> None:
    client = staff(bob, "view_queue", "add_membership", "delete_membership")
    html = client.get(url(billing)).content.decode()
    assert "Billing" in html
    assert "add_agents" not in html
    assert client.post(url(billing), {"name": "Mine"}).status_code == 403


def test_removing_who_is_no_agent_is_refused_with_a_sentence(
    billing: Queue, alice: User, dave: User, at_admin: Client
) -> None:
    answer = save(at_admin, billing, remove_agents=[alice.pk, dave.pk])
    assert "Not an agent of this queue: dave." in answer.content.decode()
    assert [*billing.agents.all()] == [alice]


def test_memberships_are_not_written_from_their_list(
    billing: Queue, alice: User, at_admin: Client
) -> None:
    key = Membership.objects.get(user=alice).pk
    for page in ("add/", f"{key}/delete/"):
        answer = at_admin.post(f"/admin/tickets/membership/{page}", {"post": "yes"})
        assert answer.status_code == 403
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [key]}
    at_admin.post("/admin/tickets/membership/", chosen)
    assert Membership.objects.filter(pk=key).exists()


# --- What it does ---------------------------------------------------------------------------------


def test_a_queue_of_many_agents_is_saved_and_its_form_does_not_grow(
    billing: Queue, crowd: list[User], network: Queue, dave: User, at_admin: Client
) -> None:
    assert opened(at_admin, billing).keys() == opened(at_admin, network).keys()
    forget()
    answer = save(at_admin, billing, name="Bills", add_agents=[dave.pk])
    assert answer.status_code == 302
    assert billing.agents.count() == MANY + 1
    assert [event.data["user"] for event in told_of("live.access")] == [dave.pk]
    assert save(at_admin, billing, remove_agents=[crowd[0].pk]).status_code == 302
    assert not billing.agents.filter(pk=crowd[0].pk).exists()


def test_the_list_of_queues_counts_agents_and_open_tickets_in_few_queries(
    billing: Queue, alice: User, carol: User, at_admin: Client, django_assert_max_num_queries: Any
) -> None:
    Ticket.objects.create(subject="open", queue=billing)
    Ticket.objects.create(subject="closed", queue=billing, status="closed")
    Queue.objects.bulk_create(Queue(name=f"Queue {number:03}") for number in range(150))
    with django_assert_max_num_queries(8):
        html = at_admin.get("/admin/tickets/queue/").content.decode()
    row = html.partition("Billing</a>")[2].partition("</tr>")[0]
    assert re.findall(r'field-(\w+)">(\d+)', row) == [("agent_count", "2"), ("open_count", "1")]
    by_agents = at_admin.get("/admin/tickets/queue/", {"o": "-2"}).content.decode()
    assert by_agents.index("Billing</a>") < by_agents.index("Queue 1")


def test_the_page_leads_to_the_list_of_the_queues_agents(
    billing: Queue, crowd: list[User], bob: User, at_admin: Client
) -> None:
    html = at_admin.get(url(billing)).content.decode()
    found = re.search(rf'{MANY} \(<a href="([^"]+)"', html)
    assert found
    page = at_admin.get(found[1]).content.decode()
    assert "agent0" in page
    assert "bob" not in page
    assert "agent77" in at_admin.get(found[1] + "&q=agent77").content.decode()


def test_agents_are_found_by_typing_their_name(billing: Queue, at_admin: Client) -> None:
    User.objects.create(username="zoe")
    html = at_admin.get(url(billing)).content.decode()
    (found,) = set(re.findall(r'data-ajax--url="([^"]+)"', html))
    asked = {"app_label": "tickets", "model_name": "queue", "field_name": "agents", "term": "zo"}
    for name, value in asked.items():
        assert name == "term" or f'data-{name.replace("_", "-")}="{value}"' in html
    assert [row["text"] for row in at_admin.get(found, asked).json()["results"]] == ["zoe"]


def test_a_new_queue_gets_its_agents_at_once(dave: User, at_admin: Client) -> None:
    given = {"name": "Third", "add_agents": [dave.pk]}
    assert at_admin.post("/admin/tickets/queue/add/", given).status_code == 302
    assert [*Queue.objects.get(name="Third").agents.all()] == [dave]


def test_a_user_and_an_empty_queue_are_deleted_with_their_memberships(
    billing: Queue, alice: User, at_admin: Client
) -> None:
    assert at_admin.post(f"/admin/auth/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 302
    assert (
        at_admin.post(f"/admin/tickets/queue/{billing.pk}/delete/", {"post": "yes"}).status_code
        == 302
    )
    assert not Membership.objects.exists()
