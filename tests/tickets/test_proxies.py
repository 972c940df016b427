"""What is done through a proxy is told as what is done through the model itself."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models, transaction

from live.log.entries import IDENTITY
from tests.harness.told import forget, names, only, told, told_of
from tickets.models import Comment, Membership, Queue, Ticket

pytestmark = pytest.mark.django_db

Proxies = Callable[[type[models.Model]], Any]


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxies]:
    """A proxy of the model, as an app that is installed beside the help desk may define it."""

    def of(model: type[models.Model]) -> Any:
        registered = apps.all_models["tickets"].get(f"other{model.__name__.lower()}")
        meta = type("Meta", (), {"proxy": True, "app_label": "tickets"})
        body = {"__module__": __name__, "Meta": meta}
        return registered or type(f"Other{model.__name__}", (model,), body)

    yield of
    for name in [name for name in apps.all_models["tickets"] if name.startswith("other")]:
        del apps.all_models["tickets"][name]
    apps.clear_cache()


def test_a_ticket(proxy: Proxies, ticket: Ticket, carol: User) -> None:
    other = proxy(Ticket).objects.get()
    forget()
    other.status = "open"
    other.save()
    proxy(Ticket).objects.update(assignee=carol)
    other.refresh_from_db()
    other.priority = "high"
    proxy(Ticket).objects.bulk_update([other], ["priority"])
    proxy(Ticket).objects.create(subject="New", queue=ticket.queue)
    proxy(Ticket).objects.bulk_create([proxy(Ticket)(subject="Newer", queue=ticket.queue)])
    proxy(Ticket).objects.all().delete()
    assert names() == ["ticket.updated"] * 3 + ["ticket.created"] * 2 + ["ticket.removed"] * 3
    assert told()[2].data["ticket"]["version"] == 4


def test_a_membership(proxy: Proxies, billing: Queue, dave: User) -> None:
    forget()
    proxy(Membership).objects.create(queue=billing, user=dave)
    proxy(Membership).objects.all().delete()
    proxy(Membership).objects.bulk_create([proxy(Membership)(queue=billing, user=dave)])
    proxy(Membership).objects.get().delete()
    changes = [(event.data["gained"], event.data["lost"]) for event in told()]
    queue = f"queue:{billing.pk}"
    assert changes == [([queue], []), ([], [queue])] * 2


def test_agents_through_proxies_of_queue_and_user(
    proxy: Proxies, billing: Queue, dave: User
) -> None:
    queue, user = proxy(Queue).objects.get(), proxy(User).objects.get(pk=dave.pk)
    forget()
    queue.agents.add(user)
    user.queues.clear()
    user.queues.set([queue])
    queue.agents.remove(dave)
    assert [bool(event.data["gained"]) for event in told()] == [True, False, True, False]


def test_a_saved_user(proxy: Proxies, dave: User) -> None:
    user = proxy(User).objects.get(pk=dave.pk)
    forget()
    user.is_superuser = True
    user.first_name = "David"
    user.save()
    assert sorted(names()) == ["live.access", IDENTITY, "reset"]


def test_a_deleted_user(proxy: Proxies, ticket: Ticket, dave: User) -> None:
    Ticket.objects.update(assignee=dave)
    Comment.objects.create(ticket=ticket, author=dave, body="So long")
    forget()
    proxy(User).objects.get(pk=dave.pk).delete()
    assert sorted(names()) == [IDENTITY, "reset", "ticket.updated"]
    assert told_of("ticket.updated")[0].data["ticket"]["assignee"] is None
    assert Comment.objects.get().author is None


def test_deleted_users(proxy: Proxies, ticket: Ticket, dave: User) -> None:
    Comment.objects.create(ticket=ticket, author=dave, body="So long")
    proxy(User).objects.filter(pk=dave.pk).delete()
    assert Comment.objects.get().author is None


def test_a_comment(proxy: Proxies, ticket: Ticket) -> None:
    forget()
    comment = proxy(Comment).objects.create(ticket=ticket, body="Hello")
    assert only().name == "comment.created"
    for refused in (
        comment.save,
        comment.delete,
        proxy(Comment).objects.all().delete,
        lambda: proxy(Comment).objects.update(body="Bye"),
    ):
        sentence = pytest.raises(ValueError, match="never changed or deleted by itself")
        with sentence, transaction.atomic():
            refused()
    Ticket.objects.all().delete()


def test_a_renamed_queue(proxy: Proxies, billing: Queue) -> None:
    queue = proxy(Queue).objects.get()
    forget()
    queue.name = "Invoices"
    queue.save()
    assert names() == ["reset"]


def test_a_save_past_the_models_own_is_told_and_counted(proxy: Proxies, ticket: Ticket) -> None:
    other = proxy(Ticket).objects.get()
    forget()
    other.status = "open"
    models.Model.save(other)
    assert names() == ["ticket.updated"]
    assert told()[0].data["changes"] == {"status": ["new", "open"]}
    assert told()[0].data["ticket"]["version"] == Ticket.objects.get().version == 2
    models.Model.save(other)
    assert names() == ["ticket.updated"]
    models.Model.save(proxy(Ticket)(subject="New", queue=ticket.queue))
    assert names() == ["ticket.updated", "ticket.created"]
