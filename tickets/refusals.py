"""How the JSON API refuses: `{"error": "<sentence>", "fields": {...}}`, for each that is raised."""

from http import HTTPStatus
from typing import Any

from django.core import exceptions
from django.core.paginator import EmptyPage
from django.http import Http404, HttpRequest, JsonResponse
from ninja import errors as ninja

from tickets.board import BadFilter
from tickets.editing import StaleVersion
from tickets.models import Ticket
from tickets.timeline import changes_since

NINJA_SAYS = {
    "Unauthorized": "You are signed out: log in and send the session's cookie.",
    "CSRF check Failed": "The header X-CSRFToken is missing or is not the token of the cookie.",
}
NOT_AN_OBJECT = "The body is not JSON: send one object, in UTF-8."


def refuse(status: int, sentence: str, fields: dict[str, str] | None = None) -> JsonResponse:
    return JsonResponse({"error": sentence, "fields": fields or {}}, status=status)


def refuse_fields(fields: dict[str, str]) -> JsonResponse:
    reasons = " ".join(f"{name}: {reason}" for name, reason in fields.items())
    return refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"Nothing was saved. {reasons}", fields)


def refuse_method(request: HttpRequest, *allowed: str) -> JsonResponse:
    sentence = f"{request.method} is not allowed here, only {' and '.join(allowed)}."
    response = refuse(HTTPStatus.METHOD_NOT_ALLOWED, sentence)
    response["Allow"] = ", ".join(allowed)
    return response


def refused(request: HttpRequest, error: ninja.HttpError) -> JsonResponse:
    if error.message.startswith("Cannot parse request body"):
        return refuse(HTTPStatus.BAD_REQUEST, NOT_AN_OBJECT)
    return refuse(error.status_code, NINJA_SAYS.get(error.message, error.message))


def suspicious(request: HttpRequest, error: exceptions.SuspiciousOperation) -> JsonResponse:
    return refuse(HTTPStatus.BAD_REQUEST, f"{error}")


def no_such_ticket(request: HttpRequest, error: Exception) -> JsonResponse:
    return refuse(HTTPStatus.NOT_FOUND, "There is no such ticket among those you may see.")


def no_such_page(request: HttpRequest, error: EmptyPage) -> JsonResponse:
    return refuse(HTTPStatus.NOT_FOUND, "The list has fewer pages than that: see its `pages`.")


def bad_filter(request: HttpRequest, error: BadFilter) -> JsonResponse:
    return refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}", {error.name: f"{error}"})


def bad_shape(request: HttpRequest, error: ninja.ValidationError) -> JsonResponse:
    if any(one["loc"][0] == "body" and len(one["loc"]) == 2 for one in error.errors):
        return refuse(HTTPStatus.BAD_REQUEST, NOT_AN_OBJECT)
    return refuse_fields({f"{one['loc'][-1]}": _reason(one) for one in error.errors})


def _reason(error: dict[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "There is no such field to set."
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{message.rstrip('.')}."


def bad_values(request: HttpRequest, error: exceptions.ValidationError) -> JsonResponse:
    return refuse_fields({name: " ".join(all_) for name, all_ in error.message_dict.items()})


def stale(request: HttpRequest, error: StaleVersion) -> JsonResponse:
    since = "; ".join(deeds_since(error.current, error.seen))
    sentence = f"{error} Since then: {since}." if since else f"{error}"
    fields = {"version": f"It is {error.current.version} by now."}
    return refuse(HTTPStatus.CONFLICT, sentence, fields)


def deeds_since(ticket: Ticket, version: int) -> list[str]:
    """ "bob set status new → pending", for each change since the version that was seen."""
    return [
        f"{entry.actor or 'somebody'} {step.deed} {step.values}".rstrip()
        for entry in changes_since(ticket, version)
        for step in entry.steps
    ]


HANDLERS: dict[type[Exception], Any] = {
    ninja.HttpError: refused,
    ninja.ValidationError: bad_shape,
    exceptions.SuspiciousOperation: suspicious,  # above all, a body that is too long
    exceptions.ValidationError: bad_values,
    Http404: no_such_ticket,
    Ticket.DoesNotExist: no_such_ticket,  # deleted while it was being changed
    EmptyPage: no_such_page,
    BadFilter: bad_filter,
    StaleVersion: stale,
}
