"""A save becomes history and a live event, in the transaction of the save."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_save, pre_delete, pre_save
from django.dispatch import receiver

import live
from tickets.actor import current_actor
from tickets.history import record
from tickets.models import Comment, Membership, Queue, Ticket
from tickets.observed import Transition, changed
from tickets.public import name_of, person, public_changes, public_comment, public_ticket
from tickets.visibility import (
    EVERYONE,
    SUPERUSERS,
    audience_of,
    queue_audience,
    user_audience,
)

User = get_user_model()


@receiver(changed, sender=Ticket, dispatch_uid="tickets.ticket_changed")
def ticket_changed(transition: Transition[Ticket], **kwargs: Any) -> None:
    record(transition)
    before, after = transition.before, transition.after
    if before is None and after is not None:
        live.publish("ticket.created", _state(after), audience_of(after))
    elif after is None and before is not None:
        live.publish("ticket.removed", _removed(before), audience_of(before))
    elif before is not None and after is not None:
        _publish_update(before, after, transition.fields)


def _publish_update(before: Ticket, after: Ticket, fields: tuple[str, ...]) -> None:
    state = _state(after)
    live.publish(
        "ticket.updated",
        {**state, "changes": public_changes(before, after, fields)},
        audience_of(after),
        before=audience_of(before),
        entered=("ticket.created", state),
        left=("ticket.removed", _removed(before)),
    )


def _state(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket": public_ticket(ticket),
        "changes": {},
        "actor": person(current_actor()),
        "at": ticket.updated_at,
    }


def _removed(ticket: Ticket) -> dict[str, Any]:
    return {"ticket": {"id": ticket.pk}}


@receiver(changed, sender=Comment, dispatch_uid="tickets.comment_changed")
def comment_changed(transition: Transition[Comment], using: str, **kwargs: Any) -> None:
    comment = transition.after
    if comment is None:  # deleted with its ticket, which is told
        return
    data = {
        "ticket": {"id": comment.ticket_id},
        "comment": public_comment(comment),
        "actor": person(current_actor() or comment.author),
        "at": comment.created_at,
    }
    # Under the ticket's lock, so that the audience is the one at this place in the log.
    ticket = Ticket.locked([comment.ticket_id], using).get()
    live.publish("comment.created", data, audience_of(ticket))


@receiver(changed, sender=Membership, dispatch_uid="tickets.membership_changed")
def membership_changed(transition: Transition[Membership], **kwargs: Any) -> None:
    before, after = transition.before, transition.after
    if before is not None:
        live.access_changed(before.user_id, lost=[queue_audience(before.queue_id)])
    if after is not None:
        live.access_changed(after.user_id, gained=[queue_audience(after.queue_id)])


@receiver(changed, sender=Queue, dispatch_uid="tickets.queue_changed")
def queue_changed(transition: Transition[Queue], **kwargs: Any) -> None:
    """A renamed queue stands on open pages under its old name."""
    if transition.before is not None and transition.after is not None:
        queue = transition.after
        assigned = queue.tickets.filter(assignee__isnull=False).order_by()
        ids = assigned.values_list("assignee_id", flat=True).distinct()
        assignees = [user_audience(pk) for pk in ids if pk is not None]
        reload_pages(SUPERUSERS, queue_audience(queue.pk), *assignees)


@receiver(post_save, dispatch_uid="tickets.fixture_loaded")
def fixture_loaded(sender: type, instance: Any, raw: bool, **kwargs: Any) -> None:
    """`loaddata` saves past the models, and what was there before, nobody knows."""
    if raw and sender is Membership:
        live.access_changed(instance.user_id, gained=[queue_audience(instance.queue_id)])
    elif raw and sender in (Queue, Ticket, Comment):
        reload_pages(EVERYONE)


@receiver(pre_save, sender=User, dispatch_uid="tickets.user_about_to_be_saved")
def user_about_to_be_saved(instance: Any, **kwargs: Any) -> None:
    instance.former = _stored_user(instance)


@receiver(post_save, sender=User, dispatch_uid="tickets.user_saved")
def user_saved(instance: Any, **kwargs: Any) -> None:
    former, user = instance.former, _stored_user(instance)
    if former is None or user is None:
        return
    if former.is_superuser and not user.is_superuser:
        live.access_changed(user.pk, lost=[SUPERUSERS])
    if user.is_superuser and not former.is_superuser:
        live.access_changed(user.pk, gained=[SUPERUSERS])
    if name_of(former) != name_of(user):
        reload_pages(EVERYONE)


def _stored_user(instance: Any) -> Any:
    return User._default_manager.filter(pk=instance.pk).first()


@receiver(pre_delete, sender=User, dispatch_uid="tickets.user_about_to_be_deleted")
def user_about_to_be_deleted(instance: Any, **kwargs: Any) -> None:
    """The user's name stands on open pages, under the comments."""
    if Comment.objects.forget_author(instance):
        reload_pages(EVERYONE)


def reload_pages(*audience: str) -> None:
    """Have those concerned load their pages afresh: names on them have changed."""
    live.publish("reset", {"reason": "renamed"}, audience)
