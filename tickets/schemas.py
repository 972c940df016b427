"""What the JSON API takes and gives; the shapes stand in its documentation at /api/docs."""

from datetime import UTC, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, Strict, StringConstraints

from tickets.board import LARGEST_ID
from tickets.models import LONGEST_COMMENT, Priority, Status


def _without_nul(text: str) -> str:
    if "\0" in text:  # which PostgreSQL cannot store
        raise ValueError("Text cannot contain the character NUL.")
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("This time is too far away.") from None


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
IdInBody = Annotated[Id, Strict()]  # 3, not "3" or true
Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_without_nul)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
LEFT_OUT: Any = None  # no value of its own: whoever looks asks what was sent


class Given(Schema):
    """Fields nobody knows are refused: a misspelt one would be lost without a word."""

    model_config = ConfigDict(extra="forbid")


class NewTicket(Given):
    subject: Text
    queue: IdInBody
    description: Text = ""
    priority: Priority = Priority.NORMAL
    assignee: IdInBody | None = None
    requester_name: Text = ""
    requester_email: Text = ""


class TicketChanges(Given):
    """What is left out stays as it is."""

    version: IdInBody | None = Field(None, description="What you saw; an older one is refused.")
    subject: Text = LEFT_OUT
    description: Text = LEFT_OUT
    queue: IdInBody = LEFT_OUT
    assignee: IdInBody | None = LEFT_OUT
    status: Status = LEFT_OUT
    priority: Priority = LEFT_OUT
    requester_name: Text = LEFT_OUT
    requester_email: Text = LEFT_OUT
    due_at: Moment | None = LEFT_OUT


class NewComment(Given):
    body: Annotated[Text, Field(min_length=1, max_length=LONGEST_COMMENT)]
    internal: Annotated[bool, Strict()] = False


class Named(Schema):
    id: int
    name: str


class TicketShown(Schema):
    id: int
    subject: str
    description: str
    status: Status
    priority: Priority
    queue: Named
    assignee: Named | None
    requester_name: str
    due_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class TicketsShown(Schema):
    results: list[TicketShown]
    count: int
    page: int
    pages: int
    head: int = Field(description="The log position this list is at least as new as.")


class CommentShown(Schema):
    id: int
    author: Named | None
    body: str
    internal: bool
    created_at: datetime


class Refusal(Schema):
    error: str
    fields: dict[str, str]
