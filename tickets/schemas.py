"""What the JSON API takes and gives. Its documentation at /api/docs is made from these."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from ninja import HeaderEx, P, Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    WithJsonSchema,
)

from tickets import tags
from tickets.activity import Side
from tickets.attachments.limits import MOST
from tickets.attachments.schemas import AttachmentShown
from tickets.bookkeeping import LONGEST_KEY
from tickets.idempotency import BAD_KEY, HEADER, WAIT, WELL_FORMED, is_good_key
from tickets.ids import IDENTITY
from tickets.mail.addresses import MOST_COPIES, checked_copies
from tickets.mail.models import State
from tickets.models import Priority, Status, Ticket, Via
from tickets.search import LARGEST_ID
from tickets.texts import LONGEST_TEXT, too_long


def _without_nul(text: str) -> str:
    if "\0" in text:  # which PostgreSQL cannot store
        raise ValueError("Text cannot contain the character NUL.")
    return text


def _short_enough(text: str) -> str:
    if sentence := too_long(text, LONGEST_TEXT):
        raise ValueError(sentence)
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("This time is too far away.") from None


def _good_key(key: str | None) -> str | None:
    if key is not None and not is_good_key(key):
        raise ValueError(BAD_KEY)
    return key


def _good_copies(addresses: list[str]) -> list[str]:
    return checked_copies(addresses)  # whose refusal is a ValueError


def _written(moment: Any) -> Any:
    if isinstance(moment, str) and WITH_TIME.match(moment):
        return moment
    raise ValueError("Send a date, a time and its zone, such as 2026-12-01T10:00:00Z.")


def _in_digits(text: Any) -> Any:
    if isinstance(text, str) and not IDENTITY.fullmatch(text):
        raise ValueError("An id is a whole number from 1, in digits alone.")
    return text


def _whole(number: Any) -> Any:
    """5.0 as 5: in JSON they are the same number."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


WITH_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
WITHOUT_NUL = {"not": {"pattern": r"\u0000"}}
NOT_BLANK = {"pattern": r"\S"}

Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Id = Annotated[Number, BeforeValidator(_in_digits)]  # in an address
SeenId = Annotated[int, Field(ge=0, le=LARGEST_ID), Strict(), BeforeValidator(_whole)]
IdInBody = Annotated[Number, Strict(), BeforeValidator(_whole)]  # 3, not "3" or true
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_without_nul),
    Field(json_schema_extra=WITHOUT_NUL),
]
NotBlank = Annotated[Text, Field(min_length=1, json_schema_extra={**WITHOUT_NUL, **NOT_BLANK})]
Subject = Annotated[NotBlank, Field(max_length=Ticket.subject.field.max_length)]
# Not pydantic's max_length, to which CR LF is two characters.
LIMITED = {**WITHOUT_NUL, "maxLength": LONGEST_TEXT}
LongText = Annotated[Text, AfterValidator(_short_enough), Field(json_schema_extra=LIMITED)]
RequesterName = Annotated[Text, Field(max_length=Ticket.requester_name.field.max_length)]
RequesterEmail = Annotated[
    Text,
    Field(
        max_length=Ticket.requester_email.field.max_length,
        json_schema_extra={"anyOf": [{"format": "email"}, {"const": ""}]},
    ),
]
Tags = Annotated[list[str], AfterValidator(tags.normal), WithJsonSchema(tags.LIST_SHAPE)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]
KEY_SHAPE = {
    "type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": WELL_FORMED,
}  # fmt: skip
IdempotencyKey = HeaderEx[
    Annotated[str | None, AfterValidator(_good_key), WithJsonSchema(KEY_SHAPE)],
    P(
        default=None,  # ninja does not take over the one that stands beside the parameter
        alias=HEADER,
        description="A key of your own for this write. Sent again within a day, with the same"
        " method, path and body, it is not done again, and the answer is as of now. Another body"
        " under the same key is refused with 422. While the first request is at work the second"
        f" waits up to {WAIT:g} seconds, then it gets 409: send it again. What was refused is not"
        " remembered.",
    ),
]
# Where a field may be left out. api.checked() looks only at what was sent, and the documentation
# names no default.
LEFT_OUT: Any = Field(default_factory=lambda: None)


class Given(Schema):
    """The body of a request. A field that is not known is refused, for a field whose name is
    misspelt would otherwise be ignored without a word."""

    model_config = ConfigDict(extra="forbid")


class NewTicket(Given):
    subject: Subject
    queue: IdInBody
    description: LongText = ""
    priority: Priority = Priority.NORMAL
    assignee: IdInBody | None = None
    requester_name: RequesterName = ""
    requester_email: RequesterEmail = ""
    tags: Tags = []


