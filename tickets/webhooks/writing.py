"""Which webhooks are to be told of an event: a row for each of them, written with the change."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from tickets.database_time import clock
from tickets.webhooks.models import EVENTS, EVERY_QUEUE, Delivery, Webhook
from tickets.webhooks.working import wake

Data = dict[str, Any]
Message = tuple[str, Data]  # an event's name and data


def keep(
    event: str,
    data: Data,
    audience: Collection[str],
    *,
    before: Collection[str] | None = None,
    entered: Message | None = None,
    left: Message | None = None,
) -> None:
    """Keep a delivery for each webhook that wants the event. As a browser does, one that sees a
    ticket only before or only after the change gets what `live.publish()` says for that."""
    if event not in EVENTS:
        return
    columns = ("pk", "events", "audience", "notes")
    hooks = Webhook.objects.filter(is_on=True).order_by().values_list(*columns)
    wanted: list[tuple[int, Message]] = []
    for pk, events, words, notes in hooks:
        told = _seen_by(words, (event, data), audience, before, entered, left)
        if told and told[0] in events.split() and (notes or not _is_note(told[1])):
            wanted.append((pk, told))
    if wanted:
        Delivery.objects.bulk_create(_deliveries(wanted))
        # robust: a worker that is not told looks by itself, a little later.
        transaction.on_commit(wake, robust=True)


def _seen_by(
    words: str, told: Message, audience: Collection[str], before: Collection[str] | None,
    entered: Message | None, left: Message | None,
) -> Message | None:  # fmt: skip
    """What a webhook of these queues gets."""
    if words == EVERY_QUEUE:
        return told
    queues = set(words.split())
    sees = not queues.isdisjoint(audience)
    saw = sees if before is None else not queues.isdisjoint(before)
    if sees and saw:
        return told
    if sees:
        return entered or told
    return (left or told) if saw else None


def _is_note(data: Data) -> bool:
    return bool(data.get("comment", {}).get("internal"))


def _deliveries(wanted: list[tuple[int, Message]]) -> Iterator[Delivery]:
    bodies: dict[str, str] = {}  # made once, however many webhooks get the same
    now = clock.now()
    for webhook_id, (event, data) in wanted:
        if event not in bodies:
            content = {"type": event, "timestamp": data.get("at") or now, "data": data}
            bodies[event] = json.dumps(
                content, cls=DjangoJSONEncoder, separators=(",", ":"), ensure_ascii=False
            )
        yield Delivery(
            webhook_id=webhook_id, ticket=data["ticket"]["id"], event=event, body=bodies[event],
            created_at=now,
        )  # fmt: skip
