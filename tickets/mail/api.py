"""POST /api/tickets/<id>/comments/<id>/mail/: send again what has failed."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.errors import HttpError

from tickets.api_parameters import CSRF_TOKEN
from tickets.idempotency import Sent, once
from tickets.mail.again import NotAgain, try_again
from tickets.models import Comment
from tickets.public import public_comment
from tickets.schemas import CommentShown, Id, IdempotencyKey, Refusal
from tickets.visibility import visible_tickets

router = Router()


@router.post(
    "/{ticket_id}/comments/{comment_id}/mail/",
    response={
        200: CommentShown,
        **dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 429, 500, 503), Refusal),
    },
    openapi_extra={"parameters": [CSRF_TOKEN]},
)
def send_again(
    request: HttpRequest, ticket_id: Id, comment_id: Id, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Send a reply again whose mail has failed, to the address that the ticket has by now."""
    try:
        done = once(
            Sent.to_api(request, key), lambda: try_again(request.user, ticket_id, comment_id)
        )
    except NotAgain as error:
        raise HttpError(HTTPStatus.CONFLICT, f"{error}") from error
    ticket = visible_tickets(request.user).get(pk=done.made_id)
    comments = Comment.objects.select_related("author", "mail_row")
    return public_comment(comments.get(ticket=ticket, pk=comment_id))
