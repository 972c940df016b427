"""alice and bob in different queues, carol in both, dave in none, and an admin, who sees all.

They have no passwords, for hashing a password takes longer than most tests.
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tickets.models import Queue, Ticket


@pytest.fixture
def billing(db: None) -> Queue:
    return Queue.objects.create(name="Billing")


@pytest.fixture
def network(db: None) -> Queue:
    return Queue.objects.create(name="Network")


@pytest.fixture
def alice(billing: Queue) -> User:
    return agent("alice", billing)


@pytest.fixture
def bob(network: Queue) -> User:
    return agent("bob", network)


@pytest.fixture
def carol(billing: Queue, network: Queue) -> User:
    return agent("carol", billing, network)


@pytest.fixture
def dave(db: None) -> User:
    return agent("dave")


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin")


@pytest.fixture
def ticket(billing: Queue) -> Ticket:
    return Ticket.objects.create(subject="Printer on fire", queue=billing)


def agent(name: str, *queues: Queue) -> User:
    user = User.objects.create_user(name)
    user.queues.add(*queues)
    return user


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client
