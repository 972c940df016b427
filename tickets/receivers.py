"""A save becomes history and a live event, in the transaction of the save."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

import live
from tickets.actor import current_actor
from tickets.history import record
from tickets.models import Comment, Membership, Queue, Ticket
from tickets.observed import Transition
from tickets.public import name_of, person, public_changes, public_comment, public_ticket
from tickets.visibility import (
    EVERYONE,
    SUPERUSERS,
    audience_of,
    queue_audience,
    user_audience,
)

User = get_user_model()
NAME_FIELDS = ("username", "first_name", "last_name")


@receiver(post_save, sender=Ticket, dispatch_uid="tickets.ticket_saved")
def ticket_saved(instance: Ticket, raw: bool, **kwargs: Any) -> None:
    if raw:  # loaddata: what was there before, nobody knows
        return reload_pages(EVERYONE)
    record(instance.transition)
    before, after = instance.transition.before, instance.transition.after
    assert after is not None
    if before is None:
        live.publish("ticket.created", _state(after), audience_of(after))
    else:
        _publish_update(before, after, instance.transition.fields)


def _publish_update(before: Ticket, after: Ticket, fields: tuple[str, ...]) -> None:
    state = _state(after)
    live.publish(
        "ticket.updated",
        {**state, "changes": public_changes(before, after, fields)},
        audience_of(after),
        before=audience_of(before),
        entered=("ticket.created", state),
        left=("ticket.removed", {"ticket": {"id": after.pk}}),
    )


def _state(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket": public_ticket(ticket),
        "changes": {},
        "actor": person(current_actor()),
        "at": ticket.updated_at,
    }


@receiver(post_delete, sender=Ticket, dispatch_uid="tickets.ticket_deleted")
def ticket_deleted(instance: Ticket, **kwargs: Any) -> None:
    record(instance.transition)
    before = instance.transition.before
    assert before is not None
    live.publish("ticket.removed", {"ticket": {"id": before.pk}}, audience_of(before))


@receiver(post_save, sender=Comment, dispatch_uid="tickets.comment_saved")
def comment_saved(instance: Comment, raw: bool, **kwargs: Any) -> None:
    if raw:
        return reload_pages(EVERYONE)
    actor = current_actor() or instance.author
    data = {
        "ticket": {"id": instance.ticket_id},
        "comment": public_comment(instance),
        "actor": person(actor),
        "at": instance.created_at,
    }
    # Under the ticket's lock, so that the audience is the one at this place in the log.
    ticket = Ticket.locked([instance.ticket_id], kwargs["using"]).get()
    live.publish("comment.created", data, audience_of(ticket))


@receiver(post_save, sender=Membership, dispatch_uid="tickets.membership_saved")
def membership_saved(instance: Membership, raw: bool, **kwargs: Any) -> None:
    if raw:
        return live.access_changed(instance.user_id, gained=[queue_audience(instance.queue_id)])
    _change_membership(instance.transition)


@receiver(post_delete, sender=Membership, dispatch_uid="tickets.membership_deleted")
def membership_deleted(instance: Membership, **kwargs: Any) -> None:
    _change_membership(instance.transition)


def _change_membership(transition: Transition[Membership]) -> None:
    if transition.before is not None:
        lost = [queue_audience(transition.before.queue_id)]
        live.access_changed(transition.before.user_id, lost=lost)
    if transition.after is not None:
        gained = [queue_audience(transition.after.queue_id)]
        live.access_changed(transition.after.user_id, gained=gained)


@receiver(post_save, sender=Queue, dispatch_uid="tickets.queue_saved")
def queue_saved(instance: Queue, raw: bool, **kwargs: Any) -> None:
    """A renamed queue stands on open pages under its old name."""
    if raw or instance.transition.before is not None:
        assigned = Ticket.objects.filter(queue_id=instance.pk, assignee__isnull=False)
        ids = assigned.order_by().values_list("assignee_id", flat=True).distinct()
        assignees = [user_audience(pk) for pk in ids if pk is not None]
        reload_pages(SUPERUSERS, queue_audience(instance.pk), *assignees)


@receiver(pre_save, sender=User, dispatch_uid="tickets.user_about_to_be_saved")
def user_about_to_be_saved(instance: Any, **kwargs: Any) -> None:
    instance.stored = User._default_manager.filter(pk=instance.pk).first() if instance.pk else None


@receiver(post_save, sender=User, dispatch_uid="tickets.user_saved")
def user_saved(instance: Any, **kwargs: Any) -> None:
    stored = instance.stored
    only = kwargs["update_fields"]
    if stored is None or (only is not None and not {"is_superuser", *NAME_FIELDS} & set(only)):
        return
    if stored.is_superuser and not instance.is_superuser:
        live.access_changed(instance.pk, lost=[SUPERUSERS])
    if instance.is_superuser and not stored.is_superuser:
        live.access_changed(instance.pk, gained=[SUPERUSERS])
    if name_of(stored) != name_of(instance):
        reload_pages(EVERYONE)


@receiver(pre_delete, sender=User, dispatch_uid="tickets.user_about_to_be_deleted")
def user_about_to_be_deleted(instance: Any, **kwargs: Any) -> None:
    """Django would empty `assignee` without a word; and the user's name stands on open pages."""
    Ticket.objects.filter(assignee_id=instance.pk).update(assignee=None)
    if Comment.objects.filter(author_id=instance.pk).exists():
        reload_pages(EVERYONE)


def reload_pages(*audience: str) -> None:
    """Have those concerned load their pages afresh: names on them have changed."""
    live.publish("reset", {"reason": "renamed"}, audience)
