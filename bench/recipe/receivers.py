from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver
from django_eventstream import send_event

from bench.recipe.models import Ticket
from bench.recipe.views import as_json


@receiver(post_save, sender=Ticket)
def tell_agents(instance: Ticket, created: bool, **kwargs: Any) -> None:
    event = "ticket.created" if created else "ticket.updated"
    for user_id in instance.queue.agents.values_list("pk", flat=True):
        send_event(f"user-{user_id}", event, {"ticket": as_json(instance)})
