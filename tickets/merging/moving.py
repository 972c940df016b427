"""What moves from a ticket to the one that it is merged into, both of which are locked."""

from typing import Any

from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce

import live
from tickets.actor import current_actor
from tickets.history import CREATED
from tickets.inbox.models import Letter, MailText
from tickets.lists.unread import forget_seen
from tickets.mail.models import Heard
from tickets.models import Attachment, Comment, Notice, Ticket, Via
from tickets.names import name_of
from tickets.notices.models import Kind
from tickets.search import remember
from tickets.texts import LONGEST_TEXT, shortened
from tickets.visibility import user_audience

SAID = (Kind.MENTIONED, Kind.REPLIED)  # notices of a comment


def move_all(ticket: Ticket, into: Ticket) -> None:
    opening = _opening(ticket, into)
    _move_comments(ticket, into)
    remember([opening])  # what moves is found by where it was said (search.py)
    _move_files(ticket, into, opening)
    _move_mail(ticket, into, opening)
    _move_notices(ticket, into)
    forget_seen(into, current_actor())


def _opening(ticket: Ticket, into: Ticket) -> Comment:
    """What the ticket was opened with, as a comment on the other one. It tells nobody by itself,
    and nothing is mailed."""
    text = "\n\n".join(filter(None, [ticket.subject, ticket.description]))
    opening = Comment(
        ticket=into,
        body=shortened(text, LONGEST_TEXT),
        created_at=ticket.created_at,
        said_on=ticket.pk,
        asker=_asker(ticket),
        **_marks(ticket),
    )
    opening.insert_without_telling()
    return opening


def _marks(ticket: Ticket) -> dict[str, Any]:
    """Whose words they are, and how they came. What speaks for nobody is the agents' own, and stays
    among them."""
    asker = _asker(ticket)
    if not asker:
        opened = ticket.history.filter(field=CREATED).select_related("actor").first()
        author = opened.actor if opened else None
        name = name_of(author) if author else ""
        return {"author": author, "author_name": name, "internal": True}
    if Letter.objects.filter(ticket=ticket, outcome=Letter.Outcome.OPENED).exists():
        sender = f"{ticket.requester_name} <{ticket.requester_email}>".strip()
        return {"requester": True, "author_name": sender, "via": Via.MAIL}
    return {"requester": True, "author_name": asker}


def _asker(ticket: Ticket) -> str:
    return ticket.requester_name or ticket.requester_email


def _move_comments(ticket: Ticket, into: Ticket) -> None:
    """One that has been moved before still says where it was said, and whom that was from."""
    Comment.update_without_telling(
        Comment.objects.filter(ticket=ticket),
        ticket=into,
        said_on=Coalesce(F("said_on"), Value(ticket.pk)),
        asker=Case(When(said_on=None, then=Value(_asker(ticket))), default=F("asker")),
    )


def _move_files(ticket: Ticket, into: Ticket, opening: Comment) -> None:
    """What nobody has sent yet stays: nothing can be sent there any more."""
    sent = Attachment.objects.filter(ticket=ticket, pending=False)
    sent.filter(comment=None).update(comment=opening)
    sent.update(ticket=into)


def _move_mail(ticket: Ticket, into: Ticket, opening: Comment) -> None:
    """What is mailed from now on answers the messages that came to both. Answers to what was mailed
    from the merged ticket find the way by themselves (inbox/threading.py)."""
    known = Heard.objects.filter(ticket=into).values("message_id")
    Heard.objects.filter(ticket=ticket).exclude(message_id__in=known).update(ticket=into)
    for quoted in MailText.objects.filter(ticket=ticket):
        MailText.objects.create(comment=opening, text=quoted.text)


def _move_notices(ticket: Ticket, into: Ticket) -> None:
    """What tells of a comment leads to where it is. Who does not see it there is not told of it any
    more, so their bells are asked for again."""
    about = Notice.objects.filter(ticket=ticket, kind__in=SAID)
    users = {*about.filter(read_at=None).values_list("user_id", flat=True)}
    about.update(ticket=into)
    if users:
        live.publish("notice.read", {}, [user_audience(user) for user in users])
