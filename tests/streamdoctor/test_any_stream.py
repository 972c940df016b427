"""Streams of other frameworks, alone and behind faults, known by their addresses alone: the fault
is named first, nothing sound is accused, and what nobody can tell is said to be so."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from streamdoctor.findings.verdict import Diagnosis, judge
from streamdoctor.probing.order import StreamOrder
from streamdoctor.probing.stream_examination import examine_stream
from streamdoctor.wire.origin import Origin as Address
from tests.harness.processes import NotInstalled
from tests.streamdoctor.faults import FAULTS, Fault
from tests.streamdoctor.origins import PROGRAMS, STREAMS, Origin, Stream
from tests.streamdoctor.rotation import of_today, wanted

AT_ONCE = 8  # they mostly wait, but beside the rest of the suite

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Case:
    stream: Stream
    fault: Fault
    direct: bool

    @property
    def finds(self) -> set[str] | None:
        return self.fault.finds(self.stream, self.direct)

    def __str__(self) -> str:
        beside = ", compared" if self.direct else ""
        return f"{self.stream.name}: {self.fault.name}{beside}"


CASES = [
    case
    for fault in FAULTS
    for stream in STREAMS
    for direct in (False, True)
    if (case := Case(stream, fault, direct)).finds is not None
]


@pytest.fixture(scope="module")
def diagnoses(request: Any) -> Iterator[dict[str, Future[Diagnosis]]]:
    """Of the cases that were selected, all started at once; each test waits for its own."""
    cases = wanted(request, "case")
    with ExitStack() as stack:
        origins = {
            program: _started(program, stack)
            for program in PROGRAMS
            if any(case.stream.program == program for case in cases)
        }
        pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        yield {str(case): pool.submit(examine, case, origins) for case in cases}


def _started(program: str, stack: ExitStack) -> str | NotInstalled:
    try:
        return stack.enter_context(Origin(program)).url
    except NotInstalled as missing:
        return missing


def examine(case: Case, origins: dict[str, str | NotInstalled]) -> Diagnosis:
    origin, stream = origins[case.stream.program], case.stream
    if isinstance(origin, NotInstalled):
        raise origin
    with case.fault.build(origin) as url:
        order = StreamOrder(
            origin=Address.parse(url),
            target=stream.path,
            direct=Address.parse(origin) if case.direct else None,
            heartbeat=stream.heartbeat,
            data=b'{"question": "why?"}' if stream.is_post else None,
            insecure=case.fault.insecure,
            seconds=case.fault.seconds,
        )
        return judge(examine_stream(order, lambda sentence: None))


@pytest.mark.parametrize("case", of_today(CASES), ids=str)
def test_of_any_stream_the_fault_is_named_first_and_nothing_else(
    case: Case, diagnoses: dict[str, Future[Diagnosis]]
) -> None:
    diagnosis = diagnoses[str(case)].result(timeout=800)
    told = "\n".join(map(str, [diagnosis.path, diagnosis.measured, diagnosis.unwatched,
                               *diagnosis.findings]))  # fmt: skip
    errors = [finding.code for finding in diagnosis.errors]
    expected = case.finds or set()
    costs = [finding.code for finding in diagnosis.findings if finding.severity == "warning"]
    first = diagnosis.findings[0].code if diagnosis.findings else ""
    if not expected:
        assert not errors, told
        assert diagnosis.healthy, told
        if case.stream.product and case.fault.name == "nothing":
            assert case.stream.product in " ".join(diagnosis.path), told
    elif diagnosis.unwatched:
        assert "unjudged" in expected, told
    else:
        assert first in expected or expected & set(costs), told
        assert set(errors) <= expected, told
