"""Which ticket a message belongs to, and whether it was here before."""

import hashlib

from django.conf import settings
from django.db import IntegrityError, transaction

from tickets.inbox.message import Received
from tickets.inbox.models import LONGEST_ADDRESS, LONGEST_MESSAGE_ID, Letter
from tickets.mail import threads
from tickets.mail.addresses import sender
from tickets.models import Ticket

MOST_MERGES = 10  # from ticket to ticket


class Known(Exception):
    """This very message was taken in before."""

    def __init__(self, letter: Letter) -> None:
        super().__init__("It was taken in before.")
        self.letter = letter


class SameName(Exception):
    """Another message with this Message-ID was taken in before."""


def claim(received: Received, *, whatever_its_name: bool = False) -> Letter:
    """The row that says that this message is taken in, in the transaction of whatever becomes of
    it. Of two processes that have the same message the second one waits here, and then raises
    Known. Who wants to has it taken in `whatever_its_name`.

    A Message-ID alone does not do: it is written by the sender, so somebody could use up the one of
    a message that is still to come. Nor do the bytes: each way that a copy takes adds headers.
    """
    letter = Letter(
        name=name_of(received.message_id),
        message_id=received.message_id[:LONGEST_MESSAGE_ID],
        digest=digest_of(received),
        address=received.sender.address.lower()[:LONGEST_ADDRESS],
        outcome=Letter.Outcome.ANSWERED,
    )
    if whatever_its_name and Letter.objects.filter(name=letter.name).exists():
        letter.name = None
    try:
        with transaction.atomic():
            letter.save(force_insert=True)
    except IntegrityError:
        if known := Letter.objects.filter(digest=letter.digest).first():
            raise Known(known) from None
        raise SameName from None
    return letter


def name_of(message_id: str) -> str | None:
    return hashlib.sha256(message_id.encode()).hexdigest() if message_id else None


def digest_of(received: Received) -> str:
    """Of what it says, and who says it: what no server on the way changes."""
    parts = [
        received.message_id, received.sender.address.lower(), received.subject, received.text,
        received.date.isoformat() if received.date else "", *received.too_large,
    ]  # fmt: skip
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode()).digest())
    for file in received.files:
        digest.update(hashlib.sha256(file.name.encode()).digest())
        digest.update(hashlib.sha256(file.content).digest())
    return digest.hexdigest()


def is_own(received: Received) -> bool:
    """Whether we have sent it: it would go round for ever."""
    if threads.is_ours(received.message_id):
        return True
    if not settings.MAIL_FROM:
        return False
    local, _, domain = received.sender.address.lower().rpartition("@")
    own = sender()
    return (local.partition("+")[0], domain) == (own.local.lower(), own.domain.lower())


def ticket_of(received: Received) -> Ticket | None:
    """The ticket that it proves to know of: by a token, by a message of ours that it answers, or by
    one that became a ticket or a comment of it. The subject proves nothing."""
    return threads.ticket_answered(received.references, received.to) or _by_letters(received)


def held(ticket: Ticket | None) -> Ticket | None:
    """The ticket, locked, or the one that it was merged into; None if it was deleted meanwhile."""
    for _ in range(MOST_MERGES):
        found = Ticket.locked([ticket.pk]).first() if ticket else None
        if found is None or found.merged_into is None:
            return found
        ticket = found.merged_into
    return None


def _by_letters(received: Received) -> Ticket | None:
    names = [name_of(reference) for reference in received.references]
    letters = Letter.objects.filter(name__in=names, ticket__isnull=False)
    tickets = dict(letters.values_list("name", "ticket_id"))
    found = [tickets[name] for name in names if name in tickets]
    return Ticket.objects.filter(pk__in=found[:1]).first()