class TicketChanges(Given):
    """A field that is left out stays as it is."""

    version: IdInBody | None = Field(None, description="What you saw; an older one is refused.")
    subject: Subject = LEFT_OUT
    description: LongText = LEFT_OUT
    queue: IdInBody = LEFT_OUT
    assignee: IdInBody | None = LEFT_OUT
    status: Status = LEFT_OUT
    priority: Priority = LEFT_OUT
    requester_name: RequesterName = LEFT_OUT
    requester_email: RequesterEmail = LEFT_OUT
    tags: Tags = LEFT_OUT
    due_at: Moment | None = LEFT_OUT


# What no schema of single fields says: both of them at once.
NOT_BOTH: Any = {
    "not": {
        "required": ["internal", "requester"],
        "properties": {"internal": {"const": True}, "requester": {"const": True}},
    }
}


Copies = Annotated[
    list[Annotated[str, Field(max_length=254)]],
    Field(max_length=MOST_COPIES),
    AfterValidator(_good_copies),
]


class NewComment(Given):
    model_config = ConfigDict(extra="forbid", json_schema_extra=NOT_BOTH)

    body: Annotated[
        NotBlank,
        AfterValidator(_short_enough),
        Field(json_schema_extra={**LIMITED, **NOT_BLANK}),
    ]
    internal: Annotated[bool, Strict()] = False
    cc: Copies = Field(
        [], description="Who gets a copy of a reply that is mailed: addresses, at most ten."
    )
    requester: Annotated[bool, Strict()] = Field(
        False, description="These are the requester's words, as you note them; never internal."
    )
    status: Status | None = Field(
        None,
        description="What the ticket is set to in the same step.",
    )
    version: IdInBody | None = Field(
        None, description="Of the ticket, as you saw it; with an older one nothing is written."
    )
    attachments: list[IdInBody] = Field(
        [], max_length=MOST, description="Ids of files that you have uploaded to this ticket."
    )
    seen: SeenId | None = Field(
        None,
        description="The id of the newest comment you had seen, 0 for none. If others have"
        " written after it, nothing is written, and the answer is 409 with what you `missed`.",
    )


class Named(Schema):
    id: int
    name: str


class TicketListed(Schema):
    id: int
    subject: str
    status: Status
    priority: Priority
    queue: Named
    assignee: Named | None
    requester_name: str
    requester_email: str
    tags: list[str] = Field(description="In lower case, in the order of the alphabet.")
    due_at: datetime | None
    version: int
    created_at: datetime
    awaits_answer: bool = Field(
        description="The last word is the requester's, internal notes aside."
    )
    merged_into: int | None = Field(
        description="The id of the ticket where its conversation goes on; null: it was not merged."
    )
    last_activity_at: datetime = Field(description="The newest comment, or the opening.")
    last_activity_by: Side
    updated_at: datetime = Field(description="Moved by a comment too, which no version counts.")


class TicketShown(TicketListed):
    description: str


class TicketInList(TicketListed):
    unread: bool = Field(
        description="Somebody else said something, or opened it, since you looked at it."
    )


class TicketsShown(Schema):
    results: list[TicketInList]
    count: int
    page: int
    pages: int
    head: int = Field(description="The log position this list is at least as new as.")


class MailShown(Schema):
    state: State
    reason: str = Field(description="Why it has failed, or is not sent yet.")
    to: str
    cc: list[str]


class CommentShown(Schema):
    id: int
    author: Named | None = Field(description="null once the user is deleted.")
    author_name: str = Field(
        description='As they were called when they wrote it; "" where no author is recorded.'
    )
    requester: bool = Field(description="These are the requester's words; never internal.")
    via: Via
    body: str
    internal: bool
    created_at: datetime
    said_on: int | None = Field(
        description="The id of the ticket on which it was said, if that was merged into this one."
    )
    asker: str = Field(description='Whom that one was from; "" where it was not merged.')
    attachments: list[AttachmentShown]
    mail: MailShown | None = Field(description="null: it is not mailed to the requester.")
    quoted: bool = Field(description="It came by mail, and its page shows more: what it quotes.")


class Refusal(Schema):
    error: str
    fields: dict[str, str]


class CommentMissed(CommentShown):
    shortened: bool = Field(False, description="`body` is only its beginning.")


class CommentRefusal(Refusal):
    missed: list[CommentMissed] = Field(
        [], description="With 409: what others have written since `seen`, the newest 20 of it."
    )
