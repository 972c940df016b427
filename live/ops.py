"""For machines that look after the processes: does this one live, and is it up to date?"""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.deprecation import MiddlewareMixin

from live.relay import relay


class ProbesMiddleware(MiddlewareMixin):
    """First of all middlewares: probes come by address, over plain HTTP, so neither the Host is
    checked nor a redirect answered."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return None
        return probe(request) if request.method == "GET" else HttpResponseNotAllowed(["GET"])


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and the relay is current; else 503 with what is not."""
    problems = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        problems.append(f"the database does not answer: {type(error).__name__}")
    if not relay.is_current():
        problems.append(relay.trouble() or "the relay has not read the log within two polls")
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ok"})


PROBES = {"/healthz": healthz, "/readyz": readyz}
