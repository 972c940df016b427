"""Replay the event log of another help desk: what once happened there happens to tickets here.

A log is a CSV file with the columns case_id, activity and timestamp. It is checked as a whole
before anything is written. Each row is one transaction, in which the row is also counted as done.
So a replay may be stopped, or fail, at any row, and the next one goes on from there.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from pathlib import Path
from typing import Any
from zlib import crc32

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from tickets import editing
from tickets.actor import acting_as
from tickets.bookkeeping import ReplayedCase
from tickets.mail.outgoing import unmailed
from tickets.models import Priority, Queue, Status, Ticket

COLUMNS = ("case_id", "activity", "timestamp")
LONGEST_CASE = 100  # characters, as the database keeps it


@dataclass(frozen=True, slots=True)
class Activity:
    """What a row of this kind does to its ticket. The first row of a case also creates it."""

    status: Status | None = None
    takes: bool = False  # an agent takes the ticket
    prioritises: bool = False
    note: str = ""  # left by the agent, internally
    heard: str = ""  # what the requester says


ACTIVITIES = {
    "Insert ticket": Activity(),
    "Assign seriousness": Activity(prioritises=True),
    "Take in charge ticket": Activity(Status.OPEN, takes=True),
    "Wait": Activity(Status.PENDING),
    "Require upgrade": Activity(Status.PENDING, note="Needs an upgrade first."),
    "Schedule intervention": Activity(Status.PENDING, note="A visit is scheduled."),
    "Create SW anomaly": Activity(Status.PENDING, note="Reported to the developers as a defect."),
    "Resolve SW anomaly": Activity(Status.OPEN, note="The developers have fixed the defect."),
    "Resolve ticket": Activity(Status.RESOLVED),
    "RESOLVED": Activity(Status.RESOLVED),
    "VERIFIED": Activity(Status.RESOLVED, heard="I have tried it: the solution works."),
    "INVALID": Activity(Status.CLOSED, note="Not a fault of ours."),
    "DUPLICATE": Activity(Status.CLOSED, note="A duplicate of another ticket."),
    "Closed": Activity(Status.CLOSED),
}

# As seriousness is spread in help desks: most of it normal.
SERIOUSNESS = (
    Priority.LOW, Priority.LOW, Priority.NORMAL, Priority.NORMAL, Priority.NORMAL,
    Priority.NORMAL, Priority.HIGH, Priority.HIGH, Priority.URGENT,
)  # fmt: skip


class MalformedLog(Exception):
    """The file is not an event log. The message says in which row, and what is allowed."""


class DoneElsewhere(Exception):
    """Another process is replaying the same log at this moment."""


@dataclass(frozen=True, slots=True)
class Row:
    case: str
    of_case: int  # how many rows of the case come before
    activity: str
    at: datetime

    def choose(self, among: Sequence[Any]) -> Any:
        """Choose from these values, the same each time that this row is replayed."""
        return among[crc32(f"{self.case}/{self.of_case}".encode()) % len(among)]


@dataclass(frozen=True, slots=True)
class Log:
    name: str
    digest: str  # of the content: the same log under another name is still the same
    rows: list[Row]  # in the order of time

    def done(self) -> int:
        """How many rows have been replayed. They are always the first ones."""
        cases = ReplayedCase.objects.filter(digest=self.digest)
        return cases.aggregate(rows=Sum("rows"))["rows"] or 0


def read_log(path: Path) -> Log:
    """Read and check the whole log. Raises MalformedLog, or OSError if the file cannot be read."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedLog(
            f"{path.name}: byte {error.start + 1} is not UTF-8; save the log as CSV in UTF-8."
        ) from None
    found = sorted(_checked_rows(path.name, text), key=lambda row: row[2])
    before: Counter[str] = Counter()
    rows = []
    for case, activity, at in found:
        rows.append(Row(case, before[case], activity, at))
        before[case] += 1
    return Log(path.name, blake2s(content).hexdigest(), rows)


