"""Superusers' open pages of queues and people are told that something there has changed."""

from typing import Any

from django.contrib.auth import get_user_model
from django.dispatch import receiver

import live
from live import Transition, changed
from tickets.models import Membership, Queue
from tickets.visibility import SUPERUSERS


@receiver(changed, sender=Queue, dispatch_uid="tickets.queues.queue")
@receiver(changed, sender=Membership, dispatch_uid="tickets.queues.membership")
@receiver(changed, sender=get_user_model(), dispatch_uid="tickets.queues.user")
def told(transition: Transition[Any], **kwargs: Any) -> None:
    live.publish("queues.changed", {}, [SUPERUSERS])
