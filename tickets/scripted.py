"""Forms that the script of a page sends by itself, and how they are answered.

The script says in the header `X-Sent-For` for which user its page was made. A browser has one
session for all its tabs, and the script sends the token that is valid now; so without that header
the page of one person would write in the name of the person who signed in after them.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse

from tickets.refusals import SIGNED_OUT, refuse

SOMEONE_ELSE = (
    "Somebody else is signed in in this browser now. Nothing was sent, and what you wrote is kept"
    " for you."
)


def sent_by_script(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """A view whose form a script may send too. Where a browser would be led on, the script is told
    in JSON where to go: `{"leads_to": "/tickets/7/"}`. A refusal is the same page for both."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        if "X-Sent-For" not in request.headers:
            return view(request, *args, **options)
        if not request.user.is_authenticated:
            return refuse(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
        if is_sent_for_another(request):
            return refuse(HTTPStatus.FORBIDDEN, SOMEONE_ELSE)
        response = view(request, *args, **options)
        if isinstance(response, HttpResponseRedirect):
            return JsonResponse({"leads_to": response.url, **_said(request)})
        return response

    return answered


def is_sent_for_another(request: HttpRequest) -> bool:
    """Whether the page was made for somebody else than is signed in now."""
    return request.headers.get("X-Sent-For", f"{request.user.pk}") != f"{request.user.pk}"


def _said(request: HttpRequest) -> dict[str, Any]:
    """What the next page would say of it, for a script whose page stays (`X-Stays`)."""
    if "X-Stays" not in request.headers:
        return {}
    said = [
        {"words": f"{message}", "change": message.extra_tags} for message in get_messages(request)
    ]
    return {"said": said}
