"""Each set-up examined, as many at once as the machine bears: faults named first, and no other."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User

from live.management.commands.streamdoctor import this_site
from streamdoctor.findings.verdict import Diagnosis, judge
from streamdoctor.probing.order import SiteOrder
from streamdoctor.probing.site_examination import examine_site
from streamdoctor.wire.origin import Origin
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import PASSWORD
from tests.streamdoctor import setups_between, setups_refusing
from tests.streamdoctor.certificates import authority
from tests.streamdoctor.rotation import of_today, wanted
from tests.streamdoctor.setups import SETUPS, SetUp

TABLES = (setups_between, setups_refusing)  # they add themselves to the table
AT_ONCE = 8
HEARTBEAT = "5"  # between the idle timeouts of the table, 3 s and 7 s


@pytest.fixture(scope="module")
def diagnoses(site_database: str, request: Any) -> Iterator[dict[str, Future[Diagnosis]]]:
    """Of the set-ups that were selected, all started at once; each test waits for its own."""
    selected = wanted(request, "set_up")
    environment = {"LIVE_HEARTBEAT_SECONDS": HEARTBEAT, "TRUST_PROXY_HEADERS": "1"}
    os.environ["SSL_CERT_FILE"] = str(authority().chain)
    orders = {set_up.name: _order(set_up) for set_up in selected}
    try:
        with Daphne(site_database, **environment) as daphne, ThreadPoolExecutor(AT_ONCE) as pool:
            yield {
                set_up.name: pool.submit(_diagnose, set_up, orders[set_up.name], daphne.url)
                for set_up in selected
            }
    finally:
        del os.environ["SSL_CERT_FILE"]


def _order(set_up: SetUp) -> SiteOrder:
    """A user for each, for the server tells a user's streams apart by nothing else."""
    user = User.objects.create(username=f"doctor-{set_up.name}"[:150], password=PASSWORD)
    who: dict[str, Any] = (
        {"username": user.username, "password": "demo"}
        if set_up.logs_in
        else {"session": session_of(user)}
    )
    return SiteOrder(
        site=this_site(), origin=Origin.parse("http://x"),
        insecure=set_up.insecure, seconds=set_up.seconds, **who,
    )  # fmt: skip


def _diagnose(set_up: SetUp, order: SiteOrder, daphne: str) -> Diagnosis:
    with set_up.build(daphne) as url:
        direct = Origin.parse(daphne) if set_up.direct else None
        said: list[str] = []
        order = replace(order, origin=Origin.parse(url), direct=direct)
        return judge(examine_site(order, said.append))


@pytest.mark.parametrize("set_up", of_today(SETUPS), ids=lambda set_up: set_up.name)
def test_what_is_wrong_is_named_first_and_nothing_else(
    set_up: SetUp, diagnoses: dict[str, Future[Diagnosis]]
) -> None:
    diagnosis = diagnoses[set_up.name].result(timeout=280)
    told = "\n".join(map(str, [diagnosis.path, diagnosis.measured, *diagnosis.findings]))
    errors = [finding.code for finding in diagnosis.findings if finding.severity == "error"]
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
    if set_up.path:
        assert any(product.startswith(set_up.path) for product in diagnosis.path), told
