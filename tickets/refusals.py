"""How the JSON API refuses: each exception becomes `{"error": "<sentence>", "fields": {...}}`.

HANDLERS says which exception is answered by which function. Exceptions of libraries are known by
their classes and codes, never by their texts, which may change with any release.
"""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core import exceptions
from django.core.paginator import EmptyPage
from django.db import IntegrityError
from django.http import Http404, HttpRequest, JsonResponse
from ninja import errors as ninja

from tickets.attachments.limits import Refused, TooMany
from tickets.board import BadFilter, TooManyWords
from tickets.editing import StaleVersion, Unseen
from tickets.idempotency import HEADER, AnotherBody, StillAtWork
from tickets.merging.refusals import Merged, NotMerged, TwoPeople
from tickets.models import Comment, Ticket
from tickets.public import public_comment
from tickets.timeline import deeds_since, said_since
from tickets.visibility import NO_SUCH_TICKET

SIGNED_OUT = "You are signed out: log in and send the session's cookie."
CSRF_REFUSED = "The header X-CSRFToken is missing or is not the token of the cookie."
JUST_DELETED = "Nothing was saved: the queue or the assignee has just been deleted. Look again."
NO_SUCH_ADDRESS = (
    "There is no such address: the documentation of the API lists those that there are."
)
NOT_AN_OBJECT = "The body has to be one object of JSON, in UTF-8."

READS = ("GET", "HEAD", "OPTIONS")
FILES_AGAIN_AFTER = 600  # seconds, in Retry-After

ANOTHER_BODY = "It came before, with another method, path or body: use a new key for a new write."

# What pydantic finds wrong with a value, by its codes; its own texts are for programmers.
FAULTS = {
    "missing": "This is missing.",
    "list_type": "This has to be a list.",
    "string_type": "This has to be text.",
    "bool_type": "This has to be true or false.",
    "int_type": "This has to be a whole number.",
    "int_parsing": "This has to be a whole number.",
    "int_from_float": "This has to be a whole number.",
    "too_short": "This must not be empty.",
    "too_long": "This is too long: at most {max_length} are kept.",
    "enum": "This has to be {expected}.",
    "literal_error": "This has to be {expected}.",
    "greater_than_equal": "This has to be {ge} or more.",
    "less_than_equal": "This has to be {le} or less.",
    "timezone_aware": "This time needs a zone, such as 2026-12-01T10:00:00Z.",
}


class BadBody(ValueError):
    """The body of a request is not taken; the sentence says why. Ninja answers with an HttpError,
    which has this as its `__cause__`."""


def refuse(
    status: int, sentence: str, fields: dict[str, str] | None = None, **beside: Any
) -> JsonResponse:
    return JsonResponse({"error": sentence, "fields": fields or {}, **beside}, status=status)


def refuse_fields(request: HttpRequest, fields: dict[str, str]) -> JsonResponse:
    """Who only reads has nothing to save."""
    reasons = [f"{name}: {reason}" for name, reason in fields.items()]
    sentence = " ".join(reasons if request.method in READS else ["Nothing was saved.", *reasons])
    return refuse(HTTPStatus.UNPROCESSABLE_ENTITY, sentence, fields)


def signed_out(request: HttpRequest, error: ninja.AuthenticationError) -> JsonResponse:
    return refuse(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)


def refused(request: HttpRequest, error: ninja.HttpError) -> JsonResponse:
    if isinstance(error.__cause__, BadBody):
        return refuse(HTTPStatus.BAD_REQUEST, f"{error.__cause__}")
    return refuse(error.status_code, error.message)


def too_large(request: HttpRequest, error: exceptions.RequestDataTooBig) -> JsonResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    sentence = f"The body is too large: send at most {most:,} bytes."
    return refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)


def suspicious(request: HttpRequest, error: exceptions.SuspiciousOperation) -> JsonResponse:
    return refuse(HTTPStatus.BAD_REQUEST, f"{error}")


def no_such_ticket(request: HttpRequest, error: Exception) -> JsonResponse:
    return refuse(HTTPStatus.NOT_FOUND, NO_SUCH_TICKET)


def no_such_comment(request: HttpRequest, error: Exception) -> JsonResponse:
    return refuse(HTTPStatus.NOT_FOUND, "There is no such comment on this ticket.")


def no_such_page(request: HttpRequest, error: EmptyPage) -> JsonResponse:
    return refuse(HTTPStatus.NOT_FOUND, "The list has fewer pages than that: see its `pages`.")


def bad_filter(request: HttpRequest, error: BadFilter) -> JsonResponse:
    return refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}", {error.name: f"{error}"})


def too_many_words(request: HttpRequest, error: TooManyWords) -> JsonResponse:
    return refuse(HTTPStatus.BAD_REQUEST, f"{error}", {error.name: f"{error}"})


