"""Messages that are kept aside: with their bytes and the reason, for superusers to look at and to
try again. They have a bounded room, and stay for thirty days."""

import hashlib
import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.functions import Now

from tickets.inbox.message import Received
from tickets.inbox.models import KeptMail, Letter
from tickets.inbox.proof import shown
from tickets.turns import in_turn

logger = logging.getLogger(__name__)

ROOM = 1_000_000_000  # bytes of all of them
MOST = 10_000  # messages
KEPT = timedelta(days=30)
REMEMBERED = timedelta(days=365)  # messages that belong to no ticket, in case they come again
PRUNE_EVERY = 3600.0  # seconds
AT_ONCE = 50  # messages that are forgotten each time; some have 64 MB


class NoRoom(Exception):
    """Nothing more can be kept aside. The message is a sentence."""


def keep(
    raw: bytes, reason: str, received: Received | None = None, *, share: float = 1.0
) -> KeptMail:
    """Keep the message aside, once, however often it comes. What anybody can bring about, as often
    as they like, has a share of the room and not all of it."""
    digest = hashlib.sha256(raw).hexdigest()
    with transaction.atomic():
        in_turn("mail kept aside")
        if known := KeptMail.objects.filter(digest=digest).first():
            return known
        _make_sure_of_room(len(raw), share)
        kept = KeptMail(reason=reason[:500], digest=digest)
        if received is not None:
            sender = received.sender
            kept.sender = shown(sender) if sender.address else sender.name[:320]
            kept.subject = received.subject[:200]
        kept.store(raw)
    logger.warning("mail from %s is kept aside: %s", kept.sender or "an unknown sender", reason)
    return kept


def _make_sure_of_room(size: int, share: float) -> None:
    used = KeptMail.objects.aggregate(bytes=Sum("size", default=0), messages=Count("pk"))
    if used["bytes"] + size > ROOM * share or used["messages"] >= MOST * share:
        raise NoRoom(
            f"There is no room to keep it aside: {used['messages']:,} messages with"
            f" {used['bytes']:,} bytes are kept. Take them in or discard them in the admin, under"
            f" “{KeptMail._meta.verbose_name_plural}”."
        )


def prune() -> None:
    """Forget what nobody has looked at for so long, and what cannot come again (live.every)."""
    old = KeptMail.objects.filter(at__lt=Now() - KEPT).order_by("at").values_list("pk", flat=True)
    if keys := list(old[:AT_ONCE]):
        KeptMail.objects.filter(pk__in=keys).delete()
        logger.warning("%d messages that were kept aside for 30 days are gone", len(keys))
    Letter.objects.filter(ticket=None, at__lt=Now() - REMEMBERED).delete()
