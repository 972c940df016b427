"""Answers for the machines that look after a server process: does it live, is it current, what has
it counted?

A project has them by putting `live.probes.ProbesMiddleware` first among its middlewares.
"""

import time
from ipaddress import ip_address
from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.deprecation import MiddlewareMixin
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from live import metrics, writable
from live.addresses import FORWARDED
from live.conf import conf
from live.process.engine import Engine
from live.stream.endpoint import ENGINE


class ProbesMiddleware(MiddlewareMixin):
    """Answers at /healthz, /readyz and /metrics. It stands first of all middlewares, because probes
    come by address and over plain HTTP: neither is the Host checked nor a redirect answered."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return None
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = probe(request)
        # Who asks gets the answer. Django would log each 503 as an error, at every start, while
        # nobody but the probe was refused anything.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and takes writes, and the relay is current; else 503 with what is not.

    With `?for=reading`: pages can be read. A proxy asks that, for a database that takes no writes
    is no reason to take all pages away.
    """
    is_for_reading = request.GET.get("for") == "reading"
    try:
        problems = _problems_of_reading() if is_for_reading else _problems_of_writing()
    except Error as error:
        problems = [f"the database does not answer: {type(error).__name__}"]
    problems += _problems_of_the_relay(request, has_begun=is_for_reading)
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ok"})


def _problems_of_reading() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return []


def _problems_of_writing() -> list[str]:
    hindrance = writable.hindrance_of_new_connection()
    return [hindrance] if hindrance else []


def _problems_of_the_relay(request: HttpRequest, *, has_begun: bool) -> list[str]:
    """Whether it reads the log; or only whether it has tried to, since this process started. What
    hinders it later is told on the pages, which can be read all the same."""
    engine = _engine(request)
    if engine is None:
        return ["no relay runs here: the application is not served through live's beside()"]
    relay = engine.relay
    if relay.is_current() or (has_begun and (relay.read_at or relay.error)):
        return []
    return [relay.trouble() or "the relay has not read the log within two polls"]


def metrics_page(request: HttpRequest) -> HttpResponse:
    """What this process counts, to who has METRICS_TOKEN or asks from the same host."""
    if not _may_read_metrics(request):
        sentence = "Send METRICS_TOKEN as bearer token, or ask from the same host."
        return JsonResponse({"error": sentence}, status=403)
    engine = _engine(request)
    if engine is not None:
        _measure(engine)
        for measure in metrics.measures:
            measure(engine.relay.is_current())
    return HttpResponse(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)


def _measure(engine: Engine) -> None:
    """Set what is not counted as it happens but looked at when somebody asks."""
    diagnosis = [stream.diagnosis for stream in engine.readers.streams()]
    metrics.streams.labels("agent").set(diagnosis.count(False))
    metrics.streams.labels("diagnosis").set(diagnosis.count(True))
    metrics.users.set(len(engine.readers))
    metrics.relay_age.set(time.monotonic() - engine.relay.read_at)
    metrics.bell_heard_age.set(engine.bell.heard_age())
    metrics.position.set(engine.relay.delivered)


def _engine(request: HttpRequest) -> Engine | None:
    """The engine of the event loop that this request came by; under WSGI there is none."""
    scope: dict[str, Any] = getattr(request, "scope", {})
    return scope.get(ENGINE)


def _may_read_metrics(request: HttpRequest) -> bool:
    token = conf.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and constant_time_compare(given, f"Bearer {token}"):
        return True
    if any(name in request.headers for name in FORWARDED):  # from another host, by a proxy
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


PROBES = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics_page}
