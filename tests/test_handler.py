"""Requests share a few threads; what asks whether they are stuck does not."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
from django.db import connection, transaction

from tests.servers import Daphne
from tests.site import Browser, People
from ticketsystem.handler import THREADS


def test_probes_answer_while_every_thread_waits_for_the_database(
    server: Daphne, site: People
) -> None:
    with Browser(server.url, site.alice) as alice, ThreadPoolExecutor(THREADS + 4) as pool:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("LOCK TABLE tickets_ticket IN ACCESS EXCLUSIVE MODE")
            # On SQLite the transaction alone keeps all other writers out.
            new = {"subject": "Waits", "queue": site.billing.pk}
            posts = [
                pool.submit(alice.post, "/api/tickets/", json=new, timeout=60)
                for _ in range(THREADS + 4)
            ]
            until = time.monotonic() + 2
            while time.monotonic() < until:
                asked = time.monotonic()
                assert httpx.get(server.url + "/healthz", timeout=1).status_code == 200
                time.sleep(max(0, 0.1 - (time.monotonic() - asked)))
            assert not any(post.done() for post in posts)
            assert httpx.get(server.url + "/readyz", timeout=1).status_code in (200, 503)
        assert {post.result(60).status_code for post in posts} == {201}
