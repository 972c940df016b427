"""Messages that others have collected: those with which Python tests its own mail library."""

import sysconfig
from dataclasses import astuple
from pathlib import Path

import pytest

from tests.tickets.inbox.fixtures import storable
from tickets.inbox.message import Unreadable
from tickets.inbox.reading import FAULT, read

CORPUS = Path(sysconfig.get_path("stdlib")) / "test" / "test_email" / "data"


def test_the_messages_of_pythons_own_tests_are_read() -> None:
    messages = sorted(CORPUS.glob("msg_*.txt"))
    if not messages:
        pytest.skip(f"This Python came without its tests: {CORPUS} is not there")
    read_ones = 0
    for message in messages:
        try:
            received = read(message.read_bytes())
        except Unreadable as refusal:
            assert not str(refusal).startswith(FAULT), message.name
            continue
        read_ones += 1
        assert storable(astuple(received)), message.name
    assert read_ones >= 45
