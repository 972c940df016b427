"""A receiver on this host, which the tests allow, and a webhook to it."""

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from tests.harness.receiver import Receiver
from tickets.webhooks.models import EVENTS, Webhook
from tickets.webhooks.signing import new_secret

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = LOOPBACK
    with Receiver() as server:
        yield server


@pytest.fixture
def hook_to(db: None) -> Callable[..., Webhook]:
    def make(url: str = "https://example.com/hook", **fields: Any) -> Webhook:
        name = f"Hook {Webhook.objects.count() + 1}"
        given = {"name": name, "secret": new_secret(), "events": " ".join(EVENTS), **fields}
        return Webhook.objects.create(url=url, **given)

    return make
