"""POST /api/tickets/<id>/attachments/: files come first, and a comment then takes them along by
their ids. DELETE takes one back that was not sent."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from tickets.api_parameters import CSRF_TOKEN
from tickets.attachments.limits import LARGEST, MOST, NoFiles, NotThere, in_words
from tickets.attachments.schemas import AttachmentShown
from tickets.attachments.shown import public_attachment
from tickets.attachments.storing import store_all
from tickets.attachments.taking import pending_of, take_away
from tickets.schemas import Id, Refusal
from tickets.visibility import visible_tickets

router = Router()

BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": MOST,
                        "items": {"type": "string", "format": "binary"},
                    }
                },
            }
        }
    },
}
REFUSALS = dict.fromkeys((400, 401, 403, 404, 413, 422, 429, 500, 503), Refusal)


@router.post(
    "/{ticket_id}/attachments/",
    response={201: list[AttachmentShown], **REFUSALS},
    openapi_extra={"parameters": [CSRF_TOKEN], "requestBody": BODY},
    description=f"Upload up to {MOST} files, of {in_words(LARGEST)} together. Nobody else sees them"
    " before a comment of yours on this ticket names their ids in `attachments`; what no comment"
    " has named within a day is removed.",
)
def upload(request: HttpRequest, ticket_id: Id) -> Status[list[dict[str, Any]]]:
    ticket = visible_tickets(request.user).get(pk=ticket_id)
    files = [file for _, files in request.FILES.lists() for file in files]
    if not files:
        raise NoFiles
    stored = store_all(ticket, files, request.user)
    return Status(HTTPStatus.CREATED, [public_attachment(attachment) for attachment in stored])


@router.delete(
    "/{ticket_id}/attachments/{attachment_id}/",
    response={204: None, **REFUSALS},
    openapi_extra={"parameters": [CSRF_TOKEN]},
)
def take_back(request: HttpRequest, ticket_id: Id, attachment_id: Id) -> Status[None]:
    """Remove a file that you have uploaded and not sent."""
    ticket = visible_tickets(request.user).get(pk=ticket_id)
    if not take_away(pending_of(request.user, ticket.pk).filter(pk=attachment_id)):
        raise NotThere
    return Status(HTTPStatus.NO_CONTENT, None)
