"""For machines that look after the processes: does one live, is it current?"""

import time
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.deprecation import MiddlewareMixin
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from live import metrics
from live.readers import readers
from live.relay import relay

FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")  # a proxy's, so not this host's


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


def metrics_page(request: HttpRequest) -> HttpResponse:
    """What this process counts, to who has METRICS_TOKEN or asks from the same host."""
    if not _may_read_metrics(request):
        sentence = "Send METRICS_TOKEN as bearer token, or ask from the same host."
        return JsonResponse({"error": sentence}, status=403)
    streams = list(readers)
    metrics.streams.labels("agent").set(sum(not one.diagnosis for one in streams))
    metrics.streams.labels("diagnosis").set(sum(one.diagnosis for one in streams))
    metrics.users.set(len(readers.by_user))
    metrics.relay_age.set(time.monotonic() - relay.read_at)
    metrics.position.set(relay.delivered)
    return HttpResponse(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and constant_time_compare(given, f"Bearer {token}"):
        return True
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


PROBES = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics_page}
