"""The rules of every address below /api/, whoever answers there: a middleware, Django or ninja.

The middleware stands outside of all that may refuse a request, so that no refusal is a page.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from tickets.refusals import NO_SUCH_ADDRESS, refuse

ROOT = "/api/"
DOCS = f"{ROOT}docs/"  # the one page for people
JSON = "application/json"

FOREIGN_HOST = "This Host is not in ALLOWED_HOSTS."
SENTENCES = {
    400: "The request is malformed: its address, its headers or its body cannot be understood.",
    403: "You may not do that: send your session's cookie, and with writes the X-CSRFToken.",
    404: NO_SUCH_ADDRESS,
    413: "The request is too large.",
    429: "These are too many requests at once: wait a moment, then try again.",
    500: "The server failed at this request, and has logged why.",
    503: "The server cannot answer now: try again in a moment.",
}


def is_below(path: str) -> bool:
    """Whether a path is the API's. It begins behind the path that the site stands under."""
    return f"{path}/".startswith(ROOT)


def ApiEdgesMiddleware(  # noqa: N802  named as middlewares are
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Serves an address without its last slash as if it had it. Answers HEAD where there is GET,
    and OPTIONS with the methods that there are. Turns each refusal into JSON, and lets no cache
    keep an answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not is_below(request.path_info):
            return get_response(request)
        if not request.path_info.endswith("/"):
            request.path_info += "/"
            request.path += "/"
        method = request.method
        request.method = "GET" if method == "HEAD" else method
        response = get_response(request)
        request.method = method
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            _name_methods(request, response)
        elif response.status_code >= HTTPStatus.BAD_REQUEST and request.path_info != DOCS:
            in_json(response, _sentence(request, response))
        response["Cache-Control"] = "private, no-store"
        if method == "HEAD" and not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response

    return middleware


def in_json(response: HttpResponse, sentence: str) -> None:
    """Have a refusal say this sentence in JSON, unless it is JSON already. Its other headers,
    such as Retry-After, stay."""
    if response.get("Content-Type", "").startswith(JSON):
        return
    response.content = refuse(response.status_code, sentence).content
    response["Content-Type"] = JSON
    response["Content-Length"] = str(len(response.content))


def _name_methods(request: HttpRequest, response: HttpResponse) -> None:
    """Say which methods there are: to OPTIONS as an answer, to others with a refusal."""
    there = {name.strip() for name in response["Allow"].split(",")}
    allowed = sorted(there | {"OPTIONS"} | ({"HEAD"} if "GET" in there else set()))
    response["Allow"] = ", ".join(allowed)
    if request.method == "OPTIONS":
        response.status_code = HTTPStatus.NO_CONTENT
        response.content = b""
        del response["Content-Type"], response["Content-Length"]
    else:
        named = f"{', '.join(allowed[:-1])} and {allowed[-1]}"
        in_json(response, f"{request.method} is not allowed here, only {named}.")


def _sentence(request: HttpRequest, response: HttpResponse) -> str:
    try:
        request.get_host()
    except DisallowedHost:
        return FOREIGN_HOST
    return SENTENCES.get(response.status_code, f"{response.reason_phrase}.")
