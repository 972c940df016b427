"""What a row of a table says of a ticket, or what is wrong with it: all of it, each with its
column."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from tickets.exchange.cells import as_meant
from tickets.exchange.models import LONGEST_ID
from tickets.exchange.reading import Record
from tickets.models import Priority, Queue, Status, Ticket
from tickets.texts import shortened, too_long

QUOTED = 60  # characters of what is refused
MOST_NAMED = 20  # queues, in a sentence that refuses another
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)  # that a ticket is due
AHEAD = timedelta(days=1)  # that another system's clock may be
TEXTS = ("subject", "description", "requester_name", "requester_email")


class Wrong(Exception):
    """The row cannot be imported. `sentences` say why, one for each column."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket to be."""

    number: int
    external_id: str
    values: dict[str, Any]  # of the ticket's fields


class Checker:
    """Knows the queues and the people that rows may name, and the ids of earlier rows."""

    def __init__(self) -> None:
        self.queues = {queue.name.casefold(): queue for queue in Queue.objects.all()}
        active = get_user_model()._default_manager.filter(is_active=True)
        self.people = dict(active.values_list("username", "pk"))
        self.seen: dict[str, int] = {}  # the row of each id

    def check(self, record: Record) -> Row:
        """Raises Wrong."""
        if record.trouble:
            raise Wrong([f"row {record.number}: {record.trouble}."])
        cells = {column: as_meant(cell) for column, cell in record.cells.items()}
        values: dict[str, Any] = {}
        sentences = []
        for column, cell in cells.items():
            try:
                if "\0" in cell:
                    raise ValueError("it holds the character NUL, which no text here may")
                values |= getattr(self, f"_{column}")(cell)
            except ValueError as error:
                sentences.append(f"row {record.number}, column {column}: {error}.")
        external_id = cells["id"].strip()
        earlier = self.seen.setdefault(external_id, record.number)
        if external_id and earlier != record.number:
            sentences.append(
                f"row {record.number}, column id: {_quoted(external_id)} stands in row {earlier}"
                " already."
            )
        if sentences:
            raise Wrong(sentences)
        return Row(record.number, external_id, values)

    # --- one method for each column: what it says of the ticket, or ValueError -------------------

    def _id(self, cell: str) -> dict[str, Any]:
        found = cell.strip()
        if not (0 < len(found) <= LONGEST_ID and found.isprintable()):
            raise ValueError(
                f"{_quoted(found)} is no id: it must be 1 to {LONGEST_ID} printable characters"
            )
        return {}

    def _subject(self, cell: str) -> dict[str, Any]:
        subject = _in_one_line(cell)
        if not subject:
            raise ValueError("it is empty, and each ticket has a subject")
        return self._text("subject", subject)

    def _description(self, cell: str) -> dict[str, Any]:
        return self._text("description", cell.replace("\r\n", "\n"))

    def _queue(self, cell: str) -> dict[str, Any]:
        queue = self.queues.get(cell.strip().casefold())
        if queue is None:
            names = sorted(queue.name for queue in self.queues.values())
            more = " …" if len(names) > MOST_NAMED else ""
            there = ", ".join(names[:MOST_NAMED]) + more if names else "none yet"
            raise ValueError(f"there is no queue {_quoted(cell)}: there are {there}")
        return {"queue": queue}

    def _status(self, cell: str) -> dict[str, Any]:
        return self._choice("status", cell, Status.values)

    def _priority(self, cell: str) -> dict[str, Any]:
        return self._choice("priority", cell, Priority.values)

    def _assignee(self, cell: str) -> dict[str, Any]:
        username = cell.strip()
        if not username:
            return {}
        if username not in self.people:
            raise ValueError(f"{_quoted(username)} is not the user name of somebody active")
        return {"assignee_id": self.people[username]}

    def _requester_name(self, cell: str) -> dict[str, Any]:
        return self._text("requester_name", _in_one_line(cell))

    def _requester_email(self, cell: str) -> dict[str, Any]:
        address = cell.strip()
        if address:
            try:
                validate_email(address)
            except ValidationError:
                raise ValueError(f"{_quoted(address)} is no address of e-mail") from None
        return self._text("requester_email", address)

    def _created_at(self, cell: str) -> dict[str, Any]:
        return self._time("created_at", cell, FIRST, timezone.now() + AHEAD)

    def _due_at(self, cell: str) -> dict[str, Any]:
        return self._time("due_at", cell, FIRST, LAST)

    def _tags(self, cell: str) -> dict[str, Any]:
        field: Any = Ticket._meta.get_field("tags")
        if sentence := field.refusal(cell):
            raise ValueError(sentence.removesuffix("."))
        return {"tags": cell}

    def _text(self, name: str, text: str) -> dict[str, Any]:
        field: Any = Ticket._meta.get_field(name)
        if sentence := too_long(text, field.max_length):
            raise ValueError(sentence.removesuffix(".").replace("It has", "it has"))
        return {name: text}

    def _choice(self, name: str, cell: str, allowed: list[str]) -> dict[str, Any]:
        word = cell.strip().casefold()
        if not word:
            return {}
        if word not in allowed:
            raise ValueError(f"{_quoted(cell)} is none of {', '.join(allowed)}")
        return {name: word}

    def _time(self, name: str, cell: str, first: datetime, last: datetime) -> dict[str, Any]:
        text = cell.strip()
        if not text:
            return {}
        try:
            moment = datetime.fromisoformat(text)
            moment = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
            moment = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError(
                f"{_quoted(text)} is no time: write 2026-01-31 14:30, or 2026-01-31T14:30:00+01:00"
            ) from None
        if not first <= moment <= last:
            raise ValueError(f"{_quoted(text)} is not between {first:%Y-%m-%d} and {last:%Y-%m-%d}")
        return {name: moment}


def _in_one_line(text: str) -> str:
    return " ".join(text.strip().splitlines())


def _quoted(text: str) -> str:
    return f"“{shortened(' '.join(text.split()), QUOTED)}”"
