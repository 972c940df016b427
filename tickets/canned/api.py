"""GET /api/canned/: the replies that the box of a ticket offers, and the tags that are in use."""

from http import HTTPStatus
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.errors import HttpError
from pydantic import Field

from tickets import tagging
from tickets.canned.models import CannedReply
from tickets.canned.replies import Fill, filling, public_replies, public_reply, replies_for
from tickets.schemas import Id, Named, Refusal
from tickets.tags import LONGEST
from tickets.visibility import visible_tickets

NO_SUCH_REPLY = "There is no such reply among those you may use."
REFUSALS = dict.fromkeys((400, 401, 404, 422, 429, 500, 503), Refusal)

NO_TICKET: Any = None  # where none is named; the documentation names no default
Part = Annotated[str, Field(max_length=LONGEST, description="A part of the tags to be named.")]

router = Router()


class ReplyShown(Schema):
    id: int
    name: str
    text: str | None = Field(
        description="null where there are too many: ask for this one by itself."
    )
    shared: bool
    owner: Named | None = Field(description="null once the user is deleted.")


class RepliesShown(Schema):
    results: list[ReplyShown]


class TagsShown(Schema):
    results: list[str]


@router.get("/canned/", response={200: RepliesShown, **REFUSALS})
def list_replies(request: HttpRequest, ticket: Id = NO_TICKET) -> dict[str, Any]:
    """Your own replies, then the shared ones. With a ticket, its placeholders are filled in."""
    return {"results": public_replies(request.user, _fill(request, ticket))}


@router.get("/canned/{reply_id}/", response={200: ReplyShown, **REFUSALS})
def read_reply(request: HttpRequest, reply_id: Id, ticket: Id = NO_TICKET) -> dict[str, Any]:
    try:
        reply = replies_for(request.user).get(pk=reply_id)
    except CannedReply.DoesNotExist:
        raise HttpError(HTTPStatus.NOT_FOUND, NO_SUCH_REPLY) from None
    return public_reply(reply, _fill(request, ticket)(reply.text))


@router.get("/tags/", response={200: TagsShown, **REFUSALS})
def suggest_tags(request: HttpRequest, q: Part = "") -> dict[str, Any]:
    """Tags of the newest tickets you may see, the most used first."""
    return {"results": tagging.suggested(request.user, q)}


def _fill(request: HttpRequest, ticket_id: int | None) -> Fill:
    if ticket_id is None:
        return filling(None, request.user)
    return filling(visible_tickets(request.user).get(pk=ticket_id), request.user)
