"""Each set-up examined, as many at once as the machine bears: faults named first, and no other."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User

from live.doctor.examination import Order, examine
from live.doctor.origin import Origin
from live.doctor.verdict import Diagnosis, judge
from tests.doctor.certificates import authority
from tests.doctor.setups import SETUPS, SetUp
from tests.servers import Daphne
from tests.site import PASSWORD, session_of

AT_ONCE = 8
HEARTBEAT = "5"  # between the idle timeouts of the table, 3 s and 7 s

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def diagnoses(site_database: str, request: Any) -> Iterator[dict[str, Future[Diagnosis]]]:
    """Of the set-ups that were selected, all started at once; each test waits for its own."""
    wanted = {item.callspec.params["set_up"].name for item in request.session.items
              if item.module is request.module and "set_up" in getattr(item, "fixturenames", ())
              and hasattr(item, "callspec")}  # fmt: skip
    environment = {"LIVE_HEARTBEAT_SECONDS": HEARTBEAT, "TRUST_PROXY_HEADERS": "1"}
    os.environ["SSL_CERT_FILE"] = str(authority().chain)
    orders = {one.name: _order(one) for one in SETUPS if one.name in wanted}
    try:
        with Daphne(site_database, **environment) as daphne, ThreadPoolExecutor(AT_ONCE) as pool:
            yield {
                one.name: pool.submit(_diagnose, one, orders[one.name], daphne.url)
                for one in SETUPS
                if one.name in wanted
            }
    finally:
        del os.environ["SSL_CERT_FILE"]


def _order(set_up: SetUp) -> Order:
    """A user for each, for the server tells a user's streams apart by nothing else."""
    user = User.objects.create(username=f"doctor-{set_up.name}"[:150], password=PASSWORD)
    who = (
        {"username": user.username, "password": "demo"}
        if set_up.logs_in
        else {"session": session_of(user)}
    )
    return Order(Origin.parse("http://x"), insecure=set_up.insecure, seconds=set_up.seconds, **who)


def _diagnose(set_up: SetUp, order: Order, daphne: str) -> Diagnosis:
    with set_up.build(daphne) as url:
        direct = Origin.parse(daphne) if set_up.direct else None
        said: list[str] = []
        return judge(examine(replace(order, origin=Origin.parse(url), direct=direct), said.append))


@pytest.mark.parametrize("set_up", SETUPS, ids=lambda one: one.name)
def test_what_is_wrong_is_named_first_and_nothing_else(
    set_up: SetUp, diagnoses: dict[str, Future[Diagnosis]]
) -> None:
    diagnosis = diagnoses[set_up.name].result(timeout=280)
    told = "\n".join(map(str, [diagnosis.path, diagnosis.measured, *diagnosis.findings]))
    errors = [one.code for one in diagnosis.findings if one.severity == "error"]
    if not set_up.finds:
        assert not errors, told
        assert diagnosis.healthy
    else:
        first = diagnosis.findings[0]
        assert first.severity == ("warning" if set_up.only_costs else "error"), told
        assert diagnosis.healthy == (not errors)
        assert first.code == set_up.finds, told
        assert set(errors) <= {set_up.finds, *set_up.also}, told
        assert set_up.evidence in first.evidence, told
        assert set_up.fix in first.fix, told
    assert not set_up.path or any(one.startswith(set_up.path) for one in diagnosis.path), told