def bad_shape(request: HttpRequest, error: ninja.ValidationError) -> JsonResponse:
    """Ninja says where each fault is. In the path it makes the address one that there is not.
    ("body", parameter) means that the body as a whole is no object; a third word names the field
    that is bad. Where that is a list or an object itself, more follow: numbers of items, and names
    of fields."""
    places = [fault["loc"] for fault in error.errors]
    if any(place[0] == "path" for place in places):
        return refuse(HTTPStatus.NOT_FOUND, NO_SUCH_ADDRESS)
    if any(place[0] == "body" and len(place) == 2 for place in places):
        return refuse(HTTPStatus.BAD_REQUEST, NOT_AN_OBJECT)
    return refuse_fields(request, {_field(fault): _reason(fault) for fault in error.errors})


def _field(fault: dict[str, Any]) -> str:
    return next(str(word) for word in reversed(fault["loc"]) if isinstance(word, str))


def _reason(fault: dict[str, Any]) -> str:
    if fault["type"] == "extra_forbidden":
        return "There is no such field to set."
    if fault["type"] == "value_error":  # raised in schemas.py, where the sentence stands
        return str(fault["ctx"]["error"])
    sentence = FAULTS.get(fault["type"])
    if sentence:
        return sentence.format(**fault.get("ctx", {})).replace("'", "")
    return f"{fault['msg'].rstrip('.')}."


def bad_values(request: HttpRequest, error: exceptions.ValidationError) -> JsonResponse:
    fields = {name: " ".join(reasons) for name, reasons in error.message_dict.items()}
    return refuse_fields(request, fields)


def stale(request: HttpRequest, error: StaleVersion) -> JsonResponse:
    fields = {"version": f"It is {error.current.version} by now."}
    return refuse(HTTPStatus.CONFLICT, since_then(error), fields)


def since_then(error: StaleVersion) -> str:
    """That the ticket has changed, and who changed what."""
    since = "; ".join(deeds_since(error.current, error.seen))
    return f"{error} Since then: {since}." if since else f"{error}"


def merged(request: HttpRequest, error: Exception) -> JsonResponse:
    return refuse(HTTPStatus.CONFLICT, f"{error}")


def two_people(request: HttpRequest, error: TwoPeople) -> JsonResponse:
    fields = {"despite": "Send true to merge them all the same."}
    return refuse(HTTPStatus.CONFLICT, f"{error}", fields)


def not_looked(request: HttpRequest, error: Unseen) -> JsonResponse:
    missed = [
        {**public_comment(comment), **({"shortened": True} if comment.is_shortened else {})}
        for comment in said_since(error.current, request.user, error.seen)
    ]
    return refuse(HTTPStatus.CONFLICT, f"{error}", missed=missed)


def another_body(request: HttpRequest, error: AnotherBody) -> JsonResponse:
    return refuse_fields(request, {HEADER: ANOTHER_BODY})


def still_at_work(request: HttpRequest, error: StillAtWork) -> JsonResponse:
    return refuse(error.status, f"{error}")


def leave_to_django(request: HttpRequest, error: Exception) -> JsonResponse:
    """Django logs it, and api_edges.py puts its answer into JSON. With DEBUG ninja would answer
    with the traceback, whatever the error is."""
    raise error


def pointless(request: HttpRequest, error: IntegrityError) -> JsonResponse:
    """What the ticket is to point to was there when it was looked for, and no longer when the
    transaction committed."""
    return refuse(HTTPStatus.CONFLICT, JUST_DELETED)


def not_attached(request: HttpRequest, error: Refused) -> JsonResponse:
    answer = refuse(error.status, f"{error}")
    if error.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        answer["Retry-After"] = f"{FILES_AGAIN_AFTER}"
    return answer


def too_many_files(request: HttpRequest, error: exceptions.TooManyFilesSent) -> JsonResponse:
    return not_attached(request, TooMany())


HANDLERS: dict[type[Exception], Any] = {
    ninja.AuthenticationError: signed_out,
    ninja.HttpError: refused,
    ninja.ValidationError: bad_shape,
    exceptions.RequestDataTooBig: too_large,
    exceptions.TooManyFilesSent: too_many_files,
    exceptions.SuspiciousOperation: suspicious,
    exceptions.ValidationError: bad_values,
    Http404: no_such_ticket,
    Ticket.DoesNotExist: no_such_ticket,  # deleted while it was being changed
    Comment.DoesNotExist: no_such_comment,
    IntegrityError: pointless,
    EmptyPage: no_such_page,
    BadFilter: bad_filter,
    TooManyWords: too_many_words,
    StaleVersion: stale,
    Unseen: not_looked,
    Merged: merged,
    NotMerged: merged,
    TwoPeople: two_people,
    Refused: not_attached,
    AnotherBody: another_body,
    StillAtWork: still_at_work,
    Exception: leave_to_django,
}
