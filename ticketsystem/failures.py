"""What the database cannot do now is answered with 503 and a sentence: why, and whether anything
was saved. In JSON below /api/, else as a page, from which a form's script takes the sentence.
"""

import logging
import sys
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseServerError
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin
from django.views import defaults

from tickets.api_edges import SENTENCES, is_below
from tickets.refusals import refuse
from ticketsystem import read_only
from ticketsystem.database_errors import is_read_only, outcome_is_known, sentence_for
from ticketsystem.serving import work
from ticketsystem.serving.kinds import is_read

logger = logging.getLogger(__name__)

AGAIN_AFTER = 5  # seconds, in Retry-After
TITLE = "Not possible right now"
TITLES = {
    400: "This is not understood",
    404: "Not found",
    413: "This is too large",
    500: "Something went wrong on our side",
    503: TITLE,
}
TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
NOTHING_SAVED = "Nothing was saved; send it again in a moment."
PERHAPS_SAVED = "It may have been saved all the same: look before you send it again."


class FailuresMiddleware(MiddlewareMixin):
    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        return unavailable(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's handler400, to which a form that is too large comes too."""
    if is_below(request.path_info):
        return defaults.bad_request(request, exception)  # api_edges.py puts it into JSON
    status = HTTPStatus.BAD_REQUEST
    if isinstance(exception, TOO_LARGE):
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return refusal(request.path_info, status, TITLES[status], SENTENCES[status])


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500. An error of a middleware, as when a session cannot be saved, comes here
    only."""
    error = sys.exc_info()[1]
    answer = unavailable(request, error) if error is not None else None
    if answer is None:
        page = render_to_string("500.html", {"is_read": is_read(f"{request.method}")})
        answer = HttpResponseServerError(page)
    return answer


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponseBase | None:
    """The answer to a request that the database failed; None where that is not what happened."""
    sentence = sentence_for(error)
    if sentence is None:
        return None
    if is_read_only(error):
        read_only.was_refused()
    if not is_read(f"{request.method}"):
        sentence = f"{sentence} {_what_was_saved(error)}"
    logger.warning("%s %s: 503, %s", request.method, request.path, " ".join(f"{error}".split()))
    response = refusal(request.path_info, HTTPStatus.SERVICE_UNAVAILABLE, TITLE, sentence)
    response["Retry-After"] = f"{AGAIN_AFTER}"
    response._has_been_logged = True  # type: ignore[attr-defined]  # in one line, above
    return response


def refusal(path: str, status: HTTPStatus, title: str, sentence: str) -> HttpResponse:
    """It is rendered without the request: whoever is signed in could not be looked up now."""
    if is_below(path):
        return refuse(status, sentence)
    page = render_to_string("refusal.html", {"title": title, "sentence": sentence})
    return HttpResponse(page, status=status, headers={"Cache-Control": "private, no-store"})


def _what_was_saved(error: BaseException) -> str:
    at_work = work.current()
    if at_work is None or at_work.has_written:
        return PERHAPS_SAVED
    is_unsaved = not at_work.has_tried_to_write or outcome_is_known(error)
    return NOTHING_SAVED if is_unsaved else PERHAPS_SAVED
