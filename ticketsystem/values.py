"""Values in a request that no database takes: a NUL in a text, a number that is too large.

Forms, the API and the board refuse them with a sentence beside the field. What is left comes in by
ways that no form looks at: a cookie, the admin's addresses, a key in a path.
"""

import logging
import re
from http import HTTPStatus
from traceback import walk_tb

from django.db import DataError, NotSupportedError
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from ticketsystem.failures import refusal

logger = logging.getLogger(__name__)

CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # a cookie may bring them in octal: "\000"
# What PostgreSQL says of a value, what SQLite's driver says of a number, and what Django says of a
# look-up that a database does not have.
NOT_TAKEN = (DataError, OverflowError, NotSupportedError)
TITLE = "This cannot be understood"
SENTENCE = "Something in the address or the form is too large, or is not what belongs there."


class ValuesMiddleware(MiddlewareMixin):
    """Stands before the session's middleware, which asks the database for what the cookie says."""

    def process_request(self, request: HttpRequest) -> None:
        """No cookie of ours holds a control character, so one that does counts as not sent."""
        strange = [name for name, value in request.COOKIES.items() if CONTROL.search(value)]
        for name in strange:
            del request.COOKIES[name]

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_about_a_value(error):
            return None
        logger.warning(
            "%s %s is answered with 400: %s", request.method, request.path, error, exc_info=error
        )
        return refusal(request.path_info, HTTPStatus.BAD_REQUEST, TITLE, SENTENCE)


def is_about_a_value(error: Exception) -> bool:
    """Whether a database, its driver or a field of Django's found a value to be none of its own."""
    return isinstance(error, NOT_TAKEN) or (
        isinstance(error, ValueError) and _raised_in(error).startswith("django.db.models.fields")
    )


def _raised_in(error: Exception) -> str:
    """The module whose code raised it."""
    *_, (frame, _) = walk_tb(error.__traceback__)
    return str(frame.f_globals["__name__"])
