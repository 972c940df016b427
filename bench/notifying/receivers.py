import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models.signals import post_save
from django.dispatch import receiver
from djangorealtime import publish

from bench.recipe.models import Ticket
from bench.recipe.views import as_json


@receiver(post_save, sender=Ticket)
def tell_agents(instance: Ticket, created: bool, **kwargs: Any) -> None:
    event = "ticket.created" if created else "ticket.updated"
    detail = {"ticket": json.loads(json.dumps(as_json(instance), cls=DjangoJSONEncoder))}
    for user_id in instance.queue.agents.values_list("pk", flat=True):
        publish(user_id=user_id, event_type=event, detail=detail)
