"""The JSON API: list, read, create and change tickets, and comment on them.

A script signs in as a browser does: it sends the session's cookie, and with each write the CSRF
token in `X-CSRFToken`. Each refusal is a sentence, with the fields that it is about (refusals.py).

A write that carries an `Idempotency-Key` is done once, however often it is sent (idempotency.py).
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Status, Swagger
from ninja.errors import HttpError
from ninja.security import SessionAuth
from ninja.utils import check_csrf

import live
from tickets import editing
from tickets.api_bodies import JsonParser, read_whole
from tickets.api_edges import DOCS
from tickets.api_parameters import CSRF_TOKEN, LIST_PARAMETERS
from tickets.attachments import api as attachments
from tickets.attachments.shown import attach_to, public_attachment
from tickets.attachments.taking import chosen
from tickets.board import PAGE_SIZE, Filters, page_number, sort_of
from tickets.canned import api as canned
from tickets.idempotency import Sent, once
from tickets.inbox.quoted import QUOTED_COMMENT
from tickets.lists.listing import listing
from tickets.lists.sorting import ordered
from tickets.mail import api as mail
from tickets.many.each import edit_each, undo_each
from tickets.many.schemas import ManyTickets, ManyVersions, Results
from tickets.merging import api as merging
from tickets.models import Attachment, Comment, Ticket, Via
from tickets.presence import api as presence
from tickets.presence.people import people_of
from tickets.public import public_comment, shown
from tickets.refusals import CSRF_REFUSED, HANDLERS, SIGNED_OUT, refuse
from tickets.schemas import (
    CommentRefusal,
    CommentShown,
    Given,
    Id,
    IdempotencyKey,
    NewComment,
    NewTicket,
    Refusal,
    TicketChanges,
    TicketShown,
    TicketsShown,
)
from tickets.scripted import SOMEONE_ELSE, is_sent_for_another
from tickets.visibility import (
    NOT_AN_AGENT,
    NOT_ASSIGNABLE,
    assignable,
    may_create,
    visible_tickets,
)

NO_FIELDS = {"version", "add_tags", "remove_tags"}  # of a ticket
NOT_AMONG_THEM = "It names a ticket that is not among the ids."
NO_DOCS = "Only agents who serve a queue read the documentation of the API."


class SignedIn(SessionAuth):
    """Looks for the signed-in user before it looks for the CSRF token: a script that has neither
    is told to sign in first. The scripts of our pages say for whom theirs was made."""

    def __call__(self, request: HttpRequest) -> Any:
        if not request.user.is_authenticated:
            return None  # ninja raises AuthenticationError
        read_whole(request)  # before the check looks for a form in it and uses it up
        if check_csrf(request):
            raise HttpError(HTTPStatus.FORBIDDEN, CSRF_REFUSED)
        if is_sent_for_another(request):
            raise HttpError(HTTPStatus.FORBIDDEN, SOMEONE_ELSE)
        return super().__call__(request)


def for_agents(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keeps the documentation and its schema, which the page loads, from strangers."""

    @csrf_exempt  # so that the wrong method is what a POST is told of
    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, **named: Any) -> HttpResponse:
        if may_create(request.user):
            return view(request, **named)
        is_page = request.path_info == DOCS
        if not request.user.is_authenticated:
            if is_page:
                return redirect_to_login(request.get_full_path())
            return refuse(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
        if is_page:
            raise PermissionDenied(NO_DOCS)
        return refuse(HTTPStatus.FORBIDDEN, NO_DOCS)

    return guarded


api = NinjaAPI(
    title="Help desk",
    auth=SignedIn(csrf=False),
    parser=JsonParser(),
    urls_namespace="api",
    openapi_url="/openapi.json/",
    docs=Swagger({"validatorUrl": None}),  # else the page sends the schema's address to its maker
    docs_url="/docs/",
    docs_decorator=for_agents,
)
for error, handler in HANDLERS.items():
    api.add_exception_handler(error, handler)
api.add_router("/tickets", presence.router)
api.add_router("/tickets", mail.router)
api.add_router("/tickets", attachments.router)
api.add_router("/tickets", merging.router)
api.add_router("", canned.router)


def refusals(*statuses: int) -> dict[int, type[Refusal]]:
    """What an operation may answer instead: these, and what every operation may."""
    return dict.fromkeys(sorted({400, 401, 413, 422, 429, 500, 503, *statuses}), Refusal)


@api.get(
    "/tickets/",
    response={200: TicketsShown, **refusals(404)},
    openapi_extra={"parameters": LIST_PARAMETERS},
)
def list_tickets(request: HttpRequest) -> dict[str, Any]:
    """The tickets you may see, newest first unless `sort` says otherwise."""
    head = live.head()  # before the data, which is then at least as new
    filters = Filters.parse(request.GET, request.user)
    tickets = ordered(filters.apply(visible_tickets(request.user)), sort_of(request.GET))
    page = Paginator(tickets, PAGE_SIZE).page(page_number(request.GET))
    return listing(page, head, request.user)


@api.post(
    "/tickets/",
    response={201: TicketShown, **refusals(403, 404, 409)},
    openapi_extra={"parameters": [CSRF_TOKEN]},
)
def create_ticket(
    request: HttpRequest, new: NewTicket, key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """Open a ticket, in any queue."""
    if not may_create(request.user):
        raise HttpError(HTTPStatus.FORBIDDEN, NOT_AN_AGENT)
    done = once(Sent.to_api(request, key), lambda: editing.create(**checked(new)))
    return Status(HTTPStatus.CREATED, shown(done.made or visible(request, done.made_id)))


# Before the address of one ticket, which ends in any word.
@api.post(
    "/tickets/bulk/",
    response={200: Results, **refusals(403)},
    exclude_none=True,
    openapi_extra={"parameters": [CSRF_TOKEN]},
)
def change_many(
    request: HttpRequest, given: ManyTickets, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Change up to 500 tickets, each as if it were changed alone. It takes ten seconds at most."""
    if given.versions.keys() - {*given.ids}:
        raise ValidationError({"versions": NOT_AMONG_THEM})
    changes = given.changes
    tags = {"add_tags": changes.add_tags or [], "remove_tags": changes.remove_tags or []}
    values, sent = checked(changes), Sent.to_api(request, key)
    results = edit_each(sent, request.user, given.ids, values, given.versions, **tags)
    return {"results": results}


@api.post(
    "/tickets/undo/",
    response={200: Results, **refusals(403)},
    exclude_none=True,
    openapi_extra={"parameters": [CSRF_TOKEN]},
)
def undo_many(
    request: HttpRequest, given: ManyVersions, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Take back changes of your own, of up to 500 tickets: of each, what you changed as that
    version of it, unless somebody has changed the same since."""
    sent = Sent.to_api(request, key)
    return {"results": undo_each(sent, request.user, given.versions)}


@api.get("/tickets/{ticket_id}/", response={200: presence.TicketWithPeople, **refusals(404)})
def read_ticket(request: HttpRequest, ticket_id: Id) -> dict[str, Any]:
    ticket = visible(request, ticket_id)
    files = [public_attachment(attachment) for attachment in attach_to((), ticket.pk)]
    return {**shown(ticket), "people": people_of(ticket), "attachments": files}


@api.patch(
    "/tickets/{ticket_id}/",
    response={200: TicketShown, **refusals(403, 404, 409)},
    openapi_extra={"parameters": [CSRF_TOKEN]},
)
def change_ticket(
    request: HttpRequest, ticket_id: Id, changes: TicketChanges, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Change a ticket; with `version`, only if nobody has changed it since you saw that one."""

    def change() -> Ticket:
        values = checked(changes, visible(request, ticket_id))
        return editing.edit(request.user, ticket_id, values, version=changes.version)

    done = once(Sent.to_api(request, key), change)
    return shown(done.made or visible(request, ticket_id))


@api.post(
    "/tickets/{ticket_id}/comments/",
    response={201: CommentShown, **refusals(403, 404), 409: CommentRefusal},
    openapi_extra={"parameters": [CSRF_TOKEN]},
)
def add_comment(
    request: HttpRequest, ticket_id: Id, new: NewComment, key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """Say something to the requester, or internally among agents, or note what the requester said;
    and set the status in the same step."""

    def say() -> Comment:
        return editing.comment(
            request.user,
            ticket_id,
            new.body,
            seen=new.seen,
            changes={"status": new.status} if new.status else None,
            version=new.version,
            internal=new.internal,
            requester=new.requester,
            cc=new.cc,
            via=Via.API,
            attaching=own_files(request, ticket_id, new.attachments),
        )

    done = once(Sent.to_api(request, key), say)
    comment = done.made or said_on(request, ticket_id).get(pk=done.made_id)
    return Status(HTTPStatus.CREATED, public_comment(comment))


@api.get(
    "/tickets/{ticket_id}/comments/{comment_id}/", response={200: CommentShown, **refusals(404)}
)
def read_comment(request: HttpRequest, ticket_id: Id, comment_id: Id) -> dict[str, Any]:
    """One comment with its whole text, which pages and events show shortened."""
    return public_comment(said_on(request, ticket_id).get(pk=comment_id))


def visible(request: HttpRequest, ticket_id: int) -> Ticket:
    return get_object_or_404(visible_tickets(request.user), pk=ticket_id)


def said_on(request: HttpRequest, ticket_id: int) -> QuerySet[Comment]:
    """What was said on the ticket, also where it was merged into another one in sight since."""
    visible(request, ticket_id)
    in_sight = Q(ticket__in=visible_tickets(request.user).values("pk"))
    said = Comment.objects.filter(Q(ticket=ticket_id) | Q(said_on=ticket_id), in_sight)
    said = said.select_related("author", "mail_row")
    return said.annotate(quotes=QUOTED_COMMENT)


def own_files(request: HttpRequest, ticket_id: int, ids: list[int]) -> list[Attachment]:
    return chosen(request.user, visible(request, ticket_id).pk, ids) if ids else []


def checked(given: Given, ticket: Ticket | None = None) -> dict[str, Any]:
    """The fields that were sent, as values of the model. ValidationError names the fields whose
    values the model does not allow, or an assignee who cannot be given the ticket."""
    sent = given.dict(exclude_unset=True, exclude=NO_FIELDS)
    fields = {field.name: field.attname for field in Ticket._meta.fields}
    values = {fields[name]: value for name, value in sent.items()}
    Ticket(**values).clean_fields(exclude=fields.keys() - sent.keys())
    assignee_id = sent.get("assignee")
    if assignee_id is not None and not assignable(ticket).filter(pk=assignee_id).exists():
        raise ValidationError({"assignee": NOT_ASSIGNABLE})
    return values
