"""The JSON API: list, read, create and change tickets, and comment on them.

Authenticated by the session of the pages; writes carry the CSRF token in `X-CSRFToken`. Every
refusal is a sentence, with the fields it is about (refusals.py).
"""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import DEFAULT_DB_ALIAS, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import NinjaAPI, Status
from ninja.errors import HttpError
from ninja.security import SessionAuth

import live
from tickets.board import PAGE_SIZE, Filters, page_number
from tickets.editing import edit
from tickets.models import Comment, Ticket
from tickets.people import assignable
from tickets.public import public_comment, public_ticket
from tickets.refusals import HANDLERS, refuse_method
from tickets.schemas import (
    CommentShown,
    Given,
    Id,
    NewComment,
    NewTicket,
    Refusal,
    TicketChanges,
    TicketShown,
    TicketsShown,
)
from tickets.visibility import may_create, visible_tickets


class SignedIn(SessionAuth):
    """Says "signed out" before "no CSRF header": that is what has to be cured first."""

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if request.user.is_authenticated else None


api = NinjaAPI(title="Help desk", auth=SignedIn(), urls_namespace="api")
for error, handler in HANDLERS.items():
    api.add_exception_handler(error, handler)

REFUSALS = {400: Refusal, 401: Refusal, 403: Refusal, 404: Refusal, 422: Refusal}
FILTERS = {
    "status": "One of the statuses; may be repeated.",
    "priority": "One of the priorities.",
    "queue": "The id of a queue.",
    "assignee": "The id of a user, `me` or `none`.",
    "q": "Words in number, subject, requester or description.",
    "page": "From 1.",
}
LIST_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string"}, "description": description}
    for name, description in FILTERS.items()
]


@api.get(
    "/tickets/",
    response={200: TicketsShown, **REFUSALS},
    openapi_extra={"parameters": LIST_PARAMETERS},
)
def list_tickets(request: HttpRequest) -> dict[str, Any]:
    """The tickets you may see, newest first."""
    head = live.head()  # before the data, which is then at least as new
    filters = Filters.parse(request.GET, request.user)
    listed = Paginator(filters.apply(visible_tickets(request.user)), PAGE_SIZE)
    page = listed.page(page_number(request.GET))
    return {
        "results": [shown(ticket) for ticket in page],
        "count": listed.count,
        "page": page.number,
        "pages": listed.num_pages,
        "head": head,
    }


@api.post("/tickets/", response={201: TicketShown, **REFUSALS})
def create_ticket(request: HttpRequest, new: NewTicket) -> Status[dict[str, Any]]:
    """Open a ticket, in any queue."""
    if not may_create(request.user):
        raise HttpError(HTTPStatus.FORBIDDEN, "Only the agents of a queue may open tickets.")
    ticket = Ticket.objects.create(**checked(new))
    return Status(HTTPStatus.CREATED, shown(ticket))


@api.get("/tickets/{ticket_id}/", response={200: TicketShown, **REFUSALS})
def read_ticket(request: HttpRequest, ticket_id: Id) -> dict[str, Any]:
    return shown(get_object_or_404(visible_tickets(request.user), pk=ticket_id))


@api.patch("/tickets/{ticket_id}/", response={200: TicketShown, 409: Refusal, **REFUSALS})
@transaction.atomic
def change_ticket(request: HttpRequest, ticket_id: Id, changes: TicketChanges) -> dict[str, Any]:
    """Change a ticket; with `version`, only if nobody has changed it since you saw that one."""
    ticket = held(request, ticket_id)
    return shown(edit(ticket.pk, checked(changes, ticket), version=changes.version))


@api.post("/tickets/{ticket_id}/comments/", response={201: CommentShown, **REFUSALS})
@transaction.atomic
def add_comment(request: HttpRequest, ticket_id: Id, new: NewComment) -> Status[dict[str, Any]]:
    """Say something to the requester, or internally among agents."""
    ticket = held(request, ticket_id)
    comment = Comment.objects.create(ticket=ticket, author_id=request.user.pk, **new.dict())
    return Status(HTTPStatus.CREATED, public_comment(comment))


def shown(ticket: Ticket) -> dict[str, Any]:
    return {**public_ticket(ticket), "description": ticket.description}


def held(request: HttpRequest, ticket_id: int) -> Ticket:
    """A ticket one may see, locked: it cannot leave one's sight before the transaction ends."""
    Ticket.locked([ticket_id], DEFAULT_DB_ALIAS)
    return get_object_or_404(visible_tickets(request.user), pk=ticket_id)


def checked(given: Given, ticket: Ticket | None = None) -> dict[str, Any]:
    """The model's fields that were sent, as its own rules and ours allow them."""
    sent = given.dict(exclude_unset=True, exclude={"version"})
    fields = {field.name: field.attname for field in Ticket._meta.fields}
    values = {fields[name]: value for name, value in sent.items()}
    Ticket(**values).clean_fields(exclude=fields.keys() - sent.keys())
    assignee_id = sent.get("assignee")
    if assignee_id is not None and not assignable(ticket).filter(pk=assignee_id).exists():
        raise ValidationError({"assignee": f"There is no active user with the id {assignee_id}."})
    return values


# ninja's own answer to other methods is plain text.
OTHERWISE: dict[str, Any] = {"auth": None, "include_in_schema": False}


@api.api_operation(["PUT", "PATCH", "DELETE"], "/tickets/", **OTHERWISE)
def otherwise_list(request: HttpRequest) -> HttpResponse:
    return refuse_method(request, "GET", "POST")


@api.api_operation(["POST", "PUT", "DELETE"], "/tickets/{ticket_id}/", **OTHERWISE)
def otherwise_ticket(request: HttpRequest, ticket_id: str) -> HttpResponse:
    return refuse_method(request, "GET", "PATCH")


@api.api_operation(["GET", "PUT", "PATCH", "DELETE"], "/tickets/{ticket_id}/comments/", **OTHERWISE)
def otherwise_comments(request: HttpRequest, ticket_id: str) -> HttpResponse:
    return refuse_method(request, "POST")
