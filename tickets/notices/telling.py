"""Writes notices, in the transaction of what they tell of, and has the open pages told.

Nobody is told of their own deeds, nor of what they have muted. The events carry no text: a page
asks for what its user may see now.
"""

from collections.abc import Collection, Iterable

from django.db.models import Subquery

import live
from live import Transition
from tickets.actor import current_actor
from tickets.models import Comment, Ticket
from tickets.names import name_of
from tickets.notices.mentions import mentioned
from tickets.notices.models import Kind, Muted, Notice
from tickets.public import said_by
from tickets.visibility import user_audience

KEPT = 500  # notices of a user; older ones go
LONGEST_NAME = Notice._meta.get_field("actor_name").max_length


def tell_assignee(transition: Transition[Ticket]) -> None:
    """A ticket has been assigned to somebody, by somebody else."""
    before, after = transition.before, transition.after
    if after is None or after.assignee_id is None:
        return
    if before is not None and before.assignee_id == after.assignee_id:
        return
    actor = current_actor()
    by = name_of(actor) if actor else ""
    if actor is None or actor.pk != after.assignee_id:
        tell([_notice(after, after.assignee_id, Kind.ASSIGNED, after.version, by)])


def tell_of_comment(comment: Comment, ticket: Ticket) -> None:
    """Tell who is named in a comment, and else whose ticket it is on."""
    actor = current_actor() or comment.author
    by = said_by(comment, ticket, ticket.requester_email)
    kinds = dict.fromkeys(mentioned(comment.body, ticket), Kind.MENTIONED)
    if ticket.assignee_id is not None:
        kinds.setdefault(ticket.assignee_id, Kind.REPLIED)
    if actor is not None:
        kinds.pop(actor.pk, None)
    tell(_notice(ticket, user_id, kind, comment.pk, by) for user_id, kind in kinds.items())


def _notice(ticket: Ticket, user_id: int, kind: Kind, about: int, by: str) -> Notice:
    return Notice(
        ticket_id=ticket.pk, user_id=user_id, kind=kind, about=about, actor_name=by[:LONGEST_NAME]
    )


def tell(notices: Iterable[Notice]) -> None:
    """Write those that their users want."""
    wanted = _without_muted([*notices])
    if not wanted:
        return
    Notice.objects.bulk_create(wanted)
    for notice in wanted:
        told = {"id": notice.pk, "kind": notice.kind, "ticket": notice.ticket_id}
        live.publish(
            "notice.created", {"notice": told, "at": notice.at}, [user_audience(notice.user_id)]
        )
    _make_room({notice.user_id for notice in wanted})


def _without_muted(notices: list[Notice]) -> list[Notice]:
    if not notices:
        return []
    users = {notice.user_id for notice in notices}
    muted = set(Muted.objects.filter(user__in=users).values_list("user_id", "kind"))
    return [notice for notice in notices if (notice.user_id, notice.kind) not in muted]


def _make_room(user_ids: Collection[int]) -> None:
    """In the order of their numbers, so that two transactions never wait for each other."""
    for user_id in sorted(user_ids):
        newest = Notice.objects.filter(user=user_id).order_by("-pk").values("pk")
        too_many = Subquery(newest[KEPT : KEPT + 1])
        Notice.objects.filter(user=user_id, pk__lte=too_many).delete()
