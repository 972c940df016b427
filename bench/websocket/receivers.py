import json
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models.signals import post_save
from django.dispatch import receiver

from bench.recipe.models import Ticket
from bench.recipe.views import as_json


@receiver(post_save, sender=Ticket)
def tell_agents(instance: Ticket, created: bool, **kwargs: Any) -> None:
    """Encoded once for all: the kindest way to write it."""
    event = "ticket.created" if created else "ticket.updated"
    text = json.dumps({"event": event, "ticket": as_json(instance)}, cls=DjangoJSONEncoder)
    layer = get_channel_layer()
    async_to_sync(layer.group_send)(
        f"queue-{instance.queue_id}", {"type": "ticket.changed", "text": text}
    )
