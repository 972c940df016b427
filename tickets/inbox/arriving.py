"""From the bytes of a message to what becomes of it: a comment, a ticket, a reply that has failed,
or a message that is kept aside with its reason.

What was done and the note that it was done are one transaction. So whoever does not hear that it
was done, a mail server or a mailbox, hands the message over again, and it is done once.
"""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from tickets import attachments, editing
from tickets.actor import acting_as
from tickets.attachments.limits import DiskFull, NotStored
from tickets.inbox import limits
from tickets.inbox.keeping import NoRoom, keep
from tickets.inbox.message import Bounced, Kind, Received, Unreadable
from tickets.inbox.models import Letter
from tickets.inbox.proof import can_be_answered, plain_name, writer_of
from tickets.inbox.reading import read
from tickets.inbox.threading import Known, SameName, claim, held, is_own, ticket_of
from tickets.inbox.wording import keep_whole, stored, ticket_named, words_of
from tickets.mail import threads
from tickets.models import Comment, Queue, Status, Ticket, Via

logger = logging.getLogger(__name__)

Outcome = Letter.Outcome

DONE = (Status.PENDING, Status.RESOLVED, Status.CLOSED)  # what the requester's answer opens again
LONGEST_REQUESTER = Ticket._meta.get_field("requester_name").max_length
HALF = 0.5  # of the room for what is kept aside


class TryAgain(Exception):
    """Nothing was done, and the message should come again later. It says why in a sentence."""


class Refused(Exception):
    """The message is not taken in; the sentence says why. It is kept aside. Of what anybody can
    send without end only a `share` of the room is taken; what `may_go` is then dropped."""

    def __init__(self, sentence: str, *, share: float = 1.0, may_go: bool = False) -> None:
        super().__init__(sentence)
        self.share = share
        self.may_go = may_go


@dataclass(frozen=True)
class Arrived:
    deed: str  # such as "answers #3"
    ticket_id: int | None = None


# The database, the disk or memory is not there: nobody's fault, and soon over.
NOT_NOW = (OperationalError, InterfaceError, OSError, MemoryError, DiskFull, NotStored)


def receive(raw: bytes) -> Arrived:
    """Take the message in, or keep it aside. Raises TryAgain, and nothing else."""
    received = None
    try:
        received = read_or_refuse(raw)
        arrived = take_in(raw, received)
    except Refused as refusal:
        return set_aside(raw, refusal, received)
    except TryAgain:
        raise
    except NOT_NOW as error:
        raise TryAgain(f"Something is not there now: {_first_line(error)}") from error
    except Exception as error:  # whatever is in the message, the next one must not wait for it
        logger.exception("a message could not be taken in")
        sentence = f"It could not be taken in ({type(error).__name__}); the log has more."
        return set_aside(raw, Refused(sentence), received)
    sender = received.sender.address or "an unknown sender"
    logger.info("mail from %s %s", sender, arrived.deed)
    return arrived


def read_or_refuse(raw: bytes) -> Received:
    try:
        return read(raw)
    except Unreadable as error:
        raise Refused(f"{error}") from error


def take_in(raw: bytes, received: Received, *, insist: bool = False) -> Arrived:
    """Do what the message asks for. With `insist`, whatever its Message-ID is, whoever wrote it or
    whatever, and however many came before."""
    # Neither of these is noted: they can be sent without end, and come twice without harm.
    if is_own(received):
        return Arrived("is our own, so nothing is done")
    if received.kind is Kind.BOUNCE and not insist:
        return _note_bounce(received)
    try:
        with transaction.atomic(), acting_as(None):
            letter = claim(received, whatever_its_name=insist)
            arrived = _done(letter, raw, received, insist=insist)
            letter.ticket_id = arrived.ticket_id
            letter.save(update_fields=["outcome", "ticket"])
            return arrived
    except Known as known:
        return Arrived("was taken in before", known.letter.ticket_id)
    except SameName:
        raise Refused(
            "A message with the same Message-ID, and something else in it, was taken in before."
        ) from None


def _done(letter: Letter, raw: bytes, received: Received, *, insist: bool) -> Arrived:
    if received.kind is Kind.AUTOMATIC and not insist:
        raise Refused(
            "A machine sent it, by what it says of itself: it opens and answers nothing.",
            share=HALF, may_go=True,
        )  # fmt: skip
    if not can_be_answered(received.sender.address):
        raise Refused("It names no sender to whom an answer could go.", share=HALF)
    ticket = held(ticket_of(received))
    if ticket is not None:
        return _answer(letter, raw, received, ticket, insist=insist)
    return _open(letter, received, insist=insist)


