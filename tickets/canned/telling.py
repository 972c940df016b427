"""Open pages of canned replies are told that something there has changed."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import pre_delete
from django.dispatch import receiver

import live
from live import Transition, changed
from tickets.canned.models import CannedReply
from tickets.visibility import EVERYONE, user_audience

live.observe(CannedReply, ("owner", "name", "text", "shared"))


@receiver(changed, sender=CannedReply, dispatch_uid="tickets.canned.told")
def told(transition: Transition[CannedReply], **kwargs: Any) -> None:
    """Nothing of the reply: who has a page of them open loads it again, by today's rights."""
    rows = [row for row in (transition.before, transition.after) if row]
    if any(row.shared or row.owner_id is None for row in rows):
        audience = {EVERYONE}
    else:
        audience = {user_audience(row.owner_id) for row in rows if row.owner_id is not None}
    live.publish("canned.changed", {}, audience)


@live.listens(pre_delete, to=get_user_model())
def user_about_to_be_deleted(instance: Any, **kwargs: Any) -> None:
    """Nobody else ever saw what they kept for themselves. What they shared stays."""
    CannedReply.objects.filter(owner=instance.pk, shared=False).delete()
