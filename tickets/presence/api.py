"""POST /api/tickets/<id>/presence/: a tab says what it shows, again and again."""

import re
from http import HTTPStatus
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Router, Status
from ninja.errors import HttpError
from pydantic import AfterValidator, Field, WithJsonSchema

from tickets.api_parameters import CSRF_TOKEN
from tickets.attachments.schemas import AttachmentShown
from tickets.lock_waits import WaitedTooLong
from tickets.presence.deeds import TooManyTabs, TooOften, say
from tickets.presence.models import LONGEST_CLIENT
from tickets.schemas import Given, Id, Named, Refusal, TicketShown

WELL_FORMED = rf"^[!-~]{{1,{LONGEST_CLIENT}}}$"
BAD_CLIENT = f"The id of a tab has 1 to {LONGEST_CLIENT} characters: letters, digits and signs."
BUSY = "Somebody else is saving this ticket: say it again in a moment."

router = Router()


def _good_client(client: str) -> str:
    if not re.fullmatch(WELL_FORMED, client):
        raise ValueError(BAD_CLIENT)
    return client


CLIENT_SHAPE = {
    "type": "string", "minLength": 1, "maxLength": LONGEST_CLIENT, "pattern": WELL_FORMED,
}  # fmt: skip


class Said(Given):
    state: Literal["viewing", "replying", "left"]
    client: Annotated[str, AfterValidator(_good_client), WithJsonSchema(CLIENT_SHAPE)]


class Person(Named):
    state: Literal["viewing", "replying"]


class TicketWithPeople(TicketShown):
    people: list[Person]
    attachments: list[AttachmentShown] = Field(description="Of the description, as of its mail.")


@router.post(
    "/{ticket_id}/presence/",
    response={204: None, **dict.fromkeys((400, 401, 403, 404, 413, 422, 429, 500, 503), Refusal)},
    openapi_extra={"parameters": [CSRF_TOKEN]},
)
def say_presence(request: HttpRequest, ticket_id: Id, said: Said) -> Status[None]:
    """Say that a tab shows the ticket. One that shows it says so every 15 seconds; one that says
    nothing for 35 seconds is taken to have left."""
    try:
        say(request.user, ticket_id, said.client, said.state)
    except (TooManyTabs, TooOften) as error:
        raise HttpError(HTTPStatus.TOO_MANY_REQUESTS, f"{error}") from error
    except WaitedTooLong as error:
        raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE, BUSY) from error
    return Status(HTTPStatus.NO_CONTENT, None)
