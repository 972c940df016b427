"""What has become of a message: sent, put off, or failed. Each is written in one transaction with
the event that tells open pages, under the ticket's lock, so that its audience is right at that
place of the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction

from tickets.database_time import clock
from tickets.mail.addresses import in_a_line
from tickets.mail.models import LONGEST_REASON, Mail, State
from tickets.mail.telling import tell
from tickets.models import Comment, Ticket

GIVE_UP_AFTER = timedelta(hours=24)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


def wait_after(tries: int) -> timedelta:
    """How long after so many tries the next one is: 1 min, 2, 4 … 6 h."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(tries - 1, 20)
    return min(doubled, LONGEST_WAIT)


def sent(claimed: Mail, note: str = "") -> None:
    with _own(claimed) as mail:
        if mail is not None:
            _finish(mail, State.SENT, note)


def failed(claimed: Mail, reason: str) -> None:
    with _own(claimed) as mail:
        if mail is not None:
            _finish(mail, State.FAILED, reason)


def put_off(claimed: Mail, reason: str) -> datetime | None:
    """It could not be sent now. When it is tried again; None where it is given up."""
    with _own(claimed) as mail:
        if mail is None:
            return None
        now, last = clock.now(), mail.until or mail.queued_at + GIVE_UP_AFTER
        if now >= last:
            _finish(mail, State.FAILED, reason)
            return None
        mail.next_at = min(now + wait_after(mail.tries), last)
        mail.claimed_until = None
        mail.reason = _short(reason)
        mail.save()
        then: datetime = mail.next_at
        return then


def explain(waiting: Mail, reason: str) -> None:
    """Why it still waits."""
    with _own(waiting) as mail:
        if mail is not None:
            mail.reason = reason
            mail.save(update_fields=["reason"])


def bounced(mail: Mail, reason: str) -> bool:
    """A server on the way says that it could not be delivered. Whether that was news."""
    with _locked(mail) as found:
        is_news = (
            found is not None and found.sending == mail.sending and found.state != State.FAILED
        )
        if found is not None and is_news:
            _finish(found, State.FAILED, reason or "It came back.")
    return is_news


@contextmanager
def _own(claimed: Mail) -> Iterator[Mail | None]:
    """The row, locked, if it still is this worker's: each try counts one up."""
    with _locked(claimed) as mail:
        is_own = (
            mail is not None
            and mail.state == State.QUEUED
            and (mail.sending, mail.tries) == (claimed.sending, claimed.tries)
        )
        yield mail if is_own else None


@contextmanager
def _locked(known: Mail) -> Iterator[Mail | None]:
    """The row as it is, locked after its ticket, as everybody does; told if it differs at the end.
    None where it went with its ticket."""
    with transaction.atomic():
        ticket = _ticket_of(known)
        mail = Mail.objects.select_for_update().filter(pk=known.pk).first()
        before = mail and (mail.state, mail.reason)
        yield mail
        if mail is not None and ticket is not None and (mail.state, mail.reason) != before:
            tell(mail, ticket)


def _ticket_of(mail: Mail) -> Ticket | None:
    """The ticket of a reply, locked; None where there is none, or none any more."""
    said = Comment.objects.filter(pk__in=[mail.comment_id])
    ticket = Ticket.locked(list(said.values_list("ticket_id", flat=True))).first()
    if ticket is not None and ticket.merged_into_id:  # while this waited for it
        return Ticket.locked([ticket.merged_into_id]).first()
    return ticket


def _finish(mail: Mail, state: State, reason: str) -> None:
    mail.state, mail.reason = state, _short(reason)
    mail.done_at, mail.claimed_until = clock.now(), None
    mail.text = ""  # it may hold a link that sets a password
    mail.save()


def _short(reason: str) -> str:
    line = in_a_line(reason)
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"
