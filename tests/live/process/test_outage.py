"""What the log says of work that fails again and again."""

import logging

import pytest
from django.db import OperationalError

from live.process.outage import Outage, reason


def test_one_line_when_it_begins_one_when_it_is_over_and_none_between(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outage = Outage("the log cannot be read", "the log is read again")
    with caplog.at_level(logging.INFO, "live.process.outage"):
        caplog.handler.setLevel(logging.INFO)
        logging.getLogger("live").addHandler(caplog.handler)
        try:
            outage.succeeded()
            for _ in range(2):
                for _ in range(60):
                    outage.failed(OperationalError("no route\n\tto the database"))
                outage.succeeded()
                outage.succeeded()
        finally:
            logging.getLogger("live").removeHandler(caplog.handler)
    said = ["the log cannot be read: OperationalError: no route to the database",
            "the log is read again, after 0 s"]  # fmt: skip
    assert [record.getMessage() for record in caplog.records] == said * 2
    assert all(record.exc_info is None for record in caplog.records)


def test_a_failure_of_another_kind_is_told_too_with_its_traceback_if_it_may_be_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outage = Outage("sessions cannot be looked at")
    logging.getLogger("live").addHandler(caplog.handler)
    try:
        for _ in range(3):
            outage.failed(OperationalError("gone"))
            outage.failed(KeyError("a mistake"))
    finally:
        logging.getLogger("live").removeHandler(caplog.handler)
    assert [bool(record.exc_info) for record in caplog.records] == [False, True]


def test_a_reason_is_one_line() -> None:
    assert reason(TimeoutError()) == "TimeoutError"
    assert reason(ValueError("two\nlines: ")) == "ValueError: two lines:"
