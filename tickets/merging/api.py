"""POST /api/tickets/<id>/merge/: the ticket becomes a pointer to another one."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field, Strict

from tickets.api_parameters import CSRF_TOKEN
from tickets.idempotency import Sent, once
from tickets.merging.deeds import merge
from tickets.models import Ticket
from tickets.public import shown
from tickets.schemas import Given, Id, IdempotencyKey, IdInBody, Refusal, TicketShown
from tickets.visibility import visible_tickets

router = Router()


class Merge(Given):
    into: IdInBody = Field(description="The ticket where the conversation goes on.")
    version: IdInBody | None = Field(
        None, description="Of the ticket that is merged, as you saw it; an older one is refused."
    )
    despite: Annotated[bool, Strict()] = Field(
        False,
        description="Merge them although they are not of one requester, by their addresses; without"
        " it that is refused with 409.",
    )


@router.post(
    "/{ticket_id}/merge/",
    response={
        200: TicketShown,
        **dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 429, 500, 503), Refusal),
    },
    openapi_extra={"parameters": [CSRF_TOKEN]},
)
def merge_ticket(
    request: HttpRequest, ticket_id: Id, given: Merge, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Merge the ticket into another one, which is the answer: its comments move there, and stay
    what they are. It is closed, and takes no more comments. This is not taken back."""

    def do() -> Ticket:
        how: dict[str, Any] = {"version": given.version, "despite": given.despite}
        return merge(request.user, ticket_id, given.into, **how)

    done = once(Sent.to_api(request, key), do)
    return shown(done.made or get_object_or_404(visible_tickets(request.user), pk=done.made_id))