def _checked_rows(name: str, text: str) -> Iterator[tuple[str, str, datetime]]:
    """Rows are counted as a spreadsheet does: the header is row 1."""
    rows = enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1)
    number = 0
    try:
        for number, values in rows:
            if number == 1:
                header = _checked_header(name, values)
            elif values:  # else an empty line
                yield _checked_row(f"{name}, row {number}", header, values)
    except csv.Error as error:
        raise MalformedLog(
            f"{name}, row {number + 1}: {error}; fields are separated by commas, and those with"
            ' commas, quotes or line ends in them stand in "quotes".'
        ) from None
    if number < 2:
        raise MalformedLog(f"{name} has no rows: it must have a header and one row per activity.")


def _checked_header(name: str, header: list[str]) -> list[str]:
    for column in COLUMNS:
        if header.count(column) != 1:
            raise MalformedLog(
                f"{name}, row 1: the header must name the column {column} once; it needs"
                f" {', '.join(COLUMNS)}, in any order, separated by commas."
            )
    return header


def _checked_row(where: str, header: list[str], values: list[str]) -> tuple[str, str, datetime]:
    if len(values) != len(header):
        raise MalformedLog(
            f"{where} has {len(values)} fields: it must have {len(header)}, as the header has."
        )
    case, activity, timestamp = (values[header.index(column)].strip() for column in COLUMNS)
    if not (0 < len(case) <= LONGEST_CASE and case.isprintable()):
        raise MalformedLog(
            f"{where}, column case_id: {case[:20]!r} is not allowed; it must be 1 to"
            f" {LONGEST_CASE} printable characters."
        )
    if activity not in ACTIVITIES:
        raise MalformedLog(
            f"{where}, column activity: {activity!r} is not known; known are"
            f" {', '.join(ACTIVITIES)}."
        )
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise MalformedLog(
            f"{where}, column timestamp: {timestamp!r} is not a time; it must be written as"
            " 2010-01-02 08:16:26."
        ) from None
    return case, activity, at if timezone.is_aware(at) else timezone.make_aware(at)


class Replay:
    """One log, replayed into the given queues."""

    def __init__(self, log: Log, queues: Sequence[Queue]) -> None:
        self.log = log
        self.queues = queues

    def perform(self, row: Row) -> None:
        """Do what the row says and count it as done, both or nothing."""
        with unmailed(), transaction.atomic():
            case, _ = ReplayedCase.objects.select_for_update().get_or_create(
                digest=self.log.digest, case=row.case
            )
            if case.rows != row.of_case:
                raise DoneElsewhere(
                    f"Another process is replaying {self.log.name} too: only one may at a time."
                )
            if row.of_case == 0:
                case.ticket = self._create_ticket(row)
            if case.ticket is not None:  # else somebody has deleted it here
                self._apply(row, case.ticket.merged_into or case.ticket)
            case.rows += 1
            case.save()

    def _create_ticket(self, row: Row) -> Ticket:
        queue = self.queues[crc32(row.case.encode()) % len(self.queues)]
        with acting_as(self._agent_for(row, queue.pk)):
            return editing.create(
                queue=queue,
                subject=f"Case {row.case}",
                description=f"Replayed from {self.log.name}, begun there on {row.at:%d %B %Y}.",
                requester_name=f"Requester of case {row.case}"[:LONGEST_CASE],
            )

    def _apply(self, row: Row, ticket: Ticket) -> None:
        activity = ACTIVITIES[row.activity]
        agent = self._agent_for(row, ticket.queue_id)
        changes: dict[str, Any] = {}
        if activity.status is not None:
            changes["status"] = activity.status
        if activity.prioritises:
            changes["priority"] = row.choose(SERIOUSNESS)
        if activity.takes and agent is not None:
            changes["assignee"] = agent
        actor = agent if activity.takes else ticket.assignee or agent
        with acting_as(actor):
            editing.edit_any(ticket.pk, changes)
            if activity.note:
                editing.comment_on_any(ticket.pk, actor, activity.note, internal=True)
        if activity.heard:
            with acting_as(None):
                editing.comment_on_any(ticket.pk, None, activity.heard, requester=True)

    def _agent_for(self, row: Row, queue_id: int) -> User | None:
        """The agent who acts, or None where the queue has no active agent."""
        agents = active_agents(queue_id)
        return row.choose(agents) if agents else None


def active_agents(queue_id: int) -> list[User]:
    return list(User.objects.filter(is_active=True, queues=queue_id).order_by("pk"))