def _note_bounce(received: Received) -> Arrived:
    bounced = received.bounced
    if bounced is None or not threads.is_ours(bounced.message_id):
        raise Refused(
            "It says that a message did not arrive, or not yet; no reply of ours is known by it.",
            share=HALF, may_go=True,
        )  # fmt: skip
    ticket = threads.ticket_answered([bounced.message_id], [])
    threads.note_bounce(bounced.message_id, _with_address(bounced))
    return Arrived("says that a reply did not arrive", ticket.pk if ticket else None)


def _with_address(bounced: Bounced) -> str:
    """Whom it did not reach, unless the reason says so: a reply may have gone to several."""
    is_named = bounced.address.lower() in bounced.reason.lower()
    return bounced.reason if is_named else f"{bounced.address}: {bounced.reason}"


def _answer(
    letter: Letter, raw: bytes, received: Received, ticket: Ticket, *, insist: bool
) -> Arrived:
    """The ticket is locked."""
    refusal = limits.refusal_to_answer(received.sender.address, ticket)
    if refusal and not insist:
        raise Refused(refusal, share=HALF)
    letter.outcome = Outcome.ANSWERED
    writer = writer_of(received, raw, ticket)
    words = words_of(received)
    files, left_out = stored(ticket, words.files)
    with acting_as(writer.agent):
        if writer.is_requester and ticket.status in DONE:
            editing.saved(ticket, {"status": Status.OPEN})
        comment = Comment(
            ticket=ticket, via=Via.MAIL, body=words.body, **writer.marks(received.sender)
        )
        comment.attaching = files
        comment.has_quoted = bool(words.whole)
        comment.save()
        keep_whole(words, comment=comment)
    if left_out:
        editing.comment_on_any(ticket.pk, None, left_out, internal=True)
    threads.note_heard(ticket, received.message_id)
    return Arrived(f"answers #{ticket.pk}", ticket.pk)


def _open(letter: Letter, received: Received, *, insist: bool) -> Arrived:
    address = received.sender.address
    refusal = limits.refusal_to_open(address)
    if refusal and not insist:
        raise Refused(refusal, share=HALF)
    queue = Queue.objects.filter(name=settings.MAIL_QUEUE).first()
    if queue is None:
        raise TryAgain(no_such_queue())
    letter.outcome = Outcome.OPENED
    words = words_of(received, added=_about_number_in(received.subject))
    ticket = editing.create(
        subject=received.subject.strip() or "(no subject)",
        description=words.body,
        queue=queue,
        requester_name=(plain_name(received.sender) or address)[:LONGEST_REQUESTER].strip(),
        requester_email=address,
    )
    files, _ = stored(ticket, words.files)
    attachments.describe(ticket, files)
    keep_whole(words, ticket=ticket)
    threads.note_heard(ticket, received.message_id)
    return Arrived(f"opens #{ticket.pk}", ticket.pk)


def no_such_queue() -> str:
    if not settings.MAIL_QUEUE:
        return "MAIL_QUEUE is not set: it must name the queue in which mail opens tickets."
    return (
        f"MAIL_QUEUE={settings.MAIL_QUEUE!r} is the name of no queue: add that queue, or name"
        " another one."
    )


def _about_number_in(subject: str) -> str:
    """Anybody can write [#123] into a subject, so it does not join a ticket."""
    number = ticket_named(subject)
    if number is None or not Ticket.objects.filter(pk=number).exists():
        return ""
    return (
        f"Its subject names #{number}, but nothing proves that it belongs there: so it is a ticket"
        " of its own."
    )


def set_aside(raw: bytes, refusal: Refused, received: Received | None = None) -> Arrived:
    """Keep the message with the reason; raises TryAgain where that cannot be done now."""
    try:
        keep(raw, f"{refusal}", received, share=refusal.share)
    except NoRoom as error:
        if not refusal.may_go:
            raise TryAgain(f"{error}") from error
        logger.warning("a message was dropped: %s %s", refusal, error)
        return Arrived(f"is dropped: {refusal}")
    except Exception as error:
        logger.exception("a message could not be kept aside")
        raise TryAgain(f"It could not be kept aside: {_first_line(error)}") from error
    return Arrived(f"is kept aside: {refusal}")


def _first_line(error: BaseException) -> str:
    return f"{error}".partition("\n")[0][:300] or type(error).__name__
