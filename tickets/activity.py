"""The last activity of a ticket: when somebody last said something, and on whose side they stand.

A message is activity, be it a reply or an internal note, and so is the opening of the ticket. A
change of its fields is none: `updated_at` tells of that. `awaits_answer` says that the last word
between the requester and the agents is the requester's: an internal note is no answer to them.
"""

from typing import Any

from django.db import models
from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest

from tickets.actor import current_actor
from tickets.database_time import DatabaseTime
from tickets.names import is_unproven


class Side(models.TextChoices):
    AGENT = "agent"
    REQUESTER = "requester"
    SYSTEM = "system"  # nobody: a command, or a shell


def side_of(comment: Any) -> Side:
    """Who said it: the requester, an agent, or nobody that is known."""
    if comment.requester:
        return Side.REQUESTER
    if is_unproven(comment):
        return Side.SYSTEM
    is_agent = comment.author_id or comment.author_name or current_actor()
    return Side.AGENT if is_agent else Side.SYSTEM


def moved_by(comment: Any) -> dict[str, Any]:
    """What a new comment sets on its ticket, as expressions: no time goes back, for a comment may
    be dated before what is there."""
    time, text, flag = models.DateTimeField(), models.CharField(), models.BooleanField()
    at = Value(comment.created_at, output_field=time)

    def if_newest(name: str, value: Any, field: Any) -> Case:
        newest = When(last_activity_at__lte=at, then=Value(value))
        return Case(newest, default=F(name), output_field=field)

    moved: dict[str, Any] = {
        "last_activity_at": Greatest(F("last_activity_at"), at, output_field=time),
        "last_activity_by": if_newest("last_activity_by", side_of(comment).value, text),
        "updated_at": Greatest(F("updated_at"), at, output_field=time),
    }
    if not comment.internal and not is_unproven(comment):  # which is no answer to anybody
        moved["awaits_answer"] = if_newest("awaits_answer", comment.requester, flag)
    return moved


class ActivityTime(DatabaseTime):
    """Filled with the time of the ticket's opening when it is first written."""

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        if add and getattr(model_instance, self.attname) is None:
            setattr(model_instance, self.attname, model_instance.created_at)
        return super().pre_save(model_instance, add)


class ActivitySide(models.CharField):  # type: ignore[type-arg]
    """Filled with who opened the ticket when it is first written. A ticket that names a requester
    speaks for them, whoever typed it in: its description is shown as their words."""

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        ticket = model_instance
        if add and ticket.last_activity_by == Side.SYSTEM:  # nobody has said otherwise
            if ticket.requester_name or ticket.requester_email:
                ticket.last_activity_by = Side.REQUESTER.value
            elif current_actor():
                ticket.last_activity_by = Side.AGENT.value
        return super().pre_save(model_instance, add)

    def deconstruct(self) -> Any:
        name, _, positional, named = super().deconstruct()
        return name, "django.db.models.CharField", positional, named


class Awaiting(models.BooleanField):  # type: ignore[type-arg]
    """Filled when the ticket is first written: one that speaks for a requester waits."""

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        if add:
            model_instance.awaits_answer = model_instance.last_activity_by == Side.REQUESTER
        return super().pre_save(model_instance, add)

    def deconstruct(self) -> Any:
        name, _, positional, named = super().deconstruct()
        return name, "django.db.models.BooleanField", positional, named
