"""Receivers of signals. In the transaction of each change they write the history of tickets, and
publish the events by which open pages are brought up to date."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

import live
from live import Transition, changed
from tickets import tagging
from tickets.actor import current_actor
from tickets.attachments import sweeping
from tickets.attachments.taking import claim
from tickets.bounded import refuse_long
from tickets.history import record
from tickets.mail.outgoing import queue_reply
from tickets.merging.refusals import Merged
from tickets.models import Attachment, Comment, Membership, Queue, Ticket
from tickets.names import name_of
from tickets.notices.telling import tell_assignee, tell_of_comment
from tickets.public import last_activity, person, public_changes, public_ticket, told_comment
from tickets.search import SEARCHED, keep_moved, remember
from tickets.telling import tell
from tickets.visibility import (
    EVERYONE,
    SUPERUSERS,
    audience_of,
    queue_audience,
    user_audience,
)

User = get_user_model()
live.observe(User, ("username", "first_name", "last_name", "is_superuser", "is_active"))


@receiver(changed, sender=Ticket, dispatch_uid="tickets.ticket_changed")
def ticket_changed(transition: Transition[Ticket], **kwargs: Any) -> None:
    refuse_long(transition)
    before, after = transition.before, transition.after
    if before is not None and before.merged_into_id and "status" in transition.fields:
        raise Merged(before)
    record(transition)
    if after is not None and (before is None or not set(SEARCHED).isdisjoint(transition.fields)):
        remember([after])
    tagging.follow(transition)
    if before is None and after is not None:
        tell("ticket.created", _state(after), audience_of(after))
    elif after is None and before is not None:
        tell("ticket.removed", _removed(before), audience_of(before))
    elif before is not None and after is not None:
        _publish_update(before, after, transition.fields)
    tell_assignee(transition)


def _publish_update(before: Ticket, after: Ticket, fields: tuple[str, ...]) -> None:
    state = _state(after)
    tell(
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


@live.listens(pre_delete, to=Ticket)
def ticket_about_to_be_deleted(instance: Ticket, **kwargs: Any) -> None:
    if instance.merged_into_id is not None:
        keep_moved(instance)


@receiver(changed, sender=Comment, dispatch_uid="tickets.comment_changed")
def comment_changed(transition: Transition[Comment], **kwargs: Any) -> None:
    refuse_long(transition)
    comment = transition.after
    if comment is None:  # deleted with its ticket, which is told
        return
    remember([comment])
    claim(comment)
    # Locked from here on: the ticket stays in its queue until the event is written, so its audience
    # is right.
    ticket = Ticket.hear(comment)
    queue_reply(comment, ticket)
    data = {
        "ticket": {"id": ticket.pk, **last_activity(ticket)},
        "comment": told_comment(comment),
        "actor": person(current_actor() or comment.author),
        "at": comment.created_at,
    }
    tell("comment.created", data, audience_of(ticket))
    tell_of_comment(comment, ticket)


@receiver(changed, sender=Membership, dispatch_uid="tickets.membership_changed")
def membership_changed(transition: Transition[Membership], **kwargs: Any) -> None:
    before, after = transition.before, transition.after
    if before is not None:
        live.access_changed(before.user_id, lost=[queue_audience(before.queue_id)])
    if after is not None:
        live.access_changed(after.user_id, gained=[queue_audience(after.queue_id)])


@live.listens(post_save, to=Ticket)
@live.listens(post_save, to=Comment)
def row_loaded(instance: Ticket | Comment, raw: bool, **kwargs: Any) -> None:
    if raw:  # `loaddata` tells no change
        remember([instance])
        if isinstance(instance, Ticket):
            tagging.remember(instance)


@receiver(changed, sender=Queue, dispatch_uid="tickets.queue_changed")
def queue_changed(transition: Transition[Queue], **kwargs: Any) -> None:
    """Open pages show a renamed queue under its old name, so they have to load afresh."""
    refuse_long(transition)
    if transition.before is not None and transition.after is not None:
        queue = transition.after
        assigned = queue.tickets.filter(assignee__isnull=False).order_by()
        ids = assigned.values_list("assignee_id", flat=True).distinct()
        assignees = [user_audience(pk) for pk in ids if pk is not None]
        live.reload([SUPERUSERS, queue_audience(queue.pk), *assignees])


@receiver(changed, sender=User, dispatch_uid="tickets.user_changed")
def user_changed(transition: Transition[Any], **kwargs: Any) -> None:
    before, after = transition.before, transition.after
    if before is None or after is None:  # nobody sees a new user, or names one that is gone
        return
    if before.is_superuser and not after.is_superuser:
        live.access_changed(after.pk, lost=[SUPERUSERS])
    if after.is_superuser and not before.is_superuser:
        live.access_changed(after.pk, gained=[SUPERUSERS])
    if name_of(before) != name_of(after):
        live.reload([EVERYONE])


@live.listens(pre_delete, to=User)
def user_about_to_be_deleted(instance: Any, **kwargs: Any) -> None:
    """The comments keep the author's name, and lose the author: open pages are told."""
    if Comment.forget_author(instance):
        live.reload([EVERYONE])


live.listens(post_delete, to=Attachment)(sweeping.row_deleted)


@live.listens(pre_delete, to=Comment)
def comment_about_to_be_deleted(origin: Any, **kwargs: Any) -> None:
    Comment.refuse_deletion(origin)
